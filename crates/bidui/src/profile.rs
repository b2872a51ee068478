//! What a feed of one month looks like in sum, taken while it is sealed: the months its dates lie in, the sizes of its amounts, and a
//! digest of each row. With these the guards tell another month's file, one unit for another, and rows that have come before, and need
//! not read the store again. Nothing here names anybody: a row's digest is made of tokens and values, and changes with the key.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{DataContract, FeedKind, LinkBy, Month, SealedChunk, SealedColumn, TextColumn};
use serde::{Deserialize, Serialize};

use crate::row_digest::digest_rows;

/// Stands beside the rows in the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Profile {
    /// By date column: rows by month, written `2023-03`.
    pub(crate) dates: BTreeMap<String, BTreeMap<String, u64>>,
    /// By money column: amounts by size, see [`size_of`]. Zeros are left out.
    pub(crate) amounts: BTreeMap<String, BTreeMap<u8, u64>>,
    /// By money column: the sum of all amounts without their signs, in fen.
    pub(crate) sums: BTreeMap<String, i64>,
    /// Two money columns, and in how many rows the first is the smaller and the larger one, by its absolute value.
    pub(crate) pairs: Vec<(String, String, u64, u64)>,
    /// By column of few words: rows by word, empty where there is none. Only of the registry: in other lists a
    /// word may well come and go, as 毕业 does.
    pub(crate) words: BTreeMap<String, BTreeMap<String, u64>>,
    /// The sum of all rows' digests: the same rows in any order have the same. Empty without rows.
    pub(crate) content: String,
    /// The same for each file and sheet, by its number: how many rows, and their sum.
    pub(crate) parts: BTreeMap<u32, (u64, String)>,
    /// By file and sheet: rows that another one has, too, and the first that has one of them. Where there are any.
    pub(crate) shared: BTreeMap<u32, (u64, u32)>,
    /// By file and sheet: rows that stand further up in it already.
    pub(crate) again: BTreeMap<u32, u64>,
    /// By column that the store keeps: rows with a value.
    pub(crate) filled: BTreeMap<String, u64>,
}

impl Profile {
    /// Rows of a date column, and how many of them lie in a month.
    pub(crate) fn share(&self, column: &str, month: Month) -> (u64, u64) {
        let Some(months) = self.dates.get(column) else { return (0, 0) };
        (months.values().sum(), months.get(&month.to_string()).copied().unwrap_or(0))
    }
    /// The month in which most rows of a date column lie.
    pub(crate) fn main_month(&self, column: &str) -> Option<&str> {
        let months = self.dates.get(column)?;
        months.iter().max_by_key(|(month, rows)| (**rows, std::cmp::Reverse(*month))).map(|(month, _)| month.as_str())
    }
    /// How many amounts a column has, and the size of the middle one.
    pub(crate) fn middle(&self, column: &str) -> Option<(u64, u8)> {
        let sizes = self.amounts.get(column)?;
        let all: u64 = sizes.values().sum();
        let mut below = 0;
        let middle = sizes.iter().find(|(_, count)| {
            below += **count;
            below * 2 >= all
        })?;
        Some((all, *middle.0))
    }
}

/// Half-octaves: each is about 1.4 times the one before.
pub(crate) const SIZES_PER_DOUBLING: u8 = 2;

/// The place of an amount's highest bit, doubled, and one more where the next bit is set.
fn size_of(fen: i64) -> u8 {
    let value = fen.unsigned_abs().max(1);
    let high = value.ilog2();
    let next = high > 0 && value >> (high - 1) & 1 == 1;
    high as u8 * SIZES_PER_DOUBLING + u8::from(next)
}

/// The years that a month can have.
const FIRST_YEAR: i32 = 1900;
const LAST_YEAR: i32 = 2199;
const MONTHS: usize = ((LAST_YEAR - FIRST_YEAR + 1) * 12) as usize;

