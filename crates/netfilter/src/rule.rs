//! A rule as the kernel keeps it: the fixed part of the IP header first, then extensions in
//! written order, then at most one target.

use std::fmt;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::family::Family;
use crate::matches::*;
use crate::packet::{DevName, Protocol, Skb};
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

/// An interface condition: a name, or a prefix written with a trailing `+`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DevPattern(pub String);

impl DevPattern {
    /// A pattern as `-i` takes it; `IFNAMSIZ` leaves 15 bytes for a name.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() || text.len() > 15 || text.contains(char::is_whitespace) {
            return Err(format!(
                "\"{text}\" is no interface name (1 to 15 bytes, no blanks)"
            ));
        }
        Ok(DevPattern(text.to_owned()))
    }

    /// Whether a device has this name or prefix. A packet without a device matches nothing but `+`.
    pub fn matches(&self, dev: Option<&str>) -> bool {
        let dev = dev.unwrap_or("");
        match self.0.strip_suffix('+') {
            Some(prefix) => dev.starts_with(prefix),
            None => dev == self.0,
        }
    }
}

/// The fixed part of a rule: what the kernel compares before any extension (`ip_packet_match`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IpFields {
    /// `-s`
    pub src: Option<Not<IpNet>>,
    /// `-d`
    pub dst: Option<Not<IpNet>>,
    /// `-i`
    pub in_dev: Option<Not<DevPattern>>,
    /// `-o`
    pub out_dev: Option<Not<DevPattern>>,
    /// `-p`
    pub protocol: Option<Not<Protocol>>,
    /// `-f` (IPv4): second and further fragments.
    pub fragment: Option<Not<()>>,
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

/// An address or a range with optional ports, as `--to-destination` and `--to-source` take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct NatRange {
    /// First and last address; `None` leaves the address alone.
    pub addrs: Option<(IpAddr, IpAddr)>,
    /// First and last port; `None` leaves the port alone where it can.
    pub ports: Option<(u16, u16)>,
}

impl NatRange {
    /// Reads `ADDR`, `ADDR-ADDR`, `ADDR:PORT`, `ADDR:PORT-PORT`, `:PORT`; IPv6 addresses
    /// with ports stand in brackets.
    pub(crate) fn parse(text: &str, option: &str) -> Result<Self, String> {
        let wrong = || format!("{option} takes ADDRESS[-ADDRESS][:PORT[-PORT]], not \"{text}\"");
        let address = |text: &str| text.parse::<IpAddr>().map_err(|_| wrong());
        // A colon behind the last bracket, or the only colon, parts addresses from ports.
        let split = match text.rfind(']') {
            Some(end) => text[end..].find(':').map(|colon| end + colon),
            None if text.matches(':').count() == 1 => text.find(':'),
            None => None,
        };
        let (addresses, ports) = match split {
            Some(colon) => (&text[..colon], Some(&text[colon + 1..])),
            None => (text, None),
        };
        let bare = addresses
            .strip_prefix('[')
            .and_then(|a| a.strip_suffix(']'));
        let addresses = bare.unwrap_or(addresses);
        let addrs = match addresses.split_once('-') {
            _ if addresses.is_empty() && ports.is_some() => None,
            Some((first, last)) => Some((address(first)?, address(last)?)),
            None => {
                let only = address(addresses)?;
                Some((only, only))
            }
        };
        if addrs.is_some_and(|(a, b)| a.is_ipv4() != b.is_ipv4() || a > b) {
            return Err(wrong());
        }
        let ports = ports
            .map(|ports| crate::words::ports(ports, '-', option))
            .transpose()?;
        Ok(NatRange { addrs, ports })
    }
}

impl fmt::Display for NatRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((first, last)) = self.addrs {
            let brackets = first.is_ipv6() && self.ports.is_some();
            f.write_str(if brackets { "[" } else { "" })?;
            write!(f, "{first}")?;
            if first != last {
                write!(f, "-{last}")?;
            }
            f.write_str(if brackets { "]" } else { "" })?;
        }
        if let Some(ports) = self.ports {
            write!(f, ":{}", crate::words::PortRange(ports, '-'))?;
        }
        Ok(())
    }
}

/// Reads an address with or without a mask, of the family at hand; host bits are kept.
pub(crate) fn parse_net(text: &str, family: Family, option: &str) -> Result<IpNet, String> {
    let wrong = || {
        format!(
            "{option} takes one address or network as {}, not \"{text}\"",
            match family {
                Family::Ipv4 => "10.42.0.0/16",
                Family::Ipv6 => "fd00::/64",
            }
        )
    };
    let (addr, mask) = match text.split_once('/') {
        Some((addr, mask)) => (addr, Some(mask)),
        None => (text, None),
    };
    let addr: IpAddr = addr.parse().map_err(|_| wrong())?;
    if Family::of(addr) != family {
        return Err(format!("{option} {text} is of the other address family"));
    }
    let prefix = match mask {
        None => family.bits(),
        Some(mask) => match mask.parse::<u8>() {
            Ok(prefix) => prefix,
            Err(_) => ipnet::ip_mask_to_prefix(mask.parse().map_err(|_| wrong())?)
                .map_err(|_| format!("{option} {text}: masks with gaps are not modelled"))?,
        },
    };
    IpNet::new(addr, prefix).map_err(|_| wrong())
}

