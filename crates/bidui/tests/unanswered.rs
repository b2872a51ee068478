//! A warning that a town has not answered and that the next month cannot repeat: it stays on the list until somebody has looked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/mutate.rs"]
mod mutate;
mod support;

use std::collections::BTreeMap;
use std::path::Path;

use bidui_ledger::{Case, CaseNumber, CaseState, Ledger};
use bidui_synth::SheetCell;
use mutate::{Page, save_xlsx, text, word};
use support::{County, say};

#[test]
fn what_nobody_answered_is_verified_with_what_the_next_list_warns_of() {
    let county = County::invent(5_000, &["--months", "2022-12..2023-02", "--seed", "16"]);
    county.run("2023-01").expect(0);
    // Without the roster nobody can say in February what the household's income means for its disabled member.
    std::fs::remove_file(county.extract("2023-02", "持证残疾人名册")).unwrap();
    county.run("2023-02").expect(0);
    let cases = county.relation("2023-02", "cases");
    let left = cases.iter().find(|case| case["unanswered"].contains("残疾人家庭收入低于监测范围")).unwrap();
    // The level is that of the month's warning, as on its list; the more serious one that nobody answered stands beside it.
    let warned = county.relation("2023-02", "warnings").into_iter().find(|row| row["case_id"] == left["case_id"]);
    assert_eq!((left["state"].as_str(), &left["level"]), ("open", &warned.unwrap()["level"]));
    assert_eq!(left["earlier_level"], "橙");
    assert!(!left["unanswered"].contains("2023-02"), "{left:?}");

    let town = format!("out/2023-02/towns/{}_{}/核查清单.xlsx", left["town_code"], left["town"]);
    let mut page = Page::read(&county.path(&town), "核查清单", "序号");
    let (key, reasons) = (page.column("预警编号"), page.column("预警内容"));
    let row = page.rows.iter().find(|row| text(&row[key]) == left["case_id"]).unwrap();
    let (now, before) = {
        let reasons = text(&row[reasons]);
        let (now, before) = reasons.split_once("以前未核查，一并核查：").unwrap();
        (now.to_owned(), before.to_owned())
    };
    assert!(now.contains("人均纯收入") && before.trim() == left["unanswered"], "{now} / {before}");
    let shown = page.rows.iter().filter(|row| text(&row[reasons]).contains("以前未核查")).count();
    let of_town = |case: &&support::Record| case["town"] == left["town"] && !case["unanswered"].is_empty();
    assert_eq!(shown, cases.iter().filter(of_town).count());

    // One answer is about both.
    page.fill("预警编号", |case| match case == left["case_id"] {
        true => vec![("核查结果", word("22")), ("情况说明", word("已就业")), ("核查日期", SheetCell::Day(45_000.0))],
        false => Vec::new(),
    });
    let path = county.path("收回.xlsx");
    save_xlsx(&path, &[page]);
    say(county.command(&["receive", "2023-02"]).arg(&path)).expect(0);
    let number = CaseNumber::parse(&left["case_id"]).unwrap();
    let (_, history) = Ledger::open(&county.path("state/ledger.db")).unwrap().history(&number).unwrap().unwrap();
    assert!(["disability-income", "income-below-line"].iter().all(|rule| history.covered.contains_key(*rule)));
    assert!(history.cases.iter().all(|case| case.unanswered.is_empty()));
}

/// Every row of the month's lists of that county, by its case.
fn lists(county: &County, month: &str) -> BTreeMap<String, (Page, usize)> {
    let towns = std::fs::read_dir(county.path("out").join(month).join("towns")).unwrap();
    let pages = towns.map(|town| Page::read(&town.unwrap().path().join("核查清单.xlsx"), "核查清单", "序号"));
    let rows = pages.flat_map(|page| {
        let key = page.column("预警编号");
        let keys: Vec<String> = page.rows.iter().map(|row| text(&row[key])).collect();
        keys.into_iter().enumerate().map(move |(row, key)| (key, (page.clone(), row))).collect::<Vec<_>>()
    });
    rows.filter(|(key, _)| CaseNumber::parse(key).is_ok()).collect()
}

fn tag((page, row): &(Page, usize)) -> String {
    text(&page.rows[*row][page.column("校验码")])
}

/// A list on which that case alone is answered.
fn fill((page, row): &(Page, usize), code: &str, path: &Path) {
    let mut page = page.clone();
    let key = text(&page.rows[*row][page.column("预警编号")]);
    page.fill("预警编号", |case| match case == key {
        true => vec![("核查结果", word(code)), ("情况说明", word("已就业")), ("核查日期", SheetCell::Day(45_000.0))],
        false => Vec::new(),
    });
    save_xlsx(path, &[page]);
}

#[test]
fn an_old_list_answers_what_it_warned_of_and_not_what_a_late_extract_added() {
    let county = County::invent(5_000, &["--months", "2022-12..2023-01", "--seed", "16"]);
    let (late, kept) = (county.extract("2023-01", "持证残疾人名册"), county.path("名册"));
    std::fs::rename(&late, &kept).unwrap();
    county.run("2023-01").expect(0);
    let old = lists(&county, "2023-01");
    std::fs::rename(&kept, &late).unwrap();
    county.run("2023-01").expect(0);
    let new = lists(&county, "2023-01");
    // A row that warns of the same has the tag that it had.
    let is_same = |key: &&String| old.get(*key).is_some_and(|row| tag(row) == tag(&new[*key]));
    assert!(new.keys().filter(is_same).count() > 20);
    let key = old.keys().find(|key| new.get(*key).is_some_and(|row| tag(row) != tag(&old[*key]))).unwrap();

    let path = county.path("收回.xlsx");
    let receive = |row: &(Page, usize), code: &str| {
        fill(row, code, &path);
        say(county.command(&["receive", "2023-01"]).arg(&path)).expect(0).stdout
    };
    let case = || -> Case {
        let number = CaseNumber::parse(key).unwrap();
        let (_, history) = Ledger::open(&county.path("state/ledger.db")).unwrap().history(&number).unwrap().unwrap();
        history.cases.into_iter().find(|case| case.number == number).unwrap()
    };
    let said = receive(&old[key], "22");
    assert!(said.contains("采用1行") && said.contains("重新下发的清单上，这一户还有别的预警，仍算未核查"), "{said}");
    assert_eq!((case().state, case().answers), (CaseState::Open, 1));
    // The same answer to the new list says more.
    let said = receive(&new[key], "22");
    assert!(said.contains("采用1行") && !said.contains("仍算未核查"), "{said}");
    assert_eq!((case().state, case().answers), (CaseState::Closed, 2));
    // Nor does the old list take back what was said to the new one.
    let said = receive(&old[key], "11");
    assert!(said.contains("已按重新下发的清单答复过") && said.contains("没有可采用的行"), "{said}");
    assert_eq!((case().state, case().answers), (CaseState::Closed, 2));
}
