//! Households with a case that stands and that the month's registry does not have: where the last registry that knew them had them, and under which
//! number most of their members are now. Their rows on the lists would else be without a name and a place, and nobody would know whom to visit.

use std::collections::{BTreeMap, BTreeSet};

use bidui_emit::{RouteTable, route};
use bidui_ledger::History;
use bidui_match::{GoneHousehold, Registry};
use bidui_model::Month;

use crate::case_tables::Place;
use crate::config::Config;
use crate::exit::Fault;
use crate::linking::SealedMonths;

/// By household.
pub(crate) type Left = BTreeMap<String, GoneHousehold>;

/// Where no registry is asked.
pub(crate) static NOBODY_LEFT: Left = Left::new();

pub(crate) fn left(
    config: &Config,
    registry: &Registry,
    sealed: &[SealedMonths],
    month: Month,
    histories: &BTreeMap<String, History>,
) -> Result<Left, Fault> {
    let standing = histories.iter().filter(|(_, history)| history.standing().is_some());
    let mut asked: BTreeSet<&str> = standing
        .map(|(household, _)| household.as_str())
        .filter(|household| registry.find_household(household).is_none())
        .collect();
    let mut left = Left::new();
    let earlier = sealed[config.registry].range(..month).filter(|(_, found)| found.problems.is_empty());
    for (_, found) in earlier.rev() {
        if asked.is_empty() {
            break;
        }
        let known = registry.gone_since(&found.store(), &config.contracts[config.registry], &asked)?;
        asked.retain(|household| !known.contains_key(*household));
        left.extend(known);
    }
    left.extend(asked.into_iter().map(|household| (household.to_owned(), GoneHousehold::default())));
    Ok(left)
}

/// Where they lived.
pub(crate) fn places(left: &Left, table: &RouteTable) -> impl Iterator<Item = (String, Place)> {
    left.iter().map(|(household, gone)| {
        let routed = route(&gone.resettlement_site, &gone.village_code, &gone.town_code, table);
        let place = Place {
            town_code: routed.town_code,
            village_code: routed.village_code,
            village: routed.village,
            hamlet: gone.hamlet.clone(),
            is_monitored: false,
        };
        (household.clone(), place)
    })
}

/// What is said of a household on the lists, with its members' case where they have one.
pub(crate) fn note(gone: &GoneHousehold, case_of: impl Fn(&str) -> Option<String>) -> String {
    let Some((now, members)) = gone.heir() else {
        return "本月底册里没有这个户编号，成员也不在底册：请查明去向".to_owned();
    };
    let case = case_of(now).map_or_else(String::new, |case| format!("，预警编号{case}"));
    let all = gone.members;
    format!("本月底册里没有这个户编号，原{all}名成员有{members}名现在户编号{now}{case}：请按那一户核查")
}
