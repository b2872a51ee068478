//! The rows that a signal rests on.

use bidui_match::{Evidence, Signal};
use bidui_model::{FeedKind, IdStatus, LinkClass};
use proptest::prelude::*;

use crate::county::{County, PERSON, Person, ROW, Row, day, month, of, person_contract, place_contract};

const V1: &str = "450204100201";

/// h1 of p1 and p2 in V1/上屯, h2 of p3 in V1, h3 of p4 nowhere.
fn persons() -> Vec<Person> {
    let person = |no, household, id: u128| Person { no, household, id, name: id as u64, ..PERSON };
    vec![
        Person { village: V1, hamlet: "上屯", ..person("p1", "h1", 1) },
        Person { village: V1, hamlet: "上屯", ..person("p2", "h1", 2) },
        Person { village: V1, ..person("p3", "h2", 3) },
        person("p4", "h3", 4),
    ]
}

fn rule(id: &str, per: &str, red: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\ntitle = \"名目\"\nrisk = \"因病\"\nbasis = \"依据\"\nper = \"{per}\"\ndepartments = [\"某局\"]\n\
         red = \"{red}\"\nreason = \"原因\"\n"
    )
}

fn fact(name: &str, per: &str, keys: &str) -> String {
    format!("[[fact]]\nname = \"{name}\"\nper = \"{per}\"\n{keys}\n")
}

/// `household rule fact month/row person class` of every piece of evidence.
fn shown(county: &County) -> Vec<String> {
    let mut signals = county.signals();
    let evidence = county.evidence(&mut signals);
    evidence.iter().map(|row| line(county, &signals, row)).collect()
}

fn line(county: &County, signals: &[Signal], row: &Evidence) -> String {
    let signal = &signals[row.signal];
    let person = if row.person == u32::MAX { "" } else { county.registry.person_no(row.person) };
    format!(
        "{} {} {} {}/{} {person} {}",
        county.registry.household_id(signal.household),
        county.rules[signal.rule].id,
        county.facts[row.fact].name,
        row.month,
        row.row,
        row.class.code()
    )
}

#[test]
fn a_signals_rows_are_those_that_its_fact_counted() {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    let bill = |id, fen, on| Row { amount: Some(fen), on: Some(day(on)), ..of(id) };
    county.put(feed, "2023-02", &[bill(1, 100, "2023-02-03"), bill(3, 100, "2023-02-03"), bill(1, 100, "2022-12-31")]);
    county.put(
        feed,
        "2023-03",
        &[
            bill(2, 900, "2023-02-27"),
            Row { kind: "退费", ..bill(1, 700, "2023-03-01") },
            bill(77, 100, "2023-03-01"),
            bill(3, 1, "2023-03-02"),
        ],
    );
    county.declare(
        feed,
        &fact("paid", "household", "months = 2\ndate = \"on\"\nwhere = \"kind = ''\"\nvalue = \"SUM(amount)\""),
    );
    county.compute();
    county.rule(&rule("r", "household", "paid >= 10"));
    assert_eq!(shown(&county), ["h1 r paid 2023-02/2 p1 certain", "h1 r paid 2023-03/2 p2 certain"]);
}

#[test]
fn a_rule_about_persons_shows_the_rows_of_those_it_fired_for() {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    county.put(
        feed,
        "2023-03",
        &[Row { score: Some(9.0), ..of(1) }, Row { score: Some(1.0), ..of(2) }, Row { score: Some(9.0), ..of(3) }],
    );
    county.declare(feed, &fact("worst", "person", "value = \"MAX(score)\""));
    county.declare(feed, &fact("rows", "household", "value = \"COUNT(*)\""));
    county.compute();
    county.rule(&rule("own", "person", "worst > 5"));
    county.rule(&rule("all", "person", "worst > 5 AND rows > 1"));
    assert_eq!(
        shown(&county),
        [
            "h1 own worst 2023-03/2 p1 certain",
            "h1 all worst 2023-03/2 p1 certain",
            "h1 all rows 2023-03/2 p1 certain",
            "h1 all rows 2023-03/3 p2 certain",
            "h2 own worst 2023-03/4 p3 certain",
        ]
    );
}

