//! What the small control plane decides, printed and compared: addresses, pods, slices, warnings.
//!
//! Each test is a manifest in `manifests/` and the cluster that it becomes.

mod support;

use cluster::Transport;
use expect_test::expect;
use support::{check, check_diagnostics, demo, load_text, print_diagnostics};

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
fn a_deployment_and_service_alone_become_a_cluster() {
    let text = include_str!("manifests/a-deployment-and-service-alone-become-a-cluster.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.42.0.0/16 services 10.43.0.0/16
        node node1 192.168.1.11 pods 10.42.0.0/24
        node node2 192.168.1.12 pods 10.42.1.0/24
        node node3 192.168.1.13 pods 10.42.2.0/24
        service demo/demo-cluster-ip-svc ClusterIP [10.43.184.156] 8711/tcp->8080
        pod demo/demo-vsxdww5lv9-4fflv 10.42.0.2 on node1 tcp:8080(ContainerPort) from Deployment demo/demo
        pod demo/demo-vsxdww5lv9-9gksj 10.42.1.2 on node2 tcp:8080(ContainerPort) from Deployment demo/demo
        pod demo/demo-vsxdww5lv9-hkc9g 10.42.2.2 on node3 tcp:8080(ContainerPort) from Deployment demo/demo
        slice demo/demo-cluster-ip-svc-qtfnz (made) of demo-cluster-ip-svc 8080/tcp 10.42.0.2 10.42.1.2 10.42.2.2
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        1:1 Remark : Nothing here states the cluster's address ranges, so pods are given 10.42.0.0/16 and Services 10.43.0.0/16, as in k3s. Choose another preset, or state addresses: Nodes with podCIDRs, a Service's clusterIP.
        11:9 Remark spec.template.spec.containers: Every pod of Deployment demo is taken to listen on TCP 8080, since a container declares it. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
    "#]],
    );
}

#[test]
fn a_statefulset_numbers_its_pods_and_keeps_those_in_the_text() {
    let text =
        include_str!("manifests/a-statefulset-numbers-its-pods-and-keeps-those-in-the-text.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.42.0.0/16 services 10.43.0.0/16
        node node1 192.168.1.11 pods 10.42.0.0/24
        node node2 192.168.1.12 pods 10.42.1.0/24
        node node3 192.168.1.13 pods 10.42.2.0/24
        service default/db ClusterIP headless [] 5432/tcp->sql
        pod default/db-0 10.42.0.2 on node1 tcp:5432(ContainerPort) from StatefulSet default/db
        pod default/db-1 10.42.1.77 on node2 tcp:5432(ContainerPort)
        pod default/db-2 10.42.2.2 on node3 tcp:5432(ContainerPort) from StatefulSet default/db
        slice default/db-6dhn5 (made) of db 5432/tcp 10.42.0.2 10.42.1.77 10.42.2.2
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        10:24 Remark spec.template.spec.containers: Every pod of StatefulSet db is taken to listen on TCP 5432, since a container declares it. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
    "#]],
    );
}

#[test]
fn a_daemonset_runs_once_on_each_node_that_it_may() {
    let text = include_str!("manifests/a-daemonset-runs-once-on-each-node-that-it-may.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.42.0.0/16 services 10.43.0.0/16
        node a 192.168.1.11 pods 10.42.0.0/24
        node b 192.168.1.12 pods 10.42.1.0/24
        node c 192.168.1.13 pods 10.42.2.0/24
        pod kube-system/agent-wzgmj 192.168.1.12 on b host tcp:9100(ContainerPort) from DaemonSet kube-system/agent
        pod kube-system/agent-xgwt8 192.168.1.11 on a host tcp:9100(ContainerPort) from DaemonSet kube-system/agent
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        15:1 Remark : Nothing here states the cluster's address ranges, so pods are given 10.42.0.0/16 and Services 10.43.0.0/16, as in k3s. Choose another preset, or state addresses: Nodes with podCIDRs, a Service's clusterIP.
        22:43 Remark spec.template.spec.containers: Every pod of DaemonSet agent is taken to listen on TCP 9100, since a container declares it. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
        33:21 Warning spec.template.spec.nodeSelector: No Node may run this pod, so it stays pending. Look at its nodeSelector and affinity, and at the Nodes' labels and taints.
    "#]],
    );
}

