//! A random Service with its endpoints and pods, as YAML.

use std::fmt::Write;

use netfilter::Family;

use super::corner::Corner;
use super::plan::{Fixed, NODES, Stack, fixed, node_ip, pod_ip};
use super::{HEALTH_PORT, NODE_PORT, PORT, TARGET};
use crate::draw::Draw;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    ClusterIp,
    NodePort,
    LoadBalancer,
    Headless,
}

pub(super) struct Service {
    pub kind: Type,
    pub protocol: &'static str,
    pub external_local: bool,
    pub internal_local: bool,
    pub affinity: bool,
    pub stack: Stack,
    pub ranges: Option<Fixed>,
    pub external_ip: bool,
    pub endpoints: &'static str,
    pub backends: Vec<Backend>,
}

#[derive(Clone)]
pub(super) struct Backend {
    pub name: String,
    /// Its node's place.
    pub node: usize,
    pub condition: &'static str,
    /// Whether it has the node's network for its own.
    pub on_host: bool,
    /// The last part of its address, where it has one of its own.
    pub host: usize,
}

impl Backend {
    /// Its address in a family.
    pub fn ip(&self, family: Family) -> String {
        match self.on_host {
            true => node_ip(family, self.node),
            false => pod_ip(family, self.node, self.host),
        }
    }
}

pub(super) fn type_name(kind: Type) -> &'static str {
    match kind {
        Type::ClusterIp => "ClusterIP",
        Type::NodePort => "NodePort",
        Type::LoadBalancer => "LoadBalancer",
        Type::Headless => "headless",
    }
}

pub(super) fn service(draw: &mut Draw, stack: Stack, corner: Option<Corner>) -> Service {
    let kind = draw.weighted(&[
        (28, Type::ClusterIp),
        (32, Type::NodePort),
        (32, Type::LoadBalancer),
        (8, Type::Headless),
    ]);
    let kind = match (corner, kind) {
        (Some(Corner::External), _) => Type::LoadBalancer,
        (Some(Corner::Internal), Type::Headless) => Type::ClusterIp,
        _ => kind,
    };
    let outward = matches!(kind, Type::NodePort | Type::LoadBalancer);
    let external_ip = kind != Type::Headless && draw.percent(30);
    let endpoints = draw.weighted(&[
        (55, "ready"),
        (12, "some terminating"),
        (12, "only terminating"),
        (10, "not ready"),
        (11, "none"),
    ]);
    let endpoints = if corner.is_some() { "ready" } else { endpoints };
    let count = if endpoints == "none" {
        0
    } else {
        1 + draw.below(4)
    };
    let crowded = draw.percent(match corner {
        Some(Corner::External) => 100,
        _ => 30,
    });
    let crowded = crowded.then(|| draw.below(NODES.len()));
    let on_host = draw.percent(15);
    let backends = (0..count)
        .map(|at| {
            let node = crowded.unwrap_or_else(|| draw.below(NODES.len()));
            let condition = match endpoints {
                "some terminating" if at > 0 => draw.of(&["terminating", "ready", "gone"]),
                "only terminating" => draw.weighted(&[(75, "terminating"), (25, "gone")]),
                "not ready" => "not ready",
                _ => "ready",
            };
            // One at most, since a node has one address.
            let on_host = on_host && at == 0;
            Backend {
                name: format!("ep{}", at + 1),
                node,
                condition,
                on_host,
                host: 16 + at,
            }
        })
        .collect();
    Service {
        stack,
        kind,
        protocol: match corner {
            Some(Corner::OneSided) => "TCP",
            _ => draw.weighted(&[(50, "TCP"), (32, "UDP"), (18, "SCTP")]),
        },
        external_local: corner == Some(Corner::External)
            || (outward || external_ip) && draw.percent(45),
        internal_local: corner == Some(Corner::Internal)
            || kind != Type::Headless && draw.percent(38),
        affinity: kind != Type::Headless && draw.percent(32),
        ranges: (kind == Type::LoadBalancer && draw.percent(45)).then(|| {
            draw.of(&[
                Fixed::NodeRange,
                Fixed::ForeignRange,
                Fixed::PodRange,
                Fixed::OneNode,
            ])
        }),
        external_ip,
        endpoints,
        backends,
    }
}

