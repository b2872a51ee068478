//! One household, from run to run and answer to answer.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use bidui_ledger::{
    Answer, Case, CaseNumber, CaseState, Deed, Edition, History, Ledger, Reason, ReturnedRow, RunInputs, Said,
    SeenHousehold, WarnedHousehold,
};
use bidui_model::{Level, Month};

pub(crate) const TOWN: &str = "450206102";
pub(crate) const OTHER: &str = "450206110";
/// Code, effect, and what it leaves.
pub(crate) type Result = (&'static str, &'static str, CaseState);
pub(crate) const INCLUDE: Result = ("11", "include", CaseState::Followed);
pub(crate) const COOL: Result = ("14", "cool", CaseState::Followed);
pub(crate) const NOT_OURS: Result = ("31", "reroute", CaseState::Open);
pub(crate) const DEPARTMENT: Result = ("15", "department", CaseState::Followed);
pub(crate) const NO_RISK: Result = ("22", "changed", CaseState::Closed);
pub(crate) const WRONG_DATA: Result = ("21", "data_error", CaseState::Closed);

pub(crate) fn month(number: u32) -> Month {
    Month::new(2023, number).unwrap()
}

pub(crate) fn due(of: u32) -> i32 {
    month(of).last_day() + 16
}

pub(crate) fn found((code, effect, leaves): Result, of: u32, values: &[(&str, &str)]) -> Said {
    Said::Answered(Answer {
        code: code.to_owned(),
        effect: effect.to_owned(),
        leaves,
        is_finding: !matches!(effect, "pending" | "reroute"),
        on: Some(month(of).last_day() + 8),
        until: None,
        values: values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
    })
}

pub(crate) fn did(deed: Deed, on: Option<i32>, code: &str) -> Said {
    Said::Did { deed, on, code: code.to_owned() }
}

