//! Rules over the registry-shaped tables: which households each rule warns of, how seriously, and in what words.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{Level, LinkClass, Month};
use polars::prelude::*;
use rayon::prelude::*;

use crate::error::MatchError;
use crate::expression::evaluate;
use crate::fact::{Fact, Per};
use crate::facts::FactColumn;
use crate::frames::{households_frame, persons_frame};
use crate::reason::as_number;
use crate::registry::Registry;
use crate::rule::{Clause, OnUnknown, Rule};

/// A rule's answer for one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Level(Level),
    None,
    /// In scope, no level true, and at least one null.
    Unknown,
}

impl Answer {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Level(level) => level.code(),
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }
}

/// Whether a signal makes a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignalState {
    Live,
    /// The rule could not be answered for this household and asks for a person's eye.
    Review,
}

impl SignalState {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Review => "review",
        }
    }
}

/// A rule that fired for a household.
#[derive(Clone, Debug)]
pub struct Signal {
    pub household: u32,
    /// Place among the rules.
    pub rule: usize,
    /// For a review, the lowest level that the rule has.
    pub level: Level,
    pub state: SignalState,
    pub value: Option<f64>,
    pub threshold: String,
    pub reason: String,
    /// Members whom a rule about persons fired for.
    pub persons: Vec<u32>,
    /// Facts that the answer, the value and the reason rest on.
    pub facts: Vec<usize>,
    /// The weakest link among its rows.
    pub class: LinkClass,
}

/// All that rules are evaluated over.
pub struct RuleInputs<'a> {
    pub rules: &'a [Rule],
    pub facts: &'a [Fact],
    pub columns: &'a [FactColumn],
    pub registry: &'a Registry,
    pub month: Month,
}

/// Every signal, by household and then in the order of the rules.
pub fn evaluate_rules(inputs: &RuleInputs<'_>) -> Result<Vec<Signal>, MatchError> {
    let unknown: BTreeSet<&str> = inputs
        .facts
        .iter()
        .zip(inputs.columns)
        .filter(|(_, column)| column.column.is_none())
        .map(|(fact, _)| fact.name.as_str())
        .collect();
    let fired: Result<Vec<Vec<Signal>>, MatchError> =
        (0..inputs.rules.len()).into_par_iter().map(|rule| rule_signals(inputs, rule, &unknown)).collect();
    let mut signals: Vec<Signal> = fired?.into_iter().flatten().collect();
    signals.sort_by_key(|signal| (signal.household, signal.rule));
    Ok(signals)
}

fn rule_signals(inputs: &RuleInputs<'_>, at: usize, unknown: &BTreeSet<&str>) -> Result<Vec<Signal>, MatchError> {
    let rule = &inputs.rules[at];
    let names = rule.reads();
    let frame = match rule.per {
        Per::Person => persons_frame(inputs.registry, inputs.facts, inputs.columns, &names, inputs.month),
        _ => households_frame(inputs.registry, inputs.facts, inputs.columns, &names),
    }
    .map_err(|source| MatchError::Compute { what: rule.id.clone(), source })?;
    let answers = answers(&frame, rule, unknown)?;
    let waits = names.iter().any(|name| unknown.contains(name.as_str()));
    let mut by_household: BTreeMap<u32, Vec<(usize, Answer)>> = BTreeMap::new();
    for (row, answer) in answers.into_iter().enumerate() {
        let review = answer == Answer::Unknown && rule.on_unknown == OnUnknown::Review && !waits;
        if review || matches!(answer, Answer::Level(_)) {
            let household = if rule.per == Per::Person { inputs.registry.household_of[row] } else { row as u32 };
            by_household.entry(household).or_default().push((row, answer));
        }
    }
    Ok(by_household.into_iter().filter_map(|(household, rows)| signal(inputs, at, &frame, household, &rows)).collect())
}

