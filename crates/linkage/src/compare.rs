//! Which level each comparison of a pair reaches.
//!
//! A pattern is sixteen half-bytes: the first comparison in the lowest, 0 for missing, 1 for the first level and so on.

use crate::closeness::{
    by_prints, date_parts, date_swapped, edits, edits_at_least, is_one_edit_at_most, jaro_winkler,
    jaro_winkler_may_reach,
};
use crate::model::{Comparison, Test, TestKind};
use crate::records::{Both, MISSING, Records, Values};

/// The most comparisons of a model, and the most levels of a comparison.
pub(crate) const MOST_COMPARISONS: usize = 16;
pub(crate) const MOST_LEVELS: usize = 15;

/// The level of comparison `at` in a pattern: `None` for missing.
pub(crate) fn level_of(pattern: u64, at: usize) -> Option<usize> {
    ((pattern >> (4 * at)) as usize & 15).checked_sub(1)
}

/// How many comparisons of a pattern are not missing.
pub(crate) fn compared(pattern: u64) -> usize {
    let halves = pattern | pattern >> 1;
    ((halves | halves >> 2) & 0x1111_1111_1111_1111).count_ones() as usize
}

/// What the numbers of two rows' values tell of a comparison, before a character is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Numbers {
    /// All levels are about one field, and the first is equality: whether the values are equal or missing.
    OneField(usize),
    /// All levels are equality: everything.
    All,
    Nothing,
}

impl Numbers {
    pub(crate) fn of(comparison: &Comparison) -> Self {
        let field = comparison.field;
        let mut tests = comparison.levels.iter().flat_map(|level| &level.tests);
        let first = comparison.levels.first().map_or(&[][..], |level| level.tests.as_slice());
        let is_equality = |test: &Test| test.kind == TestKind::Exact && test.left == test.right;
        if tests.clone().all(|test| (test.left, test.right) == (field, field))
            && matches!(first, [test] if is_equality(test))
        {
            return Self::OneField(field);
        }
        if tests.all(is_equality) { Self::All } else { Self::Nothing }
    }
}

/// The patterns of many pairs: first what numbers tell, then one comparison of all after another.
pub(crate) fn patterns(records: &Records, comparisons: &[Comparison], pairs: &[(u32, u32)]) -> Vec<u64> {
    records.right.touch(pairs.iter().map(|(_, right)| *right));
    let numbers: Vec<Numbers> = comparisons.iter().map(Numbers::of).collect();
    let mut patterns: Vec<u64> = Vec::with_capacity(pairs.len());
    // Pairs that still have to be compared, by comparison.
    let mut open: Vec<Vec<u32>> = vec![Vec::new(); comparisons.len()];
    for (pair, (left, right)) in pairs.iter().enumerate() {
        let (left, right) = (records.left.row(*left), records.right.row(*right));
        let mut pattern = 0;
        for (at, comparison) in comparisons.iter().enumerate() {
            let code = match numbers[at] {
                Numbers::OneField(field) if left[field] == MISSING || right[field] == MISSING => 0,
                Numbers::OneField(field) if left[field] == right[field] => 1,
                Numbers::OneField(_) if comparison.levels.len() == 2 => 2,
                Numbers::All => code_of_numbers(comparison, left, right),
                _ => {
                    open[at].push(pair as u32);
                    0
                }
            };
            pattern |= code << (4 * at);
        }
        patterns.push(pattern);
    }
    for (at, (comparison, open)) in comparisons.iter().zip(open).enumerate() {
        touch(records, comparison, open.iter().map(|pair| pairs[*pair as usize]));
        for pair in open {
            let (left, right) = pairs[pair as usize];
            let code = code(records, comparison, records.left.row(left), records.right.row(right));
            patterns[pair as usize] |= code << (4 * at);
        }
    }
    patterns
}

