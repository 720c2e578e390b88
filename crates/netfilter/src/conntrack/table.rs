//! One namespace's table of connections: looking up, following, confirming, forgetting.

use std::collections::{BTreeSet, HashMap};

use rustc_hash::FxBuildHasher;

use super::lifetime::{Lifetime, Lifetimes};
use super::sctp::{self, SctpState};
use super::tcp::{self, Move, TcpState};
use super::tuple::{Direction, Tuple};
use crate::packet::{DevName, IcmpMessage, L4, Packet, Protocol};
use crate::traverse::{CtState, CtView, Verdict};

/// What the kernel lets one set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `nf_conntrack_tcp_loose`: whether a connection is picked up in its middle.
    pub tcp_loose: bool,
    /// How long entries live.
    pub lifetimes: Lifetimes,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            tcp_loose: true,
            lifetimes: Lifetimes::default(),
        }
    }
}

/// A connection's place in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(u32);

/// `enum ip_conntrack_status`, the bits that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Packets have gone both ways (`IPS_SEEN_REPLY`).
    pub seen_reply: bool,
    /// Not dropped early when the table is full (`IPS_ASSURED`).
    pub assured: bool,
    /// In the table (`IPS_CONFIRMED`).
    pub confirmed: bool,
    /// Taken out of the table (`IPS_DYING`).
    pub dying: bool,
    /// The source is rewritten (`IPS_SRC_NAT`).
    pub src_nat: bool,
    /// The destination is rewritten (`IPS_DST_NAT`).
    pub dst_nat: bool,
    /// It is settled whether the source is rewritten (`IPS_SRC_NAT_DONE`).
    pub src_nat_done: bool,
    /// It is settled whether the destination is rewritten (`IPS_DST_NAT_DONE`).
    pub dst_nat_done: bool,
}

/// What the protocol's own tracker remembers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum L4State {
    /// TCP.
    Tcp {
        /// Its state.
        state: TcpState,
        /// Whether one side has sent the first FIN (`IP_CT_TCP_FLAG_CLOSE_INIT`).
        close_init: bool,
        /// Who sent an RST, if that was the last segment.
        reset_by: Option<Direction>,
    },
    /// UDP.
    Udp {
        /// From when on traffic in both directions makes it a stream, in milliseconds.
        stream_from: u64,
    },
    /// SCTP.
    Sctp(SctpState),
    /// A ping.
    Icmp,
    /// Any other protocol.
    Generic,
}

/// An entry: `struct nf_conn`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// The tuple of its first packet.
    pub original: Tuple,
    /// The tuple expected of an answer; where it is no mirror of `original`, that is the NAT.
    pub reply: Tuple,
    /// Status bits.
    pub status: Status,
    /// The connection's mark.
    pub mark: u32,
    /// The protocol's own state.
    pub l4: L4State,
    /// When it is forgotten, in milliseconds of the namespace's clock.
    pub expires: u64,
    /// The device MASQUERADE saw, for a connection that it rewrote.
    pub masquerade_dev: Option<DevName>,
    /// Until when a packet of it waits for an answer to ARP, which `conntrack -L` counts as a use.
    pub held_until: u64,
    /// Counts entries as they are made, so that listings have an order.
    pub serial: u64,
}

impl Connection {
    /// The tuple of packets in this direction.
    pub fn tuple(&self, direction: Direction) -> Tuple {
        match direction {
            Direction::Original => self.original,
            Direction::Reply => self.reply,
        }
    }

    /// The protocol's state as `conntrack -L` prints it, where it has one.
    pub fn protocol_state(&self) -> Option<&'static str> {
        match self.l4 {
            L4State::Tcp { state, .. } => Some(state.name()),
            L4State::Sctp(state) => Some(state.name()),
            _ => None,
        }
    }
}

/// What became of a packet in [`Conntrack::enter`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tracked {
    /// It belongs nowhere.
    Invalid,
    /// It is exempt (`-j CT --notrack`).
    Untracked,
    /// It belongs to this entry.
    Entry {
        /// Which.
        id: ConnId,
        /// How.
        state: CtState,
        /// Which way it goes.
        direction: Direction,
    },
}

