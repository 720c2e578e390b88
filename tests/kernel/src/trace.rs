//! What a node's kernel does with each packet, rule by rule: nftables' trace, read from netlink.
//!
//! The message is that of `include/uapi/linux/netfilter/nf_tables.h` (`enum nft_trace_attributes`).
//! The result is told in the recordings' words, so that it can be held beside the simulator's.

mod messages;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::OwnedFd;

use netfilter::Family;
use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, RecvFlags, SocketFlags, SocketType, bind, netlink, recv, socket_with, sockopt,
};
use serde_json::Value;

use crate::spaces::{Done, Home, Space, run};
use messages::{DROP, POLICY, RETURN, RULE, Seen, messages};

/// Base chains of ours that match nothing and show the packet between the tables of iptables, whose
/// priorities are those of `enum nf_ip_hook_priorities`: name, hook, priority, what the recordings call it.
const POINTS: [(&str, &str, i32, &str); 13] = [
    ("pre_enter", "prerouting", -450, "PREROUTING.enter"),
    ("pre_ct", "prerouting", -190, "PREROUTING.after-conntrack"),
    ("pre_nat", "prerouting", -90, "PREROUTING.after-nat"),
    ("in_enter", "input", -200, "INPUT.enter"),
    ("in_leave", "input", 350, "INPUT.leave"),
    ("fwd_enter", "forward", -200, "FORWARD.enter"),
    ("fwd_leave", "forward", 350, "FORWARD.leave"),
    ("out_enter", "output", -450, "OUTPUT.enter"),
    ("out_ct", "output", -190, "OUTPUT.after-conntrack"),
    ("out_nat", "output", -90, "OUTPUT.after-nat"),
    ("out_leave", "output", 350, "OUTPUT.leave"),
    ("post_enter", "postrouting", -200, "POSTROUTING.enter"),
    ("post_leave", "postrouting", 350, "POSTROUTING.leave"),
];

const TABLE: &str = "chainwalk_check";

/// `NFNLGRP_NFTRACE` is group 9 (`linux/netfilter/nfnetlink.h`).
const GROUP: u32 = 1 << 8;

/// Family as nftables calls it, table, chain and handle.
type Handle = (&'static str, String, String, u64);

/// The trace of one node.
pub struct Tracer {
    socket: OwnedFd,
    /// Where a rule stands by its handle: its number, as `iptables -S` counts.
    numbers: BTreeMap<Handle, usize>,
    devices: BTreeMap<u32, String>,
    events: Vec<Seen>,
    lost: bool,
}

/// A packet on a node, from one hook it enters at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// conntrack's state.
    pub ct: Option<&'static str>,
    /// Its direction in the connection.
    pub dir: Option<&'static str>,
    /// Hook and protocol it entered with.
    pub enters: (String, String),
    /// The recordings' steps, without what a rule's target says in braces.
    pub steps: Vec<String>,
    /// Every rule that matched: table, chain, number.
    pub matched: Vec<(String, String, usize)>,
    /// Every point at which it was seen: point, packet.
    pub seen: Vec<(&'static str, Wire)>,
    over: bool,
}

/// A packet as it was on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wire {
    /// `tcp[S]`, `udp`, `icmp[3/3]`
    pub kind: String,
    /// Source.
    pub src: IpAddr,
    /// Destination.
    pub dst: IpAddr,
    /// Ports.
    pub ports: Option<(u16, u16)>,
    /// Whether it ends a connection: an RST or SCTP's ABORT.
    pub refuses: bool,
}

/// Errors and pings of ICMPv6.
const ICMPV6_SHOWN: [u8; 6] = [1, 2, 3, 4, 128, 129];

