//! Every candidate pair's weight.

use std::collections::HashMap;

use rayon::slice::ParallelSliceMut;

use crate::block_plan::{Batch, BlockCost, BlockPlan};
use crate::compare::{MOST_COMPARISONS, MOST_LEVELS, Numbers, code, code_of_numbers, compared, level_of, touch};
use crate::model::{Comparison, LinkModel, Relation, TestKind};
use crate::records::{MISSING, Records};
use crate::table::Table;
use crate::train::train_on;
use crate::trained::{TrainedModel, TrainingError};

/// What one comparison gave.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    /// Of the comparison's levels; `None` is missing.
    pub level: Option<usize>,
    pub weight: f64,
}

/// Two rows that may be one person.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredPair {
    pub left: u32,
    pub right: u32,
    /// Sum of the parts: log2 of how much more likely the pair looks like this as one person than as two.
    pub weight: f64,
    /// Of being one person, by the weight and the share of matches alone.
    pub probability: f64,
    /// One for each comparison.
    pub parts: Vec<Part>,
    /// The blocks that hold the pair, a bit each.
    pub blocks: u64,
}

/// All pairs worth a look, by left and right row; and what was gone through.
#[derive(Clone, Debug)]
pub struct Linked {
    pub pairs: Vec<ScoredPair>,
    pub left_rows: usize,
    pub right_rows: usize,
    pub candidates: u64,
    pub costs: Vec<BlockCost>,
}

/// A pair is kept from this part of the review threshold on: it may still be a rival.
pub const KEPT_FROM: f64 = 0.001;

/// Two tables made ready for a model, so that training and linking share the work.
#[derive(Debug)]
pub struct Prepared<'m> {
    records: Records,
    plan: BlockPlan,
    model: &'m LinkModel,
}

/// Cleans the values, finds the blocks and counts what they cost.
#[must_use]
pub fn prepare<'m>(left: &Table, right: &Table, model: &'m LinkModel) -> Prepared<'m> {
    let records = Records::new(left, right, model);
    let plan = BlockPlan::new(&records, model);
    Prepared { records, plan, model }
}

impl Prepared<'_> {
    /// Says that the right table is the part of a register of `rows` rows that shares a block with the left one, and how many rows of the
    /// register have each value of a field: chances and frequencies are then the register's.
    #[must_use]
    pub fn of_register(mut self, rows: usize, field: &str, counts: &HashMap<String, u32>) -> Self {
        if let Some(field) = self.model.fields.iter().position(|found| found.name == field) {
            self.records.stand_for(rows, field, counts);
        }
        self
    }
    /// Says that a left row's partner can only be one of so many rows of the register: those that the right table was chosen from.
    #[must_use]
    pub fn among(mut self, rows: usize) -> Self {
        self.records.eligible = rows.max(self.records.right.count);
        self
    }
    /// What each block costs, before a pair is made.
    #[must_use]
    pub fn costs(&self) -> &[BlockCost] {
        &self.plan.costs
    }
    /// Learns the weights. The same rows in any order give the same weights, to the bit.
    pub fn train(&self) -> Result<TrainedModel, TrainingError> {
        train_on(&self.records, &self.plan, self.model)
    }
    /// Scores the candidate pairs.
    #[must_use]
    pub fn link(&self, trained: &TrainedModel) -> Linked {
        link_on(&self.records, &self.plan, self.model, trained)
    }
}

#[derive(Default)]
struct Made {
    pairs: Vec<ScoredPair>,
    candidates: u64,
}

fn link_on(records: &Records, plan: &BlockPlan, model: &LinkModel, trained: &TrainedModel) -> Linked {
    let scale = Scale::new(records, model, trained);
    let least = scale.least_weight(model.costs.review_from() * KEPT_FROM);
    let each = |made: &mut Made, batch: &Batch| {
        made.candidates += batch.pairs.len() as u64;
        for Open { left, right, blocks, pattern, .. } in scale.worth_a_look(records, model, batch, least) {
            if compared(pattern) < model.least_compared {
                continue;
            }
            let parts: Vec<Part> =
                (0..model.comparisons.len()).map(|at| scale.part(records, pattern, at, left)).collect();
            let weight: f64 = parts.iter().map(|part| part.weight).sum();
            let probability = scale.probability(weight);
            let (left, right) = (records.left.place(left), records.right.place(right));
            made.pairs.push(ScoredPair { left, right, weight, probability, parts, blocks });
        }
    };
    let made = plan.each_pair(|_| true, Made::default, each);
    let candidates = made.iter().map(|made| made.candidates).sum();
    let mut pairs: Vec<ScoredPair> = made.into_iter().flat_map(|made| made.pairs).collect();
    pairs.par_sort_unstable_by_key(|pair| (pair.left, pair.right));
    Linked { pairs, left_rows: records.left.count, right_rows: records.eligible, candidates, costs: plan.costs.clone() }
}

