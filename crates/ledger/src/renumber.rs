//! Households that the registry has under another number now: their cases, with all that is known of them, go along.
//!
//! Each case of such a household is told so by an event of its own, so that whoever is given the old number later shares nothing with it. What was
//! recorded of a case stays under the number that its household had when the case was opened; who it is in a month follows from these events. A household
//! without a case, of which other lists told something, is told so by an event that is about no case.

use std::collections::BTreeMap;

use bidui_model::Month;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::case_number::CaseNumber;
use crate::error::LedgerError;
use crate::event::Deed;
use crate::fold::fold;
use crate::history::{Happening, History, What};
use crate::ledger::Ledger;

/// SQL for the events that tell so, `e`, of the last run of each month up to one, known by a batch: parameters 1 and 2.
const TOLD: &str = "FROM events AS e JOIN batches AS b ON b.id = e.batch
     WHERE e.kind = 'renumbered' AND e.case_no <> '' AND e.month <= ?1 AND b.id <= ?2
       AND b.revision = (SELECT MAX(l.revision) FROM batches AS l WHERE l.kind = 'run' AND l.month = b.month AND l.id <= ?2)";

/// Later than any month.
const ALWAYS: &str = "9999-99";

/// Between the former number and the one of now, in the code of the deed.
const BECAME: &str = " → ";

/// SQL for the number of now.
fn number_of_now() -> String {
    format!("substr(e.code, instr(e.code, '{BECAME}') + {})", BECAME.chars().count())
}

/// Puts into `temp.numbered` under which number the household of each such case was at the end of a month, as far as was known by a batch, and into
/// `temp.kin` which numbers are to be looked at together. Says whether there are any.
pub(crate) fn prepare(
    connection: &Connection,
    month: Option<Month>,
    known_by: Option<i64>,
) -> Result<bool, LedgerError> {
    let any = "SELECT 1 FROM events AS e WHERE e.kind = 'renumbered' AND e.case_no <> '' LIMIT 1";
    if connection.query_row(any, [], |_| Ok(())).optional()?.is_none() {
        return Ok(false);
    }
    connection.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS numbered (case_no TEXT PRIMARY KEY, now TEXT NOT NULL) WITHOUT ROWID;
         CREATE TEMP TABLE IF NOT EXISTS kin (household TEXT PRIMARY KEY, kin INTEGER NOT NULL) WITHOUT ROWID;
         DELETE FROM temp.numbered; DELETE FROM temp.kin;",
    )?;
    let until = month.map_or_else(|| ALWAYS.to_owned(), |month| month.to_string());
    connection.execute(
        &format!(
            "INSERT OR REPLACE INTO temp.numbered SELECT e.case_no, {} {TOLD} ORDER BY e.month, e.id",
            number_of_now()
        ),
        params![until, known_by.unwrap_or(i64::MAX)],
    )?;
    let pairs = format!(
        "SELECT e.household, {} FROM events AS e WHERE e.kind = 'renumbered' AND e.case_no <> ''",
        number_of_now()
    );
    let mut select = connection.prepare(&pairs)?;
    let pairs = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<Vec<_>, _>>()?;
    let mut insert = connection.prepare("INSERT INTO temp.kin (household, kin) VALUES (?1, ?2)")?;
    for (household, kin) in kin_of(pairs) {
        insert.execute(params![household, kin])?;
    }
    Ok(true)
}

/// Numbers that pairs connect, over whatever others, have one figure.
fn kin_of(pairs: Vec<(String, String)>) -> BTreeMap<String, i64> {
    let mut kin: BTreeMap<String, i64> = BTreeMap::new();
    for (next, (former, now)) in (0..).zip(pairs) {
        let known = [&former, &now].map(|number| kin.get(number).copied());
        let one = known[0].or(known[1]).unwrap_or(next);
        if let Some(other) = known[1].filter(|other| *other != one) {
            kin.values_mut().filter(|kin| **kin == other).for_each(|kin| *kin = one);
        }
        kin.insert(former, one);
        kin.insert(now, one);
    }
    kin
}

/// SQL for the households that an SQL names, and all numbers that they had or have.
pub(crate) fn with_kin(households: &str) -> String {
    format!(
        "{households} UNION SELECT other.household FROM temp.kin AS own JOIN temp.kin AS other ON other.kin = own.kin WHERE own.household IN ({households})"
    )
}

impl Ledger {
    /// Since which month's registry which household has which number, in the order of months, before one.
    pub(crate) fn moves(&self, before: Month) -> Result<Vec<(Month, String, String)>, LedgerError> {
        let mut select = self.connection.prepare(
            "SELECT DISTINCT e.month, e.code FROM events AS e JOIN batches AS b ON b.id = e.batch
             WHERE e.kind = 'renumbered' AND e.month < ?1
               AND b.revision = (SELECT MAX(l.revision) FROM batches AS l WHERE l.kind = 'run' AND l.month = b.month)
             ORDER BY e.month",
        )?;
        let mut rows = select.query([before.to_string()])?;
        let mut moves = Vec::new();
        while let Some(row) = rows.next()? {
            let code: String = row.get(1)?;
            if let Some((former, now)) = code.split_once(BECAME) {
                moves.push((crate::line::month(row, 0)?, former.to_owned(), now.to_owned()));
            }
        }
        Ok(moves)
    }

