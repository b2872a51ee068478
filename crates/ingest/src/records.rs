//! Delimited text, record by record.
//!
//! Taken: RFC 4180 with any one-byte delimiter; line ends `\n`, `\r\n`, `\r`, mixed; quoted fields with line breaks and doubled quotes; a quote
//! inside an unquoted field is a character; text between a closing quote and the delimiter belongs to the field; rows of any length.
//! Not taken: backslash escapes, comments, more than [`RECORD_BYTES`] without an end.
//!
//! A quote that never closes must not swallow the rows after it. When a quoted field runs on to the end of the file, or past the limit, or spans
//! lines and is then followed by something other than a delimiter (it closed at the opening quote of some later row), its first line alone is
//! handed on as broken and reading goes on at the next. The csv crate offers no way to see this, so this file is not it; unquoted lines take
//! the path of one search for the line's end and one for its delimiters.

use bidui_model::CellKind;

use crate::decode::{StreamError, TextStream};
use crate::row::{Cell, RowView};

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
    /// Cells of the present record, in the window or in `unquoted`.
    cells: Vec<Cell>,
    unquoted: String,
    /// Bytes of the window that the present record still needs.
    held: usize,
}

enum Split {
    /// The record ends after so many bytes.
    Plain {
        text: usize,
        end: usize,
    },
    Quoted {
        end: usize,
    },
    Broken {
        text: usize,
        end: usize,
    },
    NeedMore,
}

impl TextRecords {
    pub(crate) fn new(stream: TextStream, delimiter: u8) -> Self {
        Self { stream, delimiter, line: 1, cells: Vec::new(), unquoted: String::new(), held: 0 }
    }

    /// The next record, or `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<TextRecord<'_>>, RecordError> {
        self.stream.consume(std::mem::take(&mut self.held));
        let split = loop {
            if self.stream.text().is_empty() && self.stream.is_at_end() {
                return Ok(None);
            }
            match self.split() {
                Split::NeedMore if self.stream.text().len() > RECORD_BYTES * 4 => {
                    return Err(RecordError::TooLong { line: self.line });
                }
                Split::NeedMore => self.stream.fill().map_err(RecordError::Stream)?,
                split => break split,
            }
        };
        let line = self.line;
        let (end, is_broken, is_quoted) = match split {
            Split::Plain { text, end } => {
                self.split_plain(text);
                (end, false, false)
            }
            Split::Broken { text, end } => {
                self.split_plain(text);
                (end, true, false)
            }
            Split::Quoted { end } => (end, false, true),
            Split::NeedMore => (0, true, false),
        };
        self.held = end;
        let window = self.stream.text();
        self.line = line.saturating_add(count_lines(&window.as_bytes()[..end]));
        let text = if is_quoted { &self.unquoted } else { window };
        Ok(Some(TextRecord { line, row: RowView { text, cells: &self.cells }, is_broken }))
    }

    /// Finds the record's end; for a quoted one also its cells.
    fn split(&mut self) -> Split {
        let text = self.stream.text();
        let at_end = self.stream.is_at_end();
        let bytes = text.as_bytes();
        match memchr::memchr3(b'\n', b'\r', b'"', bytes) {
            None if at_end => Split::Plain { text: bytes.len(), end: bytes.len() },
            None => Split::NeedMore,
            Some(place) if bytes[place] != b'"' => match line_end(bytes, place, at_end) {
                Some(end) => Split::Plain { text: place, end },
                None => Split::NeedMore,
            },
            Some(_) => {
                self.cells.clear();
                self.unquoted.clear();
                let quoted = Quoted { text, at_end, delimiter: self.delimiter };
                match quoted.split(&mut self.unquoted, &mut self.cells) {
                    Split::NeedMore if at_end || bytes.len() > RECORD_BYTES => first_line(bytes, at_end),
                    Split::Broken { .. } => first_line(bytes, at_end),
                    split => split,
                }
            }
        }
    }

    /// Cells of a line whose quotes, if any, are characters.
    fn split_plain(&mut self, length: usize) {
        self.cells.clear();
        let bytes = &self.stream.text().as_bytes()[..length];
        let mut start = 0;
        for end in memchr::memchr_iter(self.delimiter, bytes).chain([length]) {
            self.cells.push(cell(start, end));
            start = end + 1;
        }
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

fn cell(start: usize, end: usize) -> Cell {
    Cell {
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
    fn split(&self, out: &mut String, cells: &mut Vec<Cell>) -> Split {
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
