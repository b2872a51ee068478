//! Whose row is it? Exact agreement of the ID token; the name only says how sure we are, and never drops a row.

use bidui_model::{DataContract, FeedKind, IdStatus, LinkBy, LinkClass, Token, UnlinkedReason};
use polars::prelude::*;

use crate::registry::{NOBODY, Registry, hamlet_key};
use crate::store::status_from_number;
use crate::store_file::wholes;

/// A row's link in four bytes: whom or which place it is linked to in the lower 28 bits, and how in the upper four.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowLink(u32);

/// The most persons, villages or hamlets that a link can tell apart.
pub(crate) const MOST: usize = RowLink::NUMBER as usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Certain,
    /// One side has no name.
    Likely,
    /// Both have one, and they differ.
    NameDiffers,
    Village,
    Hamlet,
    Town,
    Unlinked(UnlinkedReason),
}

/// Every way, by its number in a link.
const HOWS: [How; 11] = [
    How::Certain,
    How::Likely,
    How::NameDiffers,
    How::Village,
    How::Hamlet,
    How::Town,
    How::Unlinked(UnlinkedReason::NotInRegistry),
    How::Unlinked(UnlinkedReason::IdMissing),
    How::Unlinked(UnlinkedReason::IdUnusable),
    How::Unlinked(UnlinkedReason::IdDamagedByExcel),
    How::Unlinked(UnlinkedReason::PlaceUnknown),
];

impl RowLink {
    const NUMBER: u32 = (1 << 28) - 1;

    fn new(how: How, number: u32) -> Self {
        let place = HOWS.iter().position(|other| *other == how).unwrap_or(0) as u32;
        Self(place << 28 | number & Self::NUMBER)
    }
    fn unlinked(reason: UnlinkedReason) -> Self {
        Self::new(How::Unlinked(reason), 0)
    }
    /// A row of the registry is its own person, whether or not his number is good.
    pub(crate) fn himself(person: u32) -> Self {
        Self::new(How::Certain, person)
    }
    fn how(self) -> How {
        HOWS[(self.0 >> 28) as usize % HOWS.len()]
    }
    fn number(self) -> u32 {
        self.0 & Self::NUMBER
    }
    /// The registry's row, or `NOBODY`.
    pub(crate) fn person(self) -> u32 {
        // The first three ways; asked for every row of every fact.
        if self.0 >> 28 < 3 { self.number() } else { NOBODY }
    }
    /// The place's number among the villages, or `NOBODY`.
    pub(crate) fn village(self) -> u32 {
        if self.how() == How::Village { self.number() } else { NOBODY }
    }
    /// The place's number among the hamlets, or `NOBODY`.
    pub(crate) fn hamlet(self) -> u32 {
        if self.how() == How::Hamlet { self.number() } else { NOBODY }
    }
    pub(crate) fn class(self) -> LinkClass {
        match self.how() {
            How::Certain => LinkClass::Certain,
            How::Likely | How::NameDiffers => LinkClass::Likely,
            How::Village | How::Hamlet | How::Town => LinkClass::Place,
            How::Unlinked(_) => LinkClass::None,
        }
    }
    pub(crate) fn reason(self) -> Option<UnlinkedReason> {
        match self.how() {
            How::Unlinked(reason) => Some(reason),
            _ => None,
        }
    }
    pub(crate) fn name_differs(self) -> bool {
        self.how() == How::NameDiffers
    }
    pub(crate) fn to_bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }
    pub(crate) fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(u32::from_le_bytes(bytes))
    }
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
    pub(crate) fn of(links: &[RowLink]) -> Self {
        let mut by_how = [0_u64; 16];
        for link in links {
            by_how[(link.0 >> 28) as usize] += 1;
        }
        let mut counts = Self { rows: links.len() as u64, ..Self::default() };
        for (how, rows) in HOWS.iter().zip(by_how) {
            match how {
                How::Certain => counts.certain += rows,
                How::Likely | How::NameDiffers => counts.likely += rows,
                How::Village | How::Hamlet | How::Town => counts.place += rows,
                How::Unlinked(reason) => {
                    counts.unlinked += rows;
                    counts.damaged += if *reason == UnlinkedReason::IdDamagedByExcel { rows } else { 0 };
                }
            }
        }
        counts
    }
    pub(crate) fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.certain += other.certain;
        self.likely += other.likely;
        self.place += other.place;
        self.unlinked += other.unlinked;
        self.damaged += other.damaged;
    }
}

