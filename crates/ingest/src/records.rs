//! Delimited text, record by record.
//!
//! Taken: RFC 4180 with any one-byte delimiter; line ends `\n`, `\r\n`, `\r`, mixed; quoted fields with line breaks and doubled quotes; a quote
//! inside an unquoted field is a character; text between a closing quote and the delimiter belongs to the field; rows of any length.
//! Not taken: backslash escapes, comments, more than [`RECORD_BYTES`] without an end.
//!
//! A quote that never closes must not swallow the rows after it. When a quoted field runs on to the end of the file, or past the limit, or spans
//! lines and is then followed by something other than a delimiter (it closed at the opening quote of some later row), its first line alone is
//! handed on as broken and reading goes on at the next. The csv crate offers no way to see this, so this file is not it. One pass over the
//! window notes where delimiters, line ends and quotes stand ([`crate::marks`]); rows without a quote, or with fields that are simply quoted,
//! are cut at these marks and never searched.

use bidui_model::{CellKind, CellSpan};

use crate::decode::{StreamError, TextStream};
use crate::marks::note_marks;
use crate::report::FileDigest;
use crate::row::RowView;

/// No record and no quoted field is longer.
pub(crate) const RECORD_BYTES: usize = 1 << 20;

/// One record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TextRecord<'a> {
    /// Line of the file on which it starts, from 1.
    pub(crate) line: u32,
    pub(crate) row: RowView<'a>,
    /// A quote never closes.
    pub(crate) is_broken: bool,
    /// A line end follows. Only the file's last record may have none.
    pub(crate) is_ended: bool,
}

#[derive(Debug)]
pub(crate) enum RecordError {
    Stream(StreamError),
    /// A line without end.
    TooLong {
        line: u32,
    },
}

pub(crate) struct TextRecords {
    stream: TextStream,
    delimiter: u8,
    line: u32,
    /// Bytes of the window that belong to records already given.
    at: usize,
    /// Places in the window of what may end a cell or a line, and of quotes; so many of them lie before `at`.
    marks: Vec<u32>,
    passed: usize,
    /// Cells of the present record, in its text or in `unquoted`.
    cells: Vec<CellSpan>,
    unquoted: String,
}

/// How the record at hand ends, counted from its first byte.
enum Split {
    /// It is one line, in quotes or not; the cells lie in the first `text` bytes.
    Plain {
        text: usize,
        end: usize,
    },
    /// The cells lie in `unquoted`.
    Quoted {
        end: usize,
    },
    Broken {
        text: usize,
        end: usize,
    },
    NeedMore,
    /// It has a quote that only [`Quoted`] understands.
    Unclear,
}

impl TextRecords {
    pub(crate) fn new(stream: TextStream, delimiter: u8) -> Self {
        Self {
            stream,
            delimiter,
            line: 1,
            at: 0,
            marks: Vec::new(),
            passed: 0,
            cells: Vec::new(),
            unquoted: String::new(),
        }
    }

