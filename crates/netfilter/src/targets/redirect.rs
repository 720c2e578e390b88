//! `-j REDIRECT`: DNAT to this machine itself.

/// `-j REDIRECT`: DNAT to this machine itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// `--to-ports`.
    pub ports: Option<(u16, u16)>,
    /// `--random`.
    pub random: bool,
}
