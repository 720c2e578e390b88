//! Real walks, told: what the frames, rows and boxes of a journey say, whatever the cluster.

mod common;

use common::{Page, node_port, v6_node_port};
use player::moment::{Moment, moment};
use player::rows::{Line, RowState, rows};
use player::session::{Grain, Target};
use player::{Action, Kind};

#[test]
fn a_first_packet_and_its_reply_are_told_from_end_to_end() {
    let page = Page::open(node_port());
    let kinds = page.kinds();
    assert_eq!(kinds.first(), Some(&Kind::Sent));
    assert_eq!(kinds.last(), Some(&Kind::Ending));
    assert!(kinds.contains(&Kind::Dnat));
    assert!(kinds.contains(&Kind::UndoDnat));
    assert!(page.play().frames.iter().all(|f| f.packet <= 1));
    assert!(
        page.play()
            .frames
            .iter()
            .all(|f| !f.caption.text().is_empty())
    );
}

#[test]
fn the_whole_exchange_is_longer_and_begins_alike() {
    let mut page = Page::open(node_port());
    let short = page.kinds();
    page.act(Action::Extent(player::probe::Extent::Whole));
    let long = page.kinds();
    assert!(long.len() > short.len());
    assert_eq!(long[..short.len() - 1], short[..short.len() - 1]);
}

#[test]
fn a_rewriting_and_its_rule_are_one_moment() {
    let page = Page::open(node_port());
    let play = page.play();
    let dnat: Vec<_> = play
        .frames
        .iter()
        .filter(|f| f.kind == Kind::Dnat)
        .collect();
    assert_eq!(dnat.len(), 1);
    assert!(dnat[0].at.is_some());
    let (src, dst) = dnat[0].before.clone().expect("addresses before");
    assert_eq!(src, dnat[0].header.src);
    assert_ne!(dst, dnat[0].header.dst);
}

#[test]
fn the_entry_changes_with_the_rewriting_and_not_before() {
    let page = Page::open(node_port());
    let play = page.play();
    let at = play
        .frames
        .iter()
        .position(|f| f.kind == Kind::Dnat)
        .expect("a DNAT");
    let mirrored = |i: usize| {
        let c = play.frames[i].connection.as_ref().expect("an entry");
        c.reply.src == c.original.dst && c.reply.sport == c.original.dport
    };
    assert!(mirrored(at - 1));
    assert!(!mirrored(at));
}

#[test]
fn a_client_outside_is_masqueraded_on_its_way_to_another_node() {
    let mut page = Page::open(node_port());
    page.act(Action::From("outside".into()));
    page.act(Action::To("node1:30080".into()));
    let kinds = page.kinds();
    for kind in [
        Kind::Lookup,
        Kind::Mark,
        Kind::Dnat,
        Kind::Snat,
        Kind::UndoSnat,
        Kind::UndoDnat,
    ] {
        assert!(kinds.contains(&kind), "{kind:?} is told");
    }
    let marks: Vec<u32> = page
        .play()
        .frames
        .iter()
        .filter(|f| f.kind == Kind::Mark)
        .map(|f| f.header.mark)
        .collect();
    assert_eq!(marks, [0x4000, 0]);
}

#[test]
fn an_ipv6_node_port_is_told_alike() {
    let mut page = Page::open(v6_node_port());
    page.act(Action::From("outside".into()));
    page.act(Action::To("worker-c:30080".into()));
    let kinds = page.kinds();
    assert_eq!(kinds.last(), Some(&Kind::Ending));
    assert!(kinds.contains(&Kind::Snat));
    let names: Vec<&str> = page
        .play()
        .visits
        .iter()
        .map(|v| v.label.as_str())
        .collect();
    assert!(names.contains(&"worker-c"), "{names:?}");
}

#[test]
fn a_service_without_pods_ends_where_it_really_ends() {
    let mut page = Page::open(node_port());
    page.act(Action::From("node/node1".into()));
    let empty = page.destination("empty");
    page.act(Action::To(empty));
    let kinds = page.kinds();
    assert!(kinds.contains(&Kind::Reject));
    assert_eq!(kinds.last(), Some(&Kind::Failed));
}

#[test]
fn rows_say_what_became_of_every_rule() {
    let mut page = Page::open(node_port());
    page.act(Action::Next(Target::Draw));
    let at = page.session.cursor;
    let lines = rows(page.play(), at, 20);
    let states: Vec<RowState> = lines
        .iter()
        .map(|line| match line {
            Line::Rule { state, .. } => *state,
            other => panic!("a short chain is shown whole, not {other:?}"),
        })
        .collect();
    assert_eq!(states[0], RowState::Done);
    assert_eq!(states.iter().filter(|s| **s == RowState::Lit).count(), 1);
    for line in &lines {
        if let Line::Rule {
            state: RowState::Done,
            note,
            ..
        } = line
        {
            assert!(!note.is_empty(), "a tried rule says why it did not match");
        }
    }
}

