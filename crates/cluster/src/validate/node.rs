//! Node and Namespace: `ValidateNode`, `ValidateNamespace` in pkg/apis/core/validation/validation.go.

use std::collections::BTreeSet;

use super::address;
use super::meta::{Scope, object_meta, own_finalizer};
use super::place::{At, Faults};
use super::text::{dns_label, dns_subdomain, label_value, qualified_name};
use crate::diagnostic::Kind;

const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// `ValidateNamespace`
pub(super) fn namespace(faults: &mut Faults, root: &At<'_>) {
    object_meta(faults, root, Scope::Cluster, dns_label);
    let spec = root.child("spec");
    let list = spec.child("finalizers");
    // The server names the list, not its items.
    for finalizer in list.items() {
        let name = finalizer.string();
        let mut at = spec.child("finalizers");
        at.node = finalizer.node;
        let wrongs = qualified_name(name);
        if wrongs.is_empty() {
            own_finalizer(faults, &at, name);
        }
        for wrong in wrongs {
            faults.invalid(&at, wrong, "Write a name such as `example.com/name`.");
        }
    }
}

/// `ValidateNode`
pub(super) fn node(faults: &mut Faults, root: &At<'_>) {
    object_meta(faults, root, Scope::Cluster, dns_subdomain);
    let meta = root.child("metadata");
    let spec = root.child("spec");
    // The server names the taints under metadata, where they once stood.
    taints(faults, &meta.stands_for("taints", &spec.child("taints")));
    pod_cidrs(faults, &spec);
}

fn taints(faults: &mut Faults, list: &At<'_>) {
    let mut seen = BTreeSet::new();
    for taint in list.items() {
        let key = taint.child("key");
        for wrong in qualified_name(key.string()) {
            faults.invalid(
                &key,
                wrong,
                "Write a key such as `dedicated` or `example.com/dedicated`.",
            );
        }
        let value = taint.child("value");
        if let Some(wrong) = label_value(value.string()).first() {
            faults.invalid(&value, wrong, "Write a value such as `db`.");
        }
        let effect = taint.child("effect");
        match effect.string() {
            "" => faults.required(&effect, "Write NoSchedule, PreferNoSchedule or NoExecute."),
            text if !EFFECTS.contains(&text) => faults.not_supported(&effect, EFFECTS),
            _ => {}
        }
        let pair = (key.string().to_owned(), effect.string().to_owned());
        if !seen.insert(pair) {
            let message = "A taint with this key and effect stands above already.";
            faults.add(Kind::Duplicate, &taint, message, "Keep one of them.");
        }
    }
}

/// `podCIDR` alone makes the list; where the two differ, it wins (Convert_v1_NodeSpec_To_core_NodeSpec).
fn pod_cidrs(faults: &mut Faults, spec: &At<'_>) {
    let single = spec.child("podCIDR");
    let mut list = spec.child("podCIDRs");
    let first = list.index(0).string().to_owned();
    let alone = !single.string().is_empty() && single.string() != first;
    if alone {
        list.node = None;
        let mut at = list.index(0);
        at.node = single.node;
        address::cidr(faults, &at, single.string());
        return;
    }
    let mut families = BTreeSet::new();
    let mut broken = false;
    for range in list.items() {
        address::cidr(faults, &range, range.string());
        match address::sloppy_cidr(range.string()) {
            Some((address, _)) => {
                families.insert(address.ip.is_ipv4());
            }
            None => broken = true,
        }
    }
    if list.len() < 2 {
        return;
    }
    if broken {
        let message = format!("`{list}` holds what is no range.");
        faults.add(Kind::InternalError, &list, message, "Correct the range.");
    }
    if broken || families.len() < 2 || list.len() > 2 {
        let why = "has more than one range of a family";
        faults.invalid(&list, why, "Give one IPv4 and one IPv6 range at most.");
    }
}
