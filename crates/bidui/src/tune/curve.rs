//! What each threshold costs and finds: a number of a rule, moved over a range. Every point is what `--set` with that number gives.
//!
//! Below the present number nobody knocked on doors, so of what lies there the visits are known and not the findings; the figures say of how many
//! doors something is known.

use std::collections::HashMap;

use bidui_match::{Reach, Rule};
use serde::Serialize;

use crate::tune::axes::Axis;
use crate::tune::bands::{Band, bands};
use crate::tune::figures::signals_of;
use crate::tune::measure::{Counted, Precision};
use crate::tune::replay::{Fired, Home, Replayed};
use crate::tune::verdicts::{Verdict, Verdicts};

/// Points of a curve, beside those of the present and the proposed number.
const POINTS: usize = 24;

/// A rule's threshold, moved.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Curve {
    pub(crate) rule: String,
    pub(crate) title: String,
    /// `person` or `household`: of a household's persons the worst counts.
    pub(crate) per: &'static str,
    /// What is compared, and how.
    pub(crate) fact: String,
    pub(crate) fact_title: String,
    pub(crate) unit: String,
    pub(crate) sign: &'static str,
    /// What the number is a multiple of; empty where it is none.
    pub(crate) factor: String,
    pub(crate) factor_title: String,
    pub(crate) level: &'static str,
    /// The number in the configuration, and the one that is tried.
    pub(crate) present: f64,
    pub(crate) proposed: f64,
    pub(crate) points: Vec<Point>,
    pub(crate) bands: Vec<Band>,
    /// Place of what is moved.
    #[serde(skip)]
    pub(crate) axis: usize,
}

/// The rule at one number.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Point {
    pub(crate) threshold: f64,
    /// What `bidui tune --set` takes to try it.
    pub(crate) set: String,
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
    /// The number as the condition has it.
    #[serde(skip)]
    pub(crate) number: f64,
}

/// A household in a month has a live signal with these numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reached {
    /// Its household's place in [`Replayed::homes`].
    pub(crate) home: u32,
    pub(crate) axis: usize,
    pub(crate) reach: Reach,
    /// What it has of what is compared; `None` where that is no matter.
    pub(crate) value: Option<f64>,
}

/// Words for what is compared.
pub(crate) struct Words {
    pub(crate) fact: String,
    pub(crate) unit: String,
    pub(crate) factor: String,
}

/// All months together, as every curve asks for them.
pub(crate) struct Ground<'a> {
    months: &'a [Replayed],
    verdicts: &'a Verdicts,
    /// The number of each month's homes' households over all months.
    households: Vec<Vec<u32>>,
    /// How many there are.
    all: usize,
    /// Those that were included, with a door in some month on the published lists.
    included: Vec<u32>,
}

impl<'a> Ground<'a> {
    pub(crate) fn of(months: &'a [Replayed], verdicts: &'a Verdicts) -> Self {
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let mut number = |home: &'a Home| {
            let next = numbers.len() as u32;
            *numbers.entry(home.household.as_str()).or_insert(next)
        };
        let households: Vec<Vec<u32>> =
            months.iter().map(|month| month.homes.iter().map(&mut number).collect()).collect();
        let mut included = Vec::new();
        for (month, households) in months.iter().zip(&households) {
            let doors = month.before.doors.keys().map(|home| *home as usize);
            let is_included = |home: &usize| verdicts.included.contains(&month.homes[*home].household);
            included.extend(doors.filter(is_included).map(|home| households[home]));
        }
        included.sort_unstable();
        included.dedup();
        Self { months, verdicts, households, all: numbers.len(), included }
    }

    /// What the other rules lead to.
    fn others(&self, rule: usize) -> Others {
        let mut others = Others { doors: 0, warned: vec![false; self.all] };
        for (month, households) in self.months.iter().zip(&self.households) {
            let is_other = |signals: &&[Fired]| signals.iter().any(|signal| signal.rule != rule);
            for signals in month.after.signals.chunk_by(|one, other| one.home == other.home).filter(is_other) {
                others.doors += 1;
                others.warned[households[signals[0].home as usize] as usize] = true;
            }
        }
        others
    }

    fn met(&self, axis: usize, rule: usize) -> Vec<Met> {
        let mut met = Vec::new();
        for (month, households) in self.months.iter().zip(&self.households) {
            for reached in month.reached_by(axis) {
                let is_door = month.before.doors.contains_key(&reached.home);
                let household = &month.homes[reached.home as usize].household;
                met.push(Met {
                    reach: reached.reach,
                    value: reached.value,
                    household: households[reached.home as usize],
                    is_shared: signals_of(&month.after, reached.home).iter().any(|other| other.rule != rule),
                    verdict: self.verdicts.of(month.month, household).filter(|_| is_door),
                });
            }
        }
        met
    }
}

/// What the other rules lead to.
struct Others {
    doors: u64,
    /// By household: whether another rule warns of it in some month.
    warned: Vec<bool>,
}

/// A household in a month, and what is known of it.
struct Met {
    reach: Reach,
    value: Option<f64>,
    household: u32,
    /// Another rule leads to the door too.
    is_shared: bool,
    verdict: Option<Verdict>,
}

