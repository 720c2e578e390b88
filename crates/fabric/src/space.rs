//! A network namespace, built: its devices, addresses, routes and switches.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use netfilter::conntrack::{Lifetimes, Settings};
use netfilter::{DevName, Family, Prepared, Protocol};

use crate::topology::Ns;

/// A namespace's place in the fabric.
pub(crate) type NsId = usize;
/// A device's place in its namespace.
pub(crate) type DevId = usize;

/// What a device is joined to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DevKind {
    Loopback,
    /// On the nodes' network.
    Uplink,
    /// A bridge of this namespace.
    Bridge,
    /// A bridge's port, a veth to a pod.
    Port {
        bridge: DevId,
        pod: NsId,
    },
    /// A veth to a pod, without a bridge.
    Veth {
        pod: NsId,
    },
    /// A pod's end of its veth.
    PodEth {
        node: NsId,
        peer: DevId,
    },
    /// flannel's VXLAN device for one family.
    Vxlan(Family),
}

/// A device.
#[derive(Debug, Clone)]
pub(crate) struct Device {
    pub name: DevName,
    pub kind: DevKind,
    /// Addresses with their prefix, in the order in which they were given.
    pub addrs: Vec<IpNet>,
}

/// `RT_SCOPE_*`, as far as it chooses source addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Scope {
    Universe,
    Link,
    Host,
}

/// A route of the main table.
#[derive(Debug, Clone)]
pub(crate) struct RouteEntry {
    pub dst: IpNet,
    pub dev: DevId,
    pub gateway: Option<IpAddr>,
    pub scope: Scope,
}

/// The switches that change a packet's way.
#[derive(Debug, Clone)]
pub(crate) struct Sysctls {
    values: BTreeMap<String, String>,
    /// What a device has that nothing is stated of by its name.
    any_device: DevConf,
    pub ip_forward: bool,
    pub ip6_forward: bool,
    pub icmp_ratelimit: u64,
    pub icmp6_ratelimit: u64,
    /// What conntrack is told.
    pub conntrack: Settings,
    pub bridge_nf: bool,
    pub bridge_nf6: bool,
    ttl: u8,
    hop_limit: u8,
}

/// Whether a namespace passes packets on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forwarding {
    On,
    Off,
}

impl Sysctls {
    /// Reads the values that were stated. What was not has the recordings' value, which is the
    /// kernel's but for forwarding (on), `route_localnet` (on) and `icmp_ratelimit` (none).
    pub fn node(values: BTreeMap<String, String>, bridge_nf: bool) -> Sysctls {
        let number = |key: &str, default: u64| {
            values
                .get(key)
                .and_then(|v| v.trim().parse().ok())
                .unwrap_or(default)
        };
        let on = |key: &str, default: bool| number(key, u64::from(default)) != 0;
        let mut sysctls = Sysctls {
            any_device: DevConf::default(),
            ip_forward: on("net.ipv4.ip_forward", true) && on("net.ipv4.conf.all.forwarding", true),
            ip6_forward: on("net.ipv6.conf.all.forwarding", true),
            icmp_ratelimit: number("net.ipv4.icmp_ratelimit", 0),
            icmp6_ratelimit: number("net.ipv6.icmp.ratelimit", 0),
            conntrack: Settings {
                tcp_loose: on("net.netfilter.nf_conntrack_tcp_loose", true),
                lifetimes: Lifetimes::from_sysctls(&values),
            },
            bridge_nf: on("net.bridge.bridge-nf-call-iptables", bridge_nf),
            bridge_nf6: on("net.bridge.bridge-nf-call-ip6tables", bridge_nf),
            ttl: number("net.ipv4.ip_default_ttl", 64).clamp(1, 255) as u8,
            hop_limit: number("net.ipv6.conf.all.hop_limit", 64).clamp(1, 255) as u8,
            values,
        };
        sysctls.any_device = sysctls.read_device("all");
        sysctls
    }

    /// A namespace that nobody has configured, but for forwarding: the kernel's own values.
    pub fn untouched(forwarding: Forwarding) -> Sysctls {
        let stated = [
            ("net.ipv4.conf.all.route_localnet", "0"),
            ("net.ipv4.icmp_ratelimit", "1000"),
            ("net.ipv6.icmp.ratelimit", "1000"),
        ];
        let stated = stated.map(|(key, value)| (key.to_owned(), value.to_owned()));
        let on = forwarding == Forwarding::On;
        Sysctls {
            ip_forward: on,
            ip6_forward: on,
            ..Sysctls::node(BTreeMap::from(stated), false)
        }
    }

    /// How many routers a new packet to this address may pass (`ip4_dst_hoplimit`,
    /// `ip6_dst_hoplimit`).
    pub fn ttl(&self, dst: IpAddr) -> u8 {
        match dst {
            IpAddr::V4(_) => self.ttl,
            IpAddr::V6(_) => self.hop_limit,
        }
    }

    /// A device's switches. A large cluster's nodes have thousands of devices, and hardly ever is one of
    /// them named.
    pub fn device(&self, name: &str) -> DevConf {
        let prefix = format!("net.ipv4.conf.{name}.");
        let mut from = self.values.range(prefix.clone()..);
        match from.next().is_some_and(|(key, _)| key.starts_with(&prefix)) {
            true => self.read_device(name),
            false => self.any_device,
        }
    }

    fn read_device(&self, name: &str) -> DevConf {
        DevConf {
            route_localnet: self.conf(name, "route_localnet", 1) != 0,
            rp_filter: self.conf(name, "rp_filter", 0),
            accept_local: self.conf(name, "accept_local", 0) != 0,
        }
    }

