//! Editions of a case on a month's list. A month that is run again may warn of the same case for other reasons, and both lists are about: what an answer can
//! be about is what its own list warned of.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::Month;
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::case_number::CaseNumber;
use crate::digest::hex;
use crate::error::LedgerError;
use crate::event::{Reason, ReturnedRow};
use crate::history::{Case, CaseState, Happening, History, What};
use crate::ledger::Ledger;
use crate::past::reasons_of;
use crate::run::RunPlan;

/// Which one a returned row is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// Of what the list shows the case for.
    pub digest: String,
    /// The last run of the month whose list shows it for that.
    pub revision: u32,
    /// What that run warned of.
    pub rules: BTreeSet<String>,
}

impl Edition {
    /// Whether an answer to this one takes the place of an answer to an earlier one: it shows all that that did.
    #[must_use]
    pub fn replaces(&self, earlier: &Self) -> bool {
        self.revision > earlier.revision && earlier.rules.is_subset(&self.rules)
    }
}

/// A digest of whose list shows a case and why, the same in whatever order the reasons come: what its month warns of, and what was left of earlier ones.
fn edition<'r>(town: &str, reasons: &[Reason], left: impl Iterator<Item = &'r (Month, Reason)>) -> String {
    let mut lines: Vec<String> = reasons.iter().map(Reason::in_full).collect();
    lines.sort_unstable();
    let mut before: Vec<String> = left.map(|(month, reason)| format!("{month}\n{}", reason.in_full())).collect();
    before.sort_unstable();
    lines.extend(before);
    lines.push(town.to_owned());
    hex(Sha256::new_with_prefix(lines.concat()))
}

/// The edition of each case that a month's lists show, by what everything stands at with the month.
pub(crate) fn editions_of(month: Month, after: &BTreeMap<String, History>) -> BTreeMap<CaseNumber, String> {
    let shown = after.values().flat_map(|history| &history.cases).filter_map(|case| {
        let edition = if case.last_warned == month {
            edition(&case.town, &case.reasons, case.unanswered.iter())
        } else if case.state == CaseState::Open {
            let last: Vec<_> = case.reasons.iter().map(|reason| (case.last_warned, reason.clone())).collect();
            edition(&case.town, &[], last.iter().chain(&case.unanswered))
        } else {
            return None;
        };
        Some((case.number.clone(), edition))
    });
    shown.collect()
}

impl RunPlan {
    /// The edition of each case that the month's lists show, by its number.
    #[must_use]
    pub fn editions(&self) -> BTreeMap<String, String> {
        self.editions.iter().map(|(number, edition)| (number.to_string(), edition.clone())).collect()
    }
}

impl Ledger {
    /// The editions of a case that the runs of a month issued.
    pub fn editions(&self, number: &CaseNumber, month: Month) -> Result<Vec<Edition>, LedgerError> {
        let mut select = self.connection.prepare_cached(
            "SELECT b.revision, n.digest, e.id FROM batches AS b
             LEFT JOIN editions AS n ON n.case_no = ?1 AND n.batch = b.id
             LEFT JOIN events AS e ON e.household = (SELECT household FROM case_numbers WHERE case_no = ?1) AND e.case_no = ?1 AND e.batch = b.id
               AND e.kind IN ('raised', 'continuing', 'escalated', 'reopened')
             WHERE b.kind = 'run' AND b.month = ?2 AND COALESCE(n.digest, e.id) IS NOT NULL ORDER BY b.revision",
        )?;
        let mut rows = select.query(params![number.as_str(), month.to_string()])?;
        let mut editions: Vec<Edition> = Vec::new();
        while let Some(row) = rows.next()? {
            let reasons = match row.get::<_, Option<i64>>(2)? {
                Some(event) => reasons_of(&self.connection, event)?,
                None => Vec::new(),
            };
            // A run that was recorded before they were is known by what it warned of alone.
            let digest = row.get::<_, Option<String>>(1)?.unwrap_or_else(|| edition("", &reasons, [].iter()));
            let rules = reasons.into_iter().map(|reason| reason.rule).collect();
            editions.retain(|known| known.digest != digest);
            editions.push(Edition { digest, revision: row.get(0)?, rules });
        }
        Ok(editions)
    }

