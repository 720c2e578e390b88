//! Every what-if on the demo: what it writes, and what a cluster makes of it.

mod common;

use common::*;
use expect_test::expect;

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
