//! What a cluster accepts without a word though it is hardly meant.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::endpoints::{selects_pods, target};
use super::index::PodIndex;
use super::replicas::Draft;
use crate::report::Report;
use crate::source::ObjectId;
use crate::state::{EndpointSlice, Node, Pod, Service, ServicePort, ServiceType, TargetPort};

/// How many edits lead from one word to the other, up to `most`; beyond that, nothing. Two neighbours in
/// the wrong order are one edit (the optimal string alignment distance).
fn distance(one: &str, other: &str, most: usize) -> Option<usize> {
    let one: Vec<char> = one.chars().collect();
    let other: Vec<char> = other.chars().collect();
    // Labels have at most 63 characters; longer words are not compared.
    if one.len().abs_diff(other.len()) > most || one.len().max(other.len()) > 253 {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut cost = (row[j] + usize::from(a != b))
                .min(row[j + 1] + 1)
                .min(next[j] + 1);
            let swapped = i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b;
            if swapped {
                cost = cost.min(before[j - 1] + 1);
            }
            next.push(cost);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().filter(|distance| *distance <= most)
}

/// Whether two words are near enough that one may be meant for the other: a prefix, or a few slips.
fn near(one: &str, other: &str) -> Option<usize> {
    let most = (one.chars().count().min(other.chars().count()) / 3).clamp(1, 3);
    distance(one, other, most).or_else(|| {
        let shorter = one.len().min(other.len());
        let contained = shorter >= 3 && (one.contains(other) || other.contains(one));
        contained.then_some(most + 1)
    })
}

/// The label of a pod that a pair of the selector was probably meant to be.
fn nearest<'a>(
    key: &str,
    value: &str,
    labels: &BTreeSet<(&'a str, &'a str)>,
) -> Option<(&'a str, &'a str)> {
    labels
        .iter()
        .filter_map(|(k, v)| {
            let cost = match (*k == key, *v == value) {
                (true, true) => return None,
                (true, false) => near(value, v)?,
                (false, true) => near(key, k)?,
                (false, false) => return None,
            };
            Some((cost, (*k, *v)))
        })
        .min()
        .map(|(_, label)| label)
}

/// The labels that pods have, by namespace.
type Labels<'a> = BTreeMap<&'a str, BTreeSet<(&'a str, &'a str)>>;

fn labels_of(pods: &[Pod]) -> Labels<'_> {
    let mut labels: Labels<'_> = BTreeMap::new();
    for pod in pods {
        let pairs = pod
            .labels
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()));
        labels
            .entry(pod.namespace.as_str())
            .or_default()
            .extend(pairs);
    }
    labels
}

/// How many selectors that match nothing get a search for what was meant: each looks at every label.
const MOST_SEARCHES: usize = 50;

/// The help for a selector that matches nothing.
fn selector_help(service: &Service, pods: &[Pod], labels: &Labels<'_>) -> String {
    let none = BTreeSet::new();
    let here = labels.get(service.namespace.as_str()).unwrap_or(&none);
    for (key, value) in &service.selector {
        if here.contains(&(key.as_str(), value.as_str())) {
            continue;
        }
        if let Some((key, value)) = nearest(key, value, here) {
            return format!("Did you mean {key}: {value}?");
        }
    }
    let elsewhere = pods.iter().find(|pod| {
        pod.namespace != service.namespace
            && crate::selector::selects(&service.selector, &pod.labels)
    });
    if let Some(pod) = elsewhere {
        return format!(
            "Pods with these labels are in the namespace {}; a Service only finds those in its own, {}.",
            pod.namespace, service.namespace
        );
    }
    match here
        .iter()
        .find(|(key, _)| service.selector.contains_key(*key))
    {
        Some((key, value)) => {
            format!("The pods of this namespace have, for example, {key}: {value}.")
        }
        None => "Give the pods these labels, or make the selector match the labels they have."
            .to_owned(),
    }
}

fn target_ports(service: &Service, selected: &[&Pod], report: &mut Report) {
    for port in &service.ports {
        let field = format!("spec.ports[{}].targetPort", port.index);
        match &port.target_port {
            TargetPort::Name(name) => named_port(service, port, name, &field, selected, report),
            TargetPort::Number(number) => {
                let heard = selected.iter().any(|pod| {
                    pod.listen.iter().any(|(protocol, port_number, _)| {
                        (*protocol, *port_number) == (port.protocol, *number)
                    })
                });
                if heard {
                    continue;
                }
                let listens: BTreeSet<String> = selected
                    .iter()
                    .flat_map(|pod| &pod.listen)
                    .map(|(protocol, number, _)| format!("{} {number}", protocol.upper()))
                    .collect();
                let listens: Vec<String> = listens.into_iter().collect();
                report.warn(
                    service.object,
                    &field,
                    format!(
                        "No container of the selected pods declares {} {number}, so nothing is taken to listen there.",
                        port.protocol.upper()
                    ),
                    &format!("Send to {}, or declare the port in the pod.", listens.join(" or ")),
                );
            }
        }
    }
}

