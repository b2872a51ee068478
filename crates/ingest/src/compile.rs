//! feeds/*.toml: text becomes a checked contract, or all that is wrong with it.
//!
//! ```toml
//! name = "民政_低保在册"          # required; also a file name in the store
//! department = "民政局"           # required
//! files = ["民政局/*低保*"]       # required; globs relative to the month's inbox
//! kind = "snapshot"              # required; events | snapshot | registry
//! required = false
//! expected_by_day = 5
//! title = "…"                    # for people, not read
//! link = { person = "person", name = "name" }   # or { village = …, hamlet = … }, or { town = … }
//! [guard]
//! rows_vs_previous = [0.7, 1.5]
//! link_rate_min = 0.8
//! [reshape]
//! unpivot = [{ person = "身份证号1", name = "姓名1" }, …]     # or split = { columns = […], separators = "；;、" }
//! [columns]                      # see compile_columns.rs
//! ```
//!
//! `[[fact]]` tables are compiled elsewhere.

use std::ops::Range;

use bidui_model::{
    ColumnContract, ColumnType, DataContract, Diagnostic, FeedKind, Guard, LinkBy, Reshape,
};
use toml::de::DeTable;

use crate::assign::compile_glob;
use crate::compile_columns::{Columns, compile_columns};
use crate::toml_walk::{Notes, code, did_you_mean};

const KEYS: &[&str] = &[
    "name",
    "department",
    "files",
    "kind",
    "required",
    "expected_by_day",
    "title",
    "link",
    "guard",
    "reshape",
    "columns",
    "fact",
];
const KINDS: &[(&str, FeedKind)] = &[
    ("events", FeedKind::Events),
    ("snapshot", FeedKind::Snapshot),
    ("registry", FeedKind::Registry),
];
/// Columns without which a registry cannot be read.
const REGISTRY_COLUMNS: &[&str] = &[
    "person_no",
    "household_id",
    "person",
    "name",
    "relation",
    "village",
];

/// Compiles the text of a feed file. `file` stands in the diagnostics only.
pub fn compile_contract(text: &str, file: &str) -> Result<DataContract, Vec<Diagnostic>> {
    let mut notes = Notes::new(file);
    let document = notes.parse(text);
    let contract = compile_document(document.get_ref(), &mut notes);
    match contract {
        Some(contract) if notes.found.is_empty() => Ok(contract),
        _ => Err(notes.found),
    }
}

fn compile_document(table: &DeTable<'_>, notes: &mut Notes<'_>) -> Option<DataContract> {
    notes.unknown_keys(table, KEYS, "数据合同");
    let top = 0..0;
    let name = compile_name(table, notes);
    let department = notes.required_text(table, "department", top.clone(), "数据合同");
    let files = compile_files(table, notes);
    let kind = compile_kind(table, notes);
    let required = notes.flag(table, "required", false);
    let expected_by_day = compile_day(table, notes);
    let guard = compile_guard(table, notes);
    let _ = notes.text(table, "title");
    let grouped = grouped_columns(table);
    let columns = match table.get("columns") {
        None => {
            notes.error(code::MISSING_KEY, Some(top), "数据合同缺少[columns]");
            return None;
        }
        Some(value) => compile_columns(notes.table(value, "columns")?, &grouped, notes),
    };
    let link = compile_link(table, &columns, notes);
    let reshape = compile_reshape(table, &columns, notes);
    if kind == Some(FeedKind::Registry) {
        check_registry(table, &columns.columns, notes);
    }
    Some(DataContract {
        name: name?,
        department: department?.0,
        files,
        kind: kind?,
        required,
        expected_by_day,
        guard,
        link: link?,
        columns: columns.columns,
        unique: columns.unique,
        reshape,
    })
}

/// The name is a file name in the store, so nothing that a file system minds.
fn compile_name(table: &DeTable<'_>, notes: &mut Notes<'_>) -> Option<String> {
    let (name, span) = notes.required_text(table, "name", 0..0, "数据合同")?;
    if name
        .chars()
        .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    {
        return Some(name);
    }
    notes.error_with_hint(
        code::BAD_VALUE,
        Some(span),
        format!("名称“{name}”不能作文件名"),
        "只用汉字、字母、数字、下划线和连字符",
    );
    None
}

