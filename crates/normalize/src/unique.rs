//! Rows that a feed may hold once: the contract's `unique` columns, compared by their canonical values within a feed and month.

use std::collections::HashSet;

use bidui_model::{RawColumn, SealedColumn};
use sha2::{Digest, Sha256};

/// Digests of the keys seen so far. 128 bits, so that the keys themselves need not stay.
#[derive(Default)]
pub(crate) struct SeenKeys(HashSet<u128>);

impl SeenKeys {
    /// For each row, whether its key is new. A row with an empty or unread part of the key is compared with nothing: two rows
    /// without a bill number are not one row.
    pub(crate) fn first_seen(&mut self, parts: &[(&SealedColumn, &RawColumn)], rows: usize) -> Vec<bool> {
        (0..rows).map(|row| key(parts, row).is_none_or(|key| self.0.insert(key))).collect()
    }
}

fn key(parts: &[(&SealedColumn, &RawColumn)], row: usize) -> Option<u128> {
    let mut digest = Sha256::new();
    for (column, raw) in parts {
        part(&mut digest, column, raw, row)?;
    }
    let hash: [u8; 32] = digest.finalize().into();
    Some(hash[..16].iter().fold(0, |value, byte| value << 8 | u128::from(*byte)))
}

fn part(digest: &mut Sha256, column: &SealedColumn, raw: &RawColumn, row: usize) -> Option<()> {
    let mut add = |bytes: &[u8]| {
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    };
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
