//! Checks over the registry and the facts: which persons, households and villages each finds something wrong with. Tables are made of
//! some households at a time, as for rules. A check that reads something that no extract says this month has no answer at all, and one
//! that would name a great part of the registry speaks of the column, not of the people: neither names anybody.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::Month;
use polars::prelude::*;
use rayon::prelude::*;

use crate::bits::Bits;
use crate::check::{Check, CheckObject, Checks, ID_MISSING, ID_REPEATED, OWN, Tally, TallyValue};
use crate::clause::Clause;
use crate::error::MatchError;
use crate::expression::evaluate;
use crate::fact::{Fact, Per};
use crate::facts::FactColumn;
use crate::frames::{HOUSEHOLD_COLUMNS, Rows, Tables};
use crate::reason::as_number;
use crate::registry::{NOBODY, Registry};

/// All that checks are evaluated over.
pub struct CheckInputs<'a> {
    pub checks: &'a Checks,
    pub facts: &'a [Fact],
    /// Parallel to `facts`.
    pub columns: &'a [FactColumn],
    pub registry: &'a Registry,
    pub month: Month,
    /// Codes of the county's villages, those without a household among them, in the order in which anomalies number them.
    pub villages: &'a [String],
}

/// Something wrong with one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// Place among the checks.
    pub check: usize,
    /// Number of the person or household in the registry, or of the village among `villages`.
    pub object: u32,
    /// What is wrong, in words.
    pub found: String,
}

/// What became of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    Yes,
    /// It reads facts and registry columns of which nothing is known this month.
    No {
        facts: Vec<usize>,
        columns: Vec<String>,
    },
    /// It fired for so many that none is named.
    TooMany,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckOutcome {
    pub answered: Answered,
    /// Persons, households or villages that were looked at.
    pub objects: usize,
    pub hits: usize,
}

/// What the checks found, and what became of each.
#[derive(Clone, Debug, Default)]
pub struct FoundAnomalies {
    /// By check and object.
    pub anomalies: Vec<Anomaly>,
    /// Parallel to the checks.
    pub outcomes: Vec<CheckOutcome>,
}

/// More than one object in so many, and more than so many: what is wrong is the column.
const ONE_IN: usize = 10;
const MOST_NAMED: usize = 1_000;

/// Households whose tables are made at a time.
const HOUSEHOLDS_AT_A_TIME: u32 = 32_768;

/// Every anomaly of the month.
pub fn find_anomalies(inputs: &CheckInputs<'_>) -> Result<FoundAnomalies, MatchError> {
    let plan = Plan::of(inputs);
    let all = inputs.registry.households() as u32;
    let firsts: Vec<u32> = (0..all).step_by(HOUSEHOLDS_AT_A_TIME as usize).collect();
    let parts: Result<Vec<PartFound>, MatchError> = firsts
        .into_par_iter()
        .with_max_len(1)
        .map(|first| plan.part(first, all.min(first + HOUSEHOLDS_AT_A_TIME)))
        .collect();
    let mut anomalies: Vec<Anomaly> = Vec::new();
    let mut counted = plan.nothing_counted();
    for part in parts? {
        anomalies.extend(part.anomalies);
        for (all, more) in counted.iter_mut().zip(part.counted) {
            all.iter_mut().zip(more).for_each(|(all, more)| all.add(more));
        }
    }
    anomalies.extend(plan.villages(&counted)?);
    anomalies.sort_by_key(|anomaly| (anomaly.check, anomaly.object));
    let mut hits = vec![0; inputs.checks.checks.len()];
    anomalies.iter().for_each(|anomaly| hits[anomaly.check] += 1);
    let outcome = |(at, check): (usize, &Check)| {
        let objects = match check.object {
            CheckObject::Person => inputs.registry.persons(),
            CheckObject::Household => inputs.registry.households(),
            CheckObject::Village => inputs.villages.len(),
        };
        let answered = match &plan.unanswered[at] {
            Some((facts, columns)) => Answered::No { facts: facts.clone(), columns: columns.clone() },
            None if hits[at] > MOST_NAMED && hits[at] * ONE_IN > objects => Answered::TooMany,
            None => Answered::Yes,
        };
        CheckOutcome { answered, objects, hits: hits[at] }
    };
    let outcomes: Vec<CheckOutcome> = inputs.checks.checks.iter().enumerate().map(outcome).collect();
    anomalies.retain(|anomaly| outcomes[anomaly.check].answered == Answered::Yes);
    Ok(FoundAnomalies { anomalies, outcomes })
}

