//! Answers that the registry contradicts do not close their case on the first word, and the district sees them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/mutate.rs"]
mod mutate;
mod support;

use std::path::{Path, PathBuf};

use bidui_synth::SheetCell;
use mutate::{Page, save_xlsx, text, word};
use support::{County, say};

const KEY: &str = "预警编号";

fn receive(county: &County, month: &str, path: &Path) -> String {
    say(county.command(&["receive", month]).arg(path)).expect(0).stdout
}

fn stands(county: &County, key: &str) -> String {
    say(&mut county.command(&["case", key])).expect(0).stdout
}

/// The towns' lists of a month, by one of their sheets.
fn sheets(county: &County, month: &str, sheet: &str) -> Vec<Page> {
    let towns = std::fs::read_dir(county.path(&format!("out/{month}/towns"))).unwrap();
    let lists = towns.map(|town| town.unwrap().path().join("核查清单.xlsx")).filter(|path: &PathBuf| path.is_file());
    lists.map(|path| Page::read(&path, sheet, "序号")).collect()
}

fn column(page: &Page, row: usize, title: &str) -> String {
    text(&page.rows[row][page.column(title)])
}

fn answer(page: &mut Page, keys: &[(&str, &'static str)], day: f64) {
    page.fill(KEY, |key| match keys.iter().find(|(of, _)| *of == key) {
        Some((_, code)) => vec![("核查结果", word(code)), ("核查日期", SheetCell::Day(day))],
        None => Vec::new(),
    });
}

#[test]
fn who_is_not_monitored_stays_to_be_included_and_who_is_alive_is_asked_again() {
    let county = County::invent(1_000, &["--months", "2022-12..2023-02", "--seed", "31"]);
    county.run("2023-01").expect(0);
    let mut page = sheets(&county, "2023-01", "核查清单").into_iter().max_by_key(|page| page.rows.len()).unwrap();
    let is_plain = |row: &usize| column(&page, *row, "监测类别").is_empty() && column(&page, *row, KEY).contains('-');
    let is_family = |row: &usize| matches!(page.rows[*row][page.column("人口")], SheetCell::Number(size) if size > 1.0);
    let plain: Vec<usize> = (0..page.rows.len()).filter(is_plain).filter(is_family).collect();
    let (called, buried) = (column(&page, plain[0], KEY), column(&page, plain[1], KEY));
    answer(&mut page, &[(&called, "12"), (&buried, "32")], 44_972.0);
    let path = county.path("核查.xlsx");
    save_xlsx(&path, &[page]);
    let said = receive(&county, "2023-01", &path);
    assert!(said.contains("不是监测对象；不能照办，没有办结，这一户现为“识别中”"), "{said}");
    assert!(said.contains("不能照办，仍算未核查") && said.contains("下一期清单上再填一次就照办"), "{said}");
    let (one, other) = (stands(&county, &called), stands(&county, &buried));
    assert!(one.contains("识别中") && other.contains("待核查"), "{one}\n{other}");
    // The same file is the same word.
    receive(&county, "2023-01", &path);
    assert!(stands(&county, &buried).contains("待核查"));

    county.run("2023-02").expect(0);
    let list = county.path("out/2023-02/district/台账与底册不一致清单.xlsx");
    let list = Page::read(&list, "台账与底册不一致", "序号");
    let told = |key: &str| {
        let of_case = (0..list.rows.len()).filter(|row| column(&list, *row, KEY) == key);
        of_case.map(|row| column(&list, row, "哪里不一致")).collect::<Vec<_>>()
    };
    assert_eq!(told(&called), ["核查填已是监测对象，底册不是监测对象"]);
    assert!(told(&buried)[0].starts_with("核查填整户死亡或自然减少，底册还有"), "{:?}", told(&buried));
    // The next list says so again: it is believed, and the registry is to be put right.
    let mut pages = sheets(&county, "2023-02", "核查清单").into_iter().chain(sheets(&county, "2023-02", "以前未办结"));
    let has = |page: &Page| (0..page.rows.len()).any(|row| column(page, row, KEY) == buried);
    let mut page = pages.find(has).unwrap();
    let row = (0..page.rows.len()).find(|row| column(&page, *row, KEY) == buried).unwrap();
    assert!(column(&page, row, "上次核查结果").contains("与底册不符，未照办"));
    answer(&mut page, &[(&buried, "32")], 45_000.0);
    save_xlsx(&path, &[page]);
    let said = receive(&county, "2023-02", &path);
    assert!(said.contains("已是第二次这样填，已照填的记入"), "{said}");
    assert!(stands(&county, &buried).contains("已办结"));
}

#[test]
fn who_was_monitored_until_the_risk_was_gone_is_no_monitored_household() {
    let county = County::invent(3_000, &["--clean", "--months", "2022-12..2023-02", "--seed", "72"]);
    county.run("2023-01").expect(0);
    let is_gone = |page: &Page, row: usize| column(page, row, "风险是否消除") == "已消除";
    let pages = sheets(&county, "2023-01", "核查清单").into_iter();
    let mut found = pages.filter_map(|page| Some(((0..page.rows.len()).find(|row| is_gone(&page, *row))?, page)));
    let (row, mut page) = found.next().unwrap();
    let key = column(&page, row, KEY);
    let path = county.path("核查.xlsx");
    // To be included: nobody tells the town to call it monitored.
    answer(&mut page, &[(&key, "11")], 44_972.0);
    save_xlsx(&path, std::slice::from_ref(&page));
    let said = receive(&county, "2023-01", &path);
    assert!(!said.contains("已是监测对象"), "{said}");
    answer(&mut page, &[(&key, "12")], 44_973.0);
    save_xlsx(&path, &[page]);
    let said = receive(&county, "2023-01", &path);
    assert!(said.contains("风险已消除；不能照办，没有办结，这一户现为“识别中”") && said.contains("风险回退"), "{said}");
    assert!(stands(&county, &key).contains("识别中"));

    county.run("2023-02").expect(0);
    let list = county.path("out/2023-02/district/台账与底册不一致清单.xlsx");
    let list = Page::read(&list, "台账与底册不一致", "序号");
    let of_case: Vec<usize> = (0..list.rows.len()).filter(|row| column(&list, *row, KEY) == key).collect();
    assert_eq!(column(&list, of_case[0], "哪里不一致"), "核查填已是监测对象，底册风险已消除");
}
