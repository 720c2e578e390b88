//! The small control plane: decides what the text leaves open, as a real cluster would, but always alike.
//!
//! Each file is one of a cluster's parts (API server's allocators, controllers, scheduler, kubelet). What
//! the text says is kept; what it says wrongly was refused before.

mod endpoints;
mod index;
mod lessons;
mod listen;
mod nodes;
mod outsiders;
mod pods;
mod ranges;
mod replicas;
mod schedule;
mod services;

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::Plan;
use crate::decode::network;
use crate::decode::pod::WrittenPod;
use crate::decode::view::View;
use crate::diagnostic::Severity;
use crate::limits;
use crate::report::Report;
use crate::source::ObjectId;
use crate::state::{ClusterState, DetectLocal, EndpointSlice, NetworkSpec, Node, Pod, ProxyConfig};
use crate::written::Written;

/// kube-proxy's configuration: the text's, else that of a cluster which tells pods by their range.
fn proxy(written: &mut Written, pod_cidrs: &[ipnet::IpNet]) -> ProxyConfig {
    written.proxy.take().unwrap_or_else(|| ProxyConfig {
        cluster_cidrs: pod_cidrs.to_vec(),
        ..ProxyConfig::default()
    })
}

/// The network under the cluster: a Network object's, else what kube-proxy's configuration is evidence
/// of, else what the preset's network plugin does.
fn network(
    written: &mut Written,
    proxy: &ProxyConfig,
    plan: &Plan,
    report: &mut Report,
) -> NetworkSpec {
    let mut base = plan.preset.map(NetworkSpec::of_preset).unwrap_or_default();
    let by_prefix = proxy.detect_local == DetectLocal::InterfaceNamePrefix
        && !proxy.interface_name_prefix.is_empty();
    if by_prefix {
        base.attach = "ptp".to_owned();
    }
    let Some((object, root)) = written.network.take() else {
        return base;
    };
    let (network, faults) = network::decode(View::of(&root), &base);
    let refused = faults.iter().any(|fault| fault.severity == Severity::Error);
    report.faults(object, faults);
    if refused { base } else { network }
}

/// Nodes that a Network names and that are not there.
fn unknown_nodes(network: &NetworkSpec, object: ObjectId, nodes: &[Node], report: &mut Report) {
    let unknown = |name: &str| !nodes.iter().any(|node| node.name == name);
    let routes = network
        .external
        .iter()
        .enumerate()
        .flat_map(|(index, host)| {
            let field = format!("spec.external[{index}].routes");
            host.routes.iter().map(move |(_, via)| (field.clone(), via))
        });
    let settings = network
        .nodes
        .keys()
        .map(|name| (format!("spec.nodes[{name}]"), name));
    for (field, name) in settings.chain(routes).filter(|(_, name)| unknown(name)) {
        report.warn(
            object,
            &field,
            format!("There is no Node {name}."),
            "Name a Node of this cluster, or add that Node.",
        );
    }
}

/// Slices of the text: EndpointSlices, and Endpoints of Services that have none. Where a Service has
/// both, as in what kubectl prints, the slices are what kube-proxy reads.
fn stated_slices(written: &mut Written) -> Vec<EndpointSlice> {
    let mut slices = std::mem::take(&mut written.slices);
    let sliced: BTreeSet<(String, String)> = slices.iter().filter_map(service_of).collect();
    let mirrored = std::mem::take(&mut written.endpoints)
        .into_iter()
        .flat_map(|(_, slices)| slices);
    slices.extend(
        mirrored.filter(|slice| service_of(slice).is_none_or(|key| !sliced.contains(&key))),
    );
    slices
}

fn service_of(slice: &EndpointSlice) -> Option<(String, String)> {
    Some((slice.namespace.clone(), slice.service.clone()?))
}

/// Every address that the text gives to somebody.
fn stated_addresses(
    nodes: &[Node],
    slices: &[EndpointSlice],
    network: &NetworkSpec,
) -> Vec<IpAddr> {
    let of_nodes = nodes
        .iter()
        .flat_map(|node| node.internal_ips.iter().chain(&node.other_ips));
    let endpoints = slices.iter().flat_map(|slice| &slice.endpoints);
    of_nodes
        .chain(endpoints.flat_map(|endpoint| &endpoint.addresses))
        .copied()
        .chain(network.external.iter().map(|host| host.ip))
        .collect()
}

