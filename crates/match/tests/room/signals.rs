//! Which households a rule fires for, how seriously, and in what words.

use bidui_match::{SignalState, explain_rule};
use bidui_model::FeedKind;
use polars::prelude::{Column, DataFrame, DataType};

use crate::county::{County, PERSON, Person, Row, day, of, person_contract};

/// h1 of p1 (head, 脱贫户, 50 years) and p2 (12 years); h2 of p3 (61); h3 of p4, of whom nothing is known.
fn persons() -> Vec<Person> {
    vec![
        Person {
            no: "p1",
            household: "h1",
            id: 1,
            name: 1,
            relation: "户主",
            labour: "普通劳动力",
            household_kind: "脱贫户",
            identified_on: Some(day("2022-11-30")),
            birth: Some(day("1973-03-31")),
            sex: "男",
            ..PERSON
        },
        Person { no: "p2", household: "h1", id: 2, name: 2, birth: Some(day("2010-04-01")), sex: "女", ..PERSON },
        Person {
            no: "p3",
            household: "h2",
            id: 3,
            name: 3,
            household_kind: "一般农户",
            birth: Some(day("1962-03-01")),
            ..PERSON
        },
        Person { no: "p4", household: "h3", ..PERSON },
    ]
}

const FACTS: &str = r#"
[[fact]]
name = "paid"
per = "household"
months = 2
value = "SUM(amount)"
[[fact]]
name = "rows"
per = "person"
value = "COUNT(*)"
[[fact]]
name = "worst"
per = "person"
value = "MAX(score)"
[[fact]]
name = "least"
per = "household"
value = "MIN(amount)"
"#;

/// p1 paid 200.50 and 1; p2 has a row without an amount; p3 paid 50; p4 has nothing.
fn county(february: bool) -> County {
    let mut county = County::new("2023-03", &persons());
    let feed = county.feed(person_contract("明细", FeedKind::Events));
    let row = |id, fen| Row { amount: Some(fen), ..of(id) };
    county.put(
        feed,
        "2023-03",
        &[Row { score: Some(3.0), ..row(1, 20_050) }, row(1, 100), Row { score: Some(7.5), ..of(2) }, row(3, 5_000)],
    );
    if february {
        county.put(feed, "2023-02", &[]);
    } else {
        county.put(feed, "2023-01", &[]);
    }
    county.declare(feed, FACTS);
    county.compute();
    county
}

fn rule(per: &str, keys: &str) -> String {
    let reason = if keys.contains("reason =") { "" } else { "reason = \"原因\"\n" };
    format!(
        "[[rule]]\nid = \"r\"\ntitle = \"名目\"\nrisk = \"因病\"\nbasis = \"依据\"\nper = \"{per}\"\ndepartments = [\"某局\"]\n{reason}{keys}\n"
    )
}

/// `household level state(persons)` of every signal.
fn fired(county: &mut County, per: &str, keys: &str) -> String {
    county.rules.clear();
    county.rule(&rule(per, keys));
    let line = |signal: &bidui_match::Signal| {
        let persons: Vec<&str> = signal.persons.iter().map(|person| county.registry.person_no(*person)).collect();
        let persons = if persons.is_empty() { String::new() } else { format!("({})", persons.join(",")) };
        let state = if signal.state == SignalState::Live { "" } else { " review" };
        format!("{} {}{state}{persons}", county.registry.household_id(signal.household), signal.level.code())
    };
    county.signals().iter().map(line).collect::<Vec<_>>().join("; ")
}

fn check(per: &str, keys: &str, expected: &str) {
    assert_eq!(fired(&mut county(true), per, keys), expected, "{keys}");
}

/// The same with February's extract missing: `paid` is unknown, the others are not.
fn check_without_february(per: &str, keys: &str, expected: &str) {
    assert_eq!(fired(&mut county(false), per, keys), expected, "{keys}");
}

#[test]
fn the_most_serious_level_that_is_true_wins() {
    check("household", "red = \"paid >= 200\"\norange = \"paid >= 100\"\nyellow = \"paid >= 50\"", "h1 red; h2 yellow");
    check("household", "blue = \"paid >= 0\"\nred = \"paid >= 50.01\"", "h1 red; h2 blue; h3 blue");
    check("household", "red = \"paid > 1000\"", "");
}

#[test]
fn a_scope_that_is_false_or_unknown_shuts_the_rule() {
    check("household", "scope = \"household_kind = '脱贫户'\"\nblue = \"paid >= 0\"", "h1 blue");
    check("household", "scope = \"least >= 0\"\nblue = \"TRUE\"", "h1 blue; h2 blue");
    check("household", "scope = \"NOT (least >= 0)\"\nblue = \"TRUE\"", "");
    check("person", "scope = \"age BETWEEN 6 AND 16\"\nblue = \"TRUE\"", "h1 blue(p2)");
    check("person", "scope = \"age IS NULL\"\nblue = \"TRUE\"", "h3 blue(p4)");
    check("household", "scope = \"least >= 0\"\nblue = \"TRUE\"\non_unknown = \"review\"", "h1 blue; h2 blue");
}

