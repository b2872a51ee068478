//! Text files: which encoding, and a stream of UTF-8 from it.
//!
//! A byte-order mark decides; without one strict UTF-8, then strict GB18030 (the superset of GBK and GB2312), each over the whole file in a
//! first pass, since a sample may end inside a character and most of a file may be ASCII. There is no third guess: a wrong one turns names
//! into other names.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};

use crate::problem::FileProblem;
use crate::report::TextEncoding;

const READ_BYTES: usize = 256 << 10;

impl TextEncoding {
    fn codec(self) -> &'static Encoding {
        match self {
            Self::Utf8 | Self::Utf8WithMark => UTF_8,
            Self::Gb18030 => GB18030,
            Self::Utf16LittleEndian => UTF_16LE,
            Self::Utf16BigEndian => UTF_16BE,
        }
    }
    fn mark(self) -> &'static [u8] {
        match self {
            Self::Utf8 | Self::Gb18030 => b"",
            Self::Utf8WithMark => b"\xEF\xBB\xBF",
            Self::Utf16LittleEndian => b"\xFF\xFE",
            Self::Utf16BigEndian => b"\xFE\xFF",
        }
    }
}

/// The file's encoding, or the line where the better candidate fails.
pub(crate) fn detect_encoding(path: &Path, name: &str) -> Result<TextEncoding, FileProblem> {
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(3).read_to_end(&mut head))
        .map_err(|error| FileProblem::io(name, &error))?;
    let marked = [TextEncoding::Utf8WithMark, TextEncoding::Utf16LittleEndian, TextEncoding::Utf16BigEndian]
        .into_iter()
        .find(|encoding| head.starts_with(encoding.mark()));
    let candidates = match &marked {
        Some(encoding) => std::slice::from_ref(encoding),
        None => &[TextEncoding::Utf8, TextEncoding::Gb18030],
    };
    let mut furthest = 0;
    for encoding in candidates {
        match first_bad_line(path, name, *encoding)? {
            None => return Ok(*encoding),
            Some(line) => furthest = furthest.max(line),
        }
    }
    Err(FileProblem::Undecodable { file: name.to_owned(), line: furthest })
}

fn first_bad_line(path: &Path, name: &str, encoding: TextEncoding) -> Result<Option<u32>, FileProblem> {
    let mut stream = TextStream::open(path, name, encoding)?;
    let mut lines = 1_u32;
    loop {
        let step = stream.fill();
        let text = stream.text();
        let newlines = memchr::memchr_iter(b'\n', text.as_bytes()).count();
        lines = lines.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
        match step {
            Ok(()) if stream.is_at_end() => return Ok(None),
            Ok(()) => stream.consume(stream.text().len()),
            Err(StreamError::Malformed) => return Ok(Some(lines)),
            Err(StreamError::Io(error)) => return Err(FileProblem::io(name, &error)),
        }
    }
}

#[derive(Debug)]
pub(crate) enum StreamError {
    Io(std::io::Error),
    Malformed,
}

/// A window onto the decoded text of a file.
pub(crate) struct TextStream {
    file: File,
    decoder: Decoder,
    raw: Vec<u8>,
    window: String,
    start: usize,
    ended: bool,
}

impl TextStream {
    pub(crate) fn open(path: &Path, name: &str, encoding: TextEncoding) -> Result<Self, FileProblem> {
        let mut file = File::open(path).map_err(|error| FileProblem::io(name, &error))?;
        let mut mark = vec![0; encoding.mark().len()];
        file.read_exact(&mut mark).map_err(|error| FileProblem::io(name, &error))?;
        Ok(Self {
            file,
            decoder: encoding.codec().new_decoder_without_bom_handling(),
            raw: vec![0; READ_BYTES],
            window: String::new(),
            start: 0,
            ended: false,
        })
    }
    /// Decoded text that has not been consumed.
    pub(crate) fn text(&self) -> &str {
        &self.window[self.start..]
    }
    /// No more text will come than [`Self::text`] has.
    pub(crate) fn is_at_end(&self) -> bool {
        self.ended
    }
    pub(crate) fn consume(&mut self, bytes: usize) {
        self.start += bytes;
    }
    /// Reads on. What was decoded before a malformed byte is in the window.
    pub(crate) fn fill(&mut self) -> Result<(), StreamError> {
        if self.ended {
            return Ok(());
        }
        self.window.drain(..self.start);
        self.start = 0;
        let read = loop {
            match self.file.read(&mut self.raw) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(StreamError::Io(error)),
                Ok(read) => break read,
            }
        };
        self.ended = read == 0;
        let mut rest = &self.raw[..read];
        loop {
            let room = self
                .decoder
                .max_utf8_buffer_length_without_replacement(rest.len())
                .unwrap_or(rest.len().saturating_mul(4) + 16);
            self.window.reserve(room);
            let (result, used) = self.decoder.decode_to_string_without_replacement(rest, &mut self.window, self.ended);
            rest = &rest[used..];
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => return Err(StreamError::Malformed),
            }
        }
    }
}
