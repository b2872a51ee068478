//! A file of the inbox, before and while it is read: that it is a file at all, and that it stays the same meanwhile.
//!
//! A file is opened under its name and told of under what the name leaves of an ID number (`mask_numbers`), so that no number goes on from a name.
//! File times are never read as a clock. They are compared with themselves, before and after, so that rows and digest are of one file.

use std::fs::{self, File, Metadata};
use std::io::Read;
use std::path::Path;

use bidui_ingest::{FileDigest, FileProblem, FileReport, ReadOptions};
use bidui_model::{DataContract, RawChunk};
use bidui_normalize::mask_numbers;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::hex;
use crate::isolation::read_file;

/// An input file with its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InputFile {
    /// As it lies in the month's folder. The store has it as it is told.
    #[serde(serialize_with = "as_told")]
    pub(crate) file: String,
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
}

impl InputFile {
    /// Its name without the numbers of persons.
    pub(crate) fn told(&self) -> String {
        told(&self.file)
    }
}

/// A file's name as it may be said: no number of a person, nothing that a terminal would obey.
fn told(file: &str) -> String {
    mask_numbers(&file.replace(char::is_control, "�"))
}

fn as_told<S: serde::Serializer>(file: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&told(file))
}

/// What changes when a file is written to or replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    bytes: u64,
    modified: Option<std::time::SystemTime>,
    /// On Unix the file's number, and when anything about it changed last, which nobody can set back.
    #[cfg(unix)]
    identity: (u64, u64, i64, i64),
}

impl Stamp {
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Looks at a file without opening it: a pipe that is opened waits for a writer, perhaps for ever.
pub(crate) fn stamp(path: &Path, name: &str) -> Result<Stamp, FileProblem> {
    let name = &mask_numbers(name);
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
    let name = &mask_numbers(name);
    let changed = || FileProblem::Changed { file: name.to_owned() };
    let same = || stamp(path, name).is_ok_and(|now| now == *before);
    if !same() {
        return Err(changed());
    }
    match read_file(path, name, contract, options, sink) {
        // Half a file may look broken: what is wrong with it is that somebody is writing it.
        _ if !same() => Err(changed()),
        report => report.map(as_told_of),
    }
}

/// Sheets are named after persons as files are.
fn as_told_of(mut report: FileReport) -> FileReport {
    let sheets = report.sources.iter_mut().map(|source| &mut source.sheet);
    let sheets = sheets.chain(report.skipped_sheets.iter_mut().map(|(sheet, _)| sheet));
    sheets.chain(report.hidden_rows.iter_mut().map(|(sheet, _)| sheet)).for_each(|sheet| *sheet = mask_numbers(sheet));
    report
}

/// The files as they are before they are read: their stamps, and digests where one must be known first. That is where the feed was sealed
/// before from files of these names and lengths (then nothing may be left to do), and where two files of one length may be the same
/// file. Any other file is digested while it is read.
pub(crate) fn look_at(
    folder: &Path,
    files: &[String],
    before: Option<&[InputFile]>,
) -> Result<(Vec<InputFile>, Vec<Stamp>), FileProblem> {
    let stamps = files.iter().map(|name| stamp(&folder.join(name), name)).collect::<Result<Vec<_>, _>>()?;
    let bare = |(name, stamp): (&String, &Stamp)| InputFile {
        file: name.clone(),
        sha256: String::new(),
        bytes: stamp.bytes(),
    };
    let mut inputs: Vec<InputFile> = files.iter().zip(&stamps).map(bare).collect();
    let lengths: Vec<u64> = stamps.iter().map(Stamp::bytes).collect();
    let seem_the_same = before.is_some_and(|before| {
        let now = files.iter().map(|file| mask_numbers(file)).zip(lengths.iter().copied());
        before.iter().map(|input| (input.told(), input.bytes)).eq(now)
    });
    for (input, stamp) in inputs.iter_mut().zip(&stamps) {
        if seem_the_same || lengths.iter().filter(|length| **length == input.bytes).count() > 1 {
            let path = folder.join(&input.file);
            take_digest(input, &path, stamp, None)?;
        }
    }
    Ok((inputs, stamps))
}

/// An earlier file of the month with the same bytes.
pub(crate) fn twin_of(inputs: &[InputFile], at: usize) -> Option<&InputFile> {
    let known = Some(&inputs[at].sha256).filter(|sha256| !sha256.is_empty())?;
    inputs[..at].iter().find(|earlier| earlier.sha256 == *known)
}

/// Notes the digest of the bytes that were read; takes it now where reading gave none.
pub(crate) fn take_digest(
    input: &mut InputFile,
    path: &Path,
    before: &Stamp,
    read: Option<FileDigest>,
) -> Result<(), FileProblem> {
    let changed = || FileProblem::Changed { file: input.told() };
    let (sha256, bytes) = match read {
        Some(digest) => (hex(&digest.sha256), digest.bytes),
        None if !input.sha256.is_empty() => return Ok(()),
        None => digest_file(path).map_err(|error| FileProblem::io(&input.told(), &error))?,
    };
    // Two looks at the file must have seen the same bytes.
    if (!input.sha256.is_empty() && input.sha256 != sha256) || stamp(path, &input.file)? != *before {
        return Err(changed());
    }
    (input.sha256, input.bytes) = (sha256, bytes);
    Ok(())
}

fn digest_file(path: &Path) -> std::io::Result<(String, u64)> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 20];
    let mut bytes = 0_u64;
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok((hex(&digest.finalize()), bytes));
        }
        digest.update(&buffer[..read]);
        bytes += read as u64;
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

    #[test]
    fn only_files_that_may_be_the_same_are_digested_before_they_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let files = ["a", "b", "c"].map(str::to_owned);
        for (name, text) in files.iter().zip(["甲", "乙", "甲乙"]) {
            fs::write(folder.path().join(name), text).unwrap();
        }
        let known = |inputs: &[InputFile]| inputs.iter().map(|input| !input.sha256.is_empty()).collect::<Vec<_>>();
        let (inputs, _) = look_at(folder.path(), &files, None).unwrap();
        assert_eq!(known(&inputs), [true, true, false]);
        assert!(twin_of(&inputs, 1).is_none() && twin_of(&inputs, 2).is_none());
        fs::write(folder.path().join("b"), "甲").unwrap();
        let (inputs, _) = look_at(folder.path(), &files, None).unwrap();
        assert_eq!(twin_of(&inputs, 1).map(|twin| twin.file.as_str()), Some("a"));
        let (all, _) = look_at(folder.path(), &files, Some(&inputs)).unwrap();
        assert_eq!(known(&all), [true; 3]);
        let (renamed, _) = look_at(folder.path(), &files[..2], Some(&all)).unwrap();
        assert_eq!(known(&renamed), [true, true]);
    }

    #[test]
    fn bytes_that_are_not_those_seen_before_are_a_change() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one");
        fs::write(&path, "甲").unwrap();
        let before = stamp(&path, "one").unwrap();
        let mut input = InputFile { file: "one".to_owned(), sha256: String::new(), bytes: 3 };
        take_digest(&mut input, &path, &before, None).unwrap();
        assert_eq!(input.sha256, hex(&Sha256::digest("甲")));
        let read = FileDigest { sha256: Sha256::digest("乙").into(), bytes: 3 };
        assert!(matches!(take_digest(&mut input, &path, &before, Some(read)), Err(FileProblem::Changed { .. })));
    }
}
