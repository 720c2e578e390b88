//! Nodes: made where the text has none, and given what a kubelet and the node IPAM controller would give.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::ranges;
use crate::decode::node::WrittenNode;
use crate::decode::{ip_of_family, of_family};
use crate::report::Report;
use crate::source::{ObjectId, ObjectOrigin};
use crate::state::{AddressPlan, IpFamily, NetworkSpec, Node};
use crate::written::Written;

/// How many nodes a cluster gets whose text has none.
const MADE: usize = 3;

/// The nodes' own network where nothing states one: that of the recorded kernel cases, or, where pods
/// or Services have those addresses, that of Docker's first network of its own (kind's nodes' in IPv4).
fn nodes_network(family: IpFamily, plan: &AddressPlan) -> IpNet {
    let candidates: [IpAddr; 2] = match family {
        IpFamily::Ipv4 => [[192, 168, 1, 0], [172, 18, 0, 0]].map(IpAddr::from),
        IpFamily::Ipv6 => [
            [0xfd00, 0x192, 0x168, 1, 0, 0, 0, 0],
            [0xfd00, 0x172, 0x18, 0, 0, 0, 0, 0],
        ]
        .map(IpAddr::from),
    };
    let [usual, other] = candidates.map(|ip| {
        IpNet::new(ip, mask(family)).expect("24 and 64 bits are fewer than an address has")
    });
    let mut ranges = plan.pod_cidrs.iter().chain(&plan.service_cidrs);
    match ranges.any(|range| overlap(*range, usual)) {
        true => other,
        false => usual,
    }
}

/// The node IPAM controller's default masks: `--node-cidr-mask-size-ipv4`, `--node-cidr-mask-size-ipv6`.
fn mask(family: IpFamily) -> u8 {
    match family {
        IpFamily::Ipv4 => 24,
        IpFamily::Ipv6 => 64,
    }
}

/// What the text says of a node that it only mentions.
#[derive(Default)]
struct Mention {
    pod_ips: Vec<IpAddr>,
    host_ip: Option<IpAddr>,
}

/// Nodes that something in the text is said to run on.
fn mentions(written: &Written, network: &NetworkSpec) -> BTreeMap<String, Mention> {
    let mut mentions: BTreeMap<String, Mention> = BTreeMap::new();
    for pod in &written.pods {
        if let Some(node) = &pod.spec.node_name {
            let mention = mentions.entry(node.clone()).or_default();
            mention.host_ip = mention.host_ip.or(pod.host_ip);
            if !pod.spec.host_network {
                mention.pod_ips.extend(&pod.ips);
            }
        }
    }
    let slices = written
        .slices
        .iter()
        .chain(written.endpoints.iter().flat_map(|(_, slices)| slices));
    for endpoint in slices.flat_map(|slice| &slice.endpoints) {
        if let Some(node) = &endpoint.node {
            mentions
                .entry(node.clone())
                .or_default()
                .pod_ips
                .extend(&endpoint.addresses);
        }
    }
    if let Some(name) = written
        .proxy
        .as_ref()
        .and_then(|proxy| proxy.hostname_override.as_ref())
    {
        mentions.entry(name.clone()).or_default();
    }
    let routes = network.external.iter().flat_map(|host| &host.routes);
    let by_network = network.nodes.keys().chain(routes.map(|(_, node)| node));
    for name in by_network {
        mentions.entry(name.clone()).or_default();
    }
    mentions
}

/// Makes nodes: those that the text mentions by name, then `node1`, `node2`, … until there are three.
fn make(
    written: &Written,
    plan: &AddressPlan,
    network: &NetworkSpec,
    report: &mut Report,
) -> Vec<WrittenNode> {
    let mut mentioned = mentions(written, network);
    let mut number = 0;
    while mentioned.len() < MADE {
        number += 1;
        mentioned.entry(format!("node{number}")).or_default();
    }
    let mut taken: BTreeSet<IpNet> = BTreeSet::new();
    let mut taken_hosts: BTreeSet<IpAddr> = BTreeSet::new();
    mentioned
        .into_iter()
        .map(|(name, mention)| {
            let object = ObjectId(report.origins.objects.len());
            report.origins.objects.push(ObjectOrigin {
                kind: "Node".to_owned(),
                namespace: String::new(),
                name: name.clone(),
                made_by: Some("kubelet"),
                text: None,
            });
            // The range is the one its first pod is in, unless another node's pods are there too.
            let mut pod_cidrs = Vec::new();
            for family in [IpFamily::Ipv4, IpFamily::Ipv6] {
                let cluster = of_family(&plan.pod_cidrs, family);
                let around = ip_of_family(&mention.pod_ips, family)
                    .filter(|ip| cluster.is_some_and(|cluster| cluster.contains(ip)))
                    .and_then(|ip| IpNet::new(ip, mask(family)).ok())
                    .map(|range| range.trunc());
                pod_cidrs.extend(around.filter(|range| taken.insert(*range)));
            }
            let labels = BTreeMap::from([("kubernetes.io/hostname".to_owned(), name.clone())]);
            let node = Node {
                object,
                name,
                labels,
                internal_ips: mention
                    .host_ip
                    .filter(|ip| taken_hosts.insert(*ip))
                    .into_iter()
                    .collect(),
                other_ips: Vec::new(),
                pod_cidrs,
                unschedulable: false,
                made: true,
            };
            WrittenNode {
                node,
                cordoned: false,
                taints: Vec::new(),
            }
        })
        .collect()
}

