//! The IP layer of a namespace: in by a device, through the hooks, and out by another or up.
//!
//! `ip_rcv`, `ip_forward`, `ip_local_deliver`, `ip_local_out` and `ip_output`, and VXLAN, whose
//! packets go through all of that twice.

use netfilter::conntrack::{Direction, Tracked};
use netfilter::{Family, Hook, L4, Packet, Skb};

use super::hooks::{Devs, Said};
use super::{CallError, Fate, Flight, Injection, Mac, ON_THE_WIRE, Place, Walk, is_uplink};
use crate::fabric::Fabric;
use crate::journey::{EventKind, Route};
use crate::memory::{EPHEMERAL, spread};
use crate::routing::{Decision, NoWay, Way};
use crate::space::{DevId, DevKind, NsId};

/// The port of VXLAN as flannel sets it up.
const VXLAN_PORT: u16 = 8472;

impl Walk<'_> {
    /// A packet that has come into being here: `ip_local_out`.
    pub fn originate(&mut self, ns: NsId, answer: Option<String>, flight: &mut Flight) -> Place {
        let space = self.space(ns);
        let (src, dst) = (flight.skb.packet.src, flight.skb.packet.dst);
        let way = self.fabric.route_out(ns, space, dst, Some(src));
        self.note(ns, (None, None), flight, || match answer {
            Some(what) => EventKind::Answered { what },
            None => EventKind::Sent {
                route: way.map_or(Route::None, |way| Fabric::describe(space, &way)),
            },
        });
        match way {
            Ok(way) => self.local_out(ns, way, flight),
            Err(NoWay::Invalid) => {
                let why = "a loopback source does not leave the host";
                self.refuse(ns, flight, why, CallError::Invalid)
            }
            Err(NoWay::NetUnreachable) => {
                Place::End(self.gone(ns, None, flight, "no route to the destination"))
            }
        }
    }

    fn local_out(&mut self, ns: NsId, way: Way, flight: &mut Flight) -> Place {
        let space = self.space(ns);
        let devs = Devs {
            output: Some(space.devs[way.dev].name.clone()),
            next_hop: Some(way.next_hop(flight.skb.packet.dst)),
            ..Devs::default()
        };
        let said = self.output_to_nat(ns, flight, &devs);
        if said != Said::Accept {
            return self.stop(ns, Hook::Output, flight, said);
        }
        let way = match self.reroute(ns, way, flight) {
            Ok(way) => way,
            Err(place) => return place,
        };
        let said = self.output_from_nat(ns, flight, &devs);
        if said != Said::Accept {
            return self.stop(ns, Hook::Output, flight, said);
        }
        self.output(ns, None, way, flight)
    }

    /// `ip_route_me_harder`, which nat calls in OUTPUT when the connection's destination is not the
    /// one that was routed to.
    fn reroute(&mut self, ns: NsId, way: Way, flight: &mut Flight) -> Result<Way, Place> {
        let Some(Tracked::Entry { id, direction, .. }) = flight.tracked else {
            return Ok(way);
        };
        let conn = self.remembered(ns).conntrack.get(id);
        if conn.tuple(direction).dst == conn.tuple(direction.opposite()).src {
            return Ok(way);
        }
        let space = self.space(ns);
        let (src, dst) = (flight.skb.packet.src, flight.skb.packet.dst);
        match self.fabric.route_out(ns, space, dst, Some(src)) {
            Ok(way) => {
                self.note(ns, (Some(Hook::Output), None), flight, || {
                    EventKind::Routed(Fabric::describe(space, &way))
                });
                Ok(way)
            }
            Err(NoWay::Invalid) => {
                let why = "routed anew after DNAT: a loopback source may not leave the host, \
                           since route_localnet is off";
                Err(self.refuse(ns, flight, why, CallError::Invalid))
            }
            Err(NoWay::NetUnreachable) => {
                let why = "routed anew after DNAT: no route to the new destination";
                Err(self.refuse(ns, flight, why, CallError::NotPermitted))
            }
        }
    }

    fn refuse(&mut self, ns: NsId, flight: &Flight, why: &str, error: CallError) -> Place {
        self.note(ns, (None, None), flight, || EventKind::Gone {
            why: why.to_owned(),
        });
        Place::End(if flight.in_call {
            Fate::Refused(error)
        } else {
            Fate::Gone
        })
    }

    /// A hook did not let the packet through.
    pub fn stop(&mut self, ns: NsId, hook: Hook, flight: &mut Flight, said: Said) -> Place {
        let why = match said {
            Said::Accept => return Place::End(Fate::Gone),
            Said::Unmodelled(what) => {
                self.unmodelled(ns, Some(hook), flight, what);
                return Place::End(Fate::Gone);
            }
            Said::Drop(why) => why,
            Said::Reject(with, why) => {
                self.reject(ns, flight, with);
                why
            }
        };
        self.note(ns, (Some(hook), None), flight, || EventKind::Gone { why });
        Place::End(if flight.in_call {
            Fate::Refused(CallError::NotPermitted)
        } else {
            Fate::Gone
        })
    }

    /// POSTROUTING, then out by the device: `ip_output`. `input` is what the hook shows as the
    /// device it came in by.
    fn output(&mut self, ns: NsId, input: Option<DevId>, way: Way, flight: &mut Flight) -> Place {
        let space = self.space(ns);
        let next_hop = way.next_hop(flight.skb.packet.dst);
        let devs = Devs {
            input: input.map(|dev| space.devs[dev].name.clone()),
            output: Some(space.devs[way.dev].name.clone()),
            next_hop: Some(next_hop),
            ..Devs::default()
        };
        let said = self.postrouting(ns, flight, &devs);
        if said != Said::Accept {
            return self.stop(ns, Hook::Postrouting, flight, said);
        }
        // The next hop was found before POSTROUTING rewrote anything.
        self.transmit(ns, way.dev, next_hop, flight)
    }

    /// Out by a device, to whoever answers for the next hop.
    fn transmit(
        &mut self,
        ns: NsId,
        dev: DevId,
        next_hop: std::net::IpAddr,
        flight: &mut Flight,
    ) -> Place {
        let space = self.space(ns);
        let nobody =
            |walk: &mut Self, flight: &Flight| Place::End(walk.unanswered(ns, next_hop, flight));
        match space.devs[dev].kind {
            DevKind::Loopback => {
                flight.in_call = false;
                Place::Arrive {
                    ns,
                    dev: 0,
                    mac: Mac::Host,
                }
            }
            DevKind::Uplink => match self.on_segment(next_hop, flight) {
                Some(to) => self.cross(ns, to, flight),
                None => nobody(self, flight),
            },
            DevKind::Bridge | DevKind::Veth { .. } | DevKind::Port { .. } => {
                let pod = match space.devs[dev].kind {
                    DevKind::Veth { pod } | DevKind::Port { pod, .. } => {
                        self.space(pod).is_local(next_hop).then_some(pod)
                    }
                    _ => self.fabric.pods.get(&(ns, next_hop)).copied(),
                };
                match pod {
                    Some(pod) => self.hand_to_pod(ns, pod, flight),
                    None => nobody(self, flight),
                }
            }
            DevKind::PodEth { node, peer } => match self.pod_link(ns, node, peer, next_hop) {
                Some(mac) => {
                    let by = self.space(node).devs[peer].name.to_string();
                    self.moved(ns, node, by, None, flight);
                    Place::Arrive {
                        ns: node,
                        dev: peer,
                        mac,
                    }
                }
                None => nobody(self, flight),
            },
            DevKind::Vxlan(_) => self.encapsulate(ns, next_hop, flight),
        }
    }

    /// Nobody answers ARP for the next hop. The kernel keeps the packet, asks three times, a second
    /// apart, and gives up (`mcast_solicit`, `retrans_time_ms`); clients here do not wait so long.
    pub fn unanswered(&mut self, ns: NsId, next_hop: std::net::IpAddr, flight: &Flight) -> Fate {
        if let Some(Tracked::Entry { id, .. }) = flight.tracked {
            let until = self.memory.now() + 3000;
            self.remembered(ns).conntrack.get_mut(id).held_until = until;
        }
        let why = format!("nobody answers for {next_hop} on this link");
        self.gone(ns, None, flight, &why)
    }

    /// Who answers for an address on a pod's link.
    fn pod_link(
        &self,
        pod: NsId,
        node: NsId,
        peer: DevId,
        next_hop: std::net::IpAddr,
    ) -> Option<Mac> {
        let host = self.space(node);
        if host.is_local(next_hop) {
            return Some(Mac::Host);
        }
        if let DevKind::Port { .. } = host.devs[peer].kind
            && let Some(&other) = self.fabric.pods.get(&(node, next_hop))
        {
            return Some(Mac::Pod(other));
        }
        // calico's gateway is answered for by proxy ARP, which needs a route that leads elsewhere
        // (`arp_fwd_proxy`). Other gateways are the node, whatever addresses it is said to carry.
        let is_gateway = self
            .space(pod)
            .routes
            .iter()
            .any(|route| route.gateway == Some(next_hop));
        let answers = !self.fabric.proxy_arp
            || next_hop.is_ipv6()
            || self
                .fabric
                .route_out(node, host, next_hop, None)
                .is_ok_and(|way| way.dev != peer);
        (is_gateway && answers).then_some(Mac::Host)
    }

    /// Who answers for an address on the nodes' network. A client on the wire takes all that is for
    /// its address, see [`crate::Sender::Wire`].
    fn on_segment(&self, next_hop: std::net::IpAddr, flight: &Flight) -> Option<NsId> {
        let packet = flight.inner.as_ref().unwrap_or(&flight.skb.packet);
        let for_wire = |wire: &crate::space::Namespace| wire.is_local(packet.dst);
        match self.wire {
            Some(wire) if for_wire(wire) => Some(ON_THE_WIRE),
            _ => self.fabric.segment.get(&next_hop).copied(),
        }
    }

    /// Over the nodes' network.
    fn cross(&mut self, from: NsId, to: NsId, flight: &mut Flight) -> Place {
        let outer = flight
            .inner
            .is_some()
            .then_some((flight.skb.packet.src, flight.skb.packet.dst));
        let by = match outer {
            Some(_) => "vxlan".to_owned(),
            None => self
                .space(from)
                .devs
                .iter()
                .find(|dev| dev.kind == DevKind::Uplink)
                .map_or_else(String::new, |dev| dev.name.to_string()),
        };
        self.moved(from, to, by, outer, flight);
        let dev = (0..self.space(to).devs.len())
            .find(|&dev| is_uplink(self.space(to), dev))
            .unwrap_or(0);
        Place::Arrive {
            ns: to,
            dev,
            mac: Mac::Host,
        }
    }

    /// From a node to one of its pods.
    pub fn hand_to_pod(&mut self, node: NsId, pod: NsId, flight: &mut Flight) -> Place {
        let by = self
            .space(node)
            .devs
            .iter()
            .find(|dev| {
                matches!(dev.kind, DevKind::Port { pod: p, .. } | DevKind::Veth { pod: p } if p == pod)
            })
            .map_or_else(String::new, |dev| dev.name.to_string());
        self.moved(node, pod, by, None, flight);
        Place::Arrive {
            ns: pod,
            dev: 1,
            mac: Mac::Host,
        }
    }

    /// The packet leaves a namespace, and with it what only that namespace knew of it.
    fn moved(
        &mut self,
        from: NsId,
        to: NsId,
        by: String,
        outer: Option<(std::net::IpAddr, std::net::IpAddr)>,
        flight: &mut Flight,
    ) {
        let packet = flight.skb.packet.clone();
        flight.skb = Skb::new(packet);
        flight.tracked = None;
        let (from, into) = (self.space(from).ns.clone(), to);
        let to = self.space(to).ns.clone();
        self.note(into, (None, None), flight, || EventKind::Moved {
            from,
            to,
            by,
            outer,
        });
    }

    /// Puts the client's packet on the wire to the node where it enters.
    pub fn inject(&mut self, injection: Injection, flight: &mut Flight) -> Place {
        let Injection { client, node, dev } = injection;
        let uplink = self.space(node).devs[dev].name.clone();
        self.note(client, (None, None), flight, || EventKind::Sent {
            route: Route::Via {
                dev: uplink.clone(),
                gateway: None,
                matched: flight.skb.packet.dst.to_string(),
            },
        });
        self.moved(client, node, uplink.to_string(), None, flight);
        Place::Arrive {
            ns: node,
            dev,
            mac: Mac::Host,
        }
    }

    /// In by a device.
    pub fn arrive(&mut self, ns: NsId, dev: DevId, mac: Mac, flight: &mut Flight) -> Place {
        if ns == ON_THE_WIRE {
            if let Some(inner) = flight.inner.take() {
                flight.skb.packet = inner;
            }
            return Place::End(self.deliver(ns, flight));
        }
        match self.space(ns).devs[dev].kind {
            DevKind::Port { bridge, .. } => self.bridge(ns, bridge, dev, mac, flight),
            _ => self.receive(ns, dev, flight),
        }
    }

    /// `ip_rcv`, `ipv6_rcv`
    pub fn receive(&mut self, ns: NsId, dev: DevId, flight: &mut Flight) -> Place {
        let packet = &flight.skb.packet;
        if dev != 0
            && packet.src.is_ipv6()
            && (packet.src.is_loopback() || packet.dst.is_loopback())
        {
            // `ip6_rcv_core` looks before any hook does.
            let why = "::1 does not come in by a device other than lo";
            return Place::End(self.gone(ns, None, flight, why));
        }
        let devs = Devs {
            input: Some(self.space(ns).devs[dev].name.clone()),
            ..Devs::default()
        };
        let said = self.prerouting(ns, flight, &devs);
        if said != Said::Accept {
            return self.stop(ns, Hook::Prerouting, flight, said);
        }
        self.route(ns, dev, flight)
    }

    /// `ip_rcv_finish`: the routing decision, and on.
    pub fn route(&mut self, ns: NsId, dev: DevId, flight: &mut Flight) -> Place {
        let space = self.space(ns);
        let (src, dst) = (flight.skb.packet.src, flight.skb.packet.dst);
        // A packet from `lo` brings its route along (`skb_dst` survives `loopback_xmit`).
        let decision = if space.devs[dev].kind == DevKind::Loopback {
            Decision::Local
        } else {
            self.fabric.route_in(ns, space, dev, src, dst)
        };
        match decision {
            Decision::Drop(why) => Place::End(self.gone(ns, None, flight, why)),
            Decision::Unreachable => {
                self.note(ns, (None, None), flight, || EventKind::Routed(Route::None));
                self.net_unreachable(ns, flight);
                Place::End(self.gone(ns, None, flight, "no route to the destination"))
            }
            Decision::Local => {
                self.note(ns, (None, None), flight, || EventKind::Routed(Route::Local));
                self.local_in(ns, dev, flight)
            }
            Decision::Forward(way) => {
                self.note(ns, (None, None), flight, || {
                    EventKind::Routed(Fabric::describe(space, &way))
                });
                self.pass_on(ns, dev, way, flight)
            }
        }
    }

    /// `ip_local_deliver`
    fn local_in(&mut self, ns: NsId, dev: DevId, flight: &mut Flight) -> Place {
        let devs = Devs {
            input: Some(self.space(ns).devs[dev].name.clone()),
            ..Devs::default()
        };
        let said = self.input(ns, flight, &devs);
        if said != Said::Accept {
            return self.stop(ns, Hook::Input, flight, said);
        }
        if let (Some(_), L4::Udp { dport, .. }) = (&flight.inner, &flight.skb.packet.l4)
            && *dport == VXLAN_PORT
            && let Some(inner) = flight.inner.clone()
            && let kind = DevKind::Vxlan(Family::of(inner.src))
            && let Some(vxlan) = self.space(ns).dev_of_kind(kind)
        {
            flight.inner = None;
            // `skb_scrub_packet` forgets the connection and keeps the mark within one namespace.
            let outer = std::mem::replace(&mut flight.skb.packet, inner);
            flight.tracked = None;
            let by = self.space(ns).devs[vxlan].name.clone();
            self.note(ns, (None, None), flight, || EventKind::Unwrapped {
                by,
                outer,
            });
            return Place::Arrive {
                ns,
                dev: vxlan,
                mac: Mac::Host,
            };
        }
        Place::End(self.deliver(ns, flight))
    }

    /// `ip_forward`
    fn pass_on(&mut self, ns: NsId, dev: DevId, way: Way, flight: &mut Flight) -> Place {
        if flight.skb.packet.ttl <= 1 {
            self.time_exceeded(ns, flight);
            return Place::End(self.gone(ns, None, flight, "its time to live ran out"));
        }
        flight.skb.packet.ttl -= 1;
        let space = self.space(ns);
        let devs = Devs {
            input: Some(space.devs[dev].name.clone()),
            output: Some(space.devs[way.dev].name.clone()),
            next_hop: Some(way.next_hop(flight.skb.packet.dst)),
            ..Devs::default()
        };
        let said = self.forward(ns, flight, &devs);
        if said != Said::Accept {
            return self.stop(ns, Hook::Forward, flight, said);
        }
        self.output(ns, Some(dev), way, flight)
    }

    /// Into a VXLAN tunnel: the packet goes out again inside a UDP packet between the nodes.
    fn encapsulate(&mut self, ns: NsId, next_hop: std::net::IpAddr, flight: &mut Flight) -> Place {
        // `vxlan_xmit_one` refuses a circular route; by way of NAT one can still be made, which the
        // kernel stops after some rounds (`XMIT_RECURSION_LIMIT`).
        if flight.inner.is_some() {
            let why = "the tunnel's own packet would go into the tunnel";
            return Place::End(self.gone(ns, None, flight, why));
        }
        let space = self.space(ns);
        let Some((_, far)) = self.fabric.pod_net(next_hop) else {
            let why = format!("the tunnel knows no node for {next_hop}");
            return Place::End(self.gone(ns, None, flight, &why));
        };
        // flannel tunnels a family in itself.
        let family = Family::of(next_hop);
        let (near, far) = (
            self.fabric.node_addr(ns, family),
            self.fabric.node_addr(far, family),
        );
        let (Some(src), Some(dst)) = (near, far) else {
            let why = "the nodes have no addresses of the family that the tunnel is for";
            return Place::End(self.gone(ns, None, flight, why));
        };
        let socket = match flight.direction {
            Direction::Original => self.client_hash,
            Direction::Reply => 0,
        };
        let outer = Packet {
            src,
            dst,
            l4: L4::Udp {
                sport: tunnel_port(&flight.skb.packet, socket),
                dport: VXLAN_PORT,
            },
            ttl: space.sysctls.ttl(dst),
        };
        let vxlan = space.dev_of_kind(DevKind::Vxlan(family));
        let inner = std::mem::replace(&mut flight.skb.packet, outer);
        flight.inner = Some(inner.clone());
        flight.tracked = None;
        flight.in_call = false;
        if let Some(vxlan) = vxlan {
            let by = space.devs[vxlan].name.clone();
            self.note(ns, (None, None), flight, || EventKind::Wrapped {
                by,
                inner,
            });
        }
        match self.fabric.route_out(ns, space, dst, Some(src)) {
            Ok(way) => self.tunnel_out(ns, vxlan, way, flight),
            Err(_) => Place::End(self.gone(ns, None, flight, "no route to the other node")),
        }
    }

    /// OUTPUT and POSTROUTING for the outer packet. POSTROUTING shows `flannel.1` as the device it
    /// came in by, since `skb->dev` is still that (`ip_output`).
    fn tunnel_out(
        &mut self,
        ns: NsId,
        vxlan: Option<DevId>,
        way: Way,
        flight: &mut Flight,
    ) -> Place {
        let space = self.space(ns);
        let devs = Devs {
            output: Some(space.devs[way.dev].name.clone()),
            next_hop: Some(way.next_hop(flight.skb.packet.dst)),
            ..Devs::default()
        };
        let said = self.output_to_nat(ns, flight, &devs);
        if said != Said::Accept {
            return self.stop(ns, Hook::Output, flight, said);
        }
        let way = match self.reroute(ns, way, flight) {
            Ok(way) => way,
            Err(place) => return place,
        };
        let said = self.output_from_nat(ns, flight, &devs);
        if said != Said::Accept {
            return self.stop(ns, Hook::Output, flight, said);
        }
        self.output(ns, vxlan, way, flight)
    }
}

