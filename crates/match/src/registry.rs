//! The registry of the month, in memory: every rural person once, ordered by household and person number, so that nothing after it
//! depends on the key. A person is a row number; a household is a run of them.

use std::collections::{BTreeMap, HashMap};

use bidui_model::{DataContract, LinkBy, NameToken, Token};
use polars::prelude::*;
use rayon::prelude::*;

use crate::error::MatchError;
use crate::store::{ROW, SOURCE, StoreFile, tokens};
use crate::token_index::TokenIndex;

/// "no person", "no household".
pub(crate) const NOBODY: u32 = u32::MAX;

/// The registry of one month.
pub struct Registry {
    pub(crate) person_no: StringChunked,
    pub(crate) household_of: Vec<u32>,
    pub(crate) household_id: Vec<String>,
    /// `first_member[h]..first_member[h + 1]` are the rows of household `h`.
    pub(crate) first_member: Vec<u32>,
    /// The row of each household's head: relation 户主, else its first member.
    pub(crate) head: Vec<u32>,
    pub(crate) columns: BTreeMap<String, RegistryColumn>,
    pub(crate) names: Vec<NameToken>,
    /// Source and row of each person in the registry's extract.
    pub(crate) origins: Vec<(u32, u32)>,
    index: TokenIndex,
    /// Whether a row of an extract can find the person at all: not without an ID number of his own.
    pub(crate) can_be_found: BooleanChunked,
    /// Rows whose ID number an earlier row has already.
    pub(crate) doubles: Vec<u32>,
    pub(crate) villages: Places,
    pub(crate) hamlets: Places,
}

/// A registry column in person order; words are kept once.
pub(crate) enum RegistryColumn {
    Words { codes: Vec<u32>, words: Vec<String> },
    Values(Column),
}

/// Villages or hamlets that have a household, and which one each household is in.
#[derive(Default)]
pub(crate) struct Places {
    pub(crate) names: Vec<String>,
    pub(crate) of_household: Vec<u32>,
}

impl Places {
    pub(crate) fn find(&self, name: &str) -> Option<u32> {
        self.names.binary_search_by(|candidate| candidate.as_str().cmp(name)).ok().map(|place| place as u32)
    }
}

/// Key of a hamlet: names of hamlets repeat from village to village.
pub(crate) fn hamlet_key(village_code: &str, hamlet: &str) -> String {
    format!("{village_code}/{hamlet}")
}

impl Registry {
    /// Reads the registry's file of the store.
    pub fn load(file: &StoreFile, contract: &DataContract) -> Result<Self, MatchError> {
        let LinkBy::Person { id, name } = &contract.link else {
            return Err(MatchError::RegistryColumn("person"));
        };
        let mut wanted = vec![SOURCE.to_owned(), ROW.to_owned(), format!("{id}#hi"), format!("{id}#lo")];
        wanted.extend(name.iter().map(|name| format!("{name}#name")));
        for column in contract.columns.iter().filter(|column| column.stored) {
            use bidui_model::ColumnType::{IdNumber, Name, Phone};
            if !matches!(column.kind, IdNumber | Name | Phone) {
                wanted.push(column.name.clone());
            }
        }
        wanted.extend(["birth".to_owned(), "sex".to_owned()]);
        let mut frame: Option<DataFrame> = None;
        file.scan(&wanted, &mut |batch| {
            match &mut frame {
                Some(all) => {
                    all.vstack_mut(&batch)
                        .map_err(|source| MatchError::Compute { what: "底册".to_owned(), source })?;
                }
                None => frame = Some(batch),
            }
            Ok(())
        })?;
        let mut frame = frame.ok_or(MatchError::RegistryColumn("person_no"))?;
        frame.rechunk_mut();
        Self::build(&frame, id, name.as_deref())
            .map_err(|source| MatchError::Compute { what: "底册".to_owned(), source })
    }

    fn build(frame: &DataFrame, id: &str, name: Option<&str>) -> PolarsResult<Self> {
        let frame = &number_every_household(frame)?;
        let order = person_order(frame)?;
        let rows = IdxCa::from_vec("order".into(), order.clone());
        let taken = |column: &str| frame.column(column)?.take(&rows);
        let person_no = taken("person_no")?.str()?.clone();
        let households = taken("household_id")?;
        let households = households.str()?;
        let (household_of, household_id, first_member) = runs(households);
        let tokens = tokens(frame, id)?;
        let tokens: Vec<Token> = order.iter().map(|row| tokens[*row as usize]).collect();
        let (index, doubles) = TokenIndex::build(&tokens);
        let can_be_found =
            tokens.iter().enumerate().map(|(row, token)| Some(index.find(*token) == Some(row as u32))).collect();
        let names = match name {
            Some(name) => {
                taken(&format!("{name}#name"))?.u64()?.iter().map(|name| NameToken(name.unwrap_or(0))).collect()
            }
            None => vec![NameToken::NONE; tokens.len()],
        };
        let origins = taken(SOURCE)?
            .u32()?
            .iter()
            .zip(taken(ROW)?.u32()?.iter())
            .map(|(s, r)| (s.unwrap_or(0), r.unwrap_or(0)))
            .collect();
        let mut columns = BTreeMap::new();
        for column in frame.columns() {
            let name = column.name().as_str();
            if !name.contains('#') && !name.starts_with('_') && name != "person_no" && name != "household_id" {
                columns.insert(name.to_owned(), registry_column(&column.take(&rows)?)?);
            }
        }
        settle_places(&mut columns);
        let mut registry = Self {
            person_no,
            household_of,
            household_id,
            first_member,
            head: Vec::new(),
            columns,
            names,
            origins,
            index,
            can_be_found,
            doubles,
            villages: Places::default(),
            hamlets: Places::default(),
        };
        registry.find_heads();
        registry.find_places();
        Ok(registry)
    }

