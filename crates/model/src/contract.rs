//! A data contract: what one department's extract must look like. Checked; the TOML it comes from is `ingest`'s business.

/// One extract of one department, as agreed.
#[derive(Clone, Debug, PartialEq)]
pub struct DataContract {
    /// `医保_住院结算`: also the name of its files in the store.
    pub name: String,
    /// `医疗保障局`.
    pub department: String,
    /// Glob patterns relative to the month's inbox.
    pub files: Vec<String>,
    pub kind: FeedKind,
    /// A month without it is an error of the supplier's, not only an unknown.
    pub required: bool,
    /// Day of the following month by which it is due, for the arrival board.
    pub expected_by_day: Option<u8>,
    /// Health, detention and their like: its rows are never named to a town, only to the department itself.
    pub sensitive: bool,
    /// A person stands on it once at most: who stands there under his own number is nobody else's row.
    pub roster: bool,
    pub guard: Guard,
    /// What a row is about.
    pub link: LinkBy,
    /// Sorted by name.
    pub columns: Vec<ColumnContract>,
    /// Columns that together must not repeat within a month; empty for no check.
    pub unique: Vec<String>,
    pub reshape: Reshape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedKind {
    /// Each month brings new rows.
    Events,
    /// Each month brings the whole list.
    Snapshot,
    /// Every rural person, once. One feed of a county is this.
    Registry,
}

/// What a row is about, and by which column it is linked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkBy {
    /// The ID number in this column (`person` unless said otherwise), checked against the name column if there is one.
    Person { id: String, name: Option<String> },
    /// The village in this column, and the hamlet (屯) in the other when it is filled.
    Place { village: String, hamlet: Option<String> },
    /// The town in this column.
    Town { town: String },
}

/// How several records in one row of the file become several rows.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Reshape {
    /// One record a row.
    #[default]
    None,
    /// Groups of columns side by side: each group names, for some columns, the heading to read them under in that record.
    Unpivot(Vec<Vec<(String, String)>>),
    /// These columns hold lists in one cell, taken apart at the separators, and go together by position.
    Split { columns: Vec<String>, separators: String },
}

/// When an extract looks so odd that it is held, and its facts are unknown.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Guard {
    /// Kept rows over the previous month's, least and most.
    pub rows_vs_previous: Option<(f64, f64)>,
    /// Least share of kept rows that must be linked.
    pub link_rate_min: Option<f64>,
    pub unchanged: Unchanged,
}

/// What it means that a whole list comes row by row as it came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Unchanged {
    /// A long list never stays as it is; of a shorter one nobody can tell, and it is named.
    #[default]
    ByLength,
    /// This list changes every month: an old file, and held.
    Held,
    /// This list is drawn up once a year, or seldom changes: named and used.
    Noted,
}

/// One column of a contract.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnContract {
    pub name: String,
    pub kind: ColumnType,
    /// Headings it may stand under, best first. `风险是否消除#2` is the second column of that heading; `上级/下级` a two-level one.
    pub headings: Vec<String>,
    /// The heading must be there.
    pub required: bool,
    /// What a row's value must be, for `text`: empty for anything.
    pub choices: Vec<String>,
    /// Spellings to fold, from and to, before `choices` is checked.
    pub aliases: Vec<(String, String)>,
    /// `false` for words such as 户主姓名 that lists need and the store must not hold.
    pub stored: bool,
    /// For money: the factor from the written unit to fen, 100 for 元 and 1,000,000 for 万元.
    pub fen_per_unit: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Becomes a token; nothing else of it is stored.
    IdNumber,
    /// Becomes a name token bound to the row's ID; nothing else is stored.
    Name,
    /// Never stored; lists read it again from the registry.
    Phone,
    Date,
    Money,
    Integer,
    Number,
    /// True, false or not said.
    Flag,
    Text,
    /// Becomes a 12-digit village code.
    Village,
    /// Becomes a 9-digit town code.
    Town,
}

impl ColumnType {
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("id_number", Self::IdNumber),
        ("name", Self::Name),
        ("phone", Self::Phone),
        ("date", Self::Date),
        ("money", Self::Money),
        ("integer", Self::Integer),
        ("number", Self::Number),
        ("flag", Self::Flag),
        ("text", Self::Text),
        ("village", Self::Village),
        ("town", Self::Town),
    ];
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

impl DataContract {
    #[must_use]
    pub fn column(&self, name: &str) -> Option<(usize, &ColumnContract)> {
        self.columns.iter().enumerate().find(|(_, column)| column.name == name)
    }
}
