//! How much room things take on a sheet. Spreadsheet programs do not fit the height of a row that a program wrote, so every
//! wrapped row is measured here: a Chinese character takes two units of a column's width, a Latin one or a digit one.

use crate::list_plan::{ReturnPlan, SheetPlan};

const POINTS_PER_LINE: f64 = 14.5;
const LEAST_HEIGHT: f64 = 20.0;
/// Excel's own limit.
const GREATEST_HEIGHT: f64 = 400.0;
/// What a cell keeps free at its sides, in units of width.
const PADDING: f64 = 1.2;

/// What a column takes beyond its width: five pixels, of which seven are a unit. Over twenty narrow columns they add up to a wide one.
const COLUMN_MARGIN: f64 = 5.0 / 7.0;

/// Units of width that a page holds at 6.5 points, the least that can be read, in LibreOffice without Excel's fonts, which takes columns for a
/// third wider than Excel does. With Excel's fonts it is 8.7 points.
const LEGIBLE: f64 = 181.0;

/// Inches; A4 landscape is 11.69 wide and portrait 8.27.
pub(crate) const SIDE_MARGIN: f64 = 0.3;

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

/// How a table lies on its pages, side by side.
#[derive(Debug)]
pub(crate) struct PageLayout {
    /// Of every column: printed ones, answers, tags.
    pub(crate) widths: Vec<f64>,
    /// First and last column of each page, without the columns that every page repeats. One page has them all.
    pub(crate) pages: Vec<(usize, usize)>,
}

/// Lays a table on so many pages: on two, the second has the answers; on more, each has about as much. A table without answers that is asked
/// for several pages has two if one would be too small to read, and else one.
///
/// For several pages the widths are stretched so that they break just there, whatever fonts a machine has: a program that fits a
/// table to pages takes the greatest scale at which it fits, so each page holds its columns and the next one has no room left for
/// its last. A manual break would not do, since Excel ignores it when it fits.
pub(crate) fn page_layout(sheet: &SheetPlan, pages_wide: u8) -> PageLayout {
    let printed = sheet.columns.len();
    let widths = sheet.columns.iter().map(|column| column.width);
    let tag = sheet.returns.iter().map(|_| ReturnPlan::TAG_WIDTH);
    let mut widths: Vec<f64> = widths.chain(sheet.answers.iter().map(|answer| answer.width)).chain(tag).collect();
    let last = widths.len().saturating_sub(1);
    let first = usize::from(sheet.freeze).min(printed.saturating_sub(1));
    let pages = match pages_wide {
        2 if !sheet.answers.is_empty() => vec![(first, printed.saturating_sub(1)), (printed, last)],
        3.. if !sheet.answers.is_empty() && last + 1 >= first + usize::from(pages_wide) => {
            balanced(&widths, first, usize::from(pages_wide))
        }
        // Nothing to fill in: one page, unless it could not be read.
        2.. if sheet.answers.is_empty() && room(&widths) > LEGIBLE => balanced(&widths, first, 2),
        _ => vec![(0, last)],
    };
    if pages.len() > 1 {
        let sums: Vec<f64> = pages.iter().map(|(first, last)| room(&widths[*first..=*last])).collect();
        let lasts = pages[..pages.len() - 1].iter().map(|(_, last)| room(&widths[*last..=*last]));
        let slack = lasts.fold(f64::INFINITY, f64::min) / 2.0;
        let widest = sums[1..].iter().fold(sums[0], |widest, sum| widest.max(sum + slack));
        for (index, ((first, last), sum)) in pages.iter().zip(sums).enumerate() {
            let wanted = if index == 0 { widest } else { widest - slack };
            stretch(&mut widths[*first..=*last], wanted - sum);
        }
    }
    PageLayout { widths, pages }
}

/// Units of width that columns take together.
fn room(widths: &[f64]) -> f64 {
    widths.iter().map(|width| width + COLUMN_MARGIN).sum()
}

