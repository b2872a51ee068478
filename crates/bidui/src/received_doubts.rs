//! Rows that were taken and that nobody can mean as they stand: days in the wrong order, another town's row, an answer that ends more than it seems to.

use std::collections::BTreeMap;

use bidui_emit::{DAYS_DONE, Effect};
use bidui_model::{Month, ReturnKind};
use bidui_normalize::iso_date;

use crate::casebook::{EXEMPT, result_choices};
use crate::clocks;
use crate::config::Config;
use crate::exit::Fault;
use crate::received_held::{Held, held};
use crate::received_known::{Known, Registry};
use crate::received_remarks::finds;
use crate::received_rows::{case_of, day, last_day, result_of, task_of};
use crate::received_silence::title;
use crate::report::ends_without_help;
use crate::returned::{Answer, At, ReturnedRow};
use crate::returned_remark::{Remark, Until};

/// So many days after its list was issued a day is more likely a slip of the year.
const MOST_AHEAD: i32 = 92;

/// So many days before its list was issued an identification is more likely to have begun on another.
const MOST_BEFORE: i32 = 31;

/// Fen that no household of the registry has, nor gets: a digit too many.
const MOST_MONEY: i64 = 100_000_000;

/// Days after which an exemption is more likely a slip of the year.
const LONG_EXEMPT: i32 = 740;

fn is_of_an_earlier_year(day: i32, month: Month) -> bool {
    Month::of_day(day).year() < month.year()
}

pub(crate) fn doubts(
    rows: &[ReturnedRow],
    known: &Known<'_>,
    registry: Option<&Registry>,
) -> Result<Vec<(At, Remark)>, Fault> {
    let mut found = Vec::new();
    for row in rows {
        let mut doubt = |remark| found.push((row.at.clone(), remark));
        match row.kind {
            ReturnKind::Verification | ReturnKind::Sample if finds(row) => {
                of_verification(row, known, registry, &mut doubt)?
            }
            ReturnKind::FollowUp => of_follow_up(row, known, &mut doubt)?,
            ReturnKind::Anomalies => of_anomaly(row, &mut doubt),
            ReturnKind::Tasks => of_task(row, known, &mut doubt)?,
            _ => {}
        }
        let issued = clocks::issue_day(&known.config.settings, row.month);
        // What a list of visits calls its days is its county's to say.
        let of_visits = row.answers.keys().map(String::as_str).filter(|key| !DAYS_DONE.contains(key));
        let of_visits = of_visits.filter(|key| row.kind == ReturnKind::Visits && key.ends_with("_on"));
        for key in DAYS_DONE.into_iter().chain(of_visits) {
            let Some(day) = day(row, key) else { continue };
            let title = || title(row, key, known.config).unwrap_or_else(|| key.to_owned());
            if day > issued + MOST_AHEAD {
                found.push((row.at.clone(), Remark::FarAhead(title(), iso_date(issued))));
            } else if row.kind == ReturnKind::Visits
                && is_of_an_earlier_year(day, row.month)
                && day < issued - MOST_AHEAD
            {
                found.push((row.at.clone(), Remark::BeforeIssue(title(), iso_date(issued))));
            }
        }
        // Who had been looking at the household already may have begun before its list.
        if day(row, "started_on").is_some_and(|day| day < issued - MOST_BEFORE) {
            let title = title(row, "started_on", known.config).unwrap_or_else(|| "started_on".to_owned());
            found.push((row.at.clone(), Remark::BeforeIssue(title, iso_date(issued))));
        }
        for (key, answer) in &row.answers {
            if matches!(answer, Answer::Money(fen) if *fen > MOST_MONEY) {
                let title = title(row, key, known.config).unwrap_or_else(|| key.clone());
                found.push((row.at.clone(), Remark::TooMuch(title)));
            }
        }
    }
    found.extend(included_and_not(rows, known)?);
    found.extend(of_others(rows, known)?);
    found.extend(undated(rows));
    Ok(found)
}

fn is_option(row: &ReturnedRow, key: &str, word: &str) -> bool {
    matches!(row.answers.get(key), Some(Answer::Option(found)) if found == word)
}

