//! Which level each comparison of a pair reaches.
//!
//! A pattern is sixteen half-bytes: the first comparison in the lowest, 0 for missing, 1 for the first level and so on.

use crate::closeness::{date_parts, date_swapped, edits, edits_at_least, jaro_winkler, jaro_winkler_may_reach};
use crate::model::{Comparison, Test, TestKind};
use crate::records::{MISSING, Records};

/// The most comparisons of a model, and the most levels of a comparison.
pub(crate) const MOST_COMPARISONS: usize = 16;
pub(crate) const MOST_LEVELS: usize = 15;

/// The level of comparison `at` in a pattern: `None` for missing.
pub(crate) fn level_of(pattern: u64, at: usize) -> Option<usize> {
    ((pattern >> (4 * at)) as usize & 15).checked_sub(1)
}

/// How many comparisons of a pattern are not missing.
pub(crate) fn compared(pattern: u64) -> usize {
    (0..MOST_COMPARISONS).filter(|at| level_of(pattern, *at).is_some()).count()
}

pub(crate) fn pattern(records: &Records, comparisons: &[Comparison], left: u32, right: u32) -> u64 {
    let (left, right) = (records.left.row(left), records.right.row(right));
    comparisons
        .iter()
        .enumerate()
        .fold(0, |bits, (at, comparison)| bits | code(records, comparison, left, right) << (4 * at))
}

/// What was already computed for a pair, so that three levels of one measure cost one.
struct Known {
    fields: (usize, usize),
    similarity: Option<f64>,
    edits: Option<usize>,
}

const UNKNOWN: Known = Known { fields: (usize::MAX, usize::MAX), similarity: None, edits: None };

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
    let (a, b) = (of_left.glance(a), of_right.glance(b));
    match test.kind {
        TestKind::JaroWinkler { at_least } => {
            if known.similarity.is_none() && !jaro_winkler_may_reach(at_least, a, b) {
                return false;
            }
            let (a, b) = (of_left.symbols_at(a), of_right.symbols_at(b));
            *known.similarity.get_or_insert_with(|| jaro_winkler(a, b)) >= at_least
        }
        TestKind::Edits { at_most } => {
            if edits_at_least(a, b) > at_most {
                return false;
            }
            let (a, b) = (of_left.symbols_at(a), of_right.symbols_at(b));
            *known.edits.get_or_insert_with(|| edits(a, b)) <= at_most
        }
        TestKind::Exact => a.signature == b.signature && of_left.symbols_at(a) == of_right.symbols_at(b),
        TestKind::DateParts { at_least } => date_parts(of_left.symbols_at(a), of_right.symbols_at(b)) >= at_least,
        TestKind::DateSwapped => date_swapped(of_left.symbols_at(a), of_right.symbols_at(b)),
        TestKind::Prefix => {
            let (a, b) = (of_left.symbols_at(a), of_right.symbols_at(b));
            a.starts_with(b) || b.starts_with(a)
        }
    }
}
