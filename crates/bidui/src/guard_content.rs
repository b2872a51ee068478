//! What an extract says of itself: another month's file, rows that have come before, a list that nobody touched since, one unit in
//! another's place, two columns exchanged. Measured by the profile that was taken while it was sealed.

use std::collections::BTreeMap;

use bidui_model::{ColumnType, DataContract, FeedKind, Month, RejectCode, Unchanged};

use crate::file_month::months_in_name;
use crate::guard::Earlier;
use crate::profile::{Profile, SIZES_PER_DOUBLING};
use crate::sealing::SealedFeed;

/// Fewer rows than this may be alike, or late, by chance.
const FEW: u64 = 5;

/// Below this a list may be anything by chance.
const LONG: u64 = 30;

/// A list this long changes from month to month, whatever it lists: if one row in two hundred does, it stays by a chance of one in 22,000.
const VERY_LONG: u64 = 2_000;

/// Two files or sheets of the month that say the same row by row, though not byte by byte: one list, sent as CSV and as a workbook.
pub(crate) fn part_twice(feed: &SealedFeed) -> Option<String> {
    let parts = &feed.profile.as_ref()?.parts;
    let mut seen: BTreeMap<&(u64, String), u32> = BTreeMap::new();
    let (first, second, rows) =
        parts.iter().find_map(|(source, part)| Some((seen.insert(part, *source)?, *source, part.0)))?;
    let name = |source: u32| match feed.sources.get(source as usize) {
        Some((file, sheet)) if !sheet.is_empty() => format!("“{file}”的工作表“{sheet}”"),
        Some((file, _)) => format!("“{file}”"),
        None => String::new(),
    };
    Some(format!("{}与{}的{rows}行逐行相同，像是同一份报了两次；请只保留一份", name(first), name(second)))
}

/// Files whose own names speak only of other months. The month after is fine: that is when the list is made.
pub(crate) fn named_for_another_month<'a>(month: Month, files: impl Iterator<Item = &'a str>) -> Option<String> {
    let other = |file: &str| {
        let named = months_in_name(file, month);
        let is_this = named.iter().any(|named| (0..=1).contains(&named.since(month)));
        named.first().copied().filter(|_| !is_this)
    };
    let line = |file: &str| Some(format!("“{file}”写的是{}", other(file)?.in_chinese()));
    let lines: Vec<String> = files.filter_map(line).collect();
    (!lines.is_empty()).then(|| {
        format!("{}，不是{}的数据；若内容确是本月的，请改文件名后重新运行", lines.join("，"), month.in_chinese())
    })
}

/// Every row of events is one that an earlier month brought: its file under a new name.
pub(crate) fn all_came_before(feed: &SealedFeed) -> Option<String> {
    (feed.kept == 0 && !feed.repeats.is_empty()).then(|| {
        format!(
            "{}的数据全部是以前月份报过的（{}）；请换成本月新发生的",
            feed.files_in_words(),
            months_of(&feed.repeats)
        )
    })
}

/// `2023-01：12行，2023-02：40行`
pub(crate) fn months_of(repeats: &BTreeMap<Month, u64>) -> String {
    repeats.iter().map(|(month, rows)| format!("{month}：{rows}行")).collect::<Vec<_>>().join("，")
}

/// A second file that holds the same persons again, but is not the same file.
pub(crate) fn two_registries(contract: &DataContract, feed: &SealedFeed) -> Option<String> {
    let mut digests: Vec<&str> = feed.inputs.iter().map(|input| input.sha256.as_str()).collect();
    digests.sort_unstable();
    digests.dedup();
    let twice = feed.rejects.iter().filter(|(_, _, code)| code == RejectCode::Duplicate.code()).count() as u64;
    (contract.kind == FeedKind::Registry && digests.len() > 1 && twice >= FEW && twice * 20 > feed.kept)
        .then(|| format!("收到不止一份底册：{}，其中{twice}人重复出现；请只保留本月的一份", feed.files_in_words()))
}

/// Events whose dates lie in another month, though only new ones were agreed.
pub(crate) fn dates_elsewhere(contract: &DataContract, month: Month, feed: &SealedFeed) -> Option<String> {
    let profile = feed.profile.as_ref().filter(|_| contract.kind == FeedKind::Events)?;
    let dated = contract.columns.iter().filter(|column| column.kind == ColumnType::Date && column.required);
    dated.into_iter().find_map(|column| {
        let (all, here) = profile.share(&column.name, month);
        let main = profile.main_month(&column.name)?;
        let in_main = profile.dates.get(&column.name)?.get(main).copied().unwrap_or(0);
        (all >= FEW && here * 5 < all && in_main * 2 > all).then(|| {
            let heading = heading(feed, &column.name);
            format!(
                "{}的“{heading}”{all}行中有{in_main}行在{main}，本月只有{here}行；请核对是否误报了别的月份",
                feed.files_in_words()
            )
        })
    })
}

fn heading<'a>(feed: &'a SealedFeed, column: &'a str) -> &'a str {
    feed.headings.iter().find(|(name, _)| name == column).map_or(column, |(_, heading)| heading)
}

