//! A household that the registry has under another number keeps its case, and what was answered about it.
#![allow(clippy::unwrap_used)]

mod world;

use std::collections::BTreeMap;

use bidui_ledger::{CaseNumber, CaseState, History, ReturnedRow, Said, at_the_head};
use bidui_model::Level;
use world::*;

fn history(world: &World, number: &CaseNumber) -> (String, History) {
    world.ledger.history(number).unwrap().unwrap()
}

#[test]
fn an_open_case_goes_on_under_its_number_and_with_its_day() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    world.renumber("H2");
    assert_eq!(world.run(2, Some(Level::Yellow)), number);
    let case = world.case(&number);
    assert_eq!((case.household.as_str(), case.state, case.due), ("H2", CaseState::Open, Some(due(1))));
    // An answer to the list that had the former number is one about it.
    world.answer(1, &number, INCLUDE);
    assert_eq!(world.stands(&number), (CaseState::Followed, "11".to_owned(), vec![true, true]));
    // Run again, it finds the same.
    assert_eq!(world.run(2, Some(Level::Yellow)), number);
    assert_eq!(history(&world, &number).1.former_numbers().collect::<Vec<_>>(), ["H1"]);
}

#[test]
fn what_was_verified_stays_verified() {
    let mut world = World::new();
    let first = world.run(1, Some(Level::Yellow));
    world.answer(1, &first, NO_RISK);
    world.renumber("H2");
    let second = world.run(2, Some(Level::Red));
    assert_ne!(second, first);
    let (household, known) = history(&world, &second);
    assert_eq!((household.as_str(), known.cases.len()), ("H2", 2));
    assert_eq!(known.covered["medical"].case, first);
    assert_eq!(history(&world, &first), (household, known));
}

#[test]
fn each_month_knows_the_household_by_the_number_of_its_day() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    for (of, now) in [(2, "H2"), (3, "H3")] {
        world.renumber(now);
        assert_eq!(world.run(of, Some(Level::Yellow)), number);
    }
    let named = |of: u32| world.ledger.household_in(&number, Some(month(of))).unwrap().unwrap();
    assert_eq!([1, 2, 3, 4].map(named), ["H1", "H2", "H3", "H3"]);
    let before = |of: u32| world.ledger.before(month(of), month(1)).unwrap().into_keys().collect::<Vec<_>>();
    assert_eq!([2, 3, 4].map(before), [["H1"], ["H2"], ["H3"]]);
    for any in ["H1", "H2", "H3"] {
        let found = world.ledger.present_of(any).unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), ["H3"]);
    }
    let of_month = world.ledger.before_of(month(3), month(1), &["H3"].into()).unwrap();
    assert_eq!(of_month["H3"].standing().unwrap().number, number);
}

#[test]
fn a_registry_that_was_wrong_takes_it_back() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    world.renumber("H2");
    world.run(2, Some(Level::Yellow));
    (world.household, world.former) = ("H1".to_owned(), Vec::new());
    assert_eq!(world.run(2, Some(Level::Yellow)), number);
    assert_eq!(world.case(&number).household, "H1");
    assert_eq!(world.ledger.cases().unwrap().len(), 1);
}

#[test]
fn who_is_given_the_old_number_later_shares_nothing_with_it() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    world.renumber("H2");
    world.run(2, Some(Level::Yellow));
    (world.household, world.former) = ("H1".to_owned(), Vec::new());
    let other = world.run(3, Some(Level::Red));
    assert_ne!(other, number);
    let cases_of = |number: &CaseNumber| {
        let (household, history) = history(&world, number);
        (household, history.cases.into_iter().map(|case| case.number).collect::<Vec<_>>())
    };
    assert_eq!(cases_of(&number), ("H2".to_owned(), vec![number.clone()]));
    assert_eq!(cases_of(&other), ("H1".to_owned(), vec![other.clone()]));
    assert_eq!(world.ledger.before(month(4), month(1)).unwrap().len(), 2);
}

#[test]
fn two_that_exchange_their_numbers_exchange_their_cases() {
    let mut world = World::new();
    let first = world.run_of(1, Level::Yellow, "medical");
    world.household = "H2".to_owned();
    let second = world.run_of(2, Level::Red, "house");
    let whose = |before: &BTreeMap<String, History>| -> BTreeMap<String, Vec<CaseNumber>> {
        let cases = |history: &History| history.cases.iter().map(|case| case.number.clone()).collect();
        before.iter().map(|(household, history)| (household.clone(), cases(history))).collect()
    };
    let renumbered = |pairs: &[(&str, &str)]| {
        let mut before = world.ledger.before(month(3), month(1)).unwrap();
        let map = pairs.iter().map(|(former, now)| ((*former).to_owned(), (*now).to_owned())).collect();
        bidui_ledger::renumber(&mut before, &map);
        whose(&before)
    };
    let both = |one: &str, other: &str| {
        BTreeMap::from([(one.to_owned(), vec![first.clone()]), (other.to_owned(), vec![second.clone()])])
    };
    assert_eq!(renumbered(&[("H1", "H2"), ("H2", "H1")]), both("H2", "H1"));
    assert_eq!(renumbered(&[("H1", "H2"), ("H2", "H3")]), both("H2", "H3"));
    // Who keeps his number keeps his case, and whoever would have it his own, and so on.
    assert_eq!(renumbered(&[("H1", "H2")]), both("H1", "H2"));
    assert_eq!(renumbered(&[("H1", "H2"), ("H2", "H1"), ("H3", "H2")]), both("H2", "H1"));
}

