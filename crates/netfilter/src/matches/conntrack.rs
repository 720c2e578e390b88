//! `-m conntrack`: what conntrack says of the packet.

use crate::rule::Not;

/// `-m conntrack`: what conntrack says of the packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conntrack {
    /// `--ctstate`.
    pub states: Option<Not<CtStates>>,
    /// Options we do not model, as written; they make the match unmodelled.
    pub other: Vec<String>,
}

/// A set of `--ctstate` words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CtStates(pub u8);

impl CtStates {
    /// `INVALID`
    pub const INVALID: u8 = 1;
    /// `NEW`
    pub const NEW: u8 = 2;
    /// `RELATED`
    pub const RELATED: u8 = 4;
    /// `ESTABLISHED`
    pub const ESTABLISHED: u8 = 8;
    /// `UNTRACKED`
    pub const UNTRACKED: u8 = 16;
    /// `SNAT`
    pub const SNAT: u8 = 32;
    /// `DNAT`
    pub const DNAT: u8 = 64;
}
