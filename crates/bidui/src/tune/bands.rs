//! How often a rule was right by how far beyond its number a household lay: of the doors on which this rule knocked, and of no others.
//!
//! Where it did not knock, below its number or because it is new, nothing is known of it: other rules that led to some of those doors had other reasons, so what
//! was found there is told apart. Every signal that was issued is in one band.

use std::collections::BTreeMap;

use bidui_match::{Rule, Way};
use serde::Serialize;

use crate::tune::axes::Axis;
use crate::tune::curve::rounded;
use crate::tune::figures::signals_of;
use crate::tune::measure::{Counted, Precision};
use crate::tune::replay::Replayed;
use crate::tune::verdicts::{Verdict, Verdicts};

/// Into so many parts the issued signals are cut, beside the levels' numbers and those that are tried.
const PARTS: usize = 5;
/// So many whole numbers have a band each.
const FEW: usize = 12;

/// A stretch of what is compared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Band {
    /// `10000至不满25000`; of signals that do not hang on the number, so.
    pub(crate) title: String,
    /// Its ends, and whether they are in it. A band without either is of those that have no value.
    pub(crate) from: Option<f64>,
    pub(crate) has_from: bool,
    pub(crate) to: Option<f64>,
    pub(crate) has_to: bool,
    /// Household-months with a signal of this rule on the published lists, and what the towns found there.
    pub(crate) signals: u64,
    pub(crate) precision: Precision,
    /// Household-months without; and what was found at those of them to which other rules led.
    pub(crate) not_asked: u64,
    pub(crate) elsewhere: Precision,
}

impl Band {
    /// Whether this rule knocked on a door of it.
    pub(crate) fn is_asked(&self) -> bool {
        self.signals > 0
    }
}

/// A household in a month.
struct Door {
    value: Option<f64>,
    /// It was on a list for this rule.
    is_own: bool,
    verdict: Option<Verdict>,
}

/// A place at which values are parted: the number itself belongs above, or below.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Edge {
    number: f64,
    is_below: bool,
}

impl Edge {
    fn of(way: Way, number: f64) -> Self {
        Self { number, is_below: matches!(way, Way::MoreThan | Way::AtMost) }
    }
    /// The least value above it.
    fn least(self) -> f64 {
        if self.is_below { self.number.next_up() } else { self.number }
    }
    /// The same of what is counted.
    fn of_count(self) -> Self {
        let number = if self.is_below { self.number.floor() + 1.0 } else { self.number.ceil() };
        Self { number, is_below: false }
    }
}

pub(crate) fn bands((at, axis): (usize, &Axis), rule: &Rule, months: &[Replayed], verdicts: &Verdicts) -> Vec<Band> {
    let doors: Vec<Door> = months.iter().flat_map(|month| doors(at, axis.rule, month, verdicts)).collect();
    let mut own: Vec<f64> = doors.iter().filter(|door| door.is_own).filter_map(|door| door.value).collect();
    own.sort_by(f64::total_cmp);
    let mut distinct = own.clone();
    distinct.dedup();
    let are_whole = doors.iter().filter_map(|door| door.value).all(|value| value.fract() == 0.0);
    let are_counts = are_whole && distinct.len() <= FEW && distinct.iter().all(|value| value.abs() <= 100.0);
    let mut edges = fixed(axis, rule);
    if are_counts {
        let each = distinct.iter().flat_map(|value| [*value, value + 1.0]);
        edges.extend(each.map(|number| Edge { number, is_below: false }));
        edges.iter_mut().for_each(|edge| *edge = edge.of_count());
    } else {
        edges.extend(parts(&own, &edges, axis.threshold.way, are_whole));
    }
    edges.sort_by(|one, other| one.least().total_cmp(&other.least()));
    edges.dedup_by(|one, other| one.least() == other.least());

    let ends = std::iter::once(None).chain(edges.iter().copied().map(Some));
    let next = edges.iter().copied().map(Some).chain([None]);
    let mut bands: Vec<Band> = ends.zip(next).map(|(from, to)| band(from, to, are_counts, &doors)).collect();
    bands.push(without_value(&doors));
    bands.retain(|band| band.signals > 0 || band.not_asked > 0);
    bands
}

/// Every household with a signal of the rule in the month, issued or with some number.
fn doors(at: usize, rule: usize, month: &Replayed, verdicts: &Verdicts) -> Vec<Door> {
    // A household whose signal changes on the way is reached more than once, with the one value that it has.
    let mut values: BTreeMap<u32, Option<f64>> =
        month.reached_by(at).iter().map(|reached| (reached.home, reached.value)).collect();
    let own = month.before.signals.iter().filter(|signal| signal.rule == rule);
    own.for_each(|signal| _ = values.entry(signal.home).or_default());
    let door = |(home, value): (u32, Option<f64>)| Door {
        value,
        is_own: signals_of(&month.before, home).iter().any(|signal| signal.rule == rule),
        verdict: verdicts
            .of(month.month, &month.homes[home as usize].household)
            .filter(|_| month.before.doors.contains_key(&home)),
    };
    values.into_iter().map(door).collect()
}

