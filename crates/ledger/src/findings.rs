//! What was found about the households of many months' lists, without the rest of their histories: what rules are judged by.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::Month;

use crate::error::LedgerError;
use crate::history::History;
use crate::ledger::Ledger;
use crate::line;
use crate::past::{Asked, gather, last_word};
use crate::renumber::{prepare, with_kin};

/// The standing answer of a household about a month's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundOut {
    pub household: String,
    /// Of the list.
    pub month: Month,
    pub code: String,
    pub effect: String,
    /// What the answered list warned of, where the run that made it is known.
    pub rules: Option<BTreeSet<String>>,
}

impl Ledger {
    /// The standing answers to a list of the months from `first` to `last`, by household, as it was numbered then, and month: of several copies the last
    /// that came. One that is not carried out, or says that nobody verified, has found nothing out.
    pub fn found_out(&self, list: &str, first: Month, last: Month) -> Result<Vec<FoundOut>, LedgerError> {
        let mut select = self.connection.prepare(
            "SELECT e.household, e.month, e.code, e.effect, e.case_no, e.revision FROM events AS e
             WHERE e.id IN (SELECT MAX(id) FROM events WHERE list = ?1 AND month BETWEEN ?2 AND ?3 AND kind = 'answered' AND case_no <> ''
                            GROUP BY household, month)
               AND (e.is_finding OR e.effect = 'reroute')
             ORDER BY e.household, e.month",
        )?;
        let is_any_renumbered = prepare(&self.connection, None, None)?;
        let mut rows = select.query([list, &first.to_string(), &last.to_string()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let month = line::month(row, 1)?;
            let numbered =
                if is_any_renumbered { self.household_in(&line::number(row, 4)?, Some(month))? } else { None };
            let revision: Option<u32> = row.get(5)?;
            let rules = revision.map(|revision| self.warned_by(&line::number(row, 4)?, month, revision)).transpose()?;
            found.push(FoundOut {
                household: numbered.map_or_else(|| row.get(0), Ok)?,
                month,
                code: row.get(2)?,
                effect: row.get(3)?,
                rules,
            });
        }
        Ok(found)
    }

    /// Households that are told to be included among the monitored, or again, by lists of those months or by the registry in their runs.
    pub fn included(&self, first: Month, last: Month) -> Result<BTreeSet<String>, LedgerError> {
        let last_word = last_word(i64::MAX);
        let mut select = self.connection.prepare(&format!(
            "SELECT DISTINCT e.household, e.month, e.case_no FROM events AS e JOIN batches AS b ON b.id = e.batch
             WHERE e.kind IN ('included', 'rolled_back') AND e.month BETWEEN ?1 AND ?2 AND e.case_no <> ''
               AND CASE WHEN b.kind = 'run'
                   THEN b.revision = (SELECT MAX(o.revision) FROM batches AS o WHERE o.kind = 'run' AND o.month = b.month)
                   ELSE e.batch = ({last_word}) AND NOT EXISTS (
                     SELECT 1 FROM events AS n WHERE n.household = e.household AND n.case_no = e.case_no AND n.kind = 'not_included'
                       AND (n.month > e.month OR n.month = e.month AND n.id > e.id)) END",
        ))?;
        let mut rows = select.query([first.to_string(), last.to_string()])?;
        let is_any_renumbered = prepare(&self.connection, None, None)?;
        let mut households = BTreeSet::new();
        while let Some(row) = rows.next()? {
            let month = Some(line::month(row, 1)?);
            let numbered = if is_any_renumbered { self.household_in(&line::number(row, 2)?, month)? } else { None };
            households.insert(numbered.map_or_else(|| row.get(0), Ok)?);
        }
        Ok(households)
    }

    /// One household's history, as it stands, by any number that it has or had; empty where it never had a case.
    pub fn present_of(&self, household: &str) -> Result<BTreeMap<String, History>, LedgerError> {
        let sql = format!("SELECT '{}'", household.replace('\'', "''"));
        gather(&self.connection, &Asked { households: Some(&sql), numbered_in: None, before: None, known_by: None })
    }

    /// What the month's run knew of those households: of what [`Ledger::before`] gives, what had come in by then. A month that was not run knows all.
    pub fn before_of(
        &self,
        month: Month,
        since: Month,
        households: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, History>, LedgerError> {
        let named: Vec<String> =
            households.iter().map(|household| format!("('{}')", household.replace('\'', "''"))).collect();
        let run = "SELECT MAX(id) FROM batches WHERE kind = 'run' AND month = ?1";
        let known_by = self.connection.query_row(run, [month.to_string()], |row| row.get(0))?;
        let named = format!("VALUES {}", named.join(","));
        let named = if prepare(&self.connection, Some(month), known_by)? { with_kin(&named) } else { named };
        let sql = format!(
            "SELECT household FROM cases WHERE (state <> 'closed' OR touched >= '{since}') AND household IN ({named})"
        );
        let asked = Asked { households: Some(&sql), numbered_in: Some(month), before: Some(month), known_by };
        gather(&self.connection, &asked)
    }
}
