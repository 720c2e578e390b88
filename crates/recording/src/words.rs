//! A journey in the recordings' words.
//!
//! As a recording has it, a packet is told node by node from the hook it enters at, and of packets
//! that are alike in node, direction, ctstate, hook and protocol the first stands for all.

use std::collections::BTreeSet;
use std::net::IpAddr;

use fabric::{Direction, Ending, Event, EventKind, HookPoint, Journey, Ns};
use netfilter::{Hook, IcmpMessage, L4, Packet, Protocol, RuleRef, SctpChunk, StepKind, TcpFlags};
use serde_json::{Value, json};

/// VXLAN's port, which recordings print as it is.
const VXLAN: u16 = 8472;

/// Which ports are printed as they are: `C` stands for the client's, `M` for one that was chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ports {
    client: Option<u16>,
    plain: BTreeSet<u16>,
}

impl Ports {
    /// The ports of a journey: the client's, that it asked for, and those in rules that matched.
    pub fn of(journey: &Journey) -> Ports {
        let mut ports = Ports {
            client: None,
            plain: BTreeSet::from([VXLAN]),
        };
        if let Some((client, asked)) = journey
            .events
            .first()
            .and_then(|event| event.after.packet.ports())
        {
            ports.client = Some(client);
            ports.plain.insert(asked);
        }
        for text in journey.targets.values() {
            if let Some(to) = text.strip_prefix("DNAT --to-destination ")
                && let Some(port) = to.rsplit(':').next().and_then(|port| port.parse().ok())
            {
                ports.plain.insert(port);
            }
        }
        // The port of the process that took the request.
        let server = journey.events.iter().find(|event| {
            event.kind == EventKind::Delivered && event.direction == Direction::Original
        });
        if let (Ending::Reply { .. }, Some(server)) = (&journey.ending, server)
            && let Some((_, port)) = server.after.packet.ports()
        {
            ports.plain.insert(port);
        }
        ports
    }

    /// Prints these as they are, too: the ports somebody listens on.
    pub fn and_plain(mut self, ports: impl IntoIterator<Item = u16>) -> Ports {
        self.plain.extend(ports);
        self
    }

    /// A port as a recording prints it.
    pub fn label(&self, port: u16) -> String {
        if self.client == Some(port) {
            "C".to_owned()
        } else if self.plain.contains(&port) {
            port.to_string()
        } else {
            "M".to_owned()
        }
    }
}

/// How an exchange ended.
pub fn outcome(ending: &Ending) -> &'static str {
    ending.word()
}

/// The source of the RST or ICMP error that ended an exchange, where a recording states it.
///
/// A recording has it from the wire: it is that of the first such packet to come in at the client's
/// namespace, which conntrack there may still rewrite before the client's own socket sees it.
pub fn signal_from(journey: &Journey) -> Option<IpAddr> {
    let wanted = |packet: &Packet| match (&journey.ending, &packet.l4) {
        (Ending::TcpReset { .. }, L4::Tcp { flags, .. }) => flags.has(TcpFlags::RST),
        (Ending::TcpReset { .. }, L4::Sctp { chunk, .. }) => *chunk == SctpChunk::Abort,
        (Ending::IcmpUnreachable { code: 3, .. }, L4::Icmp(IcmpMessage::Unreachable { .. })) => {
            true
        }
        _ => false,
    };
    let client = &journey.events.first()?.ns;
    let at_client = journey.events.iter().filter(|event| event.ns == *client);
    let came_in = at_client.filter(|event| match event.kind {
        EventKind::Moved { .. } => true,
        // What goes over `lo` comes in too.
        EventKind::Hook {
            point: HookPoint::Enter,
        } => event.hook == Some(Hook::Prerouting),
        EventKind::Delivered => true,
        _ => false,
    });
    came_in
        .map(|event| &event.after.packet)
        .find(|packet| wanted(packet))
        .map(|packet| packet.src)
}

