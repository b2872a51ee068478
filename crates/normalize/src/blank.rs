//! The ways in which a form says "nothing here".

use crate::fold::is_dash;

/// A cell that was filled in to say that there is no value: 无, dashes, strokes, NULL. Takes folded text.
pub(crate) fn is_blank(folded: &str) -> bool {
    let is_stroke = |c: char| is_dash(c) || c == '/' || c == '\\' || c == ' ';
    // By the first character, since almost every cell that is asked about says something.
    match folded.chars().next() {
        None => true,
        Some('无' | '暂' | '空' | '(') => matches!(folded, "无" | "暂无" | "空" | "(无)" | "(空)"),
        Some('n' | 'N' | '#') => {
            ["null", "none", "nil", "n/a", "na", "nan", "#n/a"].iter().any(|word| folded.eq_ignore_ascii_case(word))
        }
        Some(first) => is_stroke(first) && folded.chars().all(is_stroke),
    }
}

/// As [`is_blank`], and the words by which a date, an amount or a yes-or-no is left open.
pub(crate) fn is_blank_or_unknown(folded: &str) -> bool {
    is_blank(folded) || matches!(folded, "不详" | "未知" | "不清楚" | "未填" | "未填写" | "待定" | "没有" | "?" | "??")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_in_many_ways() {
        for word in ["", "-", "—", "——", "/", "\\", "无", "暂无", "NULL", "n/a"] {
            assert!(is_blank(word), "{word}");
        }
        for word in ["0", "否", "无劳动力", "a"] {
            assert!(!is_blank(word), "{word}");
        }
        assert!(is_blank_or_unknown("不详") && !is_blank("不详"));
    }
}
