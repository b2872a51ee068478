//! The sentence of a signal: text with `{name}` for values. Grammar: `{` and `}` only in pairs around one name.

use std::collections::BTreeMap;
use std::ops::Range;

use polars::prelude::*;

use crate::sql::Literal;

/// A checked template; the default one is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reason {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

impl Reason {
    /// What could be read, and what is wrong with which bytes of the text.
    pub(crate) fn read(text: &str) -> (Self, Vec<(&'static str, Range<usize>)>) {
        let (mut parts, mut wrong) = (Vec::new(), Vec::new());
        let wide = text.char_indices().filter(|(_, sign)| ['｛', '｝'].contains(sign));
        wrong.extend(wide.map(|(at, sign)| ("花括号要用半角的", at..at + sign.len_utf8())));
        let too_many = |from: usize, words: &str| {
            let braces = words.match_indices('}').map(|(at, _)| ("多了一个右花括号", from + at..from + at + 1));
            braces.collect::<Vec<_>>()
        };
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let at = text.len() - rest.len();
            wrong.extend(too_many(at, &rest[..open]));
            parts.push(Part::Text(rest[..open].to_owned()));
            let close = rest[open..].find('}').map(|close| open + close);
            // A brace within braces belongs to the next name.
            let close = close.filter(|close| !rest[open + 1..*close].contains('{'));
            let Some(close) = close else {
                let word =
                    rest[open + 1..].find(|sign: char| !(sign.is_alphanumeric() && sign.is_ascii() || sign == '_'));
                let end = at + word.map_or(rest.len(), |word| open + 1 + word);
                wrong.push(("花括号没有闭合", at + open..end));
                rest = &text[end..];
                continue;
            };
            let name = rest[open + 1..close].trim();
            if name.is_empty() {
                wrong.push(("花括号里没有名字", at + open..at + close + 1));
            } else {
                parts.push(Part::Name(name.to_owned()));
            }
            rest = &rest[close + 1..];
        }
        wrong.extend(too_many(text.len() - rest.len(), rest));
        parts.push(Part::Text(rest.to_owned()));
        (Self { parts }, wrong)
    }

    /// The same, with parameters' values written in.
    pub(crate) fn with_parameters(mut self, parameters: &BTreeMap<String, Literal>) -> Self {
        for part in &mut self.parts {
            let value = match part {
                Part::Name(name) => parameters.get(name),
                Part::Text(_) => None,
            };
            if let Some(value) = value {
                *part = Part::Text(match value {
                    Literal::Number(number) => shown_number(*number),
                    Literal::Text(text) | Literal::Date(text) => text.clone(),
                });
            }
        }
        self
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// Filled with the row's values.
    pub(crate) fn fill(&self, frame: &DataFrame, row: usize) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Name(name) => frame.column(name).map_or_else(|_| "—".to_owned(), |column| shown(column, row)),
            })
            .collect()
    }
}

/// A value as people read it: whole numbers without decimals, others with two; 是 and 否; dates as 2023-03-05; nothing as —.
pub(crate) fn shown(column: &Column, row: usize) -> String {
    match column.get(row) {
        Ok(AnyValue::Int64(number)) => number.to_string(),
        Ok(AnyValue::Float64(number)) => shown_number(number),
        Ok(AnyValue::Boolean(flag)) => if flag { "是" } else { "否" }.to_owned(),
        Ok(AnyValue::String(word)) => word.to_owned(),
        Ok(AnyValue::StringOwned(word)) => word.to_string(),
        Ok(value @ AnyValue::Date(_)) => value.to_string(),
        _ => "—".to_owned(),
    }
}

pub(crate) fn shown_number(number: f64) -> String {
    let text = format!("{number:.2}");
    text.strip_suffix(".00").map_or(text.clone(), str::to_owned)
}

/// The value as a number, for the `value` column of a signal.
pub(crate) fn as_number(column: &Column, row: usize) -> Option<f64> {
    match column.get(row) {
        Ok(AnyValue::Int64(number)) => Some(number as f64),
        Ok(AnyValue::Float64(number)) => Some(number),
        Ok(AnyValue::Boolean(flag)) => Some(f64::from(u8::from(flag))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]

    use super::*;

    #[test]
    fn values_stand_where_their_names_stood() {
        let frame = df!("cost" => [12_345.5], "count" => [3_i64]).expect("a frame");
        let fill = |text: &str| Reason::read(text).0.fill(&frame, 0);
        assert_eq!(fill("自付{cost}元，{count}人"), "自付12345.50元，3人");
        assert_eq!(fill("没有{nothing}"), "没有—");
    }

    #[test]
    fn braces_come_in_pairs() {
        let check = |text: &str, wrong: &[&str], names: &[&str]| {
            let (reason, found) = Reason::read(text);
            let found: Vec<&str> = found.into_iter().map(|(_, place)| &text[place]).collect();
            assert_eq!((found.as_slice(), reason.names().collect::<Vec<_>>().as_slice()), (wrong, names), "{text}");
        };
        check("自付{cost}元，{count}人", &[], &["cost", "count"]);
        check("自付{cost元", &["{cost"], &[]);
        check("自付{cost元，{count}人", &["{cost"], &["count"]);
        check("自付cost}元{count}", &["}"], &["count"]);
        check("自付{}元", &["{}"], &[]);
        check("自付{}元{count}，{ }{cost", &["{}", "{ }", "{cost"], &["count"]);
    }
}
