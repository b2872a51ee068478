//! Numbers and signs as people write them by hand or on a Chinese keyboard, where SQL has others: `2万`, `20,000`, `８０００`, `≥`, `（`; and characters
//! that nobody sees, which come along with a copied text. Outside quotes alone; what is in quotes is somebody's word.

use std::ops::Range;

/// A sign that SQL writes otherwise; as it stands there, and what to write.
const SIGNS: [(char, &str); 15] = [
    ('，', ","),
    ('、', ","),
    ('（', "("),
    ('）', ")"),
    ('＊', "*"),
    ('×', "*"),
    ('＋', "+"),
    ('－', "-"),
    ('−', "-"),
    ('／', "/"),
    ('÷', "/"),
    ('“', "'"),
    ('”', "'"),
    ('‘', "'"),
    ('’', "'"),
];

/// Parts of comparisons.
const COMPARING: [(char, &str); 12] = [
    ('<', "<"),
    ('>', ">"),
    ('=', "="),
    ('!', "!"),
    ('＜', "<"),
    ('＞', ">"),
    ('＝', "="),
    ('！', "!"),
    ('≥', ">="),
    ('≧', ">="),
    ('≤', "<="),
    ('≦', "<="),
];

/// Of what people count in, and how much it is.
const MULTIPLES: [(char, f64); 4] = [('百', 1e2), ('千', 1e3), ('万', 1e4), ('亿', 1e8)];
const UNITS: [&str; 9] = ["元", "块", "个月", "月", "年", "岁", "人", "户", "天"];

/// Longer than this a whole condition is no hint any more, in characters.
const LONG: usize = 100;

/// Something that is to be written otherwise.
struct Odd {
    at: Range<usize>,
    message: String,
    instead: String,
    /// What to do, where it is not to write something instead.
    hint: Option<String>,
}

impl Odd {
    fn new(at: Range<usize>, message: String, instead: impl Into<String>) -> Self {
        Self { at, message, instead: instead.into(), hint: None }
    }
    fn unseen(at: Range<usize>, sign: char) -> Self {
        let name = format!("U+{:04X}", u32::from(sign));
        let hint = Some(format!("删去这个看不见的字符（{name}）；看不出在哪里的，把它两边的字一起重新打一遍"));
        Self { hint, ..Self::new(at, format!("这里有一个看不见的字符（{name}）"), "") }
    }
}

/// The first of what is written by hand: where, what is told, and what to write; of several, the whole text as it is to be written.
pub(crate) fn handwriting(text: &str) -> Option<(Range<usize>, String, String)> {
    let mut all = odd(text);
    let several = all.len() > 1;
    let mut whole = text.to_owned();
    all.iter().rev().for_each(|odd| whole.replace_range(odd.at.clone(), &odd.instead));
    let first = (!all.is_empty()).then(|| all.remove(0))?;
    let hint = match (first.hint, first.instead.as_str()) {
        (Some(hint), _) => hint,
        (None, "'") => "文字的两头写英文单引号 '".to_owned(),
        (None, "") => "删去它；条件末尾不用分号".to_owned(),
        (None, instead) => format!("写作 {instead}"),
    };
    let hint = if several && whole.chars().count() <= LONG { format!("{hint}；整个写作 {whole}") } else { hint };
    Some((first.at, first.message, hint))
}

