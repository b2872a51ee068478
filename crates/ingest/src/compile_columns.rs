//! The `[columns]` table of a feed file.
//!
//! ```toml
//! [columns]
//! paid = { type = "money", unit = "万元", headings = ["金额（万元）"], required = true }
//! kind = { type = "text", headings = ["类型"], choices = ["全额"], aliases = [["全额救助", "全额"]], stored = false }
//! unique = ["bill"]
//! ```

use std::ops::Range;

use bidui_model::{ColumnContract, ColumnType};
use toml::de::DeTable;

use crate::heading::normalize;
use crate::toml_walk::{Notes, Value, code, did_you_mean};

/// The unit that money is written in, and what one of it is in fen.
const UNITS: &[(&str, i64)] = &[("元", 100), ("万元", 1_000_000), ("分", 1)];
const KEYS: &[&str] = &[
    "type", "headings", "required", "choices", "aliases", "unit", "stored",
];

#[derive(Debug, Default)]
pub(crate) struct Columns {
    /// Sorted by name.
    pub(crate) columns: Vec<ColumnContract>,
    pub(crate) spans: Vec<Range<usize>>,
    pub(crate) unique: Vec<String>,
}

/// `grouped` are columns whose headings an unpivot gives.
pub(crate) fn compile_columns(
    table: &DeTable<'_>,
    grouped: &[String],
    notes: &mut Notes<'_>,
) -> Columns {
    let mut compiled: Vec<(ColumnContract, Range<usize>)> = Vec::new();
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        if name == "unique" && !matches!(value.get_ref(), toml::de::DeValue::Table(_)) {
            continue;
        }
        if name.is_empty()
            || !name.chars().all(|c| c.is_alphanumeric() || c == '_')
            || name.starts_with(|c: char| c.is_ascii_digit())
        {
            notes.error_with_hint(
                code::BAD_VALUE,
                Some(key.span()),
                format!("列名“{name}”不能用在规则里"),
                "列名只用字母、汉字、数字和下划线，不以数字开头",
            );
        }
        if let Some(column) = compile_column(name, value, grouped, notes) {
            compiled.push((column, key.span()));
        }
    }
    compiled.sort_by(|(left, _), (right, _)| left.name.cmp(&right.name));
    let names: Vec<&str> = compiled
        .iter()
        .map(|(column, _)| column.name.as_str())
        .collect();
    let mut unique = Vec::new();
    for (name, span) in notes.texts(table, "unique") {
        if names.contains(&name.as_str()) {
            unique.push(name);
        } else {
            notes.error_with_hint(
                code::UNKNOWN_COLUMN,
                Some(span),
                format!("unique中的“{name}”不是本合同的列"),
                did_you_mean(&name, &names),
            );
        }
    }
    let (columns, spans) = compiled.into_iter().unzip();
    Columns {
        columns,
        spans,
        unique,
    }
}

fn compile_column(
    name: &str,
    value: &Value<'_>,
    grouped: &[String],
    notes: &mut Notes<'_>,
) -> Option<ColumnContract> {
    let table = notes.table(value, name)?;
    let place = format!("列“{name}”");
    notes.unknown_keys(table, KEYS, &place);
    let kind = compile_type(table, value.span(), &place, notes);
    let headings = notes.texts(table, "headings");
    if headings.is_empty() && !grouped.iter().any(|other| other == name) {
        notes.error_with_hint(
            code::MISSING_KEY,
            Some(value.span()),
            format!("{place}没有headings"),
            "写明这一列在表中可能的列名，最规范的放在最前",
        );
    }
    note_repeated(&headings, &place, notes);
    let choices = notes.texts(table, "choices");
    let aliases = compile_aliases(table, &place, notes);
    for (_, to, span) in &aliases {
        if !choices.is_empty() && !to.is_empty() && !choices.iter().any(|(choice, _)| choice == to)
        {
            let valid: Vec<&str> = choices.iter().map(|(choice, _)| choice.as_str()).collect();
            notes.error_with_hint(
                code::CONTRADICTION,
                Some(span.clone()),
                format!("{place}的aliases换成了“{to}”，它不在choices里"),
                did_you_mean(to, &valid),
            );
        }
    }
    let fen_per_unit = compile_unit(table, kind, &place, notes);
    let required = notes.flag(table, "required", false);
    let stored = notes.flag(table, "stored", true);
    let kind = kind?;
    if let (Some((_, span)), true) = (choices.first(), kind != ColumnType::Text) {
        notes.error(
            code::CONTRADICTION,
            Some(span.clone()),
            format!("{place}是{}，choices只用于text", kind.name()),
        );
    }
    Some(ColumnContract {
        name: name.to_owned(),
        kind,
        headings: headings.into_iter().map(|(heading, _)| heading).collect(),
        required,
        choices: choices.into_iter().map(|(choice, _)| choice).collect(),
        aliases: aliases
            .into_iter()
            .map(|(from, to, _)| (from, to))
            .collect(),
        stored,
        fen_per_unit,
    })
}

