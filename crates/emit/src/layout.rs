//! How much room things take on a sheet. Spreadsheet programs do not fit the height of a row that a program wrote, so every
//! wrapped row is measured here: a Chinese character takes two units of a column's width, a Latin one or a digit one.

use crate::list_plan::SheetPlan;

const POINTS_PER_LINE: f64 = 14.5;
const LEAST_HEIGHT: f64 = 20.0;
/// Excel's own limit.
const GREATEST_HEIGHT: f64 = 400.0;
/// What a cell keeps free at its sides, in units of width.
const PADDING: f64 = 1.2;

/// Inches; A4 landscape is 11.69 wide and portrait 8.27.
pub(crate) const SIDE_MARGIN: f64 = 0.4;

/// Units of width that a line of text takes.
pub(crate) fn text_width(line: &str) -> f64 {
    line.chars().map(|character| if character.is_ascii() { 1.0 } else { 2.0 }).sum()
}

/// Lines that a text takes in a column of `width` units.
pub(crate) fn line_count(text: &str, width: f64) -> f64 {
    // A line holds whole characters, and one that would begin with a comma gives up its last character to the next line.
    let room = (((width - PADDING) / 2.0).floor() * 2.0 - 1.0).max(2.0);
    text.split('\n').map(|line| (text_width(line) / room).ceil().max(1.0)).sum()
}

/// Points of height for a row whose fullest cell has so many lines.
pub(crate) fn row_height(lines: f64) -> f64 {
    (lines * POINTS_PER_LINE + 4.0).clamp(LEAST_HEIGHT, GREATEST_HEIGHT)
}

/// Widths of the printed columns and then of the answers.
///
/// For a table on two pages they are stretched so that the page breaks just where the answers begin, whatever fonts a machine has:
/// a program that fits a table to two pages takes the greatest scale at which it fits, so the first page holds the printed columns
/// and no more when the second (repeated columns and answers) is narrower than the first, but by less than the first's last column.
/// A manual break would not do, since Excel ignores it when it fits.
pub(crate) fn column_widths(sheet: &SheetPlan, two_pages: bool) -> Vec<f64> {
    let mut printed: Vec<f64> = sheet.columns.iter().map(|column| column.width).collect();
    let mut answers: Vec<f64> = sheet.answers.iter().map(|answer| answer.width).collect();
    if two_pages {
        let freeze = usize::from(sheet.freeze).min(printed.len());
        let repeated: f64 = printed[..freeze].iter().sum();
        let last = printed.last().copied().unwrap_or_default();
        let (first_page, filled_in): (f64, f64) = (printed.iter().sum(), answers.iter().sum());
        let missing = first_page - last / 2.0 - repeated - filled_in;
        if missing > 0.0 {
            stretch(&mut answers, missing);
        } else {
            stretch(&mut printed[freeze..], -missing);
        }
    }
    printed.append(&mut answers);
    printed
}

/// Shares `more` out by width.
fn stretch(widths: &mut [f64], more: f64) {
    let sum: f64 = widths.iter().sum();
    for width in widths {
        // Rounded to hundredths, so that no machine's last bit of a division reaches the file.
        *width = ((*width + more * *width / sum) * 100.0).round() / 100.0;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used)]
    use super::*;

    #[test]
    fn a_chinese_character_is_twice_as_wide_as_a_digit() {
        assert_eq!(line_count("一二三四", 11.2), 1.0);
        assert_eq!(line_count("一二三四五六", 11.2), 2.0);
        assert_eq!(line_count("123456789", 11.2), 1.0);
        assert_eq!(line_count("一\n二", 11.2), 2.0);
        assert_eq!(line_count("", 11.2), 1.0);
    }

    /// Widths of printed columns (two of them repeated) and answers: the page must break where the answers begin.
    fn check_two_pages(printed: &[f64], answers: &[f64]) {
        let columns: Vec<_> =
            printed.iter().map(|width| format!("{{ title = 'x', value = 'feed', width = {width} }}")).collect();
        let answers_text: Vec<_> =
            answers.iter().map(|width| format!("{{ title = 'x', key = 'x', width = {width} }}")).collect();
        let text = format!(
            "[[list]]\nid = 'x'\ntitle = 'x'\nfile = 'x.xlsx'\nsheet = 'x'\nfreeze = 2\nquery = 'SELECT feed FROM feeds ORDER BY feed'\ncolumns = [{}]\nanswers = [{}]\n",
            columns.join(","),
            answers_text.join(",")
        );
        let list = crate::compile_list(&text, "x.toml").expect("a list");
        let widths = column_widths(&list.sheets[0], true);
        let (first, second) = widths.split_at(printed.len());
        let first_page: f64 = first.iter().sum();
        let second_page = first[..2].iter().sum::<f64>() + second.iter().sum::<f64>();
        let last = first[first.len() - 1];
        assert!(second_page <= first_page && second_page + last > first_page, "{first:?} {second:?}");
    }

    #[test]
    fn two_pages_break_where_the_answers_begin() {
        check_two_pages(&[5.0, 8.0, 30.0, 20.0, 10.0], &[10.0, 10.0]);
        check_two_pages(&[5.0, 8.0, 10.0], &[30.0, 30.0, 20.0]);
        check_two_pages(&[5.0, 8.0, 10.0], &[10.0]);
    }
}
