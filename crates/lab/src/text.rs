//! A trip as a network engineer reads it: one line for each thing that happened, made to be diffed.
//!
//! Runs of rules that did not match are folded into one line unless a number was drawn there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::IpAddr;

use fabric::{Direction, Ending, Event, EventKind, HookPoint, NatKind, Ns, Route};
use netfilter::targets::RejectWith;
use netfilter::{IcmpMessage, L4, Packet, Step, StepKind, Verdict};

use crate::{Carried, Forced, Odds, Totals, Trip, chance};

/// Rules passed in a row that are still told one by one.
const PASSED_SHOWN: usize = 2;

/// Packets told rule by rule: the first, and the answer to it. Later ones take the way that
/// conntrack remembers and get a line each, unless they are lost.
const PACKETS_IN_FULL: usize = 2;

/// The whole trip, ending in its outcome.
pub fn trip(trip: &Trip) -> String {
    let mut out = String::new();
    if let Some((name, addr)) = &trip.resolved {
        let _ = writeln!(
            out,
            "name  {name} is {addr} (the lookup itself is not walked)"
        );
    }
    let events = &trip.journey.events;
    let width = events.iter().map(|e| ns(place(e)).len()).max().unwrap_or(0);
    for packet_events in events.chunk_by(|a, b| a.packet == b.packet) {
        heading(&mut out, &packet_events[0]);
        let arrived = packet_events
            .iter()
            .any(|e| matches!(e.kind, EventKind::Delivered));
        match packet_events.last() {
            Some(last) if arrived && last.packet >= PACKETS_IN_FULL => {
                let _ = writeln!(
                    out,
                    "  reaches {} as {}",
                    ns(&last.ns),
                    packet(&last.after.packet)
                );
            }
            _ => in_full(&mut out, packet_events, width),
        }
    }
    let _ = writeln!(out, "outcome  {}", ending(&trip.journey.ending));
    out
}

fn heading(out: &mut String, event: &Event) {
    let way = match event.direction {
        Direction::Original => "packet",
        Direction::Reply => "answer",
    };
    let _ = writeln!(
        out,
        "{way} {}  {}",
        event.packet + 1,
        packet(&event.after.packet)
    );
}

fn in_full(out: &mut String, events: &[Event], width: usize) {
    let mut at = 0;
    let mut told: Option<(&Ns, Option<netfilter::Hook>)> = None;
    while let Some(event) = events.get(at) {
        let here = (place(event), event.hook);
        let run = passed_run(&events[at..]);
        let text = match &event.kind {
            EventKind::Rule(step) if run > PASSED_SHOWN => {
                let (rule, last) = (&step.rule, step.rule.number + run - 1);
                Some(format!(
                    "{}:{}:rule:{}-{last}:PASSED",
                    rule.table, rule.chain, rule.number
                ))
            }
            _ => describe(event),
        };
        if let Some(text) = text {
            let (place, hook) = match told == Some(here) {
                true => (String::new(), ""),
                false => (ns(here.0), here.1.map_or("", |h| h.name())),
            };
            let row = format!("  {place:<width$}  {hook:<11} {text}");
            out.push_str(row.trim_end());
            out.push('\n');
            told = Some(here);
        }
        at += if run > PASSED_SHOWN { run } else { 1 };
    }
}

/// Where the reader looks for an event: a packet on its way belongs to the place it leaves.
fn place(event: &Event) -> &Ns {
    match &event.kind {
        EventKind::Moved { from, .. } => from,
        _ => &event.ns,
    }
}

/// How many events from the first on are rules of one chain that passed without a draw.
fn passed_run(events: &[Event]) -> usize {
    let first = match events.first().map(|e| &e.kind) {
        Some(EventKind::Rule(step)) => &step.rule,
        _ => return 0,
    };
    events
        .iter()
        .take_while(|e| match &e.kind {
            EventKind::Rule(Step {
                rule,
                kind: StepKind::Passed { .. },
                draw: None,
                ..
            }) => rule.table == first.table && rule.chain == first.chain,
            _ => false,
        })
        .count()
}

/// `pod demo/client`, `node pi-w1`.
pub fn ns(ns: &Ns) -> String {
    match ns {
        Ns::Node(name) => format!("node {name}"),
        Ns::Pod(name) => format!("pod {name}"),
        Ns::External(name) => format!("host {name}"),
        Ns::Router => "router".into(),
    }
}

