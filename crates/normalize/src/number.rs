//! Plain numbers. Taken: what [`crate::decimal`] takes, full width, with one counting word behind (3人, 12个月, 2023年); a percent
//! sign divides by a hundred. Not taken: ranges, words.

use std::borrow::Cow;

use bidui_model::{CellKind, FlawCode, RawCell};

use crate::blank::is_blank_or_unknown;
use crate::decimal::Decimal;
use crate::fold::squeeze;

const COUNTING_WORDS: &[&str] = &[
    "个月",
    "周岁",
    "平方米",
    "公里",
    "千米",
    "人",
    "口",
    "户",
    "个",
    "次",
    "天",
    "日",
    "月",
    "年",
    "岁",
    "名",
    "间",
    "栋",
    "亩",
    "米",
    "头",
    "只",
];

/// A whole number.
///
/// # Errors
/// `NumberUnreadable` for anything else, also for decimals and past 64 bits.
pub fn parse_integer(cell: RawCell<'_>) -> Result<Option<i64>, FlawCode> {
    match written(cell)? {
        None => Ok(None),
        Some(text) => Decimal::parse(without_counting_word(&text))
            .and_then(Decimal::whole)
            .map(Some)
            .ok_or(FlawCode::NumberUnreadable),
    }
}

/// A number, finite.
///
/// # Errors
/// `NumberUnreadable` for anything else.
pub fn parse_number(cell: RawCell<'_>) -> Result<Option<f64>, FlawCode> {
    let Some(text) = written(cell)? else {
        return Ok(None);
    };
    let (text, divisor) = match text.strip_suffix('%') {
        Some(percent) => (percent, 100.0),
        None => (without_counting_word(&text), 1.0),
    };
    // Decimal checks the grammar (no "inf", no "nan", commas in place); the standard parser rounds best.
    Decimal::parse(text)
        .and_then(|_| text.replace(',', "").parse::<f64>().ok())
        .map(|number| number / divisor)
        .filter(|number| number.is_finite())
        .map(Some)
        .ok_or(FlawCode::NumberUnreadable)
}

fn written(cell: RawCell<'_>) -> Result<Option<Cow<'_, str>>, FlawCode> {
    match cell.kind {
        CellKind::Empty => return Ok(None),
        CellKind::Error => return Err(FlawCode::CellError),
        CellKind::Date | CellKind::Bool => return Err(FlawCode::NumberUnreadable),
        CellKind::Number | CellKind::Text => {}
    }
    if Decimal::plain(cell.text).is_some() {
        return Ok(Some(Cow::Borrowed(cell.text)));
    }
    if cell.text.contains('\u{fffd}') {
        return Err(FlawCode::TextUndecodable);
    }
    if cell.text.contains(is_mark) {
        return Err(FlawCode::NumberUnreadable);
    }
    let text = squeeze(cell.text).replace('\u{2212}', "-");
    Ok((!is_blank_or_unknown(&text)).then_some(Cow::Owned(text)))
}

/// A figure that is a mark and no number: ² of m², ① before an item.
pub(crate) fn is_mark(character: char) -> bool {
    matches!(character, '²' | '³' | '¹' | '\u{2070}'..='\u{208e}' | '\u{2460}'..='\u{24ff}' | '\u{2776}'..='\u{2793}')
}

fn without_counting_word(text: &str) -> &str {
    COUNTING_WORDS.iter().find_map(|word| text.strip_suffix(word)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> RawCell<'_> {
        RawCell { kind: CellKind::Text, text }
    }
    fn check(text: &str, expected: Result<Option<i64>, FlawCode>) {
        assert_eq!(parse_integer(cell(text)), expected, "{text}");
    }
    fn check_number(text: &str, expected: Result<Option<f64>, FlawCode>) {
        assert_eq!(parse_number(cell(text)), expected, "{text}");
    }

    #[test]
    fn integers_read_with_commas_width_and_counting_words() {
        check("12", Ok(Some(12)));
        check("１２", Ok(Some(12)));
        check("2³", Err(FlawCode::NumberUnreadable));
        check("①", Err(FlawCode::NumberUnreadable));
        check("1,200", Ok(Some(1200)));
        check("3.0", Ok(Some(3)));
        check("12个月", Ok(Some(12)));
        check("2023年", Ok(Some(2023)));
        check("-3", Ok(Some(-3)));
        check("−3", Ok(Some(-3)));
        check("无", Ok(None));
        check("3.5", Err(FlawCode::NumberUnreadable));
        check("三", Err(FlawCode::NumberUnreadable));
        check("99999999999999999999", Err(FlawCode::NumberUnreadable));
    }

    #[test]
    fn numbers_are_finite() {
        check_number("1.25", Ok(Some(1.25)));
        check_number("12.5%", Ok(Some(0.125)));
        check_number("1e3", Ok(Some(1000.0)));
        check_number("inf", Err(FlawCode::NumberUnreadable));
        check_number("NaN", Ok(None));
        check_number("1e999", Err(FlawCode::NumberUnreadable));
    }
}
