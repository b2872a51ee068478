//! Makes one mistake in one file of the configuration, and says which token is broken by it.

use std::ops::Range;

use super::breaks::*;
use super::meanings::*;
use super::tokens::*;

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
    pub(crate) fn below(&mut self, end: usize) -> usize {
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
    ("code of a place misspelt", of_places, place_codes, another_digit),
    ("number out of its range", any, counts, out_of_range),
    ("word in a query not of the column", of_lists, list_words, misspell_word),
    ("join by more or less", of_lists, join_conditions, by_more),
    ("join without its condition", of_lists, join_conditions, no_condition),
    ("aggregate in WHERE", of_lists, where_starts, count_in_where),
    ("aggregate without GROUP BY", of_lists, groupings, lose_grouping),
    ("one argument too many", of_lists, calls, one_more_argument),
    ("word written twice in a list", any, first_words, word_twice),
    ("id or code of another", with_ids, later_ids, id_of_another),
    ("alias of a choice", of_feeds, first_aliases, alias_of_choice),
];

fn any(_: &str) -> bool {
    true
}
fn of_rules(file: &str) -> bool {
    ["rules/", "checks/", "feeds/"].iter().any(|folder| file.starts_with(folder))
}
fn of_places(file: &str) -> bool {
    file == "towns.toml"
}
fn with_ids(file: &str) -> bool {
    ["rules/", "checks/"].iter().any(|folder| file.starts_with(folder))
        || ["needs.toml", "verification_results.toml", "grading.toml"].contains(&file)
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
