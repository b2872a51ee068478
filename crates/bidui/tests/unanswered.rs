//! A warning that a town has not answered and that the next month cannot repeat: it stays on the list until somebody has looked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/mutate.rs"]
mod mutate;
mod support;

use bidui_ledger::{CaseNumber, Ledger};
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
