//! What the first view does without: as long as it isn't there, what is wished for is remembered.

mod common;

use player::Engine;
use player::late::{HOOKS, Late, Presence};
use player::session::Panel;
use player::whatif::Deed;
use player::{Action, LabEngine, Request, Session, update};

/// The demo's walk in a page whose second part has not come.
fn waiting() -> Session {
    let (mut session, requests) = Session::new(common::node_port().into());
    session.late = Late::coming();
    let mut core = LabEngine::default();
    for request in requests {
        let answer = core.answer(request);
        session = update(&session, Action::Answered(answer.into())).0;
    }
    session
}

fn act(session: &mut Session, action: Action) -> Vec<Request> {
    let (next, requests) = update(session, action);
    *session = next;
    requests
}

#[test]
fn what_is_opened_stands_there_and_asks_once_it_can() {
    let mut page = waiting();
    assert!(!page.wants_late());
    assert!(act(&mut page, Action::Open(Panel::Many)).is_empty());
    assert_eq!(page.panel, Panel::Many);
    assert!(page.wants_late());
    let requests = act(&mut page, Action::LateCame(&HOOKS));
    assert_eq!(requests.len(), 1);
    assert!(page.many.running);
    assert!(!page.wants_late());
}

#[test]
fn wishes_are_done_in_their_order() {
    let mut page = waiting();
    act(&mut page, Action::Open(Panel::Many));
    act(&mut page, Action::Open(Panel::None));
    act(&mut page, Action::Open(Panel::Settings));
    act(&mut page, Action::LateCame(&HOOKS));
    assert_eq!(page.panel, Panel::Settings);
    assert!(!page.many.running);
}

#[test]
fn a_wish_after_a_failure_is_a_new_try() {
    let mut page = waiting();
    act(&mut page, Action::LateLost);
    assert!(!page.wants_late());
    act(&mut page, Action::Undo);
    assert_eq!(page.late.presence, Presence::Coming);
    assert!(page.wants_late());
    act(&mut page, Action::LateLost);
    assert_eq!(page.late.presence, Presence::Failed);
    act(&mut page, Action::LateAgain);
    assert_eq!(page.late.presence, Presence::Coming);
    act(&mut page, Action::LateCame(&HOOKS));
    assert!(!page.wants_late());
}

#[test]
fn a_walk_needs_nothing_of_it() {
    let mut page = waiting();
    let last = page.play.as_ref().map_or(0, |play| play.frames.len() - 1);
    for _ in 0..=last {
        assert!(act(&mut page, Action::Step).is_empty());
    }
    assert_eq!(page.cursor, last);
    assert!(!page.wants_late());
}

#[test]
fn the_odds_are_asked_for_where_a_draw_is_on_screen_when_it_comes() {
    let mut page = waiting();
    act(&mut page, Action::Next(player::session::Target::Draw));
    assert!(page.frame().is_some_and(|f| f.draw.is_some()));
    assert_eq!(act(&mut page, Action::LateCame(&HOOKS)).len(), 1);
    assert!(act(&mut page, Action::WhatIf(Deed::Endpoint("x".into()))).is_empty());
}

#[test]
fn what_has_come_stays_when_another_session_takes_the_place_of_this() {
    let mut page = waiting();
    let saved = player::saved::save(&page).expect("it has a walk");
    for presence in [Presence::Failed, Presence::Coming, Presence::Here(&HOOKS)] {
        page.late.presence = presence;
        page.become_saved(&saved).expect("it was just saved");
        assert_eq!(page.late.presence, presence);
    }
}
