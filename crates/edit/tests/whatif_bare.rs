//! Every what-if on manifests that state little, or all: what it writes, and what a cluster makes of it.

mod common;

use common::*;
use edit::apply;
use expect_test::expect;

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
