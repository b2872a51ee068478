//! What may be done with scored pairs: linked, shown to a person, or nothing.
//!
//! A pair's own probability does not know of rivals. Where a row has one partner at most, rivals share what there is: the chance of a
//! pair is its part in all the ways to pair the rows up, each way as likely as the product of its pairs' odds. Those chances are
//! found by passing messages along the pairs (the monomer-dimer model; Bayati, Gamarnik and others 2007): exact where the
//! pairs form no ring, near it elsewhere, the same in any order. Two pairs that share a row cannot both be above one half, so that
//! what is linked is one-to-one without a greedy choice, and rows that tie are linked to nobody.

use crate::link::{Linked, ScoredPair};
use crate::model::{LinkModel, Relation};
use crate::trained::TrainedModel;

/// What is done with a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    Link,
    Review,
}

/// A pair that is linked or shown. By its place in [`Linked::pairs`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decision {
    pub pair: usize,
    pub class: Class,
    /// Of being one person, with rivals taken into account.
    pub probability: f64,
}

/// All decisions, in the order of the pairs, and what to expect of them.
#[derive(Clone, Debug)]
pub struct Decided {
    pub decisions: Vec<Decision>,
    pub link_from: f64,
    pub review_from: f64,
    pub links: usize,
    pub reviews: usize,
    /// Of the links, the part expected to be wrong.
    pub expected_false_links: f64,
    /// Matches expected among all pairs, linked or not.
    pub expected_matches: f64,
}

impl Decided {
    /// How many links another threshold would make, and which part of them would be wrong. Not below the review threshold.
    #[must_use]
    pub fn at(&self, link_from: f64) -> (usize, f64) {
        let linked = self.decisions.iter().filter(|decision| decision.probability >= link_from);
        let (links, doubt) = linked.fold((0, 0.0), |sum, decision| (sum.0 + 1, sum.1 + 1.0 - decision.probability));
        (links, if links == 0 { 0.0 } else { doubt / links as f64 })
    }
}

/// What is known of a left row before it is compared: that it has a partner, and how many he may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prior {
    pub share: f64,
    pub among: usize,
}

/// Sorts scored pairs by what errors cost.
#[must_use]
pub fn decide(linked: &Linked, model: &LinkModel, trained: &TrainedModel) -> Decided {
    let probabilities: Vec<f64> = match model.relation {
        Relation::ManyToMany => linked.pairs.iter().map(|pair| pair.probability).collect(),
        Relation::ManyToOne => among_rivals(linked, &|_| Prior::of_all(linked, trained)),
        Relation::OneToOne => among_matchings(linked, trained),
    };
    sorted(probabilities, model)
}

/// The same where left rows are not alike before they are compared, and each has one partner at most.
#[must_use]
pub fn decide_each(linked: &Linked, model: &LinkModel, prior: &dyn Fn(u32) -> Prior) -> Decided {
    sorted(among_rivals(linked, prior), model)
}

fn sorted(probabilities: Vec<f64>, model: &LinkModel) -> Decided {
    let (link_from, review_from) = (model.costs.link_from(), model.costs.review_from());
    // Added up as whole parts, so that the order of addition does not show.
    let parts: u64 = probabilities.iter().map(|probability: &f64| (probability * PARTS_OF_ONE) as u64).sum();
    let mut decided = Decided {
        decisions: Vec::new(),
        link_from,
        review_from,
        links: 0,
        reviews: 0,
        expected_false_links: 0.0,
        expected_matches: parts as f64 / PARTS_OF_ONE,
    };
    for (pair, probability) in probabilities.into_iter().enumerate() {
        let class = if probability >= link_from {
            decided.links += 1;
            Class::Link
        } else if probability >= review_from {
            decided.reviews += 1;
            Class::Review
        } else {
            continue;
        };
        decided.decisions.push(Decision { pair, class, probability });
    }
    decided.expected_false_links = decided.at(link_from).1;
    decided
}

const PARTS_OF_ONE: f64 = 4_294_967_296.0;

impl Prior {
    /// Of every left row, as far as the weights' training knows.
    #[must_use]
    pub fn of_all(linked: &Linked, trained: &TrainedModel) -> Self {
        Self { share: trained.matched_share.min(1.0), among: linked.right_rows }
    }
    /// Odds of one partner, of all that he may be, against none; before anything is compared.
    fn odds(self) -> f64 {
        self.share / self.among.max(1) as f64 / alone(self.share, 1)
    }
}

fn odds_of(prior: f64, weight: f64) -> f64 {
    (prior * weight.exp2()).min(1e300)
}

/// The part of rows without a partner; never none, since a share is only estimated.
fn alone(matches: f64, rows: usize) -> f64 {
    let rows = rows.max(1) as f64;
    (1.0 - matches / rows).max(LEAST_ALONE)
}

const LEAST_ALONE: f64 = 0.01;

/// Where a left row has one partner at most.
fn among_rivals(linked: &Linked, prior: &dyn Fn(u32) -> Prior) -> Vec<f64> {
    let odds: Vec<f64> = linked.pairs.iter().map(|pair| odds_of(prior(pair.left).odds(), pair.weight)).collect();
    let mut of_row: Vec<Vec<f64>> = vec![Vec::new(); linked.left_rows];
    for (pair, odds) in linked.pairs.iter().zip(&odds) {
        of_row[pair.left as usize].push(*odds);
    }
    let sums: Vec<f64> = of_row.into_iter().map(sum_in_order).collect();
    linked.pairs.iter().zip(&odds).map(|(pair, odds)| odds / (1.0 + sums[pair.left as usize])).collect()
}

/// A sum that does not depend on the order in which the numbers came.
fn sum_in_order(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.iter().sum()
}

