//! Files: an answer for any bytes, every row kept or set aside, and the same rows however they are cut into chunks.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use bidui_ingest::{FileReport, ReadOptions, compile_contract, read_file};
use bidui_model::{CellKind, DataContract};

/// One contract for each way of reading rows.
const CONTRACTS: [&str; 3] = [
    r#"
name = "民政_低保"
department = "民政局"
files = ["*"]
kind = "snapshot"
[columns]
person = { type = "id_number", headings = ["证件号码", "身份证号"], required = true }
name = { type = "name", headings = ["姓名", "户主/姓名", "name", "b"] }
amount = { type = "money", headings = ["金额", "金额（元）", "补助金额（万元）", "补助/金额", "c", "1"] }
note = { type = "name", headings = ["a", "备注", "姓名#2"] }
"#,
    r#"
name = "低保_并列"
department = "民政局"
files = ["*"]
kind = "snapshot"
[columns]
village = { type = "village", headings = ["村"] }
person = { type = "id_number" }
name = { type = "name" }
[reshape]
unpivot = [{ person = "身份证号1", name = "姓名1" }, { person = "身份证号2", name = "姓名2" }, { person = "a", name = "b" }]
"#,
    r#"
name = "低保_合写"
department = "民政局"
files = ["*"]
kind = "snapshot"
[columns]
person = { type = "id_number", headings = ["身份证号", "a"] }
name = { type = "name", headings = ["姓名", "b"] }
[reshape]
split = { columns = ["person", "name"], separators = "、;；" }
"#,
];

/// Reads what a department may have sent. `scratch` is a file that may be overwritten.
pub fn any_file(bytes: &[u8], scratch: &Path) {
    fs::write(scratch, bytes).expect("the scratch file is ours");
    // One contract for each input is enough: there are many inputs.
    let contract = &contracts()[bytes.len() % CONTRACTS.len()];
    let small = told(scratch, contract, 2);
    let large = told(scratch, contract, 8192);
    match (small, large) {
        (Some(small), Some(large)) => assert!(small == large, "chunks of another size hold other rows"),
        (None, None) => {}
        _ => panic!("the size of chunks decides whether a file can be read"),
    }
}

fn contracts() -> &'static [DataContract] {
    static COMPILED: std::sync::OnceLock<Vec<DataContract>> = std::sync::OnceLock::new();
    COMPILED.get_or_init(|| {
        CONTRACTS
            .iter()
            .map(|text| compile_contract(text, "x.toml").unwrap_or_else(|errors| panic!("{errors:?}")))
            .collect()
    })
}

type Row = (u32, u32, Vec<(CellKind, String)>, Option<&'static str>);

/// All rows of a file, kept and set aside, by source and number.
fn told(path: &Path, contract: &DataContract, chunk_rows: usize) -> Option<(Vec<Row>, FileReport)> {
    let mut rows: Vec<Row> = Vec::new();
    let (mut kept, mut aside) = (0, 0);
    let options = ReadOptions { chunk_rows, ..ReadOptions::default() };
    let report = read_file(path, "民政局/低保", contract, &options, &mut |chunk| {
        let source = chunk.source.expect("a chunk of rows has a source").0;
        assert_eq!(chunk.columns.len(), contract.columns.len());
        assert!(chunk.columns.iter().all(|column| column.len() == chunk.rows.len()));
        assert!(chunk.rows.len() + chunk.rejects.len() <= chunk_rows);
        for (index, row) in chunk.rows.iter().enumerate() {
            let cells = chunk.columns.iter().map(|column| column.get(index));
            rows.push((source, *row, cells.map(|cell| (cell.kind, cell.text.to_owned())).collect(), None));
        }
        for reject in &chunk.rejects {
            assert_eq!(reject.source.0, source);
            rows.push((source, reject.row, Vec::new(), Some(reject.code.code())));
        }
        kept += chunk.rows.len() as u64;
        aside += chunk.rejects.len() as u64;
    });
    let report = match report {
        Ok(report) => report,
        Err(problem) => {
            assert!(!problem.to_string().is_empty());
            return None;
        }
    };
    assert_eq!(report.received, kept + aside, "received = kept + set aside");
    assert_eq!(report.kept, kept);
    assert!(rows.iter().all(|(source, ..)| (*source as usize) < report.sources.len()));
    // Stable: several records of one row keep their order.
    rows.sort_by_key(|(source, row, ..)| (*source, *row));
    Some((rows, report))
}

/// A ZIP archive of parts written in plain text, since a mutation inside a compressed one only breaks its checksum. A part begins with
/// `=== name` on a line of its own. What begins otherwise is taken as it is.
pub fn archive_of_parts(input: &[u8]) -> Vec<u8> {
    let Some(body) = input.strip_prefix(b"=== ") else {
        return input.to_vec();
    };
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for part in split(body, b"\n=== ") {
        let end = part.iter().position(|byte| *byte == b'\n').unwrap_or(part.len());
        let name = String::from_utf8_lossy(&part[..end]);
        let content = part.get(end + 1..).unwrap_or_default();
        if archive.start_file(name.as_ref(), options).is_ok() {
            let _ = archive.write_all(content);
        }
    }
    archive.finish().map(Cursor::into_inner).unwrap_or_default()
}

fn split<'a>(bytes: &'a [u8], separator: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = Some(bytes);
    std::iter::from_fn(move || {
        let bytes = rest?;
        match bytes.windows(separator.len()).position(|window| window == separator) {
            Some(at) => {
                rest = Some(&bytes[at + separator.len()..]);
                Some(&bytes[..at])
            }
            None => rest.take(),
        }
    })
}

/// A page, as spreadsheet programs save one under another name.
pub fn page(input: &[u8]) -> Vec<u8> {
    [b"<html>".as_slice(), input].concat()
}

/// An OLE file with this workbook stream; what is an OLE file already is taken as it is.
pub fn compound_of_stream(input: &[u8]) -> Vec<u8> {
    if input.starts_with(&[0xD0, 0xCF, 0x11, 0xE0]) {
        return input.to_vec();
    }
    let written = (|| {
        let mut compound = cfb::CompoundFile::create_with_version(cfb::Version::V3, Cursor::new(Vec::new()))?;
        compound.create_stream("Workbook")?.write_all(input)?;
        compound.flush()?;
        std::io::Result::Ok(compound.into_inner().into_inner())
    })();
    written.unwrap_or_default()
}
