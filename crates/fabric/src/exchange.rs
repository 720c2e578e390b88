//! One connection from its first packet to its end, as a client makes it.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use netfilter::conntrack::{Direction, Tuple};
use netfilter::{IcmpMessage, L4, Packet, Probability, Protocol, RuleRef, SctpChunk, TcpFlags};

use crate::asked::{Asked, Question};
use crate::dice::Dice;
use crate::fabric::Fabric;
use crate::journey::{Ending, Event, EventKind, Journey, Route, Throw, TupleView};
use crate::memory::Memory;
use crate::routing::NoWay;
use crate::space::{DevKind, Forwarding, Namespace, NsId, Sysctls, host_net};
use crate::topology::{Ns, Probe, Sender};
use crate::walk::{
    CallError, Fate, Injection, Keep, ON_THE_WIRE, Role, Socket, Stage, Task, Walk, tuple_view,
};

/// The identifier of a ping that does not ask for one; it is the recordings'.
const PING_ID: u16 = 0x4242;

/// What became of a connection, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// How it ended.
    pub ending: Ending,
    /// The client's first packet as it reached the namespace it was for, whatever came back.
    pub reached: Option<TupleView>,
    /// Whether that packet had another source than the one it was sent from, address or port, which
    /// is what conntrack calls source NAT (`nf_nat_setup_info` sets `IPS_SRC_NAT` where the tuple
    /// changes): a node's own packet is masqueraded to the address it has already, under another port.
    pub masqueraded: bool,
}

/// Attempts one connection, the whole of it: a TCP handshake, a word each way and the close; a UDP
/// request and its reply; a ping and its echo; SCTP's four-way handshake.
pub fn exchange(fabric: &Fabric, memory: &mut Memory, probe: &Probe, dice: &mut Dice) -> Journey {
    let given = VecDeque::new();
    let how = (Keep::Events, Manner::Whole);
    attempt(fabric, memory, probe, dice, how, given).journey()
}

/// The same without events, for many connections.
pub fn exchange_quiet(
    fabric: &Fabric,
    memory: &mut Memory,
    probe: &Probe,
    dice: &mut Dice,
) -> Summary {
    let given = VecDeque::new();
    let how = (Keep::Nothing, Manner::Whole);
    attempt(fabric, memory, probe, dice, how, given).summary().0
}

/// As [`exchange_quiet`], with every draw that was made: its threshold, and whether it hit.
pub fn exchange_drawn(
    fabric: &Fabric,
    memory: &mut Memory,
    probe: &Probe,
    dice: &mut Dice,
) -> (Summary, Vec<(Probability, bool)>) {
    let how = (Keep::Nothing, Manner::Whole);
    let outcome = attempt(fabric, memory, probe, dice, how, VecDeque::new());
    let (summary, asked) = outcome.summary();
    let drawn = asked
        .done
        .into_iter()
        .filter_map(|(_, question, hit)| match question {
            Question::Draw(threshold) => Some((threshold, hit)),
            _ => None,
        });
    (summary, drawn.collect())
}

pub(crate) struct Outcome {
    events: Vec<Event>,
    throws: Vec<Throw>,
    targets: BTreeMap<(Ns, RuleRef), String>,
    ending: Ending,
    reached: Option<(NsId, Tuple)>,
    source: Option<(IpAddr, u16)>,
    asked: Asked,
    sockets: Vec<Socket>,
}

/// How a client behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It closes when it has its answer.
    Whole,
    /// It does not.
    StayOpen,
    /// It sends from a socket that it has had before.
    SameSocket,
}

impl Outcome {
    fn nothing() -> Outcome {
        Outcome {
            events: Vec::new(),
            throws: Vec::new(),
            targets: BTreeMap::new(),
            ending: Ending::NetUnreachable,
            reached: None,
            source: None,
            asked: Asked::default(),
            sockets: Vec::new(),
        }
    }

    /// Everything that happened.
    pub fn journey(self) -> Journey {
        Journey {
            events: self.events,
            ending: self.ending,
            throws: self.throws,
            targets: self.targets,
        }
    }

