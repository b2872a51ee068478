//! Numbers that rules compare with, read from their conditions and put in another's place.

use std::collections::BTreeMap;

use bidui_match::{Rule, RuleContext};
use bidui_model::Level;

use crate::county::{County, person_contract};
use crate::rows::PERSON;
use bidui_model::FeedKind;

/// A county with one rule, whose yellow condition is given.
fn county(condition: &str) -> County {
    let mut county = County::new("2023-03", &[PERSON]);
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    county.declare(feed, "[[fact]]\nname = \"paid\"\nper = \"household\"\nvalue = \"SUM(amount)\"\n");
    county.declare(feed, "[[fact]]\nname = \"times\"\nper = \"household\"\nvalue = \"COUNT(*)\"\n");
    county.rule(&format!(
        "[[rule]]\nid = \"r\"\ntitle = \"t\"\nrisk = \"x\"\nbasis = \"b\"\nper = \"household\"\ndepartments = [\"d\"]\n\
         yellow = \"{condition}\"\nvalue = \"paid\"\nreason = \"{{paid}}\"\nactions = [\"a\"]\n"
    ));
    county
}

fn with(county: &County, number: f64) -> Result<Rule, String> {
    let parameters = BTreeMap::new();
    let context = RuleContext { facts: &county.facts, registry: &county.contracts[0], parameters: &parameters };
    county.rules[0].with_threshold(Level::Yellow, None, number, &context)
}

fn check(condition: &str, found: &str, changed: &str) {
    let county = county(condition);
    let threshold = county.rules[0].threshold(Level::Yellow);
    let shown = threshold.map_or_else(|_| "-".to_owned(), |threshold| threshold.with(threshold.number));
    assert_eq!(shown, found, "{condition}");
    let rule = with(&county, 250.5).map_or_else(|_| "-".to_owned(), |rule| rule.levels[0].1.sql.clone());
    assert_eq!(rule, changed, "{condition}");
}

#[test]
fn a_threshold_is_the_number_that_the_value_is_compared_with() {
    check("paid >= 100", "paid >= 100", "paid >= 250.5");
    check("paid > 100.5 AND times > 2", "paid > 100.5", "paid > 250.5 AND times > 2");
    check("times > 2 AND (paid >= 100 AND times < 9)", "paid >= 100", "times > 2 AND (paid >= 250.5 AND times < 9)");
    check("100 <= paid AND times > 2", "paid >= 100", "250.5 <= paid AND times > 2");
    check("times >= 3", "times >= 3", "times >= 250.5");
    check("paid < -5", "paid < -5", "paid < 250.5");
    // So many times something else.
    check("paid <= times * 10", "paid <= times * 10", "paid <= times * 250.5");
    check("paid <= (10 * times) AND times > 0", "paid <= times * 10", "paid <= (250.5 * times) AND times > 0");
    check("0.5 * (times - 1) < paid", "paid > (times - 1) * 0.5", "250.5 * (times - 1) < paid");
    check("paid - times >= 10", "paid - times >= 10", "paid - times >= 250.5");
    // What asks whether there is anything at all is not meant where something else is, and is where nothing else is.
    check("times > 0 AND paid < times AND paid = 3", "times > 0", "times > 250.5 AND paid < times AND paid = 3");
    check("times > 0 AND (times < 4 OR paid IS NULL)", "times < 4", "times > 0 AND (times < 250.5 OR paid IS NULL)");
    check("paid = 3 OR times >= 4", "times >= 4", "paid = 3 OR times >= 250.5");
}

#[test]
fn what_is_not_one_number_is_no_threshold() {
    check("paid >= 100 OR times > 2", "-", "-");
    check("paid > times * size", "-", "-");
    check("paid * 2 > times * 10", "-", "-");
    check("paid >= times * 2 AND paid >= size * 3", "-", "-");
    check("CASE WHEN paid > 3 THEN TRUE ELSE FALSE END", "-", "-");
    check("NOT paid < 100 AND paid <> 100", "-", "-");
    check("times > 2 AND times < 9", "-", "-");
}

#[test]
fn a_changed_rule_says_what_is_wrong_with_it() {
    let county = county("paid >= 100");
    let parameters = BTreeMap::new();
    let context = RuleContext { facts: &county.facts, registry: &county.contracts[0], parameters: &parameters };
    let rule = &county.rules[0];
    let wrong = |condition: &str| rule.with_condition(Some(Level::Red), condition, &context).unwrap_err();
    assert!(wrong("pay >= 100").contains("是不是“paid”"), "{}", wrong("pay >= 100"));
    assert!(wrong("paid >= 1; DROP TABLE x").contains("多余"), "{}", wrong("paid >= 1; DROP TABLE x"));
    let red = rule.with_condition(Some(Level::Red), "paid >= 300", &context).unwrap();
    let levels: Vec<(Level, &str)> = red.levels.iter().map(|(level, clause)| (*level, clause.sql.as_str())).collect();
    assert_eq!(levels, [(Level::Red, "paid >= 300"), (Level::Yellow, "paid >= 100")]);
    assert_ne!(red.definition(), rule.definition());
    assert!(rule.with_threshold(Level::Red, None, 1.0, &context).unwrap_err().contains("没有 red"));
}

#[test]
fn of_several_numbers_one_is_named_by_its_place() {
    let county = county("times > 0 AND paid >= times * 2 AND (paid >= size * 3 OR paid = 7)");
    let parameters = BTreeMap::new();
    let context = RuleContext { facts: &county.facts, registry: &county.contracts[0], parameters: &parameters };
    let rule = &county.rules[0];
    // Only one of those of the value stands under nothing but AND.
    assert_eq!(rule.threshold(Level::Yellow).unwrap().place, 2);
    let third = rule.with_threshold(Level::Yellow, Some(3), 4.5, &context).unwrap();
    assert_eq!(third.levels[0].1.sql, "times > 0 AND paid >= times * 2 AND (paid >= size * 4.5 OR paid = 7)");
    assert!(rule.with_threshold(Level::Yellow, Some(4), 4.5, &context).unwrap_err().contains("没有第4处"));
    let several = |condition: &str| {
        let rule = self::county(condition).rules[0].clone();
        let places = rule.movable().map(|found| found.iter().map(|one| one.place).collect::<Vec<_>>());
        (places, rule.threshold(Level::Yellow).unwrap_err())
    };
    let (places, why) = several("times > 0 AND (times < 4 OR size >= 7)");
    assert_eq!(places, Ok(vec![2, 3]));
    assert!(why.contains("第2处 times < 4；第3处 size >= 7"), "{why}");
    assert!(several("times = 4").0.unwrap_err().contains("只有等于"));
    assert!(!several("times = paid").0.unwrap_err().contains("只有等于"));
}
