//! A process that writes the ledger is killed again and again, wherever it happens to be. What it leaves is whole: everything of a run and of a file
//! that came back, or nothing of it.
#![allow(clippy::unwrap_used)]
#![cfg(unix)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use bidui_ledger::{
    Answer, CaseState, Deed, Ledger, Reason, ReturnedRow, RunInputs, Said, SeenHousehold, WarnedHousehold,
};
use bidui_model::{Level, Month};

const HOUSEHOLDS: usize = 300;
const KILLS: u64 = 40;
/// Set for the process that is to be killed: the ledger's path.
const VICTIM: &str = "BIDUI_LEDGER_VICTIM";

/// Runs month after month and receives the answers, until it is killed.
fn write_for_ever(path: &Path) {
    let mut ledger = Ledger::open(path).unwrap();
    std::io::stdout().write_all(b"open\n").unwrap();
    let mut month = ledger.months().unwrap().last().map_or(Month::new(2020, 1).unwrap(), |last| last.plus(1));
    loop {
        run(&mut ledger, month);
        answer(&mut ledger, month);
        month = month.plus(1);
    }
}

fn run(ledger: &mut Ledger, month: Month) {
    let warned: Vec<WarnedHousehold> = (0..HOUSEHOLDS)
        .map(|number| WarnedHousehold {
            household: format!("H{number:05}"),
            level: Level::Yellow,
            town: "450206102".to_owned(),
            passed_on_by: None,
            due: Some(month.plus(1).first_day()),
            doubtful: false,
            reasons: vec![Reason {
                rule: "medical".to_owned(),
                level: Level::Yellow,
                value: Some(1.0),
                persons: Vec::new(),
                falls: false,
                bound: None,
            }],
        })
        .collect();
    let before = ledger.before(month, month.plus(-24)).unwrap();
    let (undecided, seen) = (BTreeSet::new(), BTreeMap::<String, SeenHousehold>::new());
    let (issued_on, before) = (month.last_day(), &before);
    let inputs = RunInputs {
        month,
        issued_on,
        due: &BTreeMap::new(),
        warned: &warned,
        undecided: &undecided,
        unanswered: &undecided,
        seen: &seen,
        before,
        renumbered: &BTreeMap::new(),
    };
    let plan = ledger.plan_run(&inputs).unwrap();
    ledger.record_run(&plan, &month.to_string()).unwrap();
}

fn answer(ledger: &mut Ledger, month: Month) {
    let row = |line: bidui_ledger::CaseLine| ReturnedRow {
        list: "verification".to_owned(),
        month,
        row_key: line.number.to_string(),
        case: Some(line.number),
        edition: None,
        said: vec![
            Said::Answered(Answer {
                code: "22".to_owned(),
                effect: "changed".to_owned(),
                leaves: CaseState::Closed,
                is_finding: true,
                on: None,
                until: None,
                values: BTreeMap::from([("income".to_owned(), "1".to_owned())]),
            }),
            Said::Did { deed: Deed::NeedPushed, on: None, code: "N01".to_owned() },
        ],
    };
    let rows: Vec<_> = ledger.standing_cases(None).unwrap().into_iter().map(row).collect();
    ledger.receive(month, &format!("file of {month}"), &rows, true).unwrap();
}

/// Every batch is whole, and the present is what the events say.
fn check(path: &Path) -> usize {
    let ledger = Ledger::open(path).unwrap();
    assert_eq!(ledger.integrity().unwrap(), "ok");
    assert_eq!(ledger.rebuilt().unwrap(), ledger.cases().unwrap());
    let file = rusqlite::Connection::open(path).unwrap();
    let mut select = file
        .prepare("SELECT b.kind, COUNT(e.id) FROM batches b LEFT JOIN events e ON e.batch = b.id GROUP BY b.id")
        .unwrap();
    let batches: Vec<(String, u32)> =
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    for (kind, events) in &batches {
        let expected = if kind == "run" { HOUSEHOLDS } else { 2 * HOUSEHOLDS };
        assert_eq!(*events as usize, expected, "a half {kind}");
    }
    batches.len()
}

#[test]
fn killed_anywhere_the_ledger_holds_the_old_or_the_new_state() {
    if let Some(path) = std::env::var_os(VICTIM) {
        return write_for_ever(Path::new(&path));
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut counts = BTreeSet::new();
    // On a busy machine it writes little in the time that is given: then it is given more.
    for kill in 0..8 * KILLS {
        if kill >= KILLS && counts.len() > 5 {
            break;
        }
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["killed_anywhere_the_ledger_holds_the_old_or_the_new_state", "--exact", "--nocapture"])
            .env(VICTIM, &path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|line| line.contains("open")), "it opened the ledger");
        std::thread::sleep(Duration::from_micros(1_700 * (kill * 7 % 41) * (1 + kill / KILLS)));
        victim.kill().unwrap();
        victim.wait().unwrap();
        counts.insert(check(&path));
    }
    assert!(counts.len() > 5, "it was hardly ever killed while it wrote: {counts:?}");
}
