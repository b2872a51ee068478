//! The ledger in a month's run: what was found before it, what the month does to each case, and the numbers that its lists show.
//!
//! A run looks at what was before its month alone: the runs of earlier months, and the answers to their lists, whenever they came in. So a month
//! that is run again finds the same, and an answer that came in between finds its way.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bidui_emit::{AnswerKind, Choice, Effect};
use bidui_ledger::{
    Answer, Case, CaseNumber, CaseState, CaseStep, History, Ledger, RunInputs, RunPlan, SeenHousehold, at_the_head,
};
use bidui_match::{Past, RelationInputs, Roll, Rule, SignalState, Verified};
use bidui_model::{Month, ReturnKind};
use polars::prelude::*;

use crate::anomalies::{KnownAnomalies, KnownAnomaly, household_in_key, household_in_keys};
use crate::case_tables::{Place, list_of};
use crate::casebook_warned::warned;
use crate::config::Config;
use crate::exit::Fault;
use crate::routing::HandedOver;
use crate::told_tables;

/// Months of which a run knows what was answered.
pub(crate) const MONTHS_BACK: i32 = 24;

/// The ledger, and what was before the month.
pub(crate) struct Casebook {
    ledger: Ledger,
    month: Month,
    pub(crate) before: BTreeMap<String, History>,
    /// Under which numbers the month's registry has households that were known by others before.
    renumbered: BTreeMap<String, String>,
}

/// What the month does to the cases.
pub(crate) struct CaseMonth {
    pub(crate) plan: RunPlan,
    /// Every household's history with the month.
    pub(crate) after: BTreeMap<String, History>,
}

/// What a town answers to an anomaly that is none.
pub(crate) const EXEMPT: &str = "豁免";

impl Casebook {
    /// Opens the ledger of a state folder.
    pub(crate) fn open(state: &Path, month: Month) -> Result<Self, Fault> {
        let ledger = Ledger::open(&state.join("ledger.db"))?;
        let before = ledger.before(month, month.plus(-MONTHS_BACK))?;
        Ok(Self { ledger, month, before, renumbered: BTreeMap::new() })
    }

    /// The households that have a case, or of which other lists told something, by their last numbers.
    pub(crate) fn households(&self, config: &Config) -> Result<BTreeSet<String>, Fault> {
        let mut households: BTreeSet<String> = self.before.keys().cloned().collect();
        for list in &config.lists {
            let household_in = household_in_keys(config, &list.id);
            households.append(&mut self.ledger.told_households(&list.id, self.month, &household_in)?);
        }
        Ok(households)
    }

    /// Takes along what is known of households that the month's registry has under other numbers. Says it of those that somebody may look for.
    pub(crate) fn renumber(&mut self, all: BTreeMap<String, String>) -> Option<String> {
        let mut renumbered = bidui_ledger::renumber(&mut self.before, &all);
        let is_standing = |now: &&String| self.before.get(*now).is_some_and(|history| history.standing().is_some());
        let standing = renumbered.values().filter(is_standing).count();
        // Whoever has no case takes no number of one that has.
        let others = all.into_iter().filter(|(_, now)| !self.before.contains_key(now));
        renumbered.extend(others);
        let count = renumbered.len();
        self.renumbered = renumbered;
        (count > 0).then(|| {
            format!(
                "有预警或答复的{count}户本月底册换了户编号（其中{standing}户有未办结的预警）：预警编号、已有的答复和豁免随新的户编号走；有预警的见 bidui case 的经过"
            )
        })
    }

    /// What was verified before the month, by household and rule.
    pub(crate) fn past(&self, config: &Config) -> Past {
        past_of(&self.before, config)
    }

    /// Households that a town passed on to another: from which, to which. The registry does not know of it yet, so that a case which is opened after
    /// that one was closed would go to the wrong town again. To no town where that one sent it away, too, and nobody said since whose it is.
    pub(crate) fn passed_on(&self) -> BTreeMap<String, (String, String)> {
        passed_on_of(&self.before)
    }

