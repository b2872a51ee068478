//! The registry from its file of the store. Every column is read, put in the order of persons and made small by itself, columns side by
//! side, so that the whole table never stands in memory.

use std::collections::BTreeMap;

use bidui_model::{DataContract, LinkBy, NameToken, Token};
use polars::prelude::*;
use polars_arrow::array::Array;
use rayon::prelude::*;

use crate::bits::Bits;
use crate::error::MatchError;
use crate::registry::{Places, Registry, RegistryColumn};
use crate::store::{ROW, SOURCE};
use crate::store_file::{OpenStore, StoreFile, wholes};
use crate::token_index::TokenIndex;

impl Registry {
    /// Reads the registry's file of the store.
    pub fn load(file: &StoreFile, contract: &DataContract) -> Result<Self, MatchError> {
        let LinkBy::Person { id, name } = &contract.link else {
            return Err(MatchError::RegistryColumn("person"));
        };
        let store = file.open()?;
        let reader = Reader { store: &store };
        let rows = Rows::order(&reader)?;
        let (index, columns) = rayon::join(|| tokens_of(&reader, &rows, id), || columns_of(&reader, &rows, contract));
        let ((index, doubles, can_be_found), mut columns) = (index?, columns?);
        let names = match name {
            Some(name) => rows.sorted(reader.wholes::<UInt64Type>(&format!("{name}#name"))?, NameToken),
            None => vec![NameToken::NONE; rows.len()],
        };
        let origins = rows.origins(&reader)?;
        settle_places(&mut columns);
        let Rows { persons, stored, household_of, household_ids, first_member } = rows;
        let of_stored_row = stored.map(|stored| inverse(&stored));
        let mut registry = Self {
            person_no: persons,
            household_of,
            household_ids,
            first_member,
            head: Vec::new(),
            columns,
            names,
            origins,
            of_stored_row,
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
}

/// Whole columns of the file, in its order.
struct Reader<'a> {
    store: &'a OpenStore,
}

impl Reader<'_> {
    fn batches<T: Send>(
        &self,
        columns: &[&str],
        take: impl Fn(&DataFrame) -> PolarsResult<T> + Sync,
    ) -> Result<Vec<T>, MatchError> {
        let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
        (0..self.store.batches().len())
            .into_par_iter()
            .map(|batch| take(&self.store.read(batch, &columns)?).map_err(compute_error))
            .collect()
    }

    fn wholes<T: PolarsNumericType>(&self, name: &str) -> Result<Vec<T::Native>, MatchError>
    where
        T::Native: Default,
    {
        let batches = self.batches(&[name], |frame| {
            Ok(wholes(frame.column(name)?.as_materialized_series().unpack::<T>()?).into_owned())
        })?;
        Ok(batches.concat())
    }

    fn column(&self, name: &str) -> Result<Column, MatchError> {
        let mut batches = self.batches(&[name], |frame| frame.column(name).cloned())?.into_iter();
        let mut all = batches.next().ok_or(MatchError::RegistryColumn("person_no"))?;
        for batch in batches {
            all.append(&batch).map_err(compute_error)?;
        }
        Ok(all.rechunk())
    }
}

/// The order of persons, and what is found on the way to it.
struct Rows {
    persons: StringChunked,
    /// The row of the file of each person; `None` where that is his own number.
    stored: Option<Vec<u32>>,
    household_of: Vec<u32>,
    household_ids: StringChunked,
    first_member: Vec<u32>,
}

impl Rows {
    /// By household, then person number, then row.
    fn order(reader: &Reader<'_>) -> Result<Self, MatchError> {
        let (households, persons) = rayon::join(|| reader.column("household_id"), || reader.column("person_no"));
        let (households, persons) = (households?, persons?);
        let persons = persons.str().map_err(compute_error)?;
        let households = numbered(reader, households.str().map_err(compute_error)?, persons)?;
        // Asked for several times of every row, which a column of pieces answers slowly.
        let (households, persons) = (households.rechunk(), persons.rechunk());
        let (households, persons) = (households.downcast_as_array(), persons.downcast_as_array());
        let key = |row: u32| (households.get(row as usize).unwrap_or(""), persons.get(row as usize).unwrap_or(""));
        let stored = order_of(persons.len() as u32, &key);
        let in_order = |person: usize| stored.as_ref().map_or(person, |stored| stored[person] as usize);
        let sorted = (0..persons.len()).map(|person| persons.get(in_order(person)).unwrap_or(""));
        let persons = StringChunked::from_iter_values("person_no".into(), sorted);
        let mut household_of = Vec::with_capacity(persons.len());
        let mut first_member = Vec::new();
        let mut ids = Vec::new();
        for person in 0..persons.len() {
            let household = households.get(in_order(person)).unwrap_or("");
            if ids.last() != Some(&household) {
                ids.push(household);
                first_member.push(person as u32);
            }
            household_of.push(ids.len() as u32 - 1);
        }
        first_member.push(persons.len() as u32);
        let household_ids = StringChunked::from_iter_values("household_id".into(), ids.into_iter());
        Ok(Self { persons, stored, household_of, household_ids, first_member })
    }

