//! `-m multiport`: up to 15 ports or ranges.

use crate::rule::Not;

/// `-m multiport`: up to 15 ports or ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Multiport {
    /// Which port is compared.
    pub side: PortSide,
    /// First and last of each.
    pub ports: Not<Vec<(u16, u16)>>,
}

/// Which port `-m multiport` compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PortSide {
    /// `--sports`
    Source,
    /// `--dports`
    Destination,
    /// `--ports`
    Either,
}
