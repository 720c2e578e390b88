//! Other addresses for those of a cluster, each within the same subnets as before and in the same order.
//!
//! Bits are turned over where every address of the cluster has the same bit behind the same prefix: what
//! lies in one network lies in one network afterwards, and none overtakes another. The parts stay by which
//! the kind of an address is known (RFC 1918, RFC 4193) and a distribution's ranges are, and so does the host.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Which address stands for which.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Addresses {
    all: BTreeMap<IpAddr, IpAddr>,
}

impl Addresses {
    /// Others for these, each with the length of its prefix where it has one.
    pub(super) fn of(found: &BTreeSet<(IpAddr, Option<u8>)>) -> Addresses {
        let mut all = BTreeMap::new();
        for v4 in [true, false] {
            let own: BTreeSet<u128> = found
                .iter()
                .filter(|(ip, _)| ip.is_ipv4() == v4 && !is_everyones(*ip))
                .map(|(ip, _)| bits(*ip))
                .collect();
            for &(ip, prefix) in found {
                if ip.is_ipv4() != v4 || is_everyones(ip) {
                    continue;
                }
                let turned = turned(bits(ip), ip, prefix.unwrap_or(128), &own);
                // What would become another kind of address stays.
                if kind(turned) == kind(ip) && !is_everyones(turned) {
                    all.entry(ip).or_insert(turned);
                }
            }
        }
        // Two that would become one stay two.
        let different: BTreeSet<&IpAddr> = all.values().collect();
        if different.len() < all.len() {
            all.clear();
        }
        Addresses { all }
    }

    /// The one for this.
    pub(super) fn instead(&self, ip: IpAddr) -> String {
        self.all.get(&ip).copied().unwrap_or(ip).to_string()
    }
}

/// The bits that may be turned over: behind what tells the kind, before the host.
fn free(ip: IpAddr) -> std::ops::Range<u32> {
    match ip {
        IpAddr::V4(_) => 16..24,
        IpAddr::V6(_) => 16..64,
    }
}

fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()) << 96,
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

fn turned(own: u128, ip: IpAddr, prefix: u8, all: &BTreeSet<u128>) -> IpAddr {
    let mut out = own;
    for bit in free(ip) {
        if bit >= u32::from(prefix) {
            break;
        }
        // Those that begin as this one does, up to this bit.
        let size = 1u128 << (127 - bit);
        let first = own & !(size * 2 - 1);
        let mut ones = all.range(first + size..=first + (size * 2 - 1));
        let mut zeros = all.range(first..first + size);
        let alone = ones.next().is_none() || zeros.next().is_none();
        if alone && coin(first, bit) {
            out ^= size;
        }
    }
    match ip {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from_bits((out >> 96) as u32)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(out)),
    }
}

/// Whether a bit is turned over: any fixed choice does, since nothing secret is left to keep.
fn coin(prefix: u128, bit: u32) -> bool {
    let seed = (prefix >> 64) as u64 ^ u64::from(bit).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // The finalizer of MurmurHash3.
    let mixed = (seed ^ (seed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    (mixed >> 40) & 1 == 1
}

/// What kind of network an address belongs to.
fn kind(ip: IpAddr) -> u8 {
    match ip {
        IpAddr::V4(ip) if ip.is_private() => 1,
        // RFC 6598
        IpAddr::V4(ip) if ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64 => 2,
        IpAddr::V4(_) => 3,
        // RFC 4193
        IpAddr::V6(ip) if ip.octets()[0] & 0xfe == 0xfc => 4,
        IpAddr::V6(_) => 5,
    }
}

/// Whether an address is the same in every cluster and tells nothing.
pub(super) fn is_everyones(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_link_local()
                || ip.is_multicast()
                || ip.is_broadcast()
                || ip.is_documentation()
        }
        IpAddr::V6(ip) => {
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_multicast()
                // RFC 4291, section 2.5.6
                || ip.octets()[0] == 0xfe
        }
    }
}
