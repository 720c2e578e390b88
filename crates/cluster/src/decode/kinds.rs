//! What Chainwalk does with each kind.

use super::workload::WorkloadKind;

/// The part a kind plays here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Service
    Service,
    /// EndpointSlice
    EndpointSlice,
    /// Endpoints
    Endpoints,
    /// Node
    Node,
    /// Pod
    Pod,
    /// What makes pods.
    Workload(WorkloadKind),
    /// KubeProxyConfiguration
    Proxy,
    /// Our own Network.
    Network,
    /// ConfigMap, which may hold kube-proxy's configuration.
    ConfigMap,
    /// Known, and nobody would expect it to matter.
    Silent,
    /// Known, without a part in what is shown, for this reason.
    Noted(&'static str),
    /// Not known.
    Unknown,
}

/// Kinds that are recognised without a part here: API group, kind, and why.
const NOTED: &[(&str, &str, &str)] = &[
    ("batch", "Job", "its pods end by themselves"),
    ("batch", "CronJob", "its pods come and go"),
    (
        "networking.k8s.io",
        "Ingress",
        "its controller is a program of its own",
    ),
    (
        "networking.k8s.io",
        "NetworkPolicy",
        "the network plugin enforces it, not kube-proxy",
    ),
    (
        "networking.k8s.io",
        "IngressClass",
        "its controller is a program of its own",
    ),
    (
        "networking.k8s.io",
        "ServiceCIDR",
        "state ranges with the preset or the options",
    ),
    (
        "networking.k8s.io",
        "IPAddress",
        "a Service's own clusterIP says the same",
    ),
    (
        "autoscaling",
        "HorizontalPodAutoscaler",
        "replicas stay as they are written",
    ),
    ("policy", "PodDisruptionBudget", "nothing is evicted"),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "its objects make no rules",
    ),
    (
        "gateway.networking.k8s.io",
        "",
        "its controller is a program of its own",
    ),
];

/// Kinds that are passed over without a word: API group and kind; an empty kind stands for the whole group.
const SILENT: &[(&str, &str)] = &[
    ("", "Namespace"),
    ("", "Secret"),
    ("", "ServiceAccount"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("", "ResourceQuota"),
    ("", "LimitRange"),
    ("", "Event"),
    ("", "PodTemplate"),
    ("", "ComponentStatus"),
    ("", "Binding"),
    ("apps", "ControllerRevision"),
    ("admissionregistration.k8s.io", ""),
    ("apiregistration.k8s.io", ""),
    ("authentication.k8s.io", ""),
    ("authorization.k8s.io", ""),
    ("certificates.k8s.io", ""),
    ("coordination.k8s.io", ""),
    ("events.k8s.io", ""),
    ("flowcontrol.apiserver.k8s.io", ""),
    ("node.k8s.io", ""),
    ("rbac.authorization.k8s.io", ""),
    ("resource.k8s.io", ""),
    ("scheduling.k8s.io", ""),
    ("storage.k8s.io", ""),
];

/// The part that an object of this version and kind plays.
pub fn role(api_version: &str, kind: &str) -> Role {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("", "Service") => Role::Service,
        ("", "Endpoints") => Role::Endpoints,
        ("", "Node") => Role::Node,
        ("", "Pod") => Role::Pod,
        ("", "ConfigMap") => Role::ConfigMap,
        ("", "ReplicationController") => Role::Workload(WorkloadKind::ReplicationController),
        ("apps", "Deployment") => Role::Workload(WorkloadKind::Deployment),
        ("apps", "ReplicaSet") => Role::Workload(WorkloadKind::ReplicaSet),
        ("apps", "StatefulSet") => Role::Workload(WorkloadKind::StatefulSet),
        ("apps", "DaemonSet") => Role::Workload(WorkloadKind::DaemonSet),
        ("discovery.k8s.io", "EndpointSlice") => Role::EndpointSlice,
        ("kubeproxy.config.k8s.io", "KubeProxyConfiguration") => Role::Proxy,
        ("chainwalk", "Network") => Role::Network,
        _ => {
            let noted = NOTED
                .iter()
                .find(|(g, k, _)| *g == group && (*k == kind || k.is_empty()));
            let silent = SILENT
                .iter()
                .any(|(g, k)| *g == group && (*k == kind || k.is_empty()));
            match noted {
                Some((_, _, why)) => Role::Noted(why),
                None if silent => Role::Silent,
                None => Role::Unknown,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_belong_to_their_groups() {
        assert_eq!(role("v1", "Service"), Role::Service);
        assert_eq!(role("apps/v1", "Service"), Role::Unknown);
        assert_eq!(role("rbac.authorization.k8s.io/v1", "Role"), Role::Silent);
        assert!(matches!(role("batch/v1", "Job"), Role::Noted(_)));
        assert_eq!(role("example.com/v1", "Widget"), Role::Unknown);
    }
}
