//! One pass over the registry's extract, after the extracts are sealed: every registered person's keys are held against the loose rows', and those
//! who share a block with a row that is to be weighed are kept, plain, for as long as that takes.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::path::Path;

use bidui_ingest::ReadOptions;
use bidui_linkage::BlockFilter;
use bidui_match::{KeyTable, Meeting};
use bidui_model::{DataContract, KeyPart, Ladder, RawChunk};
use bidui_normalize::{LadderKeys, PersonFields, PersonReader};
use rayon::prelude::*;

use crate::exit::Fault;
use crate::inputs::read_steady;
use crate::person_table::{PERSON_FIELDS, Values, values};
use crate::sealing::SealedFeed;

/// What a probe asks.
pub(crate) struct Probe<'a> {
    pub(crate) ladder: &'a Ladder,
    pub(crate) keys: &'a LadderKeys,
    pub(crate) table: &'a KeyTable,
    pub(crate) blocks: Option<&'a BlockFilter>,
    /// Names of rows that are to be weighed: how common each is among the registered.
    pub(crate) names: &'a HashSet<String>,
    pub(crate) reader: PersonReader<'a>,
}

/// What it found.
#[derive(Default)]
pub(crate) struct Probed {
    pub(crate) meetings: Vec<Meeting>,
    /// Source and row in the registry's extract, and the person's values.
    pub(crate) near: Vec<((u32, u32), Values)>,
    /// How many registered persons have each of the names that were asked for.
    pub(crate) names: HashMap<String, u32>,
}

/// So many chunks are worked on side by side.
const ABREAST: usize = 16;

impl Probe<'_> {
    /// Reads the files that the registry was sealed from.
    pub(crate) fn run(&self, folder: &Path, contract: &DataContract, sealed: &SealedFeed) -> Result<Probed, Fault> {
        let mut pass = Pass {
            probe: self,
            heads: HashMap::new(),
            phones: Phones::default(),
            waiting: Vec::new(),
            found: Vec::new(),
            names: HashMap::new(),
        };
        let mut chunks: Vec<RawChunk> = Vec::new();
        let mut sources = 0;
        for (input, before) in sealed.inputs.iter().zip(&sealed.stamps) {
            let options = ReadOptions { first_source: sources, ..ReadOptions::default() };
            let path = folder.join(&input.file);
            let report = read_steady(&path, &input.file, before, contract, &options, &mut |chunk| {
                chunks.push(chunk);
                if chunks.len() == ABREAST {
                    pass.take(&std::mem::take(&mut chunks));
                }
            });
            sources += report.map_err(|problem| Fault::data(problem.to_string()))?.sources.len() as u32;
        }
        pass.take(&chunks);
        Ok(pass.finish())
    }

    /// Keys and blocks of some persons.
    fn hold(&self, persons: &[Placed]) -> Held {
        let mut held = Held::default();
        if !self.table.is_empty() {
            let fields: Vec<&PersonFields> = persons.iter().map(|(_, person)| person).collect();
            let all = self.keys.keys(&fields, &|_| true);
            for ((origin, person), keys) in persons.iter().zip(all) {
                let phone = phone_hash(&person.phone);
                held.meetings.extend(self.table.meet(&keys, *origin).map(|meeting| (meeting, phone)));
            }
        }
        if let Some(blocks) = self.blocks {
            for (origin, person) in persons {
                let own = values(person);
                if blocks.holds(&own) {
                    held.near.push((*origin, own, phone_hash(&person.phone)));
                }
            }
        }
        held
    }
}

/// A person and his place in the extract.
type Placed = ((u32, u32), PersonFields);

#[derive(Default)]
struct Held {
    meetings: Vec<(Meeting, u64)>,
    near: Vec<((u32, u32), Values, u64)>,
}

struct Pass<'p, 'a> {
    probe: &'p Probe<'a>,
    /// The head's name by household.
    heads: HashMap<String, String>,
    phones: Phones,
    /// Members who came before their head.
    waiting: Vec<Placed>,
    found: Vec<Held>,
    names: HashMap<String, u32>,
}

