//! A workbook's rows on their way from the process that parses it to the one that asked.
//!
//! ```text
//! stream  = frame* ; the last is END or PROBLEM
//! frame   = tag u8, length u32, payload of that length
//! FORM    = form u8                      SKIP    = reason u8, rows u64, name
//! OPEN    = name                         HIDDEN  = rows u64
//! MERGES  = (first u32, last u32, column u32)*
//! ROWS    = row*                         CLOSE, END = nothing
//! row     = number, cells, cells × (column less the last one's, kind u8, length), texts one after the other
//! PROBLEM = kind u8, row u32 (0 for none), length u32 of the first text, first text, second text
//! ```
//! Numbers of fixed size are little-endian; the others are varints (LEB128). The receiving side trusts nothing: a frame, a row, a column, a
//! text has its limit, rows only go down, and what does not fit ends the reading.

use std::io::{Error, ErrorKind, Read, Write};

use bidui_model::CellKind;

use crate::problem::{FileProblem, Spot};
use crate::report::{FileForm, SheetSkip};
use crate::row::{Row, RowView};
use crate::row_sink::{COLUMNS, MERGES, Merge, ROW_BYTES, ROWS, RowSink};

const FORM: u8 = 1;
const SKIP: u8 = 2;
const OPEN: u8 = 3;
const HIDDEN: u8 = 4;
const MERGES_TAG: u8 = 5;
const ROWS_TAG: u8 = 6;
const CLOSE: u8 = 7;
const END: u8 = 8;
const PROBLEM: u8 = 9;

/// Rows are sent when so many bytes of them have gathered.
const BATCH: usize = 128 << 10;
/// A row's text, a batch before it, and a few bytes for each cell.
const FRAME: usize = ROW_BYTES + BATCH + 16 * COLUMNS as usize;
/// A sheet's name, or the words of a problem.
const WORDS: usize = 4 << 10;
/// Text of a whole workbook; a million rows of forty columns have less.
const BOOK_BYTES: u64 = 512 << 20;

/// That text with its numbers beside it.
const STREAM_BYTES: u64 = 3 * BOOK_BYTES;

const FORMS: [FileForm; 3] = [FileForm::Xlsx, FileForm::Xls, FileForm::Html];
const KINDS: [CellKind; 6] =
    [CellKind::Empty, CellKind::Text, CellKind::Number, CellKind::Date, CellKind::Bool, CellKind::Error];

/// The sending side.
pub(crate) struct RowSender<'a> {
    out: &'a mut dyn Write,
    batch: Vec<u8>,
    /// Of one row, kept for their room.
    heads: Vec<u8>,
    texts: Vec<u8>,
    sent: u64,
}

impl<'a> RowSender<'a> {
    pub(crate) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, batch: Vec::with_capacity(BATCH * 2), heads: Vec::new(), texts: Vec::new(), sent: 0 }
    }

    /// The last frame.
    pub(crate) fn end(&mut self, outcome: &Result<(), FileProblem>) -> std::io::Result<()> {
        match outcome {
            Ok(()) => self.frame(END, &[])?,
            Err(problem) => {
                self.batch.clear();
                self.frame(PROBLEM, &problem_payload(problem))?;
            }
        }
        self.out.flush()
    }

    fn frame(&mut self, tag: u8, payload: &[u8]) -> std::io::Result<()> {
        if !self.batch.is_empty() {
            let batch = std::mem::take(&mut self.batch);
            self.write(ROWS_TAG, &batch)?;
            self.batch = batch;
            self.batch.clear();
        }
        self.write(tag, payload)
    }

    fn write(&mut self, tag: u8, payload: &[u8]) -> std::io::Result<()> {
        self.out.write_all(&[tag])?;
        self.out.write_all(&u32::try_from(payload.len()).map_err(|_| ErrorKind::InvalidData)?.to_le_bytes())?;
        self.out.write_all(payload)
    }

    fn tell(&mut self, tag: u8, payload: &[u8]) -> Result<(), FileProblem> {
        self.frame(tag, payload).map_err(|error| FileProblem::io("", &error))
    }
}

