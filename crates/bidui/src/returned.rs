//! Filled lists that come back: what was answered, about which row of which list, and what could not be taken and why.
//!
//! Taken: XLSX, XLS, WPS's ET, pages and delimited text; any file name, any sheet name; the heading row wherever it stands, several of them on
//! one sheet; columns in any order, further columns and sheets; rows sorted, filtered, hidden, inserted, deleted, copied; lists of any month and
//! town that were issued. Not taken: hidden sheets, lists of which a heading was changed.
//!
//! A row attaches by its key and its tag together, as the ledger knows them, and never by where it stands; a row that prints another household's number
//! is refused, since what stands between its key and its tag was moved. Of cells that are merged over several
//! rows the value counts for the first row alone, and the others are refused: a merge in a column of answers may be a slip, and one answer for
//! five households is five answers that nobody gave. (Extracts are read otherwise: there a merged cell says where and when, and is filled down.)
//! A row whose first answer cannot be read is refused whole; any other cell is refused alone. One row twice with the same answers counts once, and
//! with different answers not at all, since nobody can tell which is the later one: but a copy that came in before, and says what was heard of it then, is
//! the earlier one.
//!
//! Neither a refusal nor a remark shows what people wrote in words: file, sheet, row and heading say where to look.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bidui_emit::{Choices, Effect, ListPlan};
use bidui_ingest::{Grid, Isolation, read_grid};
use bidui_ledger::{Edition, Heard};
use bidui_model::{DatePrecision, Month, ReturnKind};

use crate::returned_files::{FoundFile, find_files};
use crate::returned_heading::Plans;
use crate::returned_reason::Reason;
use crate::returned_remark::Remark;
use crate::returned_sheet::{Counts, SheetReader};

/// What reading needs.
#[derive(Clone, Copy)]
pub(crate) struct ReturnedInputs<'a> {
    /// Files, or folders of them.
    pub(crate) paths: &'a [PathBuf],
    /// Sheets that do not come back may be among them.
    pub(crate) lists: &'a [ListPlan],
    pub(crate) choices: &'a Choices,
    /// Code and name of every town of the county.
    pub(crate) towns: &'a [(String, String)],
    /// Whether a file of that SHA-256 came in before.
    pub(crate) is_known: &'a dyn Fn(&str) -> bool,
    /// Whether a row was heard to say that before, so that a corrected copy may lie beside the one that it corrects; `None` for one that says nothing.
    pub(crate) heard: &'a dyn Fn(&ReturnedRow) -> Option<Heard>,
    /// Whether what a file says that came in before counts, though something else was said since.
    pub(crate) again: bool,
    /// Where workbooks are parsed; `crate::isolation::apart()` in a command.
    pub(crate) isolation: Isolation<'a>,
    /// What was issued. The key is a `canonical_row_key`, the tag is written as it was issued (`XXXX-XXXX`).
    pub(crate) lookup: &'a dyn Fn(ReturnKind, &str, &str) -> Issue,
}

/// What the ledger knows of a key and a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Issue {
    /// They were issued together, on this list of this month; whose row it is, where it is about one household that is known; and of which edition of its
    /// case, where the tag says it.
    Issued { list: String, month: Month, household: Option<String>, edition: Option<Edition> },
    /// Neither was ever issued for a list of the kind.
    Unknown,
    /// One of them was, or both, but not together.
    Mismatch,
    /// The key is a case's number, and its check character is wrong.
    WrongCheck,
}

/// All that came back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Returned {
    pub(crate) files: Vec<ReturnedFile>,
    pub(crate) rows: Vec<ReturnedRow>,
    /// In the order of files, sheets and rows; so are the remarks.
    pub(crate) refusals: Vec<Refusal>,
    pub(crate) remarks: Vec<(At, Remark)>,
}