    /// Source, row and person of rows whose ID number stands on an earlier row too: they are never found by it.
    pub fn doubles(&self) -> impl Iterator<Item = (u32, u32, u32)> + '_ {
        self.doubles.iter().map(|person| {
            let (source, row) = self.origins[*person as usize];
            (source, row, *person)
        })
    }
    /// Every person by his source and row, sorted.
    pub(crate) fn by_origin(&self) -> Vec<((u32, u32), u32)> {
        let mut by_origin: Vec<((u32, u32), u32)> =
            self.origins.iter().enumerate().map(|(person, origin)| (*origin, person as u32)).collect();
        by_origin.par_sort_unstable();
        by_origin
    }
    /// Source and row of a person in the registry's extract.
    #[must_use]
    pub fn origin(&self, person: u32) -> Option<(u32, u32)> {
        self.origins.get(person as usize).copied()
    }
    #[must_use]
    pub fn household_of(&self, person: u32) -> Option<u32> {
        self.household_of.get(person as usize).copied()
    }
    #[must_use]
    pub fn head(&self, household: u32) -> Option<u32> {
        self.head.get(household as usize).copied()
    }
    #[must_use]
    pub fn persons(&self) -> usize {
        self.household_of.len()
    }
    #[must_use]
    pub fn households(&self) -> usize {
        self.household_id.len()
    }
    pub(crate) fn find(&self, token: Token) -> Option<u32> {
        self.index.find(token)
    }
    #[must_use]
    pub fn find_household(&self, household_id: &str) -> Option<u32> {
        self.household_id
            .binary_search_by(|candidate| candidate.as_str().cmp(household_id))
            .ok()
            .map(|place| place as u32)
    }
    #[must_use]
    pub fn household_id(&self, household: u32) -> &str {
        self.household_id.get(household as usize).map_or("", String::as_str)
    }
    #[must_use]
    pub fn person_no(&self, person: u32) -> &str {
        self.person_no.get(person as usize).unwrap_or("")
    }
    /// Rows of a household's members, its head among them.
    #[must_use]
    pub fn members(&self, household: u32) -> std::ops::Range<u32> {
        let household = household as usize;
        self.first_member[household]..self.first_member[household + 1]
    }
    pub(crate) fn size(&self, household: u32) -> u32 {
        self.members(household).len() as u32
    }
    /// A word of a person's row; empty where there is none.
    #[must_use]
    pub fn word(&self, column: &str, person: u32) -> &str {
        match self.columns.get(column) {
            Some(RegistryColumn::Words { codes, words }) => {
                codes.get(person as usize).and_then(|code| words.get(*code as usize)).map_or("", String::as_str)
            }
            _ => "",
        }
    }
    /// A word of a household: its head's, else the first that a member has.
    #[must_use]
    pub fn household_word(&self, column: &str, household: u32) -> &str {
        let head = self.word(column, self.head[household as usize]);
        if !head.is_empty() {
            return head;
        }
        self.members(household).map(|member| self.word(column, member)).find(|word| !word.is_empty()).unwrap_or("")
    }

    fn find_heads(&mut self) {
        self.head = (0..self.households() as u32)
            .map(|household| {
                let mut members = self.members(household);
                let first = members.start;
                members.find(|member| self.word("relation", *member) == "户主").unwrap_or(first)
            })
            .collect();
    }

    fn find_places(&mut self) {
        let key = |household: u32, with_hamlet: bool| {
            let village = self.household_word("village_code", household);
            if !with_hamlet {
                return village.to_owned();
            }
            let hamlet = self.household_word("hamlet", household);
            if village.is_empty() || hamlet.is_empty() { String::new() } else { hamlet_key(village, hamlet) }
        };
        let places = |with_hamlet| {
            let keys: Vec<String> =
                (0..self.households() as u32).map(|household| key(household, with_hamlet)).collect();
            let mut names: Vec<String> = keys.iter().filter(|key| !key.is_empty()).cloned().collect();
            names.sort_unstable();
            names.dedup();
            let mut places = Places { names, of_household: Vec::new() };
            places.of_household = keys.iter().map(|key| places.find(key).unwrap_or(NOBODY)).collect();
            places
        };
        let (villages, hamlets) = (places(false), places(true));
        self.villages = villages;
        self.hamlets = hamlets;
    }
}

