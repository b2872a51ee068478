//! `bidui fmt`: the layout of TOML files.

use std::fs;
use std::path::{Path, PathBuf};

use bidui_authoring::{FormatError, format_toml, rewrite};
use bidui_model::{Diagnostic, SpecFile};

use crate::exit::{Fault, in_words};
use crate::private::refused;

/// A file, its text, and the same in the house's layout.
struct Formatted {
    path: PathBuf,
    before: String,
    after: String,
}

pub(super) fn fmt(paths: &[PathBuf], is_check: bool) -> Result<String, Fault> {
    let mut files = Vec::new();
    for path in paths {
        gather(path, &mut files)?;
    }
    files.sort();
    files.dedup();
    let (mut formatted, mut errors, mut odd) = (Vec::new(), Vec::new(), Vec::new());
    for path in &files {
        let name = path.display().to_string();
        let bytes = fs::read(path).map_err(|error| refused("文件", path, "读不出来", error))?;
        let Ok(before) = String::from_utf8(bytes) else {
            let error = Diagnostic::error("BD0005", &name, None, "不是UTF-8文字").with_hint("请用UTF-8保存");
            errors.push((error, String::new()));
            continue;
        };
        match format_toml(&before) {
            Ok(after) => formatted.push(Formatted { path: path.clone(), before, after }),
            Err(FormatError::NotToml(_)) => errors.extend(in_place(&name, before.trim_start_matches('\u{feff}'))),
            Err(FormatError::WouldChange) => odd.push(name),
        }
    }
    let other: Vec<&Formatted> = formatted.iter().filter(|file| file.before != file.after).collect();
    let names: String = other.iter().map(|file| format!("  {}\n", file.path.display())).collect();
    if !is_check {
        for file in &other {
            rewrite(&file.path, file.after.as_bytes())
                .map_err(|error| refused("文件", &file.path, "写不进去", error))?;
        }
    }
    if !errors.is_empty() {
        return Err(Fault::Config(errors));
    }
    if !odd.is_empty() {
        let names = odd.join("、");
        return Err(Fault::Ours(anyhow::anyhow!("{}：{names}", FormatError::WouldChange)));
    }
    match (other.is_empty(), is_check) {
        (true, _) => Ok(format!("{}个文件都已排好\n", files.len())),
        (false, true) => Err(Fault::Unfit(format!("{}个文件没有排好：\n{names}用 bidui fmt 整理", other.len()))),
        (false, false) => {
            let feeds = other.iter().any(|file| file.path.parent().is_some_and(|folder| folder.ends_with("feeds")));
            let note = if feeds {
                "数据契约的字节变了，收件夹里的这些数据下次运行会重新封存一遍，结果不变\n"
            } else {
                ""
            };
            Ok(format!("整理了{}个文件，共{}个：\n{names}{note}", other.len(), files.len()))
        }
    }
}

/// The TOML files of a path: itself, or all beneath it but those in hidden folders.
fn gather(path: &Path, found: &mut Vec<PathBuf>) -> Result<(), Fault> {
    if path.is_file() {
        found.push(path.to_path_buf());
        return Ok(());
    }
    let entries = fs::read_dir(path)
        .map_err(|error| Fault::command(format!("“{}”读不出来：{}", path.display(), in_words(&error))))?;
    for entry in entries {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            if !name.starts_with('.') {
                gather(&path, found)?;
            }
        } else if name.ends_with(".toml") {
            found.push(path);
        }
    }
    Ok(())
}

/// What is no TOML, told as everywhere.
fn in_place(name: &str, text: &str) -> Vec<(Diagnostic, String)> {
    let source = SpecFile::new(name, text);
    {
        let mut tree = None;
        let _ = source.root(&mut tree);
    }
    let found = source.finish(None::<()>).err().unwrap_or_default();
    found.into_iter().map(|error| (error, text.to_owned())).collect()
}
