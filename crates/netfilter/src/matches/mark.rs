//! `-m mark`: the fwmark of the packet.

use crate::rule::Not;

/// `-m mark`: the fwmark of the packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Value and mask.
    pub mark: Not<(u32, u32)>,
}
