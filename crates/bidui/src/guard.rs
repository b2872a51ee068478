//! Which extracts may be used: one that arrives half-empty, or links badly, must not raise or clear a single warning.

use std::collections::{BTreeMap, BTreeSet};

use bidui_match::FeedHistory;
use bidui_model::{ColumnType, DataContract, FeedKind, FlawCode, LinkBy, Month, RejectCode};
use bidui_normalize::Gazetteer;

use crate::guard_content::{
    all_came_before, another_unit, badly_broken, dates_elsewhere, exchanged, named_for_another_month, one_word,
    two_registries, unchanged,
};
use crate::guard_parts::{Reads, column_gone, part_twice, rows_twice, sheets_of_months};
use crate::linking::MonthLinks;
use crate::profile::Profile;
use crate::sealing::SealedFeed;

/// A month that passed, as far as a later one is measured against it.
#[derive(Clone, Debug)]
pub(crate) struct Earlier {
    pub(crate) month: Month,
    pub(crate) kept: u64,
    pub(crate) profile: Option<Profile>,
    /// Column and heading.
    pub(crate) headings: Vec<(String, String)>,
}

impl Earlier {
    pub(crate) fn of(month: Month, feed: &SealedFeed) -> Self {
        Self { month, kept: feed.kept, profile: feed.profile.clone(), headings: feed.headings.clone() }
    }
    /// What an amount is measured against.
    fn amount(&self) -> (Month, u64) {
        (self.month, self.kept)
    }
}

/// The months of a feed that passed, in order, and those that are held, with the reason.
pub(crate) fn judge(
    contract: &DataContract,
    months: &BTreeMap<Month, SealedFeed>,
    links: &BTreeMap<Month, MonthLinks>,
    gazetteer: &Gazetteer,
    reads: &Reads,
) -> FeedHistory {
    let mut history = FeedHistory::default();
    let mut earlier: Vec<Earlier> = Vec::new();
    for (month, feed) in months {
        let before = earlier.last().and_then(|last| links.get(&last.month));
        let complaint = complaint_alone(contract, *month, feed, &earlier, reads)
            .or_else(|| badly_linked(contract, links.get(month)))
            .or_else(|| names_disagree(contract, feed, links.get(month)))
            .or_else(|| missing_towns(contract, before, links.get(month), gazetteer));
        match complaint {
            Some(why) => {
                history.held.insert(*month, naming_files(feed, why));
            }
            None => {
                history.good.insert(*month, feed.store());
                earlier.push(Earlier::of(*month, feed));
            }
        }
    }
    history
}

/// Whoever reads why must know which file.
fn naming_files(feed: &SealedFeed, why: String) -> String {
    let is_named = feed.inputs.iter().any(|input| why.contains(input.file.as_str()));
    if is_named || feed.inputs.is_empty() { why } else { format!("{}：{why}", feed.files_in_words()) }
}

/// What is wrong with a month of a feed as far as the feed itself can tell, measured against the months that passed before it.
pub(crate) fn complaint_alone(
    contract: &DataContract,
    month: Month,
    feed: &SealedFeed,
    earlier: &[Earlier],
    reads: &Reads,
) -> Option<String> {
    if !feed.problems.is_empty() {
        return Some(feed.problems.join("；"));
    }
    let previous = earlier.last().map(Earlier::amount);
    named_for_another_month(month, feed.inputs.iter().map(|input| input.file.as_str()))
        .or_else(|| sheets_of_months(contract, month, feed))
        .or_else(|| part_twice(feed))
        .or_else(|| two_registries(contract, feed))
        .or_else(|| rows_twice(feed))
        .or_else(|| badly_broken(feed))
        .or_else(|| all_came_before(feed))
        .or_else(|| dates_elsewhere(contract, month, feed))
        .or_else(|| wrong_amount(contract, feed.kept, previous))
        .or_else(|| emptied(contract, feed.kept, previous))
        .or_else(|| unreadable(contract, feed))
        .or_else(|| duplicated(feed))
        .or_else(|| unchanged(contract, feed, earlier))
        .or_else(|| another_unit(feed, earlier))
        .or_else(|| exchanged(contract, feed, earlier))
        .or_else(|| one_word(feed, earlier))
        .or_else(|| column_gone(contract, feed, earlier, reads))
}

