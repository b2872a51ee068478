//! A file of the inbox, before and while it is read: that it is a file at all, and that it stays the same meanwhile.
//!
//! File times are never read as a clock. They are compared with themselves, before and after, so that rows and digest are of one file.

use std::fs::{self, Metadata};
use std::path::Path;

use bidui_ingest::{FileProblem, FileReport, ReadOptions};
use bidui_model::{DataContract, RawChunk};

use crate::isolation::read_file;

/// What changes when a file is written to or replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    bytes: u64,
    modified: Option<std::time::SystemTime>,
    /// On Unix the file's number, and when anything about it changed last, which nobody can set back.
    #[cfg(unix)]
    identity: (u64, u64, i64, i64),
}

/// Looks at a file without opening it: a pipe that is opened waits for a writer, perhaps for ever.
pub(crate) fn stamp(path: &Path, name: &str) -> Result<Stamp, FileProblem> {
    let found = match fs::metadata(path) {
        Ok(found) => found,
        Err(_) if path.is_symlink() => return Err(not_a_file(name, "是断开的链接")),
        Err(error) => return Err(FileProblem::io(name, &error)),
    };
    if found.is_dir() {
        return Err(not_a_file(name, "是文件夹"));
    }
    if !found.is_file() {
        return Err(not_a_file(name, "是管道或设备"));
    }
    Ok(of(&found))
}

fn of(found: &Metadata) -> Stamp {
    #[cfg(unix)]
    use std::os::unix::fs::MetadataExt;
    Stamp {
        bytes: found.len(),
        modified: found.modified().ok(),
        #[cfg(unix)]
        identity: (found.dev(), found.ino(), found.ctime(), found.ctime_nsec()),
    }
}

fn not_a_file(name: &str, found: &str) -> FileProblem {
    FileProblem::NotAFile { file: name.to_owned(), found: found.to_owned() }
}

/// Reads a file that must be what it was when `before` was taken, to the end.
pub(crate) fn read_steady(
    path: &Path,
    name: &str,
    before: &Stamp,
    contract: &DataContract,
    options: &ReadOptions,
    sink: &mut dyn FnMut(RawChunk),
) -> Result<FileReport, FileProblem> {
    let changed = || FileProblem::Changed { file: name.to_owned() };
    let same = || stamp(path, name).is_ok_and(|now| now == *before);
    if !same() {
        return Err(changed());
    }
    match read_file(path, name, contract, options, sink) {
        // Half a file may look broken: what is wrong with it is that somebody is writing it.
        _ if !same() => Err(changed()),
        report => report,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::symlink;

    fn check(path: &Path, expected: &str) {
        let found = stamp(path, "甲.csv").unwrap_err().to_string();
        assert!(found.contains("“甲.csv”") && found.contains(expected), "{found}");
    }

    #[test]
    fn what_is_no_file_is_named_and_never_opened() {
        let folder = tempfile::tempdir().unwrap();
        check(folder.path(), "是文件夹");
        check(&folder.path().join("nothing"), "不存在");
        let link = folder.path().join("link");
        symlink("gone", &link).unwrap();
        check(&link, "是断开的链接");
        check(Path::new("/dev/null"), "是管道或设备");
    }

    #[test]
    fn a_file_that_grew_or_was_replaced_is_not_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("one"), folder.path().join("other"));
        fs::write(&path, "甲").unwrap();
        let before = stamp(&path, "one").unwrap();
        assert_eq!(stamp(&path, "one").unwrap(), before);
        fs::write(&other, "乙").unwrap();
        fs::rename(&other, &path).unwrap();
        assert_ne!(stamp(&path, "one").unwrap(), before);
    }
}
