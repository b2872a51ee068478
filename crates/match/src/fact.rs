//! Facts: what the extracts say of a person, a household, a village or a hamlet. A fact is one aggregate of one row expression over
//! one feed; it is declared in the feed's file and checked here, before a row is read.

use std::collections::BTreeMap;

use bidui_model::{
    ColumnContract, ColumnType, DataContract, Diagnostic, FeedKind, Found, LinkBy, SpecFile, SpecTable, nearest,
};
use polars::prelude::{DataType, Expr};

use crate::facts::is_about_persons;
use crate::sql::Literal;

/// The diagnostic of a name that a fact's expression does not find.
pub const UNKNOWN_COLUMN: &str = "BD0105";

/// Diagnostics that hang on the kind and the link of a fact's feed.
pub const OF_KIND_AND_LINK: [&str; 3] = ["BD0101", "BD0102", "BD0103"];

/// Whom a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Per {
    Person,
    Household,
    Village,
    Hamlet,
}

impl Per {
    pub(crate) const NAMES: [(&'static str, Self); 4] = [
        ("person", Self::Person),
        ("household", Self::Household),
        ("village", Self::Village),
        ("hamlet", Self::Hamlet),
    ];
    #[must_use]
    pub fn code(self) -> &'static str {
        Self::NAMES.iter().find(|(_, per)| *per == self).map_or("", |(name, _)| name)
    }
}

/// How a snapshot is compared with an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// Rows of now whose person was not there in the previous snapshot.
    NewSincePrevious,
    /// Rows of now whose person was not there at the end of last year.
    NewSinceYearStart,
    /// Rows of the previous snapshot whose person is not there now.
    GoneSincePrevious,
}

