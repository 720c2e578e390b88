//! What kube-proxy finds out about its node before it writes rules: how a pod's packet is known, and
//! at which addresses node ports answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use cluster::{DetectLocal, IpFamily, Node, NodePortAddress, ProxyConfig};
use ipnet::IpNet;

use crate::Dialect;

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

/// Whether the addresses that a network plugin gives its bridge count among a node's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginAddresses {
    /// The first address of each podCIDR is on the node, as the bridge and host-local plugins put it.
    Gateways,
    /// The same, and each podCIDR's own first address, which flannel gives to its tunnel's device.
    GatewaysAndTunnel,
    /// Pods have no gateway of their own on the node (point-to-point plugins, Calico).
    None,
}

/// What a node's interfaces carry where nobody states it: loopback, its InternalIPs, and what the
/// network plugin adds.
pub fn default_interface_addresses(node: &Node, plugin: PluginAddresses) -> Vec<IpAddr> {
    let mut addresses = vec![
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::LOCALHOST),
    ];
    addresses.extend(&node.internal_ips);
    if plugin != PluginAddresses::None {
        addresses.extend(node.pod_cidrs.iter().map(gateway));
    }
    if plugin == PluginAddresses::GatewaysAndTunnel {
        addresses.extend(node.pod_cidrs.iter().map(IpNet::network));
    }
    addresses
}

/// The first address after a range's own.
fn gateway(range: &IpNet) -> IpAddr {
    match range.network() {
        IpAddr::V4(ip) => Ipv4Addr::from_bits(ip.to_bits().saturating_add(1)).into(),
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits().saturating_add(1)).into(),
    }
}

/// How a pod's packet is told from others, as iptables arguments
/// (`pkg/proxy/util/localdetector.go`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Detector {
    pub(crate) if_local: String,
    pub(crate) if_not_local: String,
}

impl Detector {
    /// `None` where the mode asks for none, or for something that is not there.
    pub(crate) fn of(
        config: &ProxyConfig,
        node: Option<&Node>,
        family: IpFamily,
        dialect: Dialect,
    ) -> Option<Self> {
        let by_source = |ranges: &[IpNet]| {
            let range = ranges.iter().find(|r| IpFamily::of(r.addr()) == family)?;
            Some(Detector::by("-s", &range.to_string()))
        };
        match config.detect_local {
            DetectLocal::ClusterCidr => by_source(&config.cluster_cidrs),
            DetectLocal::NodeCidr => by_source(&node?.pod_cidrs),
            // Known since v1.24.
            DetectLocal::BridgeInterface | DetectLocal::InterfaceNamePrefix
                if dialect < Dialect::V1_25 =>
            {
                None
            }
            DetectLocal::BridgeInterface => Detector::by_interface(&config.bridge_interface, ""),
            DetectLocal::InterfaceNamePrefix => {
                Detector::by_interface(&config.interface_name_prefix, "+")
            }
            DetectLocal::None => None,
        }
    }

    fn by_interface(name: &str, suffix: &str) -> Option<Self> {
        (!name.is_empty()).then(|| Detector::by("-i", &format!("{name}{suffix}")))
    }

    fn by(option: &str, value: &str) -> Self {
        Detector {
            if_local: format!("{option} {value}"),
            if_not_local: format!("! {option} {value}"),
        }
    }
}

/// Where node ports answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NodePortPlaces {
    /// At every address of the node.
    All,
    /// At these alone.
    Only(Vec<IpAddr>),
}

/// `nodePortAddresses` applied to a node (`pkg/proxy/util/nodeport_addresses.go`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NodePorts {
    pub(crate) places: NodePortPlaces,
    /// Whether they answer at 127.0.0.1 too, which takes `route_localnet` and KUBE-FIREWALL.
    pub(crate) localhost: bool,
}

impl NodePorts {
    pub(crate) fn of(
        config: &ProxyConfig,
        node: Option<&Node>,
        family: IpFamily,
        options: &Options,
    ) -> Self {
        let stated: Vec<IpNet> = stated(config, node, options.dialect)
            .into_iter()
            .filter(|net| IpFamily::of(net.addr()) == family)
            .collect();
        let everything = stated.is_empty() || stated.iter().any(|net| net.prefix_len() == 0);
        // kube-proxy's own test for loopback: the range begins in it, or holds 127.0.0.0.
        let loopback = everything
            || stated.iter().any(|net| {
                net.network().is_loopback() || net.contains(&IpAddr::from([127, 0, 0, 0]))
            });
        let asked = config.localhost_node_ports || !options.dialect.knows_localhost_node_ports();
        let localhost = family == IpFamily::Ipv4 && asked && loopback;
        let places = if everything {
            NodePortPlaces::All
        } else {
            let mut found: Vec<IpAddr> = options
                .interface_addresses
                .iter()
                .filter(|ip| stated.iter().any(|net| net.contains(*ip)))
                .copied()
                .collect();
            // kube-proxy collects them in a Go map; by text they have one order.
            found.sort_by_cached_key(IpAddr::to_string);
            found.dedup();
            NodePortPlaces::Only(found)
        };
        NodePorts { places, localhost }
    }
}

/// The ranges stated; `primary` stands for the node's own addresses.
fn stated(config: &ProxyConfig, node: Option<&Node>, dialect: Dialect) -> Vec<IpNet> {
    let mut nets = Vec::new();
    for address in &config.node_port_addresses {
        match address {
            NodePortAddress::Cidr(net) => nets.push(*net),
            NodePortAddress::Primary if dialect.knows_primary() => {
                let own = node.map(|n| n.internal_ips.as_slice()).unwrap_or_default();
                nets.extend(own.iter().map(|ip| IpNet::from(*ip)));
            }
            NodePortAddress::Primary => {}
        }
    }
    nets
}
