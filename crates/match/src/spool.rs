//! What a run notes of the feeds' rows and needs again later, outside memory: one file without a name, gone with the run however it ends.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use crate::error::MatchError;

/// Appended to by any thread, read at any place.
#[derive(Debug)]
pub(crate) struct Spool {
    file: Mutex<File>,
}

/// Where a piece begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place(u64);

impl Spool {
    pub(crate) fn new(file: File) -> Self {
        Self { file: Mutex::new(file) }
    }

    pub(crate) fn append(&self, bytes: &[u8]) -> Result<Place, MatchError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let start = file.seek(SeekFrom::End(0)).map_err(spool_error)?;
        file.write_all(bytes).map_err(spool_error)?;
        Ok(Place(start))
    }

    pub(crate) fn read(&self, place: Place, length: usize) -> Result<Vec<u8>, MatchError> {
        let mut bytes = vec![0; length];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(place.0)).and_then(|_| file.read_exact(&mut bytes)).map_err(spool_error)?;
        Ok(bytes)
    }
}

fn spool_error(source: io::Error) -> MatchError {
    MatchError::File { path: "临时文件".to_owned(), source }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rayon::prelude::*;

    use super::*;

    #[test]
    fn pieces_written_side_by_side_are_read_as_they_were() {
        let spool = Spool::new(tempfile::tempfile().unwrap());
        let piece = |number: usize| vec![number as u8; number * 7];
        let places: Vec<Place> = (0..200).into_par_iter().map(|n| spool.append(&piece(n)).unwrap()).collect();
        for (number, place) in places.into_iter().enumerate() {
            assert_eq!(spool.read(place, number * 7).unwrap(), piece(number));
        }
        assert!(spool.read(Place(u64::from(u32::MAX)), 1).is_err());
    }
}