    /// How it ended.
    pub fn ending(&self) -> &Ending {
        &self.ending
    }

    /// The client's own address and port, where it got as far.
    pub fn source(&self) -> Option<(IpAddr, u16)> {
        self.source
    }

    /// Everybody's sockets, afterwards.
    pub fn sockets(&self) -> &[Socket] {
        &self.sockets
    }

    fn take(&mut self, walk: &mut Walk<'_>) {
        self.events = std::mem::take(&mut walk.events);
        self.throws = std::mem::take(&mut walk.throws);
        self.targets = std::mem::take(&mut walk.targets);
        self.asked = std::mem::take(&mut walk.asked);
        self.sockets = std::mem::take(&mut walk.sockets);
        self.reached = walk.reached;
        self.ending = walk.ending.take().unwrap_or(Ending::Timeout);
    }

    /// In short, and what was asked.
    pub fn summary(self) -> (Summary, Asked) {
        let reached = self.reached.map(|(_, tuple)| tuple);
        let summary = Summary {
            masqueraded: reached.is_some_and(|tuple| Some((tuple.src, tuple.sport)) != self.source),
            reached: reached.as_ref().map(tuple_view),
            ending: self.ending,
        };
        (summary, self.asked)
    }
}

/// Who sends, found in the fabric.
enum Client {
    Process(NsId),
    Wire {
        injection: Injection,
        src: IpAddr,
        /// The client itself.
        space: Box<Namespace>,
    },
}

impl Client {
    fn find(fabric: &Fabric, sender: &Sender) -> Option<Client> {
        match sender {
            Sender::Process(ns) => fabric.id(ns).map(Client::Process),
            Sender::Wire { node, src } => {
                let node = fabric.id(&Ns::Node(node.clone()))?;
                let dev = fabric.spaces[node].dev_of_kind(DevKind::Uplink)?;
                // Whoever else has the address, the sender is a host of its own on the wire.
                let name = Ns::External(src.to_string());
                let mut space = Namespace::new(name, Sysctls::untouched(Forwarding::Off));
                let wire = space.add_dev("eth0", DevKind::Uplink);
                space.add_addr(wire, host_net(*src));
                Some(Client::Wire {
                    injection: Injection {
                        client: ON_THE_WIRE,
                        node,
                        dev,
                    },
                    src: *src,
                    space: Box::new(space),
                })
            }
        }
    }
}

