//! The cover of a town's or a department's folder: which of its books go back, by when and to whom, and which are overdue. It is made of what
//! was written and of nothing else, so that it cannot say what is not there.

use crate::EmitError;
use crate::layout::{SIDE_MARGIN, line_count, row_height};
use crate::list_plan::{ListPlan, ListUse, SheetPlan, Split};
use crate::list_render::{ListContext, WrittenList};
use crate::list_sheet::merge;
use crate::style::{self, Part};
use bidui_model::Month;
use polars::prelude::{AnyValue, DataFrame, PolarsResult};
use rayon::prelude::*;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::collections::BTreeMap;
use std::path::Path;

/// It stands first in its folder.
pub(crate) const COVER_FILE: &str = "0_本月清单目录.xlsx";
pub(crate) const COVER_SHEET: &str = "本月清单目录";

/// What is said of a book to bring back that has no row.
const NOTHING: &str = "没有要填的";

/// The columns of a query that say when a row is due, and by how many days it is late.
const DUE: &str = "due";
const OVERDUE: &str = "overdue_days";

const COLUMNS: [(&str, f64); 7] = [
    ("次序", 6.0),
    ("文件", 30.0),
    ("怎么办", 11.0),
    ("本月内容", 44.0),
    ("行数", 7.0),
    ("期限", 25.0),
    ("已超期", 9.0),
];
const CENTRED: [u16; 5] = [0, 2, 4, 5, 6];
const LAST: u16 = COLUMNS.len() as u16 - 1;

/// By which days the rows of a file are due, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deadlines {
    pub first: Option<i32>,
    pub last: Option<i32>,
    /// Rows that are late on the day of issue.
    pub overdue: usize,
}

impl Deadlines {
    /// Of the sheets that come back, or of all where none does: others show the same rows again.
    pub(crate) fn of(
        list: &ListPlan,
        frames: &[DataFrame],
        places: &[Vec<usize>],
        context: &ListContext,
    ) -> PolarsResult<Self> {
        let mut deadlines = Self::default();
        let comes_back = list.use_of() == ListUse::ComesBack;
        let sheets = list.sheets.iter().zip(frames).zip(places);
        for ((sheet, frame), places) in sheets.filter(|((sheet, _), _)| !comes_back || sheet.returns.is_some()) {
            if sheet.columns.iter().any(|column| column.value == DUE) {
                deadlines.add(frame, places, issue_day(context))?;
            }
        }
        Ok(deadlines)
    }

    fn add(&mut self, frame: &DataFrame, places: &[usize], issued: i32) -> PolarsResult<()> {
        let (due, overdue) = (frame.column(DUE)?, frame.column(OVERDUE).ok());
        for place in places {
            let AnyValue::Date(day) = due.get(*place)? else { continue };
            self.first = Some(self.first.map_or(day, |first| first.min(day)));
            self.last = self.last.max(Some(day));
            let days_late = overdue.map(|overdue| overdue.get(*place)).transpose()?;
            let is_late = days_late.map_or(day < issued, |days| days.extract::<i64>().is_some_and(|days| days > 0));
            self.overdue += usize::from(is_late);
        }
        Ok(())
    }
}

/// The day of issue, in days since 1970-01-01.
fn issue_day(context: &ListContext) -> i32 {
    let (year, month, day) = context.created;
    Month::new(i32::from(year), u32::from(month)).unwrap_or(context.month).first_day() + i32::from(day) - 1
}