fn compile_files(table: &DeTable<'_>, notes: &mut Notes<'_>) -> Vec<String> {
    let files = notes.texts(table, "files");
    if files.is_empty() {
        let span = table.get("files").map_or(0..0, toml::Spanned::span);
        notes.error_with_hint(
            code::MISSING_KEY,
            Some(span),
            "数据合同没有files",
            "如 files = [\"民政局/*低保*\"]",
        );
    }
    for (glob, span) in &files {
        if compile_glob(glob).is_err() {
            notes.error(
                code::BAD_VALUE,
                Some(span.clone()),
                format!("“{glob}”不是有效的文件名通配式"),
            );
        }
    }
    files.into_iter().map(|(glob, _)| glob).collect()
}

fn compile_kind(table: &DeTable<'_>, notes: &mut Notes<'_>) -> Option<FeedKind> {
    let (text, span) = notes.required_text(table, "kind", 0..0, "数据合同")?;
    let kind = KINDS
        .iter()
        .find(|(name, _)| *name == text)
        .map(|(_, kind)| *kind);
    if kind.is_none() {
        notes.error_with_hint(
            code::BAD_VALUE,
            Some(span),
            format!("kind没有“{text}”这个取值"),
            "events（每月报新增）、snapshot（每月报全量）、registry（底册）",
        );
    }
    kind
}

fn compile_day(table: &DeTable<'_>, notes: &mut Notes<'_>) -> Option<u8> {
    let (day, span) = notes.integer(table, "expected_by_day")?;
    match u8::try_from(day) {
        Ok(day) if (1..=31).contains(&day) => Some(day),
        _ => {
            notes.error(code::BAD_VALUE, Some(span), "expected_by_day应为1到31的日");
            None
        }
    }
}

fn compile_guard(table: &DeTable<'_>, notes: &mut Notes<'_>) -> Guard {
    let mut guard = Guard::default();
    let Some(value) = table.get("guard") else {
        return guard;
    };
    let Some(table) = notes.table(value, "guard") else {
        return guard;
    };
    notes.unknown_keys(table, &["rows_vs_previous", "link_rate_min"], "[guard]");
    if let Some(value) = table.get("rows_vs_previous") {
        let items = notes
            .list(value, "rows_vs_previous", "两个数的列表")
            .unwrap_or_default();
        let numbers: Vec<f64> = items
            .iter()
            .filter_map(|item| notes.number(item, "rows_vs_previous"))
            .collect();
        match numbers[..] {
            [least, most] if 0.0 <= least && least <= most && most.is_finite() => {
                guard.rows_vs_previous = Some((least, most))
            }
            _ => notes.error(
                code::BAD_VALUE,
                Some(value.span()),
                "rows_vs_previous应为由小到大的两个数，如 [0.7, 1.5]",
            ),
        }
    }
    if let Some(value) = table.get("link_rate_min")
        && let Some(rate) = notes.number(value, "link_rate_min")
    {
        if (0.0..=1.0).contains(&rate) {
            guard.link_rate_min = Some(rate);
        } else {
            notes.error(
                code::BAD_VALUE,
                Some(value.span()),
                "link_rate_min应在0到1之间",
            );
        }
    }
    guard
}

/// The column named at `key`, if it is one and of the type that the link needs.
fn link_column(
    link: &DeTable<'_>,
    key: &str,
    kind: Option<ColumnType>,
    columns: &Columns,
    notes: &mut Notes<'_>,
) -> Option<String> {
    let (name, span) = notes.text(link, key)?;
    let Some(column) = columns.columns.iter().find(|column| column.name == name) else {
        let names: Vec<&str> = columns
            .columns
            .iter()
            .map(|column| column.name.as_str())
            .collect();
        notes.error_with_hint(
            code::UNKNOWN_COLUMN,
            Some(span),
            format!("link中的“{name}”不是本合同的列"),
            did_you_mean(&name, &names),
        );
        return None;
    };
    if let Some(kind) = kind.filter(|kind| *kind != column.kind) {
        notes.error(
            code::CONTRADICTION,
            Some(span),
            format!(
                "link的{key}要求{}类型的列，“{name}”是{}",
                kind.name(),
                column.kind.name()
            ),
        );
    }
    Some(name)
}

