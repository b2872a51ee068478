//! Rules over the registry-shaped tables: which households each rule warns of, how seriously, and in what words.

use std::collections::BTreeSet;

use bidui_model::{Level, LinkClass, Month};
use polars::prelude::*;
use rayon::prelude::*;

use crate::bits::{Bits, where_not_false};
use crate::clause::Clause;
use crate::error::MatchError;
use crate::expression::evaluate;
use crate::fact::{Fact, Per};
use crate::facts::FactColumn;
use crate::frames::{Rows, Tables};
use crate::reason::as_number;
use crate::registry::Registry;
use crate::rule::{OnUnknown, Rule};

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

/// Why a signal is left to a person's eye.
const UNDECIDED: &str = "数据不全，无法判定";

/// Whether a signal makes a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignalState {
    Live,
    /// What it sees was verified lately, and has not grown.
    Cooling,
    /// Nothing is to be asked of it: monitored for the same risk, exempted, or the same total of the year as was verified.
    Suppressed,
    /// The rule could not be answered for this household and asks for a person's eye.
    Review,
}

impl SignalState {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Cooling => "cooling",
            Self::Suppressed => "suppressed",
            Self::Review => "review",
        }
    }
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Live, Self::Cooling, Self::Suppressed, Self::Review].into_iter().find(|state| state.code() == code)
    }
}

/// How what must be checked of a doubtful signal begins.
pub const DOUBTFUL: &str = "疑似，身份待核";

/// A rule that fired for a household.
#[derive(Clone, Debug)]
pub struct Signal {
    pub household: u32,
    /// Place among the rules.
    pub rule: usize,
    /// For a review, the lowest level that the rule has.
    pub level: Level,
    pub state: SignalState,
    /// Why it is not live; empty for a live one.
    pub state_reason: String,
    pub value: Option<f64>,
    pub threshold: String,
    pub reason: String,
    /// Members whom a rule about persons fired for.
    pub persons: Vec<u32>,
    /// Facts that the answer, the value and the reason rest on.
    pub facts: Vec<usize>,
    /// The weakest link among its rows.
    pub class: LinkClass,
    /// Whether its level would not be reached without rows that are linked weakly.
    pub doubtful: bool,
}

impl Signal {
    /// What whoever verifies it must look at first: whose rows these are. Empty where there is no doubt.
    #[must_use]
    pub fn identity_check(&self) -> String {
        match self.class {
            _ if self.doubtful => format!("{DOUBTFUL}：{}", self.class.title()),
            LinkClass::Likely => self.class.title().to_owned(),
            _ => String::new(),
        }
    }
}

/// All that rules are evaluated over.
pub struct RuleInputs<'a> {
    pub rules: &'a [Rule],
    pub facts: &'a [Fact],
    pub columns: &'a [FactColumn],
    pub registry: &'a Registry,
    pub month: Month,
}

/// Households whose tables are made at a time, so that no table is ever as long as the registry.
const HOUSEHOLDS_AT_A_TIME: u32 = 32_768;

/// Every signal, by household and then in the order of the rules.
pub fn evaluate_rules(inputs: &RuleInputs<'_>) -> Result<Vec<Signal>, MatchError> {
    let facts = inputs.facts.iter().zip(inputs.columns);
    let unknown = facts.filter(|(_, column)| column.values.is_none()).map(|(fact, _)| fact.name.as_str()).collect();
    let notes = inputs.columns.iter().map(|column| column.note.as_str()).collect();
    let asked = Asked { rules: inputs.rules, facts: inputs.facts, notes, unknown };
    let all = inputs.registry.households() as u32;
    let parts: Vec<u32> = (0..all).step_by(HOUSEHOLDS_AT_A_TIME as usize).collect();
    let fired: Result<Vec<Vec<Signal>>, MatchError> = parts
        .into_par_iter()
        .with_max_len(1)
        .map(|first| Part::cut(inputs, first, all.min(first + HOUSEHOLDS_AT_A_TIME))?.signals(&asked))
        .collect();
    Ok(fired?.concat())
}

/// The rules, and what must be known of the facts beside their answers.
pub(crate) struct Asked<'a> {
    pub(crate) rules: &'a [Rule],
    pub(crate) facts: &'a [Fact],
    /// What a reader of each fact must know; parallel to the facts.
    pub(crate) notes: Vec<&'a str>,
    /// Facts of which nothing is known.
    pub(crate) unknown: BTreeSet<&'a str>,
}

/// The columns that the rules about persons, or about households, read.
pub(crate) fn columns_read(rules: &[Rule], per: Per) -> Vec<String> {
    let of_rules = rules.iter().filter(|rule| rule.per == per).flat_map(Rule::reads);
    of_rules.collect::<BTreeSet<String>>().into_iter().collect()
}

