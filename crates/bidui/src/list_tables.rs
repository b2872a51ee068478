//! Tables that only lists ask and that hold no name: the parameters of the month, sites, and villages and grids with what the registry
//! has there.

use std::collections::BTreeMap;

use bidui_emit::ROWS_PER_GROUP;
use bidui_match::{RelationInputs, Roll};
use bidui_model::Month;
use bidui_normalize::{Gazetteer, Village};
use polars::prelude::*;

use crate::exit::Fault;
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

/// The list-only table `sites`.
pub(crate) fn sites(gazetteer: &Gazetteer) -> PolarsResult<DataFrame> {
    let sites = gazetteer.sites();
    let town = |code: &str| gazetteer.town(code).map_or("", |town| town.name.as_str());
    DataFrame::new(
        sites.len(),
        vec![
            Column::new("site".into(), sites.iter().map(|site| site.name.as_str()).collect::<Vec<_>>()),
            Column::new(
                "site_town_code".into(),
                sites.iter().map(|site| site.town_code.0.as_str()).collect::<Vec<_>>(),
            ),
            Column::new("site_town".into(), sites.iter().map(|site| town(&site.town_code.0)).collect::<Vec<_>>()),
        ],
    )
}

/// What is counted of one place.
#[derive(Clone, Copy)]
struct Counted {
    persons: i64,
    households: i64,
    lifted: i64,
    monitored: i64,
    uneliminated: i64,
    /// `None` where it is unknown of a household.
    visited: Option<i64>,
}

/// Households of the registry, counted by village, and by grid within it.
pub(crate) struct Counts {
    villages: BTreeMap<String, Counted>,
    grids: BTreeMap<(String, String), Counted>,
}

/// The columns that are counted, and the fact of the month's visits.
const COLUMNS: [&str; 8] =
    ["village_code", "grid", "hamlet", "size", "household_kind", "monitor_kind", "risk_status", VISITS];
const VISITS: &str = "visits_month";

impl Counts {
    /// A row group at a time, so that the roll is never held.
    pub(crate) fn of(inputs: &RelationInputs<'_>) -> Result<Self, Fault> {
        let known = Roll::Households.columns(inputs.facts);
        let columns: Vec<String> = COLUMNS
            .iter()
            .filter(|name| known.iter().any(|column| column == *name))
            .map(|name| (*name).to_owned())
            .collect();
        let end = Roll::Households.rows(inputs.registry) as u32;
        let mut counts = Self { villages: BTreeMap::new(), grids: BTreeMap::new() };
        for first in (0..end).step_by(ROWS_PER_GROUP) {
            let last = end.min(first + ROWS_PER_GROUP as u32);
            counts.add(&Roll::Households.part(inputs, &columns, first, last)?)?;
        }
        Ok(counts)
    }

    fn add(&mut self, part: &DataFrame) -> PolarsResult<()> {
        let words = |name: &str| part.column(name)?.str().cloned();
        let (villages, grids, hamlets) = (words("village_code")?, words("grid")?, words("hamlet")?);
        let (kinds, monitors, risks) = (words("household_kind")?, words("monitor_kind")?, words("risk_status")?);
        let sizes = part.column("size")?.i64()?.clone();
        // Where the feed is not configured nobody knows of any visit.
        let visits = match part.column(VISITS) {
            Ok(column) => Some(column.cast(&DataType::Int64)?.i64()?.clone()),
            Err(_) => None,
        };
        for row in 0..part.height() {
            let word = |column: &StringChunked| column.get(row).unwrap_or("").to_owned();
            let is_monitored = !monitors.get(row).unwrap_or("").is_empty();
            let one = Counted {
                persons: sizes.get(row).unwrap_or(0),
                households: 1,
                lifted: i64::from(kinds.get(row) == Some("脱贫户")),
                monitored: i64::from(is_monitored),
                uneliminated: i64::from(is_monitored && risks.get(row) != Some("已消除")),
                visited: visits.as_ref().and_then(|visits| visits.get(row)).map(|visits| i64::from(visits > 0)),
            };
            let (village, grid) = (word(&villages), word(&grids));
            let grid = if grid.is_empty() { word(&hamlets) } else { grid };
            self.villages.entry(village.clone()).or_insert(Counted::NOTHING).add(one);
            self.grids.entry((village, grid)).or_insert(Counted::NOTHING).add(one);
        }
        Ok(())
    }

