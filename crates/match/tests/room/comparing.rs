//! Snapshots beside earlier ones: who is new, who is gone, and when there is nothing to compare with.

use bidui_model::FeedKind;

use crate::county::{County, PERSON, Person, Row, of, person_contract};

/// h1 of p1 and p2, h2 of p3.
fn county(at: &str) -> (County, usize) {
    let person = |no, household, id: u128| Person { no, household, id, name: id as u64, ..PERSON };
    let mut county = County::new(at, &[person("p1", "h1", 1), person("p2", "h1", 2), person("p3", "h2", 3)]);
    let feed = county.feed(person_contract("名册", FeedKind::Snapshot));
    (county, feed)
}

fn on_list(id: u128, kind: &'static str) -> Row {
    Row { kind, amount: Some(100 * id as i64), ..of(id) }
}

const COUNT: &str = "per = \"person\"\nvalue = \"COUNT(*)\"\nwhere = \"kind = '在保'\"";
const MEMBERS: &str = "per = \"household\"\nvalue = \"COUNT(DISTINCT person)\"\nwhere = \"kind = '在保'\"";

fn check(at: &str, files: &[(&str, &[Row])], spec: &str, compare: &str, expected: &str) {
    let (mut county, feed) = county(at);
    for (month, rows) in files {
        county.put(feed, month, rows);
    }
    assert_eq!(county.ask(feed, &format!("{spec}\ncompare = \"{compare}\"")), expected, "{compare}: {spec}");
}

const FEBRUARY: &[Row] = &[
    Row { id: 1, name: 1, kind: "在保", ..crate::county::ROW },
    Row { id: 3, name: 3, kind: "停保", ..crate::county::ROW },
];

#[test]
fn a_person_is_new_who_did_not_pass_the_filter_before() {
    let march = [on_list(1, "在保"), on_list(2, "在保"), on_list(3, "在保")];
    let files: &[(&str, &[Row])] = &[("2023-02", FEBRUARY), ("2023-03", &march)];
    check("2023-03", files, COUNT, "new_since_previous", "0 1 1");
    check("2023-03", files, MEMBERS, "new_since_previous", "1 1");
    let sum = "per = \"household\"\nvalue = \"SUM(amount)\"\nwhere = \"kind = '在保'\"";
    check("2023-03", files, sum, "new_since_previous", "2 3");
    // Without the filter all three were there but p2.
    check("2023-03", files, "per = \"person\"\nvalue = \"COUNT(*)\"", "new_since_previous", "0 1 0");
}

#[test]
fn a_person_is_gone_who_does_not_pass_the_filter_now() {
    let february = [on_list(1, "在保"), on_list(1, "在保"), on_list(2, "在保"), on_list(3, "停保"), on_list(9, "在保")];
    let march = [on_list(2, "停保"), on_list(3, "停保")];
    let files: &[(&str, &[Row])] = &[("2023-02", &february), ("2023-03", &march)];
    check("2023-03", files, COUNT, "gone_since_previous", "2 1 0");
    check("2023-03", files, MEMBERS, "gone_since_previous", "2 0");
    let sum = "per = \"household\"\nvalue = \"SUM(amount)\"\nwhere = \"kind = '在保'\"";
    check("2023-03", files, sum, "gone_since_previous", "4 0");
}

#[test]
fn nobody_is_new_or_gone_between_equal_lists() {
    let files: &[(&str, &[Row])] = &[("2023-02", FEBRUARY), ("2023-03", FEBRUARY)];
    check("2023-03", files, COUNT, "new_since_previous", "0 0 0");
    check("2023-03", files, COUNT, "gone_since_previous", "0 0 0");
}

#[test]
fn everybody_is_new_beside_an_empty_list_and_unknown_beside_none() {
    let march = [on_list(1, "在保"), on_list(2, "在保")];
    check("2023-03", &[("2023-02", &[]), ("2023-03", &march)], COUNT, "new_since_previous", "1 1 0");
    check("2023-03", &[("2023-03", &march)], COUNT, "new_since_previous", "unknown: 没有以前月份的数据可比");
    check("2023-03", &[("2023-03", &march)], COUNT, "gone_since_previous", "unknown: 没有以前月份的数据可比");
    // What came after the run's month is not "before".
    let files: &[(&str, &[Row])] = &[("2023-03", &march), ("2023-04", &march)];
    check("2023-03", files, COUNT, "new_since_previous", "unknown: 没有以前月份的数据可比");
}

#[test]
fn a_list_is_compared_with_the_last_that_could_be_used() {
    let march = [on_list(1, "在保"), on_list(2, "在保")];
    let files: &[(&str, &[Row])] = &[("2023-01", FEBRUARY), ("2023-03", &march)];
    check("2023-03", files, COUNT, "new_since_previous", "0 1 0 | 上月数据不可用，与2023-01比较");

    let (mut county, feed) = county("2023-03");
    county.put(feed, "2023-01", FEBRUARY);
    county.put(feed, "2023-02", &[]);
    county.put(feed, "2023-03", &march);
    county.hold(feed, "2023-02", "一行也没有");
    let spec = |compare: &str| format!("{COUNT}\ncompare = \"{compare}\"");
    assert_eq!(county.ask(feed, &spec("new_since_previous")), "0 1 0 | 上月数据不可用，与2023-01比较");
    assert_eq!(county.ask(feed, &spec("gone_since_previous")), "0 0 0 | 上月数据不可用，与2023-01比较");
}

#[test]
fn the_year_is_measured_from_last_december() {
    let march = [on_list(1, "在保"), on_list(2, "在保")];
    let both = [on_list(1, "在保"), on_list(2, "在保"), on_list(3, "在保")];
    let files: &[(&str, &[Row])] =
        &[("2021-12", &both), ("2022-12", FEBRUARY), ("2023-02", &both), ("2023-03", &march), ("2023-12", &both)];
    check("2023-03", files, COUNT, "new_since_year_start", "0 1 0");
    check("2023-12", files, COUNT, "new_since_year_start", "0 1 1");
    check("2022-12", files, COUNT, "new_since_year_start", "0 0 0");
    let files: &[(&str, &[Row])] = &[("2022-12", FEBRUARY), ("2023-01", &march)];
    check("2023-01", files, COUNT, "new_since_year_start", "0 1 0");
}

#[test]
fn without_last_december_the_year_is_unknown() {
    let march = [on_list(1, "在保")];
    let files: &[(&str, &[Row])] = &[("2022-11", FEBRUARY), ("2023-01", FEBRUARY), ("2023-03", &march)];
    check("2023-03", files, COUNT, "new_since_year_start", "unknown: 缺上年末基期：2022-12数据未到");
    let (mut county, feed) = county("2023-03");
    county.put(feed, "2023-03", &march);
    county.hold(feed, "2022-12", "行数翻了十倍");
    assert_eq!(
        county.ask(feed, &format!("{COUNT}\ncompare = \"new_since_year_start\"")),
        "unknown: 缺上年末基期：2022-12数据暂缓使用：行数翻了十倍"
    );
}

#[test]
fn a_snapshot_by_itself_needs_no_history() {
    let (mut county, feed) = county("2023-03");
    county.put(feed, "2023-03", &[on_list(1, "在保"), on_list(1, "在保"), on_list(3, "停保")]);
    assert_eq!(county.ask(feed, COUNT), "2 0 0");
    assert_eq!(county.ask(feed, MEMBERS), "1 0");
}
