//! Lists against the columns of a run, as somebody who edits `config/lists` meets them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod sample;

use bidui_emit::{ClosedColumns, check_choices, check_list, compile_list};
use polars::prelude::Schema;
use std::collections::BTreeMap;

fn schemas() -> BTreeMap<String, Schema> {
    let relations = sample::relations().into_iter();
    relations.map(|(name, frame)| (name, frame.schema().as_ref().clone())).collect()
}

fn text(query: &str, value: &str) -> String {
    format!(
        "[[list]]\nid = 'x'\ntitle = '表'\nsplit = 'town'\nfile = 'towns/{{town_code}}/x.xlsx'\nsheet = '表'\n\
         query = \"{query}\"\ncolumns = [ {{ title = '列', value = '{value}' }} ]\n"
    )
}

/// What is pointed at, and the hint, of everything wrong with the list.
fn check(query: &str, value: &str, expected: &[(&str, &str)]) {
    let text = text(query, value);
    let found = match compile_list(&text, "lists/x.toml") {
        Ok(list) => check_list(&list, &schemas(), &ClosedColumns::new()),
        Err(found) => found,
    };
    let found: Vec<(&str, &str)> = found
        .iter()
        .map(|finding| {
            let span = finding.span.clone().expect("a place");
            (&text[span], finding.hint.as_deref().unwrap_or(""))
        })
        .collect();
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.0, expected.0);
        assert!(found.1.contains(expected.1), "{found:?}");
    }
}

#[test]
fn every_list_of_the_configuration_fits_the_relations() {
    for list in sample::lists() {
        let found = check_list(&list, &schemas(), &ClosedColumns::new());
        assert!(found.is_empty(), "{found:#?}");
        assert!(check_choices(&list, &sample::choices()).is_empty());
    }
}

#[test]
fn a_good_list_has_no_finding() {
    check("SELECT town_code, levels.n AS n FROM levels ORDER BY n", "n", &[("levels", "")]);
    check("SELECT town_code, level FROM warnings ORDER BY level", "level", &[]);
}

