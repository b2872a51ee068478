//! What an extract calls a person whose number agrees with the registry and whose name does not, masked: whoever is to say whether the two are one
//! person written differently must see how the other one begins. Read again from the month's extracts, and shown on lists alone. A mark says next month
//! whether it is the same other name: what was said of one is not said of another.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use bidui_ingest::ReadOptions;
use bidui_model::{DataContract, FlawCode, LinkBy};
use bidui_normalize::{CanonicalName, ListTags, canonical_name, mask_name};
use polars::prelude::*;
use rayon::prelude::*;

use crate::accounts::AccountInputs;
use crate::exit::Fault;
use crate::inputs::read_steady;
use crate::sealing::SealedFeed;

/// Another name, masked, and its mark.
struct OtherName {
    masked: String,
    mark: String,
}

/// By feed, file, sheet and row, as flaws name their place.
type Names = BTreeMap<(String, String, String, i64), OtherName>;

/// The relation `flaws` with those names as what was found, and numbers of which each is there once.
pub(crate) fn add_to_flaws(
    inputs: &AccountInputs<'_>,
    inbox: &Path,
    tags: &ListTags,
    flaws: &DataFrame,
) -> Result<DataFrame, Fault> {
    let folder = inbox.join(inputs.month.to_string());
    let feeds: Vec<usize> = inputs.linked.names_differ.keys().copied().collect();
    let read = |feed: usize| -> Result<Names, Fault> {
        let contract = &inputs.config.contracts[feed];
        let rows = inputs.linked.names_differ.get(&feed).filter(|rows| !rows.is_empty() && !contract.sensitive);
        let sealed = inputs.sealed[feed].get(&inputs.month).filter(|sealed| !sealed.stamps.is_empty());
        let Some((sealed, rows)) = sealed.zip(rows) else { return Ok(Names::new()) };
        let person = |(source, row, person): &(u32, u32, u32)| ((*source, *row), inputs.registry.person_no(*person));
        read_feed(&folder, contract, sealed, tags, &rows.iter().map(person).collect())
    };
    let names: Vec<Names> = feeds.into_par_iter().map(read).collect::<Result<_, _>>()?;
    let names: Names = names.into_iter().flatten().collect();
    Ok(filled(flaws, &names)?)
}

fn read_feed(
    folder: &Path,
    contract: &DataContract,
    sealed: &SealedFeed,
    tags: &ListTags,
    persons: &HashMap<(u32, u32), &str>,
) -> Result<Names, Fault> {
    let LinkBy::Person { name: Some(name), .. } = &contract.link else { return Ok(Names::new()) };
    let Some((column, _)) = contract.column(name) else { return Ok(Names::new()) };
    let wanted = persons.keys().copied().collect();
    let mut found: BTreeMap<(u32, u32), Option<OtherName>> = BTreeMap::new();
    let mut sources = 0;
    for (input, before) in sealed.inputs.iter().zip(&sealed.stamps) {
        let options = ReadOptions { first_source: sources, only: Some(&wanted), ..ReadOptions::default() };
        let path = folder.join(&input.file);
        let report = read_steady(&path, &input.file, before, contract, &options, &mut |chunk| {
            let source = chunk.source.map_or(0, |source| source.0);
            for (at, row) in chunk.rows.iter().enumerate().filter(|(_, row)| wanted.contains(&(source, **row))) {
                let name = chunk.columns.get(column).map(|cells| cells.get(at).text);
                let name = name.zip(persons.get(&(source, *row))).map(|(name, person_no)| OtherName {
                    masked: mask_name(name),
                    mark: tags.name_mark(person_no, &plain(name)),
                });
                // Where several persons stand side by side in a row, nobody knows here which of them it is.
                found.entry((source, *row)).and_modify(|known| *known = None).or_insert(name);
            }
        });
        sources += report.map_err(|problem| Fault::data(problem.to_string()))?.sources.len() as u32;
    }
    let named = found.into_iter().filter_map(|((source, row), name)| {
        let (file, sheet) = sealed.sources.get(source as usize)?;
        Some(((contract.name.clone(), file.to_owned(), sheet.to_owned(), i64::from(row)), name?))
    });
    Ok(named.collect())
}

/// The name, however it is spelt.
fn plain(name: &str) -> String {
    match canonical_name(name) {
        CanonicalName::Name(name) | CanonicalName::Illegible { pattern: name } => name,
        CanonicalName::Missing => String::new(),
    }
}

fn filled(flaws: &DataFrame, names: &Names) -> PolarsResult<DataFrame> {
    let words = |name: &str| flaws.column(name)?.str();
    let (feeds, files, sheets, codes, found, ids) =
        (words("feed")?, words("file")?, words("sheet")?, words("code")?, words("found")?, words("check_id")?);
    let rows = flaws.column("row")?.i64()?;
    let name = |place: usize| {
        let word = |column: &StringChunked| column.get(place).unwrap_or("").to_owned();
        let key = || (word(feeds), word(files), word(sheets), rows.get(place).unwrap_or(0));
        names.get(&key()).filter(|_| codes.get(place) == Some(FlawCode::NameDisagrees.code()))
    };
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut id = |place: usize| {
        let id = ids.get(place).unwrap_or_default();
        let id = name(place).map_or_else(|| id.to_owned(), |name| format!("{id}-{}", name.mark));
        let count = seen.entry(id.clone()).or_default();
        *count += 1;
        if *count == 1 { id } else { format!("{id}-{count}") }
    };
    let ids: Vec<String> = (0..flaws.height()).map(&mut id).collect();
    let found: Vec<Option<&str>> = (0..flaws.height())
        .map(|place| name(place).map(|name| name.masked.as_str()).or_else(|| found.get(place)))
        .collect();
    let mut flaws = flaws.clone();
    flaws.with_column(Column::new("found".into(), found))?.with_column(Column::new("check_id".into(), ids))?;
    Ok(flaws)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_name_is_told_at_its_place_and_of_no_other_flaw() {
        let flaws = df!(
            "feed" => ["a", "a", "a"], "file" => ["f", "f", "f"], "sheet" => ["", "", ""], "row" => [2_i64, 3, 2],
            "code" => ["name_disagrees", "name_disagrees", "id_missing"], "found" => ["", "", "无"],
            "check_id" => ["P1-AAAAAA", "P1-AAAAAA", "P1-AAAAAA"],
        )
        .unwrap();
        let place = ("a".to_owned(), "f".to_owned(), String::new(), 2);
        let name = OtherName { masked: "韦＊＊".to_owned(), mark: "7KQ4".to_owned() };
        let filled = filled(&flaws, &[(place, name)].into()).unwrap();
        let found: Vec<_> = filled.column("found").unwrap().str().unwrap().iter().collect();
        assert_eq!(found, [Some("韦＊＊"), Some(""), Some("无")]);
        // Of a name that nobody knows the number says nothing of the name; each is there once.
        let ids: Vec<_> = filled.column("check_id").unwrap().str().unwrap().iter().flatten().collect();
        assert_eq!(ids, ["P1-AAAAAA-7KQ4", "P1-AAAAAA", "P1-AAAAAA-2"]);
    }
}
