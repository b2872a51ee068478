//! The old Excel format, BIFF8 in an OLE container, as little of it as programs need to open it: globals with one font, one style and the
//! list of sheets; sheets of LABEL and NUMBER records. Source: [MS-XLS], records BOF, CODEPAGE, WINDOW1, FONT, XF, STYLE, BOUNDSHEET,
//! DIMENSIONS, LABEL, NUMBER, WINDOW2, EOF. Strings stand in their cells (LABEL), so that there is no table of shared ones.

use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use crate::options::SynthError;
use crate::spelling::Out;
use crate::table::io_error;

pub(crate) struct XlsFile {
    path: PathBuf,
    /// Names and cell records. A sheet ends at 60,000 rows; only small lists are sent in this form.
    sheets: Vec<(String, Vec<u8>)>,
}

const LABEL: u16 = 0x0204;
const NUMBER: u16 = 0x0203;
/// A cell holds at most 32,767 characters, and a record 8,224 bytes; nothing here is near either.
const LONGEST: usize = 2_000;

fn record(out: &mut Vec<u8>, kind: u16, data: &[u8]) {
    out.extend(kind.to_le_bytes());
    out.extend((data.len() as u16).to_le_bytes());
    out.extend(data);
}

impl XlsFile {
    pub(crate) fn create(path: &Path) -> Self {
        Self { path: path.to_owned(), sheets: Vec::new() }
    }

    pub(crate) fn add_sheet(&mut self, name: &str) {
        self.sheets.push((name.to_owned(), Vec::new()));
    }

    pub(crate) fn row(&mut self, sheet: usize, row: u32, cells: &[Out]) {
        let Some((_, body)) = self.sheets.get_mut(sheet) else { return };
        for (column, cell) in (0u16..).zip(cells) {
            let mut data = Vec::with_capacity(32);
            data.extend((row as u16).to_le_bytes());
            data.extend(column.to_le_bytes());
            // The cell format: the sixteenth XF, the first that is not a style's.
            data.extend(15u16.to_le_bytes());
            match cell {
                Out::Empty => {}
                Out::Text(text) => {
                    data.extend(unicode_string(text));
                    record(body, LABEL, &data);
                }
                Out::Number(number) | Out::Day(number) => {
                    data.extend(number.to_le_bytes());
                    record(body, NUMBER, &data);
                }
            }
        }
    }

    pub(crate) fn finish(self) -> Result<(), SynthError> {
        let stream = workbook_stream(&self.sheets);
        let bytes = container(&stream).map_err(io_error(&self.path))?;
        std::fs::write(&self.path, bytes).map_err(io_error(&self.path))
    }
}

/// Writes a workbook of the old format: sheets by name, each as rows of cells.
///
/// # Errors
/// When the file cannot be written.
pub fn write_xls(path: &Path, sheets: &[(String, Vec<Vec<Out>>)]) -> Result<(), SynthError> {
    let mut file = XlsFile::create(path);
    for (place, (name, rows)) in sheets.iter().enumerate() {
        file.add_sheet(name);
        for (number, row) in (0..).zip(rows) {
            file.row(place, number, row);
        }
    }
    file.finish()
}

/// Length in UTF-16 units, a flag for two bytes each, the units.
fn unicode_string(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().take(LONGEST).collect();
    let mut out = Vec::with_capacity(units.len() * 2 + 3);
    out.extend((units.len() as u16).to_le_bytes());
    out.push(1);
    units.iter().for_each(|unit| out.extend(unit.to_le_bytes()));
    out
}

fn workbook_stream(sheets: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    record(&mut out, 0x0809, &bof(0x0005));
    record(&mut out, 0x0042, &1200u16.to_le_bytes());
    record(&mut out, 0x003D, &[0, 0, 0, 0, 0xC0, 0x12, 0xE0, 0x0B, 0x38, 0, 0, 0, 0, 0, 1, 0, 0x58, 0x02]);
    for _ in 0..5 {
        record(&mut out, 0x0031, &font());
    }
    for index in 0..16u16 {
        record(&mut out, 0x00E0, &extended_format(index < 15));
    }
    record(&mut out, 0x0293, &[0x00, 0x80, 0x00, 0xFF]);
    let mut places = Vec::new();
    for (name, _) in sheets {
        let units: Vec<u16> = name.encode_utf16().take(31).collect();
        // Where the sheet begins is not known yet: four zeros, then visible, a worksheet, its name.
        let mut data = vec![0, 0, 0, 0, 0, 0, units.len() as u8, 1];
        units.iter().for_each(|unit| data.extend(unit.to_le_bytes()));
        places.push(out.len() + 4);
        record(&mut out, 0x0085, &data);
    }
    record(&mut out, 0x000A, &[]);
    for ((_, body), place) in sheets.iter().zip(places) {
        let begin = (out.len() as u32).to_le_bytes();
        out[place..place + 4].copy_from_slice(&begin);
        record(&mut out, 0x0809, &bof(0x0010));
        record(&mut out, 0x0200, &dimensions());
        out.extend(body);
        record(&mut out, 0x023E, &[0xB6, 0x06, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        record(&mut out, 0x000A, &[]);
    }
    // Streams below 4,096 bytes live in the container's short sectors; old readers look for the workbook in the long ones.
    out.resize(out.len().max(4_096), 0);
    out
}

fn bof(kind: u16) -> Vec<u8> {
    let mut data = Vec::new();
    for half in [0x0600, kind, 0x0DBB, 0x07CC] {
        data.extend(u16::to_le_bytes(half));
    }
    data.extend([0x41, 0, 0, 0, 0x06, 0, 0, 0]);
    data
}

/// 宋体, 11 points.
fn font() -> Vec<u8> {
    let mut data = vec![0xDC, 0, 0, 0, 0xFF, 0x7F, 0x90, 0x01, 0, 0, 0, 0, 0x86, 0, 2, 1];
    "宋体".encode_utf16().for_each(|unit| data.extend(unit.to_le_bytes()));
    data
}

fn extended_format(style: bool) -> [u8; 20] {
    let mut data = [0; 20];
    data[4..6].copy_from_slice(&(if style { 0xFFF5u16 } else { 0x0001 }).to_le_bytes());
    data[6] = 0x20;
    data[18..20].copy_from_slice(&0x20C0u16.to_le_bytes());
    data
}

/// All rows and columns that may be used: readers take the cells themselves.
fn dimensions() -> Vec<u8> {
    let mut data = Vec::new();
    data.extend(0u32.to_le_bytes());
    data.extend(65_536u32.to_le_bytes());
    data.extend(0u16.to_le_bytes());
    data.extend(256u16.to_le_bytes());
    data.extend(0u16.to_le_bytes());
    data
}

/// The OLE container, with a date that never changes.
fn container(stream: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut file = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new()))?;
    file.create_stream("/Workbook")?.write_all(stream)?;
    let created = UNIX_EPOCH + Duration::from_secs(1_680_307_200);
    file.set_created_time("/", created)?;
    file.set_modified_time("/", created)?;
    file.flush()?;
    Ok(file.into_inner().into_inner())
}
