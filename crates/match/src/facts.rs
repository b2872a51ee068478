//! Computes facts in one pass over each feed's sealed months, and goes over them again to say which rows a signal rests on.

use std::collections::BTreeMap;

use bidui_model::{DataContract, FeedKind, LinkBy, LinkClass, Month};
use polars::prelude::*;
use rayon::prelude::*;

use crate::accumulate::{Accumulator, Value};
use crate::error::MatchError;
use crate::expression::evaluate;
use crate::fact::{Compare, Fact, Per};
use crate::frames::registry_frame;
use crate::history::{FeedHistory, Plan, plan};
use crate::link::{LinkBatch, link_batch, link_columns};
use crate::registry::{NOBODY, Registry};

/// All that facts are computed from.
pub struct FactInputs<'a> {
    pub contracts: &'a [DataContract],
    pub facts: &'a [Fact],
    pub registry: &'a Registry,
    /// Parallel to `contracts`.
    pub history: &'a [FeedHistory],
    pub month: Month,
}

/// A fact's answer for the month.
#[derive(Clone, Debug)]
pub struct FactColumn {
    /// One value an entity; `None` when the fact is unknown.
    pub column: Option<Column>,
    /// First and last month of the rows it rests on.
    pub window: Option<(Month, Month)>,
    /// Why it is unknown, or what its reader must know.
    pub note: String,
}

/// A row that a fact counts.
pub(crate) struct Hit {
    pub(crate) fact: usize,
    pub(crate) entity: u32,
    pub(crate) person: u32,
    pub(crate) month: Month,
    pub(crate) source: u32,
    pub(crate) row: u32,
    pub(crate) class: LinkClass,
}

impl FactInputs<'_> {
    fn entities(&self, per: Per) -> usize {
        match per {
            Per::Person => self.registry.persons(),
            Per::Household => self.registry.households(),
            Per::Village => self.registry.villages.names.len(),
            Per::Hamlet => self.registry.hamlets.names.len(),
        }
    }
    fn plans_of(&self, feed: usize) -> Vec<(usize, Result<Plan, String>)> {
        let of_feed = self.facts.iter().enumerate().filter(|(_, fact)| fact.feed == feed);
        of_feed.map(|(at, fact)| (at, plan(fact, self.contracts[feed].kind, &self.history[feed], self.month))).collect()
    }
}

/// Every fact, in the order of `inputs.facts`.
pub fn compute_facts(inputs: &FactInputs<'_>) -> Result<Vec<FactColumn>, MatchError> {
    let feeds: Result<Vec<Vec<(usize, FactColumn)>>, MatchError> =
        (0..inputs.contracts.len()).into_par_iter().map(|feed| feed_facts(inputs, feed)).collect();
    let mut columns: BTreeMap<usize, FactColumn> = feeds?.into_iter().flatten().collect();
    Ok((0..inputs.facts.len())
        .map(|at| {
            columns
                .remove(&at)
                .unwrap_or(FactColumn { column: None, window: None, note: "没有对应的数据".to_owned() })
        })
        .collect())
}

fn feed_facts(inputs: &FactInputs<'_>, feed: usize) -> Result<Vec<(usize, FactColumn)>, MatchError> {
    let mut answers = Vec::new();
    let mut plans = Vec::new();
    let mut accumulators = BTreeMap::new();
    for (at, found) in inputs.plans_of(feed) {
        match found {
            Ok(plan) => {
                accumulators.insert(at, Accumulator::new(&inputs.facts[at], inputs.entities(inputs.facts[at].per)));
                plans.push((at, plan));
            }
            Err(note) => answers.push((at, FactColumn { column: None, window: None, note })),
        }
    }
    scan_feed(inputs, feed, &plans, &mut |batch| {
        let Some(accumulator) = accumulators.get_mut(&batch.fact) else {
            return Ok(());
        };
        let values = match batch.values {
            Some(column) => {
                accumulator.values(column).map_err(|source| compute_error(&inputs.contracts[feed], source))?
            }
            None => Vec::new(),
        };
        for (at, entity) in batch.counted() {
            let value = values.get(at).copied().unwrap_or(Value::Whole(1));
            accumulator.add(entity, batch.links.person[at], value, batch.days[at]);
        }
        Ok(())
    })?;
    for (at, plan) in plans {
        let Some(accumulator) = accumulators.remove(&at) else {
            continue;
        };
        let fact = &inputs.facts[at];
        let mut column = accumulator.finish(fact, inputs.entities(fact.per))?;
        if fact.per == Per::Person && inputs.contracts[feed].kind != FeedKind::Registry {
            column = unknown_where_nobody_can_be_found(inputs.registry, &column)
                .map_err(|source| compute_error(&inputs.contracts[feed], source))?;
        }
        let window = plan.months.first().copied().zip(plan.months.last().copied());
        answers.push((at, FactColumn { column: Some(column), window, note: plan.note }));
    }
    Ok(answers)
}

