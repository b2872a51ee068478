//! Files that other programs' test suites collected, read to their end: rows, or a named problem of the kind that their list expects.
//!
//! The files are not in the repository. They are looked for in the folder that `BIDUI_CORPORA` names, else in `shared/corpora` beside the
//! checkout; without either the tests say so and hold nothing. `outcomes.tsv` holds what became of each file and `dates.txt`
//! their dates, so that a change shows; `BIDUI_CORPORA_ACCEPT=1` writes both anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::print_stderr, reason = "a test that holds nothing must say so")]

mod accounted;
mod dates;
mod manifest;
mod oracle;
mod outcome;
mod spectrum;
mod told;

use std::fs;
use std::path::{Path, PathBuf};

use manifest::{Entry, Expected};
use outcome::{Outcome, outcome};

/// The folder, or a word that there is none.
fn corpora() -> Option<PathBuf> {
    let folder = manifest::folder();
    if folder.is_none() {
        eprintln!("skipped: no corpora here; BIDUI_CORPORA names their folder");
    }
    folder
}

/// Whether this outcome is what the list expects of this file.
fn is_expected(path: &Path, entry: &Entry, outcome: &Outcome) -> bool {
    let kind = outcome.kind();
    match entry.expected {
        Expected::Accounted | Expected::ReadOrClear | Expected::Bounded => true,
        Expected::EqualsJson => entry.path.ends_with(".json") || kind == "rows",
        Expected::Read | Expected::Dates => kind == "rows" || outcome::may_be_refused(path, &entry.path, kind),
        Expected::HiddenSheets => matches!(outcome, Outcome::Rows(told) if outcome::names_hidden_sheets(told)),
        Expected::Encrypted => kind == "encrypted",
        // Under its own words a damaged workbook may be a fine text file; under a department's it is not.
        Expected::Error => told::read(path, &["身份证号".to_owned()]).is_err(),
    }
}

#[test]
fn every_file_ends_as_its_list_expects() {
    let Some(folder) = corpora() else { return };
    let entries = manifest::entries(&folder);
    assert!(!entries.is_empty());
    let mut lines = Vec::new();
    let mut astray = Vec::new();
    for entry in &entries {
        let path = folder.join(&entry.path);
        let outcome = outcome(&path);
        if !is_expected(&path, entry, &outcome) {
            astray.push(format!("{}: {:?} expected, found {}", entry.path, entry.expected, outcome.line()));
        }
        lines.push(format!("{}\t{}\n", entry.path, outcome.line()));
    }
    assert!(astray.is_empty(), "{}", astray.join("\n"));
    held_to_file("outcomes.tsv", &lines.concat());
}

/// What was found is what the file beside this one has.
fn held_to_file(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora").join(name);
    if std::env::var_os("BIDUI_CORPORA_ACCEPT").is_some_and(|accept| accept == "1") {
        fs::write(&path, found).unwrap();
    }
    let held = fs::read_to_string(&path).unwrap();
    let changed: Vec<String> = found
        .lines()
        .filter(|line| !held.lines().any(|known| known == *line))
        .map(|line| format!("now   {line}"))
        .chain(held.lines().filter(|line| !found.lines().any(|now| now == *line)).map(|line| format!("held  {line}")))
        .collect();
    assert!(changed.is_empty(), "{name}:\n{}", changed.join("\n"));
    assert_eq!(held, found, "{name}: the same lines in another order");
}

#[test]
fn every_row_of_every_file_is_kept_or_set_aside_once() {
    let Some(folder) = corpora() else { return };
    let mut workbooks = 0;
    let mut texts = 0;
    for entry in manifest::entries(&folder).iter().filter(|entry| !entry.path.ends_with(".json")) {
        let path = folder.join(&entry.path);
        if let Outcome::Rows(told) = outcome(&path) {
            let bytes = fs::read(&path).unwrap();
            match accounted::check(&entry.path, &bytes, &told) {
                accounted::By::Lines => texts += 1,
                accounted::By::Sheets => workbooks += 1,
            }
        }
    }
    assert!(workbooks > 80 && texts > 90, "only {workbooks} workbooks and {texts} texts were compared");
}

#[test]
fn cells_of_csv_spectrum_equal_its_json() {
    let Some(folder) = corpora() else { return };
    let pairs: Vec<Entry> = manifest::entries(&folder)
        .into_iter()
        .filter(|entry| entry.expected == Expected::EqualsJson && entry.path.ends_with(".csv"))
        .collect();
    assert!(pairs.len() >= 12, "{} pairs", pairs.len());
    let scratch = tempfile::tempdir().unwrap();
    for entry in pairs {
        let csv = scratch.path().join(Path::new(&entry.path).file_name().unwrap());
        fs::write(&csv, spectrum::bytes(&folder.join(&entry.path))).unwrap();
        let json = folder.join(entry.path.replace("/csvs/", "/json/").replace(".csv", ".json"));
        spectrum::check(&csv, &fs::read_to_string(json).unwrap());
    }
}

/// `dates.txt` was held by hand against what the workbooks' own programs show.
#[test]
fn dates_are_exact() {
    let Some(folder) = corpora() else { return };
    let entries = manifest::entries(&folder);
    let of_dates = entries.iter().filter(|entry| entry.expected == Expected::Dates);
    let told: Vec<String> = of_dates
        .filter(|entry| !outcome::is_refused_form(&entry.path))
        .map(|entry| format!("== {}\n{}\n", entry.path, dates::told(&folder.join(&entry.path))))
        .collect();
    assert!(told.len() > 12, "{} files", told.len());
    held_to_file("dates.txt", &told.concat());
}
