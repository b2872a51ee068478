//! A file read under a contract made from its own heading, so that every row and column of it is really read.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use bidui_ingest::{FileProblem, FileReport, ReadOptions, read_file};
use bidui_model::{CellKind, ColumnContract, ColumnType, DataContract, FeedKind, Guard, LinkBy, RejectCode, Reshape};

/// No file of a few hundred kilobytes may take longer.
const LONGEST: Duration = Duration::from_secs(10);

/// One row of a source: its cells in the order of the headings given, or why it was set aside.
pub(crate) type Row = Result<Vec<(CellKind, String)>, RejectCode>;

pub(crate) struct Told {
    pub(crate) report: FileReport,
    /// By source and row number.
    pub(crate) rows: BTreeMap<(usize, u32), Vec<Row>>,
}

impl Told {
    /// Numbers of all rows of a source, kept and set aside.
    pub(crate) fn numbers(&self, source: usize) -> Vec<u32> {
        self.rows.range((source, 0)..=(source, u32::MAX)).map(|((_, row), _)| *row).collect()
    }

    pub(crate) fn cells(&self, source: usize) -> Vec<(u32, Vec<(CellKind, String)>)> {
        let rows = self.rows.range((source, 0)..=(source, u32::MAX));
        rows.flat_map(|((_, row), found)| found.iter().flatten().map(|cells| (*row, cells.clone()))).collect()
    }
}

/// Reads the file in a thread of its own; a panic or an endless read fails the test with the file's name.
pub(crate) fn read(path: &Path, headings: &[String]) -> Result<Told, FileProblem> {
    let (sender, receiver) = mpsc::channel();
    let (owned, headings) = (path.to_owned(), headings.to_vec());
    std::thread::spawn(move || {
        // Nobody listens any more when the test has given up.
        let _ = sender.send(read_here(&owned, &headings));
    });
    match receiver.recv_timeout(LONGEST) {
        Ok(outcome) => outcome,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("{}: still reading after {LONGEST:?}", path.display()),
        Err(mpsc::RecvTimeoutError::Disconnected) => panic!("{}: the reader panicked", path.display()),
    }
}

fn read_here(path: &Path, headings: &[String]) -> Result<Told, FileProblem> {
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let contract = contract(headings);
    let mut rows: BTreeMap<(usize, u32), Vec<Row>> = BTreeMap::new();
    let mut counted = (0, 0);
    let options = ReadOptions { chunk_rows: 100, ..ReadOptions::default() };
    let report = read_file(path, &name, &contract, &options, &mut |chunk| {
        let source = chunk.source.unwrap().0 as usize;
        for (index, row) in chunk.rows.iter().enumerate() {
            let cells = chunk.columns.iter().take(headings.len()).map(|column| {
                let cell = column.get(index);
                (cell.kind, cell.text.to_owned())
            });
            rows.entry((source, *row)).or_default().push(Ok(cells.collect()));
        }
        for reject in &chunk.rejects {
            assert_eq!(reject.source, chunk.source.unwrap());
            rows.entry((source, reject.row)).or_default().push(Err(reject.code));
        }
        counted.0 += chunk.rows.len() as u64;
        counted.1 += chunk.rejects.len() as u64;
    })?;
    assert_eq!(report.received, counted.0 + counted.1, "{name}: received = kept + set aside");
    assert_eq!(report.kept, counted.0, "{name}: kept");
    Ok(Told { report, rows })
}

/// A column for each heading, and a key that no foreign file has.
fn contract(headings: &[String]) -> DataContract {
    let column = |name: String, kind, heading: &str| ColumnContract {
        name,
        kind,
        headings: vec![heading.to_owned()],
        required: false,
        choices: Vec::new(),
        aliases: Vec::new(),
        stored: true,
        fen_per_unit: 100,
    };
    let mut columns: Vec<ColumnContract> = headings
        .iter()
        .enumerate()
        .map(|(place, heading)| column(format!("c{place:05}"), ColumnType::Text, heading))
        .collect();
    columns.push(column("person".to_owned(), ColumnType::IdNumber, "没有这样的列名"));
    DataContract {
        name: "外来文件".to_owned(),
        department: "外来".to_owned(),
        files: vec!["*".to_owned()],
        kind: FeedKind::Events,
        required: false,
        expected_by_day: None,
        sensitive: false,
        roster: false,
        guard: Guard::default(),
        link: LinkBy::Person { id: "person".to_owned(), name: None },
        columns,
        unique: Vec::new(),
        reshape: Reshape::None,
    }
}
