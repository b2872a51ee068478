//! The present, from what happened. A pure function of a household's events: nothing else decides what a case stands at.

use std::collections::BTreeMap;

use bidui_model::{Level, Month};

use crate::edition::{is_from_elsewhere, takes_the_place_of};
use crate::event::{Answer, CaseStep, Deed, Reason};
use crate::gone::{bear_out, tell_gone};
use crate::history::{
    Case, CaseState, Covered, Happening, History, Included, Listing, Need, NeedState, What, is_nobodys,
};
use crate::join::{answer_listings, heir, join_standing};
use crate::recheck::look_again;
use crate::seen::{Unseen, answer_what_was_issued};

/// The cases of one household, oldest first; one of them stands at most. `happenings` come by the month that they are about, a month's run before the
/// answers to its lists, those before second looks at them, and in the order in which they were recorded.
pub(crate) fn fold(household: &str, happenings: Vec<Happening>) -> History {
    let mut history = History::default();
    for (at, happening) in happenings.iter().enumerate() {
        let place = history.cases.iter().position(|case| case.number == happening.number);
        match (&happening.what, place) {
            (What::Stepped { step, level, town, passed_on_by, due, reasons }, place) => {
                let place = place.unwrap_or_else(|| {
                    history.cases.push(opened(household, happening, *level, town));
                    history.cases.len() - 1
                });
                if step.is_warned() {
                    let others = history.cases.iter().enumerate().filter(|(other, _)| *other != place);
                    let is_alone = others.map(|(_, case)| case).all(|case| case.state == CaseState::Closed);
                    let case = &mut history.cases[place];
                    goes_to(case, *step, town, passed_on_by.as_ref());
                    warn(case, happening.month, *step, *level, (town, *due, reasons), is_alone);
                } else {
                    let place = if *step == CaseStep::Withdrawn { place } else { heir(&history.cases, place) };
                    quiet(&mut history.cases[place], happening.month, *step, town, *due);
                }
            }
            (What::Answered(_), Some(place)) if is_replaced(&happenings[at..]) => history.cases[place].answers += 1,
            // Who had the case by an earlier run's list does not pass it on from who has it by the last one.
            (What::Answered(answer), Some(place))
                if answer.effect == "reroute" && is_from_elsewhere(&history.cases[place], happening) =>
            {
                history.cases[place].answers += 1;
            }
            (What::Answered(answer), Some(place)) => {
                let case = &mut history.cases[place];
                let unseen = if answer.is_finding { Unseen::take(case, happening) } else { Unseen::default() };
                if answer.is_finding {
                    answer_what_was_issued(case, happening);
                }
                cover(&mut history.covered, case, happening.about(), answer);
                take_answer(case, happening.about(), answer);
                if answer.says_something() {
                    stood_on_list(&mut history.cases[place], happening, &happenings);
                    answer_listings(&mut history.cases, place, happening.about());
                }
                unseen.give_back(&mut history.cases[place]);
            }
            (What::Did { deed: Deed::Renumbered, .. }, _) => {}
            (What::Did { .. }, Some(_)) if is_refuted(&happenings[at..]) => {}
            (What::Did { deed, .. }, Some(place)) if is_of_no_answer(*deed, &happenings, at, &history.cases[place]) => {
            }
            (What::Did { deed, on, code }, Some(place)) => {
                if *deed == Deed::Eliminated && !may_be_gone(&history.cases, &happenings, *on) {
                    continue;
                }
                // What is done for a household is done for the case that stands; a second look is at an answer of the case's own.
                let place = if *deed == Deed::SpotChecked { place } else { heir(&history.cases, place) };
                let case = &mut history.cases[place];
                if is_settled_before_told(case, &happenings[at..]) {
                    let told = (happening.month, None);
                    let listed = happening.listed;
                    let need = Need { pushed: happening.month, state: NeedState::Open, on: None, told, listed };
                    case.needs.insert(code.clone(), need);
                }
                take_deed(case, happening, *deed, *on, code);
                bear_out(case, happening.month);
            }
            (What::Listed { .. }, _) => {}
            // Cannot be: a month that opens a case no more withdraws it.
            (What::Answered(_) | What::Did { .. }, None) => {}
        }
        join_standing(&mut history, happening.about());
    }
    history.happenings = happenings;
    history
}