/// One signal of the rows of a household that the rule fired for.
fn signal(
    inputs: &RuleInputs<'_>,
    at: usize,
    frame: &DataFrame,
    household: u32,
    rows: &[(usize, Answer)],
) -> Option<Signal> {
    let rule = &inputs.rules[at];
    let fired = rows.iter().filter_map(|(row, answer)| match answer {
        Answer::Level(level) => Some((*level, *row)),
        _ => None,
    });
    let (level, row, state) = match fired.min() {
        Some((level, row)) => (level, row, SignalState::Live),
        None => (rule.levels.last()?.0, rows.first()?.0, SignalState::Review),
    };
    let clause = rule.levels.iter().find(|(of, _)| *of == level).map(|(_, clause)| clause)?;
    let shown =
        rule.value.clone().or_else(|| clause.reads.iter().find(|name| fact_place(inputs, name).is_some()).cloned());
    let value = shown.as_ref().and_then(|name| frame.column(name).ok()).and_then(|column| as_number(column, row));
    let counts = |answer: &Answer| (state == SignalState::Review) == (*answer == Answer::Unknown);
    let persons: Vec<u32> = if rule.per == Per::Person {
        rows.iter().filter(|(_, answer)| counts(answer)).map(|(row, _)| *row as u32).collect()
    } else {
        Vec::new()
    };
    let mut reason = rule.reason.fill(frame, row);
    if persons.len() > 1 {
        reason.push_str(&format!("（共{}人）", persons.len()));
    }
    for note in notes_of(inputs, clause, rule) {
        reason.push_str(&format!("（{note}）"));
    }
    if state == SignalState::Review {
        reason = format!("数据不全，无法判定：{}", rule.title);
    }
    let mut facts: Vec<usize> = clause
        .reads
        .iter()
        .map(String::as_str)
        .chain(rule.reason.names())
        .chain(shown.as_deref())
        .filter_map(|name| fact_place(inputs, name))
        .collect();
    facts.sort_unstable();
    facts.dedup();
    Some(Signal {
        household,
        rule: at,
        level,
        state,
        value,
        threshold: clause.sql.clone(),
        reason,
        persons,
        facts,
        class: LinkClass::Certain,
    })
}

/// What the reader of a signal's facts must know: a window that the data do not fill, an older comparison.
fn notes_of<'a>(inputs: &'a RuleInputs<'_>, clause: &Clause, rule: &Rule) -> BTreeSet<&'a str> {
    let names = clause.reads.iter().map(String::as_str).chain(rule.reason.names());
    let notes = names.filter_map(|name| fact_place(inputs, name)).map(|at| inputs.columns[at].note.as_str());
    notes.filter(|note| !note.is_empty()).collect()
}

fn fact_place(inputs: &RuleInputs<'_>, name: &str) -> Option<usize> {
    inputs.facts.iter().position(|fact| fact.name == name)
}

/// The rule's answer for each row of the frame. A clause that could turn a null into an answer is itself unknown while one of its
/// facts is: a missing extract must neither raise nor clear a warning.
pub(crate) fn answers(frame: &DataFrame, rule: &Rule, unknown: &BTreeSet<&str>) -> Result<Vec<Answer>, MatchError> {
    let runs = |clause: &Clause| {
        let is_unknown = clause.absorbs_null && clause.reads.iter().any(|name| unknown.contains(name.as_str()));
        if is_unknown { lit(NULL).cast(DataType::Boolean) } else { clause.expr.clone() }
    };
    let mut expressions: Vec<(String, Expr)> =
        rule.levels.iter().map(|(level, clause)| (level_column(*level), runs(clause))).collect();
    expressions.extend(rule.scope.iter().map(|scope| ("_scope".to_owned(), runs(scope))));
    let answered = evaluate(frame, &expressions, &rule.id)?;
    let flags = |name: &str| -> Result<BooleanChunked, MatchError> {
        let column = answered.column(name).and_then(|column| column.bool().cloned());
        column.map_err(|source| MatchError::Compute { what: rule.id.clone(), source })
    };
    let scope = rule.scope.as_ref().map(|_| flags("_scope")).transpose()?;
    let levels: Result<Vec<(Level, BooleanChunked)>, MatchError> =
        rule.levels.iter().map(|(level, _)| Ok((*level, flags(&level_column(*level))?))).collect();
    let levels = levels?;
    Ok((0..frame.height())
        .map(|row| {
            if scope.as_ref().is_some_and(|scope| scope.get(row) != Some(true)) {
                return Answer::None;
            }
            let mut answer = Answer::None;
            for (level, flags) in &levels {
                match flags.get(row) {
                    Some(true) => return Answer::Level(*level),
                    Some(false) => {}
                    None => answer = Answer::Unknown,
                }
            }
            answer
        })
        .collect())
}

fn level_column(level: Level) -> String {
    format!("_{}", level.code())
}