/// Writes one into each folder of a town or a department.
pub(crate) fn write_covers(
    lists: &[ListPlan],
    written: &[WrittenList],
    context: &ListContext,
    out: &Path,
) -> Result<(), EmitError> {
    let mut folders: BTreeMap<&str, Vec<Book<'_>>> = BTreeMap::new();
    for file in written.iter().filter(|file| !file.key.is_empty()) {
        let list = lists.iter().find(|list| list.id == file.list);
        let list = list.filter(|list| matches!(list.split, Split::Town | Split::Department));
        if let Some((list, (folder, name))) = list.zip(file.file.rsplit_once('/')) {
            folders.entry(folder).or_default().push(Book { list, file, name });
        }
    }
    folders.into_par_iter().try_for_each(|(folder, mut books)| {
        let issued = issue_day(context);
        books.sort_by_key(|book| book.order(issued));
        let path = out.join(folder).join(COVER_FILE);
        let failed = |source| match source {
            XlsxError::IoError(source) => EmitError::Io { action: "写", path: path.clone(), source },
            source => EmitError::Workbook { path: path.clone(), source },
        };
        cover(&books, context).and_then(|mut workbook| workbook.save(&path)).map_err(failed)
    })
}

/// A file of the folder, with the plan that it was made by.
struct Book<'a> {
    list: &'a ListPlan,
    file: &'a WrittenList,
    name: &'a str,
}

impl Book<'_> {
    fn rows(&self) -> usize {
        self.sheets().map(|(_, rows)| rows).sum()
    }

    /// Whether it would be brought back if it had a row.
    fn is_idle(&self) -> bool {
        self.list.use_of() == ListUse::ComesBack && self.rows() == 0
    }

    fn how(&self) -> &'static str {
        if self.is_idle() { NOTHING } else { self.list.use_words() }
    }

    /// The sheets with their rows; of a book that comes back those that do, since the others show the same rows again.
    fn sheets(&self) -> impl Iterator<Item = (&SheetPlan, usize)> {
        let comes_back = self.list.use_of() == ListUse::ComesBack;
        let rows = self.file.sheet_rows.iter().map(|(_, rows)| *rows);
        self.list.sheets.iter().zip(rows).filter(move |(sheet, _)| !comes_back || sheet.returns.is_some())
    }

    /// First and last day by which it is to be back; `None` where there is nothing to bring back.
    fn days(&self, issued: i32) -> Option<(i32, i32)> {
        if self.list.use_of() != ListUse::ComesBack || self.rows() == 0 {
            return None;
        }
        // A book that is to be back by a day shows by when each step of its households is to be done besides.
        let Deadlines { first, last, .. } = self.file.deadlines;
        let by = self.list.return_by.map(|days| issued + i32::from(days));
        by.zip(by).or(first.zip(last))
    }

    /// What goes back before what stays; of those, what is late, then what is due first, then what has no day; what is empty last.
    fn order(&self, issued: i32) -> impl Ord + use<> {
        let day = self.days(issued).map_or(i32::MAX, |(first, _)| first);
        let is_late = self.file.deadlines.overdue > 0;
        (self.list.use_of(), self.rows() == 0, !is_late, day, self.name.to_owned())
    }

    /// `未走访35户、长期外出2户`; of one sheet the count alone.
    fn contents(&self) -> String {
        let counted = |(sheet, rows): (&SheetPlan, usize)| match self.list.sheets.len() {
            1 => format!("{rows}{}", sheet.unit),
            _ => format!("{}{rows}{}", sheet.name, sheet.unit),
        };
        let some: Vec<String> = self.sheets().filter(|(_, rows)| *rows > 0).map(counted).collect();
        if some.is_empty() { "本月没有内容".to_owned() } else { some.join("、") }
    }

    fn cells(&self, place: usize, issued: i32) -> [String; COLUMNS.len()] {
        let rows = self.rows();
        let day = match self.days(issued) {
            Some((first, last)) if first == last => iso(first),
            Some((first, last)) => format!("{}至{}，见各户", iso(first), iso(last)),
            None => String::new(),
        };
        let some = |count: usize| if count == 0 { String::new() } else { count.to_string() };
        let overdue = some(self.file.deadlines.overdue);
        [
            (place + 1).to_string(),
            self.name.to_owned(),
            self.how().to_owned(),
            self.contents(),
            some(rows),
            day,
            overdue,
        ]
    }
}

