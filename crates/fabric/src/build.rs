//! From a topology to namespaces: which devices, addresses and routes a node engineer would find.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use netfilter::Family;

use crate::space::{DevId, DevKind, Forwarding, Namespace, NsId, Scope, Sysctls, host_net};
use crate::topology::{Attach, Network, NodeSpec, Ns, PodSpec, Topology};

const FAMILIES: [Family; 2] = [Family::Ipv4, Family::Ipv6];

/// flannel has a device for each family (`pkg/backend/vxlan/vxlan.go`).
const VXLAN_DEVICES: [(Family, &str); 2] =
    [(Family::Ipv4, "flannel.1"), (Family::Ipv6, "flannel-v6.1")];

/// The namespaces of a topology, and the tables that join them.
#[derive(Debug, Clone)]
pub(crate) struct Built {
    pub spaces: Vec<Namespace>,
    /// Who answers for an address on the nodes' network.
    pub segment: BTreeMap<IpAddr, NsId>,
    /// Networks of pods, with the node that holds them.
    pub pod_nets: PodNets,
    /// Who answers for an address on a node's pod network.
    pub pods: BTreeMap<(NsId, IpAddr), NsId>,
}

/// Networks of pods by length of prefix, longest first, so that a cluster of many nodes costs a
/// lookup for each length that occurs.
#[derive(Debug, Clone, Default)]
pub(crate) struct PodNets {
    by_prefix: Vec<(u8, BTreeMap<IpAddr, NsId>)>,
}

impl PodNets {
    fn insert(&mut self, net: IpNet, node: NsId) {
        let length = net.prefix_len();
        let at = self
            .by_prefix
            .partition_point(|&(longer, _)| longer > length);
        if self.by_prefix.get(at).is_none_or(|&(l, _)| l != length) {
            self.by_prefix.insert(at, (length, BTreeMap::new()));
        }
        let nets = &mut self.by_prefix[at].1;
        nets.entry(net.network()).or_insert(node);
    }

    /// The longest network that holds an address.
    pub fn find(&self, addr: IpAddr) -> Option<(IpNet, NsId)> {
        self.by_prefix.iter().find_map(|(length, nets)| {
            let net = IpNet::new(addr, *length).ok()?.trunc();
            let &node = nets.get(&net.network())?;
            Some((net, node))
        })
    }
}

pub(crate) fn build(topology: &Topology) -> Built {
    let mut built = Built {
        spaces: Vec::new(),
        segment: BTreeMap::new(),
        pod_nets: PodNets::default(),
        pods: BTreeMap::new(),
    };
    let link = Link::of(topology);
    let host = Arc::new(Sysctls::untouched(Forwarding::Off));
    for node in &topology.nodes {
        let space = node_space(topology, node, &link);
        built.spaces.push(space);
    }
    for (id, node) in topology.nodes.iter().enumerate() {
        for &ip in &node.ips {
            built.segment.entry(ip).or_insert(id);
        }
        for &net in &node.pod_cidrs {
            built.pod_nets.insert(net, id);
        }
    }
    let mut names: BTreeMap<&str, NsId> = BTreeMap::new();
    for (id, node) in topology.nodes.iter().enumerate() {
        names.entry(&node.name).or_insert(id);
    }
    for (number, pod) in topology.pods.iter().enumerate() {
        if let Some(&node) = names.get(pod.node.as_str()) {
            attach_pod(topology, &mut built, &host, pod, number, node);
        }
    }
    for external in &topology.external {
        let id = built.spaces.len();
        let mut space = Namespace::new(Ns::External(external.name.clone()), Arc::clone(&host));
        let eth = space.add_dev("eth0", DevKind::Uplink);
        for &ip in &external.ips {
            link.join(&mut space, eth, ip);
            built.segment.entry(ip).or_insert(id);
        }
        for (dst, via) in &external.routes {
            let node = names.get(via.as_str()).map(|&id| &topology.nodes[id]);
            let gateway = node.and_then(|node| same_family(&node.ips, dst.addr()));
            if let Some(gateway) = gateway {
                space.add_route(dst.trunc(), eth, Some(gateway), Scope::Universe);
            }
        }
        link.default_route(&mut space, eth);
        space.listen = external.listen.ports.clone();
        built.spaces.push(space);
    }
    let router_id = built.spaces.len();
    let mut router = Namespace::new(Ns::Router, Sysctls::untouched(Forwarding::On));
    let eth = router.add_dev("eth0", DevKind::Uplink);
    for family in FAMILIES {
        if let Some(gateway) = link.gateway(family) {
            link.join(&mut router, eth, gateway);
            built.segment.entry(gateway).or_insert(router_id);
        }
    }
    built.spaces.push(router);
    // Whatever else a namespace carries on the link, it answers for too (`arp_ignore` is 0).
    for (id, space) in built.spaces.iter().enumerate() {
        let Some(uplink) = space.dev_of_kind(DevKind::Uplink) else {
            continue;
        };
        for addr in &space.devs[uplink].addrs {
            built.segment.entry(addr.addr()).or_insert(id);
        }
    }
    built
}

