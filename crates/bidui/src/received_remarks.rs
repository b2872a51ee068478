//! What a reader should know of rows that were taken: they say something that does not go with what else is known.

use std::collections::BTreeMap;

use bidui_emit::Effect;
use bidui_ledger::{Edition, History};
use bidui_model::ReturnKind;
use bidui_normalize::iso_date;

use crate::config::Config;
use crate::exit::Fault;
use crate::received_doubts::doubts;
use crate::received_gaps::contradictions;
use crate::received_known::{Known, Registry};
use crate::received_required::required;
use crate::received_rows::{NOT_INCLUDED, agrees, case_of, day, is_to_own_town, passed_on_to, result_of};
use crate::received_silence::{idle_answers, title};
use crate::returned::{Answer, At, ReturnedRow};
use crate::returned_remark::Remark;
use crate::{clocks, decisions};

pub(crate) fn remarks(rows: &[ReturnedRow], known: &Known<'_>) -> Result<Vec<(At, Remark)>, Fault> {
    let asks_registry = |row: &ReturnedRow| finds(row) || row.kind == ReturnKind::FollowUp;
    let registry = if rows.iter().any(asks_registry) { known.registry()? } else { None };
    let mut found = too_early(rows, known.config);
    found.extend(unsigned(rows));
    found.extend(of_earlier_lists(rows, known)?);
    found.extend(at_odds(rows));
    found.extend(to_own_town(rows, known));
    found.extend(not_monitored(rows, known, registry)?);
    found.extend(not_included(rows, known, registry)?);
    found.extend(doubts(rows, known, registry)?);
    found.extend(of_another_kind(rows, known, registry)?);
    found.extend(of_no_such_kind(rows, known, registry)?);
    found.extend(contradictions(rows, known)?);
    found.extend(required(rows, known.config));
    found.extend(idle_answers(rows, known)?);
    Ok(of_one_mind(found))
}

