//! Lists to files: each query runs once, its rows are dealt out by town or department, and the files are written in parallel.

use crate::EmitError;
use crate::cell::Cell;
use crate::choices::Choices;
use crate::cover::{COVER_FILE, COVER_SHEET, Deadlines, write_covers};
use crate::list_plan::{ColumnPlan, ListPlan, SheetPlan, Split};
use crate::list_query::KnownCtes;
use crate::list_sheet::SheetRow;
use crate::list_tables::{towns_schema, villages_schema};
use crate::workbook::make_workbook;
use bidui_model::{Level, Month, ReturnKind, canonical_row_key};
use polars::prelude::{Column, DataFrame, IntoLazy, PolarsResult, Schema};
use polars::sql::SQLContext;
use rayon::prelude::*;
use rust_xlsxwriter::XlsxError;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The relations of the month by name, with `people` and `warned`.
pub type Relations = BTreeMap<String, DataFrame>;

/// What lists show that is not in a relation.
#[derive(Clone, Debug)]
pub struct ListContext {
    pub month: Month,
    /// `柳江区`.
    pub county: String,
    /// `柳州市柳江区乡村振兴局`.
    pub bureau: String,
    /// What the lists were made with, as name and value: engine, rule pack, parameters.
    pub run_note: Vec<(String, String)>,
    pub choices: Choices,
    /// Code and name of every town of the county.
    pub towns: Vec<(String, String)>,
    /// Code, name and the town's code of every village.
    pub villages: Vec<(String, String, String)>,
    /// Every department that supplies an extract.
    pub departments: Vec<String>,
    /// Year, month and day for the documents' properties: a day of the month, never today.
    pub created: (u16, u8, u8),
    /// For sheets that come back.
    pub row_tags: RowTags,
}

/// Makes the tag of a row from the list's id and the row's key. This room knows neither a key nor how a tag is made.
#[derive(Clone)]
pub struct RowTags(Arc<RowTag>);

type RowTag = dyn Fn(&str, &str) -> String + Send + Sync;

impl RowTags {
    pub fn new(tag: impl Fn(&str, &str) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(tag))
    }
}

impl fmt::Debug for RowTags {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("RowTags")
    }
}

/// A row of a sheet that comes back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IssuedRow {
    pub kind: ReturnKind,
    /// As [`bidui_model::canonical_row_key`] makes it.
    pub row_key: String,
    pub tag: String,
}

/// A file of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenList {
    pub list: String,
    /// Relative to the folder, with `/`.
    pub file: String,
    /// The town's code or the department's name; empty for a list that is not split, and for rows without a key.
    pub key: String,
    /// Rows on all sheets.
    pub rows: usize,
    /// Rows by sheet.
    pub sheet_rows: Vec<(String, usize)>,
    /// Rows of sheets that come back, each key once, in the order of the sheets.
    pub issued: Vec<IssuedRow>,
    /// By which days its rows are due.
    pub deadlines: Deadlines,
}

/// Writes every list under `out` (the folder that is being staged). The result is in the order of the lists, then of the files.
pub fn render_lists(
    lists: &[ListPlan],
    relations: &Relations,
    context: &ListContext,
    out: &Path,
) -> Result<Vec<WrittenList>, EmitError> {
    let asked: Vec<Vec<DataFrame>> =
        lists.iter().map(|list| ask(list, relations, context)).collect::<Result<_, _>>()?;
    let mut files = Vec::new();
    for (list, frames) in lists.iter().zip(&asked) {
        files.extend(deal(list, frames, context)?);
    }
    refuse_same_files(&files)?;
    for file in &files {
        if let Some(folder) = out.join(&file.path).parent() {
            crate::staging::make_private_folder(folder)?;
        }
    }
    let written: Vec<WrittenList> = files.par_iter().map(|file| file.write(context, out)).collect::<Result<_, _>>()?;
    write_covers(lists, &written, context, out)?;
    Ok(written)
}

/// Whom the lists show by name, beside those that signals and flaws name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Households whose heads are named.
    pub households: BTreeSet<String>,
    pub persons: BTreeSet<String>,
}

