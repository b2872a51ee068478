//! Threshold curves: every point is what a replay with that number in the rule gives, whatever the form of the rule; and a rule without a curve says why.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::{County, program, repository, say};

/// Rules of every form that has a number, beside the shipped ones; fit for the fixtures, so that each fires.
const FORMS: &str = r#"
# A ratio, downwards; of the upper level too, at another number.
[[rule]]
id = "t-ratio-down"
orange = "income_2022 <= income_2021 * 0.7"
yellow = "income_2022 < 0.85 * income_2021"
value = "income_2022"
worse = "less"
per = "household"
scope = "household_kind = '脱贫户' OR monitor_kind <> ''"

# A ratio, upwards, to something that is worked out, is nothing for some and less than nothing for others.
[[rule]]
id = "t-ratio-up"
yellow = "spending_2022 > (income_2022 - 16000) * size * 0.4"
value = "spending_2022"
per = "household"
scope = "household_kind = '脱贫户' OR monitor_kind <> ''"

[[rule]]
id = "t-ratio-down-of-a-loss"
yellow = "income_2022 - 14000 <= (income_2021 - 14000) * 0.9 AND (household_kind = '脱贫户' OR monitor_kind <> '')"
per = "household"

# Persons: a household has several values, and its worst decides. Higher levels have conditions of their own.
[[rule]]
id = "t-persons-down"
orange = "monthly_wage < 2900 AND age >= 50"
yellow = "monthly_wage < 3000"
value = "monthly_wage"
worse = "less"
per = "person"

[[rule]]
id = "t-persons-up"
red = "monthly_wage > 5900 AND size >= 5"
blue = "monthly_wage > 5000 AND age >= 30"
value = "monthly_wage"
per = "person"
scope = "household_kind = '脱贫户' OR monitor_kind <> ''"

# Answered before, so that what cools is another with another number.
[[rule]]
id = "uninsured"
yellow = "insured = 0 AND age >= 60"
blue = "insured = 0 AND age >= 30"
per = "person"
scope = "NOT (household_kind = '脱贫户' OR monitor_kind <> '')"

# Counts above nothing.
[[rule]]
id = "t-counts"
yellow = "students > 0 AND (household_kind = '脱贫户' OR monitor_kind <> '')"
value = "students"
per = "household"

# True without the comparison, for some.
[[rule]]
id = "t-either"
yellow = "(disabled_members = 2 OR tuition_12m >= 5500) AND size >= labour_count"
value = "tuition_12m"
per = "household"

# The lower level has no number, the upper one has.
[[rule]]
id = "t-upper-level"
orange = "self_paid_12m > income_2022 * 0.3"
yellow = "disabled_members = 3"
value = "self_paid_12m"
per = "household"

# Two numbers, each moved by itself.
[[rule]]
id = "t-two-numbers"
yellow = "spending_2022 >= spending_2021 * 1.1 AND spending_2022 >= income_2022 * size * 0.2"
value = "spending_2022"
per = "household"

# What rests on rows that are linked weakly is for a person's eye, and whether it does depends on the number.
[[rule]]
id = "t-links"
yellow = "insured_members >= 3"
value = "insured_members"
per = "household"
least_link = "certain"

[[rule]]
id = "t-links-of-all-there-is"
blue = "income_2022 < 15000"
value = "income_2022"
worse = "less"
per = "household"
least_link = "certain"

# What is unknown counts as nothing.
[[rule]]
id = "t-nothing-known"
blue = "COALESCE(tuition_12m, 0) + COALESCE(relief_12m, 0) >= 5000"
per = "household"

# None has a number to move.
[[rule]]
id = "t-equals"
blue = "students = 3 AND age BETWEEN 16 AND 59"
per = "person"

[[rule]]
id = "t-between-facts"
blue = "dibao_members >= size"
per = "household"
"#;

/// The shipped rules and these, in a folder.
fn rules(folder: &Path) -> String {
    let tried = folder.join("tried");
    support::copy_tree(&repository().join("config/rules"), &tried, false);
    // Its place is taken.
    support::edit(&tried.join("因病.toml"), |text| {
        text.replace("id = \"uninsured\"\n", "id = \"uninsured-shipped\"\n")
    });
    let common = "[[rule]]\ntitle = \"试\"\nrisk = \"其他\"\nbasis = \"试\"\ndepartments = [\"医疗保障局\"]\nreason = \"试\"\nactions = [\"试\"]\n";
    std::fs::write(tried.join("试.toml"), FORMS.replace("[[rule]]\n", common)).unwrap();
    tried.to_str().unwrap().to_owned()
}

fn json(mut command: Command) -> Value {
    let said = say(command.args(["--json", "-", "--quiet"])).expect(0);
    serde_json::from_str(&said.stdout).unwrap()
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn all<'a>(report: &'a Value, what: &str) -> &'a Vec<Value> {
    report[what].as_array().unwrap()
}

/// Some of a curve's points: the ends, and of the forms above the present number and what lies between too.
fn some(curve: &Value) -> Vec<&Value> {
    let points = all(curve, "points");
    let present = points.iter().position(|point| point["threshold"] == curve["present"]).unwrap();
    let ends = [0, points.len() - 1];
    let within = [present.saturating_sub(1), present, present + 1, points.len() / 2];
    let is_form = FORMS.contains(&format!("id = {}\n", curve["rule"]));
    let places = ends.into_iter().chain(within.into_iter().filter(|_| is_form));
    let places: BTreeSet<usize> = places.filter(|at| *at < points.len()).collect();
    places.into_iter().map(|at| &points[at]).collect()
}

