//! A ruleset made ready for many packets: where each jump leads is known, and long chains have an
//! index by destination and port. The answer is the one that trying every rule would give.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::hook::{Hook, TableName};
use crate::packet::Skb;
use crate::rule::{ChainName, Match, Not, Rule, Target};
use crate::ruleset::{Ruleset, Table};
use crate::traverse::{Env, Outcome, Traversal};
use crate::walk::{Detail, Guide, Quiet, Steps, Unprepared, walk};

/// A ruleset that no longer changes, with what is known of it beforehand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    ruleset: Ruleset,
    tables: BTreeMap<TableName, TableIndex>,
    tracks_connections: bool,
}

/// What is known of one table, chain by chain in the order of [`Table::chains`].
#[derive(Debug, Clone, PartialEq, Eq)]
struct TableIndex {
    chains: Vec<ChainIndex>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct ChainIndex {
    /// For each rule the position of the chain it leads to.
    leads_to: Vec<Option<u32>>,
    /// What narrows a long chain down.
    narrow: Option<Narrow>,
}

/// The rules of one chain, each in exactly one of three lists, all in order.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Narrow {
    /// Rules that hold for one destination address only, by that address.
    by_destination: Vec<(u128, u32)>,
    /// Rules that hold for one destination port only, by that port.
    by_port: Vec<(u16, u32)>,
    /// All others.
    others: Vec<u32>,
}

/// Below this many rules trying each is as fast.
const LONG: usize = 16;

impl Prepared {
    /// Makes a ruleset ready.
    pub fn new(ruleset: Ruleset) -> Self {
        let index = |table: &Table| TableIndex {
            chains: table
                .chains
                .iter()
                .map(|chain| ChainIndex::new(table, &chain.rules))
                .collect(),
        };
        Prepared {
            tables: ruleset
                .tables
                .iter()
                .map(|(&name, table)| (name, index(table)))
                .collect(),
            tracks_connections: ruleset.tracks_connections(),
            ruleset,
        }
    }

    /// The ruleset as it was given.
    pub fn ruleset(&self) -> &Ruleset {
        &self.ruleset
    }

    /// Gives the ruleset back, to be changed.
    pub fn into_ruleset(self) -> Ruleset {
        self.ruleset
    }

    /// See [`Ruleset::tracks_connections`].
    pub fn tracks_connections(&self) -> bool {
        self.tracks_connections
    }

    /// As [`crate::traverse()`]. A table that nobody has touched accepts without a step.
    pub fn traverse(
        &self,
        table: TableName,
        hook: Hook,
        skb: &mut Skb,
        env: &mut dyn Env,
    ) -> Traversal {
        let mut steps = Steps::new(Detail::All);
        let outcome = match self.ruleset.tables.get(&table) {
            Some(table) => walk(table, &Unprepared, hook, skb, env, &mut steps),
            None => Outcome::Accept,
        };
        Traversal {
            outcome,
            steps: steps.done,
        }
    }

    /// As [`Prepared::traverse`], but of the rules that did not match only those that drew a number
    /// are among the steps, their `why` empty. Rules that cannot match are not tried.
    pub fn traverse_brief(
        &self,
        table: TableName,
        hook: Hook,
        skb: &mut Skb,
        env: &mut dyn Env,
    ) -> Traversal {
        let mut steps = Steps::new(Detail::Drawn);
        let outcome = match (self.ruleset.tables.get(&table), self.tables.get(&table)) {
            (Some(table), Some(index)) => walk(table, index, hook, skb, env, &mut steps),
            _ => Outcome::Accept,
        };
        Traversal {
            outcome,
            steps: steps.done,
        }
    }

    /// As [`Prepared::traverse_brief`], telling only the outcome.
    pub fn traverse_quiet(
        &self,
        table: TableName,
        hook: Hook,
        skb: &mut Skb,
        env: &mut dyn Env,
    ) -> Outcome {
        match (self.ruleset.tables.get(&table), self.tables.get(&table)) {
            (Some(table), Some(index)) => walk(table, index, hook, skb, env, &mut Quiet),
            _ => Outcome::Accept,
        }
    }
}

