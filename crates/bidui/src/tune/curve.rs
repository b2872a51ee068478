//! What each threshold costs and finds: the number with which a rule begins to fire, moved over a range.
//!
//! Below the present number nobody knocked on doors, so of what lies there the visits are known and not the findings; the figures say of how many
//! doors something is known.

use std::collections::{BTreeMap, BTreeSet};

use bidui_match::{Per, Rule, RuleContext, Threshold};
use serde::Serialize;

use crate::tune::measure::{Counted, Precision};
use crate::tune::replay::{Book, Fired, Replayed};
use crate::tune::verdicts::Verdicts;

/// Points of a curve, beside those of the present and the proposed number.
const POINTS: usize = 24;
/// Of fewer there is no curve.
const LEAST_POINTS: usize = 2;
/// How far below its number a rule is opened that fires from a number on, and how far above it one that fires up to a number: further out there are
/// too many households for anybody to visit.
const OPENED_DOWN: f64 = 0.5;
const OPENED_UP: f64 = 1.25;

/// A rule's threshold, moved.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Curve {
    pub(crate) rule: String,
    pub(crate) title: String,
    /// The fact, and how the rule compares it.
    pub(crate) fact: String,
    pub(crate) fact_title: String,
    pub(crate) unit: String,
    pub(crate) sign: &'static str,
    pub(crate) level: &'static str,
    /// The number in the configuration, and the one that is tried.
    pub(crate) present: f64,
    pub(crate) proposed: f64,
    pub(crate) points: Vec<Point>,
    pub(crate) bands: Vec<Band>,
}

/// The rule at one number.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Point {
    pub(crate) threshold: f64,
    /// Household-months that it fires for, and those among them that no other rule warns of.
    pub(crate) signals: u64,
    /// Households among them.
    pub(crate) households: u64,
    pub(crate) alone: u64,
    /// Doors of all rules together, a month.
    pub(crate) visits: f64,
    pub(crate) precision: Precision,
    /// Of the included families those that it fires for; and those whom no rule at all would have warned of.
    pub(crate) caught: u64,
    pub(crate) recall: Option<f64>,
    pub(crate) missed: u64,
}

/// Doors whose value lies between two numbers: how often the evidence was true.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Band {
    pub(crate) from: f64,
    /// The last band has no end.
    pub(crate) to: Option<f64>,
    pub(crate) signals: u64,
    pub(crate) precision: Precision,
}

/// The number that can be moved: not of a rule about persons, of whose values a household has several, and not of one that asks whether something is
/// there at all (`> 0`).
pub(crate) fn entry(rule: &Rule) -> Option<Threshold> {
    let is_presence = |threshold: &Threshold| threshold.way.is_upward() && threshold.number == 0.0;
    rule.entry().filter(|threshold| rule.per == Per::Household && !is_presence(threshold))
}

/// The rules with their entries opened, as far as the curves go.
pub(crate) fn opened(proposed: &[Rule], present: &[Rule], context: &RuleContext<'_>) -> Vec<Rule> {
    let open = |rule: &Rule| {
        let threshold = entry(rule)?;
        let other = present.iter().find(|other| other.id == rule.id).and_then(entry);
        let number = other.map_or(threshold.number, |other| match threshold.way.is_upward() {
            true => threshold.number.min(other.number),
            false => threshold.number.max(other.number),
        });
        let factor = if threshold.way.is_upward() { OPENED_DOWN } else { OPENED_UP };
        let number = if number > 0.0 { number * factor } else { number };
        rule.with_threshold(threshold.level, number, context).ok()
    };
    proposed.iter().filter_map(open).collect()
}

/// A value of a household in a month, and what is known of it.
struct Met<'a> {
    value: f64,
    household: &'a str,
    /// Another rule leads to the door too.
    is_shared: bool,
    counted: Counted,
}

/// The curve of one of the proposed rules; `None` where it has none, or nothing to show.
pub(crate) fn curve(
    rule: &Rule,
    present: Option<&Rule>,
    months: &[Replayed],
    verdicts: &Verdicts,
    book: &Book,
    fact: (&str, &str),
) -> Option<Curve> {
    let threshold = entry(rule)?;
    let at = book.place(&rule.id)?;
    let present = present.and_then(entry).map_or(threshold.number, |present| present.number);
    let mut met = met(at, months, verdicts);
    if met.is_empty() {
        return None;
    }
    met.sort_by(|one, other| one.value.total_cmp(&other.value));
    let others = Others::of(at, months, verdicts);
    let point = |number: f64| {
        let fired = met.iter().filter(|met| threshold.way.is_true(met.value, number));
        let (mut signals, mut alone, mut counted) = (0, 0, Counted::default());
        let (mut households, mut all): (BTreeSet<&str>, BTreeSet<&str>) = (BTreeSet::new(), BTreeSet::new());
        for met in fired {
            all.insert(met.household);
            signals += 1;
            alone += u64::from(!met.is_shared);
            counted.confirmed += met.counted.confirmed;
            counted.refuted += met.counted.refuted;
            if verdicts.included.contains(met.household) {
                households.insert(met.household);
            }
        }
        let caught = others.included.iter().filter(|household| households.contains(*household)).count() as u64;
        let is_met = |household: &&&str| households.contains(**household) || others.warned.contains(**household);
        let found = others.included.iter().filter(is_met).count() as u64;
        let included = others.included.len() as u64;
        Point {
            threshold: number,
            signals,
            households: all.len() as u64,
            alone,
            visits: (others.doors + alone) as f64 / months.len().max(1) as f64,
            precision: counted.precision(),
            caught,
            recall: (included > 0).then(|| caught as f64 / included as f64),
            missed: included - found,
        }
    };
    let values: Vec<f64> = met.iter().map(|met| met.value).collect();
    let numbers = numbers(&values, [present, threshold.number], threshold.way.is_upward());
    if numbers.len() < LEAST_POINTS {
        return None;
    }
    Some(Curve {
        rule: rule.id.clone(),
        title: rule.title.clone(),
        fact: threshold.name.clone(),
        fact_title: fact.0.to_owned(),
        unit: fact.1.to_owned(),
        sign: threshold.way.sign(),
        level: threshold.level.code(),
        present,
        proposed: threshold.number,
        points: numbers.into_iter().map(point).collect(),
        bands: bands(&met),
    })
}

