//! What differs between two clusters for the walk on screen, as plain data and in words: rules, odds, and
//! the connections that were open. It is made by [`crate::compare`], on the other side of the engine.

use serde::{Deserialize, Serialize};

use crate::odds::said;
use crate::text::count;

/// What differs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Comparison {
    /// Nodes whose rules differ in the same way, those of the walk first.
    pub nodes: Vec<NodesChange>,
    /// Nodes that are gone.
    pub gone: Vec<String>,
    /// Nodes that are new.
    pub came: Vec<String>,
    /// Nodes that were not looked at, where there are too many.
    pub left_out: usize,
    /// Where connections go, before and after, in the order of the rules.
    pub shares: Vec<ShareChange>,
    /// Whether chance decides anything, before or after.
    pub by_chance: bool,
    /// What became of connections that were open.
    pub running: Vec<Running>,
    /// All of it in one sentence or two.
    pub summary: String,
}

/// Nodes whose rules differ in the same way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodesChange {
    /// The nodes.
    pub nodes: Vec<String>,
    /// `IPv4` or `IPv6`
    pub family: String,
    /// The chains that differ.
    pub chains: Vec<ChainChange>,
    /// Lines that were left out, where there are too many.
    pub left_out: usize,
}

/// What became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It stands elsewhere.
    Moved,
    /// A part of it differs.
    Changed,
}

impl Change {
    /// The sign at its line, and the word for it.
    pub fn sign(self) -> (&'static str, &'static str) {
        match self {
            Change::Added => ("+", "added"),
            Change::Removed => ("−", "removed"),
            Change::Moved => ("↕", "moved"),
            Change::Changed => ("~", "changed"),
        }
    }
}

/// What differs in a chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChainChange {
    /// Its table.
    pub table: String,
    /// Its name.
    pub name: String,
    /// What it is for.
    pub about: String,
    /// Whether it is new or gone as a whole.
    pub whole: Option<Change>,
    /// The policies, where they differ.
    pub policy: Option<(String, String)>,
    /// The rules that differ.
    pub rules: Vec<RuleChange>,
    /// How many are as they were.
    pub unchanged: usize,
}

/// What became of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleChange {
    /// What.
    pub change: Change,
    /// Its number, before or after.
    pub number: usize,
    /// The number it had, where it has another now.
    pub was: Option<usize>,
    /// Where its target leads: `10.42.1.16:8080`.
    pub leads_to: Option<String>,
    /// What it asks and does, without the comment, word for word.
    pub words: Vec<Words>,
    /// The whole rule, as `iptables -S` prints it.
    pub full: String,
}

/// Words of a rule that stayed, went or came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Words {
    /// On both sides.
    Same(String),
    /// Before alone.
    Gone(String),
    /// After alone.
    Came(String),
}

/// A destination's share before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShareChange {
    /// What it is called.
    pub name: String,
    /// Its address and port, where a backend was chosen.
    pub socket: Option<String>,
    /// What the client sees, in words.
    pub ending: String,
    /// Its share before, 0 where it was none.
    pub before: f64,
    /// Its share after.
    pub after: f64,
}

/// A connection that was open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// To whom.
    pub name: String,
    /// What becomes of its next packet.
    pub fate: String,
    /// Whether it goes on.
    pub lives: bool,
    /// Why kube-proxy made conntrack forget it, where it did.
    pub cleaned: Option<String>,
}

impl ChainChange {
    /// What happened to it, in words: `3 rewritten, 1 added, 1 unchanged`.
    pub fn summary(&self) -> String {
        let of = |change| self.rules.iter().filter(|r| r.change == change).count();
        match self.whole {
            Some(Change::Added) => {
                return format!("new chain, {}", count(of(Change::Added), "rule", "rules"));
            }
            Some(_) => {
                return format!(
                    "chain gone, {}",
                    count(of(Change::Removed), "rule", "rules")
                );
            }
            None => {}
        }
        let parts = [
            (of(Change::Changed), "rewritten"),
            (of(Change::Added), "added"),
            (of(Change::Removed), "removed"),
            (of(Change::Moved), "moved"),
            (self.unchanged, "unchanged"),
        ];
        let mut said: Vec<String> = parts
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{n} {what}"))
            .collect();
        if let Some((before, after)) = &self.policy {
            said.insert(0, format!("policy {before} to {after}"));
        }
        said.join(", ")
    }
}

