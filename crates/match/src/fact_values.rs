//! A fact's answers for every entity, as narrow as they fit: most are counts below a hundred. Widened where they are read, some at a time.

use polars::prelude::*;

use crate::accumulate::SCALE;
use crate::bits::Bits;
use crate::frames::Rows;

/// One answer an entity.
#[derive(Clone, Debug)]
pub struct FactValues {
    kind: ValueKind,
    cells: Cells,
    /// Entities whose answer is known; `None` for all.
    known: Option<Bits>,
    length: usize,
}

/// What a cell stands for.
#[derive(Clone, Debug)]
pub(crate) enum ValueKind {
    Count,
    /// Ten-thousandths.
    Number,
    /// Ten-thousandths in all, of so many rows.
    Mean(Vec<i32>),
    Flag,
    /// Since 1970-01-01.
    Day,
    /// A word's place among these.
    Word(Vec<String>),
}

/// Whole numbers in the fewest bytes that hold all of them.
#[derive(Clone, Debug)]
enum Cells {
    Same(i64),
    One(Vec<i8>, i64),
    Two(Vec<i16>, i64),
    Four(Vec<i32>, i64),
    Eight(Vec<i64>),
}

impl Cells {
    /// Amounts are whole yuan or whole fen as a rule, so many ten-thousandths: the unit is kept beside them.
    fn narrow(values: &[i64]) -> Self {
        let first = values.first().copied().unwrap_or(0);
        let (mut least, mut most, mut is_fen, mut is_yuan) = (first, first, true, true);
        for value in values {
            (least, most) = (least.min(*value), most.max(*value));
            is_fen &= value % 100 == 0;
            is_yuan &= value % 10_000 == 0;
        }
        if least == most {
            return Self::Same(first);
        }
        let unit = [(is_yuan, 10_000), (is_fen, 100)].iter().find(|(fits, _)| *fits).map_or(1, |(_, unit)| *unit);
        let fits = |low: i64, high: i64| low <= least / unit && most / unit <= high;
        let cells = values.iter().map(|value| value / unit);
        // The casts cut nothing off: `fits` has looked.
        if fits(i8::MIN.into(), i8::MAX.into()) {
            Self::One(cells.map(|cell| cell as i8).collect(), unit)
        } else if fits(i16::MIN.into(), i16::MAX.into()) {
            Self::Two(cells.map(|cell| cell as i16).collect(), unit)
        } else if fits(i32::MIN.into(), i32::MAX.into()) {
            Self::Four(cells.map(|cell| cell as i32).collect(), unit)
        } else {
            Self::Eight(values.to_vec())
        }
    }

    fn map<T>(&self, rows: Rows<'_>, make: impl Fn(u32, i64) -> T) -> Vec<T> {
        match self {
            Self::Same(value) => rows.map(|row| make(row, *value)),
            Self::One(cells, unit) => rows.map(|row| make(row, i64::from(cells[row as usize]) * unit)),
            Self::Two(cells, unit) => rows.map(|row| make(row, i64::from(cells[row as usize]) * unit)),
            Self::Four(cells, unit) => rows.map(|row| make(row, i64::from(cells[row as usize]) * unit)),
            Self::Eight(cells) => rows.map(|row| make(row, cells[row as usize])),
        }
    }
}

impl FactValues {
    pub(crate) fn new(kind: ValueKind, values: &[i64], known: Option<Bits>) -> Self {
        let known = known.filter(|known| !known.all());
        Self { kind, cells: Cells::narrow(values), known, length: values.len() }
    }

    /// Of the others nothing is known.
    pub(crate) fn known_of(mut self, entities: &Bits) -> Self {
        if entities.all() {
            return self;
        }
        self.known = Some(self.known.map_or_else(|| entities.clone(), |known| known.and(entities)));
        self
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.length
    }
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The answers of all entities.
    #[must_use]
    pub fn all(&self, name: &str) -> Column {
        self.column(name, Rows::Run(0, self.length as u32))
    }

