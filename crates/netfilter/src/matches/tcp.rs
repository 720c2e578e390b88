//! `-m tcp`: ports, flags and options of TCP.

use crate::rule::Not;

/// `-m tcp`: ports, flags and options of TCP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tcp {
    /// First and last source port.
    pub sport: Option<Not<(u16, u16)>>,
    /// First and last destination port.
    pub dport: Option<Not<(u16, u16)>>,
    /// `--tcp-flags MASK COMP`.
    pub flags: Option<Not<(u8, u8)>>,
    /// `--tcp-option`.
    pub option: Option<Not<u8>>,
}
