//! Manifests, and what an offer makes of them: shared by the tests of what-ifs.
#![allow(dead_code, reason = "each file of tests uses some of it")]

use std::fmt::Write;

use cluster::{ClusterState, Plan, Service, Severity, Source};
use edit::whatif::Offers;
use edit::{Mark, apply};
use expect_test::Expect;

pub const DEMO: &str = include_str!("../../../../www/demo.yaml");

/// Nothing but what a person writes: addresses, nodes and pods are the control plane's.
pub const BARE: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, annotations: {chainwalk/listen: 'tcp:8080'}}
    spec:
      containers:
      - {name: web, image: nginx, ports: [{name: http, containerPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  type: NodePort
  externalTrafficPolicy: Local
  sessionAffinity: ClientIP
  sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}
  selector: {app: web}
  ports: [{port: 80, targetPort: http, nodePort: 30080}]
";

pub const SLICES: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: db
spec:
  clusterIP: 10.96.0.7
  ports:
  - port: 5432
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: db-1
  labels:
    kubernetes.io/service-name: db
addressType: IPv4
ports:
- port: 5432
  name: ''
endpoints:
- addresses: [10.244.1.5]
  nodeName: node1
- addresses: [10.244.2.5]
  conditions: {ready: false, serving: false}
  nodeName: node2
";

pub fn load(text: &str) -> ClusterState {
    let source = Source {
        name: "cluster.yaml".into(),
        text: text.into(),
    };
    let (cluster, diagnostics) = cluster::load(&[source], &Plan::default());
    let wrong: Vec<_> = diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error)
        .map(|d| format!("{} {} in\n{text}", d.field, d.message))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    cluster
}

pub fn service<'a>(cluster: &'a ClusterState, name: &str) -> &'a Service {
    let found = cluster.services.iter().find(|s| s.name == name);
    found.expect("the Service is there")
}

pub fn offers(text: &str, name: &str) -> Offers {
    let cluster = load(text);
    Offers::of(&cluster, Some(service(&cluster, name)))
}

/// The Service's endpoints as a line each.
pub fn endpoints(cluster: &ClusterState, name: &str) -> String {
    let mut out = String::new();
    for slice in cluster
        .slices
        .iter()
        .filter(|s| s.service.as_deref() == Some(name))
    {
        for e in &slice.endpoints {
            let node = e.node.as_deref().unwrap_or("nowhere");
            let ready = if e.ready { "ready" } else { "not ready" };
            writeln!(out, "  {} on {node}, {ready}", e.addresses[0]).expect("text takes text");
        }
    }
    out
}

/// The lines that an offer touches, and the endpoints afterwards.
#[track_caller]
pub fn check(text: &str, name: &str, id: &str, expected: Expect) {
    let offers = offers(text, name);
    let offer = offers.all().find(|o| o.id == id);
    let offer = offer.unwrap_or_else(|| {
        let ids: Vec<&str> = offers.all().map(|o| o.id.as_str()).collect();
        panic!("{id} is on offer, among {ids:?}")
    });
    let edited = apply(text, &offer.changes).expect("it can be written");
    let mut out = format!("{}. {}\n", offer.label, offer.about);
    let lines: Vec<&str> = edited.text.lines().collect();
    for l in &edited.lines {
        for number in l.first..=l.last {
            let (sign, line) = match l.mark {
                Mark::Written => ("+", lines.get(number - 1).copied().unwrap_or_default()),
                Mark::Gone => (
                    "- above",
                    lines.get(number - 1).copied().unwrap_or_default(),
                ),
            };
            writeln!(out, "{sign} {number}: {line}").expect("text takes text");
        }
    }
    out.push_str(&endpoints(&load(&edited.text), name));
    expected.assert_eq(&out);
}

#[track_caller]
pub fn ids(text: &str, name: &str, expected: Expect) {
    let list: Vec<String> = offers(text, name)
        .all()
        .map(|o| format!("{}: {}", o.id, o.label))
        .collect();
    expected.assert_eq(&list.join("\n"));
}
