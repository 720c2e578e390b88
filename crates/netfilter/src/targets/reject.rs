//! `-j REJECT`: drops and tells the sender.

/// `-j REJECT`: drops and tells the sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// What the sender is told.
    pub with: RejectWith,
}

/// What `-j REJECT` sends back (`--reject-with`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RejectWith {
    /// An ICMP destination-unreachable (ICMPv6 for ip6tables) with this code.
    Icmp {
        /// The code in its own family's numbering.
        code: u8,
    },
    /// `tcp-reset`
    TcpReset,
}
