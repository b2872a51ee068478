//! Columns of a frame as plain values.

use polars::prelude::*;

/// Words of a column; an empty one where there is none.
pub(super) fn words<'a>(frame: &'a DataFrame, column: &str) -> PolarsResult<Vec<&'a str>> {
    Ok(frame.column(column)?.str()?.iter().map(|word| word.unwrap_or("")).collect())
}

/// Whole numbers, whatever kind of them a query made.
pub(super) fn integers(frame: &DataFrame, column: &str) -> PolarsResult<Vec<Option<i64>>> {
    Ok(frame.column(column)?.cast(&DataType::Int64)?.i64()?.iter().collect())
}

/// The same, 0 where there is none: sums over no row.
pub(super) fn counts(frame: &DataFrame, column: &str) -> PolarsResult<Vec<i64>> {
    Ok(integers(frame, column)?.into_iter().map(|count| count.unwrap_or(0)).collect())
}

pub(super) fn numbers(frame: &DataFrame, column: &str) -> PolarsResult<Vec<Option<f64>>> {
    Ok(frame.column(column)?.f64()?.iter().collect())
}

/// Days since 1970-01-01.
pub(super) fn days(frame: &DataFrame, column: &str) -> PolarsResult<Vec<Option<i32>>> {
    Ok(frame.column(column)?.cast(&DataType::Int32)?.i32()?.iter().collect())
}

/// A part of a whole; nothing of nothing.
pub(super) fn share(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
