//! One file of any form.

use std::path::Path;

use bidui_model::{DataContract, RawChunk};

use crate::form::{Sniffed, sniff};
use crate::parquet::read_parquet;
use crate::problem::FileProblem;
use crate::report::FileReport;
use crate::text::read_text;
use crate::xls::read_xls;
use crate::xlsx::read_xlsx;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// The first sheet read becomes this source, the next one more.
    pub first_source: u32,
    /// Rows (kept and set aside) in a chunk, at most; about 8192 is good.
    pub chunk_rows: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { first_source: 0, chunk_rows: 8192 }
    }
}

/// Reads the file at `path`, called `name` in sources and messages, and gives its rows to `sink` in chunks of the contract's columns.
///
/// Sources are numbered from `first_source` in the order of the sheets. The sum of all chunks' rows and rejects is the report's `received`.
/// On an error, chunks that were already given must be thrown away: a list that is only half read is not a list.
pub fn read_file(
    path: &Path,
    name: &str,
    contract: &DataContract,
    options: &ReadOptions,
    sink: &mut dyn FnMut(RawChunk),
) -> Result<FileReport, FileProblem> {
    match sniff(path, name)? {
        Sniffed::Text => read_text(path, name, contract, options, sink),
        Sniffed::Xlsx => read_xlsx(path, name, contract, options, sink),
        Sniffed::Xls => read_xls(path, name, contract, options, sink),
        Sniffed::Parquet => read_parquet(path, name, contract, options, sink),
    }
}
