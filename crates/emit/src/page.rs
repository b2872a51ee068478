//! A page for a browser: one file that asks no network for anything, is read without scripts, sorts its tables with one, and prints on A4.
//!
//! What it says is the caller's, as with [`crate::Document`]; how it looks is decided here, so that a caller never touches markup and a word from
//! data can never become any. Charts are drawn from the same numbers that a table beside them should show: they help the eye, the table is the record.

mod bars;
mod drawing;
mod flow;
mod lines;
mod shell;
mod table;

use std::io::Write;
use std::path::Path;

use crate::EmitError;

pub use self::bars::{BarChart, BarRow};
pub use self::drawing::grouped;
pub use self::flow::{FlowChart, FlowColumn, FlowLink, FlowNode};
pub use self::lines::{ChartMark, LineChart, LineSeries};
pub use self::table::{PageCell, PageColumn, PageTable};

/// A page, from top to bottom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Of the browser's tab and the page's first heading.
    pub title: String,
    /// What it was made from: terms with their values, under the title.
    pub particulars: Vec<(String, String)>,
    /// Before the first section.
    pub opening: Vec<PagePart>,
    /// Listed as contents where there are several.
    pub sections: Vec<PageSection>,
    /// Below everything: how to read it, who may see it.
    pub closing: Vec<String>,
}

/// A section with a heading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageSection {
    /// The anchor: letters, digits and hyphens, once on a page.
    pub anchor: &'static str,
    pub heading: String,
    pub parts: Vec<PagePart>,
}

/// A part of a section.
#[derive(Clone, Debug, PartialEq)]
pub enum PagePart {
    Paragraph(String),
    /// Smaller: how figures beside it were counted.
    Note(String),
    /// Says that there is nothing, and why.
    Empty(String),
    /// Items in the order in which they are to be read.
    Steps(Vec<String>),
    /// The few figures that a reader takes away.
    Figures(Vec<PageFigure>),
    Table(PageTable),
    Bars(BarChart),
    Lines(LineChart),
    Flow(FlowChart),
    /// Opened by whoever wants to know more. On paper only what was open is printed.
    Fold(PageFold),
}

/// A figure by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageFigure {
    pub name: String,
    pub value: String,
    /// Beside it: a change, a share; nothing if empty.
    pub note: String,
    pub tone: Tone,
}

/// What is under a line that opens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageFold {
    pub summary: String,
    pub parts: Vec<PagePart>,
}

/// What a colour stands for. It is never the only sign: a name or a number stands beside it, on paper without colours, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    /// What was set aside, is quiet or unknown.
    Muted,
    Red,
    Orange,
    Yellow,
    Blue,
    /// As it should be.
    Good,
    /// Needs somebody's eye.
    Alarm,
    /// One of several kinds without an order, from 0.
    Kind(u8),
}

impl Tone {
    /// The class in the style sheet.
    fn class(self) -> &'static str {
        const KINDS: [&str; 6] = ["t-k0", "t-k1", "t-k2", "t-k3", "t-k4", "t-k5"];
        match self {
            Self::Plain => "t-plain",
            Self::Muted => "t-muted",
            Self::Red => "t-red",
            Self::Orange => "t-orange",
            Self::Yellow => "t-yellow",
            Self::Blue => "t-blue",
            Self::Good => "t-good",
            Self::Alarm => "t-alarm",
            Self::Kind(kind) => KINDS[usize::from(kind) % KINDS.len()],
        }
    }
}

/// The page as it is written: the same bytes for the same page.
#[must_use]
pub fn page_text(page: &Page) -> String {
    shell::markup(page).into_string()
}

/// Writes the page. `path` is only named where it cannot be written.
pub fn write_page(page: &Page, path: &Path) -> Result<(), EmitError> {
    if let Some(folder) = path.parent() {
        crate::staging::make_private_folder(folder)?;
    }
    let mut file = crate::staging::create_private(path)?;
    file.write_all(page_text(page).as_bytes()).and_then(|()| file.sync_all()).map_err(EmitError::io("写", path))
}

#[cfg(test)]
mod tests;
