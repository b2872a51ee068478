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
         yellow = \"{condition}\"\nvalue = \"paid\"\nreason = \"{{paid}}\"\nactions = [\"a\"]\n\
         [[rule.example]]\nrow = {{ paid = 0.0, times = 0 }}\nanswer = \"none\"\n"
    ));
    county
}

fn with(county: &County, number: f64) -> Result<Rule, String> {
    let parameters = BTreeMap::new();
    let context = RuleContext { facts: &county.facts, registry: &county.contracts[0], parameters: &parameters };
    county.rules[0].with_threshold(Level::Yellow, number, &context)
}

fn check(condition: &str, found: &str, changed: &str) {
    let county = county(condition);
    let threshold = county.rules[0].threshold(Level::Yellow);
    let shown = threshold.map_or_else(
        || "-".to_owned(),
        |threshold| format!("{} {} {}", threshold.name, threshold.way.sign(), threshold.number),
    );
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
}

#[test]
fn what_is_not_one_number_is_no_threshold() {
    check("paid >= 100 OR times > 2", "-", "-");
    check("paid > times * 10", "-", "-");
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
    assert!(rule.with_threshold(Level::Red, 1.0, &context).unwrap_err().contains("没有 red"));
}
