//! The same cause in many households of a place: 规模性返贫 begins there. As the list of key areas counts it.

use std::collections::{BTreeMap, BTreeSet};

use bidui_match::{RelationInputs, SignalState};
use polars::prelude::*;

use crate::config::Config;
use crate::relation_rows::{Rows, columns_of};

/// Where more than the district reads it, fewer would say of whom it speaks, whatever the parameter is.
const LEAST: i64 = 3;
pub(crate) const PARAMETER: &str = "cluster_households";

/// A place with so many households of a kind of risk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cluster {
    pub(crate) kind: &'static str,
    /// Empty for a site.
    village_code: String,
    town_code: String,
    pub(crate) town: String,
    pub(crate) place: String,
    pub(crate) risk: String,
    pub(crate) households: i64,
}

/// From how many households on; nothing where the parameter does not say.
fn many(config: &Config, inputs: &RelationInputs<'_>) -> Option<i64> {
    let parameter = config.settings.valid(inputs.month).find(|parameter| parameter.name == PARAMETER)?;
    Some(parameter.value.ceil() as i64)
}

/// The same for what more than the district reads.
pub(crate) fn least(config: &Config, inputs: &RelationInputs<'_>) -> Option<i64> {
    many(config, inputs).map(|many| many.max(LEAST))
}

/// Those that more than the district may read of, the largest first.
pub(crate) fn for_all(config: &Config, inputs: &RelationInputs<'_>) -> Vec<Cluster> {
    clusters(config, inputs).into_iter().filter(|cluster| cluster.households >= LEAST).collect()
}

/// The largest first.
fn clusters(config: &Config, inputs: &RelationInputs<'_>) -> Vec<Cluster> {
    let Some(many) = many(config, inputs) else { return Vec::new() };
    let mut places: BTreeMap<(&str, &str, &str), BTreeSet<u32>> = BTreeMap::new();
    for signal in inputs.signals.iter().filter(|signal| signal.state == SignalState::Live) {
        let risk = inputs.rules[signal.rule].risk.as_str();
        for (kind, column) in [("行政村", "village_code"), ("安置点", "resettlement_site")] {
            let place = inputs.registry.household_word(column, signal.household);
            if !place.is_empty() {
                places.entry((kind, place, risk)).or_default().insert(signal.household);
            }
        }
    }
    let gazetteer = &config.gazetteer;
    let town = |code: &str| gazetteer.town(code).map_or_else(String::new, |town| town.name.clone());
    let cluster = |((kind, place, risk), households): ((&'static str, &str, &str), BTreeSet<u32>)| {
        let households = households.len() as i64;
        if households < many {
            return None;
        }
        let village = gazetteer.villages().iter().find(|village| kind == "行政村" && village.code.0 == place);
        let site = gazetteer.sites().iter().find(|site| kind == "安置点" && site.name == place);
        let code = village.map(|village| &village.town_code.0).or_else(|| Some(&site?.town_code.0));
        let town_code = code.cloned().unwrap_or_default();
        let (village_code, place) = match (kind, village) {
            ("行政村", village) => {
                (place.to_owned(), village.map_or(place, |village| &village.short_name).to_owned())
            }
            _ => (String::new(), place.to_owned()),
        };
        let (town, risk) = (town(&town_code), risk.to_owned());
        Some(Cluster { kind, village_code, town_code, town, place, risk, households })
    };
    let mut clusters: Vec<Cluster> = places.into_iter().filter_map(cluster).collect();
    clusters.sort_by(|one, other| {
        let places = |cluster: &Cluster| (cluster.kind, cluster.place.clone(), cluster.risk.clone());
        other.households.cmp(&one.households).then_with(|| places(one).cmp(&places(other)))
    });
    clusters
}

/// The relation `clusters`.
pub(crate) fn frame(config: &Config, inputs: &RelationInputs<'_>) -> PolarsResult<DataFrame> {
    let mut rows = Rows::new(&columns_of("clusters"));
    for cluster in clusters(config, inputs) {
        rows.text("month", inputs.month.to_string()).text("kind", cluster.kind).text("place", cluster.place);
        rows.text("village_code", cluster.village_code)
            .text("town_code", cluster.town_code)
            .text("town", cluster.town)
            .text("risk", cluster.risk);
        rows.integer("households", Some(cluster.households)).end();
    }
    rows.frame("clusters")
}

/// `琴屯村因安全饮水5户`, the largest; and how many there are in all.
pub(crate) fn in_words(clusters: &DataFrame, most: usize) -> PolarsResult<(String, usize)> {
    let (places, risks) = (clusters.column("place")?.str()?, clusters.column("risk")?.str()?);
    let households = clusters.column("households")?.i64()?;
    let word = |column: &StringChunked, row: usize| column.get(row).unwrap_or("").to_owned();
    let count = |row: usize| households.get(row).unwrap_or_default();
    let shown: Vec<usize> = (0..clusters.height()).filter(|row| count(*row) >= LEAST).collect();
    let one = |row: &usize| format!("{}{}{}户", word(places, *row), word(risks, *row), count(*row));
    let words: Vec<String> = shown.iter().take(most).map(one).collect();
    Ok((words.join("、"), shown.len()))
}