/// A list that is row by row what it was before. What it was the month before it may still be, if it is short or seldom changes; what
/// it was earlier, and then was not, it never becomes again.
pub(crate) fn unchanged(contract: &DataContract, feed: &SealedFeed, earlier: &[Earlier]) -> Option<String> {
    let content = |profile: &Option<Profile>| profile.as_ref().map(|profile| profile.content.clone());
    let now = content(&feed.profile).filter(|now| !now.is_empty() && feed.kept >= LONG)?;
    if contract.kind == FeedKind::Events {
        return None;
    }
    let same = earlier.iter().rev().find(|month| content(&month.profile).as_ref() == Some(&now))?;
    let may_be = match contract.guard.unchanged {
        Unchanged::Held => false,
        Unchanged::Noted => true,
        Unchanged::ByLength => feed.kept < VERY_LONG,
    };
    let is_last = earlier.last().is_some_and(|last| last.month == same.month);
    (!is_last || !may_be).then(|| {
        format!(
            "{}的{}行与{}的逐行相同，像是把旧文件又报了一次；请换成本月的数据",
            feed.files_in_words(),
            feed.kept,
            same.month.in_chinese()
        )
    })
}

/// A column of amounts whose middle one is dozens of times smaller or larger than it was: 万元 where 元 was agreed.
pub(crate) fn another_unit(feed: &SealedFeed, earlier: &[Earlier]) -> Option<String> {
    /// About 45 times.
    const FAR: u8 = 5 * SIZES_PER_DOUBLING + 1;
    let now = feed.profile.as_ref()?;
    let before = together(earlier);
    now.amounts.keys().find_map(|column| {
        let ((count, middle), (count_before, middle_before)) = (now.middle(column)?, before.middle(column)?);
        (count >= 3 && count_before >= FEW && middle.abs_diff(middle_before) >= FAR).then(|| {
            let heading = heading(feed, column);
            let (was, is) = (about(middle_before), about(middle));
            format!(
                "{}的“{heading}”以前多在{was}上下，本月多在{is}上下；请核对单位是元还是万元，是否填错列",
                feed.files_in_words()
            )
        })
    })
}

/// Amounts of all earlier months as one.
fn together(earlier: &[Earlier]) -> Profile {
    let mut all = Profile::default();
    for profile in earlier.iter().filter_map(|month| month.profile.as_ref()) {
        for (column, sizes) in &profile.amounts {
            let known = all.amounts.entry(column.clone()).or_default();
            for (size, count) in sizes {
                *known.entry(*size).or_default() += count;
            }
        }
        for (first, second, smaller, larger) in &profile.pairs {
            match all.pairs.iter_mut().find(|pair| pair.0 == *first && pair.1 == *second) {
                Some(pair) => (pair.2, pair.3) = (pair.2 + smaller, pair.3 + larger),
                None => all.pairs.push((first.clone(), second.clone(), *smaller, *larger)),
            }
        }
    }
    all
}

/// An amount of that size, in words.
fn about(size: u8) -> String {
    let yuan = (1_i64 << (size / SIZES_PER_DOUBLING).min(60)) / 100;
    match yuan {
        0 => "1元以下".to_owned(),
        10_000.. => format!("{}万元", yuan / 10_000),
        _ => format!("{yuan}元"),
    }
}

/// Two columns of amounts of which one was nearly always the larger and now is the smaller, or whose sums have changed places.
pub(crate) fn exchanged(contract: &DataContract, feed: &SealedFeed, earlier: &[Earlier]) -> Option<String> {
    let now = feed.profile.as_ref()?;
    let before = together(earlier);
    let last = earlier.last().filter(|last| {
        let steady = feed.kept.abs_diff(last.kept) * 10 <= last.kept;
        contract.kind == FeedKind::Snapshot && feed.kept >= LONG && steady
    });
    let last = last.and_then(|last| last.profile.as_ref());
    now.pairs.iter().find_map(|pair| {
        let (first, second) = (heading(feed, &pair.0), heading(feed, &pair.1));
        let is_so = turned(pair, &before) || last.is_some_and(|last| sums_exchanged(pair, now, last));
        is_so.then(|| format!("{}的“{first}”与“{second}”像是互换了；请核对这两列的内容与列名", feed.files_in_words()))
    })
}

type Pair = (String, String, u64, u64);

/// Nine in ten one way, and now seven in ten the other.
fn turned((first, second, smaller, larger): &Pair, before: &Profile) -> bool {
    let Some(was) = before.pairs.iter().find(|pair| pair.0 == *first && pair.1 == *second) else { return false };
    let (all, all_before) = (smaller + larger, was.2 + was.3);
    let turned = |most: u64, now: u64| most * 10 >= all_before * 9 && now * 10 >= all * 7;
    all >= 3 && all_before >= FEW && (turned(was.2, *larger) || turned(was.3, *smaller))
}

/// A whole list's sums hardly move in a month: those that lie far nearer to each other's old ones have changed places.
fn sums_exchanged((first, second, ..): &Pair, now: &Profile, last: &Profile) -> bool {
    let sum =
        |profile: &Profile, column: &String| profile.sums.get(column).map(|sum| *sum as f64).filter(|sum| *sum > 0.0);
    let sums = (sum(now, first), sum(now, second), sum(last, first), sum(last, second));
    let (Some(first), Some(second), Some(first_before), Some(second_before)) = sums else { return false };
    let far = |one: f64, other: f64| (one / other).ln().abs();
    let in_place = far(first, first_before) + far(second, second_before);
    let crosswise = far(first, second_before) + far(second, first_before);
    in_place > 0.01 && crosswise * 4.0 < in_place
}