/// The numbers at which the rule itself parts: its levels', those that are tried, and the loosest that is looked at.
fn fixed(axis: &Axis, rule: &Rule) -> Vec<Edge> {
    let moved = &axis.threshold;
    let of_levels = rule.levels.iter().flat_map(|(level, _)| rule.thresholds(*level));
    let same = of_levels.filter(|one| {
        (&one.name, &one.factor, one.way.is_upward()) == (&moved.name, &moved.factor, moved.way.is_upward())
    });
    let tried = [axis.present, moved.number, axis.loosest].map(|number| Edge::of(moved.way, number));
    same.map(|one| Edge::of(one.way, one.number)).chain(tried).collect()
}

/// Round numbers that part the issued signals evenly, where they lie on both sides of each.
fn parts(own: &[f64], fixed: &[Edge], way: Way, are_whole: bool) -> Vec<Edge> {
    let below = |edge: &Edge| own.partition_point(|value| *value < edge.least());
    let mut cuts: Vec<usize> = fixed.iter().map(below).chain([0, own.len()]).collect();
    let mut chosen = Vec::new();
    for part in 1..PARTS {
        let Some(value) = own.get(part * own.len() / PARTS) else { continue };
        let edge = Edge::of(way, rounded(*value, way.is_upward(), are_whole));
        let cut = below(&edge);
        if !cuts.contains(&cut) {
            cuts.push(cut);
            chosen.push(edge);
        }
    }
    chosen
}

fn band(from: Option<Edge>, to: Option<Edge>, are_counts: bool, doors: &[Door]) -> Band {
    let is_in = |value: f64| from.is_none_or(|from| value >= from.least()) && to.is_none_or(|to| value < to.least());
    let title = if are_counts { count_title(from, to) } else { title(from, to) };
    let counted = counted(title, doors.iter().filter(|door| door.value.is_some_and(is_in)));
    Band {
        from: from.map(|edge| edge.number),
        has_from: from.is_some_and(|edge| !edge.is_below),
        to: to.map(|edge| edge.number),
        has_to: to.is_some_and(|edge| edge.is_below),
        ..counted
    }
}

/// Issued signals that do not hang on the number.
fn without_value(doors: &[Door]) -> Band {
    let title = "与这个数无关的".to_owned();
    counted(title, doors.iter().filter(|door| door.value.is_none() && door.is_own))
}

fn counted<'a>(title: String, doors: impl Iterator<Item = &'a Door>) -> Band {
    let (mut signals, mut not_asked) = (0, 0);
    let (mut own, mut elsewhere) = (Counted::default(), Counted::default());
    for door in doors {
        let (count, found) = if door.is_own { (&mut signals, &mut own) } else { (&mut not_asked, &mut elsewhere) };
        *count += 1;
        found.add(door.verdict);
    }
    let (precision, elsewhere) = (own.precision(), elsewhere.precision());
    Band { title, from: None, has_from: false, to: None, has_to: false, signals, precision, not_asked, elsewhere }
}

/// In the law's words: 以上 and 以下 hold the number, 超过 and 不满 do not (民法典 1259).
fn title(from: Option<Edge>, to: Option<Edge>) -> String {
    let end = |edge: Edge| (shown(edge.number), edge.is_below);
    match (from.map(end), to.map(end)) {
        (Some((from, false)), None) => format!("{from}以上"),
        (Some((from, true)), None) => format!("超过{from}"),
        (None, Some((to, true))) => format!("{to}以下"),
        (None, Some((to, false))) => format!("不满{to}"),
        (None, None) => "全部".to_owned(),
        (Some((from, is_below)), Some((to, has_to))) => {
            let (over, under) = (if is_below { "超过" } else { "" }, if has_to { "" } else { "不满" });
            format!("{over}{from}至{under}{to}")
        }
    }
}

/// 0.88 is what people write; 0.8 × 1.1 is not.
fn shown(number: f64) -> f64 {
    (number * 1e9).round() / 1e9
}

/// The same of whole numbers, both ends within.
fn count_title(from: Option<Edge>, to: Option<Edge>) -> String {
    match (from.map(|edge| edge.number), to.map(|edge| edge.number - 1.0)) {
        (Some(from), Some(last)) if from == last => from.to_string(),
        (Some(from), Some(last)) => format!("{from}至{last}"),
        (Some(from), None) => format!("{from}以上"),
        (None, Some(last)) => format!("{last}以下"),
        (None, None) => "全部".to_owned(),
    }
}
