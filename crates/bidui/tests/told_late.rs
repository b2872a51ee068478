//! What towns tell after the report on a month: inclusions of that month, corrected days, and visits that met nobody.
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

fn longest(county: &County, month: &str, list: &str, sheet: &str) -> Page {
    let towns = std::fs::read_dir(county.path(&format!("out/{month}/towns"))).unwrap();
    let lists =
        towns.map(|town| town.unwrap().path().join(format!("{list}.xlsx"))).filter(|path: &PathBuf| path.is_file());
    lists.map(|path| Page::read(&path, sheet, "序号")).max_by_key(|page| page.rows.len()).unwrap()
}

fn cases(page: &Page) -> Vec<String> {
    let at = page.column(KEY);
    page.rows.iter().map(|row| text(&row[at])).filter(|key| key.contains('-')).collect()
}

/// The list of the town that has a case.
fn town_of(county: &County, month: &str, case: &str) -> PathBuf {
    let case = county.relation(month, "cases").into_iter().find(|one| one["case_id"] == case).unwrap();
    county.path(&format!("out/{month}/towns/{}_{}/核查清单.xlsx", case["town_code"], case["town"]))
}

#[test]
fn an_inclusion_that_is_told_late_is_in_the_next_report_and_in_the_quarters() {
    let county = County::invent(2_000, &["--clean", "--months", "2022-12..2023-03", "--seed", "31"]);
    county.run("2023-01").expect(0);
    let mut page = longest(&county, "2023-01", "核查清单", "核查清单");
    let keys = cases(&page);
    assert!(keys.len() >= 6, "{keys:?}");
    let dated = || ("核查日期", SheetCell::Day(44_972.0));
    page.fill(KEY, |key| match key {
        key if key == keys[0] || key == keys[4] => {
            vec![("核查结果", word("33")), ("情况说明", word("电话联系")), dated()]
        }
        // Nobody was met: no need was seen.
        key if key == keys[1] => vec![("核查结果", word("00")), ("情况说明", word("外出")), ("帮扶需求1", word("N06"))],
        // A month holds to its end.
        key if key == keys[2] => {
            vec![("核查结果", word("14")), ("情况说明", word("稳定")), ("有效期/复核月份", word("2023年4月")), dated()]
        }
        // What was found does not go with the answer.
        key if key == keys[3] => {
            vec![("核查结果", word("22")), ("情况说明", word("已就业")), ("住房安全有保障", word("否")), dated()]
        }
        _ => vec![("核查结果", word("11")), ("情况说明", word("核查人员已入户")), dated()],
    });
    let path = county.path("收回.xlsx");
    save_xlsx(&path, &[page]);
    let said = receive(&county, "2023-01", &path);
    assert!(said.contains(&format!("采用{}行", keys.len())) && said.contains("“帮扶需求”没有推送部门"), "{said}");
    assert!(said.contains("而同一行填的是住房安全“否”；确有问题的请改选"), "{said}");
    county.run("2023-02").expect(0);
    assert_eq!(county.relation("2023-02", "needs").len(), 0);
    let findings = Page::read(&county.path("out/2023-02/district/走访和核查发现汇总.xlsx"), "核查发现", "序号");
    assert_eq!(cases(&findings), [keys[3].clone()]);
    // Who was not met is to be looked for again within thirty days.
    let clocks = county.relation("2023-02", "clocks");
    let recheck = |case: &String| {
        let clock = clocks.iter().find(|clock| clock["clock"] == "recheck" && clock["case_id"] == *case);
        clock.map(|clock| clock["due"].clone())
    };
    let due = ["2023-03-17", "2023-04-30"].map(|day| Some(day.to_owned()));
    assert_eq!([&keys[0], &keys[2]].map(recheck), due);
    let is_listed = |month: &str| {
        let left = Page::read(&town_of(&county, month, &keys[2]), "以前未办结", "序号");
        cases(&left).contains(&keys[2])
    };
    assert!(!is_listed("2023-02"), "before the list that is worked in April");

    // Who was not met is looked for again, long after the day by which the warning was to be verified.
    let mut page = Page::read(&town_of(&county, "2023-02", &keys[0]), "以前未办结", "序号");
    page.fill(KEY, |key| match key == keys[0] || key == keys[4] {
        true => {
            vec![("核查结果", word("33")), ("情况说明", word("电话联系")), ("核查日期", SheetCell::Day(45_005.0))]
        }
        false => Vec::new(),
    });
    save_xlsx(&path, &[page]);
    assert!(receive(&county, "2023-02", &path).contains("采用2行"));
    // In March the town tells of February.
    let mut page = longest(&county, "2023-02", "帮扶落实跟进表", "帮扶落实跟进");
    let included = cases(&page);
    page.fill(KEY, |_| vec![("纳入日期", SheetCell::Day(44_985.0)), ("备注", word("填报人已核"))]);
    save_xlsx(&path, &[page]);
    let said = receive(&county, "2023-02", &path);
    assert!(said.contains(&format!("采用{}行", included.len())), "{said}");
    county.run("2023-03").expect(0);
    assert!(is_listed("2023-03"), "in time");
    // The first look was in time, and stays so.
    let clocks = county.relation("2023-03", "clocks");
    let of = |key: &String| clocks.iter().find(|clock| clock["clock"] == "verify" && clock["case_id"] == *key).unwrap();
    let verified = [&keys[0], &keys[4]].map(|key| of(key)["done_on"].clone());
    assert!(
        verified.contains(&"2023-02-15".to_owned()) && !verified.contains(&"2023-03-20".to_owned()),
        "{verified:?}"
    );
    let of = |frame: &str, month: &str| {
        let rows = county.relation("2023-03", frame).into_iter();
        let mut all = rows.filter(|row| row["month"] == month && row["town_code"].is_empty());
        all.next().unwrap()["included"].parse::<usize>().unwrap()
    };
    let before: usize = county.relation("2023-02", "stability")[0]["included"].parse().unwrap();
    let (now, march) = (of("stability_before", "2023-02"), of("stability", "2023-03"));
    assert_eq!(now, before + included.len());
    say(&mut county.command(&["report", "2023-03"])).expect(0);
    let words = |name: &str| {
        let document = std::fs::read(county.path(&format!("out/2023-03/report/{name}"))).unwrap();
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(document)).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut archive.by_name("word/document.xml").unwrap(), &mut text).unwrap();
        text
    };
    let monthly = words("月报.docx");
    assert!(monthly.contains(&format!("2023年2月纳入由{before}户改为{now}户")), "{now}");
    let january = of("stability_before", "2023-01");
    let quarter = words("季度分析.docx");
    assert!(quarter.contains(&format!("本季度纳入监测{}户", january + now + march)), "{january} {now} {march}");

    // Told otherwise, the days count from there, and somebody should know.
    let mut page = longest(&county, "2023-03", "帮扶落实跟进表", "帮扶落实跟进");
    page.fill(KEY, |key| if key == included[0] { vec![("纳入日期", SheetCell::Day(45_010.0))] } else { Vec::new() });
    save_xlsx(&path, &[page]);
    assert!(receive(&county, "2023-03", &path).contains("“纳入日期”与台账原来记的（2023-02-28）不同"));
}