    /// What towns said of anomalies in the data before the month.
    pub(crate) fn known_anomalies(&self, config: &Config) -> Result<KnownAnomalies, Fault> {
        let household_in = |key: &str| household_in_key(&config.checks.checks, key);
        let found = self.ledger.sightings(self.month, &self.renumbered, &household_in)?.into_iter();
        let mut known: KnownAnomalies = found
            .map(|(key, first_month)| (key, KnownAnomaly { first_month, answer: String::new(), exempt_until: None }))
            .collect();
        let list = list_of(config, ReturnKind::Anomalies);
        for told in self.ledger.told(list, self.month, &self.renumbered, &household_in)? {
            let first_month = known.get(&told.row_key).map_or(told.first_month, |known| known.first_month);
            // A day beside another answer exempts from nothing.
            let exempt_until = told.until.filter(|_| told.code == EXEMPT);
            known.insert(told.row_key, KnownAnomaly { first_month, answer: told.code, exempt_until });
        }
        Ok(known)
    }

    /// What was last said of each value that towns were to check, by its number.
    pub(crate) fn told_of_checks(&self, config: &Config) -> Result<Vec<(String, String)>, Fault> {
        let list = list_of(config, ReturnKind::DataCheck);
        let told = self.ledger.told(list, self.month, &self.renumbered, &at_the_head)?;
        Ok(told.into_iter().map(|told| (told.row_key, told.code)).collect())
    }

    /// The list-only tables of what was answered to the rows of lists that are about no case.
    pub(crate) fn told(&self, config: &Config) -> Result<[(String, DataFrame); 2], Fault> {
        told_tables::of(&self.ledger, self.month, &self.renumbered, config)
    }

    /// What the month does to the cases: from its warnings, routed, and its signals.
    pub(crate) fn plan(
        &self,
        inputs: &RelationInputs<'_>,
        warnings: &DataFrame,
        handed_over: &HandedOver,
        places: &BTreeMap<String, Place>,
    ) -> Result<CaseMonth, Fault> {
        let warned = warned(inputs, warnings, handed_over)?;
        let unanswered = unanswered(inputs);
        let undecided = undecided(inputs, &unanswered, &self.before);
        let seen = seen(inputs, &self.before, places)?;
        let run = RunInputs {
            month: self.month,
            issued_on: inputs.deadlines.issued,
            due: &inputs.deadlines.due,
            warned: &warned,
            undecided: &undecided,
            unanswered: &unanswered,
            seen: &seen,
            before: &self.before,
            renumbered: &self.renumbered,
        };
        let plan = self.ledger.plan_run(&run)?;
        let after = plan.after(&self.before);
        Ok(CaseMonth { plan, after })
    }

    /// The months after this one that were run already, and saw the ledger without it.
    pub(crate) fn later_months(&self) -> Result<Vec<Month>, Fault> {
        Ok(self.ledger.months()?.into_iter().filter(|month| *month > self.month).collect())
    }

    /// The month before this one where it was not run and an earlier one was.
    pub(crate) fn skipped(&self) -> Result<Option<Month>, Fault> {
        let (months, before) = (self.ledger.months()?, self.month.plus(-1));
        Ok(Some(before).filter(|before| !months.contains(before) && months.iter().any(|month| month < before)))
    }

    /// Records the month under the digest of its manifest, and what it found in the data. Says whether anything is new.
    pub(crate) fn record(&mut self, month: &CaseMonth, manifest: &str, anomalies: &DataFrame) -> Result<bool, Fault> {
        let is_new = self.ledger.record_run(&month.plan, manifest)?;
        let keys = anomalies.column("anomaly_id")?.str()?;
        self.ledger.record_sightings(self.month, keys.iter().flatten())?;
        Ok(is_new)
    }
}

impl CaseMonth {
    /// The case that a household's warning or signal belongs to, and what the month did to it.
    pub(crate) fn case_of(&self, household: &str) -> Option<(&CaseNumber, Option<CaseStep>)> {
        match self.plan.cases.get(household) {
            Some((number, step)) => Some((number, Some(*step))),
            None => self.after.get(household)?.standing().map(|case| (&case.number, None)),
        }
    }

