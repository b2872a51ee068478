//! The county's places, and what other files say of them.

use bidui_match::{KnownPlaces, NO_CHOICE, UNKNOWN, UNKNOWN_COLUMN, unknown_places, unknown_places_of_facts};
use bidui_model::{DataContract, Diagnostic, Severity};
use bidui_normalize::Gazetteer;

use crate::config_files::Loader;

/// A name in a condition that nothing has.
const UNKNOWN_NAME: [&str; 2] = [UNKNOWN, UNKNOWN_COLUMN];

pub(crate) fn gazetteer(loader: &mut Loader) -> Option<Gazetteer> {
    let (towns, villages) = (loader.read("towns.toml"), loader.read("villages.csv"));
    let (towns, villages) = (towns?, villages?);
    let result = Gazetteer::compile(&towns, "towns.toml", &villages, "villages.csv");
    match result {
        Ok(gazetteer) => Some(gazetteer),
        Err(errors) => {
            for error in errors {
                let text = if error.file == "towns.toml" { &towns } else { &villages };
                loader.push(error, text);
            }
            None
        }
    }
}

/// The places that rows may name.
pub(crate) fn known_places(gazetteer: &Gazetteer) -> KnownPlaces {
    let towns = gazetteer.towns().iter().map(|town| (town.code.0.clone(), town.name.clone()));
    let moved = gazetteer.moved_out().iter().map(|town| (town.code.0.clone(), town.name.clone()));
    let villages = gazetteer.villages().iter().chain(gazetteer.moved_villages());
    KnownPlaces {
        towns: towns.chain(moved).collect(),
        villages: villages.map(|village| (village.code.0.clone(), village.short_name.clone())).collect(),
        former: gazetteer.former_codes().map(|(former, now)| (former.to_owned(), now.to_owned())).collect(),
        sites: gazetteer.site_names().iter().cloned().collect(),
    }
}

/// Places in rules and checks, in these folders, that are none of the county's: errors go to the loader, what is only odd comes back.
pub(crate) fn places_of_rules(
    loader: &mut Loader,
    registry: &DataContract,
    known: &KnownPlaces,
    folders: &[&str],
) -> Vec<(Diagnostic, String)> {
    let is_of_rules = |file: &str| file.split_once('/').is_some_and(|(folder, _)| folders.contains(&folder));
    let texts = loader.texts.iter().filter(|(file, _)| is_of_rules(file));
    let found = texts.flat_map(|(file, text)| {
        unknown_places(text, file, registry, known).into_iter().map(|told| (told, text.clone()))
    });
    let found = found.collect();
    sort(loader, found)
}

/// The same in the facts of feeds.
pub(crate) fn places_of_feeds<'a>(
    loader: &mut Loader,
    feeds: impl Iterator<Item = (&'a String, &'a DataContract)>,
    known: &KnownPlaces,
) -> Vec<(Diagnostic, String)> {
    let mut found = Vec::new();
    for (file, contract) in feeds {
        let Some((_, text)) = loader.texts.iter().find(|(name, _)| name == file) else { continue };
        let of_file = unknown_places_of_facts(text, file, contract, known);
        found.extend(of_file.into_iter().map(|told| (told, text.clone())));
    }
    sort(loader, found)
}

fn sort(loader: &mut Loader, found: Vec<(Diagnostic, String)>) -> Vec<(Diagnostic, String)> {
    let (errors, warnings) = found.into_iter().partition(|(told, _)| told.severity == Severity::Error);
    let mut errors: Vec<(Diagnostic, String)> = errors;
    // Where the name beside it is not known, that is the slip.
    let line = |told: &Diagnostic, text: &str| {
        told.span.as_ref().map(|span| text.get(..span.start).unwrap_or("").matches('\n').count())
    };
    let is_of_unknown = |told: &Diagnostic, text: &str| {
        let same = |(error, _): &&(Diagnostic, String)| {
            error.file == told.file && UNKNOWN_NAME.contains(&error.code) && line(error, text) == line(told, text)
        };
        loader.errors.iter().any(|error| same(&error))
    };
    errors.retain(|(told, text)| !is_of_unknown(told, text));
    let before = loader.errors.iter().map(|(told, text)| told.code == NO_CHOICE && is_of_unknown(told, text));
    let mut before = before.collect::<Vec<_>>().into_iter();
    loader.errors.retain(|_| !before.next().unwrap_or(false));
    // What was told without the gazetteer, that it is no code, is told better with it.
    let is_told = |told: &Diagnostic| {
        errors.iter().any(|(error, _)| (error.code, &error.file, &error.span) == (told.code, &told.file, &told.span))
    };
    loader.errors.retain(|(told, _)| !is_told(told));
    loader.errors.extend(errors);
    warnings
}
