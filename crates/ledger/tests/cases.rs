//! Laws of the ledger: nothing is lost, nothing is counted twice, and the present is what the events say.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bidui_ledger::{
    Answer, CaseNumber, CaseState, CaseStep, Deed, Heard, Ledger, NeedState, Reason, ReturnedRow, RunInputs, Said,
    SeenHousehold, WarnedHousehold,
};
use bidui_model::{Level, Month};

fn month(number: u32) -> Month {
    Month::new(2023, number).unwrap()
}

/// Warned of a value of 12,000, to be answered by the tenth of the next month.
fn warned(of: u32, household: &str, level: Level) -> WarnedHousehold {
    let reasons = vec![Reason {
        rule: "medical".to_owned(),
        level,
        value: Some(12_000.0),
        persons: Vec::new(),
        falls: false,
        bound: None,
    }];
    let due = Some(month(of).plus(1).first_day() + 9);
    WarnedHousehold {
        household: household.to_owned(),
        level,
        town: "450206102".to_owned(),
        passed_on_by: None,
        due,
        doubtful: false,
        reasons,
    }
}

type Step = (String, String, CaseStep, bool);

/// A month's run: its warnings, the households that nothing can be said of, and what the registry says.
fn run_with(
    ledger: &mut Ledger,
    number: u32,
    households: &[(&str, Level)],
    undecided: &[&str],
    seen: &[(&str, SeenHousehold)],
) -> Vec<Step> {
    let warned: Vec<_> = households.iter().map(|(household, level)| warned(number, household, *level)).collect();
    let undecided: BTreeSet<String> = undecided.iter().map(|household| (*household).to_owned()).collect();
    let seen: BTreeMap<_, _> = seen.iter().map(|(household, seen)| ((*household).to_owned(), seen.clone())).collect();
    run_of(ledger, number, &warned, &undecided, &seen)
}

/// The same, of warnings that are given whole.
fn run_of(
    ledger: &mut Ledger,
    number: u32,
    warned: &[WarnedHousehold],
    undecided: &BTreeSet<String>,
    seen: &BTreeMap<String, SeenHousehold>,
) -> Vec<Step> {
    let before = ledger.before(month(number), month(number).plus(-24)).unwrap();
    let issued_on = month(number).plus(1).first_day() + 5;
    let due = Level::ALL.into_iter().map(|level| (level, issued_on + 10)).collect();
    let unanswered: BTreeSet<String> = undecided.iter().map(|_| "medical".to_owned()).collect();
    let inputs = RunInputs {
        unanswered: &unanswered,
        month: month(number),
        issued_on,
        due: &due,
        warned,
        undecided,
        seen,
        before: &before,
        renumbered: &BTreeMap::new(),
    };
    let plan = ledger.plan_run(&inputs).unwrap();
    let is_new = ledger.record_run(&plan, "digest").unwrap();
    check_whole(ledger);
    let after = plan.after(&before);
    let known = ledger.before(month(number).plus(1), month(number).plus(-24)).unwrap();
    for household in plan.cases.keys() {
        let states = |history: &BTreeMap<String, bidui_ledger::History>| {
            history[household].cases.iter().map(|case| (case.number.clone(), case.last_warned)).collect::<Vec<_>>()
        };
        assert_eq!(states(&after), states(&known), "what was planned was recorded");
    }
    plan.cases.into_iter().map(|(household, (number, step))| (household, number.to_string(), step, is_new)).collect()
}

fn run(ledger: &mut Ledger, number: u32, households: &[(&str, Level)]) -> Vec<Step> {
    run_with(ledger, number, households, &[], &[])
}

fn check_whole(ledger: &Ledger) {
    assert_eq!(ledger.rebuilt().unwrap(), ledger.cases().unwrap(), "the fold equals the state");
    assert_eq!(ledger.integrity().unwrap(), "ok");
}

fn answered(of: u32, code: &str, effect: &str, leaves: CaseState) -> Said {
    Said::Answered(Answer {
        code: code.to_owned(),
        effect: effect.to_owned(),
        leaves,
        is_finding: code != "00",
        on: Some(month(of).last_day() + 8),
        until: None,
        values: BTreeMap::from([("income".to_owned(), "812300".to_owned())]),
    })
}

