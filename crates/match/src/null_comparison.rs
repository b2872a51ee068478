//! Comparisons with NULL: neither true nor false, of anybody. Whoever writes `x = NULL` means `x IS NULL`.

use std::ops::ControlFlow;

use sqlparser::ast::{BinaryOperator, Expr, Value, visit_expressions};

use crate::sql::{RowExpression, SqlError};
use crate::sql_kind::short;
use crate::sql_place::bytes;

/// What such a comparison is told by.
pub(crate) const WITH_NULL: &str = "BD0114";

const NEVER: &str = "与 NULL 相比没有真假，这个条件对谁都不成立";

/// Every NULL that something is compared with, at its bytes.
pub(crate) fn compared_with_null(row: &RowExpression, text: &str) -> Vec<SqlError> {
    let mut found = Vec::new();
    let mut tell = |null: &Expr, message: &str, hint: String| {
        if let Expr::Value(value) = bare(null)
            && value.value == Value::Null
        {
            found.push(SqlError::new(bytes(text, value.span), message).with_hint(hint));
        }
    };
    let _: ControlFlow<()> = visit_expressions(row.tree(), |node| {
        match node {
            Expr::BinaryOp { left, op, right } if is_comparison(op) => {
                for (other, null) in [(left, right), (right, left)] {
                    let other = short(other);
                    let hint = match op {
                        BinaryOperator::Eq => format!("写作 {other} IS NULL"),
                        BinaryOperator::NotEq => format!("写作 {other} IS NOT NULL"),
                        _ => format!("没有值写 {other} IS NULL，有值写 {other} IS NOT NULL"),
                    };
                    tell(null, NEVER, hint);
                }
            }
            Expr::InList { expr, list, negated } => {
                let of = short(expr);
                let (message, hint) = if *negated {
                    ("NOT IN 里有 NULL，这个条件对谁都不成立", format!("去掉 NULL；有值的写 {of} IS NOT NULL"))
                } else {
                    ("IN 里的 NULL 对不上任何一行", format!("去掉 NULL，另写 OR {of} IS NULL"))
                };
                list.iter().for_each(|item| tell(item, message, hint.clone()));
            }
            Expr::Between { expr, low, high, .. } => {
                let of = short(expr);
                let hint = format!("没有值写 {of} IS NULL，有值写 {of} IS NOT NULL");
                [low, high].into_iter().for_each(|bound| tell(bound, NEVER, hint.clone()));
            }
            Expr::Like { expr, pattern, .. } => tell(pattern, NEVER, format!("写作 {} IS NULL", short(expr))),
            Expr::Case { operand: Some(operand), conditions, .. } => {
                let hint = format!("写作 CASE WHEN {} IS NULL THEN …", short(operand));
                conditions.iter().for_each(|when| tell(&when.condition, NEVER, hint.clone()));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    found
}

fn is_comparison(op: &BinaryOperator) -> bool {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    matches!(op, Eq | NotEq | Gt | GtEq | Lt | LtEq)
}

fn bare(node: &Expr) -> &Expr {
    if let Expr::Nested(inner) = node { bare(inner) } else { node }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sql::parse_row;

    /// Hints of the comparisons with NULL, each at a NULL.
    fn check(text: &str, hints: &[&str]) {
        let errors = compared_with_null(&parse_row(text).unwrap(), text);
        assert!(
            errors.iter().all(|error| text[error.span.clone().unwrap()].eq_ignore_ascii_case("null")),
            "{errors:?}"
        );
        let found: Vec<&str> = errors.iter().map(|error| error.hint.as_deref().unwrap_or("")).collect();
        assert_eq!(found, hints, "{text}");
    }

    #[test]
    fn what_is_compared_with_null_is_told_at_the_null() {
        check("x = NULL", &["写作 x IS NULL"]);
        check("null <> x", &["写作 x IS NOT NULL"]);
        check("x = 1 OR x >= (NULL)", &["没有值写 x IS NULL，有值写 x IS NOT NULL"]);
        check("x IN (1, NULL, 2)", &["去掉 NULL，另写 OR x IS NULL"]);
        check("x NOT IN (1, NULL)", &["去掉 NULL；有值的写 x IS NOT NULL"]);
        check("x BETWEEN 1 AND NULL", &["没有值写 x IS NULL，有值写 x IS NOT NULL"]);
        check("CASE x WHEN NULL THEN 1 ELSE 0 END = 1", &["写作 CASE WHEN x IS NULL THEN …"]);
    }

    #[test]
    fn null_as_a_value_is_no_comparison() {
        check("x IS NULL AND y IS NOT NULL", &[]);
        check("COALESCE(x, NULL) > 1", &[]);
        check("CASE WHEN x > 0 THEN 1 ELSE NULL END = 1", &[]);
    }
}
