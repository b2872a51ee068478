//! Delimited text, in UTF-8 or GB18030, quoted throughout or where it must be.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use encoding_rs::GB18030;

use crate::layout::Encoding;
use crate::options::SynthError;
use crate::spelling::Out;
use crate::table::io_error;

pub(crate) struct TextFile {
    path: PathBuf,
    writer: BufWriter<File>,
    encoding: Encoding,
    delimiter: char,
    quoted: bool,
    line: String,
}

impl TextFile {
    pub(crate) fn create(path: &Path, encoding: Encoding, delimiter: char, quoted: bool) -> Result<Self, SynthError> {
        let file = File::create(path).map_err(io_error(path))?;
        let mut writer = BufWriter::with_capacity(1 << 16, file);
        if encoding == Encoding::Utf8Bom {
            writer.write_all(b"\xEF\xBB\xBF").map_err(io_error(path))?;
        }
        Ok(Self { path: path.to_owned(), writer, encoding, delimiter, quoted, line: String::new() })
    }

    /// A line of `width` cells; what is missing is empty.
    pub(crate) fn row(&mut self, cells: &[Out], width: usize) -> Result<(), SynthError> {
        let mut line = std::mem::take(&mut self.line);
        line.clear();
        for index in 0..width.max(cells.len()) {
            if index > 0 {
                line.push(self.delimiter);
            }
            match cells.get(index) {
                None | Some(Out::Empty) => {}
                Some(Out::Text(text)) => self.cell(&mut line, text),
                Some(Out::Number(number) | Out::Day(number)) => self.cell(&mut line, &number.to_string()),
            }
        }
        // Windows programs end lines so; a clean county is plain.
        line.push_str(if self.encoding == Encoding::Utf8 { "\n" } else { "\r\n" });
        let written = if self.encoding == Encoding::Gb18030 {
            self.writer.write_all(&GB18030.encode(&line).0)
        } else {
            self.writer.write_all(line.as_bytes())
        };
        self.line = line;
        written.map_err(io_error(&self.path))
    }

    pub(crate) fn finish(mut self) -> Result<(), SynthError> {
        self.writer.flush().map_err(io_error(&self.path))
    }

    fn cell(&self, line: &mut String, text: &str) {
        if self.quoted || text.contains(['"', '\n', '\r', self.delimiter]) {
            line.push('"');
            line.push_str(&text.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(text);
        }
    }
}
