//! The kubelets' part: every pod gets its node and its addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::replicas::Draft;
use super::schedule::Scheduler;
use super::{nodes, ranges};
use crate::decode::ip_of_family;
use crate::decode::node::WrittenNode;
use crate::decode::pod::{Phase, WrittenPod};
use crate::report::Report;
use crate::source::ObjectId;
use crate::state::{EndpointSlice, IpFamily};

/// What slices in the text know of pods: by namespace and name, addresses and node.
pub type Known<'a> = BTreeMap<(&'a str, &'a str), (Vec<IpAddr>, Option<&'a str>)>;

/// Gathers what slices say of the pods they refer to.
pub fn known<'a>(slices: impl Iterator<Item = &'a EndpointSlice>) -> Known<'a> {
    let mut known: Known<'a> = BTreeMap::new();
    for endpoint in slices.flat_map(|slice| &slice.endpoints) {
        let Some((namespace, name)) = &endpoint.pod else {
            continue;
        };
        let (ips, node) = known.entry((namespace, name)).or_default();
        for ip in endpoint.addresses.iter().take(1) {
            if ip_of_family(ips, IpFamily::of(*ip)).is_none() {
                ips.push(*ip);
            }
        }
        *node = node.or(endpoint.node.as_deref());
    }
    known
}

/// Takes the pods that do not run out of those that the text has.
pub fn running(pods: Vec<WrittenPod>, known: &Known<'_>, report: &mut Report) -> Vec<WrittenPod> {
    pods.into_iter()
        .filter(|pod| {
            let meta = &pod.meta;
            let (field, why) = match pod.phase {
                Phase::Finished => ("status.phase", "has finished"),
                Phase::Pending
                    if pod.ips.is_empty()
                        && !known.contains_key(&(meta.namespace.as_str(), meta.name.as_str())) =>
                {
                    ("status.phase", "is pending and has no address yet")
                }
                _ => return true,
            };
            report.remark(
                meta.object,
                field,
                format!("Pod {} {why}: it has no part in what is shown.", meta.name),
                "Leave out its status to see it run.",
            );
            false
        })
        .collect()
}

/// Hands out the addresses of one node's range, in order, as the host-local plugin does on a new node.
struct HostLocal {
    range: IpNet,
    next: u128,
}

impl HostLocal {
    fn give(&mut self, taken: &mut BTreeSet<IpAddr>) -> Option<IpAddr> {
        // The last address of an IPv4 range is its broadcast address.
        let end = ranges::size(self.range) - u128::from(self.range.addr().is_ipv4());
        while self.next < end {
            let ip = ranges::nth(self.range, self.next);
            self.next += 1;
            if let Some(ip) = ip.filter(|ip| taken.insert(*ip)) {
                return Some(ip);
            }
        }
        None
    }
}

/// Gives every draft its node. Those that fit nowhere are left out.
pub fn place<'a>(
    drafts: Vec<Draft<'a>>,
    nodes: &[WrittenNode],
    known: &Known<'_>,
    report: &mut Report,
) -> Vec<Draft<'a>> {
    let mut scheduler = Scheduler::new(nodes);
    let mut placed: Vec<Option<usize>> = Vec::with_capacity(drafts.len());
    // Those whose node is certain count before anybody is placed.
    for draft in &drafts {
        let pod = &draft.pod;
        let told = known.get(&(pod.namespace.as_str(), pod.name.as_str()));
        let name = pod
            .node
            .as_deref()
            .or(draft.spec.node_name.as_deref())
            .or(told.and_then(|(_, node)| *node));
        let node = match name {
            Some(name) => scheduler.index(name),
            None => pod.ips.first().and_then(|ip| nodes::holding(nodes, *ip)),
        };
        if let Some(node) = node {
            scheduler.count(node, draft.owner);
        }
        placed.push(node);
    }
    let mut homeless: BTreeSet<ObjectId> = BTreeSet::new();
    let mut result = Vec::with_capacity(drafts.len());
    for (mut draft, node) in drafts.into_iter().zip(placed) {
        let stated = draft
            .pod
            .node
            .take()
            .or_else(|| draft.spec.node_name.clone());
        let node = match (node, &stated) {
            (Some(node), _) => Some(node),
            (None, Some(name)) => {
                if homeless.insert(draft.pod.object) {
                    report.warn(
                        draft.pod.object,
                        &format!("{}.nodeName", draft.spec_path),
                        format!("There is no Node {name}, so nothing runs this pod."),
                        "Name a Node of this cluster, or add that Node.",
                    );
                }
                // An address that the text states stays reachable, as a host outside.
                if draft.pod.ips.is_empty() {
                    continue;
                }
                None
            }
            (None, None) => {
                let node = scheduler.place(draft.spec, draft.owner);
                if node.is_none() {
                    if homeless.insert(draft.pod.object) {
                        let field = if draft.spec.node_selector.is_empty() {
                            draft.spec_path.to_owned()
                        } else {
                            format!("{}.nodeSelector", draft.spec_path)
                        };
                        report.warn(
                            draft.pod.object,
                            &field,
                            "No Node may run this pod, so it stays pending.".to_owned(),
                            "Look at its nodeSelector and affinity, and at the Nodes' labels and taints.",
                        );
                    }
                    continue;
                }
                node
            }
        };
        draft.pod.node = node.map(|index| nodes[index].node.name.clone());
        result.push(draft);
    }
    result
}

/// Gives every draft its addresses.
pub fn address(
    drafts: &mut Vec<Draft<'_>>,
    nodes: &[WrittenNode],
    families: &[IpFamily],
    known: &Known<'_>,
    stated: impl Iterator<Item = IpAddr>,
    report: &mut Report,
) {
    let by_name: BTreeMap<&str, usize> = nodes
        .iter()
        .enumerate()
        .map(|(index, written)| (written.node.name.as_str(), index))
        .collect();
    let mut taken: BTreeSet<IpAddr> = stated.collect();
    for draft in drafts.iter_mut() {
        let pod = &mut draft.pod;
        if let Some((ips, _)) = known.get(&(pod.namespace.as_str(), pod.name.as_str())) {
            for ip in ips {
                if ip_of_family(&pod.ips, IpFamily::of(*ip)).is_none() {
                    pod.ips.push(*ip);
                }
            }
        }
        taken.extend(&pod.ips);
    }
    let mut pools: BTreeMap<IpNet, HostLocal> = BTreeMap::new();
    let mut exhausted: BTreeSet<IpNet> = BTreeSet::new();
    for draft in drafts.iter_mut() {
        let pod = &mut draft.pod;
        let node = pod.node.as_deref().and_then(|name| by_name.get(name));
        let Some(node) = node
            .and_then(|index| nodes.get(*index))
            .map(|written| &written.node)
        else {
            continue;
        };
        if !pod.ips.is_empty() {
            continue;
        }
        if pod.host_network {
            pod.ips.clone_from(&node.internal_ips);
            continue;
        }
        for family in families {
            let Some(range) = crate::decode::of_family(&node.pod_cidrs, *family) else {
                continue;
            };
            // The network's own address and the gateway's come first.
            let pool = pools.entry(range).or_insert(HostLocal { range, next: 2 });
            match pool.give(&mut taken) {
                Some(ip) => pod.ips.push(ip),
                None if exhausted.insert(range) => report.warn(
                    pod.object,
                    "",
                    format!(
                        "Node {} has no address left in its podCIDR {range}.",
                        node.name
                    ),
                    "Ask for fewer replicas, add a Node, or give this one a wider podCIDR.",
                ),
                None => {}
            }
        }
    }
    drafts.retain(|draft| !draft.pod.ips.is_empty());
}
