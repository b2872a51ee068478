//! Where a row or a value came from.

/// Index of a [`Source`] within one feed and month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u32);

/// A file and, in a workbook, one of its sheets.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source {
    /// Relative to the month's inbox, with `/`.
    pub file: String,
    /// Empty for a file without sheets.
    pub sheet: String,
}

/// The place of a value, as people find it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub source: Source,
    /// As the spreadsheet program numbers it: 1 is the first row of the file, headings included.
    pub row: u32,
    /// The heading as it stands in the file, where the matter is a value.
    pub column: Option<String>,
}