impl ChainIndex {
    fn new(table: &Table, rules: &[Rule]) -> Self {
        let leads_to = |rule: &Rule| match &rule.target {
            Some(Target::Jump(name) | Target::Goto(name)) => {
                table.position(name).and_then(|at| u32::try_from(at).ok())
            }
            _ => None,
        };
        ChainIndex {
            leads_to: rules.iter().map(leads_to).collect(),
            narrow: (rules.len() >= LONG).then(|| Narrow::new(rules)).flatten(),
        }
    }
}

impl Narrow {
    /// `None` where the chain is longer than an index can count.
    fn new(rules: &[Rule]) -> Option<Self> {
        let mut narrow = Narrow {
            by_destination: Vec::new(),
            by_port: Vec::new(),
            others: Vec::new(),
        };
        for (i, rule) in rules.iter().enumerate() {
            let i = u32::try_from(i).ok()?;
            match (only_destination(rule), only_port(rule)) {
                (Some(addr), _) => narrow.by_destination.push((addr, i)),
                (None, Some(port)) => narrow.by_port.push((port, i)),
                (None, None) => narrow.others.push(i),
            }
        }
        narrow.by_destination.sort_unstable();
        narrow.by_port.sort_unstable();
        Some(narrow)
    }

    /// The first rule from `from` on that the packet's destination and port do not rule out.
    fn next(&self, from: u32, skb: &Skb) -> Option<u32> {
        fn first<K: Ord + Copy>(list: &[(K, u32)], key: K, from: u32) -> Option<u32> {
            let at = list.partition_point(|entry| *entry < (key, from));
            list.get(at)
                .filter(|entry| entry.0 == key)
                .map(|entry| entry.1)
        }
        let by_destination = first(&self.by_destination, bits(skb.packet.dst), from);
        let port = skb.packet.ports().map(|(_, dport)| dport);
        let by_port = port.and_then(|port| first(&self.by_port, port, from));
        let other = self.others.partition_point(|&i| i < from);
        let other = self.others.get(other).copied();
        [by_destination, by_port, other].into_iter().flatten().min()
    }
}

/// An address as a number. One ruleset has one family, so that no two addresses share a number.
fn bits(addr: IpAddr) -> u128 {
    match addr {
        IpAddr::V4(addr) => u32::from(addr).into(),
        IpAddr::V6(addr) => addr.into(),
    }
}

/// The one destination address that a rule holds for, where it names just one.
fn only_destination(rule: &Rule) -> Option<u128> {
    match &rule.ip.dst {
        Some(Not {
            inverted: false,
            value,
        }) if value.prefix_len() == value.max_prefix_len() => Some(bits(value.addr())),
        _ => None,
    }
}

/// The one destination port that a rule holds for, where it names just one and nothing in front of
/// that condition draws or remembers.
fn only_port(rule: &Rule) -> Option<u16> {
    let harmless = rule.matches.iter().take_while(|m| !m.is_stateful());
    harmless
        .filter_map(|m| match m {
            Match::Tcp(m) => m.dport.as_ref(),
            Match::Udp(m) => m.dport.as_ref(),
            Match::Sctp(m) => m.dport.as_ref(),
            _ => None,
        })
        .find(|ports| !ports.inverted && ports.value.0 == ports.value.1)
        .map(|ports| ports.value.0)
}

impl Guide for TableIndex {
    fn next(&self, table: &Table, chain: usize, from: usize, skb: &Skb) -> usize {
        let Some(narrow) = &self.chains[chain].narrow else {
            return from;
        };
        let next = u32::try_from(from)
            .ok()
            .and_then(|from| narrow.next(from, skb));
        match next {
            Some(next) => next as usize,
            None => table.chains[chain].rules.len(),
        }
    }

    fn find(&self, _: &Table, chain: usize, rule: usize, _: &ChainName) -> Option<usize> {
        self.chains[chain].leads_to[rule].map(|at| at as usize)
    }
}