#[test]
fn pods_whose_named_port_differs_give_several_slices() {
    let text = include_str!("manifests/pods-whose-named-port-differs-give-several-slices.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.42.0.0/16 services 10.43.0.0/16
        node node1 192.168.1.11 pods 10.42.0.0/24
        node node2 192.168.1.12 pods 10.42.1.0/24
        node node3 192.168.1.13 pods 10.42.2.0/24
        service default/web ClusterIP [10.43.201.109] 80/tcp->http
        pod default/one 10.42.0.2 on node1 tcp:8080(ContainerPort)
        pod default/three 10.42.2.2 on node3
        pod default/two 10.42.1.2 on node2 tcp:9090(ContainerPort)
        slice default/web-42hjk (made) of web 9090/tcp 10.42.1.2
        slice default/web-j9c8k (made) of web 10.42.2.2
        slice default/web-xg2kd (made) of web 8080/tcp 10.42.0.2
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        1:1 Remark : Nothing here states the cluster's address ranges, so pods are given 10.42.0.0/16 and Services 10.43.0.0/16, as in k3s. Choose another preset, or state addresses: Nodes with podCIDRs, a Service's clusterIP.
        4:20 Remark spec.containers: Pod one is taken to listen on TCP 8080, since a container declares it. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
        9:20 Remark spec.containers: Pod two is taken to listen on TCP 9090, since a container declares it. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
    "#]],
    );
}

#[test]
fn readiness_comes_from_the_status() {
    let text = include_str!("manifests/readiness-comes-from-the-status.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.42.0.0/16 services 10.43.0.0/16
        node node1 192.168.1.11 pods 10.42.0.0/24
        node node2 192.168.1.12 pods 10.42.1.0/24
        node node3 192.168.1.13 pods 10.42.2.0/24
        service default/all ClusterIP [10.43.252.36] 80/tcp->8080
        service default/web ClusterIP [10.43.201.109] 80/tcp->8080
        pod default/going 10.42.2.2 on node3 terminating tcp:8080(TargetPort)
        pod default/ready 10.42.0.2 on node1 tcp:8080(TargetPort)
        pod default/unready 10.42.1.2 on node2 unready tcp:8080(TargetPort)
        slice default/all-gzssd (made) of all 8080/tcp 10.42.2.2!serving-terminating 10.42.0.2 10.42.1.2
        slice default/web-xg2kd (made) of web 8080/tcp 10.42.2.2!ready!serving-terminating 10.42.0.2 10.42.1.2!ready
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        4:20 Remark spec.containers: Pod ready is taken to listen on TCP 8080, since a Service sends there. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
        10:20 Remark spec.containers: Pod unready is taken to listen on TCP 8080, since a Service sends there. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
        16:20 Remark spec.containers: Pod going is taken to listen on TCP 8080, since a Service sends there. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
        22:17 Remark status.phase: Pod pending is pending and has no address yet: it has no part in what is shown. Leave out its status to see it run.
        28:17 Remark status.phase: Pod done has finished: it has no part in what is shown. Leave out its status to see it run.
    "#]],
    );
}

