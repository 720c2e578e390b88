//! The fixed part of a rule: addresses, devices, protocol. The kernel compares it before any
//! extension.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::family::Family;
use crate::packet::{DevName, Protocol, Skb};
use crate::rule::Not;

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
    /// As `iptables -S` prints it, each part with a blank in front.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (option, net) in [("-s", &self.src), ("-d", &self.dst)] {
            if let Some(net) = net {
                write!(f, "{} {option} {}", net.bang(), net.value)?;
            }
        }
        for (option, dev) in [("-i", &self.in_dev), ("-o", &self.out_dev)] {
            if let Some(dev) = dev {
                write!(f, "{} {option} {}", dev.bang(), dev.value.0)?;
            }
        }
        if let Some(protocol) = &self.protocol {
            write!(f, "{} -p {}", protocol.bang(), protocol.value)?;
        }
        if let Some(fragment) = &self.fragment {
            write!(f, "{} -f", fragment.bang())?;
        }
        Ok(())
    }
}
