//! A namespace's tables, as one reads and prints them with iptables-restore and iptables-save.

use std::collections::BTreeMap;
use std::fmt;

use crate::family::Family;
use crate::hook::{Hook, TableName};
use crate::rule::{ChainName, Rule};

/// What a base chain does with a packet that falls off its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Policy {
    /// `ACCEPT`
    Accept,
    /// `DROP`
    Drop,
}

/// A base chain, called by the kernel, or a user's, called by a jump.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChainKind {
    /// Called at a hook.
    Base {
        /// Which hook.
        hook: Hook,
        /// What happens at its end.
        policy: Policy,
    },
    /// Called by a jump.
    User,
}

/// A chain and its rules; a rule's number is its index here plus one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Its name.
    pub name: ChainName,
    /// Base or user.
    pub kind: ChainKind,
    /// Its rules in order.
    pub rules: Vec<Rule>,
    /// Packets and bytes of the policy, where the text said.
    pub counters: (u64, u64),
}

/// One table: base chains first in hook order, then user chains in the order they were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: TableName,
    /// Its chains.
    pub chains: Vec<Chain>,
    index: BTreeMap<ChainName, usize>,
}

impl Table {
    /// A table with its base chains, all with policy ACCEPT, and nothing else.
    pub fn empty(name: TableName) -> Self {
        let mut table = Table {
            name,
            chains: Vec::new(),
            index: BTreeMap::new(),
        };
        for &hook in name.hooks() {
            let chain = ChainName::new(hook.name()).expect("a hook's name is a chain's name");
            table.ensure(
                chain,
                ChainKind::Base {
                    hook,
                    policy: Policy::Accept,
                },
            );
        }
        table
    }

    /// The chain of this name.
    pub fn chain(&self, name: &ChainName) -> Option<&Chain> {
        self.index.get(name).map(|&i| &self.chains[i])
    }

    /// The chain of this name, to change.
    pub fn chain_mut(&mut self, name: &ChainName) -> Option<&mut Chain> {
        self.index.get(name).map(|&i| &mut self.chains[i])
    }

    /// Where the chain stands in [`Table::chains`].
    pub fn position(&self, name: &ChainName) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// The base chain of a hook, where the table has one.
    pub fn base(&self, hook: Hook) -> Option<&Chain> {
        self.chains
            .iter()
            .find(|c| matches!(c.kind, ChainKind::Base { hook: h, .. } if h == hook))
    }

    /// The chain of this name, made with `kind` where it is missing.
    pub fn ensure(&mut self, name: ChainName, kind: ChainKind) -> &mut Chain {
        let at = *self.index.entry(name.clone()).or_insert_with(|| {
            self.chains.push(Chain {
                name,
                kind,
                rules: Vec::new(),
                counters: (0, 0),
            });
            self.chains.len() - 1
        });
        &mut self.chains[at]
    }
}

/// All tables of one family in one namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruleset {
    /// iptables or ip6tables.
    pub family: Family,
    /// The tables that exist. A table nobody has touched is not here.
    pub tables: BTreeMap<TableName, Table>,
}

impl Ruleset {
    /// A namespace in which nobody has run iptables yet.
    pub fn empty(family: Family) -> Self {
        Ruleset {
            family,
            tables: BTreeMap::new(),
        }
    }
}

/// Why a line of iptables text could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// 1-based line.
    pub line: usize,
    /// What is wrong, and what to do, as a sentence.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}
