//! Each Service's ports as kube-proxy sees them in one family, in the order in which they are walked.
//!
//! The counterpart of kube-proxy's `newBaseServiceInfo`. Endpoints are gathered elsewhere.

use std::collections::BTreeMap;
use std::net::IpAddr;

use cluster::{ClusterState, IpFamily, ObjectId, Service, ServiceType, TrafficPolicy, Transport};
use ipnet::IpNet;

use crate::Dialect;

/// An address with its index in the object's own list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) index: u32,
    pub(crate) text: String,
}

/// One port of one Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PortInfo {
    pub(crate) object: ObjectId,
    /// Index of the port in `spec.ports`.
    pub(crate) index: usize,
    /// `namespace/name` or `namespace/name:port`.
    pub(crate) label: String,
    pub(crate) protocol: Transport,
    pub(crate) cluster_ip: String,
    /// Where the cluster address stands in `spec.clusterIPs`.
    pub(crate) cluster_ip_index: usize,
    /// In decimal, ready to be written.
    pub(crate) port: String,
    pub(crate) node_port: Option<String>,
    pub(crate) external_ips: Vec<Listed>,
    pub(crate) balancer_ips: Vec<Listed>,
    pub(crate) source_ranges: Vec<Range>,
    pub(crate) internal_local: bool,
    pub(crate) external_local: bool,
    pub(crate) affinity_seconds: Option<String>,
    pub(crate) health_check: Option<String>,
    /// The topology annotation's value; empty where there is none.
    pub(crate) hints_annotation: String,
    /// The Service and its port's name, by which endpoints are found.
    pub(crate) service: usize,
    pub(crate) port_name: String,
}

/// One of `loadBalancerSourceRanges`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) index: u32,
    pub(crate) net: IpNet,
}

impl PortInfo {
    /// kube-proxy's `ExternallyAccessible`.
    pub(crate) fn externally_accessible(&self) -> bool {
        self.node_port.is_some() || !self.balancer_ips.is_empty() || !self.external_ips.is_empty()
    }

    /// kube-proxy's `UsesClusterEndpoints`: external traffic needs them even under policy Local, since
    /// pods and the node itself are sent there directly.
    pub(crate) fn uses_cluster_endpoints(&self) -> bool {
        !self.internal_local || self.externally_accessible()
    }

    /// kube-proxy's `UsesLocalEndpoints`.
    pub(crate) fn uses_local_endpoints(&self) -> bool {
        self.internal_local || (self.external_local && self.externally_accessible())
    }
}

/// Every service port that has rules in this family, sorted by namespace, name, port name and protocol.
pub(crate) fn ports(cluster: &ClusterState, family: IpFamily, dialect: Dialect) -> Vec<PortInfo> {
    let mut order: Vec<usize> = (0..cluster.services.len()).collect();
    order.sort_by_key(|&at| {
        let service = &cluster.services[at];
        (&service.namespace, &service.name)
    });
    let mut infos = Vec::with_capacity(order.len());
    for at in order {
        let service = &cluster.services[at];
        // kube-proxy's `ShouldSkipService`, and before it the informers' label selector.
        if kept_from_us(&service.labels).is_some() {
            continue;
        }
        if service.headless || service.service_type == ServiceType::ExternalName {
            continue;
        }
        let address = service.cluster_ips.iter().enumerate();
        let Some((cluster_ip_index, &cluster_ip)) = address
            .into_iter()
            .find(|(_, ip)| IpFamily::of(**ip) == family)
        else {
            continue;
        };
        let mut written: Vec<&cluster::ServicePort> = service.ports.iter().collect();
        written.sort_by_key(|port| (&port.name, port.protocol.upper()));
        // One port name and protocol is one entry of kube-proxy's map; the API server allows no second.
        written.dedup_by_key(|port| (&port.name, port.protocol));
        for port in written {
            let plain = PortInfo {
                object: service.object,
                index: port.index,
                label: label(service, &port.name),
                protocol: port.protocol,
                cluster_ip: cluster_ip.to_string(),
                cluster_ip_index,
                port: port.port.to_string(),
                node_port: port.node_port.filter(|p| *p != 0).map(|p| p.to_string()),
                external_ips: listed(service.external_ips.iter().copied().enumerate(), family),
                balancer_ips: balancer_ips(service, family, dialect),
                source_ranges: source_ranges(service, family),
                internal_local: dialect.knows_internal_policy()
                    && service.internal_policy == TrafficPolicy::Local,
                external_local: external_local(service, dialect),
                affinity_seconds: service.affinity_seconds.map(|s| s.to_string()),
                health_check: health_check(service, dialect),
                hints_annotation: hints_annotation(service, dialect),
                service: at,
                port_name: port.name.clone(),
            };
            infos.push(plain);
        }
    }
    infos
}

