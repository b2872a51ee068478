//! A look that an answer put off to a day is owed until it is taken: what is answered about another alarm does not end it.
#![allow(clippy::unwrap_used)]

mod world;

use bidui_ledger::{Answer, CaseNumber, CaseState, Said};
use bidui_model::Level;
use world::*;

/// An answer with the day until which it holds.
fn until((code, effect, leaves): Result, of: u32, until: i32) -> Said {
    let Said::Answered(answer) = found((code, effect, leaves), of, &[]) else { unreachable!() };
    Said::Answered(Answer { until: Some(until), ..answer })
}

/// January warned of medical costs, and the town wants to look again in June; February's new alarm is answered.
fn new_alarm(rule: &str, result: Result) -> (World, CaseNumber) {
    let mut world = World::new();
    let number = world.run_of(1, Level::Yellow, "medical");
    let said = vec![until(COOL, 1, month(6).last_day())];
    world.receive("verification", 1, number.as_str(), &number, said);
    world.run_of(2, Level::Orange, rule);
    assert_eq!(world.case(&number).state, CaseState::Open);
    world.answer(2, &number, result);
    (world, number)
}

#[test]
fn an_answer_about_another_alarm_leaves_the_look_that_is_owed() {
    let (mut world, number) = new_alarm("tuition", NO_RISK);
    let case = world.case(&number);
    assert_eq!((case.state, case.closed), (CaseState::Followed, None));
    let recheck = case.recheck().unwrap();
    assert_eq!(
        (recheck.until, recheck.month, recheck.seen),
        (month(6).last_day(), month(1), Some(month(1).last_day() + 8))
    );
    assert_eq!(recheck.about[0].1.rule, "medical");
    // The list before the day asks for the look itself, whatever else it warns of.
    world.run_of(5, Level::Orange, "tuition");
    world.answer(5, &number, NO_RISK);
    assert_eq!((world.case(&number).state, world.case(&number).recheck()), (CaseState::Closed, None));
}

#[test]
fn an_answer_about_the_same_alarm_ends_it() {
    let (world, number) = new_alarm("medical", NO_RISK);
    assert_eq!((world.case(&number).state, world.case(&number).recheck()), (CaseState::Closed, None));
}

#[test]
fn so_does_one_to_a_list_that_shows_the_case_for_that_alone() {
    let (mut world, number) = new_alarm("tuition", NO_RISK);
    world.run(3, None);
    world.answer(3, &number, NO_RISK);
    assert_eq!((world.case(&number).state, world.case(&number).recheck()), (CaseState::Closed, None));
}

#[test]
fn of_two_looks_the_first_is_owed_first_and_an_end_ends_both() {
    let (mut world, number) = new_alarm("tuition", NO_RISK);
    let later = vec![until(COOL, 2, month(9).last_day())];
    world.receive("verification", 2, number.as_str(), &number, later);
    let case = world.case(&number);
    assert_eq!((case.rechecks.len(), case.recheck().unwrap().until), (2, month(6).last_day()));
    world.answer(2, &number, ("32", "deceased", CaseState::Closed));
    assert_eq!((world.case(&number).state, world.case(&number).recheck()), (CaseState::Closed, None));
}
