//! A file that is being written, of any form, and the place of each row in it.

use std::path::{Path, PathBuf};

use crate::biff::XlsFile;
use crate::layout::{Column, Form, Layout, Split};
use crate::options::SynthError;
use crate::parquet_file::ParquetFile;
use crate::spelling::Out;
use crate::text_file::TextFile;
use crate::xlsx_file::XlsxFile;

/// One file of one feed and month.
pub(crate) struct Table {
    pub(crate) layout: Layout,
    /// Relative to the month's inbox.
    pub(crate) file: String,
    title: String,
    body: Body,
    /// Sheets in the order of their first row: name, next row from 0, rows of data.
    sheets: Vec<Sheet>,
    stopped: bool,
}

struct Sheet {
    name: String,
    next: u32,
    /// The heading's last row, from 0.
    heading: u32,
    rows: u32,
    /// How often the name has been taken up again because a sheet was full.
    part: usize,
}

enum Body {
    Text(TextFile),
    Xlsx(Box<XlsxFile>),
    Xls(XlsFile),
    Parquet(Box<ParquetFile>),
}

/// Where a row came to stand: the sheet's name, and the row as a spreadsheet program counts.
pub(crate) struct RowPlace {
    pub(crate) sheet: String,
    pub(crate) row: u32,
}

pub(crate) fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> SynthError + use<> {
    let path = PathBuf::from(path);
    move |source| SynthError::Io { path, source }
}

impl Table {
    /// `streaming` keeps workbooks out of memory, at the price of merged cells.
    pub(crate) fn create(
        path: &Path,
        file: String,
        title: String,
        layout: Layout,
        streaming: bool,
    ) -> Result<Self, SynthError> {
        let body = match layout.form {
            Form::Text { encoding, delimiter, quoted } => {
                Body::Text(TextFile::create(path, encoding, delimiter, quoted)?)
            }
            Form::Xlsx => Body::Xlsx(Box::new(XlsxFile::create(path, streaming, layout.since_1904))),
            Form::Xls => Body::Xls(XlsFile::create(path)),
            Form::Parquet => Body::Parquet(Box::new(ParquetFile::create(path, &layout.headings)?)),
        };
        Ok(Self { layout, file, title, body, sheets: Vec::new(), stopped: false })
    }

    /// Writes a row, in the order of the layout's columns, on this sheet if the file has one for each town.
    pub(crate) fn row(
        &mut self,
        sheet: &str,
        cells: &[Out],
        decoy: &Out,
        remark: &Out,
    ) -> Result<RowPlace, SynthError> {
        let split = self.layout.form.is_workbook() && self.layout.sheets == Split::Town;
        let place = self.sheet(if split { sheet } else { "Sheet1" })?;
        let number = self.sheets[place].rows + 1;
        if self.layout.blank_every > 0 && number.is_multiple_of(self.layout.blank_every) {
            self.put(place, &[])?;
        }
        if self.layout.heading_every > 0 && number.is_multiple_of(self.layout.heading_every) {
            let heading: Vec<Out> = self.layout.headings.iter().map(|heading| Out::Text(heading.clone())).collect();
            self.put(place, &heading)?;
        }
        let arranged: Vec<Out> = self
            .layout
            .columns
            .iter()
            .map(|column| match column {
                Column::Serial => Out::Text(number.to_string()),
                Column::Feed(index) => cells.get(*index).cloned().unwrap_or(Out::Empty),
                Column::Remark => remark.clone(),
                Column::Decoy => decoy.clone(),
            })
            .collect();
        self.put(place, &arranged)?;
        if self.layout.filtered
            && number.is_multiple_of(3)
            && let Body::Xlsx(file) = &mut self.body
        {
            file.hide_row(place, self.sheets[place].next - 1)?;
        }
        let sheet = &mut self.sheets[place];
        sheet.rows += 1;
        let name = if self.layout.form.is_workbook() { sheet.name.clone() } else { String::new() };
        Ok(RowPlace { sheet: name, row: sheet.next })
    }

    /// Merges the first columns of the feed over the rows of one household, from `first` to `last`, where people would.
    pub(crate) fn merge_down(&mut self, first: &RowPlace, last: &RowPlace, cells: &[Out]) -> Result<(), SynthError> {
        let Body::Xlsx(file) = &mut self.body else { return Ok(()) };
        let Some(place) = self.sheets.iter().position(|sheet| sheet.name == first.sheet) else { return Ok(()) };
        for (index, cell) in cells.iter().enumerate() {
            let column = self.layout.columns.iter().position(|column| *column == Column::Feed(index));
            if let (Some(column), Out::Text(text)) = (column, cell) {
                file.merge(place, (first.row - 1, last.row - 1, column, column), text)?;
            }
        }
        Ok(())
    }

    /// Footers and the hidden sheet; then the file is closed.
    pub(crate) fn finish(mut self) -> Result<(), SynthError> {
        if self.sheets.is_empty() {
            self.sheet("Sheet1")?;
        }
        self.stopped = true;
        if self.layout.filtered
            && let Body::Xlsx(file) = &mut self.body
        {
            for (place, sheet) in self.sheets.iter().enumerate() {
                file.filter(place, (sheet.heading, sheet.next.saturating_sub(1)), self.layout.headings.len())?;
            }
        }
        if self.layout.footer {
            for place in 0..self.sheets.len() {
                self.foot(place)?;
            }
        }
        if self.layout.hidden_sheet
            && let Body::Xlsx(file) = &mut self.body
        {
            let stale: Vec<Out> = self.layout.headings.iter().map(|_| Out::Text("旧数据勿用".to_owned())).collect();
            file.hidden_sheet("上月底稿", &[heading_row(&self.layout), stale])?;
        }
        match self.body {
            Body::Text(file) => file.finish(),
            Body::Xlsx(file) => file.finish(),
            Body::Xls(file) => file.finish(),
            Body::Parquet(file) => file.finish(),
        }
    }

