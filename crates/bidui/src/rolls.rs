//! The two relations that are as long as the registry: written a row group at a time, and held only as far as a list asks for them.

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
    if let NeededRows::Joined { key, to } = &need.rows
        && key == "household_id"
    {
        let mut households = Vec::new();
        for (table, column) in to {
            let Some(frame) = relations.get(table) else { return whole(inputs, roll, need) };
            let ids = frame.column(column)?.str()?.iter().flatten();
            households.extend(ids.filter_map(|id| inputs.registry.find_household(id)));
        }
        households.sort_unstable();
        households.dedup();
        let rows = match roll {
            Roll::Persons => households.into_iter().flat_map(|household| inputs.registry.members(household)).collect(),
            Roll::Households => households,
        };
        return Ok(roll.some(inputs, &need.columns, &rows)?);
    }
    whole(inputs, roll, need)
}

fn whole(inputs: &RelationInputs<'_>, roll: Roll, need: &TableNeed) -> Result<DataFrame, Fault> {
    let all = roll.part(inputs, &need.columns, 0, roll.rows(inputs.registry) as u32)?;
    Ok(need.keep(all)?)
}
