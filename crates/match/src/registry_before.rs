//! The registry of the month beside the one before it: the same person keeps his name, his household its members, a village its people.

use bidui_model::{DataContract, LinkBy, NameToken, Token};
use polars::prelude::*;
use rayon::prelude::*;

use crate::error::MatchError;
use crate::registry::{NOBODY, Registry, RegistryColumn};
use crate::store_file::{StoreFile, wholes};

/// By the number, whose it was, and the name beside it.
pub type Aliases = PlHashMap<Token, (u32, NameToken)>;

/// A person of an earlier registry whose number today's does not have.
struct Gone {
    token: Token,
    name: NameToken,
    person_no: String,
    household: String,
    sex: String,
    birth: Option<i32>,
}

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
        let (mut households, mut villages) = (Moves::of(self.households()), Moves::default());
        let wrong = |source| MatchError::Compute { what: contract.name.clone(), source };
        // A few are read and searched for side by side; who moved is counted in the order of rows.
        let batches: Vec<usize> = (0..store.batches().len()).collect();
        for batches in batches.chunks(rayon::current_num_threads()) {
            let found: Vec<(DataFrame, Vec<u32>)> = batches
                .par_iter()
                .map(|batch| {
                    let frame = store.read(*batch, &columns)?;
                    let persons = self.todays_rows(&frame, &columns).map_err(wrong)?;
                    Ok((frame, persons))
                })
                .collect::<Result<_, MatchError>>()?;
            for (frame, persons) in found {
                self.compare(&frame, &persons, &columns, &mut change, (&mut households, &mut villages))
                    .map_err(wrong)?;
            }
        }
        (change.households, change.villages) = (households.apart(), villages.apart());
        Ok(change)
    }

    /// Numbers under which an earlier registry knew persons of this one who have another number now, each with the name it had. That the
    /// two are one person takes more than their 人编号, which may be given again: the same sex, and the same birth date, or the same
    /// household and a birth date that was corrected by a few years.
    pub fn aliases(&self, earlier: &StoreFile, contract: &DataContract) -> Result<Aliases, MatchError> {
        let LinkBy::Person { id, name } = &contract.link else { return Ok(Aliases::default()) };
        let store = earlier.open()?;
        let mut columns = vec![format!("{id}#hi"), format!("{id}#lo")];
        columns.extend(["person_no", "household_id", "birth", "sex"].map(str::to_owned));
        columns.extend(name.iter().map(|name| format!("{name}#name")));
        let mut gone: Vec<Gone> = Vec::new();
        for batch in 0..store.batches().len() {
            let frame = store.read(batch, &columns)?;
            let found = self.numbers_gone(&frame, &columns);
            gone.extend(found.map_err(|source| MatchError::Compute { what: contract.name.clone(), source })?);
        }
        let persons = self.persons_of(gone.iter().map(|gone| gone.person_no.as_str()));
        let one = |gone: &Gone| {
            let person = *persons.get(&gone.person_no)?;
            self.is_one(gone, person).then_some((gone.token, (person, gone.name)))
        };
        Ok(gone.iter().filter_map(one).collect())
    }

    fn is_one(&self, gone: &Gone, person: u32) -> bool {
        const CORRECTED_DAYS: u32 = 3 * 366;
        let same_sex = gone.sex.is_empty() || ["", gone.sex.as_str()].contains(&self.word("sex", person));
        let household = self.household_of(person).map_or("", |household| self.household_id(household));
        let birth = match (gone.birth, self.birth(person)) {
            (Some(then), Some(now)) => {
                then == now || (household == gone.household && then.abs_diff(now) <= CORRECTED_DAYS)
            }
            // A number that cannot be read now tells no birth date.
            _ => household == gone.household,
        };
        same_sex && birth
    }

    fn numbers_gone(&self, frame: &DataFrame, columns: &[String]) -> PolarsResult<Vec<Gone>> {
        let whole = |name: &str| -> PolarsResult<Vec<u64>> { Ok(wholes(frame.column(name)?.u64()?).into_owned()) };
        let (high, low) = (whole(&columns[0])?, whole(&columns[1])?);
        let names = columns.get(6).map(|name| whole(name)).transpose()?;
        let text = |name: &str| -> PolarsResult<StringChunked> { Ok(frame.column(name)?.str()?.clone()) };
        let (numbers, households, sexes) = (text("person_no")?, text("household_id")?, text("sex")?);
        let births = frame.column("birth")?.date()?.physical().clone();
        let token = |at: usize| Token(u128::from(high[at]) << 64 | u128::from(low[at]));
        let persons = self.find_many(high.len(), token).into_iter().enumerate();
        let gone = persons.filter(|(at, person)| *person == NOBODY && token(*at).is_some());
        let gone = gone.map(|(at, _)| Gone {
            token: token(at),
            name: NameToken(names.as_ref().map_or(0, |names| names[at])),
            person_no: numbers.get(at).unwrap_or("").to_owned(),
            household: households.get(at).unwrap_or("").to_owned(),
            sex: sexes.get(at).unwrap_or("").to_owned(),
            birth: births.get(at),
        });
        Ok(gone.collect())
    }

    /// Today's row of each person, or `NOBODY`.
    fn todays_rows(&self, frame: &DataFrame, columns: &[String; 5]) -> PolarsResult<Vec<u32>> {
        let (high, low) = (frame.column(&columns[0])?.u64()?, frame.column(&columns[1])?.u64()?);
        let (high, low) = (wholes(high), wholes(low));
        Ok(self.find_many(high.len(), |at| Token(u128::from(high[at]) << 64 | u128::from(low[at]))))
    }

    fn compare(
        &self,
        frame: &DataFrame,
        persons: &[u32],
        columns: &[String; 5],
        change: &mut RegistryChange,
        (households, villages): (&mut Moves, &mut Moves),
    ) -> PolarsResult<()> {
        let names = wholes(frame.column(&columns[2])?.u64()?);
        let (household, village) = (frame.column(HOUSEHOLD)?.str()?, frame.column(VILLAGE)?.str()?);
        let villages_now = match self.columns.get("village_code") {
            Some(RegistryColumn::Words { codes, .. }) => codes.as_slice(),
            _ => &[],
        };
        // Numbers of households come once each, so that no more than one is empty.
        let without_number = self.find_household("");
        let rows = persons.iter().copied().zip(household.iter().zip(village.iter())).enumerate();
        for (at, (person, (household, village))) in rows.filter(|(_, (person, _))| *person != NOBODY) {
            change.both += 1;
            let name = self.names[person as usize].0;
            change.names += u64::from(name != 0 && names[at] != 0 && name != names[at]);
            let now = self.household_of[person as usize];
            households.add(household.unwrap_or(""), Some(now).filter(|_| Some(now) != without_number));
            let village_now = villages_now.get(person as usize).copied().filter(|code| *code != 0);
            villages.add(village.unwrap_or(""), village_now);
        }
        Ok(())
    }
}

