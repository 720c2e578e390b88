//! What kubelet, flannel, kindnet, calico, docker and their like write, put in the place of a node's
//! rules: every match and target either has its effect or ends the walk by name.

use lab::{Ask, Dice, Lab, Memory, Options, Source};

const CLUSTER: &str = "apiVersion: v1
kind: Pod
metadata: {name: web, namespace: demo, annotations: {chainwalk/listen: \"tcp:8080,udp:53\"}}
spec: {nodeName: node2, containers: [{name: web, image: web}]}
status: {phase: Running, podIP: 10.42.1.7}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: demo}
spec: {nodeName: node1, containers: [{name: client, image: client}]}
status: {phase: Running, podIP: 10.42.0.5}
---
apiVersion: chainwalk/v1
kind: Network
spec: {attach: bridge, sets: {known: [10.42.0.0/16]}}
";

/// How a pod on node1 fares that asks `to`, when node1 has these rules.
fn ending(rules: &str, to: &str) -> String {
    let source = Source {
        name: "cluster.yaml".to_owned(),
        text: CLUSTER.into(),
    };
    let mut lab = Lab::load(&[source], Options::default());
    assert!(!lab.has_errors(), "{:?}", lab.diagnostics());
    lab.replace_rules("node1", rules)
        .unwrap_or_else(|error| panic!("{error}:\n{rules}"));
    let ask = Ask::parse("pod/demo/client", to, None).expect("the question is well formed");
    let trip = lab.send(&mut Memory::default(), &ask, &mut Dice::seeded(1));
    match trip.expect("the question can be asked").journey.ending {
        fabric::Ending::Unmodelled { what } => what,
        other => other.word().to_owned(),
    }
}

/// One rule in one chain, and what becomes of a TCP connection from pod to pod.
#[track_caller]
fn check(table: &str, rule: &str, expected: &str) {
    let chain = rule.split(' ').next().unwrap_or_default();
    let text = format!(
        "*{table}\n:{chain} ACCEPT [0:0]\n:OTHER - [0:0]\n-A {rule}\n-A OTHER -j DROP\nCOMMIT\n"
    );
    assert_eq!(ending(&text, "10.42.1.7:8080"), expected, "{rule}");
}

#[test]
fn every_match_of_the_field_decides_or_is_named() {
    for (rule, expected) in [
        ("FORWARD -m comment --comment \"a b\" -j DROP", "timeout"),
        ("FORWARD -p tcp -m tcp --dport 8080 -j DROP", "timeout"),
        (
            "FORWARD -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP",
            "timeout",
        ),
        ("FORWARD -p udp -m udp --dport 53 -j DROP", "reply"),
        ("FORWARD -p sctp -m sctp --dport 8080 -j DROP", "reply"),
        ("FORWARD -p icmp -m icmp --icmp-type 8 -j DROP", "reply"),
        (
            "FORWARD -p tcp -m multiport --dports 80,8000:8100 -j DROP",
            "timeout",
        ),
        ("FORWARD -m mark --mark 0x1/0x1 -j DROP", "reply"),
        ("FORWARD -m connmark ! --mark 0x1 -j DROP", "timeout"),
        ("FORWARD -m conntrack --ctstate NEW -j DROP", "timeout"),
        (
            "FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
            "reply",
        ),
        ("FORWARD -m state --state NEW -j DROP", "timeout"),
        ("FORWARD -m addrtype --src-type LOCAL -j DROP", "reply"),
        ("FORWARD -m addrtype ! --dst-type LOCAL -j DROP", "timeout"),
        (
            "FORWARD -m statistic --mode random --probability 1.0 -j DROP",
            "timeout",
        ),
        (
            "FORWARD -m statistic --mode nth --every 1 --packet 0 -j DROP",
            "timeout",
        ),
        (
            "FORWARD -m statistic --mode nth --every 1000 --packet 999 -j DROP",
            "reply",
        ),
        (
            "FORWARD -m recent --set --name seen --mask 255.255.255.255 --rsource -j DROP",
            "timeout",
        ),
        (
            "FORWARD -m recent --rcheck --seconds 60 --name seen --rsource -j DROP",
            "reply",
        ),
        ("FORWARD -m physdev --physdev-is-bridged -j DROP", "reply"),
        (
            "FORWARD -m physdev ! --physdev-is-bridged -j DROP",
            "timeout",
        ),
        ("FORWARD -m set --match-set known src -j DROP", "timeout"),
        ("FORWARD -m set ! --match-set known src -j DROP", "reply"),
        (
            "FORWARD -m set --match-set strange src -j DROP",
            "-m set (the members of strange)",
        ),
        (
            "FORWARD -m set --match-set known src,dst -j DROP",
            "-m set (the members of known)",
        ),
        ("FORWARD -m limit --limit 1/sec -j DROP", "timeout"),
        ("FORWARD -m nfacct --nfacct-name n -j DROP", "timeout"),
        ("FORWARD -i cni0 ! -o cni0 -j DROP", "timeout"),
        ("FORWARD -i docker+ -j DROP", "reply"),
        (
            "FORWARD -m hashlimit --hashlimit-upto 1/sec --hashlimit-burst 1 --hashlimit-mode srcip --hashlimit-name h -j DROP",
            "-m hashlimit",
        ),
        (
            "FORWARD -m string --string x --algo bm -j DROP",
            "-m string",
        ),
    ] {
        check("filter", rule, expected);
    }
    for (rule, expected) in [
        ("PREROUTING -m rpfilter --invert -j DROP", "reply"),
        ("PREROUTING -m rpfilter -j DROP", "timeout"),
        (
            "PREROUTING -m rpfilter --validmark --invert -j DROP",
            "reply",
        ),
    ] {
        check("raw", rule, expected);
    }
}

#[test]
fn every_target_of_the_field_acts_or_is_named() {
    for (table, rule, expected) in [
        ("filter", "FORWARD -j ACCEPT", "reply"),
        ("filter", "FORWARD -j DROP", "timeout"),
        ("filter", "FORWARD -j RETURN", "reply"),
        ("filter", "FORWARD -g OTHER", "timeout"),
        ("filter", "FORWARD -j OTHER", "timeout"),
        (
            "filter",
            "FORWARD -j REJECT --reject-with icmp-port-unreachable",
            "icmp-unreach-code3",
        ),
        (
            "filter",
            "FORWARD -j REJECT --reject-with icmp-net-unreachable",
            "ENETUNREACH",
        ),
        (
            "filter",
            "FORWARD -j REJECT --reject-with icmp-host-unreachable",
            "EHOSTUNREACH",
        ),
        (
            "filter",
            "FORWARD -j REJECT --reject-with icmp-proto-unreachable",
            "ENOPROTOOPT",
        ),
        (
            "filter",
            "FORWARD -j REJECT --reject-with icmp-net-prohibited",
            "ENETUNREACH",
        ),
        (
            "filter",
            "FORWARD -j REJECT --reject-with icmp-host-prohibited",
            "EHOSTUNREACH",
        ),
        (
            "filter",
            "FORWARD -j REJECT --reject-with icmp-admin-prohibited",
            "EHOSTUNREACH",
        ),
        (
            "filter",
            "FORWARD -p tcp -j REJECT --reject-with tcp-reset",
            "tcp-rst",
        ),
        (
            "filter",
            "FORWARD -j LOG --log-prefix \"a: \" --log-level 4",
            "reply",
        ),
        ("filter", "FORWARD -j NFLOG --nflog-group 5", "-j NFLOG"),
        ("filter", "FORWARD -j NFQUEUE --queue-num 1", "-j NFQUEUE"),
        ("mangle", "FORWARD -j MARK --set-xmark 0x8/0x8", "reply"),
        ("mangle", "FORWARD -j CONNMARK --save-mark", "reply"),
        (
            "mangle",
            "PREROUTING -j CONNMARK --restore-mark --nfmask 0xf --ctmask 0xf",
            "reply",
        ),
        (
            "mangle",
            "FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
            "reply",
        ),
        (
            "mangle",
            "POSTROUTING -p udp -j CHECKSUM --checksum-fill",
            "reply",
        ),
        (
            "nat",
            "PREROUTING -p tcp -j DNAT --to-destination 10.42.1.7:8081",
            "tcp-rst",
        ),
        (
            "nat",
            "PREROUTING -p tcp -j REDIRECT --to-ports 22",
            "tcp-rst",
        ),
        ("nat", "PREROUTING -j NETMAP --to 10.42.0.0/24", "timeout"),
        (
            "nat",
            "POSTROUTING -j SNAT --to-source 192.168.1.11",
            "reply",
        ),
        (
            "nat",
            "POSTROUTING -p tcp -j MASQUERADE --to-ports 1024-65535",
            "reply",
        ),
        ("raw", "PREROUTING -j CT --notrack", "reply"),
        ("raw", "PREROUTING -j NOTRACK", "reply"),
        ("raw", "PREROUTING -j CT --zone 5", "-j CT --zone 5"),
    ] {
        check(table, rule, expected);
    }
}

/// What docker writes on a node beside Kubernetes.
const DOCKER: &str = "*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-ISOLATION-STAGE-2 - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -j DOCKER-ISOLATION-STAGE-1
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -i docker0 -o docker0 -j ACCEPT
-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
-A DOCKER-ISOLATION-STAGE-1 -j RETURN
-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
-A DOCKER-ISOLATION-STAGE-2 -j RETURN
-A DOCKER-USER -j RETURN
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
COMMIT
";

/// calico's policy for a pod of its own, as felix lays it out, in short.
const CALICO: &str = "*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:cali-FORWARD - [0:0]
:cali-from-wl-dispatch - [0:0]
:cali-fw-cali0 - [0:0]
:cali-pro-kns.demo - [0:0]
-A FORWARD -m comment --comment \"cali:wUHhoiAYhphO9Mso\" -j cali-FORWARD
-A FORWARD -m comment --comment \"cali:S93hcgKJrXEqnTfs\" -m comment --comment \"Policy explicitly accepted packet.\" -m mark --mark 0x10000/0x10000 -j ACCEPT
-A FORWARD -m comment --comment \"cali:mp77cMpurHhyjLrM\" -j MARK --set-xmark 0x10000/0x10000
-A cali-FORWARD -m comment --comment \"cali:vjrMJCRpqwy5oRoX\" -j MARK --set-xmark 0x0/0xe0000
-A cali-FORWARD -i cni0 -m comment --comment \"cali:8ZoYfO5HKXWbB3pk\" -j cali-from-wl-dispatch
-A cali-from-wl-dispatch -i cni0 -m comment --comment \"cali:a\" -g cali-fw-cali0
-A cali-from-wl-dispatch -m comment --comment \"Unknown interface\" -j DROP
-A cali-fw-cali0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A cali-fw-cali0 -m conntrack --ctstate INVALID -j DROP
-A cali-fw-cali0 -j MARK --set-xmark 0x0/0x10000
-A cali-fw-cali0 -p udp -m comment --comment \"Drop VXLAN encapped packets originating in workloads\" -m multiport --dports 4789 -j DROP
-A cali-fw-cali0 -j cali-pro-kns.demo
-A cali-fw-cali0 -m comment --comment \"Return if profile accepted\" -m mark --mark 0x10000/0x10000 -j RETURN
-A cali-fw-cali0 -m comment --comment \"Drop if no profiles matched\" -j DROP
-A cali-pro-kns.demo -p tcp -j MARK --set-xmark 0x10000/0x10000
-A cali-pro-kns.demo -m mark --mark 0x10000/0x10000 -j RETURN
COMMIT
";

/// The portmap plugin's host ports, as k3s has them for its ingress.
const PORTMAP: &str = "*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:CNI-DN-1234 - [0:0]
:CNI-HOSTPORT-DNAT - [0:0]
:CNI-HOSTPORT-MASQ - [0:0]
:CNI-HOSTPORT-SETMARK - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
-A POSTROUTING -m comment --comment \"CNI portfwd requiring masquerade\" -j CNI-HOSTPORT-MASQ
-A CNI-DN-1234 -s 10.42.0.0/24 -p tcp -m tcp --dport 80 -j CNI-HOSTPORT-SETMARK
-A CNI-DN-1234 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.42.1.7:8080
-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment \"dnat name: cbr0\" -m multiport --dports 80,443 -j CNI-DN-1234
-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE
-A CNI-HOSTPORT-SETMARK -m comment --comment \"CNI portfwd masquerade mark\" -j MARK --set-xmark 0x2000/0x2000
COMMIT
";

#[test]
fn whole_tables_of_others_are_walked() {
    assert_eq!(ending(DOCKER, "10.42.1.7:8080"), "timeout", "FORWARD drops");
    assert_eq!(ending(CALICO, "10.42.1.7:8080"), "reply");
    assert_eq!(ending(CALICO, "10.42.1.7:53/udp"), "timeout");
    assert_eq!(ending(PORTMAP, "192.168.1.11:80"), "reply");
    assert_eq!(ending(PORTMAP, "192.168.1.11:81"), "tcp-rst");
}
