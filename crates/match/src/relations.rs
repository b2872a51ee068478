//! The public relations that this room makes: signals, warnings (not yet routed), evidence, facts and links; and persons and
//! households, which are as long as the registry and are made a part at a time.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{DataContract, Ladder, Level, LinkClass, Month, Source, UnlinkedReason};
use polars::prelude::*;

use crate::check::{BIRTH, ID_MISSING, ID_REPEATED, OWN};
use crate::error::MatchError;
use crate::evaluate::{Signal, SignalState};
use crate::evidence::Evidence;
use crate::fact::{Fact, Per};
use crate::facts::FactColumn;
use crate::finding::{Candidate, Finding, WEIGHTED};
use crate::frames::{HOUSEHOLD_COLUMNS, Rows, Tables, gather, registry_schema};
use crate::grade::{Graded, Grading};
use crate::links::LinkBatch;
use crate::registry::{NOBODY, Registry};
use crate::relation_rules;
use crate::rule::Rule;
use crate::weak::WeakFact;

/// Registry columns of the relation `persons`; its facts follow.
const PERSON_COLUMNS: [&str; 10] = [
    "person_no",
    "household_id",
    "relation",
    "sex",
    "age",
    "labour",
    "village_code",
    "town_code",
    "health",
    "student_status",
];

/// Registry columns of the relation `households`; its facts follow.
const HOUSEHOLD_RELATION: [&str; 14] = [
    "household_id",
    "head_no",
    "size",
    "household_kind",
    "risk_status",
    "resettlement_site",
    "hamlet",
    "village_code",
    "town_code",
    "monitor_kind",
    "identified_on",
    "monitor_risks",
    "eliminated_on",
    "grid",
];

/// File and sheet of every source, by feed and month.
pub type SourceNames = BTreeMap<(usize, Month), Vec<Source>>;

/// When the month's lists are issued and when each level is due; days since 1970-01-01.
#[derive(Clone, Debug, Default)]
pub struct Deadlines {
    pub issued: i32,
    pub due: BTreeMap<Level, i32>,
}

/// All that the relations are made of.
pub struct RelationInputs<'a> {
    pub month: Month,
    pub registry: &'a Registry,
    pub facts: &'a [Fact],
    pub columns: &'a [FactColumn],
    pub rules: &'a [Rule],
    pub grading: &'a Grading,
    pub signals: &'a [Signal],
    pub graded: &'a [Graded],
    pub evidence: &'a [Evidence],
    pub weak_facts: &'a [WeakFact],
    /// Names of the contracts.
    pub feeds: &'a [String],
    pub sources: &'a SourceNames,
    pub deadlines: &'a Deadlines,
}

/// The relations by name, but for `links` and those of [`Roll`].
pub fn build_relations(inputs: &RelationInputs<'_>) -> Result<BTreeMap<String, DataFrame>, MatchError> {
    let mut relations = BTreeMap::new();
    let mut add = |name: &str, frame: PolarsResult<DataFrame>| -> Result<(), MatchError> {
        relations
            .insert(name.to_owned(), frame.map_err(|source| MatchError::Compute { what: name.to_owned(), source })?);
        Ok(())
    };
    add("signals", signals(inputs))?;
    add("warnings", warnings(inputs))?;
    add("evidence", evidence(inputs))?;
    add("facts", relation_rules::facts(inputs))?;
    add("rules", relation_rules::rules(inputs))?;
    add("weak_facts", relation_rules::weak_facts(inputs))?;
    Ok(relations)
}

/// A relation with a row for each person or household of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roll {
    Persons,
    Households,
}

