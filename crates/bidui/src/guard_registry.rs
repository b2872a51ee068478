//! Whether the registry itself is wrong. It says who is who, so that a column of it that slipped by a row makes every other extract
//! look wrong, and nothing may be published.

use std::collections::{BTreeMap, BTreeSet};

use bidui_match::{FeedHistory, Registry};
use bidui_model::{FeedKind, LinkBy, Month};

use crate::config::Config;
use crate::exit::Fault;
use crate::guard::names_disagree;
use crate::linking::{MonthLinks, SealedMonths};

/// Fewer than this say nothing of a registry.
const FEW: u64 = 5;

/// Fewer extracts than this do not outvote the registry.
const FEW_FEEDS: usize = 3;

/// More than one in twenty, and not just a few.
fn is_many(count: u64, all: u64) -> bool {
    count >= FEW && count * 20 > all
}

/// Stops the run where the registry is at fault.
pub(crate) fn refuse(
    config: &Config,
    registry: &Registry,
    sealed: &[SealedMonths],
    rates: &[BTreeMap<Month, MonthLinks>],
    history: &FeedHistory,
    month: Month,
) -> Result<(), Fault> {
    let Some(found) = sealed[config.registry].get(&month) else { return Ok(()) };
    let mut lines: Vec<String> = people_twice(registry).into_iter().chain(torn_apart(registry)).collect();
    // The names' other side: a word of the extracts, and one of the registry of the month before.
    lines.extend(outvoted(config, sealed, rates, month));
    let contract = &config.contracts[config.registry];
    if let Some((before, store)) = history.good.range(..month).next_back() {
        lines.extend(changed(registry.changed_since(store, contract)?, *before));
    }
    if lines.is_empty() {
        return Ok(());
    }
    Err(Fault::data(format!("底册{}有误，未发布任何清单：\n  {}", found.files_in_words(), lines.join("\n  "))))
}

/// One ID number on two rows is a person in two households; on many, it is a list that stands there twice.
fn people_twice(registry: &Registry) -> Option<String> {
    let twice = registry.doubles().count() as u64;
    is_many(twice, registry.persons() as u64).then(|| {
        format!("有{twice}行的证件号码在底册中已经出现过；请核对是否有两份底册、同一户是否报了两遍，每人只留一行")
    })
}

/// One household in two villages is a slip; many are a column that slipped.
fn torn_apart(registry: &Registry) -> Option<String> {
    let members = registry.members_elsewhere();
    let households: BTreeSet<u32> = members.iter().filter_map(|(.., person)| registry.household_of(*person)).collect();
    let torn = households.len() as u64;
    is_many(torn, registry.households() as u64).then(|| {
        let all = registry.households();
        format!("{all}户中有{torn}户的成员登记在不同的村；请核对户编号、行政村两列是否错行")
    })
}

/// Extracts of many departments whose names are not the registry's: they are not all wrong at once.
fn outvoted(
    config: &Config,
    sealed: &[SealedMonths],
    rates: &[BTreeMap<Month, MonthLinks>],
    month: Month,
) -> Option<String> {
    let (mut asked, mut against) = (0, Vec::new());
    for (feed, contract) in config.contracts.iter().enumerate() {
        let has_names = matches!(&contract.link, LinkBy::Person { name: Some(_), .. });
        let (found, links) = (sealed[feed].get(&month), rates[feed].get(&month));
        let (Some(found), Some(links)) = (found, links) else { continue };
        if contract.kind == FeedKind::Registry || !has_names || links.counts.linked_or_owned() < FEW {
            continue;
        }
        asked += 1;
        if names_disagree(contract, found, Some(links)).is_some() {
            against.push(format!("《{}》", contract.name));
        }
    }
    (against.len() >= FEW_FEEDS && against.len() * 2 >= asked).then(|| {
        let (count, names) = (against.len(), against.join("、"));
        format!(
            "{asked}份数据中有{count}份的姓名与底册不符（{names}）；请核对底册的证件号码、姓名两列是否错行、单独排过序"
        )
    })
}

/// What most people keep from month to month.
fn changed(change: bidui_match::RegistryChange, before: Month) -> Vec<String> {
    let all = change.both;
    let line = |(count, what): (u64, &str)| {
        let since = format!("与{}的底册相比，{all}人中有{count}人", before.in_chinese());
        is_many(count, all).then(|| format!("{since}{what}是否错行；若是那个月的底册错了，请更正那份后重新运行"))
    };
    let found = [
        (change.names, "证件号码相同而姓名不同；请核对证件号码、姓名两列"),
        (change.households, "与原来的同户成员不在一户；请核对户编号列"),
        (change.villages, "与原来的同村人不在一村；请核对行政村列"),
    ];
    found.into_iter().filter_map(line).collect()
}
