//! The sheet 填表说明: how to fill the list in, the codes with what each needs, and the rules and parameters that it was made with.

use crate::choices::Choice;
use crate::layout::{line_count, row_height};
use crate::list_sheet::merge;
use crate::style::{self, Part};
use rust_xlsxwriter::{Format, Worksheet, XlsxError};

/// Two tables share the columns: a code, its meaning and its needs; a name and its value.
const WIDTHS: [f64; 4] = [12.0, 18.0, 22.0, 48.0];
const LAST: u16 = 3;
/// First and last column of each cell.
const CHOICE: [(u16, u16); 3] = [(0, 0), (1, 2), (3, 3)];
const PAIR: [(u16, u16); 2] = [(0, 1), (2, 3)];
/// Begins the name of a pair of the run note that tells a rule's levels.
const RULE: &str = "规则：";

pub(crate) struct Instructions<'a> {
    pub(crate) title: &'a str,
    pub(crate) sentences: &'a [String],
    /// The heading of the column that offers them, and the choices.
    pub(crate) choices: Vec<ExplainedChoices<'a>>,
    /// The headings of the columns that offer a few words, and the words.
    pub(crate) options: Vec<(&'a str, String)>,
    pub(crate) run_note: &'a [(String, String)],
}

/// What a column offers, and what is to be told beside each choice.
pub(crate) struct ExplainedChoices<'a> {
    pub(crate) heading: &'a str,
    pub(crate) choices: Vec<(&'a Choice, String)>,
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
    let mut numerals = ["二", "三", "四", "五", "六", "七", "八", "九"].into_iter();
    for ExplainedChoices { heading, choices } in &instructions.choices {
        let numeral = numerals.next().unwrap_or("另");
        page.section(&format!("{numeral}、“{heading}”的代码"))?;
        page.row(&CHOICE, &["代码", "含义", "须同时写明"], &style::heading(Part::Printed))?;
        for (choice, needs) in choices {
            page.row(&CHOICE, &[&choice.code, &choice.label, needs], &style::table_cell())?;
        }
    }
    if !instructions.options.is_empty() {
        let numeral = numerals.next().unwrap_or("另");
        page.section(&format!("{numeral}、别的列可以选的"))?;
        page.row(&PAIR, &["列", "选其中一项"], &style::heading(Part::Printed))?;
        for (heading, options) in &instructions.options {
            page.row(&PAIR, &[heading, options], &style::table_cell())?;
        }
    }
    let (rules, others): (Vec<_>, Vec<_>) = instructions.run_note.iter().partition(|(name, _)| name.starts_with(RULE));
    page.section(&format!("{}、本清单所依据的版本与参数", numerals.next().unwrap_or("另")))?;
    for (name, value) in others {
        page.row(&PAIR, &[name, value], &style::table_cell())?;
    }
    if !rules.is_empty() {
        page.section(&format!("{}、本清单所依据的规则与预警标准", numerals.next().unwrap_or("另")))?;
        page.row(&PAIR, &["规则", "预警标准"], &style::heading(Part::Printed))?;
    }
    for (name, value) in rules {
        page.row(&PAIR, &[name.trim_start_matches(RULE), value], &style::table_cell())?;
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
        merge(self.worksheet, (self.next, 0, LAST), text, format)?;
        self.worksheet.set_row_height(self.next, height)?;
        self.next += 1;
        Ok(())
    }

    fn section(&mut self, text: &str) -> Result<(), XlsxError> {
        self.line(text, 26.0, &style::section())
    }

    fn row(&mut self, spans: &[(u16, u16)], cells: &[&str], format: &Format) -> Result<(), XlsxError> {
        let mut lines: f64 = 1.0;
        for ((first, last), text) in spans.iter().zip(cells) {
            merge(self.worksheet, (self.next, *first, *last), text, format)?;
            let width = WIDTHS[usize::from(*first)..=usize::from(*last)].iter().sum();
            lines = lines.max(line_count(text, width));
        }
        self.worksheet.set_row_height(self.next, row_height(lines))?;
        self.next += 1;
        Ok(())
    }
}
