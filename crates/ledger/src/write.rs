//! The ledger's file: batches in, the present out. Every batch is one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bidui_model::{Level, Month};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use sha2::{Digest, Sha256};

use crate::case_number::CaseNumber;
use crate::error::LedgerError;
use crate::event::{Answer, CaseStep, WarnedHousehold};
use crate::fold::{Case, CaseState, Happening, What, fold};
use crate::schema::migrate;

/// An open ledger.
#[derive(Debug)]
pub struct Ledger {
    connection: Connection,
}

/// What a run did to the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Whether anything was added: not where an earlier run of the month found the same.
    pub is_new: bool,
    /// By household: the case and what the month did to it. A household whose case was withdrawn and that stands on an older one has that one.
    pub cases: BTreeMap<String, (CaseNumber, CaseStep)>,
}

/// What a list that came back did to the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// False where the same file had come before.
    pub is_new: bool,
    /// Places of answers to cases that nobody knows.
    pub unknown: Vec<usize>,
}

/// A town's cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub opened: u64,
    pub closed: u64,
    /// Not closed.
    pub standing: u64,
    /// Answered at least once.
    pub answered: u64,
}

impl Ledger {
    /// Opens the file, makes it where there is none, and brings an older one to this version.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let open = || -> Result<Connection, rusqlite::Error> {
            let connection = Connection::open(path)?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "FULL")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            Ok(connection)
        };
        let mut connection = open().map_err(|source| LedgerError::Open { path: path.to_owned(), source })?;
        migrate(&mut connection)?;
        Ok(Self { connection })
    }

    /// Records what a month's run warns of. `undecided` are households of which this month cannot tell: their cases are not cleared.
    pub fn record_run(
        &mut self,
        month: Month,
        manifest: &str,
        warned: &[WarnedHousehold],
        undecided: &BTreeSet<String>,
    ) -> Result<Recorded, LedgerError> {
        let transaction = self.connection.transaction()?;
        let steps = steps(&transaction, month, warned, undecided)?;
        let content = content(&steps, warned);
        let last: Option<(i64, String)> = transaction
            .query_row(
                "SELECT revision, content FROM batches WHERE kind = 'run' AND month = ?1 ORDER BY revision DESC",
                [month.to_string()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let cases = steps.iter().map(|step| (step.household.clone(), (step.number.clone(), step.step))).collect();
        if last.as_ref().is_some_and(|(_, before)| *before == content) {
            return Ok(Recorded { is_new: false, cases });
        }
        let revision = last.map_or(1, |(revision, _)| revision + 1);
        transaction.execute(
            "INSERT INTO batches (kind, month, revision, digest, content) VALUES ('run', ?1, ?2, ?3, ?4)",
            params![month.to_string(), revision, manifest, content],
        )?;
        let batch = transaction.last_insert_rowid();
        let before = households_of_month(&transaction, month)?;
        write_steps(&transaction, batch, month, (&steps, warned))?;
        // Whom an earlier revision spoke of stands otherwise now, too.
        refold(&transaction, before.iter().chain(steps.iter().map(|step| &step.household)))?;
        transaction.commit()?;
        Ok(Recorded { is_new: true, cases })
    }

    /// Records the answers of a list that came back. The same file a second time changes nothing.
    pub fn record_answers(&mut self, month: Month, file: &str, answers: &[Answer]) -> Result<Received, LedgerError> {
        let transaction = self.connection.transaction()?;
        let seen = transaction
            .query_row("SELECT 1 FROM batches WHERE kind = 'received' AND digest = ?1", [file], |_| Ok(()))
            .optional()?;
        if seen.is_some() {
            return Ok(Received::default());
        }
        transaction.execute(
            "INSERT INTO batches (kind, month, revision, digest, content) VALUES ('received', ?1, 0, ?2, '')",
            params![month.to_string(), file],
        )?;
        let batch = transaction.last_insert_rowid();
        let (mut unknown, mut households) = (Vec::new(), BTreeSet::new());
        {
            let mut find = transaction.prepare("SELECT household FROM case_numbers WHERE case_no = ?1")?;
            let mut insert = transaction.prepare(
                "INSERT INTO events (batch, household, case_no, kind, month, code, leaves, happened_on) VALUES (?1, ?2, ?3, 'answered', ?4, ?5, ?6, ?7)",
            )?;
            for (place, answer) in answers.iter().enumerate() {
                let number = answer.case.as_str();
                let Some(household) = find.query_row([number], |row| row.get::<_, String>(0)).optional()? else {
                    unknown.push(place);
                    continue;
                };
                let (of_list, leaves) = (answer.month.to_string(), answer.leaves.code());
                insert.execute(params![batch, household, number, of_list, answer.code, leaves, answer.answered_on])?;
                households.insert(household);
            }
        }
        refold(&transaction, households.iter())?;
        transaction.commit()?;
        Ok(Received { is_new: true, unknown })
    }

    /// Every case, by number.
    pub fn cases(&self) -> Result<Vec<Case>, LedgerError> {
        let mut select = self.connection.prepare(&format!("SELECT {CASE_COLUMNS} FROM cases ORDER BY case_no"))?;
        let mut rows = select.query([])?;
        let mut cases = Vec::new();
        while let Some(row) = rows.next()? {
            cases.push(case(row)?);
        }
        Ok(cases)
    }

    /// The cases of all towns, counted.
    pub fn standing(&self) -> Result<BTreeMap<String, Standing>, LedgerError> {
        let mut select = self.connection.prepare(
            "SELECT town, COUNT(*), SUM(state = 'closed'), SUM(answers > 0) FROM cases GROUP BY town ORDER BY town",
        )?;
        let mut rows = select.query([])?;
        let mut towns = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let (opened, closed, answered) = (row.get::<_, i64>(1)?, row.get::<_, i64>(2)?, row.get::<_, i64>(3)?);
            let count = |number: i64| u64::try_from(number).unwrap_or(0);
            let standing = count(opened - closed);
            let (opened, closed, answered) = (count(opened), count(closed), count(answered));
            towns.insert(row.get(0)?, Standing { opened, closed, standing, answered });
        }
        Ok(towns)
    }

    /// The present made anew from the events alone: must equal [`Ledger::cases`].
    pub fn rebuilt(&mut self) -> Result<Vec<Case>, LedgerError> {
        let transaction = self.connection.transaction()?;
        let mut cases = Vec::new();
        for household in column(&transaction, "SELECT DISTINCT household FROM events ORDER BY household", &[])? {
            cases.extend(fold(&household, &happenings(&transaction, &household, None)?));
        }
        cases.sort_by(|one, other| one.number.cmp(&other.number));
        Ok(cases)
    }

    /// SQLite's own look at the file: `ok`, or what is broken.
    pub fn integrity(&self) -> Result<String, LedgerError> {
        Ok(self.connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?)
    }
}

