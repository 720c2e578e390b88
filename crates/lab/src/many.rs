//! Many connections from one client, counted.

use std::collections::BTreeMap;
use std::net::IpAddr;

/// What became of many connections.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// How many were made.
    pub connections: u64,
    /// Every ending by its word in the recordings; sums to `connections`.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// The backend that NAT chose and the first packet reached, whatever came back.
    pub endpoints: BTreeMap<(IpAddr, u16), u64>,
    /// Connections whose backend saw another source address than the client's.
    pub masqueraded: u64,
    /// What was not modelled, where something was.
    pub unmodelled: Option<String>,
}