/// One namespace's connections. A value: clone it to look into the future.
#[derive(Debug, Clone, Default)]
pub struct Conntrack {
    slots: Vec<Option<Connection>>,
    free: Vec<u32>,
    index: HashMap<Tuple, (u32, Direction), FxBuildHasher>,
    /// Entries that are not in the table but may still be held by a packet on its way.
    loose: BTreeSet<u32>,
    serial: u64,
}

impl Conntrack {
    /// The entry at this place, also one that is no longer in the table but held by a packet.
    pub fn get(&self, id: ConnId) -> &Connection {
        self.slots[id.0 as usize]
            .as_ref()
            .expect("an id is given out for a filled slot, which settle() alone empties")
    }

    /// The same, to change.
    pub fn get_mut(&mut self, id: ConnId) -> &mut Connection {
        self.slots[id.0 as usize]
            .as_mut()
            .expect("an id is given out for a filled slot, which settle() alone empties")
    }

    /// The confirmed entry to which a packet with this tuple belongs (`nf_conntrack_find_get`).
    pub fn find(&self, tuple: &Tuple, now: u64) -> Option<(ConnId, Direction)> {
        let &(slot, direction) = self.index.get(tuple)?;
        let id = ConnId(slot);
        (self.get(id).expires > now).then_some((id, direction))
    }

    /// Whether another entry uses this tuple (`nf_conntrack_tuple_taken`).
    pub fn taken(&self, tuple: &Tuple, but: ConnId, now: u64) -> bool {
        self.find(tuple, now).is_some_and(|(id, _)| id != but)
    }

    /// Looks a packet up and follows it: `nf_conntrack_in`.
    pub fn enter(&mut self, packet: &Packet, now: u64, settings: &Settings) -> Tracked {
        let Some(tuple) = Tuple::of(packet) else {
            return self.enter_icmp_error(packet, now);
        };
        // A closed connection that is opened anew is deleted and looked up again (NF_REPEAT), once.
        for _ in 0..2 {
            let (id, direction) = match self.find(&tuple, now) {
                Some(found) => found,
                None => match self.create(packet, tuple, now, settings) {
                    Some(id) => (id, Direction::Original),
                    None => return Tracked::Invalid,
                },
            };
            match self.follow(id, direction, packet, now, settings) {
                Followed::Invalid => return Tracked::Invalid,
                Followed::Again => {
                    self.kill(id);
                    continue;
                }
                Followed::Reset => self.kill(id),
                Followed::Yes => {}
            }
            let conn = self.get_mut(id);
            let state = match direction {
                Direction::Reply => {
                    conn.status.seen_reply |= !conn.status.dying;
                    CtState::Established
                }
                Direction::Original if conn.status.seen_reply => CtState::Established,
                Direction::Original => CtState::New,
            };
            return Tracked::Entry {
                id,
                state,
                direction,
            };
        }
        Tracked::Invalid
    }

    /// An ICMP error belongs to the connection whose header it carries (`nf_conntrack_inet_error`).
    fn enter_icmp_error(&self, packet: &Packet, now: u64) -> Tracked {
        let L4::Icmp(IcmpMessage::Unreachable { about, .. } | IcmpMessage::TimeExceeded { about }) =
            &packet.l4
        else {
            return Tracked::Invalid;
        };
        let Some((id, direction)) =
            Tuple::of(about).and_then(|inner| self.find(&inner.inverted(), now))
        else {
            return Tracked::Invalid;
        };
        // An error sent to somebody else than the sender of the packet it is about is bogus.
        if self.get(id).tuple(direction).dst != packet.dst {
            return Tracked::Invalid;
        }
        Tracked::Entry {
            id,
            state: CtState::Related,
            direction,
        }
    }

