//! Brackets of an SQL text that lack their other, at the place where somebody's hand slipped: a parser notices it lines below. No grammar: functions
//! that are called without a bracket, CASEs that a bracket does not let end, and lines that do not close what they open.

use std::ops::Range;

use crate::sql_text::{Sort, tokens};

/// Functions that are written in capitals in front of a bracket, so that what is joined to one shows.
const CALLED: [&str; 30] = [
    "ABS",
    "AVG",
    "CAST",
    "CEIL",
    "COALESCE",
    "CONCAT",
    "CONCAT_WS",
    "COUNT",
    "ENDS_WITH",
    "EXTRACT",
    "FLOOR",
    "GREATEST",
    "LEAST",
    "LENGTH",
    "LOWER",
    "LPAD",
    "MAX",
    "MIN",
    "NULLIF",
    "REPLACE",
    "ROUND",
    "RPAD",
    "SPLIT_PART",
    "STARTS_WITH",
    "STRPOS",
    "SUBSTR",
    "SUBSTRING",
    "SUM",
    "TRIM",
    "UPPER",
];

/// The bracket that is missing, or that lacks its other: where, what it is, and what to do. `None` where brackets pair or nothing is certain.
#[must_use]
pub fn lost_bracket(text: &str) -> Option<(Range<usize>, String, &'static str)> {
    let tokens = tokens(text);
    let count = |sort: Sort| tokens.iter().filter(|(_, other)| *other == sort).count();
    let (opened, closed) = (count(Sort::Open), count(Sort::Close));
    if opened > closed {
        unclosed_in_case(text, &tokens)
            .or_else(|| too_many_arguments(text, &tokens))
            .or_else(|| on_one_line(text, &tokens, Sort::Open))
            .map(|at| (at, "括号没有配对，这个“(”缺少“)”".to_owned(), "在该结束的地方补上 )"))
    } else if closed > opened {
        let lone = || {
            let at = on_one_line(text, &tokens, Sort::Close)?;
            Some((at, "括号没有配对，这个“)”缺少“(”".to_owned()))
        };
        not_called(text, &tokens)
            .or_else(lone)
            .map(|(at, message)| (at, message, "函数名或 IN 的后面补上 (，或删去多余的 )"))
    } else {
        None
    }
}

type Tokens = [(Range<usize>, Sort)];

/// A function without its bracket: alone, or grown together with what it is called on.
fn not_called(text: &str, tokens: &Tokens) -> Option<(Range<usize>, String)> {
    let is_word = |sort: Sort| matches!(sort, Sort::Operand | Sort::Call | Sort::Keyword);
    for (place, (at, sort)) in tokens.iter().enumerate().filter(|(_, (_, sort))| is_word(*sort)) {
        let word = &text[at.clone()];
        let next = tokens.get(place + 1).map(|(_, sort)| *sort);
        if (CALLED.contains(&word) || word == "IN") && next != Some(Sort::Open) {
            return Some((at.clone(), format!("“{word}”的后面缺少“(”")));
        }
        let known = CALLED.contains(&word) || *sort == Sort::Keyword;
        let called = CALLED.iter().filter(|name| word.starts_with(**name)).max_by_key(|name| name.len());
        if let Some(name) = called.filter(|_| !known) {
            return Some((at.clone(), format!("“{word}”里缺少“(”：是不是 {name}({}", &word[name.len()..])));
        }
    }
    None
}

/// A bracket that was opened within a CASE and is still open where the CASE goes on.
fn unclosed_in_case(text: &str, tokens: &Tokens) -> Option<Range<usize>> {
    let is = |at: &Range<usize>, word: &str| text[at.clone()].eq_ignore_ascii_case(word);
    let times = |word: &str| tokens.iter().filter(|(at, sort)| *sort == Sort::Keyword && is(at, word)).count();
    if times("CASE") != times("END") || times("WHEN") != times("THEN") {
        return None;
    }
    // Brackets and CASEs that are open; a bracket has its place.
    let mut open: Vec<Option<Range<usize>>> = Vec::new();
    for (at, sort) in tokens {
        match sort {
            Sort::Open => open.push(Some(at.clone())),
            Sort::Close => {
                // A CASE that no END has ended is another's slip.
                open.pop()??;
            }
            Sort::Keyword if is(at, "CASE") => open.push(None),
            Sort::Keyword if ["WHEN", "THEN", "ELSE", "END"].iter().any(|word| is(at, word)) => {
                if let Some(bracket) = open.last()? {
                    return open.iter().any(Option::is_none).then(|| bracket.clone());
                }
                if is(at, "END") {
                    open.pop();
                }
            }
            _ => {}
        }
    }
    None
}

