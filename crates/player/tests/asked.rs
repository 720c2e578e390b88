//! Answers that come later than they were asked for: which are taken, which are not, and what is said when
//! none comes.

mod common;

use player::engine::Lane;
use player::session::Panel;
use player::{Action, Engine, LabEngine, Request, Session, update};

/// A page whose answers wait until they are let in.
struct Slow {
    session: Session,
    asked: Vec<Request>,
    engine: LabEngine,
}

impl Slow {
    fn open(text: &str) -> Slow {
        let (session, asked) = Session::new(text.into());
        Slow {
            session,
            asked,
            engine: LabEngine::default(),
        }
    }

    fn settled(text: &str) -> Slow {
        let mut page = Slow::open(text);
        page.let_in();
        page
    }

    fn act(&mut self, action: Action) {
        let (session, asked) = update(&self.session, action);
        self.session = session;
        self.asked.extend(asked);
    }

    /// Answers everything that was asked, in order.
    fn let_in(&mut self) {
        while !self.asked.is_empty() {
            let answer = self.engine.answer(self.asked.remove(0));
            self.act(Action::Answered(answer.into()));
        }
    }
}

#[test]
fn what_was_asked_before_a_cluster_is_read_does_not_make_it_stale() {
    let mut page = Slow::open(common::node_port());
    page.act(Action::From("outside".into()));
    page.let_in();
    assert!(page.session.loaded.is_some());
    assert_eq!(page.session.question.from, "outside");
    assert!(page.session.is_settled());
}

#[test]
fn of_two_questions_the_first_answer_is_not_shown() {
    let mut page = Slow::settled(common::node_port());
    page.act(Action::Seed("1".into()));
    page.act(Action::Seed("2".into()));
    let first = page.asked.remove(0);
    let answer = page.engine.answer(first);
    let before = page.session.play.clone();
    page.act(Action::Answered(answer.into()));
    assert!(page.session.play == before);
    page.let_in();
    assert!(page.session.play != before);
}

#[test]
fn looking_at_a_chain_does_not_make_a_walk_stale() {
    let mut page = Slow::settled(common::node_port());
    let before = page.session.play.clone();
    page.act(Action::DrawAgain);
    page.act(Action::Open(Panel::Rules {
        node: "node1".into(),
        table: lab::TableName::Nat,
        chain: Some("KUBE-SERVICES".into()),
    }));
    page.let_in();
    assert!(page.session.play != before);
    let browser = page.session.browser.as_ref();
    assert!(browser.is_some_and(|b| b.found.is_some()));
}

#[test]
fn a_walk_that_is_about_to_be_replaced_does_not_play_on() {
    let mut page = Slow::settled(common::node_port());
    page.act(Action::Seek(3));
    page.act(Action::Send);
    page.act(Action::Tick);
    assert_eq!(page.session.cursor, 3);
    page.let_in();
    assert_eq!(page.session.cursor, 0);
    assert!(page.session.playing);
}

#[test]
fn a_kept_answer_is_shown_and_the_engine_s_own_still_awaited() {
    let mut page = Slow::open(common::node_port());
    let kept = page.engine.answer(page.asked[0].clone());
    page.act(Action::Kept(kept.into()));
    assert!(page.session.play.is_some());
    assert!(!page.session.is_settled());
    page.act(Action::Seek(2));
    page.let_in();
    assert!(page.session.is_settled());
    assert_eq!(page.session.cursor, 2, "nobody is sent back to the start");
}

#[test]
fn what_was_stopped_can_be_asked_again() {
    let mut page = Slow::settled(common::node_port());
    page.act(Action::Replaced(common::node_port().into()));
    page.act(Action::Cancel);
    let trouble = page.session.trouble.clone().expect("it is said");
    assert_eq!(trouble.about, Lane::Cluster);
    assert!(page.session.play.is_some(), "the walk before stays");
    page.asked.clear();
    page.act(Action::Retry);
    assert!(page.session.trouble.is_none());
    page.let_in();
    assert!(page.session.is_settled());
}

#[test]
fn a_lost_core_is_said_with_what_to_do() {
    let mut page = Slow::settled(common::node_port());
    page.act(Action::Send);
    page.act(Action::Lost("it ran out of memory".into()));
    let trouble = page.session.trouble.clone().expect("it is said");
    assert!(trouble.message.contains("it ran out of memory"));
    assert!(!trouble.help.is_empty());
    page.act(Action::Step);
    assert!(page.session.trouble.is_some());
    page.act(Action::Dismiss);
    assert!(page.session.trouble.is_none());
}
