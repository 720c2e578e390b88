//! What the live check found to differ from a kernel, each as a small case.

use std::collections::BTreeMap;

use fabric::{
    Attach, Dice, Ending, ExternalSpec, Fabric, Listen, Memory, Network, NodeSpec, Ns, PodSpec,
    Probe, Sender, Topology, exchange,
};
use netfilter::{Family, Protocol, Ruleset};

/// Two nodes, a pod on the first, a host outside that goes to the pods by the second.
fn two_nodes(protocol: Protocol) -> Topology {
    let listen = Listen {
        ports: [(protocol, 8080)].into(),
    };
    let node = |n: u8| NodeSpec {
        name: format!("node{n}"),
        ips: vec![[192, 168, 1, 10 + n].into()],
        pod_cidrs: vec![format!("10.42.{n}.0/24").parse().expect("an address")],
        default_route: true,
        sysctl: BTreeMap::new(),
        listen: listen.clone(),
        addresses: None,
    };
    Topology {
        nodes: vec![node(1), node(2)],
        pods: vec![PodSpec {
            name: "pod".into(),
            ips: vec![[10, 42, 1, 16].into()],
            node: "node1".into(),
            listen: listen.clone(),
        }],
        external: vec![ExternalSpec {
            name: "outside".into(),
            ips: vec![[192, 168, 1, 100].into()],
            routes: vec![("10.42.0.0/16".parse().expect("an address"), "node2".into())],
            listen: Listen::default(),
        }],
        attach: Attach::Bridge,
        network: Network::HostGw,
        hairpin: true,
        bridge_nf: true,
        sets: BTreeMap::new(),
        sysctl: BTreeMap::new(),
        bridge: "cni0".into(),
        uplink: "eth0".into(),
        veth_prefix: "veth".into(),
    }
}

fn send(protocol: Protocol, rules: &str, from: Ns, dst: [u8; 4], dport: u16) -> Ending {
    let ruleset = Ruleset::parse(Family::Ipv4, rules).expect("rules that read");
    let on = |node: &str| ((node.to_owned(), Family::Ipv4), ruleset.clone());
    let rules = [on("node1"), on("node2")].into();
    let fabric = Fabric::new(&two_nodes(protocol), rules);
    let probe = Probe {
        from: Sender::Process(from),
        dst: dst.into(),
        dport,
        protocol,
        sport: None,
    };
    let (memory, dice) = (&mut Memory::default(), &mut Dice::seeded(1));
    exchange(&fabric, memory, &probe, dice).ending
}

#[test]
fn what_leaves_by_lo_is_masqueraded_to_the_nodes_own_address() {
    let rules = "*nat\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n\
                 -A OUTPUT -p udp -m udp --dport 30123 -j DNAT --to-destination 192.168.1.11:8080\n\
                 -A POSTROUTING -j MASQUERADE --random-fully\nCOMMIT\n";
    let node = || Ns::Node("node1".into());
    let ending = send(Protocol::Udp, rules, node(), [127, 0, 0, 1], 30123);
    let expected = Ending::Reply {
        by: node(),
        source_seen: [192, 168, 1, 11].into(),
        port_kept: false,
    };
    assert_eq!(ending, expected);
}

#[test]
fn a_cookie_echo_is_invalid_where_the_init_ack_took_another_way() {
    let rules = "*filter\n:FORWARD ACCEPT [0:0]\n\
                 -A FORWARD -m conntrack --ctstate INVALID -j DROP\nCOMMIT\n";
    let outside = || Ns::External("outside".into());
    let to = |rules: &str| send(Protocol::Sctp, rules, outside(), [10, 42, 1, 16], 8080);
    assert_eq!(to(rules), Ending::Timeout);
    let without = rules.replace("INVALID", "UNTRACKED");
    assert!(
        matches!(to(&without), Ending::Reply { .. }),
        "it is that rule"
    );
}
