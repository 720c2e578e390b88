//! `-m sctp`: ports of SCTP.

use crate::rule::Not;

/// `-m sctp`: ports of SCTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sctp {
    /// First and last source port.
    pub sport: Option<Not<(u16, u16)>>,
    /// First and last destination port.
    pub dport: Option<Not<(u16, u16)>>,
}
