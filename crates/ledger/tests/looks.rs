//! Second looks at what towns answered: what each is at, what it replaces, and what replaces it.
#![allow(clippy::unwrap_used)]

mod world;

use bidui_ledger::{CaseNumber, CaseState, Deed, LookedAt, NeedState};
use bidui_model::Level;
use world::*;

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

#[test]
fn who_found_nobody_at_home_overturns_nothing() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    let said = vec![found(("41", "exempt", CaseState::Closed), 1, &[]), did(Deed::Exempted, Some(due(9)), "")];
    world.receive("verification", 1, number.as_str(), &number, said);
    world.draw(1, &number, 1);
    world.second(1, &number, Some(("00", "pending", CaseState::Open)));
    assert_eq!(world.stands(&number), (CaseState::Closed, "41".to_owned(), vec![true]));
    assert_eq!(world.case(&number).exempt_until, Some(due(9)));
}

#[test]
fn a_later_second_look_replaces_an_earlier_one_though_it_agrees_with_the_town() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    world.answer(1, &number, INCLUDE);
    world.draw(1, &number, 1);
    world.draw(3, &number, 1);
    world.second(1, &number, Some(WRONG_DATA));
    assert_eq!(world.stands(&number).0, CaseState::Closed);
    world.second(3, &number, None);
    assert_eq!(world.stands(&number), (CaseState::Followed, "11".to_owned(), vec![true]));
    assert!(world.case(&number).to_include.is_some());
}

#[test]
fn a_need_that_a_second_look_finds_unmet_is_open_and_one_of_a_refuted_answer_is_not() {
    let needs = |of: u32, on: i32| vec![found(DEPARTMENT, of, &[]), did(Deed::NeedPushed, Some(on), "N09")];
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    world.receive("verification", 1, number.as_str(), &number, needs(1, due(1)));
    world.run(2, None);
    world.receive("tasks", 2, &format!("{number}-N09"), &number, vec![did(Deed::NeedMet, Some(due(2)), "N09")]);
    assert_eq!(world.case(&number).state, CaseState::Closed);
    world.draw(3, &number, 1);
    let mut look = needs(3, due(3));
    look.insert(1, did(Deed::SpotChecked, Some(due(3)), "15"));
    world.receive("sample", 3, number.as_str(), &number, look);
    let case = world.case(&number);
    assert_eq!((case.state, case.needs["N09"].state), (CaseState::Followed, NeedState::Open));
    // The list of tasks that was issued since is about it.
    world.receive("tasks", 4, &format!("{number}-N09"), &number, vec![did(Deed::NeedMet, Some(due(2)), "N09")]);
    assert_eq!(world.case(&number).needs["N09"].state, NeedState::Met);

    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    world.receive("verification", 1, number.as_str(), &number, needs(1, due(1)));
    world.draw(1, &number, 1);
    world.second(1, &number, Some(WRONG_DATA));
    assert!(world.case(&number).needs.is_empty());
}

#[test]
fn a_draw_after_a_correction_is_another_draw() {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    world.answer(1, &number, NO_RISK);
    world.draw(2, &number, 1);
    world.answer(1, &number, INCLUDE);
    world.draw(2, &number, 1);
    world.second(2, &number, Some(NO_RISK));
    let (_, history) = world.ledger.history(&number).unwrap().unwrap();
    let looked_at = history.all().find_map(|one| one.looked_at.clone()).unwrap();
    assert_eq!(looked_at.code, "11", "what the second sheet printed");
}
