//! A rule as the kernel keeps it: the fixed part of the IP header first, then extensions in
//! written order, then at most one target.

use std::fmt;
use std::sync::Arc;

pub use crate::fixed::{DevPattern, IpFields};
use crate::matches::*;
pub use crate::targets::NatRange;
use crate::targets::{
    Checksum, Ct, Dnat, Log, Masquerade, Netmap, Redirect, Reject, SetConnmark, SetMark, Snat,
    Tcpmss,
};

/// `!` in front of a condition. Written once, so that no match needs a flag of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Not<T> {
    /// Whether `!` was written.
    pub inverted: bool,
    /// The condition.
    pub value: T,
}

impl<T> Not<T> {
    /// The condition as it is.
    pub fn plain(value: T) -> Self {
        Not {
            inverted: false,
            value,
        }
    }
    /// The condition with `!`.
    pub fn inverted(value: T) -> Self {
        Not {
            inverted: true,
            value,
        }
    }
    /// What is printed in front of the option: ` !` or nothing.
    pub(crate) fn bang(&self) -> &'static str {
        if self.inverted { " !" } else { "" }
    }
    /// Whether the condition, whose bare truth is `truth`, holds.
    pub fn holds(&self, truth: bool) -> bool {
        truth != self.inverted
    }
}

/// A chain's name: 1 to 28 bytes (`XT_EXTENSION_MAXNAMELEN` leaves 28). Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainName(Arc<str>);

impl ChainName {
    /// A name, or `None` where the kernel would refuse it.
    pub fn new(name: &str) -> Option<Self> {
        let fits = (1..=28).contains(&name.len())
            && !name.starts_with(['-', '!'])
            && !name.contains(char::is_whitespace);
        fits.then(|| ChainName(name.into()))
    }
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for ChainName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ChainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `--probability` as the kernel keeps it: round(p * 2^31), 0 to 2^31.
///
/// A draw hits when its 31-bit number is below this (`net/netfilter/xt_statistic.c`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Probability(pub u32);

impl Probability {
    /// How many numbers a draw can have: 2^31.
    pub const WHOLE: u32 = 1 << 31;

    /// The threshold for a probability of 0 to 1; `None` outside.
    pub fn from_f64(p: f64) -> Option<Self> {
        (0.0..=1.0)
            .contains(&p)
            .then(|| Probability((p * f64::from(Self::WHOLE)).round() as u32))
    }
    /// As a fraction of one.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / f64::from(Self::WHOLE)
    }
}

impl fmt::Display for Probability {
    /// Eleven digits, as every iptables listing prints it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.11}", self.as_f64())
    }
}

/// One `-m`. Each variant's struct lives in `matches/`, with its meaning, parser and printer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// `-m comment`
    Comment(Comment),
    /// `-m tcp`
    Tcp(Tcp),
    /// `-m udp`
    Udp(Udp),
    /// `-m sctp`
    Sctp(Sctp),
    /// `-m icmp` / `-m icmp6`
    Icmp(Icmp),
    /// `-m multiport`
    Multiport(Multiport),
    /// `-m mark`
    Mark(Mark),
    /// `-m connmark`
    Connmark(Connmark),
    /// `-m conntrack`
    Conntrack(Conntrack),
    /// `-m state`
    State(State),
    /// `-m addrtype`
    Addrtype(Addrtype),
    /// `-m statistic`
    Statistic(Statistic),
    /// `-m recent`
    Recent(Recent),
    /// `-m physdev`
    Physdev(Physdev),
    /// `-m limit`
    Limit(Limit),
    /// `-m nfacct`
    Nfacct(Nfacct),
    /// `-m set`
    Set(Set),
    /// `-m rpfilter`
    Rpfilter(Rpfilter),
    /// An extension we do not model; prints back verbatim, and stops a walk that needs it.
    Unknown(Unknown),
}

/// What a matching rule does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `-j CHAIN`
    Jump(ChainName),
    /// `-g CHAIN`
    Goto(ChainName),
    /// `-j ACCEPT`
    Accept,
    /// `-j DROP`
    Drop,
    /// `-j RETURN`
    Return,
    /// `-j REJECT`
    Reject(Reject),
    /// `-j MARK`
    Mark(SetMark),
    /// `-j CONNMARK`
    Connmark(SetConnmark),
    /// `-j DNAT`
    Dnat(Dnat),
    /// `-j SNAT`
    Snat(Snat),
    /// `-j MASQUERADE`
    Masquerade(Masquerade),
    /// `-j REDIRECT`
    Redirect(Redirect),
    /// `-j NETMAP`
    Netmap(Netmap),
    /// `-j LOG`
    Log(Log),
    /// `-j CT` (`-j NOTRACK`)
    Ct(Ct),
    /// `-j TCPMSS`
    Tcpmss(Tcpmss),
    /// `-j CHECKSUM`
    Checksum(Checksum),
    /// A target we do not model; prints back verbatim, and stops a walk that reaches it.
    Unknown(Unknown),
}

impl Target {
    /// Whether it rewrites addresses by way of conntrack.
    pub fn is_nat(&self) -> bool {
        matches!(
            self,
            Target::Dnat(_)
                | Target::Snat(_)
                | Target::Masquerade(_)
                | Target::Redirect(_)
                | Target::Netmap(_)
        )
    }
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rule {
    /// The fixed part.
    pub ip: IpFields,
    /// Extensions, in written order.
    pub matches: Vec<Match>,
    /// What happens on a match; `None` only counts.
    pub target: Option<Target>,
    /// Packets and bytes counted so far, where the text said (`[1:60]`).
    pub counters: (u64, u64),
}
