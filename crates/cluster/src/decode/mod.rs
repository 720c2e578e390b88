//! Documents in, objects as written out.
//!
//! Each kind has a file that reads what its object says and fills in the defaults that need no cluster.
//! What needs one (addresses, ports, pods) is decided in [`crate::control`].

pub mod fault;
pub mod kinds;
pub mod meta;
pub mod network;
pub mod node;
pub mod pod;
pub mod proxy;
pub mod service;
pub mod slice;
pub mod view;
pub mod workload;

use std::net::IpAddr;

use ipnet::IpNet;

use crate::state::IpFamily;

/// A range of addresses with its host bits cleared, as Go's `net.ParseCIDR` gives it.
pub fn cidr(text: &str) -> Option<IpNet> {
    text.trim().parse::<IpNet>().ok().map(|range| range.trunc())
}

/// Adds a range unless there is one of its family.
pub fn push_per_family(ranges: &mut Vec<IpNet>, range: IpNet) {
    if of_family(ranges, IpFamily::of(range.addr())).is_none() {
        ranges.push(range);
    }
}

/// The range of a family.
pub fn of_family(ranges: &[IpNet], family: IpFamily) -> Option<IpNet> {
    ranges
        .iter()
        .find(|range| IpFamily::of(range.addr()) == family)
        .copied()
}

/// The address of a family.
pub fn ip_of_family(ips: &[IpAddr], family: IpFamily) -> Option<IpAddr> {
    ips.iter().find(|ip| IpFamily::of(**ip) == family).copied()
}
