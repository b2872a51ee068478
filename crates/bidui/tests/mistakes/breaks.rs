//! How a token breaks: the text with it broken, and where an error may then rightly point.

use std::ops::Range;

use super::sow::Seeds;
use super::tokens::is_word;

pub(crate) fn replaced(text: &str, at: &Range<usize>, by: &str) -> (String, Range<usize>) {
    (format!("{}{by}{}", &text[..at.start], &text[at.end..]), at.start..at.start + by.len())
}

/// One sign lost, two exchanged, one doubled or another.
pub(crate) fn slip(word: &str, seeds: &mut Seeds) -> Option<String> {
    let mut signs: Vec<char> = word.chars().collect();
    if signs.len() < 2 {
        return None;
    }
    let at = seeds.below(signs.len());
    match seeds.below(4) {
        0 => drop(signs.remove(at)),
        1 => {
            let at = at.min(signs.len() - 2);
            signs.swap(at, at + 1);
        }
        2 => signs.insert(at, signs[at]),
        _ => {
            if !signs[at].is_ascii_lowercase() {
                return None;
            }
            signs[at] = if signs[at] == 'x' { 'q' } else { 'x' };
        }
    }
    let slipped: String = signs.into_iter().collect();
    (slipped != word).then_some(slipped)
}

pub(crate) fn misspell(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let word = slip(&text[at.clone()], seeds)?;
    let (text, token) = replaced(text, at, &word);
    Some((text, vec![token]))
}

/// The same in quotes, which belong to the token.
pub(crate) fn misspell_inside(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (text, tokens) = misspell(text, at, seeds)?;
    Some((text, tokens.into_iter().map(|token| token.start - 1..token.end + 1).collect()))
}

pub(crate) fn misspell_word(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    misspell_inside(text, at, seeds)
}

pub(crate) fn mangle_operator(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let operator = &text[at.clone()];
    let by = match (operator, seeds.below(2)) {
        (">=", 0) => "=>".to_owned(),
        ("<=", 0) => "=<".to_owned(),
        ("<>", 0) => "><".to_owned(),
        (operator, _) => format!("{operator} {operator}"),
    };
    let (text, token) = replaced(text, at, &by);
    Some((text, vec![token]))
}

/// A bracket of SQL: the other one is then alone.
pub(crate) fn lose(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let lost = &text[at.clone()];
    let other = other_bracket(text, at.start)?;
    let (broken, token) = replaced(text, at, "");
    let other = if lost == "(" { other - 1 } else { other };
    let mut tokens = vec![token.start..token.start + 1, other..other + 1];
    // What stood behind `IN (` or a name is then read as something else.
    if lost == "(" {
        let word = broken[token.start..].find(|sign: char| !is_word(sign) && sign != '\'').unwrap_or(1);
        tokens.push(token.start..token.start + word);
        let before = broken[..token.start].trim_end();
        tokens.push(before.rfind(|sign: char| !is_word(sign)).map_or(0, |place| place + 1)..before.len());
    }
    Some((broken, tokens))
}

pub(crate) fn other_bracket(text: &str, at: usize) -> Option<usize> {
    let (mut depth, mut quoted) = (0_i32, false);
    let step = |sign: char, depth: &mut i32, quoted: &mut bool| {
        if sign == '\'' {
            *quoted = !*quoted;
        }
        if !*quoted {
            *depth += i32::from(sign == '(') - i32::from(sign == ')');
        }
        *depth == 0
    };
    if text[at..].starts_with('(') {
        text[at..]
            .char_indices()
            .find(|(_, sign)| step(*sign, &mut depth, &mut quoted) && *sign == ')')
            .map(|(place, _)| at + place)
    } else {
        text[..=at]
            .char_indices()
            .rev()
            .find(|(_, sign)| step(*sign, &mut depth, &mut quoted) && *sign == '(')
            .map(|(place, _)| place)
    }
}

/// A quote of SQL: the other one is then alone, and the word is a name.
pub(crate) fn lose_quote(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let left = seeds.below(2) == 0;
    let lost = if left { at.start..at.start + 1 } else { at.end - 1..at.end };
    let (text, _) = replaced(text, &lost, "");
    // Everything up to the next quote may be taken for the word.
    Some((text, vec![at.start..at.end - 1, at.end - 2..at.end - 1]))
}

