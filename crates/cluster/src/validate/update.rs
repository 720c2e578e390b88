//! `kubectl apply` over an object that is there already: what an update may not change.
//!
//! The patch of `kubectl apply` leaves alone what neither text states; what the server filled in before
//! (addresses, ports) is carried over here as far as the older text states it.

use std::sync::Arc;

use super::allocate::{self, Allocated, Keeps, Ranges};
use super::place::{At, Faults};
use super::service::{cluster_ips, is_headless, needs_health_check, service_type};
use crate::diagnostic::Kind;
use crate::yaml::{Key, Node, Value};

const NEW: &str = "Delete the object first, or give the new one another name.";

/// Whether two values mean the same: the order of names does not matter, how a number is written neither.
fn same(a: Option<&Node>, b: Option<&Node>) -> bool {
    let null = |node: &&Node| node.value != Value::Null;
    let (Some(a), Some(b)) = (a.filter(null), b.filter(null)) else {
        return a.filter(null).is_none() && b.filter(null).is_none();
    };
    match (&a.value, &b.value) {
        (Value::Map(_), Value::Map(_)) => {
            let inside = |one: &Node, other: &Node| {
                one.entries()
                    .iter()
                    .all(|(key, value)| same(Some(value), other.get(&key.name)))
            };
            inside(a, b) && inside(b, a)
        }
        (Value::Seq(left), Value::Seq(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(a, b)| same(Some(a), Some(b)))
        }
        (Value::Float(left), Value::Float(right)) => left.value.total_cmp(&right.value).is_eq(),
        (left, right) => left == right,
    }
}

/// A Service's allocations on an update (`beginUpdate`).
pub(super) fn allocate(
    faults: &mut Faults,
    old: &At<'_>,
    new: &At<'_>,
    ranges: Ranges<'_>,
    taken: &Allocated,
) -> Allocated {
    let (old_spec, spec) = (old.child("spec"), new.child("spec"));
    let kept = needs_cluster_ip(&old_spec) && needs_cluster_ip(&spec);
    // The address that was chosen before stays, and so does its family.
    let families = spec.child("ipFamilies");
    let first = families.index(0);
    let before = primary_family(&old_spec, ranges);
    let open = kept && cluster_ips(&spec).is_empty();
    if open && first.stated() && before.is_some_and(|family| family != first.string()) {
        let list = spec.child("clusterIPs");
        let message = format!(
            "The Service has an {} address already, while `ipFamilies[0]` now says {}.",
            before.unwrap_or_default(),
            first.shown()
        );
        faults.add_at(Kind::Invalid, &list.index(0), first.span(), message, NEW);
        if families.len() == 2 && family_count(&old_spec, ranges) == 2 {
            let message = "The Service has its two addresses in the other order already.";
            let second = families.index(1);
            faults.add_at(Kind::Invalid, &list.index(1), second.span(), message, NEW);
        }
        return Allocated::default();
    }
    reduced(faults, &old_spec, &spec, ranges);
    if !faults.0.is_empty() {
        return Allocated::default();
    }
    let keeps = if kept { Keeps::Address } else { Keeps::Nothing };
    allocate::allocate(faults, new, ranges, taken, keeps)
}

/// `initIPFamilyFields` on an update: only with SingleStack may the second address or family go.
fn reduced(faults: &mut Faults, old: &At<'_>, new: &At<'_>, ranges: Ranges<'_>) {
    let policy = new.child("ipFamilyPolicy");
    if service_type(new) == "ExternalName" || matches!(policy.string(), "" | "SingleStack") {
        return;
    }
    let (before, now) = (cluster_ips(old), cluster_ips(new));
    let address = before.len() == 2 && now.len() == 1 && before.first() == now.first();
    let family = family_count(old, ranges) == 2 && new.child("ipFamilies").len() == 1;
    for (gone, what) in [(address, "address"), (family, "family")] {
        if gone {
            let message = format!("The second {what} is given up, while the policy asks for two.");
            let help = "Set `ipFamilyPolicy: SingleStack`.";
            faults.add(Kind::Invalid, &policy, message, help);
        }
    }
}

/// How many families a Service got.
fn family_count(spec: &At<'_>, ranges: Ranges<'_>) -> usize {
    let policy = spec.child("ipFamilyPolicy");
    let asked = matches!(policy.string(), "PreferDualStack" | "RequireDualStack");
    if asked && ranges.is_dual() {
        return 2;
    }
    spec.child("ipFamilies").len().max(cluster_ips(spec).len())
}

fn needs_cluster_ip(spec: &At<'_>) -> bool {
    matches!(
        service_type(spec),
        "ClusterIP" | "NodePort" | "LoadBalancer"
    )
}

