//! Everything that a run rests on, sealed: the registry of the month first, since what is looked at closer in the other extracts depends on
//! whom it has; then all the others side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use bidui_ingest::ReadOptions;
use bidui_match::Registry;
use bidui_model::{FeedKind, Month};
use bidui_normalize::{
    FeedSealer, LadderKeys, ListTags, MasterKey, NameSounds, PersonReader, Roll, SealKeys, WatchSetting,
};

use crate::config::Config;
use crate::exit::Fault;
use crate::inputs::read_steady;
use crate::linking::SealedMonths;
use crate::months::{self, Inbox};
use crate::progress::Progress;
use crate::roster::RegistryRoster;
use crate::run::Folders;
use crate::seal_work::{Work, bytes_of, seal_all};
use crate::sealing::{self, Fresh, SealedFeed, SealingContext};

/// What rows are sealed and compared under.
pub(crate) struct Keys {
    pub(crate) seal: SealKeys,
    pub(crate) ladder: LadderKeys,
    pub(crate) sounds: NameSounds,
    pub(crate) list_tags: Arc<ListTags>,
}

impl Keys {
    pub(crate) fn derive(master: &MasterKey, config: &Config) -> Self {
        let hash = config.settings.hash;
        Self {
            seal: SealKeys::derive(master, hash),
            ladder: LadderKeys::derive(master, hash, &config.ladder),
            sounds: NameSounds::new(&config.ladder.variants),
            list_tags: Arc::new(ListTags::derive(master, hash)),
        }
    }
}

/// What a sealing needs.
pub(crate) struct SealMonth<'a> {
    pub(crate) config: &'a Config,
    pub(crate) folders: &'a Folders,
    pub(crate) inbox: &'a Inbox,
    pub(crate) keys: &'a Keys,
    pub(crate) month: Month,
}

/// What came of it.
pub(crate) struct Sealed {
    pub(crate) sealed: Vec<SealedMonths>,
    pub(crate) registry: Registry,
    /// The registry's persons as its extract names them.
    pub(crate) roll: Roll,
    /// Of the feeds that were sealed just now.
    pub(crate) fresh: Vec<(usize, Month, Fresh)>,
}

/// Seals whatever is not sealed yet.
pub(crate) fn seal_month(task: &SealMonth<'_>, progress: &Progress) -> Result<Sealed, Fault> {
    let (config, month) = (task.config, task.month);
    let digest = config.gazetteer_digest();
    let watch = before_the_registry(task);
    let context = context(task, &digest, watch);
    let work = months::work(task.inbox, config, month);
    let bar = progress.steps("读取并封存", bytes_of(&task.folders.inbox, &work));
    let seal = |context: &SealingContext<'_>, work: Vec<Work>| {
        seal_all(context, &config.contracts, &config.contract_digests, work, &|bytes| bar.inc(bytes))
    };
    let (registries, others): (Vec<Work>, Vec<Work>) =
        work.into_iter().partition(|(feed, ..)| config.contracts[*feed].kind == FeedKind::Registry);
    let mut sealed: Vec<SealedMonths> = vec![BTreeMap::new(); config.contracts.len()];
    let mut roll = None;
    for (feed, each, found, fresh) in seal(&context, registries)? {
        if each == month {
            roll = fresh.and_then(|fresh| fresh.roll);
        }
        sealed[feed].insert(each, found);
    }
    let registry = load_registry(config, &sealed, month)?;
    let roll = match roll {
        Some(roll) => roll,
        None => read_roll(task, watch, &sealed[config.registry][&month])?,
    };
    let done = {
        let reader = PersonReader::of_columns(&config.gazetteer, &task.keys.sounds, &config.ladder.placeholders);
        let roster = RegistryRoster::new(&registry, &roll, &reader);
        let watch = WatchSetting { roster: Some(&roster), ..watch };
        let of_month = (month, sealed[config.registry][&month].digest.as_str());
        seal(&SealingContext { watch, registry: Some(of_month), ..context }, others)?
    };
    let mut fresh = Vec::new();
    for (feed, each, found, of_feed) in done {
        sealed[feed].insert(each, found);
        fresh.extend(of_feed.map(|of_feed| (feed, each, of_feed)));
    }
    for (feed, each) in months::history_only(task.inbox, config, month) {
        if let Some(found) = sealing::from_store(&context, &config.contracts[feed], each) {
            sealed[feed].insert(each, found);
        }
    }
    Ok(Sealed { sealed, registry, roll, fresh })
}

