//! The kernel's side and the simulator's, brought into the same words.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use fabric::{Forced, Journey, Ns, Probe, Sender, Topology};
use lab::Lab;
use rustix::io::Errno;

use crate::talk::{Attempt, Heard, PING_ID};
use crate::trace::{Passage, Wire};

/// What each draw of a journey was in the kernel, as far as its trace tells: the number of the rule
/// that it then went by is known for every visit to a chain.
pub fn drawn(journey: &Journey, passages: &BTreeMap<String, Vec<Passage>>) -> Vec<Forced> {
    // For each node and chain, the number of the rule that matched at each visit.
    let mut visits: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (node, passages) in passages {
        for (_, chain, number) in passages.iter().flat_map(|passage| &passage.matched) {
            visits.entry((node, chain)).or_default().push(*number);
        }
    }
    let mut at: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    let mut wanted = Vec::new();
    for throw in &journey.throws {
        let Ns::Node(node) = &throw.ns else { continue };
        let chain = throw.rule.chain.as_str();
        let number = throw.rule.number;
        let key = (node.as_str(), chain);
        let numbers = visits.get(&key).map(Vec::as_slice).unwrap_or_default();
        let (visit, last) = at.entry(key).or_insert((0, 0));
        if number <= *last {
            *visit += 1;
        }
        *last = number;
        // Rules that always match before the draw, as a mark does, are part of the same visit.
        let hit = numbers.get(*visit..).unwrap_or_default().contains(&number);
        wanted.push(if hit { Forced::Hit } else { Forced::Miss });
    }
    wanted
}

/// The outcome in a recording's word, and whom its signal came from.
pub fn outcome(
    probe: &Probe,
    attempt: &Attempt,
    passages: &BTreeMap<String, Vec<Passage>>,
) -> (String, Option<IpAddr>) {
    let word = |word: &str| (word.to_owned(), None);
    match attempt.heard {
        Heard::Reply { .. } | Heard::Greeted | Heard::Echo => word("reply"),
        Heard::Timeout => word("timeout"),
        Heard::Unreachable { code: 3, from } => ("icmp-unreach-code3".to_owned(), Some(from)),
        Heard::Unreachable { code, .. } => word(match code {
            0 => "ENETUNREACH",
            1 => "EHOSTUNREACH",
            2 => "ENOPROTOOPT",
            13 if probe.dst.is_ipv6() => "EACCES",
            _ => "another ICMP error",
        }),
        Heard::Error(Errno::NETUNREACH) => word("ENETUNREACH"),
        Heard::Error(Errno::HOSTUNREACH) => word("EHOSTUNREACH"),
        Heard::Error(Errno::ACCESS) => word("EACCES"),
        Heard::Error(Errno::PERM) => word("EPERM"),
        Heard::Error(Errno::INVAL) => word("EINVAL"),
        Heard::Error(Errno::CONNREFUSED | Errno::CONNRESET) => {
            let me = attempt.client.map(|client| client.ip());
            let signal = |wire: &Wire| {
                if wire.refuses {
                    return Some(("tcp-rst".to_owned(), Some(wire.src)));
                }
                let code = unreachable(wire)?;
                Some((format!("icmp-unreach-code{code}"), Some(wire.src)))
            };
            // As a recording has it: what comes in first, before conntrack there rewrites it.
            let found = match &probe.from {
                Sender::Process(Ns::Node(name)) => passages
                    .get(name)
                    .into_iter()
                    .flatten()
                    .flat_map(|passage| &passage.seen)
                    .filter(|(point, _)| *point == "PREROUTING.enter")
                    .find_map(|(_, wire)| signal(wire)),
                _ => attempt
                    .wire
                    .iter()
                    .filter(|wire| Some(wire.dst) == me)
                    .find_map(signal),
            };
            found.unwrap_or_else(|| word("ECONNREFUSED"))
        }
        Heard::Error(error) => word(&error.to_string()),
    }
}

/// The code of an ICMP destination-unreachable, in IPv4's numbering where ICMPv6 (RFC 4443) has a
/// code that means the same.
pub fn unreachable(wire: &Wire) -> Option<u8> {
    let v4 = wire.kind.strip_prefix("icmp[3/");
    let code = v4.or_else(|| wire.kind.strip_prefix("icmpv6[1/"))?;
    let code = code.trim_end_matches(']').parse().ok()?;
    Some(match (v4, code) {
        (Some(_), code) => code,
        (None, code) => icmpv6_code(code),
    })
}

