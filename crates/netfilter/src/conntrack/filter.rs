//! The filters of `conntrack -D` and `conntrack -L` (conntrack(8)), over what this model keeps.

use std::net::IpAddr;

use super::table::Connection;
use crate::packet::Protocol;

/// Which entries are meant. What is not said matches all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    /// `-p`
    pub protocol: Option<Protocol>,
    /// `-s`, `--orig-src`
    pub orig_src: Option<IpAddr>,
    /// `-d`, `--orig-dst`
    pub orig_dst: Option<IpAddr>,
    /// `-r`, `--reply-src`
    pub reply_src: Option<IpAddr>,
    /// `-q`, `--reply-dst`
    pub reply_dst: Option<IpAddr>,
    /// `-n`, `--src-nat`: the source is rewritten to this address.
    pub src_nat: Option<IpAddr>,
    /// `-g`, `--dst-nat`: the destination is rewritten to this address.
    pub dst_nat: Option<IpAddr>,
    /// `--sport`, `--orig-port-src`
    pub orig_sport: Option<u16>,
    /// `--dport`, `--orig-port-dst`
    pub orig_dport: Option<u16>,
    /// `--reply-port-src`
    pub reply_sport: Option<u16>,
    /// `--reply-port-dst`
    pub reply_dport: Option<u16>,
    /// `-m`, `--mark`
    pub mark: Option<u32>,
}

impl Filter {
    /// Reads the options that may follow `conntrack -D`.
    pub fn parse<S: AsRef<str>>(args: &[S]) -> Result<Filter, String> {
        let mut filter = Filter::default();
        let mut args = args.iter().map(AsRef::as_ref);
        while let Some(arg) = args.next() {
            let (option, attached) = match arg.split_once('=') {
                Some((option, value)) if option.starts_with("--") => (option, Some(value)),
                _ => (arg, None),
            };
            let value = attached
                .or_else(|| args.next())
                .ok_or_else(|| format!("option {option} needs a value"))?;
            let addr = || {
                value
                    .parse::<IpAddr>()
                    .map_err(|_| format!("{value} is no address"))
            };
            let port = || {
                value
                    .parse::<u16>()
                    .map_err(|_| format!("{value} is no port"))
            };
            match option {
                "-p" | "--proto" => {
                    filter.protocol = Some(match value {
                        "tcp" => Protocol::Tcp,
                        "udp" => Protocol::Udp,
                        "sctp" => Protocol::Sctp,
                        "icmp" => Protocol::Icmp,
                        "icmpv6" => Protocol::Icmpv6,
                        other => Protocol::from_number(
                            other
                                .parse()
                                .map_err(|_| format!("{other} is no protocol"))?,
                        ),
                    });
                }
                "-f" | "--family" if matches!(value, "ipv4" | "ipv6") => {}
                "-s" | "--src" | "--orig-src" => filter.orig_src = Some(addr()?),
                "-d" | "--dst" | "--orig-dst" => filter.orig_dst = Some(addr()?),
                "-r" | "--reply-src" => filter.reply_src = Some(addr()?),
                "-q" | "--reply-dst" => filter.reply_dst = Some(addr()?),
                "-n" | "--src-nat" => filter.src_nat = Some(addr()?),
                "-g" | "--dst-nat" => filter.dst_nat = Some(addr()?),
                "--sport" | "--orig-port-src" => filter.orig_sport = Some(port()?),
                "--dport" | "--orig-port-dst" => filter.orig_dport = Some(port()?),
                "--reply-port-src" => filter.reply_sport = Some(port()?),
                "--reply-port-dst" => filter.reply_dport = Some(port()?),
                "-m" | "--mark" => {
                    filter.mark = Some(value.parse().map_err(|_| format!("{value} is no mark"))?);
                }
                other => return Err(format!("option {other} is not modelled")),
            }
        }
        Ok(filter)
    }

    /// Whether an entry is meant.
    pub fn matches(&self, conn: &Connection) -> bool {
        fn is<T: PartialEq>(wanted: Option<T>, value: T) -> bool {
            wanted.is_none_or(|wanted| wanted == value)
        }
        let (original, reply) = (&conn.original, &conn.reply);
        is(self.protocol, original.protocol)
            && is(self.orig_src, original.src)
            && is(self.orig_dst, original.dst)
            && is(self.reply_src, reply.src)
            && is(self.reply_dst, reply.dst)
            && is(self.orig_sport, original.sport)
            && is(self.orig_dport, original.dport)
            && is(self.reply_sport, reply.sport)
            && is(self.reply_dport, reply.dport)
            && is(self.mark, conn.mark)
            && self
                .dst_nat
                .is_none_or(|to| conn.status.dst_nat && reply.src == to)
            && self
                .src_nat
                .is_none_or(|to| conn.status.src_nat && reply.dst == to)
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
        assert_eq!(filter.orig_dst, "10.43.0.10".parse().ok());
        assert_eq!(filter.dst_nat, "10.42.1.16".parse().ok());
        assert!(Filter::parse(&["--zone", "1"]).is_err());
        assert!(Filter::parse(&["-p"]).is_err());
    }
}