#[test]
fn the_new_rest_on_this_months_rows_and_the_gone_on_the_last() {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("名册", FeedKind::Snapshot));
    county.put(feed, "2023-02", &[of(1), of(2), of(2)]);
    county.put(feed, "2023-03", &[of(3), of(1)]);
    county.declare(feed, &fact("fresh", "household", "compare = \"new_since_previous\"\nvalue = \"COUNT(*)\""));
    county.declare(feed, &fact("gone", "household", "compare = \"gone_since_previous\"\nvalue = \"COUNT(*)\""));
    county.compute();
    county.rule(&rule("r", "household", "fresh > 0"));
    county.rule(&rule("s", "household", "gone > 0"));
    assert_eq!(
        shown(&county),
        ["h1 s gone 2023-02/3 p2 certain", "h1 s gone 2023-02/4 p2 certain", "h2 r fresh 2023-03/2 p3 certain"]
    );
}

#[test]
fn a_place_has_its_rows_and_nobodys_name() {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(place_contract("供水"));
    let cut = |hamlet, days| Row { village: V1, hamlet, days: Some(days), ..ROW };
    county.put(feed, "2023-03", &[cut("上屯", 5), cut("", 3), cut("下屯", 9)]);
    county.declare(feed, &fact("hamlet_days", "hamlet", "value = \"SUM(days)\""));
    county.declare(feed, &fact("village_days", "village", "value = \"SUM(days)\""));
    county.compute();
    county.rule(&rule("r", "household", "hamlet_days >= 3 OR village_days >= 3"));
    let mut signals = county.signals();
    let evidence = county.evidence(&mut signals);
    let lines: Vec<String> = evidence.iter().map(|row| line(&county, &signals, row)).collect();
    assert_eq!(
        lines,
        [
            "h1 r hamlet_days 2023-03/2  place",
            "h1 r village_days 2023-03/3  place",
            "h2 r village_days 2023-03/3  place"
        ]
    );
    assert!(signals.iter().all(|signal| signal.class == LinkClass::Place));
}

#[test]
fn a_signal_is_as_sure_as_its_weakest_row() {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    county.put(feed, "2023-03", &[of(1), Row { name: 99, ..of(2) }, of(3)]);
    county.declare(feed, &fact("rows", "household", "value = \"COUNT(*)\""));
    county.declare(feed, &fact("own", "person", "value = \"COUNT(*)\""));
    county.compute();
    county.rule(&rule("r", "household", "rows >= 0"));
    county.rule(&rule("s", "person", "own > 0"));
    let mut signals = county.signals();
    assert!(signals.iter().all(|signal| signal.class == LinkClass::Certain));
    county.evidence(&mut signals);
    let classes: Vec<(u32, usize, LinkClass)> =
        signals.iter().map(|signal| (signal.household, signal.rule, signal.class)).collect();
    assert_eq!(
        classes,
        [
            (0, 0, LinkClass::Likely),
            (0, 1, LinkClass::Likely),
            (1, 0, LinkClass::Certain),
            (1, 1, LinkClass::Certain),
            // Nothing was counted, and nothing can be doubted.
            (2, 0, LinkClass::Certain),
        ]
    );
}

#[test]
fn a_rule_about_a_household_names_the_members_whose_rows_it_rests_on() {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    county.put(feed, "2023-03", &[of(2), of(2), of(3), of(4)]);
    county.declare(feed, &fact("rows", "household", "value = \"COUNT(*)\""));
    county.declare(feed, &fact("of_village", "village", "value = \"COUNT(*)\""));
    county.compute();
    county.rule(&rule("own", "household", "rows >= 1"));
    county.rule(&rule("village", "household", "of_village >= 3"));
    let mut signals = county.signals();
    county.evidence(&mut signals);
    let named: Vec<String> = signals
        .iter()
        .map(|signal| {
            let persons: Vec<&str> = signal.persons.iter().map(|person| county.registry.person_no(*person)).collect();
            let (household, rule) = (county.registry.household_id(signal.household), &county.rules[signal.rule].id);
            format!("{household} {rule} {}", persons.join(","))
        })
        .collect();
    // A village's rows are its neighbours' too, who are nobody's business here.
    assert_eq!(named, ["h1 own p2", "h1 village p2", "h2 own p3", "h2 village p3", "h3 own p4"]);
}

