//! The rules for addresses and ranges: k8s.io/apimachinery/pkg/util/validation/ip.go, as of 1.36.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::place::{At, Faults};
use super::release::Release;

const HELP: &str = "Write an address such as 10.9.8.7 or 2001:db8::ffff.";
const HELP_CIDR: &str = "Write a range such as 10.9.8.0/24 or 2001:db8::/64.";

/// An address as `ParseIPSloppy` reads it: IPv4 numbers may have leading zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sloppy {
    /// The address; an IPv4 one in IPv6 clothes is IPv4 to Go.
    pub ip: IpAddr,
    zeros: Spelling,
    mapped: Spelling,
}

/// Whether a text is spelled as strict validation wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Plain,
    Odd,
}

/// `netutils.ParseIPSloppy`
pub(crate) fn sloppy(text: &str) -> Option<Sloppy> {
    if let Some((ip, zeros)) = sloppy_v4(text) {
        let zeros = if zeros {
            Spelling::Odd
        } else {
            Spelling::Plain
        };
        return Some(Sloppy {
            ip: IpAddr::V4(ip),
            zeros,
            mapped: Spelling::Plain,
        });
    }
    let ip: Ipv6Addr = text.parse().ok()?;
    let (ip, mapped) = match ip.to_ipv4_mapped() {
        Some(v4) => (IpAddr::V4(v4), Spelling::Odd),
        None => (IpAddr::V6(ip), Spelling::Plain),
    };
    Some(Sloppy {
        ip,
        zeros: Spelling::Plain,
        mapped,
    })
}

fn sloppy_v4(text: &str) -> Option<(Ipv4Addr, bool)> {
    let mut octets = [0u8; 4];
    let mut zeros = false;
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        zeros |= part.len() > 1 && part.starts_with('0');
        let digits = part.trim_start_matches('0');
        *octet = if digits.is_empty() {
            0
        } else {
            digits.parse().ok()?
        };
    }
    parts
        .next()
        .is_none()
        .then_some((Ipv4Addr::from(octets), zeros))
}

/// `IsValidIPForLegacyField`, strict. Gives the address when all is well.
pub(super) fn ip(faults: &mut Faults, at: &At<'_>, text: &str) -> Option<IpAddr> {
    let Some(address) = sloppy(text) else {
        faults.invalid(at, "is no IP address", HELP);
        return None;
    };
    if address.zeros == Spelling::Odd {
        let help = "Remove the leading zeros: some programs take them for octal.";
        faults.lately(at, "has leading zeros", help);
    } else if address.mapped == Spelling::Odd {
        faults.lately(at, "is an IPv4 address written as an IPv6 one", HELP);
    } else {
        return Some(address.ip);
    }
    // An older server goes on with what it reads.
    (faults.release() == Release::V1_30).then_some(address.ip)
}

/// `ValidateEndpointIP`: addresses that can never be reached as meant.
pub(super) fn not_special(faults: &mut Faults, at: &At<'_>, ip: IpAddr) {
    const HELP: &str = "Use an address that other hosts can reach.";
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local(),
    };
    let multicast = match ip {
        IpAddr::V4(ip) => ip.octets()[..3] == [224, 0, 0],
        // The scope is the low half of the second octet: 2 is link-local.
        IpAddr::V6(ip) => ip.segments()[0] & 0xff0f == 0xff02,
    };
    if ip.is_unspecified() {
        faults.invalid(at, "is the unspecified address", HELP);
    }
    if ip.is_loopback() {
        faults.invalid(at, "is a loopback address", HELP);
    }
    if link_local {
        faults.invalid(at, "is a link-local address", HELP);
    }
    if multicast {
        faults.invalid(at, "is a link-local multicast address", HELP);
    }
}

/// `IsValidCIDRForLegacyField`, strict. Gives the address when it is a range at all.
pub(super) fn cidr(faults: &mut Faults, at: &At<'_>, text: &str) {
    let Some((address, length)) = sloppy_cidr(text) else {
        faults.invalid(at, "is no range of addresses", HELP_CIDR);
        return;
    };
    let prefix = text.split_once('/').map_or("", |(_, prefix)| prefix);
    if address.zeros == Spelling::Odd {
        faults.lately(at, "has leading zeros", "Remove the leading zeros.");
    } else if prefix.len() > 1 && prefix.starts_with('0') {
        let help = "Remove the leading zeros.";
        faults.lately(at, "has leading zeros in its length", help);
    } else if address.mapped == Spelling::Odd {
        faults.lately(at, "is an IPv4 range written as an IPv6 one", HELP_CIDR);
    } else if let Ok(range) = ipnet::IpNet::new(address.ip, length)
        && range.network() != address.ip
    {
        let help = format!(
            "Write `{}`, or the full length for a single address.",
            range.trunc()
        );
        faults.lately(at, "has bits set behind its length", help);
    }
}

/// `netutils.ParseCIDRSloppy`
pub(crate) fn sloppy_cidr(text: &str) -> Option<(Sloppy, u8)> {
    let (ip, length) = text.split_once('/')?;
    let address = sloppy(ip)?;
    if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits = length.trim_start_matches('0');
    let length: u8 = if digits.is_empty() {
        0
    } else {
        digits.parse().ok()?
    };
    let max = if address.ip.is_ipv4() && address.mapped == Spelling::Plain {
        32
    } else {
        128
    };
    if length > max {
        return None;
    }
    // Go masks a mapped range as IPv6; its last 32 bits are the IPv4 part.
    let length = if address.mapped == Spelling::Odd {
        length.saturating_sub(96)
    } else {
        length
    };
    Some((address, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sloppy_addresses() {
        for (text, ip) in [
            ("10.9.8.7", Some("10.9.8.7")),
            ("010.9.8.007", Some("10.9.8.7")),
            ("::ffff:10.9.8.7", Some("10.9.8.7")),
            ("fd00::1", Some("fd00::1")),
            ("10.9.8", None),
            ("10.9.8.256", None),
            ("web", None),
            ("", None),
            ("10.9.8.7/24", None),
        ] {
            let expected = ip.map(|ip| ip.parse().expect("an address"));
            assert_eq!(sloppy(text).map(|sloppy| sloppy.ip), expected, "{text}");
        }
    }
}
