//! Gives every warning its town, and its number on the town's list.

use std::collections::BTreeMap;

use bidui_emit::{RouteTable, Routed, route};
use bidui_model::Route;
use bidui_normalize::Gazetteer;
use polars::prelude::*;

/// The gazetteer as routing needs it.
pub(crate) fn route_table(gazetteer: &Gazetteer) -> RouteTable {
    let mut table = RouteTable::default();
    for town in gazetteer.towns() {
        table.towns.insert(town.code.0.clone(), town.name.clone());
    }
    for village in gazetteer.villages() {
        table.villages.insert(village.code.0.clone(), (village.short_name.clone(), village.town_code.0.clone()));
    }
    for site in gazetteer.sites() {
        table.sites.insert(site.name.clone(), site.town_code.0.clone());
    }
    for town in gazetteer.moved_out() {
        table.moved.insert(town.code.0.clone(), format!("{}{}", town.county, town.name));
    }
    for village in gazetteer.moved_villages() {
        let county = village.moved_to.as_deref().unwrap_or("");
        table.moved.insert(village.code.0.clone(), format!("{county}{}", village.short_name));
    }
    table
}

/// The warnings with the columns of the public schema: town, village, route, note, and the number on the town's list, which counts
/// in the order in which the list is printed.
pub(crate) fn route_warnings(warnings: &DataFrame, table: &RouteTable) -> PolarsResult<DataFrame> {
    let words = |name: &str| -> PolarsResult<Vec<String>> {
        Ok(warnings.column(name)?.str()?.iter().map(|word| word.unwrap_or("").to_owned()).collect())
    };
    let (sites, villages, towns) = (words("resettlement_site")?, words("village_code")?, words("town_code")?);
    let (hamlets, households) = (words("hamlet")?, words("household_id")?);
    let routed: Vec<Routed> =
        (0..warnings.height()).map(|at| route(&sites[at], &villages[at], &towns[at], table)).collect();
    let ranks: Vec<i64> = warnings.column("level_rank")?.i64()?.iter().map(|rank| rank.unwrap_or(0)).collect();
    let mut order: Vec<usize> = (0..routed.len()).collect();
    order.sort_by_key(|at| {
        (&routed[*at].town_code, ranks[*at], &routed[*at].village_code, &hamlets[*at], &households[*at])
    });
    let mut numbers = vec![0_i64; routed.len()];
    let mut last: BTreeMap<&str, i64> = BTreeMap::new();
    for at in order {
        let number = last.entry(routed[at].town_code.as_str()).or_default();
        *number += 1;
        numbers[at] = *number;
    }
    let column = |name: &str, pick: &dyn Fn(&Routed) -> String| {
        Column::new(name.into(), routed.iter().map(pick).collect::<Vec<_>>())
    };
    let made = [
        column("town_code", &|routed| routed.town_code.clone()),
        column("town", &|routed| routed.town.clone()),
        column("village_code", &|routed| routed.village_code.clone()),
        column("village", &|routed| routed.village.clone()),
        column("route", &|routed| routed.route.code().to_owned()),
        column("route_note", &|routed| routed.note.clone()),
        Column::new("list_no".into(), numbers),
    ];
    let schema = bidui_emit::relation_schema("warnings").unwrap_or_default();
    let columns: PolarsResult<Vec<Column>> = schema
        .iter_names()
        .map(|name| match made.iter().find(|column| column.name() == name) {
            Some(column) => Ok(column.clone()),
            None => warnings.column(name).cloned(),
        })
        .collect();
    DataFrame::new(warnings.height(), columns?)
}

/// Whether a route ends at one of the county's towns.
pub(crate) fn is_at_home(code: &str) -> bool {
    code == Route::Registry.code() || code == Route::Resettlement.code()
}
