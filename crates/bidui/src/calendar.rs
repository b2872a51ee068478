//! Days and working days, by the State Council's holidays and make-up days as a data file.

use std::collections::BTreeSet;

use bidui_model::{Diagnostic, SpecFile};

/// Days off on weekdays, and weekend days that are worked; days since 1970-01-01.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calendar {
    holidays: BTreeSet<i32>,
    working: BTreeSet<i32>,
}

/// How the days of a deadline are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Count {
    Calendar,
    Working,
}

impl Calendar {
    /// Compiles holidays.toml.
    pub(crate) fn compile(text: &str, file: &str) -> Result<Self, Vec<Diagnostic>> {
        let source = SpecFile::new(file, text);
        let calendar = {
            let mut tree = None;
            source.root(&mut tree).map(|root| {
                let mut calendar = Self::default();
                root.leave(&["source", "sources"]);
                for table in root.tables("holiday") {
                    table.leave(&["name"]);
                    let (from, to) = (table.date("from"), table.date("to"));
                    for key in ["from", "to"] {
                        if table.span_of(key).is_none() {
                            let message = format!("缺少“{key}”");
                            source.error(
                                "BD0002",
                                Some(table.span.clone()),
                                message,
                                "请补上日期，如 from = 2023-04-05",
                            );
                        }
                    }
                    calendar.working.extend(table.dates("working"));
                    if let (Some(from), Some(to)) = (from, to) {
                        if from.value > to.value {
                            source.error("BD0701", Some(to.span), "假期的结束日早于开始日", "核对 from 和 to");
                        } else {
                            calendar.holidays.extend(from.value..=to.value);
                        }
                    }
                    table.finish();
                }
                root.finish();
                calendar
            })
        };
        source.finish(calendar)
    }

    /// The last day that the table knows anything of; `None` for an empty table.
    pub(crate) fn last_known(&self) -> Option<i32> {
        self.holidays.iter().chain(&self.working).max().copied()
    }

    fn is_working(&self, day: i32) -> bool {
        // 1970-01-01 was a Thursday: 0 is Monday.
        let weekday = (day + 3).rem_euclid(7);
        self.working.contains(&day) || (weekday < 5 && !self.holidays.contains(&day))
    }

    /// The day that lies `days` after `start`, which itself does not count.
    pub(crate) fn after(&self, start: i32, days: u32, count: Count) -> i32 {
        if count == Count::Calendar {
            return start + days as i32;
        }
        let mut day = start;
        let mut left = days;
        while left > 0 {
            day += 1;
            if self.is_working(day) {
                left -= 1;
            }
        }
        day
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const HOLIDAYS: &str = "[[holiday]]\nname = \"清明节\"\nfrom = 2023-04-05\nto = 2023-04-05\n[[holiday]]\nname = \"劳动节\"\nfrom = 2023-04-29\nto = 2023-05-03\nworking = [2023-04-23, 2023-05-06]\n";

    /// Days since 1970-01-01 of a day in April 2023.
    fn april(day: i32) -> i32 {
        bidui_model::Month::new(2023, 4).unwrap().first_day() + day - 1
    }

    fn check(start: i32, days: u32, count: Count, expected: i32) {
        let calendar = Calendar::compile(HOLIDAYS, "holidays.toml").unwrap();
        assert_eq!(calendar.after(april(start), days, count), april(expected));
    }

    #[test]
    fn weekends_and_holidays_do_not_count_and_make_up_days_do() {
        check(4, 1, Count::Calendar, 5);
        check(4, 1, Count::Working, 6);
        check(6, 3, Count::Working, 11);
        check(21, 2, Count::Working, 24);
        check(28, 1, Count::Working, 34);
    }

    /// `days` working days after a day, by the file that the program is shipped with.
    fn check_shipped(start: &str, days: u32, expected: &str) {
        let calendar = Calendar::compile(include_str!("../../../config/holidays.toml"), "holidays.toml").unwrap();
        let day = |text: &str| {
            let month: bidui_model::Month = text[..7].parse().unwrap();
            month.first_day() + text[8..].parse::<i32>().unwrap() - 1
        };
        assert_eq!(calendar.after(day(start), days, Count::Working), day(expected), "{start} + {days}");
    }

    #[test]
    fn the_shipped_years_know_their_make_up_days() {
        // Sunday 29 September and Saturday 12 October 2024 are worked, the first week of October is not.
        check_shipped("2024-09-27", 1, "2024-09-29");
        check_shipped("2024-09-27", 3, "2024-10-08");
        check_shipped("2024-09-27", 7, "2024-10-12");
        check_shipped("2024-09-27", 8, "2024-10-14");
        // New Year of 2024 lies between two weekends' ends; that of 2025 is one Wednesday.
        check_shipped("2023-12-29", 1, "2024-01-02");
        check_shipped("2024-12-31", 1, "2025-01-02");
        check_shipped("2025-01-24", 3, "2025-02-05");
        check_shipped("2025-01-24", 6, "2025-02-08");
        check_shipped("2026-02-13", 1, "2026-02-14");
        check_shipped("2026-02-13", 2, "2026-02-24");
        check_shipped("2026-02-13", 6, "2026-02-28");
        check_shipped("2026-09-18", 1, "2026-09-20");
    }

    #[test]
    fn a_holiday_that_ends_before_it_begins_is_an_error() {
        let text = "[[holiday]]\nfrom = 2023-04-06\nto = 2023-04-05\n";
        assert_eq!(Calendar::compile(text, "h.toml").unwrap_err()[0].code, "BD0701");
    }
}