/// More rows that stand twice than rows: a number that begins again in every town.
fn duplicated(feed: &SealedFeed) -> Option<String> {
    // A whole file that came twice is told of by itself.
    let twins: BTreeSet<String> = (feed.inputs.iter().enumerate())
        .filter(|(at, input)| feed.inputs[..*at].iter().any(|other| other.sha256 == input.sha256))
        .map(|(_, input)| input.told())
        .collect();
    let is_twin = |source: u32| feed.sources.get(source as usize).is_some_and(|(file, _)| twins.contains(file));
    let is_duplicate =
        |(source, _, code): &&(u32, u32, String)| code == RejectCode::Duplicate.code() && !is_twin(*source);
    let duplicates = feed.rejects.iter().filter(is_duplicate).count() as u64;
    (duplicates > feed.kept.max(SMALL_TOWN))
        .then(|| format!("重复记录{duplicates}行，比有效行数{}还多；请核对编号列是否整县统一", feed.kept))
}

fn badly_linked(contract: &DataContract, links: Option<&MonthLinks>) -> Option<String> {
    let rate = links.and_then(|links| links.counts.rate())?;
    let least = contract.guard.link_rate_min?;
    (rate < least)
        .then(|| format!("关联率{:.1}%，低于约定的{:.1}%；请核对证件号码列和报送范围", rate * 100.0, least * 100.0))
}

/// A list of persons that arrives with its headings alone.
fn emptied(contract: &DataContract, kept: u64, previous: Option<(Month, u64)>) -> Option<String> {
    let (month, before) = previous?;
    (contract.kind == FeedKind::Snapshot && kept == 0 && before >= FEW)
        .then(|| format!("没有一行有效数据，而{month}有{before}行；请重新报送"))
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
                | FlawCode::PlaceUnknown
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
    let is_place = |column: &str| {
        let kind = contract.column(column).map(|(_, column)| column.kind);
        matches!(kind, Some(ColumnType::Village | ColumnType::Town))
    };
    // Two columns of which not one value can be read stand in each other's place, however short the list.
    let errors = |column: &str| {
        let is_error = |(_, _, of, code, _): &&(u32, u32, String, String, String)| {
            of == column && code == FlawCode::CellError.code()
        };
        feed.flaws.iter().filter(is_error).count() as u64
    };
    let hopeless = bad.values().filter(|count| **count >= feed.kept).count() >= 2 && feed.kept > 0;
    let too_many = |column: &str, is_id: bool, count: u64| {
        // Some numbers are always damaged, and a second ID column is not what the row hangs on; villages are often misspelt.
        let most = match (is_id, is_place(column)) {
            (true, _) => feed.kept * 3 / 10,
            (_, true) => feed.kept / 2,
            _ => feed.kept / 5,
        };
        let is_many = count >= FEW && count > most || count >= feed.kept && (hopeless || count >= 2);
        is_many && (!is_id || is_link(column))
    };
    let ((column, is_id), count) = bad.into_iter().find(|((column, is_id), count)| too_many(column, *is_id, *count))?;
    let heading = feed.headings.iter().find(|(name, _)| name == column).map_or(column, |(_, heading)| heading);
    if errors(column) * 2 > count {
        return Some(format!(
            "“{heading}”列{}行中有{count}行的公式没有保存结果，或结果是错误值；请在表格软件中打开原表，改正公式，保存后重新报送",
            feed.kept
        ));
    }
    let what = if is_id { "证件号码缺失或损坏" } else { "值不认识" };
    Some(format!("“{heading}”列{}行中有{count}行{what}；请让部门更正，或在数据契约中登记新的写法", feed.kept))
}

/// Below this many rows a town's share may swing by chance.
const SMALL_TOWN: u64 = 30;

/// A town with this many rows does not vanish from a list by chance: more than two large families.
const VANISHING: u64 = 15;

