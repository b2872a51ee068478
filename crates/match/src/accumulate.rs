//! Aggregates by direct index: one slot for each person, household, village or hamlet. Amounts are summed as integers of 1/10,000,
//! so that neither the order of rows nor the number of threads can show.

use std::collections::HashMap;

use polars::prelude::*;

use crate::error::MatchError;
use crate::fact::{Aggregate, Fact};

/// Numbers are kept as whole ten-thousandths.
const SCALE: f64 = 10_000.0;

/// A row's value, ready to be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    /// Ten-thousandths, days, 0 or 1, or a word's number, by the fact's type.
    Whole(i64),
}

/// One fact's running answer.
pub(crate) struct Accumulator {
    aggregate: Aggregate,
    kind: DataType,
    slots: Vec<i64>,
    /// Rows that had a value (AVG), or the date of the one kept (LATEST).
    seconds: Vec<i64>,
    filled: Vec<bool>,
    distinct: Vec<(u32, i64)>,
    words: Words,
    overflow: bool,
    /// COUNT(DISTINCT person).
    counts_persons: bool,
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
    pub(crate) fn new(fact: &Fact, entities: usize) -> Self {
        use Aggregate::{All, Any, Average, Latest, Max, Min};
        let needs_fill = matches!(fact.aggregate, Min | Max | Average | All | Latest | Any);
        Self {
            aggregate: fact.aggregate,
            kind: fact.argument_type.clone(),
            slots: vec![0; if fact.aggregate == Aggregate::CountDistinct { 0 } else { entities }],
            seconds: if matches!(fact.aggregate, Average | Latest) { vec![0; entities] } else { Vec::new() },
            filled: if needs_fill { vec![false; entities] } else { Vec::new() },
            distinct: Vec::new(),
            words: Words::default(),
            overflow: false,
            counts_persons: fact.aggregate == Aggregate::CountDistinct && fact.argument.is_none(),
        }
    }

    /// The batch's argument column as values of this fact.
    pub(crate) fn values(&mut self, column: &Column) -> PolarsResult<Vec<Value>> {
        let whole = |value: Option<i64>| value.map_or(Value::Null, Value::Whole);
        Ok(match column.dtype() {
            DataType::String => column
                .str()?
                .iter()
                .map(|word| word.map_or(Value::Null, |word| Value::Whole(self.words.place(word))))
                .collect(),
            DataType::Boolean => column.bool()?.iter().map(|flag| whole(flag.map(i64::from))).collect(),
            DataType::Date => column.date()?.physical().iter().map(|day| whole(day.map(i64::from))).collect(),
            _ => column.cast(&DataType::Float64)?.f64()?.iter().map(|number| whole(number.and_then(scaled))).collect(),
        })
    }

    /// Adds one row. `date` is the row's day, for LATEST.
    pub(crate) fn add(&mut self, entity: u32, person: u32, value: Value, date: i32) {
        let at = entity as usize;
        if self.counts_persons {
            self.distinct.push((entity, i64::from(person)));
        } else if let Value::Whole(value) = value {
            self.add_value(at, entity, value, date);
        }
    }

    fn add_value(&mut self, at: usize, entity: u32, value: i64, date: i32) {
        match self.aggregate {
            Aggregate::Count => self.slots[at] += 1,
            Aggregate::CountDistinct => self.distinct.push((entity, value)),
            Aggregate::Sum | Aggregate::Average => {
                match self.slots[at].checked_add(value) {
                    Some(sum) => self.slots[at] = sum,
                    None => self.overflow = true,
                }
                if self.aggregate == Aggregate::Average {
                    self.seconds[at] += 1;
                    self.filled[at] = true;
                }
            }
            Aggregate::Min | Aggregate::Max => {
                if !self.filled[at] || self.is_beyond(value, self.slots[at]) {
                    self.slots[at] = value;
                }
                self.filled[at] = true;
            }
            Aggregate::Any => {
                self.slots[at] |= value;
                self.filled[at] = true;
            }
            Aggregate::All => {
                self.slots[at] = if self.filled[at] { self.slots[at] & value } else { value };
                self.filled[at] = true;
            }
            Aggregate::Latest => {
                let date = i64::from(date);
                let later = !self.filled[at]
                    || date > self.seconds[at]
                    || (date == self.seconds[at] && self.is_greater(value, self.slots[at]));
                if later {
                    self.slots[at] = value;
                    self.seconds[at] = date;
                }
                self.filled[at] = true;
            }
        }
    }

    fn is_beyond(&self, value: i64, kept: i64) -> bool {
        if self.aggregate == Aggregate::Min { self.is_greater(kept, value) } else { self.is_greater(value, kept) }
    }
    fn is_greater(&self, one: i64, other: i64) -> bool {
        if self.kind == DataType::String { self.words.get(one) > self.words.get(other) } else { one > other }
    }

    /// The finished column, one value an entity.
    pub(crate) fn finish(mut self, fact: &Fact, entities: usize) -> Result<Column, MatchError> {
        if self.overflow {
            return Err(MatchError::Overflow(fact.name.clone()));
        }
        let name = PlSmallStr::from(fact.name.as_str());
        if self.aggregate == Aggregate::CountDistinct {
            self.distinct.sort_unstable();
            self.distinct.dedup();
            let mut counts = vec![0_i64; entities];
            for (entity, _) in &self.distinct {
                counts[*entity as usize] += 1;
            }
            return Ok(Column::new(name, counts));
        }
        let some = |at: usize| self.filled.is_empty() || self.filled[at];
        Ok(match self.aggregate {
            Aggregate::Count => Column::new(name, self.slots),
            Aggregate::Sum => Column::new(name, self.slots.iter().map(|sum| *sum as f64 / SCALE).collect::<Vec<_>>()),
            Aggregate::Average => {
                let mean = |at: usize| some(at).then(|| self.slots[at] as f64 / SCALE / self.seconds[at] as f64);
                Column::new(name, (0..entities).map(mean).collect::<Vec<_>>())
            }
            Aggregate::Any => Column::new(name, self.slots.iter().map(|any| *any != 0).collect::<Vec<_>>()),
            Aggregate::All => {
                Column::new(name, (0..entities).map(|at| some(at).then(|| self.slots[at] != 0)).collect::<Vec<_>>())
            }
            _ => {
                self.picked(name, entities).map_err(|source| MatchError::Compute { what: fact.name.clone(), source })?
            }
        })
    }

    /// MIN, MAX and LATEST keep one row's value.
    fn picked(&self, name: PlSmallStr, entities: usize) -> PolarsResult<Column> {
        let some = |at: usize| self.filled[at].then(|| self.slots[at]);
        Ok(match self.kind {
            DataType::String => Column::new(
                name,
                (0..entities).map(|at| some(at).map(|place| self.words.get(place))).collect::<Vec<_>>(),
            ),
            DataType::Boolean => {
                Column::new(name, (0..entities).map(|at| some(at).map(|flag| flag != 0)).collect::<Vec<_>>())
            }
            DataType::Date => {
                Column::new(name, (0..entities).map(|at| some(at).map(|day| day as i32)).collect::<Vec<_>>())
                    .cast(&DataType::Date)?
            }
            _ => Column::new(
                name,
                (0..entities).map(|at| some(at).map(|number| number as f64 / SCALE)).collect::<Vec<_>>(),
            ),
        })
    }
}

/// Ten-thousandths, `None` for what is not a finite number of that size.
fn scaled(number: f64) -> Option<i64> {
    let whole = (number * SCALE).round();
    (whole.is_finite() && whole.abs() < 9.0e18).then_some(whole as i64)
}

#[cfg(test)]
mod tests;
