//! From signals to one level a household.

use bidui_match::{Signal, SignalState, compile_grading, grade};
use bidui_model::{Level, LinkClass};
use proptest::prelude::*;

use crate::county::{County, PERSON, Person, grading};

const LEVELS: &str = r#"
[[level]]
code = "red"
name = "红"
meaning = "立即入户"
[[level]]
code = "orange"
name = "橙"
"#;

/// Rules 0 and 1 of 医保局 about 因病, rule 2 of 民政局 and 医保局 about 因残.
fn county() -> County {
    let person = |no, household| Person { no, household, ..PERSON };
    let mut county = County::new("2023-03", &[person("p1", "h1"), person("p2", "h2"), person("p3", "h3")]);
    for (id, risk, departments) in
        [("a", "因病", "\"医保局\""), ("b", "因病", "\"医保局\""), ("c", "因残", "\"民政局\", \"医保局\"")]
    {
        county.rule(&format!(
            "[[rule]]\nid = \"{id}\"\ntitle = \"名目\"\nrisk = \"{risk}\"\nbasis = \"依据\"\nper = \"household\"\n\
             departments = [{departments}]\nred = \"size > 0\"\nreason = \"原因\"\n"
        ));
    }
    county
}

fn signal(household: u32, rule: usize, level: Level, state: SignalState) -> Signal {
    Signal {
        household,
        rule,
        level,
        state,
        state_reason: String::new(),
        value: None,
        threshold: String::new(),
        reason: String::new(),
        persons: Vec::new(),
        facts: Vec::new(),
        class: LinkClass::Certain,
        doubtful: false,
    }
}

/// Letters of levels by rule, for one household; a small letter is a review. `r` red, `o` orange, `y` yellow, `b` blue.
fn signals(letters: &str) -> Vec<Signal> {
    let level = |letter: char| match letter.to_ascii_lowercase() {
        'r' => Level::Red,
        'o' => Level::Orange,
        'y' => Level::Yellow,
        _ => Level::Blue,
    };
    let state = |letter: char| if letter.is_uppercase() { SignalState::Live } else { SignalState::Review };
    letters.chars().enumerate().map(|(rule, letter)| signal(1, rule, level(letter), state(letter))).collect()
}

fn check(letters: &str, escalations: &str, expected: &str) {
    let county = county();
    let grading = grading(&format!("{LEVELS}{escalations}"));
    let graded = grade(&signals(letters), &county.rules, &grading).unwrap();
    let line: Vec<String> = graded
        .iter()
        .map(|warning| {
            let household = county.registry.household_id(warning.household);
            format!("{household} {} {:?} {}", warning.level.code(), warning.signals, warning.escalation)
        })
        .collect();
    assert_eq!(line.join("; ").trim_end(), expected, "{letters} {escalations}");
}

fn escalation(to: &str, when: &str, reason: &str) -> String {
    format!("[[escalation]]\nto = \"{to}\"\nwhen = \"{when}\"\nreason = \"{reason}\"\n")
}

#[test]
fn the_most_serious_signal_is_the_level() {
    check("Y", "", "h2 yellow [0]");
    check("BYO", "", "h2 orange [0, 1, 2]");
    check("RB", "", "h2 red [0, 1]");
}

#[test]
fn a_review_makes_no_warning_and_counts_for_none() {
    check("r", "", "");
    check("rY", "", "h2 yellow [1]");
    check("oO", &escalation("red", "orange >= 2", "两条橙"), "h2 orange [1]");
    check("rB", &escalation("red", "signals >= 2", "两条"), "h2 blue [1]");
}

#[test]
fn two_orange_ones_are_red() {
    let rule = escalation("red", "orange >= 2", "两条橙");
    check("OO", &rule, "h2 red [0, 1] 两条橙");
    check("OY", &rule, "h2 orange [0, 1]");
    check("OOR", &rule, "h2 red [0, 1, 2]");
}

#[test]
fn an_escalation_never_lowers_a_level() {
    check("R", &escalation("blue", "red >= 1", "降级"), "h2 red [0]");
    check("O", &escalation("orange", "orange >= 1", "同级"), "h2 orange [0]");
    check("O", &escalation("yellow", "TRUE", "降级"), "h2 orange [0]");
}

#[test]
fn of_several_escalations_the_most_serious_speaks() {
    let both = format!("{}{}", escalation("orange", "signals >= 2", "两条"), escalation("red", "signals >= 3", "三条"));
    check("YY", &both, "h2 orange [0, 1] 两条");
    check("YYY", &both, "h2 red [0, 1, 2] 三条");
    let other =
        format!("{}{}", escalation("red", "signals >= 3", "三条"), escalation("orange", "signals >= 2", "两条"));
    check("YYY", &other, "h2 red [0, 1, 2] 三条");
    // One escalation is not counted by the next.
    let chain = format!("{}{}", escalation("orange", "yellow >= 1", "甲"), escalation("red", "orange >= 1", "乙"));
    check("Y", &chain, "h2 orange [0] 甲");
}

