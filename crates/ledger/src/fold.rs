//! The present, from what happened. A pure function of a household's events: nothing else decides what a case stands at.

use bidui_model::{Level, Month};

use crate::case_number::CaseNumber;
use crate::event::CaseStep;

/// Whether somebody still owes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CaseState {
    /// Not verified yet: unanswered, nobody was met, or it went to another town.
    Open,
    /// Verified; inclusion, measures or a department are to follow.
    Followed,
    Closed,
}

impl CaseState {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Followed => "followed",
            Self::Closed => "closed",
        }
    }
    pub(crate) fn from_code(code: &str) -> Option<Self> {
        [Self::Open, Self::Followed, Self::Closed].into_iter().find(|state| state.code() == code)
    }
}

/// A household's case, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    pub number: CaseNumber,
    pub household: String,
    pub opened: Month,
    pub state: CaseState,
    pub level: Level,
    pub town: String,
    /// The latest month that warned.
    pub last_warned: Month,
    /// The month in which nothing was left of it.
    pub cleared: Option<Month>,
    /// A later revision of the month that opened it found nothing: it stays closed, and its answers stay.
    pub withdrawn: bool,
    /// Code of the standing answer.
    pub answer: Option<String>,
    /// Month of the list that it answered.
    pub answer_month: Option<Month>,
    pub answered_on: Option<i32>,
    pub answers: u32,
    /// The month of the list or the run that closed it.
    pub closed: Option<Month>,
}

/// Something that counts: an answer, or an event of the last revision of its month.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Happening {
    pub(crate) number: CaseNumber,
    pub(crate) month: Month,
    pub(crate) what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    Warned { step: CaseStep, level: Level, town: String },
    Answered { code: String, leaves: CaseState, on: Option<i32> },
}

/// The cases of one household, oldest first. `happenings` come by month, a month's run before the answers to its lists, and in the order in which
/// they were recorded.
pub(crate) fn fold(household: &str, happenings: &[Happening]) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for happening in happenings {
        let place = cases.iter().position(|case| case.number == happening.number);
        match (&happening.what, place) {
            (What::Warned { step, level, town }, place) => {
                let place = place.unwrap_or_else(|| {
                    cases.push(opened(household, happening, *level, town));
                    cases.len() - 1
                });
                warn(&mut cases[place], happening.month, *step, *level, town);
            }
            (What::Answered { code, leaves, on }, Some(place)) => {
                answer(&mut cases[place], happening.month, code, *leaves, *on);
            }
            // Cannot be: a month that opens a case no more withdraws it.
            (What::Answered { .. }, None) => {}
        }
    }
    cases
}

fn opened(household: &str, happening: &Happening, level: Level, town: &str) -> Case {
    Case {
        number: happening.number.clone(),
        household: household.to_owned(),
        opened: happening.month,
        state: CaseState::Open,
        level,
        town: town.to_owned(),
        last_warned: happening.month,
        cleared: None,
        withdrawn: false,
        answer: None,
        answer_month: None,
        answered_on: None,
        answers: 0,
        closed: None,
    }
}

fn warn(case: &mut Case, month: Month, step: CaseStep, level: Level, town: &str) {
    match step {
        CaseStep::Raised | CaseStep::Continuing | CaseStep::Escalated => {
            case.level = level;
            town.clone_into(&mut case.town);
            case.last_warned = month;
            case.cleared = None;
            case.withdrawn = false;
        }
        CaseStep::Cleared => case.cleared = case.cleared.or(Some(month)),
        CaseStep::Withdrawn => {
            case.cleared = Some(month);
            case.withdrawn = true;
            case.state = CaseState::Closed;
            case.closed = Some(month);
        }
    }
}

/// The latest answer to the latest list stands; a late answer to an older list is kept and replaces nothing.
fn answer(case: &mut Case, month: Month, code: &str, leaves: CaseState, on: Option<i32>) {
    case.answers += 1;
    case.answer = Some(code.to_owned());
    case.answer_month = Some(month);
    case.answered_on = on;
    if !case.withdrawn {
        case.state = leaves;
        case.closed = (leaves == CaseState::Closed).then_some(month);
    }
}