/// `NULLIF(a, b, …`: two it takes, and a third belongs to what stands around it.
fn too_many_arguments(text: &str, tokens: &Tokens) -> Option<Range<usize>> {
    let mut open: Vec<(Range<usize>, bool, usize)> = Vec::new();
    let mut before = "";
    for (at, sort) in tokens {
        let word = &text[at.clone()];
        match sort {
            Sort::Open => open.push((at.clone(), before.eq_ignore_ascii_case("NULLIF"), 0)),
            Sort::Close => drop(open.pop()),
            Sort::Other if word == "," => {
                if let Some((bracket, is_of_two, commas)) = open.last_mut() {
                    *commas += 1;
                    if *is_of_two && *commas == 2 {
                        return Some(bracket.clone());
                    }
                }
            }
            _ => {}
        }
        before = word;
    }
    None
}

/// The one line that opens more than it closes without ending in a bracket, or closes more without beginning with one.
fn on_one_line(text: &str, tokens: &Tokens, which: Sort) -> Option<Range<usize>> {
    // A new line in quotes is a word.
    let follows = |pair: &[(Range<usize>, Sort)]| !text[pair[0].0.end..pair[1].0.start].contains('\n');
    let (mut suspects, mut first) = (Vec::new(), 0);
    while first < tokens.len() {
        let end = first + 1 + tokens[first..].windows(2).take_while(|pair| follows(pair)).count();
        let (mut open, mut lone) = (Vec::new(), Vec::new());
        for (place, (_, sort)) in tokens.iter().enumerate().take(end).skip(first) {
            match sort {
                Sort::Open => open.push(place),
                Sort::Close if open.pop().is_none() => lone.push(place),
                _ => {}
            }
        }
        let begins_query = |place: &usize| {
            tokens.get(place + 1).is_some_and(|(at, _)| text[at.clone()].eq_ignore_ascii_case("SELECT"))
        };
        match which {
            Sort::Open => suspects.extend(open.into_iter().filter(|place| place + 1 < end && !begins_query(place))),
            _ => suspects.extend(lone.into_iter().filter(|place| *place > first)),
        }
        first = end;
    }
    match suspects.as_slice() {
        [one] => Some(tokens[*one].0.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The place, with what stands before it.
    fn check(text: &str, expected: &str) {
        let found = lost_bracket(text).map(|(at, ..)| text[..at.end].to_owned());
        assert!(found.as_deref().is_some_and(|found| found.ends_with(expected)), "{text}: {found:?}");
    }

    #[test]
    fn a_call_shows_where_its_bracket_was() {
        check("THEN CONCAT('甲', CAST(CASTh.measures AS BIGINT) AS VARCHAR), '项')", "CASTh.measures");
        check("SUMCASE WHEN a = 1 THEN 1 ELSE 0 END)", "SUMCASE");
        check("COUNTDISTINCT person)", "COUNTDISTINCT");
        check("SELECT CONCAT\n  a,\n  b) AS c FROM t", "CONCAT");
        check("a IN 'x', 'y')", "IN");
    }

    #[test]
    fn an_open_bracket_is_the_one_that_its_case_or_its_line_leaves_open() {
        check("CONCAT(f, CASE WHEN s = '' THEN '' ELSE CONCAT(s, '，' END, '第')", "ELSE CONCAT(");
        check("CASE WHEN STARTS_WITH(a, b THEN a ELSE CONCAT(b, ' ') END", "STARTS_WITH(");
        check("CONCAT('出生：', COALESCE(NULLIF(b, '', '—'), '\n',\n c)", "NULLIF(");
        check("SELECT CONCAT(\n  '电话：', COALESCE(NULLIF(p, ''), '—'\n  ) AS d\nFROM t", "COALESCE(");
        check("CONCAT(\n  a, '\n',\n COALESCE(b, '—', '\n',\n c\n) AS d", "COALESCE(");
        check("WITH x AS (SELECT a\n FROM t)\nSELECT MAX(a AS b\nFROM x", "MAX(");
    }

    #[test]
    fn what_pairs_and_what_is_not_certain_is_left_to_the_parser() {
        for text in ["a > 1 AND (b = 2 OR c = 3)", "CASE WHEN a IN (1, 2) THEN NULLIF(b, 0) END", "count_a = 1", ""] {
            assert_eq!(lost_bracket(text), None, "{text}");
        }
        // Two lines may be the one.
        assert_eq!(lost_bracket("SUM(a\n+ MAX(b"), None);
        assert_eq!(lost_bracket("CASE WHEN (a = 1\nTHEN (b ELSE c ENND"), None);
    }
}