/// `10.42.1.50:40000`, `[fd00::1]:80`, or the address alone where there is no port.
pub fn endpoint(addr: IpAddr, port: Option<u16>) -> String {
    match (addr, port) {
        (addr, None) => addr.to_string(),
        (IpAddr::V6(addr), Some(port)) => format!("[{addr}]:{port}"),
        (addr, Some(port)) => format!("{addr}:{port}"),
    }
}

/// `tcp SYN 10.42.1.50:40000 -> 10.43.169.48:8711`.
pub fn packet(packet: &Packet) -> String {
    let ports = packet.ports();
    let src = endpoint(packet.src, ports.map(|p| p.0));
    let dst = endpoint(packet.dst, ports.map(|p| p.1));
    format!("{} {src} -> {dst}", packet_kind(packet))
}

/// `tcp SYN`, `udp`, `icmp echo request`.
pub fn packet_kind(packet: &Packet) -> String {
    match &packet.l4 {
        L4::Tcp { flags, .. } => format!("tcp {}", flag_words(flags.0)),
        L4::Udp { .. } => "udp".into(),
        L4::Sctp { chunk, .. } => format!("sctp {chunk:?}").to_lowercase(),
        L4::Icmp(IcmpMessage::EchoRequest { .. }) => "icmp echo request".into(),
        L4::Icmp(IcmpMessage::EchoReply { .. }) => "icmp echo reply".into(),
        L4::Icmp(IcmpMessage::Unreachable { code, .. }) => format!("icmp unreachable code {code}"),
        L4::Icmp(IcmpMessage::TimeExceeded { .. }) => "icmp time exceeded".into(),
        L4::Other { protocol } => format!("protocol {protocol}"),
    }
}

fn flag_words(bits: u8) -> String {
    let names = [
        (0x02, "SYN"),
        (0x01, "FIN"),
        (0x04, "RST"),
        (0x08, "PSH"),
        (0x10, "ACK"),
    ];
    let set: Vec<&str> = names
        .iter()
        .filter(|(bit, _)| bits & bit != 0)
        .map(|(_, n)| *n)
        .collect();
    set.join("-")
}

fn describe(event: &Event) -> Option<String> {
    Some(match &event.kind {
        EventKind::Sent { route } => format!("sends, {}", route_words(route)),
        EventKind::Hook {
            point: HookPoint::Enter,
        } => devices(event),
        EventKind::Hook { .. } => return None,
        EventKind::Conntrack => match &event.connection {
            Some(c) => format!("conntrack  {}", c.ctstate),
            None => "conntrack  no entry".into(),
        },
        EventKind::Rule(step) => step_words(step),
        EventKind::NotAsked { table, why } => format!("{table} not asked: {why}"),
        EventKind::Nat { kind, before, .. } => nat_words(*kind, before, &event.after.packet),
        EventKind::Routed(route) => format!("routing  {}", route_words(route)),
        EventKind::Confirmed => "conntrack  entry confirmed".into(),
        EventKind::Moved { to, by, outer, .. } => match outer {
            Some((from, towards)) => format!("to {} by {by}, inside {from} -> {towards}", ns(to)),
            None => format!("to {} by {by}", ns(to)),
        },
        EventKind::Wrapped { by, inner } => format!(
            "{by} wraps it  {} carries {}",
            packet(&event.after.packet),
            packet(inner)
        ),
        EventKind::Unwrapped { by, .. } => {
            format!("{by} unwraps it  {}", packet(&event.after.packet))
        }
        EventKind::Delivered => "delivered".into(),
        EventKind::Gone { why } => format!("gone: {why}"),
        EventKind::Answered { what } => format!("answers: {what}"),
        EventKind::Unmodelled { what } => format!("unmodelled: {what}"),
    })
}

fn devices(event: &Event) -> String {
    let mut text = packet(&event.after.packet);
    for (label, dev) in [("in", &event.after.in_dev), ("out", &event.after.out_dev)] {
        if let Some(dev) = dev {
            let _ = write!(text, " {label}={dev}");
        }
    }
    if event.after.mark != 0 {
        let _ = write!(text, " mark={:#x}", event.after.mark);
    }
    text
}

