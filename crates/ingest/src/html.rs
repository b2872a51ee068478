//! Pages with tables, as web programs and spreadsheets export them under the name .xls.
//!
//! Taken: any markup a browser takes; every table is a sheet, numbered as they begin, and one inside a cell of another too, unless it has a
//! single row (that is layout, and its text the cell's); tags that were never closed; `rowspan` (a merged cell) and `colspan`; `<br>` as a
//! line break. Not taken: number formats and what else Excel hides in attributes (all values are text, as a reader of the page sees them),
//! styles, hidden rows as hidden. A table is held until it ends, since another may begin within it.

use std::fs::File;

use bidui_model::CellKind;
use html5gum::{DefaultEmitter, IoReader, StartTag, Token, Tokenizer};

use crate::cells::guarded;
use crate::page_text::PageText;
use crate::problem::FileProblem;
use crate::row::Row;
use crate::row_sink::{COLUMNS, MERGES, Merge, ROW_BYTES, ROWS, RowSink};

/// Tables within tables within tables.
const DEPTH: usize = 32;
/// As browsers limit them.
const COLUMN_SPAN: u32 = 1000;
const ROW_SPAN: u32 = 65_534;

pub(crate) fn read_html(file: File, name: &str, sink: &mut dyn RowSink) -> Result<(), FileProblem> {
    let text = PageText::open(file, name)?;
    let mut emitter = DefaultEmitter::default();
    // A script may hold what looks like tags.
    emitter.naively_switch_states(true);
    let mut tokens = Tokenizer::new_with_emitter(IoReader::new(text), emitter);
    let mut page = Page { name, sink, tables: Vec::new(), sheets: 0, has_frames: false };
    loop {
        let token = guarded(|| tokens.next()).ok_or_else(|| page.damaged("网页结构"))?;
        match token {
            None => break,
            Some(Ok(Token::StartTag(tag))) => page.start_tag(&tag)?,
            Some(Ok(Token::EndTag(tag))) => page.end_tag(&tag.name)?,
            Some(Ok(Token::String(text))) => page.text(&text)?,
            Some(Ok(_)) => {}
            Some(Err(error)) => return Err(FileProblem::io(name, &error)),
        }
    }
    while !page.tables.is_empty() {
        page.end_table()?;
    }
    page.finish()
}

struct Page<'a> {
    name: &'a str,
    sink: &'a mut dyn RowSink,
    /// Those that are open, the innermost last.
    tables: Vec<Table>,
    /// Tables so far.
    sheets: u32,
    has_frames: bool,
}

#[derive(Default)]
struct Table {
    number: u32,
    /// Those with values, by their numbers.
    rows: Vec<(u32, OpenRow)>,
    /// Of the last row that ended.
    last: u32,
    row: Option<OpenRow>,
    /// By column: into how many of the rows below a cell still reaches.
    below: Vec<u32>,
}

#[derive(Default)]
struct OpenRow {
    row: Row,
    /// Where the next cell is looked for.
    column: u32,
    cell: Option<OpenCell>,
    /// Columns with a cell that reaches into so many of the rows below.
    merges: Vec<(u32, u32)>,
}

struct OpenCell {
    columns: u32,
    rows: u32,
    text: String,
}

