//! One file of any form.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use bidui_model::{DataContract, RawChunk};

use crate::form::{Sniffed, sniff};
use crate::intake::Intake;
use crate::isolation::{Isolation, read_in_child};
#[cfg(feature = "parquet")]
use crate::parquet::read_parquet;
use crate::problem::FileProblem;
use crate::report::{FileForm, FileReport};
use crate::text::read_text;
use crate::workbook::read_workbook;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadOptions<'a> {
    /// The first sheet read becomes this source, the next one more.
    pub first_source: u32,
    /// Rows (kept and set aside) in a chunk, at most; about 8192 is good.
    pub chunk_rows: usize,
    /// By source and row: only these are handed on, for who knows the file already. The others are counted and not held, and the
    /// file is not digested again.
    pub only: Option<&'a HashSet<(u32, u32)>>,
}

impl Default for ReadOptions<'_> {
    fn default() -> Self {
        Self { first_source: 0, chunk_rows: 8192, only: None }
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
    read_file_apart(Isolation::InProcess, path, name, contract, options, sink)
}

/// The same, with workbooks parsed where `isolation` says.
pub fn read_file_apart(
    isolation: Isolation<'_>,
    path: &Path,
    name: &str,
    contract: &DataContract,
    options: &ReadOptions,
    sink: &mut dyn FnMut(RawChunk),
) -> Result<FileReport, FileProblem> {
    let mut file = File::open(path).map_err(|error| FileProblem::io(name, &error))?;
    match sniff(&mut file, name)? {
        Sniffed::Text => read_text(path, name, contract, options, sink),
        #[cfg(feature = "parquet")]
        Sniffed::Parquet => read_parquet(path, name, contract, options, sink),
        #[cfg(not(feature = "parquet"))]
        Sniffed::Parquet => Err(FileProblem::unknown_form(name, "是Parquet文件", "请另存为xlsx或CSV再报送")),
        Sniffed::Archive | Sniffed::Compound | Sniffed::Html => {
            let mut intake = Intake::new(name, contract, options, FileForm::Xlsx, sink);
            match isolation {
                Isolation::InProcess => read_workbook(file, name, &mut intake)?,
                Isolation::Child(process) => read_in_child(process, file, name, &mut intake)?,
            }
            intake.finish()
        }
    }
}