    /// Whose case it is: the number that its household had at the end of a month, or has now.
    pub fn household_in(&self, number: &CaseNumber, month: Option<Month>) -> Result<Option<String>, LedgerError> {
        let until = month.map_or_else(|| ALWAYS.to_owned(), |month| month.to_string());
        let now = number_of_now();
        let told = format!("SELECT {now} {TOLD} AND e.case_no = ?3 ORDER BY e.month DESC, e.id DESC LIMIT 1");
        let mut select = self.connection.prepare_cached(&told)?;
        let now = select.query_row(params![until, i64::MAX, number.as_str()], |row| row.get(0)).optional()?;
        Ok(now.or(opened_for(&self.connection, number)?))
    }
}

/// The number of the household for which a case was opened: what is recorded of it stands under that.
pub(crate) fn opened_for(connection: &Connection, number: &CaseNumber) -> Result<Option<String>, LedgerError> {
    let mut select = connection.prepare_cached("SELECT household FROM case_numbers WHERE case_no = ?1")?;
    Ok(select.query_row([number.as_str()], |row| row.get(0)).optional()?)
}

/// What was before a month, under the numbers that its registry has. Two may have exchanged theirs, or each have the next one's: all change at once. Who
/// would have the number of somebody who keeps his own stays where he was. Gives those that changed, by the former.
pub fn renumber(
    before: &mut BTreeMap<String, History>,
    renumbered: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut moved: Vec<(&String, &String)> = Vec::new();
    for (former, now) in renumbered.iter().filter(|(former, _)| before.contains_key(*former)) {
        let is_free = !before.contains_key(now) || renumbered.contains_key(now);
        if is_free && !moved.iter().any(|(_, other)| *other == now) {
            moved.push((former, now));
        }
    }
    // Whose new number is kept by one that cannot move cannot move either.
    loop {
        let stays = |now: &String| before.contains_key(now) && !moved.iter().any(|(former, _)| *former == now);
        let Some(at) = moved.iter().position(|(_, now)| stays(now)) else { break };
        moved.remove(at);
    }
    let taken: Vec<(&String, &String, History)> =
        moved.into_iter().filter_map(|(former, now)| Some((former, now, before.remove(former)?))).collect();
    let mut changed = BTreeMap::new();
    for (former, now, history) in taken {
        before.insert(now.clone(), fold(now, history.happenings));
        changed.insert(former.clone(), now.clone());
    }
    changed
}

/// What a month's run records of those that [`renumber`] has, for each of their cases; and the codes of those that have none.
pub(crate) fn recorded(
    month: Month,
    before: &BTreeMap<String, History>,
    renumbered: &BTreeMap<String, String>,
) -> (Vec<(String, Happening)>, Vec<String>) {
    let (mut recorded, mut of_no_case) = (Vec::new(), Vec::new());
    for (former, now) in renumbered {
        let code = format!("{former}{BECAME}{now}");
        let Some(history) = before.get(now) else {
            of_no_case.push(code);
            continue;
        };
        for case in &history.cases {
            let what = What::Did { deed: Deed::Renumbered, on: None, code: code.clone() };
            recorded.push((now.clone(), Happening::of_run(case.number.clone(), month, what)));
        }
    }
    (recorded, of_no_case)
}

/// Writes that households without a case have another number.
pub(crate) fn write_of_no_case(
    transaction: &Transaction<'_>,
    batch: i64,
    month: Month,
    codes: &[String],
) -> Result<(), LedgerError> {
    let mut insert = transaction.prepare("INSERT INTO events (batch, kind, month, code) VALUES (?1, ?2, ?3, ?4)")?;
    for code in codes {
        insert.execute(params![batch, Deed::Renumbered.code(), month.to_string(), code])?;
    }
    Ok(())
}

impl History {
    /// The numbers that the household had before, as far as its cases know them.
    pub fn former_numbers(&self) -> impl Iterator<Item = &str> {
        self.happenings.iter().filter_map(|happening| match &happening.what {
            What::Did { deed: Deed::Renumbered, code, .. } => code.split_once(BECAME).map(|(former, _)| former),
            _ => None,
        })
    }
}

/// Which household each case is of, of some histories.
pub(crate) fn households_of_cases(histories: &BTreeMap<String, History>) -> BTreeMap<&CaseNumber, &str> {
    let of_history = |(household, history)| {
        let (household, history): (&String, &History) = (household, history);
        history.cases.iter().map(move |case| (&case.number, household.as_str()))
    };
    histories.iter().flat_map(of_history).collect()
}
