//! docs/diagnostics.md and the sources name the same codes of configuration errors, and a code belongs to one crate. `bidui explain` shows the page's
//! sections, and each section's wrong example is told by its code and by no other.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

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

fn page() -> String {
    fs::read_to_string(root().join("docs/diagnostics.md")).expect("docs/diagnostics.md")
}

/// The codes that the page explains, one a heading, in the page's order.
fn codes_of_page() -> Vec<String> {
    let page = page();
    let titles = page.lines().filter_map(|line| line.strip_prefix("### BD"));
    titles.map(|title| format!("BD{}", title.split_once(' ').expect("a title").0)).collect()
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

/// A wrong example of the page: what stands in a file of config/, and how it is written wrongly.
struct Example {
    code: String,
    file: String,
    wrong: String,
    right: String,
}

/// Grammar of a section: `### code title`, words, `错误（`file`）：`, a fence or none for "left out", `正确：`, a fence, `怎么改：` and words.
fn examples() -> Vec<Example> {
    let page = page();
    let sections = page.split("\n### ").skip(1).map(|section| section.split("\n## ").next().unwrap());
    sections
        .filter_map(|section| {
            let (_, rest) = section.split_once("错误（`")?;
            let (file, rest) = rest.split_once("`）：").expect("a file");
            let (wrong, right) = rest.split_once("\n正确：").expect("a right example");
            let fenced = |text: &str| {
                let (_, text) = text.split_once("```toml\n")?;
                Some(text.split_once("\n```").expect("a fence's end").0.to_owned())
            };
            let (wrong, right) = (fenced(wrong).unwrap_or_default(), fenced(right).expect("a right example"));
            Some(Example { code: section[..6].to_owned(), file: file.to_owned(), wrong, right })
        })
        .collect()
}

#[test]
fn every_section_says_what_is_wrong_what_is_right_and_what_to_do() {
    let page = page();
    for section in page.split("\n### ").skip(1) {
        for part in ["错误", "正确", "怎么改："] {
            assert!(section.contains(part), "{part} in {section}");
        }
    }
}

fn check_example(folder: &Path, example: &Example) -> Result<(), String> {
    let Example { code, file, wrong, right } = example;
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    if !text.contains(right) {
        return Err(format!("{code}: {file} does not have\n{right}"));
    }
    fs::write(&path, text.replacen(right, wrong, 1)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bidui"));
    command.args(["check", "--format", "json", "--config"]).arg(folder.join("bidui.toml"));
    let output = command.output().unwrap();
    fs::write(&path, text).unwrap();
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let said = said.as_array().unwrap();
    let codes: BTreeSet<&str> = said.iter().map(|said| said["code"].as_str().unwrap()).collect();
    if codes != BTreeSet::from([code.as_str()]) {
        return Err(format!("{code}: {said:#?}"));
    }
    Ok(())
}

#[test]
fn every_wrong_example_is_told_by_its_code_alone() {
    let examples = examples();
    assert!(examples.len() > 70, "{} examples", examples.len());
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let work = |worker: usize| {
            let examples = &examples;
            scope.spawn(move || {
                let folder = tempfile::tempdir().unwrap();
                support::copy_tree(&root().join("config"), folder.path(), false);
                let mine = examples.iter().skip(worker).step_by(workers);
                mine.filter_map(|example| check_example(folder.path(), example).err()).collect::<Vec<_>>()
            })
        };
        let workers: Vec<_> = (0..workers).map(work).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn explain(code: &str) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_bidui")).args(["explain", code]).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn explain_shows_the_section_of_a_code_and_of_an_unknown_one_the_nearest() {
    let (code, text, _) = explain("bd0206");
    assert_eq!(code, Some(0));
    assert!(text.starts_with("BD0206 没有这个名字的指标、底册列或参数\n"), "{text}");
    for part in ["    red = \"self_payed_12m >= 20000\"", "    red = \"self_paid_12m >= 20000\"", "怎么改：看建议"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("```") && !text.contains("BD0207"), "{text}");
    let (code, _, said) = explain("BD02066");
    assert_eq!(code, Some(2));
    assert!(said.contains("BD0206"), "{said}");
}
