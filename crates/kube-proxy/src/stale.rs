//! Which entries of a node's conntrack table kube-proxy deletes when Services or endpoints change, so
//! that UDP clients are not sent to where nobody is any more. TCP it leaves to itself.
//!
//! Up to v1.31 it looks at what has changed (`detectStaleConntrackEntries`) and runs `conntrack -D`:
//! read in v1.22 to v1.30. Since v1.32 it compares the whole table with what there is
//! (`CleanStaleEntries` in `pkg/proxy/conntrack/cleanup.go`), whatever has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use cluster::{ClusterState, IpFamily, Transport};
use netfilter::Protocol;
use netfilter::conntrack::Connection;

use crate::Dialect;
use crate::endpoints::{EndpointInfo, SliceIndex};
use crate::services::{PortInfo, ports};

/// Entries that are to be deleted, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The address of the Service that they were sent to; `None` where a node port says it.
    pub to: Option<IpAddr>,
    /// The port that they were sent to.
    pub port: Option<u16>,
    /// What stands in the place of the backend.
    pub backend: Backend,
    /// Why, as a sentence.
    pub why: String,
}

/// Who answers, according to an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backend {
    /// Whoever it is.
    Any,
    /// This endpoint, to which the destination was rewritten.
    Endpoint(IpAddr),
    /// Somebody else than these.
    NoneOf(BTreeSet<IpAddr>),
}

impl Stale {
    /// Whether an entry is one of them.
    pub fn matches(&self, conn: &Connection) -> bool {
        let sent_to = conn.original;
        let answers = conn.reply.src;
        sent_to.protocol == Protocol::Udp
            && self.to.is_none_or(|to| to == sent_to.dst)
            && self.port.is_none_or(|port| port == sent_to.dport)
            && match &self.backend {
                Backend::Any => true,
                Backend::Endpoint(addr) => conn.status.dst_nat && answers == *addr,
                Backend::NoneOf(all) => !all.contains(&answers),
            }
    }
}

/// What kube-proxy of this version deletes on every node when `before` becomes `after`.
pub fn stale(
    before: &ClusterState,
    after: &ClusterState,
    family: IpFamily,
    dialect: Dialect,
) -> Vec<Stale> {
    let now = Udp::of(after, family, dialect);
    match dialect {
        Dialect::Newest => now.entries().flat_map(served_by_none).collect(),
        _ => changed(&Udp::of(before, family, dialect), &now),
    }
}

/// The UDP ports of a cluster's Services, each with the addresses of its endpoints that count.
struct Udp {
    by_label: BTreeMap<String, (PortInfo, BTreeSet<IpAddr>)>,
}

impl Udp {
    fn of(cluster: &ClusterState, family: IpFamily, dialect: Dialect) -> Udp {
        let slices = SliceIndex::new(cluster, family, dialect);
        let counts = |endpoint: &EndpointInfo<'_>| match dialect {
            Dialect::Newest => endpoint.said.serving,
            _ => endpoint.ready(),
        };
        let all = ports(cluster, family, dialect).into_iter();
        let udp = all.filter(|port| port.protocol == Transport::Udp);
        let with_endpoints = udp.map(|port| {
            let endpoints = slices.endpoints(&port, "");
            let counted = endpoints.iter().filter(|endpoint| counts(endpoint));
            let addrs = counted.filter_map(|endpoint| endpoint.ip().parse().ok());
            (port.label.clone(), (port, addrs.collect()))
        });
        Udp {
            by_label: with_endpoints.collect(),
        }
    }

    fn entries(&self) -> impl Iterator<Item = &(PortInfo, BTreeSet<IpAddr>)> {
        self.by_label.values()
    }
}

/// All addresses of a Service but the nodes' own.
fn addresses(port: &PortInfo) -> impl Iterator<Item = IpAddr> + '_ {
    let listed = port.external_ips.iter().chain(&port.balancer_ips);
    let texts = std::iter::once(&port.cluster_ip).chain(listed.map(|listed| &listed.text));
    texts.filter_map(|text| text.parse().ok())
}

fn node_port(port: &PortInfo) -> Option<u16> {
    port.node_port.as_ref().and_then(|text| text.parse().ok())
}

/// v1.32 and later. A Service without any serving endpoint keeps its entries.
fn served_by_none((port, serving): &(PortInfo, BTreeSet<IpAddr>)) -> Vec<Stale> {
    if serving.is_empty() {
        return Vec::new();
    }
    let why = format!(
        "No serving endpoint of {} answers for this entry.",
        port.label
    );
    let one = |to, number| Stale {
        to,
        port: number,
        backend: Backend::NoneOf(serving.clone()),
        why: why.clone(),
    };
    let number = port.port.parse().ok();
    addresses(port)
        .map(|addr| one(Some(addr), number))
        .chain(node_port(port).map(|number| one(None, Some(number))))
        .collect()
}

/// Up to v1.31.
fn changed(before: &Udp, after: &Udp) -> Vec<Stale> {
    let mut stale = Vec::new();
    // A Service that is gone: its cluster address alone is cleaned, at every port.
    for (label, (port, _)) in &before.by_label {
        if !after.by_label.contains_key(label) {
            stale.push(Stale {
                to: port.cluster_ip.parse().ok(),
                port: None,
                backend: Backend::Any,
                why: format!("{label} is gone."),
            });
        }
    }
    for (label, (port, ready)) in &after.by_label {
        let earlier = before.by_label.get(label).map(|(_, ready)| ready);
        // What had no endpoint may have left entries that lead nowhere.
        if !ready.is_empty() && earlier.is_none_or(BTreeSet::is_empty) {
            stale.extend(each_way(port, &Backend::Any, &|| {
                format!("{label} has got its first ready endpoint.")
            }));
        }
        for &addr in earlier.into_iter().flatten() {
            if !ready.contains(&addr) {
                stale.extend(each_way(port, &Backend::Endpoint(addr), &|| {
                    format!("{addr} is no ready endpoint of {label} any more.")
                }));
            }
        }
    }
    stale
}

/// A backend's entries by every address of its Service, and by the node port.
fn each_way(port: &PortInfo, backend: &Backend, why: &dyn Fn() -> String) -> Vec<Stale> {
    let one = |to, number| Stale {
        to,
        port: number,
        backend: backend.clone(),
        why: why(),
    };
    addresses(port)
        .map(|addr| one(Some(addr), None))
        .chain(node_port(port).map(|number| one(None, Some(number))))
        .collect()
}