    /// The list-only table `village_roll`: every village of the county, in the gazetteer's order.
    pub(crate) fn village_roll(&self, gazetteer: &Gazetteer) -> PolarsResult<DataFrame> {
        let places: Vec<(&Village, Counted)> = gazetteer
            .villages()
            .iter()
            .map(|village| (village, self.villages.get(&village.code.0).copied().unwrap_or(Counted::NOTHING)))
            .collect();
        let count = |name: &str, pick: fn(&Counted) -> i64| {
            Column::new(name.into(), places.iter().map(|(_, counted)| pick(counted)).collect::<Vec<_>>())
        };
        let mut columns = of_villages(gazetteer, places.iter().map(|(village, _)| *village));
        columns.insert(
            2,
            Column::new("village_kind".into(), places.iter().map(|(v, _)| v.kind.as_str()).collect::<Vec<_>>()),
        );
        columns.extend([
            count("persons", |counted| counted.persons),
            count("households", |counted| counted.households),
            count("lifted", |counted| counted.lifted),
            count("monitored", |counted| counted.monitored),
            count("uneliminated", |counted| counted.uneliminated),
            Column::new("visited".into(), places.iter().map(|(_, counted)| counted.visited).collect::<Vec<_>>()),
        ]);
        DataFrame::new(places.len(), columns)
    }

    /// The list-only table `grid_roll`, in the order of villages' codes and grids' names.
    pub(crate) fn grid_roll(&self, gazetteer: &Gazetteer) -> PolarsResult<DataFrame> {
        let places: Vec<(&Village, &str, Counted)> = self
            .grids
            .iter()
            .filter_map(|((village, grid), counted)| Some((gazetteer.village(village)?, grid.as_str(), *counted)))
            .filter(|(village, ..)| village.moved_to.is_none())
            .collect();
        let mut columns = of_villages(gazetteer, places.iter().map(|(village, ..)| *village));
        columns.extend([
            Column::new("grid".into(), places.iter().map(|(_, grid, _)| *grid).collect::<Vec<_>>()),
            Column::new("households".into(), places.iter().map(|(.., counted)| counted.households).collect::<Vec<_>>()),
            Column::new("visited".into(), places.iter().map(|(.., counted)| counted.visited).collect::<Vec<_>>()),
        ]);
        DataFrame::new(places.len(), columns)
    }
}

impl Counted {
    const NOTHING: Self =
        Self { persons: 0, households: 0, lifted: 0, monitored: 0, uneliminated: 0, visited: Some(0) };

    fn add(&mut self, one: Self) {
        self.persons += one.persons;
        self.households += one.households;
        self.lifted += one.lifted;
        self.monitored += one.monitored;
        self.uneliminated += one.uneliminated;
        self.visited = self.visited.zip(one.visited).map(|(all, one)| all + one);
    }
}

/// Code and name of villages, and of their towns.
fn of_villages<'v>(gazetteer: &Gazetteer, villages: impl Iterator<Item = &'v Village>) -> Vec<Column> {
    let villages: Vec<&Village> = villages.collect();
    let town = |code: &str| gazetteer.town(code).map_or("", |town| town.name.as_str());
    vec![
        Column::new("village_code".into(), villages.iter().map(|village| village.code.0.as_str()).collect::<Vec<_>>()),
        Column::new("village".into(), villages.iter().map(|village| village.short_name.as_str()).collect::<Vec<_>>()),
        Column::new(
            "town_code".into(),
            villages.iter().map(|village| village.town_code.0.as_str()).collect::<Vec<_>>(),
        ),
        Column::new("town".into(), villages.iter().map(|village| town(&village.town_code.0)).collect::<Vec<_>>()),
    ]
}
