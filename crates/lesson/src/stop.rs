//! Moments of a walk by what happens, and where two walks part.

use fabric::{Event, EventKind, NatKind, Ns};
use lab::IpFamily;
use netfilter::traverse::{RuleRef, StepKind};
use netfilter::{ChainName, TableName, Verdict};

use crate::bench::{Bench, Walked};
use crate::facts::{Met, matched};
use crate::model::{Moment as What, Stop};
use crate::value::place;
use crate::view::{Moment, RulePlace};

/// The first event that a stop means.
///
/// # Errors
/// Where it names a rule that can't be meant.
pub fn find(bench: &Bench<'_>, walked: &Walked, stop: &Stop) -> Result<Option<Moment>, String> {
    let events = &walked.trip.journey.events;
    let mut draws = 0;
    for (index, event) in events.iter().enumerate() {
        if let EventKind::Rule(step) = &event.kind
            && step.draw.is_some()
        {
            draws += 1;
        }
        let here = stop.packet.is_none_or(|p| p == event.packet)
            && stop
                .node
                .as_deref()
                .is_none_or(|node| place(&event.ns) == node);
        if here && happens(bench, walked, event, &stop.what, draws)? {
            return Ok(Some(moment(events, index)));
        }
    }
    match stop.what {
        What::End if !events.is_empty() => Ok(Some(moment(events, events.len() - 1))),
        _ => Ok(None),
    }
}

fn happens(
    bench: &Bench<'_>,
    walked: &Walked,
    event: &Event,
    what: &What,
    draws: usize,
) -> Result<bool, String> {
    Ok(match (what, &event.kind) {
        (What::Rule(pattern), EventKind::Rule(step)) => {
            let Ns::Node(node) = &event.ns else {
                return Ok(false);
            };
            let family = match walked.trip.dst.is_ipv4() {
                true => IpFamily::Ipv4,
                false => IpFamily::Ipv6,
            };
            let rules = walked.lab.rules(node, family);
            let meant = bench.meant(&walked.lab, &rules.ruleset, pattern)?;
            meant.iter().any(|m| {
                m.is(&step.rule) && (m.number.is_none() || matched(step) || step.draw.is_some())
            })
        }
        (What::Draw(nth), EventKind::Rule(step)) => step.draw.is_some() && draws == *nth,
        (What::Lost, EventKind::Rule(step)) => matches!(
            step.kind,
            StepKind::Drop | StepKind::Reject(_) | StepKind::Policy(Verdict::Drop)
        ),
        (What::Lost, EventKind::Gone { .. }) => true,
        (What::Dnat, EventKind::Nat { kind, .. }) => {
            matches!(kind, NatKind::Dnat | NatKind::DnatAgain)
        }
        (What::Snat, EventKind::Nat { kind, .. }) => {
            matches!(kind, NatKind::Snat | NatKind::SnatAgain)
        }
        (What::UndoDnat, EventKind::Nat { kind, .. }) => *kind == NatKind::UndoDnat,
        (What::UndoSnat, EventKind::Nat { kind, .. }) => *kind == NatKind::UndoSnat,
        (What::NotAsked, EventKind::NotAsked { .. })
        | (What::Conntrack, EventKind::Conntrack)
        | (What::Delivered, EventKind::Delivered)
        | (What::Wrapped, EventKind::Wrapped { .. }) => true,
        _ => false,
    })
}

fn moment(events: &[Event], index: usize) -> Moment {
    let event = &events[index];
    Moment {
        packet: event.packet,
        event: index,
        place: place(&event.ns).to_owned(),
        rule: match &event.kind {
            EventKind::Rule(step) => Some(RulePlace {
                table: step.rule.table.to_string(),
                chain: step.rule.chain.to_string(),
                number: step.rule.number,
            }),
            _ => None,
        },
    }
}

/// The first event in which two walks differ, in each; none where they never do.
pub fn parting(a: &Walked, b: &Walked) -> Option<(Moment, Moment)> {
    let (a, b) = (&a.trip.journey.events, &b.trip.journey.events);
    let same = a.iter().zip(b).take_while(|(a, b)| {
        a.packet == b.packet && a.ns == b.ns && a.hook == b.hook && alike(&a.kind, &b.kind)
    });
    let at = same.count();
    match at < a.len() && at < b.len() {
        true => Some((moment(a, at), moment(b, at))),
        false => None,
    }
}

/// A rule that was picked on the screen.
pub fn met(node: &str, rule: &RulePlace) -> Option<Met> {
    let tables = [
        TableName::Raw,
        TableName::Mangle,
        TableName::Nat,
        TableName::Filter,
        TableName::Security,
    ];
    let table = tables.into_iter().find(|t| t.to_string() == rule.table)?;
    Some(Met {
        ns: Ns::Node(node.to_owned()),
        rule: RuleRef {
            table,
            chain: ChainName::new(&rule.chain)?,
            number: rule.number,
        },
    })
}

/// Whether two events say the same, wherever they happen.
fn alike(a: &EventKind, b: &EventKind) -> bool {
    match (a, b) {
        (EventKind::Rule(a), EventKind::Rule(b)) => a.rule == b.rule && a.kind == b.kind,
        (EventKind::Moved { by: a, .. }, EventKind::Moved { by: b, .. }) => a == b,
        (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}
