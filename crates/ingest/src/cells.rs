//! Workbook cells as text with a kind, and a fence around the libraries that read them.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bidui_model::CellKind;
use calamine::ExcelDateTime;

use crate::row::Row;

/// Runs a library's code; `None` if it panicked. Damaged workbooks make calamine panic, and a file must never stop a run.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// One past the last day that a spreadsheet knows, 9999-12-31.
const DAYS_END: f64 = 2_958_466.0;

pub(crate) fn set_float(row: &mut Row, column: usize, value: f64) {
    if !value.is_finite() {
        row.set(column, CellKind::Error, "#NUM!");
        return;
    }
    // Display of a double is the shortest decimal that reads back as it, without an exponent.
    row.set_with(column, CellKind::Number, |text| {
        let _ = write!(text, "{value}");
    });
}

pub(crate) fn set_integer(row: &mut Row, column: usize, value: i64) {
    row.set_with(column, CellKind::Number, |text| {
        let _ = write!(text, "{value}");
    });
}

pub(crate) fn set_bool(row: &mut Row, column: usize, value: bool) {
    row.set(column, CellKind::Bool, if value { "TRUE" } else { "FALSE" });
}

/// A formula that no program has calculated. Zero would be a guess.
pub(crate) fn set_valueless(row: &mut Row, column: usize) {
    row.set(column, CellKind::Error, "公式没有值");
}

/// A serial day under a date format. Durations, times without a day and numbers that are no day stay numbers.
pub(crate) fn set_date(row: &mut Row, column: usize, value: &ExcelDateTime) {
    let serial = value.as_f64();
    if value.is_duration() || !(1.0..DAYS_END).contains(&serial) {
        set_float(row, column, serial);
        return;
    }
    let (year, month, day, hour, minute, second, _) = value.to_ymd_hms_milli();
    row.set_with(column, CellKind::Date, |text| {
        let _ = write!(text, "{year:04}-{month:02}-{day:02}");
        if (hour, minute, second) != (0, 0, 0) {
            let _ = write!(text, " {hour:02}:{minute:02}:{second:02}");
        }
    });
}

/// `2023-03-05T10:11:12.000`, as ISO cells have it.
pub(crate) fn set_iso_date(row: &mut Row, column: usize, value: &str) {
    let (day, time) = value.split_once(['T', ' ']).unwrap_or((value, ""));
    let time = time.split(['.', 'Z', '+']).next().unwrap_or("");
    row.set_with(column, CellKind::Date, |text| {
        text.push_str(day);
        if !time.is_empty() && time != "00:00:00" {
            text.push(' ');
            text.push_str(time);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::ExcelDateTimeType;

    fn check(serial: f64, is_1904: bool, expected: (CellKind, &str)) {
        let mut row = Row::default();
        let value = ExcelDateTime::new(serial, ExcelDateTimeType::DateTime, is_1904);
        set_date(&mut row, 0, &value);
        let cell = row.view().get(0);
        assert_eq!((cell.kind, cell.text), expected);
    }

    #[test]
    fn dates_of_both_systems_are_iso() {
        check(44_990.0, false, (CellKind::Date, "2023-03-05"));
        check(43_528.0, true, (CellKind::Date, "2023-03-05"));
        check(44_990.5, false, (CellKind::Date, "2023-03-05 12:00:00"));
    }

    #[test]
    fn what_is_no_day_stays_a_number() {
        check(4.502_061_990e17, false, (CellKind::Number, "450206199000000000"));
        check(0.5, false, (CellKind::Number, "0.5"));
    }
}
