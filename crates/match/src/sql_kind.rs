//! What kind of answer each part of an expression gives, so that what does not go together is shown where it stands. polars would say so, too, but
//! of the whole, in English, and for some pairs (a date with a number) not at all.

use std::ops::Range;

use sqlparser::ast::{BinaryOperator, Expr, Function, UnaryOperator, Value};

use crate::sql::{RowExpression, SqlError, plain_arguments};
use crate::sql_place::place;

/// Of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Flag,
    Date,
    Text,
    Interval,
    /// Null, or a name that has been told of already: goes with everything.
    Unknown,
}

impl Kind {
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Number => "数值",
            Self::Flag => "条件",
            Self::Date => "日期",
            Self::Text => "文字",
            Self::Interval => "时间间隔",
            Self::Unknown => "空值",
        }
    }
    pub(crate) fn of(kind: &polars::prelude::DataType) -> Self {
        use polars::prelude::DataType;
        match kind {
            DataType::Boolean => Self::Flag,
            DataType::String => Self::Text,
            DataType::Date | DataType::Datetime(..) => Self::Date,
            DataType::Duration(_) => Self::Interval,
            DataType::Null | DataType::Unknown(_) => Self::Unknown,
            _ => Self::Number,
        }
    }
}

/// The kind of an expression's answer, and every pair in it that does not go together.
pub(crate) fn kind_of(row: &RowExpression, text: &str, of_name: &dyn Fn(&str) -> Kind) -> (Kind, Vec<SqlError>) {
    let mut walk = Walk { text, of_name, errors: Vec::new() };
    let kind = walk.kind(row.tree());
    (kind, walk.errors)
}

struct Walk<'a> {
    text: &'a str,
    of_name: &'a dyn Fn(&str) -> Kind,
    errors: Vec<SqlError>,
}

