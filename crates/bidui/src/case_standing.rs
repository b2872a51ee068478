//! The arithmetic of the loop: what stood before a month, and what it and the answers to its lists opened and closed; what was issued, answered and is
//! open. Two ways: counted of the cases here, and by the relations as they lie on the disk in `balance.rs`.

use std::collections::{BTreeMap, BTreeSet};

use bidui_ledger::{Answer, Case, Deed, History, What};
use bidui_model::Month;
use polars::prelude::*;

use crate::case_tables::{CaseInputs, MONTHS_SHOWN, answered_by};
use crate::relation_rows::{Rows, columns_of};

/// The lists that `answered` and `results` are about.
const VERIFICATION: &str = "verification";

/// A month of a town.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) before: i64,
    pub(crate) opened: i64,
    pub(crate) closed: i64,
    pub(crate) standing: i64,
    pub(crate) issued: i64,
    pub(crate) answered: i64,
    pub(crate) open: i64,
    pub(crate) overdue: i64,
    pub(crate) included: i64,
    pub(crate) eliminated: i64,
    pub(crate) rerouted: i64,
    pub(crate) results: i64,
    pub(crate) results_unlisted: i64,
    pub(crate) results_open: i64,
    pub(crate) answered_otherwise: i64,
}

impl Sums {
    fn add(&mut self, of_case: &Self) {
        let pairs = [
            (&mut self.before, of_case.before),
            (&mut self.opened, of_case.opened),
            (&mut self.closed, of_case.closed),
            (&mut self.standing, of_case.standing),
            (&mut self.issued, of_case.issued),
            (&mut self.answered, of_case.answered),
            (&mut self.open, of_case.open),
            (&mut self.overdue, of_case.overdue),
            (&mut self.included, of_case.included),
            (&mut self.eliminated, of_case.eliminated),
            (&mut self.rerouted, of_case.rerouted),
            (&mut self.results, of_case.results),
            (&mut self.results_unlisted, of_case.results_unlisted),
            (&mut self.results_open, of_case.results_open),
            (&mut self.answered_otherwise, of_case.answered_otherwise),
        ];
        for (sum, part) in pairs {
            *sum += part;
        }
    }
}

/// By month and town, the latest months up to the run's; the town without a code is the county. A case counts for the town that has it now, and on a
/// list for the town whose list it was.
pub(crate) fn sums(inputs: &CaseInputs<'_>) -> BTreeMap<(Month, String), Sums> {
    let cases: Vec<(&Case, String, BTreeMap<Month, String>)> = {
        let all = inputs.histories.values().flat_map(|history| history.cases.iter().map(move |case| (history, case)));
        all.map(|(history, case)| (case, inputs.town_of(case).0, results(inputs, history, case))).collect()
    };
    let listed = cases.iter().flat_map(|(case, ..)| case.listings.values()).map(|listing| listing.town.as_str());
    let first = cases.iter().map(|(case, ..)| case.opened).min().unwrap_or(inputs.month);
    let first = first.max(inputs.month.plus(1 - MONTHS_SHOWN)).min(inputs.month);
    let towns: BTreeSet<&str> = inputs
        .config
        .gazetteer
        .towns()
        .iter()
        .map(|town| town.code.0.as_str())
        .chain(cases.iter().map(|(_, town, _)| town.as_str()))
        .chain(listed)
        .collect();
    let mut sums = BTreeMap::new();
    for month in first.through(inputs.month) {
        let mut all = Sums::default();
        for town in &towns {
            sums.insert((month, (*town).to_owned()), Sums::default());
        }
        for (case, town, results) in &cases {
            let mut add = |town: &String, part: &Sums| {
                all.add(part);
                if !town.is_empty() {
                    sums.entry((month, town.clone())).or_insert_with(Sums::default).add(part);
                }
            };
            add(town, &of_case(case, month));
            if let Some(listing) = case.listings.get(&month) {
                let open = i64::from(!listing.is_answered);
                let overdue = if inputs.overdue(case) > 0 { open } else { 0 };
                let rerouted = passed_on(inputs, case, month);
                let part = Sums { issued: 1, answered: 1 - open, open, overdue, rerouted, ..Sums::default() };
                add(&listing.town, &part);
            }
            if let Some((town, part)) = of_results(case, month, results.get(&month)) {
                add(town, &part);
            }
        }
        sums.insert((month, String::new()), all);
    }
    sums
}

