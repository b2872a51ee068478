//! What an answer is about, what it replaces, and what it cannot: lists that come again, needs, towns that pass a case on.
#![allow(clippy::unwrap_used)]

mod world;

use std::collections::BTreeSet;

use bidui_ledger::{Answer, CaseState, Deed, Need, NeedState, Said};
use bidui_model::Level;
use world::*;

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
        let told = (month(3), Some(month(3).last_day() + 8));
        assert_eq!(
            case.needs["N09"],
            Need { pushed: month(3), state: NeedState::Open, on: None, told, listed: None },
            "{settled:?}"
        );
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
fn a_household_that_waits_to_be_included_once_more_is_not_over_with_its_last_risk() {
    for by_registry in [true, false] {
        let mut world = World::new();
        let number = world.run(1, Some(Level::Red));
        world.answer(1, &number, INCLUDE);
        let kind = "突发严重困难户";
        let spell = [did(Deed::Included, Some(due(1)), kind), did(Deed::Eliminated, Some(due(2)), "")];
        world.receive("followup", 2, number.as_str(), &number, spell.to_vec());
        let number = world.run(3, Some(Level::Red));
        world.answer(3, &number, INCLUDE);
        // The registry's day of the old end is another one than the town's.
        let again = due(2) + 8;
        if by_registry {
            world.see(4, kind, Some(due(1)), Some(again));
        } else {
            world.receive("followup", 4, number.as_str(), &number, vec![did(Deed::Eliminated, Some(again), "")]);
        }
        let case = world.case(&number);
        assert!(case.state == CaseState::Followed && case.to_include.is_some(), "{by_registry} {case:?}");
        // Included once more, its risk can be gone once more.
        let since = [did(Deed::Included, Some(due(4)), kind), did(Deed::Eliminated, Some(due(5)), "")];
        world.receive("followup", 5, number.as_str(), &number, since.to_vec());
        assert_eq!(world.case(&number).state, CaseState::Closed);
    }
}

#[test]
fn whether_a_need_is_open_does_not_depend_on_which_list_came_first() {
    for is_department_first in [true, false] {
        let mut world = World::new();
        let number = world.run(1, Some(Level::Yellow));
        let needs = |of: u32, on: i32| vec![found(DEPARTMENT, of, &[]), did(Deed::NeedPushed, Some(on), "N09")];
        world.receive("verification", 1, number.as_str(), &number, needs(1, due(1)));
        let number = world.run(3, Some(Level::Red));
        let met = vec![did(Deed::NeedMet, Some(due(3) - 6), "N09")];
        let key = format!("{number}-N09");
        if is_department_first {
            world.receive("tasks", 3, &key, &number, met.clone());
        }
        world.receive("verification", 3, number.as_str(), &number, needs(3, due(3)));
        if !is_department_first {
            world.receive("tasks", 3, &key, &number, met);
        }
        assert_eq!(world.case(&number).needs["N09"].state, NeedState::Open, "{is_department_first}");
    }
}

#[test]
fn new_evidence_does_not_take_the_place_of_what_a_household_is_to_be_included_for() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Red));
    world.answer(1, &number, INCLUDE);
    world.run(2, Some(Level::Yellow));
    let begun = |world: &World| world.case(&number).included_for.first().map(|(of, reason)| (*of, reason.level));
    assert_eq!(begun(&world), Some((month(1), Level::Red)));
    // Whoever declines is to be included for nothing.
    world.answer(2, &number, ("35", "declined", CaseState::Closed));
    assert_eq!(begun(&world), None);
}

#[test]
fn what_no_list_warns_of_any_more_and_nobody_answered_stays_to_be_verified() {
    let mut world = World::new();
    let number = world.run_of(1, Level::Red, "medical");
    let left = |world: &World| {
        let left = world.case(&number).unanswered;
        left.into_iter().map(|(of, reason)| (of, reason.rule)).collect::<Vec<_>>()
    };
    world.run_of(2, Level::Yellow, "school");
    assert_eq!(left(&world), [(month(1), "medical".to_owned())]);
    // Nobody was met: nothing is verified.
    world.answer(2, &number, ("00", "pending", CaseState::Open));
    world.run_of(3, Level::Yellow, "school");
    assert_eq!(left(&world), [(month(1), "medical".to_owned())]);
    // Warned of anew, it is the month's own.
    world.run_of(4, Level::Red, "medical");
    assert_eq!(left(&world), [(month(3), "school".to_owned())]);
    world.answer(4, &number, COOL);
    assert_eq!(left(&world), []);
    let (_, history) = world.ledger.history(&number).unwrap().unwrap();
    assert_eq!(history.covered.keys().collect::<Vec<_>>(), ["medical", "school"], "the answer is about both");
    // What was answered is not asked again with what is new.
    world.run_of(5, Level::Yellow, "school");
    assert_eq!(left(&world), []);
    assert_eq!(world.case(&number).asked, Some(month(5)));
}

