//! The two relations that are as long as the registry: written a row group at a time, and held only as far as a list asks for them.

use std::collections::BTreeSet;
use std::path::Path;

use bidui_emit::{ListPlan, NeededRows, ROWS_PER_GROUP, RelationWriter, Relations, TableNeed, table_need};
use bidui_match::{RelationInputs, Roll};
use polars::prelude::*;

use crate::exit::Fault;

const ROLLS: [Roll; 2] = [Roll::Persons, Roll::Households];

/// Writes both.
pub(crate) fn write(inputs: &RelationInputs<'_>, data: &Path) -> Result<(), Fault> {
    for roll in ROLLS {
        let (columns, rows) = (roll.columns(inputs.facts), roll.rows(inputs.registry));
        let mut writer = RelationWriter::create(roll.name(), data, rows)?;
        let end = rows as u32;
        for first in (0..end).step_by(ROWS_PER_GROUP) {
            let part = roll.part(inputs, &columns, first, end.min(first + ROWS_PER_GROUP as u32))?;
            writer.write(&part)?;
        }
        writer.finish()?;
    }
    Ok(())
}

/// Puts beside the other relations what the lists ask of these two.
pub(crate) fn add_for_lists(
    inputs: &RelationInputs<'_>,
    lists: &[ListPlan],
    relations: &mut Relations,
) -> Result<(), Fault> {
    for roll in ROLLS {
        let columns = roll.columns(inputs.facts);
        if let Some(need) = table_need(lists, roll.name(), columns.iter().map(String::as_str))? {
            let frame = needed(inputs, roll, &need, relations)?;
            relations.insert(roll.name().to_owned(), frame);
        }
    }
    Ok(())
}

fn needed(
    inputs: &RelationInputs<'_>,
    roll: Roll,
    need: &TableNeed,
    relations: &Relations,
) -> Result<DataFrame, Fault> {
    match &need.rows {
        NeededRows::Joined { key, to } if key == "household_id" => {
            let Some(households) = joined(inputs, to, relations)? else {
                return passing(inputs, roll, need, None, &[]);
            };
            let rows = match roll {
                Roll::Persons => {
                    households.into_iter().flat_map(|household| inputs.registry.members(household)).collect()
                }
                Roll::Households => households,
            };
            Ok(roll.some(inputs, &need.columns, &rows)?)
        }
        NeededRows::JoinedOrPassing { key, to, condition } if key == "household_id" => {
            match joined(inputs, to, relations)? {
                Some(households) => passing(inputs, roll, need, Some(condition), &households),
                None => passing(inputs, roll, need, None, &[]),
            }
        }
        NeededRows::Passing(condition) => passing(inputs, roll, need, Some(condition), &[]),
        _ => passing(inputs, roll, need, None, &[]),
    }
}

/// The households that stand in those tables' columns; `None` if a table is not there to be asked.
fn joined(
    inputs: &RelationInputs<'_>,
    to: &BTreeSet<(String, String)>,
    relations: &Relations,
) -> Result<Option<Vec<u32>>, Fault> {
    let mut households = Vec::new();
    for (table, column) in to {
        let Some(frame) = relations.get(table) else { return Ok(None) };
        let ids = frame.column(column)?.str()?.iter().flatten();
        households.extend(ids.filter_map(|id| inputs.registry.find_household(id)));
    }
    households.sort_unstable();
    households.dedup();
    Ok(Some(households))
}

/// The rows that pass the condition and those of the households, in order; without a condition every row. A row group at a time, so
/// that nothing longer than what is kept is held.
fn passing(
    inputs: &RelationInputs<'_>,
    roll: Roll,
    need: &TableNeed,
    condition: Option<&Expr>,
    households: &[u32],
) -> Result<DataFrame, Fault> {
    let end = roll.rows(inputs.registry) as u32;
    let mut kept = roll.part(inputs, &need.columns, 0, 0)?;
    for first in (0..end).step_by(ROWS_PER_GROUP) {
        let last = end.min(first + ROWS_PER_GROUP as u32);
        let part = roll.part(inputs, &need.columns, first, last)?;
        let Some(condition) = condition else {
            kept.vstack_mut(&part)?;
            continue;
        };
        let passed = part.clone().lazy().select([condition.clone().alias("passed")]).collect()?;
        let household = |row: u32| match roll {
            Roll::Persons => inputs.registry.household_of(row),
            Roll::Households => Some(row),
        };
        let is_joined = |row: u32| household(row).is_some_and(|own| households.binary_search(&own).is_ok());
        let passed = passed.column("passed")?.bool()?.iter();
        let mask: BooleanChunked =
            (first..last).zip(passed).map(|(row, passed)| Some(passed == Some(true) || is_joined(row))).collect();
        kept.vstack_mut(&part.filter(&mask)?)?;
    }
    Ok(kept)
}
