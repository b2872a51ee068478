//! A row set aside. It is counted, listed and never used.

use crate::SourceId;

/// A row set aside, with its place and reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    pub source: SourceId,
    pub row: u32,
    pub code: RejectCode,
}

/// Why a row was set aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RejectCode {
    /// No cell has a value.
    Blank,
    /// 合计, 小计, 总计.
    Total,
    /// 制表人, 审核, 备注, 说明 and what follows them.
    Footer,
    /// The heading printed again inside the data.
    RepeatedHeading,
    /// The contract's `unique` key was seen before in this feed and month.
    Duplicate,
    /// A row of events that an earlier month brought already.
    Repeated,
    /// More cells than headings, or a quote that never closes.
    Ragged,
    /// Bytes that are neither UTF-8 nor GB18030.
    Undecodable,
}

impl RejectCode {
    pub const ALL: &'static [Self] = &[
        Self::Blank,
        Self::Total,
        Self::Footer,
        Self::RepeatedHeading,
        Self::Duplicate,
        Self::Repeated,
        Self::Ragged,
        Self::Undecodable,
    ];
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Total => "total",
            Self::Footer => "footer",
            Self::RepeatedHeading => "repeated_heading",
            Self::Duplicate => "duplicate",
            Self::Repeated => "repeated",
            Self::Ragged => "ragged",
            Self::Undecodable => "undecodable",
        }
    }
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Blank => "空行",
            Self::Total => "合计行",
            Self::Footer => "表尾说明行",
            Self::RepeatedHeading => "重复的表头",
            Self::Duplicate => "重复记录",
            Self::Repeated => "以前月份已报过的记录",
            Self::Ragged => "列数与表头不符或引号未闭合",
            Self::Undecodable => "文字无法解码",
        }
    }
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reject| reject.code() == code)
    }
}
