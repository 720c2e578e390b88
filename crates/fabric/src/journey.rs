//! What happened: a journey is a list of events, and one cursor can point at any of them.

use std::collections::BTreeMap;
use std::net::IpAddr;

use netfilter::{DevName, Draw, Hook, Packet, Protocol, RuleRef, Skb, Step, TableName};

use crate::topology::Ns;

pub use netfilter::conntrack::Direction;

/// A connection's or packet's five values, as conntrack keeps them.
///
/// For ICMP echo both ports hold the identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TupleView {
    /// Source address.
    pub src: IpAddr,
    /// Destination address.
    pub dst: IpAddr,
    /// Protocol.
    pub protocol: Protocol,
    /// Source port.
    pub sport: u16,
    /// Destination port.
    pub dport: u16,
}

/// A conntrack entry as it stood after an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionView {
    /// The namespace that keeps it.
    pub ns: Ns,
    /// The tuple of its first packet.
    pub original: TupleView,
    /// The tuple expected of an answer. Where it is no mirror of `original`, that is the NAT.
    pub reply: TupleView,
    /// The packet's state: `NEW`, `ESTABLISHED`, `RELATED`, `INVALID`.
    pub ctstate: &'static str,
    /// The protocol's own state as `conntrack -L` prints it (`SYN_SENT`), where it has one.
    pub protocol_state: Option<&'static str>,
    /// Whether the entry is in the table yet (confirmed at the end of the first packet's way).
    pub confirmed: bool,
    /// Whether traffic in both directions has made it `[ASSURED]`.
    pub assured: bool,
}

/// A routing decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// To this namespace itself.
    Local,
    /// Out by a device, through a gateway where there is one.
    Via {
        /// The device.
        dev: DevName,
        /// The next hop; `None` when the destination is on the link.
        gateway: Option<IpAddr>,
        /// The route that decided, as `ip route` prints its destination: `10.42.2.0/24`, `default`.
        matched: String,
    },
    /// No route; the sender is told `ENETUNREACH` or ICMP net-unreachable.
    None,
}

/// Which rewriting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NatKind {
    /// A rule rewrote the destination.
    Dnat,
    /// A rule rewrote the source.
    Snat,
    /// conntrack rewrote the destination of a later packet, as the first packet's rule said.
    DnatAgain,
    /// conntrack rewrote the source of a later packet, as the first packet's rule said.
    SnatAgain,
    /// conntrack put the Service's address back as the source of a reply.
    UndoDnat,
    /// conntrack put the client's address back as the destination of a reply.
    UndoSnat,
}

/// Where in a hook the packet is, in the recordings' words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HookPoint {
    /// Before anything at this hook.
    Enter,
    /// After conntrack has looked it up (PREROUTING and OUTPUT).
    AfterConntrack,
    /// After nat (PREROUTING and OUTPUT).
    AfterNat,
    /// After everything at this hook.
    Leave,
}

/// What an event is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// A process sends a packet; its source address was chosen by `route`.
    Sent {
        /// The route that chose the source address.
        route: Route,
    },
    /// A packet passes a point of a hook. `after` shows it as the kernel does there.
    Hook {
        /// Which point.
        point: HookPoint,
    },
    /// conntrack looked the packet up (PREROUTING, OUTPUT).
    Conntrack,
    /// A rule was tried, or a chain ended.
    Rule(Step),
    /// A table was not asked, and why: nat for a later packet of a connection.
    NotAsked {
        /// The table.
        table: TableName,
        /// Why, as a short phrase.
        why: String,
    },
    /// An address was rewritten.
    Nat {
        /// How.
        kind: NatKind,
        /// The rule that did it, for a connection's first packet.
        rule: Option<RuleRef>,
        /// The packet before.
        before: Packet,
    },
    /// A routing decision.
    Routed(Route),
    /// conntrack put the entry into its table.
    Confirmed,
    /// The packet goes from one namespace to another.
    Moved {
        /// Out of.
        from: Ns,
        /// Into.
        to: Ns,
        /// By what: `cni0`, `eth0`, `vxlan`.
        by: String,
        /// The outer header, for an encapsulated packet: source and destination node address.
        outer: Option<(IpAddr, IpAddr)>,
    },
    /// A tunnel's device put the packet into another one, which goes on as `after`.
    Wrapped {
        /// The device: `flannel.1`.
        by: DevName,
        /// The packet inside.
        inner: Packet,
    },
    /// A tunnel's device took the packet out of the one that carried it; it comes in anew as `after`.
    Unwrapped {
        /// The device: `flannel.1`.
        by: DevName,
        /// The packet that carried it.
        outer: Packet,
    },
    /// A process has it.
    Delivered,
    /// The packet is gone, and why.
    Gone {
        /// Why, as a short phrase.
        why: String,
    },
    /// This namespace makes an answer of its own: an RST or an ICMP error.
    Answered {
        /// What, as a short phrase: `RST`, `ICMP port unreachable`.
        what: String,
    },
    /// A match or target was met that is not modelled.
    Unmodelled {
        /// Which.
        what: String,
    },
}

