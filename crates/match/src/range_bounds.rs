//! Between which numbers an expression lies whatever its names are: `ABS(x)` is never below nought, `LEAST(x, 100)` never above a hundred, a sum of
//! counts never negative. Of what is null nothing is said, since a comparison with it is none.

use sqlparser::ast::{BinaryOperator, Expr, Function, UnaryOperator};

use crate::number_range::{EVERY, Range};
use crate::range::World;
use crate::sql::plain_arguments;

/// The numbers that an expression can be; `None` for any, and for a plain name, of which its domain says it.
pub(crate) fn bounds(world: &World<'_>, node: &Expr) -> Option<Range> {
    match node {
        Expr::Nested(inner) => bounds(world, inner),
        Expr::Identifier(_) => None,
        node => Some(between(world, node)).filter(|range| range.from.is_finite() || range.to.is_finite()),
    }
}

fn between(world: &World<'_>, node: &Expr) -> Range {
    if let Some(number) = world.number(node) {
        return span(number, number);
    }
    match node {
        Expr::Nested(inner) => between(world, inner),
        Expr::Identifier(name) => {
            let least = world.domains.get(&name.value).and_then(|domain| domain.least);
            span(least.unwrap_or(f64::NEG_INFINITY), f64::INFINITY)
        }
        Expr::UnaryOp { op: UnaryOperator::Minus, expr } => {
            let of = between(world, expr);
            span(-of.to, -of.from)
        }
        Expr::BinaryOp { left, op: op @ (BinaryOperator::Plus | BinaryOperator::Minus), right } => {
            let (one, other) = (between(world, left), between(world, right));
            if *op == BinaryOperator::Plus {
                span(one.from + other.from, one.to + other.to)
            } else {
                span(one.from - other.to, one.to - other.from)
            }
        }
        Expr::Function(function) => call(world, function).unwrap_or(EVERY),
        _ => EVERY,
    }
}

/// An end that is no number (`∞ - ∞`) is none.
fn span(from: f64, to: f64) -> Range {
    let from = if from.is_nan() { f64::NEG_INFINITY } else { from };
    let to = if to.is_nan() { f64::INFINITY } else { to };
    Range::new(from, to)
}

fn call(world: &World<'_>, function: &Function) -> Option<Range> {
    let arguments = plain_arguments(function)?;
    let ranges: Vec<Range> = arguments.iter().map(|argument| between(world, argument)).collect();
    let fixed: Vec<f64> = arguments.iter().filter_map(|argument| world.number(argument)).collect();
    let least = ranges.iter().map(|range| range.from).fold(f64::INFINITY, f64::min);
    let most = ranges.iter().map(|range| range.to).fold(f64::NEG_INFINITY, f64::max);
    match function.name.to_string().to_uppercase().as_str() {
        "ABS" if ranges.len() == 1 => {
            let (from, to) = (ranges[0].from, ranges[0].to);
            let nearest = if from <= 0.0 && to >= 0.0 { 0.0 } else { from.abs().min(to.abs()) };
            Some(span(nearest, from.abs().max(to.abs())))
        }
        // A null among them is passed over, a number never is.
        "GREATEST" => Some(span(fixed.iter().copied().fold(least, f64::max), most)),
        "LEAST" => Some(span(least, fixed.iter().copied().fold(most, f64::min))),
        "COALESCE" => Some(span(least, most)),
        _ => None,
    }
}

/// What a call of constants comes to.
pub(crate) fn fixed(world: &World<'_>, function: &Function) -> Option<f64> {
    let numbers: Vec<f64> =
        plain_arguments(function)?.into_iter().map(|argument| world.number(argument)).collect::<Option<_>>()?;
    match (function.name.to_string().to_uppercase().as_str(), numbers.as_slice()) {
        ("ABS", [number]) => Some(number.abs()),
        ("GREATEST", [_, ..]) => Some(numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        ("LEAST", [_, ..]) => Some(numbers.iter().copied().fold(f64::INFINITY, f64::min)),
        ("COALESCE", [first, ..]) => Some(*first),
        _ => None,
    }
}
