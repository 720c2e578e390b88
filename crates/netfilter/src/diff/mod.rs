//! What differs between two rulesets, by table and chain: rules that came, went, moved, or stayed the
//! same but for a part. Which rule of the one is which of the other is decided in `pair.rs`; how it
//! reads is `print.rs`'s. Counters don't count.

mod pair;
mod print;

use std::collections::BTreeSet;

use crate::hook::TableName;
use crate::rule::{ChainName, Rule};
use crate::ruleset::{Chain, ChainKind, Policy, Ruleset, Table};

/// All that differs; nothing where the rulesets are the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// The tables that differ, by name.
    pub tables: Vec<TableDiff>,
}

/// On which side something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// On both.
    Kept,
    /// On the second alone.
    Added,
    /// On the first alone.
    Removed,
}

/// What differs in a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDiff {
    /// The table.
    pub table: TableName,
    /// On which side it was ever touched. An untouched table is as good as one with empty base chains.
    pub presence: Presence,
    /// The chains that differ, in the order of a listing.
    pub chains: Vec<ChainDiff>,
}

/// What differs in a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainDiff {
    /// The chain.
    pub chain: ChainName,
    /// On which side it is.
    pub presence: Presence,
    /// A base chain's policies, where they differ.
    pub policy: Option<(Policy, Policy)>,
    /// What became of its rules, by their place.
    pub rules: Vec<RuleChange>,
}

/// What became of a rule. Numbers count from 1, as in `iptables -S`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleChange {
    /// It went.
    Removed {
        /// Its number in the first ruleset.
        number: usize,
        /// The rule.
        rule: Rule,
    },
    /// It came.
    Added {
        /// Its number in the second ruleset.
        number: usize,
        /// The rule.
        rule: Rule,
    },
    /// It is the same and stands elsewhere among the rules that stayed.
    Moved {
        /// Its number in the first ruleset.
        from: usize,
        /// Its number in the second.
        to: usize,
        /// The rule.
        rule: Rule,
    },
    /// It is the same but for a part or two.
    Changed {
        /// Its number in the first ruleset.
        from: usize,
        /// Its number in the second.
        to: usize,
        /// As it was.
        before: Box<Rule>,
        /// As it is.
        after: Box<Rule>,
        /// The parts that differ, in the order of the rule.
        parts: Vec<PartChange>,
    },
}

/// A part of a rule, in the first ruleset and in the second; `None` where it has no such part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartChange {
    /// `-s`, `-d`, `-i`, `-o`, `-p`, `-f`, a match's name, or `target`.
    pub part: String,
    /// What it said.
    pub before: Option<String>,
    /// What it says.
    pub after: Option<String>,
}

impl RuleChange {
    /// The number by which the change is sorted into the chain; what went stands before what came.
    fn place(&self) -> (usize, bool) {
        match self {
            RuleChange::Removed { number, .. } => (*number, false),
            RuleChange::Added { number: to, .. }
            | RuleChange::Moved { to, .. }
            | RuleChange::Changed { to, .. } => (*to, true),
        }
    }
}

impl Diff {
    /// What leads from `before` to `after`.
    pub fn between(before: &Ruleset, after: &Ruleset) -> Diff {
        let names: BTreeSet<TableName> = before
            .tables
            .keys()
            .chain(after.tables.keys())
            .copied()
            .collect();
        let tables = names
            .into_iter()
            .filter_map(|name| table(name, before.tables.get(&name), after.tables.get(&name)));
        Diff {
            tables: tables.collect(),
        }
    }

    /// Whether the rulesets are the same.
    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    /// How many rules were removed, added, moved and changed.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        let chains = self.tables.iter().flat_map(|table| &table.chains);
        for change in chains.flat_map(|chain| &chain.rules) {
            *match change {
                RuleChange::Removed { .. } => &mut counts.removed,
                RuleChange::Added { .. } => &mut counts.added,
                RuleChange::Moved { .. } => &mut counts.moved,
                RuleChange::Changed { .. } => &mut counts.changed,
            } += 1;
        }
        counts
    }
}

/// How many rules a diff speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Rules that went.
    pub removed: usize,
    /// Rules that came.
    pub added: usize,
    /// Rules that stand elsewhere.
    pub moved: usize,
    /// Rules that are the same but for a part or two.
    pub changed: usize,
}

fn presence<T>(before: Option<&T>, after: Option<&T>) -> Presence {
    match (before, after) {
        (None, Some(_)) => Presence::Added,
        (Some(_), None) => Presence::Removed,
        (Some(_), Some(_)) | (None, None) => Presence::Kept,
    }
}

fn table(name: TableName, before: Option<&Table>, after: Option<&Table>) -> Option<TableDiff> {
    let presence = presence(before, after);
    let untouched = Table::empty(name);
    let before = before.unwrap_or(&untouched);
    let after = after.unwrap_or(&untouched);
    let mut chains = Vec::new();
    let gone = before.in_listing_order().into_iter();
    let mut gone = gone.filter(|c| after.chain(&c.name).is_none()).peekable();
    for new in after.in_listing_order() {
        // Chains that went stand where they would be listed; base chains come first, and stay.
        while let Some(old) = gone.next_if(|old| new.kind == ChainKind::User && old.name < new.name)
        {
            chains.extend(chain(Some(old), None));
        }
        chains.extend(chain(before.chain(&new.name), Some(new)));
    }
    chains.extend(gone.filter_map(|old| chain(Some(old), None)));
    let same = chains.is_empty() && presence == Presence::Kept;
    (!same).then_some(TableDiff {
        table: name,
        presence,
        chains,
    })
}

fn rules(chain: Option<&Chain>) -> &[Rule] {
    chain.map_or(&[], |chain| &chain.rules)
}

fn chain(before: Option<&Chain>, after: Option<&Chain>) -> Option<ChainDiff> {
    let policy = |chain: Option<&Chain>| match chain?.kind {
        ChainKind::Base { policy, .. } => Some(policy),
        ChainKind::User => None,
    };
    let presence = presence(before, after);
    let policy = policy(before).zip(policy(after)).filter(|(a, b)| a != b);
    let mut changes = pair::changes(rules(before), rules(after));
    changes.sort_by_key(RuleChange::place);
    let same = presence == Presence::Kept && policy.is_none() && changes.is_empty();
    let chain = after.or(before)?;
    (!same).then(|| ChainDiff {
        chain: chain.name.clone(),
        presence,
        policy,
        rules: changes,
    })
}
