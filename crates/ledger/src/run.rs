//! A month's run: what it does to each case, and its place in the file.
//!
//! First it is planned, from what was before the month, so that lists can show the numbers; it is recorded when the month is about to be published.
//! A month that is run again is measured against the same months before it, and so finds the same.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{Level, Month};
use rusqlite::{OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};

use crate::case_number::CaseNumber;
use crate::digest::hex;
use crate::edition::editions_of;
use crate::error::LedgerError;
use crate::event::{CaseStep, Deed, Reason, SeenHousehold, WarnedHousehold};
use crate::fold::fold;
use crate::history::{Case, CaseState, Happening, History, What};
use crate::ledger::Ledger;
use crate::line;
use crate::past::{Asked, first_tells, histories, households_of_month, reasons_of};
use crate::renumber::{households_of_cases, opened_for, prepare, recorded, with_kin, write_of_no_case};

/// What a month found.
#[derive(Clone, Copy, Debug)]
pub struct RunInputs<'a> {
    pub month: Month,
    /// The day on which its lists are issued, and those by which a town is to answer.
    pub issued_on: i32,
    pub due: &'a BTreeMap<Level, i32>,
    /// One for each household at most.
    pub warned: &'a [WarnedHousehold],
    /// Households of which the month cannot say that nothing is left: an extract is missing, or their signals are not shown.
    pub undecided: &'a BTreeSet<String>,
    /// Rules that cannot be answered this month, an extract being missing.
    pub unanswered: &'a BTreeSet<String>,
    /// What the registry says of households that have a case.
    pub seen: &'a BTreeMap<String, SeenHousehold>,
    /// As [`Ledger::before`] gives it, and under the numbers of the month's registry.
    pub before: &'a BTreeMap<String, History>,
    /// The numbers of those that have another one since the last month, by the former: as [`crate::renumber`] gives them, and of those of which other lists
    /// told something and whom it does not know.
    pub renumbered: &'a BTreeMap<String, String>,
}

/// What a month does to the cases.
#[derive(Clone, Debug)]
pub struct RunPlan {
    pub month: Month,
    /// The case of each household that something happens to, and what.
    pub cases: BTreeMap<String, (CaseNumber, CaseStep)>,
    issued_on: i32,
    happenings: Vec<(String, Happening)>,
    /// The first month whose lists can tell departments of what they do not know yet: this one, or the latest that was run.
    listed: Month,
    /// Of each case that its lists show, what for.
    pub(crate) editions: BTreeMap<CaseNumber, String>,
    /// Which households without a case have another number, as the events say it.
    renumbered: Vec<String>,
    /// Needs that the month's lists are the first to tell of.
    needs: Vec<(CaseNumber, String)>,
    /// Serial numbers of the cases that have none in the file yet.
    new_numbers: Vec<(String, CaseNumber, u32)>,
}

impl RunPlan {
    /// What everything stands at with the month.
    #[must_use]
    pub fn after(&self, before: &BTreeMap<String, History>) -> BTreeMap<String, History> {
        let mut after = before.clone();
        for (household, history) in &mut after {
            if history.happenings.iter().any(is_unlisted) {
                let mut happenings = std::mem::take(&mut history.happenings);
                happenings.iter_mut().filter(|one| is_unlisted(one)).for_each(|one| one.listed = Some(self.listed));
                *history = fold(household, happenings);
            }
        }
        let mut added: BTreeMap<&str, Vec<Happening>> = BTreeMap::new();
        for (household, happening) in &self.happenings {
            added.entry(household).or_default().push(happening.clone());
        }
        for (household, more) in added {
            let mut happenings = after.remove(household).map(|history| history.happenings).unwrap_or_default();
            happenings.extend(more);
            after.insert(household.to_owned(), fold(household, happenings));
        }
        after
    }

    /// A digest of what the month found: equal digests are equal findings.
    fn content(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(format!("{}\n", self.issued_on));
        for (household, happening) in &self.happenings {
            digest.update(format!("{household}\n{}\n", happening.number));
            match &happening.what {
                What::Stepped { step, level, town, passed_on_by, due, reasons } => {
                    digest.update(format!("{}\n{}\n{town}\n{due:?}\n", step.code(), level.code()));
                    if let Some(home) = passed_on_by {
                        digest.update(format!("{home}\n"));
                    }
                    reasons.iter().for_each(|reason| digest.update(reason.in_full()));
                }
                What::Did { deed, on, code } => digest.update(format!("{}\n{on:?}\n{code}\n", deed.code())),
                What::Answered(_) | What::Listed { .. } => {}
            }
            digest.update("\n");
        }
        self.editions.iter().for_each(|(number, edition)| digest.update(format!("{number} {edition}\n")));
        self.renumbered.iter().for_each(|code| digest.update(format!("renumbered {code}\n")));
        self.needs.iter().for_each(|(number, code)| digest.update(format!("need {number} {code}\n")));
        hex(digest)
    }
}