fn named_port(
    service: &Service,
    port: &ServicePort,
    name: &str,
    field: &str,
    selected: &[&Pod],
    report: &mut Report,
) {
    if selected.iter().any(|pod| target(pod, port).is_some()) {
        return;
    }
    let declared: BTreeSet<&str> = selected
        .iter()
        .flat_map(|pod| &pod.container_ports)
        .map(|(name, ..)| name.as_str())
        .filter(|name| !name.is_empty())
        .collect();
    let close = declared
        .iter()
        .filter_map(|other| Some((near(name, other)?, *other)))
        .min();
    let help = match (close, declared.contains(name)) {
        (_, true) => format!(
            "The port {name} is declared, but not for {}.",
            port.protocol.upper()
        ),
        (Some((_, close)), _) => format!("Did you mean {close}?"),
        (None, _) if declared.is_empty() => {
            "Name the port in the container (ports[].name), or write its number here.".to_owned()
        }
        (None, _) => {
            let declared: Vec<&str> = declared.into_iter().collect();
            format!("The containers name {}.", declared.join(", "))
        }
    };
    report.warn(
        service.object,
        field,
        format!(
            "No container of the selected pods has a port named {name}, so this port leads nowhere."
        ),
        &help,
    );
}

/// A Service without anything to send to.
fn nobody_home(service: &Service, slices: &[&EndpointSlice], report: &mut Report) {
    let then = if service.headless {
        "its name gives no address"
    } else {
        "whoever calls it is refused"
    };
    let mut endpoints = slices.iter().flat_map(|slice| &slice.endpoints).peekable();
    if endpoints.peek().is_none() {
        report.warn(
            service.object,
            "spec",
            format!(
                "Service {} has no endpoints: whoever calls it is refused.",
                service.name
            ),
            "Give it a selector that matches pods, or an EndpointSlice with addresses.",
        );
    } else if !endpoints
        .any(|endpoint| endpoint.ready || (endpoint.serving && endpoint.terminating))
    {
        report.warn(
            service.object,
            "spec",
            format!(
                "None of the endpoints of Service {} is ready: {then}.",
                service.name
            ),
            "Look at why the pods are not ready.",
        );
    }
}

/// A hostPort is the network plugin's business (its portmap), which is not modelled: said once for each owner.
pub fn host_ports(draft: &Draft<'_>, told: &mut BTreeSet<ObjectId>, report: &mut Report) {
    if let Some(port) = draft.spec.host_ports.first()
        && told.insert(draft.pod.object)
    {
        report.remark(
            draft.pod.object,
            &format!("{}.containers", draft.spec_path),
            format!("hostPort {port} is not modelled: the network plugin's portmap makes its rules, not kube-proxy."),
            "A Service of type NodePort is.",
        );
    }
}

/// `service.kubernetes.io/topology-mode: Auto`, and its forerunner.
const TOPOLOGY: [&str; 2] = [
    "service.kubernetes.io/topology-mode",
    "service.kubernetes.io/topology-aware-hints",
];

/// Hints that the controller would share out by the nodes' processors: not modelled.
fn automatic_hints(service: &Service, report: &mut Report) {
    for key in TOPOLOGY {
        let mode = service.annotations.get(key).map(String::as_str);
        if matches!(mode, Some("Auto" | "auto")) {
            report.remark(
                service.object,
                &format!("metadata.annotations[{key}]"),
                "The hints that the EndpointSlice controller would share out by the nodes' processors are not modelled."
                    .to_owned(),
                "Write the EndpointSlice with its hints, or use spec.trafficDistribution.",
            );
        }
    }
}

