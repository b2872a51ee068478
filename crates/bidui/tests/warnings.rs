//! What `check` points out that is no error: of the shipped configuration nothing, and of one with a slip that still compiles the slip, at its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config")
}

/// Codes and what they point at, of the shipped configuration with `right` written as `wrong` in one file. The exit code stays 0.
fn warnings(file: &str, right: &str, wrong: &str) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    support::copy_tree(&shipped(), folder.path(), false);
    let path = folder.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(right), "{file} has {right}");
    let text = text.replacen(right, wrong, 1);
    fs::write(&path, &text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bidui"));
    command.args(["check", "--format", "json", "--config"]).arg(folder.path().join("bidui.toml"));
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    let listed: serde_json::Value = serde_json::from_str(&said).unwrap();
    let warning = |said: &serde_json::Value| {
        assert_eq!((&said["severity"], &said["file"]), (&"warning".into(), &file.into()));
        let number = |key: &str| said[key].as_u64().unwrap() as usize;
        let line: Vec<char> = text.lines().nth(number("line") - 1).unwrap().chars().collect();
        let at: String = line[number("column") - 1..number("end_column") - 1].iter().collect();
        (said["code"].as_str().unwrap().to_owned(), at)
    };
    listed.as_array().unwrap().iter().map(warning).collect()
}

fn check(file: &str, right: &str, wrong: &str, expected: &[(&str, &str)]) {
    let found = warnings(file, right, wrong);
    let found: Vec<(&str, &str)> = found.iter().map(|(code, at)| (code.as_str(), at.as_str())).collect();
    assert_eq!(found, expected, "{file}: {wrong}");
}

const ILLNESS: &str = "rules/因病.toml";
/// The last example of the first rule and what stands before: it asks for no level, so that levels may change.
const ORANGE: &str = "orange = \"self_paid_12m >= 40000\"";

/// A rule without examples, behind the shipped ones.
fn rule(levels: &str, reason: &str) -> String {
    format!(
        "[[rule]]\nid = \"test\"\ntitle = \"试\"\nrisk = \"因病\"\nbasis = \"试\"\nper = \"household\"\ndepartments = [\"医疗保障局\"]\n{levels}\nreason = \"{reason}\"\n\n"
    )
}

fn check_rule(levels: &str, reason: &str, expected: &[(&str, &str)]) {
    let first = "[[rule]]\nid = \"medical-self-paid\"\n";
    check(ILLNESS, first, &format!("{}{first}", rule(levels, reason)), expected);
}

#[test]
fn of_the_shipped_configuration_nothing_is_pointed_out() {
    check(ILLNESS, ORANGE, ORANGE, &[]);
}

#[test]
fn a_level_that_contradicts_itself_never_shows() {
    let paid = "{self_paid_12m}元";
    let never = "self_paid_12m > 5 AND self_paid_12m < 3";
    check_rule(&format!("red = \"{never}\""), paid, &[("BD0221", never)]);
    check_rule("red = \"disabled_members < 0\"", "{disabled_members}人", &[("BD0221", "disabled_members < 0")]);
    let scope = "scope = \"household_kind = '脱贫户'\"\nyellow = \"household_kind <> '脱贫户' AND self_paid_12m > 5\"";
    check_rule(scope, paid, &[("BD0221", "household_kind <> '脱贫户' AND self_paid_12m > 5")]);
    check_rule("scope = \"1 > 2\"\nred = \"self_paid_12m > 5\"", paid, &[("BD0221", "1 > 2")]);
    check_rule(
        "red = \"income_2022 < monitor_line AND income_2022 > monitor_line + 1\"",
        "{income_2022}元",
        &[("BD0221", "income_2022 < monitor_line AND income_2022 > monitor_line + 1")],
    );
}