/// Rows by household, then person number, then origin.
fn person_order(frame: &DataFrame) -> PolarsResult<Vec<IdxSize>> {
    let households = frame.column("household_id")?.str()?;
    let persons = frame.column("person_no")?.str()?;
    let mut keys: Vec<(&str, &str, IdxSize)> = households
        .iter()
        .zip(persons.iter())
        .enumerate()
        .map(|(row, (household, person))| (household.unwrap_or(""), person.unwrap_or(""), row as IdxSize))
        .collect();
    keys.par_sort_unstable();
    Ok(keys.into_iter().map(|(_, _, row)| row).collect())
}

/// A person without a household number is a household of his own, named for his person number, so that no two strangers are put under
/// one roof and no two households share a name.
fn number_every_household(frame: &DataFrame) -> PolarsResult<DataFrame> {
    let (households, persons) = (frame.column("household_id")?.str()?, frame.column("person_no")?.str()?);
    let (sources, rows) = (frame.column(SOURCE)?.u32()?, frame.column(ROW)?.u32()?);
    let numbered: StringChunked = (0..frame.height())
        .map(|row| match (households.get(row).unwrap_or(""), persons.get(row).unwrap_or("")) {
            ("", "") => {
                let (source, line) = (sources.get(row).unwrap_or(0), rows.get(row).unwrap_or(0));
                Some(format!("无户编号第{}表第{line}行", source + 1))
            }
            ("", person) => Some(format!("无户编号{person}")),
            (household, _) => Some(household.to_owned()),
        })
        .collect();
    let mut frame = frame.clone();
    frame.with_column(numbered.with_name("household_id".into()).into_column())?;
    Ok(frame)
}

/// Household numbers of sorted rows, the households' names, and where each begins.
fn runs(sorted: &StringChunked) -> (Vec<u32>, Vec<String>, Vec<u32>) {
    let mut household_of = Vec::with_capacity(sorted.len());
    let mut names: Vec<String> = Vec::new();
    let mut first = Vec::new();
    let mut last: Option<&str> = None;
    for (row, household) in sorted.iter().enumerate() {
        let household = household.unwrap_or("");
        if last != Some(household) {
            names.push(household.to_owned());
            first.push(row as u32);
        }
        last = Some(household);
        household_of.push(names.len() as u32 - 1);
    }
    first.push(sorted.len() as u32);
    (household_of, names, first)
}

fn registry_column(column: &Column) -> PolarsResult<RegistryColumn> {
    if column.dtype() != &DataType::String {
        return Ok(RegistryColumn::Values(column.clone()));
    }
    let mut words = vec![String::new()];
    let mut places: HashMap<String, u32> = HashMap::from([(String::new(), 0)]);
    let codes = column
        .str()?
        .iter()
        .map(|word| {
            let word = word.unwrap_or("");
            if let Some(code) = places.get(word) {
                return *code;
            }
            let code = words.len() as u32;
            words.push(word.to_owned());
            places.insert(word.to_owned(), code);
            code
        })
        .collect();
    Ok(RegistryColumn::Words { codes, words })
}

/// `village` and `town` of the contract become `village_code` and `town_code`; a known village says its town.
fn settle_places(columns: &mut BTreeMap<String, RegistryColumn>) {
    let village = columns.remove("village");
    let town = columns.remove("town");
    let Some(RegistryColumn::Words { codes, words }) = village else {
        if let Some(town) = town {
            columns.insert("town_code".to_owned(), town);
        }
        return;
    };
    let (town_codes, town_words) = match town {
        Some(RegistryColumn::Words { codes, words }) => (codes, words),
        _ => (vec![0; codes.len()], vec![String::new()]),
    };
    let mut names: Vec<String> = town_words.clone();
    let mut of_village: Vec<Option<u32>> = Vec::with_capacity(words.len());
    for word in &words {
        let town = word.get(..9).filter(|_| word.len() == 12);
        of_village.push(town.map(|town| {
            names.iter().position(|name| name == town).unwrap_or_else(|| {
                names.push(town.to_owned());
                names.len() - 1
            }) as u32
        }));
    }
    let merged =
        codes.iter().zip(town_codes).map(|(village, town)| of_village[*village as usize].unwrap_or(town)).collect();
    columns.insert("town_code".to_owned(), RegistryColumn::Words { codes: merged, words: names });
    columns.insert("village_code".to_owned(), RegistryColumn::Words { codes, words });
}
