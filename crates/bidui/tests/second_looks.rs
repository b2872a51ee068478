//! A spot check from end to end: towns answer, a sample is drawn and filled in, it comes back, and the next report says how many answers did not hold.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/mutate.rs"]
mod mutate;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use bidui_synth::SheetCell;
use calamine::{Data, Reader, Xlsx, open_workbook};
use mutate::{Page, save_xlsx, text, word};
use support::{County, Said, say};

const KEY: &str = "预警编号";

/// The towns' lists of a month, all filled in alike: "data error" for two of three households, "to be included" for the third.
fn answered(county: &County, month: &str) -> PathBuf {
    let folder = county.path("returned");
    fs::create_dir_all(&folder).unwrap();
    for entry in fs::read_dir(county.path("out").join(month).join("towns")).unwrap() {
        let town = entry.unwrap();
        let mut page = Page::read(&town.path().join("核查清单.xlsx"), "核查清单", "序号");
        let mut at = 0;
        page.fill(KEY, |key| {
            at += 1;
            match (key.contains('-'), at % 3) {
                (false, _) => Vec::new(),
                (true, 0) => vec![("核查结果", word("11 属实，拟纳入监测")), ("核查日期", SheetCell::Day(44_972.0))],
                (true, _) => vec![("核查结果", word("21 不属实：数据错误")), ("核查日期", SheetCell::Day(44_972.0))],
            }
        });
        save_xlsx(&folder.join(format!("{}.xlsx", town.file_name().to_str().unwrap())), &[page]);
    }
    folder
}

fn receive(county: &County, month: &str, path: &std::path::Path) -> Said {
    say(county.command(&["receive", month]).arg(path)).expect(0)
}

#[test]
fn a_month_that_is_run_again_keeps_the_sample_that_was_sent_and_a_report_that_still_holds() {
    let county = County::invent(1_000, &["--months", "2022-12..2023-02", "--seed", "31"]);
    county.run("2023-01").expect(0);
    let folder = answered(&county, "2023-01");
    receive(&county, "2023-01", &folder);
    county.run("2023-02").expect(0);
    say(&mut county.command(&["sample", "2023-02", "--rate", "100%", "--seed", "7"])).expect(0);
    say(&mut county.command(&["report", "2023-02"])).expect(0);
    let (list, report) = (county.path("out/2023-02/sample/抽查样本.xlsx"), county.path("out/2023-02/report/月报.xlsx"));
    let bytes = || (fs::read(&list).unwrap(), fs::read(&report).unwrap());
    let before = bytes();
    let said = county.run("2023-02").expect(0);
    assert!(bytes() == before && !said.stdout.contains("抽查样本是"), "{}", said.stdout);

    // A town corrects an answer, so that February finds something else.
    let town =
        fs::read_dir(county.path("out/2023-01/towns")).unwrap().map(|town| town.unwrap().path().join("核查清单.xlsx"));
    let mut page = town.map(|list| Page::read(&list, "核查清单", "序号")).max_by_key(|page| page.rows.len()).unwrap();
    page.fill(KEY, |key| match key.contains('-') {
        true => vec![("核查结果", word("00 未核实")), ("核查日期", SheetCell::Day(44_974.0))],
        false => Vec::new(),
    });
    let corrected = county.path("更正.xlsx");
    save_xlsx(&corrected, &[page]);
    receive(&county, "2023-01", &corrected);
    let said = county.run("2023-02").expect(0);
    assert!(said.stdout.contains("抽查样本是这次运行以前抽的，原样保留"), "{}", said.stdout);
    assert!(said.stdout.contains("请重新执行 bidui report 2023-02"), "{}", said.stdout);
    assert!(fs::read(&list).unwrap() == before.0 && !report.exists());

    // What was sent comes back.
    let mut page = Page::read(&list, "抽查样本", "序号");
    let drawn = page.rows.len();
    page.fill(KEY, |_| vec![("复核结果", word("与镇核查一致")), ("复核日期", SheetCell::Day(45_002.0))]);
    let filled = county.path("抽查复核.xlsx");
    save_xlsx(&filled, &[page]);
    let said = receive(&county, "2023-02", &filled);
    assert!(said.stdout.contains(&format!("采用{drawn}行")), "{}", said.stdout);
}

