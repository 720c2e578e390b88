//! A link shows whoever opens it what was on screen when it was made, and nothing else.

mod common;

use common::{Page, affinity, node_port, same};
use player::conversation::Step;
use player::engine::Work;
use player::session::{Panel, Tab, Target};
use player::share::{Form, Made, Names, Replaced, Share};
use player::{Action, Session, linked, saved};

fn made(page: &mut Page, form: Form, names: Names) -> Made {
    page.act(Action::Late(Share::ask(form, names, Panel::None)));
    page.session.desk.share.made().expect("a link was made")
}

fn opened(fragment: &str) -> Page {
    let (session, requests) = Session::following("kind: List\n".into(), fragment);
    assert!(matches!(requests[0].what, Work::Open(_)));
    Page::resume(session, requests)
}

#[test]
fn a_link_shows_the_same_moment_of_the_same_walk() {
    let mut page = Page::open(node_port());
    for action in [
        Action::From("node/node1".into()),
        Action::Seed("99".into()),
        Action::Seek(11),
    ] {
        page.act(action);
    }
    let view = made(&mut page, Form::View, Names::Kept);
    let after = opened(&view.fragment);
    same(&page, &after);
    assert!(!after.session.editor_open && after.session.tab == Tab::Walk);
    let edit = made(&mut page, Form::Edit, Names::Kept);
    let after = opened(&format!("#{}", edit.fragment));
    same(&page, &after);
    assert!(after.session.editor_open && after.session.tab == Tab::Yaml);
}

#[test]
fn a_conversation_with_forced_draws_is_in_it() {
    let mut page = Page::open(affinity());
    page.act(Action::Then(Step::Connect));
    page.act(Action::Then(Step::Wait(5 * 3_600_000)));
    page.act(Action::Then(Step::Connect));
    page.act(Action::Next(Target::Draw));
    page.act(Action::Pin(0));
    let link = made(&mut page, Form::View, Names::Kept);
    same(&page, &opened(&link.fragment));
}

#[test]
fn it_says_what_is_in_it() {
    let mut page = Page::open(node_port());
    let link = made(&mut page, Form::View, Names::Kept);
    assert!(link.contents.read);
    assert!(link.contents.names.0.iter().any(|name| name == "shop"));
    assert!(link.contents.lines > 20 && link.replaced.is_none());
    assert!(link.contents.question.contains(" to "));
}

#[test]
fn with_other_names_it_is_the_same_walk() {
    let mut page = Page::open(node_port());
    page.act(Action::From("node/node1".into()));
    page.act(Action::Seek(9));
    let link = made(&mut page, Form::View, Names::Replaced);
    assert_eq!(link.replaced, Some(Replaced::All));
    let after = opened(&link.fragment);
    let text = after.session.editor.text();
    assert!(!text.contains("shop") && !text.contains("web"), "{text}");
    let kinds = |page: &Page| page.kinds();
    assert_eq!(kinds(&after), kinds(&page));
    assert_eq!(after.session.cursor, 9);
    let question = &after.session.question;
    assert!(!question.to.contains("shop"), "{question:?}");
    // The page that made it is as it was.
    assert!(page.session.editor.text().contains("shop"));
}

#[test]
fn what_cannot_be_read_is_not_replaced() {
    let mut page = Page::open(node_port());
    page.act(Action::Edited("kind: [".into()));
    let link = made(&mut page, Form::View, Names::Replaced);
    assert_eq!(link.replaced, Some(Replaced::Nothing));
    assert!(!link.contents.read);
}

#[test]
fn a_broken_link_is_told_and_the_demo_stays() {
    let text = node_port();
    for fragment in ["view=AXja", "view=%00", "view=", "edit=AQ"] {
        let (session, requests) = Session::following(text.into(), fragment);
        let page = Page::resume(session, requests);
        let notice = page.session.notice.as_ref().expect("it is told");
        assert!(notice.message.contains("link") && !notice.help.is_empty());
        assert!(page.session.play.is_some() && page.session.playing);
        assert_eq!(&**page.session.editor.text(), text);
    }
}

#[test]
fn an_open_page_follows_one_and_can_go_back() {
    let mut page = Page::open(affinity());
    let link = made(&mut page, Form::View, Names::Kept).fragment;
    let mut other = Page::open(node_port());
    other.act(Action::Replaced(
        format!(" https://a.example/#{link}\n").into(),
    ));
    assert_eq!(&**other.session.editor.text(), affinity());
    assert!(other.session.play.is_some());
    other.act(Action::Undo);
    assert_eq!(&**other.session.editor.text(), node_port());
    assert!(other.session.play.is_some());
    other.act(Action::Follow("view=AXja".into()));
    assert!(other.session.notice.is_some());
    assert_eq!(&**other.session.editor.text(), node_port());
    other.act(Action::Tell(None));
    assert!(other.session.notice.is_none());
}

#[test]
fn a_reload_keeps_what_became_of_a_link() {
    let mut page = Page::open(node_port());
    page.act(Action::Open(Panel::WhatIf));
    let link = made(&mut page, Form::View, Names::Kept).fragment;
    let mut after = opened(&link);
    after.act(Action::Edited(
        node_port().replace("replicas: 5", "replicas: 2"),
    ));
    let bytes = saved::save(&after.session).expect("it is short");
    assert!(saved::is_of(&bytes, &link) && !saved::is_of(&bytes, "view=AXja"));
    assert_eq!(linked(&link), Some(link.as_str()));
}