fn did(deed: Deed, on: i32, code: &str) -> Said {
    Said::Did { deed, on: Some(on), code: code.to_owned() }
}

fn receive(ledger: &mut Ledger, of: u32, file: &str, number: &str, said: Vec<Said>) -> bidui_ledger::Received {
    let case = Some(CaseNumber::parse(number).unwrap());
    let (list, row_key) = ("verification".to_owned(), number.to_owned());
    let row = ReturnedRow { list, month: month(of), row_key, case, edition: None, said };
    let tried = ledger.receive(month(of), file, std::slice::from_ref(&row), false).unwrap();
    let received = ledger.receive(month(of), file, &[row], true).unwrap();
    assert_eq!(tried, received, "a trial says what would become of it");
    check_whole(ledger);
    received
}

fn answer(ledger: &mut Ledger, of: u32, file: &str, number: &str, code: &str, leaves: CaseState) -> (bool, usize) {
    let received = receive(ledger, of, file, number, vec![answered(of, code, "changed", leaves)]);
    (!received.is_known, received.unknown.len())
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
    // The first of them is due on 10 February, the last on 10 April.
    let standing = ledger.standing(month(2).first_day() + 10).unwrap()["450206102"];
    assert_eq!((standing.opened, standing.closed, standing.standing), (3, 1, 2));
    assert_eq!((standing.open, standing.overdue), (2, 1));
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
fn a_file_that_is_sent_again_after_a_correction_takes_it_back_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Red)])[0].1.clone();
    let said = |code: &str, leaves| vec![answered(1, code, "changed", leaves)];
    let (first, second) = (said("11", CaseState::Followed), said("22", CaseState::Closed));
    receive(&mut ledger, 1, "one", &number, first.clone());
    receive(&mut ledger, 1, "two", &number, second.clone());
    let case = Some(CaseNumber::parse(&number).unwrap());
    let row = |said| ReturnedRow {
        list: "verification".into(),
        month: month(1),
        row_key: number.clone(),
        case: case.clone(),
        edition: None,
        said,
    };
    let heard = |ledger: &Ledger| [&first, &second].map(|said| ledger.heard(&row(said.clone())).unwrap());
    assert_eq!(heard(&ledger), [Heard::Before, Heard::Stands]);
    assert_eq!(ledger.heard(&row(said("21", CaseState::Closed))).unwrap(), Heard::Never);
    for (time, changed) in [(1, vec![0]), (2, Vec::new()), (3, Vec::new())] {
        let again = receive(&mut ledger, 1, "one", &number, first.clone());
        assert_eq!((again.is_known, again.changed), (true, changed), "{time}");
        let case = &ledger.cases().unwrap()[0];
        assert_eq!((case.answer.as_deref(), case.state, case.answers), (Some("11"), CaseState::Followed, 3), "{time}");
    }
    assert_eq!(heard(&ledger), [Heard::Stands, Heard::Before]);
    assert_eq!(receive(&mut ledger, 1, "two", &number, second).changed, [0], "and back again");
    let stranger = receive(&mut ledger, 1, "two", CaseNumber::new(month(1), 77).as_str(), first);
    assert_eq!((stranger.is_known, stranger.unknown), (true, vec![0]), "what was not taken is told once more");
    drop(ledger);
    let file = rusqlite::Connection::open(folder.path().join("ledger.db")).unwrap();
    let batches: i64 =
        file.query_row("SELECT COUNT(*) FROM batches WHERE kind = 'received'", [], |row| row.get(0)).unwrap();
    assert_eq!(batches, 4, "what says nothing new leaves no trace");
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
fn a_case_that_a_corrected_answer_opens_again_is_joined_into_the_later_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let first = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
    answer(&mut ledger, 1, "one", &first, "22", CaseState::Closed);
    let second = run(&mut ledger, 2, &[("H1", Level::Yellow)])[0].1.clone();
    assert_ne!(first, second);
    // The answer to January's list is taken back, so that its case stands in February; February's list has the other number, and keeps it.
    let said = vec![answered(1, "15", "department", CaseState::Followed), did(Deed::NeedPushed, 19_400, "N05")];
    receive(&mut ledger, 1, "two", &first, said);
    let standing = |ledger: &Ledger| {
        let cases = ledger.cases().unwrap();
        cases.iter().map(|case| (case.state, case.open_needs, case.joined.is_some())).collect::<Vec<_>>()
    };
    let joined = [(CaseState::Closed, 0, true), (CaseState::Open, 1, false)];
    assert_eq!(standing(&ledger), joined);
    let again = run(&mut ledger, 2, &[("H1", Level::Yellow)]);
    // The warning is the same; its lists are the first to tell the department.
    assert_eq!((again[0].1.as_str(), again[0].2, again[0].3), (second.as_str(), CaseStep::Raised, true));
    assert!(!run(&mut ledger, 2, &[("H1", Level::Yellow)])[0].3, "and again it adds nothing");
    // February's answer leaves the department's part, and what a department says of the old number counts.
    receive(&mut ledger, 2, "three", &second, vec![answered(2, "15", "department", CaseState::Followed)]);
    let (_, history) = ledger.history(&CaseNumber::parse(&first).unwrap()).unwrap().unwrap();
    let answered: Vec<_> = history.cases.iter().flat_map(|case| case.listings.values()).collect();
    assert!(answered.len() == 2 && answered.iter().all(|listing| listing.is_answered));
    assert_eq!(history.joins.len(), 1);
    // What was answered about the old one is in hand as long as the new one is.
    let heir = history.heir(&CaseNumber::parse(&first).unwrap()).unwrap();
    assert_eq!((heir.number.as_str(), heir.state), (second.as_str(), CaseState::Followed));
    let case = Some(CaseNumber::parse(&first).unwrap());
    let (list, row_key, said) = ("tasks".to_owned(), format!("{first}-N05"), vec![did(Deed::NeedMet, 19_450, "N05")]);
    ledger
        .receive(month(2), "four", &[ReturnedRow { list, month: month(2), row_key, case, edition: None, said }], true)
        .unwrap();
    check_whole(&ledger);
    assert_eq!(standing(&ledger), [(CaseState::Closed, 0, true), (CaseState::Closed, 0, false)]);
    // Taken back once more, there is nothing to join.
    answer(&mut ledger, 1, "five", &first, "22", CaseState::Closed);
    assert_eq!(standing(&ledger)[0], (CaseState::Closed, 0, false));
}