/// A list that was answered was issued, though the month was run again since and warned no more.
fn stood_on_list(case: &mut Case, answered: &Happening, happenings: &[Happening]) {
    let town = happenings.iter().rev().find_map(|one| match &one.what {
        What::Listed { town, .. } if one.number == answered.number && one.month == answered.about() => {
            Some(town.clone())
        }
        _ => None,
    });
    if let Some(town) = town {
        case.listings.entry(answered.about()).or_insert(Listing { town, is_answered: true });
    }
}

/// Whether the first of them is an answer in whose place another came: to the same list of that month, or by a second look at it. What a second look
/// found is replaced by another one alone.
fn is_replaced(happenings: &[Happening]) -> bool {
    let same = |other: &Happening, one: &Happening| {
        other.number == one.number
            && other.about() == one.about()
            && (other.looked_at.is_some() || other.list == one.list)
            && matches!(other.what, What::Answered(_))
            && (other.looked_at.is_some() || takes_the_place_of(other, one))
    };
    happenings.split_first().is_some_and(|(one, later)| later.iter().any(|other| same(other, one)))
}

/// Whether a deed is that of an answer to one run's list which does not count, another having come in its place, or which could not pass the case on.
fn is_of_no_answer(deed: Deed, happenings: &[Happening], at: usize, case: &Case) -> bool {
    let one = &happenings[at];
    if !matches!(deed, Deed::NeedPushed | Deed::Rerouted | Deed::Exempted) || one.revision.is_none() {
        return false;
    }
    let is_its = |other: &&Happening| {
        (&other.number, &other.list, other.month, other.revision) == (&one.number, &one.list, one.month, one.revision)
            && matches!(other.what, What::Answered(_))
    };
    // Its answer stands right before it.
    let Some(answer) = happenings[..at].iter().rposition(|other| is_its(&other)) else { return false };
    is_replaced(&happenings[answer..]) || deed == Deed::Rerouted && is_from_elsewhere(case, &happenings[answer])
}

/// Whether the first of them is where a town's answer sent a case, what it freed it from or asked for, and a second look found that the answer was
/// wrong. What the household needs stays needed unless nothing is left to do.
fn is_refuted(happenings: &[Happening]) -> bool {
    let Some((one, later)) = happenings.split_first() else { return false };
    let What::Did { deed, .. } = &one.what else { return false };
    let refutes = |other: &Happening| match &other.what {
        What::Answered(answer) => match deed {
            Deed::Rerouted | Deed::Exempted => true,
            Deed::NeedPushed => answer.leaves == CaseState::Closed,
            _ => false,
        },
        _ => false,
    };
    let is_at =
        |other: &&Happening| other.number == one.number && other.about() == one.about() && other.looked_at.is_some();
    one.looked_at.is_none() && later.iter().filter(is_at).any(refutes)
}

/// Whether a household's risk can be gone on a day: it was included by then, whenever that came to be known, and not before its risk was gone the last
/// time, if it is to be included once more or is.
pub(crate) fn may_be_gone(cases: &[Case], happenings: &[Happening], day: Option<i32>) -> bool {
    let last_gone = cases.iter().filter_map(|case| case.eliminated_on).max();
    let goes_on = cases.iter().any(Case::goes_on);
    let is_before = |on: Option<i32>| on.zip(day).is_none_or(|(included, gone)| included <= gone);
    let is_since = |on: Option<i32>| last_gone.is_none_or(|last| on.is_some_and(|on| on > last));
    let is_undone = |at: usize| {
        let later = happenings[at..].iter().filter(|later| later.number == happenings[at].number);
        let mut later = later.filter(|_| !happenings[at].list.is_empty());
        later.any(|later| matches!(later.what, What::Did { deed: Deed::NotIncluded, .. }))
    };
    happenings.iter().enumerate().any(|(at, one)| match &one.what {
        What::Did { deed: Deed::Included | Deed::RolledBack, on, .. } => {
            is_before(*on) && (is_since(*on) || !goes_on) && !is_undone(at)
        }
        _ => false,
    })
}

/// Whether the first of them settles a need that only a copy of the month's list tells of which came later: the list is the same, and so is the need.
fn is_settled_before_told(case: &Case, happenings: &[Happening]) -> bool {
    let Some((one, later)) = happenings.split_first() else { return false };
    let What::Did { deed: Deed::NeedMet | Deed::NeedRefused, code: settled, .. } = &one.what else { return false };
    let is_told = |other: &Happening| {
        other.month == one.month
            && matches!(&other.what, What::Did { deed: Deed::NeedPushed, code, .. } if code == settled)
    };
    !case.needs.contains_key(settled) && later.iter().any(is_told)
}

