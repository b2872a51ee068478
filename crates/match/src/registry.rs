//! The registry of the month, in memory: every rural person once, ordered by household and person number, so that nothing after it
//! depends on the key. A person is a row number; a household is a run of them.

use std::collections::BTreeMap;
use std::ops::Range;

use bidui_model::{NameToken, Token};
use polars::prelude::*;

use crate::bits::Bits;
use crate::token_index::TokenIndex;

/// "no person", "no household".
pub(crate) const NOBODY: u32 = u32::MAX;

/// The registry of one month.
pub struct Registry {
    pub(crate) person_no: StringChunked,
    pub(crate) household_of: Vec<u32>,
    pub(crate) household_ids: StringChunked,
    /// `first_member[h]..first_member[h + 1]` are the rows of household `h`.
    pub(crate) first_member: Vec<u32>,
    /// The row of each household's head: relation 户主, else its first member.
    pub(crate) head: Vec<u32>,
    pub(crate) columns: BTreeMap<String, RegistryColumn>,
    pub(crate) names: Vec<NameToken>,
    /// Source and row of each person in the registry's extract.
    pub(crate) origins: Vec<(u32, u32)>,
    /// The person of each row of the registry's file in the store; `None` where that file is in the order of persons already.
    pub(crate) of_stored_row: Option<Vec<u32>>,
    pub(crate) index: TokenIndex,
    /// Whether a row of an extract can find the person at all: not without an ID number of his own.
    pub(crate) can_be_found: Bits,
    /// Rows whose ID number an earlier row has already.
    pub(crate) doubles: Vec<u32>,
    pub(crate) villages: Places,
    pub(crate) hamlets: Places,
}

/// A registry column in person order; words are kept once, and the first of them is no word.
pub(crate) enum RegistryColumn {
    Words { codes: Vec<u32>, words: Vec<String> },
    Values(Column),
}

/// Villages or hamlets that have a household, and which one each household is in.
#[derive(Default)]
pub(crate) struct Places {
    pub(crate) names: Vec<String>,
    pub(crate) of_household: Vec<u32>,
}

impl Places {
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.names.binary_search_by(|candidate| candidate.as_str().cmp(name)).ok().map(|place| place as u32)
    }
}

/// Key of a hamlet: names of hamlets repeat from village to village.
pub(crate) fn hamlet_key(village_code: &str, hamlet: &str) -> String {
    format!("{village_code}/{hamlet}")
}

