//! The rows that signals rest on: after the rules have fired, the store is read once more for the households concerned.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{LinkClass, Month};

use crate::error::MatchError;
use crate::evaluate::Signal;
use crate::fact::Per;
use crate::facts::{FactInputs, Hit, rows_behind};
use crate::registry::NOBODY;

/// A row that a signal rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// Place among the signals.
    pub signal: usize,
    /// Place among the facts.
    pub fact: usize,
    /// Place among the contracts.
    pub feed: usize,
    pub month: Month,
    pub source: u32,
    pub row: u32,
    /// The registry's row, or `u32::MAX` for a row about a place.
    pub person: u32,
    pub class: LinkClass,
}

/// Finds the rows behind every signal. Sets each signal's link class to the weakest among them, and, where the rule was about the
/// household, its persons to those whose rows they are.
pub fn gather_evidence(inputs: &FactInputs<'_>, signals: &mut [Signal]) -> Result<Vec<Evidence>, MatchError> {
    let mut wanted: BTreeMap<usize, BTreeMap<u32, Vec<usize>>> = BTreeMap::new();
    for (at, signal) in signals.iter().enumerate() {
        for fact in &signal.facts {
            for entity in entities(inputs, signal, inputs.facts[*fact].per) {
                wanted.entry(*fact).or_default().entry(entity).or_default().push(at);
            }
        }
    }
    let facts: Vec<usize> = wanted.keys().copied().collect();
    let is_wanted = |fact: usize, entity: u32| wanted.get(&fact).is_some_and(|entities| entities.contains_key(&entity));
    let hits = rows_behind(inputs, &facts, &is_wanted)?;
    let mut evidence: BTreeSet<Evidence> = BTreeSet::new();
    for hit in &hits {
        for signal in wanted.get(&hit.fact).and_then(|entities| entities.get(&hit.entity)).into_iter().flatten() {
            evidence.insert(of_hit(inputs, *signal, hit));
        }
    }
    let mut members: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
    for row in &evidence {
        signals[row.signal].class = signals[row.signal].class.max(row.class);
        // Rows about a village or hamlet may be its other households'.
        let household = inputs.registry.household_of(row.person);
        if household == Some(signals[row.signal].household) {
            members.entry(row.signal).or_default().insert(row.person);
        }
    }
    // A rule about the household names nobody; whose rows it rests on, the town will ask.
    for (signal, persons) in members {
        if signals[signal].persons.is_empty() {
            signals[signal].persons = persons.into_iter().collect();
        }
    }
    Ok(evidence.into_iter().collect())
}

fn of_hit(inputs: &FactInputs<'_>, signal: usize, hit: &Hit) -> Evidence {
    let feed = inputs.facts[hit.fact].feed;
    Evidence {
        signal,
        fact: hit.fact,
        feed,
        month: hit.month,
        source: hit.source,
        row: hit.row,
        person: hit.person,
        class: hit.class,
    }
}

fn entities(inputs: &FactInputs<'_>, signal: &Signal, per: Per) -> Vec<u32> {
    let place = |of_household: &[u32]| {
        Some(of_household[signal.household as usize]).filter(|place| *place != NOBODY).into_iter().collect()
    };
    match per {
        Per::Person => signal.persons.clone(),
        Per::Household => vec![signal.household],
        Per::Village => place(&inputs.registry.villages.of_household),
        Per::Hamlet => place(&inputs.registry.hamlets.of_household),
    }
}