pub(crate) fn add_statement(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (text, token) = replaced(text, at, "; DROP TABLE x");
    Some((text, vec![token.start..token.start + 1]))
}

pub(crate) fn add_comment(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let by = if seeds.below(2) == 0 { " -- 暂时" } else { " /* 暂时 */" };
    let (text, token) = replaced(text, at, by);
    Some((text, vec![token.start + 1..token.end]))
}

pub(crate) fn quote_number(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (text, token) = replaced(text, at, &format!("'{}'", &text[at.clone()]));
    Some((text, vec![token]))
}

pub(crate) fn lose_brace(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let lost = if seeds.below(2) == 0 { at.start - 1..at.start } else { at.end..at.end + 1 };
    let (text, _) = replaced(text, &lost, "");
    Some((text, vec![at.start - 1..at.end]))
}

pub(crate) fn in_quotes(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (text, token) = replaced(text, at, &format!("\"{}\"", &text[at.clone()]));
    Some((text, vec![token]))
}

pub(crate) fn another_digit(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let place = at.start + seeds.below(at.len());
    let by = (text.as_bytes()[place] - b'0' + 1 + seeds.below(9) as u8) % 10;
    let (text, _) = replaced(text, &(place..place + 1), &by.to_string());
    Some((text, vec![at.start - 1..at.end + 1]))
}

pub(crate) fn out_of_range(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let by = ["-7", "99999999", "30.5", "1e9"][seeds.below(4)];
    let (text, token) = replaced(text, at, by);
    Some((text, vec![token]))
}

pub(crate) fn flag_as_word(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let by = ["\"是\"", "是", "ture", "1", "True"][seeds.below(5)];
    let (text, token) = replaced(text, at, by);
    Some((text, vec![token]))
}

pub(crate) fn as_list(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let by = if seeds.below(2) == 0 { format!("[{}]", &text[at.clone()]) } else { "12".to_owned() };
    let (text, token) = replaced(text, at, &by);
    Some((text, vec![token]))
}

pub(crate) fn lose_left(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (text, _) = replaced(text, &(at.start..at.start + 1), "");
    Some((text, vec![at.start..at.end - 1]))
}

pub(crate) fn lose_right(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (text, _) = replaced(text, &(at.end - 1..at.end), "");
    Some((text, vec![at.start..at.end - 1]))
}

/// One bracket of a pair: the other is alone.
pub(crate) fn lose_list_bracket(
    text: &str,
    at: &Range<usize>,
    seeds: &mut Seeds,
) -> Option<(String, Vec<Range<usize>>)> {
    if seeds.below(2) == 0 {
        let (text, _) = replaced(text, &(at.start..at.start + 1), "");
        Some((text, vec![at.start..at.end - 1]))
    } else {
        let (text, _) = replaced(text, &(at.end - 1..at.end), "");
        Some((text, vec![at.start..at.end - 1]))
    }
}

pub(crate) fn lose_last(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (text, _) = replaced(text, &(at.end - 1..at.end), "");
    Some((text, vec![at.start..at.end - 1]))
}

pub(crate) fn lose_equals(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (broken, _) = replaced(text, &(at.start..at.end + 1), "");
    let line = broken[..at.start].rfind('\n').map_or(0, |newline| newline + 1);
    Some((broken, vec![line..at.start]))
}

/// The items on both sides of the comma.
pub(crate) fn lose_comma(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (broken, _) = replaced(text, at, "");
    let start = broken[..at.start].rfind([',', '[', '{', '=']).map_or(0, |place| place + 1);
    let start = start + broken[start..].len() - broken[start..].trim_start().len();
    let end = broken[at.start..].find([',', ']', '}', '\n']).map_or(broken.len(), |end| at.start + end);
    Some((broken, vec![start..end]))
}

pub(crate) fn widen(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let by = match &text[at.clone()] {
        "=" => "＝",
        "," => "，",
        "\"" => "“",
        _ => return None,
    };
    let (text, token) = replaced(text, at, by);
    Some((text, vec![token]))
}

pub(crate) fn twice(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let line = text[at.clone()].to_owned();
    let key = line.find('=').map_or(line.len(), |equals| line[..equals].trim_end().len());
    let (text, token) = replaced(text, &(at.end..at.end), &format!("\n{line}"));
    let second = token.start + 1..token.start + 1 + key;
    Some((text, vec![second, at.start..at.start + key]))
}