/// A pair some of whose comparisons are made, and that may still reach the least weight.
struct Open {
    left: u32,
    right: u32,
    blocks: u64,
    pattern: u64,
    /// What the comparisons that are made add, and the most that the others may.
    most: f64,
    /// The comparisons that are still to be made, a bit each.
    rest: u32,
}

/// A comparison of one field, as one left row has it.
#[derive(Clone, Copy)]
struct Own {
    at: usize,
    field: usize,
    value: u32,
    /// What an equal value adds, and what another adds at most.
    equal: f64,
    other: f64,
    /// The code of another value, where there is but one.
    code: Option<u64>,
}

/// A left row, about to be compared with several right ones.
struct OfLeft {
    fields: Vec<Own>,
    /// What the comparisons of other kinds add at most.
    most: f64,
}

/// Sums of the same weights in another order may differ by this.
const ROUNDING: f64 = 1e-9;

/// The level whose weight depends on how frequent the value is.
struct Frequency {
    field: usize,
    code: u64,
    /// By value.
    added: Vec<f64>,
}

/// Weights by comparison and code, and by value where its frequency counts.
struct Scale {
    of: [[f64; MOST_LEVELS + 1]; MOST_COMPARISONS],
    frequency: Vec<Option<Frequency>>,
    /// By comparison: what numbers tell of it, and what it adds at most where they do not settle it; unless a frequency counts.
    numbers: Vec<(Numbers, f64)>,
    /// Comparisons in the order in which a pair is tried.
    turns: Vec<usize>,
    prior: f64,
}

impl Scale {
    fn new(records: &Records, model: &LinkModel, trained: &TrainedModel) -> Self {
        let mut of = [[0.0; MOST_LEVELS + 1]; MOST_COMPARISONS];
        for (row, comparison) in of.iter_mut().zip(&trained.comparisons) {
            for (cell, level) in row[1..].iter_mut().zip(&comparison.levels) {
                *cell = level.weight;
            }
        }
        let frequency = model.comparisons.iter().zip(&trained.comparisons).map(|(comparison, weights)| {
            let at = comparison.levels.iter().position(|level| level.frequency)?;
            let field = comparison.levels[at].tests.iter().find(|test| test.kind == TestKind::Exact)?.left;
            let added = rarity(records, field, model.relation, weights.levels[at].u);
            Some(Frequency { field, code: at as u64 + 1, added })
        });
        let frequency: Vec<Option<Frequency>> = frequency.collect();
        let numbers = |(at, comparison): (usize, &Comparison)| numbers(comparison, &of[at], frequency[at].as_ref());
        let numbers = model.comparisons.iter().enumerate().map(numbers).collect();
        let share = trained.matched_share.min(0.999_999);
        let prior = (share / records.eligible.max(1) as f64).min(0.5);
        let turns = turns(records, model);
        Self { of, frequency, numbers, turns, prior }
    }
    fn part(&self, records: &Records, pattern: u64, at: usize, left: u32) -> Part {
        let code = (pattern >> (4 * at)) & 15;
        Part { level: level_of(pattern, at), weight: self.weight(records, at, code, left) }
    }
    fn weight(&self, records: &Records, at: usize, code: u64, left: u32) -> f64 {
        let weight = self.of[at][code as usize];
        match &self.frequency[at] {
            Some(frequency) if frequency.code == code => {
                let value = records.left.row(left)[frequency.field];
                weight + frequency.added.get(value as usize).copied().unwrap_or(0.0)
            }
            _ => weight,
        }
    }
    fn of_left(&self, records: &Records, model: &LinkModel, left: u32) -> OfLeft {
        let row = records.left.row(left);
        let mut of_left = OfLeft { fields: Vec::with_capacity(self.numbers.len()), most: 0.0 };
        for (at, (numbers, other)) in self.numbers.iter().enumerate() {
            match *numbers {
                Numbers::OneField(field) if row[field] == MISSING => {}
                Numbers::OneField(field) => {
                    let equal = self.weight(records, at, 1, left);
                    let code = (model.comparisons[at].levels.len() == 2).then_some(2);
                    of_left.fields.push(Own { at, field, value: row[field], equal, other: *other, code });
                }
                Numbers::All | Numbers::Nothing => of_left.most += self.most(records, at, left),
            }
        }
        of_left
    }
    /// What the values' numbers tell of a pair, unless it cannot reach the least weight.
    fn open(
        &self,
        records: &Records,
        model: &LinkModel,
        (left, right): (u32, u32),
        of_left: &OfLeft,
        least: f64,
    ) -> Option<Open> {
        let of_right = records.right.row(right);
        let mut open = Open { left, right, blocks: 0, pattern: 0, most: of_left.most, rest: 0 };
        for own in &of_left.fields {
            open.most += match of_right[own.field] {
                value if value == own.value => own.equal,
                MISSING => 0.0,
                _ => own.other,
            };
        }
        if open.most < least {
            return None;
        }
        for own in &of_left.fields {
            match (of_right[own.field], own.code) {
                (value, _) if value == own.value => open.pattern |= 1 << (4 * own.at),
                (MISSING, _) => {}
                (_, Some(code)) => open.pattern |= code << (4 * own.at),
                _ => open.rest |= 1 << own.at,
            }
        }
        for (at, (numbers, _)) in self.numbers.iter().enumerate() {
            match numbers {
                Numbers::OneField(_) => {}
                Numbers::All => {
                    let code = code_of_numbers(&model.comparisons[at], records.left.row(left), of_right);
                    open.most += self.weight(records, at, code, left) - self.most(records, at, left);
                    open.pattern |= code << (4 * at);
                }
                Numbers::Nothing => open.rest |= 1 << at,
            }
        }
        (open.most >= least).then_some(open)
    }
    /// The most that a comparison which is still to be made may add.
    fn most(&self, records: &Records, at: usize, left: u32) -> f64 {
        match (self.numbers[at], &self.frequency[at]) {
            ((Numbers::OneField(_), most), _) | ((_, most), None) => most,
            ((_, most), Some(frequency)) => most.max(self.weight(records, at, frequency.code, left)),
        }
    }
    /// The pairs that reach the least weight, with their patterns. One comparison of all pairs is made after another, and a pair is left as
    /// soon as what is still to come cannot lift it.
    fn worth_a_look(&self, records: &Records, model: &LinkModel, batch: &Batch, least: f64) -> Vec<Open> {
        let least = least - ROUNDING;
        records.right.touch(batch.pairs.iter().map(|(_, right)| *right));
        let mut open: Vec<Open> = Vec::with_capacity(batch.pairs.len());
        let mut blocks = batch.blocks.iter();
        for pairs in batch.pairs.chunk_by(|one, other| one.0 == other.0) {
            let of_left = self.of_left(records, model, pairs[0].0);
            let each = pairs.iter().zip(&mut blocks);
            open.extend(each.filter_map(|(pair, blocks)| {
                let open = self.open(records, model, *pair, &of_left, least)?;
                Some(Open { blocks: *blocks, ..open })
            }));
        }
        for at in &self.turns {
            let comparison = &model.comparisons[*at];
            let asked = open.iter().filter(|pair| pair.rest >> at & 1 == 1).map(|pair| (pair.left, pair.right));
            touch(records, comparison, asked);
            open.retain_mut(|pair| {
                if pair.rest >> at & 1 == 0 {
                    return true;
                }
                let code = code(records, comparison, records.left.row(pair.left), records.right.row(pair.right));
                pair.most += self.weight(records, *at, code, pair.left) - self.most(records, *at, pair.left);
                pair.pattern |= code << (4 * at);
                pair.most >= least
            });
        }
        open
    }
    fn probability(&self, weight: f64) -> f64 {
        let odds = self.prior / (1.0 - self.prior) * weight.exp2();
        if odds.is_infinite() { 1.0 } else { odds / (1.0 + odds) }
    }
    /// The weight that gives a probability.
    fn least_weight(&self, probability: f64) -> f64 {
        (probability / (1.0 - probability)).log2() - (self.prior / (1.0 - self.prior)).log2()
    }
}

