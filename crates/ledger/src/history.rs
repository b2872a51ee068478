//! What is known of a household: its cases as they stand, and what happened.

use std::collections::BTreeMap;

use bidui_model::{Level, Month};

use crate::case_number::CaseNumber;
use crate::edition::takes_the_place_of;
use crate::event::{Answer, CaseStep, Deed, Reason};
use crate::fold::may_be_gone;
use crate::gone::ToldGone;
use crate::join::heir;
use crate::recheck::Recheck;

/// Whether somebody still owes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CaseState {
    /// Not verified yet: unanswered, or it went to another town.
    Open,
    /// Verified; inclusion, measures, a department or another look are to follow.
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
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub number: CaseNumber,
    pub household: String,
    pub opened: Month,
    pub state: CaseState,
    pub level: Level,
    /// Who is to verify it; empty for nobody.
    pub town: String,
    /// The town that the registry names, if it passed the case on; from there it may have gone on from town to town.
    pub passed_on_by: Option<String>,
    /// The list whose answer sent the case away and named no other town, until somebody says more.
    pub sent_away: Option<Month>,
    /// A household that was found to be included, and is not yet: answers about other evidence do not end that.
    pub to_include: Option<(Month, Answer)>,
    /// What the household is to be included for, or was, with the months that warned of it: new evidence does not take its place.
    pub included_for: Vec<(Month, Reason)>,
    /// The latest month that warned, and what it warned of.
    pub last_warned: Month,
    pub reasons: Vec<Reason>,
    /// What earlier lists warned of, the last of them no more, and nobody has answered: it is to be verified with the rest.
    pub unanswered: Vec<(Month, Reason)>,
    /// What nobody had answered when the last list warned, whether that warns of it again or not.
    pub(crate) left: Vec<Reason>,
    /// The month in which nothing was left of it.
    pub cleared: Option<Month>,
    /// A later revision of the month that opened it found nothing: it stays closed, and its answers stay.
    pub withdrawn: bool,
    /// The lists that it stood on, by their month.
    pub listings: BTreeMap<Month, Listing>,
    /// The day by which an answer is due; the earliest that was set since it was last verified.
    pub due: Option<i32>,
    /// The list which it stands on unverified since, as far as its town's day goes.
    pub asked: Option<Month>,
    /// The standing answer, and the month of the list that it answered.
    pub answer: Option<(Month, Answer)>,
    pub answers: u32,
    pub included: Option<Included>,
    pub helper_on: Option<i32>,
    pub plan_on: Option<i32>,
    /// What was done for it, with the latest day told.
    pub measures: BTreeMap<String, Option<i32>>,
    pub needs: BTreeMap<String, Need>,
    pub eliminated_on: Option<i32>,
    /// An elimination that a list told of a household which was not helped, or not for long enough, as far as anybody said.
    pub told_gone: Option<ToldGone>,
    pub exempt_until: Option<i32>,
    /// Looks that answers put off to a day, and that answers about other alarms do not end.
    pub rechecks: Vec<Recheck>,
    /// Code that a spot check found, the day, and the month of its list.
    pub spot_check: Option<(String, Option<i32>, Month)>,
    /// The month of the list or the run that closed it.
    pub closed: Option<Month>,
    /// The case that took over what was left to do of it; then it is closed.
    pub joined: Option<CaseNumber>,
}

