//! The citizen identity number of GB 11643-1999: six digits of area, eight of birth date, three of sequence (odd is male) and a
//! check character by ISO 7064 MOD 11-2. Grammar taken here: exactly 18 ASCII bytes, `[0-9]{17}[0-9X]`, with a real birth date and
//! the right check character. Every other spelling is the business of `normalize`.

use std::fmt;

/// A number that passed every check. It has no `Display` and its `Debug` is masked, so that none reaches a log by accident.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdNumber([u8; 18]);

/// As GB/T 2261.1 has it, for the two values an ID number can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    Male,
    Female,
}

impl Sex {
    #[must_use]
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::Male => "男",
            Self::Female => "女",
        }
    }
}

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK: [u8; 11] = *b"10X98765432";

/// The check character of the first 17 digits (ISO 7064 MOD 11-2). `None` unless they are 17 ASCII digits.
#[must_use]
#[inline]
pub fn check_character(digits: &[u8]) -> Option<u8> {
    if digits.len() != 17 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    Some(CHECK[(sum % 11) as usize])
}

impl IdNumber {
    /// `None` unless the 18 bytes are digits with a real birth date (1850 to 2149) and the right check character.
    #[must_use]
    #[inline]
    pub fn from_canonical(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; 18] = bytes.try_into().ok()?;
        let number = Self(bytes);
        (check_character(&bytes[..17])? == bytes[17] && number.has_real_birth_date()).then_some(number)
    }

    /// For the keyed hash only.
    #[must_use]
    #[inline]
    pub fn expose_bytes(&self) -> &[u8; 18] {
        &self.0
    }

    /// Six digits of the area where the number was first given. Never route by it.
    #[must_use]
    pub fn area_code(&self) -> u32 {
        self.digits(0, 6)
    }

    /// Year, month, day.
    #[must_use]
    #[inline]
    pub fn birth_date(&self) -> (i32, u32, u32) {
        (self.digits(6, 10) as i32, self.digits(10, 12), self.digits(12, 14))
    }

    #[must_use]
    #[inline]
    pub fn sex(&self) -> Sex {
        if self.digits(16, 17) % 2 == 1 { Sex::Male } else { Sex::Female }
    }

    /// `450221********1234`: what a list may show.
    #[must_use]
    pub fn masked(&self) -> String {
        let text: String = self.0.iter().map(|byte| char::from(*byte)).collect();
        format!("{}********{}", &text[..6], &text[14..])
    }

    #[inline]
    fn digits(&self, from: usize, to: usize) -> u32 {
        self.0[from..to].iter().fold(0, |sum, byte| sum * 10 + u32::from(byte - b'0'))
    }

    #[inline]
    fn has_real_birth_date(&self) -> bool {
        let (year, month, day) = self.birth_date();
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        (1850..2150).contains(&year) && (1..=days).contains(&day)
    }
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("IdNumber(********)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, clippy::unwrap_used)]
    use super::*;

    fn check(text: &str, expected: bool) {
        assert_eq!(IdNumber::from_canonical(text.as_bytes()).is_some(), expected, "{text}");
    }

    #[test]
    fn the_published_vectors_pass() {
        check("11010519491231002X", true);
        check("440524188001010014", true);
    }

    #[test]
    fn a_wrong_check_date_case_or_length_does_not() {
        check("11010519491231002x", false);
        check("110105194912310021", false);
        check("11010519490229001X", false);
        check("1101051949123100", false);
        check("", false);
    }

    #[test]
    fn the_sequence_tells_the_sex_and_debug_tells_nothing() {
        let number = IdNumber::from_canonical(b"11010519491231002X").expect("a published vector");
        assert_eq!(number.sex(), Sex::Female);
        assert_eq!(number.birth_date(), (1949, 12, 31));
        assert_eq!(number.masked(), "110105********002X");
        assert!(!format!("{number:?}").contains("1949"));
    }
}