#[test]
fn what_a_second_look_finds_is_the_rate_of_error_of_the_next_report() {
    let county = County::invent(2_000, &["--months", "2022-12..2023-03", "--seed", "31"]);
    county.run("2023-01").expect(0);
    receive(&county, "2023-01", &answered(&county, "2023-01"));
    county.run("2023-02").expect(0);

    let sample = || say(&mut county.command(&["sample", "2023-02", "--rate", "100%", "--seed", "7"])).expect(0);
    sample();
    let list = county.path("out/2023-02/sample/抽查样本.xlsx");
    let before = fs::read(&list).unwrap();
    let mut page = Page::read(&list, "抽查样本", "序号");
    let drawn = page.rows.len();
    assert!(drawn >= 8, "{drawn}");
    let first: BTreeMap<String, String> =
        page.rows.iter().map(|row| (text(&row[page.column(KEY)]), text(&row[page.column("镇核查结果")]))).collect();
    let mut differing = 0;
    page.fill(KEY, |key| {
        let is_error = first[key].starts_with("21") && differing < 3;
        differing += usize::from(is_error);
        let differs = |code: &str, need: &str| {
            let (second, need) = (("复核后结果", word(code)), ("帮扶需求1", word(need)));
            vec![("复核结果", word("不一致")), second, need, ("复核日期", SheetCell::Day(45_002.0))]
        };
        match is_error {
            // The first of them is a department's.
            true if differing == 1 => differs("15", "N07"),
            true => differs("12", ""),
            false => vec![("复核结果", word("与镇核查一致")), ("复核日期", SheetCell::Day(45_002.0))],
        }
    });
    assert_eq!(differing, 3);
    let filled = county.path("抽查复核.xlsx");
    save_xlsx(&filled, &[page]);
    let said = receive(&county, "2023-02", &filled);
    assert!(said.stdout.contains(&format!("采用{drawn}行")), "{}", said.stdout);
    sample();
    assert!(fs::read(&list).unwrap() == before, "drawn again, it is the same sample");

    county.run("2023-03").expect(0);
    let seconds: Vec<_> =
        county.relation("2023-03", "answers").into_iter().filter(|row| row["list"] == "sample").collect();
    assert_eq!(seconds.len(), drawn);
    let of = |code: &'static str| seconds.iter().filter(move |row| row["code"] == code);
    assert_eq!((of("12").count(), of("15").count()), (2, 1));
    let differs = |row: &BTreeMap<String, String>| ["12", "15"].contains(&row["code"].as_str());
    assert!(seconds.iter().all(|row| differs(row) || first[&row["case_id"]].starts_with(&row["code"])));
    let of_department = &of("15").next().unwrap()["case_id"];
    let needs = county.relation("2023-03", "needs");
    assert!(needs.iter().any(|need| need["case_id"] == *of_department && need["need"] == "N07"), "{needs:?}");

    say(&mut county.command(&["report", "2023-03"])).expect(0);
    let mut book: Xlsx<_> = open_workbook(county.path("out/2023-03/report/月报.xlsx")).unwrap();
    let range = book.worksheet_range("抽查差错率").unwrap();
    let county_row = range.rows().rfind(|row| row[0] == Data::String("全区（含未归属）".to_owned())).unwrap();
    assert_eq!(county_row[1..4], [Data::Float(drawn as f64), Data::Float(3.0), Data::Float(3.0)]);
    // Nobody is looked at a third time.
    say(&mut county.command(&["sample", "2023-03", "--rate", "100%", "--seed", "7"])).expect(1).naming(&["都已复核过"]);
}

