//! One file of a list: its sheets, 填表说明, and the hidden sheet with the drop-downs' choices. The bytes depend on what it shows
//! alone: the creation date is the month's, and the packer keeps no other.

use crate::choices::Choice;
use crate::instructions_sheet::{ExplainedChoices, Instructions, write_instructions};
use crate::list_plan::{AnswerKind, ListPlan, SheetPlan, Split};
use crate::list_render::ListContext;
use crate::list_sheet::{SheetRow, SheetWords, offered, write_list_sheet};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};
use std::collections::BTreeMap;

/// Rows that one sheet holds; more go on to the next, since a spreadsheet program ends at 1,048,576 and is slow long before.
const ROWS_PER_SHEET: usize = 100_000;
/// Sheets that stand in a workbook beside those of its plan.
pub const SHEETS_BESIDE: [&str; 2] = [INSTRUCTION_SHEET, CHOICE_SHEET];
const CHOICE_SHEET: &str = "选项";
const INSTRUCTION_SHEET: &str = "填表说明";

/// Makes the workbook. `rows` has the rows of each of the list's sheets.
pub(crate) fn make_workbook(
    list: &ListPlan,
    scope: &str,
    rows: &[Vec<SheetRow>],
    context: &ListContext,
) -> Result<Workbook, XlsxError> {
    let choices = ChoiceSheet::of(list, context);
    let month = context.month.in_chinese();
    let scope = format!("{scope}{month}");
    let words = SheetWords {
        scope: &scope,
        bureau: &context.bureau,
        signature: list.signature.as_deref(),
        month: &month,
        choices: &choices.ranges,
    };
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(list, &scope, context)?);
    for (sheet, rows) in list.sheets.iter().zip(rows) {
        let mut parts: Vec<&[SheetRow]> = rows.chunks(ROWS_PER_SHEET).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        for (index, part) in parts.into_iter().enumerate() {
            let name = match index {
                0 => sheet.name.clone(),
                _ => format!("{}（{}）", sheet.name, index + 1),
            };
            let worksheet = workbook.add_worksheet().set_name(name)?;
            write_list_sheet(worksheet, sheet, list.print, part, &words)?;
        }
    }
    if !list.instructions.is_empty() {
        let sentences: Vec<String> = what_becomes_of_it(list).into_iter().chain(list.instructions.clone()).collect();
        let instructions = Instructions {
            title: &format!("《{}》填表说明", list.title),
            sentences: &sentences,
            choices: choices.explained(list, context),
            run_note: &context.run_note,
        };
        let worksheet = workbook.add_worksheet().set_name(INSTRUCTION_SHEET)?;
        write_instructions(worksheet, &instructions)?;
    }
    choices.write(&mut workbook)?;
    Ok(workbook)
}

/// A town has many lists: each says first whether it is to come back.
fn what_becomes_of_it(list: &ListPlan) -> Option<String> {
    let mut sheets = list.sheets.iter();
    let says = if sheets.clone().any(|sheet| sheet.returns.is_some()) {
        "【要报回】本表填好后报回区乡村振兴局，改名、另存都可以，灰色的“校验码”列不要动。"
    } else if sheets.any(|sheet| !sheet.answers.is_empty()) {
        "【留镇用】本表供本镇排查、议事时填用，留存备查，不用报回。"
    } else {
        "【供查看】本表只供查看，不用填、不用报回。"
    };
    (list.split == Split::Town).then(|| says.to_owned())
}

fn properties(list: &ListPlan, scope: &str, context: &ListContext) -> Result<DocProperties, XlsxError> {
    let (year, month, day) = context.created;
    let created = ExcelDateTime::from_ymd(year, month, day)?;
    Ok(DocProperties::new()
        .set_title(format!("{scope}{}", list.title))
        .set_company(&context.bureau)
        .set_creation_datetime(&created))
}

/// The columns of the hidden sheet. A list written into a validation itself may have 255 characters at most, a range any number.
struct ChoiceSheet {
    columns: Vec<Vec<String>>,
    /// Choice list, or options joined by `|`, to its range.
    ranges: BTreeMap<String, String>,
}

impl ChoiceSheet {
    fn of(list: &ListPlan, context: &ListContext) -> Self {
        let mut sheet = Self { columns: Vec::new(), ranges: BTreeMap::new() };
        for answer in list.sheets.iter().flat_map(|sheet| &sheet.answers) {
            match &answer.kind {
                AnswerKind::Choices(name) => {
                    let choices = context.choices.lists.get(name).into_iter().flatten();
                    let written = choices.map(|choice| choice.written()).collect();
                    sheet.add(offered(&answer.kind), written);
                }
                AnswerKind::Options(options) => sheet.add(offered(&answer.kind), options.clone()),
                AnswerKind::Town => {
                    let towns = context.towns.iter().map(|(_, name)| name.clone()).collect();
                    sheet.add(offered(&answer.kind), towns);
                }
                _ => {}
            }
        }
        sheet
    }

    fn add(&mut self, name: String, words: Vec<String>) {
        if self.ranges.contains_key(&name) {
            return;
        }
        let letter = rust_xlsxwriter::utility::column_number_to_name(self.columns.len() as u16);
        let last = words.len().max(1);
        let range = format!("='{CHOICE_SHEET}'!${letter}$1:${letter}${last}");
        self.ranges.insert(name, range);
        self.columns.push(words);
    }

    /// Choice lists by the heading under which they are first offered.
    fn explained<'a>(&self, list: &'a ListPlan, context: &'a ListContext) -> Vec<ExplainedChoices<'a>> {
        let mut seen = Vec::new();
        let mut explained = Vec::new();
        for sheet in &list.sheets {
            for answer in &sheet.answers {
                let AnswerKind::Choices(name) = &answer.kind else { continue };
                let Some(choices) = context.choices.lists.get(name).filter(|_| !seen.contains(&name)) else { continue };
                seen.push(name);
                let choices = choices.iter().map(|choice| (choice, beside(choice, sheet))).collect();
                explained.push(ExplainedChoices { heading: &answer.title, choices });
            }
        }
        explained
    }

    fn write(&self, workbook: &mut Workbook) -> Result<(), XlsxError> {
        if self.columns.is_empty() {
            return Ok(());
        }
        let worksheet = workbook.add_worksheet().set_name(CHOICE_SHEET)?;
        for (column, words) in (0..).zip(&self.columns) {
            for (row, word) in (0..).zip(words) {
                worksheet.write_string(row, column, word)?;
            }
        }
        worksheet.protect();
        worksheet.set_hidden(true);
        Ok(())
    }
}

/// What is to be told beside a choice: in words, and in which columns.
fn beside(choice: &Choice, sheet: &SheetPlan) -> String {
    let answers = sheet.answers.iter().filter(|answer| choice.requires.contains(&answer.key));
    let columns: String = answers.map(|answer| format!("“{}”", answer.title)).collect();
    let columns = if columns.is_empty() { columns } else { format!("填{columns}") };
    [choice.needs.as_str(), &columns].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("；")
}
