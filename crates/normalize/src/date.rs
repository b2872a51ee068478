//! A written date. Taken: `20230105`, `202301`, `2023`; year, month and day between `-` `/` `.` `、` blanks or 年月日号, with or
//! without a time of day; `二〇二三年一月五日`; Excel's day number as a number cell, or as five digits of text; date cells; full width.
//! Not taken: years of two digits, day or month first, ranges, seasons. A date is right or refused, never guessed.

use bidui_model::{CellKind, DatePrecision, FlawCode, Month, RawCell};

use crate::blank::is_blank_or_unknown;
use crate::chinese_numeral::parse_numeral;
use crate::fold::{fold, is_dash, is_quote};

/// Days since 1970-01-01 and how exact they are; `None` for a cell that says there is no date.
///
/// # Errors
/// `DateUnreadable` for what is no date, `DateImpossible` for a date that no calendar has or outside 1900 to 2199, `CellError` and
/// `TextUndecodable` for broken cells.
pub fn parse_date(cell: RawCell<'_>) -> Result<Option<(i32, DatePrecision)>, FlawCode> {
    match cell.kind {
        CellKind::Empty => Ok(None),
        CellKind::Error => Err(FlawCode::CellError),
        CellKind::Bool => Err(FlawCode::DateUnreadable),
        CellKind::Number => from_number(cell.text),
        CellKind::Text | CellKind::Date => from_text(cell.text),
    }
}

/// Excel's day 0 (1899-12-30) counted from 1970-01-01.
const EXCEL_EPOCH: i32 = -25_569;
/// Day numbers from 1910 to 2100; below are years, months and amounts.
const SERIALS: std::ops::RangeInclusive<i32> = 3_654..=73_415;
/// As text, only from 1970 on: five digits such as 20231 may as well be half a date.
const TEXT_SERIALS: std::ops::RangeInclusive<i32> = 25_569..=73_415;

fn from_number(text: &str) -> Result<Option<(i32, DatePrecision)>, FlawCode> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let decimals = decimals.trim_end_matches('0');
    let number: i64 = whole.parse().map_err(|_| FlawCode::DateUnreadable)?;
    match (whole.len(), decimals) {
        _ if number == 0 => Ok(None),
        (8 | 6, "") => from_text(whole),
        (4, "") if (1900..2200).contains(&number) => from_text(whole),
        // As a number cell 2023.1 may have been 2023.10, so that only the year is sure.
        (4, "1") if (1900..2200).contains(&number) => from_text(whole),
        (4, _) if (1900..2200).contains(&number) => from_text(text),
        _ => i32::try_from(number)
            .ok()
            .filter(|serial| SERIALS.contains(serial))
            .map(|serial| Some((serial + EXCEL_EPOCH, DatePrecision::Day)))
            .ok_or(FlawCode::DateUnreadable),
    }
}

/// `2023-01-05` and `20230105`: most dates there are.
fn plain_day(text: &str) -> Option<[u32; 3]> {
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + u32::from(byte - b'0')))
    };
    let (year, month, day) = match text.as_bytes() {
        [year @ .., b'-', m1, m2, b'-', d1, d2] if year.len() == 4 => (year, [*m1, *m2], [*d1, *d2]),
        [year @ .., m1, m2, d1, d2] if year.len() == 4 => (year, [*m1, *m2], [*d1, *d2]),
        _ => return None,
    };
    // Zeros and Excel's day 0 mean that there is no date; they take the longer way.
    let year = number(year).filter(|year| *year >= 1900)?;
    Some([year, number(&month)?, number(&day).filter(|day| *day > 0)?])
}

fn from_text(text: &str) -> Result<Option<(i32, DatePrecision)>, FlawCode> {
    if let Some([year, month, day]) = plain_day(text) {
        return civil(Some(year), Some(Some(month)), Some(Some(day)));
    }
    if text.contains('\u{fffd}') {
        return Err(FlawCode::TextUndecodable);
    }
    let folded = fold(text);
    let text = folded.trim_matches(|c: char| is_quote(c) || c.is_whitespace());
    if is_blank_or_unknown(text) || is_zero(text) {
        return Ok(None);
    }
    if text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains(['年', '月']) {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = text.split_at(digits);
        if digits >= 5 {
            return compact(number, rest);
        }
    }
    separated(text)
}