impl Roll {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Persons => "persons",
            Self::Households => "households",
        }
    }
    #[must_use]
    pub fn rows(self, registry: &Registry) -> usize {
        match self {
            Self::Persons => registry.persons(),
            Self::Households => registry.households(),
        }
    }
    /// Every column, in order.
    #[must_use]
    pub fn columns(self, facts: &[Fact]) -> Vec<String> {
        let fixed: &[&str] = match self {
            Self::Persons => &PERSON_COLUMNS,
            Self::Households => &HOUSEHOLD_RELATION,
        };
        let facts = facts.iter().filter(|fact| (fact.per == Per::Person) == (self == Self::Persons));
        fixed.iter().map(|name| (*name).to_owned()).chain(facts.map(|fact| fact.name.clone())).collect()
    }
    /// The named columns of the rows from `first` to before `end`.
    pub fn part(
        self,
        inputs: &RelationInputs<'_>,
        columns: &[String],
        first: u32,
        end: u32,
    ) -> Result<DataFrame, MatchError> {
        self.rows_of(inputs, columns, Rows::Run(first, end))
    }
    /// The named columns of those rows, by their numbers in the registry.
    pub fn some(self, inputs: &RelationInputs<'_>, columns: &[String], rows: &[u32]) -> Result<DataFrame, MatchError> {
        self.rows_of(inputs, columns, Rows::Some(rows))
    }
    fn rows_of(self, inputs: &RelationInputs<'_>, columns: &[String], rows: Rows<'_>) -> Result<DataFrame, MatchError> {
        let tables =
            Tables { registry: inputs.registry, facts: inputs.facts, columns: inputs.columns, month: inputs.month };
        let made = match self {
            Self::Persons => tables.persons(columns, rows),
            Self::Households => tables.households(columns, rows),
        };
        made.map_err(|source| MatchError::Compute { what: self.name().to_owned(), source })
    }
}

pub(crate) fn words<T: AsRef<str>>(name: &str, values: impl Iterator<Item = T>) -> Column {
    let values: Vec<T> = values.collect();
    Column::new(name.into(), values.iter().map(AsRef::as_ref).collect::<Vec<&str>>())
}

fn signals(inputs: &RelationInputs<'_>) -> PolarsResult<DataFrame> {
    let all = inputs.signals;
    let rule = |signal: &Signal| &inputs.rules[signal.rule];
    let sources = sources_of_signals(inputs);
    let fact_names =
        |signal: &Signal| signal.facts.iter().map(|at| inputs.facts[*at].name.as_str()).collect::<Vec<_>>().join(",");
    DataFrame::new(
        all.len(),
        vec![
            words("month", all.iter().map(|_| inputs.month.to_string())),
            words("household_id", all.iter().map(|signal| inputs.registry.household_id(signal.household))),
            words("rule_id", all.iter().map(|signal| rule(signal).id.as_str())),
            words("rule_title", all.iter().map(|signal| rule(signal).title.as_str())),
            words("risk", all.iter().map(|signal| rule(signal).risk.as_str())),
            words("level", all.iter().map(|signal| signal.level.code())),
            words("level_name", all.iter().map(|signal| inputs.grading.name(signal.level))),
            Column::new("value".into(), all.iter().map(|signal| signal.value).collect::<Vec<_>>()),
            words("threshold", all.iter().map(|signal| signal.threshold.as_str())),
            words("persons", all.iter().map(|signal| person_list(inputs.registry, signal.persons.iter().copied()))),
            words("link_class", all.iter().map(|signal| signal.class.code())),
            words("identity_check", all.iter().map(|signal| signal.identity_check())),
            words("state", all.iter().map(|signal| signal.state.code())),
            words("state_reason", all.iter().map(|signal| signal.state_reason.as_str())),
            words("case_id", all.iter().map(|_| "")),
            words("reason", all.iter().map(|signal| signal.reason.as_str())),
            words("departments", all.iter().map(|signal| rule(signal).departments.join("、"))),
            words("actions", all.iter().map(|signal| rule(signal).actions.join("；"))),
            words("sources", sources.iter().map(|(text, _)| text.as_str())),
            Column::new("source_rows".into(), sources.iter().map(|(_, rows)| *rows).collect::<Vec<_>>()),
            words("facts", all.iter().map(fact_names)),
        ],
    )
}

