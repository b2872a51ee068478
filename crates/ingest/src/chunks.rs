//! Gathers rows into chunks and hands them on; counts what it kept and what it set aside.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use bidui_model::{CellKind, CellSpan, RawCell, RawChunk, RawColumn, Reject, RejectCode, SourceId};

use crate::read::ReadOptions;
use crate::row::RowView;

/// A chunk goes out before its text outgrows this, however few rows it has.
const CHUNK_TEXT_BYTES: usize = 32 << 20;

pub(crate) struct Chunks<'a> {
    sink: &'a mut dyn FnMut(RawChunk),
    source: Option<SourceId>,
    units: Vec<(usize, i64)>,
    chunk_rows: usize,
    /// The rows that are handed on, by source and number; all where nobody says.
    only: Option<&'a HashSet<(u32, u32)>>,
    rows: Vec<u32>,
    rejects: Vec<Reject>,
    /// Of all rows, one after the other; the cells of every column lie in it.
    text: String,
    columns: Vec<Vec<CellSpan>>,
    pub(crate) kept: u64,
    pub(crate) set_aside: u64,
    /// By reason: how many rows, and source and number of the first.
    reasons: BTreeMap<RejectCode, (u64, SourceId, u32)>,
}

/// More rows than this are not set aside, unless more than that are kept: such a file is not a list with some odd rows.
pub(crate) const SET_ASIDE: u64 = 100_000;

impl<'a> Chunks<'a> {
    pub(crate) fn new(columns: usize, options: &ReadOptions<'a>, sink: &'a mut dyn FnMut(RawChunk)) -> Self {
        Self {
            sink,
            source: None,
            units: Vec::new(),
            chunk_rows: options.chunk_rows.max(1),
            only: options.only,
            rows: Vec::new(),
            rejects: Vec::new(),
            text: String::new(),
            columns: vec![Vec::new(); columns],
            kept: 0,
            set_aside: 0,
            reasons: BTreeMap::new(),
        }
    }
    /// What follows comes from `source`, with money in these units; a chunk has one source.
    pub(crate) fn start(&mut self, source: SourceId, units: Vec<(usize, i64)>) {
        self.flush();
        self.source = Some(source);
        self.units = units;
    }
    pub(crate) fn reject(&mut self, row: u32, code: RejectCode) {
        let Some(source) = self.source else {
            return;
        };
        self.rejects.push(Reject { source, row, code });
        self.set_aside += 1;
        self.reasons.entry(code).or_insert((0, source, row)).0 += 1;
        self.flush_if_full();
    }
    /// Where too many rows were set aside: the commonest reason, how many rows it has, and source and number of the first.
    pub(crate) fn overflow(&self) -> Option<(RejectCode, u64, SourceId, u32)> {
        if self.set_aside <= SET_ASIDE.max(self.kept) {
            return None;
        }
        let (code, (count, source, row)) = self.reasons.iter().max_by_key(|(_, (count, ..))| *count)?;
        Some((*code, *count, *source, *row))
    }
    /// Keeps a row that is one record; `places` says where in it every column of the contract stands.
    pub(crate) fn keep_row(&mut self, number: u32, row: RowView<'_>, places: &[Option<usize>]) {
        if !self.is_wanted(number) {
            self.kept += 1;
            return;
        }
        let base = offset(self.text.len());
        self.text.push_str(row.text);
        for (column, place) in self.columns.iter_mut().zip(places) {
            let cell = place.map_or(CellSpan::EMPTY, |place| plain(row, row.span(place)));
            column.push(moved(cell, base));
        }
        self.kept(number);
    }
    /// Keeps one of several records of a row; `cell` gives the value for a column of the contract.
    pub(crate) fn keep<'c>(&mut self, number: u32, cell: impl Fn(usize) -> RawCell<'c>) {
        if !self.is_wanted(number) {
            self.kept += 1;
            return;
        }
        for (index, column) in self.columns.iter_mut().enumerate() {
            let RawCell { kind, text } = cell(index);
            let text = match kind {
                CellKind::Text => unwrap_formula(text),
                _ => text,
            };
            let start = offset(self.text.len());
            self.text.push_str(text);
            column.push(CellSpan { start, end: offset(self.text.len()), kind });
        }
        self.kept(number);
    }
    /// A row that nobody asked for counts as kept, so that what is set aside is measured against the same number.
    fn is_wanted(&self, number: u32) -> bool {
        self.only.is_none_or(|only| self.source.is_some_and(|source| only.contains(&(source.0, number))))
    }
    fn kept(&mut self, number: u32) {
        self.rows.push(number);
        self.kept += 1;
        self.flush_if_full();
    }
    fn flush_if_full(&mut self) {
        if self.rows.len() + self.rejects.len() >= self.chunk_rows || self.text.len() >= CHUNK_TEXT_BYTES {
            self.flush();
        }
    }
    /// Hands on what has been gathered, if anything.
    pub(crate) fn flush(&mut self) {
        if self.rows.is_empty() && self.rejects.is_empty() {
            return;
        }
        let (rows, text) = (self.rows.len(), self.text.len());
        let all = Arc::new(std::mem::replace(&mut self.text, String::with_capacity(text)));
        let columns = self.columns.iter_mut().map(|cells| {
            let cells = std::mem::replace(cells, Vec::with_capacity(rows));
            RawColumn::new(Arc::clone(&all), cells)
        });
        (self.sink)(RawChunk {
            source: self.source,
            rows: std::mem::replace(&mut self.rows, Vec::with_capacity(rows)),
            columns: columns.collect(),
            units: self.units.clone(),
            rejects: std::mem::take(&mut self.rejects),
        });
    }
}

/// A chunk's text is bounded far below 4 GiB.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn moved(cell: CellSpan, by: u32) -> CellSpan {
    let CellSpan { start, end, kind } = cell;
    CellSpan { start: start.saturating_add(by), end: end.saturating_add(by), kind }
}

/// The cell without a formula around it.
fn plain(row: RowView<'_>, cell: CellSpan) -> CellSpan {
    if cell.kind != CellKind::Text || row.text.as_bytes().get(cell.start as usize) != Some(&b'=') {
        return cell;
    }
    match row.text.get(cell.start as usize..cell.end as usize) {
        Some(text) if unwrap_formula(text).len() < text.len() => {
            CellSpan { start: cell.start + 2, end: cell.end - 1, ..cell }
        }
        _ => cell,
    }
}

/// `="450221…"`, which programs write into text files so that a spreadsheet leaves an ID alone.
fn unwrap_formula(text: &str) -> &str {
    if !text.starts_with('=') {
        return text;
    }
    text.strip_prefix("=\"")
        .and_then(|inner| inner.strip_suffix('"'))
        .filter(|inner| !inner.contains('"'))
        .unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::unwrap_formula;

    #[test]
    fn only_a_plain_quoted_formula_is_unwrapped() {
        assert_eq!(unwrap_formula("=\"0012\""), "0012");
        assert_eq!(unwrap_formula("=\"a\"&\"b\""), "=\"a\"&\"b\"");
        assert_eq!(unwrap_formula("=SUM(A1)"), "=SUM(A1)");
    }
}
