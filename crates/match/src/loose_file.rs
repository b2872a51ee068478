//! The file of a feed's loose rows beside its rows in the store: what is kept of the rows that their ID number does not settle. Keys, places, a
//! birth date and a sex; no plain identifier.
//!
//! A line that names the layout, a line that names the passes whose keys it holds (a ladder that changes later keeps those it still has), the
//! number of rows, then for each row, little-endian: kind (1 byte), sex (1), source (4), row (4), birth (4,
//! the least number for none), digest (8), number of keys (2), and each key with its pass (1 and 8).

use bidui_model::{Ladder, LadderPass, LooseKind, LooseRow};

const HEADER: &[u8] = b"bidui loose rows 2\n";
const NO_BIRTH: i32 = i32::MIN;

/// The bytes of the file.
#[must_use]
pub fn loose_to_bytes(rows: &[LooseRow], ladder: &Ladder) -> Vec<u8> {
    let mut bytes = HEADER.to_vec();
    let passes: Vec<String> = ladder.passes.iter().map(identity).collect();
    bytes.extend(passes.join(",").as_bytes());
    bytes.push(b'\n');
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
pub fn loose_from_bytes(bytes: &[u8], ladder: &Ladder) -> Option<Vec<LooseRow>> {
    let mut rest = bytes.strip_prefix(HEADER)?;
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let passes = std::str::from_utf8(&rest[..end]).ok()?;
    rest = &rest[end + 1..];
    let now: Vec<Option<u8>> = passes
        .split(',')
        .map(|name| (0..).zip(&ladder.passes).find(|(_, pass)| identity(pass) == name).map(|(at, _)| at))
        .collect();
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
            let key = u64::from_le_bytes(take(&mut rest)?);
            keys.extend(now.get(usize::from(pass)).copied().flatten().map(|pass| (pass, key)));
        }
        keys.sort_unstable();
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

/// What a key is made of; under the same key of the bureau, the same parts give the same keys wherever the pass stands.
fn identity(pass: &LadderPass) -> String {
    pass.parts.iter().map(|part| part.name()).collect::<Vec<_>>().join("+")
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(*head)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bidui_model::{KeyPart, LinkClass};
    use proptest::prelude::*;

    use super::*;

    fn ladder(parts: &[&[KeyPart]]) -> Ladder {
        let pass =
            |parts: &&[KeyPart]| LadderPass { name: String::new(), class: LinkClass::Composite, parts: parts.to_vec() };
        Ladder { passes: parts.iter().map(pass).collect(), ..Ladder::default() }
    }
    use KeyPart::{Birth, Name, Phone, Village};
    const PASSES: [&[KeyPart]; 3] = [&[Name, Birth], &[Name, Village], &[Name, Phone]];

    #[test]
    fn a_ladder_that_lost_a_pass_keeps_the_keys_of_the_others() {
        let row = LooseRow {
            kind: LooseKind::NoNumber,
            source: 0,
            row: 2,
            keys: vec![(0, 7), (1, 8), (2, 9)],
            birth: None,
            sex: 0,
            digest: 1,
        };
        let bytes = loose_to_bytes(&[row], &ladder(&PASSES));
        let found = loose_from_bytes(&bytes, &ladder(&[&[Name, Phone], &[Name, Birth]])).unwrap();
        assert_eq!(found[0].keys, [(0, 9), (1, 7)]);
    }

    fn rows() -> impl Strategy<Value = Vec<LooseRow>> {
        let keys = proptest::collection::btree_set((0..3_u8, any::<u64>()), 0..9)
            .prop_map(|keys| keys.into_iter().collect::<Vec<_>>());
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
            let ladder = ladder(&PASSES);
            let bytes = loose_to_bytes(&rows, &ladder);
            prop_assert_eq!(loose_from_bytes(&bytes, &ladder), Some(rows));
            prop_assert_eq!(loose_from_bytes(&bytes[..cut.index(bytes.len())], &ladder), None);
        }
    }
}
