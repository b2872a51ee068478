//! Which rows of a large table share a block with some row of a small one, told row by row, so that the large table need not be held.

use std::collections::HashSet;

use crate::block_keys::part_digest;
use crate::clean::clean;
use crate::model::{Block, Field, KeyPart, LinkModel};
use crate::records::mix;
use crate::table::Table;

/// The keys of the small table's rows, block by block.
#[derive(Debug)]
pub struct BlockFilter {
    fields: Vec<Field>,
    /// Where each field's right value stands among the values that are asked about.
    columns: Vec<Option<usize>>,
    blocks: Vec<(Vec<KeyPart>, HashSet<u64>)>,
}

impl BlockFilter {
    /// `columns` names the values that [`Self::holds`] will be given.
    #[must_use]
    pub fn new(left: &Table, model: &LinkModel, columns: &[&str]) -> Self {
        let of_block = |block: &Block| {
            let values = |row: usize, field: usize| left.column(&model.fields[field].left)?.get(row)?.as_deref();
            let keys = (0..left.rows())
                .filter_map(|row| key(&block.left, |field| clean(values(row, field)?, &model.fields[field])));
            (block.right.clone(), keys.collect())
        };
        let place = |field: &Field| columns.iter().position(|column| *column == field.right);
        Self {
            fields: model.fields.clone(),
            columns: model.fields.iter().map(place).collect(),
            blocks: model.blocks.iter().map(of_block).collect(),
        }
    }

    /// Whether a row of the large table shares a block with any row of the small one.
    #[must_use]
    pub fn holds(&self, values: &[Option<String>]) -> bool {
        let mut cleaned: Vec<Option<Option<String>>> = vec![None; self.fields.len()];
        self.blocks.iter().any(|(parts, keys)| {
            let own = key(parts, |field| {
                let value = cleaned[field].get_or_insert_with(|| {
                    let raw = values.get(self.columns[field]?)?.as_deref()?;
                    clean(raw, &self.fields[field])
                });
                value.clone()
            });
            own.is_some_and(|own| keys.contains(&own))
        })
    }
}

/// Both sides make it alike; it need not be the key of the plan.
fn key(parts: &[KeyPart], mut value: impl FnMut(usize) -> Option<String>) -> Option<u64> {
    let mut all = 0;
    for part in parts {
        let symbols: Vec<u32> = value(part.field)?.chars().map(u32::from).collect();
        all = mix(all, part_digest(&symbols, part)?);
    }
    (!parts.is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::spec::compile_model;

    const MODEL: &str = r#"
name = "x"
[[field]]
name = "name"
[[field]]
name = "born"
clean = ["digits"]
[[compare]]
field = "name"
levels = [{ test = "exact" }]
[[block]]
on = ["name", "born[0..4]"]
[[block]]
on = ["born"]
"#;

    fn words(row: &[&str]) -> Vec<Option<String>> {
        row.iter().map(|word| (!word.is_empty()).then(|| (*word).to_owned())).collect()
    }

    #[test]
    fn a_row_is_held_when_any_block_has_it() {
        let model = compile_model(MODEL, "x").unwrap();
        let columns = vec![words(&["a", "b"]), words(&["1990-01-02", ""])];
        let left = Table::new(vec!["name".into(), "born".into()], columns).unwrap();
        let filter = BlockFilter::new(&left, &model, &["born", "name"]);
        let check = |born: &str, name: &str, expected: bool| {
            assert_eq!(filter.holds(&words(&[born, name])), expected, "{born} {name}");
        };
        check("19900102", "z", true);
        check("19900304", "a", true);
        check("19900304", "b", false);
        check("", "a", false);
    }
}
