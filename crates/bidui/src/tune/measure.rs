//! What tuning counts: a number on both sides, and how often the evidence was true.

use bidui_model::Level;
use serde::Serialize;

use crate::report::wilson;
use crate::tune::verdicts::{Outcome, Verdict};

/// A number as it was and as it would have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    pub(crate) before: u64,
    pub(crate) after: u64,
    /// There after and not before, and the other way.
    pub(crate) new: u64,
    pub(crate) gone: u64,
    /// There on both sides, at another level.
    pub(crate) changed: u64,
}

impl Change {
    pub(crate) fn add(&mut self, before: Option<Level>, after: Option<Level>) {
        self.before += u64::from(before.is_some());
        self.after += u64::from(after.is_some());
        match (before, after) {
            (None, Some(_)) => self.new += 1,
            (Some(_), None) => self.gone += 1,
            (Some(one), Some(other)) if one != other => self.changed += 1,
            _ => {}
        }
    }
}

/// Of how many answered warnings the evidence was true, with Wilson's interval at 95 %.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Precision {
    /// 属实 and 不属实 together.
    pub(crate) answered: u64,
    pub(crate) confirmed: u64,
    pub(crate) precision: Option<f64>,
    pub(crate) low: Option<f64>,
    pub(crate) high: Option<f64>,
}

impl Precision {
    pub(crate) fn of(confirmed: u64, answered: u64) -> Self {
        let interval = wilson(confirmed as i64, answered as i64);
        Self {
            answered,
            confirmed,
            precision: (answered > 0).then(|| confirmed as f64 / answered as f64),
            low: interval.map(|(low, _)| low),
            high: interval.map(|(_, high)| high),
        }
    }
}

/// Answers as they are met.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counted {
    pub(crate) confirmed: u64,
    pub(crate) refuted: u64,
}

impl Counted {
    pub(crate) fn add(&mut self, verdict: Option<Verdict>) {
        match verdict.map(|verdict| verdict.outcome) {
            Some(Outcome::Confirmed) => self.confirmed += 1,
            Some(Outcome::Refuted) => self.refuted += 1,
            _ => {}
        }
    }
    pub(crate) fn precision(self) -> Precision {
        Precision::of(self.confirmed, self.confirmed + self.refuted)
    }
}
