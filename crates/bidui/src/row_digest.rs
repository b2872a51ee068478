//! A row's digest: 64 bits of everything that the store keeps of it but its place and its name. Two rows of one feed with the same
//! digest say the same of the same person. Not a seal: it guards against accidents, not against somebody who wants two rows to meet.

use bidui_model::{SealedChunk, SealedColumn};

/// Odd numbers without a pattern: the digits of pi.
const SEED: u64 = 0x243F_6A88_85A3_08D3;
const STEP: u64 = 0x1319_8A2E_0370_7345;
/// Stands for "no value", which is not zero.
const NOTHING: u64 = 0xA409_3822_299F_31D0;

/// Digests of a chunk's kept rows, in order.
pub(crate) fn digest_rows(chunk: &SealedChunk) -> Vec<u64> {
    let mut digests = vec![SEED; chunk.rows.len()];
    for (at, (_, column)) in chunk.columns.iter().enumerate() {
        // The column's place, so that a value in one column is not the same in another.
        let place = mix(SEED, at as u64);
        add(&mut digests, place, column);
    }
    digests
}

fn add(digests: &mut [u64], place: u64, column: &SealedColumn) {
    fn each<T: Copy>(digests: &mut [u64], place: u64, values: &[T], bits: impl Fn(T) -> u64) {
        for (digest, value) in digests.iter_mut().zip(values) {
            *digest = mix(*digest, bits(*value) ^ place);
        }
    }
    let whole = |value: Option<i64>| value.map_or(NOTHING, |value| value as u64);
    match column {
        SealedColumn::Id { tokens, .. } => {
            each(digests, place, tokens, |token| (token.0 >> 64) as u64 ^ (token.0 as u64).rotate_left(32));
        }
        SealedColumn::Date { days, .. } => each(digests, place, days, |day| whole(day.map(i64::from))),
        SealedColumn::Money(values) | SealedColumn::Integer(values) => each(digests, place, values, whole),
        SealedColumn::Number(values) => each(digests, place, values, |value| value.map_or(NOTHING, f64::to_bits)),
        SealedColumn::Flag(values) => each(digests, place, values, |value| value.map_or(NOTHING, u64::from)),
        SealedColumn::Text(text) => {
            let words: Vec<u64> = text.words.iter().map(|word| of_bytes(word.as_bytes())).collect();
            let word = |code: u32| code.checked_sub(1).and_then(|at| words.get(at as usize)).copied();
            each(digests, place, &text.codes, |code| word(code).unwrap_or(NOTHING));
        }
        // A name mended by its department does not make another bill of the same one.
        SealedColumn::Name(_) | SealedColumn::Dropped => {}
    }
}

fn of_bytes(bytes: &[u8]) -> u64 {
    let mut digest = mix(SEED, bytes.len() as u64);
    for eight in bytes.chunks(8) {
        let value = eight.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        digest = mix(digest, value);
    }
    digest
}

/// Both halves of a product of 128 bits, so that every bit of the input reaches every bit of the output.
fn mix(digest: u64, value: u64) -> u64 {
    let product = u128::from(digest ^ value) * u128::from(STEP | 1);
    let folded = (product >> 64) as u64 ^ product as u64;
    (folded ^ folded >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9).rotate_left(31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bidui_model::{NameToken, TextColumn, Token};
    use std::collections::BTreeSet;

    fn rows(columns: Vec<SealedColumn>, height: usize) -> Vec<u64> {
        let columns = columns.into_iter().map(|column| (String::new(), column)).collect();
        digest_rows(&SealedChunk { rows: vec![1; height], columns, ..SealedChunk::default() })
    }

    #[test]
    fn rows_that_differ_anywhere_have_different_digests() {
        let ids: Vec<Token> = (0..40_000_u128).map(|at| Token(at / 4)).collect();
        let paid: Vec<Option<i64>> = (0..40_000).map(|at| (at % 4 != 0).then_some(at % 4 - 1)).collect();
        let found = rows(vec![SealedColumn::Id { tokens: ids, status: Vec::new() }, SealedColumn::Money(paid)], 40_000);
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), 40_000);
    }

    #[test]
    fn a_value_counts_in_its_column() {
        let column = |values: [i64; 2]| SealedColumn::Integer(values.iter().map(|value| Some(*value)).collect());
        let found = rows(vec![column([1, 2]), column([2, 1])], 2);
        assert_ne!(found[0], found[1]);
    }

    #[test]
    fn words_count_and_not_their_numbers_and_names_do_not_count() {
        let text = |words: [&str; 2], codes: [u32; 2]| {
            SealedColumn::Text(TextColumn { codes: codes.to_vec(), words: words.into_iter().collect() })
        };
        let one = rows(vec![text(["甲", "乙"], [1, 2]), SealedColumn::Name(vec![NameToken(1), NameToken(2)])], 2);
        let other = rows(vec![text(["乙", "甲"], [2, 1]), SealedColumn::Name(vec![NameToken(7), NameToken(8)])], 2);
        assert_eq!(one, other);
        assert_ne!(one[0], one[1]);
    }
}
