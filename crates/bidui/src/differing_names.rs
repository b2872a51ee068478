//! What an extract calls a person whose number agrees with the registry and whose name does not, masked: whoever is to say whether the two are one
//! person written differently must see how the other one begins. Read again from the month's extracts, and shown on lists alone.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use bidui_ingest::ReadOptions;
use bidui_model::{DataContract, FlawCode, LinkBy};
use bidui_normalize::mask_name;
use polars::prelude::*;
use rayon::prelude::*;

use crate::accounts::AccountInputs;
use crate::exit::Fault;
use crate::inputs::read_steady;
use crate::sealing::SealedFeed;

/// Masked names by feed, file, sheet and row, as flaws name their place.
type Names = BTreeMap<(String, String, String, i64), String>;

/// The relation `flaws` with those names as what was found.
pub(crate) fn add_to_flaws(inputs: &AccountInputs<'_>, inbox: &Path, flaws: &DataFrame) -> Result<DataFrame, Fault> {
    let folder = inbox.join(inputs.month.to_string());
    let feeds: Vec<usize> = inputs.linked.names_differ.keys().copied().collect();
    let read = |feed: usize| -> Result<Names, Fault> {
        let contract = &inputs.config.contracts[feed];
        let rows = inputs.linked.names_differ.get(&feed).filter(|rows| !rows.is_empty() && !contract.sensitive);
        let sealed = inputs.sealed[feed].get(&inputs.month).filter(|sealed| !sealed.stamps.is_empty());
        let Some((sealed, rows)) = sealed.zip(rows) else { return Ok(Names::new()) };
        read_feed(&folder, contract, sealed, &rows.iter().map(|(source, row, _)| (*source, *row)).collect())
    };
    let names: Vec<Names> = feeds.into_par_iter().map(read).collect::<Result<_, _>>()?;
    let names: Names = names.into_iter().flatten().collect();
    Ok(filled(flaws, &names)?)
}

fn read_feed(
    folder: &Path,
    contract: &DataContract,
    sealed: &SealedFeed,
    wanted: &HashSet<(u32, u32)>,
) -> Result<Names, Fault> {
    let LinkBy::Person { name: Some(name), .. } = &contract.link else { return Ok(Names::new()) };
    let Some((column, _)) = contract.column(name) else { return Ok(Names::new()) };
    let mut found: BTreeMap<(u32, u32), Option<String>> = BTreeMap::new();
    let mut sources = 0;
    for (input, before) in sealed.inputs.iter().zip(&sealed.stamps) {
        let options = ReadOptions { first_source: sources, only: Some(wanted), ..ReadOptions::default() };
        let path = folder.join(&input.file);
        let report = read_steady(&path, &input.file, before, contract, &options, &mut |chunk| {
            let source = chunk.source.map_or(0, |source| source.0);
            for (at, row) in chunk.rows.iter().enumerate().filter(|(_, row)| wanted.contains(&(source, **row))) {
                let masked = chunk.columns.get(column).map(|cells| mask_name(cells.get(at).text));
                // Where several persons stand side by side in a row, nobody knows here which of them it is.
                found.entry((source, *row)).and_modify(|name| *name = None).or_insert(masked);
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

fn filled(flaws: &DataFrame, names: &Names) -> PolarsResult<DataFrame> {
    let words = |name: &str| flaws.column(name)?.str();
    let (feeds, files, sheets, codes, found) =
        (words("feed")?, words("file")?, words("sheet")?, words("code")?, words("found")?);
    let rows = flaws.column("row")?.i64()?;
    let at = |place: usize| {
        if codes.get(place) != Some(FlawCode::NameDisagrees.code()) {
            return found.get(place);
        }
        let word = |column: &StringChunked| column.get(place).unwrap_or("").to_owned();
        let key = (word(feeds), word(files), word(sheets), rows.get(place).unwrap_or(0));
        names.get(&key).map(String::as_str).or_else(|| found.get(place))
    };
    let column: Vec<Option<&str>> = (0..flaws.height()).map(at).collect();
    let mut flaws = flaws.clone();
    flaws.with_column(Column::new("found".into(), column))?;
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
        )
        .unwrap();
        let place = ("a".to_owned(), "f".to_owned(), String::new(), 2);
        let filled = filled(&flaws, &[(place, "韦＊＊".to_owned())].into()).unwrap();
        let found: Vec<_> = filled.column("found").unwrap().str().unwrap().iter().collect();
        assert_eq!(found, [Some("韦＊＊"), Some(""), Some("无")]);
    }
}
