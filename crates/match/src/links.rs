//! Every row of a run linked once: in one pass over the tokens of all feeds and months, kept outside memory at four bytes a row for all
//! that comes after it. Only numbers of the registry's rows are kept, no token.

use std::collections::BTreeMap;
use std::fs::File;

use bidui_model::{DataContract, FeedKind, LinkBy, LinkClass, Month, NameToken, Token, UnlinkedReason};
use polars::prelude::*;
use rayon::prelude::*;

use crate::bits::Bits;
use crate::error::MatchError;
use crate::finding::{Candidate, Finding};
use crate::link::{Beside, Denied, LinkCounts, MOST, RowLink, link_columns, link_rows};
use crate::registry::{NOBODY, Registry, RegistryColumn};
use crate::registry_before::Aliases;
use crate::spool::{Place, Spool};
use crate::store::{LOOSE, ROW, SOURCE};
use crate::store_file::{OpenStore, StoreFile, wholes};

/// A feed's month to be linked.
pub struct LinkTask<'a> {
    /// Place among the contracts.
    pub feed: usize,
    pub contract: &'a DataContract,
    /// Of the registry's feed this must be the registry's own month.
    pub month: Month,
    pub file: StoreFile,
    /// Whether to count linked rows by town.
    pub by_town: bool,
    /// What the ladder found for the feed's loose rows, by their numbers.
    pub findings: Vec<Finding>,
}

/// The links of a run.
pub struct Links {
    months: BTreeMap<(usize, Month), LinkedMonth>,
    pub(crate) spool: Spool,
}

struct LinkedMonth {
    findings: Vec<Finding>,
    counts: LinkCounts,
    by_town: BTreeMap<String, u64>,
    store: OpenStore,
    /// The column of names of rows about persons.
    name: Option<String>,
    /// Where each batch's links lie.
    batches: Vec<Place>,
}

/// Links of a batch of rows, in file order. `loose` is empty where no row is.
#[derive(Debug, Default)]
pub struct LinkBatch {
    pub source: Vec<u32>,
    pub row: Vec<u32>,
    pub class: Vec<LinkClass>,
    pub reason: Vec<Option<UnlinkedReason>>,
    /// The registry's row, or `u32::MAX`.
    pub person: Vec<u32>,
    /// Both the row and the registry have a name, and the two differ.
    pub name_differs: Vec<bool>,
    /// The row's number among the feed's loose rows, from 1; 0 for others.
    pub loose: Vec<u32>,
    /// Of a row that somebody must decide about, whose number it has; `u32::MAX` for none.
    pub owner: Vec<u32>,
    /// The names of rows whose name differs, by their places in the batch.
    pub other_names: BTreeMap<usize, NameToken>,
}

/// A batch that has been linked.
struct Piece {
    task: usize,
    place: Place,
    counts: LinkCounts,
    /// Rows by the place of their town among the registry's words.
    towns: Vec<u64>,
}

impl Links {
    /// Links every row of every task. `aliases` are numbers under which an earlier registry knew a person; `spool` is an empty file that
    /// nobody else uses.
    pub fn make(
        registry: &Registry,
        tasks: Vec<LinkTask<'_>>,
        aliases: &Aliases,
        denied: &Denied<'_>,
        spool: File,
    ) -> Result<Self, MatchError> {
        let most = registry.persons().max(registry.villages.names.len()).max(registry.hamlets.names.len());
        if most > MOST {
            return Err(MatchError::TooMany(most));
        }
        let spool = Spool::new(spool);
        let stores: Result<Vec<OpenStore>, MatchError> = tasks.par_iter().map(|task| task.file.open()).collect();
        let stores = stores?;
        let batches: Vec<(usize, usize)> = stores
            .iter()
            .enumerate()
            .flat_map(|(task, store)| (0..store.batches().len()).map(move |batch| (task, batch)))
            .collect();
        let pieces: Result<Vec<Piece>, MatchError> = batches
            .into_par_iter()
            .with_max_len(1)
            .map(|(task, batch)| {
                let links = link_one(&tasks[task], registry, (aliases, denied), &stores[task], batch)?;
                let bytes: Vec<[u8; 4]> = links.iter().map(|link| link.to_bytes()).collect();
                let towns = if tasks[task].by_town { rows_by_town(registry, &links) } else { Vec::new() };
                Ok(Piece { task, place: spool.append(bytes.as_flattened())?, counts: LinkCounts::of(&links), towns })
            })
            .collect();
        let mut months: Vec<LinkedMonth> = stores
            .into_iter()
            .map(|store| LinkedMonth {
                findings: Vec::new(),
                counts: LinkCounts::default(),
                by_town: BTreeMap::new(),
                store,
                name: None,
                batches: Vec::new(),
            })
            .collect();
        // In the order of tasks and batches.
        for piece in pieces? {
            let month = &mut months[piece.task];
            month.counts.add(&piece.counts);
            month.batches.push(piece.place);
            for (town, rows) in named_towns(registry, &piece.towns) {
                *month.by_town.entry(town.to_owned()).or_default() += rows;
            }
        }
        let named = |(task, mut month): (LinkTask<'_>, LinkedMonth)| {
            month.findings = task.findings;
            month.name = match &task.contract.link {
                LinkBy::Person { name: Some(name), .. } => Some(format!("{name}#name")),
                _ => None,
            };
            ((task.feed, task.month), month)
        };
        Ok(Self { months: tasks.into_iter().zip(months).map(named).collect(), spool })
    }

