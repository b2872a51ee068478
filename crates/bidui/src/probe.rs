//! Every registered person against the loose rows of the run: whose keys agree with which row's, and who shares a block with a row that is to
//! be weighed.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use bidui_linkage::{BlockFilter, Column, Table};
use bidui_match::{KeyTable, Meeting};
use bidui_model::{KeyPart, Ladder};
use bidui_normalize::{LadderKeys, PersonReader, Roll};
use rayon::prelude::*;

use crate::person_table::{PERSON_FIELDS, table_of, value};

/// What a probe asks of whom.
pub(crate) struct Probe<'a> {
    pub(crate) ladder: &'a Ladder,
    pub(crate) roll: &'a Roll,
    pub(crate) reader: PersonReader<'a>,
    pub(crate) phones: Phones,
}

/// Persons who share a block with a row; and how common the rows' names are.
#[derive(Default)]
pub(crate) struct Near {
    /// Places on the roll, each with a bit for every filter that holds him.
    pub(crate) persons: Vec<(u32, u64)>,
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
            let mut met = Vec::new();
            self.roll.visit(self.run(first), &self.reader, |persons| {
                let all = keys.keys(persons, &|number| self.roll.knows_area(number.area_code()));
                for (at, keys) in (first..).zip(all) {
                    let own = table.meet(&keys, self.roll.origin(at));
                    met.extend(own.filter(|meeting| !by_phone(meeting.pass) || !self.is_shared(at)));
                }
            });
            met
        };
        let mut meetings: Vec<Meeting> = self.turns().flat_map_iter(turn).collect();
        meetings.par_sort_unstable();
        meetings.dedup();
        meetings
    }

    /// Who shares a block with a row, by one filter a month, and how many have each of the names.
    pub(crate) fn near(&self, blocks: &[BlockFilter], names: &HashSet<String>) -> Near {
        let turn = |first: usize| -> Near {
            let mut near = Near::default();
            self.roll.visit(self.run(first), &self.reader, |persons| {
                for (at, person) in (first..).zip(persons) {
                    if let Some(name) = names.get(person.name) {
                        *near.names.entry(name.clone()).or_default() += 1;
                    }
                    let holds = |blocks: &BlockFilter| blocks.holds(|column| value(person, column));
                    let held = (0..).zip(blocks).fold(0, |held, (bit, blocks)| held | u64::from(holds(blocks)) << bit);
                    if held != 0 {
                        near.persons.push((at as u32, held));
                    }
                }
            });
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

    /// The values of some persons.
    pub(crate) fn table(&self, places: &[u32]) -> Table {
        let mut columns = vec![Column::with_capacity(places.len()); PERSON_FIELDS.len()];
        for at in places.iter().map(|at| *at as usize) {
            self.roll.visit(at..at + 1, &self.reader, |persons| {
                for (number, column) in columns.iter_mut().enumerate() {
                    let shown = persons.first().and_then(|person| value(person, number));
                    column.push(shown.filter(|_| number != PHONE || !self.is_shared(at)));
                }
            });
        }
        table_of(columns)
    }

    fn run(&self, first: usize) -> std::ops::Range<usize> {
        first..(first + A_TURN).min(self.roll.len())
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
