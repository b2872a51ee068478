//! The keys of all loose rows of a run, asked for every registered person's keys: who agrees with which row in which pass.

use bidui_model::LooseRow;

/// Whose key it is: a pass, and a row by its number among all loose rows of the run.
type Entry = (u8, u64, u32);

/// The keys of loose rows.
#[derive(Debug, Default)]
pub struct KeyTable {
    /// Sorted.
    entries: Vec<Entry>,
    /// A bit for the beginning of each key that is there: nearly every question ends here.
    begins: Vec<u64>,
    shift: u32,
}

/// A row and a person who agree in all parts of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Meeting {
    /// The row's number among all loose rows of the run.
    pub loose: u32,
    pub pass: u8,
    /// Source and row of the person in the registry's extract.
    pub origin: (u32, u32),
}

impl KeyTable {
    /// Rows are numbered as they come.
    #[must_use]
    pub fn new<'r>(rows: impl Iterator<Item = &'r LooseRow>) -> Self {
        let keys = |(at, row): (u32, &'r LooseRow)| row.keys.iter().map(move |(pass, key)| (*pass, *key, at));
        let mut entries: Vec<Entry> = (0..).zip(rows).flat_map(keys).collect();
        entries.sort_unstable();
        // Sixteen bits a key: one question in sixteen that should end early does not.
        let bits = (entries.len() * 16).next_power_of_two().max(64);
        let shift = 64 - bits.trailing_zeros();
        let mut begins = vec![0_u64; bits / 64];
        for (_, key, _) in &entries {
            let at = (key >> shift) as usize;
            begins[at / 64] |= 1 << (at % 64);
        }
        Self { entries, begins, shift }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The rows that meet a person's keys.
    pub fn meet<'t>(&'t self, keys: &'t [(u8, u64)], origin: (u32, u32)) -> impl Iterator<Item = Meeting> + 't {
        let begins_so = |key: u64| {
            let at = (key >> self.shift) as usize;
            self.begins[at / 64] & (1 << (at % 64)) != 0
        };
        let likely = keys.iter().filter(move |(_, key)| !self.entries.is_empty() && begins_so(*key));
        likely.flat_map(move |(pass, key)| {
            let first = self.entries.partition_point(|entry| (entry.0, entry.1) < (*pass, *key));
            let own = self.entries[first..].iter().take_while(|entry| (entry.0, entry.1) == (*pass, *key));
            own.map(move |(pass, _, loose)| Meeting { loose: *loose, pass: *pass, origin })
        })
    }
}

#[cfg(test)]
mod tests {
    use bidui_model::LooseKind;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_finds_what_agrees_and_nothing_else(
            rows in proptest::collection::vec(proptest::collection::vec((0..3_u8, 0..40_u64), 0..4), 0..30),
            asked in proptest::collection::vec((0..3_u8, 0..60_u64), 0..6),
        ) {
            // Spread, as hashes are.
            let spread = |keys: &Vec<(u8, u64)>| -> Vec<(u8, u64)> {
                let mut keys: Vec<_> = keys.iter().map(|(pass, key)| (*pass, key.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
                keys.sort_unstable();
                keys.dedup();
                keys
            };
            let rows: Vec<LooseRow> = rows.iter().map(|keys| LooseRow {
                kind: LooseKind::NoNumber, source: 0, row: 0, keys: spread(keys), birth: None, sex: 0, digest: 0,
            }).collect();
            let asked = spread(&asked);
            let table = KeyTable::new(rows.iter());
            let mut found: Vec<(u32, u8)> = table.meet(&asked, (0, 0)).map(|meeting| (meeting.loose, meeting.pass)).collect();
            found.sort_unstable();
            let mut expected: Vec<(u32, u8)> = (0..).zip(&rows).flat_map(|(at, row)| {
                row.keys.iter().filter(|key| asked.contains(key)).map(move |(pass, _)| (at, *pass))
            }).collect();
            expected.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
