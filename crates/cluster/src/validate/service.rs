//! Service: `ValidateService` in pkg/apis/core/validation/validation.go, after the defaults of v1.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::address;
use super::meta::{self, Scope, object_meta};
use super::place::{At, Faults};
use super::release::Release;
use super::text::{dns_label, dns_label_with_letter, dns_subdomain, port_name, qualified_name};
use crate::diagnostic::Kind;

const TYPES: &[&str] = &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];
const POLICIES: &[&str] = &["Cluster", "Local"];
const FAMILIES: &[&str] = &["IPv4", "IPv6"];
const FAMILY_POLICIES: &[&str] = &["PreferDualStack", "RequireDualStack", "SingleStack"];
const DISTRIBUTIONS: &[&str] = &["PreferClose", "PreferSameNode", "PreferSameZone"];

/// `AnnotationLoadBalancerSourceRangesKey`
const SOURCE_RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";

/// A text, or what SetDefaults_Service puts for an empty one.
pub(super) fn or_default<'a>(at: &At<'a>, default: &'a str) -> &'a str {
    match at.string() {
        "" => default,
        text => text,
    }
}

/// The Service's type, defaulted.
pub(super) fn service_type<'a>(spec: &'a At<'a>) -> &'a str {
    match spec.child("type").string() {
        "" => "ClusterIP",
        text => text,
    }
}

/// `spec.clusterIPs` after `normalizeClusterIPs`: `clusterIP` alone initialises the list.
pub(super) fn cluster_ips<'a>(spec: &At<'a>) -> Vec<&'a str> {
    let list: Vec<&str> = match spec.node.and_then(|node| node.get("clusterIPs")) {
        Some(node) => node
            .items()
            .iter()
            .map(|item| item.as_str().unwrap_or_default())
            .collect(),
        None => Vec::new(),
    };
    let single = spec.node.and_then(|node| node.get("clusterIP")?.as_str());
    match single {
        Some(ip) if list.is_empty() && !ip.is_empty() => vec![ip],
        _ => list,
    }
}

/// `isHeadlessService`
pub(super) fn is_headless(spec: &At<'_>) -> bool {
    cluster_ips(spec) == ["None"]
}

/// `ExternallyAccessible` in pkg/api/service/util.go.
pub(super) fn externally_accessible(spec: &At<'_>) -> bool {
    match service_type(spec) {
        "LoadBalancer" | "NodePort" => true,
        "ClusterIP" => spec.child("externalIPs").len() > 0,
        _ => false,
    }
}

/// `NeedsHealthCheck`
pub(super) fn needs_health_check(spec: &At<'_>) -> bool {
    service_type(spec) == "LoadBalancer" && spec.child("externalTrafficPolicy").string() == "Local"
}

/// Where an item of `clusterIPs` stands: there, or at `clusterIP`.
fn cluster_ip_at<'a>(spec: &'a At<'a>, list: &'a At<'a>, index: usize) -> At<'a> {
    let mut at = list.index(index);
    if list.len() == 0 {
        at.node = spec.child("clusterIP").node;
    }
    at
}

