//! Makes one mistake in one file of the configuration, and says which token is broken by it.

use std::ops::Range;

/// A sequence of numbers that is the same everywhere (SplitMix64).
pub(crate) struct Seeds(u64);

impl Seeds {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x00C0_FFEE)
    }
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
    fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        if of.is_empty() { None } else { of.get(self.below(of.len())) }
    }
}

/// A file with one mistake.
#[derive(Clone, Debug)]
pub(crate) struct Mistake {
    pub(crate) kind: &'static str,
    pub(crate) file: String,
    /// The whole text, broken.
    pub(crate) text: String,
    /// Bytes of it that an error may rightly point at: the broken token, or the one that it leaves alone (a bracket without its other).
    pub(crate) tokens: Vec<Range<usize>>,
}

impl Mistake {
    pub(crate) fn shown(&self) -> String {
        let at = self.tokens[0].start.min(self.text.len());
        let start = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let line = self.text[start..].lines().next().unwrap_or("");
        let number = self.text[..start].matches('\n').count() + 1;
        let token = self.text.get(self.tokens[0].clone()).unwrap_or("");
        let line: String = line.chars().take(160).collect();
        format!("{} {}:{number} token {token:?} in {line}", self.kind, self.file)
    }
}

/// What may be broken, and how.
type Break = fn(&str, &Range<usize>, &mut Seeds) -> Option<(String, Vec<Range<usize>>)>;

