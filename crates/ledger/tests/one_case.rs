//! One open case a household, whatever comes in whatever order: months run late and again, answers corrected and late, second looks, deeds.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use bidui_ledger::{
    Answer, Case, CaseNumber, CaseState, Deed, History, Ledger, Reason, ReturnedRow, RunInputs, Said, SeenHousehold,
    WarnedHousehold,
};
use bidui_model::{Level, Month};
use proptest::prelude::*;

const MONTHS: u32 = 4;
const HOUSEHOLDS: [&str; 2] = ["H1", "H2"];
const LEVELS: [Level; 4] = [Level::Red, Level::Orange, Level::Yellow, Level::Blue];
const TOWNS: [&str; 3] = ["450206102", "450206103", "450206110"];
/// Code, effect, and what it leaves.
const RESULTS: [(&str, &str, CaseState); 9] = [
    ("11", "include", CaseState::Followed),
    ("13", "rollback", CaseState::Followed),
    ("14", "cool", CaseState::Followed),
    ("15", "department", CaseState::Followed),
    ("22", "changed", CaseState::Closed),
    ("35", "declined", CaseState::Closed),
    ("31", "reroute", CaseState::Open),
    // To a third town.
    ("31", "reroute", CaseState::Open),
    ("00", "pending", CaseState::Open),
];

#[derive(Clone, Debug)]
enum Step {
    /// A month, and by household: its level, whether nothing can be said of it, and whether the registry knows it as included or eliminated.
    Run(u32, [(Option<usize>, bool, u8); 2]),
    /// An answer to a row that was issued.
    Answer(usize, usize),
    /// A second look at a case that was ever issued, on a later month's sample.
    Second(usize, u32, usize),
    /// Something done for a case, told by a list of a month that was run.
    Deed(usize, usize),
}

fn step() -> impl Strategy<Value = Step> {
    let household = (prop::option::weighted(0.7, 0..4_usize), prop::bool::weighted(0.15), 0..6_u8);
    prop_oneof![
        3 => (1..=MONTHS, [household.clone(), household]).prop_map(|(month, seen)| Step::Run(month, seen)),
        4 => (any::<prop::sample::Index>(), 0..RESULTS.len()).prop_map(|(row, result)| Step::Answer(row.index(1 << 20), result)),
        1 => (any::<prop::sample::Index>(), 0..MONTHS, 0..RESULTS.len())
            .prop_map(|(row, later, result)| Step::Second(row.index(1 << 20), later, result)),
        1 => (any::<prop::sample::Index>(), 0..5_usize).prop_map(|(row, deed)| Step::Deed(row.index(1 << 20), deed)),
    ]
}

