//! Many connections from one client, counted.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use fabric::{Dice, Ending, Fabric, Memory, Probe, Turnout};

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
    let found = fabric::exchange_many(fabric, memory, probe, dice, connections);
    total(probe, &found)
}

/// The same with each of them walked.
pub(crate) fn send_each(
    fabric: &Fabric,
    memory: &mut Memory,
    probe: &Probe,
    dice: &mut Dice,
    connections: u64,
) -> Totals {
    let found = fabric::exchange_each(fabric, memory, probe, dice, connections);
    total(probe, &found)
}

/// The same, a part at a time.
pub struct Run {
    fabric: Rc<Fabric>,
    probe: Probe,
    memory: Memory,
    dice: Dice,
    many: fabric::Many,
}

impl Run {
    pub(crate) fn new(fabric: Rc<Fabric>, memory: Memory, probe: Probe, dice: Dice) -> Run {
        Run {
            many: fabric::Many::new(&memory, &probe),
            fabric,
            probe,
            memory,
            dice,
        }
    }

    /// Makes `connections` more, after which `to_come` will follow.
    pub fn go(&mut self, connections: u64, to_come: u64) {
        self.many.go(
            &self.fabric,
            &mut self.memory,
            &self.probe,
            &mut self.dice,
            connections,
            to_come,
        );
    }

    /// What became of all so far.
    pub fn totals(&self) -> Totals {
        total(&self.probe, self.many.found())
    }

    /// What the network remembers now.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }
}

/// Sums up what was found.
fn total(probe: &Probe, found: &[(Turnout, u64)]) -> Totals {
    let mut totals = Totals::default();
    for (turnout, count) in found {
        let count = *count;
        totals.connections += count;
        *totals.outcomes.entry(turnout.ending.word()).or_default() += count;
        let asked = (probe.dst, probe.dport);
        let backend = turnout
            .reached
            .map(|t| (t.dst, t.dport))
            .filter(|to| *to != asked);
        if let Some(backend) = backend {
            *totals.endpoints.entry(backend).or_default() += count;
            totals.masqueraded += count * u64::from(turnout.masqueraded);
        }
        if let Ending::Unmodelled { what } = &turnout.ending {
            totals.unmodelled.get_or_insert_with(|| what.clone());
        }
    }
    totals
}