    /// Counts of a feed's month; `None` if it was not linked.
    #[must_use]
    pub fn counts(&self, feed: usize, month: Month) -> Option<LinkCounts> {
        self.months.get(&(feed, month)).map(|found| found.counts)
    }

    /// What the ladder found for a feed's loose rows, by their numbers.
    #[must_use]
    pub fn findings(&self, feed: usize, month: Month) -> &[Finding] {
        self.months.get(&(feed, month)).map_or(&[], |found| &found.findings)
    }

    /// What a row's link rests on, if it was the ladder that made it.
    #[must_use]
    pub fn basis(&self, feed: usize, month: Month, loose: u32, class: LinkClass) -> Option<&Candidate> {
        let place = (loose as usize).checked_sub(1)?;
        match self.findings(feed, month).get(place)? {
            Finding::Linked(of, candidate) if *of == class => Some(candidate),
            _ => None,
        }
    }

    /// Linked rows by town, where the task asked for them.
    #[must_use]
    pub fn by_town(&self, feed: usize, month: Month) -> Option<&BTreeMap<String, u64>> {
        self.months.get(&(feed, month)).map(|found| &found.by_town)
    }

    /// Calls `visit` with every batch of a feed's month, in file order.
    pub fn visit(
        &self,
        feed: usize,
        month: Month,
        visit: &mut dyn FnMut(&LinkBatch) -> Result<(), MatchError>,
    ) -> Result<(), MatchError> {
        let Some(store) = self.store(feed, month) else {
            return Ok(());
        };
        for batch in 0..store.batches().len() {
            let links = self.batch(feed, month, batch)?;
            let (source, row) = origins(store, batch)?;
            let numbers = if self.findings(feed, month).is_empty() { Vec::new() } else { loose_numbers(store, batch)? };
            // Of a row that was linked although its number is nobody's, that the registry is at fault.
            let at_fault = |at: usize, link: RowLink| {
                let basis = self.basis(feed, month, numbers.get(at).copied().unwrap_or(0), link.class());
                basis.filter(|basis| basis.registry_number).map(|_| UnlinkedReason::RegistryNumber)
            };
            let name_differs: Vec<bool> = links.iter().map(|link| link.name_differs()).collect();
            let other_names = self.other_names(feed, month, batch, &name_differs)?;
            visit(&LinkBatch {
                other_names,
                source,
                row,
                loose: numbers.clone(),
                class: links.iter().map(|link| link.class()).collect(),
                reason: links
                    .iter()
                    .enumerate()
                    .map(|(at, link)| link.reason().or_else(|| at_fault(at, *link)))
                    .collect(),
                person: links.iter().map(|link| link.person()).collect(),
                name_differs,
                owner: links.iter().map(|link| link.owner()).collect(),
            })?;
        }
        Ok(())
    }

    fn other_names(
        &self,
        feed: usize,
        month: Month,
        batch: usize,
        differ: &[bool],
    ) -> Result<BTreeMap<usize, NameToken>, MatchError> {
        let column = self.months.get(&(feed, month)).and_then(|found| Some((&found.store, found.name.clone()?)));
        let Some((store, column)) = column.filter(|_| differ.contains(&true)) else { return Ok(BTreeMap::new()) };
        let frame = store.read(batch, std::slice::from_ref(&column))?;
        let names = frame.column(&column).and_then(|names| Ok(wholes(names.u64()?).into_owned()));
        let names = names.map_err(|source| MatchError::Compute { what: "姓名".to_owned(), source })?;
        let places = differ.iter().enumerate().filter(|(_, differs)| **differs);
        Ok(places.map(|(at, _)| (at, NameToken(names[at]))).collect())
    }

    /// The opened file of a feed's month.
    pub(crate) fn store(&self, feed: usize, month: Month) -> Option<&OpenStore> {
        self.months.get(&(feed, month)).map(|found| &found.store)
    }

