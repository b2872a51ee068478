//! What every chart needs: numbers as marks and as text, how wide words are, where an axis has its ticks, the frame around a drawing.
//!
//! Drawn by hand: charts of the well-kept libraries measure text with the machine's fonts (so that bytes differ between machines), set colours as
//! attributes that no style sheet for print can change, and have neither titles for screen readers nor flows.

use std::fmt::Write;

use maud::{Markup, Render, html};

/// Of all text in drawings; the style sheet says the same.
pub(super) const TEXT: f64 = 14.0;

/// A length in a drawing, to a tenth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Px(pub(super) f64);

impl Render for Px {
    fn render_to(&self, buffer: &mut String) {
        let tenths = (self.0 * 10.0).round() as i64;
        let sign = if tenths < 0 { "-" } else { "" };
        let (whole, tenth) = (tenths.abs() / 10, tenths.abs() % 10);
        // Writing to a string cannot fail.
        let _ = match tenth {
            0 => write!(buffer, "{sign}{whole}"),
            _ => write!(buffer, "{sign}{whole}.{tenth}"),
        };
    }
}

/// A count as people read it: grouped by threes from 10000 on.
#[must_use]
pub fn grouped(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    if digits.len() < 5 {
        return count.to_string();
    }
    let mut text = String::from(if count < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// About how wide a text is: Chinese characters are as wide as they are high, others little more than half.
pub(super) fn width_of(text: &str) -> f64 {
    text.chars().map(|character| if character.is_ascii() { 0.58 } else { 1.0 }).sum::<f64>() * TEXT
}

/// As much of a text as fits.
pub(super) fn fitted(text: &str, width: f64) -> String {
    if width_of(text) <= width {
        return text.to_owned();
    }
    let mut shown = String::new();
    for character in text.chars() {
        shown.push(character);
        if width_of(&shown) + TEXT > width {
            shown.pop();
            break;
        }
    }
    shown.push('…');
    shown
}

/// Ticks of an axis from 0 over the largest value: at 1, 2 or 5 times a power of ten, three to six of them.
pub(super) fn ticks(largest: f64, is_whole: bool) -> Vec<f64> {
    let largest = if largest > 0.0 { largest } else { 1.0 };
    let mut step = 10_f64.powf((largest / 5.0).log10().floor());
    for factor in [1.0, 2.0, 5.0, 10.0] {
        if step * factor * 5.0 >= largest * (1.0 - 1e-9) {
            step *= factor;
            break;
        }
    }
    if is_whole {
        step = step.max(1.0);
    }
    let count = (largest / step - 1e-9).ceil() as i64;
    (0..=count.max(1)).map(|at| at as f64 * step).collect()
}

/// A drawing with its name and what it shows in words, for those who cannot see it. On a narrow screen it is moved sideways, not made unreadable.
pub(super) fn figure(
    title: &str,
    description: &str,
    anchor: &str,
    (width, height): (f64, f64),
    content: &Markup,
) -> Markup {
    let (name, words) = (format!("{anchor}-t"), format!("{anchor}-d"));
    let view = format!("0 0 {} {}", width.round(), height.ceil());
    html! {
        div.drawing tabindex="0" role="group" aria-label=(title) {
            svg xmlns="http://www.w3.org/2000/svg" viewBox=(view) role="img" aria-labelledby={ (name) " " (words) } {
                title id=(name) { (title) }
                desc id=(words) { (description) }
                (content)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_have_at_most_one_decimal() {
        for (length, expected) in [(0.0, "0"), (12.04, "12"), (12.06, "12.1"), (-0.26, "-0.3"), (-0.01, "0")] {
            assert_eq!(Px(length).render().into_string(), expected);
        }
    }

    #[test]
    fn long_numbers_are_grouped() {
        for (count, expected) in
            [(0, "0"), (9_999, "9999"), (10_000, "10,000"), (1_234_567, "1,234,567"), (-12_345, "-12,345")]
        {
            assert_eq!(grouped(count), expected);
        }
    }

    #[test]
    fn an_axis_ends_at_or_over_the_largest_value_and_has_few_ticks() {
        for largest in [0.0, 0.37, 1.0, 3.0, 7.0, 36.0, 99.0, 100.0, 101.0, 48_213.0] {
            for is_whole in [true, false] {
                let ticks = ticks(largest, is_whole);
                assert!(ticks.last().is_some_and(|last| *last >= largest), "{largest}: {ticks:?}");
                assert!((2..=7).contains(&ticks.len()), "{largest}: {ticks:?}");
            }
        }
        assert_eq!(ticks(36.0, true), [0.0, 10.0, 20.0, 30.0, 40.0]);
        assert_eq!(ticks(3.0, true), [0.0, 1.0, 2.0, 3.0]);
    }

    #[test]
    fn a_text_that_is_too_long_says_that_it_goes_on() {
        assert_eq!(fitted("百朋镇", 60.0), "百朋镇");
        assert_eq!(fitted("隔水冲老屯", 45.0), "隔水…");
    }
}
