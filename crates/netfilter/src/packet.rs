//! What travels on the wire ([`Packet`]) and what the kernel hangs on it inside one namespace ([`Skb`]).

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// A network device's name, `eth0`. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DevName(Arc<str>);

impl DevName {
    /// Wraps a name.
    pub fn new(name: &str) -> Self {
        DevName(name.into())
    }
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DevName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A transport protocol, by its IANA number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// 6
    Tcp,
    /// 17
    Udp,
    /// 132
    Sctp,
    /// 1
    Icmp,
    /// 58
    Icmpv6,
    /// Any other number.
    Other(u8),
}

impl Protocol {
    /// The number in the IP header.
    pub fn number(self) -> u8 {
        match self {
            Protocol::Icmp => 1,
            Protocol::Tcp => 6,
            Protocol::Udp => 17,
            Protocol::Icmpv6 => 58,
            Protocol::Sctp => 132,
            Protocol::Other(n) => n,
        }
    }

    /// The protocol with this number.
    pub fn from_number(n: u8) -> Self {
        match n {
            1 => Protocol::Icmp,
            6 => Protocol::Tcp,
            17 => Protocol::Udp,
            58 => Protocol::Icmpv6,
            132 => Protocol::Sctp,
            n => Protocol::Other(n),
        }
    }
}

/// Further protocols with a name in `/etc/protocols`, which iptables prints instead of the number.
const NAMED: [(u8, &str); 49] = [
    (2, "igmp"),
    (3, "ggp"),
    (4, "ipencap"),
    (5, "st"),
    (8, "egp"),
    (9, "igp"),
    (12, "pup"),
    (20, "hmp"),
    (22, "xns-idp"),
    (27, "rdp"),
    (29, "iso-tp4"),
    (33, "dccp"),
    (36, "xtp"),
    (37, "ddp"),
    (38, "idpr-cmtp"),
    (41, "ipv6"),
    (43, "ipv6-route"),
    (44, "ipv6-frag"),
    (45, "idrp"),
    (46, "rsvp"),
    (47, "gre"),
    (50, "esp"),
    (51, "ah"),
    (57, "skip"),
    (59, "ipv6-nonxt"),
    (60, "ipv6-opts"),
    (73, "rspf"),
    (81, "vmtp"),
    (88, "eigrp"),
    (89, "ospf"),
    (93, "ax.25"),
    (94, "ipip"),
    (97, "etherip"),
    (98, "encap"),
    (103, "pim"),
    (108, "ipcomp"),
    (112, "vrrp"),
    (115, "l2tp"),
    (124, "isis"),
    (133, "fc"),
    (135, "mobility-header"),
    (136, "udplite"),
    (137, "mpls-in-ip"),
    (138, "manet"),
    (139, "hip"),
    (140, "shim6"),
    (141, "wesp"),
    (142, "rohc"),
    (143, "ethernet"),
];

impl Protocol {
    /// The protocol of a name or number as `-p` takes it; `all` and 0 are no protocol.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        Some(match lower.as_str() {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "sctp" => Protocol::Sctp,
            "icmp" => Protocol::Icmp,
            "icmpv6" | "ipv6-icmp" | "icmp6" => Protocol::Icmpv6,
            name => match NAMED.iter().find(|(_, known)| *known == name) {
                Some((number, _)) => Protocol::Other(*number),
                None => Protocol::from_number(name.parse().ok().filter(|&n| n != 0)?),
            },
        })
    }
}

impl fmt::Display for Protocol {
    /// The name that `iptables -S` prints: `tcp`, `ipv6-icmp`, or the number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Protocol::Tcp => f.write_str("tcp"),
            Protocol::Udp => f.write_str("udp"),
            Protocol::Sctp => f.write_str("sctp"),
            Protocol::Icmp => f.write_str("icmp"),
            Protocol::Icmpv6 => f.write_str("ipv6-icmp"),
            Protocol::Other(n) => match NAMED.iter().find(|(number, _)| number == n) {
                Some((_, name)) => f.write_str(name),
                None => write!(f, "{n}"),
            },
        }
    }
}

/// TCP flag bits as in the header's 14th byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct TcpFlags(pub u8);

impl TcpFlags {
    /// FIN
    pub const FIN: TcpFlags = TcpFlags(0x01);
    /// SYN
    pub const SYN: TcpFlags = TcpFlags(0x02);
    /// RST
    pub const RST: TcpFlags = TcpFlags(0x04);
    /// PSH
    pub const PSH: TcpFlags = TcpFlags(0x08);
    /// ACK
    pub const ACK: TcpFlags = TcpFlags(0x10);

    /// Both sets of flags.
    pub const fn with(self, other: TcpFlags) -> TcpFlags {
        TcpFlags(self.0 | other.0)
    }
    /// Whether all of `other`'s flags are set.
    pub const fn has(self, other: TcpFlags) -> bool {
        self.0 & other.0 == other.0
    }
}

impl fmt::Display for TcpFlags {
    /// The recordings' letters: `S`, `SA`, `A`, `PA`, `FA`, `R`, `RA`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (bit, letter) in [
            (0x02, "S"),
            (0x01, "F"),
            (0x04, "R"),
            (0x08, "P"),
            (0x10, "A"),
        ] {
            if self.0 & bit != 0 {
                f.write_str(letter)?;
            }
        }
        Ok(())
    }
}