    fn len(&self) -> usize {
        self.household_of.len()
    }

    /// Values of the file's rows in the order of persons.
    fn sorted<T: Copy, U>(&self, values: Vec<T>, make: impl Fn(T) -> U) -> Vec<U> {
        match &self.stored {
            Some(stored) => stored.iter().map(|row| make(values[*row as usize])).collect(),
            None => values.into_iter().map(make).collect(),
        }
    }

    fn origins(&self, reader: &Reader<'_>) -> Result<Vec<(u32, u32)>, MatchError> {
        let batches = reader.batches(&[SOURCE, ROW], |frame| {
            let source = wholes(frame.column(SOURCE)?.u32()?).into_owned();
            Ok(source.into_iter().zip(wholes(frame.column(ROW)?.u32()?).into_owned()).collect::<Vec<_>>())
        })?;
        Ok(self.sorted(batches.concat(), |origin| origin))
    }
}

/// A person without a household number is a household of his own, named for his person number, so that no two strangers are put under
/// one roof and no two households share a name.
fn numbered(
    reader: &Reader<'_>,
    households: &StringChunked,
    persons: &StringChunked,
) -> Result<StringChunked, MatchError> {
    if households.iter().all(|household| household.is_some_and(|household| !household.is_empty())) {
        return Ok(households.clone());
    }
    let (sources, lines) = (reader.wholes::<UInt32Type>(SOURCE)?, reader.wholes::<UInt32Type>(ROW)?);
    let numbered =
        (0..households.len()).map(|row| match (households.get(row).unwrap_or(""), persons.get(row).unwrap_or("")) {
            ("", "") => format!("无户编号第{}表第{}行", sources[row] + 1, lines[row]),
            ("", person) => format!("无户编号{person}"),
            (household, _) => household.to_owned(),
        });
    Ok(StringChunked::from_iter_values("household_id".into(), numbered))
}

/// The rows in the order of household, person number and file; `None` where that is the order they have.
fn order_of<'a>(rows: u32, key: &(impl Fn(u32) -> (&'a str, &'a str) + Sync)) -> Option<Vec<u32>> {
    let households = Tails::of(rows, &|row| key(row).0.as_bytes());
    let persons = Tails::of(rows, &|row| key(row).1.as_bytes());
    // A person's tail decides nothing before all of his household's number has been looked at.
    let tails = |row: u32| {
        let (household, person) = key(row);
        let person = if households.are_whole { persons.tail(person.as_bytes()) } else { 0 };
        (households.tail(household.as_bytes()), person, row)
    };
    let mut order: Vec<(u64, u64, u32)> = (0..rows).into_par_iter().map(tails).collect();
    let compare = |one: &(u64, u64, u32), other: &(u64, u64, u32)| {
        (one.0, one.1).cmp(&(other.0, other.1)).then_with(|| (key(one.2), one.2).cmp(&(key(other.2), other.2)))
    };
    if order.par_windows(2).all(|pair| compare(&pair[0], &pair[1]).is_le()) {
        return None;
    }
    order.par_sort_unstable_by(compare);
    Some(order.into_iter().map(|(_, _, row)| row).collect())
}

/// Numbers begin alike: the eight bytes after that mostly tell two of them apart, and as a number they keep the order.
struct Tails {
    alike: usize,
    /// Whether the eight bytes are all that is left of every one.
    are_whole: bool,
}

impl Tails {
    fn of<'a>(rows: u32, text: &(impl Fn(u32) -> &'a [u8] + Sync)) -> Self {
        let first = if rows == 0 { &[] } else { text(0) };
        let alike = |row: u32| first.iter().zip(text(row)).take_while(|(one, other)| one == other).count();
        let alike = (0..rows).into_par_iter().map(alike).min().unwrap_or(0);
        // A zero byte could not be told from what fills a short tail up.
        let is_whole = |row: u32| text(row).len() <= alike + 8 && !text(row).contains(&0);
        Self { alike, are_whole: (0..rows).into_par_iter().all(is_whole) }
    }

    fn tail(&self, text: &[u8]) -> u64 {
        let rest = &text[self.alike..];
        let mut bytes = [0; 8];
        let length = rest.len().min(8);
        bytes[..length].copy_from_slice(&rest[..length]);
        u64::from_be_bytes(bytes)
    }
}

