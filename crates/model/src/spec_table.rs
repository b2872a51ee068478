//! A TOML table read key by key, so that all of a file's errors are found at once, each at its bytes and with the nearest name.
//! Grammar: TOML 1.0. Not supported on purpose: keys that nobody asked for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::nearest;
use crate::spec_file::SpecFile;

/// So many keys that nobody knows, none of them like one that is known, belong to another table.
const SEVERAL: usize = 3;

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

impl<'a> SpecTable<'a> {
    pub(crate) fn new(source: &'a SpecFile<'a>, table: &'a DeTable<'a>, span: Range<usize>) -> Self {
        let entries = table.iter().map(|(key, value)| (key.get_ref().as_ref(), (key.span(), value))).collect();
        Self { source, entries, span, asked: RefCell::default() }
    }

    fn ask(&self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.borrow_mut().push(key);
        self.entries.get(key).map(|(_, value)| *value)
    }
    fn wrong(&self, key: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        // That it is missing, too, follows.
        self.source.stands_for(self.span.clone(), key);
        let message = format!("“{key}”的值类型不对：这里是{}", kind_in_words(value.get_ref()));
        self.source.error("BD0003", Some(value.span()), message, format!("应为{expected}"));
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
    /// A name that conditions and queries use: letters, digits and underscores, no digit first.
    #[must_use]
    pub fn required_name(&self, key: &'static str) -> Option<Found<String>> {
        let name = self.required_text(key)?;
        let is_of_name = |sign: char| sign.is_alphanumeric() || sign == '_';
        let odd = name.value.char_indices().find(|(at, sign)| !is_of_name(*sign) || *at == 0 && sign.is_numeric());
        let Some((at, sign)) = odd else { return Some(name) };
        let shown = if sign.is_whitespace() { "空格".to_owned() } else { format!("“{sign}”") };
        let span = self.source.inside(&name, at..at + sign.len_utf8());
        let message = format!("“{}”里有{shown}，不能作名称", name.value);
        self.source.error("BD0007", Some(span), message, "名称在条件里要用到：只写字母、数字和下划线，不以数字开头");
        None
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
        let found = self.text(key)?;
        if found.value.trim().is_empty() {
            self.source.error("BD0003", Some(found.span), format!("“{key}”是空的"), format!("请写明 {key} = \"…\""));
            return None;
        }
        Some(found)
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
        match number {
            None => self.wrong(key, value, "数值"),
            Some(number) if !number.is_finite() => {
                self.source.stands_for(self.span.clone(), key);
                let message = format!("“{key}”不能是 inf（无穷）或 nan（不是数）");
                self.source.error("BD0003", Some(value.span()), message, format!("写一个数，如 {key} = 8000"));
            }
            Some(_) => {}
        }
        number.filter(|number| number.is_finite()).map(|number| Found { value: number, span: value.span() })
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
    /// Whether a key is there, without asking for it.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }
    /// Whether a key is not there because it is misspelt.
    #[must_use]
    pub fn is_misspelt(&self, key: &str) -> bool {
        !self.has(key) && nearest(key, self.entries.keys().copied()).is_some()
    }
    /// Keys that may stand here and are another room's business.
    pub fn leave(&self, keys: &[&'static str]) {
        self.asked.borrow_mut().extend(keys);
    }
    /// Reports the keys that nobody asked for. What is missing in their stead is then no error of its own.
    pub fn finish(self) {
        self.report_unasked();
    }
    /// Whether it goes on with the keys of another section, whose heading is lost: so many are there that nobody asked for.
    #[must_use]
    pub fn runs_on(&self) -> bool {
        let asked = self.asked.borrow();
        self.entries.keys().filter(|key| !asked.contains(*key)).count() >= SEVERAL
    }
    /// The same, of a table that is looked at again.
    pub fn report_unasked(&self) {
        let asked = self.asked.borrow();
        let is_free = |key: &&str| !self.entries.contains_key(*key);
        let unasked: Vec<_> = self.entries.iter().filter(|(key, _)| !asked.contains(key)).collect();
        if unasked.len() >= SEVERAL
            && unasked.iter().all(|(key, _)| nearest(key, asked.iter().copied().filter(is_free)).is_none())
        {
            let mut keys: Vec<_> = unasked.iter().map(|(key, (span, _))| (span.clone(), **key)).collect();
            keys.sort_by_key(|(span, _)| span.start);
            let names: Vec<&str> = keys.iter().map(|(_, key)| *key).collect();
            let message = format!("{LOST_HEADING}{}", names.join("、"));
            let hint = "是不是上面漏写了一行节名，如 [[rule]]、[columns]，或节名写错了？";
            self.source.error("BD0004", Some(keys[0].0.clone()), message, hint);
            return;
        }
        for (key, (span, value)) in unasked {
            // A key that is there already was hardly meant.
            let near = nearest(key, asked.iter().copied().filter(is_free));
            if let Some(near) = near {
                self.source.stands_for(self.span.clone(), near);
            }
            if matches!(value.get_ref(), DeValue::Table(_) | DeValue::Array(_)) {
                self.source.unknown_section(span.start);
            }
            let near = near.or_else(|| nearest(key, asked.iter().copied()));
            let hint = near.map_or_else(|| self.valid_keys(&asked), |near| format!("是不是“{near}”？"));
            self.source.error("BD0004", Some(span.clone()), format!("不认识的键“{key}”"), hint);
        }
    }

    fn valid_keys(&self, asked: &[&str]) -> String {
        let mut once: Vec<&str> = Vec::new();
        for key in asked {
            if !once.contains(key) {
                once.push(key);
            }
        }
        format!("可用的键：{}", once.join("、"))
    }
}

/// How several keys are told whose heading is lost.
pub(crate) const LOST_HEADING: &str = "这一节里没有这些键：";

fn kind_in_words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "文字",
        DeValue::Integer(_) => "整数",
        DeValue::Float(_) => "小数",
        DeValue::Boolean(_) => "true 或 false",
        DeValue::Datetime(_) => "日期或时间",
        DeValue::Array(_) => "列表",
        DeValue::Table(_) => "表",
    }
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
        let text = "nmae = \"x\"\nmonths = \"十二\"\n[[rule]]\nid = 3\n";
        let file = SpecFile::new("a.toml", text);
        {
            let mut tree = None;
            let root = file.root(&mut tree).expect("toml");
            assert!(root.integer("months").is_none());
            assert!(root.text("name").is_none());
            for table in root.tables("rule") {
                assert!(table.required_text("id").is_none() && table.required_text("title").is_none());
                table.finish();
            }
            root.finish();
        }
        let errors = file.finish(Some(())).expect_err("errors");
        let at: Vec<&str> = errors.iter().map(|error| &text[error.span.clone().expect("a place")]).collect();
        assert_eq!(at, ["nmae", "\"十二\"", "[[rule]]", "3"]);
        assert_eq!(errors[0].hint.as_deref(), Some("是不是“name”？"));
    }
}
