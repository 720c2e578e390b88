//! Which kinds a cluster of 1.36 serves, and what a person may have meant by another.

use super::text::dns_subdomain;

/// Versions and their kinds, as `kubectl api-resources` lists them (and List, which kubectl takes apart).
const SERVED: &[(&str, &[&str])] = &[
    (
        "v1",
        &[
            "Binding",
            "ComponentStatus",
            "ConfigMap",
            "Endpoints",
            "Event",
            "LimitRange",
            "List",
            "Namespace",
            "Node",
            "PersistentVolume",
            "PersistentVolumeClaim",
            "Pod",
            "PodTemplate",
            "ReplicationController",
            "ResourceQuota",
            "Secret",
            "Service",
            "ServiceAccount",
        ],
    ),
    (
        "apps/v1",
        &[
            "ControllerRevision",
            "DaemonSet",
            "Deployment",
            "ReplicaSet",
            "StatefulSet",
        ],
    ),
    ("batch/v1", &["CronJob", "Job"]),
    ("autoscaling/v1", &["HorizontalPodAutoscaler", "Scale"]),
    ("autoscaling/v2", &["HorizontalPodAutoscaler"]),
    ("policy/v1", &["Eviction", "PodDisruptionBudget"]),
    (
        "networking.k8s.io/v1",
        &[
            "IPAddress",
            "Ingress",
            "IngressClass",
            "NetworkPolicy",
            "ServiceCIDR",
        ],
    ),
    (
        "rbac.authorization.k8s.io/v1",
        &["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"],
    ),
    (
        "storage.k8s.io/v1",
        &[
            "CSIDriver",
            "CSINode",
            "CSIStorageCapacity",
            "StorageClass",
            "VolumeAttachment",
            "VolumeAttributesClass",
        ],
    ),
    ("scheduling.k8s.io/v1", &["PriorityClass"]),
    ("discovery.k8s.io/v1", &["EndpointSlice"]),
    ("coordination.k8s.io/v1", &["Lease"]),
    ("node.k8s.io/v1", &["RuntimeClass"]),
    (
        "admissionregistration.k8s.io/v1",
        &[
            "MutatingAdmissionPolicy",
            "MutatingAdmissionPolicyBinding",
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ],
    ),
    ("apiextensions.k8s.io/v1", &["CustomResourceDefinition"]),
    ("apiregistration.k8s.io/v1", &["APIService"]),
    (
        "authentication.k8s.io/v1",
        &["SelfSubjectReview", "TokenRequest", "TokenReview"],
    ),
    (
        "authorization.k8s.io/v1",
        &[
            "LocalSubjectAccessReview",
            "SelfSubjectAccessReview",
            "SelfSubjectRulesReview",
            "SubjectAccessReview",
        ],
    ),
    ("certificates.k8s.io/v1", &["CertificateSigningRequest"]),
    ("events.k8s.io/v1", &["Event"]),
    (
        "flowcontrol.apiserver.k8s.io/v1",
        &["FlowSchema", "PriorityLevelConfiguration"],
    ),
    (
        "resource.k8s.io/v1",
        &[
            "DeviceClass",
            "ResourceClaim",
            "ResourceClaimTemplate",
            "ResourceSlice",
        ],
    ),
];

/// Whether a kind is known, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Known {
    /// The cluster serves it.
    Served,
    /// It is read by something else than a cluster: kube-proxy's configuration, our Network.
    NotForServers,
    /// A group of its own, which a cluster serves once its CustomResourceDefinition is there.
    Foreign,
    /// Nobody serves it.
    Unknown,
}

