//! The text of a sheet's query as it is read: the named queries of its file (`with`) before its own, and where each of its bytes stands in the file.

use std::ops::Range;

use bidui_model::{Found, SpecFile, place_in_literal};

/// A query's text, put together of one or two literals.
#[derive(Clone, Debug, Default)]
pub(crate) struct QueryText {
    pub(crate) whole: String,
    pieces: Vec<Piece>,
}

/// A run of bytes that stands in one literal.
#[derive(Clone, Debug)]
struct Piece {
    /// In the whole.
    at: Range<usize>,
    literal: Found<String>,
    /// The literal as the file has it, with its quotes.
    raw: String,
    /// Where in the literal's value the piece begins.
    from: usize,
}

impl QueryText {
    /// The query behind the named queries of its file; it may name more of its own.
    pub(crate) fn of(source: &SpecFile<'_>, query: &Found<String>, with: Option<&Found<String>>) -> Self {
        let mut text = Self::default();
        let Some(with) = with else {
            text.take(source, query, 0);
            return text;
        };
        text.whole.push_str("WITH ");
        text.take(source, with, 0);
        let value = query.value.as_str();
        let own = value.trim_start();
        let start = value.len() - own.len();
        match own.split_once(char::is_whitespace) {
            Some((first, rest)) if first.eq_ignore_ascii_case("with") => {
                text.whole.push_str(",\n");
                text.take(source, query, value.len() - rest.len());
            }
            _ => {
                text.whole.push('\n');
                text.take(source, query, start);
            }
        }
        text
    }

    fn take(&mut self, source: &SpecFile<'_>, literal: &Found<String>, from: usize) {
        let start = self.whole.len();
        self.whole.push_str(literal.value.get(from..).unwrap_or(""));
        let raw = source.text.get(literal.span.clone()).unwrap_or("").to_owned();
        self.pieces.push(Piece { at: start..self.whole.len(), literal: literal.clone(), raw, from });
    }

    /// Bytes of the file; those of a whole literal where the part stands in none, or in both.
    pub(crate) fn span(&self, part: &Range<usize>) -> Range<usize> {
        let holds = |piece: &&Piece| piece.at.start <= part.start && part.end <= piece.at.end;
        let Some(piece) = self.pieces.iter().find(holds) else {
            return self.pieces.last().map_or(0..0, |piece| piece.literal.span.clone());
        };
        let shift = |at: usize| at - piece.at.start + piece.from;
        let inside = place_in_literal(&piece.raw, &piece.literal.value, shift(part.start)..shift(part.end));
        let start = piece.literal.span.start;
        inside.map_or_else(|| piece.literal.span.clone(), |inside| start + inside.start..start + inside.end)
    }
}