/// `0`, `00000000`, `0000-00-00` and Excel's day 0 are how empty fields are exported.
fn is_zero(text: &str) -> bool {
    text.chars().all(|c| c == '0' || is_dash(c) || c == '/')
        || ["1900-01-00", "1900/1/0", "1899-12-30"].iter().any(|zero| text.starts_with(zero))
}

/// Digits without separators.
fn compact(number: &str, rest: &str) -> Result<Option<(i32, DatePrecision)>, FlawCode> {
    let part = |from: usize, to: usize| number.get(from..to).and_then(parse_numeral);
    if !is_time_of_day(rest) {
        return Err(FlawCode::DateUnreadable);
    }
    match number.len() {
        8 | 12 | 14 => civil(part(0, 4), Some(part(4, 6)), Some(part(6, 8))),
        6 => civil(part(0, 4), Some(part(4, 6)), None),
        5 => number
            .parse()
            .ok()
            .filter(|serial| TEXT_SERIALS.contains(serial))
            .map(|serial: i32| Some((serial + EXCEL_EPOCH, DatePrecision::Day)))
            .ok_or(FlawCode::DateUnreadable),
        _ => Err(FlawCode::DateUnreadable),
    }
}

/// Year, month and day apart.
fn separated(text: &str) -> Result<Option<(i32, DatePrecision)>, FlawCode> {
    let (year, rest) = numeral(text);
    // 十月 without a year, and 3/5/2023, say nothing sure.
    if year.chars().count() != 4 {
        return Err(FlawCode::DateUnreadable);
    }
    let year = parse_numeral(year);
    let rest = separator(rest, '年');
    let (month, rest) = numeral(rest);
    if month.is_empty() {
        return if is_end(rest) { civil(year, None, None) } else { Err(FlawCode::DateUnreadable) };
    }
    let month = parse_numeral(month);
    let rest = separator(rest, '月');
    let (day, rest) = numeral(rest);
    if day.is_empty() {
        return if is_end(rest) { civil(year, Some(month), None) } else { Err(FlawCode::DateUnreadable) };
    }
    let rest = rest.trim_start_matches(['日', '号']);
    if !is_time_of_day(rest) {
        return Err(FlawCode::DateUnreadable);
    }
    civil(year, Some(month), Some(parse_numeral(day)))
}

/// The digits or numerals at the front, and the rest.
fn numeral(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && !"〇○零一二三四五六七八九十廿卅元正".contains(c))
        .unwrap_or(text.len());
    text.split_at(end)
}

fn separator(text: &str, word: char) -> &str {
    text.trim_start()
        .trim_start_matches(|c: char| c == word || is_dash(c) || matches!(c, '/' | '.' | '、' | ',' | '_' | '\\'))
        .trim_start()
}

fn is_end(rest: &str) -> bool {
    rest.trim().is_empty() || matches!(rest.trim(), "份" | "度")
}

/// What may follow a day: a time, a weekday, nothing.
fn is_time_of_day(rest: &str) -> bool {
    rest.trim()
        .chars()
        .all(|c| c.is_ascii_digit() || c == ' ' || ":.+TZtz时分秒点上下午周星期一二三四五六日天AMPMampm".contains(c))
}

