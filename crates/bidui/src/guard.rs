//! Which extracts may be used: one that arrives half-empty, or links badly, must not raise or clear a single warning.

use std::collections::BTreeMap;

use bidui_match::FeedHistory;
use bidui_model::{DataContract, FeedKind, FlawCode, LinkBy, Month, RejectCode};
use bidui_normalize::Gazetteer;

use crate::linking::MonthLinks;

use crate::sealing::SealedFeed;

/// The months of a feed that passed, in order, and those that are held, with the reason.
pub(crate) fn judge(
    contract: &DataContract,
    months: &BTreeMap<Month, SealedFeed>,
    links: &BTreeMap<Month, MonthLinks>,
    gazetteer: &Gazetteer,
) -> FeedHistory {
    let mut history = FeedHistory::default();
    let mut previous: Option<(Month, u64)> = None;
    for (month, feed) in months {
        let before = previous.and_then(|(month, _)| links.get(&month));
        let complaint = complaint(contract, feed, previous, links.get(month))
            .or_else(|| missing_towns(contract, before, links.get(month), gazetteer));
        match complaint {
            Some(why) => {
                history.held.insert(*month, why);
            }
            None => {
                history.good.insert(*month, feed.store());
                previous = Some((*month, feed.kept));
            }
        }
    }
    history
}

fn complaint(
    contract: &DataContract,
    feed: &SealedFeed,
    previous: Option<(Month, u64)>,
    links: Option<&MonthLinks>,
) -> Option<String> {
    if !feed.problems.is_empty() {
        return Some(feed.problems.join("；"));
    }
    if let Some(complaint) = wrong_amount(contract, feed.kept, previous) {
        return Some(complaint);
    }
    if let Some(complaint) = emptied(contract, feed.kept, previous).or_else(|| unreadable(contract, feed)) {
        return Some(complaint);
    }
    let duplicates = feed.rejects.iter().filter(|(_, _, code)| code == RejectCode::Duplicate.code()).count() as u64;
    if duplicates > feed.kept.max(SMALL_TOWN) {
        return Some(format!("重复记录{duplicates}行，比有效行数{}还多；请核对编号列是否整县统一", feed.kept));
    }
    let rate = links.and_then(|links| links.counts.rate())?;
    let least = contract.guard.link_rate_min?;
    (rate < least).then(|| format!("关联率{:.1}%，低于约定的{:.1}%", rate * 100.0, least * 100.0))
}

/// A list of persons that arrives with its headings alone.
fn emptied(contract: &DataContract, kept: u64, previous: Option<(Month, u64)>) -> Option<String> {
    let (month, before) = previous?;
    (contract.kind == FeedKind::Snapshot && kept == 0 && before >= FEW)
        .then(|| format!("没有一行有效数据，而{month}有{before}行"))
}

/// Fewer bad cells than this say nothing of a column.
const FEW: u64 = 5;

/// A column whose values nobody can read: a department that changed its words, or a spreadsheet program that ate the ID numbers. What
/// cannot be read must not count as "no".
fn unreadable(contract: &DataContract, feed: &SealedFeed) -> Option<String> {
    let mut bad: BTreeMap<(&str, bool), u64> = BTreeMap::new();
    for (_, _, column, code, _) in &feed.flaws {
        match FlawCode::from_code(code) {
            Some(
                FlawCode::ChoiceUnknown
                | FlawCode::FlagUnreadable
                | FlawCode::MoneyUnreadable
                | FlawCode::NumberUnreadable
                | FlawCode::DateUnreadable
                | FlawCode::DateImpossible
                | FlawCode::CellError,
            ) => *bad.entry((column, false)).or_default() += 1,
            Some(
                FlawCode::IdDamagedByExcel
                | FlawCode::IdMalformed
                | FlawCode::IdCheckDigit
                | FlawCode::IdBirthDate
                | FlawCode::IdMissing
                | FlawCode::IdOtherDocument,
            ) => *bad.entry((column, true)).or_default() += 1,
            _ => {}
        }
    }
    let is_link = |column: &str| matches!(&contract.link, LinkBy::Person { id, .. } if id == column);
    let too_many = |column: &str, is_id: bool, count: u64| {
        // Some numbers are always damaged, and a second ID column is not what the row hangs on.
        let most = if is_id { feed.kept * 3 / 10 } else { feed.kept / 5 };
        count >= FEW && count > most && (!is_id || is_link(column))
    };
    let ((column, is_id), count) = bad.into_iter().find(|((column, is_id), count)| too_many(column, *is_id, *count))?;
    let heading = feed.headings.iter().find(|(name, _)| name == column).map_or(column, |(_, heading)| heading);
    let what = if is_id { "证件号码缺失或损坏" } else { "值不认识" };
    Some(format!("“{heading}”列{}行中有{count}行{what}；请让部门更正，或在数据契约中登记新的写法", feed.kept))
}

