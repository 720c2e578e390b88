//! Computes exact odds and makes many connections: the core's side of [`crate::odds`] and
//! [`crate::many`]. A run is made in parts, so that the page can show it growing and call it off.

use std::collections::BTreeMap;
use std::net::IpAddr;

use fabric::EventKind;
use lab::chance::{self, Verdict};
use lab::{Ask, Dice, IpFamily, Lab, Memory, Odds, Run};
use netfilter::StepKind;
use netfilter::matches::RecentOp;

use crate::many::{Band, CHOICES, Lane, Sample, Tallies};
use crate::names::Names;
use crate::odds::{OddsView, Way, ending, summary};
use crate::text::{socket, thousands};

/// So many connections are made before the page hears of it, at most: about a frame or two.
const PART: u64 = 8_192;
/// The first parts are smaller, so that one sees it grow: so many, then a third of what is there.
const FIRST: u64 = 16;
/// Samples kept for each power of ten.
const SAMPLES: f64 = 24.0;
/// Two shares nearer than this have one band: thresholds are kept in parts of 2^31.
const SAME: f64 = 1e-7;
/// More bands than this in one picture tell nothing.
const BANDS: usize = 3;

/// Where NAT sent it.
type Backend = (IpAddr, u16);

/// The odds of a question, and the numbers that lead to each of its ways.
pub fn odds(lab: &Lab, names: &Names, memory: &Memory, ask: &Ask, seed: u64) -> Option<OddsView> {
    let found = lab.odds(memory, ask).ok()??;
    let ways: Vec<Way> = found
        .iter()
        .map(|odds| way(lab, names, (memory, ask), seed, odds))
        .collect();
    let summary = summary(&ways);
    Some(OddsView { ways, summary })
}

fn way(lab: &Lab, names: &Names, (memory, ask): (&Memory, &Ask), seed: u64, odds: &Odds) -> Way {
    let mut dice = Dice::scripted(odds.draws.clone(), seed);
    let trip = lab.send(&mut memory.clone(), ask, &mut dice);
    let throws = trip.map(|t| t.journey.throws).unwrap_or_default();
    let falls: Vec<&str> = throws
        .iter()
        .map(|t| match t.draw.hit {
            true => "hit",
            false => "miss",
        })
        .collect();
    Way {
        name: called(names, odds.endpoint),
        socket: odds.endpoint.map(|(addr, port)| socket(addr, Some(port))),
        outcome: odds.outcome.to_owned(),
        share: odds.probability,
        numbers: throws.iter().map(|t| t.draw.drawn).collect(),
        draws: falls.join(", "),
    }
}

fn called(names: &Names, endpoint: Option<Backend>) -> String {
    match endpoint {
        Some((addr, port)) => names
            .name(addr)
            .map_or_else(|| socket(addr, Some(port)), str::to_owned),
        None => "no endpoint".into(),
    }
}

/// A run of many connections.
pub struct Counting {
    wanted: u64,
    made: u64,
    seed: u64,
    run: Run,
    names: Names,
    /// Every endpoint's share, where the odds are known.
    shares: Option<Vec<(Backend, f64)>>,
    endings: Vec<(String, f64)>,
    /// After how many a sample is kept.
    points: Vec<u64>,
    samples: Vec<(u64, BTreeMap<Backend, u64>)>,
    bands: Vec<Band>,
    usual: Option<[u64; CHOICES.len()]>,
    tied: Option<String>,
}

impl Counting {
    /// Nothing is made yet.
    pub fn new(lab: &Lab, ask: &Ask, seed: u64, wanted: u64) -> Result<Counting, lab::AskError> {
        let run = lab.run(Memory::default(), ask, Dice::seeded(seed))?;
        let odds = lab.odds(&Memory::default(), ask)?;
        let mut shares: Vec<(Backend, f64)> = Vec::new();
        let mut endings: Vec<(String, f64)> = Vec::new();
        for odds in odds.iter().flatten() {
            if let Some(endpoint) = odds.endpoint {
                match shares.iter_mut().find(|(e, _)| *e == endpoint) {
                    Some((_, share)) => *share += odds.probability,
                    None => shares.push((endpoint, odds.probability)),
                }
            }
            match endings.iter_mut().find(|(e, _)| e == odds.outcome) {
                Some((_, share)) => *share += odds.probability,
                None => endings.push((odds.outcome.to_owned(), odds.probability)),
            }
        }
        let mut bands: Vec<Band> = Vec::new();
        for (_, share) in &shares {
            if !bands.iter().any(|b| (b.share - share).abs() < SAME) {
                bands.push(Band {
                    share: *share,
                    points: Vec::new(),
                });
            }
        }
        let likeliest = shares.iter().map(|(_, share)| *share).reduce(f64::max);
        let usual = likeliest.filter(|_| shares.len() > 1).map(usual_gap);
        if bands.len() > BANDS {
            bands.clear();
        }
        let mut counting = Counting {
            wanted,
            made: 0,
            seed,
            run,
            names: Names::of(lab.cluster()),
            shares: odds.is_some().then_some(shares),
            endings,
            points: sample_points(wanted),
            samples: Vec::new(),
            bands,
            usual,
            tied: None,
        };
        if wanted > 0 {
            counting.make(1);
            counting.tied = tie(lab, ask, &counting.run, odds.as_deref());
        }
        Ok(counting)
    }

