//! Many connections as the page shows them: how often each endpoint was chosen, what was expected, and
//! in words whether the difference is just luck. They are made by [`crate::counting`], on the other
//! side of the engine; nothing here draws or computes a share.

use serde::{Deserialize, Serialize};

use crate::probe::Question;
use crate::session::{Refusal, Shared};

/// The numbers that can be chosen with one click.
pub const CHOICES: [u64; 5] = [1, 10, 100, 10_000, 1_000_000];
/// The most that the page makes.
pub const MOST: u64 = 1_000_000;

/// An endpoint or an ending, and how often it came.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lane {
    /// What it is called.
    pub name: String,
    /// Its address and port, for an endpoint.
    pub socket: String,
    /// How often.
    pub count: u64,
    /// Its exact share of all connections, where it is known.
    pub share: Option<f64>,
    /// The least and the greatest count that 95 of 100 runs stay within.
    pub band: Option<(u64, u64)>,
}

impl Lane {
    /// How many were expected of so many.
    pub fn expected(&self, made: u64) -> Option<f64> {
        self.share.map(|share| share * made as f64)
    }

    /// How many more than expected.
    pub fn gap(&self, made: u64) -> Option<f64> {
        Some(self.count as f64 - self.expected(made)?)
    }

    /// Whether chance leaves it there in 95 of 100 runs.
    pub fn inside(&self) -> Option<bool> {
        self.band
            .map(|(low, high)| (low..=high).contains(&self.count))
    }
}

/// How it stood after so many connections.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// After how many.
    pub made: u64,
    /// How often each of the endpoints had come, in their order.
    pub counts: Vec<u64>,
}

/// The band of a share, at every sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// The share.
    pub share: f64,
    /// After how many, least and greatest count.
    pub points: Vec<(u64, u64, u64)>,
}

/// Many connections, or as many as are made yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tallies {
    /// How many there will be.
    pub wanted: u64,
    /// How many there are.
    pub made: u64,
    /// From which seed.
    pub seed: u64,
    /// Every endpoint, in the order in which the rules lead to them.
    pub endpoints: Vec<Lane>,
    /// Every ending.
    pub endings: Vec<Lane>,
    /// How many backends saw another source than the client's.
    pub masqueraded: u64,
    /// How it came to this.
    pub samples: Vec<Sample>,
    /// What chance allows at each of them, by distinct share.
    pub bands: Vec<Band>,
    /// What is known so far, or at the end whether it was luck.
    pub verdict: String,
    /// The test behind it, as a statistician writes it.
    pub test: String,
    /// How large a gap chance often makes, for each of [`CHOICES`]; of the most likely endpoint.
    pub usual: Option<[u64; CHOICES.len()]>,
    /// Why connections were not drawn apart from each other, where they were not.
    pub tied: Option<String>,
}

impl Tallies {
    /// Whether all are made.
    pub fn done(&self) -> bool {
        self.made >= self.wanted
    }

    /// The endpoint that is furthest from what was expected of it.
    pub fn furthest(&self) -> Option<(&Lane, f64)> {
        self.endpoints
            .iter()
            .filter_map(|lane| Some((lane, lane.gap(self.made)?)))
            .max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))
    }
}

/// The page's own part: what is wanted, and what is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Many {
    /// How many.
    pub wanted: u64,
    /// What stands in the box, when it is no number that can be made.
    pub draft: Option<String>,
    /// Whether more are to be made.
    pub running: bool,
    /// The request that is under way.
    pub waiting: Option<u64>,
    /// The question and the seed that it is about.
    pub of: Option<(Question, u64)>,
    /// What is known.
    pub shown: Option<Shared<Tallies>>,
    /// Why there is nothing.
    pub refusal: Option<Refusal>,
}

impl Default for Many {
    fn default() -> Self {
        Many {
            wanted: 10_000,
            draft: None,
            running: false,
            waiting: None,
            of: None,
            shown: None,
            refusal: None,
        }
    }
}

impl Many {
    /// How many are made.
    pub fn made(&self) -> u64 {
        self.shown.as_ref().map_or(0, |t| t.made)
    }

    /// From the first one again.
    pub fn begin(&mut self) {
        self.shown = None;
        self.refusal = None;
        self.waiting = None;
        self.running = true;
    }

    /// An answer came.
    pub fn answered(&mut self, found: Result<Box<Tallies>, Refusal>) {
        self.waiting = None;
        match found {
            Ok(tallies) => {
                self.running &= !tallies.done();
                self.shown = Some(Shared::new(*tallies));
                self.refusal = None;
            }
            Err(refusal) => {
                self.running = false;
                self.shown = None;
                self.refusal = Some(refusal);
            }
        }
    }
}

/// What can be done with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Make so many.
    Make(u64),
    /// Make as many as stands in the box.
    Typed(String),
    /// Make the next part.
    On,
    /// Stop, or go on.
    Toggle,
}

/// Reads a number as a person types it: `10,000`, `10 000`, `1e6` is none.
pub fn read(text: &str) -> Option<u64> {
    let digits: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | ',' | '.' | '_' | '\'' | '\u{a0}' | '\u{202f}'))
        .collect();
    digits.parse().ok().filter(|n| (1..=MOST).contains(n))
}