/// A file that was read.
#[derive(Clone, Debug)]
pub(crate) struct ReturnedFile {
    /// Relative to the folder that was given.
    pub(crate) name: String,
    /// Hexadecimal.
    pub(crate) sha256: String,
    /// Sheets on which a list was found, with what became of their rows.
    pub(crate) sheets: Vec<(String, ReturnKind, Counts)>,
    /// Sheets with rows but no list, and hidden ones.
    pub(crate) unread: Vec<String>,
    /// Whether it came in before this reading.
    pub(crate) is_known: bool,
    /// The file before it in this reading whose content is the same; then nothing else was read of it.
    pub(crate) same_as: Option<String>,
}

/// A row with answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReturnedRow {
    pub(crate) kind: ReturnKind,
    /// The list's id and month, as it was issued.
    pub(crate) list: String,
    pub(crate) month: Month,
    pub(crate) row_key: String,
    pub(crate) tag: String,
    /// Of the case that the list shows, where the tag says it: a month may have been run again.
    pub(crate) edition: Option<Edition>,
    /// By the answer's key; only what was filled in.
    pub(crate) answers: BTreeMap<String, Answer>,
    pub(crate) at: At,
}

impl ReturnedRow {
    /// Whether an answer is there by which a result can be carried out. Of what is written freely a month or a number must be told where it is to name
    /// another warning, since 无 and 重复 name none; and of a proof more than that there is none.
    pub(crate) fn stands(&self, key: &str, effect: Option<Effect>) -> bool {
        match self.answers.get(key) {
            Some(Answer::Text(words)) if effect == Some(Effect::Duplicate) => words.chars().any(char::is_numeric),
            Some(Answer::Text(words)) => !NOTHING.contains(&words.trim()) && words.chars().any(char::is_alphanumeric),
            Some(_) => true,
            None => false,
        }
    }

    /// Whether what a result rests on stands beside it; without it the answer is not carried out, which is told.
    pub(crate) fn rests(&self, effect: Option<Effect>) -> bool {
        let groups = effect.map_or(&[][..], Effect::rests_on);
        groups.iter().all(|keys| keys.iter().any(|key| self.stands(key, effect)))
    }
}

/// Words for nothing.
const NOTHING: [&str; 4] = ["无", "没有", "暂无", "无证明"];

/// What a cell says, by the plan's kind of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The code.
    Choice(String),
    /// One of the plan's words, or a town's name.
    Option(String),
    /// Days since 1970-01-01. A month's first day with `DatePrecision::Month`, where the answer is a date to come.
    Date(i32, DatePrecision),
    /// Fen.
    Money(i64),
    /// As written, with blanks at its ends cut off.
    Text(String),
}

/// Where something stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    pub(crate) file: String,
    pub(crate) sheet: String,
    /// From 1; none for a whole sheet or file.
    pub(crate) row: Option<u32>,
}

/// Something that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) at: At,
    /// The heading of the cell; none for the whole row.
    pub(crate) heading: Option<String>,
    /// Rows of which nothing was taken for this reason: 0 for a cell, and for a file that could not be read.
    pub(crate) rows: u64,
    pub(crate) reason: Reason,
}

/// Reads every file. Nothing here fails as a whole: a file that cannot be read is a refusal.
pub(crate) fn read_returned(inputs: &ReturnedInputs<'_>) -> Returned {
    let mut returned = Returned::default();
    let plans = Plans::of(inputs.lists);
    let (files, unreadable) = find_files(inputs.paths);
    returned.refusals.extend(unreadable);
    let mut by_digest: BTreeMap<String, String> = BTreeMap::new();
    let mut taken = Vec::new();
    for FoundFile { path, name, sha256 } in files {
        let same_as = by_digest.get(&sha256).cloned();
        let is_known = (inputs.is_known)(&sha256);
        let mut file = ReturnedFile { name, sha256, sheets: Vec::new(), unread: Vec::new(), is_known, same_as };
        if file.same_as.is_none() {
            by_digest.insert(file.sha256.clone(), file.name.clone());
            read_one(inputs, &plans, &path, (&mut file, &mut returned, &mut taken));
        }
        returned.files.push(file);
    }
    settle_repeats(inputs, taken, &mut returned);
    returned.refusals.sort_by(|one, other| one.at.cmp(&other.at));
    returned.remarks.sort_by(|one, other| one.0.cmp(&other.0));
    returned
}

