//! `-m icmp`, `-m icmp6`: type and code.

use crate::rule::Not;

/// `-m icmp`, `-m icmp6`: type and code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Icmp {
    /// Type, first and last code; type 255 is any.
    pub kind: Option<Not<(u8, u8, u8)>>,
}
