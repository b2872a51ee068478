//! SQL as it stands in a configuration, before and after a parser has failed on it: signs of a Chinese keyboard, quotes without their other, and the
//! token at which somebody's eye would stop. No grammar: a parser decides what is SQL.

use std::ops::Range;

use crate::handwriting::handwriting;
use crate::nearest;

/// The byte of a place that is counted in lines and characters from 1, as parsers of SQL do; 0 is "nowhere".
#[must_use]
pub fn byte_at(text: &str, line: u64, column: u64) -> Option<usize> {
    let start = match line.checked_sub(1)? {
        0 => 0,
        nth => text.match_indices('\n').nth(nth as usize - 1)?.0 + 1,
    };
    let column = column.checked_sub(1)? as usize;
    let line = &text[start..];
    Some(start + line.char_indices().nth(column).map_or(line.len(), |(place, _)| place))
}

/// What no tokenizer reads as it was meant: where, what it is, and what to do.
#[must_use]
pub fn odd_sign(text: &str) -> Option<(Range<usize>, String, String)> {
    if let Some(at) = unpaired_quote(text) {
        return Some((at, "引号没有配对".to_owned(), "文字的两头都要有英文单引号".to_owned()));
    }
    handwriting(text)
}

/// A quote that has no other: in the first line with an odd number of them, the first that would quote what is plainly no word.
fn unpaired_quote(text: &str) -> Option<Range<usize>> {
    if text.matches('\'').count().is_multiple_of(2) {
        return None;
    }
    // A new line in quotes is a word like others.
    let text = &text.replace("'\n'", "' '");
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let quotes: Vec<usize> = line.match_indices('\'').map(|(place, _)| place).collect();
        if quotes.len() % 2 == 1 {
            let is_code = |pair: &&[usize]| {
                let between = &line[pair[0] + 1..pair[1]];
                between.starts_with([' ', ',', ')'])
                    || between.trim_end().ends_with([',', '(', '='])
                    || [" AND ", " OR ", " THEN ", " WHEN ", " ELSE ", " END", " IN (", ") "]
                        .iter()
                        .any(|code| between.contains(code))
            };
            let first = quotes.chunks_exact(2).find(is_code).map_or(quotes[quotes.len() - 1], |pair| pair[0]);
            // An opening one without its other, or a closing one.
            let opens = line[..first].ends_with([' ', '(', ',', '=']);
            let end = if opens { word_end(line, first + 1) } else { first + 1 };
            return Some(at + first..at + end);
        }
        at += line.len();
    }
    None
}

/// Names that a text reads as far as its tokens tell: no keywords, no calls, nothing in quotes. For a text that no parser reads; none where its
/// quotes do not pair.
#[must_use]
pub fn loose_names(text: &str) -> Vec<Range<usize>> {
    if !text.matches('\'').count().is_multiple_of(2) {
        return Vec::new();
    }
    let is_name = |word: &str| {
        word.starts_with(|sign: char| sign.is_ascii_lowercase())
            && word.chars().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_')
    };
    let names = tokens(text).into_iter().filter(|(at, sort)| *sort == Sort::Operand && is_name(&text[at.clone()]));
    names.map(|(at, _)| at).collect()
}

/// The text with its comments blank, and where they stood; byte for byte as long.
#[must_use]
pub fn without_comments(text: &str) -> (String, Vec<Range<usize>>) {
    let (mut bytes, mut found, mut at, mut in_words) = (text.as_bytes().to_vec(), Vec::new(), 0, false);
    while at < bytes.len() {
        let rest = &text.as_bytes()[at..];
        let end = match rest {
            [b'\'', ..] => {
                in_words = !in_words;
                None
            }
            [b'-', b'-', ..] if !in_words => Some(rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())),
            [b'/', b'*', ..] if !in_words => {
                Some(rest.windows(2).skip(2).position(|pair| pair == b"*/").map_or(rest.len(), |place| place + 4))
            }
            _ => None,
        };
        if let Some(end) = end {
            for byte in bytes[at..at + end].iter_mut().filter(|byte| **byte != b'\n' && **byte != b'\r') {
                *byte = b' ';
            }
            let shown = text[at..at + end].trim_end().len();
            found.push(at..at + shown);
            at += end;
        } else {
            at += 1;
        }
    }
    (String::from_utf8(bytes).unwrap_or_default(), found)
}

fn word_end(line: &str, from: usize) -> usize {
    line[from..].find([' ', ',', ')', '\n', '\r']).map_or(line.len(), |end| from + end)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Keyword,
    /// A name, a number or words.
    Operand,
    Call,
    Operator,
    Open,
    Close,
    Other,
}

const KEYWORDS: [&str; 41] = [
    "AND", "OR", "NOT", "IN", "IS", "NULL", "BETWEEN", "LIKE", "CASE", "WHEN", "THEN", "ELSE", "END", "SELECT", "FROM",
    "WHERE", "GROUP", "BY", "ORDER", "HAVING", "JOIN", "LEFT", "INNER", "CROSS", "OUTER", "ON", "AS", "UNION", "ALL",
    "DISTINCT", "INTERVAL", "DATE", "TRUE", "FALSE", "DESC", "ASC", "WITH", "USING", "NULLS", "FIRST", "LAST",
];

