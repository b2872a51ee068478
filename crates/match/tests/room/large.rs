//! A registry and an extract longer than what is read, counted or evaluated at a time: nothing is lost or doubled at the seams.

use bidui_model::FeedKind;

use crate::county::{County, PERSON, Person, Row, of, person_contract};

const PERSONS: usize = 140_000;
const MEMBERS: usize = 4;

fn word(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// Households of four in the reverse of their order; every second person can work.
fn county() -> (County, usize) {
    let person = |at: usize| Person {
        no: word(format!("p{at:06}")),
        household: word(format!("h{:06}", at / MEMBERS)),
        id: 1 + at as u128,
        name: 1 + at as u64,
        labour: if at.is_multiple_of(2) { "普通劳动力" } else { "无劳动力" },
        ..PERSON
    };
    let persons: Vec<Person> = (0..PERSONS).rev().map(person).collect();
    let mut county = County::new("2023-03", &persons);
    let feed = county.feed(person_contract("明细", FeedKind::Snapshot));
    // Everybody but the first member of each household, and one stranger a household.
    let row = |at: usize| if at.is_multiple_of(MEMBERS) { of((PERSONS + 1 + at) as u128) } else { of(1 + at as u128) };
    let rows: Vec<Row> = (0..PERSONS).map(row).collect();
    county.put(feed, "2023-03", &rows);
    (county, feed)
}

#[test]
fn nothing_is_lost_or_doubled_where_batches_and_parts_meet() {
    let (mut county, feed) = county();
    assert_eq!(county.registry.households(), PERSONS / MEMBERS);
    let (links, counts) = county.links(feed, "2023-03");
    assert_eq!(
        (counts.rows, counts.of_class(bidui_model::LinkClass::Certain)),
        (PERSONS as u64, (PERSONS - PERSONS / MEMBERS) as u64)
    );
    let is_himself = |(row, person): (usize, &u32)| {
        let own = if row % MEMBERS == 0 { u32::MAX } else { row as u32 };
        *person == own
    };
    assert!(links.person.iter().enumerate().all(is_himself));

    county.declare(0, "[[fact]]\nname = \"able\"\nper = \"household\"\nwhere = \"labour = '普通劳动力'\"\nvalue = \"COUNT(DISTINCT person)\"\n");
    county.declare(feed, "[[fact]]\nname = \"listed\"\nper = \"person\"\nvalue = \"COUNT(*)\"\n");
    county.compute();
    let rule = |id: &str, per: &str, red: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\ntitle = \"名目\"\nrisk = \"因病\"\nbasis = \"依据\"\nper = \"{per}\"\ndepartments = [\"某局\"]\nreason = \"原因\"\nred = \"{red}\"\n"
        )
    };
    county.rule(&rule("able", "household", "able = 2"));
    county.rule(&rule("listed", "person", "listed = 1"));
    let mut signals = county.signals();
    // Two a household, in order; the second names all but the first member.
    assert_eq!(signals.len(), 2 * PERSONS / MEMBERS);
    for (at, signal) in signals.iter().enumerate() {
        assert_eq!((signal.household as usize, signal.rule), (at / 2, at % 2));
        let first = signal.household * MEMBERS as u32;
        let persons: Vec<u32> = if at % 2 == 1 { (first + 1..first + 4).collect() } else { Vec::new() };
        assert_eq!(signal.persons, persons);
    }
    let evidence = county.evidence(&mut signals);
    assert_eq!(evidence.len(), PERSONS - PERSONS / MEMBERS);
    assert!(evidence.iter().all(|row| row.row == row.person + 2 && signals[row.signal].persons.contains(&row.person)));
}
