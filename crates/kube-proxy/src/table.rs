//! One table of the iptables-restore input while it is written, and afterwards: all its text in two
//! buffers, with a small record beside each rule.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

use netfilter::TableName;

use crate::names::Name;
use crate::reason::{ChainWhy, Reason};

/// One table of the iptables-restore input.
#[derive(Clone)]
pub struct TableText {
    /// Its name.
    pub table: TableName,
    /// `:CHAIN - [0:0]` lines.
    heads: String,
    /// `-A` lines.
    body: String,
    chains: Vec<(Name, ChainWhy)>,
    rules: Vec<Entry>,
    index: OnceLock<Index>,
}

/// A rule: the end of its line, its chain and its reason. It begins where the one before ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    end: usize,
    chain: Name,
    reason: Reason,
}

/// A chain by its name: its place among the chain lines, and its rules.
type Index = BTreeMap<Name, (Option<usize>, Vec<usize>)>;

impl TableText {
    pub(crate) fn new(table: TableName) -> Self {
        TableText {
            table,
            heads: String::new(),
            body: String::new(),
            chains: Vec::new(),
            rules: Vec::new(),
            index: OnceLock::new(),
        }
    }

    /// Makes room for a number of endpoints, by what they commonly take.
    pub(crate) fn reserve(&mut self, ports: usize, endpoints: usize) {
        self.chains.reserve(ports * 2 + endpoints);
        self.heads.reserve(36 * (ports * 2 + endpoints));
        self.rules.reserve(ports * 4 + endpoints * 3);
        self.body.reserve(ports * 400 + endpoints * 420);
    }

    /// Writes a chain's line.
    pub(crate) fn chain(&mut self, name: Name, why: ChainWhy) {
        self.heads.push(':');
        self.heads.push_str(name.as_str());
        self.heads.push_str(" - [0:0]\n");
        self.chains.push((name, why));
    }

    /// Writes a rule: its parts follow `-A CHAIN ` with nothing between them.
    pub(crate) fn rule(&mut self, chain: Name, reason: Reason, parts: &[&str]) {
        self.body.push_str("-A ");
        self.body.push_str(chain.as_str());
        self.body.push(' ');
        for part in parts {
            self.body.push_str(part);
        }
        self.body.push('\n');
        self.rules.push(Entry {
            end: self.body.len(),
            chain,
            reason,
        });
    }

    /// How long [`Self::write`] makes the text.
    pub(crate) fn len(&self) -> usize {
        self.heads.len() + self.body.len() + 24
    }

    /// The table as iptables-restore takes it.
    pub(crate) fn write(&self, out: &mut String) {
        out.push('*');
        out.push_str(self.table.name());
        out.push('\n');
        out.push_str(&self.heads);
        out.push_str(&self.body);
        out.push_str("COMMIT\n");
    }

    /// The chains in the order of their lines.
    pub fn chains(&self) -> impl Iterator<Item = &str> {
        self.chains.iter().map(|(name, _)| name.as_str())
    }

    /// Every rule's chain and the text after `-A CHAIN `, in written order.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &str)> {
        (0..self.rules.len()).map(|at| self.rule_at(at))
    }

    fn rule_at(&self, at: usize) -> (&str, &str) {
        let start = match at.checked_sub(1) {
            Some(before) => self.rules[before].end,
            None => 0,
        };
        let entry = &self.rules[at];
        let chain = entry.chain.as_str();
        let args = start + "-A ".len() + chain.len() + 1;
        (chain, &self.body[args..entry.end - 1])
    }

    /// How many rules there are.
    pub fn rule_count(&self) -> usize {
        self.rules.len()
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let mut index = Index::new();
            for (at, (name, _)) in self.chains.iter().enumerate() {
                index.entry(*name).or_default().0 = Some(at);
            }
            for (at, entry) in self.rules.iter().enumerate() {
                index.entry(entry.chain).or_default().1.push(at);
            }
            index
        })
    }

    /// The reason of a chain's rule, by its place from zero.
    pub(crate) fn reason(&self, chain: &str, at: usize) -> Option<Reason> {
        let (_, rules) = self.index().get(&Name::fixed(chain))?;
        Some(self.rules[*rules.get(at)?].reason)
    }

    /// How many rules a chain has.
    pub(crate) fn rules_in(&self, chain: &str) -> usize {
        let found = self.index().get(&Name::fixed(chain));
        found.map_or(0, |(_, rules)| rules.len())
    }

    /// What a chain is for.
    pub(crate) fn purpose(&self, chain: &str) -> Option<ChainWhy> {
        let (at, _) = self.index().get(&Name::fixed(chain))?;
        Some(self.chains[(*at)?].1)
    }
}

impl PartialEq for TableText {
    /// The index is made from the rest, and does not count.
    fn eq(&self, other: &Self) -> bool {
        self.table == other.table
            && self.heads == other.heads
            && self.body == other.body
            && self.chains == other.chains
            && self.rules == other.rules
    }
}

impl Eq for TableText {}

impl fmt::Debug for TableText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(self.len());
        self.write(&mut text);
        f.write_str(&text)
    }
}
