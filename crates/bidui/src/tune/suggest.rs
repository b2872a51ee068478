//! Thresholds under which towns can visit every door, and what they give up. A proposal: nothing is written.
//!
//! From the rules as proposed, step by step: of all numbers to which a rule's could be raised (lowered, where less is worse) the one that spares
//! towns most doors in the months in which they are overloaded for the least loss; a family that was included and would be on no list weighs as many doors
//! as could be spared in all, a warning that was true as ten. A number is never moved past that of the next level. What only its author can
//! weigh is left to him: a rule of which several numbers could be moved, one that asks whether there is anything at all, and a number that the rule's value
//! is not held against, as an age. Then every move is taken back as
//! far as no month of a town is overloaded for it: what a town cannot reach anyway costs no family. A greedy search, which says so.

use std::collections::{BTreeMap, BTreeSet};

use bidui_match::{Reach, Rule, Threshold, Way};
use bidui_model::Level;
use serde::Serialize;

use crate::tune::axes::{Axes, Axis};
use crate::tune::curve::{Curve, Point};
use crate::tune::figures::signals_of;
use crate::tune::replay::Replayed;
use crate::tune::verdicts::{Outcome, Verdicts};

/// How many numbers ahead a step may go: one that spares nothing may lie between.
const AHEAD: usize = 6;
/// What a true warning that is given up weighs, in doors.
const TRUE_WARNING: f64 = 10.0;

/// What is proposed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Suggestion {
    pub(crate) moves: Vec<Move>,
    /// Doors a month in all, before and after.
    pub(crate) doors_before: f64,
    pub(crate) doors_after: f64,
    /// Of the doors given up: where there was nothing to do, where the evidence was true, and where nobody has answered.
    pub(crate) no_risk: u64,
    pub(crate) confirmed: u64,
    /// Neither: passed on, seen by telephone, and the like.
    pub(crate) other: u64,
    pub(crate) unanswered: u64,
    /// Included families that no list would have had.
    pub(crate) missed: u64,
    /// Towns whose doors still are more than they can visit in some months.
    pub(crate) over: Vec<Overloaded>,
}

/// A town in the months in which it has more doors than it can visit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Overloaded {
    pub(crate) town: String,
    pub(crate) months: u64,
    /// Doors of the worst of them.
    pub(crate) most: u64,
    pub(crate) capacity: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Move {
    pub(crate) rule: String,
    pub(crate) title: String,
    pub(crate) level: &'static str,
    pub(crate) from: f64,
    pub(crate) to: f64,
    /// What `bidui tune --set` takes.
    pub(crate) set: String,
    /// What this one alone gives up, the others made: doors of all months, and included families that no list would have had.
    pub(crate) doors: u64,
    pub(crate) missed: u64,
}

/// A door of the proposed rules.
struct Door<'a> {
    month: usize,
    town: &'a str,
    household: &'a str,
    /// Whether a rule that is not moved leads to it.
    is_fixed: bool,
    /// The numbers with which those that are lead to it, by place among the movable.
    reaches: Vec<(usize, Reach)>,
    outcome: Option<(Outcome, bool)>,
}

/// A rule whose number may be moved.
struct Movable<'a> {
    rule: &'a Rule,
    axis: &'a Axis,
    /// Place of the axis.
    at_axis: usize,
    /// Numbers to try, each stricter than the one before; the first is the proposed one.
    numbers: Vec<f64>,
    at: usize,
    /// Doors to which it leads with some number.
    doors: Vec<usize>,
}

struct Search<'a> {
    doors: Vec<Door<'a>>,
    movable: Vec<Movable<'a>>,
    included: BTreeSet<&'a str>,
    months: f64,
}

