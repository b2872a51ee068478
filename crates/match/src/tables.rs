//! Rules over a month that was published: the registry's columns and the facts as its relations `persons` and `households` have them. Nothing
//! is read of an extract, and no fact is computed.
//!
//! What comes out is what [`crate::evaluate_rules`] made of the month, for the same rules, but for two things that only an extract's rows
//! tell: the members of a signal about a household, and its link class where no row is weak.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{Ladder, LinkClass};
use polars::prelude::*;

use crate::doubt::{cap, is_weak, levels};
use crate::error::MatchError;
use crate::evaluate::{Asked, Part, Signal, columns_read};
use crate::fact::{Fact, Per};
use crate::frames::HOUSEHOLD_COLUMNS;
use crate::rule::Rule;
use crate::weak::WeakFact;

/// A month's rolls, as published: both in the order of the registry.
pub struct MonthTables<'a> {
    /// At least the columns that [`MonthTables::columns`] names.
    pub households: &'a DataFrame,
    pub persons: &'a DataFrame,
    /// The row in `households` of each person's.
    pub household_of: &'a [u32],
    /// Rows of the persons of each household: `first_member[h]..first_member[h + 1]`.
    pub first_member: &'a [u32],
    pub facts: &'a [Fact],
    /// What a reader of each fact must know; parallel to the facts.
    pub notes: &'a [String],
    /// Facts of which nothing was known.
    pub unknown: &'a BTreeSet<String>,
    /// By fact and entity; entities of facts about places are not among them.
    pub weak: &'a [WeakFact],
}

impl MonthTables<'_> {
    /// The columns of `households` and of `persons` that rules read, sorted.
    #[must_use]
    pub fn columns(rules: &[Rule], facts: &[Fact]) -> (Vec<String>, Vec<String>) {
        let (of_persons, of_households): (BTreeSet<String>, BTreeSet<String>) =
            columns_read(rules, Per::Person).into_iter().partition(|name| is_own(facts, name));
        let households = of_households.into_iter().chain(columns_read(rules, Per::Household));
        (households.collect::<BTreeSet<_>>().into_iter().collect(), of_persons.into_iter().collect())
    }

    /// Everything that the rules read of a person.
    pub(crate) fn of_persons(&self, rules: &[Rule]) -> PolarsResult<DataFrame> {
        let rows: IdxCa = IdxCa::from_vec(PlSmallStr::EMPTY, self.household_of.to_vec());
        let column = |name: &String| -> PolarsResult<Column> {
            if is_own(self.facts, name) {
                return self.persons.column(name).cloned();
            }
            self.households.column(name)?.take(&rows)
        };
        let columns: PolarsResult<Vec<Column>> = columns_read(rules, Per::Person).iter().map(column).collect();
        DataFrame::new(self.household_of.len(), columns?)
    }

    /// The weakest link among the rows that a signal rests on.
    pub(crate) fn class(&self, signal: &Signal) -> LinkClass {
        let class = |fact: usize, entity: u32| {
            let place = self.weak.binary_search_by_key(&(fact, entity), |weak| (weak.fact, weak.entity)).ok()?;
            Some(self.weak[place].class)
        };
        let of_fact = |fact: &usize| match self.facts[*fact].per {
            Per::Person => signal.persons.iter().filter_map(|person| class(*fact, *person)).max(),
            _ => class(*fact, signal.household),
        };
        signal.facts.iter().filter_map(of_fact).max().unwrap_or(LinkClass::Certain)
    }
}

/// Whether the column is a person's own, not his household's.
fn is_own(facts: &[Fact], name: &str) -> bool {
    match facts.iter().find(|fact| fact.name == name) {
        Some(fact) => fact.per == Per::Person,
        None => name != "size" && !HOUSEHOLD_COLUMNS.contains(&name),
    }
}

