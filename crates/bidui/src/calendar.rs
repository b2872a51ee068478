//! Days and working days, by the State Council's holidays and make-up days as a data file.

use std::collections::BTreeSet;

use bidui_model::{Diagnostic, Found, SpecFile, SpecTable, plain_date};
use bidui_normalize::iso_date;

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
                let mut read: Vec<Holiday> = Vec::new();
                for table in root.tables("holiday") {
                    read.extend(holiday(&source, table));
                }
                hold_apart(&source, &read);
                for holiday in &read {
                    calendar.holidays.extend(holiday.from.value..=holiday.to.value);
                    calendar.working.extend(holiday.working.iter().map(|day| day.value));
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
        self.working.contains(&day) || (weekday(day) < 5 && !self.holidays.contains(&day))
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

/// One holiday of the file, with the days worked for it.
struct Holiday {
    from: Found<i32>,
    to: Found<i32>,
    working: Vec<Found<i32>>,
}

/// A day of the file that is off or worked where it can be neither.
const ODD_DAY: &str = "BD0701";
/// The longest holiday was nine days.
const MOST_DAYS: i32 = 12;
/// A make-up day is worked in the weeks around its holiday.
const MOST_AWAY: i32 = 21;

fn holiday(source: &SpecFile<'_>, table: SpecTable<'_>) -> Option<Holiday> {
    // For people, and text like any other.
    let _ = table.text("name");
    let (from, to) = (table.date("from"), table.date("to"));
    for key in ["from", "to"] {
        if table.span_of(key).is_none() {
            let message = format!("缺少“{key}”");
            source.error("BD0002", Some(table.span.clone()), message, "请补上日期，如 from = 2023-04-05");
        }
    }
    // Said of what is no day at all by the table itself.
    let days = table.dates("working").len();
    let items = table.items("working");
    let working = items.iter().filter_map(|item| Some(Found { value: plain_date(item.get_ref())?, span: item.span() }));
    let working: Vec<Found<i32>> = working.take(days).collect();
    table.finish();
    let (from, to) = (from?, to?);
    if from.value > to.value {
        source.error(ODD_DAY, Some(to.span), "假期的结束日早于开始日", "核对 from 和 to");
        return None;
    }
    let days = to.value - from.value + 1;
    if days > MOST_DAYS {
        source.error(ODD_DAY, Some(to.span), format!("假期有{days}天，太长"), "核对 from 和 to 的年、月");
        return None;
    }
    Some(Holiday { from, to, working })
}

/// Holidays that share a day, and days that are worked on a day off or on a day that is worked anyway.
fn hold_apart(source: &SpecFile<'_>, read: &[Holiday]) {
    let within = |day: i32, holiday: &Holiday| (holiday.from.value..=holiday.to.value).contains(&day);
    let mut worked: Vec<i32> = Vec::new();
    for (at, holiday) in read.iter().enumerate() {
        let meets = |other: &&Holiday| within(holiday.from.value, other) || within(other.from.value, holiday);
        if let Some(other) = read[..at].iter().find(meets) {
            let (from, to) = (iso_date(other.from.value), iso_date(other.to.value));
            let message = format!("假期与前面的一段（{from} 至 {to}）重叠");
            source.error(ODD_DAY, Some(holiday.from.span.clone()), message, "核对两段的 from 和 to");
        }
        for day in &holiday.working {
            let shown = iso_date(day.value);
            let away = (holiday.from.value - day.value).max(day.value - holiday.to.value);
            let message = if read.iter().any(|holiday| within(day.value, holiday)) {
                format!("调休上班日 {shown} 在假期里")
            } else if weekday(day.value) < 5 {
                format!(
                    "调休上班日 {shown} 是星期{}，本来就上班",
                    ["一", "二", "三", "四", "五"][weekday(day.value) as usize]
                )
            } else if away > MOST_AWAY {
                format!("调休上班日 {shown} 离假期有{away}天")
            } else if worked.contains(&day.value) {
                format!("调休上班日 {shown} 写了两次")
            } else {
                worked.push(day.value);
                continue;
            };
            source.error(ODD_DAY, Some(day.span.clone()), message, "调休上班的是假期前后的星期六、星期日，照通知核对");
        }
    }
}

/// 0 is Monday: 1970-01-01 was a Thursday.
fn weekday(day: i32) -> i32 {
    (day + 3).rem_euclid(7)
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

    /// What is pointed at, and a word of what is said.
    fn refuse(text: &str, at: &str, word: &str) {
        let found = Calendar::compile(text, "h.toml").unwrap_err();
        let told: Vec<_> = found.iter().map(|one| (one.code, &text[one.span.clone().unwrap()])).collect();
        assert_eq!(told, [("BD0701", at)], "{text}");
        assert!(found[0].message.contains(word), "{}", found[0].message);
    }

    #[test]
    fn days_that_cannot_be_off_or_worked_are_errors_at_the_day() {
        let of = |from: &str, to: &str, working: &str| {
            format!("[[holiday]]\nfrom = {from}\nto = {to}\nworking = [{working}]\n")
        };
        refuse(&of("2023-04-06", "2023-04-05", ""), "2023-04-05", "早于");
        refuse(&of("2023-10-01", "2024-10-06", ""), "2024-10-06", "太长");
        refuse(&of("2023-01-21", "2023-01-27", "2023-01-27, 2023-01-29"), "2023-01-27", "在假期里");
        refuse(&of("2023-04-29", "2023-05-03", "2023-04-24"), "2023-04-24", "星期一");
        refuse(&of("2023-04-29", "2023-05-03", "2023-06-24"), "2023-06-24", "离假期");
        let twice = of("2023-01-21", "2023-01-27", "")
            + &of("2023-01-02", "2023-01-02", "")
            + &of("2023-01-27", "2023-01-28", "");
        refuse(&twice, "2023-01-27", "重叠");
    }
}
