//! Links every row of the month: the relation `links` as it goes, the counts of each feed, and who the rows with flaws are.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use bidui_emit::RelationWriter;
use bidui_match::{LinkCounts, Registry, link_feed, link_frame};
use bidui_model::{DataContract, FeedKind, Month};

use crate::config::Config;
use crate::exit::Fault;
use crate::sealing::SealedFeed;
use crate::whose::Whose;

/// "no person".
const NOBODY: u32 = u32::MAX;

/// A feed's months in the store.
pub(crate) type SealedMonths = BTreeMap<Month, SealedFeed>;

/// What linking the month found.
#[derive(Default)]
pub(crate) struct Linked {
    /// By feed.
    pub(crate) counts: BTreeMap<usize, LinkCounts>,
    /// Rows by feed whose ID number agrees and whose name does not: source, row, person.
    pub(crate) names_differ: BTreeMap<usize, Vec<(u32, u32, u32)>>,
    /// By feed: whose row a flawed row is.
    pub(crate) whose: BTreeMap<usize, HashMap<(u32, u32), Whose>>,
}

/// Writes `data/links` and returns the counts. In the order of feeds, files and rows.
pub(crate) fn link_month(
    config: &Config,
    registry: &Registry,
    sealed: &[SealedMonths],
    month: Month,
    data: &Path,
) -> Result<Linked, Fault> {
    let mut linked = Linked::default();
    let mut writer = RelationWriter::create("links", data)?;
    for (feed, months) in sealed.iter().enumerate() {
        let contract = &config.contracts[feed];
        let Some(found) = months.get(&month) else { continue };
        let sources = found.source_names();
        let flawed: HashSet<(u32, u32)> = found.flaws.iter().map(|(source, row, ..)| (*source, *row)).collect();
        let mut whose: HashMap<(u32, u32), Whose> = HashMap::new();
        let mut differ = Vec::new();
        let mut broken = None;
        let counts = link_feed(contract, registry, &found.store(), &mut |batch| {
            let frame = link_frame(&contract.name, batch, &sources, registry)?;
            if broken.is_none() {
                broken = writer.write(&frame).err();
            }
            for at in 0..batch.row.len() {
                let (place, person) = ((batch.source[at], batch.row[at]), batch.person[at]);
                if flawed.contains(&place) {
                    let linked = (person != NOBODY).then_some(person);
                    whose
                        .entry(place)
                        .and_modify(|whose| *whose = whose.and(linked, |person| registry.household_of(person)))
                        .or_insert(Whose::of(linked));
                }
                if batch.name_differs[at] {
                    differ.push((place.0, place.1, person));
                }
            }
            Ok(())
        })?;
        if let Some(error) = broken {
            return Err(error.into());
        }
        linked.counts.insert(feed, counts);
        linked.names_differ.insert(feed, differ);
        linked.whose.insert(feed, whose);
    }
    writer.finish()?;
    Ok(linked)
}

/// What a guard asks of a month's links.
#[derive(Clone, Debug, Default)]
pub(crate) struct MonthLinks {
    pub(crate) counts: LinkCounts,
    /// Linked rows by town, for snapshots of persons: one town's part may be missing from a list that is long enough in all.
    pub(crate) by_town: BTreeMap<String, u64>,
}

/// Links of every month of the feeds whose guard asks for them.
pub(crate) fn link_rates(
    config: &Config,
    registry: &Registry,
    sealed: &[SealedMonths],
    month: Month,
) -> Result<Vec<BTreeMap<Month, MonthLinks>>, Fault> {
    let mut all = Vec::new();
    for (feed, months) in sealed.iter().enumerate() {
        let contract = &config.contracts[feed];
        let mut rates = BTreeMap::new();
        let is_counted_by_town = contract.kind != FeedKind::Events && contract.guard.rows_vs_previous.is_some();
        if contract.guard.link_rate_min.is_some() || is_counted_by_town {
            for (each, found) in months.range(..=month) {
                rates.insert(*each, month_links(contract, registry, found)?);
            }
        }
        all.push(rates);
    }
    Ok(all)
}

fn month_links(contract: &DataContract, registry: &Registry, found: &SealedFeed) -> Result<MonthLinks, Fault> {
    if contract.kind == FeedKind::Registry {
        // Another month's registry is counted by its own villages: a town that is missing today could not be found in today's.
        return Ok(MonthLinks { counts: LinkCounts::default(), by_town: found.store().rows_by_town("village")? });
    }
    let mut towns: HashMap<&str, u64> = HashMap::new();
    let counts = link_feed(contract, registry, &found.store(), &mut |batch| {
        for person in batch.person.iter().filter(|person| **person != NOBODY) {
            *towns.entry(registry.word("town_code", *person)).or_default() += 1;
        }
        Ok(())
    })?;
    let by_town =
        towns.into_iter().filter(|(town, _)| !town.is_empty()).map(|(town, rows)| (town.to_owned(), rows)).collect();
    Ok(MonthLinks { counts, by_town })
}
