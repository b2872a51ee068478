//! The list-only tables `told` and `told_values`: what was last answered to the rows of lists that are about no case. The first has the first answer of
//! each row with its days; the second every answer that is a code, a word of a drop-down, a day or an amount. What was written freely is kept nowhere.

use std::collections::BTreeMap;

use bidui_emit::{AnswerKind, AnswerPlan, Choice, ListPlan};
use bidui_ledger::{Ledger, Told};
use bidui_model::Month;
use bidui_normalize::iso_date;
use polars::prelude::*;

use crate::anomalies::household_in_keys;
use crate::config::Config;
use crate::exit::Fault;

pub(crate) fn of(
    ledger: &Ledger,
    month: Month,
    renumbered: &BTreeMap<String, String>,
    config: &Config,
) -> Result<[(String, DataFrame); 2], Fault> {
    let sheets = || config.lists.iter().flat_map(|list| &list.sheets);
    let asks = |name: &str| sheets().any(|sheet| sheet.query.reads(name));
    let mut told: Vec<(&ListPlan, Told)> = Vec::new();
    if asks("told") || asks("told_values") {
        for list in &config.lists {
            let household_in = household_in_keys(config, &list.id);
            let of_list = ledger.told(&list.id, month, renumbered, &household_in)?;
            told.extend(of_list.into_iter().map(|told| (list, told)));
        }
    }
    let values = values(&told, config)?;
    Ok([("told".to_owned(), firsts(&told)?), ("told_values".to_owned(), values)])
}

fn firsts(told: &[(&ListPlan, Told)]) -> PolarsResult<DataFrame> {
    let words = |pick: &dyn Fn(&(&ListPlan, Told)) -> String| told.iter().map(pick).collect::<Vec<_>>();
    let days = |pick: fn(&Told) -> Option<i32>| told.iter().map(|(_, told)| pick(told)).collect::<Vec<_>>();
    let columns = vec![
        Column::new("list".into(), words(&|(list, _)| list.id.clone())),
        Column::new("row_key".into(), words(&|(_, told)| told.row_key.clone())),
        Column::new("month".into(), words(&|(_, told)| told.month.to_string())),
        Column::new("code".into(), words(&|(_, told)| told.code.clone())),
        Column::new("happened_on".into(), days(|told| told.on)).cast(&DataType::Date)?,
        Column::new("until".into(), days(|told| told.until)).cast(&DataType::Date)?,
    ];
    DataFrame::new(told.len(), columns)
}

fn values(told: &[(&ListPlan, Told)], config: &Config) -> PolarsResult<DataFrame> {
    let (mut words, mut days): ([Vec<String>; 7], Vec<Option<i32>>) = Default::default();
    for (list, told) in told {
        for (key, value) in &told.values {
            let answers = list.sheets.iter().flat_map(|sheet| &sheet.answers);
            let plan = answers.into_iter().find(|answer| answer.key == *key);
            let choice = plan.and_then(|plan| choice(plan, value, config));
            let label = choice.map(|choice| choice.label.clone()).or_else(|| shown(plan?, value));
            let department = choice.and_then(|choice| choice.department.clone()).unwrap_or_default();
            let row = [
                list.id.clone(),
                told.row_key.clone(),
                told.month.to_string(),
                key.clone(),
                value.clone(),
                label.unwrap_or_else(|| value.clone()),
                department,
            ];
            words.iter_mut().zip(row).for_each(|(column, word)| column.push(word));
            days.push(told.on);
        }
    }
    let rows = days.len();
    let names = ["list", "row_key", "month", "key", "value", "label", "department"];
    let columns = names.into_iter().zip(words).map(|(name, words)| Column::new(name.into(), words));
    let day = Column::new("happened_on".into(), days).cast(&DataType::Date)?;
    DataFrame::new(rows, columns.chain([day]).collect())
}

fn choice<'a>(plan: &AnswerPlan, value: &str, config: &'a Config) -> Option<&'a Choice> {
    let AnswerKind::Choices(name) = &plan.kind else { return None };
    config.choices.lists.get(name)?.iter().find(|choice| choice.code == value)
}

/// A day or an amount as people write it.
fn shown(plan: &AnswerPlan, value: &str) -> Option<String> {
    match plan.kind {
        AnswerKind::Date => value.parse().ok().map(iso_date),
        AnswerKind::Money => value.parse::<f64>().ok().map(|fen| format!("{}", fen / 100.0)),
        _ => None,
    }
}
