//! What a row in review says of its person, masked, for the list on which somebody decides: read again from the month's extract, and shown nowhere
//! else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bidui_ingest::ReadOptions;
use bidui_model::{DataContract, LinkBy};
use bidui_normalize::{LadderKeys, NameSounds, PersonFields, PersonReader, cell_of, iso_date, mask_id};
use polars::prelude::*;

use crate::accounts::AccountInputs;
use crate::exit::Fault;
use crate::inputs::read_steady;
use crate::sealing::SealedFeed;

/// What one row says of its person.
#[derive(Clone, Debug)]
pub(crate) struct ShownRow {
    name: String,
    id_masked: String,
    birth: String,
    village: String,
    phone: String,
}

impl ShownRow {
    pub(crate) fn of(person: &PersonFields, id_masked: String) -> Self {
        let birth = person.birth.map_or_else(String::new, iso_date);
        let phone = masked_phone(&person.phone);
        Self {
            name: person.name.clone(),
            id_masked: beginning(&id_masked),
            birth,
            village: person.village.clone(),
            phone,
        }
    }
}

/// What reading needs of the keys.
pub(crate) struct Lens<'a> {
    pub(crate) keys: &'a LadderKeys,
    pub(crate) sounds: &'a NameSounds,
}

/// The list-only table `review_rows`.
pub(crate) fn frame(inputs: &AccountInputs<'_>, inbox: &Path, lens: &Lens<'_>) -> Result<DataFrame, Fault> {
    let mut shown = inputs.ladder.shown.clone();
    let folder = inbox.join(inputs.month.to_string());
    let feeds: BTreeSet<usize> =
        inputs.candidates.iter().filter(|row| !shown.contains_key(&row.digest)).map(|row| row.feed).collect();
    for feed in feeds {
        let Some(sealed) = inputs.sealed[feed].get(&inputs.month).filter(|sealed| !sealed.stamps.is_empty()) else {
            continue;
        };
        let wanted: BTreeMap<(u32, u32), BTreeSet<u64>> =
            inputs.candidates.iter().filter(|row| row.feed == feed).fold(BTreeMap::new(), |mut wanted, row| {
                wanted.entry((row.source, row.row)).or_default().insert(row.digest);
                wanted
            });
        read_feed(inputs, &folder, &inputs.config.contracts[feed], sealed, lens, &wanted, &mut shown)?;
    }
    let config = inputs.config;
    let village = |code: &str| {
        let found = config.gazetteer.villages().iter().find(|village| village.code.0 == code);
        found.map_or_else(String::new, |village| village.short_name.clone())
    };
    let column = |name: &str, pick: &dyn Fn(&ShownRow) -> String| {
        Column::new(name.into(), shown.values().map(pick).collect::<Vec<_>>())
    };
    let digests: Vec<String> = shown.keys().map(|digest| format!("{digest:016x}")).collect();
    Ok(DataFrame::new(
        shown.len(),
        vec![
            Column::new("row_digest".into(), digests),
            column("row_name", &|shown| shown.name.clone()),
            column("row_id_masked", &|shown| shown.id_masked.clone()),
            column("row_birth", &|shown| shown.birth.clone()),
            column("row_village", &|shown| village(&shown.village)),
            column("row_phone", &|shown| shown.phone.clone()),
        ],
    )?)
}

fn read_feed(
    inputs: &AccountInputs<'_>,
    folder: &Path,
    contract: &DataContract,
    sealed: &SealedFeed,
    lens: &Lens<'_>,
    wanted: &BTreeMap<(u32, u32), BTreeSet<u64>>,
    shown: &mut BTreeMap<u64, ShownRow>,
) -> Result<(), Fault> {
    let config = inputs.config;
    let LinkBy::Person { id, .. } = &contract.link else { return Ok(()) };
    let number = contract.column(id).map_or(0, |(at, _)| at);
    let Some(reader) = PersonReader::new(contract, &config.gazetteer, lens.sounds, &config.ladder.placeholders) else {
        return Ok(());
    };
    let mut sources = 0;
    for (input, before) in sealed.inputs.iter().zip(&sealed.stamps) {
        let options = ReadOptions { first_source: sources, ..ReadOptions::default() };
        let path = folder.join(&input.file);
        let report = read_steady(&path, &input.file, before, contract, &options, &mut |chunk| {
            let source = chunk.source.map_or(0, |source| source.0);
            for (at, row) in chunk.rows.iter().enumerate() {
                let Some(digests) = wanted.get(&(source, *row)) else { continue };
                let cell = cell_of(&chunk, at, Some(number));
                let written = cell.text;
                // As sealing read it: with what the number says, or without.
                for person in [reader.read(&chunk, at), reader.read_without_number(&chunk, at)] {
                    let digest = lens.keys.digest(&contract.name, (inputs.month, *row), cell, &person);
                    let cells = chunk.columns.iter().map(|cells| cells.get(at).text);
                    let own = lens.keys.own_digest(digest, cells);
                    let Some(digest) = [digest, own].into_iter().find(|digest| digests.contains(digest)) else {
                        continue;
                    };
                    shown.insert(digest, ShownRow::of(&person, mask_id(written)));
                }
            }
        });
        sources += report.map_err(|problem| Fault::data(problem.to_string()))?.sources.len() as u32;
    }
    Ok(())
}

/// The first six characters of a long number: beside a birth date the last four would give the whole of it away.
fn beginning(masked: &str) -> String {
    if masked.chars().count() < 15 {
        return masked.to_owned();
    }
    masked.chars().take(6).chain(['…']).collect()
}

/// The last four digits tell two phones apart.
fn masked_phone(phone: &str) -> String {
    match phone.len().checked_sub(4) {
        Some(from) => format!("*{}", &phone[from..]),
        None => String::new(),
    }
}
