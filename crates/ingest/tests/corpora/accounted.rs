//! The rows that a file has, counted without our reader, against those that it kept and set aside.

use std::collections::BTreeSet;

use bidui_ingest::{FileForm, SheetSkip};
use bidui_model::RejectCode;

use crate::oracle;
use crate::told::Told;

/// Against what the rows were held.
pub(crate) enum By {
    Lines,
    Sheets,
}

const OF_PROVIDERS: &str = "xl-calamine/gh548_incorrect_sst_unique_count.xls";
/// Sheets with a title above the heading, which is otherwise the first row.
const TITLED: &[(&str, &str)] = &[
    (OF_PROVIDERS, "Provider Level Data"),
    (OF_PROVIDERS, "Non-Booked Data"),
    (OF_PROVIDERS, "Booked Appointments Data"),
];

pub(crate) fn check(path: &str, bytes: &[u8], told: &Told) -> By {
    if matches!(told.report.form, FileForm::Csv { .. }) {
        check_lines(path, bytes, told);
        return By::Lines;
    }
    check_sheets(path, bytes, told);
    By::Sheets
}

/// Each line below the heading begins a record, or lies in the record before it, which then has a quote.
fn check_lines(path: &str, bytes: &[u8], told: &Told) {
    let mut lines = oracle::lines(&oracle::text(bytes).unwrap());
    // Blank lines below the last row are no rows.
    while lines.last().is_some_and(|line| line.trim_matches([' ', '\t', ',', ';', '|']).is_empty()) {
        lines.pop();
    }
    let numbers = told.numbers(0);
    assert!(told.rows.values().all(|rows| rows.len() == 1), "{path}: two records on one line");
    let heading = lines.iter().position(|line| !line.trim().is_empty()).unwrap() as u32 + 1;
    let end = lines.len() as u32 + 1;
    let starts: Vec<u32> = [heading].into_iter().chain(numbers).chain([end]).collect();
    for pair in starts.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        assert!(from < to, "{path}: line {from} before line {to}");
        let record = &lines[from as usize - 1..to as usize - 1];
        let spans = record.len() > 1;
        assert!(!spans || record[0].contains('"'), "{path}: lines {from} to {to} have no record of their own");
    }
}

/// Each row with a value from the first data row on is there, and what is there beside is blank.
fn check_sheets(path: &str, bytes: &[u8], told: &Told) {
    let sheets = oracle::sheets(bytes).unwrap_or_else(|| panic!("{path}: read, but not by calamine"));
    let mut seen = 0;
    for sheet in &sheets {
        let source = told.report.sources.iter().position(|source| source.sheet == sheet.name);
        let Some(source) = source else {
            let skipped = told.report.skipped_sheets.iter().find(|(name, _)| *name == sheet.name);
            let expected = match sheet.rows.len() as u64 {
                0 => SheetSkip::Empty,
                rows => SheetSkip::NoHeading { rows },
            };
            assert_eq!(skipped.map(|(_, why)| *why), Some(expected), "{path}: {}", sheet.name);
            continue;
        };
        seen += 1;
        let found: BTreeSet<u32> = told.numbers(source).into_iter().collect();
        let first = found.first().copied().unwrap_or(u32::MAX);
        let (below, above): (Vec<u32>, Vec<u32>) = sheet.rows.iter().partition(|row| **row >= first);
        let title = usize::from(TITLED.contains(&(path, &sheet.name)));
        assert_eq!(above.len(), 1 + title, "{path}: {}: rows {above:?} are above the data", sheet.name);
        for row in &below {
            assert!(found.contains(row), "{path}: {}: row {row} is lost", sheet.name);
        }
        let below: BTreeSet<u32> = below.into_iter().collect();
        for row in found.difference(&below) {
            let blank = told.rows[&(source, *row)].iter().all(|row| *row == Err(RejectCode::Blank));
            assert!(blank, "{path}: {}: row {row} holds something that is not in the file", sheet.name);
        }
    }
    assert_eq!(seen, told.report.sources.len(), "{path}: a sheet was read that is not to be seen");
}
