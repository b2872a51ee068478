//! The inbox that is being written: every file of every feed and month, open until the last household has passed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bidui_model::Month;

use crate::feed::Feed;
use crate::feeds::FEEDS;
use crate::layout::{self, Split, files_of};
use crate::options::SynthError;
use crate::table::{Table, io_error};

pub(crate) struct Inbox {
    folder: PathBuf,
    months: Vec<Month>,
    seed: u64,
    messy: bool,
    streaming: bool,
    large: bool,
    /// By feed, month and file.
    tables: BTreeMap<(Feed, usize, String), Table>,
    /// Files that are finished already.
    closed: u64,
}

/// Above this, workbooks are written through to disk, and `.xls` is no longer sent.
const IN_MEMORY_PERSONS: u64 = 10_000;

impl Inbox {
    pub(crate) fn new(folder: &Path, months: &[Month], seed: u64, messy: bool, persons: u64) -> Self {
        Self {
            folder: folder.to_owned(),
            months: months.to_vec(),
            seed,
            messy,
            streaming: persons > IN_MEMORY_PERSONS,
            large: persons > IN_MEMORY_PERSONS,
            tables: BTreeMap::new(),
            closed: 0,
        }
    }

    /// Begins all files that a month has in any case, so that an empty list is a file with a heading.
    pub(crate) fn begin(&mut self, missing: Option<(Feed, usize)>) -> Result<(), SynthError> {
        for month in 0..self.months.len() {
            for spec in FEEDS {
                if missing != Some((spec.feed, month)) && files_of(spec.feed, month, self.messy) == Split::One {
                    self.table(spec.feed, month, "")?;
                }
            }
        }
        Ok(())
    }

    /// The file of this part (a town, a school, or nothing), begun if there is none.
    pub(crate) fn table(&mut self, feed: Feed, month: usize, part: &str) -> Result<&mut Table, SynthError> {
        let key = (feed, month, part.to_owned());
        if !self.tables.contains_key(&key) {
            let table = self.create(feed, month, part)?;
            self.tables.insert(key.clone(), table);
        }
        match self.tables.get_mut(&key) {
            Some(table) => Ok(table),
            None => Err(SynthError::Options(format!("没有文件：{part}"))),
        }
    }

    /// Closes a file early and puts a copy beside it, as when a list is sent twice. Returns the copy's name.
    pub(crate) fn send_twice(&mut self, feed: Feed, month: usize) -> Result<Option<String>, SynthError> {
        let Some(table) = self.tables.remove(&(feed, month, String::new())) else { return Ok(None) };
        let folder = self.folder.join(self.months[month].to_string());
        let (stem, extension) = table.file.rsplit_once('.').unwrap_or((&table.file, ""));
        let copy = format!("{stem}(1).{extension}");
        let (from, to) = (folder.join(&table.file), folder.join(&copy));
        table.finish()?;
        std::fs::copy(&from, &to).map_err(io_error(&to))?;
        self.closed += 2;
        Ok(Some(copy))
    }

    pub(crate) fn files(&self) -> u64 {
        self.tables.len() as u64 + self.closed
    }

    pub(crate) fn finish(self) -> Result<(), SynthError> {
        for table in self.tables.into_values() {
            table.finish()?;
        }
        Ok(())
    }

    fn create(&self, feed: Feed, month: usize, part: &str) -> Result<Table, SynthError> {
        let spec = feed.spec();
        let calendar = self.months[month];
        let layout =
            if self.messy { layout::messy(self.seed, spec, month, part, self.large) } else { layout::clean(spec) };
        let stem = if part.is_empty() {
            format!("{}{}", calendar.in_chinese(), spec.title)
        } else {
            format!("{}{}_{part}", calendar.in_chinese(), spec.title)
        };
        let file = format!("{}/{stem}.{}", spec.department, layout.extension);
        let path = self.folder.join(calendar.to_string()).join(&file);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(io_error(parent))?;
        }
        let title = format!("柳江区{}{}", calendar.in_chinese(), spec.title);
        Table::create(&path, file, title, layout, self.streaming)
    }
}