/// What rows are watched for while it is not known yet whom the registry has.
fn before_the_registry<'a>(task: &SealMonth<'a>) -> WatchSetting<'a> {
    WatchSetting {
        month: task.month,
        keys: &task.keys.ladder,
        sounds: &task.keys.sounds,
        placeholders: &task.config.ladder.placeholders,
        roster: None,
    }
}

/// The registry alone, and what it was sealed from; sealed anew if its extract is not the one that was.
pub(crate) fn registry_of_month(task: &SealMonth<'_>) -> Result<(SealedFeed, Registry), Fault> {
    let (config, month) = (task.config, task.month);
    let digest = config.gazetteer_digest();
    let context = context(task, &digest, before_the_registry(task));
    let is_it = |(feed, each, _): &Work| *feed == config.registry && *each == month;
    let work = months::work(task.inbox, config, month).into_iter().filter(is_it).collect();
    let mut sealed: Vec<SealedMonths> = vec![BTreeMap::new(); config.contracts.len()];
    for (feed, each, found, _) in seal_all(&context, &config.contracts, &config.contract_digests, work, &|_| ())? {
        sealed[feed].insert(each, found);
    }
    let registry = load_registry(config, &sealed, month)?;
    let found = sealed[config.registry].remove(&month).unwrap_or_default();
    Ok((found, registry))
}

fn context<'a>(task: &SealMonth<'a>, gazetteer_digest: &'a str, watch: WatchSetting<'a>) -> SealingContext<'a> {
    let config = task.config;
    SealingContext {
        inbox: &task.folders.inbox,
        state: &task.folders.state,
        keys: &task.keys.seal,
        gazetteer: &config.gazetteer,
        gazetteer_digest,
        watch,
        ladder: &config.ladder,
        linkage_digest: config.linkage_digest(),
        registry: None,
        weighs: config.link_model.is_some(),
    }
}

/// The registry of the month; without it there is nothing to run.
fn load_registry(config: &Config, sealed: &[SealedMonths], month: Month) -> Result<Registry, Fault> {
    let contract = &config.contracts[config.registry];
    let found = sealed[config.registry].get(&month).ok_or_else(|| {
        Fault::data(format!(
            "{}没有底册《{}》，无法运行；请放入 {}",
            month.in_chinese(),
            contract.name,
            contract.files.join(" 或 ")
        ))
    })?;
    if !found.problems.is_empty() {
        return Err(Fault::data(format!("底册读不出来，无法运行：\n  {}", found.problems.join("\n  "))));
    }
    if found.kept == 0 {
        return Err(Fault::data(format!("底册《{}》没有一行有效数据，无法运行", contract.name)));
    }
    Ok(Registry::load(&found.store(), contract)?)
}

/// The persons of a registry that was sealed in an earlier run, read again from its extract.
fn read_roll(task: &SealMonth<'_>, watch: WatchSetting<'_>, sealed: &SealedFeed) -> Result<Roll, Fault> {
    let config = task.config;
    let contract = &config.contracts[config.registry];
    let mut sealer = FeedSealer::new(contract, &task.keys.seal, &config.gazetteer, task.month).watched(watch);
    let folder = task.folders.inbox.join(task.month.to_string());
    let mut sources = 0;
    for (input, before) in sealed.inputs.iter().zip(&sealed.stamps) {
        let options = ReadOptions { first_source: sources, ..ReadOptions::default() };
        let path = folder.join(&input.file);
        let report = read_steady(&path, &input.file, before, contract, &options, &mut |chunk| sealer.enrol(&chunk));
        sources += report.map_err(|problem| Fault::data(problem.to_string()))?.sources.len() as u32;
    }
    Ok(sealer.finish().roll.unwrap_or_default())
}
