//! What there is: nodes, pods, hosts outside, and how they are joined.
//!
//! The words are those of the recorded kernel cases (`tests/oracle/kernel`).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use netfilter::Protocol;

/// How a node's pods are attached to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Attach {
    /// veth pairs into a bridge that holds the gateway address (flannel, the bridge plugin).
    #[default]
    Bridge,
    /// One veth each, every host end carrying the gateway address (kindnet's ptp plugin).
    Ptp,
    /// One veth each, the host end without an address; 169.254.1.1 by proxy ARP (calico).
    Calico,
}

/// How pod traffic crosses from node to node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Network {
    /// Plain routes over the nodes' network.
    #[default]
    HostGw,
    /// flannel's VXLAN device, which carries the first address of the node's podCIDR.
    Vxlan,
}

/// Open ports by protocol.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listen {
    /// Ports somebody listens on, whatever the address.
    pub ports: BTreeSet<(Protocol, u16)>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSpec {
    /// Its name.
    pub name: String,
    /// Its addresses on the nodes' network, at most one per family.
    pub ips: Vec<IpAddr>,
    /// Its pods' networks, at most one per family. The gateway is the first host address.
    pub pod_cidrs: Vec<IpNet>,
    /// Whether it has a default route.
    pub default_route: bool,
    /// sysctls that differ from the topology's.
    pub sysctl: BTreeMap<String, String>,
    /// Ports on which its own processes listen.
    pub listen: Listen,
    /// Exactly what its interfaces carry, where that was stated; else what the other fields imply.
    pub addresses: Option<Vec<IpNet>>,
}

/// A pod with a network namespace of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodSpec {
    /// A name that no other namespace has.
    pub name: String,
    /// Its addresses, at most one per family.
    pub ips: Vec<IpAddr>,
    /// Its node's name.
    pub node: String,
    /// Ports on which it listens.
    pub listen: Listen,
}

/// A host on the nodes' network that is no node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalSpec {
    /// A name that no other namespace has.
    pub name: String,
    /// Its addresses.
    pub ips: Vec<IpAddr>,
    /// Its routes beyond its own network: destination, and the node to go by.
    pub routes: Vec<(IpNet, String)>,
    /// Ports on which it listens.
    pub listen: Listen,
}

/// All there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// The nodes.
    pub nodes: Vec<NodeSpec>,
    /// The pods.
    pub pods: Vec<PodSpec>,
    /// Hosts outside.
    pub external: Vec<ExternalSpec>,
    /// How pods are attached.
    pub attach: Attach,
    /// How nodes are joined.
    pub network: Network,
    /// `hairpin_mode` on the bridge's ports.
    pub hairpin: bool,
    /// `net.bridge.bridge-nf-call-iptables`.
    pub bridge_nf: bool,
    /// sysctls on every node.
    pub sysctl: BTreeMap<String, String>,
    /// ipsets on every node, with their members; what is asked about any other is not modelled.
    pub sets: BTreeMap<String, Vec<IpNet>>,
    /// The pods' bridge: `cni0`.
    pub bridge: String,
    /// The nodes' uplink: `eth0`.
    pub uplink: String,
    /// Prefix of the host ends of ptp and calico veths: `veth`, `cali`.
    pub veth_prefix: String,
}

/// The namespace a packet is in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ns {
    /// A node's.
    Node(String),
    /// A pod's.
    Pod(String),
    /// A host outside.
    External(String),
    /// The router beyond the default gateway.
    Router,
}

/// Who sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sender {
    /// A process in this namespace; the kernel chooses the source address.
    Process(Ns),
    /// A host on the wire before this node's uplink that has this address, whoever else has it: it
    /// stands for whatever lies behind the wire, so what crosses the nodes' network for that address,
    /// in a tunnel or not, is its.
    Wire {
        /// The node's name.
        node: String,
        /// The source address.
        src: IpAddr,
    },
}

/// One connection to attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Who sends.
    pub from: Sender,
    /// To which address.
    pub dst: IpAddr,
    /// To which port; 0 for ICMP.
    pub dport: u16,
    /// Over what.
    pub protocol: Protocol,
    /// From which port, where it was said; else the kernel picks an ephemeral one.
    pub sport: Option<u16>,
}