#[test]
fn a_month_that_was_run_late_leaves_one_case() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let march = run(&mut ledger, 3, &[("H1", Level::Yellow)])[0].1.clone();
    let january = run(&mut ledger, 1, &[("H1", Level::Red)])[0].1.clone();
    assert_ne!(march, january);
    let states = |ledger: &Ledger| {
        ledger.cases().unwrap().iter().map(|case| (case.number.to_string(), case.state)).collect::<Vec<_>>()
    };
    let joined = [(january.clone(), CaseState::Closed), (march.clone(), CaseState::Open)];
    assert_eq!(states(&ledger), joined);
    // It is due when January's list was.
    assert_eq!(ledger.cases().unwrap()[1].due, Some(month(2).first_day() + 9));
    let again = run(&mut ledger, 3, &[("H1", Level::Yellow)]);
    assert_eq!((again[0].1.as_str(), again[0].3), (march.as_str(), false), "its list has that number");
    assert_eq!(run(&mut ledger, 4, &[("H1", Level::Yellow)])[0].1, march);
    answer(&mut ledger, 4, "file", &march, "22", CaseState::Closed);
    assert_eq!(states(&ledger).into_iter().map(|(_, state)| state).collect::<Vec<_>>(), [CaseState::Closed; 2]);
}

#[test]
fn a_second_look_at_an_old_case_goes_on_in_the_one_that_stands() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let first = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
    answer(&mut ledger, 1, "one", &first, "22", CaseState::Closed);
    let second = run(&mut ledger, 2, &[("H1", Level::Yellow)])[0].1.clone();
    let case = Some(CaseNumber::parse(&first).unwrap());
    let said = vec![answered(2, "11", "include", CaseState::Followed), did(Deed::SpotChecked, 19_450, "11")];
    let row =
        ReturnedRow { list: "sample".to_owned(), month: month(2), row_key: first.clone(), case, edition: None, said };
    ledger.receive(month(2), "two", &[row], true).unwrap();
    check_whole(&ledger);
    // Its own warning is unanswered; answered by "no", the inclusion is to follow all the same.
    let states = |ledger: &Ledger| ledger.cases().unwrap().iter().map(|case| case.state).collect::<Vec<_>>();
    assert_eq!(states(&ledger), [CaseState::Closed, CaseState::Open]);
    answer(&mut ledger, 2, "three", &second, "21", CaseState::Closed);
    assert_eq!(states(&ledger), [CaseState::Closed, CaseState::Followed]);
}

