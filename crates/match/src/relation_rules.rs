//! The relations that say what a month was asked: its facts, its rules, and what facts that rest on weak links would be without them.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::Level;
use polars::prelude::*;

use crate::evaluate::SignalState;
use crate::fact::{Compare, Fact, Per};
use crate::facts::{FactColumn, compare_title};
use crate::registry::NOBODY;
use crate::relations::{RelationInputs, words};
use crate::rule::Rule;
use crate::weak::WeakFact;

pub(crate) fn facts(inputs: &RelationInputs<'_>) -> PolarsResult<DataFrame> {
    let all = || inputs.facts.iter().zip(inputs.columns);
    let window = |column: &FactColumn| {
        column.window.map_or_else(String::new, |(first, last)| {
            if first == last { first.to_string() } else { format!("{first}至{last}") }
        })
    };
    let readers = |fact: &Fact| {
        let rules = inputs.rules.iter().filter(|rule| rule.reads().contains(&fact.name)).map(|rule| rule.id.as_str());
        rules.collect::<Vec<_>>().join(",")
    };
    let title = |fact: &Fact| match fact.compare {
        Some(compare) if !fact.title.contains("新") && compare != Compare::GoneSincePrevious => {
            format!("{}（{}）", fact.title, compare_title(compare))
        }
        _ => fact.title.clone(),
    };
    DataFrame::new(
        inputs.facts.len(),
        vec![
            words("fact", all().map(|(fact, _)| fact.name.as_str())),
            words("title", all().map(|(fact, _)| title(fact))),
            words("feed", all().map(|(fact, _)| inputs.feeds[fact.feed].as_str())),
            words("per", all().map(|(fact, _)| fact.per.code())),
            words("unit", all().map(|(fact, _)| fact.unit.as_str())),
            Column::new("months".into(), all().map(|(fact, _)| i64::from(fact.months)).collect::<Vec<_>>()),
            words("window", all().map(|(_, column)| window(column))),
            words("status", all().map(|(_, column)| if column.values.is_some() { "known" } else { "unknown" })),
            words("note", all().map(|(_, column)| column.note.as_str())),
            words("rules", all().map(|(fact, _)| readers(fact))),
            words("definition", all().map(|(fact, _)| fact.definition())),
        ],
    )
}

/// The rules as the month was asked, and how many households each has a signal for.
pub(crate) fn rules(inputs: &RelationInputs<'_>) -> PolarsResult<DataFrame> {
    let all = || inputs.rules.iter().enumerate();
    let unknown: BTreeSet<&str> = inputs
        .facts
        .iter()
        .zip(inputs.columns)
        .filter(|(_, column)| column.values.is_none())
        .map(|(fact, _)| fact.name.as_str())
        .collect();
    let is_answered = |rule: &Rule| !rule.reads().iter().any(|name| unknown.contains(name.as_str()));
    let level = |of: Level| {
        let sql = |rule: &Rule| {
            let clause = rule.levels.iter().find(|(level, _)| *level == of);
            clause.map_or_else(String::new, |(_, clause)| clause.sql.clone())
        };
        words(of.code(), all().map(|(_, rule)| sql(rule)).collect::<Vec<_>>().iter())
    };
    let mut counts: BTreeMap<(usize, SignalState), i64> = BTreeMap::new();
    for signal in inputs.signals {
        *counts.entry((signal.rule, signal.state)).or_default() += 1;
    }
    let count = |name: &str, state: SignalState| {
        let of_rule = |(at, _): (usize, &Rule)| counts.get(&(at, state)).copied().unwrap_or(0);
        Column::new(name.into(), all().map(of_rule).collect::<Vec<_>>())
    };
    DataFrame::new(
        inputs.rules.len(),
        vec![
            words("rule_id", all().map(|(_, rule)| rule.id.as_str())),
            words("title", all().map(|(_, rule)| rule.title.as_str())),
            words("risk", all().map(|(_, rule)| rule.risk.as_str())),
            words("per", all().map(|(_, rule)| rule.per.code())),
            words("departments", all().map(|(_, rule)| rule.departments.join("、"))),
            words("scope", all().map(|(_, rule)| rule.scope.as_ref().map_or("", |clause| clause.sql.as_str()))),
            level(Level::Red),
            level(Level::Orange),
            level(Level::Yellow),
            level(Level::Blue),
            words("status", all().map(|(_, rule)| if is_answered(rule) { "known" } else { "unknown" })),
            count("live", SignalState::Live),
            count("cooling", SignalState::Cooling),
            count("suppressed", SignalState::Suppressed),
            count("review", SignalState::Review),
            words("definition", all().map(|(_, rule)| rule.definition())),
        ],
    )
}

/// What facts that rest on weak links would be without them.
pub(crate) fn weak_facts(inputs: &RelationInputs<'_>) -> PolarsResult<DataFrame> {
    let of_per = |per: &[Per]| {
        let per: Vec<Per> = per.to_vec();
        move |weak: &&WeakFact| per.contains(&inputs.facts[weak.fact].per)
    };
    let all: Vec<&WeakFact> = inputs.weak_facts.iter().filter(of_per(&[Per::Person, Per::Household])).collect();
    let is_person = |weak: &WeakFact| inputs.facts[weak.fact].per == Per::Person;
    let household = |weak: &WeakFact| match is_person(weak) {
        true => inputs.registry.household_of(weak.entity).unwrap_or(NOBODY),
        false => weak.entity,
    };
    let person = |weak: &&WeakFact| if is_person(weak) { inputs.registry.person_no(weak.entity) } else { "" };
    DataFrame::new(
        all.len(),
        vec![
            words("fact", all.iter().map(|weak| inputs.facts[weak.fact].name.as_str())),
            words("household_id", all.iter().map(|weak| inputs.registry.household_id(household(weak)))),
            words("person_no", all.iter().map(person)),
            words("link_class", all.iter().map(|weak| weak.class.code())),
            Column::new("strong_number".into(), all.iter().map(|weak| weak.number).collect::<Vec<_>>()),
            Column::new("strong_word".into(), all.iter().map(|weak| weak.word.as_deref()).collect::<Vec<_>>()),
        ],
    )
}