/// Asks every query that names `heads`, or names `people` and gives `person_no`, before any name is there, so that names are read of nobody
/// but those who will be printed. In `relations` those two tables may be empty.
pub fn asked_for(lists: &[ListPlan], relations: &Relations, context: &ListContext) -> Result<Asked, EmitError> {
    let mut asked = Asked::default();
    for list in lists {
        let mut known = KnownCtes::default();
        for sheet in &list.sheets {
            let (heads, people) = (sheet.query.reads("heads"), sheet.query.reads("people"));
            let gives_person = sheet.query.names.used.iter().any(|(_, name)| name == "person_no");
            if !(heads || people && gives_person) {
                continue;
            }
            let frame = ask_sheet((list, sheet), relations, context, &mut known)?;
            let take = |column: &str, into: &mut BTreeSet<String>| -> PolarsResult<()> {
                if let Ok(column) = frame.column(column) {
                    into.extend(column.str()?.iter().flatten().map(str::to_owned));
                }
                Ok(())
            };
            let taken = if heads { take("household_id", &mut asked.households) } else { Ok(()) };
            taken.and_then(|()| take("person_no", &mut asked.persons)).map_err(query_error(list))?;
        }
    }
    Ok(asked)
}

/// The rows of each sheet of a list.
pub(crate) fn ask(list: &ListPlan, relations: &Relations, context: &ListContext) -> Result<Vec<DataFrame>, EmitError> {
    let mut known = KnownCtes::default();
    list.sheets.iter().map(|sheet| ask_sheet((list, sheet), relations, context, &mut known)).collect()
}

fn ask_sheet(
    (list, sheet): (&ListPlan, &SheetPlan),
    relations: &Relations,
    context: &ListContext,
    known: &mut KnownCtes,
) -> Result<DataFrame, EmitError> {
    let sql = SQLContext::new();
    for table in &sheet.query.tables {
        let frame = match (relations.get(table), table.as_str()) {
            (Some(frame), _) => frame.clone(),
            (None, "towns") => towns(context),
            (None, "villages") => villages(context),
            (None, _) => {
                return Err(EmitError::Missing { list: list.id.clone(), missing: table.clone() });
            }
        };
        sql.register(table, frame.lazy());
    }
    sheet.query.run(sql, known).map_err(query_error(list))
}

fn query_error(list: &ListPlan) -> impl Fn(polars::prelude::PolarsError) -> EmitError {
    let list = list.id.clone();
    move |source| EmitError::Query { list: list.clone(), source }
}

fn towns(context: &ListContext) -> DataFrame {
    let towns = context.towns.iter();
    let (codes, names): (Vec<_>, Vec<_>) = towns.map(|(code, name)| (code.as_str(), name.as_str())).unzip();
    frame(&towns_schema(), vec![codes, names])
}

fn villages(context: &ListContext) -> DataFrame {
    let column = |pick: fn(&(String, String, String)) -> &String| {
        let picked = context.villages.iter().map(pick);
        picked.map(String::as_str).collect::<Vec<_>>()
    };
    let columns = vec![column(|village| &village.0), column(|village| &village.1), column(|village| &village.2)];
    frame(&villages_schema(), columns)
}

fn frame(schema: &Schema, columns: Vec<Vec<&str>>) -> DataFrame {
    let named = schema.iter_names().zip(columns);
    let columns: Vec<_> = named.map(|(name, values)| Column::new(name.clone(), values)).collect();
    let height = columns.first().map_or(0, Column::len);
    // Columns of one length and different names always make a frame.
    DataFrame::new(height, columns).unwrap_or_else(|_| DataFrame::empty_with_schema(schema))
}

/// A file and the rows that go into it.
struct FileOfList<'a> {
    list: &'a ListPlan,
    frames: &'a [DataFrame],
    path: PathBuf,
    key: String,
    /// In the title: the town, the department or the county.
    scope: String,
    /// For each sheet, the places of its rows in the frame, in the query's order.
    places: Vec<Vec<usize>>,
}

/// Deals a list's rows out to its files. No row is left.
fn deal<'a>(
    list: &'a ListPlan,
    frames: &'a [DataFrame],
    context: &ListContext,
) -> Result<Vec<FileOfList<'a>>, EmitError> {
    let mut dealt: BTreeMap<String, Vec<Vec<usize>>> = BTreeMap::new();
    let no_rows = || vec![Vec::new(); frames.len()];
    if list.split == Split::None {
        dealt.insert(String::new(), no_rows());
    }
    for key in expected_keys(list, context) {
        dealt.insert(key, no_rows());
    }
    for (sheet, frame) in frames.iter().enumerate() {
        for (place, key) in keys(list, frame)?.into_iter().enumerate() {
            dealt.entry(key).or_insert_with(no_rows)[sheet].push(place);
        }
    }
    dealt
        .into_iter()
        .map(|(key, places)| {
            let (path, scope) = place_and_scope(list, &key, &places, context)?;
            Ok(FileOfList { list, frames, path, key, scope, places })
        })
        .collect()
}

