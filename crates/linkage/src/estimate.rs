//! Expectation and maximisation over patterns (Winkler 1988).
//!
//! The pairs of the whole product of both tables are a mixture: matches with level rates m, others with rates u, mixed by λ. Only
//! candidates are looked at one by one; a pair outside every block counts as no match. Since the chance of a pattern does not depend
//! on the block that found it, no comparison has to be left out of the training of the blocks that use it. u is counted over random
//! pairs, less the matches that are expected among them; where a level is plain equality, over the whole product at once.
//!
//! Where a left row has one partner at most, its candidates share what there is. That keeps namesakes and households, which agree in
//! several fields for one reason, from passing for matches as long as the right partner is there too.

use crate::compare::{MOST_COMPARISONS, MOST_LEVELS, level_of};

/// How often each pattern was seen. Sorted by pattern, so that sums come out the same.
pub(crate) type PatternCounts = Vec<(u64, u64)>;

/// The candidates of the left rows, by pattern.
pub(crate) struct Candidates {
    /// The distinct ones, in order.
    pub(crate) patterns: Vec<u64>,
    pub(crate) rows: CountedRows,
    /// Whether a left row has one partner at most.
    pub(crate) rivals: bool,
    pub(crate) left_rows: f64,
}

/// The candidates of one left row after another, as numbers of patterns.
#[derive(Default)]
pub(crate) struct RowPatterns {
    numbers: Vec<u32>,
    ends: Vec<usize>,
}

impl RowPatterns {
    pub(crate) fn push(&mut self, number: u32) {
        self.numbers.push(number);
    }
    /// What was pushed since the last row is one; nothing is none.
    pub(crate) fn end_row(&mut self) {
        if self.ends.last().copied().unwrap_or(0) < self.numbers.len() {
            self.ends.push(self.numbers.len());
        }
    }
    /// Gives every pattern another number, and sorts each row.
    pub(crate) fn renumber(&mut self, numbers: &[u32]) {
        let mut start = 0;
        for end in &self.ends {
            let row = &mut self.numbers[start..*end];
            row.iter_mut().for_each(|number| *number = numbers[*number as usize]);
            row.sort_unstable();
            start = *end;
        }
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts.zip(&self.ends).map(|(start, end)| &self.numbers[*start..*end])
    }
}

/// What a left row's candidates look like, and how many left rows have just these.
#[derive(Default)]
pub(crate) struct CountedRows {
    /// Places in `patterns`, row by row.
    places: Vec<u32>,
    /// Where each row's end, and how many rows are like it.
    rows: Vec<(usize, u64)>,
}

impl CountedRows {
    fn iter(&self) -> impl Iterator<Item = (&[u32], u64)> {
        let mut start = 0;
        self.rows.iter().map(move |(end, count)| {
            let row = &self.places[start..*end];
            start = *end;
            (row, *count)
        })
    }
    /// Of all left rows.
    pub(crate) fn pairs(&self) -> u64 {
        self.iter().map(|(row, count)| row.len() as u64 * count).sum()
    }
}

impl<'r> FromIterator<(&'r [u32], u64)> for CountedRows {
    fn from_iter<I: IntoIterator<Item = (&'r [u32], u64)>>(rows: I) -> Self {
        let mut all = Self::default();
        for (row, count) in rows {
            all.places.extend_from_slice(row);
            all.rows.push((all.places.len(), count));
        }
        all
    }
}

impl Candidates {
    /// How many matches are expected of each pattern.
    fn matches(&self, weights: &Weights) -> Vec<(u64, f64)> {
        let likely: Vec<f64> = self.patterns.iter().map(|pattern| weights.odds(*pattern)).collect();
        let mut matches = vec![0.0; likely.len()];
        let alone = (1.0 - weights.matches / self.left_rows).max(LEAST_ALONE);
        for (places, count) in self.rows.iter() {
            let all: f64 = places.iter().map(|at| likely[*at as usize]).sum();
            for at in places {
                let odds = likely[*at as usize];
                let chance = if self.rivals { odds / (alone + all) } else { odds / (1.0 + odds) };
                matches[*at as usize] += count as f64 * chance;
            }
        }
        self.patterns.iter().copied().zip(matches).collect()
    }
}

