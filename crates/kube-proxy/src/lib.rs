//! The rules that kube-proxy writes in iptables mode, each with its reason.
//!
//! [`sync`] is a pure function of a cluster, a node, a family and [`Options`]. It is written from what
//! kube-proxy does, to the byte, and knows nothing of packets.

mod applied;
mod dialect;
mod endpoints;
mod ignored;
mod jumps;
mod names;
mod node;
mod reason;
mod services;
mod table;
mod write;

use cluster::{ClusterState, IpFamily};
use netfilter::{Ruleset, TableName};

pub use dialect::Dialect;
pub use ignored::{Ignored, ignored};
pub use jumps::Jump;
pub use node::{Options, PluginAddresses, default_interface_addresses};
pub use reason::Origin;
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
}

impl ProxyRules {
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
    /// chain kube-proxy's own jumps count from the first.
    pub fn origin(&self, table: TableName, chain: &str, number: usize) -> Option<Origin> {
        if let Some(reason) = self.table(table)?.reason(chain, number) {
            return Some(self.facts.origin(reason));
        }
        let mut jumps = self.jumps().filter(|j| j.table == table && j.base == chain);
        let jump = jumps.nth(number.checked_sub(1)?)?;
        Some(Origin {
            object: None,
            field: String::new(),
            why: jump.why.to_string(),
        })
    }

    /// What the chain is for, in one sentence; `None` for chains that are not kube-proxy's.
    pub fn chain_purpose(&self, table: TableName, chain: &str) -> Option<String> {
        let why = self.table(table)?.purpose(chain).or_else(|| {
            let mut made = self.ensured().iter();
            made.find(|(of, name)| *of == table && *name == chain)
                .map(|(_, name)| match *name {
                    "KUBE-MARK-DROP" => reason::ChainWhy::MarkDrop,
                    _ => reason::ChainWhy::Firewall,
                })
        })?;
        Some(self.facts.chain(why))
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
    }
}