fn of_verification(
    row: &ReturnedRow,
    known: &Known<'_>,
    registry: Option<&Registry>,
    doubt: &mut dyn FnMut(Remark),
) -> Result<(), Fault> {
    let (Some(choice), Some(number)) = (result_of(row, known.config), case_of(&row.row_key)) else { return Ok(()) };
    let Some((household, history)) = known.ledger.history(&number)? else { return Ok(()) };
    let includes = matches!(choice.effect, Some(Effect::Include | Effect::Rollback));
    if includes && is_option(row, "include", "否") || !includes && is_option(row, "include", "是") {
        doubt(Remark::Contradicts(choice.written()));
    }
    let is_begun = history.cases.iter().any(|case| case.to_include.is_some());
    match choice.effect {
        Some(Effect::Negative | Effect::Declined | Effect::Deceased) if is_begun => {
            doubt(Remark::EndsInclusion(choice.written(), None));
        }
        Some(Effect::Cool | Effect::Exempt) if is_begun && row.rests(choice.effect) => {
            doubt(Remark::BesideInclusion(choice.written(), None));
        }
        _ => {}
    }
    if choice.effect != Some(Effect::Reroute) && row.answers.contains_key("to_town") {
        doubt(Remark::NotPassedOn(choice.written()));
    }
    if choice.effect == Some(Effect::Pending) && ["need_1", "need_2"].iter().any(|key| row.answers.contains_key(*key)) {
        doubt(Remark::NothingSeen(choice.written()));
    }
    let found = not_assured(row, known.config);
    if !found.is_empty() && choice.effect.is_some_and(|effect| ends_without_help(effect.name())) {
        doubt(Remark::NotAssured(choice.written(), found));
    }
    if choice.effect == Some(Effect::Away) && is_option(row, "method", "入户") {
        doubt(Remark::AwayAtHome(choice.written()));
    }
    let issued = clocks::issue_day(&known.config.settings, row.month);
    let seen = day(row, "verified_on").unwrap_or(issued);
    if last_day(row, "until").is_some_and(|until| until <= seen) {
        doubt(Remark::Over("有效期/复核月份".to_owned(), iso_date(seen)));
    }
    if choice.effect == Some(Effect::Exempt) && last_day(row, "until").is_some_and(|until| until > issued + LONG_EXEMPT)
    {
        doubt(Remark::LongExempt);
    }
    let Some(registry) = registry else { return Ok(()) };
    let size = registry.size(&household);
    if choice.effect == Some(Effect::Deceased) && size > 1 {
        let is_held = matches!(held(row, choice, known), Some(Held::SeveralAlive(_)));
        doubt(Remark::WholeHousehold { choice: choice.written(), size, is_held });
    }
    if choice.effect == Some(Effect::Include)
        && registry.kinds.contains_key(&household)
        && let Some(since) = registry.monitored.get(&household)
    {
        doubt(Remark::AlreadyMonitored(choice.written(), since.map(iso_date)));
    }
    Ok(())
}

/// What a row found that is not assured, or the income below the line: it does not go with an answer that leaves the household without help.
fn not_assured(row: &ReturnedRow, config: &Config) -> Vec<String> {
    let is_not = |(key, _): &(&str, &str)| is_option(row, key, "否");
    let mut found: Vec<String> =
        GUARANTEES.iter().filter(|one| is_not(one)).map(|(_, title)| format!("{title}“否”")).collect();
    let line = config.settings.valid(row.month).find(|parameter| parameter.name == MONITOR_LINE);
    if let (Some(Answer::Money(fen)), Some(line)) = (row.answers.get("income"), line)
        && (*fen as f64) < line.value * 100.0
    {
        found.push(format!("人均纯收入低于{}", line.title));
    }
    found
}

const GUARANTEES: [(&str, &str); 4] =
    [("education", "义务教育"), ("medical", "基本医疗"), ("housing", "住房安全"), ("water", "饮水安全")];
/// The parameter below which a household is to be monitored.
pub(crate) const MONITOR_LINE: &str = "monitor_line";

fn of_task(row: &ReturnedRow, known: &Known<'_>, doubt: &mut dyn FnMut(Remark)) -> Result<(), Fault> {
    if !is_option(row, "outcome", "已落实") {
        return Ok(());
    }
    let Some(met) = day(row, "met_on") else {
        doubt(Remark::Requires("已落实".to_owned(), "落实日期".to_owned(), Until::Counts));
        return Ok(());
    };
    let Some((number, code)) = task_of(&row.row_key) else { return Ok(()) };
    let Some((_, history)) = known.ledger.history(&number)? else { return Ok(()) };
    let told = history.heir(&number).and_then(|case| case.needs.get(&code)).map(|need| need.told);
    // A list that is older than the need is about the one before it.
    if let Some((_, Some(on))) = told.filter(|(month, on)| row.month > *month && on.is_some_and(|on| met < on)) {
        doubt(Remark::BeforeNeed(iso_date(on)));
    }
    Ok(())
}

