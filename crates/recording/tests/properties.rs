//! What holds of every walk, tried on the recorded topologies and rules.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fabric::{
    Dice, Ending, Fabric, Forced, Memory, Probe, Summary, Turnout, exchange, exchange_many,
    exchange_quiet,
};
use netfilter::{Family, Ruleset};
use serde_json::Value;

struct Case {
    id: String,
    fabric: Fabric,
    probe: Probe,
}

/// Every recorded case with its first rules and first probe.
fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracle/kernel");
    let mut files: Vec<PathBuf> = fs::read_dir(root.join("cases"))
        .expect("the recordings are there")
        .map(|entry| entry.expect("a file").path())
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(file).expect("a case is read");
            let value: Value = serde_json::from_str(&text).expect("a case is JSON");
            let of = |key: &str| match &value[key] {
                Value::Null => value["steps"]
                    .as_array()
                    .expect("a sequence has steps")
                    .iter()
                    .map(|step| &step[key])
                    .find(|found| !found.is_null())
                    .expect("some step has it"),
                found => found,
            };
            let mut rules = BTreeMap::new();
            for (node, path) in of("rulesets").as_object().expect("nodes") {
                let path = path.as_str().expect("a path");
                let text = fs::read_to_string(root.join(path)).expect("a ruleset is read");
                let ruleset = Ruleset::parse(Family::Ipv4, &text).expect("rules are read");
                rules.insert((node.clone(), Family::Ipv4), ruleset);
            }
            let topology = recording::topology(&value["topology"]).expect("a topology is read");
            Case {
                id: value["id"].as_str().expect("a name").to_owned(),
                fabric: Fabric::new(&topology, rules),
                probe: recording::probe(of("probe")).expect("a probe is read"),
            }
        })
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_journey() {
    for case in cases() {
        for seed in 0..4 {
            let walk = || {
                let (mut memory, mut dice) = (Memory::default(), Dice::seeded(seed));
                exchange(&case.fabric, &mut memory, &case.probe, &mut dice)
            };
            assert_eq!(walk(), walk(), "{} seed {seed}", case.id);
        }
    }
}

#[test]
fn a_journey_is_replayed_from_its_throws() {
    for case in cases() {
        for seed in 0..8 {
            let mut dice = Dice::seeded(seed);
            let first = exchange(&case.fabric, &mut Memory::default(), &case.probe, &mut dice);
            let thrown: Vec<Forced> = first
                .throws
                .iter()
                .map(|throw| Forced::Number(throw.draw.drawn))
                .collect();
            let mut dice = Dice::scripted(thrown, seed);
            let again = exchange(&case.fabric, &mut Memory::default(), &case.probe, &mut dice);
            assert_eq!(first, again, "{} seed {seed}", case.id);
        }
    }
}

#[test]
fn a_quiet_exchange_is_the_same_exchange() {
    for case in cases() {
        let (mut loud, mut quiet) = (Memory::default(), Memory::default());
        let (mut a, mut b) = (Dice::seeded(5), Dice::seeded(5));
        for _ in 0..6 {
            let journey = exchange(&case.fabric, &mut loud, &case.probe, &mut a);
            let summary = exchange_quiet(&case.fabric, &mut quiet, &case.probe, &mut b);
            assert_eq!(journey.ending, summary.ending, "{}", case.id);
        }
        for ns in case.fabric.namespaces() {
            assert_eq!(loud.conntrack(ns), quiet.conntrack(ns), "{}", case.id);
            assert_eq!(
                loud.counters(ns, Family::Ipv4),
                quiet.counters(ns, Family::Ipv4),
                "{}",
                case.id
            );
        }
    }
}

/// A summary without the ports that vary.
fn class(summary: Summary) -> String {
    format!("{:?}", Turnout::from(summary))
}

#[test]
fn many_connections_are_as_many_single_ones() {
    const MANY: u64 = 1500;
    for case in cases() {
        let (mut memory, mut dice) = (Memory::default(), Dice::seeded(3));
        let found = exchange_many(&case.fabric, &mut memory, &case.probe, &mut dice, MANY);
        assert_eq!(
            found.iter().map(|(_, n)| n).sum::<u64>(),
            MANY,
            "{}",
            case.id
        );
        let fast: BTreeMap<String, u64> = found
            .iter()
            .map(|(turnout, n)| (format!("{turnout:?}"), *n))
            .collect();

        let (mut plain, mut dice) = (Memory::default(), Dice::seeded(3));
        let mut slow: BTreeMap<String, u64> = BTreeMap::new();
        for _ in 0..MANY {
            let summary = exchange_quiet(&case.fabric, &mut plain, &case.probe, &mut dice);
            plain.wait(match summary.ending {
                Ending::Timeout => 1000,
                _ => 2,
            });
            *slow.entry(class(summary)).or_default() += 1;
        }
        assert_eq!(fast, slow, "{}", case.id);
        if case.id.contains("vxlan") {
            // Tunnels of different connections can share ports, and then share conntrack's entry.
            continue;
        }
        for ns in case.fabric.namespaces() {
            assert_eq!(
                memory.counters(ns, Family::Ipv4),
                plain.counters(ns, Family::Ipv4),
                "{} {ns:?}",
                case.id
            );
        }
    }
}

#[test]
fn one_packet_s_events_stand_together() {
    for case in cases() {
        let mut dice = Dice::seeded(2);
        let journey = exchange(&case.fabric, &mut Memory::default(), &case.probe, &mut dice);
        let order: Vec<usize> = journey.events.iter().map(|event| event.packet).collect();
        assert!(order.is_sorted(), "{}", case.id);
        assert_eq!(order.first(), Some(&0), "{}", case.id);
    }
}