/// The family of the address that a Service has.
fn primary_family<'a>(spec: &At<'a>, ranges: Ranges<'_>) -> Option<&'a str> {
    if is_headless(spec) {
        return None;
    }
    if let Some(ip) = cluster_ips(spec).first() {
        let ip = super::address::sloppy(ip)?.ip;
        return Some(if ip.is_ipv4() { "IPv4" } else { "IPv6" });
    }
    let families = spec.node.and_then(|node| node.get("ipFamilies"));
    let stated = families.and_then(|node| node.items().first()?.as_str());
    stated.or_else(|| ranges.default_family())
}

/// The new object with what the server keeps of the old one (`patchAllocatedValues`).
pub(super) fn carried(old: &Arc<Node>, new: &Arc<Node>) -> Arc<Node> {
    let (old_root, new_root) = (At::root(old), At::root(new));
    let (old_spec, spec) = (old_root.child("spec"), new_root.child("spec"));
    let mut added: Vec<(Key, Node)> = Vec::new();
    let mut keep = |name: &str| {
        let entry = old_spec.node.and_then(|node| node.entry(name));
        if let (Some((key, node)), false) = (entry, spec.child(name).stated()) {
            added.push((key.clone(), node.clone()));
        }
    };
    if needs_cluster_ip(&old_spec) && needs_cluster_ip(&spec) && cluster_ips(&spec).is_empty() {
        keep("clusterIP");
        keep("clusterIPs");
    }
    if needs_health_check(&old_spec) && needs_health_check(&spec) {
        keep("healthCheckNodePort");
    }
    if needs_cluster_ip(&old_spec) && needs_cluster_ip(&spec) {
        keep("ipFamilyPolicy");
    }
    single_stack(&old_spec, &spec, &mut added);
    if added.is_empty() {
        return Arc::clone(new);
    }
    let mut root = Node::clone(new);
    if let Value::Map(entries) = &mut root.value
        && let Some((_, spec)) = entries.iter_mut().find(|(key, _)| key.name == "spec")
        && let Value::Map(fields) = &mut spec.value
    {
        fields.retain(|(key, _)| added.iter().all(|(other, _)| other.name != key.name));
        fields.extend(added);
    }
    Arc::new(root)
}

/// SingleStack over the two families that were there means the first of them (`initIPFamilyFields`).
fn single_stack(old: &At<'_>, new: &At<'_>, added: &mut Vec<(Key, Node)>) {
    if new.child("ipFamilyPolicy").string() != "SingleStack" {
        return;
    }
    for name in ["clusterIPs", "ipFamilies"] {
        let Some((key, node)) = new.node.and_then(|node| node.entry(name)) else {
            continue;
        };
        if node.items().len() == 2 && same(old.child(name).node, Some(node)) {
            let mut first = node.clone();
            if let Value::Seq(items) = &mut first.value {
                items.truncate(1);
            }
            added.push((key.clone(), first));
        }
    }
}

/// What may not change, before the new object itself is validated.
pub(super) fn before(faults: &mut Faults, old: &At<'_>, new: &At<'_>, kind: &str) {
    if kind == "Service" {
        let (old, new) = (old.child("spec"), new.child("spec"));
        service(faults, &old, &new);
    }
}

/// What may not change, after the new object itself is validated.
pub(super) fn after(faults: &mut Faults, old: &At<'_>, new: &At<'_>, kind: &str) {
    match kind {
        "Deployment" | "ReplicaSet" | "DaemonSet" => {
            let (old, new) = (old.child("spec"), new.child("spec"));
            let selector = new.child("selector");
            if !same(old.child("selector").node, selector.node) {
                let message = format!("The selector of a {kind} cannot be changed.");
                faults.add(Kind::Invalid, &selector, message, NEW);
            }
        }
        "StatefulSet" => stateful_set(faults, old, new),
        "EndpointSlice" => {
            let at = new.child("addressType");
            if old.child("addressType").text() != at.text() {
                let message = "The address type of a slice cannot be changed.";
                faults.add(Kind::Invalid, &at, message, NEW);
            }
        }
        "Pod" => pod(faults, old, new),
        "Node" => node(faults, &old.child("spec"), &new.child("spec")),
        _ => {}
    }
}

