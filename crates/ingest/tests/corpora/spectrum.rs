//! A CSV file and the objects that its JSON file says it means.

use std::fs;
use std::path::Path;

use bidui_model::CellKind;
use serde_json::Value;

use crate::told::read;

/// A cell in which a pair contradicts itself: file, heading, what stands in the CSV file and what in the JSON file.
const CONTRADICTIONS: &[(&str, &str, &str, &str)] =
    &[("location_coordinates.csv", "Contact Phone Number", "2095257564", "1234567890")];

/// Every cell of `csv` is the string that the JSON has for its row and heading, and nothing is missing on either side.
pub(crate) fn check(csv: &Path, json: &str) {
    let at = csv.display();
    let rows = match serde_json::from_str(json).unwrap() {
        Value::Array(rows) => rows,
        // A table of one row.
        row => vec![row],
    };
    let objects: Vec<_> = rows.iter().map(|row| row.as_object().unwrap()).collect();
    let headings: Vec<String> = objects[0].keys().cloned().collect();
    let told = read(csv, &headings).unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(told.report.unread_headings, Vec::<String>::new(), "{at}");
    assert_eq!(told.report.headings.len(), headings.len(), "{at}");
    let found: Vec<Vec<(CellKind, String)>> = told.cells(0).into_iter().map(|(_, cells)| cells).collect();
    let expected: Vec<Vec<(CellKind, String)>> = objects
        .iter()
        .map(|object| {
            let cell = |heading: &String| {
                let text = object[heading].as_str().unwrap();
                let text = contradicted(csv, heading, text).unwrap_or(text).to_owned();
                (if text.is_empty() { CellKind::Empty } else { CellKind::Text }, text)
            };
            headings.iter().map(cell).collect()
        })
        .collect();
    assert_eq!(found, expected, "{at}");
    assert_eq!(told.report.received, expected.len() as u64, "{at}: nothing but the rows");
}

/// What the CSV file has where its JSON file is known to have another value.
fn contradicted(csv: &Path, heading: &str, text: &str) -> Option<&'static str> {
    let known = CONTRADICTIONS.iter().find(|(file, of, ..)| csv.ends_with(file) && *of == heading)?;
    assert_eq!(text, known.3, "the pair agrees with itself now");
    Some(known.2)
}

/// The file's bytes; where its name says CRLF and it has none, which a checkout may have taken away, with them put back.
pub(crate) fn bytes(csv: &Path) -> Vec<u8> {
    let bytes = fs::read(csv).unwrap();
    if csv.to_string_lossy().ends_with("_crlf.csv") && !bytes.contains(&b'\r') {
        return String::from_utf8(bytes).unwrap().replace('\n', "\r\n").into_bytes();
    }
    bytes
}