impl RowSink for RowSender<'_> {
    fn form(&mut self, form: FileForm) -> Result<(), FileProblem> {
        let place = FORMS.iter().position(|each| *each == form).unwrap_or(0);
        self.tell(FORM, &[place as u8])
    }
    fn skip_sheet(&mut self, sheet: &str, reason: SheetSkip) -> Result<(), FileProblem> {
        let (code, rows) = match reason {
            SheetSkip::Hidden => (0, 0),
            SheetSkip::Empty => (1, 0),
            SheetSkip::NotATable => (2, 0),
            SheetSkip::NoHeading { rows } => (3, rows),
        };
        self.tell(SKIP, &[&[code][..], &u64::to_le_bytes(rows), words(sheet)].concat())
    }
    fn open_sheet(&mut self, sheet: &str) -> Result<(), FileProblem> {
        self.tell(OPEN, words(sheet))
    }
    fn hidden_rows(&mut self, rows: u64) -> Result<(), FileProblem> {
        self.tell(HIDDEN, &rows.to_le_bytes())
    }
    fn merge(&mut self, merge: Merge) -> Result<(), FileProblem> {
        let numbers = [merge.first, merge.last, merge.column];
        self.tell(MERGES_TAG, &numbers.map(u32::to_le_bytes).concat())
    }
    fn row(&mut self, number: u32, row: RowView<'_>) -> Result<(), FileProblem> {
        self.heads.clear();
        self.texts.clear();
        let (mut count, mut last) = (0, 0);
        for column in 0..row.cells.len() {
            let cell = row.get(column);
            if cell.text.is_empty() {
                continue;
            }
            put_number(&mut self.heads, (column - last) as u32);
            self.heads.push(KINDS.iter().position(|kind| *kind == cell.kind).unwrap_or(0) as u8);
            put_number(&mut self.heads, u32::try_from(cell.text.len()).unwrap_or(u32::MAX));
            self.texts.extend_from_slice(cell.text.as_bytes());
            (count, last) = (count + 1, column);
        }
        put_number(&mut self.batch, number);
        put_number(&mut self.batch, count);
        self.batch.extend_from_slice(&self.heads);
        self.batch.extend_from_slice(&self.texts);
        self.sent += self.texts.len() as u64;
        if self.sent > BOOK_BYTES {
            return Err(FileProblem::damaged("", "", Some(number), "文字总量过大"));
        }
        if self.batch.len() < BATCH {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.batch);
        let written = self.write(ROWS_TAG, &batch);
        self.batch = batch;
        self.batch.clear();
        written.map_err(|error| FileProblem::io("", &error))
    }
    fn close_sheet(&mut self) -> Result<(), FileProblem> {
        self.tell(CLOSE, &[])
    }
}

/// A name as far as it is sent.
fn words(text: &str) -> &[u8] {
    &text.as_bytes()[..text.floor_char_boundary(WORDS / 2)]
}

