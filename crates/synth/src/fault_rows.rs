//! The rows of a clean county's extract, read back to be changed.

use std::path::Path;

use crate::dice::Dice;
use crate::feed::{Feed, FeedSpec};
use crate::options::SynthError;
use crate::table::io_error;

/// Whole lists that change every month, and whose contracts say so: `unchanged = "held"` in config/feeds.
pub(crate) const CHANGES: &[Feed] = &[Feed::Jobs];

/// Whole lists that seldom change, and may come as they came before: `unchanged = "noted"`.
pub(crate) const SELDOM: &[Feed] =
    &[Feed::Income, Feed::HouseAppraisals, Feed::Rebuilding, Feed::Exemptions, Feed::Measures];

/// A plain CSV file: UTF-8, commas, one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sheet {
    headings: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
    /// Written as a spreadsheet program would: a byte order mark, Windows line ends, every cell quoted.
    pub(crate) saved_again: bool,
}

impl Sheet {
    pub(crate) fn read(path: &Path) -> Result<Self, SynthError> {
        let text = std::fs::read_to_string(path).map_err(io_error(path))?;
        let mut lines = records(&text);
        let headings = if lines.is_empty() { Vec::new() } else { lines.remove(0) };
        Ok(Self { headings, rows: lines, saved_again: false })
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), SynthError> {
        let (mark, end) = if self.saved_again { ("\u{feff}", "\r\n") } else { ("", "\n") };
        let line = |row: &Vec<String>| row.iter().map(|cell| self.cell(cell)).collect::<Vec<_>>().join(",") + end;
        let text: String = std::iter::once(&self.headings).chain(&self.rows).map(line).collect();
        std::fs::write(path, format!("{mark}{text}")).map_err(io_error(path))
    }

    fn cell(&self, text: &str) -> String {
        if self.saved_again || text.contains([',', '"', '\n']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    }

    pub(crate) fn same_rows(&self, other: &Self) -> bool {
        let sorted = |sheet: &Self| {
            let mut rows = sheet.rows.clone();
            rows.sort_unstable();
            rows
        };
        sorted(self) == sorted(other)
    }

    pub(crate) fn shuffle(&mut self, dice: &mut Dice) {
        for last in (1..self.rows.len()).rev() {
            self.rows.swap(last, dice.below(last + 1));
        }
    }

    pub(crate) fn swap(&mut self, one: usize, other: usize) {
        for row in &mut self.rows {
            row.swap(one, other);
        }
    }
}

/// Records of a CSV text; quotes may hold commas, quotes and line ends.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            _ => cell.push(letter),
        }
    }
    records
}

/// The feed's columns that hold money, in the catalogue's order.
pub(crate) fn money_columns(spec: &FeedSpec) -> Vec<&'static str> {
    match spec.feed {
        Feed::HospitalBills => vec!["total", "fund_paid", "self_paid"],
        Feed::Income => vec!["income_2021", "income_2022", "spending_2021", "spending_2022"],
        Feed::MinimumAllowance | Feed::Relief => vec!["amount"],
        Feed::Jobs => vec!["monthly_wage"],
        Feed::Tuition => vec!["tuition_paid"],
        Feed::IndustryFailures | Feed::Disasters => vec!["loss"],
        _ => Vec::new(),
    }
}

/// Something other than nothing and zero.
pub(crate) fn is_amount(cell: &str) -> bool {
    cell.contains(|digit: char| ('1'..='9').contains(&digit))
}

/// `12000.50` as `1.20005`.
pub(crate) fn in_ten_thousands(cell: &str) -> String {
    let (sign, digits) = cell.strip_prefix('-').map_or(("", cell), |digits| ("-", digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() || !is_amount(cell) {
        return cell.to_owned();
    }
    let padded = format!("{whole:0>5}");
    let (high, low) = padded.split_at(padded.len() - 4);
    let text = format!("{sign}{high}.{low}{part}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cell: &str, expected: &str) {
        assert_eq!(in_ten_thousands(cell), expected, "{cell}");
    }

    #[test]
    fn yuan_become_ten_thousands_digit_by_digit() {
        check("12000.50", "1.20005");
        check("520", "0.052");
        check("-8", "-0.0008");
        check("300000", "30");
        check("0", "0");
        check("", "");
    }

    #[test]
    fn records_are_read_as_they_are_written() {
        let rows = vec![vec!["甲".to_owned(), "a,\"b\"\nc".to_owned()], vec![String::new(), "1".to_owned()]];
        let mut sheet = Sheet { headings: vec!["x".to_owned(), "y".to_owned()], rows, saved_again: false };
        let line = |row: &Vec<String>| row.iter().map(|cell| sheet.cell(cell)).collect::<Vec<_>>().join(",") + "\n";
        let text: String = std::iter::once(&sheet.headings).chain(&sheet.rows).map(line).collect();
        let read = records(&text);
        assert_eq!(read[1..], sheet.rows);
        sheet.shuffle(&mut Dice::new(1, crate::dice::Purpose::Fault, 0));
        assert_eq!(sheet.rows.len(), 2);
    }
}