/// `ValidateServiceCreate`
pub(super) fn validate(faults: &mut Faults, root: &At<'_>) {
    let rule = match faults.release() {
        Release::V1_30 => dns_label_with_letter,
        Release::V1_36 => dns_label,
    };
    object_meta(faults, root, Scope::Namespaced, rule);
    topology_annotations(faults, root);
    let spec = root.child("spec");
    let kind = service_type(&spec);
    let ports = spec.child("ports");
    let headless = is_headless(&spec);
    if ports.len() == 0 && !headless && kind != "ExternalName" {
        faults.required(
            &ports,
            "List at least one port; only a headless Service may have none.",
        );
    }
    let clusters = spec.child("clusterIPs");
    match kind {
        "LoadBalancer" | "NodePort" if headless => {
            if kind == "LoadBalancer" {
                kubelet_port(faults, &ports);
            }
            let at = cluster_ip_at(&spec, &clusters, 0);
            let why = format!("makes the Service headless, which one of type {kind} cannot be");
            faults.invalid(
                &at,
                &why,
                "Remove `clusterIP: None`, or make the type ClusterIP.",
            );
        }
        "LoadBalancer" => kubelet_port(faults, &ports),
        "ExternalName" => external_name(faults, &spec),
        _ => {}
    }
    let mut names = BTreeSet::new();
    for port in ports.items() {
        service_port(faults, &port, ports.len() > 1, &mut names);
    }
    meta::labels(faults, &spec.child("selector"));
    affinity(faults, &spec);
    cluster_ip_fields(faults, &spec);
    for at in spec.child("externalIPs").items() {
        if let Some(ip) = address::ip(faults, &at, at.string()) {
            address::not_special(faults, &at, ip);
        }
    }
    if !TYPES.contains(&kind) {
        faults.not_supported(&spec.child("type"), TYPES);
    }
    if kind == "ClusterIP" {
        for port in ports.items() {
            let at = port.child("nodePort");
            if at.int() != 0 {
                let why = "A Service of type ClusterIP has no node ports.";
                faults.forbidden(&at, why, "Make the type NodePort, or remove the node port.");
            }
        }
    }
    unique_ports(faults, &ports);
    source_ranges(faults, root, &spec);
    let allocate = spec.child("allocateLoadBalancerNodePorts");
    if allocate.stated() && kind != "LoadBalancer" {
        only_load_balancers(faults, &allocate);
    }
    let class = spec.child("loadBalancerClass");
    if class.stated() {
        if kind == "LoadBalancer" {
            qualified(faults, &class);
        } else {
            only_load_balancers(faults, &class);
        }
    }
    external_policy(faults, &spec);
    let internal = spec.child("internalTrafficPolicy");
    if internal.stated() && !POLICIES.contains(&internal.string()) {
        faults.not_supported(&internal, POLICIES);
    }
    let distribution = spec.child("trafficDistribution");
    // Behind a gate that is off in 1.30: the field is dropped unseen.
    let looked_at = faults.release() == Release::V1_36;
    if looked_at && distribution.stated() && !DISTRIBUTIONS.contains(&distribution.string()) {
        faults.not_supported(&distribution, DISTRIBUTIONS);
    }
}

/// 1.30 kept the kubelet's port from load balancers.
fn kubelet_port(faults: &mut Faults, ports: &At<'_>) {
    if faults.release() != Release::V1_30 {
        return;
    }
    for port in ports.items() {
        let number = port.child("port");
        if number.int() == 10_250 {
            let message = "10250 is the kubelet's own port and may not be opened to the outside.";
            faults.add_at(
                Kind::Invalid,
                &port,
                number.span(),
                message,
                "Choose another port.",
            );
        }
    }
}

fn only_load_balancers(faults: &mut Faults, at: &At<'_>) {
    let why = "It belongs to Services of type LoadBalancer.";
    faults.forbidden(at, why, "Make the type LoadBalancer, or remove the field.");
}

fn qualified(faults: &mut Faults, at: &At<'_>) {
    for wrong in qualified_name(at.string()) {
        faults.invalid(at, wrong, "Write a name such as `example.com/name`.");
    }
}

/// The older and the newer annotation for topology must agree.
fn topology_annotations(faults: &mut Faults, root: &At<'_>) {
    let meta = root.child("metadata");
    let annotations = meta.child("annotations");
    let mode = annotations.key("service.kubernetes.io/topology-mode");
    let hints = annotations.key("service.kubernetes.io/topology-aware-hints");
    if mode.stated() && hints.stated() && mode.text() != hints.text() {
        let why = "differs from the annotation service.kubernetes.io/topology-aware-hints";
        faults.invalid(&mode, why, "Keep only service.kubernetes.io/topology-mode.");
    }
}

fn external_name(faults: &mut Faults, spec: &At<'_>) {
    for (name, stated) in [
        ("clusterIPs", !cluster_ips(spec).is_empty()),
        ("ipFamilies", spec.child("ipFamilies").len() > 0),
        ("ipFamilyPolicy", spec.child("ipFamilyPolicy").stated()),
    ] {
        if stated {
            let mut at = spec.child(name);
            if !at.stated() {
                at.node = spec.child("clusterIP").node;
            }
            let why = "A Service of type ExternalName is a name in DNS and has no address.";
            faults.forbidden(&at, why, "Remove it, or choose another type.");
        }
    }
    let at = spec.child("externalName");
    let name = at.string();
    // A trailing dot says that the name is complete.
    match name.strip_suffix('.').unwrap_or(name) {
        "" => faults.required(&at, "Write the name in DNS that the Service stands for."),
        name => {
            for wrong in dns_subdomain(name) {
                let help = "Write a plain host name such as `db.example.com`: no scheme, no port.";
                faults.invalid(&at, wrong, help);
            }
        }
    }
}

