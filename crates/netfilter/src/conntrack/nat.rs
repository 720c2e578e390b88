//! NAT: choosing a connection's new tuple, and rewriting its packets.
//!
//! As `net/netfilter/nf_nat_core.c` and `nf_nat_proto.c` do it. One difference: a range of several
//! addresses is spread by a hash of our own reading of the kernel's, which takes no secret.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::table::{ConnId, Conntrack, Tracked, has_ports};
use super::tuple::{Direction, Tuple};
use crate::packet::{IcmpMessage, L4, Packet, Protocol};
use crate::rule::NatRange;
use crate::traverse::{CtState, Manip, NatRequest};

/// `NF_NAT_MAX_ATTEMPTS`: how many ports in a row are tried before a new start is drawn.
const MAX_ATTEMPTS: u32 = 128;

impl Conntrack {
    /// Whether it is settled what becomes of this side of the connection (`nf_nat_initialized`).
    pub fn nat_settled(&self, id: ConnId, manip: Manip) -> bool {
        let status = self.get(id).status;
        match manip {
            Manip::Source => status.src_nat_done,
            Manip::Destination => status.dst_nat_done,
        }
    }

    /// Settles one side of a new connection: `nf_nat_setup_info`. `port` draws 16 bits.
    pub fn nat_setup(
        &mut self,
        id: ConnId,
        request: &NatRequest,
        now: u64,
        port: &mut dyn FnMut() -> u16,
    ) {
        let current = self.get(id).reply.inverted();
        let new = self.unique_tuple(id, current, request, now, port);
        let conn = self.get_mut(id);
        if new != current {
            conn.reply = new.inverted();
            match request.manip {
                Manip::Source => conn.status.src_nat = true,
                Manip::Destination => conn.status.dst_nat = true,
            }
        }
        match request.manip {
            Manip::Source => conn.status.src_nat_done = true,
            Manip::Destination => conn.status.dst_nat_done = true,
        }
    }

    /// Settles one side as "unchanged" (`nf_nat_alloc_null_binding`); a source port that another
    /// connection uses is changed even so.
    pub fn nat_null_binding(
        &mut self,
        id: ConnId,
        manip: Manip,
        now: u64,
        port: &mut dyn FnMut() -> u16,
    ) {
        let reply = self.get(id).reply;
        let addr = match manip {
            Manip::Source => reply.dst,
            Manip::Destination => reply.src,
        };
        let request = NatRequest {
            manip,
            range: NatRange {
                addrs: Some((addr, addr)),
                ports: None,
            },
            random_port: false,
            persistent: false,
        };
        self.nat_setup(id, &request, now, port);
    }

    /// `get_unique_tuple`
    fn unique_tuple(
        &self,
        id: ConnId,
        original: Tuple,
        request: &NatRequest,
        now: u64,
        port: &mut dyn FnMut() -> u16,
    ) -> Tuple {
        let used = |tuple: &Tuple| self.taken(&tuple.inverted(), id, now);
        let range = &request.range;
        if request.manip == Manip::Source
            && !request.random_port
            && in_range(&original, range)
            && !used(&original)
        {
            return original;
        }
        let mut tuple = original;
        if let Some(addrs) = range.addrs {
            let addr = pick_address(addrs, &tuple, request);
            match request.manip {
                Manip::Source => tuple.src = addr,
                Manip::Destination => tuple.dst = addr,
            }
        }
        if !request.random_port {
            let free = match range.ports {
                Some((first, last)) => {
                    let at = match request.manip {
                        Manip::Source => tuple.sport,
                        Manip::Destination => tuple.dport,
                    };
                    (first..=last).contains(&at) && (first == last || !used(&tuple))
                }
                None => !used(&tuple),
            };
            if free {
                return tuple;
            }
        }
        unique_port(tuple, request, &used, port)
    }

    /// Rewrites a packet of a connection at a hook where `manip` is done: `nf_nat_packet`, and
    /// `nf_nat_icmp_reply_translation` for ICMP errors. Says whether anything changed.
    pub fn translate(&self, tracked: Tracked, manip: Manip, packet: &mut Packet) -> bool {
        let Tracked::Entry {
            id,
            state,
            direction,
        } = tracked
        else {
            return false;
        };
        let conn = self.get(id);
        let source = (manip == Manip::Source) == (direction == Direction::Original);
        let active = if source {
            conn.status.src_nat
        } else {
            conn.status.dst_nat
        };
        if !active {
            return false;
        }
        let before = packet.clone();
        let target = conn.tuple(direction.opposite()).inverted();
        if state == CtState::Related {
            if let L4::Icmp(
                IcmpMessage::Unreachable { about, .. } | IcmpMessage::TimeExceeded { about },
            ) = &mut packet.l4
            {
                // The header inside travels the other way, so its other side is rewritten.
                rewrite(about, &conn.tuple(direction.opposite()), opposite(manip));
            }
            match manip {
                Manip::Source => packet.src = target.src,
                Manip::Destination => packet.dst = target.dst,
            }
        } else {
            rewrite(packet, &target, manip);
        }
        *packet != before
    }
}

