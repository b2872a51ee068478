//! The canonical name of a person, for comparison only: two spellings of one name agree, and nothing else does.
//!
//! Folded: width, blanks, digits, every middle dot to U+00B7, remarks in brackets at the end （户主）. Not folded: variant and
//! traditional characters (肖/萧, 兰/蓝), since only the same ID could say that they are one name; nor pinyin.

use crate::blank::is_blank;
use crate::fold::{fold, is_dash, is_quote};

/// What a name cell was read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CanonicalName {
    Missing,
    /// Question marks, boxes, stars or a taken-apart character where a rare one was. They agree with nothing.
    Illegible {
        /// The name with `?` for each unreadable place.
        pattern: String,
    },
    Name(String),
}

const DOT: char = '\u{b7}';

/// Reads one name. Pure; canonical twice is canonical once.
#[must_use]
pub fn canonical_name(text: &str) -> CanonicalName {
    let mut pass = Pass::over(text);
    // What was left out may have stood between two characters that fold into one; three passes settle any name there is.
    for _ in 0..3 {
        if !pass.left_out {
            break;
        }
        let unread = pass.unread;
        pass = Pass::over(&pass.name);
        pass.unread |= unread;
    }
    let name = pass.name;
    if pass.unread {
        CanonicalName::Illegible { pattern: name }
    } else if is_blank(&name) {
        CanonicalName::Missing
    } else {
        CanonicalName::Name(name)
    }
}

struct Pass {
    name: String,
    unread: bool,
    /// Something was dropped or put in another's place.
    left_out: bool,
}

impl Pass {
    fn over(text: &str) -> Self {
        let folded = fold(text);
        let (bare, taken_apart) = without_remark(&folded);
        let mut pass =
            Self { name: String::with_capacity(bare.len()), unread: taken_apart, left_out: bare.len() != folded.len() };
        if is_blank(&bare) {
            return pass;
        }
        for character in bare.chars() {
            pass.push(character);
        }
        let length = pass.name.trim_end_matches(DOT).len();
        pass.left_out |= length != pass.name.len();
        pass.name.truncate(length);
        pass
    }

    fn push(&mut self, character: char) {
        if is_unreadable(character) {
            self.unread = true;
            self.name.push('?');
        } else if is_middle_dot(character) {
            if self.name.is_empty() || self.name.ends_with(DOT) {
                self.left_out = true;
            } else {
                self.name.push(DOT);
            }
        } else if is_noise(character) {
            self.left_out = true;
        } else {
            self.name.push(character.to_ascii_uppercase());
        }
    }
}

/// Cuts bracketed remarks, `韦某(户主)`; a bracket with a plus sign, `(王+韦)`, is a character taken apart and stays unread.
fn without_remark(folded: &str) -> (String, bool) {
    let mut bare = String::with_capacity(folded.len());
    let mut taken_apart = false;
    let mut rest = folded;
    while let Some(open) = rest.find(['(', '[', '【', '〔', '<']) {
        bare.push_str(&rest[..open]);
        let after = &rest[open..];
        let close = after.find([')', ']', '】', '〕', '>']);
        let inside = close.map_or(after, |end| &after[..end]);
        if inside.contains(['+', '＋']) {
            taken_apart = true;
            bare.push('?');
        }
        rest = close.map_or("", |end| {
            let width = after[end..].chars().next().map_or(1, char::len_utf8);
            &after[end + width..]
        });
    }
    bare.push_str(rest);
    (bare, taken_apart)
}

fn is_middle_dot(character: char) -> bool {
    matches!(character, '\u{b7}' | '•' | '‧' | '∙' | '⋅' | '・' | '･' | '.' | '．' | '。' | '\u{387}' | '⸱' | '᛫' | '●')
}

fn is_unreadable(character: char) -> bool {
    matches!(character, '?' | '*' | '□' | '■' | '◻' | '☐' | '〓' | '\u{fffd}' | '○' | '#' | '※')
}

fn is_noise(character: char) -> bool {
    character.is_whitespace()
        || character.is_numeric() && !is_han_numeral(character)
        || is_quote(character)
        || is_dash(character)
        || matches!(character, '、' | '】' | '〕')
        || character.is_ascii_punctuation()
}

/// 一, 二, 千 and their like are numeric to Unicode and characters of names to people.
fn is_han_numeral(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' | '〇')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let read = canonical_name(text);
        assert_eq!(read, CanonicalName::Name(expected.to_owned()), "{text:?}");
        assert_eq!(canonical_name(expected), read, "canonical twice is canonical once");
    }
    fn check_illegible(text: &str, pattern: &str) {
        let expected = CanonicalName::Illegible { pattern: pattern.to_owned() };
        assert_eq!(canonical_name(text), expected, "{text:?}");
    }

    #[test]
    fn blanks_digits_and_remarks_are_no_part_of_a_name() {
        check("韦 某", "韦某");
        check("韦\u{3000}某", "韦某");
        check(" 韦某（户主）", "韦某");
        check("韦某(户主)2", "韦某");
        check("1韦某", "韦某");
        check("韦三", "韦三");
        check("韦某(户主", "韦某");
        check("‘韦某", "韦某");
    }

    #[test]
    fn every_middle_dot_is_one() {
        for dot in ["·", "•", "‧", "．", "・", ".", "··"] {
            check(&format!("甲乙{dot}丙丁"), "甲乙·丙丁");
        }
        check("甲乙·", "甲乙");
    }

    #[test]
    fn rare_characters_stay_and_compatibility_forms_fold() {
        check("韦𬍛", "韦𬍛");
        check("韦\u{f9d1}", "韦六");
    }

    #[test]
    fn what_cannot_be_read_agrees_with_nothing() {
        check_illegible("韦?", "韦?");
        check_illegible("韦□某", "韦?某");
        check_illegible("韦＊", "韦?");
        check_illegible("韦(王+韦)", "韦?");
        check_illegible("韦\u{fffd}", "韦?");
    }

    #[test]
    fn nothing_is_missing() {
        for text in ["", " ", "无", "-", "123", "（户主）"] {
            assert_eq!(canonical_name(text), CanonicalName::Missing, "{text:?}");
        }
    }
}
