//! A day since 1970-01-01 as month and day of the month.

use bidui_model::Month;

/// The month that the day lies in, and which day of it, from 1.
pub(crate) fn month_of(day: i32) -> (Month, u32) {
    let month = Month::of_day(day);
    (month, (day - month.first_day() + 1) as u32)
}

/// `2023年4月6日`.
pub(crate) fn in_chinese(day: i32) -> String {
    let (month, day) = month_of(day);
    format!("{}{day}日", month.in_chinese())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(day: i32, expected: &str) {
        assert_eq!(in_chinese(day), expected);
    }

    #[test]
    fn days_lie_in_their_months() {
        check(0, "1970年1月1日");
        check(-1, "1969年12月31日");
        check(19_416, "2023年2月28日");
        check(19_417, "2023年3月1日");
        check(19_782, "2024年2月29日");
    }
}
