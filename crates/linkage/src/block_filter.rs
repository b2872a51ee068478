//! Which rows of a large table share a block with some row of a small one, told row by row, so that the large table need not be held.

use std::collections::HashSet;

use crate::clean::clean;
use crate::model::{Field, KeyPart, LinkModel};
use crate::records::mix;
use crate::table::Table;

/// The keys of the small table's rows, block by block.
#[derive(Debug)]
pub struct BlockFilter {
    fields: Vec<Field>,
    /// Where each field's right value stands among the values that are asked about.
    columns: Vec<Option<usize>>,
    /// Every part of a key of the right side, once.
    parts: Vec<KeyPart>,
    /// Places of a block's parts, and its keys.
    blocks: Vec<(Vec<usize>, HashSet<u64>)>,
}

impl BlockFilter {
    /// `columns` names the values that [`Self::holds`] will be given.
    #[must_use]
    pub fn new(left: &Table, model: &LinkModel, columns: &[&str]) -> Self {
        let mut parts: Vec<KeyPart> = Vec::new();
        let mut place = |part: &KeyPart| {
            parts.iter().position(|other| other == part).unwrap_or_else(|| {
                parts.push(part.clone());
                parts.len() - 1
            })
        };
        let blocks = model.blocks.iter().map(|block| {
            let key = |row: usize| -> Option<u64> {
                let mut own = 0;
                for part in &block.left {
                    let field = &model.fields[part.field];
                    own = mix(own, digest_of(left.column(&field.left)?.get(row)?, field, part)?);
                }
                (!block.left.is_empty()).then_some(own)
            };
            (block.right.iter().map(&mut place).collect(), (0..left.rows()).filter_map(key).collect())
        });
        let blocks = blocks.collect();
        let column = |field: &Field| columns.iter().position(|column| *column == field.right);
        Self { fields: model.fields.clone(), columns: model.fields.iter().map(column).collect(), parts, blocks }
    }

    /// Whether a row of the large table shares a block with any row of the small one. `value` gives its values by their places among the
    /// columns.
    #[must_use]
    pub fn holds<'v>(&self, value: impl Fn(usize) -> Option<&'v str>) -> bool {
        let mut digests: Vec<Option<Option<u64>>> = vec![None; self.parts.len()];
        self.blocks.iter().any(|(parts, keys)| {
            let mut own = 0;
            for part in parts {
                let digest = *digests[*part].get_or_insert_with(|| {
                    let KeyPart { field, .. } = self.parts[*part];
                    let raw = value(self.columns[field]?)?;
                    digest_of(raw, &self.fields[field], &self.parts[*part])
                });
                match digest {
                    Some(digest) => own = mix(own, digest),
                    None => return false,
                }
            }
            !parts.is_empty() && keys.contains(&own)
        })
    }
}

/// Both sides make it alike; it need not be the key of the plan.
fn digest_of(raw: &str, field: &Field, part: &KeyPart) -> Option<u64> {
    let as_it_is = field.clean.is_empty() && field.missing.is_empty() && is_settled(raw);
    let cleaned;
    let text = if as_it_is {
        raw
    } else {
        cleaned = clean(raw, field)?;
        &cleaned
    };
    let range = part.characters.clone().unwrap_or(0..usize::MAX);
    let mut count = 0;
    let digest =
        text.chars().enumerate().skip(range.start).take_while(|(at, _)| *at < range.end).fold(0, |sum, (_, symbol)| {
            count += 1;
            mix(sum, u64::from(symbol))
        });
    let is_whole = part.characters.as_ref().is_none_or(|range| count == range.len());
    (count > 0 && is_whole).then_some(digest)
}

/// ASCII and unified ideographs without blanks at the ends: what cleaning leaves as it is.
fn is_settled(text: &str) -> bool {
    let is_plain = |symbol: char| symbol.is_ascii() || ('\u{4e00}'..='\u{9fff}').contains(&symbol);
    !text.is_empty() && text.chars().all(is_plain) && text.trim_ascii().len() == text.len()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::spec::compile_model;
    use crate::table::Column;

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

    fn words(row: &[&str]) -> Column {
        row.iter().map(|word| Some(*word)).collect()
    }

    #[test]
    fn a_row_is_held_when_any_block_has_it() {
        let model = compile_model(MODEL, "x").unwrap();
        let columns = vec![words(&["a", "b"]), words(&["1990-01-02", ""])];
        let left = Table::new(vec!["name".into(), "born".into()], columns).unwrap();
        let filter = BlockFilter::new(&left, &model, &["born", "name"]);
        let check = |born: &str, name: &str, expected: bool| {
            let words = [born, name];
            let value = |at: usize| Some(words[at]).filter(|word| !word.is_empty());
            assert_eq!(filter.holds(value), expected, "{born} {name}");
        };
        check("19900102", "z", true);
        check("19900304", "a", true);
        check("19900304", "b", false);
        check("", "a", false);
    }
}
