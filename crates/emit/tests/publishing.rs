//! A month is published whole or not at all, whenever the run is killed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use bidui_emit::{EmitError, Manifest, ManifestFile, Staging, recover};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn manifest() -> Manifest {
    Manifest {
        engine: "bidui 0.1.0".into(),
        month: "2023-03".into(),
        inputs: ["b.csv", "a.csv"].map(|file| ManifestFile { file: file.into(), ..ManifestFile::default() }).into(),
        ..Manifest::default()
    }
}

fn publish(root: &Path, word: &str) {
    let staging = Staging::begin(root, "2023-03").unwrap();
    fs::create_dir_all(staging.path().join("towns/450206102_百朋镇")).unwrap();
    fs::write(staging.path().join("towns/450206102_百朋镇/list.txt"), word).unwrap();
    staging.commit(&manifest()).unwrap();
}

fn published(root: &Path) -> Option<String> {
    fs::read_to_string(root.join("2023-03/towns/450206102_百朋镇/list.txt")).ok()
}

fn entries(root: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(root).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_month_is_private_and_its_manifest_knows_every_file() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), "new");
    let month = root.path().join("2023-03");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&month), 0o700);
    assert_eq!(mode(&month.join("towns")), 0o700);
    assert_eq!(mode(&month.join("manifest.json")), 0o600);
    assert_eq!(mode(&month.join("towns/450206102_百朋镇/list.txt")), 0o600);
    let read: Manifest = serde_json::from_slice(&fs::read(month.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(read.files.len(), 1);
    assert_eq!(read.files[0].file, "towns/450206102_百朋镇/list.txt");
    assert_eq!(read.files[0].bytes, 3);
    // sha256("new")
    assert_eq!(read.files[0].sha256, "11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437");
    assert_eq!(read.inputs[0].file, "a.csv");
}

#[test]
fn the_new_month_takes_the_place_of_the_old_and_leaves_nothing_beside() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), "old");
    publish(root.path(), "new");
    assert_eq!(published(root.path()).as_deref(), Some("new"));
    assert_eq!(entries(root.path()), [".2023-03.lock", "2023-03"]);
}

#[test]
fn killed_while_writing_the_old_month_stands() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), "old");
    fs::create_dir(root.path().join(".2023-03.staging-1")).unwrap();
    fs::write(root.path().join(".2023-03.staging-1/half"), "").unwrap();
    fs::create_dir(root.path().join(".2023-04.staging-1")).unwrap();
    let staging = Staging::begin(root.path(), "2023-03").unwrap();
    assert_eq!(fs::read_dir(staging.path()).unwrap().count(), 0);
    drop(staging);
    assert_eq!(published(root.path()).as_deref(), Some("old"));
    // Another month's folder may be another run's at this moment.
    assert_eq!(entries(root.path()), [".2023-03.lock", ".2023-04.staging-1", "2023-03"]);
}

#[test]
fn killed_between_the_renames_the_old_month_comes_back() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), "old");
    fs::rename(root.path().join("2023-03"), root.path().join(".2023-03.old")).unwrap();
    recover(root.path(), "2023-03").unwrap();
    assert_eq!(published(root.path()).as_deref(), Some("old"));
    fs::rename(root.path().join("2023-03"), root.path().join(".2023-03.old")).unwrap();
    publish(root.path(), "new");
    assert_eq!(published(root.path()).as_deref(), Some("new"));
    assert_eq!(entries(root.path()), [".2023-03.lock", "2023-03"]);
}

#[test]
fn killed_before_the_old_month_was_removed_the_new_one_stands() {
    let root = tempfile::tempdir().unwrap();
    publish(root.path(), "new");
    fs::create_dir_all(root.path().join(".2023-03.old/towns")).unwrap();
    recover(root.path(), "2023-03").unwrap();
    assert_eq!(published(root.path()).as_deref(), Some("new"));
    assert_eq!(entries(root.path()), [".2023-03.lock", "2023-03"]);
}

#[test]
fn an_uncommitted_month_leaves_nothing() {
    let root = tempfile::tempdir().unwrap();
    let staging = Staging::begin(root.path(), "2023-03").unwrap();
    fs::write(staging.path().join("x"), "").unwrap();
    drop(staging);
    assert_eq!(entries(root.path()), [".2023-03.lock"]);
}

#[test]
fn two_runs_of_one_month_do_not_meet() {
    let root = tempfile::tempdir().unwrap();
    let _first = Staging::begin(root.path(), "2023-03").unwrap();
    assert!(matches!(Staging::begin(root.path(), "2023-03"), Err(EmitError::Busy(_))));
    assert!(Staging::begin(root.path(), "2023-04").is_ok());
}

#[test]
fn a_month_is_a_month_and_a_file_a_file() {
    let root = tempfile::tempdir().unwrap();
    assert!(matches!(Staging::begin(root.path(), "../x"), Err(EmitError::Month(_))));
    let staging = Staging::begin(root.path(), "2023-03").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", staging.path().join("link")).unwrap();
    assert!(matches!(staging.commit(&manifest()), Err(EmitError::NotAFile(_))));
    assert_eq!(entries(root.path()), [".2023-03.lock"]);
}
