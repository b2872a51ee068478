//! The sheet 填表说明: how to fill the list in, the codes with what each needs, and the rules and parameters that it was made with.

use crate::choices::Choice;
use crate::layout::{line_count, row_height};
use crate::list_sheet::merge;
use crate::style;
use rust_xlsxwriter::{Format, Worksheet, XlsxError};

const WIDTHS: [f64; 3] = [12.0, 40.0, 48.0];

pub(crate) struct Instructions<'a> {
    pub(crate) title: &'a str,
    pub(crate) sentences: &'a [String],
    /// The heading of the column that offers them, and the choices.
    pub(crate) choices: Vec<(&'a str, &'a [Choice])>,
    pub(crate) run_note: &'a [(String, String)],
}

pub(crate) fn write_instructions(worksheet: &mut Worksheet, instructions: &Instructions<'_>) -> Result<(), XlsxError> {
    let mut page = Page { worksheet, next: 0 };
    for (column, width) in (0..).zip(WIDTHS) {
        page.worksheet.set_column_width(column, width)?;
    }
    page.line(instructions.title, 34.0, &style::title())?;
    page.section("一、怎样填写")?;
    let total: f64 = WIDTHS.iter().sum();
    for (index, sentence) in instructions.sentences.iter().enumerate() {
        let text = format!("{}．{sentence}", index + 1);
        // The sentences' font is larger than the one that widths are measured in.
        let height = row_height(line_count(&text, total * 0.88));
        page.line(&text, height, &style::sentence())?;
    }
    let mut numerals = ["二", "三", "四", "五", "六", "七"].into_iter();
    for (heading, choices) in &instructions.choices {
        let numeral = numerals.next().unwrap_or("另");
        page.section(&format!("{numeral}、“{heading}”的代码"))?;
        page.row(["代码", "含义", "须同时写明"], &style::heading(false))?;
        for choice in *choices {
            page.row([&choice.code, &choice.label, &choice.needs], &style::table_cell())?;
        }
    }
    let numeral = numerals.next().unwrap_or("另");
    page.section(&format!("{numeral}、本清单所依据的规则与参数"))?;
    for (name, value) in instructions.run_note {
        page.pair(name, value)?;
    }
    let worksheet = page.worksheet;
    worksheet.set_paper_size(9).set_print_fit_to_pages(1, 0);
    worksheet.set_footer("&C第 &P 页　共 &N 页");
    worksheet.protect();
    Ok(())
}

struct Page<'a> {
    worksheet: &'a mut Worksheet,
    next: u32,
}

impl Page<'_> {
    fn line(&mut self, text: &str, height: f64, format: &Format) -> Result<(), XlsxError> {
        merge(self.worksheet, (self.next, 0, 2), text, format)?;
        self.worksheet.set_row_height(self.next, height)?;
        self.next += 1;
        Ok(())
    }

    fn section(&mut self, text: &str) -> Result<(), XlsxError> {
        self.line(text, 26.0, &style::section())
    }

    fn row(&mut self, cells: [&str; 3], format: &Format) -> Result<(), XlsxError> {
        let mut lines: f64 = 1.0;
        for ((column, text), width) in (0..).zip(cells).zip(WIDTHS) {
            self.worksheet.write_string_with_format(self.next, column, text, format)?;
            lines = lines.max(line_count(text, width));
        }
        self.worksheet.set_row_height(self.next, row_height(lines))?;
        self.next += 1;
        Ok(())
    }

    fn pair(&mut self, name: &str, value: &str) -> Result<(), XlsxError> {
        let format = style::table_cell();
        merge(self.worksheet, (self.next, 0, 0), name, &format)?;
        merge(self.worksheet, (self.next, 1, 2), value, &format)?;
        let lines = line_count(name, WIDTHS[0]).max(line_count(value, WIDTHS[1] + WIDTHS[2]));
        self.worksheet.set_row_height(self.next, row_height(lines))?;
        self.next += 1;
        Ok(())
    }
}