/// Some households and their members, with every column that a rule reads of them.
pub(crate) struct Part<'a> {
    pub(crate) first_household: u32,
    pub(crate) first_person: u32,
    pub(crate) households: DataFrame,
    pub(crate) persons: DataFrame,
    /// Of each of the persons.
    pub(crate) household_of: &'a [u32],
}

impl<'a> Part<'a> {
    fn cut(inputs: &RuleInputs<'a>, first: u32, end: u32) -> Result<Self, MatchError> {
        let RuleInputs { registry, facts, columns, month, .. } = *inputs;
        let tables = Tables { registry, facts, columns, month };
        let (first_person, end_person) = (registry.first_member[first as usize], registry.first_member[end as usize]);
        let reads = |per: Per| columns_read(inputs.rules, per);
        let households = tables.households(&reads(Per::Household), Rows::Run(first, end));
        let persons = tables.persons(&reads(Per::Person), Rows::Run(first_person, end_person));
        let wrong = |source| MatchError::Compute { what: "规则".to_owned(), source };
        let (households, persons) = (households.map_err(wrong)?, persons.map_err(wrong)?);
        let household_of = &registry.household_of[first_person as usize..end_person as usize];
        Ok(Self { first_household: first, first_person, households, persons, household_of })
    }

    /// What a rule is asked of.
    pub(crate) fn frame(&self, rule: &Rule) -> &DataFrame {
        if rule.per == Per::Person { &self.persons } else { &self.households }
    }

    /// By household and then in the order of the rules.
    pub(crate) fn signals(&self, asked: &Asked<'_>) -> Result<Vec<Signal>, MatchError> {
        let fired: Result<Vec<Vec<Signal>>, MatchError> =
            (0..asked.rules.len()).into_par_iter().map(|rule| self.of_rule(asked, rule)).collect();
        let mut signals = fired?.concat();
        signals.sort_by_key(|signal| (signal.household, signal.rule));
        Ok(signals)
    }

    fn of_rule(&self, asked: &Asked<'_>, at: usize) -> Result<Vec<Signal>, MatchError> {
        let rule = &asked.rules[at];
        let names = rule.reads();
        let waits = names.iter().any(|name| asked.unknown.contains(name.as_str()));
        let is_person = rule.per == Per::Person;
        let frame = self.frame(rule);
        let fired: Vec<Fired> = answers(frame, rule, &asked.unknown)?
            .into_iter()
            .filter(|(_, answer)| match answer {
                Answer::Level(_) => true,
                Answer::Unknown => rule.on_unknown == OnUnknown::Review && !waits,
                Answer::None => false,
            })
            .map(|(row, answer)| {
                let number = row as u32;
                let person = is_person.then_some(self.first_person + number);
                let household = if is_person { self.household_of[row] } else { self.first_household + number };
                Fired { household, person, row, answer }
            })
            .collect();
        if fired.is_empty() {
            return Ok(Vec::new());
        }
        let levels: Vec<Wording<'_>> =
            rule.levels.iter().map(|(level, clause)| Wording::of(asked, rule, *level, clause)).collect();
        // Members of a household stand side by side.
        let by_household = fired.chunk_by(|one, other| one.household == other.household);
        Ok(by_household.filter_map(|rows| signal(rule, at, &levels, frame, rows)).collect())
    }
}

/// A row that a rule has an answer for.
pub(crate) struct Fired {
    pub(crate) household: u32,
    pub(crate) person: Option<u32>,
    /// Place in its table.
    pub(crate) row: usize,
    pub(crate) answer: Answer,
}

/// What all signals of one level of a rule have in common.
pub(crate) struct Wording<'a> {
    level: Level,
    clause: &'a Clause,
    /// The name whose value they show.
    shown: Option<&'a str>,
    /// What their reader must know of their facts: a window that the data do not fill, an older comparison.
    notes: String,
    /// Facts that they rest on.
    facts: Vec<usize>,
    /// Those that its clause reads, by name and as people call them.
    read: Vec<(&'a str, &'a str)>,
}

