//! The old workbook format, which cannot be streamed: at most 65,536 rows a sheet, read whole by calamine.

use std::fs::File;
use std::io::Cursor;

use bidui_model::CellKind;
use calamine::{Data, Range, Reader, Xls, XlsError};

use crate::cells::{guarded, set_bool, set_date, set_float, set_integer, set_iso_date, set_valueless};
use crate::problem::{FileProblem, password};
use crate::row::Row;
use crate::row_sink::{MERGES, Merge, ROW_BYTES, ROWS, RowSink};
use crate::xls_guard::{Checked, check_workbook};
use crate::xlsx::skip_reason;

pub(crate) fn read_xls(file: File, name: &str, sink: &mut dyn RowSink) -> Result<(), FileProblem> {
    let mut checked = check_workbook(file, name)?;
    let sheets = open(&mut checked, None, false, name)?.sheets_metadata().to_vec();
    let last = sheets.iter().rposition(|sheet| skip_reason(sheet).is_none());
    for (place, sheet) in sheets.iter().enumerate() {
        if let Some(reason) = skip_reason(sheet) {
            sink.skip_sheet(&sheet.name, reason)?;
            continue;
        }
        let mut book = open(&mut checked, Some(place), last == Some(place), name)?;
        let range = match guarded(|| book.worksheet_range(&sheet.name)) {
            Some(Ok(range)) => range,
            _ => return Err(FileProblem::damaged(name, &sheet.name, None, "工作表结构")),
        };
        sink.open_sheet(&sheet.name)?;
        let merges = book.merge_cells_by_sheet_name(&sheet.name).unwrap_or_default();
        if merges.len() > MERGES {
            return Err(FileProblem::damaged(name, &sheet.name, None, "合并单元格过多"));
        }
        drop(book);
        for merge in merges {
            if merge.start.0 < merge.end.0 && merge.end.0 < ROWS {
                sink.merge(Merge { first: merge.start.0 + 1, last: merge.end.0 + 1, column: merge.start.1 })?;
            }
        }
        read_range(&range, &|row, column| checked.valueless.contains(&(place, row, column)), sink, name, &sheet.name)?;
        sink.close_sheet()?;
    }
    Ok(())
}

/// The workbook with one sheet in it, or with none.
fn open(
    checked: &mut Checked,
    place: Option<usize>,
    is_last: bool,
    name: &str,
) -> Result<Xls<Cursor<Vec<u8>>>, FileProblem> {
    let container =
        checked.container_of(place, is_last).ok_or_else(|| FileProblem::damaged(name, "", None, "工作簿结构"))?;
    match guarded(|| Xls::new(Cursor::new(container))) {
        Some(Ok(book)) => Ok(book),
        Some(Err(XlsError::Password)) => Err(password(name)),
        _ => Err(FileProblem::damaged(name, "", None, "工作簿结构")),
    }
}

/// `has_no_value` knows the formulas that no program has calculated.
fn read_range(
    range: &Range<Data>,
    has_no_value: &dyn Fn(u32, u32) -> bool,
    sink: &mut dyn RowSink,
    name: &str,
    sheet: &str,
) -> Result<(), FileProblem> {
    let Some((first_row, first_column)) = range.start() else {
        return Ok(());
    };
    let mut row = Row::default();
    for (number, cells) in (first_row + 1..).zip(range.rows()) {
        row.clear();
        for (column, value) in (first_column..).zip(cells) {
            if !matches!(value, Data::Empty) && has_no_value(number - 1, column) {
                set_valueless(&mut row, column as usize);
            } else {
                set_cell(&mut row, column as usize, value);
            }
            if row.text_bytes() > ROW_BYTES {
                return Err(FileProblem::damaged(name, sheet, Some(number), "一行文字过长"));
            }
        }
        if row.view().first_filled().is_some() {
            sink.row(number, row.view())?;
        }
    }
    Ok(())
}

fn set_cell(row: &mut Row, column: usize, value: &Data) {
    match value {
        Data::Empty => {}
        Data::Int(value) => set_integer(row, column, *value),
        Data::Float(value) => set_float(row, column, *value),
        Data::String(text) => row.set(column, CellKind::Text, text),
        Data::Bool(value) => set_bool(row, column, *value),
        Data::DateTime(value) => set_date(row, column, value),
        Data::DateTimeIso(text) => set_iso_date(row, column, text),
        Data::DurationIso(text) => row.set(column, CellKind::Text, text),
        Data::Error(error) => row.set(column, CellKind::Error, &error.to_string()),
        #[allow(unreachable_patterns)]
        _ => row.set(column, CellKind::Text, &value.to_string()),
    }
}
