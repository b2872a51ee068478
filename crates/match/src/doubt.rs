//! Signals that rest on weak links: how serious they may be, and whether they are doubtful at all.
//!
//! A sum of sixty thousand yuan of which five hundred stand on a repaired number is as red as it was. So the rules are asked a second time, over
//! the rows that are linked by their own ID number alone: a level that they reach too is beyond doubt. What only the weak rows reach is
//! capped by their class, shown as doubtful, and raises nothing else.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{Ladder, Level};

use crate::error::MatchError;
use crate::evaluate::{RuleInputs, Signal, SignalState, evaluate_rules};
use crate::rule::Rule;
use crate::weak::StrongFacts;

/// Caps the signals that rest on weak links. Their classes are those of their rows already. `strong` is what the facts are without weak rows,
/// where there is any.
pub fn weigh_doubt(
    inputs: &RuleInputs<'_>,
    strong: Option<&StrongFacts>,
    ladder: &Ladder,
    signals: &mut [Signal],
) -> Result<(), MatchError> {
    let concerned: BTreeSet<usize> = signals.iter().filter(is_weak).map(|signal| signal.rule).collect();
    if concerned.is_empty() {
        return Ok(());
    }
    let columns = strong.map_or(inputs.columns, |strong| &strong.columns);
    let asked: Vec<Rule> = concerned.iter().map(|at| inputs.rules[*at].clone()).collect();
    let fired = evaluate_rules(&RuleInputs { rules: &asked, columns, ..*inputs })?;
    let places: Vec<usize> = concerned.into_iter().collect();
    cap(signals, inputs.rules, ladder, &levels(fired, |rule| places[rule]));
    Ok(())
}

pub(crate) fn is_weak(signal: &&Signal) -> bool {
    signal.state == SignalState::Live && signal.class.is_weak()
}

/// The level that each rule reaches for each household without any weak row.
pub(crate) type Sure = BTreeMap<(u32, usize), Level>;

pub(crate) fn levels(fired: Vec<Signal>, rule: impl Fn(usize) -> usize) -> Sure {
    let live = fired.into_iter().filter(|signal| signal.state == SignalState::Live);
    live.map(|signal| ((signal.household, rule(signal.rule)), signal.level)).collect()
}

/// Caps each weak signal, where it does not reach its level beyond doubt.
pub(crate) fn cap(signals: &mut [Signal], rules: &[Rule], ladder: &Ladder, beyond_doubt: &Sure) {
    for signal in signals.iter_mut().filter(|signal| is_weak(&&**signal)) {
        let sure = beyond_doubt.get(&(signal.household, signal.rule)).copied();
        let rule = &rules[signal.rule];
        cap_one(signal, rule, ladder, sure);
    }
}

/// Caps a weak signal. `sure` is the level that its rule reaches without any weak row.
pub(crate) fn cap_one(signal: &mut Signal, rule: &Rule, ladder: &Ladder, sure: Option<Level>) {
    let capped = ladder.caps.get(&signal.class).map_or(signal.level, |cap| signal.level.max(*cap));
    signal.doubtful = sure.is_none_or(|sure| sure > capped);
    signal.level = sure.map_or(capped, |sure| sure.min(capped));
    if signal.doubtful && rule.least_link.is_some_and(|least| signal.class > least) {
        signal.state = SignalState::Review;
        signal.state_reason = format!("身份待核（{}），须先认定", signal.class.title());
        signal.reason = format!("身份待核（{}），须先认定：{}", signal.class.title(), signal.reason);
    }
}
