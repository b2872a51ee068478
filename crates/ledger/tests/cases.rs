//! Laws of the ledger: nothing is lost, nothing is counted twice, and the present is what the events say.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::path::Path;

use bidui_ledger::{Answer, CaseNumber, CaseState, CaseStep, Ledger, Reason, WarnedHousehold};
use bidui_model::{Level, Month};

fn month(number: u32) -> Month {
    Month::new(2023, number).unwrap()
}

fn warned(household: &str, level: Level) -> WarnedHousehold {
    let reasons = vec![Reason { rule: "medical".to_owned(), level, value: Some(12_000.0) }];
    WarnedHousehold { household: household.to_owned(), level, town: "450206102".to_owned(), reasons }
}

fn run(ledger: &mut Ledger, number: u32, households: &[(&str, Level)]) -> Vec<(String, String, CaseStep, bool)> {
    let warned: Vec<_> = households.iter().map(|(household, level)| warned(household, *level)).collect();
    let recorded = ledger.record_run(month(number), "digest", &warned, &BTreeSet::new()).unwrap();
    assert_eq!(ledger.rebuilt().unwrap(), ledger.cases().unwrap(), "the fold equals the state");
    assert_eq!(ledger.integrity().unwrap(), "ok");
    let steps = recorded.cases.into_iter();
    steps.map(|(household, (number, step))| (household, number.to_string(), step, recorded.is_new)).collect()
}

fn answer(ledger: &mut Ledger, of: u32, file: &str, number: &str, code: &str, leaves: CaseState) -> (bool, usize) {
    let answer = Answer {
        case: CaseNumber::parse(number).unwrap(),
        month: month(of),
        code: code.to_owned(),
        leaves,
        answered_on: Some(month(of).last_day()),
    };
    let received = ledger.record_answers(month(of), file, &[answer]).unwrap();
    assert_eq!(ledger.rebuilt().unwrap(), ledger.cases().unwrap(), "the fold equals the state");
    (received.is_new, received.unknown.len())
}

fn fresh(folder: &Path) -> Ledger {
    Ledger::open(&folder.join("ledger.db")).unwrap()
}

#[test]
fn a_household_has_one_case_until_it_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let first = run(&mut ledger, 1, &[("H2", Level::Yellow), ("H1", Level::Blue)]);
    assert_eq!(first[0].2, CaseStep::Raised);
    let second = run(&mut ledger, 2, &[("H1", Level::Red), ("H2", Level::Yellow)]);
    let steps: Vec<_> = second.iter().map(|(_, number, step, _)| (number.clone(), *step)).collect();
    assert_eq!(steps, [(first[0].1.clone(), CaseStep::Escalated), (first[1].1.clone(), CaseStep::Continuing)]);
    assert_eq!(answer(&mut ledger, 2, "file", &first[0].1, "22", CaseState::Closed), (true, 0));
    let third = run(&mut ledger, 3, &[("H1", Level::Yellow)]);
    assert_ne!(third[0].1, first[0].1, "after it was closed, a warning opens another");
    assert_eq!((third[1].0.as_str(), third[1].2), ("H2", CaseStep::Cleared));
    let standing = ledger.standing().unwrap()["450206102"];
    assert_eq!((standing.opened, standing.closed, standing.standing, standing.answered), (3, 1, 2, 1));
}

#[test]
fn numbers_depend_on_no_order_of_households() {
    let numbers = |households: &[(&str, Level)]| {
        let folder = tempfile::tempdir().unwrap();
        run(&mut fresh(folder.path()), 1, households)
    };
    let (one, other) = (("H1", Level::Red), ("H2", Level::Blue));
    assert_eq!(numbers(&[one, other]), numbers(&[other, one]));
}

