//! The same extracts and configuration give the same bytes, whatever the machine: threads, time zone, language, folder, order of the
//! files, what had been sealed before. Under another key nothing differs but the key's fingerprint and what is sealed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use bidui_normalize::ListTags;
use calamine::{Reader, Xlsx, open_workbook};
use support::{County, copy_tree, digests, program, say};

const MONTH: &str = "2023-03";
const KEY: &str = "state/key/bidui.key";

/// A run, and the digests of all that it published and sealed.
struct Run {
    county: County,
    published: BTreeMap<String, String>,
    sealed: BTreeMap<String, String>,
}

static PLAIN: LazyLock<Run> = LazyLock::new(|| {
    let county = County::invent(1_500, &["--messy", "--seed", "5"]);
    county.run(MONTH).expect(0);
    take(county)
});

fn take(county: County) -> Run {
    let (published, sealed) = (digests(&county.path("out").join(MONTH)), digests(&county.path("state/sealed")));
    Run { county, published, sealed }
}

/// The inbox and the key of the plain run in a new folder.
fn beginning(backwards: bool) -> County {
    let county = County::empty();
    copy_tree(&PLAIN.county.path("inbox"), &county.path("inbox"), backwards);
    copy_tree(&PLAIN.county.path("state/key"), &county.path("state/key"), backwards);
    county
}

#[track_caller]
fn same(found: &BTreeMap<String, String>, expected: &BTreeMap<String, String>) {
    let differing: Vec<&String> =
        found.keys().chain(expected.keys()).filter(|file| found.get(*file) != expected.get(*file)).collect();
    assert!(differing.is_empty(), "{differing:#?}");
    assert!(expected.len() > 30);
}

/// A run from the beginning, with these variables in its environment.
#[track_caller]
fn check(variables: &[(&str, &str)]) {
    let county = beginning(false);
    say(county.command(&["run", MONTH]).envs(variables.iter().copied())).expect(0);
    let run = take(county);
    same(&run.published, &PLAIN.published);
    same(&run.sealed, &PLAIN.sealed);
}

#[test]
fn on_one_thread() {
    check(&[("RAYON_NUM_THREADS", "1"), ("POLARS_MAX_THREADS", "1")]);
}

#[test]
fn on_two_threads() {
    check(&[("RAYON_NUM_THREADS", "2"), ("POLARS_MAX_THREADS", "2")]);
}

#[test]
fn on_more_threads_than_processors() {
    check(&[("RAYON_NUM_THREADS", "7"), ("POLARS_MAX_THREADS", "3")]);
}

#[test]
fn in_another_time_zone() {
    check(&[("TZ", "Asia/Shanghai")]);
    check(&[("TZ", "America/New_York")]);
}

#[test]
fn in_another_language() {
    check(&[("LANG", "C"), ("LC_ALL", "C")]);
    check(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "zh_CN.UTF-8")]);
}

#[test]
fn with_files_that_were_put_there_in_another_order_and_from_another_folder() {
    let county = beginning(true);
    let (config, elsewhere) = (county.config.clone(), county.path("elsewhere"));
    fs::create_dir(&elsewhere).unwrap();
    let mut command = program();
    command.current_dir(&elsewhere).args(["run", MONTH, "--config"]).arg(config);
    command.args(["--inbox", "../inbox", "--out", "../out", "--state", "../state"]);
    say(&mut command).expect(0);
    let run = take(county);
    same(&run.published, &PLAIN.published);
    same(&run.sealed, &PLAIN.sealed);
}

#[test]
fn a_second_time_over_what_is_sealed() {
    let county = PLAIN.county.copy();
    county.run(MONTH).expect(0);
    let run = take(county);
    same(&run.published, &PLAIN.published);
    same(&run.sealed, &PLAIN.sealed);
}

#[test]
fn after_the_months_before_it() {
    let county = beginning(false);
    for month in ["2023-01", "2023-02", MONTH] {
        county.run(month).expect(0);
    }
    // Cases began earlier; what was found this month is the same.
    let found = |published: &BTreeMap<String, String>| {
        const OF_THE_LEDGER: [&str; 10] = [
            "warnings",
            "signals",
            "cases",
            "answers",
            "clocks",
            "needs",
            "standing",
            "case_events",
            "totals",
            "anomalies",
        ];
        let name = |file: &str| Some(file.strip_prefix("data/")?.split('.').next()?.to_owned());
        let is_found = |file: &str| name(file).is_some_and(|name| !OF_THE_LEDGER.contains(&name.as_str()));
        published.iter().filter(|(file, _)| is_found(file)).map(|(file, sha)| (file.clone(), sha.clone())).collect()
    };
    let run = take(county);
    let (found, plain): (BTreeMap<_, _>, BTreeMap<_, _>) = (found(&run.published), found(&PLAIN.published));
    assert!(plain.len() > 20, "{plain:?}");
    assert_eq!(found, plain);
}

/// Once sealed, months need not stay in the inbox.
#[test]
fn when_the_months_before_have_left_the_inbox() {
    let county = PLAIN.county.copy();
    for month in ["2022-12", "2023-01", "2023-02"] {
        fs::remove_dir_all(county.path("inbox").join(month)).unwrap();
    }
    county.run(MONTH).expect(0);
    same(&take(county).published, &PLAIN.published);
}