/// Whether it tells of a need that no run knew of yet.
fn is_unlisted(happening: &Happening) -> bool {
    happening.listed.is_none() && matches!(happening.what, What::Did { deed: Deed::NeedPushed, .. })
}

/// Needs that a month's lists are the first to tell of.
fn first_told(before: &BTreeMap<String, History>, month: Month, listed: Month) -> Vec<(CaseNumber, String)> {
    let happenings = before.values().flat_map(|history| &history.happenings);
    let told = happenings.filter_map(|happening| match &happening.what {
        What::Did { deed: Deed::NeedPushed, code, .. } if happening.listed.unwrap_or(listed) == month => {
            Some((happening.number.clone(), code.clone()))
        }
        _ => None,
    });
    told.collect()
}

impl Ledger {
    /// What the month does to the cases. Writes nothing. Numbers are given in the order of households, whatever order they come in.
    pub fn plan_run(&self, inputs: &RunInputs<'_>) -> Result<RunPlan, LedgerError> {
        let month = inputs.month;
        let own = self.own_numbers(month)?;
        let listed = self.listed_numbers(month, &households_of_cases(inputs.before))?;
        let first_listed = self.months()?.last().copied().unwrap_or(month).max(month);
        let (happenings, renumbered) = recorded(month, inputs.before, inputs.renumbered);
        let mut planner = Planner {
            inputs,
            next: own.values().map(|(_, serial)| serial + 1).max().unwrap_or(1),
            own: &own,
            listed: &listed,
            plan: RunPlan {
                month,
                cases: BTreeMap::new(),
                issued_on: inputs.issued_on,
                happenings,
                editions: BTreeMap::new(),
                renumbered,
                listed: first_listed,
                needs: first_told(inputs.before, month, first_listed),
                new_numbers: Vec::new(),
            },
        };
        let warned: BTreeMap<&str, &WarnedHousehold> =
            inputs.warned.iter().map(|warning| (warning.household.as_str(), warning)).collect();
        let standing = inputs.before.iter().filter(|(_, history)| history.standing().is_some());
        let households: BTreeSet<&str> = standing
            .map(|(household, _)| household.as_str())
            .chain(warned.keys().copied())
            .chain(own.keys().map(String::as_str))
            .collect();
        for household in households {
            let step = planner.household(household, warned.get(household).copied());
            if let Some((number, _)) = own.get(household).filter(|(number, _)| step.as_ref() != Some(number)) {
                let (level, town, due, reasons) = self.raised_with(number)?;
                let waits = |reason: &Reason| inputs.unanswered.contains(&reason.rule);
                let is_warned = warned.contains_key(household);
                if !is_warned && listed.get(household) == Some(number) && reasons.iter().any(waits) {
                    // Nothing says that it is gone: it stands, on no list of this revision.
                    planner.step(household, number, CaseStep::Raised, (level, "", None, due, reasons));
                } else {
                    planner.step(household, number, CaseStep::Withdrawn, (level, &town, None, None, Vec::new()));
                }
            }
        }
        let mut plan = planner.plan;
        plan.editions = editions_of(month, &plan.after(inputs.before));
        Ok(plan)
    }

    /// Records a month's run under its manifest's digest, and says whether it added anything.
    pub fn record_run(&mut self, plan: &RunPlan, manifest: &str) -> Result<bool, LedgerError> {
        let recorded = self.record(plan, manifest);
        recorded.map_err(|error| self.with_path(error))
    }