#[test]
fn age_is_in_full_years_at_the_months_last_day() {
    // p1's birthday is the month's last day; p2's is the day after.
    check("person", "red = \"age = 50\"\nblue = \"age = 12\"", "h1 red(p1,p2)");
    check("person", "red = \"age >= 61\"", "h2 red(p3)");
    check("person", "red = \"age = 13\"", "");
}

#[test]
fn of_a_households_members_the_most_serious_gives_the_level_and_all_are_listed() {
    check("person", "red = \"worst > 5\"\nyellow = \"rows > 0\"", "h1 red(p1,p2); h2 yellow(p3)");
    check("person", "red = \"rows >= 2\"", "h1 red(p1)");
    check("person", "red = \"paid > 200\"", "h1 red(p1,p2)");
    check("person", "blue = \"relation = '户主' AND size = 2\"", "h1 blue(p1)");
}

#[test]
fn a_missing_word_is_empty_and_a_missing_date_unknown() {
    check("household", "blue = \"household_kind = ''\"", "h3 blue");
    check("household", "blue = \"household_kind <> '脱贫户'\"", "h2 blue; h3 blue");
    check("person", "blue = \"labour NOT IN ('普通劳动力')\"", "h1 blue(p2); h2 blue(p3); h3 blue(p4)");
    check("household", "blue = \"identified_on < month_start - INTERVAL '3 months'\"", "h1 blue");
    check("household", "blue = \"NOT identified_on < month_start - INTERVAL '3 months'\"", "");
    check("person", "blue = \"sex = '女'\"", "h1 blue(p2)");
}

#[test]
fn an_unknown_answer_is_no_signal_or_one_for_a_persons_eye() {
    check("household", "red = \"least < 0\"\nyellow = \"least > 100\"", "");
    check("household", "red = \"least < 0\"\nyellow = \"least > 100\"\non_unknown = \"review\"", "h3 yellow review");
    check("person", "red = \"worst > 5\"\non_unknown = \"review\"", "h1 red(p2); h2 red review(p3); h3 red review(p4)");
    // A level that is true is not in doubt, whatever a more serious one would have said.
    check("household", "red = \"least > 5000\"\nblue = \"size = 1\"\non_unknown = \"review\"", "h2 blue; h3 blue");
}

#[test]
fn a_missing_extract_neither_raises_nor_clears() {
    for keys in [
        "red = \"paid >= 0\"",
        "red = \"NOT paid >= 100\"",
        "red = \"paid IS NULL\"",
        "red = \"COALESCE(paid, 0) = 0\"",
        "red = \"COALESCE(paid, 99999) > 5\"",
        "red = \"GREATEST(paid, 5) = 5\"",
        "red = \"LEAST(size, paid) > 0\"",
        "red = \"NULLIF(size, paid) > 0\"",
        "red = \"CASE WHEN paid > 5 THEN 0 ELSE 1 END = 1\"",
        "red = \"TRUE\"\nscope = \"COALESCE(paid, 0) = 0\"",
        "red = \"TRUE\"\nscope = \"paid < 5\"",
    ] {
        check_without_february("household", keys, "");
    }
    // The half that needs no extract still decides.
    check_without_february("household", "red = \"paid > 5 OR size = 2\"", "h1 red");
    check_without_february("household", "red = \"paid > 5\"\nblue = \"size = 2\"", "h1 blue");
    check_without_february(
        "household",
        "red = \"COALESCE(paid, 0) > 5 OR size = 2\"\nblue = \"size > 0\"",
        "h1 blue; h2 blue; h3 blue",
    );
}

#[test]
fn nobody_reviews_a_whole_county_for_a_missing_extract() {
    let keys = "red = \"paid >= 100\"\non_unknown = \"review\"";
    check_without_february("household", keys, "");
    check_without_february("person", "red = \"paid >= 100 AND worst > 0\"\non_unknown = \"review\"", "");
    check_without_february("household", "red = \"least < 0\"\nreason = \"已付{paid}\"\non_unknown = \"review\"", "");
    // A rule that reads nothing of that extract goes on asking.
    check_without_february("household", "red = \"least < 0\"\non_unknown = \"review\"", "h3 red review");
}

/// Value, threshold and reason of the first signal.
fn said(per: &str, keys: &str) -> (Option<f64>, String, String) {
    let mut county = county(true);
    county.rule(&rule(per, keys));
    let signal = county.signals().remove(0);
    (signal.value, signal.threshold, signal.reason)
}

#[test]
fn a_signal_says_its_value_its_threshold_and_its_reason() {
    let (value, threshold, reason) =
        said("household", "red = \"paid >= line / 100\"\nreason = \"自付{paid}元，{size}人，{household_kind}\"");
    assert_eq!(value, Some(201.5));
    assert_eq!(threshold, "paid >= 7300 / 100");
    assert_eq!(reason, "自付201.50元，2人，脱贫户");
}

