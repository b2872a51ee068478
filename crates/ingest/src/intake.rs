//! One file being read: rows come in from a reader of any form, chunks go out, and the report grows.
//!
//! The reader of a form calls [`Intake::open_sheet`], then [`Intake::row`] for each row of it with values (a text file: for each), then
//! [`Intake::close_sheet`], and at the end [`Intake::finish`].

use std::collections::BTreeMap;

use bidui_model::{DataContract, RawChunk, RejectCode, Source, SourceId};

use crate::chunks::Chunks;
use crate::classify::Classifier;
use crate::heading::{Fingerprint, HeadingPlan, units_above};
use crate::heading_search::{HEADING_ROWS, Heading, find_heading, heading_problem};
use crate::merges::Merges;
use crate::problem::{FileProblem, Spot};
use crate::read::ReadOptions;
use crate::report::{FileForm, FileReport, SheetSkip};
use crate::reshape::Records;
use crate::row::{Row, RowView};
use crate::row_sink::{Merge, RowSink};

/// A gap in a workbook larger than this is not blank rows between data but a stray value far below.
const LARGEST_GAP: u32 = 100_000;

pub(crate) struct Intake<'a> {
    pub(crate) file: &'a str,
    pub(crate) contract: &'a DataContract,
    pub(crate) plan: HeadingPlan,
    chunks: Chunks<'a>,
    first_source: u32,
    /// A text file: rows are numbered by lines, may slip sideways, and its blank lines come as rows.
    is_text: bool,
    sheet: String,
    state: State,
    merges: Merges,
    hidden_rows: u64,
    report: FileReport,
    layouts: Vec<String>,
    /// Why the first sheet without a heading has none: the answer when no sheet has one.
    no_heading: Option<FileProblem>,
    /// Why the last row below a heading was set aside.
    last_reason: Option<RejectCode>,
    /// Columns of the open sheet that would be read were they not the second of their heading: see [`HeadingMap::keys_beside`].
    beside: Vec<(usize, Option<usize>)>,
    /// A row of the open sheet with a title that speaks of the contrary: see [`is_contrary_title`].
    title: Option<u32>,
    /// The words for the contrary of what the open sheet is about.
    contrary: Vec<&'static str>,
    /// Where the key is read, and of the sheets that were not read how many rows they have, and in which columns ID numbers stand.
    key_places: Vec<usize>,
    lost: Vec<(String, u64, BTreeMap<usize, u64>)>,
}

enum State {
    /// Rows with values, until there are enough to choose the heading from.
    Seeking { rows: Vec<(u32, Row)>, broken: Vec<bool> },
    Reading {
        classifier: Box<Classifier>,
        records: Records,
        last: u32,
        /// Lines of a text file without a value, one below the other, from the first to the last. Below the last row with a value they
        /// are no rows at all.
        blank: Option<(u32, u32)>,
    },
    /// No heading of the contract; only counted.
    Lost { rows: u64, ids: BTreeMap<usize, u64> },
}

impl State {
    const fn seeking() -> Self {
        Self::Seeking { rows: Vec::new(), broken: Vec::new() }
    }
}

impl<'a> Intake<'a> {
    pub(crate) fn new(
        file: &'a str,
        contract: &'a DataContract,
        options: &ReadOptions<'a>,
        form: FileForm,
        sink: &'a mut dyn FnMut(RawChunk),
    ) -> Self {
        Self {
            file,
            contract,
            plan: HeadingPlan::new(contract),
            chunks: Chunks::new(contract.columns.len(), options, sink),
            first_source: options.first_source,
            is_text: matches!(form, FileForm::Csv { .. }),
            sheet: String::new(),
            state: State::seeking(),
            merges: Merges::default(),
            hidden_rows: 0,
            report: FileReport {
                sources: Vec::new(),
                received: 0,
                kept: 0,
                form,
                headings: Vec::new(),
                unread_headings: Vec::new(),
                layout: String::new(),
                skipped_sheets: Vec::new(),
                hidden_rows: Vec::new(),
                digest: None,
            },
            layouts: Vec::new(),
            no_heading: None,
            last_reason: None,
            beside: Vec::new(),
            title: None,
            contrary: Vec::new(),
            key_places: Vec::new(),
            lost: Vec::new(),
        }
    }

    pub(crate) fn open_sheet(&mut self, sheet: &str) {
        sheet.clone_into(&mut self.sheet);
        self.state = State::seeking();
        self.merges = Merges::default();
        self.hidden_rows = 0;
    }

    pub(crate) fn skip_sheet(&mut self, sheet: &str, reason: SheetSkip) {
        self.report.skipped_sheets.push((sheet.to_owned(), reason));
    }

