//! What an extract calls a person whose number agrees with the registry and whose name does not, masked: whoever is to say whether the two are one
//! person written differently must see how the other one begins. Read again from the month's extracts, and shown on lists alone. A mark says next month
//! whether it is the same other name: what was said of one is not said of another. Of whom it was said that it is not he, nothing is linked to him any more.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use bidui_ingest::ReadOptions;
use bidui_match::Registry;
use bidui_model::{DataContract, FlawCode, LinkBy, NameToken};
use bidui_normalize::{ListTags, mask_name};
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
        let marks = rows.iter().map(|one| ((one.source, one.row), tags.name_mark(one.name)));
        read_feed(&folder, contract, sealed, &marks.collect())
    };
    let names: Vec<Names> = feeds.into_par_iter().map(read).collect::<Result<_, _>>()?;
    let names: Names = names.into_iter().flatten().collect();
    Ok(filled(flaws, &names)?)
}

fn read_feed(
    folder: &Path,
    contract: &DataContract,
    sealed: &SealedFeed,
    marks: &HashMap<(u32, u32), String>,
) -> Result<Names, Fault> {
    let LinkBy::Person { name: Some(name), .. } = &contract.link else { return Ok(Names::new()) };
    let Some((column, _)) = contract.column(name) else { return Ok(Names::new()) };
    let wanted = marks.keys().copied().collect();
    let mut found: BTreeMap<(u32, u32), Option<OtherName>> = BTreeMap::new();
    let mut sources = 0;
    for (input, before) in sealed.inputs.iter().zip(&sealed.stamps) {
        let options = ReadOptions { first_source: sources, only: Some(&wanted), ..ReadOptions::default() };
        let path = folder.join(&input.file);
        let report = read_steady(&path, &input.file, before, contract, &options, &mut |chunk| {
            let source = chunk.source.map_or(0, |source| source.0);
            for (at, row) in chunk.rows.iter().enumerate().filter(|(_, row)| wanted.contains(&(source, **row))) {
                let name = chunk.columns.get(column).map(|cells| cells.get(at).text);
                let name = name.zip(marks.get(&(source, *row)));
                let name = name.map(|(name, mark)| OtherName { masked: mask_name(name), mark: mark.clone() });
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

/// What towns said of other names: one and the same, or not he.
const NOT_HE: &str = "不是同一人";
const THE_SAME: &str = "同一人，用字不同";

/// Persons by the marks of names under their numbers of which their towns found that they are not they, and nobody that they are.
#[derive(Default)]
pub(crate) struct NotTheirs(HashMap<u32, BTreeSet<String>>);

impl NotTheirs {
    /// Of what was told of numbers of checks, `人编号-…-mark`, and its code.
    pub(crate) fn of(told: &[(String, String)], registry: &Registry) -> Self {
        let mut said: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
        for (key, code) in told.iter().filter(|(_, code)| [NOT_HE, THE_SAME].contains(&code.as_str())) {
            let mut parts = key.split('-');
            if let (Some(person), Some(_), Some(mark)) = (parts.next(), parts.next(), parts.next()) {
                said.entry((person, mark)).or_default().insert(code);
            }
        }
        said.retain(|_, codes| !codes.contains(THE_SAME));
        let persons = registry.persons_of(said.keys().map(|(person, _)| *person));
        let mut found: HashMap<u32, BTreeSet<String>> = HashMap::new();
        for (person, mark) in said.into_keys() {
            if let Some(person) = persons.get(person) {
                found.entry(*person).or_default().insert(mark.to_owned());
            }
        }
        Self(found)
    }

    pub(crate) fn has(&self, person: u32, name: NameToken, tags: &ListTags) -> bool {
        self.0.get(&person).is_some_and(|marks| marks.contains(&tags.name_mark(name)))
    }
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
