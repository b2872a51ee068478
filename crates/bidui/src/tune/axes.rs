//! The numbers of the rules that are tried one after another: which of a rule's comparisons, and how far out.

use std::collections::BTreeMap;

use bidui_match::{Rule, RuleContext, Sweep, Threshold};
use bidui_model::Month;
use serde::Serialize;

use crate::config::Config;
use crate::settings::Settings;

/// How far below its number a rule is opened that fires from a number on, and how far above it one that fires up to a number: further out there are
/// too many households for anybody to visit.
const OPENED_DOWN: f64 = 0.5;
const OPENED_UP: f64 = 1.25;
/// The same of what is so many times something else: most households lie near to once.
const OPENED_DOWN_MULTIPLE: f64 = 0.75;
const OPENED_UP_MULTIPLE: f64 = 1.1;

/// A number of a rule that is moved.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    /// Place among the proposed rules.
    pub(crate) rule: usize,
    pub(crate) threshold: Threshold,
    /// The number in the configuration; the one that is tried where the configuration has none.
    pub(crate) present: f64,
    /// The loosest number that is looked at.
    pub(crate) loosest: f64,
    /// What `--set` takes, up to the number.
    pub(crate) set: String,
    /// Whether it is the rule's only one.
    pub(crate) is_only: bool,
    /// The number that is tried, by month: a parameter may have had others.
    pub(crate) by_month: BTreeMap<Month, f64>,
}

/// A rule without a curve.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NoCurve {
    pub(crate) rule: String,
    pub(crate) title: String,
    /// Which of its numbers, where it has several.
    pub(crate) set: String,
    pub(crate) why: String,
}

impl NoCurve {
    pub(crate) fn of(rule: &Rule, set: &str, why: String) -> Self {
        Self { rule: rule.id.clone(), title: rule.title.clone(), set: set.to_owned(), why }
    }
}

/// Every number that is moved, and the rules that have none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Axes {
    pub(crate) all: Vec<Axis>,
    pub(crate) without: Vec<NoCurve>,
}

impl Axes {
    pub(crate) fn of(latest: &[Rule], by_month: &BTreeMap<Month, Vec<Rule>>, present: &[Rule]) -> Self {
        let mut axes = Self::default();
        for (at, rule) in latest.iter().enumerate() {
            match rule.movable() {
                Ok(movable) => {
                    let is_only = movable.len() == 1;
                    let axis = |threshold| axis(at, rule, threshold, is_only, by_month, present);
                    axes.all.extend(movable.into_iter().map(axis));
                }
                Err(why) => axes.without.push(NoCurve::of(rule, "", why)),
            }
        }
        axes
    }

    /// The rules of a month, opened; or why one cannot be. In the order of the axes.
    pub(crate) fn sweeps(&self, rules: &[Rule], config: &Config, month: Month) -> Vec<Result<Sweep, String>> {
        let parameters = Settings::literals(Some(&config.settings), month);
        let registry = &config.contracts[config.registry];
        let context = RuleContext { facts: &config.facts, registry, parameters: &parameters };
        let sweep = |axis: &Axis| {
            let rule = rules.get(axis.rule).ok_or_else(|| "当月没有这条规则".to_owned())?;
            let threshold = same(rule, &axis.threshold).ok_or_else(|| "当月这一处的写法不同".to_owned())?;
            Sweep::new(rule, &threshold, axis.loosest, &context)
        };
        self.all.iter().map(sweep).collect()
    }
}

/// The comparison of another form of the rule.
fn same(rule: &Rule, threshold: &Threshold) -> Option<Threshold> {
    let found = rule.thresholds(threshold.level).into_iter().find(|one| one.place == threshold.place)?;
    (found.way == threshold.way && found.factor.is_some() == threshold.factor.is_some()).then_some(found)
}

fn axis(
    at: usize,
    rule: &Rule,
    threshold: Threshold,
    is_only: bool,
    by_month: &BTreeMap<Month, Vec<Rule>>,
    present: &[Rule],
) -> Axis {
    let number = |rules: &[Rule]| {
        let other = rules.iter().find(|other| other.id == rule.id)?;
        Some(same(other, &threshold)?.number)
    };
    let by_month: BTreeMap<Month, f64> =
        by_month.iter().filter_map(|(month, rules)| Some((*month, number(rules)?))).collect();
    let present = number(present).unwrap_or(threshold.number);
    let is_upward = threshold.way.is_upward();
    let all = by_month.values().copied().chain([present, threshold.number]);
    let loosest = if is_upward { all.fold(f64::INFINITY, f64::min) } else { all.fold(f64::NEG_INFINITY, f64::max) };
    let factor = match (is_upward, threshold.factor.is_some()) {
        (true, false) => OPENED_DOWN,
        (false, false) => OPENED_UP,
        (true, true) => OPENED_DOWN_MULTIPLE,
        (false, true) => OPENED_UP_MULTIPLE,
    };
    let loosest = if loosest > 0.0 { loosest * factor } else { loosest };
    let place = if is_only { String::new() } else { format!(".{}", threshold.place) };
    let set = format!("{}.{}{place}=", rule.id, threshold.level.code());
    Axis { rule: at, threshold, present, loosest, set, is_only, by_month }
}
