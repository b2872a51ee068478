//! The `[reshape]` table of a feed file: several records in one row.

use bidui_model::{Found, Reshape, SpecFile, SpecTable};

use crate::compile::code;
use crate::compile_columns::Columns;

/// Columns that the groups of an unpivot read, so that they need no headings of their own.
pub(crate) fn grouped_columns(table: &SpecTable<'_>) -> Vec<String> {
    let groups = table.tables("unpivot");
    groups.iter().flat_map(SpecTable::entries).map(|(name, _)| name.value).collect()
}

pub(crate) fn compile_reshape(table: SpecTable<'_>, columns: &Columns, source: &SpecFile<'_>) -> Reshape {
    let reshape = match (table.span_of("unpivot"), table.span_of("split")) {
        (Some(_), None) => compile_unpivot(&table, columns, source),
        (None, Some(_)) => table.table("split").map(|split| compile_split(split, columns, source)).unwrap_or_default(),
        _ => {
            source.error(
                code::CONTRADICTION,
                Some(table.span.clone()),
                "[reshape]应写unpivot或split之一",
                "并列的几组列用unpivot，一格里的几个值用split",
            );
            Reshape::None
        }
    };
    table.finish();
    reshape
}

fn compile_unpivot(table: &SpecTable<'_>, columns: &Columns, source: &SpecFile<'_>) -> Reshape {
    let mut groups: Vec<Vec<(String, String)>> = Vec::new();
    // `tables` was asked before the columns were known, and has noted what is no table.
    for value in table.items("unpivot") {
        let Some(group) = value.get_ref().as_table() else {
            continue;
        };
        let mut pairs = Vec::new();
        for (key, heading) in group {
            let name = Found { value: key.get_ref().to_string(), span: key.span() };
            columns.find(&name, "unpivot", source);
            match heading.get_ref().as_str() {
                Some(written) => {
                    let is_taken = |(_, other): &(String, String)| other == written;
                    if groups.iter().flatten().chain(&pairs).any(is_taken) {
                        let message = format!("unpivot里的列名“{written}”写了两次");
                        let hint = "每一组写自己的几列；多半是复制以后序号没有改";
                        source.error(code::CONTRADICTION, Some(heading.span()), message, hint);
                    }
                    pairs.push((name.value, written.to_owned()));
                }
                None => source.error(code::BAD_VALUE, Some(heading.span()), "unpivot中应写列名（文字）", ""),
            }
        }
        groups.push(pairs);
    }
    Reshape::Unpivot(groups)
}

fn compile_split(split: SpecTable<'_>, columns: &Columns, source: &SpecFile<'_>) -> Reshape {
    let named = split.texts("columns");
    for name in &named {
        columns.find(name, "split", source);
    }
    if named.is_empty() {
        source.error(
            code::MISSING,
            Some(split.span.clone()),
            "split没有写columns",
            "如 columns = [\"person\", \"name\"]",
        );
    }
    let separators = split.required_text("separators").map(|text| text.value).unwrap_or_default();
    split.finish();
    Reshape::Split { columns: named.into_iter().map(|name| name.value).collect(), separators }
}
