//! How near two values are. Values are slices of Unicode scalars, so that a Chinese character counts once; where all of a value's are small, of bytes
//! or of half-words.

use crate::model::TestKind;
use crate::records::Glance;

/// Longer values are compared by their first characters only.
pub(crate) const MOST_SYMBOLS: usize = 64;

/// Winkler (1990): Jaro's similarity, raised by a tenth of what is missing for each of up to four first characters that agree.
pub(crate) fn jaro_winkler<S: Copy + Eq>(left: &[S], right: &[S]) -> f64 {
    let jaro = jaro(left, right);
    let prefix = left.iter().zip(right).take(4).take_while(|(a, b)| a == b).count();
    jaro + 0.1 * prefix as f64 * (1.0 - jaro)
}

/// Jaro (1989), over at most 64 characters.
fn jaro<S: Copy + Eq>(left: &[S], right: &[S]) -> f64 {
    let (left, right) = (first(left), first(right));
    if left.is_empty() || right.is_empty() {
        return if left.len() == right.len() { 1.0 } else { 0.0 };
    }
    let reach = (left.len().max(right.len()) / 2).saturating_sub(1);
    let (mut of_left, mut of_right) = (0_u64, 0_u64);
    for (at, symbol) in left.iter().enumerate() {
        let start = at.saturating_sub(reach);
        let end = (at + reach + 1).min(right.len());
        for (to, other) in right.iter().enumerate().take(end).skip(start) {
            if other == symbol && of_right & (1 << to) == 0 {
                of_left |= 1 << at;
                of_right |= 1 << to;
                break;
            }
        }
    }
    let matches = of_left.count_ones();
    if matches == 0 {
        return 0.0;
    }
    let mut moved = 0_u32;
    let (mut rest_left, mut rest_right) = (of_left, of_right);
    while rest_left != 0 {
        let (at, to) = (rest_left.trailing_zeros() as usize, rest_right.trailing_zeros() as usize);
        moved += u32::from(left[at] != right[to]);
        rest_left &= rest_left - 1;
        rest_right &= rest_right - 1;
    }
    let matches = f64::from(matches);
    (matches / left.len() as f64 + matches / right.len() as f64 + (matches - f64::from(moved / 2)) / matches) / 3.0
}

fn first<S>(value: &[S]) -> &[S] {
    value.get(..MOST_SYMBOLS).unwrap_or(value)
}

/// A bit for each kind of character in a value.
pub(crate) fn signature(value: &[u32]) -> u64 {
    first(value).iter().fold(0, |bits, symbol| bits | 1 << (symbol & 63))
}

/// Jaro's similarity that a Jaro-Winkler similarity of w asks for with so many first characters in common: this times w, less that.
const RAISED: [(f64, f64); 5] = [
    (1.0, 1e-9),
    (1.0 / 0.9, 0.1 / 0.9 + 1e-9),
    (1.0 / 0.8, 0.2 / 0.8 + 1e-9),
    (1.0 / 0.7, 0.3 / 0.7 + 1e-9),
    (1.0 / 0.6, 0.4 / 0.6 + 1e-9),
];

/// Whether [`jaro_winkler`] may reach a bound: each kind of character that the other lacks is at least one that finds no partner, and at
/// best all others do, in order. The first characters are known by eight bits each, which may agree more often than they do.
pub(crate) fn jaro_winkler_may_reach(at_least: f64, left: &Glance, right: &Glance) -> bool {
    let most = MOST_SYMBOLS as u32;
    let (a, b) = (left.length.min(most), right.length.min(most));
    let from_left = a - (left.signature & !right.signature).count_ones();
    let from_right = b - (right.signature & !left.signature).count_ones();
    let matches = from_left.min(from_right);
    // Jaro is a third of matches / a + matches / b + 1; multiplied out, since a division costs more than all the rest.
    let prefix = ((left.beginning ^ right.beginning).trailing_zeros() / 8).min(4);
    let jaro = RAISED[prefix as usize].0 * at_least - RAISED[prefix as usize].1;
    matches > 0 && f64::from(matches * (a + b)) >= (3.0 * jaro - 1.0) * f64::from(a * b)
}

/// Sixty-four bits that tell most values apart, and of up to fifteen digits all there is to know: each in four bits, one more than its value, the
/// last one lowest; the highest four bits are then all set, and never otherwise. Of other values a bit for each kind of character.
pub(crate) fn print(value: &[u32]) -> u64 {
    if value.is_empty() || value.len() > 15 || value.iter().any(|symbol| !is_digit(*symbol)) {
        return first(value).iter().fold(0, |bits, symbol| bits | 1 << (symbol % KINDS));
    }
    value.iter().fold(OF_DIGITS, |bits, symbol| bits << 4 & !OF_DIGITS | OF_DIGITS | u64::from(symbol - ZERO + 1))
}

