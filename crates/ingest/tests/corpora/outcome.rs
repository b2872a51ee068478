//! What became of a file, in a word and in a line.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bidui_ingest::{FileProblem, SheetSkip};

use crate::oracle;
use crate::told::{Told, read};

pub(crate) enum Outcome {
    Rows(Told),
    Problem(FileProblem),
}

/// Reads a file under the headings that it has.
pub(crate) fn outcome(path: &Path) -> Outcome {
    let bytes = fs::read(path).unwrap();
    let headings = match oracle::sheets(&bytes) {
        Some(sheets) => sheets.into_iter().flat_map(|sheet| sheet.headings).collect(),
        None => oracle::text_headings(&oracle::lines(&oracle::text(&bytes).unwrap_or_default())),
    };
    match read(path, &oracle::unique(headings)) {
        Ok(told) => Outcome::Rows(told),
        Err(problem) => Outcome::Problem(problem),
    }
}

impl Outcome {
    /// `rows`, or the kind of the problem.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Rows(_) => "rows",
            Self::Problem(problem) => kind(problem),
        }
    }

    pub(crate) fn line(&self) -> String {
        match self {
            Self::Rows(told) => rows_line(told),
            // This one repeats cells of the file, which are not ours to keep.
            Self::Problem(FileProblem::NoHeading { .. }) => "no heading".to_owned(),
            Self::Problem(problem) => format!("{}\t{problem}", kind(problem)),
        }
    }
}

fn kind(problem: &FileProblem) -> &'static str {
    match problem {
        FileProblem::UnknownForm { found, .. } if found.contains("加密") => "encrypted",
        FileProblem::UnknownForm { .. } => "another form",
        FileProblem::Empty { .. } => "empty",
        FileProblem::NoHeading { .. } => "no heading",
        FileProblem::Damaged { .. } | FileProblem::CutShort { .. } => "damaged",
        FileProblem::Undecodable { .. } => "undecodable",
        FileProblem::NotFound { .. } | FileProblem::Unreadable { .. } => "disk",
        FileProblem::RequiredHeadingMissing { .. } | FileProblem::DuplicateMapping { .. } => "heading",
        #[allow(unreachable_patterns)]
        _ => "other",
    }
}

fn rows_line(told: &Told) -> String {
    let mut aside: BTreeMap<&str, u32> = BTreeMap::new();
    for reject in told.rows.values().flatten().filter_map(|row| row.as_ref().err()) {
        *aside.entry(reject.code()).or_default() += 1;
    }
    let aside: String = aside.iter().map(|(code, count)| format!(", {count} {code}")).collect();
    let report = &told.report;
    let skipped: String = report
        .skipped_sheets
        .iter()
        .map(|(sheet, why)| format!(", sheet “{}” {}", sheet.escape_debug(), why.title()))
        .collect();
    format!(
        "rows\t{}, {} received, {} kept{aside}, {} sheets{skipped}",
        report.form.title().replace('\t', "tab"),
        report.received,
        report.kept,
        report.sources.len(),
    )
}

/// Forms that we refuse by name: the department is told to save as xlsx or CSV.
pub(crate) fn is_refused_form(path: &str) -> bool {
    path.ends_with(".ods") || path.ends_with(".xlsb") || path.ends_with(".json")
}

/// Files that their list wants read, and that are rightly refused: path and kind of problem.
const REFUSED: &[(&str, &str)] = &[
    // An entry is longer than the archive's directory says, which no program writes; calamine refuses it too.
    ("xl-calamine/issue252.xlsx", "damaged"),
    // Has a password.
    ("xl-calamine/issue_385.xls", "encrypted"),
];

/// Whether a file that should be read may be answered with this problem.
pub(crate) fn may_be_refused(path: &Path, listed: &str, kind: &str) -> bool {
    match kind {
        "another form" => is_refused_form(listed),
        "empty" => is_empty(path),
        kind => REFUSED.contains(&(listed, kind)),
    }
}

/// No visible sheet holds anything.
fn is_empty(path: &Path) -> bool {
    let sheets = oracle::sheets(&fs::read(path).unwrap());
    sheets.is_some_and(|sheets| sheets.iter().all(|sheet| sheet.rows.is_empty()))
}

pub(crate) fn names_hidden_sheets(told: &Told) -> bool {
    let hidden = told.report.skipped_sheets.iter().filter(|(_, why)| *why == SheetSkip::Hidden).count();
    hidden > 0 && !told.report.sources.is_empty()
}
