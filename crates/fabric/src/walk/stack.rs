//! What waits at the ends of a packet's way: listening processes, the client's socket, and the
//! kernel's own answers where nobody waits.

use netfilter::conntrack::{Direction, Tuple};
use netfilter::{Family, IcmpMessage, L4, Packet, Protocol, SctpChunk, TcpFlags};

use super::icmp::{From, PROTOCOL_UNREACHABLE, as_ipv4_code};
use super::{End, Fate, Flight, ON_THE_WIRE, Task, Walk};
use crate::journey::{Ending, EventKind};
use crate::space::NsId;

/// Who has a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Client,
    Server,
}

/// How far a connection has come, from its socket's point of view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Opening,
    Open,
    Closing,
    Closed,
}

/// A connection's end in a process.
#[derive(Debug, Clone)]
pub(crate) struct Socket {
    pub ns: NsId,
    pub protocol: Protocol,
    pub local: End,
    pub remote: End,
    pub role: Role,
    pub stage: Stage,
}

const SYN: TcpFlags = TcpFlags::SYN;
const ACK: TcpFlags = TcpFlags::ACK;
const PSH_ACK: TcpFlags = TcpFlags::PSH.with(TcpFlags::ACK);
const FIN_ACK: TcpFlags = TcpFlags::FIN.with(TcpFlags::ACK);
const SYN_ACK: TcpFlags = TcpFlags::SYN.with(TcpFlags::ACK);

