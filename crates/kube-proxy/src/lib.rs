//! The rules that kube-proxy writes in iptables mode, each with its reason.
//!
//! [`sync`] is a pure function of a cluster, a node, a family and [`Options`]. It is written from what
//! kube-proxy does, to the byte, and knows nothing of packets.

use std::net::IpAddr;

use cluster::{ClusterState, IpFamily, ObjectId};
use netfilter::{Ruleset, TableName};

/// Which kube-proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Dialect {
    /// v1.20 to v1.22
    V1_20,
    /// v1.23
    V1_23,
    /// v1.24 to v1.26
    V1_25,
    /// v1.27 to v1.30
    #[default]
    V1_30,
    /// The newest read, about v1.35.
    Newest,
}

/// What kube-proxy finds on the node besides the cluster's objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Which version's text.
    pub dialect: Dialect,
    /// What the node's interfaces carry (`nodePortAddresses` are looked up in it).
    pub interface_addresses: Vec<IpAddr>,
    /// Whether iptables knows `--random-fully`.
    pub random_fully: bool,
    /// Whether the kernel has nfacct counters (newest only).
    pub nfacct: bool,
}

/// Who wrote a rule and which field made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The object; `None` where the rule stands in every cluster.
    pub object: Option<ObjectId>,
    /// The field, as `spec.ports[0].port`; empty for the whole object.
    pub field: String,
    /// What the rule is for, in one sentence of ours.
    pub why: String,
}

/// One rule as kube-proxy writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its chain.
    pub chain: String,
    /// What stands after `-A CHAIN `.
    pub args: String,
    /// Its reason.
    pub origin: Origin,
}

/// One table of the iptables-restore input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableText {
    /// Its name.
    pub table: TableName,
    /// `:CHAIN - [0:0]` lines in order, each with a sentence of what the chain is for.
    pub chains: Vec<(String, String)>,
    /// `-A` lines in order.
    pub rules: Vec<Line>,
}

/// Everything kube-proxy does to one node and family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyRules {
    /// The family.
    pub family: IpFamily,
    /// The iptables-restore input: filter, then nat.
    pub tables: Vec<TableText>,
    /// The jumps from base chains, in the order in which they then stand there, by table.
    pub jumps: Vec<(TableName, Line)>,
    /// Chains that are made but stand in no table text of [`Self::tables`].
    pub ensured: Vec<(TableName, String)>,
}

impl ProxyRules {
    /// The text given to iptables-restore, `*filter` first.
    pub fn restore(&self) -> String {
        String::new()
    }
    /// What the node then has, base chains and jumps included.
    pub fn ruleset(&self) -> Ruleset {
        Ruleset::empty(netfilter::Family::Ipv4)
    }
}

/// The rules for a node. A node that the cluster does not have gets those of a node without addresses.
pub fn sync(cluster: &ClusterState, node: &str, family: IpFamily, options: &Options) -> ProxyRules {
    let _ = (cluster, node, options);
    ProxyRules {
        family,
        tables: Vec::new(),
        jumps: Vec::new(),
        ensured: Vec::new(),
    }
}