#[test]
fn long_chains_are_cut_to_the_room_there_is() {
    let page = Page::open(node_port());
    let play = page.play();
    for cursor in 0..play.frames.len() {
        for room in [0, 4, 6, 9] {
            let lines = rows(play, cursor, room);
            // The end of a chain is a line of its own.
            assert!(lines.len() <= room.max(3) + 1, "{cursor} {room}");
            let lit = lines.iter().filter(|l| {
                matches!(
                    l,
                    Line::Rule {
                        state: RowState::Lit,
                        ..
                    } | Line::End { lit: true, .. }
                )
            });
            assert_eq!(lit.count(), usize::from(play.frames[cursor].at.is_some()));
        }
    }
}

#[test]
fn every_draw_is_a_staircase_whose_steps_are_equal() {
    let mut page = Page::open(node_port());
    for _ in 0..20 {
        page.act(Action::DrawAgain);
        let play = page.play();
        for cursor in (0..play.frames.len()).filter(|&i| play.frames[i].kind.is_draw()) {
            let Some(Moment::Draw(stairs)) = moment(play, cursor) else {
                panic!("a draw has its box");
            };
            assert_eq!(stairs.bars.iter().filter(|b| b.current).count(), 1);
            let draw = stairs.draw.expect("a number");
            let (number, threshold): (f64, f64) = (
                draw.number.parse().expect("a number"),
                draw.threshold.parse().expect("a number"),
            );
            assert_eq!(number < threshold, draw.hit);
            for bar in &stairs.bars {
                assert!(bar.sum.ends_with("= 1/5"), "{}", bar.sum);
                assert!(((1.0 - bar.start) * bar.share - 0.2).abs() < 1e-6);
            }
        }
    }
}

#[test]
fn a_forced_number_decides_and_the_rest_stays_drawn_by_the_seed() {
    let mut page = Page::open(node_port());
    page.act(Action::Next(Target::Draw));
    page.act(Action::Pin(0));
    assert_eq!(page.frame().kind, Kind::Hit);
    page.act(Action::Pin((1 << 31) - 1));
    assert_eq!(page.frame().kind, Kind::Miss);
    page.act(Action::Pin(u32::MAX));
    assert_eq!(page.frame().kind, Kind::Miss);
    page.act(Action::Next(Target::Draw));
    page.act(Action::Pin(0));
    assert_eq!(page.frame().kind, Kind::Hit);
    assert_eq!(page.session.forced.len(), 2);
    page.act(Action::Unpin);
    assert!(page.session.forced.is_empty());
}

#[test]
fn steps_of_every_grain_go_to_the_end_and_back() {
    let mut page = Page::open(node_port());
    for grain in Grain::ALL {
        page.act(Action::Grain(grain));
        page.act(Action::Home);
        let mut stops = vec![0];
        loop {
            page.act(Action::Step);
            if stops.last() == Some(&page.session.cursor) {
                break;
            }
            stops.push(page.session.cursor);
        }
        assert_eq!(page.session.cursor, page.play().frames.len() - 1);
        while page.session.cursor > 0 {
            let before = page.session.cursor;
            page.act(Action::Back);
            assert!(page.session.cursor < before);
            assert!(stops.contains(&page.session.cursor), "{grain:?}");
        }
    }
}

#[test]
fn stations_parts_and_visits_point_at_their_moments() {
    let mut page = Page::open(node_port());
    page.act(Action::From("outside".into()));
    page.act(Action::To("node1:30080".into()));
    let play = page.play();
    for (i, frame) in play.frames.iter().enumerate() {
        let visit = &play.visits[frame.visit];
        assert!((visit.frames.0..=visit.frames.1).contains(&i));
        let station = &visit.stations[frame.station];
        assert!(station.first <= i);
        assert!(
            station
                .parts
                .iter()
                .all(|(_, first)| *first <= visit.frames.1)
        );
    }
}

#[test]
fn a_tunnel_is_told_on_both_ends_with_the_header_that_carries() {
    let text = format!(
        "{}---\napiVersion: chainwalk/v1\nkind: Network\nspec: {{network: vxlan}}\n",
        node_port()
    );
    let mut page = Page::open(&text);
    page.act(Action::From("node/node1".into()));
    for _ in 0..40 {
        if page.kinds().contains(&Kind::Tunnel) {
            break;
        }
        page.act(Action::DrawAgain);
    }
    let frames = &page.play().frames;
    let first = frames.iter().filter(|f| f.packet == 0);
    let tunnel: Vec<_> = first.filter(|f| f.kind == Kind::Tunnel).collect();
    let [wrapped, unwrapped] = tunnel.as_slice() else {
        panic!("{} ends of a tunnel", tunnel.len());
    };
    assert!(wrapped.caption.text().contains("8472"));
    assert!(wrapped.header.dst.ends_with(":8472"));
    assert!(!unwrapped.header.dst.ends_with(":8472"));
    assert_ne!(wrapped.ns, unwrapped.ns);
}
