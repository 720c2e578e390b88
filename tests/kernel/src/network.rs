//! A [`fabric::Topology`], built of the kernel's own namespaces, bridges, veths and routes.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use fabric::{Attach, ExternalSpec, Network, NodeSpec, Ns, PodSpec, Topology};
use ipnet::IpNet;
use netfilter::Family;

use crate::spaces::{Done, Home, Space};

/// calico's hardware address for the node's end of every pod's veth, and the link-local address
/// that the kernel makes of it (RFC 4291, appendix A), which is the pods' gateway.
const CALICO_MAC: &str = "ee:ee:ee:ee:ee:ee";
const CALICO_GATEWAY6: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0xecee, 0xeeff, 0xfeee, 0xeeee);
const CALICO_GATEWAY4: Ipv4Addr = Ipv4Addr::new(169, 254, 1, 1);

/// Everything there is, joined.
pub struct Built {
    /// The namespaces by what they stand for.
    pub spaces: BTreeMap<Ns, Space>,
}

impl Built {
    /// The namespace of a node, pod or host.
    pub fn space(&self, ns: &Ns) -> Done<&Space> {
        self.spaces
            .get(ns)
            .ok_or_else(|| format!("there is no namespace for {ns:?}"))
    }

    /// Builds all of it.
    pub fn new(home: &Home, topology: &Topology) -> Done<Built> {
        let plan = Plan {
            home,
            topology,
            families: families(topology),
        };
        let mut built = Built {
            spaces: BTreeMap::new(),
        };
        let router = plan.router()?;
        for (at, node) in topology.nodes.iter().enumerate() {
            let space = plan.node(node)?;
            plan.plug(&router, &space, &format!("n{at}"), &topology.uplink)?;
            plan.furnish(node, &space)?;
            built.spaces.insert(Ns::Node(node.name.clone()), space);
        }
        for node in &topology.nodes {
            plan.between_nodes(node, built.space(&Ns::Node(node.name.clone()))?)?;
        }
        for (at, pod) in topology.pods.iter().enumerate() {
            let space = plan.pod(&built, at, pod)?;
            built.spaces.insert(Ns::Pod(pod.name.clone()), space);
        }
        plan.acquaint(&built)?;
        for (at, host) in topology.external.iter().enumerate() {
            let space = plan.make(&host.name)?;
            plan.plug(&router, &space, &format!("x{at}"), "eth0")?;
            plan.host(host, &space)?;
            built.spaces.insert(Ns::External(host.name.clone()), space);
        }
        built.spaces.insert(Ns::Router, router);
        Ok(built)
    }

    /// Lets a host outside reach one address by a certain node.
    pub fn route(&self, home: &Home, host: &Ns, dst: IpAddr, via: IpAddr) -> Done {
        let line = format!("route replace {} via {via}", IpNet::from(dst));
        home.ip(self.space(host)?, &[line])
    }

    /// Makes a host send what is for its loopback onto the wire, as no good host does, and take
    /// answers from there. Its own processes need no loopback here.
    pub fn forget_loopback(&self, home: &Home, host: &Ns) -> Done {
        let argv = ["ip", "addr", "flush", "dev", "lo"];
        home.run(self.space(host)?, &argv, "")?;
        home.sysctl(self.space(host)?, "net.ipv4.conf.all.route_localnet", "1")
    }

    /// Takes such a route away again.
    pub fn unroute(&self, home: &Home, host: &Ns, dst: IpAddr) -> Done {
        home.ip(
            self.space(host)?,
            &[format!("route del {}", IpNet::from(dst))],
        )
    }
}

/// Which families a topology speaks.
pub fn families(topology: &Topology) -> Vec<Family> {
    let first = topology.nodes.first();
    let ips = first.map(|node| node.ips.as_slice()).unwrap_or_default();
    ips.iter().map(|&ip| Family::of(ip)).collect()
}

/// What is built, and how.
struct Plan<'a> {
    home: &'a Home,
    topology: &'a Topology,
    families: Vec<Family>,
}