#[test]
fn what_was_told_of_a_household_on_other_lists_goes_along() {
    let mut world = World::new();
    world.run(1, Some(Level::Yellow));
    let tell = |world: &mut World, of: u32, key: &str, code: &str| {
        let said = Said::Told { code: code.to_owned(), on: None, until: None, values: BTreeMap::new() };
        let row = ReturnedRow {
            list: "visits".into(),
            month: month(of),
            row_key: key.into(),
            case: None,
            edition: None,
            said: vec![said],
        };
        world.ledger.receive(month(of), &format!("{key} {of}"), &[row], true).unwrap();
    };
    tell(&mut world, 1, "H1", "是");
    tell(&mut world, 1, "H1-WC", "否");
    tell(&mut world, 1, "H11", "其他");
    let told = |world: &World, before: u32, renumbered: &[(&str, &str)]| -> Vec<(String, String)> {
        let map = renumbered.iter().map(|(former, now)| ((*former).to_owned(), (*now).to_owned())).collect();
        let told = world.ledger.told("visits", month(before), &map, &at_the_head).unwrap();
        told.into_iter().map(|told| (told.row_key, told.code)).collect()
    };
    let all = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(key, code)| ((*key).to_owned(), (*code).to_owned())).collect()
    };
    // The run that finds it knows before it is recorded; later ones by what was recorded.
    assert_eq!(told(&world, 2, &[("H1", "H2")]), all(&[("H11", "其他"), ("H2", "是"), ("H2-WC", "否")]));
    world.renumber("H2");
    world.run(2, Some(Level::Yellow));
    assert_eq!(told(&world, 2, &[]), all(&[("H1", "是"), ("H1-WC", "否"), ("H11", "其他")]), "then it was so called");
    assert_eq!(told(&world, 3, &[]), all(&[("H11", "其他"), ("H2", "是"), ("H2-WC", "否")]));
    // What is told of whoever has the old number since is his, and of the new one the last word.
    tell(&mut world, 2, "H1", "别家");
    tell(&mut world, 2, "H2", "后来");
    let now = all(&[("H1", "别家"), ("H11", "其他"), ("H2", "后来"), ("H2-WC", "否")]);
    assert_eq!(told(&world, 3, &[]), now);
}

#[test]
fn of_households_without_a_case_it_goes_along_too() {
    let mut world = World::new();
    let said = |code: &str| Said::Told { code: code.to_owned(), on: None, until: None, values: BTreeMap::new() };
    let row = |list: &str, key: &str, code: &str| ReturnedRow {
        list: list.into(),
        month: month(1),
        row_key: key.into(),
        case: None,
        edition: None,
        said: vec![said(code)],
    };
    world.run(1, Some(Level::Yellow));
    let rows = [row("visits", "H7", "是"), row("anomalies", "Q1-H7", "豁免"), row("anomalies", "Q2-H7", "豁免")];
    world.ledger.receive(month(1), "visits", &rows, true).unwrap();
    world.ledger.record_sightings(month(1), ["Q1-H7", "Q1-H8"].into_iter()).unwrap();
    // Whether a check is of households is known to who asks: the second is of somebody's number.
    let household_in = |key: &str| if key.starts_with("Q1-") { 3..key.len() } else { 0..0 };
    let told_of = |world: &World, of: u32| {
        let visits = world.ledger.told_households("visits", month(of), &at_the_head).unwrap();
        visits.into_iter().chain(world.ledger.told_households("anomalies", month(of), &household_in).unwrap())
    };
    let expect = |world: &World, of: u32, number: &str, renumbered: &BTreeMap<String, String>| {
        let keys = |told: Vec<bidui_ledger::Told>| told.into_iter().map(|told| told.row_key).collect::<Vec<_>>();
        let told = |list: &str, household_in: bidui_ledger::HouseholdIn<'_>| {
            keys(world.ledger.told(list, month(of), renumbered, household_in).unwrap())
        };
        assert_eq!(told("visits", &at_the_head), [number]);
        assert_eq!(told("anomalies", &household_in), [format!("Q1-{number}"), "Q2-H7".to_owned()]);
        let found = world.ledger.sightings(month(of), renumbered, &household_in).unwrap();
        assert_eq!(found[&format!("Q1-{number}")], month(1));
        assert_eq!(found["Q1-H8"], month(1));
    };
    assert_eq!(told_of(&world, 2).collect::<Vec<_>>(), ["H7", "H7"]);
    world.moved = BTreeMap::from([("H7".to_owned(), "H70".to_owned())]);
    expect(&world, 2, "H70", &world.moved);
    world.run(2, Some(Level::Yellow));
    let nothing = BTreeMap::new();
    expect(&world, 2, "H7", &nothing);
    expect(&world, 3, "H70", &nothing);
    assert_eq!(told_of(&world, 3).collect::<Vec<_>>(), ["H70", "H70"]);
    // A month that is run again and finds it no more takes it back.
    world.moved.clear();
    world.run(2, Some(Level::Yellow));
    expect(&world, 3, "H7", &nothing);
}
