//! Node: its addresses, its pods' ranges, and what it keeps pods away with.

use std::net::IpAddr;

use super::meta::{self, Scope};
use super::view::View;
use crate::source::ObjectId;
use crate::state::{IpFamily, Node};

/// A taint with the effect NoSchedule or NoExecute; PreferNoSchedule only prefers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taint {
    /// `key`
    pub key: String,
    /// `value`
    pub value: String,
    /// `effect`
    pub effect: String,
}

/// A Node with its taints.
#[derive(Debug, Clone)]
pub struct WrittenNode {
    /// What it says.
    pub node: Node,
    /// `spec.unschedulable`
    pub cordoned: bool,
    /// `spec.taints`, those that keep pods away.
    pub taints: Vec<Taint>,
}

/// Reads a Node.
pub fn decode(root: View<'_>, object: ObjectId) -> WrittenNode {
    let meta = meta::decode(root, object, Scope::Cluster);
    let spec = root.get("spec");
    // podCIDR is the first of podCIDRs; where they differ, podCIDR wins (core/v1 conversion).
    let mut ranges: Vec<&str> = spec.get("podCIDRs").strings().collect();
    match (spec.get("podCIDR").word(), ranges.first_mut()) {
        (Some(single), Some(first)) if *first != single => ranges = vec![single],
        (Some(single), None) => ranges = vec![single],
        _ => {}
    }
    let mut pod_cidrs = Vec::new();
    for cidr in ranges.into_iter().filter_map(super::cidr) {
        super::push_per_family(&mut pod_cidrs, cidr);
    }
    let mut internal_ips: Vec<IpAddr> = Vec::new();
    let mut other_ips = Vec::new();
    for address in root.get("status").get("addresses").items() {
        let Some(ip) = address.get("address").text().and_then(super::ip) else {
            continue;
        };
        let first = internal_ips
            .iter()
            .all(|known| IpFamily::of(*known) != IpFamily::of(ip));
        if address.get("type").text() == Some("InternalIP") && first {
            internal_ips.push(ip);
        } else if !internal_ips.contains(&ip) && !other_ips.contains(&ip) {
            other_ips.push(ip);
        }
    }
    let taints: Vec<Taint> = spec
        .get("taints")
        .items()
        .map(|taint| Taint {
            key: taint.get("key").string(),
            value: taint.get("value").string(),
            effect: taint.get("effect").string(),
        })
        .filter(|taint| taint.effect == "NoSchedule" || taint.effect == "NoExecute")
        .collect();
    let cordoned = spec.get("unschedulable").flag() == Some(true);
    WrittenNode {
        node: Node {
            object,
            name: meta.name,
            labels: meta.labels,
            internal_ips,
            other_ips,
            pod_cidrs,
            unschedulable: cordoned || !taints.is_empty(),
            made: false,
        },
        cordoned,
        taints,
    }
}
