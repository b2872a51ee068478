//! The number of a case, as people write and read it out: `2303-00042X`.
//!
//! Grammar: two digits of the opening month's year, two of the month, `-`, a serial number of at least five digits, and a check character over
//! all digits by ISO 7064 MOD 11-2, which finds every single wrong digit and every two neighbours exchanged, and which everybody here knows
//! from ID numbers. Small `x`, full-width characters and blanks are taken as what they stand for; a missing `-` is put in.

use std::fmt;

use bidui_model::Month;

const LEAST_DIGITS: usize = 5;

/// A case number whose check character is right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseNumber(String);

/// The text is no case number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaseNumberError {
    #[error("不是预警编号，应如“2303-00042X”")]
    Form,
    #[error("预警编号抄错了一位或颠倒了两位（校验位不符），请照原清单更正")]
    Check,
}

impl CaseNumber {
    /// The number of the `serial`th case opened in a month.
    #[must_use]
    pub fn new(opened: Month, serial: u32) -> Self {
        let digits = format!("{:02}{:02}{serial:0LEAST_DIGITS$}", opened.year().rem_euclid(100), opened.month());
        let check = check(&digits);
        let (month, serial) = digits.split_at(4);
        Self(format!("{month}-{serial}{check}"))
    }

    /// Reads a number as somebody may have typed it.
    pub fn parse(text: &str) -> Result<Self, CaseNumberError> {
        let plain: String = text.chars().filter_map(plain).collect();
        let month = plain.get(..4).ok_or(CaseNumberError::Form)?;
        let rest = plain.get(4..).ok_or(CaseNumberError::Form)?;
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        let (serial, given) = rest.split_at_checked(rest.len().saturating_sub(1)).ok_or(CaseNumberError::Form)?;
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_month =
            month.get(2..).and_then(|month| month.parse::<u32>().ok()).is_some_and(|m| (1..=12).contains(&m));
        if !is_digits(month) || !is_month || serial.len() < LEAST_DIGITS || !is_digits(serial) {
            return Err(CaseNumberError::Form);
        }
        if given != check(&format!("{month}{serial}")).to_string() {
            return Err(CaseNumberError::Check);
        }
        Ok(Self(format!("{month}-{serial}{given}")))
    }

    /// Whether it is the number of a case that was opened in that month.
    pub(crate) fn is_of(&self, month: Month) -> bool {
        self.0.starts_with(&format!("{:02}{:02}-", month.year().rem_euclid(100), month.month()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CaseNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A character as it is meant; none for a blank.
fn plain(letter: char) -> Option<char> {
    match letter {
        '０'..='９' => char::from_digit(letter as u32 - '０' as u32, 10),
        'x' | 'ｘ' | 'Ｘ' => Some('X'),
        '－' | '–' | '—' | '−' | '‐' => Some('-'),
        letter if letter.is_whitespace() || letter == '\u{feff}' || letter == '\'' => None,
        letter => Some(letter),
    }
}

/// ISO 7064 MOD 11-2.
fn check(digits: &str) -> char {
    let rest = digits.bytes().fold(0, |rest, digit| (rest + u32::from(digit - b'0')) * 2 % 11);
    match (12 - rest) % 11 {
        10 => 'X',
        digit => char::from_digit(digit, 10).unwrap_or('X'),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn number(serial: u32) -> CaseNumber {
        CaseNumber::new(Month::new(2023, 3).unwrap(), serial)
    }
    fn check_parse(text: &str, expected: Result<&CaseNumber, CaseNumberError>) {
        assert_eq!(CaseNumber::parse(text).as_ref().map_err(|error| *error), expected, "{text}");
    }

    #[test]
    fn a_number_is_read_as_it_may_be_typed() {
        for serial in [0, 1, 42, 99_999, 1_234_567] {
            let number = number(serial);
            check_parse(number.as_str(), Ok(&number));
            check_parse(&format!(" {} ", number.as_str().replace('-', "")), Ok(&number));
            check_parse(&number.as_str().to_lowercase().replace('-', "—"), Ok(&number));
        }
        for text in ["", "-", "2303", "2303-1", "2313-000420", "预警", "2303-0004２"] {
            check_parse(text, Err(CaseNumberError::Form));
        }
    }

    #[test]
    fn every_wrong_digit_and_every_exchange_of_neighbours_is_found() {
        for serial in (0..3000).step_by(7) {
            let right: Vec<char> = number(serial).as_str().chars().filter(|letter| *letter != '-').collect();
            for at in 0..right.len() {
                for other in "0123456789X".chars().filter(|other| *other != right[at]) {
                    let mut wrong = right.clone();
                    wrong[at] = other;
                    assert!(CaseNumber::parse(&wrong.iter().collect::<String>()).is_err());
                }
                let mut swapped = right.clone();
                if at + 1 < right.len() && right[at] != right[at + 1] {
                    swapped.swap(at, at + 1);
                    assert!(CaseNumber::parse(&swapped.iter().collect::<String>()).is_err());
                }
            }
        }
    }
}