    /// Whether the row was answered on the list of a later run of its month than the one that issued this copy, and that showed all that this did.
    pub fn is_outdated(&self, row: &ReturnedRow) -> Result<bool, LedgerError> {
        let (Some(own), Some(number)) = (&row.edition, &row.case) else { return Ok(false) };
        let mut select = self.connection.prepare_cached(
            "SELECT DISTINCT revision FROM events WHERE list = ?1 AND month = ?2 AND row_key = ?3 AND kind = 'answered'
             AND (is_finding <> 0 OR effect = 'reroute') AND revision > ?4",
        )?;
        let given = params![row.list, row.month.to_string(), row.row_key, own.revision];
        let later = select.query_map(given, |row| row.get::<_, u32>(0))?.collect::<Result<Vec<_>, _>>()?;
        for revision in later {
            if own.rules.is_subset(&self.warned_by(number, row.month, revision)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The rules by which a run of a month warned of a case.
    pub(crate) fn warned_by(
        &self,
        number: &CaseNumber,
        month: Month,
        revision: u32,
    ) -> Result<BTreeSet<String>, LedgerError> {
        let mut select = self.connection.prepare_cached(
            "SELECT r.rule FROM events AS e JOIN reasons AS r ON r.event = e.id JOIN batches AS b ON b.id = e.batch
             WHERE e.household = (SELECT household FROM case_numbers WHERE case_no = ?1) AND e.case_no = ?1
               AND b.kind = 'run' AND b.month = ?2 AND b.revision = ?3",
        )?;
        let rules = select.query_map(params![number.as_str(), month.to_string(), revision], |row| row.get(0))?;
        Ok(rules.collect::<Result<_, _>>()?)
    }

    /// Whether a copy of the row is of a later run's list than what was last answered about it.
    pub(crate) fn is_later_than_said(&self, row: &ReturnedRow) -> Result<bool, LedgerError> {
        let Some(own) = &row.edition else { return Ok(false) };
        let mut select = self.connection.prepare_cached(
            "SELECT revision FROM events WHERE list = ?1 AND month = ?2 AND row_key = ?3 AND kind = 'answered' ORDER BY batch DESC LIMIT 1",
        )?;
        let given = params![row.list, row.month.to_string(), row.row_key];
        let said: Option<Option<u32>> = select.query_row(given, |row| row.get(0)).optional()?;
        Ok(said.flatten().is_some_and(|revision| own.revision > revision))
    }
}

/// Whether an answer is about all that an earlier one to the same list of its month was about, and says what was found: the list that it is to warned of all
/// that the other's did, if of more or worse. One to a list of the same run, or where nobody knows the run, corrects the other whatever it says.
pub(crate) fn takes_the_place_of(later: &Happening, earlier: &Happening) -> bool {
    let (Some(here), Some(there)) = (&later.shown, &earlier.shown) else { return true };
    let says_something = matches!(&later.what, What::Answered(answer) if answer.says_something());
    later.revision == earlier.revision
        || says_something
            && there.reasons.iter().all(|reason| here.reasons.iter().any(|shown| shown.rule == reason.rule))
}

/// Whether an answer is to a list of another town than the last run of its month has the case with.
pub(crate) fn is_from_elsewhere(case: &Case, answer: &Happening) -> bool {
    let (Some(shown), Some(listing)) = (&answer.shown, case.listings.get(&answer.month)) else { return false };
    !shown.town.is_empty() && shown.town != listing.town
}

#[cfg(test)]
mod tests {
    use bidui_model::Level;

    use super::*;

    fn reason(rule: &str, value: f64, person: &str) -> Reason {
        Reason {
            rule: rule.to_owned(),
            level: Level::Red,
            value: Some(value),
            persons: vec![person.to_owned()],
            falls: false,
            bound: None,
        }
    }

    #[test]
    fn an_edition_is_of_its_reasons_whatever_their_order() {
        let (one, other) = (reason("a", 1.0, "1"), reason("b", 2.5, "2"));
        assert_eq!(
            edition("", &[one.clone(), other.clone()], [].iter()),
            edition("", &[other.clone(), one.clone()], [].iter())
        );
        let orange = Reason { level: Level::Orange, ..one.clone() };
        for differs in
            [vec![one.clone()], vec![other], vec![reason("a", 1.5, "1")], vec![reason("a", 1.0, "2")], vec![orange]]
        {
            assert_ne!(edition("", &differs, [].iter()), edition("", &[one.clone(), reason("b", 2.5, "2")], [].iter()));
        }
    }
}
