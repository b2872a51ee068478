//! Whose row is it? Exact agreement of the ID token; the name only says how sure we are, and never drops a row.

use bidui_model::{DataContract, FeedKind, IdStatus, LinkBy, LinkClass, UnlinkedReason};
use polars::prelude::*;

use crate::error::MatchError;
use crate::registry::{NOBODY, Registry, hamlet_key};
use crate::store::{ROW, SOURCE, StoreFile, status_from_number, tokens};

/// Links of a batch of rows, in file order.
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
    /// The place's number among villages or hamlets, for feeds about places.
    pub(crate) place: Vec<u32>,
    /// For place feeds: whether `place` is a hamlet's number.
    pub(crate) is_hamlet: Vec<bool>,
}

/// Counts of a feed's links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkCounts {
    pub rows: u64,
    pub certain: u64,
    pub likely: u64,
    pub place: u64,
    pub unlinked: u64,
    /// Identifiers that a spreadsheet program destroyed.
    pub damaged: u64,
}

impl LinkCounts {
    #[must_use]
    pub fn linked(&self) -> u64 {
        self.certain + self.likely + self.place
    }
    /// Share of rows that are linked; `None` without rows.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.rows > 0).then(|| self.linked() as f64 / self.rows as f64)
    }
    fn add(&mut self, batch: &LinkBatch) {
        self.rows += batch.row.len() as u64;
        for (class, reason) in batch.class.iter().zip(&batch.reason) {
            match class {
                LinkClass::Certain => self.certain += 1,
                LinkClass::Likely => self.likely += 1,
                LinkClass::Place => self.place += 1,
                LinkClass::None => self.unlinked += 1,
            }
            if *reason == Some(UnlinkedReason::IdDamagedByExcel) {
                self.damaged += 1;
            }
        }
    }
}

/// The store's columns that linking reads.
pub(crate) fn link_columns(contract: &DataContract) -> Vec<String> {
    let mut columns = vec![SOURCE.to_owned(), ROW.to_owned()];
    match &contract.link {
        LinkBy::Person { id, name } => {
            columns.extend([format!("{id}#hi"), format!("{id}#lo"), format!("{id}#status")]);
            columns.extend(name.iter().map(|name| format!("{name}#name")));
        }
        LinkBy::Place { village, hamlet } => {
            columns.push(village.clone());
            columns.extend(hamlet.clone());
        }
        LinkBy::Town { town } => columns.push(town.clone()),
    }
    columns
}

/// Links every row of one feed and month.
pub fn link_feed(
    contract: &DataContract,
    registry: &Registry,
    file: &StoreFile,
    visit: &mut dyn FnMut(&LinkBatch) -> Result<(), MatchError>,
) -> Result<LinkCounts, MatchError> {
    let mut counts = LinkCounts::default();
    let of_registry = (contract.kind == FeedKind::Registry).then(|| registry.by_origin());
    file.scan(&link_columns(contract), &mut |frame| {
        let mut batch = link_batch(contract, registry, &frame)
            .map_err(|source| MatchError::Compute { what: contract.name.clone(), source })?;
        if let Some(by_origin) = &of_registry {
            link_to_themselves(&mut batch, by_origin);
        }
        counts.add(&batch);
        visit(&batch)
    })?;
    Ok(counts)
}

pub(crate) fn link_batch(contract: &DataContract, registry: &Registry, frame: &DataFrame) -> PolarsResult<LinkBatch> {
    let whole = |name: &str| -> PolarsResult<Vec<u32>> {
        Ok(frame.column(name)?.u32()?.iter().map(|value| value.unwrap_or(0)).collect())
    };
    let mut batch = LinkBatch { source: whole(SOURCE)?, row: whole(ROW)?, ..LinkBatch::default() };
    match &contract.link {
        LinkBy::Person { id, name } => link_persons(&mut batch, registry, frame, id, name.as_deref())?,
        LinkBy::Place { village, hamlet } => link_places(&mut batch, registry, frame, village, hamlet.as_deref())?,
        LinkBy::Town { town } => link_towns(&mut batch, frame, town)?,
    }
    Ok(batch)
}

