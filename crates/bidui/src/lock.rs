//! One run at a time over a state folder: two would write the same files of the store, and each read what the other half wrote.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use bidui_emit::EmitError;

use crate::exit::{Fault, in_words, is_full};
use crate::private;

/// Takes the store until the file is dropped; a killed run gives it back.
pub(crate) fn take_store(state: &Path) -> Result<File, Fault> {
    let folder = state.join("sealed");
    private::make_folder(&folder)?;
    let path = folder.join(".lock");
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true);
    private::owner_only(&mut options);
    let file = options.open(&path).map_err(|error| private::refused("文件", &path, "打不开", error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Fault::command(format!("另一次运行正在使用封存文件夹“{}”；请等它结束后再运行", folder.display())))
        }
        Err(TryLockError::Error(error)) => {
            Err(Fault::command(format!("封存文件夹“{}”锁不住：{}", folder.display(), in_words(&error))))
        }
    }
}

/// A month that another run is publishing, or an output folder that cannot be written, is for the operator to mend.
pub(crate) fn or_busy(error: EmitError) -> Fault {
    match error {
        EmitError::Busy(_) => Fault::command(error.to_string()),
        EmitError::Io { ref path, ref source, .. } if !is_full(source) => Fault::command(format!(
            "输出文件夹“{}”不能用（{}）；请检查 --out 或 [paths] out 的路径和权限",
            path.display(),
            in_words(source)
        )),
        other => Fault::from(other),
    }
}
