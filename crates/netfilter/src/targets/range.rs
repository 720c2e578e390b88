//! What a NAT target rewrites to: an address or a range, with ports or without.

use std::fmt;
use std::net::IpAddr;

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