/// Objects that carry one of these never reach kube-proxy: its informers ask the API server for those
/// without (`ProxyServer.Run` in `cmd/kube-proxy/app/server.go`).
const KEPT_FROM_US: [&str; 2] = [
    "service.kubernetes.io/service-proxy-name",
    "service.kubernetes.io/headless",
];

/// The label that keeps an object from kube-proxy, whatever its value.
pub(crate) fn kept_from_us(labels: &BTreeMap<String, String>) -> Option<&'static str> {
    let mut names = KEPT_FROM_US.iter().copied();
    names.find(|name| labels.contains_key(*name))
}

/// kube-proxy's `ServicePortName.String()`.
fn label(service: &Service, port: &str) -> String {
    let mut label =
        String::with_capacity(service.namespace.len() + service.name.len() + port.len() + 2);
    label.push_str(&service.namespace);
    label.push('/');
    label.push_str(&service.name);
    if !port.is_empty() {
        label.push(':');
        label.push_str(port);
    }
    label
}

fn listed(addresses: impl Iterator<Item = (usize, IpAddr)>, family: IpFamily) -> Vec<Listed> {
    addresses
        .filter(|(_, ip)| IpFamily::of(*ip) == family)
        .map(|(index, ip)| Listed {
            index: index as u32,
            text: ip.to_string(),
        })
        .collect()
}

/// Host names make no rule, nor do addresses in proxy mode.
fn balancer_ips(service: &Service, family: IpFamily, dialect: Dialect) -> Vec<Listed> {
    let ingress = service.ingress.iter().enumerate();
    let addresses = ingress
        .filter(|(_, ingress)| !(ingress.proxy_mode && dialect.knows_ip_mode()))
        .filter_map(|(index, ingress)| Some((index, ingress.ip?)));
    listed(addresses, family)
}

fn source_ranges(service: &Service, family: IpFamily) -> Vec<Range> {
    let ranges = service.source_ranges.iter().enumerate();
    ranges
        .filter(|(_, net)| IpFamily::of(net.addr()) == family)
        .map(|(index, net)| Range {
            index: index as u32,
            net: *net,
        })
        .collect()
}

/// `ExternalPolicyLocal` of `pkg/api/v1/service/util.go`: the policy counts only where the Service is
/// meant for the outside. Older versions did not count external IPs for that.
fn external_local(service: &Service, dialect: Dialect) -> bool {
    let outside = match service.service_type {
        ServiceType::LoadBalancer | ServiceType::NodePort => true,
        ServiceType::ClusterIp => dialect >= Dialect::V1_25 && !service.external_ips.is_empty(),
        ServiceType::ExternalName => false,
    };
    outside && service.external_policy == TrafficPolicy::Local
}

/// `NeedsHealthCheck` of `pkg/api/v1/service/util.go`.
fn health_check(service: &Service, dialect: Dialect) -> Option<String> {
    let needed =
        service.service_type == ServiceType::LoadBalancer && external_local(service, dialect);
    let port = service.health_check_node_port.filter(|p| *p != 0)?;
    needed.then(|| port.to_string())
}

/// The older annotation comes first; the newer is known since v1.27.
fn hints_annotation(service: &Service, dialect: Dialect) -> String {
    let older = service
        .annotations
        .get("service.kubernetes.io/topology-aware-hints");
    let newer = service
        .annotations
        .get("service.kubernetes.io/topology-mode")
        .filter(|_| dialect >= Dialect::V1_30);
    older.or(newer).cloned().unwrap_or_default()
}
