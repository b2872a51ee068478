//! Weights learnt from two tables without any truth.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

use crate::block_plan::BlockPlan;
use crate::compare::{compared, patterns};
use crate::estimate::{Candidates, Estimate, Known, PatternCounts, RowPatterns, estimate};
use crate::model::{Comparison, LinkModel, Relation, TestKind};
use crate::records::Records;
use crate::trained::{
    LevelEvidence, TRAINED_VERSION, TrainedComparison, TrainedLevel, TrainedModel, TrainingError, digest_text,
};

pub(crate) fn train_on(records: &Records, plan: &BlockPlan, model: &LinkModel) -> Result<TrainedModel, TrainingError> {
    let by_content = records.by_content();
    let sample = Sample::new(records, plan, model.training_pairs, &by_content[0]);
    let candidates = candidates(records, plan, model, &sample);
    if candidates.patterns.is_empty() {
        return Err(TrainingError::NoCandidates);
    }
    let known = Known {
        random: random_patterns(records, model, &by_content),
        candidates,
        pairs: sample.rows as f64 * records.population as f64,
        equal: model.comparisons.iter().map(|comparison| equal_pairs(records, comparison, &sample)).collect(),
        pinned: model.comparisons.iter().map(pins).collect(),
    };
    let estimate = estimate(&known, first_guess(sample.rows.min(records.right.count), model, &known));
    if estimate.matches < 2.0 {
        return Err(TrainingError::NoMatches);
    }
    let levels = |(at, comparison): (usize, &Comparison)| TrainedComparison {
        name: comparison.name.clone(),
        levels: (0..comparison.levels.len()).map(|level| trained_level(&estimate, comparison, at, level)).collect(),
    };
    Ok(TrainedModel {
        version: TRAINED_VERSION,
        model: model.name.clone(),
        digest: digest_text(model),
        left_rows: records.left.count as u64,
        right_rows: records.population as u64,
        sampled_rows: sample.rows as u64,
        candidate_pairs: known.candidates.rows.pairs(),
        random_pairs: model.random_pairs as u64,
        matches: short(estimate.matches),
        matched_share: short((estimate.matches / sample.rows as f64).min(1.0)),
        rounds: estimate.rounds,
        converged: estimate.converged,
        comparisons: model.comparisons.iter().enumerate().map(levels).collect(),
    })
}

/// The left rows that are trained on, told by their content.
struct Sample {
    /// By left row.
    wanted: Vec<bool>,
    rows: usize,
}

impl Sample {
    fn new(records: &Records, plan: &BlockPlan, most: u64, by_content: &[(u64, u32)]) -> Self {
        let candidates: u64 = plan.costs.iter().map(|cost| cost.pairs).sum();
        let share = most as f64 / candidates.max(1) as f64;
        let cut = if share < 1.0 { (share * u64::MAX as f64) as u64 } else { u64::MAX };
        let mut wanted = vec![false; records.left.count];
        let mut rows = 0;
        // Digests are even over all 64 bits, and rows of one content are in or out together.
        for (_, row) in by_content.iter().take_while(|(digest, _)| *digest <= cut) {
            wanted[*row as usize] = true;
            rows += 1;
        }
        Self { wanted, rows }
    }
}

fn trained_level(estimate: &Estimate, comparison: &Comparison, at: usize, level: usize) -> TrainedLevel {
    let of = &comparison.levels[level];
    let (m, u) = (estimate.m[at][level], estimate.u[at][level]);
    let (matches, others) = (estimate.matches_at[at][level], estimate.others_at[at][level]);
    let seen = (matches >= 1.0 || of.pinned_m.is_some(), others >= 1.0 || of.pinned_u.is_some());
    let evidence = match seen {
        (true, true) if of.pinned_m.is_some() && of.pinned_u.is_some() => LevelEvidence::Pinned,
        (true, true) => LevelEvidence::Observed,
        (true, false) => LevelEvidence::NeverAmongOthers,
        (false, true) => LevelEvidence::NeverAmongMatches,
        (false, false) => LevelEvidence::Never,
    };
    let weight = if evidence == LevelEvidence::Never { 0.0 } else { (m / u).log2() };
    let (m, u, weight, matches, others) = (short(m), short(u), short(weight), short(matches), short(others));
    TrainedLevel { name: of.name.clone(), m, u, weight, matches, others, evidence }
}

/// Nine digits of a number: what a file gives back to the bit, so that a model just trained and one read again score alike.
fn short(number: f64) -> f64 {
    format!("{number:.8e}").parse().unwrap_or(number)
}

fn pins(comparison: &Comparison) -> Vec<[Option<f64>; 2]> {
    comparison.levels.iter().map(|level| [level.pinned_m, level.pinned_u]).collect()
}

/// Pairs of the sample's product that agree in a first level of plain equality, and pairs where neither side is missing.
fn equal_pairs(records: &Records, comparison: &Comparison, sample: &Sample) -> Option<[f64; 2]> {
    let [test] = comparison.levels.first()?.tests.as_slice() else { return None };
    if test.kind != TestKind::Exact || test.left != test.right || test.left != comparison.field {
        return None;
    }
    let values = &records.values[comparison.field];
    let rows = records.left.column(comparison.field).zip(&sample.wanted).filter(|(_, wanted)| **wanted);
    let (equal, left) = rows
        .filter_map(|(id, _)| values.counts.get(id as usize))
        .fold((0_u64, 0_u64), |sum, count| (sum.0 + u64::from(count[1]), sum.1 + 1));
    Some([equal as f64, left as f64 * values.present()[1] as f64])
}

