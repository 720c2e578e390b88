//! Deployment, ReplicaSet, StatefulSet, DaemonSet and ReplicationController: what makes pods.

use super::meta::{self, Meta, Scope};
use super::pod::{PodTemplate, decode_template};
use super::view::View;
use crate::selector::LabelSelector;
use crate::source::ObjectId;

/// Which controller makes the pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkloadKind {
    /// By way of a ReplicaSet.
    Deployment,
    /// Named at random.
    ReplicaSet,
    /// Named likewise; the ReplicaSet's forerunner.
    ReplicationController,
    /// Numbered.
    StatefulSet,
    /// One on each node.
    DaemonSet,
}

impl WorkloadKind {
    /// The kind as Kubernetes writes it.
    pub fn name(self) -> &'static str {
        match self {
            WorkloadKind::Deployment => "Deployment",
            WorkloadKind::ReplicaSet => "ReplicaSet",
            WorkloadKind::ReplicationController => "ReplicationController",
            WorkloadKind::StatefulSet => "StatefulSet",
            WorkloadKind::DaemonSet => "DaemonSet",
        }
    }
}

/// A workload as written.
#[derive(Debug, Clone)]
pub struct Workload {
    /// Which controller.
    pub kind: WorkloadKind,
    /// `metadata`
    pub meta: Meta,
    /// `spec.replicas`, 1 where nothing is said; a DaemonSet has none of its own.
    pub replicas: u64,
    /// `spec.selector`
    pub selector: LabelSelector,
    /// `spec.template`
    pub template: PodTemplate,
    /// `spec.ordinals.start` of a StatefulSet.
    pub first_ordinal: u64,
}

/// Reads a workload.
pub fn decode(kind: WorkloadKind, root: View<'_>, object: ObjectId) -> Workload {
    let spec = root.get("spec");
    let template = decode_template(spec.get("template"));
    let mut selector = match kind {
        WorkloadKind::ReplicationController => LabelSelector {
            labels: spec.get("selector").string_map(),
            expressions: Vec::new(),
        },
        _ => LabelSelector::decode(spec.get("selector")),
    };
    if kind == WorkloadKind::ReplicationController && selector.is_empty() {
        // SetDefaults_ReplicationController: the template's labels.
        selector.labels = template.labels.clone();
    }
    let count = |view: View<'_>| view.int().and_then(|int| u64::try_from(int).ok());
    Workload {
        kind,
        meta: meta::decode(root, object, Scope::Namespaced),
        replicas: count(spec.get("replicas")).unwrap_or(1),
        selector,
        template,
        first_ordinal: count(spec.get("ordinals").get("start")).unwrap_or(0),
    }
}
