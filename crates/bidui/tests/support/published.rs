//! A published month without a run: relations written by hand, whatever the run can make today.

use std::path::Path;

use bidui_emit::{Manifest, Staging, relation_schema, write_relation};
use bidui_model::RELATIONS;
use polars::prelude::*;

/// A frame of a relation: cells by name; others are empty words or unknown.
pub(crate) fn frame(name: &str, rows: &[Vec<(&str, String)>]) -> DataFrame {
    let mut schema = relation_schema(name).unwrap();
    if name == "households" {
        schema.insert("income_2021".into(), DataType::Float64);
        schema.insert("income_2022".into(), DataType::Float64);
    }
    for (cell, _) in rows.iter().flatten() {
        assert!(schema.contains(cell), "{name} has no {cell}");
    }
    let columns = schema.iter().map(|(label, kind)| {
        let cell = |row: &Vec<(&str, String)>| {
            row.iter().find(|(column, _)| *column == label.as_str()).map(|(_, value)| value.clone())
        };
        let cells: Vec<Option<String>> = rows.iter().map(cell).collect();
        match kind {
            DataType::String => {
                Column::new(label.clone(), cells.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>())
            }
            DataType::Int64 => Column::new(
                label.clone(),
                cells.iter().map(|cell| Some(cell.as_ref()?.parse::<i64>().unwrap())).collect::<Vec<_>>(),
            ),
            DataType::Float64 => Column::new(
                label.clone(),
                cells.iter().map(|cell| Some(cell.as_ref()?.parse::<f64>().unwrap())).collect::<Vec<_>>(),
            ),
            DataType::Date => {
                let day = |text: &String| {
                    let month: bidui_model::Month = text[..7].parse().unwrap();
                    month.first_day() + text[8..].parse::<i32>().unwrap() - 1
                };
                let days: Vec<Option<i32>> = cells.iter().map(|cell| Some(day(cell.as_ref()?))).collect();
                Column::new(label.clone(), days).cast(&DataType::Date).unwrap()
            }
            other => panic!("{other}"),
        }
    });
    DataFrame::new(rows.len(), columns.collect()).unwrap()
}

/// Publishes a month with these relations; every other one is empty. Those in `without` are not written at all.
pub(crate) fn publish(out: &Path, month: &str, relations: &[(&str, DataFrame)], without: &[&str]) {
    let staging = Staging::begin(out, month).unwrap();
    let data = staging.path().join("data");
    for schema in RELATIONS.iter().filter(|schema| !without.contains(&schema.name)) {
        let given = relations.iter().find(|(name, _)| *name == schema.name).map(|(_, frame)| frame.clone());
        write_relation(schema.name, &given.unwrap_or_else(|| frame(schema.name, &[])), &data).unwrap();
    }
    let _ = staging.commit(&Manifest { month: month.to_owned(), ..Manifest::default() }).unwrap();
}

/// A row from pairs of literals.
#[macro_export]
macro_rules! row {
    ($($column:literal : $value:expr),* $(,)?) => { vec![$(($column, $value.to_string())),*] };
}
