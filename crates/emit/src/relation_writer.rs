//! Relations as Parquet, and as CSV where a spreadsheet program could open it, in bytes that depend on the rows alone: row groups of
//! a fixed size whatever the frames they came in, one compression, no clock. A relation's columns are held against the public schema
//! before a row is written.

use crate::EmitError;
use crate::relation_csv::{write_heading, write_rows};
use crate::relation_parquet::ParquetFile;
use bidui_model::{RelationSchema, RelationType, relation};
use polars::prelude::{DataFrame, DataType, PlSmallStr, PolarsError, Schema};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Rows of a row group.
pub const ROWS_PER_GROUP: usize = 1 << 17;

/// A spreadsheet's sheet has 1,048,576 rows, and the heading takes one. A relation that is longer is written as Parquet alone: as CSV no
/// program of an office could open it, and it would be the dearest file of the month.
pub const CSV_ROWS: usize = 1_048_575;

/// Relations whose fixed columns are followed by registry columns and facts.
const OPEN_ENDED: &[&str] = &["persons", "households"];

/// The fixed columns of a relation as a data frame has them. `None` for no such relation.
#[must_use]
pub fn relation_schema(name: &str) -> Option<Schema> {
    let columns = relation(name)?.columns;
    Some(columns.iter().map(|column| (PlSmallStr::from_static(column.name), data_type(column.kind))).collect())
}

pub(crate) fn data_type(kind: RelationType) -> DataType {
    match kind {
        RelationType::Text => DataType::String,
        RelationType::Integer => DataType::Int64,
        RelationType::Number => DataType::Float64,
        RelationType::Flag => DataType::Boolean,
        RelationType::Date => DataType::Date,
    }
}

/// Writes `<name>.parquet` into `folder`, and `<name>.csv` if it is no longer than [`CSV_ROWS`].
pub fn write_relation(name: &str, frame: &DataFrame, folder: &Path) -> Result<(), EmitError> {
    let mut writer = RelationWriter::create(name, folder, frame.height())?;
    writer.write(frame)?;
    writer.finish().map(|_| ())
}

/// Writes a relation that comes as frames, in the order of its rows. A frame without rows still tells its columns: a relation
/// that has none must be given one such frame, or only its fixed columns are written.
pub struct RelationWriter {
    schema: &'static RelationSchema,
    folder: PathBuf,
    /// Rows that will come: they decide, before the first is written, whether there is a CSV.
    announced: usize,
    open: Option<OpenFiles>,
    /// Rows that do not yet fill a row group.
    pending: Option<DataFrame>,
    rows: usize,
}

struct OpenFiles {
    columns: Schema,
    parquet: ParquetFile,
    csv: Option<BufWriter<File>>,
}

impl RelationWriter {
    /// `rows` is how many will be written, no more and no less.
    pub fn create(name: &str, folder: &Path, rows: usize) -> Result<Self, EmitError> {
        let schema = relation(name)
            .ok_or_else(|| EmitError::Relation {
                relation: name.to_owned(), problem: "没有这个关系".to_owned()
            })?;
        crate::staging::make_private_folder(folder)?;
        let folder = folder.to_owned();
        Ok(Self { schema, folder, announced: rows, open: None, pending: None, rows: 0 })
    }

    pub fn write(&mut self, frame: &DataFrame) -> Result<(), EmitError> {
        self.open(frame.schema())?;
        self.rows += frame.height();
        match &mut self.pending {
            Some(pending) => {
                let stacked = pending.vstack_mut(frame).map(|_| ());
                stacked.map_err(frame_error(self.schema))?;
            }
            None => self.pending = Some(frame.clone()),
        }
        self.write_full_groups()
    }