/// Who answered, what source it saw, and whether it saw the client's port (`kept`, `rewritten`).
pub fn source_seen(ending: &Ending) -> Option<(&Ns, IpAddr, &'static str)> {
    match ending {
        Ending::Reply {
            by,
            source_seen,
            port_kept,
        } => Some((
            by,
            *source_seen,
            if *port_kept { "kept" } else { "rewritten" },
        )),
        _ => None,
    }
}

/// For each node on the way of a connection's first packet, in order, every rule that matched:
/// `("node1", ["nat/PREROUTING#1", …])`.
pub fn first_packet(journey: &Journey) -> Vec<(String, Vec<String>)> {
    groups(journey, &Ports::default())
        .into_iter()
        .filter(|group| group.ct == Some("NEW") && group.direction == Some("original"))
        .map(|group| (group.node.to_owned(), group.rules))
        .collect()
}

/// `packets`, with the ports that vary as letters.
pub fn packets(journey: &Journey) -> Value {
    packets_with(journey, &Ports::of(journey))
}

/// `packets`, with ports as told.
pub fn packets_with(journey: &Journey, ports: &Ports) -> Value {
    groups(journey, ports)
        .into_iter()
        .map(|group| {
            json!({
                "node": group.node,
                "ct": group.ct,
                "dir": group.direction,
                "steps": group.steps,
            })
        })
        .collect()
}

/// A packet on one node, from one hook it enters at.
struct Group<'j> {
    packet: usize,
    node: &'j str,
    ct: Option<&'static str>,
    direction: Option<&'static str>,
    enters: (Hook, String),
    steps: Vec<String>,
    rules: Vec<String>,
}

fn groups<'j>(journey: &'j Journey, ports: &Ports) -> Vec<Group<'j>> {
    let mut groups: Vec<Group<'j>> = Vec::new();
    let mut returned: Option<&RuleRef> = None;
    for event in &journey.events {
        let Ns::Node(node) = &event.ns else { continue };
        let point = match &event.kind {
            EventKind::Hook { point } => Some(*point),
            _ => None,
        };
        let enters = point == Some(HookPoint::Enter);
        if let (true, Some(hook @ (Hook::Prerouting | Hook::Output))) = (enters, event.hook) {
            groups.push(Group {
                packet: event.packet,
                node,
                ct: None,
                direction: None,
                enters: (hook, protocol(&event.after.packet)),
                steps: Vec::new(),
                rules: Vec::new(),
            });
        }
        let Some(group) = groups.last_mut() else {
            continue;
        };
        if group.packet != event.packet || group.node != node {
            continue;
        }
        if let (None, Some(connection)) = (group.ct, &event.connection) {
            group.ct = Some(connection.ctstate);
            group.direction = Some(match event.direction {
                Direction::Original => "original",
                Direction::Reply => "reply",
            });
        }
        match &event.kind {
            EventKind::Hook { point } => group.steps.push(hook_line(event, *point, ports)),
            EventKind::Rule(step) => {
                let mark = match step.mark {
                    0 => String::new(),
                    mark => format!(" mark={mark:#x}"),
                };
                let at = &step.rule;
                let here = format!("{}/{}", at.table, at.chain);
                let verdict = match &step.kind {
                    StepKind::Passed { .. } | StepKind::Unmodelled(_) => continue,
                    StepKind::End => {
                        group.steps.push(format!("{here} end"));
                        continue;
                    }
                    StepKind::Policy(verdict) => {
                        // A chain that was left by RETURN did not run out.
                        let left = returned.take().is_some_and(|rule| rule.chain == at.chain);
                        if !left {
                            group.steps.push(format!("{here} end"));
                        }
                        let verdict = match verdict {
                            netfilter::Verdict::Accept => "ACCEPT",
                            netfilter::Verdict::Drop => "DROP",
                        };
                        group.steps.push(format!("{here} policy {verdict}"));
                        continue;
                    }
                    StepKind::Jump(chain) => format!("jump {chain}"),
                    StepKind::Goto(chain) => format!("goto {chain}"),
                    StepKind::Continue => "continue".to_owned(),
                    StepKind::Return => "RETURN".to_owned(),
                    StepKind::Accept => "ACCEPT".to_owned(),
                    StepKind::Drop | StepKind::Reject(_) => "DROP".to_owned(),
                };
                returned = (step.kind == StepKind::Return).then_some(at);
                let target = journey
                    .targets
                    .get(&(event.ns.clone(), at.clone()))
                    .filter(|text| is_told(text))
                    .map_or_else(String::new, |text| format!(" {{{text}}}"));
                group.rules.push(at.to_string());
                group.steps.push(format!("{at} {verdict}{target}{mark}"));
            }
            _ => {}
        }
    }
    let mut seen = BTreeSet::new();
    groups.retain(|group| {
        let (hook, protocol) = &group.enters;
        seen.insert((
            group.node,
            group.direction,
            group.ct,
            *hook,
            protocol.clone(),
        ))
    });
    groups
}