#[test]
fn what_cannot_be_told_this_month_clears_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    run(&mut ledger, 1, &[("H1", Level::Yellow)]);
    assert!(run_with(&mut ledger, 2, &[], &["H1"], &[]).is_empty());
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

#[test]
fn an_answer_that_comes_late_answers_the_next_list_too_unless_that_is_more_serious() {
    for (next, state) in [(Level::Yellow, CaseState::Closed), (Level::Red, CaseState::Open)] {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = fresh(folder.path());
        let number = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
        run(&mut ledger, 2, &[("H1", next)]);
        answer(&mut ledger, 1, "file", &number, "22", CaseState::Closed);
        assert_eq!(ledger.cases().unwrap()[0].state, state, "{next:?}");
        let (_, history) = ledger.history(&CaseNumber::parse(&number).unwrap()).unwrap().unwrap();
        let answered: Vec<_> = history.cases[0].listings.values().map(|listing| listing.is_answered).collect();
        assert_eq!(answered, [true, state == CaseState::Closed]);
    }
}

#[test]
fn an_answer_is_about_what_its_list_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
    receive(&mut ledger, 1, "one", &number, vec![answered(1, "14", "cool", CaseState::Followed)]);
    let again = run(&mut ledger, 2, &[("H1", Level::Red)]);
    assert_eq!((again[0].1.as_str(), again[0].2), (number.as_str(), CaseStep::Reopened));
    let before = ledger.before(month(2), month(1)).unwrap();
    let covered = &before["H1"].covered["medical"];
    assert_eq!(
        (covered.reason.level, covered.reason.value, covered.effect.as_str()),
        (Level::Yellow, Some(12_000.0), "cool")
    );
    assert_eq!(covered.month, month(1));
    // "Not verified" takes back what was found.
    receive(&mut ledger, 1, "two", &number, vec![answered(1, "00", "pending", CaseState::Open)]);
    assert!(ledger.before(month(2), month(1)).unwrap()["H1"].covered.is_empty());
}

#[test]
fn nothing_closes_a_case_that_is_to_be_looked_at_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
    let mut said = answered(1, "14", "cool", CaseState::Followed);
    if let Said::Answered(answer) = &mut said {
        answer.until = Some(month(3).last_day());
    }
    receive(&mut ledger, 1, "one", &number, vec![said]);
    assert_eq!(run(&mut ledger, 2, &[])[0].2, CaseStep::Cleared);
    assert!(run(&mut ledger, 3, &[]).is_empty() && run(&mut ledger, 4, &[]).is_empty());
    assert_eq!(ledger.cases().unwrap()[0].state, CaseState::Followed);
}

#[test]
fn a_household_to_be_included_is_followed_whatever_is_answered_about_other_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Red)])[0].1.clone();
    receive(&mut ledger, 1, "one", &number, vec![answered(1, "11", "include", CaseState::Followed)]);
    assert_eq!(run(&mut ledger, 2, &[("H1", Level::Yellow)])[0].2, CaseStep::Reopened);
    answer(&mut ledger, 2, "two", &number, "21", CaseState::Closed);
    assert_eq!(ledger.cases().unwrap()[0].state, CaseState::Followed);
    receive(&mut ledger, 2, "three", &number, vec![answered(2, "35", "declined", CaseState::Closed)]);
    assert_eq!(ledger.cases().unwrap()[0].state, CaseState::Closed);
}

#[test]
fn a_corrected_row_takes_back_what_its_first_copy_did() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
    let rerouted = vec![answered(1, "31", "reroute", CaseState::Open), did(Deed::Rerouted, 19_400, "450206110")];
    receive(&mut ledger, 1, "one", &number, rerouted);
    assert_eq!(ledger.cases().unwrap()[0].town, "450206110");
    receive(&mut ledger, 1, "two", &number, vec![answered(1, "00", "pending", CaseState::Open)]);
    assert_eq!(ledger.cases().unwrap()[0].town, "450206102");
}