impl Wire {
    /// Reads an IP header and what follows it. What only finds neighbours and routers (RFC 4861)
    /// or listeners (RFC 2710) is nothing that the check asks about.
    pub fn read(network: &[u8], transport: &[u8]) -> Option<Wire> {
        let byte = |at: usize| network.get(at).copied();
        let four = |at: usize| -> Option<IpAddr> {
            let bytes: [u8; 4] = network.get(at..at + 4)?.try_into().ok()?;
            Some(Ipv4Addr::from(bytes).into())
        };
        let sixteen = |at: usize| -> Option<IpAddr> {
            let bytes: [u8; 16] = network.get(at..at + 16)?.try_into().ok()?;
            Some(Ipv6Addr::from(bytes).into())
        };
        let (protocol, src, dst) = match byte(0)? >> 4 {
            4 => (byte(9)?, four(12)?, four(16)?),
            6 => (byte(6)?, sixteen(8)?, sixteen(24)?),
            _ => return None,
        };
        let ports = || {
            let two = |at: usize| {
                Some(u16::from_be_bytes(
                    transport.get(at..at + 2)?.try_into().ok()?,
                ))
            };
            Some((two(0)?, two(2)?))
        };
        let (kind, ports) = match protocol {
            6 => {
                let flags = transport.get(13).copied().unwrap_or(0);
                let letters = [(1, 'F'), (2, 'S'), (4, 'R'), (8, 'P'), (16, 'A')];
                let set: String = letters
                    .iter()
                    .filter(|(bit, _)| flags & bit != 0)
                    .map(|(_, letter)| letter)
                    .collect();
                (format!("tcp[{set}]"), ports())
            }
            17 => ("udp".to_owned(), ports()),
            132 => ("sctp".to_owned(), ports()),
            1 => {
                let (kind, code) = (transport.first()?, transport.get(1)?);
                (format!("icmp[{kind}/{code}]"), None)
            }
            58 => {
                let (kind, code) = (transport.first()?, transport.get(1)?);
                if !ICMPV6_SHOWN.contains(kind) {
                    return None;
                }
                (format!("icmpv6[{kind}/{code}]"), None)
            }
            _ => return None,
        };
        let refuses = match protocol {
            6 => transport.get(13).is_some_and(|flags| flags & 4 != 0),
            132 => transport.get(12) == Some(&crate::sctp::ABORT),
            _ => false,
        };
        Some(Wire {
            refuses,
            kind,
            src,
            dst,
            ports,
        })
    }

    fn text(&self, label: &dyn Fn(u16) -> String) -> String {
        let Wire { kind, src, dst, .. } = self;
        match self.ports {
            Some((sport, dport)) => {
                let end = |addr: &IpAddr, port: u16| match addr {
                    IpAddr::V4(addr) => format!("{addr}:{}", label(port)),
                    IpAddr::V6(addr) => format!("[{addr}]:{}", label(port)),
                };
                format!("{kind} {}>{}", end(src, sport), end(dst, dport))
            }
            None => format!("{kind} {src}>{dst}"),
        }
    }
}

/// Our chains in one family.
fn chains(family: Family) -> String {
    let mut text = format!("table {} {TABLE} {{\n", nft_name(family));
    for (name, hook, priority, _) in POINTS {
        let rules = match (name, family) {
            ("pre_enter" | "out_enter", Family::Ipv4) => "meta nftrace set 1".to_owned(),
            // One of the two matches, and none for what finds neighbours.
            ("pre_enter" | "out_enter", Family::Ipv6) => format!(
                "meta l4proto != ipv6-icmp meta nftrace set 1; \
                 icmpv6 type {{ {} }} meta nftrace set 1",
                ICMPV6_SHOWN.map(|kind| kind.to_string()).join(", ")
            ),
            _ => "counter".to_owned(),
        };
        text += &format!(
            " chain {name} {{ type filter hook {hook} priority {priority}; policy accept; {rules}; }}\n"
        );
    }
    text + "}\n"
}

fn nft_name(family: Family) -> &'static str {
    match family {
        Family::Ipv4 => "ip",
        Family::Ipv6 => "ip6",
    }
}

impl Tracer {
    /// Puts our chains beside the rules that are loaded, and listens.
    pub fn new(home: &Home, space: &Space, families: &[Family]) -> Done<Tracer> {
        let text: String = families.iter().map(|&family| chains(family)).collect();
        home.inside(space, || {
            run(&["nft", "-f", "-"], &text)?;
            let listing = run(&["nft", "-j", "-a", "list", "ruleset"], "")?;
            let links = run(&["ip", "-j", "link"], "")?;
            Ok(Tracer {
                socket: listen().map_err(|error| format!("netlink: {error}"))?,
                numbers: numbers(&listing)?,
                devices: devices(&links)?,
                events: Vec::new(),
                lost: false,
            })
        })
    }

    /// Takes what has come; whether there was anything.
    pub fn drain(&mut self) -> bool {
        let mut buffer = vec![0; 1 << 16];
        let mut any = false;
        loop {
            match recv(&self.socket, buffer.as_mut_slice(), RecvFlags::DONTWAIT) {
                Ok((length, _)) => {
                    any = true;
                    messages(&buffer[..length], &mut self.events);
                }
                Err(Errno::NOBUFS) => self.lost = true,
                Err(_) => return any,
            }
        }
    }

    /// Forgets all that was seen.
    pub fn clear(&mut self) {
        self.drain();
        self.events.clear();
        self.lost = false;
    }

