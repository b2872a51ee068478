//! What people do to a list between getting it and sending it back. A list as it was rendered is read, filled in by the caller's plan, edited by
//! seeded dice, and written again, as XLSX, XLS or CSV.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(dead_code, unreachable_pub, reason = "every test file compiles this for itself and uses a part of it")]

use std::path::Path;

use bidui_synth::{SheetCell, write_xls};
use calamine::{Data, Reader, Xlsx, open_workbook};
use rust_xlsxwriter::{Format, Workbook};

pub type Row = Vec<SheetCell>;

/// Dice that fall the same way for the same seed (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
    pub fn below(&mut self, end: usize) -> usize {
        (self.roll() % end.max(1) as u64) as usize
    }
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// A sheet: rows above, a heading, the list's rows, rows below.
#[derive(Clone, Debug)]
pub struct Page {
    pub name: String,
    pub above: Vec<Row>,
    pub heading: Vec<String>,
    pub rows: Vec<Row>,
    pub below: Vec<Row>,
    /// Of answers: column, first row, last row, by place in `rows`.
    pub merges: Vec<(usize, usize, usize)>,
    pub hidden: Vec<usize>,
}

/// The title of the column that says whose row it is.
pub const HOUSEHOLD: &str = "户编号";

/// Something that was done to a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Edit {
    Sorted,
    /// The left part was sorted and the right was not, or the other way about.
    SortedHalf,
    /// Everything between the key and the tag was sorted, and those two were not.
    SortedBetween,
    /// Another row's cells were pasted over all between the key and the tag.
    PastedOver,
    Filtered,
    RowsDeleted,
    RowsInserted,
    RowCopied,
    RowCopiedAndChanged,
    TitlesInserted,
    TitlesDeleted,
    ColumnsMoved,
    ColumnsAdded,
    Merged,
    KeyRetyped,
    KeyWrongDigit,
    TagDeleted,
    TagsExchanged,
    SheetRenamed,
    Spaced,
}

pub const EDITS: [Edit; 20] = [
    Edit::Sorted,
    Edit::SortedHalf,
    Edit::SortedBetween,
    Edit::PastedOver,
    Edit::Filtered,
    Edit::RowsDeleted,
    Edit::RowsInserted,
    Edit::RowCopied,
    Edit::RowCopiedAndChanged,
    Edit::TitlesInserted,
    Edit::TitlesDeleted,
    Edit::ColumnsMoved,
    Edit::ColumnsAdded,
    Edit::Merged,
    Edit::KeyRetyped,
    Edit::KeyWrongDigit,
    Edit::TagDeleted,
    Edit::TagsExchanged,
    Edit::SheetRenamed,
    Edit::Spaced,
];

pub fn text(cell: &SheetCell) -> String {
    match cell {
        SheetCell::Empty => String::new(),
        SheetCell::Text(text) => text.clone(),
        SheetCell::Number(number) | SheetCell::Day(number) => number.to_string(),
    }
}

pub fn word(text: &str) -> SheetCell {
    if text.is_empty() { SheetCell::Empty } else { SheetCell::Text(text.to_owned()) }
}

impl Page {
    /// The sheet of a rendered list whose heading begins with this title.
    pub fn read(path: &Path, sheet: &str, first_title: &str) -> Self {
        let mut workbook: Xlsx<_> = open_workbook(path).expect("a workbook");
        let range = workbook.worksheet_range(sheet).expect("a sheet");
        let cell = |data: &Data| match data {
            Data::Empty => SheetCell::Empty,
            Data::Float(number) => SheetCell::Number(*number),
            Data::Int(number) => SheetCell::Number(*number as f64),
            Data::DateTime(day) => SheetCell::Day(day.as_f64()),
            other => word(&other.to_string()),
        };
        let rows: Vec<Row> = range.rows().map(|row| row.iter().map(cell).collect()).collect();
        let heading = rows.iter().position(|row| text(&row[0]) == first_title).expect("a heading");
        let end =
            rows[heading + 1..].iter().position(|row| text(&row[0]).is_empty()).unwrap_or(rows.len() - heading - 1);
        Self {
            name: sheet.to_owned(),
            above: rows[..heading].to_vec(),
            heading: rows[heading].iter().map(text).collect(),
            rows: rows[heading + 1..heading + 1 + end].to_vec(),
            below: rows[heading + 1 + end..].to_vec(),
            merges: Vec::new(),
            hidden: Vec::new(),
        }
    }

