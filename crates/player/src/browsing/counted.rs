//! What the walk on screen does to a node's rules: which are tried, which match, what they have counted
//! by now, and what that costs.

use std::collections::{BTreeMap, BTreeSet};

use fabric::{Direction, Event, EventKind, Journey, Ns};
use lab::{Dice, Forced, IpFamily, Lab, Memory, Ruleset, TableName, Trip};
use netfilter::{Family, Step, StepKind};

use crate::compose::told;
use crate::late::rules::{Cost, Counted, Table};
use crate::replay::{Shown, replay};

/// Packets and bytes.
type Pair = (u64, u64);

/// By table, chain and number.
type Places<T> = BTreeMap<(TableName, String), BTreeMap<usize, T>>;

/// What one walk does to one node's rules.
pub struct Counts {
    node: String,
    family: IpFamily,
    of: Counted,
    /// What each rule has counted up to the moment on screen. A chain's policy has the number 0.
    counters: Places<Pair>,
    /// How often each rule is tried in all of the walk, and how often it matches.
    tried: Places<(usize, usize)>,
    /// The chains that the walk comes to.
    chains: BTreeSet<(TableName, String)>,
    /// What a lookup costs.
    pub cost: Option<Cost>,
}

impl Counts {
    /// Walks, and counts. Where the question cannot be asked, nothing is counted.
    pub fn of(lab: &Lab, node: &str, family: IpFamily, counted: &Counted) -> Counts {
        let mut counts = Counts {
            node: node.to_owned(),
            family,
            of: counted.clone(),
            counters: Places::new(),
            tried: Places::new(),
            chains: BTreeSet::new(),
            cost: None,
        };
        counts.walk(lab);
        counts.cost = cost(lab, node, family, counted);
        counts
    }

    /// Whether these are the ones.
    pub fn is_of(&self, node: &str, family: IpFamily, counted: &Counted) -> bool {
        self.node == node && self.family == family && self.of == *counted
    }

    fn walk(&mut self, lab: &Lab) {
        let Counted {
            question,
            seed,
            forced,
            talk,
            until,
        } = self.of.clone();
        let Ok(ask) = question.ask() else { return };
        let mut dice = dice(&forced, seed);
        let Ok(played) = replay(lab, &ask, question.extent, &talk, &mut dice) else {
            return;
        };
        for trip in &played.passed {
            for event in &trip.journey.events {
                self.count(event);
            }
        }
        if let Shown::Walk = played.shown {
            let steps = told(&played.trip.journey, question.extent);
            for (at, event) in steps.filter(|e| step(e).is_some()).enumerate() {
                if at < until {
                    self.count(event);
                }
                self.touch(event);
            }
        }
    }

    fn is_here(&self, event: &Event) -> bool {
        is_at(event, &self.node, self.family)
    }

    fn count(&mut self, event: &Event) {
        let (Some(step), true) = (step(event), self.is_here(event)) else {
            return;
        };
        let number = match step.kind {
            StepKind::Passed { .. } | StepKind::End | StepKind::Unmodelled(_) => return,
            StepKind::Policy(_) => 0,
            _ => step.rule.number,
        };
        let chain = (step.rule.table, step.rule.chain.as_str().to_owned());
        let counters = self.counters.entry(chain).or_default();
        let (packets, bytes) = counters.entry(number).or_default();
        *packets += 1;
        *bytes += event.after.packet.length();
    }

    fn touch(&mut self, event: &Event) {
        let (Some(step), true) = (step(event), self.is_here(event)) else {
            return;
        };
        let chain = (step.rule.table, step.rule.chain.as_str().to_owned());
        self.chains.insert(chain.clone());
        if !is_try(step) {
            return;
        }
        let rules = self.tried.entry(chain).or_default();
        let (tried, matched) = rules.entry(step.rule.number).or_default();
        *tried += 1;
        if !matches!(step.kind, StepKind::Passed { .. } | StepKind::Unmodelled(_)) {
            *matched += 1;
        }
    }

    /// Whether the walk comes to this chain.
    pub fn comes_to(&self, table: TableName, chain: &str) -> bool {
        self.chains.contains(&(table, chain.to_owned()))
    }

