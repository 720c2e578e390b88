//! KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1).

use super::view::View;
use crate::source::ObjectId;
use crate::state::{DetectLocal, NodePortAddress, ProxyConfig, ProxyMode};

/// Reads a KubeProxyConfiguration; what it leaves out is kube-proxy's own default.
pub fn decode(root: View<'_>, object: ObjectId) -> ProxyConfig {
    let defaults = ProxyConfig::default();
    let iptables = root.get("iptables");
    let detect = root.get("detectLocal");
    let mut cluster_cidrs = Vec::new();
    let stated = root.get("clusterCIDR").text().unwrap_or_default();
    for cidr in stated.split(',').filter_map(super::cidr) {
        super::push_per_family(&mut cluster_cidrs, cidr);
    }
    ProxyConfig {
        object: Some(object),
        hostname_override: root.get("hostnameOverride").word().map(str::to_owned),
        mode: match root.get("mode").text() {
            Some("nftables") => ProxyMode::Nftables,
            Some("ipvs") => ProxyMode::Ipvs,
            _ => ProxyMode::Iptables,
        },
        cluster_cidrs,
        detect_local: match root.get("detectLocalMode").text() {
            Some("NodeCIDR") => DetectLocal::NodeCidr,
            Some("BridgeInterface") => DetectLocal::BridgeInterface,
            Some("InterfaceNamePrefix") => DetectLocal::InterfaceNamePrefix,
            Some("None") => DetectLocal::None,
            _ => DetectLocal::ClusterCidr,
        },
        bridge_interface: detect.get("bridgeInterface").string(),
        interface_name_prefix: detect.get("interfaceNamePrefix").string(),
        masquerade_all: iptables.get("masqueradeAll").flag().unwrap_or(false),
        masquerade_bit: iptables
            .get("masqueradeBit")
            .int()
            .and_then(|bit| u8::try_from(bit).ok())
            .filter(|bit| *bit < 32)
            .unwrap_or(defaults.masquerade_bit),
        localhost_node_ports: iptables
            .get("localhostNodePorts")
            .flag()
            .unwrap_or(defaults.localhost_node_ports),
        node_port_addresses: root
            .get("nodePortAddresses")
            .strings()
            .filter_map(|address| match address {
                "primary" => Some(NodePortAddress::Primary),
                range => super::cidr(range).map(NodePortAddress::Cidr),
            })
            .collect(),
        conntrack_tcp_be_liberal: root
            .get("conntrack")
            .get("tcpBeLiberal")
            .flag()
            .unwrap_or(defaults.conntrack_tcp_be_liberal),
    }
}
