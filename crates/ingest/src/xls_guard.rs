//! Refuses old workbooks that would take the machine down before calamine sees them.
//!
//! calamine reserves room for the area that a sheet claims (the DIMENSIONS record) and then for the area between its outermost cells; one
//! flipped bit in either asks for terabytes, and a failed allocation ends the process where no fence holds it. So the records are walked
//! first, the way calamine walks them (MS-XLS 2.1.4: type and length, two bytes each), and both areas are measured.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::cells::guarded;
use crate::problem::FileProblem;

const DIMENSIONS: u16 = 0x0200;
const BOUND_SHEET: u16 = 0x0085;
const FILE_PASS: u16 = 0x002F;
const BEGIN: u16 = 0x0809;
const END: u16 = 0x000A;
const MULTIPLE_RK: u16 = 0x00BD;
/// Records of one cell, which start with its row and column.
const CELLS: &[u16] = &[0x0203, 0x0204, 0x00D6, 0x0205, 0x00FD, 0x027E, 0x0006];

const ROWS: u32 = 65_536;
const COLUMNS: u16 = 256;
/// Cells of all sheets' areas together; calamine holds a few dozen bytes for each.
const AREA: u64 = 32 << 20;

pub(crate) fn check_workbook(path: &Path, name: &str) -> Result<(), FileProblem> {
    let file = File::open(path).map_err(|error| FileProblem::io(name, &error))?;
    let damaged = |what: &str| FileProblem::damaged(name, "", None, what);
    let stream = guarded(|| workbook_stream(file)).flatten().ok_or_else(|| damaged("工作簿结构"))?;
    if is_encrypted(&stream) {
        // Its cells are noise; calamine says so.
        return Ok(());
    }
    let mut area = 0;
    for position in sheet_positions(&stream) {
        let sheet = stream.get(position..).ok_or_else(|| damaged("工作表位置"))?;
        area += sheet_area(sheet).ok_or_else(|| damaged("工作表的行列范围"))?;
        if area > AREA {
            return Err(damaged("工作表的行列范围过大"));
        }
    }
    Ok(())
}

fn workbook_stream(file: File) -> Option<Vec<u8>> {
    let mut compound = cfb::CompoundFile::open(file).ok()?;
    let path = ["Workbook", "Book"].into_iter().find(|path| compound.is_stream(path))?;
    let mut stream = Vec::new();
    compound.open_stream(path).ok()?.read_to_end(&mut stream).ok()?;
    Some(stream)
}

/// Type and content of each record, as far as they are whole.
fn records(mut stream: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (head, rest) = stream.split_at_checked(4)?;
        let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
        let (content, next) = rest.split_at_checked(length)?;
        stream = next;
        Some((u16::from_le_bytes([head[0], head[1]]), content))
    })
}

fn is_encrypted(stream: &[u8]) -> bool {
    records(stream)
        .take_while(|(kind, _)| *kind != END)
        .any(|(kind, content)| kind == FILE_PASS && content.first_chunk::<2>().is_some_and(|kind| *kind != [0, 0]))
}

fn sheet_positions(stream: &[u8]) -> Vec<usize> {
    records(stream)
        .take_while(|(kind, _)| *kind != END)
        .filter(|(kind, _)| *kind == BOUND_SHEET)
        .filter_map(|(_, content)| Some(u32::from_le_bytes(content.first_chunk().copied()?) as usize))
        .collect()
}

/// The larger of the claimed and the used area of a sheet; `None` beyond what the format allows.
fn sheet_area(sheet: &[u8]) -> Option<u64> {
    let mut claimed = 0;
    let mut bounds = None;
    let mut depth = 0_usize;
    for (kind, content) in records(sheet) {
        match kind {
            BEGIN => depth += 1,
            END if depth <= 1 => break,
            END => depth -= 1,
            // An embedded chart has cells of its own.
            _ if depth > 1 => {}
            DIMENSIONS => claimed = claimed.max(claimed_area(content)?),
            MULTIPLE_RK => {
                let last = content.last_chunk().map(|bytes| u16::from_le_bytes(*bytes))?;
                bounds = Some(note_cell(content, last, bounds)?);
            }
            _ if CELLS.contains(&kind) => bounds = Some(note_cell(content, 0, bounds)?),
            _ => {}
        }
    }
    Some(claimed.max(bounds.map_or(0, Bounds::area)))
}

