//! The bureau's key: a file of mode 0600, made on first use, never shown. Only its fingerprint is ever written anywhere.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use bidui_normalize::MasterKey;

use crate::exit::{Fault, in_words};
use crate::private;

/// The key, and whether it was made just now. None is made where a store is sealed already: a new key could not open it.
pub(crate) fn load_or_make(path: &Path, state: &Path) -> Result<(MasterKey, bool), Fault> {
    match fs::read_to_string(path) {
        Ok(text) => {
            private::refuse_open_file(path)?;
            let key = MasterKey::parse(&text).map_err(|error| {
                Fault::command(format!("密钥文件“{}”不能用：{error}；请从备份恢复", path.display()))
            })?;
            Ok((key, false))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if let Ok(found) = fs::read_to_string(mark(state)) {
                return Err(Fault::command(format!(
                    "密钥文件“{}”不见了，而“{}”是用它封存的（指纹与算法 {}）。\n  请从备份恢复密钥文件；若确已丢失，请移走封存文件夹，再从原始数据依次重新运行各月，并重发清单：已发出的清单校验码随旧密钥作废，收不回来",
                    path.display(),
                    state.join("sealed").display(),
                    found.trim()
                )));
            }
            make(path).map(|key| (key, true))
        }
        Err(error) => Err(Fault::command(format!("密钥文件“{}”读不出来：{}", path.display(), in_words(&error)))),
    }
}

/// What `load_or_make` and `refuse_other_key` would refuse, without making anything.
pub(crate) fn check(path: &Path, state: &Path, hash: &str) -> Result<(), Fault> {
    if !path.exists() && !mark(state).exists() {
        return Ok(());
    }
    let (key, _) = load_or_make(path, state)?;
    if mark(state).exists() { refuse_other_key(state, &key.fingerprint(), hash) } else { Ok(()) }
}

fn make(path: &Path) -> Result<MasterKey, Fault> {
    let key = MasterKey::generate().map_err(|error| Fault::command(error.to_string()))?;
    if let Some(folder) = path.parent() {
        private::make_folder(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private::owner_only(&mut options);
    let mut file = options.open(path).map_err(|error| private::refused("密钥文件", path, "建不起来", error))?;
    if let Err(error) = file.write_all(key.to_text().as_bytes()).and_then(|()| file.sync_all()) {
        // Half a key on a full disk would be taken for a damaged one ever after.
        let _ = fs::remove_file(path);
        return Err(error.into());
    }
    Ok(key)
}

/// Where the store says which key it was sealed under.
fn mark(state: &Path) -> PathBuf {
    state.join("sealed").join("key-fingerprint")
}

/// Refuses a state folder that was sealed under another key, before any work.
pub(crate) fn refuse_other_key(state: &Path, fingerprint: &str, hash: &str) -> Result<(), Fault> {
    let mark = mark(state);
    let mine = format!("{fingerprint} {hash}");
    match fs::read_to_string(&mark) {
        Ok(found) if found.trim() == mine => Ok(()),
        Ok(found) => {
            let theirs = found.trim().to_owned();
            if let Some(old) = theirs.strip_prefix(fingerprint) {
                return Err(Fault::command(format!(
                    "封存数据用的算法是{old}，现在配置的是 {hash}，密钥没有变。\n  请把 bidui.toml 里的 hash 改回来；若确要换算法，请先移走封存文件夹“{}”，再从原始数据重新运行",
                    state.join("sealed").display()
                )));
            }
            Err(Fault::command(format!(
                "封存数据是用另一把密钥（指纹与算法 {theirs}）封存的，现在的密钥是 {mine}。\n  请恢复原来的密钥文件；若确要换密钥，请先移走封存文件夹“{}”，再从原始数据依次重新运行各月，并重发清单（已发出的校验码随旧密钥作废）",
                state.join("sealed").display()
            )))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            private::make_folder(&state.join("sealed"))?;
            private::write_file(&mark, mine.as_bytes())?;
            Ok(())
        }
        Err(error) => Err(Fault::command(format!("封存文件夹读不出来：{}", in_words(&error)))),
    }
}