/// What is read to answer the checks, and which cannot be answered.
struct Plan<'a> {
    inputs: &'a CheckInputs<'a>,
    tables: Tables<'a>,
    /// Facts and registry columns that a check would need, by check.
    unanswered: Vec<Option<(Vec<usize>, Vec<String>)>>,
    repeated: Bits,
    of_persons: BTreeSet<String>,
    of_households: BTreeSet<String>,
    household_tallies: Vec<&'a Tally>,
    village_tallies: Vec<&'a Tally>,
    /// The place among `inputs.villages` of each village that has a household.
    villages: Vec<Option<u32>>,
}

/// What some households gave.
struct PartFound {
    anomalies: Vec<Anomaly>,
    /// For each tally of villages, one for each village.
    counted: Vec<Vec<Counted>>,
}

/// One object's tally.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Counted {
    Count(i64),
    Sum(Option<f64>),
    Max(Option<f64>),
    Min(Option<f64>),
}

impl Counted {
    fn none(tally: &Tally) -> Self {
        match tally.value {
            TallyValue::Count => Self::Count(0),
            TallyValue::Sum(_) => Self::Sum(None),
            TallyValue::Max(_) => Self::Max(None),
            TallyValue::Min(_) => Self::Min(None),
        }
    }
    fn one(self, value: Option<f64>) -> Self {
        match self {
            Self::Count(_) => Self::Count(1),
            Self::Sum(_) => Self::Sum(value),
            Self::Max(_) => Self::Max(value),
            Self::Min(_) => Self::Min(value),
        }
    }
    fn add(&mut self, more: Self) {
        let both = |one: Option<f64>, other: Option<f64>, join: fn(f64, f64) -> f64| match (one, other) {
            (Some(one), Some(other)) => Some(join(one, other)),
            (one, other) => one.or(other),
        };
        match (self, more) {
            (Self::Count(count), Self::Count(more)) => *count += more,
            (Self::Sum(sum), Self::Sum(more)) => *sum = both(*sum, more, |one, other| one + other),
            (Self::Max(most), Self::Max(more)) => *most = both(*most, more, f64::max),
            (Self::Min(least), Self::Min(more)) => *least = both(*least, more, f64::min),
            // A tally is of one kind.
            _ => {}
        }
    }
}

fn counted_column(tally: &Tally, counted: &[Counted]) -> Column {
    let name = PlSmallStr::from(tally.name.as_str());
    if matches!(tally.value, TallyValue::Count) {
        let count = |counted: &Counted| if let Counted::Count(count) = counted { *count } else { 0 };
        return Column::new(name, counted.iter().map(count).collect::<Vec<i64>>());
    }
    let value = |counted: &Counted| match counted {
        Counted::Count(_) => None,
        Counted::Sum(value) | Counted::Max(value) | Counted::Min(value) => *value,
    };
    Column::new(name, counted.iter().map(value).collect::<Vec<Option<f64>>>())
}

