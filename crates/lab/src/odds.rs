//! The exact odds of every endpoint and ending, over every path through the draws; and the draws that
//! lead to one of them.
//!
//! Nothing is sampled: each draw is taken once as a hit and once as a miss, and a path's odds are the
//! product of its thresholds in parts of 2^31, as the kernel keeps them (`net/netfilter/xt_statistic.c`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

use fabric::{Dice, Fabric, Forced, Memory, Probe};
use netfilter::Probability;

use crate::text;

/// Paths after which the odds are given up: a Service of as many endpoints is beyond the page.
const PATHS: usize = 4096;
/// How many endpoints are named where another was asked for.
const NAMED: usize = 5;

/// A backend: address and port.
pub type Backend = (IpAddr, u16);

/// One way it can end.
#[derive(Debug, Clone, PartialEq)]
pub struct Odds {
    /// The backend that NAT chose and the first packet reached, where one was.
    pub endpoint: Option<Backend>,
    /// The ending's word in the recordings.
    pub outcome: &'static str,
    /// How likely, 0 to 1; all of a list add up to 1.
    pub probability: f64,
    /// The draws of its likeliest path, which force it.
    pub draws: Vec<Forced>,
}

/// Why no draws lead to an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotForced {
    /// The endpoint that was asked for.
    pub wanted: (IpAddr, Option<u16>),
    /// Those that can be reached, by address.
    pub reachable: Vec<Backend>,
    /// Whether it could be reached if nothing were remembered: affinity, or a connection that is
    /// still known, decides instead of the draw.
    pub remembered: bool,
    /// Whether there are more paths than were looked at.
    pub beyond: bool,
}

impl fmt::Display for NotForced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = text::endpoint(self.wanted.0, self.wanted.1);
        if self.beyond {
            return write!(
                f,
                "Among the first {PATHS} paths through the draws none leads to {wanted}."
            );
        }
        if self.remembered {
            write!(
                f,
                "What is remembered of this client (session affinity, or a connection that is still known) decides, so no draw leads to {wanted}."
            )?;
        } else {
            write!(f, "No draw leads to {wanted} from here.")?;
        }
        let named = self.reachable.iter().take(NAMED);
        let named: Vec<String> = named.map(|&(a, p)| text::endpoint(a, Some(p))).collect();
        match self.reachable.len().saturating_sub(NAMED) {
            0 if named.is_empty() => write!(f, " None is reached at all."),
            0 => write!(f, " Reached are {}.", named.join(", ")),
            more => write!(f, " Reached are {} and {more} more.", named.join(", ")),
        }
    }
}

impl std::error::Error for NotForced {}

/// One path through the draws.
struct Path {
    endpoint: Option<Backend>,
    outcome: &'static str,
    probability: f64,
    draws: Vec<Forced>,
}

/// Every path, one after the other.
struct Paths<'a> {
    fabric: &'a Fabric,
    memory: &'a Memory,
    probe: &'a Probe,
    /// The beginnings of those that are still to be walked.
    open: Vec<Vec<Forced>>,
}

impl<'a> Paths<'a> {
    fn new(fabric: &'a Fabric, memory: &'a Memory, probe: &'a Probe) -> Self {
        Paths {
            fabric,
            memory,
            probe,
            open: vec![Vec::new()],
        }
    }
}

impl Iterator for Paths<'_> {
    type Item = Path;

    fn next(&mut self) -> Option<Path> {
        let script = self.open.pop()?;
        let forced = script.len();
        let mut memory = self.memory.clone();
        let mut dice = Dice::scripted(script, 0);
        let (summary, drawn) =
            fabric::exchange_drawn(self.fabric, &mut memory, self.probe, &mut dice);
        let way = |hit: bool| if hit { Forced::Hit } else { Forced::Miss };
        let draws: Vec<Forced> = drawn.iter().map(|&(_, hit)| way(hit)).collect();
        // Draws that the script did not force fell somehow; the other way of each is a path to open.
        for (at, &(threshold, hit)) in drawn.iter().enumerate().skip(forced) {
            if chance(threshold, !hit) > 0.0 {
                let before = draws[..at].iter().copied();
                self.open.push(before.chain([way(!hit)]).collect());
            }
        }
        let asked = (self.probe.dst, self.probe.dport);
        let reached = summary.reached.map(|t| (t.dst, t.dport));
        Some(Path {
            endpoint: reached.filter(|to| *to != asked),
            outcome: summary.ending.word(),
            probability: drawn.iter().map(|&(t, hit)| chance(t, hit)).product(),
            draws,
        })
    }
}

/// All ways, in the order in which the rules lead to them; `None` when there are too many.
pub(crate) fn odds(fabric: &Fabric, memory: &Memory, probe: &Probe) -> Option<Vec<Odds>> {
    let mut paths = Paths::new(fabric, memory, probe);
    let mut found: BTreeMap<_, (f64, f64, Vec<Forced>)> = BTreeMap::new();
    for path in paths.by_ref().take(PATHS) {
        let entry = found
            .entry((path.endpoint, path.outcome))
            .or_insert_with(|| (0.0, 0.0, Vec::new()));
        entry.0 += path.probability;
        if path.probability > entry.1 {
            (entry.1, entry.2) = (path.probability, path.draws);
        }
    }
    if !paths.open.is_empty() {
        return None;
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

/// The draws of the likeliest path to an endpoint; a path on which the client gets its answer goes
/// before one on which it does not.
pub(crate) fn lead_to(
    fabric: &Fabric,
    memory: &Memory,
    probe: &Probe,
    wanted: (IpAddr, Option<u16>),
) -> Result<Vec<Forced>, NotForced> {
    let is_wanted =
        |(addr, port): Backend| addr == wanted.0 && wanted.1.is_none_or(|wanted| wanted == port);
    let mut paths = Paths::new(fabric, memory, probe);
    let mut best: Option<((bool, f64), Vec<Forced>)> = None;
    let mut reachable = BTreeSet::new();
    for path in paths.by_ref().take(PATHS) {
        let Some(endpoint) = path.endpoint else {
            continue;
        };
        reachable.insert(endpoint);
        let rank = (path.outcome == "reply", path.probability);
        if is_wanted(endpoint) && best.as_ref().is_none_or(|(known, _)| rank > *known) {
            best = Some((rank, path.draws));
        }
    }
    if let Some((_, draws)) = best {
        return Ok(draws);
    }
    let beyond = !paths.open.is_empty();
    let nothing = Memory::default();
    let remembered = !beyond
        && Paths::new(fabric, &nothing, probe)
            .take(PATHS)
            .any(|path| path.endpoint.is_some_and(is_wanted));
    Err(NotForced {
        wanted,
        reachable: reachable.into_iter().collect(),
        remembered,
        beyond,
    })
}

/// How likely a draw falls this way.
fn chance(threshold: Probability, hit: bool) -> f64 {
    let below = f64::from(threshold.0) / f64::from(Probability::WHOLE);
    if hit { below } else { 1.0 - below }
}
