//! Gives every warning its town, and its number on the town's list.

use std::collections::BTreeMap;

use bidui_emit::{RouteTable, Routed, route};
use bidui_match::RelationInputs;
use bidui_model::Route;
use bidui_normalize::Gazetteer;
use polars::prelude::*;

use crate::case_tables::Place;
use crate::exit::Fault;
use crate::relation_rows::words_of;

/// How the registry writes that a household's risk is gone.
const ELIMINATED: &str = "已消除";

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

/// By household: the town that the registry names, where another has its case.
pub(crate) type HandedOver = BTreeMap<String, String>;

/// The warnings with the columns of the public schema: town, village, route, note, and the number on the town's list, which counts
/// in the order in which the list is printed.
///
/// A household that a town passed on to another stays with that one, by `passed_on`, until the registry knows of it: also given, with the town that
/// the registry names.
pub(crate) fn route_warnings(
    warnings: &DataFrame,
    table: &RouteTable,
    passed_on: &BTreeMap<String, (String, String)>,
) -> PolarsResult<(DataFrame, HandedOver)> {
    let words = |name: &str| words_of(warnings, name);
    let (sites, villages, towns) = (words("resettlement_site")?, words("village_code")?, words("town_code")?);
    let (hamlets, households) = (words("hamlet")?, words("household_id")?);
    let mut handed_over = HandedOver::new();
    let mut route_one = |at: usize| {
        let routed = route(&sites[at], &villages[at], &towns[at], table);
        // A registry that names a third town knows better.
        let is_passed_on = |(from, _): &&(String, String)| *from == routed.town_code && is_at_home(routed.route.code());
        let taker = passed_on.get(&households[at]).filter(is_passed_on).map(|(_, code)| code);
        match taker.and_then(|code| table.towns.get_key_value(code)) {
            None if taker.is_some_and(String::is_empty) => {
                handed_over.insert(households[at].clone(), routed.town_code.clone());
                let note = format!("{}转出，接收的镇也报非本镇", routed.town);
                let (town_code, town) = (String::new(), String::new());
                Routed { note, town_code, town, route: Route::Unrouted, ..routed }
            }
            Some((code, town)) => {
                handed_over.insert(households[at].clone(), routed.town_code.clone());
                let note = format!("{}核查后转来", routed.town);
                Routed { note, town_code: code.clone(), town: town.clone(), ..routed }
            }
            None => routed,
        }
    };
    let routed: Vec<Routed> = (0..warnings.height()).map(&mut route_one).collect();
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
    // Those of its case follow.
    let schema = bidui_emit::relation_schema("warnings").unwrap_or_default();
    let known = |name: &PlSmallStr| made.iter().find(|column| column.name() == name).or(warnings.column(name).ok());
    let frame = DataFrame::new(warnings.height(), schema.iter_names().filter_map(known).cloned().collect())?;
    Ok((frame, handed_over))
}

/// Whether a route ends at one of the county's towns.
pub(crate) fn is_at_home(code: &str) -> bool {
    code == Route::Registry.code() || code == Route::Resettlement.code()
}

/// Where households live, by the registry; nothing of those that it does not have.
pub(crate) fn places<'a>(
    inputs: &RelationInputs<'_>,
    households: impl Iterator<Item = &'a String>,
    table: &RouteTable,
) -> Result<BTreeMap<String, Place>, Fault> {
    let rows: Vec<u32> = households.filter_map(|household| inputs.registry.find_household(household)).collect();
    let word = |column: &str, row: u32| inputs.registry.household_word(column, row);
    let place = |row: &u32| {
        let routed = route(word("resettlement_site", *row), word("village_code", *row), word("town_code", *row), table);
        let place = Place {
            town_code: routed.town_code,
            village_code: routed.village_code,
            village: routed.village,
            hamlet: word("hamlet", *row).to_owned(),
            is_monitored: !word("monitor_kind", *row).is_empty() && word("risk_status", *row) != ELIMINATED,
        };
        (inputs.registry.household_id(*row).to_owned(), place)
    };
    Ok(rows.iter().map(place).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TOWNS: [(&str, &str); 2] = [("450206102", "甲镇"), ("450206103", "乙镇")];

    fn check(passed_on_to: &str, (town, note): (&str, &str)) {
        let mut table = RouteTable::default();
        table.towns.extend(TOWNS.map(|(code, name)| (code.to_owned(), name.to_owned())));
        table.villages.insert("450206102201".to_owned(), ("丙村".to_owned(), TOWNS[0].0.to_owned()));
        let word = |name: &str, word: &str| Column::new(name.into(), [word]);
        let columns = vec![
            word("household_id", "H1"),
            word("resettlement_site", ""),
            word("village_code", "450206102201"),
            word("town_code", TOWNS[0].0),
            word("hamlet", ""),
            Column::new("level_rank".into(), [1_i64]),
        ];
        let passed_on = BTreeMap::from([("H1".to_owned(), (TOWNS[0].0.to_owned(), passed_on_to.to_owned()))]);
        let warnings = DataFrame::new(1, columns).unwrap();
        let (routed, handed_over) = route_warnings(&warnings, &table, &passed_on).unwrap();
        let of = |name: &str| routed.column(name).unwrap().str().unwrap().get(0).unwrap().to_owned();
        assert_eq!((of("town").as_str(), of("route_note").as_str()), (town, note));
        assert_eq!(is_at_home(&of("route")), !town.is_empty());
        assert_eq!(handed_over["H1"], TOWNS[0].0);
    }

    #[test]
    fn who_was_passed_on_goes_to_that_town_and_to_none_where_that_one_sent_him_away() {
        check(TOWNS[1].0, ("乙镇", "甲镇核查后转来"));
        check("", ("", "甲镇转出，接收的镇也报非本镇"));
    }
}