#[test]
fn a_need_that_is_told_late_is_listed_when_its_department_can_know() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    let needs = vec![found(DEPARTMENT, 1, &[]), did(Deed::NeedPushed, Some(month(1).last_day() + 8), "N09")];
    let listed = |world: &World| world.case(&number).needs["N09"].listed;
    world.run(2, Some(Level::Yellow));
    world.run(3, Some(Level::Yellow));
    world.receive("verification", 1, number.as_str(), &number, needs);
    assert_eq!(listed(&world), None);
    world.run(4, None);
    assert_eq!(listed(&world), Some(month(4)));
    // An older month that is run again was listed before it was told.
    world.run(2, None);
    assert_eq!(listed(&world), Some(month(4)));
}

#[test]
fn what_was_done_before_a_risk_was_gone_is_to_be_done_anew() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Red));
    world.answer(1, &number, INCLUDE);
    let day = |of: u32| Some(month(of).first_day() + 9);
    let done = |of: u32, deed, code: &str| did(deed, day(of), code);
    let first = vec![
        done(2, Deed::Included, "边缘易致贫户"),
        done(2, Deed::HelperAssigned, ""),
        done(2, Deed::Measure, "就业帮扶"),
    ];
    world.receive("followup", 2, number.as_str(), &number, first);
    world.run(3, Some(Level::Red));
    world.receive("followup", 3, number.as_str(), &number, vec![done(4, Deed::Eliminated, "")]);
    world.receive("followup", 4, number.as_str(), &number, vec![done(5, Deed::Included, "")]);
    let case = world.case(&number);
    assert_eq!((case.helper_on, case.measures.len(), case.eliminated_on), (None, 0, None));
}

#[test]
fn a_risk_that_is_gone_in_the_month_in_which_the_list_is_worked_closes_its_case_then() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Red));
    world.answer(1, &number, INCLUDE);
    let day = |of: u32| Some(month(of).first_day() + 9);
    let told = vec![did(Deed::Included, day(2), ""), did(Deed::Eliminated, day(3), "")];
    world.receive("followup", 2, number.as_str(), &number, told);
    assert_eq!(world.case(&number).closed, Some(month(3)));
    // A day that is far from the list's is a slip.
    world.receive("followup", 2, number.as_str(), &number, vec![did(Deed::Eliminated, day(9), "")]);
    assert_eq!(world.case(&number).closed, Some(month(2)));
}

/// A town calls a household monitored that the registry does not know so; the answer is kept as one to include it. Once the registry agrees, the same
/// answer is what it says. Somebody who was to be included all along is not done with by it.
#[test]
fn an_answer_that_could_not_be_carried_out_is_carried_out_when_it_is_given_again_and_can_be() {
    const HELD: Result = ("12", "include", CaseState::Followed);
    const MONITORED: Result = ("12", "monitored", CaseState::Closed);
    for (first, state) in [(HELD, CaseState::Closed), (INCLUDE, CaseState::Followed)] {
        let mut world = World::new();
        let number = world.run(1, Some(Level::Yellow));
        world.answer(1, &number, first);
        assert!(world.case(&number).to_include.is_some());
        world.run(2, Some(Level::Orange));
        world.answer(2, &number, MONITORED);
        assert_eq!(world.case(&number).state, state);
    }
}

/// Who calls a whole household dead that has several persons, or says that nobody verified it, does not make the warning new that was answered.
#[test]
fn an_answer_that_says_nothing_reopens_no_case_that_goes_on() {
    for nothing in [("32", "pending", CaseState::Open), ("00", "pending", CaseState::Open)] {
        let mut world = World::new();
        let number = world.run(1, Some(Level::Yellow));
        world.answer(1, &number, INCLUDE);
        world.run(2, None);
        world.answer(2, &number, nothing);
        let case = world.case(&number);
        assert_eq!((case.state, case.to_include.is_some()), (CaseState::Followed, true));
        assert_eq!(case.answer.as_ref().map(|(_, answer)| answer.code.as_str()), Some(nothing.0));
        world.run(3, None);
        world.answer(3, &number, NO_RISK);
        assert_eq!(world.case(&number).state, CaseState::Closed, "it was about the inclusion");
    }
}

/// Rules are judged by what was found: an answer without what it rests on found nothing.
#[test]
fn an_answer_that_is_not_carried_out_has_found_nothing_out() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    let out = |world: &World| -> Vec<String> {
        let found = world.ledger.found_out("verification", month(1), month(1)).unwrap();
        found.into_iter().map(|found| found.code).collect()
    };
    let lacking = match found(COOL, 1, &[]) {
        Said::Answered(answer) => Said::Answered(Answer { is_finding: false, leaves: CaseState::Open, ..answer }),
        other => other,
    };
    world.receive("verification", 1, number.as_str(), &number, vec![lacking]);
    assert!(out(&world).is_empty());
    world.answer(1, &number, COOL);
    assert_eq!(out(&world), ["14"]);
}

#[test]
fn what_is_found_of_a_household_that_is_to_be_included_when_nothing_else_is_asked_ends_that() {
    for (second, stands) in [(None, CaseState::Closed), (Some(Level::Yellow), CaseState::Followed)] {
        for (answer, left) in [(NO_RISK, stands), (("14", "cool", CaseState::Followed), CaseState::Followed)] {
            let mut world = World::new();
            let number = world.run(1, Some(Level::Yellow));
            world.answer(1, &number, INCLUDE);
            world.run(2, second);
            world.answer(2, &number, answer);
            let case = world.case(&number);
            assert_eq!((case.state, case.to_include.is_some()), (left, second.is_some()));
        }
    }
}
