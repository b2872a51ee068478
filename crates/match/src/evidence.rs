//! The rows that signals rest on: after the rules have fired, what the facts noted of their rows is gone over for the households
//! concerned. No row is judged again.

use std::collections::BTreeMap;

use bidui_model::{LinkClass, Month};
use rayon::prelude::*;

use crate::bits::Bits;
use crate::error::MatchError;
use crate::evaluate::Signal;
use crate::fact::Per;
use crate::facts::{CountedMonth, FactColumn, FactInputs};
use crate::links::origins;
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

/// Whose rows of a fact are asked for.
struct Wanted<'a> {
    /// Place among the facts.
    fact: usize,
    entities: Bits,
    /// Entities with the signals that ask for them, sorted.
    signals: Vec<(u32, usize)>,
    counted: &'a [CountedMonth],
}

/// Finds the rows behind every signal. Sets each signal's link class to the weakest among them, and, where the rule was about the
/// household, its persons to those whose rows they are.
pub fn gather_evidence(
    inputs: &FactInputs<'_>,
    columns: &[FactColumn],
    signals: &mut [Signal],
) -> Result<Vec<Evidence>, MatchError> {
    let wanted = wanted(inputs, columns, signals);
    // A feed's month at a time, and of it a batch at a time: the facts of a feed share its links and its rows' origins.
    let mut places: Vec<(usize, Month)> = wanted
        .iter()
        .flat_map(|wanted| wanted.counted.iter().map(|month| (inputs.facts[wanted.fact].feed, month.month)))
        .collect();
    places.sort_unstable();
    places.dedup();
    let batches: Vec<(usize, Month, usize)> = places
        .into_iter()
        .flat_map(|(feed, month)| {
            let batches = inputs.links.store(feed, month).map_or(0, |store| store.batches().len());
            (0..batches).map(move |batch| (feed, month, batch))
        })
        .collect();
    let found: Result<Vec<Vec<Evidence>>, MatchError> = batches
        .into_par_iter()
        .with_max_len(1)
        .map(|(feed, month, batch)| rows_of_batch(inputs, &wanted, feed, month, batch))
        .collect();
    let mut evidence = found?.concat();
    evidence.par_sort_unstable();
    evidence.dedup();
    weigh(inputs, &evidence, signals);
    Ok(evidence)
}

fn wanted<'a>(inputs: &FactInputs<'_>, columns: &'a [FactColumn], signals: &[Signal]) -> Vec<Wanted<'a>> {
    let mut by_fact: BTreeMap<usize, Vec<(u32, usize)>> = BTreeMap::new();
    for (at, signal) in signals.iter().enumerate() {
        for fact in &signal.facts {
            let of_fact = by_fact.entry(*fact).or_default();
            of_fact.extend(entities(inputs, signal, inputs.facts[*fact].per).map(|entity| (entity, at)));
        }
    }
    let wanted = |(fact, mut signals): (usize, Vec<(u32, usize)>)| {
        signals.sort_unstable();
        let mut entities = Bits::none(inputs.entities(inputs.facts[fact].per));
        signals.iter().for_each(|(entity, _)| entities.set(*entity as usize));
        Wanted { fact, entities, signals, counted: &columns[fact].counted }
    };
    by_fact.into_iter().map(wanted).collect()
}

/// The rows of one batch that some signal rests on.
fn rows_of_batch(
    inputs: &FactInputs<'_>,
    wanted: &[Wanted<'_>],
    feed: usize,
    month: Month,
    batch: usize,
) -> Result<Vec<Evidence>, MatchError> {
    let mut found = Vec::new();
    let Some(store) = inputs.links.store(feed, month).filter(|store| batch < store.batches().len()) else {
        return Ok(found);
    };
    let rows = store.batches()[batch].1;
    let links = inputs.links.batch(feed, month, batch)?;
    for wanted in wanted.iter().filter(|wanted| inputs.facts[wanted.fact].feed == feed) {
        let counted = wanted.counted.iter().find(|counted| counted.month == month);
        let Some(place) = counted.and_then(|counted| counted.batches.get(batch)) else { continue };
        let counted = Bits::from_bytes(&inputs.links.spool.read(*place, Bits::bytes_of(rows))?, rows);
        for row in counted.ones() {
            let entity = inputs.entity(links[row], inputs.facts[wanted.fact].per);
            if entity == NOBODY || !wanted.entities.get(entity as usize) {
                continue;
            }
            let first = wanted.signals.partition_point(|(other, _)| *other < entity);
            let signals = wanted.signals[first..].iter().take_while(|(other, _)| *other == entity);
            found.extend(signals.map(|(_, signal)| Evidence {
                signal: *signal,
                fact: wanted.fact,
                feed,
                month,
                source: 0,
                row: row as u32,
                person: links[row].person(),
                class: links[row].class(),
            }));
        }
    }
    if !found.is_empty() {
        let (source, row) = origins(store, batch)?;
        for evidence in &mut found {
            let place = evidence.row as usize;
            (evidence.source, evidence.row) = (source[place], row[place]);
        }
    }
    Ok(found)
}

/// What the rows say of their signals. `evidence` is sorted.
fn weigh(inputs: &FactInputs<'_>, evidence: &[Evidence], signals: &mut [Signal]) {
    for rows in evidence.chunk_by(|one, other| one.signal == other.signal) {
        let signal = &mut signals[rows[0].signal];
        let weakest = rows.iter().map(|row| row.class).max().unwrap_or(LinkClass::Certain);
        signal.class = signal.class.max(weakest);
        // A rule about the household names nobody; whose rows it rests on, the town will ask. Rows about a village or hamlet may be
        // its other households'.
        let is_member = |person: &u32| inputs.registry.household_of(*person) == Some(signal.household);
        if signal.persons.is_empty() {
            let mut persons: Vec<u32> = rows.iter().map(|row| row.person).filter(is_member).collect();
            persons.sort_unstable();
            persons.dedup();
            signal.persons = persons;
        }
    }
}

fn entities<'a>(inputs: &FactInputs<'_>, signal: &'a Signal, per: Per) -> impl Iterator<Item = u32> + 'a {
    let place = |of_household: &[u32]| {
        let place = of_household[signal.household as usize];
        (place != NOBODY).then_some(place)
    };
    let (persons, other): (&[u32], Option<u32>) = match per {
        Per::Person => (&signal.persons, None),
        Per::Household => (&[], Some(signal.household)),
        Per::Village => (&[], place(&inputs.registry.villages.of_household)),
        Per::Hamlet => (&[], place(&inputs.registry.hamlets.of_household)),
    };
    persons.iter().copied().chain(other)
}