struct World {
    ledger: Ledger,
    /// Month and number of every row of a verification list.
    issued: Vec<(Month, CaseNumber)>,
    files: u32,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("ledger.db")).unwrap();
        Self { ledger, issued: Vec::new(), files: 0, _folder: folder }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Run(month, households) => self.run(Month::new(2023, *month).unwrap(), households),
            Step::Answer(row, result) => {
                let Some((month, number)) = self.row(*row) else { return };
                self.receive("verification", month, &number, said(month, *result));
            }
            Step::Second(row, later, result) => {
                let Some((month, number)) = self.row(*row) else { return };
                let month = month.plus(*later as i32);
                let mut said = said(month, *result);
                said.push(Said::Did { deed: Deed::SpotChecked, on: None, code: RESULTS[*result].0.to_owned() });
                self.receive("sample", month, &number, said);
            }
            Step::Deed(row, deed) => {
                let Some((month, number)) = self.row(*row) else { return };
                let (deed, code) = [
                    (Deed::Included, ""),
                    (Deed::Eliminated, ""),
                    (Deed::NeedMet, "N05"),
                    (Deed::NeedPushed, "N05"),
                    (Deed::HelperAssigned, ""),
                ][*deed];
                let said = vec![Said::Did { deed, on: Some(month.last_day() + 20), code: code.to_owned() }];
                self.receive("followup", month, &number, said);
            }
        }
    }

    fn row(&self, at: usize) -> Option<(Month, CaseNumber)> {
        (!self.issued.is_empty()).then(|| self.issued[at % self.issued.len()].clone())
    }

    fn run(&mut self, month: Month, households: &[(Option<usize>, bool, u8); 2]) {
        let of_each = || HOUSEHOLDS.iter().zip(households);
        let before = self.ledger.before(month, month.plus(-24)).unwrap();
        // The registry names the first town; who took a case over has it.
        let town = |household: &str| {
            let case = before.get(household).and_then(History::standing);
            let taken = case.and_then(|case| Some((case.town.clone(), Some(case.passed_on_by.clone()?))));
            taken.unwrap_or((TOWNS[0].to_owned(), None))
        };
        let warned: Vec<_> = of_each()
            .filter_map(|(household, (level, ..))| {
                let level = LEVELS[(*level)?];
                let reason = Reason {
                    rule: "medical".to_owned(),
                    level,
                    value: Some(1.0),
                    persons: Vec::new(),
                    falls: false,
                    bound: None,
                };
                let (household, (town, passed_on_by)) = ((*household).to_owned(), town(household));
                let due = Some(month.last_day() + 10);
                Some(WarnedHousehold {
                    household,
                    level,
                    town,
                    passed_on_by,
                    due,
                    doubtful: false,
                    reasons: vec![reason],
                })
            })
            .collect();
        let undecided: BTreeSet<String> =
            of_each().filter(|(_, (_, is, _))| *is).map(|(household, _)| (*household).to_owned()).collect();
        let unanswered: BTreeSet<String> = undecided.iter().map(|_| "medical".to_owned()).collect();
        let seen: BTreeMap<String, SeenHousehold> = of_each()
            .filter(|(_, (.., registry))| *registry < 2)
            .map(|(household, (.., registry))| {
                let identified_on = Some(month.first_day() + 3);
                let eliminated_on = identified_on.filter(|_| *registry == 1).map(|on| on + 5);
                let monitor_kind = "突发严重困难户".to_owned();
                (
                    (*household).to_owned(),
                    SeenHousehold { town: String::new(), monitor_kind, identified_on, eliminated_on },
                )
            })
            .collect();
        let due = LEVELS.into_iter().map(|level| (level, month.last_day() + 12)).collect();
        let inputs = RunInputs {
            month,
            issued_on: month.last_day() + 6,
            due: &due,
            warned: &warned,
            undecided: &undecided,
            unanswered: &unanswered,
            seen: &seen,
            before: &before,
            renumbered: &BTreeMap::new(),
        };
        let plan = self.ledger.plan_run(&inputs).unwrap();
        let after = plan.after(&before);
        self.ledger.record_run(&plan, "manifest").unwrap();
        let recorded = self.ledger.before(month.plus(1), month.plus(-24)).unwrap();
        for household in plan.cases.keys() {
            // Answers to the month's own lists are recorded, too, where it was run before.
            let own_answers = recorded[household].happened_in(month).any(|happening| !happening.list.is_empty());
            if !own_answers {
                assert_eq!(after[household].cases, recorded[household].cases, "what was planned was recorded");
            }
        }
        let again = self.ledger.plan_run(&inputs).unwrap();
        assert_eq!(again.cases, plan.cases, "a month that is run again keeps its numbers");
        assert!(!self.ledger.record_run(&again, "again").unwrap(), "and adds nothing");
        for (number, _) in plan.cases.values().filter(|(_, step)| step.is_warned()) {
            self.issued.push((month, number.clone()));
        }
    }

    fn receive(&mut self, list: &str, month: Month, number: &CaseNumber, said: Vec<Said>) {
        self.files += 1;
        let (row_key, case) = (number.to_string(), Some(number.clone()));
        let row = ReturnedRow { list: list.to_owned(), month, row_key, case, edition: None, said };
        let received = self.ledger.receive(month, &format!("file {}", self.files), &[row], true).unwrap();
        assert!(received.unknown.is_empty());
    }

    fn check(&self) {
        assert_eq!(self.ledger.rebuilt().unwrap(), self.ledger.cases().unwrap(), "the fold equals the state");
        for month in 1..=MONTHS + 1 {
            let month = Month::new(2023, month).unwrap();
            for history in self.ledger.before(month, month.plus(-24)).unwrap().values() {
                check_history(history);
            }
        }
        for history in self.ledger.present(Month::new(2022, 1).unwrap()).unwrap().values() {
            check_history(history);
        }
    }
}

