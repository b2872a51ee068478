//! Rules as they are written: what compiles, where an error points, and what a rule's own examples hold it to.

use std::collections::BTreeSet;

use bidui_match::{Fact, OnUnknown, Rule, RuleContext, compile_facts, compile_rules};
use bidui_model::{Diagnostic, FeedKind, Level};

use crate::county::{County, PERSON, Person, person_contract};

const FACTS: &str = r#"
[[fact]]
name = "self_paid_12m"
per = "household"
value = "SUM(amount)"
[[fact]]
name = "insured"
per = "person"
value = "COUNT(*)"
[[fact]]
name = "last_kind"
per = "household"
value = "MAX(kind)"
[[fact]]
name = "last_day"
per = "household"
value = "MAX(on)"
"#;

/// A rule that compiles, but for what `keys` replace or add.
fn rule(keys: &[(&str, &str)]) -> String {
    let mut all = vec![
        ("id", "\"medical\""),
        ("title", "\"住院自付过高\""),
        ("risk", "\"因病\""),
        ("basis", "\"某文件第三条\""),
        ("per", "\"household\""),
        ("departments", "[\"医疗保障局\"]"),
        ("reason", "\"自付{self_paid_12m}元\""),
    ];
    for (key, value) in keys {
        all.retain(|(other, _)| other != key);
        if !value.is_empty() {
            all.push((key, value));
        }
    }
    let lines: Vec<String> = all.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    format!("[[rule]]\n{}\n", lines.join("\n"))
}

fn compile_with(text: &str, seen: &mut BTreeSet<String>) -> Result<Vec<Rule>, Vec<Diagnostic>> {
    polars::error::set_warning_function(|_, _| {});
    let mut county = County::new("2023-03", &[Person { no: "p1", household: "h1", ..PERSON }]);
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    let parameters = county.parameters();
    let facts: Vec<Fact> = compile_facts(FACTS, "feed.toml", &county.contracts[feed], feed, &parameters).unwrap();
    let context = RuleContext { facts: &facts, registry: &county.contracts[0], parameters: &parameters };
    compile_rules(text, "rules.toml", &context, seen)
}

fn compile(text: &str) -> Result<Vec<Rule>, Vec<Diagnostic>> {
    compile_with(text, &mut BTreeSet::new())
}

/// Code, the text that the error points at, and a part of its hint.
fn check(text: &str, expected: &[(&str, &str, &str)]) {
    let errors = compile(text).map(|_| ()).expect_err(text);
    let found: Vec<(&str, &str)> =
        errors.iter().map(|error| (error.code, &text[error.span.clone().expect("a place")])).collect();
    let wanted: Vec<(&str, &str)> = expected.iter().map(|(code, at, _)| (*code, *at)).collect();
    assert_eq!(found, wanted, "{text}: {errors:?}");
    for (error, (_, _, hint)) in errors.iter().zip(expected) {
        assert!(error.hint.as_deref().unwrap_or("").contains(hint), "{text}: {error:?}");
    }
}

fn red(sql: &str) -> String {
    rule(&[("red", &format!("\"{sql}\""))])
}

#[test]
fn a_rule_keeps_what_was_written() {
    let text = rule(&[
        ("orange", "\"self_paid_12m >= 10000\""),
        ("blue", "\"self_paid_12m > line AND household_kind = '脱贫户'\""),
        ("red", "\"self_paid_12m >= 20000\""),
        ("scope", "\"monitor_kind <> ''\""),
        ("on_unknown", "\"review\""),
        ("value", "\"self_paid_12m\""),
        ("actions", "[\"核实\", \"救助\"]"),
    ]);
    let rule = compile(&text).unwrap().remove(0);
    let levels: Vec<(Level, &str)> = rule.levels.iter().map(|(level, clause)| (*level, clause.sql.as_str())).collect();
    assert_eq!(
        levels,
        [
            (Level::Red, "self_paid_12m >= 20000"),
            (Level::Orange, "self_paid_12m >= 10000"),
            (Level::Blue, "self_paid_12m > 7300 AND household_kind = '脱贫户'"),
        ]
    );
    assert_eq!(rule.on_unknown, OnUnknown::Review);
    assert_eq!(rule.actions, ["核实", "救助"]);
    assert_eq!(rule.reads(), ["household_kind", "monitor_kind", "self_paid_12m"]);
    assert_eq!(rule.file, "rules.toml");
}

#[test]
fn an_unknown_name_is_found_at_its_bytes_with_the_nearest() {
    check(&red("self_payed_12m > 5"), &[("BD0206", "self_payed_12m", "self_paid_12m")]);
    check(&red("household_kind = '脱贫户' AND monitr_kind <> ''"), &[("BD0206", "monitr_kind", "monitor_kind")]);
    check(&red("self_paid_12m > lin"), &[("BD0206", "lin", "line")]);
    check(&red("户籍人口总数 > 5"), &[("BD0206", "户籍人口总数", "写作 '户籍人口总数'")]);
    check(
        &red("phone = '' OR person = '' OR name = ''"),
        &[("BD0206", "phone", ""), ("BD0206", "person", ""), ("BD0206", "name", "")],
    );
    check(
        &rule(&[("red", "\"size > 1\""), ("reason", "\"自付{self_payed_12m}元\"")]),
        &[("BD0206", "self_payed_12m", "self_paid_12m")],
    );
    check(
        &rule(&[("red", "\"size > 1\""), ("value", "\"self_payed_12m\"")]),
        &[("BD0206", "\"self_payed_12m\"", "self_paid_12m")],
    );
}

