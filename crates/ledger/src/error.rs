//! What may go wrong with the ledger's file. Paths and reasons, never a content.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("台账“{path}”打不开：{source}", path = .path.display())]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error("台账“{path}”打不开：{source}", path = .path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("台账“{path}”是空的", path = .0.display())]
    Emptied(PathBuf),
    #[error("台账是较新版本的程序写的（第{found}版，本程序到第{known}版），请换用新版程序")]
    Newer { found: u32, known: u32 },
    #[error("台账“{path}”所在的磁盘已满，没有写进去", path = .0.display())]
    Full(PathBuf),
    #[error("台账读写失败：{0}")]
    Sql(#[from] rusqlite::Error),
    #[error("台账里的“{0}”读不懂，请从备份恢复")]
    Damaged(&'static str),
}

impl LedgerError {
    /// SQLite's own word for a disk without room is English, and says no file.
    pub(crate) fn of_writing(source: rusqlite::Error, path: &Path) -> Self {
        if source.sqlite_error_code() == Some(ErrorCode::DiskFull) {
            Self::Full(path.to_owned())
        } else {
            Self::Sql(source)
        }
    }

    /// Where there is no room for what is to be written, if that is what went wrong.
    #[must_use]
    pub fn full_disk(&self) -> Option<&Path> {
        if let Self::Full(path) = self { Some(path) } else { None }
    }

    /// What the system said beneath it, where SQLite knows: a disk without room or without the right to write is nobody's slip in the program.
    #[must_use]
    pub fn system(&self) -> Option<std::io::ErrorKind> {
        let source = match self {
            Self::File { source, .. } => return Some(source.kind()),
            Self::Full(_) => return Some(std::io::ErrorKind::StorageFull),
            Self::Open { source, .. } | Self::Sql(source) => source,
            _ => return None,
        };
        let rusqlite::Error::SqliteFailure(error, _) = source else { return None };
        match error.code {
            ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
                Some(std::io::ErrorKind::PermissionDenied)
            }
            ErrorCode::DiskFull => Some(std::io::ErrorKind::StorageFull),
            // Making the file that is shared in memory as long as it must be: nothing else than room is asked for.
            ErrorCode::SystemIoFailure if error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE => {
                Some(std::io::ErrorKind::StorageFull)
            }
            _ => None,
        }
    }

    /// Whether it is the file's contents that are broken, so that trying again is of no use.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Damaged(_) | Self::Emptied(_) => true,
            Self::Open { source, .. } | Self::Sql(source) => {
                // A table that is not there, where the file says that it is of this version, was lost with its page.
                let is_lost = || source.to_string().starts_with("no such table");
                let code = source.sqlite_error_code();
                is_lost() || matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
            }
            Self::File { .. } | Self::Newer { .. } | Self::Full(_) => false,
        }
    }

    /// Which file it is, where the error knows.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Open { path, .. } | Self::File { path, .. } | Self::Emptied(path) | Self::Full(path) => Some(path),
            _ => None,
        }
    }
}