pub(crate) fn suggest(
    rules: &[Rule],
    (axes, curves): (&Axes, &[Curve]),
    months: &[Replayed],
    verdicts: &Verdicts,
    capacity: &dyn Fn(&str) -> Option<u64>,
    town_name: &dyn Fn(&str) -> String,
) -> Suggestion {
    let mut movable = movable(rules, axes, curves, months);
    let doors = doors(months, verdicts, &movable);
    for (at, door) in doors.iter().enumerate() {
        // A rule may lead to it with several stretches of numbers.
        let places: BTreeSet<usize> = door.reaches.iter().map(|(place, _)| *place).collect();
        places.into_iter().for_each(|place| movable[place].doors.push(at));
    }
    let included = doors.iter().map(|door| door.household).filter(|household| verdicts.included.contains(*household));
    let included = included.collect();
    let mut search = Search { doors, movable, included, months: months.len().max(1) as f64 };
    let before = search.open();
    let mut moved = Vec::new();
    while let Some((rule, at)) = search.best(&search.over(capacity).into_keys().collect()) {
        search.movable[rule].at = at;
        moved.retain(|other| *other != rule);
        moved.push(rule);
    }
    search.take_back(&moved, capacity);
    search.outcome(&before, capacity, town_name)
}

fn movable<'a>(rules: &'a [Rule], axes: &'a Axes, curves: &[Curve], months: &[Replayed]) -> Vec<Movable<'a>> {
    let of_curve = |curve: &Curve| {
        let axis = &axes.all[curve.axis];
        let (rule, threshold) = (&rules[axis.rule], &axis.threshold);
        let is_above = |level: &Level| *level < threshold.level;
        let next = rule.levels.iter().rev().map(|(level, _)| *level).find(is_above);
        let next = next.and_then(|level| rule.threshold(level).ok());
        let is_same = |next: &Threshold| (&next.name, &next.factor) == (&threshold.name, &threshold.factor);
        let next = next.filter(is_same);
        let is_stricter = |number: &f64| match threshold.way.is_upward() {
            true => *number > threshold.number,
            false => *number < threshold.number,
        };
        // A number that leaves the level nobody below the next is no threshold either: the level would be gone.
        let reached = || months.iter().flat_map(|month| month.reached_by(curve.axis)).filter_map(|one| one.value);
        let next = next.map(|next| (next, reached().collect::<Vec<f64>>()));
        let has_level = |number: f64| {
            next.as_ref()
                .is_none_or(|(next, values)| leaves_some(values, (threshold.way, number), (next.way, next.number)))
        };
        let is_within = |number: &f64| is_stricter(number) && has_level(*number);
        // What would leave nothing of the rule is no threshold; that belongs to its author. Nor is what warns of the worst.
        let leaves = |point: &&Point| point.signals > 0;
        let points = curve.points.iter().filter(leaves).map(|point| point.number);
        let mut stricter: Vec<f64> = points.filter(is_within).collect();
        if !threshold.way.is_upward() {
            stricter.reverse();
        }
        let numbers = std::iter::once(threshold.number).chain(stricter).collect();
        let is_of_value = rule.value.as_ref() == Some(&threshold.name) && !threshold.is_presence();
        let is_movable = axis.is_only && is_of_value && threshold.level != Level::Red;
        is_movable.then(|| Movable { rule, axis, at_axis: curve.axis, numbers, at: 0, doors: Vec::new() })
    };
    curves.iter().filter_map(of_curve).collect()
}

/// Whether a level keeps some of the values for itself that the next one does not take.
fn leaves_some(values: &[f64], (way, number): (Way, f64), (next_way, next): (Way, f64)) -> bool {
    values.iter().any(|value| way.is_true(*value, number) && !next_way.is_true(*value, next))
}

