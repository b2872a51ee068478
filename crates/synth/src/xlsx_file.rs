//! An XLSX workbook by rust_xlsxwriter, with a creation date that never changes, so that the same rows are the same bytes.

use std::path::{Path, PathBuf};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use crate::options::SynthError;
use crate::spelling::Out;

pub(crate) struct XlsxFile {
    path: PathBuf,
    workbook: Workbook,
    streaming: bool,
    plain: Format,
    date: Format,
}

impl XlsxFile {
    /// `streaming` writes rows through to temporary files, and merges nothing.
    pub(crate) fn create(path: &Path, streaming: bool) -> Self {
        let date = Format::new().set_num_format("yyyy/m/d");
        Self { path: path.to_owned(), workbook: Workbook::new(), streaming, plain: Format::new(), date }
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
        write_row(sheet, row, cells, &self.date).map_err(|error| workbook_error(&self.path, &error))
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
        self.workbook.save(&self.path).map_err(error)
    }
}

fn write_row(sheet: &mut Worksheet, row: u32, cells: &[Out], date: &Format) -> Result<(), XlsxError> {
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
                sheet.write_number_with_format(row, column, *number, date)?;
            }
        }
    }
    Ok(())
}

fn workbook_error(path: &Path, error: &XlsxError) -> SynthError {
    SynthError::Workbook { path: path.to_owned(), message: error.to_string() }
}