impl Walk<'_> {
    fn kind(&mut self, node: &Expr) -> Kind {
        match node {
            Expr::Identifier(name) => (self.of_name)(&name.value),
            Expr::Nested(inner) => self.kind(inner),
            Expr::Value(value) => match &value.value {
                Value::Number(..) => Kind::Number,
                Value::SingleQuotedString(_) => Kind::Text,
                Value::Boolean(_) => Kind::Flag,
                _ => Kind::Unknown,
            },
            Expr::TypedString(_) => Kind::Date,
            Expr::Interval(_) => Kind::Interval,
            Expr::IsTrue(inner) | Expr::IsNotTrue(inner) | Expr::IsFalse(inner) | Expr::IsNotFalse(inner) => {
                self.expect(inner, Kind::Flag, "IS TRUE、IS FALSE 的前面");
                Kind::Flag
            }
            Expr::IsNull(inner) | Expr::IsNotNull(inner) => {
                self.kind(inner);
                Kind::Flag
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                self.expect(expr, Kind::Flag, "NOT 的后面");
                Kind::Flag
            }
            Expr::UnaryOp { expr, .. } => {
                self.expect(expr, Kind::Number, "正负号的后面");
                Kind::Number
            }
            Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            Expr::Between { expr, low, high, .. } => {
                self.same(expr, low);
                self.same(expr, high);
                Kind::Flag
            }
            Expr::InList { expr, list, .. } => {
                list.iter().for_each(|item| self.same(expr, item));
                Kind::Flag
            }
            Expr::Like { expr, pattern, .. } => {
                [expr, pattern].into_iter().for_each(|part| self.expect(part, Kind::Text, "LIKE 的两边"));
                Kind::Flag
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                for when in conditions {
                    match operand {
                        Some(operand) => self.same(operand, &when.condition),
                        None => self.expect(&when.condition, Kind::Flag, "WHEN 的后面"),
                    }
                }
                let results: Vec<&Expr> =
                    conditions.iter().map(|when| &when.result).chain(else_result.as_deref()).collect();
                self.alike(&results)
            }
            Expr::Extract { expr, .. } => {
                self.expect(expr, Kind::Date, "EXTRACT 里");
                Kind::Number
            }
            Expr::Function(function) => self.function(function, node),
            _ => Kind::Unknown,
        }
    }

    fn binary(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) -> Kind {
        use BinaryOperator::{And, Minus, Or, Plus};
        match op {
            And | Or => {
                [left, right].into_iter().for_each(|side| self.expect(side, Kind::Flag, &format!("{op} 的两边")));
                Kind::Flag
            }
            Plus | Minus if matches!(right, Expr::Interval(_)) => {
                self.expect(left, Kind::Date, "加减时间间隔的");
                Kind::Date
            }
            BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply | BinaryOperator::Divide => {
                [left, right].into_iter().for_each(|side| self.expect(side, Kind::Number, &format!("“{op}”的两边")));
                Kind::Number
            }
            _ => {
                self.same(left, right);
                self.hold_order(left, op, right);
                Kind::Flag
            }
        }
    }

    /// A number in quotes that something is to be more or less than: also of a name whose kind nobody knows, as its own file is broken.
    fn hold_order(&mut self, left: &Expr, op: &BinaryOperator, right: &Expr) {
        use BinaryOperator::{Gt, GtEq, Lt, LtEq};
        if !matches!(op, Gt | GtEq | Lt | LtEq) {
            return;
        }
        for (side, other) in [(left, right), (right, left)] {
            let number = match side {
                Expr::Value(value) => match &value.value {
                    Value::SingleQuotedString(word) => Some(word).filter(|word| word.parse::<f64>().is_ok()),
                    _ => None,
                },
                _ => None,
            };
            if let (Some(number), Expr::Identifier(name)) = (number, other)
                && (self.of_name)(&name.value) == Kind::Unknown
            {
                self.blame(side, format!("数不加引号：{number}"));
            }
        }
    }

    fn function(&mut self, function: &Function, node: &Expr) -> Kind {
        let name = function.name.to_string().to_uppercase();
        let Some(arguments) = plain_arguments(function) else { return Kind::Unknown };
        let most = match name.as_str() {
            "ABS" | "LOWER" | "UPPER" => 1..=1,
            "ROUND" => 1..=2,
            "NULLIF" | "STARTS_WITH" | "ENDS_WITH" => 2..=2,
            _ => 1..=usize::MAX,
        };
        if !most.contains(&arguments.len()) {
            let message = format!("函数 {name} 的参数有{}个，应有{}个", arguments.len(), most.end());
            self.errors.push(SqlError::new(place(self.text, node), message).with_hint("见 docs/sql.md 所列的写法"));
            return Kind::Unknown;
        }
        let of = format!("{name} 的参数");
        match name.as_str() {
            "ABS" | "ROUND" => {
                arguments.iter().for_each(|argument| self.expect(argument, Kind::Number, &of));
                Kind::Number
            }
            "LOWER" | "UPPER" | "STARTS_WITH" | "ENDS_WITH" => {
                arguments.iter().for_each(|argument| self.expect(argument, Kind::Text, &of));
                if name.ends_with("_WITH") { Kind::Flag } else { Kind::Text }
            }
            _ => self.alike(&arguments),
        }
    }

    /// The kind of the first that has one; the others must be of it.
    fn alike(&mut self, parts: &[&Expr]) -> Kind {
        let kinds: Vec<Kind> = parts.iter().map(|part| self.kind(part)).collect();
        let first = kinds.iter().position(|kind| *kind != Kind::Unknown);
        let Some(first) = first else { return Kind::Unknown };
        for (part, kind) in parts.iter().zip(&kinds).skip(first + 1) {
            self.hold((parts[first], kinds[first]), (part, *kind));
        }
        kinds[first]
    }

    fn same(&mut self, left: &Expr, right: &Expr) {
        let (one, other) = (self.kind(left), self.kind(right));
        self.hold((left, one), (right, other));
    }

    fn hold(&mut self, (left, one): (&Expr, Kind), (right, other): (&Expr, Kind)) {
        if one == other || one == Kind::Unknown || other == Kind::Unknown {
            return;
        }
        // What is written out was written wrongly sooner than a name was taken for another.
        let guilty = if is_constant(left) && !is_constant(right) { left } else { right };
        let message =
            format!("“{}”是{}，“{}”是{}，不能相比", short(left), one.in_words(), short(right), other.in_words());
        self.blame(guilty, message);
    }

    fn expect(&mut self, node: &Expr, kind: Kind, what: &str) {
        let found = self.kind(node);
        if found != kind && found != Kind::Unknown {
            self.blame(node, format!("{what}应是{}，“{}”是{}", kind.in_words(), short(node), found.in_words()));
        }
    }

    fn blame(&mut self, node: &Expr, message: String) {
        let span: Option<Range<usize>> = place(self.text, node);
        let hint = "文字加单引号，数不加；日期写作 DATE '2023-03-01'；条件要有比较，如 a > 0";
        self.errors.push(SqlError::new(span, message).with_hint(hint));
    }
}

