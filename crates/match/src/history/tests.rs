//! Which months a fact rests on, and what is said when one is not there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::PathBuf;

use polars::prelude::DataType;

use super::*;
use crate::fact::{Aggregate, Per};

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn history(good: &[&str], held: &[(&str, &str)]) -> FeedHistory {
    FeedHistory {
        good: good.iter().map(|text| (month(text), StoreFile::new(PathBuf::new()))).collect(),
        held: held.iter().map(|(text, why)| (month(text), (*why).to_owned())).collect(),
    }
}

fn fact(months: u32, compare: Option<Compare>) -> Fact {
    Fact {
        name: String::new(),
        title: String::new(),
        per: Per::Person,
        months,
        date: None,
        unit: String::new(),
        compare,
        feed: 0,
        aggregate: Aggregate::Count,
        argument: None,
        argument_type: DataType::Int64,
        filter: None,
        reads: Vec::new(),
        sql: String::new(),
    }
}

/// Months read, month compared with, note; or why not. The run is for 2023-03.
fn check(
    kind: FeedKind,
    months: u32,
    compare: Option<Compare>,
    history: &FeedHistory,
    expected: Result<(&str, &str, &str), &str>,
) {
    let found = plan(&fact(months, compare), kind, history, month("2023-03")).map(|plan| {
        let months: Vec<String> = plan.months.iter().map(ToString::to_string).collect();
        (months.join(" "), plan.compare.map_or_else(String::new, |(_, with)| with.to_string()), plan.note)
    });
    let expected = expected
        .map(|(months, with, note)| (months.to_owned(), with.to_owned(), note.to_owned()))
        .map_err(str::to_owned);
    assert_eq!(found, expected, "{kind:?} {months} {compare:?} {history:?}");
}

fn window(months: u32, good: &[&str], held: &[(&str, &str)], expected: Result<(&str, &str, &str), &str>) {
    check(FeedKind::Events, months, None, &history(good, held), expected);
}

fn compared(with: Compare, good: &[&str], held: &[(&str, &str)], expected: Result<(&str, &str, &str), &str>) {
    check(FeedKind::Snapshot, 1, Some(with), &history(good, held), expected);
}

#[test]
fn a_window_is_read_whole() {
    window(1, &["2023-03"], &[], Ok(("2023-03", "", "")));
    window(3, &["2023-01", "2023-02", "2023-03"], &[], Ok(("2023-01 2023-02 2023-03", "", "")));
    window(2, &["2022-12", "2023-02", "2023-03", "2023-04"], &[], Ok(("2023-02 2023-03", "", "")));
}

#[test]
fn a_gap_is_named() {
    window(1, &["2023-02"], &[], Err("2023-03数据未到"));
    window(3, &["2023-01", "2023-03"], &[], Err("2023-02数据未到"));
    window(12, &["2022-06", "2022-08", "2023-03"], &[], Err("2022-07数据未到"));
    window(3, &["2023-01", "2023-03"], &[("2023-02", "行数太少")], Err("2023-02数据暂缓使用：行数太少"));
    window(1, &["2023-02"], &[("2023-03", "行数太少")], Err("2023-03数据暂缓使用：行数太少"));
    window(1, &[], &[], Err("2023-03数据未到"));
}

#[test]
fn a_history_that_begins_inside_the_window_is_noted() {
    window(12, &["2023-02", "2023-03"], &[], Ok(("2023-02 2023-03", "", "数据自2023-02起，不足12个月")));
    window(3, &["2022-11", "2022-12", "2023-01", "2023-02", "2023-03"], &[], Ok(("2023-01 2023-02 2023-03", "", "")));
    // A month that came and was held is where the history begins, too.
    window(12, &["2023-03"], &[("2023-02", "行数太少")], Err("2023-02数据暂缓使用：行数太少"));
}

#[test]
fn the_days_of_a_window_are_those_of_its_months() {
    let plan =
        plan(&fact(12, None), FeedKind::Events, &history(&["2023-02", "2023-03"], &[]), month("2023-03")).unwrap();
    assert_eq!(plan.days, (month("2022-04").first_day(), month("2023-03").last_day()));
}

#[test]
fn a_snapshot_stands_by_itself() {
    check(FeedKind::Snapshot, 1, None, &history(&["2023-03"], &[]), Ok(("2023-03", "", "")));
    check(FeedKind::Snapshot, 1, None, &history(&["2023-02"], &[]), Err("2023-03数据未到"));
}

#[test]
fn the_registry_is_always_that_of_the_month() {
    check(FeedKind::Registry, 1, None, &history(&[], &[]), Ok(("2023-03", "", "")));
}

#[test]
fn the_previous_is_the_last_that_could_be_used() {
    use Compare::{GoneSincePrevious, NewSincePrevious};
    let note = "上月数据不可用，与2023-01比较";
    compared(NewSincePrevious, &["2023-02", "2023-03"], &[], Ok(("2023-03", "2023-02", "")));
    compared(NewSincePrevious, &["2023-01", "2023-03"], &[], Ok(("2023-03", "2023-01", note)));
    compared(NewSincePrevious, &["2023-01", "2023-03"], &[("2023-02", "行数太少")], Ok(("2023-03", "2023-01", note)));
    compared(NewSincePrevious, &["2023-03", "2023-04"], &[], Err("没有以前月份的数据可比"));
    compared(NewSincePrevious, &["2023-02"], &[], Err("2023-03数据未到"));
    // Who is gone is read from the earlier list, and looked for in this month's.
    compared(GoneSincePrevious, &["2023-02", "2023-03"], &[], Ok(("2023-02", "2023-03", "")));
    compared(GoneSincePrevious, &["2023-01", "2023-03"], &[], Ok(("2023-01", "2023-03", note)));
    compared(GoneSincePrevious, &["2023-03"], &[], Err("没有以前月份的数据可比"));
}

#[test]
fn the_year_starts_with_last_december_and_nothing_else_will_do() {
    use Compare::NewSinceYearStart;
    compared(NewSinceYearStart, &["2022-12", "2023-03"], &[], Ok(("2023-03", "2022-12", "")));
    compared(
        NewSinceYearStart,
        &["2022-11", "2023-01", "2023-02", "2023-03"],
        &[],
        Err("缺上年末基期：2022-12数据未到"),
    );
    compared(
        NewSinceYearStart,
        &["2023-03"],
        &[("2022-12", "行数太少")],
        Err("缺上年末基期：2022-12数据暂缓使用：行数太少"),
    );
}
