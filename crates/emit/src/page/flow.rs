//! A flow from left to right: what came in, what became of it, what was set aside on the way.
//!
//! Columns of one unit share a scale; where the unit changes (rows become signals, signals become households) a pale band says that one became the
//! other, and a new scale begins.

use maud::{Markup, html};

use super::Tone;
use super::drawing::{Px, TEXT, figure, fitted, grouped};

/// A flow. Links are drawn as wide as their values.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowChart {
    pub title: String,
    /// What it shows, in words, for those who cannot see it.
    pub description: String,
    pub columns: Vec<FlowColumn>,
    pub links: Vec<FlowLink>,
}

/// A stage of a flow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowColumn {
    pub heading: String,
    pub unit: String,
    pub nodes: Vec<FlowNode>,
}

/// A part of a stage.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowNode {
    pub name: String,
    pub count: i64,
    pub tone: Tone,
}

/// What goes from a node of a column to one of the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowLink {
    /// So much of it.
    Part { column: usize, from: usize, to: usize, count: i64 },
    /// It is what the whole next column was made of.
    Becomes { column: usize, from: usize },
}

const STEP: f64 = 160.0;
const NODE: f64 = 12.0;
const HIGHEST: f64 = 260.0;
const TOP: f64 = 36.0;
/// Room for a node's words.
const SLOT: f64 = 24.0;
const GAP: f64 = 6.0;

/// Where a node lies.
#[derive(Clone, Copy)]
struct Place {
    top: f64,
    height: f64,
}

pub(super) fn markup(chart: &FlowChart, anchor: &str) -> Markup {
    let scales = scales(&chart.columns);
    let places: Vec<Vec<Place>> =
        chart.columns.iter().zip(&scales).map(|(column, scale)| stacked(column, *scale)).collect();
    let bottom = |places: &Vec<Place>| places.last().map_or(TOP, |place| place.top + place.height.max(SLOT));
    let height = places.iter().map(bottom).fold(TOP, f64::max) + 6.0;
    let content = html! {
        (bands(chart, &places, &scales))
        @for (at, (column, places)) in chart.columns.iter().zip(&places).enumerate() {
            @let left = at as f64 * STEP;
            text.strong x=(Px(left)) y=(Px(TEXT + 4.0)) { (column.heading) "（" (column.unit) "）" }
            @for (node, place) in column.nodes.iter().zip(places) { (node_markup(node, *place, left)) }
        }
    };
    html! {
        figure.chart {
            figcaption { (chart.title) }
            (figure(&chart.title, &chart.description, anchor, (chart.columns.len() as f64 * STEP, height), &content))
        }
    }
}

/// Of each column: pixels a unit, the same as before it while the unit is.
fn scales(columns: &[FlowColumn]) -> Vec<f64> {
    let sum = |column: &FlowColumn| column.nodes.iter().map(|node| node.count.max(0)).sum::<i64>();
    let mut scales: Vec<f64> = Vec::new();
    for (at, column) in columns.iter().enumerate() {
        let follows = at > 0 && columns[at - 1].unit == column.unit;
        let group = columns[at..].iter().take_while(|other| other.unit == column.unit);
        let largest = group.map(sum).max().unwrap_or(0).max(1);
        let before = scales.last().copied().filter(|_| follows);
        scales.push(before.unwrap_or(HIGHEST / largest as f64));
    }
    scales
}

fn stacked(column: &FlowColumn, scale: f64) -> Vec<Place> {
    let mut top = TOP;
    let place = |node: &FlowNode| {
        let height = if node.count > 0 { (node.count as f64 * scale).max(1.5) } else { 0.0 };
        let place = Place { top, height };
        top += height.max(SLOT) + GAP;
        place
    };
    column.nodes.iter().map(place).collect()
}

fn node_markup(node: &FlowNode, place: Place, left: f64) -> Markup {
    let words = format!("{} {}", node.name, grouped(node.count));
    // Beside the middle of a tall node, at the top of a flat one.
    let base = place.top + (place.height.max(SLOT) / 2.0).min(HIGHEST / 2.0) + TEXT * 0.36;
    html! {
        rect.mark.(node.tone.class()) x=(Px(left)) y=(Px(place.top)) width=(Px(NODE)) height=(Px(place.height)) { title { (words) } }
        text.halo x=(Px(left + NODE + 6.0)) y=(Px(base)) { (fitted(&words, STEP - NODE - 10.0)) }
    }
}

