//! The shipped configuration as an editor sees it, and as the program lays it out and brings it up to date.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod draft7;

use std::fs;
use std::path::{Path, PathBuf};

use bidui_authoring::{Files, KINDS, Kind, MigrateError, VERSION, format_toml, migrate, schema_json};
use draft7::complaints;
use serde_json::Value;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn gather(folder: &Path, root: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, root, files);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let parts: Vec<_> = path.strip_prefix(root).unwrap().iter().map(|part| part.to_string_lossy()).collect();
            files.insert(parts.join("/"), text);
        }
    }
}

fn files_of(folder: &str) -> Files {
    let root = repository().join(folder);
    let mut files = Files::new();
    gather(&root, &root, &mut files);
    files
}

#[test]
fn every_shipped_file_is_what_its_schema_asks_for() {
    let mut checked = 0;
    for (path, text) in files_of("config").iter().filter(|(path, _)| path.ends_with(".toml") && !path.starts_with('.'))
    {
        let kind = Kind::of_file(path).unwrap_or_else(|| panic!("no schema for {path}"));
        assert_eq!(complaints(kind, text), Vec::<String>::new(), "{path}");
        checked += 1;
    }
    assert!(checked > 80, "{checked}");
}

#[test]
fn every_shipped_file_leads_an_editor_to_its_schema() {
    let files = files_of("config");
    for (path, text) in files.iter().filter(|(path, _)| path.ends_with(".toml") && !path.starts_with('.')) {
        let line = text.lines().next().unwrap();
        let asked = line.strip_prefix("#:schema ").unwrap_or_else(|| panic!("{path} begins with {line}"));
        let folder = Path::new(path).parent().unwrap();
        // Relative to the file, as taplo reads it.
        let mut parts: Vec<&str> = folder.iter().map(|part| part.to_str().unwrap()).collect();
        for part in asked.split('/') {
            match part {
                "." => {}
                ".." => assert!(parts.pop().is_some(), "{path}"),
                part => parts.push(part),
            }
        }
        let schema = parts.join("/");
        assert_eq!(schema, Kind::of_file(path).unwrap().schema_file());
        assert!(files.contains_key(&schema), "{schema}");
    }
}

/// `bidui schema --all config/schema` writes them anew.
#[test]
fn the_shipped_schemas_are_those_of_the_program() {
    let files = files_of("config/schema");
    assert_eq!(files.len(), KINDS.len());
    for kind in KINDS {
        let name = kind.schema_file();
        let name = name.strip_prefix("schema/").unwrap();
        assert!(files.get(name) == Some(&schema_json(kind)), "bidui schema --all config/schema: {name}");
    }
}

#[test]
fn every_key_says_in_chinese_what_it_is() {
    fn walk(value: &Value, path: &str, count: &mut usize) {
        if let Some(properties) = value.get("properties").and_then(Value::as_object) {
            for (key, schema) in properties {
                // The conditions of a list name its keys again.
                if !path.contains("/if") {
                    let says = schema["description"].as_str().unwrap_or("");
                    assert!(says.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{path}/{key}: {says}");
                    *count += 1;
                }
            }
        }
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| walk(value, &format!("{path}/{key}"), count)),
            Value::Array(items) => items.iter().for_each(|value| walk(value, path, count)),
            _ => {}
        }
    }
    let mut count = 0;
    for kind in KINDS {
        walk(&serde_json::from_str(&schema_json(kind)).unwrap(), kind.name, &mut count);
    }
    assert!(count > 200, "{count}");
}

