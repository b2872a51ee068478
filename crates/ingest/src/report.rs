//! What a file turned out to be, and how much of it was read.

use bidui_model::Source;

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    /// The sheets that were read, in their order; the chunks name them by `first_source` plus the place in this list.
    pub sources: Vec<Source>,
    /// Records under the headings, those set aside included: blank, total and footer rows, ragged rows, repeated headings.
    pub received: u64,
    /// Records that are in the chunks' `rows`.
    pub kept: u64,
    pub form: FileForm,
    /// The contract's column and the heading it was read under, in the contract's order; several where sheets differ.
    pub headings: Vec<(String, String)>,
    /// Headings that no column of the contract reads.
    pub unread_headings: Vec<String>,
    /// Hexadecimal fingerprint of the normalized headings of every sheet; it changes when the layout does.
    pub layout: String,
    pub skipped_sheets: Vec<(String, SheetSkip)>,
    /// Sheets that were read, with how many rows of each are hidden, by a filter or by hand. Those rows were read like all others.
    pub hidden_rows: Vec<(String, u64)>,
    /// Of the very bytes that were read, where the form is read once from front to back (text). A file that changes meanwhile has the
    /// digest of what was read and of nothing else.
    pub digest: Option<FileDigest>,
}

/// SHA-256 of a file, and how long it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileDigest {
    pub sha256: [u8; 32],
    pub bytes: u64,
}

/// The form of a file, by its content and not by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileForm {
    Csv {
        encoding: TextEncoding,
        delimiter: char,
    },
    Xlsx,
    Xls,
    /// A page with tables, whatever its name ends in.
    Html,
    Parquet,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextEncoding {
    Utf8,
    Utf8WithMark,
    Gb18030,
    Utf16LittleEndian,
    Utf16BigEndian,
}

/// Why a sheet was not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetSkip {
    Hidden,
    Empty,
    /// A chart, a macro sheet, a dialog.
    NotATable,
    /// No heading of the contract; `rows` is how many rows with values it holds, so that nobody overlooks a town.
    NoHeading {
        rows: u64,
    },
}

impl SheetSkip {
    /// For people.
    #[must_use]
    pub fn title(self) -> String {
        match self {
            Self::Hidden => "隐藏的工作表".to_owned(),
            Self::Empty => "空工作表".to_owned(),
            Self::NotATable => "不是数据表（图表等）".to_owned(),
            Self::NoHeading { rows } => format!("没有约定的表头（有内容的行：{rows}）"),
        }
    }
}

impl FileForm {
    /// For people.
    #[must_use]
    pub fn title(self) -> String {
        match self {
            Self::Csv { encoding, delimiter } => {
                let delimiter = match delimiter {
                    '\t' => "制表符".to_owned(),
                    other => other.to_string(),
                };
                format!("文本（{}，分隔符{delimiter}）", encoding.title())
            }
            Self::Xlsx => "XLSX".to_owned(),
            Self::Xls => "XLS".to_owned(),
            Self::Html => "网页表格（HTML）".to_owned(),
            Self::Parquet => "Parquet".to_owned(),
        }
    }
}

impl TextEncoding {
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf8WithMark => "UTF-8（带BOM）",
            Self::Gb18030 => "GB18030",
            Self::Utf16LittleEndian => "UTF-16LE",
            Self::Utf16BigEndian => "UTF-16BE",
        }
    }
}
