//! Rows as they arrived: columns of text in one arena each, with what kind of cell each value was.

use crate::{Reject, SourceId};

/// What the file said the cell was. A text file has only `Empty` and `Text`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    Empty,
    Text,
    /// A number cell; its text is the shortest decimal that reads back as the same double. Never an ID again.
    Number,
    /// A date cell; its text is `2023-03-05` or `2023-03-05 10:11:12`.
    Date,
    /// `TRUE` or `FALSE`.
    Bool,
    /// `#REF!` and its like, a formula without a value, or bytes that could not be decoded.
    Error,
}

/// One cell of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawCell<'a> {
    pub kind: CellKind,
    pub text: &'a str,
}

/// A column of cells, in one arena.
#[derive(Clone, Debug, Default)]
pub struct RawColumn {
    text: String,
    ends: Vec<u32>,
    kinds: Vec<CellKind>,
}

impl RawColumn {
    pub fn push(&mut self, kind: CellKind, text: &str) {
        self.text.push_str(text);
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        self.kinds.push(kind);
    }
    #[must_use]
    pub fn len(&self) -> usize {
        self.kinds.len()
    }
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }
    /// The cell at `index`, an empty one past the end.
    #[must_use]
    pub fn get(&self, index: usize) -> RawCell<'_> {
        let Some(kind) = self.kinds.get(index) else {
            return RawCell { kind: CellKind::Empty, text: "" };
        };
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        RawCell { kind: *kind, text: self.text.get(start..self.ends[index] as usize).unwrap_or("") }
    }
    pub fn iter(&self) -> impl Iterator<Item = RawCell<'_>> {
        (0..self.len()).map(|index| self.get(index))
    }
    pub fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
        self.kinds.clear();
    }
    /// Bytes of text held, so that a reader can cut a chunk before the arena's 4 GiB.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.text.len()
    }
}

/// Some thousands of rows of one sheet, with the rows that were set aside on the way.
#[derive(Clone, Debug, Default)]
pub struct RawChunk {
    pub source: Option<SourceId>,
    /// Row numbers as the spreadsheet program shows them, one per kept row.
    pub rows: Vec<u32>,
    /// One per column of the contract, in its order; a column that the file lacks has only empty cells.
    pub columns: Vec<RawColumn>,
    /// Money columns whose heading here names another unit than the contract: place of the column, and what one of its unit is in fen.
    pub units: Vec<(usize, i64)>,
    /// Rows that the reader set aside: blank, total, footer, ragged, undecodable.
    pub rejects: Vec<Reject>,
}
