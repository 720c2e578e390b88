//! How `-L` words each match. Every one brings a blank in front.

use std::fmt::Write;

use super::Names;
use crate::family::Family;
use crate::matches::*;
use crate::rule::{Match, Not};
use crate::services::name_of;

/// Writing to a string cannot fail.
macro_rules! put {
    ($out:expr, $($what:tt)*) => {
        let _ = write!($out, $($what)*);
    };
}

/// Adds a match's words. `protocol` is the rule's, which names the ports of `-m multiport`.
pub(super) fn list(out: &mut String, extension: &Match, protocol: u8, names: Names) {
    match extension {
        Match::Comment(m) => {
            put!(out, " /* {} */", m.text);
        }
        Match::Tcp(m) => {
            out.push_str(" tcp");
            ports(out, &m.sport, &m.dport, 6, names);
            if let Some(option) = &m.option {
                put!(out, " option={}{}", bare_bang(option), option.value);
            }
            if let Some(flags) = &m.flags {
                tcp_flags(out, flags, names);
            }
        }
        Match::Udp(m) => {
            out.push_str(" udp");
            ports(out, &m.sport, &m.dport, 17, names);
        }
        Match::Sctp(m) => {
            out.push_str(" sctp");
            ports(out, &m.sport, &m.dport, 132, names);
            if let Some(chunks) = &m.chunks {
                put!(out, "{} {}", chunks.bang(), chunks.value.join(" "));
            }
        }
        Match::Icmp(m) => icmp(out, m, names),
        Match::Multiport(m) => {
            out.push_str(match m.side {
                PortSide::Source => " multiport sports",
                PortSide::Destination => " multiport dports",
                PortSide::Either => " multiport ports",
            });
            if m.ports.inverted {
                out.push_str("  !");
            }
            for (i, (first, last)) in m.ports.value.iter().enumerate() {
                match i {
                    0 if m.ports.inverted => {}
                    0 => out.push(' '),
                    _ => out.push(','),
                }
                out.push_str(&port(*first, protocol, names));
                if first != last {
                    put!(out, ":{}", port(*last, protocol, names));
                }
            }
        }
        Match::Mark(m) => {
            put!(out, " mark match{} {}", m.mark.bang(), Masked(m.mark.value));
        }
        Match::Connmark(m) => {
            put!(
                out,
                " connmark match {} {}",
                bare_bang(&m.mark),
                Masked(m.mark.value)
            );
        }
        Match::Conntrack(m) => {
            if let Some(states) = &m.states {
                put!(out, "{} ctstate {}", states.bang(), states.value);
            }
            for (option, value) in &m.other {
                let option = option.trim_start_matches("--");
                put!(out, "{} {option} {}", value.bang(), value.value);
            }
        }
        Match::State(m) => {
            put!(out, "{} state {}", m.states.bang(), m.states.value);
        }
        Match::Addrtype(m) => {
            out.push_str(" ADDRTYPE match");
            for (what, types) in [("src-type", &m.src), ("dst-type", &m.dst)] {
                if let Some(types) = types {
                    put!(out, " {what} {}{}", bare_bang(types), types.value);
                }
            }
            if m.limit_in {
                out.push_str(" limit-in");
            }
            if m.limit_out {
                out.push_str(" limit-out");
            }
        }
        Match::Statistic(m) => match &m.mode {
            StatisticMode::Random(p) => {
                let probability = p.value.as_f64();
                put!(
                    out,
                    " statistic mode random{} probability {probability:.11}",
                    p.bang()
                );
            }
            StatisticMode::Nth { every, packet } => {
                put!(
                    out,
                    " statistic mode nth{} every {}",
                    every.bang(),
                    every.value
                );
                if *packet > 0 {
                    put!(out, " packet {packet}");
                }
            }
        },
        Match::Recent(m) => recent(out, m),
        Match::Physdev(m) => {
            // The options are worded as `-S` words them.
            out.push_str(" PHYSDEV match");
            out.push_str(m.to_string().trim_start_matches("-m physdev"));
        }
        Match::Limit(m) => {
            put!(out, " limit: avg {}/{} burst {}", m.per, m.unit, m.burst);
        }
        Match::Nfacct(m) => {
            put!(out, " nfacct-name  {}", m.name);
        }
        Match::Set(m) => {
            let bang = if m.inverted { " !" } else { "" };
            put!(out, "{bang} match-set {} {}", m.name, m.directions);
            for word in &m.rest {
                put!(out, " {}", word.trim_start_matches("--"));
            }
        }
        Match::Rpfilter(m) => {
            out.push_str(" rpfilter");
            for (flag, word) in [
                (m.loose, "loose"),
                (m.validmark, "validmark"),
                (m.accept_local, "accept-local"),
                (m.invert, "invert"),
            ] {
                if flag {
                    put!(out, " {word}");
                }
            }
        }
        // How the tool words it is not known here; as it was written is at least true.
        Match::Unknown(m) => {
            put!(out, " {m}");
        }
    }
}

