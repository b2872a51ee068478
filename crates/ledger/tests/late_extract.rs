//! An answer is about nothing that its household was warned of since: a month that is run again with a late extract may warn of more.
#![allow(clippy::unwrap_used)]

mod world;

use bidui_ledger::{CaseState, Heard};
use bidui_model::Level;
use world::*;

#[test]
fn what_a_month_warns_of_since_it_was_answered_is_still_to_be_verified() {
    let mut world = World::new();
    let number = world.run_of(1, Level::Blue, "uninsured");
    world.answer(1, &number, NO_RISK);
    assert_eq!(world.stands(&number).0, CaseState::Closed);
    assert_eq!(world.run_of(1, Level::Red, "disaster"), number);
    let case = world.case(&number);
    assert_eq!((case.state, case.due, case.level), (CaseState::Open, Some(due(1)), Level::Red));
    assert!(!case.listings[&month(1)].is_answered);
    let (_, history) = world.ledger.history(&number).unwrap().unwrap();
    assert!(!history.covered.contains_key("disaster"));
    // The next month's list has it, warned of again or not, until somebody answers.
    world.run(2, None);
    assert_eq!(world.stands(&number).0, CaseState::Open);
    world.answer(2, &number, WRONG_DATA);
    assert_eq!(world.stands(&number).0, CaseState::Closed);
    let (_, history) = world.ledger.history(&number).unwrap().unwrap();
    assert_eq!(history.covered["disaster"].code, WRONG_DATA.0);
}

#[test]
fn an_answer_to_a_later_list_is_not_about_what_an_earlier_month_came_to_warn_of() {
    let mut world = World::new();
    let number = world.run_of(1, Level::Blue, "uninsured");
    world.run_of(2, Level::Blue, "uninsured");
    world.answer(2, &number, COOL);
    world.run_of(1, Level::Red, "disaster");
    world.run_of(2, Level::Blue, "uninsured");
    let case = world.case(&number);
    assert_eq!(case.state, CaseState::Open);
    assert_eq!(case.unanswered.iter().map(|(_, reason)| reason.rule.as_str()).collect::<Vec<_>>(), ["disaster"]);
    assert_eq!(case.answer.unwrap().1.code, COOL.0, "what was answered stands");
}

#[test]
fn a_month_that_finds_the_same_again_asks_nobody_again() {
    let mut world = World::new();
    let number = world.run_of(1, Level::Yellow, "medical");
    world.answer(1, &number, NO_RISK);
    world.run_of(1, Level::Blue, "medical");
    assert_eq!(world.stands(&number).0, CaseState::Closed);
}

#[test]
fn an_answer_is_about_what_its_list_warned_of_though_the_month_warns_no_more() {
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    // What was issued in February, by its first run and its second, and what March warns of; whether that is answered.
    let is_answered = |first: (Level, &[&str]), second: Option<(Level, &[&str])>, next: (Level, &[&str])| {
        let mut world = World::new();
        world.persons = named(&["A"]);
        let number = world.run_of(1, Level::Blue, "uninsured");
        world.persons = named(first.1);
        world.run_of(2, first.0, "uninsured");
        match second {
            Some((level, names)) => {
                world.persons = named(names);
                world.run_of(2, level, "uninsured");
            }
            None => {
                world.run(2, None);
            }
        }
        world.persons = named(next.1);
        world.run_of(3, next.0, "uninsured");
        world.answer(2, &number, NO_RISK);
        let (state, code, listings) = world.stands(&number);
        assert_eq!(code, "22");
        let is_closed = state == CaseState::Closed;
        assert!(listings.iter().all(|answered| *answered) == is_closed, "{listings:?}");
        let (_, history) = world.ledger.history(&number).unwrap().unwrap();
        let covered = history.covered["uninsured"].reason.persons.clone();
        (is_closed, covered)
    };
    let (blue, yellow) = (Level::Blue, Level::Yellow);
    let both = named(&["A", "B"]);
    assert_eq!(is_answered((blue, &["A", "B"]), None, (blue, &["A", "B"])), (true, both.clone()));
    assert_eq!(is_answered((yellow, &["A", "B"]), None, (yellow, &["B"])), (true, both.clone()));
    // Where it still warns, of less, what was wrong before is not what was verified.
    assert_eq!(is_answered((yellow, &["A", "B"]), Some((blue, &["A"])), (blue, &["B"])), (false, named(&["A"])));
    // More than was issued is still to be verified.
    assert_eq!(is_answered((blue, &["A", "B"]), None, (blue, &["A", "C"])), (false, both.clone()));
    assert_eq!(is_answered((blue, &["A", "B"]), None, (yellow, &["A"])), (false, both));
}

