//! The file of a feed's loose rows beside its rows in the store: what is kept of the rows that their ID number does not settle. Keys, places, a
//! birth date and a sex; no plain identifier.
//!
//! A line that names the layout, the number of rows, then for each row, little-endian: kind (1 byte), sex (1), source (4), row (4), birth (4,
//! the least number for none), digest (8), number of keys (2), and each key with its pass (1 and 8).

use bidui_model::{LooseKind, LooseRow};

const HEADER: &[u8] = b"bidui loose rows 1\n";
const NO_BIRTH: i32 = i32::MIN;

/// The bytes of the file.
#[must_use]
pub fn loose_to_bytes(rows: &[LooseRow]) -> Vec<u8> {
    let mut bytes = HEADER.to_vec();
    bytes.extend((rows.len() as u32).to_le_bytes());
    for row in rows {
        let kind = LooseKind::ALL.iter().position(|kind| *kind == row.kind).unwrap_or(0) as u8;
        bytes.extend([kind, row.sex]);
        bytes.extend(row.source.to_le_bytes());
        bytes.extend(row.row.to_le_bytes());
        bytes.extend(row.birth.unwrap_or(NO_BIRTH).to_le_bytes());
        bytes.extend(row.digest.to_le_bytes());
        bytes.extend((row.keys.len() as u16).to_le_bytes());
        for (pass, key) in &row.keys {
            bytes.push(*pass);
            bytes.extend(key.to_le_bytes());
        }
    }
    bytes
}

/// `None` for what is no such file, or of another layout.
#[must_use]
pub fn loose_from_bytes(bytes: &[u8]) -> Option<Vec<LooseRow>> {
    let mut rest = bytes.strip_prefix(HEADER)?;
    let count = u32::from_le_bytes(take(&mut rest)?);
    let mut rows = Vec::new();
    for _ in 0..count {
        let [kind, sex] = take(&mut rest)?;
        let source = u32::from_le_bytes(take(&mut rest)?);
        let row = u32::from_le_bytes(take(&mut rest)?);
        let birth = i32::from_le_bytes(take(&mut rest)?);
        let digest = u64::from_le_bytes(take(&mut rest)?);
        let of_row = u16::from_le_bytes(take(&mut rest)?);
        let mut keys = Vec::with_capacity(usize::from(of_row));
        for _ in 0..of_row {
            let [pass] = take(&mut rest)?;
            keys.push((pass, u64::from_le_bytes(take(&mut rest)?)));
        }
        let kind = *LooseKind::ALL.get(usize::from(kind))?;
        rows.push(LooseRow {
            kind,
            source,
            row,
            keys,
            birth: Some(birth).filter(|birth| *birth != NO_BIRTH),
            sex,
            digest,
        });
    }
    rest.is_empty().then_some(rows)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn rows() -> impl Strategy<Value = Vec<LooseRow>> {
        let keys = proptest::collection::vec((0..16_u8, any::<u64>()), 0..9);
        let birth = proptest::option::of(-40_000..40_000);
        let row = (0..4_usize, any::<u32>(), any::<u32>(), keys, birth, 0..3_u8, any::<u64>());
        let made = row.prop_map(|(kind, source, row, keys, birth, sex, digest)| LooseRow {
            kind: LooseKind::ALL[kind],
            source,
            row,
            keys,
            birth,
            sex,
            digest,
        });
        proptest::collection::vec(made, 0..20)
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(rows in rows(), cut in any::<prop::sample::Index>()) {
            let bytes = loose_to_bytes(&rows);
            prop_assert_eq!(loose_from_bytes(&bytes), Some(rows));
            prop_assert_eq!(loose_from_bytes(&bytes[..cut.index(bytes.len())]), None);
        }
    }
}
