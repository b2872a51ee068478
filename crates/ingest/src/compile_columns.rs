//! The `[columns]` table of a feed file.
//!
//! ```toml
//! [columns]
//! paid = { type = "money", unit = "元", headings = ["金额", "金额（万元）"], required = true }   # a unit in a heading beats `unit`
//! kind = { type = "text", headings = ["类型"], choices = ["全额"], aliases = [["全额救助", "全额"]], stored = false }
//! unique = ["bill"]
//! ```

use std::collections::BTreeMap;
use std::ops::Range;

use bidui_model::{ColumnContract, ColumnType, Diagnostic, Found, SpecFile, SpecTable, nearest};

use crate::compile::{code, did_you_mean};
use crate::heading::{UNITS, normalize};
use crate::heading_kind::meant;

const YUAN: i64 = 100;

#[derive(Debug, Default)]
pub(crate) struct Columns {
    /// Sorted by name, with the place of each name.
    pub(crate) columns: Vec<ColumnContract>,
    pub(crate) spans: Vec<Range<usize>>,
    pub(crate) unique: Vec<String>,
    /// Those that are wrong, so that nobody says they are missing.
    pub(crate) failed: Vec<String>,
}

impl Columns {
    pub(crate) fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|column| column.name.as_str()).collect()
    }
    /// Where the column stands that was probably meant to be called so: of that kind, and no name that is asked for otherwise.
    pub(crate) fn misnamed(&self, name: &str, kind: Option<ColumnType>, asked: &[&str]) -> Option<Range<usize>> {
        let free = self.columns.iter().filter(|column| kind.is_none_or(|kind| column.kind == kind));
        let free = free.map(|column| column.name.as_str()).filter(|name| !asked.contains(name));
        let near = nearest(name, free)?;
        let at = self.columns.iter().position(|column| column.name == near)?;
        self.spans.get(at).cloned()
    }
    /// The column of that name, or an error at `name`'s place.
    pub(crate) fn find(&self, name: &Found<String>, place: &str, source: &SpecFile<'_>) -> Option<&ColumnContract> {
        let found = self.columns.iter().find(|column| column.name == name.value);
        if found.is_none() && !self.failed.contains(&name.value) {
            let message = format!("{place}中的“{}”不是本契约的列", name.value);
            let error = Diagnostic::error(code::UNKNOWN_COLUMN, source.file, Some(name.span.clone()), message);
            source.push(error.with_hint(did_you_mean(&name.value, &self.names())).about(&name.value));
        }
        found
    }
}

/// `grouped` are columns whose headings an unpivot gives.
pub(crate) fn compile_columns(table: &SpecTable<'_>, grouped: &[String], source: &SpecFile<'_>) -> Columns {
    let mut compiled: Vec<(ColumnContract, Range<usize>)> = Vec::new();
    let (mut failed, mut claims) = (Vec::new(), Vec::new());
    for (name, value) in table.entries() {
        if name.value == "unique" && value.get_ref().as_table().is_none() {
            continue;
        }
        check_name(&name, source);
        let of_column = table.entry_table(&name.value, value);
        if let Some(column) =
            of_column.and_then(|table| compile_column(&name.value, table, grouped, &mut claims, source))
        {
            compiled.push((column, name.span));
        } else {
            failed.push(name.value);
        }
    }
    refuse_shared(claims, source);
    compiled.sort_by(|(left, _), (right, _)| left.name.cmp(&right.name));
    let (columns, spans) = compiled.into_iter().unzip();
    let mut columns = Columns { columns, spans, unique: Vec::new(), failed };
    let unique = table.texts("unique");
    refuse_repeated(&unique, "unique", source);
    for name in unique {
        if columns.find(&name, "unique", source).is_some() {
            columns.unique.push(name.value);
        }
    }
    columns
}

/// Facts and rules name columns in SQL without quotes.
fn check_name(name: &Found<String>, source: &SpecFile<'_>) {
    let is_word = name.value.chars().all(|character| character.is_alphanumeric() || character == '_');
    if !is_word || name.value.is_empty() || name.value.starts_with(|first: char| first.is_ascii_digit()) {
        source.error(
            code::BAD_VALUE,
            Some(name.span.clone()),
            format!("列名“{}”不能用在规则里", name.value),
            "列名只用字母、汉字、数字和下划线，不以数字开头",
        );
    }
}