/// Every signal of the rules, by household and then in the order of the rules, weighed as those of the month's run were.
pub fn replay_rules(rules: &[Rule], tables: &MonthTables<'_>, ladder: &Ladder) -> Result<Vec<Signal>, MatchError> {
    let wrong = |source| MatchError::Compute { what: "规则".to_owned(), source };
    let notes = tables.notes.iter().map(String::as_str).collect();
    let unknown = tables.unknown.iter().map(String::as_str).collect();
    let asked = Asked { rules, facts: tables.facts, notes, unknown };
    let all = Part {
        first_household: 0,
        first_person: 0,
        households: tables.households.clone(),
        persons: tables.of_persons(rules).map_err(wrong)?,
        household_of: tables.household_of,
    };
    let mut signals = all.signals(&asked)?;
    for signal in &mut signals {
        signal.class = tables.class(signal);
    }
    let mut concerned: Vec<u32> = signals.iter().filter(is_weak).map(|signal| signal.household).collect();
    concerned.dedup();
    if !concerned.is_empty() {
        let (households, persons, household_of) = strong_part(rules, tables, &concerned).map_err(wrong)?;
        let part = Part { first_household: 0, first_person: 0, households, persons, household_of: &household_of };
        let mut fired = part.signals(&asked)?;
        for signal in &mut fired {
            signal.household = concerned[signal.household as usize];
        }
        cap(&mut signals, rules, ladder, &levels(fired, |rule| rule));
    }
    Ok(signals)
}

/// The concerned households and their members as if no weak row were there, and the place of each member's household among them.
pub(crate) fn strong_part(
    rules: &[Rule],
    tables: &MonthTables<'_>,
    concerned: &[u32],
) -> PolarsResult<(DataFrame, DataFrame, Vec<u32>)> {
    let members =
        |household: &u32| tables.first_member[*household as usize]..tables.first_member[*household as usize + 1];
    let persons: Vec<u32> = concerned.iter().flat_map(members).collect();
    let of_members = (0_u32..).zip(concerned).flat_map(|(place, household)| members(household).map(move |_| place));
    let household_of: Vec<u32> = of_members.collect();
    let of_concerned = |frame: &DataFrame, rows: &[u32], person: bool| -> PolarsResult<DataFrame> {
        // Where nothing is asked of persons, none of their columns is here, and no row.
        if frame.width() == 0 {
            return DataFrame::new(rows.len(), Vec::new());
        }
        let chosen = frame.take(&IdxCa::from_vec(PlSmallStr::EMPTY, rows.to_vec()))?;
        let columns: PolarsResult<Vec<Column>> =
            chosen.columns().iter().map(|column| without_weak(column, rows, person, tables)).collect();
        DataFrame::new(chosen.height(), columns?)
    };
    let households = of_concerned(tables.households, concerned, false)?;
    let own = of_concerned(tables.persons, &persons, true)?;
    let whole = MonthTables {
        households: &households,
        persons: &own,
        household_of: &household_of,
        first_member: &[],
        weak: &[],
        ..*tables
    };
    let persons = whole.of_persons(rules)?;
    Ok((households, persons, household_of))
}

/// A column with the strong answers where rows are weak. `rows` are those of the whole table.
fn without_weak(column: &Column, rows: &[u32], person: bool, tables: &MonthTables<'_>) -> PolarsResult<Column> {
    let is_it = |fact: &Fact| fact.name == column.name().as_str() && (fact.per == Per::Person) == person;
    let Some(at) = tables.facts.iter().position(is_it) else { return Ok(column.clone()) };
    let first = tables.weak.partition_point(|weak| weak.fact < at);
    let of_fact = tables.weak[first..].iter().take_while(|weak| weak.fact == at);
    let strong: BTreeMap<u32, &WeakFact> = of_fact.map(|weak| (weak.entity, weak)).collect();
    if strong.is_empty() {
        return Ok(column.clone());
    }
    let kind = column.dtype().clone();
    if let Ok(words) = column.str() {
        let word = |(row, word): (&u32, Option<&str>)| match strong.get(row) {
            Some(weak) => weak.word.clone(),
            None => word.map(str::to_owned),
        };
        let words: StringChunked = rows.iter().zip(words.iter()).map(word).collect();
        return Ok(words.with_name(column.name().clone()).into_column());
    }
    let numbers =
        column.cast(&DataType::Int32).ok().filter(|_| kind == DataType::Date).unwrap_or_else(|| column.clone());
    let numbers = numbers.cast(&DataType::Float64)?;
    let number = |(row, number): (&u32, Option<f64>)| strong.get(row).map_or(number, |weak| weak.number);
    let numbers: Float64Chunked = rows.iter().zip(numbers.f64()?.iter()).map(number).collect();
    let numbers = numbers.with_name(column.name().clone()).into_column();
    if kind == DataType::Date { numbers.cast(&DataType::Int32)?.cast(&kind) } else { numbers.cast(&kind) }
}