/// The curve of a number; the error says why there is none.
pub(crate) fn curve(
    (at, axis): (usize, &Axis),
    rule: &Rule,
    ground: &Ground<'_>,
    words: Words,
) -> Result<Curve, String> {
    let threshold = &axis.threshold;
    let met = ground.met(at, axis.rule);
    let mut values: Vec<f64> = met.iter().filter_map(|met| met.value).collect();
    values.sort_by(f64::total_cmp);
    let numbers = Numbers::of(axis, &values, &words.fact)?;
    let others = ground.others(axis.rule);
    let shown = |number: f64| number + if numbers.are_above { 1.0 } else { 0.0 };
    let points: Vec<Point> = numbers
        .all
        .iter()
        .map(|number| point(*number, &met, &others, ground))
        .map(|point| Point { threshold: shown(point.number), set: format!("{}{}", axis.set, point.number), ..point })
        .collect();
    Ok(Curve {
        rule: rule.id.clone(),
        title: rule.title.clone(),
        per: rule.per.code(),
        fact: threshold.name.clone(),
        fact_title: words.fact,
        unit: if threshold.factor.is_some() { "倍".to_owned() } else { words.unit },
        sign: if numbers.are_above { ">=" } else { threshold.way.sign() },
        factor: threshold.factor.clone().unwrap_or_default(),
        factor_title: words.factor,
        level: threshold.level.code(),
        present: shown(axis.present),
        proposed: shown(threshold.number),
        points,
        bands: bands((at, axis), rule, ground.months, ground.verdicts),
        axis: at,
    })
}

fn point(number: f64, met: &[Met], others: &Others, ground: &Ground<'_>) -> Point {
    let (mut signals, mut households, mut alone, mut counted) = (0, 0, 0, Counted::default());
    let mut fires = vec![false; ground.all];
    for met in met.iter().filter(|met| met.reach.has(number)) {
        signals += 1;
        alone += u64::from(!met.is_shared);
        counted.add(met.verdict);
        let fires = &mut fires[met.household as usize];
        households += u64::from(!*fires);
        *fires = true;
    }
    let included = || ground.included.iter().map(|household| *household as usize);
    let all = ground.included.len() as u64;
    let caught = included().filter(|household| fires[*household]).count() as u64;
    let found = included().filter(|household| fires[*household] || others.warned[*household]).count() as u64;
    Point {
        threshold: number,
        set: String::new(),
        signals,
        households,
        alone,
        visits: (others.doors + alone) as f64 / ground.months.len().max(1) as f64,
        precision: counted.precision(),
        caught,
        recall: (all > 0).then(|| caught as f64 / all as f64),
        missed: all - found,
        number,
    }
}

/// Numbers to try, as the condition has them.
struct Numbers {
    all: Vec<f64>,
    /// Counts above a number: people say from the next one on.
    are_above: bool,
}

impl Numbers {
    /// Every value where they are few counts, else round ones over their range, each letting its value through; and those that must be there. `values`
    /// are sorted. The error says why there is nothing to move.
    fn of(axis: &Axis, values: &[f64], fact: &str) -> Result<Self, String> {
        let threshold = &axis.threshold;
        let (is_upward, musts) = (threshold.way.is_upward(), [axis.present, threshold.number]);
        // Nobody sets a rule at so many times less than nothing.
        let is_sensible = |number: f64| threshold.factor.is_none() || number > 0.0;
        let is_loose = |number: f64| if is_upward { number < axis.loosest } else { number > axis.loosest };
        let mut distinct = values.to_vec();
        distinct.dedup();
        let Some(only) = distinct.first() else {
            return Err(format!("这些月份没有一户是因为“{fact}”而有信号的，放宽了也没有"));
        };
        let are_whole = distinct.iter().chain(&musts).all(|value| value.fract() == 0.0);
        let are_counts = are_whole && distinct.len() <= POINTS && distinct.iter().all(|value| value.abs() <= 100.0);
        let are_above = are_counts && threshold.way == bidui_match::Way::MoreThan;
        let mut all: Vec<f64> = if are_counts {
            let passing = if are_above { 1.0 } else { 0.0 };
            distinct.iter().map(|value| value - passing).collect()
        } else {
            // As many on the stricter side of what is tried as on the looser, where there are far more households.
            let middle = distinct.partition_point(|value| *value < threshold.number);
            let (below, above) = distinct.split_at(middle);
            let spread = below.len().min(POINTS / 2).max(POINTS.saturating_sub(above.len()));
            let chosen = spread_over(below, spread).chain(spread_over(above, POINTS.saturating_sub(spread)));
            chosen.map(|value| rounded(value, is_upward, are_whole)).collect()
        };
        all.retain(|number| is_sensible(*number) && !is_loose(*number));
        all.extend(musts);
        all.sort_by(f64::total_cmp);
        all.dedup();
        let is_one = distinct.len() == 1 && threshold.is_presence() && musts[0] == musts[1];
        if all.len() < 2 || is_one {
            let only = crate::tune::print::number(*only);
            return Err(format!("“{fact}”在这些月份的取值只有 {only}，没有可移动的"));
        }
        Ok(Self { all, are_above })
    }
}

/// So many of the values, evenly, the first and the last among them.
fn spread_over(values: &[f64], count: usize) -> impl Iterator<Item = f64> {
    let count = count.min(values.len());
    let last = values.len().saturating_sub(1);
    (0..count).map(move |at| values[at * last / count.saturating_sub(1).max(1)])
}

/// To two leading digits, as people set thresholds: down where more is worse, else up.
pub(crate) fn rounded(value: f64, down: bool, are_whole: bool) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let least = if are_whole { 0 } else { -2 };
    let digits = (value.abs().log10().floor() as i32 - 1).max(least);
    let round = |parts: f64| if down { parts.floor() } else { parts.ceil() };
    // 57 / 100 is the number that people write; 57 × 0.01 is not.
    let scale = 10_f64.powi(digits.abs());
    if digits < 0 { round(value * scale) / scale } else { round(value / scale) * scale }
}
