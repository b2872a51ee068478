//! The text of a page as a stream of UTF-8: by its byte-order mark, else strict UTF-8, else strict GB18030, over the whole of it, as for
//! delimited text (`decode.rs`). What the page says of itself (`<meta charset>`) is not believed: pages are saved and sent on by programs
//! that change the bytes and leave the word.

use std::fs::File;
use std::io::{Error, ErrorKind, Read, Seek, SeekFrom};

use encoding_rs::{Decoder, DecoderResult, Encoding, GB18030, UTF_8};

use crate::problem::FileProblem;

pub(crate) struct PageText {
    file: File,
    decoder: Decoder,
    raw: Vec<u8>,
    /// Bytes of `raw` not decoded yet.
    rest: std::ops::Range<usize>,
    /// The file has no more bytes.
    ended: bool,
    /// The decoder has no more text, and must not be asked again.
    finished: bool,
}

impl PageText {
    /// From the page's beginning, once all of it was seen to be of one encoding.
    pub(crate) fn open(mut file: File, name: &str) -> Result<Self, FileProblem> {
        let io = |error: Error| FileProblem::io(name, &error);
        let mut head = Vec::new();
        file.seek(SeekFrom::Start(0)).and_then(|_| (&mut file).take(3).read_to_end(&mut head)).map_err(io)?;
        let candidates = match Encoding::for_bom(&head) {
            Some((encoding, _)) => vec![encoding],
            None => vec![UTF_8, GB18030],
        };
        let mut furthest = 0;
        for encoding in candidates {
            let mut text = Self::start(file.try_clone().map_err(io)?, encoding).map_err(io)?;
            match text.first_bad_line().map_err(io)? {
                None => return Self::start(file, encoding).map_err(io),
                Some(line) => furthest = furthest.max(line),
            }
        }
        Err(FileProblem::Undecodable { file: name.to_owned(), line: furthest })
    }

    fn start(mut file: File, encoding: &'static Encoding) -> std::io::Result<Self> {
        file.seek(SeekFrom::Start(0))?;
        let decoder = encoding.new_decoder_with_bom_removal();
        Ok(Self { file, decoder, raw: vec![0; 64 << 10], rest: 0..0, ended: false, finished: false })
    }

    fn first_bad_line(&mut self) -> std::io::Result<Option<u32>> {
        let mut buffer = vec![0; 256 << 10];
        let mut line = 1_u32;
        loop {
            match self.read(&mut buffer) {
                Ok(0) => return Ok(None),
                Ok(read) => {
                    let newlines = memchr::memchr_iter(b'\n', &buffer[..read]).count();
                    line = line.saturating_add(u32::try_from(newlines).unwrap_or(u32::MAX));
                }
                Err(error) if error.kind() == ErrorKind::InvalidData => return Ok(Some(line)),
                Err(error) => return Err(error),
            }
        }
    }
}

impl Read for PageText {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while !self.finished {
            if self.rest.is_empty() && !self.ended {
                let read = self.file.read(&mut self.raw)?;
                self.rest = 0..read;
                self.ended = read == 0;
            }
            let raw = &self.raw[self.rest.clone()];
            let (result, used, written) = self.decoder.decode_to_utf8_without_replacement(raw, buffer, self.ended);
            self.rest.start += used;
            self.finished = self.ended && result == DecoderResult::InputEmpty;
            match result {
                // The decoded part is handed on first, so that a line can be counted.
                _ if written > 0 => return Ok(written),
                DecoderResult::Malformed(..) => return Err(ErrorKind::InvalidData.into()),
                DecoderResult::OutputFull => return Err(ErrorKind::WriteZero.into()),
                DecoderResult::InputEmpty => {}
            }
        }
        Ok(0)
    }
}