    /// The links of one batch.
    pub(crate) fn batch(&self, feed: usize, month: Month, batch: usize) -> Result<Vec<RowLink>, MatchError> {
        let Some(found) = self.months.get(&(feed, month)) else {
            return Ok(Vec::new());
        };
        let bytes = self.spool.read(found.batches[batch], 4 * found.store.batches()[batch].1)?;
        let (links, _) = bytes.as_chunks::<4>();
        Ok(links.iter().map(|bytes| RowLink::from_bytes(*bytes)).collect())
    }
}

/// Source and row of each row of a batch.
pub(crate) fn origins(store: &OpenStore, batch: usize) -> Result<(Vec<u32>, Vec<u32>), MatchError> {
    let frame = store.read(batch, &[SOURCE.to_owned(), ROW.to_owned()])?;
    let whole = |name: &str| -> PolarsResult<Vec<u32>> { Ok(wholes(frame.column(name)?.u32()?).into_owned()) };
    let both = whole(SOURCE).and_then(|source| Ok((source, whole(ROW)?)));
    both.map_err(|source| MatchError::Compute { what: "来源".to_owned(), source })
}

/// Persons who stand in an extract under their own number.
pub struct Numbered(Bits);

impl Numbered {
    /// Reads the numbers of a file of the store, of a feed about persons.
    pub fn of(registry: &Registry, file: &StoreFile, contract: &DataContract) -> Result<Self, MatchError> {
        let mut found = Bits::none(registry.persons());
        let LinkBy::Person { id, .. } = &contract.link else { return Ok(Self(found)) };
        let store = file.open()?;
        let columns = [format!("{id}#hi"), format!("{id}#lo")];
        for batch in 0..store.batches().len() {
            let frame = store.read(batch, &columns)?;
            let both = frame.column(&columns[0]).and_then(|high| Ok((high.u64()?, frame.column(&columns[1])?.u64()?)));
            let (high, low) = both.map_err(|source| MatchError::Compute { what: contract.name.clone(), source })?;
            let (high, low) = (wholes(high), wholes(low));
            let token = |at: usize| Token(u128::from(high[at]) << 64 | u128::from(low[at]));
            let persons = registry.find_many(high.len(), token).into_iter().filter(|person| *person != NOBODY);
            persons.for_each(|person| found.set(person as usize));
        }
        Ok(Self(found))
    }
    #[must_use]
    pub fn has(&self, person: u32) -> bool {
        self.0.get(person as usize)
    }
    #[must_use]
    pub fn persons(&self) -> usize {
        self.0.ones().count()
    }
}

/// The number of each row of a batch among the loose ones.
fn loose_numbers(store: &OpenStore, batch: usize) -> Result<Vec<u32>, MatchError> {
    let frame = store.read(batch, &[LOOSE.to_owned()])?;
    let numbers = frame.column(LOOSE).and_then(|column| Ok(wholes(column.u32()?).into_owned()));
    numbers.map_err(|source| MatchError::Compute { what: "待认定的行".to_owned(), source })
}

fn link_one(
    task: &LinkTask<'_>,
    registry: &Registry,
    (aliases, denied): (&Aliases, &Denied<'_>),
    store: &OpenStore,
    batch: usize,
) -> Result<Vec<RowLink>, MatchError> {
    if task.contract.kind == FeedKind::Registry {
        let (first, rows) = store.batches()[batch];
        return Ok((first..first + rows).map(|row| RowLink::himself(registry.of_stored_row(row))).collect());
    }
    let frame = store.read(batch, &link_columns(task.contract))?;
    link_rows(task.contract, registry, &frame, Beside { aliases, findings: &task.findings, denied })
        .map_err(|source| MatchError::Compute { what: task.contract.name.clone(), source })
}

fn rows_by_town(registry: &Registry, links: &[RowLink]) -> Vec<u64> {
    let Some(RegistryColumn::Words { codes, words }) = registry.columns.get("town_code") else {
        return Vec::new();
    };
    let mut towns = vec![0; words.len()];
    for person in links.iter().map(|link| link.person()).filter(|person| *person != NOBODY) {
        towns[codes[person as usize] as usize] += 1;
    }
    towns
}

fn named_towns<'a>(registry: &'a Registry, towns: &'a [u64]) -> impl Iterator<Item = (&'a str, u64)> {
    let words = match registry.columns.get("town_code") {
        Some(RegistryColumn::Words { words, .. }) => words.as_slice(),
        _ => &[],
    };
    let named = words.iter().map(String::as_str).zip(towns.iter().copied());
    named.filter(|(town, rows)| !town.is_empty() && *rows > 0)
}
