//! Rows of a relation as CSV: commas, `\n`, and quotes only around a text with a comma, a quote or a line end in it, and around one
//! that is empty, since a field without anything is no value.
//!
//! polars' own writer is asked for the heading alone. For each cell of a row it goes through a pointer to a function, and it writes amounts
//! as `1e7`, which is a number to few spreadsheets, so that they had to be made texts first.

use polars::prelude::{Column, DataFrame, DataType, PolarsResult};
use polars_arrow::array::{BooleanArray, PrimitiveArray, StaticArray, Utf8ViewArray};
use polars_io::prelude::{CsvWriter, SerWriter};
use rayon::prelude::*;
use std::io::Write;
use std::ops::Range;

/// Whole numbers up to here, divided by a power of ten, are nearest to one number of so many decimals.
const EXACT: f64 = (1_u64 << 49) as f64;
/// Rows that one thread makes into text at a time, few enough that their room is had without asking the system, and how many such texts
/// wait to be written.
const ROWS: usize = 512;
const TEXTS: usize = 64;

/// Writes the names of the columns.
pub(crate) fn write_heading(file: &mut impl Write, frame: &DataFrame) -> PolarsResult<()> {
    CsvWriter::new(file).include_header(true).finish(&mut frame.clear())
}

/// Writes the rows.
pub(crate) fn write_rows(file: &mut impl Write, frame: &DataFrame) -> PolarsResult<()> {
    // Money has two decimals; a rate is a share of one and keeps four.
    let decimals = if frame.column("link_rate").is_ok() { 4 } else { 2 };
    let columns: Vec<Cells> =
        frame.columns().iter().map(|column| Cells::of(column, decimals)).collect::<PolarsResult<_>>()?;
    let rows = frame.height();
    for first in (0..rows).step_by(ROWS * TEXTS) {
        let starts: Vec<usize> = (first..rows.min(first + ROWS * TEXTS)).step_by(ROWS).collect();
        let texts: Vec<Vec<u8>> =
            starts.into_par_iter().map(|start| text_of(&columns, start..rows.min(start + ROWS))).collect();
        for text in texts {
            file.write_all(&text)?;
        }
    }
    Ok(())
}

fn text_of(columns: &[Cells], rows: Range<usize>) -> Vec<u8> {
    let mut text = Vec::new();
    for row in rows {
        for (at, cells) in columns.iter().enumerate() {
            if at > 0 {
                text.push(b',');
            }
            cells.push(&mut text, row);
        }
        text.push(b'\n');
    }
    text
}

/// A column in one piece.
enum Cells {
    Text(Utf8ViewArray),
    Whole(PrimitiveArray<i64>),
    /// With so many decimals.
    Number(PrimitiveArray<f64>, usize),
    Flag(BooleanArray),
}

impl Cells {
    fn of(column: &Column, decimals: usize) -> PolarsResult<Self> {
        Ok(match column.dtype() {
            DataType::String => Self::Text(column.str()?.rechunk().downcast_as_array().clone()),
            DataType::Int64 => Self::Whole(column.i64()?.rechunk().downcast_as_array().clone()),
            DataType::Float64 => Self::Number(column.f64()?.rechunk().downcast_as_array().clone(), decimals),
            DataType::Boolean => Self::Flag(column.bool()?.rechunk().downcast_as_array().clone()),
            // Dates, of which there are few.
            _ => return Self::of(&column.cast(&DataType::String)?, decimals),
        })
    }

    /// Appends the cell; nothing where there is no value.
    fn push(&self, text: &mut Vec<u8>, row: usize) {
        match self {
            Self::Text(cells) => {
                if let Some(value) = cells.get(row) {
                    push_text(text, value);
                }
            }
            Self::Whole(cells) => {
                if let Some(value) = cells.get(row) {
                    push_whole(text, value < 0, value.unsigned_abs());
                }
            }
            Self::Number(cells, decimals) => {
                if let Some(value) = cells.get(row) {
                    push_decimals(text, value, *decimals);
                }
            }
            Self::Flag(cells) => {
                if let Some(value) = cells.get(row) {
                    text.extend_from_slice(if value { b"true" } else { b"false" });
                }
            }
        }
    }
}

fn push_text(text: &mut Vec<u8>, value: &str) {
    let has_to_be_quoted = |byte: u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
    if !value.is_empty() && !value.bytes().any(has_to_be_quoted) {
        text.extend_from_slice(value.as_bytes());
        return;
    }
    text.push(b'"');
    for byte in value.bytes() {
        if byte == b'"' {
            text.push(b'"');
        }
        text.push(byte);
    }
    text.push(b'"');
}

fn push_whole(text: &mut Vec<u8>, is_negative: bool, value: u64) {
    if is_negative {
        text.push(b'-');
    }
    // Most of them count something that a household has once or never.
    if value < 10 {
        text.push(b'0' + value as u8);
        return;
    }
    let mut digits = [b'0'; 20];
    let (mut rest, mut from) = (value, digits.len());
    while rest > 0 {
        from -= 1;
        digits[from] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    text.extend_from_slice(&digits[from..]);
}

/// What `{value:.decimals$}` writes. Amounts are numbers of so many decimals as a rule, and their digits need no long arithmetic.
fn push_decimals(text: &mut Vec<u8>, value: f64, decimals: usize) {
    let scale = 10_u32.pow(decimals as u32);
    let whole = (value * f64::from(scale)).round();
    let is_exact =
        whole.abs() < EXACT && whole / f64::from(scale) == value && (whole != 0.0 || value.is_sign_positive());
    if !is_exact {
        text.extend_from_slice(format!("{value:.decimals$}").as_bytes());
        return;
    }
    let (digits, mut place) = (whole.abs() as u64, u64::from(scale));
    push_whole(text, whole < 0.0, digits / place);
    text.push(b'.');
    for _ in 0..decimals {
        place /= 10;
        text.push(b'0' + (digits / place % 10) as u8);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(value: f64) {
        for decimals in [2, 4] {
            let mut text = Vec::new();
            push_decimals(&mut text, value, decimals);
            assert_eq!(String::from_utf8_lossy(&text), format!("{value:.decimals$}"));
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

    /// A table of every kind reads as polars wrote it, apart from numbers with a point.
    #[test]
    fn rows_are_those_of_the_library() {
        let texts = ["", "甲", "a,b", "say \"x\"", "two\nlines", "\r", "'", " "];
        let wholes = [0, 9, 10, -1, -10, i64::MAX, i64::MIN, 1_234_567];
        let rows = ROWS * TEXTS + 100;
        let cell = |row: usize| (row % 9 != 8).then_some(row % 9);
        let days: Vec<Option<i32>> = (0..rows).map(|row| cell(row).map(|at| 19_000 + at as i32)).collect();
        let columns = vec![
            Column::new("text".into(), (0..rows).map(|row| cell(row).map(|at| texts[at])).collect::<Vec<_>>()),
            Column::new("whole".into(), (0..rows).map(|row| cell(row).map(|at| wholes[at])).collect::<Vec<_>>()),
            Column::new("flag".into(), (0..rows).map(|row| cell(row).map(|at| at > 3)).collect::<Vec<_>>()),
            Column::new("day".into(), days).cast(&DataType::Date).unwrap(),
        ];
        let mut frame = DataFrame::new(rows, columns).unwrap();
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        write_heading(&mut ours, &frame).unwrap();
        write_rows(&mut ours, &frame).unwrap();
        CsvWriter::new(&mut theirs).include_header(true).finish(&mut frame).unwrap();
        assert!(ours == theirs);
    }
}
