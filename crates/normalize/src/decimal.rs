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
        Self::plain(text).or_else(|| Self::in_full(text))
    }

    /// Up to 18 digits with or without a point: almost every number there is, without an allocation.
    pub(crate) fn plain(text: &str) -> Option<Self> {
        let (mut value, mut digits, mut point) = (0_i64, 0, None);
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'0'..=b'9' => {
                    value = value.checked_mul(10)?.checked_add(i64::from(byte - b'0'))?;
                    digits += 1;
                }
                b'.' if point.is_none() => point = Some(at),
                _ => return None,
            }
        }
        let scale = point.map_or(0, |point| text.len() - point - 1);
        (1..=18).contains(&digits).then_some(Self { value: i128::from(value), scale: scale as u32 })
    }

    fn in_full(text: &str) -> Option<Self> {
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
        if let Some(rounded) = self.times_rounded_in_64(factor) {
            return Some(rounded);
        }
        let product = self.value.checked_mul(i128::from(factor))?;
        let Some(divisor) = 10i128.checked_pow(self.scale) else {
            // More decimals than digits: nothing is left of it.
            return Some(0);
        };
        let half = divisor / 2;
        let rounded = if product < 0 { product - half } else { product + half } / divisor;
        i64::try_from(rounded).ok()
    }

    /// The same where everything fits 64 bits, as it nearly always does: a division of 128 bits is slow.
    fn times_rounded_in_64(self, factor: i64) -> Option<i64> {
        let product = i64::try_from(self.value).ok()?.checked_mul(factor)?;
        let divisor = 10_i64.checked_pow(self.scale)?;
        let half = divisor / 2;
        Some(if product < 0 { product.checked_sub(half)? } else { product.checked_add(half)? } / divisor)
    }

    /// The value, if it is whole.
    pub(crate) fn whole(self) -> Option<i64> {
        if self.scale == 0 {
            return i64::try_from(self.value).ok();
        }
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
    fn the_short_way_and_the_long_one_agree() {
        for text in
            ["0", "007", "1234.50", "5.", ".5", "999999999999999999", "0.00000000000000005", "12.345", "12.344999"]
        {
            for factor in [1, 100, 1_000_000] {
                let (short, long) = (Decimal::plain(text), Decimal::in_full(text));
                let rounded = |decimal: Option<Decimal>| decimal.and_then(|decimal| decimal.times_rounded(factor));
                assert!(short.is_some(), "{text}");
                assert_eq!(rounded(short), rounded(long), "{text}");
                assert_eq!(short.and_then(Decimal::whole), long.and_then(Decimal::whole), "{text}");
            }
        }
        for text in ["", ".", "1.2.3", "+1", "1234567890123456789"] {
            assert_eq!(Decimal::plain(text), None, "{text}");
        }
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
