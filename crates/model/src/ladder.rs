//! The ladder of passes by which a row finds its person where the ID number alone does not. Checked; the TOML it comes from is `match`'s
//! business, the keys `normalize`'s.

use std::collections::BTreeMap;

use crate::{Level, LinkClass};

/// config/linkage.toml.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ladder {
    /// In the order in which they are tried.
    pub passes: Vec<LadderPass>,
    /// Whether numbers under which an earlier registry knew a person count as his.
    pub alias: bool,
    /// The link model of the weighted pass, a file beside linkage.toml; without it there is no such pass.
    pub model: Option<String>,
    /// Characters that are taken for one another in names, each group for its first.
    pub variants: Vec<Vec<char>>,
    pub placeholders: Placeholders,
    /// Whether whoever decides about a row is shown weights and probabilities.
    pub shows_scores: bool,
    /// The highest level of a signal that rests on a link of this class.
    pub caps: BTreeMap<LinkClass, Level>,
}

/// One pass: rows and persons who agree in all its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LadderPass {
    /// As lists and `explain` name it.
    pub name: String,
    pub class: LinkClass,
    /// At least two, one of them the name: a single value under a key would be read by how often it occurs.
    pub parts: Vec<KeyPart>,
}

/// What a key may be made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KeyPart {
    /// The ID number, or each number that one slip of the pen would have made of it.
    Id,
    /// Its first fifteen digits.
    FirstFifteen,
    /// As it sounds: pinyin without tones, variants folded.
    Name,
    Birth,
    Sex,
    Village,
    Town,
    Phone,
    /// The name of the head of household, as it sounds.
    Head,
    /// The household of whose ID number stands in the row: a member's row under another member's number.
    Household,
}

impl KeyPart {
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("id", Self::Id),
        ("id15", Self::FirstFifteen),
        ("name", Self::Name),
        ("birth", Self::Birth),
        ("sex", Self::Sex),
        ("village", Self::Village),
        ("town", Self::Town),
        ("phone", Self::Phone),
        ("head", Self::Head),
        ("household", Self::Household),
    ];
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, part)| *part == self).map_or("", |(name, _)| name)
    }
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Id => "证件号码",
            Self::FirstFifteen => "证件号码前15位",
            Self::Name => "姓名",
            Self::Birth => "出生日期",
            Self::Sex => "性别",
            Self::Village => "村",
            Self::Town => "乡镇",
            Self::Phone => "电话",
            Self::Head => "户主姓名",
            Self::Household => "同户",
        }
    }
}

/// Values that say nothing, and so agree with nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placeholders {
    pub names: Vec<String>,
    pub phones: Vec<String>,
    /// A phone of more households than this is nobody's own.
    pub households_per_phone: u32,
}

/// Why a row is looked at closer than by its ID number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LooseKind {
    /// It has no ID number that can be used.
    NoNumber,
    /// Its number is whole, and nobody's in the registry.
    Stranger,
    /// Its number is somebody's whose name is another one.
    OtherName,
    /// Nothing is wrong with it: one of the rows by which the passes are measured.
    Sample,
}

/// What is kept of such a row: keys of several values together, and what a candidate must not contradict. No plain identifier.
#[derive(Clone, Debug, PartialEq)]
pub struct LooseRow {
    pub kind: LooseKind,
    pub source: u32,
    pub row: u32,
    /// Pass and key, sorted; several of one pass where a number can be mended in several ways.
    pub keys: Vec<(u8, u64)>,
    /// Days since 1970-01-01, where it is known to the day.
    pub birth: Option<i32>,
    /// 1 male, 2 female, 0 unknown.
    pub sex: u8,
    /// Of the values that name the person, so that a decision about the row holds when it comes again.
    pub digest: u64,
}

impl LooseKind {
    pub const ALL: &'static [Self] = &[Self::NoNumber, Self::Stranger, Self::OtherName, Self::Sample];
}
