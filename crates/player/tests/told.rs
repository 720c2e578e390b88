//! Journeys made by hand, for what real clusters seldom do: each is told to its end and no further.

mod common;

use std::collections::BTreeMap;
use std::net::IpAddr;

use fabric::{Direction, Ending, Event, EventKind, Journey, Ns, Route};
use lab::{RuleRef, TableName, Trip};
use netfilter::targets::RejectWith;
use netfilter::{ChainName, Hook, L4, Packet, Skb, Step, StepKind, TcpFlags, Verdict};
use player::chains::{self, ChainView};
use player::moment::{Moment, moment};
use player::probe::Extent;
use player::{Kind, Play, Rulebook, compose};

/// One chain that is the same on every node.
struct OneChain(&'static [&'static str]);

impl Rulebook for OneChain {
    fn chain(&self, _: &str, table: TableName, name: &str) -> Option<ChainView> {
        let rules = self.0.iter().enumerate();
        Some(ChainView {
            left_out: 0,
            table,
            name: name.into(),
            policy: Some("ACCEPT".into()),
            rules: rules
                .map(|(i, args)| chains::rule(name, i + 1, args))
                .collect(),
        })
    }
    fn tables(&self, _: &str) -> BTreeMap<TableName, Vec<(String, usize)>> {
        BTreeMap::new()
    }
}

fn packet() -> Packet {
    Packet {
        src: IpAddr::from([10, 0, 0, 1]),
        dst: IpAddr::from([10, 0, 0, 2]),
        l4: L4::Tcp {
            sport: 40000,
            dport: 80,
            flags: TcpFlags::SYN,
        },
        ttl: 64,
    }
}

fn event(hook: Option<Hook>, kind: EventKind) -> Event {
    Event {
        packet: 0,
        ns: Ns::Node("n".into()),
        hook,
        table: hook.map(|_| TableName::Filter),
        kind,
        after: Skb::new(packet()),
        connection: None,
        direction: Direction::Original,
    }
}

fn step(number: usize, kind: StepKind) -> EventKind {
    EventKind::Rule(Step {
        rule: RuleRef {
            table: TableName::Filter,
            chain: ChainName::new("INPUT").expect("a chain's name"),
            number,
        },
        kind,
        mark: 0,
        draw: None,
        callers: Vec::new().into(),
    })
}

fn told(rules: &'static [&'static str], events: Vec<Event>, ending: Ending) -> Play {
    let trip = Trip {
        resolved: None,
        dst: packet().dst,
        journey: Journey {
            events,
            ending,
            throws: Vec::new(),
            targets: Default::default(),
        },
    };
    let cluster = lab::ClusterState::default();
    compose(&cluster, &OneChain(rules), &trip, Extent::FirstAndReply)
}

fn at_input(kind: EventKind) -> Event {
    event(Some(Hook::Input), kind)
}

#[test]
fn what_is_not_modelled_is_said_aloud_and_ends_the_walk() {
    let play = told(
        &["-m set --match-set blocked src -j DROP"],
        vec![
            at_input(step(1, StepKind::Unmodelled("-m set".into()))),
            at_input(EventKind::Unmodelled {
                what: "-m set".into(),
            }),
        ],
        Ending::Unmodelled {
            what: "-m set".into(),
        },
    );
    let kinds: Vec<Kind> = play.frames.iter().map(|f| f.kind).collect();
    assert_eq!(kinds, [Kind::Unmodelled, Kind::Unmodelled, Kind::Failed]);
    for (i, frame) in play.frames.iter().enumerate() {
        assert!(frame.caption.text().contains("-m set"), "{i}");
        assert!(matches!(moment(&play, i), Some(Moment::Note { .. })), "{i}");
    }
}

#[test]
fn every_way_to_end_has_its_sentence() {
    let addr = packet().dst;
    for (ending, word) in [
        (Ending::TcpReset { from: addr }, "refused"),
        (
            Ending::IcmpUnreachable {
                code: 3,
                from: addr,
            },
            "port unreachable",
        ),
        (
            Ending::IcmpUnreachable {
                code: 9,
                from: addr,
            },
            "unreachable",
        ),
        (Ending::NetUnreachable, "no route"),
        (Ending::NotPermitted, "not permitted"),
        (Ending::Timeout, "times out"),
    ] {
        let play = told(
            &[],
            vec![event(None, EventKind::Sent { route: Route::None })],
            ending,
        );
        let last = play.frames.last().expect("a play is never empty");
        assert_eq!(last.kind, Kind::Failed);
        assert!(
            last.caption.text().contains(word),
            "{}",
            last.caption.text()
        );
    }
}

#[test]
fn every_verdict_has_its_kind() {
    for (kind, told_as) in [
        (StepKind::Accept, Kind::Accept),
        (StepKind::Drop, Kind::Drop),
        (StepKind::Return, Kind::Return),
        (StepKind::Continue, Kind::Continue),
        (StepKind::Reject(RejectWith::TcpReset), Kind::Reject),
        (StepKind::Policy(Verdict::Accept), Kind::Policy),
        (StepKind::Policy(Verdict::Drop), Kind::Drop),
        (StepKind::End, Kind::End),
        (
            StepKind::Passed {
                why: "protocol is not udp".into(),
            },
            Kind::Pass,
        ),
    ] {
        let play = told(
            &["-p udp -j LOG"],
            vec![at_input(step(1, kind))],
            Ending::Timeout,
        );
        assert_eq!(play.frames[0].kind, told_as);
        assert!(!play.frames[0].caption.text().is_empty());
        assert!(!play.frames[0].why.is_empty());
    }
}

#[test]
fn a_journey_without_an_event_still_has_its_end() {
    let play = told(&[], Vec::new(), Ending::Timeout);
    assert_eq!(play.frames.len(), 1);
    assert_eq!(play.connections(0).len(), 0);
}

#[test]
fn a_walk_that_ends_badly_is_never_told_shorter() {
    let mut late = event(None, EventKind::Gone { why: "lost".into() });
    late.packet = 5;
    let play = told(
        &[],
        vec![event(None, EventKind::Delivered), late],
        Ending::Timeout,
    );
    assert!(play.frames.iter().any(|f| f.kind == Kind::Gone));
}
