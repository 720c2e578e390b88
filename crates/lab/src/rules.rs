//! One node's rules: kube-proxy's, or those a person put in their place.

use std::net::IpAddr;

use cluster::{ClusterState, IpFamily};
use kube_proxy::ProxyRules;
use netfilter::{ChainKind, ChainName, Family, Hook, Policy, Ruleset, TableName};

use crate::Options;

/// A node's rules in one family.
#[derive(Debug, Clone)]
pub struct NodeRules {
    /// What kube-proxy writes there.
    pub proxy: ProxyRules,
    /// What the kernel then has; other than `proxy` where a person replaced it.
    pub ruleset: Ruleset,
    /// Whether a person replaced it.
    pub replaced: bool,
}

impl NodeRules {
    pub(crate) fn compute(
        cluster: &ClusterState,
        options: &Options,
        node: &str,
        family: IpFamily,
    ) -> NodeRules {
        let proxy = kube_proxy::sync(
            cluster,
            node,
            family,
            &kube_proxy::Options {
                dialect: options.dialect,
                interface_addresses: interface_addresses(cluster, options, node),
                random_fully: true,
                nfacct: true,
            },
        );
        let of = match family {
            IpFamily::Ipv4 => Family::Ipv4,
            IpFamily::Ipv6 => Family::Ipv6,
        };
        let replacement = options.rules.get(node).filter(|r| r.family == of);
        let mut ruleset = replacement.cloned().unwrap_or_else(|| proxy.ruleset());
        if cluster.network.forward_policy == "DROP" && replacement.is_none() {
            drop_forward(&mut ruleset);
        }
        NodeRules {
            replaced: replacement.is_some(),
            proxy,
            ruleset,
        }
    }
}

/// What `--address` states, else the node's InternalIPs, loopback, and its pods' gateways, which
/// the network plugin puts on the bridge.
fn interface_addresses(cluster: &ClusterState, options: &Options, node: &str) -> Vec<IpAddr> {
    if let Some(stated) = options.addresses.get(node) {
        return stated.iter().map(|net| net.addr()).collect();
    }
    let Some(node) = cluster.node(node) else {
        return Vec::new();
    };
    let loopback = [
        IpAddr::from([127, 0, 0, 1]),
        IpAddr::from(std::net::Ipv6Addr::LOCALHOST),
    ];
    let gateways = node
        .pod_cidrs
        .iter()
        .filter_map(|cidr| cidr.hosts().find(|a| *a != cidr.network()));
    loopback
        .into_iter()
        .chain(node.internal_ips.iter().copied())
        .chain(gateways)
        .collect()
}

fn drop_forward(ruleset: &mut Ruleset) {
    let filter = ruleset
        .tables
        .entry(TableName::Filter)
        .or_insert_with(|| netfilter::Table::empty(TableName::Filter));
    let name = ChainName::new(Hook::Forward.name()).expect("a hook's name is a chain's name");
    let kind = ChainKind::Base {
        hook: Hook::Forward,
        policy: Policy::Drop,
    };
    filter.ensure(name, kind).kind = kind;
}
