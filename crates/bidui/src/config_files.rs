//! The files of the configuration as they are read, and the errors found in them.

use std::fs;
use std::path::PathBuf;

use bidui_model::{Diagnostic, nearest};
use sha2::{Digest, Sha256};

use crate::config::hex;
use crate::exit::in_words;

/// What is no text.
pub(crate) const NO_TEXT: &str = "BD0005";

pub(crate) struct Loader {
    pub(crate) folder: PathBuf,
    /// Name and SHA-256.
    pub(crate) files: Vec<(String, String)>,
    /// Name and text.
    pub(crate) texts: Vec<(String, String)>,
    /// Each with its file's text.
    pub(crate) errors: Vec<(Diagnostic, String)>,
}

impl Loader {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, files: Vec::new(), texts: Vec::new(), errors: Vec::new() }
    }

    pub(crate) fn push(&mut self, error: Diagnostic, text: &str) {
        self.errors.push((error, text.to_owned()));
    }

    pub(crate) fn read(&mut self, name: &str) -> Option<String> {
        match fs::read(self.folder.join(name)) {
            Ok(bytes) => {
                self.files.push((name.to_owned(), hex(&Sha256::digest(&bytes))));
                // A NUL is of no text; of one in UTF-16 every other byte is.
                let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
                if text.is_none() {
                    let error = Diagnostic::error(NO_TEXT, name, None, "不是UTF-8文字");
                    self.push(error.with_hint("请另存为UTF-8；用记事本保存时“编码”选UTF-8"), "");
                }
                let text = text?.trim_start_matches('\u{feff}').to_owned();
                self.texts.push((name.to_owned(), text.clone()));
                // Of two versions laid over one another neither can be read.
                if let Some(at) =
                    text.lines().find(|line| line.starts_with("<<<<<<< ")).and_then(|line| text.find(line))
                {
                    let message = "合并文件时留下的冲突记号";
                    let error = Diagnostic::error("BD0001", name, Some(at..at + "<<<<<<<".len()), message);
                    let hint = "<<<<<<< 和 ======= 之间、======= 和 >>>>>>> 之间是两种写法：留一种，三行记号都删去";
                    self.push(error.with_hint(hint), &text);
                    return None;
                }
                Some(text)
            }
            Err(error) => {
                use std::io::ErrorKind;
                let why = if error.kind() == ErrorKind::NotFound {
                    "找不到这个配置文件".to_owned()
                } else {
                    format!("读不出来：{}", in_words(&error))
                };
                let hint = match error.kind() {
                    ErrorKind::IsADirectory => "配置文件夹里，文件夹的名字不要以 .toml 结尾；请改名或移走",
                    ErrorKind::PermissionDenied => "请检查这个文件的权限",
                    _ => "它应与 bidui.toml 在同一个文件夹里；从备份里找回，或用 --config 指明另一处的 bidui.toml",
                };
                self.push(Diagnostic::error("BD0006", name, None, why).with_hint(hint), "");
                None
            }
        }
    }

    /// A file that another file names: one that is not there is told where it is named.
    pub(crate) fn read_named(&mut self, name: &str, by: &str) -> Option<String> {
        if self.folder.join(name).is_file() {
            return self.read(name);
        }
        let text = self.texts.iter().find(|(file, _)| file == by).map_or_else(String::new, |(_, text)| text.clone());
        let quoted = [format!("\"{name}\""), format!("'{name}'")];
        let span = quoted.iter().find_map(|quoted| text.find(quoted).map(|start| start..start + quoted.len()));
        let near = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut near: Vec<String> = near.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        near.sort_unstable();
        let hint = match nearest(name, near.iter().map(String::as_str)) {
            Some(near) => format!("是不是“{near}”？"),
            None => format!("写文件名，从 {by} 所在的文件夹算起；没有这个文件的，放进去"),
        };
        self.push(Diagnostic::error("BD0006", by, span, format!("没有“{name}”这个文件")).with_hint(hint), &text);
        None
    }

    pub(crate) fn keep<T>(&mut self, text: &str, result: Result<T, Vec<Diagnostic>>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(errors) => self.take(text, (None, errors)),
        }
    }

    /// What could be read, with its errors put by.
    pub(crate) fn take<T>(&mut self, text: &str, (value, errors): (Option<T>, Vec<Diagnostic>)) -> Option<T> {
        errors.into_iter().for_each(|error| self.push(error, text));
        value
    }

    /// Whether something is wrong in a folder or a file.
    pub(crate) fn is_wrong(&self, name: &str) -> bool {
        self.errors.iter().any(|(error, _)| error.file.starts_with(name))
    }

    /// Files of a folder with that ending, by name.
    pub(crate) fn list(&mut self, folder: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.folder.join(folder)) else {
            let error = Diagnostic::error("BD0006", folder, None, "找不到这个配置文件夹");
            self.push(error.with_hint("它应与 bidui.toml 在同一个文件夹里"), "");
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| name.ends_with(".toml") && !name.starts_with('.'))
            .map(|name| format!("{folder}/{name}"))
            .collect();
        names.sort_unstable();
        names
    }
}
