//! The EndpointSlice controller: from selectors and pods to slices
//! (pkg/controller/endpointslice, k8s.io/endpointslice).

use std::collections::{BTreeMap, BTreeSet};

use super::index::PodIndex;
use crate::decode::ip_of_family;
use crate::names;
use crate::state::{
    Endpoint, EndpointPort, EndpointSlice, IpFamily, Node, Pod, Service, ServicePort, ServiceType,
    TargetPort,
};

/// `--max-endpoints-per-slice`
const MOST_PER_SLICE: usize = 100;

/// The number behind a Service port on one pod (pkg/api/v1/pod `FindPort`).
pub fn target(pod: &Pod, port: &ServicePort) -> Option<u16> {
    match &port.target_port {
        TargetPort::Number(number) => Some(*number),
        TargetPort::Name(name) => pod
            .container_ports
            .iter()
            .find(|(declared, _, protocol)| declared == name && *protocol == port.protocol)
            .map(|(_, number, _)| *number),
    }
}

/// The ports of a slice for one pod: those that the pod has. Pods that differ go into different slices.
fn ports_of(service: &Service, pod: &Pod) -> Vec<EndpointPort> {
    service
        .ports
        .iter()
        .filter_map(|port| {
            Some(EndpointPort {
                name: port.name.clone(),
                port: Some(target(pod, port)?),
                protocol: port.protocol,
            })
        })
        .collect()
}

/// Hints that the controller writes for a traffic distribution (k8s.io/endpointslice/trafficdist).
fn hints(service: &Service, zone: Option<&str>, node: Option<&str>) -> (Vec<String>, Vec<String>) {
    let list = |value: Option<&str>| value.map(str::to_owned).into_iter().collect();
    match service.traffic_distribution.as_deref() {
        Some("PreferClose" | "PreferSameZone") => (list(zone), Vec::new()),
        Some("PreferSameNode") => (list(zone), list(node)),
        _ => (Vec::new(), Vec::new()),
    }
}

fn endpoint(service: &Service, pod: &Pod, ip: std::net::IpAddr, zone: Option<&str>) -> Endpoint {
    // endpointslice/utils.go `podToEndpoint`.
    let ready = service.publish_not_ready || (pod.ready && !pod.terminating);
    let (zone_hints, node_hints) = if ready {
        hints(service, zone, pod.node.as_deref())
    } else {
        (Vec::new(), Vec::new())
    };
    Endpoint {
        addresses: vec![ip],
        ready,
        serving: pod.ready,
        terminating: pod.terminating,
        node: pod.node.clone(),
        zone: zone.map(str::to_owned),
        pod: Some((pod.namespace.clone(), pod.name.clone())),
        zone_hints,
        node_hints,
    }
}

/// A slice without endpoints yet.
fn empty(
    service: &Service,
    family: IpFamily,
    ports: Vec<EndpointPort>,
    number: usize,
) -> EndpointSlice {
    let which = format!("{family:?}/{number}");
    EndpointSlice {
        object: service.object,
        namespace: service.namespace.clone(),
        name: format!(
            "{}-{}",
            service.name,
            names::suffix(&[&service.namespace, &service.name, "EndpointSlice", &which])
        ),
        labels: Default::default(),
        service: Some(service.name.clone()),
        family: Some(family),
        endpoints: Vec::new(),
        ports,
        made: true,
    }
}

/// Whether the controller looks after a Service: it has a selector and is no mere name.
pub fn selects_pods(service: &Service) -> bool {
    !service.selector.is_empty() && service.service_type != ServiceType::ExternalName
}

/// Slices for every Service that selects pods and for which the text has none.
pub fn make(
    services: &[Service],
    pods: &[Pod],
    nodes: &[Node],
    index: &PodIndex,
    stated: &BTreeSet<(String, String)>,
) -> Vec<EndpointSlice> {
    let zones: BTreeMap<&str, Option<&str>> = nodes
        .iter()
        .map(|node| (node.name.as_str(), node.zone()))
        .collect();
    let mut slices = Vec::new();
    for service in services.iter().filter(|service| selects_pods(service)) {
        if stated.contains(&(service.namespace.clone(), service.name.clone())) {
            continue;
        }
        let selected = index.selected(&service.namespace, &service.selector, pods);
        let mut number = 0;
        for &family in &service.ip_families {
            let mut groups: Vec<EndpointSlice> = Vec::new();
            let mut open: BTreeMap<Vec<Option<u16>>, usize> = BTreeMap::new();
            for &pod in &selected {
                let pod = &pods[pod];
                let Some(ip) = ip_of_family(&pod.ips, family) else {
                    continue;
                };
                let zone = pod
                    .node
                    .as_deref()
                    .and_then(|node| zones.get(node).copied().flatten());
                let key: Vec<Option<u16>> =
                    service.ports.iter().map(|port| target(pod, port)).collect();
                let slot = open.get(&key).copied();
                let slot = slot.filter(|slot| groups[*slot].endpoints.len() < MOST_PER_SLICE);
                let slot = slot.unwrap_or_else(|| {
                    groups.push(empty(service, family, ports_of(service, pod), number));
                    number += 1;
                    open.insert(key, groups.len() - 1);
                    groups.len() - 1
                });
                groups[slot]
                    .endpoints
                    .push(endpoint(service, pod, ip, zone));
            }
            if groups.is_empty() {
                // The controller keeps one empty slice so that the Service is known to have none.
                groups.push(empty(service, family, Vec::new(), number));
                number += 1;
            }
            slices.append(&mut groups);
        }
    }
    slices
}
