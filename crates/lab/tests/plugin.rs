//! The network plugin's own rules: as the plugins write them, each with a reason, and what they do to
//! packets.

use std::fmt::Write;

use expect_test::{Expect, expect};
use lab::{
    Ask, ClusterState, Dice, IpFamily, Lab, Memory, Options, Plan, PluginRules, Preset, RuleRef,
    Source,
};

const DEMO: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: demo}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: demo}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
---
apiVersion: chainwalk/v1
kind: Network
spec:
  external: [{name: far, ip: 192.168.1.77}]
";

fn lab(network: &str, preset: Option<Preset>, plugin: PluginRules) -> Lab {
    let source = |name: &str, text: String| Source {
        name: name.to_owned(),
        text: text.into(),
    };
    let text = match network {
        "" => DEMO.to_owned(),
        fields => format!("{DEMO}  {}\n", fields.replace(", ", "\n  ")),
    };
    let options = Options {
        plan: Plan {
            preset,
            ..Plan::default()
        },
        plugin,
        ..Options::default()
    };
    let lab = Lab::load(&[source("demo.yaml", text)], options);
    assert!(!lab.has_errors(), "{:?}", lab.diagnostics());
    lab
}

/// What the plugin has in nat and FORWARD, each chain and rule with its reason.
#[track_caller]
fn check(preset: Preset, family: IpFamily, expected: Expect) {
    let lab = lab("", Some(preset), PluginRules::Present);
    let rules = lab.rules("node2", family);
    let mut out = String::new();
    for table in rules.ruleset.tables.values() {
        for chain in &table.chains {
            let name = chain.name.as_str();
            for (at, rule) in chain.rules.iter().enumerate() {
                let at = RuleRef {
                    table: table.name,
                    chain: chain.name.clone(),
                    number: at + 1,
                };
                let origin = lab.origin("node2", family, &at);
                let origin = origin.unwrap_or_else(|| panic!("{at} has no reason"));
                assert!(!origin.why.is_empty());
                if matches!(origin.written_by, "kube-proxy" | "kubelet") {
                    continue;
                }
                assert!(
                    lab.rules("node2", family)
                        .proxy
                        .chain_purpose(table.name, name)
                        .is_some()
                        || matches!(name, "PREROUTING" | "OUTPUT" | "FORWARD" | "POSTROUTING")
                );
                let _ = writeln!(out, "{at} by {}: {rule}", origin.written_by);
            }
        }
    }
    expected.assert_eq(&out);
}

