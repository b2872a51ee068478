//! One file of a list: its sheets, 填表说明, and the hidden sheet with the drop-downs' choices. The bytes depend on what it shows
//! alone: the creation date is the month's, and the packer keeps no other.

use crate::choices::Choice;
use crate::cover::COVER_SHEET;
use crate::instructions_sheet::{ExplainedChoices, Instructions, write_instructions};
use crate::list_plan::{AnswerKind, ListPlan, ListUse, SheetPlan, Split};
use crate::list_render::ListContext;
use crate::list_sheet::{SheetRow, SheetWords, offered, write_list_sheet};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, XlsxError};
use std::collections::BTreeMap;

/// Rows that one sheet holds; more go on to the next, since a spreadsheet program ends at 1,048,576 and is slow long before.
const ROWS_PER_SHEET: usize = 100_000;
/// Sheets that stand in a workbook beside those of its plan, and the one of a folder's cover.
pub const SHEETS_BESIDE: [&str; 3] = [INSTRUCTION_SHEET, CHOICE_SHEET, COVER_SHEET];
const CHOICE_SHEET: &str = "选项";
const INSTRUCTION_SHEET: &str = "填表说明";

/// Makes the workbook of a town or a department, whose `key` is empty where it is of nobody. `all` has the rows of each of the list's sheets.
pub(crate) fn make_workbook(
    list: &ListPlan,
    (scope, key): (&str, &str),
    all: &[Vec<SheetRow>],
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
        elsewhere: "",
    };
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(list, &scope, context)?);
    for (place, (sheet, rows)) in list.sheets.iter().zip(all).enumerate() {
        let elsewhere = if place == 0 { filled_elsewhere(list, all) } else { String::new() };
        let words = SheetWords { elsewhere: &elsewhere, ..words };
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
        let sentences: Vec<String> =
            what_becomes_of_it(list, key).into_iter().chain(list.instructions.clone()).collect();
        let instructions = Instructions {
            title: &format!("《{}》填表说明", list.title),
            sentences: &sentences,
            choices: choices.explained(list, context),
            options: options(list, context),
            run_note: &context.run_note,
        };
        let worksheet = workbook.add_worksheet().set_name(INSTRUCTION_SHEET)?;
        write_instructions(worksheet, &instructions)?;
    }
    choices.write(&mut workbook)?;
    Ok(workbook)
}

/// Where there is something to fill in, said on a first sheet that has nothing: nobody who reads that it is empty looks behind it.
fn filled_elsewhere(list: &ListPlan, all: &[Vec<SheetRow>]) -> String {
    let comes_back = |(sheet, rows): &(&SheetPlan, &Vec<SheetRow>)| sheet.returns.is_some() && !rows.is_empty();
    let sheets = list.sheets.iter().zip(all).skip(1).filter(comes_back);
    let named: Vec<_> = sheets.map(|(sheet, rows)| format!("“{}”{}{}", sheet.name, rows.len(), sheet.unit)).collect();
    if named.is_empty() { String::new() } else { format!("但后面还有要填的：{}。", named.join("、")) }
}

/// A town has many lists: each says first whether it is to come back.
fn what_becomes_of_it(list: &ListPlan, key: &str) -> Option<String> {
    let words = list.use_words();
    let says = match list.use_of() {
        // The district holds it and sends it to nobody: it finds out whose they are, and takes in itself what it filled in.
        ListUse::ComesBack if key.is_empty() => {
            "【区里办】本表各行没有归属的乡镇，由区里查明归属、填写，填好后同乡镇报回的表一起收回；灰色的“校验码”列不要动。".to_owned()
        }
        ListUse::Stays if key.is_empty() => "【区里办】本表各行没有归属的乡镇，由区里查明归属、填写，留存备查。".to_owned(),
        ListUse::ComesBack => {
            format!("【{words}】本表填好后报回区乡村振兴局，改名、另存都可以，灰色的“校验码”列不要动。")
        }
        ListUse::Stays => format!("【{words}】本表供本镇排查、议事时填用，留存备查，不用报回。"),
        ListUse::ToRead => format!("【{words}】本表只供查看，不用填、不用报回。"),
    };
    (list.split == Split::Town).then_some(says)
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

/// What the drop-downs offer beside choice lists, a line a column: whoever fills in a printed list sees no drop-down.
fn options<'a>(list: &'a ListPlan, context: &ListContext) -> Vec<(&'a str, String)> {
    let mut lines: Vec<(&str, String)> = Vec::new();
    for answer in list.sheets.iter().flat_map(|sheet| &sheet.answers) {
        let words = match &answer.kind {
            AnswerKind::Options(options) => options.join("／"),
            AnswerKind::Town => context.towns.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join("／"),
            _ => continue,
        };
        let line = (answer.title.as_str(), words);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// What is to be told beside a choice: in words, and in which columns.
fn beside(choice: &Choice, sheet: &SheetPlan) -> String {
    let answers = sheet.answers.iter().filter(|answer| choice.requires.contains(&answer.key));
    let columns: String = answers.map(|answer| format!("“{}”", answer.title)).collect();
    let columns = if columns.is_empty() { columns } else { format!("填{columns}") };
    [choice.needs.as_str(), &columns].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("；")
}