const KINDS: u32 = 60;
const OF_DIGITS: u64 = 0xf << 60;
const ZERO: u32 = '0' as u32;

fn is_digit(symbol: u32) -> bool {
    (ZERO..ZERO + 10).contains(&symbol)
}

/// What the prints of two different values tell of a test; nothing where characters have to be looked at.
pub(crate) fn by_prints(kind: TestKind, left: u64, right: u64) -> Option<bool> {
    match (left >= OF_DIGITS, right >= OF_DIGITS) {
        (true, true) => by_digits(kind, left & !OF_DIGITS, right & !OF_DIGITS),
        (false, false) => match kind {
            TestKind::JaroWinkler { .. } if left & right == 0 && left | right != 0 => Some(false),
            TestKind::Edits { at_most } if kinds_apart(left, right) > at_most => Some(false),
            TestKind::Exact if left != right => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn by_digits(kind: TestKind, left: u64, right: u64) -> Option<bool> {
    let length = |value: u64| (u64::BITS - value.leading_zeros()).div_ceil(4);
    let apart = left ^ right;
    let is_date = (length(left), length(right)) == (8, 8);
    match kind {
        TestKind::Exact => Some(apart == 0),
        TestKind::Edits { at_most: 1 } if length(left) == length(right) => {
            let (low, high) = (apart.trailing_zeros() / 4, (u64::BITS - 1 - (apart | 1).leading_zeros()) / 4);
            let digit = |value: u64, at: u32| value >> (4 * at) & 15;
            let are_swapped = || digit(left, low) == digit(right, high) && digit(left, high) == digit(right, low);
            Some(low >= high || (low + 1 == high && are_swapped()))
        }
        TestKind::DateParts { at_least } => {
            let parts = [0xffff_0000, 0xff00, 0xff].into_iter().filter(|part| apart & part == 0).count();
            Some(if is_date { parts } else { 0 } >= at_least)
        }
        TestKind::DateSwapped => {
            let swapped = left & 0xffff_0000 | (left & 0xff) << 8 | left >> 8 & 0xff;
            Some(is_date && swapped == right)
        }
        _ => None,
    }
}

/// How many kinds of characters either of two values has that the other lacks, by their signatures.
pub(crate) fn kinds_apart(left: u64, right: u64) -> usize {
    (left & !right).count_ones().max((right & !left).count_ones()) as usize
}

/// What [`edits`] needs at least: each kind of character that the other lacks is an edit.
pub(crate) fn edits_at_least(left: &Glance, right: &Glance) -> usize {
    let of_length = left.length.min(MOST_SYMBOLS as u32).abs_diff(right.length.min(MOST_SYMBOLS as u32));
    kinds_apart(left.signature, right.signature).max(of_length as usize)
}

/// Whether [`edits`] finds one edit at most: what is left between what both begin with and what both end with is one character of either, one
/// of each, or two neighbours swapped.
pub(crate) fn is_one_edit_at_most<S: Copy + Eq>(left: &[S], right: &[S]) -> bool {
    let (left, right) = (first(left), first(right));
    let start = left.iter().zip(right).take_while(|(a, b)| a == b).count();
    let (left, right) = (&left[start..], &right[start..]);
    let end = left.iter().rev().zip(right.iter().rev()).take_while(|(a, b)| a == b).count();
    match (&left[..left.len() - end], &right[..right.len() - end]) {
        ([a, b], [c, d]) => a == d && b == c,
        (left, right) => left.len() <= 1 && right.len() <= 1,
    }
}

/// Optimal string alignment: how many insertions, deletions, replacements and swaps of neighbours lead from one value to the other, no
/// place being touched twice. A column of the table at a time, as bits (Hyyrö 2002).
pub(crate) fn edits<S: Copy + Eq>(left: &[S], right: &[S]) -> usize {
    let (left, right) = (first(left), first(right));
    if left.is_empty() || right.is_empty() {
        return left.len().max(right.len());
    }
    let last = 1_u64 << (left.len() - 1);
    // Where the table rises and falls from one row to the next, where it was equal along the diagonal, and the characters before.
    let (mut rises, mut falls, mut level, mut before) = (u64::MAX, 0_u64, 0_u64, 0_u64);
    let mut distance = left.len();
    for symbol in right {
        let same = left.iter().enumerate().fold(0_u64, |bits, (at, own)| bits | u64::from(own == symbol) << at);
        let swapped = (((!level) & same) << 1) & before;
        level = (((same & rises).wrapping_add(rises)) ^ rises) | same | falls | swapped;
        let (up, down) = (falls | !(level | rises), level & rises);
        distance += usize::from(up & last != 0);
        distance -= usize::from(down & last != 0);
        let (up, down) = (up << 1 | 1, down << 1);
        rises = down | !(level | up);
        falls = up & level;
        before = same;
    }
    distance
}

/// How many of year, month and day agree in two dates `YYYYMMDD`; none where one is no such date.
pub(crate) fn date_parts<S: Copy + Eq>(left: &[S], right: &[S]) -> usize {
    if left.len() != 8 || right.len() != 8 {
        return 0;
    }
    [0..4, 4..6, 6..8].into_iter().filter(|part| left[part.clone()] == right[part.clone()]).count()
}

/// Whether month and day of one date stand as day and month in the other.
pub(crate) fn date_swapped<S: Copy + Eq>(left: &[S], right: &[S]) -> bool {
    left.len() == 8
        && right.len() == 8
        && left[..4] == right[..4]
        && left[4..6] == right[6..8]
        && left[6..8] == right[4..6]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn symbols(text: &str) -> Vec<u32> {
        text.chars().map(u32::from).collect()
    }

    proptest! {
        #[test]
        fn jaro_winkler_is_strsims(a in "[a-e张王 ]{0,12}", b in "[a-e张王 ]{0,12}") {
            let (left, right) = (symbols(&a), symbols(&b));
            let jaro_of = strsim::jaro(&a, &b);
            let prefix = a.chars().zip(b.chars()).take(4).take_while(|(a, b)| a == b).count();
            let expected = jaro_of + 0.1 * prefix as f64 * (1.0 - jaro_of);
            prop_assert!((jaro_winkler(&left, &right) - expected).abs() < 1e-12);
            let may = jaro_winkler_may_reach(expected, &Glance::new(0, &left), &Glance::new(0, &right));
            prop_assert!(may || expected == 0.0 || left.is_empty());
        }
        #[test]
        fn edits_are_strsims(a in "[a-c]{0,8}", b in "[a-c]{0,8}") {
            let (left, right) = (symbols(&a), symbols(&b));
            let expected = strsim::osa_distance(&a, &b);
            prop_assert_eq!(edits(&left, &right), expected);
            prop_assert_eq!(is_one_edit_at_most(&left, &right), expected <= 1);
            let by_prints = by_prints(TestKind::Edits { at_most: 1 }, print(&left), print(&right));
            prop_assert!(by_prints.is_none_or(|near| near == (expected <= 1)));
            prop_assert!(edits_at_least(&Glance::new(0, &left), &Glance::new(0, &right)) <= expected);
        }
    }

    proptest! {
        #[test]
        fn digits_are_told_by_their_prints(a in "[0-3]{0,9}", b in "[0-3]{0,9}", date in "[12][0-3]{7}", other in "[12][0-3]{7}") {
            let near = |kind, a: &str, b: &str| by_prints(kind, print(&symbols(a)), print(&symbols(b)));
            for (a, b) in [(&a, &b), (&date, &other), (&date, &a)] {
                let (left, right) = (symbols(a), symbols(b));
                let edits = near(TestKind::Edits { at_most: 1 }, a, b);
                prop_assert!(edits.is_none_or(|near| near == is_one_edit_at_most(&left, &right)));
                prop_assert!(edits.is_some() || left.len() != right.len() || a.is_empty());
                if !a.is_empty() && !b.is_empty() {
                    prop_assert_eq!(near(TestKind::Exact, a, b), Some(a == b));
                    prop_assert_eq!(near(TestKind::DateSwapped, a, b), Some(date_swapped(&left, &right)));
                    for at_least in 0..4 {
                        let parts = near(TestKind::DateParts { at_least }, a, b);
                        prop_assert_eq!(parts, Some(date_parts(&left, &right) >= at_least));
                    }
                }
            }
        }
    }

    #[test]
    fn a_long_value_is_cut_and_does_not_fail() {
        let long = symbols(&"长".repeat(500));
        assert!((jaro_winkler(&long, &long) - 1.0).abs() < 1e-12);
        assert_eq!(edits(&long, &long), 0);
    }

    #[test]
    fn dates_have_parts() {
        assert_eq!(date_parts(&symbols("19800102"), &symbols("19800201")), 1);
        assert!(date_swapped(&symbols("19800102"), &symbols("19800201")));
        assert_eq!(date_parts(&symbols("1980"), &symbols("19800201")), 0);
    }
}
