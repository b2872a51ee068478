//! The public relations that this room makes: persons, households, signals, warnings (not yet routed), evidence, facts, and links.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{DataContract, Level, LinkClass, Month, Source};
use polars::prelude::*;

use crate::error::MatchError;
use crate::evaluate::Signal;
use crate::evidence::Evidence;
use crate::fact::{Compare, Fact, Per};
use crate::facts::{FactColumn, compare_title};
use crate::frames::{households_frame, persons_frame, registry_schema};
use crate::grade::{Graded, Grading};
use crate::link::LinkBatch;
use crate::registry::{NOBODY, Registry};
use crate::rule::Rule;

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
const HOUSEHOLD_RELATION: [&str; 11] = [
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
    /// Names of the contracts.
    pub feeds: &'a [String],
    pub sources: &'a SourceNames,
    pub deadlines: &'a Deadlines,
}

/// The relations by name.
pub fn build_relations(inputs: &RelationInputs<'_>) -> Result<BTreeMap<String, DataFrame>, MatchError> {
    let mut relations = BTreeMap::new();
    let mut add = |name: &str, frame: PolarsResult<DataFrame>| -> Result<(), MatchError> {
        relations
            .insert(name.to_owned(), frame.map_err(|source| MatchError::Compute { what: name.to_owned(), source })?);
        Ok(())
    };
    add("persons", persons(inputs))?;
    add("households", households(inputs))?;
    add("signals", signals(inputs))?;
    add("warnings", warnings(inputs))?;
    add("evidence", evidence(inputs))?;
    add("facts", facts(inputs))?;
    Ok(relations)
}

fn names(fixed: &[&str], inputs: &RelationInputs<'_>, wanted: impl Fn(Per) -> bool) -> Vec<String> {
    let facts = inputs.facts.iter().filter(|fact| wanted(fact.per)).map(|fact| fact.name.clone());
    fixed.iter().map(|name| (*name).to_owned()).chain(facts).collect()
}

fn persons(inputs: &RelationInputs<'_>) -> PolarsResult<DataFrame> {
    let names = names(&PERSON_COLUMNS, inputs, |per| per == Per::Person);
    persons_frame(inputs.registry, inputs.facts, inputs.columns, &names, inputs.month)
}

fn households(inputs: &RelationInputs<'_>) -> PolarsResult<DataFrame> {
    households_frame(
        inputs.registry,
        inputs.facts,
        inputs.columns,
        &names(&HOUSEHOLD_RELATION, inputs, |per| per != Per::Person),
    )
}

fn words<T: AsRef<str>>(name: &str, values: impl Iterator<Item = T>) -> Column {
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
            words("state", all.iter().map(|signal| signal.state.code())),
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
            words("actions", joined(&|rule| rule.actions.iter().map(String::as_str).collect(), "；").iter()),
            words("persons", persons),
            Column::new("signals".into(), all.iter().map(|warning| warning.signals.len() as i64).collect::<Vec<_>>()),
            words("link_class", all.iter().map(class)),
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

fn facts(inputs: &RelationInputs<'_>) -> PolarsResult<DataFrame> {
    let all = || inputs.facts.iter().zip(inputs.columns);
    let window = |column: &FactColumn| {
        column.window.map_or_else(String::new, |(first, last)| {
            if first == last { first.to_string() } else { format!("{first}至{last}") }
        })
    };
    let readers = |fact: &Fact| {
        let rules = inputs.rules.iter().filter(|rule| rule.reads().contains(&fact.name)).map(|rule| rule.id.as_str());
        rules.collect::<Vec<_>>().join(",")
    };
    let title = |fact: &Fact| match fact.compare {
        Some(compare) if !fact.title.contains("新") && compare != Compare::GoneSincePrevious => {
            format!("{}（{}）", fact.title, compare_title(compare))
        }
        _ => fact.title.clone(),
    };
    DataFrame::new(
        inputs.facts.len(),
        vec![
            words("fact", all().map(|(fact, _)| fact.name.as_str())),
            words("title", all().map(|(fact, _)| title(fact))),
            words("feed", all().map(|(fact, _)| inputs.feeds[fact.feed].as_str())),
            words("per", all().map(|(fact, _)| fact.per.code())),
            words("unit", all().map(|(fact, _)| fact.unit.as_str())),
            Column::new("months".into(), all().map(|(fact, _)| i64::from(fact.months)).collect::<Vec<_>>()),
            words("window", all().map(|(_, column)| window(column))),
            words("status", all().map(|(_, column)| if column.column.is_some() { "known" } else { "unknown" })),
            words("note", all().map(|(_, column)| column.note.as_str())),
            words("rules", all().map(|(fact, _)| readers(fact))),
        ],
    )
}

/// A batch of links as rows of the relation `links`.
pub fn link_frame(
    feed: &str,
    batch: &LinkBatch,
    sources: &[Source],
    registry: &Registry,
) -> Result<DataFrame, MatchError> {
    let source =
        |at: &u32| sources.get(*at as usize).map_or(("", ""), |source| (source.file.as_str(), source.sheet.as_str()));
    let known = |person: &u32| *person != NOBODY;
    let height = batch.row.len();
    let frame = DataFrame::new(
        height,
        vec![
            words("feed", batch.row.iter().map(|_| feed)),
            words("file", batch.source.iter().map(|at| source(at).0)),
            words("sheet", batch.source.iter().map(|at| source(at).1)),
            Column::new("row".into(), batch.row.iter().map(|row| i64::from(*row)).collect::<Vec<_>>()),
            words("link_class", batch.class.iter().map(|class| class.code())),
            words("reason", batch.reason.iter().map(|reason| reason.map_or("", bidui_model::UnlinkedReason::code))),
            words(
                "person_no",
                batch.person.iter().map(|person| if known(person) { registry.person_no(*person) } else { "" }),
            ),
            words(
                "household_id",
                batch.person.iter().map(|person| {
                    if known(person) { registry.household_id(registry.household_of[*person as usize]) } else { "" }
                }),
            ),
        ],
    );
    frame.map_err(|source| MatchError::Compute { what: "links".to_owned(), source })
}

/// Columns and types of `persons` and `households`, which depend on the registry's contract and the facts.
#[must_use]
pub fn relation_types(registry: &DataContract, facts: &[Fact]) -> BTreeMap<String, Schema> {
    let types: BTreeMap<String, DataType> =
        registry_schema(registry).into_iter().map(|(name, kind, _)| (name, kind)).collect();
    let of = |names: &[&str], wanted: &dyn Fn(Per) -> bool| -> Schema {
        let fixed =
            names.iter().map(|name| (PlSmallStr::from(*name), types.get(*name).cloned().unwrap_or(DataType::String)));
        let facts = facts
            .iter()
            .filter(|fact| wanted(fact.per))
            .map(|fact| (PlSmallStr::from(fact.name.as_str()), fact.dtype()));
        fixed.chain(facts).collect()
    };
    BTreeMap::from([
        ("persons".to_owned(), of(&PERSON_COLUMNS, &|per| per == Per::Person)),
        ("households".to_owned(), of(&HOUSEHOLD_RELATION, &|per| per != Per::Person)),
    ])
}
