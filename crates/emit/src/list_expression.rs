//! What expressions a list's query may hold: every node of the tree is visited, and what is not named here is refused.

use crate::list_place::place;
use crate::list_query::{Admission, Refusal, single_name};
use bidui_model::nearest;
use sqlparser::ast::{
    BinaryOperator, CastKind, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Query, UnaryOperator,
    Value, visit_expressions,
};
use std::ops::ControlFlow;

/// Functions that depend on their arguments alone and give the same answer in any order of rows.
pub(crate) const FUNCTIONS: &[&str] = &[
    "abs",
    "avg",
    "ceil",
    "coalesce",
    "concat",
    "concat_ws",
    "count",
    "floor",
    "greatest",
    "least",
    "left",
    "length",
    "lower",
    "lpad",
    "ltrim",
    "max",
    "min",
    "nullif",
    "replace",
    "right",
    "round",
    "rpad",
    "rtrim",
    "split_part",
    "starts_with",
    "strpos",
    "substr",
    "sum",
    "upper",
];

impl Admission<'_> {
    pub(crate) fn expressions(&mut self, query: &Query) {
        let _ = visit_expressions(query, |expression| {
            self.expression(expression);
            ControlFlow::<()>::Continue(())
        });
    }

    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::Identifier(name) => self.names.used.push((None, name.value.clone())),
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [table, column] => {
                    let used = (Some(table.value.clone()), column.value.clone());
                    self.names.used.push(used);
                }
                _ => self.refuse(self.of(expression), "多于一个点的列名"),
            },
            Expr::Value(value) => self.refuse_if(
                !matches!(
                    value.value,
                    Value::Number(_, false) | Value::SingleQuotedString(_) | Value::Boolean(_) | Value::Null
                ),
                self.of(expression),
                "这种写法的常量",
            ),
            Expr::Function(function) => self.function(function, expression),
            Expr::BinaryOp { op, .. } => self.refuse_if(!is_plain(op), self.of(expression), &format!("运算符“{op}”")),
            Expr::UnaryOp { op, .. } => {
                let plain = matches!(op, UnaryOperator::Not | UnaryOperator::Minus | UnaryOperator::Plus);
                self.refuse_if(!plain, self.of(expression), &format!("运算符“{op}”"));
            }
            Expr::Like { any, escape_char, .. } => {
                self.refuse_if(*any || escape_char.is_some(), self.of(expression), "LIKE的这种写法");
            }
            Expr::Cast { kind: CastKind::Cast, data_type, array: false, format: None, .. } => {
                let plain = ["VARCHAR", "BIGINT", "DOUBLE"].contains(&data_type.to_string().as_str());
                let word = data_type.to_string();
                let place = self.of(expression).and_then(|place| {
                    let at = place.start + self.text[place.clone()].rfind(&word)?;
                    Some(at..at + word.len())
                });
                self.refuse_if(
                    !plain,
                    place.or_else(|| self.of(expression)),
                    "CAST到VARCHAR、BIGINT、DOUBLE以外的类型",
                );
            }
            Expr::TypedString(typed) => {
                let plain = typed.data_type.to_string() == "DATE" && !typed.uses_odbc_syntax;
                self.refuse_if(!plain, self.of(expression), "DATE以外的带类型常量");
            }
            Expr::IsTrue(_)
            | Expr::IsNotTrue(_)
            | Expr::IsFalse(_)
            | Expr::IsNotFalse(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::InList { .. }
            | Expr::Between { .. }
            | Expr::Ceil { .. }
            | Expr::Floor { .. }
            | Expr::Substring { .. }
            | Expr::Trim { .. }
            | Expr::Nested(_)
            | Expr::Case { .. } => {}
            _ => self.refuse(self.of(expression), "子查询或这种表达式"),
        }
    }

    fn function(&mut self, function: &Function, node: &Expr) {
        let name = single_name(&function.name).unwrap_or_default().to_lowercase();
        if !FUNCTIONS.contains(&name.as_str()) {
            let written = function.name.to_string();
            let hint = match nearest(&name, FUNCTIONS.iter().copied()) {
                Some(near) => format!("是不是“{near}”？"),
                None => format!("可用：{}", FUNCTIONS.join("、")),
            };
            self.refusals.push(Refusal {
                code: "BD0507",
                message: format!("清单的查询里不能用函数“{written}”"),
                hint,
                span: place(self.text, &function.name),
            });
        }
        let odd = function.over.is_some()
            || function.filter.is_some()
            || function.null_treatment.is_some()
            || !function.within_group.is_empty()
            || function.uses_odbc_syntax
            || !matches!(function.parameters, FunctionArguments::None);
        self.refuse_if(odd, self.of(node), "窗口函数和FILTER");
        let FunctionArguments::List(list) = &function.args else {
            return self.refuse(self.of(node), "没有参数表的函数");
        };
        self.refuse_if(!list.clauses.is_empty(), self.of(node), "函数参数里的子句");
        let plain = list.args.iter().all(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(_)) => true,
            FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => name == "count",
            _ => false,
        });
        self.refuse_if(!plain, self.of(node), "这种函数参数");
    }
}

fn is_plain(op: &BinaryOperator) -> bool {
    use BinaryOperator::{And, Divide, Eq, Gt, GtEq, Lt, LtEq, Minus, Multiply, NotEq, Or, Plus};
    matches!(op, And | Or | Eq | NotEq | Gt | GtEq | Lt | LtEq | Plus | Minus | Multiply | Divide)
}