/// Looks a kind up.
pub(super) fn known(version: &str, kind: &str) -> Known {
    if matches!(
        (version.split('/').next().unwrap_or_default(), kind),
        ("kubeproxy.config.k8s.io", "KubeProxyConfiguration") | ("chainwalk", "Network")
    ) {
        return Known::NotForServers;
    }
    let single = kind.strip_suffix("List").filter(|kind| !kind.is_empty());
    if serves(version, kind) || single.is_some_and(|kind| serves(version, kind)) {
        return Known::Served;
    }
    let group = version.split_once('/').map_or("", |(group, _)| group);
    // Kubernetes keeps the groups without a dot and those under k8s.io to itself, but for a few that
    // are published as CustomResourceDefinitions.
    let own = !group.contains('.') || group.ends_with(".k8s.io");
    let published = matches!(
        group,
        "gateway.networking.k8s.io"
            | "snapshot.storage.k8s.io"
            | "metrics.k8s.io"
            | "policy.networking.k8s.io"
            | "cluster.x-k8s.io"
    );
    if (!own || published) && dns_subdomain(group).is_empty() {
        Known::Foreign
    } else {
        Known::Unknown
    }
}

fn serves(version: &str, kind: &str) -> bool {
    SERVED
        .iter()
        .any(|(served, kinds)| *served == version && kinds.contains(&kind))
}

/// The version and kind that a person may have meant.
pub(super) fn nearest(version: &str, kind: &str) -> Option<(&'static str, &'static str)> {
    let all = || {
        SERVED
            .iter()
            .flat_map(|(version, kinds)| kinds.iter().map(move |kind| (*version, *kind)))
    };
    let same = |candidate: &(&str, &str)| candidate.1 == kind;
    let spelled = |candidate: &(&str, &str)| {
        let single = kind.trim_end_matches('s');
        candidate.1.eq_ignore_ascii_case(kind)
            || candidate
                .1
                .trim_end_matches('s')
                .eq_ignore_ascii_case(single)
    };
    let here = |candidate: &(&str, &str)| candidate.0 == version;
    all()
        .find(same)
        .or_else(|| all().find(|candidate| here(candidate) && spelled(candidate)))
        .or_else(|| all().find(spelled))
        .or_else(|| all().find(|(v, k)| here(&(v, k)) && close(k, kind)))
        .or_else(|| all().find(|(_, k)| close(k, kind)))
}

/// The name in a list that a person may have meant.
pub(super) fn similar<'a>(names: &[&'a str], written: &str) -> Option<&'a str> {
    names
        .iter()
        .find(|name| name.eq_ignore_ascii_case(written))
        .or_else(|| names.iter().find(|name| close(name, written)))
        .copied()
}

/// Whether two words differ by two letters at most (Damerau and Levenshtein's distance).
fn close(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (
        a.to_lowercase().chars().collect(),
        b.to_lowercase().chars().take(64).collect(),
    );
    if a.len().abs_diff(b.len()) > 2 || a.len().min(b.len()) < 3 {
        return false;
    }
    let allowed = if a.len().min(b.len()) < 6 { 1 } else { 2 };
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1)
                .min(row[j - 1] + 1)
                .min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()] <= allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meant_kinds_are_found() {
        for (version, kind, meant) in [
            ("v1", "service", Some(("v1", "Service"))),
            ("v1", "Services", Some(("v1", "Service"))),
            ("apps/v1", "Service", Some(("v1", "Service"))),
            (
                "extensions/v1beta1",
                "Deployment",
                Some(("apps/v1", "Deployment")),
            ),
            ("apps/v1", "Deploymnet", Some(("apps/v1", "Deployment"))),
            ("v1", "Xyzzy", None),
        ] {
            assert_eq!(nearest(version, kind), meant, "{version} {kind}");
        }
    }

    #[test]
    fn groups_of_their_own_are_foreign() {
        assert_eq!(known("traefik.io/v1alpha1", "IngressRoute"), Known::Foreign);
        assert_eq!(known("v1", "ServiceList"), Known::Served);
        assert_eq!(known("apps/v1beta1", "Deployment"), Known::Unknown);
        assert_eq!(
            known("kubeproxy.config.k8s.io/v1alpha1", "KubeProxyConfiguration"),
            Known::NotForServers
        );
    }
}