/// The SCTP chunks that conntrack tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SctpChunk {
    /// INIT
    Init,
    /// INIT ACK
    InitAck,
    /// COOKIE ECHO
    CookieEcho,
    /// COOKIE ACK
    CookieAck,
    /// DATA
    Data,
    /// ABORT
    Abort,
}

/// An ICMP or ICMPv6 message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum IcmpMessage {
    /// A ping.
    EchoRequest {
        /// The identifier, which stands in for a port in conntrack.
        id: u16,
    },
    /// The answer to a ping.
    EchoReply {
        /// The identifier.
        id: u16,
    },
    /// Destination unreachable (ICMP type 3, ICMPv6 type 1).
    Unreachable {
        /// The code, in the numbering of the packet's own family.
        code: u8,
        /// The header that could not be delivered.
        about: Box<Packet>,
    },
    /// Time exceeded (ICMP type 11, ICMPv6 type 3).
    TimeExceeded {
        /// The header that ran out.
        about: Box<Packet>,
    },
}

/// The transport header.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum L4 {
    /// TCP.
    Tcp {
        /// Source port.
        sport: u16,
        /// Destination port.
        dport: u16,
        /// Flags.
        flags: TcpFlags,
    },
    /// UDP.
    Udp {
        /// Source port.
        sport: u16,
        /// Destination port.
        dport: u16,
    },
    /// SCTP.
    Sctp {
        /// Source port.
        sport: u16,
        /// Destination port.
        dport: u16,
        /// The first chunk.
        chunk: SctpChunk,
    },
    /// ICMP, or ICMPv6 when the addresses are IPv6.
    Icmp(IcmpMessage),
    /// Anything else, which has no ports.
    Other {
        /// IP protocol number.
        protocol: u8,
    },
}

/// A packet as it stands on the wire: nothing in it belongs to one machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Packet {
    /// Source address.
    pub src: IpAddr,
    /// Destination address; the same family as `src`.
    pub dst: IpAddr,
    /// Transport header.
    pub l4: L4,
    /// Time to live (hop limit).
    pub ttl: u8,
}

impl Packet {
    /// The protocol in the IP header.
    pub fn protocol(&self) -> Protocol {
        match self.l4 {
            L4::Tcp { .. } => Protocol::Tcp,
            L4::Udp { .. } => Protocol::Udp,
            L4::Sctp { .. } => Protocol::Sctp,
            L4::Icmp(_) if self.src.is_ipv6() => Protocol::Icmpv6,
            L4::Icmp(_) => Protocol::Icmp,
            L4::Other { protocol } => Protocol::from_number(protocol),
        }
    }

    /// Source and destination port, where the protocol has ports.
    pub fn ports(&self) -> Option<(u16, u16)> {
        match self.l4 {
            L4::Tcp { sport, dport, .. }
            | L4::Udp { sport, dport }
            | L4::Sctp { sport, dport, .. } => Some((sport, dport)),
            L4::Icmp(_) | L4::Other { .. } => None,
        }
    }

    /// Its length in its IP header, as rules count it. What programs say has no length here, so a data
    /// packet counts for its headers.
    pub fn length(&self) -> u64 {
        let ip = if self.src.is_ipv4() { 20 } else { 40 };
        ip + match &self.l4 {
            // With the options of a Linux SYN: MSS, SACK, timestamps, window scale; later, timestamps.
            L4::Tcp { flags, .. } if flags.has(TcpFlags::SYN) => 40,
            L4::Tcp { flags, .. } if flags.has(TcpFlags::RST) => 20,
            L4::Tcp { .. } => 32,
            L4::Udp { .. } => 8,
            L4::Sctp { .. } => 12,
            // ping's 56 bytes of data, or the header that it speaks of and eight bytes more.
            L4::Icmp(IcmpMessage::EchoRequest { .. } | IcmpMessage::EchoReply { .. }) => 64,
            L4::Icmp(_) => 8 + ip + 8,
            L4::Other { .. } => 0,
        }
    }

    /// Rewrites the ports; a packet without ports stays as it is.
    pub fn rewrite_ports(&mut self, source: Option<u16>, destination: Option<u16>) {
        if let L4::Tcp { sport, dport, .. }
        | L4::Udp { sport, dport }
        | L4::Sctp { sport, dport, .. } = &mut self.l4
        {
            *sport = source.unwrap_or(*sport);
            *dport = destination.unwrap_or(*dport);
        }
    }
}

/// A packet inside one namespace, with what is lost when it leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skb {
    /// The packet itself.
    pub packet: Packet,
    /// The fwmark, `skb->mark`.
    pub mark: u32,
    /// The device it came in by, as the current hook shows it.
    pub in_dev: Option<DevName>,
    /// The device it goes out by, as the current hook shows it.
    pub out_dev: Option<DevName>,
    /// The bridge port it came in by, where br_netfilter knows one (`-m physdev`).
    pub phys_in: Option<DevName>,
    /// The bridge port it goes out by, where br_netfilter knows one.
    pub phys_out: Option<DevName>,
}

impl Skb {
    /// A packet that has just come into being in a namespace.
    pub fn new(packet: Packet) -> Self {
        Skb {
            packet,
            mark: 0,
            in_dev: None,
            out_dev: None,
            phys_in: None,
            phys_out: None,
        }
    }
}