fn check_history(history: &History) {
    let standing: Vec<&Case> = history.cases.iter().filter(|case| case.state != CaseState::Closed).collect();
    assert!(standing.len() <= 1, "{standing:#?}");
    for case in &history.cases {
        assert_eq!(case.state == CaseState::Closed, case.closed.is_some());
        let is_listed_answered = case.listings.values().any(|listing| listing.is_answered);
        assert!(
            !is_listed_answered || case.answers > 0 || history.joins.iter().any(|join| join.from == case.number),
            "{case:#?}"
        );
        let answer = case.answer.as_ref().map(|(_, answer)| answer);
        let is_met = answer.is_some_and(|answer| answer.effect == "department");
        let says_why = case.withdrawn
            || case.joined.is_some()
            || case.eliminated_on.is_some()
            || is_met
            || answer.is_some_and(|answer| answer.leaves == CaseState::Closed);
        assert!(case.closed.is_none() || says_why, "{case:#?}");
        if let Some(into) = &case.joined {
            assert!(case.state == CaseState::Closed && *into != case.number);
            assert!(case.needs.is_empty() && case.to_include.is_none(), "what was left to do went with it");
        }
    }
    // What a list asks and nobody answered stands, in its case or in the one that took it over.
    for case in history.cases.iter().filter(|case| case.listings.values().any(|listing| !listing.is_answered)) {
        let heir = heir(history, case);
        let is_over = heir.eliminated_on.is_some() && heir.cleared.is_some() || heir.withdrawn;
        assert!(heir.state != CaseState::Closed || is_over, "{case:#?}\n{heir:#?}");
    }
}

fn heir<'h>(history: &'h History, case: &'h Case) -> &'h Case {
    let next = |case: &Case| history.cases.iter().find(|other| Some(&other.number) == case.joined.as_ref());
    std::iter::successors(Some(case), |case| next(case)).last().unwrap()
}

fn said(month: Month, result: usize) -> Vec<Said> {
    let (code, effect, leaves) = RESULTS[result];
    let answer = Said::Answered(Answer {
        code: code.to_owned(),
        effect: effect.to_owned(),
        leaves,
        is_finding: !matches!(effect, "reroute" | "pending"),
        on: Some(month.last_day() + 8),
        until: None,
        values: BTreeMap::new(),
    });
    let more = match effect {
        "reroute" => Some((Deed::Rerouted, TOWNS[result - 5])),
        "department" => Some((Deed::NeedPushed, "N05")),
        _ => None,
    };
    let more = more.map(|(deed, code)| Said::Did { deed, on: None, code: code.to_owned() });
    [answer].into_iter().chain(more).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_household_has_one_open_case_at_most(steps in prop::collection::vec(step(), 1..14)) {
        let mut world = World::new();
        for step in &steps {
            world.take(step);
            world.check();
        }
    }
}

/// The month adds a revision though it finds the same, since its lists tell of a need that nobody was told of.
#[test]
fn a_need_is_first_told_by_a_run_that_finds_what_it_found_before() {
    let mut world = World::new();
    let none = [(None, false, 0), (None, false, 0)];
    world.take(&Step::Run(3, [(Some(3), false, 0), (None, false, 0)]));
    world.take(&Step::Run(1, [(Some(0), false, 0), (None, false, 0)]));
    world.take(&Step::Run(4, none));
    world.take(&Step::Answer(616_193, 3));
    world.take(&Step::Run(3, [(Some(3), false, 2), (None, false, 0)]));
}
