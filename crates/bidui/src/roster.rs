//! What the month's registry says of the rows of the extracts while they are sealed.

use std::collections::HashSet;

use bidui_match::Registry;
use bidui_model::{IdNumber, NameToken, Token};
use bidui_normalize::{Known, PersonReader, Roll, Roster};

/// The registry, and the persons of its extract.
pub(crate) struct RegistryRoster<'a> {
    registry: &'a Registry,
    roll: &'a Roll,
    stray_sounds: HashSet<String>,
}

impl<'a> RegistryRoster<'a> {
    pub(crate) fn new(registry: &'a Registry, roll: &'a Roll, reader: &PersonReader<'_>) -> Self {
        Self { registry, roll, stray_sounds: roll.stray_sounds(reader) }
    }
}

impl Roster for RegistryRoster<'_> {
    fn judge(&self, numbers: &[Token], names: &[NameToken]) -> Vec<Known> {
        let known = |owner: Option<(u32, bool)>| match owner {
            None => Known::Nobody,
            Some((_, false)) => Known::Same,
            Some((person, true)) => {
                let household =
                    self.registry.household_of(person).map(|household| self.registry.household_id(household));
                Known::OtherName { household: household.unwrap_or("").to_owned() }
            }
        };
        self.registry.owners(numbers, names).into_iter().map(known).collect()
    }

    fn is_likely(&self, number: &IdNumber) -> bool {
        self.roll.knows_area(number.area_code())
    }

    fn may_be_stray(&self, sound: &str) -> bool {
        !sound.is_empty() && self.stray_sounds.contains(sound)
    }
}
