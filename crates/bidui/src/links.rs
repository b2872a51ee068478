//! The relation `links`: a row for each row of the month's extracts, so the longest of all. It is written as it is made and never held;
//! what the lists ask of it is kept on the way.

use std::path::Path;

use bidui_emit::{RelationWriter, TableNeed, relation_schema, table_need};
use polars::prelude::DataFrame;

use crate::config::Config;
use crate::exit::Fault;

/// Writes `links`, frame by frame.
pub(crate) struct LinksWriter {
    writer: RelationWriter,
    need: Option<TableNeed>,
    kept: Option<DataFrame>,
}

impl LinksWriter {
    /// `rows` is how many the relation will have.
    pub(crate) fn create(config: &Config, rows: u64, data: &Path) -> Result<Self, Fault> {
        let columns = relation_schema("links").unwrap_or_default();
        let need = table_need(&config.lists, "links", columns.iter_names().map(|name| name.as_str()))?;
        Ok(Self { writer: RelationWriter::create("links", data, rows as usize)?, need, kept: None })
    }

    pub(crate) fn write(&mut self, frame: &DataFrame) -> Result<(), Fault> {
        self.writer.write(frame)?;
        if let Some(need) = &self.need {
            let asked = need.keep(frame.clone())?;
            match &mut self.kept {
                Some(kept) => {
                    kept.vstack_mut(&asked)?;
                }
                None => self.kept = Some(asked),
            }
        }
        Ok(())
    }

    /// The part of the relation that the lists ask for, if any does.
    pub(crate) fn finish(self) -> Result<Option<DataFrame>, Fault> {
        self.writer.finish()?;
        let nothing = || -> Result<DataFrame, Fault> {
            Ok(DataFrame::empty_with_schema(&relation_schema("links").unwrap_or_default()))
        };
        match (self.need, self.kept) {
            (None, _) => Ok(None),
            (Some(_), Some(kept)) => Ok(Some(kept)),
            (Some(need), None) => Ok(Some(need.keep(nothing()?)?)),
        }
    }
}
