//! Which extracts may be used: one that arrives half-empty, or links badly, must not raise or clear a single warning.

use std::collections::BTreeMap;

use bidui_match::FeedHistory;
use bidui_model::{DataContract, Month, RejectCode};
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
    let duplicates = feed.rejects.iter().filter(|(_, _, code)| code == RejectCode::Duplicate.code()).count() as u64;
    if duplicates > feed.kept.max(SMALL_TOWN) {
        return Some(format!("重复记录{duplicates}行，比有效行数{}还多；请核对编号列是否整县统一", feed.kept));
    }
    let rate = links.and_then(|links| links.counts.rate())?;
    let least = contract.guard.link_rate_min?;
    (rate < least).then(|| format!("关联率{:.1}%，低于约定的{:.1}%", rate * 100.0, least * 100.0))
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
    use bidui_model::{FeedKind, Guard, LinkBy, Reshape};

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
