//! Every line can be explained: from a signal down to the rows it rests on, which truly hold what is said of them; and a silent rule
//! by the values of its clauses.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use support::{County, Record, Said, records, say};

const MONTH: &str = "2023-03";

static COUNTY: LazyLock<County> = LazyLock::new(|| {
    let county = County::invent(3_000, &["--clean", "--seed", "9"]);
    county.run(MONTH).expect(0);
    county
});

fn explain(words: &[&str]) -> Said {
    say(&mut COUNTY.command(&[&["explain", MONTH], words].concat()))
}

/// The signals of a rule.
fn signals(rule: &str) -> Vec<Record> {
    let found: Vec<Record> =
        COUNTY.relation(MONTH, "signals").into_iter().filter(|signal| signal["rule_id"] == rule).collect();
    assert!(!found.is_empty(), "no signal of {rule}");
    found
}

/// The part of an explanation that is about one rule.
fn about<'a>(text: &'a str, rule: &str) -> &'a str {
    let parts: Vec<&str> = text.split("\n\n").filter(|part| part.lines().next().unwrap().contains(rule)).collect();
    assert_eq!(parts.len(), 1, "{text}");
    parts[0]
}

/// Month, file and row of each source row that an explanation names.
fn rows(part: &str) -> Vec<(String, String, usize)> {
    let row = |line: &str| {
        let (_, rest) = line.trim().split_once(' ')?;
        let (place, rest) = rest.split_once(" 第")?;
        let (month, file) = place.split_once('/')?;
        Some((month.to_owned(), file.to_owned(), rest.split('行').next()?.parse().ok()?))
    };
    part.lines().filter_map(row).collect()
}

/// The record that stands in that row of an extract.
fn record(month: &str, file: &str, row: usize) -> Record {
    let path = COUNTY.path("inbox").join(month).join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    let line = text.lines().nth(row - 1).unwrap();
    let heading = text.lines().next().unwrap();
    let both = format!("{heading}\n{line}\n");
    let mut reader = csv::Reader::from_reader(both.as_bytes());
    reader.deserialize().next().unwrap().unwrap()
}

fn fen(yuan: &str) -> i64 {
    let (whole, part) = yuan.split_once('.').unwrap_or((yuan, ""));
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    whole.parse::<i64>().unwrap() * 100 + sign * format!("{part:0<2}").parse::<i64>().unwrap()
}

#[test]
fn a_medical_signal_names_the_bills_and_they_are_the_familys_and_add_up() {
    let ids: BTreeMap<String, (String, String)> = COUNTY
        .truth("persons")
        .into_iter()
        .map(|person| (person["id_number"].clone(), (person["household_id"].clone(), person["name"].clone())))
        .collect();
    for signal in signals("medical-self-paid-focus").iter().chain(&signals("medical-self-paid")) {
        let said = explain(&[&signal["household_id"]]).expect(0);
        let part = about(&said.stdout, &signal["rule_id"]);
        assert!(part.contains(&signal["threshold"]) && part.contains(&signal["reason"]) && part.contains("依据"));
        let bills: Vec<Record> = rows(part).iter().map(|(month, file, row)| record(month, file, *row)).collect();
        assert_eq!(bills.len().to_string(), signal["source_rows"], "{part}");
        let mut paid = 0;
        for bill in &bills {
            let (household, name) = &ids[&bill["证件号码"]];
            assert_eq!((household, name), (&signal["household_id"], &bill["姓名"]));
            paid += fen(&bill["个人自付"]);
        }
        assert_eq!(paid, fen(&signal["value"]), "{part}");
    }
}

#[test]
fn every_source_row_of_every_signal_is_of_the_household() {
    let households: BTreeMap<(String, String, String), String> = COUNTY
        .truth("rows")
        .into_iter()
        .map(|row| ((row["month"].clone(), row["file"].clone(), row["row"].clone()), row["household_id"].clone()))
        .collect();
    let evidence = COUNTY.relation(MONTH, "evidence");
    assert!(evidence.len() > 50);
    for row in evidence.iter().filter(|row| row["link_class"] != "place") {
        let place = (row["feed_month"].clone(), row["file"].clone(), row["row"].clone());
        assert_eq!(households[&place], row["household_id"], "{row:?}");
    }
}

#[test]
fn the_number_on_a_towns_list_leads_to_the_household() {
    let warnings = COUNTY.relation(MONTH, "warnings");
    let warning = warnings.iter().find(|warning| warning["list_no"] == "2").unwrap();
    let number = warning["case_id"].clone();
    let household = format!("户 {}：", warning["household_id"]);
    let by_number = explain(&[&number]).expect(0).naming(&[&household, &warning["town"], &warning["due"]]);
    assert_eq!(by_number.stdout, explain(&[&warning["household_id"]]).expect(0).stdout);
}

#[test]
fn a_silent_rule_is_explained_by_its_clauses_and_their_values() {
    let fired: Vec<Record> = signals("medical-self-paid");
    let households = COUNTY.relation(MONTH, "households");
    let paid_little = |household: &&Record| {
        household["household_kind"] == "一般农户"
            && household["monitor_kind"].is_empty()
            && !household["self_paid_12m"].is_empty()
            && household["self_paid_12m"] != "0"
            && fired.iter().all(|signal| signal["household_id"] != household["household_id"])
    };
    let household = households.iter().find(paid_little).unwrap();
    let said = explain(&[&household["household_id"], "--rule", "medical-self-paid"]).expect(0);
    said.naming(&["适用范围：成立", "红：不成立", "黄：不成立", "self_paid_12m >= 20000", "self_paid_12m="]);
}

