//! The key of a row in a block: 64 bits of the characters that the block names.

use crate::model::KeyPart;
use crate::records::{Records, Rows, digest, mix, sorted_digests};

/// What a row has that lacks a part of the key. The two sides differ, so that rows without a key never agree.
pub(crate) const NO_LEFT_KEY: u64 = 0;
pub(crate) const NO_RIGHT_KEY: u64 = 1;
const FIRST_KEY: u64 = 2;

/// Keys with their rows, in the order of the keys.
pub(crate) type Sorted = Vec<(u64, u32)>;

/// Each row's key.
pub(crate) fn keys(records: &Records, parts: &[KeyPart], rows: &Rows, none: u64) -> Vec<u64> {
    let mut keys = vec![if parts.is_empty() { none } else { FIRST_KEY }; rows.count];
    for part in parts {
        let digests = records.values[part.field].map(|symbols| part_digest(symbols, part));
        for (key, id) in keys.iter_mut().zip(rows.column(part.field)) {
            *key = match digests.get(id as usize).copied().flatten() {
                Some(digest) if *key != none => mix(*key, digest).max(FIRST_KEY),
                _ => none,
            };
        }
    }
    keys
}

/// A digest of the part of a value that a key takes; none where the value is too short to have it.
fn part_digest(symbols: &[u32], part: &KeyPart) -> Option<u64> {
    match &part.characters {
        None => Some(digest(symbols)),
        Some(range) => symbols.get(range.clone()).map(digest),
    }
}

/// Adds to the keys of some rows; a row that lacks the addition keeps the key it had.
pub(crate) fn refine(keys: &mut [u64], rows: &[(u64, u32)], more: &[u64], none: u64) {
    for (_, row) in rows {
        let at = *row as usize;
        if more[at] != none {
            keys[at] = mix(keys[at], more[at]).max(FIRST_KEY);
        }
    }
}

/// The rows of both sides whose key the other side may have, in the order of the keys. Most rows of a register share no key with any row of the
/// other table, and need no place in the order: a bit for each key of the left tells them.
pub(crate) fn sorted(left: &[u64], right: &[u64]) -> [Sorted; 2] {
    const BITS_A_KEY: usize = 16;
    let bits = (left.len() * BITS_A_KEY).next_power_of_two().max(64) as u64;
    let mut seen = vec![0_u64; bits as usize / 64];
    let place = |key: u64| ((key & (bits - 1)) as usize / 64, key & 63);
    let has_key = |key: u64| key != NO_LEFT_KEY && key != NO_RIGHT_KEY;
    left.iter().map(|key| place(*key)).for_each(|(word, bit)| seen[word] |= 1 << bit);
    let may_meet = |key: u64| {
        let (word, bit) = place(key);
        seen[word] >> bit & 1 == 1
    };
    [left, right].map(|keys| {
        let rows = keys.iter().zip(0..).filter(|(key, _)| has_key(**key) && may_meet(**key));
        sorted_digests(rows.map(|(key, row)| (*key, row)).collect())
    })
}
