//! A TOML table read key by key, so that all of a file's errors are found at once, each at its bytes and with the nearest name.
//! Grammar: TOML 1.0. Not supported on purpose: keys that nobody asked for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::{Diagnostic, nearest};

/// The errors of one file, gathered while its tables are read.
#[derive(Debug)]
pub struct SpecFile<'a> {
    pub file: &'a str,
    pub text: &'a str,
    errors: RefCell<Vec<Diagnostic>>,
}

/// A value with its bytes in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<T> {
    pub value: T,
    pub span: Range<usize>,
}

/// One table, and the keys that were asked of it.
pub struct SpecTable<'a> {
    source: &'a SpecFile<'a>,
    entries: BTreeMap<&'a str, (Range<usize>, &'a Spanned<DeValue<'a>>)>,
    /// Where the table stands.
    pub span: Range<usize>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> SpecFile<'a> {
    #[must_use]
    pub fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, errors: RefCell::default() }
    }

    /// The file's root, if it is TOML at all. `parsed` keeps the tree alive.
    pub fn root(&'a self, parsed: &'a mut Option<Spanned<DeTable<'a>>>) -> Option<SpecTable<'a>> {
        match DeTable::parse(self.text) {
            Ok(tree) => {
                let tree: &'a Spanned<DeTable<'a>> = parsed.insert(tree);
                Some(SpecTable::new(self, tree.get_ref(), 0..self.text.len().min(1)))
            }
            Err(error) => {
                let line = error.span().map_or("", |span| line_around(self.text, span.start));
                let hint = if line.contains(['，', '“', '”', '＝', '［', '］', '「', '」', '＂']) {
                    "这一行有全角符号，请改用半角的 , \" = [ ]"
                } else if line.contains('\\') {
                    "路径里的反斜杠请写成 /，或用单引号括起"
                } else {
                    "检查引号、方括号和等号是否成对、完整，同一个键有没有写两次"
                };
                self.error("BD0001", error.span(), "不是有效的TOML，从这里起看不懂", hint);
                None
            }
        }
    }

    pub fn error(
        &self,
        code: &'static str,
        span: Option<Range<usize>>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let hint = hint.into();
        let diagnostic = Diagnostic::error(code, self.file, span, message);
        self.push(if hint.is_empty() { diagnostic } else { diagnostic.with_hint(hint) });
    }
    pub fn push(&self, diagnostic: Diagnostic) {
        self.errors.borrow_mut().push(diagnostic);
    }
    /// `value`, or every error of the file.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Diagnostic>> {
        let mut errors = self.errors.into_inner();
        errors.sort_by_key(|error| error.span.as_ref().map_or(0, |span| span.start));
        match value {
            Some(value) if errors.is_empty() => Ok(value),
            _ => Err(errors),
        }
    }
    /// Bytes in the file of a range inside a string literal; the whole literal where escapes make the two differ.
    #[must_use]
    pub fn inside(&self, literal: &Found<String>, part: Range<usize>) -> Range<usize> {
        let raw = self.text.get(literal.span.clone()).unwrap_or("");
        match raw.find(literal.value.as_str()) {
            Some(start) if !literal.value.is_empty() && literal.value.get(part.clone()).is_some() => {
                literal.span.start + start + part.start..literal.span.start + start + part.end
            }
            _ => literal.span.clone(),
        }
    }
}

impl<'a> SpecTable<'a> {
    fn new(source: &'a SpecFile<'a>, table: &'a DeTable<'a>, span: Range<usize>) -> Self {
        let entries = table.iter().map(|(key, value)| (key.get_ref().as_ref(), (key.span(), value))).collect();
        Self { source, entries, span, asked: RefCell::default() }
    }

