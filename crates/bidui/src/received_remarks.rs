//! What a reader should know of rows that were taken: they say something that does not go with what else is known.

use std::collections::BTreeMap;
use std::path::Path;

use bidui_emit::Effect;
use bidui_ledger::Ledger;
use bidui_model::{Month, ReturnKind};
use bidui_normalize::iso_date;

use crate::casebook::result_choices;
use crate::config::Config;
use crate::exit::Fault;
use crate::published::PublishedMonth;
use crate::received_doubts::doubts;
use crate::received_gaps::contradictions;
use crate::received_rows::{agrees, case_of, day, is_to_own_town, passed_on_to};
use crate::received_silence::idle_answers;
use crate::relation_rows::words_of;
use crate::returned::{Answer, At, ReturnedRow};
use crate::returned_reason::Remark;
use crate::{clocks, decisions};

/// What answers are held against.
pub(crate) struct Known<'a> {
    pub(crate) config: &'a Config,
    pub(crate) ledger: &'a Ledger,
    /// Those that were run.
    pub(crate) months: &'a [Month],
    /// Where months are published.
    pub(crate) out: &'a Path,
}

pub(crate) fn remarks(rows: &[ReturnedRow], known: &Known<'_>) -> Result<Vec<(At, Remark)>, Fault> {
    let asks_registry = |row: &ReturnedRow| finds(row) || row.kind == ReturnKind::FollowUp;
    let registry = if rows.iter().any(asks_registry) { Registry::latest(known)? } else { None };
    let mut found = too_early(rows, known.config);
    found.extend(unsigned(rows));
    found.extend(to_own_town(rows, known));
    found.extend(not_monitored(rows, known, registry.as_ref())?);
    found.extend(not_included(rows, known, registry.as_ref())?);
    found.extend(doubts(rows, known, registry.as_ref())?);
    found.extend(of_another_kind(rows, known, registry.as_ref())?);
    found.extend(contradictions(rows, known)?);
    found.extend(idle_answers(rows, known)?);
    Ok(found)
}

/// Whether a row says what a verification found, the first or a second one that does not agree with it.
pub(crate) fn finds(row: &ReturnedRow) -> bool {
    row.kind == ReturnKind::Verification || row.kind == ReturnKind::Sample && agrees(row) == Some(false)
}

/// Rows that were verified before their list was issued, as they say.
fn too_early(rows: &[ReturnedRow], config: &Config) -> Vec<(At, Remark)> {
    let of_row = |row: &ReturnedRow| {
        let issued = clocks::issue_day(&config.settings, row.month);
        let (key, title) = match row.kind {
            ReturnKind::Verification => ("verified_on", "核查日期"),
            ReturnKind::Sample => ("checked_on", "复核日期"),
            _ => return None,
        };
        let remark = Remark::BeforeIssue(title.to_owned(), iso_date(issued));
        (day(row, key)? < issued).then(|| (row.at.clone(), remark))
    };
    rows.iter().filter_map(of_row).collect()
}

/// Decisions about links that nobody signed or dated: they are not carried out.
fn unsigned(rows: &[ReturnedRow]) -> Vec<(At, Remark)> {
    let of_row = |row: &ReturnedRow| {
        let Some(Answer::Option(decision)) = row.answers.get("decision") else { return Vec::new() };
        let lacks = [("decided_by", "认定人"), ("decided_on", "认定日期")].into_iter();
        let lacks = lacks.filter(|(key, _)| decision != decisions::UNDECIDED && !row.answers.contains_key(*key));
        let remark = |title: &str| Remark::Unsigned(decision.clone(), title.to_owned());
        lacks.map(|(_, title)| (row.at.clone(), remark(title))).collect()
    };
    rows.iter().filter(|row| row.kind == ReturnKind::LinkReview).flat_map(of_row).collect()
}

/// Rows that pass a case on to the town whose list they stand on.
fn to_own_town(rows: &[ReturnedRow], Known { config, ledger, .. }: &Known<'_>) -> Vec<(At, Remark)> {
    let mut remarks = Vec::new();
    for row in rows.iter().filter(|row| finds(row)) {
        if let Some(name) = passed_on_to(row, config).filter(|_| is_to_own_town(row, config, ledger)) {
            remarks.push((row.at.clone(), Remark::OwnTown(name, row.kind == ReturnKind::Sample)));
        }
    }
    remarks
}

