//! Aggregates over one month of one feed: what counts, and what nobody's rows answer.

use bidui_model::{FeedKind, IdStatus};

use crate::county::{County, PERSON, Person, ROW, Row, day, of, person_contract};

/// Household h1 of p1 and p2, h2 of p3, h3 of p4 without a number.
fn persons() -> Vec<Person> {
    vec![
        Person { no: "p1", household: "h1", id: 1, name: 1, relation: "户主", labour: "普通劳动力", ..PERSON },
        Person { no: "p2", household: "h1", id: 2, name: 2, labour: "技能劳动力", ..PERSON },
        Person {
            no: "p3",
            household: "h2",
            id: 3,
            name: 3,
            labour: "普通劳动力",
            identified_on: Some(day("2023-01-05")),
            ..PERSON
        },
        Person { no: "p4", household: "h3", ..PERSON },
    ]
}

/// Rows of one month: a bill, its refund and a bill of p1's, one of p2's, three of p3's with little in them, and of strangers.
fn rows() -> Vec<Row> {
    let p1 = |amount, on| Row { amount: Some(amount), on: Some(day(on)), ..of(1) };
    vec![
        Row { kind: "甲", working: Some(true), days: Some(3), score: Some(0.5), ..p1(10_050, "2023-03-02") },
        Row { kind: "甲", working: Some(false), days: Some(-1), score: Some(0.25), ..p1(-10_050, "2023-03-03") },
        Row { kind: "乙", days: Some(4), ..p1(1, "2023-03-03") },
        Row { kind: "丙", amount: Some(200_000), working: Some(true), on: Some(day("2023-03-09")), ..of(2) },
        Row { kind: "甲", working: Some(false), ..of(3) },
        Row { working: Some(false), ..of(3) },
        of(3),
        Row { amount: Some(999_999), kind: "甲", working: Some(true), ..of(77) },
        Row { amount: Some(999_999), kind: "甲", status: IdStatus::DamagedByExcel, ..ROW },
        Row { amount: Some(999_999), kind: "甲", status: IdStatus::Missing, ..ROW },
    ]
}

/// The fact over the rows as an extract of events.
fn check(per: &str, value: &str, expected: &str) {
    check_where(per, value, "", expected);
}

fn check_where(per: &str, value: &str, filter: &str, expected: &str) {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    county.put(feed, "2023-03", &rows());
    let filter = if filter.is_empty() { String::new() } else { format!("where = \"{filter}\"") };
    let spec = format!("per = \"{per}\"\nvalue = \"{value}\"\n{filter}");
    assert_eq!(county.ask(feed, &spec), expected, "{spec}");
}

#[test]
fn nobodys_rows_count_nothing_and_sum_to_zero() {
    check("person", "COUNT(*)", "3 1 3 -");
    check("household", "COUNT(*)", "4 3 0");
    check("person", "SUM(amount)", "0.01 2000 0 -");
    check("household", "SUM(amount)", "2000.01 0 0");
    check("person", "ANY(working)", "true true false -");
    check("household", "COUNT(DISTINCT person)", "2 1 0");
    check("household", "COUNT(DISTINCT kind)", "3 2 0");
}

#[test]
fn nobodys_rows_have_no_least_greatest_mean_all_or_latest() {
    check("household", "MIN(amount)", "-100.5 - -");
    check("household", "MAX(amount)", "2000 - -");
    check("person", "AVG(amount)", "0.0033333333333333335 2000 - -");
    check("person", "ALL(working)", "false true false -");
    // Without `date` all rows are of one day, and the greatest answers.
    check("person", "LATEST(amount)", "100.5 2000 - -");
}

#[test]
fn a_null_is_not_a_row_that_counts() {
    check("person", "COUNT(amount)", "3 1 0 -");
    check("person", "COUNT(working)", "2 1 2 -");
    check("person", "SUM(days)", "6 0 0 -");
    check("person", "AVG(days)", "2 - - -");
    check("person", "AVG(score)", "0.375 - - -");
    check("person", "COUNT(DISTINCT days)", "3 0 0 -");
}

#[test]
fn a_missing_word_is_an_empty_word() {
    check("person", "COUNT(kind)", "3 1 3 -");
    check("person", "MIN(kind)", "'乙' '丙' '' -");
    check("person", "MAX(kind)", "'甲' '丙' '甲' -");
    check_where("person", "COUNT(*)", "kind = ''", "0 0 2 -");
    check_where("person", "COUNT(*)", "kind <> '甲'", "1 1 2 -");
}

#[test]
fn a_filter_and_its_not_both_lose_nulls() {
    check_where("person", "COUNT(*)", "working", "1 1 0 -");
    check_where("person", "COUNT(*)", "NOT working", "1 0 2 -");
    check_where("person", "COUNT(*)", "working IS NULL", "1 0 1 -");
    check_where("person", "COUNT(*)", "amount > 0 OR amount <= 0", "3 1 0 -");
    check_where("household", "SUM(amount)", "amount > 0", "2100.51 0 0");
}

#[test]
fn money_is_in_yuan_where_people_write_it() {
    check_where("person", "COUNT(*)", "amount = 100.5", "1 0 0 -");
    check_where("person", "COUNT(*)", "amount >= 2000", "0 1 0 -");
    check("person", "SUM(amount * 2 + 1)", "3.02 4001 0 -");
    check("person", "MAX(COALESCE(amount, 0))", "100.5 2000 0 -");
}

