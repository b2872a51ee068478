//! One row of a sheet while it is being read: its cells as slices of one string.

use bidui_model::{CellKind, CellSpan, RawCell};

/// A row, borrowed from whichever buffer it was read into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowView<'a> {
    pub(crate) text: &'a str,
    pub(crate) cells: &'a [CellSpan],
}

impl<'a> RowView<'a> {
    /// The cell in `column`, an empty one past the end.
    pub(crate) fn get(self, column: usize) -> RawCell<'a> {
        let CellSpan { start, end, kind } = self.span(column);
        RawCell { kind, text: self.text.get(start as usize..end as usize).unwrap_or("") }
    }
    /// Where the cell in `column` lies in the row's text; nowhere if a person would see nothing there.
    pub(crate) fn span(self, column: usize) -> CellSpan {
        let Some(cell) = self.cells.get(column) else {
            return CellSpan::EMPTY;
        };
        let (start, end) = (cell.start as usize, cell.end as usize);
        // The answer for almost every cell, without looking at its characters.
        let is_filled = start < end && self.text.as_bytes().get(start).is_some_and(|byte| is_seen(*byte));
        if is_filled || self.text.get(start..end).is_some_and(|text| !is_blank(text)) { *cell } else { CellSpan::EMPTY }
    }
    pub(crate) fn is_blank_at(self, column: usize) -> bool {
        self.span(column) == CellSpan::EMPTY
    }
    /// The first column with a value.
    pub(crate) fn first_filled(self) -> Option<usize> {
        (0..self.cells.len()).find(|column| !self.is_blank_at(*column))
    }
}

/// An owned row, reused from one row to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    text: String,
    cells: Vec<CellSpan>,
}

impl Row {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.cells.clear();
    }
    pub(crate) fn view(&self) -> RowView<'_> {
        RowView { text: &self.text, cells: &self.cells }
    }
    pub(crate) fn copy_of(view: RowView<'_>) -> Self {
        Self { text: view.text.to_owned(), cells: view.cells.to_vec() }
    }
    /// Becomes `view`, and keeps its own room.
    pub(crate) fn copy_from(&mut self, view: RowView<'_>) {
        view.text.clone_into(&mut self.text);
        view.cells.clone_into(&mut self.cells);
    }
    pub(crate) fn text_bytes(&self) -> usize {
        self.text.len()
    }
    /// Puts a value into `column`, whatever the order in which cells arrive; a second value for a place wins.
    pub(crate) fn set(&mut self, column: usize, kind: CellKind, text: &str) {
        let start = self.text.len();
        self.text.push_str(text);
        self.place(column, kind, start);
    }
    /// The same, with the text written by `write` so that numbers need no string of their own.
    pub(crate) fn set_with(&mut self, column: usize, kind: CellKind, write: impl FnOnce(&mut String)) {
        let start = self.text.len();
        write(&mut self.text);
        self.place(column, kind, start);
    }
    fn place(&mut self, column: usize, kind: CellKind, start: usize) {
        if self.cells.len() <= column {
            self.cells.resize(column + 1, CellSpan::EMPTY);
        }
        // A row's text is bounded far below 4 GiB by every reader.
        self.cells[column] = CellSpan {
            start: u32::try_from(start).unwrap_or(u32::MAX),
            end: u32::try_from(self.text.len()).unwrap_or(u32::MAX),
            kind,
        };
    }
}

/// Blanks that people cannot see: white space, zero-width characters, marks and NULs left by padding.
pub(crate) fn is_unseen(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\0' | '\u{34F}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{FEFF}'
        )
}

/// Whether a character that begins with this byte is seen: ASCII, and U+4000 to U+9FFF, which are ideographs and their like.
fn is_seen(byte: u8) -> bool {
    byte.is_ascii_graphic() || (0xE4..=0xE9).contains(&byte)
}

/// Nothing that a person would see.
pub(crate) fn is_blank(text: &str) -> bool {
    match text.as_bytes().first() {
        None => true,
        Some(byte) if is_seen(*byte) => false,
        Some(_) => text.chars().all(is_unseen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_may_arrive_in_any_order() {
        let mut row = Row::default();
        row.set(2, CellKind::Text, "丙");
        row.set(0, CellKind::Number, "1");
        assert_eq!(row.view().get(0).text, "1");
        assert_eq!(row.view().get(1).kind, CellKind::Empty);
        assert_eq!(row.view().get(2).text, "丙");
        assert_eq!(row.view().get(9).text, "");
        assert_eq!(row.view().first_filled(), Some(0));
    }

    #[test]
    fn what_begins_with_a_byte_that_is_seen_is_seen() {
        for character in ('\0'..=char::MAX).filter(|character| is_unseen(*character)) {
            assert!(!is_seen(character.to_string().as_bytes()[0]), "{character:?}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_blank() {
        assert!(is_blank(" \u{3000}\u{a0}\u{feff}\t\0"));
        assert!(!is_blank(" ."));
    }
}
