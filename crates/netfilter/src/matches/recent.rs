//! `-m recent`: lists of addresses with times.

use crate::rule::Not;

/// `-m recent`: lists of addresses with times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent {
    /// What is asked or changed.
    pub op: Not<RecentOp>,
    /// The list.
    pub name: String,
    /// `--seconds`.
    pub seconds: Option<u32>,
    /// `--reap`.
    pub reap: bool,
    /// `--hitcount`.
    pub hitcount: Option<u32>,
    /// `--rdest` rather than `--rsource`.
    pub destination: bool,
    /// `--mask`, where it was written.
    pub mask: Option<std::net::IpAddr>,
}

/// What `-m recent` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecentOp {
    /// `--set`: adds or renews the address; always true.
    Set,
    /// `--rcheck`: whether the address is in the list.
    Rcheck,
    /// `--update`: as `--rcheck`, and renews.
    Update,
    /// `--remove`: whether it was there, and takes it out.
    Remove,
}
