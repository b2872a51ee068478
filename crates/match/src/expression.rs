//! From a checked row expression to polars' own, with the two checks that need an engine: it resolves, and on no rows it answers
//! with no rows of the type expected. polars may panic on what passed the allow-list, so it is called behind a guard.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use polars::prelude::*;

use crate::error::MatchError;
use crate::sql::{Literal, RowExpression};

/// The expression with its parameters filled in. The error is a sentence for the configuration's author.
pub(crate) fn compile_row(row: &RowExpression, parameters: &BTreeMap<String, Literal>) -> Result<Expr, String> {
    let sql = row.to_sql(parameters);
    guarded(|| polars::sql::sql_expr(&sql)).map_err(|()| "表达式无法计算".to_owned())?.map_err(|error| sentence(&error))
}

/// Evaluates on no rows; the type of the answer.
pub(crate) fn run_on_empty(expr: &Expr, schema: &BTreeMap<String, DataType>) -> Result<DataType, String> {
    let columns = schema.iter().map(|(name, kind)| Column::new_empty(name.as_str().into(), kind)).collect();
    let frame = DataFrame::new(0, columns).map_err(|error| sentence(&error))?;
    let answer = guarded(|| frame.lazy().select([expr.clone().alias("answer")]).collect())
        .map_err(|()| "表达式无法计算".to_owned())?;
    let answer = answer.map_err(|error| sentence(&error))?;
    let column = answer.column("answer").map_err(|error| sentence(&error))?;
    if answer.height() != 0 && !is_constant(expr) {
        return Err("这里应是逐行计算的表达式，不能含聚合".to_owned());
    }
    Ok(column.dtype().clone())
}

fn is_constant(expr: &Expr) -> bool {
    expr.clone().meta().root_names().is_empty()
}

/// `names[i] = expressions[i]` over the frame, as long as the frame.
pub(crate) fn evaluate(frame: &DataFrame, expressions: &[(String, Expr)], what: &str) -> Result<DataFrame, MatchError> {
    let select: Vec<Expr> = expressions.iter().map(|(name, expr)| expr.clone().alias(name.as_str())).collect();
    let answer = guarded(|| {
        frame
            .clone()
            .lazy()
            .with_columns(select)
            .select(expressions.iter().map(|(name, _)| col(name.as_str())).collect::<Vec<_>>())
            .collect()
    })
    .map_err(|()| MatchError::Panicked { what: what.to_owned() })?
    .map_err(|source| MatchError::Compute { what: what.to_owned(), source })?;
    Ok(answer)
}

fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, ()> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| ())
}

/// polars' messages show plans; only their first line is of use.
fn sentence(error: &PolarsError) -> String {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or("").trim();
    format!("表达式的类型或写法不对（{first}）")
}
