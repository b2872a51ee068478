//! Whose row is it? First by its ID token; the name says how sure we are. What the token does not settle is settled by what the ladder
//! found for the row (`finding.rs`), and never against a token that did.

use bidui_model::{DataContract, FeedKind, IdStatus, LinkBy, LinkClass, NameToken, Token, UnlinkedReason};
use polars::prelude::*;

use crate::finding::Finding;

use crate::registry::{NOBODY, Registry, hamlet_key};
use crate::registry_before::Aliases;
use crate::store::{LOOSE, status_from_number};
use crate::store_file::wholes;

/// A row's link in four bytes: whom or which place it is linked to in the lower 27 bits, and how in the upper five.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RowLink(u32);

/// The most persons, villages or hamlets that a link can tell apart.
pub(crate) const MOST: usize = RowLink::NUMBER as usize - 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Certain,
    /// One side has no name.
    Likely,
    /// Both have one, and they differ.
    NameDiffers,
    Decided,
    Alias,
    Repaired,
    Excel,
    Composite,
    Weighted,
    Village,
    Hamlet,
    Town,
    /// Somebody must say whose it is; why its number does not.
    Review(UnlinkedReason),
    Unlinked(UnlinkedReason),
}

/// Ways that lead to a person come first in [`HOWS`], and are so many.
const TO_PERSONS: u32 = 9;

/// Every way, by its number in a link.
const HOWS: [How; 25] = [
    How::Certain,
    How::Likely,
    How::NameDiffers,
    How::Decided,
    How::Alias,
    How::Repaired,
    How::Excel,
    How::Composite,
    How::Weighted,
    How::Village,
    How::Hamlet,
    How::Town,
    How::Unlinked(UnlinkedReason::NotInRegistry),
    How::Unlinked(UnlinkedReason::IdMissing),
    How::Unlinked(UnlinkedReason::IdUnusable),
    How::Unlinked(UnlinkedReason::IdDamagedByExcel),
    How::Unlinked(UnlinkedReason::PlaceUnknown),
    How::Unlinked(UnlinkedReason::NameOfAnother),
    How::Unlinked(UnlinkedReason::DecidedNobody),
    How::Unlinked(UnlinkedReason::NotThisPerson),
    How::Review(UnlinkedReason::NotInRegistry),
    How::Review(UnlinkedReason::IdMissing),
    How::Review(UnlinkedReason::IdUnusable),
    How::Review(UnlinkedReason::IdDamagedByExcel),
    How::Review(UnlinkedReason::NameOfAnother),
];

impl RowLink {
    const BITS: u32 = 27;
    const NUMBER: u32 = (1 << Self::BITS) - 1;