/// Rows by which the risk of a household is gone that was not included by that day, as far as anybody said: that ends nothing until somebody does.
fn not_included(
    rows: &[ReturnedRow],
    known: &Known<'_>,
    registry: Option<&Registry>,
) -> Result<Vec<(At, Remark)>, Fault> {
    let of_list = || rows.iter().filter(|row| row.kind == ReturnKind::FollowUp);
    let included: Vec<(&str, i32)> =
        of_list().filter_map(|row| Some((row.row_key.as_str(), day(row, "included_on")?))).collect();
    let mut unfounded = Vec::new();
    for row in of_list() {
        let (Some(gone), Some(number)) = (day(row, "eliminated_on"), case_of(&row.row_key)) else { continue };
        // Of another list that came in with it, too.
        if included.iter().any(|(key, included)| *key == row.row_key && *included <= gone) {
            continue;
        }
        let Some((household, history)) = known.ledger.history(&number)? else { continue };
        if !history.may_be_gone(gone) {
            unfounded.push((row.at.clone(), household));
        }
    }
    let since = |household: &String| registry?.monitored.get(household).copied().flatten();
    Ok(unfounded.iter().map(|(at, home)| (at.clone(), Remark::NotIncluded(since(home).map(iso_date)))).collect())
}

/// How the registry writes that a household's risk is gone.
const ELIMINATED: &str = "已消除";

/// Rows by which a household is monitored as something else than the registry has it: one of the two is wrong, and help goes by the kind.
fn of_another_kind(
    rows: &[ReturnedRow],
    known: &Known<'_>,
    registry: Option<&Registry>,
) -> Result<Vec<(At, Remark)>, Fault> {
    let Some(registry) = registry else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for row in rows.iter().filter(|row| row.kind == ReturnKind::FollowUp) {
        let Some(Answer::Option(told)) = row.answers.get("monitor_kind") else { continue };
        let Some(number) = case_of(&row.row_key) else { continue };
        let household = known.ledger.household(&number)?.unwrap_or_default();
        if let Some(kind) = registry.kinds.get(&household).filter(|kind| *kind != told) {
            found.push((row.at.clone(), Remark::OtherKind(kind.clone(), registry.month.in_chinese())));
        }
    }
    Ok(found)
}

/// What the latest published month knows of households.
pub(crate) struct Registry {
    pub(crate) month: Month,
    /// Of the monitored: the day since which they are, if it is known.
    pub(crate) monitored: BTreeMap<String, Option<i32>>,
    /// Of those whose risk is not eliminated: as what they are monitored.
    pub(crate) kinds: BTreeMap<String, String>,
    /// How many persons a household has.
    pub(crate) sizes: BTreeMap<String, i64>,
}

impl Registry {
    /// `None` where no month is published: then nobody can tell.
    fn latest(known: &Known<'_>) -> Result<Option<Self>, Fault> {
        let Some(latest) = known.months.iter().rev().find_map(|month| PublishedMonth::find(known.out, *month)) else {
            return Ok(None);
        };
        let Some(households) = latest.try_relation("households")? else { return Ok(None) };
        let words = |name: &str| words_of(&households, name);
        let days: Vec<Option<i32>> = households.column("identified_on")?.date()?.physical().iter().collect();
        let (numbers, kinds) = (words("household_id")?, words("monitor_kind")?);
        let standing = numbers.iter().zip(&kinds).zip(words("risk_status")?);
        let standing = standing.filter(|((_, kind), status)| !kind.is_empty() && status != ELIMINATED);
        let by_kind = standing.map(|((home, kind), _)| (home.clone(), kind.clone())).collect();
        let kinds = kinds.into_iter().zip(days);
        let sizes = households.column("size")?.i64()?.iter().map(Option::unwrap_or_default);
        let sizes = numbers.iter().cloned().zip(sizes).collect();
        let monitored = numbers.into_iter().zip(kinds).filter(|(_, (kind, _))| !kind.is_empty());
        let monitored = monitored.map(|(home, (_, day))| (home, day)).collect();
        Ok(Some(Self { month: latest.month, monitored, kinds: by_kind, sizes }))
    }
}

/// Rows that call a household monitored, or say that it was, which the registry of the latest month does not know so.
fn not_monitored(
    rows: &[ReturnedRow],
    known: &Known<'_>,
    registry: Option<&Registry>,
) -> Result<Vec<(At, Remark)>, Fault> {
    let Some(registry) = registry else { return Ok(Vec::new()) };
    let monitored = |code: &str| {
        let choice = result_choices(known.config).iter().find(|choice| choice.code == code);
        choice.filter(|choice| matches!(choice.effect, Some(Effect::Monitored | Effect::Rollback)))
    };
    let mut said = Vec::new();
    for row in rows.iter().filter(|row| finds(row)) {
        let Some(Answer::Choice(code)) = row.answers.get("result") else { continue };
        let (Some(choice), Some(number)) = (monitored(code), case_of(&row.row_key)) else { continue };
        let Some((household, history)) = known.ledger.history(&number)? else { continue };
        // What the towns said since is newer than the registry.
        let was_included = history.cases.iter().any(|case| case.included.is_some());
        if !was_included && !registry.monitored.contains_key(&household) {
            said.push((row.at.clone(), Remark::NotMonitored(choice.written(), registry.month.in_chinese(), None)));
        }
    }
    Ok(said)
}
