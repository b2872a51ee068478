//! What can go wrong while writing. None of it is the supplier's fault.

use std::path::{Path, PathBuf};

/// Writing or publishing failed; nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    #[error("无法{action}“{}”：{source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("写“{}”失败：{source}", path.display())]
    Workbook { path: PathBuf, source: rust_xlsxwriter::XlsxError },
    #[error("清单“{list}”的查询失败：{source}")]
    Query { list: String, source: polars::prelude::PolarsError },
    #[error("清单“{list}”有{rows}行没有所属的{key}，且没有声明 file_without_key，不能丢弃")]
    NoHome { list: String, key: &'static str, rows: usize },
    #[error("清单“{list}”有一行的row_key“{key}”是空的，填好后收不回来")]
    NoRowKey { list: String, key: String },
    #[error("清单“{list}”与“{other}”都要写“{}”", path.display())]
    SameFile { list: String, other: String, path: PathBuf },
    #[error("清单“{list}”用到的“{missing}”不存在")]
    Missing { list: String, missing: String },
    #[error("关系“{relation}”不符合约定：{problem}")]
    Relation { relation: String, problem: String },
    #[error("关系“{relation}”写出失败：{source}")]
    Frame { relation: String, source: polars::prelude::PolarsError },
    #[error("月份“{0}”不对，应写作“2023-03”")]
    Month(String),
    #[error("“{0}”正由另一个运行发布，请等它结束")]
    Busy(String),
    #[error("输出目录中有不是普通文件的“{}”", .0.display())]
    NotAFile(PathBuf),
    #[error("清单（manifest.json）无法生成：{0}")]
    Manifest(#[from] serde_json::Error),
}

impl EmitError {
    /// For `map_err`: says what was being done to which path.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}
