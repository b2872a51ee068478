//! Extracts that look whole and are not: a town that did not send, a file that came twice, a family without its number, a death that
//! was reported late.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use support::{County, edit};

const MONTH: &str = "2023-03";

/// Run once; every test works on a copy.
static COUNTY: LazyLock<County> = LazyLock::new(|| {
    let county = County::invent(3_000, &["--clean", "--seed", "5"]);
    county.run(MONTH).expect(0);
    county
});

fn signals(county: &County) -> BTreeSet<(String, String)> {
    let live = county.relation(MONTH, "signals").into_iter().filter(|signal| signal["state"] == "live");
    live.map(|signal| (signal["household_id"].clone(), signal["rule_id"].clone())).collect()
}

#[test]
fn a_list_that_lacks_one_town_is_held_and_raises_nothing() {
    let county = COUNTY.copy();
    let towns: BTreeMap<String, String> = county
        .relation(MONTH, "households")
        .into_iter()
        .map(|row| (row["household_id"].clone(), row["town_code"].clone()))
        .collect();
    let of_town = |row: &support::Record| towns.get(&row["household_id"]).is_some_and(|town| town == "450206109");
    let lost: BTreeSet<usize> = county
        .relation(MONTH, "links")
        .iter()
        .filter(|row| row["feed"] == "医保_参保" && of_town(row))
        .map(|row| row["row"].parse().unwrap())
        .collect();
    assert!(lost.len() > 30, "too few to tell: {}", lost.len());
    edit(&county.extract(MONTH, "参保名单"), |text| {
        let kept = text.lines().enumerate().filter(|(at, _)| !lost.contains(&(at + 1)));
        kept.map(|(_, line)| format!("{line}\n")).collect()
    });
    county.run(MONTH).expect(0).naming(&["《医保_参保》暂缓使用", "缺报", "穿山镇"]);
    let raised: Vec<_> = signals(&county).difference(&signals(&COUNTY)).cloned().collect();
    assert!(raised.is_empty(), "{raised:?}");
}

#[test]
fn a_file_that_comes_twice_counts_once() {
    let county = COUNTY.copy();
    let file = county.extract(MONTH, "住院结算");
    fs::copy(&file, file.with_file_name("2023年3月住院结算明细(1).csv")).unwrap();
    county.run(MONTH).expect(0).naming(&["《医保_住院结算》", "内容完全相同"]);
    assert_eq!(signals(&county), signals(&COUNTY));
    let value = |county: &County| {
        let all = county.relation(MONTH, "households").into_iter();
        all.map(|row| (row["household_id"].clone(), row["self_paid_12m"].clone())).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(value(&county), value(&COUNTY));
}

#[test]
fn persons_without_a_household_number_are_households_of_their_own_and_all_adds_up() {
    let county = COUNTY.copy();
    let household = signals(&COUNTY).into_iter().next().unwrap().0;
    edit(&county.extract(MONTH, "人口底册"), |text| text.replace(&format!(",{household},"), ",,"));
    county.run(MONTH).expect(0);
    let ids: Vec<String> =
        county.relation(MONTH, "households").into_iter().map(|row| row["household_id"].clone()).collect();
    assert_eq!(ids.len(), ids.iter().collect::<BTreeSet<_>>().len(), "two households of one name");
    assert!(ids.iter().any(|id| id.starts_with("无户编号")) && !ids.contains(&household));
}

#[test]
fn a_death_reported_a_month_late_is_seen() {
    let county = COUNTY.copy();
    let labourer = county
        .relation(MONTH, "persons")
        .into_iter()
        .find(|person| {
            person["labour"] == "普通劳动力" && person["age"].parse().is_ok_and(|age: i64| (30..50).contains(&age))
        })
        .unwrap();
    let known =
        county.truth("persons").into_iter().find(|person| person["person_no"] == labourer["person_no"]).unwrap();
    edit(&county.extract(MONTH, "死亡注销"), |text| {
        format!("{text}{},{},2023-02-11\n", known["id_number"], known["name"])
    });
    county.run(MONTH).expect(0);
    let expected = (labourer["household_id"].clone(), "labourer-death".to_owned());
    assert!(signals(&county).contains(&expected));
}
