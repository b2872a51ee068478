//! From a checked row expression to polars' own, with the two checks that need an engine: it resolves, and on no rows it answers
//! with no rows of the type expected. polars may panic on what passed the allow-list, so it is called behind a guard.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use polars::prelude::*;

use crate::error::MatchError;
use crate::sql::{Literal, RowExpression};

/// The expression with its parameters filled in. The error is a sentence for the configuration's author.
pub(crate) fn compile_row(row: &RowExpression, parameters: &BTreeMap<String, Literal>) -> Result<Expr, String> {
    let sql = row.to_engine_sql(parameters);
    let expr = guarded(|| polars::sql::sql_expr(&sql)).map_err(|()| "表达式无法计算".to_owned())?;
    Ok(expr.map_err(|error| sentence(&error))?.map_expr(away_from_zero))
}

/// polars' SQL rounds halves to the even neighbour, other engines and people away from zero.
fn away_from_zero(expr: Expr) -> Expr {
    match expr {
        Expr::Function { input, function: FunctionExpr::Round { decimals, .. } } => {
            let mode = RoundMode::HalfAwayFromZero;
            Expr::Function { input, function: FunctionExpr::Round { decimals, mode } }
        }
        expr => expr,
    }
}

/// Evaluates on no rows; the type of the answer.
pub(crate) fn run_on_empty(expr: &Expr, schema: &BTreeMap<String, DataType>) -> Result<DataType, String> {
    operands_agree(expr, schema)?;
    let columns = schema.iter().map(|(name, kind)| Column::new_empty(name.as_str().into(), kind)).collect();
    let frame = DataFrame::new(0, columns).map_err(|error| sentence(&error))?;
    let answer = guarded(|| frame.lazy().select([expr.clone().alias("answer")]).without_optimizations().collect())
        .map_err(|()| "表达式无法计算".to_owned())?;
    let answer = answer.map_err(|error| sentence(&error))?;
    let column = answer.column("answer").map_err(|error| sentence(&error))?;
    if answer.height() != 0 && !is_constant(expr) {
        return Err("这里应是逐行计算的表达式，不能含聚合".to_owned());
    }
    Ok(column.dtype().clone())
}

/// Refuses what polars would answer by comparing insides: a date with a number (days since 1970), two dates' difference with a number
/// (milliseconds), a flag with a word; and NOT of a word, which polars finds out only when there are rows.
fn operands_agree(expr: &Expr, schema: &BTreeMap<String, DataType>) -> Result<(), String> {
    let schema: Schema = schema.iter().map(|(name, kind)| (name.as_str().into(), kind.clone())).collect();
    let sort = |expr: &Expr| match guarded(|| expr.to_field(&schema)) {
        Ok(Ok(field)) => sort(&field.dtype),
        // It does not resolve, which is told better by the plan.
        _ => UNKNOWN,
    };
    let agree = |one: &'static str, other: &'static str, good: bool| {
        let known = one != UNKNOWN && other != UNKNOWN;
        if known && !good { Err(format!("{one}与{other}不能这样比较或运算")) } else { Ok(()) }
    };
    for node in expr {
        match node {
            Expr::BinaryExpr { left, op, right } => {
                let (one, other) = (sort(left), sort(right));
                agree(one, other, goes_with(*op, one, other))?;
            }
            Expr::Ternary { truthy, falsy, .. } => {
                let (one, other) = (sort(truthy), sort(falsy));
                agree(one, other, one == other)?;
            }
            Expr::Function { input, function: FunctionExpr::Coalesce } => {
                let sorts: Vec<&str> = input.iter().map(sort).filter(|sort| *sort != UNKNOWN).collect();
                sorts.windows(2).try_for_each(|pair| agree(pair[0], pair[1], pair[0] == pair[1]))?;
            }
            // NOT x is polars' NOT CAST(x AS BOOLEAN); there is no other cast to it.
            Expr::Cast { expr: inner, .. } if sort(node) == FLAG => {
                let of = sort(inner);
                agree(of, "NOT", of == FLAG)?;
            }
            _ => {}
        }
    }
    Ok(())
}

const NUMBER: &str = "数值";
const FLAG: &str = "条件";
const DATE: &str = "日期";
const INTERVAL: &str = "时间间隔";
/// Null, or what does not resolve: goes with everything.
const UNKNOWN: &str = "";

fn goes_with(op: Operator, one: &str, other: &str) -> bool {
    use Operator::{And, LogicalAnd, LogicalOr, Minus, Multiply, Or, Plus, RustDivide, TrueDivide};
    match op {
        Plus | Minus => (one == NUMBER && other == NUMBER) || (one == DATE && other == INTERVAL),
        Multiply | RustDivide | TrueDivide => one == NUMBER && other == NUMBER,
        And | Or | LogicalAnd | LogicalOr => one == FLAG && other == FLAG,
        _ => one == other,
    }
}

/// What people call a type.
fn sort(kind: &DataType) -> &'static str {
    match kind {
        DataType::Boolean => FLAG,
        DataType::String => "文字",
        DataType::Date | DataType::Datetime(..) => DATE,
        DataType::Duration(_) => INTERVAL,
        DataType::Unknown(UnknownKind::Str) => "文字",
        DataType::Null | DataType::Unknown(UnknownKind::Any) => UNKNOWN,
        _ => NUMBER,
    }
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

/// polars' messages are English and show plans: of its reasons only those that can be told in a word are told.
fn sentence(error: &PolarsError) -> String {
    let what = match error {
        PolarsError::ColumnNotFound(_) => "用了没有的列",
        PolarsError::InvalidOperation(_) | PolarsError::SchemaMismatch(_) => "两边的类型不合",
        _ => "两边的类型或函数的参数不合",
    };
    format!("表达式无法计算：{what}")
}

#[cfg(test)]
mod tests;
