//! Bars that lie on their side, in parts: how much of each kind a place or a rule has.

use maud::{Markup, html};

use super::Tone;
use super::drawing::{Px, TEXT, figure, fitted, grouped, width_of};

/// A bar for each row, in parts by `kinds`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BarChart {
    pub title: String,
    /// What it shows, in words, for those who cannot see it.
    pub description: String,
    pub unit: String,
    /// What the parts are, in their order.
    pub kinds: Vec<(String, Tone)>,
    pub rows: Vec<BarRow>,
    /// What is said in place of a chart without rows.
    pub empty: String,
}

/// A bar: its name, and a number for each kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BarRow {
    pub name: String,
    pub parts: Vec<i64>,
}

const WIDTH: f64 = 960.0;
const ROW: f64 = 26.0;
const BAR: f64 = 18.0;
const GAP: f64 = 8.0;
/// A drawing is never cut by a page's end, so that it must not be longer than a page.
const ROWS_A_DRAWING: usize = 30;

pub(super) fn markup(chart: &BarChart, anchor: &str) -> Markup {
    if chart.rows.is_empty() {
        return html! { figure.chart { figcaption { (chart.title) } p.empty { (chart.empty) } } };
    }
    let scale = Scale::of(chart);
    html! {
        figure.chart {
            figcaption { (chart.title) "（" (chart.unit) "）" }
            (legend(&chart.kinds))
            @for (part, rows) in chart.rows.chunks(ROWS_A_DRAWING).enumerate() {
                @let size = (WIDTH, rows.len() as f64 * ROW + 4.0);
                (figure(&chart.title, &chart.description, &format!("{anchor}-{part}"), size, &bars(chart, rows, &scale)))
            }
        }
    }
}

/// Names of kinds with their colours.
pub(super) fn legend(kinds: &[(String, Tone)]) -> Markup {
    html! { @if kinds.len() > 1 { ul.legend { @for (name, tone) in kinds {
        li { span.swatch.(tone.class()) {} (name) }
    } } } }
}

struct Scale {
    names: f64,
    /// Of one unit.
    unit: f64,
}

impl Scale {
    fn of(chart: &BarChart) -> Self {
        let widest = |text: &dyn Fn(&BarRow) -> f64| chart.rows.iter().map(text).fold(0.0, f64::max);
        let names = widest(&|row| width_of(&row.name)).min(WIDTH * 0.36);
        let sums = widest(&|row| width_of(&grouped(sum(row))));
        let largest = chart.rows.iter().map(sum).max().unwrap_or(0).max(1) as f64;
        Self { names, unit: (WIDTH - names - sums - 3.0 * GAP) / largest }
    }
}

fn sum(row: &BarRow) -> i64 {
    row.parts.iter().map(|part| (*part).max(0)).sum()
}

fn bars(chart: &BarChart, rows: &[BarRow], scale: &Scale) -> Markup {
    html! { @for (at, row) in rows.iter().enumerate() { (bar(chart, row, at as f64 * ROW, scale)) } }
}

fn bar(chart: &BarChart, row: &BarRow, top: f64, scale: &Scale) -> Markup {
    let base = top + ROW / 2.0 + TEXT * 0.36;
    let left = scale.names + GAP;
    let mut end = left;
    let parts: Vec<(f64, f64, i64, &(String, Tone))> = row
        .parts
        .iter()
        .zip(&chart.kinds)
        .filter(|(count, _)| **count > 0)
        .map(|(count, kind)| {
            let width = *count as f64 * scale.unit;
            end += width;
            (end - width, width, *count, kind)
        })
        .collect();
    html! {
        text.end x=(Px(scale.names)) y=(Px(base)) { (fitted(&row.name, scale.names + 1.0)) }
        @for (from, width, count, (name, tone)) in parts {
            rect.mark.(tone.class()) x=(Px(from)) y=(Px(top + (ROW - BAR) / 2.0)) width=(Px(width)) height=(Px(BAR)) {
                title { (row.name) " " (name) " " (grouped(count)) (chart.unit) }
            }
            @if let Some(words) = inside(name, count, width) {
                text.on.middle.(tone.class()) x=(Px(from + width / 2.0)) y=(Px(base)) { (words) }
            }
        }
        text x=(Px(end + GAP)) y=(Px(base)) { (grouped(sum(row))) }
    }
}

/// What is written on a part: its number, and before it a short name, so that no part is known by its colour alone.
fn inside(name: &str, count: i64, width: f64) -> Option<String> {
    let count = grouped(count);
    let with_name = format!("{name}{count}");
    let fits = |words: &String| width_of(words) + 6.0 <= width;
    if name.chars().count() <= 2 && fits(&with_name) { Some(with_name) } else { Some(count).filter(fits) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(rows: Vec<Vec<i64>>) -> String {
        let kinds = vec![("红".to_owned(), Tone::Red), ("黄".to_owned(), Tone::Yellow)];
        let rows = rows.into_iter().map(|parts| BarRow { name: "甲镇".to_owned(), parts }).collect();
        markup(&BarChart { kinds, rows, unit: "户".to_owned(), ..BarChart::default() }, "a").into_string()
    }

    #[test]
    fn a_bar_has_a_part_for_each_kind_that_it_has_and_its_sum() {
        let text = drawn(vec![vec![30, 10], vec![0, 0], vec![0, 5]]);
        assert_eq!(text.matches("<rect").count(), 3);
        for sum in ["40", "0", "5"] {
            assert!(text.contains(&format!(">{sum}</text>")), "{sum}");
        }
        assert!(text.contains("<title>甲镇 红 30户</title>"));
        assert!(text.contains(">红30</text>") && text.contains(">黄10</text>"));
    }

    #[test]
    fn no_drawing_is_longer_than_a_page() {
        assert_eq!(drawn(vec![vec![1, 1]; 61]).matches("<svg").count(), 3);
    }
}
