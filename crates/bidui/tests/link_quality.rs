//! `bidui link-quality` over an invented county, and what it says when something is not there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{County, Record, Said, say};

const MONTH: &str = "2023-03";
const REGISTRY: &str = "乡村振兴_农村人口底册";

fn judge(county: &County, month: &str, truth: &Path, options: &[&str]) -> Said {
    let mut command = support::program();
    command.args(["link-quality", month, "--truth"]).arg(truth).arg("--out").arg(county.path("out"));
    say(command.arg("--config").arg(&county.config).args(options))
}

fn figures(county: &County, truth: &Path) -> Value {
    serde_json::from_str(&judge(county, MONTH, truth, &["--json", "--quiet"]).expect(0).stdout).unwrap()
}

/// Rows of the month about persons, as the truth has them.
fn rows_of_persons(county: &County) -> Vec<Record> {
    let rows = county.truth("rows").into_iter();
    rows.filter(|row| row["month"] == MONTH && row["feed"] != REGISTRY && row["link_expected"] != "place").collect()
}

fn number(figures: &Value, name: &str) -> u64 {
    figures["overall"][name].as_u64().unwrap()
}

#[test]
fn links_are_measured_as_the_truth_foresees_them() {
    let county = County::invent(2_000, &["--messy", "--seed", "3", "--borrowed", "0.02"]);
    county.run(MONTH).expect(0);
    let truth = county.path("truth/rows.csv");
    let rows = rows_of_persons(&county);
    let found = figures(&county, &truth);
    let counted = ["rows", "set_aside", "unused"].map(|name| number(&found, name));
    assert_eq!(counted.iter().sum::<u64>(), rows.len() as u64, "{}", found["overall"]);
    assert!(counted[1] > 0);
    let of = |class: &str, what: &str| found["classes"][class][what].as_u64().unwrap_or(0);
    assert_eq!((of("certain", "wrong"), number(&found, "outside_linked")), (0, 0));
    // Whoever stands under another's number is never certain, and seldom taken for that other.
    let under_others = |row: &&Record| !row["links_to"].is_empty() && !row["damage"].contains("list_shifted");
    let borrowed = rows.iter().filter(under_others).count() as u64;
    assert!(borrowed > 50 && number(&found, "review") * 10 > borrowed * 7, "{borrowed}: {}", found["overall"]);
    assert!(of("likely", "wrong") * 10 < borrowed, "{borrowed}: {}", found["classes"]);
    for class in ["repaired", "damaged_by_excel", "composite", "weighted"] {
        assert_eq!((of(class, "wrong"), of(class, "links") > 0), (0, true), "{class}: {}", found["classes"]);
    }
    let whole = &found["damage"][""];
    assert_eq!(whole["rows"], whole["right"]);
    let recall = found["overall"]["recall"].as_f64().unwrap();
    assert!((0.95..0.995).contains(&recall), "{recall}");
    a_truth_without_plain_rows_gives_the_same_figures(&county, &found);
    judge(&county, MONTH, &truth, &[]).expect(0).naming(&[
        "召回率",
        "按关联等级",
        "likely",
        "id_missing",
        "底册外的人被关联 0 行",
    ]);
}

#[test]
fn a_truth_of_a_sample_says_nothing_of_other_rows() {
    let county = County::invent(1_000, &["--messy", "--seed", "3"]);
    county.run(MONTH).expect(0);
    let text = fs::read_to_string(county.path("truth/rows.csv")).unwrap();
    let heading = text.lines().next().unwrap();
    let of_month = text.lines().filter(|line| line.starts_with(MONTH) && !line.contains(REGISTRY));
    let some: Vec<&str> = of_month.step_by(5).collect();
    let path = county.path("sample.csv");
    fs::write(&path, format!("{heading}\n{}\n", some.join("\n"))).unwrap();
    let judged = judge(&county, MONTH, &path, &["--json", "--quiet", "--sample"]).expect(0).stdout;
    let found: Value = serde_json::from_str(&judged).unwrap();
    let (rows, listed) = (number(&found, "rows"), some.len() as u64);
    // Several persons may stand in one row.
    assert!(rows * 2 < listed * 3 && rows * 2 > listed, "{rows} of {listed}");
    assert_eq!(number(&found, "linked_wrong"), 0, "{}", found["overall"]);
    assert!(number(&figures(&county, &path), "linked_wrong") > 0, "without it whoever is not certain is wrong");
    fs::write(&path, text.replace(",id,", ",foo,")).unwrap();
    judge(&county, MONTH, &path, &[]).expect(2).naming(&["link_expected“foo”不认识", "id、name_differs"]);
}

/// As that of a county of more than 200,000 persons.
fn a_truth_without_plain_rows_gives_the_same_figures(county: &County, whole: &Value) {
    let text = fs::read_to_string(county.path("truth/rows.csv")).unwrap();
    let is_plain = |line: &&str| line.ends_with(",,id,");
    let short: Vec<&str> = text.lines().filter(|line| !is_plain(line)).collect();
    assert!(short.len() * 3 < text.lines().count());
    let path = county.path("short.csv");
    fs::write(&path, short.join("\n")).unwrap();
    let found = figures(county, &path);
    // Rows of an extract that was not used are not known to be any.
    let mut differ = BTreeMap::new();
    for (name, value) in whole["overall"].as_object().unwrap() {
        if found["overall"][name] != *value {
            differ.insert(name.as_str(), (value, &found["overall"][name]));
        }
    }
    assert!(differ.keys().all(|name| *name == "unused" || *name == "set_aside"), "{differ:?}");
    assert_eq!(found["damage"], whole["damage"]);
    assert_eq!(found["classes"], whole["classes"]);
}

#[test]
fn what_is_not_there_is_named() {
    let county = County::invent(300, &["--clean", "--seed", "4"]);
    let truth = county.path("truth/rows.csv");
    judge(&county, MONTH, &truth, &[]).expect(2).naming(&["2023年3月还没有发布", "bidui run 2023-03"]);
    county.run(MONTH).expect(0);
    judge(&county, MONTH, &county.path("truth/no.csv"), &[]).expect(2).naming(&["no.csv", "不存在"]);
    let persons = county.path("truth/persons.csv");
    judge(&county, MONTH, &persons, &[]).expect(2).naming(&["缺少这些列：month、feed、file", "link_expected"]);
    let other = county.path("other.csv");
    let text = fs::read_to_string(&truth).unwrap().replace(MONTH, "2021-03");
    fs::write(&other, text).unwrap();
    judge(&county, MONTH, &other, &[]).expect(2).naming(&["里没有2023年3月的行"]);
    fs::remove_file(county.path("out").join(MONTH).join("data/links.parquet")).unwrap();
    judge(&county, MONTH, &truth, &[]).expect(2).naming(&["links.parquet", "没有关系表"]);
}

#[test]
fn a_clean_county_is_linked_without_a_mistake() {
    let county = County::invent(300, &["--clean", "--seed", "4"]);
    county.run(MONTH).expect(0);
    let found = figures(&county, &county.path("truth/rows.csv"));
    let overall = &found["overall"];
    assert_eq!(
        (overall["recall"].as_f64(), overall["precision"].as_f64(), overall["f1"].as_f64()),
        (Some(1.0), Some(1.0), Some(1.0))
    );
    assert_eq!(number(&found, "rows") as usize, rows_of_persons(&county).len());
}
