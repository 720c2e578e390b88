//! `-j REJECT`: drops and tells the sender.

use std::fmt;

use super::{Effect, Extension};
use crate::family::Family;
use crate::hook::{Hook, TableName};
use crate::matches::{Opt, Taken};
use crate::packet::{Protocol, Skb};
use crate::rule::{IpFields, Not};
use crate::traverse::Env;
use crate::words::Args;

/// `-j REJECT`: drops and tells the sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// What the sender is told.
    pub with: RejectWith,
    /// Whose numbering the code is in.
    pub family: Family,
}

/// What `-j REJECT` sends back (`--reject-with`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectWith {
    /// An ICMP destination-unreachable (ICMPv6 for ip6tables) with this code.
    Icmp {
        /// The code in its own family's numbering.
        code: u8,
    },
    /// `tcp-reset`
    TcpReset,
}

/// Name, alias and code (`libipt_REJECT.c`; the codes are RFC 1812's).
const ICMP: [(&str, &str, u8); 7] = [
    ("icmp-net-unreachable", "net-unreach", 0),
    ("icmp-host-unreachable", "host-unreach", 1),
    ("icmp-proto-unreachable", "proto-unreach", 2),
    ("icmp-port-unreachable", "port-unreach", 3),
    ("icmp-net-prohibited", "net-prohib", 9),
    ("icmp-host-prohibited", "host-prohib", 10),
    ("icmp-admin-prohibited", "admin-prohib", 13),
];

/// Name, alias and code (`libip6t_REJECT.c`; the codes are RFC 4443's).
const ICMPV6: [(&str, &str, u8); 6] = [
    ("icmp6-no-route", "no-route", 0),
    ("icmp6-adm-prohibited", "adm-prohibited", 1),
    ("icmp6-addr-unreachable", "addr-unreach", 3),
    ("icmp6-port-unreachable", "port-unreach", 4),
    ("icmp6-policy-fail", "policy-fail", 5),
    ("icmp6-reject-route", "reject-route", 6),
];

fn names(family: Family) -> &'static [(&'static str, &'static str, u8)] {
    match family {
        Family::Ipv4 => &ICMP,
        Family::Ipv6 => &ICMPV6,
    }
}

impl Reject {
    /// Port unreachable, the default of both families.
    pub(super) fn start(family: Family) -> Self {
        let code = match family {
            Family::Ipv4 => 3,
            Family::Ipv6 => 4,
        };
        let with = RejectWith::Icmp { code };
        Reject { with, family }
    }

    /// The name that `--reject-with` prints.
    pub fn name(&self) -> &'static str {
        match self.with {
            RejectWith::TcpReset => "tcp-reset",
            RejectWith::Icmp { code } => names(self.family)
                .iter()
                .find(|(.., known)| *known == code)
                .map_or("icmp-unknown", |(name, ..)| name),
        }
    }
}

impl Extension for Reject {
    /// `ipt_REJECT.c`: `.table = "filter"`.
    const TABLES: &'static [TableName] = &[TableName::Filter];

    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String> {
        if option.name != "--reject-with" {
            return Ok(Taken::No);
        }
        option.upright()?;
        let text = args.value(option.name)?;
        self.with = match text {
            "tcp-reset" | "tcp-rst" => RejectWith::TcpReset,
            _ => names(self.family)
                .iter()
                .find(|(name, alias, _)| *name == text || *alias == text)
                .map(|&(.., code)| RejectWith::Icmp { code })
                .ok_or_else(|| format!("--reject-with knows no \"{text}\""))?,
        };
        Ok(Taken::Detail)
    }

    fn check(&self, ip: &IpFields) -> Result<(), String> {
        let tcp = Some(Not::plain(Protocol::Tcp));
        if self.with == RejectWith::TcpReset && ip.protocol != tcp {
            return Err("--reject-with tcp-reset needs -p tcp".to_owned());
        }
        Ok(())
    }

    fn apply(&self, _: Hook, _: &mut Skb, _: &mut dyn Env) -> Effect {
        Effect::Reject(self.with)
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "-j REJECT --reject-with {}", self.name())
    }
}
