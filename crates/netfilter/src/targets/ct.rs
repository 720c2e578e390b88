//! `-j CT`, `-j NOTRACK`: conntrack settings for one packet.

/// `-j CT`, `-j NOTRACK`: conntrack settings for one packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ct {
    /// `--notrack`.
    pub notrack: bool,
    /// Other options as written; they make the target unmodelled.
    pub rest: Vec<String>,
    /// Written as `-j NOTRACK`.
    pub spelled_notrack: bool,
}
