//! The same machine with ip6tables: a ClusterIP and a NodePort over two nodes.

use std::collections::BTreeMap;

use fabric::{
    Attach, Dice, Ending, ExternalSpec, Fabric, Forced, Listen, Memory, Network, NodeSpec, Ns,
    PodSpec, Probe, Sender, Topology, exchange,
};
use netfilter::{Family, Protocol, Ruleset};

const RULES: &str = "\
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
-A FORWARD -m conntrack --ctstate NEW -j KUBE-SERVICES
-A OUTPUT -m conntrack --ctstate NEW -j KUBE-SERVICES
-A KUBE-SERVICES -d fd98::9/128 -p tcp -m tcp --dport 80 -j REJECT
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:INPUT ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:POSTROUTING ACCEPT [0:0]
:KUBE-SERVICES - [0:0]
:KUBE-SVC-A - [0:0]
:KUBE-SEP-A - [0:0]
:KUBE-SEP-B - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-NODEPORTS - [0:0]
-A PREROUTING -j KUBE-SERVICES
-A OUTPUT -j KUBE-SERVICES
-A POSTROUTING -j KUBE-POSTROUTING
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -j MASQUERADE --random-fully
-A KUBE-SERVICES -d fd98::1/128 -p tcp -m tcp --dport 80 -j KUBE-SVC-A
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS
-A KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j KUBE-MARK-MASQ
-A KUBE-NODEPORTS -p tcp -m tcp --dport 30080 -j KUBE-SVC-A
-A KUBE-SVC-A ! -s fd42::/48 -d fd98::1/128 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-A -m statistic --mode random --probability 0.5 -j KUBE-SEP-A
-A KUBE-SVC-A -j KUBE-SEP-B
-A KUBE-SEP-A -s fd42:0:0:1::16/128 -j KUBE-MARK-MASQ
-A KUBE-SEP-A -p tcp -m tcp -j DNAT --to-destination [fd42:0:0:1::16]:8080
-A KUBE-SEP-B -s fd42:0:0:2::22/128 -j KUBE-MARK-MASQ
-A KUBE-SEP-B -p tcp -m tcp -j DNAT --to-destination [fd42:0:0:2::22]:8080
COMMIT
";

fn topology(attach: Attach, network: Network) -> Topology {
    let node = |n: u8| NodeSpec {
        name: format!("node{n}"),
        ips: vec![format!("fd00::1{n}").parse().expect("it is written right")],
        pod_cidrs: vec![
            format!("fd42:0:0:{n}::/64")
                .parse()
                .expect("it is written right"),
        ],
        default_route: true,
        sysctl: BTreeMap::new(),
        listen: Listen::default(),
        addresses: None,
    };
    let pod = |name: &str, ip: &str, n: u8, port: Option<u16>| PodSpec {
        name: name.to_owned(),
        ips: vec![ip.parse().expect("it is written right")],
        node: format!("node{n}"),
        listen: Listen {
            ports: port.map(|port| (Protocol::Tcp, port)).into_iter().collect(),
        },
    };
    Topology {
        nodes: vec![node(1), node(2)],
        pods: vec![
            pod("a", "fd42:0:0:1::16", 1, Some(8080)),
            pod("b", "fd42:0:0:2::22", 2, Some(8080)),
            pod("client", "fd42:0:0:1::50", 1, None),
        ],
        external: vec![ExternalSpec {
            name: "ext".to_owned(),
            ips: vec!["fd00::100".parse().expect("it is written right")],
            routes: vec![(
                "fd98::/64".parse().expect("it is written right"),
                "node1".to_owned(),
            )],
            listen: Listen::default(),
        }],
        attach,
        network,
        hairpin: true,
        bridge_nf: true,
        sets: BTreeMap::new(),
        sysctl: BTreeMap::new(),
        bridge: "cni0".to_owned(),
        uplink: "eth0".to_owned(),
        veth_prefix: "veth".to_owned(),
    }
}

fn fabric(attach: Attach, network: Network) -> Fabric {
    let ruleset = Ruleset::parse(Family::Ipv6, RULES).expect("the rules are read");
    let rules = ["node1", "node2"]
        .map(|node| ((node.to_owned(), Family::Ipv6), ruleset.clone()))
        .into_iter()
        .collect();
    Fabric::new(&topology(attach, network), rules)
}

