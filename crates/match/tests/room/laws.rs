//! Laws: who was added, and in what order things came, changes nothing that it should not.

use std::collections::BTreeMap;

use bidui_model::{FeedKind, IdStatus};
use proptest::prelude::*;

use crate::county::{County, PERSON, Person, ROW, Row, month, person_contract};

const NUMBERS: [&str; 6] = ["p1", "p2", "p3", "p4", "p5", "p6"];
const HOUSEHOLDS: [&str; 3] = ["h2", "h4", "h6"];

/// Six persons in three households, some without a number, some with another's.
fn any_persons() -> impl Strategy<Value = Vec<Person>> {
    let person = (0..3_usize, 0..8_u128, any::<bool>());
    prop::collection::vec(person, 6).prop_map(|persons| {
        let made = persons.into_iter().zip(NUMBERS).map(|((household, id, named), no)| Person {
            no,
            household: HOUSEHOLDS[household],
            id,
            name: if named { id as u64 } else { 0 },
            village: ["450204100201", "450204100202", ""][household],
            ..PERSON
        });
        made.collect()
    })
}

/// Rows of anybody, each with its own number, so that it is known again wherever it stands.
fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (
        0..10_u128,
        0..8_usize,
        0..3_u64,
        prop::option::of(-3..4_i64),
        prop::option::of(0..40_i32),
        0..4_usize,
        prop::option::of(any::<bool>()),
    );
    prop::collection::vec(row, 0..25).prop_map(|rows| {
        let made = rows.into_iter().zip(2..).map(|((id, status, name, yuan, after, kind, working), row)| Row {
            row,
            id,
            status: if id > 0 { IdStatus::Valid } else { IdStatus::ALL[status].0 },
            name: if name == 0 { 0 } else { id as u64 + name - 1 },
            amount: yuan.map(|yuan| yuan * 100 + 1),
            on: after.map(|after| month("2023-02").first_day() + after),
            kind: ["", "甲", "乙", "丙"][kind],
            working,
            days: yuan,
            score: yuan.map(|yuan| yuan as f64 / 8.0),
            ..ROW
        });
        made.collect()
    })
}

/// Who each row is linked to, how surely or why not, by the row's number.
fn links(persons: &[Person], rows: &[Row]) -> BTreeMap<u32, String> {
    let mut county = County::new("2023-03", persons);
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    county.put(feed, "2023-03", rows);
    let (batch, counts) = county.links(feed, "2023-03");
    assert_eq!(counts.linked() + counts.unlinked(), rows.len() as u64);
    let of = |at: usize| {
        let person = batch.person[at];
        let who = if person == u32::MAX { "" } else { county.registry.person_no(person) };
        format!("{who} {} {:?} {}", batch.class[at].code(), batch.reason[at], batch.name_differs[at])
    };
    (0..batch.row.len()).map(|at| (batch.row[at], of(at))).collect()
}

const VALUES: [&str; 16] = [
    "COUNT(*)",
    "COUNT(amount)",
    "COUNT(DISTINCT person)",
    "COUNT(DISTINCT kind)",
    "SUM(amount)",
    "SUM(score)",
    "AVG(score)",
    "MIN(amount)",
    "MAX(on)",
    "MIN(kind)",
    "MAX(kind)",
    "ANY(working)",
    "ALL(working)",
    "LATEST(amount)",
    "LATEST(kind)",
    "LATEST(working)",
];

/// Every aggregate for every kind of entity, over the two months as one window.
fn facts(persons: &[Person], february: &[Row], march: &[Row]) -> Vec<String> {
    let mut county = County::new("2023-03", persons);
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    county.put(feed, "2023-02", february);
    county.put(feed, "2023-03", march);
    let mut toml = String::new();
    for per in ["person", "household", "village"] {
        for (at, value) in VALUES.iter().enumerate() {
            toml.push_str(&format!(
                "[[fact]]\nname = \"{per}_{at}\"\nper = \"{per}\"\nmonths = 2\ndate = \"on\"\nvalue = \"{value}\"\n"
            ));
        }
    }
    county.declare(feed, &toml);
    county.compute();
    county.facts.iter().map(|fact| format!("{}: {}", fact.name, county.shown(&fact.name))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_stranger_added_to_the_registry_changes_nobody_elses_link(
        persons in any_persons(), rows in any_rows(), household in 0..5_usize, at in 0..7_usize,
    ) {
        // In a household before, among or after the others, and anywhere in the file; number 9 is nobody else's.
        let household = ["h1", "h2", "h4", "h6", "h9"][household];
        let no = ["p0", "p3a", "p9"][at % 3];
        let mut with_stranger = persons.clone();
        with_stranger.insert(at.min(persons.len()), Person { no, household, id: 9, name: 9, ..PERSON });
        let (before, after) = (links(&persons, &rows), links(&with_stranger, &rows));
        for row in rows.iter().filter(|row| row.id != 9) {
            prop_assert_eq!(&before[&row.row], &after[&row.row], "{:?}", row);
        }
        for row in rows.iter().filter(|row| row.id == 9) {
            prop_assert!(before[&row.row].contains("none") && after[&row.row].starts_with(no));
        }
    }

    #[test]
    fn the_order_of_the_registry_changes_no_link(persons in any_persons(), rows in any_rows(), seed in any::<u64>()) {
        let shuffled = shuffle(&persons, seed);
        prop_assert_eq!(links(&persons, &rows), links(&shuffled, &rows));
    }

    #[test]
    fn shuffled_rows_give_the_same_facts_and_links(
        persons in any_persons(), february in any_rows(), march in any_rows(), seed in any::<u64>(),
    ) {
        let shuffled = (shuffle(&february, seed), shuffle(&march, seed ^ 77));
        prop_assert_eq!(facts(&persons, &february, &march), facts(&persons, &shuffled.0, &shuffled.1));
        prop_assert_eq!(links(&persons, &march), links(&persons, &shuffled.1));
    }

    #[test]
    fn rows_of_strangers_change_no_fact(persons in any_persons(), march in any_rows()) {
        let of_the_county: Vec<Row> =
            march.iter().filter(|row| row.id != 0 && persons.iter().any(|person| person.id == row.id)).cloned().collect();
        prop_assert_eq!(facts(&persons, &[], &march), facts(&persons, &[], &of_the_county));
    }

    #[test]
    fn dated_rows_are_counted_alike_in_whichever_file_they_came(persons in any_persons(), rows in any_rows(), cut in 0..25_usize) {
        let dated: Vec<Row> = rows.into_iter().filter(|row| row.on.is_some()).collect();
        let (one, other) = dated.split_at(cut.min(dated.len()));
        prop_assert_eq!(facts(&persons, one, other), facts(&persons, other, one));
    }
}

/// A permutation by the seed.
fn shuffle<T: Clone>(items: &[T], seed: u64) -> Vec<T> {
    let mut keyed: Vec<(u64, &T)> = items
        .iter()
        .zip(1_u64..)
        .map(|(item, at)| (at.wrapping_mul(seed | 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29), item))
        .collect();
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, item)| item.clone()).collect()
}