fn is_constant(node: &Expr) -> bool {
    match node {
        Expr::Nested(inner) | Expr::UnaryOp { expr: inner, .. } => is_constant(inner),
        Expr::Value(_) | Expr::TypedString(_) => true,
        _ => false,
    }
}

pub(crate) fn short(node: &Expr) -> String {
    let shown = node.to_string();
    if shown.chars().count() > 40 { format!("{}…", shown.chars().take(40).collect::<String>()) } else { shown }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sql::parse_row;

    /// Names by their first letter: number, text, flag, date.
    fn check(text: &str, kind: Kind, wrong: &[&str]) {
        let of_name = |name: &str| match name.chars().next() {
            Some('n') => Kind::Number,
            Some('t') => Kind::Text,
            Some('f') => Kind::Flag,
            Some('d') => Kind::Date,
            _ => Kind::Unknown,
        };
        let (found, errors) = kind_of(&parse_row(text).unwrap(), text, &of_name);
        let at: Vec<&str> = errors.iter().map(|error| &text[error.span.clone().unwrap()]).collect();
        assert_eq!((found, at.as_slice()), (kind, wrong), "{text}: {errors:?}");
    }

    #[test]
    fn what_does_not_go_together_is_shown_where_it_stands() {
        check("n1 >= 20000 AND t1 = '甲'", Kind::Flag, &[]);
        check("n1 >= '两万' AND t1 = 3", Kind::Flag, &["'两万'", "3"]);
        check("'两万' < n1", Kind::Flag, &["'两万'"]);
        check("n1 AND f1", Kind::Flag, &["n1"]);
        check("f1 = 1", Kind::Flag, &["1"]);
        check("d1 > '2023-01-01'", Kind::Flag, &["'2023-01-01'"]);
        check("d1 + INTERVAL '6 months' > d2", Kind::Flag, &[]);
        check("n1 + INTERVAL '6 months' > d2", Kind::Flag, &["n1"]);
        check("t1 IN ('甲', 3, '乙')", Kind::Flag, &["3"]);
        check("n1 BETWEEN 1 AND '9'", Kind::Flag, &["'9'"]);
        check("NOT t1", Kind::Flag, &["t1"]);
        check("n1 LIKE '甲%'", Kind::Flag, &["n1"]);
        check("COALESCE(n1, '0') > 1", Kind::Flag, &["'0'"]);
        check("ROUND(t1, 2) > 1", Kind::Flag, &["t1"]);
        check("ABS(n1, n2) > 1", Kind::Flag, &["ABS(n1, n2)"]);
        check("abs(n1,n2)>1", Kind::Flag, &["abs(n1,n2)"]);
        check("CASE WHEN n1 > 0 THEN 1 ELSE '0' END", Kind::Number, &["'0'"]);
        check("CASE WHEN n1 THEN 1 ELSE 0 END", Kind::Number, &["n1"]);
        check("EXTRACT(YEAR FROM t1) = 2023", Kind::Flag, &["t1"]);
        check("unknown > '甲' AND unknown > 3", Kind::Flag, &[]);
        check("n1 = NULL", Kind::Flag, &[]);
        check("n1 * 2", Kind::Number, &[]);
        check("(n1 > 2) + 1", Kind::Number, &["(n1 > 2)"]);
    }
}