impl Walk<'_> {
    /// The packet is for this namespace and has passed INPUT.
    pub fn deliver(&mut self, ns: NsId, flight: &Flight) -> Fate {
        match flight.skb.packet.l4.clone() {
            L4::Tcp {
                sport,
                dport,
                flags,
            } => self.tcp(ns, flight, sport, dport, flags),
            L4::Udp { sport, dport } => self.udp(ns, flight, sport, dport),
            L4::Sctp {
                sport,
                dport,
                chunk,
            } => self.sctp(ns, flight, sport, dport, chunk),
            L4::Icmp(message) => self.icmp(ns, flight, message),
            L4::Other { protocol } => {
                let fate =
                    self.unwanted(ns, flight, &format!("no process takes protocol {protocol}"));
                let code = match Family::of(flight.skb.packet.src) {
                    Family::Ipv4 => PROTOCOL_UNREACHABLE,
                    // RFC 4443 has a parameter problem for this; the model ends without an answer.
                    Family::Ipv6 => return fate,
                };
                self.unreachable(ns, flight, code, From::ItsDestination);
                fate
            }
        }
    }

    fn delivered(&mut self, ns: NsId, flight: &Flight) -> Fate {
        self.note(ns, (None, None), flight, || EventKind::Delivered);
        if self.reached.is_none()
            && flight.direction == Direction::Original
            && let Some(tuple) = Tuple::of(&flight.skb.packet)
        {
            self.reached = Some((ns, tuple));
        }
        Fate::Arrived
    }

    fn unwanted(&mut self, ns: NsId, flight: &Flight, why: &str) -> Fate {
        // It reached the backend that NAT chose, even though nobody was there.
        if self.reached.is_none()
            && flight.direction == Direction::Original
            && let Some(tuple) = Tuple::of(&flight.skb.packet)
        {
            self.reached = Some((ns, tuple));
        }
        self.gone(ns, None, flight, why);
        Fate::Arrived
    }

    fn find(&self, ns: NsId, protocol: Protocol, local: End, remote: End) -> Option<usize> {
        self.sockets.iter().position(|s| {
            s.ns == ns
                && s.protocol == protocol
                && s.local == local
                && s.remote == remote
                && s.stage != Stage::Closed
        })
    }

    fn listens(&self, ns: NsId, protocol: Protocol, port: u16) -> bool {
        ns != ON_THE_WIRE && self.space(ns).listen.contains(&(protocol, port))
    }

    /// A packet of a socket, from its process or on its behalf.
    fn speak(&mut self, socket: usize, l4: L4) {
        let Socket {
            ns,
            local,
            remote,
            role,
            ..
        } = self.sockets[socket];
        let ttl = self.space(ns).sysctls.ttl(remote.0);
        self.queue.push_back(Task {
            ns,
            packet: Packet {
                src: local.0,
                dst: remote.0,
                l4,
                ttl,
            },
            direction: match role {
                Role::Client => Direction::Original,
                Role::Server => Direction::Reply,
            },
            attached: None,
            answer: None,
        });
    }

    fn segment(&mut self, socket: usize, flags: TcpFlags) {
        let Socket { local, remote, .. } = self.sockets[socket];
        self.speak(
            socket,
            L4::Tcp {
                sport: local.1,
                dport: remote.1,
                flags,
            },
        );
    }

    fn chunk(&mut self, socket: usize, chunk: SctpChunk) {
        let Socket { local, remote, .. } = self.sockets[socket];
        self.speak(
            socket,
            L4::Sctp {
                sport: local.1,
                dport: remote.1,
                chunk,
            },
        );
    }

    fn accept(&mut self, ns: NsId, protocol: Protocol, local: End, remote: End) -> usize {
        self.sockets.push(Socket {
            ns,
            protocol,
            local,
            remote,
            role: Role::Server,
            stage: Stage::Opening,
        });
        self.sockets.len() - 1
    }

    /// The client has its answer: who gave it, and whom that one saw.
    fn replied(&mut self, client: usize) {
        let Socket {
            protocol, local, ..
        } = self.sockets[client];
        let server = self
            .sockets
            .iter()
            .rfind(|s| s.role == Role::Server && s.protocol == protocol);
        if let Some(server) = server {
            let ending = Ending::Reply {
                by: self.space(server.ns).ns.clone(),
                source_seen: server.remote.0,
                port_kept: server.remote.1 == local.1,
            };
            self.end(ending);
        }
    }

    /// A TCP segment: the client says one thing, the server answers, the client closes.
    fn tcp(&mut self, ns: NsId, flight: &Flight, sport: u16, dport: u16, flags: TcpFlags) -> Fate {
        let packet = &flight.skb.packet;
        let (local, remote) = ((packet.dst, dport), (packet.src, sport));
        let Some(at) = self.find(ns, Protocol::Tcp, local, remote) else {
            if flags == SYN && self.listens(ns, Protocol::Tcp, dport) {
                let fate = self.delivered(ns, flight);
                let at = self.accept(ns, Protocol::Tcp, local, remote);
                self.segment(at, SYN_ACK);
                return fate;
            }
            let why = if flags.has(TcpFlags::RST) {
                "a reset for no connection of this host".to_owned()
            } else if flags == SYN {
                format!("no process listens on tcp port {dport}")
            } else {
                "a segment of no connection of this host".to_owned()
            };
            let fate = self.unwanted(ns, flight, &why);
            self.reset(ns, flight, None);
            return fate;
        };
        let (role, stage) = (self.sockets[at].role, self.sockets[at].stage);
        let fate = self.delivered(ns, flight);
        if flags.has(TcpFlags::RST) {
            self.sockets[at].stage = Stage::Closed;
            if role == Role::Client {
                self.end(Ending::TcpReset { from: remote.0 });
            }
            return fate;
        }
        match (role, stage) {
            (Role::Client, Stage::Opening) if flags.has(SYN_ACK) => {
                self.sockets[at].stage = Stage::Open;
                self.segment(at, ACK);
                self.segment(at, PSH_ACK);
            }
            (Role::Client, Stage::Open) if flags.has(TcpFlags::PSH) => {
                self.replied(at);
                self.segment(at, ACK);
                if !self.stays_open {
                    self.sockets[at].stage = Stage::Closing;
                    self.segment(at, FIN_ACK);
                }
            }
            (Role::Client, Stage::Closing) if flags.has(TcpFlags::FIN) => {
                self.sockets[at].stage = Stage::Closed;
                self.segment(at, ACK);
            }
            (Role::Server, Stage::Opening) if flags.has(ACK) => {
                self.sockets[at].stage = Stage::Open;
            }
            (Role::Server, Stage::Open) if flags.has(TcpFlags::PSH) => {
                self.segment(at, ACK);
                self.segment(at, PSH_ACK);
            }
            (Role::Server, Stage::Open) if flags.has(TcpFlags::FIN) => {
                self.sockets[at].stage = Stage::Closing;
                self.segment(at, FIN_ACK);
            }
            _ => {}
        }
        fate
    }

    fn udp(&mut self, ns: NsId, flight: &Flight, sport: u16, dport: u16) -> Fate {
        let packet = &flight.skb.packet;
        let (local, remote) = ((packet.dst, dport), (packet.src, sport));
        if let Some(at) = self.find(ns, Protocol::Udp, local, remote) {
            let fate = self.delivered(ns, flight);
            if self.sockets[at].role == Role::Client {
                self.replied(at);
            }
            return fate;
        }
        if self.listens(ns, Protocol::Udp, dport) {
            let fate = self.delivered(ns, flight);
            // A server bound to no address answers from the one that routing chooses, which need
            // not be the one it was asked at.
            let space = self.space(ns);
            let src = self
                .fabric
                .route_out(ns, space, remote.0, None)
                .ok()
                .and_then(|way| self.fabric.source(space, &way, remote.0));
            if let Some(src) = src {
                let at = self.accept(ns, Protocol::Udp, (src, dport), remote);
                self.speak(
                    at,
                    L4::Udp {
                        sport: dport,
                        dport: sport,
                    },
                );
            }
            return fate;
        }
        let fate = self.unwanted(
            ns,
            flight,
            &format!("no process listens on udp port {dport}"),
        );
        self.port_unreachable(ns, flight);
        fate
    }

    /// SCTP's four-way handshake, and over an association that is open a word each way.
    fn sctp(
        &mut self,
        ns: NsId,
        flight: &Flight,
        sport: u16,
        dport: u16,
        chunk: SctpChunk,
    ) -> Fate {
        let packet = &flight.skb.packet;
        let (local, remote) = ((packet.dst, dport), (packet.src, sport));
        let Some(at) = self.find(ns, Protocol::Sctp, local, remote) else {
            if chunk == SctpChunk::Init && self.listens(ns, Protocol::Sctp, dport) {
                let fate = self.delivered(ns, flight);
                let at = self.accept(ns, Protocol::Sctp, local, remote);
                self.chunk(at, SctpChunk::InitAck);
                return fate;
            }
            let fate = self.unwanted(
                ns,
                flight,
                &format!("no process listens on sctp port {dport}"),
            );
            if chunk != SctpChunk::Abort {
                let abort = L4::Sctp {
                    sport: dport,
                    dport: sport,
                    chunk: SctpChunk::Abort,
                };
                self.answer(ns, flight, abort, "ABORT", None);
            }
            return fate;
        };
        let role = self.sockets[at].role;
        let fate = self.delivered(ns, flight);
        match (role, chunk) {
            (Role::Client, SctpChunk::InitAck) => self.chunk(at, SctpChunk::CookieEcho),
            (Role::Server, SctpChunk::CookieEcho) => {
                self.sockets[at].stage = Stage::Open;
                self.chunk(at, SctpChunk::CookieAck);
            }
            (Role::Client, SctpChunk::CookieAck) => {
                self.sockets[at].stage = Stage::Open;
                self.replied(at);
            }
            // The server's SACK travels in the packet of its own word (RFC 9260, section 6.10).
            (Role::Server, SctpChunk::Data) => self.chunk(at, SctpChunk::Data),
            (Role::Client, SctpChunk::Data) => self.replied(at),
            (Role::Client, SctpChunk::Abort) => {
                self.sockets[at].stage = Stage::Closed;
                self.end(Ending::TcpReset { from: remote.0 });
            }
            _ => {}
        }
        fate
    }

    fn icmp(&mut self, ns: NsId, flight: &Flight, message: IcmpMessage) -> Fate {
        let packet = &flight.skb.packet;
        let family = Family::of(packet.src);
        match message {
            IcmpMessage::EchoRequest { id } => {
                let seen = packet.src;
                let fate = self.delivered(ns, flight);
                self.sockets.push(Socket {
                    ns,
                    protocol: packet.protocol(),
                    local: (packet.dst, id),
                    remote: (seen, id),
                    role: Role::Server,
                    stage: Stage::Open,
                });
                let reply = L4::Icmp(IcmpMessage::EchoReply { id });
                self.answer(ns, flight, reply, "echo reply", None);
                fate
            }
            IcmpMessage::EchoReply { id } => {
                // ping takes any answer with its identifier, from whatever address it comes.
                let at = self.sockets.iter().position(|s| {
                    s.ns == ns && s.role == Role::Client && s.local.1 == id && is_icmp(s.protocol)
                });
                match at {
                    Some(at) => {
                        let fate = self.delivered(ns, flight);
                        self.replied(at);
                        fate
                    }
                    None => self.unwanted(ns, flight, "an echo reply that nobody waits for"),
                }
            }
            IcmpMessage::Unreachable { code, about } => {
                let code = as_ipv4_code(code, family);
                self.icmp_error_arrived(ns, flight, &about, Some(code))
            }
            IcmpMessage::TimeExceeded { about } => {
                self.icmp_error_arrived(ns, flight, &about, None)
            }
        }
    }

    /// An error about a packet: it is for the socket that sent it, told by the header inside.
    fn icmp_error_arrived(
        &mut self,
        ns: NsId,
        flight: &Flight,
        about: &Packet,
        code: Option<u8>,
    ) -> Fate {
        let ports = match &about.l4 {
            L4::Icmp(IcmpMessage::EchoRequest { id }) => Some((*id, *id)),
            _ => about.ports(),
        };
        let at = ports.and_then(|(sport, dport)| {
            self.sockets.iter().position(|s| {
                s.ns == ns
                    && s.protocol == about.protocol()
                    && s.local.1 == sport
                    && (is_icmp(s.protocol)
                        || s.local.0 == about.src && s.remote == (about.dst, dport))
                    && s.stage != Stage::Closed
            })
        });
        let Some(at) = at else {
            return self.gone_for_nobody(ns, flight);
        };
        let fate = self.delivered(ns, flight);
        let Socket {
            role,
            stage,
            protocol,
            ..
        } = self.sockets[at];
        let Some(code) = code else {
            // Time exceeded is no error to TCP and UDP sockets that did not ask for it.
            return fate;
        };
        // An open TCP connection only notes it (`tcp_v4_err`); a UDP socket takes the errors that
        // `icmp_err_convert` calls fatal.
        let heard = match protocol {
            Protocol::Tcp | Protocol::Sctp => stage == Stage::Opening,
            Protocol::Udp => !matches!(code, 0 | 1 | 4 | 5 | 11 | 12),
            _ => true,
        };
        if role == Role::Client && heard {
            self.sockets[at].stage = Stage::Closed;
            let from = flight.skb.packet.src;
            self.end(Ending::IcmpUnreachable { code, from });
        }
        fate
    }

    fn gone_for_nobody(&mut self, ns: NsId, flight: &Flight) -> Fate {
        self.gone(
            ns,
            None,
            flight,
            "an ICMP error about no connection of this host",
        );
        Fate::Arrived
    }
}

fn is_icmp(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::Icmp | Protocol::Icmpv6)
}
