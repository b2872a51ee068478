//! Data cleaning: the checks of the shipped configuration over an invented county and over a registry written by hand, and the lists
//! that towns get of what they found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use bidui_normalize::ListTags;
use calamine::{Data, Reader, Xlsx, open_workbook};
use support::{County, Record, edit, files_under, records, repository};

const MONTH: &str = "2023-03";

/// The rows of a sheet under its heading, which begins with 序号 or 乡镇.
fn rows(path: &Path, sheet: &str) -> Vec<Record> {
    let mut workbook: Xlsx<_> = open_workbook(path).unwrap();
    let range = workbook.worksheet_range(sheet).unwrap();
    let mut lines = range.rows();
    let is_heading = |row: &&[Data]| ["序号", "乡镇"].contains(&row[0].to_string().as_str());
    let heading: Vec<String> =
        lines.find(is_heading).map_or_else(Vec::new, |row| row.iter().map(ToString::to_string).collect());
    let is_row = |row: &&[Data]| matches!(row[0], Data::Float(_) | Data::Int(_)) || heading[0] == "乡镇";
    let record = |row: &[Data]| heading.iter().cloned().zip(row.iter().map(ToString::to_string)).collect();
    lines.filter(is_row).map(record).collect()
}

fn ids(anomalies: &[Record], check: &str) -> BTreeSet<String> {
    anomalies.iter().filter(|row| row["check_id"] == check).map(|row| row["anomaly_id"].clone()).collect()
}

#[test]
fn every_anomaly_stands_on_one_list_with_a_tag_and_the_summary_adds_up() {
    let county = County::invent(3_000, &["--messy", "--seed", "8"]);
    county.run(MONTH).expect(0);
    let (anomalies, checks) = (county.relation(MONTH, "anomalies"), county.relation(MONTH, "checks"));
    assert!(checks.len() >= 60 && anomalies.len() >= 60, "{} {}", checks.len(), anomalies.len());
    let all: BTreeSet<&String> = anomalies.iter().map(|row| &row["anomaly_id"]).collect();
    assert_eq!(all.len(), anomalies.len(), "an anomaly stands twice");
    for row in &anomalies {
        let object = match row["object"].as_str() {
            "person" => "person_no",
            "household" => "household_id",
            _ => "village_code",
        };
        assert_eq!(row["anomaly_id"], format!("{}-{}", row["check_id"], row[object]));
        assert_eq!((row["state"].as_str(), row["first_month"].as_str()), ("new", MONTH));
        assert!(!row["found"].is_empty() && !row["found"].contains('{') && !row["hint"].is_empty(), "{row:?}");
    }

    let out = county.path("out").join(MONTH);
    let lists: Vec<String> = files_under(&out).into_iter().filter(|file| file.contains("数据清洗异常清单")).collect();
    assert_eq!(lists.len(), 9, "{lists:?}");
    let mut listed = BTreeMap::new();
    for file in &lists {
        for row in rows(&out.join(file), "待处理") {
            assert!(ListTags::read(&row["校验码"]).is_some(), "{row:?}");
            listed.insert(row["异常编号"].clone(), file.clone());
        }
        assert!(rows(&out.join(file), "豁免中").is_empty());
    }
    assert_eq!(listed.len(), anomalies.len());
    for row in &anomalies {
        let file = &listed[&row["anomaly_id"]];
        assert!(
            if row["town"].is_empty() { file.starts_with("district/") } else { file.contains(&row["town"]) },
            "{file}"
        );
    }

    let summary = out.join("district/数据清洗异常汇总表.xlsx");
    let by_town = rows(&summary, "按乡镇");
    let count = |row: &Record, column: &str| row[column].parse::<usize>().unwrap();
    assert_eq!(count(by_town.last().unwrap(), "异常合计"), anomalies.len());
    let towns = &by_town[..by_town.len() - 1];
    assert_eq!(towns.iter().map(|row| count(row, "异常合计")).sum::<usize>(), anomalies.len());
    let by_check = rows(&summary, "按检查");
    assert_eq!(by_check.len(), checks.len());
    assert_eq!(by_check.iter().map(|row| count(row, "异常")).sum::<usize>(), anomalies.len());
    assert_eq!(rows(&summary, "乡镇和检查").iter().map(|row| count(row, "异常")).sum::<usize>(), anomalies.len());
}