impl Plan<'_> {
    /// A namespace that speaks what is spoken here.
    fn make(&self, name: &str) -> Done<Space> {
        let space = self.home.make(name)?;
        if self.families.contains(&Family::Ipv6) {
            self.home.speak_ipv6(&space)?;
        }
        Ok(space)
    }

    /// The router's address in a family: the nodes' network has it first.
    fn router_ip(&self, family: Family) -> Done<IpAddr> {
        let first = self.topology.nodes.first().ok_or("there is no node")?;
        Ok(first_host(net(
            address(&first.ips, family)?,
            prefix(family),
        )))
    }

    fn router(&self) -> Done<Space> {
        let router = self.make("router")?;
        self.home.sysctl(&router, "net.ipv4.ip_forward", "1")?;
        if self.families.contains(&Family::Ipv6) {
            self.home
                .sysctl(&router, "net.ipv6.conf.all.forwarding", "1")?;
        }
        let mut lines = vec!["link add br0 type bridge mcast_snooping 0".to_owned()];
        for &family in &self.families {
            let ip = self.router_ip(family)?;
            lines.push(add_addr(ip, prefix(family), "br0"));
        }
        lines.push("link set br0 up".to_owned());
        self.home.ip(&router, &lines)?;
        for tables in ["iptables", "ip6tables"] {
            let key = format!("net.bridge.bridge-nf-call-{tables}");
            self.home.sysctl(&router, &key, "0")?;
        }
        Ok(router)
    }

    /// A node's namespace, which forwards before it has any device.
    fn node(&self, node: &NodeSpec) -> Done<Space> {
        let space = self.make(&node.name)?;
        self.home.sysctl(&space, "net.ipv4.ip_forward", "1")?;
        if self.families.contains(&Family::Ipv6) {
            self.home
                .sysctl(&space, "net.ipv6.conf.all.forwarding", "1")?;
        }
        self.home
            .sysctl(&space, "net.ipv4.conf.all.route_localnet", "1")?;
        Ok(space)
    }

    /// A node's addresses, its bridge and its switches.
    fn furnish(&self, node: &NodeSpec, space: &Space) -> Done {
        let Topology { uplink, bridge, .. } = self.topology;
        let bridged = self.topology.attach == Attach::Bridge;
        let mut lines = Vec::new();
        for &family in &self.families {
            let ip = address(&node.ips, family)?;
            lines.push(add_addr(ip, prefix(family), uplink));
        }
        lines.push(format!("link set {uplink} up"));
        if node.default_route {
            for &family in &self.families {
                let router = self.router_ip(family)?;
                lines.push(format!("route add {} via {router}", everything(family)));
            }
        }
        if bridged {
            lines.push(format!("link add {bridge} type bridge mcast_snooping 0"));
            for &family in &self.families {
                let pods = cidr(&node.pod_cidrs, family)?;
                lines.push(add_addr(first_host(pods), pods.prefix_len(), bridge));
            }
            lines.push(format!("link set {bridge} up"));
        }
        self.home.ip(space, &lines)?;
        if bridged {
            let on = if self.topology.bridge_nf { "1" } else { "0" };
            for tables in ["iptables", "ip6tables"] {
                let key = format!("net.bridge.bridge-nf-call-{tables}");
                self.home.sysctl(space, &key, on)?;
            }
        }
        for (key, value) in self.topology.sysctl.iter().chain(&node.sysctl) {
            self.home.sysctl(space, key, value)?;
        }
        Ok(())
    }

    /// How a node reaches the others' pods.
    fn between_nodes(&self, node: &NodeSpec, space: &Space) -> Done {
        for &family in &self.families {
            match self.topology.network {
                Network::HostGw => {
                    let lines: Done<Vec<String>> = self
                        .others(node)
                        .map(|other| {
                            let pods = cidr(&other.pod_cidrs, family)?;
                            let via = address(&other.ips, family)?;
                            Ok(format!("route add {pods} via {via}"))
                        })
                        .collect();
                    self.home.ip(space, &lines?)?;
                }
                Network::Vxlan => self.tunnel(node, space, family)?,
            }
        }
        Ok(())
    }

    fn others<'n>(&'n self, node: &'n NodeSpec) -> impl Iterator<Item = &'n NodeSpec> {
        let nodes = self.topology.nodes.iter();
        nodes.filter(|other| other.name != node.name)
    }

    /// As flannel does it: a device for each family, everything known beforehand.
    fn tunnel(&self, node: &NodeSpec, space: &Space, family: Family) -> Done {
        let dev = match family {
            Family::Ipv4 => "flannel.1",
            Family::Ipv6 => "flannel-v6.1",
        };
        let mine = cidr(&node.pod_cidrs, family)?;
        let mut lines = vec![
            format!(
                "link add {dev} type vxlan id 1 local {} dev {} dstport 8472 nolearning",
                address(&node.ips, family)?,
                self.topology.uplink
            ),
            format!("link set {dev} address {} up", mac(mine)),
            add_addr(mine.network(), mine.max_prefix_len(), dev),
        ];
        for other in self.others(node) {
            let pods = cidr(&other.pod_cidrs, family)?;
            let base = pods.network();
            lines.push(format!(
                "neigh add {base} lladdr {} dev {dev} nud permanent",
                mac(pods)
            ));
            lines.push(format!("route add {pods} via {base} dev {dev} onlink"));
        }
        self.home.ip(space, &lines)?;
        for other in self.others(node) {
            let mac = mac(cidr(&other.pod_cidrs, family)?);
            let ip = address(&other.ips, family)?.to_string();
            let argv = ["bridge", "fdb", "add", &mac, "dev", dev, "dst", &ip];
            self.home.run(space, &argv, "")?;
        }
        Ok(())
    }

    /// A pod, with its veth to its node.
    fn pod(&self, built: &Built, at: usize, pod: &PodSpec) -> Done<Space> {
        let topology = self.topology;
        let node = topology.nodes.iter().find(|node| node.name == pod.node);
        let node = node.ok_or("a pod's node is not there")?;
        let space = self.make(&pod.name)?;
        let host = built.space(&Ns::Node(node.name.clone()))?;
        let veth = format!("{}{at}", topology.veth_prefix);
        let mine = match topology.attach {
            Attach::Calico => format!(" address {CALICO_MAC}"),
            Attach::Bridge | Attach::Ptp => String::new(),
        };
        let mut outside = vec![format!(
            "link add {veth}{mine} type veth peer name eth0 address {} netns {}",
            pod_mac(at),
            space.path()
        )];
        match topology.attach {
            Attach::Bridge => {
                let hairpin = if topology.hairpin { "on" } else { "off" };
                outside.push(format!("link set {veth} master {} up", topology.bridge));
                outside.push(format!(
                    "link set dev {veth} type bridge_slave hairpin {hairpin}"
                ));
            }
            Attach::Ptp => {
                for &family in &self.families {
                    let gateway = first_host(cidr(&node.pod_cidrs, family)?);
                    outside.push(add_addr(gateway, IpNet::from(gateway).prefix_len(), &veth));
                }
                outside.push(format!("link set {veth} up"));
            }
            Attach::Calico => outside.push(format!("link set {veth} up")),
        }
        let mut inside = Vec::new();
        for &family in &self.families {
            let ip = address(&pod.ips, family)?;
            let pods = cidr(&node.pod_cidrs, family)?;
            let length = match topology.attach {
                Attach::Bridge => pods.prefix_len(),
                Attach::Ptp | Attach::Calico => IpNet::from(ip).prefix_len(),
            };
            inside.push(add_addr(ip, length, "eth0"));
        }
        inside.push("link set eth0 up".to_owned());
        for &family in &self.families {
            let pods = cidr(&node.pod_cidrs, family)?;
            let gateway: IpAddr = match (topology.attach, family) {
                (Attach::Calico, Family::Ipv4) => CALICO_GATEWAY4.into(),
                (Attach::Calico, Family::Ipv6) => CALICO_GATEWAY6.into(),
                (Attach::Bridge | Attach::Ptp, _) => first_host(pods),
            };
            let scope = match (topology.attach, family) {
                (Attach::Ptp, Family::Ipv4) => " scope host",
                _ => "",
            };
            if topology.attach != Attach::Bridge {
                let ip = IpNet::from(address(&pod.ips, family)?);
                outside.push(format!("route add {ip} dev {veth}{scope}"));
                inside.push(format!("route add {} dev eth0", IpNet::from(gateway)));
            }
            let all = everything(family);
            inside.push(format!("route add {all} via {gateway} dev eth0"));
        }
        self.home.ip(host, &outside)?;
        if topology.attach == Attach::Calico {
            let home = self.home;
            home.sysctl(host, &format!("net.ipv4.conf.{veth}.proxy_arp"), "1")?;
            home.sysctl(host, &format!("net.ipv4.neigh.{veth}.proxy_delay"), "0")?;
        }
        self.home.ip(&space, &inside)?;
        Ok(space)
    }

    /// Tells the pods of one bridge each other's hardware addresses. Else they would ask by ICMPv6,
    /// which a FORWARD policy of DROP stops on a bridge with br_netfilter; the simulator takes
    /// neighbours as found.
    fn acquaint(&self, built: &Built) -> Done {
        if self.topology.attach != Attach::Bridge || !self.families.contains(&Family::Ipv6) {
            return Ok(());
        }
        for pod in &self.topology.pods {
            let mut lines = Vec::new();
            for (at, other) in self.topology.pods.iter().enumerate() {
                if other.node == pod.node && other.name != pod.name {
                    let ip = address(&other.ips, Family::Ipv6)?;
                    let mac = pod_mac(at);
                    lines.push(format!(
                        "neigh replace {ip} lladdr {mac} dev eth0 nud permanent"
                    ));
                }
            }
            self.home
                .ip(built.space(&Ns::Pod(pod.name.clone()))?, &lines)?;
        }
        Ok(())
    }

    /// A host outside: its address and its routes.
    fn host(&self, host: &ExternalSpec, space: &Space) -> Done {
        let mut lines = Vec::new();
        for &family in &self.families {
            let ip = address(&host.ips, family)?;
            lines.push(add_addr(ip, prefix(family), "eth0"));
        }
        lines.push("link set eth0 up".to_owned());
        for &family in &self.families {
            let mut default = false;
            for (dst, via) in &host.routes {
                if Family::of(dst.addr()) != family {
                    continue;
                }
                let via = self.topology.nodes.iter().find(|node| node.name == *via);
                let via = address(&via.ok_or("a route names no node")?.ips, family)?;
                default |= dst.prefix_len() == 0;
                lines.push(format!("route add {dst} via {via}"));
            }
            if !default {
                let router = self.router_ip(family)?;
                lines.push(format!("route add {} via {router}", everything(family)));
            }
        }
        self.home.ip(space, &lines)
    }

    /// A cable from the router's bridge to a namespace.
    fn plug(&self, router: &Space, space: &Space, port: &str, dev: &str) -> Done {
        self.home.ip(
            router,
            &[
                format!(
                    "link add {port} type veth peer name {dev} netns {}",
                    space.path()
                ),
                format!("link set {port} master br0 up"),
            ],
        )
    }
}