    /// The answers of some entities.
    pub(crate) fn column(&self, name: &str, rows: Rows<'_>) -> Column {
        let name = PlSmallStr::from(name);
        match &self.kind {
            ValueKind::Count => self.numbers::<Int64Type>(name, rows, |_, count| count).into_column(),
            ValueKind::Number => {
                self.numbers::<Float64Type>(name, rows, |_, number| number as f64 / SCALE).into_column()
            }
            ValueKind::Mean(counts) => {
                let mean = |row: u32, sum: i64| sum as f64 / SCALE / f64::from(counts[row as usize]);
                self.numbers::<Float64Type>(name, rows, mean).into_column()
            }
            ValueKind::Day => {
                let days = self.numbers::<Int32Type>(name, rows, |_, day| day as i32);
                days.into_date().into_column()
            }
            ValueKind::Flag => {
                let flags = self.cells.map(rows, |row, flag| self.is_known(row).then_some(flag != 0));
                BooleanChunked::from_iter_options(name, flags.into_iter()).into_column()
            }
            ValueKind::Word(words) => {
                let word = |place: i64| usize::try_from(place).ok().and_then(|place| words.get(place));
                let word = |row: u32, place: i64| word(place).filter(|_| self.is_known(row)).map(String::as_str);
                StringChunked::from_iter_options(name, self.cells.map(rows, word).into_iter()).into_column()
            }
        }
    }

    fn numbers<T: PolarsNumericType>(
        &self,
        name: PlSmallStr,
        rows: Rows<'_>,
        make: impl Fn(u32, i64) -> T::Native,
    ) -> ChunkedArray<T> {
        if self.known.is_none() {
            return ChunkedArray::from_vec(name, self.cells.map(rows, make));
        }
        let numbers = self.cells.map(rows, |row, cell| self.is_known(row).then(|| make(row, cell)));
        ChunkedArray::from_iter_options(name, numbers.into_iter())
    }

    fn is_known(&self, row: u32) -> bool {
        self.known.as_ref().is_none_or(|known| known.get(row as usize))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn check(values: &[i64], width: &str) {
        let cells = Cells::narrow(values);
        let found = match &cells {
            Cells::Same(_) => "0",
            Cells::One(..) => "1",
            Cells::Two(..) => "2",
            Cells::Four(..) => "4",
            Cells::Eight(_) => "8",
        };
        assert_eq!(found, width, "{values:?}");
        assert_eq!(cells.map(Rows::Run(0, values.len() as u32), |_, value| value), values);
    }

    #[test]
    fn answers_take_the_bytes_they_need_and_no_more() {
        check(&[], "0");
        check(&[7, 7, 7], "0");
        check(&[0, 127, -128], "1");
        check(&[0, 128], "2");
        check(&[0, 40_000], "1");
        check(&[0, 12_345_600, 5_000], "4");
        check(&[-32_768, 32_767], "2");
        check(&[0, 1 << 40 | 1], "8");
        check(&[i64::MIN, i64::MAX], "8");
        check(&[i64::MIN + 8, 0], "8");
    }

    #[test]
    fn some_answers_are_those_of_all() {
        let mut known = Bits::none(4);
        [0, 2].into_iter().for_each(|at| known.set(at));
        let values = FactValues::new(ValueKind::Number, &[5_000, 1, -20_000, 0], Some(known));
        let all = values.all("a");
        let shown: Vec<Option<f64>> = all.f64().unwrap().iter().collect();
        assert_eq!(shown, [Some(0.5), None, Some(-2.0), None]);
        assert!(values.column("a", Rows::Run(1, 3)).equals_missing(&all.slice(1, 2)));
        assert!(values.column("a", Rows::Some(&[2, 0])).equals_missing(&Column::new("a".into(), [-2.0, 0.5])));
    }
}
