//! What an answer is about, what it replaces, and what it cannot: second looks, lists that come again, needs, towns that pass a case on.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use bidui_ledger::{
    Answer, Case, CaseNumber, CaseState, Deed, History, Ledger, LookedAt, Need, NeedState, Reason, ReturnedRow,
    RunInputs, Said, WarnedHousehold,
};
use bidui_model::{Level, Month};

const TOWN: &str = "450206102";
const OTHER: &str = "450206110";
/// Code, effect, and what it leaves.
type Result = (&'static str, &'static str, CaseState);
const INCLUDE: Result = ("11", "include", CaseState::Followed);
const COOL: Result = ("14", "cool", CaseState::Followed);
const NOT_OURS: Result = ("31", "reroute", CaseState::Open);
const DEPARTMENT: Result = ("15", "department", CaseState::Followed);
const NO_RISK: Result = ("22", "changed", CaseState::Closed);
const WRONG_DATA: Result = ("21", "data_error", CaseState::Closed);

fn month(number: u32) -> Month {
    Month::new(2023, number).unwrap()
}

fn due(of: u32) -> i32 {
    month(of).last_day() + 16
}

fn found((code, effect, leaves): Result, of: u32, values: &[(&str, &str)]) -> Said {
    Said::Answered(Answer {
        code: code.to_owned(),
        effect: effect.to_owned(),
        leaves,
        is_finding: !matches!(effect, "pending" | "reroute"),
        on: Some(month(of).last_day() + 8),
        until: None,
        values: values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
    })
}

fn did(deed: Deed, on: Option<i32>, code: &str) -> Said {
    Said::Did { deed, on, code: code.to_owned() }
}

struct World {
    ledger: Ledger,
    files: u32,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.db")).unwrap();
        Self { ledger, files: 0, _folder: folder }
    }

    /// A month that warns of the household at a level, or does not; the case is with the town that took it.
    fn run(&mut self, of: u32, level: Option<Level>) -> CaseNumber {
        let before = self.ledger.before(month(of), month(of).plus(-24)).unwrap();
        let standing = before.get("H1").and_then(History::standing);
        let taken = standing.and_then(|case| Some((case.town.clone(), case.passed_on_by.clone()?)));
        let (town, passed_on_by) = taken.map_or((TOWN.to_owned(), None), |(town, by)| (town, Some(by)));
        let town = if passed_on_by.is_some() && standing.is_some_and(Case::is_unplaced) { String::new() } else { town };
        let warned: Vec<_> = level
            .into_iter()
            .map(|level| WarnedHousehold {
                household: "H1".to_owned(),
                level,
                town: town.clone(),
                passed_on_by: passed_on_by.clone(),
                due: Some(due(of)).filter(|_| !town.is_empty()),
                reasons: vec![Reason { rule: "medical".to_owned(), level, value: Some(1.0), persons: Vec::new() }],
            })
            .collect();
        let inputs = RunInputs {
            month: month(of),
            issued_on: month(of).last_day() + 6,
            due: &Level::ALL.into_iter().map(|level| (level, due(of))).collect(),
            warned: &warned,
            undecided: &BTreeSet::new(),
            unanswered: &BTreeSet::new(),
            seen: &BTreeMap::new(),
            before: &before,
        };
        let plan = self.ledger.plan_run(&inputs).unwrap();
        self.ledger.record_run(&plan, "manifest").unwrap();
        self.check();
        plan.cases.get("H1").map_or_else(|| CaseNumber::new(month(of), 1), |(number, _)| number.clone())
    }

    fn receive(&mut self, list: &str, of: u32, key: &str, number: &CaseNumber, said: Vec<Said>) {
        self.files += 1;
        let (list, row_key, case) = (list.to_owned(), key.to_owned(), Some(number.clone()));
        let row = ReturnedRow { list, month: month(of), row_key, case, said };
        self.ledger.receive(month(of), &format!("file {}", self.files), &[row], true).unwrap();
        self.check();
    }

    fn answer(&mut self, of: u32, number: &CaseNumber, result: Result) {
        self.receive("verification", of, number.as_str(), number, vec![found(result, of, &[])]);
    }

    /// Its town passes the case on to another.
    fn pass_on(&mut self, of: u32, number: &CaseNumber, town: &str) {
        let said = vec![found(NOT_OURS, of, &[("to_town", town)]), did(Deed::Rerouted, None, town)];
        self.receive("verification", of, number.as_str(), number, said);
    }

    /// A sample that draws the answer to a month's list.
    fn draw(&mut self, of: u32, number: &CaseNumber, answered: u32) {
        self.ledger.record_draw("sample", month(of), &[(number.clone(), month(answered))]).unwrap();
    }

    /// A second look that found something else, or agrees.
    fn second(&mut self, of: u32, number: &CaseNumber, result: Option<Result>) {
        let mut said: Vec<Said> = result.into_iter().map(|result| found(result, of, &[])).collect();
        said.push(did(Deed::SpotChecked, Some(month(of).last_day() + 20), result.map_or("", |(code, ..)| code)));
        self.receive("sample", of, number.as_str(), number, said);
    }

    fn check(&self) {
        assert_eq!(self.ledger.rebuilt().unwrap(), self.ledger.cases().unwrap(), "the fold equals the state");
    }

    fn case(&self, number: &CaseNumber) -> Case {
        let (_, history) = self.ledger.history(number).unwrap().unwrap();
        history.cases.into_iter().find(|case| case.number == *number).unwrap()
    }

    /// State, standing code, and whether each of its lists is answered.
    fn stands(&self, number: &CaseNumber) -> (CaseState, String, Vec<bool>) {
        let case = self.case(number);
        let code = case.answer.map_or_else(String::new, |(_, answer)| answer.code);
        (case.state, code, case.listings.values().map(|listing| listing.is_answered).collect())
    }
}