/// Whether two ranges share an address.
fn overlap(one: IpNet, other: IpNet) -> bool {
    one.contains(&other) || other.contains(&one)
}

/// Gives every node a range for its pods, as `kube-controller-manager --allocate-node-cidrs` does.
fn give_ranges(nodes: &mut [WrittenNode], plan: &AddressPlan, families: &[IpFamily]) {
    for &family in families {
        let Some(cluster) = of_family(&plan.pod_cidrs, family) else {
            continue;
        };
        // A cluster range of a few addresses is still shared by sixteen nodes.
        let prefix = mask(family).max((cluster.prefix_len() + 4).min(cluster.max_prefix_len() - 2));
        let mut taken: Vec<IpNet> = nodes
            .iter()
            .filter_map(|written| of_family(&written.node.pod_cidrs, family))
            .collect();
        let mut index = 0;
        for written in nodes.iter_mut() {
            if of_family(&written.node.pod_cidrs, family).is_some() {
                continue;
            }
            while let Some(range) = ranges::subnet(cluster, prefix, index) {
                index += 1;
                if !taken.iter().any(|other| overlap(*other, range)) {
                    taken.push(range);
                    written.node.pod_cidrs.push(range);
                    break;
                }
            }
        }
    }
    // The cluster's own family first.
    let rank = |range: &IpNet| {
        families
            .iter()
            .position(|family| *family == IpFamily::of(range.addr()))
    };
    for written in nodes.iter_mut().filter(|written| written.node.made) {
        written
            .node
            .pod_cidrs
            .sort_by_key(|range| rank(range).unwrap_or(usize::MAX));
    }
}

/// Gives every node without an InternalIP one on the network that the others are on.
fn give_addresses(
    nodes: &mut [WrittenNode],
    written: &Written,
    plan: &AddressPlan,
    families: &[IpFamily],
    outside: &NetworkSpec,
) {
    // Addresses of hosts outside are taken too.
    let mut taken: BTreeSet<IpAddr> = BTreeSet::new();
    for written in nodes.iter() {
        taken.extend(&written.node.internal_ips);
        taken.extend(&written.node.other_ips);
    }
    taken.extend(written.pods.iter().flat_map(|pod| &pod.ips));
    let hosts: Vec<IpAddr> = outside.external.iter().map(|host| host.ip).collect();
    taken.extend(&hosts);
    let slices = written
        .slices
        .iter()
        .chain(written.endpoints.iter().flat_map(|(_, slices)| slices));
    taken.extend(
        slices
            .flat_map(|slice| &slice.endpoints)
            .flat_map(|endpoint| &endpoint.addresses),
    );
    // A node that states an address keeps to what it states.
    let bare: Vec<bool> = nodes
        .iter()
        .map(|written| written.node.internal_ips.is_empty())
        .collect();
    for &family in families {
        let network = nodes
            .iter()
            .find_map(|written| ip_of_family(&written.node.internal_ips, family))
            .or_else(|| hosts.iter().copied().find(|ip| IpFamily::of(*ip) == family))
            .and_then(|ip| IpNet::new(ip, mask(family)).ok())
            .map_or_else(|| nodes_network(family, plan), |range| range.trunc());
        // .11, .12, .13 as in the recorded cases.
        let mut offset = 11;
        for (written, _) in nodes.iter_mut().zip(&bare).filter(|(_, bare)| **bare) {
            while let Some(ip) = ranges::nth(network, offset) {
                offset += 1;
                if taken.insert(ip) {
                    written.node.internal_ips.push(ip);
                    break;
                }
            }
        }
    }
}

/// The cluster's nodes, in order of the text.
pub fn settle(
    written: &mut Written,
    plan: &AddressPlan,
    families: &[IpFamily],
    network: &NetworkSpec,
    report: &mut Report,
) -> Vec<WrittenNode> {
    let mut nodes = std::mem::take(&mut written.nodes);
    if nodes.is_empty() {
        nodes = make(written, plan, network, report);
    }
    give_ranges(&mut nodes, plan, families);
    give_addresses(&mut nodes, written, plan, families, network);
    nodes
}

/// The node whose podCIDR holds an address.
pub fn holding(nodes: &[WrittenNode], ip: IpAddr) -> Option<usize> {
    nodes.iter().position(|written| {
        written
            .node
            .pod_cidrs
            .iter()
            .any(|range| range.contains(&ip))
    })
}
