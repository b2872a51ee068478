//! Aggregates by direct index: one slot for each person, household, village or hamlet. Amounts are summed as integers of 1/10,000,
//! so that neither the order of rows nor the number of threads can show.

use std::collections::HashMap;

use polars::prelude::*;

use crate::bits::Bits;
use crate::error::MatchError;
use crate::fact::{Aggregate, Fact};
use crate::fact_scan::CountedRow;
use crate::fact_values::{FactValues, ValueKind};

/// Numbers are kept as whole ten-thousandths.
pub(crate) const SCALE: f64 = 10_000.0;
/// From this length on a list of distinct values is gone over for repeats.
const DISTINCT_LIST: usize = 1 << 16;

/// One fact's running answer.
pub(crate) struct Accumulator {
    aggregate: Aggregate,
    kind: DataType,
    /// Rows or persons counted (COUNT).
    counts: Vec<u32>,
    slots: Vec<i64>,
    /// Rows that had a value (AVG), or the date of the one kept (LATEST).
    seconds: Vec<i32>,
    filled: Bits,
    distinct: Vec<(u32, i64)>,
    /// COUNT(DISTINCT person): who is counted. A person is of one household and lives in one place, so once is once for all entities.
    persons: Option<Bits>,
    words: Words,
    overflow: bool,
}

#[derive(Default)]
struct Words {
    places: HashMap<String, i64>,
    words: Vec<String>,
}

impl Words {
    fn place(&mut self, word: &str) -> i64 {
        if let Some(place) = self.places.get(word) {
            return *place;
        }
        let place = self.words.len() as i64;
        self.words.push(word.to_owned());
        self.places.insert(word.to_owned(), place);
        place
    }
    fn get(&self, place: i64) -> &str {
        usize::try_from(place).ok().and_then(|place| self.words.get(place)).map_or("", String::as_str)
    }
}

impl Accumulator {
    /// `persons` is how many the registry has.
    pub(crate) fn new(fact: &Fact, entities: usize, persons: usize) -> Self {
        use Aggregate::{All, Any, Average, Count, CountDistinct, Latest, Max, Min, Sum};
        let aggregate = fact.aggregate;
        let as_long_as = |is_needed: bool| if is_needed { entities } else { 0 };
        Self {
            aggregate,
            kind: fact.argument_type.clone(),
            counts: vec![0; as_long_as(matches!(aggregate, Count | CountDistinct))],
            slots: vec![0; as_long_as(matches!(aggregate, Sum | Min | Max | Average | Any | All | Latest))],
            seconds: vec![0; as_long_as(matches!(aggregate, Average | Latest))],
            filled: Bits::none(as_long_as(matches!(aggregate, Min | Max | Average | All | Latest))),
            distinct: Vec::new(),
            persons: (aggregate == CountDistinct && fact.argument.is_none()).then(|| Bits::none(persons)),
            words: Words::default(),
            overflow: false,
        }
    }

    /// Adds rows of a batch. `column` is the argument of every row of the batch, `None` where there is none to look at.
    pub(crate) fn add(&mut self, column: Option<&Column>, rows: &[CountedRow]) -> PolarsResult<()> {
        if let Some(persons) = &mut self.persons {
            for row in rows.iter().filter(|row| persons.is_new(row.person as usize)) {
                self.counts[row.entity as usize] += 1;
            }
            return Ok(());
        }
        let Some(column) = column else {
            rows.iter().for_each(|row| self.add_value(row, 1));
            return Ok(());
        };
        match column.dtype() {
            DataType::String => {
                let words = column.str()?;
                self.add_values(rows, |known, row| words.get(row).map(|word| known.place(word)));
            }
            DataType::Boolean => {
                let flags = column.bool()?;
                self.add_values(rows, |_, row| flags.get(row).map(i64::from));
            }
            DataType::Date => {
                let days = column.date()?.physical();
                self.add_values(rows, |_, row| days.get(row).map(i64::from));
            }
            _ => {
                let numbers = column.cast(&DataType::Float64)?;
                let numbers = numbers.f64()?;
                self.add_values(rows, |_, row| numbers.get(row).and_then(scaled));
            }
        }
        Ok(())
    }

