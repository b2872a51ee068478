//! Refuses old workbooks that would take the machine down before calamine sees them, and hands it the others without what it would trip over.
//!
//! calamine reserves room for the area that a sheet claims (the DIMENSIONS record) and then for the area between its outermost cells; one
//! flipped bit in either asks for terabytes, and sheets that a clerk formatted to the last row claim a gibibyte. So the records are walked
//! first, the way calamine walks them (MS-XLS 2.1.4: type and length, two bytes each): the area of the cells is measured, and the claim is
//! put right. calamine also holds all sheets at once, so it gets a container for each, in which the others are empty: a list of 200,000 rows
//! comes as four sheets, since no sheet has more than 65,536.
//!
//! On the way are noted the formulas that no program has calculated: libraries that write workbooks store a zero for them and ask for a
//! calculation on opening (bit 1 of FORMULA's flags). calamine gives the zero.

use std::collections::HashSet;
use std::fs::File;
use std::io::{Cursor, Read, Write};
use std::ops::Range;

use crate::cells::guarded;
use crate::problem::{FileProblem, password};

const DIMENSIONS: u16 = 0x0200;
const BOUND_SHEET: u16 = 0x0085;
const FILE_PASS: u16 = 0x002F;
const BEGIN: u16 = 0x0809;
const END: u16 = 0x000A;
const MULTIPLE_RK: u16 = 0x00BD;
const FORMULA: u16 = 0x0006;
const CALCULATE_ON_LOAD: u16 = 2;
/// Length and content of the record that begins a sheet, and the one that ends it.
const EMPTY_SHEET: [u8; 22] = [16, 0, 0, 6, 0x10, 0, 0, 0, 0, 0, 0x41, 0, 0, 0, 6, 0, 0, 0, 0x0A, 0, 0, 0];
/// Records of one cell, which start with its row and column.
const CELLS: &[u16] = &[0x0203, 0x0204, 0x00D6, 0x0205, 0x00FD, 0x027E, 0x0006];

const COLUMNS: u16 = 256;
/// Cells of a sheet's area; calamine holds a hundred bytes for each.
const AREA: u64 = 4 << 20;

/// A cell by sheet, row and column, all from 0.
pub(crate) type Place = (usize, u32, u32);

/// A workbook that calamine may see, sheet by sheet, and what calamine does not tell.
pub(crate) struct Checked {
    path: &'static str,
    stream: Vec<u8>,
    /// Where what all sheets share ends.
    shared: usize,
    sheets: Vec<SheetBytes>,
    /// Formulas that have no value.
    pub(crate) valueless: HashSet<Place>,
}

struct SheetBytes {
    /// Where its position stands, in four bytes.
    position: usize,
    bytes: Range<usize>,
}

impl Checked {
    /// A container of the workbook in which all sheets but this are empty; `None` for what is no workbook. Whoever `is_last` has what it is
    /// made of thrown away.
    pub(crate) fn container_of(&mut self, place: Option<usize>, is_last: bool) -> Option<Vec<u8>> {
        let mut stream = self.stream.get(..self.shared)?.to_vec();
        let empty = stream.len();
        stream.extend(BEGIN.to_le_bytes());
        stream.extend(EMPTY_SHEET);
        // Last, so that a sheet that was cut ends where the stream does.
        let own = stream.len();
        if let Some(sheet) = place.and_then(|place| self.sheets.get(place)) {
            stream.extend_from_slice(self.stream.get(sheet.bytes.clone())?);
        }
        for (other, sheet) in self.sheets.iter().enumerate() {
            let position = u32::try_from(if place == Some(other) { own } else { empty }).ok()?;
            stream.get_mut(sheet.position..sheet.position + 4)?.copy_from_slice(&position.to_le_bytes());
        }
        if is_last {
            self.stream = Vec::new();
        }
        guarded(|| container(self.path, &stream))?.ok()
    }
}

pub(crate) fn check_workbook(file: File, name: &str) -> Result<Checked, FileProblem> {
    let damaged = |what: &str| FileProblem::damaged(name, "", None, what);
    let (path, mut stream) = guarded(|| workbook_stream(file)).flatten().ok_or_else(|| damaged("工作簿结构"))?;
    if is_encrypted(&stream) {
        return Err(password(name));
    }
    let offset = |part: &[u8]| part.as_ptr() as usize - stream.as_ptr() as usize;
    let mut checked =
        Checked { path, stream: Vec::new(), shared: stream.len(), sheets: Vec::new(), valueless: HashSet::new() };
    let mut claims = Vec::new();
    for (kind, content) in records(&stream) {
        match (kind, content.first_chunk()) {
            (END, _) => {
                checked.shared = offset(content);
                break;
            }
            (BOUND_SHEET, Some(position)) => {
                let start = u32::from_le_bytes(*position) as usize;
                let sheet = stream.get(start..).ok_or_else(|| damaged("工作表位置"))?;
                let bounds = sheet_bounds(sheet).ok_or_else(|| damaged("工作表的行列范围"))?;
                if bounds.area() > AREA {
                    return Err(damaged("工作表的行列范围过大"));
                }
                let place = checked.sheets.len();
                for (kind, content) in sheet_records(sheet) {
                    if kind == FORMULA {
                        checked.valueless.extend(valueless_formula(content).map(|(row, column)| (place, row, column)));
                    } else if kind == DIMENSIONS {
                        claims.push((offset(content)..offset(content) + content.len(), bounds));
                    }
                }
                let bytes = start..start + sheet_length(sheet);
                checked.sheets.push(SheetBytes { position: offset(content), bytes });
            }
            _ => {}
        }
    }
    for (claim, bounds) in claims {
        bounds.claim(&mut stream[claim]);
    }
    checked.stream = stream;
    Ok(checked)
}