#[test]
fn a_signal_shows_the_fact_asked_for_else_the_first_of_its_condition() {
    assert_eq!(said("household", "red = \"size > 1 AND least < 5 AND paid > 5\"").0, Some(1.0));
    assert_eq!(said("household", "red = \"size > 1\"\nvalue = \"paid\"").0, Some(201.5));
    assert_eq!(said("household", "red = \"size > 1\"\nvalue = \"size\"").0, Some(2.0));
    assert_eq!(said("household", "red = \"size > 1\"").0, None);
}

#[test]
fn words_of_a_reason_are_as_people_read_them() {
    let reason = |keys: &str| said("household", &format!("red = \"household_kind = '脱贫户'\"\n{keys}")).2;
    assert_eq!(reason("reason = \"{identified_on}识别，最少{least}元\""), "2022-11-30识别，最少1元");
    assert_eq!(reason("reason = \"{ paid }元\""), "201.50元");
    assert_eq!(reason("reason = \"监测线{line}元，截至{month_end}\""), "监测线7300元，截至2023-03-31");
    let mut county = county(true);
    county.rule(&rule(
        "household",
        "red = \"household_kind = ''\"\nreason = \"{identified_on}识别，最少{least}元，{monitor_kind}\"",
    ));
    assert_eq!(county.signals()[0].reason, "—识别，最少—元，");
}

#[test]
fn a_reason_about_several_persons_says_how_many() {
    let (value, _, reason) =
        said("person", "red = \"worst > 5\"\nblue = \"rows > 0\"\nreason = \"{rows}条，最差{worst}\"");
    // Of the one whose level it is.
    assert_eq!(value, Some(7.5));
    assert_eq!(reason, "1条，最差7.50（共2人）");
    assert_eq!(said("person", "red = \"worst > 5\"\nreason = \"{rows}条\"").2, "1条");
}

#[test]
fn a_review_says_that_it_could_not_be_answered() {
    let mut county = county(true);
    county.rule(&rule(
        "household",
        "red = \"least < 0\"\nblue = \"least < 1\"\non_unknown = \"review\"\nreason = \"最少{least}元\"",
    ));
    let signals = county.signals();
    assert_eq!(signals.len(), 1);
    assert_eq!((signals[0].reason.as_str(), signals[0].value), ("数据不全，无法判定：名目（缺least）", None));
    assert_eq!(signals[0].threshold, "least < 1");
}

#[test]
fn signals_stand_by_household_and_then_in_the_order_of_the_rules() {
    let mut county = county(true);
    for (id, red) in [("b", "size > 0"), ("a", "paid >= 50"), ("c", "size = 1")] {
        county.rule(&rule("household", &format!("red = \"{red}\"")).replace("\"r\"", &format!("\"{id}\"")));
    }
    let signals = county.signals();
    let order: Vec<(u32, &str)> =
        signals.iter().map(|signal| (signal.household, county.rules[signal.rule].id.as_str())).collect();
    assert_eq!(order, [(0, "b"), (0, "a"), (1, "b"), (1, "a"), (1, "c"), (2, "b"), (2, "c")]);
}

#[test]
fn a_signal_names_the_facts_it_rests_on() {
    let mut county = county(true);
    county.rule(&rule(
        "household",
        "scope = \"paid > 1\"\nred = \"size > 1\"\nyellow = \"size > 0\"\nreason = \"最少{least}\"",
    ));
    let signals = county.signals();
    let names: Vec<&str> = signals[0].facts.iter().map(|fact| county.facts[*fact].name.as_str()).collect();
    // Those of the clause that fired, of the reason and of the value; a scope's only let the rule in.
    assert_eq!(names, ["least"]);
}

#[test]
fn a_rule_is_explained_clause_by_clause() {
    let mut county = county(true);
    county.rule(&rule(
        "household",
        "scope = \"household_kind = '脱贫户'\"\nred = \"paid >= 5000\"\nblue = \"paid < line\"",
    ));
    let row = DataFrame::new(
        1,
        vec![Column::new("household_kind".into(), ["脱贫户"]), Column::full_null("paid".into(), 1, &DataType::Float64)],
    )
    .unwrap();
    let answers = explain_rule(&county.rules[0], &row, &std::collections::BTreeSet::new()).unwrap();
    let shown: Vec<String> = answers
        .iter()
        .map(|clause| {
            let level = clause.level.map_or("scope", |level| level.code());
            let values: Vec<String> = clause.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{level}: {} [{}] {:?}", clause.sql, values.join(" "), clause.answer)
        })
        .collect();
    assert_eq!(
        shown,
        [
            "scope: household_kind = '脱贫户' [household_kind=脱贫户] Some(true)",
            "red: paid >= 5000 [paid=—] None",
            "blue: paid < 7300 [paid=—] None",
        ]
    );
}
