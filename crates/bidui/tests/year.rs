//! A county through a year: every month is run, its towns fill in their lists as people do, some late and some never, and what comes back is received.
//! After each month the totals balance, the fold equals the state, and no answer stands at a case or a month that it was not given for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/mutate.rs"]
mod mutate;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bidui_ledger::Ledger;
use bidui_synth::SheetCell;
use mutate::{Dice, EDITS, Edit, Page, save_csv, save_xls, save_xlsx, word};
use support::{County, say};

const KEY: &str = "预警编号";
const FILLED: [&str; 4] = ["核查结果", "情况说明", "人均纯收入（元）", "核查日期"];
const RESULTS: [&str; 9] = ["11", "14", "15", "21", "22", "22", "33", "35", "00"];

/// What the towns gave, by case and month of the list: the code.
type Given = BTreeMap<(String, String), String>;

/// An amount that says which case of which month it was written for.
fn mark(key: &str, month: &str) -> f64 {
    let digits: String = key.chars().filter(char::is_ascii_digit).take(9).collect();
    (digits.parse::<u64>().unwrap() * 100 + month[5..].parse::<u64>().unwrap()) as f64
}

/// Days between 1899-12-30 and the tenth of the month after.
fn tenth_after(month: &str) -> f64 {
    let month: bidui_model::Month = month.parse().unwrap();
    f64::from(month.plus(1).first_day() + 9 + 25_569)
}

/// Fills a town's list in, and notes what was given.
fn fill(page: &mut Page, month: &str, dice: &mut Dice, given: &mut Given) {
    page.fill(KEY, |key| {
        if !key.contains('-') || dice.one_in(6) {
            return Vec::new();
        }
        let code = dice.pick(&RESULTS);
        given.insert((key.to_owned(), month.to_owned()), code.to_owned());
        let mut cells = vec![
            ("核查结果", word(code)),
            ("情况说明", word("已核实")),
            ("人均纯收入（元）", SheetCell::Number(mark(key, month))),
            ("核查日期", SheetCell::Day(tenth_after(month))),
        ];
        if code == "14" {
            cells.push(("有效期/复核月份", SheetCell::Day(tenth_after(month) + 120.0)));
        }
        if code == "15" {
            cells.push(("帮扶需求1", word("N07 健康帮扶（医疗救助）")));
        }
        cells
    });
}

/// The towns' lists of a month, as they come back: a file for each town that has one.
fn answer(county: &County, month: &str, folder: &Path, dice: &mut Dice, given: &mut Given) {
    std::fs::create_dir_all(folder).unwrap();
    for entry in std::fs::read_dir(county.path("out").join(month).join("towns")).unwrap() {
        let town = entry.unwrap();
        let mut page = Page::read(&town.path().join("核查清单.xlsx"), "核查清单", "序号");
        let mut older = Page::read(&town.path().join("核查清单.xlsx"), "以前未办结", "序号");
        if dice.one_in(8) {
            continue;
        }
        fill(&mut page, month, dice, given);
        let is_csv = dice.one_in(4);
        if !is_csv {
            fill(&mut older, month, dice, given);
        }
        let mut is_parted = false;
        for _ in 0..dice.below(4) {
            let edit = dice.pick(&EDITS);
            let parts = matches!(edit, Edit::SortedHalf | Edit::TagsExchanged);
            if !(parts && is_parted) {
                page.edit(edit, dice, (KEY, "校验码", &FILLED));
            }
            is_parted |= parts;
        }
        let path = folder.join(format!("{}.xlsx", town.file_name().to_str().unwrap()));
        match dice.below(3) {
            _ if is_csv => save_csv(&path.with_extension("csv"), &page),
            0 => save_xls(&path.with_extension("xls"), &[page, older]),
            _ => save_xlsx(&path, &[page, older]),
        }
    }
}

