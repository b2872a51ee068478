//! What an answer can be about: nothing that its household was warned of since its list was made. A month that is run again with a late extract may warn of
//! more than the list that was answered did; that is still to be verified. Of lists without an edition in their tags nobody knows which run made them: there
//! an answer is taken to be to the last list before it came in.

use std::collections::BTreeSet;

use bidui_model::{Level, Month};
use rusqlite::{Connection, OptionalExtension, Statement, params};

use crate::case_number::CaseNumber;
use crate::error::LedgerError;
use crate::event::Reason;
use crate::history::{Case, CaseState, Happening, Saw, Shown, What};
use crate::past::reasons_of;

pub(crate) struct Seen<'c> {
    connection: &'c Connection,
    /// The run of a month by its revision; the last one of a month before a batch; and the last event that a batch knew.
    run: Statement<'c>,
    last_run: Statement<'c>,
    last_event: Statement<'c>,
    /// Events that warned of a case by the last run of each month up to one, as far as a batch knew.
    warned: Statement<'c>,
}

impl<'c> Seen<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Result<Self, LedgerError> {
        let run = connection.prepare("SELECT id FROM batches WHERE kind = 'run' AND month = ?1 AND revision = ?2")?;
        let last_run = connection.prepare(
            "SELECT MAX(id) FROM batches WHERE kind = 'run' AND month = ?1 AND id < (SELECT batch FROM events WHERE id = ?2)",
        )?;
        let last_event = connection.prepare("SELECT MAX(id) FROM events WHERE batch <= ?1")?;
        let warned = connection.prepare(
            "SELECT e.id, e.month, e.batch, e.town, e.level FROM events AS e JOIN batches AS b ON b.id = e.batch
             WHERE e.household = (SELECT household FROM case_numbers WHERE case_no = ?1) AND e.case_no = ?1 AND e.month <= ?2
             AND e.kind IN ('raised', 'continuing', 'escalated', 'reopened') AND e.batch <= ?3
             AND b.revision = (SELECT MAX(l.revision) FROM batches AS l WHERE l.kind = 'run' AND l.month = e.month AND l.id <= ?3)",
        )?;
        Ok(Self { connection, run, last_run, last_event, warned })
    }

    /// The run that made the list of an answer: as its tag says, or else the last one before it came in.
    fn run_of(&mut self, (event, answer): &(i64, Happening)) -> Result<Option<i64>, LedgerError> {
        let month = answer.month.to_string();
        Ok(match answer.revision {
            Some(revision) => self.run.query_row(params![month, revision], |row| row.get(0)).optional()?,
            None => self.last_run.query_row(params![month, event], |row| row.get(0))?,
        })
    }

    /// What a case was warned of up to a month, as far as a run knew; and what that very run did, if it did.
    fn shown(
        &mut self,
        number: &CaseNumber,
        month: Month,
        run: i64,
    ) -> Result<(Option<Shown>, Vec<Reason>), LedgerError> {
        let (mut now, mut before) = (None, Vec::new());
        let mut rows = self.warned.query(params![number.as_str(), month.to_string(), run])?;
        while let Some(row) = rows.next()? {
            let reasons = reasons_of(self.connection, row.get(0)?)?;
            if row.get::<_, i64>(2)? == run {
                now = Some(Shown { town: row.get(3)?, level: crate::past::level(row, 4)?, reasons });
            } else if crate::line::month(row, 1)? < month {
                before.extend(reasons);
            }
        }
        Ok((now, before))
    }

    /// Notes with each answer of a household what its list showed, and what it can be about where a run that counts came after it.
    pub(crate) fn find(&mut self, happenings: &mut [(i64, Happening)]) -> Result<(), LedgerError> {
        let numbers: BTreeSet<CaseNumber> = happenings.iter().map(|(_, happening)| happening.number.clone()).collect();
        for at in 0..happenings.len() {
            if !matches!(happenings[at].1.what, What::Answered(_)) {
                continue;
            }
            let (run, month) = (self.run_of(&happenings[at])?, happenings[at].1.month);
            let seen_by = match run {
                Some(run) => self.last_event.query_row([run], |row| row.get::<_, Option<i64>>(0))?,
                None => None,
            };
            let seen_by = seen_by.unwrap_or(happenings[at].0);
            let is_since =
                |(event, run): &(i64, Happening)| *event > seen_by && run.month <= month && is_warned(&run.what);
            let is_late = happenings.iter().any(is_since);
            happenings[at].1.issued = self.issued(happenings, seen_by, &happenings[at].1)?;
            let Some(run) = run else { continue };
            if happenings[at].1.revision.is_some() {
                let number = happenings[at].1.number.clone();
                happenings[at].1.shown = self.shown(&number, month, run)?.0;
            }
            if is_late {
                let mut saw = Saw::default();
                for number in &numbers {
                    let (now, before) = self.shown(number, month, run)?;
                    saw.now.extend(now.into_iter().flat_map(|shown| shown.reasons));
                    saw.before.extend(before);
                }
                happenings[at].1.saw = Some(saw);
            }
        }
        Ok(())
    }

    /// What the list warned of on which an answer was written, where its month was run again since and warns otherwise or of nothing: the last one that the
    /// answer can be to. Of an answer whose list nobody knows that is the one that counts, where it warns of something: it is the one to answer.
    fn issued(
        &self,
        happenings: &[(i64, Happening)],
        seen_by: i64,
        of: &Happening,
    ) -> Result<Option<(Level, Vec<Reason>)>, LedgerError> {
        let of_list = || happenings.iter().filter(|(_, other)| other.number == of.number && other.month == of.month);
        let mut counts = of_list().filter(|(_, other)| is_warned(&other.what));
        if counts.any(|(event, _)| of.revision.is_none() || *event <= seen_by) {
            return Ok(None);
        }
        let listed = of_list().filter(|(event, _)| *event <= seen_by).filter_map(|(event, other)| match other.what {
            What::Listed { level, .. } => Some((*event, level)),
            _ => None,
        });
        let Some((event, level)) = listed.max_by_key(|(event, _)| *event) else { return Ok(None) };
        Ok(Some((level, reasons_of(self.connection, event)?)))
    }
}