fn container(path: &str, stream: &[u8]) -> std::io::Result<Vec<u8>> {
    let room = Cursor::new(Vec::with_capacity(stream.len() + stream.len() / 64 + 8192));
    let mut compound = cfb::CompoundFile::create_with_version(cfb::Version::V3, room)?;
    let mut entry = compound.create_stream(path)?;
    entry.write_all(stream)?;
    // Streams below 4,096 bytes stand elsewhere in a container, where some readers do not look.
    entry.write_all(&vec![0; 4096_usize.saturating_sub(stream.len())])?;
    drop(entry);
    compound.flush()?;
    Ok(compound.into_inner().into_inner())
}

/// Where the formula stands, if its stored value is a zero that was never calculated.
fn valueless_formula(content: &[u8]) -> Option<(u32, u32)> {
    let short = |at: usize| content.get(at..at + 2).map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]]));
    let is_zero = content.get(6..14)?.iter().all(|byte| *byte == 0);
    (is_zero && short(14)? & CALCULATE_ON_LOAD != 0).then_some((u32::from(short(0)?), u32::from(short(2)?)))
}

fn workbook_stream(file: File) -> Option<(&'static str, Vec<u8>)> {
    let mut compound = cfb::CompoundFile::open(file).ok()?;
    let path = ["Workbook", "Book"].into_iter().find(|path| compound.is_stream(path))?;
    let mut stream = Vec::new();
    compound.open_stream(path).ok()?.read_to_end(&mut stream).ok()?;
    Some((path, stream))
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
    records(stream).take_while(|(kind, _)| *kind != END).any(|(kind, _)| kind == FILE_PASS)
}

/// The records of a sheet's own, to its end; an embedded chart has cells of its own.
fn sheet_records(sheet: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let own = |depth: &mut usize, (kind, content)| {
        match kind {
            BEGIN => *depth += 1,
            END if *depth <= 1 => return None,
            END => *depth -= 1,
            _ => {}
        }
        Some((*depth <= 1).then_some((kind, content)))
    };
    records(sheet).scan(0_usize, own).flatten()
}

/// Up to and with the record that ends the sheet; all there is of one that was cut.
fn sheet_length(sheet: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut length = 0;
    for (kind, content) in records(sheet) {
        length += 4 + content.len();
        match kind {
            BEGIN => depth += 1,
            END if depth <= 1 => return length,
            END => depth -= 1,
            _ => {}
        }
    }
    sheet.len()
}

/// A sheet's outermost cells; `None` beyond what the format allows.
fn sheet_bounds(sheet: &[u8]) -> Option<Bounds> {
    let mut bounds = None;
    for (kind, content) in sheet_records(sheet) {
        match kind {
            MULTIPLE_RK => {
                let last = content.last_chunk().map(|bytes| u16::from_le_bytes(*bytes))?;
                bounds = Some(note_cell(content, last, bounds)?);
            }
            _ if CELLS.contains(&kind) => bounds = Some(note_cell(content, 0, bounds)?),
            _ => {}
        }
    }
    Some(bounds.unwrap_or(Bounds { rows: (0, 0), columns: (0, 0) }))
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
    /// Writes a DIMENSIONS record of this area, from the first cell on: first row, row after the last, the same of columns, in numbers of two
    /// bytes before BIFF8, and rows in four since.
    fn claim(self, record: &mut [u8]) {
        let (rows, columns) = (self.rows.1 - self.rows.0 + 1, self.columns.1 - self.columns.0 + 1);
        record.fill(0);
        let (rows_at, columns_at) = if record.len() == 10 { (2, 6) } else { (4, 10) };
        for (at, number, width) in [(rows_at, rows, rows_at), (columns_at, columns, 2)] {
            let bytes = number.to_le_bytes();
            if let Some(place) = record.get_mut(at..at + width) {
                place.copy_from_slice(&bytes[..width]);
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_beyond_the_last_column_is_refused() {
        let cell = |column: u8| [0x03, 0x02, 4, 0, 7, 0, 0, column];
        assert_eq!(sheet_bounds(&cell(0)).map(Bounds::area), Some(1));
        assert!(sheet_bounds(&cell(1)).is_none());
    }

    #[test]
    fn the_area_is_that_of_the_outermost_cells() {
        let cells = |places: &[(u8, u8)]| -> Vec<u8> {
            places.iter().flat_map(|(row, column)| [0x03, 0x02, 4, 0, *row, 0, *column, 0]).collect()
        };
        let check = |places: &[(u8, u8)], expected: u64| {
            assert_eq!(sheet_bounds(&cells(places)).map(Bounds::area), Some(expected));
        };
        check(&[], 1);
        check(&[(3, 2)], 1);
        check(&[(3, 9), (12, 2)], 80);
    }

    #[test]
    fn a_sheet_ends_with_its_own_end() {
        let begin = [0x09, 0x08, 2, 0, 0, 0];
        let end = [0x0A, 0, 0, 0];
        let sheet = [&begin[..], &begin, &end, &[0x3E, 0x02, 1, 0, 7], &end, &begin].concat();
        assert_eq!(sheet_length(&sheet), sheet.len() - begin.len());
        assert_eq!(sheet_length(&sheet[..20]), 20);
    }

    #[test]
    fn the_claim_is_put_right_in_both_versions() {
        let bounds = Bounds { rows: (3, 299), columns: (1, 5) };
        let (mut old, mut new) = ([0xFF; 10], [0xFF; 14]);
        bounds.claim(&mut old);
        bounds.claim(&mut new);
        assert_eq!(old, [0, 0, 41, 1, 0, 0, 5, 0, 0, 0]);
        assert_eq!(new, [0, 0, 0, 0, 41, 1, 0, 0, 0, 0, 5, 0, 0, 0]);
    }
}