fn compile_link(table: &DeTable<'_>, columns: &Columns, notes: &mut Notes<'_>) -> Option<LinkBy> {
    let find = |name: &str| columns.columns.iter().find(|column| column.name == name);
    let Some(value) = table.get("link") else {
        match find("person") {
            Some(column) if column.kind == ColumnType::IdNumber => {
                return Some(LinkBy::Person {
                    id: "person".to_owned(),
                    name: find("name").map(|column| column.name.clone()),
                });
            }
            Some(_) => {
                let place = columns.columns.iter().position(|column| column.name == "person");
                let span = place.map(|place| columns.spans[place].clone());
                notes.error(code::CONTRADICTION, span, "person列的类型应为id_number");
            }
            None => notes.error_with_hint(
                code::MISSING_KEY,
                Some(0..0),
                "既没有person列，也没有写link",
                "人的数据加一列 person（id_number），地方的数据写 link = { village = \"village\" } 或 { town = \"town\" }",
            ),
        }
        return None;
    };
    let link = notes.table(value, "link")?;
    notes.unknown_keys(
        link,
        &["person", "name", "village", "hamlet", "town"],
        "link",
    );
    if link.contains_key("person") {
        return Some(LinkBy::Person {
            id: link_column(link, "person", Some(ColumnType::IdNumber), columns, notes)?,
            name: if link.contains_key("name") {
                link_column(link, "name", Some(ColumnType::Name), columns, notes)
            } else {
                find("name").map(|column| column.name.clone())
            },
        });
    }
    if link.contains_key("village") {
        return Some(LinkBy::Place {
            village: link_column(link, "village", Some(ColumnType::Village), columns, notes)?,
            hamlet: link_column(link, "hamlet", Some(ColumnType::Text), columns, notes),
        });
    }
    if link.contains_key("town") {
        return Some(LinkBy::Town {
            town: link_column(link, "town", Some(ColumnType::Town), columns, notes)?,
        });
    }
    notes.error(
        code::MISSING_KEY,
        Some(value.span()),
        "link应写明person、village或town",
    );
    None
}

/// Columns that the groups of an unpivot read, so that they need no headings of their own.
fn grouped_columns(table: &DeTable<'_>) -> Vec<String> {
    let groups = table
        .get("reshape")
        .and_then(|value| value.get_ref().as_table()?.get("unpivot"))
        .and_then(|value| value.get_ref().as_array());
    groups
        .into_iter()
        .flatten()
        .filter_map(|group| group.get_ref().as_table())
        .flat_map(|group| group.iter().map(|(key, _)| key.get_ref().to_string()))
        .collect()
}

fn compile_reshape(table: &DeTable<'_>, columns: &Columns, notes: &mut Notes<'_>) -> Reshape {
    let Some(value) = table.get("reshape") else {
        return Reshape::None;
    };
    let Some(reshape) = notes.table(value, "reshape") else {
        return Reshape::None;
    };
    notes.unknown_keys(reshape, &["unpivot", "split"], "[reshape]");
    match (reshape.get("unpivot"), reshape.get("split")) {
        (Some(groups), None) => {
            let groups = notes
                .list(groups, "unpivot", "表的列表")
                .unwrap_or_default();
            let mut compiled = Vec::new();
            for group in groups {
                let Some(group) = notes.table(group, "unpivot") else {
                    continue;
                };
                let mut pairs = Vec::new();
                for (key, _) in group {
                    check_column(key.get_ref(), key.span(), columns, notes);
                    pairs.extend(
                        notes
                            .text(group, key.get_ref())
                            .map(|(heading, _)| (key.get_ref().to_string(), heading)),
                    );
                }
                compiled.push(pairs);
            }
            Reshape::Unpivot(compiled)
        }
        (None, Some(split)) => {
            let Some(split) = notes.table(split, "split") else {
                return Reshape::None;
            };
            notes.unknown_keys(split, &["columns", "separators"], "split");
            let named = notes.texts(split, "columns");
            for (name, span) in &named {
                check_column(name, span.clone(), columns, notes);
            }
            let separators = notes.required_text(split, "separators", value.span(), "split");
            Reshape::Split {
                columns: named.into_iter().map(|(name, _)| name).collect(),
                separators: separators.map(|(text, _)| text).unwrap_or_default(),
            }
        }
        _ => {
            notes.error(
                code::CONTRADICTION,
                Some(value.span()),
                "[reshape]应写unpivot或split之一",
            );
            Reshape::None
        }
    }
}

fn check_column(name: &str, span: Range<usize>, columns: &Columns, notes: &mut Notes<'_>) {
    let names: Vec<&str> = columns
        .columns
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    if !names.contains(&name) {
        notes.error_with_hint(
            code::UNKNOWN_COLUMN,
            Some(span),
            format!("“{name}”不是本合同的列"),
            did_you_mean(name, &names),
        );
    }
}

fn check_registry(table: &DeTable<'_>, columns: &[ColumnContract], notes: &mut Notes<'_>) {
    let span = table.get("kind").map(toml::Spanned::span);
    for name in REGISTRY_COLUMNS {
        if !columns.iter().any(|column| column.name == *name) {
            notes.error(
                code::MISSING_KEY,
                span.clone(),
                format!("底册（registry）缺少列“{name}”"),
            );
        }
    }
}