#[test]
fn a_case_that_was_passed_on_late_stays_with_the_town_that_took_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
    run(&mut ledger, 2, &[("H1", Level::Yellow)]);
    let rerouted = vec![answered(1, "31", "reroute", CaseState::Open), did(Deed::Rerouted, 19_400, "450206110")];
    receive(&mut ledger, 1, "one", &number, rerouted);
    assert_eq!(ledger.cases().unwrap()[0].town, "450206110");
}

/// Where the standing case of H1 is, who passed it on, and by when it is to be answered.
fn place(ledger: &Ledger, number: &str) -> (String, Option<String>, Option<i32>) {
    let (_, history) = ledger.history(&CaseNumber::parse(number).unwrap()).unwrap().unwrap();
    let case = history.standing().unwrap();
    (case.town.clone(), case.passed_on_by.clone(), case.due)
}

fn rerouted(of: u32, town: &str) -> Vec<Said> {
    vec![answered(of, "31", "reroute", CaseState::Open), did(Deed::Rerouted, 19_400, town)]
}

/// A month in which the registry names 450206102, and the case is with the town that took it.
fn run_routed(ledger: &mut Ledger, of: u32, number: &str) -> Vec<Step> {
    let (town, passed_on_by, _) = place(ledger, number);
    let warned = WarnedHousehold { town, passed_on_by, ..warned(of, "H1", Level::Yellow) };
    run_of(ledger, of, &[warned], &BTreeSet::new(), &BTreeMap::new())
}

#[test]
fn a_passing_on_that_is_corrected_after_the_next_list_goes_where_it_says() {
    let (first, second, third) = ("450206102", "450206103", "450206110");
    for (correction, town, by) in [
        (rerouted(1, third), third, Some(first)),
        (vec![answered(1, "00", "pending", CaseState::Open)], first, None),
        (rerouted(1, first), first, None),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = fresh(folder.path());
        let number = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
        receive(&mut ledger, 1, "one", &number, rerouted(1, second));
        run_routed(&mut ledger, 2, &number);
        assert_eq!(place(&ledger, &number).0, second);
        receive(&mut ledger, 1, "two", &number, correction);
        let found = place(&ledger, &number);
        assert_eq!((found.0.as_str(), found.1.as_deref()), (town, by));
        run_routed(&mut ledger, 3, &number);
        assert_eq!(place(&ledger, &number).0, town, "the next list goes there");
    }
}

#[test]
fn a_case_goes_on_from_town_to_town_and_home_again() {
    let (first, second, third) = ("450206102", "450206103", "450206110");
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
    for (of, town) in [(1, second), (2, third), (3, first)] {
        receive(&mut ledger, of, &format!("file {of}"), &number, rerouted(of, town));
        assert_eq!(place(&ledger, &number).1.as_deref(), (town != first).then_some(first));
        run_routed(&mut ledger, of + 1, &number);
        assert_eq!(place(&ledger, &number).0, town);
    }
}

#[test]
fn a_case_that_was_passed_on_is_due_by_the_next_lists_though_its_warning_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
    receive(&mut ledger, 1, "one", &number, rerouted(1, "450206110"));
    assert_eq!(place(&ledger, &number).2, None, "no list asks the town yet");
    let steps = run(&mut ledger, 2, &[]);
    assert_eq!((steps[0].1.as_str(), steps[0].2), (number.as_str(), CaseStep::Handed));
    let due = month(3).first_day() + 15;
    assert_eq!(place(&ledger, &number), ("450206110".to_owned(), Some("450206102".to_owned()), Some(due)));
    assert!(run(&mut ledger, 3, &[]).is_empty(), "it is due once");
    // What cannot be told is handed over, too.
    let other = run(&mut ledger, 1, &[("H1", Level::Yellow), ("H2", Level::Red)])[1].1.clone();
    receive(&mut ledger, 1, "two", &other, rerouted(1, "450206110"));
    let steps = run_with(&mut ledger, 4, &[], &["H2"], &[]);
    assert_eq!((steps[0].0.as_str(), steps[0].2), ("H2", CaseStep::Handed));
}

