//! Rows that a feed may hold once: the contract's `unique` columns, compared by their canonical values within a feed and month.

use std::collections::HashSet;

use bidui_model::{RawColumn, SealedColumn};
use foldhash::fast::RandomState;
use sha2::{Digest, Sha256};

/// The keys seen so far, in 128 bits each: a short one as it is sealed, the digest of a longer one. How they are scattered in memory reaches no output.
#[derive(Default)]
pub(crate) struct SeenKeys {
    /// Keys each of which was above all before it, as a list's running numbers are: such a key is new without a search.
    rising: Vec<u128>,
    /// All others.
    scattered: HashSet<u128, RandomState>,
}

/// A key of so many bytes stands for itself, with its length in the byte that is left.
const SHORT: usize = 15;

impl SeenKeys {
    /// For each row, whether its key is new. A row with an empty or unread part of the key is compared with nothing: two rows
    /// without a bill number are not one row.
    pub(crate) fn first_seen(&mut self, parts: &[(&SealedColumn, &RawColumn)], rows: usize) -> Vec<bool> {
        let mut bytes = Vec::new();
        (0..rows).map(|row| key(parts, row, &mut bytes).is_none_or(|key| self.insert(key))).collect()
    }

    /// Whether the key is new. None of the scattered ones is above the last that rose.
    fn insert(&mut self, key: u128) -> bool {
        if self.rising.last().is_none_or(|last| key > *last) {
            self.rising.push(key);
            return true;
        }
        self.rising.binary_search(&key).is_err() && self.scattered.insert(key)
    }
}

fn key(parts: &[(&SealedColumn, &RawColumn)], row: usize, bytes: &mut Vec<u8>) -> Option<u128> {
    bytes.clear();
    // What is not stored must not stay in memory either.
    if let [(column, raw)] = parts
        && !matches!(column, SealedColumn::Dropped)
    {
        part(column, raw, row, &mut |part| bytes.extend_from_slice(part))?;
        if bytes.len() <= SHORT {
            return Some(bytes.iter().fold(bytes.len() as u128, |value, byte| value << 8 | u128::from(*byte)));
        }
        return Some(digest(bytes));
    }
    for (column, raw) in parts {
        let mut add = |part: &[u8]| {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        };
        part(column, raw, row, &mut add)?;
    }
    Some(digest(bytes))
}

fn digest(bytes: &[u8]) -> u128 {
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    hash[..16].iter().fold(0, |value, byte| value << 8 | u128::from(*byte))
}

/// One part of a row's key, if it has one.
fn part(column: &SealedColumn, raw: &RawColumn, row: usize, add: &mut dyn FnMut(&[u8])) -> Option<()> {
    match column {
        SealedColumn::Id { tokens, .. } => {
            let token = tokens.get(row).filter(|token| token.is_some())?;
            add(&token.0.to_be_bytes());
        }
        SealedColumn::Name(tokens) => {
            let token = tokens.get(row).filter(|token| token.is_some())?;
            add(&token.0.to_be_bytes());
        }
        SealedColumn::Date { days, .. } => add(&days.get(row).copied()??.to_be_bytes()),
        SealedColumn::Money(values) | SealedColumn::Integer(values) => {
            add(&values.get(row).copied()??.to_be_bytes());
        }
        SealedColumn::Number(values) => add(&values.get(row).copied()??.to_bits().to_be_bytes()),
        SealedColumn::Flag(values) => add(&[u8::from(values.get(row).copied()??)]),
        SealedColumn::Text(text) => add(text.get(row)?.as_bytes()),
        SealedColumn::Dropped => {
            let text = crate::fold::squeeze(raw.get(row).text);
            if text.is_empty() {
                return None;
            }
            add(text.as_bytes());
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_new_once_in_whatever_order() {
        let mut seen = SeenKeys::default();
        let mut all = HashSet::new();
        let mut key = 1_u128;
        for at in 0..20_000_u128 {
            key = if at % 3 == 0 { at } else { (key * 48_271) % 9_973 };
            assert_eq!(seen.insert(key), all.insert(key), "{key}");
        }
    }
}
