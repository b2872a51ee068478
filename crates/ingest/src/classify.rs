//! Is a row below the heading data, or one of the things that people put between and below data?
//!
//! In doubt a row is data: `normalize` can still flag its values, and a row set aside by mistake is a person lost.

use bidui_model::{DataContract, RejectCode};

use crate::heading::{HeadingPlan, normalize, stays};
use crate::heading_map::HeadingMap;
use crate::row::{Row, RowView, is_unseen};

const TOTAL_WORDS: &[&str] = &["合计", "小计", "总计", "共计", "累计"];
const FOOTER_WORDS: &[&str] = &[
    "制表",
    "填表",
    "填报",
    "审核",
    "审批",
    "复核",
    "备注",
    "说明",
    "注:",
    "注：",
    "注1",
    "单位负责人",
    "负责人",
    "经办人",
    "编制",
    "报送",
    "盖章",
    "签字",
    "签章",
    "打印",
    "导出",
    "数据来源",
    "统计时间",
    "联系人",
    "以下空白",
    "以上数据",
];

/// What the rows of one sheet are measured against.
#[derive(Clone, Debug)]
pub(crate) struct Classifier {
    /// Columns of the file: those with the key, those of required columns, all that are read.
    keys: Vec<usize>,
    required: Vec<usize>,
    read: Vec<usize>,
    /// Columns under headings.
    width: usize,
    /// A text file, where a value beyond the last heading means that the row slipped.
    slips: bool,
    /// The heading's rows and the titles above, normalized, to know them again inside the data.
    headings: Vec<Vec<String>>,
}

impl Classifier {
    /// `above` are the rows of the sheet down to the heading's last.
    pub(crate) fn new(
        map: &HeadingMap,
        plan: &HeadingPlan,
        contract: &DataContract,
        above: &[(u32, Row)],
        slips: bool,
    ) -> Self {
        let places = |wanted: &dyn Fn(usize) -> bool| -> Vec<usize> {
            (0..contract.columns.len())
                .filter(|column| wanted(*column))
                .flat_map(|column| map.places_of(column))
                .collect()
        };
        let headings = above
            .iter()
            .map(|(_, row)| {
                let view = row.view();
                (0..view.cells.len()).map(|column| normalize(view.get(column).text)).collect()
            })
            .collect();
        Self {
            keys: places(&|column| plan.keys.contains(&column)),
            required: places(&|column| contract.columns[column].required),
            read: map.read_columns(),
            width: map.labels.width(),
            slips,
            headings,
        }
    }

    /// Columns under headings.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Why the row is set aside; `None` for data.
    pub(crate) fn reject(&self, row: RowView<'_>) -> Option<RejectCode> {
        let Some(first) = row.first_filled() else {
            return Some(RejectCode::Blank);
        };
        if self.slips
            && row.cells.len() > self.width
            && (self.width..row.cells.len()).any(|column| !row.is_blank_at(column))
        {
            return Some(RejectCode::Ragged);
        }
        let text = row.get(first).text;
        let has_key = self
            .keys
            .iter()
            .any(|key| *key != first && !row.is_blank_at(*key) && !starts_with_any(row.get(*key).text, FOOTER_WORDS));
        if !has_key && is_total(text) {
            return Some(RejectCode::Total);
        }
        if !has_key && starts_with_any(text, FOOTER_WORDS) && self.lacks_required(row, first) {
            return Some(RejectCode::Footer);
        }
        if self.read.iter().all(|column| row.is_blank_at(*column)) {
            return Some(self.without_values(row, text));
        }
        if self.is_heading_again(row, first) {
            return Some(RejectCode::RepeatedHeading);
        }
        None
    }

    /// A row whose every column that is read is empty: a number printed ahead, a remark at the side, a title printed again.
    fn without_values(&self, row: RowView<'_>, text: &str) -> RejectCode {
        if is_total(text) {
            RejectCode::Total
        } else if row.first_filled().is_some_and(|first| self.is_heading_again(row, first)) {
            RejectCode::RepeatedHeading
        } else {
            RejectCode::Blank
        }
    }

    /// A text that begins with a letter, or a character that stays as it is ([`stays`]), begins with that one when it is normalized.
    fn cannot_begin_a_heading(&self, text: &str, first: usize) -> bool {
        let known = |character: &char| character.is_ascii_alphanumeric() || stays(*character);
        let Some(begins) = text.chars().next().filter(known).map(|character| character.to_ascii_lowercase()) else {
            return false;
        };
        !self.headings.iter().any(|heading| heading.get(first).is_some_and(|label| label.starts_with(begins)))
    }

    /// Fewer than half of the required columns hold something that is not itself a footer's word.
    fn lacks_required(&self, row: RowView<'_>, first: usize) -> bool {
        let filled = self
            .required
            .iter()
            .filter(|column| {
                let text = row.get(**column).text;
                **column != first && !text.is_empty() && !starts_with_any(text, FOOTER_WORDS)
            })
            .count();
        filled * 2 < self.required.len().max(1)
    }

    /// Every value stands as in one of the heading's rows (or a title above).
    fn is_heading_again(&self, row: RowView<'_>, first: usize) -> bool {
        let text = row.get(first).text;
        // Cheap answers for almost every row: a number, a name of another beginning.
        if text.as_bytes().first().is_some_and(u8::is_ascii_digit) || self.cannot_begin_a_heading(text, first) {
            return false;
        }
        let normal = normalize(text);
        self.headings.iter().filter(|heading| heading.get(first) == Some(&normal)).any(|heading| {
            let filled = heading.iter().filter(|label| !label.is_empty()).count();
            let mut equal = 0;
            for column in first..row.cells.len() {
                let text = row.get(column).text;
                if text.is_empty() {
                    continue;
                }
                if heading.get(column) != Some(&normalize(text)) {
                    return false;
                }
                equal += 1;
            }
            equal >= 2 || equal == filled
        })
    }
}

/// `合计`, `总 计（人）`, `本页小计`.
fn is_total(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    if starts_with_any(text, TOTAL_WORDS) {
        return true;
    }
    // At most as long as a label: a remark may end in such a word.
    text.len() <= 24 && {
        let normal = normalize(text);
        TOTAL_WORDS.iter().any(|word| normal.ends_with(word))
    }
}

/// Whether the text starts with one of the words, blanks within it not counted.
fn starts_with_any(text: &str, words: &[&str]) -> bool {
    // Cheap answer for the values of almost every row: digits and letters.
    if text.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric) {
        return false;
    }
    words.iter().any(|word| {
        let mut seen =
            text.chars().filter(|character| !is_unseen(*character) && !matches!(character, '(' | '（' | '*'));
        word.chars().all(|wanted| seen.next() == Some(wanted))
    })
}
