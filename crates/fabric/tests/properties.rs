//! What holds for every walk in every world: it can be replayed, its rules can be printed and read
//! back, its throws force it, and many walks counted are as many walks.

mod world;

use std::collections::BTreeMap;

use fabric::{
    Dice, EventKind, Forced, Memory, Network, exchange, exchange_each, exchange_many,
    exchange_quiet,
};
use netfilter::{Family, Ruleset};
use proptest::collection::vec;
use proptest::prelude::*;

use world::{World, probe, world};

/// So many cases, unless `PROPTEST_CASES` asks for another number.
#[expect(
    clippy::disallowed_methods,
    reason = "a test may be told how long to go on"
)]
fn cases(few: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok();
    let cases = asked.and_then(|asked| asked.parse().ok());
    ProptestConfig::with_cases(cases.unwrap_or(few))
}

proptest! {
    #![proptest_config(cases(120))]
    #[test]
    fn the_same_seed_gives_the_same_journey(
        world in world(), probes in vec(probe(), 1..5), seed in any::<u64>(),
    ) {
        // Built twice, so that nothing hangs on what happens to be kept where.
        let run = |fabric: &fabric::Fabric| {
            let (mut memory, mut dice) = (Memory::default(), Dice::seeded(seed));
            let walk = |probe| {
                memory.wait(700);
                exchange(fabric, &mut memory, probe, &mut dice)
            };
            probes.iter().map(walk).collect::<Vec<_>>()
        };
        prop_assert_eq!(run(&world.fabric()), run(&world.fabric()));
    }

    #[test]
    fn a_walk_of_printed_and_parsed_rules_is_the_same_walk(
        world in world(), probes in vec(probe(), 1..5), seed in any::<u64>(),
    ) {
        let read = |text: String| Ruleset::parse(Family::Ipv4, &text).expect("it was printed");
        let printed = world.rulesets.iter().map(|rules| read(rules.to_string()));
        let again = World { rulesets: printed.collect(), topology: world.topology.clone() };
        let (ours, theirs) = (world.fabric(), again.fabric());
        let (mut memory, mut dice) = (Memory::default(), Dice::seeded(seed));
        let (mut other, mut others) = (Memory::default(), Dice::seeded(seed));
        for probe in &probes {
            let walked = exchange(&ours, &mut memory, probe, &mut dice);
            prop_assert_eq!(walked, exchange(&theirs, &mut other, probe, &mut others));
        }
    }

    #[test]
    fn the_throws_of_a_journey_force_it(
        world in world(), probe in probe(), seed in any::<u64>(), other in any::<u64>(),
    ) {
        let fabric = world.fabric();
        let (mut memory, mut dice) = (Memory::default(), Dice::seeded(seed));
        let journey = exchange(&fabric, &mut memory, &probe, &mut dice);
        let numbers = journey.throws.iter().map(|throw| Forced::Number(throw.draw.drawn));
        let mut forced = Dice::scripted(numbers.collect(), other);
        let again = exchange(&fabric, &mut Memory::default(), &probe, &mut forced);
        prop_assert_eq!(&again.throws, &journey.throws);
        // Ports are drawn apart, so that the rules tell the same and ports may differ.
        let rules = |journey: &fabric::Journey| -> Vec<String> {
            let steps = journey.events.iter().filter_map(|event| match &event.kind {
                EventKind::Rule(step) if event.packet == 0 => Some(step.rule.to_string()),
                _ => None,
            });
            steps.collect()
        };
        prop_assert_eq!(rules(&again), rules(&journey));
    }

    #[test]
    fn many_connections_counted_are_as_many_walked(
        world in world(), probe in probe(), seed in any::<u64>(),
    ) {
        let fabric = world.fabric();
        let connections = 600;
        let (mut memory, mut dice) = (Memory::default(), Dice::seeded(seed));
        let counted = exchange_many(&fabric, &mut memory, &probe, &mut dice, connections);
        let (mut again, mut others) = (Memory::default(), Dice::seeded(seed));
        let each = exchange_each(&fabric, &mut again, &probe, &mut others, connections);
        prop_assert_eq!(&counted, &each);
        // Two in 30,000 VXLAN tunnels share their ports and are one connection to the node; counting
        // takes each for a new one.
        let alike = world.topology.network == Network::HostGw;
        for node in fabric.namespaces().filter(|_| alike) {
            let family = Family::Ipv4;
            prop_assert_eq!(memory.counters(node, family), again.counters(node, family));
        }
        // Taken one by one they end alike too, whatever the counting remembers between them.
        let (mut walked, mut dice) = (Memory::default(), Dice::seeded(seed));
        let mut endings: BTreeMap<String, u64> = BTreeMap::new();
        for _ in 0..connections {
            let summary = exchange_quiet(&fabric, &mut walked, &probe, &mut dice);
            walked.wait(if summary.ending.word() == "timeout" { 1000 } else { 2 });
            let backend = summary.reached.map(|t| (t.dst, t.dport));
            *endings.entry(format!("{} {backend:?}", summary.ending.word())).or_default() += 1;
        }
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for (summary, count) in counted {
            let backend = summary.reached.map(|t| (t.dst, t.dport));
            *found.entry(format!("{} {backend:?}", summary.ending.word())).or_default() += count;
        }
        prop_assert_eq!(found, endings);
    }
}
