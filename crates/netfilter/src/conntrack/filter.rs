//! Which entries `conntrack -L` and `conntrack -D` mean (conntrack(8)), over what this model keeps.
//! Reading the command line is `tool`'s.

use std::net::IpAddr;

use ipnet::IpNet;

use super::table::{Connection, L4State};
use super::tool::{self, ToolError};
use crate::family::Family;
use crate::packet::Protocol;

/// Which entries are meant. What is not said matches all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// `-f`, or what an address said.
    pub family: Option<Family>,
    /// `-p`
    pub protocol: Option<Protocol>,
    /// `-s`, `--orig-src`
    pub orig_src: Option<IpNet>,
    /// `-d`, `--orig-dst`
    pub orig_dst: Option<IpNet>,
    /// `-r`, `--reply-src`
    pub reply_src: Option<IpNet>,
    /// `-q`, `--reply-dst`
    pub reply_dst: Option<IpNet>,
    /// `-n`, `--src-nat`: the source is rewritten.
    pub src_nat: Option<Rewritten>,
    /// `-g`, `--dst-nat`: the destination is rewritten.
    pub dst_nat: Option<Rewritten>,
    /// `-j`, `--any-nat`: either is.
    pub any_nat: Option<Rewritten>,
    /// `--sport`, `--orig-port-src`
    pub orig_sport: Option<u16>,
    /// `--dport`, `--orig-port-dst`
    pub orig_dport: Option<u16>,
    /// `--reply-port-src`
    pub reply_sport: Option<u16>,
    /// `--reply-port-dst`
    pub reply_dport: Option<u16>,
    /// `--icmp-type`
    pub icmp_type: Option<u8>,
    /// `--icmp-code`
    pub icmp_code: Option<u8>,
    /// `--icmp-id`
    pub icmp_id: Option<u16>,
    /// `-m`, `--mark`: value and mask.
    pub mark: Option<(u32, u32)>,
    /// `--state`
    pub state: Option<&'static str>,
    /// `-u`: each must hold.
    pub status: Vec<StatusWord>,
    /// `-w` and its like name another zone than the one there is, so that nothing is meant.
    pub elsewhere: bool,
}

/// What an address was rewritten to, where that was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rewritten {
    /// To this address.
    pub addr: Option<IpAddr>,
    /// And this port.
    pub port: Option<u16>,
}

/// A word of `-u`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusWord {
    /// `ASSURED`
    Assured,
    /// `SEEN_REPLY`
    SeenReply,
    /// `UNREPLIED`
    Unreplied,
}

impl Filter {
    /// Reads the options that may follow `conntrack -D` or `-L`.
    ///
    /// # Errors
    /// What the tool would say, or what is not modelled.
    pub fn parse<S: AsRef<str>>(args: &[S]) -> Result<Filter, ToolError> {
        tool::options(args).map(|options| options.filter)
    }

    /// Whether an entry is meant.
    pub fn matches(&self, conn: &Connection) -> bool {
        fn is<T: PartialEq>(wanted: Option<T>, value: T) -> bool {
            wanted.is_none_or(|wanted| wanted == value)
        }
        fn within(wanted: Option<IpNet>, value: IpAddr) -> bool {
            wanted.is_none_or(|wanted| wanted.contains(&value))
        }
        let (original, reply) = (&conn.original, &conn.reply);
        let family = match original.src {
            IpAddr::V4(_) => Family::Ipv4,
            IpAddr::V6(_) => Family::Ipv6,
        };
        let (icmp_type, icmp_code) = original.icmp_type_code();
        !self.elsewhere
            && is(self.family, family)
            && is(self.protocol, original.protocol)
            && within(self.orig_src, original.src)
            && within(self.orig_dst, original.dst)
            && within(self.reply_src, reply.src)
            && within(self.reply_dst, reply.dst)
            && is(self.orig_sport, original.sport)
            && is(self.orig_dport, original.dport)
            && is(self.reply_sport, reply.sport)
            && is(self.reply_dport, reply.dport)
            && is(self.icmp_type, icmp_type)
            && is(self.icmp_code, icmp_code)
            && is(self.icmp_id, original.sport)
            && self
                .mark
                .is_none_or(|(value, mask)| conn.mark & mask == value)
            && self
                .state
                .is_none_or(|state| conn.protocol_state() == Some(state))
            && self.status.iter().all(|word| match word {
                StatusWord::Assured => conn.status.assured,
                StatusWord::SeenReply => conn.status.seen_reply,
                StatusWord::Unreplied => !conn.status.seen_reply,
            })
            && self.src_nat.is_none_or(|to| to.source_of(conn))
            && self.dst_nat.is_none_or(|to| to.destination_of(conn))
            && self
                .any_nat
                .is_none_or(|to| to.source_of(conn) || to.destination_of(conn))
    }
}

impl Rewritten {
    fn source_of(self, conn: &Connection) -> bool {
        let (old, new) = (conn.original, conn.reply);
        let rewritten = conn.status.src_nat;
        self.fits(rewritten, (old.src, old.sport), (new.dst, new.dport), conn)
    }

    fn destination_of(self, conn: &Connection) -> bool {
        let (old, new) = (conn.original, conn.reply);
        let rewritten = conn.status.dst_nat;
        self.fits(rewritten, (old.dst, old.dport), (new.src, new.sport), conn)
    }

    /// libnetfilter_conntrack's `NFCT_GOPT_IS_SNAT`, `_IS_SPAT` and their like: an address that was
    /// given is only asked for where the address itself has changed, a port where the port has.
    fn fits(
        self,
        rewritten: bool,
        (old_addr, old_port): (IpAddr, u16),
        (addr, port): (IpAddr, u16),
        conn: &Connection,
    ) -> bool {
        let ports = !matches!(conn.l4, L4State::Icmp | L4State::Generic);
        let moved = addr != old_addr;
        let renumbered = ports && port != old_port;
        rewritten
            && match self.addr {
                None => moved || renumbered,
                Some(to) => moved && addr == to,
            }
            && self.port.is_none_or(|to| renumbered && port == to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_kube_proxy_once_ran() {
        let args = "-p udp --orig-dst 10.43.0.10 --dst-nat=10.42.1.16";
        let args: Vec<&str> = args.split(' ').collect();
        let filter = Filter::parse(&args).unwrap();
        assert_eq!(filter.protocol, Some(Protocol::Udp));
        assert_eq!(filter.orig_dst, "10.43.0.10/32".parse().ok());
        assert_eq!(
            filter.dst_nat.and_then(|to| to.addr),
            "10.42.1.16".parse().ok()
        );
        assert_eq!(filter.family, Some(Family::Ipv4));
    }
}
