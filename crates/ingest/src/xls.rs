//! The old workbook format, which cannot be streamed: at most 65,536 rows a sheet, read whole by calamine.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use bidui_model::{CellKind, DataContract, RawChunk};
use calamine::{Data, Range, Reader, Xls, XlsError};

use crate::cells::{guarded, set_bool, set_date, set_float, set_integer, set_iso_date};
use crate::intake::Intake;
use crate::problem::FileProblem;
use crate::read::ReadOptions;
use crate::report::{FileForm, FileReport};
use crate::row::Row;
use crate::xls_guard::check_workbook;
use crate::xlsx::skip_reason;

pub(crate) fn read_xls(
    path: &Path,
    name: &str,
    contract: &DataContract,
    options: &ReadOptions,
    sink: &mut dyn FnMut(RawChunk),
) -> Result<FileReport, FileProblem> {
    check_workbook(path, name)?;
    let file = File::open(path).map_err(|error| FileProblem::io(name, &error))?;
    let mut book = match guarded(|| Xls::new(BufReader::new(file))) {
        Some(Ok(book)) => book,
        Some(Err(XlsError::Password)) => {
            return Err(FileProblem::unknown_form(name, "是加密（设了打开密码）的工作簿", "请去掉打开密码后重新报送"));
        }
        _ => return Err(FileProblem::damaged(name, "", None, "工作簿结构")),
    };
    let mut intake = Intake::new(name, contract, options, FileForm::Xls, sink);
    for sheet in book.sheets_metadata().to_vec() {
        if let Some(reason) = skip_reason(&sheet) {
            intake.skip_sheet(&sheet.name, reason);
            continue;
        }
        let range = match guarded(|| book.worksheet_range(&sheet.name)) {
            Some(Ok(range)) => range,
            _ => return Err(FileProblem::damaged(name, &sheet.name, None, "工作表结构")),
        };
        intake.open_sheet(&sheet.name);
        read_range(&range, &mut intake)?;
        intake.close_sheet()?;
    }
    intake.finish()
}

fn read_range(range: &Range<Data>, intake: &mut Intake<'_>) -> Result<(), FileProblem> {
    let Some((first_row, first_column)) = range.start() else {
        return Ok(());
    };
    let mut row = Row::default();
    for (number, cells) in (first_row + 1..).zip(range.rows()) {
        row.clear();
        for (column, value) in (first_column as usize..).zip(cells) {
            set_cell(&mut row, column, value);
        }
        if row.view().first_filled().is_some() {
            intake.row(number, row.view(), false)?;
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
