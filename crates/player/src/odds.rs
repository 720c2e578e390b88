//! The exact odds of a question as the page shows them: plain data and its words. They are computed by
//! [`crate::counting`], on the other side of the engine.

use serde::{Deserialize, Serialize};

use crate::conversation::Talk;
use crate::session::Shared;

/// One way a connection can go.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Way {
    /// The endpoint as it was rewritten to, `10.0.0.1:80`; `None` where nothing was chosen.
    pub socket: Option<String>,
    /// What the endpoint is called.
    pub name: String,
    /// The ending's word in the recordings.
    pub outcome: String,
    /// How likely, 0 to 1.
    pub share: f64,
    /// The numbers that lead there, in parts of 2^31: one for each draw on its likeliest path.
    pub numbers: Vec<u32>,
    /// How those draws fall: `miss, hit`.
    pub draws: String,
}

/// Every way a connection can go, over every path through the draws.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OddsView {
    /// In the order in which the rules lead to them; their shares add up to 1.
    pub ways: Vec<Way>,
    /// What there is to say about all of them.
    pub summary: String,
}

impl OddsView {
    /// The ways by endpoint: name, socket and share, whatever the ending.
    pub fn endpoints(&self) -> Vec<(&str, &str, f64)> {
        let mut out: Vec<(&str, &str, f64)> = Vec::new();
        for way in &self.ways {
            let Some(socket) = way.socket.as_deref() else {
                continue;
            };
            match out.iter_mut().find(|(_, s, _)| *s == socket) {
                Some((_, _, share)) => *share += way.share,
                None => out.push((&way.name, socket, way.share)),
            }
        }
        out
    }

    /// The ways by ending, whatever the endpoint.
    pub fn endings(&self) -> Vec<(&str, f64)> {
        let mut out: Vec<(&str, f64)> = Vec::new();
        for way in &self.ways {
            match out.iter_mut().find(|(o, _)| *o == way.outcome) {
                Some((_, share)) => *share += way.share,
                None => out.push((&way.outcome, way.share)),
            }
        }
        out
    }

    /// The likeliest way to an endpoint.
    pub fn way_to(&self, socket: &str) -> Option<&Way> {
        let to = self
            .ways
            .iter()
            .filter(|w| w.socket.as_deref() == Some(socket));
        to.max_by(|a, b| a.share.total_cmp(&b.share))
    }

    /// Whether anything is left to chance.
    pub fn is_chance(&self) -> bool {
        self.ways.len() > 1
    }
}

/// The page's own part: what is known of the question on screen, and what is asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Odds {
    /// What is known.
    pub known: Option<Shared<OddsView>>,
    /// Of which part of the conversation.
    pub talk: Talk,
    /// The request that is under way, or was answered.
    pub asked: Option<u64>,
}

/// Parts of 2^31 by which two shares may differ and still be called the same: each of a path's
/// thresholds is kept to one such part.
const SLACK: f64 = 1e-7;
/// Fractions with a greater denominator say less than a percentage.
const DENOMINATOR: u32 = 200;

/// A share as a fraction, where a small one is meant: `1/3`, `2/9`.
pub fn fraction(share: f64) -> Option<String> {
    if share <= 0.0 {
        return Some("0".into());
    }
    (1..=DENOMINATOR).find_map(|d| {
        let n = (share * f64::from(d)).round();
        let near = n >= 1.0 && (n / f64::from(d) - share).abs() < SLACK;
        near.then(|| match d {
            1 => "1".into(),
            d => format!("{n}/{d}"),
        })
    })
}

/// A share in percent, with no more digits than it takes to tell it from others: `33.3 %`.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    let digits = match value {
        v if v >= 1.0 || v == 0.0 => 1,
        v if v >= 0.01 => 3,
        _ => 6,
    };
    format!("{} %", crate::text::short_fraction(value, digits))
}

/// What an ending's word in the recordings means, in the learner's words.
pub fn ending(word: &str) -> &str {
    match word {
        "reply" => "answered",
        "tcp-rst" => "refused (RST)",
        "icmp-unreach-code3" => "refused (ICMP port unreachable)",
        "timeout" => "no answer",
        "ENETUNREACH" => "no way there",
        "EHOSTUNREACH" => "host unreachable",
        "EACCES" => "prohibited",
        "EPERM" => "not permitted",
        "EINVAL" => "cannot be sent",
        "unmodelled" => "not modelled",
        other => other,
    }
}

