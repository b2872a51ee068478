//! What a column holds by what it is called. A column of names or numbers that is declared as text would be kept as it is written, and one of villages as a town
//! would blame the department for what is wrong in the contract.

use std::ops::Range;

use bidui_model::{ColumnType, SpecFile};

use crate::compile::code;

/// What a heading cannot but be, by a word in it; the last of several levels tells.
const MEANT: &[(&str, ColumnType)] = &[
    ("姓名", ColumnType::Name),
    ("身份证", ColumnType::IdNumber),
    ("证件号", ColumnType::IdNumber),
    ("身份号码", ColumnType::IdNumber),
    ("联系电话", ColumnType::Phone),
    ("电话号码", ColumnType::Phone),
    ("手机", ColumnType::Phone),
    ("行政村", ColumnType::Village),
    ("乡镇", ColumnType::Town),
    ("乡(镇)", ColumnType::Town),
];
/// Words with which it is said of such a thing whether, how often or since when, and not what it is.
const ABOUT: &[&str] = &[
    "是否",
    "不符",
    "不一致",
    "次数",
    "个数",
    "数量",
    "日期",
    "时间",
    "状态",
    "有效期",
    "类型",
    "类别",
    "原因",
    "结果",
    "备注",
];

fn meant_by(heading: &str) -> Option<ColumnType> {
    let last = heading.rsplit('/').next().unwrap_or(heading);
    if ABOUT.iter().any(|word| last.contains(word)) {
        return None;
    }
    // 乡镇姓名 is a name: the first of the table counts.
    MEANT.iter().find(|(word, _)| last.contains(word)).map(|(_, kind)| *kind)
}

/// The type that the headings which tell ask for, or the one that is declared, where one of them asks for that. Where they differ that is an error, and what the heading says is taken, so
/// that one slip is told once.
pub(crate) fn meant(
    declared: ColumnType,
    headings: &[&str],
    (name, span): (&str, Option<Range<usize>>),
    source: &SpecFile<'_>,
) -> ColumnType {
    let told = || headings.iter().filter_map(|heading| Some((*heading, meant_by(heading)?)));
    if told().any(|(_, kind)| kind == declared) {
        return declared;
    }
    let told = told().map(|(heading, kind)| (format!("的列名是“{heading}”"), kind)).next();
    let by_key = || (name == "name").then(|| ("是人的姓名（另有用处的换一个名字）".to_owned(), ColumnType::Name));
    let Some((why, kind)) = told.or_else(by_key).filter(|(_, kind)| *kind != declared) else { return declared };
    let because = match kind {
        ColumnType::Name => "，写成别的类型，姓名会照原样存下来，也不会核对",
        ColumnType::IdNumber => "，写成别的类型，号码会照原样存下来，也认不出人",
        ColumnType::Phone => "，写成别的类型，号码会照原样存下来",
        _ => "，写成别的类型，地名认不出来，会当成部门填错",
    };
    source.error(
        code::CONTRADICTION,
        span,
        format!("列“{name}”{why}，类型却是{}", declared.name()),
        format!("type = \"{}\"{because}", kind.name()),
    );
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_tells_what_its_column_holds_or_nothing() {
        for (heading, expected) in [
            ("姓名", Some("name")),
            ("务工人员情况/姓名", Some("name")),
            ("户主身份证号码", Some("id_number")),
            ("公民身份号码", Some("id_number")),
            ("手机号", Some("phone")),
            ("行政村（社区）", Some("village")),
            ("所在乡镇", Some("town")),
            ("证件状态", None),
            ("自然村（屯）", None),
            ("身份证有效期", None),
            ("电话走访次数", None),
            ("姓名/备注", None),
            ("村", None),
        ] {
            assert_eq!(meant_by(heading).map(ColumnType::name), expected, "{heading}");
        }
    }
}
