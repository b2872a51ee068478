//! Facts about villages and hamlets, from rows about places and from rows about persons.

use bidui_model::FeedKind;

use crate::county::{County, PERSON, Person, ROW, Row, day, of, person_contract, place_contract};

const V1: &str = "450204100201";
const V2: &str = "450204100202";

/// Hamlets: V1/上屯 of h1, V1/下屯 of h2, V2/上屯 of h3; h4 in V2 without a hamlet; h5 nowhere.
fn persons() -> Vec<Person> {
    let person = |no, household, id: u128, village, hamlet| Person {
        no,
        household,
        id,
        name: id as u64,
        village,
        hamlet,
        ..PERSON
    };
    vec![
        person("p1", "h1", 1, V1, "上屯"),
        person("p2", "h2", 2, V1, "下屯"),
        person("p3", "h3", 3, V2, "上屯"),
        person("p4", "h4", 4, V2, ""),
        person("p5", "h5", 5, "", "上屯"),
    ]
}

fn cut(village: &'static str, hamlet: &'static str, days: i64) -> Row {
    Row { village, hamlet, days: Some(days), on: Some(day("2023-03-10")), ..ROW }
}

fn check(rows: &[Row], spec: &str, expected: &str) {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(place_contract("供水"));
    county.put(feed, "2023-03", rows);
    assert_eq!(county.ask(feed, &format!("value = \"SUM(days)\"\n{spec}")), expected, "{spec}");
}

#[test]
fn a_row_with_a_hamlet_is_the_hamlets_and_one_without_the_villages() {
    let rows = [cut(V1, "上屯", 1), cut(V1, "", 2), cut(V2, "上屯", 4), cut(V2, "上屯", 8), cut(V1, "下屯", 16)];
    check(&rows, "per = \"hamlet\"", "1 16 12");
    check(&rows, "per = \"village\"", "2 0");
    check(&rows, "per = \"hamlet\"\nwhere = \"hamlet <> ''\"\ndate = \"on\"", "1 16 12");
    check(&rows, "per = \"village\"\nwhere = \"hamlet = ''\"\ndate = \"on\"", "2 0");
}

#[test]
fn places_where_nobody_lives_count_nowhere() {
    let rows =
        [cut(V1, "中屯", 1), cut("450204100299", "", 2), cut("", "上屯", 4), cut("", "", 8), cut(V2, "下屯", 16)];
    check(&rows, "per = \"hamlet\"", "0 0 0");
    check(&rows, "per = \"village\"", "0 0");
}

#[test]
fn rows_about_persons_count_for_where_their_household_is() {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    let row = |id, yuan: i64| Row { amount: Some(100 * yuan), ..of(id) };
    county.put(feed, "2023-03", &[row(1, 1), row(2, 2), row(3, 4), row(4, 8), row(5, 16), row(99, 32)]);
    assert_eq!(county.ask(feed, "per = \"village\"\nvalue = \"SUM(amount)\""), "3 12");
    assert_eq!(county.ask(feed, "per = \"hamlet\"\nvalue = \"SUM(amount)\""), "1 2 4");
    assert_eq!(county.ask(feed, "per = \"village\"\nvalue = \"COUNT(DISTINCT person)\""), "2 2");
}

#[test]
fn the_registry_counts_villages_and_hamlets_too() {
    let mut county = County::new("2023-03", &persons());
    assert_eq!(county.ask(0, "per = \"village\"\nvalue = \"COUNT(DISTINCT person)\""), "2 2");
    assert_eq!(county.ask(0, "per = \"hamlet\"\nvalue = \"COUNT(*)\"\nwhere = \"village = '450204100201'\""), "1 1 0");
}

#[test]
fn a_household_reads_its_places_facts_and_null_where_it_has_no_place() {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(place_contract("供水"));
    county.put(feed, "2023-03", &[cut(V1, "上屯", 7), cut(V2, "", 3)]);
    county.declare(
        feed,
        r#"
[[fact]]
name = "hamlet_days"
per = "hamlet"
value = "SUM(days)"
[[fact]]
name = "village_days"
per = "village"
value = "SUM(days)"
"#,
    );
    county.compute();
    county.rule(&rule("by_hamlet", "household", "hamlet_days >= 7", "hamlet_days = 0"));
    county.rule(&rule("by_village", "household", "village_days >= 3", "village_days = 0"));
    county.rule(&rule("by_person", "person", "hamlet_days >= 7", "village_days >= 3"));
    let signals: Vec<String> = county
        .signals()
        .iter()
        .map(|signal| {
            let household = county.registry.household_id(signal.household);
            format!("{household} {} {}", county.rules[signal.rule].id, signal.level.code())
        })
        .collect();
    assert_eq!(
        signals,
        [
            "h1 by_hamlet red",
            "h1 by_village blue",
            "h1 by_person red",
            "h2 by_hamlet blue",
            "h2 by_village blue",
            "h3 by_hamlet blue",
            "h3 by_village red",
            "h3 by_person blue",
            "h4 by_village red",
            "h4 by_person blue",
        ]
    );
}

fn rule(id: &str, per: &str, red: &str, blue: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\ntitle = \"缺水\"\nrisk = \"饮水\"\nbasis = \"依据\"\nper = \"{per}\"\ndepartments = [\"水利局\"]\n\
         red = \"{red}\"\nblue = \"{blue}\"\nreason = \"缺水\"\n"
    )
}
