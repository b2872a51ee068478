//! `bidui rehearse`: some months of an invented county, one after the other, with towns that answer: each month is run, its verification lists are
//! filled in by a table of answers as clerks would, and received. In a folder of its own, so that no real ledger ever sees it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use bidui_emit::ReturnPlan;
use bidui_ingest::read_grid;
use bidui_model::{Month, ReturnKind};
use bidui_synth::{SheetCell, write_xlsx};

use crate::case_tables::list_of;
use crate::config;
use crate::exit::{Fault, in_words};
use crate::isolation;
use crate::private;
use crate::progress::Progress;
use crate::receive::{ReceiveCommand, receive};
use crate::run::{Published, RunOptions, run};
use crate::summary;

/// What was asked.
pub(crate) struct RehearseCommand {
    pub(crate) months: Vec<Month>,
    /// A CSV: the month, the household, and columns named as the list's headings.
    pub(crate) answers: PathBuf,
    pub(crate) folder: PathBuf,
    pub(crate) config: PathBuf,
    pub(crate) inbox: Option<PathBuf>,
}

const MONTH: &str = "月份";
const HOUSEHOLD: &str = "户编号";

/// Without anything said, what is rehearsed are the repository's own fixtures.
const WHERE: &str = "演练默认用仓库里虚构的数据，请在仓库的文件夹里运行（其中有 fixtures/ 和 config/）；用别的数据的，以 --answers、--config、--inbox 指明答复表、配置和收件夹";

/// Heading and value of each cell, by month and household.
type Answers = BTreeMap<(String, String), Vec<(String, String)>>;

pub(crate) fn rehearse(command: &RehearseCommand, progress: &Progress) -> Result<String, Fault> {
    let answers = read_answers(&command.answers)?;
    private::make_folder(&command.folder)?;
    let mut text = String::new();
    for month in &command.months {
        let options = RunOptions {
            month: *month,
            config: command.config.clone(),
            inbox: command.inbox.clone(),
            out: Some(command.folder.join("out")),
            state: Some(command.folder.join("state")),
            train_linkage: false,
        };
        let published = run(&options, progress)?;
        text.push_str(&summary::of_run(&published, *month));
        let filled = command.folder.join("returned").join(month.to_string());
        if fill_lists(&published, *month, &answers, &options.config, &filled)? == 0 {
            continue;
        }
        let command = ReceiveCommand { options, paths: vec![filled], dry_run: false, again: false, receipt: None };
        writeln!(text, "\n{}的清单填好收回", month.in_chinese())?;
        text.push_str(&receive(&command)?);
    }
    Ok(text)
}

fn read_answers(path: &Path) -> Result<Answers, Fault> {
    let wrong = |why: String| Fault::command(format!("答复表“{}”{why}", path.display()));
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => wrong(format!("不存在；{WHERE}")),
        _ => wrong(format!("读不出来：{}", in_words(&error))),
    })?;
    let mut reader = csv::Reader::from_reader(file);
    let unlike = |error: &csv::Error| {
        let line = error.position().map_or_else(String::new, |at| format!("第{}行", at.line()));
        wrong(format!("{line}读不懂：应是UTF-8的CSV，每行的列数与标题行一样"))
    };
    let headings: Vec<String> = reader.headers().map_err(|error| unlike(&error))?.iter().map(str::to_owned).collect();
    let place = |name: &str| headings.iter().position(|heading| heading == name);
    let (Some(month), Some(household)) = (place(MONTH), place(HOUSEHOLD)) else {
        return Err(wrong(format!("没有“{MONTH}”“{HOUSEHOLD}”两列")));
    };
    let mut answers = Answers::new();
    for record in reader.records() {
        let record = record.map_err(|error| unlike(&error))?;
        let cells = headings.iter().zip(record.iter()).enumerate();
        let said = cells.filter(|(at, (_, value))| *at != month && *at != household && !value.is_empty());
        let said = said.map(|(_, (heading, value))| (heading.clone(), value.to_owned())).collect();
        answers.insert((record[month].to_owned(), record[household].to_owned()), said);
    }
    Ok(answers)
}

/// Writes the month's verification lists as they come back, and says how many.
fn fill_lists(
    published: &Published,
    month: Month,
    answers: &Answers,
    config: &Path,
    folder: &Path,
) -> Result<usize, Fault> {
    let config = config::load(config, Some(month))?;
    let verification = list_of(&config, ReturnKind::Verification);
    let mut filled = 0;
    for list in published.lists.iter().filter(|list| list.list == verification && !list.issued.is_empty()) {
        let path = published.folder.join(&list.file);
        let grid = read_grid(isolation::apart(), &path, &list.file)
            .map_err(|problem| Fault::Ours(anyhow::anyhow!("{problem}")))?;
        let mut is_answered = false;
        let sheets: Vec<(String, Vec<Vec<SheetCell>>)> = grid
            .sheets
            .iter()
            .filter(|sheet| comes_back(sheet))
            .map(|sheet| {
                let (rows, answered) = fill(sheet, month, answers);
                is_answered |= answered;
                (sheet.name.clone(), rows)
            })
            .collect();
        if !is_answered {
            continue;
        }
        private::make_folder(folder)?;
        let name = list.file.replace('/', "_");
        write_xlsx(&folder.join(name), &sheets).map_err(|error| Fault::Ours(anyhow::anyhow!("{error}")))?;
        filled += 1;
    }
    Ok(filled)
}

/// Whether it has a column of tags.
fn comes_back(sheet: &bidui_ingest::GridSheet) -> bool {
    let is_tag = |text: &str| text.replace(char::is_whitespace, "") == ReturnPlan::TAG_TITLE;
    sheet.rows.iter().any(|row| (0..row.width()).any(|column| is_tag(row.get(column).text)))
}

/// The rows of a list's sheet with its answers, and whether there are any.
fn fill(sheet: &bidui_ingest::GridSheet, month: Month, answers: &Answers) -> (Vec<Vec<SheetCell>>, bool) {
    let plain = |text: &str| text.replace(char::is_whitespace, "");
    let mut headings: Vec<String> = Vec::new();
    let mut is_answered = false;
    let mut rows = Vec::new();
    for row in &sheet.rows {
        let mut cells: Vec<String> = (0..row.width()).map(|column| row.get(column).text.to_owned()).collect();
        if headings.is_empty() {
            if cells.iter().any(|cell| plain(cell) == ReturnPlan::TAG_TITLE) {
                headings = cells.iter().map(|cell| plain(cell)).collect();
            }
        } else if let Some(household) = headings.iter().position(|heading| heading == HOUSEHOLD) {
            cells.resize(headings.len().max(cells.len()), String::new());
            let said = answers.get(&(month.to_string(), cells[household].clone()));
            for (heading, value) in said.into_iter().flatten() {
                if let Some(column) = headings.iter().position(|found| *found == plain(heading)) {
                    cells[column].clone_from(value);
                    is_answered = true;
                }
            }
        }
        rows.push(cells.into_iter().map(cell).collect());
    }
    (rows, is_answered)
}

fn cell(text: String) -> SheetCell {
    if text.is_empty() { SheetCell::Empty } else { SheetCell::Text(text) }
}