/// What is known before the first round.
pub(crate) struct Known {
    pub(crate) candidates: Candidates,
    pub(crate) random: PatternCounts,
    /// Pairs in the whole product.
    pub(crate) pairs: f64,
    /// By comparison: for a first level of plain equality, its pairs in the whole product and those where neither side is missing.
    pub(crate) equal: Vec<Option<[f64; 2]>>,
    /// By comparison: m and u of each level where the model pins them.
    pub(crate) pinned: Vec<Vec<[Option<f64>; 2]>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Estimate {
    /// By comparison and level.
    pub(crate) m: Vec<Vec<f64>>,
    pub(crate) u: Vec<Vec<f64>>,
    /// Expected matches and counted others behind them.
    pub(crate) matches_at: Vec<Vec<f64>>,
    pub(crate) others_at: Vec<Vec<f64>>,
    pub(crate) matches: f64,
    pub(crate) rounds: u32,
    pub(crate) converged: bool,
}

const MOST_ROUNDS: u32 = 500;
const STILL: f64 = 1e-6;
/// The part of rows without a partner is never taken to be none.
const LEAST_ALONE: f64 = 0.001;
/// No pair's odds are more than this, so that a sum of them stays a number.
const MOST_ODDS: f64 = 1e200;
/// A level never seen is taken as seen half a time.
const HALF_A_PAIR: f64 = 0.5;

/// The sum of weights of each comparison's levels, natural logarithms; missing adds nothing.
struct Weights {
    of: [[f64; MOST_LEVELS + 1]; MOST_COMPARISONS],
    prior: f64,
    matches: f64,
}

impl Weights {
    fn new(estimate: &Estimate, pairs: f64) -> Self {
        let mut of = [[0.0; MOST_LEVELS + 1]; MOST_COMPARISONS];
        for (row, (m, u)) in of.iter_mut().zip(estimate.m.iter().zip(&estimate.u)) {
            for (cell, (m, u)) in row[1..].iter_mut().zip(m.iter().zip(u)) {
                *cell = (m / u).ln();
            }
        }
        let share = estimate.matches / pairs;
        Self { of, prior: (share / (1.0 - share)).ln(), matches: estimate.matches }
    }
    /// Of a pair of this pattern being a match.
    fn odds(&self, pattern: u64) -> f64 {
        let sum: f64 = (0..MOST_COMPARISONS).map(|at| self.of[at][(pattern >> (4 * at)) as usize & 15]).sum();
        (sum + self.prior).exp().min(MOST_ODDS)
    }
}

/// Sums by comparison and level, and over all.
fn tally(shape: &[Vec<f64>], masses: impl Iterator<Item = (u64, f64)>) -> (Vec<Vec<f64>>, f64) {
    let mut sums: Vec<Vec<f64>> = shape.iter().map(|levels| vec![0.0; levels.len()]).collect();
    let mut total = 0.0;
    for (pattern, mass) in masses {
        total += mass;
        for (at, levels) in sums.iter_mut().enumerate() {
            if let Some(cell) = level_of(pattern, at).and_then(|level| levels.get_mut(level)) {
                *cell += mass;
            }
        }
    }
    (sums, total)
}

/// Runs until nothing moves.
pub(crate) fn estimate(known: &Known, first: Estimate) -> Estimate {
    let mut now = first;
    for round in 1..=MOST_ROUNDS {
        let weights = Weights::new(&now, known.pairs);
        let (matches_at, matches) = tally(&now.m, known.candidates.matches(&weights).into_iter());
        let other = |(pattern, count): &(u64, u64)| (*pattern, *count as f64 / (1.0 + weights.odds(*pattern)));
        let (others_at, _) = tally(&now.u, known.random.iter().map(other));
        let mut next = Estimate {
            m: now.m.clone(),
            u: now.u.clone(),
            matches_at,
            others_at,
            matches: matches.max(HALF_A_PAIR).min(known.pairs * 0.5),
            rounds: round,
            converged: false,
        };
        for at in 0..next.m.len() {
            next.m[at] = rates(&next.matches_at[at], known.pinned[at].iter().map(|pins| pins[0]));
            next.u[at] = others(known, &mut next, at);
        }
        let moved = moved(&now, &next);
        now = next;
        if moved < STILL {
            now.converged = true;
            break;
        }
    }
    now
}

/// u of one comparison.
fn others(known: &Known, next: &mut Estimate, at: usize) -> Vec<f64> {
    if let Some([equal, present]) = known.equal[at] {
        let of_matches: f64 = next.matches_at[at].iter().sum();
        let rest = (present - of_matches).max(1.0);
        let first = (equal - next.matches_at[at][0]).max(HALF_A_PAIR) / rest;
        let counted: f64 = next.others_at[at][1..].iter().sum();
        // The other levels keep the counts of the random pairs; the first gets the one that gives it its rate.
        if counted > 0.0 && first < 1.0 {
            next.others_at[at][0] = counted * first / (1.0 - first);
        }
    }
    rates(&next.others_at[at], known.pinned[at].iter().map(|pins| pins[1]))
}

/// Counts as rates that add up to one, the pinned ones as they are.
fn rates(counts: &[f64], pins: impl Iterator<Item = Option<f64>> + Clone) -> Vec<f64> {
    let pinned: f64 = pins.clone().flatten().sum();
    let free = |pin: &Option<f64>| pin.is_none();
    let with_floor = |count: f64| count.max(HALF_A_PAIR);
    let counted: f64 =
        counts.iter().zip(pins.clone()).filter(|(_, pin)| free(pin)).map(|(count, _)| with_floor(*count)).sum();
    let left_over = (1.0 - pinned).max(1e-9);
    counts
        .iter()
        .zip(pins)
        .map(|(count, pin)| pin.unwrap_or_else(|| with_floor(*count) / counted * left_over))
        .collect()
}

fn moved(before: &Estimate, after: &Estimate) -> f64 {
    let rates = |estimate: &Estimate| -> Vec<f64> { estimate.m.iter().chain(&estimate.u).flatten().copied().collect() };
    let of_rates = rates(before).iter().zip(rates(after)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    of_rates.max((before.matches / after.matches - 1.0).abs())
}
