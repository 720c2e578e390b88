//! What can be said of a finished walk: who answered, which rule decided, where an address was rewritten.

use std::net::IpAddr;

use fabric::{Direction, Ending, Event, EventKind, HookPoint, NatKind, Ns};
use lab::Trip;
use netfilter::traverse::{RuleRef, Step, StepKind};
use netfilter::{Hook, TableName, Verdict};

use crate::bench::Walked;
use crate::meaning;

/// A rule on a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Met {
    /// Whose.
    pub ns: Ns,
    /// Which. One past the last is the chain's policy.
    pub rule: RuleRef,
}

/// The steps through rules, with their events.
pub fn steps(trip: &Trip) -> impl Iterator<Item = (&Event, &Step)> {
    trip.journey
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Rule(step) => Some((event, step)),
            _ => None,
        })
}

/// Where the first packet was delivered: an address and port that are not what was asked for, or are.
pub fn delivered(trip: &Trip) -> Option<&Event> {
    let first = |e: &&Event| e.packet == 0 && matches!(e.kind, EventKind::Delivered);
    trip.journey.events.iter().find(first)
}

/// The endpoint that NAT chose and the first packet reached.
pub fn reached(trip: &Trip) -> Option<(IpAddr, Option<u16>)> {
    let event = delivered(trip)?;
    let packet = &event.after.packet;
    Some((packet.dst, packet.ports().map(|(_, dport)| dport)))
}

/// The source that the process saw, with its port.
pub fn source(trip: &Trip) -> Option<(IpAddr, Option<u16>)> {
    let event = delivered(trip)?;
    let packet = &event.after.packet;
    Some((packet.src, packet.ports().map(|(sport, _)| sport)))
}

/// The address and port that the client sent from.
pub fn sender(trip: &Trip) -> Option<(IpAddr, Option<u16>)> {
    let sent = |e: &&Event| e.packet == 0 && matches!(e.kind, EventKind::Sent { .. });
    let event = trip
        .journey
        .events
        .iter()
        .find(sent)
        .or(trip.journey.events.first())?;
    let packet = &event.after.packet;
    Some((packet.src, packet.ports().map(|(sport, _)| sport)))
}

/// The rule or policy that a packet ended at, where one dropped or refused it.
pub fn decided_by(trip: &Trip) -> Option<Met> {
    let ends = |step: &Step| {
        matches!(
            step.kind,
            StepKind::Drop | StepKind::Reject(_) | StepKind::Policy(Verdict::Drop)
        )
    };
    let found = steps(trip).filter(|(_, step)| ends(step)).last();
    found.map(|(event, step)| Met {
        ns: event.ns.clone(),
        rule: step.rule.clone(),
    })
}

/// The rule that sent the first packet to where it was marked.
pub fn marked_by(trip: &Trip) -> Option<Met> {
    let (event, step) = steps(trip).find(|(event, step)| event.packet == 0 && step.mark != 0)?;
    Some(Met {
        ns: event.ns.clone(),
        rule: step.callers.last().unwrap_or(&step.rule).clone(),
    })
}

/// Whether a rule took the packet.
pub fn matched(step: &Step) -> bool {
    !matches!(
        step.kind,
        StepKind::Passed { .. } | StepKind::End | StepKind::Policy(_) | StepKind::Unmodelled(_)
    )
}

/// How many rules of a table were tried, for one packet or all.
pub fn tried(trip: &Trip, table: TableName, packet: Option<usize>) -> usize {
    let counts = |step: &Step| !matches!(step.kind, StepKind::End | StepKind::Policy(_));
    steps(trip)
        .filter(|(event, step)| {
            step.rule.table == table && counts(step) && packet.is_none_or(|p| p == event.packet)
        })
        .count()
}

/// The mark with which a packet comes to a hook of a node, where it comes there.
pub fn mark(trip: &Trip, node: &str, hook: Hook, packet: usize) -> Option<u32> {
    let here = |e: &&Event| {
        e.packet == packet
            && e.hook == Some(hook)
            && e.ns == Ns::Node(node.to_owned())
            && matches!(
                e.kind,
                EventKind::Hook {
                    point: HookPoint::Enter
                }
            )
    };
    trip.journey.events.iter().find(here).map(|e| e.after.mark)
}

/// Which field of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The source.
    Src,
    /// The destination.
    Dst,
}

/// Where a field was last rewritten: the node and the hook.
pub fn rewritten(trip: &Trip, direction: Direction, field: Field) -> Option<(Ns, Hook)> {
    let is = |event: &&Event| match &event.kind {
        EventKind::Nat { kind, .. } => {
            let of = match kind {
                NatKind::Dnat | NatKind::DnatAgain | NatKind::UndoSnat => Field::Dst,
                NatKind::Snat | NatKind::SnatAgain | NatKind::UndoDnat => Field::Src,
            };
            of == field && event.direction == direction
        }
        _ => false,
    };
    let event = trip.journey.events.iter().rfind(is)?;
    Some((event.ns.clone(), event.hook?))
}

/// Whether any packet came to a place.
pub fn visited(trip: &Trip, is: impl Fn(&Ns) -> bool) -> bool {
    trip.journey
        .events
        .iter()
        .any(|event| is(&event.ns) || matches!(&event.kind, EventKind::Moved { to, .. } if is(to)))
}

/// Why a client got no answer, in one of a few words.
pub fn cause(walked: &Walked) -> &'static str {
    let trip = &walked.trip;
    let comment = || {
        let met = decided_by(trip)?;
        let Ns::Node(node) = &met.ns else {
            return None;
        };
        let family = match trip.dst.is_ipv4() {
            true => lab::IpFamily::Ipv4,
            false => lab::IpFamily::Ipv6,
        };
        let rules = walked.lab.rules(node, family);
        let chain = rules
            .ruleset
            .tables
            .get(&met.rule.table)?
            .chain(&met.rule.chain)?;
        let rule = chain.rules.get(met.rule.number.checked_sub(1)?)?;
        Some(meaning::comment(rule).unwrap_or_default().to_owned())
    };
    let decided = decided_by(trip).is_some();
    match &trip.journey.ending {
        Ending::Reply { .. } => "answered",
        Ending::TcpReset { .. } => {
            let answered = trip
                .journey
                .events
                .iter()
                .rfind(|e| matches!(e.kind, EventKind::Answered { .. }));
            match answered.map(|e| &e.ns) {
                Some(Ns::Pod(_)) => "closed-pod-port",
                _ => "closed-node-port",
            }
        }
        Ending::IcmpUnreachable { .. } if decided => match comment() {
            Some(text) if text.contains("has no endpoints") => "no-endpoints",
            _ => "rejected-by-a-rule",
        },
        Ending::Timeout if decided => match comment() {
            Some(text) if text.contains("has no local endpoints") => "no-local-endpoints",
            Some(_) => "dropped-by-a-rule",
            None => "dropped-by-policy",
        },
        Ending::Timeout => {
            let services = &walked.lab.cluster().services;
            match services.iter().any(|s| s.cluster_ips.contains(&trip.dst))
                && reached(trip).is_none()
            {
                true if first_dnat(trip).is_none() => "no-such-port",
                _ => "lost",
            }
        }
        Ending::Unmodelled { .. } => "unmodelled",
        _ => "cannot-send",
    }
}

fn first_dnat(trip: &Trip) -> Option<&Event> {
    let is = |e: &&Event| {
        matches!(
            e.kind,
            EventKind::Nat {
                kind: NatKind::Dnat,
                ..
            }
        )
    };
    trip.journey.events.iter().find(is)
}
