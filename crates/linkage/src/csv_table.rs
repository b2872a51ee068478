//! CSV to a table.
//!
//! Takes: UTF-8, with or without a byte order mark, or GB18030; a comma between fields, double quotes around them where needed; a first
//! row of headings. Does not take: other separators, UTF-16, rows longer or shorter than the headings.

use std::borrow::Cow;

use encoding_rs::GB18030;
use rayon::prelude::*;

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
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Some(table) = read_plain(bytes) {
        return Ok(table);
    }
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
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Cow::Borrowed(text));
    }
    GB18030.decode_without_bom_handling_and_without_replacement(bytes).ok_or(CsvProblem::Encoding)
}

/// About so many bytes are one thread's turn.
const A_PART: usize = 1 << 21;

/// A file of UTF-8 without a double quote, in which every line is a row of the headings' width, part by part. Of any other the other reader
/// tells what it is, and what is wrong with it.
fn read_plain(bytes: &[u8]) -> Option<Table> {
    let (heading, mut rest) = bytes.split_at(bytes.iter().position(|byte| *byte == b'\n')? + 1);
    let headings = plain_rows(heading, heading.iter().filter(|byte| **byte == b',').count() + 1)?;
    let names: Vec<String> = headings.iter().map(|column| column.get(0).unwrap_or("").to_owned()).collect();
    if headings[0].rows() != 1 || names.iter().enumerate().any(|(at, name)| names[..at].contains(name)) {
        return None;
    }
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let end = rest.iter().skip(A_PART).position(|byte| *byte == b'\n').map_or(rest.len(), |at| A_PART + at + 1);
        let (part, behind) = rest.split_at(end);
        parts.push(part);
        rest = behind;
    }
    let parts: Option<Vec<Vec<Column>>> = parts.into_par_iter().map(|part| plain_rows(part, names.len())).collect();
    let parts = parts?;
    let columns = (0..names.len()).into_par_iter().map(|at| Column::joined(parts.iter().map(|part| &part[at])));
    Table::new(names, columns.collect())
}

/// The columns of some whole lines.
fn plain_rows(lines: &[u8], width: usize) -> Option<Vec<Column>> {
    let text = std::str::from_utf8(lines).ok()?;
    let mut columns = vec![Column::default(); width];
    let (mut start, mut line, mut column) = (0, 0, 0);
    let mut field = |column: usize, start: usize, end: usize| {
        columns.get_mut(column)?.push(Some(trimmed(&text[start..end])));
        Some(())
    };
    for at in low_bytes(lines) {
        match lines[at] {
            b',' => {
                field(column, start, at)?;
                (start, column) = (at + 1, column + 1);
            }
            b'\n' => {
                let is_blank = matches!(&lines[line..at], [] | [b'\r']);
                if !is_blank {
                    field(column, start, at)?;
                    if column + 1 != width {
                        return None;
                    }
                }
                (start, line, column) = (at + 1, at + 1, 0);
            }
            // Elsewhere than before a line's end it ends a line of its own.
            b'\r' if lines.get(at + 1) != Some(&b'\n') => return None,
            b'"' => return None,
            _ => {}
        }
    }
    if line < lines.len() {
        field(column, start, lines.len())?;
        if column + 1 != width {
            return None;
        }
    }
    Some(columns)
}

/// Where bytes up to the comma stand, which few letters of a text are: eight bytes at a time (Mycroft 1987).
fn low_bytes(bytes: &[u8]) -> impl Iterator<Item = usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const BEHIND: u8 = b',' + 1;
    let (words, _) = bytes.as_chunks::<8>();
    let of_word = move |(at, word): (usize, &[u8; 8])| {
        let word = u64::from_le_bytes(*word);
        // A borrow may mark a byte behind one that is low; that one is looked at for nothing.
        let mut low = word.wrapping_sub(ONES * u64::from(BEHIND)) & !word & (ONES << 7);
        std::iter::from_fn(move || {
            let next = (low != 0).then(|| 8 * at + low.trailing_zeros() as usize / 8);
            low &= low.wrapping_sub(1);
            next
        })
    };
    let of_rest = (words.len() * 8..bytes.len()).filter(|at| bytes[*at] < BEHIND);
    words.iter().enumerate().flat_map(of_word).chain(of_rest)
}

/// [`str::trim`], with a look at the ends first: from U+4000 on, whose first byte is E4, there are no blanks.
fn trimmed(value: &str) -> &str {
    let is_letter = |byte: u8| (0x21..0x7f).contains(&byte);
    match value.as_bytes() {
        [first, .., last] if (is_letter(*first) || *first >= 0xe4) && is_letter(*last) => value,
        [first, .., last, _, _] if (is_letter(*first) || *first >= 0xe4) && *last >= 0xe4 => value,
        [0xe4..=0xff, _, _] => value,
        _ => value.trim(),
    }
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
    use proptest::prelude::*;

    #[test]
    fn gb18030_and_utf8_are_one_table() {
        let text = "姓名,住址\n张三, 百朋镇 \n李四,\n";
        let table = read_csv(text.as_bytes()).unwrap();
        let (gb, ..) = GB18030.encode(text);
        assert_eq!(read_csv(&gb).unwrap(), table);
        assert_eq!(read_csv(format!("\u{feff}{text}").as_bytes()).unwrap(), table);
        assert_eq!(table.column("住址").unwrap().iter().collect::<Vec<_>>(), [Some("百朋镇"), None]);
    }

    proptest! {
        #[test]
        fn a_plain_file_is_read_as_any_other(text in "[a张　 ,\r\n\u{85}é𬭎\"]{0,40}", end in "(\n|\r\n|)") {
            let text = format!("x,y{end}{text}");
            // A column in double quotes keeps the whole file from the short way.
            let quoted = text.replacen('x', "\"x\"", 1);
            prop_assert_eq!(read_csv(text.as_bytes()), read_csv(quoted.as_bytes()));
        }
        #[test]
        fn a_value_is_trimmed_as_any_other(value in "[a张　 \r\u{85}é𬭎。\u{200b}]{0,5}") {
            prop_assert_eq!(trimmed(&value), value.trim());
        }
    }

    #[test]
    fn parts_of_a_long_file_are_one_table() {
        let rows: Vec<String> = (0..300_000).map(|row| format!("{row},名{row}")).collect();
        let table = read_csv(format!("a,b\r\n{}", rows.join("\r\n")).as_bytes()).unwrap();
        let joined: Vec<String> = (0..table.rows())
            .map(|row| ["a", "b"].map(|name| table.column(name).unwrap().get(row).unwrap()).join(","))
            .collect();
        assert_eq!(joined, rows);
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
