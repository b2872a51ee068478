//! Yes, no, or not said. A blank is never a no. Taken: the words and signs of the table, and 已… / 未… in front of anything.

use bidui_model::{CellKind, FlawCode, RawCell};

use crate::blank::is_blank_or_unknown;
use crate::fold::squeeze;

const YES: &[&str] =
    &["是", "是的", "有", "对", "真", "1", "√", "✓", "✔", "☑", "Y", "YES", "T", "TRUE", "在", "能", "会", "正常"];
const NO: &[&str] = &[
    "否", "不是", "无", "没有", "没", "错", "假", "0", "×", "✗", "✘", "☒", "X", "N", "NO", "F", "FALSE", "不在", "不",
    "不能", "不会",
];

/// # Errors
/// `FlagUnreadable` for anything outside the tables.
pub fn parse_flag(cell: RawCell<'_>) -> Result<Option<bool>, FlawCode> {
    match cell.kind {
        CellKind::Empty => return Ok(None),
        CellKind::Error => return Err(FlawCode::CellError),
        CellKind::Date => return Err(FlawCode::FlagUnreadable),
        CellKind::Bool | CellKind::Number | CellKind::Text => {}
    }
    // Almost every cell is a word of the tables as it stands.
    if YES.contains(&cell.text) {
        return Ok(Some(true));
    }
    if NO.contains(&cell.text) {
        return Ok(Some(false));
    }
    if cell.text.contains('\u{fffd}') {
        return Err(FlawCode::TextUndecodable);
    }
    let word = squeeze(cell.text).to_uppercase();
    // Before the blanks: 无 and 没有 answer "is there one?" with no.
    if YES.contains(&word.as_str()) || word.starts_with('已') {
        return Ok(Some(true));
    }
    if NO.contains(&word.as_str()) || (word.starts_with('未') && word != "未知" && !word.starts_with("未填")) {
        return Ok(Some(false));
    }
    if is_blank_or_unknown(&word) {
        return Ok(None);
    }
    Err(FlawCode::FlagUnreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<Option<bool>, FlawCode>) {
        let cell = RawCell { kind: CellKind::Text, text };
        assert_eq!(parse_flag(cell), expected, "{text}");
    }

    #[test]
    fn yes_no_and_not_said_are_three() {
        for text in ["是", "√", "有", "1", "y", "True", "已务工", " 是 ", "１"] {
            check(text, Ok(Some(true)));
        }
        for text in ["否", "×", "无", "0", "N", "false", "未务工", "没有"] {
            check(text, Ok(Some(false)));
        }
        for text in ["", "-", "/", "不详", "未知", "未填写"] {
            check(text, Ok(None));
        }
        check("也许", Err(FlawCode::FlagUnreadable));
        check("2", Err(FlawCode::FlagUnreadable));
    }
}
