//! `-j MASQUERADE`: SNAT to the address of the outgoing device.

/// `-j MASQUERADE`: SNAT to the address of the outgoing device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masquerade {
    /// `--to-ports`.
    pub ports: Option<(u16, u16)>,
    /// `--random`.
    pub random: bool,
    /// `--random-fully`.
    pub random_fully: bool,
}
