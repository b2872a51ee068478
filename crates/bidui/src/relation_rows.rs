//! A relation built row by row.

use std::collections::BTreeMap;

use polars::prelude::*;

/// The words of a column, row by row; of what is not there an empty one.
pub(crate) fn words_of(frame: &DataFrame, column: &str) -> PolarsResult<Vec<String>> {
    Ok(frame.column(column)?.str()?.iter().map(|word| word.unwrap_or("").to_owned()).collect())
}

/// A table built row by row, in the order of the relation's columns.
#[derive(Default)]
pub(crate) struct Rows {
    texts: BTreeMap<&'static str, Vec<String>>,
    integers: BTreeMap<&'static str, Vec<Option<i64>>>,
    numbers: BTreeMap<&'static str, Vec<Option<f64>>>,
    days: BTreeMap<&'static str, Vec<Option<i32>>>,
    order: Vec<&'static str>,
    height: usize,
}

impl Rows {
    pub(crate) fn new(order: &[&'static str]) -> Self {
        Self { order: order.to_vec(), ..Self::default() }
    }
    pub(crate) fn text(&mut self, column: &'static str, value: impl Into<String>) -> &mut Self {
        self.texts.entry(column).or_default().push(value.into());
        self
    }
    pub(crate) fn integer(&mut self, column: &'static str, value: Option<i64>) -> &mut Self {
        self.integers.entry(column).or_default().push(value);
        self
    }
    pub(crate) fn number(&mut self, column: &'static str, value: Option<f64>) -> &mut Self {
        self.numbers.entry(column).or_default().push(value);
        self
    }
    pub(crate) fn day(&mut self, column: &'static str, value: Option<i32>) -> &mut Self {
        self.days.entry(column).or_default().push(value);
        self
    }
    pub(crate) fn end(&mut self) {
        self.height += 1;
    }
    pub(crate) fn frame(mut self, name: &str) -> PolarsResult<DataFrame> {
        let types = bidui_emit::relation_schema(name).unwrap_or_default();
        let columns: PolarsResult<Vec<Column>> = self
            .order
            .iter()
            .map(|column| {
                let label = PlSmallStr::from(*column);
                Ok(match types.get(column) {
                    Some(DataType::Int64) => Column::new(label, self.integers.remove(column).unwrap_or_default()),
                    Some(DataType::Float64) => Column::new(label, self.numbers.remove(column).unwrap_or_default()),
                    Some(DataType::Date) => {
                        Column::new(label, self.days.remove(column).unwrap_or_default()).cast(&DataType::Date)?
                    }
                    _ => Column::new(label, self.texts.remove(column).unwrap_or_default()),
                })
            })
            .collect();
        DataFrame::new(self.height, columns?)
    }
}

pub(crate) fn columns_of(name: &str) -> Vec<&'static str> {
    bidui_model::relation(name)
        .map_or_else(Vec::new, |relation| relation.columns.iter().map(|column| column.name).collect())
}