/// One event. `after` is the packet when it was over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Index of the packet within the exchange: 0 is the client's first.
    pub packet: usize,
    /// Where.
    pub ns: Ns,
    /// At which hook, where at one.
    pub hook: Option<Hook>,
    /// In which table, where in one.
    pub table: Option<TableName>,
    /// What.
    pub kind: EventKind,
    /// The packet afterwards, with its mark and devices.
    pub after: Skb,
    /// The conntrack entry the packet belongs to in this namespace, afterwards.
    pub connection: Option<ConnectionView>,
    /// Which way the packet goes.
    pub direction: Direction,
}

/// A draw that was made: every journey can be replayed from its throws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Throw {
    /// Whose namespace.
    pub ns: Ns,
    /// The rule.
    pub rule: RuleRef,
    /// Threshold, number, hit.
    pub draw: Draw,
}

/// How an exchange ended, as the client saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// An answer came.
    Reply {
        /// Who answered.
        by: Ns,
        /// The source address that the answering process saw.
        source_seen: IpAddr,
        /// Whether it saw the client's own port.
        port_kept: bool,
    },
    /// A TCP reset (or SCTP's ABORT) came, from this address as the client saw it.
    TcpReset {
        /// The source address of the RST.
        from: IpAddr,
    },
    /// An ICMP error came.
    IcmpUnreachable {
        /// The code in the numbering of IPv4.
        code: u8,
        /// The source address of the ICMP packet.
        from: IpAddr,
    },
    /// The client's own kernel had no route.
    NetUnreachable,
    /// The client's own kernel forbade it (`EPERM`).
    NotPermitted,
    /// The client's own kernel could not send to there from its address (`EINVAL`).
    Invalid,
    /// Nothing came.
    Timeout,
    /// Stopped at something not modelled.
    Unmodelled {
        /// What.
        what: String,
    },
}

impl Ending {
    /// The word that the recordings have for it: what the client's program is told.
    pub fn word(&self) -> &'static str {
        match self {
            Ending::Reply { .. } => "reply",
            Ending::TcpReset { .. } => "tcp-rst",
            // What a client gets for a code is `icmp_err_convert` in `net/ipv4/icmp.c`; recordings keep
            // the code where that is ECONNREFUSED. ICMPv6 has EACCES for what is prohibited
            // (`tab_unreach` in `net/ipv6/icmp.c`).
            Ending::IcmpUnreachable { code: 13, from } if from.is_ipv6() => "EACCES",
            Ending::IcmpUnreachable { code, .. } => match code {
                0 | 6 | 9 | 11 => "ENETUNREACH",
                1 | 10 | 12 | 13 | 14 | 15 => "EHOSTUNREACH",
                2 => "ENOPROTOOPT",
                3 => "icmp-unreach-code3",
                4 => "EMSGSIZE",
                5 => "EOPNOTSUPP",
                7 => "EHOSTDOWN",
                8 => "ENONET",
                _ => "EHOSTUNREACH",
            },
            Ending::NetUnreachable => "ENETUNREACH",
            Ending::NotPermitted => "EPERM",
            Ending::Invalid => "EINVAL",
            Ending::Timeout => "timeout",
            Ending::Unmodelled { .. } => "unmodelled",
        }
    }
}

/// A finished exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    /// All events of all packets, in order.
    pub events: Vec<Event>,
    /// How it ended.
    pub ending: Ending,
    /// Every draw, in order.
    pub throws: Vec<Throw>,
    /// What each rule that matched does, as `iptables -S` prints it after `-j`: `DNAT
    /// --to-destination 10.42.1.16:8080`. Journeys outlive the rules they went by.
    pub targets: BTreeMap<(Ns, RuleRef), String>,
}