impl Registry {
    /// Source, row and person of rows whose ID number stands on an earlier row too: they are never found by it.
    pub fn doubles(&self) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
        self.doubles.iter().map(|person| {
            let (source, row) = self.origins[*person as usize];
            (source, row, *person)
        })
    }
    /// Source, row and person of members whose village is not their household's: one of the two is wrong.
    #[must_use]
    pub fn members_elsewhere(&self) -> Vec<(u32, u32, u32)> {
        let Some(RegistryColumn::Words { codes, .. }) = self.columns.get("village_code") else { return Vec::new() };
        let elsewhere = |household: u32| {
            let own = self.household_code(codes, household);
            self.members(household).filter(move |member| ![0, own].contains(&codes[*member as usize]))
        };
        let place = |person: u32| (self.origins[person as usize].0, self.origins[person as usize].1, person);
        (0..self.households() as u32).flat_map(elsewhere).map(place).collect()
    }
    /// The person of a row of the registry's file in the store.
    pub(crate) fn of_stored_row(&self, row: usize) -> u32 {
        self.of_stored_row.as_ref().map_or(row as u32, |persons| persons[row])
    }
    /// Source and row of a person in the registry's extract.
    #[must_use]
    pub fn origin(&self, person: u32) -> Option<(u32, u32)> {
        self.origins.get(person as usize).copied()
    }
    #[must_use]
    pub fn household_of(&self, person: u32) -> Option<u32> {
        self.household_of.get(person as usize).copied()
    }
    #[must_use]
    pub fn head(&self, household: u32) -> Option<u32> {
        self.head.get(household as usize).copied()
    }
    /// Days since 1970-01-01, where it is known.
    #[must_use]
    pub fn birth(&self, person: u32) -> Option<i32> {
        match self.columns.get("birth") {
            Some(RegistryColumn::Values(column)) => {
                column.date().ok().and_then(|days| days.physical().get(person as usize))
            }
            _ => None,
        }
    }
    /// Whether the registry has a column of days of that name.
    #[must_use]
    pub fn has_days(&self, column: &str) -> bool {
        matches!(self.columns.get(column), Some(RegistryColumn::Values(column)) if column.date().is_ok())
    }
    /// A day of every household, since 1970-01-01: its head's, else the first that a member has.
    #[must_use]
    pub fn household_days(&self, column: &str) -> Vec<Option<i32>> {
        let Some(RegistryColumn::Values(column)) = self.columns.get(column) else {
            return vec![None; self.households()];
        };
        let Ok(days) = column.date() else { return vec![None; self.households()] };
        let day = |person: u32| days.physical().get(person as usize);
        let of_household = |household: u32| {
            let head = self.head(household).and_then(day);
            head.or_else(|| self.members(household).find_map(day))
        };
        (0..self.households() as u32).map(of_household).collect()
    }
    /// Whether the person has an ID number of his own by which a row finds him.
    #[must_use]
    pub fn has_number(&self, person: u32) -> bool {
        self.can_be_found.get(person as usize)
    }
    /// How many have none.
    #[must_use]
    pub fn without_number(&self) -> usize {
        (0..self.persons()).filter(|person| !self.can_be_found.get(*person)).count()
    }
    #[must_use]
    pub fn persons(&self) -> usize {
        self.household_of.len()
    }
    #[must_use]
    pub fn households(&self) -> usize {
        self.household_ids.len()
    }
    /// For each number whose it is, and whether both the row and he have a name and the two differ.
    #[must_use]
    pub fn owners(&self, numbers: &[Token], names: &[NameToken]) -> Vec<Option<(u32, bool)>> {
        let owner = |(at, person): (usize, u32)| {
            if person == NOBODY {
                return None;
            }
            let (said, known) = (names.get(at).copied().unwrap_or(NameToken::NONE), self.names[person as usize]);
            Some((person, said.is_some() && known.is_some() && said != known))
        };
        self.find_many(numbers.len(), |at| numbers[at]).into_iter().enumerate().map(owner).collect()
    }
    /// The persons at those places of the registry's extract, each once.
    #[must_use]
    pub fn persons_at(&self, origins: &mut Vec<(u32, u32)>) -> PlHashMap<(u32, u32), u32> {
        origins.sort_unstable();
        origins.dedup();
        let found = (0_u32..).zip(&self.origins).filter(|(_, origin)| origins.binary_search(origin).is_ok());
        found.map(|(person, origin)| (*origin, person)).collect()
    }
    /// The persons of those numbers (人编号).
    #[must_use]
    pub fn persons_of<'n>(&self, numbers: impl Iterator<Item = &'n str>) -> PlHashMap<String, u32> {
        let wanted: PlHashSet<&str> = numbers.collect();
        if wanted.is_empty() {
            return PlHashMap::default();
        }
        let all = (0_u32..).zip(self.person_no.iter());
        let found = all.filter_map(|(person, number)| Some((number.filter(|number| wanted.contains(number))?, person)));
        found.map(|(number, person)| (number.to_owned(), person)).collect()
    }
    /// The persons of many tokens, or `NOBODY`.
    pub(crate) fn find_many(&self, tokens: usize, token: impl Fn(usize) -> Token) -> Vec<u32> {
        self.index.find_many(tokens, token)
    }
    #[must_use]
    pub fn find_household(&self, household_id: &str) -> Option<u32> {
        let all = self.household_ids.len();
        let (mut from, mut to) = (0, all);
        while from < to {
            let middle = from.midpoint(to);
            if self.household_id(middle as u32) < household_id { from = middle + 1 } else { to = middle }
        }
        (from < all && self.household_id(from as u32) == household_id).then_some(from as u32)
    }
    #[must_use]
    pub fn household_id(&self, household: u32) -> &str {
        self.household_ids.get(household as usize).unwrap_or("")
    }
    #[must_use]
    pub fn person_no(&self, person: u32) -> &str {
        self.person_no.get(person as usize).unwrap_or("")
    }
    /// Rows of a household's members, its head among them.
    #[must_use]
    pub fn members(&self, household: u32) -> Range<u32> {
        let household = household as usize;
        self.first_member[household]..self.first_member[household + 1]
    }
    pub(crate) fn size(&self, household: u32) -> u32 {
        self.members(household).len() as u32
    }
    /// Whether a column of the registry says nothing of anybody: the export came without it.
    #[must_use]
    pub(crate) fn is_blank(&self, column: &str) -> bool {
        match self.columns.get(column) {
            Some(RegistryColumn::Words { codes, words }) => {
                codes.iter().all(|code| words.get(*code as usize).is_none_or(String::is_empty))
            }
            Some(RegistryColumn::Values(values)) => values.null_count() == values.len(),
            None => true,
        }
    }
    /// A word of a person's row; empty where there is none.
    #[must_use]
    pub fn word(&self, column: &str, person: u32) -> &str {
        match self.columns.get(column) {
            Some(RegistryColumn::Words { codes, words }) => {
                codes.get(person as usize).and_then(|code| words.get(*code as usize)).map_or("", String::as_str)
            }
            _ => "",
        }
    }
    /// A word of a household: its head's, else the first that a member has.
    #[must_use]
    pub fn household_word(&self, column: &str, household: u32) -> &str {
        match self.columns.get(column) {
            Some(RegistryColumn::Words { codes, words }) => {
                words.get(self.household_code(codes, household) as usize).map_or("", String::as_str)
            }
            _ => "",
        }
    }
    /// The same, of a column of codes, of which 0 is no word.
    pub(crate) fn household_code(&self, codes: &[u32], household: u32) -> u32 {
        let members = self.members(household);
        let of_members = &codes[members.start as usize..members.end as usize];
        let head = codes[self.head[household as usize] as usize];
        if head != 0 { head } else { of_members.iter().copied().find(|code| *code != 0).unwrap_or(0) }
    }

    /// The row of each household's head.
    pub(crate) fn find_heads(&mut self) {
        let is_head = |member: u32| match self.columns.get("relation") {
            Some(RegistryColumn::Words { codes, words }) => words[codes[member as usize] as usize] == "户主",
            _ => false,
        };
        let head = |household: u32| {
            let mut members = self.members(household);
            let first = members.start;
            members.find(|member| is_head(*member)).unwrap_or(first)
        };
        self.head = (0..self.households() as u32).map(head).collect();
    }

    /// Villages and hamlets with a household, in the order of their names.
    pub(crate) fn find_places(&mut self) {
        let places = |with_hamlet: bool| {
            let code = |column: &str, household: u32| match self.columns.get(column) {
                Some(RegistryColumn::Words { codes, .. }) => self.household_code(codes, household),
                _ => 0,
            };
            // Village and hamlet; a hamlet of no village, or no hamlet, is no place.
            let keys = (0..self.households() as u32).map(|household| {
                let village = code("village_code", household);
                let hamlet = if with_hamlet && village != 0 { code("hamlet", household) } else { 0 };
                if with_hamlet && hamlet == 0 { (0, 0) } else { (village, hamlet) }
            });
            let keys: Vec<(u32, u32)> = keys.collect();
            let mut once: Vec<(u32, u32)> = keys.iter().copied().filter(|key| key.0 != 0).collect();
            once.sort_unstable();
            once.dedup();
            let name = |(village, hamlet): (u32, u32)| {
                let village = self.word_of("village_code", village);
                if hamlet == 0 { village.to_owned() } else { hamlet_key(village, self.word_of("hamlet", hamlet)) }
            };
            let mut named: Vec<(String, (u32, u32))> = once.into_iter().map(|key| (name(key), key)).collect();
            named.sort_unstable();
            let place: PlHashMap<(u32, u32), u32> =
                named.iter().enumerate().map(|(place, (_, key))| (*key, place as u32)).collect();
            let of_household = keys.iter().map(|key| place.get(key).copied().unwrap_or(NOBODY)).collect();
            Places { names: named.into_iter().map(|(name, _)| name).collect(), of_household }
        };
        let (villages, hamlets) = (places(false), places(true));
        self.villages = villages;
        self.hamlets = hamlets;
    }

    fn word_of(&self, column: &str, code: u32) -> &str {
        match self.columns.get(column) {
            Some(RegistryColumn::Words { words, .. }) => words.get(code as usize).map_or("", String::as_str),
            _ => "",
        }
    }
}
