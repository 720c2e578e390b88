//! `-j DNAT`: a new destination for the whole connection.

use crate::rule::NatRange;

/// `-j DNAT`: a new destination for the whole connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dnat {
    /// `--to-destination`.
    pub to: NatRange,
    /// `--random`.
    pub random: bool,
    /// `--persistent`.
    pub persistent: bool,
}