fn opened(household: &str, happening: &Happening, level: Level, town: &str) -> Case {
    Case {
        number: happening.number.clone(),
        household: household.to_owned(),
        opened: happening.month,
        state: CaseState::Open,
        level,
        town: town.to_owned(),
        passed_on_by: None,
        sent_away: None,
        to_include: None,
        included_for: Vec::new(),
        last_warned: happening.month,
        reasons: Vec::new(),
        unanswered: Vec::new(),
        left: Vec::new(),
        cleared: None,
        withdrawn: false,
        listings: BTreeMap::new(),
        due: None,
        asked: None,
        answer: None,
        answers: 0,
        included: None,
        helper_on: None,
        plan_on: None,
        measures: BTreeMap::new(),
        needs: BTreeMap::new(),
        eliminated_on: None,
        told_gone: None,
        exempt_until: None,
        rechecks: Vec::new(),
        spot_check: None,
        closed: None,
        joined: None,
    }
}

/// The month warns of the case. A case that an answer had left is open again, unless that answer came in after the run and to an older list: then
/// it answers this list too, if the warning is no more serious and no other case stands.
fn warn(
    case: &mut Case,
    month: Month,
    step: CaseStep,
    level: Level,
    (town, due, reasons): (&str, Option<i32>, &Vec<Reason>),
    is_alone: bool,
) {
    let is_known = |reason: &Reason| case.reasons.iter().any(|known| reason.is_within(known));
    // Of two runs of an earlier month the first may have warned of as much, and its list been answered.
    let is_as_serious = step == CaseStep::Continuing || step == CaseStep::Escalated && level >= case.level;
    let is_late_answer = is_as_serious
        && is_alone
        && case.joined.is_none()
        && case.state != CaseState::Open
        && case.was_left_by_an_answer()
        && !case.withdrawn
        && reasons.iter().all(is_known);
    let stood_open = case.state == CaseState::Open && step != CaseStep::Raised;
    if stood_open {
        let last = case.reasons.drain(..).map(|reason| (case.last_warned, reason));
        case.unanswered.extend(last);
        case.left = case.unanswered.iter().map(|(_, reason)| reason.clone()).collect();
        case.unanswered.retain(|(_, known)| reasons.iter().all(|reason| reason.rule != known.rule));
    } else {
        case.unanswered.clear();
        case.left.clear();
    }
    case.level = level;
    case.last_warned = month;
    case.reasons.clone_from(reasons);
    case.cleared = None;
    case.withdrawn = false;
    if !town.is_empty() {
        case.listings.insert(month, Listing { town: town.to_owned(), is_answered: is_late_answer });
    }
    if !is_late_answer {
        // A list that went to who passed the case on asks nothing of who took it.
        let due = due.filter(|_| *town == case.town);
        let runs_on = case.due.filter(|_| stood_open);
        if runs_on.is_none_or(|known| due.is_some_and(|due| due < known)) {
            (case.due, case.asked) = (due, due.map(|_| month));
        }
        (case.state, case.closed, case.joined) = (CaseState::Open, None, None);
    }
}

/// Whose the case is once a list went to a town. What was answered to older lists counts, though it came in after: who passed the case on is not asked
/// again, and who took it back or passed it on to another town than he had said first is obeyed. A registry that names a third town knows better.
fn goes_to(case: &mut Case, step: CaseStep, town: &str, passed_on_by: Option<&String>) {
    let had_it = case.town.clone();
    match passed_on_by {
        Some(home) if case.passed_on_by.as_ref() == Some(home) => {}
        Some(home) if case.passed_on_by.is_none() && step != CaseStep::Raised => home.clone_into(&mut case.town),
        Some(home) => (case.town, case.passed_on_by) = (town.to_owned(), Some(home.clone())),
        None if case.passed_on_by.as_deref() == Some(town) => {}
        None => {
            if case.town != town {
                case.passed_on_by = None;
            }
            town.clone_into(&mut case.town);
        }
    }
    if case.town != had_it {
        case.due = None;
    }
}