#[test]
fn what_a_month_warned_of_by_mistake_and_a_town_answered_is_verified() {
    let mut world = World::new();
    let number = world.run_of(1, Level::Yellow, "medical");
    world.answer(1, &number, NO_RISK);
    world.run(1, None);
    let (_, history) = world.ledger.history(&number).unwrap().unwrap();
    assert_eq!(history.covered["medical"].code, "22");
    // What it came to warn of after the answer was not on the list.
    world.run_of(1, Level::Red, "disaster");
    world.run(1, None);
    let (_, history) = world.ledger.history(&number).unwrap().unwrap();
    assert_eq!(history.covered.keys().collect::<Vec<_>>(), ["medical"]);
}

#[test]
fn an_answer_to_the_list_of_an_earlier_run_is_about_what_that_list_warned_of() {
    let mut world = World::new();
    let number = world.run_of(1, Level::Blue, "uninsured");
    let first = world.edition(1, &number);
    world.run_of(1, Level::Red, "disaster");
    let second = world.edition(1, &number);
    let answer = world.row_of(1, &first, &number, NO_RISK);
    assert!(world.receive_row(answer.clone()) && !world.receive_row(answer));
    let case = world.case(&number);
    assert_eq!((case.state, case.due, case.level), (CaseState::Open, Some(due(1)), Level::Red));
    assert_eq!(case.reasons.iter().map(|reason| reason.rule.as_str()).collect::<Vec<_>>(), ["disaster"]);
    assert!(!case.listings[&month(1)].is_answered);
    let (_, history) = world.ledger.history(&number).unwrap().unwrap();
    assert_eq!(history.covered.keys().collect::<Vec<_>>(), ["uninsured"]);
    // The same answer to the list that warns of more says more.
    let answer = world.row_of(1, &second, &number, NO_RISK);
    assert!(!world.ledger.is_outdated(&answer).unwrap() && world.receive_row(answer));
    assert_eq!(world.stands(&number).0, CaseState::Closed);
    let (_, history) = world.ledger.history(&number).unwrap().unwrap();
    assert_eq!(history.covered["disaster"].code, NO_RISK.0);
    // A correction of what the first list alone warned of takes nothing from the second.
    let old = world.row_of(1, &first, &number, WRONG_DATA);
    assert!(!world.ledger.is_outdated(&old).unwrap() && world.receive_row(old));
    let covered = |world: &World| world.ledger.history(&number).unwrap().unwrap().1.covered;
    assert_eq!(["uninsured", "disaster"].map(|rule| covered(&world)[rule].code.clone()), ["21", "22"]);
    // Once a list that shows it, too, was answered, the first is outdated, until its warning is issued once more.
    world.persons = vec!["A".to_owned()];
    world.run_of(1, Level::Red, "uninsured");
    let third = world.edition(1, &number);
    let answer = world.row_of(1, &third, &number, NO_RISK);
    assert!(world.receive_row(answer));
    let old = world.row_of(1, &first, &number, DEPARTMENT);
    assert!(world.ledger.is_outdated(&old).unwrap());
    assert_eq!(world.ledger.heard(&old).unwrap(), Heard::Outdated);
    world.persons.clear();
    world.run_of(1, Level::Blue, "uninsured");
    let again = world.row_of(1, &first, &number, WRONG_DATA);
    assert!(!world.ledger.is_outdated(&again).unwrap());
    assert_eq!(world.ledger.heard(&again).unwrap(), Heard::Never, "what was said before is said of the last list");
    assert!(world.receive_row(again));
    assert_eq!(covered(&world)["uninsured"].code, WRONG_DATA.0);
}

#[test]
fn an_answer_to_an_earlier_run_is_not_about_the_members_that_a_later_one_added() {
    let both = ["A".to_owned(), "B".to_owned()];
    let mut world = World::new();
    world.persons = both[..1].to_vec();
    let number = world.run_of(1, Level::Blue, "uninsured");
    let first = world.edition(1, &number);
    // A month that warns of the same is no other edition.
    world.run(2, None);
    world.run_of(1, Level::Blue, "uninsured");
    assert_eq!(world.edition(1, &number).digest, first.digest);
    world.persons = both.to_vec();
    world.run_of(1, Level::Blue, "uninsured");
    let answer = world.row_of(1, &first, &number, NO_RISK);
    world.receive_row(answer);
    assert_eq!(world.stands(&number), (CaseState::Open, "22".to_owned(), vec![false]));
    let (_, history) = world.ledger.history(&number).unwrap().unwrap();
    assert_eq!(history.covered["uninsured"].reason.persons, both[..1]);
}

#[test]
fn an_answer_to_an_earlier_run_counts_for_that_though_the_last_one_warns_of_nothing() {
    let mut world = World::new();
    let number = world.run_of(1, Level::Blue, "uninsured");
    let first = world.edition(1, &number);
    world.run_of(1, Level::Red, "disaster");
    world.run(1, None);
    let answer = world.row_of(1, &first, &number, NO_RISK);
    world.receive_row(answer);
    let (_, history) = world.ledger.history(&number).unwrap().unwrap();
    assert_eq!(history.covered.keys().collect::<Vec<_>>(), ["uninsured"]);
}
