//! What the API server accepts though it is hardly meant: remarks of ours.

use std::collections::BTreeMap;

use super::address;
use super::place::{At, Faults};
use super::service::{or_default, service_type};
use crate::diagnostic::Kind;
use crate::yaml::Value;

fn remark(faults: &mut Faults, at: &At<'_>, message: impl Into<String>, help: &str) {
    faults.add(Kind::Note, at, message, help);
}

/// Everything odd about an object of that kind.
pub(super) fn remarks(faults: &mut Faults, root: &At<'_>, kind: &str) {
    let spec = root.child("spec");
    match kind {
        "Service" => service(faults, root, &spec),
        "Pod" => pod(faults, &spec),
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" | "ReplicationController" => {
            let template = spec.child("template");
            pod(faults, &template.child("spec"));
        }
        "EndpointSlice" => slice(faults, root),
        "Node" => node(faults, &spec),
        "Namespace" => {
            let meta = root.child("metadata");
            let at = meta.child("namespace");
            if !at.string().is_empty() {
                let message = "A Namespace lives in no namespace; the server drops this.";
                remark(faults, &at, message, "Remove it.");
            }
        }
        _ => {}
    }
}

fn service(faults: &mut Faults, root: &At<'_>, spec: &At<'_>) {
    let kind = service_type(spec);
    let stated = spec.child("type");
    if stated.text() == Some("") {
        let message = "An empty type counts as ClusterIP.";
        remark(
            faults,
            &stated,
            message,
            "Write `type: ClusterIP`, or remove it.",
        );
    }
    let meta = root.child("metadata");
    let name = meta.child("name");
    if name
        .string()
        .starts_with(|first: char| first.is_ascii_digit())
    {
        let message = "Before 1.36 a Service's name had to begin with a letter.";
        remark(
            faults,
            &name,
            message,
            "Rename it where older clusters are to take it.",
        );
    }
    let config = spec.child("sessionAffinityConfig");
    if config.stated() && spec.child("sessionAffinity").string() != "ClientIP" {
        let message =
            "Without `sessionAffinity: ClientIP` this has no effect; the server drops it.";
        remark(
            faults,
            &config,
            message,
            "Set sessionAffinity to ClientIP, or remove this.",
        );
    }
    for port in spec.child("ports").items() {
        let number = port.child("port");
        if let Some(Value::Float(_)) = number.node.map(|node| &node.value) {
            let message = format!(
                "`{number}` is written as a fraction and counts as {}.",
                number.int()
            );
            remark(faults, &number, message, "Write it as a whole number.");
        }
        let target = port.child("targetPort");
        if target.stated()
            && (target.text() == Some("") || (target.text().is_none() && target.int() == 0))
        {
            let message = format!(
                "`{target}` says nothing and becomes the port, {}.",
                number.int()
            );
            remark(
                faults,
                &target,
                message,
                "Name the port that the pods listen on.",
            );
        }
        let node_port = port.child("nodePort");
        if kind == "ExternalName" && node_port.int() != 0 {
            let message =
                "A Service of type ExternalName makes no rules: this node port stays closed.";
            remark(
                faults,
                &node_port,
                message,
                "Remove it, or make the type NodePort.",
            );
        }
        if kind == "LoadBalancer" && number.int() == 10_250 {
            let message =
                "10250 is the kubelet's own port, which older servers refused for load balancers.";
            remark(faults, &number, message, "Choose another port.");
        }
    }
}

fn pod(faults: &mut Faults, spec: &At<'_>) {
    let grace = spec.child("terminationGracePeriodSeconds");
    if grace.int() < 0 {
        let message = "A grace period below zero counts as one second.";
        remark(faults, &grace, message, "Write 0 or more.");
    }
    for container in spec.child("containers").items() {
        let mut seen: BTreeMap<(String, i64), usize> = BTreeMap::new();
        for (index, port) in container.child("ports").items().enumerate() {
            let number = port.child("containerPort");
            let key = (
                or_default(&port.child("protocol"), "TCP").to_owned(),
                number.int(),
            );
            if let Some(before) = seen.insert(key, index) {
                let message = format!("Port {} stands in ports[{before}] already.", number.int());
                remark(faults, &number, message, "Keep one of the two.");
            }
            let host = port.child("hostIP");
            if !host.string().is_empty() && address::sloppy(host.string()).is_none() {
                let message = format!("`{}` is no address, and nobody checks it.", host.shown());
                remark(
                    faults,
                    &host,
                    message,
                    "Write an address of the node, or remove it.",
                );
            }
        }
    }
}

fn slice(faults: &mut Faults, root: &At<'_>) {
    for port in root.child("ports").items() {
        let number = port.child("port");
        if !number.stated() {
            let message =
                "A port without a number means every port, and kube-proxy makes no rule of it.";
            remark(
                faults,
                &port,
                message,
                "Write the number that the endpoints listen on.",
            );
        } else if !(1..=65_535).contains(&number.int()) {
            let message = format!(
                "`{}` is no port, and the server does not check it.",
                number.int()
            );
            remark(faults, &number, message, "Use a number from 1 to 65535.");
        }
    }
}

fn node(faults: &mut Faults, spec: &At<'_>) {
    let single = spec.child("podCIDR");
    let list = spec.child("podCIDRs");
    let first = list.index(0);
    if first.stated() && !single.string().is_empty() && single.text() != first.text() {
        let message = "`podCIDR` and `podCIDRs` differ; `podCIDR` wins, and the list is dropped.";
        remark(
            faults,
            &list,
            message,
            "Make the first of the list and `podCIDR` the same.",
        );
    }
}
