//! What is asked again after it was verified, and what is not.

use std::collections::BTreeMap;

use bidui_match::{Signal, SignalState, SuppressInputs, Verified, suppress};
use bidui_model::{Level, LinkClass, Month};

use crate::county::{County, PERSON, Person, grading};

const GRADING: &str = "[[level]]\ncode = \"red\"\nname = \"红\"\n[[cooling]]\neffects = [\"changed\"]\nmonths = 3\ngrowth = 0.2\n\
    [[cooling]]\neffects = [\"include\"]\nmonths = 6\ngrowth = 0.2\nwhile_followed = true\n";

/// Rule 0 has a step, rule 1 is worse when it has less, rule 2 is plain.
fn county() -> County {
    let person = |no| Person { no, household: "h1", ..PERSON };
    let mut county = County::new("2023-03", &[person("p1"), person("p2")]);
    for (id, more) in
        [("step", "value = \"size\"\nstep = 1000\n"), ("less", "value = \"size\"\nworse = \"less\"\n"), ("plain", "")]
    {
        county.rule(&format!(
            "[[rule]]\nid = \"{id}\"\ntitle = \"名目\"\nrisk = \"因病\"\nbasis = \"依据\"\nper = \"household\"\ndepartments = [\"局\"]\n\
             red = \"size > 0\"\n{more}reason = \"原因\"\n"
        ));
    }
    county
}

/// What was verified in January of a value of 10,000 at orange.
fn verified(effect: &str) -> Verified {
    Verified {
        month: Month::new(2023, 1).unwrap(),
        case: "2301-000012".to_owned(),
        level: Level::Orange,
        value: Some(10_000.0),
        persons: Vec::new(),
        label: "22 不属实：情况已变化".to_owned(),
        effect: effect.to_owned(),
        until: None,
        is_followed: false,
    }
}

/// What becomes of an orange signal of that rule and value in March, about those members.
fn check(rule: usize, value: f64, persons: &[u32], verified: Verified, expected: SignalState) {
    let county = county();
    let grading = grading(GRADING);
    let mut signals = vec![Signal {
        household: 0,
        rule,
        level: Level::Orange,
        state: SignalState::Live,
        state_reason: String::new(),
        value: Some(value),
        threshold: String::new(),
        reason: String::new(),
        persons: persons.to_vec(),
        facts: Vec::new(),
        class: LinkClass::Certain,
        doubtful: false,
    }];
    let about = format!("{verified:?}");
    let past = BTreeMap::from([("h1".to_owned(), BTreeMap::from([(county.rules[rule].id.clone(), verified)]))]);
    let month = Month::new(2023, 3).unwrap();
    let issued_on = month.last_day() + 6;
    let (rules, registry) = (&county.rules, &county.registry);
    suppress(&mut signals, &SuppressInputs { rules, registry, grading: &grading, month, issued_on, past: &past });
    assert_eq!(signals[0].state, expected, "rule {rule}, {value}, {persons:?}: {about}");
    assert_eq!(signals[0].state_reason.is_empty(), expected == SignalState::Live, "every quiet signal says why");
}

const PLAIN: usize = 2;

#[test]
fn what_was_verified_cools_until_it_grows() {
    check(PLAIN, 10_000.0, &[], verified("changed"), SignalState::Cooling);
    check(PLAIN, 11_999.0, &[], verified("changed"), SignalState::Cooling);
    check(PLAIN, 12_000.0, &[], verified("changed"), SignalState::Live);
    check(1, 8_001.0, &[], verified("changed"), SignalState::Cooling);
    check(1, 8_000.0, &[], verified("changed"), SignalState::Live);
    check(PLAIN, 10_000.0, &[], verified("nothing"), SignalState::Live);
    let long_ago = Verified { month: Month::new(2022, 11).unwrap(), ..verified("changed") };
    check(PLAIN, 10_000.0, &[], long_ago, SignalState::Live);
}

#[test]
fn what_is_more_serious_or_about_another_member_is_asked_even_of_the_exempted() {
    let until = Some(Month::new(2023, 12).unwrap().last_day());
    let exempt = || Verified { until, ..verified("exempt") };
    check(PLAIN, 90_000.0, &[], exempt(), SignalState::Suppressed);
    check(PLAIN, 10_000.0, &[], Verified { level: Level::Yellow, ..exempt() }, SignalState::Live);
    check(PLAIN, 10_000.0, &[], Verified { until: None, ..exempt() }, SignalState::Live);
    for effect in ["changed", "exempt"] {
        let of_one = || Verified {
            persons: vec!["p1".to_owned()],
            until: until.filter(|_| effect == "exempt"),
            ..verified(effect)
        };
        check(PLAIN, 10_000.0, &[1], of_one(), SignalState::Live);
        check(PLAIN, 10_000.0, &[0, 1], of_one(), SignalState::Live);
    }
    check(
        PLAIN,
        10_000.0,
        &[0],
        Verified { persons: vec!["p1".to_owned()], ..verified("changed") },
        SignalState::Cooling,
    );
}

#[test]
fn a_sum_of_the_year_is_asked_at_its_next_step() {
    check(0, 10_999.0, &[], verified("changed"), SignalState::Suppressed);
    check(
        0,
        10_999.0,
        &[],
        Verified { month: Month::new(2022, 12).unwrap(), ..verified("changed") },
        SignalState::Cooling,
    );
    check(0, 12_000.0, &[], verified("changed"), SignalState::Live);
}

#[test]
fn what_is_to_be_included_cools_only_while_it_is_followed() {
    check(PLAIN, 10_000.0, &[], Verified { is_followed: true, ..verified("include") }, SignalState::Cooling);
    check(PLAIN, 10_000.0, &[], verified("include"), SignalState::Live);
}

#[test]
fn what_was_to_be_looked_at_again_is() {
    let until = |month| Verified { until: Some(Month::new(2023, month).unwrap().last_day()), ..verified("changed") };
    check(0, 10_000.0, &[], until(3), SignalState::Live);
    check(PLAIN, 10_000.0, &[], until(4), SignalState::Cooling);
}
