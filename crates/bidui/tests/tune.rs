//! Tuning against a known truth: towns answer by a model that the test knows, and what another rule set would have changed is added up a second time, from the
//! published relations and the model alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use support::{County, Record, program, repository, say};

const MONTHS: [&str; 3] = ["2023-01", "2023-02", "2023-03"];

/// What the towns find in a household, whenever they are asked: `None` where they do not answer.
fn model(household: &str) -> Option<&'static str> {
    let number: u64 = household.trim_start_matches('H').parse().unwrap();
    [Some("11"), Some("14"), Some("21"), Some("11"), Some("22"), Some("33"), None, Some("11")][(number % 8) as usize]
}

/// A clean county whose towns have answered three months' lists by the model.
fn county() -> County {
    county_of(16_000)
}

fn county_of(persons: u32) -> County {
    let county = County::invent(persons, &["--clean", "--seed", "5", "--months", "2022-12..2023-03"]);
    let mut answers =
        "月份,户编号,核查结果,情况说明,返贫致贫风险类型,纳入对象类别,启动识别日期,有效期/复核月份\n".to_owned();
    let households: BTreeSet<String> =
        county.truth("persons").into_iter().map(|person| person["household_id"].clone()).collect();
    for month in MONTHS {
        for household in &households {
            let Some(code) = model(household) else { continue };
            let rest = match code {
                "11" => format!("因病,突发严重困难户,{month}-25,"),
                "14" => ",,,2023-12".to_owned(),
                _ => ",,,".to_owned(),
            };
            answers.push_str(&format!("{month},{household},{code},已核实,{rest}\n"));
        }
    }
    std::fs::write(county.path("answers.csv"), answers).unwrap();
    let mut command = program();
    command.arg("rehearse").arg("2023-01..2023-03").arg("--folder").arg(county.root());
    command.arg("--answers").arg(county.path("answers.csv")).arg("--inbox").arg(county.path("inbox"));
    say(command.arg("--config").arg(&county.config).arg("--quiet")).expect(0);
    county
}

fn tune(county: &County, more: &[&str]) -> Value {
    let mut command = county.command(&["tune", "2023-03", "--json", "-", "--quiet"]);
    let said = say(command.args(more)).expect(0);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    // A key that stands twice would be read once.
    let (top, written) = (report.as_object().unwrap(), said.stdout.lines());
    assert_eq!(written.filter(|line| line.starts_with("  \"")).count(), top.len());
    report
}

/// The published signals and warnings of the months, with the model's answers: the second path.
struct Known {
    /// Live signals by month and household.
    signals: BTreeMap<(String, String), Vec<Record>>,
    included: BTreeSet<String>,
}

impl Known {
    fn of(county: &County) -> Self {
        let mut known = Self { signals: BTreeMap::new(), included: BTreeSet::new() };
        for month in MONTHS {
            for signal in county.relation(month, "signals").into_iter().filter(|signal| signal["state"] == "live") {
                let key = (month.to_owned(), signal["household_id"].clone());
                if model(&key.1) == Some("11") {
                    known.included.insert(key.1.clone());
                }
                known.signals.entry(key).or_default().push(signal);
            }
        }
        known
    }

    /// Confirmed and answered, of the doors whose signals pass.
    fn precision(&self, passes: &dyn Fn(&Record) -> bool) -> (u64, u64) {
        let (mut confirmed, mut answered) = (0, 0);
        for ((_, household), _) in self.signals.iter().filter(|(_, signals)| signals.iter().any(passes)) {
            match model(household) {
                Some("11" | "14") => (confirmed, answered) = (confirmed + 1, answered + 1),
                Some("21" | "22") => answered += 1,
                _ => {}
            }
        }
        (confirmed, answered)
    }

    fn doors(&self, passes: &dyn Fn(&Record) -> bool) -> BTreeSet<&(String, String)> {
        self.signals.iter().filter(|(_, signals)| signals.iter().any(passes)).map(|(key, _)| key).collect()
    }
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn precision(value: &Value) -> (u64, u64) {
    (count(&value["confirmed"]), count(&value["answered"]))
}

fn rule<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == id).unwrap()
}

