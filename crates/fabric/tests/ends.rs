//! Every walk ends, whatever the topology, the rules and the question: without a panic, without
//! going round for ever, and with a word on how.

mod world;

use fabric::{Dice, Memory, again, exchange, exchange_many, open};
use proptest::collection::vec;
use proptest::prelude::*;

use world::{probe, world};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn every_walk_ends(world in world(), probes in vec(probe(), 1..6), seed in any::<u64>()) {
        let fabric = world.fabric();
        let (mut memory, mut dice) = (Memory::default(), Dice::seeded(seed));
        for probe in &probes {
            let mut ours = memory.clone();
            let found = exchange_many(&fabric, &mut ours, probe, &mut dice.clone(), 20);
            prop_assert_eq!(found.iter().map(|(_, count)| count).sum::<u64>(), 20);
            let journey = exchange(&fabric, &mut memory, probe, &mut dice);
            let packets = journey.events.last().map_or(0, |event| event.packet);
            prop_assert!(packets <= 256, "{} packets", packets);
            memory.wait(700);
        }
    }

    #[test]
    fn what_was_opened_can_be_used_again(
        worlds in vec(world(), 2), probe in probe(), seed in any::<u64>(), wait in 0u64..500_000,
    ) {
        let (mut memory, mut dice) = (Memory::default(), Dice::seeded(seed));
        let (_, flow) = open(&worlds[0].fabric(), &mut memory, &probe, &mut dice);
        let Some(flow) = flow else { return Ok(()) };
        memory.wait(wait);
        // In the same world, and in another that has come over it.
        for world in [&worlds[0], &worlds[1], &worlds[0]] {
            if let Some((journey, _)) = again(&world.fabric(), &mut memory, &flow, &mut dice) {
                let packets = journey.events.last().map_or(0, |event| event.packet);
                prop_assert!(packets <= 256, "{} packets", packets);
            }
        }
    }
}