#[test]
fn a_condition_may_read_no_column_at_all() {
    check("person", "SUM(1)", "3 1 3 -");
    check("person", "MAX(0.5)", "0.5 0.5 0.5 -");
    check_where("person", "COUNT(*)", "TRUE", "3 1 3 -");
    check_where("person", "COUNT(*)", "FALSE", "0 0 0 -");
    check_where("person", "COUNT(*)", "month_start > DATE '2023-04-01'", "0 0 0 -");
    check_where("person", "COUNT(*)", "line > 7000", "3 1 3 -");
}

#[test]
fn days_and_dates_are_values_too() {
    check("person", "MAX(on)", "2023-03-03 2023-03-09 - -");
    check("person", "MIN(on)", "2023-03-02 2023-03-09 - -");
    check("person", "MAX(EXTRACT(DAY FROM on))", "3 9 - -");
    check("person", "COUNT(DISTINCT on)", "2 1 0 -");
    check("person", "MAX(working)", "true true false -");
}

#[test]
fn of_several_latest_rows_the_greatest_answers() {
    let latest = |value: &str, expected: &str| {
        let mut county = County::new("2023-03", &persons());
        let feed = county.feed(person_contract("明细", FeedKind::Events));
        let row = |id, on, amount, kind| Row { on, amount: Some(amount), kind, ..of(id) };
        let (second, third) = (Some(day("2023-03-02")), Some(day("2023-03-03")));
        county.put(
            feed,
            "2023-03",
            &[
                row(1, third, 500, "乙"),
                row(1, third, 700, "丙"),
                row(1, second, 900, "甲"),
                // Without a date a row is of the month's first day.
                row(2, None, 900, "甲"),
                row(2, second, 100, "乙"),
                row(3, third, 300, "乙"),
                Row { amount: None, ..row(3, Some(day("2023-03-30")), 0, "丁") },
            ],
        );
        let spec = format!("per = \"person\"\ndate = \"on\"\nvalue = \"LATEST({value})\"");
        assert_eq!(county.ask(feed, &spec), expected, "{spec}");
    };
    latest("amount", "7 1 3 -");
    latest("kind", "'乙' '乙' '丁' -");
    latest("amount > 6", "true false false -");
    latest("on", "2023-03-03 2023-03-02 2023-03-30 -");
}

#[test]
fn facts_over_the_registry_count_everybody_with_or_without_a_number() {
    let check = |spec: &str, expected: &str| {
        let mut county = County::new("2023-03", &persons());
        assert_eq!(county.ask(0, spec), expected, "{spec}");
    };
    check("per = \"household\"\nvalue = \"COUNT(DISTINCT person)\"", "2 1 1");
    check(
        "per = \"household\"\nvalue = \"COUNT(DISTINCT person)\"\nwhere = \"labour IN ('普通劳动力', '技能劳动力')\"",
        "2 1 0",
    );
    check("per = \"person\"\nvalue = \"COUNT(*)\"\nwhere = \"labour = ''\"", "0 0 0 1");
    check("per = \"household\"\nvalue = \"MAX(identified_on)\"", "- 2023-01-05 -");
    check("per = \"household\"\nvalue = \"COUNT(*)\"\nwhere = \"village = ''\"", "2 1 1");
}

#[test]
fn a_sum_that_does_not_fit_is_an_error_and_not_a_small_number() {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    let much = |id| Row { score: Some(8.0e14), ..of(id) };
    county.put(feed, "2023-03", &[much(1), much(2)]);
    county.declare(feed, "[[fact]]\nname = \"much\"\nper = \"person\"\nvalue = \"SUM(score)\"\n");
    county.compute();
    assert_eq!(county.shown("much"), "800000000000000 800000000000000 0 -");
    county.facts.clear();
    county.declare(feed, "[[fact]]\nname = \"more\"\nper = \"household\"\nvalue = \"SUM(score)\"\n");
    let error = bidui_match::compute_facts(&county.fact_inputs()).expect_err("an overflow");
    assert_eq!(error.to_string(), "指标“more”求和溢出");
}

#[test]
fn an_extract_without_rows_is_known_to_say_nothing() {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    county.put(feed, "2023-03", &[]);
    assert_eq!(county.ask(feed, "per = \"person\"\nvalue = \"COUNT(*)\""), "0 0 0 -");
    assert_eq!(county.ask(feed, "per = \"person\"\nvalue = \"MAX(amount)\""), "- - - -");
}

#[test]
fn an_extract_that_did_not_come_is_unknown_and_never_zero() {
    let mut county = County::new("2023-03", &persons());
    let events = county.feed(person_contract("明细", FeedKind::Events));
    let snapshot = county.feed(person_contract("名册", FeedKind::Snapshot));
    county.hold(snapshot, "2023-03", "行数只有上月的一成");
    for value in ["COUNT(*)", "SUM(amount)", "MAX(amount)", "ANY(working)"] {
        let spec = format!("per = \"person\"\nvalue = \"{value}\"");
        assert_eq!(county.ask(events, &spec), "unknown: 2023-03数据未到");
        assert_eq!(county.ask(snapshot, &spec), "unknown: 2023-03数据暂缓使用：行数只有上月的一成");
    }
    assert!(county.columns[0].window.is_none());
}