/// Makes one connection. `given` are answers to its first questions, see [`crate::asked::Asked::given`].
pub(crate) fn attempt(
    fabric: &Fabric,
    memory: &mut Memory,
    probe: &Probe,
    dice: &mut Dice,
    (keep, manner): (Keep, Manner),
    given: VecDeque<bool>,
) -> Outcome {
    let mut outcome = Outcome::nothing();
    let Some(client) = Client::find(fabric, &probe.from) else {
        return outcome;
    };
    let (injection, src, wire) = match &client {
        Client::Process(_) => (None, None, None),
        Client::Wire {
            injection,
            src,
            space,
        } => (Some(*injection), Some(*src), Some(&**space)),
    };
    let mut walk = Walk::new(fabric, memory, dice, wire, keep);
    walk.injection = injection;
    walk.asked.given = given;
    walk.stays_open = manner == Manner::StayOpen;
    let ns = match &client {
        Client::Process(ns) => *ns,
        Client::Wire { injection, .. } => injection.client,
    };
    // `connect()` to the unspecified address is to oneself.
    let dst = match probe.dst {
        IpAddr::V4(a) if a.is_unspecified() => std::net::Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(a) if a.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        dst => dst,
    };
    let space = walk.space(ns);
    let src = match src {
        Some(src) if src.is_ipv4() == dst.is_ipv4() => src,
        Some(_) => return outcome,
        // A process's source is chosen by the route to where it wants to go, before any rule.
        None => match fabric.route_out(ns, space, dst, None) {
            Ok(way) => match fabric.source(space, &way, dst) {
                Some(src) => src,
                None => return outcome,
            },
            Err(NoWay::NetUnreachable | NoWay::Invalid) => {
                walk.note_no_route(ns, dst, probe);
                outcome.events = walk.events;
                return outcome;
            }
        },
    };
    let is_icmp = matches!(probe.protocol, Protocol::Icmp | Protocol::Icmpv6);
    let sport = match probe.sport {
        Some(port) if manner == Manner::SameSocket => port,
        Some(port) => {
            walk.client_hash = walk.memory.bound_again(&space.ns);
            port
        }
        None if is_icmp => PING_ID,
        None => walk.memory.ephemeral_port(&space.ns),
    };
    outcome.source = Some((src, sport));
    let protocol = if is_icmp && dst.is_ipv6() {
        Protocol::Icmpv6
    } else {
        probe.protocol
    };
    let packet = Packet {
        src,
        dst,
        l4: first_words(probe, sport),
        ttl: space.sysctls.ttl(dst),
    };
    walk.sockets.push(Socket {
        ns,
        protocol,
        local: (src, sport),
        remote: (dst, probe.dport),
        role: Role::Client,
        stage: Stage::Opening,
    });
    let fate = walk.send(Task {
        ns,
        packet,
        direction: Direction::Original,
        attached: None,
        answer: None,
    });
    // TCP tries again later and tells nobody; a datagram's sender is told at once.
    if let Fate::Refused(error) = fate
        && probe.protocol != Protocol::Tcp
        && walk.ending.is_none()
    {
        walk.ending = Some(match error {
            CallError::NotPermitted => Ending::NotPermitted,
            CallError::Invalid => Ending::Invalid,
        });
    }
    walk.run();
    outcome.take(&mut walk);
    outcome
}

/// Goes on with a connection: `speak` brings back its sockets and says the first word. `None` where
/// the client is not there any more or no longer has its address.
pub(crate) fn converse(
    fabric: &Fabric,
    memory: &mut Memory,
    probe: &Probe,
    dice: &mut Dice,
    source: (IpAddr, u16),
    speak: impl FnOnce(&mut Walk<'_>, NsId) -> Fate,
) -> Option<Outcome> {
    let client = Client::find(fabric, &probe.from)?;
    let (ns, injection, wire) = match &client {
        Client::Process(ns) => (*ns, None, None),
        Client::Wire {
            injection, space, ..
        } => (injection.client, Some(*injection), Some(&**space)),
    };
    let mut walk = Walk::new(fabric, memory, dice, wire, Keep::Events);
    walk.injection = injection;
    walk.stays_open = true;
    if !walk.space(ns).is_local(source.0) {
        return None;
    }
    speak(&mut walk, ns);
    walk.run();
    let mut outcome = Outcome::nothing();
    outcome.source = Some(source);
    outcome.take(&mut walk);
    Some(outcome)
}

fn first_words(probe: &Probe, sport: u16) -> L4 {
    match probe.protocol {
        Protocol::Tcp => L4::Tcp {
            sport,
            dport: probe.dport,
            flags: TcpFlags::SYN,
        },
        Protocol::Udp => L4::Udp {
            sport,
            dport: probe.dport,
        },
        Protocol::Sctp => L4::Sctp {
            sport,
            dport: probe.dport,
            chunk: SctpChunk::Init,
        },
        Protocol::Icmp | Protocol::Icmpv6 => L4::Icmp(IcmpMessage::EchoRequest { id: sport }),
        Protocol::Other(protocol) => L4::Other { protocol },
    }
}

impl Walk<'_> {
    /// `connect()` or `send()` failed before there was a packet.
    fn note_no_route(&mut self, ns: NsId, dst: IpAddr, probe: &Probe) {
        let src = match dst {
            IpAddr::V4(_) => std::net::Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
        };
        let packet = Packet {
            src,
            dst,
            l4: first_words(probe, probe.sport.unwrap_or(0)),
            ttl: self.space(ns).sysctls.ttl(dst),
        };
        self.never_sent(ns, packet, EventKind::Sent { route: Route::None });
    }
}