impl Case {
    /// Its town said that the household is not its own and did not know whose: the district is to find out, and no list of the town asks any more.
    #[must_use]
    pub fn is_unplaced(&self) -> bool {
        let asks_since = |month: Month| self.listings.keys().any(|listed| *listed > month);
        self.state == CaseState::Open && self.sent_away.is_some_and(|month| !asks_since(month))
    }
    /// The day by which it is to be looked at again, the first of several; and the day on which it was seen.
    #[must_use]
    pub fn recheck(&self) -> Option<&Recheck> {
        self.rechecks.iter().min_by_key(|recheck| recheck.until)
    }
    /// Whether it goes along to the town where the registry has its household now. A town that passed it on still has it there until the registry knows.
    pub(crate) fn moves_to(&self, town: &str) -> bool {
        let is_elsewhere = !town.is_empty() && !self.town.is_empty() && self.town != town;
        is_elsewhere && self.passed_on_by.as_deref() != Some(town)
    }
    /// Whether it stands at what an answer said, and not at an elimination alone.
    pub(crate) fn was_left_by_an_answer(&self) -> bool {
        let leaves = self.answer.as_ref().map(|(_, answer)| answer.leaves);
        match leaves {
            None | Some(CaseState::Open) => false,
            Some(CaseState::Followed) => self.state != CaseState::Closed || self.eliminated_on.is_none(),
            Some(CaseState::Closed) => true,
        }
    }
    /// Whether the household is to be included, or is: then its case goes on whatever else was answered or done.
    pub(crate) fn goes_on(&self) -> bool {
        self.to_include.is_some() || self.is_included()
    }
    /// Among the monitored, and its risk not eliminated since.
    #[must_use]
    pub fn is_included(&self) -> bool {
        let is_since = |included: &Included| match (self.eliminated_on, included.on) {
            (Some(eliminated), Some(on)) => on > eliminated,
            (eliminated, _) => eliminated.is_none(),
        };
        self.included.as_ref().is_some_and(is_since)
    }
}

/// Whether an answer sends its case away and names no town.
pub(crate) fn is_nobodys(answer: &Answer) -> bool {
    answer.effect == "reroute" && !answer.values.contains_key("to_town")
}

/// A case on a month's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Whose list it was.
    pub town: String,
    /// Whether somebody said since what was found, or passed it on.
    pub is_answered: bool,
}

/// An inclusion among the monitored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Included {
    pub on: Option<i32>,
    pub kind: String,
}

/// Something that a household needs of a department.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The month of the list that told of it.
    pub pushed: Month,
    pub state: NeedState,
    pub on: Option<i32>,
    /// The latest list that told of it, and the day on which it was seen.
    pub told: (Month, Option<i32>),
    /// The first month whose lists could tell its department; none before there is one.
    pub listed: Option<Month>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeedState {
    Open,
    Met,
    Refused,
}

/// What an answer was about: the evidence of a rule, and what was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Covered {
    pub case: CaseNumber,
    /// Of the list that was answered.
    pub month: Month,
    pub reason: Reason,
    pub code: String,
    pub effect: String,
    pub until: Option<i32>,
}

/// A household's past.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    /// Oldest first.
    pub cases: Vec<Case>,
    /// By rule: the latest answer about what it saw.
    pub covered: BTreeMap<String, Covered>,
    /// Cases that were joined into others, in order.
    pub joins: Vec<Joining>,
    pub(crate) happenings: Vec<Happening>,
}

impl History {
    /// The case that is not closed.
    #[must_use]
    pub fn standing(&self) -> Option<&Case> {
        self.cases.iter().find(|case| case.state != CaseState::Closed)
    }
    /// The case that has what is left to do of the one with that number: itself, or the one that took it over.
    #[must_use]
    pub fn heir(&self, number: &CaseNumber) -> Option<&Case> {
        let place = self.cases.iter().position(|case| case.number == *number)?;
        self.cases.get(heir(&self.cases, place))
    }
    /// What was answered about its cases, the superseded too, in order; the month is the list's.
    pub fn answers(&self) -> impl Iterator<Item = (&CaseNumber, Month, &str, &Answer)> {
        self.happenings.iter().filter_map(|happening| match &happening.what {
            What::Answered(answer) => Some((&happening.number, happening.month, happening.list.as_str(), answer)),
            _ => None,
        })
    }
    /// An answer as it happened, and whether no later one to a list of the same month took its place: the first that says so.
    #[must_use]
    pub fn as_heard(
        &self,
        (number, month, list): (&CaseNumber, Month, &str),
        answer: &Answer,
    ) -> Option<(&Happening, bool)> {
        let is_of = |one: &Happening| one.number == *number && one.month == month && one.list == list;
        let is_it = |one: &Happening| is_of(one) && matches!(&one.what, What::Answered(said) if said == answer);
        let at = self.happenings.iter().rposition(is_it)?;
        let later = self.happenings[at + 1..].iter().filter(|one| is_of(one) && matches!(one.what, What::Answered(_)));
        let one = &self.happenings[at];
        Some((one, !later.into_iter().any(|other| takes_the_place_of(other, one))))
    }
    /// What happened to one of its cases, in order.
    pub fn happenings_of(&self, number: &CaseNumber) -> impl Iterator<Item = &What> {
        let of_case = self.happenings.iter().filter(move |happening| happening.number == *number);
        of_case.map(|happening| &happening.what)
    }
    /// Everything that counts, in order.
    pub fn all(&self) -> impl Iterator<Item = &Happening> {
        self.happenings.iter()
    }
    /// Whether the household's risk can be gone on that day, as far as the ledger knows of its inclusions.
    #[must_use]
    pub fn may_be_gone(&self, day: i32) -> bool {
        may_be_gone(&self.cases, &self.happenings, Some(day))
    }
    /// What happened in a month's run, or by an answer to its lists.
    pub fn happened_in(&self, month: Month) -> impl Iterator<Item = &Happening> {
        self.happenings.iter().filter(move |happening| happening.month == month)
    }
}