fn compile_column(
    name: &str,
    table: SpecTable<'_>,
    grouped: &[String],
    claims: &mut Vec<Claim>,
    source: &SpecFile<'_>,
) -> Option<ColumnContract> {
    let place = format!("列“{name}”");
    let headings = table.texts("headings");
    let words: Vec<&str> = headings.iter().map(|heading| heading.value.as_str()).collect();
    let kind = compile_type(&table, source);
    let kind = kind.map(|kind| meant(kind, &words, (name, table.span_of("type")), source));
    if headings.is_empty() && !grouped.iter().any(|other| other == name) {
        source.error(
            code::MISSING,
            Some(table.span.clone()),
            format!("{place}没有headings"),
            "写明这一列在表中可能的列名，最规范的放在最前；由[reshape]的unpivot给出的列不用写",
        );
    }
    check_headings(&headings, &place, source);
    claims.extend(headings.iter().map(|heading| Claim { heading: heading.clone(), column: name.to_owned() }));
    let choices = table.texts("choices");
    refuse_repeated(&choices, &format!("{place}的choices"), source);
    let aliases = compile_aliases(&table, &choices, &place, source);
    let fen_per_unit = compile_unit(&table, kind, &place, source);
    let required = table.flag("required").is_some_and(|flag| flag.value);
    let stored = table.flag("stored").is_none_or(|flag| flag.value);
    table.finish();
    let kind = kind?;
    if let (Some(choice), true) = (choices.first(), kind != ColumnType::Text) {
        source.error(
            code::CONTRADICTION,
            Some(choice.span.clone()),
            format!("{place}是{}，choices只用于text", kind.name()),
            "",
        );
    }
    Some(ColumnContract {
        name: name.to_owned(),
        kind,
        headings: headings.into_iter().map(|heading| heading.value).collect(),
        required,
        choices: choices.into_iter().map(|choice| choice.value).collect(),
        aliases,
        stored,
        fen_per_unit,
    })
}

fn compile_type(table: &SpecTable<'_>, source: &SpecFile<'_>) -> Option<ColumnType> {
    let text = table.required_text("type")?;
    let kind = ColumnType::NAMES.iter().find(|(name, _)| *name == text.value).map(|(_, kind)| *kind);
    if kind.is_none() {
        let valid: Vec<&str> = ColumnType::NAMES.iter().map(|(name, _)| *name).collect();
        source.error(
            code::BAD_VALUE,
            Some(text.span),
            format!("没有“{}”这种类型", text.value),
            did_you_mean(&text.value, &valid),
        );
        // What is almost a type is taken for it, so that the columns that it gives are not missed everywhere, too.
        return nearest(&text.value, valid.iter().copied())
            .and_then(|near| ColumnType::NAMES.iter().find(|(name, _)| *name == near).map(|(_, kind)| *kind));
    }
    kind
}

fn compile_unit(table: &SpecTable<'_>, kind: Option<ColumnType>, place: &str, source: &SpecFile<'_>) -> i64 {
    let Some(unit) = table.text("unit") else {
        return YUAN;
    };
    if kind.is_some_and(|kind| kind != ColumnType::Money) {
        source.error(code::CONTRADICTION, Some(unit.span.clone()), format!("{place}不是money，unit只用于金额"), "");
    }
    let found = UNITS.iter().find(|(name, _)| *name == unit.value);
    if found.is_none() {
        let valid: Vec<&str> = UNITS.iter().map(|(name, _)| *name).collect();
        source.error(
            code::BAD_VALUE,
            Some(unit.span.clone()),
            format!("不认识金额单位“{}”", unit.value),
            did_you_mean(&unit.value, &valid),
        );
    }
    found.map_or(YUAN, |(_, fen)| *fen)
}

