//! Which tokens of a file can be broken: found by the eye of a reader, without the program's own parsers.

use std::ops::Range;

/// Lines with their starts, remarks and the insides of long texts aside.
pub(crate) fn lines(text: &str) -> Vec<(usize, &str)> {
    let (mut found, mut at, mut inside) = (Vec::new(), 0, false);
    for line in text.split_inclusive('\n') {
        let fences = line.matches("\"\"\"").count();
        if !inside && !line.trim_start().starts_with('#') && !line.trim().is_empty() {
            found.push((at, line.trim_end()));
        }
        inside ^= fences % 2 == 1;
        at += line.len();
    }
    found
}

pub(crate) fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// `key` of lines `key = …`.
pub(crate) fn pairs(text: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let pair = |(at, line): (usize, &str)| {
        let (key, value) = line.split_once('=')?;
        let word = key.trim_end();
        let plain = !word.is_empty() && word.chars().all(is_word);
        let value_at = at + line.len() - value.trim_start().len();
        plain.then(|| (at..at + word.len(), value_at..at + line.len()))
    };
    lines(text).into_iter().filter_map(pair).collect()
}

/// Keys that the program knows: the names of a feed's columns are anything.
pub(crate) fn keys(text: &str) -> Vec<Range<usize>> {
    let known = pairs(text).into_iter().filter(|(_, value)| !text[value.clone()].starts_with("{ type"));
    known.map(|(key, _)| key).collect()
}

/// Keys behind `{` or `,` in a line.
pub(crate) fn inline_keys(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, line) in
        lines(text).into_iter().filter(|(_, line)| line.contains("= {") || line.trim_start().starts_with('{'))
    {
        for (equals, _) in line.match_indices(" = ") {
            let before = &line[..equals];
            let start = before
                .rfind(|sign: char| !is_word(sign))
                .map_or(0, |place| place + before[place..].chars().next().unwrap().len_utf8());
            let opens = before[..start].trim_end().ends_with(['{', ',']);
            if opens && start < equals && !in_quotes_at(line, start) {
                found.push(at + start..at + equals);
            }
        }
    }
    found
}

pub(crate) fn in_quotes_at(line: &str, at: usize) -> bool {
    line[..at].matches('"').count() % 2 == 1
}

pub(crate) fn header_lines(text: &str) -> Vec<Range<usize>> {
    let lines =
        lines(text).into_iter().filter(|(_, line)| line.starts_with('[') && line.ends_with(']') && !line.contains('"'));
    lines.map(|(at, line)| at..at + line.len()).collect()
}

/// The last word of a header.
pub(crate) fn headers(text: &str) -> Vec<Range<usize>> {
    header_lines(text)
        .into_iter()
        .map(|line| {
            let word = text[line.clone()].trim_end_matches(']');
            let start = word.rfind(|sign: char| !is_word(sign)).unwrap_or(0) + 1;
            line.start + start..line.start + word.len()
        })
        .collect()
}

/// Strings on one line, with their quotes.
pub(crate) fn strings(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, line) in lines(text).into_iter().filter(|(_, line)| !line.contains("\"\"\"") && !line.contains('\\')) {
        let quotes: Vec<usize> = line.match_indices('"').map(|(place, _)| at + place).collect();
        found.extend(quotes.chunks_exact(2).map(|pair| pair[0]..pair[1] + 1));
    }
    found
}

/// The strings that are values of some keys, without their quotes.
pub(crate) fn values_of(text: &str, wanted: &[&str]) -> Vec<Range<usize>> {
    let key_before = |string: &Range<usize>| {
        let before = text[..string.start].trim_end().strip_suffix('=')?.trim_end();
        let start = before.rfind(|sign: char| !is_word(sign)).map_or(0, |place| place + 1);
        before.get(start..)
    };
    let strings =
        strings(text).into_iter().filter(|string| key_before(string).is_some_and(|key| wanted.contains(&key)));
    strings.map(|string| string.start + 1..string.end - 1).filter(|value| value.len() > 1).collect()
}

