//! Which extracts may be used: one that arrives half-empty, or links badly, must not raise or clear a single warning.

use std::collections::BTreeMap;

use bidui_match::{FeedHistory, LinkCounts};
use bidui_model::{DataContract, Month};

use crate::sealing::SealedFeed;

/// The months of a feed that passed, in order, and those that are held, with the reason.
pub(crate) fn judge(
    contract: &DataContract,
    months: &BTreeMap<Month, SealedFeed>,
    links: &BTreeMap<Month, LinkCounts>,
) -> FeedHistory {
    let mut history = FeedHistory::default();
    let mut previous: Option<(Month, u64)> = None;
    for (month, feed) in months {
        match complaint(contract, feed, previous, links.get(month)) {
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
    links: Option<&LinkCounts>,
) -> Option<String> {
    if !feed.problems.is_empty() {
        return Some(feed.problems.join("；"));
    }
    if let Some(complaint) = wrong_amount(contract, feed.kept, previous) {
        return Some(complaint);
    }
    let rate = links.and_then(LinkCounts::rate)?;
    let least = contract.guard.link_rate_min?;
    (rate < least).then(|| format!("关联率{:.1}%，低于约定的{:.1}%", rate * 100.0, least * 100.0))
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
        let history = judge(&contract(), &months, &BTreeMap::from([(last, counts)]));
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
