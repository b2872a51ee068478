//! One spelling for characters that people cannot tell apart: Unicode NFKC (full-width to half-width), no invisible characters, one
//! blank for many.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// Characters that take no place on paper: zero-width ones, directional marks, soft hyphens, byte order marks, controls.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e007f}')
        || (character.is_control() && !character.is_whitespace())
}

/// Every kind of quotation mark and the apostrophe by which Excel marks text.
pub(crate) fn is_quote(character: char) -> bool {
    matches!(character, '\'' | '"' | '`' | '´' | '\u{2018}'..='\u{201f}' | '＇' | '＂' | '′' | '″')
}

/// Hyphens and dashes of any length, and the minus sign.
pub(crate) fn is_dash(character: char) -> bool {
    matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '－' | '─' | '━')
}

/// NFKC, invisible characters dropped, runs of blanks made one, trimmed. Text that is so already is not copied.
pub(crate) fn fold(text: &str) -> Cow<'_, str> {
    if is_folded(text) {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    let mut blank = false;
    for character in text.chars().filter(|c| !is_invisible(*c)).nfkc() {
        if character.is_whitespace() {
            blank = true;
            continue;
        }
        if blank && !folded.is_empty() {
            folded.push(' ');
        }
        blank = false;
        folded.push(character);
    }
    Cow::Owned(folded)
}

/// [`fold`] without any blank or quotation mark left: for values in which neither can mean anything.
pub(crate) fn squeeze(text: &str) -> String {
    // Names, places and numbers, as most texts are.
    if text.chars().all(|character| character.is_ascii_alphanumeric() || is_unified(character)) {
        return text.to_owned();
    }
    fold(text).chars().filter(|character| !character.is_whitespace() && !is_quote(*character)).collect()
}

/// Whether all characters are of the unified ideographs that NFKC never touches (most names are).
pub(crate) fn is_plain_han(text: &str) -> bool {
    text.chars().all(is_unified)
}

fn is_unified(character: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&character)
}

/// ASCII and unified ideographs, with no blank too many.
fn is_folded(text: &str) -> bool {
    // Numbers and codes, as most texts are.
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return true;
    }
    // A blank at the beginning is one too many, as if one stood before it.
    let mut after_blank = true;
    for character in text.chars() {
        let is_blank = character == ' ';
        if is_blank && after_blank || !is_blank && !character.is_ascii_graphic() && !is_unified(character) {
            return false;
        }
        after_blank = is_blank;
    }
    !after_blank
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(fold(text), expected, "{text:?}");
        assert_eq!(fold(expected), expected, "folding twice is folding once");
    }

    #[test]
    fn full_width_blanks_and_invisible_characters_fold() {
        check("ＡＢＣ１２３", "ABC123");
        check("\u{feff} 百朋\u{3000}\u{a0}镇\t", "百朋 镇");
        check("乡（镇）", "乡(镇)");
        check("", "");
        check("plain text", "plain text");
        check("两 个  blank", "两 个 blank");
    }

    #[test]
    fn squeezing_leaves_no_blank_and_no_quote() {
        assert_eq!(squeeze(" ' 1 2 “3” "), "123");
        assert_eq!(squeeze("怀洪村3组"), "怀洪村3组");
    }
}
