//! What may go wrong with the ledger's file. Paths and reasons, never a content.

use std::path::PathBuf;

#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    #[error("台账“{path}”打不开：{source}", path = .path.display())]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error("台账“{path}”打不开：{source}", path = .path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("台账是较新版本的程序写的（第{found}版，本程序到第{known}版），请换用新版程序")]
    Newer { found: u32, known: u32 },
    #[error("台账读写失败：{0}")]
    Sql(#[from] rusqlite::Error),
    #[error("台账里的“{0}”读不懂，请从备份恢复")]
    Damaged(&'static str),
}
