//! Reading what happened, a household at a time, from one pass over the events that are asked for.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{Level, Month};
use rusqlite::{Connection, OptionalExtension, Row};

use crate::error::LedgerError;
use crate::event::{Answer, CaseStep, Deed, Reason};
use crate::fold::fold;
use crate::history::{CaseState, Happening, History, What};
use crate::line;
use crate::looks::Looks;
use crate::renumber::{prepare, with_kin};
use crate::seen::Seen;

/// Of whom, and until when.
pub(crate) struct Asked<'a> {
    /// SQL that names the households, one column, by any number that they have or had; all of them where there is none.
    pub(crate) households: Option<&'a str>,
    /// The month at whose end they had the numbers by which they are given; those of today where there is none.
    pub(crate) numbered_in: Option<Month>,
    /// Only what was before this month.
    pub(crate) before: Option<Month>,
    /// Only what had come in before this batch.
    pub(crate) known_by: Option<i64>,
}

/// SQL for the batch whose word about a deed `e` of a row that came back counts, of those before a batch. A list of what is done for a household is
/// filled in bit by bit, so that of each deed the last copy counts which says anything of it; of every other row the last copy of that run's list.
pub(crate) fn last_word(known_by: i64) -> String {
    format!(
        "CASE WHEN e.kind IN ('included', 'rolled_back', 'not_included', 'helper_assigned', 'plan_made', 'measure', 'eliminated')
         THEN (SELECT MAX(o.batch) FROM events AS o
               WHERE o.list = e.list AND o.list <> '' AND o.month = e.month AND o.row_key = e.row_key AND o.kind = e.kind AND o.batch < {known_by})
         ELSE (SELECT MAX(r.batch) FROM returned_rows AS r
               WHERE r.list = e.list AND r.month = e.month AND r.row_key = e.row_key AND r.batch < {known_by}
                 AND (e.revision IS NULL OR r.revision IS NULL OR r.revision = e.revision)) END"
    )
}

/// SQL for whether a run's event `e` put a case on a town's list to which an answer came in, before a batch.
fn was_answered(known_by: i64) -> String {
    format!(
        "(e.kind IN ('raised', 'continuing', 'escalated', 'reopened') AND e.town <> ''
         AND EXISTS (SELECT 1 FROM events AS a WHERE a.household = e.household AND a.case_no = e.case_no AND a.month = e.month
                     AND a.kind = 'answered' AND a.batch < {known_by}))"
    )
}

/// SQL for the first month whose run knew of what the event `e` says, or the latest one that had been run before, if that is later: what a late answer
/// asks for is on no list that was issued already. Null before there is such a run.
fn first_listed() -> String {
    "SELECT MAX(first.month, COALESCE((SELECT MAX(o.month) FROM batches AS o WHERE o.kind = 'run' AND o.id < e.batch), ''))
     FROM batches AS first WHERE first.kind = 'run' AND first.id > e.batch AND first.month > e.month ORDER BY first.id LIMIT 1"
        .to_owned()
}

/// Whether a month's lists are the first to tell departments of a need, since no run came after it was told of: though the month finds what it found before.
pub(crate) fn first_tells(connection: &Connection, month: &str) -> Result<bool, LedgerError> {
    let mut select = connection.prepare(
        "SELECT 1 FROM events AS e WHERE e.kind = 'need_pushed' AND e.month < ?1
         AND NOT EXISTS (SELECT 1 FROM batches AS b WHERE b.kind = 'run' AND b.id > e.batch AND b.month > e.month) LIMIT 1",
    )?;
    Ok(select.query_row([month], |_| Ok(())).optional()?.is_some())
}

