//! What may be shown or kept of a text that may hold somebody's number or name.
//!
//! In stored text, every run of 11 or more digits is masked, and so is a number of 15, 17 or 18 characters that is broken up by blanks
//! or punctuation and holds a real birth date where an ID has one. A key column (bill and household numbers) must stay distinct, so
//! there a run without a birth date stays, and a masked one gets a tag under the bureau's key.

use std::borrow::Cow;
use std::ops::Range;

use crate::SealKeys;
use crate::blank::is_blank;
use crate::fold::{fold, is_dash};
use crate::mask_phone::{may_hold_phone, without_phones};

/// `found` of a flaw holds at most so many characters.
const FOUND: usize = 20;

/// An ID cell for a flaw: at most the first six and last four characters of a long number, less of a short one, a name's first word.
#[must_use]
pub fn mask_id(text: &str) -> String {
    const NO_NAMES: &[&str] = &["办理中", "正在办理", "未办理", "未办", "待补", "没有", "不详", "新生儿"];
    let folded = fold(text);
    if is_blank(&folded) || NO_NAMES.contains(&folded.as_ref()) {
        return folded.into_owned();
    }
    if folded.chars().any(is_han) {
        return masked_words(&folded);
    }
    let characters: Vec<char> =
        folded.chars().filter(|c| c.is_alphanumeric() || *c == '*' || *c == '+' || *c == '.').collect();
    let (front, back) = match characters.len() {
        0..7 => return characters.into_iter().collect(),
        7..15 => (2, 2),
        _ => (6, 4),
    };
    keep_ends(&characters, front, back)
}

/// A name for a flaw: `韦＊＊`.
#[must_use]
pub fn mask_name(text: &str) -> String {
    match fold(text).chars().next() {
        Some(first) => format!("{first}＊＊"),
        None => String::new(),
    }
}

/// A text as it stands but for its long numbers, 450221********4515: names of files and sheets, for people name them after persons. Whether a word
/// in such a name is somebody's name nobody can know.
#[must_use]
pub fn mask_numbers(text: &str) -> String {
    let narrow = |character: char| match character {
        '０'..='９' | 'Ｘ' | 'ｘ' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
        character => character,
    };
    without_ids(&text.chars().map(narrow).collect::<String>(), Keep::Nothing).unwrap_or_else(|| text.to_owned())
}

/// A text or a place for a flaw: short, and with no long number in it.
pub(crate) fn mask_found(text: &str) -> String {
    shortened(&masked_text(fold(text), Keep::Nothing))
}

/// As much as a flaw shows.
pub(crate) fn shortened(text: &str) -> String {
    if text.chars().count() <= FOUND {
        return text.to_owned();
    }
    text.chars().take(FOUND - 1).chain(['…']).collect()
}

/// What is stored of a text: no ID number, and no phone number unless it is a key. Takes folded text.
pub(crate) fn masked_text<'a>(folded: Cow<'a, str>, keep: Keep<'_>) -> Cow<'a, str> {
    let text = without_ids(&folded, keep).map_or(folded, Cow::Owned);
    match keep {
        Keep::Keys(_) => text,
        Keep::Nothing if may_hold_phone(&text) => Cow::Owned(without_phones(&text)),
        Keep::Nothing => text,
    }
}

/// What a long run leaves behind.
#[derive(Clone, Copy)]
pub(crate) enum Keep<'a> {
    Nothing,
    /// Runs that can be no ID, and a tag of those that can.
    Keys(&'a SealKeys),
}

/// The text with its ID-like numbers masked, or `None` if it has none. Takes folded text.
fn without_ids(folded: &str, keep: Keep<'_>) -> Option<String> {
    if folded.len() < 14 || folded.bytes().filter(u8::is_ascii_digit).count() < 14 {
        return None;
    }
    let characters: Vec<char> = folded.chars().collect();
    let mut hidden: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    while start < characters.len() {
        if !characters[start].is_ascii_digit() {
            start += 1;
            continue;
        }
        let (digits, end) = joined_digits(&characters, start);
        hide_in(&characters, &digits, start..end, keep, &mut hidden);
        start = end;
    }
    if hidden.is_empty() {
        return None;
    }
    let mut text = String::with_capacity(folded.len());
    let mut from = 0;
    for range in hidden {
        text.extend(&characters[from..range.start]);
        text.push_str(&masked_number(&characters[range.clone()], keep));
        from = range.end;
    }
    text.extend(&characters[from..]);
    Some(text)
}