fn put_number(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A problem without the file's name, which the receiving side knows.
fn problem_payload(problem: &FileProblem) -> Vec<u8> {
    let nothing = String::new();
    let (kind, row, first, second) = match problem {
        FileProblem::UnknownForm { found, advice, .. } => (1, 0, found, advice),
        FileProblem::Damaged { at, what } => (2, at.row.unwrap_or(0), &at.sheet, what),
        FileProblem::Undecodable { line, .. } => (3, *line, &nothing, &nothing),
        FileProblem::Empty { .. } => (4, 0, &nothing, &nothing),
        FileProblem::Unreadable { reason, .. } => (5, 0, &nothing, reason),
        // Nothing else comes from a workbook's parser.
        _ => (5, 0, &nothing, &nothing),
    };
    let (first, second) = (words(first), words(second));
    [&[kind][..], &u32::to_le_bytes(row), &u32::to_le_bytes(first.len() as u32), first, second].concat()
}

/// What came over instead of a whole workbook.
#[derive(Debug)]
pub(crate) enum WireError {
    /// What the parser or the intake found.
    Problem(FileProblem),
    /// The stream broke off, or is none.
    Broken,
}

impl From<Error> for WireError {
    fn from(_: Error) -> Self {
        Self::Broken
    }
}

/// The receiving side: hands everything on to `sink`.
pub(crate) fn receive(from: &mut dyn Read, name: &str, sink: &mut dyn RowSink) -> Result<(), WireError> {
    let mut payload = Vec::new();
    let mut sheet = Receiver { sink, row: Row::default(), number: 0, merges: 0, is_open: false };
    let mut total = 0_u64;
    loop {
        let mut head = [0; 5];
        from.read_exact(&mut head)?;
        let [tag, length @ ..] = head;
        let length = u32::from_le_bytes(length) as usize;
        total += length as u64;
        if length > FRAME || total > STREAM_BYTES {
            return Err(WireError::Broken);
        }
        payload.resize(length, 0);
        from.read_exact(&mut payload)?;
        match tag {
            END if !sheet.is_open => return Ok(()),
            PROBLEM => return Err(read_problem(&payload, name).map_or(WireError::Broken, WireError::Problem)),
            _ => sheet.frame(tag, &payload)?,
        }
    }
}

struct Receiver<'a> {
    sink: &'a mut dyn RowSink,
    row: Row,
    /// Of the sheet's last row.
    number: u32,
    merges: usize,
    is_open: bool,
}

impl Receiver<'_> {
    fn frame(&mut self, tag: u8, payload: &[u8]) -> Result<(), WireError> {
        let mut bytes = Bytes(payload);
        let told = match (tag, self.is_open) {
            (FORM, false) => self.sink.form(*FORMS.get(usize::from(bytes.byte()?)).ok_or(WireError::Broken)?),
            (SKIP, false) => {
                let (code, rows) = (bytes.byte()?, u64::from_le_bytes(bytes.array()?));
                let reason = match code {
                    0 => SheetSkip::Hidden,
                    1 => SheetSkip::Empty,
                    2 => SheetSkip::NotATable,
                    3 => SheetSkip::NoHeading { rows },
                    _ => return Err(WireError::Broken),
                };
                self.sink.skip_sheet(&bytes.words()?, reason)
            }
            (OPEN, false) => {
                (self.is_open, self.number, self.merges) = (true, 0, 0);
                self.sink.open_sheet(&bytes.words()?)
            }
            (HIDDEN, true) => self.sink.hidden_rows(u64::from_le_bytes(bytes.array()?)),
            (MERGES_TAG, true) => return self.merge(&mut bytes),
            (ROWS_TAG, true) => return self.rows(&mut bytes),
            (CLOSE, true) => {
                self.is_open = false;
                self.sink.close_sheet()
            }
            _ => return Err(WireError::Broken),
        };
        told.map_err(WireError::Problem)
    }

    fn merge(&mut self, bytes: &mut Bytes<'_>) -> Result<(), WireError> {
        let [first, last, column] = [bytes.array()?, bytes.array()?, bytes.array()?].map(u32::from_le_bytes);
        self.merges += 1;
        if self.merges > MERGES || first == 0 || first >= last || column >= COLUMNS {
            return Err(WireError::Broken);
        }
        self.sink.merge(Merge { first, last, column }).map_err(WireError::Problem)
    }

    fn rows(&mut self, bytes: &mut Bytes<'_>) -> Result<(), WireError> {
        let mut cells = Vec::new();
        while !bytes.0.is_empty() {
            let number = bytes.number()?;
            if number < self.number.max(1) || number > ROWS {
                return Err(WireError::Broken);
            }
            self.number = number;
            let count = bytes.number()?;
            if count > COLUMNS {
                return Err(WireError::Broken);
            }
            cells.clear();
            let mut column = 0_u32;
            for at in 0..count {
                let (step, kind, length) = (bytes.number()?, bytes.byte()?, bytes.number()? as usize);
                column = column.checked_add(step).filter(|column| *column < COLUMNS).ok_or(WireError::Broken)?;
                let kind = *KINDS.get(usize::from(kind)).ok_or(WireError::Broken)?;
                if at > 0 && step == 0 {
                    return Err(WireError::Broken);
                }
                cells.push((column as usize, kind, length));
            }
            let total = cells.iter().map(|(.., length)| *length).sum();
            let text = std::str::from_utf8(bytes.take(total)?).map_err(|_| WireError::Broken)?;
            self.row.clear();
            let mut start = 0;
            for (column, kind, length) in &cells {
                let text = text.get(start..start + length).ok_or(WireError::Broken)?;
                self.row.set(*column, *kind, text);
                start += length;
            }
            self.sink.row(number, self.row.view()).map_err(WireError::Problem)?;
        }
        Ok(())
    }
}