/// The doors that there are, and those that a stricter number may bring back: what was cooling with one member's signal may not with another's.
fn doors<'a>(months: &'a [Replayed], verdicts: &Verdicts, movable: &[Movable<'_>]) -> Vec<Door<'a>> {
    let moved: BTreeSet<usize> = movable.iter().map(|movable| movable.axis.rule).collect();
    let of_month = |(at, month): (usize, &'a Replayed)| {
        let mut of_homes: BTreeMap<u32, Vec<(usize, Reach)>> =
            month.after.signals.iter().map(|signal| (signal.home, Vec::new())).collect();
        for (place, movable) in movable.iter().enumerate() {
            let (now, is_upward) = (movable.numbers[0], movable.axis.threshold.way.is_upward());
            for reached in month.reached_by(movable.at_axis) {
                let reach = reached.reach;
                if if is_upward { reach.high >= now } else { reach.low <= now } {
                    of_homes.entry(reached.home).or_default().push((place, reach));
                }
            }
        }
        let door = |(home, reaches): (u32, Vec<(usize, Reach)>)| {
            let household = &month.homes[home as usize];
            let verdict = verdicts.of(month.month, &household.household);
            Door {
                month: at,
                town: &household.town,
                household: &household.household,
                is_fixed: signals_of(&month.after, home).iter().any(|signal| !moved.contains(&signal.rule)),
                outcome: verdict.map(|verdict| (verdict.outcome, verdict.is_no_risk)),
                reaches,
            }
        };
        of_homes.into_iter().map(door).collect::<Vec<_>>()
    };
    months.iter().enumerate().flat_map(of_month).collect()
}

impl<'a> Search<'a> {
    /// Whether a door is knocked on, with one rule at another number.
    fn is_open(&self, door: &Door<'_>, with: Option<(usize, f64)>) -> bool {
        let fires = |(place, reach): &(usize, Reach)| {
            let number = match with {
                Some((rule, number)) if rule == *place => number,
                _ => self.movable[*place].numbers[self.movable[*place].at],
            };
            reach.has(number)
        };
        door.is_fixed || door.reaches.iter().any(fires)
    }

    fn open(&self) -> Vec<bool> {
        self.doors.iter().map(|door| self.is_open(door, None)).collect()
    }

    /// Towns, by month, whose doors are more than they can visit; with how many doors.
    fn over(&self, capacity: &dyn Fn(&str) -> Option<u64>) -> BTreeMap<(&'a str, usize), u64> {
        let mut counts: BTreeMap<(&str, usize), u64> = BTreeMap::new();
        for (door, _) in self.doors.iter().zip(self.open()).filter(|(door, is_open)| *is_open && !door.town.is_empty())
        {
            *counts.entry((door.town, door.month)).or_default() += 1;
        }
        counts.retain(|(town, _), doors| capacity(town).is_some_and(|most| *doors > most));
        counts
    }

    /// Takes back every move as far as it brings no town within what it can visit in any month, the last made first.
    fn take_back(&mut self, moved: &[usize], capacity: &dyn Fn(&str) -> Option<u64>) {
        let over = self.over(capacity).len();
        for rule in moved.iter().rev() {
            let moved_to = self.movable[*rule].at;
            for at in 0..moved_to {
                self.movable[*rule].at = at;
                if self.over(capacity).len() <= over {
                    break;
                }
                self.movable[*rule].at = moved_to;
            }
        }
    }

    /// The rule and the place among its numbers that spare most for the least.
    fn best(&self, over: &BTreeSet<(&str, usize)>) -> Option<(usize, usize)> {
        if over.is_empty() {
            return None;
        }
        let open = self.open();
        let mut reached: BTreeMap<&str, usize> = BTreeMap::new();
        for (door, _) in self.doors.iter().zip(&open).filter(|(_, is_open)| **is_open) {
            *reached.entry(door.household).or_default() += 1;
        }
        let mut best: Option<(f64, usize, usize)> = None;
        for (at, movable) in self.movable.iter().enumerate() {
            let ahead = movable.at + 1..movable.numbers.len().min(movable.at + 1 + AHEAD);
            for place in ahead {
                let (gain, loss) = self.weighed(at, movable.numbers[place], &open, &reached, over);
                let worth = gain / (1.0 + loss);
                if gain > 0.0 && best.is_none_or(|(most, ..)| worth > most) {
                    best = Some((worth, at, place));
                }
            }
        }
        best.map(|(_, rule, place)| (rule, place))
    }

    /// Doors that overloaded towns are spared, and what is lost with all that are.
    fn weighed(
        &self,
        rule: usize,
        number: f64,
        open: &[bool],
        reached: &BTreeMap<&str, usize>,
        over: &BTreeSet<(&str, usize)>,
    ) -> (f64, f64) {
        let (mut gain, mut loss) = (0.0, 0.0);
        let mut lost: BTreeMap<&str, usize> = BTreeMap::new();
        for door in self.movable[rule].doors.iter().copied().filter(|door| open[*door]).map(|door| &self.doors[door]) {
            if self.is_open(door, Some((rule, number))) {
                continue;
            }
            gain += if over.contains(&(door.town, door.month)) { 1.0 } else { 0.0 };
            if matches!(door.outcome, Some((Outcome::Confirmed, false))) {
                loss += TRUE_WARNING;
            }
            *lost.entry(door.household).or_default() += 1;
        }
        let missed = lost.iter().filter(|(household, doors)| {
            self.included.contains(*household) && reached.get(*household).is_some_and(|all| all == *doors)
        });
        (gain, loss + missed.count() as f64 * self.doors.len() as f64)
    }

    /// Included families behind open doors.
    fn included_of(&self, open: &[bool]) -> BTreeSet<&'a str> {
        let open = self.doors.iter().zip(open).filter(|(_, is_open)| **is_open);
        open.map(|(door, _)| door.household).filter(|household| self.included.contains(household)).collect()
    }

    /// What one move gives up, the others made.
    fn cost(&mut self, place: usize, after: &[bool]) -> (u64, u64) {
        let moved_to = std::mem::replace(&mut self.movable[place].at, 0);
        let without = if moved_to == 0 { after.to_vec() } else { self.open() };
        self.movable[place].at = moved_to;
        let doors = without.iter().zip(after).filter(|(without, with)| **without && !**with).count() as u64;
        let missed = self.included_of(&without).difference(&self.included_of(after)).count() as u64;
        (doors, missed)
    }

    fn outcome(
        mut self,
        before: &[bool],
        capacity: &dyn Fn(&str) -> Option<u64>,
        town_name: &dyn Fn(&str) -> String,
    ) -> Suggestion {
        let (after, months) = (self.open(), self.months);
        let count = |side: &[bool]| side.iter().filter(|is_open| **is_open).count() as f64 / months;
        let (mut no_risk, mut confirmed, mut other, mut unanswered) = (0, 0, 0, 0);
        for ((door, _), _) in self.doors.iter().zip(before).zip(&after).filter(|((_, was), is)| **was && !**is) {
            match door.outcome {
                Some((_, true)) => no_risk += 1,
                Some((Outcome::Confirmed, false)) => confirmed += 1,
                Some(_) => other += 1,
                None => unanswered += 1,
            }
        }
        let costs: Vec<(u64, u64)> = (0..self.movable.len()).map(|place| self.cost(place, &after)).collect();
        let moves = self.movable.iter().zip(costs).filter(|(movable, _)| movable.at > 0).map(|(movable, costs)| {
            let (doors, missed) = costs;
            let (from, to) = (movable.axis.threshold.number, movable.numbers[movable.at]);
            let (set, level) = (format!("--set {}{to}", movable.axis.set), movable.axis.threshold.level.code());
            let (rule, title) = (movable.rule.id.clone(), movable.rule.title.clone());
            Move { rule, title, level, from, to, set, doors, missed }
        });
        let moves: Vec<Move> = moves.collect();
        let households = |side: &[bool]| self.included_of(side);
        let mut over: BTreeMap<&str, Overloaded> = BTreeMap::new();
        for ((town, _), doors) in self.over(capacity) {
            let new =
                || Overloaded { town: town_name(town), months: 0, most: 0, capacity: capacity(town).unwrap_or(0) };
            let of_town = over.entry(town).or_insert_with(new);
            (of_town.months, of_town.most) = (of_town.months + 1, of_town.most.max(doors));
        }
        Suggestion {
            moves,
            doors_before: count(before),
            doors_after: count(&after),
            no_risk,
            confirmed,
            other,
            unanswered,
            missed: households(before).difference(&households(&after)).count() as u64,
            over: over.into_values().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_leaves_a_level_nobody_does_away_with_it() {
        let check = |values: &[f64], level: (Way, f64), next: (Way, f64), expected: bool| {
            assert_eq!(leaves_some(values, level, next), expected, "{values:?} {level:?} {next:?}");
        };
        let (at_least, more) = (Way::AtLeast, Way::MoreThan);
        check(&[2.0, 3.0, 4.0], (at_least, 2.0), (at_least, 3.0), true);
        check(&[2.0, 3.0, 4.0], (at_least, 3.0), (at_least, 3.0), false);
        // More than two persons are three.
        check(&[2.0, 3.0, 4.0], (more, 2.0), (at_least, 3.0), false);
        check(&[2.0, 3.0, 4.0], (at_least, 3.0), (more, 3.0), true);
        check(&[0.5, 0.7], (Way::AtMost, 0.6), (Way::AtMost, 0.6), false);
        check(&[0.5, 0.7], (Way::LessThan, 0.8), (Way::AtMost, 0.6), true);
    }
}
