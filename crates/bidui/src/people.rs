//! Names and masked numbers of the persons to be printed, read again from the registry's extract of the month; nobody else's, and
//! nowhere but on lists.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;

use bidui_emit::{Asked, RouteTable, Routed, route};
use bidui_ingest::ReadOptions;
use bidui_match::{Graded, Registry, Signal, SignalState};
use bidui_model::{ColumnType, DataContract, RawChunk, RawColumn};
use bidui_normalize::{CanonicalName, canonical_id, canonical_name, iso_date, mask_id};
use polars::prelude::*;

use crate::case_tables::PERSONS_APART;
use crate::exit::Fault;
use crate::inputs::read_steady;
use crate::routing::is_at_home;
use crate::sealing::SealedFeed;

/// What a list shows of a person.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    name: String,
    id_masked: String,
    phone: String,
}

/// Reads the wanted persons (registry rows) from the files that the registry was sealed from.
pub(crate) fn read_people(
    folder: &Path,
    contract: &DataContract,
    sealed: &SealedFeed,
    registry: &Registry,
    wanted: &BTreeSet<u32>,
) -> Result<BTreeMap<u32, Shown>, Fault> {
    let places: HashMap<(u32, u32), u32> =
        wanted.iter().filter_map(|person| Some((registry.origin(*person)?, *person))).collect();
    let only: HashSet<(u32, u32)> = places.keys().copied().collect();
    let column = |kind: ColumnType| contract.columns.iter().position(|column| column.kind == kind);
    let columns = (column(ColumnType::Name), column(ColumnType::IdNumber), column(ColumnType::Phone));
    let mut people = BTreeMap::new();
    let mut sources = 0;
    for (input, before) in sealed.inputs.iter().zip(&sealed.stamps) {
        let options = ReadOptions { first_source: sources, only: Some(&only), ..ReadOptions::default() };
        let path = folder.join(&input.file);
        let report = read_steady(&path, &input.file, before, contract, &options, &mut |chunk| {
            keep(&chunk, &places, columns, &mut people);
        })
        .map_err(|problem| Fault::data(problem.to_string()))?;
        sources += report.sources.len() as u32;
    }
    Ok(people)
}

fn keep(
    chunk: &RawChunk,
    places: &HashMap<(u32, u32), u32>,
    (name, id, phone): (Option<usize>, Option<usize>, Option<usize>),
    people: &mut BTreeMap<u32, Shown>,
) {
    let Some(source) = chunk.source else { return };
    let cell = |column: Option<usize>, at: usize| {
        column.and_then(|column| chunk.columns.get(column)).map(|column: &RawColumn| column.get(at))
    };
    for (at, row) in chunk.rows.iter().enumerate() {
        let Some(person) = places.get(&(source.0, *row)) else { continue };
        let name = cell(name, at).map_or_else(String::new, |cell| match canonical_name(cell.text) {
            CanonicalName::Name(name) => name,
            _ => cell.text.trim().to_owned(),
        });
        let id_masked = cell(id, at).map_or_else(String::new, |cell| match canonical_id(cell).id {
            Some(id) => id.masked(),
            None => mask_id(cell.text),
        });
        let phone = cell(phone, at).map_or_else(String::new, |cell| cell.text.trim().to_owned());
        people.insert(*person, Shown { name, id_masked, phone });
    }
}

/// Heads of warned households, the members whom signals name, and the persons whose data a town is asked to check.
pub(crate) fn wanted(
    registry: &Registry,
    graded: &[Graded],
    signals: &[Signal],
    to_check: &BTreeSet<u32>,
) -> BTreeSet<u32> {
    let mut wanted: BTreeSet<u32> = graded.iter().filter_map(|warning| registry.head(warning.household)).collect();
    wanted.extend(to_check);
    for signal in signals {
        wanted.extend(signal.persons.iter().copied());
        wanted.extend(registry.head(signal.household));
    }
    wanted
}