fn quiet(case: &mut Case, month: Month, step: CaseStep, town: &str, due: Option<i32>) {
    if step == CaseStep::Handed {
        if case.state == CaseState::Open && case.town == town && case.due.is_none() {
            (case.due, case.asked) = (due, due.map(|_| month));
        }
        return;
    }
    if step == CaseStep::Moved {
        (case.town, case.passed_on_by, case.sent_away) = (town.to_owned(), None, None);
        if case.state == CaseState::Open {
            (case.due, case.asked) = (due, due.map(|_| month));
        }
        return;
    }
    case.cleared = if step == CaseStep::Withdrawn { Some(month) } else { case.cleared.or(Some(month)) };
    if step == CaseStep::Withdrawn {
        case.withdrawn = true;
        (case.state, case.closed) = (CaseState::Closed, Some(month));
        case.listings.remove(&month);
    }
}

/// What an answer says that begins an inclusion.
const BEGINS: [&str; 2] = ["include", "rollback"];
/// What an answer says that ends one which was begun.
const ENDS: [&str; 3] = ["negative", "declined", "deceased"];

/// Whether an answer that could not be carried out when it was given, so that the household was to be included, is given again and can: it is monitored.
fn is_now_borne_out(case: &Case, answer: &Answer) -> bool {
    let begun = case.to_include.as_ref().map(|(_, begun)| &begun.code);
    answer.effect == "monitored" && begun == Some(&answer.code)
}

/// Whether an answer that closes its case, or puts it off, is to a list which shows the case for nothing but that its household is to be included:
/// nothing else was asked.
fn is_about_the_inclusion(case: &Case, month: Month, answer: &Answer) -> bool {
    let waits = case.state == CaseState::Followed && case.last_warned < month;
    waits && answer.is_finding && (answer.leaves == CaseState::Closed || answer.effect == "cool")
}

/// The latest answer to the latest list stands; a late answer to an older list is kept and replaces nothing.
fn take_answer(case: &mut Case, month: Month, answer: &Answer) {
    case.answers += 1;
    if case.state == CaseState::Followed && !answer.says_something() {
        // Nobody verified anything: what goes on goes on. What departments were asked for hangs on the answer that asked.
        if case.goes_on() {
            case.answer = Some((month, answer.clone()));
        }
        return;
    }
    case.answer = Some((month, answer.clone()));
    case.sent_away = is_nobodys(answer).then_some(month);
    if case.sent_away.is_some() {
        case.due = None;
    }
    let begins = BEGINS.contains(&answer.effect.as_str());
    if begins && !case.is_included() {
        // The first one began it: another does not begin it anew.
        case.to_include.get_or_insert_with(|| (month, answer.clone()));
        if case.included_for.is_empty() {
            let now = case.reasons.iter().map(|reason| (case.last_warned, reason.clone()));
            case.included_for = now.chain(case.unanswered.iter().cloned()).collect();
        }
    } else if ENDS.contains(&answer.effect.as_str())
        || is_now_borne_out(case, answer)
        || is_about_the_inclusion(case, month, answer)
    {
        case.to_include = None;
        if !case.is_included() {
            case.included_for.clear();
        }
    }
    look_again(case, month, answer);
    if answer.is_finding {
        case.unanswered.clear();
    }
    // What was found in a household stays found, whatever became of the warning that led there.
    if case.withdrawn && answer.leaves != CaseState::Followed {
        return;
    }
    case.withdrawn = false;
    let is_over = answer.leaves == CaseState::Closed && !case.goes_on() && case.rechecks.is_empty();
    case.state = if answer.leaves == CaseState::Closed && !is_over { CaseState::Followed } else { answer.leaves };
    case.closed = (case.state == CaseState::Closed).then_some(month);
    if case.state != CaseState::Closed {
        case.joined = None;
    }
}

/// An answer is about what the list of its month, or the last one before it, warned of, and what was left of earlier ones beside it.
fn cover(covered: &mut BTreeMap<String, Covered>, case: &Case, month: Month, answer: &Answer) {
    if !answer.is_finding {
        return;
    }
    let unanswered = case.unanswered.iter().map(|(_, reason)| reason);
    for reason in case.reasons.iter().chain(unanswered) {
        let known = Covered {
            case: case.number.clone(),
            month,
            reason: reason.clone(),
            code: answer.code.clone(),
            effect: answer.effect.clone(),
            until: answer.until,
        };
        covered.insert(reason.rule.clone(), known);
    }
}