/// `ValidateServiceUpdate`
fn service(faults: &mut Faults, old: &At<'_>, new: &At<'_>) {
    if needs_cluster_ip(old) && needs_cluster_ip(new) {
        let list = new.child("clusterIPs");
        let (before, now) = (cluster_ips(old), cluster_ips(new));
        let at = |index: usize| {
            let mut at = list.index(index);
            if list.len() == 0 {
                at.node = new.child("clusterIP").node;
            }
            at.span().or(new.span())
        };
        for (index, ip) in now.iter().enumerate().take(before.len().max(1)) {
            if before.get(index) != Some(ip) {
                let message =
                    format!("`{ip}` is not the address that the Service has; it keeps that one.");
                faults.add_at(Kind::Invalid, &list.index(index), at(index), message, NEW);
            }
        }
        let policy = new.child("ipFamilyPolicy");
        if before.len() == 2 && now.len() == 1 && policy.string() != "SingleStack" {
            let message = "The second address is given up, while the policy asks for two.";
            faults.add(
                Kind::Invalid,
                &policy,
                message,
                "Set `ipFamilyPolicy: SingleStack`.",
            );
        }
    }
    let class = new.child("loadBalancerClass");
    let balancer = |spec: &At<'_>| service_type(spec) == "LoadBalancer";
    if balancer(old) && balancer(new) && old.child("loadBalancerClass").text() != class.text() {
        let message = "The class of a load balancer cannot be changed.";
        faults.add(Kind::Invalid, &class, message, NEW);
    }
    let health = new.child("healthCheckNodePort");
    let changed = old.child("healthCheckNodePort").int() != health.int();
    if needs_health_check(old) && needs_health_check(new) && changed && health.int() != 0 {
        let why = "The port of the health check cannot be changed.";
        faults.forbidden(&health, why, NEW);
    }
}

/// `ValidateNodeUpdate`: what a Node was given once, it keeps.
fn node(faults: &mut Faults, old: &At<'_>, new: &At<'_>) {
    let ranges = |spec: &At<'_>| -> Vec<String> {
        let (single, list) = (spec.child("podCIDR"), spec.child("podCIDRs"));
        let all: Vec<String> = list.items().map(|at| at.string().to_owned()).collect();
        match single.string() {
            "" => all,
            alone if all.first().is_none_or(|first| first != alone) => vec![alone.to_owned()],
            _ => all,
        }
    };
    let (before, now) = (ranges(old), ranges(new));
    let list = new.child("podCIDRs");
    let span = list.span().filter(|_| list.stated());
    let span = span.or_else(|| new.child("podCIDR").span());
    let changed = if before.is_empty() {
        0
    } else if before.len() != now.len() {
        1
    } else {
        before.iter().zip(&now).filter(|(a, b)| a != b).count()
    };
    for _ in 0..changed {
        let message = "The range that a Node's pods have cannot be changed.";
        faults.add_at(Kind::Forbidden, &list, span, message, NEW);
    }
    let (provider, id) = (old.child("providerID"), new.child("providerID"));
    if !provider.string().is_empty() && provider.string() != id.string() {
        faults.forbidden(&id, "A Node keeps the ID that its provider gave it.", NEW);
    }
}

/// `ValidateStatefulSetUpdate`: only these may change.
fn stateful_set(faults: &mut Faults, old: &At<'_>, new: &At<'_>) {
    const FREE: &[&str] = &[
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    let (old, new) = (old.child("spec"), new.child("spec"));
    let names = old.entries().iter().chain(new.entries());
    let changed = names
        .map(|(key, _)| key.name.as_str())
        .filter(|name| !FREE.contains(name))
        .find(|name| !same(old.child(name).node, new.child(name).node));
    if let Some(name) = changed {
        let message = format!("`spec.{name}` of a StatefulSet cannot be changed.");
        let span = new.child(name).span();
        faults.add_at(Kind::Forbidden, &new, span, message, NEW);
    }
}

/// `ValidatePodUpdate`: little besides the images may change.
fn pod(faults: &mut Faults, old: &At<'_>, new: &At<'_>) {
    const FREE: &[&str] = &[
        "containers",
        "initContainers",
        "activeDeadlineSeconds",
        "tolerations",
        "terminationGracePeriodSeconds",
    ];
    let (old, new) = (old.child("spec"), new.child("spec"));
    for list in ["containers", "initContainers"] {
        let at = new.child(list);
        if old.child(list).len() != at.len() {
            let why = "A pod's containers are fixed once it is there.";
            faults.forbidden(&at, why, NEW);
            return;
        }
    }
    let mut changed = new
        .entries()
        .iter()
        .filter(|(key, _)| !FREE.contains(&key.name.as_str()))
        .find(|(key, node)| !same(old.child(&key.name).node, Some(node)))
        .map(|(key, _)| key.span);
    for list in ["containers", "initContainers"] {
        let (before, now) = (old.child(list), new.child(list));
        for (old, new) in before.items().zip(now.items()) {
            let other = new.entries().iter().find(|(key, node)| {
                key.name != "image" && !same(old.child(&key.name).node, Some(node))
            });
            changed = changed.or(other.map(|(key, _)| key.span));
        }
    }
    if let Some(span) = changed {
        let message = "Of a pod that is there, little besides its images can be changed.";
        faults.add_at(Kind::Forbidden, &new, Some(span), message, NEW);
    }
}
