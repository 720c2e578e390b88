//! Many connections from one client, counted.

use std::collections::BTreeMap;
use std::net::IpAddr;

use fabric::{Dice, Ending, Fabric, Memory, Probe};

/// What became of many connections.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// How many were made.
    pub connections: u64,
    /// Every ending by its word in the recordings; sums to `connections`.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// The backend that NAT chose and the first packet reached, whatever came back.
    pub endpoints: BTreeMap<(IpAddr, u16), u64>,
    /// Connections whose backend saw another source than the client's: another address or, where
    /// MASQUERADE chose the same one again, another port.
    pub masqueraded: u64,
    /// What was not modelled, where something was.
    pub unmodelled: Option<String>,
}

/// Makes them one after the other; conntrack and affinity lists live on between them.
pub(crate) fn send(
    fabric: &Fabric,
    memory: &mut Memory,
    probe: &Probe,
    dice: &mut Dice,
    connections: u64,
) -> Totals {
    let mut totals = Totals {
        connections,
        ..Totals::default()
    };
    let found = fabric::exchange_many(fabric, memory, probe, dice, connections);
    for (summary, count) in found {
        *totals.outcomes.entry(summary.ending.word()).or_default() += count;
        let asked = (probe.dst, probe.dport);
        let backend = summary
            .reached
            .map(|t| (t.dst, t.dport))
            .filter(|to| *to != asked);
        if let Some(backend) = backend {
            *totals.endpoints.entry(backend).or_default() += count;
            totals.masqueraded += count * u64::from(summary.masqueraded);
        }
        if let Ending::Unmodelled { what } = summary.ending {
            totals.unmodelled.get_or_insert(what);
        }
    }
    totals
}
