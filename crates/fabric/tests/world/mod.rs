//! Random topologies, rules and questions from a small world, in which things meet.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use fabric::{
    Attach, ExternalSpec, Fabric, Listen, Network, NodeSpec, Ns, PodSpec, Probe, Sender, Topology,
};
use ipnet::IpNet;
use netfilter::{Family, Protocol, Ruleset};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Addresses from a small world, so that they meet: nodes, pods, services, loopback, nonsense.
fn addr() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        6 => (0u8..3, 0u8..4).prop_map(|(net, host)| Ipv4Addr::new(10, 42, net, host).into()),
        6 => (10u8..14).prop_map(|host| Ipv4Addr::new(192, 168, 1, host).into()),
        2 => Just(Ipv4Addr::new(10, 43, 0, 1).into()),
        1 => select(vec![
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            IpAddr::V4(Ipv4Addr::BROADCAST),
            IpAddr::V4(Ipv4Addr::new(224, 0, 0, 1)),
            IpAddr::V4(Ipv4Addr::new(8, 8, 8, 8)),
            IpAddr::V4(Ipv4Addr::new(169, 254, 1, 1)),
        ]),
        2 => (0u16..3, 0u16..4)
            .prop_map(|(net, host)| Ipv6Addr::new(0xfd42, 0, 0, net, 0, 0, 0, host).into()),
        1 => Just(Ipv6Addr::LOCALHOST.into()),
        1 => Just(Ipv6Addr::UNSPECIFIED.into()),
    ]
}

fn net() -> impl Strategy<Value = IpNet> {
    (addr(), 0u8..=128).prop_map(|(addr, prefix)| {
        let most = if addr.is_ipv4() { 32 } else { 128 };
        IpNet::new(addr, prefix.min(most)).expect("the prefix fits the family")
    })
}

fn protocol() -> impl Strategy<Value = Protocol> {
    select(vec![
        Protocol::Tcp,
        Protocol::Udp,
        Protocol::Sctp,
        Protocol::Icmp,
        Protocol::Other(47),
    ])
}

fn listen() -> impl Strategy<Value = Listen> {
    vec((protocol(), 1u16..4), 0..4).prop_map(|ports| Listen {
        ports: ports.into_iter().collect::<BTreeSet<_>>(),
    })
}

fn sysctl() -> impl Strategy<Value = BTreeMap<String, String>> {
    let keys = select(vec![
        "net.ipv4.ip_forward",
        "net.ipv4.conf.all.rp_filter",
        "net.ipv4.conf.all.route_localnet",
        "net.ipv4.conf.all.accept_local",
        "net.ipv4.icmp_ratelimit",
        "net.ipv4.ip_default_ttl",
        "net.netfilter.nf_conntrack_tcp_loose",
        "net.ipv6.conf.all.forwarding",
    ]);
    vec(
        (keys, select(vec!["0", "1", "2", "1000", "nonsense"])),
        0..3,
    )
    .prop_map(|pairs| {
        pairs
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    })
}

fn node_name() -> impl Strategy<Value = String> {
    select(vec!["n0", "n1", "n2"]).prop_map(str::to_owned)
}

/// What a sane cluster would have here, and now and then something else.
fn mostly<T: Clone + std::fmt::Debug + 'static>(
    sane: T,
    other: impl Strategy<Value = T>,
) -> impl Strategy<Value = T> {
    prop_oneof![5 => Just(sane), 1 => other]
}

fn node(n: u8) -> impl Strategy<Value = NodeSpec> {
    let ip: IpAddr = Ipv4Addr::new(192, 168, 1, 11 + n).into();
    let cidr = IpNet::new(Ipv4Addr::new(10, 42, n, 0).into(), 24).expect("24 fits");
    (
        mostly(format!("n{n}"), node_name()),
        mostly(vec![ip], vec(addr(), 0..3)),
        mostly(vec![cidr], vec(net(), 0..3)),
        mostly(true, Just(false)),
        mostly(BTreeMap::new(), sysctl()),
        listen(),
        mostly(None, vec(net(), 0..4).prop_map(Some)),
    )
        .prop_map(
            |(name, ips, pod_cidrs, default_route, sysctl, listen, addresses)| NodeSpec {
                name,
                ips,
                pod_cidrs,
                default_route,
                sysctl,
                listen,
                addresses,
            },
        )
}

fn pod(n: u8) -> impl Strategy<Value = PodSpec> {
    let on = n % 3;
    let ip: IpAddr = Ipv4Addr::new(10, 42, on, 2 + n / 3).into();
    (
        mostly(vec![ip], vec(addr(), 0..3)),
        mostly(format!("n{on}"), node_name()),
        listen(),
    )
        .prop_map(move |(ips, node, listen)| PodSpec {
            name: format!("p{n}"),
            ips,
            node,
            listen,
        })
}

fn external(n: u8) -> impl Strategy<Value = ExternalSpec> {
    let ip: IpAddr = Ipv4Addr::new(192, 168, 1, 100 + n).into();
    let services = IpNet::new(Ipv4Addr::new(10, 43, 0, 0).into(), 16).expect("16 fits");
    (
        mostly(vec![ip], vec(addr(), 0..3)),
        mostly(
            vec![(services, "n0".to_owned())],
            vec((net(), node_name()), 0..3),
        ),
        listen(),
    )
        .prop_map(move |(ips, routes, listen)| ExternalSpec {
            name: format!("x{n}"),
            ips,
            routes,
            listen,
        })
}

