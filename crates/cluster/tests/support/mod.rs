//! Prints a cluster and its diagnostics as short lines, so that tests can be read.

#![allow(dead_code, reason = "each test file uses its part")]

use std::fmt::Write;

use cluster::{ClusterState, Diagnostic, Plan, Service, ServiceType, Source, TargetPort, load};
use expect_test::Expect;

/// The text that the page opens with.
pub fn demo() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../www/demo.yaml");
    std::fs::read_to_string(path).expect("the demo is there")
}

pub fn load_text(text: &str) -> (ClusterState, Vec<Diagnostic>) {
    load_with(text, &Plan::default())
}

pub fn load_with(text: &str, plan: &Plan) -> (ClusterState, Vec<Diagnostic>) {
    load(
        &[Source {
            name: "test.yaml".into(),
            text: text.into(),
        }],
        plan,
    )
}

fn list<T: ToString>(items: &[T]) -> String {
    items
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(",")
}

fn service(out: &mut String, service: &Service) {
    let kind = match service.service_type {
        ServiceType::ClusterIp => "ClusterIP",
        ServiceType::NodePort => "NodePort",
        ServiceType::LoadBalancer => "LoadBalancer",
        ServiceType::ExternalName => "ExternalName",
    };
    write!(out, "service {}/{} {kind}", service.namespace, service.name).expect("a string");
    if service.headless {
        out.push_str(" headless");
    }
    write!(out, " [{}]", list(&service.cluster_ips)).expect("a string");
    for port in &service.ports {
        let target = match &port.target_port {
            TargetPort::Number(number) => number.to_string(),
            TargetPort::Name(name) => name.clone(),
        };
        write!(
            out,
            " {}{}/{}->{target}",
            port.name,
            port.port,
            port.protocol.lower()
        )
        .expect("a string");
        if let Some(node_port) = port.node_port {
            write!(out, "@{node_port}").expect("a string");
        }
    }
    for ingress in &service.ingress {
        let ip = ingress.ip.map(|ip| ip.to_string()).unwrap_or_default();
        let made = if ingress.made { " (made)" } else { "" };
        write!(out, " lb {ip}{made}").expect("a string");
    }
    if let Some(port) = service.health_check_node_port {
        write!(out, " health@{port}").expect("a string");
    }
    out.push('\n');
}

/// A cluster, a line for each thing.
pub fn print(state: &ClusterState) -> String {
    let mut out = String::new();
    let plan = &state.addresses;
    writeln!(
        out,
        "plan pods {} services {}",
        list(&plan.pod_cidrs),
        list(&plan.service_cidrs)
    )
    .expect("a string");
    for node in &state.nodes {
        writeln!(
            out,
            "node {} {} pods {}",
            node.name,
            list(&node.internal_ips),
            list(&node.pod_cidrs)
        )
        .expect("a string");
    }
    for this in &state.services {
        service(&mut out, this);
    }
    for pod in &state.pods {
        let node = pod.node.as_deref().unwrap_or("outside");
        write!(
            out,
            "pod {}/{} {} on {node}",
            pod.namespace,
            pod.name,
            list(&pod.ips)
        )
        .expect("a string");
        let words = [
            (pod.host_network, "host"),
            (!pod.ready, "unready"),
            (pod.terminating, "terminating"),
        ];
        for (_, word) in words.iter().filter(|(said, _)| *said) {
            write!(out, " {word}").expect("a string");
        }
        for (protocol, port, reason) in &pod.listen {
            write!(out, " {}:{port}({reason:?})", protocol.lower()).expect("a string");
        }
        if let Some(from) = &pod.made_from {
            write!(out, " from {from}").expect("a string");
        }
        out.push('\n');
    }
    for slice in &state.slices {
        let made = if slice.made { " (made)" } else { "" };
        write!(
            out,
            "slice {}/{}{made} of {}",
            slice.namespace,
            slice.name,
            slice.service.as_deref().unwrap_or("-")
        )
        .expect("a string");
        for port in &slice.ports {
            let number = port.port.map_or("all".into(), |port| port.to_string());
            write!(out, " {}{number}/{}", port.name, port.protocol.lower()).expect("a string");
        }
        for endpoint in &slice.endpoints {
            write!(out, " {}", list(&endpoint.addresses)).expect("a string");
            if !endpoint.ready {
                out.push_str("!ready");
            }
            if endpoint.terminating {
                out.push_str(if endpoint.serving {
                    "!serving-terminating"
                } else {
                    "!terminating"
                });
            }
        }
        out.push('\n');
    }
    out
}

/// Diagnostics, a line for each: place, severity, field, message, help.
pub fn print_diagnostics(diagnostics: &[Diagnostic]) -> String {
    let mut out = String::new();
    for this in diagnostics {
        let place = this
            .span
            .map_or("-".into(), |span| format!("{}:{}", span.line, span.column));
        let server = if this.server {
            format!(" ({:?})", this.kind)
        } else {
            String::new()
        };
        writeln!(
            out,
            "{place} {:?}{server} {}: {} {}",
            this.severity, this.field, this.message, this.help
        )
        .expect("a string");
    }
    out
}

/// Compares a cluster.
pub fn check(text: &str, expected: Expect) {
    expected.assert_eq(&print(&load_text(text).0));
}

/// Compares what is said about a text.
pub fn check_diagnostics(text: &str, expected: Expect) {
    expected.assert_eq(&print_diagnostics(&load_text(text).1));
}