impl Pass<'_, '_> {
    fn take(&mut self, chunks: &[RawChunk]) {
        let reader = &self.probe.reader;
        let read = |chunk: &RawChunk| -> Vec<Placed> {
            let source = chunk.source.map_or(0, |source| source.0);
            (0..chunk.rows.len()).map(|at| ((source, chunk.rows[at]), reader.read(chunk, at))).collect()
        };
        let mut read: Vec<Vec<Placed>> = chunks.par_iter().map(read).collect();
        for (_, person) in read.iter().flatten() {
            self.phones.add(person);
            if self.probe.names.contains(&person.name) {
                *self.names.entry(person.name.clone()).or_default() += 1;
            }
            if person.relation == "户主" {
                self.heads.insert(person.household.clone(), person.name.clone());
            }
        }
        let heads = &self.heads;
        let (found, waiting): (Vec<Held>, Vec<Vec<Placed>>) = read
            .par_iter_mut()
            .map(|persons| {
                let all = std::mem::take(persons);
                let (mut ready, waiting): (Vec<Placed>, Vec<Placed>) = all
                    .into_iter()
                    .partition(|(_, person)| person.household.is_empty() || heads.contains_key(&person.household));
                self.set_heads(&mut ready);
                (self.probe.hold(&ready), waiting)
            })
            .unzip();
        self.found.extend(found);
        self.waiting.extend(waiting.into_iter().flatten());
    }

    fn set_heads(&self, persons: &mut [Placed]) {
        for (_, person) in persons.iter_mut().filter(|(_, person)| !person.household.is_empty()) {
            if let Some(head) = self.heads.get(&person.household) {
                self.probe.reader.set_head(person, head);
            }
        }
    }

    fn finish(mut self) -> Probed {
        let mut waiting = std::mem::take(&mut self.waiting);
        self.set_heads(&mut waiting);
        self.found.push(self.probe.hold(&waiting));
        let most = self.probe.ladder.placeholders.households_per_phone;
        let is_shared = |phone: u64| phone != 0 && self.phones.households(phone) > most;
        let by_phone = |pass: u8| {
            self.probe.ladder.passes.get(usize::from(pass)).is_some_and(|pass| pass.parts.contains(&KeyPart::Phone))
        };
        let phone_field = PERSON_FIELDS.iter().position(|name| *name == "phone").unwrap_or(0);
        let mut probed = Probed { names: std::mem::take(&mut self.names), ..Probed::default() };
        for held in std::mem::take(&mut self.found) {
            let own =
                held.meetings.into_iter().filter(|(meeting, phone)| !by_phone(meeting.pass) || !is_shared(*phone));
            probed.meetings.extend(own.map(|(meeting, _)| meeting));
            probed.near.extend(held.near.into_iter().map(|(origin, mut values, phone)| {
                if is_shared(phone) {
                    values[phone_field] = None;
                }
                (origin, values)
            }));
        }
        probed.meetings.sort_unstable();
        probed.meetings.dedup();
        probed.near.sort_unstable_by_key(|(origin, _)| *origin);
        probed
    }
}

/// How many households have a phone; a household's members stand together.
#[derive(Default)]
struct Phones {
    households: HashMap<u64, (u64, u32)>,
}

impl Phones {
    fn add(&mut self, person: &PersonFields) {
        let phone = phone_hash(&person.phone);
        if phone == 0 {
            return;
        }
        let household = hash(&person.household);
        let (last, count) = self.households.entry(phone).or_insert((household, 1));
        if *last != household {
            *last = household;
            *count += 1;
        }
    }
    fn households(&self, phone: u64) -> u32 {
        self.households.get(&phone).map_or(0, |(_, count)| *count)
    }
}

/// 0 for none. In memory only.
fn phone_hash(phone: &str) -> u64 {
    if phone.is_empty() { 0 } else { hash(phone).max(1) }
}

fn hash(text: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(text)
}
