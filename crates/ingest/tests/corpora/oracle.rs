//! What is in a file, found without our reader: the headings to ask for, and which rows must be accounted for.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, Range, Reader, SheetType, SheetVisible, open_workbook_auto_from_rs};

/// A sheet as calamine's whole-range reader gives it.
pub(crate) struct Sheet {
    pub(crate) name: String,
    /// Numbers of the rows that hold something.
    pub(crate) rows: Vec<u32>,
    pub(crate) headings: Vec<String>,
}

/// The visible worksheets of a workbook; `None` if calamine cannot read it to its end.
pub(crate) fn sheets(bytes: &[u8]) -> Option<Vec<Sheet>> {
    catch_unwind(AssertUnwindSafe(|| {
        let mut book = open_workbook_auto_from_rs(Cursor::new(bytes)).ok()?;
        let visible =
            |sheet: &calamine::Sheet| sheet.visible == SheetVisible::Visible && sheet.typ == SheetType::WorkSheet;
        let names: Vec<String> =
            book.sheets_metadata().iter().filter(|sheet| visible(sheet)).map(|sheet| sheet.name.clone()).collect();
        names.into_iter().map(|name| Some(sheet(&book.worksheet_range(&name).ok()?, name))).collect()
    }))
    .ok()
    .flatten()
}

fn sheet(range: &Range<Data>, name: String) -> Sheet {
    let first = range.start().map_or(0, |(row, _)| row);
    let filled = |cells: &[Data]| cells.iter().any(|cell| !words(cell).trim_matches(is_unseen).is_empty());
    let filled: Vec<(u32, &[Data])> = (first + 1..).zip(range.rows()).filter(|(_, cells)| filled(cells)).collect();
    let headings = filled.first().map(|(_, cells)| cells.iter().map(words).collect()).unwrap_or_default();
    Sheet { name, rows: filled.iter().map(|(row, _)| *row).collect(), headings }
}

fn is_unseen(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\0' | '\u{200B}' | '\u{FEFF}')
}

/// A cell as the reader spells it.
fn words(cell: &Data) -> String {
    match cell {
        Data::Bool(flag) => flag.to_string().to_uppercase(),
        Data::DateTime(moment) if !moment.is_duration() && moment.as_f64() >= 1.0 => {
            let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
            let day = format!("{year:04}-{month:02}-{day:02}");
            let time = format!("{hour:02}:{minute:02}:{second:02}");
            if time == "00:00:00" { day } else { format!("{day} {time}") }
        }
        Data::DateTime(moment) => moment.as_f64().to_string(),
        Data::DateTimeIso(text) => text.replace('T', " ").replace(" 00:00:00", ""),
        cell => cell.to_string(),
    }
}

/// The text of a text file, by the rules that ours promise: a mark, else UTF-8, else GB18030; `None` if it is none of them.
pub(crate) fn text(bytes: &[u8]) -> Option<String> {
    let strict = |encoding: &'static encoding_rs::Encoding, bytes| {
        encoding.decode_without_bom_handling_and_without_replacement(bytes).map(std::borrow::Cow::into_owned)
    };
    match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, mark)) => strict(encoding, &bytes[mark..]),
        None => strict(encoding_rs::UTF_8, bytes).or_else(|| strict(encoding_rs::GB18030, bytes)),
    }
}

/// Lines of a text, whatever ends them.
pub(crate) fn lines(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// The cells of the first line that has any, under every delimiter.
pub(crate) fn text_headings(lines: &[String]) -> Vec<String> {
    let Some(first) = lines.iter().find(|line| !line.trim_matches(is_unseen).is_empty()) else {
        return Vec::new();
    };
    let mut cells: Vec<String> = [',', '\t', ';', '|']
        .iter()
        .flat_map(|delimiter| first.split(*delimiter))
        .flat_map(|cell| {
            let cell = cell.trim();
            let plain = cell.trim_matches('"');
            // As it stands between quotes; with doubled quotes inside; and where a quote closes too early.
            [plain.to_owned(), plain.replace("\"\"", "\""), cell.replacen('"', "", 2)]
        })
        .collect();
    cells.push(first.clone());
    cells
}

/// Headings that a contract can name: each once, the nth of equal ones by its number.
pub(crate) fn unique(headings: Vec<String>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    for heading in headings.into_iter().filter(|heading| !heading.trim_matches(is_unseen).is_empty()) {
        let nth = (1..).map(|nth| if nth == 1 { heading.clone() } else { format!("{heading}#{nth}") });
        let free = nth.take(300).find(|name| !seen.contains(name));
        seen.extend(free);
    }
    seen
}