/// Holds a report of which the rule's signals that do not pass are gone against the second path.
fn check_gone(known: &Known, report: &Value, of: &str, passes: &dyn Fn(&Record) -> bool) {
    let all = known.doors(&|_| true);
    let left = known.doors(passes);
    let gone: Vec<_> = all.difference(&left).collect();
    assert!(!gone.is_empty(), "{of}: nothing to see");
    let tally = &report["tally"];
    let found =
        |code: &[Option<&str>]| gone.iter().filter(|(_, household)| code.contains(&model(household))).count() as u64;
    assert_eq!(count(&report["doors"]["before"]), all.len() as u64, "{of}");
    assert_eq!(count(&report["doors"]["after"]), left.len() as u64, "{of}");
    assert_eq!(count(&tally["doors_gone"]), gone.len() as u64, "{of}");
    assert_eq!(count(&tally["doors_new"]), 0, "{of}");
    assert_eq!(count(&tally["gone_no_risk"]), found(&[Some("14"), Some("21"), Some("22")]), "{of}");
    assert_eq!(count(&tally["gone_confirmed"]), found(&[Some("11")]), "{of}");
    assert_eq!(count(&tally["gone_unanswered"]), found(&[None]), "{of}");
    assert_eq!(precision(&report["all"][0]), known.precision(&|_| true), "{of}");
    assert_eq!(precision(&report["all"][1]), known.precision(passes), "{of}");
    let is_it = |signal: &Record| signal["rule_id"] == of;
    assert_eq!(precision(&rule(report, of)["before"]), known.precision(&is_it), "{of}");
    assert_eq!(
        precision(&rule(report, of)["after"]),
        known.precision(&|signal| is_it(signal) && passes(signal)),
        "{of}"
    );
    // What a level, a town or a kind of household loses adds up to the whole.
    for groups in ["levels", "towns", "kinds", "by_month"] {
        let all = report[groups].as_array().unwrap();
        let sum = |of: &str, what: &str| all.iter().map(|group| count(&group[of][what])).sum::<u64>();
        assert_eq!(sum("doors", "gone") - sum("doors", "new"), gone.len() as u64, "{of} {groups}");
        let signals: u64 = known.signals.values().map(|signals| signals.len() as u64).sum();
        let stay: u64 =
            known.signals.values().map(|signals| signals.iter().filter(|one| passes(one)).count() as u64).sum();
        assert_eq!((sum("signals", "before"), sum("signals", "after")), (signals, stay), "{of} {groups}");
    }
    let still: BTreeSet<&String> = left.iter().map(|(_, household)| household).collect();
    let missed: Vec<&String> = known.included.iter().filter(|household| !still.contains(household)).collect();
    assert_eq!(count(&tally["included"]), known.included.len() as u64, "{of}");
    assert_eq!(count(&tally["missed"]), missed.len() as u64, "{of}");
    let named: Vec<&str> =
        report["missed_households"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert_eq!(named, missed, "{of}");
}

#[test]
fn what_other_rules_would_have_done_is_what_the_model_says() {
    let county = county();
    let known = Known::of(&county);
    assert!(known.included.len() > 10, "{}", known.included.len());

    // Nothing changes where nothing is changed, whether or not every rule is asked anew.
    for more in [&["--months", "3"][..], &["--months", "3", "--everything"]] {
        let report = tune(&county, more);
        for change in report["rules"].as_array().unwrap().iter().map(|rule| &rule["signals"]).chain([&report["doors"]])
        {
            assert_eq!(
                (count(&change["new"]), count(&change["gone"]), count(&change["changed"])),
                (0, 0, 0),
                "{more:?}"
            );
        }
        assert_eq!(precision(&report["all"][1]), known.precision(&|_| true));
        for of in report["rules"].as_array().unwrap() {
            let is_it = |signal: &Record| signal["rule_id"] == of["rule"].as_str().unwrap();
            assert_eq!(precision(&of["after"]), known.precision(&is_it), "{of}");
        }
    }

    // A rule is switched off, or warns from another number on.
    let off = tune(&county, &["--months", "3", "--set", "uninsured.blue=off"]);
    check_gone(&known, &off, "uninsured", &|signal| signal["rule_id"] != "uninsured");
    // The same by a folder of rules: one without the file that the rule stands in.
    support::copy_tree(&repository().join("config/rules"), &county.path("tried"), false);
    std::fs::remove_file(county.path("tried/帮扶.toml")).unwrap();
    let without = tune(&county, &["--months", "3", "--rules", county.path("tried").to_str().unwrap()]);
    check_gone(&known, &without, "measures-missing", &|signal| signal["rule_id"] != "measures-missing");
    assert_eq!(rule(&without, "measures-missing")["status"], "removed");
    let of = "income-under-10000";
    let mut values: Vec<f64> = known
        .signals
        .values()
        .flatten()
        .filter(|signal| signal["rule_id"] == of)
        .map(|signal| signal["value"].parse().unwrap())
        .collect();
    values.sort_by(f64::total_cmp);
    let number = values[values.len() / 2];
    let moved = tune(&county, &["--months", "3", "--set", &format!("{of}.blue={number}"), "--curves"]);
    let passes = |signal: &Record| signal["rule_id"] != of || signal["value"].parse::<f64>().unwrap() < number;
    check_gone(&known, &moved, of, &passes);
    check_curve(&known, &moved, of);
    for of in [of, "disability-multiple", "several-students", "medical-self-paid"] {
        check_bands(&known, &moved, of);
    }
    check_suggestion(&county);
}

/// What is suggested does what is said of it, and names every town that stays overloaded.
fn check_suggestion(county: &County) {
    const CAPACITY: u64 = 14;
    let capacity = format!("{CAPACITY}/town");
    let asked = ["--months", "3", "--suggest", "--capacity", &capacity];
    let suggested = tune(county, &asked);
    let suggestion = &suggested["suggestion"];
    let sets: Vec<&str> =
        suggestion["moves"].as_array().unwrap().iter().map(|one| one["set"].as_str().unwrap()).collect();
    assert!(!sets.is_empty(), "{suggestion}");
    let sets: Vec<&str> = sets.iter().flat_map(|set| set.split(' ')).collect();
    let tried = tune(county, &[&["--months", "3", "--capacity", &capacity], &sets[..]].concat());
    let after = suggestion["doors_after"].as_f64().unwrap() * 3.0;
    assert!((after - count(&tried["doors"]["after"]) as f64).abs() < 1e-6, "{after} {}", tried["doors"]);
    assert_eq!(count(&suggestion["missed"]), count(&tried["tally"]["missed"]));
    assert_eq!(count(&suggestion["no_risk"]), count(&tried["tally"]["gone_no_risk"]));
    let given_up =
        ["no_risk", "confirmed", "other", "unanswered"].iter().map(|key| count(&suggestion[*key])).sum::<u64>();
    assert_eq!(given_up, count(&tried["tally"]["doors_gone"]), "the parts are the whole");
    // What one move costs is what a replay of all the others says.
    for one in suggestion["moves"].as_array().unwrap() {
        let own: Vec<&str> = one["set"].as_str().unwrap().split(' ').collect();
        let others: Vec<&str> = sets.chunks(2).filter(|set| *set != own).flatten().copied().collect();
        let without = tune(county, &[&["--months", "3"], &others[..]].concat());
        assert_eq!(count(&one["doors"]), count(&without["doors"]["after"]) - count(&tried["doors"]["after"]), "{one}");
    }
    let over = |report: &Value, months: &str| -> BTreeMap<String, u64> {
        let towns = report["workload"].as_array().unwrap().iter();
        let over = towns.map(|town| (town["town"].as_str().unwrap().to_owned(), count(&town[months])));
        over.filter(|(_, months)| *months > 0).collect()
    };
    let named: BTreeMap<String, u64> = suggestion["over"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["town"].as_str().unwrap().to_owned(), count(&one["months"])))
        .collect();
    assert_eq!(named, over(&tried, "over_after"));
    let months = |over: &BTreeMap<String, u64>| over.values().sum::<u64>();
    assert!(months(&named) < months(&over(&suggested, "over_after")), "it helps: {named:?}");
}

