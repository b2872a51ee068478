//! Words and patterns that an expression compares a column with, and those among them that the column never holds. Such a word makes a condition that
//! is never true, and COUNT(*) = 0 would then warn of everybody; or, behind `<>` and NOT, one that is always true.

use std::ops::{ControlFlow, Range};

use bidui_model::{AskedWord, odd_pattern};
use sqlparser::ast::{BinaryOperator, Expr, Function, Value, visit_expressions};

use crate::sql::{SqlError, plain_arguments};
use crate::sql_place::bytes;

const NEVER: &str = "这个条件永远不成立";
const ALWAYS: &str = "这个条件凡有值的都成立";
const NEVER_HIT: &str = "写在 IN 里对不上任何一行";
const NEVER_LEFT_OUT: &str = "写在 NOT IN 里排除不了任何一行";

/// A word, or pattern, that never comes, and what that makes of its comparison.
pub(crate) struct Stranger {
    pub(crate) column: String,
    pub(crate) asked: AskedWord,
    /// Bytes of the expression.
    pub(crate) span: Option<Range<usize>>,
    pub(crate) comes_to: &'static str,
}

impl Stranger {
    /// What is told of it.
    pub(crate) fn message(&self) -> String {
        let Self { column, asked, comes_to, .. } = self;
        match asked {
            AskedWord::Word(word) => format!("“{column}”不会是“{word}”，{comes_to}"),
            AskedWord::Pattern { written, .. } => format!("“{column}”没有一个值合“{written}”这个样子，{comes_to}"),
        }
    }
}

/// Every word and pattern in a tree of which `may_come` says that the column never holds it. `text` is what the tree was read from.
pub(crate) fn strangers(tree: &Expr, text: &str, may_come: &dyn Fn(&str, &AskedWord) -> bool) -> Vec<Stranger> {
    let mut found = Vec::new();
    let read = |column: &Expr, word: &Expr, of: &dyn Fn(&str) -> AskedWord, comes_to: &'static str| {
        let (Expr::Identifier(column), Expr::Value(value)) = (column, word) else { return None };
        let Value::SingleQuotedString(word) = &value.value else { return None };
        let (column, asked, span) = (column.value.clone(), of(word), bytes(text, value.span));
        (!may_come(&column, &asked)).then_some(Stranger { column, asked, span, comes_to })
    };
    let word = |word: &str| AskedWord::Word(word.to_owned());
    let _: ControlFlow<()> = visit_expressions(tree, |node| {
        match node {
            Expr::BinaryOp { left, op: op @ (BinaryOperator::Eq | BinaryOperator::NotEq), right } => {
                let comes_to = if *op == BinaryOperator::Eq { NEVER } else { ALWAYS };
                let sides = [(left, right), (right, left)];
                found.extend(sides.iter().filter_map(|(column, other)| read(column, other, &word, comes_to)));
            }
            Expr::InList { expr, list, negated } => {
                let all = |comes_to| list.iter().filter_map(move |item| read(expr, item, &word, comes_to));
                let comes_to = match (all(NEVER).count() == list.len(), negated) {
                    (true, false) => NEVER,
                    (true, true) => ALWAYS,
                    (false, false) => NEVER_HIT,
                    (false, true) => NEVER_LEFT_OUT,
                };
                found.extend(all(comes_to));
            }
            Expr::Like { expr, pattern, negated, .. } => {
                found.extend(read(expr, pattern, &AskedWord::like, if *negated { ALWAYS } else { NEVER }));
            }
            Expr::Function(function) => found.extend(affix(function).and_then(|(column, part, is_start)| {
                read(column, part, &|part| AskedWord::starts_or_ends(part, is_start), NEVER)
            })),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    found
}

/// A LIKE without `%` and `_`, or with others in their stead.
pub const NO_PATTERN: &str = "BD0117";

/// Every pattern that is met by itself alone, or has signs for others that are none: who writes LIKE means more.
pub(crate) fn bare_patterns(tree: &Expr, text: &str) -> Vec<SqlError> {
    let mut found = Vec::new();
    let _: ControlFlow<()> = visit_expressions(tree, |node| {
        if let Expr::Like { expr, pattern, negated, .. } = node
            && let Expr::Value(value) = &**pattern
            && let Value::SingleQuotedString(word) = &value.value
            && let Some((message, hint)) = odd_pattern(word, &expr.to_string(), *negated)
        {
            found.push(SqlError::new(bytes(text, value.span), message).with_hint(hint));
        }
        ControlFlow::Continue(())
    });
    found
}

/// The two arguments of STARTS_WITH (`true`) or ENDS_WITH.
fn affix(function: &Function) -> Option<(&Expr, &Expr, bool)> {
    let is_start = match function.name.to_string().to_uppercase().as_str() {
        "STARTS_WITH" => true,
        "ENDS_WITH" => false,
        _ => return None,
    };
    match plain_arguments(function)?.as_slice() {
        [column, part] => Some((column, part, is_start)),
        _ => None,
    }
}
