//! Identity numbers: valid, of the right sex and birth date, and each given once.
//!
//! A number is area, birth date and sequence, so all that must be remembered is how many were given of each area, day and sex:
//! a fixed table, whatever the size of the county.

use bidui_model::{IdNumber, Sex, check_character};

use crate::calendar::{civil, day_of};

/// 柳江县 until 2016, 柳江区 since.
const LOCAL: [u32; 2] = [450_221, 450_206];
/// Where people marry in from: 柳城, 鹿寨, 融安, 融水, 三江, 忻城, 象州, 宜州 (by its old codes), 从江; and, rarely, with a residence
/// permit of 香港 or 台湾, which has the build of an identity number.
const ELSEWHERE: [u32; 11] =
    [450_222, 450_223, 450_224, 450_225, 450_226, 451_321, 451_322, 452_702, 522_633, 810_000, 830_000];
/// The city's other districts: townsfolk, who are not in the registry.
const CITY: [u32; 4] = [450_202, 450_203, 450_204, 450_205];

const FIRST_YEAR: i32 = 1915;
const YEARS: i32 = 125;
/// Sequences per area, day and sex: those ending in 00 are left out, since with a 0 behind them a sound number would look like one
/// that Excel cut short, and so are 996 to 999, which 15-digit numbers kept for centenarians.
const SEQUENCES: u16 = 470;

/// Where a person's number was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Issued {
    Here,
    Elsewhere(usize),
    City(usize),
}

/// Which numbers have been given.
pub(crate) struct NumberBook {
    first_day: i32,
    /// By area, then day and sex.
    given: Vec<(u32, Vec<u16>)>,
}

impl NumberBook {
    pub(crate) fn new() -> Self {
        let areas = LOCAL.iter().chain(&ELSEWHERE).chain(&CITY);
        Self { first_day: day_of(FIRST_YEAR, 1, 1), given: areas.map(|area| (*area, Vec::new())).collect() }
    }

    /// A number never given before, with the birth date it carries: the one asked for, unless all its numbers are gone.
    pub(crate) fn give(&mut self, issued: Issued, birth: i32, sex: Sex) -> ([u8; 18], i32) {
        let last_day = self.first_day + YEARS * 365;
        let mut day = birth.clamp(self.first_day, last_day - 1);
        loop {
            for area in candidates(issued, day) {
                if let Some(number) = self.take(area, day, sex) {
                    return (number, day);
                }
            }
            // Some 13,000 people of one sex and day: the neighbour a day younger is as good.
            day = if day + 1 < last_day { skip_leap_day(day + 1) } else { self.first_day };
        }
    }

    fn take(&mut self, area: u32, day: i32, sex: Sex) -> Option<[u8; 18]> {
        let slot = (day - self.first_day) as usize * 2 + usize::from(sex == Sex::Female);
        let (_, given) = self.given.iter_mut().find(|(code, _)| *code == area)?;
        if given.is_empty() {
            given.resize((YEARS * 365 * 2) as usize, 0);
        }
        let count = given.get_mut(slot).filter(|count| **count < SEQUENCES)?;
        *count += 1;
        // 137 has no factor in common with 470, so that the walk meets every sequence once, in no visible order.
        let place = (u32::from(*count) * 137 + day.unsigned_abs() % 470) % u32::from(SEQUENCES);
        let sequence = place / 47 * 100 + 1 + place % 47 * 2 + u32::from(sex == Sex::Female);
        Some(compose(area, day, sequence))
    }
}

/// A number that the person had before a clerk put the birth year right: of the same place and sex, sound, and nobody else's, since its
/// sequence is one of those that are never given.
pub(crate) fn old_number(number: &str) -> Option<String> {
    let digits = |from: usize, until: usize| number.get(from..until)?.parse::<u32>().ok();
    let (area, year, month, day) = (digits(0, 6)?, digits(6, 10)?, digits(10, 12)?, digits(12, 14)?);
    let sequence = 996 + digits(14, 17)? % 2;
    let day = day_of(year as i32 - 1, month, day);
    Some(String::from_utf8_lossy(&compose(area, day, sequence)).into_owned())
}

/// Nobody is born on 29 February, and the day before is as good.
pub(crate) fn skip_leap_day(day: i32) -> i32 {
    if matches!(civil(day), (_, 2, 29)) { day - 1 } else { day }
}

/// Areas to try, in order: the one asked for, the county's, and the rest.
fn candidates(issued: Issued, birth: i32) -> impl Iterator<Item = u32> {
    // A number is given with the birth's registration, and the county became a district at the end of 2016.
    let local = if civil(birth).0 < 2017 { LOCAL } else { [LOCAL[1], LOCAL[0]] };
    let first = match issued {
        Issued::Here => local[0],
        Issued::Elsewhere(index) => ELSEWHERE[index % ELSEWHERE.len()],
        Issued::City(index) => CITY[index % CITY.len()],
    };
    let rest: &'static [u32] = if matches!(issued, Issued::City(_)) { &CITY } else { &ELSEWHERE };
    let second = if matches!(issued, Issued::City(_)) { first } else { local[0] };
    [first, second].into_iter().chain(rest.iter().copied())
}

fn compose(area: u32, day: i32, sequence: u32) -> [u8; 18] {
    let (year, month, day) = civil(day);
    let mut number = [b'0'; 18];
    for (place, (value, digits)) in
        [(0, (area, 6)), (6, (year as u32, 4)), (10, (month, 2)), (12, (day, 2)), (14, (sequence, 3))]
    {
        let mut rest = value;
        for index in (place..place + digits).rev() {
            number[index] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    }
    number[17] = check_character(&number[..17]).unwrap_or(b'0');
    debug_assert!(IdNumber::from_canonical(&number).is_some());
    number
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_number_is_valid_and_given_once_even_on_one_day() {
        let mut book = NumberBook::new();
        let birth = day_of(1979, 8, 8);
        let mut seen = HashSet::new();
        for _ in 0..6_000 {
            let (number, day) = book.give(Issued::Here, birth, Sex::Female);
            let id = IdNumber::from_canonical(&number).unwrap();
            assert_eq!(id.sex(), Sex::Female);
            assert_eq!(day_of(id.birth_date().0, id.birth_date().1, id.birth_date().2), day);
            assert!(!number.ends_with(b"000"));
            assert!(seen.insert(number));
        }
    }

    #[test]
    fn an_old_number_is_sound_and_of_the_same_place_and_sex() {
        let number = NumberBook::new().give(Issued::Here, day_of(1979, 8, 8), Sex::Female).0;
        let old = old_number(std::str::from_utf8(&number).unwrap()).unwrap();
        let old = IdNumber::from_canonical(old.as_bytes()).unwrap();
        assert_eq!((old.birth_date(), old.sex()), ((1978, 8, 8), Sex::Female));
    }

    #[test]
    fn the_area_follows_the_year_of_the_county() {
        let mut book = NumberBook::new();
        assert!(book.give(Issued::Here, day_of(1990, 1, 1), Sex::Male).0.starts_with(b"450221"));
        assert!(book.give(Issued::Here, day_of(2020, 1, 1), Sex::Male).0.starts_with(b"450206"));
    }
}
