//! What a row that came back says, as the ledger takes it: codes, days, amounts in fen, and nothing that somebody wrote in words.

use std::collections::BTreeMap;

use bidui_emit::{Choice, Effect};
use bidui_ledger as ledger;
use bidui_ledger::{CaseNumber, CaseState, Deed, Ledger, Said};
use bidui_model::{DatePrecision, Month, ReturnKind};
use bidui_normalize::iso_date;

use crate::casebook::{DIFFERS_UNSAID, result_choices};
use crate::config::Config;
use crate::received_held::{as_held, held};
use crate::received_known::Known;
use crate::returned::{Answer, ReturnedRow};

/// The row for the ledger; `None` where its first answer is missing, so that it says nothing.
pub(crate) fn for_ledger(row: &ReturnedRow, known: &Known<'_>) -> Option<ledger::ReturnedRow> {
    let (case, said) = match row.kind {
        ReturnKind::Verification => (case_of(&row.row_key), verified(row, known)),
        ReturnKind::FollowUp => (case_of(&row.row_key), followed_up(row, known.config)),
        ReturnKind::Tasks => {
            let (case, need) = task_of(&row.row_key)?;
            (Some(case), tasks(row, &need))
        }
        ReturnKind::Sample => (case_of(&row.row_key), spot_checked(row, known)),
        _ => (None, told(row)),
    };
    let (list, row_key) = (row.list.clone(), row.row_key.clone());
    (!said.is_empty()).then_some(ledger::ReturnedRow {
        list,
        month: row.month,
        row_key,
        case,
        edition: row.edition.clone(),
        said,
    })
}

/// The case that a row of a kind is about, where it is about one.
pub(crate) fn case_of(row_key: &str) -> Option<CaseNumber> {
    CaseNumber::parse(row_key).ok()
}

/// `2303-00042X-N01`: the case, and the need's code.
pub(crate) fn task_of(row_key: &str) -> Option<(CaseNumber, String)> {
    let (number, need) = row_key.rsplit_once('-')?;
    Some((CaseNumber::parse(number).ok()?, need.to_owned()))
}

/// What an answer leaves its case at, and whether it says what was found.
fn outcome(effect: Option<Effect>, row: &ReturnedRow) -> (CaseState, bool) {
    if !row.rests(effect) {
        return (CaseState::Open, false);
    }
    match effect {
        // By telephone nobody has seen the house: it is to be looked at again.
        Some(Effect::Include | Effect::Rollback | Effect::Department | Effect::Cool | Effect::Away) => {
            (CaseState::Followed, true)
        }
        // Another town is to answer.
        Some(Effect::Pending | Effect::Reroute) => (CaseState::Open, false),
        _ => (CaseState::Closed, true),
    }
}

fn verified(row: &ReturnedRow, known: &Known<'_>) -> Vec<Said> {
    let Known { config, ledger, .. } = *known;
    let Some(mut answer) = result(row, known, "verified_on") else { return Vec::new() };
    // Whoever passes a household on to himself has neither passed it on nor verified it.
    let is_to_itself = is_to_own_town(row, config, ledger);
    if is_to_itself {
        Effect::Pending.name().clone_into(&mut answer.effect);
    }
    let mut said = vec![Said::Answered(answer.clone())];
    let to_town = passed_on_to(row, config).filter(|_| !is_to_itself);
    said.extend(of_answer(row, &answer, to_town.and_then(|name| town_code(config, &name))));
    said
}

/// What is done by an answer: the case goes to another town, or is not asked for until a day; and what is needed of departments.
fn of_answer(row: &ReturnedRow, answer: &ledger::Answer, to_town: Option<String>) -> Vec<Said> {
    let did = |deed, on, code: String| Said::Did { deed, on, code };
    let rerouted = to_town.map(|town| did(Deed::Rerouted, answer.on, town));
    let is_exempt = answer.effect == Effect::Exempt.name() && answer.until.is_some() && answer.is_finding;
    let exempted = is_exempt.then(|| did(Deed::Exempted, answer.until, String::new()));
    // Who met nobody has seen no need.
    let seen = answer.is_finding.then(|| needs(row, answer.on)).into_iter().flatten();
    rerouted.into_iter().chain(exempted).chain(seen).collect()
}

/// What the household needs of departments.
fn needs(row: &ReturnedRow, on: Option<i32>) -> impl Iterator<Item = Said> {
    ["need_1", "need_2"].into_iter().filter_map(move |key| match row.answers.get(key) {
        Some(Answer::Choice(code)) => Some(Said::Did { deed: Deed::NeedPushed, on, code: code.clone() }),
        _ => None,
    })
}

