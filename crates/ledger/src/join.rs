//! One open case a household. Where a late answer, a second look or a month that was run late leaves two standing, the one that was warned of later
//! keeps the household: its number is on the latest list. The other is closed and joined into it, with what was left to do of it; each keeps its own
//! warnings, answers and history. Made anew with every fold, so that an answer that is taken back takes its joining back.

use bidui_model::Month;

use crate::history::{Case, CaseState, History, Included, Joining};

/// The case that has what is left to do of the one at that place: itself, or the one that it was joined into.
pub(crate) fn heir(cases: &[Case], mut place: usize) -> usize {
    // Whatever takes another over stands, and what stands is joined into nothing: there are no rings.
    while let Some(next) =
        cases[place].joined.as_ref().and_then(|into| cases.iter().position(|case| case.number == *into))
    {
        place = next;
    }
    place
}

/// An answer to a list is one to the lists before it, of the case and of those that it took over.
pub(crate) fn answer_listings(cases: &mut [Case], place: usize, month: Month) {
    for at in 0..cases.len() {
        if at == place || heir(cases, at) == place {
            for (_, listing) in cases[at].listings.range_mut(..=month) {
                listing.is_answered = true;
            }
        }
    }
}

/// Leaves one case standing.
pub(crate) fn join_standing(history: &mut History, month: Month) {
    loop {
        let standing = history.cases.iter().enumerate().filter(|(_, case)| case.state != CaseState::Closed);
        let mut standing: Vec<usize> = standing.map(|(place, _)| place).collect();
        standing.sort_by_key(|place| (history.cases[*place].last_warned, history.cases[*place].number.clone()));
        let (Some(into), true) = (standing.pop(), !standing.is_empty()) else { return };
        let from = standing[0];
        let Ok([from, into]) = history.cases.get_disjoint_mut([from, into]) else { return };
        join(from, into, month);
        let joining = Joining { month, from: from.number.clone(), into: into.number.clone() };
        history.joins.push(joining);
    }
}

fn join(from: &mut Case, into: &mut Case, month: Month) {
    let days = [(into.town.clone(), into.due, into.asked), (from.town.clone(), from.due, from.asked)];
    // Who passed it on is not asked again under another number.
    if from.passed_on_by.as_ref().is_some_and(|by| *by == into.town || into.passed_on_by.as_ref() == Some(by)) {
        into.passed_on_by = from.passed_on_by.take();
        into.town.clone_from(&from.town);
    }
    if from.state == CaseState::Open {
        into.state = CaseState::Open;
        // What another town was asked is not due of this one.
        let of_town = days.into_iter().filter(|(town, ..)| *town == into.town);
        let first = of_town.filter_map(|(_, due, asked)| Some((due?, asked))).min();
        (into.due, into.asked) = first.map_or((None, None), |(due, asked)| (Some(due), asked));
        let left = from.reasons.iter().map(|reason| (from.last_warned, reason));
        let left = left.chain(from.unanswered.iter().map(|(month, reason)| (*month, reason)));
        for (month, reason) in left {
            let is_known = into.reasons.iter().chain(into.unanswered.iter().map(|(_, known)| known));
            if is_known.clone().all(|known| known.rule != reason.rule) {
                into.unanswered.push((month, reason.clone()));
            }
        }
    }
    // An inclusion that ended with its risk stays where it was.
    if from.is_included() {
        let included: Option<Included> = from.included.take();
        into.included = into.included.take().or(included);
    }
    let to_include = from.to_include.take();
    into.to_include = into.to_include.take().or(to_include).filter(|_| !into.is_included());
    into.helper_on = into.helper_on.or(from.helper_on.take());
    into.plan_on = into.plan_on.or(from.plan_on.take());
    into.exempt_until = into.exempt_until.or(from.exempt_until.take());
    into.told_gone = into.told_gone.take().or(from.told_gone.take());
    into.rechecks.append(&mut from.rechecks);
    for (measure, on) in std::mem::take(&mut from.measures) {
        let known = into.measures.entry(measure).or_insert(on);
        *known = (*known).max(on);
    }
    for (code, need) in std::mem::take(&mut from.needs) {
        // The one that was told of last stands.
        if into.needs.get(&code).is_none_or(|known| known.pushed < need.pushed) {
            into.needs.insert(code, need);
        }
    }
    (from.state, from.closed, from.joined) = (CaseState::Closed, Some(month), Some(into.number.clone()));
}
