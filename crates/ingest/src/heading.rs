//! Headings as departments write them, and what of them counts.
//!
//! Taken as equal: full-width and half-width forms, upper and lower case, blanks and line breaks anywhere, star marks, one kind of bracket
//! for all. Not taken as equal: anything else. A heading with a unit in brackets is another heading (`金额（万元）` is not `金额`), since the
//! unit is what a contract must not guess; one that a contract does list says its unit itself. （元） alone is no other heading: it is what is counted in.

use std::collections::HashSet;

use bidui_model::{ColumnContract, DataContract, Reshape};

use crate::row::is_unseen;

/// No heading is longer; of longer texts, which stand in every workbook's notes, the beginning is looked at.
const LONGEST: usize = 256;

/// A heading reduced to what counts.
pub(crate) fn normalize(text: &str) -> String {
    let mut result = String::with_capacity(text.len().min(3 * LONGEST));
    for character in text.chars().take(LONGEST) {
        let narrow = match character {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(character as u32 - 0xFEE0).unwrap_or(character),
            other => other,
        };
        match narrow {
            '*' | '＊' | '★' | '※' => {}
            '[' | '{' | '【' | '〔' | '〖' | '「' | '﹙' => result.push('('),
            ']' | '}' | '】' | '〕' | '〗' | '」' | '﹚' => result.push(')'),
            other if is_unseen(other) => {}
            other => result.extend(other.to_lowercase()),
        }
    }
    while result.ends_with(':') {
        result.pop();
    }
    result
}

/// Whether [`normalize`] leaves a character as it is: the common ideographs.
pub(crate) fn stays(character: char) -> bool {
    ('\u{4E00}'..='\u{9FFF}').contains(&character)
}

/// The unit that money is written in, and what one of it is in fen.
pub(crate) const UNITS: &[(&str, i64)] = &[("元", 100), ("万元", 1_000_000), ("分", 1)];

/// What one of a unit is in fen, as texts above a table write it.
const UNITS_ABOVE: &[(&str, i64)] = &[
    ("元", 100),
    ("人民币元", 100),
    ("百元", 10_000),
    ("千元", 100_000),
    ("万元", 1_000_000),
    ("人民币万元", 1_000_000),
    ("万", 1_000_000),
    ("亿元", 10_000_000_000),
];

