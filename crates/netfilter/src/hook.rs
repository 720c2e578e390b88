//! The five hooks and the order in which tables are asked at each.

use std::fmt;

/// Where in a namespace's path a packet is. `NF_INET_*` in the kernel's `include/uapi/linux/netfilter.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// Just in from a device, before routing.
    Prerouting,
    /// Routed to this namespace itself.
    Input,
    /// Routed to somewhere else.
    Forward,
    /// Sent by a process of this namespace.
    Output,
    /// About to leave by a device.
    Postrouting,
}

impl Hook {
    /// The base chain's name, `PREROUTING`.
    pub fn name(self) -> &'static str {
        match self {
            Hook::Prerouting => "PREROUTING",
            Hook::Input => "INPUT",
            Hook::Forward => "FORWARD",
            Hook::Output => "OUTPUT",
            Hook::Postrouting => "POSTROUTING",
        }
    }
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One of iptables' five tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableName {
    /// `raw`, before conntrack.
    Raw,
    /// `mangle`
    Mangle,
    /// `nat`, asked for a connection's first packet only.
    Nat,
    /// `filter`
    Filter,
    /// `security`
    Security,
}

impl TableName {
    /// The name as iptables prints it.
    pub fn name(self) -> &'static str {
        match self {
            TableName::Raw => "raw",
            TableName::Mangle => "mangle",
            TableName::Nat => "nat",
            TableName::Filter => "filter",
            TableName::Security => "security",
        }
    }

    /// The table of this name.
    pub fn parse(name: &str) -> Option<Self> {
        use TableName::*;
        [Raw, Mangle, Nat, Filter, Security]
            .into_iter()
            .find(|table| table.name() == name)
    }

    /// The base chains this table has, in the order `iptables-save` prints them.
    pub fn hooks(self) -> &'static [Hook] {
        use Hook::*;
        match self {
            TableName::Raw => &[Prerouting, Output],
            TableName::Mangle => &[Prerouting, Input, Forward, Output, Postrouting],
            TableName::Nat => &[Prerouting, Input, Output, Postrouting],
            TableName::Filter | TableName::Security => &[Input, Forward, Output],
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
