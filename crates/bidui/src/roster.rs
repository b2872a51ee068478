//! What the month's registry says of the rows of the extracts while they are sealed.

use std::sync::OnceLock;

use bidui_match::Registry;
use bidui_model::{IdNumber, NameToken, Token};
use bidui_normalize::{Known, RegistryStrays, Roster};

/// The registry, and what its own rows say beside their numbers. That is known when the registry was sealed just now, and read again from
/// its extract when it was not.
pub(crate) struct RegistryRoster<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) strays: OnceLock<RegistryStrays>,
    pub(crate) read: &'a (dyn Fn() -> RegistryStrays + Sync),
}

impl RegistryRoster<'_> {
    fn strays(&self) -> &RegistryStrays {
        self.strays.get_or_init(self.read)
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
        self.strays().areas.contains(&number.area_code())
    }

    fn may_be_stray(&self, sound: &str) -> bool {
        !sound.is_empty() && self.strays().sounds.contains(sound)
    }
}
