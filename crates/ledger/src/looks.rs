//! Second looks: which answer each is at. A sample is drawn of what stood then, and comes back when more was answered, so that a draw is recorded;
//! where none is, the look is at the latest answer that had come in before it.

use std::collections::BTreeMap;

use bidui_model::Month;
use rusqlite::{Connection, OptionalExtension, Statement, params};
use sha2::{Digest, Sha256};

use crate::case_number::CaseNumber;
use crate::digest::hex;
use crate::error::LedgerError;
use crate::event::{Answer, Deed};
use crate::history::{Happening, LookedAt, What};
use crate::ledger::Ledger;

impl Ledger {
    /// Records of which lists the answers are that a sample of a month drew, by their cases, with the codes that it shows. The same draw twice adds
    /// nothing.
    pub fn record_draw(
        &mut self,
        list: &str,
        month: Month,
        drawn: &[(CaseNumber, Month, String)],
    ) -> Result<bool, LedgerError> {
        let mut digest = Sha256::new();
        digest.update(format!("drawn\n{list}\n{month}\n"));
        drawn.iter().for_each(|(number, of_month, code)| digest.update(format!("{number}\n{of_month}\n{code}\n")));
        let digest = hex(digest);
        if self.knows_file(&digest)? {
            return Ok(false);
        }
        let (month, transaction) = (month.to_string(), self.connection.transaction()?);
        transaction.execute(
            "INSERT INTO batches (kind, month, revision, digest, content) VALUES ('received', ?1, 0, ?2, '')",
            params![month, digest],
        )?;
        let batch = transaction.last_insert_rowid();
        for (number, of_month, _) in drawn {
            transaction
                .prepare_cached(
                    "INSERT INTO events (batch, household, case_no, kind, month, list, row_key, code)
                     SELECT ?1, household, case_no, 'told', ?2, ?3, case_no, ?4 FROM case_numbers WHERE case_no = ?5",
                )?
                .execute(params![batch, month, list, of_month.to_string(), number.as_str()])?;
        }
        transaction.commit()?;
        Ok(true)
    }
}

pub(crate) struct Looks<'c> {
    drawn: Statement<'c>,
}

impl<'c> Looks<'c> {
    pub(crate) fn new(connection: &'c Connection) -> Result<Self, LedgerError> {
        // The list of the answer that was drawn last, before the second look at it came in.
        let drawn = connection.prepare(
            "SELECT code, id FROM events WHERE list = ?1 AND list <> '' AND month = ?2 AND row_key = ?3 AND kind = 'told' AND id < ?4
             ORDER BY id DESC LIMIT 1",
        )?;
        Ok(Self { drawn })
    }

    /// What happened to a household, as it is folded, from what was recorded.
    pub(crate) fn in_order(&mut self, mut happenings: Vec<(i64, Happening)>) -> Result<Vec<Happening>, LedgerError> {
        let spot_check = |(event, happening): &(i64, Happening)| match &happening.what {
            What::Did { deed: Deed::SpotChecked, code, .. } => Some((*event, happening.clone(), code.clone())),
            _ => None,
        };
        let looks: Vec<_> = happenings.iter().filter_map(spot_check).collect();
        for (event, look, code) in &looks {
            let (looked_at, first) = self.looked_at(&happenings, *event, look)?;
            let is_of = |happening: &Happening| {
                happening.number == look.number && happening.month == look.month && happening.list == look.list
            };
            // What an earlier copy of the row found, and the last one does not say, was taken back. Who found nobody at home has found nothing.
            happenings.retain(|(_, happening)| match &happening.what {
                What::Answered(answer) => !is_of(happening) || answer.code == *code && answer.says_something(),
                _ => true,
            });
            for (_, happening) in happenings.iter_mut().filter(|(_, happening)| is_of(happening)) {
                happening.looked_at = Some(looked_at.clone());
                // It is about what that answer was about, and about nothing that came since.
                if let Some(first) = &first {
                    (happening.shown, happening.saw) = (first.shown.clone(), first.saw.clone());
                    happening.issued = first.issued.clone();
                }
            }
        }
        if !looks.is_empty() {
            replace_looks(&mut happenings);
            happenings.sort_by_key(|(event, happening)| {
                let is_look = happening.looked_at.is_some();
                (happening.about(), !happening.list.is_empty(), is_look, happening.month, *event)
            });
        }
        Ok(happenings.into_iter().map(|(_, happening)| happening).collect())
    }

    fn looked_at(
        &mut self,
        happenings: &[(i64, Happening)],
        event: i64,
        look: &Happening,
    ) -> Result<(LookedAt, Option<Happening>), LedgerError> {
        let given = params![look.list, look.month.to_string(), look.number.as_str(), event];
        let drawn =
            self.drawn.query_row(given, |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).optional()?;
        let (drawn, until) = match drawn {
            Some((month, at)) => (Some(month.parse::<Month>().map_err(|_| LedgerError::Damaged("抽查"))?), at),
            None => (None, event),
        };
        let answers = happenings.iter().filter_map(|(at, happening)| match &happening.what {
            What::Answered(answer)
                if happening.number == look.number
                    && happening.list != look.list
                    && happening.month <= look.month
                    && *at < until
                    && answer.effect != "pending" =>
            {
                Some((happening.month, *at, answer, happening))
            }
            _ => None,
        });
        let is_drawn = |(month, ..): &(Month, i64, &Answer, &Happening)| drawn.is_none_or(|drawn| *month == drawn);
        let first = answers.filter(is_drawn).max_by_key(|(month, at, ..)| (*month, *at));
        let month = drawn.or(first.map(|(month, ..)| month)).unwrap_or(look.month);
        let (code, effect) =
            first.map_or_else(Default::default, |(_, _, answer, _)| (answer.code.clone(), answer.effect.clone()));
        Ok((LookedAt { month, code, effect }, first.map(|(.., happening)| happening.clone())))
    }
}

/// Of several looks at one answer the last counts, though it agrees with the answer.
fn replace_looks(happenings: &mut Vec<(i64, Happening)>) {
    let mut last: BTreeMap<(CaseNumber, Month), (i64, Month, String)> = BTreeMap::new();
    for (event, happening) in happenings.iter().filter(|(_, happening)| happening.looked_at.is_some()) {
        if let What::Did { deed: Deed::SpotChecked, .. } = happening.what {
            let look = (*event, happening.month, happening.list.clone());
            let known = last.entry((happening.number.clone(), happening.about())).or_insert_with(|| look.clone());
            if look.0 > known.0 {
                *known = look;
            }
        }
    }
    happenings.retain(|(_, happening)| {
        let look = last.get(&(happening.number.clone(), happening.about())).filter(|_| happening.looked_at.is_some());
        let is_check = matches!(happening.what, What::Did { deed: Deed::SpotChecked, .. });
        is_check || look.is_none_or(|(_, month, list)| (*month, list) == (happening.month, &happening.list))
    });
}
