//! The lists of the year's plan, read back and held against the relations and the truth.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::LazyLock;

use calamine::{Data, Reader, Xlsx, open_workbook};
use support::{County, Record, files_under};

const MONTH: &str = "2023-03";

static COUNTY: LazyLock<County> = LazyLock::new(|| {
    let county = County::invent(3_000, &["--clean", "--seed", "5"]);
    county.run(MONTH).expect(0);
    county
});

/// The rows of a sheet under its heading, which begins with 序号 or 乡镇.
fn rows(path: &Path, sheet: &str) -> Vec<Record> {
    let mut workbook: Xlsx<_> = open_workbook(path).unwrap();
    let range = workbook.worksheet_range(sheet).unwrap();
    let mut lines = range.rows();
    let is_heading = |row: &&[Data]| ["序号", "乡镇"].contains(&row[0].to_string().as_str());
    let heading: Vec<String> = lines.find(is_heading).unwrap().iter().map(ToString::to_string).collect();
    let is_row = |row: &&[Data]| matches!(row[0], Data::Float(_) | Data::Int(_)) || heading[0] == "乡镇";
    let record = |row: &[Data]| heading.iter().cloned().zip(row.iter().map(ToString::to_string)).collect();
    lines.filter(is_row).map(record).collect()
}

/// The rows of a list in every town, and of those without a town.
fn everywhere(county: &County, list: &str, sheet: &str) -> Vec<Record> {
    let out = county.path("out").join(MONTH);
    let named = |file: &&String| !file.starts_with("departments/") && file.contains(list);
    let files: Vec<String> = files_under(&out).into_iter().filter(|file| named(&file)).collect();
    assert!(files.len() >= 8, "{files:?}");
    files.iter().flat_map(|file| rows(&out.join(file), sheet)).collect()
}

fn households(which: impl Fn(&Record) -> bool) -> BTreeSet<String> {
    let all = COUNTY.relation(MONTH, "households").into_iter();
    all.filter(|household| which(household)).map(|household| household["household_id"].clone()).collect()
}

fn is_focus(household: &Record) -> bool {
    household["household_kind"] == "脱贫户" || !household["monitor_kind"].is_empty()
}

fn number(household: &Record, column: &str) -> f64 {
    household[column].parse().unwrap_or(f64::NAN)
}

/// Holds which households stand on a sheet of all towns together, each once.
fn check(list: &str, sheet: &str, expected: &BTreeSet<String>) -> Vec<Record> {
    let found = everywhere(&COUNTY, list, sheet);
    let ids: Vec<String> = found.iter().map(|row| row["户编号"].clone()).collect();
    let once: BTreeSet<String> = ids.iter().cloned().collect();
    assert_eq!(once.len(), ids.len(), "{list} {sheet}: a household stands twice");
    assert_eq!(&once, expected, "{list} {sheet}");
    assert!(!expected.is_empty(), "{list} {sheet}: nothing to hold it by");
    found
}

#[test]
fn the_register_of_visits_has_every_household_of_the_focus_with_its_head() {
    let heads: BTreeMap<String, String> = COUNTY
        .relation(MONTH, "households")
        .into_iter()
        .map(|household| (household["household_id"].clone(), household["head_no"].clone()))
        .collect();
    let people: BTreeMap<String, Record> =
        COUNTY.truth("persons").into_iter().map(|person| (person["person_no"].clone(), person)).collect();
    for row in check("遍访名册", "遍访名册", &households(is_focus)) {
        let head = &people[&heads[&row["户编号"]]];
        assert_eq!(row["户主姓名"], head["name"]);
        let id = &head["id_number"];
        assert_eq!(row["户主证件号"], format!("{}********{}", &id[..6], &id[14..]));
    }
}

#[test]
fn low_and_fallen_incomes_stand_on_their_sheets() {
    let low = households(|household| is_focus(household) && number(household, "income_2022") < 10_000.0);
    check("低于1万元和不增反降名单", "低于1万元", &low);
    let has_fallen = |household: &Record| number(household, "income_2022") < number(household, "income_2021");
    let fallen = households(|household| is_focus(household) && has_fallen(household));
    for row in check("低于1万元和不增反降名单", "不增反降", &fallen) {
        assert_ne!(row["下降最多的一项"], "分项不全");
        assert_ne!(row["下降最多的一项"], "");
    }
}

#[test]
fn growth_is_weighted_by_persons_and_counted_over_comparable_households() {
    let lifted: Vec<Record> =
        COUNTY.relation(MONTH, "households").into_iter().filter(|home| home["household_kind"] == "脱贫户").collect();
    let comparable: Vec<&Record> = lifted
        .iter()
        .filter(|home| number(home, "income_2021").is_finite() && number(home, "income_2022").is_finite())
        .collect();
    let sum = |column: &str| comparable.iter().map(|home| number(home, column) * number(home, "size")).sum::<f64>();
    let fallen = comparable.iter().filter(|home| number(home, "income_2022") < number(home, "income_2021")).count();
    let table = rows(&COUNTY.path("out").join(MONTH).join("district/增速对照.xlsx"), "增速对照");
    let all = table.iter().find(|row| row["乡镇"] == "合计").unwrap();
    assert_eq!(all["可比户"], comparable.len().to_string());
    assert_eq!(all["收入下降户"], fallen.to_string());
    let growth: f64 = all["增速"].parse().unwrap();
    assert!((growth - (sum("income_2022") / sum("income_2021") - 1.0)).abs() < 1e-4, "{growth}");
    assert_eq!(all["占比对照"], "广西平均未填");
}

