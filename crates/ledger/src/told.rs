//! What was told of rows that are about no case, and what runs found in the data, under the numbers that the registry has for the households of today.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use bidui_model::Month;
use rusqlite::params;

use crate::error::LedgerError;
use crate::ledger::Ledger;

/// What was last told of a row that is about no case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub row_key: String,
    /// Of the list that told it, and of the first that told of the row.
    pub month: Month,
    pub first_month: Month,
    pub code: String,
    pub on: Option<i32>,
    pub until: Option<i32>,
    /// The row's answers by their keys: codes, words of drop-downs, days, amounts in fen.
    pub values: BTreeMap<String, String>,
}

/// Where in the key of a row the number of its household stands: nowhere in an empty range.
pub type HouseholdIn<'a> = &'a dyn Fn(&str) -> Range<usize>;

/// At the beginning, as on most lists: `H1`, `H1-WC`.
#[must_use]
pub fn at_the_head(key: &str) -> Range<usize> {
    0..key.find('-').unwrap_or(key.len())
}

/// Keys of any month with the household's number of today in them.
struct OfToday<'a> {
    moves: Vec<(Month, String, String)>,
    renumbered: &'a BTreeMap<String, String>,
    household_in: HouseholdIn<'a>,
}

impl OfToday<'_> {
    fn key(&self, key: &str, month: Month) -> String {
        let range = (self.household_in)(key);
        let household = &key[range.clone()];
        // Once a month: two may have exchanged theirs.
        let (mut now, mut moved) = (household, None);
        for (since, former, next) in &self.moves {
            if month < *since && now == former && moved != Some(since) {
                (now, moved) = (next, Some(since));
            }
        }
        let now = self.renumbered.get(now).map_or(now, String::as_str);
        format!("{}{now}{}", &key[..range.start], &key[range.end..])
    }
}

impl Ledger {
    fn of_today<'a>(
        &self,
        before: Month,
        renumbered: &'a BTreeMap<String, String>,
        household_in: HouseholdIn<'a>,
    ) -> Result<OfToday<'a>, LedgerError> {
        Ok(OfToday { moves: self.moves(before)?, renumbered, household_in })
    }

    /// What was found before a month, with the month in which it was found first.
    pub fn sightings(
        &self,
        before: Month,
        renumbered: &BTreeMap<String, String>,
        household_in: HouseholdIn<'_>,
    ) -> Result<BTreeMap<String, Month>, LedgerError> {
        let today = self.of_today(before, renumbered, household_in)?;
        let mut select = self.connection.prepare("SELECT row_key, first, last FROM sightings WHERE first < ?1")?;
        let mut rows = select.query([before.to_string()])?;
        let mut found: BTreeMap<String, Month> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let (first, last) = (crate::line::month(row, 1)?, crate::line::month(row, 2)?);
            // A number that was found since is of whoever has it since.
            let key = today.key(&row.get::<_, String>(0)?, last.min(before.plus(-1)));
            found.entry(key).and_modify(|known| *known = first.min(*known)).or_insert(first);
        }
        Ok(found)
    }

    /// The households, by the numbers that they had last, of which rows of a kind of list told something before a month.
    pub fn told_households(
        &self,
        list: &str,
        before: Month,
        household_in: HouseholdIn<'_>,
    ) -> Result<BTreeSet<String>, LedgerError> {
        let nothing = BTreeMap::new();
        let today = self.of_today(before, &nothing, household_in)?;
        let mut select = self.connection.prepare(
            "SELECT row_key, MAX(month) FROM events WHERE kind = 'told' AND list = ?1 AND month < ?2 GROUP BY row_key",
        )?;
        let mut rows = select.query(params![list, before.to_string()])?;
        let mut households = BTreeSet::new();
        while let Some(row) = rows.next()? {
            let key = today.key(&row.get::<_, String>(0)?, crate::line::month(row, 1)?);
            households.insert(key[household_in(&key)].to_owned());
        }
        households.remove("");
        Ok(households)
    }

    /// The latest word about every row of a kind of list that is about no case: its key, the list's month, the code, and its days. Where the household of a
    /// key has another number since, or has by `renumbered`, the key has that.
    pub fn told(
        &self,
        list: &str,
        before: Month,
        renumbered: &BTreeMap<String, String>,
        household_in: HouseholdIn<'_>,
    ) -> Result<Vec<Told>, LedgerError> {
        let today = self.of_today(before, renumbered, household_in)?;
        let mut select = self.connection.prepare(
            "SELECT row_key, month, code, happened_on, until, id FROM events
             WHERE kind = 'told' AND list = ?1 AND month < ?2 ORDER BY row_key, month, id",
        )?;
        let mut values = self.connection.prepare("SELECT key, value FROM event_values WHERE event = ?1")?;
        let mut rows = select.query(params![list, before.to_string()])?;
        let mut all: Vec<(Told, i64)> = Vec::new();
        while let Some(row) = rows.next()? {
            let month = crate::line::month(row, 1)?;
            let one = Told {
                row_key: today.key(&row.get::<_, String>(0)?, month),
                month,
                first_month: month,
                code: row.get(2)?,
                on: row.get(3)?,
                until: row.get(4)?,
                values: BTreeMap::new(),
            };
            all.push((one, row.get(5)?));
        }
        all.sort_by(|(one, event), (other, later)| {
            (&one.row_key, one.month, event).cmp(&(&other.row_key, other.month, later))
        });
        let (mut told, mut events): (Vec<Told>, Vec<i64>) = Default::default();
        for (one, of) in all {
            match told.last_mut().filter(|last| last.row_key == one.row_key) {
                Some(last) => *last = Told { first_month: last.first_month, ..one },
                None => {
                    told.push(one);
                    events.push(0);
                }
            }
            if let Some(event) = events.last_mut() {
                *event = of;
            }
        }
        for (one, event) in told.iter_mut().zip(events) {
            let found = values.query_map([event], |row| Ok((row.get(0)?, row.get(1)?)))?;
            one.values = found.collect::<Result<_, _>>()?;
        }
        Ok(told)
    }
}
