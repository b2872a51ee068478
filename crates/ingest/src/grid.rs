//! A file as sheets of cells, without a contract: for lists that come back, which are read by their own headings.
//!
//! Held whole, since such a list is a few thousand rows; a file with more text than [`GRID_BYTES`] is refused. Hidden rows come like all
//! others, hidden sheets do not. A value of a merged cell stands in its first cell, and the merge is told.

use std::fs::File;
use std::path::Path;

use bidui_model::{CellKind, RawCell};

use crate::decode::{TextStream, detect_encoding};
use crate::form::{Sniffed, sniff};
use crate::isolation::{Isolation, read_in_child};
use crate::problem::FileProblem;
use crate::records::TextRecords;
use crate::report::{FileForm, SheetSkip};
use crate::row::{Row, RowView};
use crate::row_sink::{Merge, RowSink};
use crate::text::{DELIMITERS, record_problem};
use crate::workbook::read_workbook;

/// No list that comes back has more.
const GRID_BYTES: usize = 64 << 20;
/// Rows by which the delimiter of a text file is chosen.
const SAMPLE_ROWS: usize = 50;

/// Every visible sheet of a file.
#[derive(Clone, Debug, Default)]
pub struct Grid {
    pub sheets: Vec<GridSheet>,
    pub skipped: Vec<(String, SheetSkip)>,
}

/// One sheet; the name of a text file's is empty.
#[derive(Clone, Debug, Default)]
pub struct GridSheet {
    pub name: String,
    /// Rows with values, from top to bottom.
    pub rows: Vec<GridRow>,
    /// Cells of one column that are merged over several rows: first row, last row, column from 0.
    pub merges: Vec<(u32, u32, u32)>,
    pub hidden_rows: u64,
}

/// One row.
#[derive(Clone, Debug)]
pub struct GridRow {
    /// As the spreadsheet program shows it, from 1; the line of a text file.
    pub number: u32,
    /// A quote that never closes: what follows in the row cannot be known.
    pub is_broken: bool,
    row: Row,
}

impl GridRow {
    /// The cell in a column, from 0; an empty one where a person would see nothing, and past the end.
    #[must_use]
    pub fn get(&self, column: usize) -> RawCell<'_> {
        let view = self.row.view();
        if view.is_blank_at(column) { RawCell { kind: CellKind::Empty, text: "" } } else { view.get(column) }
    }
    /// Columns up to the last cell.
    #[must_use]
    pub fn width(&self) -> usize {
        self.row.view().cells.len()
    }
}

/// Reads the file at `path`, called `name` in problems, with workbooks parsed where `isolation` says.
///
/// # Errors
/// What any file may have; Parquet and text that is no table included.
pub fn read_grid(isolation: Isolation<'_>, path: &Path, name: &str) -> Result<Grid, FileProblem> {
    let mut file = File::open(path).map_err(|error| FileProblem::io(name, &error))?;
    let mut gather = Gather { name, grid: Grid::default(), bytes: 0 };
    match sniff(&mut file, name)? {
        Sniffed::Text => read_text_grid(path, name, &mut gather)?,
        Sniffed::Parquet => {
            return Err(FileProblem::unknown_form(name, "是Parquet文件", "请报送填好的xlsx、xls或CSV表格"));
        }
        Sniffed::Archive | Sniffed::Compound | Sniffed::Html => match isolation {
            Isolation::InProcess => read_workbook(file, name, &mut gather)?,
            Isolation::Child(process) => read_in_child(process, file, name, &mut gather)?,
        },
    }
    Ok(gather.grid)
}

