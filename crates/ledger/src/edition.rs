//! Editions of a case on a month's list. A month that is run again may warn of the same case for other reasons, and both lists are about: what an answer can
//! be about is what its own list warned of.

use std::collections::BTreeMap;

use bidui_model::Month;
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

use crate::case_number::CaseNumber;
use crate::digest::hex;
use crate::error::LedgerError;
use crate::event::{Reason, ReturnedRow};
use crate::history::What;
use crate::ledger::Ledger;
use crate::past::reasons_of;
use crate::run::RunPlan;

/// Which one a returned row is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edition {
    /// Of what the list warned of.
    pub digest: String,
    /// The last run of the month that warned of that.
    pub revision: u32,
}

/// A digest of why a list warns of a case, the same in whatever order the reasons come.
fn edition(reasons: &[Reason]) -> String {
    let mut lines: Vec<String> = reasons.iter().map(Reason::in_full).collect();
    lines.sort_unstable();
    hex(Sha256::new_with_prefix(lines.concat()))
}

impl RunPlan {
    /// The edition of each case that the month warns of, by its number.
    #[must_use]
    pub fn editions(&self) -> BTreeMap<String, String> {
        let warned = self.happenings().filter_map(|happening| match &happening.what {
            What::Stepped { step, reasons, .. } if step.is_warned() => {
                Some((happening.number.to_string(), edition(reasons)))
            }
            _ => None,
        });
        warned.collect()
    }
}

impl Ledger {
    /// The editions of a case that the runs of a month issued.
    pub fn editions(&self, number: &CaseNumber, month: Month) -> Result<Vec<Edition>, LedgerError> {
        let mut select = self.connection.prepare_cached(
            "SELECT e.id, b.revision FROM events AS e JOIN batches AS b ON b.id = e.batch
             WHERE e.household = (SELECT household FROM case_numbers WHERE case_no = ?1) AND e.case_no = ?1 AND e.month = ?2
             AND b.kind = 'run' AND e.kind IN ('raised', 'continuing', 'escalated', 'reopened') ORDER BY b.revision",
        )?;
        let mut rows = select.query(params![number.as_str(), month.to_string()])?;
        let mut editions: Vec<Edition> = Vec::new();
        while let Some(row) = rows.next()? {
            let edition =
                Edition { digest: edition(&reasons_of(&self.connection, row.get(0)?)?), revision: row.get(1)? };
            editions.retain(|known| known.digest != edition.digest);
            editions.push(edition);
        }
        Ok(editions)
    }

    /// Whether the row was answered on the list of a later run of its month than the one that issued this copy.
    pub fn is_outdated(&self, row: &ReturnedRow) -> Result<bool, LedgerError> {
        let Some(Edition { revision, .. }) = row.edition else { return Ok(false) };
        let mut select = self.connection.prepare_cached(
            "SELECT 1 FROM events WHERE list = ?1 AND month = ?2 AND row_key = ?3 AND kind = 'answered' AND revision > ?4 LIMIT 1",
        )?;
        let given = params![row.list, row.month.to_string(), row.row_key, revision];
        Ok(select.query_row(given, |_| Ok(())).optional()?.is_some())
    }
}

#[cfg(test)]
mod tests {
    use bidui_model::Level;

    use super::*;

    fn reason(rule: &str, value: f64, person: &str) -> Reason {
        Reason { rule: rule.to_owned(), level: Level::Red, value: Some(value), persons: vec![person.to_owned()] }
    }

    #[test]
    fn an_edition_is_of_its_reasons_whatever_their_order() {
        let (one, other) = (reason("a", 1.0, "1"), reason("b", 2.5, "2"));
        assert_eq!(edition(&[one.clone(), other.clone()]), edition(&[other.clone(), one.clone()]));
        let orange = Reason { level: Level::Orange, ..one.clone() };
        for differs in
            [vec![one.clone()], vec![other], vec![reason("a", 1.5, "1")], vec![reason("a", 1.0, "2")], vec![orange]]
        {
            assert_ne!(edition(&differs), edition(&[one.clone(), reason("b", 2.5, "2")]));
        }
    }
}
