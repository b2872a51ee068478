//! Is a row below the heading data, or one of the things that people put between and below data?
//!
//! In doubt a row is data: `normalize` can still flag its values, and a row set aside by mistake is a person lost.

use bidui_model::{DataContract, LinkBy, RejectCode};

use crate::heading::{HeadingPlan, normalize, stays};
use crate::heading_map::HeadingMap;
use crate::row::{Row, RowView, is_unseen};

const TOTAL_WORDS: &[&str] = &["合计", "小计", "总计", "共计", "累计"];
/// What may follow such a word: 合计（人）, 累计金额, 小计：3户. Whatever else does makes it a value: 累计医疗费用支出过大.
const OF_TOTALS: &[&str] = &[
    "人数", "户数", "金额", "笔数", "人次", "数", "人", "户", "笔", "元", "万元", "行", "栏", "页", "本页", "全县",
    "全区", "全镇", "全村",
];
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
    "分管领导",
    "主管领导",
    "统计人",
    "校对",
    "录入",
    "经手人",
    "领导签",
];

/// What the rows of one sheet are measured against.
#[derive(Clone, Debug)]
pub(crate) struct Classifier {
    /// Columns of the file: those with the key, those of required columns, all that are read.
    keys: Vec<usize>,
    /// Those with the name of whose row it is.
    names: Vec<usize>,
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
            names: match &contract.link {
                LinkBy::Person { name: Some(name), .. } => places(&|column| contract.columns[column].name == *name),
                _ => Vec::new(),
            },
            required: places(&|column| contract.columns[column].required),
            read: map.read_columns(),
            width: map.labels.width(),
            slips,
            headings,
        }
    }

    /// Whether a row is somebody's: its key has a value.
    pub(crate) fn has_key(&self, row: RowView<'_>) -> bool {
        self.keys.iter().any(|place| !row.is_blank_at(*place))
    }

    /// The lowest label over a column.
    pub(crate) fn label(&self, column: usize) -> String {
        let mut labels = self.headings.iter().rev().filter_map(|row| row.get(column)).filter(|label| !label.is_empty());
        labels.next().cloned().unwrap_or_default()
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
        let is_counted = || self.keys.iter().all(|key| row.is_blank_at(*key) || is_count(row.get(*key).text));
        if is_total(text) && (!has_key || is_counted()) {
            return Some(RejectCode::Total);
        }
        let is_below = || starts_with_any(text, FOOTER_WORDS) || is_page_number(text);
        // Whoever has a name and no number is somebody: 审核通过 before him is a value.
        let has_name = || {
            self.names.iter().any(|name| {
                let text = row.get(*name).text;
                *name != first && !row.is_blank_at(*name) && !starts_with_any(text, FOOTER_WORDS) && !has_figures(text)
            })
        };
        if !has_key && is_below() && self.lacks_required(row, first) && !has_name() {
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

/// `合计`, `总 计（人）`, `合计：36户`, `本页小计`.
fn is_total(text: &str) -> bool {
    // A cheap answer for almost every row: a longer text is no label.
    if text.is_ascii() || text.len() > 96 {
        return false;
    }
    let normal = normalize(text);
    let begins = TOTAL_WORDS.iter().find_map(|word| normal.trim_start_matches('(').strip_prefix(word));
    if let Some(rest) = begins {
        let (label, _) = rest.split_once('(').unwrap_or((rest, ""));
        let counted =
            label.trim_matches(|character: char| character.is_numeric() || ":：,.，。-=)".contains(character));
        return counted.is_empty() || OF_TOTALS.contains(&counted);
    }
    // At most as long as a label: a remark may end in such a word, and a value in 累计.
    let ends = |word: &&str| match normal.strip_suffix(*word) {
        Some(before) if *word == "累计" => ["年", "月", "页"].iter().any(|end| before.ends_with(end)),
        Some(_) => true,
        None => false,
    };
    text.len() <= 24 && TOTAL_WORDS.iter().any(ends)
}

/// `2998人`, `62`: a figure below a column, which is nobody's number.
fn is_count(text: &str) -> bool {
    let normal = normalize(text);
    let rest = normal.trim_start_matches(|character: char| character.is_ascii_digit() || character == ',');
    let digits = normal.len() - rest.len();
    (1..=9).contains(&digits) && ["", "人", "户", "人次", "笔", "条", "个", "名", "元"].contains(&rest)
}

/// Beside who signed stands the day, which is no name.
fn has_figures(text: &str) -> bool {
    text.chars().any(|character| character.is_ascii_digit())
}

/// `第1页`, `第 1 页 共 26 页`, `第3页/共26页`.
fn is_page_number(text: &str) -> bool {
    if !text.contains('页') {
        return false;
    }
    let normal = normalize(text);
    let rest =
        normal.trim_matches(|character: char| character.is_ascii_digit() || "第共页,/-，、(".contains(character));
    rest.is_empty() && (normal.contains('第') || normal.contains('共'))
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
