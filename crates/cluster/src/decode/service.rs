//! Service as written. What it leaves open is filled in by the control plane.

use std::net::IpAddr;

use super::meta::{self, Scope};
use super::view::View;
use crate::source::ObjectId;
use crate::state::{
    IpFamily, LoadBalancerIngress, Service, ServicePort, ServiceType, TargetPort, TrafficPolicy,
    Transport,
};

/// `spec.ipFamilyPolicy`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FamilyPolicy {
    /// `SingleStack`
    Single,
    /// `PreferDualStack`
    PreferDual,
    /// `RequireDualStack`
    RequireDual,
}

/// Whether a load balancer's Service gets node ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodePorts {
    /// Allocated where not stated.
    Allocate,
    /// `allocateLoadBalancerNodePorts: false`: only the stated ones.
    StatedOnly,
}

/// What `status.loadBalancer` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoadBalancerStatus {
    /// The text has none: our provider answers.
    Unsaid,
    /// It stands in the text, were it empty: the provider is still busy.
    Stated,
}

/// A Service with what it left open.
#[derive(Debug, Clone)]
pub struct WrittenService {
    /// What it says, with the defaults that need no cluster.
    pub service: Service,
    /// `spec.ipFamilyPolicy`
    pub family_policy: Option<FamilyPolicy>,
    /// `spec.allocateLoadBalancerNodePorts`
    pub node_ports: NodePorts,
    /// `status.loadBalancer`
    pub status: LoadBalancerStatus,
    /// `spec.loadBalancerIP`
    pub requested_ip: Option<IpAddr>,
}

/// `TCP` where nothing is said (SetDefaults_Service).
pub fn protocol(view: View<'_>) -> Transport {
    match view.text() {
        Some("UDP") => Transport::Udp,
        Some("SCTP") => Transport::Sctp,
        _ => Transport::Tcp,
    }
}

fn family(name: &str) -> Option<IpFamily> {
    match name {
        "IPv4" => Some(IpFamily::Ipv4),
        "IPv6" => Some(IpFamily::Ipv6),
        _ => None,
    }
}

fn policy(view: View<'_>) -> TrafficPolicy {
    match view.text() {
        Some("Local") => TrafficPolicy::Local,
        _ => TrafficPolicy::Cluster,
    }
}

fn ports(spec: View<'_>) -> Vec<ServicePort> {
    let decode = |(index, view): (usize, View<'_>)| {
        let port = view.get("port").port()?;
        let target = view.get("targetPort");
        // 0 and "" become the port (SetDefaults_Service).
        let target_port = match (target.port(), target.word()) {
            (Some(number), _) => TargetPort::Number(number),
            (None, Some(name)) => TargetPort::Name(name.to_owned()),
            (None, None) => TargetPort::Number(port),
        };
        Some(ServicePort {
            name: view.get("name").string(),
            protocol: protocol(view.get("protocol")),
            port,
            target_port,
            node_port: view.get("nodePort").port(),
            index,
        })
    };
    spec.get("ports")
        .items()
        .enumerate()
        .filter_map(decode)
        .collect()
}

fn ingress(status: View<'_>) -> Vec<LoadBalancerIngress> {
    status
        .get("ingress")
        .items()
        .map(|entry| LoadBalancerIngress {
            ip: entry.get("ip").text().and_then(super::ip),
            hostname: entry.get("hostname").word().map(str::to_owned),
            proxy_mode: entry.get("ipMode").text() == Some("Proxy"),
            made: false,
        })
        .collect()
}

/// Reads a Service.
pub fn decode(root: View<'_>, object: ObjectId) -> WrittenService {
    let meta = meta::decode(root, object, Scope::Namespaced);
    let spec = root.get("spec");
    let service_type = match spec.get("type").text() {
        Some("NodePort") => ServiceType::NodePort,
        Some("LoadBalancer") => ServiceType::LoadBalancer,
        Some("ExternalName") => ServiceType::ExternalName,
        _ => ServiceType::ClusterIp,
    };
    let external = matches!(
        service_type,
        ServiceType::NodePort | ServiceType::LoadBalancer
    );
    // clusterIP is the first of clusterIPs; either may stand alone.
    let mut cluster_ips: Vec<&str> = spec
        .get("clusterIPs")
        .strings()
        .filter(|ip| !ip.is_empty())
        .collect();
    if cluster_ips.is_empty() {
        cluster_ips.extend(spec.get("clusterIP").word());
    }
    let named = service_type == ServiceType::ExternalName;
    let headless = !named && cluster_ips.first() == Some(&"None");
    let cluster_ips = if headless || named {
        Vec::new()
    } else {
        cluster_ips.iter().filter_map(|ip| super::ip(ip)).collect()
    };
    let affinity_seconds = (spec.get("sessionAffinity").text() == Some("ClientIP")).then(|| {
        spec.get("sessionAffinityConfig")
            .get("clientIP")
            .get("timeoutSeconds")
            .int()
            .and_then(|seconds| u32::try_from(seconds).ok())
            // DefaultClientIPServiceAffinitySeconds: three hours.
            .unwrap_or(10_800)
    });
    let status = root.get("status").get("loadBalancer");
    WrittenService {
        family_policy: match spec.get("ipFamilyPolicy").text() {
            Some("SingleStack") => Some(FamilyPolicy::Single),
            Some("PreferDualStack") => Some(FamilyPolicy::PreferDual),
            Some("RequireDualStack") => Some(FamilyPolicy::RequireDual),
            _ => None,
        },
        node_ports: match spec.get("allocateLoadBalancerNodePorts").flag() {
            Some(false) => NodePorts::StatedOnly,
            _ => NodePorts::Allocate,
        },
        status: if status.stated() {
            LoadBalancerStatus::Stated
        } else {
            LoadBalancerStatus::Unsaid
        },
        requested_ip: spec.get("loadBalancerIP").text().and_then(super::ip),
        service: Service {
            object,
            namespace: meta.namespace,
            name: meta.name,
            labels: meta.labels,
            annotations: meta.annotations,
            service_type,
            cluster_ips,
            headless,
            ip_families: spec
                .get("ipFamilies")
                .strings()
                .filter_map(family)
                .collect(),
            external_name: spec.get("externalName").word().map(str::to_owned),
            ports: ports(spec),
            selector: spec.get("selector").string_map(),
            external_ips: spec
                .get("externalIPs")
                .strings()
                .filter_map(super::ip)
                .collect(),
            ingress: ingress(status),
            source_ranges: spec
                .get("loadBalancerSourceRanges")
                .strings()
                .filter_map(super::cidr_as_written)
                .collect(),
            external_policy: policy(spec.get("externalTrafficPolicy")),
            internal_policy: policy(spec.get("internalTrafficPolicy")),
            affinity_seconds,
            health_check_node_port: spec.get("healthCheckNodePort").port().filter(|_| external),
            publish_not_ready: spec.get("publishNotReadyAddresses").flag() == Some(true),
            traffic_distribution: spec.get("trafficDistribution").word().map(str::to_owned),
        },
    }
}
