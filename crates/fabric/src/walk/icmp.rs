//! Answers the kernel itself makes: ICMP errors and resets.

use std::net::IpAddr;

use netfilter::conntrack::Tracked;
use netfilter::targets::RejectWith;
use netfilter::traverse::CtState;
use netfilter::{Family, IcmpMessage, L4, Packet, TcpFlags};

use super::{Flight, Task, Walk, is_icmp_error};
use crate::asked::Question;
use crate::space::NsId;

/// ICMP codes of destination-unreachable (RFC 792), and what ICMPv6 (RFC 4443) has instead.
pub(crate) const NET_UNREACHABLE: u8 = 0;
pub(crate) const PROTOCOL_UNREACHABLE: u8 = 2;
pub(crate) const PORT_UNREACHABLE: u8 = 3;
const NO_ROUTE6: u8 = 0;
const PORT_UNREACHABLE6: u8 = 4;

/// An ICMPv6 destination-unreachable code as the ICMP code that means the same to a client.
pub(crate) fn as_ipv4_code(code: u8, family: Family) -> u8 {
    match (family, code) {
        (Family::Ipv4, code) => code,
        (Family::Ipv6, 0) => NET_UNREACHABLE,
        (Family::Ipv6, 3) => 1,
        (Family::Ipv6, 4) => PORT_UNREACHABLE,
        // Administratively prohibited, failed policy, reject route.
        (Family::Ipv6, _) => 13,
    }
}

/// What a code is called.
fn name(code: u8, family: Family) -> String {
    let what = match (family, code) {
        (Family::Ipv4, 0) | (Family::Ipv6, 0) => "net unreachable",
        (Family::Ipv4, 1) => "host unreachable",
        (Family::Ipv4, 2) => "protocol unreachable",
        (Family::Ipv4, 3) | (Family::Ipv6, 4) => "port unreachable",
        (Family::Ipv4, 9) => "network prohibited",
        (Family::Ipv4, 10) => "host prohibited",
        (Family::Ipv4, 13) | (Family::Ipv6, 1) => "administratively prohibited",
        (Family::Ipv6, 3) => "address unreachable",
        _ => return format!("ICMP unreachable, code {code}"),
    };
    match family {
        Family::Ipv4 => format!("ICMP {what}"),
        Family::Ipv6 => format!("ICMPv6 {what}"),
    }
}

/// Whose address an ICMP error carries as its source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// The address the packet was sent to: it was for this namespace.
    ItsDestination,
    /// The address that routing chooses for a packet to the sender.
    Routing,
}