    fn ask(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().push(key);
        self.entries.get(key).map(|(_, value)| *value)
    }
    fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        self.source.error("BD0003", Some(value.span()), format!("“{key}”的值类型不对"), format!("应为{expected}"));
    }

    /// Text, if the key is there.
    #[must_use]
    pub fn text(&self, key: &'static str) -> Option<Found<String>> {
        let value = self.ask(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(Found { value: text.to_string(), span: value.span() }),
            _ => {
                self.wrong(key, value, "文字（用双引号括起）");
                None
            }
        }
    }
    /// Text; its absence is an error.
    #[must_use]
    pub fn required_text(&self, key: &'static str) -> Option<Found<String>> {
        if !self.entries.contains_key(key) {
            self.asked.borrow_mut().push(key);
            self.source.error(
                "BD0002",
                Some(self.span.clone()),
                format!("缺少“{key}”"),
                format!("请补上 {key} = \"…\""),
            );
            return None;
        }
        self.text(key)
    }
    /// A list of texts, empty if the key is absent.
    #[must_use]
    pub fn texts(&self, key: &'static str) -> Vec<Found<String>> {
        let Some(value) = self.ask(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, value, "文字列表，如 [\"甲\", \"乙\"]");
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| match item.get_ref() {
                DeValue::String(text) => Some(Found { value: text.to_string(), span: item.span() }),
                _ => {
                    self.wrong(key, item, "文字");
                    None
                }
            })
            .collect()
    }
    #[must_use]
    pub fn integer(&self, key: &'static str) -> Option<Found<i64>> {
        let value = self.ask(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong(key, value, "整数");
        }
        number.map(|number| Found { value: number, span: value.span() })
    }
    /// A number, with or without decimals.
    #[must_use]
    pub fn number(&self, key: &'static str) -> Option<Found<f64>> {
        let value = self.ask(key)?;
        let number = plain_number(value.get_ref());
        if number.is_none() {
            self.wrong(key, value, "数值");
        }
        number.map(|number| Found { value: number, span: value.span() })
    }
    #[must_use]
    pub fn flag(&self, key: &'static str) -> Option<Found<bool>> {
        let value = self.ask(key)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(Found { value: *flag, span: value.span() }),
            _ => {
                self.wrong(key, value, "true 或 false");
                None
            }
        }
    }
    /// A TOML local date, as days since 1970-01-01.
    #[must_use]
    pub fn date(&self, key: &'static str) -> Option<Found<i32>> {
        let value = self.ask(key)?;
        let days = plain_date(value.get_ref());
        if days.is_none() {
            self.wrong(key, value, "日期，如 2023-04-05（不加引号）");
        }
        days.map(|days| Found { value: days, span: value.span() })
    }
    /// A list of TOML local dates, empty if the key is absent.
    #[must_use]
    pub fn dates(&self, key: &'static str) -> Vec<i32> {
        let Some(value) = self.ask(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, value, "日期列表，如 [2023-01-28, 2023-01-29]");
            return Vec::new();
        };
        let mut days = Vec::new();
        for item in items.iter() {
            match plain_date(item.get_ref()) {
                Some(day) => days.push(day),
                None => self.wrong(key, item, "日期"),
            }
        }
        days
    }
    /// One table under the key.
    #[must_use]
    pub fn table(&self, key: &'static str) -> Option<SpecTable<'a>> {
        let value = self.ask(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(Self::new(self.source, table, value.span())),
            _ => {
                self.wrong(key, value, "表");
                None
            }
        }
    }
    /// The tables of `[[key]]`.
    #[must_use]
    pub fn tables(&self, key: &'static str) -> Vec<SpecTable<'a>> {
        let Some(value) = self.ask(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, value, "表的列表，写作 [[…]]");
            return Vec::new();
        };
        items
            .iter()
            .filter_map(|item| match item.get_ref() {
                DeValue::Table(table) => Some(Self::new(self.source, table, item.span())),
                _ => {
                    self.wrong(key, item, "表");
                    None
                }
            })
            .collect()
    }
    /// Every entry, for tables whose keys are data. Counts as asked for all of them.
    #[must_use]
    pub fn entries(&self) -> Vec<(Found<String>, &'a Spanned<DeValue<'a>>)> {
        self.entries
            .iter()
            .map(|(key, (span, value))| (Found { value: (*key).to_owned(), span: span.clone() }, *value))
            .collect()
    }
    /// The items of a list as they stand, for lists of pairs or numbers; empty if the key is absent.
    #[must_use]
    pub fn items(&self, key: &'static str) -> Vec<&'a Spanned<DeValue<'a>>> {
        let Some(value) = self.ask(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, value, "列表");
            return Vec::new();
        };
        items.iter().collect()
    }
    /// The table that is the value of one of [`SpecTable::entries`].
    #[must_use]
    pub fn entry_table(&self, key: &str, value: &'a Spanned<DeValue<'a>>) -> Option<SpecTable<'a>> {
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong(key, value, "表");
            return None;
        };
        Some(Self::new(self.source, table, value.span()))
    }
    /// Where the value of a key stands, if the key is there. Counts as asked.
    #[must_use]
    pub fn span_of(&self, key: &'static str) -> Option<Range<usize>> {
        self.ask(key).map(Spanned::span)
    }
    /// Keys that may stand here and are another room's business.
    pub fn leave(&self, keys: &[&'static str]) {
        self.asked.borrow_mut().extend(keys);
    }
    /// Reports the keys that nobody asked for.
    pub fn finish(self) {
        let asked = self.asked.borrow();
        for (key, (span, _)) in &self.entries {
            if !asked.contains(key) {
                let hint = nearest(key, asked.iter().copied())
                    .map_or_else(|| format!("可用的键：{}", asked.join("、")), |near| format!("是不是“{near}”？"));
                self.source.error("BD0004", Some(span.clone()), format!("不认识的键“{key}”"), hint);
            }
        }
    }
}

/// The line that a byte stands in.
fn line_around(text: &str, at: usize) -> &str {
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("")
}

/// A number of either TOML kind.
#[must_use]
pub fn plain_number(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number as f64)
        }
        DeValue::Float(number) => number.as_str().replace('_', "").parse().ok(),
        _ => None,
    }
}

/// Days since 1970-01-01 of a TOML local date.
#[must_use]
pub fn plain_date(value: &DeValue<'_>) -> Option<i32> {
    let DeValue::Datetime(moment) = value else { return None };
    let date = moment.date?;
    let month = crate::Month::new(i32::from(date.year), u32::from(date.month))?;
    Some(month.first_day() + i32::from(date.day) - 1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_error_is_found_at_once_at_its_place() {
        let text = "nmae = \"x\"\nmonths = \"十二\"\n";
        let file = SpecFile::new("a.toml", text);
        let mut tree = None;
        let errors = {
            let root = file.root(&mut tree).expect("toml");
            assert!(root.required_text("name").is_none());
            assert!(root.integer("months").is_none());
            root.finish();
            file.errors.borrow().clone()
        };
        let at: Vec<&str> = errors.iter().map(|error| &text[error.span.clone().expect("a place")]).collect();
        assert_eq!(at, ["n", "\"十二\"", "nmae"]);
        assert_eq!(errors[2].hint.as_deref(), Some("是不是“name”？"));
    }
}