/// ICMPv6's codes of destination-unreachable in IPv4's numbering.
pub fn icmpv6_code(code: u8) -> u8 {
    match code {
        0 => 0,
        3 => 1,
        4 => 3,
        _ => 13,
    }
}

/// A packet as lines, its state first.
pub fn block(passage: Passage) -> Vec<String> {
    let mut lines = vec![head(passage.ct, passage.dir)];
    lines.extend(passage.steps);
    lines
}

/// conntrack's state and direction as a line.
pub fn head(ct: Option<&str>, dir: Option<&str>) -> String {
    format!("{} {}", ct.unwrap_or("-"), dir.unwrap_or("-"))
}

/// What a target says is the rule's text, which both have from us.
pub fn without_braces(step: &str) -> String {
    match (step.find(" {"), step.rfind('}')) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &step[..from], &step[to + 1..]),
        _ => step.to_owned(),
    }
}

/// A port as it is, or a letter where it varies from run to run.
pub fn label(port: u16, clients: &BTreeSet<u16>, plain: &BTreeSet<u16>, dport: u16) -> String {
    if clients.contains(&port) {
        "C".to_owned()
    } else if plain.contains(&port) || port == dport {
        port.to_string()
    } else {
        "M".to_owned()
    }
}

/// A line of conntrack's listing with ports by letter.
pub fn entry<'w>(words: impl Iterator<Item = &'w str>, label: &dyn Fn(u16) -> String) -> String {
    let mut out: Vec<String> = Vec::new();
    for word in words {
        let port = ["sport=", "dport="].iter().find_map(|key| {
            let port = word.strip_prefix(key)?.parse().ok()?;
            Some(format!("{key}{}", label(port)))
        });
        // The identifier of a ping takes the place of its ports.
        let id = word.strip_prefix("id=").and_then(|id| id.parse().ok());
        let port = port.or(id.map(|id: u16| match id == PING_ID {
            true => format!("id={id}"),
            false => "id=M".to_owned(),
        }));
        // Somebody else may hold a reference for a moment.
        match port {
            Some(port) => out.push(port),
            None if word.starts_with("use=") => out.push("use=1".to_owned()),
            None => out.push(word.to_owned()),
        }
    }
    out.join(" ").trim_end().to_owned()
}

/// Ports that mean the same on both sides: listened on, of a Service, VXLAN's.
pub fn plain_ports(lab: &Lab, topology: &Topology) -> BTreeSet<u16> {
    let mut ports = BTreeSet::from([8472]);
    for pod in &topology.pods {
        ports.extend(pod.listen.ports.iter().map(|&(_, port)| port));
    }
    for node in &topology.nodes {
        ports.extend(node.listen.ports.iter().map(|&(_, port)| port));
    }
    for service in &lab.cluster().services {
        for port in &service.ports {
            ports.insert(port.port);
            ports.extend(port.node_port);
        }
    }
    for slice in &lab.cluster().slices {
        ports.extend(slice.ports.iter().filter_map(|port| port.port));
    }
    ports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_from_run_to_run_becomes_a_letter() {
        let (clients, plain) = ([40000].into(), [8080].into());
        let label = |port| label(port, &clients, &plain, 80);
        let line = "tcp 6 src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=80 src=10.0.0.3 \
                    dst=10.0.0.1 sport=8080 dport=1234 [ASSURED] mark=0 use=2";
        assert_eq!(
            entry(line.split(' '), &label),
            "tcp 6 src=10.0.0.1 dst=10.0.0.2 sport=C dport=80 src=10.0.0.3 \
             dst=10.0.0.1 sport=8080 dport=M [ASSURED] mark=0 use=1"
        );
    }

    #[test]
    fn a_ping_s_identifier_is_its_own_or_chosen() {
        let line = |id: u16| {
            let words =
                format!("icmp 1 src=10.0.0.1 type=8 id={PING_ID} src=10.0.0.2 type=0 id={id}");
            entry(words.split(' '), &|port| port.to_string())
        };
        assert!(line(PING_ID).ends_with(&format!("id={PING_ID}")));
        assert!(line(3508).ends_with("id=M"));
    }

    #[test]
    fn a_target_s_text_is_left_out_and_the_mark_is_not() {
        let step = "nat/KUBE-MARK-MASQ#1 continue {MARK --set-xmark 0x4000/0x4000} mark=0x4000";
        let bare = "nat/KUBE-MARK-MASQ#1 continue mark=0x4000";
        assert_eq!(without_braces(step), bare);
        assert_eq!(without_braces(bare), bare);
    }
}