/// Of a person whose own number is lost in the registry no extract can say that he is not in it.
fn unknown_where_nobody_can_be_found(registry: &Registry, column: &Column) -> PolarsResult<Column> {
    let nothing = Column::full_null(column.name().clone(), column.len(), column.dtype());
    column.zip_with(&registry.can_be_found, &nothing)
}

/// The rows behind some facts: those whose entity `wanted(fact, entity)` asks for. In the order of feed, month and file.
pub(crate) fn rows_behind(
    inputs: &FactInputs<'_>,
    facts: &[usize],
    wanted: &(dyn Fn(usize, u32) -> bool + Sync),
) -> Result<Vec<Hit>, MatchError> {
    let feeds: Result<Vec<Vec<Hit>>, MatchError> = (0..inputs.contracts.len())
        .into_par_iter()
        .map(|feed| {
            let mut hits = Vec::new();
            if inputs.contracts[feed].kind == FeedKind::Registry {
                return Ok(hits);
            }
            let plans: Vec<(usize, Plan)> = inputs
                .plans_of(feed)
                .into_iter()
                .filter(|(at, _)| facts.contains(at))
                .filter_map(|(at, plan)| Some((at, plan.ok()?)))
                .collect();
            scan_feed(inputs, feed, &plans, &mut |batch| {
                for (at, entity) in batch.counted().filter(|(_, entity)| wanted(batch.fact, *entity)) {
                    hits.push(Hit {
                        fact: batch.fact,
                        entity,
                        person: batch.links.person[at],
                        month: batch.month,
                        source: batch.links.source[at],
                        row: batch.links.row[at],
                        class: batch.links.class[at],
                    });
                }
                Ok(())
            })?;
            Ok(hits)
        })
        .collect();
    Ok(feeds?.into_iter().flatten().collect())
}

/// A batch of rows, seen by one fact.
struct FactBatch<'a> {
    fact: usize,
    month: Month,
    links: &'a LinkBatch,
    /// The entity of each row that counts, else `NOBODY`.
    entities: Vec<u32>,
    days: &'a [i32],
    values: Option<&'a Column>,
}

impl FactBatch<'_> {
    fn counted(&self) -> impl Iterator<Item = (usize, u32)> + '_ {
        self.entities.iter().copied().enumerate().filter(|(_, entity)| *entity != NOBODY)
    }
}

type Visit<'v> = dyn FnMut(FactBatch<'_>) -> Result<(), MatchError> + 'v;

fn scan_feed(
    inputs: &FactInputs<'_>,
    feed: usize,
    plans: &[(usize, Plan)],
    visit: &mut Visit<'_>,
) -> Result<(), MatchError> {
    if plans.is_empty() {
        return Ok(());
    }
    let mut marks: BTreeMap<usize, Vec<bool>> = BTreeMap::new();
    for (at, plan) in plans {
        if let Some((_, other)) = plan.compare {
            let mut mark = vec![false; inputs.registry.persons()];
            scan_month(inputs, feed, other, &[(*at, None)], &mut |batch| {
                for (row, _) in batch.counted() {
                    mark[batch.links.person[row] as usize] = true;
                }
                Ok(())
            })?;
            marks.insert(*at, mark);
        }
    }
    let mut months: Vec<Month> = plans.iter().flat_map(|(_, plan)| plan.months.iter().copied()).collect();
    months.sort_unstable();
    months.dedup();
    for month in months {
        let of_month: Vec<(usize, Option<&Plan>)> =
            plans.iter().filter(|(_, plan)| plan.months.contains(&month)).map(|(at, plan)| (*at, Some(plan))).collect();
        scan_month(inputs, feed, month, &of_month, &mut |mut batch| {
            if let Some(mark) = marks.get(&batch.fact) {
                let persons = &batch.links.person;
                for (entity, person) in batch.entities.iter_mut().zip(persons) {
                    if *entity != NOBODY && mark[*person as usize] {
                        *entity = NOBODY;
                    }
                }
            }
            visit(batch)
        })?;
    }
    Ok(())
}

/// One month's rows for some facts; without a plan, only the filter counts.
fn scan_month(
    inputs: &FactInputs<'_>,
    feed: usize,
    month: Month,
    facts: &[(usize, Option<&Plan>)],
    visit: &mut Visit<'_>,
) -> Result<(), MatchError> {
    let contract = &inputs.contracts[feed];
    let mut reads: Vec<String> = facts
        .iter()
        .flat_map(|(at, _)| inputs.facts[*at].reads.iter().chain(&inputs.facts[*at].date).cloned())
        .collect();
    reads.sort_unstable();
    reads.dedup();
    if contract.kind == FeedKind::Registry {
        let frame = registry_frame(inputs.registry, &reads).map_err(|source| compute_error(contract, source))?;
        let links = registry_links(inputs.registry);
        return visit_batch(inputs, &frame, &links, month, facts, visit);
    }
    let Some(file) = inputs.history[feed].good.get(&month) else {
        return Ok(());
    };
    let mut columns = link_columns(contract);
    columns.extend(reads.iter().filter(|read| !columns.contains(read)).cloned().collect::<Vec<_>>());
    file.scan(&columns, &mut |stored| {
        let links = link_batch(contract, inputs.registry, &stored).map_err(|source| compute_error(contract, source))?;
        let frame = readable(&stored, contract, &reads).map_err(|source| compute_error(contract, source))?;
        visit_batch(inputs, &frame, &links, month, facts, visit)
    })
}

