//! A random Service with its endpoints and pods, as YAML.

use std::fmt::Write;

use super::{CLUSTER_IP, EXTERNAL_IP, HEALTH_PORT, LB_IP, NODE_PORT, NODES, PORT, TARGET};
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
    pub ranges: Option<&'static str>,
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
    pub ip: String,
}

pub(super) fn type_name(kind: Type) -> &'static str {
    match kind {
        Type::ClusterIp => "ClusterIP",
        Type::NodePort => "NodePort",
        Type::LoadBalancer => "LoadBalancer",
        Type::Headless => "headless",
    }
}

pub(super) fn service(draw: &mut Draw) -> Service {
    let kind = draw.weighted(&[
        (28, Type::ClusterIp),
        (32, Type::NodePort),
        (32, Type::LoadBalancer),
        (8, Type::Headless),
    ]);
    let outward = matches!(kind, Type::NodePort | Type::LoadBalancer);
    let external_ip = kind != Type::Headless && draw.percent(30);
    let endpoints = draw.weighted(&[
        (55, "ready"),
        (12, "some terminating"),
        (12, "only terminating"),
        (10, "not ready"),
        (11, "none"),
    ]);
    let count = if endpoints == "none" {
        0
    } else {
        1 + draw.below(4)
    };
    let crowded = draw.percent(30).then(|| draw.below(NODES.len()));
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
                ip: match on_host {
                    true => NODES[node].1.to_owned(),
                    false => format!("{}.{}", NODES[node].2, 16 + at),
                },
            }
        })
        .collect();
    Service {
        kind,
        protocol: draw.weighted(&[(50, "TCP"), (32, "UDP"), (18, "SCTP")]),
        external_local: (outward || external_ip) && draw.percent(45),
        internal_local: kind != Type::Headless && draw.percent(22),
        affinity: kind != Type::Headless && draw.percent(22),
        ranges: (kind == Type::LoadBalancer && draw.percent(45)).then(|| {
            draw.of(&[
                "192.168.1.0/24",
                "198.51.100.0/24",
                "10.42.0.0/16",
                "192.168.1.12/32",
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
    let cluster_ip = if service.kind == Type::Headless {
        "None"
    } else {
        CLUSTER_IP
    };
    let _ = write!(
        yaml,
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: web, namespace: demo}}\nspec:\n  \
         type: {kind}\n  clusterIP: {cluster_ip}\n"
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
        let _ = writeln!(yaml, "  loadBalancerSourceRanges: [{ranges}]");
    }
    if service.external_ip {
        let _ = writeln!(yaml, "  externalIPs: [{EXTERNAL_IP}]");
    }
    if service.kind == Type::LoadBalancer {
        let _ = writeln!(
            yaml,
            "status: {{loadBalancer: {{ingress: [{{ip: {LB_IP}}}]}}}}"
        );
    }
    yaml.push_str(
        "---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: web-1\n  \
         namespace: demo\n  labels: {kubernetes.io/service-name: web}\naddressType: IPv4\n",
    );
    let _ = writeln!(
        yaml,
        "ports: [{{port: {TARGET}, protocol: {}}}]",
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
            "- {{addresses: [{}], nodeName: {}, conditions: {{ready: {ready}, serving: {serving}, \
             terminating: {terminating}}}}}",
            backend.ip, NODES[backend.node].0
        );
    }
}

/// A Service that the questions do not touch, so that there are more chains than those on the way.
pub(super) fn another_service(draw: &mut Draw, yaml: &mut String) {
    if draw.percent(30) {
        yaml.push_str(
            "---\napiVersion: v1\nkind: Service\nmetadata: {name: elsewhere, namespace: demo}\n\
             spec: {type: ExternalName, externalName: example.com}\n",
        );
        return;
    }
    let _ = write!(
        yaml,
        "---\napiVersion: v1\nkind: Service\nmetadata: {{name: idle, namespace: demo}}\nspec:\n  \
         clusterIP: 10.43.7.7\n  ports: [{{port: 9000, targetPort: {TARGET}}}]\n---\n\
         apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata:\n  name: idle-1\n  \
         namespace: demo\n  labels: {{kubernetes.io/service-name: idle}}\naddressType: IPv4\n\
         ports: [{{port: {TARGET}, protocol: TCP}}]\nendpoints:\n\
         - {{addresses: [10.42.1.50], nodeName: node1, conditions: {{ready: true}}}}\n"
    );
}

/// The backends, and one pod on each node that only asks.
pub(super) fn pods(draw: &mut Draw, service: &Service, yaml: &mut String) {
    let mut pod = |name: &str, ip: &str, node: &str, listen: &str, host: bool| {
        let _ = write!(
            yaml,
            "---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n  namespace: demo\n  \
             annotations: {{chainwalk/listen: \"{listen}\"}}\n\
             spec: {{nodeName: {node}, hostNetwork: {host}, containers: [{{name: main, image: app}}]}}\n\
             status: {{phase: Running, podIP: {ip}, podIPs: [{{ip: {ip}}}]}}\n"
        );
    };
    for Backend {
        name,
        node,
        ip,
        on_host,
        ..
    } in &service.backends
    {
        let protocol = service.protocol.to_ascii_lowercase();
        // Now and then the process is not where the Service believes it.
        let port = if draw.percent(6) { TARGET + 1 } else { TARGET };
        let listen = format!("{protocol}:{port}");
        pod(name, ip, NODES[*node].0, &listen, *on_host);
    }
    for (at, (node, _, net)) in NODES.iter().enumerate() {
        pod(
            &format!("cli{}", at + 1),
            &format!("{net}.50"),
            node,
            "tcp:9000",
            false,
        );
    }
}