const COMPARES: [(&str, Compare); 3] = [
    ("new_since_previous", Compare::NewSincePrevious),
    ("new_since_year_start", Compare::NewSinceYearStart),
    ("gone_since_previous", Compare::GoneSincePrevious),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregate {
    Count,
    CountDistinct,
    Sum,
    Min,
    Max,
    Average,
    Any,
    All,
    Latest,
}

/// A checked fact.
#[derive(Clone, Debug)]
pub struct Fact {
    pub name: String,
    pub title: String,
    pub per: Per,
    /// Window in months, ending with the run's month.
    pub months: u32,
    pub date: Option<String>,
    pub unit: String,
    pub compare: Option<Compare>,
    /// The feed's place among the contracts.
    pub feed: usize,
    pub(crate) aggregate: Aggregate,
    /// `None` for `COUNT(*)` and `COUNT(DISTINCT person)`.
    pub(crate) argument: Option<Expr>,
    pub(crate) argument_type: DataType,
    /// The rows that count; `None` for all.
    pub(crate) filter: Option<Expr>,
    /// Contract columns that filter and argument read.
    pub(crate) reads: Vec<String>,
    /// The WHERE clause and the aggregate as written, for `explain`.
    pub sql: String,
}

impl Fact {
    /// Whether it reads that column of its extract.
    #[must_use]
    pub fn reads_column(&self, column: &str) -> bool {
        self.date.as_deref() == Some(column) || self.reads.iter().any(|read| read == column)
    }

    /// Everything of the fact that decides its answers, as one text: the same text, the same answers.
    #[must_use]
    pub fn definition(&self) -> String {
        let compare = self.compare.and_then(|compare| COMPARES.iter().find(|(_, other)| *other == compare));
        let compare = compare.map_or("", |(name, _)| name);
        let date = self.date.as_deref().unwrap_or("");
        format!("{} {} {} {date} {compare}\n{}", self.name, self.per.code(), self.months, self.sql)
    }
    /// The type that rules see.
    pub(crate) fn dtype(&self) -> DataType {
        match self.aggregate {
            Aggregate::Count | Aggregate::CountDistinct => DataType::Int64,
            Aggregate::Average => DataType::Float64,
            Aggregate::Any | Aggregate::All => DataType::Boolean,
            Aggregate::Sum | Aggregate::Min | Aggregate::Max | Aggregate::Latest => match self.argument_type {
                DataType::Boolean | DataType::Date | DataType::String => self.argument_type.clone(),
                _ => DataType::Float64,
            },
        }
    }
}

/// Free text that no fact reads is not stored: a clerk may have written anything there, a name and a phone among it. `unique` and
/// flaws see it while the rows are sealed.
pub fn drop_unread_text(contract: &mut DataContract, facts: &[Fact], feed: usize) {
    let is_read = |name: &String| facts.iter().any(|fact| fact.feed == feed && fact.reads.contains(name));
    let is_place = |name: &String| match &contract.link {
        LinkBy::Place { village, hamlet } => name == village || hamlet.as_ref() == Some(name),
        LinkBy::Town { town } => name == town,
        LinkBy::Person { .. } => false,
    };
    if contract.kind == FeedKind::Registry {
        return;
    }
    let unread: Vec<String> = contract
        .columns
        .iter()
        .filter(|column| column.kind == ColumnType::Text && column.choices.is_empty())
        .map(|column| column.name.clone())
        .filter(|name| !is_read(name) && !is_place(name))
        .collect();
    for column in contract.columns.iter_mut().filter(|column| unread.contains(&column.name)) {
        column.stored = false;
    }
}

/// The SQL type of a contract's column; `None` for what no expression may read.
pub(crate) fn column_type(kind: ColumnType) -> Option<DataType> {
    match kind {
        ColumnType::IdNumber | ColumnType::Name | ColumnType::Phone => None,
        ColumnType::Date => Some(DataType::Date),
        ColumnType::Money | ColumnType::Number => Some(DataType::Float64),
        ColumnType::Integer => Some(DataType::Int64),
        ColumnType::Flag => Some(DataType::Boolean),
        ColumnType::Text | ColumnType::Village | ColumnType::Town => Some(DataType::String),
    }
}

/// Compiles the `[[fact]]` tables of one feed's file; the rest of the file is `ingest`'s.
pub fn compile_facts(
    text: &str,
    file: &str,
    contract: &DataContract,
    feed: usize,
    parameters: &BTreeMap<String, Literal>,
) -> Result<Vec<Fact>, Vec<Diagnostic>> {
    let (facts, errors) = read_facts(text, file, contract, feed, parameters);
    if errors.is_empty() { Ok(facts) } else { Err(errors) }
}

/// The facts of a feed's file that are in order, and what is wrong with the others.
#[must_use]
pub fn read_facts(
    text: &str,
    file: &str,
    contract: &DataContract,
    feed: usize,
    parameters: &BTreeMap<String, Literal>,
) -> (Vec<Fact>, Vec<Diagnostic>) {
    let source = SpecFile::new(file, text);
    let facts = {
        let mut tree = None;
        source.root(&mut tree).map(|root| {
            let tables = root.tables("fact");
            tables
                .into_iter()
                .filter_map(|table| Reader { source: &source, contract, parameters }.fact(table, feed))
                .collect::<Vec<_>>()
        })
    };
    let (facts, errors) = source.finish_partly(facts);
    (facts.unwrap_or_default(), errors)
}

pub(crate) struct Reader<'a> {
    pub(crate) source: &'a SpecFile<'a>,
    pub(crate) contract: &'a DataContract,
    pub(crate) parameters: &'a BTreeMap<String, Literal>,
}