/// Looks at the right values of a comparison that is about to be made of many pairs, one after another, so that the processor fetches several
/// at a time; comparing them waits for each.
pub(crate) fn touch(records: &Records, comparison: &Comparison, pairs: impl Iterator<Item = (u32, u32)>) {
    let looked_into = |test: &&Test| test.left == test.right && test.kind != TestKind::Exact;
    let Some(test) = comparison.levels.iter().flat_map(|level| &level.tests).find(looked_into) else { return };
    let values = &records.values[test.right];
    let different = pairs.filter_map(|(left, right)| {
        let (left, right) = (records.left.row(left)[test.left], records.right.row(right)[test.right]);
        (left != right && left != MISSING && right != MISSING).then(|| values.print(right))
    });
    std::hint::black_box(different.fold(0, |sum, print| sum ^ print));
}

/// What was already computed for a pair, so that three levels of one measure cost one.
struct Known {
    fields: (usize, usize),
    similarity: Option<f64>,
    edits: Option<usize>,
}

const UNKNOWN: Known = Known { fields: (usize::MAX, usize::MAX), similarity: None, edits: None };

/// The code of a comparison of which numbers tell everything.
pub(crate) fn code_of_numbers(comparison: &Comparison, left: &[u32], right: &[u32]) -> u64 {
    let agree = |test: &Test| left[test.left] == right[test.right] && left[test.left] != MISSING;
    let is_reached = |tests: &[Test]| !tests.is_empty() && tests.iter().all(agree);
    match comparison.levels.iter().position(|level| is_reached(&level.tests)) {
        Some(level) => level as u64 + 1,
        None if left[comparison.field] == MISSING || right[comparison.field] == MISSING => 0,
        None => comparison.levels.len() as u64,
    }
}

/// The code of one comparison.
pub(crate) fn code(records: &Records, comparison: &Comparison, left: &[u32], right: &[u32]) -> u64 {
    let mut known = UNKNOWN;
    for (at, level) in comparison.levels.iter().enumerate() {
        if !level.tests.is_empty() && level.tests.iter().all(|test| holds(records, test, left, right, &mut known)) {
            return at as u64 + 1;
        }
    }
    let missing = left[comparison.field] == MISSING || right[comparison.field] == MISSING;
    if missing { 0 } else { comparison.levels.len() as u64 }
}

fn holds(records: &Records, test: &Test, left: &[u32], right: &[u32], known: &mut Known) -> bool {
    let (a, b) = (left[test.left], right[test.right]);
    if a == MISSING || b == MISSING {
        return false;
    }
    if test.left == test.right && (a == b || test.kind == TestKind::Exact) {
        return a == b;
    }
    if known.fields != (test.left, test.right) {
        *known = Known { fields: (test.left, test.right), ..UNKNOWN };
    }
    let (of_left, of_right) = (&records.values[test.left], &records.values[test.right]);
    if let Some(told) = by_prints(test.kind, of_left.print(a), of_right.print(b)) {
        return told;
    }
    let (a, b) = (of_left.glance(a), of_right.glance(b));
    let may_hold = match test.kind {
        TestKind::JaroWinkler { at_least } => known.similarity.is_some() || jaro_winkler_may_reach(at_least, a, b),
        TestKind::Edits { at_most } => edits_at_least(a, b) <= at_most,
        _ => true,
    };
    if !may_hold {
        return false;
    }
    match Values::both((of_left, a), (of_right, b)) {
        Both::Bytes(a, b) => is_near(test, a, b, known),
        Both::Words(a, b) => is_near(test, a, b, known),
        Both::Symbols(a, b) => is_near(test, a, b, known),
    }
}

fn is_near<S: Copy + Eq>(test: &Test, a: &[S], b: &[S], known: &mut Known) -> bool {
    match test.kind {
        TestKind::JaroWinkler { at_least } => *known.similarity.get_or_insert_with(|| jaro_winkler(a, b)) >= at_least,
        TestKind::Edits { at_most: 1 } => is_one_edit_at_most(a, b),
        TestKind::Edits { at_most } => *known.edits.get_or_insert_with(|| edits(a, b)) <= at_most,
        TestKind::Exact => a == b,
        TestKind::DateParts { at_least } => date_parts(a, b) >= at_least,
        TestKind::DateSwapped => date_swapped(a, b),
        TestKind::Prefix => a.starts_with(b) || b.starts_with(a),
    }
}