/// The list-only table `people`.
pub(crate) fn people_frame(registry: &Registry, people: &BTreeMap<u32, Shown>) -> PolarsResult<DataFrame> {
    let column = |name: &str, pick: &dyn Fn(&Shown) -> String| {
        Column::new(name.into(), people.values().map(pick).collect::<Vec<_>>())
    };
    let numbers: Vec<&str> = people.keys().map(|person| registry.person_no(*person)).collect();
    let birth = |person: &u32| registry.birth(*person).map_or_else(String::new, iso_date);
    DataFrame::new(
        people.len(),
        vec![
            Column::new("person_no".into(), numbers),
            column("name", &|shown| shown.name.clone()),
            column("id_masked", &|shown| shown.id_masked.clone()),
            column("phone", &|shown| shown.phone.clone()),
            Column::new("birth".into(), people.keys().map(birth).collect::<Vec<_>>()),
        ],
    )
}

/// The list-only table `heads`, of the households that lists show beside the warned ones.
pub(crate) fn heads_frame(
    registry: &Registry,
    routes: &RouteTable,
    people: &BTreeMap<u32, Shown>,
    households: &BTreeSet<String>,
) -> PolarsResult<DataFrame> {
    let nobody = Shown::default();
    let found: Vec<(&String, u32)> =
        households.iter().filter_map(|id| Some((id, registry.find_household(id)?))).collect();
    let head = |household: u32| registry.head(household).and_then(|head| people.get(&head)).unwrap_or(&nobody);
    let shown = |name: &str, pick: fn(&Shown) -> &String| {
        let values = found.iter().map(|(_, household)| pick(head(*household)).as_str());
        Column::new(name.into(), values.collect::<Vec<_>>())
    };
    let routed: Vec<Routed> = found
        .iter()
        .map(|(_, household)| {
            let word = |column: &str| registry.household_word(column, *household);
            route(word("resettlement_site"), word("village_code"), word("town_code"), routes)
        })
        .collect();
    let place = |name: &str, pick: fn(&Routed) -> &String| {
        let at_home = |routed: &Routed| is_at_home(routed.route.code());
        let values = routed.iter().map(|routed| if at_home(routed) { pick(routed).as_str() } else { "" });
        Column::new(name.into(), values.collect::<Vec<_>>())
    };
    let ids: Vec<&str> = found.iter().map(|(id, _)| id.as_str()).collect();
    DataFrame::new(
        found.len(),
        vec![
            Column::new("household_id".into(), ids),
            shown("head_name", |shown| &shown.name),
            shown("head_id_masked", |shown| &shown.id_masked),
            shown("phone", |shown| &shown.phone),
            place("town_code", |routed| &routed.town_code),
            place("town", |routed| &routed.town),
            place("village_code", |routed| &routed.village_code),
            place("village", |routed| &routed.village),
        ],
    )
}

/// Registry rows of those whom the lists ask for by household and by person number.
pub(crate) fn asked(registry: &Registry, asked: &Asked) -> BTreeSet<u32> {
    let households = asked.households.iter().filter_map(|id| registry.find_household(id));
    let mut wanted: BTreeSet<u32> = households.filter_map(|household| registry.head(household)).collect();
    wanted.extend(registry.persons_of(asked.persons.iter().map(String::as_str)).into_values());
    wanted
}

/// Whom a household was warned of, as the registry of the month has them.
#[derive(Clone, Debug, Default)]
pub(crate) struct About {
    /// Members of the household.
    members: BTreeSet<u32>,
    /// How many live in another household, by its number. Nobody is named where he does not live.
    elsewhere: BTreeMap<String, usize>,
    /// How many the registry does not have any more.
    gone: usize,
}

/// By household.
pub(crate) type AboutCases = BTreeMap<String, About>;

/// What the cases that are not closed are about.
pub(crate) fn about_cases(registry: &Registry, cases: &DataFrame) -> PolarsResult<AboutCases> {
    let states = cases.column("state")?.str()?;
    let open = states.iter().map(|state| state != Some("closed")).collect();
    about_all(registry, &cases.filter(&open)?)
}

