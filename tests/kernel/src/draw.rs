//! Chance for the generator: a small seeded stream, the same on every machine.

use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;

/// A stream of draws.
pub struct Draw(Pcg32);

impl Draw {
    /// The stream of one case.
    pub fn new(seed: u64, case: u64) -> Draw {
        Draw(Pcg32::seed_from_u64(
            seed.wrapping_mul(1_000_003).wrapping_add(case),
        ))
    }

    /// A number below `end`, which is not zero.
    pub fn below(&mut self, end: usize) -> usize {
        self.0.next_u32() as usize % end.max(1)
    }

    /// Whether something with this many chances in a hundred comes about.
    pub fn percent(&mut self, chances: usize) -> bool {
        self.below(100) < chances
    }

    /// One of several.
    pub fn of<T: Clone>(&mut self, many: &[T]) -> T {
        many[self.below(many.len())].clone()
    }

    /// One of several by weight.
    pub fn weighted<T: Copy>(&mut self, many: &[(usize, T)]) -> T {
        let mut left = self.below(many.iter().map(|(weight, _)| weight).sum());
        for &(weight, value) in many {
            if left < weight {
                return value;
            }
            left -= weight;
        }
        many[many.len() - 1].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_always_the_same_and_others_differ() {
        let numbers = |seed, case| {
            let mut draw = Draw::new(seed, case);
            (0..8).map(|_| draw.below(1000)).collect::<Vec<_>>()
        };
        assert_eq!(numbers(1, 2), numbers(1, 2));
        assert_ne!(numbers(1, 2), numbers(1, 3));
        assert_ne!(numbers(1, 2), numbers(2, 2));
    }

    #[test]
    fn weights_are_kept() {
        let mut draw = Draw::new(7, 0);
        let count = (0..4000)
            .filter(|_| draw.weighted(&[(1, true), (3, false)]))
            .count();
        assert!((850..1150).contains(&count), "{count}");
    }
}