#[test]
fn wrong_files_are_complained_of() {
    let check = |kind: &str, text: &str| {
        assert!(!complaints(Kind::named(kind).unwrap(), text).is_empty(), "{kind}: {text}");
    };
    let rules = files_of("config")["rules/因病.toml"].clone();
    for (from, to) in [
        ("per = \"household\"", "per = \"houshold\""),
        ("risk = ", "rsik = "),
        ("departments = [\"医疗保障局\"", "departments = [1"),
        ("answer = \"orange\"", "answer = \"oragne\""),
    ] {
        assert!(rules.contains(from), "{from}");
        check("rules", &rules.replace(from, to));
    }
    check(
        "rules",
        "[[rule]]\nid = \"x\"\ntitle = \"x\"\nrisk = \"x\"\nbasis = \"x\"\nper = \"person\"\ndepartments = [\"x\"]\nreason = \"x\"\n",
    );
    check("bidui", "version = 2\n");
    check("towns", "[county]\ncode = 450206\nname = \"x\"\n");
    check("towns", "[county]\ncode = \"45020\"\nname = \"x\"\n");
    check("holidays", "[[holiday]]\nfrom = \"四月五日\"\nto = 2023-04-05\n");
    check("feed", "name = \"x\"\ndepartment = \"x\"\nfiles = []\nkind = \"events\"\n[columns]\n");
    check("linkage", "variants = [\"兰\"]\n[[pass]]\nclass = \"certain\"\n");
    check("choices", "");
    check(
        "lists",
        "[[list]]\nid = \"x\"\ntitle = \"x\"\nfile = \"x.xls\"\nsheet = \"x\"\nquery = \"x\"\ncolumns = [{ title = \"x\", value = \"x\" }]\n",
    );
    check("lists", "[[list]]\nid = \"x\"\ntitle = \"x\"\nfile = \"x.xlsx\"\nsheet = \"x\"\nquery = \"x\"\n");
}

#[test]
fn the_shipped_configuration_is_laid_out() {
    for (path, text) in files_of("config").iter().filter(|(path, _)| path.ends_with(".toml")) {
        assert!(format_toml(text).as_ref() == Ok(text), "bidui fmt: {path}");
    }
}

/// What the program shipped when configurations had no version.
fn before_versions() -> Files {
    files_of("fixtures/config-v0")
}

#[test]
fn a_configuration_without_a_version_is_brought_up_to_date() {
    let before = before_versions();
    let migration = migrate(&before).unwrap();
    assert_eq!(migration.from, 0);
    let root: toml::Table = toml::from_str(&migration.changed["bidui.toml"]).unwrap();
    assert_eq!(root["version"].as_integer(), Some(VERSION));
    assert!(migration.changed.contains_key("needs.toml"));
    let effects = migration.changed["verification_results.toml"].matches("effect = ").count();
    assert_eq!(effects, before["verification_results.toml"].matches("[[result]]").count());
    let mut after = before.clone();
    after.extend(migration.changed.clone());
    for (path, text) in after.iter().filter(|(path, _)| Kind::of_file(path).is_some()) {
        assert_eq!(complaints(Kind::of_file(path).unwrap(), text), Vec::<String>::new(), "{path}");
    }
    for (path, text) in &before {
        for comment in text.lines().filter(|line| line.starts_with('#')) {
            assert!(after[path].contains(comment), "{path} lost {comment}");
        }
    }
    let again = migrate(&after).unwrap();
    assert!(again.changed.is_empty() && again.notes.is_empty(), "{:?}", again.changed.keys());
}

#[test]
fn the_shipped_configuration_without_its_version_becomes_itself_again() {
    let shipped = files_of("config");
    let without = |(path, text): (&String, &String)| {
        let lines = text.split_inclusive('\n').filter(|line| !line.starts_with("#:schema"));
        let text: String = lines.collect();
        let text = text.replacen("\n# 配置的版本。由 bidui migrate 改，不要手改。\nversion = 1\n", "", 1);
        (path.clone(), text)
    };
    let older: Files = shipped.iter().filter(|(path, _)| !path.starts_with("schema/")).map(without).collect();
    assert!(!older["bidui.toml"].contains("version"));
    let mut after = older.clone();
    after.extend(migrate(&older).unwrap().changed);
    for (path, text) in &shipped {
        assert!(after.get(path) == Some(text), "{path}");
    }
    assert_eq!(after.len(), shipped.len());
}

#[test]
fn line_ends_and_the_byte_order_mark_outlive_a_migration() {
    let crlf = |text: &String| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let before: Files = before_versions().iter().map(|(path, text)| (path.clone(), crlf(text))).collect();
    for (path, text) in migrate(&before).unwrap().changed.iter().filter(|(path, _)| before.contains_key(*path)) {
        assert!(text.starts_with('\u{feff}'), "{path}");
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{path}");
    }
}

#[test]
fn a_newer_configuration_is_left_alone() {
    let files = Files::from([("bidui.toml".to_owned(), format!("version = {}\n", VERSION + 1))]);
    assert!(matches!(migrate(&files), Err(MigrateError::Newer(_))));
}