/// Rows that their number does not settle are known again by a digest under the key; nothing else of them depends on it.
const DIGESTS: [&str; 5] = [
    "data/candidates.csv",
    "data/candidates.parquet",
    "data/links.csv",
    "data/links.parquet",
    "district/待认定关联清单.xlsx",
];

/// Lists that come back have a tag under the key beside each row.
fn is_tagged(file: &str) -> bool {
    const RETURNING: [&str; 9] = [
        "/核查清单",
        "/数据核实清单",
        "/数据清洗异常清单",
        "/遍访名册",
        "/网格走访清单",
        "/户户核核查表",
        "/帮扶落实跟进表",
        "/帮扶需求任务清单",
        "/政策落差清单",
    ];
    DIGESTS.contains(&file) || RETURNING.iter().any(|list| file.contains(list))
}

/// The cells of a list's sheets, with `#` for each tag, and how many those are.
fn without_tags(path: &Path) -> (Vec<String>, usize) {
    let mut workbook: Xlsx<_> = open_workbook(path).unwrap();
    let (mut cells, mut tags) = (Vec::new(), 0);
    for (name, range) in workbook.worksheets() {
        for (row, column, cell) in range.used_cells() {
            let text = cell.to_string();
            let is_tag = ListTags::read(&text).is_some_and(|tag| tag == text);
            tags += usize::from(is_tag);
            let text = if is_tag { "#".to_owned() } else { unmarked(&text) };
            cells.push(format!("{name} {row} {column} {text}"));
        }
    }
    (cells, tags)
}

/// The number of a name that disagrees, without the mark of that name: `P0001234-A1B2C3-7KQ4`.
fn unmarked(text: &str) -> String {
    let is_of = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|sign| sign.is_ascii_digit() || sign.is_ascii_uppercase())
    };
    let mut parts: Vec<&str> = text.split('-').collect();
    if parts.len() >= 3 && is_of(parts[1], 6) && is_of(parts[2], 4) {
        parts[2] = "#";
    }
    parts.join("-")
}

/// A relation without the digests.
fn untagged(county: &County, relation: &str) -> Vec<Vec<(String, String)>> {
    let without = |row: support::Record| {
        row.into_iter().filter(|(column, _)| column != "row_digest").collect::<BTreeMap<_, _>>().into_iter().collect()
    };
    county.relation(MONTH, relation).into_iter().map(without).collect()
}

#[test]
fn under_another_key_only_the_fingerprint_the_row_tags_and_the_store_differ() {
    let county = beginning(false);
    fs::remove_file(county.path(KEY)).unwrap();
    county.run(MONTH).expect(0).naming(&["请立即备份"]);
    assert_ne!(fs::read(county.path(KEY)).unwrap(), fs::read(PLAIN.county.path(KEY)).unwrap());
    let (mine, theirs) = (manifest(&county), manifest(&PLAIN.county));
    assert_ne!(mine.0, theirs.0);
    assert_eq!(mine.1, theirs.1);
    for relation in ["candidates", "links"] {
        let own = untagged(&county, relation);
        assert!(own == untagged(&PLAIN.county, relation), "{relation}");
        assert!(!own.is_empty(), "no row to hold it by");
    }
    let mut tags = 0;
    for list in PLAIN.published.keys().filter(|file| is_tagged(file) && !DIGESTS.contains(&file.as_str())) {
        let path = |county: &County| county.path("out").join(MONTH).join(list);
        let (own, theirs) = (without_tags(&path(&county)), without_tags(&path(&PLAIN.county)));
        assert!(own == theirs, "{list}");
        assert!(own.1 == 0 || fs::read(path(&county)).unwrap() != fs::read(path(&PLAIN.county)).unwrap(), "{list}");
        tags += own.1;
    }
    assert!(tags > 20, "no tag to hold it by");
    let run = take(county);
    let without_manifest = |published: &BTreeMap<String, String>| {
        published
            .iter()
            .filter(|(file, _)| *file != "manifest.json" && !is_tagged(file))
            .map(|(file, sha)| (file.clone(), sha.clone()))
            .collect()
    };
    same(&without_manifest(&run.published), &without_manifest(&PLAIN.published));
    let rows = |file: &&String| file.contains("2023-03/") && file.ends_with("医保_参保.parquet");
    let file = PLAIN.sealed.keys().find(rows).unwrap();
    assert_ne!(run.sealed[file], PLAIN.sealed[file], "tokens that do not depend on the key");
}

/// The key's fingerprint, and the rest.
fn manifest(county: &County) -> (String, serde_json::Value) {
    let text = fs::read_to_string(county.path("out").join(MONTH).join("manifest.json")).unwrap();
    let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
    let files = manifest["files"].as_array_mut().unwrap();
    files.retain(|file| !is_tagged(file["file"].as_str().unwrap()));
    let fingerprint = manifest.as_object_mut().unwrap().remove("key_fingerprint").unwrap();
    (fingerprint.as_str().unwrap().to_owned(), manifest)
}