/// Checks answered again from the public relations, by somebody who reads only those.
#[test]
fn what_a_check_finds_follows_from_persons_and_households() {
    let county = County::invent(2_000, &["--clean", "--seed", "5"]);
    county.run(MONTH).expect(0);
    let (anomalies, persons) = (county.relation(MONTH, "anomalies"), county.relation(MONTH, "persons"));
    let number = |row: &Record, column: &str| row[column].parse::<f64>().unwrap_or(f64::NAN);
    let weak: BTreeSet<String> = persons
        .iter()
        .filter(|row| {
            (16.0..60.0).contains(&number(row, "age")) && row["health"] == "健康" && row["student_status"].is_empty()
        })
        .filter(|row| ["弱劳动力或半劳动力", "丧失劳动力", "无劳动力"].contains(&row["labour"].as_str()))
        .map(|row| format!("Q302-{}", row["person_no"]))
        .collect();
    assert!(!weak.is_empty());
    assert_eq!(ids(&anomalies, "Q302"), weak);
    let able = |household: &str| {
        let labours = ["普通劳动力", "技能劳动力", "弱劳动力或半劳动力"];
        persons.iter().any(|row| row["household_id"] == household && labours.contains(&row["labour"].as_str()))
    };
    let unable: BTreeSet<String> = county
        .relation(MONTH, "households")
        .iter()
        .filter(|row| number(row, "wage_2022") >= 5000.0 && !able(&row["household_id"]))
        .map(|row| format!("Q905-{}", row["household_id"]))
        .collect();
    assert!(!unable.is_empty());
    assert_eq!(ids(&anomalies, "Q905"), unable);
    // The numbers are the same in every month, and what was found a month ago still is, but for people who died or came of age.
    county.run("2023-02").expect(0);
    let before = ids(&county.relation("2023-02", "anomalies"), "Q302");
    assert!(before.intersection(&weak).count() * 10 > before.len() * 9, "{before:?} {weak:?}");
}

/// A number with its check character.
fn id(birth: &str, serial: u32) -> String {
    let digits = format!("450221{birth}{serial:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = digits.bytes().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{digits}{}", char::from(b"10X98765432"[sum as usize % 11]))
}

const HEADING: &str = "人编号,户编号,证件号码,姓名,与户主关系,劳动技能,健康状况,在校生状况,行政村,自然村（屯）,户类型,监测对象类别,风险是否消除,返贫致贫风险,识别监测时间,消除监测时间";

