//! A [`fabric::Topology`], built of the kernel's own namespaces, bridges, veths and routes.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use fabric::{Attach, Network, Ns, Topology};
use ipnet::IpNet;

use crate::spaces::{Done, Home, Space};

/// The nodes' network is a /24, as the simulator assumes, with the router at its first address.
const PREFIX: u8 = 24;

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
        let mut built = Built {
            spaces: BTreeMap::new(),
        };
        let first = topology.nodes.first().ok_or("there is no node")?;
        let router_ip = first_host(net(v4(&first.ips)?, PREFIX));
        let router = home.make("router")?;
        home.ip(
            &router,
            &[
                "link add br0 type bridge mcast_snooping 0".to_owned(),
                format!("addr add {router_ip}/{PREFIX} dev br0"),
                "link set br0 up".to_owned(),
            ],
        )?;
        home.sysctl(&router, "net.ipv4.ip_forward", "1")?;
        home.sysctl(&router, "net.bridge.bridge-nf-call-iptables", "0")?;
        for (at, node) in topology.nodes.iter().enumerate() {
            let space = home.make(&node.name)?;
            plug(home, &router, &space, &format!("n{at}"), &topology.uplink)?;
            let (ip, pods) = (v4(&node.ips)?, cidr(&node.pod_cidrs)?);
            let uplink = &topology.uplink;
            let mut lines = vec![
                format!("addr add {ip}/{PREFIX} dev {uplink}"),
                format!("link set {uplink} up"),
            ];
            if node.default_route {
                lines.push(format!("route add default via {router_ip}"));
            }
            if topology.attach == Attach::Bridge {
                let bridge = &topology.bridge;
                lines.push(format!("link add {bridge} type bridge mcast_snooping 0"));
                lines.push(format!(
                    "addr add {}/{} dev {bridge}",
                    first_host(pods),
                    pods.prefix_len()
                ));
                lines.push(format!("link set {bridge} up"));
            }
            home.ip(&space, &lines)?;
            home.sysctl(&space, "net.ipv4.ip_forward", "1")?;
            home.sysctl(&space, "net.ipv4.conf.all.route_localnet", "1")?;
            if topology.attach == Attach::Bridge {
                let on = if topology.bridge_nf { "1" } else { "0" };
                home.sysctl(&space, "net.bridge.bridge-nf-call-iptables", on)?;
            }
            for (key, value) in topology.sysctl.iter().chain(&node.sysctl) {
                home.sysctl(&space, key, value)?;
            }
            built.spaces.insert(Ns::Node(node.name.clone()), space);
        }
        for node in &topology.nodes {
            between_nodes(home, topology, node, &built)?;
        }
        for (at, pod) in topology.pods.iter().enumerate() {
            let node = topology
                .nodes
                .iter()
                .find(|node| node.name == pod.node)
                .ok_or("a pod's node is not there")?;
            let space = home.make(&pod.name)?;
            let host = built.space(&Ns::Node(node.name.clone()))?;
            let (ip, pods) = (v4(&pod.ips)?, cidr(&node.pod_cidrs)?);
            let gateway = match topology.attach {
                Attach::Calico => Ipv4Addr::new(169, 254, 1, 1).into(),
                Attach::Bridge | Attach::Ptp => first_host(pods),
            };
            let veth = format!("{}{at}", topology.veth_prefix);
            let pair = format!(
                "link add {veth} type veth peer name eth0 netns {}",
                space.path()
            );
            match topology.attach {
                Attach::Bridge => {
                    let bridge = &topology.bridge;
                    let hairpin = if topology.hairpin { "on" } else { "off" };
                    home.ip(
                        host,
                        &[
                            pair,
                            format!("link set {veth} master {bridge} up"),
                            format!("link set dev {veth} type bridge_slave hairpin {hairpin}"),
                        ],
                    )?;
                    home.ip(
                        &space,
                        &[
                            format!("addr add {ip}/{} dev eth0", pods.prefix_len()),
                            "link set eth0 up".to_owned(),
                            format!("route add default via {gateway}"),
                        ],
                    )?;
                }
                Attach::Ptp | Attach::Calico => {
                    let scope = match topology.attach {
                        Attach::Ptp => "host",
                        _ => "link",
                    };
                    let mut lines = vec![pair];
                    if topology.attach == Attach::Ptp {
                        lines.push(format!("addr add {gateway}/32 dev {veth}"));
                    }
                    lines.push(format!("link set {veth} up"));
                    lines.push(format!("route add {ip}/32 dev {veth} scope {scope}"));
                    home.ip(host, &lines)?;
                    if topology.attach == Attach::Calico {
                        home.sysctl(host, &format!("net.ipv4.conf.{veth}.proxy_arp"), "1")?;
                        home.sysctl(host, &format!("net.ipv4.neigh.{veth}.proxy_delay"), "0")?;
                    }
                    home.ip(
                        &space,
                        &[
                            format!("addr add {ip}/32 dev eth0"),
                            "link set eth0 up".to_owned(),
                            format!("route add {gateway} dev eth0 scope link"),
                            format!("route add default via {gateway} dev eth0"),
                        ],
                    )?;
                }
            }
            built.spaces.insert(Ns::Pod(pod.name.clone()), space);
        }
        for (at, host) in topology.external.iter().enumerate() {
            let space = home.make(&host.name)?;
            plug(home, &router, &space, &format!("x{at}"), "eth0")?;
            let mut lines = vec![
                format!("addr add {}/{PREFIX} dev eth0", v4(&host.ips)?),
                "link set eth0 up".to_owned(),
            ];
            let mut default = false;
            for (dst, via) in &host.routes {
                let IpNet::V4(dst) = dst else { continue };
                let via = topology.nodes.iter().find(|node| node.name == *via);
                let via = v4(&via.ok_or("a route names no node")?.ips)?;
                default |= dst.prefix_len() == 0;
                lines.push(format!("route add {dst} via {via}"));
            }
            if !default {
                lines.push(format!("route add default via {router_ip}"));
            }
            home.ip(&space, &lines)?;
            built.spaces.insert(Ns::External(host.name.clone()), space);
        }
        built.spaces.insert(Ns::Router, router);
        Ok(built)
    }

    /// Lets a host outside reach one address by a certain node.
    pub fn route(&self, home: &Home, host: &Ns, dst: IpAddr, via: IpAddr) -> Done {
        let line = format!("route replace {dst}/32 via {via}");
        home.ip(self.space(host)?, &[line])
    }

    /// Makes a host send what is for 127.0.0.1 onto the wire, as no good host does, and take answers
    /// from there. Its own processes need no loopback here.
    pub fn forget_loopback(&self, home: &Home, host: &Ns) -> Done {
        let argv = ["ip", "addr", "flush", "dev", "lo"];
        home.run(self.space(host)?, &argv, "")?;
        home.sysctl(self.space(host)?, "net.ipv4.conf.all.route_localnet", "1")
    }

    /// Takes such a route away again.
    pub fn unroute(&self, home: &Home, host: &Ns, dst: IpAddr) -> Done {
        home.ip(self.space(host)?, &[format!("route del {dst}/32")])
    }
}

