//! Computes facts: one pass over each feed's sealed months, and for each fact a column as long as the registry.

use std::sync::Arc;

use bidui_model::{DataContract, FeedKind, LinkBy, Month};
use polars::prelude::*;
use rayon::prelude::*;

use crate::accumulate::Accumulator;
use crate::error::MatchError;
use crate::fact::{Compare, Fact, Per};
use crate::fact_scan::{FactScan, Planned};
use crate::fact_values::FactValues;
use crate::history::{FeedHistory, plan};
use crate::link::RowLink;
use crate::links::Links;
use crate::registry::{NOBODY, Registry};
use crate::spool::Place;

/// All that facts are computed from.
pub struct FactInputs<'a> {
    pub contracts: &'a [DataContract],
    pub facts: &'a [Fact],
    pub registry: &'a Registry,
    /// Parallel to `contracts`.
    pub history: &'a [FeedHistory],
    /// Of every month that `history` calls good and a fact can reach.
    pub links: &'a Links,
    pub month: Month,
    /// Whether rows that are linked without a good ID number of their own are left out.
    pub strong_only: bool,
}

/// A fact's answer for the month.
#[derive(Clone, Debug)]
pub struct FactColumn {
    /// One value an entity; `None` when the fact is unknown.
    pub values: Option<Arc<FactValues>>,
    /// First and last month of the rows it rests on.
    pub window: Option<(Month, Month)>,
    /// Why it is unknown, or what its reader must know.
    pub note: String,
    /// Which rows it counted.
    pub(crate) counted: Vec<CountedMonth>,
}

/// Which rows of a month a fact counted: where, for each batch, a bit for each of its rows lies.
#[derive(Clone, Debug)]
pub(crate) struct CountedMonth {
    pub(crate) month: Month,
    pub(crate) batches: Vec<Place>,
}

impl FactInputs<'_> {
    pub(crate) fn entities(&self, per: Per) -> usize {
        match per {
            Per::Person => self.registry.persons(),
            Per::Household => self.registry.households(),
            Per::Village => self.registry.villages.names.len(),
            Per::Hamlet => self.registry.hamlets.names.len(),
        }
    }

    /// Whom a row counts for; `NOBODY` where there is none.
    pub(crate) fn entity(&self, link: RowLink, per: Per) -> u32 {
        let household = |person: u32| self.registry.household_of[person as usize];
        match (per, link.person()) {
            (Per::Person, person) => person,
            (Per::Household, NOBODY) => NOBODY,
            (Per::Household, person) => household(person),
            (Per::Village, NOBODY) => link.village(),
            (Per::Village, person) => self.registry.villages.of_household[household(person) as usize],
            (Per::Hamlet, NOBODY) => link.hamlet(),
            (Per::Hamlet, person) => self.registry.hamlets.of_household[household(person) as usize],
        }
    }

    /// Rows of the months that a feed has in the store, to put the longest work first.
    fn weight(&self, feed: usize) -> usize {
        let months = self.history[feed].good.keys();
        months.filter_map(|month| self.links.store(feed, *month)).map(|store| store.rows()).sum()
    }
}

/// Every fact, in the order of `inputs.facts`. Feeds go side by side, the longest first; the rows of one feed go in their order.
pub fn compute_facts(inputs: &FactInputs<'_>) -> Result<Vec<FactColumn>, MatchError> {
    let mut feeds: Vec<usize> = (0..inputs.contracts.len()).collect();
    feeds.sort_by_key(|feed| std::cmp::Reverse(inputs.weight(*feed)));
    let answered: Result<Vec<Vec<(usize, FactColumn)>>, MatchError> =
        feeds.into_par_iter().with_max_len(1).map(|feed| feed_facts(inputs, feed)).collect();
    let mut columns: Vec<Option<FactColumn>> = vec![None; inputs.facts.len()];
    for (at, column) in answered?.into_iter().flatten() {
        columns[at] = Some(column);
    }
    let missing = || unknown("没有对应的数据".to_owned());
    Ok(columns.into_iter().map(|column| column.unwrap_or_else(missing)).collect())
}