    /// How many are made.
    pub fn made(&self) -> u64 {
        self.made
    }

    /// Whether it is the run that is asked for.
    pub fn is(&self, seed: u64, wanted: u64) -> bool {
        (self.seed, self.wanted) == (seed, wanted)
    }

    /// Makes the next part.
    pub fn go(&mut self) {
        let part = (self.made / 3).clamp(FIRST, PART);
        let end = (self.made + part).min(self.wanted);
        while self.made < end {
            let due = self.points.partition_point(|n| *n <= self.made);
            let next = self.points.get(due).map_or(end, |n| *n.min(&end));
            self.make(next - self.made);
        }
    }

    fn make(&mut self, count: u64) {
        self.made += count;
        self.run.go(count, self.wanted - self.made);
        if self.points.binary_search(&self.made).is_ok() {
            self.samples.push((self.made, self.run.totals().endpoints));
            for band in &mut self.bands {
                let (low, high) = chance::band(self.made, band.share);
                band.points.push((self.made, low, high));
            }
        }
    }

    /// How it stands.
    pub fn tallies(&self) -> Tallies {
        let totals = self.run.totals();
        let made = self.made;
        let mut order: Vec<(Backend, Option<f64>)> = match &self.shares {
            Some(shares) => shares.iter().map(|(e, share)| (*e, Some(*share))).collect(),
            None => Vec::new(),
        };
        for endpoint in totals.endpoints.keys() {
            if !order.iter().any(|(e, _)| e == endpoint) {
                // What the odds know nothing of has none.
                order.push((*endpoint, self.shares.as_ref().map(|_| 0.0)));
            }
        }
        let tied = self.tied.is_some();
        let lane = |name: String, socket: String, count: u64, share: Option<f64>| Lane {
            name,
            socket,
            count,
            share,
            band: share.filter(|_| !tied).map(|p| chance::band(made, p)),
        };
        let endpoints: Vec<Lane> = order
            .iter()
            .map(|(endpoint, share)| {
                lane(
                    called(&self.names, Some(*endpoint)),
                    socket(endpoint.0, Some(endpoint.1)),
                    totals.endpoints.get(endpoint).copied().unwrap_or(0),
                    *share,
                )
            })
            .collect();
        let mut words: Vec<(&str, Option<f64>)> = self
            .endings
            .iter()
            .map(|(word, share)| (word.as_str(), Some(*share)))
            .collect();
        for word in totals.outcomes.keys() {
            if !words.iter().any(|(w, _)| w == word) {
                words.push((word, self.shares.as_ref().map(|_| 0.0)));
            }
        }
        let endings = words
            .iter()
            .map(|(word, share)| {
                let what = match (*word, &totals.unmodelled) {
                    ("unmodelled", Some(what)) => format!("not modelled: {what}"),
                    (word, _) => ending(word).to_owned(),
                };
                let count = totals.outcomes.get(word).copied().unwrap_or(0);
                lane(what, String::new(), count, *share)
            })
            .collect();
        let (verdict, test) = self.judged(&endpoints);
        Tallies {
            wanted: self.wanted,
            made,
            seed: self.seed,
            endings,
            masqueraded: totals.masqueraded,
            samples: self
                .samples
                .iter()
                .map(|(made, counts)| Sample {
                    made: *made,
                    counts: order
                        .iter()
                        .map(|(e, _)| counts.get(e).copied().unwrap_or(0))
                        .collect(),
                })
                .collect(),
            bands: match tied {
                true => Vec::new(),
                false => self.bands.clone(),
            },
            verdict,
            test,
            usual: self.usual.filter(|_| !tied),
            tied: self.tied.clone(),
            endpoints,
        }
    }

