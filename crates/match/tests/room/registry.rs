//! The registry in memory: households, heads, places, and what does not depend on the order of its file.

use crate::county::{County, PERSON, Person};

fn person(no: &'static str, household: &'static str) -> Person {
    Person { no, household, ..PERSON }
}

/// `household: head of members` of every household.
fn households(persons: &[Person]) -> Vec<String> {
    let county = County::new("2023-03", persons);
    let registry = &county.registry;
    let line = |household: u32| {
        let members: Vec<&str> = registry.members(household).map(|member| registry.person_no(member)).collect();
        let head = registry.person_no(registry.head(household).unwrap());
        format!("{}: {head} of {}", registry.household_id(household), members.join(","))
    };
    (0..registry.households() as u32).map(line).collect()
}

#[test]
fn members_stand_together_in_order_wherever_their_rows_were() {
    let persons = [person("p3", "h2"), person("p2", "h1"), person("p4", "h2"), person("p1", "h1")];
    assert_eq!(households(&persons), ["h1: p1 of p1,p2", "h2: p3 of p3,p4"]);
}

#[test]
fn the_head_is_who_is_called_so_else_the_first() {
    let head = |no| Person { relation: "户主", ..person(no, "h1") };
    assert_eq!(households(&[person("p1", "h1"), head("p2"), person("p3", "h1")]), ["h1: p2 of p1,p2,p3"]);
    assert_eq!(households(&[person("p1", "h1"), head("p3"), head("p2")]), ["h1: p2 of p1,p2,p3"]);
}

#[test]
fn two_without_a_household_number_do_not_live_under_one_roof() {
    assert_eq!(
        households(&[person("p1", ""), person("p2", ""), person("p3", "h1")]),
        ["h1: p3 of p3", "无户编号p1: p1 of p1", "无户编号p2: p2 of p2"]
    );
}

#[test]
fn a_household_is_found_by_its_number() {
    let county = County::new("2023-03", &[person("p1", "h1"), person("p2", "h3"), person("p3", "h2")]);
    assert_eq!(county.registry.find_household("h2"), Some(1));
    assert_eq!(county.registry.find_household("h3"), Some(2));
    assert_eq!(county.registry.find_household("h4"), None);
    assert_eq!(county.registry.household_of(0), Some(0));
    assert_eq!(county.registry.household_of(9), None);
    // Source and row in the extract: the heading is row 1.
    assert_eq!(county.registry.origin(1), Some((0, 4)));
}

#[test]
fn whom_a_number_was_of_is_known_by_his_id() {
    let numbered =
        |no, id| Person { id, name: id as u64, birth: Some(5_000 * id as i32), sex: "男", ..person(no, "h1") };
    let earlier = County::new(
        "2023-02",
        &[numbered("p1", 1), numbered("p2", 2), numbered("p3", 3), numbered("p4", 4), numbered("p5", 0)],
    );
    // The second has the third's number and the third another one, the first is gone, and the fourth's ID number was corrected.
    let corrected = Person { id: 44, ..numbered("p4", 4) };
    let now = County::new("2023-03", &[numbered("p3", 2), numbered("p6", 3), corrected, numbered("p1", 7)]);
    let asked = ["p1", "p2", "p3", "p4", "p5"].into();
    let found = now.registry.persons_since(&earlier.registry_file, &now.contracts[0], &asked).unwrap();
    let found: Vec<(&str, Option<&str>)> =
        found.iter().map(|(no, person)| (no.as_str(), person.map(|person| now.registry.person_no(person)))).collect();
    assert_eq!(found, [("p1", None), ("p2", Some("p3")), ("p3", Some("p6")), ("p4", Some("p4"))]);
}

#[test]
fn a_households_word_is_its_heads_else_the_first_that_a_member_has() {
    let persons = [
        Person { household_kind: "一般农户", hamlet: "下屯", ..person("p1", "h1") },
        Person { relation: "户主", household_kind: "脱贫户", ..person("p2", "h1") },
    ];
    let county = County::new("2023-03", &persons);
    assert_eq!(county.registry.household_word("household_kind", 0), "脱贫户");
    assert_eq!(county.registry.household_word("hamlet", 0), "下屯");
    assert_eq!(county.registry.household_word("monitor_kind", 0), "");
    assert_eq!(county.registry.household_word("no_such_column", 0), "");
}

#[test]
fn a_known_village_says_its_town_and_an_unknown_one_leaves_the_town_as_it_stood() {
    let county = County::new(
        "2023-03",
        &[
            Person { village: "450204100201", town: "450204999", ..person("p1", "h1") },
            Person { village: "", town: "450204101", ..person("p2", "h2") },
            Person { village: "450204102201", ..person("p3", "h3") },
            person("p4", "h4"),
        ],
    );
    let places: Vec<(&str, &str)> = (0..4)
        .map(|person| (county.registry.word("village_code", person), county.registry.word("town_code", person)))
        .collect();
    assert_eq!(places, [("450204100201", "450204100"), ("", "450204101"), ("450204102201", "450204102"), ("", "")]);
}

#[test]
fn one_person_twice_under_one_number_and_household_is_two_rows() {
    let twin = Person { id: 5, name: 5, ..person("p1", "h1") };
    let county = County::new("2023-03", &[twin.clone(), twin]);
    assert_eq!((county.registry.persons(), county.registry.households()), (2, 1));
    assert_eq!(county.registry.doubles().count(), 1);
}
