//! What happens to a case.

use bidui_model::{Level, Month};

use crate::case_number::CaseNumber;
use crate::fold::CaseState;

/// A household that a month's run warns of.
#[derive(Clone, Debug, PartialEq)]
pub struct WarnedHousehold {
    pub household: String,
    pub level: Level,
    /// The town that is to verify it; empty for nobody's.
    pub town: String,
    pub reasons: Vec<Reason>,
}

/// A rule that fired, and what it saw: what a later month's evidence is measured against.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    pub rule: String,
    pub level: Level,
    pub value: Option<f64>,
}

/// What a month's run did to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseStep {
    /// A case was opened.
    Raised,
    /// The warning goes on, no more serious than before.
    Continuing,
    /// It goes on at a higher level.
    Escalated,
    /// Nothing is left of what it was opened for; the town still owes its answer.
    Cleared,
    /// An earlier revision of the month opened it, and this one finds nothing.
    Withdrawn,
}

impl CaseStep {
    pub(crate) const ALL: [Self; 5] = [Self::Raised, Self::Continuing, Self::Escalated, Self::Cleared, Self::Withdrawn];
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Continuing => "continuing",
            Self::Escalated => "escalated",
            Self::Cleared => "cleared",
            Self::Withdrawn => "withdrawn",
        }
    }
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.code() == code)
    }
}

/// What somebody answered about a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub case: CaseNumber,
    /// Of the list that it answers.
    pub month: Month,
    /// As `config/verification_results.toml` has it.
    pub code: String,
    /// What the case stands at after it.
    pub leaves: CaseState,
    /// Day of the verification, since 1970-01-01.
    pub answered_on: Option<i32>,
}
