//! The `-m` extensions, one file each, and the one list that reads, tries and prints them.

mod addrtype;
mod comment;
mod connmark;
mod conntrack;
mod icmp;
mod limit;
mod mark;
mod multiport;
mod nfacct;
mod physdev;
mod recent;
mod rpfilter;
mod sctp;
mod set;
mod state;
mod statistic;
mod tcp;
mod udp;
mod unknown;

pub use addrtype::*;
pub use comment::*;
pub use connmark::*;
pub use conntrack::*;
pub use icmp::*;
pub use limit::*;
pub use mark::*;
pub use multiport::*;
pub use nfacct::*;
pub use physdev::*;
pub use recent::*;
pub use rpfilter::*;
pub use sctp::*;
pub use set::*;
pub use state::*;
pub use statistic::*;
pub use tcp::*;
pub use udp::*;
pub use unknown::*;

use std::fmt;

use crate::family::Family;
use crate::rule::{IpFields, Match, Not};
use crate::walk::Trial;
use crate::words::Args;

/// An option as it was written: its name with the dashes, and whether `!` stood before it.
pub(crate) struct Opt<'a> {
    pub(crate) name: &'a str,
    pub(crate) inverted: bool,
}

impl Opt<'_> {
    /// Wraps an option's value with the `!` that was written.
    pub(crate) fn not<T>(&self, value: T) -> Not<T> {
        Not {
            inverted: self.inverted,
            value,
        }
    }

    /// For options that cannot be inverted.
    pub(crate) fn upright(&self) -> Result<(), String> {
        if self.inverted {
            return Err(format!("{} cannot be inverted with !", self.name));
        }
        Ok(())
    }
}

/// What an extension made of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Not one of its own.
    No,
    /// One of those without which it is incomplete.
    Main,
    /// One that may be left out.
    Detail,
}

/// Whether a match holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Truth {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// It needs something we do not model: what.
    Unmodelled(String),
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Self {
        if truth { Truth::Yes } else { Truth::No }
    }
}

/// What every `-m` extension can do. `Display` prints it as `iptables -S` does, with its `-m`.
pub(crate) trait Extension: fmt::Display {
    /// How many [`Taken::Main`] options it needs.
    const NEEDS: usize;
    /// Whether asking it changes something or draws, so that it must not be asked out of turn.
    const STATEFUL: bool = false;
    /// Reads one of its options.
    fn option(&mut self, option: &Opt<'_>, args: &mut Args<'_, '_>) -> Result<Taken, String>;
    /// What must be true of its options together, and of the rule around it.
    fn check(&self, ip: &IpFields) -> Result<(), String> {
        let _ = ip;
        Ok(())
    }
    /// Whether it holds for the packet at hand.
    fn holds(&self, trial: &mut Trial<'_>) -> Truth;
    /// Why it did not hold, in a few words.
    fn why(&self, trial: &Trial<'_>) -> String;
}

/// The list of what is modelled: each variant of [`Match`], the names it is loaded by, the family
/// those belong to where not to both, and the state before its first option.
macro_rules! extensions {
    (|$at:ident| $($variant:ident { $($name:literal $(for $family:ident)?)|+ => $start:expr })*) => {
        impl Match {
            /// The extension loaded by `-m NAME`, before its options.
            pub(crate) fn start(name: &str, $at: Family) -> Option<Match> {
                match name {
                    $($($name $(if $at == Family::$family)? => Some(Match::$variant($start)),)+)*
                    _ => None,
                }
            }

            /// All names that can stand behind `-m` and are modelled.
            pub fn names() -> &'static [&'static str] {
                &[$($($name),+),*]
            }

            pub(crate) fn option(
                &mut self,
                option: &Opt<'_>,
                args: &mut Args<'_, '_>,
            ) -> Result<Taken, String> {
                match self {
                    $(Match::$variant(m) => m.option(option, args),)*
                }
            }

            /// How many options of [`Taken::Main`] it needs.
            pub(crate) fn needs(&self) -> usize {
                fn of<E: Extension>(_: &E) -> usize {
                    E::NEEDS
                }
                match self {
                    $(Match::$variant(m) => of(m),)*
                }
            }

            /// Whether asking it changes something or draws.
            pub fn is_stateful(&self) -> bool {
                fn of<E: Extension>(_: &E) -> bool {
                    E::STATEFUL
                }
                match self {
                    $(Match::$variant(m) => of(m),)*
                }
            }

            pub(crate) fn check(&self, ip: &IpFields) -> Result<(), String> {
                match self {
                    $(Match::$variant(m) => m.check(ip),)*
                }
            }

            pub(crate) fn holds(&self, trial: &mut Trial<'_>) -> Truth {
                match self {
                    $(Match::$variant(m) => m.holds(trial),)*
                }
            }

            pub(crate) fn why(&self, trial: &Trial<'_>) -> String {
                match self {
                    $(Match::$variant(m) => m.why(trial),)*
                }
            }
        }

        impl fmt::Display for Match {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Match::$variant(m) => m.fmt(f),)*
                }
            }
        }
    };
}

extensions! {
    |family|
    Comment { "comment" => Comment { text: String::new() } }
    Tcp { "tcp" => Tcp::default() }
    Udp { "udp" => Udp::default() }
    Sctp { "sctp" => Sctp::default() }
    Icmp {
        "icmp" for Ipv4 | "icmp6" for Ipv6 | "icmpv6" for Ipv6 | "ipv6-icmp" for Ipv6
            => Icmp { family, kind: None }
    }
    Multiport { "multiport" => Multiport::start() }
    Mark { "mark" => Mark { mark: Not::plain((0, 0)) } }
    Connmark { "connmark" => Connmark { mark: Not::plain((0, 0)) } }
    Conntrack { "conntrack" => Conntrack::default() }
    State { "state" => State { states: Not::plain(CtStates(0)) } }
    Addrtype { "addrtype" => Addrtype::default() }
    Statistic { "statistic" => Statistic::start() }
    Recent { "recent" => Recent::start(family) }
    Physdev { "physdev" => Physdev::default() }
    Limit { "limit" => Limit::default() }
    Nfacct { "nfacct" => Nfacct { name: String::new() } }
    Set { "set" => Set::start() }
    Rpfilter { "rpfilter" => Rpfilter::default() }
    Unknown { "" => Unknown { name: String::new(), raw: Vec::new() } }
}
