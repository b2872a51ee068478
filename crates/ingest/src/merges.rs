//! Merged cells below the heading. A value stands in the first cell only, and a person reads it for every row that the cell reaches over.
//!
//! So it is filled down, in columns that say who, where, when or of what kind; never in columns of money and numbers, where one amount for
//! three rows is one amount and not three. A row with nothing of its own stays blank. Cells merged across columns are left as they are.

use std::collections::BTreeMap;

use bidui_model::{ColumnType, DataContract};

use crate::heading_map::HeadingMap;
use crate::row::{Row, RowView};
use crate::row_sink::Merge;

/// The merged cells of the open sheet.
#[derive(Default)]
pub(crate) struct Merges {
    /// Columns of the file that are filled down.
    filled: Vec<bool>,
    /// By first row: those that rows have not reached.
    ahead: BTreeMap<u32, Vec<Merge>>,
    /// Those that the present row lies in, each with the row that holds its value.
    open: Vec<(Merge, Row)>,
    whole: Row,
}

impl Merges {
    pub(crate) fn add(&mut self, merge: Merge) {
        self.ahead.entry(merge.first).or_default().push(merge);
    }

    /// The heading was found: these columns are read.
    pub(crate) fn choose(&mut self, contract: &DataContract, map: &HeadingMap) {
        self.filled.clear();
        for (column, about) in contract.columns.iter().enumerate() {
            if matches!(about.kind, ColumnType::Money | ColumnType::Integer | ColumnType::Number) {
                continue;
            }
            for place in map.places_of(column) {
                if self.filled.len() <= place {
                    self.filled.resize(place + 1, false);
                }
                self.filled[place] = true;
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ahead.is_empty() && self.open.is_empty()
    }

    /// The row as a person reads it. Rows come from top to bottom.
    pub(crate) fn fill<'a>(&'a mut self, number: u32, row: RowView<'a>) -> RowView<'a> {
        self.open.retain(|(merge, _)| merge.last >= number);
        let mut is_copied = false;
        if row.first_filled().is_some() {
            for (merge, top) in &self.open {
                let column = merge.column as usize;
                if row.is_blank_at(column) {
                    if !is_copied {
                        self.whole.copy_from(row);
                        is_copied = true;
                    }
                    let value = top.view().get(0);
                    self.whole.set(column, value.kind, value.text);
                }
            }
        }
        while let Some(entry) = self.ahead.first_entry().filter(|entry| *entry.key() <= number) {
            for merge in entry.remove() {
                let column = merge.column as usize;
                let value = row.get(column);
                let is_filled = self.filled.get(column).copied().unwrap_or(false);
                if merge.first == number && is_filled && !value.text.is_empty() {
                    let mut top = Row::default();
                    top.set(0, value.kind, value.text);
                    self.open.push((merge, top));
                }
            }
        }
        if is_copied { self.whole.view() } else { row }
    }
}