/// `validateServicePort`
fn service_port<'a>(
    faults: &mut Faults,
    port: &'a At<'a>,
    needs_name: bool,
    names: &mut BTreeSet<String>,
) {
    let name = port.child("name");
    match name.string() {
        "" if needs_name => {
            faults.required(&name, "A Service with several ports needs a name for each.");
        }
        "" => {}
        text => {
            for wrong in dns_label(text) {
                faults.invalid(&name, wrong, "Rename the port, for example to `http`.");
            }
            if !names.insert(text.to_owned()) {
                faults.duplicate(&name, "Give each port a name of its own.");
            }
        }
    }
    let number = port.child("port");
    faults.port_number(&number, number.int());
    let protocol = port.child("protocol");
    if !PROTOCOLS.contains(&or_default(&protocol, "TCP")) {
        faults.not_supported(&protocol, PROTOCOLS);
    }
    target_port(faults, &port.child("targetPort"), number.int());
    let app = port.child("appProtocol");
    if app.stated() {
        qualified(faults, &app);
    }
}

/// `targetPort`: 0 and "" become the port, then `ValidatePortNumOrName`.
fn target_port(faults: &mut Faults, at: &At<'_>, port: i64) {
    match at.text() {
        Some(name) if !name.is_empty() => port_or_name(faults, at, name),
        None if at.int() != 0 => faults.port_number(at, at.int()),
        _ if (1..=65_535).contains(&port) => {}
        _ => {
            let message = format!("`{at}` is taken from the port, {port}, which is none.");
            faults.add(Kind::Invalid, at, message, "Correct the port.");
        }
    }
}

/// `ValidatePortNumOrName` for a name.
pub(super) fn port_or_name(faults: &mut Faults, at: &At<'_>, name: &str) {
    for wrong in port_name(name) {
        faults.invalid(at, wrong, "Use a port's number, or a name such as `http`.");
    }
}

fn affinity(faults: &mut Faults, spec: &At<'_>) {
    let at = spec.child("sessionAffinity");
    match at.string() {
        "" | "None" => {}
        "ClientIP" => {
            let config = spec.child("sessionAffinityConfig");
            let client = config.child("clientIP");
            let timeout = client.child("timeoutSeconds");
            // MaxClientIPServiceAffinitySeconds: a day.
            if timeout.stated() && !(1..=86_400).contains(&timeout.int()) {
                let why = "is not within 1 and 86400 seconds, a day";
                faults.invalid(&timeout, why, "Use 10800, three hours, where unsure.");
            }
        }
        _ => faults.not_supported(&at, &["ClientIP", "None"]),
    }
}

/// `ValidateServiceClusterIPsRelatedFields`
pub(super) fn cluster_ip_fields(faults: &mut Faults, spec: &At<'_>) {
    if service_type(spec) == "ExternalName" {
        return;
    }
    let before = faults.0.len();
    let single = spec.child("clusterIP");
    let list = spec.child("clusterIPs");
    let ips = cluster_ips(spec);
    match single.string() {
        "" if !ips.is_empty() => {
            let why = "is set while `clusterIP` is not";
            faults.invalid(&list, why, "Write its first value into `clusterIP` too.");
        }
        "" => {}
        ip if ips.first() != Some(&ip) => {
            let why = "does not begin with the value of `clusterIP`";
            faults.invalid(&list, why, "Make the first value and `clusterIP` the same.");
        }
        _ => {}
    }
    let families = spec.child("ipFamilies");
    let mut seen = BTreeSet::new();
    for family in families.items() {
        if !FAMILIES.contains(&family.string()) {
            faults.not_supported(&family, FAMILIES);
        }
        if !seen.insert(family.string()) {
            faults.duplicate(&family, "Name each family once.");
        }
    }
    let policy = spec.child("ipFamilyPolicy");
    if policy.stated() && !FAMILY_POLICIES.contains(&policy.string()) {
        faults.not_supported(&policy, FAMILY_POLICIES);
    }
    let mut addresses: Vec<Option<IpAddr>> = Vec::new();
    let mut misplaced = false;
    for (index, ip) in ips.iter().enumerate() {
        if index == 0 && *ip == "None" {
            if ips.len() > 1 {
                misplaced = true;
                let why = "has `None` beside an address";
                faults.invalid(&list, why, "Make `None` the only value, or remove it.");
            }
            addresses.push(None);
            continue;
        }
        let at = cluster_ip_at(spec, &list, index);
        let address = address::ip(faults, &at, ip);
        misplaced |= address.is_none();
        addresses.push(address);
    }
    if ips.len() > 2 {
        faults.invalid(
            &list,
            "has more than two values",
            "Give one address for each family.",
        );
    }
    if misplaced {
        return;
    }
    if ips.len() > 1 && !dual(&addresses) {
        let why = "has more than one address of a family";
        faults.invalid(&list, why, "Give one IPv4 and one IPv6 address at most.");
    }
    if is_headless(spec) || faults.0.len() > before {
        return;
    }
    for (index, (address, family)) in addresses.iter().zip(families.items()).enumerate() {
        let Some(address) = address else { continue };
        let is = if address.is_ipv4() { "IPv4" } else { "IPv6" };
        if family.string() != is {
            let at = cluster_ip_at(spec, &list, index);
            let why = format!(
                "is {is}, while `ipFamilies[{index}]` says {}",
                family.string()
            );
            faults.invalid(&at, &why, "Make the address and the family agree.");
        }
    }
}

