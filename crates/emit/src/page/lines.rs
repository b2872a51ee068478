//! Lines over months or over a sweep of a threshold. A value that is not known leaves a gap, and is not zero.

use maud::{Markup, html};

use super::Tone;
use super::drawing::{Px, TEXT, figure, grouped, ticks, width_of};

/// Lines over the same places.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineChart {
    pub title: String,
    /// What it shows, in words, for those who cannot see it.
    pub description: String,
    pub unit: String,
    /// What stands below, evenly spaced: months, thresholds. As many are written as there is room for.
    pub places: Vec<String>,
    pub series: Vec<LineSeries>,
    /// Upright lines with a word: where the threshold stands, where one is proposed.
    pub marks: Vec<ChartMark>,
    /// Whether values are shares of one, shown in per cent.
    pub is_share: bool,
    /// What is said in place of a chart without any value.
    pub empty: String,
}

/// A line: a value for each place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineSeries {
    pub name: String,
    pub tone: Tone,
    pub values: Vec<Option<f64>>,
    /// The ends of an interval around each value, drawn as a pale band; none if empty.
    pub intervals: Vec<Option<(f64, f64)>>,
}

/// An upright line at a place, by its number from 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChartMark {
    pub at: usize,
    pub words: String,
}

/// Dashes in the style sheet: with the marks they tell five lines apart without their colours.
const DASHES: [&str; 5] = ["d0", "d1", "d2", "d3", "d4"];
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 220.0;
const TOP: f64 = 30.0;
const BELOW: f64 = 28.0;

/// Where things lie in a drawing.
struct Field {
    left: f64,
    right: f64,
    step: f64,
    largest: f64,
}

impl Field {
    fn x(&self, at: usize) -> f64 {
        self.left + self.step * (at as f64 + 0.5)
    }
    fn y(&self, value: f64) -> f64 {
        TOP + HEIGHT * (1.0 - value / self.largest)
    }
}

pub(super) fn markup(chart: &LineChart, anchor: &str) -> Markup {
    let known = || chart.series.iter().flat_map(|series| series.values.iter().flatten().copied());
    let upper = || chart.series.iter().flat_map(|series| series.intervals.iter().flatten().map(|(_, high)| *high));
    if known().next().is_none() {
        return html! { figure.chart { figcaption { (chart.title) } p.empty { (chart.empty) } } };
    }
    let ticks = ticks(known().chain(upper()).fold(0.0, f64::max), !chart.is_share);
    let shown: Vec<(f64, String)> = ticks.into_iter().map(|tick| (tick, value_text(chart, tick))).collect();
    let left = shown.iter().map(|(_, text)| width_of(text)).fold(0.0, f64::max) + 10.0;
    let names = chart.series.iter().map(|series| width_of(&series.name)).fold(0.0, f64::max);
    let right = WIDTH - if chart.series.len() > 1 { names + 14.0 } else { 8.0 };
    let field = Field {
        left,
        right,
        step: (right - left) / chart.places.len().max(1) as f64,
        largest: shown.last().map_or(1.0, |(tick, _)| *tick),
    };
    let content = html! {
        (grid(chart, &field, &shown))
        @for series in &chart.series { (intervals(series, &field)) }
        @for (at, series) in chart.series.iter().enumerate() { (line(chart, series, at, &field)) }
        @if chart.series.len() > 1 { (names_at_end(chart, &field)) }
    };
    html! {
        figure.chart {
            figcaption { (chart.title) @if !chart.unit.is_empty() { "（" (chart.unit) "）" } }
            (figure(&chart.title, &chart.description, anchor, (WIDTH, TOP + HEIGHT + BELOW), &content))
        }
    }
}

fn value_text(chart: &LineChart, value: f64) -> String {
    if chart.is_share {
        let per_cent = (value * 1000.0).round() / 10.0;
        return format!("{per_cent}%");
    }
    if value.fract() == 0.0 { grouped(value as i64) } else { format!("{value:.1}") }
}

/// The axes with their words, and the upright marks.
fn grid(chart: &LineChart, field: &Field, ticks: &[(f64, String)]) -> Markup {
    let widest = chart.places.iter().map(|place| width_of(place)).fold(0.0, f64::max) + 8.0;
    let every = (widest / field.step).ceil().max(1.0) as usize;
    html! {
        @for (tick, text) in ticks {
            line.grid x1=(Px(field.left)) x2=(Px(field.right)) y1=(Px(field.y(*tick))) y2=(Px(field.y(*tick))) {}
            text.end x=(Px(field.left - 6.0)) y=(Px(field.y(*tick) + TEXT * 0.36)) { (text) }
        }
        @for (at, place) in chart.places.iter().enumerate() {
            // From the last place backwards, since the latest is what a reader looks for.
            @if (chart.places.len() - 1 - at).is_multiple_of(every) {
                text.middle x=(Px(field.x(at))) y=(Px(TOP + HEIGHT + 20.0)) { (place) }
            }
        }
        @for (number, mark) in chart.marks.iter().enumerate() {
            line.upright x1=(Px(field.x(mark.at))) x2=(Px(field.x(mark.at))) y1=(Px(TOP - 8.0)) y2=(Px(TOP + HEIGHT)) {}
            text.middle x=(Px(field.x(mark.at))) y=(Px(TOP - 12.0 + if number % 2 == 1 { TEXT } else { 0.0 })) { (mark.words) }
        }
    }
}

