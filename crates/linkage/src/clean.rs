//! Raw values made comparable.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use crate::model::{Clean, Field};

/// The cleaned value, or nothing.
pub(crate) fn clean<'v>(raw: &'v str, field: &Field) -> Option<Cow<'v, str>> {
    let mut value = if raw.is_ascii() || is_nfkc_quick(raw.chars()) == IsNormalized::Yes {
        Cow::Borrowed(raw.trim())
    } else {
        Cow::Owned(raw.nfkc().collect::<String>().trim().to_owned())
    };
    for step in &field.clean {
        value = apply(*step, value);
    }
    (!value.is_empty() && !field.missing.iter().any(|missing| *missing == value)).then_some(value)
}

fn apply(step: Clean, value: Cow<'_, str>) -> Cow<'_, str> {
    if step == Clean::Digits && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return value;
    }
    Cow::Owned(match step {
        Clean::Lower => value.to_lowercase(),
        Clean::Alphanumeric => value.chars().filter(|letter| letter.is_alphanumeric()).collect(),
        Clean::Digits => value.chars().filter(char::is_ascii_digit).collect(),
        Clean::SortWords => {
            let mut words: Vec<&str> = value.split_whitespace().collect();
            words.sort_unstable();
            words.join(" ")
        }
        Clean::Soundex => soundex(&value),
    })
}

/// American Soundex: the first letter and three digits. Letters beyond ASCII are passed over.
fn soundex(value: &str) -> String {
    let mut code = String::new();
    let mut last = b'0';
    for letter in value.bytes().filter(u8::is_ascii_alphabetic).map(|letter| letter.to_ascii_lowercase()) {
        let digit = match letter {
            b'b' | b'f' | b'p' | b'v' => b'1',
            b'c' | b'g' | b'j' | b'k' | b'q' | b's' | b'x' | b'z' => b'2',
            b'd' | b't' => b'3',
            b'l' => b'4',
            b'm' | b'n' => b'5',
            b'r' => b'6',
            b'h' | b'w' => b'-',
            _ => b'0',
        };
        if code.is_empty() {
            code.push(char::from(letter));
            last = digit;
            continue;
        }
        // h and w do not part two letters of one sound; vowels do.
        if digit == b'-' {
            continue;
        }
        if digit != b'0' && digit != last {
            code.push(char::from(digit));
        }
        last = digit;
        if code.len() == 4 {
            break;
        }
    }
    if code.is_empty() { code } else { format!("{code:0<4}") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(steps: &[Clean], raw: &str, expected: Option<&str>) {
        let field = Field {
            name: String::new(),
            left: String::new(),
            right: String::new(),
            clean: steps.to_vec(),
            missing: vec!["无".to_owned()],
        };
        assert_eq!(clean(raw, &field).as_deref(), expected, "{raw}");
    }

    #[test]
    fn blanks_width_and_placeholders_say_nothing() {
        check(&[], "  ", None);
        check(&[], "　无 ", None);
        check(&[Clean::Digits], "１９８０-０１", Some("198001"));
        check(&[Clean::Lower, Clean::Alphanumeric], "O'Neil", Some("oneil"));
        check(&[Clean::SortWords], "road  long", Some("long road"));
    }

    #[test]
    fn soundex_is_that_of_the_census() {
        for (name, code) in
            [("Robert", "r163"), ("Rupert", "r163"), ("Ashcraft", "a261"), ("Tymczak", "t522"), ("Lee", "l000")]
        {
            check(&[Clean::Soundex], name, Some(code));
        }
        check(&[Clean::Soundex], "张三", None);
    }
}
