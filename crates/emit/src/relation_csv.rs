//! Rows of a relation as CSV.

use polars::prelude::{Column, DataFrame, DataType, IntoColumn, PolarsResult, StringChunkedBuilder};
use polars_io::prelude::{CsvWriter, SerWriter};
use std::fmt::Write as _;
use std::io::Write;

/// Whole numbers up to here, divided by a power of ten, are nearest to one number of so many decimals.
const EXACT: f64 = (1_u64 << 49) as f64;

/// Writes the rows, and the columns' names before them if that is asked.
pub(crate) fn write_csv(file: &mut impl Write, frame: &DataFrame, heading: bool) -> PolarsResult<()> {
    // Plain decimals: `1e7` is a number to few spreadsheets. Money has two; a rate is a share of one and keeps four.
    let decimals = if frame.column("link_rate").is_ok() { 4 } else { 2 };
    let columns = frame.columns().iter().map(|column| match column.dtype() {
        DataType::Float64 => in_decimals(column, decimals),
        _ => Ok(column.clone()),
    });
    let mut plain = DataFrame::new(frame.height(), columns.collect::<PolarsResult<_>>()?)?;
    CsvWriter::new(file).include_header(heading).finish(&mut plain)
}

/// A column of numbers as text.
fn in_decimals(column: &Column, decimals: usize) -> PolarsResult<Column> {
    let mut texts = StringChunkedBuilder::new(column.name().clone(), column.len());
    let mut text = String::new();
    for value in column.f64()?.iter() {
        match value {
            Some(value) => {
                text.clear();
                push_decimals(&mut text, value, decimals);
                texts.append_value(&text);
            }
            None => texts.append_null(),
        }
    }
    Ok(texts.finish().into_column())
}

/// What `{value:.decimals$}` writes. Amounts are numbers of so many decimals as a rule, and their digits need no long arithmetic.
fn push_decimals(text: &mut String, value: f64, decimals: usize) {
    let scale = 10_u32.pow(decimals as u32);
    let whole = (value * f64::from(scale)).round();
    let is_exact =
        whole.abs() < EXACT && whole / f64::from(scale) == value && (whole != 0.0 || value.is_sign_positive());
    // Writing to a string cannot fail.
    let _ = if is_exact {
        let (sign, digits) = (if whole < 0.0 { "-" } else { "" }, whole.abs() as u64);
        let scale = u64::from(scale);
        write!(text, "{sign}{}.{:0decimals$}", digits / scale, digits % scale)
    } else {
        write!(text, "{value:.decimals$}")
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: f64) {
        for decimals in [2, 4] {
            let mut text = String::new();
            push_decimals(&mut text, value, decimals);
            assert_eq!(text, format!("{value:.decimals$}"));
        }
    }

    #[test]
    fn decimals_are_those_of_the_standard_library() {
        let odd = [0.005, 1.005, 2.675, 0.125, 1e15, 1e16, 1e300, 5.6e12, 5.7e12, 1.0 / 3.0, f64::MIN_POSITIVE];
        let more = [f64::NAN, f64::INFINITY, 0.0, 4_398_046_511_103.99, 56_294_995_342.131_2, 0.3 - 0.1];
        for value in odd.into_iter().chain(more) {
            check(value);
            check(-value);
        }
        let mut bits = 1_u64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            check(f64::from_bits(bits));
            check((bits >> 20) as f64 / 100.0);
            check((bits >> 40) as f64 / 10_000.0);
            check((bits >> 40) as f64 / 8.0);
        }
    }
}
