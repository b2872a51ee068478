//! A configuration table taken apart by hand, so that every error is found at once and with its place.

use std::ops::Range;

use bidui_model::{Diagnostic, nearest};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Collects what is wrong in one file.
pub(crate) struct TomlReader<'a> {
    file: &'a str,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A text value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) span: Range<usize>,
}

impl<'a> TomlReader<'a> {
    pub(crate) fn new(file: &'a str) -> Self {
        Self {
            file,
            diagnostics: Vec::new(),
        }
    }

    /// The document; syntax errors are noted and what could be read is returned.
    pub(crate) fn document<'t>(&mut self, text: &'t str) -> Spanned<DeTable<'t>> {
        let (document, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            self.diagnostics.push(
                Diagnostic::error("BD0201", self.file, error.span(), "TOML语法有误")
                    .with_hint(error.message().to_owned()),
            );
        }
        document
    }

    pub(crate) fn error(
        &mut self,
        code: &'static str,
        span: Range<usize>,
        message: String,
        hint: &str,
    ) {
        self.diagnostics
            .push(Diagnostic::error(code, self.file, Some(span), message).with_hint(hint));
    }

    /// Notes every key that is not one of `valid`.
    pub(crate) fn only(&mut self, table: &DeTable<'_>, valid: &[&str]) {
        for (key, _) in table {
            let name = key.get_ref().as_ref();
            if !valid.contains(&name) {
                let hint = nearest(name, valid.iter().copied()).map_or_else(
                    || format!("可用：{}", valid.join("、")),
                    |near| format!("是否为“{near}”？"),
                );
                self.error("BD0202", key.span(), format!("没有“{name}”这一项"), &hint);
            }
        }
    }

    /// A required text.
    pub(crate) fn word(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        around: &Range<usize>,
    ) -> Option<Word> {
        let Some(value) = find(table, key) else {
            self.error(
                "BD0203",
                around.clone(),
                format!("缺少“{key}”"),
                "请补上这一项",
            );
            return None;
        };
        self.text(value, key)
    }

    /// A list of texts; empty when it is not there.
    pub(crate) fn words(&mut self, table: &DeTable<'_>, key: &str) -> Vec<Word> {
        let Some(value) = find(table, key) else {
            return Vec::new();
        };
        let Some(list) = value.get_ref().as_array() else {
            self.error(
                "BD0204",
                value.span(),
                format!("“{key}”应是一组文字"),
                "写成 [\"甲\", \"乙\"]",
            );
            return Vec::new();
        };
        let values: Vec<&Spanned<DeValue<'_>>> = list.iter().collect();
        values
            .into_iter()
            .filter_map(|value| self.text(value, key))
            .collect()
    }

    /// `[[key]]`: its tables with their places; empty when there is none.
    pub(crate) fn tables<'t, 'i>(
        &mut self,
        document: &'t DeTable<'i>,
        key: &str,
    ) -> Vec<(&'t DeTable<'i>, Range<usize>)> {
        let Some(value) = find(document, key) else {
            return Vec::new();
        };
        let list: Vec<&'t Spanned<DeValue<'i>>> = match value.get_ref() {
            DeValue::Array(list) => list.iter().collect(),
            _ => vec![value],
        };
        let mut tables = Vec::new();
        for item in list {
            match item.get_ref().as_table() {
                Some(table) => tables.push((table, item.span())),
                None => self.error(
                    "BD0204",
                    item.span(),
                    format!("“{key}”应是表"),
                    &format!("写成 [[{key}]]"),
                ),
            }
        }
        tables
    }

    fn text(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<Word> {
        match value.get_ref().as_str() {
            Some(text) => Some(Word {
                text: text.to_owned(),
                span: value.span(),
            }),
            None => {
                self.error(
                    "BD0204",
                    value.span(),
                    format!("“{key}”应是文字"),
                    "请加上引号",
                );
                None
            }
        }
    }
}

fn find<'t, 'i>(table: &'t DeTable<'i>, key: &str) -> Option<&'t Spanned<DeValue<'i>>> {
    table
        .iter()
        .find(|(name, _)| name.get_ref().as_ref() == key)
        .map(|(_, value)| value)
}