#[test]
fn a_case_that_nobody_calls_his_own_is_due_nowhere_until_it_is_answered_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
    receive(&mut ledger, 1, "one", &number, vec![answered(1, "31", "reroute", CaseState::Open)]);
    let is_unplaced = |ledger: &Ledger| {
        let (_, history) = ledger.history(&CaseNumber::parse(&number).unwrap()).unwrap().unwrap();
        let case = history.standing().unwrap();
        (case.is_unplaced(), case.due.is_some())
    };
    assert_eq!(is_unplaced(&ledger), (true, false));
    let steps: Vec<_> = run(&mut ledger, 2, &[]).into_iter().map(|(.., step, _)| step).collect();
    assert_eq!((steps, is_unplaced(&ledger)), (vec![CaseStep::Cleared], (true, false)));
    // Where it belongs is found out: the town's answer is mended.
    receive(&mut ledger, 1, "two", &number, rerouted(1, "450206110"));
    run(&mut ledger, 3, &[]);
    assert_eq!(is_unplaced(&ledger), (false, true));
}

#[test]
fn a_finding_outlives_the_warning_that_led_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Red)])[0].1.clone();
    receive(&mut ledger, 1, "one", &number, vec![answered(1, "11", "include", CaseState::Followed)]);
    assert_eq!(run(&mut ledger, 1, &[])[0].2, CaseStep::Withdrawn);
    let case = &ledger.cases().unwrap()[0];
    assert_eq!((case.state, case.withdrawn), (CaseState::Followed, false));
}

#[test]
fn needs_are_pushed_and_met_and_those_of_a_replaced_answer_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
    let told = |needs: &[&str]| {
        let needs = needs.iter().map(|need| Said::Did { deed: Deed::NeedPushed, on: None, code: (*need).to_owned() });
        [answered(1, "15", "department", CaseState::Followed)].into_iter().chain(needs).collect::<Vec<_>>()
    };
    receive(&mut ledger, 1, "one", &number, told(&["N01", "N05"]));
    receive(&mut ledger, 1, "two", &number, told(&["N05"]));
    assert_eq!(ledger.cases().unwrap()[0].open_needs, 1);
    let tasks = |file: &str, ledger: &mut Ledger, said| {
        let case = Some(CaseNumber::parse(&number).unwrap());
        let (list, row_key) = ("tasks".to_owned(), format!("{number}-N05"));
        let row = ReturnedRow { list, month: month(1), row_key, case, edition: None, said };
        ledger.receive(month(1), file, &[row], true).unwrap()
    };
    let met = vec![did(Deed::NeedMet, month(2).last_day(), "N05")];
    assert_eq!(tasks("three", &mut ledger, met.clone()).new, [0]);
    // The same file saved anew says the same again.
    assert_eq!(tasks("four", &mut ledger, met).unchanged, [0]);
    check_whole(&ledger);
    let (_, history) = ledger.history(&CaseNumber::parse(&number).unwrap()).unwrap().unwrap();
    let case = &history.cases[0];
    let needs: Vec<_> = case.needs.iter().map(|(code, need)| (code.as_str(), need.state, need.on)).collect();
    assert_eq!(needs, [("N05", NeedState::Met, Some(month(2).last_day()))]);
    assert_eq!(case.state, CaseState::Closed, "departments were all that it waited for");
}

#[test]
fn a_need_that_is_met_ends_no_inclusion() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
    receive(&mut ledger, 1, "one", &number, vec![answered(1, "11", "include", CaseState::Followed)]);
    run(&mut ledger, 2, &[("H1", Level::Orange)]);
    let pushed = Said::Did { deed: Deed::NeedPushed, on: None, code: "N05".to_owned() };
    receive(&mut ledger, 2, "two", &number, vec![answered(2, "15", "department", CaseState::Followed), pushed]);
    let case = Some(CaseNumber::parse(&number).unwrap());
    let said = vec![did(Deed::NeedMet, month(3).last_day(), "N05")];
    let row = ReturnedRow {
        list: "tasks".to_owned(),
        month: month(2),
        row_key: format!("{number}-N05"),
        case,
        edition: None,
        said,
    };
    ledger.receive(month(2), "three", &[row], true).unwrap();
    check_whole(&ledger);
    let (_, history) = ledger.history(&CaseNumber::parse(&number).unwrap()).unwrap().unwrap();
    let case = &history.cases[0];
    assert!(case.to_include.is_some(), "it was found to be included, and is not yet");
    assert_eq!(case.state, CaseState::Followed);
}