fn compile_type(
    table: &DeTable<'_>,
    span: Range<usize>,
    place: &str,
    notes: &mut Notes<'_>,
) -> Option<ColumnType> {
    let (text, span) = notes.required_text(table, "type", span, place)?;
    let kind = ColumnType::NAMES
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, kind)| *kind);
    if kind.is_none() {
        let valid: Vec<&str> = ColumnType::NAMES.iter().map(|(name, _)| *name).collect();
        notes.error_with_hint(
            code::BAD_VALUE,
            Some(span),
            format!("没有“{text}”这种类型"),
            format!(
                "{}（可用的有：{}）",
                did_you_mean(&text, &valid),
                valid.join("、")
            ),
        );
    }
    kind
}

fn compile_unit(
    table: &DeTable<'_>,
    kind: Option<ColumnType>,
    place: &str,
    notes: &mut Notes<'_>,
) -> i64 {
    let Some((unit, span)) = notes.text(table, "unit") else {
        return 100;
    };
    if kind.is_some_and(|kind| kind != ColumnType::Money) {
        notes.error(
            code::CONTRADICTION,
            Some(span.clone()),
            format!("{place}不是money，unit只用于金额"),
        );
    }
    match UNITS.iter().find(|(name, _)| *name == unit) {
        Some((_, fen)) => *fen,
        None => {
            let valid: Vec<&str> = UNITS.iter().map(|(name, _)| *name).collect();
            notes.error_with_hint(
                code::BAD_VALUE,
                Some(span),
                format!("不认识金额单位“{unit}”"),
                format!("可用的有：{}", valid.join("、")),
            );
            100
        }
    }
}

fn compile_aliases(
    table: &DeTable<'_>,
    place: &str,
    notes: &mut Notes<'_>,
) -> Vec<(String, String, Range<usize>)> {
    let mut aliases = Vec::new();
    let Some(value) = table.get("aliases") else {
        return aliases;
    };
    let Some(pairs) = notes.list(value, "aliases", "成对的列表") else {
        return aliases;
    };
    for pair in pairs {
        let texts: Vec<&str> = pair
            .get_ref()
            .as_array()
            .map(|items| {
                items
                    .iter()
                    .filter_map(|item| item.get_ref().as_str())
                    .collect()
            })
            .unwrap_or_default();
        match texts[..] {
            [from, to] => aliases.push((from.to_owned(), to.to_owned(), pair.span())),
            _ => notes.error_with_hint(
                code::WRONG_TYPE,
                Some(pair.span()),
                format!("{place}的aliases应为成对的字符串"),
                "写作 aliases = [[\"原写法\", \"规范写法\"]]",
            ),
        }
    }
    aliases
}

/// The same heading twice in one list is a slip, though a harmless one in meaning.
fn note_repeated(headings: &[(String, Range<usize>)], place: &str, notes: &mut Notes<'_>) {
    for (index, (heading, span)) in headings.iter().enumerate() {
        let is_repeated = headings[..index]
            .iter()
            .any(|(before, _)| before == heading);
        if is_repeated {
            notes.error(
                code::CONTRADICTION,
                Some(span.clone()),
                format!("{place}的列名“{heading}”写了两遍"),
            );
        }
        if normalize(heading).is_empty() {
            notes.error(
                code::BAD_VALUE,
                Some(span.clone()),
                format!("{place}的列名“{heading}”没有可比较的字"),
            );
        }
    }
}
