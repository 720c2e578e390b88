//! `-m udp`: ports of UDP.

use crate::rule::Not;

/// `-m udp`: ports of UDP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Udp {
    /// First and last source port.
    pub sport: Option<Not<(u16, u16)>>,
    /// First and last destination port.
    pub dport: Option<Not<(u16, u16)>>,
}
