//! Households of the ledger that the month's registry does not have. Those that it has under another number keep their cases and answers under that one.
//! Of the others that have a case which stands: where the last registry that knew them had them, and under which number most of their members are now.
//! Their rows on the lists would else be without a name and a place, and nobody would know whom to visit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bidui_emit::{RouteTable, route};
use bidui_ledger::History;
use bidui_match::{GoneHousehold, Registry};
use bidui_model::Month;

use crate::accounts::AccountInputs;
use crate::case_tables::Place;
use crate::config::Config;
use crate::exit::Fault;
use crate::linking::SealedMonths;
use crate::sealing::in_store;

/// By household.
pub(crate) type Left = BTreeMap<String, GoneHousehold>;

/// Where no registry is asked.
pub(crate) static NOBODY_LEFT: Left = Left::new();

/// A registry that was sealed so many months before is still asked.
const MONTHS_BACK: i32 = 24;

/// The numbers that this month's registry has for households which the last one had under others, by the former: of those who are still there all are in
/// one household, and are most of the former one, its number is new, and no other household went into it. Whoever is split, or joins another household, has his
/// case told to the district instead.
pub(crate) fn renumbered(
    (config, registry): (&Config, &Registry),
    (sealed, state): (&[SealedMonths], &Path),
    month: Month,
    before: &BTreeMap<String, History>,
) -> Result<BTreeMap<String, String>, Fault> {
    let contract = &config.contracts[config.registry];
    let gone = before.keys().map(String::as_str).filter(|household| registry.find_household(household).is_none());
    let gone: BTreeSet<&str> = gone.collect();
    let registries = &sealed[config.registry];
    let seal = registries.get(&month).map_or("", |found| found.seal.as_str());
    let earlier = (1..=MONTHS_BACK).map(|back| month.plus(-back));
    let last = earlier
        .filter_map(|earlier| registries.get(&earlier).cloned().or_else(|| in_store(state, contract, earlier, seal)));
    let Some(last) = last.into_iter().find(|found| found.problems.is_empty()).filter(|_| !gone.is_empty()) else {
        return Ok(BTreeMap::new());
    };
    let known = registry.gone_since(&last.store(), contract, &gone)?;
    let mut now: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (former, gone) in &known {
        if let Some((heir, members)) = gone.heir().filter(|_| gone.now.len() == 1)
            && members * 2 >= gone.members
            && !before.contains_key(heir)
        {
            now.entry(heir).or_default().push(former);
        }
    }
    let heirs: BTreeSet<&str> = now.keys().copied().collect();
    let were_there = registry.gone_since(&last.store(), contract, &heirs)?;
    let alone = now.into_iter().filter(|(heir, formers)| formers.len() == 1 && !were_there.contains_key(*heir));
    Ok(alone.map(|(heir, formers)| (formers[0].to_owned(), heir.to_owned())).collect())
}

pub(crate) fn left(accounts: &AccountInputs<'_>, histories: &BTreeMap<String, History>) -> Result<Left, Fault> {
    let AccountInputs { config, registry, sealed, month, state, .. } = accounts;
    let contract = &config.contracts[config.registry];
    let standing = histories.iter().filter(|(_, history)| history.standing().is_some());
    let mut asked: BTreeSet<&str> = standing
        .map(|(household, _)| household.as_str())
        .filter(|household| registry.find_household(household).is_none())
        .collect();
    let mut left = Left::new();
    // A run reads the registry of this month and the last; the store has those of the months before.
    let seal = sealed[config.registry].get(month).map_or("", |found| found.seal.as_str());
    for earlier in (1..=MONTHS_BACK).map(|back| month.plus(-back)) {
        if asked.is_empty() {
            break;
        }
        let stored = || in_store(state, contract, earlier, seal);
        let found = sealed[config.registry].get(&earlier).cloned().or_else(stored);
        let Some(found) = found.filter(|found| found.problems.is_empty()) else { continue };
        let known = registry.gone_since(&found.store(), contract, &asked)?;
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
