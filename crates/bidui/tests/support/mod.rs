//! What the whole-run tests share: an invented county in a folder of its own, the program run on it, its relations read back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, unreachable_pub, reason = "every test file compiles this for itself and uses a part of it")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A record of a CSV file by heading.
pub type Record = BTreeMap<String, String>;

/// A county in a temporary folder: `inbox/`, `truth/`, and what runs make of it in `out/` and `state/`.
pub struct County {
    folder: TempDir,
    /// `bidui.toml`: the repository's, unless [`County::with_own_config`] made a copy.
    pub config: PathBuf,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bidui"));
    command.env_remove("RUST_LOG").env("NO_COLOR", "1");
    command
}

pub fn say(command: &mut Command) -> Said {
    let output = command.output().expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8 out of the program");
    Said { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

impl County {
    /// `options` are those of `synth`, such as `--clean`.
    pub fn invent(persons: u32, options: &[&str]) -> Self {
        let county = Self::empty();
        let mut command = program();
        command.arg("synth").arg(county.root()).args(["--persons", &persons.to_string(), "--quiet"]).args(options);
        say(command.arg("--config").arg(&county.config)).expect(0);
        county
    }
    /// A folder, and nothing in it.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), config: repository().join("config/bidui.toml") }
    }
    /// The same county in another folder, with what was published and sealed there.
    pub fn copy(&self) -> Self {
        let mut copy = Self { folder: tempfile::tempdir().unwrap(), config: self.config.clone() };
        copy_tree(self.root(), copy.root(), false);
        if self.config.starts_with(self.root()) {
            copy.config = copy.path("config/bidui.toml");
        }
        copy
    }
    /// The county with a copy of the repository's configuration, to be changed.
    pub fn with_own_config(mut self) -> Self {
        copy_tree(&repository().join("config"), &self.path("config"), false);
        self.config = self.path("config/bidui.toml");
        self
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }
    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }
    /// The only file of a month's inbox whose path holds `word`.
    pub fn extract(&self, month: &str, word: &str) -> PathBuf {
        let folder = self.path("inbox").join(month);
        let mut found: Vec<String> = files_under(&folder).into_iter().filter(|file| file.contains(word)).collect();
        assert_eq!(found.len(), 1, "{month} {word}: {found:?}");
        folder.join(found.remove(0))
    }

    /// A command on this county's folders; more arguments may follow.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = program();
        command.args(words).arg("--config").arg(&self.config).arg("--inbox").arg(self.path("inbox"));
        command.arg("--out").arg(self.path("out")).arg("--state").arg(self.path("state"));
        command
    }
    pub fn run(&self, month: &str) -> Said {
        say(&mut self.command(&["run", month]))
    }
    /// A relation of a published month, from its CSV.
    pub fn relation(&self, month: &str, name: &str) -> Vec<Record> {
        records(&self.path("out").join(month).join("data").join(format!("{name}.csv")))
    }
    pub fn truth(&self, name: &str) -> Vec<Record> {
        records(&self.path("truth").join(format!("{name}.csv")))
    }
}

/// Runs a month as somebody who owns the county's folder and has no other rights: root reads even what nobody may.
pub fn as_nobody(county: &County, month: &str) -> Said {
    use std::os::unix::fs::{MetadataExt, chown};
    use std::os::unix::process::CommandExt;
    const NOBODY: u32 = 65_534;
    if fs::metadata(county.root()).unwrap().uid() != 0 {
        return county.run(month);
    }
    // Neither the checkout nor what was built from it need be open to him.
    let program = county.path("program");
    fs::copy(env!("CARGO_BIN_EXE_bidui"), &program).unwrap();
    copy_tree(&repository().join("config"), &county.path("config"), false);
    let of_folder = county.command(&["run", month]);
    let mut folders = vec![county.root().to_owned()];
    while let Some(folder) = folders.pop() {
        chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                std::os::unix::fs::lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
    }
    let (own, copy) = (county.config.as_os_str(), county.path("config/bidui.toml"));
    let mut command = Command::new(program);
    command.args(of_folder.get_args().map(|word| if word == own { copy.as_os_str() } else { word }));
    say(command.env("NO_COLOR", "1").uid(NOBODY).gid(NOBODY))
}

impl Said {
    /// The same, once it ended with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
    /// The same, once each of the words stands in what it said.
    #[track_caller]
    pub fn naming(self, words: &[&str]) -> Self {
        let text = format!("{}{}", self.stdout, self.stderr);
        for word in words {
            assert!(text.contains(word), "“{word}” is not in:\n{text}");
        }
        self
    }
}

pub fn records(path: &Path) -> Vec<Record> {
    let mut reader = csv::Reader::from_path(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    reader.deserialize().map(|record| record.unwrap()).collect()
}

/// Every file under a folder, by its path with `/`, sorted.
pub fn files_under(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found.sort_unstable();
    found
}

/// SHA-256 of every file under a folder.
pub fn digests(folder: &Path) -> BTreeMap<String, String> {
    let digest = |file: &String| {
        let bytes = Sha256::digest(fs::read(folder.join(file)).unwrap());
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    files_under(folder).into_iter().map(|file| (file.clone(), digest(&file))).collect()
}

/// Copies files with their rights, in the order of their names or against it.
pub fn copy_tree(from: &Path, to: &Path, backwards: bool) {
    let mut files = files_under(from);
    if backwards {
        files.reverse();
    }
    for file in files {
        let target = to.join(&file);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(from.join(&file), target).unwrap();
    }
}

/// Changes a text file.
#[track_caller]
pub fn edit(path: &Path, change: impl FnOnce(String) -> String) {
    let before = fs::read_to_string(path).unwrap();
    let after = change(before.clone());
    assert_ne!(before, after, "nothing changed in {}", path.display());
    fs::write(path, after).unwrap();
}