fn expected_keys(list: &ListPlan, context: &ListContext) -> Vec<String> {
    match list.split {
        Split::Town if list.all => context.towns.iter().map(|(code, _)| code.clone()).collect(),
        Split::Department if list.all => context.departments.clone(),
        _ => Vec::new(),
    }
}

/// The split's key of every row; empty where there is none.
fn keys(list: &ListPlan, frame: &DataFrame) -> Result<Vec<String>, EmitError> {
    let Some(column) = list.split.key_column() else {
        return Ok(vec![String::new(); frame.height()]);
    };
    let read = || -> PolarsResult<Vec<String>> {
        let keys = frame.column(column)?.str()?.iter();
        Ok(keys.map(|key| key.unwrap_or_default().to_owned()).collect())
    };
    read().map_err(query_error(list))
}

fn place_and_scope(
    list: &ListPlan,
    key: &str,
    places: &[Vec<usize>],
    context: &ListContext,
) -> Result<(PathBuf, String), EmitError> {
    let Some(column) = list.split.key_column() else {
        return Ok((PathBuf::from(&list.file), context.county.clone()));
    };
    if key.is_empty() {
        // A file that lies in no department's folder is nobody's, and must stop no month.
        let unknown = (list.split == Split::Department).then(|| format!("district/{}（未知部门）.xlsx", list.title));
        let Some(file) = list.file_without_key.clone().or(unknown) else {
            return Err(EmitError::NoHome {
                list: list.id.clone(),
                key: column,
                rows: places.iter().map(Vec::len).sum(),
            });
        };
        return Ok((PathBuf::from(file), format!("{}（未归属）", context.county)));
    }
    let named = |code: &str| {
        let town = context.towns.iter().find(|(town, _)| town == code);
        town.map_or_else(|| code.to_owned(), |(_, name)| name.clone())
    };
    let values: Vec<(&str, String)> = match list.split {
        Split::None => Vec::new(),
        Split::Town => vec![("town_code", key.to_owned()), ("town", named(key))],
        Split::Department => vec![("department", key.to_owned())],
        Split::Village => {
            let village = context.villages.iter().find(|(code, ..)| code == key);
            let (name, town) = village.map_or((key, ""), |(_, name, town)| (name, town));
            vec![
                ("village_code", key.to_owned()),
                ("village", name.to_owned()),
                ("town_code", town.to_owned()),
                ("town", named(town)),
            ]
        }
    };
    let scope = match list.split {
        Split::Department => key.to_owned(),
        Split::Village => format!("{}{}", values[3].1, values[1].1),
        _ => named(key),
    };
    let mut file = list.file.clone();
    for (name, value) in values {
        file = file.replace(&format!("{{{name}}}"), &file_name_part(&value));
    }
    Ok((PathBuf::from(file), scope))
}

