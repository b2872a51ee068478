//! XLSX, streamed cell by cell; no sheet is ever held. The archive is looked through first (`xlsx_guard.rs`).

use std::fs::File;
use std::io::BufReader;

use bidui_model::CellKind;
use calamine::{DataRef, Reader, Sheet, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};

use crate::cells::{guarded, set_bool, set_date, set_float, set_integer, set_iso_date, set_valueless};
use crate::problem::{FileProblem, password};
use crate::report::SheetSkip;
use crate::row::Row;
use crate::row_sink::{COLUMNS, ROW_BYTES, ROWS, RowSink};
use crate::xlsx_guard::check_archive;

type Book = Xlsx<BufReader<File>>;

pub(crate) fn read_xlsx(file: &File, name: &str, sink: &mut dyn RowSink) -> Result<(), FileProblem> {
    let again = || file.try_clone().map_err(|error| FileProblem::io(name, &error));
    let parts = check_archive(again()?, name)?;
    let file = again()?;
    let mut book: Book = match guarded(|| Xlsx::new(BufReader::new(file))) {
        Some(Ok(book)) => book,
        Some(Err(error)) => return Err(open_problem(name, &error)),
        None => return Err(FileProblem::damaged(name, "", None, "工作簿结构")),
    };
    for sheet in book.sheets_metadata().to_vec() {
        if let Some(reason) = skip_reason(&sheet) {
            sink.skip_sheet(&sheet.name, reason)?;
            continue;
        }
        sink.open_sheet(&sheet.name)?;
        if let Some(about) = parts.sheets.get(&sheet.name) {
            if about.hidden_rows > 0 {
                sink.hidden_rows(about.hidden_rows)?;
            }
            for merge in &about.merges {
                sink.merge(*merge)?;
            }
        }
        let about = Sheeted { file: name, sheet: &sheet.name, zero_is_no_value: parts.is_never_calculated };
        read_sheet(&mut book, &about, sink)?;
        sink.close_sheet()?;
    }
    Ok(())
}

pub(crate) fn skip_reason(sheet: &Sheet) -> Option<SheetSkip> {
    if sheet.visible != SheetVisible::Visible {
        Some(SheetSkip::Hidden)
    } else if sheet.typ != SheetType::WorkSheet {
        Some(SheetSkip::NotATable)
    } else {
        None
    }
}

fn open_problem(name: &str, error: &XlsxError) -> FileProblem {
    match error {
        XlsxError::Password => password(name),
        XlsxError::Io(error) => FileProblem::io(name, error),
        _ => FileProblem::damaged(name, "", None, "工作簿结构"),
    }
}

/// The sheet being read.
struct Sheeted<'a> {
    file: &'a str,
    sheet: &'a str,
    /// No spreadsheet program has opened the workbook since it was written, so that a formula's zero is only the writer's.
    zero_is_no_value: bool,
}

fn read_sheet(book: &mut Book, about: &Sheeted<'_>, sink: &mut dyn RowSink) -> Result<(), FileProblem> {
    let damaged = |row: Option<u32>, what: &str| FileProblem::damaged(about.file, about.sheet, row, what);
    let mut cells = match guarded(|| book.worksheet_cells_reader(about.sheet)) {
        Some(Ok(cells)) => cells,
        Some(Err(XlsxError::NotAWorksheet(_))) => return Ok(()),
        _ => return Err(damaged(None, "工作表结构")),
    };
    let mut row = Row::default();
    let mut place = Place { zero_is_no_value: about.zero_is_no_value, ..Place::default() };
    let mut number = 0;
    loop {
        let step = guarded(|| next_row(&mut cells, &mut row, &mut place));
        let next = match step {
            Some(Ok(Some(next))) => next,
            Some(Ok(None)) => return Ok(()),
            Some(Err(what)) => return Err(damaged(Some(place.row + 1), what)),
            None => return Err(damaged(Some(number + 1), "单元格")),
        };
        if next < number {
            return Err(damaged(Some(next), "行号倒退"));
        }
        number = next;
        if row.view().first_filled().is_some() {
            sink.row(number, row.view())?;
        }
    }
}

