//! Which of a namespace's addresses a packet gets for its source, where nobody said: the kernel's
//! choice for a process, for an answer of its own, and for MASQUERADE.

use std::cmp::Reverse;
use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;
use netfilter::Family;

use crate::space::{DevId, Namespace};

/// The source for a packet to `dst` that leaves by `dev` through `next_hop`.
pub(crate) fn select(
    space: &Namespace,
    dev: DevId,
    next_hop: IpAddr,
    dst: IpAddr,
) -> Option<IpAddr> {
    match dst {
        IpAddr::V4(_) => select4(space, dev, next_hop),
        IpAddr::V6(dst) => select6(space, dev, dst).map(IpAddr::V6),
    }
}

/// `inet_select_addr`: the device's address nearest to the next hop, else its first, else that of
/// another device. Loopback addresses have the scope of the host and are never chosen, so what
/// leaves by `lo` is masqueraded to the first device's.
fn select4(space: &Namespace, dev: DevId, next_hop: IpAddr) -> Option<IpAddr> {
    let own = &space.devs[dev].addrs;
    let nearest = own
        .iter()
        .filter(|addr| addr.addr().is_ipv4() && !addr.addr().is_loopback())
        .find(|addr| addr.contains(&next_hop));
    if let Some(addr) = nearest {
        return Some(addr.addr());
    }
    first_of(own, Family::Ipv4).or_else(|| {
        let others = space.devs.iter().skip(1);
        others
            .map(|other| first_of(&other.addrs, Family::Ipv4))
            .find_map(|addr| addr)
    })
}

/// The first address of a family that other hosts may see.
pub(crate) fn first_of(addrs: &[IpNet], family: Family) -> Option<IpAddr> {
    addrs
        .iter()
        .map(IpNet::addr)
        .find(|&addr| Family::of(addr) == family && !addr.is_loopback())
}

/// `ipv6_dev_get_saddr`: every address of the namespace is weighed by the rules of RFC 6724, section
/// 5, as far as they can tell addresses of a cluster apart: the destination itself (1), an address
/// that reaches as far as the destination (2), one of the device it leaves by (5), one with the
/// destination's label (6), the longest common prefix (8). The next hop has no say.
fn select6(space: &Namespace, dev: DevId, dst: Ipv6Addr) -> Option<Ipv6Addr> {
    let mut best = None;
    for (id, device) in space.devs.iter().enumerate() {
        // `ipv6_link_dev_addr` puts an address before those that were there.
        for net in device.addrs.iter().rev() {
            let IpNet::V6(net) = net else { continue };
            let addr = net.addr();
            let common = u32::from(net.prefix_len())
                .min((u128::from(addr) ^ u128::from(dst)).leading_zeros());
            let weight = (
                addr == dst,
                reach(addr, dst),
                id == dev,
                label(addr) == label(dst),
                common,
            );
            if best.is_none_or(|(found, _)| weight > found) {
                best = Some((weight, addr));
            }
        }
    }
    best.map(|(_, addr)| addr)
}

/// Rule 2: of addresses that reach far enough the nearest, of others the farthest.
fn reach(addr: Ipv6Addr, dst: Ipv6Addr) -> (bool, Reverse<u8>, u8) {
    let (mine, wanted) = (scope(addr), scope(dst));
    match mine >= wanted {
        true => (true, Reverse(mine), 0),
        false => (false, Reverse(0), mine),
    }
}

/// `__ipv6_addr_src_scope`: of unicast addresses, loopback and link-local ones reach their link.
fn scope(addr: Ipv6Addr) -> u8 {
    const LINK_LOCAL: u8 = 0x2;
    const GLOBAL: u8 = 0xe;
    match addr.is_loopback() || addr.is_unicast_link_local() {
        true => LINK_LOCAL,
        false => GLOBAL,
    }
}

/// The default policy table's labels (RFC 6724, 2.1) for prefixes that clusters use.
fn label(addr: Ipv6Addr) -> u8 {
    match addr.segments() {
        _ if addr.is_loopback() => 0,
        // Unique local addresses, 6to4 and Teredo.
        [0xfc00..=0xfdff, ..] => 13,
        [0x2002, ..] => 2,
        [0x2001, 0, ..] => 5,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::{DevKind, Forwarding, Sysctls};
    use crate::topology::Ns;

    fn node() -> Namespace {
        let sysctls = Sysctls::untouched(Forwarding::On);
        let mut node = Namespace::new(Ns::Node("node1".into()), sysctls);
        let uplink = node.add_dev("eth0", DevKind::Uplink);
        let bridge = node.add_dev("cni0", DevKind::Bridge);
        for (dev, addr) in [
            (uplink, "192.168.1.11/24"),
            (uplink, "fd00:192:168:1::11/64"),
            (bridge, "10.42.1.1/24"),
            (bridge, "fd00:10:42:1::1/64"),
        ] {
            node.add_addr(dev, addr.parse().unwrap());
        }
        node.add_dev("veth0", DevKind::Veth { pod: 0 });
        node
    }

    #[track_caller]
    fn check(dev: DevId, next_hop: &str, dst: &str, expected: &str) {
        let (next_hop, dst) = (next_hop.parse().unwrap(), dst.parse().unwrap());
        let found = select(&node(), dev, next_hop, dst);
        assert_eq!(found, Some(expected.parse().unwrap()), "to {dst} by {dev}");
    }

    #[test]
    fn a_source_is_nearest_to_the_next_hop_in_ipv4() {
        check(1, "192.168.1.12", "10.42.2.7", "192.168.1.11");
        check(2, "10.42.1.7", "10.42.1.7", "10.42.1.1");
        check(3, "10.42.1.7", "10.42.1.7", "192.168.1.11");
    }

    #[test]
    fn a_source_is_weighed_against_the_destination_in_ipv6() {
        let via = "fd00:192:168:1::12";
        check(1, via, "fd00:10:42:2::7", "fd00:192:168:1::11");
        check(2, via, "fd00:192:168:1::99", "fd00:10:42:1::1");
        // A device without an address leaves it to the common prefix.
        check(3, via, "fd00:10:42:1::7", "fd00:10:42:1::1");
        check(3, via, "fd00:192:168:7::7", "fd00:192:168:1::11");
        check(1, via, "fd00:10:42:1::1", "fd00:10:42:1::1");
        check(0, via, "2001:db8::1", "fd00:192:168:1::11");
    }
}
