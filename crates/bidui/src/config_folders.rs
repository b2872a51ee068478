//! Folders: those of bidui.toml that lie within one another, where a key would go out with the lists; and what in the folders of the configuration is not
//! read, which whoever put it there takes for part of it.

use std::fs;
use std::path::{Component, Path, PathBuf};

use bidui_model::{Diagnostic, SpecFile};

use crate::config_files::Loader;

/// A folder, or the key, within another folder.
const WITHIN: &str = "BD0727";
/// Something that looks like a part of the configuration and is none.
pub(crate) const UNREAD: &str = "BD0731";

/// What must not lie within what.
const APART: [(&str, &str, &str); 6] = [
    ("key", "out", "密钥会随清单一起发出去"),
    ("state", "out", "台账和封存数据会随清单一起发出去"),
    ("inbox", "out", "收到的文件会和清单混在一起"),
    ("key", "inbox", "密钥会和收到的文件放在一起"),
    ("state", "inbox", "封存的数据会被当作收到的文件"),
    ("out", "inbox", "清单会被当作收到的文件"),
];
/// Folders of which every `.toml` is read.
const READ: [&str; 6] = ["feeds", "rules", "checks", "lists", "report", "sample"];

/// Folders of bidui.toml that lie within one another: told at the one that lies within, or at the one that holds several.
pub(crate) fn folders_within(text: &str, file: &str, folder: &Path) -> Vec<Diagnostic> {
    let source = SpecFile::new(file, text);
    let mut tree = None;
    let Some(paths) = source.root(&mut tree).and_then(|root| root.table("paths")) else { return Vec::new() };
    let path = |key: &'static str| paths.span_of(key).and_then(|_| paths.text(key));
    let place = |written: &str| plain(&folder.join(written));
    let lies_within = |(inner, outer, _): &&(&'static str, &'static str, &str)| {
        let (Some(one), Some(other)) = (path(inner), path(outer)) else { return false };
        // Two that are one folder are told of the first.
        let is_told = place(&one.value) == place(&other.value) && *inner == "out";
        place(&one.value).starts_with(place(&other.value)) && !is_told
    };
    let within: Vec<&(&'static str, &'static str, &str)> = APART.iter().filter(lies_within).collect();
    let mut found = Vec::new();
    for outer in ["out", "inbox"] {
        let of_outer: Vec<_> = within.iter().filter(|(_, of, _)| *of == outer).collect();
        let Some((inner, _, why)) = of_outer.first() else { continue };
        let (Some(one), Some(other)) = (path(inner), path(outer)) else { continue };
        let names: Vec<&str> = of_outer.iter().map(|(inner, ..)| *inner).collect();
        let message = format!("{} 在 {outer}（{}）里面：{why}", names.join("、"), other.value);
        let span = if of_outer.len() > 1 { &other.span } else { &one.span };
        let error = Diagnostic::error(WITHIN, file, Some(span.clone()), message);
        let also = if of_outer.len() > 1 { one.span.clone() } else { other.span.clone() };
        let error = error.with_hint("inbox、state、out 各用一个文件夹，key 放在 state 里");
        found.push(error.with_also(also, if of_outer.len() > 1 { "在它里面" } else { "外面的一个" }));
    }
    found
}

/// Without the steps that go back.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

/// What looks like a file of those folders and is not read: under another ending, or in a folder of its own. A copy of one that is read does no harm.
pub(crate) fn unread_files(loader: &Loader) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for folder in READ {
        let entries = fs::read_dir(loader.folder.join(folder)).into_iter().flatten().flatten();
        for entry in entries {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = format!("{folder}/{name}");
            let stem = name.to_lowercase().find(".toml").map(|at| name[..at].to_owned());
            let is_read = |stem: &String| loader.folder.join(format!("{folder}/{stem}.toml")).is_file();
            let (message, hint) = if entry.path().is_dir() {
                let holds = fs::read_dir(entry.path()).into_iter().flatten().flatten();
                let mut holds = holds.filter_map(|entry| entry.file_name().into_string().ok());
                if name.starts_with('.') || !holds.any(|name| name.ends_with(".toml")) {
                    continue;
                }
                (
                    format!("{folder} 里面的文件夹“{name}”没有读"),
                    format!("里面的 .toml 要用的，移到 {folder} 里；不用的移走"),
                )
            } else if name.starts_with('.') || name.ends_with(".toml") || stem.as_ref().is_none_or(is_read) {
                continue;
            } else {
                (
                    format!("“{name}”没有读：文件名要以小写的 .toml 结尾"),
                    "要用的改名（在资源管理器里先显示扩展名）；不用的移走".to_owned(),
                )
            };
            found.push(Diagnostic::error(UNREAD, &path, None, message).with_hint(hint));
        }
    }
    found
}
