//! Endpoint addresses that no Pod has: each is a pod of its own, or a host outside.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::nodes;
use crate::decode::ip_of_family;
use crate::decode::node::WrittenNode;
use crate::report::Report;
use crate::source::ObjectId;
use crate::state::{Endpoint, EndpointSlice, IpFamily, ListenReason, Pod, Transport};

/// A name for an address, as DNS names a pod: `10-42-1-16`.
fn name_of(ip: IpAddr) -> String {
    ip.to_string()
        .replace(['.', ':'], "-")
        .trim_matches('-')
        .to_owned()
}

/// The node of an endpoint, and whether it is one of the node's own addresses.
fn home<'a>(
    endpoint: &Endpoint,
    ip: IpAddr,
    nodes: &'a [WrittenNode],
    by_name: &BTreeMap<&str, usize>,
    by_ip: &BTreeMap<IpAddr, usize>,
) -> (Option<&'a str>, bool) {
    let name = |index: usize| nodes[index].node.name.as_str();
    if let Some(index) = by_ip.get(&ip) {
        return (Some(name(*index)), true);
    }
    let index = match &endpoint.node {
        Some(node) => by_name.get(node.as_str()).copied(),
        None => nodes::holding(nodes, ip),
    };
    (index.map(name), false)
}

/// The object in the text that gave the address.
fn source_of(slice: &EndpointSlice, report: &Report) -> String {
    match report.origins.objects.get(slice.object.0) {
        Some(origin) => format!("{} {}/{}", origin.kind, origin.namespace, origin.name),
        None => format!("EndpointSlice {}/{}", slice.namespace, slice.name),
    }
}

/// Adds a pod for every endpoint address of the text's slices that nobody has.
pub fn add(
    pods: &mut Vec<Pod>,
    slices: &[EndpointSlice],
    nodes: &[WrittenNode],
    report: &mut Report,
) {
    let mut by_ip: BTreeMap<IpAddr, usize> = BTreeMap::new();
    // Many pods share a node's address: which one is meant, the ports say.
    let mut on_host: BTreeMap<IpAddr, Vec<usize>> = BTreeMap::new();
    for (index, pod) in pods.iter().enumerate() {
        for ip in &pod.ips {
            if pod.host_network {
                on_host.entry(*ip).or_default().push(index);
            } else {
                by_ip.entry(*ip).or_insert(index);
            }
        }
    }
    let own = pods.len();
    let mut by_ref: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut names: BTreeSet<(String, String)> = pods
        .iter()
        .map(|pod| (pod.namespace.clone(), pod.name.clone()))
        .collect();
    let node_names = nodes.iter().enumerate();
    let node_by_name: BTreeMap<&str, usize> = node_names
        .map(|(index, written)| (written.node.name.as_str(), index))
        .collect();
    let node_by_ip: BTreeMap<IpAddr, usize> = nodes
        .iter()
        .enumerate()
        .flat_map(|(index, written)| written.node.internal_ips.iter().map(move |ip| (*ip, index)))
        .collect();
    let mut unknown_nodes: BTreeSet<&str> = BTreeSet::new();
    let mut speakers: Vec<ObjectId> = Vec::new();
    for slice in slices
        .iter()
        .filter(|slice| slice.family.is_some() && !slice.made)
    {
        let ports: Vec<(Transport, u16, ListenReason)> = slice
            .ports
            .iter()
            .filter_map(|port| Some((port.protocol, port.port?, ListenReason::Endpoint)))
            .collect();
        for (index, endpoint) in slice.endpoints.iter().enumerate() {
            if let Some(node) = endpoint.node.as_deref()
                && !node_by_name.contains_key(node)
                && unknown_nodes.insert(node)
            {
                report.warn(
                    slice.object,
                    &format!("endpoints[{index}].nodeName"),
                    format!("There is no Node {node}; the address is taken as a host outside unless a Pod has it."),
                    "Name a Node of this cluster, or add that Node.",
                );
            }
            for ip in &endpoint.addresses {
                let known = by_ip.get(ip).copied();
                let on_host = on_host.get(ip).map(Vec::as_slice).unwrap_or_default();
                let hears = |pod: &Pod| {
                    let named = endpoint.pod.as_ref().is_some_and(|(namespace, name)| {
                        (namespace, name) == (&pod.namespace, &pod.name)
                    });
                    named
                        || ports.iter().all(|(protocol, number, _)| {
                            pod.listen
                                .iter()
                                .any(|(p, n, _)| (p, n) == (protocol, number))
                        })
                };
                if known.is_some_and(|index| index < own)
                    || on_host.iter().any(|index| hears(&pods[*index]))
                {
                    continue;
                }
                if speakers.last() != Some(&slice.object) {
                    speakers.push(slice.object);
                }
                let reference = endpoint
                    .pod
                    .as_ref()
                    .map(|(ns, name)| (ns.as_str(), name.as_str()));
                // One pod has one address of each family.
                let same = reference
                    .and_then(|reference| by_ref.get(&reference))
                    .copied();
                let same = same
                    .filter(|index| ip_of_family(&pods[*index].ips, IpFamily::of(*ip)).is_none());
                let index = known.or(same).unwrap_or_else(|| {
                    let (node, host_network) =
                        home(endpoint, *ip, nodes, &node_by_name, &node_by_ip);
                    let mut namespace = slice.namespace.clone();
                    let mut name = name_of(*ip);
                    if let Some((ns, pod)) = reference
                        && !names.contains(&(ns.to_owned(), pod.to_owned()))
                    {
                        namespace = ns.to_owned();
                        name = pod.to_owned();
                    }
                    while !names.insert((namespace.clone(), name.clone())) {
                        name.push_str("-x");
                    }
                    pods.push(Pod {
                        object: slice.object,
                        namespace,
                        name,
                        labels: BTreeMap::new(),
                        node: node.map(str::to_owned),
                        ips: Vec::new(),
                        host_network,
                        ready: endpoint.ready,
                        terminating: endpoint.terminating,
                        container_ports: Vec::new(),
                        listen: Vec::new(),
                        made_from: Some(source_of(slice, report)),
                    });
                    pods.len() - 1
                });
                if let Some(reference) = reference {
                    by_ref.entry(reference).or_insert(index);
                }
                by_ip.insert(*ip, index);
                let pod = &mut pods[index];
                if !pod.ips.contains(ip) {
                    pod.ips.push(*ip);
                }
                pod.ready |= endpoint.ready;
                for port in &ports {
                    if !pod
                        .listen
                        .iter()
                        .any(|(protocol, number, _)| (*protocol, *number) == (port.0, port.1))
                    {
                        pod.listen.push(*port);
                    }
                }
            }
        }
    }
    let made = pods.len() - own;
    if let (Some(first), true) = (speakers.first(), made > 0) {
        let what = match made {
            1 => "One endpoint address belongs to no Pod here. It is".to_owned(),
            _ => format!("{made} endpoint addresses belong to no Pod here. Each is"),
        };
        report.remark(
            *first,
            "endpoints",
            format!("{what} taken as a pod that listens on its slice's ports."),
            "Add the Pods with their status.podIP to see their names.",
        );
    }
}
