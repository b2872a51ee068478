//! What is asked of a condition: that it is true or false, or only that it is not, which a null answers as well. A comparison is unknown where a name in it
//! is null, and there alone, as far as its sides are computed from names by arithmetic.

use std::collections::BTreeSet;

use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator};

use crate::range::{World, term};

/// What a condition shall come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    True,
    False,
    /// False or unknown.
    NotTrue,
    /// True or unknown.
    NotFalse,
}

impl Truth {
    /// What is asked of a condition where this is asked of its NOT.
    pub(crate) const fn of_not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::NotTrue => Self::NotFalse,
            Self::NotFalse => Self::NotTrue,
        }
    }
    /// Whether it is asked on the side of true.
    pub(crate) const fn is_for(self) -> bool {
        matches!(self, Self::True | Self::NotFalse)
    }
    /// Whether unknown will do.
    pub(crate) const fn takes_unknown(self) -> bool {
        matches!(self, Self::NotTrue | Self::NotFalse)
    }
}

impl World<'_> {
    /// Names of which one must be null for this to be null: those that it is computed from, or itself where that is not known (`COALESCE(x, y)`).
    pub(crate) fn nulls(&self, node: &Expr) -> BTreeSet<String> {
        self.operands(node).unwrap_or_else(|| BTreeSet::from([term(node)]))
    }

    /// The names without one of which an expression has no value; `None` if it may have one.
    pub(crate) fn operands(&self, node: &Expr) -> Option<BTreeSet<String>> {
        match node {
            Expr::Nested(inner) => self.operands(inner),
            Expr::Identifier(name) if !self.parameters.contains_key(&name.value) => {
                Some(BTreeSet::from([name.value.clone()]))
            }
            Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, expr } => self.operands(expr),
            Expr::BinaryOp { left, op, right } => {
                use BinaryOperator::{Divide, Minus, Multiply, Plus};
                let is_plain = match op {
                    Plus | Minus | Multiply => true,
                    // By nought nothing is divided.
                    Divide => self.number(right).is_some_and(|number| number.abs() > 0.0),
                    _ => false,
                };
                let (mut names, others) = (self.operands(left)?, self.operands(right)?);
                names.extend(others);
                is_plain.then_some(names)
            }
            node => self.number(node).map(|_| BTreeSet::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeMap;

    use super::*;
    use crate::range::Domain;
    use crate::sql::{Literal, parse};

    /// Whether the second may be missed where the first holds; `n` is a whole number from 0, `line` is 7300.
    fn check(first: &str, second: &str, expected: bool) {
        let count = Domain { is_whole: true, least: Some(0.0), ..Domain::default() };
        let domains = BTreeMap::from([("n".to_owned(), count)]);
        let parameters = BTreeMap::from([("line".to_owned(), Literal::Number(7300.0))]);
        let world = World { domains: &domains, parameters: &parameters };
        let (one, other) = (parse(first).unwrap(), parse(second).unwrap());
        assert_eq!(world.may_be(&[(&one, Truth::True), (&other, Truth::NotTrue)]), expected, "{first} | {second}");
    }

    #[test]
    fn what_holds_wherever_another_does_is_never_missed() {
        for (first, second) in [
            ("x > 5", "x > 3"),
            ("x < 5000", "x < line"),
            ("x > 5", "x > 5 OR y > 3"),
            ("x > 5 AND y > 3", "x > 4 AND y > 2"),
            ("x > 5", "NOT (x <= 3)"),
            ("x > 5", "NOT (x <= 3 AND y > 2)"),
            ("a + b > 5", "a + b > 3 AND a IS NOT NULL"),
            ("a > 5 AND b > 3", "(a + b > 7) OR (a + b <= 7)"),
            ("COALESCE(x, 0) > 5", "COALESCE(x, 0) > 3"),
            ("x IN (1, 2)", "x IN (1, 2, 3)"),
            ("x BETWEEN 2 AND 3", "x BETWEEN 1 AND 4"),
            ("f", "f OR g"),
            ("x > 0", "n >= 0 OR x > 0"),
            ("x IS NULL", "x IS NULL OR y > 0"),
            ("x > y", "x >= y"),
        ] {
            check(first, second, false);
        }
    }

    #[test]
    fn what_may_be_unknown_may_be_missed() {
        for (first, second) in [
            ("x > 5", "x > 3 AND y > 3"),
            ("x > 5 OR y > 3", "x > 3"),
            ("x > 5 OR y > 3", "x > 5 OR x <= 5"),
            ("x > 0", "n >= 0"),
            ("COALESCE(x, 0) > 5", "x > 3"),
            ("x > 5", "x > 3 AND x > y"),
            ("x IS NULL", "x > 5 OR x <= 5"),
            ("a + b > 5", "a - c < 3 OR a - c >= 3"),
            ("x > 5", "x LIKE '%a'"),
        ] {
            check(first, second, true);
        }
    }
}