/// `2023-04-20`.
fn iso(day: i32) -> String {
    let month = Month::of_day(day);
    format!("{month}-{:02}", day - month.first_day() + 1)
}

fn cover(books: &[Book<'_>], context: &ListContext) -> Result<Workbook, XlsxError> {
    let key = books.first().map_or("", |book| book.file.key.as_str());
    let town = context.towns.iter().find(|(code, _)| code == key);
    let title = format!("{}{}清单目录", town.map_or(key, |(_, name)| name), context.month.in_chinese());
    let (year, month, day) = context.created;
    let properties = DocProperties::new()
        .set_title(&title)
        .set_company(&context.bureau)
        .set_creation_datetime(&ExcelDateTime::from_ymd(year, month, day)?);
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties);
    let worksheet = workbook.add_worksheet().set_name(COVER_SHEET)?;
    for (column, (_, width)) in (0..).zip(COLUMNS) {
        worksheet.set_column_width(column, width)?;
    }
    let total: f64 = COLUMNS.iter().map(|(_, width)| width).sum();
    let mut row = 0;
    let mut line = |worksheet: &mut Worksheet, text: &str, least: f64, format: &Format| -> Result<(), XlsxError> {
        merge(worksheet, (row, 0, LAST), text, format)?;
        worksheet.set_row_height(row, least.max(row_height(line_count(text, total))))?;
        row += 1;
        Ok(())
    };
    line(worksheet, &title, 30.0, &style::title())?;
    for sentence in sentences(books, context) {
        line(worksheet, &sentence, 18.0, &style::subtitle())?;
    }
    for (column, (heading, _)) in (0..).zip(COLUMNS) {
        worksheet.write_string_with_format(row, column, heading, &style::heading(Part::Printed))?;
    }
    let heading = row;
    for (place, book) in books.iter().enumerate() {
        row += 1;
        let cells = book.cells(place, issue_day(context));
        let mut lines: f64 = 1.0;
        for ((column, text), (_, width)) in (0..).zip(&cells).zip(COLUMNS) {
            let format = if CENTRED.contains(&column) { style::table_cell_centred() } else { style::table_cell() };
            worksheet.write_string_with_format(row, column, text, &format)?;
            lines = lines.max(line_count(text, width));
        }
        worksheet.set_row_height(row, row_height(lines))?;
    }
    worksheet.set_freeze_panes(heading + 1, 0)?;
    worksheet.set_paper_size(9).set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, heading)?;
    worksheet.set_margins(SIDE_MARGIN, SIDE_MARGIN, 0.5, 0.6, 0.3, 0.3).set_print_center_horizontally(true);
    worksheet.protect();
    Ok(workbook)
}

/// How many there are, what to do first, and where they go.
fn sentences(books: &[Book<'_>], context: &ListContext) -> [String; 2] {
    let mut uses: BTreeMap<(ListUse, bool), (&str, usize)> = BTreeMap::new();
    for book in books {
        uses.entry((book.list.use_of(), book.is_idle())).or_insert((book.how(), 0)).1 += 1;
    }
    let counts: Vec<String> = uses.values().map(|(how, books)| format!("{how}{books}份")).collect();
    let says = |((list_use, is_idle), (how, _)): (&(ListUse, bool), &(&str, usize))| match list_use {
        ListUse::ComesBack if *is_idle => format!("“{how}”的不用报回"),
        ListUse::ComesBack => format!("“{how}”的按次序办，填好后在期限前报回{}，先办有超期的", context.bureau),
        ListUse::Stays => format!("“{how}”的填了留存，不用报回"),
        ListUse::ToRead => format!("“{how}”的不用填、不用报回"),
    };
    let to_do = format!("{}。", uses.iter().map(says).collect::<Vec<_>>().join("；"));
    let issued = iso(issue_day(context));
    [format!("编制：{}　　下发：{issued}　　共{}份：{}", context.bureau, books.len(), counts.join("、")), to_do]
}
