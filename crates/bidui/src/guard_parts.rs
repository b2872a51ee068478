//! Files and sheets of one month beside each other, and beside last month's columns: one list sent twice, corrected or summed up on another sheet; last
//! month's sheet left in the workbook; a column that is gone, or empty.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{DataContract, FeedKind, Month};

use crate::config::Config;
use crate::file_month::months_in_name;
use crate::guard::Earlier;
use crate::sealing::SealedFeed;

/// Fewer rows than this may be alike by chance.
const FEW: u64 = 3;

/// Fewer values than this come and go; so many do not go together.
const SOME: u64 = 5;
const MANY: u64 = 15;

/// The columns of an extract that facts read.
pub(crate) type Reads = BTreeSet<String>;

/// Of each extract.
pub(crate) fn reads(config: &Config) -> Vec<Reads> {
    let of_feed = |(feed, contract): (usize, &DataContract)| {
        let facts = || config.facts.iter().filter(move |fact| fact.feed == feed);
        let names = contract.columns.iter().map(|column| &column.name);
        names.filter(|name| facts().any(|fact| fact.reads_column(name))).cloned().collect()
    };
    config.contracts.iter().enumerate().map(of_feed).collect()
}

/// Two files or sheets of the month that say the same row by row, though not byte by byte: one list, sent as CSV and as a workbook.
pub(crate) fn part_twice(feed: &SealedFeed) -> Option<String> {
    let parts = &feed.profile.as_ref()?.parts;
    let mut seen: BTreeMap<&(u64, String), u32> = BTreeMap::new();
    let (first, second, rows) =
        parts.iter().find_map(|(source, part)| Some((seen.insert(part, *source)?, *source, part.0)))?;
    let (first, second) = (feed.part_in_words(first), feed.part_in_words(second));
    Some(format!("{first}与{second}的{rows}行逐行相同，像是同一份报了两次；请只保留一份"))
}

/// Sheets of which one is named for another month than the next: last month's was left in the workbook. Of a list that only grows each month brings
/// rows of its own, and those that came before are set aside.
pub(crate) fn sheets_of_months(contract: &DataContract, month: Month, feed: &SealedFeed) -> Option<String> {
    if contract.kind == FeedKind::Events {
        return None;
    }
    let named = feed.sources.iter().zip(0..).filter_map(|((_, sheet), source)| {
        let named = months_in_name(sheet, month).into_iter();
        // The month after is when the list was made; what came late belongs to the list.
        let of_day = |named: Month| if named == month.plus(1) { month } else { named };
        let months: BTreeSet<Month> = named.map(of_day).collect();
        (!months.is_empty() && !sheet.contains('补')).then_some((source, months))
    });
    let named: Vec<(u32, BTreeSet<Month>)> = named.collect();
    let of: BTreeSet<&BTreeSet<Month>> = named.iter().map(|(_, months)| months).collect();
    let (other, _) = named.iter().find(|(_, months)| !months.contains(&month))?;
    (of.len() > 1).then(|| {
        let other = feed.part_in_words(*other);
        format!("{other}写的是别的月份，与其他工作表不是同一个月；请只保留{}的工作表", month.in_chinese())
    })
}

/// Half of a file or sheet, or more, stands in another one: a correction beside what it corrects, a summary beside the towns' sheets. Or a third of all rows stands
/// twice in itself: pasted again.
pub(crate) fn rows_twice(feed: &SealedFeed) -> Option<String> {
    let profile = feed.profile.as_ref()?;
    let rows = |source: &u32| profile.parts.get(source).map_or(0, |part| part.0);
    let is_half = |(source, (shared, _)): &(&u32, &(u64, u32))| {
        let rows = rows(source);
        *shared >= FEW && shared * 2 >= rows || *shared >= 2 && *shared == rows
    };
    if let Some((source, (shared, other))) = profile.shared.iter().find(is_half) {
        let (one, other) = (feed.part_in_words(*source), feed.part_in_words(*other));
        return Some(format!(
            "{one}的{}行中有{shared}行与{other}等的逐行相同，像是更正稿与原稿、汇总表与分表都报了，会重复计算；请只保留一份",
            rows(source)
        ));
    }
    // Over all of it: of a short sheet a few may be alike.
    let again: u64 = profile.again.values().sum();
    let (source, _) = profile.again.iter().max_by_key(|(_, again)| **again)?;
    let (one, kept) = (feed.part_in_words(*source), feed.kept);
    (again >= SOME && again * 3 >= kept).then(|| {
        format!("{kept}行中有{again}行与前面的行完全相同（多在{one}），像是同一批贴了两遍，会重复计算；请删去重复的行")
    })
}

