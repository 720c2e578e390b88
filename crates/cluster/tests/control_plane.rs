//! What the small control plane decides, printed and compared: addresses, pods, slices, warnings.
//!
//! Each test is a manifest and the cluster that it becomes.

mod support;

use expect_test::expect;
use support::{check, check_diagnostics, demo};

#[test]
fn the_demo_keeps_every_address_that_it_states() {
    check(
        &demo(),
        expect![[r#"
        plan pods 10.42.0.0/16 services 10.43.0.0/16
        node pi-cp 192.168.7.10 pods 10.42.0.0/24
        node pi-w1 192.168.7.11 pods 10.42.1.0/24
        node pi-w2 192.168.7.12 pods 10.42.2.0/24
        node pi-w5 192.168.7.15 pods 10.42.5.0/24
        service demo/demo-cluster-ip-svc ClusterIP [10.43.169.48] 8711/tcp->8080
        pod demo/client 10.42.1.50 on pi-w1
        pod demo/demo-5f7b8c9d64-2vhkn 10.42.1.16 on pi-w1 tcp:8080(ContainerPort)
        pod demo/demo-5f7b8c9d64-8xqtz 10.42.2.22 on pi-w2 tcp:8080(ContainerPort)
        pod demo/demo-5f7b8c9d64-m4cwl 10.42.5.23 on pi-w5 tcp:8080(ContainerPort)
        slice demo/demo-cluster-ip-svc-qtfnz (made) of demo-cluster-ip-svc 8080/tcp 10.42.1.16 10.42.2.22 10.42.5.23
    "#]],
    );
}

#[test]
fn the_demo_has_nothing_to_warn_of() {
    check_diagnostics(
        &demo(),
        expect![[r#"
        18:9 Remark spec.template.spec.containers: Every pod of Deployment demo is taken to listen on TCP 8080, since a container declares it. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
    "#]],
    );
}
