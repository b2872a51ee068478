//! A rule's `value` against its conditions: one that grows worse the other way than the conditions hold it, and one that they do not ask about.

use std::collections::BTreeSet;

use bidui_model::{Diagnostic, SpecFile, SpecTable};
use sqlparser::ast::{BinaryOperator, Expr};

/// `worse` says less, and the levels ask for more.
const OTHER_WAY: &str = "BD0224";
/// No condition asks about the value.
const NOT_ASKED: &str = "BD0225";

/// What a rule asks.
pub(crate) struct Asked<'a> {
    /// Its levels.
    pub(crate) levels: Vec<&'a Expr>,
    /// The names in its conditions, the scope among them.
    pub(crate) reads: BTreeSet<&'a String>,
    /// What it shows without a `value`.
    pub(crate) first_fact: Option<String>,
}

/// What is odd about a rule's value. Where nothing is wrong with the levels (`is_sound`), also that `worse` is missing: else they may be what is
/// turned round.
pub(crate) fn lint_value(
    source: &SpecFile<'_>,
    table: &SpecTable<'_>,
    asked: &Asked<'_>,
    is_sound: bool,
    found: &mut Vec<Diagnostic>,
) {
    let value = table.text("value");
    let mut warn = |code: &'static str, span: std::ops::Range<usize>, message: String, hint: &str| {
        found.push(Diagnostic::warning(code, source.file, Some(span), message).with_hint(hint));
    };
    if let Some(value) = value.clone().filter(|value| !asked.levels.is_empty() && !asked.reads.contains(&value.value)) {
        let hint = "value 写这条规则比的那个指标；它决定下发时显示的数和何时算又加重";
        warn(NOT_ASKED, value.span.clone(), format!("value 写的“{}”，这条规则的条件里没有比", value.value), hint);
    }
    // Without a value it is the first fact that is read.
    let Some(name) = value.as_ref().map(|value| value.value.clone()).or_else(|| asked.first_fact.clone()) else {
        return;
    };
    let mut ways = Vec::new();
    asked.levels.iter().for_each(|level| ways_of(level, &name, &mut ways));
    let worse = table.text("worse");
    let is_less = worse.as_ref().is_some_and(|worse| worse.value == "less");
    let Some(first) = ways.first().filter(|first| ways.iter().all(|way| way == *first)) else { return };
    match (is_less, *first) {
        (true, true) => {
            let message = format!("worse 写的是越小越严重，而条件比的是“{name}”达到多少");
            let span = worse.map_or_else(|| table.span.clone(), |worse| worse.span);
            warn(OTHER_WAY, span, message, "越大越严重写 more，或不写 worse；看 >=、<= 有没有写反");
        }
        (false, false) if is_sound => {
            let says = if worse.is_some() {
                "worse 写的是越大越严重"
            } else {
                "没有写 worse，就是越大越严重"
            };
            let message = format!("{says}，而条件比的是“{name}”低于多少：再降低了也不当作加重");
            let span =
                worse.or(value).or_else(|| table.text("id")).map_or_else(|| table.span.clone(), |found| found.span);
            warn(OTHER_WAY, span, message, "越小越严重写 worse = \"less\"；看 <、> 有没有写反");
        }
        _ => {}
    }
}

/// Whether it is more (`true`) or less of the value that a condition asks for, for each of its comparisons; not those under NOT.
fn ways_of(node: &Expr, value: &str, ways: &mut Vec<bool>) {
    use BinaryOperator::{And, Gt, GtEq, Lt, LtEq, Or};
    let is_value = |side: &Expr| matches!(side, Expr::Identifier(name) if name.value == value);
    match node {
        Expr::Nested(inner) => ways_of(inner, value, ways),
        Expr::BinaryOp { left, op: And | Or, right } => {
            [left, right].into_iter().for_each(|side| ways_of(side, value, ways));
        }
        Expr::BinaryOp { left, op, right } if is_value(left) || is_value(right) => match op {
            Gt | GtEq => ways.push(is_value(left)),
            Lt | LtEq => ways.push(is_value(right)),
            _ => {}
        },
        _ => {}
    }
}