fn node_space(topology: &Topology, node: &NodeSpec, link: &Link) -> Namespace {
    let mut values = topology.sysctl.clone();
    values.extend(node.sysctl.clone());
    let sysctls = Sysctls::node(values, topology.bridge_nf);
    let mut space = Namespace::new(Ns::Node(node.name.clone()), sysctls);
    space.is_node = true;
    space.hairpin = topology.hairpin;
    space.sets.clone_from(&topology.sets);
    space.listen = node.listen.ports.clone();
    let uplink = space.add_dev(&topology.uplink, DevKind::Uplink);
    let bridge = (topology.attach == Attach::Bridge)
        .then(|| space.add_dev(&topology.bridge, DevKind::Bridge));
    if topology.network == Network::Vxlan {
        for (family, name) in VXLAN_DEVICES {
            let speaks = |addr: IpAddr| Family::of(addr) == family;
            if node.pod_cidrs.iter().any(|net| speaks(net.addr())) {
                space.add_dev(name, DevKind::Vxlan(family));
            }
        }
    }
    let vxlan =
        |space: &Namespace, net: IpNet| space.dev_of_kind(DevKind::Vxlan(Family::of(net.addr())));
    match &node.addresses {
        Some(stated) => {
            for &addr in stated {
                let dev = if addr.addr().is_loopback() {
                    Some(0)
                } else if let Some(net) = pod_net(node, addr.addr()) {
                    match vxlan(&space, net) {
                        Some(vxlan) if addr.addr() == net.network() => Some(vxlan),
                        _ => bridge,
                    }
                } else {
                    None
                };
                space.add_addr(dev.unwrap_or(uplink), addr);
            }
            for &ip in &node.ips {
                link.reach(&mut space, uplink, ip);
            }
        }
        None => {
            for &ip in &node.ips {
                link.join(&mut space, uplink, ip);
            }
            for &net in &node.pod_cidrs {
                if let Some(bridge) = bridge {
                    let addr = IpNet::new(gateway_of(net), net.prefix_len())
                        .expect("the gateway has the network's family");
                    space.add_addr(bridge, addr);
                }
                if let Some(vxlan) = vxlan(&space, net) {
                    space.add_addr(vxlan, host_net(net.network()));
                }
            }
        }
    }
    if let Some(bridge) = bridge {
        for &net in &node.pod_cidrs {
            space.add_route(net.trunc(), bridge, None, Scope::Link);
        }
    }
    if node.default_route {
        link.default_route(&mut space, uplink);
    }
    space
}

