//! Every what-if on real manifests: what it writes, and what a cluster makes of it.

use std::fmt::Write;

use cluster::{ClusterState, Plan, Service, Severity, Source};
use edit::whatif::Offers;
use edit::{Mark, apply};
use expect_test::{Expect, expect};

const DEMO: &str = include_str!("../../../www/demo.yaml");

/// Nothing but what a person writes: addresses, nodes and pods are the control plane's.
const BARE: &str = "\
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

const SLICES: &str = "\
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

fn load(text: &str) -> ClusterState {
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

fn service<'a>(cluster: &'a ClusterState, name: &str) -> &'a Service {
    let found = cluster.services.iter().find(|s| s.name == name);
    found.expect("the Service is there")
}

fn offers(text: &str, name: &str) -> Offers {
    let cluster = load(text);
    Offers::of(&cluster, Some(service(&cluster, name)))
}

/// The Service's endpoints as a line each.
fn endpoints(cluster: &ClusterState, name: &str) -> String {
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
fn check(text: &str, name: &str, id: &str, expected: Expect) {
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
fn ids(text: &str, name: &str, expected: Expect) {
    let list: Vec<String> = offers(text, name)
        .all()
        .map(|o| format!("{}: {}", o.id, o.label))
        .collect();
    expected.assert_eq(&list.join("\n"));
}

#[test]
fn what_is_on_offer() {
    ids(
        DEMO,
        "demo-cluster-ip-svc",
        expect![[r#"
            scale-up/0: Scale demo 3 to 4
            scale-down/0: Scale demo 3 to 2
            unready/demo/demo-5f7b8c9d64-2vhkn: Make it unready
            kill/demo/demo-5f7b8c9d64-2vhkn: Kill it
            move/demo/demo-5f7b8c9d64-2vhkn/pi-cp: Move it to pi-cp
            move/demo/demo-5f7b8c9d64-2vhkn/pi-w2: Move it to pi-w2
            move/demo/demo-5f7b8c9d64-2vhkn/pi-w5: Move it to pi-w5
            unready/demo/demo-5f7b8c9d64-8xqtz: Make it unready
            kill/demo/demo-5f7b8c9d64-8xqtz: Kill it
            move/demo/demo-5f7b8c9d64-8xqtz/pi-cp: Move it to pi-cp
            move/demo/demo-5f7b8c9d64-8xqtz/pi-w1: Move it to pi-w1
            move/demo/demo-5f7b8c9d64-8xqtz/pi-w5: Move it to pi-w5
            unready/demo/demo-5f7b8c9d64-m4cwl: Make it unready
            kill/demo/demo-5f7b8c9d64-m4cwl: Kill it
            move/demo/demo-5f7b8c9d64-m4cwl/pi-cp: Move it to pi-cp
            move/demo/demo-5f7b8c9d64-m4cwl/pi-w1: Move it to pi-w1
            move/demo/demo-5f7b8c9d64-m4cwl/pi-w2: Move it to pi-w2
            internal: internalTrafficPolicy: Local
            affinity: ClientIP affinity
            selector: Selector matches nothing
            masquerade-all: masqueradeAll: true
            network/flannel: flannel, as in k3s
            network/kindnet: kindnet, as in kind
            network/calico: calico"#]],
    );
    ids(
        BARE,
        "web",
        expect![[r#"
            scale-up/0: Scale web 2 to 3
            scale-down/0: Scale web 2 to 1
            unready/shop/web-mmxhsz7k8j-f2wr4: Make it unready
            kill/shop/web-mmxhsz7k8j-f2wr4: Kill it
            move/shop/web-mmxhsz7k8j-f2wr4/node1: Move it to node1
            move/shop/web-mmxhsz7k8j-f2wr4/node3: Move it to node3
            unready/shop/web-mmxhsz7k8j-tbknz: Make it unready
            kill/shop/web-mmxhsz7k8j-tbknz: Kill it
            move/shop/web-mmxhsz7k8j-tbknz/node2: Move it to node2
            move/shop/web-mmxhsz7k8j-tbknz/node3: Move it to node3
            external: externalTrafficPolicy: Cluster
            internal: internalTrafficPolicy: Local
            affinity: No affinity
            selector: Selector matches nothing
            masquerade-all: masqueradeAll: true
            network/flannel: flannel, as in k3s
            network/kindnet: kindnet, as in kind
            network/calico: calico"#]],
    );
    ids(
        SLICES,
        "db",
        expect![[r#"
            endpoint-more: One endpoint more
            endpoint-less: One endpoint less
            unready/default/db-1/0: Make it unready
            kill/default/db-1/0: Kill it
            ready/default/db-1/1: Make it ready
            kill/default/db-1/1: Kill it
            internal: internalTrafficPolicy: Local
            affinity: ClientIP affinity
            masquerade-all: masqueradeAll: true
            network/flannel: flannel, as in k3s
            network/kindnet: kindnet, as in kind
            network/calico: calico"#]],
    );
}

#[test]
fn the_demo_scaled() {
    check(
        DEMO,
        "demo-cluster-ip-svc",
        "scale-up/0",
        expect![[r#"
        Scale demo 3 to 4. Deployment demo gets one more replica.
        + 8:   replicas: 4
          10.42.1.16 on pi-w1, ready
          10.42.2.22 on pi-w2, ready
          10.42.5.23 on pi-w5, ready
          10.42.0.2 on pi-cp, ready
    "#]],
    );
    check(
        DEMO,
        "demo-cluster-ip-svc",
        "scale-down/0",
        expect![[r#"
            Scale demo 3 to 2. Deployment demo loses its last replica.
            + 8:   replicas: 2
            - above 123: ---
              10.42.1.16 on pi-w1, ready
              10.42.2.22 on pi-w2, ready
        "#]],
    );
}

#[test]
fn one_of_the_demo_s_pods() {
    let name = "demo-cluster-ip-svc";
    check(
        DEMO,
        name,
        "unready/demo/demo-5f7b8c9d64-2vhkn",
        expect![[r#"
            Make it unready. Pod demo-5f7b8c9d64-2vhkn fails its readiness probe.
            + 105:   conditions:
            + 106:     - type: Ready
            + 107:       status: "False"
              10.42.1.16 on pi-w1, not ready
              10.42.2.22 on pi-w2, ready
              10.42.5.23 on pi-w5, ready
        "#]],
    );
    check(
        DEMO,
        name,
        "kill/demo/demo-5f7b8c9d64-2vhkn",
        expect![[r#"
            Kill it. Pod demo-5f7b8c9d64-2vhkn has failed and runs no more; Deployment demo starts another in its place.
            + 105:   phase: Failed
              10.42.2.22 on pi-w2, ready
              10.42.5.23 on pi-w5, ready
              10.42.0.2 on pi-cp, ready
        "#]],
    );
    check(
        DEMO,
        name,
        "move/demo/demo-5f7b8c9d64-2vhkn/pi-w2",
        expect![[r#"
            Move it to pi-w2. Pod demo-5f7b8c9d64-2vhkn runs on pi-w2 instead, with an address from there.
            + 97:   nodeName: pi-w2
            - above 103: ---
              10.42.2.2 on pi-w2, ready
              10.42.2.22 on pi-w2, ready
              10.42.5.23 on pi-w5, ready
        "#]],
    );
}

#[test]
fn the_demo_s_service_and_proxy() {
    for (id, expected) in [
        (
            "internal",
            expect![[r#"
            internalTrafficPolicy: Local. What comes from inside the cluster goes only to endpoints on the node that it came to.
            + 37:   internalTrafficPolicy: Local
              10.42.1.16 on pi-w1, ready
              10.42.2.22 on pi-w2, ready
              10.42.5.23 on pi-w5, ready
        "#]],
        ),
        (
            "affinity",
            expect![[r#"
            ClientIP affinity. Service demo-cluster-ip-svc keeps a client with the endpoint it got first, for three hours.
            + 37:   sessionAffinity: ClientIP
              10.42.1.16 on pi-w1, ready
              10.42.2.22 on pi-w2, ready
              10.42.5.23 on pi-w5, ready
        "#]],
        ),
        (
            "selector",
            expect![[r#"
            Selector matches nothing. Service demo-cluster-ip-svc asks for app: demo-typo, which no pod has.
            + 33:     app: demo-typo
        "#]],
        ),
        (
            "masquerade-all",
            expect![[r#"
            masqueradeAll: true. Whatever goes to a cluster IP gets its node's address as its source.
            + 155: ---
            + 156: apiVersion: kubeproxy.config.k8s.io/v1alpha1
            + 157: kind: KubeProxyConfiguration
            + 158: clusterCIDR: 10.42.0.0/16
            + 159: iptables:
            + 160:   masqueradeAll: true
              10.42.1.16 on pi-w1, ready
              10.42.2.22 on pi-w2, ready
              10.42.5.23 on pi-w5, ready
        "#]],
        ),
    ] {
        check(DEMO, "demo-cluster-ip-svc", id, expected);
    }
}

#[test]
fn a_bare_manifest() {
    for (id, expected) in [
        (
            "scale-up/0",
            expect![[r#"
            Scale web 2 to 3. Deployment web gets one more replica.
            + 5:   replicas: 3
              10.42.1.2 on node2, ready
              10.42.0.2 on node1, ready
              10.42.2.2 on node3, ready
        "#]],
        ),
        (
            "scale-down/0",
            expect![[r#"
            Scale web 2 to 1. Deployment web loses its last replica.
            + 5:   replicas: 1
              10.42.0.2 on node1, ready
        "#]],
        ),
        (
            "external",
            expect![[r#"
            externalTrafficPolicy: Cluster. What comes from outside goes to endpoints on any node.
            + 18:   externalTrafficPolicy: Cluster
              10.42.1.2 on node2, ready
              10.42.0.2 on node1, ready
        "#]],
        ),
        (
            "affinity",
            expect![[r#"
            No affinity. Service web draws an endpoint for every connection.
            + 19:   sessionAffinity: None
            - above 20:   selector: {app: web}
              10.42.1.2 on node2, ready
              10.42.0.2 on node1, ready
        "#]],
        ),
    ] {
        check(BARE, "web", id, expected);
    }
}

/// A pod that stands in no text is written down, and its siblings stay where they are.
#[test]
fn pods_of_a_bare_manifest() {
    let found = offers(BARE, "web");
    let first = &found.endpoints[0];
    let id = |what: &str| {
        let offer = first.offers.iter().find(|o| o.id.starts_with(what));
        offer.expect("it is on offer").id.clone()
    };
    check(
        BARE,
        "web",
        &id("unready"),
        expect![[r#"
        Make it unready. Pod web-mmxhsz7k8j-f2wr4 fails its readiness probe.
        + 23: ---
        + 24: apiVersion: v1
        + 25: kind: Pod
        + 26: metadata:
        + 27:   name: web-mmxhsz7k8j-f2wr4
        + 28:   namespace: shop
        + 29:   labels:
        + 30:     app: web
        + 31:     pod-template-hash: mmxhsz7k8j
        + 32:   annotations:
        + 33:     chainwalk/listen: "tcp:8080"
        + 34: spec:
        + 35:   nodeName: node2
        + 36:   containers:
        + 37:     - name: web
        + 38:       image: nginx
        + 39:       ports:
        + 40:         - name: http
        + 41:           containerPort: 8080
        + 42: status:
        + 43:   podIP: 10.42.1.2
        + 44:   conditions:
        + 45:     - type: Ready
        + 46:       status: "False"
        + 47: ---
        + 48: apiVersion: v1
        + 49: kind: Pod
        + 50: metadata:
        + 51:   name: web-mmxhsz7k8j-tbknz
        + 52:   namespace: shop
        + 53:   labels:
        + 54:     app: web
        + 55:     pod-template-hash: mmxhsz7k8j
        + 56:   annotations:
        + 57:     chainwalk/listen: "tcp:8080"
        + 58: spec:
        + 59:   nodeName: node1
        + 60:   containers:
        + 61:     - name: web
        + 62:       image: nginx
        + 63:       ports:
        + 64:         - name: http
        + 65:           containerPort: 8080
        + 66: status:
        + 67:   podIP: 10.42.0.2
          10.42.1.2 on node2, not ready
          10.42.0.2 on node1, ready
    "#]],
    );
    check(
        BARE,
        "web",
        &id("kill"),
        expect![[r#"
            Kill it. Pod web-mmxhsz7k8j-f2wr4 has failed and runs no more; Deployment shop/web starts another in its place.
            + 23: ---
            + 24: apiVersion: v1
            + 25: kind: Pod
            + 26: metadata:
            + 27:   name: web-mmxhsz7k8j-f2wr4
            + 28:   namespace: shop
            + 29:   labels:
            + 30:     app: web
            + 31:     pod-template-hash: mmxhsz7k8j
            + 32:   annotations:
            + 33:     chainwalk/listen: "tcp:8080"
            + 34: spec:
            + 35:   nodeName: node2
            + 36:   containers:
            + 37:     - name: web
            + 38:       image: nginx
            + 39:       ports:
            + 40:         - name: http
            + 41:           containerPort: 8080
            + 42: status:
            + 43:   phase: Failed
            + 44:   podIP: 10.42.1.2
            + 45: ---
            + 46: apiVersion: v1
            + 47: kind: Pod
            + 48: metadata:
            + 49:   name: web-mmxhsz7k8j-tbknz
            + 50:   namespace: shop
            + 51:   labels:
            + 52:     app: web
            + 53:     pod-template-hash: mmxhsz7k8j
            + 54:   annotations:
            + 55:     chainwalk/listen: "tcp:8080"
            + 56: spec:
            + 57:   nodeName: node1
            + 58:   containers:
            + 59:     - name: web
            + 60:       image: nginx
            + 61:       ports:
            + 62:         - name: http
            + 63:           containerPort: 8080
            + 64: status:
            + 65:   podIP: 10.42.0.2
              10.42.0.2 on node1, ready
              10.42.1.3 on node2, ready
        "#]],
    );
    check(
        BARE,
        "web",
        &id("move"),
        expect![[r#"
        Move it to node1. Pod web-mmxhsz7k8j-f2wr4 runs on node1 instead, with an address from there.
        + 23: ---
        + 24: apiVersion: v1
        + 25: kind: Pod
        + 26: metadata:
        + 27:   name: web-mmxhsz7k8j-f2wr4
        + 28:   namespace: shop
        + 29:   labels:
        + 30:     app: web
        + 31:     pod-template-hash: mmxhsz7k8j
        + 32:   annotations:
        + 33:     chainwalk/listen: "tcp:8080"
        + 34: spec:
        + 35:   nodeName: node1
        + 36:   containers:
        + 37:     - name: web
        + 38:       image: nginx
        + 39:       ports:
        + 40:         - name: http
        + 41:           containerPort: 8080
        + 42: ---
        + 43: apiVersion: v1
        + 44: kind: Pod
        + 45: metadata:
        + 46:   name: web-mmxhsz7k8j-tbknz
        + 47:   namespace: shop
        + 48:   labels:
        + 49:     app: web
        + 50:     pod-template-hash: mmxhsz7k8j
        + 51:   annotations:
        + 52:     chainwalk/listen: "tcp:8080"
        + 53: spec:
        + 54:   nodeName: node1
        + 55:   containers:
        + 56:     - name: web
        + 57:       image: nginx
        + 58:       ports:
        + 59:         - name: http
        + 60:           containerPort: 8080
        + 61: status:
        + 62:   podIP: 10.42.0.2
          10.42.0.3 on node1, ready
          10.42.0.2 on node1, ready
    "#]],
    );
}

#[test]
fn endpoints_that_the_text_states() {
    for (id, expected) in [
        (
            "endpoint-more",
            expect![[r#"
            One endpoint more. EndpointSlice db-1 gets the endpoint 10.244.2.6.
            + 26: - addresses:
            + 27:     - 10.244.2.6
            + 28:   nodeName: node2
              10.244.1.5 on node1, ready
              10.244.2.5 on node2, not ready
              10.244.2.6 on node2, ready
        "#]],
        ),
        (
            "endpoint-less",
            expect![[r#"
            One endpoint less. EndpointSlice db-1 loses the endpoint 10.244.2.5.
            - above 23: 
              10.244.1.5 on node1, ready
        "#]],
        ),
        (
            "unready/default/db-1/0",
            expect![[r#"
            Make it unready. The endpoint 10.244.1.5 is not ready any more.
            + 23:   conditions:
            + 24:     ready: false
              10.244.1.5 on node1, not ready
              10.244.2.5 on node2, not ready
        "#]],
        ),
        (
            "ready/default/db-1/1",
            expect![[r#"
            Make it ready. The endpoint 10.244.2.5 is ready.
            + 24:   conditions: {ready: true, serving: true}
              10.244.1.5 on node1, ready
              10.244.2.5 on node2, ready
        "#]],
        ),
        (
            "kill/default/db-1/0",
            expect![[r#"
            Kill it. EndpointSlice db-1 loses the endpoint 10.244.1.5.
            - above 21: - addresses: [10.244.2.5]
              10.244.2.5 on node2, not ready
        "#]],
        ),
    ] {
        check(SLICES, "db", id, expected);
    }
}

#[test]
fn configuration_that_is_there_is_edited() {
    let text = format!(
        "{SLICES}---\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nclusterCIDR: 10.244.0.0/16\n"
    );
    check(
        &text,
        "db",
        "masquerade-all",
        expect![[r#"
        masqueradeAll: true. Whatever goes to a cluster IP gets its node's address as its source.
        + 30: iptables:
        + 31:   masqueradeAll: true
          10.244.1.5 on node1, ready
          10.244.2.5 on node2, not ready
    "#]],
    );
}

/// Whatever is offered can be written, and a cluster takes it.
#[test]
fn every_offer_can_be_written() {
    let texts = [(DEMO, "demo-cluster-ip-svc"), (BARE, "web"), (SLICES, "db")];
    for (text, name) in texts {
        for offer in offers(text, name).all() {
            let edited = apply(text, &offer.changes);
            let edited = edited.unwrap_or_else(|| panic!("{} can be written", offer.id));
            assert_ne!(edited.text, text, "{}", offer.id);
            assert!(!edited.lines.is_empty(), "{}", offer.id);
            load(&edited.text);
        }
    }
}

#[test]
fn another_network_plugin() {
    for (id, expected) in [
        (
            "network/flannel",
            expect![[r#"
            flannel, as in k3s. Pods hang on a bridge, nodes reach each other's pods through a VXLAN tunnel, and flannel's own rules are there.
            + 26: ---
            + 27: apiVersion: chainwalk/v1
            + 28: kind: Network
            + 29: spec:
            + 30:   attach: bridge
            + 31:   network: vxlan
            + 32:   masquerade: true
              10.244.1.5 on node1, ready
              10.244.2.5 on node2, not ready
        "#]],
        ),
        (
            "network/kindnet",
            expect![[r#"
            kindnet, as in kind. Each pod has a veth of its own, nodes reach each other's pods by plain routes, and kindnet's own rules are there.
            + 26: ---
            + 27: apiVersion: chainwalk/v1
            + 28: kind: Network
            + 29: spec:
            + 30:   attach: ptp
            + 31:   network: host-gw
            + 32:   masquerade: true
              10.244.1.5 on node1, ready
              10.244.2.5 on node2, not ready
        "#]],
        ),
        (
            "network/calico",
            expect![[r#"
            calico. Nodes answer for their pods by proxy ARP, reach each other's pods by plain routes, and calico's own rules are there.
            + 26: ---
            + 27: apiVersion: chainwalk/v1
            + 28: kind: Network
            + 29: spec:
            + 30:   attach: calico
            + 31:   network: host-gw
            + 32:   masquerade: true
              10.244.1.5 on node1, ready
              10.244.2.5 on node2, not ready
        "#]],
        ),
    ] {
        check(SLICES, "db", id, expected);
    }
    let flannel = format!(
        "{SLICES}---\napiVersion: chainwalk/v1\nkind: Network\nspec:\n  network: vxlan # as it is\n  masquerade: true\n"
    );
    check(
        &flannel,
        "db",
        "network/kindnet",
        expect![[r#"
        kindnet, as in kind. Each pod has a veth of its own, nodes reach each other's pods by plain routes, and kindnet's own rules are there.
        + 30:   network: host-gw # as it is
        + 31:   masquerade: true
        + 32:   attach: ptp
          10.244.1.5 on node1, ready
          10.244.2.5 on node2, not ready
    "#]],
    );
    check(
        &flannel,
        "db",
        "network/none",
        expect![[r#"
        Without the plugin's rules. Pods and nodes stay connected as they are; only the network plugin's own rules are gone.
        + 30:   network: vxlan # as it is
        + 31:   masquerade: false
        + 32:   attach: bridge
          10.244.1.5 on node1, ready
          10.244.2.5 on node2, not ready
    "#]],
    );
}
