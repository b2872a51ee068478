//! The sheets of a list as tables of a document: the same queries, the same columns.

use crate::EmitError;
use crate::document::DocumentTable;
use crate::list_plan::{ColumnFormat, ColumnPlan, ListPlan, SheetPlan};
use crate::list_render::{ListContext, Relations, ask};
use polars::prelude::{AnyValue, DataFrame, PolarsResult};

/// A table for each sheet, in their order, under the sheet's title. What is filled in on a sheet is no part of it.
pub fn document_tables(
    list: &ListPlan,
    relations: &Relations,
    context: &ListContext,
) -> Result<Vec<DocumentTable>, EmitError> {
    let frames = ask(list, relations, context)?;
    let failed = |source| EmitError::Query { list: list.id.clone(), source };
    list.sheets.iter().zip(&frames).map(|(sheet, frame)| table(sheet, frame).map_err(failed)).collect()
}

fn table(sheet: &SheetPlan, frame: &DataFrame) -> PolarsResult<DocumentTable> {
    let mut rows = Vec::with_capacity(frame.height());
    for row in 0..frame.height() {
        let cell = |column: &ColumnPlan| match column.value.as_str() {
            ColumnPlan::RUNNING_NUMBER => Ok((row + 1).to_string()),
            name => Ok(written(&frame.column(name)?.get(row)?, &column.format)),
        };
        rows.push(sheet.columns.iter().map(cell).collect::<PolarsResult<_>>()?);
    }
    Ok(DocumentTable {
        caption: sheet.title.clone(),
        headings: sheet.columns.iter().map(|column| column.title.clone()).collect(),
        widths: sheet.columns.iter().map(|column| (column.width * 10.0).round() as u32).collect(),
        rows,
        empty: sheet.empty.clone(),
        note: sheet.note.clone().unwrap_or_default(),
    })
}

/// A value in words; nothing for what is not known.
fn written(value: &AnyValue<'_>, format: &ColumnFormat) -> String {
    match (value, format) {
        (AnyValue::Null, _) => String::new(),
        (AnyValue::String(text), _) => (*text).to_owned(),
        (AnyValue::StringOwned(text), _) => text.to_string(),
        (AnyValue::Boolean(flag), _) => if *flag { "是" } else { "否" }.to_owned(),
        (AnyValue::Float64(number), ColumnFormat::Percent) => format!("{:.1}%", number * 100.0),
        (AnyValue::Float64(number), _) => format!("{number:.2}"),
        (other, _) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &AnyValue<'_>, format: &ColumnFormat, expected: &str) {
        assert_eq!(written(value, format), expected);
    }

    #[test]
    fn a_value_reads_as_on_the_sheet() {
        check(&AnyValue::Null, &ColumnFormat::Plain, "");
        check(&AnyValue::Float64(0.1234), &ColumnFormat::Percent, "12.3%");
        check(&AnyValue::Float64(7300.0), &ColumnFormat::Money, "7300.00");
        check(&AnyValue::Int64(0), &ColumnFormat::Centred, "0");
        check(&AnyValue::Date(19_453), &ColumnFormat::Plain, "2023-04-06");
    }
}
