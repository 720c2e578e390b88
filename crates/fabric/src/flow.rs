//! Connections that stay open: the first words, and later ones over the same two sockets.

use std::collections::VecDeque;

use netfilter::{L4, Packet, Protocol, SctpChunk, TcpFlags};

use crate::dice::Dice;
use crate::exchange::{Manner, Outcome, attempt, converse};
use crate::fabric::Fabric;
use crate::journey::{Direction, Ending, Journey};
use crate::memory::Memory;
use crate::topology::{Ns, Probe, Sender};
use crate::walk::{End, Keep, Role, Socket, Stage, Task, Walk};

/// A connection that its client still holds. Whether anybody else remembers it shows when it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    probe: Probe,
    /// The client's socket: its own end, and the address that it connected to.
    client: (End, End),
    /// The server's, where TCP or SCTP made one: whose, its own end, and the client as it sees it.
    server: Option<(Ns, End, End)>,
}

impl Flow {
    /// What was asked when it was opened.
    pub fn probe(&self) -> &Probe {
        &self.probe
    }

    /// The client's own address and port (a ping's identifier).
    pub fn client(&self) -> (std::net::IpAddr, u16) {
        self.client.0
    }
}

/// As [`crate::exchange()`], but the client does not close. `None` for what cannot go on: no answer
/// came over TCP or SCTP, no packet could be sent, or the protocol is none that has sockets.
pub fn open(
    fabric: &Fabric,
    memory: &mut Memory,
    probe: &Probe,
    dice: &mut Dice,
) -> (Journey, Option<Flow>) {
    let manner = Manner::StayOpen;
    let outcome = attempt(
        fabric,
        memory,
        probe,
        dice,
        (Keep::Events, manner),
        VecDeque::new(),
    );
    let flow = Flow::left_by(&outcome, fabric, probe);
    (outcome.journey(), flow)
}

/// The client sends once more over the same socket: over TCP and SCTP another word, over UDP and by ping
/// another datagram from the same port. `None` where the client itself is no longer there.
pub fn again(
    fabric: &Fabric,
    memory: &mut Memory,
    flow: &Flow,
    dice: &mut Dice,
) -> Option<(Journey, Option<Flow>)> {
    let probe = Probe {
        sport: Some(flow.client.0.1),
        ..flow.probe.clone()
    };
    if !matches!(probe.protocol, Protocol::Tcp | Protocol::Sctp) {
        if let Sender::Process(ns) = &probe.from {
            fabric.id(ns)?;
        }
        let given = VecDeque::new();
        let how = (Keep::Events, Manner::SameSocket);
        let outcome = attempt(fabric, memory, &probe, dice, how, given);
        // Where there is no route any more, no source was chosen either.
        let same = outcome.source().is_none_or(|own| own == flow.client.0);
        return same.then(|| (outcome.journey(), Some(flow.clone())));
    }
    let speak = |walk: &mut Walk<'_>, ns| {
        let (local, remote) = flow.client;
        let ttl = walk.space(ns).sysctls.ttl(remote.0);
        let socket = |ns, (local, remote), role| Socket {
            ns,
            protocol: probe.protocol,
            local,
            remote,
            role,
            stage: Stage::Open,
        };
        walk.sockets.push(socket(ns, flow.client, Role::Client));
        if let Some((server, own, peer)) = &flow.server
            && let Some(server) = fabric.id(server)
        {
            walk.sockets
                .push(socket(server, (*own, *peer), Role::Server));
        }
        walk.send(Task {
            ns,
            packet: Packet {
                src: local.0,
                dst: remote.0,
                l4: word(probe.protocol, local.1, remote.1),
                ttl,
            },
            direction: Direction::Original,
            attached: None,
            answer: None,
        })
    };
    let outcome = converse(fabric, memory, &probe, dice, flow.client.0, speak)?;
    let closed = matches!(outcome.ending(), Ending::TcpReset { .. });
    Some((outcome.journey(), (!closed).then(|| flow.clone())))
}

/// What carries a word over an open connection.
fn word(protocol: Protocol, sport: u16, dport: u16) -> L4 {
    match protocol {
        Protocol::Sctp => L4::Sctp {
            sport,
            dport,
            chunk: SctpChunk::Data,
        },
        _ => L4::Tcp {
            sport,
            dport,
            flags: TcpFlags::PSH.with(TcpFlags::ACK),
        },
    }
}

impl Flow {
    fn left_by(outcome: &Outcome, fabric: &Fabric, probe: &Probe) -> Option<Flow> {
        let of = |role: Role| outcome.sockets().iter().find(|s| s.role == role);
        let client = of(Role::Client)?;
        let server = match probe.protocol {
            Protocol::Tcp | Protocol::Sctp if client.stage == Stage::Open => {
                let server = of(Role::Server)?;
                let ns = fabric.spaces.get(server.ns)?.ns.clone();
                Some((ns, server.local, server.remote))
            }
            Protocol::Udp | Protocol::Icmp | Protocol::Icmpv6 => None,
            _ => return None,
        };
        Some(Flow {
            probe: probe.clone(),
            client: (client.local, client.remote),
            server,
        })
    }
}
