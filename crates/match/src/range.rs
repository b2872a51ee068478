//! Whether conditions can ever hold together: comparisons of one name with constants, or with one other name, under AND, OR and NOT, as ranges of numbers and sets of words.
//! What is not of this kind (LIKE) is taken for possible, so that nothing is called impossible that is not. Of an expression that stands in two
//! comparisons its text is known, `a + b > 5 AND a + b < 3` cannot hold either, and the numbers between which it lies (`range_bounds.rs`).

use std::collections::{BTreeMap, BTreeSet};

use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value};

use crate::number_range::{EVERY, Range, negated, numbers, turned};
use crate::range_bounds::{bounds, fixed};
use crate::range_truth::Truth;
use crate::sql::Literal;

/// Ways to meet a condition that are looked at; beyond, everything is possible.
const MOST: usize = 512;

/// What a name can be at all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Domain {
    /// Whole numbers only.
    pub(crate) is_whole: bool,
    pub(crate) least: Option<f64>,
    pub(crate) most: Option<f64>,
    /// The words that may come.
    pub(crate) words: Option<BTreeSet<String>>,
}

/// What is known of names and parameters.
pub(crate) struct World<'a> {
    pub(crate) domains: &'a BTreeMap<String, Domain>,
    pub(crate) parameters: &'a BTreeMap<String, Literal>,
}

/// A comparison with a constant.
#[derive(Clone, Debug)]
enum Atom {
    Number(Range),
    Words { of: BTreeSet<String>, not: bool },
    Flag(bool),
    Null(bool),
}

/// One way to meet a condition: comparisons that must hold together.
type Way = Vec<(String, Atom)>;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Constant<'a> {
    Number(f64),
    Word(&'a str),
    Flag(bool),
}

