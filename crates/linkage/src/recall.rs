//! How many links there should be, without knowing the truth.
//!
//! Blocks find links as traps catch animals: from how many links were found by one block only and how many by two, Chao's (1987)
//! estimator tells how many were found by none. It is a lower bound where blocks find the same easy pairs.

use crate::decide::{Class, Decided};
use crate::link::Linked;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RecallEstimate {
    /// Links that one block found and no other, and that two did.
    pub found_once: u64,
    pub found_twice: u64,
    /// Matches that no block found.
    pub outside_blocks: f64,
    /// Matches among the candidates that were not linked.
    pub below_threshold: f64,
    /// Right links over all matches there should be.
    pub recall: f64,
}

/// Estimates the recall of what was decided.
#[must_use]
pub fn estimate_recall(linked: &Linked, decided: &Decided) -> RecallEstimate {
    let (mut once, mut twice, mut links, mut own) = (0_u64, 0_u64, 0_u64, 0.0);
    for decision in decided.decisions.iter().filter(|decision| decision.class == Class::Link) {
        let pair = &linked.pairs[decision.pair];
        links += 1;
        own += decision.probability;
        match pair.blocks.count_ones() {
            1 => once += 1,
            2 => twice += 1,
            _ => {}
        }
    }
    let outside_blocks = once as f64 * once.saturating_sub(1) as f64 / (2.0 * (twice as f64 + 1.0));
    let below_threshold = (decided.expected_matches - own).max(0.0);
    let right = links as f64 * (1.0 - decided.expected_false_links);
    let all = right + outside_blocks + below_threshold;
    let recall = if all > 0.0 { right / all } else { 0.0 };
    RecallEstimate { found_once: once, found_twice: twice, outside_blocks, below_threshold, recall }
}
