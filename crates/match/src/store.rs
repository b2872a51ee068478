//! The sealed store: one Parquet file per feed and month, which is also the history for windows and snapshot comparison.
//!
//! A column `c` of the contract stands there as: an ID number `c#hi`, `c#lo` (the token's halves) and `c#status`; a name `c#name`;
//! a date `c` and `c#precision`; money `c` in fen; the rest `c`. `_source` and `_row` are the row's origin. Phones and other plain
//! words are not stored at all.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use bidui_model::{ColumnType, DataContract, FeedKind, IdStatus, LinkBy, SealedChunk};
use polars::prelude::*;
use polars_parquet::read::ParquetError;
use polars_parquet::write::{
    CompressionOptions, Compressor, DynIter, DynStreamingIterator, FallibleStreamingIterator, FileWriter,
    StatisticsOptions, Version, WriteOptions, array_to_columns,
};

use crate::error::MatchError;
use crate::row_group::RowGroup;

pub(crate) const SOURCE: &str = "_source";
pub(crate) const ROW: &str = "_row";
/// The number of a row among its feed's loose rows, from 1; 0 for a row that its ID number settles.
pub(crate) const LOOSE: &str = "_loose";
/// Rows of one row group.
const BATCH_ROWS: usize = 131_072;
const WRITE_BYTES: usize = 256 << 10;

/// The columns of a contract's file in the store, in order.
pub(crate) fn store_schema(contract: &DataContract) -> Schema {
    let mut fields = vec![(SOURCE.to_owned(), DataType::UInt32), (ROW.to_owned(), DataType::UInt32)];
    if has_loose_rows(contract) {
        fields.push((LOOSE.to_owned(), DataType::UInt32));
    }
    for column in contract.columns.iter().filter(|column| column.stored) {
        let name = column.name.clone();
        match column.kind {
            ColumnType::IdNumber => {
                fields.push((format!("{name}#hi"), DataType::UInt64));
                fields.push((format!("{name}#lo"), DataType::UInt64));
                fields.push((format!("{name}#status"), DataType::UInt8));
            }
            ColumnType::Name => fields.push((format!("{name}#name"), DataType::UInt64)),
            ColumnType::Phone => {}
            ColumnType::Date => {
                fields.push((name.clone(), DataType::Date));
                fields.push((format!("{name}#precision"), DataType::UInt8));
            }
            ColumnType::Money | ColumnType::Integer => fields.push((name, DataType::Int64)),
            ColumnType::Number => fields.push((name, DataType::Float64)),
            ColumnType::Flag => fields.push((name, DataType::Boolean)),
            ColumnType::Text | ColumnType::Village | ColumnType::Town => fields.push((name, DataType::String)),
        }
    }
    if contract.kind == FeedKind::Registry {
        fields.push(("birth".to_owned(), DataType::Date));
        fields.push(("birth#precision".to_owned(), DataType::UInt8));
        fields.push(("sex".to_owned(), DataType::String));
    }
    fields.into_iter().map(|(name, kind)| Field::new(name.into(), kind)).collect()
}

/// Only rows about persons can be somebody else's than their number says.
pub(crate) fn has_loose_rows(contract: &DataContract) -> bool {
    contract.kind != FeedKind::Registry && matches!(contract.link, LinkBy::Person { .. })
}

/// Writes sealed chunks as they come.
pub struct StoreWriter {
    path: PathBuf,
    group: RowGroup,
    writer: FileWriter<BufWriter<File>>,
    rows: u64,
}

impl StoreWriter {
    pub fn create(path: &Path, contract: &DataContract) -> Result<Self, MatchError> {
        let file =
            File::create(path).map_err(|source| MatchError::File { path: path.display().to_string(), source })?;
        let schema = store_schema(contract);
        // Nothing asks for statistics: a batch is read or not by the rows that are wanted of it.
        let options = WriteOptions {
            statistics: StatisticsOptions::empty(),
            compression: CompressionOptions::Lz4Raw,
            version: Version::V1,
            data_page_size: None,
        };
        let columns = schema.to_arrow(CompatLevel::newest());
        let writer = FileWriter::try_new(BufWriter::with_capacity(WRITE_BYTES, file), columns, options)
            .map_err(|source| store_error(path, source))?;
        Ok(Self { path: path.to_owned(), group: RowGroup::new(&schema), writer, rows: 0 })
    }

    /// Appends a chunk's rows.
    pub fn write(&mut self, chunk: &SealedChunk) -> Result<(), MatchError> {
        self.group.add(chunk);
        self.rows += chunk.rows.len() as u64;
        if self.group.height >= BATCH_ROWS { self.flush() } else { Ok(()) }
    }

    /// Writes what is left; the number of rows written.
    pub fn finish(mut self) -> Result<u64, MatchError> {
        self.flush()?;
        self.writer.end(None).map_err(|source| store_error(&self.path, source))?;
        Ok(self.rows)
    }

    fn flush(&mut self) -> Result<(), MatchError> {
        let rows = self.group.height as u64;
        if rows == 0 {
            return Ok(());
        }
        self.write_group(rows).map_err(|source| store_error(&self.path, source))
    }

    fn write_group(&mut self, rows: u64) -> PolarsResult<()> {
        let (kinds, options) = (self.writer.parquet_schema().fields().to_vec(), self.writer.options());
        let mut columns = Vec::with_capacity(kinds.len());
        for ((array, encoding), kind) in self.group.take()?.into_iter().zip(kinds) {
            for pages in array_to_columns(array, kind, options, &[encoding])? {
                let pages =
                    pages.map(|page| page.map_err(|error| ParquetError::FeatureNotSupported(error.to_string())));
                let compressed = Compressor::new(pages, options.compression, Vec::new()).map_err(PolarsError::from);
                columns.push(Ok(DynStreamingIterator::new(compressed)));
            }
        }
        self.writer.write(rows, DynIter::new(columns.into_iter()))
    }
}

pub(crate) fn status_from_number(number: u8) -> IdStatus {
    IdStatus::ALL.get(number as usize).map_or(IdStatus::Missing, |(status, _)| *status)
}

pub(crate) fn store_error(path: &Path, source: PolarsError) -> MatchError {
    MatchError::Store { path: path.display().to_string(), source }
}