fn met<'a>(rule: usize, months: &'a [Replayed], verdicts: &Verdicts) -> Vec<Met<'a>> {
    let of_month = |month: &'a Replayed| {
        let of_rule = month.opened.iter().filter(move |signal| signal.rule == rule);
        of_rule.filter_map(move |signal| {
            let household = month.homes[signal.home as usize].household.as_str();
            let mut counted = Counted::default();
            if month.before.doors.contains_key(&signal.home) {
                counted.add(verdicts.of(month.month, household));
            }
            let is_shared =
                crate::tune::figures::signals_of(&month.after, signal.home).iter().any(|other| other.rule != rule);
            Some(Met { value: signal.value?, household, is_shared, counted })
        })
    };
    months.iter().flat_map(of_month).collect()
}

/// What the other rules lead to.
struct Others<'a> {
    doors: u64,
    /// Included families with a door in some month, on the published lists.
    included: BTreeSet<&'a str>,
    /// Households that another rule warns of in some month.
    warned: BTreeSet<&'a str>,
}

impl<'a> Others<'a> {
    fn of(rule: usize, months: &'a [Replayed], verdicts: &Verdicts) -> Self {
        let mut others = Self { doors: 0, included: BTreeSet::new(), warned: BTreeSet::new() };
        for month in months {
            let household = |home: u32| month.homes[home as usize].household.as_str();
            let issued = month.before.doors.keys().map(|home| household(*home));
            others.included.extend(issued.filter(|household| verdicts.included.contains(*household)));
            let is_other = |signals: &&[Fired]| signals.iter().any(|signal| signal.rule != rule);
            for signals in month.after.signals.chunk_by(|one, other| one.home == other.home).filter(is_other) {
                others.doors += 1;
                others.warned.insert(household(signals[0].home));
            }
        }
        others
    }
}

/// Numbers to try: every value where they are few counts, else round ones over their range, each letting its value through; and those that must be
/// there. `values` are sorted.
fn numbers(values: &[f64], musts: [f64; 2], is_upward: bool) -> Vec<f64> {
    let mut distinct = values.to_vec();
    distinct.dedup();
    let are_counts = distinct.iter().all(|value| value.fract() == 0.0 && value.abs() <= 100.0);
    let mut numbers: Vec<f64> = if are_counts && distinct.len() <= POINTS {
        distinct
    } else {
        let (last, parts) = (distinct.len() - 1, POINTS.min(distinct.len()) - 1);
        (0..=parts).map(|at| rounded(distinct[at * last / parts.max(1)], is_upward)).collect()
    };
    numbers.extend(musts);
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    numbers
}

/// To two leading digits, as people set thresholds: down where more is worse, else up.
fn rounded(value: f64, down: bool) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let scale = 10_f64.powi(value.abs().log10().floor() as i32 - 1).max(1.0);
    let parts = value / scale;
    (if down { parts.floor() } else { parts.ceil() }) * scale
}

/// Fifths of the doors, by value.
fn bands(met: &[Met<'_>]) -> Vec<Band> {
    const BANDS: usize = 5;
    let mut starts: Vec<f64> = (0..BANDS).map(|at| met[at * met.len() / BANDS].value).collect();
    starts.dedup();
    let band = |(at, from): (usize, &f64)| {
        let to = starts.get(at + 1).copied();
        let within = met.iter().filter(|met| met.value >= *from && to.is_none_or(|to| met.value < to));
        let (mut signals, mut counted) = (0, Counted::default());
        for met in within {
            signals += 1;
            counted.confirmed += met.counted.confirmed;
            counted.refuted += met.counted.refuted;
        }
        Band { from: *from, to, signals, precision: counted.precision() }
    };
    starts.iter().enumerate().map(band).collect()
}

/// Values of the swept rules by door, for whoever looks for better numbers.
pub(crate) fn values_of(months: &[Replayed]) -> BTreeMap<(usize, u32), BTreeMap<usize, f64>> {
    let mut values: BTreeMap<(usize, u32), BTreeMap<usize, f64>> = BTreeMap::new();
    for (at, month) in months.iter().enumerate() {
        for signal in &month.opened {
            if let Some(value) = signal.value {
                values.entry((at, signal.home)).or_default().insert(signal.rule, value);
            }
        }
    }
    values
}
