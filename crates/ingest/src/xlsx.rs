//! XLSX, streamed cell by cell; no sheet is ever held.
//!
//! The zip directory is looked at first: shared strings are the one part that has to be in memory, so their real size is measured, and the
//! number of them that the file claims is checked against it (calamine reserves room for the claim).

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use bidui_model::{CellKind, DataContract, RawChunk};
use calamine::{DataRef, Reader, Sheet, SheetType, SheetVisible, Xlsx, XlsxCellReader, XlsxError};

use crate::cells::{guarded, set_bool, set_date, set_float, set_integer, set_iso_date};
use crate::intake::Intake;
use crate::problem::FileProblem;
use crate::read::ReadOptions;
use crate::report::{FileForm, FileReport, SheetSkip};
use crate::row::Row;

const SHARED_STRINGS_BYTES: u64 = 1 << 30;
const ENTRIES: usize = 20_000;
/// A spreadsheet's last row and column, counted from 0, plus one.
const ROWS: u32 = 1_048_576;
const COLUMNS: u32 = 16_384;
/// No row of an extract has more text.
const ROW_BYTES: usize = 64 << 20;

type Book = Xlsx<BufReader<File>>;

pub(crate) fn read_xlsx(
    path: &Path,
    name: &str,
    contract: &DataContract,
    options: &ReadOptions,
    sink: &mut dyn FnMut(RawChunk),
) -> Result<FileReport, FileProblem> {
    check_archive(path, name)?;
    let file = File::open(path).map_err(|error| FileProblem::io(name, &error))?;
    let mut book: Book = match guarded(|| Xlsx::new(BufReader::new(file))) {
        Some(Ok(book)) => book,
        Some(Err(error)) => return Err(open_problem(name, &error)),
        None => return Err(FileProblem::damaged(name, "", None, "工作簿结构")),
    };
    let mut intake = Intake::new(name, contract, options, FileForm::Xlsx, sink);
    for sheet in book.sheets_metadata().to_vec() {
        if let Some(reason) = skip_reason(&sheet) {
            intake.skip_sheet(&sheet.name, reason);
            continue;
        }
        intake.open_sheet(&sheet.name);
        read_sheet(&mut book, &sheet.name, &mut intake)?;
        intake.close_sheet()?;
    }
    intake.finish()
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
        XlsxError::Password => {
            FileProblem::unknown_form(name, "是加密（设了打开密码）的工作簿", "请去掉打开密码后重新报送")
        }
        XlsxError::Io(error) => FileProblem::io(name, error),
        _ => FileProblem::damaged(name, "", None, "工作簿结构"),
    }
}

fn read_sheet(book: &mut Book, sheet: &str, intake: &mut Intake<'_>) -> Result<(), FileProblem> {
    let file = intake.file;
    let damaged = |row: Option<u32>, what: &str| FileProblem::damaged(file, sheet, row, what);
    let mut cells = match guarded(|| book.worksheet_cells_reader(sheet)) {
        Some(Ok(cells)) => cells,
        Some(Err(XlsxError::NotAWorksheet(_))) => return Ok(()),
        _ => return Err(damaged(None, "工作表结构")),
    };
    let mut row = Row::default();
    let mut place = Place::default();
    let mut number = 0;
    loop {
        let step = guarded(|| next_row(&mut cells, &mut row, &mut place));
        let next = match step {
            Some(Ok(Some(next))) => next,
            Some(Ok(None)) => return Ok(()),
            Some(Err(what)) => return Err(damaged(Some(number + 1), what)),
            None => return Err(damaged(Some(number + 1), "单元格")),
        };
        if next < number {
            return Err(damaged(Some(next), "行号倒退"));
        }
        number = next;
        if row.view().first_filled().is_some() {
            intake.row(number, row.view(), false)?;
        }
    }
}

/// Where the reader of a sheet stands between two rows.
#[derive(Default)]
struct Place<'a> {
    /// The first cell of the next row, which told that the last row had ended.
    pending: Option<(u32, u32, DataRef<'a>)>,
    /// The sheet's last cell has been read; asking calamine again would be an error.
    is_at_end: bool,
}

/// Gathers the cells of the next row; its number, from 1, or `None` at the sheet's end.
fn next_row<'a>(
    cells: &mut XlsxCellReader<'a, BufReader<File>>,
    row: &mut Row,
    place: &mut Place<'a>,
) -> Result<Option<u32>, &'static str> {
    row.clear();
    let mut number = None;
    if let Some((at, column, value)) = place.pending.take() {
        number = Some(at);
        set_cell(row, column as usize, &value);
    }
    while !place.is_at_end {
        let Some(cell) = cells.next_cell().map_err(|_| "单元格")? else {
            place.is_at_end = true;
            break;
        };
        let (at, column) = cell.get_position();
        if at >= ROWS || column >= COLUMNS {
            return Err("行列号超出表格范围");
        }
        match number {
            Some(number) if number != at => {
                place.pending = Some((at, column, cell.get_value().clone()));
                return Ok(Some(number + 1));
            }
            _ => number = Some(at),
        }
        set_cell(row, column as usize, cell.get_value());
        if row.text_bytes() > ROW_BYTES {
            return Err("一行文字过长");
        }
    }
    Ok(number.map(|number| number + 1))
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

/// Refuses archives that would take the machine down before calamine sees them.
fn check_archive(path: &Path, name: &str) -> Result<(), FileProblem> {
    let file = File::open(path).map_err(|error| FileProblem::io(name, &error))?;
    let damaged = |what: &str| FileProblem::damaged(name, "", None, what);
    guarded(|| {
        let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|_| damaged("压缩结构不完整"))?;
        if archive.len() > ENTRIES {
            return Err(damaged("压缩包内文件过多"));
        }
        for index in 0..archive.len() {
            let entry = archive.by_index(index).map_err(|_| damaged("压缩结构不完整"))?;
            if entry.name().unwrap_or_default().to_lowercase().ends_with("sharedstrings.xml") {
                check_shared_strings(entry).map_err(damaged)?;
            }
        }
        Ok(())
    })
    .unwrap_or_else(|| Err(damaged("压缩结构不完整")))
}

fn check_shared_strings(entry: impl Read) -> Result<(), &'static str> {
    let mut entry = entry.take(SHARED_STRINGS_BYTES + 1);
    let mut buffer = vec![0; 64 << 10];
    let mut size = 0_u64;
    let mut claimed = 0_u64;
    loop {
        let read = entry.read(&mut buffer).map_err(|_| "共享字符串")?;
        if read == 0 {
            break;
        }
        if size == 0 {
            claimed = claimed_count(&buffer[..read]);
        }
        size += read as u64;
    }
    if size > SHARED_STRINGS_BYTES {
        return Err("共享字符串过大");
    }
    // The shortest entry is `<si/>`.
    if claimed > size / 5 + 16 {
        return Err("共享字符串的个数与内容不符");
    }
    Ok(())
}

fn claimed_count(start: &[u8]) -> u64 {
    let Some(place) = memchr::memmem::find(start, b"uniqueCount=") else {
        return 0;
    };
    start[place + 13..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0_u64, |count, byte| count.saturating_mul(10).saturating_add(u64::from(byte - b'0')))
}
