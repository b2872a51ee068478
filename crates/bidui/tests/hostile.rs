//! Configuration as nobody means it: nested without end, damaged, wrong in several places at once. Each is told in words, with its place.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Enough to overflow the stack of whatever calls itself for each.
const MANY: usize = 50_000;

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config")
}

/// The shipped configuration, in a folder of its own.
struct County(tempfile::TempDir);

/// What `check --format json` says.
#[derive(Debug)]
struct Said {
    file: String,
    code: String,
    /// What of the file is pointed at.
    at: String,
    severity: String,
}

impl County {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&shipped(), folder.path());
        Self(folder)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }

    /// Puts `new` for the first `old` of a file.
    fn change(&self, file: &str, old: &str, new: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(old), "{file} has no {old}");
        fs::write(self.path(file), text.replacen(old, new, 1)).unwrap();
    }

    fn append(&self, file: &str, more: &str) {
        let text = fs::read_to_string(self.path(file)).unwrap();
        fs::write(self.path(file), format!("{text}\n{more}\n")).unwrap();
    }

    fn run(&self, words: &[&str]) -> Output {
        bidui(&[words, &["--config", self.path("bidui.toml").to_str().unwrap()]].concat())
    }

    /// Everything that is said of the configuration, with the exit code.
    fn check(&self) -> (i32, Vec<Said>) {
        let output = self.run(&["check", "--quiet", "--format", "json"]);
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(!words.contains("overflow") && !words.contains("panicked"), "{words}");
        let listed: serde_json::Value = serde_json::from_slice(&output.stdout).expect(&words);
        let said = listed.as_array().unwrap().iter().map(|said| self.said(said)).collect();
        (output.status.code().unwrap(), said)
    }

    fn said(&self, said: &serde_json::Value) -> Said {
        let word = |key: &str| said[key].as_str().unwrap_or("").to_owned();
        let number = |key: &str| said[key].as_u64().unwrap() as usize;
        let text = fs::read_to_string(self.path(&word("file"))).unwrap_or_default();
        let line = text.lines().nth(number("line") - 1).unwrap_or("");
        let last = if number("end_line") == number("line") { number("end_column") - 1 } else { usize::MAX };
        let at = line.chars().take(last).skip(number("column") - 1).take(60).collect();
        Said { file: word("file"), code: word("code"), at, severity: word("severity") }
    }

    /// Holds that exactly this is said: file, code and token, in order.
    fn told(&self, expected: &[(&str, &str, &str)]) {
        let (code, said) = self.check();
        let found: Vec<(&str, &str, &str)> =
            said.iter().map(|said| (said.file.as_str(), said.code.as_str(), said.at.as_str())).collect();
        assert_eq!(found, expected);
        assert_eq!(code, if said.iter().any(|said| said.severity == "error") { 2 } else { 0 });
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn bidui(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bidui")).args(words).output().unwrap()
}

#[test]
fn brackets_without_end_are_one_error_with_its_place() {
    let dotted = vec!["a"; 2 * MANY].join(".");
    for text in [
        format!("x = {}{}", "[".repeat(MANY), "]".repeat(MANY)),
        format!("x = {}", "[\n".repeat(MANY)),
        format!("x = {}1{}", "{a=".repeat(MANY), "}".repeat(MANY)),
        format!("{dotted} = 1"),
        format!("[{dotted}]"),
        format!("x = {{ {dotted} = 1 }}"),
    ] {
        let county = County::new();
        let lines = fs::read_to_string(county.path("bidui.toml")).unwrap().lines().count();
        county.append("bidui.toml", &text);
        let output = county.run(&["check", "--quiet", "--format", "json"]);
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a list");
        assert_eq!(said.as_array().unwrap().len(), 1, "{:.60}: {said:#}", text);
        assert!(said[0]["message"].as_str().unwrap().starts_with("嵌套太深"), "{said:#}");
        assert!(said[0]["line"].as_u64().unwrap() as usize > lines, "{said:#}");
        let output = bidui(&["fmt", county.path("bidui.toml").to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn sql_without_end_is_told_as_too_long_or_too_deep() {
    for sql in [
        format!("{}age > 1{}", "(".repeat(MANY), ")".repeat(MANY)),
        format!("{}age > 1", "NOT ".repeat(MANY)),
        format!("{}TRUE{}", "CASE WHEN TRUE THEN ".repeat(MANY), " END".repeat(MANY)),
        vec!["age > 1"; 10_000].join(" AND "),
        format!("{}age > 1", "1+".repeat(MANY)),
        format!("{}age{} > 1", "ABS(".repeat(MANY), ")".repeat(MANY)),
    ] {
        let county = County::new();
        county.change("rules/劳动力.toml", "scope = \"", &format!("scope = \"{sql} AND "));
        let (code, said) = county.check();
        assert_eq!((code, said.len(), said[0].code.as_str()), (2, 1, "BD0108"), "{sql:.60}: {said:?}");
    }
    let county = County::new();
    let many = vec!["level = 'x'"; 10_000].join(" AND ");
    let list = "[[list]]\nid = \"zz\"\ntitle = \"甲\"\nfile = \"a.xlsx\"\nsplit = \"none\"\nsheet = \"甲\"\ncolumns = [{ title = \"级\", value = \"level\" }]\n";
    county.append(
        "lists/tasks.toml",
        &format!("{list}query = \"SELECT level FROM warnings WHERE {many} ORDER BY level\""),
    );
    let (code, said) = county.check();
    assert_eq!((code, said.len(), said[0].code.as_str()), (2, 1, "BD0506"), "{said:?}");
}

#[test]
fn what_is_wrong_in_one_expression_is_told_together() {
    let county = County::new();
    county.change(
        "rules/劳动力.toml",
        "scope = \"age BETWEEN 16 AND 59\"",
        "scope = \"agee BETWEEN 16 AND 59 -- 暂时\"",
    );
    county.told(&[("rules/劳动力.toml", "BD0206", "agee"), ("rules/劳动力.toml", "BD0108", "-- 暂时")]);
    let county = County::new();
    county.change(
        "rules/劳动力.toml",
        "scope = \"age BETWEEN 16 AND 59\"",
        "scope = \"agee > > 16 AND labuor = '甲'\"",
    );
    county.told(&[
        ("rules/劳动力.toml", "BD0206", "agee"),
        ("rules/劳动力.toml", "BD0108", ">"),
        ("rules/劳动力.toml", "BD0206", "labuor"),
    ]);
    let county = County::new();
    county.change(
        "feeds/民政_临时救助.toml",
        "value = \"SUM(amount)\"",
        "where = \"amuont > > 0 AND amount > 1\"\nvalue = \"SUM(amount)\"",
    );
    let (_, said) = county.check();
    assert_eq!(said.iter().map(|said| said.at.as_str()).collect::<Vec<_>>(), ["amuont", ">"]);
}

#[test]
fn what_was_taken_in_silence_is_told() {
    let check = |file: &str, old: &str, new: &str, expected: (&str, &str)| {
        let county = County::new();
        county.change(file, old, new);
        county.told(&[(file, expected.0, expected.1)]);
    };
    check("bidui.toml", "last_days = 5", "last_days = 5.5", ("BD0003", "5.5"));
    check("bidui.toml", "months = 3\n", "months = 2.5\n", ("BD0003", "2.5"));
    check("bidui.toml", "code = \"450206\"", "code = \"45020\"", ("BD0713", "\"45020\""));
    check("bidui.toml", "code = \"450206\"", "code = \"450207\"", ("BD0713", "\"450207\""));
    check("bidui.toml", "name = \"柳江区\"", "name = \"  \"", ("BD0003", "\"  \""));
    check("towns.toml", "county_code = \"450203\"", "county_code = \"4502\"", ("BD0602", "\"4502\""));
    check("towns.toml", "county_code = \"450203\"", "county_code = \"450204\"", ("BD0602", "\"450204\""));
}

#[test]
fn a_slip_between_two_files_is_told_where_it_was_made() {
    let county = County::new();
    county.change("verification_results.toml", "requires = [\"monitor_kind\",", "requires = [\"monitor_knd\",");
    county.told(&[("verification_results.toml", "BD0514", "\"monitor_knd\"")]);
    let county = County::new();
    county.change("lists/unrouted.toml", "AS route_name", "AS orute_name");
    county.told(&[("lists/unrouted.toml", "BD0509", "orute_name")]);
    let county = County::new();
    county.change(
        "checks/健康残疾和死亡.toml",
        "severe_card > 0 AND health = '健康'",
        "severe_card > 0 AND health = '康健'",
    );
    county.told(&[("checks/健康残疾和死亡.toml", "BD0210", "'康健'")]);
}

#[test]
fn what_follows_from_a_slip_is_not_told_beside_it() {
    let county = County::new();
    county.change("rules/劳动力.toml", "scope = \"age", "scpoe = \"age");
    county.told(&[("rules/劳动力.toml", "BD0004", "scpoe")]);
    let county = County::new();
    county.change("rules/劳动力.toml", "scope = \"age", "scope = “age");
    county.told(&[("rules/劳动力.toml", "BD0001", "“")]);
    // Not a text at all: nothing is known of the parameters that rules read.
    let county = County::new();
    fs::write(county.path("bidui.toml"), [0; 1000]).unwrap();
    county.told(&[("bidui.toml", "BD0005", "")]);
    let county = County::new();
    fs::create_dir(county.path("rules/x.toml")).unwrap();
    county.told(&[("rules/x.toml", "BD0006", "")]);
    let county = County::new();
    fs::write(county.path("rules/x.toml"), "# 停用\n\n").unwrap();
    county.told(&[("rules/x.toml", "BD0714", "")]);
}

#[test]
fn a_caret_stands_under_its_word_whatever_stands_before_it() {
    let check = |written: &str, token: &str| {
        let county = County::new();
        county.change("rules/劳动力.toml", "scope = \"age BETWEEN 16 AND 59\"", written);
        county.told(&[("rules/劳动力.toml", "BD0206", token)]);
    };
    check("scope\t=\t\"\t agee > 1\"", "agee");
    check("scope = \"health <> '😀全角' AND agee > 1\"", "agee");
    check("scope = '''\r\nage > 16\r\n  AND agee < 59'''", "agee");
    check("scope = \"\"\"\\\n   age > 16 \\\n   AND \\u0061gee < 59\"\"\"", "\\u0061gee");
}

#[test]
fn every_reminder_is_shown_however_many() {
    let county = County::new();
    for at in 0..20 {
        county.append(
            "bidui.toml",
            &format!("[[parameter]]\nname = \"unread_{at}\"\nvalue = 1\nfrom = \"2023-01\"\nsource = \"无\""),
        );
    }
    let output = county.run(&["check"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert_eq!(text.matches("[BD0712]").count(), 20);
    assert!(text.contains("另有20处提醒"), "{text}");
}

#[test]
fn a_damaged_ledger_is_told_as_one_and_not_as_our_fault() {
    let county = County::new();
    let state = county.0.path().join("state");
    fs::create_dir(&state).unwrap();
    let noise: Vec<u8> = (0..60_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    fs::write(state.join("ledger.db"), &noise).unwrap();
    fs::create_dir_all(county.0.path().join("empty")).unwrap();
    fs::write(county.0.path().join("empty/ledger.db"), "").unwrap();
    let output = county.run(&["cases", "--state", county.0.path().join("empty").to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("ledger.db”损坏"), "{output:?}");
    for command in [&["cases"][..], &["case", "2301-000019"]] {
        let output = county.run(&[command, &["--state", state.to_str().unwrap()]].concat());
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command:?} {words}");
        assert!(words.contains("ledger.db”损坏") && words.contains("备份"), "{words}");
        assert!(!words.contains("程序出错"), "{words}");
    }
    assert_eq!(fs::read(state.join("ledger.db")).unwrap(), noise, "it is left as it was");
}