/// The division of the columns from `first` on into so many pages whose widest is the narrowest; each has a column at least.
fn balanced(widths: &[f64], first: usize, pages: usize) -> Vec<(usize, usize)> {
    let end = widths.len();
    // From each column on, with one page more every time round: how wide the widest is, and where the next begins.
    let mut best: Vec<Vec<(f64, usize)>> = vec![(0..=end).map(|from| (room(&widths[from..]), end)).collect()];
    for left in 1..pages {
        let narrowest = |from: usize| {
            let mut found = (f64::INFINITY, end);
            for next in from + 1..end.saturating_sub(left - 1) {
                let widest = room(&widths[from..next]).max(best[left - 1][next].0);
                if widest < found.0 {
                    found = (widest, next);
                }
            }
            found
        };
        best.push((0..=end).map(narrowest).collect());
    }
    let mut from = first;
    let mut divided = Vec::new();
    for left in (0..pages).rev() {
        let next = best[left][from].1;
        divided.push((from, next - 1));
        from = next;
    }
    divided
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

    /// Widths of printed columns (two of them repeated) and answers: each page must break where the next one's columns begin.
    fn check_pages(pages_wide: u8, printed: &[f64], answers: &[f64]) {
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
        let PageLayout { widths, pages } = page_layout(&list.sheets[0], pages_wide);
        assert_eq!(pages.len(), usize::from(pages_wide));
        assert!(pages.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0), "{pages:?}");
        assert_eq!((pages[0].0, pages[pages.len() - 1].1), (2, widths.len() - 1));
        let sum = |(first, last): (usize, usize)| room(&widths[first..=last]);
        for pair in pages.windows(2) {
            let (page, with_one_more) = (sum(pair[1]), sum((pair[0].1, pair[1].1)));
            assert!(page <= sum(pages[0]) && with_one_more > sum(pages[0]), "{widths:?} {pages:?}");
        }
    }

    #[test]
    fn two_pages_break_where_the_answers_begin() {
        check_pages(2, &[5.0, 8.0, 30.0, 20.0, 10.0], &[10.0, 10.0]);
        check_pages(2, &[5.0, 8.0, 10.0], &[30.0, 30.0, 20.0]);
        check_pages(2, &[5.0, 8.0, 10.0], &[10.0]);
    }

    /// A4 on its side holds 153 units at full size: seven pixels each, 96 to the inch, between the margins.
    #[test]
    fn the_towns_list_is_readable_on_paper_and_answers_begin_a_page() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/lists/verification.toml");
        let text = std::fs::read_to_string(path).expect("the list");
        let shared = text.find("[[list.sheet]]\nname = \"以前未办结\"").expect("its second sheet");
        let list = crate::compile_list(&text[..shared], "verification.toml").expect("a list");
        let sheet = &list.sheets[0];
        let PageLayout { widths, pages } = page_layout(sheet, list.print.pages_wide);
        let widest = room(&widths[..=pages[0].1]);
        assert!(153.0 / widest > 0.8, "{widest}");
        assert!(pages.iter().any(|(first, _)| *first == sheet.columns.len()), "{pages:?}");
    }

    #[test]
    fn more_pages_break_where_they_are_about_as_wide() {
        check_pages(4, &[5.0, 8.0, 30.0, 20.0, 10.0], &[10.0, 10.0]);
        check_pages(4, &[5.0, 8.0, 10.0], &[30.0, 30.0, 20.0]);
        check_pages(5, &[5.0, 8.0, 40.0, 40.0, 40.0], &[7.0; 17]);
        check_pages(3, &[5.0, 8.0, 30.0, 20.0, 10.0], &[10.0, 10.0]);
        check_pages(3, &[5.0, 8.0, 10.0], &[30.0, 30.0, 20.0]);
        check_pages(3, &[5.0, 8.0, 10.0, 5.0, 5.0, 40.0], &[5.0, 5.0, 5.0]);
        check_pages(3, &[5.0, 8.0, 10.0], &[10.0, 5.0]);
        check_pages(3, &[5.0, 8.0, 40.0, 40.0, 40.0], &[7.0; 17]);
    }

    /// What towns and departments have on paper: every sheet of every list, page by page, with the columns that it repeats.
    #[test]
    fn every_sheet_of_a_towns_or_a_departments_list_can_be_read_on_paper() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/lists");
        let mut small = Vec::new();
        for entry in std::fs::read_dir(folder).expect("lists").map(|entry| entry.expect("an entry").path()) {
            let text = std::fs::read_to_string(&entry).expect("a list");
            let lists = crate::compile_lists(&text, "x.toml").expect("lists");
            for list in lists.iter().filter(|list| list.split != crate::Split::None) {
                for sheet in &list.sheets {
                    let PageLayout { widths, pages } = page_layout(sheet, list.print.pages_wide);
                    let repeated = if pages.len() > 1 { room(&widths[..pages[0].0]) } else { 0.0 };
                    let widest = pages.iter().map(|(first, last)| repeated + room(&widths[*first..=*last]));
                    let widest = widest.fold(0.0, f64::max);
                    if widest > LEGIBLE {
                        small.push(format!("{} {} {widest:.0}", list.title, sheet.name));
                    }
                }
            }
        }
        assert!(small.is_empty(), "{small:#?}");
    }
}
