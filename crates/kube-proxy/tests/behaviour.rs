//! What the recordings do not show: hints, endpoints that are leaving, large clusters, odd settings.

#![allow(clippy::unwrap_used)]

mod support;

use cluster::{ClusterState, DetectLocal, IpFamily};
use kube_proxy::{
    Dialect, Options, PluginAddresses, ProxyRules, default_interface_addresses, ignored, sync,
};
use netfilter::TableName;
use support::load;

const NODES: &str = "
apiVersion: v1
kind: Node
metadata: {name: here, labels: {topology.kubernetes.io/zone: a}}
spec: {podCIDRs: [10.244.0.0/24]}
status: {addresses: [{type: InternalIP, address: 192.168.0.1}]}
---
apiVersion: v1
kind: Node
metadata: {name: there, labels: {topology.kubernetes.io/zone: b}}
spec: {podCIDRs: [10.244.1.0/24]}
status: {addresses: [{type: InternalIP, address: 192.168.0.2}]}
---
";

/// One Service `x/web`, its port 80, with these lines in its spec and these endpoints.
fn web(spec: &str, endpoints: &str) -> ClusterState {
    configured("", "", spec, endpoints)
}

fn configured(config: &str, annotations: &str, spec: &str, endpoints: &str) -> ClusterState {
    let node_port = match spec.contains("NodePort") {
        true => ", nodePort: 30080",
        false => "",
    };
    load(&format!(
        "{NODES}
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clusterCIDR: 10.244.0.0/16
{config}
---
apiVersion: v1
kind: Service
metadata: {{name: web, namespace: x, annotations: {{{annotations}}}}}
spec:
  clusterIP: 10.96.0.7
  ports: [{{port: 80, targetPort: 8080, protocol: TCP{node_port}}}]
  {spec}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: web-1, namespace: x, labels: {{kubernetes.io/service-name: web}}}}
addressType: IPv4
ports: [{{name: '', port: 8080, protocol: TCP}}]
endpoints: [{endpoints}]
"
    ))
}

fn rules(cluster: &ClusterState, dialect: Dialect) -> ProxyRules {
    let options = Options {
        dialect,
        interface_addresses: cluster
            .node("here")
            .map(|node| default_interface_addresses(node, PluginAddresses::Gateways))
            .unwrap_or_default(),
        random_fully: true,
        nfacct: true,
    };
    sync(cluster, "here", IpFamily::Ipv4, &options)
}

/// The destinations of a kind of chain, in order: `SVC`, `SVL`.
fn choices(rules: &ProxyRules, kind: &str) -> Vec<String> {
    let prefix = format!("KUBE-{kind}-");
    let [_, nat] = rules.tables();
    nat.rules()
        .filter(|(chain, args)| chain.starts_with(&prefix) && args.contains("-j KUBE-SEP-"))
        .filter_map(|(_, args)| args.split_once("-> "))
        .filter_map(|(_, rest)| rest.split_once(':'))
        .map(|(ip, _)| ip.to_string())
        .collect()
}

/// The targets that the filter table has for the Service.
fn refusals(rules: &ProxyRules) -> Vec<String> {
    let [filter, _] = rules.tables();
    filter
        .rules()
        .filter(|(_, args)| args.contains("x/web"))
        .map(|(chain, args)| format!("{chain} {}", args.rsplit(' ').next().unwrap()))
        .collect()
}

const NODE_PORT: &str = "type: NodePort";

fn endpoint(ip: &str, node: &str, rest: &str) -> String {
    format!("{{addresses: [{ip}], nodeName: {node}, {rest}}}, ")
}

const READY: &str = "conditions: {ready: true}";
const LEAVING: &str = "conditions: {ready: false, serving: true, terminating: true}";
const GONE: &str = "conditions: {ready: false, serving: false, terminating: true}";

#[test]
fn endpoints_that_are_leaving_stand_in_where_none_is_ready() {
    let both = endpoint("10.244.0.5", "here", READY) + &endpoint("10.244.1.5", "there", LEAVING);
    assert_eq!(
        choices(&rules(&web("", &both), Dialect::V1_30), "SVC"),
        ["10.244.0.5"]
    );

    let going = endpoint("10.244.0.5", "here", GONE) + &endpoint("10.244.1.5", "there", LEAVING);
    let cluster = web("", &going);
    assert_eq!(
        choices(&rules(&cluster, Dialect::V1_30), "SVC"),
        ["10.244.1.5"]
    );
    let older = rules(&cluster, Dialect::V1_25);
    assert_eq!(refusals(&older), ["KUBE-SERVICES REJECT"]);
}

