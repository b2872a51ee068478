//! What may stand in a file of the configuration: its keys, each with what it says and the shape of its value.

/// The keys of a table.
#[derive(Debug)]
pub struct TableSpec {
    pub keys: &'static [Key],
    /// What the keys demand of each other.
    pub demands: &'static [Demand],
}

/// One key of a table.
#[derive(Debug)]
pub struct Key {
    pub name: &'static str,
    /// What an editor shows, in Chinese.
    pub says: &'static str,
    pub shape: Shape,
    /// Whether it may not be left out.
    pub is_required: bool,
}

/// The shape of a value.
#[derive(Debug)]
pub enum Shape {
    Text,
    /// Text of at least so many characters.
    LongText(u64),
    /// Text by a regular expression.
    Pattern(&'static str),
    /// One of some words, each with its meaning.
    Word(&'static [(&'static str, &'static str)]),
    /// From the first to the second; `i64::MAX` is no end.
    Whole(i64, i64),
    Number(Bounds),
    Flag,
    /// A TOML local date, without quotes.
    Date,
    /// A list of at least so many.
    List(&'static Shape, u64),
    /// Exactly two numbers, none below zero.
    PairOfNumbers,
    /// Pairs of texts: `[["从", "到"], …]`.
    PairsOfTexts,
    Table(&'static TableSpec),
    /// `[[key]]`, at least so many.
    Tables(&'static TableSpec, u64),
    /// A table whose keys are data.
    Entries(&'static Entries),
    /// `[[key]]` of tables whose keys are data.
    EntriesList(&'static Entries),
    /// Either of two.
    Either(&'static Shape, &'static Shape),
    /// Text, a number, a flag or a date: a value of an example.
    Scalar,
}

/// A table whose keys are data.
#[derive(Debug)]
pub struct Entries {
    /// What a key may be, as a regular expression.
    pub names: &'static str,
    pub value: Shape,
    /// Keys that are not data.
    pub beside: &'static [Key],
}

/// From where to where a number may go.
#[derive(Debug, Default)]
pub struct Bounds {
    pub least: Option<f64>,
    pub most: Option<f64>,
    /// Whether the ends themselves are outside.
    pub open: bool,
}

impl Bounds {
    pub(crate) const ANY: Self = Self { least: None, most: None, open: false };
    pub(crate) const POSITIVE: Self = Self { least: Some(0.0), most: None, open: true };

    pub(crate) const fn within(least: f64, most: f64) -> Self {
        Self { least: Some(least), most: Some(most), open: false }
    }
    pub(crate) const fn between(least: f64, most: f64) -> Self {
        Self { least: Some(least), most: Some(most), open: true }
    }
}

/// What the keys of a table demand of each other.
#[derive(Debug)]
pub enum Demand {
    /// At least one of them.
    Any(&'static [&'static str]),
    /// Not two of them.
    NotTwo(&'static [&'static str]),
    /// One of them asks for the other.
    Together(&'static str, &'static str),
    /// A list's own keys of its one sheet, or `[[list.sheet]]`: where `sheet` is text, these are required, else they do not belong there.
    OneSheet { required: &'static [&'static str], may: &'static [&'static str] },
}

pub(crate) const fn must(name: &'static str, shape: Shape, says: &'static str) -> Key {
    Key { name, says, shape, is_required: true }
}

pub(crate) const fn may(name: &'static str, shape: Shape, says: &'static str) -> Key {
    Key { name, says, shape, is_required: false }
}

pub(crate) const fn table(keys: &'static [Key]) -> TableSpec {
    TableSpec { keys, demands: &[] }
}

/// Any number of texts.
pub(crate) const TEXTS: Shape = Shape::List(&Shape::Text, 0);
/// The levels of warnings.
pub(crate) const LEVELS: Shape = Shape::Word(&[("red", "红"), ("orange", "橙"), ("yellow", "黄"), ("blue", "蓝")]);