/// Everything that a month's relations and the ledger must agree in.
fn check(county: &County, month: &str, given: &Given) {
    let ledger = Ledger::open(&county.path("state/ledger.db")).unwrap();
    assert_eq!(ledger.rebuilt().unwrap(), ledger.cases().unwrap(), "{month}: the fold equals the state");
    assert_eq!(ledger.integrity().unwrap(), "ok");
    for row in county.relation(month, "standing") {
        let number = |column: &str| row[column].parse::<i64>().unwrap();
        assert_eq!(number("before") + number("opened"), number("closed") + number("standing"), "{row:?}");
        assert_eq!(number("issued"), number("answered") + number("open"), "{row:?}");
        // What came back and what is answered differ by what each has alone.
        let both = number("results") - number("results_unlisted") - number("results_open");
        assert_eq!(number("answered") - number("answered_otherwise"), both, "{row:?}");
        if row["town_code"].is_empty() {
            let counts = |answer: &&BTreeMap<String, String>| {
                answer["list"] == "verification"
                    && answer["list_month"] == row["month"]
                    && answer["standing"] == "是"
                    && answer["effect"] != "pending"
                    && answer["held"] != "open"
            };
            let answers = county.relation(month, "answers");
            assert_eq!(number("results"), answers.iter().filter(counts).count() as i64, "{row:?}");
        }
    }
    for row in county.relation(month, "answers") {
        let of = (row["case_id"].clone(), row["list_month"].clone());
        assert_eq!(given.get(&of), Some(&row["code"]), "{month}: nobody answered this: {row:?}");
        if !row["income"].is_empty() {
            assert_eq!(row["income"].parse::<f64>().unwrap(), mark(&of.0, &of.1), "another row's answer: {row:?}");
        }
    }
}

#[test]
fn a_year_of_months_and_answers() {
    let county = County::invent(2500, &["--months", "2022-12..2023-11", "--seed", "31"]);
    let months: Vec<String> = (1..=11).map(|month| format!("2023-{month:02}")).collect();
    let (mut dice, mut given) = (Dice(2023), Given::new());
    let mut states = BTreeSet::new();
    for (at, month) in months.iter().enumerate() {
        county.run(month).expect(0);
        check(&county, month, &given);
        states.extend(county.relation(month, "warnings").into_iter().map(|row| row["state"].clone()));
        states.extend(county.relation(month, "signals").into_iter().map(|row| row["state"].clone()));
        // A third of the lists come a month late, when the next ones have gone out.
        let (now, late) = (county.path(&format!("returned/{month}")), county.path(&format!("late/{month}")));
        answer(&county, month, &now, &mut dice, &mut given);
        std::fs::create_dir_all(&late).unwrap();
        for entry in std::fs::read_dir(&now).unwrap() {
            let entry = entry.unwrap();
            if dice.one_in(3) {
                std::fs::rename(entry.path(), late.join(entry.file_name())).unwrap();
            }
        }
        let before = at.checked_sub(1).map(|before| county.path(&format!("late/{}", months[before])));
        let folders: Vec<_> = [Some(now), before].into_iter().flatten().filter(|folder| has_files(folder)).collect();
        let words: Vec<&str> =
            ["receive", month].into_iter().chain(folders.iter().map(|path| path.to_str().unwrap())).collect();
        let trial = say(county.command(&words).arg("--dry-run")).expect(0);
        let first = say(&mut county.command(&words)).expect(0);
        let files =
            |said: &str| said.lines().filter(|line| line.contains("新答复")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(files(&trial.stdout), files(&first.stdout), "a trial says what would become of each file");
        let again = say(&mut county.command(&words)).expect(0);
        assert!(!again.stdout.contains("新答复"), "a second copy changes nothing: {}", again.stdout);
    }
    for state in ["new", "continuing", "reopened", "cooling", "live"] {
        assert!(states.contains(state), "{state} never came about: {states:?}");
    }
    // An older month that is run again finds the same, whatever came in since.
    let before = support::digests(&county.path("out/2023-05/data"));
    county.run("2023-05").expect(0);
    let after = support::digests(&county.path("out/2023-05/data"));
    let changed: Vec<_> = before.iter().filter(|(file, digest)| after.get(*file) != Some(digest)).collect();
    // Answers to April's lists that came in after May's run are all that may differ.
    assert!(changed.iter().all(|(file, _)| !file.starts_with("persons") && !file.starts_with("links")), "{changed:?}");
    check(&county, months.last().unwrap(), &given);
}

fn has_files(folder: &Path) -> bool {
    folder.is_dir() && std::fs::read_dir(folder).unwrap().next().is_some()
}