/// A kind of mistake: its name, which files, which tokens, how they break.
pub(crate) type Kind = (&'static str, fn(&str) -> bool, fn(&str) -> Vec<Range<usize>>, Break);

pub(crate) const KINDS: &[Kind] = &[
    ("key misspelt", any, keys, misspell),
    ("key misspelt in { }", any, inline_keys, misspell),
    ("header misspelt", any, headers, misspell),
    ("one of a few words misspelt", any, choice_words, misspell_inside),
    ("name in SQL misspelt", of_rules, sql_names, misspell),
    ("column in a query misspelt", of_lists, query_names, misspell),
    ("keyword in SQL misspelt", with_sql, sql_keywords, misspell),
    ("operator doubled or turned", with_sql, sql_operators, mangle_operator),
    ("bracket in SQL lost", with_sql, sql_brackets, lose),
    ("quote in SQL lost", with_sql, sql_quotes, lose_quote),
    ("second statement behind SQL", of_rules, sql_ends, add_statement),
    ("comment in SQL", of_rules, sql_ends, add_comment),
    ("word in SQL not of the column", of_rules, sql_words, misspell_word),
    ("wrong type in SQL", of_rules, sql_numbers, quote_number),
    ("name in a sentence misspelt", of_rules, placeholders, misspell),
    ("brace of a sentence lost", of_rules, placeholders, lose_brace),
    ("name of a fact or parameter", of_names, given_names, misspell_inside),
    ("name of a column", of_feeds, column_names, misspell),
    ("reference misspelt", any, references, misspell_inside),
    ("column of a sheet misspelt", of_lists, sheet_columns, misspell_inside),
    ("number in quotes", any, numbers, in_quotes),
    ("flag as a word", any, flags, flag_as_word),
    ("list for a text", any, texts_of_keys, as_list),
    ("left quote lost", any, strings, lose_left),
    ("right quote lost", any, strings, lose_right),
    ("bracket of a list lost", any, list_brackets, lose_list_bracket),
    ("brace of a table lost", any, table_braces, lose_list_bracket),
    ("bracket of a header lost", any, header_lines, lose_last),
    ("equals sign lost", any, equals, lose_equals),
    ("comma lost", any, commas, lose_comma),
    ("full-width sign", any, ascii_signs, widen),
    ("key written twice", any, pair_lines, twice),
];

fn any(_: &str) -> bool {
    true
}
fn of_rules(file: &str) -> bool {
    ["rules/", "checks/", "feeds/"].iter().any(|folder| file.starts_with(folder))
}
fn of_feeds(file: &str) -> bool {
    file.starts_with("feeds/")
}
fn of_names(file: &str) -> bool {
    of_feeds(file) || file == "bidui.toml" || file.starts_with("checks/")
}
fn of_lists(file: &str) -> bool {
    ["lists/", "report/", "sample/"].iter().any(|folder| file.starts_with(folder))
}
fn with_sql(file: &str) -> bool {
    of_rules(file) || of_lists(file)
}

/// Makes a mistake of a kind, if its draw finds one.
pub(crate) fn sow(files: &[(String, String)], kind: usize, seeds: &mut Seeds) -> Option<Mistake> {
    let (name, takes, tokens, broken) = KINDS[kind];
    let fitting: Vec<&(String, String)> = files.iter().filter(|(file, _)| takes(file)).collect();
    for _ in 0..50 {
        let (file, text) = seeds.pick(&fitting)?;
        let tokens = tokens(text);
        let Some(token) = seeds.pick(&tokens) else { continue };
        if let Some((text, tokens)) = broken(text, token, seeds)
            && text != files.iter().find(|(name, _)| name == file)?.1
        {
            return Some(Mistake { kind: name, file: file.clone(), text, tokens });
        }
    }
    None
}

// ---- tokens ----

/// Lines with their starts, remarks and the insides of long texts aside.
fn lines(text: &str) -> Vec<(usize, &str)> {
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

fn is_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// `key` of lines `key = …`.
fn pairs(text: &str) -> Vec<(Range<usize>, Range<usize>)> {
    let pair = |(at, line): (usize, &str)| {
        let (key, value) = line.split_once('=')?;
        let word = key.trim_end();
        let plain = !word.is_empty() && word.chars().all(is_word);
        let value_at = at + line.len() - value.trim_start().len();
        plain.then(|| (at..at + word.len(), value_at..at + line.len()))
    };
    lines(text).into_iter().filter_map(pair).collect()
}

fn keys(text: &str) -> Vec<Range<usize>> {
    pairs(text).into_iter().map(|(key, _)| key).collect()
}

/// Keys behind `{` or `,` in a line.
fn inline_keys(text: &str) -> Vec<Range<usize>> {
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

fn in_quotes_at(line: &str, at: usize) -> bool {
    line[..at].matches('"').count() % 2 == 1
}

fn header_lines(text: &str) -> Vec<Range<usize>> {
    let lines =
        lines(text).into_iter().filter(|(_, line)| line.starts_with('[') && line.ends_with(']') && !line.contains('"'));
    lines.map(|(at, line)| at..at + line.len()).collect()
}

/// The last word of a header.
fn headers(text: &str) -> Vec<Range<usize>> {
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
fn strings(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, line) in lines(text).into_iter().filter(|(_, line)| !line.contains("\"\"\"") && !line.contains('\\')) {
        let quotes: Vec<usize> = line.match_indices('"').map(|(place, _)| at + place).collect();
        found.extend(quotes.chunks_exact(2).map(|pair| pair[0]..pair[1] + 1));
    }
    found
}

/// The strings that are values of some keys, without their quotes.
fn values_of(text: &str, wanted: &[&str]) -> Vec<Range<usize>> {
    let key_before = |string: &Range<usize>| {
        let before = text[..string.start].trim_end().strip_suffix('=')?.trim_end();
        let start = before.rfind(|sign: char| !is_word(sign)).map_or(0, |place| place + 1);
        before.get(start..)
    };
    let strings =
        strings(text).into_iter().filter(|string| key_before(string).is_some_and(|key| wanted.contains(&key)));
    strings.map(|string| string.start + 1..string.end - 1).filter(|value| value.len() > 1).collect()
}

fn choice_words(text: &str) -> Vec<Range<usize>> {
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

fn references(text: &str) -> Vec<Range<usize>> {
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

fn sheet_columns(text: &str) -> Vec<Range<usize>> {
    values_of(text, &["value", "colour_by", "group_by"])
}

/// Names of facts, parameters and tallies where they are given.
fn given_names(text: &str) -> Vec<Range<usize>> {
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

fn column_names(text: &str) -> Vec<Range<usize>> {
    let mut header = "";
    let mut found = Vec::new();
    for (at, line) in lines(text) {
        if line.starts_with('[') {
            header = line;
        }
        if header == "[columns]" && line.contains(" = {") {
            found.push(at..at + line.find(' ').unwrap());
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
fn sql_texts(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = values_of(text, &OF_SQL);
    // A column of a sheet, a value of a rule.
    found.retain(|value| text[value.clone()].contains([' ', '(']));
    let fences: Vec<usize> = text.match_indices("\"\"\"").map(|(at, _)| at).collect();
    found.extend(fences.chunks_exact(2).map(|pair| pair[0] + 3..pair[1]));
    found.sort_by_key(|range| range.start);
    found
}

/// Words of SQL outside its quotes: place, and whether it is a keyword or a call.
fn words_of_sql(text: &str) -> Vec<(Range<usize>, bool)> {
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

fn sql_names(text: &str) -> Vec<Range<usize>> {
    words_of_sql(text)
        .into_iter()
        .filter(|(_, special)| !special)
        .map(|(word, _)| word)
        .filter(|word| word.len() > 2)
        .collect()
}

fn query_names(text: &str) -> Vec<Range<usize>> {
    sql_names(text)
}

fn sql_keywords(text: &str) -> Vec<Range<usize>> {
    words_of_sql(text).into_iter().filter(|(_, special)| *special).map(|(word, _)| word).collect()
}

fn in_sql(text: &str, wanted: impl Fn(&str, usize) -> Option<usize>) -> Vec<Range<usize>> {
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

fn sql_operators(text: &str) -> Vec<Range<usize>> {
    in_sql(text, |sql, at| {
        [">=", "<=", "<>", ">", "<", "="].iter().find(|op| sql[at..].starts_with(**op)).map(|op| op.len())
    })
}

fn sql_brackets(text: &str) -> Vec<Range<usize>> {
    in_sql(text, |sql, at| sql[at..].starts_with(['(', ')']).then_some(1))
}

fn sql_numbers(text: &str) -> Vec<Range<usize>> {
    in_sql(text, |sql, at| {
        let before = sql[..at].trim_end();
        let compared = before.ends_with(['>', '<', '=']) && before.len() < at;
        let digits = sql[at..].chars().take_while(|sign| sign.is_ascii_digit() || *sign == '.').count();
        (compared && digits > 0).then_some(digits)
    })
}

/// Words in SQL's quotes, without them.
fn sql_words(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for part in sql_texts(text) {
        let quotes: Vec<usize> = text[part.clone()].match_indices('\'').map(|(at, _)| part.start + at).collect();
        found.extend(
            quotes
                .chunks_exact(2)
                .map(|pair| pair[0] + 1..pair[1])
                .filter(|word| word.len() > 3 && !text[word.clone()].contains('%')),
        );
    }
    found
}

/// SQL's quotes: the left of a word.
fn sql_quotes(text: &str) -> Vec<Range<usize>> {
    sql_words(text).into_iter().map(|word| word.start - 1..word.end + 1).collect()
}

fn sql_ends(text: &str) -> Vec<Range<usize>> {
    let single = sql_texts(text).into_iter().filter(|part| !text[part.clone()].contains('\n'));
    single.map(|part| part.end..part.end).collect()
}

/// `{name}` in sentences, without its braces.
fn placeholders(text: &str) -> Vec<Range<usize>> {
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

fn bare_values(text: &str, wanted: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
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

fn numbers(text: &str) -> Vec<Range<usize>> {
    bare_values(text, |word| !word.is_empty() && word.chars().all(|sign| sign.is_ascii_digit() || sign == '.'))
}

fn flags(text: &str) -> Vec<Range<usize>> {
    bare_values(text, |word| matches!(word, "true" | "false"))
}

fn texts_of_keys(text: &str) -> Vec<Range<usize>> {
    let whole = strings(text).into_iter().filter(|string| {
        let start = text[..string.start].rfind('\n').map_or(0, |newline| newline + 1);
        text[..string.start].ends_with("= ")
            && !text[start..].starts_with([' ', '{'])
            && text[string.end..].starts_with('\n')
    });
    whole.filter(|string| !text[..string.start].ends_with("sheet = ")).collect()
}

fn brackets(text: &str, open: char, close: char) -> Vec<Range<usize>> {
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

fn list_brackets(text: &str) -> Vec<Range<usize>> {
    brackets(text, '[', ']')
}

fn table_braces(text: &str) -> Vec<Range<usize>> {
    brackets(text, '{', '}')
}

fn pair_lines(text: &str) -> Vec<Range<usize>> {
    let whole = |value: &Range<usize>| {
        let value = &text[value.clone()];
        !value.contains("\"\"\"")
            && (!value.starts_with('[') || value.ends_with(']'))
            && (!value.starts_with('{') || value.ends_with('}'))
    };
    pairs(text).into_iter().filter(|(_, value)| whole(value)).map(|(key, value)| key.start..value.end).collect()
}

fn equals(text: &str) -> Vec<Range<usize>> {
    let place = |line: Range<usize>| {
        let at = line.start + text[line.clone()].find('=').unwrap();
        at..at + 1
    };
    pair_lines(text).into_iter().map(place).collect()
}

fn commas(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for (at, line) in lines(text).into_iter().filter(|(_, line)| !line.contains("\"\"\"")) {
        let places = line.match_indices(", ").filter(|(place, _)| !in_quotes_at(line, *place));
        found.extend(places.map(|(place, _)| at + place..at + place + 1));
    }
    found
}

fn ascii_signs(text: &str) -> Vec<Range<usize>> {
    equals(text)
        .into_iter()
        .chain(commas(text))
        .chain(strings(text).into_iter().map(|string| string.start..string.start + 1))
        .collect()
}

// ---- breaks ----

fn replaced(text: &str, at: &Range<usize>, by: &str) -> (String, Range<usize>) {
    (format!("{}{by}{}", &text[..at.start], &text[at.end..]), at.start..at.start + by.len())
}

/// One sign lost, two exchanged, one doubled or another.
fn slip(word: &str, seeds: &mut Seeds) -> Option<String> {
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

fn misspell(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let word = slip(&text[at.clone()], seeds)?;
    let (text, token) = replaced(text, at, &word);
    Some((text, vec![token]))
}

/// The same in quotes, which belong to the token.
fn misspell_inside(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (text, tokens) = misspell(text, at, seeds)?;
    Some((text, tokens.into_iter().map(|token| token.start - 1..token.end + 1).collect()))
}

fn misspell_word(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    misspell_inside(text, at, seeds)
}

fn mangle_operator(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
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
fn lose(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
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

fn other_bracket(text: &str, at: usize) -> Option<usize> {
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
fn lose_quote(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let left = seeds.below(2) == 0;
    let lost = if left { at.start..at.start + 1 } else { at.end - 1..at.end };
    let (text, _) = replaced(text, &lost, "");
    // Everything up to the next quote may be taken for the word.
    Some((text, vec![at.start..at.end - 1, at.end - 2..at.end - 1]))
}

fn add_statement(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (text, token) = replaced(text, at, "; DROP TABLE x");
    Some((text, vec![token.start..token.start + 1]))
}

fn add_comment(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let by = if seeds.below(2) == 0 { " -- 暂时" } else { " /* 暂时 */" };
    let (text, token) = replaced(text, at, by);
    Some((text, vec![token.start + 1..token.end]))
}

fn quote_number(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (text, token) = replaced(text, at, &format!("'{}'", &text[at.clone()]));
    Some((text, vec![token]))
}

fn lose_brace(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let lost = if seeds.below(2) == 0 { at.start - 1..at.start } else { at.end..at.end + 1 };
    let (text, _) = replaced(text, &lost, "");
    Some((text, vec![at.start - 1..at.end]))
}

fn in_quotes(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (text, token) = replaced(text, at, &format!("\"{}\"", &text[at.clone()]));
    Some((text, vec![token]))
}

fn flag_as_word(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let by = ["\"是\"", "是", "ture", "1", "True"][seeds.below(5)];
    let (text, token) = replaced(text, at, by);
    Some((text, vec![token]))
}

fn as_list(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let by = if seeds.below(2) == 0 { format!("[{}]", &text[at.clone()]) } else { "12".to_owned() };
    let (text, token) = replaced(text, at, &by);
    Some((text, vec![token]))
}

fn lose_left(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (text, _) = replaced(text, &(at.start..at.start + 1), "");
    Some((text, vec![at.start..at.end - 1]))
}

fn lose_right(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (text, _) = replaced(text, &(at.end - 1..at.end), "");
    Some((text, vec![at.start..at.end - 1]))
}

/// One bracket of a pair: the other is alone.
fn lose_list_bracket(text: &str, at: &Range<usize>, seeds: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    if seeds.below(2) == 0 {
        let (text, _) = replaced(text, &(at.start..at.start + 1), "");
        Some((text, vec![at.start..at.end - 1]))
    } else {
        let (text, _) = replaced(text, &(at.end - 1..at.end), "");
        Some((text, vec![at.start..at.end - 1]))
    }
}

fn lose_last(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (text, _) = replaced(text, &(at.end - 1..at.end), "");
    Some((text, vec![at.start..at.end - 1]))
}

fn lose_equals(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (broken, _) = replaced(text, &(at.start..at.end + 1), "");
    let line = broken[..at.start].rfind('\n').map_or(0, |newline| newline + 1);
    Some((broken, vec![line..at.start]))
}

/// The items on both sides of the comma.
fn lose_comma(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let (broken, _) = replaced(text, at, "");
    let start = broken[..at.start].rfind([',', '[', '{', '=']).map_or(0, |place| place + 1);
    let start = start + broken[start..].len() - broken[start..].trim_start().len();
    let end = broken[at.start..].find([',', ']', '}', '\n']).map_or(broken.len(), |end| at.start + end);
    Some((broken, vec![start..end]))
}

fn widen(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let by = match &text[at.clone()] {
        "=" => "＝",
        "," => "，",
        "\"" => "“",
        _ => return None,
    };
    let (text, token) = replaced(text, at, by);
    Some((text, vec![token]))
}

fn twice(text: &str, at: &Range<usize>, _: &mut Seeds) -> Option<(String, Vec<Range<usize>>)> {
    let line = text[at.clone()].to_owned();
    let key = line.find('=').map_or(line.len(), |equals| line[..equals].trim_end().len());
    let (text, token) = replaced(text, &(at.end..at.end), &format!("\n{line}"));
    let second = token.start + 1..token.start + 1 + key;
    Some((text, vec![second, at.start..at.start + key]))
}