/// What the month does to a case.
struct Step {
    household: String,
    number: CaseNumber,
    step: CaseStep,
    level: Level,
    town: String,
    /// The place of its warning, if there is one.
    warned: Option<usize>,
}

/// What the month does to each case, by household, measured against the months before it: so that a month that is run again finds the same.
/// A case that an earlier revision of the month opened and this one does not is withdrawn, whatever else is with its household.
fn steps(
    transaction: &Transaction<'_>,
    month: Month,
    warned: &[WarnedHousehold],
    undecided: &BTreeSet<String>,
) -> Result<Vec<Step>, LedgerError> {
    let mut steps = Vec::new();
    let places: BTreeMap<&str, usize> =
        warned.iter().enumerate().map(|(place, warning)| (warning.household.as_str(), place)).collect();
    let known = column(transaction, "SELECT DISTINCT household FROM cases", &[])?;
    // Numbers are given in the order of households, whatever order they come in.
    let households: BTreeSet<&str> = known.iter().map(String::as_str).chain(places.keys().copied()).collect();
    for household in households {
        let before = fold(household, &happenings(transaction, household, Some(month))?);
        let standing = before.into_iter().find(|case| case.state != CaseState::Closed);
        let made = |number: CaseNumber, step: CaseStep, level: Level, town: &str, warned: Option<usize>| {
            let (household, town) = (household.to_owned(), town.to_owned());
            Step { household, number, step, level, town, warned }
        };
        let step = match (places.get(household).map(|place| (*place, &warned[*place])), standing) {
            (Some((place, warning)), Some(case)) => {
                let step = if warning.level < case.level { CaseStep::Escalated } else { CaseStep::Continuing };
                Some(made(case.number, step, warning.level, &warning.town, Some(place)))
            }
            (Some((place, warning)), None) => {
                let number = number_of(transaction, household, month)?;
                Some(made(number, CaseStep::Raised, warning.level, &warning.town, Some(place)))
            }
            (None, Some(case)) if case.cleared.is_none() && !undecided.contains(household) => {
                Some(made(case.number, CaseStep::Cleared, case.level, &case.town, None))
            }
            (None, _) => None,
        };
        let own = own_number(transaction, household, month)?;
        if let Some(own) = own.filter(|own| step.as_ref().is_none_or(|step| step.number != *own)) {
            let (level, town) = opened_with(transaction, &own)?;
            steps.push(made(own, CaseStep::Withdrawn, level, &town, None));
        }
        steps.extend(step);
    }
    Ok(steps)
}

