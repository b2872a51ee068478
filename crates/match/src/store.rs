//! The sealed store: one Parquet file per feed and month, which is also the history for windows and snapshot comparison.
//!
//! A column `c` of the contract stands there as: an ID number `c#hi`, `c#lo` (the token's halves) and `c#status`; a name `c#name`;
//! a date `c` and `c#precision`; money `c` in fen; the rest `c`. `_source` and `_row` are the row's origin. Phones and other plain
//! words are not stored at all.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use bidui_model::{ColumnType, DataContract, FeedKind, IdStatus, SealedChunk, SealedColumn};
use polars::prelude::*;
use polars_io::parquet::write::{BatchedWriter, ParquetWriter};

use crate::error::MatchError;

pub(crate) const SOURCE: &str = "_source";
pub(crate) const ROW: &str = "_row";
/// Rows of one row group.
const BATCH_ROWS: usize = 131_072;

/// The columns of a contract's file in the store, in order.
pub(crate) fn store_schema(contract: &DataContract) -> Schema {
    let mut fields = vec![(SOURCE.to_owned(), DataType::UInt32), (ROW.to_owned(), DataType::UInt32)];
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

/// Writes sealed chunks as they come.
pub struct StoreWriter {
    path: PathBuf,
    schema: Schema,
    writer: BatchedWriter<BufWriter<File>>,
    pending: Option<DataFrame>,
    rows: u64,
}

impl StoreWriter {
    pub fn create(path: &Path, contract: &DataContract) -> Result<Self, MatchError> {
        let file =
            File::create(path).map_err(|source| MatchError::File { path: path.display().to_string(), source })?;
        let schema = store_schema(contract);
        let writer = ParquetWriter::new(BufWriter::new(file))
            .with_compression(ParquetCompression::Lz4Raw)
            .set_parallel(false)
            .batched(&schema)
            .map_err(|source| store_error(path, source))?;
        Ok(Self { path: path.to_owned(), schema, writer, pending: None, rows: 0 })
    }

    /// Appends a chunk's rows.
    pub fn write(&mut self, chunk: &SealedChunk) -> Result<(), MatchError> {
        let frame = self.frame(chunk).map_err(|source| store_error(&self.path, source))?;
        self.rows += frame.height() as u64;
        match &mut self.pending {
            Some(pending) => {
                pending.vstack_mut(&frame).map_err(|source| store_error(&self.path, source))?;
            }
            None => self.pending = Some(frame),
        }
        if self.pending.as_ref().is_some_and(|pending| pending.height() >= BATCH_ROWS) { self.flush() } else { Ok(()) }
    }

    /// Writes what is left; the number of rows written.
    pub fn finish(mut self) -> Result<u64, MatchError> {
        self.flush()?;
        self.writer.finish().map_err(|source| store_error(&self.path, source))?;
        Ok(self.rows)
    }

    fn flush(&mut self) -> Result<(), MatchError> {
        let Some(mut frame) = self.pending.take() else {
            return Ok(());
        };
        frame.rechunk_mut();
        self.writer.write_batch(&frame).map_err(|source| store_error(&self.path, source))
    }

    /// The chunk in the order of the schema; a column that `seal` did not make is all null.
    fn frame(&self, chunk: &SealedChunk) -> PolarsResult<DataFrame> {
        let height = chunk.rows.len();
        let mut made: Vec<Column> = vec![
            Column::new(SOURCE.into(), chunk.sources.iter().map(|source| source.0).collect::<Vec<_>>()),
            Column::new(ROW.into(), chunk.rows.as_slice()),
        ];
        for (name, column) in &chunk.columns {
            push_sealed(&mut made, name, column)?;
        }
        let columns = self
            .schema
            .iter_fields()
            .map(|field| {
                let found = made.iter().find(|column| column.name() == field.name()).cloned();
                found.unwrap_or_else(|| Column::full_null(field.name().clone(), height, field.dtype()))
            })
            .collect();
        DataFrame::new(height, columns)
    }
}

fn push_sealed(made: &mut Vec<Column>, name: &str, column: &SealedColumn) -> PolarsResult<()> {
    let part = |suffix: &str| PlSmallStr::from(format!("{name}#{suffix}"));
    match column {
        SealedColumn::Id { tokens, status } => {
            made.push(Column::new(part("hi"), tokens.iter().map(|token| (token.0 >> 64) as u64).collect::<Vec<_>>()));
            made.push(Column::new(part("lo"), tokens.iter().map(|token| token.0 as u64).collect::<Vec<_>>()));
            made.push(Column::new(
                part("status"),
                status.iter().map(|status| status_number(*status)).collect::<Vec<_>>(),
            ));
        }
        SealedColumn::Name(names) => {
            made.push(Column::new(part("name"), names.iter().map(|name| name.0).collect::<Vec<_>>()))
        }
        SealedColumn::Date { days, precision } => {
            made.push(Column::new(name.into(), days.as_slice()).cast(&DataType::Date)?);
            made.push(Column::new(
                part("precision"),
                precision.iter().map(|precision| *precision as u8).collect::<Vec<_>>(),
            ));
        }
        SealedColumn::Money(values) | SealedColumn::Integer(values) => {
            made.push(Column::new(name.into(), values.as_slice()))
        }
        SealedColumn::Number(values) => made.push(Column::new(name.into(), values.as_slice())),
        SealedColumn::Flag(values) => made.push(Column::new(name.into(), values.as_slice())),
        SealedColumn::Text(text) => {
            let values: StringChunked = (0..text.codes.len()).map(|index| text.get(index)).collect();
            made.push(values.with_name(name.into()).into_column());
        }
        SealedColumn::Dropped => {}
    }
    Ok(())
}

fn status_number(status: IdStatus) -> u8 {
    IdStatus::ALL.iter().position(|(other, _)| *other == status).unwrap_or(0) as u8
}

pub(crate) fn status_from_number(number: u8) -> IdStatus {
    IdStatus::ALL.get(number as usize).map_or(IdStatus::Missing, |(status, _)| *status)
}

pub(crate) fn store_error(path: &Path, source: PolarsError) -> MatchError {
    MatchError::Store { path: path.display().to_string(), source }
}
