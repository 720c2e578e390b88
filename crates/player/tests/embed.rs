//! What a host asks of a page in its frame, and what the page becomes.

mod common;

use common::{Page, node_port};
use player::embed::{Controls, Setup, View};
use player::probe::Transport;
use player::session::{Panel, Theme};
use player::{Kind, Session};

fn framed(setup: Setup) -> Page {
    let (session, requests) = Session::embedded(node_port().into(), &setup);
    assert_eq!(requests.len(), 1, "the text is read once");
    Page::resume(session, requests)
}

fn asked() -> Setup {
    Setup {
        from: "node/node1".into(),
        to: "shop/web:80".into(),
        seed: "3".into(),
        ..Setup::default()
    }
}

#[test]
fn it_walks_what_was_asked_and_stands_still() {
    let page = framed(Setup {
        step: "5".into(),
        ..asked()
    });
    assert_eq!(page.session.question.from, "node/node1");
    assert_eq!(page.session.question.to, "shop/web:80");
    assert_eq!((page.session.seed, page.session.cursor), (3, 4));
    assert!(!page.session.playing);
    assert!(page.session.is_phone(), "a column is narrow");
    assert_eq!(page.session.ended(), None);
}

#[test]
fn it_plays_where_that_is_asked() {
    let page = framed(Setup {
        autoplay: "yes".into(),
        ..asked()
    });
    assert!(page.session.playing);
}

#[test]
fn nonsense_is_as_if_it_were_not_there() {
    let page = framed(Setup {
        from: String::new(),
        to: String::new(),
        seed: "many".into(),
        step: "-1".into(),
        view: "<b>".into(),
        theme: "pink".into(),
        controls: "?".into(),
        autoplay: String::new(),
    });
    let embed = page.session.embed.as_ref().expect("it is in a frame");
    assert_eq!((embed.view, embed.controls), (View::Walk, Controls::Shown));
    assert_eq!(
        (page.session.cursor, page.session.theme),
        (0, Theme::System)
    );
    assert!(page.session.play.is_some(), "it has chosen by itself");
}

#[test]
fn a_step_beyond_the_end_is_the_end() {
    let page = framed(Setup {
        step: "99999".into(),
        ..asked()
    });
    assert_eq!(page.session.ended(), Some("answered"));
}

#[test]
fn the_protocol_stands_behind_the_destination() {
    for (to, bare, transport) in [
        ("10.43.0.9:53/udp", "10.43.0.9:53", Transport::Udp),
        (" node1/icmp ", "node1", Transport::Icmp),
        ("10.43.0.9:80/tcp", "10.43.0.9:80", Transport::Tcp),
        ("10.43.0.9:80", "10.43.0.9:80", Transport::Tcp),
    ] {
        let setup = Setup {
            to: to.into(),
            ..asked()
        };
        let (session, _) = Session::embedded("".into(), &setup);
        assert_eq!(
            (session.question.to.as_str(), session.question.transport),
            (bare, transport)
        );
    }
}

#[test]
fn a_view_begins_where_there_is_something_to_see() {
    let view = |view: View| {
        framed(Setup {
            view: view.name().into(),
            ..asked()
        })
    };
    let draw = view(View::Draw);
    assert!(matches!(draw.frame().kind, Kind::Miss | Kind::Hit));
    assert_eq!(view(View::Many).session.panel, Panel::Many);
    assert_eq!(view(View::WhatIf).session.panel, Panel::WhatIf);
    assert!(matches!(
        view(View::Rules).session.panel,
        Panel::Rules { .. }
    ));
    for plain in [View::Walk, View::Map, View::Chains, View::Story] {
        assert_eq!(view(plain).session.panel, Panel::None);
    }
}

#[test]
fn what_fails_says_so() {
    let page = framed(Setup {
        to: "shop/empty:80".into(),
        step: "9999".into(),
        ..asked()
    });
    assert_eq!(page.session.ended(), Some("failed"));
}
