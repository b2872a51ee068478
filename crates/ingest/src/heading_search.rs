//! Finding the heading among the first rows of a sheet, or saying what is missing.
//!
//! Every block of one to three successive rows is tried; the best has all required columns, then most columns, then the spellings nearest to
//! the contract, then fewest rows, then stands highest. Titles above it are not data. A row directly below, with nothing in any column that is
//! read, and labels under the heading's gaps, is a lower level of the heading.

use std::cmp::Reverse;

use bidui_model::{DataContract, nearest};

use crate::heading::{HeadingPlan, normalize, tidy};
use crate::heading_map::{HeadingMap, Labels};
use crate::problem::{FileProblem, Spot};
use crate::row::Row;

/// Rows looked through for a heading.
pub(crate) const HEADING_ROWS: usize = 50;
const LEVELS: usize = 3;

/// A heading that was found, or the best that was.
#[derive(Clone, Debug)]
pub(crate) struct Heading {
    pub(crate) map: HeadingMap,
    /// Index of its first row among the rows looked through, and how many it takes.
    pub(crate) first: usize,
    pub(crate) levels: usize,
}

impl Heading {
    pub(crate) fn is_complete(&self) -> bool {
        self.map.missing.is_empty()
    }
    /// Whether this is meant to be the contract's table, though something is missing: the key column is there, or half the required ones.
    pub(crate) fn is_meant(&self, plan: &HeadingPlan) -> bool {
        let required = plan.columns.iter().filter(|wanted| wanted.required).count();
        let has_key = plan.keys.iter().any(|key| !self.map.places_of(*key).is_empty());
        self.map.matched >= 2 && (has_key || (required - self.map.missing.len()) * 2 > required)
    }
    /// How well it fits: more is better.
    pub(crate) fn score(&self) -> impl Ord + use<> {
        (self.is_complete(), self.map.matched, Reverse(self.map.detour), Reverse(self.levels), Reverse(self.first))
    }
}

/// The best heading among `rows`, which are those with values; `None` when no heading of the contract is there at all.
pub(crate) fn find_heading(rows: &[(u32, Row)], plan: &HeadingPlan) -> Option<Heading> {
    let mut best: Option<Heading> = None;
    let has_label = |(_, row): &(u32, Row)| {
        let view = row.view();
        (0..view.cells.len()).any(|column| plan.may_name(view.get(column).text))
    };
    let has_label: Vec<bool> = rows.iter().map(has_label).collect();
    for first in 0..rows.len() {
        for levels in 1..=LEVELS.min(rows.len() - first) {
            // Data, not headings: nothing would match.
            if !has_label[first..first + levels].contains(&true) {
                continue;
            }
            let block: Vec<&Row> = rows[first..first + levels].iter().map(|(_, row)| row).collect();
            let heading = Heading { map: HeadingMap::new(Labels::read(&block), plan), first, levels };
            if heading.map.matched > 0 && best.as_ref().is_none_or(|best| heading.score() > best.score()) {
                best = Some(heading);
            }
        }
    }
    best.map(|heading| with_lower_level(heading, rows, plan))
}

/// Takes the row below into the heading when it can only be a lower level of it.
fn with_lower_level(heading: Heading, rows: &[(u32, Row)], plan: &HeadingPlan) -> Heading {
    let next = heading.first + heading.levels;
    let Some((_, below)) = rows.get(next) else {
        return heading;
    };
    if heading.levels >= LEVELS {
        return heading;
    }
    let view = below.view();
    let filled: Vec<usize> = (0..view.cells.len()).filter(|column| !view.is_blank_at(*column)).collect();
    let upper = &rows[next - 1].1;
    let under_a_gap =
        filled.iter().any(|column| *column < heading.map.labels.width() + 1 && upper.view().is_blank_at(*column));
    let read = heading.map.read_columns();
    if filled.len() < 2 || !under_a_gap || filled.iter().any(|column| read.contains(column)) {
        return heading;
    }
    let block: Vec<&Row> = rows[heading.first..=next].iter().map(|(_, row)| row).collect();
    let deeper = HeadingMap::new(Labels::read(&block), plan);
    if deeper.matched < heading.map.matched {
        return heading;
    }
    Heading { map: deeper, first: heading.first, levels: heading.levels + 1 }
}