#[test]
fn what_kept_the_other_rules_from_firing_is_said_and_what_became_of_the_case() {
    let poor = &signals("income-under-10000")[0];
    let household = &poor["household_id"];
    let said = explain(&[household]).expect(0);
    let silent = said.stdout.split("没有触发的规则").nth(1).unwrap();
    // It is near the monitoring line and does not cross it, and no other household's rule is among the silent that fired.
    let fired: Vec<Record> =
        COUNTY.relation(MONTH, "signals").into_iter().filter(|signal| &signal["household_id"] == household).collect();
    for signal in &fired {
        assert!(!silent.contains(&format!("（{}）", signal["rule_id"])), "{}", said.stdout);
    }
    if fired.iter().all(|signal| signal["rule_id"] != "income-below-line") {
        assert!(silent.contains("（income-below-line）：要求"), "{}", said.stdout);
        assert!(silent.contains(&format!("人均纯收入为{}", poor["value"].trim_end_matches(".00"))), "{}", said.stdout);
    }
    said.naming(&["档案的经过", "新预警", &poor["case_id"], "成立："]);
}

#[test]
fn a_rule_about_persons_is_explained_for_each_member() {
    let signal = &signals("uninsured")[0];
    let size = COUNTY
        .relation(MONTH, "persons")
        .iter()
        .filter(|person| person["household_id"] == signal["household_id"])
        .count();
    let said = explain(&[&signal["household_id"], "--rule", "uninsured"]).expect(0);
    assert_eq!(said.stdout.matches("成员 ").count(), size, "{}", said.stdout);
    let uninsured = signal["persons"].split(',').count();
    assert_eq!(said.stdout.matches("蓝：成立").count(), uninsured, "{}", said.stdout);
    assert_eq!(said.stdout.matches("insured=0").count(), uninsured, "{}", said.stdout);
}

#[test]
fn a_fact_that_is_unknown_is_said_to_be() {
    let county = COUNTY.copy();
    std::fs::remove_file(county.extract(MONTH, "住院结算")).unwrap();
    county.run(MONTH).expect(0);
    let household = &records(&COUNTY.path("out/2023-03/data/warnings.csv"))[0]["household_id"];
    let said = say(&mut county.command(&["explain", MONTH, household, "--rule", "medical-self-paid"]));
    said.expect(0).naming(&["未知（有数据未到或为空）"]);
}

#[test]
fn what_is_not_there_is_said_with_the_nearest() {
    let household = &COUNTY.relation(MONTH, "warnings")[0]["household_id"];
    explain(&["H99999999"]).expect(2).naming(&["H99999999"]);
    explain(&["2303-999999"]).expect(2).naming(&["校验位不符"]);
    explain(&["2303-999990"]).expect(2).naming(&["没有预警编号“2303-999990”"]);
    explain(&[household, "--rule", "uninsurd"]).expect(2).naming(&["是不是“uninsured”？"]);
    explain(&[household, "--rule", "medical"]).expect(2).naming(&["没有规则“medical”；是不是", "“medical-self-paid”"]);
    explain(&[household, "--rule", "xyzzyxyzzy"]).expect(2).naming(&["规则编号见 docs/rules.md"]);
    say(&mut COUNTY.command(&["explain", "2023-01", household])).expect(2).naming(&["bidui run 2023-01"]);
}

#[test]
fn a_household_without_a_signal_is_told_how_to_go_on() {
    let signals = COUNTY.relation(MONTH, "signals");
    let households = COUNTY.relation(MONTH, "households");
    let quiet = households
        .iter()
        .find(|household| signals.iter().all(|signal| signal["household_id"] != household["household_id"]))
        .unwrap();
    let said = explain(&[&quiet["household_id"]]).expect(0).naming(&["没有任何规则", "--rule", "没有触发的规则"]);
    assert!(!said.stdout.contains("档案的经过"), "{}", said.stdout);
}

/// What a rule asks since it was changed says nothing of why it was silent, or fired, when the month was published.
#[test]
fn a_rule_that_was_changed_since_is_not_said_to_have_asked_then_what_it_asks_now() {
    let county = COUNTY.copy().with_own_config();
    let published: Vec<Record> = COUNTY.relation(MONTH, "signals");
    let fired: Vec<&str> = published
        .iter()
        .filter(|signal| signal["rule_id"] == "income-below-line")
        .map(|signal| signal["household_id"].as_str())
        .collect();
    let poor = signals("income-under-10000");
    let poor = poor.iter().find(|signal| !fired.contains(&signal["household_id"].as_str())).unwrap();
    support::edit(&county.path("config/rules/就业收入.toml"), |text| {
        let text = text.replace("income_2022 < monitor_line", "income_2022 < 11999");
        text.replace("income_2022 < low_income_line", "income_2022 <= 9999.995")
    });
    let text = say(&mut county.command(&["explain", MONTH, &poor["household_id"]])).expect(0).stdout;
    let (told, silent) = text.split_once("\n\n没有触发的规则").unwrap();
    assert!(!silent.contains("（income-below-line）：要求"), "{text}");
    let changed = silent.lines().find(|line| line.contains("说不出当时为什么没有触发")).unwrap();
    assert!(changed.contains("（income-below-line）") && !changed.contains("（uninsured）"), "{text}");
    let of_rule = about(told, "income-under-10000");
    assert!(of_rule.contains("规则或它的指标改过") && !of_rule.contains("成立："), "{text}");
    assert!(of_rule.contains("写法 income_2022 < 10000"), "{text}");
}