/// Level and town of the run that first gave a case its number.
fn opened_with(transaction: &Transaction<'_>, number: &CaseNumber) -> Result<(Level, String), LedgerError> {
    let (level, town): (String, String) = transaction.query_row(
        "SELECT level, town FROM events WHERE case_no = ?1 AND kind = 'raised' ORDER BY id LIMIT 1",
        [number.as_str()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok((Level::from_code(&level).ok_or(LedgerError::Damaged("等级"))?, town))
}

/// A digest of what the month found: equal digests are equal findings.
fn content(steps: &[Step], warned: &[WarnedHousehold]) -> String {
    let mut digest = Sha256::new();
    for Step { household, number, step, level, town, warned: place } in steps {
        digest.update(format!("{household}\n{number}\n{}\n{}\n{town}\n", step.code(), level.code()));
        for reason in place.iter().flat_map(|place| &warned[*place].reasons) {
            let value = reason.value.map_or_else(String::new, |value| value.to_string());
            digest.update(format!("{}\n{}\n{value}\n", reason.rule, reason.level.code()));
        }
        digest.update("\n");
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write_steps(
    transaction: &Transaction<'_>,
    batch: i64,
    month: Month,
    (steps, warned): (&[Step], &[WarnedHousehold]),
) -> Result<(), LedgerError> {
    let mut insert = transaction.prepare(
        "INSERT INTO events (batch, household, case_no, kind, month, level, town) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let mut reason_insert =
        transaction.prepare("INSERT INTO reasons (event, rule, level, value) VALUES (?1, ?2, ?3, ?4)")?;
    let month = month.to_string();
    for Step { household, number, step, level, town, warned: place } in steps {
        insert.execute(params![batch, household, number.as_str(), step.code(), month, level.code(), town])?;
        let event = transaction.last_insert_rowid();
        for reason in place.iter().flat_map(|place| &warned[*place].reasons) {
            reason_insert.execute(params![event, reason.rule, reason.level.code(), reason.value])?;
        }
    }
    Ok(())
}

fn own_number(transaction: &Transaction<'_>, household: &str, month: Month) -> Result<Option<CaseNumber>, LedgerError> {
    let found: Option<String> = transaction
        .prepare_cached("SELECT case_no FROM case_numbers WHERE household = ?1 AND opened = ?2")?
        .query_row(params![household, month.to_string()], |row| row.get(0))
        .optional()?;
    found.map(|text| CaseNumber::parse(&text).map_err(|_| LedgerError::Damaged("预警编号"))).transpose()
}

/// The number of a household's case of that month: the one it has, else the next.
fn number_of(transaction: &Transaction<'_>, household: &str, month: Month) -> Result<CaseNumber, LedgerError> {
    if let Some(number) = own_number(transaction, household, month)? {
        return Ok(number);
    }
    let opened = month.to_string();
    let serial: u32 = transaction
        .prepare_cached("SELECT COALESCE(MAX(serial), 0) + 1 FROM case_numbers WHERE opened = ?1")?
        .query_row([&opened], |row| row.get(0))?;
    let number = CaseNumber::new(month, serial);
    transaction
        .prepare_cached("INSERT INTO case_numbers (case_no, household, opened, serial) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![number.as_str(), household, opened, serial])?;
    Ok(number)
}

/// Every household that a run of that month spoke of.
fn households_of_month(transaction: &Transaction<'_>, month: Month) -> Result<Vec<String>, LedgerError> {
    let sql = "SELECT DISTINCT household FROM events WHERE batch IN (SELECT id FROM batches WHERE kind = 'run' AND month = ?1)";
    column(transaction, sql, &[&month.to_string()])
}

fn column(transaction: &Transaction<'_>, sql: &str, given: &[&str]) -> Result<Vec<String>, LedgerError> {
    let mut select = transaction.prepare(sql)?;
    let rows = select.query_map(rusqlite::params_from_iter(given), |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What counts of a household, in order; only what was before a month where one is given.
fn happenings(
    transaction: &Transaction<'_>,
    household: &str,
    before: Option<Month>,
) -> Result<Vec<Happening>, LedgerError> {
    let mut select = transaction.prepare_cached(
        "SELECT e.case_no, e.month, e.kind, e.level, e.town, e.code, e.leaves, e.happened_on
         FROM events AS e JOIN batches AS b ON b.id = e.batch
         WHERE e.household = ?1 AND (b.kind = 'received' OR b.revision =
             (SELECT MAX(l.revision) FROM batches AS l WHERE l.kind = 'run' AND l.month = b.month))
         ORDER BY e.month, b.kind = 'received', e.id",
    )?;
    let mut rows = select.query([household])?;
    let mut happenings = Vec::new();
    while let Some(row) = rows.next()? {
        let month = month(row, 1)?;
        if before.is_some_and(|before| month >= before) {
            continue;
        }
        let (kind, level): (String, String) = (row.get(2)?, row.get(3)?);
        let what = if kind == "answered" {
            let leaves: String = row.get(6)?;
            let leaves = CaseState::from_code(&leaves).ok_or(LedgerError::Damaged("答复"))?;
            What::Answered { code: row.get(5)?, leaves, on: row.get(7)? }
        } else {
            let step = CaseStep::from_code(&kind).ok_or(LedgerError::Damaged("事件"))?;
            let level = Level::from_code(&level).ok_or(LedgerError::Damaged("等级"))?;
            What::Warned { step, level, town: row.get(4)? }
        };
        happenings.push(Happening { number: number(row, 0)?, month, what });
    }
    Ok(happenings)
}

fn number(row: &Row<'_>, place: usize) -> Result<CaseNumber, LedgerError> {
    let text: String = row.get(place)?;
    CaseNumber::parse(&text).map_err(|_| LedgerError::Damaged("预警编号"))
}

fn month(row: &Row<'_>, place: usize) -> Result<Month, LedgerError> {
    let text: String = row.get(place)?;
    text.parse().map_err(|_| LedgerError::Damaged("月份"))
}

const CASE_COLUMNS: &str = "case_no, household, opened, state, level, town, last_warned, cleared, withdrawn, answer, answer_month, answered_on, answers, closed";

fn case(row: &Row<'_>) -> Result<Case, LedgerError> {
    let text = |place: usize| row.get::<_, String>(place);
    let some_month = |place: usize| -> Result<Option<Month>, LedgerError> {
        if text(place)?.is_empty() { Ok(None) } else { month(row, place).map(Some) }
    };
    Ok(Case {
        number: number(row, 0)?,
        household: text(1)?,
        opened: month(row, 2)?,
        state: CaseState::from_code(&text(3)?).ok_or(LedgerError::Damaged("状态"))?,
        level: Level::from_code(&text(4)?).ok_or(LedgerError::Damaged("等级"))?,
        town: text(5)?,
        last_warned: month(row, 6)?,
        cleared: some_month(7)?,
        withdrawn: row.get(8)?,
        answer: Some(text(9)?).filter(|code| !code.is_empty()),
        answer_month: some_month(10)?,
        answered_on: row.get(11)?,
        answers: row.get(12)?,
        closed: some_month(13)?,
    })
}

/// Puts the present of some households right.
fn refold<'a>(transaction: &Transaction<'_>, households: impl Iterator<Item = &'a String>) -> Result<(), LedgerError> {
    let mut delete = transaction.prepare("DELETE FROM cases WHERE household = ?1")?;
    let mut insert = transaction.prepare(&format!(
        "INSERT INTO cases ({CASE_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
    ))?;
    for household in households.collect::<BTreeSet<_>>() {
        delete.execute([household])?;
        for case in fold(household, &happenings(transaction, household, None)?) {
            let word = |month: Option<Month>| month.map_or_else(String::new, |month| month.to_string());
            insert.execute(params![
                case.number.as_str(),
                case.household,
                case.opened.to_string(),
                case.state.code(),
                case.level.code(),
                case.town,
                case.last_warned.to_string(),
                word(case.cleared),
                case.withdrawn,
                case.answer.unwrap_or_default(),
                word(case.answer_month),
                case.answered_on,
                case.answers,
                word(case.closed),
            ])?;
        }
    }
    Ok(())
}