/// An elimination of a household for which nothing was done, as far as anybody said, or that hardly had been included: it does not count until then.
fn of_elimination(row: &ReturnedRow, known: &Known<'_>, doubt: &mut dyn FnMut(Remark)) -> Result<(), Fault> {
    let (Some(gone), Some(number)) = (day(row, "eliminated_on"), case_of(&row.row_key)) else { return Ok(()) };
    let Some((_, history)) = known.ledger.history(&number)? else { return Ok(()) };
    let Some(case) = history.heir(&number) else { return Ok(()) };
    let says = |key: &str| row.answers.contains_key(key);
    let lacks = [
        ("帮扶责任人落实日期", says("helper_on") || case.helper_on.is_some()),
        ("帮扶计划制定日期", says("plan_on") || case.plan_on.is_some()),
        ("帮扶措施", says("measure_1") || says("measure_2") || !case.measures.is_empty()),
    ];
    let lacks: Vec<&str> = lacks.into_iter().filter(|(_, is_known)| !is_known).map(|(title, _)| title).collect();
    if !lacks.is_empty() {
        doubt(Remark::NeverHelped(lacks));
    }
    let included = day(row, "included_on").or_else(|| case.included.as_ref().and_then(|included| included.on));
    let least = known.config.settings.stability.early_months;
    if let Some(months) = included.filter(|day| *day <= gone).map(|day| Month::full_between(day, gone))
        && months < least as i32
    {
        doubt(Remark::TooEarly(months, least));
    }
    Ok(())
}

fn of_follow_up(row: &ReturnedRow, known: &Known<'_>, doubt: &mut dyn FnMut(Remark)) -> Result<(), Fault> {
    of_elimination(row, known, doubt)?;
    let (Some(included), Some(number)) = (day(row, "included_on"), case_of(&row.row_key)) else { return Ok(()) };
    for key in ["helper_on", "plan_on", "measures_on"] {
        if day(row, key).is_some_and(|day| day < included) {
            doubt(Remark::BeforeInclusion(title(row, key, known.config).unwrap_or_else(|| key.to_owned())));
        }
    }
    let Some((_, history)) = known.ledger.history(&number)? else { return Ok(()) };
    let before = history.heir(&number).filter(|case| case.eliminated_on.is_none_or(|gone| included <= gone));
    let before = before.and_then(|case| case.included.as_ref()?.on).filter(|day| *day != included);
    if let Some(day) = before {
        doubt(Remark::Moved(iso_date(day), true));
    }
    let begun = history.heir(&number).and_then(|case| case.to_include.as_ref()).map(|(_, answer)| answer);
    let begun = begun.and_then(|answer| answer.values.get("started_on")?.parse::<i32>().ok());
    if let Some(started) = begun.filter(|started| included < *started) {
        doubt(Remark::BeforeStart(iso_date(started)));
    }
    let opened = history.cases.iter().find(|case| case.number == number).map(|case| case.opened.first_day());
    if opened.is_some_and(|opened| included < opened) {
        doubt(Remark::BeforeWarning(true));
    }
    Ok(())
}