/// Everything worth a warning about Services.
pub fn services(
    services: &[Service],
    pods: &[Pod],
    index: &PodIndex,
    slices: &[EndpointSlice],
    report: &mut Report,
) {
    let mut of_service: BTreeMap<(&str, &str), Vec<&EndpointSlice>> = BTreeMap::new();
    for slice in slices {
        match &slice.service {
            Some(service) => of_service
                .entry((&slice.namespace, service))
                .or_default()
                .push(slice),
            None => report.remark(
                slice.object,
                "metadata.labels",
                format!(
                    "EndpointSlice {} belongs to no Service, so kube-proxy passes it over.",
                    slice.name
                ),
                "Label it kubernetes.io/service-name: NAME.",
            ),
        }
    }
    let labels = labels_of(pods);
    let mut searches = 0;
    for service in services {
        if service.service_type == ServiceType::ExternalName {
            continue;
        }
        let key = (service.namespace.as_str(), service.name.as_str());
        let own = of_service.get(&key).map(Vec::as_slice).unwrap_or_default();
        let made = own.iter().all(|slice| slice.made);
        if !(made && selects_pods(service)) {
            nobody_home(service, own, report);
            continue;
        }
        let selected: Vec<&Pod> = index
            .selected(&service.namespace, &service.selector, pods)
            .into_iter()
            .map(|pod| &pods[pod])
            .collect();
        if selected.is_empty() {
            searches += 1;
            let help = if searches <= MOST_SEARCHES {
                selector_help(service, pods, &labels)
            } else {
                "Give pods these labels, or make the selector match the labels they have."
                    .to_owned()
            };
            report.warn(
                service.object,
                "spec.selector",
                format!(
                    "The selector matches no pod, so Service {} has nothing to send to.",
                    service.name
                ),
                &help,
            );
            continue;
        }
        target_ports(service, &selected, report);
        automatic_hints(service, report);
        nobody_home(service, own, report);
    }
    let known: BTreeSet<(&str, &str)> = services
        .iter()
        .map(|s| (s.namespace.as_str(), s.name.as_str()))
        .collect();
    for ((namespace, name), slices) in &of_service {
        if !known.contains(&(*namespace, *name)) {
            report.remark(
                slices[0].object,
                "metadata.labels[kubernetes.io/service-name]",
                format!(
                    "There is no Service {name} in the namespace {namespace} for these endpoints."
                ),
                "Add the Service, or correct the name.",
            );
        }
    }
}

/// A pod's address outside its node's range: a remark, since some network plugins do that.
pub fn stray_addresses(
    pods: &[Pod],
    nodes: &[Node],
    stated_ranges: &BTreeSet<ObjectId>,
    report: &mut Report,
) {
    let by_name: BTreeMap<&str, &Node> = nodes
        .iter()
        .map(|node| (node.name.as_str(), node))
        .collect();
    for pod in pods.iter().filter(|pod| !pod.host_network) {
        let Some(node) = pod.node.as_deref().and_then(|node| by_name.get(node)) else {
            continue;
        };
        if !stated_ranges.contains(&node.object) {
            continue;
        }
        for ip in &pod.ips {
            if node.pod_cidrs.is_empty() || node.pod_cidrs.iter().any(|range| range.contains(ip)) {
                continue;
            }
            let ranges: Vec<String> = node.pod_cidrs.iter().map(ToString::to_string).collect();
            let field = if pod.made_from.is_some() {
                "endpoints"
            } else {
                "status.podIP"
            };
            report.remark(
                pod.object,
                field,
                format!(
                    "{ip} is outside the podCIDR {} of its Node {}.",
                    ranges.join(", "),
                    node.name
                ),
                "Nothing to do if the network plugin hands out addresses by itself.",
            );
        }
    }
}

/// Of pods with one address only the first is kept: no packet could tell them apart.
pub fn one_address_each(pods: &mut Vec<Pod>, report: &mut Report) {
    let mut owners: BTreeMap<IpAddr, String> = BTreeMap::new();
    pods.retain(|pod| {
        if pod.host_network {
            return true;
        }
        let other = pod
            .ips
            .iter()
            .find_map(|ip| Some((*ip, owners.get(ip)?.clone())));
        let Some((ip, other)) = other else {
            for ip in &pod.ips {
                owners.insert(*ip, format!("{}/{}", pod.namespace, pod.name));
            }
            return true;
        };
        report.warn(
            pod.object,
            "status.podIP",
            format!(
                "Pod {} has the address {ip} of Pod {other}, and is left out.",
                pod.name
            ),
            "Give each pod an address of its own.",
        );
        false
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_words_are_found() {
        assert_eq!(near("demo", "demos"), Some(1));
        assert_eq!(near("http", "htpt"), Some(1));
        assert_eq!(near("a", ""), Some(1));
        assert_eq!(near("frontend", "fronted"), Some(1));
        assert_eq!(near("checkout", "checkout-api"), Some(3));
        assert_eq!(near("cart", "mail"), None);
    }
}
