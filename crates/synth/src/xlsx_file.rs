//! An XLSX workbook by rust_xlsxwriter, with a creation date that never changes, so that the same rows are the same bytes.

use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use zip::write::FileOptions;
use zip::{DateTime, ZipArchive, ZipWriter};

use crate::options::SynthError;
use crate::spelling::Out;
use crate::table::io_error;

/// From 1899-12-30, where days usually begin, to 1904-01-01.
const DAYS_TO_1904: f64 = 1_462.0;

pub(crate) struct XlsxFile {
    path: PathBuf,
    workbook: Workbook,
    streaming: bool,
    since_1904: bool,
    plain: Format,
    date: Format,
}

impl XlsxFile {
    /// `streaming` writes rows through to temporary files, and merges and hides nothing.
    pub(crate) fn create(path: &Path, streaming: bool, since_1904: bool) -> Self {
        let date = Format::new().set_num_format("yyyy/m/d");
        Self { path: path.to_owned(), workbook: Workbook::new(), streaming, since_1904, plain: Format::new(), date }
    }

    pub(crate) fn add_sheet(&mut self, name: &str) -> Result<(), SynthError> {
        let result = if self.streaming {
            self.workbook.add_worksheet_with_constant_memory()
        } else {
            Ok(self.workbook.add_worksheet())
        };
        result.and_then(|sheet| sheet.set_name(name).map(|_| ())).map_err(|error| workbook_error(&self.path, &error))
    }

    pub(crate) fn row(&mut self, sheet: usize, row: u32, cells: &[Out]) -> Result<(), SynthError> {
        let sheet = self.workbook.worksheet_from_index(sheet).map_err(|error| workbook_error(&self.path, &error))?;
        let before = if self.since_1904 { DAYS_TO_1904 } else { 0.0 };
        write_row(sheet, row, cells, &self.date, before).map_err(|error| workbook_error(&self.path, &error))
    }

    /// Merges rows `span.0` to `span.1` of columns `span.2` to `span.3` under this text.
    pub(crate) fn merge(&mut self, sheet: usize, span: (u32, u32, usize, usize), text: &str) -> Result<(), SynthError> {
        let (top, bottom, left, right) = span;
        if self.streaming || (top, left) == (bottom, right) {
            return Ok(());
        }
        let (left, right) = (left as u16, right as u16);
        let sheet = self.workbook.worksheet_from_index(sheet).map_err(|error| workbook_error(&self.path, &error))?;
        sheet
            .merge_range(top, left, bottom, right, text, &self.plain)
            .map(|_| ())
            .map_err(|error| workbook_error(&self.path, &error))
    }

    pub(crate) fn hide_row(&mut self, sheet: usize, row: u32) -> Result<(), SynthError> {
        if self.streaming {
            return Ok(());
        }
        let sheet = self.workbook.worksheet_from_index(sheet).map_err(|error| workbook_error(&self.path, &error))?;
        sheet.set_row_hidden(row).map(|_| ()).map_err(|error| workbook_error(&self.path, &error))
    }

    /// A filter over these rows, the first of them the heading.
    pub(crate) fn filter(&mut self, sheet: usize, (top, bottom): (u32, u32), width: usize) -> Result<(), SynthError> {
        if self.streaming {
            return Ok(());
        }
        let sheet = self.workbook.worksheet_from_index(sheet).map_err(|error| workbook_error(&self.path, &error))?;
        let right = (width.max(1) - 1) as u16;
        sheet.autofilter(top, 0, bottom, right).map(|_| ()).map_err(|error| workbook_error(&self.path, &error))
    }

    pub(crate) fn hidden_sheet(&mut self, name: &str, rows: &[Vec<Out>]) -> Result<(), SynthError> {
        self.add_sheet(name)?;
        let last = self.workbook.worksheets().len() - 1;
        for (row, cells) in (0..).zip(rows) {
            self.row(last, row, cells)?;
        }
        let sheet = self.workbook.worksheet_from_index(last).map_err(|error| workbook_error(&self.path, &error))?;
        sheet.set_hidden(true);
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<(), SynthError> {
        let error = |error: XlsxError| workbook_error(&self.path, &error);
        let created = ExcelDateTime::from_ymd(2023, 4, 1).map_err(error)?;
        self.workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
        self.workbook.save(&self.path).map_err(error)?;
        if self.since_1904 { count_from_1904(&self.path) } else { Ok(()) }
    }
}

fn write_row(sheet: &mut Worksheet, row: u32, cells: &[Out], date: &Format, days_before: f64) -> Result<(), XlsxError> {
    for (column, cell) in (0u16..).zip(cells) {
        match cell {
            Out::Empty => {}
            Out::Text(text) => {
                sheet.write_string(row, column, text)?;
            }
            Out::Number(number) => {
                sheet.write_number(row, column, *number)?;
            }
            Out::Day(number) => {
                sheet.write_number_with_format(row, column, *number - days_before, date)?;
            }
        }
    }
    Ok(())
}

/// Sets the mark of the 1904 date system in a finished workbook: rust_xlsxwriter has no word for it, so the archive is written anew with
/// that one part changed.
fn count_from_1904(path: &Path) -> Result<(), SynthError> {
    const PART: &str = "xl/workbook.xml";
    let bytes = std::fs::read(path).map_err(io_error(path))?;
    let broken = |message: String| SynthError::Workbook { path: path.to_owned(), message };
    let mut old = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(error.to_string()))?;
    let mut new = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..old.len() {
        let mut part = old.by_index(index).map_err(|error| broken(error.to_string()))?;
        if part.name().ok().as_deref() != Some(PART) {
            new.raw_copy_file(part).map_err(|error| broken(error.to_string()))?;
            continue;
        }
        let mut text = String::new();
        part.read_to_string(&mut text).map_err(io_error(path))?;
        let text = text.replacen("<workbookPr ", "<workbookPr date1904=\"1\" ", 1);
        new.start_file(PART, FileOptions::<()>::default().last_modified_time(DateTime::default()))
            .map_err(|error| broken(error.to_string()))?;
        new.write_all(text.as_bytes()).map_err(io_error(path))?;
    }
    let new = new.finish().map_err(|error| broken(error.to_string()))?;
    std::fs::write(path, new.into_inner()).map_err(io_error(path))
}

fn workbook_error(path: &Path, error: &XlsxError) -> SynthError {
    SynthError::Workbook { path: path.to_owned(), message: error.to_string() }
}

/// Writes a workbook: sheets by name, each as rows of cells.
///
/// # Errors
/// When the file cannot be written.
pub fn write_xlsx(path: &Path, sheets: &[(String, Vec<Vec<Out>>)]) -> Result<(), SynthError> {
    let mut file = XlsxFile::create(path, false, false);
    for (place, (name, rows)) in sheets.iter().enumerate() {
        file.add_sheet(name)?;
        for (number, row) in (0..).zip(rows) {
            file.row(place, number, row)?;
        }
    }
    file.finish()
}
