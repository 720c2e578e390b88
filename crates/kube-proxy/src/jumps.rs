//! How the kernel's own chains come to call kube-proxy's: the jumps, made before the rules are loaded.
//!
//! kube-proxy's `iptablesJumpChains`. Each jump is put in front of those that are there already, so
//! what is listed here is their order afterwards.

use netfilter::TableName;
use netfilter::TableName::{Filter, Nat};

use crate::Dialect;

/// A jump from a base chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jump {
    /// The table.
    pub table: TableName,
    /// The base chain.
    pub base: &'static str,
    /// What stands after `-A CHAIN `.
    pub args: &'static str,
    /// What it is for.
    pub(crate) why: &'static str,
    since: Dialect,
}

const fn jump(
    table: TableName,
    base: &'static str,
    args: &'static str,
    since: Dialect,
    why: &'static str,
) -> Jump {
    Jump {
        table,
        base,
        args,
        why,
        since,
    }
}

const TO_FIREWALL: &str = "-j KUBE-FIREWALL";
const TO_PROXY_FIREWALL: &str = "-m conntrack --ctstate NEW -m comment --comment \"kubernetes load balancer firewall\" -j KUBE-PROXY-FIREWALL";
const TO_HEALTH: &str =
    "-m comment --comment \"kubernetes health check service ports\" -j KUBE-NODEPORTS";
const TO_EXTERNAL: &str = "-m conntrack --ctstate NEW -m comment --comment \"kubernetes externally-visible service portals\" -j KUBE-EXTERNAL-SERVICES";
const TO_FORWARD: &str = "-m comment --comment \"kubernetes forwarding rules\" -j KUBE-FORWARD";
const TO_NEW_SERVICES: &str = "-m conntrack --ctstate NEW -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES";
const TO_SERVICES: &str = "-m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES";
const TO_POSTROUTING: &str =
    "-m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING";

/// All jumps, by base chain in the order in which they stand there. KUBE-FIREWALL was kubelet's until
/// v1.27.
const JUMPS: [Jump; 14] = [
    jump(
        Filter,
        "INPUT",
        TO_FIREWALL,
        Dialect::V1_30,
        "What is for this node is first checked for strangers at its loopback addresses.",
    ),
    jump(
        Filter,
        "INPUT",
        TO_PROXY_FIREWALL,
        Dialect::V1_25,
        "New connections that loadBalancerSourceRanges did not let in end here.",
    ),
    jump(
        Filter,
        "INPUT",
        TO_HEALTH,
        Dialect::V1_23,
        "Load balancers that ask after this node's health are let in.",
    ),
    jump(
        Filter,
        "INPUT",
        TO_EXTERNAL,
        Dialect::V1_20,
        "New connections to an outside address that nothing can answer end here.",
    ),
    jump(
        Filter,
        "FORWARD",
        TO_PROXY_FIREWALL,
        Dialect::V1_25,
        "New connections that loadBalancerSourceRanges did not let in end here.",
    ),
    jump(
        Filter,
        "FORWARD",
        TO_FORWARD,
        Dialect::V1_20,
        "What Services sent on its way is let through.",
    ),
    jump(
        Filter,
        "FORWARD",
        TO_NEW_SERVICES,
        Dialect::V1_20,
        "New connections to a cluster address that nothing can answer end here.",
    ),
    jump(
        Filter,
        "FORWARD",
        TO_EXTERNAL,
        Dialect::V1_20,
        "New connections to an outside address that nothing can answer end here.",
    ),
    jump(
        Filter,
        "OUTPUT",
        TO_FIREWALL,
        Dialect::V1_30,
        "What this node sends is first checked for strangers at its loopback addresses.",
    ),
    jump(
        Filter,
        "OUTPUT",
        TO_PROXY_FIREWALL,
        Dialect::V1_25,
        "This node's new connections that loadBalancerSourceRanges did not let in end here.",
    ),
    jump(
        Filter,
        "OUTPUT",
        TO_NEW_SERVICES,
        Dialect::V1_20,
        "This node's new connections to a cluster address that nothing can answer end here.",
    ),
    jump(
        Nat,
        "PREROUTING",
        TO_SERVICES,
        Dialect::V1_20,
        "Whatever comes in is looked up among the Services' addresses.",
    ),
    jump(
        Nat,
        "OUTPUT",
        TO_SERVICES,
        Dialect::V1_20,
        "Whatever this node sends is looked up among the Services' addresses.",
    ),
    jump(
        Nat,
        "POSTROUTING",
        TO_POSTROUTING,
        Dialect::V1_20,
        "On the way out, marked packets have their source rewritten.",
    ),
];

/// The jumps of a version, in their final order.
pub(crate) fn jumps(dialect: Dialect) -> impl Iterator<Item = &'static Jump> {
    JUMPS.iter().filter(move |jump| jump.since <= dialect)
}

/// Chains that are made although the version's text may not fill them: jumped to before v1.27, or
/// while localhost node ports are off.
pub(crate) fn ensured(dialect: Dialect) -> &'static [(TableName, &'static str)] {
    match dialect {
        Dialect::V1_20 | Dialect::V1_23 => &[(Nat, "KUBE-MARK-DROP")],
        Dialect::V1_25 => &[],
        Dialect::V1_30 | Dialect::Newest => &[(Filter, "KUBE-FIREWALL")],
    }
}
