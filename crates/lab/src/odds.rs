//! The exact odds of every endpoint and ending, over every path through the draws.
//!
//! Nothing is sampled: each draw is taken once as a hit and once as a miss, and a path's odds are the
//! product of its thresholds in parts of 2^31, as the kernel keeps them (`net/netfilter/xt_statistic.c`).

use std::collections::BTreeMap;
use std::net::IpAddr;

use fabric::{Dice, Fabric, Forced, Memory, Probe, Throw};
use netfilter::Probability;

/// Paths after which the odds are given up: a Service of as many endpoints is beyond the page.
const PATHS: usize = 4096;

/// One way it can end.
#[derive(Debug, Clone, PartialEq)]
pub struct Odds {
    /// The backend that NAT chose and the first packet reached, where one was.
    pub endpoint: Option<(IpAddr, u16)>,
    /// The ending's word in the recordings.
    pub outcome: &'static str,
    /// How likely, 0 to 1; all of a list add up to 1.
    pub probability: f64,
    /// The draws of its likeliest path, which force it.
    pub draws: Vec<Forced>,
}

/// Where it came to and how it ended.
type Way = (Option<(IpAddr, u16)>, &'static str);

/// All ways, in the order in which the rules lead to them; `None` when there are too many.
pub(crate) fn odds(fabric: &Fabric, memory: &Memory, probe: &Probe) -> Option<Vec<Odds>> {
    let mut found: BTreeMap<Way, (f64, f64, Vec<Forced>)> = BTreeMap::new();
    let mut open: Vec<Vec<Forced>> = vec![Vec::new()];
    for walked in 0.. {
        let Some(script) = open.pop() else { break };
        if walked == PATHS {
            return None;
        }
        let dice = Dice::scripted(script.clone(), 0);
        let throws = fabric::exchange(fabric, &mut memory.clone(), probe, &mut dice.clone()).throws;
        let summary = fabric::exchange_quiet(fabric, &mut memory.clone(), probe, &mut dice.clone());
        let path: Vec<Forced> = throws.iter().map(way).collect();
        // Draws that the script did not force fell somehow; the other way of each is a path to open.
        for at in script.len()..path.len() {
            let other = if path[at] == Forced::Hit {
                Forced::Miss
            } else {
                Forced::Hit
            };
            if chance(&throws[at], other) > 0.0 {
                open.push(path[..at].iter().copied().chain([other]).collect());
            }
        }
        let probability: f64 = throws
            .iter()
            .zip(&path)
            .map(|(t, &w)| chance(t, w))
            .product();
        let asked = (probe.dst, probe.dport);
        let endpoint = summary
            .reached
            .map(|t| (t.dst, t.dport))
            .filter(|to| *to != asked);
        let entry = found
            .entry((endpoint, summary.ending.word()))
            .or_insert_with(|| (0.0, 0.0, Vec::new()));
        entry.0 += probability;
        if probability > entry.1 {
            (entry.1, entry.2) = (probability, path);
        }
    }
    let mut list: Vec<Odds> = found
        .into_iter()
        .map(|((endpoint, outcome), (probability, _, draws))| Odds {
            endpoint,
            outcome,
            probability,
            draws,
        })
        .collect();
    // A hit sends the packet off at an earlier rule than a miss.
    list.sort_by_key(|odds| {
        odds.draws
            .iter()
            .map(|&w| w != Forced::Hit)
            .collect::<Vec<_>>()
    });
    Some(list)
}

/// Which way a draw fell: below its threshold, or not.
fn way(throw: &Throw) -> Forced {
    if throw.draw.drawn < throw.draw.threshold.0 {
        Forced::Hit
    } else {
        Forced::Miss
    }
}

/// How likely a draw falls this way.
fn chance(throw: &Throw, way: Forced) -> f64 {
    let below = f64::from(throw.draw.threshold.0) / f64::from(Probability::WHOLE);
    if way == Forced::Hit {
        below
    } else {
        1.0 - below
    }
}
