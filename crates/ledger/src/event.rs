//! What happens to a case. Everything here is a code, a day, an amount or a key; words that somebody wrote are never among it.

use std::collections::BTreeMap;

use bidui_model::{Level, Month};

use crate::case_number::CaseNumber;
use crate::edition::Edition;
use crate::history::CaseState;

/// A household that a month's run warns of.
#[derive(Clone, Debug, PartialEq)]
pub struct WarnedHousehold {
    pub household: String,
    pub level: Level,
    /// The town that is to verify it; empty for nobody's.
    pub town: String,
    /// The town that the registry names, where it passed the household on to that one.
    pub passed_on_by: Option<String>,
    /// Day by which the town is to answer; none where there is no town.
    pub due: Option<i32>,
    /// Whether its level rests on rows of which it is not certain whose they are: such a level is shown, and escalates nothing.
    pub doubtful: bool,
    pub reasons: Vec<Reason>,
}

/// A rule that fired, and what it saw: what a later month's evidence is measured against.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    pub rule: String,
    pub level: Level,
    pub value: Option<f64>,
    /// Numbers (人编号) of the members whom it fired for; none of a rule about households.
    pub persons: Vec<String>,
    /// Whether less is worse.
    pub falls: bool,
    /// What the value must reach to be more evidence, where a little more is none.
    pub bound: Option<f64>,
}

impl Reason {
    /// All of it, for a digest.
    pub(crate) fn in_full(&self) -> String {
        let value = self.value.map_or_else(String::new, |value| value.to_string());
        format!("{}\n{}\n{value}\n{}\n", self.rule, self.level.code(), self.persons.join(","))
    }
    /// Whether it says nothing that this one did not say: no other member, no higher level, no worse value.
    #[must_use]
    pub fn is_within(&self, known: &Self) -> bool {
        self.is_up_to(known, known.value)
    }
    /// The same, but for that the value may be worse by less than counts.
    #[must_use]
    pub fn is_no_more_than(&self, known: &Self) -> bool {
        let is_below =
            self.value.zip(known.bound).is_some_and(|(now, bound)| if known.falls { now > bound } else { now < bound });
        self.is_within(known) || is_below && self.is_up_to(known, self.value)
    }
    fn is_up_to(&self, known: &Self, worst: Option<f64>) -> bool {
        let value = match (self.value, worst) {
            (Some(now), Some(worst)) => {
                if known.falls {
                    now >= worst
                } else {
                    now <= worst
                }
            }
            (None, None) => true,
            _ => false,
        };
        self.rule == known.rule
            && self.level >= known.level
            && value
            && self.persons.iter().all(|person| known.persons.contains(person))
    }
}

/// What the registry of the month says of a household that has an open case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenHousehold {
    /// The town that has it by the registry; empty where none of the county's has.
    pub town: String,
    /// Empty for a household that is not monitored.
    pub monitor_kind: String,
    pub identified_on: Option<i32>,
    pub eliminated_on: Option<i32>,
}

/// What a month's run did to a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CaseStep {
    /// A case was opened.
    Raised,
    /// Nobody has answered yet, and the warning goes on, no more serious than before.
    Continuing,
    /// Nobody has answered yet, and it goes on at a higher level.
    Escalated,
    /// It was verified and is being followed; there is new evidence to verify.
    Reopened,
    /// Nothing is left of what it was opened for; the town still owes its answer.
    Cleared,
    /// An earlier revision of the month opened it, and this one finds nothing.
    Withdrawn,
    /// A town took it over since and no list asks it yet: the lists of this month do, among what is left of earlier ones.
    Handed,
    /// The registry has its household in another town now, and the case goes along.
    Moved,
}