    /// Whether it was luck, in words and in a statistician's.
    fn judged(&self, endpoints: &[Lane]) -> (String, String) {
        let counts: Vec<(u64, f64)> = endpoints
            .iter()
            .filter_map(|lane| Some((lane.count, lane.share?)))
            .collect();
        if self.tied.is_some() || counts.len() < endpoints.len() {
            return (String::new(), String::new());
        }
        if self.made < self.wanted {
            let words = format!(
                "{} of {} so far.",
                thousands(self.made as usize),
                thousands(self.wanted as usize)
            );
            return (words, String::new());
        }
        let verdict = chance::verdict(&counts);
        let test = match verdict {
            Verdict::Tested {
                chi_square,
                degrees,
                share,
            } => format!(
                "chi-square {chi_square:.2}, {}, p = {}",
                crate::text::count(degrees, "degree of freedom", "degrees of freedom"),
                match share {
                    p if p < 0.001 => format!("{p:.0e}"),
                    p => format!("{p:.3}"),
                }
            ),
            Verdict::TooFew { .. } => {
                "no chi-square test: fewer than 5 are expected of an endpoint".into()
            }
            Verdict::Certain | Verdict::Impossible => String::new(),
        };
        (verdict.words(), test)
    }
}

/// How large a gap is usual, for each number that can be chosen: half the band of a share.
fn usual_gap(share: f64) -> [u64; CHOICES.len()] {
    CHOICES.map(|n| {
        let (low, high) = chance::band(n, share);
        let mean = n as f64 * share;
        (high as f64 - mean).max(mean - low as f64).ceil() as u64
    })
}

/// After how many connections a sample is kept: steps that look equal on a logarithmic axis, and the
/// end.
fn sample_points(wanted: u64) -> Vec<u64> {
    let power = |step: u32| 10f64.powf(f64::from(step) / SAMPLES).round() as u64;
    let mut points: Vec<u64> = (0..).map(power).take_while(|n| *n < wanted).collect();
    points.push(wanted);
    points.dedup();
    points
}

/// Why the connections after the first are not drawn as it was, where they are not: what it left
/// behind in a list of `-m recent`, or whatever else.
fn tie(lab: &Lab, ask: &Ask, run: &Run, before: Option<&[Odds]>) -> Option<String> {
    if lab.draws_anew(run.memory(), ask, before?).ok()? {
        return None;
    }
    let mut memory = run.memory().clone();
    let trip = lab.send(&mut memory, ask, &mut Dice::seeded(0)).ok()?;
    let family = match trip.dst.is_ipv4() {
        true => IpFamily::Ipv4,
        false => IpFamily::Ipv6,
    };
    let listed = trip.journey.events.iter().find_map(|event| {
        let EventKind::Rule(step) = &event.kind else {
            return None;
        };
        if matches!(step.kind, StepKind::Passed { .. }) {
            return None;
        }
        let fabric::Ns::Node(node) = &event.ns else {
            return None;
        };
        let rules = lab.rules(node, family);
        let table = rules.ruleset.tables.get(&step.rule.table)?;
        let rule = table
            .chain(&step.rule.chain)?
            .rules
            .get(step.rule.number.checked_sub(1)?)?;
        rule.matches.iter().find_map(|m| match m {
            netfilter::Match::Recent(r)
                if matches!(r.op.value, RecentOp::Rcheck | RecentOp::Update) =>
            {
                Some((step.rule.clone(), r.seconds))
            }
            _ => None,
        })
    });
    Some(match listed {
        Some((rule, seconds)) => {
            let how_long = match seconds {
                Some(seconds) => format!(", as long as it comes within {} s of the one before", thousands(seconds as usize)),
                None => String::new(),
            };
            format!(
                "This is no luck but ClientIP affinity: the first connection drew, and left the client's address in a list. Rule {} of {} finds it there and sends every later one to the same endpoint without a draw{how_long}.",
                rule.number, rule.chain
            )
        }
        None => "What the first connection left behind decides about the later ones, so they are not drawn one by one.".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_come_at_every_power_of_ten_and_at_the_end() {
        let all = sample_points(1_000_000);
        for power in [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000] {
            assert!(all.contains(&power), "{power}");
        }
        assert!((100..160).contains(&all.len()), "{}", all.len());
        assert!(all.windows(2).all(|w| w[0] < w[1]));
        assert_eq!(sample_points(1), [1]);
        assert_eq!(sample_points(5), [1, 2, 3, 4, 5]);
        assert_eq!(sample_points(1_234).last(), Some(&1_234));
    }

    #[test]
    fn usual_gaps_grow_with_the_root() {
        assert_eq!(usual_gap(1.0 / 3.0), [1, 3, 10, 93, 924]);
    }
}