/// Answers that came after a month was run are no reason of what it published, nor of what another rule would have.
#[test]
fn what_came_in_after_a_month_was_run_is_not_known_to_its_replay() {
    let county = County::invent(6_000, &["--clean", "--seed", "7", "--months", "2022-12..2023-02"]);
    for month in ["2023-01", "2023-02"] {
        county.run(month).expect(0);
    }
    let mut answers = "月份,户编号,核查结果,情况说明\n".to_owned();
    for warning in county.relation("2023-01", "warnings") {
        answers.push_str(&format!("2023-01,{},22,已核实\n", warning["household_id"]));
    }
    std::fs::write(county.path("answers.csv"), answers).unwrap();
    let mut command = program();
    command.arg("rehearse").arg("2023-01..2023-01").arg("--folder").arg(county.root());
    command.arg("--answers").arg(county.path("answers.csv")).arg("--inbox").arg(county.path("inbox"));
    say(command.arg("--config").arg(&county.config).arg("--quiet")).expect(0);
    let said =
        say(county.command(&["tune", "2023-02", "--everything", "--json", "-", "--quiet"]).args(["--months", "2"]));
    let report: Value = serde_json::from_str(&said.expect(0).stdout).unwrap();
    assert!(count(&report["answers"]) > 5, "{}", report["answers"]);
    let doors = &report["doors"];
    assert!(count(&doors["before"]) > 10);
    assert_eq!((count(&doors["new"]), count(&doors["gone"]), count(&doors["changed"])), (0, 0, 0), "{doors}");
}