#[test]
fn a_household_does_not_read_what_is_a_persons() {
    check(&red("insured = 0"), &[("BD0206", "insured", "per = \"person\"")]);
    check(&red("age > 60"), &[("BD0206", "age", "per = \"person\"")]);
    check(&red("labour = '普通劳动力'"), &[("BD0206", "labour", "per = \"person\"")]);
    let person = rule(&[
        ("per", "\"person\""),
        ("red", "\"insured = 0 AND age > 60 AND labour <> '' AND size > 1 AND self_paid_12m > 0\""),
    ]);
    assert!(compile(&person).is_ok());
}

#[test]
fn wrong_types_are_found_before_there_is_a_row() {
    for (sql, at) in [
        ("self_paid_12m > 'many'", "'many'"),
        ("self_paid_12m >= '两万'", "'两万'"),
        ("household_kind > 5", "5"),
        ("last_day > 20230301", "20230301"),
        ("last_day = '2023-03-01'", "'2023-03-01'"),
        ("NOT household_kind", "household_kind"),
        ("self_paid_12m AND size > 1", "self_paid_12m"),
        ("self_paid_12m", "self_paid_12m"),
        ("self_paid_12m * 2", "self_paid_12m * 2"),
        ("'红'", "'红'"),
        ("1", "1"),
    ] {
        check(&red(sql), &[("BD0207", at, "")]);
    }
    let twice = |at| [("BD0207", at, ""), ("BD0207", at, "")];
    check(&red("COALESCE(last_kind, 0) = 0"), &twice("0"));
    check(&red("month_end - identified_on > 30"), &[("BD0207", "month_end", ""), ("BD0207", "identified_on", "")]);
}

#[test]
fn what_sql_may_not_say_is_found_inside_the_rule() {
    check(&red("size IN (SELECT 1)"), &[("BD0108", "size IN (SELECT 1)", "docs/sql.md")]);
    check(&red("household_kind = '脱贫户' AND read_csv('x') = 1"), &[("BD0108", "read_csv('x')", "")]);
    check(&red("self_paid_12m / size > 5"), &[("BD0108", "size", "NULLIF")]);
    check(&red("size > 1 AND"), &[("BD0108", "AND", "括号")]);
    check(&red("size ＞ 1"), &[("BD0108", "＞", "写作 >")]);
    check(&red("size > 1 -- 以后再改"), &[("BD0108", "-- 以后再改", "#")]);
}

#[test]
fn a_rule_says_when_for_whom_and_who_must_act() {
    check(&rule(&[]), &[("BD0201", "[[rule]]", "red")]);
    check(&rule(&[("scope", "\"size > 1\"")]), &[("BD0201", "[[rule]]", "red")]);
    check(&rule(&[("red", "\"size > 1\""), ("departments", "")]), &[("BD0202", "[[rule]]", "departments")]);
    check(&rule(&[("red", "\"size > 1\""), ("departments", "[]")]), &[("BD0202", "[]", "departments")]);
    check(&rule(&[("red", "\"size > 1\""), ("per", "\"village\"")]), &[("BD0204", "\"village\"", "household")]);
    check(&rule(&[("red", "\"size > 1\""), ("on_unknown", "\"yes\"")]), &[("BD0205", "\"yes\"", "review")]);
    for key in ["id", "title", "risk", "basis", "per", "reason"] {
        check(&rule(&[("red", "\"size > 1\""), (key, "")]), &[("BD0002", "[[rule]]", key)]);
    }
    check(&rule(&[("red", "\"size > 1\""), ("yelow", "\"size > 2\"")]), &[("BD0004", "yelow", "yellow")]);
    check(&rule(&[("red", "[\"size > 1\"]")]), &[("BD0003", "[\"size > 1\"]", "文字")]);
    check("[[rules]]\nid = \"x\"\n", &[("BD0004", "rules", "rule")]);
}

#[test]
fn braces_of_a_reason_come_in_pairs() {
    let reason = |text: &str| rule(&[("red", "\"size > 1\""), ("reason", &format!("\"{text}\""))]);
    check(&reason("自付{self_paid_12m元"), &[("BD0208", "{self_paid_12m", "花括号")]);
    check(&reason("自付self_paid_12m}元"), &[("BD0208", "}", "花括号")]);
    check(&reason("自付{}元"), &[("BD0208", "{}", "花括号")]);
    check(&reason("参数{lines}元"), &[("BD0206", "lines", "")]);
    assert!(compile(&reason("监测线{line}元，截至{month_end}")).is_ok());
}