fn visit_batch(
    inputs: &FactInputs<'_>,
    frame: &DataFrame,
    links: &LinkBatch,
    month: Month,
    facts: &[(usize, Option<&Plan>)],
    visit: &mut Visit<'_>,
) -> Result<(), MatchError> {
    let mut expressions = Vec::new();
    for (at, _) in facts {
        let fact = &inputs.facts[*at];
        expressions.extend(fact.filter.iter().map(|filter| (format!("_w{at}"), filter.clone())));
        expressions.extend(fact.argument.iter().map(|argument| (format!("_v{at}"), argument.clone())));
    }
    let answers = if expressions.is_empty() {
        DataFrame::empty_with_height(frame.height())
    } else {
        evaluate(frame, &expressions, "指标")?
    };
    for (at, plan) in facts {
        let fact = &inputs.facts[*at];
        let days = row_days(frame, fact, month);
        let mut entities = row_entities(inputs.registry, links, fact.per);
        if let Ok(filter) = answers.column(&format!("_w{at}")) {
            let filter = filter.bool().map_err(|source| MatchError::Compute { what: fact.name.clone(), source })?;
            for (entity, passes) in entities.iter_mut().zip(filter.iter()) {
                if passes != Some(true) {
                    *entity = NOBODY;
                }
            }
        }
        if let (Some(plan), Some(_)) = (plan, &fact.date) {
            for (entity, day) in entities.iter_mut().zip(&days) {
                if *day < plan.days.0 || *day > plan.days.1 {
                    *entity = NOBODY;
                }
            }
        }
        let values = answers.column(&format!("_v{at}")).ok();
        visit(FactBatch { fact: *at, month, links, entities, days: &days, values })?;
    }
    Ok(())
}

/// Each row's day: its own date, else the first of the month whose file it came in.
fn row_days(frame: &DataFrame, fact: &Fact, month: Month) -> Vec<i32> {
    let fallback = month.first_day();
    let dates = fact.date.as_ref().and_then(|date| frame.column(date).ok()).and_then(|column| column.date().ok());
    match dates {
        Some(dates) => dates.physical().iter().map(|day| day.unwrap_or(fallback)).collect(),
        None => vec![fallback; frame.height()],
    }
}

fn row_entities(registry: &Registry, links: &LinkBatch, per: Per) -> Vec<u32> {
    if !links.place.is_empty() {
        let wants_hamlet = per == Per::Hamlet;
        let usable = matches!(per, Per::Hamlet | Per::Village);
        return links
            .place
            .iter()
            .zip(&links.is_hamlet)
            .map(|(place, is_hamlet)| if usable && *is_hamlet == wants_hamlet { *place } else { NOBODY })
            .collect();
    }
    links
        .person
        .iter()
        .map(|person| {
            if *person == NOBODY {
                return NOBODY;
            }
            let household = registry.household_of[*person as usize];
            match per {
                Per::Person => *person,
                Per::Household => household,
                Per::Village => registry.villages.of_household[household as usize],
                Per::Hamlet => registry.hamlets.of_household[household as usize],
            }
        })
        .collect()
}

/// Every registered person is his own row, whether or not his ID number is good.
fn registry_links(registry: &Registry) -> LinkBatch {
    let persons = registry.persons() as u32;
    LinkBatch {
        source: registry.origins.iter().map(|(source, _)| *source).collect(),
        row: registry.origins.iter().map(|(_, row)| *row).collect(),
        class: vec![LinkClass::Certain; persons as usize],
        reason: vec![None; persons as usize],
        person: (0..persons).collect(),
        ..LinkBatch::default()
    }
}

/// The stored columns as expressions see them: money in yuan, missing words as ''.
fn readable(stored: &DataFrame, contract: &DataContract, reads: &[String]) -> PolarsResult<DataFrame> {
    use bidui_model::ColumnType::Money;
    let columns: PolarsResult<Vec<Column>> = reads
        .iter()
        .map(|name| {
            let column = stored.column(name)?;
            let is_money = contract.column(name).is_some_and(|(_, column)| column.kind == Money);
            if is_money {
                return Ok(column
                    .cast(&DataType::Float64)?
                    .f64()?
                    .apply_values(|fen| fen / 100.0)
                    .into_column()
                    .with_name(name.as_str().into()));
            }
            if column.dtype() == &DataType::String {
                let words: StringChunked = column.str()?.iter().map(|word| Some(word.unwrap_or(""))).collect();
                return Ok(words.with_name(name.as_str().into()).into_column());
            }
            Ok(column.clone())
        })
        .collect();
    DataFrame::new(stored.height(), columns?)
}

fn compute_error(contract: &DataContract, source: PolarsError) -> MatchError {
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