    /// The number of rows written.
    pub fn finish(mut self) -> Result<usize, EmitError> {
        if self.rows != self.announced {
            return Err(problem(self.schema, format!("应有{}行，现有{}行", self.announced, self.rows)));
        }
        if self.open.is_none() {
            let columns: Schema = relation_schema(self.schema.name).unwrap_or_default();
            self.open(&columns)?;
        }
        let rest = self.pending.take();
        let Some(mut open) = self.open.take() else {
            return Ok(self.rows);
        };
        if let Some(rest) = rest.filter(|rest| rest.height() > 0) {
            open.write_group(rest).map_err(frame_error(self.schema))?;
        }
        open.close().map_err(frame_error(self.schema))?;
        Ok(self.rows)
    }

    fn open(&mut self, columns: &Schema) -> Result<(), EmitError> {
        if let Some(open) = &self.open {
            return if open.columns == *columns {
                Ok(())
            } else {
                Err(problem(self.schema, "前后两批的列不同".to_owned()))
            };
        }
        hold_against(self.schema, columns)?;
        let create = |ending: &str| {
            let path = self.folder.join(format!("{}.{ending}", self.schema.name));
            File::create(&path).map_err(EmitError::io("新建", &path))
        };
        let mut csv = if self.announced <= CSV_ROWS { Some(BufWriter::new(create("csv")?)) } else { None };
        if let Some(csv) = &mut csv {
            write_heading(csv, &DataFrame::empty_with_schema(columns)).map_err(frame_error(self.schema))?;
        }
        let parquet = ParquetFile::new(create("parquet")?, columns).map_err(frame_error(self.schema))?;
        self.open = Some(OpenFiles { columns: columns.clone(), parquet, csv });
        Ok(())
    }

    fn write_full_groups(&mut self) -> Result<(), EmitError> {
        while let Some(pending) = self.pending.take_if(|pending| pending.height() >= ROWS_PER_GROUP) {
            let group = pending.slice(0, ROWS_PER_GROUP);
            self.pending = Some(pending.slice(ROWS_PER_GROUP as i64, pending.height()));
            if let Some(open) = &mut self.open {
                open.write_group(group).map_err(frame_error(self.schema))?;
            }
        }
        Ok(())
    }
}

impl OpenFiles {
    fn write_group(&mut self, mut group: DataFrame) -> Result<(), PolarsError> {
        group.rechunk_mut();
        self.parquet.write_group(&group)?;
        match &mut self.csv {
            Some(csv) => write_rows(csv, &group),
            None => Ok(()),
        }
    }

    fn close(mut self) -> Result<(), PolarsError> {
        self.parquet.finish()?;
        if let Some(csv) = &mut self.csv {
            csv.flush()?;
        }
        Ok(())
    }
}

/// The first columns must be the relation's, in order and kind; more may follow only where facts do.
fn hold_against(schema: &'static RelationSchema, columns: &Schema) -> Result<(), EmitError> {
    for (index, fixed) in schema.columns.iter().enumerate() {
        let Some((name, kind)) = columns.get_at_index(index) else {
            return Err(problem(schema, format!("缺少列“{}”", fixed.name)));
        };
        if name != fixed.name {
            return Err(problem(schema, format!("第{}列应为“{}”，现为“{name}”", index + 1, fixed.name)));
        }
        if *kind != data_type(fixed.kind) {
            return Err(problem(schema, format!("列“{name}”应为{:?}，现为{kind}", fixed.kind)));
        }
    }
    match columns.get_at_index(schema.columns.len()) {
        Some((extra, _)) if !OPEN_ENDED.contains(&schema.name) => Err(problem(schema, format!("多出列“{extra}”"))),
        _ => Ok(()),
    }
}

fn problem(schema: &'static RelationSchema, problem: String) -> EmitError {
    EmitError::Relation { relation: schema.name.to_owned(), problem }
}

fn frame_error(schema: &'static RelationSchema) -> impl FnOnce(PolarsError) -> EmitError {
    move |source| EmitError::Frame { relation: schema.name.to_owned(), source }
}
