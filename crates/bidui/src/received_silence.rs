//! What was filled in and counts for nothing: whole rows of which nothing could be recorded, and single cells beside which another one lacks. Each is
//! listed back with its place, so that nobody takes it for recorded.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::ReturnKind;

use crate::config::Config;
use crate::exit::Fault;
use crate::received_known::Known;
use crate::received_rows::{agrees, case_of, day, differs_unsaid, for_ledger};
use crate::returned::{Answer, At, Returned, ReturnedRow};
use crate::returned_remark::Remark;

/// Says of every row of which nothing is recorded that it is so, and gives their places. What was said already of its first answer says less, and is
/// replaced.
pub(crate) fn remark_silent_rows(returned: &mut Returned, known: &Known<'_>) -> BTreeSet<At> {
    let first: BTreeMap<&At, &String> = returned
        .remarks
        .iter()
        .filter_map(|(at, remark)| match remark {
            Remark::NoFirst(title) => Some((at, title)),
            _ => None,
        })
        .collect();
    let of_row = |row: &ReturnedRow| {
        let lacking = lacking(row, first.get(&row.at).map(|title| (*title).clone()), known.config);
        (row.at.clone(), Remark::NothingSaid(lacking))
    };
    let is_silent = |row: &&ReturnedRow| for_ledger(row, known).is_none();
    let told: BTreeMap<At, Remark> = returned.rows.iter().filter(is_silent).map(of_row).collect();
    // What goes with a result that counts for nothing is not asked for.
    let agreeing: BTreeSet<&At> =
        returned.rows.iter().filter(|row| agrees(row) == Some(true)).map(|row| &row.at).collect();
    // The list prints the day of an inclusion that is known, and says that it need not be written again.
    let is_included = |row: &&ReturnedRow| {
        let number = case_of(&row.row_key).filter(|_| row.kind == ReturnKind::FollowUp);
        let history = number.as_ref().and_then(|number| known.ledger.history(number).ok().flatten());
        history.is_some_and(|(_, history)| {
            history.cases.iter().any(|case| Some(&case.number) == number.as_ref() && case.included.is_some())
        })
    };
    let included: BTreeSet<&At> = returned.rows.iter().filter(is_included).map(|row| &row.at).collect();
    returned.remarks.retain(|(at, remark)| match remark {
        Remark::NoFirst(_) => !told.contains_key(at) && !included.contains(at),
        // Of a row that was not taken it is said once.
        Remark::Requires(..) | Remark::Needs(..) => !agreeing.contains(at) && !told.contains_key(at),
        _ => true,
    });
    let silent = told.keys().cloned().collect();
    returned.remarks.extend(told);
    silent
}

/// The headings of which one at least is to be filled in.
fn lacking(row: &ReturnedRow, first: Option<String>, config: &Config) -> Vec<String> {
    let titles = |keys: &[&str]| keys.iter().filter_map(|key| title(row, key, config)).collect::<Vec<_>>();
    let known = match row.kind {
        // Filled in bit by bit: any of them says something.
        ReturnKind::FollowUp => titles(&["included_on", "helper_on", "plan_on", "measure_1", "eliminated_on"]),
        ReturnKind::Verification => titles(&["result"]),
        ReturnKind::Tasks | ReturnKind::Sample => titles(&["outcome"]),
        _ => first.into_iter().collect(),
    };
    // Words alone, where a list asks for nothing else.
    if known.is_empty() { vec!["可选的项或日期".to_owned()] } else { known }
}

/// The heading of an answer as the row's list has it.
pub(crate) fn title(row: &ReturnedRow, key: &str, config: &Config) -> Option<String> {
    let list = config.lists_and_samples().find(|list| list.id == row.list)?;
    let of_kind = list.sheets.iter().filter(|sheet| sheet.returns.as_ref().is_some_and(|it| it.kind == row.kind));
    of_kind.flat_map(|sheet| &sheet.answers).find(|answer| answer.key == key).map(|answer| answer.title.clone())
}

/// Cells of rows that were taken which count for nothing as the row stands.
pub(crate) fn idle_answers(rows: &[ReturnedRow], known: &Known<'_>) -> Result<Vec<(At, Remark)>, Fault> {
    let mut found = Vec::new();
    for row in rows {
        let title = |key: &str| title(row, key, known.config).unwrap_or_else(|| key.to_owned());
        let has = |key: &str| row.answers.contains_key(key);
        let remark = match row.kind {
            ReturnKind::Sample if differs_unsaid(row) => Some(Remark::DiffersUnsaid(title("outcome"), title("result"))),
            ReturnKind::Sample if agrees(row) == Some(false) && finds_the_same(row, known)? => {
                Some(Remark::DiffersAlike(title("outcome"), title("result")))
            }
            ReturnKind::Sample if agrees(row) == Some(true) && finds_another(row, known)? => {
                Some(Remark::AgreesAndFinds(title("outcome"), title("result")))
            }
            ReturnKind::FollowUp if day(row, "measures_on").is_some() && !has("measure_1") && !has("measure_2") => {
                Some(Remark::Idle(title("measures_on"), title("measure_1")))
            }
            ReturnKind::Tasks if day(row, "met_on").is_some() => match row.answers.get("outcome") {
                Some(Answer::Option(word)) if !["已落实", "不符合条件"].contains(&word.as_str()) => {
                    Some(Remark::NotDone(title("met_on"), word.clone()))
                }
                _ => None,
            },
            _ => None,
        };
        found.extend(remark.map(|remark| (row.at.clone(), remark)));
    }
    Ok(found)
}

/// Whether a second look names a result that nobody had given to the case.
fn finds_another(row: &ReturnedRow, known: &Known<'_>) -> Result<bool, Fault> {
    let (Some(Answer::Choice(code)), Some(number)) = (row.answers.get("result"), case_of(&row.row_key)) else {
        return Ok(false);
    };
    let Some((_, history)) = known.ledger.history(&number)? else { return Ok(false) };
    let is_known =
        history.answers().any(|(of, _, list, answer)| *of == number && list != row.list && answer.code == *code);
    Ok(!is_known)
}

/// Whether a second look names the result that the town gave last.
fn finds_the_same(row: &ReturnedRow, known: &Known<'_>) -> Result<bool, Fault> {
    let (Some(Answer::Choice(code)), Some(number)) = (row.answers.get("result"), case_of(&row.row_key)) else {
        return Ok(false);
    };
    let Some((_, history)) = known.ledger.history(&number)? else { return Ok(false) };
    let of_towns =
        history.answers().filter(|(of, month, list, _)| **of == number && *list != row.list && *month <= row.month);
    Ok(of_towns.last().is_some_and(|(.., answer)| answer.code == *code))
}
