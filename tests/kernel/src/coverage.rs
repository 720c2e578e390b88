//! What a run has tried: how often each kind of cluster and question, and which kinds of rules the
//! kernel went by. A check that never asks cannot find anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use netfilter::{Family, Ruleset, TableName};

use crate::check::Answers;
use crate::generate::Question;

/// What is seen less often than this share of the questions is too little.
const LEAST_PERCENT: usize = 3;
/// From how many questions on a share means something.
const ENOUGH: usize = 300;

/// Rules that no packet can meet. flannel's asks for kube-proxy's mark behind KUBE-POSTROUTING, which
/// lets no packet with the mark go on.
const UNREACHABLE: [&str; 1] = ["nat/FLANNEL-POSTRTG -m mark --mark 0x4000/0x4000 -j RETURN"];

/// Counts.
#[derive(Debug, Default)]
pub struct Coverage {
    /// Questions that were asked.
    pub questions: usize,
    facets: BTreeMap<&'static str, BTreeMap<String, usize>>,
    outcomes: BTreeMap<String, usize>,
    loaded: BTreeSet<(Family, String)>,
    matched: BTreeMap<(Family, String), usize>,
}

impl Coverage {
    /// Counts a case's answers.
    pub fn count(&mut self, questions: &[Question], answers: &Answers) {
        for (question, answer) in questions.iter().zip(&answers.answers) {
            self.questions += 1;
            for (dimension, value) in &question.facets {
                let values = self.facets.entry(dimension).or_default();
                *values.entry(value.clone()).or_default() += 1;
            }
            if let Some(outcome) = answer.kernel.end.get("outcome") {
                *self.outcomes.entry(outcome.clone()).or_default() += 1;
            }
            for (node, table, chain, number) in &answer.matched {
                let rules = answers.rules.get(&(node.clone(), answer.family));
                let found = rules.and_then(|rules| kind_at(rules, table, chain, *number));
                if let Some(kind) = found {
                    let kind = (answer.family, kind);
                    *self.matched.entry(kind).or_default() += 1;
                }
            }
        }
        for ruleset in answers.rules.values() {
            for table in ruleset.tables.values() {
                for chain in &table.chains {
                    let rules = chain.rules.iter();
                    let name = chain.name.as_str();
                    let kinds = rules.map(|rule| kind(table.name, name, &rule.to_string()));
                    self.loaded.extend(kinds.map(|kind| (ruleset.family, kind)));
                }
            }
        }
    }

    /// What was tried too little, where enough was asked to say so.
    pub fn gaps(&self) -> Vec<String> {
        if self.questions < ENOUGH {
            return Vec::new();
        }
        let rare = self.facets.iter().flat_map(|(dimension, values)| {
            values.iter().filter_map(move |(value, &count)| {
                let share = count * 100 < LEAST_PERCENT * self.questions;
                share.then(|| format!("{dimension} {value}: only {count} of {}", self.questions))
            })
        });
        let never = self.never();
        let never = never.map(|(family, kind)| format!("no {family:?} packet met {kind}"));
        rare.chain(never).collect()
    }

    fn never(&self) -> impl Iterator<Item = &(Family, String)> {
        let never = |found: &&(Family, String)| {
            !self.matched.contains_key(*found) && !UNREACHABLE.contains(&found.1.as_str())
        };
        self.loaded.iter().filter(never)
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcomes = [("outcome", &self.outcomes)];
        let facets = self
            .facets
            .iter()
            .map(|(dimension, values)| (*dimension, values));
        writeln!(f, "| what | share of the questions |")?;
        writeln!(f, "|---|---|")?;
        for (dimension, values) in facets.chain(outcomes) {
            let shares: Vec<String> = values
                .iter()
                .map(|(value, count)| format!("{value} {} %", count * 100 / self.questions.max(1)))
                .collect();
            writeln!(f, "| {dimension} | {} |", shares.join(", "))?;
        }
        let met = |found: &&(Family, String)| self.matched.contains_key(*found);
        let met = self.loaded.iter().filter(met).count();
        writeln!(
            f,
            "\nKinds of rules met by a packet, each family by itself: {met} of {}.",
            self.loaded.len()
        )
    }
}

fn kind_at(rules: &Ruleset, table: &str, chain: &str, number: usize) -> Option<String> {
    let table = rules
        .tables
        .values()
        .find(|found| found.name.name() == table)?;
    let found = table
        .chains
        .iter()
        .find(|found| found.name.as_str() == chain)?;
    let rule = found.rules.get(number.checked_sub(1)?)?;
    Some(kind(table.name, chain, &rule.to_string()))
}

/// A rule without what makes it that of one Service: its kind.
fn kind(table: TableName, chain: &str, rule: &str) -> String {
    let mut out = vec![format!("{table}/{}", without_hash(chain))];
    let mut words = split(rule).into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            // The words of a comment say whose the rule is.
            "--comment" => {
                words.next();
                out.truncate(out.len().saturating_sub(2));
            }
            "-s" | "-d" | "-i" | "-p" | "--dport" | "--to-destination" | "--probability"
            | "--name" => {
                words.next();
                out.push(word);
            }
            "tcp" | "udp" | "sctp" => {
                out.pop();
            }
            other => out.push(without_hash(other)),
        }
    }
    out.join(" ")
}

/// `KUBE-SVC-P7QE5OVRKZMQ43FN` is a `KUBE-SVC-…`.
fn without_hash(name: &str) -> String {
    match name.rsplit_once('-') {
        Some((kind, hash)) if hash.len() == 16 && name.starts_with("KUBE-") => format!("{kind}-…"),
        _ => name.to_owned(),
    }
}

/// Words, a quoted text being one.
fn split(rule: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in rule.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().expect("there is always one").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(chain: &str, rule: &str, expected: &str) {
        assert_eq!(kind(TableName::Nat, chain, rule), expected);
    }

    #[test]
    fn a_kind_is_the_same_for_every_service() {
        check(
            "KUBE-SVC-P7QE5OVRKZMQ43FN",
            "-m comment --comment \"demo/web -> 10.42.1.16:8080\" -m statistic --mode random --probability 0.5 -j KUBE-SEP-5GSOMUMCTEFLXZNQ",
            "nat/KUBE-SVC-… -m statistic --mode random --probability -j KUBE-SEP-…",
        );
        check(
            "KUBE-SVC-P7QE5OVRKZMQ43FN",
            "! -s 10.42.0.0/16 -d 10.43.169.48/32 -p udp -m udp --dport 8711 -j KUBE-MARK-MASQ",
            "nat/KUBE-SVC-… ! -s -d -p --dport -j KUBE-MARK-MASQ",
        );
        check(
            "KUBE-MARK-MASQ",
            "-j MARK --set-xmark 0x4000/0x4000",
            "nat/KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000",
        );
        check(
            "KUBE-SEP-5GSOMUMCTEFLXZNQ",
            "-s 10.42.1.16/32 -j KUBE-MARK-MASQ",
            "nat/KUBE-SEP-… -s -j KUBE-MARK-MASQ",
        );
    }
}