/// The digits of a number that may be broken up by single separators: their characters, and where it ends.
fn joined_digits(characters: &[char], start: usize) -> (Vec<char>, usize) {
    let mut digits = Vec::new();
    let (mut end, mut at, mut gap) = (start, start, 0);
    while let Some(character) = characters.get(at) {
        // `….xlsx` behind a number is no check character of it.
        let may_end = digits.len() >= 14 && (gap == 0 || digits.len() == 17);
        let is_check = may_end && matches!(character, 'X' | 'x' | 'Х' | 'х' | '×');
        if character.is_ascii_digit() || is_check {
            digits.push(if is_check { 'X' } else { *character });
            gap = 0;
            end = at + 1;
            if is_check {
                break;
            }
        } else if gap < 2 && is_separator(*character) {
            gap += 1;
        } else {
            break;
        }
        at += 1;
    }
    (digits, end)
}

/// Adds what must be masked of one number to `hidden`.
fn hide_in(characters: &[char], digits: &[char], span: Range<usize>, keep: Keep<'_>, hidden: &mut Vec<Range<usize>>) {
    if may_hold_id(digits) {
        hidden.push(span);
        return;
    }
    if matches!(keep, Keep::Keys(_)) {
        return;
    }
    let mut at = span.start;
    while at < span.end {
        let length = characters[at..span.end].iter().take_while(|c| !is_separator(**c)).count();
        if length >= 15 {
            hidden.push(at..at + length);
        }
        at += length + 1;
    }
}

/// Whether 17 characters in a row, or all 15, hold a birth date where an ID number does; the 18th, or the first of 18, may be lost.
fn may_hold_id(digits: &[char]) -> bool {
    if digits.len() == 15 {
        return is_date(&["19".chars().collect(), digits[6..12].to_vec()].concat());
    }
    digits.windows(17).any(|window| window[0] != '0' && is_date(&window[6..14]))
        || (digits.len() == 17 && is_date(&digits[5..13]))
}

fn is_date(digits: &[char]) -> bool {
    let number = |range: Range<usize>| digits[range].iter().try_fold(0, |value, c| Some(value * 10 + c.to_digit(10)?));
    match (number(0..4), number(4..6), number(6..8)) {
        (Some(year), Some(month), Some(day)) => {
            (1850..2150).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
        }
        _ => false,
    }
}

fn masked_number(characters: &[char], keep: Keep<'_>) -> String {
    let bare: Vec<char> = characters.iter().copied().filter(|c| !is_separator(*c)).collect();
    let masked = keep_ends(&bare, 6, 4);
    match keep {
        Keep::Nothing => masked,
        Keep::Keys(keys) => {
            let content: String = bare.iter().collect();
            format!("{masked}#{:012x}", keys.row_tag(content.as_bytes()) >> 16)
        }
    }
}

fn keep_ends(characters: &[char], front: usize, back: usize) -> String {
    characters[..front]
        .iter()
        .copied()
        .chain(std::iter::repeat_n('*', 8))
        .chain(characters[characters.len() - back..].iter().copied())
        .collect()
}

/// Words in an ID cell may be a name beside a number: the first character of the words, and nothing of the number.
fn masked_words(folded: &str) -> String {
    let mut characters = folded.chars();
    let first = characters.next().filter(|c| is_han(*c));
    match first {
        Some(first) => format!("{first}＊＊"),
        None => "＊＊".to_owned(),
    }
}

pub(crate) fn is_separator(character: char) -> bool {
    is_dash(character)
        || matches!(character, ' ' | '.' | ',' | '_' | '/' | '\u{b7}' | '\'' | '"' | '\u{2018}'..='\u{201d}')
}