/// Name of the town that a verification passes its case on to.
pub(crate) fn passed_on_to(row: &ReturnedRow, config: &Config) -> Option<String> {
    let Some(Answer::Choice(code)) = row.answers.get("result") else { return None };
    let choice = result_choices(config).iter().find(|choice| choice.code == *code)?;
    if choice.effect == Some(Effect::Reroute) { word(row, "to_town") } else { None }
}

/// Whether a verification passes its case on to the town whose list asked about it.
pub(crate) fn is_to_own_town(row: &ReturnedRow, config: &Config, ledger: &Ledger) -> bool {
    let (Some(name), Some(number)) = (passed_on_to(row, config), case_of(&row.row_key)) else { return false };
    let asked = ledger.asked_town(&number, row.month).ok().flatten();
    asked.is_some_and(|asked| town_code(config, &name) == Some(asked))
}

/// The result that a row chose.
pub(crate) fn result_of<'c>(row: &ReturnedRow, config: &'c Config) -> Option<&'c Choice> {
    let Some(Answer::Choice(code)) = row.answers.get("result") else { return None };
    result_choices(config).iter().find(|choice| choice.code == *code)
}

/// The result of a row, with everything else that is a code, a day or an amount, as far as it can be carried out.
fn result(row: &ReturnedRow, known: &Known<'_>, dated: &str) -> Option<ledger::Answer> {
    let Some(Answer::Choice(code)) = row.answers.get("result") else { return None };
    let choice = result_of(row, known.config);
    let effect = choice.and_then(|choice| choice.effect);
    let until = last_day(row, "until");
    let (leaves, is_finding) = outcome(effect, row);
    let mut answer = ledger::Answer {
        code: code.clone(),
        effect: effect.map_or("", Effect::name).to_owned(),
        leaves,
        is_finding,
        on: day(row, dated),
        until,
        values: values(row, &["result", dated, "until"]),
    };
    if let Some((choice, held)) = choice.and_then(|choice| Some((choice, held(row, choice, known)?))) {
        as_held(&mut answer, choice, held);
    }
    Some(answer)
}

/// In the place of a kind of the monitored: the day of inclusion that was told before was a slip.
pub(crate) const NOT_INCLUDED: &str = "没有纳入";

fn followed_up(row: &ReturnedRow, config: &Config) -> Vec<Said> {
    let mut said = Vec::new();
    let mut did = |deed, on, code: String| said.push(Said::Did { deed, on, code });
    let kind = word(row, "monitor_kind").unwrap_or_default();
    match day(row, "included_on") {
        Some(on) => did(Deed::Included, Some(on), if kind == NOT_INCLUDED { String::new() } else { kind }),
        None if kind == NOT_INCLUDED => did(Deed::NotIncluded, None, String::new()),
        None => {}
    }
    for (key, deed) in [("helper_on", Deed::HelperAssigned), ("plan_on", Deed::PlanMade)] {
        if let Some(on) = day(row, key) {
            did(deed, Some(on), String::new());
        }
    }
    for key in ["measure_1", "measure_2"] {
        if let Some(measure) = word(row, key) {
            did(Deed::Measure, day(row, "measures_on"), measure);
        }
    }
    if let Some(on) = day(row, "eliminated_on") {
        // Not before the household was helped, and for how long at least.
        did(Deed::Eliminated, Some(on), config.settings.stability.early_months.to_string());
    }
    said
}

/// What a department did about a need.
fn tasks(row: &ReturnedRow, need: &str) -> Vec<Said> {
    let deed = match word(row, "outcome").as_deref() {
        Some("已落实") => Deed::NeedMet,
        Some("不符合条件") => Deed::NeedRefused,
        // What is still being done changes nothing, but takes back an earlier copy that said otherwise.
        Some(code) => {
            let (code, values) = (code.to_owned(), BTreeMap::new());
            return vec![Said::Told { code, on: None, until: None, values }];
        }
        None => return Vec::new(),
    };
    vec![Said::Did { deed, on: day(row, "met_on"), code: need.to_owned() }]
}

/// Whether a second look did not agree, and does not say what it found in a way that can be taken.
pub(crate) fn differs_unsaid(row: &ReturnedRow) -> bool {
    row.kind == ReturnKind::Sample && agrees(row) == Some(false) && !row.answers.contains_key("result")
}