/// Joins a pod to its node by a veth pair, as the network plugin would. The recordings number
/// veths through all nodes, in the order of the pods.
fn attach_pod(
    topology: &Topology,
    built: &mut Built,
    sysctls: &Arc<Sysctls>,
    pod: &PodSpec,
    number: usize,
    node_id: NsId,
) {
    let node = &topology.nodes[node_id];
    let id = built.spaces.len();
    let mut space = Namespace::new(Ns::Pod(pod.name.clone()), Arc::clone(sysctls));
    space.listen = pod.listen.ports.clone();
    let host = &mut built.spaces[node_id];
    let bridge = host.dev_of_kind(DevKind::Bridge);
    let kind = match bridge {
        Some(bridge) => DevKind::Port { bridge, pod: id },
        None => DevKind::Veth { pod: id },
    };
    let peer = host.add_dev(&format!("{}{number}", topology.veth_prefix), kind);
    let eth = space.add_dev(
        "eth0",
        DevKind::PodEth {
            node: node_id,
            peer,
        },
    );
    for &ip in &pod.ips {
        built.pods.entry((node_id, ip)).or_insert(id);
        let net = pod_net(node, ip);
        let host = &mut built.spaces[node_id];
        let gateway = pod_gateway(topology.attach, node, ip);
        match bridge {
            Some(bridge) => match net {
                Some(net) => space.add_addr(eth, with_prefix(ip, net.prefix_len())),
                None => {
                    space.add_addr(eth, host_net(ip));
                    host.add_route(host_net(ip), bridge, None, Scope::Link);
                }
            },
            None => {
                space.add_addr(eth, host_net(ip));
                if topology.attach == Attach::Ptp {
                    host.add_addr(peer, host_net(gateway));
                    host.add_route(host_net(ip), peer, None, Scope::Host);
                } else {
                    host.add_route(host_net(ip), peer, None, Scope::Link);
                }
                space.add_route(host_net(gateway), eth, None, Scope::Link);
            }
        }
        if net.is_none() {
            built.pod_nets.insert(host_net(ip), node_id);
        }
        let default = match Family::of(ip) {
            Family::Ipv4 => IpNet::V4(Ipv4Net::default()),
            Family::Ipv6 => IpNet::V6(Ipv6Net::default()),
        };
        space.add_route(default, eth, Some(gateway), Scope::Universe);
    }
    built.spaces.push(space);
}

/// The address a pod has for its gateway.
pub(crate) fn pod_gateway(attach: Attach, node: &NodeSpec, ip: IpAddr) -> IpAddr {
    let own = (attach != Attach::Calico)
        .then(|| {
            pod_net(node, ip).or_else(|| {
                node.pod_cidrs
                    .iter()
                    .copied()
                    .find(|net| net.addr().is_ipv4() == ip.is_ipv4())
            })
        })
        .flatten();
    match (own, ip) {
        (Some(net), _) => gateway_of(net),
        // calico's, which the node answers for by proxy ARP.
        (None, IpAddr::V4(_)) => Ipv4Addr::new(169, 254, 1, 1).into(),
        // The link-local address of the node's end, whose hardware address calico sets to ee:…:ee.
        (None, IpAddr::V6(_)) => {
            Ipv6Addr::new(0xfe80, 0, 0, 0, 0xecee, 0xeeff, 0xfeee, 0xeeee).into()
        }
    }
}

fn pod_net(node: &NodeSpec, ip: IpAddr) -> Option<IpNet> {
    node.pod_cidrs.iter().copied().find(|net| net.contains(&ip))
}

/// The first host address of a pod network.
fn gateway_of(net: IpNet) -> IpAddr {
    match net.network() {
        IpAddr::V4(a) => Ipv4Addr::from(u32::from(a).saturating_add(1)).into(),
        IpAddr::V6(a) => Ipv6Addr::from(u128::from(a).saturating_add(1)).into(),
    }
}

