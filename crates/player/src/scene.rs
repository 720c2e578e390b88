//! Who stands on the cluster map: nodes, their pods, clients outside, and the Service asked for.
//!
//! Where everything is drawn is [`crate::layout`]'s part.

use std::collections::BTreeSet;
use std::net::IpAddr;

use cluster::{ClusterState, Pod, Service};
use fabric::{Journey, Ns};
use serde::{Deserialize, Serialize};

use crate::text::socket;

/// A pod on the map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScenePod {
    /// Its namespace.
    #[serde(with = "crate::wire::plain")]
    pub ns: Ns,
    /// Its name.
    pub name: String,
    /// Its address in the family of this walk.
    pub addr: String,
    /// Whether the Service asked for may choose it.
    pub endpoint: bool,
    /// Whether it would be Ready.
    pub ready: bool,
    /// 0 when the journey touches it, 1 when it is an endpoint, 2 otherwise.
    pub rank: u8,
}

/// A node on the map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SceneNode {
    /// Its namespace.
    #[serde(with = "crate::wire::plain")]
    pub ns: Ns,
    /// Its name.
    pub name: String,
    /// Its address in the family of this walk.
    pub addr: String,
    /// Its pods, the important ones first, at most [`PODS_KEPT`].
    pub pods: Vec<ScenePod>,
    /// How many pods it has in all.
    pub pod_count: usize,
    /// As [`ScenePod::rank`].
    pub rank: u8,
}

/// A host outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SceneHost {
    /// Its namespace.
    #[serde(with = "crate::wire::plain")]
    pub ns: Ns,
    /// Its name.
    pub name: String,
    /// Its address, where one is known.
    pub addr: String,
    /// Whether the journey touches it.
    pub takes_part: bool,
}

/// The Service asked for. It lives on no interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ghost {
    /// Its name.
    pub name: String,
    /// `10.43.169.48:8711`, `NodePort 30080/tcp`.
    pub addr: String,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Scene {
    /// In the cluster's order.
    pub nodes: Vec<SceneNode>,
    /// Hosts outside; the client first.
    pub hosts: Vec<SceneHost>,
    /// The Service asked for, where the destination is one.
    pub ghost: Option<Ghost>,
}

/// More pods than this on one node are only counted.
pub const PODS_KEPT: usize = 8;

/// The scene of a journey to `dst`.
pub fn scene(cluster: &ClusterState, journey: &Journey, dst: IpAddr, dport: Option<u16>) -> Scene {
    let touched: BTreeSet<&Ns> = journey.events.iter().map(|e| &e.ns).collect();
    let touched_pods: BTreeSet<(&str, &str)> = touched
        .iter()
        .filter_map(|ns| match ns {
            Ns::Pod(pod) => pod.split_once('/'),
            _ => None,
        })
        .collect();
    let service = asked(cluster, dst, dport);
    let endpoints = service.map(|s| endpoints(cluster, s)).unwrap_or_default();
    let family = |ips: &[IpAddr]| {
        ips.iter()
            .find(|ip| ip.is_ipv4() == dst.is_ipv4())
            .or(ips.first())
            .copied()
    };
    let nodes = cluster
        .nodes
        .iter()
        .map(|node| {
            let mut ranked: Vec<(u8, bool, &Pod)> = cluster
                .pods
                .iter()
                .filter(|pod| pod.node.as_deref() == Some(&node.name))
                .map(|pod| {
                    let endpoint = pod.ips.iter().any(|ip| endpoints.contains(ip));
                    let key = (pod.namespace.as_str(), pod.name.as_str());
                    let rank = match (!pod.host_network && touched_pods.contains(&key), endpoint) {
                        (true, _) => 0,
                        (false, true) => 1,
                        (false, false) => 2,
                    };
                    (rank, endpoint, pod)
                })
                .collect();
            let pod_count = ranked.len();
            let extra = extra_pods(cluster, journey, node);
            let extra_count = extra.len();
            // A node may have thousands of pods; those that are only counted need no drawing.
            ranked.sort_by_key(|(rank, endpoint, pod)| (*rank, !endpoint, &pod.name));
            ranked.truncate(PODS_KEPT);
            let mut pods: Vec<ScenePod> = ranked
                .into_iter()
                .map(|(rank, endpoint, pod)| ScenePod {
                    ns: match pod.host_network {
                        true => Ns::Node(node.name.clone()),
                        false => Ns::Pod(lab::wiring::pod_ns(&pod.namespace, &pod.name)),
                    },
                    name: pod.name.clone(),
                    addr: family(&pod.ips)
                        .map(|ip| ip.to_string())
                        .unwrap_or_default(),
                    endpoint,
                    ready: pod.ready,
                    rank,
                })
                .collect();
            pods.extend(extra);
            let rank = match touched.contains(&Ns::Node(node.name.clone())) {
                true => 0,
                false => pods.iter().map(|p| p.rank).min().unwrap_or(2).max(1),
            };
            pods.sort_by(|a, b| (b.endpoint, a.rank, &a.name).cmp(&(a.endpoint, b.rank, &b.name)));
            // What the journey touches is never among those that are only counted.
            if pod_count + extra_count > PODS_KEPT {
                pods.sort_by_key(|p| p.rank);
                pods.truncate(PODS_KEPT);
            }
            SceneNode {
                ns: Ns::Node(node.name.clone()),
                name: node.name.clone(),
                addr: family(&node.internal_ips)
                    .map(|ip| ip.to_string())
                    .unwrap_or_default(),
                pods,
                pod_count,
                rank,
            }
        })
        .collect();
    Scene {
        nodes,
        hosts: hosts(cluster, journey, dst),
        ghost: service.map(|s| ghost(s, dst, dport)),
    }
}

