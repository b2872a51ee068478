//! Whose a row of a file is. A row may hold several records (a household in a row), and then a bad value in it is somebody's of the
//! household, but nobody can say whose.

use bidui_match::Registry;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// No record of the row is linked.
    Nobody,
    /// Every record is this person's.
    Person(u32),
    /// Several records, and those that are linked are of this household.
    Household(u32),
    /// Records of several households.
    Several,
}

impl Whose {
    /// The row of one record; `person` is whom it is linked to.
    pub(crate) fn of(person: Option<u32>) -> Self {
        person.map_or(Self::Nobody, Self::Person)
    }

    /// The same row with one more record.
    pub(crate) fn and(self, person: Option<u32>, household_of: impl Fn(u32) -> Option<u32>) -> Self {
        let whole = |person: u32| household_of(person).map_or(Self::Several, Self::Household);
        match (self, person) {
            (Self::Person(known), Some(person)) if known == person => self,
            (Self::Nobody, None) => Self::Nobody,
            (Self::Nobody, Some(person)) => whole(person),
            (Self::Person(known), None) => whole(known),
            (Self::Person(known), Some(person)) if whole(known) == whole(person) => whole(known),
            (Self::Household(_), None) => self,
            (Self::Household(_), Some(person)) if whole(person) == self => self,
            _ => Self::Several,
        }
    }

    pub(crate) fn person(self) -> Option<u32> {
        match self {
            Self::Person(person) => Some(person),
            Self::Nobody | Self::Household(_) | Self::Several => None,
        }
    }

    pub(crate) fn household(self, registry: &Registry) -> Option<u32> {
        match self {
            Self::Person(person) => registry.household_of(person),
            Self::Household(household) => Some(household),
            Self::Nobody | Self::Several => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Persons 10 to 19 are of household 1, and so on.
    fn check(records: &[Option<u32>], expected: Whose) {
        let (first, rest) = records.split_first().map_or((None, records), |(first, rest)| (*first, rest));
        let found = rest.iter().fold(Whose::of(first), |whose, person| whose.and(*person, |person| Some(person / 10)));
        assert_eq!(found, expected, "{records:?}");
    }

    #[test]
    fn a_row_of_one_record_is_its_persons() {
        check(&[Some(11)], Whose::Person(11));
        check(&[Some(11), Some(11)], Whose::Person(11));
        check(&[None], Whose::Nobody);
        check(&[None, None], Whose::Nobody);
    }

    #[test]
    fn a_row_of_a_household_is_of_none_of_its_members() {
        check(&[Some(11), Some(12)], Whose::Household(1));
        check(&[Some(11), None, Some(12)], Whose::Household(1));
        check(&[None, Some(12)], Whose::Household(1));
        check(&[Some(11), None], Whose::Household(1));
    }

    #[test]
    fn a_row_of_two_households_is_of_neither() {
        check(&[Some(11), Some(21)], Whose::Several);
        check(&[Some(11), Some(12), Some(21), Some(11)], Whose::Several);
    }
}