#[test]
fn an_id_is_used_once_over_all_files() {
    let one = red("size > 1");
    let text = format!("{one}{}", red("size > 2"));
    check(&text, &[("BD0203", "\"medical\"", "唯一")]);
    let mut seen = BTreeSet::new();
    assert!(compile_with(&one, &mut seen).is_ok());
    let errors = compile_with(&one, &mut seen).map(|_| ()).expect_err("seen before");
    assert_eq!(errors[0].code, "BD0203");
}

#[test]
fn every_error_of_a_file_is_told_at_once() {
    let text = format!(
        "{}{}",
        rule(&[("red", "\"sise > 1\""), ("orange", "\"size > '二'\""), ("title", ""), ("reason", "\"{nobody}\"")]),
        rule(&[("id", "\"other\""), ("per", "\"镇\"")]),
    );
    check(
        &text,
        &[
            ("BD0002", "[[rule]]", "title"),
            ("BD0206", "sise", "size"),
            ("BD0207", "'二'", ""),
            ("BD0206", "nobody", ""),
            ("BD0201", "[[rule]]", ""),
            ("BD0204", "\"镇\"", ""),
        ],
    );
}

/// A rule with one example.
fn with_example(row: &str, answer: &str) -> String {
    let text = rule(&[
        ("scope", "\"household_kind = '脱贫户'\""),
        ("red", "\"self_paid_12m >= 20000\""),
        ("yellow", "\"self_paid_12m >= 5000 AND COALESCE(last_kind, '') <> '丙'\""),
    ]);
    format!("{text}[[rule.example]]\nrow = {{ {row} }}\nanswer = \"{answer}\"\n")
}

#[test]
fn an_example_is_answered_as_its_author_says() {
    for (row, answer) in [
        ("household_kind = '脱贫户', self_paid_12m = 20000", "red"),
        ("household_kind = '脱贫户', self_paid_12m = 20000.0", "red"),
        ("household_kind = '脱贫户', self_paid_12m = 19999.99", "yellow"),
        ("household_kind = '脱贫户', self_paid_12m = 4999", "none"),
        ("household_kind = '脱贫户', self_paid_12m = 5000, last_kind = '丙'", "none"),
        ("household_kind = '脱贫户'", "unknown"),
        ("household_kind = '脱贫户', last_kind = '丙'", "unknown"),
        ("household_kind = '一般农户', self_paid_12m = 20000", "none"),
        // A scope that is not known is not a scope that holds.
        ("self_paid_12m = 20000", "none"),
    ] {
        let text = with_example(&row.replace('\'', "\""), answer);
        assert!(compile(&text).is_ok(), "{text}: {:?}", compile(&text).map(|_| ()));
    }
}

#[test]
fn an_example_that_contradicts_its_rule_does_not_compile() {
    let check_answer = |row: &str, answer: &str, found: &str| {
        let text = with_example(&row.replace('\'', "\""), answer);
        check(&text, &[("BD0210", &format!("\"{answer}\""), "改")]);
        let errors = compile(&text).map(|_| ()).expect_err("a contradiction");
        assert!(errors[0].message.contains(&format!("的答案是 {found}，不是 {answer}")), "{errors:?}");
    };
    check_answer("household_kind = '脱贫户', self_paid_12m = 20000", "yellow", "red");
    check_answer("household_kind = '脱贫户', self_paid_12m = 20000", "none", "red");
    check_answer("household_kind = '脱贫户', self_paid_12m = 4999", "yellow", "none");
    check_answer("household_kind = '脱贫户'", "none", "unknown");
    check_answer("household_kind = '一般农户', self_paid_12m = 20000", "red", "none");
}

#[test]
fn an_example_is_written_in_the_rules_words() {
    let check_row = |row: &str, expected: &[(&str, &str, &str)]| {
        check(&with_example(&row.replace('\'', "\""), "none"), expected);
    };
    check_row("househld_kind = '一般农户'", &[("BD0209", "househld_kind", "household_kind")]);
    check_row("household_kind = 5", &[("BD0209", "5", "双引号")]);
    check_row("household_kind = '一般农户', self_paid_12m = '两万'", &[("BD0209", "\"两万\"", "")]);
    check_row("household_kind = '一般农户', size = 2.5", &[("BD0209", "2.5", "")]);
    check_row(
        "household_kind = '一般农户', identified_on = '2023-03-01'",
        &[("BD0209", "\"2023-03-01\"", "2023-03-01")],
    );
    let text = with_example("household_kind = \"一般农户\"", "crimson");
    check(&text, &[("BD0209", "\"crimson\"", "red、orange")]);
    let text = with_example("household_kind = \"一般农户\"", "none");
    check(&text.replace("answer = \"none\"\n", ""), &[("BD0002", "[[rule.example]]", "answer")]);
    assert!(compile(&with_example("household_kind = \"一般农户\", identified_on = 2023-03-01", "none")).is_ok());
}
