//! One exchange on its way: packets in flight, the queue of those to come, and what was seen.
//!
//! The order of things inside a namespace is the kernel's: `path` is the IP layer, `hooks` the
//! netfilter hooks along it, `bridge` the bridge with br_netfilter, `stack` what waits at the ends.

mod bridge;
mod env;
mod hooks;
mod icmp;
mod path;
mod stack;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use netfilter::conntrack::{Direction, Tracked, Tuple};
use netfilter::traverse::CtState;
use netfilter::{Hook, IcmpMessage, L4, Packet, Protocol, RuleRef, Skb, TableName};

use crate::asked::{Asked, Question};
use crate::dice::Dice;
use crate::fabric::Fabric;
use crate::journey::{ConnectionView, Ending, Event, EventKind, Throw, TupleView};
use crate::memory::{Memory, Remembered};
use crate::space::{DevId, DevKind, Namespace, NsId};
use crate::topology::Ns;

pub(crate) use stack::{Role, Socket, Stage};

/// How many packets one exchange may have: far more than any that ends by itself.
const MOST_PACKETS: usize = 256;
/// How often one packet may go from device to device. A TTL ends loops through routers; this ends
/// those that no TTL sees.
const MOST_MOVES: u32 = 1024;
/// The stand-in for a client on the wire that is no namespace of the fabric.
pub(crate) const ON_THE_WIRE: NsId = NsId::MAX;

/// Whether events are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    Events,
    Nothing,
}

/// A packet in a namespace.
#[derive(Debug, Clone)]
pub(crate) struct Flight {
    /// Its number in the exchange.
    pub index: usize,
    /// Its way in the exchange, for namespaces that keep no conntrack.
    pub direction: Direction,
    pub skb: Skb,
    /// `skb->_nfct`: what conntrack of this namespace said of it.
    pub tracked: Option<Tracked>,
    /// What a VXLAN packet carries.
    pub inner: Option<Packet>,
    /// Still inside the system call that sent it.
    pub in_call: bool,
    moves: u32,
}

/// Where a packet goes next.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// Comes in by a device.
    Arrive { ns: NsId, dev: DevId, mac: Mac },
    /// Is no more on its way.
    End(Fate),
}

/// Whom a frame is for, on a link with more than one listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mac {
    /// The namespace that has the device.
    Host,
    /// The pod behind another port of the bridge.
    Pod(NsId),
}

/// What became of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It reached the end of its way, whoever was there.
    Arrived,
    /// It is gone.
    Gone,
    /// It is gone, and the process that sent it got an error from its system call.
    Refused(CallError),
}

/// What a system call that sends can return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallError {
    NotPermitted,
    Invalid,
}

/// A packet that is to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Task {
    pub ns: NsId,
    pub packet: Packet,
    pub direction: Direction,
    /// The connection that an ICMP error or a reset is about (`nf_ct_attach`).
    pub attached: Option<Tracked>,
    /// What it is, when the kernel itself answers.
    pub answer: Option<String>,
}

/// Where the client's packets enter when they do not come from its own namespace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Injection {
    pub client: NsId,
    pub node: NsId,
    pub dev: DevId,
}

/// An exchange under way.
pub(crate) struct Walk<'a> {
    pub fabric: &'a Fabric,
    pub memory: &'a mut Memory,
    pub dice: &'a mut Dice,
    /// A client on the wire that is no namespace of the fabric.
    pub wire: Option<&'a Namespace>,
    pub injection: Option<Injection>,
    pub asked: Asked,
    pub keep: Keep,
    pub events: Vec<Event>,
    pub throws: Vec<Throw>,
    pub targets: BTreeMap<(Ns, RuleRef), String>,
    pub ending: Option<Ending>,
    /// The tuple of the client's first packet where a process took it.
    pub reached: Option<(NsId, Tuple)>,
    pub sockets: Vec<Socket>,
    pub queue: VecDeque<Task>,
    pub packets: usize,
    /// Stands for `sk_txhash`, the random number of the client's socket, where its port does not
    /// already tell it from an earlier one.
    pub client_hash: u64,
    /// Whether the client keeps its connection when it has its answer.
    pub stays_open: bool,
    /// Namespaces whose tables have entries to sweep.
    touched: Vec<NsId>,
}

