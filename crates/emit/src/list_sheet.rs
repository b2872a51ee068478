//! One sheet of a list: title, headings, rows, what is filled in, and how it prints.

use crate::cell::Cell;
use crate::layout::{PageLayout, SIDE_MARGIN, line_count, page_layout, row_height, text_width};
use crate::list_plan::{AnswerKind, AnswerPlan, PrintPlan, ReturnPlan, SheetPlan};
use crate::style::{self, Look, Looks, Part};
use bidui_model::Level;
use rust_xlsxwriter::{
    DataValidation, DataValidationRule, ExcelDateTime, Format, Formula, ProtectionOptions, Worksheet, XlsxError,
};
use std::collections::BTreeMap;

/// From here on a column is for sentences.
const NARRATIVE_WIDTH: f64 = 16.0;

/// A row of the sheet: a cell for each printed column, and the level that colours it.
pub(crate) struct SheetRow {
    /// Whether its group is one of those that are shaded.
    pub(crate) is_shaded: bool,
    pub(crate) cells: Vec<(Cell, Option<Level>)>,
    /// On a sheet that comes back.
    pub(crate) tag: Option<String>,
}

/// What a sheet says beside its rows.
#[derive(Clone, Copy)]
pub(crate) struct SheetWords<'a> {
    /// `百朋镇2023年3月`, before the title.
    pub(crate) scope: &'a str,
    pub(crate) bureau: &'a str,
    pub(crate) signature: Option<&'a str>,
    /// For the footer.
    pub(crate) month: &'a str,
    /// Answers' choices to the range of the hidden sheet that holds them.
    pub(crate) choices: &'a BTreeMap<String, String>,
    /// What is to be filled in on other sheets, said where this one is empty.
    pub(crate) elsewhere: &'a str,
}

/// Writes the sheet.
pub(crate) fn write_list_sheet(
    worksheet: &mut Worksheet,
    sheet: &SheetPlan,
    print: PrintPlan,
    rows: &[SheetRow],
    words: &SheetWords<'_>,
) -> Result<(), XlsxError> {
    let PageLayout { widths, pages } = page_layout(sheet, print.pages_wide);
    let mut writer = SheetWriter {
        worksheet,
        sheet,
        printed: sheet.columns.len() as u16,
        answered: (sheet.columns.len() + sheet.answers.len()) as u16,
        columns: widths.len() as u16,
        pages: pages.into_iter().map(|(first, last)| (first as u16, last as u16)).collect(),
        widths,
        next_row: 0,
    };
    if rows.is_empty() && writer.pages.len() > 1 {
        // Nothing to fill in: the other pages would be blank.
        let last = writer.pages[0].1;
        writer.pages = vec![(0, last), (last + 1, writer.columns.saturating_sub(1))];
    }
    writer.widths()?;
    writer.head(rows, words)?;
    let heading = writer.next_row.saturating_sub(1);
    writer.body(rows, words.elsewhere)?;
    if !rows.is_empty() {
        writer.validations(heading + 1, words.choices)?;
    }
    let last = writer.next_row.saturating_sub(1);
    writer.worksheet.autofilter(heading, 0, last, writer.columns.saturating_sub(1))?;
    writer.worksheet.set_freeze_panes(heading + 1, sheet.freeze)?;
    if let Some(signature) = words.signature {
        writer.signature(signature)?;
    }
    if !sheet.answers.is_empty() {
        protect(writer.worksheet);
    }
    writer.page(print, heading, rows.is_empty(), words)
}

struct SheetWriter<'a> {
    worksheet: &'a mut Worksheet,
    sheet: &'a SheetPlan,
    printed: u16,
    /// Where the answers end.
    answered: u16,
    columns: u16,
    /// First and last column of each page side by side.
    pages: Vec<(u16, u16)>,
    /// Of every column: printed ones, answers, tags.
    widths: Vec<f64>,
    next_row: u32,
}

