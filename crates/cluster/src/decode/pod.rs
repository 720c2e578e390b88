//! Pod, and the pod template of a workload.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::meta::{self, Meta, Scope};
use super::service::protocol;
use super::view::View;
use crate::selector::{Expression, expressions};
use crate::source::ObjectId;
use crate::state::{IpFamily, Transport};

/// The annotation that says where a pod listens: `tcp:8080,udp:53`.
pub const LISTEN: &str = "chainwalk/listen";

/// One toleration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toleration {
    /// `key`; `None` tolerates every key.
    pub key: Option<String>,
    /// `value`; `None` for the operator Exists.
    pub value: Option<String>,
    /// `effect`; `None` tolerates every effect.
    pub effect: Option<String>,
}

/// The part of a pod's spec that decides where it runs and what it offers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PodSpec {
    /// `nodeName`
    pub node_name: Option<String>,
    /// `hostNetwork`
    pub host_network: bool,
    /// `nodeSelector`
    pub node_selector: BTreeMap<String, String>,
    /// Required node affinity: the terms are alternatives; every expression of one must hold.
    pub node_affinity: Vec<Vec<Expression>>,
    /// `tolerations`
    pub tolerations: Vec<Toleration>,
    /// Declared container ports: name, number, protocol.
    pub container_ports: Vec<(String, u16, Transport)>,
    /// Declared `hostPort`s that would lead into the pod.
    pub host_ports: Vec<u16>,
}

/// `spec.template`
#[derive(Debug, Clone)]
pub struct PodTemplate {
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its annotations.
    pub annotations: BTreeMap<String, String>,
    /// Its spec.
    pub spec: PodSpec,
    /// A hash over all that it says.
    pub hash: String,
}

/// `status.phase`, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing said.
    Unsaid,
    /// Said to be pending.
    Pending,
    /// Said to run.
    Running,
    /// Succeeded or Failed: it will not run again.
    Finished,
}

/// A Pod as written.
#[derive(Debug, Clone)]
pub struct WrittenPod {
    /// `metadata`
    pub meta: Meta,
    /// `spec`
    pub spec: PodSpec,
    /// `status.podIPs`, or `status.podIP`; at most one per family.
    pub ips: Vec<IpAddr>,
    /// `status.hostIP`: its node's address.
    pub host_ip: Option<IpAddr>,
    /// `status.phase`
    pub phase: Phase,
    /// The condition Ready, where stated.
    pub ready: Option<bool>,
}

fn toleration(view: View<'_>) -> Toleration {
    let exists = view.get("operator").text() == Some("Exists");
    Toleration {
        key: view.get("key").word().map(str::to_owned),
        value: (!exists).then(|| view.get("value").string()),
        effect: view.get("effect").word().map(str::to_owned),
    }
}

/// Reads a pod's spec.
fn spec(view: View<'_>) -> PodSpec {
    let host_network = view.get("hostNetwork").flag() == Some(true);
    let mut container_ports = Vec::new();
    let mut host_ports = Vec::new();
    // Init containers that restart always are sidecars and run beside the others.
    let sidecars = view
        .get("initContainers")
        .items()
        .filter(|container| container.get("restartPolicy").text() == Some("Always"));
    let containers = view.get("containers").items().chain(sidecars);
    for port in containers.flat_map(|container| container.get("ports").items()) {
        if let Some(number) = port.get("containerPort").port() {
            container_ports.push((
                port.get("name").string(),
                number,
                protocol(port.get("protocol")),
            ));
        }
        host_ports.extend(port.get("hostPort").port().filter(|_| !host_network));
    }
    let affinity = view
        .get("affinity")
        .get("nodeAffinity")
        .get("requiredDuringSchedulingIgnoredDuringExecution");
    PodSpec {
        node_name: view.get("nodeName").word().map(str::to_owned),
        host_network,
        node_selector: view.get("nodeSelector").string_map(),
        node_affinity: affinity
            .get("nodeSelectorTerms")
            .items()
            .map(|term| expressions(term.get("matchExpressions")))
            .collect(),
        tolerations: view.get("tolerations").items().map(toleration).collect(),
        container_ports,
        host_ports,
    }
}

/// Reads a workload's `spec.template`.
pub fn decode_template(template: View<'_>) -> PodTemplate {
    PodTemplate {
        labels: template.get("metadata").get("labels").string_map(),
        annotations: template.get("metadata").get("annotations").string_map(),
        spec: spec(template.get("spec")),
        hash: template.fingerprint(),
    }
}

/// Reads a Pod.
pub fn decode(root: View<'_>, object: ObjectId) -> WrittenPod {
    let status = root.get("status");
    let mut ips = Vec::new();
    let listed = status
        .get("podIPs")
        .items()
        .filter_map(|entry| entry.get("ip").text());
    for ip in status.get("podIP").text().into_iter().chain(listed) {
        if let Some(ip) = super::ip(ip)
            && ips
                .iter()
                .all(|known: &IpAddr| IpFamily::of(*known) != IpFamily::of(ip))
        {
            ips.push(ip);
        }
    }
    WrittenPod {
        meta: meta::decode(root, object, Scope::Namespaced),
        spec: spec(root.get("spec")),
        ips,
        host_ip: status.get("hostIP").text().and_then(super::ip),
        phase: match status.get("phase").text() {
            Some("Pending") => Phase::Pending,
            Some("Running") => Phase::Running,
            Some("Succeeded" | "Failed") => Phase::Finished,
            _ => Phase::Unsaid,
        },
        ready: status
            .get("conditions")
            .items()
            .find(|condition| condition.get("type").text() == Some("Ready"))
            .map(|condition| condition.get("status").text() == Some("True")),
    }
}