/// For each signal, its first rows in words, and how many there are.
fn sources_of_signals(inputs: &RelationInputs<'_>) -> Vec<(String, i64)> {
    const SHOWN: usize = 3;
    let mut rows: Vec<BTreeSet<(usize, Month, u32, u32)>> = vec![BTreeSet::new(); inputs.signals.len()];
    for row in inputs.evidence {
        rows[row.signal].insert((row.feed, row.month, row.source, row.row));
    }
    rows.into_iter()
        .map(|rows| {
            let mut text = rows
                .iter()
                .take(SHOWN)
                .map(|(feed, month, source, row)| {
                    let (file, sheet) = source_name(inputs, *feed, *month, *source);
                    let sheet = if sheet.is_empty() { String::new() } else { format!("[{sheet}]") };
                    format!("{month}/{file}{sheet}第{row}行")
                })
                .collect::<Vec<_>>()
                .join("；");
            if rows.len() > SHOWN {
                text.push_str(&format!("等{}行", rows.len()));
            }
            (text, rows.len() as i64)
        })
        .collect()
}

fn source_name<'a>(inputs: &RelationInputs<'a>, feed: usize, month: Month, source: u32) -> (&'a str, &'a str) {
    inputs
        .sources
        .get(&(feed, month))
        .and_then(|sources| sources.get(source as usize))
        .map_or(("", ""), |source| (&source.file, &source.sheet))
}

fn person_list(registry: &Registry, persons: impl Iterator<Item = u32>) -> String {
    persons.map(|person| registry.person_no(person).to_owned()).collect::<Vec<_>>().join(",")
}

/// Distinct words in order of appearance.
fn once<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    words.filter(|word| seen.insert(*word)).collect()
}

fn warnings(inputs: &RelationInputs<'_>) -> PolarsResult<DataFrame> {
    let all = inputs.graded;
    let sorted = |warning: &Graded| -> Vec<&Signal> {
        let mut signals: Vec<&Signal> = warning.signals.iter().map(|at| &inputs.signals[*at]).collect();
        signals.sort_by_key(|signal| (signal.level, signal.rule));
        signals
    };
    let joined = |pick: &dyn for<'a> Fn(&'a Rule) -> Vec<&'a str>, separator: &str| {
        let lines: Vec<String> = all
            .iter()
            .map(|warning| {
                once(sorted(warning).into_iter().flat_map(|signal| pick(&inputs.rules[signal.rule]))).join(separator)
            })
            .collect();
        lines
    };
    let reasons = all.iter().map(|warning| {
        let signals = sorted(warning);
        let line = |(at, signal): (usize, &&Signal)| {
            format!("{}.【{}】{}", at + 1, inputs.grading.name(signal.level), signal.reason)
        };
        signals.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    });
    let persons = all.iter().map(|warning| {
        let persons: BTreeSet<u32> =
            sorted(warning).into_iter().flat_map(|signal| signal.persons.iter().copied()).collect();
        person_list(inputs.registry, persons.into_iter())
    });
    let class =
        |warning: &Graded| sorted(warning).iter().map(|signal| signal.class).max().unwrap_or(LinkClass::Certain).code();
    let check = |warning: &Graded| -> String {
        let most = sorted(warning).into_iter().max_by_key(|signal| (signal.doubtful, signal.class));
        most.map_or_else(String::new, Signal::identity_check)
    };
    let due = |warning: &Graded| inputs.deadlines.due.get(&warning.level).copied();
    let place = |column: &'static str| {
        words(column, all.iter().map(move |warning| inputs.registry.household_word(column, warning.household)))
    };
    DataFrame::new(
        all.len(),
        vec![
            words("month", all.iter().map(|_| inputs.month.to_string())),
            words("household_id", all.iter().map(|warning| inputs.registry.household_id(warning.household))),
            words("level", all.iter().map(|warning| warning.level.code())),
            words("level_name", all.iter().map(|warning| inputs.grading.name(warning.level))),
            Column::new("level_rank".into(), all.iter().map(|warning| warning.level as i64 + 1).collect::<Vec<_>>()),
            words("risks", joined(&|rule| vec![rule.risk.as_str()], "、").iter()),
            words("rules", joined(&|rule| vec![rule.id.as_str()], ",").iter()),
            words("departments", joined(&|rule| rule.departments.iter().map(String::as_str).collect(), "、").iter()),
            words("reasons", reasons),
            words("not_issued", not_issued(inputs).iter()),
            words("actions", joined(&|rule| rule.actions.iter().map(String::as_str).collect(), "；").iter()),
            words("persons", persons),
            Column::new("signals".into(), all.iter().map(|warning| warning.signals.len() as i64).collect::<Vec<_>>()),
            words("link_class", all.iter().map(class)),
            words("identity_check", all.iter().map(check)),
            words("escalation", all.iter().map(|warning| warning.escalation.as_str())),
            Column::new("issued".into(), vec![inputs.deadlines.issued; all.len()]).cast(&DataType::Date)?,
            Column::new("due".into(), all.iter().map(due).collect::<Vec<_>>()).cast(&DataType::Date)?,
            place("town_code"),
            place("village_code"),
            place("hamlet"),
            place("resettlement_site"),
        ],
    )
}

