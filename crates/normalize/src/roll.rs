//! The registered persons as their rows name them, in as little memory as that takes: what the ladder compares the loose rows with. Plain, and
//! so in memory only, from the sealing of the registry until the rows of the month are linked.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use bidui_model::IdNumber;
use foldhash::fast::RandomState;
use zeroize::Zeroize;

use crate::person_fields::date_digits;
use crate::written_id::WrittenId;
use crate::{PersonFields, PersonReader, PersonView};

/// The registered persons, in the order of the registry's extract.
#[derive(Default)]
pub struct Roll {
    persons: Vec<Entry>,
    /// Names and phones, one behind the other.
    text: String,
    words: Words,
    /// Numbers that are not whole, by person.
    broken: HashMap<u32, WrittenId, RandomState>,
    /// Each household's head, by the household's word.
    heads: HashMap<u32, u32, RandomState>,
    areas: HashSet<u32, RandomState>,
}

/// One person.
struct Entry {
    origin: (u32, u32),
    number: Option<IdNumber>,
    /// Where his name and phone begin in the text, and how long they are.
    start: u32,
    name: u8,
    phone: u8,
    birth: Option<i32>,
    sex: u8,
    village: u32,
    town: u32,
    hamlet: u32,
    household: u32,
    relation: u32,
}

/// Words that come many times, once each; 0 is no word.
#[derive(Default)]
struct Words {
    all: Vec<Box<str>>,
    places: HashMap<Box<str>, u32, RandomState>,
}

impl Words {
    fn place(&mut self, word: &str) -> u32 {
        if word.is_empty() {
            return 0;
        }
        if let Some(place) = self.places.get(word) {
            return *place;
        }
        self.all.push(word.into());
        let place = self.all.len() as u32;
        self.places.insert(word.into(), place);
        place
    }
    fn get(&self, place: u32) -> &str {
        (place as usize).checked_sub(1).and_then(|place| self.all.get(place)).map_or("", |word| word)
    }
}

impl Roll {
    /// Adds a person of the registry.
    pub fn add(&mut self, origin: (u32, u32), person: &PersonFields) {
        let at = self.persons.len() as u32;
        let (name, phone) = (cut(&person.name), cut(&person.phone));
        let start = self.text.len() as u32;
        self.text.push_str(name);
        self.text.push_str(phone);
        match person.number() {
            Some(number) => {
                self.areas.insert(number.area_code());
            }
            None => {
                self.broken.insert(at, person.number.clone());
            }
        }
        let household = self.words.place(&person.household);
        if person.relation == "户主" {
            self.heads.entry(household).or_insert(at);
        }
        let entry = Entry {
            origin,
            number: person.number(),
            start,
            name: name.len() as u8,
            phone: phone.len() as u8,
            birth: person.birth,
            sex: person.sex,
            village: self.words.place(&person.village),
            town: self.words.place(&person.town),
            hamlet: self.words.place(&person.hamlet),
            household,
            relation: self.words.place(&person.relation),
        };
        self.persons.push(entry);
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.persons.len()
    }
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.persons.is_empty()
    }
    /// Source and row in the registry's extract.
    #[must_use]
    pub fn origin(&self, at: usize) -> (u32, u32) {
        self.persons[at].origin
    }
    #[must_use]
    pub fn name(&self, at: usize) -> &str {
        let entry = &self.persons[at];
        self.text.get(entry.start as usize..entry.start as usize + entry.name as usize).unwrap_or("")
    }
    #[must_use]
    pub fn phone(&self, at: usize) -> &str {
        let entry = &self.persons[at];
        let from = entry.start as usize + entry.name as usize;
        self.text.get(from..from + entry.phone as usize).unwrap_or("")
    }
    /// The number of the person's household, the same for all its members; 0 for none.
    #[must_use]
    pub fn household(&self, at: usize) -> u32 {
        self.persons[at].household
    }
    /// Whether the first six digits stand in some registered number.
    #[must_use]
    pub fn knows_area(&self, area: u32) -> bool {
        self.areas.contains(&area)
    }
    /// How persons without a usable number sound.
    #[must_use]
    pub fn stray_sounds(&self, reader: &PersonReader<'_>) -> HashSet<String> {
        self.broken.keys().map(|at| reader.sound_of(self.name(*at as usize))).collect()
    }
    /// The head of the person's household, if that is another person.
    fn head(&self, at: usize) -> Option<usize> {
        let household = self.persons[at].household;
        let head = self.heads.get(&household).filter(|_| household != 0)?;
        Some(*head as usize)
    }
    /// Some persons in a row, all of each, to be looked at.
    pub fn visit(&self, run: Range<usize>, reader: &PersonReader<'_>, mut visit: impl FnMut(&[PersonView<'_>])) {
        // Heads and members bear each other's names, and namesakes live everywhere.
        let mut sounds: HashMap<&str, String, RandomState> = HashMap::default();
        for at in run.clone() {
            for name in [Some(self.name(at)), self.head(at).map(|head| self.name(head))].into_iter().flatten() {
                sounds.entry(name).or_insert_with(|| reader.sound_of(name));
            }
        }
        let sound = |name: &str| sounds.get(name).map_or("", String::as_str);
        let persons: Vec<PersonView<'_>> = run
            .map(|at| {
                let entry = &self.persons[at];
                let broken = if entry.number.is_some() { None } else { self.broken.get(&(at as u32)) };
                let bytes = entry.number.as_ref().map(IdNumber::expose_bytes);
                let name = self.name(at);
                let head = self.head(at).map_or("", |head| self.name(head));
                // That somebody is his own head would be his name said twice.
                let head = if sound(head) == sound(name) { "" } else { head };
                PersonView {
                    name,
                    sound: sound(name),
                    village: self.words.get(entry.village),
                    town: self.words.get(entry.town),
                    hamlet: self.words.get(entry.hamlet),
                    phone: self.phone(at),
                    head,
                    head_sound: sound(head),
                    relation: self.words.get(entry.relation),
                    household: self.words.get(entry.household),
                    sex: entry.sex,
                    birth: entry.birth.map(date_digits),
                    number: entry.number,
                    slipped: broken.map_or(&[], |broken| &broken.slipped),
                    first_fifteen: match bytes {
                        Some(bytes) => bytes.first_chunk().copied(),
                        None => broken.and_then(|broken| broken.first_fifteen),
                    },
                }
            })
            .collect();
        visit(&persons);
    }
}

