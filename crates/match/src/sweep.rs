//! A rule with every number that could stand in one of its comparisons, in one pass over a published month: for each household the numbers for which it has
//! a signal, and the signal that it then is.
//!
//! What comes out is what [`crate::replay_rules`] makes of the rule with each of the numbers in it, from the one to which it is opened to any stricter one.
//! A rule about persons fires for a household as long as one of its members passes; whom else it fires for, and so whom it speaks of, changes on the way: a
//! household has a signal for each stretch of numbers between which none of its members falls out.

use std::collections::BTreeSet;

use bidui_model::{Ladder, Level};
use polars::prelude::*;
use rayon::prelude::*;

use crate::clause::Clause;
use crate::doubt::cap_one;
use crate::error::MatchError;
use crate::evaluate::{Answer, Asked, Fired, Part, Signal, Wording, answers, level_column, runs, signal};
use crate::expression::evaluate;
use crate::fact::Per;
use crate::reach::Reach;
use crate::reason::Reason;
use crate::rule::{Rule, RuleContext};
use crate::tables::{MonthTables, strong_part};
use crate::threshold::{Threshold, compile, compile_value, with_comparison};

/// A rule, one of whose numbers is moved.
#[derive(Clone, Debug)]
pub struct Sweep {
    pub rule: Rule,
    pub threshold: Threshold,
    /// The rule with the loosest number.
    opened: Rule,
    /// Where it is true though the comparison is not.
    otherwise: Option<Clause>,
    value: Clause,
    factor: Option<Clause>,
}

impl Sweep {
    /// Opens the rule to a number, the loosest that will be asked for. The error is a sentence.
    pub fn new(rule: &Rule, threshold: &Threshold, loosest: f64, context: &RuleContext<'_>) -> Result<Self, String> {
        let of_level = rule.levels.iter().find(|(level, _)| *level == threshold.level);
        let (_, clause) = of_level.ok_or_else(|| format!("规则{}没有 {} 这一级", rule.id, threshold.level.code()))?;
        let mut comparison = threshold.with(loosest);
        if let Some(factor) = &threshold.factor {
            // So many times less than nothing is the less the greater the number: no number is the loosest.
            comparison = format!("({comparison} OR {factor} < 0)");
        }
        let condition = with_comparison(&clause.sql, threshold, &comparison)?;
        let otherwise = with_comparison(&clause.sql, threshold, "FALSE")?;
        let otherwise = threshold.is_optional.then(|| compile(rule, &otherwise, context)).transpose()?;
        Ok(Self {
            rule: rule.clone(),
            threshold: threshold.clone(),
            opened: rule.with_condition(Some(threshold.level), &condition, context)?,
            otherwise,
            value: compile_value(rule, &threshold.name, context)?,
            factor: threshold.factor.as_ref().map(|factor| compile_value(rule, factor, context)).transpose()?,
        })
    }

    fn clause(&self) -> Option<&Clause> {
        self.opened.levels.iter().find(|(level, _)| *level == self.threshold.level).map(|(_, clause)| clause)
    }
}

/// Signals of rules, each with the numbers that it is a signal for.
#[derive(Clone, Debug, Default)]
pub struct Swept {
    /// Their rules are places among the sweeps; their reasons are not filled in. By household and rule, and then by number.
    pub signals: Vec<Signal>,
    /// Parallel to the signals.
    pub spans: Vec<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    pub reach: Reach,
    /// What the household has of what is compared, its worst; `None` where that is no matter.
    pub value: Option<f64>,
}

/// A person or household that may have a signal.
struct Row {
    household: u32,
    person: Option<u32>,
    row: usize,
    /// Its most serious level among those whose number is not moved.
    other: Option<Level>,
    reach: Option<Reach>,
    value: Option<f64>,
}

impl Row {
    fn level(&self, level: Level, number: f64) -> Option<Level> {
        let passes = self.reach.is_some_and(|reach| reach.has(number));
        if passes { Some(self.other.map_or(level, |other| other.min(level))) } else { self.other }
    }
}

