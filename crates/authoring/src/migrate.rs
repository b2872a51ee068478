//! Configurations of older versions are brought up to this program's, a step a version, with their comments and layout.
//!
//! The version stands in bidui.toml; one that has none is version 0. To add a step: raise [`VERSION`], write a function in a file of its own,
//! add it to [`STEPS`], and keep the configuration as it was released under `fixtures/`.

mod to_version_1;

use std::collections::BTreeMap;

use crate::format::EDITOR_OPTIONS;
use crate::schema::{DIRECTIVE, KINDS, Kind, schema_json};

/// Of the configuration that this program reads.
pub const VERSION: i64 = 1;

/// The files of a configuration folder by their paths, as text.
pub type Files = BTreeMap<String, String>;

/// From one version to the next.
struct Step {
    /// Gives what a person should look at afterwards.
    apply: fn(&mut Files) -> Result<Vec<String>, MigrateError>,
}

/// The first one leads from version 0 to 1.
const STEPS: &[Step] = &[Step { apply: to_version_1::apply }];

/// What is to be written.
#[derive(Debug)]
pub struct Migration {
    pub from: i64,
    /// Files that are new or other than they were.
    pub changed: Files,
    /// What a person should look at, in Chinese.
    pub notes: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("{0} 不是有效的TOML，请先用 bidui check 改好")]
    NotToml(String),
    #[error("没有 bidui.toml")]
    NoRoot,
    #[error("bidui.toml 的 version 应是不小于0的整数")]
    BadVersion,
    #[error("配置的版本是{0}，本程序只认到{VERSION}，请换新版程序")]
    Newer(i64),
}

/// What a configuration says of its version; 0 where it says nothing.
///
/// # Errors
/// No TOML, and a version that is no number.
pub fn version_of(bidui_toml: &str) -> Result<i64, MigrateError> {
    let root: toml::Table = toml::from_str(body(bidui_toml)).map_err(|_| MigrateError::NotToml(ROOT.to_owned()))?;
    match root.get("version") {
        None => Ok(0),
        Some(version) => version.as_integer().filter(|found| *found >= 0).ok_or(MigrateError::BadVersion),
    }
}

/// Brings the files up to date. Done twice it changes nothing the second time.
///
/// # Errors
/// A configuration that is newer than the program, or not to be read.
pub fn migrate(files: &Files) -> Result<Migration, MigrateError> {
    let from = version_of(files.get(ROOT).ok_or(MigrateError::NoRoot)?)?;
    let first = usize::try_from(from).ok().filter(|first| *first <= STEPS.len()).ok_or(MigrateError::Newer(from))?;
    let mut migrated = files.clone();
    let mut notes = Vec::new();
    for step in &STEPS[first..] {
        notes.extend((step.apply)(&mut migrated)?);
    }
    equip(&mut migrated);
    let changed = migrated.into_iter().filter(|(path, text)| files.get(path) != Some(text)).collect();
    Ok(Migration { from, changed, notes })
}

/// What editors need: schemas as this program makes them, and a line in each file that leads there.
pub(crate) fn equip(files: &mut Files) {
    for (path, text) in files.iter_mut() {
        if let Some(kind) = Kind::of_file(path) {
            set_directive(text, &kind.directive(path));
        }
    }
    files.extend(KINDS.iter().map(|kind| (kind.schema_file(), schema_json(kind))));
    files.entry(".taplo.toml".to_owned()).or_insert_with(|| EDITOR_OPTIONS.to_owned());
}

/// Puts the line at the file's head, in place of an older one.
fn set_directive(text: &mut String, directive: &str) {
    let start = text.len() - body(text).len();
    let is_directive = |line: &&str| line.trim_end().starts_with(DIRECTIVE);
    let head = text[start..].split_inclusive('\n').take_while(|line| line.starts_with('#') || line.trim().is_empty());
    let mut at = start;
    for line in head {
        if is_directive(&line) {
            let end = at + line.trim_end().len();
            text.replace_range(at..end, directive);
            return;
        }
        at += line.len();
    }
    text.insert_str(start, &format!("{directive}{}", newline(text)));
}

pub(crate) const ROOT: &str = "bidui.toml";

/// The text behind a byte order mark.
pub(crate) fn body(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The line ends of a file.
pub(crate) fn newline(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_directive(text: &str, expected: &str) {
        let mut found = text.to_owned();
        set_directive(&mut found, "#:schema ./x.json");
        assert_eq!(found, expected);
        set_directive(&mut found, "#:schema ./x.json");
        assert_eq!(found, expected, "once is twice");
    }

    #[test]
    fn the_line_for_editors_stands_at_the_head_once() {
        check_directive("# 说明\na = 1\n", "#:schema ./x.json\n# 说明\na = 1\n");
        check_directive("# 说明\n#:schema ../y.json\na = 1\n", "# 说明\n#:schema ./x.json\na = 1\n");
        check_directive("\u{feff}a = 1\r\n", "\u{feff}#:schema ./x.json\r\na = 1\r\n");
        check_directive("", "#:schema ./x.json\n");
    }

    #[test]
    fn a_configuration_says_its_version_or_is_of_the_first() {
        assert_eq!(version_of("hash = 'x'\n").ok(), Some(0));
        assert_eq!(version_of("version = 1\n").ok(), Some(1));
        assert!(matches!(version_of("version = '1'\n"), Err(MigrateError::BadVersion)));
        assert!(matches!(version_of("version = \n"), Err(MigrateError::NotToml(_))));
    }
}