fn bands(chart: &FlowChart, places: &[Vec<Place>], scales: &[f64]) -> Markup {
    let mut came: Vec<Vec<f64>> = places.iter().map(|nodes| vec![0.0; nodes.len()]).collect();
    let mut went = came.clone();
    let bands = chart.links.iter().map(|link| match *link {
        FlowLink::Part { column, from, to, count } => {
            let height = count.max(0) as f64 * scales[column];
            let start = places[column][from].top + went[column][from];
            let end = places[column + 1][to].top + came[column + 1][to];
            went[column][from] += height;
            came[column + 1][to] += height;
            let class = chart.columns[column].nodes[from].tone.class();
            band(column, (start, start + height), (end, end + height), class)
        }
        FlowLink::Becomes { column, from } => {
            let (source, next) = (places[column][from], &places[column + 1]);
            // Of a column without anything there is nothing to be seen.
            let reached: Vec<&Place> = next.iter().filter(|place| place.height > 0.0).collect();
            let whole = reached.first().zip(reached.last());
            whole.map_or_else(Markup::default, |(first, last)| {
                band(column, (source.top, source.top + source.height), (first.top, last.top + last.height), "becomes")
            })
        }
    });
    html! { @for band in bands { (band) } }
}

/// A band between two columns, from the right of one to the left of the next.
fn band(column: usize, (top, bottom): (f64, f64), (end_top, end_bottom): (f64, f64), class: &str) -> Markup {
    let (left, right) = (column as f64 * STEP + NODE, (column + 1) as f64 * STEP);
    let middle = (left + right) / 2.0;
    html! {
        path.band.(class) d={
            "M" (Px(left)) " " (Px(top)) "C" (Px(middle)) " " (Px(top)) " " (Px(middle)) " " (Px(end_top)) " " (Px(right)) " " (Px(end_top))
            "V" (Px(end_bottom)) "C" (Px(middle)) " " (Px(end_bottom)) " " (Px(middle)) " " (Px(bottom)) " " (Px(left)) " " (Px(bottom)) "Z"
        } {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn column(unit: &str, counts: &[i64]) -> FlowColumn {
        let node = |count: &i64| FlowNode { count: *count, ..FlowNode::default() };
        FlowColumn { unit: unit.to_owned(), nodes: counts.iter().map(node).collect(), ..FlowColumn::default() }
    }

    #[test]
    fn columns_of_one_unit_share_a_scale_and_another_unit_has_its_own() {
        let columns = [column("行", &[100]), column("行", &[97, 3]), column("户", &[4, 6])];
        assert_eq!(scales(&columns), [HIGHEST / 100.0, HIGHEST / 100.0, HIGHEST / 10.0]);
        assert_eq!(scales(&[column("行", &[0])]), [HIGHEST]);
    }

    #[test]
    fn nodes_leave_room_for_their_words_however_flat_they_are() {
        let places = stacked(&column("行", &[0, 1, 100_000]), HIGHEST / 100_001.0);
        assert_eq!(places[0].height, 0.0);
        assert_eq!(places[1].height, 1.5);
        let gaps: Vec<f64> = places.windows(2).map(|pair| pair[1].top - pair[0].top).collect();
        assert_eq!(gaps, [SLOT + GAP, SLOT + GAP]);
    }

    #[test]
    fn every_link_is_a_band() {
        let columns = vec![column("行", &[10]), column("行", &[7, 3]), column("户", &[1])];
        let links = vec![
            FlowLink::Part { column: 0, from: 0, to: 0, count: 7 },
            FlowLink::Part { column: 0, from: 0, to: 1, count: 3 },
            FlowLink::Becomes { column: 1, from: 0 },
        ];
        let text = markup(&FlowChart { columns, links, ..FlowChart::default() }, "a").into_string();
        assert_eq!(text.matches("class=\"band").count(), 3);
        // The first begins at the top of its node and the second where the first ended.
        let starts: Vec<&str> = text.split("d=\"M12 ").skip(1).map(|path| path.split('C').next().unwrap()).collect();
        let second = maud::Render::render(&Px(TOP + HIGHEST * 0.7)).into_string();
        assert_eq!(starts[..2], [TOP.to_string().as_str(), second.as_str()]);
    }
}
