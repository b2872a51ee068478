//! A file is written, read, and told as text: one line a record, `行: 甲|乙`, with the kind where it is not text, or `行!code`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::Path;

use bidui_ingest::{
    FileProblem, FileReport, Isolation, ProcessEnd, ReadOptions, WorkbookProcess, WorkbookRows, compile_contract,
    parse_workbook, read_file_apart,
};
use bidui_model::{CellKind, DataContract};

/// Columns come out in the order of their names: amount, name, person.
pub(crate) const PEOPLE: &str = r#"
name = "民政_低保"
department = "民政局"
files = ["民政局/*"]
kind = "snapshot"
[columns]
person = { type = "id_number", headings = ["证件号码", "身份证号"], required = true }
name = { type = "name", headings = ["姓名", "户主/姓名"] }
amount = { type = "money", headings = ["金额", "金额（元）", "补助金额（万元）", "补助/金额"] }
"#;

pub(crate) fn contract(text: &str) -> DataContract {
    compile_contract(text, "feeds/x.toml").unwrap_or_else(|errors| panic!("{errors:?}"))
}

#[derive(Debug, PartialEq)]
pub(crate) struct Told {
    pub(crate) lines: Vec<String>,
    pub(crate) report: FileReport,
}

/// A process that is none: what it would send goes through memory.
struct Loop;

struct Sent(Cursor<Vec<u8>>);

impl WorkbookProcess for Loop {
    fn start(&self, file: File) -> std::io::Result<Box<dyn WorkbookRows>> {
        let mut sent = Vec::new();
        parse_workbook(file, &mut sent)?;
        Ok(Box::new(Sent(Cursor::new(sent))))
    }
}

impl Read for Sent {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl WorkbookRows for Sent {
    fn end(self: Box<Self>) -> ProcessEnd {
        ProcessEnd::Itself
    }
}

/// Reads in both ways, which must come to the same.
pub(crate) fn read_path(path: &Path, contract: &DataContract, chunk_rows: usize) -> Result<Told, FileProblem> {
    let here = read_through(Isolation::InProcess, path, contract, chunk_rows);
    let there = read_through(Isolation::Child(&Loop), path, contract, chunk_rows);
    assert_eq!(here, there, "a workbook is another one when it is parsed elsewhere");
    here
}

fn read_through(
    isolation: Isolation<'_>,
    path: &Path,
    contract: &DataContract,
    chunk_rows: usize,
) -> Result<Told, FileProblem> {
    let mut lines = Vec::new();
    let mut counted = 0;
    let options = ReadOptions { first_source: 5, chunk_rows, ..ReadOptions::default() };
    let report = read_file_apart(isolation, path, "民政局/低保", contract, &options, &mut |chunk| {
        let source = chunk.source.expect("a source").0 - 5;
        let before = lines.len();
        for (index, row) in chunk.rows.iter().enumerate() {
            let cells: Vec<String> = chunk
                .columns
                .iter()
                .enumerate()
                .map(|(place, column)| {
                    let cell = column.get(index);
                    let unit = chunk.units.iter().find(|(of, _)| *of == place);
                    if let Some((_, fen)) = unit {
                        return format!("{}*{fen}", cell.text);
                    }
                    match cell.kind {
                        CellKind::Text | CellKind::Empty => cell.text.to_owned(),
                        kind => format!("{}<{kind:?}>", cell.text),
                    }
                })
                .collect();
            lines.push((source, *row, cells.join("|")));
        }
        for reject in &chunk.rejects {
            assert_eq!(reject.source.0 - 5, source);
            lines.push((source, reject.row, format!("!{}", reject.code.code())));
        }
        assert!(chunk.columns.iter().all(|column| column.len() == chunk.rows.len()));
        assert!(chunk.rows.len() + chunk.rejects.len() <= chunk_rows);
        counted += (lines.len() - before) as u64;
    })?;
    assert_eq!(report.received, counted, "received = kept + set aside");
    // Stable: records of one row keep their order.
    lines.sort_by_key(|(source, row, _)| (*source, *row));
    let lines = lines
        .into_iter()
        .map(|(source, row, text)| match source {
            0 => format!("{row}:{text}"),
            _ => format!("{source}/{row}:{text}"),
        })
        .collect();
    Ok(Told { lines, report })
}

pub(crate) fn read_bytes(bytes: &[u8], contract: &DataContract) -> Result<Told, FileProblem> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.xls");
    std::fs::write(&path, bytes).unwrap();
    read_path(&path, contract, 3)
}