    /// The packets, in the order in which they came.
    pub fn passages(&self, label: &dyn Fn(u16) -> String) -> Done<Vec<Passage>> {
        if self.lost {
            return Err("the kernel had more to tell than its buffer holds".to_owned());
        }
        let mut groups: Vec<Passage> = Vec::new();
        let mut by_id: BTreeMap<u32, usize> = BTreeMap::new();
        for event in &self.events {
            let ours = event.table == TABLE;
            let snapshot = ours && event.kind == RULE && event.handle.is_some();
            if snapshot && matches!(event.chain.as_str(), "pre_enter" | "out_enter") {
                by_id.retain(|_, at| !groups[*at].over);
                by_id.insert(event.id, groups.len());
                groups.push(Passage {
                    ct: None,
                    dir: None,
                    enters: (String::new(), String::new()),
                    steps: Vec::new(),
                    matched: Vec::new(),
                    seen: Vec::new(),
                    over: false,
                });
            }
            let known = by_id.get(&event.id).copied();
            // The kernel's number for a packet holds its input device, which a bridge changes.
            let at = match known.filter(|&at| !(groups[at].over && ours)) {
                Some(at) => at,
                None => match groups.iter().rposition(|group| !group.over) {
                    Some(at) => {
                        by_id.insert(event.id, at);
                        at
                    }
                    None => continue,
                },
            };
            self.tell(&mut groups[at], event, label, snapshot);
        }
        groups.retain(|group| !group.enters.1.is_empty());
        Ok(groups)
    }

    fn tell(
        &self,
        group: &mut Passage,
        event: &Seen,
        label: &dyn Fn(u16) -> String,
        snapshot: bool,
    ) {
        let ours = event.table == TABLE;
        let dropped = event.verdict == DROP && event.kind == RULE && event.handle.is_some();
        if dropped || event.policy == Some(0) {
            group.over = true;
        }
        if ours {
            let last = matches!(event.chain.as_str(), "post_leave" | "in_leave");
            if last && event.kind == POLICY {
                group.over = true;
            }
            let point = POINTS.iter().find(|point| point.0 == event.chain);
            let (Some(point), true) = (point, snapshot) else {
                return;
            };
            let Some(wire) = Wire::read(&event.network, &event.transport) else {
                return;
            };
            if group.enters.1.is_empty() {
                let hook = point.3.split('.').next().unwrap_or_default();
                let protocol = wire.kind.split('[').next().unwrap_or_default();
                group.enters = (hook.to_owned(), protocol.to_owned());
            }
            if group.ct.is_none() {
                group.ct = event.state.and_then(state);
                group.dir = match (group.ct, event.direction) {
                    (Some(_), Some(0)) => Some("original"),
                    (Some(_), Some(1)) => Some("reply"),
                    _ => None,
                };
            }
            let mut line = format!("@{} {}", point.3, wire.text(label));
            for (word, dev) in [("in", event.input), ("out", event.output)] {
                if let Some(dev) = dev {
                    let name = self.devices.get(&dev).map_or("?", String::as_str);
                    line += &format!(" {word}={name}");
                }
            }
            if event.mark != 0 {
                line += &format!(" mark={:#x}", event.mark);
            }
            group.steps.push(line);
            group.seen.push((point.3, wire));
            return;
        }
        let here = format!("{}/{}", event.table, event.chain);
        match (event.kind, event.handle) {
            (RULE | RETURN, None) => group.steps.push(format!("{here} end")),
            (RULE | RETURN, Some(handle)) => {
                let (table, chain) = (event.table.clone(), event.chain.clone());
                let key = (event.family, table, chain, handle);
                let number = self.numbers.get(&key).copied().unwrap_or(0);
                let verdict = match event.verdict {
                    0 => "DROP".to_owned(),
                    1 => "ACCEPT".to_owned(),
                    -1 => "continue".to_owned(),
                    -3 => format!("jump {}", event.to),
                    -4 => format!("goto {}", event.to),
                    -5 => "RETURN".to_owned(),
                    other => other.to_string(),
                };
                let mark = match event.mark {
                    0 => String::new(),
                    mark => format!(" mark={mark:#x}"),
                };
                group.steps.push(format!("{here}#{number} {verdict}{mark}"));
                group.matched.push((key.1, key.2, number));
            }
            (POLICY, _) => {
                let policy = match event.policy {
                    Some(0) => "DROP",
                    _ => "ACCEPT",
                };
                group.steps.push(format!("{here} policy {policy}"));
            }
            _ => {}
        }
    }
}

/// Of packets that are alike the first stands for all, as in a recording.
pub fn first_of_each(mut passages: Vec<Passage>) -> Vec<Passage> {
    let mut seen = BTreeSet::new();
    passages.retain(|p| seen.insert((p.dir, p.ct, p.enters.clone())));
    passages
}