/// What fires of each warned household and is not issued, a line a signal: who knocks at its door knows of it.
fn not_issued(inputs: &RelationInputs<'_>) -> Vec<String> {
    let mut quiet: BTreeMap<u32, Vec<&Signal>> = BTreeMap::new();
    let is_quiet = |signal: &&Signal| matches!(signal.state, SignalState::Suppressed | SignalState::Cooling);
    for signal in inputs.signals.iter().filter(is_quiet) {
        quiet.entry(signal.household).or_default().push(signal);
    }
    quiet.values_mut().for_each(|signals| signals.sort_by_key(|signal| (signal.level, signal.rule)));
    let line = |signal: &&Signal| format!("【{}】{}", inputs.grading.name(signal.level), signal.reason);
    let of =
        |warning: &Graded| quiet.get(&warning.household).map_or_else(Vec::new, |all| all.iter().map(line).collect());
    inputs.graded.iter().map(|warning| of(warning).join("；")).collect()
}

fn evidence(inputs: &RelationInputs<'_>) -> PolarsResult<DataFrame> {
    let all = inputs.evidence;
    let signal = |row: &Evidence| &inputs.signals[row.signal];
    let source = |row: &Evidence| source_name(inputs, row.feed, row.month, row.source);
    let person = |row: &Evidence| {
        if row.person == NOBODY { "" } else { inputs.registry.person_no(row.person) }
    };
    DataFrame::new(
        all.len(),
        vec![
            words("household_id", all.iter().map(|row| inputs.registry.household_id(signal(row).household))),
            words("rule_id", all.iter().map(|row| inputs.rules[signal(row).rule].id.as_str())),
            words("fact", all.iter().map(|row| inputs.facts[row.fact].name.as_str())),
            words("person_no", all.iter().map(person)),
            words("feed", all.iter().map(|row| inputs.feeds[row.feed].as_str())),
            words("feed_month", all.iter().map(|row| row.month.to_string())),
            words("file", all.iter().map(|row| source(row).0)),
            words("sheet", all.iter().map(|row| source(row).1)),
            Column::new("row".into(), all.iter().map(|row| i64::from(row.row)).collect::<Vec<_>>()),
            words("link_class", all.iter().map(|row| row.class.code())),
        ],
    )
}

/// A batch of links as rows of the relation `links`. No word is made anew for a row: each column gathers from the few that there are,
/// or from the registry's own.
pub fn link_frame(
    feed: &str,
    batch: &LinkBatch,
    sources: &[Source],
    registry: &Registry,
    ladder: &Ladder,
    findings: &[Finding],
) -> Result<DataFrame, MatchError> {
    link_columns(feed, batch, sources, registry)
        .and_then(|mut columns| {
            columns.extend(basis_columns(batch, ladder, findings)?);
            Ok(columns)
        })
        .and_then(|columns| DataFrame::new(batch.row.len(), columns))
        .map_err(|source| MatchError::Compute { what: "links".to_owned(), source })
}

