//! Households that an earlier registry knew and today's does not: where they lived, and under which number their members are now. A registry gives a household
//! a new number without saying so; whoever waits for its case would else wait for a number that nobody answers to.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{DataContract, LinkBy, Token};
use polars::prelude::*;

use crate::error::MatchError;
use crate::registry::{NOBODY, Registry};
use crate::store_file::{StoreFile, wholes};

/// What an earlier registry says of a household that is gone from today's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GoneHousehold {
    /// Registry columns of its place, as they stood.
    pub village_code: String,
    pub town_code: String,
    pub hamlet: String,
    pub resettlement_site: String,
    pub members: u32,
    /// Today's households of those members who are still in the registry, and how many they have of them.
    pub now: BTreeMap<String, u32>,
}

impl GoneHousehold {
    /// The household that has most of those who are left; the first by number of several.
    #[must_use]
    pub fn heir(&self) -> Option<(&str, u32)> {
        let most = self.now.iter().max_by(|one, other| one.1.cmp(other.1).then_with(|| other.0.cmp(one.0)));
        most.map(|(household, members)| (household.as_str(), *members))
    }
}

/// Of the contract; the store has codes where a village or a town is known.
const PLACE: [&str; 4] = ["village", "town", "hamlet", "resettlement_site"];

impl Registry {
    /// Of the asked households those that an earlier registry had, and where their members are today.
    pub fn gone_since(
        &self,
        earlier: &StoreFile,
        contract: &DataContract,
        asked: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, GoneHousehold>, MatchError> {
        let mut gone = BTreeMap::new();
        let LinkBy::Person { id, .. } = &contract.link else { return Ok(gone) };
        let store = earlier.open()?;
        let mut columns = vec![format!("{id}#hi"), format!("{id}#lo"), "household_id".to_owned()];
        columns.extend(PLACE.iter().filter(|name| contract.column(name).is_some()).map(|name| (*name).to_owned()));
        for batch in 0..store.batches().len() {
            let frame = store.read(batch, &columns)?;
            let added = self.add_gone(&frame, &columns, asked, &mut gone);
            added.map_err(|source| MatchError::Compute { what: contract.name.clone(), source })?;
        }
        Ok(gone)
    }

    /// Whom the asked numbers (人编号) were of in an earlier registry, by them: this registry's person, under whatever number he is now, or nobody where
    /// he is in it no more. Numbers of persons without an ID number are not among them.
    pub fn persons_since(
        &self,
        earlier: &StoreFile,
        contract: &DataContract,
        asked: &BTreeSet<&str>,
    ) -> Result<BTreeMap<String, Option<u32>>, MatchError> {
        let mut found = BTreeMap::new();
        let LinkBy::Person { id, .. } = &contract.link else { return Ok(found) };
        let mut gone: Vec<(String, Token)> = Vec::new();
        let store = earlier.open()?;
        let columns = [format!("{id}#hi"), format!("{id}#lo"), "person_no".to_owned()];
        for batch in 0..store.batches().len() {
            let frame = store.read(batch, &columns)?;
            let added = self.add_persons(&frame, &columns, asked, &mut found, &mut gone);
            added.map_err(|source| MatchError::Compute { what: contract.name.clone(), source })?;
        }
        if !gone.is_empty() {
            // His ID number may have been corrected.
            let aliases = self.aliases(earlier, contract)?;
            for (number, token) in gone {
                found.insert(number, aliases.get(&token).map(|(person, _)| *person));
            }
        }
        Ok(found)
    }

    fn add_persons(
        &self,
        frame: &DataFrame,
        columns: &[String; 3],
        asked: &BTreeSet<&str>,
        found: &mut BTreeMap<String, Option<u32>>,
        gone: &mut Vec<(String, Token)>,
    ) -> PolarsResult<()> {
        let (high, low) = (frame.column(&columns[0])?.u64()?, frame.column(&columns[1])?.u64()?);
        let (high, low) = (wholes(high), wholes(low));
        let numbers = frame.column(&columns[2])?.str()?;
        let is_asked = |row: &usize| numbers.get(*row).is_some_and(|number| asked.contains(number));
        let rows: Vec<usize> = (0..frame.height()).filter(is_asked).collect();
        let token = |at: usize| Token(u128::from(high[rows[at]]) << 64 | u128::from(low[rows[at]]));
        for (at, person) in self.find_many(rows.len(), token).into_iter().enumerate() {
            let number = numbers.get(rows[at]).unwrap_or("").to_owned();
            if person != NOBODY && token(at).is_some() {
                found.insert(number, Some(person));
            } else if token(at).is_some() {
                gone.push((number, token(at)));
            }
        }
        Ok(())
    }

    fn add_gone(
        &self,
        frame: &DataFrame,
        columns: &[String],
        asked: &BTreeSet<&str>,
        gone: &mut BTreeMap<String, GoneHousehold>,
    ) -> PolarsResult<()> {
        let (high, low) = (frame.column(&columns[0])?.u64()?, frame.column(&columns[1])?.u64()?);
        let (high, low) = (wholes(high), wholes(low));
        let households = frame.column("household_id")?.str()?;
        let place = |name: &str| frame.column(name).and_then(|column| column.cast(&DataType::String)).ok();
        let places = PLACE.map(place);
        let rows: Vec<usize> = (0..frame.height())
            .filter(|row| households.get(*row).is_some_and(|household| asked.contains(household)))
            .collect();
        let token = |at: usize| Token(u128::from(high[rows[at]]) << 64 | u128::from(low[rows[at]]));
        let persons = self.find_many(rows.len(), token);
        for (at, (row, person)) in rows.iter().zip(persons).enumerate() {
            let known = gone.entry(households.get(*row).unwrap_or("").to_owned()).or_default();
            known.members += 1;
            for (name, column) in PLACE.iter().zip(&places) {
                let word = column.as_ref().and_then(|column| column.str().ok()?.get(*row)).unwrap_or("");
                let kept = match *name {
                    "village" => &mut known.village_code,
                    "town" => &mut known.town_code,
                    "hamlet" => &mut known.hamlet,
                    _ => &mut known.resettlement_site,
                };
                if kept.is_empty() {
                    word.clone_into(kept);
                }
            }
            let household = Some(person).filter(|person| *person != NOBODY && token(at).is_some());
            if let Some(now) = household.and_then(|person| self.household_of(person)) {
                *known.now.entry(self.household_id(now).to_owned()).or_default() += 1;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heir_has_most_of_those_who_are_left() {
        let now = [("H2", 1), ("H3", 2), ("H4", 2)].map(|(household, members)| (household.to_owned(), members));
        let gone = GoneHousehold { now: now.into(), ..GoneHousehold::default() };
        assert_eq!(gone.heir(), Some(("H3", 2)));
        assert_eq!(GoneHousehold::default().heir(), None);
    }
}