/// A row that was read, with the places of its file and sheet in the result.
type Taken = (ReturnedRow, usize, usize);

fn read_one(
    inputs: &ReturnedInputs<'_>,
    plans: &Plans<'_>,
    path: &Path,
    (file, returned, taken): (&mut ReturnedFile, &mut Returned, &mut Vec<Taken>),
) {
    let whole =
        |reason| Refusal { at: At { file: file.name.clone(), ..At::default() }, heading: None, rows: 0, reason };
    let grid: Grid = match read_grid(inputs.isolation, path, &file.name) {
        Ok(grid) => grid,
        Err(problem) => return returned.refusals.push(whole(Reason::Unreadable(problem.to_string()))),
    };
    let no_list = whole(Reason::NoList(plans.looked_for()));
    file.unread.extend(grid.skipped.iter().map(|(sheet, _)| sheet.clone()));
    for sheet in grid.sheets.iter().filter(|sheet| !plans.is_to_read(&sheet.name)) {
        let read = SheetReader::new(inputs, plans, &file.name, sheet).read();
        if read.parts.is_empty() {
            if !sheet.rows.is_empty() {
                file.unread.push(sheet.name.clone());
            }
            continue;
        }
        let first = file.sheets.len();
        file.sheets.extend(read.parts.into_iter().map(|(kind, counts)| (sheet.name.clone(), kind, counts)));
        taken.extend(read.rows.into_iter().map(|(row, part)| (row, returned.files.len(), first + part)));
        returned.refusals.extend(read.refusals);
        returned.remarks.extend(read.remarks);
    }
    if file.sheets.is_empty() {
        let is_to_read = |sheet: &bidui_ingest::GridSheet| plans.is_to_read(&sheet.name);
        let is_ours = !grid.sheets.is_empty() && grid.sheets.iter().all(is_to_read);
        if is_ours {
            file.unread.extend(grid.sheets.iter().map(|sheet| sheet.name.clone()));
        }
        returned.refusals.push(if is_ours { whole(Reason::NotToReturn) } else { no_list });
    }
}

/// One row several times: once if all say the same, else not at all.
fn settle_repeats(inputs: &ReturnedInputs<'_>, taken: Vec<Taken>, returned: &mut Returned) {
    let mut by_row: BTreeMap<(String, Month, String), Vec<usize>> = BTreeMap::new();
    for (place, (row, ..)) in taken.iter().enumerate() {
        by_row.entry((row.list.clone(), row.month, row.row_key.clone())).or_default().push(place);
    }
    // Lists of several runs that show other things are answered each; who wrote both into one file is asked which it is.
    let mut by_list: Vec<Vec<usize>> = Vec::new();
    for mut places in by_row.into_values() {
        if places.len() > 1 {
            leave_out_outdated(inputs, &taken, returned, &mut places);
        }
        let files: BTreeSet<usize> = places.iter().map(|place| taken[*place].1).collect();
        let is_apart = files.len() == places.len();
        let mut of_lists: BTreeMap<Option<u32>, Vec<usize>> = BTreeMap::new();
        for place in places {
            let edition = taken[place].0.edition.as_ref().filter(|_| is_apart);
            let revision = edition.map(|edition| edition.revision);
            of_lists.entry(revision).or_default().push(place);
        }
        by_list.extend(of_lists.into_values());
    }
    let differ = |places: &[usize]| places.iter().any(|place| taken[*place].0.answers != taken[places[0]].0.answers);
    for places in by_list.iter_mut().filter(|places| places.len() > 1) {
        if differ(places) {
            let latest = latest(inputs, &taken, returned, places);
            for place in places.iter().filter(|place| !latest.contains(place)) {
                let (_, file, sheet) = &taken[*place];
                let counts = &mut returned.files[*file].sheets[*sheet].2;
                (counts.answered, counts.older) = (counts.answered - 1, counts.older + 1);
            }
            *places = latest;
        }
        let is_refused = differ(places);
        for (nth, place) in places.iter().enumerate() {
            let (row, file, sheet) = &taken[*place];
            let counts = &mut returned.files[*file].sheets[*sheet].2;
            if is_refused {
                let other = places[usize::from(nth == 0)];
                let reason = Reason::TwoAnswers(taken[other].0.at.clone());
                returned.refusals.push(Refusal { at: row.at.clone(), heading: None, rows: 1, reason });
                (counts.answered, counts.refused) = (counts.answered - 1, counts.refused + 1);
            } else if nth > 0 {
                (counts.answered, counts.repeated) = (counts.answered - 1, counts.repeated + 1);
            }
        }
    }
    let kept: BTreeSet<usize> = by_list.iter().filter(|places| !differ(places)).map(|places| places[0]).collect();
    for (_, (row, file, sheet)) in taken.into_iter().enumerate().filter(|(place, _)| kept.contains(place)) {
        // An old copy comes back under other bytes, too: a town sends its whole folder once more.
        let reason = match (inputs.heard)(&row) {
            Some(Heard::Before) if !inputs.again => Some(Reason::Corrected),
            Some(Heard::Outdated) => Some(Reason::Outdated),
            _ => None,
        };
        if let Some(reason) = reason {
            let counts = &mut returned.files[file].sheets[sheet].2;
            (counts.answered, counts.refused) = (counts.answered - 1, counts.refused + 1);
            returned.refusals.push(Refusal { at: row.at, heading: None, rows: 1, reason });
        } else {
            returned.rows.push(row);
        }
    }
}

