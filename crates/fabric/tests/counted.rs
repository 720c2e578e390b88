//! Many connections counted are as many walked, also where ports decide: each rule here made some
//! quicker way of counting go wrong, or would.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use fabric::{
    Attach, Dice, Fabric, Listen, Memory, Network, NodeSpec, Ns, PodSpec, Probe, Sender, Topology,
    exchange_each, exchange_many,
};
use ipnet::IpNet;
use netfilter::{Family, Protocol, Ruleset};

/// Two nodes with a pod each, which listens on port 80.
fn topology(network: Network) -> Topology {
    let node = |n: u8| NodeSpec {
        name: format!("n{n}"),
        ips: vec![Ipv4Addr::new(192, 168, 1, 11 + n).into()],
        pod_cidrs: vec![IpNet::new(Ipv4Addr::new(10, 42, n, 0).into(), 24).expect("24 fits")],
        default_route: true,
        sysctl: BTreeMap::new(),
        listen: Listen::default(),
        addresses: None,
    };
    let pod = |n: u8| PodSpec {
        name: format!("p{n}"),
        ips: vec![Ipv4Addr::new(10, 42, n, 2).into()],
        node: format!("n{n}"),
        listen: Listen {
            ports: BTreeSet::from([(Protocol::Tcp, 80), (Protocol::Udp, 80)]),
        },
    };
    Topology {
        nodes: vec![node(0), node(1)],
        pods: vec![pod(0), pod(1)],
        external: Vec::new(),
        attach: Attach::Bridge,
        network,
        hairpin: false,
        bridge_nf: false,
        sysctl: BTreeMap::new(),
        sets: BTreeMap::new(),
        bridge: "cni0".to_owned(),
        uplink: "eth0".to_owned(),
        veth_prefix: "veth".to_owned(),
    }
}

/// Whether nodes tunnel, the rules of the first node, who asks, and what for.
type Case = (Network, &'static str, Ns, (Protocol, IpAddr, u16));

#[track_caller]
fn check((network, rules, from, (protocol, dst, dport)): Case) {
    let base = |hook: &str| format!(":{hook} ACCEPT\n");
    let (nat, filter): (Vec<&str>, Vec<&str>) = rules
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .partition(|line| line.contains("POSTROUTING") || line.starts_with("-A OUTPUT -m nat"));
    let nat: Vec<String> = nat.iter().map(|rule| rule.replace("-m nat ", "")).collect();
    let text = format!(
        "*nat\n{}{}\nCOMMIT\n*filter\n{}{}\nCOMMIT\n",
        ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]
            .map(base)
            .concat(),
        nat.join("\n"),
        ["INPUT", "FORWARD", "OUTPUT"].map(base).concat(),
        filter.join("\n"),
    );
    let ruleset = Ruleset::parse(Family::Ipv4, &text).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    let rules = BTreeMap::from([(("n0".to_owned(), Family::Ipv4), ruleset)]);
    let fabric = Fabric::new(&topology(network), rules);
    let probe = Probe {
        from: Sender::Process(from),
        dst,
        dport,
        protocol,
        sport: None,
    };
    for seed in 0..2 {
        let (mut ours, mut theirs) = (Memory::default(), Memory::default());
        let (mut dice, mut others) = (Dice::seeded(seed), Dice::seeded(seed));
        let counted = exchange_many(&fabric, &mut ours, &probe, &mut dice, 1200);
        let walked = exchange_each(&fabric, &mut theirs, &probe, &mut others, 1200);
        assert_eq!(counted, walked, "seed {seed} {text}");
        for ns in fabric.namespaces().filter(|_| network == Network::HostGw) {
            let family = Family::Ipv4;
            assert_eq!(ours.counters(ns, family), theirs.counters(ns, family));
        }
    }
}

fn node() -> Ns {
    Ns::Node("n0".to_owned())
}

fn pod(n: u8) -> IpAddr {
    Ipv4Addr::new(10, 42, n, 2).into()
}

/// What proptest found: the second way shows itself only when the pod's kernel has sent as many
/// errors as it may, and by then other ports had been drawn.
#[test]
fn drawn_ports_and_a_limit_on_icmp_errors() {
    let rules = "-A POSTROUTING -s 10.42.0.0/16 -j MASQUERADE --random-fully";
    check((Network::HostGw, rules, node(), (Protocol::Udp, pod(0), 7)));
}

#[test]
fn a_port_chosen_from_three_runs_out() {
    let rules = "-A POSTROUTING -p udp -j SNAT --to-source 192.168.1.11:1-3";
    check((Network::HostGw, rules, node(), (Protocol::Udp, pod(1), 80)));
}

#[test]
fn drawn_ports_meet_clients_ports() {
    let rules =
        "-A POSTROUTING -m statistic --mode random --probability 0.5 -j MASQUERADE --random-fully";
    check((Network::HostGw, rules, node(), (Protocol::Tcp, pod(1), 80)));
}

#[test]
fn a_servers_port_is_drawn() {
    let rules = "-A OUTPUT -m nat -p tcp -j DNAT --to-destination 10.42.1.2:80-83 --random";
    check((Network::HostGw, rules, node(), (Protocol::Tcp, pod(0), 80)));
}

#[test]
fn rules_ask_for_the_clients_port() {
    for rule in [
        "-A OUTPUT -p tcp -m tcp --sport 40000:50000 -j DROP",
        "-A INPUT -p tcp -m tcp --dport 40000:50000 -j DROP",
        "-A INPUT -p tcp -m multiport --dports 40000:50000 -j DROP",
    ] {
        check((Network::HostGw, rule, node(), (Protocol::Tcp, pod(1), 80)));
    }
}

#[test]
fn tunnels_share_an_entry_and_the_table_is_not_asked_again() {
    let rules = "-A OUTPUT -m nat -p udp -m statistic --mode random --probability 0.5 -j ACCEPT
         -A OUTPUT -m nat -p tcp -m statistic --mode random --probability 0.5 -j DNAT --to-destination 10.42.0.2:80";
    check((Network::Vxlan, rules, node(), (Protocol::Tcp, pod(1), 80)));
}
