//! What `iptables -L`, `iptables -S` and `iptables-save` print, byte for byte.
//!
//! One step aside is on purpose: in the `prot` column of `-L -n` version 1.8.9 alone printed numbers;
//! every other version prints `tcp`, `udp`, `all`, and so does this.

mod list;
mod matches;
mod save;
mod targets;

pub use list::list;
pub use save::{Counters, Save, save, save_tables};

use std::fmt;
use std::fmt::Write;

use crate::hook::TableName;
use crate::print::Parts;
use crate::rule::Rule;
use crate::ruleset::{Chain, ChainKind, Ruleset, Table};

/// Which of the two kernel interfaces the tools speak to. They print the same rules; what differs
/// is the head of `iptables-save` and the order of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Backend {
    /// `iptables-nft`
    #[default]
    Nft,
    /// `iptables-legacy`
    Legacy,
}

/// Whether addresses and ports are shown by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Names {
    /// As without `-n`: `anywhere`, `http`. Host names are not looked up.
    #[default]
    Looked,
    /// As with `-n`.
    Numeric,
}

/// How much of counters and devices is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// Neither.
    #[default]
    Plain,
    /// `-v`: devices, and counters shortened to 12K, 3M.
    Verbose,
    /// `-v -x`: devices, and counters in full.
    Exact,
}

/// Whether each rule has its number in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Numbering {
    /// No.
    #[default]
    Without,
    /// `--line-numbers`
    With,
}

/// The options of `-L`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    /// `-n`
    pub names: Names,
    /// `-v`, `-x`
    pub detail: Detail,
    /// `--line-numbers`
    pub numbering: Numbering,
}

/// Which part of a table a listing shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part<'a> {
    /// All chains.
    #[default]
    Table,
    /// One chain.
    Chain(&'a str),
    /// One rule, by its 1-based number.
    Rule(&'a str, usize),
}

/// The part does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoSuchChain {
    /// The table that was looked in.
    pub table: TableName,
    /// The chain that it does not have.
    pub chain: String,
}

impl fmt::Display for NoSuchChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table {} has no chain {}", self.table, self.chain)
    }
}

impl std::error::Error for NoSuchChain {}

/// The chains of a part, in listing order, with the number of the one rule where only that is shown.
struct Selected<'r> {
    chains: Vec<&'r Chain>,
    only: Option<usize>,
}

fn select<'r>(table: &'r Table, part: Part<'_>) -> Result<Selected<'r>, NoSuchChain> {
    let (name, only) = match part {
        Part::Table => {
            return Ok(Selected {
                chains: table.in_listing_order(),
                only: None,
            });
        }
        Part::Chain(name) => (name, None),
        Part::Rule(name, number) => (name, Some(number)),
    };
    let at = table.position_of(name).ok_or_else(|| NoSuchChain {
        table: table.name,
        chain: name.to_owned(),
    })?;
    Ok(Selected {
        chains: vec![&table.chains[at]],
        only,
    })
}

/// The table, or an untouched one where the namespace has none of this name yet, as the real tools
/// make one by asking.
fn with_table<T>(ruleset: &Ruleset, name: TableName, show: impl FnOnce(&Table) -> T) -> T {
    match ruleset.tables.get(&name) {
        Some(table) => show(table),
        None => show(&Table::empty(name)),
    }
}

/// What `iptables -t TABLE -S [CHAIN [N]]` prints; any detail but the plain one adds `-c`.
pub fn spec(
    ruleset: &Ruleset,
    table: TableName,
    part: Part<'_>,
    detail: Detail,
) -> Result<String, NoSuchChain> {
    with_table(ruleset, table, |table| {
        let selected = select(table, part)?;
        let mut out = String::new();
        if selected.only.is_none() {
            for chain in &selected.chains {
                declare(&mut out, chain, detail);
            }
        }
        for chain in &selected.chains {
            for (i, rule) in chain.rules.iter().enumerate() {
                if selected.only.is_none_or(|only| only == i + 1) {
                    append(&mut out, chain, rule, detail);
                }
            }
        }
        Ok(out)
    })
}

/// `-P` for a base chain, `-N` for another.
fn declare(out: &mut String, chain: &Chain, detail: Detail) {
    let line = match (chain.kind, detail) {
        (ChainKind::User, _) => format!("-N {}\n", chain.name),
        (ChainKind::Base { policy, .. }, Detail::Plain) => format!("-P {} {policy}\n", chain.name),
        (ChainKind::Base { policy, .. }, _) => {
            let (packets, bytes) = chain.counters;
            format!("-P {} {policy} -c {packets} {bytes}\n", chain.name)
        }
    };
    out.push_str(&line);
}

/// `-A CHAIN …`, with counters between matches and target where they are wanted.
fn append(out: &mut String, chain: &Chain, rule: &Rule, detail: Detail) {
    let counters = (detail != Detail::Plain).then_some(rule.counters);
    // Writing to a string cannot fail.
    let _ = writeln!(out, "-A {}{}", chain.name, Parts(rule, counters));
}