#[test]
fn each_policy_falls_back_on_its_own() {
    let spec = "type: NodePort\n  externalTrafficPolicy: Local";
    let endpoints =
        endpoint("10.244.0.5", "here", LEAVING) + &endpoint("10.244.1.5", "there", READY);
    let rules = rules(&web(spec, &endpoints), Dialect::V1_30);
    assert_eq!(choices(&rules, "SVC"), ["10.244.1.5"]);
    assert_eq!(choices(&rules, "SVL"), ["10.244.0.5"]);
    let [_, nat] = rules.tables();
    let chains = nat.chains().filter(|name| name.starts_with("KUBE-SEP-"));
    assert_eq!(chains.count(), 2);
}

#[test]
fn nothing_here_drops_and_nothing_anywhere_rejects() {
    let spec = "type: NodePort\n  externalTrafficPolicy: Local\n  internalTrafficPolicy: Local";
    let there = endpoint("10.244.1.5", "there", READY);
    let dropped = rules(&web(spec, &there), Dialect::V1_30);
    assert_eq!(
        refusals(&dropped),
        ["KUBE-SERVICES DROP", "KUBE-EXTERNAL-SERVICES DROP"]
    );
    let rejected = rules(&web(spec, ""), Dialect::V1_30);
    assert_eq!(
        refusals(&rejected),
        ["KUBE-SERVICES REJECT", "KUBE-EXTERNAL-SERVICES REJECT"]
    );
}

fn hinted(ip: &str, node: &str, zones: &str, nodes: &str) -> String {
    endpoint(
        ip,
        node,
        &format!("{READY}, hints: {{forZones: [{zones}], forNodes: [{nodes}]}}"),
    )
}

#[test]
fn hints_count_only_when_all_have_them_and_one_names_this_place() {
    let all = hinted("10.244.0.5", "here", "{name: a}", "")
        + &hinted("10.244.1.5", "there", "{name: b}", "");
    let some =
        hinted("10.244.0.5", "here", "{name: a}", "") + &endpoint("10.244.1.5", "there", READY);
    let none_here = hinted("10.244.0.5", "here", "{name: c}", "")
        + &hinted("10.244.1.5", "there", "{name: b}", "");
    let newer = "service.kubernetes.io/topology-mode: Auto";
    let older = "service.kubernetes.io/topology-aware-hints: Auto";
    let off = "service.kubernetes.io/topology-mode: Disabled";
    let count = |annotation, endpoints: &str, dialect| {
        let cluster = configured("", annotation, "", endpoints);
        choices(&rules(&cluster, dialect), "SVC").len()
    };
    assert_eq!(count(newer, &all, Dialect::V1_30), 1);
    assert_eq!(count(older, &all, Dialect::V1_30), 1);
    assert_eq!(count("", &all, Dialect::V1_30), 2);
    assert_eq!(count(off, &all, Dialect::V1_30), 2);
    assert_eq!(count("", &all, Dialect::Newest), 1);
    assert_eq!(count(newer, &some, Dialect::V1_30), 2);
    assert_eq!(count(newer, &none_here, Dialect::V1_30), 2);
    assert_eq!(count(older, &all, Dialect::V1_25), 1);
    assert_eq!(count(newer, &all, Dialect::V1_25), 2);
}

#[test]
fn hints_by_node_are_known_to_the_newest_alone() {
    let endpoints = hinted("10.244.0.5", "here", "{name: a}", "{name: here}")
        + &hinted("10.244.0.6", "here", "{name: a}", "{name: there}")
        + &hinted("10.244.1.5", "there", "{name: b}", "{name: there}");
    let cluster = web("trafficDistribution: PreferSameNode", &endpoints);
    assert_eq!(
        choices(&rules(&cluster, Dialect::Newest), "SVC"),
        ["10.244.0.5"]
    );
    assert_eq!(choices(&rules(&cluster, Dialect::V1_30), "SVC").len(), 3);
    let fields = |dialect| -> Vec<String> {
        ignored(&cluster, dialect)
            .into_iter()
            .map(|ignored| ignored.field)
            .collect()
    };
    assert_eq!(fields(Dialect::Newest), Vec::<String>::new());
    assert_eq!(
        fields(Dialect::V1_30),
        ["spec.trafficDistribution", "endpoints[0].hints.forNodes"]
    );
}

/// What is shown in another mode is said, whichever the version.
#[test]
fn another_mode_is_told() {
    let ready = endpoint("10.244.0.5", "here", READY);
    for (mode, word) in [("ipvs", "kube-ipvs0"), ("nftables", "maps")] {
        let cluster = configured(&format!("mode: {mode}"), "", "", &ready);
        for dialect in Dialect::ALL {
            let told = ignored(&cluster, dialect);
            assert_eq!(told[0].field, "mode");
            assert!(told[0].message.contains(word), "{}", told[0].message);
        }
    }
    let plain = configured("mode: iptables", "", "", &ready);
    assert_eq!(ignored(&plain, Dialect::V1_30), []);
}

