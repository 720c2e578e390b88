//! `-j SNAT`: a new source for the whole connection.

use crate::rule::NatRange;

/// `-j SNAT`: a new source for the whole connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snat {
    /// `--to-source`.
    pub to: NatRange,
    /// `--random`.
    pub random: bool,
    /// `--random-fully`.
    pub random_fully: bool,
    /// `--persistent`.
    pub persistent: bool,
}