/// Of an elimination that cannot be, since its household was not included by then, that is the one thing to say, with all that it lacks.
fn of_one_mind(remarks: Vec<(At, Remark)>) -> Vec<(At, Remark)> {
    let not_included = remarks.iter().filter(|(_, remark)| matches!(remark, Remark::NotIncluded(..)));
    let mut lacking: BTreeMap<At, Vec<&'static str>> = not_included.map(|(at, _)| (at.clone(), Vec::new())).collect();
    let mut kept = Vec::new();
    for (at, remark) in remarks {
        match (remark, lacking.get_mut(&at)) {
            (Remark::NeverHelped(lacks), Some(known)) => *known = lacks,
            (Remark::TooEarly(..), Some(_)) => {}
            (remark, _) => kept.push((at, remark)),
        }
    }
    for (at, remark) in &mut kept {
        if let Remark::NotIncluded(_, lacks) = remark {
            *lacks = lacking.remove(at).unwrap_or_default();
        }
    }
    kept
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

/// Answers to lists whose month was run again since and warned otherwise.
fn of_earlier_lists(rows: &[ReturnedRow], known: &Known<'_>) -> Result<Vec<(At, Remark)>, Fault> {
    let mut remarks = Vec::new();
    for row in rows.iter().filter(|row| finds(row)) {
        let Some(choice) = result_of(row, known.config) else { continue };
        let (Some(edition), Some(number)) = (&row.edition, case_of(&row.row_key)) else { continue };
        let is_later = |other: &Edition| other.revision > edition.revision;
        let finds = !matches!(choice.effect, Some(Effect::Pending | Effect::Reroute)) && row.rests(choice.effect);
        if finds && known.ledger.editions(&number, row.month)?.iter().any(is_later) {
            remarks.push((row.at.clone(), Remark::EarlierList(false)));
        }
    }
    Ok(remarks)
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

/// Decisions about links of which only one can be.
fn at_odds(rows: &[ReturnedRow]) -> Vec<(At, Remark)> {
    let reviewed = || rows.iter().filter(|row| row.kind == ReturnKind::LinkReview);
    let at_odds = decisions::at_odds(reviewed());
    let said = |row: &ReturnedRow| match row.answers.get("decision") {
        Some(Answer::Option(decision)) => decision.clone(),
        _ => String::new(),
    };
    reviewed().filter(|row| at_odds.contains(&row.at)).map(|row| (row.at.clone(), Remark::AtOdds(said(row)))).collect()
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
    Ok(unfounded
        .iter()
        .map(|(at, home)| (at.clone(), Remark::NotIncluded(since(home).map(iso_date), Vec::new())))
        .collect())
}

/// As what a row says that a household is to be monitored, and the household.
fn kind_told<'r>(row: &'r ReturnedRow, known: &Known<'_>) -> Result<Option<(&'r str, String)>, Fault> {
    let (Some(Answer::Option(kind)), Some(number)) = (row.answers.get("monitor_kind"), case_of(&row.row_key)) else {
        return Ok(None);
    };
    Ok(Some((kind, known.ledger.household(&number)?.unwrap_or_default())))
}

/// Rows by which a household is monitored as something else than the registry has it: one of the two is wrong, and help goes by the kind.
fn of_another_kind(
    rows: &[ReturnedRow],
    known: &Known<'_>,
    registry: Option<&Registry>,
) -> Result<Vec<(At, Remark)>, Fault> {
    let Some(registry) = registry else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for row in rows.iter().filter(|row| row.kind == ReturnKind::FollowUp) {
        let Some((told, household)) = kind_told(row, known)? else { continue };
        if let Some(kind) = registry.kinds.get(&household).filter(|kind| kind.as_str() != told) {
            found.push((row.at.clone(), Remark::OtherKind(kind.clone(), registry.month.in_chinese())));
        }
    }
    Ok(found)
}

/// The sort of household that was lifted out of poverty, and the kinds of the monitored by which of both sorts they are (as checks Q611 and Q612 have it).
const LIFTED: &str = "脱贫户";
const UNSTABLE: &str = "脱贫不稳定户";
const MARGINAL: &str = "边缘易致贫户";

/// Rows by which a household is to be monitored as a kind that one of its sort cannot be.
fn of_no_such_kind(
    rows: &[ReturnedRow],
    known: &Known<'_>,
    registry: Option<&Registry>,
) -> Result<Vec<(At, Remark)>, Fault> {
    let Some(registry) = registry else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    let is_of_kind = |row: &&ReturnedRow| match row.answers.get("monitor_kind") {
        Some(Answer::Option(kind)) => kind != NOT_INCLUDED,
        _ => true,
    };
    for row in rows.iter().filter(|row| finds(row) || row.kind == ReturnKind::FollowUp).filter(is_of_kind) {
        let Some((kind, household)) = kind_told(row, known)? else { continue };
        let Some(sort) = registry.sorts.get(&household).filter(|sort| !sort.is_empty()) else { continue };
        let cannot_be = match kind {
            UNSTABLE => sort != LIFTED,
            MARGINAL => sort == LIFTED,
            _ => false,
        };
        if cannot_be {
            let heading = title(row, "monitor_kind", known.config).unwrap_or_default();
            found.push((row.at.clone(), Remark::NoSuchKind { heading, kind: kind.to_owned(), sort: sort.clone() }));
        }
    }
    Ok(found)
}

/// Whether the registry has a household so.
type Knows = fn(&Registry, &str, &History) -> bool;

/// Rows that call a household monitored, or say that it was, which the registry of the latest month does not know so.
fn not_monitored(
    rows: &[ReturnedRow],
    known: &Known<'_>,
    registry: Option<&Registry>,
) -> Result<Vec<(At, Remark)>, Fault> {
    let Some(registry) = registry else { return Ok(Vec::new()) };
    let mut said = Vec::new();
    for row in rows.iter().filter(|row| finds(row)) {
        let Some(choice) = result_of(row, known.config) else { continue };
        let (is_held, is_known): (bool, Knows) = match choice.effect {
            Some(Effect::Monitored) => (true, Registry::is_monitored),
            Some(Effect::Rollback) => (false, Registry::has_monitored),
            _ => continue,
        };
        let Some(number) = case_of(&row.row_key) else { continue };
        let Some((household, history)) = known.ledger.history(&number)? else { continue };
        if !is_known(registry, &household, &history) {
            let (choice, month) = (choice.written(), registry.month.in_chinese());
            let was_monitored = registry.has_monitored(&household, &history);
            said.push((row.at.clone(), Remark::NotMonitored { choice, month, was_monitored, is_held, stage: None }));
        }
    }
    Ok(said)
}
