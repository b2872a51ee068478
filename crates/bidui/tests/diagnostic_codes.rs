//! docs/diagnostics.md and the sources name the same codes of configuration errors, and a code belongs to one crate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Codes that any file may show, whoever reads it.
const COMMON: &str = "BD00";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the workspace").to_owned()
}

/// The codes in string literals of a source file; those in comments are examples.
fn codes_of(source: &str) -> BTreeSet<String> {
    source
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split("\"BD").skip(1))
        .filter_map(|rest| rest.split_once('"'))
        .filter(|(digits, _)| digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .map(|(digits, _)| format!("BD{digits}"))
        .collect()
}

fn sources_under(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources_under(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every code, with the crates whose sources name it.
fn codes_of_crates() -> BTreeMap<String, BTreeSet<String>> {
    let mut codes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in fs::read_dir(root().join("crates")).expect("crates") {
        let folder = entry.expect("an entry").path();
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let mut files = Vec::new();
        sources_under(&folder.join("src"), &mut files);
        for file in files {
            for code in codes_of(&fs::read_to_string(file).expect("a source")) {
                codes.entry(code).or_default().insert(name.clone());
            }
        }
    }
    codes
}

/// The codes that the page explains, one a table row, in the page's order.
fn codes_of_page() -> Vec<String> {
    let page = fs::read_to_string(root().join("docs/diagnostics.md")).expect("docs/diagnostics.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| BD"));
    rows.map(|row| format!("BD{}", row.split_once(' ').expect("a cell").0)).collect()
}

#[test]
fn every_code_stands_in_the_page_and_the_page_has_no_other() {
    let page: BTreeSet<String> = codes_of_page().into_iter().collect();
    let sources: BTreeSet<String> = codes_of_crates().into_keys().collect();
    let unexplained: Vec<_> = sources.difference(&page).collect();
    let unused: Vec<_> = page.difference(&sources).collect();
    assert!(unexplained.is_empty(), "not in docs/diagnostics.md: {unexplained:?}");
    assert!(unused.is_empty(), "in docs/diagnostics.md only: {unused:?}");
}

#[test]
fn the_page_explains_each_code_once_and_in_order() {
    let page = codes_of_page();
    assert!(page.is_sorted_by(|one, other| one < other), "{page:?}");
}

#[test]
fn a_code_belongs_to_one_crate() {
    let shared: Vec<_> =
        codes_of_crates().into_iter().filter(|(code, crates)| !code.starts_with(COMMON) && crates.len() > 1).collect();
    assert!(shared.is_empty(), "{shared:?}");
}

#[test]
fn a_code_in_a_comment_is_not_a_code() {
    let source = "// \"BD9999\"\n    source.error(\"BD0101\", \"BD01\", \"BDxxxx\");\n";
    assert_eq!(codes_of(source), BTreeSet::from(["BD0101".to_owned()]));
}
