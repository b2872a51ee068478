//! Lists that came back.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::Month;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use crate::case_number::CaseNumber;
use crate::digest::hex;
use crate::error::LedgerError;
use crate::event::{Answer, ReturnedRow, Said};
use crate::history::History;
use crate::ledger::Ledger;
use crate::past::{Asked, gather};
use crate::renumber::opened_for;
use crate::run::{TOUCHED, refold};

/// Whether a row has been heard to say what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    Never,
    /// It was, and something else was said since.
    Before,
    /// It is what stands.
    Stands,
    /// It was never heard, and the row was answered on the list of a later run of its month.
    Outdated,
}

/// What became of a file's rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Received {
    /// Whether the same file had come before. Its rows are gone over all the same: what was not taken then may be taken now.
    pub is_known: bool,
    /// Places of rows that say something for the first time.
    pub new: Vec<usize>,
    /// Of those that say something else than an earlier copy of theirs did.
    pub changed: Vec<usize>,
    /// Of those that say the same again.
    pub unchanged: Vec<usize>,
    /// Of those whose case the ledger does not have.
    pub unknown: Vec<usize>,
    /// The households of which a row said something new, as they stand with the file, whether it is kept or not.
    pub after: BTreeMap<String, History>,
}

impl Ledger {
    /// Whether a file with that SHA-256 was received before.
    pub fn knows_file(&self, file: &str) -> Result<bool, LedgerError> {
        Ok(times_received(&self.connection, file)? > 0)
    }

    /// The town whose list of a month asked about a case: its warning's, or who had it when the month's lists were made.
    pub fn asked_town(&self, number: &CaseNumber, month: Month) -> Result<Option<String>, LedgerError> {
        let listed = self.history(number)?.and_then(|(_, history)| {
            let case = history.cases.into_iter().find(|case| case.number == *number)?;
            Some(case.listings.get(&month)?.town.clone())
        });
        if listed.is_some() {
            return Ok(listed);
        }
        // Not as it stands now: an answer to the very list may have passed it on since.
        let sql = format!("SELECT household FROM case_numbers WHERE case_no = '{number}'");
        let run = "SELECT MAX(id) + 1 FROM batches WHERE kind = 'run' AND month = ?1";
        let known_by = self.connection.query_row(run, [month.to_string()], |row| row.get(0))?;
        let asked = Asked { households: Some(&sql), numbered_in: None, before: Some(month.plus(1)), known_by };
        let before = gather(&self.connection, &asked)?;
        let had = before.into_values().flat_map(|history| history.cases).find(|case| case.number == *number);
        Ok(had.map(|case| case.town))
    }

    /// Whether a row that came back says something new.
    pub fn heard(&self, row: &ReturnedRow) -> Result<Heard, LedgerError> {
        let said = content(row);
        if content_before(&self.connection, row)?.as_ref() == Some(&said) {
            return Ok(Heard::Stands);
        }
        let mut select = self.connection.prepare_cached(
            "SELECT 1 FROM returned_rows WHERE list = ?1 AND month = ?2 AND row_key = ?3 AND content = ?4",
        )?;
        let given = params![row.list, row.month.to_string(), row.row_key, said];
        let found = select.query_row(given, |_| Ok(())).optional()?;
        Ok(match found {
            // What an earlier run's list was answered was said again on the last one's.
            Some(()) if !self.is_later_than_said(row)? => Heard::Before,
            Some(()) => Heard::Never,
            None if self.is_outdated(row)? => Heard::Outdated,
            None => Heard::Never,
        })
    }

    /// Records the rows of a file under the SHA-256 of its content. All of them or, where anything fails, none; none either where `keep` is not
    /// set: then this says what would become of them. A file that came before is recorded once more where a row of it says something else than what
    /// stands: it was sent again to say so.
    pub fn receive(
        &mut self,
        month: Month,
        file: &str,
        rows: &[ReturnedRow],
        keep: bool,
    ) -> Result<Received, LedgerError> {
        let received = self.take(month, file, rows, keep);
        received.map_err(|error| self.with_path(error))
    }

    fn take(&mut self, month: Month, file: &str, rows: &[ReturnedRow], keep: bool) -> Result<Received, LedgerError> {
        let transaction = self.connection.transaction()?;
        let times = times_received(&transaction, file)?;
        let digest = if times == 0 { file.to_owned() } else { format!("{file}{AGAIN}{}", times + 1) };
        transaction.execute(
            "INSERT INTO batches (kind, month, revision, digest, content) VALUES ('received', ?1, 0, ?2, '')",
            params![month.to_string(), digest],
        )?;
        let batch = transaction.last_insert_rowid();
        let mut received = Received { is_known: times > 0, ..Received::default() };
        let mut households = BTreeSet::new();
        for (place, row) in rows.iter().enumerate() {
            let household = match &row.case {
                None => String::new(),
                Some(number) => {
                    let Some(household) = opened_for(&transaction, number)? else {
                        received.unknown.push(place);
                        continue;
                    };
                    household
                }
            };
            let (content, before) = (content(row), content_before(&transaction, row)?);
            if before.as_ref() == Some(&content) {
                received.unchanged.push(place);
                continue;
            }
            if before.is_some() { &mut received.changed } else { &mut received.new }.push(place);
            write(&transaction, batch, &household, row, &content)?;
            if row.case.is_some() {
                households.insert(household);
            }
        }
        refold(&transaction, &households)?;
        let touched = Asked { households: Some(TOUCHED), numbered_in: None, before: None, known_by: None };
        received.after = gather(&transaction, &touched)?;
        let says_more = !received.new.is_empty() || !received.changed.is_empty();
        if keep && (says_more || !received.is_known) {
            transaction.commit()?;
        }
        Ok(received)
    }