#[test]
fn who_was_not_visited_and_who_is_not_insured_stand_by_name() {
    check("网格走访清单", "未走访", &households(|household| household["visits_month"] == "0"));
    let focus = households(is_focus);
    let uninsured: BTreeSet<String> = COUNTY
        .relation(MONTH, "persons")
        .into_iter()
        .filter(|person| person["insured"] == "0" && number(person, "age") >= 1.0)
        .filter(|person| focus.contains(&person["household_id"]))
        .map(|person| person["person_no"].clone())
        .collect();
    let names: BTreeMap<String, usize> = COUNTY
        .truth("persons")
        .into_iter()
        .filter(|person| uninsured.contains(&person["person_no"]))
        .fold(BTreeMap::new(), |mut names, person| {
            *names.entry(person["name"].clone()).or_default() += 1;
            names
        });
    let mut listed: BTreeMap<String, usize> = BTreeMap::new();
    for row in everywhere(&COUNTY, "政策落差清单", "未参保") {
        *listed.entry(row["对象姓名"].clone()).or_default() += 1;
    }
    assert_eq!(listed, names);
    assert!(!names.is_empty());
}

#[test]
fn every_monitored_household_is_a_candidate_or_not_and_says_why() {
    let open = households(|home| !home["monitor_kind"].is_empty() && home["risk_status"] != "已消除");
    let candidates = everywhere(&COUNTY, "风险消除候选清单", "候选");
    let unfit = everywhere(&COUNTY, "风险消除候选清单", "不宜消除");
    let of = |rows: &[Record]| rows.iter().map(|row| row["户编号"].clone()).collect::<BTreeSet<_>>();
    assert!(of(&candidates).is_disjoint(&of(&unfit)));
    assert_eq!(of(&candidates).union(&of(&unfit)).cloned().collect::<BTreeSet<_>>(), open);
    assert!(!unfit.is_empty() && unfit.iter().all(|row| !row["不宜消除的原因"].is_empty()));
    let unable = households(|home| home["unable_count"] == home["size"]);
    assert!(of(&candidates).is_disjoint(&unable));
}

#[test]
fn what_this_month_cannot_tell_is_no_condition_fulfilled() {
    let county = COUNTY.copy();
    for missing in ["供水异常", "疑似失学", "控辍"] {
        let folder = county.path("inbox").join(MONTH);
        let files = files_under(&folder).into_iter().filter(|file| file.contains(missing));
        let removed = files.map(|file| std::fs::remove_file(folder.join(file)).unwrap()).count();
        assert!(removed > 0, "{missing}");
    }
    county.run(MONTH).expect(0);
    let candidates = everywhere(&county, "风险消除候选清单", "候选");
    assert!(candidates.is_empty(), "{candidates:?}");
    let unfit = everywhere(&county, "风险消除候选清单", "不宜消除");
    assert!(!unfit.is_empty());
    for row in &unfit {
        for condition in ["无预警", "教育", "饮水"] {
            assert_ne!(row[condition], "✓", "{condition}");
        }
    }
}

#[test]
fn the_quarters_check_is_issued_at_the_end_of_a_quarter_only() {
    check("户户核核查表", "户户核", &households(is_focus));
    let county = COUNTY.copy();
    county.run("2023-02").expect(0);
    let files = files_under(&county.path("out/2023-02"));
    assert!(files.iter().any(|file| file.contains("遍访名册")));
    assert!(!files.iter().any(|file| file.contains("户户核核查表")));
}

#[test]
fn a_check_counts_every_plan() {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_bidui"));
    command.arg("check").arg("--config").arg(support::repository().join("config/bidui.toml"));
    let said = support::say(&mut command).expect(0);
    let plans = |folder: &str| -> usize {
        let folder = support::repository().join("config").join(folder);
        let texts = files_under(&folder).into_iter().map(|file| std::fs::read_to_string(folder.join(file)).unwrap());
        texts.map(|text| text.lines().filter(|line| line.trim() == "[[list]]").count()).sum()
    };
    let counts = format!("清单{}种，报表{}种，抽查表{}种", plans("lists"), plans("report"), plans("sample"));
    assert!(said.stdout.contains(&counts), "{counts}: {}", said.stdout);
}

#[test]
fn a_slip_in_what_sheets_share_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let config = support::repository().join("config");
    for file in files_under(&config) {
        let to = folder.path().join(&file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        let text = std::fs::read_to_string(config.join(&file)).unwrap();
        std::fs::write(to, text.replace("h.house_c IS NULL THEN", "h.hause_c IS NULL THEN")).unwrap();
    }
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_bidui"));
    command.arg("check").arg("--config").arg(folder.path().join("bidui.toml"));
    let said = support::say(&mut command).expect(2);
    assert_eq!(said.stderr.matches("--> lists/elimination.toml").count(), 1, "{}", said.stderr);
}
