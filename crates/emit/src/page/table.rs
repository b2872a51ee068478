//! A table with a caption. The script of the page lets a reader sort its rows by a column; the sums at its foot stay there.

use maud::{Markup, html};

use super::Tone;
use super::drawing::grouped;

/// A table. Every row has a cell for each column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageTable {
    pub caption: String,
    pub columns: Vec<PageColumn>,
    pub rows: Vec<Vec<PageCell>>,
    /// At the foot, and not sorted; nothing if empty.
    pub sums: Vec<PageCell>,
    /// What is said in place of a table without rows.
    pub empty: String,
    /// What to know of it, below it; nothing if empty.
    pub note: String,
}

/// A column: its heading, and whether its cells are numbers, which stand at the right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageColumn {
    pub heading: String,
    pub is_number: bool,
}

/// A cell. Unknown is shown as `—`, and sorts behind everything that is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageCell {
    text: String,
    /// What it sorts by, where that is not the number or the words that it shows.
    order: Option<f64>,
    tone: Tone,
}

impl PageColumn {
    pub fn words(heading: impl Into<String>) -> Self {
        Self { heading: heading.into(), is_number: false }
    }
    pub fn number(heading: impl Into<String>) -> Self {
        Self { heading: heading.into(), is_number: true }
    }
}

impl PageCell {
    pub fn words(text: impl Into<String>) -> Self {
        Self { text: text.into(), order: None, tone: Tone::Plain }
    }
    #[must_use]
    pub fn unknown() -> Self {
        Self::words("—").toned(Tone::Muted)
    }
    #[must_use]
    pub fn count(count: i64) -> Self {
        Self::words(grouped(count))
    }
    #[must_use]
    pub fn known(count: Option<i64>) -> Self {
        count.map_or_else(Self::unknown, Self::count)
    }
    /// A share of one as `97.2%`.
    #[must_use]
    pub fn share(share: Option<f64>) -> Self {
        share.map_or_else(Self::unknown, |share| Self::words(format!("{:.1}%", share * 100.0)))
    }
    #[must_use]
    pub fn toned(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
    /// Sorts by a number that it does not show.
    #[must_use]
    pub fn sorted_by(mut self, order: f64) -> Self {
        self.order = Some(order);
        self
    }
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

pub(super) fn markup(table: &PageTable) -> Markup {
    if table.rows.is_empty() {
        return html! { figure.table { p.caption { (table.caption) } p.empty { (table.empty) } (note(table)) } };
    }
    html! {
        figure.table {
            div.wide tabindex="0" role="group" aria-label=(table.caption) {
                table.sortable {
                    caption { (table.caption) }
                    thead { tr { @for column in &table.columns {
                        th scope="col" class=[column.is_number.then_some("n")] { (column.heading) }
                    } } }
                    tbody { @for row in &table.rows { tr { (cells(table, row)) } } }
                    @if !table.sums.is_empty() { tfoot { tr { (cells(table, &table.sums)) } } }
                }
            }
            (note(table))
        }
    }
}

fn note(table: &PageTable) -> Markup {
    html! { @if !table.note.is_empty() { p.note { (table.note) } } }
}

/// The cells of a row; the first of them names it.
fn cells(table: &PageTable, row: &[PageCell]) -> Markup {
    html! {
        @for (at, (column, cell)) in table.columns.iter().zip(row).enumerate() {
            @let order = cell.order.map(|order| ((order * 1e6).round() / 1e6).to_string());
            @if at == 0 {
                th scope="row" class=[class(column, cell)] data-v=[order] { (cell.text) }
            } @else {
                td class=[class(column, cell)] data-v=[order] { (cell.text) }
            }
        }
    }
}

fn class(column: &PageColumn, cell: &PageCell) -> Option<String> {
    let number = column.is_number.then_some("n");
    let tone = (cell.tone != Tone::Plain).then(|| cell.tone.class());
    let classes: Vec<&str> = number.into_iter().chain(tone).collect();
    (!classes.is_empty()).then(|| classes.join(" "))
}
