//! `-m icmp`, `-m icmp6`: type and code.

use std::fmt;

use super::{Extension, Opt, Taken, Truth};
use crate::family::Family;
use crate::packet::{IcmpMessage, L4};
use crate::rule::Not;
use crate::walk::Trial;
use crate::words::{Args, number};

/// `-m icmp`, `-m icmp6`: type and code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Icmp {
    /// ICMP or ICMPv6.
    pub family: Family,
    /// Type, first and last code; type 255 is any (ICMP only).
    pub kind: Option<Not<(u8, u8, u8)>>,
}

/// The type that stands for every type in `-m icmp` (`icmp_match` in `ip_tables.c`).
pub(crate) const ANY: u8 = 0xff;

/// The names `--icmp-type` takes: name, type, first and last code (RFC 792 and its successors).
/// Where one type has several names, the first is the one `-L` prints.
pub(crate) const ICMP_TYPES: &[(&str, u8, u8, u8)] = &[
    ("any", ANY, 0, 255),
    ("echo-reply", 0, 0, 255),
    ("pong", 0, 0, 255),
    ("destination-unreachable", 3, 0, 255),
    ("network-unreachable", 3, 0, 0),
    ("host-unreachable", 3, 1, 1),
    ("protocol-unreachable", 3, 2, 2),
    ("port-unreachable", 3, 3, 3),
    ("fragmentation-needed", 3, 4, 4),
    ("source-route-failed", 3, 5, 5),
    ("network-unknown", 3, 6, 6),
    ("host-unknown", 3, 7, 7),
    ("network-prohibited", 3, 9, 9),
    ("host-prohibited", 3, 10, 10),
    ("TOS-network-unreachable", 3, 11, 11),
    ("TOS-host-unreachable", 3, 12, 12),
    ("communication-prohibited", 3, 13, 13),
    ("host-precedence-violation", 3, 14, 14),
    ("precedence-cutoff", 3, 15, 15),
    ("source-quench", 4, 0, 255),
    ("redirect", 5, 0, 255),
    ("network-redirect", 5, 0, 0),
    ("host-redirect", 5, 1, 1),
    ("TOS-network-redirect", 5, 2, 2),
    ("TOS-host-redirect", 5, 3, 3),
    ("echo-request", 8, 0, 255),
    ("ping", 8, 0, 255),
    ("router-advertisement", 9, 0, 255),
    ("router-solicitation", 10, 0, 255),
    ("time-exceeded", 11, 0, 255),
    ("ttl-exceeded", 11, 0, 255),
    ("ttl-zero-during-transit", 11, 0, 0),
    ("ttl-zero-during-reassembly", 11, 1, 1),
    ("parameter-problem", 12, 0, 255),
    ("ip-header-bad", 12, 0, 0),
    ("required-option-missing", 12, 1, 1),
    ("timestamp-request", 13, 0, 255),
    ("timestamp-reply", 14, 0, 255),
    ("address-mask-request", 17, 0, 255),
    ("address-mask-reply", 18, 0, 255),
];

/// The names `--icmpv6-type` takes (RFC 4443, RFC 4861, RFC 2710).
pub(crate) const ICMPV6_TYPES: &[(&str, u8, u8, u8)] = &[
    ("destination-unreachable", 1, 0, 255),
    ("no-route", 1, 0, 0),
    ("communication-prohibited", 1, 1, 1),
    ("beyond-scope", 1, 2, 2),
    ("address-unreachable", 1, 3, 3),
    ("port-unreachable", 1, 4, 4),
    ("failed-policy", 1, 5, 5),
    ("reject-route", 1, 6, 6),
    ("packet-too-big", 2, 0, 255),
    ("time-exceeded", 3, 0, 255),
    ("ttl-exceeded", 3, 0, 255),
    ("ttl-zero-during-transit", 3, 0, 0),
    ("ttl-zero-during-reassembly", 3, 1, 1),
    ("parameter-problem", 4, 0, 255),
    ("bad-header", 4, 0, 0),
    ("unknown-header-type", 4, 1, 1),
    ("unknown-option", 4, 2, 2),
    ("echo-request", 128, 0, 255),
    ("ping", 128, 0, 255),
    ("echo-reply", 129, 0, 255),
    ("pong", 129, 0, 255),
    ("mld-listener-query", 130, 0, 255),
    ("mld-listener-report", 131, 0, 255),
    ("mld-listener-done", 132, 0, 255),
    ("mld-listener-reduction", 132, 0, 255),
    ("router-solicitation", 133, 0, 255),
    ("router-advertisement", 134, 0, 255),
    ("neighbour-solicitation", 135, 0, 255),
    ("neighbor-solicitation", 135, 0, 255),
    ("neighbour-advertisement", 136, 0, 255),
    ("neighbor-advertisement", 136, 0, 255),
    ("redirect", 137, 0, 255),
];

