//! The same cause in many households of a place: 规模性返贫 begins there. As the list of key areas counts it.

use std::collections::{BTreeMap, BTreeSet};

use bidui_emit::{PageCell, PageColumn, PagePart, PageTable};
use bidui_match::{RelationInputs, SignalState};

use super::Counts;
use crate::config::Config;

/// Fewer would say of whom it speaks, whatever the parameter is.
const LEAST: i64 = 3;
/// More are in the list of key areas alone.
const SHOWN: usize = 60;
const PARAMETER: &str = "cluster_households";

/// A place with so many households of a kind of risk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cluster {
    kind: &'static str,
    town: String,
    pub(super) place: String,
    pub(super) risk: String,
    pub(super) households: i64,
}

/// From how many households on; nothing where the parameter does not say.
fn least(config: &Config, inputs: &RelationInputs<'_>) -> Option<i64> {
    let parameter = config.settings.valid(inputs.month).find(|parameter| parameter.name == PARAMETER)?;
    Some((parameter.value.ceil() as i64).max(LEAST))
}

/// The largest first.
pub(super) fn clusters(config: &Config, inputs: &RelationInputs<'_>) -> Vec<Cluster> {
    let Some(least) = least(config, inputs) else { return Vec::new() };
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
        if households < least {
            return None;
        }
        let village = gazetteer.villages().iter().find(|village| kind == "行政村" && village.code.0 == place);
        let site = gazetteer.sites().iter().find(|site| kind == "安置点" && site.name == place);
        let town = village.map(|village| town(&village.town_code.0)).or_else(|| Some(town(&site?.town_code.0)));
        let place = village.map_or_else(|| place.to_owned(), |village| village.short_name.clone());
        Some(Cluster { kind, town: town.unwrap_or_default(), place, risk: risk.to_owned(), households })
    };
    let mut clusters: Vec<Cluster> = places.into_iter().filter_map(cluster).collect();
    clusters.sort_by(|one, other| {
        let places = |cluster: &Cluster| (cluster.kind, cluster.place.clone(), cluster.risk.clone());
        other.households.cmp(&one.households).then_with(|| places(one).cmp(&places(other)))
    });
    clusters
}

pub(super) fn parts(counts: &Counts<'_>) -> Vec<PagePart> {
    let Some(least) = least(counts.config, counts.inputs) else {
        return vec![PagePart::Empty(format!("没有参数“{PARAMETER}”，不作统计。"))];
    };
    let row = |cluster: &Cluster| {
        vec![
            PageCell::words(&cluster.place),
            PageCell::words(cluster.kind),
            PageCell::words(&cluster.town),
            PageCell::words(&cluster.risk),
            PageCell::count(cluster.households),
        ]
    };
    let mut columns = ["村（安置点）", "范围", "乡镇", "风险类型"].map(PageColumn::words).to_vec();
    columns.push(PageColumn::number("本月预警户"));
    let more = match counts.clusters.len() {
        ..=SHOWN => String::new(),
        all => format!("共{all}处，这里列户数最多的{SHOWN}处，其余见 district/重点区域清单.xlsx。"),
    };
    vec![PagePart::Table(PageTable {
        caption: format!("同一村（安置点）同一风险达到{least}户的"),
        columns,
        rows: counts.clusters.iter().take(SHOWN).map(row).collect(),
        empty: format!("本月没有同因聚集：没有一个村（安置点）同一风险达到{least}户。"),
        note: format!("请查明是否有共同的原因（灾害、停水、企业停产等），防止规模性返贫。{more}"),
        ..PageTable::default()
    })]
}