/// `NF_CT_STATE_BIT`
fn state(bits: u32) -> Option<&'static str> {
    match bits {
        1 => Some("INVALID"),
        2 => Some("ESTABLISHED"),
        4 => Some("RELATED"),
        8 => Some("NEW"),
        64 => Some("UNTRACKED"),
        _ => None,
    }
}

fn listen() -> Result<OwnedFd, Errno> {
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        Some(netlink::NETFILTER),
    )?;
    // Only the machine's own root may pass the limit; else the limit will do.
    if sockopt::set_socket_recv_buffer_size_force(&socket, 1 << 24).is_err() {
        sockopt::set_socket_recv_buffer_size(&socket, 1 << 20)?;
    }
    bind(&socket, &SocketAddrNetlink::new(0, GROUP))?;
    Ok(socket)
}

/// The rules of `nft -j list ruleset` by handle, numbered in their chains.
fn numbers(listing: &str) -> Done<BTreeMap<Handle, usize>> {
    let listing: Value = serde_json::from_str(listing).map_err(|e| format!("nft -j: {e}"))?;
    let mut counts: BTreeMap<(&str, String, String), usize> = BTreeMap::new();
    let mut numbers = BTreeMap::new();
    for item in listing["nftables"].as_array().into_iter().flatten() {
        let rule = &item["rule"];
        let (Some(table), Some(chain), Some(handle)) = (
            rule["table"].as_str(),
            rule["chain"].as_str(),
            rule["handle"].as_u64(),
        ) else {
            continue;
        };
        let families = [Family::Ipv4, Family::Ipv6].map(nft_name);
        let family = families.into_iter().find(|name| rule["family"] == *name);
        if let Some(family) = family {
            let count = counts.entry((family, table.into(), chain.into()));
            let count = count.or_default();
            *count += 1;
            numbers.insert((family, table.into(), chain.into(), handle), *count);
        }
    }
    Ok(numbers)
}

fn devices(links: &str) -> Done<BTreeMap<u32, String>> {
    let links: Value = serde_json::from_str(links).map_err(|e| format!("ip -j link: {e}"))?;
    let named = |link: &Value| {
        let index = u32::try_from(link["ifindex"].as_u64()?).ok()?;
        Some((index, link["ifname"].as_str()?.to_owned()))
    };
    Ok(links
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(named)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_numbered_in_their_chains() {
        let rule = |chain: &str, handle: u64| {
            format!(
                r#"{{"rule":{{"family":"ip","table":"nat","chain":"{chain}","handle":{handle}}}}}"#
            )
        };
        let rules = [rule("A", 4), rule("B", 5), rule("A", 9)].join(",");
        let numbers = numbers(&format!(r#"{{"nftables":[{{"metainfo":{{}}}},{rules}]}}"#)).unwrap();
        let of = |chain: &str, handle| {
            numbers
                .get(&("ip", "nat".into(), chain.into(), handle))
                .copied()
        };
        assert_eq!(
            (of("A", 4), of("B", 5), of("A", 9)),
            (Some(1), Some(1), Some(2))
        );
        assert_eq!(of("A", 5), None);
    }

    #[test]
    fn headers_are_told_as_a_recording_tells_them() {
        let mut network = vec![0; 20];
        network[0] = 0x45;
        network[9] = 6;
        network[12..20].copy_from_slice(&[10, 42, 1, 50, 10, 43, 0, 1]);
        let mut transport = vec![0x9c, 0x40, 0, 80];
        transport.resize(20, 0);
        for (flags, text, refuses) in [
            (2, "tcp[S]", false),
            (18, "tcp[SA]", false),
            (20, "tcp[RA]", true),
        ] {
            transport[13] = flags;
            let wire = Wire::read(&network, &transport).unwrap();
            assert_eq!(wire.refuses, refuses);
            let label = |port: u16| port.to_string();
            assert_eq!(
                wire.text(&label),
                format!("{text} 10.42.1.50:40000>10.43.0.1:80")
            );
        }
        assert_eq!(Wire::read(&network[..10], &transport), None);
        let mut network = vec![0; 40];
        network[0] = 0x60;
        network[6] = 58;
        network[23] = 1;
        network[39] = 2;
        let label = |port: u16| port.to_string();
        let text = |kind: u8| Some(Wire::read(&network, &[kind, 4])?.text(&label));
        assert_eq!(text(1).as_deref(), Some("icmpv6[1/4] ::1>::2"));
        assert_eq!(text(135), None, "a neighbour solicitation");
    }
}