impl CaseStep {
    pub const ALL: [Self; 8] = [
        Self::Raised,
        Self::Continuing,
        Self::Escalated,
        Self::Reopened,
        Self::Cleared,
        Self::Withdrawn,
        Self::Handed,
        Self::Moved,
    ];
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Continuing => "continuing",
            Self::Escalated => "escalated",
            Self::Reopened => "reopened",
            Self::Cleared => "cleared",
            Self::Withdrawn => "withdrawn",
            Self::Handed => "handed",
            Self::Moved => "moved",
        }
    }
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.code() == code)
    }
    /// Whether the household stands among the month's warnings.
    #[must_use]
    pub fn is_warned(self) -> bool {
        matches!(self, Self::Raised | Self::Continuing | Self::Escalated | Self::Reopened)
    }
}

/// What is known to have been done about a case: each is an event of its own, with its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Included among the monitored.
    Included,
    /// Monitored again after its risk had been eliminated.
    RolledBack,
    /// An inclusion that a list told of was a slip.
    NotIncluded,
    HelperAssigned,
    PlanMade,
    Measure,
    Eliminated,
    NeedPushed,
    NeedMet,
    NeedRefused,
    Rerouted,
    Exempted,
    SpotChecked,
    /// The registry has its household under another number now, and the case goes along.
    Renumbered,
}

impl Deed {
    pub const ALL: [Self; 14] = [
        Self::Included,
        Self::RolledBack,
        Self::NotIncluded,
        Self::HelperAssigned,
        Self::PlanMade,
        Self::Measure,
        Self::Eliminated,
        Self::NeedPushed,
        Self::NeedMet,
        Self::NeedRefused,
        Self::Rerouted,
        Self::Exempted,
        Self::SpotChecked,
        Self::Renumbered,
    ];
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Included => "included",
            Self::RolledBack => "rolled_back",
            Self::NotIncluded => "not_included",
            Self::HelperAssigned => "helper_assigned",
            Self::PlanMade => "plan_made",
            Self::Measure => "measure",
            Self::Eliminated => "eliminated",
            Self::NeedPushed => "need_pushed",
            Self::NeedMet => "need_met",
            Self::NeedRefused => "need_refused",
            Self::Rerouted => "rerouted",
            Self::Exempted => "exempted",
            Self::SpotChecked => "spot_checked",
            Self::Renumbered => "renumbered",
        }
    }
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.code() == code)
    }
}

/// What somebody answered about a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// As the choice list has it.
    pub code: String,
    /// What the code does to its case, by the name that the configuration has for it.
    pub effect: String,
    /// What the case stands at after it.
    pub leaves: CaseState,
    /// Whether it says what was found: not so of "not verified yet".
    pub is_finding: bool,
    /// Day of the verification, since 1970-01-01.
    pub on: Option<i32>,
    /// Day until which it holds.
    pub until: Option<i32>,
    /// Codes, amounts and days of the row's other answers, by their keys.
    pub values: BTreeMap<String, String>,
}

impl Answer {
    /// Whether it says what was found, or passes the case on: only then it answers its list.
    #[must_use]
    pub fn says_something(&self) -> bool {
        self.is_finding || self.effect == "reroute"
    }
}

/// What one row of a list that came back says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Answered(Answer),
    /// A deed with its day and its code: of a need its code, of a rerouting the town's, of a measure its name, of an inclusion the kind.
    Did {
        deed: Deed,
        on: Option<i32>,
        code: String,
    },
    /// A row that is about no case: a visit, a value that was corrected, a decision about a link.
    Told {
        code: String,
        on: Option<i32>,
        until: Option<i32>,
        values: BTreeMap<String, String>,
    },
}

/// A row that came back, attached to what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnedRow {
    /// Id and month of the list.
    pub list: String,
    pub month: Month,
    /// What the row is about, in the list's own key.
    pub row_key: String,
    /// None for a row that is about no case.
    pub case: Option<CaseNumber>,
    /// Of the list's warning, where the row's tag says it.
    pub edition: Option<Edition>,
    pub said: Vec<Said>,
}