/// January is answered by "look again", and March warns of more: March's sample draws the answer to January's list.
fn drawn() -> (World, CaseNumber) {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    world.answer(1, &number, COOL);
    world.run(3, Some(Level::Red));
    world.draw(3, &number, 1);
    (world, number)
}

#[test]
fn a_second_look_at_an_older_answer_leaves_what_a_town_found_since() {
    let (mut world, number) = drawn();
    world.answer(3, &number, INCLUDE);
    world.second(3, &number, Some(NO_RISK));
    assert_eq!(world.stands(&number), (CaseState::Followed, "11".to_owned(), vec![true, true]));
}

#[test]
fn what_a_second_look_found_is_not_ended_by_an_answer_about_other_evidence() {
    let (mut world, number) = drawn();
    world.second(3, &number, Some(INCLUDE));
    world.answer(3, &number, NO_RISK);
    let case = world.case(&number);
    assert_eq!(case.state, CaseState::Followed);
    assert_eq!(case.to_include.map(|(of, answer)| (of, answer.code)), Some((month(1), "11".to_owned())));
}

#[test]
fn a_second_look_answers_no_later_warning() {
    let (mut world, number) = drawn();
    world.second(3, &number, Some(NO_RISK));
    assert_eq!(world.stands(&number), (CaseState::Open, "22".to_owned(), vec![true, false]));
    assert_eq!(world.case(&number).due, Some(due(3)));
}

#[test]
fn an_old_list_that_comes_again_overturns_no_second_look() {
    for (of, is_recorded) in [(1, true), (1, false), (2, true), (2, false)] {
        let mut world = World::new();
        let number = world.run(1, Some(Level::Yellow));
        world.answer(1, &number, WRONG_DATA);
        if is_recorded {
            world.draw(of, &number, 1);
        }
        world.second(of, &number, Some(INCLUDE));
        let income = vec![found(WRONG_DATA, 1, &[("income", "812300")])];
        world.receive("verification", 1, number.as_str(), &number, income);
        assert_eq!(world.stands(&number), (CaseState::Followed, "11".to_owned(), vec![true]));
        // The district takes its own result back: then the town's stands.
        world.second(of, &number, None);
        assert_eq!(world.stands(&number), (CaseState::Closed, "21".to_owned(), vec![true]));
    }
}

#[test]
fn a_sample_that_is_drawn_again_changes_no_look_that_came_back() {
    let (mut world, number) = drawn();
    world.second(3, &number, Some(NO_RISK));
    world.answer(3, &number, INCLUDE);
    world.draw(3, &number, 3);
    assert_eq!(world.stands(&number), (CaseState::Followed, "11".to_owned(), vec![true, true]));
}

#[test]
fn a_case_that_was_passed_on_and_sent_away_again_is_nobodys_until_somebody_answers() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    world.pass_on(1, &number, OTHER);
    world.run(2, Some(Level::Yellow));
    world.answer(2, &number, NOT_OURS);
    for of in 3..=4 {
        assert!(world.case(&number).is_unplaced());
        world.run(of, Some(Level::Yellow));
        let case = world.case(&number);
        assert!(case.is_unplaced() && case.due.is_none() && case.passed_on_by.is_some());
        assert_eq!(case.listings.keys().copied().collect::<Vec<_>>(), [month(1), month(2)]);
    }
    // Where it belongs is found out, and said by the town that had it.
    world.pass_on(2, &number, "450206103");
    world.run(5, Some(Level::Yellow));
    let case = world.case(&number);
    assert_eq!((case.town.as_str(), case.is_unplaced(), case.due), ("450206103", false, Some(due(5))));
}