impl Walk<'_> {
    /// `-j REJECT` (`nf_send_unreach`, `nf_send_reset`).
    pub fn reject(&mut self, ns: NsId, flight: &Flight, with: RejectWith) {
        match with {
            RejectWith::Icmp { code } => {
                // A packet for this namespace has a local route, whose address the error carries.
                let local = flight.skb.out_dev.is_none();
                let from = if local {
                    From::ItsDestination
                } else {
                    From::Routing
                };
                self.unreachable(ns, flight, code, from);
            }
            RejectWith::TcpReset => self.reset(ns, flight, attached(flight, CtState::Related)),
        }
    }

    pub fn net_unreachable(&mut self, ns: NsId, flight: &Flight) {
        let peer = flight.skb.packet.src;
        let code = match Family::of(peer) {
            Family::Ipv4 if !self.ask(ns, Question::Unroutable { peer }) => return,
            Family::Ipv4 => NET_UNREACHABLE,
            Family::Ipv6 => NO_ROUTE6,
        };
        self.unreachable(ns, flight, code, From::Routing);
    }

    /// Nobody listens on the port of a packet that was for this namespace.
    pub fn port_unreachable(&mut self, ns: NsId, flight: &Flight) {
        let code = match Family::of(flight.skb.packet.src) {
            Family::Ipv4 => PORT_UNREACHABLE,
            Family::Ipv6 => PORT_UNREACHABLE6,
        };
        self.unreachable(ns, flight, code, From::ItsDestination);
    }

    pub fn unreachable(&mut self, ns: NsId, flight: &Flight, code: u8, from: From) {
        let about = Box::new(flight.skb.packet.clone());
        let what = name(code, Family::of(about.src));
        let message = IcmpMessage::Unreachable { code, about };
        self.icmp_error(ns, flight, message, from, what);
    }

    pub fn time_exceeded(&mut self, ns: NsId, flight: &Flight) {
        let about = Box::new(flight.skb.packet.clone());
        let message = IcmpMessage::TimeExceeded { about };
        self.icmp_error(
            ns,
            flight,
            message,
            From::Routing,
            "ICMP time exceeded".to_owned(),
        );
    }

    /// `icmp_send`: not about another error, not faster than allowed, and only where there is a way.
    fn icmp_error(
        &mut self,
        ns: NsId,
        flight: &Flight,
        message: IcmpMessage,
        from: From,
        what: String,
    ) {
        let packet = &flight.skb.packet;
        if is_icmp_error(packet) {
            return;
        }
        let space = self.space(ns);
        let dst = packet.src;
        let src = match from {
            From::ItsDestination => Some(packet.dst),
            From::Routing => None,
        };
        let Ok(way) = self.fabric.route_out(ns, space, dst, src) else {
            return;
        };
        let Some(src) = src.or_else(|| self.fabric.source(space, &way, dst)) else {
            return;
        };
        let ratelimit = match Family::of(dst) {
            Family::Ipv4 => space.sysctls.icmp_ratelimit,
            Family::Ipv6 => space.sysctls.icmp6_ratelimit,
        };
        // There is no limit over `lo` (`icmpv4_xrlim_allow`).
        let limited = !way.local && ratelimit > 0;
        if limited
            && !self.ask(
                ns,
                Question::Icmp {
                    peer: dst,
                    ratelimit,
                },
            )
        {
            return;
        }
        self.queue.push_back(Task {
            ns,
            packet: Packet {
                src,
                dst,
                l4: L4::Icmp(message),
                ttl: space.sysctls.ttl(dst),
            },
            direction: flight.direction.opposite(),
            attached: attached(flight, CtState::Related),
            answer: Some(what),
        });
    }

    /// A reset in answer to a TCP segment: with ACK it takes up the segment's number, otherwise it
    /// acknowledges (`tcp_v4_send_reset`). Resets are not answered.
    pub fn reset(&mut self, ns: NsId, flight: &Flight, attached: Option<Tracked>) {
        let packet = &flight.skb.packet;
        let L4::Tcp {
            sport,
            dport,
            flags,
        } = packet.l4
        else {
            return;
        };
        if flags.has(TcpFlags::RST) {
            return;
        }
        let answer = if flags.has(TcpFlags::ACK) {
            TcpFlags::RST
        } else {
            TcpFlags::RST.with(TcpFlags::ACK)
        };
        self.answer(
            ns,
            flight,
            L4::Tcp {
                sport: dport,
                dport: sport,
                flags: answer,
            },
            "RST",
            attached,
        );
    }

    /// An answer of the kernel's own from the address a packet was sent to.
    pub fn answer(
        &mut self,
        ns: NsId,
        flight: &Flight,
        l4: L4,
        what: &str,
        attached: Option<Tracked>,
    ) {
        let packet = &flight.skb.packet;
        let (src, dst): (IpAddr, IpAddr) = (packet.dst, packet.src);
        self.queue.push_back(Task {
            ns,
            packet: Packet {
                src,
                dst,
                l4,
                ttl: self.space(ns).sysctls.ttl(dst),
            },
            direction: flight.direction.opposite(),
            attached,
            answer: Some(what.to_owned()),
        });
    }
}

/// `nf_conntrack_attach`: an error about a connection's packet is RELATED to it, the other way.
fn attached(flight: &Flight, state: CtState) -> Option<Tracked> {
    match flight.tracked {
        Some(Tracked::Entry { id, direction, .. }) => Some(Tracked::Entry {
            id,
            state,
            direction: direction.opposite(),
        }),
        _ => None,
    }
}