const MOST_ROUNDS: usize = 200;
const STILL: f64 = 1e-9;

/// Where both sides have one partner at most.
fn among_matchings(linked: &Linked, trained: &TrainedModel) -> Vec<f64> {
    let matches = trained.matched_share * linked.left_rows as f64;
    let both_alone = alone(matches, linked.left_rows) * alone(matches, linked.right_rows);
    let share = trained.matched_share.min(1.0) / linked.right_rows.max(1) as f64;
    let odds: Vec<f64> = linked.pairs.iter().map(|pair| odds_of(share / both_alone, pair.weight)).collect();
    matching_chances(&linked.pairs, linked.left_rows, linked.right_rows, &odds)
}

/// Each pair's part in all the ways to pair the rows up.
fn matching_chances(pairs: &[ScoredPair], left_rows: usize, right_rows: usize, odds: &[f64]) -> Vec<f64> {
    // What a row says to its partner: how free it is of everybody else.
    let mut from_left = vec![1.0; pairs.len()];
    let mut from_right = vec![1.0; pairs.len()];
    for _ in 0..MOST_ROUNDS {
        let next_left = free(pairs, left_rows, |pair| pair.left, odds, &from_right);
        let next_right = free(pairs, right_rows, |pair| pair.right, odds, &from_left);
        let moved = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let change = moved(&next_left, &from_left).max(moved(&next_right, &from_right));
        (from_left, from_right) = (next_left, next_right);
        if change < STILL {
            break;
        }
    }
    odds.iter()
        .zip(from_left.iter().zip(&from_right))
        .map(|(odds, (left, right))| {
            let together = odds * left * right;
            together / (1.0 + together)
        })
        .collect()
}

/// For each pair, one over one plus what its row is offered by the other pairs.
fn free(pairs: &[ScoredPair], rows: usize, row: fn(&ScoredPair) -> u32, odds: &[f64], heard: &[f64]) -> Vec<f64> {
    let mut offers: Vec<Vec<(f64, usize)>> = vec![Vec::new(); rows];
    for (at, pair) in pairs.iter().enumerate() {
        offers[row(pair) as usize].push((odds[at] * heard[at], at));
    }
    let mut free = vec![1.0; pairs.len()];
    for mut offers in offers {
        offers.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        // Sums from both ends, since a great offer taken off a sum would leave nothing of the small ones.
        let mut others = 0.0;
        for (offer, at) in &offers {
            free[*at] = others;
            others += offer;
        }
        others = 0.0;
        for (offer, at) in offers.iter().rev() {
            free[*at] = 1.0 / (1.0 + free[*at] + others);
            others += offer;
        }
    }
    free
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// Every way to pair rows up, as the pairs in it.
    fn matchings(pairs: &[(u32, u32)]) -> Vec<Vec<usize>> {
        let mut all = vec![Vec::new()];
        for (at, pair) in pairs.iter().enumerate() {
            let free =
                |chosen: &Vec<usize>| chosen.iter().all(|other| pairs[*other].0 != pair.0 && pairs[*other].1 != pair.1);
            let more: Vec<Vec<usize>> =
                all.iter().filter(|chosen| free(chosen)).map(|chosen| [&chosen[..], &[at]].concat()).collect();
            all.extend(more);
        }
        all
    }

    fn chances(pairs: &[(u32, u32)], odds: &[f64]) -> Vec<f64> {
        let made: Vec<ScoredPair> = pairs
            .iter()
            .map(|(left, right)| ScoredPair {
                left: *left,
                right: *right,
                weight: 0.0,
                probability: 0.0,
                parts: Vec::new(),
                blocks: 0,
            })
            .collect();
        matching_chances(&made, 4, 4, odds)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]
        #[test]
        fn without_rings_the_chances_are_exact_and_links_are_those_of_the_best_assignment(
            pairs in proptest::collection::btree_set((0_u32..4, 0_u32..4), 1..9),
            logs in proptest::collection::vec(-6.0_f64..12.0, 9),
        ) {
            let pairs: Vec<(u32, u32)> = pairs.into_iter().collect();
            let odds: Vec<f64> = logs[..pairs.len()].iter().map(|log| log.exp()).collect();
            let found = chances(&pairs, &odds);
            let ways = matchings(&pairs);
            let product = |way: &Vec<usize>| way.iter().map(|at| odds[*at]).product::<f64>();
            let all: f64 = ways.iter().map(product).sum();
            let best = ways.iter().max_by(|a, b| product(a).total_cmp(&product(b))).unwrap();
            for (at, chance) in found.iter().enumerate() {
                let exact = ways.iter().filter(|way| way.contains(&at)).map(product).sum::<f64>() / all;
                if no_ring(&pairs) {
                    prop_assert!((chance - exact).abs() < 1e-6, "{chance} {exact}");
                }
                // Rings may deceive a little, but not so far that a link is not the best assignment's.
                prop_assert!(*chance < 0.95 || best.contains(&at), "{chance} {exact}");
            }
        }
    }

    fn no_ring(pairs: &[(u32, u32)]) -> bool {
        let mut group: Vec<u32> = (0..8).collect();
        for (left, right) in pairs {
            let (one, other) = (group[*left as usize], group[*right as usize + 4]);
            if one == other {
                return false;
            }
            group.iter_mut().filter(|of| **of == other).for_each(|of| *of = one);
        }
        true
    }

    #[test]
    fn a_partner_who_is_surely_anothers_is_no_rival() {
        // Row 0 fits 0 well and 1 a little less; 1 is row 1's beyond doubt.
        let found = chances(&[(0, 0), (0, 1), (1, 1)], &[1e4, 5e3, 1e12]);
        assert!(found[0] > 0.999 && found[1] < 1e-3 && found[2] > 0.999, "{found:?}");
    }
}