    /// How often a rule is tried, and how often it matches.
    pub fn tried(&self, table: TableName, chain: &str, number: usize) -> (usize, usize) {
        let rules = self.tried.get(&(table, chain.to_owned()));
        let found = rules.and_then(|rules| rules.get(&number));
        found.copied().unwrap_or_default()
    }

    /// What a rule has counted.
    pub fn counters(&self, table: TableName, chain: &str, number: usize) -> Pair {
        let rules = self.counters.get(&(table, chain.to_owned()));
        let found = rules.and_then(|rules| rules.get(&number));
        found.copied().unwrap_or_default()
    }

    /// What came to a base chain's policy.
    pub fn policy(&self, table: TableName, chain: &str) -> Pair {
        self.counters(table, chain, 0)
    }

    /// One table of a node's rules, each rule with what it has counted.
    pub fn written_into(&self, ruleset: &Ruleset, table: TableName) -> Ruleset {
        let mut counted = Ruleset::empty(ruleset.family);
        let Some(rules) = ruleset.tables.get(&table) else {
            return counted;
        };
        let mut rules = rules.clone();
        for ((of, name), numbers) in &self.counters {
            if *of != table {
                continue;
            }
            let chain = rules.position_of(name).map(|at| &mut rules.chains[at]);
            let Some(chain) = chain else { continue };
            for (&number, &(packets, bytes)) in numbers {
                let counters = match number.checked_sub(1) {
                    None => Some(&mut chain.counters),
                    Some(at) => chain.rules.get_mut(at).map(|rule| &mut rule.counters),
                };
                if let Some(counters) = counters {
                    counters.0 += packets;
                    counters.1 += bytes;
                }
            }
        }
        counted.tables.insert(table, rules);
        counted
    }
}

fn dice(forced: &[u32], seed: u64) -> Dice {
    match forced {
        [] => Dice::seeded(seed),
        numbers => Dice::scripted(numbers.iter().map(|n| Forced::Number(*n)).collect(), seed),
    }
}

fn step(event: &Event) -> Option<&Step> {
    match &event.kind {
        EventKind::Rule(step) => Some(step),
        _ => None,
    }
}

/// Whether a rule was tried; the end of a chain is none.
fn is_try(step: &Step) -> bool {
    !matches!(step.kind, StepKind::End | StepKind::Policy(_))
}

fn is_at(event: &Event, node: &str, family: IpFamily) -> bool {
    let of = match Family::of(event.after.packet.dst) {
        Family::Ipv4 => IpFamily::Ipv4,
        Family::Ipv6 => IpFamily::Ipv6,
    };
    of == family && matches!(&event.ns, Ns::Node(name) if name == node)
}

/// What the client's first packet costs here, and the second that it sends over its connection.
fn cost(lab: &Lab, node: &str, family: IpFamily, counted: &Counted) -> Option<Cost> {
    let ask = counted.question.ask().ok()?;
    let mut memory = Memory::default();
    let mut dice = dice(&counted.forced, counted.seed);
    let (first, flow) = lab.open(&mut memory, &ask, &mut dice).ok()?;
    let again = flow.and_then(|flow| lab.again(&mut memory, &flow, &mut dice));
    let of = |trip: &Trip| tries(&trip.journey, node, family);
    let (tried, _) = of(&first)?;
    let again = again.and_then(|(trip, _)| of(&trip));
    Some(Cost {
        first: tried,
        nat_again: again.as_ref().is_some_and(|(_, nat)| *nat),
        second: again.map(|(tried, _)| tried),
    })
}

/// How many rules of each table a journey's first packet is tried against on a node, and whether the nat
/// table was among them. `None` where it does not come there.
fn tries(journey: &Journey, node: &str, family: IpFamily) -> Option<(Vec<(Table, usize)>, bool)> {
    let first = journey.events.first()?.packet;
    let here = journey.events.iter().filter(|e| {
        e.packet == first && e.direction == Direction::Original && is_at(e, node, family)
    });
    let mut tables: BTreeMap<TableName, usize> = BTreeMap::new();
    let (mut came, mut nat) = (false, false);
    for event in here {
        came = true;
        let Some(step) = step(event) else { continue };
        let tried = tables.entry(step.rule.table).or_default();
        *tried += usize::from(is_try(step));
        nat |= step.rule.table == TableName::Nat;
    }
    let tables = tables.into_iter().map(|(table, n)| (Table(table), n));
    came.then(|| (tables.collect(), nat))
}
