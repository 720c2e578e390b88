//! A bridge of pods, with and without br_netfilter.
//!
//! With it (`bridge-nf-call-iptables`), IP hooks see frames that are only bridged: PREROUTING as
//! they come in, FORWARD and POSTROUTING as they go out by another port, the bridge standing for
//! both devices (`net/bridge/br_netfilter_hooks.c`).

use netfilter::{Family, Hook};

use super::hooks::{Devs, Said};
use super::{Flight, Mac, Place, Walk};
use crate::routing::Decision;
use crate::space::{DevId, DevKind, NsId};

impl Walk<'_> {
    /// A frame comes in by a bridge's port.
    pub fn bridge(
        &mut self,
        ns: NsId,
        bridge: DevId,
        port: DevId,
        mac: Mac,
        flight: &mut Flight,
    ) -> Place {
        let space = self.space(ns);
        let filtered = match Family::of(flight.skb.packet.src) {
            Family::Ipv4 => space.sysctls.bridge_nf,
            Family::Ipv6 => space.sysctls.bridge_nf6,
        };
        if !filtered {
            return match mac {
                Mac::Host => self.receive(ns, bridge, flight),
                Mac::Pod(pod) if self.same_port(ns, port, pod) && !space.hairpin => {
                    Place::End(self.gone(ns, None, flight, NO_HAIRPIN))
                }
                Mac::Pod(pod) => self.hand_to_pod(ns, pod, flight),
            };
        }
        let devs = Devs {
            input: Some(space.devs[bridge].name.clone()),
            phys_in: Some(space.devs[port].name.clone()),
            ..Devs::default()
        };
        let dst = flight.skb.packet.dst;
        let said = self.prerouting(ns, flight, &devs);
        if said != Said::Accept {
            return self.stop(ns, Hook::Prerouting, flight, said);
        }
        let mac = if flight.skb.packet.dst == dst {
            mac
        } else {
            match self.after_dnat(ns, bridge, flight) {
                Ok(mac) => mac,
                Err(place) => return place,
            }
        };
        match mac {
            // Up to the IP layer, where `ip_sabotage_in` skips the PREROUTING that has been.
            Mac::Host => self.route(ns, bridge, flight),
            Mac::Pod(pod) => self.forward_frame(ns, bridge, port, pod, flight),
        }
    }

    /// `br_nf_pre_routing_finish` after DNAT: where routing would send the packet back out by the
    /// bridge, it is bridged on to its new destination without being routed at all.
    fn after_dnat(&mut self, ns: NsId, bridge: DevId, flight: &Flight) -> Result<Mac, Place> {
        let space = self.space(ns);
        let (src, dst) = (flight.skb.packet.src, flight.skb.packet.dst);
        let way = match self.fabric.route_in(ns, space, bridge, src, dst) {
            Decision::Forward(way) => way,
            Decision::Local | Decision::Unreachable => return Ok(Mac::Host),
            // Bridging needs no ip_forward.
            Decision::Drop(why) => match self.fabric.route_out(ns, space, dst, None) {
                Ok(way) if way.dev == bridge && !space.forwards(Family::of(dst)) => way,
                _ => return Err(Place::End(self.gone(ns, None, flight, why))),
            },
        };
        if way.dev != bridge {
            return Ok(Mac::Host);
        }
        let next_hop = way.next_hop(dst);
        match self.fabric.pods.get(&(ns, next_hop)) {
            Some(&pod) => Ok(Mac::Pod(pod)),
            None => Err(Place::End(self.unanswered(ns, next_hop, flight))),
        }
    }

    /// Out by a port: `br_nf_forward_ip`, `br_nf_post_routing`.
    fn forward_frame(
        &mut self,
        ns: NsId,
        bridge: DevId,
        port: DevId,
        pod: NsId,
        flight: &mut Flight,
    ) -> Place {
        let space = self.space(ns);
        if self.same_port(ns, port, pod) && !space.hairpin {
            return Place::End(self.gone(ns, None, flight, NO_HAIRPIN));
        }
        let name = space.devs[bridge].name.clone();
        let phys_out = space
            .dev_of_kind(DevKind::Port { bridge, pod })
            .map(|dev| space.devs[dev].name.clone());
        let devs = Devs {
            input: Some(name.clone()),
            output: Some(name),
            phys_in: Some(space.devs[port].name.clone()),
            phys_out,
            next_hop: Some(flight.skb.packet.dst),
        };
        let said = self.forward(ns, flight, &devs);
        if said != Said::Accept {
            return self.stop(ns, Hook::Forward, flight, said);
        }
        // POSTROUTING is given no device that it came in by.
        let devs = Devs {
            input: None,
            ..devs
        };
        let said = self.postrouting(ns, flight, &devs);
        if said != Said::Accept {
            return self.stop(ns, Hook::Postrouting, flight, said);
        }
        self.hand_to_pod(ns, pod, flight)
    }

    fn same_port(&self, ns: NsId, port: DevId, pod: NsId) -> bool {
        matches!(self.space(ns).devs[port].kind, DevKind::Port { pod: p, .. } if p == pod)
    }
}

/// `should_deliver` in `net/bridge/br_forward.c`.
const NO_HAIRPIN: &str =
    "the bridge does not send a frame back out by the port it came in by (hairpin_mode is off)";