/// Every signal of every sweep.
pub fn sweep_rules(sweeps: &[Sweep], tables: &MonthTables<'_>, ladder: &Ladder) -> Result<Swept, MatchError> {
    let wrong = |source| MatchError::Compute { what: "规则".to_owned(), source };
    let rules: Vec<Rule> = sweeps.iter().map(|sweep| sweep.rule.clone()).collect();
    let asked = Asked {
        rules: &rules,
        facts: tables.facts,
        notes: tables.notes.iter().map(String::as_str).collect(),
        unknown: tables.unknown.iter().map(String::as_str).collect(),
    };
    let all = Part {
        first_household: 0,
        first_person: 0,
        households: tables.households.clone(),
        persons: tables.of_persons(&rules).map_err(wrong)?,
        household_of: tables.household_of,
    };
    let rows_of = |part: &Part<'_>| -> Result<Vec<Vec<Row>>, MatchError> {
        sweeps.par_iter().map(|sweep| rows(part, &asked, sweep)).collect()
    };
    let found = rows_of(&all)?;
    let of_sweep = |at: usize, strong: Option<&Strong<'_>>| {
        let maker = Maker { at, sweep: &sweeps[at], asked: &asked, tables, ladder, frame: all.frame(&rules[at]) };
        maker.signals(&found[at], strong)
    };
    let mut swept: Vec<(Signal, Span)> =
        (0..sweeps.len()).into_par_iter().flat_map_iter(|at| of_sweep(at, None)).collect();

    let weak = swept.iter().filter(|(signal, _)| signal.class.is_weak());
    let concerned: BTreeSet<u32> = weak.map(|(signal, _)| signal.household).collect();
    if !concerned.is_empty() {
        let concerned: Vec<u32> = concerned.into_iter().collect();
        let (households, persons, household_of) = strong_part(&rules, tables, &concerned).map_err(wrong)?;
        let part = Part { first_household: 0, first_person: 0, households, persons, household_of: &household_of };
        let mut beyond_doubt = rows_of(&part)?;
        beyond_doubt.iter_mut().flatten().for_each(|row| row.household = concerned[row.household as usize]);
        swept.retain(|(signal, _)| concerned.binary_search(&signal.household).is_err());
        let strong = |at: usize| Strong { concerned: &concerned, rows: &beyond_doubt[at] };
        swept.extend((0..sweeps.len()).flat_map(|at| of_sweep(at, Some(&strong(at)))));
    }
    swept.sort_by(|(one, span), (other, of_other)| {
        let place = |signal: &Signal| (signal.household, signal.rule);
        place(one).cmp(&place(other)).then(span.reach.low.total_cmp(&of_other.reach.low))
    });
    let (signals, spans) = swept.into_iter().unzip();
    Ok(Swept { signals, spans })
}

/// Rows that have a level with some number, or with any.
fn rows(part: &Part<'_>, asked: &Asked<'_>, sweep: &Sweep) -> Result<Vec<Row>, MatchError> {
    let frame = part.frame(&sweep.rule);
    let answered = answers(frame, &sweep.opened, &asked.unknown)?;
    let places: Vec<usize> =
        answered.into_iter().filter(|(_, answer)| matches!(answer, Answer::Level(_))).map(|(row, _)| row).collect();
    let Some(clause) = sweep.clause().filter(|_| !places.is_empty()) else { return Ok(Vec::new()) };
    let wrong = |source| MatchError::Compute { what: sweep.rule.id.clone(), source };
    let chosen = IdxCa::from_vec(PlSmallStr::EMPTY, places.iter().map(|row| *row as IdxSize).collect());
    let taken = frame.select(sweep.rule.reads()).and_then(|frame| frame.take(&chosen)).map_err(wrong)?;

    let others: Vec<(Level, &Clause)> = sweep.rule.levels.iter().map(|(level, clause)| (*level, clause)).collect();
    let others: Vec<(Level, &Clause)> =
        others.into_iter().filter(|(level, _)| *level != sweep.threshold.level).collect();
    let number = |clause: &Clause| clause.expr.clone().cast(DataType::Float64);
    let mut expressions: Vec<(String, Expr)> =
        others.iter().map(|(level, clause)| (level_column(*level), runs(clause, clause, &asked.unknown))).collect();
    expressions.push(("_open".to_owned(), runs(clause, clause, &asked.unknown)));
    expressions.push(("_value".to_owned(), number(&sweep.value)));
    expressions.extend(sweep.factor.as_ref().map(|factor| ("_factor".to_owned(), number(factor))));
    let otherwise = sweep.otherwise.as_ref();
    expressions.extend(otherwise.map(|other| ("_otherwise".to_owned(), runs(other, clause, &asked.unknown))));
    let answered = evaluate(&taken, &expressions, &sweep.rule.id)?;
    let flags = |name: &str| answered.column(name).and_then(|column| column.bool().cloned()).map_err(wrong);
    let numbers = |name: &str| answered.column(name).and_then(|column| column.f64().cloned()).map_err(wrong);
    let levels: Result<Vec<(Level, BooleanChunked)>, MatchError> =
        others.iter().map(|(level, _)| Ok((*level, flags(&level_column(*level))?))).collect();
    let (levels, open, values) = (levels?, flags("_open")?, numbers("_value")?);
    let factors = sweep.factor.as_ref().map(|_| numbers("_factor")).transpose()?;
    let otherwise = otherwise.map(|_| flags("_otherwise")).transpose()?;

    let way = sweep.threshold.way;
    let row = |(at, row): (usize, &usize)| {
        let is_otherwise = otherwise.as_ref().is_some_and(|flags| flags.get(at) == Some(true));
        let is_open = open.get(at) == Some(true);
        let (reach, value) = match (is_otherwise, values.get(at).filter(|_| is_open), &factors) {
            (true, ..) => (Some(Reach::ALL), None),
            (false, Some(value), None) => (Some(Reach::of(way, value)), Some(value)),
            (false, Some(value), Some(factors)) => match factors.get(at) {
                Some(factor) => (Reach::of_multiple(way, value, factor), (factor > 0.0).then(|| value / factor)),
                None => (None, None),
            },
            (false, None, _) => (None, None),
        };
        let is_person = sweep.rule.per == Per::Person;
        let other = levels.iter().find(|(_, flags)| flags.get(at) == Some(true)).map(|(level, _)| *level);
        let number = *row as u32;
        Row {
            household: if is_person { part.household_of[*row] } else { part.first_household + number },
            person: is_person.then_some(part.first_person + number),
            row: *row,
            other,
            reach,
            value: value.filter(|value| value.is_finite()),
        }
    };
    Ok(places.iter().enumerate().map(row).collect())
}

