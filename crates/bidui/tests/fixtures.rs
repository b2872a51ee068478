//! The fixtures are what the program makes today, and the main command of the README runs on them as they lie.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use calamine::{Reader, Xlsx, open_workbook};
use support::{digests, files_under, program, repository, say};

fn stage_of(cases: &[support::Record], stage: &str) -> BTreeSet<String> {
    cases.iter().filter(|case| case["stage"] == stage).map(|case| case["case_id"].clone()).collect()
}

/// The case numbers on a sheet.
fn numbers(path: &Path, sheet: &str) -> Vec<String> {
    let mut workbook: Xlsx<_> = open_workbook(path).unwrap();
    let range = workbook.worksheet_range(sheet).unwrap();
    let cells = range.rows().filter_map(|row| row.get(1)).map(ToString::to_string);
    cells.filter(|cell| cell.len() == 11 && cell.contains('-')).collect()
}

fn bidui(arguments: &[&str]) {
    say(program().current_dir(repository()).args(arguments)).expect(0);
}

#[test]
fn the_fixtures_are_made_again_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let county = folder.path().join("county");
    bidui(&[
        "synth",
        county.to_str().unwrap(),
        "--persons",
        "2000",
        "--months",
        "2022-12..2023-03",
        "--seed",
        "16",
        "--quiet",
    ]);
    for part in ["inbox", "truth"] {
        let (made, kept) = (digests(&county.join(part)), digests(&repository().join("fixtures").join(part)));
        assert_eq!(made.keys().collect::<Vec<_>>(), kept.keys().collect::<Vec<_>>());
        for (name, digest) in &made {
            assert!(kept[name] == *digest, "{part}/{name} 与程序现在生成的不同");
        }
    }
}

#[test]
fn the_main_command_runs_on_the_fixtures_and_every_town_has_its_list() {
    let folder = tempfile::tempdir().unwrap();
    bidui(&["rehearse", "--folder", folder.path().to_str().unwrap(), "--quiet"]);
    let towns = fs::read_dir(folder.path().join("out/2023-03/towns")).unwrap();
    let lists = towns.filter(|town| town.as_ref().unwrap().path().join("核查清单.xlsx").is_file()).count();
    assert_eq!(lists, 8);
    let relation = |name: &str| support::records(&folder.path().join(format!("out/2023-03/data/{name}.csv")));
    let (signals, cases) = (relation("signals"), relation("cases"));
    // What towns answered to the two months before shows: cases that go on, cool down, are exempted, are followed, are overdue.
    for state in ["continuing", "reopened", "new"] {
        assert!(relation("warnings").iter().any(|warning| warning["state"] == state), "{state}");
    }
    for (state, because) in [("cooling", "个月内尚无加重"), ("cooling", "正在办理"), ("suppressed", "豁免至")]
    {
        let is_so = |signal: &&support::Record| signal["state"] == state && signal["state_reason"].contains(because);
        assert!(signals.iter().any(|signal| is_so(&signal)), "{state} {because}");
    }
    assert!(cases.iter().any(|case| case["overdue_days"].parse::<i64>().unwrap() > 0 && case["answers"] == "0"));
    assert!(cases.iter().any(|case| case["stage"] == "识别中") && cases.iter().any(|case| case["stage"] == "已办结"));
    // A town's list and its list of what is overdue say the same day.
    let day = |case_id: &str| cases.iter().find(|case| case["case_id"] == case_id).unwrap()["due"].clone();
    let listed = relation("warnings").into_iter().filter(|warning| warning["route"] == "registry");
    let days: Vec<_> = listed.map(|warning| (warning["due"].clone(), day(&warning["case_id"]))).collect();
    assert!(days.iter().all(|(printed, runs)| printed == runs), "{days:?}");
    assert!(days.iter().any(|(printed, _)| printed.as_str() < "2023-04-06"), "some were asked before");
    // Who waits to be included and is warned again is told so, and the time in which it is to be done goes on.
    let again: BTreeSet<String> = stage_of(&cases, "识别中，新预警待核查");
    let waiting: BTreeSet<String> = stage_of(&cases, "识别中").union(&again).cloned().collect();
    assert!(!again.is_empty() && waiting.len() > again.len());
    let towns = || fs::read_dir(folder.path().join("out/2023-03/towns")).unwrap().map(|town| town.unwrap().path());
    let on_sheets = |file: &str, sheet: &str| towns().flat_map(|town| numbers(&town.join(file), sheet)).collect();
    let due: BTreeSet<String> = on_sheets("帮扶时限清单.xlsx", "未完成识别纳入");
    assert_eq!(due, waiting);
    let followed: BTreeSet<String> = on_sheets("帮扶落实跟进表.xlsx", "帮扶落实跟进");
    assert!(followed.is_superset(&waiting), "{followed:?}");
    let fixtures = repository().join("fixtures");
    let size: u64 = files_under(&fixtures).iter().map(|file| fs::metadata(fixtures.join(file)).unwrap().len()).sum();
    assert!(size < 15 << 20, "{size}");
}
