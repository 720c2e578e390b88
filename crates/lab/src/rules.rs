//! One node's rules: kube-proxy's, or those a person put in their place.

use std::net::IpAddr;

use cluster::{ClusterState, IpFamily};
use kube_proxy::{Companion, PluginAddresses, ProxyRules, default_interface_addresses};
use netfilter::{ChainKind, ChainName, Family, Hook, ParseError, Policy, Ruleset, TableName};

use crate::{Lack, Options, PluginRules};

/// A node's rules in one family.
#[derive(Debug, Clone)]
pub struct NodeRules {
    /// What kube-proxy writes there, and who stands beside it.
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
        let mut beside = options.companions.clone();
        beside.retain(|companion| *companion != Companion::Plugin);
        if options.plugin == PluginRules::Present {
            beside.push(Companion::Plugin);
        }
        let proxy = proxy(cluster, options, node, family).with(&beside);
        let of = match family {
            IpFamily::Ipv4 => Family::Ipv4,
            IpFamily::Ipv6 => Family::Ipv6,
        };
        let replacement = options.rules.get(node).filter(|r| r.family == of);
        let mut ruleset = replacement.cloned().unwrap_or_else(|| proxy.ruleset());
        if cluster.network.forward_policy == "DROP" && replacement.is_none() {
            drop_forward(&mut ruleset);
        }
        let changed = options.changed.get(&(node.to_owned(), of));
        if let Some(changed) = changed {
            ruleset = changed.clone();
        }
        NodeRules {
            replaced: replacement.is_some() || changed.is_some(),
            proxy,
            ruleset,
        }
    }
}

/// What kube-proxy itself writes on a node.
pub(crate) fn proxy(
    cluster: &ClusterState,
    options: &Options,
    node: &str,
    family: IpFamily,
) -> ProxyRules {
    let options = kube_proxy::Options {
        dialect: options.dialect,
        interface_addresses: interface_addresses(cluster, options, node),
        random_fully: !options.lacks.contains(&Lack::RandomFully),
        nfacct: !options.lacks.contains(&Lack::Nfacct),
    };
    kube_proxy::sync(cluster, node, family, &options)
}

/// What `--address` states, else what such a node carries by itself.
fn interface_addresses(cluster: &ClusterState, options: &Options, node: &str) -> Vec<IpAddr> {
    if let Some(stated) = options.addresses.get(node) {
        return stated.iter().map(|net| net.addr()).collect();
    }
    let network = &cluster.network;
    let plugin = match (network.attach.as_str(), network.network.as_str()) {
        ("calico", _) => PluginAddresses::None,
        (_, "vxlan") => PluginAddresses::GatewaysAndTunnel,
        _ => PluginAddresses::Gateways,
    };
    let found = cluster.node(node);
    found
        .map(|n| default_interface_addresses(n, plugin))
        .unwrap_or_default()
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
/// Reads the text that replaces a node's rules.
///
/// Text without a base chain is what kube-proxy gives to `iptables-restore --noflush` on a node that
/// has its jumps already, so it is laid over `jumps`, that node's own rules.
pub(crate) fn replacement(
    text: &str,
    family: Family,
    jumps: &ProxyRules,
) -> Result<Ruleset, ParseError> {
    let parsed = Ruleset::parse(family, text)?;
    let touches_base = text.lines().any(|line| {
        let name = line.strip_prefix(':').or_else(|| line.strip_prefix("-A "));
        let name = name.and_then(|l| l.split_whitespace().next()).unwrap_or("");
        matches!(
            name,
            "PREROUTING" | "INPUT" | "FORWARD" | "OUTPUT" | "POSTROUTING"
        )
    });
    if touches_base {
        return Ok(parsed);
    }
    let mut ruleset = jumps.ruleset();
    ruleset.apply_restore(text)?;
    Ok(ruleset)
}