/// The token of a text that is no SQL at which the eye would stop: an operator behind an operator, or two operands of which one is a keyword
/// misspelt. `None` where nothing of the kind is found.
#[must_use]
pub fn odd_token(text: &str) -> Option<(Range<usize>, String)> {
    let tokens = tokens(text);
    for (place, pair) in tokens.windows(2).enumerate() {
        let ((left, one), (right, other)) = (pair[0].clone(), pair[1].clone());
        let word = |at: &Range<usize>| text[at.clone()].to_owned();
        match (one, other) {
            (Sort::Operator, Sort::Operator) if !matches!(&text[right.clone()], "-" | "+") => {
                return Some((right.clone(), format!("运算符“{}”的后面又是运算符“{}”", word(&left), word(&right))));
            }
            (Sort::Operand | Sort::Close, Sort::Operand | Sort::Call) | (Sort::Operand, Sort::Open) => {
                let near = |at: &Range<usize>| {
                    let word = text[at.clone()].to_uppercase();
                    nearest(&word, KEYWORDS).map(|near| (strsim::osa_distance(&word, near), at.clone(), near))
                };
                // A single letter is a name, unless a third operand makes it the one between two.
                let between =
                    tokens.get(place + 2).is_some_and(|(_, third)| matches!(third, Sort::Operand | Sort::Call));
                let left = Some(left).filter(|left| left.len() > 1);
                let right = Some(right).filter(|right| right.len() > 1 || between);
                let slip = [left, right].into_iter().flatten().filter_map(|word| near(&word)).min_by_key(
                    |(distance, at, _)| {
                        let is_lower = text[at.clone()].chars().any(char::is_lowercase);
                        (*distance, is_lower, std::cmp::Reverse(at.len()))
                    },
                );
                if let Some((_, at, near)) = slip {
                    return Some((at.clone(), format!("看不懂“{}”，是不是 {near}？", word(&at))));
                }
            }
            (Sort::Operand, Sort::Keyword) => {
                // `CSAE WHEN`, `GRUOP BY`: what only stands behind a certain word.
                let before = match text[right.clone()].to_uppercase().as_str() {
                    "WHEN" => ["CASE", "CASE"],
                    "BY" => ["GROUP", "ORDER"],
                    "JOIN" => ["LEFT", "CROSS"],
                    _ => continue,
                };
                let written = text[left.clone()].to_uppercase();
                if let Some(near) = nearest(&written, before) {
                    return Some((left.clone(), format!("看不懂“{}”，是不是 {near}？", word(&left))));
                }
            }
            _ => {}
        }
    }
    None
}

pub(crate) fn tokens(text: &str) -> Vec<(Range<usize>, Sort)> {
    let mut found: Vec<(Range<usize>, Sort)> = Vec::new();
    let mut at = 0;
    let of_word = |sign: char| sign.is_alphanumeric() || matches!(sign, '_' | '.');
    while let Some(sign) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = |is: &dyn Fn(char) -> bool| rest.find(|sign: char| !is(sign)).unwrap_or(rest.len());
        let (end, sort) = match sign {
            sign if sign.is_whitespace() => {
                at += sign.len_utf8();
                continue;
            }
            '\'' => (rest[1..].find('\'').map_or(rest.len(), |end| end + 2), Sort::Operand),
            sign if of_word(sign) => {
                let end = length(&of_word);
                let is_keyword = KEYWORDS.contains(&rest[..end].to_uppercase().as_str());
                let sort = match (is_keyword, rest[end..].starts_with('(')) {
                    (true, _) => Sort::Keyword,
                    (false, true) => Sort::Call,
                    (false, false) => Sort::Operand,
                };
                (end, sort)
            }
            '<' | '>' | '=' | '!' => {
                let whole = ["<=", ">=", "<>", "!="].iter().any(|op| rest.starts_with(op));
                (if whole { 2 } else { 1 }, Sort::Operator)
            }
            '+' | '*' | '/' | '-' => (1, Sort::Operator),
            '(' => (1, Sort::Open),
            ')' => (1, Sort::Close),
            sign => (sign.len_utf8(), Sort::Other),
        };
        // `COUNT(*)`: a star that stands for a row.
        let sort =
            if sign == '*' && found.last().is_some_and(|(_, last)| *last == Sort::Open) { Sort::Operand } else { sort };
        found.push((at..at + end, sort));
        at += end;
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_quote_without_its_other_is_the_one_that_somebody_forgot() {
        let check = |text: &str, expected: &str| assert_eq!(&text[odd_sign(text).unwrap().0], expected, "{text}");
        check("a IN ('甲', '乙', '丙) OR b = 1", "'丙");
        check("CASE a WHEN '甲' THEN 3 信号' WHEN '乙' THEN '丙' END", "'");
        check("CASE a WHEN '甲 THEN '信号' WHEN '乙' THEN '丙' END", "'甲");
        check("a = '甲\nAND b = '乙'", "'甲");
        check("a = 甲' AND b = '乙，丙'", "'");
        assert_eq!(odd_sign("a = '甲，乙' AND b = ''"), None);
    }

    #[test]
    fn the_eye_stops_at_the_word_that_is_misspelt() {
        let check = |text: &str, expected: &str| assert_eq!(&text[odd_token(text).unwrap().0], expected, "{text}");
        check("a > 1 ADN b = 2", "ADN");
        check("a = = 1", "=");
        check("a => 1", ">");
        check("SUM(CASE WHEN u.object = 'x' TEN 1 ELSE 0 END) AS n", "TEN");
        check("SELECT w.household_id S warned_id FROM w", "S");
        check("COUNT(DISTICNT person)", "DISTICNT");
        check("SUM(CSAE WHEN a = 1 THEN 1 END)", "CSAE");
        check("SELECT a FRM b ORDER BY a", "FRM");
        check("SELECT COUNT(*) AS cases FFROM b ORDER BY a", "FFROM");
        assert_eq!(odd_token("a > -1 AND COUNT(*) > 3 AND b IN ('x', 'y')"), None);
    }
}