impl<'a> Plan<'a> {
    fn of(inputs: &'a CheckInputs<'a>) -> Self {
        let CheckInputs { checks, facts, columns, registry, month, villages } = *inputs;
        let reads = Reads::of(inputs);
        let unanswered: Vec<_> = checks.checks.iter().map(|check| reads.missing(&check.when)).collect();
        let answered = || checks.checks.iter().zip(&unanswered).filter(|(_, missing)| missing.is_none());
        let mut wanted: BTreeMap<CheckObject, BTreeSet<String>> = BTreeMap::new();
        for (check, _) in answered() {
            let names = check.when.reads.iter().map(String::as_str).chain(check.found.names());
            wanted.entry(check.object).or_default().extend(names.map(str::to_owned));
        }
        let named = |object: CheckObject| wanted.get(&object).cloned().unwrap_or_default();
        let tallies = |of: CheckObject, names: &BTreeSet<String>| -> Vec<&'a Tally> {
            checks.tallies.iter().filter(|tally| tally.of == of && names.contains(&tally.name)).collect()
        };
        let clauses = |tallies: &[&Tally]| -> BTreeSet<String> {
            tallies.iter().flat_map(|tally| tally.clauses()).flat_map(|clause| clause.reads.iter().cloned()).collect()
        };
        let village_tallies = tallies(CheckObject::Village, &named(CheckObject::Village));
        let mut of_households = named(CheckObject::Household);
        of_households.extend(clauses(&village_tallies));
        let mut of_persons = named(CheckObject::Person);
        let used: BTreeSet<String> = of_households.union(&of_persons).cloned().collect();
        let household_tallies = tallies(CheckObject::Household, &used);
        of_persons.extend(clauses(&household_tallies));
        let place = |code: &String| villages.iter().position(|village| village == code).map(|place| place as u32);
        let mut repeated = Bits::none(registry.persons());
        registry.doubles.iter().for_each(|person| repeated.set(*person as usize));
        Self {
            inputs,
            tables: Tables { registry, facts, columns, month },
            unanswered,
            repeated,
            of_persons,
            of_households,
            household_tallies,
            village_tallies,
            villages: registry.villages.names.iter().map(place).collect(),
        }
    }

    fn nothing_counted(&self) -> Vec<Vec<Counted>> {
        let villages = self.inputs.villages.len();
        self.village_tallies.iter().map(|tally| vec![Counted::none(tally); villages]).collect()
    }

    /// The households from `first` to before `end`.
    fn part(&self, first: u32, end: u32) -> Result<PartFound, MatchError> {
        let registry = self.inputs.registry;
        let (first_person, end_person) = (registry.first_member[first as usize], registry.first_member[end as usize]);
        let members = Rows::Run(first_person, end_person);
        let mut persons = self.persons(members).map_err(wrong)?;
        let household = |person: usize| Some((registry.household_of[first_person as usize + person] - first) as usize);
        let height = (end - first) as usize;
        let tallies = count(&persons, &self.household_tallies, height, household)?;
        let is_tally = |name: &String| self.household_tallies.iter().any(|tally| tally.name == *name);
        let names: Vec<String> = self.of_households.iter().filter(|name| !is_tally(name)).cloned().collect();
        let mut households = self.tables.households(&names, Rows::Run(first, end)).map_err(wrong)?;
        let places: IdxCa = (0..persons.height()).filter_map(household).map(|at| Some(at as IdxSize)).collect();
        for (tally, counted) in self.household_tallies.iter().zip(&tallies) {
            let column = counted_column(tally, counted);
            persons.with_column(column.take(&places).map_err(wrong)?).map_err(wrong)?;
            households.with_column(column).map_err(wrong)?;
        }
        let village = |household: usize| match registry.villages.of_household[first as usize + household] {
            NOBODY => None,
            village => self.villages[village as usize].map(|place| place as usize),
        };
        let counted = count(&households, &self.village_tallies, self.inputs.villages.len(), village)?;
        let mut anomalies = self.fired(CheckObject::Person, &persons, first_person)?;
        anomalies.extend(self.fired(CheckObject::Household, &households, first)?);
        Ok(PartFound { anomalies, counted })
    }

    /// What checks and tallies read of some persons, but for the tallies of their households.
    fn persons(&self, rows: Rows<'_>) -> PolarsResult<DataFrame> {
        let is_own = |name: &str| name.strip_prefix(OWN).filter(|name| HOUSEHOLD_COLUMNS.contains(name)).is_some();
        let is_tally = |name: &str| self.household_tallies.iter().any(|tally| tally.name == name);
        let is_made = |name: &str| is_own(name) || is_tally(name) || [ID_MISSING, ID_REPEATED].contains(&name);
        let plain: Vec<String> = self.of_persons.iter().filter(|name| !is_made(name)).cloned().collect();
        let mut persons = self.tables.persons(&plain, rows)?;
        for name in self.of_persons.iter().filter(|name| is_own(name)) {
            let own = self.tables.own(&name[OWN.len()..], rows)?;
            persons.with_column(own.with_name(name.as_str().into()))?;
        }
        let registry = self.inputs.registry;
        let is_repeated = |person: u32| self.repeated.get(person as usize);
        let repeated: Vec<bool> = rows.map(is_repeated);
        let missing: Vec<bool> = rows.map(|person| !registry.has_number(person) && !is_repeated(person));
        persons.with_column(Column::new(ID_REPEATED.into(), repeated))?;
        persons.with_column(Column::new(ID_MISSING.into(), missing))?;
        Ok(persons)
    }

    /// Where the checks of an object fire; the first row of the frame has the number `first`.
    fn fired(&self, object: CheckObject, frame: &DataFrame, first: u32) -> Result<Vec<Anomaly>, MatchError> {
        let checks = self.inputs.checks.checks.iter().enumerate();
        let asked: Vec<(usize, &Check)> =
            checks.filter(|(at, check)| check.object == object && self.unanswered[*at].is_none()).collect();
        let mut anomalies = Vec::new();
        for (at, check) in asked {
            let answer = answer(frame, &check.when, &check.id)?;
            let flags = answer.bool().map_err(wrong)?;
            let rows = flags.iter().enumerate().filter(|(_, flag)| *flag == Some(true)).map(|(row, _)| row);
            anomalies.extend(rows.map(|row| Anomaly {
                check: at,
                object: first + row as u32,
                found: check.found.fill(frame, row),
            }));
        }
        Ok(anomalies)
    }

    /// The checks of villages, when every household has been counted.
    fn villages(&self, counted: &[Vec<Counted>]) -> Result<Vec<Anomaly>, MatchError> {
        let codes = self.inputs.villages;
        let codes_column = Column::new("village_code".into(), codes.iter().map(String::as_str).collect::<Vec<_>>());
        let mut columns = vec![codes_column];
        let tallies = self.village_tallies.iter().zip(counted);
        columns.extend(tallies.map(|(tally, counted)| counted_column(tally, counted)));
        let place = |code: &String| self.inputs.registry.villages.find(code).map(|place| place as IdxSize);
        let places: IdxCa = codes.iter().map(place).collect();
        let facts = self.inputs.facts.iter().zip(self.inputs.columns).filter(|(fact, _)| fact.per == Per::Village);
        for (fact, answer) in facts {
            let column = match &answer.values {
                Some(values) => values.all(&fact.name).take(&places).map_err(wrong)?,
                None => Column::full_null(fact.name.as_str().into(), codes.len(), &fact.dtype()),
            };
            columns.push(column);
        }
        let frame = DataFrame::new(codes.len(), columns).map_err(wrong)?;
        self.fired(CheckObject::Village, &frame, 0)
    }
}

