//! That a household's risk is gone: as the registry tells it, and as a list does, of which it is not believed before the household was helped.

use bidui_model::Month;

use crate::history::{Case, CaseState};

/// An elimination that a list told and that does not count yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldGone {
    pub on: Option<i32>,
    /// Full months that are to lie between the inclusion and it.
    pub least: i32,
}

/// A list tells of an elimination with the full months that are to lie between the inclusion and it; the registry, and lists that came in before this was
/// asked of them, with none, and are believed.
pub(crate) fn tell_gone(case: &mut Case, month: Month, on: Option<i32>, least: &str) {
    match least.parse() {
        Ok(least) => case.told_gone = Some(ToldGone { on, least }),
        Err(_) => eliminate(case, month, on),
    }
}

/// Lets an elimination count that was told, as soon as the household was helped: who helps it, by what plan, with which measures, and long enough. What is
/// told of that later bears it out, too.
pub(crate) fn bear_out(case: &mut Case, month: Month) {
    let is_helped = case.helper_on.is_some() && case.plan_on.is_some() && !case.measures.is_empty();
    let included = case.included.as_ref().and_then(|included| included.on);
    let is_long_enough =
        |told: &ToldGone| included.zip(told.on).is_none_or(|(from, to)| Month::full_between(from, to) >= told.least);
    if let Some(told) = case.told_gone.take_if(|told| is_helped && is_long_enough(told)) {
        eliminate(case, month, told.on);
    }
}

fn eliminate(case: &mut Case, month: Month, on: Option<i32>) {
    case.told_gone = None;
    case.to_include = None;
    case.included_for.clear();
    case.rechecks.clear();
    case.eliminated_on = on.or(case.eliminated_on);
    // A warning that stands is about something else until somebody says that it is not.
    if case.state != CaseState::Open || case.cleared.is_some() {
        // A list is worked in the month after its own, and so is what it tells of; a day beyond that is a slip.
        let told = on.map(Month::of_day).filter(|told| *told == month.plus(1));
        (case.state, case.closed) = (CaseState::Closed, Some(told.unwrap_or(month)));
    }
}
