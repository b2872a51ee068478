//! Another look that an answer put off to a day: it is owed until it is taken, whatever is answered about other alarms meanwhile.

use bidui_model::Month;

use crate::event::{Answer, Reason};
use crate::history::Case;

/// What was to be looked at again.
#[derive(Clone, Debug, PartialEq)]
pub struct Recheck {
    /// Of the list whose answer said so.
    pub month: Month,
    /// The day of that verification, and the one by which another look is due.
    pub seen: Option<i32>,
    pub until: i32,
    /// What that list had warned of, and nobody has answered otherwise since.
    pub about: Vec<(Month, Reason)>,
}

/// Answers that put another look off.
const PUTS_OFF: [&str; 2] = ["cool", "away"];
/// Answers after which nothing is left to look at again, or more is done than to look.
const MORE_THAN_A_LOOK: [&str; 5] = ["include", "rollback", "negative", "declined", "deceased"];

/// What an answer to a month's list leaves to be looked at again. To be called while the case still has what that list warned of.
pub(crate) fn look_again(case: &mut Case, month: Month, answer: &Answer) {
    if !answer.is_finding {
        return;
    }
    if MORE_THAN_A_LOOK.contains(&answer.effect.as_str()) {
        case.rechecks.clear();
        return;
    }
    let now = case.reasons.iter().map(|reason| (case.last_warned, reason.clone()));
    let asked: Vec<(Month, Reason)> = now.chain(case.unanswered.iter().cloned()).collect();
    // A list that warns of nothing new shows the case for what is left of it.
    let is_about_all = case.last_warned < month;
    case.rechecks.retain_mut(|recheck| {
        recheck.about.retain(|(_, known)| asked.iter().all(|(_, reason)| reason.rule != known.rule));
        // Lists are worked in the month after their own: one of the month before the day asks for the look itself.
        let is_due = Month::of_day(recheck.until) <= month.plus(1) || answer.on.is_some_and(|on| on >= recheck.until);
        !(recheck.about.is_empty() || is_about_all || is_due)
    });
    if let Some(until) = answer.until.filter(|_| PUTS_OFF.contains(&answer.effect.as_str())) {
        case.rechecks.push(Recheck { month, seen: answer.on, until, about: asked });
    }
}