/// A value as a part of a path: nothing in it may lead elsewhere.
fn file_name_part(value: &str) -> String {
    let plain = |character: char| {
        let forbidden = matches!(character, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
        if forbidden || character.is_control() { '_' } else { character }
    };
    let part: String = value.chars().map(plain).collect();
    match part.trim_matches(['.', ' ']) {
        "" => "_".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}

fn refuse_same_files(files: &[FileOfList<'_>]) -> Result<(), EmitError> {
    let mut seen: BTreeMap<&Path, &str> = BTreeMap::new();
    for file in files {
        if file.path.file_name().is_some_and(|name| name == COVER_FILE) {
            let (list, other, path) = (file.list.id.clone(), COVER_SHEET.to_owned(), file.path.clone());
            return Err(EmitError::SameFile { list, other, path });
        }
        if let Some(other) = seen.insert(&file.path, &file.list.id) {
            return Err(EmitError::SameFile {
                list: file.list.id.clone(),
                other: other.to_owned(),
                path: file.path.clone(),
            });
        }
    }
    Ok(())
}

impl FileOfList<'_> {
    fn write(&self, context: &ListContext, out: &Path) -> Result<WrittenList, EmitError> {
        let (mut rows, mut issued) = (Vec::new(), Vec::new());
        let deadlines = Deadlines::of(self.list, self.frames, &self.places, context).map_err(query_error(self.list))?;
        for ((sheet, frame), places) in self.list.sheets.iter().zip(self.frames).zip(&self.places) {
            let mut of_sheet = sheet_rows(sheet, frame, places).map_err(query_error(self.list))?;
            issued.extend(self.tag(sheet, frame, places, (&mut of_sheet, context))?);
            rows.push(of_sheet);
        }
        let path = out.join(&self.path);
        let failed = |source| match source {
            // A full disk is told as one, whatever was written to it.
            XlsxError::IoError(source) => EmitError::Io { action: "写", path: path.clone(), source },
            source => EmitError::Workbook { path: path.clone(), source },
        };
        let mut workbook = make_workbook(self.list, (&self.scope, &self.key), &rows, context).map_err(failed)?;
        let counts: Vec<usize> = rows.iter().map(Vec::len).collect();
        // The workbook has them all once more.
        drop(rows);
        workbook.save(&path).map_err(failed)?;
        let names = self.list.sheets.iter().map(|sheet| sheet.name.clone());
        Ok(WrittenList {
            list: self.list.id.clone(),
            file: self.path.to_string_lossy().replace('\\', "/"),
            key: self.key.clone(),
            rows: counts.iter().sum(),
            sheet_rows: names.zip(counts).collect(),
            issued,
            deadlines,
        })
    }

    /// Gives each row of a sheet that comes back its tag.
    fn tag(
        &self,
        sheet: &SheetPlan,
        frame: &DataFrame,
        places: &[usize],
        (rows, context): (&mut [SheetRow], &ListContext),
    ) -> Result<Vec<IssuedRow>, EmitError> {
        let Some(returns) = &sheet.returns else { return Ok(Vec::new()) };
        let column = frame.column(&returns.row_key).and_then(|column| column.str()).map_err(query_error(self.list))?;
        let (mut issued, mut seen) = (Vec::new(), BTreeSet::new());
        for (row, place) in rows.iter_mut().zip(places) {
            let row_key = canonical_row_key(column.get(*place).unwrap_or_default());
            if row_key.is_empty() {
                return Err(EmitError::NoRowKey { list: self.list.id.clone(), key: returns.row_key.clone() });
            }
            let tag = (context.row_tags.0)(&self.list.id, &row_key);
            row.tag = Some(tag.clone());
            if seen.insert(row_key.clone()) {
                issued.push(IssuedRow { kind: returns.kind, row_key, tag });
            }
        }
        Ok(issued)
    }
}

fn sheet_rows(sheet: &SheetPlan, frame: &DataFrame, places: &[usize]) -> PolarsResult<Vec<SheetRow>> {
    let columns: Vec<(Option<&Column>, Option<&Column>)> = sheet
        .columns
        .iter()
        .map(|column| {
            let value = match column.value.as_str() {
                ColumnPlan::RUNNING_NUMBER => None,
                name => Some(frame.column(name)?),
            };
            let colour = column.colour_by.as_ref().map(|name| frame.column(name));
            Ok((value, colour.transpose()?))
        })
        .collect::<PolarsResult<_>>()?;
    let group = sheet.group_by.as_ref().map(|name| frame.column(name)).transpose()?;
    let mut is_shaded = false;
    let mut before: Option<usize> = None;
    let mut rows = Vec::with_capacity(places.len());
    for (number, &place) in (1..).zip(places) {
        let mut cells = Vec::with_capacity(columns.len());
        for ((value, colour), plan) in columns.iter().zip(&sheet.columns) {
            let cell = match value {
                Some(column) => Cell::new(&column.get(place)?, &plan.format),
                None => Cell::Integer(number),
            };
            cells.push((cell, level(*colour, place)));
        }
        if let (Some(column), Some(before)) = (group, before) {
            is_shaded ^= column.get(before)? != column.get(place)?;
        }
        before = Some(place);
        rows.push(SheetRow { is_shaded, cells, tag: None });
    }
    Ok(rows)
}

fn level(column: Option<&Column>, place: usize) -> Option<Level> {
    let value = column?.get(place).ok()?;
    Level::from_code(value.get_str()?)
}
