//! docs/relations.md says what the schema says. `UPDATE_DOCS=1 cargo test -p bidui-emit` writes it anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bidui_model::{RELATIONS, RelationType};
use std::fmt::Write;
use std::path::Path;

include!("relations_page/words.rs");

fn kind(kind: RelationType) -> &'static str {
    match kind {
        RelationType::Text => "文字 text",
        RelationType::Integer => "整数 integer",
        RelationType::Number => "数 number",
        RelationType::Flag => "是否 boolean",
        RelationType::Date => "日期 date",
    }
}

fn page() -> String {
    let mut page = String::from(HEAD);
    for relation in RELATIONS {
        let english = ROWS
            .iter()
            .find(|(name, _)| *name == relation.name)
            .map_or_else(|| panic!("no words for relation {}", relation.name), |(_, words)| *words);
        write!(page, "\n## {}\n\n一行：{}。 One row: {english}.\n", relation.name, relation.row).unwrap();
        page.push_str("\n| 列 column | 类型 type | 含义 | meaning |\n|---|---|---|---|\n");
        for column in relation.columns {
            let (chinese, english) = words(relation.name, column.name);
            writeln!(page, "| `{}` | {} | {chinese} | {english} |", column.name, kind(column.kind)).unwrap();
        }
        if matches!(relation.name, "persons" | "households") {
            page.push_str(AFTER);
        }
    }
    page
}

/// A relation's own words for a column go before those that all share.
fn words(relation: &str, column: &str) -> (&'static str, &'static str) {
    let own = format!("{relation}.{column}");
    let find = |name: &str| COLUMNS.iter().find(|(found, ..)| *found == name);
    let found = find(&own).or_else(|| find(column));
    found.map_or_else(|| panic!("no words for {own}"), |(_, chinese, english)| (*chinese, *english))
}

#[test]
fn a_column_has_one_pair_of_words() {
    let mut names: Vec<&str> = COLUMNS.iter().map(|(name, ..)| *name).collect();
    names.sort_unstable();
    let twice: Vec<&str> = names.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    assert_eq!(twice, [] as [&str; 0]);
}

#[test]
fn the_page_of_the_relations_is_not_stale() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/relations.md");
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "docs/relations.md is stale: UPDATE_DOCS=1 cargo test -p bidui-emit --test relations_page"
    );
}