fn link_columns(feed: &str, batch: &LinkBatch, sources: &[Source], registry: &Registry) -> PolarsResult<Vec<Column>> {
    let height = batch.row.len();
    // A source that nobody named has no file and no sheet.
    let of_source = |name: &str, pick: fn(&Source) -> &str| {
        let last = sources.len() as u32;
        gather(name, sources.iter().map(pick).chain([""]), batch.source.iter().map(|at| (*at).min(last)))
    };
    let classes = LinkClass::ALL.iter().map(|class| class.code());
    let reasons = UnlinkedReason::ALL.iter().map(|reason| reason.code()).chain([""]);
    let no_reason = UnlinkedReason::ALL.len() as u32;
    let persons: IdxCa = batch.person.iter().map(|person| (*person != NOBODY).then_some(*person)).collect();
    let households = batch
        .person
        .iter()
        .map(|person| registry.household_of(*person).map_or("", |household| registry.household_id(household)));
    Ok(vec![
        StringChunked::full("feed".into(), feed, height).into_column(),
        of_source("file", |source| &source.file)?,
        of_source("sheet", |source| &source.sheet)?,
        Column::new("row".into(), batch.row.iter().map(|row| i64::from(*row)).collect::<Vec<_>>()),
        gather("link_class", classes, batch.class.iter().map(|class| *class as u32))?,
        gather("reason", reasons, batch.reason.iter().map(|reason| reason.map_or(no_reason, |reason| reason as u32)))?,
        or_empty(&registry.person_no.take(&persons)?).with_name("person_no".into()).into_column(),
        StringChunked::from_iter_values("household_id".into(), households).into_column(),
    ])
}

/// Which pass of the ladder linked a row, and what the weighted pass made of it.
fn basis_columns(batch: &LinkBatch, ladder: &Ladder, findings: &[Finding]) -> PolarsResult<[Column; 3]> {
    let basis = |at: usize| -> Option<&Candidate> {
        let place = (*batch.loose.get(at)? as usize).checked_sub(1)?;
        match findings.get(place)? {
            Finding::Linked(class, candidate) if *class == batch.class[at] => Some(candidate),
            _ => None,
        }
    };
    let rows = batch.row.len();
    let none = ladder.passes.len() as u32 + 1;
    let pass = |at: usize| match basis(at).map(|candidate| candidate.pass) {
        None => none,
        Some(WEIGHTED) => none - 1,
        Some(pass) => u32::from(pass).min(none),
    };
    let names = ladder.passes.iter().map(|pass| pass.name.as_str()).chain(["按权重关联", ""]);
    let number = |name: &str, pick: fn(&Candidate) -> Option<f64>| {
        if batch.loose.is_empty() {
            return Column::full_null(name.into(), rows, &DataType::Float64);
        }
        Column::new(name.into(), (0..rows).map(|at| basis(at).and_then(pick)).collect::<Vec<_>>())
    };
    Ok([
        gather("pass", names, (0..rows).map(pass))?,
        number("weight", |candidate| candidate.weight),
        number("confidence", |candidate| candidate.probability),
    ])
}

fn or_empty(words: &StringChunked) -> StringChunked {
    if words.null_count() == 0 { words.clone() } else { words.iter().map(|word| Some(word.unwrap_or(""))).collect() }
}

/// What tables of persons and households have without any fact: no fact, tally or parameter may be called so.
#[must_use]
pub fn own_columns(registry: &DataContract) -> BTreeSet<String> {
    let of_contract = registry.columns.iter().map(|column| column.name.clone());
    let of_rules = registry_schema(registry).into_iter().map(|(name, _, _)| name);
    let of_relations = PERSON_COLUMNS.iter().chain(&HOUSEHOLD_RELATION).map(|name| (*name).to_owned());
    let of_checks = [BIRTH, ID_MISSING, ID_REPEATED].map(str::to_owned);
    let own = HOUSEHOLD_COLUMNS.iter().map(|name| format!("{OWN}{name}"));
    of_contract.chain(of_rules).chain(of_relations).chain(of_checks).chain(own).collect()
}

/// Columns and types of `persons` and `households`, which depend on the registry's contract and the facts.
#[must_use]
pub fn relation_types(registry: &DataContract, facts: &[Fact]) -> BTreeMap<String, Schema> {
    let mut types: BTreeMap<String, DataType> =
        registry_schema(registry).into_iter().map(|(name, kind, _)| (name, kind)).collect();
    types.extend(facts.iter().map(|fact| (fact.name.clone(), fact.dtype())));
    let schema = |roll: Roll| -> Schema {
        let columns = roll.columns(facts).into_iter();
        columns
            .map(|name| (PlSmallStr::from(name.as_str()), types.get(&name).cloned().unwrap_or(DataType::String)))
            .collect()
    };
    [Roll::Persons, Roll::Households].into_iter().map(|roll| (roll.name().to_owned(), schema(roll))).collect()
}