/// Rows of some households as if no row were linked weakly.
struct Strong<'a> {
    concerned: &'a [u32],
    rows: &'a [Row],
}

impl Strong<'_> {
    fn of(&self, household: u32) -> &[Row] {
        let first = self.rows.partition_point(|row| row.household < household);
        let end = self.rows.partition_point(|row| row.household <= household);
        &self.rows[first..end]
    }
}

struct Maker<'a> {
    at: usize,
    sweep: &'a Sweep,
    asked: &'a Asked<'a>,
    tables: &'a MonthTables<'a>,
    ladder: &'a Ladder,
    frame: &'a DataFrame,
}

impl Maker<'_> {
    /// The signals of all households; of those concerned by a doubt alone, where there is one, with their levels capped.
    fn signals(&self, rows: &[Row], strong: Option<&Strong<'_>>) -> Vec<(Signal, Span)> {
        let rule = &self.sweep.rule;
        let wordings: Vec<Wording<'_>> =
            rule.levels.iter().map(|(level, clause)| Wording::of(self.asked, rule, *level, clause)).collect();
        // Nobody reads their sentences.
        let bare = Rule { reason: Reason::default(), ..rule.clone() };
        let is_asked =
            |rows: &&[Row]| strong.is_none_or(|strong| strong.concerned.binary_search(&rows[0].household).is_ok());
        let of_household = |rows: &[Row]| self.of_household(rows, strong, &bare, &wordings);
        rows.chunk_by(|one, other| one.household == other.household).filter(is_asked).flat_map(of_household).collect()
    }

    fn of_household(
        &self,
        rows: &[Row],
        strong: Option<&Strong<'_>>,
        bare: &Rule,
        wordings: &[Wording<'_>],
    ) -> Vec<(Signal, Span)> {
        let level = self.sweep.threshold.level;
        let sure = strong.map_or(&[][..], |strong| strong.of(rows[0].household));
        let values = rows.iter().filter_map(|row| row.value);
        let value = match self.sweep.threshold.way.is_upward() {
            true => values.max_by(f64::total_cmp),
            false => values.min_by(f64::total_cmp),
        };
        let signal = |reach: Reach| {
            let fired = |row: &Row| {
                let level = row.level(level, reach.low)?;
                Some(Fired { household: row.household, person: row.person, row: row.row, answer: Answer::Level(level) })
            };
            let fired: Vec<Fired> = rows.iter().filter_map(fired).collect();
            let mut signal = signal(bare, self.at, wordings, self.frame, &fired)?;
            signal.class = self.tables.class(&signal);
            if strong.is_some() && signal.class.is_weak() {
                let sure = sure.iter().filter_map(|row| row.level(level, reach.low)).min();
                cap_one(&mut signal, bare, self.ladder, sure);
            }
            Some((signal, Span { reach, value }))
        };
        stretches(rows.iter().chain(sure)).into_iter().filter_map(signal).collect()
    }
}

/// The stretches of numbers in which the same rows pass, from the lowest on.
fn stretches<'a>(rows: impl Iterator<Item = &'a Row>) -> Vec<Reach> {
    let ends = rows.filter_map(|row| row.reach).flat_map(|reach| [reach.low, reach.high.next_up()]);
    let mut starts: Vec<f64> = ends.filter(|start| start.is_finite()).collect();
    starts.push(f64::NEG_INFINITY);
    starts.sort_by(f64::total_cmp);
    starts.dedup();
    let end = |at: usize| starts.get(at + 1).map_or(f64::INFINITY, |next| next.next_down());
    starts.iter().enumerate().map(|(at, low)| Reach { low: *low, high: end(at) }).collect()
}