/// The units of money that a text above a table names: `单位：万元`, `……情况表（单位：户、万元）`, `……台账（万元）`, `计量单位：万元　填报单位：民政局`.
pub(crate) fn units_above(text: &str) -> Vec<i64> {
    let text: String =
        text.chars().take(LONGEST).map(|character| if character == '\u{3000}' { ' ' } else { character }).collect();
    let unit = |name: &str| UNITS_ABOVE.iter().find(|(known, _)| *known == name.trim()).map(|(_, fen)| *fen);
    let ends = |character: char| "（(）)；;，,。 ".contains(character);
    let mut found: Vec<i64> = Vec::new();
    for (at, word) in text.match_indices("单位") {
        let rest = text[at + word.len()..].trim_start();
        // `单位：万元`, `单位（万元）`; 单位负责人 is another thing.
        let Some(rest) = rest.strip_prefix(['：', ':', '（', '(']) else { continue };
        let mut named = rest.trim_start().split(ends);
        let first = named.next().unwrap_or("");
        let mut of_one: Vec<i64> = first.split(['、', '/', '和']).filter_map(unit).collect();
        if of_one.is_empty() && first.chars().count() <= 2 {
            // `单位：户；万元`, `单位：户  万元`.
            of_one.extend(named.find(|name| !name.is_empty()).and_then(unit));
        }
        found.extend(of_one);
    }
    if found.is_empty() {
        let closed = text.trim_end().strip_suffix(['）', ')']).and_then(|text| text.rsplit_once(['（', '(']));
        found.extend(closed.and_then(|(_, inside)| unit(inside)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// What one of the unit in a normalized heading's closing brackets is in fen: `损失金额(万元)`, `金额(单位:万元)`.
pub(crate) fn unit_of(normalized: &str) -> Option<i64> {
    let (_, inside) = normalized.strip_suffix(')')?.rsplit_once('(')?;
    let unit = inside.strip_prefix("单位").map_or(inside, |rest| rest.trim_start_matches(':'));
    UNITS.iter().find(|(name, _)| *name == unit).map(|(_, fen)| *fen)
}

/// A heading as people should see it: one line, no blanks at its ends.
pub(crate) fn tidy(text: &str) -> String {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(end, _)| end);
    text[..end].split(is_unseen).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// One spelling that a column may stand under: the `nth` (from 0) column of this normalized heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spelling {
    pub(crate) normalized: String,
    pub(crate) nth: usize,
    /// Its number is written: of several columns of that heading this one is meant.
    pub(crate) is_counted: bool,
}

impl Spelling {
    /// `上级/下级` is the name of a column under `下级`, and of one whose own label has the stroke.
    fn lowest_labels(&self) -> impl Iterator<Item = &str> {
        let strokes = self.normalized.match_indices('/').map(|(at, stroke)| &self.normalized[at + stroke.len()..]);
        strokes.chain([self.normalized.as_str()])
    }

    /// `X` or `X#2`; a number sign without a number belongs to the heading.
    pub(crate) fn parse(text: &str) -> Self {
        if let Some((base, count)) = text.rsplit_once(['#', '＃'])
            && let Ok(count) = count.trim().parse::<usize>()
            && count > 0
        {
            return Self { normalized: normalize(base), nth: count - 1, is_counted: true };
        }
        Self { normalized: normalize(text), nth: 0, is_counted: false }
    }
}

/// What to look for in a heading row: made once for a contract.
#[derive(Clone, Debug)]
pub(crate) struct HeadingPlan {
    /// Parallel to the contract's columns; without spellings where only the groups of an unpivot read it.
    pub(crate) columns: Vec<Wanted>,
    /// The groups of an unpivot: column of the contract, and the one spelling for it in that group.
    pub(crate) groups: Vec<Vec<(usize, Spelling)>>,
    /// Columns whose value makes a row somebody's (or some place's).
    pub(crate) keys: Vec<usize>,
    /// What the lowest label of a heading can be, and its first characters: most cells of most rows are told from headings by these.
    lowest: HashSet<String>,
    begins: HashSet<char>,
}

#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) spellings: Vec<Spelling>,
    pub(crate) required: bool,
}

impl HeadingPlan {
    pub(crate) fn new(contract: &DataContract) -> Self {
        let mut groups = Vec::new();
        if let Reshape::Unpivot(named) = &contract.reshape {
            for group in named {
                groups.push(
                    group
                        .iter()
                        .filter_map(|(name, heading)| Some((contract.column(name)?.0, Spelling::parse(heading))))
                        .collect::<Vec<_>>(),
                );
            }
        }
        let grouped = |index: usize| groups.iter().flatten().any(|(column, _)| *column == index);
        let wanted = |(index, column): (usize, &ColumnContract)| Wanted {
            spellings: if grouped(index) {
                Vec::new()
            } else {
                column.headings.iter().map(|text| Spelling::parse(text)).collect()
            },
            required: column.required,
        };
        let columns: Vec<Wanted> = contract.columns.iter().enumerate().map(wanted).collect();
        let own = columns.iter().flat_map(|wanted| &wanted.spellings);
        let spellings = own.chain(groups.iter().flatten().map(|(_, spelling)| spelling));
        let lowest: HashSet<String> = spellings.flat_map(Spelling::lowest_labels).map(str::to_owned).collect();
        let begins = lowest.iter().filter_map(|label| label.chars().next()).collect();
        Self { columns, keys: key_columns(contract), groups, lowest, begins }
    }

    /// Whether a cell may be the lowest label of one of the headings.
    pub(crate) fn may_name(&self, text: &str) -> bool {
        match text.chars().next() {
            None => false,
            Some(first) if stays(first) && !self.begins.contains(&first) => false,
            // A date, an amount, an ID number: no heading is all digits and their signs.
            Some(_) if text.bytes().all(|byte| byte.is_ascii_digit() || b"-./,".contains(&byte)) => {
                self.lowest.contains(text)
            }
            Some(_) => self.lowest.contains(&normalize(text)),
        }
    }
}

fn key_columns(contract: &DataContract) -> Vec<usize> {
    use bidui_model::LinkBy;
    let name = match &contract.link {
        LinkBy::Person { id, .. } => id,
        LinkBy::Place { village, .. } => village,
        LinkBy::Town { town } => town,
    };
    contract.column(name).map(|(index, _)| index).into_iter().collect()
}

/// A stable 64-bit fingerprint (FNV-1a), since the standard library's hasher may change between versions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    pub(crate) fn hex(self) -> String {
        format!("{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(normalize(text), expected, "{text}");
    }

    #[test]
    fn blanks_widths_brackets_and_stars_do_not_count() {
        check(" 身份证\n号码 ", "身份证号码");
        check("*姓　名：", "姓名");
        check("个人自付（元）", "个人自付(元)");
        check("乡【镇】", "乡(镇)");
        check("ＩＤ号", "id号");
        check("２０２１年", "2021年");
    }

    #[test]
    fn a_heading_says_its_unit_in_its_last_brackets() {
        let unit = |text: &str| unit_of(&normalize(text));
        assert_eq!(unit("损失金额（万元）"), Some(1_000_000));
        assert_eq!(unit("金额 [单位：元]"), Some(100));
        assert_eq!(unit("万元以上金额"), None);
        assert_eq!(unit("金额（万元以下）"), None);
    }

    #[test]
    fn a_text_above_a_table_names_its_units() {
        for text in [
            "单位：万元",
            "柳江区产业失败情况表（单位：户、 万元）",
            "计量单位：万元　填报单位：农业农村局",
            "单位：万元　填报日期：2023年3月31日",
            "单位：万元（保留两位小数）",
            "单位：户；万元",
            "单位：户  万元",
            "金额单位：人民币万元",
            "单位（万元）",
            "产业失败台账（万元）",
            "单位：万",
        ] {
            assert_eq!(units_above(text), [1_000_000], "{text}");
        }
        assert_eq!(units_above("农户收入测算表　　　单位：千元"), [100_000]);
        assert_eq!(units_above("金额单位:元"), [100]);
        assert_eq!(units_above("损失金额单位：元，贷款余额单位：万元"), [100, 1_000_000]);
        assert_eq!(units_above("单位：元、万元"), [100, 1_000_000]);
        for text in ["单位：柳江区民政局", "报送单位：万元村", "单位", "万元", "单位：元/月", "单位负责人：万元"]
        {
            assert!(units_above(text).is_empty() || units_above(text) == [100], "{text}");
        }
    }

    #[test]
    fn a_number_sign_names_the_nth() {
        let nth = |text: &str| {
            let spelling = Spelling::parse(text);
            (spelling.normalized, spelling.nth)
        };
        assert_eq!(nth("风险是否消除#2"), ("风险是否消除".to_owned(), 1));
        assert_eq!(nth("风险是否消除"), ("风险是否消除".to_owned(), 0));
        assert_eq!(nth("楼#栋"), ("楼#栋".to_owned(), 0));
    }
}