fn take_deed(case: &mut Case, happening: &Happening, deed: Deed, on: Option<i32>, code: &str) {
    let month = happening.month;
    let later = |old: Option<i32>| on.or(old);
    match deed {
        Deed::Included | Deed::RolledBack => {
            let old = case.included.take();
            let kind = if code.is_empty() { old.as_ref().map_or("", |old| &old.kind) } else { code };
            case.to_include = None;
            case.rechecks.clear();
            case.included = Some(Included { on: later(old.as_ref().and_then(|old| old.on)), kind: kind.to_owned() });
            // Included once more, after its risk was gone: a helper, a plan and measures are to come anew.
            let is_since = on.zip(case.eliminated_on).is_some_and(|(on, eliminated)| on > eliminated);
            if is_since && case.state != CaseState::Closed {
                (case.helper_on, case.plan_on, case.eliminated_on) = (None, None, None);
                case.measures.clear();
            }
        }
        Deed::NotIncluded => {
            (case.included, case.told_gone) = (None, None);
            // What was answered is still to be done.
            let begun = case.answer.clone().filter(|(_, answer)| BEGINS.contains(&answer.effect.as_str()));
            case.to_include = case.to_include.take().or(begun.filter(|_| case.state != CaseState::Closed));
        }
        Deed::HelperAssigned => case.helper_on = later(case.helper_on),
        Deed::PlanMade => case.plan_on = later(case.plan_on),
        Deed::Measure => {
            let old = case.measures.get(code).copied().flatten();
            case.measures.insert(code.to_owned(), on.or(old));
        }
        Deed::Eliminated => tell_gone(case, month, on, code),
        Deed::NeedPushed => tell_need(case, happening, on, code),
        Deed::NeedMet | Deed::NeedRefused => {
            if let Some(need) = case.needs.get_mut(code) {
                // A list that was issued after it was told of is about it, whatever day it names.
                let (told_by, told_on) = need.told;
                let is_older = month <= told_by && on.zip(told_on).is_some_and(|(settled, told)| settled < told);
                if !is_older {
                    need.state = if deed == Deed::NeedMet { NeedState::Met } else { NeedState::Refused };
                    need.on = on;
                }
            }
            close_when_met(case, month);
        }
        Deed::Rerouted => {
            case.sent_away = None;
            if case.town == code {
                return;
            }
            // The next town has its own time, from its own list.
            let from = std::mem::replace(&mut case.town, code.to_owned());
            case.passed_on_by = Some(case.passed_on_by.take().unwrap_or(from)).filter(|home| home != code);
            case.due = None;
        }
        Deed::Exempted => case.exempt_until = on,
        // Under which number its household is decides whose events these are, before they are folded.
        Deed::Renumbered => {}
        Deed::SpotChecked => case.spot_check = Some((code.to_owned(), on, month)),
    }
}

/// Told again while it is open, it is the same need; once it was settled, another, unless it was settled later than this was told. A copy of the very
/// list that told of it says so by a later day.
fn tell_need(case: &mut Case, happening: &Happening, on: Option<i32>, code: &str) {
    let (month, listed) = (happening.month, happening.listed);
    let anew = Need { pushed: month, state: NeedState::Open, on: None, told: (month, on), listed };
    let Some(known) = case.needs.get_mut(code) else {
        case.needs.insert(code.to_owned(), anew);
        return;
    };
    let days = on.zip(known.on);
    let is_since = match month > known.pushed {
        true => days.is_none_or(|(told, settled)| told >= settled),
        false => days.is_some_and(|(told, settled)| told > settled),
    };
    if known.state != NeedState::Open && is_since {
        *known = anew;
    } else if (on, month) > (known.told.1, known.told.0) {
        known.told = (month, on);
    }
}

/// A case that waited for departments alone is done with when each has met its need. What one refused stays with the town, and a household that is to be
/// included, or is, goes on whatever a department did.
fn close_when_met(case: &mut Case, month: Month) {
    let waits_for_departments = case.state == CaseState::Followed
        && !case.goes_on()
        && case.rechecks.is_empty()
        && case.answer.as_ref().is_some_and(|(_, answer)| answer.effect == "department");
    if waits_for_departments && case.needs.values().all(|need| need.state == NeedState::Met) {
        (case.state, case.closed) = (CaseState::Closed, Some(month));
    }
}