/// A sender that is no Pod of the cluster, attached to the node its packets enter.
fn extra_pods(cluster: &ClusterState, journey: &Journey, node: &cluster::Node) -> Vec<ScenePod> {
    let known = |ns: &str| {
        let ends = |p: &&cluster::Pod| ns.ends_with(p.name.as_str());
        let mut pods = cluster.pods.iter().filter(ends);
        pods.any(|p| lab::wiring::pod_ns(&p.namespace, &p.name) == ns)
    };
    let mut out: Vec<ScenePod> = Vec::new();
    for event in &journey.events {
        if let fabric::EventKind::Moved { from, to, .. } = &event.kind {
            let pod = match (from, to) {
                (Ns::Pod(pod), Ns::Node(n)) | (Ns::Node(n), Ns::Pod(pod)) if *n == node.name => pod,
                _ => continue,
            };
            let ns = Ns::Pod(pod.clone());
            if !known(pod) && !out.iter().any(|p| p.ns == ns) {
                out.push(ScenePod {
                    name: crate::names::short(&ns),
                    addr: pod.clone(),
                    ns,
                    endpoint: false,
                    ready: true,
                    rank: 0,
                });
            }
        }
    }
    out
}

fn hosts(cluster: &ClusterState, journey: &Journey, dst: IpAddr) -> Vec<SceneHost> {
    let mut hosts: Vec<SceneHost> = Vec::new();
    for event in &journey.events {
        if !matches!(event.ns, Ns::External(_) | Ns::Router)
            || hosts.iter().any(|h| h.ns == event.ns)
        {
            continue;
        }
        let stated = cluster
            .network
            .external
            .iter()
            .find(|h| matches!(&event.ns, Ns::External(name) if *name == h.name))
            .map(|h| h.ip);
        let sent =
            matches!(event.kind, fabric::EventKind::Sent { .. }).then_some(event.after.packet.src);
        hosts.push(SceneHost {
            ns: event.ns.clone(),
            name: host_name(&event.ns),
            addr: stated.or(sent).map(|ip| ip.to_string()).unwrap_or_default(),
            takes_part: true,
        });
    }
    // Who could ask from outside stands there, whether it does or not.
    let outside = Ns::External(lab::wiring::OUTSIDE.into());
    if !hosts.iter().any(|h| matches!(h.ns, Ns::External(_))) {
        let addresses = lab::wiring::outside_addresses(cluster);
        let addr = addresses.iter().find(|ip| ip.is_ipv4() == dst.is_ipv4());
        hosts.push(SceneHost {
            name: host_name(&outside),
            ns: outside,
            addr: addr.map(|ip| ip.to_string()).unwrap_or_default(),
            takes_part: false,
        });
    }
    hosts
}

fn host_name(ns: &Ns) -> String {
    match ns {
        Ns::External(name) if name == lab::wiring::OUTSIDE => "client outside".into(),
        ns => crate::names::short(ns),
    }
}

/// The Service that owns a destination.
pub fn asked(cluster: &ClusterState, dst: IpAddr, dport: Option<u16>) -> Option<&Service> {
    let owns = |s: &&Service| {
        s.cluster_ips.contains(&dst)
            || s.external_ips.contains(&dst)
            || s.ingress.iter().any(|i| i.ip == Some(dst))
    };
    let by_node_port =
        |s: &&Service| dport.is_some() && s.ports.iter().any(|p| p.node_port == dport);
    let is_node = cluster.nodes.iter().any(|n| n.internal_ips.contains(&dst)) || dst.is_loopback();
    cluster
        .services
        .iter()
        .find(owns)
        .or_else(|| cluster.services.iter().find(|s| is_node && by_node_port(s)))
}

fn endpoints(cluster: &ClusterState, service: &Service) -> BTreeSet<IpAddr> {
    cluster
        .slices
        .iter()
        .filter(|s| s.namespace == service.namespace && s.service.as_deref() == Some(&service.name))
        .flat_map(|s| &s.endpoints)
        .flat_map(|e| e.addresses.iter().copied())
        .collect()
}

fn ghost(service: &Service, dst: IpAddr, dport: Option<u16>) -> Ghost {
    let node_port = service
        .ports
        .iter()
        .find(|p| p.node_port.is_some() && p.node_port == dport)
        .filter(|_| !service.cluster_ips.contains(&dst));
    Ghost {
        name: service.name.clone(),
        addr: match node_port {
            Some(port) => format!(
                "NodePort {}/{}",
                dport.unwrap_or_default(),
                port.protocol.lower()
            ),
            None => socket(dst, dport),
        },
    }
}
