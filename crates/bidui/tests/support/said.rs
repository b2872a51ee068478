//! What `check` says of the shipped configuration with a slip in it.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support;

/// What `check` says of the shipped configuration with `right` written as `wrong` in one file.
#[derive(Debug)]
pub struct Said {
    pub severity: String,
    pub file: String,
    pub code: String,
    /// What is pointed at.
    pub at: String,
    pub message: String,
    pub help: String,
}

pub fn check_all(changes: &[(&str, &str, &str)]) -> Vec<Said> {
    said_of(|folder| {
        for (file, right, wrong) in changes {
            let path = folder.join(file);
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(right), "{file} has {right}");
            fs::write(&path, text.replacen(right, wrong, 1)).unwrap();
        }
    })
}

/// What `check` says where a file is called otherwise.
pub fn check_moved(from: &str, to: &str) -> Vec<Said> {
    said_of(|folder| fs::rename(folder.join(from), folder.join(to)).unwrap())
}

fn said_of(change: impl FnOnce(&Path)) -> Vec<Said> {
    let folder = tempfile::tempdir().unwrap();
    support::copy_tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config"), folder.path(), false);
    change(folder.path());
    let mut command = Command::new(env!("CARGO_BIN_EXE_bidui"));
    command.args(["check", "--format", "json", "--config"]).arg(folder.path().join("bidui.toml"));
    let output = command.output().unwrap();
    let listed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let said = |said: &serde_json::Value| {
        let word = |key: &str| said[key].as_str().unwrap_or("").to_owned();
        let number = |key: &str| said[key].as_u64().unwrap_or(1) as usize;
        // Of a folder nothing is pointed at.
        let text = fs::read_to_string(folder.path().join(word("file"))).unwrap_or_default();
        let line: Vec<char> = text.lines().nth(number("line") - 1).unwrap_or("").chars().collect();
        let at = line.get(number("column") - 1..number("end_column") - 1).unwrap_or(&[]).iter().collect();
        let (severity, file, code) = (word("severity"), word("file"), word("code"));
        Said { severity, file, code, at, message: word("message"), help: word("help") }
    };
    listed.as_array().unwrap().iter().map(said).collect()
}

/// One thing is said, of that code at that token of that file; its message and hint have these words.
pub fn told(changes: &[(&str, &str, &str)], expected: (&str, &str, &str), words: &str) {
    let said = check_all(changes);
    let found: Vec<_> = said.iter().map(|said| (said.file.as_str(), said.code.as_str(), said.at.as_str())).collect();
    assert_eq!(found, [expected], "{changes:?}: {said:#?}");
    let reminders = [
        "BD0115", "BD0116", "BD0118", "BD0221", "BD0224", "BD0225", "BD0226", "BD0227", "BD0228", "BD0229", "BD0230",
        "BD0309", "BD0606", "BD0607", "BD0719", "BD0723", "BD0724", "BD0728", "BD0729", "BD0730", "BD0732", "BD0733",
        "BD0735", "BD0736", "BD0817",
    ];
    let is_reminder = reminders.contains(&expected.1);
    assert_eq!(said[0].severity, if is_reminder { "warning" } else { "error" });
    let whole = format!("{} {}", said[0].message, said[0].help);
    assert!(whole.contains(words), "{whole}");
}

pub fn check(file: &str, right: &str, wrong: &str, (code, at): (&str, &str), words: &str) {
    told(&[(file, right, wrong)], (file, code, at), words);
}

pub const ILLNESS: &str = "rules/因病.toml";
pub const FIRST: &str = "[[rule]]\nid = \"medical-self-paid\"\n";

/// A rule of one level before the shipped ones.
pub fn check_rule(keys: &str, (code, at): (&str, &str), words: &str) {
    let rule = format!(
        "[[rule]]\nid = \"test\"\ntitle = \"试\"\nrisk = \"因病\"\nbasis = \"试\"\nper = \"household\"\ndepartments = [\"医疗保障局\"]\nreason = \"试{{self_paid_12m}}\"\n{keys}\n\n{FIRST}"
    );
    check(ILLNESS, FIRST, &rule, (code, at), words);
}
