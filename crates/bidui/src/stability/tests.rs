#![allow(clippy::unwrap_used)]
use super::*;

fn day(text: &str) -> i32 {
    let month: Month = text[..7].parse().unwrap();
    month.first_day() + text[8..].parse::<i32>().unwrap() - 1
}

fn passage(included: &[&str], eliminated: &[&str]) -> Passage {
    let days = |texts: &[&str]| texts.iter().map(|text| day(text)).collect();
    Passage { town_code: "450206101".into(), included: days(included), eliminated: days(eliminated) }
}

fn figures(passages: &[Passage]) -> Figures {
    let passages: Vec<&Passage> = passages.iter().collect();
    Figures::count(&passages, &StabilityLimits::default(), Month::new(2023, 3).unwrap())
}

fn check_flags(passages: &[Passage], expected: &str) {
    assert_eq!(figures(passages).flags(&StabilityLimits::default()), expected);
}

#[test]
fn a_few_a_month_is_even() {
    let months = ["2022-11-03", "2022-12-10", "2023-01-09", "2023-02-14", "2023-03-02", "2023-03-29"];
    check_flags(&months.map(|day| passage(&[day], &[])), "");
    check_flags(&[], "");
}

#[test]
fn far_more_than_the_mean_of_twelve_months_is_large() {
    let many: Vec<Passage> = (0..10).map(|at| passage(&[&format!("2023-03-{:02}", at + 1)], &[])).collect();
    check_flags(&many, "大进大出");
    // The same ten, where every month before had as many.
    let before = Month::new(2022, 3).unwrap().through(Month::new(2023, 2).unwrap());
    let even = before.flat_map(|month| (1..=10).map(move |at| passage(&[&format!("{month}-{at:02}")], &[])));
    check_flags(&even.chain(many).collect::<Vec<_>>(), "");
}

#[test]
fn what_falls_on_the_last_days_is_a_rush() {
    let even = Month::new(2022, 3).unwrap().through(Month::new(2023, 2).unwrap());
    let even: Vec<Passage> = even.flat_map(|month| vec![passage(&[&format!("{month}-05")], &[]); 10]).collect();
    let mut late = even.clone();
    late.extend(vec![passage(&["2023-03-27"], &[]); 10]);
    check_flags(&late, "突击纳入");
    let mut early = even.clone();
    early.extend(vec![passage(&["2023-03-26"], &[]); 10]);
    check_flags(&early, "");
    let mut out = even;
    out.extend(vec![passage(&["2021-01-05"], &["2023-03-31"]); 10]);
    check_flags(&out, "大进大出、突击消除");
}

#[test]
fn how_long_the_shortest_stay_was_and_who_came_back() {
    let found = figures(&[
        passage(&["2022-09-15"], &["2023-03-14"]),
        passage(&["2022-01-15"], &["2023-03-14"]),
        passage(&["2021-05-01", "2023-03-08"], &["2022-06-01"]),
        passage(&["2022-05-01"], &["2022-06-01"]),
    ]);
    assert_eq!((found.shortest_months, found.in_out_in), (Some(5), 1));
    assert_eq!((found.included.now, found.included.before, found.eliminated.now), (1, 2, 2));
    assert_eq!(found.eliminated.largest_day, 2);
}

#[test]
fn one_event_that_both_registry_and_ledger_have_is_one() {
    let mut known = vec![day("2023-03-01")];
    add_new(&mut known, Some(day("2023-03-20")));
    add_new(&mut known, None);
    assert_eq!(known.len(), 1);
    add_new(&mut known, Some(day("2023-06-20")));
    assert_eq!(known.len(), 2);
}

#[test]
fn who_is_let_go_soon_after_is_flagged() {
    check_flags(&[passage(&["2022-10-02"], &["2023-03-29"])], "过早消除");
    check_flags(&[passage(&["2022-09-02"], &["2023-03-29"])], "");
    let passages = passage(&["2022-10-02"], &["2023-03-29"]);
    let limits = StabilityLimits { early_months: 0, ..StabilityLimits::default() };
    assert_eq!(figures(&[passages]).flags(&limits), "");
}
