//! Persons as a table of plain values, for the weighted pass; in memory only.

use bidui_linkage::{Column, Table};
use bidui_normalize::PersonView;

/// The columns, which a link model of the ladder may name.
pub(crate) const PERSON_FIELDS: [&str; 10] =
    ["name", "sound", "birth", "sex", "village", "town", "hamlet", "phone", "head", "relation"];

/// One person's values in the order of [`PERSON_FIELDS`].
pub(crate) type Values = [Option<String>; PERSON_FIELDS.len()];

/// A person's values.
pub(crate) fn values(person: &PersonView<'_>) -> Values {
    std::array::from_fn(|at| value(person, at).map(str::to_owned))
}

/// The value of a person's column.
pub(crate) fn value<'p>(person: &'p PersonView<'_>, column: usize) -> Option<&'p str> {
    let text = match PERSON_FIELDS[column] {
        "name" => person.name,
        "sound" => person.sound,
        "birth" => person.birth_digits(),
        "sex" => ["", "男", "女"].get(person.sex as usize).copied().unwrap_or(""),
        "village" => person.village,
        "town" => person.town,
        "hamlet" => person.hamlet,
        "phone" => person.phone,
        "head" => person.head,
        _ => person.relation,
    };
    (!text.is_empty()).then_some(text)
}

/// A table with a row a person.
pub(crate) fn table<'p>(persons: impl Iterator<Item = &'p Values>) -> Table {
    let mut columns = vec![Column::default(); PERSON_FIELDS.len()];
    for person in persons {
        columns.iter_mut().zip(person).for_each(|(column, value)| column.push(value.as_deref()));
    }
    table_of(columns)
}

/// The columns of [`PERSON_FIELDS`] as a table.
pub(crate) fn table_of(columns: Vec<Column>) -> Table {
    let names = PERSON_FIELDS.iter().map(|name| (*name).to_owned()).collect();
    Table::new(names, columns).unwrap_or_default()
}