fn link_persons(
    batch: &mut LinkBatch,
    registry: &Registry,
    frame: &DataFrame,
    id: &str,
    name: Option<&str>,
) -> PolarsResult<()> {
    let tokens = tokens(frame, id)?;
    let status = frame.column(&format!("{id}#status"))?.u8()?.clone();
    let names = match name {
        Some(name) => Some(frame.column(&format!("{name}#name"))?.u64()?.clone()),
        None => None,
    };
    for (at, token) in tokens.into_iter().enumerate() {
        let person = registry.find(token);
        let said = names.as_ref().and_then(|names| names.get(at)).unwrap_or(0);
        let (class, reason) = match person {
            Some(person) if said != 0 && registry.names[person as usize].0 == said => (LinkClass::Certain, None),
            Some(_) => (LinkClass::Likely, None),
            None => (LinkClass::None, Some(unlinked_reason(status_from_number(status.get(at).unwrap_or(0))))),
        };
        let known = person.map_or(0, |person| registry.names[person as usize].0);
        batch.name_differs.push(known != 0 && said != 0 && known != said);
        batch.class.push(class);
        batch.reason.push(reason);
        batch.person.push(person.unwrap_or(NOBODY));
    }
    Ok(())
}

/// A row of the registry is its own person, whether or not its number is good.
fn link_to_themselves(batch: &mut LinkBatch, by_origin: &[((u32, u32), u32)]) {
    for at in 0..batch.row.len() {
        let origin = (batch.source[at], batch.row[at]);
        if let Ok(found) = by_origin.binary_search_by_key(&origin, |(origin, _)| *origin) {
            batch.person[at] = by_origin[found].1;
            batch.class[at] = LinkClass::Certain;
            batch.reason[at] = None;
            batch.name_differs[at] = false;
        }
    }
}

fn unlinked_reason(status: IdStatus) -> UnlinkedReason {
    match status {
        IdStatus::Valid | IdStatus::Upgraded => UnlinkedReason::NotInRegistry,
        IdStatus::Missing => UnlinkedReason::IdMissing,
        IdStatus::DamagedByExcel => UnlinkedReason::IdDamagedByExcel,
        IdStatus::Malformed | IdStatus::CheckDigit | IdStatus::BirthDate | IdStatus::OtherDocument => {
            UnlinkedReason::IdUnusable
        }
    }
}

fn link_places(
    batch: &mut LinkBatch,
    registry: &Registry,
    frame: &DataFrame,
    village: &str,
    hamlet: Option<&str>,
) -> PolarsResult<()> {
    let villages = frame.column(village)?.str()?.clone();
    let hamlets = match hamlet {
        Some(hamlet) => Some(frame.column(hamlet)?.str()?.clone()),
        None => None,
    };
    for at in 0..frame.height() {
        let village = villages.get(at).unwrap_or("");
        let hamlet = hamlets.as_ref().and_then(|hamlets| hamlets.get(at)).unwrap_or("");
        let place = if hamlet.is_empty() {
            registry.villages.find(village)
        } else {
            registry.hamlets.find(&hamlet_key(village, hamlet))
        };
        let known = place.is_some();
        batch.class.push(if known { LinkClass::Place } else { LinkClass::None });
        batch.reason.push((!known).then_some(UnlinkedReason::PlaceUnknown));
        batch.person.push(NOBODY);
        batch.name_differs.push(false);
        batch.place.push(place.unwrap_or(NOBODY));
        batch.is_hamlet.push(!hamlet.is_empty());
    }
    Ok(())
}

fn link_towns(batch: &mut LinkBatch, frame: &DataFrame, town: &str) -> PolarsResult<()> {
    for code in frame.column(town)?.str()?.iter() {
        let known = code.is_some_and(|code| !code.is_empty());
        batch.class.push(if known { LinkClass::Place } else { LinkClass::None });
        batch.reason.push((!known).then_some(UnlinkedReason::PlaceUnknown));
        batch.person.push(NOBODY);
        batch.name_differs.push(false);
        batch.place.push(NOBODY);
        batch.is_hamlet.push(false);
    }
    Ok(())
}
