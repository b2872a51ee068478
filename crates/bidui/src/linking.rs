//! Links every row of the month: the relation `links` as it goes, the counts of each feed, and who the rows with flaws are.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use bidui_match::{Aliases, Denied, Finding, LinkBatch, LinkCounts, LinkTask, Links, Registry, link_frame};
use bidui_model::{DataContract, FeedKind, LinkClass, Month, NameToken, UnlinkedReason};
use polars::prelude::DataFrame;
use rayon::prelude::*;

use crate::config::Config;
use crate::exit::Fault;
use crate::ladder::LadderFound;
use crate::links::LinksWriter;
use crate::sealing::SealedFeed;
use crate::tried;
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
    /// By feed, of the last month before this one that was linked too.
    pub(crate) before: BTreeMap<usize, LinkCounts>,
    /// Rows by feed whose ID number agrees and whose name does not.
    pub(crate) names_differ: BTreeMap<usize, Vec<OtherNamed>>,
    /// By feed and class: linked rows whose number is whole, the registry's being at fault.
    pub(crate) registry_number: BTreeMap<(usize, LinkClass), u64>,
    /// By feed: rows that somebody must decide about.
    pub(crate) review: BTreeMap<usize, Vec<ReviewRow>>,
    /// By feed: whose row a flawed row is.
    pub(crate) whose: BTreeMap<usize, HashMap<(u32, u32), Whose>>,
    /// What the lists ask of the relation `links`.
    pub(crate) for_lists: Option<DataFrame>,
}

/// A row whose ID number is a person's and whose name is not his.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OtherNamed {
    pub(crate) source: u32,
    pub(crate) row: u32,
    pub(crate) person: u32,
    pub(crate) name: NameToken,
}

/// A row that somebody must decide about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReviewRow {
    pub(crate) source: u32,
    pub(crate) row: u32,
    /// Its number among the feed's loose rows, from 1.
    pub(crate) loose: u32,
    pub(crate) reason: UnlinkedReason,
    /// Whose number it has.
    pub(crate) owner: Option<u32>,
}

/// Links every month that the lists, the guards or a fact may ask for. What is noted of it lies in a file without a name in the state
/// folder, and is gone when the run ends.
pub(crate) fn link_all(
    config: &Config,
    registry: &Registry,
    sealed: &[SealedMonths],
    (mut findings, denied): (BTreeMap<(usize, Month), Vec<Finding>>, &Denied<'_>),
    month: Month,
    state: &Path,
) -> Result<Links, Fault> {
    let mut tasks = Vec::new();
    for (feed, months) in sealed.iter().enumerate() {
        let contract = &config.contracts[feed];
        let has_facts = config.facts.iter().any(|fact| fact.feed == feed);
        let by_town = is_counted_by_town(contract);
        for (each, found) in months.range(..=month) {
            let is_asked = has_facts || by_town || contract.guard.link_rate_min.is_some();
            // Of the registry's months only this one's rows are persons of it.
            if *each == month || (is_asked && contract.kind != FeedKind::Registry) {
                let findings = findings.remove(&(feed, *each)).unwrap_or_default();
                tasks.push(LinkTask { feed, contract, month: *each, file: found.store(), by_town, findings });
            }
        }
    }
    let aliases = if config.ladder.alias { aliases(config, registry, sealed, month)? } else { Aliases::default() };
    Ok(Links::make(registry, tasks, &aliases, denied, tempfile::tempfile_in(state)?)?)
}

/// Numbers under which earlier registries knew persons of this one; a later registry's word goes before an earlier one's.
fn aliases(config: &Config, registry: &Registry, sealed: &[SealedMonths], month: Month) -> Result<Aliases, Fault> {
    let mut aliases = Aliases::default();
    for (_, found) in sealed[config.registry].range(..month).filter(|(_, found)| found.problems.is_empty()) {
        aliases.extend(registry.aliases(&found.store(), &config.contracts[config.registry])?);
    }
    Ok(aliases)
}

fn is_counted_by_town(contract: &DataContract) -> bool {
    contract.kind != FeedKind::Events && contract.guard.rows_vs_previous.is_some()
}

/// What the relation `links` is made of.
pub(crate) struct LinkMonth<'a> {
    pub(crate) config: &'a Config,
    pub(crate) registry: &'a Registry,
    pub(crate) sealed: &'a [SealedMonths],
    pub(crate) links: &'a Links,
    pub(crate) ladder: &'a LadderFound,
    pub(crate) month: Month,
    pub(crate) data: &'a Path,
}