/// Takes the kept rows of a feed and month, in order.
pub(crate) struct Profiler {
    profile: Profile,
    /// By date column: rows by month, from the first month that there can be.
    dates: BTreeMap<String, Vec<u64>>,
    keeps_rows: bool,
    /// Columns that hold one of a few words.
    choices: BTreeSet<String>,
    rows: Vec<u64>,
    /// Of the rows that have somebody's number their digests, with file and sheet; none once there are too many, or where the rows are no persons'.
    placed: Option<Vec<(u64, u32)>>,
    /// The column of that number.
    person: String,
    /// By file and sheet: rows, and the sum of their digests.
    sums: BTreeMap<u32, (u64, u128)>,
}

impl Profiler {
    pub(crate) fn new(contract: &DataContract) -> Self {
        let choices = contract
            .columns
            .iter()
            .filter(|column| contract.kind == FeedKind::Registry && column.stored && !column.choices.is_empty());
        Self {
            profile: Profile::default(),
            dates: BTreeMap::new(),
            keeps_rows: contract.kind == FeedKind::Events,
            choices: choices.map(|column| column.name.clone()).collect(),
            rows: Vec::new(),
            placed: matches!(contract.link, LinkBy::Person { .. }).then(Vec::new),
            person: match &contract.link {
                LinkBy::Person { id, .. } => id.clone(),
                LinkBy::Place { .. } | LinkBy::Town { .. } => String::new(),
            },
            sums: BTreeMap::new(),
        }
    }

    pub(crate) fn add(&mut self, sealed: &SealedChunk) {
        let mut amounts: Vec<(&str, &[Option<i64>])> = Vec::new();
        for (name, column) in &sealed.columns {
            match column {
                SealedColumn::Date { days, .. } => {
                    let counts = self.dates.entry(name.clone()).or_insert_with(|| vec![0; MONTHS]);
                    count_months(counts, days);
                }
                SealedColumn::Money(values) => {
                    let sizes = self.profile.amounts.entry(name.clone()).or_default();
                    let sum = self.profile.sums.entry(name.clone()).or_default();
                    let mut counts = [0_u64; 256];
                    for fen in values.iter().flatten().filter(|fen| **fen != 0) {
                        counts[usize::from(size_of(*fen))] += 1;
                        *sum = sum.saturating_add(fen.saturating_abs());
                    }
                    for (size, count) in (0..=u8::MAX).zip(counts).filter(|(_, count)| *count > 0) {
                        *sizes.entry(size).or_default() += count;
                    }
                    amounts.push((name, values));
                }
                SealedColumn::Text(text) if self.choices.contains(name) => {
                    count_words(self.profile.words.entry(name.clone()).or_default(), text);
                }
                _ => {}
            }
        }
        self.compare(&amounts);
        for (name, column) in &sealed.columns {
            if let Some(filled) = filled(column) {
                *self.profile.filled.entry(name.clone()).or_default() += filled;
            }
        }
        let digests = digest_rows(sealed);
        if let Some(placed) = &mut self.placed {
            let tokens = sealed.columns.iter().find_map(|(name, column)| match column {
                SealedColumn::Id { tokens, .. } if *name == self.person => Some(tokens),
                _ => None,
            });
            let rows = digests.iter().zip(&sealed.sources).enumerate();
            let of_persons = rows.filter(|(row, _)| tokens.is_some_and(|tokens| tokens[*row].is_some()));
            placed.extend(of_persons.map(|(_, (digest, source))| (*digest, source.0)));
        }
        if self.placed.as_ref().is_some_and(|placed| placed.len() > COMPARED) {
            self.placed = None;
        }
        let mut from = 0;
        while let Some(source) = sealed.sources.get(from) {
            let run = sealed.sources[from..].iter().take_while(|other| *other == source).count();
            let (rows, sum) = self.sums.entry(source.0).or_default();
            *rows += run as u64;
            *sum = digests[from..from + run].iter().fold(*sum, |sum, digest| sum.wrapping_add(u128::from(*digest)));
            from += run;
        }
        if self.keeps_rows {
            self.rows.extend(digests);
        }
    }

