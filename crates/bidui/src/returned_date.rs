//! A date on a list that came back. Taken: what `parse_date` takes; and, since people leave it out, a day or a month without its year: `4月9日`,
//! `4-9`, `4/9`, `4.9` as text, and for dates to come `9月`. Of those the first of a month is the month: a spreadsheet
//! makes `2023-09-01` of `2023年9月`. Not taken: `4.1` as a number cell (it may have been 4.10), a month where a day is asked.

use bidui_model::{CellKind, DatePrecision, Month, RawCell, canonical_row_key};
use bidui_normalize::{iso_date, parse_date};

use crate::returned::Answer;
use crate::returned_answer::Reading;
use crate::returned_reason::Reason;

/// A date that has been lies no more than a year after its list, and no more than ten before.
const LATEST_MONTHS: i32 = 12;
const EARLIEST_MONTHS: i32 = -120;
/// A date to come lies no more than ten years ahead.
const AHEAD_MONTHS: i32 = 120;

/// A day of a month, or a month, of no year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LooseDate {
    month: u32,
    day: Option<i32>,
}

pub(crate) fn read_date(cell: RawCell<'_>, ahead: bool) -> Reading {
    match parse_date(cell) {
        Ok(None) => Reading::Nothing,
        // A spreadsheet makes its first day of a month that somebody writes.
        Ok(Some((day, DatePrecision::Day))) if ahead && Month::of_day(day).first_day() == day => {
            Reading::Is(Answer::Date(day, DatePrecision::Month))
        }
        Ok(Some((day, DatePrecision::Day))) => Reading::Is(Answer::Date(day, DatePrecision::Day)),
        Ok(Some((day, DatePrecision::Month))) if ahead => Reading::Is(Answer::Date(day, DatePrecision::Month)),
        Ok(Some(_)) => Reading::Refused(Reason::DateWithoutDay),
        Err(_) => match loose(cell) {
            Some(LooseDate { day: None, .. }) if !ahead => Reading::Refused(Reason::DateWithoutDay),
            Some(date) => Reading::YearTaken(date),
            None if is_no_day(cell.text) => Reading::Refused(Reason::NoSuchDay),
            None => Reading::Refused(Reason::DateUnreadable),
        },
    }
}

fn loose(cell: RawCell<'_>) -> Option<LooseDate> {
    if cell.kind != CellKind::Text {
        return None;
    }
    let text = canonical_row_key(cell.text);
    let text = text.trim_end_matches(['。', '.']);
    let (month, rest) = text.split_once(['月', '-', '/', '.'])?;
    let number = |digits: &str| {
        let is_plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| digits.parse::<u32>().ok()).flatten()
    };
    let month = number(month).filter(|month| (1..=12).contains(month))?;
    let day = match rest.trim_end_matches(['日', '号']) {
        "" | "份" if text.contains('月') => None,
        digits => Some(number(digits).filter(|day| (1..=31).contains(day))? as i32),
    };
    Some(LooseDate { month, day })
}

/// Whether it is a year, a month and a number that is no day of it.
fn is_no_day(text: &str) -> bool {
    let text = canonical_row_key(text);
    let numbers: Vec<&str> =
        text.split(|character: char| !character.is_ascii_digit()).filter(|digits| !digits.is_empty()).collect();
    let [year, month, day] = numbers[..] else { return false };
    let (Ok(year), Ok(number), Ok(day)) = (year.parse(), month.parse(), day.parse::<i32>()) else { return false };
    let month = Month::new(year, number);
    year >= 1900 && month.is_none_or(|month| !(1..=month.last_day() - month.first_day() + 1).contains(&day))
}

impl LooseDate {
    /// With the year by which it is next to the month in which the list was issued, or, ahead, not before it; and the day in words.
    pub(crate) fn near(self, list: Month, ahead: bool) -> Result<(Answer, String), Reason> {
        let issued = list.plus(1);
        let years = [issued.year() - 1, issued.year(), issued.year() + 1];
        let months = years.into_iter().filter_map(|year| Month::new(year, self.month));
        let distance = |month: &Month| {
            let since = month.since(issued);
            if ahead && since < 0 { i32::MAX } else { since.abs() }
        };
        let month = months.min_by_key(distance).unwrap_or(issued);
        match self.day {
            None => Ok((Answer::Date(month.first_day(), DatePrecision::Month), month.in_chinese())),
            Some(day) => {
                let day = month.first_day() + day - 1;
                if day > month.last_day() {
                    return Err(Reason::NoSuchDay);
                }
                Ok((Answer::Date(day, DatePrecision::Day), iso_date(day)))
            }
        }
    }
}

/// Whether a date can be meant, for a list of that month.
pub(crate) fn hold(answer: &Answer, list: Month, ahead: bool) -> Result<(), Reason> {
    let Answer::Date(day, _) = answer else { return Ok(()) };
    let (earliest, latest) = if ahead { (0, AHEAD_MONTHS) } else { (EARLIEST_MONTHS, LATEST_MONTHS) };
    if *day < list.plus(earliest).first_day() {
        return Err(Reason::DateTooEarly);
    }
    if *day > list.plus(1 + latest).last_day() {
        return Err(Reason::DateTooLate);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The day that a text says on a list of March 2023.
    fn check(text: &str, ahead: bool, expected: &str) {
        let list: Month = "2023-03".parse().unwrap();
        let cell = RawCell { kind: CellKind::Text, text };
        let said = match read_date(cell, ahead) {
            Reading::Is(answer) => Ok(answer),
            Reading::YearTaken(date) => date.near(list, ahead).map(|(answer, _)| answer),
            Reading::Refused(reason) => Err(reason),
            Reading::Nothing => return assert_eq!("", expected, "{text}"),
        };
        let said = said.and_then(|answer| hold(&answer, list, ahead).map(|()| answer));
        let said = match said {
            Ok(Answer::Date(day, DatePrecision::Month)) => iso_date(day)[..7].to_owned(),
            Ok(Answer::Date(day, _)) => iso_date(day),
            Ok(other) => format!("{other:?}"),
            Err(reason) => reason.to_string().split('；').next().unwrap().to_owned(),
        };
        assert_eq!(said, expected, "{text}");
    }

    #[test]
    fn a_day_without_its_year_is_the_one_next_to_the_list() {
        for text in ["4月9日", "4.9", "04-09", "4/9", "４月９号", "2023.4.9", "4月9日。", "45025"] {
            check(text, false, "2023-04-09");
        }
        check("12月28日", false, "2022-12-28");
        check("9月", true, "2023-09");
        check("2月份", true, "2024-02");
        check("2023年9月", true, "2023-09");
        check("2023-09-01", true, "2023-09");
        check("2023-09-02", true, "2023-09-02");
        check("2023-03-01", false, "2023-03-01");
        check("无", false, "");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        check("4月", false, "没有写到日");
        check("2023年4月", false, "没有写到日");
        check("上周", false, "看不出是哪一天");
        check("2月30日", false, "没有这一天");
        check("2023-04-31", false, "没有这一天");
        check("2023年13月1日", false, "没有这一天");
        check("13月1日", false, "看不出是哪一天");
        check("2025-04-09", false, "太晚了");
        check("1923-04-09", false, "太早了");
        check("2022-04-09", true, "太早了");
        check("2043-04-09", true, "太晚了");
        assert_eq!(
            read_date(RawCell { kind: CellKind::Number, text: "4.1" }, false),
            Reading::Refused(Reason::DateUnreadable)
        );
    }
}