    pub fn column(&self, title: &str) -> usize {
        self.heading.iter().position(|found| found == title).unwrap_or_else(|| panic!("no column {title}"))
    }

    /// Fills cells in: `plan` has the row's key, and gives titles and values.
    pub fn fill(&mut self, key: &str, mut plan: impl FnMut(&str) -> Vec<(&'static str, SheetCell)>) {
        let key = self.column(key);
        for row in 0..self.rows.len() {
            for (title, value) in plan(&text(&self.rows[row][key])) {
                let column = self.column(title);
                self.rows[row][column] = value;
            }
        }
    }

    /// The row number, from 1, of each row of the list.
    pub fn number(&self, row: usize) -> u32 {
        (self.above.len() + 2 + row) as u32
    }

    /// Does one thing to the list. `key` and `tag` are the titles of the columns that rows attach by, `answers` those that were filled in.
    pub fn edit(&mut self, edit: Edit, dice: &mut Dice, (key, tag, answers): (&str, &str, &[&str])) {
        let (key, tag) = (self.column(key), self.column(tag));
        let some = |dice: &mut Dice, page: &Self| dice.below(page.rows.len());
        if self.rows.is_empty() {
            return;
        }
        match edit {
            Edit::Sorted => {
                self.merges.clear();
                shuffle(&mut self.rows, dice);
            }
            Edit::SortedHalf => {
                let at = 1 + dice.below(self.heading.len() - 1);
                let (from, to) = if dice.one_in(2) { (0, at) } else { (at, self.heading.len()) };
                let mut halves: Vec<Row> = self.rows.iter().map(|row| row[from..to].to_vec()).collect();
                shuffle(&mut halves, dice);
                self.rows.iter_mut().zip(halves).for_each(|(row, half)| row.splice(from..to, half).for_each(drop));
            }
            // Nothing shows it where the household's number is not among what moves.
            Edit::SortedBetween | Edit::PastedOver => {
                let (from, to) = (key.min(tag) + 1, key.max(tag));
                if !self.heading[from.min(to)..to].iter().any(|title| title == HOUSEHOLD) {
                    return;
                }
                let mut between: Vec<Row> = self.rows.iter().map(|row| row[from..to].to_vec()).collect();
                if edit == Edit::SortedBetween {
                    shuffle(&mut between, dice);
                } else {
                    let (one, other) = (some(dice, self), some(dice, self));
                    between[one] = between[other].clone();
                }
                self.merges.clear();
                self.rows.iter_mut().zip(between).for_each(|(row, cells)| row.splice(from..to, cells).for_each(drop));
            }
            Edit::Filtered => self.hidden = (0..self.rows.len()).filter(|_| dice.one_in(2)).collect(),
            Edit::RowsDeleted => {
                self.merges.clear();
                self.rows.retain(|_| !dice.one_in(4));
            }
            Edit::RowsInserted => {
                self.merges.clear();
                let blank = vec![SheetCell::Empty; self.heading.len()];
                let mut note = blank.clone();
                note[2] = word("以下为第二组");
                let at = some(dice, self);
                self.rows.insert(at, if dice.one_in(2) { blank } else { note });
            }
            Edit::RowCopied => self.rows.push(self.rows[some(dice, self)].clone()),
            Edit::RowCopiedAndChanged => {
                let mut row = self.rows[some(dice, self)].clone();
                let column = self.column(dice.pick(answers));
                row[column] = word("另一种说法");
                self.rows.push(row);
            }
            Edit::TitlesInserted => self.above.insert(0, vec![word("附件2：镇上报")]),
            Edit::TitlesDeleted => self.above.clear(),
            Edit::ColumnsMoved => {
                let (from, to) = (dice.below(self.heading.len()), dice.below(self.heading.len()));
                let title = self.heading.remove(from);
                self.heading.insert(to, title);
                self.rows.iter_mut().for_each(|row| {
                    let cell = row.remove(from);
                    row.insert(to, cell);
                });
                self.merges.clear();
            }
            Edit::ColumnsAdded => {
                let at = dice.below(self.heading.len() + 1);
                self.heading.insert(at, "村里备注".to_owned());
                self.rows.iter_mut().for_each(|row| row.insert(at, word("已看")));
                self.merges.clear();
            }
            Edit::Merged => {
                let first = some(dice, self);
                let last = (first + 1 + dice.below(2)).min(self.rows.len() - 1);
                let column = self.column(dice.pick(answers));
                if first < last {
                    self.merges.push((column, first, last));
                    self.rows[first + 1..=last].iter_mut().for_each(|row| row[column] = SheetCell::Empty);
                }
            }
            Edit::KeyRetyped => {
                let row = some(dice, self);
                let wide = |c: char| if c.is_ascii_graphic() { char::from_u32(c as u32 + 0xfee0).unwrap() } else { c };
                let retyped: String = text(&self.rows[row][key]).chars().map(wide).collect();
                self.rows[row][key] = word(&retyped.to_lowercase());
            }
            Edit::KeyWrongDigit => {
                let row = some(dice, self);
                let mut retyped = text(&self.rows[row][key]).into_bytes();
                let digits: Vec<usize> = (0..retyped.len()).filter(|at| retyped[*at].is_ascii_digit()).collect();
                if !digits.is_empty() {
                    let at = dice.pick(&digits);
                    retyped[at] = b'0' + (retyped[at] - b'0' + 1 + dice.below(9) as u8) % 10;
                }
                self.rows[row][key] = word(&String::from_utf8_lossy(&retyped));
            }
            Edit::TagDeleted => {
                let row = some(dice, self);
                self.rows[row][tag] = SheetCell::Empty;
            }
            Edit::TagsExchanged => {
                let (one, other) = (some(dice, self), some(dice, self));
                let kept = self.rows[one][tag].clone();
                self.rows[one][tag] = self.rows[other][tag].clone();
                self.rows[other][tag] = kept;
            }
            Edit::SheetRenamed => self.name = "Sheet1".to_owned(),
            Edit::Spaced => {
                let spaced = |cell: &mut SheetCell| {
                    if let SheetCell::Text(text) = cell {
                        *text = format!(" {text}\u{3000}");
                    }
                };
                self.rows.iter_mut().flatten().for_each(spaced);
                self.heading.iter_mut().for_each(|title| *title = format!("{title} "));
                self.heading.iter_mut().for_each(|title| title.truncate(title.trim_end().len()));
            }
        }
    }

    /// Everything from top to bottom.
    pub fn all(&self) -> Vec<Row> {
        let heading = self.heading.iter().map(|title| word(title)).collect();
        self.above.iter().cloned().chain([heading]).chain(self.rows.clone()).chain(self.below.clone()).collect()
    }
}

fn shuffle<T>(rows: &mut [T], dice: &mut Dice) {
    for last in (1..rows.len()).rev() {
        rows.swap(last, dice.below(last + 1));
    }
}

/// Writes the pages as an XLSX.
pub fn save_xlsx(path: &Path, pages: &[Page]) {
    let mut workbook = Workbook::new();
    let day = Format::new().set_num_format("yyyy/m/d");
    for page in pages {
        let sheet = workbook.add_worksheet().set_name(&page.name).unwrap();
        for (row, cells) in (0..).zip(page.all()) {
            for (column, cell) in (0..).zip(cells) {
                match cell {
                    SheetCell::Empty => Ok(&mut *sheet),
                    SheetCell::Text(text) => sheet.write_string(row, column, text),
                    SheetCell::Number(number) => sheet.write_number(row, column, number),
                    SheetCell::Day(number) => sheet.write_number_with_format(row, column, number, &day),
                }
                .unwrap();
            }
        }
        let row = |place: usize| page.number(place) - 1;
        for (column, first, last) in &page.merges {
            let value = text(&page.rows[*first][*column]);
            let column = *column as u16;
            // Merges that meet cannot stand in one workbook.
            let _ = sheet.merge_range(row(*first), column, row(*last), column, &value, &Format::new());
        }
        page.hidden.iter().for_each(|place| drop(sheet.set_row_hidden(row(*place))));
    }
    workbook.save(path).unwrap();
}

/// Writes the pages in the old format.
pub fn save_xls(path: &Path, pages: &[Page]) {
    let sheets: Vec<_> = pages.iter().map(|page| (page.name.clone(), page.all())).collect();
    write_xls(path, &sheets).unwrap();
}

/// Writes a page as Excel saves a CSV where Chinese is spoken.
pub fn save_csv(path: &Path, page: &Page) {
    let mut written = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    for row in page.all() {
        let day = |cell: &SheetCell| match cell {
            SheetCell::Day(number) => {
                let days = *number as i32 - 25_569;
                bidui_normalize::iso_date(days).replace('-', "/")
            }
            other => text(other).replace('\n', " "),
        };
        written.write_record(row.iter().map(day)).unwrap();
    }
    let text = String::from_utf8(written.into_inner().unwrap()).unwrap();
    std::fs::write(path, encoding_rs::GB18030.encode(&text).0).unwrap();
}