#[test]
fn the_registry_tells_of_inclusion_and_elimination_and_a_warning_after_it_opens_another_case() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Red)])[0].1.clone();
    receive(&mut ledger, 1, "one", &number, vec![answered(1, "11", "include", CaseState::Followed)]);
    let included = SeenHousehold {
        town: String::new(),
        monitor_kind: "突发严重困难户".to_owned(),
        identified_on: Some(month(2).first_day() + 14),
        eliminated_on: None,
    };
    run_with(&mut ledger, 2, &[], &[], &[("H1", included.clone())]);
    let (_, history) = ledger.history(&CaseNumber::parse(&number).unwrap()).unwrap().unwrap();
    let found = history.cases[0].included.clone().unwrap();
    assert_eq!((found.on, found.kind.as_str()), (included.identified_on, "突发严重困难户"));
    let eliminated = SeenHousehold { eliminated_on: Some(month(4).first_day()), ..included };
    let next = run_with(&mut ledger, 4, &[("H1", Level::Blue)], &[], &[("H1", eliminated)]);
    assert_eq!(next[0].2, CaseStep::Raised);
    let states: Vec<_> = ledger.cases().unwrap().iter().map(|case| case.state).collect();
    assert_eq!(states, [CaseState::Closed, CaseState::Open]);
}

#[test]
fn an_elimination_leaves_a_warning_that_nobody_answered() {
    let included = SeenHousehold {
        town: String::new(),
        monitor_kind: "突发严重困难户".to_owned(),
        identified_on: Some(month(1).last_day()),
        eliminated_on: None,
    };
    let eliminated = SeenHousehold { eliminated_on: Some(month(2).last_day()), ..included.clone() };
    for by_list in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = fresh(folder.path());
        let number = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
        receive(&mut ledger, 1, "one", &number, vec![answered(1, "11", "include", CaseState::Followed)]);
        run_with(&mut ledger, 2, &[("H1", Level::Orange)], &[], &[("H1", included.clone())]);
        if by_list {
            let case = Some(CaseNumber::parse(&number).unwrap());
            let said = vec![did(Deed::Eliminated, month(2).last_day(), "")];
            let (list, row_key) = ("followup".to_owned(), number.clone());
            ledger
                .receive(
                    month(2),
                    "two",
                    &[ReturnedRow { list, month: month(2), row_key, case, edition: None, said }],
                    true,
                )
                .unwrap();
        } else {
            let steps = run_with(&mut ledger, 3, &[("H1", Level::Orange)], &[], &[("H1", eliminated.clone())]);
            assert_eq!((steps[0].1.as_str(), steps[0].2), (number.as_str(), CaseStep::Continuing));
        }
        check_whole(&ledger);
        assert_eq!(ledger.cases().unwrap()[0].state, CaseState::Open, "{by_list}");
        // Known already, it ends nothing more.
        run_with(&mut ledger, 4, &[("H1", Level::Orange)], &[], &[("H1", eliminated.clone())]);
        assert_eq!(ledger.cases().unwrap()[0].state, CaseState::Open, "{by_list}");
        answer(&mut ledger, 4, "three", &number, "22", CaseState::Closed);
        assert_eq!(ledger.cases().unwrap()[0].state, CaseState::Closed, "nothing is left to follow");
    }
    // Nothing being left of the warning, either, it ends the case.
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    run(&mut ledger, 1, &[("H1", Level::Yellow)]);
    run_with(&mut ledger, 2, &[("H1", Level::Yellow)], &[], &[("H1", included)]);
    run_with(&mut ledger, 3, &[], &[], &[("H1", eliminated)]);
    assert_eq!(ledger.cases().unwrap()[0].state, CaseState::Closed);
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    run(&mut ledger, 1, &[("H1", Level::Yellow)]);
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
    }
}

#[test]
fn a_month_run_again_after_a_late_answer_keeps_the_number_that_its_list_has() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
    run(&mut ledger, 2, &[("H1", Level::Red)]);
    // January's list comes late, and says less than February's asks; February's is answered, too.
    answer(&mut ledger, 1, "late", &number, "22", CaseState::Closed);
    answer(&mut ledger, 2, "own", &number, "22", CaseState::Closed);
    let again = run(&mut ledger, 2, &[("H1", Level::Red)]);
    assert_eq!((again[0].1.as_str(), again[0].2), (number.as_str(), CaseStep::Reopened));
    let cases = ledger.cases().unwrap();
    assert_eq!(cases.iter().map(|case| case.state).collect::<Vec<_>>(), [CaseState::Closed], "its answer is not lost");
}