prop_compose! {
    pub fn topology()(
        nodes in [node(0), node(1), node(2)],
        pods in [pod(0), pod(1), pod(2), pod(3)],
        external in [external(0), external(1)],
        attach in select(vec![Attach::Bridge, Attach::Ptp, Attach::Calico]),
        network in select(vec![Network::HostGw, Network::Vxlan]),
        hairpin in any::<bool>(),
        bridge_nf in any::<bool>(),
        sysctl in sysctl(),
    ) -> Topology {
        Topology {
            nodes: nodes.into(),
            pods: pods.into(),
            external: external.into(),
            attach, network, hairpin, bridge_nf, sysctl,
            sets: BTreeMap::new(),
            bridge: "cni0".to_owned(),
            uplink: "eth0".to_owned(),
            veth_prefix: "veth".to_owned(),
        }
    }
}

/// A rule of some table; what the table cannot hold is not read, and then there are no rules.
fn rule(table: &'static str) -> impl Strategy<Value = String> {
    let chain = match table {
        "nat" => vec!["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING", "A", "B"],
        "raw" => vec!["PREROUTING", "OUTPUT", "A"],
        _ => vec!["INPUT", "FORWARD", "OUTPUT", "A", "B"],
    };
    let condition = select(vec![
        "",
        "-p tcp",
        "-s 10.42.0.0/16",
        "! -d 10.43.0.1/32",
        "-i cni0",
        "-o eth0",
        "-m addrtype --dst-type LOCAL",
        "-m statistic --mode random --probability 0.5",
        "-m statistic --mode nth --every 3 --packet 0",
        "-m mark --mark 0x1/0x1",
        "-m conntrack --ctstate NEW",
        "-m conntrack ! --ctstate DNAT",
        "-m recent --name R --rcheck --seconds 10",
        "-m recent --name R --set",
        "-m limit --limit 1/sec --limit-burst 2",
        "-m set --match-set s src",
    ]);
    let target = match table {
        "nat" => vec![
            "-j A",
            "-j B",
            "-g A",
            "-j ACCEPT",
            "-j RETURN",
            "-j MARK --set-xmark 0x1/0x1",
            "-j DNAT --to-destination 10.42.1.2:2",
            "-j DNAT --to-destination 10.42.0.1-10.42.2.3",
            "-j DNAT --to-destination 127.0.0.1:1",
            "-j SNAT --to-source 192.168.1.12:1-3",
            "-j MASQUERADE",
            "-j MASQUERADE --random-fully",
            "-j REDIRECT --to-ports 1",
            "-j NETMAP --to 10.42.1.0/24",
        ],
        "raw" => vec!["-j ACCEPT", "-j NOTRACK", "-j A"],
        _ => vec![
            "-j A",
            "-j ACCEPT",
            "-j DROP",
            "-j RETURN",
            "-j REJECT",
            "-p tcp -j REJECT --reject-with tcp-reset",
            "-j REJECT --reject-with icmp-net-unreachable",
            "-j LOG",
            "-j CONNMARK --save-mark",
        ],
    };
    (select(chain), condition, select(target))
        .prop_map(|(chain, condition, target)| format!("-A {chain} {condition} {target}\n"))
}

pub fn ruleset() -> impl Strategy<Value = Ruleset> {
    let lines = |table| vec(rule(table), 0..6).prop_map(|lines| lines.concat());
    (lines("raw"), lines("filter"), lines("nat")).prop_map(|(raw, filter, nat)| {
        let table = |name: &str, chains: &str, rules: &str| {
            let user = if name == "raw" {
                ":A -\n"
            } else {
                ":A -\n:B -\n"
            };
            let text = format!("*{name}\n{chains}{user}{rules}COMMIT\n");
            match Ruleset::parse(Family::Ipv4, &text) {
                Ok(_) => text,
                Err(_) => String::new(),
            }
        };
        let base = |chains: &[&str]| -> String {
            chains
                .iter()
                .map(|chain| format!(":{chain} ACCEPT\n"))
                .collect()
        };
        let text = [
            table("raw", &base(&["PREROUTING", "OUTPUT"]), &raw),
            table("filter", &base(&["INPUT", "FORWARD", "OUTPUT"]), &filter),
            table(
                "nat",
                &base(&["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]),
                &nat,
            ),
        ]
        .concat();
        Ruleset::parse(Family::Ipv4, &text).unwrap_or_else(|_| Ruleset::empty(Family::Ipv4))
    })
}

fn sender() -> impl Strategy<Value = Sender> {
    prop_oneof![
        node_name().prop_map(|name| Sender::Process(Ns::Node(name))),
        (0u8..4).prop_map(|n| Sender::Process(Ns::Pod(format!("p{n}")))),
        (0u8..2).prop_map(|n| Sender::Process(Ns::External(format!("x{n}")))),
        Just(Sender::Process(Ns::Router)),
        (node_name(), addr()).prop_map(|(node, src)| Sender::Wire { node, src }),
    ]
}

prop_compose! {
    pub fn probe()(
        from in sender(),
        dst in addr(),
        dport in 0u16..4,
        protocol in protocol(),
        sport in proptest::option::of(0u16..3),
    ) -> Probe {
        Probe { from, dst, dport, protocol, sport }
    }
}

prop_compose! {
    /// A topology with rules on each node, which may be told anew.
    pub fn world()(topology in topology(), rulesets in vec(ruleset(), 3)) -> World {
        World { topology, rulesets }
    }
}

/// A topology, and its nodes' rules.
#[derive(Debug, Clone)]
pub struct World {
    pub topology: Topology,
    pub rulesets: Vec<Ruleset>,
}

impl World {
    pub fn fabric(&self) -> Fabric {
        let rules: BTreeMap<_, _> = ["n0", "n1", "n2"]
            .into_iter()
            .zip(self.rulesets.clone())
            .map(|(node, ruleset)| ((node.to_owned(), Family::Ipv4), ruleset))
            .collect();
        Fabric::new(&self.topology, rules)
    }
}