/// A band for each stretch of places that have an interval.
fn intervals(series: &LineSeries, field: &Field) -> Markup {
    let mut stretches: Vec<Vec<(f64, f64, f64)>> = vec![Vec::new()];
    for (at, interval) in series.intervals.iter().enumerate() {
        match (interval, stretches.last_mut()) {
            (Some((low, high)), Some(stretch)) => stretch.push((field.x(at), field.y(*low), field.y(*high))),
            _ => stretches.push(Vec::new()),
        }
    }
    html! { @for stretch in stretches.iter().filter(|stretch| !stretch.is_empty()) {
        polygon.band.(series.tone.class()) points={
            @for (x, _, high) in stretch { (Px(*x)) "," (Px(*high)) " " }
            @for (x, low, _) in stretch.iter().rev() { (Px(*x)) "," (Px(*low)) " " }
        } {}
    } }
}

/// A line with a mark at each value; marks and dashes tell lines apart without their colours.
fn line(chart: &LineChart, series: &LineSeries, number: usize, field: &Field) -> Markup {
    let points: Vec<Option<(f64, f64)>> =
        series.values.iter().enumerate().map(|(at, value)| value.map(|value| (field.x(at), field.y(value)))).collect();
    let mut path = String::new();
    let mut pen_is_down = false;
    for point in &points {
        if let Some((x, y)) = point {
            path.push_str(&html! { (if pen_is_down { "L" } else { "M" }) (Px(*x)) " " (Px(*y)) }.into_string());
        }
        pen_is_down = point.is_some();
    }
    let few = chart.places.len() <= 40;
    html! {
        path.line.(series.tone.class()).(DASHES[number % DASHES.len()]) d=(path) {}
        @for (at, ((x, y), value)) in points.iter().zip(&series.values).enumerate().filter_map(|(at, (point, value))| Some((at, (point.as_ref()?, value.as_ref()?)))) {
            @if few {
                g.(series.tone.class()) {
                    title { (series.name) " " (chart.places.get(at).map_or("", String::as_str)) " " (value_text(chart, *value)) @if !chart.is_share { (chart.unit) } }
                    (dot(number, *x, *y))
                }
            }
        }
    }
}

fn dot(number: usize, x: f64, y: f64) -> Markup {
    match number % DASHES.len() {
        0 => html! { circle.mark cx=(Px(x)) cy=(Px(y)) r="4" {} },
        1 => html! { rect.mark x=(Px(x - 3.5)) y=(Px(y - 3.5)) width="7" height="7" {} },
        2 => html! { path.mark d={ "M" (Px(x)) " " (Px(y - 5.0)) "l5 9h-10z" } {} },
        3 => html! { path.mark d={ "M" (Px(x)) " " (Px(y - 5.5)) "l5.5 5.5l-5.5 5.5l-5.5 -5.5z" } {} },
        _ => html! { path.mark d={ "M" (Px(x)) " " (Px(y + 5.0)) "l5 -9h-10z" } {} },
    }
}

/// Each line's name beside its last value, moved apart where they would lie on one another.
fn names_at_end(chart: &LineChart, field: &Field) -> Markup {
    let mut ends: Vec<(f64, &LineSeries)> = chart
        .series
        .iter()
        .filter_map(|series| {
            let last = series.values.iter().rev().flatten().next()?;
            Some((field.y(*last) + TEXT * 0.36, series))
        })
        .collect();
    ends.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut lowest = f64::NEG_INFINITY;
    for (y, _) in &mut ends {
        *y = y.max(lowest + TEXT + 2.0);
        lowest = *y;
    }
    // What was pushed below the field is pushed up again, the last first.
    let mut highest = TOP + HEIGHT + 4.0;
    for (y, _) in ends.iter_mut().rev() {
        *y = y.min(highest);
        highest = *y - TEXT - 2.0;
    }
    html! { @for (y, series) in ends {
        text.(series.tone.class()) x=(Px(field.right + 8.0)) y=(Px(y)) { (series.name) }
    } }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn drawn(values: &[Option<f64>], intervals: &[Option<(f64, f64)>]) -> String {
        let series = LineSeries { values: values.to_vec(), intervals: intervals.to_vec(), ..LineSeries::default() };
        let places = (1..=values.len()).map(|place| place.to_string()).collect();
        markup(&LineChart { places, series: vec![series], ..LineChart::default() }, "a").into_string()
    }

    #[test]
    fn what_is_not_known_leaves_a_gap_and_is_no_zero() {
        let text = drawn(&[Some(1.0), None, Some(3.0), Some(2.0)], &[]);
        let path = text.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(path.matches('M').count(), 2, "{path}");
        assert_eq!(path.matches('L').count(), 1, "{path}");
        assert_eq!(text.matches("<circle").count(), 3);
    }

    #[test]
    fn a_line_without_any_value_is_not_drawn() {
        assert!(!drawn(&[None, None], &[]).contains("<svg"));
    }

    #[test]
    fn an_interval_lies_around_its_value() {
        let text = drawn(&[Some(2.0), Some(2.0)], &[Some((1.0, 4.0)), Some((1.0, 4.0))]);
        let points = text.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
        let heights: Vec<f64> =
            points.split_whitespace().map(|point| point.split(',').nth(1).unwrap().parse().unwrap()).collect();
        // The axis ends at 4, where the field begins.
        assert_eq!(heights, [TOP, TOP, TOP + HEIGHT * 0.75, TOP + HEIGHT * 0.75]);
    }

    #[test]
    fn of_many_places_the_last_is_named_and_as_many_others_as_there_is_room_for() {
        let values: Vec<Option<f64>> = (0..200).map(|value| Some(f64::from(value))).collect();
        let text = drawn(&values, &[]);
        assert!(text.contains(">200</text>"));
        assert!(text.matches("class=\"middle\"").count() < 40);
    }
}
