//! `bidui explain BD0206`: what a code of the configuration's errors means. The page docs/diagnostics.md is the only source; this reads its section.
//!
//! Grammar: `### BD0206 title`, then the section's text up to the next heading.

use bidui_model::nearest;

use crate::exit::Fault;

const PAGE: &str = include_str!("../../../docs/diagnostics.md");

/// Whether somebody asks for a code, and not for a month.
pub(crate) fn is_code(text: &str) -> bool {
    text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("BD"))
}

/// The section of a code, as people read it on a terminal.
pub(crate) fn explain_code(code: &str) -> Result<String, Fault> {
    let code = code.to_uppercase();
    match section(&code) {
        Some(section) => Ok(plain(section)),
        None => {
            let near = nearest(&code, codes()).map_or_else(String::new, |near| format!("；最接近的是 {near}"));
            Err(Fault::command(format!("没有编号“{code}”{near}\n  全部编号见 docs/diagnostics.md")))
        }
    }
}

fn codes() -> impl Iterator<Item = &'static str> {
    PAGE.lines().filter_map(|line| line.strip_prefix("### ")).filter_map(|title| title.split(' ').next())
}

/// From the title, without its marks, to before the next.
fn section(code: &str) -> Option<&'static str> {
    let start = PAGE.find(&format!("### {code} "))? + "### ".len();
    let rest = &PAGE[start..];
    let end = rest.find("\n## ").unwrap_or(rest.len()).min(rest.find("\n### ").unwrap_or(rest.len()));
    Some(rest[..end].trim_end())
}

/// Without the marks of the page: fences become indentation.
fn plain(section: &str) -> String {
    let (mut text, mut in_fence) = (String::new(), false);
    for line in section.lines() {
        if line.starts_with("```") {
            in_fence = !in_fence;
            continue;
        }
        let line = if in_fence { format!("    {line}") } else { without_links(&line.replace('`', "")) };
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `[sql.md](sql.md)` is docs/sql.md to whoever stands beside the page.
fn without_links(line: &str) -> String {
    let (mut text, mut rest) = (String::new(), line);
    while let Some((before, after)) = rest.split_once("](") {
        let (Some(open), Some((target, behind))) = (before.rfind('['), after.split_once(')')) else { break };
        text.push_str(&before[..open]);
        text.push_str("docs/");
        text.push_str(target.split('#').next().unwrap_or(target));
        rest = behind;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_become_paths() {
        assert_eq!(without_links("见 [sql.md](sql.md)；[x](linkage.md#a)。"), "见 docs/sql.md；docs/linkage.md。");
        assert_eq!(without_links("写作 [[节]]"), "写作 [[节]]");
    }
}