#[test]
fn a_need_that_comes_up_again_after_it_was_settled_is_open_anew() {
    for settled in [Deed::NeedMet, Deed::NeedRefused] {
        let mut world = World::new();
        let number = world.run(1, Some(Level::Yellow));
        let needs = |of: u32| {
            let told = did(Deed::NeedPushed, Some(month(of).last_day() + 8), "N09");
            vec![found(DEPARTMENT, of, &[]), told]
        };
        let tasks = format!("{number}-N09");
        world.receive("verification", 1, number.as_str(), &number, needs(1));
        world.run(2, Some(Level::Orange));
        let settled_on = month(3).first_day() + 19;
        world.receive("tasks", 2, &tasks, &number, vec![did(settled, Some(settled_on), "N09")]);
        // Told by February's list before it was settled: the same need.
        world.receive("verification", 2, number.as_str(), &number, needs(2));
        let case = world.case(&number);
        assert_eq!((case.needs["N09"].pushed, case.needs["N09"].on), (month(1), Some(settled_on)));
        let again = world.run(3, Some(Level::Red));
        world.receive("verification", 3, again.as_str(), &again, needs(3));
        let case = world.case(&again);
        assert_eq!(case.needs["N09"], Need { pushed: month(3), state: NeedState::Open, on: None }, "{settled:?}");
        assert_eq!(case.state, CaseState::Followed);
        world.receive("tasks", 4, &format!("{again}-N09"), &again, vec![did(Deed::NeedMet, Some(due(4)), "N09")]);
        assert_eq!(world.case(&again).needs["N09"].state, NeedState::Met);
        let (_, history) = world.ledger.history(&again).unwrap().unwrap();
        let of_needs = history.happenings_of(&again).filter(|what| format!("{what:?}").contains("Need")).count();
        assert_eq!(of_needs, 5, "the history keeps both");
    }
}

#[test]
fn who_takes_a_case_over_late_is_due_by_his_own_list() {
    for warns in [true, false] {
        let mut world = World::new();
        let number = world.run(1, Some(Level::Yellow));
        // January's list comes back when February's went out.
        world.run(2, Some(Level::Yellow));
        world.pass_on(1, &number, OTHER);
        let case = world.case(&number);
        assert_eq!((case.town.as_str(), case.due), (OTHER, None), "it is on none of his lists");
        world.run(3, warns.then_some(Level::Yellow));
        assert_eq!(world.case(&number).due, Some(due(3)));
        // The next list takes nothing of the time that runs, nor does it give more.
        world.run(4, Some(Level::Yellow));
        assert_eq!(world.case(&number).due, Some(due(3)));
        // It goes on to a third, though the second's list asked for it.
        world.pass_on(1, &number, "450206103");
        assert_eq!(world.case(&number).due, None);
    }
}

#[test]
fn what_a_later_copy_leaves_blank_stays_and_another_value_corrects_it() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Red));
    world.answer(1, &number, INCLUDE);
    let (first, second) = (Some(month(2).last_day()), Some(month(2).last_day() + 1));
    let copy = |world: &mut World, said: Vec<Said>| world.receive("followup", 2, number.as_str(), &number, said);
    copy(&mut world, vec![did(Deed::Included, first, "突发严重困难户"), did(Deed::HelperAssigned, first, "")]);
    copy(&mut world, vec![did(Deed::PlanMade, second, ""), did(Deed::Measure, second, "产业帮扶")]);
    let case = world.case(&number);
    assert_eq!(case.included.as_ref().and_then(|included| included.on), first);
    assert_eq!((case.helper_on, case.plan_on), (first, second));
    assert_eq!(world.ledger.included(month(2), month(2)).unwrap(), BTreeSet::from(["H1".to_owned()]));
    copy(&mut world, vec![did(Deed::HelperAssigned, second, ""), did(Deed::Measure, second, "就业帮扶")]);
    let case = world.case(&number);
    assert_eq!((case.helper_on, case.plan_on), (second, second));
    assert_eq!(case.measures.keys().collect::<Vec<_>>(), ["就业帮扶"]);
}

#[test]
fn a_list_that_was_answered_stays_issued_though_its_month_is_run_again_without_it() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    world.answer(1, &number, COOL);
    world.run(2, Some(Level::Red));
    world.answer(2, &number, INCLUDE);
    // January's answer was mended, so that February's signal cools down.
    world.run(2, None);
    assert_eq!(world.stands(&number), (CaseState::Followed, "11".to_owned(), vec![true, true]));
    world.run(3, None);
    let case = world.case(&number);
    assert_eq!(case.listings[&month(2)].town, TOWN);
    // What nobody answered is withdrawn with its run, and so is what was answered by "not yet".
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    world.answer(1, &number, ("00", "pending", CaseState::Open));
    world.run(1, None);
    assert!(world.case(&number).listings.is_empty());
    // A case that its month no longer opens, and that was answered, was issued as well.
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    world.answer(1, &number, NO_RISK);
    world.run(1, None);
    assert_eq!(world.stands(&number), (CaseState::Closed, "22".to_owned(), vec![true]));
}

