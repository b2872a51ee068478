//! The list of files, and what each line of it asks for.

use std::fs;
use std::path::{Path, PathBuf};

/// What the list expects of a file, in its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// `no panic; rows accounted for`: rows, or a named problem.
    Accounted,
    /// `read`: rows, or, for a form that we refuse by name, that refusal.
    Read,
    /// `read or clear error`.
    ReadOrClear,
    /// `bounded error`: rows or a named problem, soon and in little memory.
    Bounded,
    /// `clear "encrypted" error (or opened with password)`.
    Encrypted,
    /// `dates exact`.
    Dates,
    /// `equals json/`: of a pair, the CSV file's cells and the JSON file's.
    EqualsJson,
    /// `error, not panic`.
    Error,
    /// `read, policy visible`: hidden sheets are not read, and the report names them.
    HiddenSheets,
}

pub(crate) struct Entry {
    pub(crate) path: String,
    pub(crate) expected: Expected,
}

/// The folder that `BIDUI_CORPORA` names, else `shared/corpora` beside the checkout; `None` where neither is there.
pub(crate) fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    let folder = std::env::var_os("BIDUI_CORPORA").map_or(beside, PathBuf::from);
    folder.join("MANIFEST.tsv").is_file().then_some(folder)
}

pub(crate) fn entries(folder: &Path) -> Vec<Entry> {
    let text = fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let mut lines = text.lines();
    let heading: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let place = |name: &str| heading.iter().position(|column| *column == name).unwrap();
    let (path, expected) = (place("path"), place("expected"));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            Entry { path: cells[path].to_owned(), expected: expectation(cells[expected]) }
        })
        .collect()
}

fn expectation(words: &str) -> Expected {
    match words {
        "no panic; rows accounted for" => Expected::Accounted,
        "read" => Expected::Read,
        "read or clear error" => Expected::ReadOrClear,
        "bounded error" => Expected::Bounded,
        "clear \"encrypted\" error (or opened with password)" => Expected::Encrypted,
        "dates exact" => Expected::Dates,
        "equals json/" => Expected::EqualsJson,
        "error, not panic" => Expected::Error,
        "read, policy visible" => Expected::HiddenSheets,
        other => panic!("the list expects something new: {other}"),
    }
}