impl IpFields {
    /// Whether the fixed part fits (`ip_packet_match` in `ip_tables.c`).
    #[inline]
    pub fn holds(&self, skb: &Skb) -> bool {
        self.src.as_ref().is_none_or(|n| n.holds(n.value.contains(&skb.packet.src)))
            && self.dst.as_ref().is_none_or(|n| n.holds(n.value.contains(&skb.packet.dst)))
            && dev_holds(&self.in_dev, &skb.in_dev)
            && dev_holds(&self.out_dev, &skb.out_dev)
            && self.protocol.as_ref().is_none_or(|n| n.holds(n.value == skb.packet.protocol()))
            // No packet here is a fragment.
            && self.fragment.as_ref().is_none_or(|n| n.holds(false))
    }

    /// The first part that does not fit, in a few words.
    pub fn why(&self, skb: &Skb) -> String {
        let packet = &skb.packet;
        for (wanted, addr, what) in [
            (&self.src, packet.src, "source"),
            (&self.dst, packet.dst, "destination"),
        ] {
            let Some(wanted) = wanted else { continue };
            let net = wanted.value;
            if !wanted.holds(net.contains(&addr)) {
                let host = net.prefix_len() == net.max_prefix_len();
                return match (host, wanted.inverted) {
                    (true, true) => format!("{what} is {}", net.addr()),
                    (true, false) => format!("{what} is not {}", net.addr()),
                    (false, true) => format!("{what} is inside {net}"),
                    (false, false) => format!("{what} is outside {net}"),
                };
            }
        }
        for (wanted, dev, what) in [
            (&self.in_dev, &skb.in_dev, "input"),
            (&self.out_dev, &skb.out_dev, "output"),
        ] {
            if !dev_holds(wanted, dev)
                && let Some(Not { inverted, value }) = wanted
            {
                return match (inverted, dev) {
                    (true, _) => format!("{what} device is {}", value.0),
                    (false, Some(dev)) => format!("{what} device is {dev}, not {}", value.0),
                    (false, None) => format!("no {what} device here"),
                };
            }
        }
        if let Some(wanted) = &self.protocol
            && !wanted.holds(wanted.value == packet.protocol())
        {
            return match wanted.inverted {
                true => format!("protocol is {}", wanted.value),
                false => format!("protocol is not {}", wanted.value),
            };
        }
        "packet is no fragment".to_owned()
    }
}

fn dev_holds(wanted: &Option<Not<DevPattern>>, dev: &Option<DevName>) -> bool {
    wanted
        .as_ref()
        .is_none_or(|n| n.holds(n.value.matches(dev.as_ref().map(DevName::as_str))))
}

impl fmt::Display for IpFields {
    /// As `iptables -S` prints it, each part with a blank behind it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bang = |inverted: bool| if inverted { "! " } else { "" };
        for (option, net) in [("-s", &self.src), ("-d", &self.dst)] {
            if let Some(net) = net {
                write!(f, "{}{option} {} ", bang(net.inverted), net.value)?;
            }
        }
        for (option, dev) in [("-i", &self.in_dev), ("-o", &self.out_dev)] {
            if let Some(dev) = dev {
                write!(f, "{}{option} {} ", bang(dev.inverted), dev.value.0)?;
            }
        }
        if let Some(protocol) = &self.protocol {
            write!(f, "{}-p {} ", bang(protocol.inverted), protocol.value)?;
        }
        if let Some(fragment) = &self.fragment {
            write!(f, "{}-f ", bang(fragment.inverted))?;
        }
        Ok(())
    }
}

impl fmt::Display for Rule {
    /// As `iptables -S` prints it behind `-A CHAIN `: the fixed part, the extensions, the target.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (conditions, target) = self.in_two();
        f.write_str(&conditions)?;
        if !conditions.is_empty() && !target.is_empty() {
            f.write_str(" ")?;
        }
        f.write_str(&target)
    }
}

impl Rule {
    /// What it asks and what it does, as `iptables -S` prints them; counters stand between.
    pub(crate) fn in_two(&self) -> (String, String) {
        let mut conditions = self.ip.to_string();
        for extension in &self.matches {
            // Writing to a string cannot fail.
            let _ = write!(conditions, "{extension} ");
        }
        // Each part brings a blank behind it; the last one needs none.
        conditions.truncate(conditions.trim_end_matches(' ').len());
        let target = self.target.as_ref().map(Target::to_string);
        (conditions, target.unwrap_or_default())
    }
}
