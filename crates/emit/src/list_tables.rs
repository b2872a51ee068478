//! The tables that a list may ask: the relations, and five that only lists know. `people`, `warned` and `review_rows` hold names and masked ID
//! numbers and are never written as data; `towns` and `villages` come from the context.

use crate::relation_writer::relation_schema;
use bidui_model::RELATIONS;
use polars::prelude::{DataType, Schema};

const LIST_ONLY: [&str; 5] = ["people", "warned", "review_rows", "towns", "villages"];

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
