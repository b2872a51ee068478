//! `bidui sample`: what is drawn from the answers of a published month, and what the list of it shows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/published.rs"]
mod published;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use calamine::{Data, Reader, Xlsx, open_workbook};
use polars::prelude::DataFrame;
use published::{frame, publish};
use support::{County, Said, say};

const TOWNS: [(&str, &str); 3] = [("450206100", "拉堡镇"), ("450206102", "百朋镇"), ("450206103", "成团镇")];
const LEVELS: [&str; 4] = ["red", "orange", "yellow", "blue"];
const MONTH: &str = "2023-03";

/// A county whose registry is sealed, and whose month is published with `answers` answers of its own households: half of them "data error".
fn county(answers: usize) -> County {
    let county = County::invent(1_200, &["--clean"]);
    county.run(MONTH);
    publish(&county.path("out"), MONTH, &relations(&county, answers), &[]);
    // The ledger has none of these answers; without it the published month speaks.
    std::fs::remove_file(county.path("state/ledger.db")).unwrap();
    county
}

fn relations(county: &County, answers: usize) -> Vec<(&'static str, DataFrame)> {
    let households: BTreeSet<String> =
        county.truth("persons").into_iter().map(|record| record["household_id"].clone()).collect();
    assert!(households.len() >= answers);
    let (mut of_answers, mut of_cases) = (Vec::new(), Vec::new());
    for (at, household) in households.iter().take(answers).enumerate() {
        let case = format!("2302-{at:05}X");
        let (town_code, town) = TOWNS[if at < 2 { 2 } else { at % 2 }];
        let level = LEVELS[at / 2 % 4];
        let (code, label, effect) = if at % 8 < 4 {
            ("11", "属实，拟纳入监测", "include")
        } else {
            ("21", "不属实：数据错误", "data_error")
        };
        of_answers.push(row! { "case_id": case, "household_id": household, "list": "verification", "list_month": "2023-02", "code": code,
            "label": label, "effect": effect, "standing": "是", "town_code": town_code, "town": town, "level": level, "method": "入户",
            "answered_on": "2023-03-15" });
        of_cases.push(row! { "case_id": case, "household_id": household, "village": "百朋村", "hamlet": "怀洪屯", "risks": "因病、因残" });
    }
    vec![("answers", frame("answers", &of_answers)), ("cases", frame("cases", &of_cases))]
}

fn sample(county: &County, rate: &str, seed: &str) -> Said {
    say(&mut county.command(&["sample", MONTH, "--rate", rate, "--seed", seed]))
}

fn list(county: &County) -> std::path::PathBuf {
    county.path("out").join(MONTH).join("sample/抽查样本.xlsx")
}

/// The rows under the headings, by heading.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut book: Xlsx<_> = open_workbook(path).unwrap();
    let range = book.worksheet_range("抽查样本").unwrap();
    let words = |row: &[Data]| row.iter().map(ToString::to_string).collect::<Vec<_>>();
    let all: Vec<Vec<String>> = range.rows().map(words).collect();
    let at = all.iter().position(|row| row.contains(&"预警编号".to_owned())).unwrap();
    let is_case = |row: &&Vec<String>| row.iter().any(|cell| cell.starts_with("2302-"));
    all[at + 1..].iter().filter(is_case).map(|row| all[at].iter().cloned().zip(row.iter().cloned()).collect()).collect()
}

#[test]
fn the_same_seed_is_the_same_file_and_another_is_another() {
    let county = county(240);
    let said = sample(&county, "10%", "7").expect(0).naming(&["可抽查的答复240户", "比例10%，种子7"]);
    assert!(said.stdout.contains("成团镇　2户中抽"), "{}", said.stdout);
    let first = fs::read(list(&county)).unwrap();
    sample(&county, "0.1", "7").expect(0);
    assert!(fs::read(list(&county)).unwrap() == first);
    sample(&county, "0.1", "8").expect(0);
    assert!(fs::read(list(&county)).unwrap() != first);
}

#[test]
fn no_risk_on_red_and_orange_is_drawn_three_times_as_often_and_every_town_once_at_least() {
    let county = county(240);
    sample(&county, "0.1", "7").expect(0);
    let drawn = rows(&list(&county));
    let why = |word: &str| drawn.iter().filter(|row| row["为什么抽中"].contains(word)).count();
    let doubtful = drawn
        .iter()
        .filter(|row| ["红", "橙"].contains(&row["预警等级"].as_str()) && row["镇核查结果"].starts_with("21"));
    assert_eq!(why("按30%抽取"), doubtful.count());
    let towns: BTreeSet<&str> = drawn.iter().map(|row| row["乡镇"].as_str()).collect();
    assert_eq!(towns, TOWNS.iter().map(|(_, town)| *town).collect());
    // Systematic: what is drawn of all is the sum of the chances, to within one, and what a town lacked.
    let expected = relations(&county, 240)
        .iter()
        .find(|(name, _)| *name == "answers")
        .map(|(_, answers)| {
            let (levels, codes) = (answers.column("level").unwrap().clone(), answers.column("code").unwrap().clone());
            let doubtful = levels.str().unwrap().iter().zip(codes.str().unwrap().iter());
            doubtful
                .map(
                    |(level, code)| {
                        if matches!(level, Some("red" | "orange")) && code == Some("21") { 0.3 } else { 0.1 }
                    },
                )
                .sum::<f64>()
        })
        .unwrap();
    let by_chance = drawn.len() - why("至少抽1户");
    assert!((by_chance as f64 - expected).abs() <= 1.0, "{by_chance} {expected}");
}