#[test]
fn a_second_look_that_differs_and_does_not_say_how_is_listed_back_and_counts() {
    let county = County::invent(1_000, &["--months", "2022-12..2023-03", "--seed", "31"]);
    county.run("2023-01").expect(0);
    receive(&county, "2023-01", &answered(&county, "2023-01"));
    county.run("2023-02").expect(0);
    say(&mut county.command(&["sample", "2023-02", "--rate", "100%", "--seed", "7"])).expect(0);
    let mut page = Page::read(&county.path("out/2023-02/sample/抽查样本.xlsx"), "抽查样本", "序号");
    let keys: Vec<String> = page.rows.iter().map(|row| text(&row[page.column(KEY)])).collect();
    let keys: Vec<String> = keys.into_iter().filter(|key| key.contains('-')).collect();
    let first = |key: &String| {
        let row = page.rows.iter().find(|row| text(&row[page.column(KEY)]) == *key).unwrap();
        text(&row[page.column("镇核查结果")])
    };
    let unsaid = keys.iter().find(|key| first(key).starts_with("21")).unwrap().clone();
    let mut others = keys.iter().filter(|key| **key != unsaid);
    let [words_alone, only_result, agrees] = std::array::from_fn(|_| others.next().unwrap().clone());
    let other = if first(&agrees).starts_with("22") { "23" } else { "22" };
    let fill = |page: &mut Page, result: &'static str| {
        page.fill(KEY, |key| match key {
            key if key == unsaid => {
                let told = ("情况说明", word("孩子确实失学"));
                vec![("复核结果", word("不一致")), ("复核后结果", word(result)), told]
            }
            key if key == words_alone => vec![("情况说明", word("没有人在家")), ("复核人", word("甲"))],
            key if key == only_result => vec![("复核后结果", word("12"))],
            key if key == agrees => vec![("复核结果", word("与镇核查一致")), ("复核后结果", word(other))],
            _ => Vec::new(),
        });
    };
    fill(&mut page, "");
    let filled = county.path("抽查复核.xlsx");
    save_xlsx(&filled, std::slice::from_ref(&page));
    let said = receive(&county, "2023-02", &filled).stdout;
    assert!(said.contains("采用2行（新答复2") && said.contains("缺主要一栏2行"), "{said}");
    let line = |key: &str| {
        let at = page.rows.iter().position(|row| text(&row[page.column(KEY)]) == key).unwrap();
        let row = format!("第{}行", page.number(at));
        let lines: Vec<&str> = said.lines().filter(|line| line.contains(&row)).collect();
        assert!(!lines.iter().any(|line| line.contains("记入，")), "{key} {row}: {said}");
        (*lines.last().unwrap_or(&"")).to_owned()
    };
    let asks = |key: &str, words: &str| {
        let line = line(key);
        assert!(line.contains("请补充") && line.contains(words), "{line}");
    };
    asks(&unsaid, "“复核结果”填了不一致，而“复核后结果”没有填");
    for key in [&words_alone, &only_result] {
        asks(key, "这一行没有记入：填了别的列而没有填“复核结果”");
    }
    assert!(line(&agrees).contains("“复核后结果”不起作用"), "{said}");
    let receipt = fs::read_to_string(county.path("out/returned/2023-02回执1.csv")).unwrap();
    assert_eq!(receipt.matches("这一行没有记入").count(), 2, "{receipt}");
    let case = say(&mut county.command(&["case", &unsaid])).expect(0).stdout;
    assert!(case.contains("不一致，没有填复核后结果"), "{case}");

    // It did not hold, whatever was found.
    county.run("2023-03").expect(0);
    let looks: Vec<_> =
        county.relation("2023-03", "answers").into_iter().filter(|row| row["list"] == "sample").collect();
    let look = looks.iter().find(|row| row["case_id"] == unsaid).unwrap();
    assert_eq!((look["code"].as_str(), look["differs"].as_str()), ("不一致", "是"));
    say(&mut county.command(&["report", "2023-03"])).expect(0);
    let mut book: Xlsx<_> = open_workbook(county.path("out/2023-03/report/月报.xlsx")).unwrap();
    let range = book.worksheet_range("抽查差错率").unwrap();
    let county_row = range.rows().rfind(|row| row[0] == Data::String("全区（含未归属）".to_owned())).unwrap();
    assert_eq!(county_row[1..5], [2.0, 1.0, 0.0, 1.0].map(Data::Float), "{range:?}");

    // Once it says what was found, that takes the place of the town's.
    fill(&mut page, "12");
    save_xlsx(&filled, &[page]);
    let said = receive(&county, "2023-02", &filled).stdout;
    assert!(said.contains("更正1"), "{said}");
    county.run("2023-03").expect(0);
    let looks = county.relation("2023-03", "answers");
    let look = looks.iter().find(|row| row["list"] == "sample" && row["case_id"] == unsaid).unwrap();
    assert_eq!((look["code"].as_str(), look["standing"].as_str()), ("12", "是"));
}
