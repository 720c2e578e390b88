//! Addresses: the same plan in each family, and which families a cluster has.

use netfilter::Family;

use crate::draw::Draw;

/// The families of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stack {
    Ipv4,
    Ipv6,
    /// Both, IPv4 first.
    Dual,
}

impl Stack {
    /// One of them.
    pub fn draw(draw: &mut Draw) -> Stack {
        draw.weighted(&[(45, Stack::Ipv4), (30, Stack::Ipv6), (25, Stack::Dual)])
    }

    /// The families, the first one the cluster's own.
    pub fn families(self) -> &'static [Family] {
        match self {
            Stack::Ipv4 => &[Family::Ipv4],
            Stack::Ipv6 => &[Family::Ipv6],
            Stack::Dual => &[Family::Ipv4, Family::Ipv6],
        }
    }

    /// As the report says it.
    pub fn name(self) -> &'static str {
        match self {
            Stack::Ipv4 => "IPv4",
            Stack::Ipv6 => "IPv6",
            Stack::Dual => "both",
        }
    }

    /// The same text for each family, as a YAML list without its brackets.
    pub fn list(self, of: impl Fn(Family) -> String) -> String {
        let texts: Vec<String> = self.families().iter().map(|&family| of(family)).collect();
        texts.join(", ")
    }
}

/// Nodes: name, last part of the address, number of the pods' network.
pub(super) const NODES: [(&str, u8, u8); 3] =
    [("node1", 11, 1), ("node2", 12, 2), ("node3", 13, 5)];

/// A node's own address.
pub(super) fn node_ip(family: Family, at: usize) -> String {
    let (_, host, _) = NODES[at];
    match family {
        Family::Ipv4 => format!("192.168.1.{host}"),
        Family::Ipv6 => format!("fd00:192:168:1::{host}"),
    }
}

/// An address of a node's pods.
pub(super) fn pod_ip(family: Family, at: usize, host: usize) -> String {
    let (_, _, net) = NODES[at];
    match family {
        Family::Ipv4 => format!("10.42.{net}.{host}"),
        Family::Ipv6 => format!("fd00:10:42:{net}::{host}"),
    }
}

/// The network of a node's pods.
pub(super) fn pod_cidr(family: Family, at: usize) -> String {
    let (_, _, net) = NODES[at];
    match family {
        Family::Ipv4 => format!("10.42.{net}.0/24"),
        Family::Ipv6 => format!("fd00:10:42:{net}::/64"),
    }
}

/// What else has an address or is a range of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fixed {
    ClusterIp,
    LoadBalancer,
    ExternalIp,
    IdleClusterIp,
    Localhost,
    PodRange,
    NodeRange,
    /// A range that holds none of the clients.
    ForeignRange,
    /// A range that holds the second node alone.
    OneNode,
}

/// Its address or range.
pub(super) fn fixed(family: Family, what: Fixed) -> &'static str {
    let (v4, v6) = match what {
        Fixed::ClusterIp => ("10.43.169.48", "fd00:10:43::a930"),
        Fixed::LoadBalancer => ("203.0.113.10", "2001:db8:203::10"),
        Fixed::ExternalIp => ("203.0.113.77", "2001:db8:203::77"),
        Fixed::IdleClusterIp => ("10.43.7.7", "fd00:10:43::707"),
        Fixed::Localhost => ("127.0.0.1", "::1"),
        Fixed::PodRange => ("10.42.0.0/16", "fd00:10:42::/48"),
        Fixed::NodeRange => ("192.168.1.0/24", "fd00:192:168:1::/64"),
        Fixed::ForeignRange => ("198.51.100.0/24", "2001:db8:198::/64"),
        Fixed::OneNode => ("192.168.1.12/32", "fd00:192:168:1::12/128"),
    };
    match family {
        Family::Ipv4 => v4,
        Family::Ipv6 => v6,
    }
}

/// An address before a port.
pub(super) fn in_brackets(family: Family, addr: &str) -> String {
    match family {
        Family::Ipv4 => addr.to_owned(),
        Family::Ipv6 => format!("[{addr}]"),
    }
}