/// A column that most rows had a value in last month, and that nobody finds now, or that is empty: what it is asked for would be unknown or zero for
/// everybody, without a word.
pub(crate) fn column_gone(
    contract: &DataContract,
    feed: &SealedFeed,
    earlier: &[Earlier],
    reads: &Reads,
) -> Option<String> {
    let (now, last) = (feed.profile.as_ref()?, earlier.last()?);
    let before = last.profile.as_ref()?;
    if now.filled.is_empty() || feed.kept < SOME {
        return None;
    }
    let has_heading = |column: &str| feed.headings.iter().any(|(name, _)| name == column);
    // The registry's are asked by rules and lists themselves.
    let is_read = |column: &str| contract.kind == FeedKind::Registry || reads.contains(column);
    let gone = |column: &&bidui_model::ColumnContract| {
        let was = before.filled.get(&column.name).copied().unwrap_or(0);
        let is_empty = now.filled.get(&column.name).copied().unwrap_or(0) == 0;
        // As many as there would be of the rows that there are now: a few may all lack it by chance.
        let awaited = was * feed.kept / last.kept.max(1);
        let is_chance = has_heading(&column.name) && awaited < MANY && was * 10 < last.kept * 9;
        is_read(&column.name) && was >= SOME && was * 2 >= last.kept && is_empty && !is_chance
    };
    let column = contract.columns.iter().find(gone)?;
    let heading = |headings: &[(String, String)]| {
        headings.iter().find(|(name, _)| *name == column.name).map(|(_, heading)| heading.clone())
    };
    let month = last.month.in_chinese();
    Some(match heading(&feed.headings) {
        Some(heading) => format!(
            "“{heading}”列本月{}行全是空的，而{month}有{}行有值；请让部门补齐后重新报送",
            feed.kept, before.filled[&column.name]
        ),
        None => format!(
            "{month}有的“{}”列本月没有；若只是改了列名，请改回，或在数据契约中登记新的写法；若不再报这一列，请在数据契约中删去它",
            heading(&last.headings).unwrap_or_else(|| column.name.clone())
        ),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::profile::Profile;
    use crate::sample::list_of_persons;
    use bidui_model::{ColumnContract, ColumnType};

    fn feed(kept: u64, sheets: &[&str], profile: Profile) -> SealedFeed {
        let sources = sheets.iter().map(|sheet| ("乙/甲.xlsx".to_owned(), (*sheet).to_owned())).collect();
        SealedFeed { kept, sources, profile: Some(profile), ..SealedFeed::default() }
    }

    #[test]
    fn one_list_in_two_forms_is_one_list_too_many() {
        let part = |rows: u64, sum: &str| (rows, sum.to_owned());
        let check = |parts: &[(u64, String)], expected: bool| {
            let parts = (0..).zip(parts.iter().cloned()).collect();
            let found = part_twice(&feed(9, &["", "", ""], Profile { parts, ..Profile::default() }));
            assert_eq!(found.is_some(), expected, "{found:?}");
            assert!(found.is_none_or(|found| found.contains("乙/甲.xlsx")));
        };
        check(&[part(3, "a"), part(4, "b"), part(3, "a")], true);
        check(&[part(3, "a"), part(4, "a")], false);
    }

    #[test]
    fn half_a_part_that_stands_elsewhere_is_a_correction_or_a_summary() {
        let check = |rows: u64, shared: u64, again: u64, expected: bool| {
            let profile = Profile {
                parts: [(0, (rows, "a".to_owned())), (1, (90, "b".to_owned()))].into(),
                shared: [(0, (shared, 1))].into(),
                again: [(0, again)].into(),
                ..Profile::default()
            };
            assert_eq!(
                rows_twice(&feed(rows, &["汇总", "百朋镇"], profile)).is_some(),
                expected,
                "{rows} {shared} {again}"
            );
        };
        check(10, 9, 0, true);
        check(10, 4, 0, false);
        check(4, 2, 0, false);
        check(16, 0, 8, true);
        check(16, 0, 4, false);
        check(40, 0, 10, false);
        check(2, 2, 0, true);
    }

    #[test]
    fn last_months_sheet_beside_this_months_is_no_part_of_the_list() {
        let check = |kind: FeedKind, sheets: &[&str], expected: bool| {
            let contract = DataContract { kind, ..list_of_persons() };
            let found = sheets_of_months(&contract, "2023-03".parse().unwrap(), &feed(9, sheets, Profile::default()));
            assert_eq!(found.is_some(), expected, "{sheets:?}");
        };
        check(FeedKind::Snapshot, &["2月", "3月"], true);
        check(FeedKind::Registry, &["2023年2月", "2023年3月"], true);
        check(FeedKind::Snapshot, &["1月", "2月"], true);
        // Whoever filled last month's form has not given its sheet a new name.
        check(FeedKind::Snapshot, &["2月"], false);
        check(FeedKind::Snapshot, &["百朋镇2月", "成团镇2月"], false);
        check(FeedKind::Snapshot, &["3月", "百朋镇"], false);
        check(FeedKind::Snapshot, &["三都镇(20230331)", "里雍镇(20230402)"], false);
        check(FeedKind::Snapshot, &["2月补报", "3月"], false);
        check(FeedKind::Events, &["2月", "3月"], false);
    }

    #[test]
    fn a_column_that_is_gone_or_empty_is_told() {
        let column = |name: &str| ColumnContract {
            name: name.to_owned(),
            kind: ColumnType::Money,
            headings: vec!["年收入".to_owned()],
            required: false,
            stored: true,
            choices: Vec::new(),
            aliases: Vec::new(),
            fen_per_unit: 100,
        };
        let contract = DataContract { columns: vec![column("person"), column("income")], ..list_of_persons() };
        let of = |kept: u64, income: u64, has_heading: bool| {
            let filled = [("person".to_owned(), kept), ("income".to_owned(), income)].into();
            let mut feed = feed(kept, &[""], Profile { filled, ..Profile::default() });
            feed.headings =
                vec![("income".to_owned(), "人均纯收入".to_owned())].into_iter().filter(|_| has_heading).collect();
            feed
        };
        let check = |before: (u64, u64), now: (u64, u64, bool), expected: Option<&str>| {
            let earlier = [Earlier::of("2023-02".parse().unwrap(), &of(before.0, before.1, true))];
            let found = column_gone(&contract, &of(now.0, now.1, now.2), &earlier, &["income".to_owned()].into());
            assert_eq!(
                column_gone(&contract, &of(now.0, now.1, now.2), &earlier, &Reads::new()),
                None,
                "nobody reads it"
            );
            assert_eq!(found.is_some(), expected.is_some(), "{found:?}");
            assert!(expected.is_none_or(|words| found.unwrap().contains(words)));
        };
        check((90, 80), (92, 0, false), Some("2023年2月有的“人均纯收入”列本月没有"));
        check((90, 80), (92, 0, true), Some("“人均纯收入”列本月92行全是空的，而2023年2月有80行有值"));
        check((90, 80), (92, 1, true), None);
        check((90, 30), (92, 0, true), None);
        check((90, 80), (3, 0, true), None);
        // Six of ten by chance, of so few.
        check((10, 6), (9, 0, true), None);
        check((10, 6), (9, 0, false), Some("本月没有"));
        check((10, 9), (9, 0, true), Some("全是空的"));
    }
}
