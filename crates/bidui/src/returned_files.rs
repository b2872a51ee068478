//! The files that came back, under whatever names, and their digests.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use bidui_normalize::mask_numbers;
use sha2::{Digest, Sha256};

use crate::returned::{At, Refusal};
use crate::returned_reason::Reason;

/// Folders in folders are looked into so deep.
const DEEPEST: usize = 8;

pub(crate) struct FoundFile {
    pub(crate) path: PathBuf,
    pub(crate) name: String,
    pub(crate) sha256: String,
}

/// Every file of the paths, in the order of the paths and of the names, each once; and what could not be opened.
pub(crate) fn find_files(paths: &[PathBuf]) -> (Vec<FoundFile>, Vec<Refusal>) {
    let (mut files, mut refusals) = (Vec::new(), Vec::new());
    for path in paths {
        let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
        // People name files after persons, with their ID numbers.
        let name = mask_numbers(&name);
        // What was named itself is looked at under any name; of a folder only what people put there.
        walk(path, &name, DEEPEST, &mut files, &mut refusals);
    }
    // Two of one name that were given one by one: what is told of them must say of which.
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for file in &mut files {
        let count = seen.entry(file.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            file.name = format!("{}（第{count}个）", file.name);
        }
    }
    (files, refusals)
}

fn walk(path: &Path, name: &str, deepest: usize, files: &mut Vec<FoundFile>, refusals: &mut Vec<Refusal>) {
    let mut refuse = |error: &io::Error| {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "找不到这个文件",
            io::ErrorKind::PermissionDenied => "没有读取权限",
            _ => "系统读取出错",
        };
        let at = At { file: name.to_owned(), ..At::default() };
        refusals.push(Refusal { at, heading: None, rows: 0, reason: Reason::Unreadable(reason.to_owned()) });
    };
    let is_folder = match fs::metadata(path) {
        Ok(found) => found.is_dir(),
        Err(error) => return refuse(&error),
    };
    if !is_folder {
        match digest(path) {
            Ok(sha256) => files.push(FoundFile { path: path.to_owned(), name: name.to_owned(), sha256 }),
            Err(error) => refuse(&error),
        }
        return;
    }
    let mut entries: Vec<PathBuf> = match fs::read_dir(path) {
        Ok(entries) => entries.filter_map(Result::ok).map(|entry| entry.path()).collect(),
        Err(error) => return refuse(&error),
    };
    entries.sort();
    for entry in entries {
        let own = entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !is_left_behind(&own) && deepest > 0 {
            walk(&entry, &format!("{name}/{}", mask_numbers(&own)), deepest - 1, files, refusals);
        }
    }
}

/// Files that programs leave beside a list: of an open one, of the desktop, of a system.
fn is_left_behind(name: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with(['.', '~'])
        || ["thumbs.db", "desktop.ini", "__macosx"].contains(&name.as_str())
        || name.ends_with(".tmp")
}

fn digest(path: &Path) -> io::Result<String> {
    let mut sha = Sha256::new();
    io::copy(&mut File::open(path)?, &mut Writer(&mut sha))?;
    Ok(sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

struct Writer<'a>(&'a mut Sha256);

impl io::Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
