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
use crate::validate::address;

/// An address as `netutils.ParseIPSloppy` reads it, leading zeros and all.
pub fn ip(text: &str) -> Option<IpAddr> {
    address::sloppy(text.trim()).map(|address| address.ip)
}

/// A range of addresses as it is written, read as `netutils.ParseCIDRSloppy` does.
pub fn cidr_as_written(text: &str) -> Option<IpNet> {
    let (address, length) = address::sloppy_cidr(text.trim())?;
    IpNet::new(address.ip, length).ok()
}

/// A range of addresses with its host bits cleared.
pub fn cidr(text: &str) -> Option<IpNet> {
    cidr_as_written(text).map(|range| range.trunc())
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