fn answer(frame: &DataFrame, clause: &Clause, what: &str) -> Result<Column, MatchError> {
    let answered = evaluate(frame, &[("_answer".to_owned(), clause.expr.clone())], what)?;
    let column = answered.column("_answer").map_err(wrong)?.clone();
    // A condition that reads nothing has one answer for all.
    Ok(if column.len() == 1 && frame.height() != 1 { column.new_from_index(0, frame.height()) } else { column })
}

/// For each tally, one for each of so many wholes; `whole` tells which one a row of the frame is part of.
fn count(
    frame: &DataFrame,
    tallies: &[&Tally],
    wholes: usize,
    whole: impl Fn(usize) -> Option<usize>,
) -> Result<Vec<Vec<Counted>>, MatchError> {
    let one = |tally: &&Tally| -> Result<Vec<Counted>, MatchError> {
        let mut counted = vec![Counted::none(tally); wholes];
        let filter = tally.filter.as_ref().map(|filter| answer(frame, filter, &tally.name)).transpose()?;
        let flags = filter.as_ref().map(|filter| filter.bool()).transpose().map_err(wrong)?;
        let values = match &tally.value {
            TallyValue::Count => None,
            TallyValue::Sum(value) | TallyValue::Max(value) | TallyValue::Min(value) => {
                Some(answer(frame, value, &tally.name)?)
            }
        };
        for row in (0..frame.height()).filter(|row| flags.is_none_or(|flags| flags.get(*row) == Some(true))) {
            if let Some(at) = whole(row) {
                let value = values.as_ref().and_then(|values| as_number(values, row));
                let more = counted[at].one(value);
                counted[at].add(more);
            }
        }
        Ok(counted)
    };
    tallies.iter().map(one).collect()
}

/// What every name comes down to, and what of it is not known this month.
struct Reads<'a> {
    inputs: &'a CheckInputs<'a>,
    blank: BTreeSet<&'a str>,
}

impl<'a> Reads<'a> {
    fn of(inputs: &'a CheckInputs<'a>) -> Self {
        let columns = inputs.registry.columns.keys().map(String::as_str).filter(|name| inputs.registry.is_blank(name));
        Self { inputs, blank: columns.collect() }
    }

    /// Facts and registry columns without which the condition has no answer.
    fn missing(&self, clause: &Clause) -> Option<(Vec<usize>, Vec<String>)> {
        let (mut facts, mut columns) = (BTreeSet::new(), BTreeSet::new());
        self.gather(clause, &mut facts, &mut columns);
        let is_known = facts.is_empty() && columns.is_empty();
        (!is_known).then(|| (facts.into_iter().collect(), columns.into_iter().collect()))
    }

    fn gather(&self, clause: &Clause, facts: &mut BTreeSet<usize>, columns: &mut BTreeSet<String>) {
        let CheckInputs { checks, registry, .. } = *self.inputs;
        for name in &clause.reads {
            if let Some(at) = self.inputs.facts.iter().position(|fact| fact.name == *name) {
                facts.extend(self.inputs.columns[at].values.is_none().then_some(at));
                continue;
            }
            if let Some(tally) = checks.tallies.iter().find(|tally| tally.name == *name) {
                tally.clauses().for_each(|clause| self.gather(clause, facts, columns));
                continue;
            }
            let column = name.strip_prefix(OWN).filter(|name| HOUSEHOLD_COLUMNS.contains(name)).unwrap_or(name);
            let is_made = ["age", "size", ID_MISSING, ID_REPEATED].contains(&column);
            if !is_made && (self.blank.contains(column) || !registry.columns.contains_key(column)) {
                columns.insert(column.to_owned());
            }
        }
    }
}

fn wrong(source: PolarsError) -> MatchError {
    MatchError::Compute { what: "数据检查".to_owned(), source }
}
