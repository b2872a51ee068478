//! A document for people who print and sign it: a title, headings, paragraphs, tables, lines for signatures.
//!
//! What it says is the caller's; how it looks follows the usage of official papers (GB/T 9704-2012): A4, 仿宋 for text and 黑体 for
//! headings, 28 points from line to line, page numbers between dashes.

/// A document, from top to bottom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document {
    /// Of the file's properties, as is `author`.
    pub title: String,
    pub author: String,
    /// Year, month and day for the properties: a day of the month, never today.
    pub created: (u16, u8, u8),
    pub blocks: Vec<Block>,
}

/// A part of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// The title, centred.
    Title(String),
    /// A line under the title, centred.
    Subtitle(String),
    Heading(String),
    /// Begins two characters in.
    Paragraph(String),
    /// Begins at the margin: the one who is addressed, a note under a table.
    Line(String),
    /// At the right margin: who signs, and when.
    Signature(String),
    Table(DocumentTable),
    /// What follows, to the end, is on pages that lie on their side: for wide tables.
    Sideways,
}

/// A table with its caption.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocumentTable {
    pub caption: String,
    pub headings: Vec<String>,
    /// Of each column, in tenths of a character as on a sheet; a table that would be wider than the page is made as wide as the page.
    pub widths: Vec<u32>,
    pub rows: Vec<Vec<String>>,
    /// What is said in place of a table without rows.
    pub empty: String,
    /// What to know of it, below it; nothing if empty.
    pub note: String,
}