impl Drop for Roll {
    fn drop(&mut self) {
        self.text.zeroize();
        self.persons.iter_mut().for_each(|entry| entry.number = None);
        self.broken.values_mut().for_each(|written| {
            written.slipped.zeroize();
            written.first_fifteen.zeroize();
        });
    }
}

/// As much of a value as a byte can count, to a whole character.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(u8::MAX as usize);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use bidui_model::{CellKind, Placeholders, RawCell};

    use super::*;
    use crate::{Gazetteer, NameSounds};

    #[test]
    fn a_person_comes_out_as_he_went_in_and_with_his_head() {
        let (gazetteer, sounds, placeholders) = (Gazetteer::default(), NameSounds::new(&[]), Placeholders::default());
        let reader = PersonReader::of_columns(&gazetteer, &sounds, &placeholders);
        let mut head = PersonFields::default();
        (head.name, head.household, head.relation) = ("韦大".into(), "h1".into(), "户主".into());
        head.number = WrittenId::read(RawCell { kind: CellKind::Text, text: "11010519491231002X" });
        let mut child = PersonFields::default();
        (child.name, child.household, child.phone) = ("韦小".into(), "h1".into(), "13900000001".into());
        child.number = WrittenId::read(RawCell { kind: CellKind::Text, text: "11010519491231003X" });
        let mut roll = Roll::default();
        // The child before its head.
        roll.add((0, 2), &child);
        roll.add((0, 3), &head);
        let mut seen = 0;
        roll.visit(0..2, &reader, |persons| {
            let [found, own] = persons else { panic!("two persons") };
            assert_eq!((found.name, found.sound, found.phone, found.head), ("韦小", "wei xiao", "13900000001", "韦大"));
            assert_eq!((found.slipped.len(), own.number), (18, head.number()));
            assert_eq!(own.head, "", "nobody is his own head");
            seen += persons.len();
        });
        assert_eq!(seen, 2);
        assert!(roll.knows_area(110_105) && !roll.knows_area(450_221));
        assert_eq!(roll.stray_sounds(&reader), HashSet::from(["wei xiao".to_owned()]));
        assert_eq!((roll.household(0), roll.origin(1)), (roll.household(1), (0, 3)));
    }
}
