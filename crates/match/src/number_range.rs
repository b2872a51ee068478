//! Numbers between two ends, each with the end or without it: what a comparison with a number leaves.

use sqlparser::ast::BinaryOperator;

/// Numbers from one to another.
#[derive(Clone, Debug)]
pub(crate) struct Range {
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) with_from: bool,
    pub(crate) with_to: bool,
    pub(crate) without: Option<f64>,
}

pub(crate) const EVERY: Range =
    Range { from: f64::NEG_INFINITY, to: f64::INFINITY, with_from: true, with_to: true, without: None };

impl Range {
    /// Both ends among them.
    pub(crate) const fn new(from: f64, to: f64) -> Self {
        Self { from, to, ..EVERY }
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        let (from, with_from) = match self.from.total_cmp(&other.from) {
            std::cmp::Ordering::Less => (other.from, other.with_from),
            std::cmp::Ordering::Greater => (self.from, self.with_from),
            std::cmp::Ordering::Equal => (self.from, self.with_from && other.with_from),
        };
        let (to, with_to) = match self.to.total_cmp(&other.to) {
            std::cmp::Ordering::Greater => (other.to, other.with_to),
            std::cmp::Ordering::Less => (self.to, self.with_to),
            std::cmp::Ordering::Equal => (self.to, self.with_to && other.with_to),
        };
        Self { from, to, with_from, with_to, without: None }
    }

    /// Whether there is one in it that is none of these.
    pub(crate) fn has_number(&self, is_whole: bool, without: &[f64]) -> bool {
        let (mut from, mut to) = (self.from, self.to);
        if is_whole {
            from = if !self.with_from && from.fract() == 0.0 { from + 1.0 } else { from.ceil() };
            to = if !self.with_to && to.fract() == 0.0 { to - 1.0 } else { to.floor() };
        }
        let has_ends = is_whole || (self.with_from && self.with_to);
        match from.total_cmp(&to) {
            std::cmp::Ordering::Greater => false,
            std::cmp::Ordering::Equal => has_ends && !without.iter().any(|number| number.total_cmp(&from).is_eq()),
            std::cmp::Ordering::Less if is_whole && to - from < 64.0 => {
                let numbers = (0..=(to - from) as u32).map(|step| from + f64::from(step));
                numbers.into_iter().any(|number| !without.iter().any(|other| other.total_cmp(&number).is_eq()))
            }
            std::cmp::Ordering::Less => true,
        }
    }
}

/// The numbers that stand so to a number.
pub(crate) fn numbers(op: &BinaryOperator, number: f64) -> Option<Range> {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    Some(match op {
        Eq => Range { from: number, to: number, ..EVERY },
        NotEq => Range { without: Some(number), ..EVERY },
        Gt => Range { from: number, with_from: false, ..EVERY },
        GtEq => Range { from: number, ..EVERY },
        Lt => Range { to: number, with_to: false, ..EVERY },
        LtEq => Range { to: number, ..EVERY },
        _ => return None,
    })
}

/// The same comparison with its sides changed.
pub(crate) fn turned(op: &BinaryOperator) -> BinaryOperator {
    use BinaryOperator::{Gt, GtEq, Lt, LtEq};
    match op {
        Gt => Lt,
        GtEq => LtEq,
        Lt => Gt,
        LtEq => GtEq,
        op => op.clone(),
    }
}

/// What holds where the comparison does not.
pub(crate) fn negated(op: &BinaryOperator) -> Option<BinaryOperator> {
    use BinaryOperator::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    Some(match op {
        Eq => NotEq,
        NotEq => Eq,
        Gt => LtEq,
        GtEq => Lt,
        Lt => GtEq,
        LtEq => Gt,
        _ => return None,
    })
}
