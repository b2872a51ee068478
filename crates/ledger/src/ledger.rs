//! The file, and what it stands at.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::Path;
use std::time::Duration;

use bidui_model::Month;
use rusqlite::{Connection, OpenFlags};

use crate::case_number::CaseNumber;
use crate::error::LedgerError;
use crate::history::History;
use crate::line::{self, CaseLine};
use crate::past::{Asked, gather, histories};
use crate::schema;

/// How long a command waits for another that is writing.
const PATIENCE: Duration = Duration::from_secs(10);

/// The ledger's file, open.
#[derive(Debug)]
pub struct Ledger {
    pub(crate) connection: Connection,
}

/// What all cases of a town stand at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub opened: u64,
    pub closed: u64,
    pub standing: u64,
    /// Of those standing: not verified yet.
    pub open: u64,
    /// Of those: due on the day that was asked for, and overdue on it.
    pub due_today: u64,
    pub overdue: u64,
}

impl Ledger {
    /// Opens the file, makes it if there is none (readable by its owner alone), and brings it to this program's version.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let refused = |source| match LedgerError::of_writing(source, path) {
            LedgerError::Sql(source) => LedgerError::Open { path: path.to_owned(), source },
            error => error,
        };
        // A ledger is never without a byte: one that is was cut off, and a fresh one in its place would forget every case in silence.
        let is_emptied = path.metadata().is_ok_and(|file| file.len() == 0);
        let mut journal = path.as_os_str().to_owned();
        journal.push("-wal");
        if is_emptied && !Path::new(&journal).metadata().is_ok_and(|file| file.len() > 0) {
            return Err(LedgerError::Emptied(path.to_owned()));
        }
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        options.open(path).map_err(|source| LedgerError::File { path: path.to_owned(), source })?;
        let mut connection =
            Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
                .map_err(refused)?;
        connection.busy_timeout(PATIENCE).map_err(refused)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(refused)?;
        // Durable at each commit: what a town has answered is not to be lost with the power.
        connection.pragma_update(None, "synchronous", "FULL").map_err(refused)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(refused)?;
        schema::migrate(&mut connection).map_err(|error| match error {
            LedgerError::Sql(source) => refused(source),
            other => other,
        })?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self { connection })
    }

    /// An error of writing, with the file that there was no room for.
    pub(crate) fn with_path(&self, error: LedgerError) -> LedgerError {
        match (error, self.connection.path()) {
            (LedgerError::Sql(source), Some(path)) => LedgerError::of_writing(source, Path::new(path)),
            (error, _) => error,
        }
    }

    /// What is known of every household with a case that stands, or of which something was heard from `since` on; only what was before `month`.
    pub fn before(&self, month: Month, since: Month) -> Result<BTreeMap<String, History>, LedgerError> {
        let sql = format!("SELECT household FROM cases WHERE state <> 'closed' OR touched >= '{since}'");
        gather(
            &self.connection,
            &Asked { households: Some(&sql), numbered_in: Some(month.plus(-1)), before: Some(month), known_by: None },
        )
    }

    /// What is known of them now.
    pub fn present(&self, since: Month) -> Result<BTreeMap<String, History>, LedgerError> {
        let sql = format!("SELECT household FROM cases WHERE state <> 'closed' OR touched >= '{since}'");
        gather(&self.connection, &Asked { households: Some(&sql), numbered_in: None, before: None, known_by: None })
    }

    /// One household's history, by the number of one of its cases.
    pub fn history(&self, number: &CaseNumber) -> Result<Option<(String, History)>, LedgerError> {
        let Some(household) = self.household(number)? else { return Ok(None) };
        let sql = format!("SELECT household FROM case_numbers WHERE case_no = '{number}'");
        let mut found = gather(
            &self.connection,
            &Asked { households: Some(&sql), numbered_in: None, before: None, known_by: None },
        )?;
        let history = found.remove(&household).unwrap_or_default();
        Ok(Some((household, history)))
    }

    /// Whose case it is, by the number of today.
    pub fn household(&self, number: &CaseNumber) -> Result<Option<String>, LedgerError> {
        self.household_in(number, None)
    }

    /// The months that were run.
    pub fn months(&self) -> Result<Vec<Month>, LedgerError> {
        let mut select =
            self.connection.prepare("SELECT DISTINCT month FROM batches WHERE kind = 'run' ORDER BY month")?;
        let mut rows = select.query([])?;
        let mut months = Vec::new();
        while let Some(row) = rows.next()? {
            months.push(line::month(row, 0)?);
        }
        Ok(months)
    }

    /// Every case, by number.
    pub fn cases(&self) -> Result<Vec<CaseLine>, LedgerError> {
        self.lines("", &[])
    }

    /// The cases that stand, by number; of one town where one is given.
    pub fn standing_cases(&self, town: Option<&str>) -> Result<Vec<CaseLine>, LedgerError> {
        match town {
            Some(town) => self.lines("WHERE state <> 'closed' AND town = ?1", &[town]),
            None => self.lines("WHERE state <> 'closed'", &[]),
        }
    }

    fn lines(&self, which: &str, given: &[&str]) -> Result<Vec<CaseLine>, LedgerError> {
        let sql = format!("SELECT {} FROM cases {which} ORDER BY case_no", line::COLUMNS);
        let mut select = self.connection.prepare(&sql)?;
        let mut rows = select.query(rusqlite::params_from_iter(given))?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            lines.push(line::read(row)?);
        }
        Ok(lines)
    }

    /// The cases of all towns, counted.
    pub fn standing(&self, today: i32) -> Result<BTreeMap<String, Standing>, LedgerError> {
        let mut select = self.connection.prepare(
            "SELECT town, COUNT(*), SUM(state = 'closed'), SUM(state = 'open'), COALESCE(SUM(state = 'open' AND due < ?1), 0), COALESCE(SUM(state = 'open' AND due = ?1), 0)
             FROM cases WHERE withdrawn = 0 GROUP BY town ORDER BY town",
        )?;
        let mut rows = select.query([today])?;
        let mut towns = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let count = |place: usize| row.get::<_, i64>(place).map(|number| u64::try_from(number).unwrap_or(0));
            let (opened, closed) = (count(1)?, count(2)?);
            let standing = Standing {
                opened,
                closed,
                standing: opened - closed,
                open: count(3)?,
                due_today: count(5)?,
                overdue: count(4)?,
            };
            towns.insert(row.get(0)?, standing);
        }
        Ok(towns)
    }

    /// The present made anew from the events alone: must equal [`Ledger::cases`].
    pub fn rebuilt(&self) -> Result<Vec<CaseLine>, LedgerError> {
        let mut lines = Vec::new();
        histories(
            &self.connection,
            &Asked { households: None, numbered_in: None, before: None, known_by: None },
            |_, history| {
                lines.extend(history.cases.iter().map(CaseLine::of));
                Ok(())
            },
        )?;
        lines.sort_by(|one, other| one.number.cmp(&other.number));
        Ok(lines)
    }

    /// SQLite's own look at the file: `ok`, or what is broken.
    pub fn integrity(&self) -> Result<String, LedgerError> {
        Ok(self.connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ReturnedRow;

    #[test]
    fn a_disk_without_room_is_told_with_the_file_that_it_was_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let mut ledger = Ledger::open(&path).unwrap();
        let pages: i64 = ledger.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
        ledger.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
        let rows: [ReturnedRow; 0] = [];
        let month = Month::new(2023, 3).unwrap();
        let told = (0..500).find_map(|number| ledger.receive(month, &format!("{number:0>900}"), &rows, true).err());
        let told = told.unwrap();
        assert_eq!(told.full_disk().and_then(Path::file_name), path.file_name());
        assert!(told.to_string().contains("磁盘已满"), "{told}");
    }
}
