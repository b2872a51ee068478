//! Every registered person against the loose rows of the run: whose keys agree with which row's, and who shares a block with a row that is to
//! be weighed.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use bidui_linkage::BlockFilter;
use bidui_match::{KeyTable, Meeting};
use bidui_model::{KeyPart, Ladder};
use bidui_normalize::{LadderKeys, PersonFields, PersonReader, Roll};
use rayon::prelude::*;

use crate::person_table::{PERSON_FIELDS, Values, values};

/// What a probe asks of whom.
pub(crate) struct Probe<'a> {
    pub(crate) ladder: &'a Ladder,
    pub(crate) roll: &'a Roll,
    pub(crate) reader: PersonReader<'a>,
    pub(crate) phones: Phones,
}

/// Persons who share a block with a row, by source and row in the registry's extract; and how common the rows' names are.
#[derive(Default)]
pub(crate) struct Near {
    pub(crate) persons: Vec<((u32, u32), Values)>,
    pub(crate) names: HashMap<String, u32>,
}

/// So many persons are one thread's turn.
const A_TURN: usize = 4096;

impl Probe<'_> {
    /// Who agrees with which row in which pass.
    pub(crate) fn meet(&self, keys: &LadderKeys, table: &KeyTable) -> Vec<Meeting> {
        if table.is_empty() {
            return Vec::new();
        }
        let by_phone = |pass: u8| {
            self.ladder.passes.get(usize::from(pass)).is_some_and(|pass| pass.parts.contains(&KeyPart::Phone))
        };
        let turn = |first: usize| -> Vec<Meeting> {
            let end = (first + A_TURN).min(self.roll.len());
            let persons: Vec<PersonFields> = (first..end).map(|at| self.roll.person(at, &self.reader)).collect();
            let all =
                keys.keys(&persons.iter().collect::<Vec<_>>(), &|number| self.roll.knows_area(number.area_code()));
            let mut met = Vec::new();
            for (at, keys) in (first..end).zip(all) {
                let own = table.meet(&keys, self.roll.origin(at));
                met.extend(own.filter(|meeting| !by_phone(meeting.pass) || !self.is_shared(at)));
            }
            met
        };
        let mut meetings: Vec<Meeting> = self.turns().flat_map_iter(turn).collect();
        meetings.par_sort_unstable();
        meetings.dedup();
        meetings
    }

    /// Who shares a block with a row, and how many have each of the names.
    pub(crate) fn near(&self, blocks: &BlockFilter, names: &HashSet<String>) -> Near {
        let turn = |first: usize| -> Near {
            let mut near = Near::default();
            for at in first..(first + A_TURN).min(self.roll.len()) {
                if let Some(name) = names.get(self.roll.name(at)) {
                    *near.names.entry(name.clone()).or_default() += 1;
                }
                let mut own = values(&self.roll.person(at, &self.reader));
                if blocks.holds(&own) {
                    if self.is_shared(at) {
                        own[PHONE] = None;
                    }
                    near.persons.push((self.roll.origin(at), own));
                }
            }
            near
        };
        let turns: Vec<Near> = self.turns().map(turn).collect();
        let mut all = Near::default();
        for near in turns {
            all.persons.extend(near.persons);
            near.names.into_iter().for_each(|(name, count)| *all.names.entry(name).or_default() += count);
        }
        all
    }

    fn turns(&self) -> impl IndexedParallelIterator<Item = usize> {
        (0..self.roll.len().div_ceil(A_TURN)).into_par_iter().map(|turn| turn * A_TURN).with_max_len(1)
    }

    fn is_shared(&self, at: usize) -> bool {
        self.phones.households(self.roll.phone(at)) > self.ladder.placeholders.households_per_phone
    }
}

/// Where the phone stands among a person's values.
const PHONE: usize = {
    let mut at = 0;
    while at < PERSON_FIELDS.len() && PERSON_FIELDS[at].as_bytes()[0] != b'p' {
        at += 1;
    }
    at
};

/// How many households have a phone, where more than one has; a household's members stand together.
#[derive(Default)]
pub(crate) struct Phones {
    households: HashMap<u64, (u32, u32)>,
}

impl Phones {
    pub(crate) fn of(roll: &Roll) -> Self {
        let mut phones = Self::default();
        for at in 0..roll.len() {
            let phone = roll.phone(at);
            if phone.is_empty() {
                continue;
            }
            let household = roll.household(at);
            let (last, count) = phones.households.entry(hash(phone)).or_insert((household, 1));
            if *last != household {
                *last = household;
                *count += 1;
            }
        }
        phones.households.retain(|_, (_, count)| *count > 1);
        phones
    }
    fn households(&self, phone: &str) -> u32 {
        if phone.is_empty() || self.households.is_empty() {
            return 0;
        }
        self.households.get(&hash(phone)).map_or(1, |(_, count)| *count)
    }
}

/// In memory only.
fn hash(phone: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(phone)
}