    /// Finds the rows that stand twice: in another file or sheet, or further up in the same.
    fn compare_parts(&mut self) {
        let mut placed = self.placed.take().unwrap_or_default();
        placed.sort_unstable();
        for alike in placed.chunk_by(|one, other| one.0 == other.0).filter(|alike| alike.len() > 1) {
            let parts = || alike.chunk_by(|one, other| one.1 == other.1);
            for part in parts() {
                let (source, rows) = (part[0].1, part.len() as u64);
                if rows > 1 {
                    *self.profile.again.entry(source).or_default() += rows - 1;
                }
                if let Some(other) = parts().map(|part| part[0].1).find(|other| *other != source) {
                    self.profile.shared.entry(source).or_insert((0, other)).0 += rows;
                }
            }
        }
    }

    fn compare(&mut self, amounts: &[(&str, &[Option<i64>])]) {
        let mut pair = 0;
        for (at, (first, of_first)) in amounts.iter().enumerate() {
            for (second, of_second) in &amounts[at + 1..] {
                if self.profile.pairs.len() == pair {
                    self.profile.pairs.push(((*first).to_owned(), (*second).to_owned(), 0, 0));
                }
                let (_, _, smaller, larger) = &mut self.profile.pairs[pair];
                for values in of_first.iter().zip(of_second.iter()) {
                    let (Some(one), Some(other)) = values else { continue };
                    *smaller += u64::from(one.unsigned_abs() < other.unsigned_abs());
                    *larger += u64::from(one.unsigned_abs() > other.unsigned_abs());
                }
                pair += 1;
            }
        }
    }

    /// The profile, and of a feed of events the digest of every row in order.
    pub(crate) fn finish(mut self) -> (Profile, Vec<u64>) {
        self.compare_parts();
        let all = self.sums.values().fold(0_u128, |all, (_, sum)| all.wrapping_add(*sum));
        if !self.sums.is_empty() {
            self.profile.content = format!("{all:032x}");
        }
        let part = |(source, (rows, sum)): (u32, (u64, u128))| (source, (rows, format!("{sum:032x}")));
        self.profile.parts = self.sums.into_iter().map(part).collect();
        let of_month = |(place, rows): (usize, u64)| {
            let month = Month::new(FIRST_YEAR + place as i32 / 12, place as u32 % 12 + 1)?;
            (rows > 0).then(|| (month.to_string(), rows))
        };
        for (column, counts) in self.dates {
            self.profile.dates.insert(column, counts.into_iter().enumerate().filter_map(of_month).collect());
        }
        (self.profile, self.rows)
    }
}

/// A list with more rows than this is too long to be looked through for rows that stand twice; nobody pastes such a one.
const COMPARED: usize = 1 << 20;

/// Rows with a value; None of a column that the store does not keep, or of names.
fn filled(column: &SealedColumn) -> Option<u64> {
    fn some<T>(values: &[Option<T>]) -> u64 {
        values.iter().flatten().count() as u64
    }
    match column {
        SealedColumn::Id { tokens, .. } => Some(tokens.iter().filter(|token| token.is_some()).count() as u64),
        SealedColumn::Date { days, .. } => Some(some(days)),
        SealedColumn::Money(values) | SealedColumn::Integer(values) => Some(some(values)),
        SealedColumn::Number(values) => Some(some(values)),
        SealedColumn::Flag(values) => Some(some(values)),
        SealedColumn::Text(text) => Some(text.codes.iter().filter(|code| **code > 0).count() as u64),
        SealedColumn::Name(_) | SealedColumn::Dropped => None,
    }
}

/// Adds up a chunk's words.
fn count_words(counts: &mut BTreeMap<String, u64>, text: &TextColumn) {
    let mut by_code = vec![0_u64; text.words.len() + 1];
    for code in &text.codes {
        by_code.get_mut(*code as usize).into_iter().for_each(|count| *count += 1);
    }
    let words = std::iter::once("").chain(text.words.iter());
    for (word, count) in words.zip(by_code).filter(|(_, count)| *count > 0) {
        *counts.entry(word.to_owned()).or_default() += count;
    }
}

