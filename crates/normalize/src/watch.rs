//! Rows whose ID number does not settle whose they are, picked out while a feed is sealed: those without a number that can be used, those
//! whose number is somebody's of another name, those of strangers who may be a registered person without a number; and a sample of
//! the rest, by which the passes are measured. Of each, what may be kept ([`LooseRow`]) and what may not ([`PersonFields`]).

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use bidui_model::{
    DataContract, IdNumber, LinkBy, LooseKind, LooseRow, Month, NameToken, Placeholders, RawChunk, SealedColumn, Token,
};
use foldhash::fast::FixedState;

use crate::{Gazetteer, LadderKeys, NameSounds, PersonFields, PersonReader, Roll, cell_of, mask_id};

/// What the registry of the month says of the persons of a chunk.
pub trait Roster: Sync {
    /// For each row's number (none is [`Token::NONE`]) and name.
    fn judge(&self, numbers: &[Token], names: &[NameToken]) -> Vec<Known>;
    /// Whether a repaired number may be one: its area is one that the registry knows.
    fn is_likely(&self, number: &IdNumber) -> bool;
    /// Whether a registered person without a usable number has a name that sounds so.
    fn may_be_stray(&self, sound: &str) -> bool;
}

/// Of one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// Nobody of the registry has the number, or there is none.
    Nobody,
    /// Somebody has, and no other name.
    Same,
    /// Somebody of another name has, in this household.
    OtherName { household: String },
}

/// A row that is looked at closer.
pub struct Loose {
    pub row: LooseRow,
    pub person: PersonFields,
    /// The number as it may be shown.
    pub masked: String,
    /// Digest of all that the row says, on a list on which a person stands once.
    own: u64,
}

/// What watching a feed's sealing found.
#[derive(Default)]
pub struct Watched {
    /// By their numbers, then the sample.
    pub loose: Vec<Loose>,
    /// Rows that were too many to be looked at closer.
    pub passed_over: u64,
    /// Rows with a whole number.
    pub numbered: u64,
    /// Of them, those whose number the registry has.
    pub registered: u64,
    /// Of a registry.
    pub roll: Option<Roll>,
}

/// So many rows of a feed and month are its sample: those whose numbers hash lowest, in whatever order they come.
const SAMPLE: usize = 400;
/// So many loose rows of a feed and month are taken; a list with more of them has another trouble.
const MOST: usize = 1_000_000;

/// What a watched sealing needs beside the sealing itself.
#[derive(Clone, Copy)]
pub struct WatchSetting<'a> {
    /// Whose registry the rows are compared with: the persons of other months' are not gathered.
    pub month: Month,
    pub keys: &'a LadderKeys,
    pub sounds: &'a NameSounds,
    pub placeholders: &'a Placeholders,
    /// Without a registry only rows without a number are picked out.
    pub roster: Option<&'a dyn Roster>,
}

/// Watches one feed's sealing.
pub(crate) struct Watch<'a> {
    setting: WatchSetting<'a>,
    reader: PersonReader<'a>,
    feed: String,
    month: Month,
    /// Whether a person stands there once.
    is_roster: bool,
    number: usize,
    name: Option<String>,
    loose: Vec<Loose>,
    sample: BTreeMap<(u64, u32, u32), Loose>,
    /// Rows beyond [`MOST`].
    passed_over: u64,
    /// Rows with a whole number, and those of them whose number the registry has.
    numbered: [u64; 2],
}

impl<'a> Watch<'a> {
    pub(crate) fn new(
        contract: &DataContract,
        gazetteer: &'a Gazetteer,
        month: Month,
        setting: WatchSetting<'a>,
    ) -> Option<Self> {
        let LinkBy::Person { id, name } = &contract.link else { return None };
        Some(Self {
            reader: PersonReader::new(contract, gazetteer, setting.sounds, setting.placeholders)?,
            setting,
            feed: contract.name.clone(),
            month,
            is_roster: contract.roster,
            number: contract.column(id)?.0,
            name: name.clone(),
            loose: Vec::new(),
            sample: BTreeMap::new(),
            passed_over: 0,
            numbered: [0, 0],
        })
    }

    /// The numbers of the chunk's loose rows, 0 for the others.
    pub(crate) fn look(
        &mut self,
        chunk: &RawChunk,
        numbers: &[Option<IdNumber>],
        columns: &[(String, SealedColumn)],
        keep: &[bool],
    ) -> Vec<u32> {
        let no_names = Vec::new();
        let Some((_, SealedColumn::Id { tokens, .. })) = columns.get(self.number) else { return Vec::new() };
        let names = columns.iter().find_map(|(name, column)| match column {
            SealedColumn::Name(names) if self.name.as_ref() == Some(name) => Some(names),
            _ => None,
        });
        let known = match self.setting.roster {
            Some(roster) => roster.judge(tokens, names.unwrap_or(&no_names)),
            None => vec![Known::Same; tokens.len()],
        };
        self.numbered[0] += numbers.iter().flatten().count() as u64;
        self.numbered[1] +=
            numbers.iter().zip(&known).filter(|(number, known)| number.is_some() && **known != Known::Nobody).count()
                as u64;
        let sampled = self.sampled(chunk, numbers, &known, keep);
        let mut picked: Vec<(usize, LooseKind)> = Vec::new();
        let mut persons: Vec<PersonFields> = Vec::new();
        for row in (0..chunk.rows.len()).filter(|row| is_kept(keep, *row)) {
            let is_sampled = sampled.binary_search(&row).is_ok();
            let Some((kind, person)) = self.pick(chunk, numbers[row].as_ref(), (&known, is_sampled), row) else {
                continue;
            };
            picked.push((row, kind));
            persons.push(person);
        }
        self.take(chunk, &picked, persons)
    }

