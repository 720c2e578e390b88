//! The façade: text in, plain data out.
//!
//! A [`Lab`] is a cluster with its rules on every node and the network under it. It wires the rooms
//! below together and adds nothing of its own: [`cluster`] reads and decides, [`kube_proxy`] writes the
//! rules, [`fabric`] walks the packets. Everything above (command line, page) talks to this crate.

pub mod ask;
pub mod origin;

use std::collections::BTreeMap;
use std::net::IpAddr;

pub use cluster::{ClusterState, Diagnostic, IpFamily, Plan, Preset, Severity, Source, Span};
pub use fabric::{Journey, Ns};
pub use kube_proxy::{Dialect, ProxyRules};
pub use netfilter::{RuleRef, Ruleset};

pub use ask::{Ask, AskError, Destination, From};
pub use origin::RuleOrigin;

/// What a person states beside the YAML.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// The address plan.
    pub plan: Plan,
    /// Which kube-proxy.
    pub dialect: Dialect,
    /// What the interfaces of the node carry whose rules are asked for, when stated (`--address`).
    pub addresses: BTreeMap<String, Vec<IpAddr>>,
    /// Rules that replace a node's own: iptables-save or iptables-restore text by node name.
    pub rules: BTreeMap<String, String>,
}

/// A cluster, its rules and its network.
#[derive(Debug)]
pub struct Lab {
    cluster: ClusterState,
    diagnostics: Vec<Diagnostic>,
}

/// One connection and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trip {
    /// The name that was looked up and the address it gave, where the destination was a name. The lookup itself is not walked.
    pub resolved: Option<(String, IpAddr)>,
    /// Destination address as sent.
    pub dst: IpAddr,
    /// Everything that happened.
    pub journey: Journey,
}

impl Lab {
    /// Reads everything. Never fails: what is wrong stands in [`Lab::diagnostics`].
    pub fn load(sources: &[Source], options: &Options) -> Lab {
        let (cluster, diagnostics) = cluster::load(sources, &options.plan);
        Lab {
            cluster,
            diagnostics,
        }
    }

    /// The cluster.
    pub fn cluster(&self) -> &ClusterState {
        &self.cluster
    }

    /// Everything wrong or remarkable, in the order of the text.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }
}