/// `!` that stands directly in front of its value.
fn bare_bang<T>(not: &Not<T>) -> &'static str {
    if not.inverted { "!" } else { "" }
}

fn port(number: u16, protocol: u8, names: Names) -> String {
    match name_of(number, protocol) {
        Some(name) if names == Names::Looked => name.to_owned(),
        _ => number.to_string(),
    }
}

fn ports(
    out: &mut String,
    sport: &Option<Not<(u16, u16)>>,
    dport: &Option<Not<(u16, u16)>>,
    protocol: u8,
    names: Names,
) {
    for (what, range) in [("spt", sport), ("dpt", dport)] {
        let Some(range) = range else { continue };
        let (first, last) = range.value;
        let bang = bare_bang(range);
        if first == last {
            put!(out, " {what}:{bang}{}", port(first, protocol, names));
        } else {
            let [first, last] = [first, last].map(|p| port(p, protocol, names));
            put!(out, " {what}s:{bang}{first}:{last}");
        }
    }
}

fn tcp_flags(out: &mut String, flags: &Not<(u8, u8)>, names: Names) {
    let (mask, comp) = flags.value;
    let bang = bare_bang(flags);
    match names {
        Names::Numeric => {
            put!(out, " flags:{bang}0x{mask:02X}/0x{comp:02X}");
        }
        Names::Looked => {
            put!(out, " flags:{bang}{}/{}", FlagList(mask), FlagList(comp));
        }
    }
}

fn icmp(out: &mut String, m: &Icmp, names: Names) {
    let (word, known) = match m.family {
        Family::Ipv4 => (" icmp", ICMP_TYPES),
        Family::Ipv6 => (" ipv6-icmp", ICMPV6_TYPES),
    };
    out.push_str(word);
    let Some(wanted) = &m.kind else { return };
    let (kind, first, last) = wanted.value;
    if names == Names::Looked
        && let Some((name, ..)) = known
            .iter()
            .find(|(_, k, f, l)| (*k, *f, *l) == wanted.value)
    {
        put!(out, " {}{name}", bare_bang(wanted));
        return;
    }
    put!(out, "{}type {kind}", wanted.bang());
    if first == last {
        put!(out, " code {first}");
    } else if (first, last) != (0, u8::MAX) {
        put!(out, " codes {first}-{last}");
    }
}

fn recent(out: &mut String, m: &Recent) {
    let op = match m.op.value {
        RecentOp::Set => "SET",
        RecentOp::Rcheck => "CHECK",
        RecentOp::Update => "UPDATE",
        RecentOp::Remove => "REMOVE",
    };
    put!(out, "{} recent: {op}", m.op.bang());
    if let Some(seconds) = m.seconds {
        put!(out, " seconds: {seconds}");
    }
    if m.reap {
        out.push_str(" reap");
    }
    if let Some(hits) = m.hitcount {
        put!(out, " hit_count: {hits}");
    }
    if m.rttl {
        out.push_str(" TTL-Match");
    }
    let side = if m.destination { "dest" } else { "source" };
    put!(out, " name: {} side: {side}", m.name);
    if let Some(mask) = m.mask {
        put!(out, " mask: {mask}");
    }
}
