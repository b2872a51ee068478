//! A published month adds up for somebody who shares no code with the engine: a Python script reads the CSV files and the lists.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use support::{County, Said, edit, say};

const MONTH: &str = "2023-03";

fn add_up(month: &Path) -> Said {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/control_totals.py");
    say(Command::new("python3").arg(script).arg(month))
}

/// The script must be short enough to be believed.
#[test]
fn the_checker_is_under_a_hundred_lines_and_needs_only_python() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/control_totals.py")).unwrap();
    assert!(text.lines().count() < 100);
    for line in text.lines().filter(|line| line.starts_with("import ") || line.starts_with("from ")) {
        let module = line.split_whitespace().nth(1).unwrap();
        assert!(
            ["collections", "csv", "hashlib", "json", "pathlib", "re", "sys", "zipfile"].contains(&module),
            "{line}"
        );
    }
}

#[test]
fn a_messy_month_adds_up_and_one_lost_row_does_not() {
    let county = County::invent(1_500, &["--messy", "--seed", "6"]);
    county.run(MONTH).expect(0);
    let month = county.path("out").join(MONTH);
    add_up(&month).expect(0).naming(&["every sum holds"]);
    for (relation, complaint) in [
        ("links", "received = kept + set aside"),
        ("rejects", "received = kept + set aside"),
        ("signals", "total ('signals', '全部')"),
        ("warnings", "households with a live signal are warned"),
    ] {
        let copy = county.copy();
        let month = copy.path("out").join(MONTH);
        edit(&month.join(format!("data/{relation}.csv")), without_last_record);
        add_up(&month).expect(1).naming(&[complaint, &format!("digest of data/{relation}.csv")]);
    }
    let town = fs::read_dir(month.join("towns")).unwrap().next().unwrap().unwrap().path();
    fs::remove_dir_all(town).unwrap();
    add_up(&month).naming(&["routed = rows on the towns' lists"]);
}

#[test]
fn a_list_that_loses_households_is_not_published_and_is_told_as_the_lists_own_slip() {
    let county = County::invent(600, &["--seed", "6"]).with_own_config();
    let right = "WHERE w.route IN ('registry', 'resettlement')";
    let wrong = "WHERE w.route IN ('registry', 'resettlement') AND w.level <> 'yellow'";
    edit(&county.path("config/lists/verification.toml"), |text| text.replacen(right, wrong, 1));
    let said = county.run(MONTH).expect(2);
    said.naming(&["对不上，没有发布", "verification、unrouted"]);
    assert!(!county.path("out").join(MONTH).exists());
}

fn without_last_record(text: String) -> String {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let mut records: Vec<csv::StringRecord> = reader.records().map(|record| record.unwrap()).collect();
    records.pop();
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in records {
        writer.write_record(&record).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

/// Households of towns that have left, and of villages that nobody knows, are warned of on a list of their own.
#[test]
fn warnings_without_a_town_stand_on_their_own_list_and_add_up() {
    let county = County::invent(600, &["--clean", "--seed", "6"]);
    let truth = county.truth("signals");
    let mut warned: Vec<&str> =
        truth.iter().filter(|signal| signal["month"] == MONTH).map(|signal| signal["household_id"].as_str()).collect();
    warned.sort_unstable();
    warned.dedup();
    let places =
        BTreeMap::from([(warned[0], ("洛满镇", "露南村")), (warned[1], ("百朋镇", "无此村")), (warned[2], ("", ""))]);
    edit(&county.extract(MONTH, "农村人口底册"), |text| moved(&text, &places));
    county.run(MONTH).expect(0).naming(&["未归属 "]);
    let routes: BTreeMap<String, String> = county
        .relation(MONTH, "warnings")
        .into_iter()
        .map(|warning| (warning["household_id"].clone(), warning["route"].clone()))
        .collect();
    assert_eq!(routes[warned[0]], "moved");
    assert_eq!(routes[warned[2]], "unrouted");
    assert!(routes.values().filter(|route| matches!(route.as_str(), "moved" | "unrouted")).count() >= 2);
    add_up(&county.path("out").join(MONTH)).expect(0);
}

/// The registry with some households in another town and village.
fn moved(text: &str, places: &BTreeMap<&str, (&str, &str)>) -> String {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let mut records: Vec<Vec<String>> =
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
    let column =
        |heading: &str| records[0].iter().position(|found| found == heading).expect("a heading of the registry");
    let (household, town, village) = (column("户编号"), column("乡(镇)"), column("行政村"));
    for record in &mut records {
        if let Some((in_town, in_village)) = places.get(record[household].as_str()) {
            record[town] = (*in_town).to_owned();
            record[village] = (*in_village).to_owned();
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    for record in records {
        writer.write_record(&record).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}
