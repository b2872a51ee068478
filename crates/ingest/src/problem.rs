//! Why a whole file cannot be read. Chinese, for the department that sent it: what, where, and what to do.

use std::fmt;

/// A place in a file, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spot {
    /// Relative to the month's inbox.
    pub file: String,
    /// Empty for a file without sheets, or when the matter is the whole workbook.
    pub sheet: String,
    /// As the spreadsheet program numbers it.
    pub row: Option<u32>,
}

impl fmt::Display for Spot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "“{}”", self.file)?;
        if !self.sheet.is_empty() {
            write!(formatter, "的工作表“{}”", self.sheet)?;
        }
        match self.row {
            Some(row) => write!(formatter, "第{row}行"),
            None => Ok(()),
        }
    }
}

/// Why a file cannot be read. The supplier's fault, never the configuration's; chunks that came before it must be thrown away.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileProblem {
    #[error("“{file}”不存在；请确认文件仍在收件夹中")]
    NotFound { file: String },
    #[error("“{file}”读不出来（{reason}）；请检查文件权限或存储介质后重试")]
    Unreadable { file: String, reason: String },
    #[error("“{file}”{found}，不是数据文件；请换成文件本身，放在原来的位置后重新运行")]
    NotAFile {
        file: String,
        /// What stands in the file's place: 是文件夹, 是断开的链接.
        found: String,
    },
    #[error("“{file}”在读取过程中被改动；请等文件复制或保存完成后重新运行")]
    Changed { file: String },
    #[error("{at}是空的；请让报送部门重新导出")]
    Empty { at: Box<Spot> },
    #[error("“{file}”看得见的工作表里没有数据，隐藏的工作表“{sheet}”没有读；数据若在那里，请取消隐藏后重新报送")]
    OnlyHidden { file: String, sheet: String },
    #[error("“{file}”{found}；{advice}")]
    UnknownForm {
        file: String,
        /// What it is, as far as can be told.
        found: String,
        advice: String,
    },
    #[error("{at}前50行中找不到表头；应有的列名如{wanted}{}", nearest_words(.nearest))]
    NoHeading {
        at: Box<Spot>,
        /// Headings that were looked for, quoted and joined.
        wanted: String,
        /// Where a cell of the file stands that looks like one of them, and which; not what it says, which may be a name.
        nearest: Option<(String, String)>,
    },
    #[error("{at}的表头缺少“{}”列；可用的列名：{}{}", .headings.first().unwrap_or(column), .headings.join("、"), found_words(.nearest))]
    RequiredHeadingMissing {
        at: Box<Spot>,
        /// The contract's column name.
        column: String,
        headings: Vec<String>,
        /// The heading of the file that comes nearest.
        nearest: Option<String>,
    },
    #[error("{at}的列“{heading}”同时对应合同中的{}；请在数据契约中为其中一列改用别的列名，或写明“列名#2”", .columns.join("、"))]
    DuplicateMapping { at: Box<Spot>, heading: String, columns: Vec<String> },
    #[error(
        "{at}的第{second}列“{heading}”也填了内容，而约定只读第{first}列；两张表并排的，请改成上下一张；第{second}列是另一种人的，请在数据契约里把要读的一列写明：“上级表头/{heading}”，或“{heading}#1”“{heading}#2”"
    )]
    KeyTwice { at: Box<Spot>, heading: String, first: usize, second: usize },
    #[error(
        "{at}的“{heading}”一列填了内容，而约定的分组里没有它；请在数据契约的 unpivot 里补上这一组，或把多出的人另起一行填报"
    )]
    GroupBeyond { at: Box<Spot>, heading: String },
    #[error(
        "{at}有{rows}行像是名单（有证件号码），却没有约定的表头，没有读；请给它加上与其他工作表相同的表头，不用报的请删去这个工作表"
    )]
    SheetUnread { at: Box<Spot>, rows: u64 },
    #[error(
        "{at}起像是另一类人（标题与表名相反，如撤销、退回、不予），下面还有数据；请分开报送，确是同一张表的请删去这行标题"
    )]
    SecondTable { at: Box<Spot> },
    #[error("{at}表头上方写了不止一种金额单位；请把单位写进各列的列名，如“金额（万元）”，并在数据契约中登记")]
    UnitUnclear { at: Box<Spot> },
    #[error("{at}已损坏或无法解析（{what}）；请在表格软件中打开并另存为xlsx或CSV后重新报送")]
    Damaged { at: Box<Spot>, what: String },
    #[error("“{file}”没有读完（{reason}），其余文件照常处理；{advice}")]
    Stopped {
        file: String,
        /// Which limit the process that read it ran into, or how it ended.
        reason: String,
        advice: String,
    },
    #[error("“{file}”文件末尾不完整：第{line}行没有写完；请重新导出，等文件复制完成后重新报送")]
    CutShort { file: String, line: u32 },
    #[error("{at}起有{count}行是{reason}，比有效行还多，没有再往下读；请在表格软件中删去这些行，核对后重新报送")]
    TooManySetAside {
        /// The first such row.
        at: Box<Spot>,
        /// So many until reading stopped.
        count: u64,
        reason: String,
    },
    #[error("“{file}”第{line}行的文字既不是UTF-8也不是GB18030；请在导出时选择UTF-8编码")]
    Undecodable { file: String, line: u32 },
}

fn nearest_words(nearest: &Option<(String, String)>) -> String {
    nearest.as_ref().map_or_else(
        || "；请保留表头行后重新导出".to_owned(),
        |(place, wanted)| format!("；最接近的是{place}，是否应为“{wanted}”？"),
    )
}

fn found_words(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |found| {
        format!("；表中最接近的是“{found}”，请改回约定的列名，或在数据契约中登记这个写法")
    })
}

impl FileProblem {
    /// An input/output error, told apart by whether the file is there.
    #[must_use]
    pub fn io(file: &str, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::NotFound => Self::NotFound { file: file.to_owned() },
            ErrorKind::PermissionDenied => {
                Self::Unreadable { file: file.to_owned(), reason: "没有读取权限".to_owned() }
            }
            ErrorKind::IsADirectory => Self::NotAFile { file: file.to_owned(), found: "是文件夹".to_owned() },
            // The system's own words are English, and some hold the path of this machine.
            _ => {
                let code = error.raw_os_error().map_or_else(String::new, |code| format!("，编号{code}"));
                Self::Unreadable { file: file.to_owned(), reason: format!("系统读取出错{code}") }
            }
        }
    }
    pub(crate) fn damaged(file: &str, sheet: &str, row: Option<u32>, what: impl Into<String>) -> Self {
        Self::Damaged { at: Box::new(Spot { file: file.to_owned(), sheet: sheet.to_owned(), row }), what: what.into() }
    }
    pub(crate) fn unknown_form(file: &str, found: &str, advice: &str) -> Self {
        Self::UnknownForm { file: file.to_owned(), found: found.to_owned(), advice: advice.to_owned() }
    }
}

pub(crate) fn password(file: &str) -> FileProblem {
    FileProblem::unknown_form(file, "是加密（设了打开密码）的工作簿", "请去掉打开密码后重新报送")
}
