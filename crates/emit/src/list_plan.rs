//! A list, checked: what is asked of the relations, how the answer is laid out, and what is to be filled in.

use crate::list_query::AdmittedQuery;
use crate::list_text::QueryText;
use bidui_model::ReturnKind;
use std::ops::Range;

/// A list of `config/lists`. Made by [`crate::compile_list`] only.
#[derive(Clone, Debug)]
pub struct ListPlan {
    pub id: String,
    pub title: String,
    pub split: Split,
    /// A file also for every town or department of the county that has no row.
    pub all: bool,
    /// Relative to the month's folder, with `{column}` for the split's columns.
    pub file: String,
    /// Where rows go that have no town or department. Without it such rows stop the run.
    pub file_without_key: Option<String>,
    pub sheets: Vec<SheetPlan>,
    /// How to fill it in, a sentence an entry; shown with the choices on a sheet of its own.
    pub instructions: Vec<String>,
    /// The line under the table, for signatures.
    pub signature: Option<String>,
    pub print: PrintPlan,
    /// Months of the year in which it is issued; every month where none is named.
    pub months: Vec<u32>,
    /// In how many days after the issue it is to be back, where its rows do not say a day themselves.
    pub return_by: Option<u16>,
    /// The configuration file.
    pub source: String,
    /// The list's own bytes in it.
    pub span: Range<usize>,
    /// Where its id stands, and its files.
    pub(crate) id_span: Range<usize>,
    pub(crate) file_span: Range<usize>,
    pub(crate) file_without_key_span: Option<Range<usize>>,
}

impl ListPlan {
    /// Where its id stands in its file.
    #[must_use]
    pub fn id_place(&self) -> Range<usize> {
        self.id_span.clone()
    }
    /// Whether the list is issued for that month of the year, 1 to 12.
    #[must_use]
    pub fn is_issued(&self, month: u32) -> bool {
        self.months.is_empty() || self.months.contains(&month)
    }
    /// What becomes of it when it is filled in.
    #[must_use]
    pub fn use_of(&self) -> ListUse {
        let mut sheets = self.sheets.iter();
        if sheets.clone().any(|sheet| sheet.returns.is_some()) {
            ListUse::ComesBack
        } else if sheets.any(|sheet| !sheet.answers.is_empty()) {
            ListUse::Stays
        } else {
            ListUse::ToRead
        }
    }
    /// The same words on the list, on the folder's cover and to whoever sends it back.
    #[must_use]
    pub fn use_words(&self) -> &'static str {
        match self.use_of() {
            ListUse::ComesBack => "要报回",
            ListUse::Stays if self.split == Split::Town => "留镇用",
            ListUse::Stays => "留存",
            ListUse::ToRead => TO_READ,
        }
    }
}

/// Of what is not filled in.
pub const TO_READ: &str = "供查看";

/// What whoever has a list does with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListUse {
    /// It is filled in and sent back.
    ComesBack,
    /// It is filled in and stays where it is.
    Stays,
    ToRead,
}

/// What a file of the list is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Split {
    None,
    Town,
    Village,
    Department,
}