fn opposite(manip: Manip) -> Manip {
    match manip {
        Manip::Source => Manip::Destination,
        Manip::Destination => Manip::Source,
    }
}

/// `nf_nat_manip_pkt`: gives a header one side of `target`.
fn rewrite(packet: &mut Packet, target: &Tuple, manip: Manip) {
    match manip {
        Manip::Source => {
            packet.src = target.src;
            packet.rewrite_ports(Some(target.sport), None);
        }
        Manip::Destination => {
            packet.dst = target.dst;
            packet.rewrite_ports(None, Some(target.dport));
        }
    }
    if let L4::Icmp(IcmpMessage::EchoRequest { id } | IcmpMessage::EchoReply { id }) =
        &mut packet.l4
    {
        *id = target.sport;
    }
}

/// `nf_in_range`, for a source.
fn in_range(tuple: &Tuple, range: &NatRange) -> bool {
    range
        .addrs
        .is_none_or(|(first, last)| (first..=last).contains(&tuple.src))
        && range
            .ports
            .is_none_or(|(first, last)| (first..=last).contains(&tuple.sport))
}

/// `find_best_ips_proto`
fn pick_address((first, last): (IpAddr, IpAddr), tuple: &Tuple, request: &NatRequest) -> IpAddr {
    if first == last {
        return first;
    }
    let key = |addr: IpAddr| match addr {
        IpAddr::V4(a) => u128::from(u32::from(a)),
        IpAddr::V6(a) => u128::from(a),
    };
    let salt = if request.persistent {
        0
    } else {
        key(tuple.dst)
    };
    // The top bits of a multiplication by an odd number near 2^64 divided by the golden ratio.
    let hash = (key(tuple.src) ^ salt.rotate_left(17)) as u64;
    let hash = hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let span = key(last).saturating_sub(key(first)).saturating_add(1);
    let step = (u128::from(hash) * span.min(1 << 64)) >> 32;
    match first {
        IpAddr::V4(a) => IpAddr::V4(Ipv4Addr::from(u32::from(a).wrapping_add(step as u32))),
        IpAddr::V6(a) => IpAddr::V6(Ipv6Addr::from(u128::from(a).wrapping_add(step))),
    }
}

/// `nf_nat_l4proto_unique_tuple`: looks for a port that makes the tuple unique.
fn unique_port(
    mut tuple: Tuple,
    request: &NatRequest,
    used: &dyn Fn(&Tuple) -> bool,
    port: &mut dyn FnMut() -> u16,
) -> Tuple {
    let icmp = matches!(tuple.protocol, Protocol::Icmp | Protocol::Icmpv6);
    if !icmp && !has_ports(tuple.protocol) {
        return tuple;
    }
    let old = match request.manip {
        Manip::Destination if !icmp => tuple.dport,
        _ => tuple.sport,
    };
    let (first, last) = match request.range.ports {
        Some(ports) => ports,
        None if icmp => (0, 65535),
        None if request.manip == Manip::Destination => return tuple,
        None => match old {
            0..512 => (1, 511),
            512..1024 => (600, 1023),
            _ => (1024, 65535),
        },
    };
    let (first, last) = (first.min(last), first.max(last));
    let size = u32::from(last - first) + 1;
    let mut offset = if request.random_port || request.manip == Manip::Source {
        u32::from(port())
    } else {
        0
    };
    let mut attempts = size.min(MAX_ATTEMPTS);
    loop {
        for i in 0..attempts {
            let chosen = first + (offset.wrapping_add(i) % size) as u16;
            match request.manip {
                Manip::Destination if !icmp => tuple.dport = chosen,
                _ => tuple.sport = chosen,
            }
            if !used(&tuple) {
                return tuple;
            }
        }
        if attempts >= size || attempts < 16 {
            return tuple;
        }
        attempts /= 2;
        offset = u32::from(port());
    }
}