    /// By when the standing case of a household is to be verified: what an earlier list asked of the same town still runs.
    pub(crate) fn due_of(&self, household: &str) -> Option<i32> {
        self.after.get(household)?.standing().filter(|case| case.state == CaseState::Open)?.due
    }

    /// How many households the month asks towns to verify.
    pub(crate) fn listed(&self, month: Month) -> u64 {
        let is_listed = |case: &&Case| case.listings.contains_key(&month);
        self.after.values().flat_map(|history| &history.cases).filter(is_listed).count() as u64
    }
}

/// The same of some histories.
pub(crate) fn passed_on_of(before: &BTreeMap<String, History>) -> BTreeMap<String, (String, String)> {
    let towns = |history: &History| {
        let last = history.cases.iter().filter(|case| !case.withdrawn).max_by_key(|case| case.last_warned);
        let case = history.standing().or(last)?;
        let town = if case.is_unplaced() { String::new() } else { case.town.clone() };
        Some((case.passed_on_by.clone()?, town))
    };
    before.iter().filter_map(|(household, history)| Some((household.clone(), towns(history)?))).collect()
}

/// What was verified of each household, by rule.
pub(crate) fn past_of(before: &BTreeMap<String, History>, config: &Config) -> Past {
    past(before, result_choices(config))
}

fn past(before: &BTreeMap<String, History>, choices: &[Choice]) -> Past {
    let verified = |history: &History| {
        // What waits for its inclusion, or is included and helped, is in hand, whatever else the town has been asked since.
        let in_hand =
            |case: &&Case| case.state == CaseState::Followed || case.to_include.is_some() || case.is_included();
        let in_hand = history.standing().filter(in_hand).map(|case| &case.number);
        let of_rule = history.covered.iter().map(|(rule, covered)| {
            let heir = history.heir(&covered.case).map(|case| &case.number);
            let is_followed = in_hand.is_some() && in_hand == heir;
            let verified = Verified {
                month: covered.month,
                case: covered.case.to_string(),
                level: covered.reason.level,
                value: covered.reason.value,
                persons: covered.reason.persons.clone(),
                label: label_of(choices, &covered.code),
                effect: covered.effect.clone(),
                until: covered.until,
                is_followed,
            };
            (rule.clone(), verified)
        });
        of_rule.collect::<BTreeMap<_, _>>()
    };
    before.iter().map(|(household, history)| (household.clone(), verified(history))).collect()
}

/// The results that a verification may have.
pub(crate) fn result_choices(config: &Config) -> &[Choice] {
    let sheets = config.lists.iter().flat_map(|list| &list.sheets);
    let verification = sheets
        .filter(|sheet| sheet.returns.as_ref().is_some_and(|returns| returns.kind == ReturnKind::Verification))
        .find_map(|sheet| match &sheet.answers.first()?.kind {
            AnswerKind::Choices(name) => config.choices.lists.get(name),
            _ => None,
        });
    verification.map_or(&[], Vec::as_slice)
}

/// The code of a second look that did not agree with the town and does not say what it found: it refutes the answer and puts none in its place.
pub(crate) const DIFFERS_UNSAID: &str = "不一致";

/// What an answer does that the registry contradicts: the household is to be included, or is still to be verified.
pub(crate) fn effect_held(effect: Option<Effect>) -> Option<Effect> {
    match effect {
        Some(Effect::Monitored) => Some(Effect::Include),
        Some(Effect::Deceased) => Some(Effect::Pending),
        _ => None,
    }
}

/// Whether an answer is not carried out as it stands, since the registry contradicts it.
fn is_held(choices: &[Choice], answer: &Answer) -> bool {
    let is_held = |choice: &Choice| effect_held(choice.effect).is_some_and(|held| answer.effect == held.name());
    choices.iter().any(|choice| choice.code == answer.code && is_held(choice))
}