fn with_prefix(ip: IpAddr, prefix: u8) -> IpNet {
    IpNet::new(ip, prefix).expect("the prefix was that of a network of the same family")
}

fn same_family(ips: &[IpAddr], like: IpAddr) -> Option<IpAddr> {
    ips.iter()
        .copied()
        .find(|ip| ip.is_ipv4() == like.is_ipv4())
}

/// The nodes' network: one link, one prefix per family, a router at its first free address.
struct Link {
    nets: Vec<(IpNet, IpAddr)>,
    hosts: Vec<IpAddr>,
}

impl Link {
    /// The topology does not say how long the prefix is: /24 (the recordings') and /64, widened
    /// down to /16 and /48 until all hosts are inside.
    fn of(topology: &Topology) -> Link {
        let hosts: Vec<IpAddr> = topology
            .nodes
            .iter()
            .flat_map(|node| &node.ips)
            .chain(topology.external.iter().flat_map(|e| &e.ips))
            .copied()
            .collect();
        let mut nets = Vec::new();
        for family in FAMILIES {
            let mine: Vec<IpAddr> = hosts
                .iter()
                .copied()
                .filter(|ip| Family::of(*ip) == family)
                .collect();
            let Some(&first) = mine.first() else { continue };
            let (longest, shortest) = match family {
                Family::Ipv4 => (24, 16),
                Family::Ipv6 => (64, 48),
            };
            let net = (shortest..=longest)
                .rev()
                .map(|prefix| with_prefix(first, prefix).trunc())
                .find(|net| mine.iter().all(|ip| net.contains(ip)))
                .unwrap_or_else(|| with_prefix(first, longest).trunc());
            let mut gateway = gateway_of(net);
            for _ in 0..=mine.len() {
                if !mine.contains(&gateway) {
                    break;
                }
                gateway = gateway_of(host_net(gateway));
            }
            nets.push((net, gateway));
        }
        Link { nets, hosts }
    }

    fn net(&self, family: Family) -> Option<(IpNet, IpAddr)> {
        self.nets
            .iter()
            .copied()
            .find(|(net, _)| Family::of(net.addr()) == family)
    }

    fn gateway(&self, family: Family) -> Option<IpAddr> {
        self.net(family).map(|(_, gateway)| gateway)
    }

    /// Puts a host with this address on the link.
    fn join(&self, space: &mut Namespace, dev: DevId, ip: IpAddr) {
        match self.net(Family::of(ip)) {
            Some((net, _)) if net.contains(&ip) => {
                space.add_addr(dev, with_prefix(ip, net.prefix_len()));
            }
            _ => space.add_addr(dev, host_net(ip)),
        }
        self.reach(space, dev, ip);
    }

    /// Routes on the link to everybody on it whom the prefix of the address `ip` does not cover.
    fn reach(&self, space: &mut Namespace, dev: DevId, ip: IpAddr) {
        let family = Family::of(ip);
        let Some((net, _)) = self.net(family) else {
            return;
        };
        let covered = |host: IpAddr| {
            space.devs[dev]
                .addrs
                .iter()
                .any(|addr| addr.contains(&host))
        };
        let mut missing: Vec<IpNet> = self
            .hosts
            .iter()
            .copied()
            .filter(|&host| Family::of(host) == family && !covered(host))
            .map(|host| {
                if net.contains(&host) {
                    net
                } else {
                    host_net(host)
                }
            })
            .collect();
        missing.dedup();
        for dst in missing {
            space.add_route(dst, dev, None, Scope::Link);
        }
    }

    fn default_route(&self, space: &mut Namespace, dev: DevId) {
        for &(net, gateway) in &self.nets {
            let default = match Family::of(net.addr()) {
                Family::Ipv4 => IpNet::V4(Ipv4Net::default()),
                Family::Ipv6 => IpNet::V6(Ipv6Net::default()),
            };
            space.add_route(default, dev, Some(gateway), Scope::Universe);
        }
    }
}
