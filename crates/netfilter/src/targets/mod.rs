//! The `-j` targets, one file each, and the one list that reads, applies and prints them.

mod checksum;
mod connmark;
mod ct;
mod dnat;
mod log;
mod mark;
mod masquerade;
mod nat;
mod netmap;
mod range;
mod redirect;
mod reject;
mod snat;
mod tcpmss;

pub use crate::matches::Unknown;
pub use checksum::*;
pub use connmark::*;
pub use ct::*;
pub use dnat::*;
pub use log::*;
pub use mark::*;
pub use masquerade::*;
pub use netmap::*;
pub use range::*;
pub use redirect::*;
pub use reject::*;
pub use snat::*;
pub use tcpmss::*;

use std::fmt;

use crate::family::Family;
use crate::hook::{Hook, TableName};
use crate::matches::{Opt, Taken};
use crate::packet::Skb;
use crate::rule::{IpFields, Target};
use crate::traverse::{Env, Verdict};
use crate::words::Args;

/// What a target does to a packet, beyond what it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The next rule is tried (`XT_CONTINUE`).
    Continue,
    /// The table is done.
    Verdict(Verdict),
    /// Dropped, and the sender is told.
    Reject(RejectWith),
    /// It needs something we do not model: what.
    Unmodelled(String),
}

/// What every extension target can do. `Display` prints it as `iptables -S` does, with its `-j`.
pub(crate) trait Extension: fmt::Display {
    /// How many [`Taken::Main`] options it needs.
    const NEEDS: usize = 0;
    /// The tables it may stand in; empty for all.
    const TABLES: &'static [TableName] = &[];
    /// Reads one of its options.
    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String>;
    /// What must be true of the whole rule.
    fn check(&self, ip: &IpFields) -> Result<(), String> {
        let _ = ip;
        Ok(())
    }
    /// Does it to the packet at hand.
    fn apply(&self, hook: Hook, skb: &mut Skb, env: &mut dyn Env) -> Effect;
}

/// The list of what is modelled: each variant of [`Target`] that is an extension, the names it is
/// written by, and the state before its first option.
macro_rules! targets {
    ($($variant:ident { $($name:literal => $start:expr),+ })*) => {
        impl Target {
            /// The extension target written as `-j NAME`, before its options.
            pub(crate) fn start(name: &str, family: Family) -> Option<Target> {
                match name {
                    $($($name => {
                        let start: fn(Family) -> _ = $start;
                        Some(Target::$variant(start(family)))
                    })+)*
                    _ => None,
                }
            }

            /// All extension targets that are modelled, by the names behind `-j`.
            pub fn names() -> &'static [&'static str] {
                &[$($($name),+),*]
            }

            pub(crate) fn option(
                &mut self,
                option: &Opt<'_>,
                args: &mut Args<'_, '_>,
            ) -> Result<Taken, String> {
                match self {
                    $(Target::$variant(t) => t.option(option, args),)*
                    _ => Ok(Taken::No),
                }
            }

            /// How many options of [`Taken::Main`] it needs.
            pub(crate) fn needs(&self) -> usize {
                fn of<E: Extension>(_: &E) -> usize {
                    E::NEEDS
                }
                match self {
                    $(Target::$variant(t) => of(t),)*
                    _ => 0,
                }
            }

            /// The tables it may stand in; empty for all.
            pub(crate) fn tables(&self) -> &'static [TableName] {
                fn of<E: Extension>(_: &E) -> &'static [TableName] {
                    E::TABLES
                }
                match self {
                    $(Target::$variant(t) => of(t),)*
                    _ => &[],
                }
            }

            pub(crate) fn check(&self, ip: &IpFields) -> Result<(), String> {
                match self {
                    $(Target::$variant(t) => t.check(ip),)*
                    _ => Ok(()),
                }
            }

            /// Does an extension target's work. Chains, verdicts and `RETURN` are the traversal's own.
            pub(crate) fn apply(&self, hook: Hook, skb: &mut Skb, env: &mut dyn Env) -> Effect {
                match self {
                    $(Target::$variant(t) => t.apply(hook, skb, env),)*
                    Target::Accept => Effect::Verdict(Verdict::Accept),
                    Target::Drop => Effect::Verdict(Verdict::Drop),
                    Target::Unknown(t) => Effect::Unmodelled(format!("-j {}", t.name)),
                    Target::Jump(_) | Target::Goto(_) | Target::Return => Effect::Continue,
                }
            }
        }

        impl fmt::Display for Target {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Target::Jump(chain) => write!(f, "-j {chain}"),
                    Target::Goto(chain) => write!(f, "-g {chain}"),
                    Target::Accept => f.write_str("-j ACCEPT"),
                    Target::Drop => f.write_str("-j DROP"),
                    Target::Return => f.write_str("-j RETURN"),
                    Target::Unknown(t) => {
                        write!(f, "-j {}{}", t.name, crate::words::Raw(&t.raw))
                    }
                    $(Target::$variant(t) => t.fmt(f),)*
                }
            }
        }
    };
}

targets! {
    Reject { "REJECT" => |family| Reject::start(family) }
    Mark { "MARK" => |_| SetMark { value: 0, mask: 0 } }
    Connmark { "CONNMARK" => |_| SetConnmark { op: ConnmarkOp::Set { value: 0, mask: 0 } } }
    Dnat { "DNAT" => |_| Dnat::start() }
    Snat { "SNAT" => |_| Snat::start() }
    Masquerade { "MASQUERADE" => |_| Masquerade::default() }
    Redirect { "REDIRECT" => |_| Redirect::default() }
    Netmap { "NETMAP" => |family| Netmap::start(family) }
    Log { "LOG" => |_| Log::start() }
    Ct { "CT" => |_| Ct::default(), "NOTRACK" => |_| Ct::notrack() }
    Tcpmss { "TCPMSS" => |_| Tcpmss { rest: Vec::new() } }
    Checksum { "CHECKSUM" => |_| Checksum }
}

/// Targets that every iptables knows and we do not model; without options they look like chains.
pub(crate) const UNMODELLED: [&str; 23] = [
    "AUDIT",
    "CLASSIFY",
    "CLUSTERIP",
    "CONNSECMARK",
    "DNPT",
    "DSCP",
    "ECN",
    "HL",
    "HMARK",
    "IDLETIMER",
    "LED",
    "NFLOG",
    "NFQUEUE",
    "QUEUE",
    "RATEEST",
    "SECMARK",
    "SNPT",
    "SYNPROXY",
    "TEE",
    "TOS",
    "TPROXY",
    "TRACE",
    "TTL",
];
