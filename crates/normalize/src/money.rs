//! A written amount, to fen, exactly. Taken: `1,234.50`, `¥`, `人民币`, `元`, `万元`, `1.2万`, `亿`, `整`, `-50`, `(50)`, full width; a unit in the
//! cell beats the column's. Not taken: amounts in characters (五百元), two amounts in a cell, `/月`. Over two decimals are rounded, a
//! half away from zero.

use bidui_model::{CellKind, FlawCode, RawCell};

use crate::blank::is_blank_or_unknown;
use crate::decimal::Decimal;
use crate::fold::{is_dash, squeeze};
use crate::number::is_mark;

/// A million million yuan, in fen: no county pays it, and a card or ID number that slipped into an amount's column reads as more.
const MOST: u64 = 100_000_000_000_000;

/// Fen; `None` for a cell that says there is no amount. `fen_per_unit` is what a bare number counts in: 100 for yuan.
///
/// # Errors
/// `MoneyUnreadable` for what is no amount or is beyond a million million yuan, `CellError` and `TextUndecodable` for broken cells.
pub fn parse_money(cell: RawCell<'_>, fen_per_unit: i64) -> Result<Option<i64>, FlawCode> {
    let unreadable = FlawCode::MoneyUnreadable;
    match cell.kind {
        CellKind::Empty => return Ok(None),
        CellKind::Error => return Err(FlawCode::CellError),
        CellKind::Date | CellKind::Bool => return Err(unreadable),
        CellKind::Number | CellKind::Text => {}
    }
    if let Some(decimal) = Decimal::plain(cell.text) {
        return fen(decimal, fen_per_unit).map(Some).ok_or(unreadable);
    }
    if cell.text.contains('\u{fffd}') {
        return Err(FlawCode::TextUndecodable);
    }
    if cell.text.contains(is_mark) {
        return Err(unreadable);
    }
    let text = squeeze(cell.text);
    if is_blank_or_unknown(&text) {
        return Ok(None);
    }
    let (negative, text) = sign(&text);
    let (text, unit) = without_unit(text);
    // A sign may also stand behind the currency, ¥-50, but not twice.
    let decimal = Decimal::parse(text).ok_or(unreadable)?;
    if negative && text.starts_with(['-', '+']) {
        return Err(unreadable);
    }
    let decimal = if negative { decimal.negated() } else { decimal };
    fen(decimal, unit.unwrap_or(fen_per_unit)).map(Some).ok_or(unreadable)
}

fn fen(decimal: Decimal, fen_per_unit: i64) -> Option<i64> {
    decimal.times_rounded(fen_per_unit).filter(|fen| fen.unsigned_abs() <= MOST)
}

/// Brackets around an amount and a leading minus of any length.
fn sign(text: &str) -> (bool, &str) {
    if let Some(inner) = text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        return (true, inner);
    }
    let mut characters = text.chars();
    match characters.next() {
        Some(first) if is_dash(first) => (true, characters.as_str()),
        _ => (false, text),
    }
}

/// The number alone, and how many fen the unit written beside it has.
fn without_unit(text: &str) -> (&str, Option<i64>) {
    const CURRENCIES: &[&str] = &["人民币", "RMB", "CNY", "rmb", "cny", "¥", "￥", ":"];
    const UNITS: &[(&str, i64)] = &[
        ("亿元", 10_000_000_000),
        ("万元", 1_000_000),
        ("千元", 100_000),
        ("亿", 10_000_000_000),
        ("万", 1_000_000),
        ("千", 100_000),
        ("元", 100),
        ("圆", 100),
        ("块", 100),
        ("角", 10),
        ("分", 1),
    ];
    let mut text = text;
    while let Some(rest) = CURRENCIES.iter().find_map(|word| text.strip_prefix(word)) {
        text = rest;
    }
    text = text.trim_end_matches('整').trim_end_matches("人民币").trim_end_matches("RMB");
    UNITS.iter().find_map(|(word, fen)| Some((text.strip_suffix(word)?, Some(*fen)))).unwrap_or((text, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    const YUAN: i64 = 100;
    const WAN: i64 = 1_000_000;

    fn read(kind: CellKind, text: &str, unit: i64) -> Result<Option<i64>, FlawCode> {
        parse_money(RawCell { kind, text }, unit)
    }
    fn check(text: &str, unit: i64, fen: i64) {
        assert_eq!(read(CellKind::Text, text, unit), Ok(Some(fen)), "{text}");
    }
    fn refuse(text: &str) {
        assert_eq!(read(CellKind::Text, text, YUAN), Err(FlawCode::MoneyUnreadable), "{text}");
    }

    #[test]
    fn amounts_read_in_every_spelling() {
        check("1234.5", YUAN, 123_450);
        check("1,234.50", YUAN, 123_450);
        check("１，２３４．５０", YUAN, 123_450);
        check("¥1,234.50", YUAN, 123_450);
        check("￥1234.5元", YUAN, 123_450);
        check("人民币1234.5元整", YUAN, 123_450);
        check(" 1 234.5 ", YUAN, 123_450);
        check("0", YUAN, 0);
    }

    #[test]
    fn refunds_are_negative() {
        for text in ["-50", "－50", "−50", "(50)", "（50.00）", "-¥50", "¥-50", "-50元", "(50元)"] {
            check(text, YUAN, -5_000);
        }
        refuse("--50");
        refuse("-(50)");
    }

    #[test]
    fn a_unit_in_the_cell_beats_the_column() {
        check("1.2万元", YUAN, 1_200_000);
        check("1.2", WAN, 1_200_000);
        check("5000元", WAN, 500_000);
        check("1.234567", WAN, 1_234_567);
        check("0.5亿", YUAN, 5_000_000_000);
    }

    #[test]
    fn decimals_round_to_fen_by_magnitude() {
        check("0.005", YUAN, 1);
        check("-0.005", YUAN, -1);
        check("1234.4999999999998", YUAN, 123_450);
        assert_eq!(read(CellKind::Number, "1234.4999999999998", YUAN), Ok(Some(123_450)));
        assert_eq!(read(CellKind::Number, "-0.1", YUAN), Ok(Some(-10)));
    }

    #[test]
    fn no_amount_is_none_and_zero_is_zero() {
        for text in ["", "无", "/", "—", "-", "——", "NULL", "暂无"] {
            assert_eq!(read(CellKind::Text, text, YUAN), Ok(None), "{text}");
        }
        assert_eq!(read(CellKind::Empty, "", YUAN), Ok(None));
    }

    #[test]
    fn what_is_no_amount_or_does_not_fit_is_refused() {
        for text in ["五百元", "500/月", "500-600", "1,23", "约500", "99999999999999999999", "12%", "1.2.3"] {
            refuse(text);
        }
        assert_eq!(read(CellKind::Error, "#VALUE!", YUAN), Err(FlawCode::CellError));
        assert_eq!(read(CellKind::Date, "2023-01-05", YUAN), Err(FlawCode::MoneyUnreadable));
    }

    #[test]
    fn what_nobody_pays_is_refused() {
        check("1000000000000", YUAN, 100_000_000_000_000);
        check("-10000亿", YUAN, -100_000_000_000_000);
        for text in ["1000000000000.01", "-1000000000001", "10001亿", "450221199001011236", "1e13"] {
            refuse(text);
        }
    }
}
