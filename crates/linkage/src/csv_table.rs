//! CSV to a table.
//!
//! Takes: UTF-8, with or without a byte order mark, or GB18030; a comma between fields, double quotes around them where needed; a first
//! row of headings. Does not take: other separators, UTF-16, rows longer or shorter than the headings.

use std::borrow::Cow;

use encoding_rs::GB18030;

use crate::table::{Column, Table};

/// Why a file is no table. The supplier's matter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsvProblem {
    #[error("既不是UTF-8也不是GB18030编码，请另存为“CSV UTF-8”")]
    Encoding,
    #[error("第{line}行有{found}列，而表头有{expected}列；请检查这一行的逗号和引号")]
    Width { line: u64, found: u64, expected: u64 },
    #[error("没有表头")]
    Empty,
    #[error("表头“{0}”出现了两次，请改名")]
    Twice(String),
    #[error("不是有效的CSV")]
    Other,
}

/// Reads a whole file.
pub fn read_csv(bytes: &[u8]) -> Result<Table, CsvProblem> {
    let text = decode(bytes)?;
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let headings = reader.headers().map_err(|error| problem(&error))?;
    let names: Vec<String> = headings.iter().map(|heading| heading.trim().to_owned()).collect();
    if names.is_empty() {
        return Err(CsvProblem::Empty);
    }
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) {
            return Err(CsvProblem::Twice(name.clone()));
        }
    }
    let mut columns = vec![Column::default(); names.len()];
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row).map_err(|error| problem(&error))? {
        for (column, value) in columns.iter_mut().zip(&row) {
            column.push(Some(value.trim()));
        }
    }
    Table::new(names, columns).ok_or(CsvProblem::Other)
}

fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, CsvProblem> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    GB18030.decode_without_bom_handling_and_without_replacement(bytes).ok_or(CsvProblem::Encoding)
}

fn problem(error: &csv::Error) -> CsvProblem {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => CsvProblem::Width {
            line: pos.as_ref().map_or(0, csv::Position::line),
            found: *len,
            expected: *expected_len,
        },
        _ => CsvProblem::Other,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn gb18030_and_utf8_are_one_table() {
        let text = "姓名,住址\n张三, 百朋镇 \n李四,\n";
        let table = read_csv(text.as_bytes()).unwrap();
        let (gb, ..) = GB18030.encode(text);
        assert_eq!(read_csv(&gb).unwrap(), table);
        assert_eq!(read_csv(format!("\u{feff}{text}").as_bytes()).unwrap(), table);
        assert_eq!(table.column("住址").unwrap().iter().collect::<Vec<_>>(), [Some("百朋镇"), None]);
    }

    #[test]
    fn a_bad_file_says_where() {
        let problem = |bytes: &[u8]| read_csv(bytes).unwrap_err();
        assert_eq!(problem(b"a,b\n1,2\n1\n"), CsvProblem::Width { line: 3, found: 1, expected: 2 });
        assert_eq!(problem(b""), CsvProblem::Empty);
        assert_eq!(problem(b"a,a\n"), CsvProblem::Twice("a".to_owned()));
        assert_eq!(problem(b"a\n\xff\xff\n"), CsvProblem::Encoding);
    }
}