/// Every point of a rule's curve at or within the present number is what the published signals say.
fn check_curve(known: &Known, report: &Value, of: &str) {
    let curve = report["curves"].as_array().unwrap().iter().find(|curve| curve["rule"] == of).unwrap();
    let present = curve["present"].as_f64().unwrap();
    let points = curve["points"].as_array().unwrap();
    assert!(points.len() > 5);
    for point in points.iter().filter(|point| point["threshold"].as_f64().unwrap() <= present) {
        let number = point["threshold"].as_f64().unwrap();
        let is_it = |signal: &Record| signal["rule_id"] == of && signal["value"].parse::<f64>().unwrap() < number;
        let passes = |signal: &Record| signal["rule_id"] != of || is_it(signal);
        let fires = known.doors(&is_it);
        let caught: BTreeSet<&String> = fires
            .iter()
            .map(|(_, household)| household)
            .filter(|household| known.included.contains(*household))
            .collect();
        let left: BTreeSet<&String> = known.doors(&passes).into_iter().map(|(_, household)| household).collect();
        let missed = known.included.iter().filter(|household| !left.contains(household)).count();
        assert_eq!(count(&point["signals"]), fires.len() as u64, "{number}");
        assert_eq!(precision(&point["precision"]), known.precision(&is_it), "{number}");
        assert_eq!(count(&point["caught"]), caught.len() as u64, "{number}");
        assert_eq!(count(&point["missed"]), missed as u64, "{number}");
        let visits = known.doors(&passes).len() as f64 / MONTHS.len() as f64;
        assert!((point["visits"].as_f64().unwrap() - visits).abs() < 1e-9, "{number}");
    }
}

