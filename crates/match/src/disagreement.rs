//! A condition and an example of it that do not agree: which of the two is the slip, as far as it can be known, and the other beside it.

use std::ops::Range;

use bidui_model::{Diagnostic, Found, SpecFile, SpecTable, nearest};
use toml::de::DeValue;

use crate::sql;

/// An example whose answer is another one.
pub const EXAMPLE: &str = "BD0210";

const HINT: &str = "改条件，或改例子";

/// A word of an example's row, and where.
#[derive(Clone, Debug)]
pub(crate) struct Word {
    column: String,
    word: String,
    span: Range<usize>,
}

/// The words of a row.
pub(crate) fn words_of(row: &SpecTable<'_>) -> Vec<Word> {
    let word = |(name, value): (Found<String>, &toml::Spanned<DeValue<'_>>)| match value.get_ref() {
        DeValue::String(word) => Some(Word { column: name.value, word: word.to_string(), span: value.span() }),
        _ => None,
    };
    row.entries().into_iter().filter_map(word).collect()
}

/// Says that an example at `example`, whose row stands at `row`, is answered otherwise. Where a condition asks for a word that the row has almost, that word is told, since it
/// would never be met; it is the row's where the file writes the condition's elsewhere too.
pub(crate) fn disagreement(
    source: &SpecFile<'_>,
    message: &str,
    [example, row]: [&Range<usize>; 2],
    words: &[Word],
    conditions: &[&Found<String>],
) -> Diagnostic {
    let slip = conditions.iter().find_map(|condition| almost(source, condition, words));
    let Some((asked, asked_at, word)) = slip else {
        let error = Diagnostic::error(EXAMPLE, source.file, Some(example.clone()), message).with_hint(HINT);
        let error = if row == example { error } else { error.with_also(row.clone(), "例子的值在这里") };
        return conditions.iter().fold(error, |error, condition| {
            error.with_also(source.inside(condition, 0..condition.value.len()), "条件在这里")
        });
    };
    let times = |word: &str| {
        ['\'', '"']
            .into_iter()
            .map(|quote| source.text.matches(&format!("{quote}{word}{quote}")).count())
            .sum::<usize>()
    };
    let hint = format!("条件里是“{asked}”，例子里是“{}”：是不是其中一处写错了", word.word);
    let (guilty, other, what) = if times(&asked) > times(&word.word) {
        (word.span.clone(), asked_at, "条件在这里")
    } else {
        (asked_at, word.span.clone(), "例子在这里")
    };
    Diagnostic::error(EXAMPLE, source.file, Some(guilty), message).with_hint(hint).with_also(other, what)
}

/// A word that the condition asks of a column for which the row has almost the same, and not one of those asked.
fn almost<'a>(
    source: &SpecFile<'_>,
    condition: &Found<String>,
    words: &'a [Word],
) -> Option<(String, Range<usize>, &'a Word)> {
    let asked = sql::parse_row(&condition.value).ok()?.compared_words(&condition.value);
    words.iter().find_map(|word| {
        let of_column = || asked.iter().filter(|(column, ..)| *column == word.column);
        let is_met = of_column().any(|(_, asked, _)| *asked == word.word);
        let near = |asked: &str| nearest(asked, [word.word.as_str()]).or(nearest(&word.word, [asked])).is_some();
        let (_, asked, span) =
            of_column().find(|(_, asked, _)| !is_met && !word.word.is_empty() && !asked.is_empty() && near(asked))?;
        Some((asked.clone(), source.inside(condition, span.clone()?), word))
    })
}