fn numbers(comparison: &Comparison, weights: &[f64], frequency: Option<&Frequency>) -> (Numbers, f64) {
    let levels = comparison.levels.len();
    let numbers = Numbers::of(comparison);
    if matches!(numbers, Numbers::OneField(_)) && frequency.is_none_or(|frequency| frequency.code == 1) {
        return (numbers, weights[2..=levels.max(2)].iter().copied().fold(f64::NEG_INFINITY, f64::max));
    }
    let numbers = if numbers == Numbers::All { Numbers::All } else { Numbers::Nothing };
    let steady = (0..=levels).filter(|code| frequency.is_none_or(|frequency| frequency.code as usize != *code));
    (numbers, steady.map(|code| weights[code]).fold(0.0, f64::max))
}

/// Those that ask for few places of the memory first: comparing is quick, and waiting for a value is not.
fn turns(records: &Records, model: &LinkModel) -> Vec<usize> {
    let mut turns: Vec<usize> = (0..model.comparisons.len()).collect();
    turns.sort_by_key(|at| {
        let tests = model.comparisons[*at].levels.iter().flat_map(|level| &level.tests);
        let looks = tests.filter(|test| test.kind != TestKind::Exact || test.left != test.right);
        looks.map(|test| records.values[test.right].counts.len()).max().unwrap_or(0)
    });
    turns
}

/// What agreement in each value adds to the weight of agreement as such: log2 of u over the value's own frequency.
fn rarity(records: &Records, field: usize, relation: Relation, u: f64) -> Vec<f64> {
    let values = &records.values[field];
    let [left, present] = values.present();
    let right = if records.population > records.right.count { records.population as u64 } else { present };
    let frequency = |count: &[u32; 2]| match relation {
        // The right table is the population; a row of the left says nothing of how common a name is.
        Relation::ManyToOne => f64::from(count[1].max(1)) / right.max(1) as f64,
        _ => f64::from(count[0] + count[1]).max(2.0) / (left + right).max(1) as f64,
    };
    values.counts.iter().map(|count| (u / frequency(count)).log2()).collect()
}