/// The outermost cells seen: first and last row, first and last column.
#[derive(Clone, Copy)]
struct Bounds {
    rows: (u32, u32),
    columns: (u32, u32),
}

impl Bounds {
    fn area(self) -> u64 {
        u64::from(self.rows.1 - self.rows.0 + 1) * u64::from(self.columns.1 - self.columns.0 + 1)
    }
}

/// Widens `bounds` to a record of cells from its own column to `last_column`.
fn note_cell(content: &[u8], last_column: u16, bounds: Option<Bounds>) -> Option<Bounds> {
    let [row_low, row_high, column_low, column_high] = *content.first_chunk()?;
    let row = u32::from(u16::from_le_bytes([row_low, row_high]));
    let first = u16::from_le_bytes([column_low, column_high]);
    let last = first.max(last_column);
    if last >= COLUMNS {
        return None;
    }
    let (first, last) = (u32::from(first), u32::from(last));
    let old = bounds.unwrap_or(Bounds { rows: (row, row), columns: (first, last) });
    Some(Bounds {
        rows: (old.rows.0.min(row), old.rows.1.max(row)),
        columns: (old.columns.0.min(first), old.columns.1.max(last)),
    })
}

/// The area of a DIMENSIONS record, as calamine computes it: 10 bytes before BIFF8, 14 or 16 since.
fn claimed_area(content: &[u8]) -> Option<u64> {
    let short = |at: usize| content.get(at..at + 2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
    let long = |at: usize| Some(u32::from(short(at)?) | u32::from(short(at + 2)?) << 16);
    let (first_row, end_row, first_column, end_column) = match content.len() {
        10 => (u32::from(short(0)?), u32::from(short(2)?), short(4)?, short(6)?),
        14 | 16 => (long(0)?, long(4)?, short(8)?, short(10)?),
        // calamine refuses it without reserving anything.
        _ => return Some(0),
    };
    let first_column = if first_column > 0xFF || end_column < first_column { 0 } else { first_column };
    if end_row == 0 || end_column == 0 {
        return Some(1);
    }
    let rows = u64::from(end_row).checked_sub(u64::from(first_row))?;
    let columns = u64::from(end_column).saturating_sub(u64::from(first_column)) + 1;
    (rows <= u64::from(ROWS)).then_some(rows * columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A DIMENSIONS record of these bounds in a sheet of its own.
    fn check(first_row: u32, end_row: u32, end_column: u16, expected: Option<u64>) {
        let mut sheet = vec![0x09, 0x08, 0, 0, 0x00, 0x02, 14, 0];
        sheet.extend(first_row.to_le_bytes());
        sheet.extend(end_row.to_le_bytes());
        sheet.extend([0, 0]);
        sheet.extend(end_column.to_le_bytes());
        sheet.extend([0, 0, 0x0A, 0, 0, 0]);
        assert_eq!(sheet_area(&sheet), expected);
    }

    #[test]
    fn an_area_beyond_the_format_is_refused() {
        check(0, 10, 3, Some(40));
        check(0, 65_536, 256, Some(65_536 * 257));
        check(0, 0x0100_0000, 3, None);
        check(20, 10, 3, None);
        check(0, 0, 0, Some(1));
    }

    #[test]
    fn a_cell_beyond_the_last_column_is_refused() {
        let cell = |column: u8| [0x03, 0x02, 4, 0, 7, 0, 0, column];
        assert_eq!(sheet_area(&cell(0)), Some(1));
        assert_eq!(sheet_area(&cell(1)), None);
    }
}
