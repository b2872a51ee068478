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
                root.leave(&["source"]);
                for table in root.tables("holiday") {
                    table.leave(&["name"]);
                    let (from, to) = (table.date("from"), table.date("to"));
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

    #[test]
    fn a_holiday_that_ends_before_it_begins_is_an_error() {
        let text = "[[holiday]]\nfrom = 2023-04-06\nto = 2023-04-05\n";
        assert_eq!(Calendar::compile(text, "h.toml").unwrap_err()[0].code, "BD0701");
    }
}
