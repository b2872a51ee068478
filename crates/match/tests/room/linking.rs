//! Whose row is it, how sure are we, and why not.

use bidui_model::{FeedKind, IdStatus, LinkClass, UnlinkedReason};

use crate::county::{County, PERSON, Person, ROW, Row, of, person_contract, place_contract, town_contract};

const V1: &str = "450204100201";

fn persons() -> Vec<Person> {
    vec![
        Person { no: "p1", household: "h1", id: 1, name: 1, village: V1, hamlet: "上屯", ..PERSON },
        // Without a name in the registry.
        Person { no: "p2", household: "h1", id: 2, ..PERSON },
        // Without a number.
        Person { no: "p3", household: "h2", name: 3, ..PERSON },
    ]
}

/// `class person reason` of one row.
fn check(row: Row, expected: &str) {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    county.put(feed, "2023-03", std::slice::from_ref(&row));
    let (links, _) = county.links(feed, "2023-03");
    let who = if links.person[0] == u32::MAX { "" } else { county.registry.person_no(links.person[0]) };
    let reason = links.reason[0].map_or("", UnlinkedReason::code);
    let differs = if links.name_differs[0] { "differs" } else { "" };
    let found: Vec<&str> =
        [links.class[0].code(), who, reason, differs].into_iter().filter(|word| !word.is_empty()).collect();
    assert_eq!(found.join(" "), expected, "{row:?}");
}

#[test]
fn number_and_name_make_a_link_certain() {
    check(of(1), "certain p1");
    check(Row { status: IdStatus::Upgraded, ..of(1) }, "certain p1");
}

#[test]
fn another_name_or_none_makes_it_likely_and_never_drops_the_row() {
    check(Row { name: 9, ..of(1) }, "likely p1 differs");
    check(Row { name: 0, ..of(1) }, "likely p1");
    check(of(2), "likely p2");
    check(Row { name: 0, ..of(2) }, "likely p2");
}

#[test]
fn a_name_alone_links_nothing() {
    check(Row { status: IdStatus::Missing, name: 3, ..ROW }, "none id_missing");
    check(Row { status: IdStatus::Missing, name: 1, ..ROW }, "none id_missing");
}

#[test]
fn every_row_without_a_link_says_why() {
    check(of(77), "none not_in_registry");
    check(Row { status: IdStatus::Upgraded, ..of(77) }, "none not_in_registry");
    check(Row { status: IdStatus::Missing, ..ROW }, "none id_missing");
    check(Row { status: IdStatus::Malformed, ..ROW }, "none id_unusable");
    check(Row { status: IdStatus::CheckDigit, ..ROW }, "none id_unusable");
    check(Row { status: IdStatus::BirthDate, ..ROW }, "none id_unusable");
    check(Row { status: IdStatus::OtherDocument, ..ROW }, "none id_unusable");
    check(Row { status: IdStatus::DamagedByExcel, ..ROW }, "none id_damaged_by_excel");
}

#[test]
fn counts_add_up_to_the_rows() {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    let broken = Row { status: IdStatus::DamagedByExcel, ..ROW };
    county.put(feed, "2023-03", &[of(1), of(1), of(2), of(77), broken.clone(), broken, Row { name: 9, ..of(1) }]);
    let (_, counts) = county.links(feed, "2023-03");
    let class = |class| counts.of_class(class);
    assert_eq!(
        (counts.rows, class(LinkClass::Certain), class(LinkClass::Likely), class(LinkClass::Place), counts.unlinked()),
        (7, 2, 2, 0, 3)
    );
    assert_eq!((counts.linked(), counts.damaged), (4, 2));
    assert_eq!(counts.linked() + counts.unlinked(), counts.rows);
    assert_eq!(counts.rate(), Some(4.0 / 7.0));
}

#[test]
fn no_rows_have_no_rate() {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    county.put(feed, "2023-03", &[]);
    assert_eq!(county.links(feed, "2023-03").1.rate(), None);
}

#[test]
fn of_two_registry_rows_with_one_number_the_first_answers() {
    let twin = |no, household| Person { no, household, id: 5, name: 5, ..PERSON };
    let mut county = County::new("2023-03", &[twin("p9", "h9"), twin("p1", "h2"), twin("p2", "h2")]);
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    county.put(feed, "2023-03", &[of(5)]);
    let (links, _) = county.links(feed, "2023-03");
    assert_eq!(county.registry.person_no(links.person[0]), "p1");
    // Source, row of the extract, and person of the others.
    let doubles: Vec<(u32, &str)> =
        county.registry.doubles().map(|(_, row, person)| (row, county.registry.person_no(person))).collect();
    assert_eq!(doubles, [(4, "p2"), (2, "p9")]);
}

#[test]
fn a_row_of_the_registry_is_its_own_person() {
    let mut persons = persons();
    persons.push(Person { no: "p4", household: "h2", id: 1, name: 4, ..PERSON });
    let county = County::new("2023-03", &persons);
    let (links, counts) = county.links(0, "2023-03");
    let who: Vec<&str> = links.person.iter().map(|person| county.registry.person_no(*person)).collect();
    assert_eq!(who, ["p1", "p2", "p3", "p4"]);
    assert_eq!((counts.of_class(bidui_model::LinkClass::Certain), counts.unlinked()), (4, 0));
    assert!(links.name_differs.iter().all(|differs| !differs));
}

#[test]
fn a_place_is_linked_where_a_household_lives() {
    let check = |village, hamlet, expected: (LinkClass, Option<UnlinkedReason>)| {
        let mut county = County::new("2023-03", &persons());
        let feed = county.feed(place_contract("供水"));
        county.put(feed, "2023-03", &[Row { village, hamlet, ..ROW }]);
        let (links, counts) = county.links(feed, "2023-03");
        assert_eq!((links.class[0], links.reason[0]), expected, "{village}/{hamlet}");
        assert_eq!(counts.of_class(bidui_model::LinkClass::Place) + counts.unlinked(), 1);
        assert_eq!(links.person[0], u32::MAX);
    };
    let known = (LinkClass::Place, None);
    let unknown = (LinkClass::None, Some(UnlinkedReason::PlaceUnknown));
    check(V1, "上屯", known);
    check(V1, "", known);
    check(V1, "下屯", unknown);
    check("450204100202", "上屯", unknown);
    check("450204100202", "", unknown);
    check("", "", unknown);
    check("", "上屯", unknown);
}

#[test]
fn a_row_about_a_town_is_linked_to_a_town_alone() {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(town_contract("乡镇"));
    county.put(feed, "2023-03", &[Row { village: "450204100", ..ROW }, ROW]);
    let (links, counts) = county.links(feed, "2023-03");
    assert_eq!(links.class, [LinkClass::Place, LinkClass::None]);
    assert_eq!((counts.of_class(bidui_model::LinkClass::Place), counts.unlinked()), (1, 1));
}

#[test]
fn a_file_without_a_column_is_an_error_that_says_what_to_do() {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(place_contract("供水"));
    county.put(feed, "2023-03", &[ROW]);
    // The contract has changed since the month was sealed.
    county.contracts[feed] = person_contract("供水", FeedKind::Events);
    let error = county.link().err().expect("no column");
    assert!(error.to_string().starts_with("封存库文件缺少列“person#hi”"), "{error}");
}
