//! What a flaw may show of a date, an amount, a number, a tick or a choice: such a cell may hold the name or the number of the column
//! beside it, when a row has slipped sideways, and then none of it may be read.

use crate::blank::is_blank_or_unknown;
use crate::fold::fold;
use crate::mask::shortened;
use crate::mask_phone::without_phones;

/// What dates and amounts are written with, besides ASCII.
const WORDS: &str = "年月日元万千百十零〇一二三四五六七八九亿无是否角分整有";
/// The digits among them: a number may be spelt out.
const DIGITS: &str = "零〇一二三四五六七八九";
/// So many digits may be an ID number, whatever stands between them.
const ID_DIGITS: usize = 15;
/// The digits of an ID that tell the county only.
const AREA_DIGITS: usize = 6;

/// ASCII and [`WORDS`] stay, any other character becomes `＊`; of the digits stays less than tells anybody.
pub(crate) fn mask_value(text: &str) -> String {
    let folded = fold(text);
    if is_blank_or_unknown(&folded) {
        return shortened(&folded);
    }
    let shown: String = folded.chars().map(|c| if c.is_ascii() || WORDS.contains(c) { c } else { '＊' }).collect();
    if shown.chars().filter(|c| is_digit(*c)).count() < ID_DIGITS {
        return shortened(&without_phones(&shown));
    }
    // Not the last four, as an ID cell shows: a birth date beside the number would fill the gap.
    let mut digits = 0;
    let area_only: String = shown
        .chars()
        .map(|character| {
            digits += usize::from(is_digit(character));
            if is_digit(character) && digits > AREA_DIGITS { '＊' } else { character }
        })
        .collect();
    shortened(&area_only)
}

pub(crate) fn is_digit(character: char) -> bool {
    character.is_ascii_digit() || DIGITS.contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(mask_value(text), expected, "{text}");
    }

    #[test]
    fn no_name_stands_in_a_value() {
        check("韦颖", "＊＊");
        check("韦颖的500元", "＊＊＊500元");
        check("２０２３年３月韦颖", "2023年3月＊＊");
        check("\u{e863}𠮷", "＊＊");
        check("韦\u{fffd}", "＊＊");
    }

    #[test]
    fn no_phone_stands_in_a_value() {
        check("13877221234", "138＊＊＊＊");
        check("１３８７７２２１２３４韦颖", "138＊＊＊＊＊＊");
        check("138-7722-1234", "138＊＊＊＊");
        check("一三八七七二二一二三四", "一三八＊＊＊＊");
        check("450221198807", "450＊＊＊＊");
    }

    #[test]
    fn no_id_and_no_part_of_one_stands_in_a_value() {
        check("450221198、80722712X", "450221＊＊＊＊＊＊＊＊＊＊＊＊X");
        check("450221199001011236", "450221＊＊＊＊＊＊＊＊＊＊＊＊");
        check("19900101韦450221199", "199001＊＊＊＊＊＊＊＊＊＊＊＊");
        check("450221 1990 0101 123", "450221 ＊＊＊＊ ＊＊＊＊ ＊＊＊");
    }

    #[test]
    fn what_is_wrong_with_a_value_can_still_be_seen() {
        for text in
            ["2023-02-30", "五百元", "1.2.3", "二〇二三年三月", "2023-01-05 25:11:12", "500/", "无", "—", "不详"]
        {
            check(text, text);
        }
        check("", "");
    }
}