fn odd(text: &str) -> Vec<Odd> {
    let mut found = Vec::new();
    let mut brackets: Vec<bool> = Vec::new();
    let (mut at, mut before) = (0, None);
    while let Some(sign) = text[at..].chars().next() {
        let rest = &text[at..];
        let mut end = at + sign.len_utf8();
        if sign == '\'' {
            end = rest[1..].find('\'').map_or(text.len(), |close| at + close + 2);
        } else if let Some(length) = comparing(rest) {
            end = at + length;
            found.extend(comparison(text, at..end));
        } else if digit(sign).is_some() && !before.is_some_and(is_of_name) {
            let number = number(rest, brackets.last() == Some(&true));
            end = at + number.length;
            found.extend(number.told(text, at));
        } else if is_unseen(sign) {
            found.push(Odd::unseen(at..end, sign));
        } else if sign == '；' {
            found.push(Odd::new(at..end, full_width(sign), ""));
        } else if let Some((_, instead)) = SIGNS.iter().find(|(odd, _)| *odd == sign) {
            found.push(Odd::new(at..end, full_width(sign), *instead));
        }
        match sign {
            '(' | '（' => brackets.push(is_of_list(&text[..at])),
            ')' | '）' => drop(brackets.pop()),
            _ => {}
        }
        before = text[..end].chars().next_back();
        at = end;
    }
    found
}