    /// A row of the open sheet; `is_broken` when a quote never closes.
    pub(crate) fn row(&mut self, number: u32, row: RowView<'_>, is_broken: bool) -> Result<(), FileProblem> {
        match &mut self.state {
            State::Reading { .. } => self.data_row(number, row, is_broken),
            State::Lost { rows, ids } => {
                *rows += u64::from(row.first_filled().is_some());
                note_ids(row, ids);
                Ok(())
            }
            State::Seeking { rows, broken } => {
                if row.first_filled().is_some() {
                    rows.push((number, Row::copy_of(row)));
                    broken.push(is_broken);
                } else if !rows.is_empty() && self.is_text {
                    // A blank line may turn out to lie below the heading, and is then counted.
                    rows.push((number, Row::default()));
                    broken.push(false);
                }
                if rows.len() >= HEADING_ROWS { self.settle() } else { Ok(()) }
            }
        }
    }

    pub(crate) fn close_sheet(&mut self) -> Result<(), FileProblem> {
        if let State::Seeking { rows, .. } = &self.state {
            if rows.is_empty() {
                let sheet = std::mem::take(&mut self.sheet);
                self.skip_sheet(&sheet, SheetSkip::Empty);
                return Ok(());
            }
            self.settle()?;
        }
        if let State::Lost { rows, ids } = &mut self.state {
            let (rows, ids) = (*rows, std::mem::take(ids));
            let sheet = std::mem::take(&mut self.sheet);
            self.skip_sheet(&sheet, SheetSkip::NoHeading { rows });
            self.lost.push((sheet, rows, ids));
        }
        self.chunks.flush();
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<FileReport, FileProblem> {
        self.chunks.flush();
        if self.report.sources.is_empty() {
            let hidden = self.report.skipped_sheets.iter().find(|(_, reason)| *reason == SheetSkip::Hidden);
            let file = self.file.to_owned();
            return Err(self.no_heading.unwrap_or_else(|| match hidden {
                Some((sheet, _)) => FileProblem::OnlyHidden { file, sheet: sheet.clone() },
                None => FileProblem::Empty { at: Box::new(Spot { file, ..Spot::default() }) },
            }));
        }
        // The list went on where nobody looked for it.
        let is_list = |(_, rows, ids): &&(String, u64, BTreeMap<usize, u64>)| {
            let own =
                ids.iter().filter(|(column, _)| self.key_places.iter().any(|place| place.abs_diff(**column) <= 1));
            // One in a page of notes is an example.
            own.into_iter().any(|(_, count)| *count * 2 >= *rows)
        };
        if let Some((sheet, rows, _)) = self.lost.iter().find(is_list) {
            let at = Box::new(Spot { file: self.file.to_owned(), sheet: sheet.clone(), row: None });
            return Err(FileProblem::SheetUnread { at, rows: *rows });
        }
        // Sheets of one layout count once and in no order, so that a new town's sheet does not change the fingerprint.
        self.layouts.sort_unstable();
        self.layouts.dedup();
        self.report.layout = one_layout(&self.layouts);
        self.report.kept = self.chunks.kept;
        debug_assert_eq!(self.report.received, self.chunks.kept + self.chunks.set_aside);
        Ok(self.report)
    }

    /// Chooses the heading among the rows so far, and reads those below it.
    fn settle(&mut self) -> Result<(), FileProblem> {
        let State::Seeking { rows, broken } =
            std::mem::replace(&mut self.state, State::Lost { rows: 0, ids: BTreeMap::new() })
        else {
            return Ok(());
        };
        let found = find_heading(&rows, &self.plan);
        let Some(heading) = found.as_ref().filter(|heading| heading.is_complete()) else {
            let at = Spot { file: self.file.to_owned(), sheet: self.sheet.clone(), row: None };
            let problem = heading_problem(found.as_ref(), &rows, self.contract, &self.plan, at);
            if !matches!(problem, FileProblem::NoHeading { .. }) {
                return Err(problem);
            }
            self.no_heading.get_or_insert(problem);
            let mut ids = BTreeMap::new();
            rows.iter().for_each(|(_, row)| note_ids(row.view(), &mut ids));
            let rows = rows.iter().filter(|(_, row)| row.view().first_filled().is_some()).count() as u64;
            self.state = State::Lost { rows, ids };
            return Ok(());
        };
        self.start_reading(heading, &rows)?;
        let below = heading.first + heading.levels;
        for ((number, row), is_broken) in rows.iter().zip(broken).skip(below) {
            self.data_row(*number, row.view(), is_broken)?;
        }
        Ok(())
    }

    fn start_reading(&mut self, heading: &Heading, rows: &[(u32, Row)]) -> Result<(), FileProblem> {
        let below = heading.first + heading.levels;
        let map = &heading.map;
        let source = self.first_source + u32::try_from(self.report.sources.len()).unwrap_or(0);
        let titles = rows[..heading.first].iter().map(|(_, row)| row.view());
        let texts: Vec<&str> =
            titles.flat_map(|row| (0..row.cells.len()).map(move |column| row.get(column).text)).collect();
        let own = [self.file, self.contract.name.as_str(), self.sheet.as_str()];
        let is_own = |word: &str| own.iter().chain(&texts).any(|text| text.contains(word));
        self.contrary = CONTRARY.iter().copied().filter(|word| !is_own(word)).collect();
        let mut above: Vec<i64> = texts.iter().flat_map(|text| units_above(text)).collect();
        above.sort_unstable();
        above.dedup();
        let matters = |fen: &i64| !map.units(self.contract, Some(*fen)).is_empty();
        if above.len() > 1 && above.iter().any(matters) {
            let at = Box::new(Spot { file: self.file.to_owned(), sheet: self.sheet.clone(), row: None });
            return Err(FileProblem::UnitUnclear { at });
        }
        self.chunks.start(SourceId(source), map.units(self.contract, above.first().copied()));
        self.report.sources.push(Source { file: self.file.to_owned(), sheet: self.sheet.clone() });
        self.layouts.push(map.labels.fingerprint().hex());
        if self.hidden_rows > 0 {
            self.report.hidden_rows.push((self.sheet.clone(), self.hidden_rows));
        }
        self.merges.choose(self.contract, map);
        (self.beside, self.title) = (map.keys_beside(&self.plan), None);
        self.key_places.extend(self.plan.keys.iter().flat_map(|key| map.places_of(*key)));
        for (index, column) in self.contract.columns.iter().enumerate() {
            for place in map.places_of(index) {
                let pair = (column.name.clone(), map.labels.found()[place].clone());
                if !self.report.headings.contains(&pair) {
                    self.report.headings.push(pair);
                }
            }
        }
        for heading in map.unread() {
            if !self.report.unread_headings.contains(&heading) {
                self.report.unread_headings.push(heading);
            }
        }
        self.state = State::Reading {
            classifier: Box::new(Classifier::new(map, &self.plan, self.contract, &rows[..below], self.is_text)),
            records: Records::new(self.contract, map),
            last: rows[below - 1].0,
            blank: None,
        };
        Ok(())
    }

    /// A row below the heading: kept or set aside, and counted either way.
    fn data_row(&mut self, number: u32, row: RowView<'_>, is_broken: bool) -> Result<(), FileProblem> {
        let State::Reading { classifier, records, last, blank } = &mut self.state else {
            return Ok(());
        };
        let is_blank = self.is_text && !is_broken && row.first_filled().is_none();
        if is_blank && let Some((_, end)) = blank.as_mut().filter(|(_, end)| end.saturating_add(1) == number) {
            *end = number;
            return Ok(());
        }
        let above = match blank.take() {
            Some((first, end)) => first..end.saturating_add(1),
            None if !self.is_text && number.saturating_sub(*last) <= LARGEST_GAP => *last + 1..number,
            None => 0..0,
        };
        for blank in above {
            self.report.received += 1;
            self.chunks.reject(blank, RejectCode::Blank);
            if self.chunks.overflow().is_some() {
                return self.refuse_overflow();
            }
        }
        if is_blank {
            *blank = Some((number, number));
            return self.refuse_overflow();
        }
        *last = number;
        // A row is judged by what is its own: a subtotal beside a village's merged name is still a subtotal.
        let reason = if is_broken { Some(RejectCode::Ragged) } else { classifier.reject(row) };
        if self.title.is_some()
            && reason.is_none()
            && classifier.has_key(row)
            && !is_contrary_title(row, &self.contrary)
        {
            let at = Box::new(Spot { file: self.file.to_owned(), sheet: self.sheet.clone(), row: self.title });
            return Err(FileProblem::SecondTable { at });
        }
        if matches!(reason, None | Some(RejectCode::Blank)) && is_contrary_title(row, &self.contrary) {
            self.title = Some(number);
        }
        if reason.is_none()
            && let Some((second, first)) = self.beside.iter().find(|(column, _)| !row.is_blank_at(*column))
        {
            let at = Box::new(Spot { file: self.file.to_owned(), sheet: self.sheet.clone(), row: Some(number) });
            let heading = classifier.label(*second);
            return Err(match first {
                Some(first) => FileProblem::KeyTwice { at, heading, first: first + 1, second: second + 1 },
                None => FileProblem::GroupBeyond { at, heading },
            });
        }
        let row = if self.merges.is_empty() { row } else { self.merges.fill(number, row) };
        self.last_reason = reason;
        match reason {
            Some(code) => {
                self.report.received += 1;
                self.chunks.reject(number, code);
            }
            None => self.report.received += records.keep(number, row, &mut self.chunks),
        }
        self.refuse_overflow()
    }

    fn refuse_overflow(&self) -> Result<(), FileProblem> {
        let Some((code, count, source, row)) = self.chunks.overflow() else {
            return Ok(());
        };
        let sheet = self.report.sources.get((source.0 - self.first_source) as usize);
        let sheet = sheet.map_or_else(String::new, |source| source.sheet.clone());
        let at = Box::new(Spot { file: self.file.to_owned(), sheet, row: Some(row) });
        Err(FileProblem::TooManySetAside { at, count, reason: code.title().to_owned() })
    }

    /// Whether a last row of so many cells has too few for the heading, and is not one that people write below a list.
    pub(crate) fn ends_early(&self, cells: usize) -> bool {
        let State::Reading { classifier, .. } = &self.state else {
            return false;
        };
        cells < classifier.width() && !matches!(self.last_reason, Some(RejectCode::Total | RejectCode::Footer))
    }
}

/// A workbook read in this process.
impl RowSink for Intake<'_> {
    fn form(&mut self, form: FileForm) -> Result<(), FileProblem> {
        self.report.form = form;
        Ok(())
    }
    fn skip_sheet(&mut self, sheet: &str, reason: SheetSkip) -> Result<(), FileProblem> {
        Self::skip_sheet(self, sheet, reason);
        Ok(())
    }
    fn open_sheet(&mut self, sheet: &str) -> Result<(), FileProblem> {
        Self::open_sheet(self, sheet);
        Ok(())
    }
    fn hidden_rows(&mut self, rows: u64) -> Result<(), FileProblem> {
        self.hidden_rows = rows;
        Ok(())
    }
    fn merge(&mut self, merge: Merge) -> Result<(), FileProblem> {
        self.merges.add(merge);
        Ok(())
    }
    fn row(&mut self, number: u32, row: RowView<'_>) -> Result<(), FileProblem> {
        Self::row(self, number, row, false)
    }
    fn close_sheet(&mut self) -> Result<(), FileProblem> {
        Self::close_sheet(self)
    }
}