impl<'a> Walk<'a> {
    pub fn new(
        fabric: &'a Fabric,
        memory: &'a mut Memory,
        dice: &'a mut Dice,
        wire: Option<&'a Namespace>,
        keep: Keep,
    ) -> Walk<'a> {
        Walk {
            fabric,
            memory,
            dice,
            wire,
            injection: None,
            asked: Asked::default(),
            keep,
            events: Vec::new(),
            throws: Vec::new(),
            targets: BTreeMap::new(),
            ending: None,
            reached: None,
            sockets: Vec::new(),
            queue: VecDeque::new(),
            packets: 0,
            client_hash: 0,
            stays_open: false,
            touched: Vec::new(),
        }
    }

    pub fn space(&self, id: NsId) -> &'a Namespace {
        match self.wire {
            Some(wire) if id == ON_THE_WIRE => wire,
            _ => &self.fabric.spaces[id],
        }
    }

    pub fn remembered(&mut self, id: NsId) -> &mut Remembered {
        let ns = &self.space(id).ns;
        self.memory.space(ns)
    }

    /// Asks what a namespace remembers.
    pub fn ask(&mut self, ns: NsId, question: Question) -> bool {
        let ns = &self.space(ns).ns;
        let now = self.memory.now();
        self.asked.ask(ns, question, self.memory.space(ns), now)
    }

    /// Sends what is queued, and what that leads to, until nothing is on its way.
    pub fn run(&mut self) {
        while let Some(task) = self.queue.pop_front() {
            self.send(task);
            if self.packets >= MOST_PACKETS
                || matches!(self.ending, Some(Ending::Unmodelled { .. }))
            {
                self.queue.clear();
            }
        }
        self.sweep();
    }

    /// Sends one packet and follows it to its end.
    pub fn send(&mut self, task: Task) -> Fate {
        let index = self.packets;
        self.packets += 1;
        let mut flight = Flight {
            index,
            direction: task.direction,
            skb: Skb::new(task.packet),
            tracked: task.attached,
            inner: None,
            in_call: task.answer.is_none(),
            moves: 0,
        };
        let mut place = self.begin(task.ns, task.answer, &mut flight);
        loop {
            match place {
                Place::End(fate) => return fate,
                Place::Arrive { ns, dev, mac } => {
                    flight.moves += 1;
                    if flight.moves > MOST_MOVES {
                        return self.gone(ns, None, &flight, "it goes round in circles");
                    }
                    flight.in_call = false;
                    place = self.arrive(ns, dev, mac, &mut flight);
                }
            }
        }
    }

    /// What is told of a packet that its sender's kernel refused before it was one.
    pub fn never_sent(&mut self, ns: NsId, packet: Packet, kind: EventKind) {
        let flight = Flight {
            index: self.packets,
            direction: Direction::Original,
            skb: Skb::new(packet),
            tracked: None,
            inner: None,
            in_call: true,
            moves: 0,
        };
        self.note(ns, (None, None), &flight, || kind);
        self.gone(ns, None, &flight, "no route to the destination");
    }

    fn begin(&mut self, ns: NsId, answer: Option<String>, flight: &mut Flight) -> Place {
        if let Some(injection) = self.injection
            && injection.client == ns
            && flight.direction == Direction::Original
        {
            return self.inject(injection, flight);
        }
        self.originate(ns, answer, flight)
    }

    /// Forgets connections that were never confirmed; nothing holds them any more.
    fn sweep(&mut self) {
        for id in std::mem::take(&mut self.touched) {
            self.remembered(id).conntrack.settle();
        }
    }

    pub fn touch(&mut self, id: NsId) {
        if !self.touched.contains(&id) {
            self.touched.push(id);
        }
    }

    /// Keeps an event. `kind` is made only where events are kept.
    pub fn note(
        &mut self,
        ns: NsId,
        at: (Option<Hook>, Option<TableName>),
        flight: &Flight,
        kind: impl FnOnce() -> EventKind,
    ) {
        if self.keep == Keep::Nothing {
            return;
        }
        let connection = self.connection_view(ns, flight);
        let direction = match flight.tracked {
            Some(Tracked::Entry { direction, .. }) => direction,
            _ => flight.direction,
        };
        self.events.push(Event {
            packet: flight.index,
            ns: self.space(ns).ns.clone(),
            hook: at.0,
            table: at.1,
            kind: kind(),
            after: flight.skb.clone(),
            connection,
            direction,
        });
    }

    fn connection_view(&mut self, ns: NsId, flight: &Flight) -> Option<ConnectionView> {
        let Some(Tracked::Entry { id, state, .. }) = flight.tracked else {
            return None;
        };
        let space = self.space(ns);
        let conn = self.memory.space(&space.ns).conntrack.get(id);
        Some(ConnectionView {
            ns: space.ns.clone(),
            original: tuple_view(&conn.original),
            reply: tuple_view(&conn.reply),
            ctstate: match state {
                CtState::New => "NEW",
                CtState::Established => "ESTABLISHED",
                CtState::Related => "RELATED",
                CtState::Invalid => "INVALID",
                CtState::Untracked => "UNTRACKED",
            },
            protocol_state: conn.protocol_state(),
            confirmed: conn.status.confirmed,
            assured: conn.status.assured,
        })
    }

    /// The packet is gone; a process still inside its system call is told so.
    pub fn gone(&mut self, ns: NsId, hook: Option<Hook>, flight: &Flight, why: &str) -> Fate {
        self.note(ns, (hook, None), flight, || EventKind::Gone {
            why: why.to_owned(),
        });
        Fate::Gone
    }

    /// The walk met something that is not modelled, and ends here.
    pub fn unmodelled(&mut self, ns: NsId, hook: Option<Hook>, flight: &Flight, what: String) {
        self.note(ns, (hook, None), flight, || EventKind::Unmodelled {
            what: what.clone(),
        });
        self.ending = Some(Ending::Unmodelled { what });
        self.queue.clear();
    }

    /// The client's socket has what it waited for.
    pub fn end(&mut self, ending: Ending) {
        if self.ending.is_none() {
            self.ending = Some(ending);
        }
    }
}

/// A tuple as journeys show it: a ping has its identifier on both sides.
pub(crate) fn tuple_view(tuple: &Tuple) -> TupleView {
    let icmp = matches!(tuple.protocol, Protocol::Icmp | Protocol::Icmpv6);
    TupleView {
        src: tuple.src,
        dst: tuple.dst,
        protocol: tuple.protocol,
        sport: tuple.sport,
        dport: if icmp { tuple.sport } else { tuple.dport },
    }
}

/// Whether this is an ICMP error.
pub(crate) fn is_icmp_error(packet: &Packet) -> bool {
    matches!(
        packet.l4,
        L4::Icmp(IcmpMessage::Unreachable { .. } | IcmpMessage::TimeExceeded { .. })
    )
}

/// Whether a device's peers see an address on it as somebody's own.
pub(crate) fn is_uplink(space: &Namespace, dev: DevId) -> bool {
    space.devs[dev].kind == DevKind::Uplink
}

/// An address and a port.
pub(crate) type End = (IpAddr, u16);
