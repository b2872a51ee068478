//! Signals that need no door to be knocked on again, each with its reason: the household is monitored for the same risk already, or what the rule
//! sees was verified and has not grown. Nothing is dropped: a suppressed signal stays in the relation, and says why.
//!
//! Never suppressed: what is more serious than what was verified, or about another member; what grew worse by the configured share, or by the rule's
//! step; what nobody answered. An exemption and a monitored household are asked of what is more serious, too.

use std::collections::BTreeMap;

use bidui_model::{Level, Month};

use crate::evaluate::{Signal, SignalState};
use crate::grade::Grading;
use crate::registry::Registry;
use crate::rule::Rule;

/// A risk that says nothing of its kind.
const OTHER_RISK: &str = "其他";
/// In the reason of a signal that a verification holds back, before what was found.
pub const VERIFIED_AS: &str = "核查为";
/// How the registry writes that a household's risk is gone.
const ELIMINATED: [&str; 2] = ["已消除", "是"];

/// How long what was verified is not asked again, by what the answer does to its case.
#[derive(Clone, Debug)]
pub(crate) struct Cooling {
    pub(crate) effects: Vec<String>,
    pub(crate) months: u32,
    /// A growth of this share ends it.
    pub(crate) growth: f64,
    /// As long as its case is followed it goes on.
    pub(crate) while_followed: bool,
}

/// What was found about a rule's evidence of a household.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// Of the list that was answered, and the number of its case.
    pub month: Month,
    pub case: String,
    pub level: Level,
    pub value: Option<f64>,
    /// Numbers (人编号) of the members whom it was about; none of a rule about households.
    pub persons: Vec<String>,
    /// In words, as the drop-down has it.
    pub label: String,
    pub effect: String,
    /// Day until which the answer holds.
    pub until: Option<i32>,
    /// Whether its case is still being followed.
    pub is_followed: bool,
}

/// What was verified of each household, by rule.
pub type Past = BTreeMap<String, BTreeMap<String, Verified>>;

/// What suppression asks of the households of a month.
pub trait Households {
    fn household_id(&self, household: u32) -> &str;
    /// A word of the household; empty where there is none.
    fn household_word(&self, column: &str, household: u32) -> &str;
    fn person_no(&self, person: u32) -> &str;
}

impl Households for Registry {
    fn household_id(&self, household: u32) -> &str {
        self.household_id(household)
    }
    fn household_word(&self, column: &str, household: u32) -> &str {
        self.household_word(column, household)
    }
    fn person_no(&self, person: u32) -> &str {
        self.person_no(person)
    }
}

/// All that suppression looks at.
pub struct SuppressInputs<'a> {
    pub rules: &'a [Rule],
    pub registry: &'a dyn Households,
    pub grading: &'a Grading,
    pub month: Month,
    /// The day on which the month's lists are issued.
    pub issued_on: i32,
    pub past: &'a Past,
}

/// Takes from the live signals those that need no answer.
pub fn suppress(signals: &mut [Signal], inputs: &SuppressInputs<'_>) {
    for signal in signals.iter_mut().filter(|signal| signal.state == SignalState::Live) {
        let rule = &inputs.rules[signal.rule];
        let verified =
            inputs.past.get(inputs.registry.household_id(signal.household)).and_then(|rules| rules.get(&rule.id));
        let found = monitored(signal, rule, inputs)
            .map(|reason| (SignalState::Suppressed, reason))
            .or_else(|| verified.and_then(|verified| inputs.holds(signal, rule, verified)));
        if let Some((state, reason)) = found {
            (signal.state, signal.state_reason) = (state, reason);
        }
    }
}

/// Whether the household is monitored for the rule's risk.
fn monitored(signal: &Signal, rule: &Rule, inputs: &SuppressInputs<'_>) -> Option<String> {
    let except = inputs.grading.monitored_except.as_ref()?;
    let word = |column: &str| inputs.registry.household_word(column, signal.household);
    let (kind, risks) = (word("monitor_kind"), word("monitor_risks"));
    if kind.is_empty() || except.contains(&signal.level) || rule.risk == OTHER_RISK {
        return None;
    }
    let same = risks.split(['、', ',', '，', ';', '；', '/', ' ']).any(|risk| risk.trim() == rule.risk);
    let is_gone = ELIMINATED.contains(&word("risk_status"));
    (same && !is_gone).then(|| format!("已是监测对象（{kind}），监测的风险里已有“{}”", rule.risk))
}

impl SuppressInputs<'_> {
    /// Whether what was verified still holds of a signal, and why.
    fn holds(&self, signal: &Signal, rule: &Rule, verified: &Verified) -> Option<(SignalState, String)> {
        let Verified { month, case, label, .. } = verified;
        let source = format!("{month}清单{case}{VERIFIED_AS}“{label}”");
        let mut members = signal.persons.iter().map(|person| self.registry.person_no(*person));
        let is_of_another = members.any(|person| verified.persons.iter().all(|known| known != person));
        if signal.level < verified.level || is_of_another {
            return None;
        }
        if verified.effect == "exempt" {
            let until = verified.until.filter(|day| *day >= self.issued_on)?;
            let reason = format!("{source}，豁免至{}", in_iso(until));
            return Some((SignalState::Suppressed, reason));
        }
        // Found true, and not being followed any more: somebody must look.
        if matches!(verified.effect.as_str(), "include" | "rollback") && !verified.is_followed {
            return None;
        }
        // What was to be looked at again by now is.
        if verified.until.is_some_and(|day| self.month.last_day() >= day) {
            return None;
        }
        let (now, then) = (signal.value, verified.value);
        if let (Some(step), Some(now), Some(then)) = (rule.step, now, then)
            && month.year() == self.month.year()
            && now < then + step
        {
            let reason = format!("{source}；合计{}，当时{}，增加不到{}", plain(now), plain(then), plain(step));
            return Some((SignalState::Suppressed, reason));
        }
        let cooling = self.grading.cooling.iter().find(|cooling| cooling.effects.contains(&verified.effect))?;
        let has_grown = match (now, then) {
            (Some(now), Some(then)) => {
                let more = if rule.worse_when_less { then - now } else { now - then };
                more > 0.0 && more >= then.abs() * cooling.growth
            }
            (now, then) => now.is_some() != then.is_some(),
        };
        let is_in_hand = verified.is_followed && cooling.while_followed;
        let passed = self.month.since(*month);
        // A day that the answer names takes the place of the months.
        let is_within = match verified.until {
            Some(_) => true,
            None => is_in_hand || passed <= i32::try_from(cooling.months).unwrap_or(i32::MAX),
        };
        if has_grown || !is_within || passed <= 0 {
            return None;
        }
        let reason = match verified.until {
            Some(day) => format!("{source}，至{}复核，尚无加重", in_iso(day)),
            None if is_in_hand => format!("{source}，正在办理，尚无加重"),
            None => format!("{source}，{}个月内尚无加重", cooling.months),
        };
        Some((SignalState::Cooling, reason))
    }
}

/// `2023-04-09`.
fn in_iso(day: i32) -> String {
    let month = Month::of_day(day);
    format!("{month}-{:02}", day - month.first_day() + 1)
}

/// A figure without needless digits.
fn plain(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
