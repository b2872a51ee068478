//! `bidui migrate`: an older configuration is brought to this program's version, and the old one kept beside it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use bidui_authoring::{Files, Kind, VERSION, rewrite};

use crate::exit::{Fault, in_words};
use crate::private::refused;
use crate::render::tidy;

/// The file that `--config` names, whatever it is called there.
const ROOT: &str = "bidui.toml";

pub(super) fn migrate(config: &Path, is_dry: bool) -> Result<String, Fault> {
    if !config.is_file() {
        return Err(Fault::command(format!("找不到配置文件“{}”；可用 --config 指明", config.display())));
    }
    let folder = match config.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let files = read(&folder, config)?;
    let migration = bidui_authoring::migrate(&files).map_err(|error| Fault::command(error.to_string()))?;
    let mut text = String::new();
    if migration.changed.is_empty() {
        return Ok(format!("配置已是版本{VERSION}，没有要改的\n"));
    }
    let is_older = migration.from < VERSION;
    if is_older {
        writeln!(text, "配置从版本{}升到{VERSION}：{}", migration.from, tidy(&folder).display())?;
    } else {
        writeln!(text, "配置已是版本{VERSION}；更新编辑器用的文件：{}", tidy(&folder).display())?;
    }
    describe(&mut text, &files, &migration.changed, is_dry)?;
    if is_dry {
        remarks(&mut text, &migration.notes)?;
        text.push_str("试算：什么也没有写\n");
        return Ok(text);
    }
    if is_older {
        let kept = keep(&folder, migration.from, &files, config)?;
        writeln!(text, "原来的配置另存在 {}（可用 --config 照旧使用旧版程序）", tidy(&kept).display())?;
    }
    // The version last: what is killed on the way is an older configuration still, and can be migrated again.
    let (root, others): (Vec<_>, Vec<_>) = migration.changed.iter().partition(|(path, _)| path.as_str() == ROOT);
    for (path, after) in others.into_iter().chain(root) {
        let path = if path == ROOT { config.to_path_buf() } else { folder.join(path) };
        let write = || {
            fs::create_dir_all(path.parent().unwrap_or(&folder))?;
            rewrite(&path, after.as_bytes())
        };
        write().map_err(|error| refused("文件", &path, "写不进去", error))?;
    }
    remarks(&mut text, &migration.notes)?;
    text.push_str("下一步：bidui check\n");
    Ok(text)
}

fn remarks(text: &mut String, notes: &[String]) -> std::fmt::Result {
    if !notes.is_empty() {
        writeln!(text, "请看一看：\n  {}", notes.join("\n  "))?;
    }
    Ok(())
}

/// Every file that a configuration is made of. Others in the folder are nobody's.
fn read(folder: &Path, config: &Path) -> Result<Files, Fault> {
    let mut names: Vec<String> = Vec::new();
    let mut look = |within: &str| {
        let entries = fs::read_dir(folder.join(within)).into_iter().flatten();
        let found = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        names.extend(found.map(|name| if within.is_empty() { name } else { format!("{within}/{name}") }));
    };
    for within in ["", "feeds", "rules", "checks", "lists", "report", "sample", "schema"] {
        look(within);
    }
    let is_ours = |name: &String| {
        Kind::of_file(name).is_some() || name.starts_with("schema/") || name == ".taplo.toml" || name == "villages.csv"
    };
    let mut files = Files::new();
    for name in names.into_iter().filter(|name| is_ours(name) && name != ROOT) {
        files.insert(name.clone(), text_of(&folder.join(&name))?);
    }
    files.insert(ROOT.to_owned(), text_of(config)?);
    Ok(files)
}

fn text_of(path: &Path) -> Result<String, Fault> {
    let wrong = |why: String| Fault::command(format!("“{}”{why}", path.display()));
    let bytes = fs::read(path).map_err(|error| wrong(format!("读不出来：{}", in_words(&error))))?;
    String::from_utf8(bytes).map_err(|_| wrong("不是UTF-8文字，请用UTF-8保存".to_owned()))
}

/// What is changed, file by file; those that only get the line for editors, and the schemas, by their number.
fn describe(text: &mut String, files: &Files, changed: &Files, is_dry: bool) -> std::fmt::Result {
    let (mut lines, mut schemas) = (0, 0);
    for (path, after) in changed {
        let before = files.get(path);
        let (came, gone) = difference(before.map_or("", String::as_str), after);
        if path.starts_with("schema/") {
            schemas += 1;
        } else if came.iter().all(|line| line.starts_with("#:schema")) && came.len() == 1 {
            lines += 1;
        } else if before.is_none() {
            writeln!(text, "  新 {path}")?;
        } else {
            let left = if gone > 0 { format!("，去{gone}行") } else { String::new() };
            writeln!(text, "  改 {path}：加{}行{left}", came.len())?;
            if is_dry {
                text.extend(came.iter().map(|line| format!("       + {line}\n")));
            }
        }
    }
    for (count, what) in [(lines, "个文件加了编辑器用的一行（#:schema）"), (schemas, "个编辑器用的 schema/ 文件")]
    {
        if count > 0 {
            writeln!(text, "  另{count}{what}")?;
        }
    }
    Ok(())
}

/// The lines that came, and how many went.
fn difference<'a>(before: &str, after: &'a str) -> (Vec<&'a str>, usize) {
    let mut left: Vec<&str> = before.lines().collect();
    let mut came = Vec::new();
    for line in after.lines() {
        match left.iter().position(|other| *other == line) {
            Some(at) => {
                left.remove(at);
            }
            None => came.push(line),
        }
    }
    (came, left.len())
}

/// Copies the files as they were to a folder beside, from which the same relative paths hold.
fn keep(folder: &Path, version: i64, files: &Files, config: &Path) -> Result<PathBuf, Fault> {
    let whole = fs::canonicalize(folder)?;
    let name = whole.file_name().map_or_else(|| "config".to_owned(), |name| name.to_string_lossy().into_owned());
    let beside = folder.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = if folder == Path::new(".") { whole.parent() } else { beside };
    let parent = parent.unwrap_or(Path::new("."));
    let free = (1..).map(|number| match number {
        1 => parent.join(format!("{name}-v{version}")),
        _ => parent.join(format!("{name}-v{version}-{number}")),
    });
    let kept = free.into_iter().find(|path| !path.exists()).unwrap_or_default();
    for path in files.keys() {
        let (from, name) = if path == ROOT {
            (config.to_path_buf(), config.file_name().map_or_else(|| ROOT.into(), PathBuf::from))
        } else {
            (folder.join(path), PathBuf::from(path))
        };
        let to = kept.join(name);
        let copy = || {
            fs::create_dir_all(to.parent().unwrap_or(&kept))?;
            fs::copy(&from, &to)
        };
        copy().map_err(|error| refused("文件", &to, "写不进去", error))?;
    }
    Ok(kept)
}
