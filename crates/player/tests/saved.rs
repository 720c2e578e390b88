//! A page that is left and come back to shows what it showed.

mod common;

use common::{Page, affinity, node_port, same};
use player::conversation::Step;
use player::session::{Grain, Panel, Tab, Target, Theme};
use player::{Action, Session, saved};

/// The page as it was, and as it is after a reload.
fn reloaded(page: &Page) -> Page {
    let bytes = saved::save(&page.session).expect("it is not too long");
    let (session, requests) = saved::resume(&bytes).expect("it was just written");
    Page::resume(session, requests)
}

#[test]
fn the_moment_the_question_and_the_view_are_kept() {
    let mut page = Page::open(node_port());
    for action in [
        Action::From("node/node1".into()),
        Action::Seed("99".into()),
        Action::Grain(Grain::Hook),
        Action::SwitchTheme(Theme::Light),
        Action::Tab(Tab::Packet),
        Action::Seek(11),
    ] {
        page.act(action);
    }
    let after = reloaded(&page);
    same(&page, &after);
    assert_eq!(after.session.seed, 99);
    assert_eq!(after.session.grain, Grain::Hook);
    assert_eq!(after.session.theme, Theme::Dark);
    assert_eq!(after.session.tab, Tab::Packet);
}

#[test]
fn the_conversation_and_what_was_forced_are_kept() {
    let mut page = Page::open(affinity());
    page.act(Action::Then(Step::Connect));
    page.act(Action::Then(Step::Wait(5 * 3_600_000)));
    page.act(Action::Then(Step::Connect));
    page.act(Action::Next(Target::Draw));
    page.act(Action::Pin(0));
    same(&page, &reloaded(&page));
    page.act(Action::Part(1));
    same(&page, &reloaded(&page));
}

#[test]
fn a_typed_address_is_kept() {
    let mut page = Page::open(node_port());
    page.act(Action::From("10.42.0.77@node1".into()));
    same(&page, &reloaded(&page));
}

#[test]
fn an_edited_text_is_kept_and_a_broken_one_too() {
    let mut page = Page::open(node_port());
    let text = node_port().replace("replicas: 5", "replicas: 2");
    page.act(Action::Edited(text.clone()));
    same(&page, &reloaded(&page));
    page.act(Action::Edited("kind: [".into()));
    let after = reloaded(&page);
    assert_eq!(&**after.session.editor.text(), "kind: [");
    assert!(after.session.stale);
    // The last good cluster stays, over a reload and over the next one.
    same(&page, &after);
    let again = reloaded(&after);
    same(&page, &again);
    assert_eq!(again.session.good.as_deref(), Some(text.as_str()));
}

#[test]
fn what_stood_in_the_place_of_the_walk_is_opened_again() {
    let mut page = Page::open(node_port());
    page.act(Action::Open(Panel::WhatIf));
    assert_eq!(reloaded(&page).session.panel, Panel::WhatIf);
    page.act(Action::Open(Panel::Help));
    assert_eq!(reloaded(&page).session.panel, Panel::None);
}

/// What a page of an earlier form wrote down: its bytes are the newest form's, up to what that adds.
#[test]
fn what_an_earlier_build_wrote_down_is_read() {
    let mut page = Page::open(node_port());
    page.act(Action::Seed("99".into()));
    let mut bytes = saved::save(&page.session).expect("it is not too long");
    assert_eq!(bytes[0], 3, "the newest form");
    for form in [1, 2] {
        bytes[0] = form;
        let (session, requests) = saved::resume(&bytes).expect("an older form is read");
        same(&page, &Page::resume(session, requests));
    }
    bytes[0] = 4;
    assert!(saved::resume(&bytes).is_none());
}

#[test]
fn bytes_of_another_form_are_no_state() {
    for bytes in [&b""[..], b"\x00", b"<!doctype html>", &[0xff; 64]] {
        assert!(saved::resume(bytes).is_none());
    }
    let (session, _) = Session::new("a".repeat(2_000_000).into());
    assert!(saved::save(&session).is_none(), "too long to keep");
}
