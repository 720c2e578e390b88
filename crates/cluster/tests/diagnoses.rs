//! What is said of a cluster that is accepted and hardly meant so: selectors, ports, addresses.

mod support;

use expect_test::expect;
use support::{check, check_diagnostics, demo};

#[test]
fn the_demo_has_nothing_to_warn_of() {
    check_diagnostics(
        &demo(),
        expect![[r#"
        18:9 Remark spec.template.spec.containers: Every pod of Deployment demo is taken to listen on TCP 8080, since a container declares it. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
    "#]],
    );
}

#[test]
fn two_services_cannot_have_one_address_or_node_port() {
    let text = include_str!("manifests/two-services-cannot-have-one-address-or-node-port.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.42.0.0/16 services 10.43.0.0/16
        node node1 192.168.1.11 pods 10.42.0.0/24
        node node2 192.168.1.12 pods 10.42.1.0/24
        node node3 192.168.1.13 pods 10.42.2.0/24
        service default/a NodePort [10.43.0.7] 80/tcp->80@30080
        service default/d NodePort [10.43.23.199] t53/tcp->53@30053 u53/udp->53@30053
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
            4:7 Warning spec: Service a has no endpoints: whoever calls it is refused. Give it a selector that matches pods, or an EndpointSlice with addresses.
            9:19 Error (Invalid) spec.clusterIPs: `10.43.0.7` is not a valid `spec.clusterIPs`: it belongs to another Service already. Choose another one, or let the cluster choose.
            14:53 Error (Invalid) spec.ports[0].nodePort: `30080` is not a valid `spec.ports[0].nodePort`: it is in use already, over whichever protocol. Choose another one, or let the cluster choose.
            19:7 Warning spec: Service d has no endpoints: whoever calls it is refused. Give it a selector that matches pods, or an EndpointSlice with addresses.
        "#]],
    );
}

#[test]
fn a_selector_with_a_slip_is_found() {
    let text = include_str!("manifests/a-selector-with-a-slip-is-found.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.42.0.0/16 services 10.43.0.0/16
        node node1 192.168.1.11 pods 10.42.0.0/24
        node node2 192.168.1.12 pods 10.42.1.0/24
        node node3 192.168.1.13 pods 10.42.2.0/24
        service default/key ClusterIP [10.43.103.162] 80/tcp->80
        service default/nobody ClusterIP [10.43.210.152] 80/tcp->80
        service default/slip ClusterIP [10.43.90.70] 80/tcp->80
        service other/elsewhere ClusterIP [10.43.49.206] 80/tcp->80
        pod default/web 10.42.0.2 on node1
        slice default/key-dmrnl (made) of key
        slice default/slip-brpn7 (made) of slip
        slice other/elsewhere-2xhkg (made) of elsewhere
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        1:1 Remark : Nothing here states the cluster's address ranges, so pods are given 10.42.0.0/16 and Services 10.43.0.0/16, as in k3s. Choose another preset, or state addresses: Nodes with podCIDRs, a Service's clusterIP.
        11:5 Warning spec.selector: The selector matches no pod, so Service slip has nothing to send to. Did you mean app: demo?
        17:18 Warning spec.selector: The selector matches no pod, so Service elsewhere has nothing to send to. Pods with these labels are in the namespace default; a Service only finds those in its own, other.
        22:18 Warning spec.selector: The selector matches no pod, so Service key has nothing to send to. Did you mean app: demo?
        27:7 Warning spec: Service nobody has no endpoints: whoever calls it is refused. Give it a selector that matches pods, or an EndpointSlice with addresses.
    "#]],
    );
}

#[test]
fn target_ports_that_lead_nowhere_are_told() {
    let text = include_str!("manifests/target-ports-that-lead-nowhere-are-told.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.42.0.0/16 services 10.43.0.0/16
        node node1 192.168.1.11 pods 10.42.0.0/24
        node node2 192.168.1.12 pods 10.42.1.0/24
        node node3 192.168.1.13 pods 10.42.2.0/24
        service default/name ClusterIP [10.43.52.214] 80/tcp->htpt
        service default/number ClusterIP [10.43.173.172] 80/tcp->80
        service default/protocol ClusterIP [10.43.179.120] 80/udp->http
        pod default/web 10.42.0.2 on node1 tcp:8080(ContainerPort)
        slice default/name-974sw (made) of name 10.42.0.2
        slice default/number-jdcr5 (made) of number 80/tcp 10.42.0.2
        slice default/protocol-2rs5r (made) of protocol 10.42.0.2
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        1:1 Remark : Nothing here states the cluster's address ranges, so pods are given 10.42.0.0/16 and Services 10.43.0.0/16, as in k3s. Choose another preset, or state addresses: Nodes with podCIDRs, a Service's clusterIP.
        4:20 Remark spec.containers: Pod web is taken to listen on TCP 8080, since a container declares it. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
        9:61 Warning spec.ports[0].targetPort: No container of the selected pods has a port named htpt, so this port leads nowhere. Did you mean http?
        14:38 Warning spec.ports[0].targetPort: No container of the selected pods declares TCP 80, so nothing is taken to listen there. Send to TCP 8080, or declare the port in the pod.
        19:76 Warning spec.ports[0].targetPort: No container of the selected pods has a port named http, so this port leads nowhere. The port http is declared, but not for UDP.
    "#]],
    );
}

#[test]
fn stray_and_double_addresses_are_told() {
    let text = include_str!("manifests/stray-and-double-addresses-are-told.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.42.0.0/16 services 10.43.0.0/16
        node a 192.168.1.11 pods 10.42.0.0/24
        pod default/one 10.42.7.7 on a
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        10:17 Remark status.podIP: 10.42.7.7 is outside the podCIDR 10.42.0.0/24 of its Node a. Nothing to do if the network plugin hands out addresses by itself.
        16:17 Warning status.podIP: Pod two has the address 10.42.7.7 of Pod default/one, and is left out. Give each pod an address of its own.
        21:18 Warning spec.nodeName: There is no Node nowhere, so nothing runs this pod. Name a Node of this cluster, or add that Node.
    "#]],
    );
}

#[test]
fn kinds_without_a_part_are_passed_over() {
    let text = include_str!("manifests/kinds-without-a-part-are-passed-over.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.42.0.0/16 services 10.43.0.0/16
        node node1 192.168.1.11 pods 10.42.0.0/24
        node node2 192.168.1.12 pods 10.42.1.0/24
        node node3 192.168.1.13 pods 10.42.2.0/24
        service default/x ExternalName []
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        1:1 Remark : Nothing here states the cluster's address ranges, so pods are given 10.42.0.0/16 and Services 10.43.0.0/16, as in k3s. Choose another preset, or state addresses: Nodes with podCIDRs, a Service's clusterIP.
        15:7 Remark kind: Job is known and has no part in what is shown here: its pods end by themselves. Nothing to do.
    "#]],
    );
}

#[test]
fn what_is_not_modelled_is_said() {
    let text = include_str!("manifests/what-is-not-modelled-is-said.yaml");
    check_diagnostics(
        text,
        expect![[r#"
        4:20 Remark spec.containers: hostPort 8080 is not modelled: the network plugin's portmap makes its rules, not kube-proxy. A Service of type NodePort is.
        4:20 Remark spec.containers: Pod web is taken to listen on TCP 80, since a container declares it. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
        8:74 Remark metadata.annotations[service.kubernetes.io/topology-mode]: The hints that the EndpointSlice controller would share out by the nodes' processors are not modelled. Write the EndpointSlice with its hints, or use spec.trafficDistribution.
    "#]],
    );
}

#[test]
fn pods_of_one_controller_speak_once() {
    let text = include_str!("manifests/pods-of-one-controller-speak-once.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.244.0.0/16 services 10.96.0.0/12
        node n1 172.18.0.9 pods 10.244.3.0/24
        node n2 172.18.0.8 pods 10.244.2.0/24
        node node1 172.18.0.11 pods 10.244.0.0/24
        pod shop/web-77b-a 10.244.3.4 on n1 tcp:80(ContainerPort)
        pod shop/web-77b-b 10.244.2.4 on n2 tcp:80(ContainerPort)
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        6:36 Remark spec.containers: Every pod of ReplicaSet web-77b is taken to listen on TCP 80, since a container declares it. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
    "#]],
    );
}

#[test]
fn refused_objects_are_left_out_and_the_others_stand() {
    let text = include_str!("manifests/refused-objects-are-left-out-and-the-others-stand.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.42.0.0/16 services 10.43.0.0/16
        node node1 192.168.1.11 pods 10.42.0.0/24
        node node2 192.168.1.12 pods 10.42.1.0/24
        node node3 192.168.1.13 pods 10.42.2.0/24
        service default/good ClusterIP [10.43.193.115] 80/tcp->80
        service default/odd LoadBalancer [10.43.7.9] 80/tcp->80@31172 lb 203.0.113.157 (made)
        pod default/web 10.42.0.2 on node1 tcp:80(TargetPort)
        slice default/good-cr9zk (made) of good 80/tcp 10.42.0.2
        slice default/odd-th96q (made) of odd 80/tcp 10.42.0.2
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
            9:45 Error (Invalid) spec.ports[0].port: `70000` is not a valid `spec.ports[0].port`: a port is a number from 1 to 65535. Use a number from 1 to 65535.
            9:38 Error (Invalid) spec.ports[0].targetPort: `spec.ports[0].targetPort` is taken from the port, 70000, which is none. Correct the port.
            16:11 Error (Decode) : `spec.ports[0].port` must be a whole number of 32 bits; `80` is of type string. Remove the quotes.
            19:7 Error (NoMatch) : There is no kind `Servce` in version `v1`. Did you mean `kind: Service` with `apiVersion: v1`?
            26:3 Error (StrictDecode) spec.selectors: There is no field `spec.selectors`. Did you mean `selector`?
            32:20 Remark spec.containers: Pod web is taken to listen on TCP 80, since a Service sends there. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
            37:39 Warning (Invalid) spec.clusterIPs[0]: `10.43.007.9` is not a valid `spec.clusterIPs[0]`: it has leading zeros, which older servers accept. Remove the leading zeros: some programs take them for octal.
            37:14 Remark spec.type: A simulated provider gave this load balancer the address 203.0.113.157. State the real one under status.loadBalancer.ingress to see its rules.
            37:101 Warning spec.LoadBalancerSourceRanges[0]: `192.0.2.77/28` is not a valid `spec.LoadBalancerSourceRanges[0]`: it has bits set behind its length, which older servers accept. Write `192.0.2.64/28`, or the full length for a single address.
            40:10 Error (Client) : A second `key: value` stands where only a value can. Look for wrong indentation or a missing colon on the line before; put a text that holds `: ` in quotes.
        "#]],
    );
}
