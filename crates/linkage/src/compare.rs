//! Which level each comparison of a pair reaches.
//!
//! A pattern is sixteen half-bytes: the first comparison in the lowest, 0 for missing, 1 for the first level and so on.

use crate::closeness::{
    date_parts, date_swapped, edits, edits_at_least, is_one_edit_at_most, jaro_winkler, jaro_winkler_may_reach,
};
use crate::model::{Comparison, Test, TestKind};
use crate::records::{MISSING, Records, Room};

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

/// The patterns of many pairs, one comparison of all after another.
pub(crate) fn patterns(records: &Records, comparisons: &[Comparison], pairs: &[(u32, u32)]) -> Vec<u64> {
    let mut patterns = vec![0; pairs.len()];
    records.right.touch(pairs.iter().map(|(_, right)| *right));
    for (at, comparison) in comparisons.iter().enumerate() {
        touch(records, comparison, pairs.iter().copied());
        for (bits, (left, right)) in patterns.iter_mut().zip(pairs) {
            *bits |= code(records, comparison, records.left.row(*left), records.right.row(*right)) << (4 * at);
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
        (left != right && left != MISSING && right != MISSING).then(|| values.glance(right).signature)
    });
    std::hint::black_box(different.fold(0, |sum, signature| sum ^ signature));
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
    let may_hold = match test.kind {
        TestKind::JaroWinkler { at_least } => known.similarity.is_some() || jaro_winkler_may_reach(at_least, a, b),
        TestKind::Edits { at_most } => edits_at_least(a, b) <= at_most,
        TestKind::Exact => a.signature == b.signature,
        TestKind::DateParts { .. } | TestKind::DateSwapped | TestKind::Prefix => true,
    };
    if !may_hold {
        return false;
    }
    let (mut room_left, mut room_right): (Room, Room) = Default::default();
    let (a, b) = (of_left.symbols(a, &mut room_left), of_right.symbols(b, &mut room_right));
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