fn is_warned(what: &What) -> bool {
    matches!(what, What::Stepped { step, .. } if step.is_warned())
}

/// Adds what is not among what was warned of: another rule, or more of the same.
fn take_in(known: &mut Vec<Reason>, reason: &Reason) {
    let Some(known_of) = known.iter_mut().find(|known| known.rule == reason.rule) else {
        known.push(reason.clone());
        return;
    };
    known_of.level = known_of.level.min(reason.level);
    known_of.value = match (known_of.value, reason.value) {
        (Some(one), Some(other)) => Some(one.max(other)),
        (one, other) => one.or(other),
    };
    let others = reason.persons.iter().filter(|person| !known_of.persons.contains(person));
    let others: Vec<String> = others.cloned().collect();
    known_of.persons.extend(others);
    known_of.persons.sort();
}

/// A town answers what its list warned of, though the month was run again since and warns no more, or otherwise.
pub(crate) fn answer_what_was_issued(case: &mut Case, answer: &Happening) {
    let Some((level, reasons)) = answer.issued.as_ref().filter(|_| answer.looked_at.is_none()) else { return };
    if case.last_warned < answer.month {
        case.level = case.level.min(*level);
    }
    reasons.iter().for_each(|reason| take_in(&mut case.reasons, reason));
}

/// What a case is warned of and an answer cannot be about: of its last list, and of earlier ones. It is taken out of the case.
#[derive(Default)]
pub(crate) struct Unseen {
    now: Vec<Reason>,
    before: Vec<(Month, Reason)>,
    /// An answer to another list of the month was about it.
    is_answered: bool,
}

impl Unseen {
    pub(crate) fn take(case: &mut Case, answer: &Happening) -> Self {
        let Some(saw) = &answer.saw else { return Self::default() };
        let among = |known: &[Reason], reason: &Reason| known.iter().any(|known| reason.is_no_more_than(known));
        let is_old = case.last_warned < answer.about();
        // What the last run warns of is seen as far as the answered list warned of it, or left it standing from earlier ones.
        let left = std::mem::take(&mut case.left);
        let is_seen =
            |reason: &Reason| among(&saw.now, reason) || among(&saw.before, reason) && (is_old || among(&left, reason));
        let is_seen_before = |reason: &Reason| among(&saw.now, reason) || among(&saw.before, reason);
        let (reasons, unanswered) = (std::mem::take(&mut case.reasons), std::mem::take(&mut case.unanswered));
        let (seen, now) = reasons.into_iter().partition(is_seen);
        let (seen_before, before) = unanswered.into_iter().partition(|(_, reason)| is_seen_before(reason));
        (case.reasons, case.unanswered, case.left) = (seen, seen_before, left);
        Self { now, before, is_answered: case.state != CaseState::Open }
    }

    /// Leaves the case open for it, on the lists that warned of it.
    pub(crate) fn give_back(self, case: &mut Case) {
        if self.now.is_empty() && self.before.is_empty() {
            return;
        }
        if self.is_answered {
            case.reasons.extend(self.now);
            return;
        }
        let months = self.before.iter().map(|(month, _)| *month);
        let months: BTreeSet<_> = months.chain((!self.now.is_empty()).then_some(case.last_warned)).collect();
        for (_, listing) in case.listings.iter_mut().filter(|(month, _)| months.contains(month)) {
            listing.is_answered = false;
        }
        case.reasons = self.now;
        case.unanswered.extend(self.before);
        // Where it had been joined into another that stands, it is again.
        (case.state, case.closed, case.joined) = (CaseState::Open, None, None);
    }
}
