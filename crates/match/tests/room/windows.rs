//! Which rows of which months an event fact counts.

use bidui_model::FeedKind;

use crate::county::{County, PERSON, Person, Row, day, month, of, person_contract};

fn county(at: &str) -> (County, usize) {
    let persons = [Person { no: "p1", household: "h1", id: 1, name: 1, ..PERSON }];
    let mut county = County::new(at, &persons);
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    (county, feed)
}

/// Amounts are powers of two yuan, so that a sum says which rows it is of.
fn bill(yuan: i64, on: &str) -> Row {
    Row { amount: Some(yuan * 100), on: (!on.is_empty()).then(|| day(on)), ..of(1) }
}

/// The sum over a window that ends with `at`.
fn check(at: &str, keys: &str, files: &[(&str, &[Row])], expected: &str) {
    let (mut county, feed) = county(at);
    for (month, rows) in files {
        county.put(feed, month, rows);
    }
    let spec = format!("per = \"person\"\nvalue = \"SUM(amount)\"\n{keys}");
    assert_eq!(county.ask(feed, &spec), expected, "{spec}");
}

#[test]
fn a_window_is_whole_months_ending_with_the_runs() {
    let files: &[(&str, &[Row])] = &[
        ("2022-12", &[bill(1, "2022-12-31")]),
        ("2023-01", &[bill(2, "2023-01-01"), bill(4, "2023-01-31")]),
        ("2023-02", &[bill(8, "2023-02-28")]),
        ("2023-03", &[bill(16, "2023-03-01"), bill(32, "2023-03-31")]),
    ];
    check("2023-03", "months = 1", files, "48");
    check("2023-03", "months = 2", files, "56");
    check("2023-03", "months = 3", files, "62");
    check("2023-03", "months = 3\ndate = \"on\"", files, "62");
    check("2023-02", "months = 2", files, "14");
    check("2023-01", "months = 2\ndate = \"on\"", files, "7");
}

#[test]
fn with_a_date_a_row_counts_by_its_own_day() {
    let files: &[(&str, &[Row])] = &[
        ("2022-12", &[bill(1, "2023-01-15")]),
        ("2023-01", &[bill(2, "2022-12-31"), bill(4, "2023-02-10")]),
        ("2023-02", &[bill(8, "2022-06-01")]),
        ("2023-03", &[bill(16, "2023-01-05"), bill(32, "2022-12-30"), bill(64, "2023-04-01"), bill(128, "2023-03-31")]),
    ];
    // A late row counts where it belongs; one outside the window does not, nor does one in a file before it.
    check("2023-03", "months = 3\ndate = \"on\"", files, "148");
    check("2023-03", "months = 1\ndate = \"on\"", files, "128");
    check("2023-03", "months = 3", files, "254");
}

#[test]
fn a_row_without_a_date_is_of_its_files_month() {
    let files: &[(&str, &[Row])] = &[("2023-02", &[bill(1, "")]), ("2023-03", &[bill(2, ""), bill(4, "2023-02-20")])];
    check("2023-03", "months = 2\ndate = \"on\"", files, "7");
    check("2023-03", "months = 1\ndate = \"on\"", files, "2");
}

#[test]
fn a_month_missing_inside_the_window_makes_it_unknown() {
    let files: &[(&str, &[Row])] = &[("2022-12", &[]), ("2023-01", &[bill(1, "")]), ("2023-03", &[bill(2, "")])];
    check("2023-03", "months = 3", files, "unknown: 2023-02数据未到");
    check("2023-03", "months = 2", files, "unknown: 2023-02数据未到");
    check("2023-03", "months = 1", files, "2");
    check("2023-04", "months = 1", files, "unknown: 2023-04数据未到");
}

#[test]
fn a_month_held_inside_the_window_makes_it_unknown_and_says_why() {
    let (mut county, feed) = county("2023-03");
    for month in ["2023-01", "2023-02", "2023-03"] {
        county.put(feed, month, &[bill(1, "")]);
    }
    county.hold(feed, "2023-01", "关联率只有三成");
    let ask = |county: &mut County, months: u32| {
        county.ask(feed, &format!("per = \"person\"\nvalue = \"SUM(amount)\"\nmonths = {months}"))
    };
    assert_eq!(ask(&mut county, 12), "unknown: 2023-01数据暂缓使用：关联率只有三成");
    assert_eq!(ask(&mut county, 3), "unknown: 2023-01数据暂缓使用：关联率只有三成");
    assert_eq!(ask(&mut county, 2), "2");
}

#[test]
fn a_history_shorter_than_the_window_is_told() {
    let files: &[(&str, &[Row])] = &[("2023-02", &[bill(1, "")]), ("2023-03", &[bill(2, "")])];
    check("2023-03", "months = 12", files, "3 | 数据自2023-02起，不足12个月");
    check("2023-03", "months = 2", files, "3");
    check("2023-02", "months = 2", files, "1 | 数据自2023-02起，不足2个月");
}

#[test]
fn months_after_the_runs_are_not_read() {
    let files: &[(&str, &[Row])] =
        &[("2023-02", &[bill(1, "")]), ("2023-03", &[bill(2, "")]), ("2023-04", &[bill(4, "2023-03-05")])];
    check("2023-03", "months = 2\ndate = \"on\"", files, "3");
}

#[test]
fn the_window_that_was_read_is_told() {
    let (mut county, feed) = county("2023-03");
    for month in ["2023-02", "2023-03"] {
        county.put(feed, month, &[bill(1, "")]);
    }
    county.ask(feed, "per = \"person\"\nvalue = \"SUM(amount)\"\nmonths = 12");
    assert_eq!(county.columns[0].window, Some((month("2023-02"), month("2023-03"))));
}

#[test]
fn a_bill_and_its_refund_of_another_month_cancel() {
    let files: &[(&str, &[Row])] = &[
        ("2023-01", &[bill(20_000, "2023-01-09")]),
        ("2023-02", &[]),
        ("2023-03", &[bill(-20_000, "2023-03-02"), bill(3, "2023-03-02")]),
    ];
    check("2023-03", "months = 12\ndate = \"on\"", files, "3 | 数据自2023-01起，不足12个月");
    check("2023-03", "months = 1\ndate = \"on\"", files, "-19997");
}