/// Towns whose part of a list of persons has shrunk below what the whole list may, or has vanished: a school or a town that did not send.
/// Where a town's part appears, it is the list before that lacked it, and everybody in it would be new.
fn missing_towns(
    contract: &DataContract,
    before: Option<&MonthLinks>,
    now: Option<&MonthLinks>,
    gazetteer: &Gazetteer,
) -> Option<String> {
    let ((least, _), before, now) = (contract.guard.rows_vs_previous?, before?, now?);
    let rows = |links: &MonthLinks, town: &str| links.by_town.get(town).copied().unwrap_or(0);
    let is_less = |much: u64, little: u64, least: f64| {
        let vanished = little == 0 && much >= VANISHING;
        vanished || much >= SMALL_TOWN && (little as f64) < much as f64 * least
    };
    let towns = |from: &MonthLinks, to: &MonthLinks, least: f64| -> Option<String> {
        let one = |(town, much): (&String, &u64)| {
            let name = &gazetteer.town(town)?.name;
            let change = || format!("{name}由{}行变为{}行", rows(before, town), rows(now, town));
            is_less(*much, rows(to, town), least).then(change)
        };
        let found: Vec<String> = from.by_town.iter().filter_map(one).collect();
        (!found.is_empty()).then(|| found.join("，"))
    };
    let shrunk = towns(before, now, least).map(|towns| format!("有乡镇的数据可能缺报：{towns}；请补齐后重新报送"));
    let appeared = || towns(now, before, APPEARED);
    shrunk.or_else(|| Some(format!("上一份数据可能缺报乡镇：{}；请补报上一份，或核对本月", appeared()?)))
}

/// A town that had less than this share of what it has now was not sent.
const APPEARED: f64 = 0.2;

/// Names that are not those of the numbers beside them: a column that was sorted alone, or slipped by a row. A person who stands on
/// several rows in a row keeps his name on most of them.
pub(crate) fn names_disagree(contract: &DataContract, feed: &SealedFeed, links: Option<&MonthLinks>) -> Option<String> {
    let LinkBy::Person { name: Some(name), .. } = &contract.link else { return None };
    let heading = feed.headings.iter().find(|(column, _)| column == name).map(|(_, heading)| heading)?;
    let counts = &links?.counts;
    let elsewhere = counts.owned_by_another();
    let differ = counts.name_differs + elsewhere;
    let linked = counts.linked_or_owned();
    (contract.kind != FeedKind::Registry && differ >= FEW && differ * 4 > linked).then(|| {
        format!("“{heading}”与底册不符的有{differ}行，关联上的共{linked}行；请核对姓名与证件号码是否错行、错列")
    })
}