/// The day, if the calendar has it. A part that is there and unread is `Some(None)`.
fn civil(
    year: Option<u32>,
    month: Option<Option<u32>>,
    day: Option<Option<u32>>,
) -> Result<Option<(i32, DatePrecision)>, FlawCode> {
    let unreadable = FlawCode::DateUnreadable;
    let impossible = FlawCode::DateImpossible;
    let year = i32::try_from(year.ok_or(unreadable)?).map_err(|_| impossible)?;
    let Some(month) = month else {
        let first = Month::new(year, 1).ok_or(impossible)?.first_day();
        return Ok(Some((first, DatePrecision::Year)));
    };
    let month = Month::new(year, month.ok_or(unreadable)?).ok_or(impossible)?;
    let Some(day) = day else {
        return Ok(Some((month.first_day(), DatePrecision::Month)));
    };
    let day = i32::try_from(day.ok_or(unreadable)?).map_err(|_| impossible)?;
    let days = month.first_day() + day - 1;
    // Every month has the first 28 of them, and most days are among those.
    if day < 1 || day > 28 && days > month.last_day() {
        return Err(impossible);
    }
    Ok(Some((days, DatePrecision::Day)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2023-01-05.
    const DAY: i32 = 19_362;
    const JANUARY: i32 = 19_358;

    fn read(kind: CellKind, text: &str) -> Result<Option<(i32, DatePrecision)>, FlawCode> {
        parse_date(RawCell { kind, text })
    }
    fn check(text: &str, days: i32, precision: DatePrecision) {
        assert_eq!(read(CellKind::Text, text), Ok(Some((days, precision))), "{text}");
    }
    fn check_number(text: &str, days: i32, precision: DatePrecision) {
        assert_eq!(read(CellKind::Number, text), Ok(Some((days, precision))), "{text}");
    }
    fn refuse(text: &str, code: FlawCode) {
        assert_eq!(read(CellKind::Text, text), Err(code), "{text}");
    }

    #[test]
    fn a_day_reads_in_every_spelling() {
        for text in [
            "20230105",
            "2023-1-5",
            "2023-01-05",
            "2023/1/5",
            "2023.1.5",
            "2023.01.05",
            "2023年1月5日",
            "2023年01月05号",
            "2023 1 5",
            "２０２３－０１－０５",
            "２０２３年１月５日",
            "二〇二三年一月五日",
            "二零二三年一月五日",
            " 2023-1-5 ",
            "'2023-1-5",
            "2023-01-05 10:11:12",
            "2023-01-05T00:00:00",
            "2023/1/5 0:00",
            "20230105101112",
            "44931",
            "2023年1月5日 星期四",
            "2023—1—5",
        ] {
            check(text, DAY, DatePrecision::Day);
        }
        check("二〇二三年十二月二十一日", 19_712, DatePrecision::Day);
    }

    #[test]
    fn months_and_years_keep_their_precision() {
        for text in ["2023.1", "2023-01", "2023年1月", "202301", "2023/1", "二〇二三年一月", "2023年1月份"]
        {
            check(text, JANUARY, DatePrecision::Month);
        }
        for text in ["2023", "2023年", "二〇二三年"] {
            check(text, JANUARY, DatePrecision::Year);
        }
    }

    #[test]
    fn number_and_date_cells_read() {
        check_number("44931", DAY, DatePrecision::Day);
        check_number("44931.5", DAY, DatePrecision::Day);
        check_number("20230105", DAY, DatePrecision::Day);
        check_number("202301", JANUARY, DatePrecision::Month);
        check_number("2023", JANUARY, DatePrecision::Year);
        check_number("2023.01", JANUARY, DatePrecision::Month);
        check_number("2023.1", JANUARY, DatePrecision::Year);
        assert_eq!(read(CellKind::Date, "2023-01-05 10:11:12"), Ok(Some((DAY, DatePrecision::Day))));
        assert_eq!(read(CellKind::Number, "12"), Err(FlawCode::DateUnreadable));
        assert_eq!(read(CellKind::Error, "#REF!"), Err(FlawCode::CellError));
    }

    #[test]
    fn no_date_is_none() {
        for text in ["", " ", "无", "-", "—", "/", "0000-00-00", "00000000", "0", "不详", "1900-01-00"] {
            assert_eq!(read(CellKind::Text, text), Ok(None), "{text}");
        }
        assert_eq!(read(CellKind::Number, "0"), Ok(None));
    }

    #[test]
    fn what_no_calendar_has_is_impossible() {
        refuse("2023-02-29", FlawCode::DateImpossible);
        refuse("20231301", FlawCode::DateImpossible);
        refuse("2023-0-5", FlawCode::DateImpossible);
        refuse("1023-01-05", FlawCode::DateImpossible);
        check("2024-02-29", 19_782, DatePrecision::Day);
    }

    #[test]
    fn what_could_be_two_dates_is_refused() {
        for text in
            ["3/5/2023", "23-1-5", "1月5日", "20231", "2023年春", "2023-1-5至2023-2-5", "昨天", "2023-1-5（补）"]
        {
            refuse(text, FlawCode::DateUnreadable);
        }
    }
}