    fn new(how: How, number: u32) -> Self {
        let place = HOWS.iter().position(|other| *other == how).unwrap_or(0) as u32;
        Self(place << Self::BITS | number & Self::NUMBER)
    }
    fn unlinked(reason: UnlinkedReason) -> Self {
        Self::new(How::Unlinked(reason), 0)
    }
    fn of_class(class: LinkClass, person: u32) -> Self {
        let how = match class {
            LinkClass::Repaired => How::Repaired,
            LinkClass::DamagedByExcel => How::Excel,
            LinkClass::Weighted => How::Weighted,
            LinkClass::Decided => How::Decided,
            LinkClass::Alias => How::Alias,
            _ => How::Composite,
        };
        Self::new(how, person)
    }
    /// A row of the registry is its own person, whether or not his number is good.
    pub(crate) fn himself(person: u32) -> Self {
        Self::new(How::Certain, person)
    }
    fn how(self) -> How {
        HOWS[(self.0 >> Self::BITS) as usize % HOWS.len()]
    }
    fn number(self) -> u32 {
        self.0 & Self::NUMBER
    }
    /// The registry's row, or `NOBODY`.
    pub(crate) fn person(self) -> u32 {
        // Asked for every row of every fact.
        if self.0 >> Self::BITS < TO_PERSONS { self.number() } else { NOBODY }
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
            How::Decided => LinkClass::Decided,
            How::Alias => LinkClass::Alias,
            How::Repaired => LinkClass::Repaired,
            How::Excel => LinkClass::DamagedByExcel,
            How::Composite => LinkClass::Composite,
            How::Weighted => LinkClass::Weighted,
            How::Village | How::Hamlet | How::Town => LinkClass::Place,
            How::Review(_) => LinkClass::Review,
            How::Unlinked(_) => LinkClass::None,
        }
    }
    pub(crate) fn reason(self) -> Option<UnlinkedReason> {
        match self.how() {
            How::Unlinked(reason) | How::Review(reason) => Some(reason),
            _ => None,
        }
    }
    /// The link if it was made by the row's own ID number or place, or by a person's decision; nobody's otherwise.
    pub(crate) fn if_strong(self) -> Self {
        if self.class().is_weak() { Self::unlinked(UnlinkedReason::IdUnusable) } else { self }
    }
    /// Of a row that somebody must decide about: whose number it has, or `NOBODY`.
    pub(crate) fn owner(self) -> u32 {
        match self.how() {
            How::Review(_) if self.number() != Self::NUMBER => self.number(),
            _ => NOBODY,
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
    /// By class, in the order of [`LinkClass::ALL`].
    by_class: [u64; LinkClass::ALL.len()],
    /// Rows that are not linked or in review, by why their number does not link them, in the order of [`UnlinkedReason::ALL`].
    by_reason: [u64; UnlinkedReason::ALL.len()],
    /// Identifiers that a spreadsheet program destroyed.
    pub damaged: u64,
    /// Linked rows whose name is not that of their number's person.
    pub name_differs: u64,
}

impl LinkCounts {
    /// So many rows of each class.
    #[must_use]
    pub fn made_of(classes: &[(LinkClass, u64)]) -> Self {
        let mut counts = Self::default();
        for (class, rows) in classes {
            counts.rows += rows;
            if let Some(at) = LinkClass::ALL.iter().position(|other| other == class) {
                counts.by_class[at] += rows;
            }
        }
        counts
    }
    #[must_use]
    pub fn of_class(&self, class: LinkClass) -> u64 {
        LinkClass::ALL.iter().position(|other| *other == class).map_or(0, |at| self.by_class[at])
    }
    #[must_use]
    pub fn of_reason(&self, reason: UnlinkedReason) -> u64 {
        UnlinkedReason::ALL.iter().position(|other| *other == reason).map_or(0, |at| self.by_reason[at])
    }
    #[must_use]
    pub fn linked(&self) -> u64 {
        self.rows - self.unlinked()
    }
    /// Rows that are linked, or have the number of one whose name is another's.
    #[must_use]
    pub fn linked_or_owned(&self) -> u64 {
        self.linked() + self.owned_by_another()
    }
    /// Rows that have the number of one whose name is another's, and are not his.
    #[must_use]
    pub fn owned_by_another(&self) -> u64 {
        self.of_reason(UnlinkedReason::NameOfAnother) + self.of_reason(UnlinkedReason::NotThisPerson)
    }
    /// Rows without a person or place, those in review among them.
    #[must_use]
    pub fn unlinked(&self) -> u64 {
        self.of_class(LinkClass::None) + self.of_class(LinkClass::Review)
    }
    /// Share of rows that are linked; `None` without rows.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        (self.rows > 0).then(|| self.linked() as f64 / self.rows as f64)
    }
    pub(crate) fn of(links: &[RowLink]) -> Self {
        let mut by_how = [0_u64; 32];
        for link in links {
            by_how[(link.0 >> RowLink::BITS) as usize] += 1;
        }
        let mut counts = Self { rows: links.len() as u64, ..Self::default() };
        for (how, rows) in (0_u32..).zip(by_how).take(HOWS.len()) {
            let link = RowLink(how << RowLink::BITS);
            if let Some(at) = LinkClass::ALL.iter().position(|class| *class == link.class()) {
                counts.by_class[at] += rows;
            }
            if let Some(at) = UnlinkedReason::ALL.iter().position(|reason| Some(*reason) == link.reason()) {
                counts.by_reason[at] += rows;
            }
        }
        counts.name_differs = by_how[HOWS.iter().position(|how| *how == How::NameDiffers).unwrap_or(0)];
        counts.damaged =
            counts.of_reason(UnlinkedReason::IdDamagedByExcel) + counts.of_class(LinkClass::DamagedByExcel);
        counts
    }
    pub(crate) fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.damaged += other.damaged;
        self.name_differs += other.name_differs;
        self.by_class.iter_mut().zip(other.by_class).for_each(|(own, more)| *own += more);
        self.by_reason.iter_mut().zip(other.by_reason).for_each(|(own, more)| *own += more);
    }
}

/// What settles rows beside their tokens.
#[derive(Clone, Copy)]
pub(crate) struct Beside<'a> {
    /// Numbers under which an earlier registry knew a person.
    pub(crate) aliases: &'a Aliases,
    /// Of the feed's month, by the number of its loose rows, from 1.
    pub(crate) findings: &'a [Finding],
    pub(crate) denied: &'a Denied<'a>,
}

/// Whether it was found that a person is not who stands under his number and a name that is not his.
pub type Denied<'a> = dyn Fn(u32, NameToken) -> bool + Sync + 'a;