fn read_problem(payload: &[u8], name: &str) -> Option<FileProblem> {
    let mut bytes = Bytes(payload);
    let (kind, row) = (bytes.byte().ok()?, u32::from_le_bytes(bytes.array().ok()?));
    let length = u32::from_le_bytes(bytes.array().ok()?) as usize;
    let first = String::from_utf8_lossy(bytes.take(length.min(WORDS)).ok()?).into_owned();
    let second = bytes.words().ok()?;
    Some(match kind {
        1 => FileProblem::unknown_form(name, &first, &second),
        2 => FileProblem::damaged(name, &first, (row > 0).then_some(row), second),
        3 => FileProblem::Undecodable { file: name.to_owned(), line: row },
        4 => FileProblem::Empty { at: Box::new(Spot { file: name.to_owned(), ..Spot::default() }) },
        5 => FileProblem::Unreadable { file: name.to_owned(), reason: second },
        _ => return None,
    })
}

/// What is left of a payload.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(WireError::Broken)?;
        self.0 = rest;
        Ok(taken)
    }
    fn byte(&mut self) -> Result<u8, WireError> {
        Ok(self.take(1)?[0])
    }
    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        self.take(N)?.try_into().map_err(|_| WireError::Broken)
    }
    fn number(&mut self) -> Result<u32, WireError> {
        let mut number = 0_u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(WireError::Broken)
    }
    fn words(&mut self) -> Result<String, WireError> {
        let words = self.take(self.0.len().min(WORDS))?;
        String::from_utf8(words.to_vec()).map_err(|_| WireError::Broken)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    /// What a sink was told, in a few words each.
    #[derive(Default)]
    struct Told(Vec<String>);

    impl Told {
        fn note(&mut self, words: String) -> Result<(), FileProblem> {
            self.0.push(words);
            Ok(())
        }
    }

    impl RowSink for Told {
        fn form(&mut self, form: FileForm) -> Result<(), FileProblem> {
            self.note(format!("{form:?}"))
        }
        fn skip_sheet(&mut self, sheet: &str, reason: SheetSkip) -> Result<(), FileProblem> {
            self.note(format!("skip {sheet} {reason:?}"))
        }
        fn open_sheet(&mut self, sheet: &str) -> Result<(), FileProblem> {
            self.note(format!("open {sheet}"))
        }
        fn hidden_rows(&mut self, rows: u64) -> Result<(), FileProblem> {
            self.note(format!("hidden {rows}"))
        }
        fn merge(&mut self, merge: Merge) -> Result<(), FileProblem> {
            self.note(format!("{merge:?}"))
        }
        fn row(&mut self, number: u32, row: RowView<'_>) -> Result<(), FileProblem> {
            let cells = (0..row.cells.len()).map(|column| row.get(column)).filter(|cell| !cell.text.is_empty());
            self.note(format!("{number} {:?}", cells.collect::<Vec<_>>()))
        }
        fn close_sheet(&mut self) -> Result<(), FileProblem> {
            self.note("close".to_owned())
        }
    }

    /// Everything that can be said, said to `sink`.
    fn say(sink: &mut dyn RowSink) -> Result<(), FileProblem> {
        sink.form(FileForm::Xls)?;
        sink.skip_sheet("说明", SheetSkip::NoHeading { rows: 7 })?;
        sink.open_sheet("甲")?;
        sink.hidden_rows(3)?;
        sink.merge(Merge { first: 2, last: 9, column: 16_383 })?;
        let mut row = Row::default();
        for number in [1, 2, 300, ROWS] {
            row.clear();
            for (column, kind) in (0..).zip(KINDS).skip(1) {
                row.set(column * 70, kind, &format!("值{number}"));
            }
            sink.row(number, row.view())?;
        }
        sink.close_sheet()
    }

    fn sent() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut sender = RowSender::new(&mut bytes);
        let outcome = say(&mut sender);
        sender.end(&outcome).unwrap();
        bytes
    }

    #[test]
    fn what_is_sent_is_what_arrives() {
        let (mut here, mut there) = (Told::default(), Told::default());
        say(&mut here).unwrap();
        receive(&mut sent().as_slice(), "甲.xls", &mut there).unwrap();
        assert_eq!(here.0, there.0);
    }

    #[test]
    fn a_problem_arrives_with_the_files_name() {
        for problem in [
            FileProblem::damaged("甲.xls", "表", Some(7), "单元格"),
            FileProblem::damaged("甲.xls", "", None, "工作簿结构"),
            FileProblem::unknown_form("甲.xls", "是PDF文件", "请报送原始的xlsx或CSV表格"),
            FileProblem::Undecodable { file: "甲.xls".to_owned(), line: 9 },
            FileProblem::Empty { at: Box::new(Spot { file: "甲.xls".to_owned(), ..Spot::default() }) },
        ] {
            let mut bytes = Vec::new();
            RowSender::new(&mut bytes).end(&Err(problem.clone())).unwrap();
            let received = receive(&mut bytes.as_slice(), "甲.xls", &mut Told::default());
            assert!(matches!(received, Err(WireError::Problem(found)) if found == problem), "{problem}");
        }
    }

    #[test]
    fn a_stream_that_breaks_off_is_never_a_whole_workbook() {
        let bytes = sent();
        for length in 0..bytes.len() {
            let received = receive(&mut &bytes[..length], "甲.xls", &mut Told::default());
            assert!(matches!(received, Err(WireError::Broken)), "{length} of {}", bytes.len());
        }
    }

    #[test]
    fn rows_that_go_up_and_columns_beyond_the_last_are_no_workbook() {
        let frame = |tag: u8, payload: &[u8]| {
            [&[tag][..], &u32::try_from(payload.len()).unwrap().to_le_bytes(), payload].concat()
        };
        let check = |rows: &[u8], is_taken: bool| {
            let bytes = [frame(OPEN, b"a"), frame(ROWS_TAG, rows), frame(CLOSE, b""), frame(END, b"")].concat();
            let received = receive(&mut bytes.as_slice(), "甲.xls", &mut Told::default());
            assert_eq!(received.is_ok(), is_taken, "{rows:?}");
        };
        check(&[1, 1, 0, 1, 1, b'x', 2, 1, 0, 1, 1, b'y'], true);
        check(&[2, 1, 0, 1, 1, b'x', 1, 1, 0, 1, 1, b'y'], false);
        check(&[0, 1, 0, 1, 1, b'x'], false);
        check(&[1, 1, 0x80, 0x80, 0x01, 1, 1, b'x'], false);
        check(&[1, 2, 0, 1, 1, 0, 1, 1, b'x', b'y'], false);
        check(&[1, 1, 0, 9, 1, b'x'], false);
        check(&[1, 1, 0, 1, 2, b'x'], false);
        check(&[1, 1, 0, 1, 1, 0xFF], false);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        /// The other process may have been taken over by the file: whatever it writes, this one goes on.
        #[test]
        fn any_bytes_get_an_answer(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
            let mut bytes = sent();
            for (place, byte) in changes {
                let place = place.index(bytes.len());
                bytes[place] = byte;
            }
            let _ = receive(&mut bytes.as_slice(), "甲.xls", &mut Told::default());
        }
    }
}
