//! An elimination that a list tells counts once the household was helped, and for long enough; the registry's counts at once.
#![allow(clippy::unwrap_used)]

mod world;

use bidui_ledger::{CaseNumber, CaseState, Deed, Said};
use bidui_model::Level;
use world::*;

const LEAST: &str = "6";

fn included() -> (World, CaseNumber) {
    let mut world = World::new();
    let number = world.run(1, Some(Level::Yellow));
    world.answer(1, &number, INCLUDE);
    (world, number)
}

fn told(world: &mut World, of: u32, number: &CaseNumber, said: Vec<Said>) -> (CaseState, Option<i32>) {
    world.receive("followup", of, number.as_str(), number, said);
    let case = world.case(number);
    (case.state, case.eliminated_on)
}

fn help(on: i32) -> Vec<Said> {
    let dated = |deed| did(deed, Some(on), "");
    vec![dated(Deed::HelperAssigned), dated(Deed::PlanMade), did(Deed::Measure, Some(on), "产业帮扶")]
}

#[test]
fn who_was_not_helped_goes_on_until_somebody_says_that_he_was() {
    let (mut world, number) = included();
    let (from, to) = (month(1).last_day() + 8, month(9).first_day() + 9);
    let said = vec![did(Deed::Included, Some(from), ""), did(Deed::Eliminated, Some(to), LEAST)];
    assert_eq!(told(&mut world, 8, &number, said), (CaseState::Followed, None));
    for missing in 0..3 {
        let some: Vec<Said> =
            help(from).into_iter().enumerate().filter(|(at, _)| *at != missing).map(|it| it.1).collect();
        let (mut world, number) = included();
        let said = [vec![did(Deed::Included, Some(from), "")], some, vec![did(Deed::Eliminated, Some(to), LEAST)]];
        assert_eq!(told(&mut world, 8, &number, said.concat()).1, None, "{missing}");
    }
    // A later list says who helped it, and how.
    assert_eq!(told(&mut world, 9, &number, help(from)), (CaseState::Closed, Some(to)));
}

#[test]
fn who_was_included_a_moment_ago_goes_on() {
    let (mut world, number) = included();
    let from = month(2).first_day() + 9;
    let said = |to: i32| {
        [vec![did(Deed::Included, Some(from), "")], help(from), vec![did(Deed::Eliminated, Some(to), LEAST)]].concat()
    };
    for early in [from, from + 3, month(8).first_day() + 8] {
        assert_eq!(told(&mut world, 2, &number, said(early)), (CaseState::Followed, None));
    }
    let late = month(8).first_day() + 9;
    assert_eq!(told(&mut world, 7, &number, said(late)), (CaseState::Closed, Some(late)));
}

#[test]
fn the_registry_is_believed() {
    let (mut world, number) = included();
    let from = month(2).first_day() + 9;
    told(&mut world, 2, &number, vec![did(Deed::Included, Some(from), ""), did(Deed::Eliminated, Some(from), LEAST)]);
    world.see(3, "突发严重困难户", Some(from), Some(from + 20));
    assert_eq!(world.case(&number).eliminated_on, Some(from + 20));
}

#[test]
fn an_inclusion_that_was_a_slip_is_taken_back() {
    let (mut world, number) = included();
    let from = month(2).first_day() + 9;
    told(&mut world, 1, &number, vec![did(Deed::Included, Some(from), "边缘易致贫户")]);
    assert!(world.case(&number).is_included());
    // By the same list, or the next one's.
    for of in [1, 2] {
        told(&mut world, of, &number, vec![did(Deed::NotIncluded, None, "")]);
        let case = world.case(&number);
        assert!(!case.is_included() && case.to_include.is_some(), "what was answered is still to be done");
        assert_eq!(case.state, CaseState::Followed);
        let (_, history) = world.ledger.history(&number).unwrap().unwrap();
        assert!(!history.may_be_gone(from + 300));
        assert!(world.ledger.included(month(1), month(2)).unwrap().is_empty());
        // And included after all.
        told(&mut world, of, &number, vec![did(Deed::Included, Some(from + 3), "边缘易致贫户")]);
        assert!(world.case(&number).is_included());
        assert_eq!(world.ledger.included(month(1), month(2)).unwrap().len(), 1);
    }
    // The registry is believed.
    told(&mut world, 2, &number, vec![did(Deed::NotIncluded, None, "")]);
    world.see(3, "边缘易致贫户", Some(from), None);
    assert!(world.case(&number).is_included());
}