fn read_text_grid(path: &Path, name: &str, gather: &mut Gather<'_>) -> Result<(), FileProblem> {
    let encoding = detect_encoding(path, name)?;
    let open =
        |delimiter: u8| Ok::<_, FileProblem>(TextRecords::new(TextStream::open(path, name, encoding)?, delimiter));
    // The list is the widest thing in the file.
    let mut best = (0, DELIMITERS[0]);
    for delimiter in DELIMITERS {
        let mut records = open(*delimiter)?;
        for _ in 0..SAMPLE_ROWS {
            let Some(record) = records.next().map_err(|error| record_problem(name, error))? else { break };
            if record.row.cells.len() > best.0 {
                best = (record.row.cells.len(), *delimiter);
            }
        }
    }
    let mut records = open(best.1)?;
    gather.open_sheet("")?;
    while let Some(record) = records.next().map_err(|error| record_problem(name, error))? {
        gather.keep(record.line, record.row, record.is_broken)?;
    }
    gather.close_sheet()
}

struct Gather<'a> {
    name: &'a str,
    grid: Grid,
    bytes: usize,
}

impl Gather<'_> {
    fn keep(&mut self, number: u32, row: RowView<'_>, is_broken: bool) -> Result<(), FileProblem> {
        if row.first_filled().is_none() {
            return Ok(());
        }
        self.bytes += row.text.len() + size_of_val(row.cells);
        let Some(sheet) = self.grid.sheets.last_mut() else { return Ok(()) };
        if self.bytes > GRID_BYTES {
            return Err(FileProblem::damaged(self.name, &sheet.name, Some(number), "内容过多，不像是填好的清单"));
        }
        sheet.rows.push(GridRow { number, is_broken, row: Row::copy_of(row) });
        Ok(())
    }
}

impl RowSink for Gather<'_> {
    fn form(&mut self, _: FileForm) -> Result<(), FileProblem> {
        Ok(())
    }
    fn skip_sheet(&mut self, sheet: &str, reason: SheetSkip) -> Result<(), FileProblem> {
        self.grid.skipped.push((sheet.to_owned(), reason));
        Ok(())
    }
    fn open_sheet(&mut self, sheet: &str) -> Result<(), FileProblem> {
        self.grid.sheets.push(GridSheet { name: sheet.to_owned(), ..GridSheet::default() });
        Ok(())
    }
    fn hidden_rows(&mut self, rows: u64) -> Result<(), FileProblem> {
        if let Some(sheet) = self.grid.sheets.last_mut() {
            sheet.hidden_rows = rows;
        }
        Ok(())
    }
    fn merge(&mut self, merge: Merge) -> Result<(), FileProblem> {
        if let Some(sheet) = self.grid.sheets.last_mut() {
            sheet.merges.push((merge.first, merge.last, merge.column));
        }
        Ok(())
    }
    fn row(&mut self, number: u32, row: RowView<'_>) -> Result<(), FileProblem> {
        self.keep(number, row, false)
    }
    fn close_sheet(&mut self) -> Result<(), FileProblem> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(text: &[u8], expected: &[(u32, &[&str])]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        std::fs::write(&path, text).unwrap();
        let grid = read_grid(Isolation::InProcess, &path, "x.csv").unwrap();
        let rows: Vec<(u32, Vec<&str>)> = grid.sheets[0]
            .rows
            .iter()
            .map(|row| (row.number, (0..row.width()).map(|column| row.get(column).text).collect()))
            .collect();
        let expected: Vec<(u32, Vec<&str>)> = expected.iter().map(|(line, cells)| (*line, cells.to_vec())).collect();
        assert_eq!(rows, expected);
    }

    #[test]
    fn a_text_file_is_cut_where_it_is_widest() {
        check(
            "清单，3月\n甲\t乙\t丙\n\n1\t\t3\n".as_bytes(),
            &[(1, &["清单，3月"]), (2, &["甲", "乙", "丙"]), (4, &["1", "", "3"])],
        );
        check(&encoding_rs::GB18030.encode("甲,乙\n韦某,\"1\n2\"\n").0, &[(1, &["甲", "乙"]), (2, &["韦某", "1\n2"])]);
    }
}
