//! The floors of the house: which crate may know which, who may print, and how large a file may grow.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use support::{files_under, repository};

const ROOMS: [&str; 8] = [
    "bidui-ingest",
    "bidui-normalize",
    "bidui-match",
    "bidui-linkage",
    "bidui-ledger",
    "bidui-emit",
    "bidui-synth",
    "bidui-authoring",
];
const MOST_LINES: usize = 500;

/// Which of our crates each of our crates names, in any kind of dependency.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]).current_dir(repository());
    let text = support::say(&mut command).expect(0).stdout;
    let metadata: serde_json::Value = serde_json::from_str(&text).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap().to_owned();
    let ours: BTreeSet<String> = packages.iter().map(name).collect();
    let names = |package: &serde_json::Value| {
        package["dependencies"].as_array().unwrap().iter().map(name).filter(|name| ours.contains(name)).collect()
    };
    packages.iter().map(|package| (name(package), names(package))).collect()
}

fn check(of: &str, expected: &[&str]) {
    let arrows = arrows();
    let found: Vec<&str> = arrows[of].iter().map(String::as_str).filter(|name| *name != "bidui-features").collect();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected, "{of}");
}

#[test]
fn the_vocabulary_knows_no_room() {
    check("bidui-model", &[]);
    check("bidui-features", &[]);
}

#[test]
fn rooms_are_strangers() {
    for room in ROOMS {
        check(room, &["bidui-model"]);
    }
}

#[test]
fn only_the_command_line_knows_every_room() {
    let mut all = ROOMS.to_vec();
    all.push("bidui-model");
    check("bidui", &all);
    let known: BTreeSet<String> = arrows().into_keys().collect();
    assert_eq!(known.len(), ROOMS.len() + 3, "a new crate needs a floor here: {known:?}");
}

/// Every source file of the crates, with the part of it that is not for tests.
fn sources() -> Vec<(String, String, String)> {
    let crates = repository().join("crates");
    let mut sources = Vec::new();
    for file in files_under(&crates).into_iter().filter(|file| file.ends_with(".rs")) {
        if file.split('/').nth(1) != Some("src") {
            continue;
        }
        let text = fs::read_to_string(crates.join(&file)).unwrap();
        let product = if file.ends_with("/tests.rs") { "" } else { without_tests(&text) };
        sources.push((file, product.to_owned(), text.clone()));
    }
    assert!(sources.len() > 50);
    sources
}

/// The tests of a file stand at its end.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap()
}

fn nowhere(words: &[&str], except: &str) {
    let mut found = Vec::new();
    for (file, product, _) in sources().iter().filter(|(file, ..)| except.is_empty() || !file.starts_with(except)) {
        for (at, line) in product.lines().enumerate() {
            let code = line.split("//").next().unwrap();
            found.extend(
                words.iter().filter(|word| code.contains(*word)).map(|word| format!("{file}:{} {word}", at + 1)),
            );
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn only_the_command_line_prints() {
    nowhere(&["println!", "print!(", "eprint", "io::stdout", "io::stderr", "dbg!"], "bidui/src");
}

#[test]
fn nothing_gives_up_by_itself() {
    nowhere(&[".unwrap()", "todo!(", "unimplemented!(", "panic!("], "");
}

#[test]
fn no_source_file_is_longer_than_a_reader_can_hold() {
    let long: Vec<String> = sources()
        .iter()
        .map(|(file, _, text)| (file, text.lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(file, lines)| format!("{file}: {lines}"))
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for folder in fs::read_dir(repository().join("crates")).unwrap() {
        let manifest = folder.unwrap().path().join("Cargo.toml");
        let text = fs::read_to_string(&manifest).unwrap();
        assert!(text.contains("[lints]\nworkspace = true"), "{}", manifest.display());
        assert!(Path::new(&manifest).with_file_name("src").is_dir());
    }
}