fn route_words(route: &Route) -> String {
    match route {
        Route::Local => "to this machine itself".into(),
        Route::Via {
            dev,
            gateway: Some(gateway),
            matched,
        } => format!("{matched} via {gateway} dev {dev}"),
        Route::Via {
            dev,
            gateway: None,
            matched,
        } => format!("{matched} dev {dev}"),
        Route::None => "no route".into(),
    }
}

fn step_words(step: &Step) -> String {
    let place = format!("{}:{}", step.rule.table, step.rule.chain);
    let rule = format!("{place}:rule:{}", step.rule.number);
    let mut text = match &step.kind {
        StepKind::Passed { why } if step.draw.is_none() => format!("{rule}:PASSED  {why}"),
        StepKind::Passed { .. } => format!("{rule}:PASSED"),
        StepKind::Jump(chain) => format!("{rule}:JUMP:{chain}"),
        StepKind::Goto(chain) => format!("{rule}:GOTO:{chain}"),
        StepKind::Continue => format!("{rule}:CONTINUE"),
        StepKind::Return => format!("{rule}:RETURN"),
        StepKind::Accept => format!("{rule}:ACCEPT"),
        StepKind::Drop => format!("{rule}:DROP"),
        StepKind::Reject(RejectWith::TcpReset) => format!("{rule}:REJECT  tcp-reset"),
        StepKind::Reject(RejectWith::Icmp { code }) => {
            format!("{rule}:REJECT  icmp unreachable code {code}")
        }
        StepKind::End => format!("{place}:end"),
        StepKind::Policy(Verdict::Accept) => format!("{place}:policy:ACCEPT"),
        StepKind::Policy(Verdict::Drop) => format!("{place}:policy:DROP"),
        StepKind::Unmodelled(what) => format!("{rule}:UNMODELLED  {what}"),
    };
    if let Some(draw) = &step.draw {
        let drawn = f64::from(draw.drawn) / f64::from(netfilter::Probability::WHOLE);
        let _ = write!(text, "  drew {drawn:.6} against {}", draw.threshold);
    }
    if step.mark != 0 {
        let _ = write!(text, "  mark {:#x}", step.mark);
    }
    text
}

fn nat_words(kind: NatKind, before: &Packet, after: &Packet) -> String {
    let (bp, ap) = (before.ports(), after.ports());
    let src = (
        endpoint(before.src, bp.map(|p| p.0)),
        endpoint(after.src, ap.map(|p| p.0)),
    );
    let dst = (
        endpoint(before.dst, bp.map(|p| p.1)),
        endpoint(after.dst, ap.map(|p| p.1)),
    );
    let (word, (old, new)) = match kind {
        NatKind::Dnat => ("DNAT dst", dst),
        NatKind::Snat => ("SNAT src", src),
        NatKind::DnatAgain => ("conntrack DNAT dst", dst),
        NatKind::SnatAgain => ("conntrack SNAT src", src),
        NatKind::UndoDnat => ("conntrack puts back src", src),
        NatKind::UndoSnat => ("conntrack puts back dst", dst),
    };
    format!("{word} {old} => {new}")
}

/// `reply from pod demo/web-1, which saw 10.42.1.50 and the client's own port`.
pub fn ending(ending: &Ending) -> String {
    match ending {
        Ending::Reply {
            by,
            source_seen,
            port_kept,
        } => {
            let port = if *port_kept { "kept" } else { "rewritten" };
            format!(
                "reply from {}, which saw source {source_seen}, port {port}",
                ns(by)
            )
        }
        Ending::TcpReset { from } => format!("tcp-rst from {from}"),
        Ending::IcmpUnreachable { code, from } => format!("icmp-unreach-code{code} from {from}"),
        Ending::NetUnreachable => "ENETUNREACH: the client's own kernel has no route".into(),
        Ending::NotPermitted => "EPERM: the client's own kernel forbade it".into(),
        Ending::Invalid => {
            "EINVAL: the client's own kernel cannot send there from this address".into()
        }
        Ending::Timeout => "timeout: nothing came back".into(),
        Ending::Unmodelled { what } => format!("unmodelled: {what}"),
    }
}

/// What is to be expected of many connections.
#[derive(Debug, Clone, Copy)]
pub enum Expected<'o> {
    /// These odds, of each connection for itself.
    Odds(&'o [Odds]),
    /// Nothing: what the first left behind decides about the others.
    Tied,
    /// Nothing is known: there are too many paths.
    Unknown,
}