impl Page<'_> {
    fn damaged(&self, what: &str) -> FileProblem {
        let (number, last) = self.tables.last().map_or((self.sheets, 0), |table| (table.number, table.last));
        FileProblem::damaged(self.name, &format!("表{number}"), Some(last + 1), what)
    }

    fn start_tag(&mut self, tag: &StartTag<()>) -> Result<(), FileProblem> {
        match &**tag.name {
            b"table" => return self.start_table(),
            b"tr" => {
                if self.tables.is_empty() {
                    self.start_table()?;
                }
                self.end_row()?;
                if let Some(table) = self.tables.last_mut() {
                    table.row = Some(OpenRow::default());
                }
            }
            b"td" | b"th" => {
                self.end_cell()?;
                let span = |name: &[u8], most: u32| {
                    let text = tag.attributes.get(name).map(|value| String::from_utf8_lossy(value).trim().to_owned());
                    text.and_then(|text| text.parse::<u32>().ok()).unwrap_or(1).min(most)
                };
                // A row span of none reaches to the table's end.
                let rows = match span(b"rowspan", ROW_SPAN) {
                    0 => ROW_SPAN,
                    rows => rows,
                };
                let columns = span(b"colspan", COLUMN_SPAN).max(1);
                if let Some(row) = self.tables.last_mut().map(|table| table.row.get_or_insert_default()) {
                    row.cell = Some(OpenCell { columns, rows, text: String::new() });
                }
            }
            b"br" => self.push("\n")?,
            b"frame" | b"frameset" => self.has_frames = true,
            _ => {}
        }
        Ok(())
    }

    fn end_tag(&mut self, name: &[u8]) -> Result<(), FileProblem> {
        match name {
            b"table" if !self.tables.is_empty() => self.end_table(),
            b"tr" | b"tbody" | b"thead" | b"tfoot" => self.end_row(),
            b"td" | b"th" => self.end_cell(),
            _ => Ok(()),
        }
    }

    /// Text as a browser shows it: line ends and runs of blanks are one blank.
    fn text(&mut self, bytes: &[u8]) -> Result<(), FileProblem> {
        let text = String::from_utf8_lossy(bytes);
        let mut words = text.split_ascii_whitespace();
        let Some(first) = words.next() else { return self.blank() };
        if text.starts_with(|c: char| c.is_ascii_whitespace()) {
            self.blank()?;
        }
        self.push(first)?;
        for word in words {
            self.blank()?;
            self.push(word)?;
        }
        if text.ends_with(|c: char| c.is_ascii_whitespace()) { self.blank() } else { Ok(()) }
    }

    fn blank(&mut self) -> Result<(), FileProblem> {
        let is_new = self.cell().is_some_and(|cell| !cell.text.is_empty() && !cell.text.ends_with([' ', '\n']));
        if is_new { self.push(" ") } else { Ok(()) }
    }

    fn push(&mut self, text: &str) -> Result<(), FileProblem> {
        let Some(cell) = self.cell() else { return Ok(()) };
        cell.text.push_str(text);
        if cell.text.len() > ROW_BYTES { Err(self.damaged("一格文字过长")) } else { Ok(()) }
    }

    fn cell(&mut self) -> Option<&mut OpenCell> {
        self.tables.last_mut()?.row.as_mut()?.cell.as_mut()
    }

    fn start_table(&mut self) -> Result<(), FileProblem> {
        if self.tables.len() >= DEPTH {
            return Err(self.damaged("表格嵌套过深"));
        }
        self.sheets += 1;
        self.tables.push(Table { number: self.sheets, ..Table::default() });
        Ok(())
    }

    fn end_table(&mut self) -> Result<(), FileProblem> {
        self.end_row()?;
        let Some(mut table) = self.tables.pop() else { return Ok(()) };
        if table.last <= 1 && !self.tables.is_empty() {
            for (_, row) in table.rows {
                let row = row.row.view();
                for column in 0..row.cells.len() {
                    self.blank()?;
                    self.push(row.get(column).text)?;
                }
            }
            return Ok(());
        }
        if table.rows.is_empty() {
            return Ok(());
        }
        self.sink.open_sheet(&format!("表{}", table.number))?;
        let merged: usize = table.rows.iter().map(|(_, row)| row.merges.len()).sum();
        if merged > MERGES {
            return Err(self.damaged("合并单元格过多"));
        }
        for (number, row) in table.rows.drain(..) {
            for (column, rows) in row.merges {
                self.sink.merge(Merge { first: number, last: number.saturating_add(rows), column })?;
            }
            self.sink.row(number, row.row.view())?;
        }
        self.sink.close_sheet()
    }

    fn end_cell(&mut self) -> Result<(), FileProblem> {
        let Some(table) = self.tables.last_mut() else { return Ok(()) };
        let Some(row) = table.row.as_mut() else { return Ok(()) };
        let Some(cell) = row.cell.take() else { return Ok(()) };
        while table.below.get(row.column as usize).is_some_and(|rows| *rows > 0) {
            row.column += 1;
        }
        let (column, end) = (row.column, row.column + cell.columns);
        // A colspan may reach past the last column of a sheet where no value stands.
        if column >= COLUMNS {
            return Err(self.damaged("一行的列数过多"));
        }
        row.row.set(column as usize, CellKind::Text, cell.text.trim_end());
        row.column = end;
        if cell.rows > 1 {
            row.merges.extend((column..end.min(COLUMNS)).map(|column| (column, cell.rows - 1)));
        }
        let is_long = row.row.text_bytes() > ROW_BYTES || row.merges.len() > COLUMNS as usize;
        if is_long { Err(self.damaged("一行文字过长")) } else { Ok(()) }
    }

    fn end_row(&mut self) -> Result<(), FileProblem> {
        self.end_cell()?;
        let Some(table) = self.tables.last_mut() else { return Ok(()) };
        let Some(row) = table.row.take() else { return Ok(()) };
        table.below.iter_mut().for_each(|rows| *rows = rows.saturating_sub(1));
        for (column, rows) in &row.merges {
            let column = *column as usize;
            if table.below.len() <= column {
                table.below.resize(column + 1, 0);
            }
            table.below[column] = *rows;
        }
        if table.last >= ROWS {
            return Err(self.damaged("行数超出表格范围"));
        }
        table.last += 1;
        if row.row.view().first_filled().is_some() {
            table.rows.push((table.last, row));
        }
        Ok(())
    }

    fn finish(self) -> Result<(), FileProblem> {
        let found = if self.has_frames {
            "是网页（HTML）的外框，表格在另外的文件里"
        } else {
            "是网页（HTML），里面没有表格"
        };
        if self.sheets == 0 {
            return Err(FileProblem::unknown_form(self.name, found, "请用表格软件打开后另存为xlsx或CSV再报送"));
        }
        Ok(())
    }
}
