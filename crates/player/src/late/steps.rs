//! The staircase of a chain before and after a change, from the shares alone: each step is what its rule takes
//! of what the rules before it left over.

use crate::comparison::ShareChange;
use crate::odds::fraction;
use crate::text::short_fraction;

/// Which side of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// As it was.
    Before,
    /// As it is now.
    After,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Where it leads, and its share of the whole: `web-1 1/3`.
    pub label: String,
    /// Where its bar begins on the whole.
    pub start: f64,
    /// How much of the bar it takes; 1 for the last.
    pub takes: f64,
    /// The same as its rule says it; nothing for the last.
    pub threshold: Option<String>,
}

/// A staircase.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps {
    /// `Before: 3 equal steps`
    pub title: String,
    /// From the first rule on.
    pub steps: Vec<Step>,
    /// How many more there are.
    pub more: usize,
}

/// More steps than this are counted.
const MOST: usize = 6;

/// The staircase of one side.
pub fn steps(shares: &[ShareChange], side: Side) -> Steps {
    let (word, of): (_, fn(&ShareChange) -> f64) = match side {
        Side::Before => ("Before", |s| s.before),
        Side::After => ("After", |s| s.after),
    };
    let live: Vec<&ShareChange> = shares
        .iter()
        .filter(|s| s.socket.is_some() && of(s) > 0.0)
        .collect();
    let whole: f64 = live.iter().map(|s| of(s)).sum();
    let equal = live.iter().all(|s| (of(s) - of(live[0])).abs() < 1e-6);
    let title = match (live.len(), equal) {
        (0, _) => format!("{word}: no endpoint"),
        (1, _) => format!("{word}: one endpoint, nothing is drawn"),
        (n, true) => format!("{word}: {n} equal steps"),
        (n, false) => format!("{word}: {n} steps"),
    };
    let mut start = 0.0;
    let mut out = Vec::new();
    for (i, share) in live.iter().enumerate() {
        let part = of(share) / whole;
        let last = i + 1 == live.len();
        let takes = match last {
            true => 1.0,
            false => part / (1.0 - start),
        };
        let said = fraction(part).unwrap_or_else(|| short_fraction(part, 3));
        out.push(Step {
            label: format!("{} {said}", share.name),
            start,
            takes,
            threshold: (!last).then(|| short_fraction(takes, 3)),
        });
        start += part;
    }
    let more = out.len().saturating_sub(MOST);
    out.truncate(MOST);
    Steps {
        title,
        steps: out,
        more,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(list: &[(f64, f64)]) -> Vec<ShareChange> {
        let share = |(i, &(before, after)): (usize, &(f64, f64))| ShareChange {
            name: format!("web-{i}"),
            socket: Some(format!("10.0.0.{i}:80")),
            ending: "answered".into(),
            before,
            after,
        };
        list.iter().enumerate().map(share).collect()
    }

    #[track_caller]
    fn thresholds(list: &[(f64, f64)], side: Side, title: &str, want: &[&str]) {
        let found = steps(&shares(list), side);
        assert_eq!(found.title, title);
        let got: Vec<&str> = found
            .steps
            .iter()
            .map(|s| s.threshold.as_deref().unwrap_or("rest"))
            .collect();
        assert_eq!(got, want);
    }

    const THREE_TO_FOUR: [(f64, f64); 4] = [
        (1.0 / 3.0, 0.25),
        (1.0 / 3.0, 0.25),
        (1.0 / 3.0, 0.25),
        (0.0, 0.25),
    ];

    #[test]
    fn equal_shares_are_steps_of_what_is_left() {
        thresholds(
            &THREE_TO_FOUR,
            Side::Before,
            "Before: 3 equal steps",
            &["0.333", "0.5", "rest"],
        );
        thresholds(
            &THREE_TO_FOUR,
            Side::After,
            "After: 4 equal steps",
            &["0.25", "0.333", "0.5", "rest"],
        );
    }

    #[test]
    fn one_endpoint_draws_nothing() {
        thresholds(
            &[(0.5, 1.0), (0.5, 0.0)],
            Side::After,
            "After: one endpoint, nothing is drawn",
            &["rest"],
        );
        thresholds(&[(1.0, 0.0)], Side::After, "After: no endpoint", &[]);
    }

    #[test]
    fn many_are_counted() {
        let list = [(0.1, 0.1); 10];
        let found = steps(&shares(&list), Side::Before);
        assert_eq!((found.steps.len(), found.more), (6, 4));
    }
}