/// Many connections, counted, with each endpoint's share; where the odds are known, with the share
/// expected, the band that chance allows, and whether luck explains the difference.
pub fn totals(totals: &Totals, expected: Expected<'_>) -> String {
    let mut out = format!("{} connections\n", totals.connections);
    for (word, count) in &totals.outcomes {
        let _ = writeln!(out, "  {word:<24} {count:>9}");
    }
    let mut shares: BTreeMap<(IpAddr, u16), f64> = BTreeMap::new();
    if let Expected::Odds(odds) = expected {
        for way in odds {
            if let Some(endpoint) = way.endpoint {
                *shares.entry(endpoint).or_default() += way.probability;
            }
        }
    }
    let met = totals.endpoints.keys().chain(shares.keys());
    let all: BTreeSet<(IpAddr, u16)> = met.copied().collect();
    let made = totals.connections;
    let mut counts = Vec::new();
    for (addr, port) in &all {
        let count = totals.endpoints.get(&(*addr, *port)).copied().unwrap_or(0);
        let share = 100.0 * count as f64 / made.max(1) as f64;
        let to = endpoint(*addr, Some(*port));
        let _ = write!(out, "  to {to:<21} {count:>9}  {share:5.1} %");
        if let Expected::Odds(_) = expected {
            let p = shares.get(&(*addr, *port)).copied().unwrap_or(0.0);
            let (low, high) = chance::band(made, p);
            let place = match (low..=high).contains(&count) {
                true => "inside",
                false => "outside",
            };
            let _ = write!(
                out,
                "  expected {:5.1} %, {place} {low} to {high}",
                100.0 * p
            );
            counts.push((count, p));
        }
        out.push('\n');
    }
    let _ = writeln!(out, "  {:<24} {:>9}", "masqueraded", totals.masqueraded);
    if let Some(what) = &totals.unmodelled {
        let _ = writeln!(out, "  not modelled: {what}");
    }
    match expected {
        Expected::Odds(_) if counts.len() > 1 => {
            let _ = writeln!(
                out,
                "{} of 100 runs stay inside each band. {}",
                chance::BAND,
                chance::verdict(&counts).words()
            );
        }
        Expected::Tied => out.push_str(
            "What earlier connections left behind (ClientIP affinity, a rate limit) decides about later ones: they are not drawn one by one, so there is no band.\n",
        ),
        Expected::Unknown => {
            out.push_str("Too many paths through the draws to compute what to expect.\n");
        }
        Expected::Odds(_) => {}
    }
    out
}

/// The exact odds of every endpoint and ending, and the draws that force each.
pub fn odds(list: &[Odds]) -> String {
    let mut out = String::from("exact odds, over every path through the draws\n");
    for odds in list {
        let to = odds
            .endpoint
            .map_or("nowhere".into(), |(addr, port)| endpoint(addr, Some(port)));
        let draws: Vec<&str> = odds.draws.iter().map(|&d| forced(d)).collect();
        let force = if draws.is_empty() {
            "no draw".into()
        } else {
            format!("--force {}", draws.join(","))
        };
        let (outcome, percent) = (odds.outcome, 100.0 * odds.probability);
        let _ = writeln!(out, "  {percent:8.4} %  {outcome:<20} to {to:<24} {force}");
    }
    out
}

/// What a change of the cluster did to what was remembered.
pub fn carried(carried: &Carried) -> String {
    let mut out = String::new();
    for name in &carried.rewritten {
        let _ = writeln!(out, "  node {name}  rules written anew");
    }
    for gone in &carried.gone {
        let _ = writeln!(out, "  {}  gone, with all it remembered", ns(gone));
    }
    for cleaned in &carried.cleaned {
        let (node, why) = (&cleaned.node, &cleaned.why);
        let _ = writeln!(out, "  node {node}  kube-proxy deletes an entry: {why}");
        let _ = writeln!(out, "    {}", cleaned.entry);
    }
    if out.is_empty() {
        out.push_str("  nothing changes\n");
    }
    out
}

/// The command's word for a forced draw.
pub fn forced(draw: Forced) -> &'static str {
    match draw {
        Forced::Hit => "hit",
        Forced::Miss => "miss",
        Forced::Free | Forced::Number(_) => "free",
    }
}
