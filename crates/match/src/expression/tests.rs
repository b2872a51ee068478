//! What polars answers, against answers worked out by hand after the SQL standard.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;

use polars::prelude::*;

use super::{compile_row, evaluate, run_on_empty};
use crate::sql::{Literal, parse_row};

/// Five rows: n 1, 0, -3, 20, null; x 1.5, -2.5, 0, 10000, null; s 脱贫户, '', Abc%, 一般农户, null; b true, false, null, true, null;
/// d 2023-03-01, 2023-03-31, 2022-04-01, 1970-01-01, null.
fn frame() -> DataFrame {
    let days = Column::new("d".into(), [Some(19_417_i32), Some(19_447), Some(19_083), Some(0), None]);
    let mut frame = df!(
        "n" => [Some(1_i64), Some(0), Some(-3), Some(20), None],
        "x" => [Some(1.5), Some(-2.5), Some(0.0), Some(10_000.0), None],
        "s" => [Some("脱贫户"), Some(""), Some("Abc%"), Some("一般农户"), None],
        "b" => [Some(true), Some(false), None, Some(true), None],
    )
    .unwrap();
    frame.with_column(days.cast(&DataType::Date).unwrap()).unwrap();
    frame
}

fn parameters() -> BTreeMap<String, Literal> {
    BTreeMap::from([
        ("line".to_owned(), Literal::Number(-5.0)),
        ("day".to_owned(), Literal::Date("2023-03-31".to_owned())),
        ("kind".to_owned(), Literal::Text("脱贫户".to_owned())),
    ])
}

fn compile(text: &str) -> Result<(Expr, DataType), String> {
    polars::error::set_warning_function(|_, _| {});
    let schema = frame().columns().iter().map(|column| (column.name().to_string(), column.dtype().clone())).collect();
    let row = parse_row(text).map_err(|errors| errors[0].message.clone())?;
    let expr = compile_row(&row, &parameters())?;
    run_on_empty(&expr, &schema).map(|kind| (expr, kind))
}