impl Icmp {
    fn parse_type(&self, text: &str, option: &str) -> Result<(u8, u8, u8), String> {
        let known = match self.family {
            Family::Ipv4 => ICMP_TYPES,
            Family::Ipv6 => ICMPV6_TYPES,
        };
        if let Some(&(_, kind, first, last)) = known
            .iter()
            .find(|(name, ..)| name.eq_ignore_ascii_case(text))
        {
            return Ok((kind, first, last));
        }
        let byte = |text: &str| {
            number(text, option)
                .ok()
                .and_then(|n| u8::try_from(n).ok())
                .ok_or_else(|| format!("{option} takes TYPE or TYPE/CODE, not \"{text}\""))
        };
        match text.split_once('/') {
            Some((kind, code)) => {
                let code = byte(code)?;
                Ok((byte(kind)?, code, code))
            }
            None => Ok((byte(text)?, 0, u8::MAX)),
        }
    }
}

/// Type and code of a message, in its family's numbering.
fn type_and_code(message: &IcmpMessage, family: Family) -> (u8, u8) {
    let v4 = family == Family::Ipv4;
    match message {
        IcmpMessage::EchoRequest { .. } => (if v4 { 8 } else { 128 }, 0),
        IcmpMessage::EchoReply { .. } => (if v4 { 0 } else { 129 }, 0),
        IcmpMessage::Unreachable { code, .. } => (if v4 { 3 } else { 1 }, *code),
        IcmpMessage::TimeExceeded { .. } => (if v4 { 11 } else { 3 }, 0),
    }
}

impl Extension for Icmp {
    const NEEDS: usize = 1;

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        match (option.name, self.family) {
            ("--icmp-type", Family::Ipv4) | ("--icmpv6-type", Family::Ipv6) => {
                let kind = self.parse_type(args.value(option.name)?, option.name)?;
                self.kind = Some(option.not(kind));
                Ok(Taken::Main)
            }
            _ => Ok(Taken::No),
        }
    }

    fn holds(&self, trial: &mut Trial<'_>) -> Truth {
        let L4::Icmp(message) = &trial.skb.packet.l4 else {
            return Truth::No;
        };
        let (kind, code) = type_and_code(message, self.family);
        self.kind
            .as_ref()
            .is_none_or(|wanted| {
                let (wanted_kind, first, last) = wanted.value;
                let any = wanted_kind == ANY && self.family == Family::Ipv4;
                wanted.holds(any || (kind == wanted_kind && (first..=last).contains(&code)))
            })
            .into()
    }

    fn why(&self, trial: &Trial<'_>) -> String {
        let (L4::Icmp(message), Some(wanted)) = (&trial.skb.packet.l4, &self.kind) else {
            return "protocol is not icmp".to_owned();
        };
        let (kind, code) = type_and_code(message, self.family);
        let (wanted_kind, first, _) = wanted.value;
        match wanted.inverted {
            true => format!("ICMP type is {kind}"),
            false if kind == wanted_kind => format!("ICMP code is {code}, not {first}"),
            false => format!("ICMP type is {kind}, not {wanted_kind}"),
        }
    }
}

impl fmt::Display for Icmp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, option) = match self.family {
            Family::Ipv4 => ("icmp", "--icmp-type"),
            Family::Ipv6 => ("icmp6", "--icmpv6-type"),
        };
        write!(f, "-m {name}")?;
        if let Some(wanted) = &self.kind {
            let (kind, first, last) = wanted.value;
            write!(f, "{} {option} ", wanted.bang())?;
            if kind == ANY && self.family == Family::Ipv4 {
                return f.write_str("any");
            }
            write!(f, "{kind}")?;
            if (first, last) != (0, u8::MAX) {
                write!(f, "/{first}")?;
            }
        }
        Ok(())
    }
}
