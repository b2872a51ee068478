//! Reading the sealed store, a row group at a time. A batch of rows is a row group of the file: what one pass says of batch 3, another
//! finds in batch 3.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bidui_model::DataContract;
use polars::prelude::*;
use polars_io::SerReader;
use polars_io::parquet::metadata::FileMetadataRef;
use polars_io::parquet::read::{ParallelStrategy, ParquetReader};

use crate::error::MatchError;
use crate::store::{store_error, store_schema};

/// One feed and month of the store.
#[derive(Clone, Debug)]
pub struct StoreFile {
    pub path: PathBuf,
}

/// A file of the store whose footer has been read.
pub(crate) struct OpenStore {
    path: PathBuf,
    metadata: FileMetadataRef,
    schema: Arc<ArrowSchema>,
    /// First row and number of rows of each batch.
    batches: Vec<(usize, usize)>,
}

impl StoreFile {
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Whether the file has every column that the contract needs, in its type: a file of an older contract may.
    #[must_use]
    pub fn fits(&self, contract: &DataContract) -> bool {
        let Ok(opened) = self.open() else { return false };
        let fits = |field: &Field| {
            opened.schema.get(field.name()).is_some_and(|found| DataType::from_arrow_field(found) == *field.dtype())
        };
        store_schema(contract).iter_fields().all(|field| fits(&field))
    }

    /// Rows by the town that a village column's codes begin with; rows without a known village are left out.
    pub fn rows_by_town(&self, village: &str) -> Result<BTreeMap<String, u64>, MatchError> {
        let opened = self.open()?;
        let mut towns: BTreeMap<String, u64> = BTreeMap::new();
        for batch in 0..opened.batches().len() {
            let frame = opened.read(batch, &[village.to_owned()])?;
            let codes = frame.column(village).and_then(|column| column.str());
            let codes = codes.map_err(|source| store_error(&self.path, source))?;
            // Neighbours stand together in such a list: one look-up a run.
            let mut run: (&str, u64) = ("", 0);
            let mut end_run = |(town, rows): (&str, u64)| match towns.get_mut(town) {
                _ if rows == 0 => {}
                Some(all) => *all += rows,
                None => {
                    towns.insert(town.to_owned(), rows);
                }
            };
            for town in codes.iter().filter_map(|code| code?.get(..9)) {
                if town != run.0 {
                    end_run(run);
                    run = (town, 0);
                }
                run.1 += 1;
            }
            end_run(run);
        }
        Ok(towns)
    }

    pub(crate) fn open(&self) -> Result<OpenStore, MatchError> {
        let mut reader = ParquetReader::new(open_file(&self.path)?);
        let metadata = reader.get_metadata().map_err(|source| store_error(&self.path, source))?.clone();
        let schema = reader.schema().map_err(|source| store_error(&self.path, source))?;
        let mut start = 0;
        let batches = metadata.row_groups.iter().map(|group| {
            let first = start;
            start += group.num_rows();
            (first, group.num_rows())
        });
        let batches = batches.filter(|(_, rows)| *rows > 0).collect();
        Ok(OpenStore { path: self.path.clone(), metadata, schema, batches })
    }
}

impl OpenStore {
    /// First row and number of rows of each batch, in file order.
    pub(crate) fn batches(&self) -> &[(usize, usize)] {
        &self.batches
    }
    pub(crate) fn is_text(&self, column: &str) -> bool {
        self.schema.get(column).is_some_and(|field| DataType::from_arrow_field(field) == DataType::String)
    }
    pub(crate) fn rows(&self) -> usize {
        self.metadata.num_rows
    }

    /// The named columns of one batch, each in one piece. A name that the file lacks is an error.
    pub(crate) fn read(&self, batch: usize, columns: &[String]) -> Result<DataFrame, MatchError> {
        let (start, rows) = self.batches[batch];
        if let Some(missing) = columns.iter().find(|column| self.schema.get(column.as_str()).is_none()) {
            return Err(MatchError::StoreColumn { path: self.path.display().to_string(), column: missing.clone() });
        }
        if columns.is_empty() {
            return Ok(DataFrame::empty_with_height(rows));
        }
        let mut reader = ParquetReader::new(open_file(&self.path)?);
        reader.set_metadata(self.metadata.clone());
        let mut frame = reader
            .with_columns(Some(columns.to_vec()))
            .with_slice(Some((start, rows)))
            .read_parallel(ParallelStrategy::None)
            .finish()
            .map_err(|source| store_error(&self.path, source))?;
        frame.rechunk_mut();
        Ok(frame)
    }
}

fn open_file(path: &Path) -> Result<File, MatchError> {
    File::open(path).map_err(|source| MatchError::File { path: path.display().to_string(), source })
}

/// A column of whole numbers of one piece; a null, where sealing made no such column, is 0.
pub(crate) fn wholes<T: PolarsNumericType>(column: &ChunkedArray<T>) -> Cow<'_, [T::Native]>
where
    T::Native: Default,
{
    match column.cont_slice() {
        Ok(values) => Cow::Borrowed(values),
        Err(_) => Cow::Owned(column.iter().map(Option::unwrap_or_default).collect()),
    }
}
