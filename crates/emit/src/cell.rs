//! A value as a sheet shows it.

use crate::list_plan::ColumnFormat;
use polars::prelude::AnyValue;
use std::borrow::Cow;

/// Days from Excel's day 0 to 1970-01-01.
const EXCEL_EPOCH_DAYS: f64 = 25_569.0;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Empty,
    Text(String),
    Number(f64),
    Integer(i64),
    /// Excel's serial day.
    Date(f64),
}

impl Cell {
    pub(crate) fn new(value: &AnyValue<'_>, format: &ColumnFormat) -> Self {
        match value {
            AnyValue::Null => Self::Empty,
            AnyValue::String(text) => Self::text(text, format),
            AnyValue::StringOwned(text) => Self::text(text, format),
            AnyValue::Boolean(flag) => Self::Text(if *flag { "是" } else { "否" }.to_owned()),
            AnyValue::Date(days) => Self::Date(f64::from(*days) + EXCEL_EPOCH_DAYS),
            // Four decimals are more than any list shows; cut there, a sum's last bits cannot differ between runs.
            AnyValue::Float64(number) => Self::number(*number),
            AnyValue::Float32(number) => Self::number(f64::from(*number)),
            other => match other.extract::<i64>() {
                Some(number) if *format == ColumnFormat::Money => Self::Number(number as f64),
                Some(number) => Self::Integer(number),
                None => Self::Text(other.to_string()),
            },
        }
    }

    fn text(text: &str, format: &ColumnFormat) -> Self {
        if text.is_empty() {
            return Self::Empty;
        }
        let (ColumnFormat::Lines(separator) | ColumnFormat::Numbered(separator)) = format else {
            return Self::Text(text.to_owned());
        };
        let parts = text.split('\n').flat_map(|line| line.split(separator.as_str()));
        let lines: Vec<_> = parts.map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.len() < 2 || matches!(format, ColumnFormat::Lines(_)) {
            return Self::Text(lines.join("\n"));
        }
        let numbered = (1..).zip(lines).map(|(number, line)| format!("{number}.{line}"));
        Self::Text(numbered.collect::<Vec<_>>().join("\n"))
    }

    fn number(number: f64) -> Self {
        if number.is_finite() { Self::Number((number * 10_000.0).round() / 10_000.0) } else { Self::Empty }
    }

    /// What it takes on paper, for the row's height.
    pub(crate) fn written(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Number(number) => Cow::Owned(format!("{number:.2}")),
            Self::Integer(number) => Cow::Owned(number.to_string()),
            Self::Date(_) => Cow::Borrowed("2023-03-05"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let format = ColumnFormat::Numbered("；".to_owned());
        assert_eq!(Cell::new(&AnyValue::String(text), &format).written(), expected);
    }

    #[test]
    fn several_reasons_stand_on_numbered_lines_and_one_alone() {
        check("甲；乙", "1.甲\n2.乙");
        check("甲\n乙；", "1.甲\n2.乙");
        check("甲", "甲");
        check("", "");
        check("甲；", "甲");
    }
}