const HOUSEHOLD: &str = "household_id";
const VILLAGE: &str = "village";

/// Who went from where to where; what has no number or name is left out.
#[derive(Default)]
struct Moves {
    /// By the old number or name, its place in `went`.
    places: PlHashMap<String, usize>,
    went: Vec<Went>,
    /// Neighbours come from the same household: its number or name, and its place.
    last: (String, usize),
}

/// Where those of one household or village went, by today's number: nearly all of them to one.
struct Went {
    to: u32,
    count: u64,
    elsewhere: Vec<(u32, u64)>,
}

impl Moves {
    /// With room for so many households.
    fn of(households: usize) -> Self {
        let places = PlHashMap::with_capacity_and_hasher(households, Default::default());
        Self { places, ..Self::default() }
    }

    fn add(&mut self, from: &str, to: Option<u32>) {
        let Some(to) = to.filter(|_| !from.is_empty()) else { return };
        if self.last.0 != from {
            let place = match self.places.get(from) {
                Some(place) => *place,
                None => {
                    self.went.push(Went { to, count: 0, elsewhere: Vec::new() });
                    self.places.insert(from.to_owned(), self.went.len() - 1);
                    self.went.len() - 1
                }
            };
            from.clone_into(&mut self.last.0);
            self.last.1 = place;
        }
        if let Some(went) = self.went.get_mut(self.last.1) {
            went.add(to);
        }
    }

    /// Those who did not go where most went.
    fn apart(&self) -> u64 {
        self.went.iter().map(Went::apart).sum()
    }
}

impl Went {
    fn add(&mut self, to: u32) {
        if self.to == to {
            self.count += 1;
            return;
        }
        match self.elsewhere.iter_mut().find(|(other, _)| *other == to) {
            Some((_, count)) => *count += 1,
            None => self.elsewhere.push((to, 1)),
        }
    }

    fn apart(&self) -> u64 {
        let counts = || self.elsewhere.iter().map(|(_, count)| *count).chain([self.count]);
        counts().sum::<u64>() - counts().max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_goes_with_most_of_his_own_has_not_moved() {
        let (x, y, z) = (Some(1), Some(2), Some(3));
        let mut moves = Moves::default();
        for (from, to) in [("a", x), ("a", x), ("b", z), ("a", y), ("", z), ("c", None), ("d", z)] {
            moves.add(from, to);
        }
        assert_eq!(moves.apart(), 1);
        for (from, to) in [("e", x), ("e", y), ("e", z), ("e", y)] {
            moves.add(from, to);
        }
        assert_eq!(moves.apart(), 3);
    }
}