/// The same of every case.
pub(crate) fn about_all(registry: &Registry, cases: &DataFrame) -> PolarsResult<AboutCases> {
    let words = |name: &str| cases.column(name).and_then(|column| column.str());
    let (households, numbers) = (words("household_id")?, words("person_nos")?);
    let named: Vec<(&str, Vec<&str>)> = (0..cases.height())
        .filter_map(|row| {
            let numbers = numbers.get(row)?.split(PERSONS_APART).filter(|number| !number.is_empty());
            Some((households.get(row)?, numbers.collect()))
        })
        .collect();
    let rows = registry.persons_of(named.iter().flat_map(|(_, numbers)| numbers.iter().copied()));
    let mut cases = AboutCases::new();
    for (household, numbers) in named {
        let about = cases.entry(household.to_owned()).or_default();
        for number in numbers {
            let home = |person: &u32| Some((*person, registry.household_id(registry.household_of(*person)?)));
            match rows.get(number).and_then(home) {
                Some((person, home)) if home == household => {
                    about.members.insert(person);
                }
                Some((_, home)) => *about.elsewhere.entry(home.to_owned()).or_default() += 1,
                None => about.gone += 1,
            }
        }
    }
    Ok(cases)
}

impl About {
    pub(crate) fn members(&self) -> &BTreeSet<u32> {
        &self.members
    }

    /// Those who cannot be named, as a list says it.
    fn others(&self) -> impl Iterator<Item = String> {
        let elsewhere = self.elsewhere.iter().map(|(home, count)| format!("另{count}人现在户编号{home}"));
        let gone = (self.gone > 0).then(|| format!("另{}人已不在底册", self.gone));
        elsewhere.chain(gone)
    }
}

/// The list-only table `warned`: one row a household that a list may name. Whom the month's live signals are about; where there is none, whom its
/// case is about; where it has no case, whom the other signals are about.
pub(crate) fn warned_frame(
    registry: &Registry,
    signals: &[Signal],
    about_cases: &AboutCases,
    people: &BTreeMap<u32, Shown>,
) -> PolarsResult<DataFrame> {
    let of_signals = |is_one: fn(&Signal) -> bool| {
        let mut members = AboutCases::new();
        for signal in signals.iter().filter(|signal| is_one(signal)) {
            let household = registry.household_id(signal.household).to_owned();
            members.entry(household).or_default().members.extend(signal.persons.iter().copied());
        }
        members
    };
    let mut members = of_signals(|signal| signal.state == SignalState::Live);
    for (household, about) in about_cases {
        members.entry(household.clone()).or_insert_with(|| about.clone());
    }
    for (household, about) in of_signals(|signal| signal.state != SignalState::Live) {
        members.entry(household).or_insert(about);
    }
    let nobody = Shown::default();
    let head = |household: &String| {
        let head = registry.find_household(household).and_then(|household| registry.head(household));
        head.and_then(|head| people.get(&head)).unwrap_or(&nobody)
    };
    let names = |about: &About| {
        let one = |person: &u32| {
            let name = people.get(person).map_or("", |shown| shown.name.as_str());
            format!("{name}（{}）", registry.word("relation", *person))
        };
        about.members.iter().map(one).chain(about.others()).collect::<Vec<_>>().join("、")
    };
    let ids = |about: &About| {
        let one = |person: &u32| people.get(person).map_or("", |shown| shown.id_masked.as_str());
        about.members.iter().map(one).collect::<Vec<_>>().join("、")
    };
    let column = |name: &str, pick: &dyn Fn(&String) -> String| {
        Column::new(name.into(), members.keys().map(pick).collect::<Vec<_>>())
    };
    DataFrame::new(
        members.len(),
        vec![
            column("household_id", &|household| household.clone()),
            column("head_name", &|household| head(household).name.clone()),
            column("head_id_masked", &|household| head(household).id_masked.clone()),
            column("phone", &|household| head(household).phone.clone()),
            Column::new("person_names".into(), members.values().map(names).collect::<Vec<_>>()),
            // Same order and separator as the names, so that the two columns can be read beside each other.
            Column::new("person_ids".into(), members.values().map(ids).collect::<Vec<_>>()),
        ],
    )
}
