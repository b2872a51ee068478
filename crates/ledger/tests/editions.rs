//! A month that is run again issues other lists: what an answer can be about is what its own list showed.
#![allow(clippy::unwrap_used)]

mod world;

use bidui_ledger::{CaseNumber, CaseState, Edition};
use bidui_model::Level;
use world::*;

/// A run of a month that warns by these rules, and the edition of its list.
fn run(world: &mut World, of: u32, rules: &[&'static str]) -> (CaseNumber, Edition) {
    world.others = rules[1..].to_vec();
    let number = world.run_of(of, Level::Yellow, rules[0]);
    let edition = world.edition(of, &number);
    (number, edition)
}

fn answer(world: &mut World, of: u32, (number, edition): &(CaseNumber, Edition), result: Result) {
    let row = world.row_of(of, edition, number, result);
    assert!(row.edition.is_some() && world.receive_row(row));
}

/// What is left to verify, and what was found of each rule.
fn found(world: &World, number: &CaseNumber) -> (CaseState, Vec<String>, Vec<(String, String)>) {
    let case = world.case(number);
    let mut left: Vec<String> = case
        .reasons
        .iter()
        .chain(case.unanswered.iter().map(|(_, reason)| reason))
        .map(|reason| reason.rule.clone())
        .collect();
    left.sort();
    let covered = world.ledger.history(number).unwrap().unwrap().1.covered;
    let covered = covered.into_iter().map(|(rule, covered)| (rule, covered.code)).collect();
    (case.state, if case.state == CaseState::Open { left } else { Vec::new() }, covered)
}

fn expect(world: &World, number: &CaseNumber, state: CaseState, left: &[&str], covered: &[(&str, &str)]) {
    let covered: Vec<(String, String)> =
        covered.iter().map(|(rule, code)| ((*rule).to_owned(), (*code).to_owned())).collect();
    assert_eq!(found(world, number), (state, left.iter().map(|rule| (*rule).to_owned()).collect(), covered));
    world.check();
}

#[test]
fn what_a_run_between_warned_of_was_not_on_the_list() {
    let mut world = World::new();
    run(&mut world, 1, &["house", "job"]);
    let shown = run(&mut world, 1, &["job"]);
    answer(&mut world, 1, &shown, NO_RISK);
    run(&mut world, 1, &["house", "job"]);
    expect(&world, &shown.0, CaseState::Open, &["house"], &[("job", "22")]);
}

#[test]
fn what_was_answered_in_an_earlier_month_was_not_on_the_list() {
    let mut world = World::new();
    let first = run(&mut world, 1, &["house"]);
    answer(&mut world, 1, &first, COOL);
    let shown = run(&mut world, 2, &["water"]);
    answer(&mut world, 2, &shown, NO_RISK);
    run(&mut world, 2, &["water", "house"]);
    expect(&world, &shown.0, CaseState::Open, &["house"], &[("house", "14"), ("water", "22")]);
}

#[test]
fn what_was_left_of_an_earlier_month_is_on_the_list_as_it_was_known() {
    let mut world = World::new();
    run(&mut world, 1, &["school"]);
    let old = run(&mut world, 2, &["job"]);
    // The month before is run again with more, and then this one: its list shows that, and the old copy did not.
    run(&mut world, 1, &["school", "house"]);
    let new = run(&mut world, 2, &["job"]);
    assert_ne!(new.1.digest, old.1.digest);
    answer(&mut world, 2, &old, NO_RISK);
    expect(&world, &old.0, CaseState::Open, &["house"], &[("job", "22"), ("school", "22")]);
    answer(&mut world, 2, &new, WRONG_DATA);
    expect(&world, &old.0, CaseState::Closed, &[], &[("house", "21"), ("job", "21"), ("school", "21")]);
}

#[test]
fn a_row_of_what_was_not_answered_before_is_about_that() {
    let mut world = World::new();
    let (number, _) = run(&mut world, 1, &["house"]);
    world.run(2, None);
    let before = (number.clone(), world.edition(2, &number));
    let warned = run(&mut world, 2, &["danger"]);
    assert_ne!(before.1.digest, warned.1.digest);
    answer(&mut world, 2, &before, NO_RISK);
    expect(&world, &number, CaseState::Open, &["danger"], &[("house", "22")]);
    // Once the list that warns was answered, it comes too late.
    answer(&mut world, 2, &warned, INCLUDE);
    let late = world.row_of(2, &before.1, &number, WRONG_DATA);
    assert!(world.ledger.is_outdated(&late).unwrap());
}

#[test]
fn answers_to_lists_that_show_other_things_stand_beside_each_other() {
    for first_comes_last in [false, true] {
        let mut world = World::new();
        let first = run(&mut world, 1, &["job"]);
        let second = run(&mut world, 1, &["house"]);
        let mut answers = vec![(&first, INCLUDE), (&second, NO_RISK)];
        if first_comes_last {
            answers.reverse();
        }
        answers.into_iter().for_each(|(list, result)| answer(&mut world, 1, list, result));
        let case = world.case(&first.0);
        assert!(case.to_include.is_some(), "what was found goes on");
        expect(&world, &first.0, CaseState::Followed, &[], &[("house", "22"), ("job", "11")]);
    }
}

#[test]
fn a_second_look_is_about_what_the_first_one_was_about() {
    let mut world = World::new();
    let first = run(&mut world, 1, &["job"]);
    answer(&mut world, 1, &first, NO_RISK);
    world.draw(1, &first.0, 1);
    run(&mut world, 1, &["job", "house"]);
    world.second(1, &first.0, Some(WRONG_DATA));
    expect(&world, &first.0, CaseState::Open, &["house"], &[("job", "21")]);
}

#[test]
fn who_had_the_case_by_an_earlier_list_does_not_take_it_from_who_has_it() {
    let mut world = World::new();
    let first = run(&mut world, 1, &["job"]);
    world.home = OTHER;
    let second = run(&mut world, 1, &["job"]);
    assert_ne!(first.1.digest, second.1.digest, "another town's list");
    let row = world.row_of(1, &first.1, &first.0, NOT_OURS);
    assert!(world.receive_row(row));
    let case = world.case(&second.0);
    assert_eq!((case.town.as_str(), case.is_unplaced(), case.due), (OTHER, false, Some(due(1))));
}

#[test]
fn what_is_worse_by_what_counts_is_more() {
    // Of spending more is worse, of an income less; by a little it is the same.
    for (seen, falls, bound, now, is_more) in [
        (9_000.0, false, Some(12_000.0), 9_050.0, false),
        (9_000.0, false, Some(12_000.0), 12_000.0, true),
        (7_200.0, true, Some(5_760.0), 500.0, true),
        (7_200.0, true, Some(5_760.0), 7_000.0, false),
        (7_200.0, true, Some(5_760.0), 9_000.0, false),
        (9_000.0, false, None, 9_050.0, true),
    ] {
        let mut world = World::new();
        world.value = (seen, falls, bound);
        let first = run(&mut world, 1, &["income"]);
        world.value = (now, falls, bound);
        run(&mut world, 1, &["income"]);
        answer(&mut world, 1, &first, NO_RISK);
        let state = if is_more { CaseState::Open } else { CaseState::Closed };
        assert_eq!(world.stands(&first.0).0, state, "{seen} {now}");
    }
}

#[test]
fn a_list_that_shows_more_and_was_not_answered_refuses_nothing() {
    let mut world = World::new();
    let first = run(&mut world, 1, &["job"]);
    let second = run(&mut world, 1, &["house"]);
    answer(&mut world, 1, &second, NO_RISK);
    run(&mut world, 1, &["job", "house"]);
    let old = world.row_of(1, &first.1, &first.0, INCLUDE);
    assert!(!world.ledger.is_outdated(&old).unwrap(), "what was answered did not show it");
}

#[test]
fn who_says_on_the_new_list_that_nobody_looked_takes_nothing_back() {
    let mut world = World::new();
    let first = run(&mut world, 1, &["job"]);
    let second = run(&mut world, 1, &["job", "house"]);
    answer(&mut world, 1, &first, INCLUDE);
    answer(&mut world, 1, &second, ("00", "pending", CaseState::Open));
    assert!(world.case(&first.0).to_include.is_some());
    expect(&world, &first.0, CaseState::Open, &["house"], &[("job", "11")]);
}

#[test]
fn a_note_on_the_new_list_does_not_refuse_the_old_one() {
    let mut world = World::new();
    let first = run(&mut world, 1, &["job"]);
    let second = run(&mut world, 1, &["job", "house"]);
    answer(&mut world, 1, &second, ("00", "pending", CaseState::Open));
    let old = world.row_of(1, &first.1, &first.0, INCLUDE);
    assert!(!world.ledger.is_outdated(&old).unwrap());
}

#[test]
fn what_was_found_out_is_about_the_rules_of_the_answered_list() {
    let mut world = World::new();
    let first = run(&mut world, 1, &["job"]);
    run(&mut world, 1, &["house"]);
    answer(&mut world, 1, &first, NO_RISK);
    let found = world.ledger.found_out("verification", month(1), month(1)).unwrap();
    let rules = found[0].rules.clone().unwrap();
    assert_eq!(rules.into_iter().collect::<Vec<_>>(), ["job"]);
}
