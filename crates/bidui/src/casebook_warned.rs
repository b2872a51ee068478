//! The households that a month warns of, as the ledger takes them.

use bidui_ledger::{Reason, WarnedHousehold};
use bidui_match::{RelationInputs, Rule};
use polars::prelude::DataFrame;

use crate::exit::Fault;
use crate::relation_rows::words_of;
use crate::routing::{HandedOver, is_at_home};

/// What a rule's value must reach to be more evidence than one that was seen: the rule's own step, or the least share that ends a cooling period.
fn no_more_than(rule: &Rule, value: f64, growth: f64) -> f64 {
    match rule.step {
        Some(step) => value + step,
        None if rule.worse_when_less => value - value.abs() * growth,
        None => value + value.abs() * growth,
    }
}

/// The warnings as the ledger takes them: a town only where the household stands on one's list.
pub(crate) fn warned(
    inputs: &RelationInputs<'_>,
    warnings: &DataFrame,
    handed_over: &HandedOver,
) -> Result<Vec<WarnedHousehold>, Fault> {
    let words = |name: &str| words_of(warnings, name);
    let (routes, towns) = (words("route")?, words("town_code")?);
    let growth = inputs.grading.least_growth();
    let reasons = |signals: &[usize]| {
        let reason = |at: &usize| {
            let signal = &inputs.signals[*at];
            let persons = signal.persons.iter().map(|person| inputs.registry.person_no(*person).to_owned()).collect();
            let rule = &inputs.rules[signal.rule];
            let bound = signal.value.map(|value| no_more_than(rule, value, growth));
            Reason {
                rule: rule.id.clone(),
                level: signal.level,
                value: signal.value,
                persons,
                falls: rule.worse_when_less,
                bound,
            }
        };
        signals.iter().map(reason).collect::<Vec<_>>()
    };
    // What the most serious signals say is doubtful, and what is beyond doubt is less serious, or nothing.
    let rests_on_doubt = |signals: &[usize]| {
        let level = |firm: bool| {
            let of = signals.iter().map(|at| &inputs.signals[*at]).filter(|signal| !firm || !signal.doubtful);
            of.map(|signal| signal.level).min()
        };
        level(true).is_none_or(|firm| Some(firm) > level(false))
    };
    let of_row = inputs.graded.iter().zip(routes.iter().zip(towns)).map(|(graded, (route, town))| {
        let is_home = is_at_home(route);
        let household = inputs.registry.household_id(graded.household).to_owned();
        WarnedHousehold {
            passed_on_by: handed_over.get(&household).cloned(),
            household,
            level: graded.level,
            due: inputs.deadlines.due.get(&graded.level).copied().filter(|_| is_home),
            town: if is_home { town } else { String::new() },
            doubtful: rests_on_doubt(&graded.signals),
            reasons: reasons(&graded.signals),
        }
    });
    Ok(of_row.collect())
}
