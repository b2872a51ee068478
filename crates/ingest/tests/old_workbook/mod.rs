//! A small old workbook (BIFF8 in an OLE container): one sheet of texts, numbers, days and formulas.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

use std::io::{Cursor, Write};

#[derive(Clone, Copy)]
pub(crate) enum Old<'a> {
    Text(&'a str),
    Number(f64),
    /// A number under a date format.
    Day(f64),
    /// The stored value and the flags of a formula.
    Formula(f64, u16),
}

pub(crate) fn old_workbook(rows: &[&[Old<'_>]]) -> Vec<u8> {
    dated(rows, false)
}

pub(crate) fn dated(rows: &[&[Old<'_>]], is_1904: bool) -> Vec<u8> {
    let mut out = Vec::new();
    record(&mut out, 0x0809, &begin(0x0005));
    record(&mut out, 0x0022, &u16::from(is_1904).to_le_bytes());
    for format in [0_u16, 14] {
        let mut data = [0; 20];
        data[2..4].copy_from_slice(&format.to_le_bytes());
        record(&mut out, 0x00E0, &data);
    }
    let place = out.len() + 4;
    record(&mut out, 0x0085, &[0, 0, 0, 0, 0, 0, 1, 1, 0x68, 0x88]);
    record(&mut out, 0x000A, &[]);
    let start = u32::try_from(out.len()).unwrap().to_le_bytes();
    out[place..place + 4].copy_from_slice(&start);
    record(&mut out, 0x0809, &begin(0x0010));
    // As sheets that were formatted to the last cell claim it.
    record(&mut out, 0x0200, &[0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0]);
    for (row, cells) in (0_u16..).zip(rows) {
        for (column, cell) in (0_u16..).zip(*cells) {
            let at = |style: u16| [row, column, style].map(u16::to_le_bytes).concat();
            match cell {
                Old::Text(text) => record(&mut out, 0x0204, &[at(0), string(text)].concat()),
                Old::Number(value) => record(&mut out, 0x0203, &[&at(0)[..], &value.to_le_bytes()].concat()),
                Old::Day(value) => record(&mut out, 0x0203, &[&at(1)[..], &value.to_le_bytes()].concat()),
                Old::Formula(value, flags) => {
                    let tokens = [0, 0, 0, 0, 3, 0, 0x1E, 1, 0];
                    let parts = [&at(0)[..], &value.to_le_bytes(), &flags.to_le_bytes(), &tokens];
                    record(&mut out, 0x0006, &parts.concat());
                }
            }
        }
    }
    record(&mut out, 0x000A, &[]);
    out.resize(out.len().max(4_096), 0);
    let mut compound = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new())).unwrap();
    compound.create_stream("/Workbook").unwrap().write_all(&out).unwrap();
    // As WPS leaves its own stream beside the workbook's.
    compound.create_stream("/ETExtData").unwrap().write_all(&[1; 100]).unwrap();
    compound.flush().unwrap();
    compound.into_inner().into_inner()
}

fn record(out: &mut Vec<u8>, kind: u16, data: &[u8]) {
    out.extend(kind.to_le_bytes());
    out.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
    out.extend(data);
}

fn begin(kind: u16) -> Vec<u8> {
    [0x0600, kind, 0x0DBB, 0x07CC, 0x41, 0, 6, 0].map(u16::to_le_bytes).concat()
}

fn string(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let length = u16::try_from(units.len()).unwrap().to_le_bytes();
    let units: Vec<u8> = units.into_iter().flat_map(u16::to_le_bytes).collect();
    [&length[..], &[1], &units].concat()
}