#[test]
fn endpoints_in_the_text_are_kept_and_their_addresses_become_pods() {
    let text = include_str!(
        "manifests/endpoints-in-the-text-are-kept-and-their-addresses-become-pods.yaml"
    );
    check(
        text,
        expect![[r#"
        plan pods 10.244.0.0/16 services 10.96.0.0/12
        node a 172.18.0.2 pods 10.244.1.0/24
        service default/db ClusterIP [10.97.72.71] sql5432/tcp->5432
        pod default/10-244-1-9 10.244.1.9 on a tcp:15432(Endpoint) from Endpoints default/db
        pod default/172-18-0-2 172.18.0.2 on a host tcp:15432(Endpoint) from Endpoints default/db
        pod default/192-0-2-7 192.0.2.7 on outside tcp:15432(Endpoint) from Endpoints default/db
        pod default/db-0 10.244.1.10 on a unready tcp:15432(Endpoint) from Endpoints default/db
        pod default/mine 10.244.1.2 on a tcp:1(ContainerPort)
        slice default/db-4slmw of db sql15432/tcp 10.244.1.9 192.0.2.7 172.18.0.2 10.244.1.10!ready
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        10:20 Remark spec.containers: Pod mine is taken to listen on TCP 1, since a container declares it. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
        17:1 Remark endpoints: 4 endpoint addresses belong to no Pod here. Each is taken as a pod that listens on its slice's ports. Add the Pods with their status.podIP to see their names.
    "#]],
    );
}

#[test]
fn slices_win_over_the_endpoints_that_kubectl_prints_beside_them() {
    let text = include_str!(
        "manifests/slices-win-over-the-endpoints-that-kubectl-prints-beside-them.yaml"
    );
    check(
        text,
        expect![[r#"
        plan pods 10.244.0.0/16 services 10.96.0.0/12
        node n1 192.168.1.11 pods 10.244.0.0/24
        node node1 192.168.1.12 pods 10.244.1.0/24
        node node2 192.168.1.13 pods 10.244.2.0/24
        service default/web ClusterIP [10.96.3.4] 80/tcp->8080
        pod default/web-1 10.244.0.5 on n1 tcp:8080(Endpoint) from EndpointSlice default/web-abcde
        slice default/web-abcde of web 8080/tcp 10.244.0.5
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        16:14 Remark endpoints: One endpoint address belongs to no Pod here. It is taken as a pod that listens on its slice's ports. Add the Pods with their status.podIP to see their names.
    "#]],
    );
}

#[test]
fn items_of_a_service_list_need_no_kind() {
    let text = include_str!("manifests/items-of-a-service-list-need-no-kind.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.42.0.0/16 services 10.43.0.0/16
        node node1 192.168.1.11 pods 10.42.0.0/24
        node node2 192.168.1.12 pods 10.42.1.0/24
        node node3 192.168.1.13 pods 10.42.2.0/24
        service default/one ClusterIP [10.43.241.198] 80/tcp->80
        service default/two ClusterIP [10.43.178.190] 80/tcp->80
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        4:3 Remark : Nothing here states the cluster's address ranges, so pods are given 10.42.0.0/16 and Services 10.43.0.0/16, as in k3s. Choose another preset, or state addresses: Nodes with podCIDRs, a Service's clusterIP.
        5:9 Warning spec: Service one has no endpoints: whoever calls it is refused. Give it a selector that matches pods, or an EndpointSlice with addresses.
        7:9 Warning spec: Service two has no endpoints: whoever calls it is refused. Give it a selector that matches pods, or an EndpointSlice with addresses.
    "#]],
    );
}

#[test]
fn load_balancers_get_made_addresses_and_stated_ones_are_kept() {
    let text =
        include_str!("manifests/load-balancers-get-made-addresses-and-stated-ones-are-kept.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.42.0.0/16 services 10.43.0.0/16
        node node1 192.168.1.11 pods 10.42.0.0/24
        node node2 192.168.1.12 pods 10.42.1.0/24
        node node3 192.168.1.13 pods 10.42.2.0/24
        service default/made LoadBalancer [10.43.14.49] a53/udp->53@30738 b53/tcp->53@30738 lb 203.0.113.237 (made) health@31619
        service default/pending LoadBalancer [10.43.194.198] 80/tcp->80@30999
        service default/stated LoadBalancer [10.43.219.232] 80/tcp->80 lb 192.0.2.9
        pod default/web 10.42.0.2 on node1 tcp:80(Annotation) tcp:53(Annotation) udp:53(Annotation)
        slice default/made-rdbwd (made) of made a53/udp b53/tcp 10.42.0.2
        slice default/pending-hg4cs (made) of pending 80/tcp 10.42.0.2
        slice default/stated-zqqbj (made) of stated 80/tcp 10.42.0.2
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        1:1 Remark : Nothing here states the cluster's address ranges, so pods are given 10.42.0.0/16 and Services 10.43.0.0/16, as in k3s. Choose another preset, or state addresses: Nodes with podCIDRs, a Service's clusterIP.
        4:14 Remark spec.type: A simulated provider gave this load balancer the address 203.0.113.237. State the real one under status.loadBalancer.ingress to see its rules.
    "#]],
    );
}

#[test]
fn a_dual_stack_cluster_gives_two_addresses() {
    let text = include_str!("manifests/a-dual-stack-cluster-gives-two-addresses.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.42.0.0/16,2001:cafe:42::/56 services 10.43.0.0/16,2001:cafe:43::/112
        node node1 192.168.1.11,fd00:192:168:1::b pods 10.42.0.0/24,2001:cafe:42::/64
        node node2 192.168.1.12,fd00:192:168:1::c pods 10.42.1.0/24,2001:cafe:42:1::/64
        node node3 192.168.1.13,fd00:192:168:1::d pods 10.42.2.0/24,2001:cafe:42:2::/64
        service default/both ClusterIP [10.43.90.40,2001:cafe:43::5a28] 80/tcp->80
        service default/six ClusterIP [2001:cafe:43::1a4f] 80/tcp->80
        pod default/web-crv48 10.42.1.2,2001:cafe:42:1::2 on node2 tcp:80(TargetPort) from ReplicaSet default/web
        pod default/web-m7lv9 10.42.0.2,2001:cafe:42::2 on node1 tcp:80(TargetPort) from ReplicaSet default/web
        slice default/both-7ntzc (made) of both 80/tcp 2001:cafe:42:1::2 2001:cafe:42::2
        slice default/both-sxzd6 (made) of both 80/tcp 10.42.1.2 10.42.0.2
        slice default/six-6t4cm (made) of six 80/tcp 2001:cafe:42:1::2 2001:cafe:42::2
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        1:1 Remark : Nothing here states the cluster's address ranges, so pods are given 10.42.0.0/16, 2001:cafe:42::/56 and Services 10.43.0.0/16, 2001:cafe:43::/112, as in k3s. Choose another preset, or state addresses: Nodes with podCIDRs, a Service's clusterIP.
        17:65 Remark spec.template.spec.containers: Every pod of ReplicaSet web is taken to listen on TCP 80, since a Service sends there. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
    "#]],
    );
}

#[test]
fn an_ipv6_cluster_has_nothing_else() {
    let text = include_str!("manifests/an-ipv6-cluster-has-nothing-else.yaml");
    check(
        text,
        expect![[r#"
        plan pods fd00:1:2::/56 services 2001:cafe:43::/112
        node a fd00:192:168:1::b pods fd00:1:2:3::/64
        service default/web ClusterIP [2001:cafe:43::c96d] 80/tcp->80
        pod default/web fd00:1:2:3::2 on a tcp:80(TargetPort)
        slice default/web-vpqn6 (made) of web 80/tcp fd00:1:2:3::2
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        9:20 Remark spec.containers: Pod web is taken to listen on TCP 80, since a Service sends there. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
    "#]],
    );
}

#[test]
fn kubectl_output_of_a_deployment_is_one_deployment() {
    let text = include_str!("manifests/kubectl-output-of-a-deployment-is-one-deployment.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.42.0.0/16 services 10.43.0.0/16
        node n2 192.168.1.11 pods 10.42.1.0/24
        node node1 192.168.1.12 pods 10.42.0.0/24
        node node2 192.168.1.13 pods 10.42.2.0/24
        pod default/web-77b-aaaaa 10.42.1.4 on n2 tcp:80(ContainerPort)
        pod default/web-77b-b2mjh 10.42.0.2 on node1 tcp:80(ContainerPort) from Deployment default/web
        pod default/web-77b-wdhl2 10.42.2.2 on node2 tcp:80(ContainerPort) from Deployment default/web
    "#]],
    );
    check_diagnostics(
        text,
        expect![[r#"
        10:67 Remark spec.template.spec.containers: Every pod of Deployment web is taken to listen on TCP 80, since a container declares it. What really listens is up to the program. To say where it listens, annotate the pod: chainwalk/listen: tcp:8080
    "#]],
    );
}

fn deployment(replicas: u64) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{name: many}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: c, image: c}}]}}
"
    )
}

#[test]
fn too_many_replicas_are_cut_with_a_word() {
    let (state, diagnostics) = load_text(&deployment(2_000_000_000));
    // Three nodes of 253 addresses each come before the limit of 5,000.
    assert_eq!(state.pods.len(), 3 * 253);
    expect![[r#"
        1:1 Warning : Node node1 has no address left in its podCIDR 10.42.0.0/24. Ask for fewer replicas, add a Node, or give this one a wider podCIDR.
        1:1 Warning : Node node2 has no address left in its podCIDR 10.42.1.0/24. Ask for fewer replicas, add a Node, or give this one a wider podCIDR.
        1:1 Warning : Node node3 has no address left in its podCIDR 10.42.2.0/24. Ask for fewer replicas, add a Node, or give this one a wider podCIDR.
        1:1 Remark : Nothing here states the cluster's address ranges, so pods are given 10.42.0.0/16 and Services 10.43.0.0/16, as in k3s. Choose another preset, or state addresses: Nodes with podCIDRs, a Service's clusterIP.
        5:13 Warning spec.replicas: Chainwalk makes at most 5000 pods in all; the rest of these are left out. Ask for fewer replicas.
    "#]].assert_eq(&print_diagnostics(&diagnostics));
}

#[test]
fn scaling_up_leaves_the_pods_that_are_there() {
    let before = load_text(&deployment(4)).0.pods;
    let after = load_text(&deployment(5)).0.pods;
    assert_eq!(after.len(), 5);
    for pod in before {
        assert!(after.contains(&pod), "{} has changed", pod.name);
    }
}

#[test]
fn a_network_says_what_it_is() {
    let text = include_str!("manifests/a-network-says-what-it-is.yaml");
    check_diagnostics(
        text,
        expect![[r#"
        10:16 Warning spec.nodes[elsewhere]: There is no Node elsewhere. Name a Node of this cluster, or add that Node.
    "#]],
    );
}

#[test]
fn a_network_with_faults_is_left_out() {
    let text = include_str!("manifests/a-network-with-faults-is-left-out.yaml");
    check_diagnostics(
        text,
        expect![[r#"
            4:11 Error spec.attach: spec.attach has a value that Chainwalk does not model. Write one of bridge, ptp, calico.
            5:12 Error spec.hairpin: spec.hairpin is neither true nor false. Write true or false, without quotes.
            6:10 Error spec.speed: A Network has no field spec.speed. The fields here are attach, network, hairpin, bridge_nf, masquerade, forward_policy, sysctl, nodes, external, sets.
            7:28 Error spec.nodes[node1].listen[0]: spec.nodes[node1].listen[0] does not name a protocol and a port. Write protocol and port, as tcp:8080 or udp:53.
            8:33 Error spec.external[0].ip: A host outside has no valid address. Give it one on the nodes' network, as ip: 192.168.1.100.
        "#]],
    );
}

#[test]
fn a_networks_words_arrive() {
    let network = load_text(include_str!("manifests/a-network-says-what-it-is.yaml"))
        .0
        .network;
    assert_eq!(
        (network.attach.as_str(), network.network.as_str()),
        ("ptp", "vxlan")
    );
    assert!(!network.hairpin && network.bridge_nf);
    assert_eq!(network.sysctl["net.ipv4.ip_forward"], "1");
    let node = &network.nodes["node1"];
    assert_eq!(node.default_route, Some(false));
    assert_eq!(node.listen, [(Transport::Tcp, 22), (Transport::Tcp, 80)]);
    let client = &network.external[0];
    assert_eq!(
        client.routes,
        [("10.43.0.0/16".parse().expect("a range"), "node1".to_owned())]
    );
}

#[test]
fn traffic_distribution_gives_hints() {
    let state = load_text(include_str!(
        "manifests/traffic-distribution-gives-hints.yaml"
    ))
    .0;
    let hints: Vec<(&[String], &[String])> = state.slices[0]
        .endpoints
        .iter()
        .map(|endpoint| {
            (
                endpoint.zone_hints.as_slice(),
                endpoint.node_hints.as_slice(),
            )
        })
        .collect();
    let words = |word: &str| vec![word.to_owned()];
    let mut expected = [(words("east"), words("a")), (words("west"), words("b"))];
    expected.sort();
    let mut found: Vec<_> = hints
        .iter()
        .map(|(zones, nodes)| (zones.to_vec(), nodes.to_vec()))
        .collect();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn a_nodes_own_address_is_shared_by_ports() {
    let text = include_str!("manifests/a-nodes-own-address-is-shared-by-ports.yaml");
    check(
        text,
        expect![[r#"
        plan pods 10.42.0.0/16 services 10.43.0.0/16
        node a 192.168.1.5 pods 10.42.0.0/24
        service default/metrics ClusterIP [10.43.238.88] exporter9100/tcp->9100 proxy10249/tcp->10249
        pod default/192-168-1-5 192.168.1.5 on a host tcp:9100(Endpoint) from EndpointSlice default/metrics-a
        pod default/kube-proxy 192.168.1.5 on a host tcp:10249(ContainerPort)
        slice default/metrics-a of metrics exporter9100/tcp 192.168.1.5
        slice default/metrics-b of metrics proxy10249/tcp 192.168.1.5
    "#]],
    );
}