    fn record(&mut self, plan: &RunPlan, manifest: &str) -> Result<bool, LedgerError> {
        let content = plan.content();
        let month = plan.month.to_string();
        let transaction = self.connection.transaction()?;
        let last: Option<(u32, String)> = transaction
            .query_row(
                "SELECT revision, content FROM batches WHERE kind = 'run' AND month = ?1 ORDER BY revision DESC LIMIT 1",
                [&month],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        if last.as_ref().is_some_and(|(_, found)| *found == content) && !first_tells(&transaction, &month)? {
            return Ok(false);
        }
        let revision = last.map_or(1, |(revision, _)| revision + 1);
        // Whom the revision before spoke of may stand otherwise now.
        let mut touched = households_of_month(&transaction, &month)?;
        transaction.execute(
            "INSERT INTO batches (kind, month, revision, digest, content) VALUES ('run', ?1, ?2, ?3, ?4)",
            params![month, revision, manifest, content],
        )?;
        let batch = transaction.last_insert_rowid();
        for (household, number, serial) in &plan.new_numbers {
            transaction
                .prepare_cached(
                    "INSERT INTO case_numbers (case_no, household, opened, serial) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![number.as_str(), household, month, serial])?;
        }
        for (household, happening) in &plan.happenings {
            let opened_for = opened_for(&transaction, &happening.number)?;
            write(&transaction, batch, plan.issued_on, opened_for.as_ref().unwrap_or(household), happening)?;
            touched.insert(household.clone());
        }
        write_of_no_case(&transaction, batch, plan.month, &plan.renumbered)?;
        {
            let mut insert =
                transaction.prepare("INSERT INTO editions (case_no, batch, digest) VALUES (?1, ?2, ?3)")?;
            for (number, edition) in &plan.editions {
                insert.execute(params![number.as_str(), batch, edition])?;
            }
        }
        refold(&transaction, &touched)?;
        transaction.commit()?;
        Ok(true)
    }

    /// The numbers of the cases that were opened in a month, with their serial numbers, by household.
    fn own_numbers(&self, month: Month) -> Result<BTreeMap<String, (CaseNumber, u32)>, LedgerError> {
        let mut select =
            self.connection.prepare("SELECT case_no, household, serial FROM case_numbers WHERE opened = ?1")?;
        let mut rows = select.query([month.to_string()])?;
        let mut numbers = BTreeMap::new();
        while let Some(row) = rows.next()? {
            numbers.insert(row.get(1)?, (line::number(row, 0)?, row.get(2)?));
        }
        Ok(numbers)
    }

    /// The numbers under which the last run of a month warned of households; of cases that there were before, whose they are is known.
    fn listed_numbers(
        &self,
        month: Month,
        before: &BTreeMap<&CaseNumber, &str>,
    ) -> Result<BTreeMap<String, CaseNumber>, LedgerError> {
        let mut select = self.connection.prepare(
            "SELECT e.household, e.case_no FROM events AS e JOIN batches AS b ON b.id = e.batch
             WHERE b.kind = 'run' AND b.month = ?1 AND e.kind IN ('raised', 'continuing', 'escalated', 'reopened')
             AND b.revision = (SELECT MAX(l.revision) FROM batches AS l WHERE l.kind = 'run' AND l.month = ?1)",
        )?;
        let mut rows = select.query([month.to_string()])?;
        let mut numbers = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let number = line::number(row, 1)?;
            let household = before.get(&number).map_or_else(|| row.get(0), |household| Ok((*household).to_owned()))?;
            numbers.insert(household, number);
        }
        Ok(numbers)
    }

    /// What the last run that opened a case found, and by when it asked for an answer.
    fn raised_with(&self, number: &CaseNumber) -> Result<Raised, LedgerError> {
        let (event, level, town, due): (i64, String, String, Option<i32>) = self.connection.query_row(
            "SELECT id, level, town, until FROM events WHERE case_no = ?1 AND kind = 'raised' ORDER BY id DESC LIMIT 1",
            [number.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )?;
        let level = Level::from_code(&level).ok_or(LedgerError::Damaged("等级"))?;
        Ok((level, town, due, reasons_of(&self.connection, event)?))
    }
}

/// Level, town, the day by which an answer is due, and why.
type Raised = (Level, String, Option<i32>, Vec<Reason>);

struct Planner<'a> {
    inputs: &'a RunInputs<'a>,
    own: &'a BTreeMap<String, (CaseNumber, u32)>,
    /// Under which numbers an earlier revision of the month warned of households.
    listed: &'a BTreeMap<String, CaseNumber>,
    next: u32,
    plan: RunPlan,
}

impl Planner<'_> {
    /// What happens to one household. Gives the number of the case that its warning went to.
    fn household(&mut self, household: &str, warned: Option<&WarnedHousehold>) -> Option<CaseNumber> {
        let inputs = self.inputs;
        let mut standing = inputs.before.get(household).and_then(History::standing);
        let is_gone = warned.is_none() && !inputs.undecided.contains(household);
        if let Some(case) = standing {
            if is_gone && case.cleared.is_none() {
                self.quiet(household, case, CaseStep::Cleared, None);
            }
            // A warning that nobody answered is not over with another one's risk.
            let stands = case.state == CaseState::Open && case.cleared.is_none() && !is_gone;
            if inputs.seen.get(household).is_some_and(|seen| self.is_over(household, case, seen)) && !stands {
                standing = None;
            }
        }
        match (warned, standing) {
            (Some(warning), standing) => {
                let number = self.number_of(household, standing);
                let step = match standing.filter(|case| case.number == number).map(|case| case.state) {
                    Some(CaseState::Open)
                        if !warning.doubtful && standing.is_some_and(|case| warning.level < case.level) =>
                    {
                        CaseStep::Escalated
                    }
                    Some(CaseState::Open) => CaseStep::Continuing,
                    Some(CaseState::Followed | CaseState::Closed) => CaseStep::Reopened,
                    None if number.is_of(inputs.month) => CaseStep::Raised,
                    // Its case was closed since by an answer to an older list, and the month's list has been issued under its number.
                    None => CaseStep::Reopened,
                };
                let WarnedHousehold { level, town, passed_on_by, due, reasons, .. } = warning;
                let warned = (*level, town.as_str(), passed_on_by.clone(), *due, reasons.clone());
                self.step(household, &number, step, warned);
                Some(number)
            }
            (None, Some(case)) if inputs.seen.get(household).is_some_and(|seen| case.moves_to(&seen.town)) => {
                let town = &inputs.seen[household].town;
                let due = inputs.due.get(&case.level).copied().filter(|_| case.state == CaseState::Open);
                self.step(household, &case.number, CaseStep::Moved, (case.level, town, None, due, Vec::new()));
                Some(case.number.clone())
            }
            (None, Some(case)) => {
                let has_no_day = case.due.is_none() && !case.town.is_empty() && !case.is_unplaced();
                if case.state == CaseState::Open && has_no_day {
                    self.quiet(household, case, CaseStep::Handed, inputs.due.get(&case.level).copied());
                }
                Some(case.number.clone())
            }
            (None, None) => None,
        }
    }