/// The store's columns that linking reads; none of the registry's, whose rows are themselves.
pub(crate) fn link_columns(contract: &DataContract) -> Vec<String> {
    match &contract.link {
        _ if contract.kind == FeedKind::Registry => Vec::new(),
        LinkBy::Person { id, name } => {
            let mut columns = vec![format!("{id}#hi"), format!("{id}#lo"), format!("{id}#status")];
            columns.extend(name.iter().map(|name| format!("{name}#name")));
            columns.push(LOOSE.to_owned());
            columns
        }
        LinkBy::Place { village, hamlet } => std::iter::once(village.clone()).chain(hamlet.clone()).collect(),
        LinkBy::Town { town } => vec![town.clone()],
    }
}

/// Links a batch of rows of a feed that is not the registry.
pub(crate) fn link_rows(
    contract: &DataContract,
    registry: &Registry,
    frame: &DataFrame,
    beside: Beside<'_>,
) -> PolarsResult<Vec<RowLink>> {
    match &contract.link {
        LinkBy::Person { id, name } => link_persons(registry, frame, id, name.as_deref(), beside),
        LinkBy::Place { village, hamlet } => link_places(registry, frame, village, hamlet.as_deref()),
        LinkBy::Town { town } => Ok(link_towns(frame.column(town)?.str()?)),
    }
}

fn link_persons(
    registry: &Registry,
    frame: &DataFrame,
    id: &str,
    name: Option<&str>,
    beside: Beside<'_>,
) -> PolarsResult<Vec<RowLink>> {
    let part = |suffix: &str| frame.column(&format!("{id}#{suffix}"));
    let (high, low) = (wholes(part("hi")?.u64()?), wholes(part("lo")?.u64()?));
    let status = wholes(part("status")?.u8()?);
    let loose = wholes(frame.column(LOOSE)?.u32()?);
    let names = match name {
        Some(name) => Some(wholes(frame.column(&format!("{name}#name"))?.u64()?)),
        None => None,
    };
    let token = |at: usize| Token(u128::from(high[at]) << 64 | u128::from(low[at]));
    let persons = registry.find_many(high.len(), token);
    let finding = |at: usize| (loose[at] as usize).checked_sub(1).and_then(|place| beside.findings.get(place));
    let link = |(at, person): (usize, u32)| {
        if person == NOBODY {
            let reason = unlinked_reason(status_from_number(status[at]));
            let said = names.as_ref().map_or(0, |names| names[at]);
            let alias = beside.aliases.get(&token(at)).filter(|(_, name)| [0, name.0].contains(&said) || name.0 == 0);
            return without_token(finding(at), alias.map(|(person, _)| *person), reason);
        }
        let said = names.as_ref().map_or(0, |names| names[at]);
        let known = registry.names[person as usize].0;
        match (said, known) {
            (0, _) | (_, 0) => RowLink::new(How::Likely, person),
            _ if said == known => RowLink::new(How::Certain, person),
            _ => with_another_name(finding(at), person, || (beside.denied)(person, NameToken(said))),
        }
    };
    Ok(persons.into_iter().enumerate().map(link).collect())
}

/// A row whose token is nobody's.
fn without_token(finding: Option<&Finding>, alias: Option<u32>, reason: UnlinkedReason) -> RowLink {
    match (finding, alias) {
        (Some(Finding::Decided(Some(person))), _) => RowLink::new(How::Decided, *person),
        (Some(Finding::Decided(None)), _) => RowLink::unlinked(UnlinkedReason::DecidedNobody),
        (_, Some(person)) => RowLink::new(How::Alias, person),
        (Some(Finding::Linked(class, candidate)), _) => RowLink::of_class(*class, candidate.person),
        (Some(Finding::Review(_)), _) => RowLink::new(How::Review(reason), RowLink::NUMBER),
        (Some(Finding::Nothing) | None, _) => RowLink::unlinked(reason),
    }
}

/// A row whose token is somebody's of another name: his all the same, unless the name is another's who fits it, or somebody has looked and it is not he.
fn with_another_name(finding: Option<&Finding>, owner: u32, is_denied: impl Fn() -> bool) -> RowLink {
    match finding {
        Some(Finding::Decided(Some(person))) => RowLink::new(How::Decided, *person),
        Some(Finding::Decided(None)) => RowLink::unlinked(UnlinkedReason::DecidedNobody),
        Some(Finding::Review(candidates)) if candidates.iter().all(|candidate| candidate.person != owner) => {
            RowLink::new(How::Review(UnlinkedReason::NameOfAnother), owner)
        }
        _ if is_denied() => RowLink::unlinked(UnlinkedReason::NotThisPerson),
        _ => RowLink::new(How::NameDiffers, owner),
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
                let is_person = link.class().is_linked() && link.class() != LinkClass::Place;
                assert_eq!(link.person(), if is_person { number } else { NOBODY });
            }
        }
    }
}