pub(crate) fn choice_words(text: &str) -> Vec<Range<usize>> {
    let mut found = values_of(
        text,
        &[
            "kind",
            "type",
            "per",
            "of",
            "object",
            "on_unknown",
            "answer",
            "to",
            "split",
            "format",
            "test",
            "class",
            "cap",
            "count",
            "effect",
            "relation",
            "compare",
            "hash",
            "returns",
            "unit",
            "worse",
            "paper",
            "unchanged",
        ],
    );
    // A heading's unit of a sheet and a fact's are anything.
    found.retain(|value| {
        text[value.clone()].chars().all(|sign| sign.is_ascii_lowercase() || sign == '_' || sign == '-')
    });
    found
}

pub(crate) fn references(text: &str) -> Vec<Range<usize>> {
    let mut found = values_of(
        text,
        &[
            "date",
            "row_key",
            "group_by",
            "colour_by",
            "choices",
            "field",
            "left",
            "right",
            "person",
            "village",
            "hamlet",
            "town",
            "value",
            "worse",
        ],
    );
    found.retain(|value| {
        text[value.clone()].chars().all(|sign| sign.is_ascii_lowercase() || sign == '_' || sign.is_ascii_digit())
    });
    found.retain(|value| !text[value.clone()].chars().all(|sign| sign.is_ascii_digit()));
    found
}

pub(crate) fn sheet_columns(text: &str) -> Vec<Range<usize>> {
    values_of(text, &["value", "colour_by", "group_by"])
}

/// Names of facts, parameters and tallies where they are given.
pub(crate) fn given_names(text: &str) -> Vec<Range<usize>> {
    let mut header = "";
    let mut found = Vec::new();
    for (at, line) in lines(text) {
        if line.starts_with('[') {
            header = line;
        }
        if ["[[fact]]", "[[parameter]]", "[[tally]]"].contains(&header) && line.starts_with("name = \"") {
            let start = at + "name = \"".len();
            found.push(start..at + line.len() - 1);
        }
    }
    found
}

pub(crate) fn column_names(text: &str) -> Vec<Range<usize>> {
    let mut header = "";
    let mut found = Vec::new();
    for (at, line) in lines(text) {
        if line.starts_with('[') {
            header = line;
        }
        if header == "[columns]" && line.contains(" = {") {
            let name = &line[..line.find(' ').unwrap()];
            // Of a column that nobody asks for nothing depends on its name.
            let words = text.split(|sign: char| !is_word(sign));
            if name == "name" || words.filter(|word| *word == name).count() > 1 {
                found.push(at..at + name.len());
            }
        }
    }
    found
}

const OF_SQL: [&str; 10] = ["where", "value", "scope", "red", "orange", "yellow", "blue", "when", "query", "with"];
const KEYWORDS: [&str; 34] = [
    "AND", "OR", "NOT", "IN", "IS", "NULL", "BETWEEN", "LIKE", "CASE", "WHEN", "THEN", "ELSE", "END", "SELECT", "FROM",
    "WHERE", "GROUP", "BY", "ORDER", "HAVING", "JOIN", "LEFT", "ON", "AS", "UNION", "ALL", "DISTINCT", "CAST",
    "INTERVAL", "DATE", "TRUE", "FALSE", "DESC", "ASC",
];

/// Strings and long texts that hold SQL, without their quotes.
pub(crate) fn sql_texts(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = values_of(text, &OF_SQL);
    // A column of a sheet, a value of a rule.
    found.retain(|value| text[value.clone()].contains([' ', '(']));
    let fences: Vec<usize> = text.match_indices("\"\"\"").map(|(at, _)| at).collect();
    found.extend(fences.chunks_exact(2).map(|pair| pair[0] + 3..pair[1]));
    found.sort_by_key(|range| range.start);
    found
}

/// Words of SQL outside its quotes: place, and whether it is a keyword or a call.
pub(crate) fn words_of_sql(text: &str) -> Vec<(Range<usize>, bool)> {
    let mut found = Vec::new();
    for part in sql_texts(text) {
        let sql = &text[part.clone()];
        let (mut quoted, mut start) = (false, None);
        for (at, sign) in sql.char_indices().chain([(sql.len(), ' ')]) {
            if sign == '\'' {
                quoted = !quoted;
            }
            match start {
                None if !quoted && (sign.is_ascii_alphabetic() || sign == '_') => start = Some(at),
                Some(from) if !is_word(sign) => {
                    let word = &sql[from..at];
                    let special = KEYWORDS.contains(&word.to_uppercase().as_str()) || sql[at..].starts_with('(');
                    if at - from > 1 && !sql[..from].ends_with(|sign: char| sign.is_ascii_digit()) {
                        found.push((part.start + from..part.start + at, special));
                    }
                    start = None;
                }
                _ => {}
            }
        }
    }
    found
}

