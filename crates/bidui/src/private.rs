//! Files that only their owner may read: 0600, and 0700 for folders. Elsewhere than on Unix the folder's own rights must do.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::exit::{Fault, in_words, is_full};

pub(crate) fn owner_only(options: &mut OpenOptions) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = options;
}

/// Makes a folder and what leads to it; those made now are 0700.
pub(crate) fn make_folder(path: &Path) -> Result<(), Fault> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(path).map_err(|error| refused("文件夹", path, "建不起来", error))
}

/// Writes a whole file beside its place, syncs it, and moves it there.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let beside = path.with_extension("part");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    owner_only(&mut options);
    let mut file = options.open(&beside).map_err(|error| refused("文件", &beside, "写不进去", error))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    Ok(())
}

/// A path that cannot be written is the command's; a disk without room is not.
pub(crate) fn refused(what: &str, path: &Path, failed: &str, error: std::io::Error) -> Fault {
    if is_full(&error) {
        return error.into();
    }
    let reason = in_words(&error);
    Fault::command(format!(
        "{what}“{}”{failed}：{reason}；请检查路径和权限，或用 --out、--state 换一个",
        path.display()
    ))
}

/// A key that others may read is no key.
pub(crate) fn refuse_open_file(path: &Path) -> Result<(), Fault> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(Fault::command(format!(
                "密钥文件“{}”的权限是{mode:o}，别人也能读；请执行 chmod 600 后再运行",
                path.display()
            )));
        }
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

/// Sets 0600 on a file that a library made.
pub(crate) fn protect_file(path: &Path) -> Result<(), Fault> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
