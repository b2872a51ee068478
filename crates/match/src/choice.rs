//! Words that an expression compares a column with, against the words that the column may hold by its contract. A word that never
//! comes makes a condition that is never true, and COUNT(*) = 0 would then warn of everybody; or, behind `<>`, one that is always true.

use std::ops::{ControlFlow, Range};

use bidui_model::{DataContract, FeedKind, Found, SpecFile, nearest};
use sqlparser::ast::{BinaryOperator, Expr, Value, visit_expressions};

use crate::check::OWN;
use crate::sql::RowExpression;
use crate::sql_place::bytes;

/// What the registry's `sex` holds: it is no column of the contract, but comes from the ID numbers.
const SEXES: [&str; 2] = ["男", "女"];

/// The registry's places, with the digits of their codes: people write the names.
const PLACES: [(&str, usize, &str); 2] = [
    ("town_code", 9, "这里写乡镇的9位代码，见 towns.toml"),
    ("village_code", 12, "这里写村（社区）的12位代码，见 villages.csv"),
];

const NEVER: &str = "这个条件永远不成立";
const ALWAYS: &str = "这个条件凡有值的都成立";
const NEVER_HIT: &str = "写在 IN 里对不上任何一行";
const NEVER_LEFT_OUT: &str = "写在 NOT IN 里排除不了任何一行";

/// A word that never comes, and what that makes of its comparison.
struct Stranger<'a> {
    column: String,
    word: String,
    /// Bytes of the expression.
    span: Option<Range<usize>>,
    choices: Vec<&'a str>,
    comes_to: &'static str,
}

/// Reports every comparison with a word outside the column's `choices`; `false` if there is one. An empty word is "no value".
pub(crate) fn words_may_come(
    source: &SpecFile<'_>,
    contract: &DataContract,
    row: &RowExpression,
    text: &Found<String>,
) -> bool {
    let strangers = strangers(contract, row, &text.value);
    for Stranger { column, word, span, choices, comes_to } in &strangers {
        let shown = |word: &str| if word.is_empty() { "（空）".to_owned() } else { word.to_owned() };
        let of_places = PLACES.iter().find(|(name, ..)| choices.is_empty() && name == column);
        let of_places = of_places.map(|(.., hint)| (*hint).to_owned());
        let hint = of_places.unwrap_or_else(|| {
            nearest(word, choices.iter().copied()).map_or_else(
                || format!("可用：{}", choices.iter().map(|word| shown(word)).collect::<Vec<_>>().join("、")),
                |near| format!("是不是“{near}”？"),
            )
        });
        let span = span.clone().map_or(text.span.clone(), |span| source.inside(text, span));
        source.error("BD0112", Some(span), format!("“{column}”不会是“{word}”，{comes_to}"), hint);
    }
    strangers.is_empty()
}

fn strangers<'a>(contract: &'a DataContract, row: &RowExpression, text: &str) -> Vec<Stranger<'a>> {
    let mut found = Vec::new();
    let _: ControlFlow<()> = visit_expressions(row.tree(), |node| {
        match node {
            Expr::BinaryOp { left, op: op @ (BinaryOperator::Eq | BinaryOperator::NotEq), right } => {
                let comes_to = if *op == BinaryOperator::Eq { NEVER } else { ALWAYS };
                let sides = [(left, right), (right, left)];
                found
                    .extend(sides.iter().filter_map(|(column, word)| stranger(contract, column, word, text, comes_to)));
            }
            Expr::InList { expr, list, negated } => {
                let of_list =
                    |comes_to| list.iter().filter_map(move |word| stranger(contract, expr, word, text, comes_to));
                let comes_to = match (of_list(NEVER).count() == list.len(), negated) {
                    (true, false) => NEVER,
                    (true, true) => ALWAYS,
                    (false, false) => NEVER_HIT,
                    (false, true) => NEVER_LEFT_OUT,
                };
                found.extend(of_list(comes_to));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    });
    found
}

fn stranger<'a>(
    contract: &'a DataContract,
    column: &Expr,
    word: &Expr,
    text: &str,
    comes_to: &'static str,
) -> Option<Stranger<'a>> {
    let (Expr::Identifier(column), Expr::Value(value)) = (column, word) else { return None };
    let Value::SingleQuotedString(word) = &value.value else { return None };
    let choices = choices(contract, &column.value);
    let of_places = PLACES.iter().find(|(name, ..)| contract.kind == FeedKind::Registry && *name == column.value);
    let is_code = |digits: usize| word.len() == digits && word.bytes().all(|byte| byte.is_ascii_digit());
    let may_come = word.is_empty()
        || match of_places {
            Some((_, digits, _)) => is_code(*digits),
            None => choices.is_empty() || choices.contains(&word.as_str()),
        };
    let (column, word, span) = (column.value.clone(), word.clone(), bytes(text, value.span));
    (!may_come).then_some(Stranger { column, word, span, choices, comes_to })
}

/// What a name may hold; nothing where that is not known. What a person's own row says is of the same choices.
fn choices<'a>(contract: &'a DataContract, name: &str) -> Vec<&'a str> {
    let of_contract = |name: &str| contract.column(name).map(|(_, column)| &column.choices);
    match of_contract(name).or_else(|| of_contract(name.strip_prefix(OWN)?)) {
        Some(choices) => choices.iter().map(String::as_str).collect(),
        None if name == "sex" && contract.kind == FeedKind::Registry => SEXES.to_vec(),
        None => Vec::new(),
    }
}