pub(crate) fn sql_names(text: &str) -> Vec<Range<usize>> {
    words_of_sql(text)
        .into_iter()
        .filter(|(_, special)| !special)
        .map(|(word, _)| word)
        .filter(|word| word.len() > 2)
        .collect()
}

pub(crate) fn query_names(text: &str) -> Vec<Range<usize>> {
    sql_names(text)
}

pub(crate) fn sql_keywords(text: &str) -> Vec<Range<usize>> {
    words_of_sql(text).into_iter().filter(|(_, special)| *special).map(|(word, _)| word).collect()
}

pub(crate) fn in_sql(text: &str, wanted: impl Fn(&str, usize) -> Option<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for part in sql_texts(text) {
        let sql = &text[part.clone()];
        let (mut quoted, mut skip) = (false, 0);
        for (at, sign) in sql.char_indices() {
            if sign == '\'' {
                quoted = !quoted;
            } else if !quoted
                && at >= skip
                && let Some(length) = wanted(sql, at)
            {
                found.push(part.start + at..part.start + at + length);
                skip = at + length;
            }
        }
    }
    found
}

pub(crate) fn sql_operators(text: &str) -> Vec<Range<usize>> {
    in_sql(text, |sql, at| {
        [">=", "<=", "<>", ">", "<", "="].iter().find(|op| sql[at..].starts_with(**op)).map(|op| op.len())
    })
}

pub(crate) fn sql_brackets(text: &str) -> Vec<Range<usize>> {
    in_sql(text, |sql, at| sql[at..].starts_with(['(', ')']).then_some(1))
}

pub(crate) fn sql_numbers(text: &str) -> Vec<Range<usize>> {
    in_sql(text, |sql, at| {
        let before = sql[..at].trim_end();
        let compared = before.ends_with(['>', '<', '=']) && before.len() < at;
        let digits = sql[at..].chars().take_while(|sign| sign.is_ascii_digit() || *sign == '.').count();
        (compared && digits > 0).then_some(digits)
    })
}

/// Words in SQL's quotes, without them.
pub(crate) fn sql_words(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for part in sql_texts(text) {
        let quotes: Vec<usize> = text[part.clone()].match_indices('\'').map(|(at, _)| part.start + at).collect();
        found.extend(
            quotes
                .chunks_exact(2)
                .map(|pair| pair[0] + 1..pair[1])
                .filter(|word| word.len() > 3 && !text[word.clone()].contains(['%', ' '])),
        );
    }
    found
}

/// SQL's quotes: the left of a word.
pub(crate) fn sql_quotes(text: &str) -> Vec<Range<usize>> {
    sql_words(text).into_iter().map(|word| word.start - 1..word.end + 1).collect()
}

pub(crate) fn sql_ends(text: &str) -> Vec<Range<usize>> {
    let single = sql_texts(text).into_iter().filter(|part| !text[part.clone()].contains('\n'));
    single.map(|part| part.end..part.end).collect()
}

/// `{name}` in sentences, without its braces.
pub(crate) fn placeholders(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for value in values_of(text, &["reason", "found"]) {
        for (open, _) in text[value.clone()].match_indices('{') {
            let start = value.start + open + 1;
            if let Some(close) = text[start..value.end].find('}') {
                found.push(start..start + close);
            }
        }
    }
    found
}

pub(crate) fn bare_values(text: &str, wanted: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, line) in lines(text).into_iter().filter(|(_, line)| !line.contains("\"\"\"")) {
        for (equals, _) in line.match_indices(" = ") {
            let start = equals + 3;
            let end = line[start..].find([',', ' ', '}', ']']).map_or(line.len(), |end| start + end);
            if !in_quotes_at(line, equals) && wanted(&line[start..end]) {
                found.push(at + start..at + end);
            }
        }
    }
    found
}

