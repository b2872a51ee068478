//! What an answer can be about: nothing that its household was warned of since it came in. A month that is run again with a late extract may warn of more
//! than the list that was answered did; that is still to be verified.

use std::collections::BTreeSet;

use bidui_model::{Level, Month};
use rusqlite::{Connection, Statement, params};

use crate::case_number::CaseNumber;
use crate::error::LedgerError;
use crate::event::Reason;
use crate::history::{Case, CaseState, Happening, What};
use crate::past::reasons_of;

pub(crate) struct Seen<'c> {
    connection: &'c Connection,
    warned: Statement<'c>,
}

impl<'c> Seen<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Result<Self, LedgerError> {
        let warned = connection.prepare(
            "SELECT e.id FROM events AS e WHERE e.household = (SELECT household FROM case_numbers WHERE case_no = ?1) AND e.case_no = ?1 AND e.id < ?2
             AND e.kind IN ('raised', 'continuing', 'escalated', 'reopened')",
        )?;
        Ok(Self { connection, warned })
    }

    /// Notes with each answer of a household what it can be about, where a run that counts came after it.
    pub(crate) fn find(&mut self, happenings: &mut [(i64, Happening)]) -> Result<(), LedgerError> {
        let is_run_since = |answer: i64, of: &Happening, happenings: &[(i64, Happening)]| {
            let is_warned = |what: &What| matches!(what, What::Stepped { step, .. } if step.is_warned());
            happenings.iter().any(|(event, run)| *event > answer && run.month <= of.month && is_warned(&run.what))
        };
        let is_answer = |happening: &Happening| matches!(happening.what, What::Answered(_));
        for at in (0..happenings.len()).filter(|at| is_answer(&happenings[*at].1)).collect::<Vec<_>>() {
            happenings[at].1.issued = self.issued(happenings, happenings[at].0, &happenings[at].1)?;
        }
        let late: Vec<usize> = (0..happenings.len())
            .filter(|at| is_answer(&happenings[*at].1))
            .filter(|at| is_run_since(happenings[*at].0, &happenings[*at].1, happenings))
            .collect();
        if late.is_empty() {
            return Ok(());
        }
        let numbers: BTreeSet<CaseNumber> = happenings.iter().map(|(_, happening)| happening.number.clone()).collect();
        for at in late {
            let mut saw = Vec::new();
            for number in &numbers {
                let mut rows = self.warned.query(params![number.as_str(), happenings[at].0])?;
                while let Some(row) = rows.next()? {
                    saw.extend(reasons_of(self.connection, row.get(0)?)?);
                }
            }
            happenings[at].1.saw = Some(saw);
        }
        Ok(())
    }

    /// What the list warned of on which an answer was written, where its month was run again since and warned of nothing: the last one that did. Where it
    /// warns of something, that is what is answered: nobody knows of which run a row is, and the latest list is the one to answer.
    fn issued(
        &self,
        happenings: &[(i64, Happening)],
        answer: i64,
        of: &Happening,
    ) -> Result<Option<(Level, Vec<Reason>)>, LedgerError> {
        let is_of = |other: &Happening| other.number == of.number && other.month == of.month;
        let is_warned = |what: &What| matches!(what, What::Stepped { step, .. } if step.is_warned());
        if happenings.iter().any(|(_, other)| is_of(other) && is_warned(&other.what)) {
            return Ok(None);
        }
        let listed = happenings.iter().filter(|(event, other)| is_of(other) && *event < answer);
        let listed = listed.filter_map(|(event, other)| match other.what {
            What::Listed { level, .. } => Some((*event, level)),
            _ => None,
        });
        let Some((event, level)) = listed.max_by_key(|(event, _)| *event) else { return Ok(None) };
        Ok(Some((level, reasons_of(self.connection, event)?)))
    }
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

/// A town answers what its list warned of, though the month was run again since and warns no more.
pub(crate) fn answer_what_was_issued(case: &mut Case, answer: &Happening) {
    let Some((level, reasons)) = answer.issued.as_ref().filter(|_| answer.looked_at.is_none()) else { return };
    case.level = case.level.min(*level);
    reasons.iter().for_each(|reason| take_in(&mut case.reasons, reason));
}

/// What a case is warned of and an answer cannot be about: of its last list, and of earlier ones. It is taken out of the case.
#[derive(Default)]
pub(crate) struct Unseen {
    now: Vec<Reason>,
    before: Vec<(Month, Reason)>,
}

impl Unseen {
    pub(crate) fn take(case: &mut Case, answer: &Happening) -> Self {
        let Some(saw) = &answer.saw else { return Self::default() };
        let is_seen = |reason: &Reason| saw.iter().any(|known| reason.is_within(known));
        let (reasons, unanswered) = (std::mem::take(&mut case.reasons), std::mem::take(&mut case.unanswered));
        let (seen, now) = reasons.into_iter().partition(is_seen);
        let (seen_before, before) = unanswered.into_iter().partition(|(_, reason)| is_seen(reason));
        (case.reasons, case.unanswered) = (seen, seen_before);
        Self { now, before }
    }

    /// Leaves the case open for it, on the lists that warned of it.
    pub(crate) fn give_back(self, case: &mut Case) {
        if self.now.is_empty() && self.before.is_empty() {
            return;
        }
        let months = self.before.iter().map(|(month, _)| *month);
        let months: BTreeSet<_> = months.chain((!self.now.is_empty()).then_some(case.last_warned)).collect();
        for (_, listing) in case.listings.iter_mut().filter(|(month, _)| months.contains(month)) {
            listing.is_answered = false;
        }
        if !self.now.is_empty() {
            case.reasons = self.now;
        }
        case.unanswered.extend(self.before);
        // Where it had been joined into another that stands, it is again.
        (case.state, case.closed, case.joined) = (CaseState::Open, None, None);
    }
}
