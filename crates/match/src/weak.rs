//! Facts that rest on weak links: what each would be over the rows that are linked by their own ID number alone.
//!
//! Rules are asked over both ([`crate::weigh_doubt`]). What is kept of it is small, for weak rows are few: an answer for each entity that has one. So a
//! rule that is tried on a published month is weighed as the month's own were.

use std::collections::BTreeMap;

use bidui_model::LinkClass;
use polars::prelude::*;
use rayon::prelude::*;

use crate::bits::Bits;
use crate::error::MatchError;
use crate::fact::Fact;
use crate::fact_values::FactValues;
use crate::facts::{FactColumn, FactInputs, compute_error, compute_facts};
use crate::frames::Rows;
use crate::registry::NOBODY;

/// The answer of a fact for somebody of whom a weakly linked row was counted.
#[derive(Clone, Debug, PartialEq)]
pub struct WeakFact {
    /// Place among the facts.
    pub fact: usize,
    /// A person, a household, a village or a hamlet of the registry, by what the fact is per.
    pub entity: u32,
    /// The weakest link among the rows.
    pub class: LinkClass,
    /// What the answer is without the weak rows; both `None` where it is then unknown. A flag is 1 or 0, a day its number since 1970-01-01.
    pub number: Option<f64>,
    pub word: Option<String>,
}

/// The facts over strongly linked rows, beside those over all.
pub struct StrongFacts {
    /// Parallel to the facts.
    pub(crate) columns: Vec<FactColumn>,
    /// By fact and entity.
    pub weak: Vec<WeakFact>,
}

/// The facts without the weak rows; `None` if no fact has any. `columns` are the answers over all rows.
pub fn strong_facts(inputs: &FactInputs<'_>, columns: &[FactColumn]) -> Result<Option<StrongFacts>, MatchError> {
    let facts = || inputs.facts.iter().zip(columns).enumerate();
    let counted = facts().filter(|(_, (fact, column))| has_weak_rows(inputs, fact, column)).map(|(at, _)| at);
    let concerned: Vec<usize> = counted.collect();
    if concerned.is_empty() {
        return Ok(None);
    }
    let own: Vec<Fact> = concerned.iter().map(|at| inputs.facts[*at].clone()).collect();
    let strict = compute_facts(&FactInputs { facts: &own, strong_only: true, ..*inputs })?;
    let mut strong = columns.to_vec();
    for (at, column) in concerned.iter().zip(strict) {
        strong[*at] = column;
    }
    let weak: Result<Vec<Vec<WeakFact>>, MatchError> =
        concerned.into_par_iter().map(|at| of_fact(inputs, at, &columns[at], &strong[at])).collect();
    Ok(Some(StrongFacts { columns: strong, weak: weak?.concat() }))
}

fn has_weak_rows(inputs: &FactInputs<'_>, fact: &Fact, column: &FactColumn) -> bool {
    let is_weak = |class: &LinkClass| class.is_weak();
    let rows = |month| {
        let counts = inputs.links.counts(fact.feed, month);
        counts.map_or(0, |counts| {
            LinkClass::ALL.iter().filter(|class| is_weak(class)).map(|class| counts.of_class(*class)).sum()
        })
    };
    // What a snapshot is compared with may have weak rows where it has none itself.
    let months = inputs.history[fact.feed].good.keys();
    column.values.is_some() && months.map(|month| rows(*month)).sum::<u64>() > 0
}

/// The entities of whom the fact counted a weak row: a signal about nobody else is weighed.
fn of_fact(
    inputs: &FactInputs<'_>,
    at: usize,
    all: &FactColumn,
    strong: &FactColumn,
) -> Result<Vec<WeakFact>, MatchError> {
    let fact = &inputs.facts[at];
    let mut classes: BTreeMap<u32, LinkClass> = BTreeMap::new();
    for month in &all.counted {
        for (batch, place) in month.batches.iter().enumerate() {
            let links = inputs.links.batch(fact.feed, month.month, batch)?;
            if links.iter().all(|link| !link.class().is_weak()) {
                continue;
            }
            let bits = Bits::from_bytes(&inputs.links.spool.read(*place, Bits::bytes_of(links.len()))?, links.len());
            for row in bits.ones().filter(|row| links[*row].class().is_weak()) {
                let entity = inputs.entity(links[row], fact.per);
                if entity != NOBODY {
                    let class = classes.entry(entity).or_insert(links[row].class());
                    *class = (*class).max(links[row].class());
                }
            }
        }
    }
    let entities: Vec<u32> = classes.keys().copied().collect();
    let answers = plain(fact, strong.values.as_deref(), &entities);
    let answers = answers.map_err(|source| compute_error(&inputs.contracts[fact.feed], source))?;
    let made = classes.into_iter().zip(answers);
    Ok(made.map(|((entity, class), (number, word))| WeakFact { fact: at, entity, class, number, word }).collect())
}

/// The answers of some entities, as numbers or words.
fn plain(
    fact: &Fact,
    values: Option<&FactValues>,
    entities: &[u32],
) -> PolarsResult<Vec<(Option<f64>, Option<String>)>> {
    let Some(values) = values else { return Ok(vec![(None, None); entities.len()]) };
    let column = values.column(&fact.name, Rows::Some(entities));
    if let Ok(words) = column.str() {
        return Ok(words.iter().map(|word| (None, word.map(str::to_owned))).collect());
    }
    let whole = if column.dtype() == &DataType::Date { column.cast(&DataType::Int32)? } else { column };
    let numbers = whole.cast(&DataType::Float64)?;
    Ok(numbers.f64()?.iter().map(|number| (number, None)).collect())
}
