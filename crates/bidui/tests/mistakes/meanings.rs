//! Mistakes that are TOML and SQL and cannot be meant: which tokens of a file can be turned into such, and how.

use std::ops::Range;

use super::breaks::replaced;
use super::sow::Seeds;
use super::tokens::{is_word, sql_texts, sql_words, strings};

type Broken = Option<(String, Vec<Range<usize>>)>;

/// Words of a query's quotes that are held against a column, without the quotes.
pub(crate) fn list_words(text: &str) -> Vec<Range<usize>> {
    let is_code = |word: &Range<usize>| text[word.clone()].chars().all(|sign| sign.is_ascii_lowercase() || sign == '_');
    let is_held = |word: &Range<usize>| {
        let before = text[..word.start - 1].trim_end();
        let in_list = before.ends_with(['(', ',']) && {
            let open = before.rfind('(').unwrap_or(0);
            before[..open].trim_end().ends_with(" IN") && !before[open..].contains(')')
        };
        before.ends_with('=') || before.ends_with("<>") || in_list
    };
    sql_words(text).into_iter().filter(|word| is_code(word) && is_held(word)).collect()
}

/// `a.x = b.y` behind ON, where that is all.
pub(crate) fn join_conditions(text: &str) -> Vec<Range<usize>> {
    let of_name = |word: &str| word.split('.').count() == 2 && word.chars().all(|sign| is_word(sign) || sign == '.');
    let mut found = Vec::new();
    for part in sql_texts(text) {
        let sql = &text[part.clone()];
        for (at, _) in sql.match_indices(" ON ") {
            let start = at + " ON ".len();
            let end = sql[start..].find([')', '\n']).map_or(sql.len(), |end| start + end);
            let stop = [" LEFT JOIN", " JOIN", " CROSS", " WHERE", " GROUP", " ORDER", " UNION", " AND"];
            let end = stop.iter().filter_map(|word| sql[start..end].find(word)).min().map_or(end, |at| start + at);
            let condition = sql[start..end].trim_end();
            let follows = sql[start + condition.len()..].trim_start();
            if let Some((left, right)) = condition.split_once(" = ")
                && of_name(left)
                && of_name(right)
                && !follows.starts_with("AND")
            {
                found.push(part.start + start..part.start + start + condition.len());
            }
        }
    }
    found
}