/// Sends from `from` to `dst`, with the first draw forced, and says how it ended.
fn ending(fabric: &Fabric, from: Ns, dst: &str, dport: u16, draw: Forced) -> Ending {
    let probe = Probe {
        from: Sender::Process(from),
        dst: dst.parse().expect("it is written right"),
        dport,
        protocol: Protocol::Tcp,
        sport: None,
    };
    let mut dice = Dice::scripted(vec![draw], 1);
    exchange(fabric, &mut Memory::default(), &probe, &mut dice).ending
}

fn reply(by: &str, source: &str, kept: bool) -> Ending {
    Ending::Reply {
        by: Ns::Pod(by.to_owned()),
        source_seen: source.parse().expect("it is written right"),
        port_kept: kept,
    }
}

fn pod(name: &str) -> Ns {
    Ns::Pod(name.to_owned())
}

fn node(name: &str) -> Ns {
    Ns::Node(name.to_owned())
}

#[test]
fn a_pod_reaches_both_endpoints_of_a_cluster_ip() {
    for attach in [Attach::Bridge, Attach::Ptp, Attach::Calico] {
        let fabric = fabric(attach, Network::HostGw);
        for (draw, by) in [(Forced::Hit, "a"), (Forced::Miss, "b")] {
            assert_eq!(
                ending(&fabric, pod("client"), "fd98::1", 80, draw),
                reply(by, "fd42:0:0:1::50", true),
                "{attach:?}"
            );
        }
    }
}

#[test]
fn a_node_is_masqueraded_to_the_address_of_the_device_it_leaves_by() {
    let bridge = fabric(Attach::Bridge, Network::HostGw);
    for (draw, by, source) in [
        (Forced::Hit, "a", "fd42:0:0:1::1"),
        (Forced::Miss, "b", "fd00::11"),
    ] {
        assert_eq!(
            ending(&bridge, node("node1"), "fd98::1", 80, draw),
            reply(by, source, false)
        );
    }
    let vxlan = fabric(Attach::Bridge, Network::Vxlan);
    assert_eq!(
        ending(&vxlan, node("node1"), "fd98::1", 80, Forced::Miss),
        reply("b", "fd42:0:0:1::", false)
    );
}

#[test]
fn a_node_port_answers_a_client_outside() {
    let fabric = fabric(Attach::Bridge, Network::HostGw);
    let ext = || Ns::External("ext".to_owned());
    for (draw, by, source) in [
        (Forced::Hit, "a", "fd42:0:0:1::1"),
        (Forced::Miss, "b", "fd00::11"),
    ] {
        assert_eq!(
            ending(&fabric, ext(), "fd00::11", 30080, draw),
            reply(by, source, false)
        );
    }
}

#[test]
fn a_hairpin_comes_back() {
    let fabric = fabric(Attach::Bridge, Network::HostGw);
    assert_eq!(
        ending(&fabric, pod("a"), "fd98::1", 80, Forced::Hit),
        reply("a", "fd42:0:0:1::1", false)
    );
}

#[test]
fn a_service_without_endpoints_is_port_unreachable() {
    let fabric = fabric(Attach::Bridge, Network::HostGw);
    let from = |addr: &str| Ending::IcmpUnreachable {
        code: 3,
        from: addr.parse().unwrap(),
    };
    assert_eq!(
        ending(&fabric, pod("client"), "fd98::9", 80, Forced::Free),
        from("fd42:0:0:1::1")
    );
    assert_eq!(
        ending(&fabric, node("node1"), "fd98::9", 80, Forced::Free),
        from("fd00::11")
    );
}

#[test]
fn nobody_listening_is_a_reset_from_the_service() {
    let mut fabric = fabric(Attach::Bridge, Network::HostGw);
    fabric.unlisten(&pod("b"));
    assert_eq!(
        ending(&fabric, pod("client"), "fd98::1", 80, Forced::Miss),
        Ending::TcpReset {
            from: "fd98::1".parse().unwrap()
        }
    );
}

#[test]
fn what_is_prohibited_is_another_error_than_in_ipv4() {
    let word = |from: &str| {
        let from = from.parse().expect("it is written right");
        Ending::IcmpUnreachable { code: 13, from }.word()
    };
    assert_eq!(word("fd42::1"), "EACCES");
    assert_eq!(word("10.42.0.1"), "EHOSTUNREACH");
}

#[test]
fn a_node_s_own_packet_has_the_address_of_the_device_it_leaves_by() {
    // The bridge's address has more bits in common with the pod's.
    let fabric = fabric(Attach::Bridge, Network::HostGw);
    assert_eq!(
        ending(&fabric, node("node1"), "fd42:0:0:2::22", 8080, Forced::Hit),
        reply("b", "fd00::11", true)
    );
}