/// The targets whose text a recording repeats in braces.
fn is_told(text: &str) -> bool {
    let name = text.split(' ').next().unwrap_or("");
    matches!(
        name,
        "MASQUERADE" | "REJECT" | "MARK" | "DROP" | "ACCEPT" | "RETURN"
    ) || text.starts_with("DNAT --to-destination ")
}

fn hook_line(event: &Event, point: HookPoint, ports: &Ports) -> String {
    let point = match point {
        HookPoint::Enter => "enter",
        HookPoint::AfterConntrack => "after-conntrack",
        HookPoint::AfterNat => "after-nat",
        HookPoint::Leave => "leave",
    };
    let skb = &event.after;
    let hook = event.hook.map_or("", Hook::name);
    let mut line = format!("@{hook}.{point} {}", packet_text(&skb.packet, ports));
    if let Some(dev) = &skb.in_dev {
        line += &format!(" in={dev}");
    }
    if let Some(dev) = &skb.out_dev {
        line += &format!(" out={dev}");
    }
    if skb.mark != 0 {
        line += &format!(" mark={:#x}", skb.mark);
    }
    line
}

/// `tcp[S] 10.42.1.50:C>10.43.169.48:8711`
fn packet_text(packet: &Packet, ports: &Ports) -> String {
    let Packet { src, dst, l4, .. } = packet;
    let kind = match l4 {
        L4::Tcp { flags, .. } => format!("tcp[{flags}]"),
        L4::Icmp(message) => {
            let (kind, code) = icmp_type_code(message, src.is_ipv6());
            format!("{}[{kind}/{code}]", protocol(packet))
        }
        _ => protocol(packet),
    };
    match packet.ports() {
        Some((sport, dport)) => {
            let end = |addr: &IpAddr, port: u16| match addr {
                IpAddr::V4(a) => format!("{a}:{}", ports.label(port)),
                IpAddr::V6(a) => format!("[{a}]:{}", ports.label(port)),
            };
            format!("{kind} {}>{}", end(src, sport), end(dst, dport))
        }
        None => format!("{kind} {src}>{dst}"),
    }
}

fn protocol(packet: &Packet) -> String {
    match packet.protocol() {
        Protocol::Tcp => "tcp".to_owned(),
        Protocol::Udp => "udp".to_owned(),
        Protocol::Sctp => "sctp".to_owned(),
        Protocol::Icmp => "icmp".to_owned(),
        Protocol::Icmpv6 => "icmpv6".to_owned(),
        Protocol::Other(n) => n.to_string(),
    }
}

/// Type and code on the wire (RFC 792, RFC 4443).
fn icmp_type_code(message: &IcmpMessage, v6: bool) -> (u8, u8) {
    match (message, v6) {
        (IcmpMessage::EchoRequest { .. }, false) => (8, 0),
        (IcmpMessage::EchoReply { .. }, false) => (0, 0),
        (IcmpMessage::Unreachable { code, .. }, false) => (3, *code),
        (IcmpMessage::TimeExceeded { .. }, false) => (11, 0),
        (IcmpMessage::EchoRequest { .. }, true) => (128, 0),
        (IcmpMessage::EchoReply { .. }, true) => (129, 0),
        (IcmpMessage::Unreachable { code, .. }, true) => (1, *code),
        (IcmpMessage::TimeExceeded { .. }, true) => (3, 0),
    }
}
