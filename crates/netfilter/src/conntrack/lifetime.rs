//! How long entries live without a packet: the kernel's defaults, and the sysctls that change them.

use std::collections::BTreeMap;

use super::sctp::SctpState;
use super::tcp::TcpState;

/// What an entry's time depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lifetime {
    /// TCP, by its state.
    Tcp(TcpState),
    /// TCP that was picked up midway and has had no answer yet.
    TcpUnacknowledged,
    /// UDP.
    Udp,
    /// UDP that has gone both ways for more than two seconds.
    UdpStream,
    /// SCTP, by its state.
    Sctp(SctpState),
    /// A ping.
    Icmp,
    /// A ping over IPv6.
    Icmpv6,
    /// Any other protocol.
    Generic,
}

/// Defaults in seconds, with the rest of the sysctl's name behind `net.netfilter.nf_conntrack_`
/// (Documentation/networking/nf_conntrack-sysctl.rst; the `*_timeouts` of `nf_conntrack_proto_*.c`).
/// A state without a sysctl of its own cannot be changed.
const DEFAULTS: &[(Lifetime, &str, u64)] = &[
    (
        Lifetime::Tcp(TcpState::SynSent),
        "tcp_timeout_syn_sent",
        120,
    ),
    (Lifetime::Tcp(TcpState::SynRecv), "tcp_timeout_syn_recv", 60),
    (
        Lifetime::Tcp(TcpState::Established),
        "tcp_timeout_established",
        432_000,
    ),
    (
        Lifetime::Tcp(TcpState::FinWait),
        "tcp_timeout_fin_wait",
        120,
    ),
    (
        Lifetime::Tcp(TcpState::CloseWait),
        "tcp_timeout_close_wait",
        60,
    ),
    (Lifetime::Tcp(TcpState::LastAck), "tcp_timeout_last_ack", 30),
    (
        Lifetime::Tcp(TcpState::TimeWait),
        "tcp_timeout_time_wait",
        120,
    ),
    (Lifetime::Tcp(TcpState::Close), "tcp_timeout_close", 10),
    (Lifetime::Tcp(TcpState::None), "", 120),
    (Lifetime::Tcp(TcpState::SynSent2), "", 120),
    (
        Lifetime::TcpUnacknowledged,
        "tcp_timeout_unacknowledged",
        300,
    ),
    (Lifetime::Udp, "udp_timeout", 30),
    (Lifetime::UdpStream, "udp_timeout_stream", 120),
    (Lifetime::Sctp(SctpState::None), "", 10),
    (Lifetime::Sctp(SctpState::Closed), "sctp_timeout_closed", 10),
    (
        Lifetime::Sctp(SctpState::CookieWait),
        "sctp_timeout_cookie_wait",
        3,
    ),
    (
        Lifetime::Sctp(SctpState::CookieEchoed),
        "sctp_timeout_cookie_echoed",
        3,
    ),
    (
        Lifetime::Sctp(SctpState::Established),
        "sctp_timeout_established",
        210,
    ),
    (Lifetime::Icmp, "icmp_timeout", 30),
    (Lifetime::Icmpv6, "icmpv6_timeout", 30),
    (Lifetime::Generic, "generic_timeout", 600),
];

/// The first part of each sysctl's name.
const PREFIX: &str = "net.netfilter.nf_conntrack_";

/// Seconds by what they depend on; empty where all is as the kernel has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lifetimes {
    changed: Vec<(Lifetime, u64)>,
}

impl Lifetimes {
    /// Takes what is said of them among sysctls. What is no number is passed over.
    pub fn from_sysctls(values: &BTreeMap<String, String>) -> Lifetimes {
        let stated = DEFAULTS.iter().filter_map(|&(of, name, default)| {
            let value = values.get(&format!("{PREFIX}{name}"))?;
            let seconds = value.trim().parse().ok()?;
            (seconds != default).then_some((of, seconds))
        });
        Lifetimes {
            changed: stated.collect(),
        }
    }

    /// Seconds that an entry lives on after a packet.
    pub fn of(&self, lifetime: Lifetime) -> u64 {
        let find = |mut all: std::slice::Iter<'_, (Lifetime, u64)>| {
            all.find(|(of, _)| *of == lifetime).map(|(_, s)| *s)
        };
        find(self.changed.iter()).unwrap_or_else(|| default(lifetime))
    }
}

fn default(lifetime: Lifetime) -> u64 {
    let found = DEFAULTS.iter().find(|(of, ..)| *of == lifetime);
    found
        .map(|(.., seconds)| *seconds)
        .expect("every lifetime has a line above")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sysctl_changes_its_own_time_alone() {
        let values = [(
            "net.netfilter.nf_conntrack_tcp_timeout_established",
            "86400",
        )];
        let values = values.map(|(k, v)| (k.to_owned(), v.to_owned()));
        let lives = Lifetimes::from_sysctls(&BTreeMap::from(values));
        assert_eq!(lives.of(Lifetime::Tcp(TcpState::Established)), 86_400);
        assert_eq!(lives.of(Lifetime::Tcp(TcpState::CloseWait)), 60);
        assert_eq!(lives.of(Lifetime::Udp), 30);
    }

    #[test]
    fn every_state_has_a_time() {
        use SctpState as S;
        use TcpState as T;
        let tcp = [
            T::None,
            T::SynSent,
            T::SynRecv,
            T::Established,
            T::FinWait,
            T::CloseWait,
            T::LastAck,
            T::TimeWait,
            T::Close,
            T::SynSent2,
        ];
        let sctp = [
            S::None,
            S::Closed,
            S::CookieWait,
            S::CookieEchoed,
            S::Established,
        ];
        let lives = Lifetimes::default();
        assert!(tcp.iter().all(|&state| lives.of(Lifetime::Tcp(state)) > 0));
        assert!(
            sctp.iter()
                .all(|&state| lives.of(Lifetime::Sctp(state)) > 0)
        );
    }
}
