//! A Parquet file of text columns, in groups of rows, so that no more than one group is in memory.

use std::fs::File;
use std::path::{Path, PathBuf};

use polars::prelude::{Column, DataFrame, DataType, NamedFrom, PolarsError, Schema, Series};
use polars_io::parquet::write::{BatchedWriter, ParquetWriter};

use crate::options::SynthError;
use crate::spelling::Out;
use crate::table::io_error;

const GROUP_ROWS: usize = 100_000;

pub(crate) struct ParquetFile {
    path: PathBuf,
    headings: Vec<String>,
    writer: BatchedWriter<File>,
    columns: Vec<Vec<Option<String>>>,
}

impl ParquetFile {
    pub(crate) fn create(path: &Path, headings: &[String]) -> Result<Self, SynthError> {
        let file = File::create(path).map_err(io_error(path))?;
        let schema: Schema = headings.iter().map(|heading| (heading.as_str().into(), DataType::String)).collect();
        let writer = ParquetWriter::new(file)
            .set_parallel(false)
            .batched(&schema)
            .map_err(|error| parquet_error(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            headings: headings.to_vec(),
            writer,
            columns: vec![Vec::new(); headings.len()],
        })
    }

    pub(crate) fn row(&mut self, cells: &[Out]) -> Result<(), SynthError> {
        for (index, column) in self.columns.iter_mut().enumerate() {
            column.push(match cells.get(index) {
                Some(Out::Text(text)) => Some(text.clone()),
                Some(Out::Number(number) | Out::Day(number)) => Some(number.to_string()),
                Some(Out::Empty) | None => None,
            });
        }
        if self.columns.first().is_some_and(|column| column.len() >= GROUP_ROWS) {
            self.write_group()?;
        }
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<(), SynthError> {
        self.write_group()?;
        self.writer.finish().map(|_| ()).map_err(|error| parquet_error(&self.path, &error))
    }

    fn write_group(&mut self) -> Result<(), SynthError> {
        let columns: Vec<Column> = self
            .headings
            .iter()
            .zip(&mut self.columns)
            .map(|(heading, values)| Series::new(heading.as_str().into(), std::mem::take(values)).into())
            .collect();
        let height = columns.first().map_or(0, Column::len);
        DataFrame::new(height, columns)
            .and_then(|frame| self.writer.write_batch(&frame))
            .map_err(|error| parquet_error(&self.path, &error))
    }
}

fn parquet_error(path: &Path, error: &PolarsError) -> SynthError {
    SynthError::Workbook { path: path.to_owned(), message: error.to_string() }
}
