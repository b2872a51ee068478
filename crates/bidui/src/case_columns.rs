//! What warnings and signals show of their cases.

use std::collections::BTreeMap;

use bidui_ledger::{CaseStep, History};
use bidui_model::Month;
use polars::prelude::*;

use crate::casebook::{CaseMonth, said_of};
use crate::config::Config;

/// A month's warnings with their cases' columns, in the order of the public schema.
pub(crate) fn add_to_warnings(
    warnings: &DataFrame,
    month: Month,
    cases: &CaseMonth,
    before: &BTreeMap<String, History>,
    config: &Config,
) -> PolarsResult<DataFrame> {
    let (mut ids, mut states, mut opened, mut open) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut answers, mut answer_months) = (Vec::new(), Vec::new());
    let days = warnings.column("due")?.cast(&DataType::Int32)?;
    let mut due = Vec::new();
    for (household, day) in
        warnings.column("household_id")?.str()?.iter().map(|id| id.unwrap_or("")).zip(days.i32()?.iter())
    {
        due.push(cases.due_of(household).or(day));
        let case = cases.case_of(household);
        let since = case.and_then(|(number, _)| {
            let of_household = &cases.after.get(household)?.cases;
            of_household.iter().find(|case| case.number == *number).map(|case| case.opened)
        });
        ids.push(case.map_or_else(String::new, |(number, _)| number.to_string()));
        states.push(match case.and_then(|(_, step)| step) {
            Some(CaseStep::Escalated) => "escalated",
            Some(CaseStep::Continuing) => "continuing",
            Some(CaseStep::Reopened) => "reopened",
            _ => "new",
        });
        opened.push(since.map_or_else(String::new, |month| month.to_string()));
        open.push(since.map(|since| i64::from(month.since(since))));
        let last = before.get(household).and_then(|history| history.answers().last());
        answers.push(last.map_or_else(String::new, |(.., answer)| said_of(config, answer)));
        answer_months.push(last.map_or_else(String::new, |(_, month, ..)| month.to_string()));
    }
    let made = [
        Column::new("due".into(), due).cast(&DataType::Date)?,
        Column::new("case_id".into(), ids),
        Column::new("state".into(), states),
        Column::new("opened".into(), opened),
        Column::new("months_open".into(), open),
        Column::new("last_answer".into(), answers),
        Column::new("last_answer_month".into(), answer_months),
    ];
    in_schema("warnings", warnings, &made)
}

pub(crate) fn add_to_signals(signals: &DataFrame, cases: &CaseMonth) -> PolarsResult<DataFrame> {
    let households = signals.column("household_id")?.str()?;
    let case =
        |household: Option<&str>| cases.case_of(household.unwrap_or("")).map_or("", |(number, _)| number.as_str());
    let ids = Column::new("case_id".into(), households.iter().map(case).collect::<Vec<_>>());
    in_schema("signals", signals, &[ids])
}

fn in_schema(name: &str, frame: &DataFrame, made: &[Column]) -> PolarsResult<DataFrame> {
    let schema = bidui_emit::relation_schema(name).unwrap_or_default();
    let columns: PolarsResult<Vec<Column>> = schema
        .iter_names()
        .map(|name| match made.iter().find(|column| column.name() == name) {
            Some(column) => Ok(column.clone()),
            None => frame.column(name).cloned(),
        })
        .collect();
    DataFrame::new(frame.height(), columns?)
}