    /// `net.ipv4.conf.*.KEY` for a device: the larger of `all` and the device's own, as
    /// `IN_DEV_MAXCONF` and `IN_DEV_ORCONF` take it.
    fn conf(&self, dev: &str, key: &str, default: u64) -> u64 {
        let get = |scope: &str| {
            self.values
                .get(&format!("net.ipv4.conf.{scope}.{key}"))
                .and_then(|v| v.trim().parse::<u64>().ok())
        };
        let all = get("all").unwrap_or(default);
        let own = get(dev).unwrap_or(0);
        all.max(own)
    }
}

/// A namespace.
#[derive(Debug, Clone)]
pub(crate) struct Namespace {
    pub ns: Ns,
    pub devs: Vec<Device>,
    /// Own routes, longest prefix first; routes to other nodes' pods are in [`crate::Fabric`].
    pub routes: Vec<RouteEntry>,
    /// Own addresses but those of 127.0.0.0/8, with the device that carries them.
    pub locals: BTreeMap<IpAddr, DevId>,
    /// Addresses that mean everybody on a link.
    pub broadcasts: BTreeSet<IpAddr>,
    /// Pods share theirs, of which a cluster may have ten thousand.
    pub sysctls: Arc<Sysctls>,
    pub listen: BTreeSet<(Protocol, u16)>,
    pub rules: BTreeMap<Family, Prepared>,
    /// Whether it takes part in the nodes' routes to each other's pods.
    pub is_node: bool,
    /// Whether frames to the same port go back out (`hairpin_mode`).
    pub hairpin: bool,
    /// ipsets whose members are known.
    pub sets: BTreeMap<String, Vec<IpNet>>,
    /// Per device: `route_localnet`, `rp_filter`, `accept_local`.
    pub conf: Vec<DevConf>,
}

/// A device's switches.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DevConf {
    pub route_localnet: bool,
    pub rp_filter: u64,
    pub accept_local: bool,
}

impl Namespace {
    /// A namespace with a loopback device.
    pub fn new(ns: Ns, sysctls: impl Into<Arc<Sysctls>>) -> Namespace {
        let mut space = Namespace {
            ns,
            devs: Vec::new(),
            routes: Vec::new(),
            locals: BTreeMap::new(),
            broadcasts: BTreeSet::new(),
            sysctls: sysctls.into(),
            listen: BTreeSet::new(),
            rules: BTreeMap::new(),
            is_node: false,
            hairpin: false,
            sets: BTreeMap::new(),
            conf: Vec::new(),
        };
        let lo = space.add_dev("lo", DevKind::Loopback);
        space.add_addr(lo, loopback(Family::Ipv4));
        space.add_addr(lo, loopback(Family::Ipv6));
        space
    }

    /// Adds a device.
    pub fn add_dev(&mut self, name: &str, kind: DevKind) -> DevId {
        self.devs.push(Device {
            name: DevName::new(name),
            kind,
            addrs: Vec::new(),
        });
        self.conf.push(self.sysctls.device(name));
        self.devs.len() - 1
    }

    /// Gives a device an address, with the routes that come with it (`fib_add_ifaddr`).
    pub fn add_addr(&mut self, dev: DevId, addr: IpNet) {
        if self.devs[dev].addrs.contains(&addr) {
            return;
        }
        self.devs[dev].addrs.push(addr);
        self.locals.entry(addr.addr()).or_insert(dev);
        let host = addr.prefix_len() == addr.max_prefix_len();
        if host || self.devs[dev].kind == DevKind::Loopback {
            return;
        }
        if addr.addr().is_ipv4() && addr.prefix_len() < 31 {
            self.broadcasts.insert(addr.broadcast());
        }
        self.add_route(addr.trunc(), dev, None, Scope::Link);
    }

    /// Adds a route, unless there is one to the same destination.
    pub fn add_route(&mut self, dst: IpNet, dev: DevId, gateway: Option<IpAddr>, scope: Scope) {
        if self.routes.iter().any(|route| route.dst == dst) {
            return;
        }
        let at = self
            .routes
            .partition_point(|route| route.dst.prefix_len() >= dst.prefix_len());
        self.routes.insert(
            at,
            RouteEntry {
                dst,
                dev,
                gateway,
                scope,
            },
        );
    }

    /// The device of this name.
    pub fn dev(&self, name: &DevName) -> Option<DevId> {
        self.devs.iter().position(|dev| dev.name == *name)
    }

    /// The device of this kind.
    pub fn dev_of_kind(&self, kind: DevKind) -> Option<DevId> {
        self.devs.iter().position(|dev| dev.kind == kind)
    }

    /// Whether an address is one of this namespace's own.
    pub fn is_local(&self, addr: IpAddr) -> bool {
        self.local_dev(addr).is_some()
    }

    /// The device that carries an own address; all of 127.0.0.0/8 is on `lo`.
    pub fn local_dev(&self, addr: IpAddr) -> Option<DevId> {
        if addr.is_loopback() {
            return Some(0);
        }
        self.locals.get(&addr).copied()
    }

    /// Whether it forwards packets of this family.
    pub fn forwards(&self, family: Family) -> bool {
        match family {
            Family::Ipv4 => self.sysctls.ip_forward,
            Family::Ipv6 => self.sysctls.ip6_forward,
        }
    }
}

/// 127.0.0.1/8 or ::1/128.
fn loopback(family: Family) -> IpNet {
    let (addr, prefix): (IpAddr, u8) = match family {
        Family::Ipv4 => ([127, 0, 0, 1].into(), 8),
        Family::Ipv6 => (std::net::Ipv6Addr::LOCALHOST.into(), 128),
    };
    IpNet::new(addr, prefix).expect("these prefixes fit their families")
}

/// The network that holds one address alone.
pub(crate) fn host_net(addr: IpAddr) -> IpNet {
    IpNet::from(addr)
}
