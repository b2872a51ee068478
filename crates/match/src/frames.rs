//! The registry as tables for expressions and for the public relations: one row a person, or one row a household.

use std::cell::OnceCell;

use bidui_model::Month;
use polars::prelude::*;

use crate::fact::{Fact, Per};
use crate::facts::FactColumn;
use crate::registry::{NOBODY, Registry, RegistryColumn};

/// Columns that belong to the household; a person's rule reads his household's.
pub(crate) const HOUSEHOLD_COLUMNS: [&str; 11] = [
    "household_kind",
    "monitor_kind",
    "risk_status",
    "identified_on",
    "monitor_risks",
    "eliminated_on",
    "grid",
    "resettlement_site",
    "hamlet",
    "village_code",
    "town_code",
];

/// The registry's contract columns of some persons, for facts over the registry itself.
pub(crate) fn registry_frame(registry: &Registry, names: &[String], rows: Rows<'_>) -> PolarsResult<DataFrame> {
    let column = |name: &String| {
        // Under the contract's name: `village`, not `village_code`.
        Ok(person_column(registry, name, Month::new(2000, 1), rows)?.with_name(name.as_str().into()))
    };
    let columns: PolarsResult<Vec<Column>> = names.iter().map(column).collect();
    DataFrame::new(rows.height(), columns?)
}

/// Which persons or households a table has, by their numbers in the registry.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rows<'a> {
    /// From the first to before the last.
    Run(u32, u32),
    Some(&'a [u32]),
}

impl Rows<'_> {
    pub(crate) fn height(self) -> usize {
        match self {
            Self::Run(first, end) => (end - first) as usize,
            Self::Some(rows) => rows.len(),
        }
    }
    pub(crate) fn map<T>(self, value: impl Fn(u32) -> T) -> Vec<T> {
        match self {
            Self::Run(first, end) => (first..end).map(value).collect(),
            Self::Some(rows) => rows.iter().map(|row| value(*row)).collect(),
        }
    }
    /// These rows of a column that has a value for everybody.
    fn of(self, column: &Column) -> PolarsResult<Column> {
        match self {
            Self::Run(first, _) => Ok(column.slice(i64::from(first), self.height())),
            Self::Some(rows) => column.take(&indices(rows.iter().copied())),
        }
    }
}

/// What tables are cut from: the registry and the answered facts.
#[derive(Clone, Copy)]
pub(crate) struct Tables<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) facts: &'a [Fact],
    /// Parallel to `facts`.
    pub(crate) columns: &'a [FactColumn],
    pub(crate) month: Month,
}

impl Tables<'_> {
    /// The named columns of some persons.
    pub(crate) fn persons(self, names: &[String], rows: Rows<'_>) -> PolarsResult<DataFrame> {
        let households = OnceCell::new();
        let of_household = |name: &str| {
            let (households, place) = households.get_or_init(|| self.households_of(rows));
            self.of_households(name, Rows::Some(households))?.take(place)
        };
        let made: PolarsResult<Vec<Column>> = names
            .iter()
            .map(|name| match self.fact(name) {
                Some((fact, answer)) if fact.per == Per::Person => answer_of(fact, answer, rows),
                Some(_) => of_household(name),
                None if name == "size" || HOUSEHOLD_COLUMNS.contains(&name.as_str()) => of_household(name),
                None => person_column(self.registry, name, Some(self.month), rows),
            })
            .collect();
        DataFrame::new(rows.height(), made?)
    }

    /// The named columns of some households.
    pub(crate) fn households(self, names: &[String], rows: Rows<'_>) -> PolarsResult<DataFrame> {
        let made: PolarsResult<Vec<Column>> = names.iter().map(|name| self.of_households(name, rows)).collect();
        DataFrame::new(rows.height(), made?)
    }

    /// A column of the household as the persons' own rows of the registry have it.
    pub(crate) fn own(self, name: &str, rows: Rows<'_>) -> PolarsResult<Column> {
        person_column(self.registry, name, None, rows)
    }

    fn fact(&self, name: &str) -> Option<(&Fact, &FactColumn)> {
        self.facts.iter().zip(self.columns).find(|(fact, _)| fact.name == name)
    }

    fn of_households(&self, name: &str, rows: Rows<'_>) -> PolarsResult<Column> {
        let Some((fact, answer)) = self.fact(name) else {
            return household_column(self.registry, name, rows);
        };
        match fact.per {
            Per::Household | Per::Person => answer_of(fact, answer, rows),
            Per::Village => by_place(fact, answer, &self.registry.villages.of_household, rows),
            Per::Hamlet => by_place(fact, answer, &self.registry.hamlets.of_household, rows),
        }
    }

    /// The households of the persons, and each person's place among them. Members stand side by side, so each is there once.
    fn households_of(&self, persons: Rows<'_>) -> (Vec<u32>, IdxCa) {
        let of_persons = persons.map(|person| self.registry.household_of[person as usize]);
        let mut households: Vec<u32> = Vec::new();
        let places = of_persons.into_iter().map(|household| {
            if households.last() != Some(&household) {
                households.push(household);
            }
            households.len() as u32 - 1
        });
        let places = indices(places);
        (households, places)
    }
}

fn answer_of(fact: &Fact, answer: &FactColumn, rows: Rows<'_>) -> PolarsResult<Column> {
    match &answer.values {
        Some(values) => Ok(values.column(&fact.name, rows)),
        None => Ok(Column::full_null(fact.name.as_str().into(), rows.height(), &fact.dtype())),
    }
}

