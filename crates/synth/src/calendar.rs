//! Days since 1970-01-01 and the civil calendar, for birth dates and events.

use bidui_model::Month;

/// Year, month, day of a day (the algorithm is Hinnant's `civil_from_days`).
pub(crate) fn civil(day: i32) -> (i32, u32, u32) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_index + 2) / 5 + 1) as u32;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 } as u32;
    let year = year_of_era + era * 400 + i32::from(month <= 2);
    (year, month, day)
}

/// The day of a date; the day of the month is held within the month.
pub(crate) fn day_of(year: i32, month: u32, day: u32) -> i32 {
    Month::new(year, month).map_or(0, |month| (month.first_day() + day as i32 - 1).min(month.last_day()))
}

/// Full years between a birth and a day. Nobody here is born on 29 February, which offices count in two ways.
pub(crate) fn age_on(birth: i32, day: i32) -> i32 {
    let (birth_year, birth_month, birth_day) = civil(birth);
    let (year, month, day) = civil(day);
    year - birth_year - i32::from((month, day) < (birth_month, birth_day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(date: (i32, u32, u32)) {
        assert_eq!(civil(day_of(date.0, date.1, date.2)), date);
    }

    #[test]
    fn a_day_reads_back_as_its_date() {
        check((1970, 1, 1));
        check((2000, 2, 29));
        check((1931, 12, 31));
        check((2023, 3, 1));
    }

    #[test]
    fn a_birthday_counts_on_its_day() {
        let born = day_of(2007, 3, 31);
        assert_eq!(age_on(born, day_of(2023, 3, 30)), 15);
        assert_eq!(age_on(born, day_of(2023, 3, 31)), 16);
    }
}
