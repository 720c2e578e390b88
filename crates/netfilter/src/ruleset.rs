//! A namespace's tables, as one reads and prints them with iptables-restore and iptables-save.

use std::collections::BTreeMap;
use std::fmt;

use rustc_hash::FxHashMap;

use crate::family::Family;
use crate::hook::{Hook, TableName};
use crate::rule::{ChainName, Match, Rule, Target};

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
    index: FxHashMap<ChainName, usize>,
}

impl Table {
    /// A table with its base chains, all with policy ACCEPT, and nothing else.
    pub fn empty(name: TableName) -> Self {
        let mut table = Table {
            name,
            chains: Vec::new(),
            index: FxHashMap::default(),
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

    /// Where the chain of this name stands in [`Table::chains`], by its bare name.
    pub fn position_of(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// Takes a chain out. Rules that jump to it are the caller's to look after.
    pub fn remove(&mut self, name: &str) -> Option<Chain> {
        let at = self.index.remove(name)?;
        let chain = self.chains.remove(at);
        for (position, chain) in self.chains.iter().enumerate().skip(at) {
            self.index.insert(chain.name.clone(), position);
        }
        Some(chain)
    }

    /// How many rules jump or go to this chain.
    pub fn references(&self, name: &ChainName) -> usize {
        let refers = |rule: &&Rule| match &rule.target {
            Some(Target::Jump(to) | Target::Goto(to)) => to == name,
            _ => false,
        };
        self.chains
            .iter()
            .map(|chain| chain.rules.iter().filter(refers).count())
            .sum()
    }

    /// The chains as iptables lists them: base chains in hook order, then the others by name.
    pub fn in_listing_order(&self) -> Vec<&Chain> {
        let mut chains: Vec<&Chain> = self.chains.iter().collect();
        chains.sort_by(|a, b| {
            let key = |chain: &Chain| match chain.kind {
                ChainKind::Base { hook, .. } => (0, Some(hook)),
                ChainKind::User => (1, None),
            };
            key(a).cmp(&key(b)).then_with(|| match a.kind {
                ChainKind::Base { .. } => std::cmp::Ordering::Equal,
                ChainKind::User => a.name.cmp(&b.name),
            })
        });
        chains
    }

    /// The base chain of a hook, where the table has one.
    pub fn base(&self, hook: Hook) -> Option<&Chain> {
        self.chains
            .iter()
            .find(|c| matches!(c.kind, ChainKind::Base { hook: h, .. } if h == hook))
    }

    /// Makes room for this many chains more.
    pub fn reserve(&mut self, chains: usize) {
        self.chains.reserve(chains);
        self.index.reserve(chains);
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
    /// The table of this name, made with its base chains where nobody has touched it yet.
    pub fn table_mut(&mut self, name: TableName) -> &mut Table {
        self.tables
            .entry(name)
            .or_insert_with(|| Table::empty(name))
    }

    /// All rules of all tables.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.tables
            .values()
            .flat_map(|table| &table.chains)
            .flat_map(|chain| &chain.rules)
    }

    /// Whether conntrack is at work, and with it the nat table.
    ///
    /// The kernel tracks a family's connections in a namespace only once some rule of that family
    /// has asked for it (`nf_ct_netns_get`, called when a match or target is set up that needs a
    /// connection). Without it packets have none, and the nat table's rules are not even tried
    /// (`nf_nat_inet_fn` accepts a packet without a connection).
    pub fn tracks_connections(&self) -> bool {
        self.rules().any(|rule| {
            rule.matches.iter().any(|m| {
                matches!(
                    m,
                    Match::Conntrack(_) | Match::State(_) | Match::Connmark(_)
                )
            }) || match &rule.target {
                Some(Target::Connmark(_)) => true,
                // `xt_ct_tg_check` asks for it unless the packet is exempted.
                Some(Target::Ct(ct)) => !ct.notrack,
                Some(target) => target.is_nat(),
                None => false,
            }
        })
    }

    /// Whether any rule could rewrite an address.
    pub fn has_nat_target(&self) -> bool {
        self.rules()
            .any(|rule| rule.target.as_ref().is_some_and(Target::is_nat))
    }

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
