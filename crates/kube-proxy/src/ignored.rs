//! What a version of kube-proxy does not know and therefore passes over, and what is kept from it.

use std::collections::BTreeMap;

use cluster::{
    ClusterState, DetectLocal, Endpoint, EndpointSlice, NodePortAddress, ObjectId, ProxyMode,
    Service, TrafficPolicy,
};

use crate::Dialect;
use crate::services::kept_from_us;

/// A field that a version passes over, or a label that keeps the object from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// The object.
    pub object: ObjectId,
    /// The field, as `spec.internalTrafficPolicy`.
    pub field: String,
    /// What it would have meant, in one sentence.
    pub message: String,
    /// What to do about it.
    pub help: &'static str,
}

const ANOTHER_VERSION: &str =
    "Nothing to do where this version is meant; choose another to see the difference.";

/// Everything in the cluster that this version passes over, in the order of the cluster's lists.
pub fn ignored(cluster: &ClusterState, dialect: Dialect) -> Vec<Ignored> {
    let mut found = Found {
        dialect,
        list: Vec::new(),
    };
    configuration(cluster, &mut found);
    for service in &cluster.services {
        self::service(service, &mut found);
    }
    for slice in &cluster.slices {
        found.kept_from_us(slice.object, "this EndpointSlice", &slice.labels);
        self::slice(slice, &mut found);
    }
    found.list
}

/// One word a slice for each thing, at the first endpoint that it concerns.
fn slice(slice: &EndpointSlice, found: &mut Found) {
    let dialect = found.dialect;
    let first = |wanted: fn(&Endpoint) -> bool| slice.endpoints.iter().position(wanted);
    if dialect < Dialect::Newest
        && let Some(index) = first(|endpoint| !endpoint.node_hints.is_empty())
    {
        found.add(
            slice.object,
            format!("endpoints[{index}].hints.forNodes"),
            "hints by node, known since v1.34",
        );
    }
    if dialect < Dialect::V1_25
        && let Some(index) = first(|endpoint| !endpoint.zone_hints.is_empty())
    {
        found.add(
            slice.object,
            format!("endpoints[{index}].hints.forZones"),
            "hints by zone, obeyed since v1.24",
        );
    }
    let leaving = |e: &Endpoint| e.serving && e.terminating && !e.ready;
    if !dialect.knows_terminating()
        && let Some(index) = first(leaving)
    {
        found.add(
            slice.object,
            format!("endpoints[{index}].conditions.serving"),
            "endpoints that still serve while they terminate, used since v1.26 where no ready one is left",
        );
    }
}

struct Found {
    dialect: Dialect,
    list: Vec<Ignored>,
}

impl Found {
    fn add(&mut self, object: ObjectId, field: impl Into<String>, what: &str) {
        self.list.push(Ignored {
            object,
            field: field.into(),
            message: format!(
                "kube-proxy {} knows nothing of {what}, and passes this over.",
                self.dialect.name()
            ),
            help: ANOTHER_VERSION,
        });
    }
}

impl Found {
    fn kept_from_us(&mut self, object: ObjectId, what: &str, labels: &BTreeMap<String, String>) {
        if let Some(label) = kept_from_us(labels) {
            self.list.push(Ignored {
                object,
                field: format!("metadata.labels[{label}]"),
                message: format!(
                    "The label {label} keeps {what} from kube-proxy, which writes no rules for it."
                ),
                help: "Remove the label where kube-proxy is meant to serve it.",
            });
        }
    }
}

fn configuration(cluster: &ClusterState, found: &mut Found) {
    let proxy = &cluster.proxy;
    let Some(object) = proxy.object else {
        return;
    };
    let dialect = found.dialect;
    let other = match proxy.mode {
        ProxyMode::Iptables => None,
        ProxyMode::Nftables => Some((
            "nftables",
            "writes nftables: tables of its own, with maps from address and port to a chain",
        )),
        ProxyMode::Ipvs => Some((
            "ipvs",
            "keeps virtual servers in the kernel's IPVS, their addresses on the interface kube-ipvs0, ip sets, and few iptables rules",
        )),
    };
    if let Some((mode, really)) = other {
        found.list.push(Ignored {
            object,
            field: "mode".to_owned(),
            message: format!(
                "The configuration asks for mode {mode}. There kube-proxy {really}. None of that is shown: what is shown are the rules that it would write in mode iptables, and walks through them."
            ),
            help: "Nothing to do where those are wanted; write `mode: iptables` to say so.",
        });
    }
    if !proxy.localhost_node_ports && !dialect.knows_localhost_node_ports() {
        found.add(
            object,
            "iptables.localhostNodePorts",
            "node ports without loopback, a setting since v1.26",
        );
    }
    if proxy.conntrack_tcp_be_liberal && !dialect.knows_liberal_conntrack() {
        found.add(
            object,
            "conntrack.tcpBeLiberal",
            "liberal connection tracking, a setting since v1.29",
        );
    }
    let mode = match proxy.detect_local {
        DetectLocal::BridgeInterface => Some("detectLocal.bridgeInterface"),
        DetectLocal::InterfaceNamePrefix => Some("detectLocal.interfaceNamePrefix"),
        DetectLocal::ClusterCidr | DetectLocal::NodeCidr | DetectLocal::None => None,
    };
    if let Some(field) = mode
        && dialect < Dialect::V1_25
    {
        // getDetectLocalMode of those versions gives an error.
        found.list.push(Ignored {
            object,
            field: field.to_owned(),
            message: format!(
                "kube-proxy {} cannot tell pods by their interface, which is possible since v1.24, and would not start; shown are rules that tell nobody apart.",
                dialect.name()
            ),
            help: ANOTHER_VERSION,
        });
    }
    for (index, address) in proxy.node_port_addresses.iter().enumerate() {
        if *address == NodePortAddress::Primary && !dialect.knows_primary() {
            found.add(
                object,
                format!("nodePortAddresses[{index}]"),
                "the word primary, understood since v1.30",
            );
        }
    }
}

fn service(service: &Service, found: &mut Found) {
    let dialect = found.dialect;
    let object = service.object;
    let what = format!("Service {}/{}", service.namespace, service.name);
    found.kept_from_us(object, &what, &service.labels);
    let internal_local = service.internal_policy == TrafficPolicy::Local;
    if internal_local && !dialect.knows_internal_policy() {
        found.add(
            object,
            "spec.internalTrafficPolicy",
            "internal traffic policies, obeyed since v1.22",
        );
    }
    if service.traffic_distribution.is_some() && dialect < Dialect::Newest {
        found.add(
            object,
            "spec.trafficDistribution",
            "hints that no annotation asks for, obeyed since v1.31",
        );
    }
    let external_local =
        !service.external_ips.is_empty() && service.external_policy == TrafficPolicy::Local;
    let only_by_address = service.service_type == cluster::ServiceType::ClusterIp;
    if external_local && only_by_address && dialect < Dialect::V1_25 {
        found.add(
            object,
            "spec.externalTrafficPolicy",
            "an external policy for Services that have external IPs alone",
        );
    }
    for (index, ingress) in service.ingress.iter().enumerate() {
        if ingress.proxy_mode && !dialect.knows_ip_mode() {
            found.add(
                object,
                format!("status.loadBalancer.ingress[{index}].ipMode"),
                "ipMode, understood since v1.30",
            );
        }
    }
    let annotation = "service.kubernetes.io/topology-mode";
    if service.annotations.contains_key(annotation) && dialect < Dialect::V1_30 {
        found.add(
            object,
            format!("metadata.annotations.{annotation}"),
            "this annotation, which until v1.26 was called topology-aware-hints",
        );
    }
}