/// Too few or too many rows against the last good month.
pub(crate) fn wrong_amount(contract: &DataContract, kept: u64, previous: Option<(Month, u64)>) -> Option<String> {
    let (least, most) = contract.guard.rows_vs_previous?;
    let (month, before) = previous.filter(|(_, before)| *before > 0)?;
    let ratio = kept as f64 / before as f64;
    // A few rows more or less are much of a short list and say nothing: three times what chance alone would move, and never under 20.
    let by_chance = (3.0 * (kept.max(before) as f64).sqrt()).max(20.0);
    let is_far = (kept.abs_diff(before)) as f64 > by_chance;
    (is_far && (ratio < least || ratio > most)).then(|| {
        format!(
            "有效行数{kept}，是{month}（{before}行）的{:.0}%，超出约定的{:.0}%至{:.0}%；请核对是否报全、报重",
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
    use crate::sample::list_of_persons;
    use bidui_match::LinkCounts;
    use bidui_model::Guard;
    use bidui_model::LinkClass;

    fn contract() -> DataContract {
        let guard = Guard { rows_vs_previous: Some((0.7, 1.5)), link_rate_min: Some(0.8), ..Guard::default() };
        DataContract { guard, ..list_of_persons() }
    }

    fn check(rows: &[u64], linked: u64, expected_good: &[usize]) {
        let start: Month = "2023-01".parse().unwrap();
        let months: BTreeMap<Month, SealedFeed> = rows
            .iter()
            .enumerate()
            .map(|(at, kept)| (start.plus(at as i32), SealedFeed { kept: *kept, ..SealedFeed::default() }))
            .collect();
        let last = start.plus(rows.len() as i32 - 1);
        let counts = LinkCounts::made_of(&[(LinkClass::Certain, linked), (LinkClass::None, 100 - linked)]);
        let links = MonthLinks { counts, ..MonthLinks::default() };
        let history =
            judge(&contract(), &months, &BTreeMap::from([(last, links)]), &Gazetteer::default(), &Reads::new());
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
    fn a_short_list_may_double_by_chance() {
        check(&[7, 15], 95, &[0, 1]);
        check(&[1, 12], 95, &[0, 1]);
        check(&[8, 0], 95, &[0]);
        check(&[60, 20], 95, &[0]);
    }

    /// Rows by town before and now, of a town that the gazetteer knows.
    fn towns(before: u64, now: u64, expected: Option<&str>) {
        let towns = include_str!("../../../config/towns.toml");
        let villages = include_str!("../../../config/villages.csv");
        let gazetteer = Gazetteer::compile(towns, "towns.toml", villages, "villages.csv").unwrap();
        let links = |rows: u64| MonthLinks {
            by_town: BTreeMap::from([("450206102".to_owned(), rows)])
                .into_iter()
                .filter(|(_, rows)| *rows > 0)
                .collect(),
            ..MonthLinks::default()
        };
        let found = missing_towns(&contract(), Some(&links(before)), Some(&links(now)), &gazetteer);
        assert_eq!(found.as_deref().map(|found| &found[..expected.map_or(0, str::len)]), expected, "{found:?}");
    }

    #[test]
    fn a_town_that_shrinks_or_vanishes_or_appears_was_not_sent() {
        towns(100, 60, Some("有乡镇的数据可能缺报"));
        towns(100, 75, None);
        towns(15, 0, Some("有乡镇的数据可能缺报"));
        towns(14, 0, None);
        towns(0, 8, None);
        towns(0, 40, Some("上一份数据可能缺报乡镇"));
        towns(10, 90, Some("上一份数据可能缺报乡镇"));
        towns(40, 90, None);
    }

    #[test]
    fn names_that_are_not_those_of_the_numbers_are_held() {
        let check = |likely: u64, certain: u64, expected: bool| {
            let link = LinkBy::Person { id: "person".into(), name: Some("name".into()) };
            let contract = DataContract { link, ..contract() };
            let headings = vec![("name".to_owned(), "姓名".to_owned())];
            let feed = SealedFeed { headings, ..SealedFeed::default() };
            let mut counts = LinkCounts::made_of(&[(LinkClass::Likely, likely), (LinkClass::Certain, certain)]);
            counts.name_differs = likely;
            let links = MonthLinks { counts, ..MonthLinks::default() };
            assert_eq!(names_disagree(&contract, &feed, Some(&links)).is_some(), expected, "{likely} {certain}");
        };
        check(9, 1, true);
        check(5, 10, true);
        check(5, 15, false);
        check(4, 0, false);
    }

    #[test]
    fn formulas_without_a_result_are_named_as_such() {
        let check = |code: FlawCode, words: &str| {
            let flaw = |row: u32| (0, row, "amount".to_owned(), code.code().to_owned(), String::new());
            let headings = vec![("amount".to_owned(), "金额".to_owned())];
            let feed = SealedFeed { kept: 10, headings, flaws: (2..12).map(flaw).collect(), ..SealedFeed::default() };
            let said = unreadable(&contract(), &feed).unwrap();
            assert!(said.contains("“金额”列10行中有10行") && said.contains(words), "{said}");
        };
        check(FlawCode::CellError, "公式没有保存结果");
        check(FlawCode::MoneyUnreadable, "值不认识");
    }

    #[test]
    fn a_list_of_strangers_is_held() {
        check(&[100, 100], 79, &[0]);
        check(&[100, 100], 80, &[0, 1]);
    }
}
