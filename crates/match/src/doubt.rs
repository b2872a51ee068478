//! Signals that rest on weak links: how serious they may be, and whether they are doubtful at all.
//!
//! A sum of sixty thousand yuan of which five hundred stand on a repaired number is as red as it was. So the rules are asked a second time, over
//! the rows that are linked by their own ID number alone: a level that they reach too is beyond doubt. What only the weak rows reach is
//! capped by their class, shown as doubtful, and raises nothing else.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{Ladder, Level};

use crate::error::MatchError;
use crate::evaluate::{RuleInputs, Signal, SignalState, evaluate_rules};
use crate::fact::Fact;
use crate::facts::{FactInputs, compute_facts};
use crate::rule::Rule;

/// Caps the signals that rest on weak links. Their classes are those of their rows already.
pub fn weigh_doubt(
    facts: &FactInputs<'_>,
    rules: &[Rule],
    ladder: &Ladder,
    signals: &mut [Signal],
) -> Result<(), MatchError> {
    let is_weak = |signal: &Signal| signal.state == SignalState::Live && signal.class.is_weak();
    let concerned: BTreeSet<usize> =
        signals.iter().filter(|signal| is_weak(signal)).map(|signal| signal.rule).collect();
    if concerned.is_empty() {
        return Ok(());
    }
    let beyond_doubt = beyond_doubt(facts, rules, &concerned)?;
    for signal in signals.iter_mut().filter(|signal| is_weak(signal)) {
        let sure = beyond_doubt.get(&(signal.household, signal.rule)).copied();
        let capped = ladder.caps.get(&signal.class).map_or(signal.level, |cap| signal.level.max(*cap));
        signal.doubtful = sure.is_none_or(|sure| sure > capped);
        signal.level = sure.map_or(capped, |sure| sure.min(capped));
        let rule = &rules[signal.rule];
        if signal.doubtful && rule.least_link.is_some_and(|least| signal.class > least) {
            signal.state = SignalState::Review;
            signal.state_reason = format!("身份待核（{}），须先认定", signal.class.title());
            signal.reason = format!("身份待核（{}），须先认定：{}", signal.class.title(), signal.reason);
        }
    }
    Ok(())
}

/// The levels that the rules reach without any weak row, by household and rule.
fn beyond_doubt(
    facts: &FactInputs<'_>,
    rules: &[Rule],
    concerned: &BTreeSet<usize>,
) -> Result<BTreeMap<(u32, usize), Level>, MatchError> {
    let asked: Vec<Rule> = concerned.iter().map(|at| rules[*at].clone()).collect();
    let reads: BTreeSet<String> = asked.iter().flat_map(Rule::reads).collect();
    let own: Vec<Fact> = facts.facts.iter().filter(|fact| reads.contains(&fact.name)).cloned().collect();
    let strict = FactInputs { facts: &own, strong_only: true, ..*facts };
    let columns = compute_facts(&strict)?;
    let inputs =
        RuleInputs { rules: &asked, facts: &own, columns: &columns, registry: facts.registry, month: facts.month };
    let places: Vec<usize> = concerned.iter().copied().collect();
    let fired = evaluate_rules(&inputs)?.into_iter().filter(|signal| signal.state == SignalState::Live);
    Ok(fired.map(|signal| ((signal.household, places[signal.rule]), signal.level)).collect())
}