/// Counts by column the cells that hold an ID number and nothing else: 18 signs, or 15, most of them digits.
fn note_ids(row: RowView<'_>, ids: &mut BTreeMap<usize, u64>) {
    for column in 0..row.cells.len() {
        let text = row.get(column).text.trim().trim_start_matches('\'');
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        if matches!(text.len(), 15 | 18) && digits >= 15 {
            *ids.entry(column).or_default() += 1;
        }
    }
}

/// Of people who are the contrary of those above: 二、撤销死亡注销人员, 退回未发放名单. A list that goes on page by page, town by town or class by class has
/// titles, too, and one whose own matter is such a word has it in them.
const CONTRARY: &[&str] = &[
    "撤销",
    "取消",
    "恢复",
    "注销",
    "停发",
    "停保",
    "停供",
    "不予",
    "退回",
    "未发放",
    "已解决",
    "已销",
    "销号",
    "迁出",
    "核减",
    "调出",
    "清退",
    "退出",
    "作废",
    "异议",
    "不符合",
    "不再",
    "剔除",
];

/// One text alone, or with a unit beside it, that speaks of the contrary by one of these words.
fn is_contrary_title(row: RowView<'_>, contrary: &[&str]) -> bool {
    let filled = (0..row.cells.len()).filter(|column| !row.is_blank_at(*column));
    let texts: Vec<&str> = filled.take(3).map(|column| row.get(column).text).collect();
    let is_title = |text: &&str| text.chars().count() <= 60 && contrary.iter().any(|word| text.contains(word));
    texts.len() == 1 && texts.iter().any(is_title)
        || texts.len() == 2 && texts.iter().any(is_title) && texts.iter().any(|text| text.contains("单位"))
}

fn one_layout(layouts: &[String]) -> String {
    match layouts {
        [one] => one.clone(),
        several => {
            let mut fingerprint = Fingerprint::new();
            fingerprint.feed(several.concat().as_bytes());
            fingerprint.hex()
        }
    }
}
