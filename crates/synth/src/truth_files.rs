//! The truth beside the extracts, as CSV: whose each row is, what was damaged, and which signals follow.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use bidui_model::{Level, Month};

use crate::damage::Draft;
use crate::household::Household;
use crate::options::SynthError;
use crate::table::{RowPlace, io_error};

/// Up to this many persons every row is listed; above, only rows that do not link plainly, and no persons.
const LISTED_PERSONS: u64 = 200_000;

pub(crate) struct TruthFiles {
    rows: Lines,
    persons: Lines,
    signals: Lines,
    folder: PathBuf,
    every_row: bool,
    damage: BTreeMap<(Month, &'static str, &'static str), u64>,
}

/// Whose row it is, before anybody wrote it down.
pub(crate) struct Owner<'a> {
    pub(crate) month: Month,
    pub(crate) feed: &'static str,
    pub(crate) file: &'a str,
    /// Empty for strangers and places.
    pub(crate) person_no: &'a str,
    pub(crate) household_id: &'a str,
}

struct Lines {
    path: PathBuf,
    writer: BufWriter<File>,
}

impl Lines {
    fn create(path: PathBuf, heading: &str) -> Result<Self, SynthError> {
        let file = File::create(&path).map_err(io_error(&path))?;
        let mut lines = Self { writer: BufWriter::new(file), path };
        lines.add(heading)?;
        Ok(lines)
    }
    fn add(&mut self, line: &str) -> Result<(), SynthError> {
        writeln!(self.writer, "{line}").map_err(io_error(&self.path))
    }
    fn finish(mut self) -> Result<(), SynthError> {
        self.writer.flush().map_err(io_error(&self.path))
    }
}

impl TruthFiles {
    pub(crate) fn create(folder: &Path, persons: u64) -> Result<Self, SynthError> {
        std::fs::create_dir_all(folder).map_err(io_error(folder))?;
        Ok(Self {
            rows: Lines::create(
                folder.join("rows.csv"),
                "month,feed,file,sheet,row,person_no,household_id,damage,link_expected,links_to",
            )?,
            persons: Lines::create(folder.join("persons.csv"), "person_no,household_id,id_number,name")?,
            signals: Lines::create(folder.join("signals.csv"), "month,household_id,rule_id,level")?,
            folder: folder.to_owned(),
            every_row: persons <= LISTED_PERSONS,
            damage: BTreeMap::new(),
        })
    }

    pub(crate) fn row(&mut self, owner: &Owner<'_>, place: &RowPlace, draft: &Draft) -> Result<(), SynthError> {
        for code in &draft.codes {
            self.count(owner.month, owner.feed, code);
        }
        if !self.every_row && draft.codes.is_empty() && draft.link == crate::damage::Link::Id {
            return Ok(());
        }
        self.rows.add(&format!(
            "{},{},{},{},{},{},{},{},{},{}",
            owner.month,
            owner.feed,
            owner.file,
            place.sheet,
            place.row,
            owner.person_no,
            owner.household_id,
            draft.codes.join(";"),
            draft.link.code(),
            if draft.links_to == owner.person_no { "" } else { &draft.links_to }
        ))
    }

    pub(crate) fn persons(&mut self, household: &Household) -> Result<(), SynthError> {
        if self.every_row {
            for (index, member) in household.members.iter().enumerate() {
                let line = format!("{},{},{},{}", household.person_no(index), household.id, member.id, member.name);
                self.persons.add(&line)?;
            }
        }
        Ok(())
    }

    pub(crate) fn signal(&mut self, month: Month, household: &str, rule: &str, level: Level) -> Result<(), SynthError> {
        self.signals.add(&format!("{month},{household},{rule},{}", level.code()))
    }

    /// Counts a damage; those of whole files have no row.
    pub(crate) fn count(&mut self, month: Month, feed: &'static str, code: &'static str) {
        *self.damage.entry((month, feed, code)).or_default() += 1;
    }

    pub(crate) fn finish(self) -> Result<(), SynthError> {
        self.rows.finish()?;
        self.persons.finish()?;
        self.signals.finish()?;
        let mut damage = Lines::create(self.folder.join("damage.csv"), "month,feed,code,count")?;
        for ((month, feed, code), count) in &self.damage {
            damage.add(&format!("{month},{feed},{code},{count}"))?;
        }
        damage.finish()
    }
}