/// The bands of a rule are those of its own published signals, each in one band; where it knocked on no door, it is not said how often it was right.
fn check_bands(known: &Known, report: &Value, of: &str) {
    let curve = report["curves"].as_array().unwrap().iter().find(|curve| curve["rule"] == of).unwrap();
    let bands = curve["bands"].as_array().unwrap();
    let is_of = |signal: &Record| signal["rule_id"] == of;
    let mut signals = 0;
    for band in bands {
        let end = |end: &str, is_held: &str| band[end].as_f64().map(|number| (number, band[is_held] == true));
        let (from, to) = (end("from", "has_from"), end("to", "has_to"));
        let is_in = |signal: &Record| {
            let value: f64 = signal["value"].parse().unwrap();
            let is_beyond = from.is_none_or(|(from, is_held)| value > from || is_held && value >= from);
            is_of(signal) && is_beyond && to.is_none_or(|(to, is_held)| value < to || is_held && value <= to)
        };
        let doors = known.doors(&is_in).len() as u64;
        assert_eq!(count(&band["signals"]), doors, "{of}: {band}");
        assert_eq!(precision(&band["precision"]), known.precision(&is_in), "{of}: {band}");
        signals += doors;
    }
    assert_eq!(signals, known.doors(&is_of).len() as u64, "{of}: every signal is in one band: {bands:?}");
    let titles: BTreeSet<&str> = bands.iter().map(|band| band["title"].as_str().unwrap()).collect();
    let not_asked = bands.iter().filter(|band| count(&band["signals"]) == 0 && count(&band["not_asked"]) > 0).count();
    assert!(titles.len() == bands.len() && not_asked > 0, "{of}: {bands:?}");
}

#[test]
fn doors_that_a_lower_number_adds_are_those_of_the_published_facts() {
    let county = County::invent(6_000, &["--clean", "--seed", "6", "--months", "2022-12..2023-01"]);
    county.run("2023-01").expect(0);
    let said = say(county
        .command(&["tune", "2023-01", "--json", "-", "--quiet", "--set", "income-under-10000.blue=12000"])
        .arg("--everything"));
    let said = said.expect(0);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let warned: BTreeSet<String> =
        county.relation("2023-01", "warnings").into_iter().map(|one| one["household_id"].clone()).collect();
    let is_focus = |one: &Record| one["household_kind"] == "脱贫户" || !one["monitor_kind"].is_empty();
    let poor = |one: &Record| one["income_2022"].parse::<f64>().is_ok_and(|income| income < 12_000.0);
    let fires = county.relation("2023-01", "households").into_iter().filter(|one| is_focus(one) && poor(one));
    let new = fires.filter(|one| !warned.contains(&one["household_id"])).count() as u64;
    assert!(new > 5, "{new}");
    assert_eq!(count(&report["tally"]["doors_new"]), new);
    assert_eq!(count(&report["doors"]["new"]), new);
    assert_eq!(count(&report["doors"]["gone"]), 0);
}

/// On the messy fixtures, with weak links, answers and what is not asked again: the rules asked anew give what the months published.
#[test]
fn rules_asked_anew_of_published_facts_give_the_published_signals() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program();
    command.arg("rehearse").arg("--folder").arg(folder.path()).arg("--quiet").current_dir(repository());
    say(&mut command).expect(0);
    let out = folder.path().join("out");
    let contents = || support::digests(&out);
    let before = contents();
    let mut command = program();
    command.args(["tune", "2023-03", "--months", "3", "--everything", "--json", "-", "--quiet"]);
    command.arg("--out").arg(folder.path().join("out")).arg("--state").arg(folder.path().join("state"));
    let said = say(command.current_dir(repository()));
    let said = said.expect(0);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    assert!(count(&report["doors"]["before"]) > 50 && report["answers"].as_u64() > Some(20));
    for rule in report["rules"].as_array().unwrap() {
        let change = &rule["signals"];
        assert_eq!((count(&change["new"]), count(&change["gone"]), count(&change["changed"])), (0, 0, 0), "{rule}");
        assert_eq!(rule["status"], "same", "{rule}");
    }
    let (asked, kept) = (report["rules"].as_array().unwrap().len(), report["unanswered"].as_array().unwrap().len());
    let note = format!("{}条规则按各月的指标重新算过", asked - kept);
    assert!(report["notes"].to_string().contains(&note), "{note}: {}", report["notes"]);
    let doors = &report["doors"];
    assert_eq!((count(&doors["new"]), count(&doors["gone"]), count(&doors["changed"])), (0, 0, 0));
    assert_eq!(contents(), before, "nothing of the months was written");
    check_departments(folder.path());
}