    fn foot(&mut self, place: usize) -> Result<(), SynthError> {
        let rows = self.sheets[place].rows;
        let mut total = vec![Out::Text("合计".to_owned())];
        if self.layout.columns.first() == Some(&Column::Serial) {
            // Beneath a money column departments have a sum; the count of rows beneath the last is as common.
            total.resize(self.layout.columns.len(), Out::Empty);
            if self.layout.columns.last() == Some(&Column::Remark)
                && let Some(last) = total.last_mut()
            {
                *last = Out::Text(format!("共{rows}条"));
            }
        }
        self.put(place, &total)?;
        self.put(place, &[])?;
        self.put(place, &[Out::Text("制表人：        审核人：        填表日期：".to_owned())])
    }

    /// The place of a sheet of this name, begun if there is none.
    fn sheet(&mut self, name: &str) -> Result<usize, SynthError> {
        let limit = match self.layout.form {
            Form::Xlsx => 1_000_000,
            Form::Xls => 60_000,
            _ => u32::MAX,
        };
        let mut part = 1;
        if let Some(place) = self.sheets.iter().rposition(|sheet| base_name(&sheet.name) == name) {
            if self.sheets[place].next < limit || self.stopped {
                return Ok(place);
            }
            part = self.sheets[place].part + 1;
        }
        let full = if part == 1 { name.to_owned() } else { format!("{name}({part})") };
        match &mut self.body {
            Body::Xlsx(file) => file.add_sheet(&full)?,
            Body::Xls(file) => file.add_sheet(&full),
            Body::Text(_) | Body::Parquet(_) => {}
        }
        self.sheets.push(Sheet { name: full, next: 0, heading: 0, rows: 0, part });
        let place = self.sheets.len() - 1;
        self.head(place)?;
        self.sheets[place].heading = self.sheets[place].next.saturating_sub(1);
        Ok(place)
    }

    /// Titles and headings.
    fn head(&mut self, place: usize) -> Result<(), SynthError> {
        if self.layout.form == Form::Parquet {
            self.sheets[place].next = 1;
            return Ok(());
        }
        let titles = [self.title.clone(), "填报单位（盖章）：".to_owned(), "单位：人、元".to_owned()];
        for title in titles.into_iter().take(self.layout.titles) {
            let row = self.sheets[place].next;
            self.put(place, &[Out::Text(title.clone())])?;
            if let Body::Xlsx(file) = &mut self.body {
                file.merge(place, (row, row, 0, self.layout.headings.len() - 1), &title)?;
            }
        }
        if !self.layout.headings.iter().any(|heading| heading.contains('/')) {
            return self.put(place, &heading_row(&self.layout));
        }
        self.two_level_heading(place)
    }

    fn two_level_heading(&mut self, place: usize) -> Result<(), SynthError> {
        let upper_row = self.sheets[place].next;
        let headings = self.layout.headings.clone();
        let parts: Vec<(&str, Option<&str>)> = headings
            .iter()
            .map(|heading| {
                heading.split_once('/').map_or((heading.as_str(), None), |(upper, lower)| (upper, Some(lower)))
            })
            .collect();
        let upper: Vec<Out> = parts.iter().map(|(upper, _)| Out::Text((*upper).to_owned())).collect();
        let lower: Vec<Out> =
            parts.iter().map(|(_, lower)| lower.map_or(Out::Empty, |lower| Out::Text(lower.to_owned()))).collect();
        self.put(place, &upper)?;
        self.put(place, &lower)?;
        let Body::Xlsx(file) = &mut self.body else { return Ok(()) };
        let mut first = 0;
        while first < parts.len() {
            let (name, below) = parts[first];
            let mut last = first;
            while below.is_some() && last + 1 < parts.len() && parts[last + 1].1.is_some() && parts[last + 1].0 == name
            {
                last += 1;
            }
            let bottom = if below.is_some() { upper_row } else { upper_row + 1 };
            file.merge(place, (upper_row, bottom, first, last), name)?;
            first = last + 1;
        }
        Ok(())
    }

    fn put(&mut self, place: usize, cells: &[Out]) -> Result<(), SynthError> {
        let row = self.sheets[place].next;
        match &mut self.body {
            Body::Text(file) => file.row(cells, self.layout.headings.len())?,
            Body::Xlsx(file) => file.row(place, row, cells)?,
            Body::Xls(file) => file.row(place, row, cells),
            Body::Parquet(file) => file.row(cells)?,
        }
        self.sheets[place].next += 1;
        Ok(())
    }
}

fn heading_row(layout: &Layout) -> Vec<Out> {
    layout.headings.iter().map(|heading| Out::Text(heading.clone())).collect()
}

/// The sheet's name without the number of its continuation.
fn base_name(name: &str) -> &str {
    name.split_once('(').map_or(name, |(base, _)| base)
}
