//! Tables that only lists ask and that hold no name: the parameters of the month, and the villages with what the registry has there.

use std::collections::BTreeMap;

use bidui_match::Registry;
use bidui_model::Month;
use bidui_normalize::Gazetteer;
use polars::prelude::*;

use crate::settings::{Parameter, Settings};

/// The list-only table `parameters`.
pub(crate) fn parameters(settings: &Settings, month: Month) -> PolarsResult<DataFrame> {
    let valid: Vec<&Parameter> = settings.valid(month).collect();
    let words = |name: &str, pick: fn(&Parameter) -> &String| {
        Column::new(name.into(), valid.iter().map(|parameter| pick(parameter).as_str()).collect::<Vec<_>>())
    };
    DataFrame::new(
        valid.len(),
        vec![
            words("name", |parameter| &parameter.name),
            words("title", |parameter| &parameter.title),
            Column::new("value".into(), valid.iter().map(|parameter| parameter.value).collect::<Vec<_>>()),
            words("unit", |parameter| &parameter.unit),
            words("source", |parameter| &parameter.source),
        ],
    )
}

/// What the registry has in one village.
#[derive(Clone, Copy, Default)]
struct Counted {
    persons: i64,
    households: i64,
    lifted: i64,
    monitored: i64,
    uneliminated: i64,
}

/// The list-only table `village_roll`: every village of the county, in the gazetteer's order.
pub(crate) fn village_roll(registry: &Registry, gazetteer: &Gazetteer) -> PolarsResult<DataFrame> {
    let mut counted: BTreeMap<&str, Counted> = BTreeMap::new();
    for household in 0..registry.households() as u32 {
        let here = counted.entry(registry.household_word("village_code", household)).or_default();
        let is_monitored = !registry.household_word("monitor_kind", household).is_empty();
        here.persons += registry.members(household).len() as i64;
        here.households += 1;
        here.lifted += i64::from(registry.household_word("household_kind", household) == "脱贫户");
        here.monitored += i64::from(is_monitored);
        here.uneliminated += i64::from(is_monitored && registry.household_word("risk_status", household) != "已消除");
    }
    let town = |code: &str| gazetteer.town(code).map_or("", |town| town.name.as_str());
    let villages = gazetteer.villages();
    let of = |code: &str| counted.get(code).copied().unwrap_or_default();
    let count = |name: &str, pick: fn(Counted) -> i64| {
        Column::new(name.into(), villages.iter().map(|village| pick(of(&village.code.0))).collect::<Vec<_>>())
    };
    let columns = vec![
        Column::new("village_code".into(), villages.iter().map(|village| village.code.0.as_str()).collect::<Vec<_>>()),
        Column::new("village".into(), villages.iter().map(|village| village.short_name.as_str()).collect::<Vec<_>>()),
        Column::new("village_kind".into(), villages.iter().map(|village| village.kind.as_str()).collect::<Vec<_>>()),
        Column::new(
            "town_code".into(),
            villages.iter().map(|village| village.town_code.0.as_str()).collect::<Vec<_>>(),
        ),
        Column::new("town".into(), villages.iter().map(|village| town(&village.town_code.0)).collect::<Vec<_>>()),
        count("persons", |counted| counted.persons),
        count("households", |counted| counted.households),
        count("lifted", |counted| counted.lifted),
        count("monitored", |counted| counted.monitored),
        count("uneliminated", |counted| counted.uneliminated),
    ];
    DataFrame::new(villages.len(), columns)
}
