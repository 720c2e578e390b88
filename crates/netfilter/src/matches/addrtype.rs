//! `-m addrtype`: what kind of address this is for the namespace.

use crate::rule::Not;

/// `-m addrtype`: what kind of address this is for the namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addrtype {
    /// `--src-type`.
    pub src: Option<Not<AddrTypes>>,
    /// `--dst-type`.
    pub dst: Option<Not<AddrTypes>>,
    /// `--limit-iface-in`.
    pub limit_in: bool,
    /// `--limit-iface-out`.
    pub limit_out: bool,
}

/// What kind of address something is for one namespace (`RTN_*`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddrType {
    /// No kind.
    Unspec,
    /// Routed elsewhere.
    Unicast,
    /// One of this namespace's own.
    Local,
    /// A broadcast address.
    Broadcast,
    /// An anycast address.
    Anycast,
    /// A multicast address.
    Multicast,
    /// A blackhole route.
    Blackhole,
    /// An unreachable route, or none.
    Unreachable,
    /// A prohibited route.
    Prohibit,
}

/// A set of [`AddrType`]s, in written order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AddrTypes(pub Vec<AddrType>);