/// `IsDualStackIPs`: both families are there.
fn dual(addresses: &[Option<IpAddr>]) -> bool {
    let has = |v4: bool| addresses.iter().flatten().any(|ip| ip.is_ipv4() == v4);
    has(true) && has(false)
}

/// Node ports by protocol, then ports by protocol.
fn unique_ports(faults: &mut Faults, ports: &At<'_>) {
    let mut node_ports = BTreeSet::new();
    for port in ports.items() {
        let at = port.child("nodePort");
        let protocol = or_default(&port.child("protocol"), "TCP").to_owned();
        if at.int() != 0 && !node_ports.insert((protocol, at.int())) {
            faults.duplicate(&at, "Give each port a node port of its own.");
        }
    }
    let mut numbers = BTreeSet::new();
    for port in ports.items() {
        let number = port.child("port").int();
        let protocol = or_default(&port.child("protocol"), "TCP").to_owned();
        let message = format!("Port {number} over {protocol} stands twice in this Service.");
        if !numbers.insert((protocol, number)) {
            faults.add(
                Kind::Duplicate,
                &port,
                message,
                "Give the ports different numbers or protocols.",
            );
        }
    }
}

/// `validateServiceLoadBalancerSourceRanges`; the field's name begins with a capital there.
fn source_ranges(faults: &mut Faults, root: &At<'_>, spec: &At<'_>) {
    let is_balancer = service_type(spec) == "LoadBalancer";
    let ranges = spec.child_as("loadBalancerSourceRanges", "LoadBalancerSourceRanges");
    if ranges.len() > 0 {
        if !is_balancer {
            only_load_balancers(faults, &ranges);
        }
        for range in ranges.items() {
            address::cidr(faults, &range, range.string().trim());
        }
        return;
    }
    let meta = root.child("metadata");
    let annotations = meta.child("annotations");
    let annotation = annotations.key(SOURCE_RANGES);
    if let Some(text) = annotation.text() {
        if !is_balancer {
            only_load_balancers(faults, &annotation);
        }
        if !text.trim().is_empty() {
            for range in text.trim().split(',') {
                address::cidr(faults, &annotation, range.trim());
            }
        }
    }
}

/// `validateServiceExternalTrafficPolicy`
fn external_policy(faults: &mut Faults, spec: &At<'_>) {
    let policy = spec.child("externalTrafficPolicy");
    let value = policy.string();
    if !externally_accessible(spec) {
        if !value.is_empty() {
            let why = "belongs to a Service that is reached from outside";
            let help =
                "Make the type NodePort or LoadBalancer, give it externalIPs, or remove the field.";
            faults.invalid(&policy, why, help);
        }
    } else if !value.is_empty() && !POLICIES.contains(&value) {
        faults.not_supported(&policy, POLICIES);
    }
    let health = spec.child("healthCheckNodePort");
    if health.int() != 0 {
        if needs_health_check(spec) {
            faults.port_number(&health, health.int());
        } else {
            let why = "belongs to a LoadBalancer with `externalTrafficPolicy: Local`";
            faults.invalid(&health, why, "Remove it, or set that type and policy.");
        }
    }
}