pub(crate) fn by_more(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Broken {
    let sign = if seeds.below(2) == 0 { " > " } else { " <> " };
    let (text, token) = replaced(text, at, &text[at.clone()].replace(" = ", sign));
    Some((text, vec![token]))
}

/// The table that is joined is then joined to everything.
pub(crate) fn no_condition(text: &str, at: &Range<usize>, _: &mut Seeds) -> Broken {
    let lost = at.start - " ON ".len()..at.end;
    let table = text[..lost.start].rfind("JOIN ")? + "JOIN ".len();
    let (text, _) = replaced(text, &lost, "");
    Some((text, vec![table..lost.start]))
}

/// Behind WHERE.
pub(crate) fn where_starts(text: &str) -> Vec<Range<usize>> {
    let of_part = |part: Range<usize>| {
        let places = text[part.clone()].match_indices("WHERE ").map(|(at, word)| part.start + at + word.len());
        places.map(|at| at..at).collect::<Vec<_>>()
    };
    sql_texts(text).into_iter().flat_map(of_part).collect()
}

pub(crate) fn count_in_where(text: &str, at: &Range<usize>, _: &mut Seeds) -> Broken {
    let (text, token) = replaced(text, at, "COUNT(*) > 1 AND ");
    Some((text, vec![token.start..token.start + "COUNT(*)".len()]))
}

const OVER_ROWS: [&str; 5] = ["COUNT(", "SUM(", "MAX(", "MIN(", "AVG("];

/// `GROUP BY …` behind a SELECT that begins with a column and counts something.
pub(crate) fn groupings(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for part in sql_texts(text) {
        let sql = &text[part.clone()];
        for (at, _) in sql.match_indices(" GROUP BY ").chain(sql.match_indices("\nGROUP BY ")) {
            let end = sql[at + 1..].find([')', '\n']).map_or(sql.len(), |end| at + 1 + end);
            let select = sql[..at].rfind("SELECT ").map_or(at, |select| select + "SELECT ".len());
            let first = sql[select..at].split([',', ' ']).next().unwrap_or("");
            let is_plain = !first.is_empty() && first.chars().all(|sign| is_word(sign) || sign == '.');
            let of_names = |sign: char| is_word(sign) || matches!(sign, '.' | ',' | ' ' | '\n');
            let is_whole = sql[at..end].chars().all(of_names)
                && !sql[at..end].contains("HAVING")
                && !sql[end..].trim_start().starts_with("HAVING");
            let is_counted = OVER_ROWS.iter().any(|word| sql[select..at].contains(word));
            if is_plain && is_whole && is_counted && !sql[at..end].contains("ORDER") && !sql[at..end].contains("UNION")
            {
                found.push(part.start + at..part.start + end);
            }
        }
    }
    found
}

/// What is then counted stands beside what is not.
pub(crate) fn lose_grouping(text: &str, at: &Range<usize>, _: &mut Seeds) -> Broken {
    let select = text[..at.start].rfind("SELECT ")?;
    let of_word =
        |word: &&str| text[select..at.start].match_indices(*word).map(|(place, _)| select + place).collect::<Vec<_>>();
    let mut tokens: Vec<Range<usize>> = Vec::new();
    for start in OVER_ROWS.iter().flat_map(of_word) {
        let close = super::breaks::other_bracket(text, start + text[start..].find('(')?)?;
        tokens.push(start..close + 1);
    }
    let (text, _) = replaced(text, at, "");
    (!tokens.is_empty()).then_some((text, tokens))
}

/// The brackets of calls that take one argument, and have a plain one.
pub(crate) fn calls(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for part in sql_texts(text) {
        let sql = &text[part.clone()];
        for word in ["SUM(", "MAX(", "MIN(", "AVG(", "LENGTH("] {
            for (at, _) in sql.match_indices(word) {
                let start = at + word.len();
                let end = start + sql[start..].find(|sign: char| !is_word(sign) && sign != '.').unwrap_or(0);
                if sql[end..].starts_with(')') && end > start {
                    found.push(part.start + at..part.start + end);
                }
            }
        }
    }
    found
}

pub(crate) fn one_more_argument(text: &str, at: &Range<usize>, _: &mut Seeds) -> Broken {
    let (text, _) = replaced(text, &(at.end..at.end), ", 2");
    let name = text[at.clone()].find('(')?;
    Some((text, vec![at.start..at.start + name]))
}

/// The first word of a list in which a word stands once, with its quotes.
pub(crate) fn first_words(text: &str) -> Vec<Range<usize>> {
    let keys = ["choices = [", "options = [", "departments = [", "unique = [", "effects = [", "headings = ["];
    let first = |string: &Range<usize>| keys.iter().any(|key| text[..string.start].ends_with(key));
    strings(text).into_iter().filter(first).collect()
}

pub(crate) fn word_twice(text: &str, at: &Range<usize>, _: &mut Seeds) -> Broken {
    let (broken, token) = replaced(text, &(at.end..at.end), &format!(", {}", &text[at.clone()]));
    Some((broken, vec![token.start + 2..token.end]))
}

/// Ids and codes of tables that are not the first, with their quotes.
fn ids(text: &str) -> Vec<Range<usize>> {
    let is_id = |string: &Range<usize>| ["\nid = ", "\ncode = "].iter().any(|key| text[..string.start].ends_with(key));
    strings(text).into_iter().filter(is_id).collect()
}

pub(crate) fn later_ids(text: &str) -> Vec<Range<usize>> {
    ids(text).into_iter().skip(1).collect()
}

pub(crate) fn id_of_another(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Broken {
    let before: Vec<Range<usize>> = ids(text).into_iter().filter(|id| id.start < at.start).collect();
    let other = text[before[seeds.below(before.len())].clone()].to_owned();
    let (text, token) = replaced(text, at, &other);
    Some((text, vec![token]))
}

/// What the first pair of `aliases` changes, where the column has choices.
pub(crate) fn first_aliases(text: &str) -> Vec<Range<usize>> {
    let is_first = |string: &Range<usize>| {
        let line = text[..string.start].rfind('\n').map_or(0, |newline| newline + 1);
        text[..string.start].ends_with("aliases = [[") && text[line..string.start].contains("choices = [")
    };
    strings(text).into_iter().filter(is_first).collect()
}

pub(crate) fn alias_of_choice(text: &str, at: &Range<usize>, _: &mut Seeds) -> Broken {
    let list = text[..at.start].rfind("choices = [")? + "choices = [".len();
    let choice = list..list + 1 + text[list + 1..].find('"')? + 1;
    let choice = text[choice].to_owned();
    let (text, token) = replaced(text, at, &choice);
    Some((text, vec![token]))
}