    /// Notes what a month's run found in the data, by keys that are the same in every month.
    pub fn record_sightings<'a>(
        &mut self,
        month: Month,
        keys: impl Iterator<Item = &'a str>,
    ) -> Result<(), LedgerError> {
        let transaction = self.connection.transaction()?;
        {
            let mut insert = transaction.prepare(
                "INSERT INTO sightings (row_key, first, last) VALUES (?1, ?2, ?2)
                 ON CONFLICT (row_key) DO UPDATE SET first = MIN(first, ?2), last = MAX(last, ?2)",
            )?;
            let month = month.to_string();
            for key in keys {
                insert.execute([key, &month])?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}

/// Between a file's SHA-256 and the number of the time it came, from the second on.
const AGAIN: char = '#';

/// How often a file came in and said something.
fn times_received(connection: &Connection, file: &str) -> Result<i64, LedgerError> {
    let mut count = connection.prepare_cached(
        "SELECT COUNT(*) FROM batches WHERE kind = 'received' AND (digest = ?1 OR digest LIKE ?1 || ?2 || '%')",
    )?;
    Ok(count.query_row(params![file, AGAIN.to_string()], |row| row.get(0))?)
}

fn content_before(connection: &Connection, row: &ReturnedRow) -> Result<Option<String>, LedgerError> {
    let mut select = connection.prepare_cached(
        "SELECT content FROM returned_rows WHERE list = ?1 AND month = ?2 AND row_key = ?3 ORDER BY batch DESC LIMIT 1",
    )?;
    let given = params![row.list, row.month.to_string(), row.row_key];
    Ok(select.query_row(given, |row| row.get(0)).optional()?)
}

/// A digest of what is kept of a row.
fn content(row: &ReturnedRow) -> String {
    let mut digest = Sha256::new();
    // The same answer to what another list warned of says something else.
    row.edition.iter().for_each(|edition| digest.update(format!("{}\n", edition.digest)));
    for said in &row.said {
        match said {
            Said::Answered(Answer { code, effect, leaves, is_finding, on, until, values }) => {
                digest.update(format!(
                    "answered\n{code}\n{effect}\n{}\n{is_finding}\n{on:?}\n{until:?}\n",
                    leaves.code()
                ));
                values.iter().for_each(|(key, value)| digest.update(format!("{key}\n{value}\n")));
            }
            Said::Did { deed, on, code } => digest.update(format!("{}\n{on:?}\n{code}\n", deed.code())),
            Said::Told { code, on, until, values } => {
                digest.update(format!("told\n{code}\n{on:?}\n{until:?}\n"));
                values.iter().for_each(|(key, value)| digest.update(format!("{key}\n{value}\n")));
            }
        }
    }
    hex(digest)
}

fn write(
    transaction: &Transaction<'_>,
    batch: i64,
    household: &str,
    row: &ReturnedRow,
    content: &str,
) -> Result<(), LedgerError> {
    let (month, number) = (row.month.to_string(), row.case.as_ref().map_or("", |number| number.as_str()));
    let revision = row.edition.as_ref().map(|edition| edition.revision);
    transaction
        .prepare_cached("INSERT INTO returned_rows (batch, list, month, row_key, content, revision) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![batch, row.list, month, row.row_key, content, revision])?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO events (batch, household, case_no, kind, month, list, row_key, code, effect, leaves, is_finding, happened_on, until, revision)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    for said in &row.said {
        let (kind, code, effect, leaves, is_finding, on, until) = match said {
            Said::Answered(answer) => (
                "answered",
                &answer.code,
                answer.effect.as_str(),
                answer.leaves.code(),
                answer.is_finding,
                answer.on,
                answer.until,
            ),
            Said::Did { deed, on, code } => (deed.code(), code, "", "", false, *on, None),
            Said::Told { code, on, until, .. } => ("told", code, "", "", false, *on, *until),
        };
        let (list, key) = (&row.list, &row.row_key);
        insert.execute(params![
            batch, household, number, kind, month, list, key, code, effect, leaves, is_finding, on, until, revision
        ])?;
        if let Said::Answered(Answer { values, .. }) | Said::Told { values, .. } = said {
            let event = transaction.last_insert_rowid();
            let mut insert =
                transaction.prepare_cached("INSERT INTO event_values (event, key, value) VALUES (?1, ?2, ?3)")?;
            for (key, value) in values {
                insert.execute(params![event, key, value])?;
            }
        }
    }
    Ok(())
}