    /// The next record, or `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<TextRecord<'_>>, RecordError> {
        let split = loop {
            let left = self.stream.text().len() - self.at;
            if left == 0 && self.stream.is_at_end() {
                return Ok(None);
            }
            match self.split() {
                Split::NeedMore if left > RECORD_BYTES * 4 => return Err(RecordError::TooLong { line: self.line }),
                Split::NeedMore => self.fill()?,
                split => break split,
            }
        };
        let (start, line) = (self.at, self.line);
        let (text, end, is_broken) = match split {
            Split::Plain { text, end } => (Some(text), end, false),
            Split::Broken { text, end } => (Some(text), end, true),
            Split::Quoted { end } => (None, end, false),
            Split::NeedMore | Split::Unclear => (None, 0, true),
        };
        self.at += end;
        let window = self.stream.text();
        let is_ended = matches!(window.as_bytes()[start..self.at].last(), Some(b'\n' | b'\r'));
        self.line = line.saturating_add(match text {
            Some(text) => u32::from(text < end),
            None => count_lines(&window.as_bytes()[start..self.at]),
        });
        let text = text.map_or(self.unquoted.as_str(), |text| &window[start..start + text]);
        Ok(Some(TextRecord { line, row: RowView { text, cells: &self.cells }, is_broken, is_ended }))
    }

    /// Of the whole file, once its last record has been given.
    pub(crate) fn into_digest(self) -> Option<FileDigest> {
        self.stream.into_digest()
    }

    fn fill(&mut self) -> Result<(), RecordError> {
        let filled = self.stream.fill(self.at);
        self.at = 0;
        self.passed = 0;
        note_marks(self.stream.text().as_bytes(), self.delimiter, &mut self.marks);
        filled.map_err(RecordError::Stream)
    }

    /// Finds the record's cells and its end.
    fn split(&mut self) -> Split {
        match self.split_at_marks() {
            Split::Unclear => {}
            split => return split,
        }
        let (text, at_end) = (&self.stream.text()[self.at..], self.stream.is_at_end());
        let bytes = text.as_bytes();
        self.cells.clear();
        self.unquoted.clear();
        let quoted = Quoted { text, at_end, delimiter: self.delimiter };
        let split = match quoted.split(&mut self.unquoted, &mut self.cells) {
            Split::NeedMore if at_end || bytes.len() > RECORD_BYTES => first_line(bytes, at_end),
            Split::Broken { .. } => first_line(bytes, at_end),
            split => split,
        };
        match split {
            Split::Broken { text, end } => {
                split_plain(&bytes[..text], self.delimiter, &mut self.cells);
                self.pass(end);
            }
            Split::Quoted { end } => self.pass(end),
            _ => {}
        }
        split
    }

    /// The marks up to the record's end belong to it.
    fn pass(&mut self, end: usize) {
        let next = self.at + end;
        self.passed += self.marks[self.passed..].partition_point(|mark| (*mark as usize) < next);
    }

    fn split_at_marks(&mut self) -> Split {
        let window = self.stream.text().as_bytes();
        let at_end = self.stream.is_at_end();
        self.cells.clear();
        let mut start = self.at;
        let mut marks = self.marks[self.passed..].iter().map(|mark| *mark as usize).enumerate();
        while let Some((place, mark)) = marks.next() {
            match window[mark] {
                b'\n' | b'\r' => {
                    let Some(end) = line_end(window, mark, at_end) else {
                        return Split::NeedMore;
                    };
                    self.cells.push(cell(start - self.at, mark - self.at));
                    // Both characters of `\r\n` are marks.
                    self.passed += place + (end - mark);
                    return Split::Plain { text: mark - self.at, end: end - self.at };
                }
                b'"' if mark == start => {
                    let closing = marks.find(|(_, mark)| window[*mark] != self.delimiter);
                    let Some((place, closing)) = closing.filter(|(_, mark)| window[*mark] == b'"') else {
                        return Split::Unclear;
                    };
                    let behind = closing + 1;
                    let end = match window.get(behind) {
                        Some(b'\n' | b'\r') => line_end(window, behind, at_end),
                        Some(byte) if *byte == self.delimiter => None,
                        // The quote is doubled, or the field goes on behind it, or the window ends.
                        _ => return Split::Unclear,
                    };
                    self.cells.push(cell(mark + 1 - self.at, closing - self.at));
                    if let Some(end) = end {
                        self.passed += place + 1 + (end - behind);
                        return Split::Plain { text: behind - self.at, end: end - self.at };
                    }
                    if window[behind] != self.delimiter {
                        return Split::NeedMore;
                    }
                    start = behind + 1;
                    marks.next();
                }
                b'"' => return Split::Unclear,
                _ => {
                    self.cells.push(cell(start - self.at, mark - self.at));
                    start = mark + 1;
                }
            }
        }
        if !at_end {
            return Split::NeedMore;
        }
        self.cells.push(cell(start - self.at, window.len() - self.at));
        self.passed = self.marks.len();
        Split::Plain { text: window.len() - self.at, end: window.len() - self.at }
    }
}

/// Cells of a line whose quotes, if any, are characters.
fn split_plain(bytes: &[u8], delimiter: u8, cells: &mut Vec<CellSpan>) {
    cells.clear();
    let mut start = 0;
    for end in memchr::memchr_iter(delimiter, bytes).chain([bytes.len()]) {
        cells.push(cell(start, end));
        start = end + 1;
    }
}

fn first_line(bytes: &[u8], at_end: bool) -> Split {
    match memchr::memchr2(b'\n', b'\r', bytes) {
        Some(place) => match line_end(bytes, place, at_end) {
            Some(end) => Split::Broken { text: place, end },
            None => Split::NeedMore,
        },
        None if at_end => Split::Broken { text: bytes.len(), end: bytes.len() },
        None => Split::NeedMore,
    }
}

/// Where the next line starts, after the line end at `place`; `None` if a `\r` stands last and its `\n` may follow.
fn line_end(bytes: &[u8], place: usize, at_end: bool) -> Option<usize> {
    if bytes[place] == b'\n' {
        return Some(place + 1);
    }
    match bytes.get(place + 1) {
        Some(b'\n') => Some(place + 2),
        Some(_) => Some(place + 1),
        None if at_end => Some(place + 1),
        None => None,
    }
}