impl Split {
    pub(crate) const NAMES: &'static [(&'static str, Self)] =
        &[("none", Self::None), ("town", Self::Town), ("village", Self::Village), ("department", Self::Department)];
    /// The column that every sheet's query must give; a row goes to the file of its value.
    #[must_use]
    pub fn key_column(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Town => Some("town_code"),
            Self::Village => Some("village_code"),
            Self::Department => Some("department"),
        }
    }
    /// What may stand in braces in the file's name.
    #[must_use]
    pub fn placeholders(self) -> &'static [&'static str] {
        match self {
            Self::None => &[],
            Self::Town => &["town_code", "town"],
            Self::Village => &["village_code", "village", "town_code", "town"],
            Self::Department => &["department"],
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrintPlan {
    pub landscape: bool,
    /// 1: the whole table in one page's width. 2: what is printed on one page and the answers on the next, under the same first
    /// columns, for tables too wide to be read otherwise.
    pub pages_wide: u8,
    pub repeat_heading: bool,
}

impl Default for PrintPlan {
    fn default() -> Self {
        Self { landscape: true, pages_wide: 1, repeat_heading: true }
    }
}

/// One sheet of a list's workbook.
#[derive(Clone, Debug)]
pub struct SheetPlan {
    pub name: String,
    /// After the month in the title row.
    pub title: String,
    pub query: AdmittedQuery,
    pub columns: Vec<ColumnPlan>,
    pub answers: Vec<AnswerPlan>,
    /// What the sheet says when it has no row.
    pub empty: String,
    /// What a row is counted in: 户, 条.
    pub unit: String,
    /// Columns that stay when scrolling, and repeat on the second page.
    pub freeze: u16,
    /// A column of the query: rows with one value of it are a group, and every other group is shaded.
    pub group_by: Option<String>,
    /// Set when the sheet comes back filled in.
    pub returns: Option<ReturnPlan>,
    /// Explains the sheet, under the title.
    pub note: Option<String>,
    /// The query's bytes in the configuration file.
    pub query_span: Range<usize>,
    /// The query as read, and where it stands in the file.
    pub(crate) text: QueryText,
    pub(crate) group_span: Option<Range<usize>>,
}

/// What comes back of a sheet, and by what its rows are known again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPlan {
    pub kind: ReturnKind,
    /// A column of the query that is shown, too. Rows with one value of it are one row.
    pub row_key: String,
    /// The heading of that column.
    pub key_title: String,
    /// Of what comes back, in its file.
    pub span: Range<usize>,
}

impl ReturnPlan {
    /// The heading of the last column, which holds each row's tag.
    pub const TAG_TITLE: &'static str = "校验码";
    /// In characters of the default font; `XXXX-XXXX` and the filter's button.
    pub(crate) const TAG_WIDTH: f64 = 13.0;
    /// Whether results of a verification come back by it.
    pub(crate) fn is_verified(&self) -> bool {
        matches!(self.kind, ReturnKind::Verification | ReturnKind::Sample)
    }
}

/// A printed column.
#[derive(Clone, Debug)]
pub struct ColumnPlan {
    pub title: String,
    /// A column of the query, or `#` for a running number.
    pub value: String,
    /// In characters of the default font.
    pub width: f64,
    pub format: ColumnFormat,
    /// A column of the query that holds a level, which colours the cell.
    pub colour_by: Option<String>,
    pub span: Range<usize>,
    pub(crate) value_span: Range<usize>,
    pub(crate) colour_span: Option<Range<usize>>,
}

impl ColumnPlan {
    pub(crate) const RUNNING_NUMBER: &'static str = "#";
}

/// How a value is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColumnFormat {
    /// By the value's own type.
    Plain,
    /// Centred.
    Centred,
    /// One line for each part between these separators.
    Lines(String),
    /// The same, with numbers before them when there are several.
    Numbered(String),
    /// Two decimals and thousands.
    Money,
    /// A share of one, as a percentage.
    Percent,
}

impl ColumnFormat {
    pub(crate) const NAMES: &'static [&'static str] = &["plain", "centred", "lines", "numbered", "money", "percent"];
}

/// A column that is filled in.
#[derive(Clone, Debug)]
pub struct AnswerPlan {
    pub title: String,
    /// Its name when the list comes back.
    pub key: String,
    pub width: f64,
    pub kind: AnswerKind,
    /// Shown beside the cell when it is chosen.
    pub hint: Option<String>,
    /// A date to come, such as the end of an exemption, and not one that has been.
    pub ahead: bool,
    pub span: Range<usize>,
    /// Where its choice list is named.
    /// Where its title and its key stand.
    pub(crate) title_span: Range<usize>,
    pub(crate) key_span: Range<usize>,
    pub(crate) choices_span: Option<Range<usize>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    Text,
    Date,
    /// A town of the county, by its name.
    Town,
    /// Yuan, not negative.
    Money,
    /// One of a named choice list.
    Choices(String),
    /// One of these words.
    Options(Vec<String>),
}
