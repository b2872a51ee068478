//! A rule's own examples: each row must be answered as its author says, or the rule does not compile.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{Level, SpecFile, SpecTable, plain_date, plain_number};
use polars::prelude::*;
use toml::de::DeValue;

use crate::evaluate::{Answer, answers};
use crate::rule::Rule;

pub(crate) fn check_examples(
    source: &SpecFile<'_>,
    rule: &Rule,
    schema: &BTreeMap<String, DataType>,
    examples: Vec<SpecTable<'_>>,
) {
    for example in examples {
        check_example(source, rule, schema, example);
    }
}

fn check_example(source: &SpecFile<'_>, rule: &Rule, schema: &BTreeMap<String, DataType>, example: SpecTable<'_>) {
    let expected = example.required_text("answer");
    let row = example.table("row");
    if example.span_of("row").is_none() {
        // An example without a row would hold whatever the rule says.
        source.error("BD0002", Some(example.span.clone()), "缺少“row”", "请补上例子的一行，如 row = { size = 3 }");
    }
    example.finish();
    let (Some(expected), Some(row)) = (expected, row) else {
        return;
    };
    let expected_level = match (Level::from_code(&expected.value), expected.value.as_str()) {
        (Some(level), _) => Answer::Level(level),
        (None, "none") => Answer::None,
        (None, "unknown") => Answer::Unknown,
        _ => {
            source.error(
                "BD0209",
                Some(expected.span),
                format!("例子的答案不能是“{}”", expected.value),
                "可用：red、orange、yellow、blue、none、unknown",
            );
            return;
        }
    };
    let reads = rule.reads();
    let Some(frame) = example_frame(source, schema, &row, &reads) else { return };
    match answers(&frame, rule, &BTreeSet::new())
        .map(|answers| answers.first().map_or(Answer::None, |(_, found)| *found))
    {
        Ok(found) if found == expected_level => {}
        Ok(found) => {
            let found = found.code();
            source.error(
                "BD0210",
                Some(expected.span),
                format!("规则“{}”对这个例子的答案是 {found}，不是 {}", rule.id, expected.value),
                "改条件，或改例子",
            );
        }
        Err(error) => source.error("BD0210", Some(expected.span), error.to_string(), ""),
    }
}

/// The row of an example as a table of one row; what it does not give of `reads` is null. `None` only where no table can be made: what
/// is wrong with the row has been reported.
pub(crate) fn example_frame(
    source: &SpecFile<'_>,
    schema: &BTreeMap<String, DataType>,
    row: &SpecTable<'_>,
    reads: &[String],
) -> Option<DataFrame> {
    let mut given = BTreeMap::new();
    for (name, value) in row.entries() {
        match schema.get(&name.value) {
            Some(kind) => match one_value(&name.value, kind, value.get_ref()) {
                Some(column) => {
                    given.insert(name.value, column);
                }
                None => source.error(
                    "BD0209",
                    Some(value.span()),
                    format!("“{}”的值与其类型不符", name.value),
                    "文字加双引号，日期写2023-03-01",
                ),
            },
            None => {
                let hint = bidui_model::nearest(&name.value, schema.keys().map(String::as_str))
                    .map_or_else(String::new, |near| format!("是不是“{near}”？"));
                source.error("BD0209", Some(name.span), format!("例子里的“{}”不是指标或底册列", name.value), hint);
            }
        }
    }
    for name in reads {
        if let Some(kind) = schema.get(name) {
            given.entry(name.clone()).or_insert_with(|| Column::full_null(name.as_str().into(), 1, kind));
        }
    }
    DataFrame::new(1, given.into_values().collect()).ok()
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