#[test]
fn a_second_look_that_finds_a_household_where_it_was_gives_it_back() {
    for (is_warned_since, is_answered_since) in [(false, false), (true, false), (true, true)] {
        let mut world = World::new();
        let number = world.run(1, Some(Level::Yellow));
        world.pass_on(1, &number, OTHER);
        if is_warned_since {
            world.run(2, Some(Level::Yellow));
        }
        if is_answered_since {
            world.answer(2, &number, NO_RISK);
        }
        world.draw(2, &number, 1);
        world.second(2, &number, Some(INCLUDE));
        let case = world.case(&number);
        assert_eq!((case.town.as_str(), case.passed_on_by), (TOWN, None), "{is_warned_since} {is_answered_since}");
        assert_eq!(case.to_include.map(|(_, answer)| answer.code), Some("11".to_owned()));
        // The district takes its own result back: then it is where its town had sent it.
        world.second(2, &number, None);
        assert_eq!(world.case(&number).town, OTHER);
    }
}

#[test]
fn a_second_look_that_refutes_an_exemption_ends_it() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    let said = vec![found(("41", "exempt", CaseState::Closed), 1, &[]), did(Deed::Exempted, Some(due(9)), "")];
    world.receive("verification", 1, number.as_str(), &number, said);
    assert_eq!(world.case(&number).exempt_until, Some(due(9)));
    world.draw(1, &number, 1);
    world.second(1, &number, Some(INCLUDE));
    assert_eq!(world.case(&number).exempt_until, None);
}

#[test]
fn no_risk_is_gone_of_a_household_that_was_not_included_by_then() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Red));
    world.answer(1, &number, INCLUDE);
    let gone = |world: &mut World, of: u32, on: i32| {
        world.receive("followup", of, number.as_str(), &number, vec![did(Deed::Eliminated, Some(on), "")]);
    };
    let stands = |world: &World| {
        let case = world.case(&number);
        (case.state, case.eliminated_on, case.to_include.is_some())
    };
    gone(&mut world, 2, due(3));
    assert_eq!(stands(&world), (CaseState::Followed, None, true), "never included");
    let included = |on| vec![did(Deed::Included, Some(on), "突发严重困难户")];
    world.receive("followup", 3, number.as_str(), &number, included(due(3) + 1));
    assert_eq!(stands(&world), (CaseState::Followed, None, false), "included on a later day");
    // It was included earlier than was told: then the risk could be gone.
    world.receive("followup", 3, number.as_str(), &number, included(due(3)));
    assert_eq!(stands(&world), (CaseState::Closed, Some(due(3)), false));
}

#[test]
fn a_need_that_was_settled_is_not_open_again_because_its_row_was_mended() {
    for (settled, state) in [(Deed::NeedMet, NeedState::Met), (Deed::NeedRefused, NeedState::Refused)] {
        let mut world = World::new();
        let number = world.run(1, Some(Level::Yellow));
        let row = |on: i32, income: &str| {
            vec![found(DEPARTMENT, 1, &[("income", income)]), did(Deed::NeedPushed, Some(on), "N09")]
        };
        let copy = |world: &mut World, said| world.receive("verification", 1, number.as_str(), &number, said);
        copy(&mut world, row(due(1) - 2, "100"));
        world.receive("tasks", 1, &format!("{number}-N09"), &number, vec![did(settled, Some(due(1)), "N09")]);
        let need = |world: &World| world.case(&number).needs.get("N09").map(|need| (need.state, need.on));
        copy(&mut world, row(due(1) - 2, "200"));
        assert_eq!(need(&world), Some((state, Some(due(1)))));
        // Looked at again after that day, the need is there.
        copy(&mut world, row(due(1) + 1, "200"));
        assert_eq!(need(&world), Some((NeedState::Open, None)));
    }
}

#[test]
fn a_second_look_is_held_against_the_answer_that_was_drawn_whatever_its_town_says_since() {
    for is_recorded in [true, false] {
        let mut world = World::new();
        let number = world.run(1, Some(Level::Yellow));
        world.answer(1, &number, WRONG_DATA);
        world.answer(1, &number, NO_RISK);
        if is_recorded {
            world.draw(2, &number, 1);
            world.answer(1, &number, COOL);
        }
        world.second(2, &number, Some(INCLUDE));
        world.answer(1, &number, INCLUDE);
        let (_, history) = world.ledger.history(&number).unwrap().unwrap();
        let looks: Vec<_> = history.all().filter_map(|one| one.looked_at.clone()).collect();
        let first = LookedAt { month: month(1), code: "22".to_owned(), effect: "changed".to_owned() };
        assert_eq!(looks, [first.clone(), first]);
    }
}
