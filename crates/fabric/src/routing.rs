//! Routing decisions: where a packet goes, and which source address a process gets.
//!
//! As `net/ipv4/route.c` and `fib_frontend.c` decide; one table, no rules by mark.

use std::net::IpAddr;

use ipnet::IpNet;
use netfilter::Family;

use crate::fabric::Fabric;
use crate::journey::Route;
use crate::source::{self, first_of};
use crate::space::{DevId, DevKind, Namespace, NsId, Scope, host_net};

/// A way out of a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    pub dev: DevId,
    pub gateway: Option<IpAddr>,
    pub matched: IpNet,
    /// Back into the namespace itself, by `lo`.
    pub local: bool,
    pub scope: Scope,
}

impl Way {
    /// The address that must answer on the link.
    pub fn next_hop(&self, dst: IpAddr) -> IpAddr {
        self.gateway.unwrap_or(dst)
    }
}

/// What becomes of a packet that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Local,
    Forward(Way),
    /// No route: its sender is told net-unreachable.
    Unreachable,
    /// Gone, silently.
    Drop(&'static str),
}

/// Why a packet that a process wants to send has no way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoWay {
    /// `ENETUNREACH`
    NetUnreachable,
    /// `EINVAL`
    Invalid,
}

impl Fabric {
    /// `fib_lookup` in the main table: the longest prefix.
    fn lookup(&self, id: NsId, space: &Namespace, dst: IpAddr) -> Option<Way> {
        let own = space.routes.iter().find(|route| route.dst.contains(&dst));
        let peer = if space.is_node {
            self.pod_net(dst).filter(|&(_, node)| node != id)
        } else {
            None
        };
        if let Some((net, node)) = peer
            && own.is_none_or(|own| own.dst.prefix_len() < net.prefix_len())
            && let Some(way) = self.to_peer(space, net, node)
        {
            return Some(way);
        }
        own.map(|route| Way {
            dev: route.dev,
            gateway: route.gateway,
            matched: route.dst,
            local: false,
            scope: route.scope,
        })
    }

    /// A node's route to another node's pods.
    fn to_peer(&self, space: &Namespace, net: IpNet, node: NsId) -> Option<Way> {
        let peer = &self.spaces[node];
        let family = Family::of(net.addr());
        if self.vxlan
            && let Some(dev) = space.dev_of_kind(DevKind::Vxlan(family))
            && let Some(far) = peer.dev_of_kind(DevKind::Vxlan(family))
            && let Some(addr) = first_of(&peer.devs[far].addrs, family)
        {
            return Some(Way {
                dev,
                gateway: Some(addr),
                matched: net,
                local: false,
                scope: Scope::Universe,
            });
        }
        let dev = space.dev_of_kind(DevKind::Uplink)?;
        let gateway = self.node_addr(node, family)?;
        Some(Way {
            dev,
            gateway: Some(gateway),
            matched: net,
            local: false,
            scope: Scope::Universe,
        })
    }

    /// A node's address on the nodes' network.
    pub(crate) fn node_addr(&self, node: NsId, family: Family) -> Option<IpAddr> {
        let mine = |(addr, &id): (&IpAddr, &NsId)| {
            (id == node && Family::of(*addr) == family).then_some(*addr)
        };
        let space = &self.spaces[node];
        space
            .dev_of_kind(DevKind::Uplink)
            .and_then(|uplink| first_of(&space.devs[uplink].addrs, family))
            .or_else(|| self.segment.iter().find_map(mine))
    }

    /// `ip_route_output_key` for a packet with this source, or without one yet.
    pub(crate) fn route_out(
        &self,
        id: NsId,
        space: &Namespace,
        dst: IpAddr,
        src: Option<IpAddr>,
    ) -> Result<Way, NoWay> {
        if space.is_local(dst) {
            return Ok(Way {
                dev: 0,
                gateway: None,
                matched: host_net(dst),
                local: true,
                scope: Scope::Host,
            });
        }
        let way = self.lookup(id, space, dst).ok_or(NoWay::NetUnreachable)?;
        // `__mkroute_output`: a loopback source leaves only where route_localnet allows it.
        if let Some(IpAddr::V4(src)) = src
            && src.is_loopback()
            && !space.conf[way.dev].route_localnet
        {
            return Err(NoWay::Invalid);
        }
        Ok(way)
    }

