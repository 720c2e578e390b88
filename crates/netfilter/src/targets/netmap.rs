//! `-j NETMAP`: maps one network onto another.

/// `-j NETMAP`: maps one network onto another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Netmap {
    /// `--to`.
    pub to: ipnet::IpNet,
}
