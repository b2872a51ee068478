//! Codes of towns and villages, and resettlement sites, in conditions, against the county's places. A code that nobody has, or one from before the last
//! reform, is met by no household, and those who are meant would be missed in silence.

use std::collections::{BTreeMap, BTreeSet};

use bidui_model::{AskedWord, DataContract, Diagnostic, SpecFile, nearest};

use crate::asked_word::strangers;
use crate::choice::{NO_CHOICE, PlaceKind};
use crate::sql;

/// A code that no place has.
const NO_PLACE: &str = NO_CHOICE;
/// A site that towns.toml does not know: the registry may know it.
const NO_SITE: &str = "BD0719";

/// What registries write of a household that lives in no site.
const NO_SITES: [&str; 6] = ["", "否", "无", "-", "—", "/"];

/// The places that rows may name.
#[derive(Clone, Debug, Default)]
pub struct KnownPlaces {
    /// Names by code, those that have left the county among them.
    pub towns: BTreeMap<String, String>,
    pub villages: BTreeMap<String, String>,
    /// Present codes by former ones.
    pub former: BTreeMap<String, String>,
    /// Names and aliases of resettlement sites.
    pub sites: BTreeSet<String>,
}

impl KnownPlaces {
    fn may_come(&self, place: PlaceKind, asked: &AskedWord) -> bool {
        let met = |word: &String| asked.is_met_by(word);
        match place {
            PlaceKind::Town => asked.is_met_by("") || self.towns.keys().any(met),
            PlaceKind::Village => asked.is_met_by("") || self.villages.keys().any(met),
            PlaceKind::Site => NO_SITES.iter().any(|word| asked.is_met_by(word)) || self.sites.iter().any(met),
        }
    }

    fn hint(&self, place: PlaceKind, asked: &AskedWord) -> String {
        let AskedWord::Word(word) = asked else { return place.hint().to_owned() };
        let names = match place {
            PlaceKind::Town => &self.towns,
            PlaceKind::Village => &self.villages,
            PlaceKind::Site => {
                let near = nearest(word, self.sites.iter().map(String::as_str));
                return near.map_or_else(|| place.hint().to_owned(), |near| format!("是不是“{near}”？"));
            }
        };
        let name = |code: &str| names.get(code).map_or("", String::as_str);
        if let Some(now) = self.former.get(word).filter(|now| names.contains_key(*now)) {
            return format!("“{word}”是旧代码，现在写“{now}”（{}）", name(now));
        }
        // People write names.
        let mut called = names.iter().filter(|(_, name)| *name == word);
        match (called.next(), called.next()) {
            (Some((code, _)), None) => return format!("写作 '{code}'（{word}）；{}", place.hint()),
            (Some(_), Some(_)) => return format!("叫“{word}”的不止一个；{}", place.hint()),
            (None, _) => {}
        }
        let near = nearest(word, names.keys().map(String::as_str)).filter(|_| place.is_well_written(word));
        near.map_or_else(|| place.hint().to_owned(), |near| format!("是不是“{near}”（{}）？", name(near)))
    }
}

/// Conditions of rules, checks and tallies: the table's name, and its keys.
const CONDITIONS: [(&str, &[&str]); 3] = [
    ("rule", &["scope", "red", "orange", "yellow", "blue"]),
    ("check", &["when"]),
    ("tally", &["where", "sum", "max", "min"]),
];
/// And those of facts, over their feed's columns.
const OF_FACTS: (&str, &[&str]) = ("fact", &["where", "value"]);

/// Places in the conditions of a file of rules or checks that the county does not have.
#[must_use]
pub fn unknown_places(text: &str, file: &str, registry: &DataContract, known: &KnownPlaces) -> Vec<Diagnostic> {
    in_tables(text, file, registry, known, &CONDITIONS)
}

/// The same in the facts of a feed's file.
#[must_use]
pub fn unknown_places_of_facts(
    text: &str,
    file: &str,
    contract: &DataContract,
    known: &KnownPlaces,
) -> Vec<Diagnostic> {
    in_tables(text, file, contract, known, &[OF_FACTS])
}

fn in_tables(
    text: &str,
    file: &str,
    contract: &DataContract,
    known: &KnownPlaces,
    tables: &[(&'static str, &[&'static str])],
) -> Vec<Diagnostic> {
    let source = SpecFile::new(file, text);
    let mut found = Vec::new();
    let mut tree = None;
    let Some(root) = source.root(&mut tree) else { return found };
    for (name, keys) in tables {
        for table in root.tables(name) {
            for text in keys.iter().filter_map(|key| table.text(key)) {
                // What is no SQL has been told.
                let Ok(tree) = sql::parse(&text.value) else { continue };
                let place = |column: &str| PlaceKind::of(contract, column);
                let may_come =
                    |column: &str, asked: &AskedWord| place(column).is_none_or(|place| known.may_come(place, asked));
                for stranger in strangers(&tree, &text.value, &may_come) {
                    let Some(place) = place(&stranger.column) else { continue };
                    let span = stranger.span.clone().map_or(text.span.clone(), |span| source.inside(&text, span));
                    let told = match place {
                        PlaceKind::Site => Diagnostic::warning(NO_SITE, source.file, Some(span), stranger.message()),
                        _ => Diagnostic::error(NO_PLACE, source.file, Some(span), stranger.message()),
                    };
                    found.push(told.with_hint(known.hint(place, &stranger.asked)));
                }
            }
        }
    }
    found
}