fn compile_aliases(
    table: &SpecTable<'_>,
    choices: &[Found<String>],
    place: &str,
    source: &SpecFile<'_>,
) -> Vec<(String, String)> {
    let mut aliases: Vec<(String, String)> = Vec::new();
    for pair in table.items("aliases") {
        let items = pair.get_ref().as_array().into_iter().flatten();
        let texts: Vec<_> = items.clone().filter_map(|item| Some((item.get_ref().as_str()?, item.span()))).collect();
        let [(from, from_span), (to, to_span)] = &texts[..] else {
            // Of a pair with something else in it, that is the slip.
            let odd = items.into_iter().find(|item| item.get_ref().as_str().is_none());
            source.error(
                code::BAD_VALUE,
                Some(odd.map_or_else(|| pair.span(), |odd| odd.span())),
                format!("{place}的aliases应为成对的文字"),
                "写作 aliases = [[\"原写法\", \"规范写法\"]]",
            );
            continue;
        };
        if !choices.is_empty() && !to.is_empty() && !choices.iter().any(|choice| choice.value == *to) {
            let valid: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
            let message = format!("{place}的aliases换成了“{to}”，它不在choices里");
            let error = Diagnostic::error(code::CONTRADICTION, source.file, Some(to_span.clone()), message);
            source.push(error.with_hint(did_you_mean(to, &valid)).about(to));
        }
        if choices.iter().any(|choice| choice.value == *from) {
            let message = format!("{place}的aliases把“{from}”换成“{to}”，而“{from}”本身就在choices里");
            let hint = "aliases 只写choices以外的写法；这样写，表里的这一种就不见了";
            source.error(code::CONTRADICTION, Some(from_span.clone()), message, hint);
        } else if let Some((_, other)) = aliases.iter().find(|(other, _)| normalize(other) == normalize(from)) {
            let message = format!("{place}的aliases把“{from}”写了两次：前面换成“{other}”，这里换成“{to}”");
            source.error(code::CONTRADICTION, Some(from_span.clone()), message, "删去一个");
        }
        aliases.push(((*from).to_owned(), (*to).to_owned()));
    }
    aliases
}

/// A word that a list has already.
pub(crate) fn refuse_repeated(words: &[Found<String>], whose: &str, source: &SpecFile<'_>) {
    for (index, word) in words.iter().enumerate() {
        if words[..index].iter().any(|before| before.value.trim() == word.value.trim()) {
            let message = format!("{whose}里“{}”写了两次", word.value);
            source.error(code::CONTRADICTION, Some(word.span.clone()), message, "删去一个，或改成想写的那一个");
        }
    }
}

/// A column of the file by its heading, and who wants it.
struct Claim {
    heading: Found<String>,
    column: String,
}

/// A column of the file is read as one column of the contract: which of two that ask for it is wrong nobody can say, so both are shown.
fn refuse_shared(mut claims: Vec<Claim>, source: &SpecFile<'_>) {
    claims.sort_by_key(|claim| claim.heading.span.start);
    let mut first: BTreeMap<String, Claim> = BTreeMap::new();
    for claim in claims {
        let same = normalize(&claim.heading.value);
        match first.get(&same) {
            Some(other) if other.column != claim.column => {
                let message =
                    format!("列名“{}”同时写在列“{}”和列“{}”里", claim.heading.value, other.column, claim.column);
                let error = Diagnostic::error(code::CONTRADICTION, source.file, Some(claim.heading.span), message);
                let hint = "表里的一列只能读作一列，删去写错的那个";
                source.push(error.with_hint(hint).with_also(other.heading.span.clone(), "先写在这里"));
            }
            Some(_) => {}
            None => drop(first.insert(same, claim)),
        }
    }
}

/// A heading twice in one list is a slip; one of blanks alone would match anything.
fn check_headings(headings: &[Found<String>], place: &str, source: &SpecFile<'_>) {
    for (index, heading) in headings.iter().enumerate() {
        if headings[..index].iter().any(|before| before.value == heading.value) {
            source.error(
                code::CONTRADICTION,
                Some(heading.span.clone()),
                format!("{place}的列名“{}”写了两遍", heading.value),
                "删去一个",
            );
        }
        if normalize(&heading.value).is_empty() {
            source.error(code::BAD_VALUE, Some(heading.span.clone()), format!("{place}有一个列名没有可比较的字"), "");
        }
    }
}