    /// The source address a process gets for this way (`fib_result_prefsrc`, `ip6_route_get_saddr`).
    pub(crate) fn source(&self, space: &Namespace, way: &Way, dst: IpAddr) -> Option<IpAddr> {
        if way.local {
            return Some(match dst {
                IpAddr::V4(a) if a.is_loopback() => std::net::Ipv4Addr::LOCALHOST.into(),
                _ => dst,
            });
        }
        source::select(space, way.dev, way.next_hop(dst), dst)
    }

    /// `ip_route_input`: what becomes of a packet that came in by `dev`.
    pub(crate) fn route_in(
        &self,
        id: NsId,
        space: &Namespace,
        dev: DevId,
        src: IpAddr,
        dst: IpAddr,
    ) -> Decision {
        let family = Family::of(dst);
        let conf = space.conf[dev];
        if src.is_multicast() || src.is_unspecified() {
            return Decision::Drop("martian source");
        }
        let loopback_allowed = match family {
            Family::Ipv4 => conf.route_localnet,
            // Looked at before any hook (`ip6_rcv_core`), and not again.
            Family::Ipv6 => true,
        };
        if dst.is_loopback() && !loopback_allowed {
            return Decision::Drop("martian destination: route_localnet is off here");
        }
        if src.is_loopback() && !dst.is_loopback() && !loopback_allowed {
            return Decision::Drop("martian source: route_localnet is off here");
        }
        if dst.is_multicast() || space.broadcasts.contains(&dst) || is_limited_broadcast(dst) {
            return Decision::Drop("broadcast or multicast");
        }
        let local = space.is_local(dst);
        let way = if local {
            None
        } else {
            if !space.forwards(family) {
                return Decision::Drop("not for this host, which does not forward");
            }
            match self.lookup(id, space, dst) {
                None => return Decision::Unreachable,
                Some(way) => Some(way),
            }
        };
        if let Some(why) = self.bad_source(id, space, dev, src) {
            return Decision::Drop(why);
        }
        match way {
            None => Decision::Local,
            Some(way) => Decision::Forward(way),
        }
    }

    /// `fib_validate_source`: own addresses do not come in from outside, and where `rp_filter` is
    /// on, the way back must lead out by the device the packet came in by.
    fn bad_source(
        &self,
        id: NsId,
        space: &Namespace,
        dev: DevId,
        src: IpAddr,
    ) -> Option<&'static str> {
        let conf = space.conf[dev];
        let own = space.is_local(src) && !src.is_loopback();
        if src.is_ipv6() {
            return None;
        }
        if own && !conf.accept_local {
            return Some("martian source: it is one of this host's own addresses");
        }
        if conf.rp_filter == 0 || own {
            return None;
        }
        match self.reverse_path(id, space, dev, src, conf.rp_filter != 1) {
            true => None,
            false => Some("rp_filter: the way back does not lead out by this device"),
        }
    }

    /// Whether the way back to `src` leads out by `dev`, or, when `loose`, by any device.
    pub(crate) fn reverse_path(
        &self,
        id: NsId,
        space: &Namespace,
        dev: DevId,
        src: IpAddr,
        loose: bool,
    ) -> bool {
        match self.lookup(id, space, src) {
            Some(way) if way.dev == dev => true,
            // A device without an address fails even the loose check (`last_resort`).
            Some(_) => loose && !space.devs[dev].addrs.is_empty(),
            None => false,
        }
    }
}

fn is_limited_broadcast(addr: IpAddr) -> bool {
    matches!(addr, IpAddr::V4(a) if a.is_broadcast() || a.octets()[0] == 0)
}

impl Fabric {
    /// A decision in words.
    pub(crate) fn describe(space: &Namespace, way: &Way) -> Route {
        if way.local {
            return Route::Local;
        }
        let host = way.matched.prefix_len() == way.matched.max_prefix_len();
        let matched = if way.matched.prefix_len() == 0 {
            "default".to_owned()
        } else if host {
            way.matched.addr().to_string()
        } else {
            way.matched.to_string()
        };
        Route::Via {
            dev: space.devs[way.dev].name.clone(),
            gateway: way.gateway,
            matched,
        }
    }
}