pub(crate) struct World {
    pub(crate) ledger: Ledger,
    /// The household's number in the registry, and those that it had before, while the ledger knows of no other.
    pub(crate) household: String,
    pub(crate) former: Vec<String>,
    /// Of households without a case, whose numbers a run finds changed.
    pub(crate) moved: BTreeMap<String, String>,
    /// Rules that fire beside the one that is named; the value that all see, whether less is worse, and what it must reach to be more.
    pub(crate) others: Vec<&'static str>,
    pub(crate) value: (f64, bool, Option<f64>),
    /// The town that has the household by the registry.
    pub(crate) home: &'static str,
    /// The members whom the rules fire for.
    pub(crate) persons: Vec<String>,
    files: u32,
    _folder: tempfile::TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.db")).unwrap();
        Self {
            ledger,
            household: "H1".to_owned(),
            former: Vec::new(),
            moved: BTreeMap::new(),
            others: Vec::new(),
            value: (1.0, false, None),
            home: TOWN,
            persons: Vec::new(),
            files: 0,
            _folder: folder,
        }
    }

    /// A month that warns of the household at a level, or does not; the case is with the town that took it.
    pub(crate) fn run(&mut self, of: u32, level: Option<Level>) -> CaseNumber {
        self.run_seeing(of, level.map(|level| (level, "medical")), BTreeMap::new())
    }

    /// A month that warns of the household by a rule.
    pub(crate) fn run_of(&mut self, of: u32, level: Level, rule: &str) -> CaseNumber {
        self.run_seeing(of, Some((level, rule)), BTreeMap::new())
    }

    /// A month that warns of nothing, and what the registry says of the household.
    pub(crate) fn see(&mut self, of: u32, kind: &str, identified_on: Option<i32>, eliminated_on: Option<i32>) {
        let seen = SeenHousehold { town: String::new(), monitor_kind: kind.to_owned(), identified_on, eliminated_on };
        self.run_seeing(of, None, BTreeMap::from([(self.household.clone(), seen)]));
    }

    fn run_seeing(
        &mut self,
        of: u32,
        warning: Option<(Level, &str)>,
        seen: BTreeMap<String, SeenHousehold>,
    ) -> CaseNumber {
        let mut before = self.ledger.before(month(of), month(of).plus(-24)).unwrap();
        let known = self.former.iter().filter(|former| before.contains_key(*former));
        let renumbered = known.map(|former| (former.clone(), self.household.clone())).collect();
        let mut renumbered = bidui_ledger::renumber(&mut before, &renumbered);
        renumbered.extend(self.moved.clone());
        let standing = before.get(&self.household).and_then(History::standing);
        let taken = standing.and_then(|case| Some((case.town.clone(), case.passed_on_by.clone()?)));
        let (town, passed_on_by) = taken.map_or((self.home.to_owned(), None), |(town, by)| (town, Some(by)));
        let town = if passed_on_by.is_some() && standing.is_some_and(Case::is_unplaced) { String::new() } else { town };
        let warned: Vec<_> = warning
            .into_iter()
            .map(|(level, rule)| WarnedHousehold {
                household: self.household.clone(),
                level,
                town: town.clone(),
                passed_on_by: passed_on_by.clone(),
                due: Some(due(of)).filter(|_| !town.is_empty()),
                doubtful: false,
                reasons: std::iter::once(rule)
                    .chain(self.others.iter().copied())
                    .map(|rule| Reason {
                        rule: rule.to_owned(),
                        level,
                        value: Some(self.value.0),
                        persons: self.persons.clone(),
                        falls: self.value.1,
                        bound: self.value.2,
                    })
                    .collect(),
            })
            .collect();
        let inputs = RunInputs {
            month: month(of),
            issued_on: month(of).last_day() + 6,
            due: &Level::ALL.into_iter().map(|level| (level, due(of))).collect(),
            warned: &warned,
            undecided: &BTreeSet::new(),
            unanswered: &BTreeSet::new(),
            seen: &seen,
            before: &before,
            renumbered: &renumbered,
        };
        let plan = self.ledger.plan_run(&inputs).unwrap();
        self.ledger.record_run(&plan, "manifest").unwrap();
        self.check();
        plan.cases.get(&self.household).map_or_else(|| CaseNumber::new(month(of), 1), |(number, _)| number.clone())
    }

    /// From now on the registry has the household under another number.
    pub(crate) fn renumber(&mut self, now: &str) {
        let former = std::mem::replace(&mut self.household, now.to_owned());
        self.former = vec![former];
    }

    pub(crate) fn receive(&mut self, list: &str, of: u32, key: &str, number: &CaseNumber, said: Vec<Said>) {
        let (list, row_key, case) = (list.to_owned(), key.to_owned(), Some(number.clone()));
        self.receive_row(ReturnedRow { list, month: month(of), row_key, case, edition: None, said });
    }

    /// Gives whether the row said anything new.
    pub(crate) fn receive_row(&mut self, row: ReturnedRow) -> bool {
        self.files += 1;
        let received = self.ledger.receive(row.month, &format!("file {}", self.files), &[row], true).unwrap();
        self.check();
        received.unchanged.is_empty()
    }

    /// A row of the list that a run of the month made, by what the ledger knows of its runs now.
    pub(crate) fn row_of(&self, of: u32, edition: &Edition, number: &CaseNumber, result: Result) -> ReturnedRow {
        let known = self.ledger.editions(number, month(of)).unwrap();
        let edition = known.into_iter().find(|known| known.digest == edition.digest);
        let (list, row_key, case) = ("verification".to_owned(), number.to_string(), Some(number.clone()));
        ReturnedRow { list, month: month(of), row_key, case, edition, said: vec![found(result, of, &[])] }
    }

    /// The edition that the last run of a month issued.
    pub(crate) fn edition(&self, of: u32, number: &CaseNumber) -> Edition {
        self.ledger.editions(number, month(of)).unwrap().pop().unwrap()
    }

    pub(crate) fn answer(&mut self, of: u32, number: &CaseNumber, result: Result) {
        self.receive("verification", of, number.as_str(), number, vec![found(result, of, &[])]);
    }

    /// Its town passes the case on to another.
    pub(crate) fn pass_on(&mut self, of: u32, number: &CaseNumber, town: &str) {
        let said = vec![found(NOT_OURS, of, &[("to_town", town)]), did(Deed::Rerouted, None, town)];
        self.receive("verification", of, number.as_str(), number, said);
    }

    /// A sample that draws the answer to a month's list.
    pub(crate) fn draw(&mut self, of: u32, number: &CaseNumber, answered: u32) {
        self.ledger
            .record_draw("sample", month(of), &[(number.clone(), month(answered), self.stands(number).1)])
            .unwrap();
    }

    /// A second look that found something else, or agrees.
    pub(crate) fn second(&mut self, of: u32, number: &CaseNumber, result: Option<Result>) {
        let mut said: Vec<Said> = result.into_iter().map(|result| found(result, of, &[])).collect();
        said.push(did(Deed::SpotChecked, Some(month(of).last_day() + 20), result.map_or("", |(code, ..)| code)));
        self.receive("sample", of, number.as_str(), number, said);
    }

    pub(crate) fn check(&self) {
        assert_eq!(self.ledger.rebuilt().unwrap(), self.ledger.cases().unwrap(), "the fold equals the state");
    }

    pub(crate) fn case(&self, number: &CaseNumber) -> Case {
        let (_, history) = self.ledger.history(number).unwrap().unwrap();
        history.cases.into_iter().find(|case| case.number == *number).unwrap()
    }

    /// State, standing code, and whether each of its lists is answered.
    pub(crate) fn stands(&self, number: &CaseNumber) -> (CaseState, String, Vec<bool>) {
        let case = self.case(number);
        let code = case.answer.map_or_else(String::new, |(_, answer)| answer.code);
        (case.state, code, case.listings.values().map(|listing| listing.is_answered).collect())
    }
}