#[test]
fn a_month_that_is_run_again_adds_nothing_or_a_revision_and_keeps_its_answers() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let first = run(&mut ledger, 1, &[("H1", Level::Red), ("H2", Level::Blue)]);
    let again = run(&mut ledger, 1, &[("H2", Level::Blue), ("H1", Level::Red)]);
    assert!(first[0].3 && !again[0].3);
    answer(&mut ledger, 1, "file", &first[1].1, "14", CaseState::Closed);
    let more = run(&mut ledger, 1, &[("H2", Level::Blue), ("H3", Level::Red)]);
    assert_eq!(more[0].2, CaseStep::Withdrawn);
    assert_eq!(more[1].1, first[1].1, "a number is kept");
    let cases = ledger.cases().unwrap();
    let found: Vec<_> =
        cases.iter().map(|case| (case.household.as_str(), case.state, case.answer.as_deref())).collect();
    let expected =
        [("H1", CaseState::Closed, None), ("H2", CaseState::Closed, Some("14")), ("H3", CaseState::Open, None)];
    assert_eq!(found, expected);
    let back = run(&mut ledger, 1, &[("H1", Level::Red), ("H2", Level::Blue)]);
    assert_eq!((back[0].1.as_str(), back[0].2), (first[0].1.as_str(), CaseStep::Raised));
}

#[test]
fn the_same_file_twice_changes_nothing_and_a_later_answer_replaces_an_earlier_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Red)])[0].1.clone();
    assert_eq!(answer(&mut ledger, 1, "one", &number, "00", CaseState::Open), (true, 0));
    assert_eq!(answer(&mut ledger, 1, "one", &number, "00", CaseState::Open), (false, 0));
    assert_eq!(answer(&mut ledger, 1, "two", &number, "11", CaseState::Followed), (true, 0));
    let stranger = CaseNumber::new(month(1), 77);
    assert_eq!(answer(&mut ledger, 1, "three", stranger.as_str(), "11", CaseState::Closed), (true, 1));
    let case = &ledger.cases().unwrap()[0];
    assert_eq!((case.state, case.answer.as_deref(), case.answers), (CaseState::Followed, Some("11"), 2));
}

#[test]
fn an_older_month_run_again_is_measured_against_what_was_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let first = run(&mut ledger, 1, &[("H1", Level::Yellow)]);
    run(&mut ledger, 2, &[("H1", Level::Yellow)]);
    let again = run(&mut ledger, 1, &[("H1", Level::Yellow)]);
    assert_eq!((again[0].2, again[0].3), (CaseStep::Raised, false));
    assert_eq!(again[0].1, first[0].1);
}

#[test]
fn a_case_that_an_older_one_takes_the_place_of_is_withdrawn_with_its_answers() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let first = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
    answer(&mut ledger, 1, "one", &first, "22", CaseState::Closed);
    let second = run(&mut ledger, 2, &[("H1", Level::Yellow)])[0].1.clone();
    assert_ne!(first, second);
    answer(&mut ledger, 2, "two", &second, "14", CaseState::Closed);
    // The answer to January's list is taken back, so that in February its case still stood.
    answer(&mut ledger, 1, "three", &first, "00", CaseState::Open);
    let again = run(&mut ledger, 2, &[("H1", Level::Yellow)]);
    assert_eq!((again[0].1.as_str(), again[0].2), (first.as_str(), CaseStep::Continuing));
    answer(&mut ledger, 2, "four", &second, "00", CaseState::Open);
    let cases = ledger.cases().unwrap();
    let found: Vec<_> = cases.iter().map(|case| (case.state, case.withdrawn, case.answers)).collect();
    assert_eq!(found, [(CaseState::Open, false, 2), (CaseState::Closed, true, 2)]);
}

#[test]
fn what_cannot_be_told_this_month_clears_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    run(&mut ledger, 1, &[("H1", Level::Yellow)]);
    let undecided = BTreeSet::from(["H1".to_owned()]);
    let recorded = ledger.record_run(month(2), "digest", &[], &undecided).unwrap();
    assert!(recorded.cases.is_empty());
    assert_eq!(ledger.cases().unwrap()[0].cleared, None);
}

#[test]
fn nothing_that_happened_can_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    run(&mut ledger, 1, &[("H1", Level::Yellow)]);
    drop(ledger);
    let file = rusqlite::Connection::open(folder.path().join("ledger.db")).unwrap();
    for sql in
        ["DELETE FROM events", "UPDATE events SET level = 'blue'", "DELETE FROM batches", "DELETE FROM case_numbers"]
    {
        assert!(file.execute(sql, []).is_err(), "{sql}");
    }
}

#[test]
fn a_file_of_a_newer_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(fresh(folder.path()));
    let path = folder.path().join("ledger.db");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(Ledger::open(&path).is_err());
}
