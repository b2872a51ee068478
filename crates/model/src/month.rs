//! A calendar month. Grammar: `YYYY-MM`, year 1900 to 2199; nothing else.

use std::fmt;
use std::str::FromStr;

/// A calendar month, ordered in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// Months since year 0, so that arithmetic is plain.
    index: i32,
}

/// The text is not a month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("月份应写作“2023-03”这样的四位年、两位月，现为“{0}”")]
pub struct MonthError(pub String);

impl Month {
    /// `month` is 1 to 12; others are `None`.
    #[must_use]
    #[inline]
    pub fn new(year: i32, month: u32) -> Option<Self> {
        ((1900..2200).contains(&year) && (1..=12).contains(&month))
            .then(|| Self { index: year * 12 + month as i32 - 1 })
    }
    #[must_use]
    #[inline]
    pub fn year(self) -> i32 {
        self.index.div_euclid(12)
    }
    /// 1 to 12.
    #[must_use]
    #[inline]
    pub fn month(self) -> u32 {
        self.index.rem_euclid(12) as u32 + 1
    }
    /// `months` later, or earlier when negative.
    #[must_use]
    #[inline]
    pub fn plus(self, months: i32) -> Self {
        Self { index: self.index + months }
    }
    /// Months from `earlier` to `self`.
    #[must_use]
    #[inline]
    pub fn since(self, earlier: Self) -> i32 {
        self.index - earlier.index
    }
    /// All months from `self` to `last`, both included.
    pub fn through(self, last: Self) -> impl Iterator<Item = Self> {
        (self.index..=last.index).map(|index| Self { index })
    }
    /// The last month of the year before: where `new_since_year_start` is measured from.
    #[must_use]
    pub fn year_baseline(self) -> Self {
        Self { index: self.year() * 12 - 1 }
    }
    /// Days since 1970-01-01 of the month's first day.
    #[must_use]
    #[inline]
    pub fn first_day(self) -> i32 {
        days_from_civil(self.year(), self.month(), 1)
    }
    /// Days since 1970-01-01 of the month's last day.
    #[must_use]
    #[inline]
    pub fn last_day(self) -> i32 {
        self.plus(1).first_day() - 1
    }
    /// The month that a day since 1970-01-01 lies in.
    #[must_use]
    pub fn of_day(day: i32) -> Self {
        // By the mean length of a month this is never off by more than one.
        let mut month = Self { index: 1970 * 12 + (f64::from(day) / 30.436_875).floor() as i32 };
        while month.first_day() > day {
            month = month.plus(-1);
        }
        while month.last_day() < day {
            month = month.plus(1);
        }
        month
    }
    /// Months that passed whole between two days since 1970-01-01.
    #[must_use]
    pub fn full_between(from: i32, to: i32) -> i32 {
        let day_in = |day: i32| (Self::of_day(day), day - Self::of_day(day).first_day());
        let ((from_month, from_day), (to_month, to_day)) = (day_in(from), day_in(to));
        to_month.since(from_month) - i32::from(to_day < from_day)
    }
    /// `2023年3月`, for people.
    #[must_use]
    pub fn in_chinese(self) -> String {
        format!("{}年{}月", self.year(), self.month())
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar (the algorithm is Hinnant's `days_from_civil`).
#[inline]
fn days_from_civil(year: i32, month: u32, day: u32) -> i32 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month as i32 + 9) % 12) + 2) / 5 + day as i32 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.year(), self.month())
    }
}

impl FromStr for Month {
    type Err = MonthError;
    fn from_str(text: &str) -> Result<Self, MonthError> {
        let wrong = || MonthError(text.to_owned());
        let (year, month) = text.split_once('-').ok_or_else(wrong)?;
        if year.len() != 4 || month.len() != 2 || !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return Err(wrong());
        }
        Self::new(year.parse().map_err(|_| wrong())?, month.parse().map_err(|_| wrong())?).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, clippy::unwrap_used)]
    use super::*;

    fn check(text: &str, expected: Option<(i32, u32)>) {
        assert_eq!(text.parse::<Month>().ok().map(|month| (month.year(), month.month())), expected, "{text}");
    }

    #[test]
    fn a_month_is_four_digits_a_hyphen_and_two() {
        check("2023-03", Some((2023, 3)));
        check("2023-3", None);
        check("2023-13", None);
        check("2023-00", None);
        check("202303", None);
        check("2023-03-01", None);
        check("２０２３-03", None);
    }

    #[test]
    fn months_cross_the_year() {
        let march: Month = "2023-03".parse().expect("a month");
        assert_eq!(march.plus(-3).to_string(), "2022-12");
        assert_eq!(march.year_baseline().to_string(), "2022-12");
        assert_eq!(march.since(march.plus(-11)), 11);
        assert_eq!(march.plus(-11).through(march).count(), 12);
    }

    #[test]
    fn days_agree_with_the_calendar() {
        let march: Month = "2023-03".parse().expect("a month");
        assert_eq!((march.first_day(), march.last_day()), (19_417, 19_447));
        let february: Month = "2024-02".parse().expect("a month");
        assert_eq!(february.last_day() - february.first_day(), 28);
    }
}
