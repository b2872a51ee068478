//! Persons as a table of plain values, for the weighted pass; in memory only.

use bidui_linkage::Table;
use bidui_normalize::PersonFields;

/// The columns, which a link model of the ladder may name.
pub(crate) const PERSON_FIELDS: [&str; 10] =
    ["name", "sound", "birth", "sex", "village", "town", "hamlet", "phone", "head", "relation"];

/// One person's values in the order of [`PERSON_FIELDS`].
pub(crate) type Values = [Option<String>; PERSON_FIELDS.len()];

/// A person's values.
pub(crate) fn values(person: &PersonFields) -> Values {
    let said = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    [
        said(&person.name),
        said(&person.sound),
        said(&person.birth_digits()),
        ["", "男", "女"].get(person.sex as usize).copied().and_then(said),
        said(&person.village),
        said(&person.town),
        said(&person.hamlet),
        said(&person.phone),
        said(&person.head),
        said(&person.relation),
    ]
}

/// A table with a row a person.
pub(crate) fn table<'p>(persons: impl Iterator<Item = &'p Values>) -> Table {
    let mut columns: Vec<Vec<Option<String>>> = vec![Vec::new(); PERSON_FIELDS.len()];
    for person in persons {
        columns.iter_mut().zip(person).for_each(|(column, value)| column.push(value.clone()));
    }
    let names = PERSON_FIELDS.iter().map(|name| (*name).to_owned()).collect();
    Table::new(names, columns).unwrap_or_default()
}
