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