/// The months' signals are their departments' as published, though the rules have gone to another since.
fn check_departments(folder: &std::path::Path) {
    let config = folder.join("config");
    support::copy_tree(&repository().join("config"), &config, false);
    let file = config.join("rules/因病.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("\"医疗保障局\""));
    std::fs::write(&file, text.replace("\"医疗保障局\"", "\"水利局\"")).unwrap();
    let mut command = program();
    command.args(["tune", "2023-03", "--months", "3", "--json", "-", "--quiet", "--config"]);
    command
        .arg(config.join("bidui.toml"))
        .arg("--out")
        .arg(folder.join("out"))
        .arg("--state")
        .arg(folder.join("state"));
    let report: Value = serde_json::from_str(&say(&mut command).expect(0).stdout).unwrap();
    let mut published: BTreeMap<String, u64> = BTreeMap::new();
    for month in MONTHS {
        let signals = support::records(&folder.join("out").join(month).join("data/signals.csv"));
        for signal in signals.iter().filter(|signal| signal["state"] == "live") {
            for department in signal["departments"].split('、') {
                *published.entry(department.to_owned()).or_default() += 1;
            }
        }
    }
    assert!(published["医疗保障局"] > 5);
    let found: BTreeMap<String, u64> = report["departments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| (each["key"].as_str().unwrap().to_owned(), count(&each["signals"]["before"])))
        .collect();
    assert_eq!(found, published);
}

#[test]
fn a_rule_that_a_month_cannot_answer_stands_as_it_was_and_is_named() {
    let county = County::invent(2_000, &["--clean", "--months", "2022-12..2023-01"]).with_own_config();
    county.run("2023-01").expect(0);
    // A fact that is defined in another way since.
    let feed = county.path("config/feeds/医保_参保.toml");
    support::edit(&feed, |text| text.replacen("value = \"COUNT(*)\"", "value = \"COUNT(DISTINCT person)\"", 1));
    let mut command = county.command(&["tune", "2023-01", "--json", "-", "--quiet"]);
    let said = say(command.args(["--set", "uninsured.blue=insured = 0 AND age >= 50"])).expect(0);
    let report: Value = serde_json::from_str(&said.stdout).unwrap();
    let all = rule(&report, "uninsured");
    let named: Vec<&Value> = report["unanswered"].as_array().unwrap().iter().map(|one| &one["rule"]).collect();
    assert!(named.iter().any(|one| *one == "uninsured"), "{report}");
    assert!(count(&all["signals"]["before"]) > 0 && all["signals"]["before"] == all["signals"]["after"], "{all}");
}

