//! A month of a feed without some of its rows, in a file of its own beside the sealed one, which stays as it is.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use polars::prelude::*;
use polars_io::SerReader;
use polars_io::parquet::read::{ParallelStrategy, ParquetReader};
use polars_io::parquet::write::ParquetWriter;

use crate::error::MatchError;
use crate::store::{ROW, SOURCE};

/// Rows read at a time.
const BATCH_ROWS: usize = 131_072;

/// Writes what is in `from` to `to`, without the rows at `places` (counted from 0 and sorted). Gives their source and row.
pub fn set_rows_aside(from: &Path, to: &Path, places: &[u32]) -> Result<Vec<(u32, u32)>, MatchError> {
    let failed = |source| MatchError::Store { path: to.display().to_string(), source };
    let file = |path: &Path, file: std::io::Result<File>| {
        file.map_err(|source| MatchError::File { path: path.display().to_string(), source })
    };
    let read = |start: usize, length: usize| -> Result<DataFrame, MatchError> {
        let reader = ParquetReader::new(file(from, File::open(from))?).with_slice(Some((start, length)));
        reader.read_parallel(ParallelStrategy::None).finish().map_err(failed)
    };
    let rows = ParquetReader::new(file(from, File::open(from))?).get_metadata().map_err(failed)?.num_rows;
    let schema = read(0, 0)?.schema().clone();
    let mut out = BufWriter::new(file(to, File::create(to))?);
    let mut writer = ParquetWriter::new(&mut out)
        .with_compression(ParquetCompression::Lz4Raw)
        .set_parallel(false)
        .batched(&schema)
        .map_err(failed)?;
    let mut origins = Vec::with_capacity(places.len());
    for start in (0..rows).step_by(BATCH_ROWS) {
        let frame = read(start, BATCH_ROWS.min(rows - start))?;
        let kept = split(frame, start, places, &mut origins).map_err(failed)?;
        if kept.height() > 0 {
            writer.write_batch(&kept).map_err(failed)?;
        }
    }
    writer.finish().map_err(failed)?;
    drop(writer);
    out.flush().map_err(|source| MatchError::File { path: to.display().to_string(), source })?;
    Ok(origins)
}

/// A batch that begins at a row of the file, without the rows set aside; these go to `origins`.
fn split(frame: DataFrame, start: usize, places: &[u32], origins: &mut Vec<(u32, u32)>) -> PolarsResult<DataFrame> {
    let place = |limit: usize| places.partition_point(|place| (*place as usize) < limit);
    let here = &places[place(start)..place(start + frame.height())];
    let (sources, rows) = (frame.column(SOURCE)?.u32()?, frame.column(ROW)?.u32()?);
    let mut kept = vec![true; frame.height()];
    for place in here {
        let at = *place as usize - start;
        kept[at] = false;
        origins.push((sources.get(at).unwrap_or(0), rows.get(at).unwrap_or(0)));
    }
    let mut kept = frame.filter(&kept.into_iter().collect::<BooleanChunked>())?;
    kept.rechunk_mut();
    Ok(kept)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A store's file of so many rows, the row numbers that are left of it, and what was said of those taken out.
    fn check(rows: u32, places: &[u32]) {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        let column = |name: &str, values: Vec<u32>| Column::new(name.into(), values);
        let sources = column(SOURCE, (0..rows).map(|row| row / 1_000).collect());
        let mut frame =
            DataFrame::new(rows as usize, vec![sources, column(ROW, (0..rows).map(|row| row + 2).collect())]).unwrap();
        ParquetWriter::new(File::create(&from).unwrap()).finish(&mut frame).unwrap();
        let expected: Vec<(u32, u32)> = places.iter().map(|place| (place / 1_000, place + 2)).collect();
        assert_eq!(set_rows_aside(&from, &to, places).unwrap(), expected);
        let left = ParquetReader::new(File::open(&to).unwrap()).finish().unwrap();
        let left: Vec<u32> = left.column(ROW).unwrap().u32().unwrap().iter().flatten().collect();
        let expected: Vec<u32> =
            (0..rows).filter(|row| places.binary_search(row).is_err()).map(|row| row + 2).collect();
        assert!(left == expected, "{} of {rows}", left.len());
    }

    #[test]
    fn rows_leave_and_the_rest_stays_in_order() {
        check(5, &[0, 3]);
        check(3, &[0, 1, 2]);
        check(2, &[]);
        check(300_000, &[1, 131_071, 131_072, 262_143, 262_144, 299_999]);
    }
}