/// What became of an answer that is not carried out as it stands: `include`, it is taken for one to include the household, since the registry does
/// not know it as monitored; `open`, its case is as if nobody had answered. Empty where it is carried out, or says itself that nobody verified.
pub(crate) fn held(choices: &[Choice], answer: &Answer) -> &'static str {
    let is_pending = choices.iter().any(|choice| choice.code == answer.code && choice.effect == Some(Effect::Pending));
    match answer.says_something() {
        true if is_held(choices, answer) => "include",
        false if !is_pending => "open",
        _ => "",
    }
}

/// A code as the drop-down has it, with its label.
pub(crate) fn label_of(choices: &[Choice], code: &str) -> String {
    if code == DIFFERS_UNSAID {
        return format!("{code}，没有填复核后结果");
    }
    choices.iter().find(|choice| choice.code == code).map_or_else(|| code.to_owned(), Choice::written)
}

/// An answer as the town gave it, and what it lacks where it could not be acted upon for want of it: the town would else find its own
/// answer on the next list and not know why the case stands there again.
pub(crate) fn said_of(config: &Config, answer: &Answer) -> String {
    let label = label_of(result_choices(config), &answer.code);
    if is_held(result_choices(config), answer) {
        return format!("{label}（与底册不符，未照办）");
    }
    if held(result_choices(config), answer) != "open" {
        return label;
    }
    let effect = Effect::ALL.iter().find(|(name, _)| *name == answer.effect);
    let rests_on = effect.map_or(&[][..], |(_, effect)| effect.rests_on());
    let has = |key: &&str| answer.values.contains_key(*key) || *key == "until" && answer.until.is_some();
    // What is written freely is not kept: where all else stands, it is that.
    let lacking = rests_on.iter().find(|keys| !keys.iter().any(has));
    let Some(missing) = lacking.and_then(|keys| keys.first()) else {
        return format!("{label}（转往的是本镇，未照办）");
    };
    let sheets = config.lists.iter().flat_map(|list| &list.sheets);
    let of_verification =
        sheets.filter(|sheet| sheet.returns.as_ref().is_some_and(|returns| returns.kind == ReturnKind::Verification));
    let mut asked = of_verification.flat_map(|sheet| &sheet.answers);
    let title = asked.find(|asked| asked.key == *missing).map_or(*missing, |asked| asked.title.as_str());
    format!("{label}（缺“{title}”，未照办）")
}

/// Rules that read a fact of which nothing is known this month.
fn unanswered(inputs: &RelationInputs<'_>) -> BTreeSet<String> {
    let facts = inputs.facts.iter().zip(inputs.columns);
    let unknown: BTreeSet<&str> =
        facts.filter(|(_, column)| column.values.is_none()).map(|(fact, _)| fact.name.as_str()).collect();
    let waits = |rule: &&Rule| rule.reads().iter().any(|name| unknown.contains(name.as_str()));
    inputs.rules.iter().filter(waits).map(|rule| rule.id.clone()).collect()
}

/// Households with a case of which the month cannot say that nothing is left: a rule of theirs cannot be answered, or has a signal that is not shown.
fn undecided(
    inputs: &RelationInputs<'_>,
    unanswered: &BTreeSet<String>,
    before: &BTreeMap<String, History>,
) -> BTreeSet<String> {
    let quiet = inputs.signals.iter().filter(|signal| signal.state != SignalState::Live);
    let mut undecided: BTreeSet<String> =
        quiet.map(|signal| inputs.registry.household_id(signal.household).to_owned()).collect();
    let waits = |case: &Case| case.reasons.iter().any(|reason| unanswered.contains(&reason.rule));
    let standing = before.iter().filter(|(_, history)| history.standing().is_some_and(waits));
    undecided.extend(standing.map(|(household, _)| household.clone()));
    undecided
}