impl World<'_> {
    /// Whether all of these can be as wanted (`true`, or `false` for its NOT) for one row.
    pub(crate) fn may_hold(&self, conditions: &[(&Expr, bool)]) -> bool {
        let truth = |wanted: bool| if wanted { Truth::True } else { Truth::False };
        self.may_be(&conditions.iter().map(|(condition, wanted)| (*condition, truth(*wanted))).collect::<Vec<_>>())
    }

    /// Whether all of these can come to what is asked of them for one row.
    pub(crate) fn may_be(&self, conditions: &[(&Expr, Truth)]) -> bool {
        let mut ways: Vec<Way> = vec![Vec::new()];
        for (condition, wanted) in conditions {
            let Some(more) = self.ways(condition, *wanted) else { continue };
            let Some(both) = product(&ways, &more) else { return true };
            ways = both.into_iter().filter(|way| self.is_possible(way)).collect();
        }
        !ways.is_empty()
    }

    /// Every way to make it what it shall be; `None` for any.
    fn ways(&self, node: &Expr, wanted: Truth) -> Option<Vec<Way>> {
        match node {
            Expr::Nested(inner) => self.ways(inner, wanted),
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => self.ways(expr, wanted.of_not()),
            Expr::BinaryOp { left, op, right } if matches!(op, BinaryOperator::And | BinaryOperator::Or) => {
                let (one, other) = (self.ways(left, wanted), self.ways(right, wanted));
                if (*op == BinaryOperator::And) == wanted.is_for() {
                    match (one, other) {
                        (Some(one), Some(other)) => product(&one, &other),
                        (one, other) => one.or(other),
                    }
                } else {
                    let (mut one, other) = (one?, other?);
                    one.extend(other);
                    Some(one)
                }
            }
            Expr::IsTrue(inner) if wanted.is_for() => self.ways(inner, Truth::True),
            Expr::IsTrue(inner) => self.ways(inner, Truth::NotTrue),
            Expr::IsFalse(inner) if wanted.is_for() => self.ways(inner, Truth::False),
            Expr::IsFalse(inner) => self.ways(inner, Truth::NotFalse),
            // Null is neither.
            Expr::Value(value) if value.value == Value::Null => {
                Some(if wanted.takes_unknown() { vec![Vec::new()] } else { Vec::new() })
            }
            node => {
                let mut ways = self.plain_ways(node, wanted.is_for())?;
                if wanted.takes_unknown() {
                    let nulls = self.unknown_by(node).into_iter().map(|name| vec![(name, Atom::Null(true))]);
                    ways.extend(nulls);
                }
                Some(ways)
            }
        }
    }

    /// Names of which one is null wherever a comparison is unknown.
    fn unknown_by(&self, node: &Expr) -> BTreeSet<String> {
        match node {
            Expr::BinaryOp { left, right, .. } => {
                [left, right].into_iter().flat_map(|side| self.nulls_of_side(side)).collect()
            }
            Expr::Between { expr, .. } | Expr::InList { expr, .. } => self.nulls_of_side(expr),
            Expr::Identifier(name) => BTreeSet::from([name.value.clone()]),
            _ => BTreeSet::new(),
        }
    }

    fn nulls_of_side(&self, side: &Expr) -> BTreeSet<String> {
        if self.constant(side).is_some() { BTreeSet::new() } else { self.nulls(side) }
    }

    /// Every way to make what is no AND, OR or NOT true, or false; `None` for any.
    fn plain_ways(&self, node: &Expr, wanted: bool) -> Option<Vec<Way>> {
        match node {
            Expr::BinaryOp { left, op, right } => self.comparison(left, op, right, wanted),
            Expr::Between { expr, negated, low, high } => {
                let (low, high) = (self.number(low)?, self.number(high)?);
                let atom = |range: Range| self.of(expr, Atom::Number(range));
                if *negated == wanted {
                    let below = atom(Range { to: low, with_to: false, ..EVERY });
                    Some(vec![below, atom(Range { from: high, with_from: false, ..EVERY })])
                } else {
                    Some(vec![atom(Range { from: low, to: high, ..EVERY })])
                }
            }
            Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated != wanted),
            Expr::IsNull(inner) => Some(vec![vec![(term(inner), Atom::Null(wanted))]]),
            Expr::IsNotNull(inner) => Some(vec![vec![(term(inner), Atom::Null(!wanted))]]),
            Expr::Value(value) => match value.value {
                Value::Boolean(flag) => Some(if flag == wanted { vec![Vec::new()] } else { Vec::new() }),
                _ => None,
            },
            Expr::Identifier(name) => Some(vec![vec![(name.value.clone(), Atom::Flag(wanted))]]),
            _ => None,
        }
    }

    fn comparison(&self, left: &Expr, op: &BinaryOperator, right: &Expr, wanted: bool) -> Option<Vec<Way>> {
        use BinaryOperator::{Eq, NotEq};
        let (one, other) = (self.constant(left), self.constant(right));
        let (expr, op, constant) = match (one, other) {
            (Some(one), Some(other)) => {
                let holds = holds(one, op, other)?;
                return Some(if holds == wanted { vec![Vec::new()] } else { Vec::new() });
            }
            (None, Some(constant)) => (left, op.clone(), constant),
            (Some(constant), None) => (right, turned(op), constant),
            // Two names stand to each other as their difference stands to nought: so do words, whose order is as strict.
            (None, None) => {
                let mut ways = against_nought(&term(left), op, &term(right), wanted)?;
                ways.iter_mut().for_each(|way| way.extend(self.there(left).chain(self.there(right))));
                return Some(ways);
            }
        };
        let op = if wanted { op } else { negated(&op)? };
        let atom = match constant {
            Constant::Number(number) => Atom::Number(numbers(&op, number)?),
            Constant::Word(word) => match op {
                Eq | NotEq => Atom::Words { of: BTreeSet::from([word.to_owned()]), not: op == NotEq },
                _ => return None,
            },
            Constant::Flag(flag) => match op {
                Eq => Atom::Flag(flag),
                NotEq => Atom::Flag(!flag),
                _ => return None,
            },
        };
        Some(vec![self.of(expr, atom)])
    }

    /// What is asked of an expression, with what is known of it.
    fn of(&self, expr: &Expr, atom: Atom) -> Way {
        let name = term(expr);
        let known = match atom {
            Atom::Number(_) => bounds(self, expr).map(|range| (name.clone(), Atom::Number(range))),
            _ => None,
        };
        std::iter::once((name, atom)).chain(known).chain(self.there(expr)).collect()
    }

    /// That what an expression is computed from is there, since it is compared.
    fn there(&self, expr: &Expr) -> impl Iterator<Item = (String, Atom)> {
        let operands = self.operands(expr).unwrap_or_default();
        operands.into_iter().map(|name| (name, Atom::Null(false)))
    }

    fn in_list(&self, expr: &Expr, list: &[Expr], wanted: bool) -> Option<Vec<Way>> {
        let name = term(expr);
        let constants: Option<Vec<Constant<'_>>> = list.iter().map(|item| self.constant(item)).collect();
        let constants = constants?;
        let words: BTreeSet<String> = constants
            .iter()
            .filter_map(|constant| if let Constant::Word(word) = constant { Some((*word).to_owned()) } else { None })
            .collect();
        if words.len() == constants.len() {
            return Some(vec![vec![(name, Atom::Words { of: words, not: !wanted })]]);
        }
        let numbers = constants.iter().map(|constant| match constant {
            Constant::Number(number) => Some(*number),
            _ => None,
        });
        let numbers: Vec<f64> = numbers.collect::<Option<_>>()?;
        let atom = |range: Range| self.of(expr, Atom::Number(range));
        if wanted {
            Some(numbers.iter().map(|number| atom(Range { from: *number, to: *number, ..EVERY })).collect())
        } else {
            let all = numbers.iter().flat_map(|number| atom(Range { without: Some(*number), ..EVERY }));
            Some(vec![all.collect()])
        }
    }

    pub(crate) fn number(&self, node: &Expr) -> Option<f64> {
        match self.constant(node)? {
            Constant::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The value of an expression without names, days as numbers.
    fn constant<'e>(&'e self, node: &'e Expr) -> Option<Constant<'e>> {
        match node {
            Expr::Nested(inner) => self.constant(inner),
            Expr::Value(value) => match &value.value {
                Value::Number(number, _) => number.parse().ok().map(Constant::Number),
                Value::SingleQuotedString(word) => Some(Constant::Word(word)),
                Value::Boolean(flag) => Some(Constant::Flag(*flag)),
                _ => None,
            },
            Expr::TypedString(typed) => {
                let written = typed.to_string();
                day(written.strip_prefix("DATE '")?.strip_suffix('\'')?).map(Constant::Number)
            }
            Expr::Identifier(name) => match self.parameters.get(&name.value)? {
                Literal::Number(number) => Some(Constant::Number(*number)),
                Literal::Text(word) => Some(Constant::Word(word)),
                Literal::Date(written) => day(written).map(Constant::Number),
            },
            Expr::UnaryOp { op: UnaryOperator::Minus, expr } => Some(Constant::Number(-self.number(expr)?)),
            Expr::UnaryOp { op: UnaryOperator::Plus, expr } => Some(Constant::Number(self.number(expr)?)),
            Expr::BinaryOp { left, op, right } => {
                let (left, right) = (self.number(left)?, self.number(right)?);
                let number = match op {
                    BinaryOperator::Plus => left + right,
                    BinaryOperator::Minus => left - right,
                    BinaryOperator::Multiply => left * right,
                    BinaryOperator::Divide => left / right,
                    _ => return None,
                };
                number.is_finite().then_some(Constant::Number(number))
            }
            Expr::Function(function) => fixed(self, function).map(Constant::Number),
            _ => None,
        }
    }

    /// Whether one row can be of a way: each name within all that is asked of it.
    fn is_possible(&self, way: &Way) -> bool {
        let mut names: BTreeMap<&str, Vec<&Atom>> = BTreeMap::new();
        way.iter().for_each(|(name, atom)| names.entry(name).or_default().push(atom));
        names.into_iter().all(|(name, atoms)| self.one_is_possible(name, &atoms))
    }

    fn one_is_possible(&self, name: &str, atoms: &[&Atom]) -> bool {
        let nothing = Domain::default();
        let domain = self.domains.get(name).unwrap_or(&nothing);
        let (from, to) = (domain.least.unwrap_or(f64::NEG_INFINITY), domain.most.unwrap_or(f64::INFINITY));
        let mut range = Range::new(from, to);
        let mut words = domain.words.clone();
        let (mut without, mut not, mut flag, mut null) = (Vec::new(), BTreeSet::new(), None, None);
        for atom in atoms {
            let is_null = matches!(atom, Atom::Null(true));
            // A comparison with nothing is unknown, so what is compared is there.
            if null.is_some_and(|null| null != is_null) {
                return false;
            }
            null = Some(is_null);
            match atom {
                Atom::Number(other) => {
                    range = range.and(other);
                    without.extend(other.without);
                }
                Atom::Words { of, not: false } => {
                    words = Some(words.map_or_else(|| of.clone(), |words| words.intersection(of).cloned().collect()));
                }
                Atom::Words { of, not: true } => not.extend(of.iter().cloned()),
                Atom::Flag(wanted) if flag.is_some_and(|flag: bool| flag != *wanted) => return false,
                Atom::Flag(wanted) => flag = Some(*wanted),
                Atom::Null(_) => {}
            }
        }
        range.has_number(domain.is_whole, &without) && words.is_none_or(|words| words.difference(&not).next().is_some())
    }
}

/// How two that are no constants stand to each other, one way round for both.
fn against_nought(one: &str, op: &BinaryOperator, other: &str, wanted: bool) -> Option<Vec<Way>> {
    let op = if wanted { op.clone() } else { negated(op)? };
    let (name, op) =
        if one <= other { (format!("{one} : {other}"), op) } else { (format!("{other} : {one}"), turned(&op)) };
    Some(vec![vec![(name, Atom::Number(numbers(&op, 0.0)?))]])
}

/// What an expression is called when it stands in several comparisons. A plain name is itself.
pub(crate) fn term(node: &Expr) -> String {
    match node {
        Expr::Nested(inner) => term(inner),
        Expr::Identifier(name) => name.value.clone(),
        node => node.to_string(),
    }
}

fn product(one: &[Way], other: &[Way]) -> Option<Vec<Way>> {
    if one.len() * other.len() > MOST {
        return None;
    }
    let both = one.iter().flat_map(|left| other.iter().map(move |right| [left.as_slice(), right.as_slice()].concat()));
    Some(both.collect())
}

fn holds(one: Constant<'_>, op: &BinaryOperator, other: Constant<'_>) -> Option<bool> {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    let order = match (one, other) {
        (Constant::Number(one), Constant::Number(other)) => one.total_cmp(&other),
        (Constant::Word(one), Constant::Word(other)) => one.cmp(other),
        (Constant::Flag(one), Constant::Flag(other)) => one.cmp(&other),
        _ => return None,
    };
    Some(match op {
        Eq => order.is_eq(),
        NotEq => order.is_ne(),
        Gt => order.is_gt(),
        GtEq => order.is_ge(),
        Lt => order.is_lt(),
        LtEq => order.is_le(),
        _ => return None,
    })
}

/// Days since 1970-01-01 of `2023-03-01`.
fn day(written: &str) -> Option<f64> {
    let month: bidui_model::Month = written.get(..7)?.parse().ok()?;
    let day: i32 = written.get(8..)?.parse().ok()?;
    Some(f64::from(month.first_day() + day - 1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::sql::parse;

    /// `n…` are whole numbers from 0, `k` is one of two words; `line` is 7300.
    fn check(text: &str, expected: bool) {
        let count = Domain { is_whole: true, least: Some(0.0), ..Domain::default() };
        let kind = Domain { words: Some(["脱贫户", "一般农户"].map(str::to_owned).into()), ..Domain::default() };
        let domains =
            BTreeMap::from([("n".to_owned(), count.clone()), ("n2".to_owned(), count), ("k".to_owned(), kind)]);
        let parameters = BTreeMap::from([("line".to_owned(), Literal::Number(7300.0))]);
        let world = World { domains: &domains, parameters: &parameters };
        let tree = parse(text).unwrap();
        assert_eq!(world.may_hold(&[(&tree, true)]), expected, "{text}");
    }

    #[test]
    fn what_contradicts_itself_cannot_hold() {
        for text in [
            "x > 5 AND x < 3",
            "x > 5 AND x <= 5",
            "3 > x AND x > 5",
            "x BETWEEN 5 AND 3",
            "x = 1 AND x = 2",
            "x > line AND x < line - 1",
            "x > 5 AND NOT (x > 3)",
            "NOT (x > 3 OR x <= 3)",
            "n < 0",
            "n > 0 AND n < 1",
            "n <= 1 AND n <> 0 AND n <> 1",
            "n IN (1, 2) AND n > 2",
            "k = '脱贫户' AND k = '一般农户'",
            "k <> '脱贫户' AND k NOT IN ('一般农户')",
            "k IN ('脱贫户') AND NOT k = '脱贫户'",
            "x IS NULL AND x > 3",
            "f AND NOT f",
            "f = TRUE AND f = FALSE",
            "x > y AND x < y",
            "x > y AND y > x",
            "x >= y AND x <= y AND x <> y",
            "NOT (x > y) AND y < x",
            "FALSE",
            "1 > 2",
            "x > NULL AND x IS NULL AND x = 1",
            "(x > 5 AND x < 3) OR (n < 0)",
            "a + b > 5 AND a + b < 3",
            "d > DATE '2023-03-01' AND d < DATE '2023-02-01'",
            "x > 5 AND (y = 1 OR z LIKE '%a%') AND x < 3",
        ] {
            check(text, false);
        }
    }

    #[test]
    fn what_may_be_is_not_called_impossible() {
        for text in [
            "x > 5 AND x < 6",
            "x >= 5 AND x <= 5",
            "x > 5 OR x < 3",
            "n >= 0 AND n < 1",
            "n > 1 AND n2 < 1",
            "x > y OR x < y",
            "x >= y AND x <= y",
            "x > y AND y < z",
            "k = '脱贫户' OR k = '一般农户'",
            "NOT (k = '脱贫户')",
            "NOT (k = '脱贫户' OR m <> '')",
            "x LIKE '%a' AND x LIKE '%b'",
            "x IS NOT NULL AND x > 3",
            "COALESCE(x, 0) > 5 AND x IS NULL",
            "x > line",
            "TRUE",
            "x + 1 > 5 AND x < 3",
        ] {
            check(text, true);
        }
    }
}