/// Zero-width, directional and control characters; new lines and tabs are blanks.
fn is_unseen(sign: char) -> bool {
    let is_format = matches!(sign, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{ad}');
    is_format || (sign.is_control() && !matches!(sign, '\n' | '\r' | '\t'))
}

fn full_width(sign: char) -> String {
    match sign {
        '×' | '÷' | '−' => format!("程序不认得符号“{sign}”"),
        sign => format!("这里有全角符号“{sign}”"),
    }
}

fn is_of_name(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// Whether a bracket that opens behind this holds a list: of IN, or of what a function takes.
fn is_of_list(before: &str) -> bool {
    let before = before.trim_end();
    let start = before
        .rfind(|sign: char| !is_of_name(sign))
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let word = before[start..].to_uppercase();
    !word.is_empty() && !["AND", "OR", "NOT", "WHEN", "THEN", "ELSE", "BETWEEN", "ON", "WHERE"].contains(&word.as_str())
}

/// The bytes of the comparison that a text begins with. `≠` is one alone.
fn comparing(text: &str) -> Option<usize> {
    let is_of = |sign: char| sign == '≠' || COMPARING.iter().any(|(of, _)| *of == sign);
    let length = text.find(|sign| !is_of(sign)).unwrap_or(text.len());
    (length > 0).then_some(length)
}

fn comparison(text: &str, at: Range<usize>) -> Option<Odd> {
    let written = &text[at.clone()];
    if written.is_ascii() {
        return None;
    }
    let plain = |sign: char| COMPARING.iter().find(|(of, _)| *of == sign).map_or("<>", |(_, plain)| plain);
    let instead: String = written.chars().map(plain).collect();
    let instead = if instead == "!=" { "<>".to_owned() } else { instead };
    let message = if written.chars().any(|sign| "≥≧≤≦≠".contains(sign)) {
        format!("程序不认得符号“{written}”")
    } else {
        format!("这里有全角符号“{written}”")
    };
    Some(Odd::new(at, message, instead))
}

fn digit(sign: char) -> Option<char> {
    match sign {
        '0'..='9' => Some(sign),
        '０'..='９' => char::from_digit(u32::from(sign) - u32::from('０'), 10),
        _ => None,
    }
}

/// A number as it is written.
struct Number {
    /// In bytes, its unit among them.
    length: usize,
    /// As SQL writes it, without its unit.
    plain: String,
    has_commas: bool,
    multiple: Option<f64>,
    unit: bool,
}

fn number(text: &str, is_in_list: bool) -> Number {
    let (mut length, mut plain, mut has_commas) = (0, String::new(), false);
    let digits = |from: usize| text[from..].chars().map_while(digit).count();
    while let Some(sign) = text[length..].chars().next() {
        let behind = length + sign.len_utf8();
        match sign {
            sign if digit(sign).is_some() => plain.extend(digit(sign)),
            '.' | '．' if digits(behind) > 0 && !plain.contains('.') => plain.push('.'),
            // In a list a comma parts two numbers, unless the second would begin with nought.
            ',' | '，'
                if digits(behind) == 3
                    && !plain.contains('.')
                    && (!is_in_list || text[behind..].chars().next().and_then(digit) == Some('0')) =>
            {
                has_commas = true;
            }
            _ => break,
        }
        length = behind;
    }
    let (mut end, mut multiple) = (length, None);
    while let Some((sign, of)) = MULTIPLES.iter().find(|(sign, _)| text[end..].starts_with(*sign)) {
        multiple = Some(multiple.unwrap_or(1.0) * of);
        end += sign.len_utf8();
    }
    let unit = UNITS.iter().find(|unit| text[end..].starts_with(**unit));
    end += unit.map_or(0, |unit| unit.len());
    // `2万多`, `3月份` and names that begin with a digit are no numbers.
    let is_name = text[end..].chars().next().is_some_and(is_of_name);
    if is_name && end > length {
        return Number { length, plain, has_commas, multiple: None, unit: false };
    }
    Number { length: end, plain, has_commas, multiple, unit: unit.is_some() }
}

impl Number {
    fn told(self, text: &str, at: usize) -> Option<Odd> {
        let written = text.get(at..at + self.length)?;
        if written.is_ascii() && !self.has_commas {
            return None;
        }
        let instead = match self.multiple {
            // A tenth of a fen is nobody's amount, and the last bits of a product are not either.
            Some(multiple) => {
                let number: f64 = self.plain.parse().ok()?;
                ((number * multiple * 1e4).round() / 1e4).to_string()
            }
            None => self.plain,
        };
        let message = match (self.multiple.is_some() || self.unit, self.has_commas) {
            (true, _) => format!("数后面不能带汉字：“{written}”"),
            (false, true) => format!("数里不能有分节的逗号：“{written}”"),
            (false, false) => format!("数要用半角数字：“{written}”"),
        };
        Some(Odd::new(at..at + self.length, message, instead))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn check(text: &str, at: &str, hint: &str) {
        let (span, _, said) = handwriting(text).unwrap();
        assert_eq!((&text[span], said.as_str()), (at, hint), "{text}");
    }

    #[test]
    fn numbers_are_told_as_sql_writes_them() {
        check("a >= 2万", "2万", "写作 20000");
        check("a >= 1.1万元", "1.1万元", "写作 11000");
        check("a >= 3百万", "3百万", "写作 3000000");
        check("a >= ２０，０００", "２０，０００", "写作 20000");
        check("a > 1,234,567", "1,234,567", "写作 1234567");
        check("a IN (20,000)", "20,000", "写作 20000");
        check("a > (20,500)", "20,500", "写作 20500");
        check("age >= 16岁", "16岁", "写作 16");
    }

    #[test]
    fn a_character_that_nobody_sees_is_named() {
        let told =
            |text: &str| handwriting(text).map(|(at, message, hint)| (text[at].to_owned(), message, hint)).unwrap();
        let (at, message, hint) = told("self_\u{200b}paid > 5");
        assert_eq!((at.as_str(), message.as_str()), ("\u{200b}", "这里有一个看不见的字符（U+200B）"));
        assert!(hint.starts_with("删去这个看不见的字符（U+200B）"), "{hint}");
        assert!(told("a > 5\u{feff}").1.contains("U+FEFF"));
        assert!(told("a \u{7} > 5").1.contains("U+0007"));
        assert_eq!(handwriting("a >\n\t5 AND b = '甲\u{200b}'"), None);
    }

    #[test]
    fn of_several_the_whole_is_told() {
        check("（a ≥ 2万）", "（", "写作 (；整个写作 (a >= 20000)");
        check("a！＝1", "！＝", "写作 <>");
    }

    #[test]
    fn what_is_sql_is_left_alone() {
        for text in [
            "a IN (1,200) AND GREATEST(a + 1,200) > 3",
            "a = '2万，≥' OR b = '（'",
            "收入2022年 > 5",
            "a12m >= 5 AND a <> 1.5",
            "a > 2 AND b != 3",
            "SELECT a,200 FROM b",
            "CASE WHEN a > 1 THEN 1,2",
        ] {
            assert_eq!(handwriting(text), None, "{text}");
        }
    }
}
