//! Stands in for the fabric's exchange until it lands.
use fabric::{Ending, Journey, Probe, Topology};
use netfilter::{Family, Ruleset};
use std::collections::BTreeMap;
#[allow(missing_docs)]
#[derive(Debug, Clone, Default)]
pub struct Memory;
#[allow(missing_docs)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forced {
    Free,
    Number(u32),
    Hit,
    Miss,
}
#[allow(missing_docs)]
#[derive(Debug, Clone)]
pub struct Dice;
#[allow(missing_docs)]
impl Dice {
    pub fn seeded(_: u64) -> Dice {
        Dice
    }
    pub fn scripted(_: Vec<Forced>, _: u64) -> Dice {
        Dice
    }
}
#[allow(missing_docs)]
#[derive(Debug, Clone)]
pub struct Fabric;
#[allow(missing_docs)]
impl Fabric {
    pub fn new(_: &Topology, _: BTreeMap<(String, Family), Ruleset>) -> Fabric {
        Fabric
    }
}
#[allow(missing_docs)]
pub fn exchange(_: &Fabric, _: &mut Memory, _: &Probe, _: &mut Dice) -> Journey {
    Journey {
        events: vec![],
        ending: Ending::Timeout,
        throws: vec![],
    }
}
