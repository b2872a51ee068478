//! The tables that a list may ask: the relations, and some that only lists know. `people`, `heads`, `warned` and `review_rows` hold names and
//! masked ID numbers and are never written as data; `towns` and `villages` come from the context, `village_roll`
//! and `grid_roll` from the registry, `sites` from the gazetteer, `parameters` from bidui.toml.

use crate::relation_writer::relation_schema;
use bidui_model::RELATIONS;
use polars::prelude::{DataType, Schema};

const LIST_ONLY: [&str; 10] = [
    "people",
    "heads",
    "warned",
    "review_rows",
    "towns",
    "villages",
    "village_roll",
    "grid_roll",
    "sites",
    "parameters",
];

/// Whether a query may name it.
pub(crate) fn is_table(name: &str) -> bool {
    LIST_ONLY.contains(&name) || RELATIONS.iter().any(|relation| relation.name == name)
}

/// Every table that a query may name.
#[must_use]
pub fn list_tables() -> Vec<&'static str> {
    let relations = RELATIONS.iter().map(|relation| relation.name);
    relations.chain(LIST_ONLY).collect()
}

/// A person to be printed: anyone whom a warning, a signal, a flaw or a row in review names.
#[must_use]
pub fn people_schema() -> Schema {
    texts(&["person_no", "name", "id_masked", "phone", "birth"])
}

/// The head of a household that a list shows, and the town and village whose list it stands on: filled for those households only that
/// stand in the answers of the queries that name the table. Of a household that no town of the county has, the places are empty.
#[must_use]
pub fn heads_schema() -> Schema {
    texts(&["household_id", "head_name", "head_id_masked", "phone", "town_code", "town", "village_code", "village"])
}

/// The parameters of bidui.toml that are valid in the month.
#[must_use]
pub fn parameters_schema() -> Schema {
    let column = |name: &'static str| {
        let kind = if name == "value" { DataType::Float64 } else { DataType::String };
        (name.into(), kind)
    };
    ["name", "title", "value", "unit", "source"].into_iter().map(column).collect()
}

/// A village of the county with what the month's registry has there; visits are null where nobody reported any.
#[must_use]
pub fn village_roll_schema() -> Schema {
    counted(
        &["village_code", "village", "village_kind", "town_code", "town"],
        &["persons", "households", "lifted", "monitored", "uneliminated", "visited"],
    )
}

/// The same of a grid within a village; where the registry names no grid, of a hamlet.
#[must_use]
pub fn grid_roll_schema() -> Schema {
    counted(&["village_code", "village", "town_code", "town", "grid"], &["households", "visited"])
}

/// Resettlement sites and the towns that manage them.
#[must_use]
pub fn sites_schema() -> Schema {
    texts(&["site", "site_town_code", "site_town"])
}

fn counted(words: &[&'static str], counts: &[&'static str]) -> Schema {
    let words = words.iter().map(|name| ((*name).into(), DataType::String));
    words.chain(counts.iter().map(|name| ((*name).into(), DataType::Int64))).collect()
}

/// What is printed of a warned household.
#[must_use]
pub fn warned_schema() -> Schema {
    texts(&["household_id", "head_name", "head_id_masked", "phone", "person_names", "person_ids"])
}

/// What a row that somebody must decide about says of its person.
#[must_use]
pub fn review_rows_schema() -> Schema {
    texts(&["row_digest", "row_name", "row_id_masked", "row_birth", "row_village", "row_phone"])
}

pub(crate) fn towns_schema() -> Schema {
    texts(&["town_code", "town"])
}

pub(crate) fn villages_schema() -> Schema {
    texts(&["village_code", "village", "town_code"])
}

/// The columns of a table that need no run to be known: those of the list-only tables, and the fixed ones of a relation.
pub(crate) fn fixed_schema(name: &str) -> Option<Schema> {
    match name {
        "people" => Some(people_schema()),
        "heads" => Some(heads_schema()),
        "parameters" => Some(parameters_schema()),
        "village_roll" => Some(village_roll_schema()),
        "grid_roll" => Some(grid_roll_schema()),
        "sites" => Some(sites_schema()),
        "warned" => Some(warned_schema()),
        "review_rows" => Some(review_rows_schema()),
        "towns" => Some(towns_schema()),
        "villages" => Some(villages_schema()),
        _ => relation_schema(name),
    }
}

fn texts(names: &[&'static str]) -> Schema {
    names.iter().map(|name| ((*name).into(), DataType::String)).collect()
}