/// A household whose place is unknown has nothing counted for its place: everything counted by place is null there.
fn by_place(fact: &Fact, answer: &FactColumn, of_household: &[u32], rows: Rows<'_>) -> PolarsResult<Column> {
    let Some(values) = &answer.values else { return answer_of(fact, answer, rows) };
    let places = rows.map(|household| of_household[household as usize]).into_iter();
    let places: IdxCa = places.map(|place| (place != NOBODY).then_some(place as IdxSize)).collect();
    values.all(&fact.name).take(&places)
}

fn indices(rows: impl Iterator<Item = u32>) -> IdxCa {
    IdxCa::from_vec(PlSmallStr::EMPTY, rows.map(|row| row as IdxSize).collect())
}

/// A column of words that are few: each row's by its place among them, without a copy of any.
pub(crate) fn gather<W: AsRef<str>>(
    name: &str,
    words: impl Iterator<Item = W>,
    places: impl Iterator<Item = u32>,
) -> PolarsResult<Column> {
    let words = StringChunked::from_iter_values(name.into(), words);
    Ok(words.take(&indices(places))?.into_column())
}

/// The types of registry columns as rules see them. `is_person` tells whether the column is a person's own.
pub(crate) fn registry_schema(contract: &bidui_model::DataContract) -> Vec<(String, DataType, bool)> {
    let mut schema = vec![
        ("size".to_owned(), DataType::Int64, false),
        ("age".to_owned(), DataType::Int64, true),
        ("sex".to_owned(), DataType::String, true),
    ];
    for column in contract.columns.iter().filter(|column| column.stored) {
        let name = match column.name.as_str() {
            "village" => "village_code",
            "town" => "town_code",
            "person_no" | "household_id" => continue,
            name => name,
        };
        if let Some(kind) = crate::fact::column_type(column.kind) {
            schema.push((name.to_owned(), kind, !HOUSEHOLD_COLUMNS.contains(&name)));
        }
    }
    schema
}

fn person_column(registry: &Registry, name: &str, month: Option<Month>, rows: Rows<'_>) -> PolarsResult<Column> {
    let name = match name {
        "village" => "village_code",
        "town" => "town_code",
        name => name,
    };
    let label = PlSmallStr::from(name);
    if name == "person_no" {
        return rows.of(&registry.person_no.clone().with_name(label).into_column());
    }
    if name == "household_id" {
        let ids = rows.map(|person| registry.household_id(registry.household_of[person as usize]));
        return Ok(StringChunked::from_iter_values(label, ids.into_iter()).into_column());
    }
    if let ("age", Some(month)) = (name, month) {
        return ages(registry, month, rows);
    }
    match registry.columns.get(name) {
        Some(RegistryColumn::Words { codes, words }) => {
            gather(name, words.iter(), rows.map(|person| codes[person as usize]).into_iter())
        }
        Some(RegistryColumn::Values(column)) => Ok(rows.of(column)?.with_name(label)),
        None => Ok(Column::full_null(label, rows.height(), &DataType::String)),
    }
}

/// Full years at the month's last day; null without a birth date.
fn ages(registry: &Registry, month: Month, rows: Rows<'_>) -> PolarsResult<Column> {
    let Some(RegistryColumn::Values(birth)) = registry.columns.get("birth") else {
        return Ok(Column::full_null("age".into(), rows.height(), &DataType::Int64));
    };
    let (year, of_month) = (month.year(), month.month() as i32);
    let birth = rows.of(birth)?;
    let ages: Int64Chunked = birth
        .date()?
        .physical()
        .iter()
        .map(|day| {
            let (birth_year, birth_month) = year_and_month(day?);
            // At the month's last day every birthday of that month has been.
            let years = year - birth_year - i32::from(birth_month > of_month);
            (years >= 0).then_some(i64::from(years))
        })
        .collect();
    Ok(ages.with_name("age".into()).into_column())
}

/// Year and month of a day count since 1970-01-01 (Hinnant's `civil_from_days`).
fn year_and_month(days: i32) -> (i32, i32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i32::from(month <= 2), month)
}

fn household_column(registry: &Registry, name: &str, rows: Rows<'_>) -> PolarsResult<Column> {
    let label = PlSmallStr::from(name);
    match name {
        "household_id" => {
            let ids = rows.map(|household| registry.household_id(household));
            Ok(StringChunked::from_iter_values(label, ids.into_iter()).into_column())
        }
        "head_no" => {
            let heads = rows.map(|household| registry.person_no(registry.head[household as usize]));
            Ok(StringChunked::from_iter_values(label, heads.into_iter()).into_column())
        }
        "size" => Ok(Column::new(label, rows.map(|household| i64::from(registry.size(household))))),
        _ => match registry.columns.get(name) {
            Some(RegistryColumn::Words { codes, words }) => {
                let codes = rows.map(|household| household_code(registry, household, codes, words));
                gather(name, words.iter(), codes.into_iter())
            }
            Some(RegistryColumn::Values(column)) => {
                let heads = rows.map(|household| registry.head[household as usize]);
                Ok(column.take(&indices(heads.into_iter()))?.with_name(label))
            }
            None => Ok(Column::full_null(label, rows.height(), &DataType::String)),
        },
    }
}

/// The word of a household, as [`Registry::household_word`] finds it: its head's, else the first that a member has.
fn household_code(registry: &Registry, household: u32, codes: &[u32], words: &[String]) -> u32 {
    let code = |person: u32| codes[person as usize];
    let is_word = |code: &u32| !words[*code as usize].is_empty();
    let head = code(registry.head[household as usize]);
    if is_word(&head) {
        return head;
    }
    registry.members(household).map(code).find(is_word).unwrap_or(head)
}