fn unknown(note: String) -> FactColumn {
    FactColumn { values: None, window: None, note, counted: Vec::new() }
}

/// A fact being added up.
struct Running<'a> {
    planned: Planned<'a>,
    sum: Accumulator,
    counted: Vec<CountedMonth>,
}

fn feed_facts(inputs: &FactInputs<'_>, feed: usize) -> Result<Vec<(usize, FactColumn)>, MatchError> {
    let mut answers = Vec::new();
    let mut running = Vec::new();
    for (at, fact) in inputs.facts.iter().enumerate().filter(|(_, fact)| fact.feed == feed) {
        match plan(fact, inputs.contracts[feed].kind, &inputs.history[feed], inputs.month) {
            Ok(plan) => running.push((at, fact, plan)),
            Err(note) => answers.push((at, unknown(note))),
        }
    }
    if running.is_empty() {
        return Ok(answers);
    }
    let mut running: Vec<Running<'_>> = running
        .iter()
        .map(|(at, fact, plan)| Running {
            planned: Planned { at: *at, fact, plan },
            sum: Accumulator::new(fact, inputs.entities(fact.per), inputs.registry.persons()),
            counted: Vec::new(),
        })
        .collect();
    count_rows(inputs, feed, &mut running)?;
    for Running { planned: Planned { at, fact, plan }, sum, counted } in running {
        let mut values = sum.finish(fact)?;
        if fact.per == Per::Person && inputs.contracts[feed].kind != FeedKind::Registry {
            // Of a person whose own number is lost in the registry no extract can say that he is not in it.
            values = values.known_of(&inputs.registry.can_be_found);
        }
        let window = plan.months.first().copied().zip(plan.months.last().copied());
        answers.push((at, FactColumn { values: Some(Arc::new(values)), window, note: plan.note.clone(), counted }));
    }
    Ok(answers)
}

/// Adds every row of the feed to the facts that count it, month by month, and notes which rows those were.
fn count_rows(inputs: &FactInputs<'_>, feed: usize, running: &mut [Running<'_>]) -> Result<(), MatchError> {
    let planned: Vec<Planned<'_>> = running.iter().map(|fact| fact.planned).collect();
    // What the registry says of a person needs no evidence.
    let is_noted = inputs.contracts[feed].kind != FeedKind::Registry;
    let scan = FactScan::prepare(inputs, feed, &planned)?;
    for month in scan.months() {
        let of_month: Vec<Planned<'_>> =
            planned.iter().copied().filter(|planned| planned.plan.months.contains(&month)).collect();
        for fact in running.iter_mut().filter(|fact| is_noted && fact.planned.plan.months.contains(&month)) {
            fact.counted.push(CountedMonth { month, batches: Vec::new() });
        }
        for batch in 0..scan.batches(month)? {
            scan.visit(month, batch, &of_month, &mut |planned, counted| {
                let Some(fact) = running.iter_mut().find(|fact| fact.planned.at == planned.at) else {
                    return Ok(());
                };
                fact.sum
                    .add(counted.values, counted.rows)
                    .map_err(|source| compute_error(&inputs.contracts[feed], source))?;
                if let Some(month) = fact.counted.last_mut().filter(|_| is_noted) {
                    month.batches.push(inputs.links.spool.append(&counted.bits().to_bytes())?);
                }
                Ok(())
            })?;
        }
    }
    Ok(())
}

pub(crate) fn compute_error(contract: &DataContract, source: PolarsError) -> MatchError {
    MatchError::Compute { what: contract.name.clone(), source }
}

/// Whether a feed is about persons at all.
pub(crate) fn is_about_persons(contract: &DataContract) -> bool {
    matches!(contract.link, LinkBy::Person { .. })
}

/// What the comparison is called on lists.
pub(crate) fn compare_title(compare: Compare) -> &'static str {
    match compare {
        Compare::NewSincePrevious => "较上期新增",
        Compare::NewSinceYearStart => "较上年末新增",
        Compare::GoneSincePrevious => "较上期减少",
    }
}
