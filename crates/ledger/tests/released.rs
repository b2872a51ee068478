//! Every schema that was released is kept as a file, opens with this program, and says what it said then.
//!
//! A version that is released is never changed: `MAKE_RELEASED=1` writes the file of a version that has none yet.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bidui_ledger::{
    Answer, CaseState, Deed, Ledger, Reason, ReturnedRow, RunInputs, Said, SeenHousehold, WarnedHousehold,
};
use bidui_model::{Level, Month};

fn released(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/released/v{version}.db"))
}

/// A month with two households, one of which is answered for.
fn make(path: &Path) {
    let mut ledger = Ledger::open(path).unwrap();
    let month = Month::new(2023, 1).unwrap();
    let warned: Vec<_> = [("H1", Level::Red), ("H2", Level::Yellow)]
        .map(|(household, level)| WarnedHousehold {
            household: household.to_owned(),
            level,
            town: "450206102".to_owned(),
            passed_on_by: None,
            due: Some(19_400),
            doubtful: false,
            reasons: vec![Reason {
                rule: "dropout".to_owned(),
                level,
                value: Some(1.0),
                persons: Vec::new(),
                falls: false,
                bound: None,
            }],
        })
        .into();
    let (undecided, seen) = (BTreeSet::new(), BTreeMap::<String, SeenHousehold>::new());
    let before = ledger.before(month, month).unwrap();
    let inputs = RunInputs {
        month,
        issued_on: 19_394,
        due: &BTreeMap::new(),
        warned: &warned,
        undecided: &undecided,
        unanswered: &undecided,
        seen: &seen,
        before: &before,
        renumbered: &BTreeMap::new(),
    };
    let plan = ledger.plan_run(&inputs).unwrap();
    ledger.record_run(&plan, "manifest").unwrap();
    let number = plan.cases["H1"].0.clone();
    let row = ReturnedRow {
        list: "verification".to_owned(),
        month,
        row_key: number.to_string(),
        case: Some(number),
        edition: None,
        said: vec![
            Said::Answered(Answer {
                code: "11".to_owned(),
                effect: "include".to_owned(),
                leaves: CaseState::Followed,
                is_finding: true,
                on: Some(19_398),
                until: None,
                values: BTreeMap::from([("income".to_owned(), "650000".to_owned())]),
            }),
            Said::Did { deed: Deed::NeedPushed, on: Some(19_398), code: "N08".to_owned() },
        ],
    };
    ledger.receive(month, "file", &[row], true).unwrap();
}

fn schema(path: &Path) -> Vec<String> {
    let file = rusqlite::Connection::open(path).unwrap();
    let mut select = file.prepare("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").unwrap();
    select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn a_ledger_of_every_released_version_opens_and_says_what_it_said() {
    let folder = tempfile::tempdir().unwrap();
    let fresh = folder.path().join("fresh.db");
    make(&fresh);
    for version in 1..=7 {
        let kept = released(version);
        if std::env::var_os("MAKE_RELEASED").is_some() && !kept.exists() {
            std::fs::copy(&fresh, &kept).unwrap();
        }
        let path = folder.path().join(format!("v{version}.db"));
        std::fs::copy(&kept, &path).unwrap();
        let ledger = Ledger::open(&path).unwrap();
        assert_eq!(ledger.integrity().unwrap(), "ok");
        assert_eq!(ledger.rebuilt().unwrap(), ledger.cases().unwrap());
        assert_eq!(ledger.cases().unwrap(), Ledger::open(&fresh).unwrap().cases().unwrap());
        drop(ledger);
        assert_eq!(schema(&path), schema(&fresh), "version {version} is brought to this program's tables");
    }
}

/// A county that takes a new program in has cases by the fold of the old one.
#[test]
fn the_present_is_folded_anew_by_a_program_of_a_later_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.db");
    std::fs::copy(released(3), &path).unwrap();
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute("UPDATE cases SET level = 'blue', open_needs = 7", []).unwrap();
    drop(old);
    let ledger = Ledger::open(&path).unwrap();
    assert_eq!(ledger.rebuilt().unwrap(), ledger.cases().unwrap());
}