    fn create(
        &mut self,
        packet: &Packet,
        tuple: Tuple,
        now: u64,
        settings: &Settings,
    ) -> Option<ConnId> {
        let l4 = match &packet.l4 {
            L4::Tcp { flags, .. } => {
                match tcp::advance(TcpState::None, Direction::Original, *flags) {
                    Move::To(TcpState::SynSent) => {}
                    Move::To(_) if settings.tcp_loose => {}
                    _ => return None,
                }
                L4State::Tcp {
                    state: TcpState::None,
                    close_init: false,
                    reset_by: None,
                }
            }
            L4::Udp { .. } => L4State::Udp {
                stream_from: now + 2000,
            },
            L4::Sctp { chunk, .. } => {
                sctp::advance(SctpState::None, Direction::Original, *chunk)?;
                L4State::Sctp(SctpState::None)
            }
            L4::Icmp(IcmpMessage::EchoRequest { .. }) => L4State::Icmp,
            L4::Icmp(_) => return None,
            L4::Other { .. } => L4State::Generic,
        };
        self.serial += 1;
        let conn = Connection {
            original: tuple,
            reply: tuple.inverted(),
            status: Status::default(),
            mark: 0,
            l4,
            expires: u64::MAX,
            masquerade_dev: None,
            held_until: 0,
            serial: self.serial,
        };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(conn);
                slot
            }
            None => {
                self.slots.push(Some(conn));
                u32::try_from(self.slots.len() - 1).ok()?
            }
        };
        self.loose.insert(slot);
        Some(ConnId(slot))
    }

    /// The protocol's tracker: moves the state and renews the timeout.
    fn follow(
        &mut self,
        id: ConnId,
        direction: Direction,
        packet: &Packet,
        now: u64,
        settings: &Settings,
    ) -> Followed {
        let lives = &settings.lifetimes;
        let conn = self.get_mut(id);
        let seconds = match (&mut conn.l4, &packet.l4) {
            (
                L4State::Tcp {
                    state,
                    close_init,
                    reset_by,
                },
                L4::Tcp { flags, .. },
            ) => {
                let new = match tcp::advance(*state, direction, *flags) {
                    Move::Invalid => return Followed::Invalid,
                    Move::Ignore => return Followed::Yes,
                    Move::To(new) => new,
                };
                if new == TcpState::SynSent
                    && matches!(*state, TcpState::TimeWait | TcpState::Close)
                {
                    return if *close_init || *reset_by == Some(direction) {
                        Followed::Again
                    } else {
                        Followed::Yes
                    };
                }
                let reset = flags.has(crate::packet::TcpFlags::RST);
                if reset && !conn.status.seen_reply {
                    return Followed::Reset;
                }
                let old = *state;
                *state = new;
                *close_init |= new == TcpState::FinWait;
                *reset_by = reset.then_some(direction);
                if new == TcpState::Established && !conn.status.seen_reply {
                    lives.of(Lifetime::TcpUnacknowledged)
                } else {
                    if new == TcpState::Established
                        && matches!(old, TcpState::SynRecv | TcpState::Established)
                    {
                        conn.status.assured = true;
                    }
                    lives.of(Lifetime::Tcp(new))
                }
            }
            (L4State::Udp { stream_from }, _) => {
                // `nf_conntrack_udp_packet`: a stream once it lives longer than two seconds.
                if conn.status.seen_reply && now > *stream_from {
                    conn.status.assured = true;
                    lives.of(Lifetime::UdpStream)
                } else {
                    lives.of(Lifetime::Udp)
                }
            }
            (L4State::Sctp(state), L4::Sctp { chunk, .. }) => {
                match sctp::advance(*state, direction, *chunk) {
                    None => return Followed::Invalid,
                    Some(new) => *state = new,
                }
                if *state == SctpState::Established && direction == Direction::Reply {
                    conn.status.assured = true;
                }
                lives.of(Lifetime::Sctp(*state))
            }
            (L4State::Icmp, _) if packet.src.is_ipv6() => lives.of(Lifetime::Icmpv6),
            (L4State::Icmp, _) => lives.of(Lifetime::Icmp),
            _ => lives.of(Lifetime::Generic),
        };
        conn.expires = now.saturating_add(seconds.saturating_mul(1000));
        Followed::Yes
    }

    /// Puts a new entry into the table at the end of its first packet's way (`nf_conntrack_confirm`).
    ///
    /// `Drop` where another entry has taken one of its tuples in the meantime.
    pub fn confirm(&mut self, id: ConnId, direction: Direction, now: u64) -> Verdict {
        let conn = self.get(id);
        if conn.status.confirmed || direction == Direction::Reply {
            return Verdict::Accept;
        }
        if conn.status.dying {
            return Verdict::Drop;
        }
        let (original, reply) = (conn.original, conn.reply);
        if self.taken(&original, id, now) || self.taken(&reply, id, now) {
            return Verdict::Drop;
        }
        for tuple in [original, reply] {
            // What is found but no longer valid has timed out: the kernel's collector is just late.
            if let Some(&(old, _)) = self.index.get(&tuple) {
                self.kill(ConnId(old));
            }
        }
        self.index.insert(original, (id.0, Direction::Original));
        self.index.insert(reply, (id.0, Direction::Reply));
        self.get_mut(id).status.confirmed = true;
        self.loose.remove(&id.0);
        Verdict::Accept
    }

    /// Takes an entry out of the table (`nf_ct_kill`). Packets that hold it keep it until [`Self::settle`].
    pub fn kill(&mut self, id: ConnId) {
        let conn = self.get_mut(id);
        conn.status.dying = true;
        let (original, reply) = (conn.original, conn.reply);
        for tuple in [original, reply] {
            if self
                .index
                .get(&tuple)
                .is_some_and(|&(slot, _)| slot == id.0)
            {
                self.index.remove(&tuple);
            }
        }
        self.loose.insert(id.0);
    }

    /// Forgets entries that never came into the table or were taken out of it. Call it when no
    /// packet is on its way any more.
    pub fn settle(&mut self) {
        for slot in std::mem::take(&mut self.loose) {
            self.slots[slot as usize] = None;
            self.free.push(slot);
        }
    }

    /// Forgets what has timed out.
    pub fn collect(&mut self, now: u64) {
        self.delete_where(|conn| conn.expires <= now);
    }

    /// `conntrack -F`
    pub fn flush(&mut self) {
        self.delete_where(|_| true);
    }

    /// `conntrack -D`: takes out all entries of which `which` is true, and says how many.
    pub fn delete_where(&mut self, mut which: impl FnMut(&Connection) -> bool) -> usize {
        let doomed: Vec<ConnId> = self.ids().filter(|&id| which(self.get(id))).collect();
        for &id in &doomed {
            self.kill(id);
        }
        self.settle();
        doomed.len()
    }

    fn ids(&self) -> impl Iterator<Item = ConnId> + '_ {
        self.slots.iter().enumerate().filter_map(|(slot, conn)| {
            conn.as_ref()
                .is_some_and(|c| c.status.confirmed && !c.status.dying)
                .then_some(ConnId(slot as u32))
        })
    }

    /// The entries in the table that have not timed out, in the order in which they were made.
    pub fn entries(&self, now: u64) -> Vec<&Connection> {
        let ids = self.ids_by_age(now).into_iter();
        ids.map(|id| self.get(id)).collect()
    }

    /// The same, by their places.
    pub(super) fn ids_by_age(&self, now: u64) -> Vec<ConnId> {
        let mut all: Vec<ConnId> = self.ids().collect();
        all.retain(|&id| self.get(id).expires > now);
        all.sort_by_key(|&id| self.get(id).serial);
        all
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.index.len() / 2
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// What rules see of a packet that was tracked so.
    pub fn view(&self, tracked: Tracked) -> CtView {
        match tracked {
            Tracked::Invalid => CtView {
                state: CtState::Invalid,
                original: true,
                dnat: false,
                snat: false,
                mark: 0,
            },
            Tracked::Untracked => CtView {
                state: CtState::Untracked,
                ..self.view(Tracked::Invalid)
            },
            Tracked::Entry {
                id,
                state,
                direction,
            } => {
                let conn = self.get(id);
                CtView {
                    state,
                    original: direction == Direction::Original,
                    dnat: conn.status.dst_nat,
                    snat: conn.status.src_nat,
                    mark: conn.mark,
                }
            }
        }
    }
}

/// What the protocol's tracker says.
enum Followed {
    Yes,
    Invalid,
    /// `NF_REPEAT`: delete and look up again.
    Again,
    /// An RST before any answer: the entry goes at once (`nf_ct_kill_acct`).
    Reset,
}

/// Which protocols have ports that NAT can change.
pub(super) fn has_ports(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::Tcp | Protocol::Udp | Protocol::Sctp)
}