pub(super) fn write_service(service: &Service, yaml: &mut String) {
    let kind = match service.kind {
        Type::Headless => "ClusterIP",
        kind => type_name(kind),
    };
    let stack = service.stack;
    let quoted = |what: Fixed| stack.list(|family| format!("\"{}\"", fixed(family, what)));
    let (cluster_ip, cluster_ips) = match service.kind {
        Type::Headless => ("None", "None".to_owned()),
        _ => (
            fixed(stack.families()[0], Fixed::ClusterIp),
            quoted(Fixed::ClusterIp),
        ),
    };
    let policy = match stack {
        Stack::Dual => "RequireDualStack",
        Stack::Ipv4 | Stack::Ipv6 => "SingleStack",
    };
    let _ = write!(
        yaml,
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: demo}}\nspec:\n  \
         type: {kind}\n  clusterIP: \"{cluster_ip}\"\n  clusterIPs: [{cluster_ips}]\n  \
         ipFamilyPolicy: {policy}\n  ipFamilies: [{}]\n",
        stack.list(|family| format!("{family:?}").replace("Ip", "IP"))
    );
    let outward = matches!(service.kind, Type::NodePort | Type::LoadBalancer);
    let node_port = if outward {
        format!(", nodePort: {NODE_PORT}")
    } else {
        String::new()
    };
    let _ = writeln!(
        yaml,
        "  ports: [{{port: {PORT}, targetPort: {TARGET}, protocol: {}{node_port}}}]",
        service.protocol
    );
    if service.external_local {
        yaml.push_str("  externalTrafficPolicy: Local\n");
        if service.kind == Type::LoadBalancer {
            let _ = writeln!(yaml, "  healthCheckNodePort: {HEALTH_PORT}");
        }
    }
    if service.internal_local {
        yaml.push_str("  internalTrafficPolicy: Local\n");
    }
    if service.affinity {
        yaml.push_str("  sessionAffinity: ClientIP\n");
    }
    if let Some(ranges) = service.ranges {
        let ranges = quoted(ranges);
        let _ = writeln!(yaml, "  loadBalancerSourceRanges: [{ranges}]");
    }
    if service.external_ip {
        let _ = writeln!(yaml, "  externalIPs: [{}]", quoted(Fixed::ExternalIp));
    }
    if service.kind == Type::LoadBalancer {
        let _ = writeln!(
            yaml,
            "status: {{loadBalancer: {{ingress: [{}]}}}}",
            stack.list(|family| format!("{{ip: \"{}\"}}", fixed(family, Fixed::LoadBalancer)))
        );
    }
    for &family in stack.families() {
        slice(service, family, yaml);
    }
}

/// The endpoints in one family.
fn slice(service: &Service, family: Family, yaml: &mut String) {
    let number = match family {
        Family::Ipv4 => 4,
        Family::Ipv6 => 6,
    };
    let _ = write!(
        yaml,
        "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: web-{number}\n  \
         namespace: demo\n  labels: {{kubernetes.io/service-name: web}}\naddressType: IPv{number}\n\
         ports: [{{port: {TARGET}, protocol: {}}}]\n",
        service.protocol
    );
    if service.backends.is_empty() {
        yaml.push_str("endpoints: []\n");
        return;
    }
    yaml.push_str("endpoints:\n");
    for backend in &service.backends {
        let (ready, serving, terminating) = match backend.condition {
            "ready" => (true, true, false),
            "terminating" => (false, true, true),
            "gone" => (false, false, true),
            _ => (false, false, false),
        };
        let _ = writeln!(
            yaml,
            "- {{addresses: [\"{}\"], nodeName: {}, conditions: {{ready: {ready}, serving: {serving}, \
             terminating: {terminating}}}}}",
            backend.ip(family),
            NODES[backend.node].0
        );
    }
}

/// The last part of the address of the pod on each node that only asks.
pub(super) const CLIENT: usize = 50;

/// A Service that the questions do not touch, so that there are more chains than those on the way.
pub(super) fn another_service(draw: &mut Draw, stack: Stack, yaml: &mut String) {
    if draw.percent(30) {
        yaml.push_str(
            "---\napiVersion: v1\nkind: Service\nmetadata: {name: elsewhere, namespace: demo}\n\
             spec: {type: ExternalName, externalName: example.com}\n",
        );
        return;
    }
    let family = stack.families()[0];
    let number = match family {
        Family::Ipv4 => 4,
        Family::Ipv6 => 6,
    };
    let _ = write!(
        yaml,
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: idle, namespace: demo}}\nspec:\n  \
         clusterIP: \"{}\"\n  ports: [{{port: 9000, targetPort: {TARGET}}}]\n---\n\
         apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: idle-1\n  \
         namespace: demo\n  labels: {{kubernetes.io/service-name: idle}}\naddressType: IPv{number}\n\
         ports: [{{port: {TARGET}, protocol: TCP}}]\nendpoints:\n\
         - {{addresses: [\"{}\"], nodeName: node1, conditions: {{ready: true}}}}\n",
        fixed(family, Fixed::IdleClusterIp),
        pod_ip(family, 0, CLIENT)
    );
}

/// The backends, and one pod on each node that only asks.
pub(super) fn pods(draw: &mut Draw, service: &Service, yaml: &mut String) {
    let stack = service.stack;
    let mut pod = |name: &str, ip: &dyn Fn(Family) -> String, node: usize, listen: &str, host| {
        let _ = write!(
            yaml,
            "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: demo\n  \
             annotations: {{chainwalk/listen: \"{listen}\"}}\n\
             spec: {{nodeName: {}, hostNetwork: {host}, containers: [{{name: main, image: app}}]}}\n\
             status: {{phase: Running, podIP: \"{}\", podIPs: [{}]}}\n",
            NODES[node].0,
            ip(stack.families()[0]),
            stack.list(|family| format!("{{ip: \"{}\"}}", ip(family)))
        );
    };
    for backend in &service.backends {
        let protocol = service.protocol.to_ascii_lowercase();
        // Now and then the process is not where the Service believes it.
        let port = if draw.percent(6) { TARGET + 1 } else { TARGET };
        let listen = format!("{protocol}:{port}");
        let ip = |family| backend.ip(family);
        pod(&backend.name, &ip, backend.node, &listen, backend.on_host);
    }
    for at in 0..NODES.len() {
        let ip = |family| pod_ip(family, at, CLIENT);
        pod(&format!("cli{}", at + 1), &ip, at, "tcp:9000", false);
    }
}