impl NodesChange {
    /// What happened, in words: `3 rules rewritten, 2 added, 1 chain new`.
    pub fn summary(&self) -> String {
        let rules = |change, whole: bool| {
            let chains = self.chains.iter().filter(|c| c.whole.is_some() == whole);
            chains
                .flat_map(|c| &c.rules)
                .filter(|r| r.change == change)
                .count()
        };
        let all = |change| rules(change, true) + rules(change, false);
        let chains = |change| {
            self.chains
                .iter()
                .filter(|c| c.whole == Some(change))
                .count()
        };
        let mut said = Vec::new();
        for (change, what) in [
            (Change::Changed, "rewritten"),
            (Change::Added, "added"),
            (Change::Removed, "removed"),
            (Change::Moved, "moved"),
        ] {
            if all(change) > 0 {
                said.push(format!("{} {what}", count(all(change), "rule", "rules")));
            }
        }
        if chains(Change::Added) > 0 {
            said.push(format!(
                "{} new",
                count(chains(Change::Added), "chain", "chains")
            ));
        }
        if chains(Change::Removed) > 0 {
            said.push(format!(
                "{} gone",
                count(chains(Change::Removed), "chain", "chains")
            ));
        }
        said.join(", ")
    }

    /// On which nodes, in words.
    pub fn place(&self) -> String {
        match self.nodes.as_slice() {
            [] => String::new(),
            [one] => format!("on {one}"),
            [first, last] => {
                format!("on {first}; the same on {last}")
            }
            [first, between @ .., last] if between.len() <= 2 => {
                format!("on {first}; the same on {} and {last}", between.join(", "))
            }
            [first, others @ ..] => format!("on {first}; the same on {} other nodes", others.len()),
        }
    }
}

/// The rules that differ as lines of text, with the signs of `chainwalk diff`.
pub fn text(found: &Comparison) -> String {
    let mut out = String::new();
    for group in &found.nodes {
        out += &format!("# {} {}\n", group.family, group.place());
        for chain in &group.chains {
            out += &format!("  *{} {}: {}\n", chain.table, chain.name, chain.summary());
            for rule in &chain.rules {
                let sign = match rule.change {
                    Change::Added => '+',
                    Change::Removed => '-',
                    Change::Moved => '>',
                    Change::Changed => '~',
                };
                out += &format!("{sign} {:>4} {}\n", rule.number, rule.full);
            }
        }
    }
    out
}

/// What the odds did, in a sentence.
pub fn odds_in_words(shares: &[ShareChange]) -> String {
    let live = |share: fn(&ShareChange) -> f64| {
        shares
            .iter()
            .filter(|s| share(s) > 0.0 && s.socket.is_some())
            .map(share)
            .collect::<Vec<f64>>()
    };
    let (before, after) = (live(|s| s.before), live(|s| s.after));
    let equal = |list: &[f64]| list.iter().all(|s| (s - list[0]).abs() < 1e-6);
    let unchanged = shares.iter().all(|s| (s.before - s.after).abs() < 1e-9);
    if unchanged {
        return "The odds stay as they were.".into();
    }
    match (before.as_slice(), after.as_slice()) {
        ([], []) => "No endpoint is reached, before or after.".into(),
        (_, []) => {
            let ending = shares
                .iter()
                .find(|s| s.after > 0.0)
                .map_or("", |s| s.ending.as_str());
            format!("No endpoint is reached any more: {ending}.")
        }
        ([], [_]) => "One endpoint is reached now.".into(),
        ([], list) => format!("{} endpoints are reached now.", list.len()),
        (a, b) if equal(a) && equal(b) && a.len() != b.len() => {
            format!(
                "Each endpoint had {}, and has {} now.",
                said(a[0]),
                said(b[0])
            )
        }
        (a, b) if a.len() == b.len() && equal(a) && equal(b) => {
            "There are as many endpoints as before, and others among them.".into()
        }
        _ => "The shares change.".into(),
    }
}

