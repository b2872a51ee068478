//! From configurations without a version to the first that has one. Between them the answers of towns came back in: choices say what they do,
//! and needs are a list of their own.

use toml_edit::{Document, DocumentMut, Item, Table, value};

use super::{Files, MigrateError, ROOT, body, newline};
use crate::shipped::shipped_text;

const NEEDS: &str = "needs.toml";
const RESULTS: &str = "verification_results.toml";
const VERIFICATION: &str = "lists/verification.toml";
const GRADING: &str = "grading.toml";

pub(super) fn apply(files: &mut Files) -> Result<Vec<String>, MigrateError> {
    let mut notes = Vec::new();
    if !files.contains_key(NEEDS)
        && let Some(shipped) = shipped_text(NEEDS)
    {
        files.insert(NEEDS.to_owned(), shipped.to_owned());
        notes.push(format!("加了 {NEEDS}（帮扶需求的代码和落实部门）：请核对部门的名称"));
    }
    if let Some(text) = files.get_mut(RESULTS) {
        notes.extend(say_effects(text)?);
    }
    // Whether fewer warnings go out is the bureau's decision, and none of a new program.
    if let Some(text) = files.get(GRADING) {
        let grading = parse(text, GRADING)?;
        if !grading.contains_key("monitored") && !grading.contains_key("cooling") {
            notes.push(format!(
                "{GRADING} 里没有 [monitored] 和 [[cooling]]：已监测、核查过的户照旧每月下发。要少派重复的，照 docs/configuration.md 加上"
            ));
        }
    }
    if files.get(VERIFICATION).is_some_and(|text| !text.contains("returns")) {
        notes.push(format!(
            "{VERIFICATION} 的工作表没有 returns：镇里填好后 bidui receive 收不回来。用 bidui init 另建一份配置，把其中的这个文件换过来"
        ));
    }
    if let Some(text) = files.get_mut(ROOT) {
        set_version(text);
    }
    Ok(notes)
}

fn parse(text: &str, file: &str) -> Result<DocumentMut, MigrateError> {
    body(text).parse::<DocumentMut>().map_err(|_| MigrateError::NotToml(file.to_owned()))
}

/// A result that still means what the shipped one means does what that one does. Codes are never given another meaning, so the label decides.
fn say_effects(text: &mut String) -> Result<Vec<String>, MigrateError> {
    let mut document = parse(text, RESULTS)?;
    let shipped = shipped_text(RESULTS).map(|text| parse(text, RESULTS)).transpose()?.unwrap_or_default();
    let known: Vec<&Table> = results(&shipped).collect();
    let mut strangers = Vec::new();
    let Some(tables) = document.get_mut("result").and_then(Item::as_array_of_tables_mut) else { return Ok(Vec::new()) };
    let mut changes = false;
    for table in tables.iter_mut().filter(|table| !table.contains_key("effect")) {
        let same = known.iter().find(|other| word(other, "code") == word(table, "code"));
        match same.filter(|other| word(other, "label") == word(table, "label")).and_then(|other| word(other, "effect"))
        {
            Some(effect) => {
                table.insert("effect", value(effect));
                changes = true;
            }
            None => strangers.push(word(table, "code").unwrap_or("").to_owned()),
        }
    }
    if changes {
        let mark = &text[..text.len() - body(text).len()];
        let edited = with_line_ends(&document.to_string(), newline(text));
        *text = format!("{mark}{edited}");
    }
    if strangers.is_empty() {
        return Ok(Vec::new());
    }
    let strangers = strangers.join("、");
    Ok(vec![format!(
        "{RESULTS} 里代码{strangers}的含义与自带的不同，没有写 effect：请写明程序据此怎样处理，否则答复只记不办"
    )])
}

fn results(document: &DocumentMut) -> impl Iterator<Item = &Table> {
    document.get("result").and_then(Item::as_array_of_tables).into_iter().flatten()
}

fn word<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    table.get(key)?.as_str()
}

/// toml_edit ends the lines that it writes in LF.
fn with_line_ends(text: &str, newline: &str) -> String {
    let plain = text.replace("\r\n", "\n");
    if newline == "\n" { plain } else { plain.replace('\n', newline) }
}

/// Where the version stands, if it is written: somebody wrote `version = 0`. Else behind the remarks at the head of the file, which are about the whole
/// of it; before them if a key follows at once.
fn set_version(text: &mut String) {
    let newline = newline(text);
    let start = text.len() - body(text).len();
    let written = Document::parse(body(text)).ok().and_then(|document| document.get("version")?.span());
    if let Some(written) = written {
        return text.replace_range(start + written.start..start + written.end, "1");
    }
    let mut end = start;
    for line in text[start..].split_inclusive('\n').take_while(|line| line.starts_with('#')) {
        end += line.len();
    }
    let rest = &text[end..];
    let stands_alone = rest.starts_with('\n') || rest.starts_with("\r\n");
    let lines = format!("# 配置的版本。由 bidui migrate 改，不要手改。{newline}version = 1{newline}");
    if stands_alone && end > start {
        text.insert_str(end, &format!("{newline}{lines}"));
    } else {
        text.insert_str(start, &format!("{lines}{newline}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_version(text: &str, expected: &str) {
        let mut found = text.to_owned();
        set_version(&mut found);
        assert_eq!(found, expected);
    }

    #[test]
    fn the_version_stands_behind_the_remarks_about_the_file() {
        let lines = "# 配置的版本。由 bidui migrate 改，不要手改。\nversion = 1\n";
        check_version(
            "# 某县\n# 的配置\n\n# 算法\nhash = 'x'\n",
            &format!("# 某县\n# 的配置\n\n{lines}\n# 算法\nhash = 'x'\n"),
        );
        check_version("# 算法\nhash = 'x'\n", &format!("{lines}\n# 算法\nhash = 'x'\n"));
        check_version("[county]\n", &format!("{lines}\n[county]\n"));
        let crlf = lines.replace('\n', "\r\n");
        check_version("\u{feff}# 某县\r\n\r\na = 1\r\n", &format!("\u{feff}# 某县\r\n\r\n{crlf}\r\na = 1\r\n"));
    }

    #[test]
    fn a_version_that_is_written_is_changed_where_it_stands() {
        check_version(
            "# 某县\n\nhash = 'x'\nversion = 0 # 最早的\n[county]\nversion = 0\n",
            "# 某县\n\nhash = 'x'\nversion = 1 # 最早的\n[county]\nversion = 0\n",
        );
        check_version("\u{feff}version=0\r\n[a]\r\n", "\u{feff}version=1\r\n[a]\r\n");
    }

    #[test]
    fn a_result_with_another_meaning_is_left_to_people() {
        let mut text = "[[result]]\ncode = \"22\" # 注\nlabel = \"别的意思\"\n".to_owned();
        let before = text.clone();
        let notes = say_effects(&mut text).unwrap_or_default();
        assert_eq!(text, before);
        assert!(notes.first().is_some_and(|note| note.contains("22")));
    }
}
