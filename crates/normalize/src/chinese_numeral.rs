//! Chinese numerals in dates: 二〇二三 (digit by digit) and 十二, 二十一, 廿一, 卅 (up to 99).

/// The value of one numeral.
fn digit(character: char) -> Option<u32> {
    Some(match character {
        '〇' | '○' | '零' | 'O' | 'o' => 0,
        '一' | '壹' | '元' | '正' => 1,
        '二' | '贰' | '两' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

/// ASCII digits or Chinese numerals. `None` for anything else, for nothing, and past eight digits.
pub(crate) fn parse_numeral(text: &str) -> Option<u32> {
    let length = text.chars().count();
    if length == 0 || length > 8 {
        return None;
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok();
    }
    match text.find(['十', '拾', '廿', '卅']) {
        Some(place) => with_tens(text, place),
        None => text.chars().try_fold(0, |value, c| Some(value * 10 + digit(c)?)),
    }
}

/// `二十一`: what stands before the sign for ten, and what follows it.
fn with_tens(text: &str, place: usize) -> Option<u32> {
    let (before, after) = (&text[..place], &text[place..]);
    let sign = after.chars().next()?;
    let units = &after[sign.len_utf8()..];
    let one = |part: &str| {
        let mut characters = part.chars();
        let value = digit(characters.next()?)?;
        characters.next().is_none().then_some(value)
    };
    let tens = match sign {
        '廿' => 2,
        '卅' => 3,
        _ if before.is_empty() => 1,
        _ => one(before)?,
    };
    let units = if units.is_empty() { 0 } else { one(units)? };
    Some(tens * 10 + units)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<u32>) {
        assert_eq!(parse_numeral(text), expected, "{text}");
    }

    #[test]
    fn years_months_and_days_read() {
        check("二〇二三", Some(2023));
        check("二零二三", Some(2023));
        check("十", Some(10));
        check("十二", Some(12));
        check("二十", Some(20));
        check("三十一", Some(31));
        check("廿一", Some(21));
        check("05", Some(5));
        check("", None);
        check("二百", None);
        check("2023甲", None);
    }
}
