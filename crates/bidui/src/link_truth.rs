//! The truth about a month's rows: whose each of them is. One row of the file is a record of an extract:
//!
//! ```text
//! month,feed,file,sheet,row,person_no,…,damage,link_expected[,links_to]
//! ```
//!
//! Any order of columns, others are not read. `link_expected` is `id`, `name_differs`, `none` (a person of the registry), `outside`
//! (nobody of the registry) or `place`; `damage` holds codes between semicolons; `links_to` is the person whose number stands in the row,
//! where it is another's. `bidui synth` writes such a file as truth/rows.csv.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::Path;

use bidui_model::Month;

use crate::exit::{Fault, in_words};

const COLUMNS: [&str; 8] = ["month", "feed", "file", "sheet", "row", "person_no", "link_expected", "damage"];

/// What a row may be expected to be.
const EXPECTED: [&str; 5] = ["id", "name_differs", "none", "outside", "place"];

/// File and sheet of a feed, by number, and the row. Several persons may stand at one place.
pub(crate) type Place = (u32, u32);

/// Whose a row is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TrueRow {
    /// 人编号; empty for somebody whom the registry does not have.
    pub(crate) person: String,
    /// Whose number stands in the row, if another's.
    pub(crate) links_to: String,
    pub(crate) damage: Vec<String>,
}

/// The rows of a month that are about persons, by place.
#[derive(Debug, Default)]
pub(crate) struct Truth {
    /// Feed, file and sheet, one behind the other.
    sources: HashMap<String, u32>,
    pub(crate) rows: HashMap<Place, Vec<TrueRow>>,
    /// Rows about places, which are nobody's.
    pub(crate) places: HashSet<Place>,
}

/// The key of a file and sheet of a feed.
pub(crate) fn source(feed: &str, file: &str, sheet: &str) -> String {
    format!("{feed}\u{0}{file}\u{0}{sheet}")
}

impl Truth {
    /// Reads the rows of the month, but for those of the feeds `left_out`.
    pub(crate) fn read(path: &Path, month: Month, left_out: &HashSet<&str>) -> Result<Self, Fault> {
        let said = |why: &str| Fault::command(format!("真值文件“{}”{why}", path.display()));
        let file = File::open(path).map_err(|error| said(&format!("读不出来：{}", in_words(&error))))?;
        let mut reader = csv::Reader::from_reader(std::io::BufReader::new(file));
        let headings = reader.headers().map_err(|_| said("不是UTF-8的CSV"))?.clone();
        let at = |name: &str| headings.iter().position(|heading| heading.trim_start_matches('\u{feff}') == name);
        let missing: Vec<&str> = COLUMNS.into_iter().filter(|name| at(name).is_none()).collect();
        if !missing.is_empty() {
            return Err(said(&format!("缺少这些列：{}。须有 {}", missing.join("、"), COLUMNS.join("、"))));
        }
        let places = COLUMNS.map(|name| at(name).unwrap_or_default());
        let links_to = at("links_to");
        let (mut truth, wanted, mut of_month) = (Self::default(), month.to_string(), 0_u64);
        for (line, record) in reader.records().enumerate() {
            let record = record.map_err(|_| said(&format!("第{}行读不懂：列数不对，或不是UTF-8", line + 2)))?;
            let cell = |column: usize| record.get(column).unwrap_or("");
            let [of, feed, file, sheet, row, person, expected, damage] = places.map(cell);
            if of != wanted {
                continue;
            }
            of_month += 1;
            if left_out.contains(feed) {
                continue;
            }
            if !EXPECTED.contains(&expected) {
                let words = EXPECTED.join("、");
                return Err(said(&format!("第{}行的link_expected“{expected}”不认识，应为：{words}", line + 2)));
            }
            let row = row.parse().map_err(|_| said(&format!("第{}行的row“{row}”不是行号", line + 2)))?;
            let place = (truth.number_of(source(feed, file, sheet)), row);
            truth.add(place, expected, person, damage, links_to.map_or("", cell));
        }
        if of_month == 0 {
            return Err(said(&format!("里没有{}的行", month.in_chinese())));
        }
        Ok(truth)
    }

    fn add(&mut self, place: Place, expected: &str, person: &str, damage: &str, links_to: &str) {
        if expected == "place" {
            self.places.insert(place);
            return;
        }
        let person = if expected == "outside" { "" } else { person };
        let codes = damage.split(';').filter(|code| !code.is_empty());
        let row = TrueRow {
            person: person.to_owned(),
            links_to: links_to.to_owned(),
            damage: codes.map(str::to_owned).collect(),
        };
        self.rows.entry(place).or_default().push(row);
    }

    fn number_of(&mut self, source: String) -> u32 {
        let next = self.sources.len() as u32;
        *self.sources.entry(source).or_insert(next)
    }

    /// The place of a row, if its file and sheet are known at all.
    pub(crate) fn place(&self, source: &str, row: u32) -> Option<Place> {
        Some((*self.sources.get(source)?, row))
    }
}
