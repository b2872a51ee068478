//! Gathers rows into chunks and hands them on; counts what it kept and what it set aside.

use bidui_model::{CellKind, RawCell, RawChunk, RawColumn, Reject, RejectCode, SourceId};

/// A chunk goes out before its text outgrows this, however few rows it has.
const CHUNK_TEXT_BYTES: usize = 32 << 20;

pub(crate) struct Chunks<'a> {
    sink: &'a mut dyn FnMut(RawChunk),
    chunk: RawChunk,
    columns: usize,
    chunk_rows: usize,
    text_bytes: usize,
    pub(crate) kept: u64,
    pub(crate) set_aside: u64,
}

impl<'a> Chunks<'a> {
    pub(crate) fn new(columns: usize, chunk_rows: usize, sink: &'a mut dyn FnMut(RawChunk)) -> Self {
        Self {
            sink,
            chunk: empty_chunk(None, columns, Vec::new()),
            columns,
            chunk_rows: chunk_rows.max(1),
            text_bytes: 0,
            kept: 0,
            set_aside: 0,
        }
    }
    /// What follows comes from `source`, with money in these units; a chunk has one source.
    pub(crate) fn start(&mut self, source: SourceId, units: Vec<(usize, i64)>) {
        self.flush();
        self.chunk.source = Some(source);
        self.chunk.units = units;
    }
    pub(crate) fn reject(&mut self, row: u32, code: RejectCode) {
        let Some(source) = self.chunk.source else {
            return;
        };
        self.chunk.rejects.push(Reject { source, row, code });
        self.set_aside += 1;
        self.flush_if_full();
    }
    /// Keeps a record; `cell` gives the value for a column of the contract.
    pub(crate) fn keep<'c>(&mut self, row: u32, cell: impl Fn(usize) -> RawCell<'c>) {
        self.chunk.rows.push(row);
        for (index, column) in self.chunk.columns.iter_mut().enumerate() {
            let RawCell { kind, text } = cell(index);
            let text = match kind {
                CellKind::Text => unwrap_formula(text),
                _ => text,
            };
            column.push(kind, text);
            self.text_bytes += text.len();
        }
        self.kept += 1;
        self.flush_if_full();
    }
    fn flush_if_full(&mut self) {
        if self.chunk.rows.len() + self.chunk.rejects.len() >= self.chunk_rows || self.text_bytes >= CHUNK_TEXT_BYTES {
            self.flush();
        }
    }
    /// Hands on what has been gathered, if anything.
    pub(crate) fn flush(&mut self) {
        if self.chunk.rows.is_empty() && self.chunk.rejects.is_empty() {
            return;
        }
        let next = empty_chunk(self.chunk.source, self.columns, self.chunk.units.clone());
        self.text_bytes = 0;
        (self.sink)(std::mem::replace(&mut self.chunk, next));
    }
}

fn empty_chunk(source: Option<SourceId>, columns: usize, units: Vec<(usize, i64)>) -> RawChunk {
    RawChunk {
        source,
        rows: Vec::new(),
        columns: (0..columns).map(|_| RawColumn::default()).collect(),
        units,
        rejects: Vec::new(),
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