#[test]
fn flannel_writes_what_flannel_writes() {
    check(
        Preset::K3s,
        IpFamily::Ipv4,
        expect![[r#"
        nat/POSTROUTING#2 by flannel: -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG
        nat/FLANNEL-POSTRTG#1 by flannel: -m mark --mark 0x4000/0x4000 -m comment --comment "flanneld masq" -j RETURN
        nat/FLANNEL-POSTRTG#2 by flannel: -s 10.42.1.0/24 -d 10.42.0.0/16 -m comment --comment "flanneld masq" -j RETURN
        nat/FLANNEL-POSTRTG#3 by flannel: -s 10.42.0.0/16 -d 10.42.1.0/24 -m comment --comment "flanneld masq" -j RETURN
        nat/FLANNEL-POSTRTG#4 by flannel: ! -s 10.42.0.0/16 -d 10.42.1.0/24 -m comment --comment "flanneld masq" -j RETURN
        nat/FLANNEL-POSTRTG#5 by flannel: -s 10.42.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
        nat/FLANNEL-POSTRTG#6 by flannel: ! -s 10.42.0.0/16 -d 10.42.0.0/16 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully
        filter/FORWARD#5 by flannel: -m comment --comment "flanneld forward" -j FLANNEL-FWD
        filter/FLANNEL-FWD#1 by flannel: -s 10.42.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
        filter/FLANNEL-FWD#2 by flannel: -d 10.42.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
    "#]],
    );
}

#[test]
fn kindnet_writes_what_kindnet_writes() {
    check(
        Preset::Kind,
        IpFamily::Ipv4,
        expect![[r#"
        nat/POSTROUTING#2 by kindnet: -m addrtype ! --dst-type LOCAL -m comment --comment "kind-masq-agent: ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom KIND-MASQ-AGENT chain" -j KIND-MASQ-AGENT
        nat/KIND-MASQ-AGENT#1 by kindnet: -d 10.244.0.0/16 -m comment --comment "kind-masq-agent: local traffic is not subject to MASQUERADE" -j RETURN
        nat/KIND-MASQ-AGENT#2 by kindnet: -m comment --comment "kind-masq-agent: outbound traffic is subject to MASQUERADE (must be last in chain)" -j MASQUERADE
    "#]],
    );
}

#[test]
fn calico_stands_in_front() {
    check(
        Preset::Calico,
        IpFamily::Ipv4,
        expect![[r#"
        nat/PREROUTING#1 by calico: -m comment --comment "cali:6gwbT8clXdHdC1b1" -j cali-PREROUTING
        nat/OUTPUT#1 by calico: -m comment --comment "cali:tVnHkvAo15HuiPy0" -j cali-OUTPUT
        nat/POSTROUTING#1 by calico: -m comment --comment "cali:O3lYWMrLQYEMJtB5" -j cali-POSTROUTING
        nat/cali-PREROUTING#1 by calico: -m comment --comment "cali:r6XmIziWUJsdOK6Z" -j cali-fip-dnat
        nat/cali-OUTPUT#1 by calico: -m comment --comment "cali:GBTAv2p5CwevEyJm" -j cali-fip-dnat
        nat/cali-POSTROUTING#1 by calico: -m comment --comment "cali:Z-c7XtVd2Bq7s_hA" -j cali-fip-snat
        nat/cali-POSTROUTING#2 by calico: -m comment --comment "cali:nYKhEzDlr11Jccal" -j cali-nat-outgoing
        nat/cali-nat-outgoing#1 by calico: -m comment --comment "cali:flqWnvo8yq4ULQLa" -m set --match-set cali40masq-ipam-pools src -m set ! --match-set cali40all-ipam-pools dst -j MASQUERADE --random-fully
    "#]],
    );
}

#[test]
fn without_masquerade_there_are_no_rules_of_a_plugin() {
    let text = |network, plugin| {
        let rules = lab(network, None, plugin).rules("node1", IpFamily::Ipv4);
        rules.ruleset.to_string()
    };
    let alone = text("", PluginRules::LeftOut);
    assert_eq!(text("", PluginRules::Present), alone);
    assert_eq!(text("masquerade: true", PluginRules::LeftOut), alone);
    assert_ne!(text("masquerade: true", PluginRules::Present), alone);
}

#[test]
fn the_text_of_kube_proxy_stays_its_own() {
    let restore = |network| {
        let rules = lab(network, None, PluginRules::Present).rules("node1", IpFamily::Ipv4);
        rules.proxy.restore()
    };
    assert_eq!(restore("masquerade: true"), restore(""));
}

/// How a walk ended, and whom a backend saw, as far as the rules decide that.
fn ended(lab: &Lab, from: &str, to: &str) -> String {
    let ask = Ask::parse(from, to, None).expect("the question is well formed");
    let trip = lab.send(&mut Memory::default(), &ask, &mut Dice::seeded(7));
    let trip = trip.expect("the question can be asked");
    format!("{:?}", trip.journey.ending)
}

/// The source of a packet as it arrives at the host outside.
fn source_outside(lab: &Lab, from: &str) -> String {
    let ask = Ask::parse(from, "192.168.1.77:9", None).expect("the question is well formed");
    let trip = lab.send(&mut Memory::default(), &ask, &mut Dice::seeded(7));
    let events = trip.expect("the question can be asked").journey.events;
    let there = events
        .iter()
        .find(|event| event.ns == lab::Ns::External("far".into()));
    there.map_or("nothing".to_owned(), |event| {
        event.after.packet.src.to_string()
    })
}

fn a_pod(cluster: &ClusterState) -> (String, String) {
    let pod = cluster.pods.first().expect("there are pods");
    let node = pod.node.as_deref().expect("it is scheduled");
    let node = cluster.node(node).expect("its node is there");
    let ip = node.internal_ips.first().expect("it has an address");
    (
        format!("pod/{}/{}", pod.namespace, pod.name),
        ip.to_string(),
    )
}

#[test]
fn a_pod_leaves_the_cluster_under_its_node_s_address() {
    for network in ["attach: bridge", "attach: ptp", "attach: calico"] {
        let with = lab(
            &format!("{network}, masquerade: true"),
            None,
            PluginRules::Present,
        );
        let without = lab(network, None, PluginRules::Present);
        let (pod, node) = a_pod(with.cluster());
        assert_eq!(source_outside(&with, &pod), node, "{network}");
        assert_ne!(source_outside(&without, &pod), node, "{network}");
    }
}

#[test]
fn flannel_lets_the_pods_traffic_through_a_closed_forward() {
    let closed = lab("forward_policy: DROP", None, PluginRules::Present);
    let opened = lab(
        "forward_policy: DROP, masquerade: true",
        None,
        PluginRules::Present,
    );
    let (pod, _) = a_pod(closed.cluster());
    let other = closed.cluster().pods.last().expect("there are pods");
    let to = format!("{}:8080", other.ips[0]);
    assert_eq!(ended(&closed, &pod, &to), "Timeout");
    assert!(ended(&opened, &pod, &to).starts_with("Reply"));
}

#[test]
fn a_set_that_is_not_given_ends_the_walk_by_name() {
    let rules = "*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m set --match-set blocked src -j DROP\nCOMMIT\n";
    let mut open = lab("", None, PluginRules::Present);
    let mut given = lab("sets: {blocked: [10.0.0.0/8]}", None, PluginRules::Present);
    let (pod, _) = a_pod(open.cluster());
    let node = open.cluster().pods[0]
        .node
        .clone()
        .expect("it is scheduled");
    let other = open.cluster().pods.last().expect("there are pods");
    let to = format!("{}:8080", other.ips[0]);
    for lab in [&mut open, &mut given] {
        lab.replace_rules(&node, rules).expect("the rules are read");
    }
    let unknown = ended(&open, &pod, &to);
    assert!(unknown.contains("the members of blocked"), "{unknown}");
    assert_eq!(ended(&given, &pod, &to), "Timeout");
}

/// The outer headers that a walk from node to pod shows, and what they carry.
#[track_caller]
fn check_tunnel(family: &str, expected: Expect) {
    let (pod, node) = match family {
        "IPv4" => ("10.42.1.7", ["10.42.0.0/24", "10.42.1.0/24"]),
        _ => ("fd00:10:42:1::7", ["fd00:10:42::/64", "fd00:10:42:1::/64"]),
    };
    let mut text = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: web, annotations: {{chainwalk/listen: \"tcp:8080\"}}}}\n\
         spec: {{nodeName: node2, containers: [{{name: web, image: web}}]}}\n\
         status: {{phase: Running, podIP: \"{pod}\"}}\n---\n\
         apiVersion: chainwalk/v1\nkind: Network\nspec: {{network: vxlan}}\n"
    );
    for (at, cidr) in node.iter().enumerate() {
        let _ = write!(
            text,
            "---\napiVersion: v1\nkind: Node\nmetadata: {{name: node{}}}\nspec: {{podCIDR: \"{cidr}\"}}\n",
            at + 1
        );
    }
    let source = Source {
        name: "pod.yaml".to_owned(),
        text: text.into(),
    };
    let lab = Lab::load(&[source], Options::default());
    assert!(!lab.has_errors(), "{:?}", lab.diagnostics());
    let to = match family {
        "IPv4" => format!("{pod}:8080"),
        _ => format!("[{pod}]:8080"),
    };
    let ask = Ask::parse("node/node1", &to, None).expect("the question is well formed");
    let trip = lab.send(&mut Memory::default(), &ask, &mut Dice::seeded(7));
    let journey = trip.expect("the question can be asked").journey;
    let mut out = String::new();
    for event in journey.events.iter().filter(|event| event.packet == 0) {
        let after = &event.after.packet;
        let _ = match &event.kind {
            fabric::EventKind::Wrapped { by, inner } => writeln!(
                out,
                "{by}: {} > {} carries {} > {}",
                after.src, after.dst, inner.src, inner.dst
            ),
            fabric::EventKind::Unwrapped { by, outer } => writeln!(
                out,
                "{by}: {} > {} came inside {} > {}",
                after.src, after.dst, outer.src, outer.dst
            ),
            fabric::EventKind::Moved { by, outer, .. } => writeln!(out, "by {by} {outer:?}"),
            _ => Ok(()),
        };
    }
    expected.assert_eq(&out);
}

#[test]
fn a_tunnel_s_outer_header_is_shown() {
    check_tunnel(
        "IPv4",
        expect![[r#"
        flannel.1: 192.168.1.11 > 192.168.1.12 carries 10.42.0.0 > 10.42.1.7
        by vxlan Some((192.168.1.11, 192.168.1.12))
        flannel.1: 10.42.0.0 > 10.42.1.7 came inside 192.168.1.11 > 192.168.1.12
        by veth0 None
    "#]],
    );
    check_tunnel(
        "IPv6",
        expect![[r#"
        flannel-v6.1: fd00:192:168:1::b > fd00:192:168:1::c carries fd00:10:42:: > fd00:10:42:1::7
        by vxlan Some((fd00:192:168:1::b, fd00:192:168:1::c))
        flannel-v6.1: fd00:10:42:: > fd00:10:42:1::7 came inside fd00:192:168:1::b > fd00:192:168:1::c
        by veth0 None
    "#]],
    );
}

#[test]
fn an_address_elsewhere_that_enters_here_has_its_answers_here() {
    for network in ["network: host-gw", "network: vxlan"] {
        let lab = lab(network, None, PluginRules::Present);
        let pods = &lab.cluster().pods;
        let pod = &pods[0];
        let other = pods.iter().find(|other| other.node != pod.node);
        let other = other.expect("the pods are spread");
        let node = other.node.as_deref().expect("it is scheduled");
        let from = format!("{}@{node}", pod.ips[0]);
        let told = ended(&lab, &from, &format!("{}:8080", other.ips[0]));
        assert!(told.starts_with("Reply"), "{network}: {told}");
    }
}