/// Every household that a run of that month spoke of.
pub(crate) fn households_of_month(connection: &Connection, month: &str) -> Result<BTreeSet<String>, LedgerError> {
    let mut select = connection.prepare(
        "SELECT DISTINCT household FROM events WHERE batch IN (SELECT id FROM batches WHERE kind = 'run' AND month = ?1)",
    )?;
    let rows = select.query_map([month], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The asked households' histories. Of a month's runs only the last counts, but for that a list of an earlier one was answered; of the copies of a row that came back all answers do, and of what else it
/// said the last word.
pub(crate) fn histories(
    connection: &Connection,
    asked: &Asked<'_>,
    mut take: impl FnMut(String, History) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let is_any_renumbered = prepare(connection, asked.numbered_in, asked.known_by)?;
    let whose = asked.households.map_or_else(String::new, |sql| {
        let sql = if is_any_renumbered { with_kin(sql) } else { sql.to_owned() };
        format!("AND e.household IN ({sql})")
    });
    let (home, numbered) = match is_any_renumbered {
        true => ("COALESCE(n.now, e.household)", "LEFT JOIN temp.numbered AS n ON n.case_no = e.case_no"),
        false => ("e.household", ""),
    };
    let until = asked.before.map_or_else(|| "9999-99".to_owned(), |month| month.to_string());
    let known_by = asked.known_by.unwrap_or(i64::MAX);
    let (last_word, was_answered, listed) = (last_word(known_by), was_answered(known_by), first_listed());
    let mut select = connection.prepare(&format!(
        "WITH last AS (SELECT month, MAX(revision) AS revision FROM batches WHERE kind = 'run' AND id < {known_by} GROUP BY month)
         SELECT {home}, e.case_no, e.month, e.list, e.kind, e.level, e.town, e.code, e.effect, e.leaves, e.is_finding, e.happened_on, e.until, e.id,
                b.kind = 'run' AND b.revision < l.revision, CASE e.kind WHEN 'need_pushed' THEN ({listed}) END, e.revision
         FROM events AS e JOIN batches AS b ON b.id = e.batch LEFT JOIN last AS l ON l.month = b.month {numbered}
         WHERE e.case_no <> '' AND e.kind <> 'told' AND e.month < ?1 AND b.id < {known_by} AND (b.kind = 'received' OR b.revision = l.revision OR {was_answered}) {whose}
           AND (b.kind = 'run' OR e.kind = 'answered' OR e.batch = ({last_word}))
         ORDER BY {home}, e.month, b.kind = 'received', e.id"
    ))?;
    let mut values = connection.prepare("SELECT key, value FROM event_values WHERE event = ?1 ORDER BY key")?;
    let mut looks = Looks::new(connection)?;
    let mut seen = Seen::new(connection)?;
    let mut rows = select.query([&until])?;
    let (mut household, mut happenings) = (String::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let of: String = row.get(0)?;
        if of != household && !happenings.is_empty() {
            seen.find(&mut happenings)?;
            let history = fold(&household, looks.in_order(std::mem::take(&mut happenings))?);
            take(std::mem::take(&mut household), history)?;
        }
        household = of;
        let mut happening = happening(row)?;
        if row.get(14)? {
            happening.what = What::Listed { town: row.get(6)?, level: level(row, 5)? };
        }
        let event: i64 = row.get(13)?;
        match &mut happening.what {
            What::Stepped { step, reasons: found, .. } if step.is_warned() => {
                *found = reasons_of(connection, event)?;
            }
            What::Answered(answer) => {
                let mut rows = values.query([event])?;
                while let Some(row) = rows.next()? {
                    answer.values.insert(row.get(0)?, row.get(1)?);
                }
            }
            _ => {}
        }
        happenings.push((event, happening));
    }
    if !happenings.is_empty() {
        seen.find(&mut happenings)?;
        let history = fold(&household, looks.in_order(happenings)?);
        take(household, history)?;
    }
    Ok(())
}

/// Why a run warned, by its event.
pub(crate) fn reasons_of(connection: &Connection, event: i64) -> Result<Vec<Reason>, LedgerError> {
    let mut select = connection.prepare_cached(
        "SELECT rule, level, value, persons, falls, bound FROM reasons WHERE event = ?1 ORDER BY rule",
    )?;
    let mut rows = select.query([event])?;
    let mut reasons = Vec::new();
    while let Some(row) = rows.next()? {
        let persons: String = row.get(3)?;
        let persons = persons.split(',').filter(|person| !person.is_empty()).map(str::to_owned).collect();
        let (falls, bound) = (row.get(4)?, row.get(5)?);
        reasons.push(Reason { rule: row.get(0)?, level: level(row, 1)?, value: row.get(2)?, persons, falls, bound });
    }
    Ok(reasons)
}

/// The asked histories, by household.
pub(crate) fn gather(connection: &Connection, asked: &Asked<'_>) -> Result<BTreeMap<String, History>, LedgerError> {
    let mut found = BTreeMap::new();
    histories(connection, asked, |household, history| {
        found.insert(household, history);
        Ok(())
    })?;
    Ok(found)
}

fn happening(row: &Row<'_>) -> Result<Happening, LedgerError> {
    let text = |place: usize| row.get::<_, String>(place);
    let kind = text(4)?;
    let what = if kind == "answered" {
        What::Answered(Answer {
            code: text(7)?,
            effect: text(8)?,
            leaves: CaseState::from_code(&text(9)?).ok_or(LedgerError::Damaged("答复"))?,
            is_finding: row.get(10)?,
            on: row.get(11)?,
            until: row.get(12)?,
            values: BTreeMap::new(),
        })
    } else if let Some(step) = CaseStep::from_code(&kind) {
        // A step has no code of its own, so that its column had room for the town.
        let passed_on_by = Some(text(7)?).filter(|town| !town.is_empty());
        What::Stepped {
            step,
            level: level(row, 5)?,
            town: text(6)?,
            passed_on_by,
            due: row.get(12)?,
            reasons: Vec::new(),
        }
    } else {
        let deed = Deed::from_code(&kind).ok_or(LedgerError::Damaged("事件"))?;
        What::Did { deed, on: row.get(11)?, code: text(7)? }
    };
    let (number, month) = (line::number(row, 1)?, line::month(row, 2)?);
    let listed = if row.get::<_, Option<String>>(15)?.is_some() { Some(line::month(row, 15)?) } else { None };
    Ok(Happening {
        number,
        month,
        list: text(3)?,
        looked_at: None,
        listed,
        revision: row.get(16)?,
        shown: None,
        saw: None,
        issued: None,
        what,
    })
}

pub(crate) fn level(row: &Row<'_>, place: usize) -> Result<Level, LedgerError> {
    let text: String = row.get(place)?;
    Level::from_code(&text).ok_or(LedgerError::Damaged("等级"))
}
