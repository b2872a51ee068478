//! Extracts that came twice in part, with last month's sheet, or without a column that they had: they are held, and no warning comes of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use rust_xlsxwriter::Workbook;
use support::County;

const MONTH: &str = "2023-03";

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

/// A workbook of sheets, each with the lines of a CSV file.
fn save(path: &Path, sheets: &[(&str, &[String])]) {
    let mut book = Workbook::new();
    for (name, lines) in sheets {
        let sheet = book.add_worksheet().set_name(*name).unwrap();
        for (row, line) in (0..).zip(*lines) {
            for (column, cell) in (0..).zip(line.split(',')) {
                sheet.write_string(row, column, cell).unwrap();
            }
        }
    }
    book.save(path).unwrap();
}

/// What fires for whom, by rules that read an extract.
fn signals(county: &County, rules: &[&str]) -> BTreeSet<(String, String)> {
    let signals = county.relation(MONTH, "signals").into_iter();
    let of = signals.filter(|signal| rules.contains(&signal["rule_id"].as_str()));
    of.map(|mut signal| (signal.remove("rule_id").unwrap(), signal.remove("household_id").unwrap())).collect()
}

#[test]
fn what_came_twice_in_part_or_lacks_a_column_is_held() {
    let county = County::invent(2_000, &["--clean", "--seed", "9"]);
    county.run("2023-02").expect(0);
    let rules = [
        "dibao-stopped",
        "dibao-whole-new",
        "dibao-partial-new",
        "disability-new",
        "disability-multiple",
        "disability-income",
        "income-plunge",
        "income-below-line",
    ];
    let whole = county.copy();
    whole.run(MONTH).expect(0);
    assert!(!signals(&whole, &rules).is_empty());
    // Corrected, and sent beside the first.
    let first = county.extract(MONTH, "低保在册");
    let mut corrected = lines(&first);
    assert!(corrected.len() > 4);
    corrected.pop();
    std::fs::write(first.with_file_name("2023年3月低保在册名单（更正）.csv"), corrected.join("\n") + "\n").unwrap();
    // A sheet for each half, and one for all.
    let cards = county.extract(MONTH, "持证残疾人");
    let all = lines(&cards);
    let halves = all.split_at(all.len() / 2 + 1);
    let second: Vec<String> = all[..1].iter().chain(halves.1).cloned().collect();
    save(&cards.with_extension("xlsx"), &[("汇总", &all), ("一", halves.0), ("二", &second)]);
    std::fs::remove_file(&cards).unwrap();
    // A column under another name.
    let incomes = county.extract(MONTH, "收入测算");
    let text = std::fs::read_to_string(&incomes).unwrap();
    let renamed = text.replacen("2021年人均纯收入", "2021年人均纯收入（千元）", 1);
    assert_ne!(text, renamed);
    std::fs::write(&incomes, renamed).unwrap();

    let said = county.run(MONTH).expect(0).stdout;
    for words in [
        "《民政_低保在册》暂缓使用",
        "（更正）.csv”等的逐行相同，像是更正稿与原稿、汇总表与分表都报了，会重复计算",
        "《残联_持证残疾人》暂缓使用",
        "的工作表“汇总”的",
        "《农业_收入测算》暂缓使用",
        "2023年2月有的“2021年人均纯收入”列本月没有",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(signals(&county, &rules), BTreeSet::new());
}

#[test]
fn a_registry_with_last_months_sheet_in_it_publishes_nothing() {
    let county = County::invent(600, &["--clean", "--seed", "9"]);
    let (before, now) = (county.extract("2023-02", "人口底册"), county.extract(MONTH, "人口底册"));
    save(&now.with_extension("xlsx"), &[("2023年2月", &lines(&before)), ("2023年3月", &lines(&now))]);
    std::fs::remove_file(&now).unwrap();
    county.run(MONTH).expect(1).naming(&["的工作表“2023年2月”写的是别的月份", "请只保留2023年3月的工作表"]);
    assert!(!county.path("out").join(MONTH).exists());
}
