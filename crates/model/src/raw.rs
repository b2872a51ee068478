//! Rows as they arrived: columns of text, with what kind of cell each value was.

use std::sync::Arc;

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

/// Where a cell's text lies in a longer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellSpan {
    pub start: u32,
    pub end: u32,
    pub kind: CellKind,
}

impl CellSpan {
    pub const EMPTY: Self = Self { start: 0, end: 0, kind: CellKind::Empty };
}

/// A column of cells. The columns of a chunk may lie in one text, row after row as they were read, so that a cell is not copied on its own.
#[derive(Clone, Debug, Default)]
pub struct RawColumn {
    text: Arc<String>,
    cells: Vec<CellSpan>,
}

impl RawColumn {
    /// Cells of `text`. A span that is none of its own reads as an empty text.
    #[must_use]
    pub fn new(text: Arc<String>, cells: Vec<CellSpan>) -> Self {
        Self { text, cells }
    }
    pub fn push(&mut self, kind: CellKind, text: &str) {
        let all = Arc::make_mut(&mut self.text);
        let start = all.len();
        all.push_str(text);
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        self.cells.push(CellSpan { start: place(start), end: place(all.len()), kind });
    }
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len()
    }
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }
    /// The cell at `index`, an empty one past the end.
    // Rooms ask it for every cell, and without a hint no other crate gets its body.
    #[must_use]
    #[inline]
    pub fn get(&self, index: usize) -> RawCell<'_> {
        let CellSpan { start, end, kind } = self.cells.get(index).copied().unwrap_or(CellSpan::EMPTY);
        RawCell { kind, text: self.text.get(start as usize..end as usize).unwrap_or("") }
    }
    pub fn iter(&self) -> impl Iterator<Item = RawCell<'_>> {
        (0..self.len()).map(|index| self.get(index))
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