impl<'a> Wording<'a> {
    pub(crate) fn of(asked: &Asked<'a>, rule: &'a Rule, level: Level, clause: &'a Clause) -> Self {
        let fact = |name: &&str| asked.facts.iter().position(|fact| fact.name == **name);
        let reads = || clause.reads.iter().map(String::as_str);
        let shown = rule.value.as_deref().or_else(|| reads().find(|name| fact(name).is_some()));
        let told: Vec<usize> = reads().chain(rule.reason.names()).filter_map(|name| fact(&name)).collect();
        let notes: BTreeSet<&str> = told.iter().map(|at| asked.notes[*at]).collect();
        let notes = notes.into_iter().filter(|note| !note.is_empty()).map(|note| format!("（{note}）")).collect();
        let mut facts: Vec<usize> = told.into_iter().chain(shown.and_then(|name| fact(&name))).collect();
        facts.sort_unstable();
        facts.dedup();
        let called = |name| fact(&name).map(|at| (name, asked.facts[at].title.as_str()));
        Self { level, clause, shown, notes, facts, read: reads().filter_map(called).collect() }
    }
}

/// One signal of the rows of a household that the rule fired for.
pub(crate) fn signal(
    rule: &Rule,
    at: usize,
    levels: &[Wording<'_>],
    frame: &DataFrame,
    rows: &[Fired],
) -> Option<Signal> {
    let fired = rows.iter().filter_map(|fired| match fired.answer {
        Answer::Level(level) => Some((level, fired.row)),
        _ => None,
    });
    let (level, row, state) = match fired.min() {
        Some((level, row)) => (level, row, SignalState::Live),
        None => (rule.levels.last()?.0, rows.first()?.row, SignalState::Review),
    };
    let wording = levels.iter().find(|wording| wording.level == level)?;
    let value = wording.shown.and_then(|name| frame.column(name).ok()).and_then(|column| as_number(column, row));
    let counts = |answer: &Answer| (state == SignalState::Review) == (*answer == Answer::Unknown);
    let persons: Vec<u32> =
        rows.iter().filter(|fired| counts(&fired.answer)).filter_map(|fired| fired.person).collect();
    let reason = match state {
        SignalState::Review => format!("{UNDECIDED}：{}{}", rule.title, lacking(levels, frame, rows)),
        _ => {
            let several = if persons.len() > 1 { format!("（共{}人）", persons.len()) } else { String::new() };
            format!("{}{several}{}", rule.reason.fill(frame, row), wording.notes)
        }
    };
    Some(Signal {
        household: rows.first()?.household,
        rule: at,
        level,
        state,
        state_reason: if state == SignalState::Review { UNDECIDED.to_owned() } else { String::new() },
        value,
        threshold: wording.clause.sql.clone(),
        reason,
        persons,
        facts: wording.facts.clone(),
        class: LinkClass::Certain,
        doubtful: false,
    })
}

/// Which of the facts that a rule asks have no value where it cannot be decided, as whoever is to find them out calls them.
fn lacking(levels: &[Wording<'_>], frame: &DataFrame, rows: &[Fired]) -> String {
    let is_null = |name: &str, row: usize| {
        frame.column(name).ok().and_then(|column| column.get(row).ok()).is_some_and(|value| value.is_null())
    };
    let undecided = || rows.iter().filter(|fired| fired.answer == Answer::Unknown);
    let asked = levels.iter().flat_map(|wording| &wording.read);
    let mut titles: Vec<&str> = Vec::new();
    for (_, title) in asked.filter(|(name, _)| undecided().any(|fired| is_null(name, fired.row))) {
        if !titles.contains(title) {
            titles.push(title);
        }
    }
    if titles.is_empty() { String::new() } else { format!("（缺{}）", titles.join("、")) }
}

/// The rows of the frame for which the rule answers anything but no, in order. A clause that could turn a null into an answer is itself
/// unknown while one of its facts is: a missing extract must neither raise nor clear a warning.
pub(crate) fn answers(
    frame: &DataFrame,
    rule: &Rule,
    unknown: &BTreeSet<&str>,
) -> Result<Vec<(usize, Answer)>, MatchError> {
    let runs = |clause: &Clause| runs(clause, clause, unknown);
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
    // Most rows of most rules are plainly no.
    let mut may_fire = Bits::none(frame.height());
    for (_, flags) in &levels {
        where_not_false(flags).iter().for_each(|row| may_fire.set(*row as usize));
    }
    let answer = |row: usize| {
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
    };
    Ok(may_fire.ones().map(|row| (row, answer(row))).filter(|(_, answer)| *answer != Answer::None).collect())
}

/// A clause as it runs; `whole` is the condition that it is, or is made of.
pub(crate) fn runs(clause: &Clause, whole: &Clause, unknown: &BTreeSet<&str>) -> Expr {
    let is_unknown = whole.absorbs_null && whole.reads.iter().any(|name| unknown.contains(name.as_str()));
    if is_unknown { lit(NULL).cast(DataType::Boolean) } else { clause.expr.clone() }
}

pub(crate) fn level_column(level: Level) -> String {
    format!("_{}", level.code())
}