    /// `value` is in ten-thousandths, days, 0 or 1, or a word's number, by the fact's type.
    fn add_values(&mut self, rows: &[CountedRow], value: impl Fn(&mut Words, usize) -> Option<i64>) {
        for row in rows {
            if let Some(value) = value(&mut self.words, row.row as usize) {
                self.add_value(row, value);
            }
        }
    }

    fn add_value(&mut self, row: &CountedRow, value: i64) {
        let at = row.entity as usize;
        match self.aggregate {
            Aggregate::Count => self.counts[at] += 1,
            Aggregate::CountDistinct => self.add_distinct(row.entity, value),
            Aggregate::Sum | Aggregate::Average => {
                match self.slots[at].checked_add(value) {
                    Some(sum) => self.slots[at] = sum,
                    None => self.overflow = true,
                }
                if self.aggregate == Aggregate::Average {
                    self.seconds[at] += 1;
                    self.filled.set(at);
                }
            }
            Aggregate::Min | Aggregate::Max => {
                if self.filled.is_new(at) || self.is_beyond(value, self.slots[at]) {
                    self.slots[at] = value;
                }
            }
            Aggregate::Any => self.slots[at] |= value,
            Aggregate::All => {
                self.slots[at] = if self.filled.is_new(at) { value } else { self.slots[at] & value };
            }
            Aggregate::Latest => {
                let later = self.filled.is_new(at)
                    || row.day > self.seconds[at]
                    || (row.day == self.seconds[at] && self.is_greater(value, self.slots[at]));
                if later {
                    self.slots[at] = value;
                    self.seconds[at] = row.day;
                }
            }
        }
    }

    /// What repeats is taken out whenever the list has doubled, so that it grows with what there is to count and not with the rows.
    fn add_distinct(&mut self, entity: u32, value: i64) {
        self.distinct.push((entity, value));
        if self.distinct.len() >= DISTINCT_LIST && self.distinct.len().is_power_of_two() {
            self.distinct.sort_unstable();
            self.distinct.dedup();
        }
    }

    fn is_beyond(&self, value: i64, kept: i64) -> bool {
        if self.aggregate == Aggregate::Min { self.is_greater(kept, value) } else { self.is_greater(value, kept) }
    }
    fn is_greater(&self, one: i64, other: i64) -> bool {
        if self.kind == DataType::String { self.words.get(one) > self.words.get(other) } else { one > other }
    }

    /// The finished answers, one an entity.
    pub(crate) fn finish(mut self, fact: &Fact) -> Result<FactValues, MatchError> {
        if self.overflow {
            return Err(MatchError::Overflow(fact.name.clone()));
        }
        self.distinct.sort_unstable();
        self.distinct.dedup();
        for (entity, _) in std::mem::take(&mut self.distinct) {
            self.counts[entity as usize] += 1;
        }
        let kind = match (self.aggregate, self.kind) {
            (Aggregate::Count | Aggregate::CountDistinct, _) => {
                self.slots = self.counts.into_iter().map(i64::from).collect();
                ValueKind::Count
            }
            (Aggregate::Sum, _) => ValueKind::Number,
            (Aggregate::Average, _) => ValueKind::Mean(self.seconds),
            (Aggregate::Any | Aggregate::All, _) | (_, DataType::Boolean) => ValueKind::Flag,
            (_, DataType::String) => ValueKind::Word(self.words.words),
            (_, DataType::Date) => ValueKind::Day,
            _ => ValueKind::Number,
        };
        let is_known_of_all =
            matches!(self.aggregate, Aggregate::Count | Aggregate::CountDistinct | Aggregate::Sum | Aggregate::Any);
        Ok(FactValues::new(kind, &self.slots, (!is_known_of_all).then_some(self.filled)))
    }
}

/// Ten-thousandths, `None` for what is not a finite number of that size.
fn scaled(number: f64) -> Option<i64> {
    let whole = (number * SCALE).round();
    (whole.is_finite() && whole.abs() < 9.0e18).then_some(whole as i64)
}

#[cfg(test)]
mod tests;