/// The store's columns that linking reads; none of the registry's, whose rows are themselves.
pub(crate) fn link_columns(contract: &DataContract) -> Vec<String> {
    match &contract.link {
        _ if contract.kind == FeedKind::Registry => Vec::new(),
        LinkBy::Person { id, name } => {
            let mut columns = vec![format!("{id}#hi"), format!("{id}#lo"), format!("{id}#status")];
            columns.extend(name.iter().map(|name| format!("{name}#name")));
            columns
        }
        LinkBy::Place { village, hamlet } => std::iter::once(village.clone()).chain(hamlet.clone()).collect(),
        LinkBy::Town { town } => vec![town.clone()],
    }
}

/// Links a batch of rows of a feed that is not the registry.
pub(crate) fn link_rows(contract: &DataContract, registry: &Registry, frame: &DataFrame) -> PolarsResult<Vec<RowLink>> {
    match &contract.link {
        LinkBy::Person { id, name } => link_persons(registry, frame, id, name.as_deref()),
        LinkBy::Place { village, hamlet } => link_places(registry, frame, village, hamlet.as_deref()),
        LinkBy::Town { town } => Ok(link_towns(frame.column(town)?.str()?)),
    }
}

fn link_persons(registry: &Registry, frame: &DataFrame, id: &str, name: Option<&str>) -> PolarsResult<Vec<RowLink>> {
    let part = |suffix: &str| frame.column(&format!("{id}#{suffix}"));
    let (high, low) = (wholes(part("hi")?.u64()?), wholes(part("lo")?.u64()?));
    let status = wholes(part("status")?.u8()?);
    let names = match name {
        Some(name) => Some(wholes(frame.column(&format!("{name}#name"))?.u64()?)),
        None => None,
    };
    let token = |at: usize| Token(u128::from(high[at]) << 64 | u128::from(low[at]));
    let persons = registry.find_many(high.len(), token);
    let link = |(at, person): (usize, u32)| {
        if person == NOBODY {
            return RowLink::unlinked(unlinked_reason(status_from_number(status[at])));
        }
        let said = names.as_ref().map_or(0, |names| names[at]);
        let known = registry.names[person as usize].0;
        let how = match (said, known) {
            (0, _) | (_, 0) => How::Likely,
            _ if said == known => How::Certain,
            _ => How::NameDiffers,
        };
        RowLink::new(how, person)
    };
    Ok(persons.into_iter().enumerate().map(link).collect())
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
    registry: &Registry,
    frame: &DataFrame,
    village: &str,
    hamlet: Option<&str>,
) -> PolarsResult<Vec<RowLink>> {
    let villages = frame.column(village)?.str()?;
    let hamlets = match hamlet {
        Some(hamlet) => Some(frame.column(hamlet)?.str()?),
        None => None,
    };
    let link = |at: usize| {
        let village = villages.get(at).unwrap_or("");
        let hamlet = hamlets.and_then(|hamlets| hamlets.get(at)).unwrap_or("");
        let found = if hamlet.is_empty() {
            registry.villages.find(village).map(|place| RowLink::new(How::Village, place))
        } else {
            registry.hamlets.find(&hamlet_key(village, hamlet)).map(|place| RowLink::new(How::Hamlet, place))
        };
        found.unwrap_or(RowLink::unlinked(UnlinkedReason::PlaceUnknown))
    };
    Ok((0..frame.height()).map(link).collect())
}

fn link_towns(codes: &StringChunked) -> Vec<RowLink> {
    let link = |code: Option<&str>| match code {
        Some(code) if !code.is_empty() => RowLink::new(How::Town, 0),
        _ => RowLink::unlinked(UnlinkedReason::PlaceUnknown),
    };
    codes.iter().map(link).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_read_as_it_was_made() {
        for how in HOWS {
            for number in [0, 1, RowLink::NUMBER] {
                let link = RowLink::from_bytes(RowLink::new(how, number).to_bytes());
                assert_eq!((link.how(), link.number()), (how, number));
                let is_person = matches!(how, How::Certain | How::Likely | How::NameDiffers);
                assert_eq!(link.person(), if is_person { number } else { NOBODY });
            }
        }
    }
}
