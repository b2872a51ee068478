//! Where the reader of a workbook puts what it finds: the file's intake, or the pipe to the process that asked for it.
//!
//! The order of calls: [`RowSink::form`] once; then for each sheet [`RowSink::skip_sheet`], or [`RowSink::open_sheet`], what is known of it
//! ([`RowSink::hidden_rows`], [`RowSink::merge`]), its rows with values from top to bottom, [`RowSink::close_sheet`].

use crate::problem::FileProblem;
use crate::report::{FileForm, SheetSkip};
use crate::row::RowView;

/// A spreadsheet's last row and column, counted from 0, plus one.
pub(crate) const ROWS: u32 = 1_048_576;
pub(crate) const COLUMNS: u32 = 16_384;
/// No row of an extract has more text.
pub(crate) const ROW_BYTES: usize = 4 << 20;
/// No sheet has more merged cells.
pub(crate) const MERGES: usize = 200_000;

/// Cells of one column merged from `first` down to `last`, both numbered from 1; the value stands in the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Merge {
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// From 0.
    pub(crate) column: u32,
}

pub(crate) trait RowSink {
    fn form(&mut self, form: FileForm) -> Result<(), FileProblem>;
    fn skip_sheet(&mut self, sheet: &str, reason: SheetSkip) -> Result<(), FileProblem>;
    fn open_sheet(&mut self, sheet: &str) -> Result<(), FileProblem>;
    /// So many rows are hidden, by a filter or by hand. They come as rows all the same.
    fn hidden_rows(&mut self, rows: u64) -> Result<(), FileProblem>;
    /// Comes before the rows below its first.
    fn merge(&mut self, merge: Merge) -> Result<(), FileProblem>;
    /// `number` is the spreadsheet's, from 1, and more than the last one's.
    fn row(&mut self, number: u32, row: RowView<'_>) -> Result<(), FileProblem>;
    fn close_sheet(&mut self) -> Result<(), FileProblem>;
}