/// Inclusions of households of which the answer about it says that they are not to be included: the inclusion counts, and one of the two is a slip.
fn included_and_not(rows: &[ReturnedRow], known: &Known<'_>) -> Result<Vec<(At, Remark)>, Fault> {
    let answered: BTreeMap<&str, &ReturnedRow> = rows
        .iter()
        .filter(|row| row.kind == ReturnKind::Verification && row.answers.contains_key("result"))
        .map(|row| (row.row_key.as_str(), row))
        .collect();
    let mut found = Vec::new();
    for row in rows.iter().filter(|row| row.kind == ReturnKind::FollowUp && day(row, "included_on").is_some()) {
        let Some(number) = case_of(&row.row_key) else { continue };
        let Some((_, history)) = known.ledger.history(&number)? else { continue };
        let Some(case) = history.heir(&number).filter(|case| !case.is_included()) else { continue };
        let ended_by = |code: &str| {
            let choice = result_choices(known.config).iter().find(|choice| choice.code == code);
            choice.filter(|choice| choice.effect.is_some_and(|effect| ENDS.contains(&effect)))
        };
        let said = match answered.get(row.row_key.as_str()) {
            // Where nothing else was asked, or nothing was begun.
            Some(answered) if case.to_include.is_none() || case.last_warned < answered.month => {
                result_of(answered, known.config).and_then(|choice| ended_by(&choice.code))
            }
            Some(_) => None,
            None => {
                let last = case.answer.as_ref().filter(|_| case.to_include.is_none());
                last.and_then(|(_, answer)| ended_by(&answer.code))
            }
        };
        if let Some(choice) = said {
            found.push((row.at.clone(), Remark::IncludedAfterAll(choice.written())));
        }
    }
    Ok(found)
}

/// Answers after which a household is not to be included.
const ENDS: [Effect; 8] = [
    Effect::Cool,
    Effect::DataError,
    Effect::Changed,
    Effect::Duplicate,
    Effect::Deceased,
    Effect::Negative,
    Effect::Declined,
    Effect::Exempt,
];

fn of_anomaly(row: &ReturnedRow, doubt: &mut dyn FnMut(Remark)) {
    let is_exempt = is_option(row, "result", EXEMPT);
    match (is_exempt, day(row, "until")) {
        (true, None) => doubt(Remark::Requires(EXEMPT.to_owned(), "豁免到期日".to_owned(), Until::Counts)),
        (false, Some(_)) => doubt(Remark::NotExempt),
        _ => {}
    }
    if is_exempt && !row.answers.contains_key("explanation") {
        doubt(Remark::Requires(EXEMPT.to_owned(), "说明".to_owned(), Until::Counts));
    }
}

/// Rows of a file whose other rows are another town's, or another department's.
fn of_others(rows: &[ReturnedRow], known: &Known<'_>) -> Result<Vec<(At, Remark)>, Fault> {
    let mut by_file: BTreeMap<(&str, bool), Vec<(&ReturnedRow, String)>> = BTreeMap::new();
    for row in rows {
        let owner = match row.kind {
            ReturnKind::Verification | ReturnKind::FollowUp => match case_of(&row.row_key) {
                Some(number) => known.ledger.asked_town(&number, row.month)?,
                None => None,
            },
            ReturnKind::Tasks => task_of(&row.row_key).map(|(_, code)| clocks::need_department(known.config, &code)),
            _ => None,
        };
        let key = (row.at.file.as_str(), row.kind == ReturnKind::Tasks);
        if let Some(owner) = owner.filter(|owner| !owner.is_empty()) {
            by_file.entry(key).or_default().push((row, owner));
        }
    }
    let mut found = Vec::new();
    for ((_, is_tasks), rows) in by_file {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        rows.iter().for_each(|(_, owner)| *counts.entry(owner).or_default() += 1);
        // A file of the whole county is nobody's list.
        let Some((own, most)) = counts.iter().max_by_key(|(_, count)| **count) else { continue };
        let is_of_one = most * 10 >= rows.len() * 8;
        for (row, owner) in rows.iter().filter(|(_, owner)| is_of_one && owner != own) {
            let remark = match is_tasks {
                true => Remark::OtherDepartment(owner.clone()),
                false => {
                    let town = known.config.gazetteer.town(owner);
                    Remark::OtherTown(town.map_or_else(|| owner.clone(), |town| town.name.clone()))
                }
            };
            found.push((row.at.clone(), remark));
        }
    }
    Ok(found)
}

/// Findings without a day, a line a file.
fn undated(rows: &[ReturnedRow]) -> Vec<(At, Remark)> {
    let mut by_sheet: BTreeMap<(&str, &str), Vec<u32>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.kind == ReturnKind::Verification) {
        if row.answers.contains_key("result") && day(row, "verified_on").is_none() {
            by_sheet.entry((&row.at.file, &row.at.sheet)).or_default().extend(row.at.row);
        }
    }
    let of_sheet = |((file, sheet), rows): ((&str, &str), Vec<u32>)| {
        let at = At { file: file.to_owned(), sheet: sheet.to_owned(), row: None };
        (at, Remark::Undated(rows))
    };
    by_sheet.into_iter().map(of_sheet).collect()
}
