//! What a link of the ladder rests on: the pass from the published relation `links`, and the parts of a weight from the store. No plain value.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use bidui_match::loose_from_bytes;
use bidui_model::LinkClass;
use polars::prelude::*;
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;

use crate::candidates::waterfall;
use crate::config::Config;
use crate::exit::Fault;
use crate::explain::word;
use crate::run::Folders;
use crate::weighing::{self, WeighedCandidate};

/// Looks links up; each month's relation is read once.
pub(crate) struct LinkBasis<'a> {
    config: &'a Config,
    folders: &'a Folders,
    months: BTreeMap<String, Option<DataFrame>>,
}

/// A row of an extract.
pub(crate) struct RowPlace {
    pub(crate) feed: String,
    pub(crate) month: String,
    pub(crate) row: u32,
    /// Sixteen hexadecimal digits; empty where it is not known.
    pub(crate) digest: String,
}

impl<'a> LinkBasis<'a> {
    pub(crate) fn new(config: &'a Config, folders: &'a Folders) -> Self {
        Self { config, folders, months: BTreeMap::new() }
    }

    /// Lines for a row of the relation `evidence`: none where the ID number made the link.
    pub(crate) fn of_evidence(&mut self, evidence: &DataFrame, at: usize) -> Result<Vec<String>, Fault> {
        let of = |column: &str| word(evidence, column, at);
        let class = LinkClass::from_code(&of("link_class")?);
        let Some(class) = class.filter(|class| class.is_weak()) else { return Ok(Vec::new()) };
        let (month, person) = (of("feed_month")?, of("person_no")?);
        let mut place = RowPlace {
            feed: of("feed")?,
            row: of("row")?.parse().unwrap_or(0),
            digest: String::new(),
            month: month.clone(),
        };
        let mut lines = Vec::new();
        if let Some(links) = self.links(&month)? {
            let found = rows_of(links, &of("file")?, place.row)?;
            for link in 0..found.height() {
                let is_it = word(&found, "link_class", link)? == class.code()
                    && word(&found, "person_no", link)? == person
                    && word(&found, "sheet", link)? == of("sheet")?;
                if is_it {
                    place.digest = word(&found, "row_digest", link)?;
                    lines.push(format!("认人：{}", word(&found, "pass", link)?));
                    break;
                }
            }
        }
        if class == LinkClass::Weighted {
            lines.extend(self.parts(&place, &person));
        }
        Ok(lines)
    }

    /// A month's links, if the month is published and has what is asked of them.
    fn links(&mut self, month: &str) -> Result<Option<&DataFrame>, Fault> {
        if !self.months.contains_key(month) {
            let data = self.folders.out.join(month).join("data");
            let found = if data.join("links.parquet").is_file() { read_links(&data).ok() } else { None };
            self.months.insert(month.to_owned(), found);
        }
        Ok(self.months.get(month).and_then(Option::as_ref))
    }

    /// The weight of a row as this person's, a line a part; nothing where it was not weighed or is not to be shown.
    pub(crate) fn parts(&self, place: &RowPlace, person_no: &str) -> Vec<String> {
        let weighed = self.weighed(place).and_then(|all| all.into_iter().find(|one| one.person_no == person_no));
        weighed.map_or_else(Vec::new, |weighed| self.lines(&weighed, true))
    }

    /// Whom else a row that was linked by weight may be, the likeliest first, each with the parts of the weight; `None` where the store does not know.
    pub(crate) fn others(&self, place: &RowPlace, person_no: &str) -> Option<Vec<(String, Vec<String>)>> {
        let others = self.weighed(place)?.into_iter().filter(|one| one.person_no != person_no);
        Some(others.map(|one| (one.person_no.clone(), self.lines(&one, false))).collect())
    }

    /// Nothing where weights are not to be shown.
    fn lines(&self, weighed: &WeighedCandidate, is_linked: bool) -> Vec<String> {
        if !self.config.ladder.shows_scores {
            return Vec::new();
        }
        let words = waterfall(weighed, self.config.link_model.as_ref(), is_linked);
        words.lines().map(|line| line.trim_end().to_owned()).collect()
    }

    /// Candidates by weight of a row, from the files beside the rows of the store.
    fn weighed(&self, place: &RowPlace) -> Option<Vec<WeighedCandidate>> {
        let stored = self.stored(place);
        let loose = loose_from_bytes(&fs::read(stored.with_extension("loose")).ok()?, &self.config.ladder)?;
        let mut weighed = weighing::read(&stored.with_extension("weights.json"))?;
        let digest = u64::from_str_radix(&place.digest, 16).ok();
        let is_it =
            |row: &bidui_model::LooseRow| row.row == place.row && digest.is_none_or(|digest| row.digest == digest);
        let numbers: Vec<u32> = (1..).zip(&loose).filter(|(_, row)| is_it(row)).map(|(number, _)| number).collect();
        numbers.into_iter().find_map(|number| weighed.rows.remove(&number))
    }

    fn stored(&self, place: &RowPlace) -> PathBuf {
        let folder = self.folders.state.join("sealed").join(&place.month);
        folder.join(format!("{}.parquet", place.feed))
    }
}

/// The relation `links`, as far as it is asked for here.
pub(crate) fn read_links(data: &Path) -> Result<DataFrame, Fault> {
    let asked = ["feed", "file", "sheet", "row", "link_class", "reason", "person_no", "household_id", "pass", "tried"];
    let asked = asked.into_iter().chain(["row_digest"]).map(str::to_owned).collect();
    let file = File::open(data.join("links.parquet"))?;
    Ok(ParquetReader::new(file).with_columns(Some(asked)).finish()?)
}

/// The links of one row of a file; several where it holds several persons, or several sheets have it.
pub(crate) fn rows_of(links: &DataFrame, file: &str, row: u32) -> PolarsResult<DataFrame> {
    let (files, rows) = (links.column("file")?.str()?, links.column("row")?.i64()?);
    let is_it =
        |(name, number): (Option<&str>, Option<i64>)| Some(number == Some(i64::from(row)) && name == Some(file));
    links.filter(&files.iter().zip(rows.iter()).map(is_it).collect::<BooleanChunked>())
}