/// How a node reaches the others' pods.
fn between_nodes(home: &Home, topology: &Topology, node: &fabric::NodeSpec, built: &Built) -> Done {
    let space = built.space(&Ns::Node(node.name.clone()))?;
    let others: Vec<_> = topology
        .nodes
        .iter()
        .filter(|other| other.name != node.name)
        .collect();
    let mut lines = Vec::new();
    if topology.network == Network::HostGw {
        for other in others {
            let pods = cidr(&other.pod_cidrs)?;
            lines.push(format!("route add {pods} via {}", v4(&other.ips)?));
        }
        return home.ip(space, &lines);
    }
    // As flannel does it: one device, everything known beforehand.
    let mine = cidr(&node.pod_cidrs)?;
    lines.push(format!(
        "link add flannel.1 type vxlan id 1 local {} dev {} dstport 8472 nolearning",
        v4(&node.ips)?,
        topology.uplink
    ));
    lines.push(format!("link set flannel.1 address {} up", mac(mine)));
    lines.push(format!("addr add {}/32 dev flannel.1", mine.network()));
    for other in &others {
        let pods = cidr(&other.pod_cidrs)?;
        let base = pods.network();
        lines.push(format!(
            "neigh add {base} lladdr {} dev flannel.1 nud permanent",
            mac(pods)
        ));
        lines.push(format!("route add {pods} via {base} dev flannel.1 onlink"));
    }
    home.ip(space, &lines)?;
    for other in others {
        let (pods, ip) = (cidr(&other.pod_cidrs)?, v4(&other.ips)?.to_string());
        let argv = [
            "bridge",
            "fdb",
            "add",
            &mac(pods),
            "dev",
            "flannel.1",
            "dst",
            &ip,
        ];
        home.run(space, &argv, "")?;
    }
    Ok(())
}

/// A hardware address made of a pod network's second and third byte.
fn mac(pods: IpNet) -> String {
    match pods.network() {
        IpAddr::V4(ip) => format!("02:00:00:00:{:02x}:{:02x}", ip.octets()[1], ip.octets()[2]),
        IpAddr::V6(_) => "02:00:00:00:00:00".to_owned(),
    }
}

/// A cable from the router's bridge to a namespace.
fn plug(home: &Home, router: &Space, space: &Space, port: &str, dev: &str) -> Done {
    home.ip(
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

fn v4(ips: &[IpAddr]) -> Done<IpAddr> {
    let found = ips.iter().copied().find(IpAddr::is_ipv4);
    found.ok_or_else(|| "something has no IPv4 address".to_owned())
}

fn cidr(nets: &[IpNet]) -> Done<IpNet> {
    let found = nets.iter().copied().find(|net| net.addr().is_ipv4());
    found.ok_or_else(|| "a node has no IPv4 podCIDR".to_owned())
}

fn net(ip: IpAddr, prefix: u8) -> IpNet {
    IpNet::new(ip, prefix)
        .expect("the prefix fits the family")
        .trunc()
}

fn first_host(net: IpNet) -> IpAddr {
    match net.network() {
        IpAddr::V4(a) => Ipv4Addr::from(u32::from(a).saturating_add(1)).into(),
        v6 => v6,
    }
}