/// What is said above everything: what came of it, in one sentence or two.
pub fn sentence(tallies: &Tallies) -> String {
    let made = crate::text::thousands(tallies.made as usize);
    let all = match tallies.made {
        1 => "The one connection".to_owned(),
        _ => format!("All {made}"),
    };
    if let Some(tied) = &tallies.tied {
        let to: Vec<&str> = tallies
            .endpoints
            .iter()
            .filter(|lane| lane.count > 0)
            .map(|lane| lane.name.as_str())
            .collect();
        return match to.as_slice() {
            [one] => format!("{all} went to {one}. {tied}"),
            _ => tied.clone(),
        };
    }
    let reached = tallies.endpoints.iter().any(|lane| lane.count > 0);
    if !reached {
        let endings: Vec<String> = tallies
            .endings
            .iter()
            .filter(|lane| lane.count > 0)
            .map(|lane| lane.name.clone())
            .collect();
        return match endings.as_slice() {
            [] => "Nothing was made yet.".into(),
            [one] => format!("{all} ended alike: {one}. No endpoint was chosen."),
            several => format!(
                "No endpoint was chosen. They ended: {}.",
                several.join(", ")
            ),
        };
    }
    if tallies.made == 1 {
        let to = tallies.endpoints.iter().find(|lane| lane.count > 0);
        let name = to.map_or("", |lane| lane.name.as_str());
        return format!(
            "The one connection went to {name}. One connection says nothing about the odds."
        );
    }
    let Some((lane, gap)) = tallies.furthest() else {
        return format!(
            "{made} connections. There are too many paths to compute the exact odds, so nothing says what to expect."
        );
    };
    let outside = tallies
        .endpoints
        .iter()
        .filter(|lane| lane.inside() == Some(false))
        .count();
    let n = tallies.endpoints.len();
    let many = match (outside, n) {
        (_, n) if n < 20 || !tallies.done() => String::new(),
        (outside, n) => format!(
            " {outside} of {n} endpoints are outside their own band; about {:.0} are by chance alone.",
            n as f64 * 0.05
        ),
    };
    if gap.abs() < 0.5 {
        return format!(
            "Every endpoint got just what was expected. {}{many}",
            tallies.verdict
        );
    }
    let size = gap.abs().round().max(1.0);
    let word = match (gap > 0.0, size as u64) {
        (true, 1) => "connection too many",
        (false, 1) => "connection too few",
        (true, _) => "connections too many",
        (false, _) => "connections too few",
    };
    format!(
        "The largest gap is {} {word} at {}. {}{many}",
        crate::text::thousands(size as usize),
        lane.name,
        tallies.verdict
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them() {
        for (text, number) in [
            ("10,000", Some(10_000)),
            (" 42 ", Some(42)),
            ("1 000 000", Some(1_000_000)),
            ("0", None),
            ("1000001", None),
            ("", None),
            ("ten", None),
            ("-3", None),
        ] {
            assert_eq!(read(text), number, "{text:?}");
        }
    }

    fn lane(name: &str, count: u64, share: Option<f64>) -> Lane {
        Lane {
            name: name.into(),
            socket: String::new(),
            count,
            share,
            band: None,
        }
    }

    fn tallies(made: u64, endpoints: Vec<Lane>) -> Tallies {
        Tallies {
            wanted: made,
            made,
            seed: 7,
            endpoints,
            endings: vec![lane("answered", made, Some(1.0))],
            masqueraded: 0,
            samples: Vec::new(),
            bands: Vec::new(),
            verdict: "This is luck.".into(),
            test: String::new(),
            usual: None,
            tied: None,
        }
    }

    #[test]
    fn the_largest_gap_is_named() {
        let third = Some(1.0 / 3.0);
        let run = tallies(
            10_000,
            vec![
                lane("ep1", 3397, third),
                lane("ep2", 3282, third),
                lane("ep3", 3321, third),
            ],
        );
        assert_eq!(
            sentence(&run),
            "The largest gap is 64 connections too many at ep1. This is luck."
        );
        let even = tallies(2, vec![lane("a", 1, Some(0.5)), lane("b", 1, Some(0.5))]);
        assert_eq!(
            sentence(&even),
            "Every endpoint got just what was expected. This is luck."
        );
        let few = tallies(10, vec![lane("a", 4, Some(0.5)), lane("b", 6, Some(0.5))]);
        assert_eq!(
            sentence(&few),
            "The largest gap is 1 connection too many at b. This is luck."
        );
    }

    #[test]
    fn what_is_no_draw_is_not_called_luck() {
        let mut run = tallies(10, vec![]);
        run.endings[0].name = "refused (RST)".into();
        assert_eq!(
            sentence(&run),
            "All 10 ended alike: refused (RST). No endpoint was chosen."
        );
        let mut run = tallies(10, vec![lane("a", 10, Some(0.5)), lane("b", 0, Some(0.5))]);
        run.tied = Some("Affinity ties them.".into());
        assert_eq!(sentence(&run), "All 10 went to a. Affinity ties them.");
        assert_eq!(
            sentence(&tallies(1, vec![lane("a", 1, Some(0.5))])),
            "The one connection went to a. One connection says nothing about the odds."
        );
    }
}