#[test]
fn a_level_that_a_worse_one_covers_never_shows() {
    let paid = "{self_paid_12m}元";
    let covered = "red = \"self_paid_12m >= 10000\"\norange = \"self_paid_12m >= 20000\"";
    check_rule(covered, paid, &[("BD0222", "self_paid_12m >= 20000")]);
    check_rule("red = \"self_paid_12m >= 20000\"\norange = \"self_paid_12m >= 10000\"", paid, &[]);
    // Where red may be unknown, orange may show.
    let unknown =
        "red = \"self_paid_12m >= 1 AND (income_2022 > 0 OR income_2022 <= 0)\"\norange = \"self_paid_12m >= 2\"";
    check_rule(unknown, paid, &[]);
    let both = "red = \"self_paid_12m >= 10000\"\norange = \"self_paid_12m < 10000 AND self_paid_12m > 5\"\nyellow = \"self_paid_12m > 7\"";
    check_rule(both, paid, &[("BD0222", "self_paid_12m > 7")]);
    // A parameter is never unknown, and of two that an OR joins one will do.
    let below = "orange = \"income_2022 < monitor_line\"\nyellow = \"income_2022 < 5000\"";
    check_rule(below, "{income_2022}元", &[("BD0222", "income_2022 < 5000")]);
    let either = "orange = \"self_paid_12m > 5 OR size > 3\"\nyellow = \"self_paid_12m > 5\"";
    check_rule(either, paid, &[("BD0222", "self_paid_12m > 5")]);
    let other = "orange = \"self_paid_12m > 5 AND income_2022 > 3\"\nyellow = \"self_paid_12m > 5\"";
    check_rule(other, paid, &[]);
}

#[test]
fn a_sentence_about_an_amount_names_it() {
    check_rule("red = \"self_paid_12m >= 10000\"", "自付过高", &[("BD0223", "自付过高")]);
    check_rule(
        "red = \"income_2022 < monitor_line\"\nworse = \"less\"",
        "低于{monitor_line}元",
        &[("BD0223", "低于{monitor_line}元")],
    );
    check_rule("red = \"income_2022 < monitor_line\"\nworse = \"less\"", "{income_2022}元低于{monitor_line}元", &[]);
    check_rule("red = \"self_paid_12m > 0\"", "有自付", &[]);
}

#[test]
fn what_nobody_reads_is_pointed_out() {
    let fact = "[[fact]]\nname = \"self_paid_12m\"";
    let more = "[[fact]]\nname = \"bills_12m\"\nper = \"household\"\nmonths = 12\nvalue = \"COUNT(*)\"\n\n";
    check("feeds/医保_住院结算.toml", fact, &format!("{more}{fact}"), &[("BD0711", "bills_12m")]);
    let parameter = "[[parameter]]\nname = \"cluster_households\"";
    let more = "[[parameter]]\nname = \"nobody_reads\"\nvalue = 1\nfrom = \"2022-01\"\nsource = \"试\"\n\n";
    check("bidui.toml", parameter, &format!("{more}{parameter}"), &[("BD0712", "nobody_reads")]);
}

#[test]
fn a_fact_that_counts_nothing_is_pointed_out() {
    let value = "value = \"SUM(self_paid)\"";
    let wrong = format!("where = \"self_paid > 5 AND self_paid < 3\"\n{value}");
    check("feeds/医保_住院结算.toml", value, &wrong, &[("BD0113", "self_paid > 5 AND self_paid < 3")]);
}

#[test]
fn an_escalation_that_raises_nobody_or_everybody_is_pointed_out() {
    let right = "when = \"orange >= 2\"";
    let when = |condition: &str, code: &str| {
        check("grading.toml", right, &format!("when = \"{condition}\""), &[(code, condition)]);
    };
    when("orange >= 0", "BD0305");
    when("orange < 0", "BD0304");
    when("orange >= 100", "BD0304");
    when("orange >= 2 AND orange <= 1", "BD0304");
    when("red >= 1", "BD0304");
    let two = |to: &str, condition: &str, expected: &[(&str, &str)]| {
        let more = format!("[[escalation]]\nto = \"{to}\"\nwhen = \"{condition}\"\nreason = \"试\"\n\n[monitored]");
        check("grading.toml", "[monitored]", &more, expected);
    };
    two("red", "orange >= 3", &[("BD0306", "orange >= 3")]);
    two("blue", "signals >= 3", &[("BD0304", "signals >= 3")]);
    two("orange", "orange >= 1 AND yellow >= 1", &[("BD0304", "orange >= 1 AND yellow >= 1")]);
    two("orange", "yellow >= 2", &[]);
    two("red", "signals >= 5 OR departments >= 4", &[]);
}

#[test]
fn a_growth_in_hundredths_is_pointed_out() {
    let growth = "growth = 0.2\n\n[[cooling]]\neffects = [\"monitored\"";
    check("grading.toml", growth, &growth.replace("0.2", "20"), &[("BD0307", "20")]);
    check("grading.toml", growth, &growth.replace("0.2", "1.0"), &[]);
}
