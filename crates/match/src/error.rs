//! What can go wrong in this room, none of it the fault of a row.

/// Our fault or the disk's: exit code 3.
#[derive(Debug, thiserror::Error)]
pub enum MatchError {
    #[error("读写封存库失败：{path}：{source}")]
    Store { path: String, source: polars::error::PolarsError },
    #[error("读写封存库失败：{path}：{source}")]
    File { path: String, source: std::io::Error },
    #[error("封存库文件缺少列“{column}”：{path}；请删除该月的封存数据后重新运行")]
    StoreColumn { path: String, column: String },
    #[error("计算失败（{what}）：{source}")]
    Compute { what: String, source: polars::error::PolarsError },
    #[error("计算失败（{what}）：表达式引擎异常退出")]
    Panicked { what: String },
    #[error("指标“{0}”求和溢出")]
    Overflow(String),
    #[error("底册有{0}人（或村屯），超出本程序所能区分的数量")]
    TooMany(usize),
    #[error("《{feed}》{month}的数据没有关联，不能计算")]
    NotLinked { feed: String, month: bidui_model::Month },
    #[error("底册缺少列“{0}”：请在底册的数据契约中声明")]
    RegistryColumn(&'static str),
}
