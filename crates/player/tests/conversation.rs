//! What follows the first connection: memory goes on, time passes, and every part can be gone back to.

mod common;

use common::{Page, affinity, node_port};
use player::conversation::Step;
use player::{Action, Kind};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

fn outcomes(page: &Page) -> Vec<String> {
    let turns = &page.play().turns;
    turns.iter().map(|t| t.outcome.clone()).collect()
}

fn told(page: &Page) -> Vec<String> {
    let frames = &page.play().frames;
    frames.iter().map(|f| f.caption.text()).collect()
}

/// From node1, so that the affinity list stands on a node that is known.
fn affine() -> Page {
    let mut page = Page::open(affinity());
    page.act(Action::From("node/node1".into()));
    page
}

#[test]
fn a_walk_is_a_conversation_of_one_part() {
    let page = Page::open(node_port());
    assert_eq!(outcomes(&page).len(), 1);
    assert!(outcomes(&page)[0].starts_with("answered by web-"));
    assert!(page.play().earlier.is_empty());
}

#[test]
fn another_connection_comes_from_another_port() {
    let mut page = Page::open(node_port());
    let first = page.play().frames[0].header.src.clone();
    page.act(Action::Then(Step::Connect));
    assert_eq!(page.session.cursor, 0);
    assert_eq!(page.play().turns.len(), 2);
    assert_ne!(page.play().frames[0].header.src, first);
    assert!(page.kinds().contains(&Kind::Dnat), "it is a first packet");
}

#[test]
fn every_part_can_be_gone_back_to_and_is_the_same_again() {
    let mut page = Page::open(node_port());
    let first = told(&page);
    page.act(Action::Then(Step::Wait(MINUTE)));
    page.act(Action::Then(Step::Connect));
    let third = told(&page);
    let turns = page.play().turns.clone();
    page.act(Action::Part(0));
    assert_eq!(told(&page), first);
    assert_eq!(page.play().turns, turns, "what came after is not forgotten");
    page.act(Action::Part(2));
    assert_eq!(told(&page), third);
    page.act(Action::Afresh);
    assert_eq!(told(&page), first);
    assert_eq!(page.play().turns.len(), 1);
}

#[test]
fn going_on_behind_an_earlier_part_takes_the_place_of_what_came_there() {
    let mut page = Page::open(node_port());
    page.act(Action::Then(Step::Wait(MINUTE)));
    page.act(Action::Then(Step::Connect));
    page.act(Action::Part(0));
    page.act(Action::Then(Step::Connect));
    assert_eq!(page.session.talk.steps, [Step::Connect]);
}

#[test]
fn a_pause_tells_what_every_kernel_forgets() {
    let mut page = Page::open(node_port());
    page.act(Action::Then(Step::Wait(1000)));
    assert_eq!(page.play().turns[1].outcome, "nothing forgotten");
    assert!(page.kinds().contains(&Kind::Kept));
    page.act(Action::Then(Step::Wait(24 * HOUR)));
    assert!(page.kinds().contains(&Kind::Forgotten));
    assert!(page.play().turns[2].outcome.ends_with("forgotten"));
    assert!(page.play().listings.is_empty(), "and -L prints nothing");
}

#[test]
fn client_ip_affinity_holds_until_its_time_is_over() {
    let mut page = affine();
    let mut first = 0;
    let mut endpoints = Vec::new();
    for _ in 0..8 {
        page.act(Action::Then(Step::Connect));
    }
    for part in 0..9 {
        page.act(Action::Part(part));
        first += usize::from(page.kinds().iter().any(|k| k.is_draw()));
        endpoints.push(page.play().turns[part].outcome.clone());
    }
    assert_eq!(first, 1, "only the first connection draws");
    assert!(
        endpoints.iter().all(|e| *e == endpoints[0]),
        "{endpoints:?}"
    );
    page.act(Action::Then(Step::Wait(4 * HOUR)));
    page.act(Action::Then(Step::Connect));
    assert!(page.kinds().iter().any(|k| k.is_draw()), "it draws anew");
}

#[test]
fn the_draws_of_earlier_parts_stay_when_a_later_one_is_forced() {
    let mut page = Page::open(node_port());
    page.act(Action::Then(Step::Connect));
    let first = outcomes(&page)[0].clone();
    page.act(Action::Next(player::session::Target::Draw));
    page.act(Action::Pin(0));
    assert_eq!(page.frame().kind, Kind::Hit);
    assert_eq!(outcomes(&page)[0], first);
    page.act(Action::Pin((1 << 31) - 1));
    assert_eq!(page.frame().kind, Kind::Miss);
    assert_eq!(outcomes(&page)[0], first);
}

