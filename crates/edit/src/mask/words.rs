//! Kubernetes' own vocabulary: words that say nothing about whose cluster it is.

/// Values that the API defines, objects that every cluster has, and what everybody calls a port.
const WORDS: &[&str] = &[
    // Kinds.
    "Service",
    "Services",
    "Pod",
    "Pods",
    "Node",
    "Nodes",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "ReplicaSet",
    "EndpointSlice",
    "Endpoints",
    "Namespace",
    "List",
    "ConfigMap",
    "Network",
    "KubeProxyConfiguration",
    "ServiceList",
    "PodList",
    "NodeList",
    "Job",
    "CronJob",
    "Ingress",
    "ServiceAccount",
    "Secret",
    "PersistentVolumeClaim",
    "kube-proxy",
    "kubelet",
    "kubectl",
    // Of Services and what they lead to.
    "TCP",
    "UDP",
    "SCTP",
    "ICMP",
    "tcp",
    "udp",
    "sctp",
    "icmp",
    "ClusterIP",
    "NodePort",
    "LoadBalancer",
    "ExternalName",
    "None",
    "ClientIP",
    "Local",
    "Cluster",
    "SingleStack",
    "PreferDualStack",
    "RequireDualStack",
    "IPv4",
    "IPv6",
    "VIP",
    "Proxy",
    "Auto",
    "PreferClose",
    "PreferSameZone",
    "PreferSameNode",
    "Hostname",
    "InternalIP",
    "ExternalIP",
    "InternalDNS",
    "ExternalDNS",
    // Of pods and nodes.
    "Always",
    "Never",
    "OnFailure",
    "IfNotPresent",
    "Ready",
    "ContainersReady",
    "Initialized",
    "PodScheduled",
    "True",
    "False",
    "Unknown",
    "Running",
    "Pending",
    "Succeeded",
    "Failed",
    "ClusterFirst",
    "ClusterFirstWithHostNet",
    "Default",
    "NoSchedule",
    "NoExecute",
    "PreferNoSchedule",
    "Equal",
    "Exists",
    "In",
    "NotIn",
    "DoesNotExist",
    "Gt",
    "Lt",
    "RollingUpdate",
    "Recreate",
    "OnDelete",
    "OrderedReady",
    "Parallel",
    "HTTP",
    "HTTPS",
    "Retain",
    "Delete",
    "Burstable",
    "BestEffort",
    "Guaranteed",
    // Of kube-proxy and the network.
    "iptables",
    "ipvs",
    "nftables",
    "userspace",
    "flannel",
    "calico",
    "cilium",
    "kindnet",
    "cni0",
    "NodeCIDR",
    "ClusterCIDR",
    "BridgeInterface",
    "InterfaceNamePrefix",
    "default",
    "kube-system",
    "kube-public",
    "kube-node-lease",
    "kubernetes",
    "kube-dns",
    "coredns",
    "cluster",
    "local",
    "svc",
    "Kubernetes",
    // What is asked of Chainwalk.
    "pod",
    "node",
    "outside",
    "service",
    // Ports.
    "http",
    "https",
    "grpc",
    "dns",
    "dns-tcp",
    "metrics",
    "postgres",
    "mysql",
    "redis",
    // JSON's and YAML's own.
    "true",
    "false",
    "null",
    "yes",
    "no",
    "on",
    "off",
];

/// Names of labels that everybody uses.
const KEYS: &[&str] = &[
    "app",
    "name",
    "component",
    "tier",
    "role",
    "version",
    "release",
    "env",
    "environment",
    "k8s-app",
    "run",
];

/// Whether a word tells nothing.
pub(super) fn is_public(word: &str) -> bool {
    WORDS.contains(&word) || is_amount(word)
}

/// Whether the name of a label or an annotation tells nothing.
pub(super) fn is_public_key(key: &str) -> bool {
    match key.rsplit_once('/') {
        Some((domain, _)) => ["kubernetes.io", "k8s.io"]
            .iter()
            .any(|own| domain == *own || domain.ends_with(&format!(".{own}"))),
        None => KEYS.contains(&key),
    }
}

/// A number, a quantity, a duration, a version: `8080`, `64Mi`, `10s`, `v1`, `v1beta1`.
fn is_amount(word: &str) -> bool {
    let number = word.strip_prefix('v').unwrap_or(word);
    let digits = number.len()
        - number
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .len();
    let unit = number[digits..].trim_end_matches(|c: char| c.is_ascii_digit());
    digits > 0
        && [
            "", "m", "k", "M", "G", "Ki", "Mi", "Gi", "Ti", "s", "ms", "h", "d", "alpha", "beta",
        ]
        .contains(&unit)
}
