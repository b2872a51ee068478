//! Why something was not taken, in words that say what to do.

use std::fmt;

use crate::returned::At;

/// Why a file, a row or a cell was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The file itself; the words of its problem.
    Unreadable(String),
    /// A list that is issued to be read.
    NotToReturn,
    /// No sheet has a list; the headings that were looked for.
    NoList(String),
    /// The whole list: its heading row has no such column.
    ColumnMissing(String),
    /// The whole list: its heading row lacks its main answer.
    AnswerMissing(String),
    /// The whole list: this answer does not stand between the column of the key, so called, and the tags.
    Outside(String, String),
    /// A quote that never closes.
    BrokenRow,
    TagMissing,
    KeyMissing(String),
    BothMissing(String),
    /// Not of the form of a tag.
    TagUnreadable,
    Mismatch(String),
    WrongCheck(String),
    /// Of the columns so called one has another household's value than the other's row is about.
    OtherHousehold(String, String),
    NeverIssued(String),
    /// The same row stands at another place, too, with other answers.
    TwoAnswers(At),
    /// Two columns of one heading say different things.
    TwoColumns,
    TwoChoices,
    /// The nearest choices.
    NoChoice(Vec<String>),
    /// The county has no such town; those that it may be.
    NoTown(Vec<String>),
    /// A code beside words that are not its own.
    CodeAndLabelDiffer(String),
    /// Merged with the cell of a row above.
    Merged(u32),
    ErrorValue,
    DateUnreadable,
    DateWithoutDay,
    /// Of the form of a day, and none: the 31st of April.
    NoSuchDay,
    DateTooLate,
    DateTooEarly,
    MoneyUnreadable,
    MoneyNegative,
    /// The town itself did not agree with the answer.
    NotAgreed,
    /// It came in with the same file before, and something else was said since.
    Corrected,
    /// The month was run again since its list was made, and the later list was answered.
    Outdated,
}

impl fmt::Display for Reason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Unreadable(problem) => problem.clone(),
            Self::NotToReturn => "这一份是供查看的，不用报回".to_owned(),
            Self::NoList(looked_for) => {
                format!("没有认出收回的清单；要有一行表头，写着{looked_for}，列名要与下发时一样")
            }
            Self::ColumnMissing(column) => {
                format!("表头没有“{column}”列，以下各行都认不出来；请把答案填回下发的原表，不要删这一列")
            }
            Self::AnswerMissing(column) => format!(
                "表头没有“{column}”列，以下填了的各行不知道结果是什么，都没有采用；请把这一列按下发时的列名和位置放回"
            ),
            Self::Outside(answer, key) => format!(
                "“{answer}”列不在“{key}”和“校验码”之间，列的次序动过就看不出是否只排序了一半，以下各行未采用；请按下发时的次序放回"
            ),
            Self::BrokenRow => "这一行有不成对的引号，读不全；请另存为xlsx后再报".to_owned(),
            Self::TagMissing => "没有校验码；请从下发的原表把这一行的校验码抄回来".to_owned(),
            Self::KeyMissing(key) => format!("没有{key}；请从下发的原表把这一行的{key}抄回来"),
            Self::BothMissing(key) => {
                format!("填了结果而没有{key}和校验码，不知道是哪一行的；请填回下发的原表，不要另加行")
            }
            Self::TagUnreadable => "校验码不完整；应为“XXXX-XXXX”，请从下发的原表抄回来".to_owned(),
            Self::Mismatch(key) => {
                format!("{key}与校验码不是同一行的；多半是只排序了一半或改动过，请填回下发的原表后再报")
            }
            Self::WrongCheck(key) => format!("{key}有错字（校验位不对）；请对照下发的原表更正"),
            Self::OtherHousehold(household, key) => format!(
                "{household}与{key}不是同一户的；多半是只排序了一部分列，或者粘贴了别户的内容，请填回下发的原表后再报"
            ),
            Self::NeverIssued(key) => {
                format!("没有下发过这个{key}和校验码；请核对是不是别的清单，或者抄错了")
            }
            Self::TwoAnswers(other) => format!("与{other}是同一行而填得不一样，两处都未采用；请只留一处再报"),
            Self::TwoColumns => "有两列同名而填得不一样；请只留一列".to_owned(),
            Self::TwoChoices => "一格里写了几个结果；请只选一个，其余写在说明里".to_owned(),
            Self::NoTown(near) if near.is_empty() => {
                "不是本区的乡镇；迁到区外的这一格空着，去处写在“情况说明”里，还在本区的请从下拉列表中选择".to_owned()
            }
            Self::NoTown(near) => Self::NoChoice(near.clone()).to_string(),
            Self::NoChoice(near) if near.is_empty() => "不是可选的项；请从下拉列表中选择".to_owned(),
            Self::NoChoice(near) => {
                let near: Vec<String> = near.iter().map(|label| format!("“{label}”")).collect();
                format!("不是可选的项；是不是{}？请从下拉列表中选择", near.join("、"))
            }
            Self::CodeAndLabelDiffer(label) => format!("代码与文字不是同一项；这个代码是“{label}”，请从下拉列表中选择"),
            Self::Merged(first) => {
                format!("与第{first}行合并了，合并的格只算第{first}行的；请取消合并，逐行填写")
            }
            Self::ErrorValue => "是公式的错误值；请直接填写".to_owned(),
            Self::DateUnreadable => "看不出是哪一天；请写成2023-04-09的样子".to_owned(),
            Self::DateWithoutDay => "没有写到日；请写成2023-04-09的样子".to_owned(),
            Self::NoSuchDay => "没有这一天；请核对月份和日子".to_owned(),
            Self::DateTooLate => "太晚了；已办的事不会比清单晚一年多，期限不会在十年以后，请核对年份".to_owned(),
            Self::DateTooEarly => "太早了；已办的事不会在清单十年以前，期限不会已经过去，请核对年份".to_owned(),
            Self::MoneyUnreadable => "不是金额；请只填数字，单位为元".to_owned(),
            Self::MoneyNegative => "是负数；请核对".to_owned(),
            Self::NotAgreed => {
                "“审核意见”写的是不同意、退回或重核，这一行没有采用；镇里重新核查、审核同意后再报".to_owned()
            }
            Self::Outdated => {
                "这是重新下发以前的清单，这一户已按重新下发的清单答复过，以那份为准；要更正的请填在重新下发的清单上再报"
                    .to_owned()
            }
            Self::Corrected => {
                "与以前收过的一样，而这一行后来又有更正，仍以后来的为准；确要改回这样填的，请写上现在的日期，或加 --again 再收一次"
                    .to_owned()
            }
        };
        formatter.write_str(&words)
    }
}

/// `“甲.xlsx”的工作表“核查清单”第5行`.
impl fmt::Display for At {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "“{}”", self.file)?;
        if !self.sheet.is_empty() {
            write!(formatter, "的工作表“{}”", self.sheet)?;
        }
        self.row.map_or(Ok(()), |row| write!(formatter, "第{row}行"))
    }
}