/// What the registry says of the households that have a case.
fn seen(
    inputs: &RelationInputs<'_>,
    before: &BTreeMap<String, History>,
    places: &BTreeMap<String, Place>,
) -> Result<BTreeMap<String, SeenHousehold>, Fault> {
    let standing = before.iter().filter(|(_, history)| history.standing().is_some());
    let rows: Vec<u32> = standing.filter_map(|(household, _)| inputs.registry.find_household(household)).collect();
    let columns = ["monitor_kind", "identified_on", "eliminated_on"].map(str::to_owned);
    let frame = Roll::Households.some(inputs, &columns, &rows)?;
    let days = |name: &str| -> PolarsResult<Vec<Option<i32>>> {
        Ok(frame.column(name)?.cast(&DataType::Date)?.cast(&DataType::Int32)?.i32()?.iter().collect())
    };
    let kinds = frame.column("monitor_kind")?.cast(&DataType::String)?;
    let (identified, eliminated) = (days("identified_on")?, days("eliminated_on")?);
    let of_row = rows.iter().zip(kinds.str()?.iter()).zip(identified.into_iter().zip(eliminated));
    let seen = of_row.map(|((household, kind), (identified_on, eliminated_on))| {
        let household = inputs.registry.household_id(*household).to_owned();
        let town = places.get(&household).map_or_else(String::new, |place| place.town_code.clone());
        (household, SeenHousehold { town, monitor_kind: kind.unwrap_or("").to_owned(), identified_on, eliminated_on })
    });
    Ok(seen.collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use bidui_ledger::{Answer, Deed, ReturnedRow, Said};
    use bidui_model::Level;

    use bidui_ledger::{Reason, WarnedHousehold};

    use super::*;

    const TOWNS: [&str; 2] = ["450206102", "450206103"];

    fn warn(state: &Path, month: Month, town: &str, passed_on_by: Option<&str>) -> CaseNumber {
        warn_of("medical", state, month, town, passed_on_by)
    }

    fn warn_of(rule: &str, state: &Path, month: Month, town: &str, passed_on_by: Option<&str>) -> CaseNumber {
        let mut casebook = Casebook::open(state, month).unwrap();
        let (undecided, seen, due) = (BTreeSet::new(), BTreeMap::new(), BTreeMap::new());
        let reason = Reason {
            rule: rule.to_owned(),
            level: Level::Red,
            value: Some(1.0),
            persons: Vec::new(),
            falls: false,
            bound: None,
        };
        let warned = [WarnedHousehold {
            household: "H1".to_owned(),
            level: Level::Red,
            town: town.to_owned(),
            passed_on_by: passed_on_by.map(str::to_owned),
            due: Some(month.last_day() + 9),
            doubtful: false,
            reasons: vec![reason],
        }];
        let run = RunInputs {
            month,
            issued_on: month.last_day() + 6,
            due: &due,
            warned: &warned,
            undecided: &undecided,
            unanswered: &undecided,
            seen: &seen,
            before: &casebook.before,
            renumbered: &casebook.renumbered,
        };
        let plan = casebook.ledger.plan_run(&run).unwrap();
        casebook.ledger.record_run(&plan, "manifest").unwrap();
        plan.cases["H1"].0.clone()
    }

    /// What the town says of the case itself.
    fn did(state: &Path, month: Month, number: &CaseNumber, deed: Deed) {
        let (list, row_key, case) = ("followup".to_owned(), number.to_string(), Some(number.clone()));
        let said = vec![Said::Did { deed, on: Some(month.last_day()), code: String::new() }];
        let row = ReturnedRow { list, month, row_key, case, edition: None, said };
        Ledger::open(&state.join("ledger.db")).unwrap().receive(month, "followup", &[row], true).unwrap();
    }

    fn answer(state: &Path, month: Month, number: &CaseNumber, (code, effect, leaves): (&str, &str, CaseState)) {
        let answer = Answer {
            code: code.to_owned(),
            effect: effect.to_owned(),
            leaves,
            is_finding: leaves != CaseState::Open,
            on: None,
            until: None,
            values: BTreeMap::new(),
        };
        let passed_on = (code == "31").then(|| TOWNS[1].to_owned());
        let passed_on = passed_on.map(|code| Said::Did { deed: Deed::Rerouted, on: None, code });
        let said = [Said::Answered(answer)].into_iter().chain(passed_on).collect();
        let (list, row_key, case) = ("verification".to_owned(), number.to_string(), Some(number.clone()));
        let row = ReturnedRow { list, month, row_key, case, edition: None, said };
        Ledger::open(&state.join("ledger.db")).unwrap().receive(month, code, &[row], true).unwrap();
    }

    #[test]
    fn what_a_household_is_helped_for_stays_in_hand_beside_a_new_alarm_that_nobody_answered() {
        let folder = tempfile::tempdir().unwrap();
        let (state, first) = (folder.path(), Month::new(2023, 1).unwrap());
        let is_in_hand =
            |month: Month| past(&Casebook::open(state, month).unwrap().before, &[])["H1"]["medical"].is_followed;
        let number = warn(state, first, TOWNS[0], None);
        answer(state, first, &number, ("11", "include", CaseState::Followed));
        assert!(is_in_hand(first.plus(1)), "to be included");
        did(state, first, &number, Deed::Included);
        assert_eq!(warn_of("crops", state, first.plus(1), TOWNS[0], None), number);
        assert!(is_in_hand(first.plus(2)), "included, and asked something else");
        did(state, first.plus(1), &number, Deed::Eliminated);
        assert!(!is_in_hand(first.plus(2)), "its risk is gone");
    }

    #[test]
    fn a_household_that_was_passed_on_stays_so_for_its_next_case() {
        let folder = tempfile::tempdir().unwrap();
        let (state, first) = (folder.path(), Month::new(2023, 1).unwrap());
        let number = warn(state, first, TOWNS[0], None);
        answer(state, first, &number, ("31", "reroute", CaseState::Open));
        let passed_on = |month: Month| Casebook::open(state, month).unwrap().passed_on();
        let expected = BTreeMap::from([("H1".to_owned(), (TOWNS[0].to_owned(), TOWNS[1].to_owned()))]);
        assert_eq!(passed_on(first.plus(1)), expected);
        assert_eq!(warn(state, first.plus(1), TOWNS[1], Some(TOWNS[0])), number);
        answer(state, first.plus(1), &number, ("22", "changed", CaseState::Closed));
        assert_eq!(passed_on(first.plus(2)), expected);
        assert_ne!(warn(state, first.plus(2), TOWNS[1], Some(TOWNS[0])), number);
        assert_eq!(passed_on(first.plus(3)), expected);
        // The registry names a third town.
        warn(state, first.plus(3), "450206110", None);
        assert_eq!(passed_on(first.plus(4)), BTreeMap::new());
    }

    #[test]
    fn a_household_that_was_passed_on_and_sent_away_again_goes_to_no_town() {
        let folder = tempfile::tempdir().unwrap();
        let (state, first) = (folder.path(), Month::new(2023, 1).unwrap());
        let number = warn(state, first, TOWNS[0], None);
        answer(state, first, &number, ("31", "reroute", CaseState::Open));
        warn(state, first.plus(1), TOWNS[1], Some(TOWNS[0]));
        answer(state, first.plus(1), &number, ("32", "reroute", CaseState::Open));
        let passed_on = Casebook::open(state, first.plus(2)).unwrap().passed_on();
        assert_eq!(passed_on, BTreeMap::from([("H1".to_owned(), (TOWNS[0].to_owned(), String::new()))]));
    }

    #[test]
    fn an_answer_is_the_towns_that_gave_it() {
        let folder = tempfile::tempdir().unwrap();
        let (state, first) = (folder.path(), Month::new(2023, 1).unwrap());
        let number = warn(state, first, TOWNS[0], None);
        answer(state, first, &number, ("14", "cool", CaseState::Followed));
        warn(state, first.plus(1), TOWNS[0], None);
        answer(state, first.plus(1), &number, ("31", "reroute", CaseState::Open));
        warn(state, first.plus(2), TOWNS[1], Some(TOWNS[0]));
        answer(state, first.plus(2), &number, ("22", "changed", CaseState::Closed));
        let ledger = Ledger::open(&state.join("ledger.db")).unwrap();
        let (_, history) = ledger.history(&number).unwrap().unwrap();
        let by = |month: i32| crate::case_tables::answered_by(&history, &number, first.plus(month), "verification");
        assert_eq!([0, 1, 2].map(by), [Some(TOWNS[0]), Some(TOWNS[0]), Some(TOWNS[1])]);
    }
}