/// Says that nothing stated a range.
fn tell_assumed(
    plan: &crate::AddressPlan,
    pods: &[Pod],
    services: &[crate::Service],
    report: &mut Report,
) {
    let first = pods
        .iter()
        .map(|pod| pod.object)
        .chain(services.iter().map(|s| s.object))
        .min();
    let Some(object) = first else {
        return;
    };
    let list = |ranges: &[ipnet::IpNet]| {
        ranges
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    report.remark(
        object,
        "",
        format!(
            "Nothing here states the cluster's address ranges, so pods are given {} and Services {}, as in k3s.",
            list(&plan.pod_cidrs),
            list(&plan.service_cidrs)
        ),
        "Choose another preset, or state addresses: Nodes with podCIDRs, a Service's clusterIP.",
    );
}

/// Decides everything.
pub fn decide(mut written: Written, plan: &Plan, report: &mut Report) -> ClusterState {
    let (addresses, families, source) = ranges::find(&written, plan);
    let proxy = proxy(&mut written, &addresses.pod_cidrs);
    let network_object = written.network.as_ref().map(|(object, _)| *object);
    let network = network(&mut written, &proxy, plan, report);
    let stated_ranges: BTreeSet<ObjectId> = written
        .nodes
        .iter()
        .filter(|written| !written.node.pod_cidrs.is_empty())
        .map(|written| written.node.object)
        .collect();
    let nodes = nodes::settle(&mut written, &addresses, &families, &network, report);
    let services = services::settle(
        std::mem::take(&mut written.services),
        &addresses,
        &families,
        report,
    );
    let mut slices = stated_slices(&mut written);
    let node_list: Vec<Node> = nodes.iter().map(|written| written.node.clone()).collect();
    if let (Some(object), Some(name)) = (proxy.object, &proxy.hostname_override)
        && !node_list.iter().any(|node| node.name == *name)
    {
        report.warn(
            object,
            "hostnameOverride",
            format!("There is no Node {name}."),
            "Name a Node of this cluster, or add that Node.",
        );
    }
    if let Some(object) = network_object {
        unknown_nodes(&network, object, &node_list, report);
    }

    let (mut pods, owners) = {
        let known = pods::known(slices.iter());
        let names = |pod: &WrittenPod| (pod.meta.namespace.clone(), pod.meta.name.clone());
        let taken: Vec<(String, String)> = written.pods.iter().map(names).collect();
        // host-local hands out addresses in turn: one that was a pod's is not the next pod's.
        let had: Vec<IpAddr> = written
            .pods
            .iter()
            .flat_map(|pod| &pod.ips)
            .copied()
            .collect();
        let stated = pods::running(std::mem::take(&mut written.pods), &known, report);
        let drafts = replicas::drafts(&stated, &taken, &written.workloads, &nodes, report);
        let mut drafts = pods::place(drafts, &nodes, &known, report);
        let addresses = stated_addresses(&node_list, &slices, &network);
        pods::address(
            &mut drafts,
            &nodes,
            &families,
            &known,
            addresses.into_iter().chain(had),
            report,
        );
        let (mut told, mut hosts) = (BTreeSet::new(), BTreeSet::new());
        for draft in &mut drafts {
            draft.pod.listen = listen::stated(draft, &mut told, report);
            lessons::host_ports(draft, &mut hosts, report);
        }
        let owners: Vec<listen::Owner> = drafts.iter().map(replicas::Draft::answers_for).collect();
        let pods: Vec<Pod> = drafts.into_iter().map(|draft| draft.pod).collect();
        (pods, owners)
    };
    let index = index::PodIndex::new(&pods);
    listen::assume(&mut pods, &index, &services, &slices);
    listen::tell(&pods, &owners, report);
    lessons::one_address_each(&mut pods, report);
    outsiders::add(&mut pods, &slices, &nodes, report);
    pods.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));

    let index = index::PodIndex::new(&pods);
    let sliced: BTreeSet<(String, String)> = slices.iter().filter_map(service_of).collect();
    slices.extend(endpoints::make(
        &services, &pods, &node_list, &index, &sliced,
    ));
    limits::bound_endpoints(&mut slices, report);
    slices.sort_by(|a, b| (&a.namespace, &a.name).cmp(&(&b.namespace, &b.name)));

    lessons::services(&services, &pods, &index, &slices, report);
    lessons::stray_addresses(&pods, &node_list, &stated_ranges, report);
    if source == ranges::Source::Assumed {
        tell_assumed(&addresses, &pods, &services, report);
    }
    ClusterState {
        proxy,
        nodes: node_list,
        pods,
        services,
        slices,
        addresses,
        network,
        origins: crate::Origins::default(),
    }
}
