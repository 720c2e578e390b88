//! What kube-proxy sets on a node besides rules, as far as a walk can see it.

use std::collections::BTreeMap;

/// kube-proxy's defaults for `conntrack.tcpEstablishedTimeout` (24 h instead of the kernel's 5 days) and
/// `conntrack.tcpCloseWaitTimeout` (1 h instead of 60 s): `pkg/proxy/apis/config/v1alpha1/defaults.go`.
const TIMEOUTS: [(&str, &str); 2] = [
    (
        "net.netfilter.nf_conntrack_tcp_timeout_established",
        "86400",
    ),
    ("net.netfilter.nf_conntrack_tcp_timeout_close_wait", "3600"),
];

/// A cluster's sysctls with what kube-proxy adds; what was stated stays.
pub(crate) fn sysctls(stated: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut all = stated.clone();
    for (key, value) in TIMEOUTS {
        all.entry(key.to_owned())
            .or_insert_with(|| value.to_owned());
    }
    all
}