impl SheetWriter<'_> {
    fn widths(&mut self) -> Result<(), XlsxError> {
        for (column, width) in (0..).zip(&self.widths) {
            self.worksheet.set_column_width(column, *width)?;
        }
        Ok(())
    }

    /// The last printed column of the first page.
    fn first_page_end(&self) -> u16 {
        let last = self.pages.first().map_or(0, |(_, last)| *last);
        last.min(self.printed.saturating_sub(1))
    }

    /// A row of one text over all columns; over each page's own columns when there are several, so that each page says it.
    fn across(&mut self, text: &str, height: f64, format: &Format) -> Result<(), XlsxError> {
        let row = self.next_row;
        for (first, last) in &self.pages {
            merge(self.worksheet, (row, *first, *last), text, format)?;
        }
        self.worksheet.set_row_height(row, height)?;
        self.next_row += 1;
        Ok(())
    }

    fn head(&mut self, rows: &[SheetRow], words: &SheetWords<'_>) -> Result<(), XlsxError> {
        let title = format!("{}{}", words.scope, self.sheet.title);
        self.across(&title, 30.0, &style::title())?;
        let summary = format!("编制：{}　　{}", words.bureau, count(self.sheet, rows));
        self.across(&summary, 18.0, &style::subtitle())?;
        if let Some(note) = &self.sheet.note {
            let lines = line_count(note, self.widths.iter().sum());
            self.across(note, row_height(lines), &style::subtitle())?;
        }
        if !self.sheet.answers.is_empty() {
            let row = self.next_row;
            for (first, last) in self.bands() {
                let (part, text) = match first {
                    _ if first < self.printed => (Part::Printed, "以下由系统生成（已锁定）"),
                    // What nobody takes back is for whoever keeps the list.
                    _ if first < self.answered && self.sheet.returns.is_none() => {
                        (Part::Answers, "以下自填备查，不报回")
                    }
                    _ if first < self.answered => (Part::Answers, "以下请填写"),
                    _ => (Part::Tag, "请勿改动"),
                };
                merge(self.worksheet, (row, first, last), text, &style::band(part))?;
            }
            self.worksheet.set_row_height(row, 20)?;
            self.next_row += 1;
        }
        self.headings()
    }

    /// Runs of columns that lie on one page and are all printed, all filled in, or tags. The first begins with the repeated columns.
    fn bands(&self) -> Vec<(u16, u16)> {
        let mut bands = Vec::new();
        for (index, (first, last)) in self.pages.iter().copied().enumerate() {
            let first = if index == 0 { 0 } else { first };
            let mut from = first;
            for end in [self.printed, self.answered] {
                if from < end && end <= last {
                    bands.push((from, end - 1));
                    from = end;
                }
            }
            bands.push((from, last));
        }
        bands
    }

    fn headings(&mut self) -> Result<(), XlsxError> {
        let row = self.next_row;
        let printed = self.sheet.columns.iter();
        let printed = printed.map(|column| (column.title.as_str(), Part::Printed));
        let answers = self.sheet.answers.iter();
        let answers = answers.map(|answer| (answer.title.as_str(), Part::Answers));
        let tag = self.sheet.returns.iter().map(|_| (ReturnPlan::TAG_TITLE, Part::Tag));
        let mut lines: f64 = 1.0;
        for ((column, (title, part)), width) in (0..).zip(printed.chain(answers).chain(tag)).zip(&self.widths) {
            let format = style::heading(part);
            self.worksheet.write_string_with_format(row, column, title, &format)?;
            // The filter's button covers a part of the heading's last line.
            lines = lines.max(line_count(title, *width) + f64::from(u8::from(text_width(title) + 3.0 > *width)));
        }
        self.worksheet.set_row_height(row, row_height(lines))?;
        self.next_row += 1;
        Ok(())
    }

    fn body(&mut self, rows: &[SheetRow], elsewhere: &str) -> Result<(), XlsxError> {
        if rows.is_empty() {
            let row = self.next_row;
            let format = style::empty_note();
            let says = format!("{}{elsewhere}", self.sheet.empty);
            let last = self.first_page_end();
            merge(self.worksheet, (row, 0, last), &says, &format)?;
            for column in last + 1..self.columns {
                self.worksheet.write_blank(row, column, &format)?;
            }
            self.worksheet.set_row_height(row, 36)?;
            self.next_row += 1;
            return Ok(());
        }
        let answers: Vec<_> = self.sheet.answers.iter().map(answer_format).collect();
        let mut looks = Looks::default();
        let tag = style::tag();
        for row in rows {
            self.row(row, &mut looks, (&answers, &tag))?;
        }
        Ok(())
    }

    fn row(
        &mut self,
        row: &SheetRow,
        looks: &mut Looks,
        (answers, of_tag): (&[Format], &Format),
    ) -> Result<(), XlsxError> {
        let number = self.next_row;
        let mut lines: f64 = 1.0;
        for (index, (cell, level)) in (0_u16..).zip(&row.cells) {
            let column = &self.sheet.columns[usize::from(index)];
            let format = looks.format(Look::of(cell, &column.format, *level, row.is_shaded));
            write_cell(self.worksheet, (number, index), cell, format)?;
            lines = lines.max(line_count(&cell.written(), self.widths[usize::from(index)]));
        }
        for (index, format) in (self.printed..).zip(answers) {
            self.worksheet.write_blank(number, index, format)?;
        }
        if let Some(tag) = &row.tag {
            self.worksheet.write_string_with_format(number, self.answered, tag, of_tag)?;
        }
        self.worksheet.set_row_height(number, row_height(lines))?;
        self.next_row += 1;
        Ok(())
    }

    fn validations(&mut self, first: u32, choices: &BTreeMap<String, String>) -> Result<(), XlsxError> {
        let last = self.next_row.saturating_sub(1);
        for (column, answer) in (self.printed..).zip(&self.sheet.answers) {
            if let Some(rule) = validation(answer, choices)? {
                self.worksheet.add_data_validation(first, column, last, column, &rule)?;
            }
        }
        Ok(())
    }

    fn signature(&mut self, signature: &str) -> Result<(), XlsxError> {
        // Beside the table's last row a border would join it to the table; an empty row keeps the filter off as well.
        self.next_row += 1;
        self.across(signature, 30.0, &style::signature())
    }

    fn page(&mut self, print: PrintPlan, heading: u32, empty: bool, words: &SheetWords<'_>) -> Result<(), XlsxError> {
        let end = self.first_page_end();
        let worksheet = &mut *self.worksheet;
        worksheet.set_paper_size(9);
        if print.landscape {
            worksheet.set_landscape();
        } else {
            worksheet.set_portrait();
        }
        worksheet.set_margins(SIDE_MARGIN, SIDE_MARGIN, 0.5, 0.6, 0.3, 0.3);
        worksheet.set_print_center_horizontally(true);
        if print.repeat_heading {
            worksheet.set_repeat_rows(0, heading)?;
        }
        if self.pages.len() > 1 && empty {
            worksheet.set_print_area(0, 0, self.next_row.saturating_sub(1), end)?;
            worksheet.set_print_fit_to_pages(1, 0);
        } else if self.pages.len() > 1 {
            worksheet.set_print_fit_to_pages(self.pages.len() as u16, 0);
            // Across and then down: a household's answers come right behind what is printed of it.
            worksheet.set_page_order(false);
            if self.sheet.freeze > 0 {
                worksheet.set_repeat_columns(0, self.sheet.freeze - 1)?;
            }
        } else {
            worksheet.set_print_fit_to_pages(1, 0);
        }
        let bureau = words.bureau.replace('&', "&&");
        worksheet.set_footer(format!("&L{bureau}&C第 &P 页　共 &N 页&R{}", words.month));
        Ok(())
    }
}

