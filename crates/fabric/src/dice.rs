//! Chance, as a value: every draw comes from a seed or was forced, and a journey can be replayed.

use std::collections::VecDeque;

use netfilter::Probability;
use rand::{Rng, SeedableRng};
use rand_pcg::Pcg32;

/// What one draw of a `statistic --mode random` rule shall be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Forced {
    /// Whatever the seed says.
    Free,
    /// This number.
    Number(u32),
    /// A number below the rule's threshold, where there is one.
    Hit,
    /// A number not below the rule's threshold, where there is one.
    Miss,
}

/// Where random numbers come from. The same dice, the same journey, on every platform.
///
/// Draws and ports come from two streams, so that the draws of a seed do not depend on how many
/// ports MASQUERADE had to try.
#[derive(Debug, Clone)]
pub struct Dice {
    draws: Pcg32,
    ports: Pcg32,
    forced: Vec<Forced>,
    made: usize,
    /// Numbers that were drawn and given back, to be drawn again.
    returned: VecDeque<u32>,
}

impl Dice {
    /// All draws from a seed.
    pub fn seeded(seed: u64) -> Dice {
        Dice::scripted(Vec::new(), seed)
    }

    /// The first draws as forced, one after the other; the rest from a seed.
    pub fn scripted(forced: Vec<Forced>, seed: u64) -> Dice {
        Dice {
            draws: Pcg32::seed_from_u64(seed),
            ports: Pcg32::seed_from_u64(!seed),
            forced,
            made: 0,
            returned: VecDeque::new(),
        }
    }

    /// A number of 31 bits (`net/netfilter/xt_statistic.c` masks with 0x7FFFFFFF).
    ///
    /// A forced draw takes a number from the seed too, so that it does not shift the later ones.
    pub(crate) fn draw(&mut self, threshold: Probability) -> u32 {
        if let Some(number) = self.returned.pop_front() {
            return number;
        }
        let free = self.draws.next_u32() >> 1;
        let forced = self.forced.get(self.made).copied();
        self.made += 1;
        let Probability(bound) = threshold;
        match forced.unwrap_or(Forced::Free) {
            Forced::Free => free,
            Forced::Number(n) => n & (Probability::WHOLE - 1),
            Forced::Hit => scale(free, 0, bound),
            Forced::Miss => scale(free, bound, Probability::WHOLE),
        }
    }

    /// Gives numbers back: the next draws are these again.
    pub(crate) fn give_back(&mut self, numbers: &[u32]) {
        for &number in numbers.iter().rev() {
            self.returned.push_front(number);
        }
    }

    /// 16 bits for a port (`get_random_u16` in `nf_nat_l4proto_unique_tuple`).
    pub(crate) fn port(&mut self) -> u16 {
        (self.ports.next_u32() >> 16) as u16
    }
}

/// Maps a 31-bit number evenly into `first..end`; `free` itself where that is empty.
fn scale(free: u32, first: u32, end: u32) -> u32 {
    if first >= end {
        return free;
    }
    let width = u64::from(end - first);
    first + ((u64::from(free) * width) >> 31) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    const THIRD: Probability = Probability(715_827_883);

    #[test]
    fn the_same_seed_gives_the_same_numbers_everywhere() {
        let mut dice = Dice::seeded(1);
        let drawn: Vec<u32> = (0..3).map(|_| dice.draw(THIRD)).collect();
        let mut again = Dice::seeded(1);
        dice.port();
        assert_eq!(drawn, (0..3).map(|_| again.draw(THIRD)).collect::<Vec<_>>());
        assert!(drawn.iter().all(|&n| n < Probability::WHOLE));
    }

    #[test]
    fn forced_draws_hit_and_miss() {
        for seed in 0..200 {
            let forced = vec![Forced::Hit, Forced::Miss, Forced::Number(17)];
            let mut dice = Dice::scripted(forced, seed);
            assert!(dice.draw(THIRD) < THIRD.0);
            assert!(dice.draw(THIRD) >= THIRD.0);
            assert_eq!(dice.draw(THIRD), 17);
        }
        let mut dice = Dice::scripted(vec![Forced::Hit, Forced::Miss], 3);
        let never = dice.draw(Probability(0));
        assert!(never < Probability::WHOLE, "nothing is below nothing");
        dice.draw(Probability(Probability::WHOLE));
    }

    #[test]
    fn drawing_ports_does_not_shift_the_draws() {
        let (mut a, mut b) = (Dice::seeded(9), Dice::seeded(9));
        a.port();
        assert_eq!(a.draw(THIRD), b.draw(THIRD));
    }
}
