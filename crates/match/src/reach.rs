//! For which numbers a row passes a comparison: an interval, to the last bit of what the engine would say of the rule with that number in it.

use crate::threshold::Way;

/// Steps of the last bit that a quotient may be away from where the product turns.
const STEPS: usize = 64;

/// The numbers from `low` to `high`, both among them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    pub low: f64,
    pub high: f64,
}

impl Reach {
    pub const ALL: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };

    #[must_use]
    pub fn has(&self, number: f64) -> bool {
        self.low <= number && number <= self.high
    }

    /// The numbers for which `value` compared with the number is true.
    pub(crate) fn of(way: Way, value: f64) -> Self {
        match way {
            Way::AtLeast => Self { high: value, ..Self::ALL },
            Way::MoreThan => Self { high: value.next_down(), ..Self::ALL },
            Way::AtMost => Self { low: value, ..Self::ALL },
            Way::LessThan => Self { low: value.next_up(), ..Self::ALL },
        }
    }

    /// The numbers for which `value` compared with so many times `factor` is true; `None` for no number.
    ///
    /// A product, rounded, never falls as the number grows; so the last number that passes lies by the quotient, a few bits away.
    pub(crate) fn of_multiple(way: Way, value: f64, factor: f64) -> Option<Self> {
        if factor == 0.0 {
            return way.is_true(value, 0.0).then_some(Self::ALL);
        }
        if factor < 0.0 {
            // (-f) * n is f * (-n).
            let turned = Self::of_multiple(way, value, -factor)?;
            return Some(Self { low: -turned.high, high: -turned.low });
        }
        let passes = |number: f64| way.is_true(value, factor * number);
        let is_upward = way.is_upward();
        let stricter = |number: f64| if is_upward { number.next_up() } else { number.next_down() };
        let looser = |number: f64| if is_upward { number.next_down() } else { number.next_up() };
        let mut last = value / factor;
        for _ in 0..STEPS {
            match (passes(last), passes(stricter(last))) {
                (true, false) => break,
                (true, true) => last = stricter(last),
                (false, _) => last = looser(last),
            }
        }
        Some(if is_upward { Self { high: last, ..Self::ALL } } else { Self { low: last, ..Self::ALL } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that do not come again, and some that do.
    fn numbers() -> impl Iterator<Item = f64> {
        let mut state = 7_u64;
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % 2_000_000) as f64 / 100.0 - 5_000.0
        })
    }

    const WAYS: [Way; 4] = [Way::AtLeast, Way::MoreThan, Way::AtMost, Way::LessThan];

    #[test]
    fn a_reach_says_what_the_comparison_says_on_both_sides_of_its_ends() {
        let values: Vec<f64> = numbers().take(4_000).chain([0.0, 1.0, -1.0, 0.1]).collect();
        for (value, factor) in values.iter().zip(values.iter().rev()) {
            for way in WAYS {
                let (plain, multiple) = (Reach::of(way, *value), Reach::of_multiple(way, *value, *factor));
                let near = |end: f64| [end.next_down(), end, end.next_up()];
                let quotient = value / factor;
                let two_digits = (quotient * 100.0).round() / 100.0;
                let ends = multiple.map_or([0.0; 2], |reach| [reach.low, reach.high]);
                let tried = ends.into_iter().chain([plain.low, plain.high, quotient, two_digits, *value, 0.0]);
                for number in tried.flat_map(near).filter(|number| number.is_finite()) {
                    assert_eq!(plain.has(number), way.is_true(*value, number), "{value} {way:?} {number}");
                    let is_true = way.is_true(*value, factor * number);
                    let has = multiple.is_some_and(|reach| reach.has(number));
                    assert_eq!(has, is_true, "{value} {way:?} {factor} * {number}");
                }
            }
        }
    }

    #[test]
    fn so_many_times_nothing_is_nothing_whatever_the_number() {
        assert_eq!(Reach::of_multiple(Way::AtMost, 0.0, 0.0), Some(Reach::ALL));
        assert_eq!(Reach::of_multiple(Way::LessThan, 0.0, 0.0), None);
        assert_eq!(Reach::of_multiple(Way::MoreThan, 5.0, 0.0), Some(Reach::ALL));
        // What is less than so many times a loss is so for small numbers.
        let reach = Reach::of_multiple(Way::AtMost, -60.0, -100.0).unwrap_or(Reach::ALL);
        assert!(reach.has(0.5) && reach.has(0.6) && !reach.has(0.7));
    }
}