/// Whether a row says what was found, and that can be carried out: not that nobody looked, nor an exemption without its proof.
fn finds(inputs: &ReturnedInputs<'_>, row: &ReturnedRow) -> bool {
    let Some(Answer::Choice(code)) = row.answers.get("result") else { return false };
    let choices = inputs.choices.lists.values().flatten();
    let effect = choices.filter(|choice| choice.code == *code).find_map(|choice| choice.effect);
    effect != Some(Effect::Pending) && row.rests(effect)
}

/// Of a row on lists of several runs of its month the last list's counts, where it shows all that the other did and says what was found.
fn leave_out_outdated(inputs: &ReturnedInputs<'_>, taken: &[Taken], returned: &mut Returned, places: &mut Vec<usize>) {
    let edition = |place: usize| taken[place].0.edition.as_ref();
    let all = places.clone();
    places.retain(|place| {
        let replaces = |other: &usize| {
            let (Some(own), Some(other_edition)) = (edition(*place), edition(*other)) else { return false };
            other_edition.replaces(own) && finds(inputs, &taken[*other].0)
        };
        let is_outdated = all.iter().any(replaces);
        if is_outdated {
            let (_, file, sheet) = &taken[*place];
            let counts = &mut returned.files[*file].sheets[*sheet].2;
            (counts.answered, counts.older) = (counts.answered - 1, counts.older + 1);
        }
        !is_outdated
    });
}

/// Of the places of one row those that count: they say what was not heard before, or else what stands. A file that came in before says of the row what it
/// said then; which of several others is the latest nobody can tell.
fn latest(inputs: &ReturnedInputs<'_>, taken: &[Taken], returned: &Returned, places: &[usize]) -> Vec<usize> {
    let heard: Vec<Heard> = places
        .iter()
        .map(|place| {
            let is_known = returned.files[taken[*place].1].is_known;
            if is_known { (inputs.heard)(&taken[*place].0).unwrap_or(Heard::Before) } else { Heard::Never }
        })
        .collect();
    let that = |which: Heard| -> Vec<usize> {
        places.iter().zip(&heard).filter(|(_, heard)| **heard == which).map(|(place, _)| *place).collect()
    };
    [that(Heard::Never), that(Heard::Stands)].into_iter().find(|places| !places.is_empty()).unwrap_or(places.to_vec())
}
