//! Delimited text files: the delimiter is the one under which the contract's heading is found.

use std::path::Path;

use bidui_model::{DataContract, RawChunk};

use crate::decode::{StreamError, TextStream, detect_encoding, first_bad_line, likely_encoding};
use crate::heading::HeadingPlan;
use crate::heading_search::{HEADING_ROWS, find_heading};
use crate::intake::Intake;
use crate::problem::FileProblem;
use crate::read::ReadOptions;
use crate::records::{RecordError, TextRecords};
use crate::report::{FileForm, FileReport, TextEncoding};
use crate::row::Row;

/// In order of preference where several fit equally.
pub(crate) const DELIMITERS: &[u8] = b",\t;|";

pub(crate) fn read_text(
    path: &Path,
    name: &str,
    contract: &DataContract,
    options: &ReadOptions,
    sink: &mut dyn FnMut(RawChunk),
) -> Result<FileReport, FileProblem> {
    let encoding = likely_encoding(path, name)?;
    read_in(encoding, path, name, contract, options, sink).map_err(|problem| worst(path, name, encoding, problem))
}

fn read_in(
    encoding: TextEncoding,
    path: &Path,
    name: &str,
    contract: &DataContract,
    options: &ReadOptions,
    sink: &mut dyn FnMut(RawChunk),
) -> Result<FileReport, FileProblem> {
    let delimiter = choose_delimiter(path, name, encoding, contract)?;
    let form = FileForm::Csv { encoding, delimiter: char::from(delimiter) };
    let mut intake = Intake::new(name, contract, options, form, sink);
    let stream = TextStream::open(path, name, encoding)?;
    let stream = if options.only.is_none() { stream.digested(encoding) } else { stream };
    let mut records = TextRecords::new(stream, delimiter);
    intake.open_sheet("");
    // Cells of the last row with a value, and the line of a last row that was cut.
    let (mut cells, mut cut) = (0, None);
    while let Some(record) = records.next().map_err(|error| record_problem(name, error))? {
        if record.row.first_filled().is_some() {
            cut = (!record.is_ended && record.row.cells.len() < cells).then_some(record.line);
            cells = record.row.cells.len();
        }
        intake.row(record.line, record.row, record.is_broken)?;
    }
    intake.close_sheet()?;
    if let Some(line) = cut.filter(|_| intake.ends_early(cells)) {
        return Err(FileProblem::CutShort { file: name.to_owned(), line });
    }
    let mut report = intake.finish()?;
    report.digest = records.into_digest();
    Ok(report)
}

/// A file that is not well-formed in one encoding has that problem, whatever else seemed wrong with it.
fn worst(path: &Path, name: &str, read_as: TextEncoding, problem: FileProblem) -> FileProblem {
    match detect_encoding(path, name) {
        Err(undecodable) => undecodable,
        Ok(encoding) if encoding == read_as => problem,
        // Its beginning is plain text in one encoding and the rest is not: in the other the beginning would be other names.
        Ok(_) => match first_bad_line(path, name, read_as) {
            Ok(Some((line, _))) => FileProblem::Undecodable { file: name.to_owned(), line },
            _ => problem,
        },
    }
}

pub(crate) fn record_problem(name: &str, error: RecordError) -> FileProblem {
    match error {
        RecordError::TooLong { line } => FileProblem::damaged(name, "", Some(line), "一行文字过长，没有换行"),
        RecordError::Stream(StreamError::Io(error)) => FileProblem::io(name, &error),
        // It was whole when its encoding was found.
        RecordError::Stream(StreamError::Malformed) => FileProblem::damaged(name, "", None, "读取期间文件被改动"),
    }
}

/// The delimiter under which the heading fits best; without any heading, the one that makes the first row widest.
fn choose_delimiter(
    path: &Path,
    name: &str,
    encoding: TextEncoding,
    contract: &DataContract,
) -> Result<u8, FileProblem> {
    let plan = HeadingPlan::new(contract);
    let mut best = None;
    let mut chosen = DELIMITERS[0];
    for delimiter in DELIMITERS {
        let rows = first_rows(path, name, encoding, *delimiter)?;
        let widest = rows.iter().map(|(_, row)| row.view().cells.len()).max();
        let score = (find_heading(&rows, &plan).map(|heading| heading.score()), widest);
        if best.as_ref().is_none_or(|best| score > *best) {
            best = Some(score);
            chosen = *delimiter;
        }
    }
    Ok(chosen)
}

fn first_rows(path: &Path, name: &str, encoding: TextEncoding, delimiter: u8) -> Result<Vec<(u32, Row)>, FileProblem> {
    let mut records = TextRecords::new(TextStream::open(path, name, encoding)?, delimiter);
    let mut rows = Vec::new();
    while rows.len() < HEADING_ROWS {
        match records.next() {
            Ok(Some(record)) if record.row.first_filled().is_some() => {
                rows.push((record.line, Row::copy_of(record.row)));
            }
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(error) => return Err(record_problem(name, error)),
        }
    }
    Ok(rows)
}