/// `udp_flow_src_port`: the outer source port is a hash of the inner flow, the same both ways, or of
/// the number that a connected socket has of its own (`skb_set_hash_from_sk`), so that a new socket
/// with an old port gets another. The kernel's hash has a secret; ours has none, and lands in the
/// same range.
fn tunnel_port(inner: &Packet, socket: u64) -> u16 {
    let (sport, dport) = inner.ports().unwrap_or((0, 0));
    let fold = |addr: std::net::IpAddr, port: u16| -> u64 {
        let bits = match addr {
            std::net::IpAddr::V4(a) => u64::from(u32::from(a)),
            std::net::IpAddr::V6(a) => {
                let all = u128::from(a);
                (all as u64) ^ ((all >> 64) as u64)
            }
        };
        (bits ^ (u64::from(port) << 40)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    };
    // Added, so that both ways give the same.
    let flow = fold(inner.src, sport).wrapping_add(fold(inner.dst, dport));
    let socket = socket.wrapping_mul(0xd134_2543_de82_ef95);
    spread(flow.wrapping_add(socket), EPHEMERAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tunnels_port_is_the_flows_until_another_socket_sends() {
        let inner = |src: u8, dst: u8, sport, dport| Packet {
            src: [10, 42, 1, src].into(),
            dst: [10, 42, 2, dst].into(),
            l4: L4::Udp { sport, dport },
            ttl: 64,
        };
        let there = tunnel_port(&inner(1, 2, 5555, 53), 0);
        assert_eq!(there, tunnel_port(&inner(2, 1, 53, 5555), 0));
        let later: Vec<u16> = (1..4)
            .map(|n| tunnel_port(&inner(1, 2, 5555, 53), n))
            .collect();
        assert!(!later.contains(&there), "{later:?}");
    }
}