pub(crate) fn numbers(text: &str) -> Vec<Range<usize>> {
    bare_values(text, |word| !word.is_empty() && word.chars().all(|sign| sign.is_ascii_digit() || sign == '.'))
}

/// Whole numbers that count days, months, columns and their like.
pub(crate) fn counts(text: &str) -> Vec<Range<usize>> {
    const COUNTS: [&str; 9] =
        ["months", "days", "return_by", "issue_day", "expected_by_day", "pages_wide", "freeze", "version", "last_days"];
    let is_count = |number: &Range<usize>| {
        let before = text[..number.start].trim_end_matches(" = ");
        before.rsplit(|sign: char| !is_word(sign)).next().is_some_and(|key| COUNTS.contains(&key))
    };
    numbers(text).into_iter().filter(is_count).collect()
}

/// Codes of towns, villages and counties; former ones may be any.
pub(crate) fn place_codes(text: &str) -> Vec<Range<usize>> {
    let is_code = |string: &Range<usize>| {
        let word = text[string.clone()].trim_matches('"');
        let line = text[..string.start].rfind('\n').map_or(0, |newline| newline + 1);
        let is_former = text[line..string.start].contains("former_codes");
        word.len() >= 6 && word.bytes().all(|sign| sign.is_ascii_digit()) && !is_former
    };
    strings(text).into_iter().filter(is_code).map(|string| string.start + 1..string.end - 1).collect()
}

pub(crate) fn flags(text: &str) -> Vec<Range<usize>> {
    bare_values(text, |word| matches!(word, "true" | "false"))
}

pub(crate) fn texts_of_keys(text: &str) -> Vec<Range<usize>> {
    let whole = strings(text).into_iter().filter(|string| {
        let start = text[..string.start].rfind('\n').map_or(0, |newline| newline + 1);
        text[..string.start].ends_with("= ")
            && !text[start..].starts_with([' ', '{'])
            && text[string.end..].starts_with('\n')
    });
    whole.filter(|string| !text[..string.start].ends_with("sheet = ")).collect()
}

pub(crate) fn brackets(text: &str, open: char, close: char) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, line) in lines(text).into_iter().filter(|(_, line)| !line.starts_with('[') && !line.contains("\"\"\"")) {
        let mut opened = Vec::new();
        for (place, sign) in line.char_indices().filter(|(place, _)| !in_quotes_at(line, *place)) {
            if sign == open {
                opened.push(place);
            } else if sign == close
                && let Some(start) = opened.pop()
            {
                found.push(at + start..at + place + 1);
            }
        }
    }
    found
}

pub(crate) fn list_brackets(text: &str) -> Vec<Range<usize>> {
    brackets(text, '[', ']')
}

pub(crate) fn table_braces(text: &str) -> Vec<Range<usize>> {
    brackets(text, '{', '}')
}

pub(crate) fn pair_lines(text: &str) -> Vec<Range<usize>> {
    let whole = |value: &Range<usize>| {
        let value = &text[value.clone()];
        !value.contains("\"\"\"")
            && (!value.starts_with('[') || value.ends_with(']'))
            && (!value.starts_with('{') || value.ends_with('}'))
    };
    pairs(text).into_iter().filter(|(_, value)| whole(value)).map(|(key, value)| key.start..value.end).collect()
}

pub(crate) fn equals(text: &str) -> Vec<Range<usize>> {
    let place = |line: Range<usize>| {
        let at = line.start + text[line.clone()].find('=').unwrap();
        at..at + 1
    };
    pair_lines(text).into_iter().map(place).collect()
}

pub(crate) fn commas(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, line) in lines(text).into_iter().filter(|(_, line)| !line.contains("\"\"\"")) {
        let places = line.match_indices(", ").filter(|(place, _)| !in_quotes_at(line, *place));
        found.extend(places.map(|(place, _)| at + place..at + place + 1));
    }
    found
}

pub(crate) fn ascii_signs(text: &str) -> Vec<Range<usize>> {
    equals(text)
        .into_iter()
        .chain(commas(text))
        .chain(strings(text).into_iter().map(|string| string.start..string.start + 1))
        .collect()
}