/// Adds up a chunk's days by month, from January of [`FIRST_YEAR`].
fn count_months(counts: &mut [u64], days: &[Option<i32>]) {
    // Dates of a file lie close together: many rows are of the month of the row before.
    let mut last = (0..0, 0);
    for day in days.iter().flatten() {
        if !last.0.contains(day) {
            let Some(month) = month_of(*day) else { continue };
            let place = Month::new(FIRST_YEAR, 1).map_or(0, |first| month.since(first));
            last = (month.first_day()..month.last_day() + 1, usize::try_from(place).unwrap_or(0));
        }
        if let Some(count) = counts.get_mut(last.1) {
            *count += 1;
        }
    }
}

/// The month of a day since 1970; `None` outside the years that a month can have.
fn month_of(day: i32) -> Option<Month> {
    // 400 years have 146,097 days and 4,800 months, so that the guess is off by one at most.
    let guess = 1970 * 12 + i32::try_from((i64::from(day) * 4_800).div_euclid(146_097)).ok()?;
    let guess = guess.clamp(FIRST_YEAR * 12, LAST_YEAR * 12 + 11);
    let month = Month::new(guess / 12, (guess % 12 + 1) as u32)?;
    [0, 1, -1]
        .map(|by| month.plus(by))
        .into_iter()
        .find(|month| (month.first_day()..=month.last_day()).contains(&day))
        .filter(|month| (FIRST_YEAR..=LAST_YEAR).contains(&month.year()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(columns: Vec<(&str, SealedColumn)>, rows: usize) -> Profile {
        let text = "name='甲'\ndepartment='乙'\nfiles=['乙/*']\nkind='events'\n\
                    [columns]\nperson={type='id_number',headings=['证件号码'],required=true}\n";
        let contract = bidui_ingest::compile_contract(text, "feeds/甲.toml").unwrap();
        let mut profiler = Profiler::new(&contract);
        let columns = columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect();
        let sources = vec![bidui_model::SourceId(0); rows];
        profiler.add(&SealedChunk { rows: vec![1; rows], sources, columns, ..SealedChunk::default() });
        profiler.finish().0
    }

    #[test]
    fn every_day_has_its_month() {
        let mut day = Month::new(1900, 1).unwrap().first_day();
        for month in Month::new(1900, 1).unwrap().through(Month::new(2199, 11).unwrap()) {
            for day in [day, month.last_day()] {
                assert_eq!(month_of(day), Some(month), "{day}");
            }
            day = month.last_day() + 1;
        }
    }

    #[test]
    fn dates_are_counted_by_month() {
        let first = Month::new(2023, 3).unwrap().first_day();
        let days = vec![Some(first), Some(first + 30), None, Some(first - 1), Some(first + 2)];
        let profile = check(vec![("on", SealedColumn::Date { days, precision: Vec::new() })], 5);
        assert_eq!(profile.dates["on"], BTreeMap::from([("2023-02".to_owned(), 1), ("2023-03".to_owned(), 3)]));
        assert_eq!(profile.share("on", Month::new(2023, 3).unwrap()), (4, 3));
        assert_eq!(profile.main_month("on"), Some("2023-03"));
    }

    #[test]
    fn a_unit_of_ten_thousand_is_many_sizes_away() {
        let of = |values: &[i64]| {
            let values = values.iter().map(|value| Some(*value)).collect();
            check(vec![("paid", SealedColumn::Money(values))], 3).middle("paid").unwrap()
        };
        let (yuan, wan) = (of(&[120_000, 350_000, -480_000]), of(&[12, 35, 48]));
        assert_eq!((yuan.0, wan.0), (3, 3));
        assert_eq!(yuan.1 - wan.1, 26);
    }

    #[test]
    fn which_of_two_amounts_is_larger_is_counted() {
        let (one, other) = (vec![Some(1), Some(-5), None, Some(3)], vec![Some(2), Some(4), Some(1), Some(3)]);
        let profile = check(vec![("a", SealedColumn::Money(one)), ("b", SealedColumn::Money(other))], 4);
        assert_eq!(profile.pairs, [("a".to_owned(), "b".to_owned(), 1, 1)]);
    }
}