/// Holds points of every curve against a replay with that number; how many points there were.
fn hold(tune: &dyn Fn(&[&str]) -> Value, curves: &Value, which: &dyn Fn(&Value) -> bool) -> usize {
    let months = all(curves, "months").len() as f64;
    let mut held = 0;
    for curve in all(curves, "curves").iter().filter(|curve| which(curve)) {
        for point in some(curve) {
            let set = point["set"].as_str().unwrap();
            let replayed = tune(&["--set", set]);
            let of_rule = all(&replayed, "rules").iter().find(|rule| rule["rule"] == curve["rule"]).unwrap();
            let visits = (point["visits"].as_f64().unwrap() * months).round() as u64;
            let of_point = [&point["signals"], &point["households"], &point["alone"], &point["missed"]].map(count);
            let wanted = [
                &of_rule["signals"]["after"],
                &of_rule["households_after"],
                &of_rule["alone"]["after"],
                &replayed["tally"]["missed"],
            ];
            assert_eq!(of_point, wanted.map(count), "{set}: signals, households, alone, missed");
            assert_eq!(visits, count(&replayed["doors"]["after"]), "{set}: doors");
            assert_eq!(point["precision"], of_rule["after"], "{set}");
            held += 1;
        }
    }
    held
}

#[test]
fn every_point_is_what_a_replay_with_its_number_gives() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program();
    command.arg("rehearse").arg("--folder").arg(folder.path()).arg("--quiet").current_dir(repository());
    say(&mut command).expect(0);
    let rules = rules(folder.path());
    let tune = |more: &[&str]| {
        let mut command = program();
        command.args(["tune", "2023-03", "--months", "3", "--rules", &rules]).args(more);
        command.arg("--out").arg(folder.path().join("out")).arg("--state").arg(folder.path().join("state"));
        command.current_dir(repository());
        json(command)
    };
    let report = tune(&["--curves"]);
    assert!(count(&report["answers"]) > 20);

    // Every rule has a curve, or says why it has none.
    let named =
        |what: &str| all(&report, what).iter().map(|one| one["rule"].as_str().unwrap()).collect::<BTreeSet<_>>();
    let (curves, without) = (named("curves"), named("no_curves"));
    let told: BTreeSet<&str> = curves.union(&without).copied().collect();
    assert_eq!(told, named("rules"));
    let why =
        |id: &str| all(&report, "no_curves").iter().find(|one| one["rule"] == id).unwrap()["why"].as_str().unwrap();
    assert!(why("t-equals").contains("只有等于、区间"), "{}", why("t-equals"));
    assert!(why("t-between-facts").contains("没有与一个数比大小"), "{}", why("t-between-facts"));
    assert!(why("house-c").contains("取值只有 1，"), "{}", why("house-c"));
    let mut forms: BTreeSet<&str> =
        FORMS.lines().filter_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"')).collect();
    forms.retain(|id| !["t-equals", "t-between-facts"].contains(id));
    for id in forms {
        let of_rule: Vec<&Value> = all(&report, "curves").iter().filter(|curve| curve["rule"] == id).collect();
        assert_eq!(of_rule.len(), if id == "t-two-numbers" { 2 } else { 1 }, "{id}: {without:?}");
        for curve in of_rule {
            let signals: BTreeSet<u64> = all(curve, "points").iter().map(|point| count(&point["signals"])).collect();
            assert!(signals.len() >= 3, "{id}: nothing to see in {curve}");
        }
    }
    // Counts above nothing are said as people say them.
    let counts = all(&report, "curves").iter().find(|curve| curve["rule"] == "t-counts").unwrap();
    assert_eq!((&counts["sign"], &counts["present"]), (&Value::from(">="), &Value::from(1.0)));
    let points = all(counts, "points").iter().map(|point| (&point["threshold"], point["set"].as_str().unwrap()));
    let points: Vec<(f64, &str)> = points.map(|(number, set)| (number.as_f64().unwrap(), set)).collect();
    assert_eq!(points[..2], [(1.0, "t-counts.yellow=0"), (2.0, "t-counts.yellow=1")]);

    let held = hold(&tune, &report, &|_| true);
    assert!(held > 80, "{held}");
}

/// A month that cannot answer a rule stands as it was, whatever the number; its signals are on every point.
#[test]
fn a_month_that_cannot_answer_is_on_every_point_as_it_was() {
    let county = County::invent(3_000, &["--clean", "--seed", "4", "--months", "2022-12..2023-02"]).with_own_config();
    county.run("2023-01").expect(0);
    let feed = county.path("config/feeds/医保_参保.toml");
    support::edit(&feed, |text| text.replacen("value = \"COUNT(*)\"", "value = \"COUNT(DISTINCT person)\"", 1));
    county.run("2023-02").expect(0);
    let tune = |more: &[&str]| {
        let mut command = county.command(&["tune", "2023-02", "--months", "2"]);
        command.args(more);
        json(command)
    };
    let report = tune(&["--curves"]);
    let curve = all(&report, "curves").iter().find(|curve| curve["rule"] == "uninsured").unwrap();
    let last = all(curve, "points").last().unwrap();
    assert!(count(&last["signals"]) > 5, "{last}");
    hold(&tune, &report, &|curve| curve["rule"] == "uninsured");
    // Where no month can, there is no curve.
    let mut command = county.command(&["tune", "2023-01", "--curves"]);
    command.args(["--set", "uninsured.blue=insured = 0 AND age >= 1 AND size > 0"]);
    let report = json(command);
    let without = all(&report, "no_curves").iter().find(|one| one["rule"] == "uninsured").unwrap();
    assert!(without["why"].as_str().unwrap().contains("都无法试算"), "{without}");
}
