//! Parquet, slice by slice. Row 1 is the heading (the columns' names), row 2 the first record.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use bidui_model::{CellKind, DataContract, RawChunk};
use polars::prelude::{AnyValue, Column, DataFrame, DataType, PolarsResult};
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;

use crate::cells::{guarded, set_bool, set_float, set_integer, set_iso_date};
use crate::intake::Intake;
use crate::problem::FileProblem;
use crate::read::ReadOptions;
use crate::report::{FileForm, FileReport};
use crate::row::Row;

const SLICE_ROWS: usize = 65_536;

pub(crate) fn read_parquet(
    path: &Path,
    name: &str,
    contract: &DataContract,
    options: &ReadOptions,
    sink: &mut dyn FnMut(RawChunk),
) -> Result<FileReport, FileProblem> {
    let damaged = |what: &str| FileProblem::damaged(name, "", None, what);
    let open = || File::open(path).map_err(|error| FileProblem::io(name, &error));
    let mut reader = ParquetReader::new(open()?);
    let metadata =
        guarded(|| reader.get_metadata().cloned()).and_then(Result::ok).ok_or_else(|| damaged("Parquet文件尾"))?;
    let total = metadata.num_rows;
    let names: Vec<String> = guarded(|| reader.schema())
        .and_then(Result::ok)
        .ok_or_else(|| damaged("Parquet结构"))?
        .iter_names()
        .map(ToString::to_string)
        .collect();
    let mut intake = Intake::new(name, contract, options, FileForm::Parquet, sink);
    intake.open_sheet("");
    let mut row = Row::default();
    for (column, heading) in names.iter().enumerate() {
        row.set(column, CellKind::Text, heading);
    }
    intake.row(1, row.view(), false)?;
    for offset in (0..total).step_by(SLICE_ROWS) {
        let file = open()?;
        let frame = guarded(|| {
            let mut reader = ParquetReader::new(file);
            reader.set_metadata(Arc::clone(&metadata));
            reader.with_slice(Some((offset, SLICE_ROWS))).finish()
        });
        let Some(Ok(frame)) = frame else {
            return Err(damaged("Parquet数据块"));
        };
        for index in 0..frame.height() {
            match guarded(|| set_row(&mut row, &frame, index)) {
                Some(Ok(())) => {}
                _ => return Err(damaged("Parquet值")),
            }
            let number = u32::try_from(offset + index + 2).unwrap_or(u32::MAX);
            intake.row(number, row.view(), false)?;
        }
    }
    intake.close_sheet()?;
    intake.finish()
}

fn set_row(row: &mut Row, frame: &DataFrame, index: usize) -> PolarsResult<()> {
    row.clear();
    for (place, column) in frame.columns().iter().enumerate() {
        set_cell(row, place, column, index)?;
    }
    Ok(())
}

fn set_cell(row: &mut Row, place: usize, column: &Column, index: usize) -> PolarsResult<()> {
    match column.get(index)? {
        AnyValue::Null => {}
        AnyValue::String(text) => row.set(place, CellKind::Text, text),
        AnyValue::StringOwned(text) => row.set(place, CellKind::Text, &text),
        AnyValue::Boolean(value) => set_bool(row, place, value),
        AnyValue::Float64(value) => set_float(row, place, value),
        // Through its own shortest decimal, or 0.1 would read as 0.10000000149011612.
        AnyValue::Float32(value) => row.set(place, CellKind::Number, &value.to_string()),
        value if value.is_integer() => match value.extract::<i64>() {
            Some(number) => set_integer(row, place, number),
            None => row.set(place, CellKind::Number, &value.to_string()),
        },
        value if matches!(value.dtype(), DataType::Date | DataType::Datetime(..)) => {
            let text = value.to_string();
            set_iso_date(row, place, &text);
        }
        value => row.set(place, CellKind::Text, &value.to_string()),
    }
    Ok(())
}
