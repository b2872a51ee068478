//! A case as one line of the kept table: what the desk looks up without folding anything.

use bidui_model::{Level, Month};
use rusqlite::types::ToSql;
use rusqlite::{Row, Transaction};

use crate::case_number::CaseNumber;
use crate::error::LedgerError;
use crate::history::{Case, CaseState, History, NeedState};

/// A case in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseLine {
    pub number: CaseNumber,
    pub household: String,
    pub opened: Month,
    pub state: CaseState,
    pub level: Level,
    pub town: String,
    pub last_warned: Month,
    pub cleared: Option<Month>,
    pub withdrawn: bool,
    pub due: Option<i32>,
    /// Code of the standing answer, what it does, the month of the list that it answered, and the day of the verification.
    pub answer: Option<String>,
    pub effect: Option<String>,
    pub answer_month: Option<Month>,
    pub answered_on: Option<i32>,
    pub answers: u32,
    pub included_on: Option<i32>,
    pub open_needs: u32,
    pub closed: Option<Month>,
    /// The case that it was joined into.
    pub joined: Option<CaseNumber>,
}

impl CaseLine {
    pub(crate) fn of(case: &Case) -> Self {
        let answer = case.answer.as_ref();
        Self {
            number: case.number.clone(),
            household: case.household.clone(),
            opened: case.opened,
            state: case.state,
            level: case.level,
            town: case.town.clone(),
            last_warned: case.last_warned,
            cleared: case.cleared,
            withdrawn: case.withdrawn,
            due: case.due,
            answer: answer.map(|(_, answer)| answer.code.clone()),
            effect: answer.map(|(_, answer)| answer.effect.clone()),
            answer_month: answer.map(|(month, _)| *month),
            answered_on: answer.and_then(|(_, answer)| answer.on),
            answers: case.answers,
            included_on: case.included.as_ref().and_then(|included| included.on),
            open_needs: case.needs.values().filter(|need| need.state == NeedState::Open).count() as u32,
            closed: case.closed,
            joined: case.joined.clone(),
        }
    }
}

pub(crate) const COLUMNS: &str = "case_no, household, opened, state, level, town, last_warned, cleared, withdrawn, due, answer, effect, \
     answer_month, answered_on, answers, included_on, open_needs, closed, joined";

/// Puts the lines of one household right.
pub(crate) fn replace(transaction: &Transaction<'_>, household: &str, history: &History) -> Result<(), LedgerError> {
    transaction.prepare_cached("DELETE FROM cases WHERE household = ?1")?.execute([household])?;
    let touched = history.happenings.iter().map(|happening| happening.month).max();
    let mut insert = transaction.prepare_cached(&format!(
        "INSERT INTO cases ({COLUMNS}, touched) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)"
    ))?;
    let word = |month: Option<Month>| month.map_or_else(String::new, |month| month.to_string());
    for line in history.cases.iter().map(CaseLine::of) {
        let values: [&dyn ToSql; 20] = [
            &line.number.as_str(),
            &line.household,
            &line.opened.to_string(),
            &line.state.code(),
            &line.level.code(),
            &line.town,
            &line.last_warned.to_string(),
            &word(line.cleared),
            &line.withdrawn,
            &line.due,
            &line.answer.unwrap_or_default(),
            &line.effect.unwrap_or_default(),
            &word(line.answer_month),
            &line.answered_on,
            &line.answers,
            &line.included_on,
            &line.open_needs,
            &word(line.closed),
            &line.joined.as_ref().map_or("", CaseNumber::as_str),
            &word(touched),
        ];
        insert.execute(&values[..])?;
    }
    Ok(())
}

pub(crate) fn read(row: &Row<'_>) -> Result<CaseLine, LedgerError> {
    let text = |place: usize| row.get::<_, String>(place);
    let some_text = |place: usize| text(place).map(|word| Some(word).filter(|word| !word.is_empty()));
    let some_month = |place: usize| -> Result<Option<Month>, LedgerError> {
        if text(place)?.is_empty() { Ok(None) } else { month(row, place).map(Some) }
    };
    Ok(CaseLine {
        number: number(row, 0)?,
        household: text(1)?,
        opened: month(row, 2)?,
        state: CaseState::from_code(&text(3)?).ok_or(LedgerError::Damaged("状态"))?,
        level: Level::from_code(&text(4)?).ok_or(LedgerError::Damaged("等级"))?,
        town: text(5)?,
        last_warned: month(row, 6)?,
        cleared: some_month(7)?,
        withdrawn: row.get(8)?,
        due: row.get(9)?,
        answer: some_text(10)?,
        effect: some_text(11)?,
        answer_month: some_month(12)?,
        answered_on: row.get(13)?,
        answers: row.get(14)?,
        included_on: row.get(15)?,
        open_needs: row.get(16)?,
        closed: some_month(17)?,
        joined: if text(18)?.is_empty() { None } else { Some(number(row, 18)?) },
    })
}

pub(crate) fn number(row: &Row<'_>, place: usize) -> Result<CaseNumber, LedgerError> {
    let text: String = row.get(place)?;
    CaseNumber::parse(&text).map_err(|_| LedgerError::Damaged("预警编号"))
}

pub(crate) fn month(row: &Row<'_>, place: usize) -> Result<Month, LedgerError> {
    let text: String = row.get(place)?;
    text.parse().map_err(|_| LedgerError::Damaged("月份"))
}
