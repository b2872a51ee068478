//! The tables that a list may ask: the relations, and some that only lists know. `people`, `heads`, `warned`, `review_rows` and `sample_rows` hold
//! names and masked ID numbers and are never written as data; `towns` and `villages` come from the context, `village_roll`
//! and `grid_roll` from the registry, `sites` from the gazetteer, `parameters` from bidui.toml, `told` from the ledger, `signals_before` from it and earlier months. Reports ask tables of figures besides
//! ([`REPORT_TABLES`]), which are counted over several months and hold nobody.

use crate::relation_writer::relation_schema;
use bidui_model::RELATIONS;
use polars::prelude::{DataType, Schema};

const LIST_ONLY: [&str; 13] = [
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
    "told",
    "told_values",
    "signals_before",
];
/// What `bidui sample` drew: its own plans ask it.
const SAMPLE_ROWS: &str = "sample_rows";

/// Whether a query may name it.
pub(crate) fn is_table(name: &str) -> bool {
    LIST_ONLY.contains(&name)
        || is_report_table(name)
        || name == SAMPLE_ROWS
        || RELATIONS.iter().any(|relation| relation.name == name)
}

/// Every table that a query may name.
#[must_use]
pub fn list_tables() -> Vec<&'static str> {
    let relations = RELATIONS.iter().map(|relation| relation.name);
    relations.chain(LIST_ONLY).collect()
}

/// Tables of figures with their columns: `i` before a name is an integer, `n` a number, and a word is text.
pub(crate) const REPORT_TABLES: &[(&str, &[&str])] = &[
    ("report_items", &["i:part_no", "part", "i:item_no", "item", "unit", "i:now", "i:before", "i:change", "note"]),
    ("judged_figures", &["month", "i:months_ago", "i:rules", "i:undecided"]),
    (
        "town_figures",
        &[
            "month",
            "i:months_ago",
            "town_code",
            "town",
            "i:warned",
            "i:red",
            "i:orange",
            "i:yellow",
            "i:blue",
            "i:new_cases",
            "i:continuing",
            "i:escalated",
            "i:reopened",
            "i:issued",
            "i:answered",
            "i:open",
            "i:overdue",
            "i:included",
            "i:eliminated",
            "i:rerouted",
            "i:confirmed",
            "i:not_confirmed",
            "i:other_answers",
        ],
    ),
    (
        "rule_figures",
        &[
            "month",
            "i:months_ago",
            "rule_id",
            "rule_title",
            "risk",
            "i:households",
            "i:red",
            "i:orange",
            "i:yellow",
            "i:blue",
            "i:review",
            "i:suppressed",
            "i:answered",
            "i:confirmed",
        ],
    ),
    (
        "department_figures",
        &["month", "i:months_ago", "department", "i:households", "i:red", "i:orange", "i:yellow", "i:blue"],
    ),
    ("risk_figures", &["month", "i:months_ago", "risk", "i:households", "i:red", "i:orange", "i:yellow", "i:blue"]),
    (
        "answer_figures",
        &[
            "list_month",
            "i:months_ago",
            "town_code",
            "town",
            "code",
            "label",
            "effect",
            "outcome",
            "i:cases",
            "i:refuted",
        ],
    ),
    (
        "stability_figures",
        &[
            "month",
            "i:months_ago",
            "town_code",
            "town",
            "i:included",
            "i:eliminated",
            "n:mean_included",
            "n:mean_eliminated",
            "n:last5_included_share",
            "n:last5_eliminated_share",
            "i:largest_same_day",
            "i:shortest_months",
            "i:in_out_in",
            "flags",
        ],
    ),
    ("late_answers", &["list_month", "town_code", "town", "kind", "outcome", "i:cases"]),
    (
        "late_passages",
        &["month", "town_code", "town", "i:included_then", "i:included", "i:eliminated_then", "i:eliminated", "flags"],
    ),
    (
        "error_rates",
        &[
            "town_code",
            "town",
            "i:rechecked",
            "i:differing",
            "i:missed",
            "i:unsaid",
            "n:rate",
            "n:low",
            "n:high",
            "i:year_rechecked",
            "i:year_differing",
            "i:year_missed",
            "i:year_unsaid",
            "n:year_rate",
            "n:year_low",
            "n:year_high",
        ],
    ),
];

/// Whether only reports may ask it.
#[must_use]
pub fn is_report_table(name: &str) -> bool {
    REPORT_TABLES.iter().any(|(table, _)| *table == name)
}

/// The columns of a table of figures.
#[must_use]
pub fn report_schema(name: &str) -> Option<Schema> {
    let (_, columns) = REPORT_TABLES.iter().find(|(table, _)| *table == name)?;
    let column = |column: &&'static str| match column.split_once(':') {
        Some(("i", name)) => (name.into(), DataType::Int64),
        Some((_, name)) => (name.into(), DataType::Float64),
        None => ((*column).into(), DataType::String),
    };
    Some(columns.iter().map(column).collect())
}

/// A case drawn for a second look, with the answer that is looked at.
#[must_use]
pub fn sample_schema() -> Schema {
    let mut schema = texts(&[
        "month",
        "case_id",
        "household_id",
        "town_code",
        "town",
        "village_code",
        "village",
        "hamlet",
        "level",
        "level_name",
        "risks",
        "reasons",
        "first_code",
        "first_answer",
        "first_method",
        "first_month",
        "why_drawn",
    ]);
    schema.insert("level_rank".into(), DataType::Int64);
    schema.insert("first_on".into(), DataType::Date);
    schema
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

/// What was last answered to a row of a list that is about no case, before the month.
#[must_use]
pub fn told_schema() -> Schema {
    let words = ["list", "row_key", "month", "code"].into_iter().map(|name| (name.into(), DataType::String));
    words.chain(["happened_on", "until"].into_iter().map(|name| (name.into(), DataType::Date))).collect()
}

/// Every answer to the rows of lists that are about no case: as it is kept, and as people read it; of a need its department.
fn told_values_schema() -> Schema {
    let mut schema = texts(&["list", "row_key", "month", "key", "value", "label", "department"]);
    schema.insert("happened_on".into(), DataType::Date);
    schema
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
        "told" => Some(told_schema()),
        "told_values" => Some(told_values_schema()),
        "signals_before" => Some(texts(&["month", "household_id", "rule_id"])),
        "warned" => Some(warned_schema()),
        "review_rows" => Some(review_rows_schema()),
        "towns" => Some(towns_schema()),
        "villages" => Some(villages_schema()),
        SAMPLE_ROWS => Some(sample_schema()),
        _ => report_schema(name).or_else(|| relation_schema(name)),
    }
}

fn texts(names: &[&'static str]) -> Schema {
    names.iter().map(|name| ((*name).into(), DataType::String)).collect()
}