/// Below this many rows a town's share may swing by chance.
const SMALL_TOWN: u64 = 30;

/// Towns whose part of a list of persons has shrunk below what the whole list may: a school or a town that did not send.
fn missing_towns(
    contract: &DataContract,
    before: Option<&MonthLinks>,
    now: Option<&MonthLinks>,
    gazetteer: &Gazetteer,
) -> Option<String> {
    let ((least, _), before, now) = (contract.guard.rows_vs_previous?, before?, now?);
    let shrunk: Vec<String> = before
        .by_town
        .iter()
        .filter_map(|(town, rows)| {
            let left = now.by_town.get(town).copied().unwrap_or(0);
            let name = &gazetteer.town(town)?.name;
            (*rows >= SMALL_TOWN && (left as f64) < *rows as f64 * least)
                .then(|| format!("{name}由{rows}行减为{left}行"))
        })
        .collect();
    (!shrunk.is_empty()).then(|| format!("有乡镇的数据可能缺报：{}", shrunk.join("，")))
}

/// Too few or too many rows against the last good month.
pub(crate) fn wrong_amount(contract: &DataContract, kept: u64, previous: Option<(Month, u64)>) -> Option<String> {
    let (least, most) = contract.guard.rows_vs_previous?;
    let (month, before) = previous.filter(|(_, before)| *before > 0)?;
    let ratio = kept as f64 / before as f64;
    (ratio < least || ratio > most).then(|| {
        format!(
            "有效行数{kept}，是{month}（{before}行）的{:.0}%，超出约定的{:.0}%至{:.0}%",
            ratio * 100.0,
            least * 100.0,
            most * 100.0
        )
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use bidui_match::LinkCounts;
    use bidui_model::{Guard, Reshape};

    fn contract() -> DataContract {
        DataContract {
            name: "甲".into(),
            department: "乙".into(),
            files: Vec::new(),
            kind: FeedKind::Snapshot,
            required: false,
            expected_by_day: None,
            sensitive: false,
            guard: Guard { rows_vs_previous: Some((0.7, 1.5)), link_rate_min: Some(0.8) },
            link: LinkBy::Person { id: "person".into(), name: None },
            columns: Vec::new(),
            unique: Vec::new(),
            reshape: Reshape::None,
        }
    }

    fn check(rows: &[u64], linked: u64, expected_good: &[usize]) {
        let start: Month = "2023-01".parse().unwrap();
        let months: BTreeMap<Month, SealedFeed> = rows
            .iter()
            .enumerate()
            .map(|(at, kept)| (start.plus(at as i32), SealedFeed { kept: *kept, ..SealedFeed::default() }))
            .collect();
        let last = start.plus(rows.len() as i32 - 1);
        let counts = LinkCounts { rows: 100, certain: linked, unlinked: 100 - linked, ..LinkCounts::default() };
        let links = MonthLinks { counts, ..MonthLinks::default() };
        let history = judge(&contract(), &months, &BTreeMap::from([(last, links)]), &Gazetteer::default());
        let good: Vec<usize> = history.good.keys().map(|month| month.since(start) as usize).collect();
        assert_eq!(good, expected_good, "{:?}", history.held);
    }

    #[test]
    fn a_half_empty_list_is_held_and_the_next_is_measured_against_the_last_good_one() {
        check(&[100, 50, 98], 95, &[0, 2]);
        check(&[100, 160], 95, &[0]);
        check(&[100, 70], 95, &[0, 1]);
    }

    #[test]
    fn a_list_of_strangers_is_held() {
        check(&[100, 100], 79, &[0]);
        check(&[100, 100], 80, &[0, 1]);
    }
}
