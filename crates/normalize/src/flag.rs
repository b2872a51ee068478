//! Yes, no, or not said. A blank is never a no. Taken: the words and signs of the tables, and 已… / 未… / 不… in front of what the column's heading asks:
//! 已务工 under 是否已务工, but not 已返乡, which would be the contrary, nor 已搬离 under 是否居住.

use bidui_model::{CellKind, FlawCode, RawCell};

use crate::blank::is_blank_or_unknown;
use crate::fold::squeeze;

const YES: &[&str] =
    &["是", "是的", "有", "对", "真", "1", "√", "✓", "✔", "☑", "Y", "YES", "T", "TRUE", "在", "能", "会"];
const NO: &[&str] = &[
    "否", "不是", "无", "没有", "没", "错", "假", "0", "×", "✗", "✘", "☒", "X", "N", "NO", "F", "FALSE", "不在", "不",
    "不能", "不会",
];

/// The answer to what the headings ask.
///
/// # Errors
/// `FlagUnreadable` for anything outside the tables.
pub fn parse_flag(cell: RawCell<'_>, headings: &[String]) -> Result<Option<bool>, FlawCode> {
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
    let said = without_remark(&word);
    if YES.contains(&said) || said == "已" || asks(headings, |asked| says(asked, said)) {
        return Ok(Some(true));
    }
    if NO.contains(&said) || said == "未" || asks(headings, |asked| denies(asked, said)) {
        return Ok(Some(false));
    }
    if is_blank_or_unknown(&word) {
        return Ok(None);
    }
    Err(FlawCode::FlagUnreadable)
}

/// 是 of 是(已核实); all of 是()否(), a form that nobody filled in, and of 是(否), which says both.
fn without_remark(word: &str) -> &str {
    match word.strip_suffix(')').and_then(|word| word.split_once('(')) {
        Some((said, remark)) if !remark.is_empty() && !remark.contains(['(', ')']) && !NO.contains(&remark) => said,
        _ => word,
    }
}

/// What a heading asks for: 务工 of 是否已务工, 有人居住 of 目前是否有人居住, 有问题 of 有无问题.
fn asks(headings: &[String], answers: impl Fn(&str) -> bool) -> bool {
    headings.iter().any(|heading| {
        let heading = squeeze(heading);
        let last = heading.rsplit('/').next().unwrap_or("");
        let asked = match (last.split_once("是否"), last.split_once("有无")) {
            (Some((_, asked)), _) => asked.trim_start_matches(['已', '仍']).to_owned(),
            (None, Some((_, asked))) => format!("有{asked}"),
            (None, None) => return false,
        };
        !asked.is_empty() && answers(&asked)
    })
}

/// 务工, 已务工.
fn says(asked: &str, word: &str) -> bool {
    word.strip_prefix(['已', '仍']).unwrap_or(word) == asked
}

/// 未务工, 不居住, 没有务工, 无人居住 of 有人居住.
fn denies(asked: &str, word: &str) -> bool {
    let of_having =
        asked.strip_prefix('有').map(|asked| [format!("无{asked}"), format!("没{asked}"), format!("没有{asked}")]);
    let plainly = ["未", "不", "没", "没有", "未再"].map(|no| format!("{no}{asked}"));
    let word = word.strip_prefix('已').unwrap_or(word);
    plainly.iter().chain(of_having.iter().flatten()).any(|denial| denial == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<Option<bool>, FlawCode>) {
        under("是否 务工", text, expected);
    }

    fn under(heading: &str, text: &str, expected: Result<Option<bool>, FlawCode>) {
        let cell = RawCell { kind: CellKind::Text, text };
        assert_eq!(parse_flag(cell, &[heading.to_owned()]), expected, "{heading} {text}");
    }

    #[test]
    fn a_word_that_the_heading_does_not_ask_for_is_no_answer() {
        let unreadable = Err(FlawCode::FlagUnreadable);
        for text in ["已返乡", "未返乡", "正常", "已核实"] {
            check(text, unreadable);
        }
        under("是否居住", "已搬离", unreadable);
        under("是否居住", "不居住", Ok(Some(false)));
        under("是否发现问题", "正常", unreadable);
        under("有无问题", "已无问题", Ok(Some(false)));
        under("有无问题", "无问题", Ok(Some(false)));
        under("有无问题", "有问题", Ok(Some(true)));
        under("是否发现问题", "已无", unreadable);
        under("目前是否有人居住", "无人居住", Ok(Some(false)));
        under("是否居住", "居住", Ok(Some(true)));
        under("务工情况/是否已务工", "已务工", Ok(Some(true)));
        under("是否居住", "是（已核实）", Ok(Some(true)));
        for form in ["是（）否（）", "是（否）", "（）"] {
            under("是否居住", form, unreadable);
        }
        for (text, is) in [("已", true), ("未", false)] {
            check(text, Ok(Some(is)));
        }
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