/// One sentence about all ways.
pub fn summary(ways: &[Way]) -> String {
    let mut view = OddsView {
        ways: ways.to_vec(),
        summary: String::new(),
    };
    view.ways.retain(|w| w.share > 0.0);
    let endpoints = view.endpoints();
    let endings = view.endings();
    let how = match endings.as_slice() {
        [] => return "Nothing can come of it.".into(),
        [(word, _)] => format!("Every way ends alike: {}.", ending(word)),
        several => {
            let said: Vec<String> = several
                .iter()
                .map(|(word, share)| format!("{} {}", ending(word), said(*share)))
                .collect();
            format!("It ends: {}.", said.join(", "))
        }
    };
    let first = endpoints.first().map(|(_, _, share)| *share);
    let equal = first.filter(|first| {
        endpoints
            .iter()
            .all(|(_, _, share)| (share - first).abs() < SLACK)
    });
    match (endpoints.len(), equal) {
        (0, _) if !view.is_chance() => how,
        (0, _) => how,
        (1, _) if !view.is_chance() => {
            format!(
                "No draw decides: it always goes to {}. {how}",
                endpoints[0].0
            )
        }
        (n, Some(share)) if n > 1 => format!(
            "{} endpoints, each with {} of all connections. {how}",
            n,
            said(share)
        ),
        (n, _) => format!(
            "{}, not all equally likely. {how}",
            crate::text::count(n, "endpoint", "endpoints")
        ),
    }
}

/// `1/3 (33.3 %)`, or the percentage alone.
pub fn said(share: f64) -> String {
    match fraction(share) {
        Some(fraction) if fraction != "1" => format!("{fraction} ({})", percent(share)),
        _ => percent(share),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_told_as_fractions_where_they_are_meant_so() {
        for (share, fraction_, percent_) in [
            (0.33333333349, Some("1/3"), "33.3 %"),
            (0.5, Some("1/2"), "50 %"),
            (0.01, Some("1/100"), "1 %"),
            (2.0 / 9.0, Some("2/9"), "22.2 %"),
            (1.0, Some("1"), "100 %"),
            (0.0, Some("0"), "0 %"),
            (0.123456, None, "12.3 %"),
            (0.0000005, None, "0.00005 %"),
        ] {
            assert_eq!(fraction(share).as_deref(), fraction_, "{share}");
            assert_eq!(percent(share), percent_, "{share}");
        }
    }

    fn way(socket: Option<&str>, outcome: &str, share: f64) -> Way {
        Way {
            socket: socket.map(str::to_owned),
            name: socket.unwrap_or("nobody").to_owned(),
            outcome: outcome.into(),
            share,
            numbers: Vec::new(),
            draws: String::new(),
        }
    }

    #[test]
    fn one_sentence_tells_them_all() {
        let third = 1.0 / 3.0;
        let three: Vec<Way> = ["a", "b", "c"].map(|s| way(Some(s), "reply", third)).into();
        assert_eq!(
            summary(&three),
            "3 endpoints, each with 1/3 (33.3 %) of all connections. Every way ends alike: answered."
        );
        assert_eq!(
            summary(&[way(Some("a"), "reply", 1.0)]),
            "No draw decides: it always goes to a. Every way ends alike: answered."
        );
        assert_eq!(
            summary(&[way(Some("a"), "reply", 0.5), way(Some("b"), "timeout", 0.5)]),
            "2 endpoints, each with 1/2 (50 %) of all connections. It ends: answered 1/2 (50 %), no answer 1/2 (50 %)."
        );
        assert_eq!(
            summary(&[way(None, "tcp-rst", 1.0)]),
            "Every way ends alike: refused (RST)."
        );
        assert_eq!(summary(&[]), "Nothing can come of it.");
    }

    #[test]
    fn an_endpoint_with_two_endings_is_one_endpoint() {
        let view = OddsView {
            ways: vec![
                way(Some("a"), "reply", 0.25),
                way(Some("a"), "timeout", 0.5),
                way(Some("b"), "reply", 0.25),
            ],
            summary: String::new(),
        };
        assert_eq!(view.endpoints(), [("a", "a", 0.75), ("b", "b", 0.25)]);
        assert_eq!(view.endings(), [("reply", 0.5), ("timeout", 0.5)]);
        assert_eq!(
            view.way_to("a").map(|w| w.outcome.as_str()),
            Some("timeout")
        );
        assert_eq!(view.way_to("z"), None);
    }
}