    /// Takes from the registry that the household was included, or that its risk is gone; says whether that has just come to be known.
    fn is_over(&mut self, household: &str, case: &Case, seen: &SeenHousehold) -> bool {
        let happened = |deed, on, code: &str| {
            let what = What::Did { deed, on, code: code.to_owned() };
            Happening::of_run(case.number.clone(), self.inputs.month, what)
        };
        let is_new = |on: &i32| match case.eliminated_on {
            Some(eliminated) => *on > eliminated,
            None => case.included.is_none() && *on >= case.opened.first_day(),
        };
        let identified = seen.identified_on.filter(is_new).filter(|_| !seen.monitor_kind.is_empty());
        if let Some(on) = identified {
            let rolled_back = case.answer.as_ref().is_some_and(|(_, answer)| answer.effect == "rollback");
            let deed = if rolled_back { Deed::RolledBack } else { Deed::Included };
            self.plan.happenings.push((household.to_owned(), happened(deed, Some(on), &seen.monitor_kind)));
        }
        let history = self.inputs.before.get(household);
        let is_new = |on: &i32| case.eliminated_on.is_none_or(|known| *on > known);
        let may_be = |on: &i32| match identified {
            Some(included) => *on >= included,
            None => history.is_some_and(|history| history.may_be_gone(*on)),
        };
        let over = seen.eliminated_on.filter(is_new).filter(may_be);
        if let Some(on) = over {
            self.plan.happenings.push((household.to_owned(), happened(Deed::Eliminated, Some(on), "")));
        }
        over.is_some()
    }

    /// The number under which the month's list shows the household: once issued it stays, whatever was answered to older lists since. A case that
    /// stands under another number is joined into it.
    fn number_of(&mut self, household: &str, standing: Option<&Case>) -> CaseNumber {
        let own = self.own.get(household).map(|(number, _)| number);
        let history = self.inputs.before.get(household);
        let was_before = |number: &CaseNumber| {
            history.is_some_and(|history| history.cases.iter().any(|case| case.number == *number))
        };
        let listed = self.listed.get(household).filter(|number| own == Some(*number) || was_before(number));
        if let Some(number) = listed.or(standing.map(|case| &case.number)).or(own) {
            return number.clone();
        }
        let number = CaseNumber::new(self.inputs.month, self.next);
        self.plan.new_numbers.push((household.to_owned(), number.clone(), self.next));
        self.next += 1;
        number
    }