/// Two cases of one household stood, and the one that was warned of later took the other over. It follows from what happened, and is no event of
/// its own: what is answered later may undo it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joining {
    pub month: Month,
    pub from: CaseNumber,
    pub into: CaseNumber,
}

/// Something that counts: an answer, or an event of the last revision of its month.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    pub number: CaseNumber,
    /// Of the run, or of the list that was answered.
    pub month: Month,
    /// Empty for a run's.
    pub list: String,
    /// Of a second look: the answer that it looked at.
    pub looked_at: Option<LookedAt>,
    /// Of a need: the first month whose run knew of it, and none earlier than the latest that had been run.
    pub listed: Option<Month>,
    /// Of an answer: the run of the month whose list it is to, where that is known.
    pub revision: Option<u32>,
    /// Of an answer: what its list showed of the case, where its run is known and warned of it.
    pub shown: Option<Shown>,
    /// Of an answer, where a month that it is about was run again since its list was made, or since it came in where nobody knows of which run its list
    /// is: what its list can have shown.
    pub saw: Option<Saw>,
    /// Of an answer to a list whose month was run again and warns no more, or otherwise: how serious that list was, and what it warned of.
    pub issued: Option<(Level, Vec<Reason>)>,
    pub what: What,
}

/// A case on the list that a run made.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// Whose list it was.
    pub town: String,
    pub level: Level,
    pub reasons: Vec<Reason>,
}

/// What a list can have shown of a household: what its run warned of, and what the months before warned of as far as was known then. Of the latter it shows
/// what nobody had answered.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Saw {
    pub(crate) now: Vec<Reason>,
    pub(crate) before: Vec<Reason>,
}

/// The answer that a second look was at, as it stood when it was drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookedAt {
    /// Of the list that was answered.
    pub month: Month,
    /// Empty where nobody had answered that list by then.
    pub code: String,
    pub effect: String,
}

impl Happening {
    /// What a month's run says.
    pub(crate) fn of_run(number: CaseNumber, month: Month, what: What) -> Self {
        Self {
            number,
            month,
            list: String::new(),
            looked_at: None,
            listed: None,
            revision: None,
            shown: None,
            saw: None,
            issued: None,
            what,
        }
    }
    /// The month of the list that it is about.
    #[must_use]
    pub fn about(&self) -> Month {
        self.looked_at.as_ref().map_or(self.month, |looked_at| looked_at.month)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    Stepped {
        step: CaseStep,
        level: Level,
        town: String,
        /// As of a warning.
        passed_on_by: Option<String>,
        due: Option<i32>,
        reasons: Vec<Reason>,
    },
    /// It stood on a town's list by an earlier run of the month, and that list was answered.
    Listed {
        town: String,
        level: Level,
    },
    Answered(Answer),
    Did {
        deed: Deed,
        on: Option<i32>,
        code: String,
    },
}