/// What to tell the supplier when `found` is not a complete heading of the contract.
pub(crate) fn heading_problem(
    found: Option<&Heading>,
    rows: &[(u32, Row)],
    contract: &DataContract,
    plan: &HeadingPlan,
    at: Spot,
) -> FileProblem {
    let Some(heading) = found.filter(|heading| heading.is_meant(plan)) else {
        return no_heading(rows, contract, at);
    };
    let row = rows.get(heading.first + heading.levels - 1).map(|(number, _)| *number);
    let at = Box::new(Spot { row, ..at });
    let labels = heading.map.labels.found();
    if let Some((column, rival)) = heading.map.taken.first() {
        let place = heading.map.places_of(*rival).first().copied();
        return FileProblem::DuplicateMapping {
            at,
            heading: place.map_or_else(String::new, |place| labels[place].clone()),
            columns: vec![contract.columns[*rival].name.clone(), contract.columns[*column].name.clone()],
        };
    }
    let column = &contract.columns[heading.map.missing.first().copied().unwrap_or(0)];
    let unread = heading.map.unread();
    FileProblem::RequiredHeadingMissing {
        at,
        column: column.name.clone(),
        headings: wanted_headings(contract, &column.name),
        nearest: nearest_pair(unread.iter().map(String::as_str), &wanted_headings(contract, &column.name))
            .map(|(found, _)| found),
    }
}

fn no_heading(rows: &[(u32, Row)], contract: &DataContract, at: Spot) -> FileProblem {
    let mut wanted: Vec<String> = contract
        .columns
        .iter()
        .filter(|column| column.required)
        .flat_map(|column| wanted_headings(contract, &column.name))
        .collect();
    if wanted.is_empty() {
        wanted = contract.columns.iter().flat_map(|column| column.headings.clone()).collect();
    }
    // A heading is short; longer cells are titles or data. What such a cell says must not be repeated: it may be somebody's name.
    let cells = |(number, row): &(u32, Row)| -> Vec<(String, String)> {
        let (view, number) = (row.view(), *number);
        let of_row = (0..view.cells.len())
            .map(|column| (view.get(column).text.to_owned(), format!("第{number}行第{}列的内容", column + 1)));
        of_row.filter(|(text, _)| text.chars().count() <= 16 && !text.chars().any(|c| c.is_ascii_digit())).collect()
    };
    let short: Vec<(String, String)> = rows.iter().take(5).flat_map(cells).collect();
    let nearest = nearest_pair(short.iter().map(|(text, _)| text.as_str()), &wanted);
    let place = |found: &str| short.iter().find(|(text, _)| tidy(text) == found).map(|(_, place)| place.clone());
    FileProblem::NoHeading {
        at: Box::new(at),
        nearest: nearest.and_then(|(found, wanted)| Some((place(&found)?, wanted))),
        wanted: wanted.iter().take(5).map(|heading| format!("“{heading}”")).collect::<Vec<_>>().join("、"),
    }
}

/// All headings that a column may stand under, those of an unpivot's groups included.
fn wanted_headings(contract: &DataContract, name: &str) -> Vec<String> {
    let own = contract.column(name).map(|(_, column)| column.headings.clone()).unwrap_or_default();
    let grouped = match &contract.reshape {
        bidui_model::Reshape::Unpivot(groups) => {
            groups.iter().flatten().filter(|(column, _)| column == name).map(|(_, heading)| heading.clone()).collect()
        }
        _ => Vec::new(),
    };
    if grouped.is_empty() { own } else { grouped }
}

/// The text nearest to one of the wanted headings, and that heading.
fn nearest_pair<'a>(found: impl Iterator<Item = &'a str>, wanted: &[String]) -> Option<(String, String)> {
    let normalized: Vec<String> = wanted.iter().map(|text| normalize(text)).collect();
    let mut best: Option<(usize, String, String)> = None;
    for text in found {
        let normal = normalize(text);
        let last = normal.rsplit('/').next().unwrap_or(&normal);
        let by_slip = nearest(last, normalized.iter().map(String::as_str));
        // `身份证号码（必填）` and `身份证号` share their beginning, not their length.
        let by_part = normalized.iter().map(String::as_str).find(|wanted| {
            wanted.chars().count() >= 2 && last.chars().count() >= 2 && (last.contains(wanted) || wanted.contains(last))
        });
        let Some(near) = by_slip.or(by_part) else {
            continue;
        };
        let place = normalized.iter().position(|wanted| wanted == near)?;
        let distance = near.chars().count().abs_diff(last.chars().count());
        if best.as_ref().is_none_or(|(least, ..)| distance < *least) {
            best = Some((distance, tidy(text), wanted[place].clone()));
        }
    }
    best.map(|(_, found, wanted)| (found, wanted))
}