/// `共12户：红1户、橙3户、黄8户`; only the count where no column is coloured.
fn count(sheet: &SheetPlan, rows: &[SheetRow]) -> String {
    let unit = &sheet.unit;
    let of_level = |level: Level| {
        let has_level = |row: &&SheetRow| row.cells.iter().any(|(_, found)| *found == Some(level));
        rows.iter().filter(has_level).count()
    };
    let words = [(Level::Red, "红"), (Level::Orange, "橙"), (Level::Yellow, "黄"), (Level::Blue, "蓝")];
    let levels: Vec<_> = words
        .into_iter()
        .map(|(level, word)| (of_level(level), word))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{word}{count}{unit}"))
        .collect();
    if levels.is_empty() {
        format!("共{}{unit}", rows.len())
    } else {
        format!("共{}{unit}：{}", rows.len(), levels.join("、"))
    }
}

fn protect(worksheet: &mut Worksheet) {
    // No sorting: with the left columns locked it could only move what was filled in, away from the rows that it is about.
    let mut options = ProtectionOptions::new();
    options.use_autofilter = true;
    options.format_columns = true;
    options.format_rows = true;
    worksheet.protect_with_options(&options);
}

/// Merges, or writes into the one cell: a merge of one is an error to Excel.
pub(crate) fn merge(
    worksheet: &mut Worksheet,
    (row, first, last): (u32, u16, u16),
    text: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    if first >= last {
        worksheet.write_string_with_format(row, first, text, format)?;
    } else {
        worksheet.merge_range(row, first, row, last, text, format)?;
    }
    Ok(())
}

