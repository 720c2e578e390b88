//! A connection's five values, as conntrack keys its table.

use std::net::IpAddr;

use crate::packet::{IcmpMessage, L4, Packet, Protocol};

/// Which way a packet goes within its connection (`IP_CT_DIR_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// As the connection's first packet.
    Original,
    /// Back.
    Reply,
}

impl Direction {
    /// The other way.
    pub fn opposite(self) -> Direction {
        match self {
            Direction::Original => Direction::Reply,
            Direction::Reply => Direction::Original,
        }
    }
}

/// `struct nf_conntrack_tuple`: what must be equal for two packets to be of one connection and way.
///
/// A ping has its identifier in `sport`, and type and code in `dport` (`type << 8 | code`). A
/// protocol without ports has zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tuple {
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// Protocol.
    pub protocol: Protocol,
    /// Source port, or a ping's identifier.
    pub sport: u16,
    /// Destination port, or an ICMP message's type and code.
    pub dport: u16,
}

/// Type numbers of a ping and its answer: ICMP (RFC 792) and ICMPv6 (RFC 4443).
const ECHO: [(u8, u8); 2] = [(8, 0), (128, 129)];

impl Tuple {
    /// The tuple of a packet; `None` for an ICMP error, which belongs to the connection it is about.
    pub fn of(packet: &Packet) -> Option<Tuple> {
        let (request, answer) = ECHO[usize::from(packet.src.is_ipv6())];
        let (sport, dport) = match &packet.l4 {
            L4::Tcp { sport, dport, .. }
            | L4::Udp { sport, dport }
            | L4::Sctp { sport, dport, .. } => (*sport, *dport),
            L4::Icmp(IcmpMessage::EchoRequest { id }) => (*id, u16::from(request) << 8),
            L4::Icmp(IcmpMessage::EchoReply { id }) => (*id, u16::from(answer) << 8),
            L4::Icmp(IcmpMessage::Unreachable { .. } | IcmpMessage::TimeExceeded { .. }) => {
                return None;
            }
            L4::Other { .. } => (0, 0),
        };
        Some(Tuple {
            src: packet.src,
            dst: packet.dst,
            protocol: packet.protocol(),
            sport,
            dport,
        })
    }

    /// The tuple of an answer to a packet with this tuple (`nf_ct_invert_tuple`).
    pub fn inverted(self) -> Tuple {
        let (sport, dport) = match self.protocol {
            Protocol::Icmp | Protocol::Icmpv6 => (self.sport, self.answering_type()),
            _ => (self.dport, self.sport),
        };
        Tuple {
            src: self.dst,
            dst: self.src,
            protocol: self.protocol,
            sport,
            dport,
        }
    }

    /// ICMP type and code; meaningless for other protocols.
    pub fn icmp_type_code(self) -> (u8, u8) {
        ((self.dport >> 8) as u8, (self.dport & 0xff) as u8)
    }

    fn answering_type(self) -> u16 {
        let (kind, code) = self.icmp_type_code();
        let answer = ECHO
            .iter()
            .find_map(|&(request, answer)| match kind {
                k if k == request => Some(answer),
                k if k == answer => Some(request),
                _ => None,
            })
            .unwrap_or(kind);
        u16::from(answer) << 8 | u16::from(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(l4: L4) -> Packet {
        Packet {
            src: "10.0.0.1".parse().unwrap(),
            dst: "10.0.0.2".parse().unwrap(),
            l4,
            ttl: 64,
        }
    }

    #[test]
    fn an_answer_swaps_addresses_and_ports() {
        let t = Tuple::of(&packet(L4::Udp {
            sport: 5,
            dport: 53,
        }))
        .unwrap();
        let r = t.inverted();
        assert_eq!((r.src, r.sport, r.dst, r.dport), (t.dst, 53, t.src, 5));
        assert_eq!(r.inverted(), t);
    }

    #[test]
    fn a_ping_keeps_its_identifier_and_changes_its_type() {
        let t = Tuple::of(&packet(L4::Icmp(IcmpMessage::EchoRequest { id: 7 }))).unwrap();
        assert_eq!((t.sport, t.icmp_type_code()), (7, (8, 0)));
        assert_eq!(
            (t.inverted().sport, t.inverted().icmp_type_code()),
            (7, (0, 0))
        );
        let answer = Packet {
            src: "10.0.0.2".parse().unwrap(),
            dst: "10.0.0.1".parse().unwrap(),
            l4: L4::Icmp(IcmpMessage::EchoReply { id: 7 }),
            ttl: 64,
        };
        assert_eq!(Tuple::of(&answer), Some(t.inverted()));
    }
}
