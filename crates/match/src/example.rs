//! A rule's own examples: each row must be answered as its author says, or the rule does not compile.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use bidui_model::{Diagnostic, Found, Level, SpecFile, SpecTable, plain_date, plain_number};
use polars::prelude::*;
use toml::de::DeValue;

use crate::disagreement::EXAMPLE;
use crate::disagreement::{Word, disagreement, words_of};
use crate::evaluate::{Answer, answers};
use crate::rule::Rule;
use crate::sql_kind::Kind;

/// An example whose words are in order.
pub(crate) struct Example {
    expected: Answer,
    /// As written, and where.
    written: Found<String>,
    given: BTreeMap<String, Column>,
    words: Vec<Word>,
    /// Where its row stands.
    row: Range<usize>,
}

/// The examples of a rule that can be tried; what is wrong with the others is reported.
pub(crate) fn read_examples(
    source: &SpecFile<'_>,
    schema: &BTreeMap<String, DataType>,
    examples: &[SpecTable<'_>],
) -> Vec<Example> {
    examples.iter().filter_map(|example| read_example(source, schema, example)).collect()
}

fn read_example(
    source: &SpecFile<'_>,
    schema: &BTreeMap<String, DataType>,
    example: &SpecTable<'_>,
) -> Option<Example> {
    const ANSWERS: [&str; 6] = ["red", "orange", "yellow", "blue", "none", "unknown"];
    let written = example.required_text("answer");
    let row = example.table("row");
    if row.is_none() && example.span_of("row").is_none() {
        source.error("BD0002", Some(example.span.clone()), "例子缺少“row”", "请补上 row = { 指标名 = 值, … }");
    }
    example.report_unasked();
    let (rows_are_good, given) = row.as_ref().map_or((false, BTreeMap::new()), |row| values(source, schema, row));
    let written = written?;
    let expected = match (Level::from_code(&written.value), written.value.as_str()) {
        (Some(level), _) => Answer::Level(level),
        (None, "none") => Answer::None,
        (None, "unknown") => Answer::Unknown,
        _ => {
            let all = format!("可用：{}", ANSWERS.join("、"));
            let near = bidui_model::nearest(&written.value, ANSWERS);
            let hint = near.map_or_else(|| all.clone(), |near| format!("是不是“{near}”？{all}"));
            let message = format!("例子的答案不能是“{}”", written.value);
            source.error("BD0209", Some(written.span), message, hint);
            return None;
        }
    };
    let words = row.as_ref().map(words_of).unwrap_or_default();
    let row = row.map_or(written.span.clone(), |row| row.span);
    rows_are_good.then_some(Example { expected, written, given, words, row })
}

/// Holds the rule against its examples. `conditions` are its scope and levels as written.
pub(crate) fn check_examples(
    source: &SpecFile<'_>,
    rule: &Rule,
    schema: &BTreeMap<String, DataType>,
    examples: &[Example],
    conditions: &[(Option<Level>, Found<String>)],
) {
    let reads = rule.reads();
    for Example { expected, written, given, words, row } in examples {
        let Some(frame) = frame_of(schema, given.clone(), &reads) else { continue };
        let found = answers(&frame, rule, &BTreeSet::new());
        match found.map(|answers| answers.first().map_or(Answer::None, |(_, found)| *found)) {
            Ok(found) if found == *expected => {}
            Ok(found) => {
                let message = format!("规则“{}”对这个例子的答案是 {}，不是 {}", rule.id, found.code(), written.value);
                // The condition that answered so, the one that should have, and the scope that may have kept it from it.
                let has_part = |level: &Option<Level>| {
                    level.is_none_or(|level| {
                        [Answer::Level(level)].iter().any(|part| part == expected || *part == found)
                    })
                };
                let conditions: Vec<&Found<String>> =
                    conditions.iter().filter(|(level, _)| has_part(level)).map(|(_, text)| text).collect();
                source.push(disagreement(source, &message, [&written.span, row], words, &conditions));
            }
            Err(_) => {
                source.error(EXAMPLE, Some(written.span.clone()), "这个例子算不出答案", "检查条件和例子里各值的类型");
            }
        }
    }
}

/// The row of an example as a table of one row; what it does not give of `reads` is null. `None` where no table can be made: what is wrong with the
/// row has been reported.
pub(crate) fn example_frame(
    source: &SpecFile<'_>,
    schema: &BTreeMap<String, DataType>,
    row: &SpecTable<'_>,
    reads: &[String],
) -> Option<DataFrame> {
    let (good, given) = values(source, schema, row);
    if good { frame_of(schema, given, reads) } else { None }
}

fn frame_of(
    schema: &BTreeMap<String, DataType>,
    mut given: BTreeMap<String, Column>,
    reads: &[String],
) -> Option<DataFrame> {
    for name in reads {
        if let Some(kind) = schema.get(name) {
            given.entry(name.clone()).or_insert_with(|| Column::full_null(name.as_str().into(), 1, kind));
        }
    }
    DataFrame::new(1, given.into_values().collect()).ok()
}

/// The values of a row, and whether all of them are in order.
fn values(
    source: &SpecFile<'_>,
    schema: &BTreeMap<String, DataType>,
    row: &SpecTable<'_>,
) -> (bool, BTreeMap<String, Column>) {
    let (mut good, mut given) = (true, BTreeMap::new());
    for (name, value) in row.entries() {
        match schema.get(&name.value) {
            Some(kind) => match one_value(&name.value, kind, value.get_ref()) {
                Some(column) => {
                    given.insert(name.value, column);
                }
                None => {
                    good = false;
                    let message = format!("“{}”应是{}", name.value, Kind::of(kind).in_words());
                    source.error(
                        "BD0209",
                        Some(value.span()),
                        message,
                        "文字加双引号，日期写2023-03-01，条件写 true 或 false，人数写整数",
                    );
                }
            },
            None => {
                good = false;
                let hint = bidui_model::nearest(&name.value, schema.keys().map(String::as_str))
                    .map_or_else(|| "可用的名字见 docs/rules.md".to_owned(), |near| format!("是不是“{near}”？"));
                let message = format!("例子里的“{}”不是指标或底册列", name.value);
                let error = Diagnostic::error("BD0209", source.file, Some(name.span), message);
                source.push(error.with_hint(hint).about(&name.value));
            }
        }
    }
    (good, given)
}

fn one_value(name: &str, kind: &DataType, value: &DeValue<'_>) -> Option<Column> {
    let label = PlSmallStr::from(name);
    Some(match (kind, value) {
        (DataType::String, DeValue::String(text)) => Column::new(label, [text.as_ref()]),
        (DataType::Boolean, DeValue::Boolean(flag)) => Column::new(label, [*flag]),
        (DataType::Date, _) => Column::new(label, [plain_date(value)?]).cast(&DataType::Date).ok()?,
        (DataType::Int64, DeValue::Integer(_)) => Column::new(label, [plain_number(value)? as i64]),
        (DataType::Float64, _) => Column::new(label, [plain_number(value)?]),
        _ => return None,
    })
}