#[test]
fn signals_departments_and_risks_are_counted() {
    check("YY", &escalation("red", "departments >= 2", "两个部门"), "h2 yellow [0, 1]");
    check("YYY", &escalation("red", "departments >= 2", "两个部门"), "h2 red [0, 1, 2] 两个部门");
    check("YYY", &escalation("red", "departments >= 3", "三个部门"), "h2 yellow [0, 1, 2]");
    check("YY", &escalation("red", "risks >= 2", "两种风险"), "h2 yellow [0, 1]");
    check("YYY", &escalation("red", "risks >= 2", "两种风险"), "h2 red [0, 1, 2] 两种风险");
    check(
        "YYB",
        &escalation("red", "signals = 3 AND yellow = 2 AND blue = 1 AND red = 0", "合"),
        "h2 red [0, 1, 2] 合",
    );
}

#[test]
fn every_household_is_graded_by_itself() {
    let county = county();
    let all = [
        signal(0, 0, Level::Orange, SignalState::Live),
        signal(2, 0, Level::Orange, SignalState::Live),
        signal(2, 1, Level::Orange, SignalState::Live),
        signal(1, 0, Level::Blue, SignalState::Review),
    ];
    let grading = grading(&escalation("red", "orange >= 2", "两条橙"));
    let graded = grade(&all, &county.rules, &grading).unwrap();
    let levels: Vec<(u32, Level)> = graded.iter().map(|warning| (warning.household, warning.level)).collect();
    assert_eq!(levels, [(0, Level::Orange), (2, Level::Red)]);
    assert!(grade(&[], &county.rules, &grading).unwrap().is_empty());
}

#[test]
fn a_level_without_a_name_is_called_by_its_code() {
    let grading = grading(LEVELS);
    assert_eq!((grading.name(Level::Red), grading.meaning(Level::Red)), ("红", "立即入户"));
    assert_eq!((grading.name(Level::Orange), grading.meaning(Level::Orange)), ("橙", ""));
    assert_eq!((grading.name(Level::Blue), grading.meaning(Level::Blue)), ("blue", ""));
}

#[test]
fn a_wrong_level_or_condition_is_found_at_its_bytes() {
    let check = |text: &str, expected: &[(&str, &str)]| {
        let errors = compile_grading(text, "grading.toml").map(|_| ()).expect_err(text);
        let found: Vec<(&str, &str)> =
            errors.iter().map(|error| (error.code, &text[error.span.clone().expect("a place")])).collect();
        assert_eq!(found, expected, "{errors:?}");
    };
    check("[[level]]\ncode = \"crimson\"\nname = \"深红\"\n", &[("BD0301", "\"crimson\"")]);
    check("[[level]]\ncode = \"red\"\n", &[("BD0002", "[[level]]")]);
    check(&escalation("crimson", "orange >= 2", "x"), &[("BD0301", "\"crimson\"")]);
    check(&escalation("red", "oranges >= 2", "x"), &[("BD0302", "oranges")]);
    check(&escalation("red", "orange", "x"), &[("BD0302", "\"orange\"")]);
    check(&escalation("red", "orange >= '二'", "x"), &[("BD0302", "'二'")]);
    check(&escalation("red", "SUM(orange) >= 2", "x"), &[("BD0108", "SUM(orange)")]);
    check("[[escalation]]\nto = \"red\"\nreason = \"x\"\n", &[("BD0002", "[[escalation]]")]);
    check("[[levels]]\n", &[("BD0004", "levels")]);
    let cooling = |keys: &str, expected: &[(&str, &str)]| check(&format!("[[cooling]]\n{keys}\n"), expected);
    for months in ["30", "0", "-7"] {
        cooling(&format!("effects = [\"changed\"]\nmonths = {months}\ngrowth = 0.2"), &[("BD0303", months)]);
    }
    for growth in ["0", "-2", "99999999"] {
        cooling(&format!("effects = [\"changed\"]\nmonths = 3\ngrowth = {growth}"), &[("BD0303", growth)]);
    }
    cooling("effects = []\nmonths = 30\ngrowth = -2", &[("BD0303", "[]"), ("BD0303", "30"), ("BD0303", "-2")]);
    cooling("growth = 0.2", &[("BD0303", "[[cooling]]")]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_household_is_never_below_its_most_serious_live_signal(
        letters in "[ROYBroyb]{1,3}", to in 0..4_usize, least in 0..4_u8, word in 0..7_usize,
    ) {
        let county = county();
        let word = ["red", "orange", "yellow", "blue", "signals", "departments", "risks"][word];
        let grading = grading(&escalation(Level::ALL[to].code(), &format!("{word} >= {least}"), "升级"));
        let signals = signals(&letters);
        let live = signals.iter().filter(|signal| signal.state == SignalState::Live).map(|signal| signal.level).min();
        let graded = grade(&signals, &county.rules, &grading).unwrap();
        prop_assert_eq!(graded.len(), usize::from(live.is_some()));
        for warning in graded {
            let live = live.expect("a live signal");
            prop_assert!(warning.level <= live);
            prop_assert_eq!(warning.escalation.is_empty(), warning.level == live);
            prop_assert!(warning.level == live || warning.level == Level::ALL[to]);
        }
    }
}
