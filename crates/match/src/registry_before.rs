//! The registry of the month beside the one before it: the same person keeps his name, his household its members, a village its people.

use bidui_model::{DataContract, LinkBy, Token};
use polars::prelude::*;

use crate::error::MatchError;
use crate::registry::{NOBODY, Registry};
use crate::store_file::{StoreFile, wholes};

/// How far two registries disagree of the persons whom both have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RegistryChange {
    /// Persons who are in both, by their ID number.
    pub both: u64,
    /// Of them, those whose name is another one.
    pub names: u64,
    /// Of them, those who are not in the household in which most of their old household's members are.
    pub households: u64,
    /// Of them, those who are not in the village in which most of their old village's people are.
    pub villages: u64,
}

impl Registry {
    /// Holds an earlier registry's file of the store against this one. A household or a village that has another number or name now,
    /// and the same people, has not changed.
    pub fn changed_since(&self, earlier: &StoreFile, contract: &DataContract) -> Result<RegistryChange, MatchError> {
        let LinkBy::Person { id, name: Some(name) } = &contract.link else { return Ok(RegistryChange::default()) };
        let store = earlier.open()?;
        let columns =
            [format!("{id}#hi"), format!("{id}#lo"), format!("{name}#name"), HOUSEHOLD.to_owned(), VILLAGE.to_owned()];
        let mut change = RegistryChange::default();
        let (mut households, mut villages) = (Moves::default(), Moves::default());
        for batch in 0..store.batches().len() {
            let frame = store.read(batch, &columns)?;
            self.compare(&frame, &columns, &mut change, &mut households, &mut villages)
                .map_err(|source| MatchError::Compute { what: contract.name.clone(), source })?;
        }
        (change.households, change.villages) = (households.apart(), villages.apart());
        Ok(change)
    }

    /// Numbers under which an earlier registry knew persons of this one who have another number now.
    pub fn aliases(&self, earlier: &StoreFile, contract: &DataContract) -> Result<PlHashMap<Token, u32>, MatchError> {
        let LinkBy::Person { id, .. } = &contract.link else { return Ok(PlHashMap::default()) };
        let store = earlier.open()?;
        let columns = [format!("{id}#hi"), format!("{id}#lo"), "person_no".to_owned()];
        let mut gone: Vec<(Token, String)> = Vec::new();
        for batch in 0..store.batches().len() {
            let frame = store.read(batch, &columns)?;
            gone.extend(
                self.numbers_gone(&frame, &columns)
                    .map_err(|source| MatchError::Compute { what: contract.name.clone(), source })?,
            );
        }
        let persons = self.persons_of(gone.iter().map(|(_, number)| number.as_str()));
        Ok(gone.iter().filter_map(|(token, number)| Some((*token, *persons.get(number)?))).collect())
    }

    fn numbers_gone(&self, frame: &DataFrame, columns: &[String; 3]) -> PolarsResult<Vec<(Token, String)>> {
        let whole = |name: &str| -> PolarsResult<Vec<u64>> { Ok(wholes(frame.column(name)?.u64()?).into_owned()) };
        let (high, low, numbers) = (whole(&columns[0])?, whole(&columns[1])?, frame.column(&columns[2])?.str()?);
        let token = |at: usize| Token(u128::from(high[at]) << 64 | u128::from(low[at]));
        let persons = self.find_many(high.len(), token).into_iter().enumerate();
        let gone = persons.filter(|(at, person)| *person == NOBODY && token(*at).is_some());
        Ok(gone.filter_map(|(at, _)| Some((token(at), numbers.get(at)?.to_owned()))).collect())
    }

    fn compare(
        &self,
        frame: &DataFrame,
        columns: &[String; 5],
        change: &mut RegistryChange,
        households: &mut Moves,
        villages: &mut Moves,
    ) -> PolarsResult<()> {
        let whole = |name: &str| -> PolarsResult<Vec<u64>> { Ok(wholes(frame.column(name)?.u64()?).into_owned()) };
        let (high, low, names) = (whole(&columns[0])?, whole(&columns[1])?, whole(&columns[2])?);
        let (household, village) = (frame.column(HOUSEHOLD)?.str()?, frame.column(VILLAGE)?.str()?);
        let token = |at: usize| Token(u128::from(high[at]) << 64 | u128::from(low[at]));
        let persons = self.find_many(high.len(), token);
        for (at, person) in persons.into_iter().enumerate().filter(|(_, person)| *person != NOBODY) {
            change.both += 1;
            let name = self.names[person as usize].0;
            change.names += u64::from(name != 0 && names[at] != 0 && name != names[at]);
            let now = self.household_of[person as usize];
            households.add(household.get(at).unwrap_or(""), self.household_id(now));
            villages.add(village.get(at).unwrap_or(""), self.word("village_code", person));
        }
        Ok(())
    }
}

const HOUSEHOLD: &str = "household_id";
const VILLAGE: &str = "village";

/// Who went from where to where; what has no number or name is left out.
#[derive(Default)]
struct Moves {
    counts: PlHashMap<String, PlHashMap<String, u64>>,
}

impl Moves {
    fn add(&mut self, from: &str, to: &str) {
        if from.is_empty() || to.is_empty() {
            return;
        }
        let Some(of) = self.counts.get_mut(from) else {
            self.counts.insert(from.to_owned(), [(to.to_owned(), 1)].into_iter().collect());
            return;
        };
        match of.get_mut(to) {
            Some(count) => *count += 1,
            None => {
                of.insert(to.to_owned(), 1);
            }
        }
    }

    /// Those who did not go where most went.
    fn apart(&self) -> u64 {
        let apart = |of: &PlHashMap<String, u64>| of.values().sum::<u64>() - of.values().max().copied().unwrap_or(0);
        self.counts.values().map(apart).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_goes_with_most_of_his_own_has_not_moved() {
        let mut moves = Moves::default();
        for (from, to) in [("a", "x"), ("a", "x"), ("a", "y"), ("b", "z"), ("", "z"), ("c", ""), ("d", "z")] {
            moves.add(from, to);
        }
        assert_eq!(moves.apart(), 1);
    }
}
