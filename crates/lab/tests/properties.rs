//! What holds for every cluster and every question: a walk ends and can be replayed, printed rules
//! walk alike, a client is answered from where it asked, an endpoint that has odds can be forced, and
//! the exact odds are those of 100,000 connections.

mod clusters;

use std::collections::BTreeMap;

use fabric::{Direction, EventKind, Fabric, Ns};
use lab::{Ask, Cleaning, Dice, Lab, Memory, Odds, Totals, chance};
use netfilter::conntrack::Tuple;
use netfilter::{Family, Protocol, Ruleset};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use clusters::{cluster, load, question};

/// How far a count may stray in standard deviations: once in half a billion counts.
const SIGMAS: f64 = 6.0;

/// The odds of each endpoint alone, whatever the ending.
fn by_endpoint(odds: &[Odds]) -> BTreeMap<Option<(std::net::IpAddr, u16)>, f64> {
    let mut all = BTreeMap::new();
    for way in odds {
        *all.entry(way.endpoint).or_default() += way.probability;
    }
    all
}

fn agree(odds: &[Odds], totals: &Totals) -> Result<(), TestCaseError> {
    let n = totals.connections as f64;
    let chosen = by_endpoint(odds);
    for (endpoint, count) in &totals.endpoints {
        prop_assert!(
            chosen.contains_key(&Some(*endpoint)),
            "{endpoint:?} has no odds but {count}"
        );
    }
    for (endpoint, p) in chosen {
        let Some(endpoint) = endpoint else { continue };
        let count = totals.endpoints.get(&endpoint).copied().unwrap_or(0);
        let strays = (count as f64 - n * p).abs();
        let allowed = SIGMAS * (n * p * (1.0 - p)).sqrt();
        prop_assert!(
            strays <= allowed + 1e-6,
            "{endpoint:?}: {count} of {n} at {p}"
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_same_seed_gives_the_same_journey_to_an_end(
        cluster in cluster(), asks in vec(question(), 1..6), seed in any::<u64>(),
    ) {
        let run = |lab: &Lab| {
            let (mut memory, mut dice) = (Memory::default(), Dice::seeded(seed));
            let walk = |ask: &Ask| {
                memory.wait(500);
                lab.send(&mut memory, ask, &mut dice).ok()
            };
            asks.iter().map(walk).collect::<Vec<_>>()
        };
        let lab = load(&cluster);
        let first = run(&lab);
        for trip in first.iter().flatten() {
            prop_assert!(!trip.journey.events.is_empty(), "something is always told");
            prop_assert!(trip.journey.ending.word() != "unmodelled", "{:?}", trip.journey.ending);
        }
        prop_assert_eq!(first, run(&load(&cluster)));
    }

    #[test]
    fn a_walk_of_printed_and_parsed_rules_is_the_same_walk(
        cluster in cluster(), asks in vec(question(), 1..4), seed in any::<u64>(),
    ) {
        let lab = load(&cluster);
        for ask in &asks {
            let Ok(wired) = lab::wiring::wire(lab.cluster(), ask) else { continue };
            let topology = lab::wiring::topology(lab.cluster(), lab.options(), &wired.extra);
            let mut rules = BTreeMap::new();
            for node in &lab.cluster().nodes {
                for (family, of) in [
                    (lab::IpFamily::Ipv4, Family::Ipv4),
                    (lab::IpFamily::Ipv6, Family::Ipv6),
                ] {
                    let text = lab.rules(&node.name, family).ruleset.to_string();
                    let read = Ruleset::parse(of, &text).expect("it was printed");
                    rules.insert((node.name.clone(), of), read);
                }
            }
            let printed = Fabric::new(&topology, rules);
            let mut dice = Dice::seeded(seed);
            let theirs = fabric::exchange(&printed, &mut Memory::default(), &wired.probe, &mut dice);
            let ours = lab.send(&mut Memory::default(), ask, &mut Dice::seeded(seed));
            prop_assert_eq!(ours.expect("it was wired").journey, theirs);
        }
    }

    #[test]
    fn a_client_is_answered_from_where_it_asked(
        cluster in cluster(), asks in vec(question(), 1..6), seed in any::<u64>(),
    ) {
        let lab = load(&cluster);
        let (mut memory, mut dice) = (Memory::default(), Dice::seeded(seed));
        for ask in &asks {
            let Ok(trip) = lab.send(&mut memory, ask, &mut dice) else { continue };
            let Some(first) = trip.journey.events.first() else { continue };
            let (client, sent) = (first.ns.clone(), first.after.packet.clone());
            let answered = trip.journey.events.iter().filter(|event| {
                event.ns == client
                    && event.direction == Direction::Reply
                    && matches!(event.kind, EventKind::Delivered)
                    && Tuple::of(&event.after.packet).is_some_and(|t| t.protocol == sent.protocol())
            });
            for event in answered {
                let came = &event.after.packet;
                prop_assert_eq!((came.src, came.dst), (sent.dst, sent.src));
                let ports = sent.ports().map(|(sport, dport)| (dport, sport));
                prop_assert_eq!(came.ports(), ports);
            }
        }
    }

    #[test]
    fn an_endpoint_that_has_odds_can_be_forced(cluster in cluster(), ask in question(), seed in any::<u64>()) {
        let lab = load(&cluster);
        let memory = Memory::default();
        let Ok(Some(odds)) = lab.odds(&memory, &ask) else { return Ok(()) };
        let whole: f64 = odds.iter().map(|way| way.probability).sum();
        prop_assert!((whole - 1.0).abs() < 1e-9, "{whole}");
        for (endpoint, p) in by_endpoint(&odds) {
            let Some((addr, port)) = endpoint else { continue };
            prop_assert!(p > 0.0);
            let force = lab.force_endpoint(&memory, &ask, (addr, Some(port)));
            let force = force.expect("it was asked before").expect("it has odds");
            let mut dice = Dice::scripted(force, seed);
            let totals = lab.send_many(&mut memory.clone(), &ask, &mut dice, 1);
            let totals = totals.expect("it was asked before");
            prop_assert_eq!(totals.endpoints.get(&(addr, port)), Some(&1));
        }
        let nowhere = ("203.0.113.99".parse().expect("an address"), None);
        let refused = lab.force_endpoint(&memory, &ask, nowhere).expect("it was asked before");
        prop_assert!(refused.is_err());
    }

    #[test]
    fn a_cluster_that_changes_keeps_walks_going(
        before in cluster(), after in cluster(), ask in question(), seed in any::<u64>(),
    ) {
        let (old, new) = (load(&before), load(&after));
        let (mut memory, mut dice) = (Memory::default(), Dice::seeded(seed));
        let Ok((_, flow)) = old.open(&mut memory, &ask, &mut dice) else { return Ok(()) };
        let carried = new.carry(&old, &memory, Cleaning::KubeProxy);
        let untouched = new.carry(&old, &memory, Cleaning::Off);
        prop_assert!(untouched.cleaned.is_empty());
        for node in &new.cluster().nodes {
            let ns = Ns::Node(node.name.clone());
            let gone = carried.cleaned.iter().filter(|c| c.node == node.name).count();
            let (kept, all) = (carried.memory.connections(&ns), untouched.memory.connections(&ns));
            prop_assert_eq!(kept.len() + gone, all.len());
            // TCP is nobody's business.
            let tcp = |entries: &[&netfilter::conntrack::Connection]| {
                let tcp = entries.iter().filter(|c| c.original.protocol == Protocol::Tcp);
                tcp.count()
            };
            prop_assert_eq!(tcp(&kept), tcp(&all));
        }
        let mut memory = carried.memory;
        if let Some(flow) = flow {
            let _ = new.again(&mut memory, &flow, &mut dice);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn odds_agree_with_a_hundred_thousand_connections(
        cluster in cluster(), ask in question(), seed in any::<u64>(),
    ) {
        let mut cluster = cluster;
        // Affinity and what is limited make one connection's odds hang on the one before.
        cluster.affinity = false;
        let lab = load(&cluster);
        let Ok(Some(odds)) = lab.odds(&Memory::default(), &ask) else { return Ok(()) };
        let totals = lab.send_many(&mut Memory::default(), &ask, &mut Dice::seeded(seed), 100_000);
        let totals = totals.expect("it was asked before");
        agree(&odds, &totals)?;
        if by_endpoint(&odds).len() > 1 {
            let counts: Vec<(u64, f64)> = by_endpoint(&odds)
                .into_iter()
                .filter_map(|(to, p)| Some((totals.endpoints.get(&to?).copied().unwrap_or(0), p)))
                .collect();
            if let chance::Verdict::Tested { share, .. } = chance::verdict(&counts) {
                prop_assert!(share > 1e-9, "{counts:?}");
            }
        }
    }
}

/// Guards the properties above against holding because nothing ever happens.
#[test]
fn random_questions_meet_random_clusters() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
    for _ in 0..400 {
        let mut draw = || {
            (cluster(), question())
                .new_tree(&mut runner)
                .expect("a tree")
                .current()
        };
        let (cluster, ask) = draw();
        let lab = load(&cluster);
        let sent = lab.send(&mut Memory::default(), &ask, &mut Dice::seeded(1));
        let Ok(trip) = sent else {
            *seen.entry("not asked").or_default() += 1;
            continue;
        };
        *seen.entry(trip.journey.ending.word()).or_default() += 1;
        if !trip.journey.throws.is_empty() {
            *seen.entry("drawn").or_default() += 1;
        }
    }
    for what in ["reply", "drawn", "timeout", "tcp-rst", "icmp-unreach-code3"] {
        assert!(
            seen.get(what).is_some_and(|&count| count >= 8),
            "{what}: {seen:?}"
        );
    }
}