fn inverse(order: &[u32]) -> Vec<u32> {
    let mut places = vec![0; order.len()];
    for (place, row) in order.iter().enumerate() {
        places[*row as usize] = place as u32;
    }
    places
}

/// The index, the rows whose number an earlier one has, and who can be found by his number.
fn tokens_of(reader: &Reader<'_>, rows: &Rows, id: &str) -> Result<(TokenIndex, Vec<u32>, Bits), MatchError> {
    let (high, low) = (format!("{id}#hi"), format!("{id}#lo"));
    let batches = reader.batches(&[high.as_str(), low.as_str()], |frame| {
        let (high, low) = (frame.column(&high)?.u64()?, frame.column(&low)?.u64()?);
        let token = |(high, low): (&u64, &u64)| Token(u128::from(*high) << 64 | u128::from(*low));
        Ok(wholes(high).iter().zip(wholes(low).iter()).map(token).collect::<Vec<_>>())
    })?;
    let tokens = rows.sorted(batches.concat(), |token| token);
    let (index, doubles) = TokenIndex::build(&tokens);
    let mut can_be_found = Bits::none(tokens.len());
    for (person, _) in tokens.iter().enumerate().filter(|(_, token)| token.is_some()) {
        can_be_found.set(person);
    }
    doubles.iter().for_each(|person| can_be_found.unset(*person as usize));
    Ok((index, doubles, can_be_found))
}

fn columns_of(
    reader: &Reader<'_>,
    rows: &Rows,
    contract: &DataContract,
) -> Result<BTreeMap<String, RegistryColumn>, MatchError> {
    use bidui_model::ColumnType::{IdNumber, Name, Phone};
    let is_read = |name: &str| name != "person_no" && name != "household_id";
    let of_contract = contract
        .columns
        .iter()
        .filter(|column| column.stored && !matches!(column.kind, IdNumber | Name | Phone))
        .map(|column| column.name.as_str());
    let names: Vec<&str> = of_contract.chain(["birth", "sex"]).filter(|name| is_read(name)).collect();
    names.into_par_iter().with_max_len(1).map(|name| Ok((name.to_owned(), column_of(reader, rows, name)?))).collect()
}

fn column_of(reader: &Reader<'_>, rows: &Rows, name: &str) -> Result<RegistryColumn, MatchError> {
    if !reader.store.is_text(name) {
        let column = reader.column(name)?;
        let Some(stored) = &rows.stored else { return Ok(RegistryColumn::Values(column)) };
        let order = IdxCa::from_vec("order".into(), stored.iter().map(|row| *row as IdxSize).collect());
        return Ok(RegistryColumn::Values(column.take(&order).map_err(compute_error)?));
    }
    let batches = reader.batches(&[name], |frame| Ok(Words::of(frame.column(name)?.str()?)))?;
    let mut all = Words::default();
    let codes: Vec<u32> = batches
        .into_iter()
        .flat_map(|batch| {
            let codes: Vec<u32> = batch.words.iter().map(|word| all.code(word)).collect();
            batch.codes.into_iter().map(move |code| codes[code as usize])
        })
        .collect();
    Ok(RegistryColumn::Words { codes: rows.sorted(codes, |code| code), words: all.words })
}

/// Words by number; the first is no word.
struct Words {
    codes: Vec<u32>,
    words: Vec<String>,
    places: PlHashMap<String, u32>,
}

impl Default for Words {
    fn default() -> Self {
        let places = [(String::new(), 0)].into_iter().collect();
        Self { codes: Vec::new(), words: vec![String::new()], places }
    }
}

impl Words {
    fn of(column: &StringChunked) -> Self {
        let mut all = Self::default();
        let mut codes = Vec::with_capacity(column.len());
        for array in column.downcast_iter() {
            // Where a word lies says which it is, and most rows share theirs with many others: the word itself is looked up once a place.
            let mut seen: PlHashMap<u128, u32> = PlHashMap::new();
            let mut last = (0, 0);
            for (row, view) in array.views().iter().enumerate() {
                let view = view.as_u128();
                if array.is_null(row) {
                    codes.push(0);
                    continue;
                }
                if view != last.0 {
                    last = (view, *seen.entry(view).or_insert_with(|| all.code(array.value(row))));
                }
                codes.push(last.1);
            }
        }
        all.codes = codes;
        all
    }

    fn code(&mut self, word: &str) -> u32 {
        if let Some(code) = self.places.get(word) {
            return *code;
        }
        let code = self.words.len() as u32;
        self.words.push(word.to_owned());
        self.places.insert(word.to_owned(), code);
        code
    }
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
    let mut names: Vec<String> = town_words;
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

fn compute_error(source: PolarsError) -> MatchError {
    MatchError::Compute { what: "底册".to_owned(), source }
}
