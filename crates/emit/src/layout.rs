//! How much room things take on a sheet. Spreadsheet programs do not fit the height of a row that a program wrote, so every
//! wrapped row is measured here: a Chinese character takes two units of a column's width, a Latin one or a digit one.

use crate::list_plan::SheetPlan;

const POINTS_PER_LINE: f64 = 14.5;
const LEAST_HEIGHT: f64 = 20.0;
/// Excel's own limit.
const GREATEST_HEIGHT: f64 = 409.0;
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
    let room = (width - PADDING).max(2.0);
    text.split('\n').map(|line| (text_width(line) / room).ceil().max(1.0)).sum()
}

/// Points of height for a row whose fullest cell has so many lines.
pub(crate) fn row_height(lines: f64) -> f64 {
    (lines * POINTS_PER_LINE + 4.0).clamp(LEAST_HEIGHT, GREATEST_HEIGHT)
}

/// The pixels of a column, as Excel has them for a default font of seven pixels a digit.
fn pixels(width: f64) -> f64 {
    (width * 7.0 + 5.0).floor()
}

/// Percent at which a table that is printed on two pages side by side fits both: the printed columns on the first, the repeated
/// columns and the answers on the second.
pub(crate) fn two_page_scale(sheet: &SheetPlan, landscape: bool) -> u16 {
    let printed: f64 = sheet.columns.iter().map(|column| pixels(column.width)).sum();
    let repeated: f64 = sheet.columns.iter().take(usize::from(sheet.freeze)).map(|column| pixels(column.width)).sum();
    let answers: f64 = sheet.answers.iter().map(|answer| pixels(answer.width)).sum();
    let paper = if landscape { 11.69 } else { 8.27 };
    let room = (paper - 2.0 * SIDE_MARGIN) * 96.0;
    let widest = printed.max(repeated + answers).max(1.0);
    // Fonts differ between programs by a little: the three percent keep the last column from a page of its own.
    let percent = (room / widest * 97.0).floor();
    percent.clamp(10.0, 100.0) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_character_is_twice_as_wide_as_a_digit() {
        assert_eq!(line_count("一二三四五", 11.2), 1.0);
        assert_eq!(line_count("一二三四五六", 11.2), 2.0);
        assert_eq!(line_count("1234567890", 11.2), 1.0);
        assert_eq!(line_count("一\n二", 11.2), 2.0);
        assert_eq!(line_count("", 11.2), 1.0);
    }
}