#[test]
fn a_large_cluster_leaves_out_the_comments_of_its_endpoints() {
    let many = |count: u32| -> String {
        (0..count)
            .map(|n| {
                endpoint(
                    &format!("10.244.{}.{}", 2 + n / 250, 1 + n % 250),
                    "there",
                    READY,
                )
            })
            .collect()
    };
    for dialect in Dialect::ALL {
        let all = rules(&web("", &many(1000)), dialect).restore();
        assert!(all.contains("-m comment --comment x/web -s"), "{dialect:?}");
        // One EndpointSlice holds at most 1,000; the next comes with another.
        let mut cluster = web("", &many(1000));
        let mut next = cluster.slices[0].clone();
        next.endpoints.truncate(1);
        next.endpoints[0].addresses = vec!["10.244.9.9".parse().unwrap()];
        cluster.slices.push(next);
        let spare = rules(&cluster, dialect);
        let text = spare.restore();
        assert!(!text.contains("--comment x/web"), "{dialect:?}");
        assert!(!text.contains("x/web ->"), "{dialect:?}");
        assert!(text.contains("x/web cluster IP"), "{dialect:?}");
        assert!(
            text.contains("--probability 0.0009990010 -j KUBE-SEP-"),
            "{dialect:?}"
        );
        // Not a word less is known of why a rule is there.
        let [_, nat] = spare.tables();
        let (chain, _) = nat.rules().last().unwrap();
        assert!(spare.origin(TableName::Nat, chain, 1).is_some());
    }
}

#[test]
fn pods_are_told_from_others_as_configured() {
    let ready = endpoint("10.244.0.5", "here", READY);
    for (config, wanted) in [
        ("detectLocalMode: NodeCIDR", "! -s 10.244.0.0/24 -j"),
        (
            "detectLocalMode: BridgeInterface\ndetectLocal: {bridgeInterface: cbr0}",
            "! -i cbr0 -j",
        ),
        (
            "detectLocalMode: InterfaceNamePrefix\ndetectLocal: {interfaceNamePrefix: cali}",
            "! -i cali+ -j",
        ),
        (
            "iptables: {masqueradeAll: true}",
            "--dport 80 -j KUBE-MARK-MASQ",
        ),
    ] {
        let text = rules(&configured(config, "", "", &ready), Dialect::V1_30).restore();
        assert!(text.contains(wanted), "{config}: {text}");
    }
    let mut none = web("", &ready);
    none.proxy.detect_local = DetectLocal::None;
    let text = rules(&none, Dialect::V1_30).restore();
    assert!(!text.contains("--dport 80 !"), "{text}");
}

#[test]
fn settings_change_the_rules_of_every_cluster() {
    let ready = endpoint("10.244.0.5", "here", READY);
    let text =
        |config, dialect| rules(&configured(config, "", NODE_PORT, &ready), dialect).restore();
    let plain = text("", Dialect::V1_30);
    assert!(plain.contains("KUBE-FIREWALL") && plain.contains("--ctstate INVALID"));
    let bit = text("iptables: {masqueradeBit: 31}", Dialect::V1_30);
    assert!(bit.contains("-j MARK --or-mark 0x80000000"));
    let closed = text("iptables: {localhostNodePorts: false}", Dialect::V1_30);
    assert!(closed.contains("--dst-type LOCAL ! -d 127.0.0.0/8 -j KUBE-NODEPORTS"));
    assert!(!closed.contains("KUBE-FIREWALL"));
    let ignored = text("iptables: {localhostNodePorts: false}", Dialect::V1_25);
    assert!(ignored.contains("--dst-type LOCAL -j KUBE-NODEPORTS"));
    let liberal = text("conntrack: {tcpBeLiberal: true}", Dialect::V1_30);
    assert!(!liberal.contains("--ctstate INVALID"));
    let primary = text("nodePortAddresses: [primary]", Dialect::V1_30);
    assert!(primary.contains("-d 192.168.0.1 -j KUBE-NODEPORTS"));
    let loopback = text(
        "nodePortAddresses: [127.0.0.0/8, 192.168.0.0/16]",
        Dialect::V1_30,
    );
    let first = loopback.find("-d 127.0.0.1 -j KUBE-NODEPORTS").unwrap();
    assert!(first < loopback.find("-d 192.168.0.1 -j KUBE-NODEPORTS").unwrap());
    let counted = text("", Dialect::Newest);
    assert!(counted.contains("-d 127.0.0.0/8 --dport 30080 -m nfacct"));
}

