//! The one reducer: total, and true to its word about what stays and what follows.

mod common;

use common::{Page, node_port};
use player::conversation::Step;
use player::session::{Grain, Panel, Speed, Tab, Target, Theme};
use player::{Action, Kind};
use proptest::prelude::*;

fn any_action() -> impl Strategy<Value = Action> {
    let words = prop_oneof![
        Just(String::new()),
        Just("outside".to_owned()),
        Just("node/node1".to_owned()),
        Just("pod/shop/client".to_owned()),
        Just("10.42.0.9@node2".to_owned()),
        Just("node2:30080".to_owned()),
        Just("web.shop.svc.cluster.local:80".to_owned()),
        Just("[::1]:80".to_owned()),
        Just("127.0.0.1:30080".to_owned()),
        "\\PC{0,12}",
    ];
    prop_oneof![
        words.clone().prop_map(Action::From),
        words.clone().prop_map(Action::To),
        words.clone().prop_map(Action::Seed),
        any::<u64>().prop_map(|n| Action::Seed(n.to_string())),
        "\\PC{0,40}".prop_map(Action::Edited),
        "\\PC{0,40}".prop_map(|t| Action::Replaced(t.into())),
        Just(Action::Replaced(node_port().into())),
        (0..4usize).prop_map(|i| Action::Protocol(player::probe::Transport::ALL[i])),
        (0..2usize).prop_map(|i| Action::Extent(player::probe::Extent::ALL[i])),
        any::<usize>().prop_map(Action::Part),
        any::<u32>().prop_map(Action::Pin),
        any::<usize>().prop_map(Action::Seek),
        any::<usize>().prop_map(Action::Unfold),
        any::<usize>().prop_map(Action::Reveal),
        (0..4usize).prop_map(|i| Action::Grain(Grain::ALL[i])),
        (0..4usize).prop_map(|i| Action::Speed(Speed::ALL[i])),
        any::<(u32, u32)>().prop_map(|(w, h)| Action::Resized(w, h)),
        prop_oneof![
            Just(Action::Send),
            Just(Action::Afresh),
            Just(Action::Then(Step::Connect)),
            Just(Action::Then(Step::Wait(60_000))),
            Just(Action::Then(Step::Conntrack {
                node: "node1".into(),
                args: "-F".into()
            })),
            Just(Action::DrawAgain),
            Just(Action::Unpin),
            Just(Action::Step),
            Just(Action::Back),
            Just(Action::Home),
            Just(Action::End),
            Just(Action::Toggle),
            Just(Action::Tick),
            Just(Action::Next(Target::Draw)),
            Just(Action::Next(Target::Nat)),
            Just(Action::Next(Target::Verdict)),
            Just(Action::ToggleEditor),
            Just(Action::ToggleQuestion),
            Just(Action::Tab(Tab::Yaml)),
            Just(Action::SwitchTheme(Theme::Dark)),
            Just(Action::Open(Panel::Help)),
            Just(Action::Open(Panel::None)),
            Just(Action::Open(Panel::Rules {
                node: "node1".into(),
                table: lab::TableName::Nat,
                chain: Some("KUBE-SERVICES".into()),
            })),
        ],
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_cursor_is_on_a_moment(actions in prop::collection::vec(any_action(), 1..24)) {
        let mut page = Page::open(node_port());
        for action in actions {
            page.act(action);
            if let Some(play) = &page.session.play {
                prop_assert!(page.session.cursor < play.frames.len());
                let map = player::layout::map(
                    &play.scene,
                    page.session.viewport.0,
                    player::layout::Space::Low,
                    player::layout::longest_label(play),
                );
                player::layout::trail(&map, play, page.session.cursor);
                player::layout::mini(&play.scene, page.session.viewport.0, play, page.session.cursor);
            } else {
                prop_assert_eq!(page.session.cursor, 0);
                prop_assert!(!page.session.playing);
            }
        }
    }
}

#[test]
fn the_same_seed_walks_the_same_walk() {
    let mut a = Page::open(node_port());
    let mut b = Page::open(node_port());
    for page in [&mut a, &mut b] {
        page.act(Action::Seed("42".into()));
    }
    assert_eq!(a.play().frames, b.play().frames);
    let frames = a.play().frames.clone();
    a.act(Action::DrawAgain);
    a.act(Action::Seed("42".into()));
    assert_eq!(a.play().frames, frames);
}

#[test]
fn a_seed_that_is_no_number_changes_nothing_but_the_box() {
    let mut page = Page::open(node_port());
    let frames = page.play().frames.clone();
    page.act(Action::Seed("seven".into()));
    assert_eq!(page.session.seed_draft.as_deref(), Some("seven"));
    assert_eq!(page.play().frames, frames);
    page.act(Action::Seed(" 7 ".into()));
    assert_eq!((page.session.seed, &page.session.seed_draft), (7, &None));
}

#[test]
fn playing_ends_at_the_end_and_begins_again_from_the_start() {
    let mut page = Page::open(node_port());
    assert!(page.session.playing);
    for _ in 0..page.play().frames.len() {
        page.act(Action::Tick);
    }
    assert_eq!(page.frame().kind, Kind::Ending);
    assert!(!page.session.playing);
    page.act(Action::Tick);
    assert_eq!(page.frame().kind, Kind::Ending);
    page.act(Action::Toggle);
    assert_eq!((page.session.cursor, page.session.playing), (0, true));
}

#[test]
fn a_broken_text_leaves_the_last_good_cluster_on_screen() {
    let mut page = Page::open(node_port());
    let frames = page.play().frames.clone();
    page.act(Action::Edited("kind: [".into()));
    assert!(page.session.stale);
    assert_eq!(page.play().frames, frames);
    let note = page.session.notes.first().expect("it says what is wrong");
    assert!(note.place.is_some());
    assert!(!note.help.is_empty());
    page.act(Action::Edited(node_port().into()));
    assert!(!page.session.stale);
}

#[test]
fn a_long_text_is_read_once_nobody_types_any_more() {
    let mut page = Page::open(node_port());
    let frames = page.play().frames.clone();
    let long = format!(
        "{}\n{}",
        node_port().replace("replicas: 5", "replicas: 2"),
        "# x\n".repeat(20_000)
    );
    page.act(Action::Edited(long));
    assert!(page.session.unread);
    assert_eq!(page.play().frames, frames);
    page.act(Action::Settled);
    assert!(!page.session.unread);
    assert_ne!(page.play().frames, frames);
    let request = page.session.request;
    page.act(Action::Settled);
    assert_eq!(page.session.request, request);
}

#[test]
fn a_question_follows_its_service_when_its_address_changes() {
    let mut page = Page::open(node_port());
    let web = page.destination("web");
    page.act(Action::To(web.clone()));
    page.act(Action::Edited(
        node_port().replace("{name: http, port: 80", "{name: http, port: 81"),
    ));
    assert_ne!(page.session.question.to, web);
    assert!(page.session.question.to.ends_with(":81"));
}

#[test]
fn a_typed_address_is_kept_whatever_the_cluster() {
    let mut page = Page::open(node_port());
    page.act(Action::To("10.9.8.7:99".into()));
    page.act(Action::From("10.42.0.77@node1".into()));
    page.act(Action::Edited(
        node_port().replace("replicas: 5", "replicas: 4"),
    ));
    assert_eq!(page.session.question.to, "10.9.8.7:99");
    assert_eq!(page.session.question.from, "10.42.0.77@node1");
}

#[test]
fn what_cannot_be_asked_says_what_to_do() {
    let mut page = Page::open(node_port());
    page.act(Action::To("nowhere".into()));
    let refusal = page.session.refusal.clone().expect("a refusal");
    assert!(!refusal.message.is_empty() && !refusal.help.is_empty());
    assert!(page.session.play.is_none());
    let web = page.destination("web");
    page.act(Action::To(web));
    assert!(page.session.refusal.is_none());
    assert!(page.session.play.is_some());
}

#[test]
fn an_answer_to_an_older_request_is_dropped() {
    use player::update;
    let mut page = Page::open(node_port());
    let before = page.session.play.clone();
    let (older, first) = update(&page.session, Action::Seed("8".into()));
    let (newer, second) = update(&older, Action::Seed("9".into()));
    let stale = page.answer(&first[0]);
    let (after, _) = update(&newer, Action::Answered(stale.into()));
    assert_eq!(after.play, before);
    let fresh = page.answer(&second[0]);
    let (after, _) = update(&after, Action::Answered(fresh.into()));
    assert_ne!(after.play, before);
}

#[test]
fn keys_do_what_the_list_says() {
    let mut page = Page::open(node_port());
    let key = |page: &mut Page, key: &str| {
        let action = player::keys::action(&page.session, key);
        if let Some(action) = action {
            page.act(action);
        }
    };
    key(&mut page, "d");
    assert!(page.frame().kind.is_draw());
    assert!(!page.session.playing);
    key(&mut page, "n");
    assert!(page.frame().kind.is_nat());
    key(&mut page, "ArrowLeft");
    key(&mut page, "ArrowRight");
    assert!(page.frame().kind.is_nat());
    key(&mut page, "End");
    assert_eq!(page.frame().kind, Kind::Ending);
    key(&mut page, "Home");
    assert_eq!(page.session.cursor, 0);
    key(&mut page, "?");
    assert_eq!(page.session.panel, Panel::Help);
    key(&mut page, "Escape");
    assert_eq!(page.session.panel, Panel::None);
    key(&mut page, "2");
    assert_eq!(page.session.grain, Grain::Hook);
    key(&mut page, "e");
    assert!(page.session.editor_open);
    key(&mut page, "q");
    assert!(page.session.editor_open);
}