fn of_case(case: &Case, month: Month) -> Sums {
    let closed_by = |month: Month| case.closed.is_some_and(|closed| closed <= month);
    let is_in = |day: Option<i32>| i64::from(day.is_some_and(|day| Month::of_day(day) == month));
    Sums {
        before: i64::from(case.opened < month && !closed_by(month.plus(-1))),
        opened: i64::from(case.opened == month),
        closed: i64::from(case.closed == Some(month)),
        standing: i64::from(case.opened <= month && !closed_by(month)),
        included: is_in(case.included.as_ref().and_then(|included| included.on)),
        eliminated: is_in(case.eliminated_on),
        ..Sums::default()
    }
}

/// The months to whose lists of verification an answer to the case stands that says something, and the town that gave it.
fn results(inputs: &CaseInputs<'_>, history: &History, case: &Case) -> BTreeMap<Month, String> {
    let mut standing: BTreeMap<Month, &Answer> = BTreeMap::new();
    for (number, month, list, answer) in history.answers() {
        if *number == case.number && list == VERIFICATION {
            standing.insert(month, answer);
        }
    }
    let town = |month: Month| {
        let asked = answered_by(history, &case.number, month, VERIFICATION);
        asked.map_or_else(|| inputs.town_of(case).0, str::to_owned)
    };
    standing.into_iter().filter(|(_, answer)| answer.says_something()).map(|(month, _)| (month, town(month))).collect()
}

/// How what was answered of a list and the results that came back of it go together. What was issued before and stands on the list again is no issue
/// of the month; what was warned of anew since its answer is open again; what an older list's answer or another case answered has no result here.
fn of_results<'t>(case: &'t Case, month: Month, result: Option<&'t String>) -> Option<(&'t String, Sums)> {
    let sums = Sums::default();
    match (case.listings.get(&month), result) {
        (Some(listing), Some(_)) => {
            Some((&listing.town, Sums { results: 1, results_open: i64::from(!listing.is_answered), ..sums }))
        }
        (Some(listing), None) => {
            Some((&listing.town, Sums { answered_otherwise: i64::from(listing.is_answered), ..sums }))
        }
        (None, Some(town)) => Some((town, Sums { results: 1, results_unlisted: 1, ..sums })),
        (None, None) => None,
    }
}

/// Whether the town whose list of the month it was passed the case on.
fn passed_on(inputs: &CaseInputs<'_>, case: &Case, month: Month) -> i64 {
    let mut happenings = inputs.histories[&case.household].happened_in(month);
    i64::from(happenings.any(|happening| {
        happening.number == case.number && matches!(happening.what, What::Did { deed: Deed::Rerouted, .. })
    }))
}

pub(crate) fn standing(inputs: &CaseInputs<'_>) -> PolarsResult<DataFrame> {
    let mut rows = Rows::new(&columns_of("standing"));
    for ((month, code), sums) in sums(inputs) {
        let town = inputs.config.gazetteer.town(&code).map_or("", |town| town.name.as_str());
        rows.text("month", month.to_string()).text("town_code", code).text("town", town);
        rows.integer("before", Some(sums.before)).integer("opened", Some(sums.opened));
        rows.integer("closed", Some(sums.closed)).integer("standing", Some(sums.standing));
        rows.integer("issued", Some(sums.issued)).integer("answered", Some(sums.answered));
        rows.integer("open", Some(sums.open)).integer("overdue", Some(sums.overdue));
        rows.integer("included", Some(sums.included)).integer("eliminated", Some(sums.eliminated));
        rows.integer("rerouted", Some(sums.rerouted));
        rows.integer("results", Some(sums.results)).integer("results_unlisted", Some(sums.results_unlisted));
        rows.integer("results_open", Some(sums.results_open));
        rows.integer("answered_otherwise", Some(sums.answered_otherwise));
        rows.end();
    }
    rows.frame("standing")
}