/// What the candidates of some left rows look like.
#[derive(Default)]
struct Found {
    numbers: HashMap<u64, u32, RandomState>,
    /// By number.
    patterns: Vec<u64>,
    rows: RowPatterns,
}

impl Found {
    fn number(&mut self, pattern: u64) -> u32 {
        *self.numbers.entry(pattern).or_insert_with(|| {
            self.patterns.push(pattern);
            self.patterns.len() as u32 - 1
        })
    }
    /// Rows as places among all patterns, in order.
    fn among(mut self, all: &[u64]) -> RowPatterns {
        let place = |pattern: &u64| all.binary_search(pattern).map_or(0, |at| at as u32);
        let places: Vec<u32> = self.patterns.iter().map(place).collect();
        self.rows.renumber(&places);
        self.rows
    }
}

/// What the candidates of each left row look like. Equal rows of patterns are counted once, in the order of their patterns, so that the order of
/// rows does not show.
fn candidates(records: &Records, plan: &BlockPlan, model: &LinkModel, sample: &Sample) -> Candidates {
    let wanted = |left: u32| sample.wanted[left as usize];
    let found = plan.each_pair(wanted, Found::default, |found: &mut Found, batch| {
        let patterns = patterns(records, &model.comparisons, &batch.pairs);
        let mut patterns = patterns.into_iter();
        for pairs in batch.pairs.chunk_by(|one, other| one.0 == other.0) {
            for pattern in patterns.by_ref().take(pairs.len()) {
                if compared(pattern) >= model.least_compared {
                    let number = found.number(pattern);
                    found.rows.push(number);
                }
            }
            found.rows.end_row();
        }
    });
    let mut patterns: Vec<u64> = found.iter().flat_map(|found| &found.patterns).copied().collect();
    patterns.sort_unstable();
    patterns.dedup();
    let found: Vec<RowPatterns> = found.into_par_iter().map(|found| found.among(&patterns)).collect();
    let mut rows: Vec<&[u32]> = found.iter().flat_map(RowPatterns::iter).collect();
    rows.par_sort_unstable();
    let counted = rows.chunk_by(|one, other| one == other).map(|same| (same[0], same.len() as u64));
    let rivals = model.relation != Relation::ManyToMany;
    Candidates { rows: counted.collect(), patterns, rivals, left_rows: sample.rows as f64 }
}

/// Patterns of pairs drawn from the whole product, by row content and not by row number.
fn random_patterns(records: &Records, model: &LinkModel, by_content: &[Vec<(u64, u32)>; 2]) -> PatternCounts {
    const A_DRAW: usize = 1 << 13;
    let [left, right] = by_content;
    let draws = model.random_pairs.div_ceil(A_DRAW);
    let counted = (0..draws)
        .into_par_iter()
        .map(|draw| {
            let mut dice = ChaCha8Rng::seed_from_u64(model.seed);
            dice.set_stream(draw as u64);
            let pairs: Vec<(u32, u32)> = (0..A_DRAW.min(model.random_pairs - draw * A_DRAW))
                .map(|_| (pick(left, dice.next_u64()), pick(right, dice.next_u64())))
                .collect();
            let mut counts: HashMap<u64, u64> = HashMap::new();
            for found in patterns(records, &model.comparisons, &pairs) {
                *counts.entry(found).or_default() += 1;
            }
            counts
        })
        .collect();
    merged(counted)
}

fn merged(counted: Vec<HashMap<u64, u64>>) -> PatternCounts {
    let mut sum: HashMap<u64, u64> = HashMap::new();
    for (pattern, count) in counted.into_iter().flatten() {
        *sum.entry(pattern).or_default() += count;
    }
    let mut sorted: PatternCounts = sum.into_iter().collect();
    sorted.sort_unstable();
    sorted
}

/// One of `rows`, evenly (Lemire 2019, without the last correction: the tables are far smaller than 2^64).
fn pick(rows: &[(u64, u32)], random: u64) -> u32 {
    let at = (u128::from(random) * rows.len() as u128) >> 64;
    rows[at as usize].1
}

/// Most matches agree; how often others do was counted.
fn first_guess(most: usize, model: &LinkModel, known: &Known) -> Estimate {
    let m: Vec<Vec<f64>> = model
        .comparisons
        .iter()
        .map(|comparison| {
            let last = comparison.levels.len() - 1;
            let raw: Vec<f64> =
                (0..=last).map(|level| if level == last { 0.05 } else { 0.8 * 0.3_f64.powi(level as i32) }).collect();
            let sum: f64 = raw.iter().sum();
            raw.into_iter().map(|rate| rate / sum).collect()
        })
        .collect();
    let mut u = m.clone();
    for (at, levels) in u.iter_mut().enumerate() {
        let mut counts = vec![0.5; levels.len()];
        for (pattern, count) in &known.random {
            if let Some(cell) = crate::compare::level_of(*pattern, at).and_then(|level| counts.get_mut(level)) {
                *cell += *count as f64;
            }
        }
        let sum: f64 = counts.iter().sum();
        *levels = counts.into_iter().map(|count| count / sum).collect();
    }
    let matches = most as f64 * 0.5;
    Estimate { matches_at: m.clone(), others_at: u.clone(), m, u, matches, rounds: 0, converged: false }
}
