//! Phone numbers in a text: any 11 digits or more in a row, and a mobile number in its usual groups, 138-7722-1234.

use crate::mask::is_separator;
use crate::mask_value::is_digit;

/// A mobile number's digits; so many or more in a row stay in no text.
const LONG: usize = 11;
/// What stays of them.
const FRONT: usize = 3;
/// Each of the two groups behind the first three digits.
const GROUP: usize = 4;

/// `138＊＊＊＊` in place of every long run.
pub(crate) fn without_phones(text: &str) -> String {
    if !may_hold_phone(text) {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let run = run_at(&characters, at);
        let length = if run >= LONG { run } else { grouped_at(&characters, at, run) };
        if length >= LONG {
            masked.extend(&characters[at..at + FRONT]);
            masked.push_str("＊＊＊＊");
            at += length;
        } else {
            masked.extend(&characters[at..at + run.max(1)]);
            at += run.max(1);
        }
    }
    masked
}

/// Whether the text has the digits of a number at all.
pub(crate) fn may_hold_phone(text: &str) -> bool {
    text.len() >= LONG && text.chars().filter(|c| is_digit(*c)).count() >= LONG
}

fn run_at(characters: &[char], at: usize) -> usize {
    characters.get(at..).unwrap_or_default().iter().take_while(|c| is_digit(**c)).count()
}

/// The length of three, four and four digits with one separator each between them, or 0. `first` digits are known to stand at `at`.
fn grouped_at(characters: &[char], at: usize, first: usize) -> usize {
    let follows = |place: usize| {
        characters.get(place).is_some_and(|c| is_separator(*c)) && run_at(characters, place + 1) == GROUP
    };
    let is_mobile = first == FRONT && characters[at] == '1' && follows(at + 3) && follows(at + 8);
    if is_mobile { 13 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(without_phones(text), expected, "{text}");
        assert_eq!(without_phones(expected), expected, "masking twice is masking once");
    }

    #[test]
    fn no_phone_stays_in_a_text() {
        check("电话13877221234，找韦", "电话138＊＊＊＊，找韦");
        check("13877221234、13877221235", "138＊＊＊＊、138＊＊＊＊");
        check("138 7722 1234", "138＊＊＊＊");
        check("8613877221234", "861＊＊＊＊");
        check("450206102205", "450＊＊＊＊");
    }

    #[test]
    fn shorter_numbers_and_dates_stay() {
        check("2022-01-05至2022-12-31", "2022-01-05至2022-12-31");
        check("1234567890元", "1234567890元");
        check("138,001,234.56", "138,001,234.56");
    }
}