#[test]
fn a_registry_written_by_hand_gets_the_anomalies_that_were_written_into_it() {
    let county = County::empty();
    let village = records(&repository().join("config/villages.csv")).remove(0);
    let village = village.get("name").or_else(|| village.get("short_name")).unwrap().clone();
    // Number, household, birth and serial, relation, labour, health, school; then kind, monitor kind, status, risk and the two days.
    let plain = "一般农户,,,,,";
    let monitored = "一般农户,边缘易致贫户,未消除,因病,2022-05-01,";
    let eliminated = "脱贫户,边缘易致贫户,已消除,其他,2022-05-01,2022-08-01";
    let people: [(&str, &str, &str, u32, &str, &str); 14] = [
        // A household that nothing is wrong with.
        ("01", "1", "19730305", 1, "户主,普通劳动力,健康,", plain),
        ("02", "1", "19750305", 2, "配偶,普通劳动力,健康,", plain),
        ("03", "1", "20100305", 3, "之子,无劳动力,健康,七年级", plain),
        // Two heads; a son nearly as old, well and unable; a girl of ten who is able; a daughter who is a man and a pupil of 22.
        ("04", "2", "19700305", 1, "户主,普通劳动力,健康,", plain),
        ("05", "2", "19720305", 3, "户主,普通劳动力,健康,", plain),
        ("06", "2", "19780305", 5, "之子,丧失劳动力,健康,", plain),
        ("07", "2", "20130305", 8, "之女,普通劳动力,健康,", plain),
        ("08", "2", "20010305", 9, "之女,无劳动力,健康,小学", plain),
        // Nobody's head; eliminated before six months were over, though nobody can work.
        ("09", "3", "19400305", 2, "之母,无劳动力,长期慢性病,", eliminated),
        // Monitored and ill, as it should be.
        ("10", "4", "19600305", 1, "户主,普通劳动力,长期慢性病,", monitored),
        ("11", "4", "19620305", 2, "配偶,弱劳动力或半劳动力,健康,", monitored),
        // Not monitored, and eliminated all the same; a member of it whose row says another kind of household.
        ("12", "5", "19800305", 1, "户主,普通劳动力,健康,", "一般农户,,已消除,,,"),
        ("13", "5", "19820305", 2, ",普通劳动力,健康,", "脱贫户,,已消除,,,"),
        ("14", "5", "19120305", 1, "之祖父,无劳动力,健康,", "一般农户,,已消除,,,"),
    ];
    let line = |(no, household, birth, serial, own, rest): &(&str, &str, &str, u32, &str, &str)| {
        let (own, rest) = (*own, *rest);
        let number = id(birth, *serial + 10 * no.parse::<u32>().unwrap());
        format!("P{no},H{household},{number},韦某{no},{own},{village},大屯,{rest}")
    };
    let text: Vec<String> = std::iter::once(HEADING.to_owned()).chain(people.iter().map(line)).collect();
    let folder = county.path("inbox").join(MONTH).join("乡村振兴局");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("农村人口底册.csv"), text.join("\n")).unwrap();
    county.run(MONTH).expect(0);
    let found: BTreeSet<String> = county
        .relation(MONTH, "anomalies")
        .into_iter()
        .filter(|row| row["object"] != "village")
        .map(|row| row["anomaly_id"].clone())
        .collect();
    let expected = [
        "Q103-P13", "Q108-H3", "Q109-H2", "Q112-P08", "Q113-P06", "Q119-P14", "Q201-P13", "Q204-P07", "Q211-H5",
        "Q301-P07", "Q302-P06", "Q401-P08", "Q608-H3", "Q612-H3", "Q613-H5", "Q617-H3", "Q710-H3",
    ];
    let expected: BTreeSet<String> = expected.into_iter().map(str::to_owned).collect();
    assert_eq!(found, expected);
    // No department sent anything: what needs their word is not answered, and says of whom.
    let checks = county.relation(MONTH, "checks");
    let of = |id: &str| checks.iter().find(|row| row["check_id"] == id).unwrap();
    assert_eq!(of("Q407")["status"], "unanswered");
    assert!(of("Q407")["note"].contains("《教育_在校学生》"), "{}", of("Q407")["note"]);
    assert_eq!((of("Q212")["status"].as_str(), of("Q212")["note"].as_str()), ("unanswered", "底册没有“网格编号”"));
    assert!(county.relation(MONTH, "anomalies").iter().any(|row| row["check_id"] == "V001"));
}

#[test]
fn a_broken_check_stops_before_a_row_is_read_and_says_where() {
    let county = County::empty().with_own_config();
    let file = county.path("config/checks/证件和家庭关系.toml");
    edit(&file, |text| text.replace("when = \"heads = 0\"", "when = \"head = 0\""));
    let said = support::say(support::program().arg("check").arg("--config").arg(&county.config)).expect(2);
    said.naming(&["BD0206", "没有名为“head”", "证件和家庭关系.toml", "是不是“heads”？"]);
}
