//! Text files: which encoding, and a stream of UTF-8 from it.
//!
//! A byte-order mark decides; without one strict UTF-8, then strict GB18030 (the superset of GBK and GB2312), each over the whole file.
//! There is no third guess: a wrong one turns names into other names. The file's beginning nearly always tells which of the two it is, and
//! then the whole is checked while it is read; otherwise, and when that check fails, a pass of its own settles it.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use sha2::{Digest, Sha256};

use crate::problem::FileProblem;
use crate::report::{FileDigest, TextEncoding};

const READ_BYTES: usize = 256 << 10;
/// The first read: enough for the rows that a heading is looked for in, and all of a small file.
const FIRST_BYTES: usize = 32 << 10;
/// Characters of three bytes after which text can be nothing but UTF-8: Chinese in GB18030 forms none by chance, but for a rare word.
const SURE_CHARACTERS: usize = 8;

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

/// The encoding to read the file in. The reader then finds out whether the whole file is in it, and asks [`detect_encoding`] if not.
pub(crate) fn likely_encoding(path: &Path, name: &str) -> Result<TextEncoding, FileProblem> {
    let mut head = Vec::with_capacity(FIRST_BYTES);
    File::open(path)
        .and_then(|file| file.take(FIRST_BYTES as u64).read_to_end(&mut head))
        .map_err(|error| FileProblem::io(name, &error))?;
    match shown_by(&head) {
        Some(encoding) => Ok(encoding),
        None => detect_encoding(path, name),
    }
}

/// The encoding that a file's beginning shows; `None` when that does not suffice.
fn shown_by(head: &[u8]) -> Option<TextEncoding> {
    if let Some(marked) = marked(head) {
        return Some(marked);
    }
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The last character goes on behind the head.
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&head[..error.valid_up_to()]).ok()?,
        Err(_) => return Some(TextEncoding::Gb18030),
    };
    let is_sure = text.chars().filter(|character| character.len_utf8() == 3).nth(SURE_CHARACTERS - 1).is_some();
    is_sure.then_some(TextEncoding::Utf8)
}

fn marked(head: &[u8]) -> Option<TextEncoding> {
    [TextEncoding::Utf8WithMark, TextEncoding::Utf16LittleEndian, TextEncoding::Utf16BigEndian]
        .into_iter()
        .find(|encoding| head.starts_with(encoding.mark()))
}

/// The encoding in which the whole file is well-formed, or the line where the better candidate fails.
pub(crate) fn detect_encoding(path: &Path, name: &str) -> Result<TextEncoding, FileProblem> {
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(3).read_to_end(&mut head))
        .map_err(|error| FileProblem::io(name, &error))?;
    let marked = marked(&head);
    let candidates = match &marked {
        Some(encoding) => std::slice::from_ref(encoding),
        None => &[TextEncoding::Utf8, TextEncoding::Gb18030],
    };
    let (mut furthest, mut cut) = (0, None);
    for encoding in candidates {
        match first_bad_line(path, name, *encoding)? {
            None => return Ok(*encoding),
            // Well-formed but for its last character, which is not whole.
            Some((line, true)) => cut = cut.or(Some(line)),
            Some((line, false)) => furthest = furthest.max(line),
        }
    }
    let file = name.to_owned();
    Err(match cut {
        Some(line) => FileProblem::CutShort { file, line },
        None => FileProblem::Undecodable { file, line: furthest },
    })
}

/// The line on which the file is malformed in an encoding, and whether it is only that it ends inside a character.
pub(crate) fn first_bad_line(
    path: &Path,
    name: &str,
    encoding: TextEncoding,
) -> Result<Option<(u32, bool)>, FileProblem> {
    let mut stream = TextStream::open(path, name, encoding)?;
    let mut lines = 1_u32;
    loop {
        let step = stream.fill(stream.text().len());
        let newlines = memchr::memchr_iter(b'\n', stream.text().as_bytes()).count();
        lines = lines.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
        match step {
            Ok(()) if stream.is_at_end() => return Ok(None),
            Ok(()) => {}
            Err(StreamError::Malformed) => return Ok(Some((lines, stream.is_at_end()))),
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
    ended: bool,
    /// Of the bytes read so far, for who wants to know which bytes they were.
    digest: Option<(Sha256, u64)>,
}

impl TextStream {
    pub(crate) fn open(path: &Path, name: &str, encoding: TextEncoding) -> Result<Self, FileProblem> {
        let mut stream = Self {
            file: File::open(path).map_err(|error| FileProblem::io(name, &error))?,
            decoder: encoding.codec().new_decoder_without_bom_handling(),
            raw: vec![0; FIRST_BYTES],
            window: String::new(),
            ended: false,
            digest: None,
        };
        let mark = &mut stream.raw[..encoding.mark().len()];
        stream.file.read_exact(mark).map_err(|error| FileProblem::io(name, &error))?;
        Ok(stream)
    }
    /// Digests the file while it is read.
    pub(crate) fn digested(mut self, encoding: TextEncoding) -> Self {
        let mark = encoding.mark();
        self.digest = Some((Sha256::new_with_prefix(mark), mark.len() as u64));
        self
    }
    /// Decoded text that has not been dropped.
    pub(crate) fn text(&self) -> &str {
        &self.window
    }
    /// No more text will come than [`Self::text`] has.
    pub(crate) fn is_at_end(&self) -> bool {
        self.ended
    }
    /// Of the whole file, once its end has been reached.
    pub(crate) fn into_digest(self) -> Option<FileDigest> {
        let (digest, bytes) = self.digest.filter(|_| self.ended)?;
        Some(FileDigest { sha256: digest.finalize().into(), bytes })
    }
    /// Drops the first `used` bytes of the text and reads on. What was decoded before a malformed byte is in the window.
    pub(crate) fn fill(&mut self, used: usize) -> Result<(), StreamError> {
        self.window.drain(..used);
        if self.ended {
            return Ok(());
        }
        let read = self.read()?;
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
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => return Err(StreamError::Malformed),
            }
        }
        self.raw.resize(READ_BYTES, 0);
        Ok(())
    }

    fn read(&mut self) -> Result<usize, StreamError> {
        let read = loop {
            match self.file.read(&mut self.raw) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(StreamError::Io(error)),
                Ok(read) => break read,
            }
        };
        self.ended = read == 0;
        if let Some((digest, bytes)) = &mut self.digest {
            digest.update(&self.raw[..read]);
            *bytes += read as u64;
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(head: &[u8], expected: Option<TextEncoding>) {
        assert_eq!(shown_by(head), expected);
    }

    #[test]
    fn the_beginning_shows_the_encoding_or_does_not_say() {
        let text = "姓名,身份证号,金额,村";
        check(text.as_bytes(), Some(TextEncoding::Utf8));
        check(&text.as_bytes()[..text.len() - 1], Some(TextEncoding::Utf8));
        check(&GB18030.encode(text).0, Some(TextEncoding::Gb18030));
        check("id,name\n1,韦".as_bytes(), None);
        check(b"id,name\n", None);
        check(b"\xEF\xBB\xBFid", Some(TextEncoding::Utf8WithMark));
        check(b"\xFF\xFEi\0", Some(TextEncoding::Utf16LittleEndian));
    }
}
