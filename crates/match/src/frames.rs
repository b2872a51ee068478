//! The registry as tables for expressions and for the public relations: one row a person, or one row a household.

use bidui_model::Month;
use polars::prelude::*;

use crate::fact::{Fact, Per};
use crate::facts::FactColumn;
use crate::registry::{NOBODY, Registry, RegistryColumn};

/// Columns that belong to the household; a person's rule reads his household's.
pub(crate) const HOUSEHOLD_COLUMNS: [&str; 8] = [
    "household_kind",
    "monitor_kind",
    "risk_status",
    "identified_on",
    "resettlement_site",
    "hamlet",
    "village_code",
    "town_code",
];

/// The registry's contract columns by person, for facts over the registry itself.
pub(crate) fn registry_frame(registry: &Registry, names: &[String]) -> PolarsResult<DataFrame> {
    let column = |name: &String| {
        // Under the contract's name: `village`, not `village_code`.
        Ok(person_column(registry, name, Month::new(2000, 1))?.with_name(name.as_str().into()))
    };
    let columns: PolarsResult<Vec<Column>> = names.iter().map(column).collect();
    DataFrame::new(registry.persons(), columns?)
}

/// A table of the named columns, one row a person.
pub(crate) fn persons_frame(
    registry: &Registry,
    facts: &[Fact],
    columns: &[FactColumn],
    names: &[String],
    month: Month,
) -> PolarsResult<DataFrame> {
    let made: PolarsResult<Vec<Column>> = names
        .iter()
        .map(|name| match facts.iter().position(|fact| fact.name == *name) {
            Some(at) => fact_for_persons(registry, &facts[at], &columns[at]),
            None if name == "size" || HOUSEHOLD_COLUMNS.contains(&name.as_str()) => {
                spread(registry, &household_column(registry, name)?)
            }
            None => person_column(registry, name, Some(month)),
        })
        .collect();
    DataFrame::new(registry.persons(), made?)
}

/// A table of the named columns, one row a household.
pub(crate) fn households_frame(
    registry: &Registry,
    facts: &[Fact],
    columns: &[FactColumn],
    names: &[String],
) -> PolarsResult<DataFrame> {
    let made: PolarsResult<Vec<Column>> = names
        .iter()
        .map(|name| match facts.iter().position(|fact| fact.name == *name) {
            Some(at) => fact_for_households(registry, &facts[at], &columns[at]),
            None => household_column(registry, name),
        })
        .collect();
    DataFrame::new(registry.households(), made?)
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

fn person_column(registry: &Registry, name: &str, month: Option<Month>) -> PolarsResult<Column> {
    let name = match name {
        "village" => "village_code",
        "town" => "town_code",
        name => name,
    };
    let label = PlSmallStr::from(name);
    if name == "person_no" {
        return Ok(registry.person_no.clone().with_name(label).into_column());
    }
    if name == "household_id" {
        let ids: StringChunked =
            registry.household_of.iter().map(|household| Some(registry.household_id(*household))).collect();
        return Ok(ids.with_name(label).into_column());
    }
    if let ("age", Some(month)) = (name, month) {
        return ages(registry, month);
    }
    match registry.columns.get(name) {
        Some(RegistryColumn::Words { codes, words }) => {
            let values: StringChunked =
                codes.iter().map(|code| words.get(*code as usize).map(String::as_str)).collect();
            Ok(values.with_name(label).into_column())
        }
        Some(RegistryColumn::Values(column)) => Ok(column.clone().with_name(label)),
        None => Ok(Column::full_null(label, registry.persons(), &DataType::String)),
    }
}

/// Full years at the month's last day; null without a birth date.
fn ages(registry: &Registry, month: Month) -> PolarsResult<Column> {
    let Some(RegistryColumn::Values(birth)) = registry.columns.get("birth") else {
        return Ok(Column::full_null("age".into(), registry.persons(), &DataType::Int64));
    };
    let (year, of_month) = (month.year(), month.month() as i32);
    let ages: Vec<Option<i64>> = birth
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
    Ok(Column::new("age".into(), ages))
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

fn household_column(registry: &Registry, name: &str) -> PolarsResult<Column> {
    let label = PlSmallStr::from(name);
    let all = 0..registry.households() as u32;
    match name {
        "household_id" => Ok(Column::new(label, registry.household_id.as_slice())),
        "head_no" => {
            let heads: StringChunked =
                all.map(|household| Some(registry.person_no(registry.head[household as usize]))).collect();
            Ok(heads.with_name(label).into_column())
        }
        "size" => Ok(Column::new(label, all.map(|household| i64::from(registry.size(household))).collect::<Vec<_>>())),
        _ => match registry.columns.get(name) {
            Some(RegistryColumn::Words { .. }) => {
                let words: StringChunked =
                    all.map(|household| Some(registry.household_word(name, household))).collect();
                Ok(words.with_name(label).into_column())
            }
            Some(RegistryColumn::Values(column)) => {
                let heads = IdxCa::from_vec("head".into(), registry.head.iter().map(|head| *head as IdxSize).collect());
                Ok(column.take(&heads)?.with_name(label))
            }
            None => Ok(Column::full_null(label, registry.households(), &DataType::String)),
        },
    }
}

/// A household's column, once for each member.
fn spread(registry: &Registry, column: &Column) -> PolarsResult<Column> {
    let rows = IdxCa::from_vec(
        "household".into(),
        registry.household_of.iter().map(|household| *household as IdxSize).collect(),
    );
    column.take(&rows)
}

fn fact_for_households(registry: &Registry, fact: &Fact, answer: &FactColumn) -> PolarsResult<Column> {
    let Some(column) = &answer.column else {
        return Ok(Column::full_null(fact.name.as_str().into(), registry.households(), &fact.dtype()));
    };
    match fact.per {
        Per::Household | Per::Person => Ok(column.clone()),
        Per::Village => by_place(column, &registry.villages.of_household, fact),
        Per::Hamlet => by_place(column, &registry.hamlets.of_household, fact),
    }
}

/// A household whose place is unknown has nothing counted for its place: everything counted by place is null there.
fn by_place(column: &Column, of_household: &[u32], fact: &Fact) -> PolarsResult<Column> {
    let rows: IdxCa = of_household.iter().map(|place| (*place != NOBODY).then_some(*place as IdxSize)).collect();
    Ok(column.take(&rows)?.with_name(fact.name.as_str().into()))
}

fn fact_for_persons(registry: &Registry, fact: &Fact, answer: &FactColumn) -> PolarsResult<Column> {
    if fact.per == Per::Person {
        return Ok(answer
            .column
            .clone()
            .unwrap_or_else(|| Column::full_null(fact.name.as_str().into(), registry.persons(), &fact.dtype())));
    }
    spread(registry, &fact_for_households(registry, fact, answer)?)
}