/// The nodes' network is a /24 or a /64, as the simulator assumes, with the router at its first
/// address.
fn prefix(family: Family) -> u8 {
    match family {
        Family::Ipv4 => 24,
        Family::Ipv6 => 64,
    }
}

fn everything(family: Family) -> &'static str {
    match family {
        Family::Ipv4 => "0.0.0.0/0",
        Family::Ipv6 => "::/0",
    }
}

fn add_addr(ip: IpAddr, prefix: u8, dev: &str) -> String {
    let nodad = if ip.is_ipv6() { " nodad" } else { "" };
    format!("addr add {ip}/{prefix} dev {dev}{nodad}")
}

/// A hardware address made of a pod network's bytes.
fn mac(pods: IpNet) -> String {
    match pods.network() {
        IpAddr::V4(ip) => format!("02:00:00:00:{:02x}:{:02x}", ip.octets()[1], ip.octets()[2]),
        IpAddr::V6(ip) => format!("02:00:00:06:{:02x}:{:02x}", ip.octets()[6], ip.octets()[7]),
    }
}

/// The hardware address of the pod in this place.
fn pod_mac(at: usize) -> String {
    format!("06:00:00:00:{:02x}:{:02x}", at / 256 % 256, at % 256)
}

fn address(ips: &[IpAddr], family: Family) -> Done<IpAddr> {
    let found = ips.iter().copied().find(|&ip| Family::of(ip) == family);
    found.ok_or_else(|| format!("something has no {family:?} address"))
}

fn cidr(nets: &[IpNet], family: Family) -> Done<IpNet> {
    let mut nets = nets.iter().copied();
    let found = nets.find(|net| Family::of(net.addr()) == family);
    found.ok_or_else(|| format!("a node has no {family:?} podCIDR"))
}

fn net(ip: IpAddr, prefix: u8) -> IpNet {
    IpNet::new(ip, prefix)
        .expect("the prefix fits the family")
        .trunc()
}

fn first_host(net: IpNet) -> IpAddr {
    match net.network() {
        IpAddr::V4(a) => Ipv4Addr::from(u32::from(a).saturating_add(1)).into(),
        IpAddr::V6(a) => Ipv6Addr::from(u128::from(a).saturating_add(1)).into(),
    }
}