#[test]
fn a_later_answer_that_is_corrected_takes_no_earlier_finding_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
    receive(&mut ledger, 1, "one", &number, vec![answered(1, "11", "include", CaseState::Followed)]);
    run(&mut ledger, 2, &[("H1", Level::Red)]);
    receive(&mut ledger, 2, "two", &number, vec![answered(2, "35", "declined", CaseState::Closed)]);
    receive(&mut ledger, 2, "three", &number, vec![answered(2, "21", "data_error", CaseState::Closed)]);
    assert_eq!(ledger.cases().unwrap()[0].state, CaseState::Followed);
}

#[test]
fn a_month_run_again_without_an_extract_withdraws_nothing_that_rests_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Red)])[0].1.clone();
    // Somebody is undecided: its rule, which is H1's too, cannot be answered.
    let again = run_with(&mut ledger, 1, &[], &["H2"], &[]);
    assert_eq!((again[0].1.as_str(), again[0].2), (number.as_str(), CaseStep::Raised));
    let case = &ledger.cases().unwrap()[0];
    assert_eq!((case.state, case.town.as_str(), case.due), (CaseState::Open, "", Some(month(2).first_day() + 9)));
    assert_eq!(run(&mut ledger, 1, &[])[0].2, CaseStep::Withdrawn, "with the extract it says that nothing is left");
}

#[test]
fn a_case_goes_along_with_a_household_that_the_registry_has_in_another_town() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    let number = run(&mut ledger, 1, &[("H1", Level::Yellow)])[0].1.clone();
    let (home, second, third) = ("450206102", "450206103", "450206110");
    let seen_in = |town: &str| SeenHousehold {
        town: town.to_owned(),
        monitor_kind: String::new(),
        identified_on: None,
        eliminated_on: None,
    };
    run_with(&mut ledger, 2, &[], &["H1"], &[("H1", seen_in(home))]);
    assert_eq!(place(&ledger, &number).0, home);
    let steps = run_with(&mut ledger, 3, &[], &["H1"], &[("H1", seen_in(second))]);
    assert_eq!(steps[0].2, CaseStep::Moved);
    let due = month(4).first_day() + 15;
    assert_eq!(
        place(&ledger, &number),
        (second.to_owned(), None, Some(due)),
        "the new town has its days from its first list"
    );
    assert!(run_with(&mut ledger, 4, &[], &["H1"], &[("H1", seen_in(second))]).is_empty(), "it moves once");
    // Who passed it on has it in the registry until the registry knows; a third town is news.
    receive(&mut ledger, 3, "one", &number, rerouted(3, third));
    run_with(&mut ledger, 5, &[], &["H1"], &[("H1", seen_in(second))]);
    assert_eq!(place(&ledger, &number).0, third);
    run_with(&mut ledger, 6, &[], &["H1"], &[("H1", seen_in(home))]);
    assert_eq!((place(&ledger, &number).0.as_str(), place(&ledger, &number).1), (home, None));
    // What is being followed goes along, too.
    receive(&mut ledger, 6, "two", &number, vec![answered(6, "11", "include", CaseState::Followed)]);
    run_with(&mut ledger, 7, &[], &[], &[("H1", seen_in(second))]);
    assert_eq!(place(&ledger, &number).0, second);
}

#[test]
fn what_rests_on_weak_links_alone_escalates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = fresh(folder.path());
    run(&mut ledger, 1, &[("H1", Level::Blue), ("H2", Level::Blue)]);
    let of = |household, doubtful| WarnedHousehold { doubtful, ..warned(2, household, Level::Orange) };
    let steps = run_of(&mut ledger, 2, &[of("H1", true), of("H2", false)], &BTreeSet::new(), &BTreeMap::new());
    assert_eq!([steps[0].2, steps[1].2], [CaseStep::Continuing, CaseStep::Escalated]);
    assert!(ledger.cases().unwrap().iter().all(|case| case.level == Level::Orange), "the level is shown all the same");
}
