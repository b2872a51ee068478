//! The fixtures are what the program makes today, and the main command of the README runs on them as they lie.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use support::repository;

fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut left = vec![folder.to_path_buf()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn bidui(arguments: &[&str]) {
    let status =
        assert_cmd::Command::cargo_bin("bidui").unwrap().current_dir(repository()).args(arguments).output().unwrap();
    assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stderr));
}

#[test]
fn the_fixtures_are_made_again_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let county = folder.path().join("county");
    bidui(&[
        "synth",
        county.to_str().unwrap(),
        "--persons",
        "2000",
        "--months",
        "2022-12..2023-03",
        "--seed",
        "16",
        "--quiet",
    ]);
    for part in ["inbox", "truth"] {
        let (made, kept) = (tree(&county.join(part)), tree(&repository().join("fixtures").join(part)));
        assert_eq!(made.keys().collect::<Vec<_>>(), kept.keys().collect::<Vec<_>>());
        for (name, bytes) in &made {
            assert!(kept[name] == *bytes, "{part}/{name} 与程序现在生成的不同");
        }
    }
}

#[test]
fn the_main_command_runs_on_the_fixtures_and_every_town_has_its_list() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    bidui(&["run", "2023-03", "--out", &path("out"), "--state", &path("state"), "--quiet"]);
    let towns = fs::read_dir(folder.path().join("out/2023-03/towns")).unwrap();
    let lists = towns.filter(|town| town.as_ref().unwrap().path().join("核查清单.xlsx").is_file()).count();
    assert_eq!(lists, 8);
    let size: usize = tree(&repository().join("fixtures")).values().map(Vec::len).sum();
    assert!(size < 15 << 20, "{size}");
}
