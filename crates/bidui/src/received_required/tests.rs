#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::OnceLock;

use bidui_model::{DatePrecision, Month};

use super::*;
use crate::config;

fn option(word: &str) -> Answer {
    Answer::Option(word.to_owned())
}

fn text(words: &str) -> Answer {
    Answer::Text(words.to_owned())
}

fn choice(code: &str) -> Answer {
    Answer::Choice(code.to_owned())
}

fn day(day: i32) -> Answer {
    Answer::Date(day, DatePrecision::Day)
}

fn shipped() -> &'static Config {
    static CONFIG: OnceLock<Config> = OnceLock::new();
    CONFIG.get_or_init(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/bidui.toml");
        config::load(&path, Some(Month::new(2023, 3).unwrap())).unwrap()
    })
}

/// What is said of one row of the shipped list of that id.
fn check(kind: ReturnKind, list: &str, answers: &[(&str, Answer)], says: &[&str]) {
    let month = Month::new(2023, 3).unwrap();
    let answers = answers.iter().map(|(key, answer)| ((*key).to_owned(), answer.clone())).collect();
    let at = At { file: "收回.xlsx".to_owned(), sheet: "表".to_owned(), row: Some(5) };
    let (list, row_key, tag) = (list.to_owned(), "2303-00042X".to_owned(), String::new());
    let row = ReturnedRow { kind, list, month, row_key, tag, edition: None, answers, at };
    let said: Vec<String> = required(&[row], shipped()).into_iter().map(|(_, remark)| remark.to_string()).collect();
    assert_eq!(said.len(), says.len(), "{said:?}");
    for (said, words) in said.iter().zip(says) {
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn what_a_check_of_the_registry_lacks_or_contradicts_is_told() {
    let check = |answers: &[(&str, Answer)], says: &[&str]| {
        check(ReturnKind::HouseholdCheck, "household_check", answers, says);
    };
    check(&[("result", option("不一致"))], &["选了“不一致”，还须填“更正为”"]);
    check(&[("result", option("不一致")), ("corrected", text("已更正姓名"))], &[]);
    check(&[("result", option("一致")), ("review", option("退回重核"))], &["“镇审核意见”填的是退回重核"]);
    check(&[("result", option("一致")), ("review", option("通过"))], &[]);
    let pair = |other: &str| [("result", option("一致")), ("checker_1", text("甲")), ("checker_2", text(other))];
    check(&pair("甲 "), &["“核对人1”与“核对人2”是同一个人"]);
    check(&pair("乙"), &[]);
}

#[test]
fn a_policy_that_is_carried_out_has_a_day_and_one_that_is_not_has_none() {
    let check = |answers: &[(&str, Answer)], says: &[&str]| {
        check(ReturnKind::PolicyGap, "policy_gap", answers, says);
    };
    let on = || ("done_on", day(19_460));
    check(&[("result", option("属实，未落实")), on()], &["“核实结果”填的是“属实，未落实”，而又填了“落实日期”"]);
    check(&[("result", option("属实，未落实"))], &[]);
    check(&[("result", option("已落实，数据未到"))], &["选了“已落实，数据未到”，还须填“落实日期”"]);
    check(&[("result", option("已落实，数据未到")), on()], &[]);
}

#[test]
fn what_tasks_anomalies_and_visits_require_is_told() {
    let refused = [("outcome", option("不符合条件"))];
    check(ReturnKind::Tasks, "tasks", &refused, &["选了“不符合条件”，还须填“说明”"]);
    check(ReturnKind::Tasks, "tasks", &[("outcome", option("办理中"))], &[]);
    let exempt = |until: i32| [("result", option("豁免")), ("until", day(until)), ("explanation", text("证明"))];
    check(ReturnKind::Anomalies, "anomalies", &exempt(19_400), &["“豁免到期日”不晚于核查或下发的日子"]);
    check(ReturnKind::Anomalies, "anomalies", &exempt(19_800), &[]);
    let reached = |word: &str| [("outcome", option(word))];
    check(ReturnKind::Visits, "grid_visits", &reached("联系上，情况稳定"), &["还须填“联系日期”"]);
    check(ReturnKind::Visits, "grid_visits", &reached("没有联系上"), &[]);
}

#[test]
fn a_second_look_has_a_day_and_a_name() {
    let agrees = || ("outcome", option("与镇核查一致"));
    let lacks = &["1行没有填“复核日期”或“复核人”（第5行）"];
    check(ReturnKind::Sample, "sample", &[agrees()], lacks);
    check(ReturnKind::Sample, "sample", &[agrees(), ("checker", text("甲"))], lacks);
    check(ReturnKind::Sample, "sample", &[agrees(), ("checker", text("甲")), ("checked_on", day(19_460))], &[]);
}

#[test]
fn who_is_excluded_for_what_he_owns_is_so_by_authorisation_and_never_by_hearsay() {
    let check = |answers: &[(&str, Answer)], says: &[&str]| {
        check(ReturnKind::Verification, "verification", answers, says);
    };
    let always = "须先有农户签署的授权、按程序比对过资产";
    check(&[("result", choice("34")), ("explanation", text("授权书已签，比对有车"))], &[always]);
    check(&[("result", choice("34")), ("explanation", text("听说有车"))], &["像是听说或推测"]);
    let unsigned = "选了“33 整户外出，未入户（电话或视频核实）”，还须填“核查人1”";
    check(&[("result", choice("33"))], &[unsigned]);
    check(&[("result", choice("33")), ("verifier_1", text("甲"))], &[]);
    check(&[("result", choice("22")), ("verifier_1", text("甲")), ("verifier_2", text("甲"))], &["是同一个人"]);
}
