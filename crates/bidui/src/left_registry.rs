//! Households of the ledger that the month's registry does not have. Those that it has under another number keep their cases and answers under that one.
//! Of the others that have a case which stands: where the last registry that knew them had them, and under which number most of their members are now.
//! Their rows on the lists would else be without a name and a place, and nobody would know whom to visit.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bidui_emit::{RouteTable, route};
use bidui_ledger::History;
use bidui_match::{GoneHousehold, Past, Registry, Signal, SignalState};
use bidui_model::Month;

use crate::accounts::AccountInputs;
use crate::case_tables::Place;
use crate::config::Config;
use crate::exit::Fault;
use crate::linking::SealedMonths;
use crate::sealing::{SealedFeed, in_store};

/// By household.
pub(crate) type Left = BTreeMap<String, GoneHousehold>;

/// Where no registry is asked.
pub(crate) static NOBODY_LEFT: Left = Left::new();

/// A registry that was sealed so many months before is still asked.
const MONTHS_BACK: i32 = 24;

/// The registries before a month's, the latest first. A run reads that of the month and the last; the store has those of the months before.
fn earlier<'s>(
    (config, sealed, state): (&'s Config, &'s [SealedMonths], &'s Path),
    month: Month,
) -> impl Iterator<Item = SealedFeed> + 's {
    let (contract, registries) = (&config.contracts[config.registry], &sealed[config.registry]);
    let seal = registries.get(&month).map_or("", |found| found.seal.as_str());
    let found = (1..=MONTHS_BACK).map(move |back| month.plus(-back)).filter_map(move |earlier| {
        registries.get(&earlier).cloned().or_else(|| in_store(state, contract, earlier, seal))
    });
    found.filter(|found| found.problems.is_empty())
}

/// The numbers that this month's registry has for households of the ledger which the last one had under others, by the former: of those who are still there
/// all are in one household, and are most of the former one, and no other household of the ledger went into it; its number is new, or was that of others who
/// are all elsewhere now. Whoever is split, or joins a household that was there, has his case told to the district instead.
pub(crate) fn renumbered(
    (config, registry): (&Config, &Registry),
    (sealed, state): (&[SealedMonths], &Path),
    month: Month,
    of_ledger: &BTreeSet<String>,
) -> Result<BTreeMap<String, String>, Fault> {
    let contract = &config.contracts[config.registry];
    let asked: BTreeSet<&str> = of_ledger.iter().map(String::as_str).collect();
    let last = if asked.is_empty() { None } else { earlier((config, sealed, state), month).next() };
    let Some(last) = last else { return Ok(BTreeMap::new()) };
    let mut known = registry.gone_since(&last.store(), contract, &asked)?;
    // A number that is still there may be other people's now.
    known.retain(|former, gone| !gone.now.contains_key(former) && !gone.now.is_empty());
    let mut now: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (former, gone) in &known {
        if let Some((heir, members)) = gone.heir().filter(|_| gone.now.len() == 1)
            && members * 2 >= gone.members
            && (!asked.contains(heir) || known.contains_key(heir))
        {
            now.entry(heir).or_default().push(former);
        }
    }
    let heirs: BTreeSet<&str> = now.keys().copied().collect();
    let mut were_there = registry.gone_since(&last.store(), contract, &heirs)?;
    were_there.retain(|heir, gone| gone.now.contains_key(heir) || gone.now.is_empty());
    let alone = now.into_iter().filter(|(heir, formers)| formers.len() == 1 && !were_there.contains_key(*heir));
    Ok(alone.map(|(heir, formers)| (formers[0].to_owned(), heir.to_owned())).collect())
}

/// Puts today's numbers (人编号) in the place of those under which members were known when they were verified: a registry may number them anew, so that
/// who was verified would be asked again, and give a number to somebody else, who would be taken for verified.
pub(crate) fn follow_members(
    (config, registry): (&Config, &Registry),
    (sealed, state): (&[SealedMonths], &Path),
    signals: &[Signal],
    past: &mut Past,
) -> Result<(), Fault> {
    let mut asked: BTreeMap<Month, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for signal in signals.iter().filter(|signal| signal.state == SignalState::Live) {
        let (household, rule) = (registry.household_id(signal.household), config.rules[signal.rule].id.as_str());
        let Some(verified) = past.get(household).and_then(|rules| rules.get(rule)) else { continue };
        if !verified.persons.is_empty() && !signal.persons.is_empty() {
            asked.entry(verified.month).or_default().insert((household, rule));
        }
    }
    let (contract, registries) = (&config.contracts[config.registry], &sealed[config.registry]);
    let seal = registries.values().next_back().map_or("", |found| found.seal.as_str());
    for (month, pairs) in asked {
        let known = registries.get(&month).cloned().or_else(|| in_store(state, contract, month, seal));
        let Some(earlier) = known else { continue };
        let verified = pairs.iter().filter_map(|(household, rule)| past.get(*household)?.get(*rule));
        let numbers: BTreeSet<&str> = verified.flat_map(|verified| &verified.persons).map(String::as_str).collect();
        let persons = registry.persons_since(&earlier.store(), contract, &numbers)?;
        for (household, rule) in pairs {
            if let Some(verified) = past.get_mut(household).and_then(|rules| rules.get_mut(rule)) {
                let today = verified.persons.iter().filter_map(|number| match persons.get(number) {
                    Some(person) => person.map(|person| registry.person_no(person).to_owned()),
                    None => Some(number.clone()),
                });
                verified.persons = today.collect();
            }
        }
    }
    Ok(())
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
    for found in earlier((config, sealed, state), *month) {
        if asked.is_empty() {
            break;
        }
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