    /// Something that happens to a case without a warning.
    fn quiet(&mut self, household: &str, case: &Case, step: CaseStep, due: Option<i32>) {
        self.step(household, &case.number, step, (case.level, &case.town, None, due, Vec::new()));
    }

    fn step(
        &mut self,
        household: &str,
        number: &CaseNumber,
        step: CaseStep,
        (level, town, passed_on_by, due, reasons): (Level, &str, Option<String>, Option<i32>, Vec<Reason>),
    ) {
        let what = What::Stepped { step, level, town: town.to_owned(), passed_on_by, due, reasons };
        let happening = Happening::of_run(number.clone(), self.inputs.month, what);
        self.plan.happenings.push((household.to_owned(), happening));
        // A withdrawn case is not what its household stands at.
        if step != CaseStep::Withdrawn || !self.plan.cases.contains_key(household) {
            self.plan.cases.insert(household.to_owned(), (number.clone(), step));
        }
    }
}

fn write(
    transaction: &Transaction<'_>,
    batch: i64,
    issued_on: i32,
    household: &str,
    Happening { number, month, what, .. }: &Happening,
) -> Result<(), LedgerError> {
    let (number, month) = (number.as_str(), month.to_string());
    match what {
        What::Stepped { step, level, town, passed_on_by, due, reasons } => {
            let passed_on_by = passed_on_by.as_deref().unwrap_or("");
            // The day on which the list is issued, where one is.
            let issued = due.map(|_| issued_on);
            transaction
                .prepare_cached(
                    "INSERT INTO events (batch, household, case_no, kind, month, level, town, code, happened_on, until)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                )?
                .execute(params![
                    batch,
                    household,
                    number,
                    step.code(),
                    month,
                    level.code(),
                    town,
                    passed_on_by,
                    issued,
                    due
                ])?;
            let event = transaction.last_insert_rowid();
            let mut insert = transaction.prepare_cached(
                "INSERT INTO reasons (event, rule, level, value, persons, falls, bound) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            for reason in reasons {
                let persons = reason.persons.join(",");
                let Reason { rule, level, value, falls, bound, .. } = reason;
                insert.execute(params![event, rule, level.code(), value, persons, falls, bound])?;
            }
        }
        What::Did { deed, on, code } => {
            transaction
                .prepare_cached(
                    "INSERT INTO events (batch, household, case_no, kind, month, code, happened_on) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )?
                .execute(params![batch, household, number, deed.code(), month, code, on])?;
        }
        What::Answered(_) | What::Listed { .. } => {}
    }
    Ok(())
}

/// SQL for the households that were folded anew last.
pub(crate) const TOUCHED: &str = "SELECT household FROM temp.touched";

/// Puts the present of some households right.
pub(crate) fn refold(transaction: &Transaction<'_>, households: &BTreeSet<String>) -> Result<(), LedgerError> {
    transaction.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS touched (household TEXT PRIMARY KEY) WITHOUT ROWID; DELETE FROM temp.touched;",
    )?;
    {
        let mut insert = transaction.prepare("INSERT INTO temp.touched (household) VALUES (?1)")?;
        for household in households {
            insert.execute([household])?;
        }
    }
    if prepare(transaction, None, None)? {
        transaction.execute_batch(&format!("INSERT OR IGNORE INTO temp.touched {}", with_kin(TOUCHED)))?;
    }
    transaction.execute_batch(&format!("DELETE FROM cases WHERE household IN ({TOUCHED})"))?;
    let asked = Asked { households: Some(TOUCHED), numbered_in: None, before: None, known_by: None };
    histories(transaction, &asked, |household, history| line::replace(transaction, &household, &history))
}

/// Makes the whole present anew.
pub(crate) fn refold_all(transaction: &Transaction<'_>) -> Result<(), LedgerError> {
    transaction.execute("DELETE FROM cases", [])?;
    let asked = Asked { households: None, numbered_in: None, before: None, known_by: None };
    histories(transaction, &asked, |household, history| line::replace(transaction, &household, &history))
}