#[test]
fn wrong_requests_are_told_what_is_valid() {
    let county = County::invent(600, &["--clean", "--months", "2022-12..2023-01"]);
    county.run("2023-01").expect(0);
    let check = |more: &[&str], words: &[&str]| {
        let said = say(county.command(&["tune", "2023-01"]).args(more));
        assert_eq!(said.code, Some(2), "{more:?} {said:?}");
        words.iter().for_each(|word| assert!(said.stderr.contains(word), "{word}: {}", said.stderr));
    };
    check(&["--set", "uninsurd.blue=off"], &["没有规则", "是不是“uninsured”"]);
    check(&["--set", "uninsured.blu=off"], &["没有“blu”这一级", "red、orange、yellow、blue"]);
    check(&["--set", "uninsured.blue=insred = 0"], &["insred", "是不是“insured”"]);
    check(&["--set", "tuition.yellow=many"], &["many"]);
    check(&["--set", "monitor_lin=8000"], &["没有参数", "是不是“monitor_line”"]);
    for odd in ["inf", "nan", "1e999", "8万"] {
        check(&["--set", &format!("monitor_line={odd}")], &["--set“monitor_line=", "应是一个数", odd]);
    }
    check(&["--set", "medical.yellow=3"], &["没有规则“medical”，是不是", "“medical-self-paid”"]);
    check(&["--set", "uninsured.blue"], &["没有等号"]);
    check(&["--set", "medical-against-income.yellow=3"], &["没有与一个数比大小", "请写出整个条件"]);
    check(&["--set", "spending-jump.yellow=3"], &["第1处 spending_2022 >=", "第2处", "规则.等级.2=数"]);
    check(&["--set", "spending-jump.yellow.3=3"], &["没有第3处"]);
    check(&["--set", "spending-jump.yellow.2=size > 3"], &["应是一个数"]);
    check(&["--suggest"], &["--capacity"]);
    check(&["--capacity", "百棚镇=3"], &["百朋镇"]);
    for odd in ["", "6/town/town", "6/镇", "6,", "-6", "+6", "百朋镇="] {
        check(&["--capacity", odd], &["--capacity“", "看不懂"]);
    }
    check(&["--rules", "no-such-folder"], &["找不到规则文件夹"]);
    check(&["--months", "0"], &["--months"]);
    let said = say(&mut county.command(&["tune", "2022-12"]));
    assert_eq!(said.code, Some(2), "{said:?}");
}

/// A month between that is not looked at says nothing, a ledger that is gone is no ledger without answers, and levels that can never appear are told.
#[test]
fn what_is_not_looked_at_does_not_count_and_what_cannot_be_is_told() {
    let county = county_of(3_000);
    let all = tune(&county, &["--months", "3"]);
    let moved = county.path("aside");
    std::fs::rename(county.path("out/2023-02"), &moved).unwrap();
    let some = tune(&county, &["--months", "3"]);
    let alone = tune(&county, &["--months", "1"]);
    assert!(
        count(&alone["answers"]) > 0 && count(&some["answers"]) < count(&all["answers"]),
        "{} {}",
        some["answers"],
        all["answers"]
    );
    std::fs::rename(&moved, county.path("out/2023-02")).unwrap();

    let covered = tune(&county, &["--months", "1", "--set", "medical-self-paid.yellow=90000"]);
    let notes = covered["notes"].to_string();
    assert!(notes.contains("medical-self-paid：yellow 永远不会出现"), "{notes}");
    for (given, says) in [
        (&["--set", "medical-self-paid.yellow=8000", "--set", "medical-self-paid.yellow=9000"][..], "改的是同一处"),
        (&["--suggest", "--capacity", "300,百朋镇=1,百朋镇=200"][..], "写了两次不同的数"),
        (&["--html", "-"][..], "要写文件名"),
    ] {
        say(county.command(&["tune", "2023-03"]).args(given)).expect(2).naming(&[says]);
    }
    let ledger = std::fs::read(county.path("state/ledger.db")).unwrap();
    for (flag, path) in [("--json", "state/ledger.db"), ("--html", "out/2023-03/data/rules.parquet")] {
        say(county.command(&["tune", "2023-03"]).arg(flag).arg(county.path(path))).expect(2).naming(&["请写到别处"]);
    }
    assert!(std::fs::read(county.path("state/ledger.db")).unwrap() == ledger);
    let same = tune(&county, &["--months", "1", "--everything"]);
    let statuses = same["rules"].as_array().unwrap().iter().map(|rule| rule["status"].as_str().unwrap());
    assert!(statuses.collect::<BTreeSet<_>>().is_subset(&BTreeSet::from(["same"])), "{}", same["rules"]);

    std::fs::rename(county.path("state/ledger.db"), &moved).unwrap();
    say(&mut county.command(&["tune", "2023-03"])).expect(2).naming(&["ledger.db”不见了"]);
}