/// The same with named queries at the head of the file.
fn check_with(with: &str, query: &str, expected: &[&str]) {
    let text = format!("with = \"{with}\"\n{}", text(query, "n"));
    let found = match compile_list(&text, "lists/x.toml") {
        Ok(list) => check_list(&list, &schemas(), &ClosedColumns::new()),
        Err(found) => found,
    };
    let found: Vec<&str> = found.iter().map(|finding| &text[finding.span.clone().expect("a place")]).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn named_queries_of_the_file_stand_before_every_query_and_are_pointed_into() {
    let counted = "counted AS (SELECT town_code, COUNT(*) AS n FROM warnings GROUP BY town_code)";
    check_with(counted, "SELECT town_code, n FROM counted ORDER BY n", &[]);
    check_with(
        counted,
        "with more AS (SELECT town_code, n FROM counted) SELECT town_code, n FROM more ORDER BY n",
        &[],
    );
    check_with(&counted.replace("warnings", "warning"), "SELECT town_code, n FROM counted ORDER BY n", &["warning"]);
    let slip = counted.replace("GROUP BY town_code", "WHERE levle = 'red' GROUP BY town_code");
    check_with(&slip, "SELECT town_code, n FROM counted ORDER BY n", &["levle"]);
}

#[test]
fn an_unknown_column_is_pointed_at_with_the_nearest() {
    check("SELECT town_code, levle FROM warnings ORDER BY town_code", "levle", &[("levle", "“level”")]);
    check(
        "SELECT w.town_code, w.titel FROM warnings AS w JOIN flaws AS f ON f.household_id = w.household_id ORDER BY w.town_code",
        "town_code",
        &[("titel", "可用")],
    );
    check("SELECT town_code FROM warnings WHERE lvel = 'red' ORDER BY town_code", "town_code", &[("lvel", "“level”")]);
}

#[test]
fn the_sheet_asks_only_for_what_the_query_gives() {
    check("SELECT town_code, level FROM warnings ORDER BY level", "levels", &[("'levels'", "“level”")]);
    check(
        "SELECT level FROM warnings ORDER BY level",
        "level",
        &[("\"SELECT level FROM warnings ORDER BY level\"", "town_code")],
    );
}

#[test]
fn what_the_names_do_not_show_shows_on_empty_tables() {
    let found = |query: &str| {
        let list = compile_list(&text(query, "town_code"), "lists/x.toml").expect("a list");
        check_list(&list, &schemas(), &ClosedColumns::new()).first().map(|finding| finding.code)
    };
    assert_eq!(
        found("SELECT town_code, SUM(level) AS s FROM warnings GROUP BY town_code ORDER BY town_code"),
        Some("BD0511")
    );
    assert_eq!(found("SELECT town_code FROM warnings WHERE list_no = 'x' ORDER BY town_code"), Some("BD0511"));
}

#[test]
fn every_error_of_a_file_is_found_at_once() {
    let text = "[[list]]\nidd = 'x'\ntitle = 3\nsplit = 'twon'\nfile = '../x.xls'\nsheet = 'a/b'\nquery = 'SELECT town FROM warnings'\ncolumns = [ { title = 'x', valeu = 'town' } ]\n";
    let found = compile_list(text, "lists/x.toml").expect_err("errors");
    let codes: Vec<_> = found.iter().map(|finding| finding.code).collect();
    for code in ["BD0003", "BD0004", "BD0505", "BD0510"] {
        assert!(codes.contains(&code), "{code} in {found:#?}");
    }
    // What is missing because its key is misspelt is no second error, nor are there no columns.
    assert!(!codes.contains(&"BD0002") && !codes.contains(&"BD0503"), "{found:#?}");
    assert!(found.iter().any(|finding| finding.hint.as_deref() == Some("是不是“town”？")));
}

/// The hints of what is wrong with a sheet that has these keys and is answered in a column so called.
fn check_return(keys: &str, answer: &str, expected: &[&str]) {
    let text = format!(
        "[[list]]\nid = 'x'\ntitle = '表'\nfile = 'x.xlsx'\nsheet = '表'\n{keys}\n\
         query = 'SELECT feed, row FROM flaws ORDER BY feed'\n\
         columns = [ {{ title = '数据', value = 'feed' }}, {{ title = '行', value = 'row' }} ]\n{answer}\n"
    );
    let found = match compile_list(&text, "lists/x.toml") {
        Ok(list) => check_list(&list, &schemas(), &ClosedColumns::new()),
        Err(found) => found,
    };
    let hints: Vec<_> = found.iter().map(|finding| finding.hint.clone().unwrap_or_default()).collect();
    assert_eq!(hints.len(), expected.len(), "{found:#?}");
    assert!(hints.iter().zip(expected).all(|(hint, expected)| hint.contains(expected)), "{hints:?}");
}

#[test]
fn a_sheet_that_comes_back_says_what_and_by_which_column() {
    let answer = "answers = [ { title = '结果', key = 'result' } ]";
    check_return("returns = 'verification'\nrow_key = 'feed'", answer, &[]);
    check_return("returns = 'verificaton'\nrow_key = 'feed'", answer, &["是不是“verification”？"]);
    check_return("returns = 'sample'", answer, &["按查询的哪一列认行"]);
    check_return("row_key = 'feed'", answer, &["请写明收回的是什么"]);
    check_return("returns = 'verification'\nrow_key = 'feeds'", answer, &["请把它写进columns"]);
    check_return("returns = 'verification'\nrow_key = 'row'", answer, &["CAST"]);
    check_return("returns = 'sample'\nrow_key = 'feed'", "", &["没有可收回的"]);
    let twice = "answers = [ { title = '行', key = 'a' }, { title = '校验码', key = 'a' } ]";
    check_return("returns = 'sample'\nrow_key = 'feed'", twice, &["列名要各不相同", "列名要各不相同", "只能用一次"]);
}

#[test]
fn what_is_filled_in_beside_a_sheet_that_comes_back_comes_back_too() {
    let sheet = |name: &str, keys: &str| {
        format!(
            "[[list.sheet]]\nname = '{name}'\n{keys}\nquery = 'SELECT feed FROM flaws ORDER BY feed'\n\
             columns = [ {{ title = '数据', value = 'feed' }} ]\nanswers = [ {{ title = '结果', key = 'result' }} ]\n"
        )
    };
    let check = |keys: [&str; 2], expected: &[&str]| {
        let head = "[[list]]\nid = 'x'\ntitle = '表'\nfile = 'x.xlsx'\n";
        let text = format!("{head}{}{}", sheet("甲", keys[0]), sheet("乙", keys[1]));
        let found = compile_list(&text, "lists/x.toml").err().unwrap_or_default();
        let messages: Vec<_> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(messages, expected);
    };
    let back = "returns = 'visits'\nrow_key = 'feed'";
    check([back, back], &[]);
    check(["", ""], &[]);
    check([back, ""], &["工作表“乙”有要填的列而没有returns，同一清单的别的表要收回"]);
    // A slip in the key is one error.
    check([back, "return = 'visits'"], &["不认识的键“return”"]);
}

#[test]
fn what_a_choice_requires_must_be_asked() {
    let mut list = sample::list("verification");
    list.sheets[0].answers.retain(|answer| answer.key != "until");
    let found = check_choices(&list, &sample::choices());
    let messages: Vec<_> = found.iter().map(|finding| finding.message.as_str()).collect();
    assert!(messages.len() == 2 && messages.iter().all(|message| message.contains("“until”")), "{messages:?}");
}

#[test]
fn an_unknown_choice_list_is_named() {
    let mut list = sample::list("verification");
    for answer in &mut list.sheets[0].answers {
        if let bidui_emit::AnswerKind::Choices(name) = &mut answer.kind {
            *name = "verification_result".into();
        }
    }
    let found = check_choices(&list, &sample::choices());
    assert_eq!(found[0].hint.as_deref(), Some("是不是“verification_results”？"));
}

#[test]
fn heads_are_joined_to_rows_that_stand_without_them() {
    let joined = |join: &str| {
        format!("SELECT w.town_code, w.household_id, p.head_name FROM warnings AS w {join} ORDER BY w.town_code")
    };
    check(&joined("LEFT JOIN heads AS p ON p.household_id = w.household_id"), "head_name", &[]);
    for join in ["JOIN heads AS p ON p.household_id = w.household_id", "CROSS JOIN heads AS p"] {
        let text = text(&joined(join), "head_name");
        let found = compile_list(&text, "lists/x.toml").expect_err("a join that drops rows without a name");
        assert!(found[0].message.contains("LEFT JOIN以外的heads"), "{found:#?}");
    }
    let without = "SELECT w.town_code, p.head_name FROM warnings AS w LEFT JOIN heads AS p ON p.household_id = w.household_id ORDER BY w.town_code";
    let quoted = format!("\"{without}\"");
    check(without, "head_name", &[(&quoted, "请在SELECT中加上household_id")]);
}

#[test]
fn a_list_may_be_issued_in_some_months_only() {
    let list = |months: &str| {
        let text = text("SELECT town_code, level FROM warnings ORDER BY level", "level");
        compile_list(&text.replace("title = '表'", &format!("title = '表'\n{months}")), "lists/x.toml")
    };
    let quarterly = list("months = [3, 6, 9, 12]").expect("a good list");
    assert!(quarterly.is_issued(3) && !quarterly.is_issued(4));
    assert!(list("").expect("a good list").is_issued(4));
    for wrong in ["months = [0]", "months = [13]", "months = [1.5]", "months = ['三月']"] {
        assert_eq!(list(wrong).expect_err("no month").len(), 1, "{wrong}");
    }
}