#[test]
fn an_address_in_two_slices_counts_once_and_the_local_one_wins() {
    let twice = endpoint("10.244.0.5", "there", READY) + &endpoint("10.244.0.5", "here", READY);
    let spec = "internalTrafficPolicy: Local";
    let rules = rules(&web(spec, &twice), Dialect::V1_30);
    assert_eq!(choices(&rules, "SVL"), ["10.244.0.5"]);
    assert_eq!(refusals(&rules), Vec::<String>::new());
}

#[test]
fn endpoints_are_sorted_by_their_text() {
    let endpoints = endpoint("10.244.0.2", "here", READY)
        + &endpoint("10.244.0.101", "here", READY)
        + &endpoint("10.244.0.12", "here", READY);
    let rules = rules(&web("", &endpoints), Dialect::V1_30);
    assert_eq!(
        choices(&rules, "SVC"),
        ["10.244.0.101", "10.244.0.12", "10.244.0.2"]
    );
}

#[test]
fn two_labels_keep_services_and_slices_away() {
    for label in [
        "service.kubernetes.io/service-proxy-name",
        "service.kubernetes.io/headless",
    ] {
        for dialect in Dialect::ALL {
            let here = endpoint("10.244.0.2", "here", READY);
            let mut labelled = web(NODE_PORT, &here);
            assert!(rules(&labelled, dialect).restore().contains("x/web"));
            assert!(ignored(&labelled, dialect).is_empty());
            labelled.services[0].labels.insert(label.into(), "".into());
            let text = rules(&labelled, dialect).restore();
            assert!(!text.contains("x/web"), "{text}");
            let told = ignored(&labelled, dialect);
            assert_eq!(told.len(), 1);
            assert_eq!(told[0].field, format!("metadata.labels[{label}]"));
            assert!(told[0].message.contains("Service x/web"));

            let mut labelled = web("", &here);
            labelled.slices[0].labels.insert(label.into(), "".into());
            let empty = web("", "");
            let without = refusals(&rules(&empty, dialect));
            assert_eq!(without.len(), 1, "it refuses for want of endpoints");
            assert_eq!(refusals(&rules(&labelled, dialect)), without);
        }
    }
}

#[test]
fn a_node_that_is_not_there_and_a_cluster_without_anything_are_no_trouble() {
    for cluster in [ClusterState::default(), web(NODE_PORT, "")] {
        for dialect in Dialect::ALL {
            for family in [IpFamily::Ipv4, IpFamily::Ipv6] {
                let options = Options {
                    dialect,
                    interface_addresses: Vec::new(),
                    random_fully: false,
                    nfacct: false,
                };
                let rules = sync(&cluster, "nobody", family, &options);
                let text = rules.restore();
                assert!(text.contains("-j MASQUERADE\n"));
                assert!(!text.contains("nfacct"));
                assert_eq!(rules.ruleset().tables.len(), 2);
            }
        }
    }
}

#[test]
fn a_service_of_the_older_versions_with_external_addresses() {
    let spec = "externalIPs: [198.51.100.7]";
    let ready = endpoint("10.244.0.5", "here", READY);
    let cluster = web(spec, &ready);
    let lines = |dialect| -> Vec<String> {
        rules(&cluster, dialect).tables()[1]
            .rules()
            .filter(|(_, args)| args.contains("external IP"))
            .map(|(chain, args)| {
                let (_, end) = args.split_once("--dport 80").unwrap();
                format!("{}{end}", chain.trim_end_matches(char::is_alphanumeric))
            })
            .collect()
    };
    let v1_23 = lines(Dialect::V1_23);
    assert!(v1_23[0].starts_with("KUBE-SVC- ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ"));
    assert_eq!(v1_23.len(), 2);
    let v1_20 = lines(Dialect::V1_20);
    assert_eq!(v1_20.len(), 3);
    assert!(v1_20[1].contains("-m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL"));
}

#[test]
fn a_tunnel_s_device_has_an_address_of_the_node_s() {
    let text = "apiVersion: v1\nkind: Node\nmetadata: {name: node1}\n\
                spec: {podCIDR: 10.42.1.0/24}\n\
                status: {addresses: [{type: InternalIP, address: 192.168.1.11}]}\n";
    let source = cluster::Source {
        name: "node.yaml".to_owned(),
        text: text.into(),
    };
    let (cluster, _) = cluster::load(&[source], &cluster::Plan::default());
    let node = cluster.node("node1").expect("it is there");
    let of = |plugin| -> Vec<String> {
        let all = default_interface_addresses(node, plugin).into_iter();
        all.skip(2).map(|addr| addr.to_string()).collect()
    };
    assert_eq!(of(PluginAddresses::None), ["192.168.1.11"]);
    assert_eq!(of(PluginAddresses::Gateways), ["192.168.1.11", "10.42.1.1"]);
    assert_eq!(
        of(PluginAddresses::GatewaysAndTunnel),
        ["192.168.1.11", "10.42.1.1", "10.42.1.0"]
    );
}