/// Whether a second look agreed with the town; `None` where it does not say.
pub(crate) fn agrees(row: &ReturnedRow) -> Option<bool> {
    word(row, "outcome").filter(|_| row.kind == ReturnKind::Sample).map(|word| !word.starts_with(DIFFERS_UNSAID))
}

/// A second look: where it found something else, its result takes the place of the town's. Where it does not say what, the town's answer stands until it
/// does, and yet did not hold.
fn spot_checked(row: &ReturnedRow, known: &Known<'_>) -> Vec<Said> {
    let Known { config, ledger, .. } = *known;
    let on = day(row, "checked_on");
    let Some(agrees) = agrees(row) else { return Vec::new() };
    let mut second = result(row, known, "checked_on").filter(|_| !agrees);
    let is_to_itself = is_to_own_town(row, config, ledger);
    if let Some(second) = second.as_mut().filter(|_| is_to_itself) {
        Effect::Pending.name().clone_into(&mut second.effect);
    }
    let code = match &second {
        Some(second) => second.code.clone(),
        None if agrees => String::new(),
        None => DIFFERS_UNSAID.to_owned(),
    };
    let checked = Said::Did { deed: Deed::SpotChecked, on, code };
    // What goes with a result that took no other's place says nothing.
    let to_town = passed_on_to(row, config).filter(|_| !is_to_itself).and_then(|name| town_code(config, &name));
    let done = second.as_ref().map(|second| of_answer(row, second, to_town)).unwrap_or_default();
    second.map(Said::Answered).into_iter().chain([checked]).chain(done).collect()
}

/// The first answer as a code, with its days.
fn told(row: &ReturnedRow) -> Vec<Said> {
    let dates: Vec<(&String, i32)> =
        row.answers.iter().filter_map(|(key, answer)| Some((key, as_day(answer)?))).collect();
    let is_until = |key: &str| key.contains("until");
    let on = dates.iter().find(|(key, _)| !is_until(key)).map(|(_, day)| *day);
    let until = dates.iter().find(|(key, _)| is_until(key)).and_then(|(key, _)| last_day(row, key));
    let chosen = row.answers.keys().find_map(|key| word(row, key));
    let written = |answer: &Answer| match answer {
        Answer::Date(day, _) => Some(iso_date(*day)),
        other => as_word(other),
    };
    // Of a gap only its result is one: a day alone says nothing of it.
    let is_gap = row.kind == ReturnKind::PolicyGap;
    let written = row.answers.values().find_map(written).filter(|_| !is_gap);
    let code = chosen.or(written).unwrap_or_default();
    if code.is_empty() && on.is_none() {
        return Vec::new();
    }
    vec![Said::Told { code, on, until, values: values(row, &[]) }]
}

fn values(row: &ReturnedRow, but: &[&str]) -> BTreeMap<String, String> {
    let kept = row.answers.iter().filter(|(key, _)| !but.contains(&key.as_str()));
    kept.filter_map(|(key, answer)| Some((key.clone(), as_word(answer)?))).collect()
}

/// A code, a word of the plan's, a day or an amount as text; nothing of what was written freely.
fn as_word(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Choice(code) => Some(code.clone()),
        Answer::Option(word) => Some(word.clone()),
        Answer::Date(day, _) => Some(day.to_string()),
        Answer::Money(fen) => Some(fen.to_string()),
        Answer::Text(_) => None,
    }
}

fn as_day(answer: &Answer) -> Option<i32> {
    match answer {
        Answer::Date(day, _) => Some(*day),
        _ => None,
    }
}

/// The day with that key.
pub(crate) fn day(row: &ReturnedRow, key: &str) -> Option<i32> {
    row.answers.get(key).and_then(as_day)
}

/// The last day of what is given as a month, or the day.
pub(crate) fn last_day(row: &ReturnedRow, key: &str) -> Option<i32> {
    match row.answers.get(key)? {
        Answer::Date(day, DatePrecision::Month) => Some(Month::of_day(*day).last_day()),
        Answer::Date(day, _) => Some(*day),
        _ => None,
    }
}

fn word(row: &ReturnedRow, key: &str) -> Option<String> {
    match row.answers.get(key) {
        Some(Answer::Option(word) | Answer::Choice(word)) => Some(word.clone()),
        _ => None,
    }
}

fn town_code(config: &Config, name: &str) -> Option<String> {
    config.gazetteer.towns().iter().find(|town| town.name == name).map(|town| town.code.0.clone())
}