/// Where the reader of a sheet stands between two rows.
#[derive(Default)]
struct Place<'a> {
    zero_is_no_value: bool,
    /// The first cell of the next row, which told that the last row had ended.
    pending: Option<Read<'a>>,
    /// The sheet's last cell has been read; asking calamine again would be an error.
    is_at_end: bool,
    /// Row of the last cell, from 0.
    row: u32,
}

/// A cell as it was read: row and column from 0, and a formula that has no value.
struct Read<'a> {
    row: u32,
    column: u32,
    value: DataRef<'a>,
    is_valueless: bool,
}

impl Read<'_> {
    fn set(&self, row: &mut Row) {
        if self.is_valueless {
            set_valueless(row, self.column as usize);
        } else {
            set_cell(row, self.column as usize, &self.value);
        }
    }
}

/// Gathers the cells of the next row; its number, from 1, or `None` at the sheet's end.
fn next_row<'a>(
    cells: &mut XlsxCellReader<'a, BufReader<File>>,
    row: &mut Row,
    place: &mut Place<'a>,
) -> Result<Option<u32>, &'static str> {
    row.clear();
    let mut number = None;
    if let Some(read) = place.pending.take() {
        number = Some(read.row);
        read.set(row);
    }
    while !place.is_at_end {
        if row.text_bytes() > ROW_BYTES {
            return Err("一行文字过长");
        }
        let Some(read) = next_cell(cells, place.zero_is_no_value)? else {
            place.is_at_end = true;
            break;
        };
        place.row = read.row;
        match number {
            Some(number) if number != read.row => {
                place.pending = Some(read);
                return Ok(Some(number + 1));
            }
            _ => number = Some(read.row),
        }
        // Two rows of one number, or a cell that stands twice: one would hide the other.
        let is_empty = !read.is_valueless && matches!(read.value, DataRef::Empty);
        if !is_empty && !row.view().is_blank_at(read.column as usize) {
            return Err("同一行号或同一单元格出现两次");
        }
        read.set(row);
    }
    Ok(number.map(|number| number + 1))
}

fn next_cell<'a>(
    cells: &mut XlsxCellReader<'a, BufReader<File>>,
    zero_is_no_value: bool,
) -> Result<Option<Read<'a>>, &'static str> {
    let Some(cell) = cells.next_cell_with_formula_metadata().map_err(|_| "单元格")? else {
        return Ok(None);
    };
    let (row, column) = cell.pos;
    if row >= ROWS || column >= COLUMNS {
        return Err("行列号超出表格范围");
    }
    let is_valueless = cell.formula.is_some()
        && match cell.value {
            DataRef::Empty => true,
            DataRef::Float(value) => zero_is_no_value && value.to_bits() == 0,
            _ => false,
        };
    Ok(Some(Read { row, column, value: cell.value, is_valueless }))
}

fn set_cell(row: &mut Row, column: usize, value: &DataRef<'_>) {
    match value {
        DataRef::Empty => {}
        DataRef::Int(value) => set_integer(row, column, *value),
        DataRef::Float(value) => set_float(row, column, *value),
        DataRef::String(text) => row.set(column, CellKind::Text, text),
        DataRef::SharedString(text) => row.set(column, CellKind::Text, text),
        DataRef::Bool(value) => set_bool(row, column, *value),
        DataRef::DateTime(value) => set_date(row, column, value),
        DataRef::DateTimeIso(text) => set_iso_date(row, column, text),
        DataRef::DurationIso(text) => row.set(column, CellKind::Text, text),
        DataRef::Error(error) => row.set_with(column, CellKind::Error, |text| {
            use std::fmt::Write as _;
            let _ = write!(text, "{error}");
        }),
    }
}
