//! Chance that depends on the seed, the purpose and the household alone, never on what was rolled for others.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// One stream of rolls.
pub(crate) struct Dice(ChaCha8Rng);

/// What a stream is for, so that a messy county has the lives of the clean one.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    County,
    Home,
    Life,
    Damage,
    Layout,
    Story,
    Stranger,
    Fault,
    Plan,
}

impl Dice {
    pub(crate) fn new(seed: u64, purpose: Purpose, index: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed ^ (purpose as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        generator.set_stream(index);
        Self(generator)
    }
    /// 0 to `bound - 1`; 0 for a bound of 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // Multiply-shift: its bias is below 2^-32 for the small bounds used here.
        ((u64::from(self.0.next_u32()) * bound as u64) >> 32) as usize
    }
    /// Both ends included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as usize) as i64
    }
    pub(crate) fn chance(&mut self, per_million: u32) -> bool {
        self.below(1_000_000) < per_million as usize
    }
    pub(crate) fn percent(&mut self, percent: u32) -> bool {
        self.chance(percent * 10_000)
    }
    pub(crate) fn pick<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.below(items.len())]
    }
    /// The index of one weight, by weight.
    pub(crate) fn weighted(&mut self, weights: &[u32]) -> usize {
        let total: u32 = weights.iter().sum();
        let mut roll = self.below(total as usize) as u32;
        for (index, weight) in weights.iter().enumerate() {
            if roll < *weight {
                return index;
            }
            roll -= weight;
        }
        0
    }
}