impl Reader<'_> {
    fn fact(&self, table: SpecTable<'_>, feed: usize) -> Option<Fact> {
        let name = table.required_name("name");
        let title = table.text("title");
        let per = table.required_text("per").and_then(|per| self.per(&per));
        let months = table.integer("months").map_or(Some(1), |months| self.window(&months));
        let date = table.text("date");
        let compare = table.text("compare").map_or(Some(None), |compare| self.compare(&compare).map(Some));
        let filter = table.text("where").map_or(Some(None), |text| self.filter(&text).map(Some));
        let value = table.required_text("value").and_then(|text| Some((self.aggregate(&text)?, text)));
        let unit = table.text("unit");
        let date_is_good = date.as_ref().is_none_or(|date| self.is_date(date));
        table.finish();
        let (name, per, ((aggregate, argument), value)) = (name?, per?, value?);
        let (compare, filter_sql) = (compare?, filter?);
        if !date_is_good {
            return None;
        }
        let mut reads: Vec<String> = Vec::new();
        for row in argument.iter().chain(filter_sql.iter().map(|(row, _)| row)) {
            reads.extend(
                row.names.iter().map(|(name, _)| name.clone()).filter(|name| !self.parameters.contains_key(name)),
            );
        }
        reads.sort_unstable();
        reads.dedup();
        let (argument, argument_type) = match argument {
            Some(row) => self.compile(&row, &value).map(|(expr, kind)| (Some(expr), kind))?,
            None => (None, DataType::Int64),
        };
        let sql = match &filter_sql {
            Some((_, text)) => format!("{} WHERE {}", value.value, text.value),
            None => value.value.clone(),
        };
        let filter = match filter_sql {
            Some((row, text)) => Some(self.compile_boolean(&row, &text)?),
            None => None,
        };
        Some(Fact {
            title: title.map_or_else(|| name.value.clone(), |title| title.value),
            name: name.value,
            per,
            months: months?,
            date: date.map(|date| date.value),
            unit: unit.map_or_else(String::new, |unit| unit.value),
            compare,
            feed,
            aggregate,
            argument,
            argument_type,
            filter,
            reads,
            sql,
        })
    }

    fn choice<T: Copy>(&self, found: &Found<String>, valid: &[(&'static str, T)]) -> Option<T> {
        let hit = valid.iter().find(|(name, _)| *name == found.value).map(|(_, value)| *value);
        if hit.is_none() {
            let names: Vec<&str> = valid.iter().map(|(name, _)| *name).collect();
            let hint = nearest(&found.value, names.iter().copied())
                .map_or_else(|| format!("可用：{}", names.join("、")), |near| format!("是不是“{near}”？"));
            self.source.error("BD0101", Some(found.span.clone()), format!("不认识的取值“{}”", found.value), hint);
        }
        hit
    }

    /// A row about a place is of no person and no household: such a fact would be zero for everybody.
    fn per(&self, found: &Found<String>) -> Option<Per> {
        let per = self.choice(found, &Per::NAMES)?;
        let (good, hint) = match self.contract.link {
            LinkBy::Person { .. } => (true, ""),
            LinkBy::Place { .. } => {
                (matches!(per, Per::Village | Per::Hamlet), "按村屯报的数据，可用：village、hamlet")
            }
            LinkBy::Town { .. } => (false, "按乡镇报的数据不能算指标"),
        };
        if !good {
            let message = format!("《{}》的行不是人的，不能按“{}”算", self.contract.name, found.value);
            self.source.error("BD0101", Some(found.span.clone()), message, hint);
        }
        good.then_some(per)
    }

    fn window(&self, months: &Found<i64>) -> Option<u32> {
        let good = u32::try_from(months.value).ok().filter(|months| (1..=60).contains(months));
        if good.is_none() {
            self.source.error("BD0102", Some(months.span.clone()), "窗口月数应在1到60之间", "近12个月写作 months = 12");
        } else if self.contract.kind != FeedKind::Events && months.value > 1 {
            self.source.error(
                "BD0102",
                Some(months.span.clone()),
                "快照类数据每月一份全量，不能跨月累计",
                "删去 months，或把 kind 改为 events",
            );
        }
        good
    }

    fn compare(&self, found: &Found<String>) -> Option<Compare> {
        let compare = self.choice(found, &COMPARES)?;
        if self.contract.kind != FeedKind::Snapshot || !is_about_persons(self.contract) {
            self.source.error(
                "BD0103",
                Some(found.span.clone()),
                "只有按人关联的快照类数据才能与以前比较",
                "删去 compare",
            );
            return None;
        }
        Some(compare)
    }

    fn is_date(&self, date: &Found<String>) -> bool {
        let is_kept = |column: &ColumnContract| column.kind == ColumnType::Date && column.stored;
        let good = self.contract.column(&date.value).is_some_and(|(_, column)| is_kept(column));
        if !good && !self.is_told_unkept(&date.value, date.span.clone()) {
            let dates: Vec<&str> = self
                .contract
                .columns
                .iter()
                .filter(|column| column.kind == ColumnType::Date && column.stored)
                .map(|column| column.name.as_str())
                .collect();
            let hint = nearest(&date.value, dates.iter().copied())
                .map_or_else(|| format!("日期列有：{}", dates.join("、")), |near| format!("是不是“{near}”？"));
            let message = format!("“{}”不是本数据的日期列", date.value);
            let error = Diagnostic::error("BD0104", self.source.file, Some(date.span.clone()), message);
            self.source.push(error.with_hint(hint).about(&date.value));
        }
        good
    }
}