    /// The chunk's rows that may belong to the sample, in order: no more than it holds, since only these are read for it. All of a feed's
    /// first chunk would be, if each row were only compared with what the chunks before it brought.
    fn sampled(&self, chunk: &RawChunk, numbers: &[Option<IdNumber>], known: &[Known], keep: &[bool]) -> Vec<usize> {
        let highest = self.sample.last_key_value().filter(|_| self.sample.len() >= SAMPLE).map(|(key, _)| key.0);
        let mut lowest: BTreeMap<(u64, u32), usize> = BTreeMap::new();
        for (row, (number, known)) in numbers.iter().zip(known).enumerate() {
            let Some(number) = number.as_ref().filter(|_| *known == Known::Same && is_kept(keep, row)) else {
                continue;
            };
            let key = (hash_of(number.expose_bytes()), chunk.rows[row]);
            let is_full = lowest.len() >= SAMPLE && lowest.last_key_value().is_some_and(|(last, _)| *last < key);
            if is_full || highest.is_some_and(|highest| highest <= key.0) {
                continue;
            }
            // Of several records of one row the last stands in the sample.
            lowest.insert(key, row);
            if lowest.len() > SAMPLE {
                lowest.pop_last();
            }
        }
        let mut rows: Vec<usize> = lowest.into_values().collect();
        rows.sort_unstable();
        rows
    }

    fn pick(
        &self,
        chunk: &RawChunk,
        number: Option<&IdNumber>,
        (known, is_sampled): (&[Known], bool),
        row: usize,
    ) -> Option<(LooseKind, PersonFields)> {
        if number.is_none() {
            return Some((LooseKind::NoNumber, self.reader.read_refused(chunk, row)));
        }
        match known.get(row)? {
            Known::Same => is_sampled.then(|| (LooseKind::Sample, self.reader.read_beside_number(chunk, row))),
            Known::OtherName { household } => {
                let mut person = self.reader.read_without_number(chunk, row);
                person.household.clone_from(household);
                Some((LooseKind::OtherName, person))
            }
            Known::Nobody => {
                let roster = self.setting.roster?;
                // One in eleven that Excel has cut has a check digit that fits. Nobody's, and with such an end, it is asked by what is left of it.
                if number.is_some_and(|number| number.expose_bytes().ends_with(b"000")) {
                    return Some((LooseKind::NoNumber, self.reader.read_refused(chunk, row)));
                }
                roster
                    .may_be_stray(&self.reader.sound(chunk, row))
                    .then(|| (LooseKind::Stranger, self.reader.read(chunk, row)))
            }
        }
    }

    fn take(&mut self, chunk: &RawChunk, picked: &[(usize, LooseKind)], persons: Vec<PersonFields>) -> Vec<u32> {
        let mut numbers = vec![0; chunk.rows.len()];
        let source = chunk.source.map_or(0, |source| source.0);
        let is_likely = |number: &IdNumber| self.setting.roster.is_none_or(|roster| roster.is_likely(number));
        let keys = self.setting.keys.keys(&persons.iter().map(PersonFields::view).collect::<Vec<_>>(), &is_likely);
        for (((row, kind), person), keys) in picked.iter().zip(persons).zip(keys) {
            let number = cell_of(chunk, *row, Some(self.number));
            let written = number.text;
            let digest = self.setting.keys.digest(&self.feed, (self.month, chunk.rows[*row]), number, &person);
            let own = match self.is_roster {
                true => self.setting.keys.own_digest(digest, chunk.columns.iter().map(|cells| cells.get(*row).text)),
                false => digest,
            };
            let birth = person.birth.filter(|_| person.birth_is_sure);
            // A sample is only asked whether its keys find it.
            let (birth, sex) = if *kind == LooseKind::Sample { (None, 0) } else { (birth, person.sex) };
            let loose = LooseRow { kind: *kind, source, row: chunk.rows[*row], keys, birth, sex, digest };
            if *kind == LooseKind::Sample {
                let Some(number) = person.number() else { continue };
                self.sample.insert(
                    (hash_of(number.expose_bytes()), source, chunk.rows[*row]),
                    Loose { row: loose, person, masked: String::new(), own },
                );
                if self.sample.len() > SAMPLE {
                    self.sample.pop_last();
                }
            } else if self.loose.len() < MOST {
                self.loose.push(Loose { row: loose, person, masked: mask_id(written), own });
                numbers[*row] = self.loose.len() as u32;
            } else {
                self.passed_over += 1;
            }
        }
        numbers
    }

    pub(crate) fn finish(self) -> Watched {
        let mut loose = self.loose;
        if self.is_roster {
            let mut alike: HashMap<u64, usize> = HashMap::new();
            loose.iter().for_each(|loose| *alike.entry(loose.row.digest).or_default() += 1);
            let of_several =
                loose.iter_mut().filter(|loose| alike.get(&loose.row.digest).is_some_and(|times| *times > 1));
            of_several.for_each(|loose| loose.row.digest = loose.own);
        }
        loose.extend(self.sample.into_values());
        let [numbered, registered] = self.numbered;
        Watched { loose, passed_over: self.passed_over, numbered, registered, roll: None }
    }
}

fn is_kept(keep: &[bool], row: usize) -> bool {
    keep.get(row).copied().unwrap_or(true)
}

fn hash_of(number: &[u8; 18]) -> u64 {
    FixedState::with_seed(0).hash_one(number)
}