#[test]
fn what_the_registry_says_has_no_rows_of_extracts() {
    let mut county = County::new("2023-03", &persons());
    county.declare(0, &fact("members", "household", "value = \"COUNT(DISTINCT person)\""));
    county.compute();
    county.rule(&rule("r", "household", "members > 1"));
    assert_eq!(county.signals().len(), 1);
    assert!(shown(&county).is_empty());
}

/// Rows of any two months, of anybody, with little in them.
fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (0..7_u128, prop::option::of(0..4_i64), prop::option::of(0..70_i32), 0..3_usize, any::<bool>());
    let made = row.prop_map(|(id, yuan, after, kind, named)| Row {
        id,
        status: if id == 0 { IdStatus::Missing } else { IdStatus::Valid },
        name: if named { id as u64 } else { 0 },
        amount: yuan.map(|yuan| yuan * 100),
        on: after.map(|after| month("2023-01").first_day() + 15 + after),
        kind: ["", "甲", "乙"][kind],
        ..ROW
    });
    prop::collection::vec(made, 0..14)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Worked out a second time from the rows as they were made, without the store.
    #[test]
    fn evidence_is_exactly_the_rows_that_were_counted(february in any_rows(), march in any_rows()) {
        let mut county = County::new("2023-03", &persons());
        let feed = county.feed(person_contract("明细", FeedKind::Events));
        county.put(feed, "2023-02", &february);
        county.put(feed, "2023-03", &march);
        county.declare(feed, &fact("paid", "household", "months = 2\ndate = \"on\"\nwhere = \"kind <> '乙'\"\nvalue = \"SUM(amount)\""));
        county.declare(feed, &fact("own", "person", "where = \"amount > 0\"\nvalue = \"COUNT(*)\""));
        county.compute();
        county.rule(&rule("paid", "household", "paid >= 1"));
        county.rule(&rule("own", "person", "own >= 1"));
        let mut found = shown(&county);
        found.sort();

        let (first, last) = (month("2023-02").first_day(), month("2023-03").last_day());
        let household = |id: u128| if id <= 2 { "h1" } else if id == 3 { "h2" } else { "h3" };
        let mut counted: Vec<(&str, &str, String, i64)> = Vec::new();
        let both = february.iter().zip(2..).map(|row| ("2023-02", row)).chain(march.iter().zip(2..).map(|row| ("2023-03", row)));
        for (file, (row, number)) in both.filter(|(_, (row, _))| (1..=4).contains(&row.id)) {
            let class = if row.name == 0 { "likely" } else { "certain" };
            let at = format!("{file}/{number} p{} {class}", row.id);
            let on = row.on.unwrap_or(month(file).first_day());
            if row.kind != "乙" && (first..=last).contains(&on) {
                counted.push((household(row.id), "paid paid", at.clone(), row.amount.unwrap_or(0)));
            }
            if file == "2023-03" && row.amount.unwrap_or(0) > 0 {
                counted.push((household(row.id), "own own", at, 100));
            }
        }
        let fires = |one: &(&str, &str, String, i64)| {
            counted.iter().filter(|other| (other.0, other.1) == (one.0, one.1)).map(|other| other.3).sum::<i64>() >= 100
        };
        let mut expected: Vec<String> =
            counted.iter().filter(|one| fires(one)).map(|(household, names, at, _)| format!("{household} {names} {at}")).collect();
        expected.sort();
        prop_assert_eq!(found, expected);
    }
}
