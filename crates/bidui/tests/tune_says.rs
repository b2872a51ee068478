//! What `tune` says of its figures: which answers it leaves out, of which signals it only supposes that they are cooled, and where a town has been before.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::{County, program, say};

/// A clean county of three months; in some of them the towns answer all that they are asked, with this code.
fn county(months: &[&str], code: &str) -> County {
    let county = County::invent(6_000, &["--clean", "--seed", "5", "--months", "2022-12..2023-03"]).with_own_config();
    let mut answers = "月份,户编号,核查结果,情况说明\n".to_owned();
    let households: BTreeSet<String> =
        county.truth("persons").into_iter().map(|person| person["household_id"].clone()).collect();
    for month in months {
        households.iter().for_each(|household| answers.push_str(&format!("{month},{household},{code},已核实\n")));
    }
    std::fs::write(county.path("answers.csv"), answers).unwrap();
    let mut command = program();
    command.arg("rehearse").arg("2023-01..2023-03").arg("--folder").arg(county.root());
    command.arg("--answers").arg(county.path("answers.csv")).arg("--inbox").arg(county.path("inbox"));
    say(command.arg("--config").arg(&county.config).arg("--quiet")).expect(0);
    county
}

fn tune(county: &County, month: &str, more: &[&str]) -> (Value, String) {
    let shown = say(county.command(&["tune", month, "--quiet"]).args(more)).expect(0).stdout;
    let said = say(county.command(&["tune", month, "--json", "-", "--quiet"]).args(more)).expect(0);
    (serde_json::from_str(&said.stdout).unwrap(), shown)
}

fn warned(county: &County, month: &str) -> BTreeSet<String> {
    county.relation(month, "warnings").into_iter().map(|one| one["household_id"].clone()).collect()
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

#[test]
fn answers_about_cases_of_earlier_months_are_named_beside_the_share_that_leaves_them_out() {
    let county = county(&["2023-02"], "22");
    let (january, february) = (warned(&county, "2023-01"), warned(&county, "2023-02"));
    let left = january.difference(&february).count() as u64;
    let (report, shown) = tune(&county, "2023-02", &[]);
    assert!(left > 0);
    assert_eq!(count(&report["beside"]["answered"]), left, "{}", report["beside"]);
    assert_eq!(count(&report["beside"]["confirmed"]), 0);
    assert_eq!(count(&report["all"][0]["answered"]), february.len() as u64);
    let both = format!("“以前未办结”的答复 {left} 条有结论（属实 0）不计");
    assert!(shown.contains(&both) && shown.contains(&format!("（0/{}，", left + february.len() as u64)), "{shown}");
    let page = county.path("page.html");
    say(county.command(&["tune", "2023-02", "--quiet"]).arg("--html").arg(&page)).expect(0);
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.contains(&both) && page.contains(&format!("“以前未办结”的 {left} 条不计")), "{page}");
}

#[test]
fn signals_that_are_only_supposed_to_be_cooled_are_counted_and_a_run_has_no_more() {
    let county = county(&["2023-01", "2023-02"], "22");
    let rule = "unemployment";
    let condition = "unemployed_3m >= 1 AND workers < 9";
    let (report, shown) = tune(&county, "2023-03", &["--set", &format!("{rule}.yellow={condition}")]);
    let of_rule = report["rules"].as_array().unwrap().iter().find(|one| one["rule"] == rule).unwrap();
    let (after, supposed) = (count(&of_rule["signals"]["after"]), count(&of_rule["supposed_same"]));
    assert!(supposed > 0, "{of_rule}");
    assert!(shown.contains(&format!("试的一边没有算进：{rule} {supposed} 户次")), "{shown}");
    let (report, shown) = tune(&county, "2023-03", &["--set", "unemployment.yellow=2"]);
    let same = report["rules"].as_array().unwrap().iter().find(|one| one["rule"] == rule).unwrap();
    assert!(
        count(&same["supposed_same"]) == 0 && !shown.contains("没有算进"),
        "what rests on the same facts is known: {same}"
    );

    let path = county.config.parent().unwrap().join("rules/就业收入.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let start = text.find("id = \"unemployment\"").unwrap();
    let yellow = start + text[start..].find("yellow = \"").unwrap();
    let end = yellow + text[yellow..].find('\n').unwrap();
    let examples = end + text[end..].find("[[rule]]").unwrap_or(text.len() - end);
    let cut = text[end..examples].find("[[rule.example]]").map_or(examples, |at| end + at);
    let changed = format!("{}yellow = \"{condition}\"{}{}", &text[..yellow], &text[end..cut], &text[examples..]);
    std::fs::write(&path, changed).unwrap();
    county.run("2023-03").expect(0);
    let is_live = |signal: &support::Record| signal["rule_id"] == rule && signal["state"] == "live";
    let real = county.relation("2023-03", "signals").into_iter().filter(is_live).count() as u64;
    assert!((after..=after + supposed).contains(&real), "{after} {real} {supposed}");
}

#[test]
fn doors_that_are_new_in_a_month_are_told_from_those_where_a_town_has_been() {
    let county = county(&["2023-01", "2023-02"], "22");
    let set = ["--set", "income-under-10000.blue=14000"];
    let (report, shown) = tune(&county, "2023-03", &set);
    let visited: BTreeSet<String> = warned(&county, "2023-01").union(&warned(&county, "2023-02")).cloned().collect();
    let march = warned(&county, "2023-03");
    let tally = &report["tally"];
    let (new, been) = (count(&tally["households_new"]), count(&tally["new_visited"]));
    let poor = |one: &support::Record| one["income_2022"].parse::<f64>().is_ok_and(|income| income < 14_000.0);
    let of_visited =
        |one: &support::Record| visited.contains(&one["household_id"]) && !march.contains(&one["household_id"]);
    let most =
        county.relation("2023-03", "households").into_iter().filter(|one| poor(one) && of_visited(one)).count() as u64;
    assert!(been > 0 && been <= most && been < new, "{been} {most} {new}");
    assert!(shown.contains(&format!("其中别的月份去过的 {been} 户")) && !shown.contains("没有人去过"), "{shown}");
}