/// Writes `data/links` and returns what it showed. In the order of feeds, files and rows.
pub(crate) fn link_month(task: &LinkMonth<'_>) -> Result<Linked, Fault> {
    let LinkMonth { config, registry, sealed, links, ladder, month, data } = *task;
    let mut linked = Linked::default();
    for (feed, months) in sealed.iter().enumerate() {
        linked.counts.extend(links.counts(feed, month).map(|counts| (feed, counts)));
        let before = months.range(..month).next_back().and_then(|(before, _)| links.counts(feed, *before));
        linked.before.extend(before.map(|counts| (feed, counts)));
    }
    let rows: u64 = linked.counts.values().map(|counts| counts.rows).sum();
    let mut writer = LinksWriter::create(config, rows, data)?;
    for (feed, months) in sealed.iter().enumerate() {
        let Some(found) = months.get(&month) else { continue };
        let sources = found.source_names();
        let mut persons = FeedPersons::of(found);
        let mut broken = None;
        links.visit(feed, month, &mut |batch| {
            let name = &config.contracts[feed].name;
            let findings = links.findings(feed, month);
            let mut frame = link_frame(name, batch, &sources, registry, &config.ladder, findings)?;
            if broken.is_none() {
                let added = tried::add_columns(&mut frame, &batch.loose, config, ladder, (feed, findings));
                broken = added.map_err(Fault::from).and_then(|()| writer.write(&frame)).err();
            }
            persons.add(batch, registry);
            Ok(())
        })?;
        if let Some(error) = broken {
            return Err(error);
        }
        linked.names_differ.insert(feed, persons.differ);
        linked.review.insert(feed, persons.review);
        let at_fault = persons.registry_number.into_iter().map(|(class, rows)| ((feed, class), rows));
        linked.registry_number.extend(at_fault);
        linked.whose.insert(feed, persons.whose);
    }
    linked.for_lists = writer.finish()?;
    Ok(linked)
}

/// Whose the rows of a feed are that somebody must look at.
struct FeedPersons {
    flawed: HashSet<(u32, u32)>,
    whose: HashMap<(u32, u32), Whose>,
    differ: Vec<OtherNamed>,
    review: Vec<ReviewRow>,
    registry_number: BTreeMap<LinkClass, u64>,
}

impl FeedPersons {
    fn of(found: &SealedFeed) -> Self {
        let flawed = found.flaws.iter().map(|(source, row, ..)| (*source, *row)).collect();
        Self { flawed, whose: HashMap::new(), differ: Vec::new(), review: Vec::new(), registry_number: BTreeMap::new() }
    }

    fn add(&mut self, batch: &LinkBatch, registry: &Registry) {
        for at in 0..batch.row.len() {
            let (place, person) = ((batch.source[at], batch.row[at]), batch.person[at]);
            if !self.flawed.is_empty() && self.flawed.contains(&place) {
                let linked = (person != NOBODY).then_some(person);
                self.whose
                    .entry(place)
                    .and_modify(|whose| *whose = whose.and(linked, |person| registry.household_of(person)))
                    .or_insert(Whose::of(linked));
            }
            if batch.name_differs[at] {
                let name = batch.other_names.get(&at).copied().unwrap_or(NameToken::NONE);
                self.differ.push(OtherNamed { source: place.0, row: place.1, person, name });
            }
            if batch.reason[at] == Some(UnlinkedReason::RegistryNumber) {
                *self.registry_number.entry(batch.class[at]).or_default() += 1;
            }
            if batch.class[at] == LinkClass::Review
                && let (Some(loose), Some(reason)) = (batch.loose.get(at), batch.reason[at])
            {
                let owner = Some(batch.owner[at]).filter(|owner| *owner != NOBODY);
                self.review.push(ReviewRow { source: place.0, row: place.1, loose: *loose, reason, owner });
            }
        }
    }
}

/// What a guard asks of a month's links.
#[derive(Clone, Debug, Default)]
pub(crate) struct MonthLinks {
    pub(crate) counts: LinkCounts,
    /// Linked rows by town, for snapshots of persons: one town's part may be missing from a list that is long enough in all.
    pub(crate) by_town: BTreeMap<String, u64>,
}

/// What the guards ask of every month of the feeds.
pub(crate) fn link_rates(
    config: &Config,
    sealed: &[SealedMonths],
    links: &Links,
    month: Month,
) -> Result<Vec<BTreeMap<Month, MonthLinks>>, Fault> {
    let of_feed = |(feed, months): (usize, &SealedMonths)| -> Result<BTreeMap<Month, MonthLinks>, Fault> {
        if config.contracts[feed].kind == FeedKind::Registry {
            return registry_months(months, month);
        }
        let found = months.range(..=month).filter_map(|(each, _)| {
            let counts = links.counts(feed, *each)?;
            Some((*each, MonthLinks { counts, by_town: links.by_town(feed, *each).cloned().unwrap_or_default() }))
        });
        Ok(found.collect())
    };
    sealed.iter().enumerate().map(of_feed).collect()
}

/// Another month's registry is counted by its own villages: a town that is missing today could not be found in today's.
fn registry_months(months: &SealedMonths, month: Month) -> Result<BTreeMap<Month, MonthLinks>, Fault> {
    let months: Vec<(&Month, &SealedFeed)> = months.range(..=month).collect();
    months
        .into_par_iter()
        .map(|(each, found)| {
            let by_town = found.store().rows_by_town("village")?;
            Ok((*each, MonthLinks { counts: LinkCounts::default(), by_town }))
        })
        .collect()
}