fn write_cell(
    worksheet: &mut Worksheet,
    (row, column): (u32, u16),
    cell: &Cell,
    format: &Format,
) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => worksheet.write_blank(row, column, format)?,
        // Always a string: a value that begins with `=` or `@` must not become a formula.
        Cell::Text(text) => worksheet.write_string_with_format(row, column, text, format)?,
        Cell::Number(number) | Cell::Date(number) => {
            worksheet.write_number_with_format(row, column, *number, format)?
        }
        Cell::Integer(number) => worksheet.write_number_with_format(row, column, *number as f64, format)?,
    };
    Ok(())
}

fn answer_format(answer: &AnswerPlan) -> Format {
    match answer.kind {
        AnswerKind::Date => style::answer("yyyy-mm-dd"),
        AnswerKind::Money => style::answer("#,##0.00"),
        // Excel of some years shows ##### for a text-formatted cell of more than 255 characters, so narratives are not.
        AnswerKind::Text if answer.width >= NARRATIVE_WIDTH => style::answer("General"),
        _ => style::answer("@"),
    }
}

/// Under what the hidden sheet keeps the words of an answer that is chosen.
pub(crate) fn offered(kind: &AnswerKind) -> String {
    match kind {
        AnswerKind::Options(options) => options.join("|"),
        AnswerKind::Choices(name) => name.clone(),
        // No word that can be offered has two strokes in it.
        AnswerKind::Town => "||town".to_owned(),
        AnswerKind::Text | AnswerKind::Date | AnswerKind::Money => String::new(),
    }
}

fn validation(answer: &AnswerPlan, choices: &BTreeMap<String, String>) -> Result<Option<DataValidation>, XlsxError> {
    let rule = DataValidation::new();
    let (rule, message) = match &answer.kind {
        AnswerKind::Text if answer.hint.is_none() => return Ok(None),
        AnswerKind::Text => (rule.allow_any_value(), ""),
        AnswerKind::Choices(_) | AnswerKind::Options(_) | AnswerKind::Town => {
            let range = choices.get(&offered(&answer.kind)).map_or("", String::as_str);
            (rule.allow_list_formula(Formula::new(range)), "请从下拉列表中选择")
        }
        AnswerKind::Date => {
            let from = ExcelDateTime::from_ymd(2000, 1, 1)?;
            let to = ExcelDateTime::from_ymd(2099, 12, 31)?;
            let between = DataValidationRule::Between(from, to);
            (rule.allow_date(between), "请填写日期，如2023-03-05")
        }
        AnswerKind::Money => {
            let positive = DataValidationRule::GreaterThanOrEqualTo(0.0);
            (rule.allow_decimal_number(positive), "请只填数字，单位为元")
        }
    };
    let rule =
        if message.is_empty() { rule } else { rule.set_error_title("填写有误")?.set_error_message(message)? };
    match &answer.hint {
        Some(hint) => Ok(Some(rule.set_input_message(hint.as_str())?)),
        None => Ok(Some(rule)),
    }
}