/// One letter a row: T, F, or - for null.
fn check(text: &str, expected: &str) {
    let (expr, kind) = compile(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(kind, DataType::Boolean, "{text}");
    let answered = evaluate(&frame(), &[("answer".to_owned(), expr)], "test").unwrap();
    let letter = |flag: Option<bool>| flag.map_or('-', |flag| if flag { 'T' } else { 'F' });
    let found: String = answered.column("answer").unwrap().bool().unwrap().iter().map(letter).collect();
    assert_eq!(found, expected, "{text}");
}

fn refused(text: &str, part: &str) {
    let error = compile(text).map(|(_, kind)| kind).expect_err(text);
    assert!(error.contains(part), "{text}: {error}");
}

#[test]
fn a_comparison_with_null_is_null() {
    check("n > 0", "TFFT-");
    check("n = 0", "FTFF-");
    check("n <> 1", "FTTT-");
    check("n >= 1.0", "TFFT-");
    check("x = -0.0", "FFTF-");
    check("n = n", "TTTT-");
    check("n = NULL", "-----");
    check("n > NULL", "-----");
    check("n + NULL > 1", "-----");
    check("x * 0 = 0", "TTTT-");
    check("b = TRUE", "TF-T-");
    check("b <> TRUE", "FT-F-");
}

#[test]
fn and_or_and_not_are_three_valued() {
    check("NOT b", "FT-F-");
    check("NOT NOT b", "TF-T-");
    check("NULL AND b", "-F---");
    check("NULL OR b", "T--T-");
    check("n > 0 AND b", "TFFT-");
    check("n > 0 OR b", "TF-T-");
    check("NOT (n = 1 AND b)", "FTTT-");
    check("NOT n = 1 AND b", "FF-T-");
    check("n > 0 AND b OR n = 0", "TTFT-");
    check("n > 0 AND (b OR n = 0)", "TFFT-");
    check("TRUE OR b", "TTTTT");
    check("FALSE AND b", "FFFFF");
}

#[test]
fn in_and_not_in_lose_nulls_on_both_sides() {
    check("n IN (1, 20)", "TFFT-");
    check("n NOT IN (1, 20)", "FTTF-");
    check("n IN (1, NULL)", "T----");
    check("n NOT IN (1, NULL)", "F----");
    check("n IN (NULL)", "-----");
    check("NOT n IN (1, NULL)", "F----");
    check("n IN (-3, line)", "FFTF-");
    check("s IN ('脱贫户', '')", "TTFF-");
    check("s NOT IN (kind)", "FTTT-");
    check("d IN (DATE '2023-03-01', day)", "TTFF-");
    check("b IN (TRUE)", "TF-T-");
}

#[test]
fn between_holds_both_ends_and_is_decided_where_one_end_decides() {
    check("n BETWEEN 0 AND 1", "TTFF-");
    check("n NOT BETWEEN 0 AND 1", "FFTT-");
    check("n BETWEEN 1 AND 0", "FFFF-");
    check("n BETWEEN NULL AND 0", "F--F-");
    check("n BETWEEN 0 AND NULL", "--F--");
    check("n NOT BETWEEN 0 AND NULL", "--T--");
    check("x BETWEEN n AND 20", "TFTF-");
    check("d BETWEEN DATE '2023-03-01' AND day", "TTFF-");
}

#[test]
fn is_always_answers() {
    check("b IS NULL", "FFTFT");
    check("b IS NOT NULL", "TTFTF");
    check("b IS TRUE", "TFFTF");
    check("b IS NOT TRUE", "FTTFT");
    check("b IS FALSE", "FTFFF");
    check("b IS NOT FALSE", "TFTTT");
    check("NOT b IS TRUE", "FTTFT");
    check("(n > 0) IS NOT FALSE AND n IS NOT NULL", "TFFTF");
    check("(b IS TRUE) IS FALSE", "FTTFT");
    check("NULL IS TRUE", "FFFFF");
}

#[test]
fn coalesce_nullif_and_case_answer_for_null() {
    check("COALESCE(n, 0) = 0", "FTFFT");
    check("COALESCE(n, x, 3) > 2", "FFFTT");
    check("COALESCE(n) > 5", "FFFT-");
    check("COALESCE(b, FALSE)", "TFFTF");
    check("NULLIF(n, 0) IS NULL", "FTFFT");
    check("NULLIF(s, '') IS NULL", "FTFFT");
    check("NULLIF(1, n) = 1", "-TTTT");
    check("CASE WHEN n > 0 THEN 1 ELSE 0 END = 1", "TFFTF");
    check("CASE WHEN n > 0 THEN 1 END = 1", "T--T-");
    check("CASE n WHEN 1 THEN TRUE WHEN 0 THEN FALSE END", "TF---");
    check("CASE WHEN b THEN 1 ELSE 0 END = 0", "FTTFT");
}

#[test]
fn greatest_and_least_pass_over_nulls() {
    check("GREATEST(n, 5) = 5", "TTTFT");
    check("LEAST(n, 5) = 5", "FFFTT");
    check("GREATEST(n, NULL) = 1", "TFFF-");
    check("GREATEST(d, DATE '2023-03-10') = d", "FTFF-");
}

#[test]
fn arithmetic_is_that_of_numbers() {
    check("n / 2 = 0.5", "TFFF-");
    check("7 / 2 = 3.5", "TTTTT");
    check("1 / NULLIF(n, 0) IS NULL", "FTFFT");
    check("n + x * 2 > 3", "TFFT-");
    check("(n + x) * 2 > 3", "TFFT-");
    check("-n > 0", "FFTF-");
    check("-(-n) > 0", "TFFT-");
    check("n > line", "TTTT-");
    check("n - line > 5", "TFFT-");
    check("ABS(n) = 3", "FFTF-");
    check("ROUND(x) = 2", "TFFF-");
    check("ROUND(x) = -3", "FTFF-");
    check("ROUND(x, 1) = 1.5", "TFFF-");
    check("n > .5 AND n < 5.", "TFFF-");
}

#[test]
fn doubles_are_doubles() {
    // Not what a person expects, and what every engine with doubles answers; money is compared with >= and whole yuan.
    check("0.1 + 0.2 = 0.3", "FFFFF");
}

#[test]
fn words_are_compared_letter_by_letter() {
    check("s = ''", "FTFF-");
    check("s <> kind", "FTTT-");
    check("s < 'B'", "FTTF-");
    check("s LIKE '%户'", "TFFT-");
    check("s NOT LIKE '%户'", "FTTF-");
    check("s LIKE '___'", "TFFF-");
    check("s LIKE 'abc%'", "FFFF-");
    check("s LIKE '%.%'", "FFFF-");
    check("s LIKE ''", "FTFF-");
    check("LOWER(s) = 'abc%'", "FFTF-");
    check("UPPER(s) = 'ABC%'", "FFTF-");
    check("STARTS_WITH(s, '脱')", "TFFF-");
    check("ENDS_WITH(s, '户')", "TFFT-");
}

#[test]
fn days_follow_the_calendar() {
    check("d > DATE '2023-03-15'", "FTFF-");
    check("d <= day - INTERVAL '1 month'", "FFTT-");
    check("day - INTERVAL '1 month' = DATE '2023-02-28'", "TTTTT");
    check("DATE '2024-02-29' + INTERVAL '1 year' = DATE '2025-02-28'", "TTTTT");
    check("d + INTERVAL '2 weeks' = DATE '2023-03-15'", "TFFF-");
    check("d - INTERVAL '1 day' = DATE '2023-02-28'", "TFFF-");
    check("d - INTERVAL '1 month' + INTERVAL '1 month' = d", "TFTT-");
    check("EXTRACT(YEAR FROM d) = 2023 AND EXTRACT(MONTH FROM d) = 3", "TTFF-");
    check("EXTRACT(DAY FROM d) = 31", "FTFF-");
}

#[test]
fn keywords_are_taken_in_any_case_and_spacing() {
    check("n>0AND b", "TFFT-");
    check("n between 0 and 1 or not b", "TT-F-");
    check("case when n > 0 then true else false end", "TFFTF");
    check("(((((n > 0)))))\n", "TFFT-");
}

#[test]
fn unlike_things_are_not_compared() {
    refused("n = '1'", "文字");
    refused("x > 'many'", "文字");
    refused("s > 5", "文字");
    refused("s IS TRUE", "文字");
    refused("NOT s", "文字");
    refused("NOT n", "数值");
    refused("n AND b", "数值");
    refused("n IS TRUE", "数值");
    refused("n + b = 1", "条件");
    refused("b = 1", "条件");
    refused("b = 'true'", "条件");
    refused("b BETWEEN 0 AND 1", "条件");
    refused("d > 20230301", "日期");
    refused("d BETWEEN 1 AND 5", "日期");
    refused("d > '2023-03-01'", "日期");
    refused("d IN (20230301)", "");
    refused("day - d > 30", "时间间隔");
    refused("s + 'x' = 'x'", "文字");
    refused("n IN ('a')", "");
    refused("n IN (1, 'x')", "");
    refused("COALESCE(n, 'x') = 'x'", "文字");
    refused("COALESCE(b, 0) = 1", "条件");
    refused("GREATEST(d, 5) > d", "");
    refused("CASE WHEN n > 0 THEN 'x' ELSE 1 END = '1'", "文字");
    refused("CASE WHEN n THEN 1 END = 1", "");
    refused("EXTRACT(YEAR FROM n) = 1", "");
    refused("ABS(s) > 1", "");
}

#[test]
fn what_the_engine_cannot_take_is_an_error_and_never_a_panic() {
    refused("- - n > 0", "");
    refused("n > -line", "");
    refused("n > 1e4", "");
    refused("n > 99999999999999999999999999", "");
    refused("n IN (x, 1)", "");
    refused("n IN (1 + 0)", "");
    refused("x IN (1.5, 0)", "");
    refused("s LIKE s", "");
    refused("ABS() > 1", "");
    refused("ABS(n, x) > 1", "");
    refused("ROUND(x, n) = 1", "");
    refused("STARTS_WITH(s)", "");
    refused("nothing > 1", "");
}

#[test]
fn the_type_of_an_expression_is_told_before_there_are_rows() {
    for (text, expected) in [
        ("n", DataType::Int64),
        ("x + n", DataType::Float64),
        ("n / 2", DataType::Float64),
        ("s", DataType::String),
        ("d - INTERVAL '1 day'", DataType::Date),
        ("COALESCE(d, day)", DataType::Date),
        ("b AND n > 0", DataType::Boolean),
    ] {
        assert_eq!(compile(text).expect(text).1, expected, "{text}");
    }
}

#[test]
fn a_condition_without_columns_answers_for_every_row() {
    check("TRUE", "TTTTT");
    check("day > DATE '2023-01-01'", "TTTTT");
    let (expr, _) = compile("line < 0").unwrap();
    let no_columns = DataFrame::empty_with_height(3);
    let answered = evaluate(&no_columns, &[("answer".to_owned(), expr)], "test").unwrap();
    assert_eq!(answered.height(), 3);
}

#[test]
fn a_column_may_be_named_like_a_word_of_sql() {
    for name in ["sort", "filter", "rows", "year", "类别"] {
        let row = parse_row(&format!("{name} = '甲'")).unwrap();
        let expr = compile_row(&row, &parameters()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let frame = df!(name => [Some("甲"), Some("乙"), None]).unwrap();
        let answered = evaluate(&frame, &[("answer".to_owned(), expr)], "test").unwrap();
        let found: Vec<Option<bool>> = answered.column("answer").unwrap().bool().unwrap().iter().collect();
        assert_eq!(found, [Some(true), Some(false), None], "{name}");
    }
}
