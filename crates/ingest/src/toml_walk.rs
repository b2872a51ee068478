//! Walking a TOML document and noting everything that is wrong with it, instead of stopping at the first as serde does.

use std::ops::Range;

use bidui_model::{Diagnostic, nearest};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Codes of this room, for docs/diagnostics.md.
pub(crate) mod code {
    pub(crate) const SYNTAX: &str = "BD0101";
    pub(crate) const UNKNOWN_KEY: &str = "BD0102";
    pub(crate) const WRONG_TYPE: &str = "BD0103";
    pub(crate) const MISSING_KEY: &str = "BD0104";
    pub(crate) const BAD_VALUE: &str = "BD0105";
    pub(crate) const UNKNOWN_COLUMN: &str = "BD0106";
    pub(crate) const CONTRADICTION: &str = "BD0107";
}

pub(crate) type Value<'t> = Spanned<DeValue<'t>>;

/// The diagnostics of one file.
pub(crate) struct Notes<'f> {
    file: &'f str,
    pub(crate) found: Vec<Diagnostic>,
}

impl<'f> Notes<'f> {
    pub(crate) fn new(file: &'f str) -> Self {
        Self {
            file,
            found: Vec::new(),
        }
    }
    pub(crate) fn error(
        &mut self,
        code: &'static str,
        span: Option<Range<usize>>,
        message: impl Into<String>,
    ) {
        self.found
            .push(Diagnostic::error(code, self.file, span, message));
    }
    pub(crate) fn error_with_hint(
        &mut self,
        code: &'static str,
        span: Option<Range<usize>>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.found
            .push(Diagnostic::error(code, self.file, span, message).with_hint(hint));
    }

    /// Parses the document; syntax errors are noted, and what could be read is returned.
    pub(crate) fn parse<'t>(&mut self, text: &'t str) -> Spanned<DeTable<'t>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            self.error(
                code::SYNTAX,
                error.span(),
                format!("TOML写法有误：{}", error.message()),
            );
        }
        table
    }

    /// Notes keys that nobody knows, with the nearest known one.
    pub(crate) fn unknown_keys(&mut self, table: &DeTable<'_>, known: &[&str], place: &str) {
        for (key, _) in table {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                self.error_with_hint(
                    code::UNKNOWN_KEY,
                    Some(key.span()),
                    format!("{place}中没有“{name}”这个键"),
                    did_you_mean(name, known),
                );
            }
        }
    }

    fn wrong_type(&mut self, value: &Value<'_>, key: &str, expected: &str) {
        self.error(
            code::WRONG_TYPE,
            Some(value.span()),
            format!("“{key}”应为{expected}，现为{}", type_name(value.get_ref())),
        );
    }
    pub(crate) fn text(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
    ) -> Option<(String, Range<usize>)> {
        let value = table.get(key)?;
        match value.get_ref().as_str() {
            Some(text) => Some((text.to_owned(), value.span())),
            None => {
                self.wrong_type(value, key, "字符串");
                None
            }
        }
    }
    pub(crate) fn required_text(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        span: Range<usize>,
        place: &str,
    ) -> Option<(String, Range<usize>)> {
        if !table.contains_key(key) {
            self.error(code::MISSING_KEY, Some(span), format!("{place}缺少“{key}”"));
            return None;
        }
        let (text, span) = self.text(table, key)?;
        if text.trim().is_empty() {
            self.error(code::BAD_VALUE, Some(span), format!("“{key}”不能为空"));
            return None;
        }
        Some((text, span))
    }
    pub(crate) fn flag(&mut self, table: &DeTable<'_>, key: &str, default: bool) -> bool {
        let Some(value) = table.get(key) else {
            return default;
        };
        value.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong_type(value, key, "true或false");
            default
        })
    }
    pub(crate) fn integer(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
    ) -> Option<(i64, Range<usize>)> {
        let value = table.get(key)?;
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|integer| i64::from_str_radix(integer.as_str(), integer.radix()).ok());
        if number.is_none() {
            self.wrong_type(value, key, "整数");
        }
        Some((number?, value.span()))
    }
    pub(crate) fn number(&mut self, value: &Value<'_>, key: &str) -> Option<f64> {
        let number = match value.get_ref() {
            DeValue::Integer(integer) => integer.as_str().parse().ok(),
            DeValue::Float(float) => float.as_str().parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong_type(value, key, "数值");
        }
        number
    }
    pub(crate) fn list<'a, 't>(
        &mut self,
        value: &'a Value<'t>,
        key: &str,
        expected: &str,
    ) -> Option<&'a [Value<'t>]> {
        match value.get_ref() {
            DeValue::Array(items) => Some(items),
            _ => {
                self.wrong_type(value, key, expected);
                None
            }
        }
    }
    pub(crate) fn table<'a, 't>(
        &mut self,
        value: &'a Value<'t>,
        key: &str,
    ) -> Option<&'a DeTable<'t>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(value, key, "表（{ … }）");
        }
        table
    }
    /// A list of strings that are not empty; an absent key is an empty list.
    pub(crate) fn texts(&mut self, table: &DeTable<'_>, key: &str) -> Vec<(String, Range<usize>)> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let Some(items) = self.list(value, key, "字符串列表") else {
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            match item.get_ref().as_str() {
                Some(text) if !text.trim().is_empty() => texts.push((text.to_owned(), item.span())),
                Some(_) => self.error(
                    code::BAD_VALUE,
                    Some(item.span()),
                    format!("“{key}”中有空字符串"),
                ),
                None => self.wrong_type(item, key, "字符串列表"),
            }
        }
        texts
    }
}

/// `是否应为“x”？`, or the whole list.
pub(crate) fn did_you_mean(found: &str, valid: &[&str]) -> String {
    nearest(found, valid.iter().copied()).map_or_else(
        || format!("可用的有：{}", valid.join("、")),
        |name| format!("是否应为“{name}”？"),
    )
}

fn type_name(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "字符串",
        DeValue::Integer(_) => "整数",
        DeValue::Float(_) => "小数",
        DeValue::Boolean(_) => "true或false",
        DeValue::Datetime(_) => "日期",
        DeValue::Array(_) => "列表",
        DeValue::Table(_) => "表",
    }
}
