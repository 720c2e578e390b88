//! The rules that kube-proxy writes in iptables mode, each with its reason.
//!
//! [`sync`] is a pure function of a cluster, a node, a family and [`Options`]. It is written from what
//! kube-proxy does, to the byte, and knows nothing of packets.

mod applied;
mod companions;
mod dialect;
mod endpoints;
mod ignored;
mod jumps;
mod names;
mod node;
mod plugin;
mod quick;
mod reason;
mod services;
mod stale;
mod table;
mod write;

use cluster::{ClusterState, IpFamily};
use netfilter::{Ruleset, TableName};

pub use companions::Companion;
pub use dialect::Dialect;
pub use ignored::{Ignored, ignored};
pub use jumps::Jump;
pub use node::{Options, PluginAddresses, default_interface_addresses};
pub use plugin::{Plugin, plugin_sets};
pub use reason::Origin;
pub use stale::{Backend, Stale, stale};
pub use table::TableText;

use reason::Facts;

/// Everything kube-proxy does to one node and family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyRules {
    /// The family.
    pub family: IpFamily,
    /// Which version wrote them.
    pub dialect: Dialect,
    filter: TableText,
    nat: TableText,
    facts: Facts,
    /// What stands beside them.
    beside: Vec<companions::Beside>,
    /// What the network plugin would put there.
    plugin: Vec<companions::Beside>,
}

impl ProxyRules {
    /// The same with what others put beside them, in [`Self::ruleset`], [`Self::origin`] and
    /// [`Self::chain_purpose`]; the text of [`Self::restore`] is kube-proxy's alone and stays.
    pub fn with(mut self, companions: &[Companion]) -> Self {
        let all = companions::rules(self.dialect, self.family);
        let all = all.chain(self.plugin.iter().cloned());
        self.beside = all.filter(|b| companions.contains(&b.who)).collect();
        self
    }

    /// The text given to iptables-restore, `*filter` first.
    pub fn restore(&self) -> String {
        let mut text = String::with_capacity(self.filter.len() + self.nat.len());
        self.filter.write(&mut text);
        self.nat.write(&mut text);
        text
    }

    /// The tables of [`Self::restore`], filter first.
    pub fn tables(&self) -> [&TableText; 2] {
        [&self.filter, &self.nat]
    }

    /// The jumps from base chains, by chain in the order in which they then stand there.
    pub fn jumps(&self) -> impl Iterator<Item = &'static Jump> {
        jumps::jumps(self.dialect)
    }

    /// Chains that are made beforehand, whether or not the text fills them.
    pub fn ensured(&self) -> &'static [(TableName, &'static str)] {
        jumps::ensured(self.dialect)
    }

    /// What the node then has, base chains and jumps included.
    pub fn ruleset(&self) -> Ruleset {
        applied::ruleset(self)
    }

    /// Why the rule stands there: its 1-based number in its chain, as `iptables -S` counts. In a base
    /// chain kube-proxy's own jumps count from the first that nobody put in front of them.
    pub fn origin(&self, table: TableName, chain: &str, number: usize) -> Option<Origin> {
        let at = number.checked_sub(1)?;
        let mut rules: Vec<&companions::Beside> = self.beside(table, chain).collect();
        rules.retain(|b| !b.args.is_empty());
        let front: Vec<_> = rules.extract_if(.., |b| b.is_in_front()).collect();
        if let Some(beside) = front.get(at) {
            return Some(Origin::of_node(beside.written_by, beside.why));
        }
        let at = at - front.len();
        let text = self.table(table);
        if let Some(reason) = text.and_then(|text| text.reason(chain, at)) {
            return Some(self.facts.origin(reason));
        }
        let jumps = || self.jumps().filter(|j| j.table == table && j.base == chain);
        if let Some(jump) = jumps().nth(at) {
            return Some(Origin::of_node("kube-proxy", jump.why));
        }
        let own = jumps().count() + text.map_or(0, |text| text.rules_in(chain));
        let beside = rules.get(at.checked_sub(own)?)?;
        Some(Origin::of_node(beside.written_by, beside.why))
    }

    /// What the chain is for, in one sentence; `None` for chains that are neither kube-proxy's nor its
    /// companions'.
    pub fn chain_purpose(&self, table: TableName, chain: &str) -> Option<String> {
        if let Some(why) = self.table(table).and_then(|text| text.purpose(chain)) {
            return Some(self.facts.chain(why));
        }
        if let Some(beside) = self.beside(table, chain).find(|b| b.args.is_empty()) {
            return Some(beside.why.to_string());
        }
        let mut made = self.ensured().iter();
        let why = made.find(|(of, name)| *of == table && *name == chain);
        why.map(|(_, name)| {
            self.facts.chain(match *name {
                "KUBE-MARK-DROP" => reason::ChainWhy::MarkDrop,
                _ => reason::ChainWhy::Firewall,
            })
        })
    }

    fn beside<'a>(
        &'a self,
        table: TableName,
        chain: &'a str,
    ) -> impl Iterator<Item = &'a companions::Beside> + 'a {
        let there = move |b: &&companions::Beside| b.table == table && b.chain == chain;
        self.beside.iter().filter(there)
    }

    fn table(&self, table: TableName) -> Option<&TableText> {
        match table {
            TableName::Filter => Some(&self.filter),
            TableName::Nat => Some(&self.nat),
            TableName::Raw | TableName::Mangle | TableName::Security => None,
        }
    }
}

/// The rules for a node. A node that the cluster does not have gets those of a node without addresses.
pub fn sync(cluster: &ClusterState, node: &str, family: IpFamily, options: &Options) -> ProxyRules {
    let (filter, nat, facts) = write::write(cluster, node, family, options);
    ProxyRules {
        family,
        dialect: options.dialect,
        filter,
        nat,
        facts,
        beside: Vec::new(),
        plugin: plugin::rules(cluster, node, family),
    }
}