fn is_han(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' | '\u{e000}'..='\u{f8ff}')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{HashAlgorithm, MasterKey};

    fn check(text: &str, expected: &str) {
        let folded = fold(text);
        let masked = masked_text(folded.clone(), Keep::Nothing);
        assert_eq!(masked, expected, "{text}");
        assert_eq!(masked_text(masked.clone(), Keep::Nothing), masked, "masking twice is masking once");
    }

    #[test]
    fn no_id_number_stays_in_a_text() {
        check("母亲11010519491231002X代领", "母亲110105********002X代领");
        check("１１０１０５１９４９１２３１００２Ｘ", "110105********002X");
        check("110105 1949 1231 002x", "110105********002x");
        check("110105-19491231-002X", "110105********002X");
        check("11010519491231002X、440524188001010014", "110105********002X、440524********0014");
        check("130503670401001", "130503********1001");
        check("6222021234567890123", "622202********0123");
    }

    #[test]
    fn a_files_name_is_told_without_the_number_in_it() {
        for (name, told) in [
            ("韦某450221199003074515核查.xlsx", "韦某450221********4515核查.xlsx"),
            ("45022119900307451X.xls", "450221********451X.xls"),
            ("核查450221199003074515.xlsx", "核查450221********4515.xlsx"),
            ("450221900307451.xls", "450221********7451.xls"),
            ("医保局（一）/１１０１０５１９４９１２３１００２Ｘ.csv", "医保局（一）/110105********002X.csv"),
            ("450221 19900307 4515.csv", "450221********4515.csv"),
            ("450221900307451.csv", "450221********7451.csv"),
            ("20230406核查清单２３０３.xlsx", "20230406核查清单２３０３.xlsx"),
            ("医保局/2023-03-01至2023-03-31_第2批.csv", "医保局/2023-03-01至2023-03-31_第2批.csv"),
        ] {
            assert_eq!(mask_numbers(name), told);
            assert_eq!(mask_numbers(told), told);
        }
    }

    #[test]
    fn no_id_that_lost_a_digit_stays_in_a_text() {
        check("45022119900101123", "450221********1123");
        check("450221 1990 0101 123", "450221********1123");
        check("50221-19900101-1236", "502211********1236");
    }

    #[test]
    fn no_phone_stays_in_a_text() {
        check("电话13800001234", "电话138＊＊＊＊");
        check("11010519491231002X转13800001234", "110105********002X转138＊＊＊＊");
    }

    #[test]
    fn ordinary_numbers_and_dates_stay() {
        check("2022-01-05至2022-12-31", "2022-01-05至2022-12-31");
        check("2022-01-05 2022-12-31", "2022-01-05 2022-12-31");
        check("4502061022", "4502061022");
        check("无", "无");
    }

    #[test]
    fn keys_stay_distinct() {
        let master = MasterKey::parse(&format!("bidui-key-v1 {}", "01".repeat(32))).unwrap();
        let keys = SealKeys::derive(&master, HashAlgorithm::HmacSha256);
        let keep = Keep::Keys(&keys);
        assert!(without_ids("99887766554433221100", keep).is_none());
        let one = without_ids("11010519491231002X", keep).unwrap();
        let two = without_ids("11010519491230002X", keep).unwrap();
        assert_ne!(one, two);
        assert!(one.starts_with("110105********002X#"));
    }

    #[test]
    fn a_flaw_shows_little() {
        assert_eq!(mask_id("11010519491231002X"), "110105********002X");
        assert_eq!(mask_id("E12345678"), "E1********78");
        assert_eq!(mask_id("12345"), "12345");
        assert_eq!(mask_id("韦某某"), "韦＊＊");
        assert_eq!(mask_name("韦某某"), "韦＊＊");
        assert_eq!(mask_found("电话13800001234"), "电话138＊＊＊＊");
        assert_eq!(mask_found(&"长".repeat(30)).chars().count(), 20);
    }
}