/// What became of open connections, in a sentence.
pub fn running_in_words(running: &[Running]) -> String {
    let lost: Vec<&Running> = running.iter().filter(|r| !r.lives).collect();
    match (running.len(), lost.len()) {
        (0, _) => String::new(),
        (1, 0) => "An open connection goes on as if nothing had happened.".into(),
        (_, 0) => {
            "Open connections go on as if nothing had happened: conntrack keeps their endpoint."
                .into()
        }
        (1, 1) => format!(
            "An open connection to {} is lost: {}.",
            lost[0].name, lost[0].fate
        ),
        (_, 1) => format!(
            "Open connections go on, but not that to {}: {}.",
            lost[0].name, lost[0].fate
        ),
        (n, m) if n == m => format!("Every open connection is lost: {}.", lost[0].fate),
        (n, m) => format!("Of open connections to {n} endpoints, those to {m} are lost."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(name: &str, before: f64, after: f64) -> ShareChange {
        ShareChange {
            name: name.into(),
            socket: Some(name.into()),
            ending: "answered".into(),
            before,
            after,
        }
    }

    #[test]
    fn odds_are_told() {
        let (third, quarter) = (1.0 / 3.0, 0.25);
        let three: Vec<ShareChange> = ["a", "b", "c"].map(|n| share(n, third, quarter)).into();
        let four = [three.as_slice(), &[share("d", 0.0, quarter)]].concat();
        assert_eq!(
            odds_in_words(&four),
            "Each endpoint had 1/3 (33.3 %), and has 1/4 (25 %) now."
        );
        assert_eq!(
            odds_in_words(&[share("a", 1.0, 1.0)]),
            "The odds stay as they were."
        );
        let refused = ShareChange {
            socket: None,
            ending: "refused".into(),
            ..share("", 0.0, 1.0)
        };
        assert_eq!(
            odds_in_words(&[share("a", 1.0, 0.0), refused]),
            "No endpoint is reached any more: refused."
        );
    }

    fn group(nodes: &[&str]) -> String {
        let group = NodesChange {
            nodes: nodes.iter().map(|n| (*n).to_owned()).collect(),
            family: "IPv4".into(),
            chains: Vec::new(),
            left_out: 0,
        };
        group.place()
    }

    #[test]
    fn nodes_are_named() {
        assert_eq!(group(&["a"]), "on a");
        assert_eq!(group(&["a", "b"]), "on a; the same on b");
        assert_eq!(group(&["a", "b", "c"]), "on a; the same on b and c");
        assert_eq!(group(&["a", "b", "c", "d"]), "on a; the same on b, c and d");
        assert_eq!(
            group(&["a", "b", "c", "d", "e"]),
            "on a; the same on 4 other nodes"
        );
    }

    #[test]
    fn open_connections_are_told() {
        let running = |lives: &[bool]| {
            let list: Vec<Running> = lives
                .iter()
                .map(|&lives| Running {
                    name: "web-1".into(),
                    fate: "no answer".into(),
                    lives,
                    cleaned: None,
                })
                .collect();
            running_in_words(&list)
        };
        assert_eq!(running(&[]), "");
        assert_eq!(
            running(&[true]),
            "An open connection goes on as if nothing had happened."
        );
        assert_eq!(
            running(&[true, false]),
            "Open connections go on, but not that to web-1: no answer."
        );
        assert_eq!(
            running(&[false, false]),
            "Every open connection is lost: no answer."
        );
        assert_eq!(
            running(&[false, false, true]),
            "Of open connections to 3 endpoints, those to 2 are lost."
        );
    }
}