#[test]
fn an_entry_can_be_deleted_by_the_options_beside_it() {
    let mut page = Page::open(node_port());
    let listing = page.play().listings[0].clone();
    assert!(listing.entries[0].line.starts_with("tcp      6 "));
    page.act(Action::Then(Step::Conntrack {
        node: listing.node.clone(),
        args: listing.entries[0].delete.clone(),
    }));
    assert_eq!(page.play().turns[1].outcome, "1 entry deleted");
    assert!(page.kinds().contains(&Kind::Forgotten));
    page.act(Action::Then(Step::Conntrack {
        node: listing.node,
        args: "-F".into(),
    }));
    assert_eq!(page.play().turns[2].outcome, "0 entries deleted");
}

#[test]
fn what_cannot_be_done_is_said() {
    let mut page = Page::open(node_port());
    for (node, args, outcome) in [
        ("node1", "-D --zonk 4", "nothing done"),
        ("node1", "", "nothing done"),
        ("nobody", "-D", "no such node"),
    ] {
        page.act(Action::Then(Step::Conntrack {
            node: node.into(),
            args: args.into(),
        }));
        assert_eq!(
            page.play().turns.last().map(|t| t.outcome.as_str()),
            Some(outcome)
        );
        assert!(!page.play().frames.is_empty());
    }
}

#[test]
fn another_question_is_another_conversation() {
    let mut page = Page::open(node_port());
    for action in [
        Action::From("node/node1".into()),
        Action::Protocol(player::probe::Transport::Tcp),
        Action::Send,
        Action::Replaced(affinity().into()),
    ] {
        page.act(Action::Then(Step::Connect));
        assert_eq!(page.session.talk.steps.len(), 1);
        page.act(action);
        assert!(page.session.talk.steps.is_empty());
    }
}

fn udp() -> String {
    affinity()
        .replace("sessionAffinity: ClientIP", "sessionAffinity: None")
        .replace("containerPort: 80", "containerPort: 80, protocol: UDP")
        .replace("{port: 80}", "{port: 80, protocol: UDP}")
}

#[test]
fn a_later_packet_asks_no_nat_table() {
    for text in [node_port().to_owned(), udp()] {
        let mut page = Page::open(&text);
        let first = outcomes(&page)[0].clone();
        page.act(Action::Then(Step::Again));
        assert_eq!(
            outcomes(&page)[1],
            first,
            "it goes where the first one went"
        );
        let kinds = page.kinds();
        assert!(
            kinds.contains(&Kind::NotAsked),
            "and says why nat is left out"
        );
        assert!(kinds.contains(&Kind::Again));
        assert!(!kinds.contains(&Kind::Dnat));
        let nat = |f: &&player::Frame| f.table == Some(lab::TableName::Nat) && f.at.is_some();
        assert_eq!(page.play().frames.iter().filter(nat).count(), 0);
        assert_eq!(page.play().turns[1].name, "next packet");
    }
}

#[test]
fn a_datagram_after_its_entry_timed_out_is_a_first_one_again() {
    let mut page = Page::open(&udp());
    page.act(Action::Then(Step::Wait(11 * MINUTE)));
    page.act(Action::Then(Step::Again));
    let kinds = page.kinds();
    assert!(kinds.contains(&Kind::Dnat), "the nat table is asked");
    assert!(!kinds.contains(&Kind::Again));
}

#[test]
fn an_open_connection_is_remembered_for_longer_than_a_closed_one() {
    let mut page = Page::open(node_port());
    page.act(Action::Then(Step::Wait(11 * MINUTE)));
    assert_eq!(page.play().turns[1].outcome, "nothing forgotten");
    page.act(Action::Extent(player::probe::Extent::Whole));
    assert!(page.play().turns[1].outcome.ends_with("forgotten"));
    // Who has more to say keeps it open.
    page.act(Action::Then(Step::Again));
    assert_eq!(page.play().turns[1].outcome, "nothing forgotten");
    assert!(page.kinds().contains(&Kind::Again));
}

#[test]
fn where_nothing_is_open_nothing_is_sent() {
    let mut page = Page::open(node_port());
    let empty = page.destination("empty");
    page.act(Action::To(empty));
    page.act(Action::Then(Step::Again));
    assert_eq!(page.play().turns[1].outcome, "nothing to send over");
}
