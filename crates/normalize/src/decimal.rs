//! A decimal number exactly as written: no float stands between the text and the value.
//!
//! Grammar: `[+-]? digits [. digits] [e [+-]? digits]`, digits before the point alone or in groups of three (or of four, 1,0000)
//! between commas. 30 digits at most.

/// `value / 10^scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    value: i128,
    scale: u32,
}

impl Decimal {
    /// `None` for anything else than the grammar. Takes ASCII.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (negative, text) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(place) => (&text[..place], text[place + 1..].parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, decimals) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let whole = ungrouped(whole)?;
        let decimals = decimals.trim_end_matches('0');
        let digits = format!("{whole}{decimals}");
        if mantissa.is_empty() || mantissa == "." || digits.len() > 30 {
            return None;
        }
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let value: i128 = if digits.is_empty() { 0 } else { digits.parse().ok()? };
        let scale = i32::try_from(decimals.len()).ok()?.checked_sub(exponent)?;
        let (value, scale) = if scale >= 0 {
            (value, u32::try_from(scale).ok()?)
        } else {
            let power = 10i128.checked_pow(u32::try_from(-scale).ok()?)?;
            (value.checked_mul(power)?, 0)
        };
        Some(Self { value: if negative { -value } else { value }, scale })
    }

    pub(crate) fn negated(self) -> Self {
        Self { value: -self.value, scale: self.scale }
    }

    /// `self * factor` to the nearest integer, a half away from zero (四舍五入). `None` past 64 bits.
    pub(crate) fn times_rounded(self, factor: i64) -> Option<i64> {
        let product = self.value.checked_mul(i128::from(factor))?;
        let Some(divisor) = 10i128.checked_pow(self.scale) else {
            // More decimals than digits: nothing is left of it.
            return Some(0);
        };
        let half = divisor / 2;
        let rounded = if product < 0 { product - half } else { product + half } / divisor;
        i64::try_from(rounded).ok()
    }

    /// The value, if it is whole.
    pub(crate) fn whole(self) -> Option<i64> {
        let divisor = 10i128.checked_pow(self.scale)?;
        (self.value % divisor == 0).then(|| i64::try_from(self.value / divisor).ok()).flatten()
    }
}

/// The digits without commas, if the commas stand where they should.
fn ungrouped(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    if rest.is_empty() {
        return Some(first.to_owned());
    }
    let size = rest[0].len();
    let regular =
        (size == 3 || size == 4) && (1..=size).contains(&first.len()) && rest.iter().all(|group| group.len() == size);
    regular.then(|| format!("{first}{}", rest.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, factor: i64, expected: Option<i64>) {
        let read = Decimal::parse(text).and_then(|decimal| decimal.times_rounded(factor));
        assert_eq!(read, expected, "{text}");
    }

    #[test]
    fn decimals_are_exact_and_round_by_magnitude() {
        check("1234.5", 100, Some(123_450));
        check("0.005", 100, Some(1));
        check("-0.005", 100, Some(-1));
        check("0.0049999", 100, Some(0));
        check("4.35", 100, Some(435));
        check(".5", 100, Some(50));
        check("5.", 100, Some(500));
        check("1.2e3", 100, Some(120_000));
        check("1e-40", 100, Some(0));
    }

    #[test]
    fn commas_stand_in_their_places_or_not_at_all() {
        check("1,234,567.89", 100, Some(123_456_789));
        check("1,0000", 100, Some(1_000_000));
        check("1,23", 100, None);
        check("1234,567", 100, None);
    }

    #[test]
    fn overflow_and_junk_are_none() {
        check("92233720368547758.08", 100, None);
        check("1e400", 100, None);
        check("", 100, None);
        check(".", 100, None);
        check("1.2.3", 100, None);
        check("0x10", 100, None);
        check("--1", 100, None);
    }
}