#[test]
fn the_list_shows_the_household_and_comes_back_by_its_tag() {
    let county = county(40);
    sample(&county, "1", "1").expect(0).naming(&["抽中40户"]);
    let drawn = rows(&list(&county));
    assert_eq!(drawn.len(), 40);
    let truth: BTreeMap<String, BTreeSet<String>> =
        county.truth("persons").into_iter().fold(BTreeMap::new(), |mut names, record| {
            names.entry(record["household_id"].clone()).or_insert_with(BTreeSet::new).insert(record["name"].clone());
            names
        });
    let mut tags = BTreeSet::new();
    for row in &drawn {
        assert!(truth[&row["户编号"]].contains(&row["户主姓名"]), "{}", row["户编号"]);
        assert!(row["户主证件号"].contains('*'));
        assert_eq!((row["行政村"].as_str(), row["镇核查方式"].as_str()), ("百朋村", "入户"));
        assert!(row["复核结果"].is_empty() && row["复核后结果"].is_empty());
        tags.insert(row["校验码"].clone());
    }
    assert_eq!(tags.len(), 40);
    let ids: Vec<String> = county.truth("persons").into_iter().map(|record| record["id_number"].clone()).collect();
    let mut archive = zip::ZipArchive::new(fs::File::open(list(&county)).unwrap()).unwrap();
    for at in 0..archive.len() {
        let mut text = String::new();
        archive.by_index(at).unwrap().read_to_string(&mut text).unwrap();
        assert!(!ids.iter().any(|id| text.contains(id)), "a whole ID number stands in the list");
    }
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&list(&county)), mode(list(&county).parent().unwrap())), (0o600, 0o700));
}

#[test]
fn what_was_looked_at_again_or_never_verified_is_not_drawn() {
    let county = county(8);
    let out = county.path("out");
    let mut relations = relations(&county, 8);
    let households: Vec<String> =
        relations[0].1.column("household_id").unwrap().str().unwrap().iter().flatten().map(str::to_owned).collect();
    let answer = |at: usize, list: &str, month: &str, effect: &str, standing: &str| {
        row! { "case_id": format!("2302-{at:05}X"), "household_id": households[at], "list": list, "list_month": month, "code": "21",
        "label": "不属实：数据错误", "effect": effect, "standing": standing, "town_code": TOWNS[0].0, "town": TOWNS[0].1, "level": "red" }
    };
    let rows_of = vec![
        answer(0, "verification", "2023-02", "data_error", "是"),
        // Not verified, superseded, too old, already looked at.
        answer(1, "verification", "2023-02", "pending", "是"),
        answer(2, "verification", "2023-02", "data_error", "否"),
        answer(3, "verification", "2022-12", "data_error", "是"),
        answer(4, "verification", "2023-01", "data_error", "是"),
        answer(4, "sample", "2023-02", "data_error", "是"),
        // Looked at, and then answered anew.
        answer(5, "sample", "2023-01", "data_error", "是"),
        answer(5, "verification", "2023-02", "changed", "是"),
    ];
    relations[0].1 = frame("answers", &rows_of);
    publish(&out, MONTH, &relations, &[]);
    sample(&county, "100%", "1").expect(0);
    let drawn: BTreeSet<String> = rows(&list(&county)).into_iter().map(|row| row["预警编号"].clone()).collect();
    assert_eq!(drawn, ["2302-00000X", "2302-00005X"].map(str::to_owned).into());
}

#[test]
fn without_answers_there_is_no_sample() {
    let county = county(8);
    let out = county.path("out");
    for wrong in ["0", "1.5", "十"] {
        sample(&county, wrong, "1").expect(2).naming(&["抽查比例"]);
    }
    publish(&out, MONTH, &[], &[]);
    sample(&county, "0.1", "1").expect(1).naming(&["没有可抽查的答复"]);
    publish(&out, MONTH, &[], &["standing", "answers"]);
    sample(&county, "0.1", "1").expect(2).naming(&["尚无台账"]);
    assert!(!out.join(MONTH).join("sample").exists());
    say(&mut county.command(&["sample", "2022-11", "--rate", "0.1", "--seed", "1"])).expect(2).naming(&["还没有发布"]);
}