fn count_lines(bytes: &[u8]) -> u32 {
    let lone = memchr::memchr_iter(b'\r', bytes).filter(|place| bytes.get(place + 1) != Some(&b'\n')).count();
    let count = memchr::memchr_iter(b'\n', bytes).count() + lone;
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn cell(start: usize, end: usize) -> CellSpan {
    CellSpan {
        start: u32::try_from(start).unwrap_or(u32::MAX),
        end: u32::try_from(end).unwrap_or(u32::MAX),
        kind: if start == end { CellKind::Empty } else { CellKind::Text },
    }
}

/// A record that has a quote somewhere on its first line.
struct Quoted<'a> {
    text: &'a str,
    at_end: bool,
    delimiter: u8,
}

impl Quoted<'_> {
    fn split(&self, out: &mut String, cells: &mut Vec<CellSpan>) -> Split {
        let bytes = self.text.as_bytes();
        let mut at = 0;
        loop {
            let start = out.len();
            if bytes.get(at) == Some(&b'"') {
                match self.quoted_field(at + 1, out) {
                    Ok(next) => at = next,
                    Err(split) => return split,
                }
            } else {
                let Some(end) = self.field_end(at) else {
                    return Split::NeedMore;
                };
                out.push_str(&self.text[at..end]);
                at = end;
            }
            cells.push(cell(start, out.len()));
            match bytes.get(at) {
                None => return Split::Quoted { end: at },
                Some(byte) if *byte == self.delimiter => at += 1,
                Some(_) => {
                    return match line_end(bytes, at, self.at_end) {
                        Some(end) => Split::Quoted { end },
                        None => Split::NeedMore,
                    };
                }
            }
        }
    }

    /// From behind the opening quote to the field's end.
    fn quoted_field(&self, mut at: usize, out: &mut String) -> Result<usize, Split> {
        let bytes = self.text.as_bytes();
        let mut spans_lines = false;
        loop {
            let Some(length) = memchr::memchr(b'"', &bytes[at..]) else {
                return Err(Split::NeedMore);
            };
            let inside = &self.text[at..at + length];
            spans_lines = spans_lines || memchr::memchr2(b'\n', b'\r', inside.as_bytes()).is_some();
            out.push_str(inside);
            at += length + 1;
            match bytes.get(at) {
                Some(b'"') => {
                    out.push('"');
                    at += 1;
                }
                None if !self.at_end => return Err(Split::NeedMore),
                _ => break,
            }
        }
        let Some(end) = self.field_end(at) else {
            return Err(Split::NeedMore);
        };
        let after = &self.text[at..end];
        if spans_lines && !after.trim().is_empty() {
            return Err(Split::Broken { text: 0, end: 0 });
        }
        if !after.trim().is_empty() {
            out.push_str(after);
        }
        Ok(end)
    }

    fn field_end(&self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        memchr::memchr3(self.delimiter, b'\n', b'\r', &bytes[at..])
            .map(|length| at + length)
            .or(self.at_end.then_some(bytes.len()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::report::TextEncoding;

    const LINES: &[(&str, &[&str])] = &[
        ("1,韦一,二\r\n", &["1", "韦一", "二"]),
        ("\"1\",\"韦,一\",\"二\"\r\n", &["1", "韦,一", "二"]),
        ("\"\",\"韦\"\"一\",\"\"\n", &["", "韦\"一", ""]),
        ("\n", &[""]),
        ("\"1\r\n2\",韦\"一,\"二\"三\n", &["1\r\n2", "韦\"一", "二三"]),
        ("1,,\r", &["1", "", ""]),
    ];

    /// The first window ends on every byte of every kind of line in turn.
    #[test]
    fn records_are_the_same_wherever_the_window_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.csv");
        let round: String = LINES.iter().map(|(line, _)| *line).collect();
        for pad in 0..round.len() {
            let first = "x".repeat(pad + 1);
            let rounds = 40_000 / round.len();
            std::fs::write(&path, format!("{first}\n{}", round.repeat(rounds))).unwrap();
            let mut records = TextRecords::new(TextStream::open(&path, "", TextEncoding::Utf8).unwrap(), b',');
            let mut line = 2;
            let mut at = 0;
            assert_eq!(records.next().unwrap().unwrap().row.text, first);
            while let Some(record) = records.next().unwrap() {
                let (text, expected) = LINES[at % LINES.len()];
                let row = record.row;
                let cells: Vec<&str> =
                    row.cells.iter().map(|cell| &row.text[cell.start as usize..cell.end as usize]).collect();
                assert_eq!((record.line, &cells[..], record.is_broken), (line, expected, false), "{pad}: {at}");
                line += count_lines(text.as_bytes());
                at += 1;
            }
            assert_eq!(at, rounds * LINES.len());
        }
    }
}
