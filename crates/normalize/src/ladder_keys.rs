//! The keys of the ladder: keyed hashes of several values of a person together, one subkey a pass. Rows and persons that agree in all of a
//! pass's values have one key, and no single value can be read from it by how often it occurs.

use bidui_model::{IdNumber, IdStatus, KeyPart, Ladder, Month, RawCell};

use zeroize::Zeroize;

use crate::key::MasterKey;
use crate::repair::repairs;
use crate::seal_keys::{HashAlgorithm, KeyedHash};
use crate::{PersonFields, PersonView, canonical_id};

/// The passes with their subkeys.
pub struct LadderKeys {
    passes: Vec<(Vec<KeyPart>, KeyedHash)>,
    digest: KeyedHash,
}

/// Between two parts of a message: no value holds it.
const BETWEEN: u8 = 0x1f;

impl LadderKeys {
    #[must_use]
    pub fn derive(master: &MasterKey, algorithm: HashAlgorithm, ladder: &Ladder) -> Self {
        let of_pass = |parts: &Vec<KeyPart>| {
            let names: Vec<&str> = parts.iter().map(|part| part.name()).collect();
            (parts.clone(), KeyedHash::derive(master, algorithm, &format!("ladder/{}", names.join("+"))))
        };
        Self {
            passes: ladder.passes.iter().map(|pass| of_pass(&pass.parts)).collect(),
            digest: KeyedHash::derive(master, algorithm, "row-digest"),
        }
    }

    /// The keys of each person, by pass, sorted. `is_likely` says which repaired numbers are worth a key.
    #[must_use]
    pub fn keys(&self, persons: &[PersonView<'_>], is_likely: &dyn Fn(&IdNumber) -> bool) -> Vec<Vec<(u8, u64)>> {
        let mut keys: Vec<Vec<(u8, u64)>> = vec![Vec::with_capacity(self.passes.len()); persons.len()];
        let repaired: Vec<Vec<IdNumber>> = persons
            .iter()
            .map(|person| if person.number.is_some() { Vec::new() } else { repairs(person.slipped, is_likely) })
            .collect();
        let (mut text, mut ends) = (Vec::new(), Vec::new());
        for (pass, (parts, hash)) in (0_u8..).zip(&self.passes) {
            text.clear();
            ends.clear();
            for (at, (person, repaired)) in persons.iter().zip(&repaired).enumerate() {
                let whole = person.number.as_slice();
                let numbers = if parts.contains(&KeyPart::Id) { Some(whole.iter().chain(repaired)) } else { None };
                match numbers {
                    None => ends.extend(write_message(&mut text, person, parts, None).then_some((at, text.len()))),
                    Some(numbers) => {
                        for number in numbers {
                            let is_whole = write_message(&mut text, person, parts, Some(number));
                            ends.extend(is_whole.then_some((at, text.len())));
                        }
                    }
                }
            }
            let starts = std::iter::once(0).chain(ends.iter().map(|(_, end)| *end));
            let messages = starts.zip(&ends).map(|(start, (at, end))| (*at, [&text[start..*end]]));
            hash.each(messages, |at, hash| keys[at].push((pass, ((hash >> 64) as u64).max(1))));
        }
        text.zeroize();
        for keys in &mut keys {
            keys.sort_unstable();
            keys.dedup();
        }
        keys
    }

    /// Knows a row again by all that names its person, whichever month brings it. A row that names him by nothing but a name is not known again: under a key
    /// a name alone is read by how often it occurs, and it is somebody else's as likely as not.
    #[must_use]
    pub fn digest(&self, feed: &str, (month, row): (Month, u32), number: RawCell<'_>, person: &PersonFields) -> u64 {
        // What stands for no number is none, however it is written.
        let written = if canonical_id(number).status == IdStatus::Missing { "" } else { number.text.trim() };
        let birth = person.birth_digits();
        let parts = [written, &birth, &person.village, &person.town, &person.phone, &person.head];
        let is_name_alone = parts.iter().all(|part| part.is_empty());
        let place = if is_name_alone { format!("{month} {row}") } else { String::new() };
        let [written, rest @ ..] = parts;
        let mut all = vec![feed, written, &person.name];
        all.extend(rest);
        all.extend(is_name_alone.then_some(place.as_str()));
        let mut message = all.join("\u{1f}");
        let digest = self.hash(&message);
        message.zeroize();
        digest
    }

    /// Knows apart two rows of one list, a person a row, that name their persons alike: by all that they say.
    #[must_use]
    pub fn own_digest<'c>(&self, digest: u64, cells: impl Iterator<Item = &'c str>) -> u64 {
        let mut message = format!("{digest:016x}");
        cells.for_each(|cell| {
            message.push('\u{1f}');
            message.push_str(cell);
        });
        let own = self.hash(&message);
        message.zeroize();
        own
    }

    fn hash(&self, message: &str) -> u64 {
        let mut digest = 0;
        self.digest.each(std::iter::once((0, [message.as_bytes()])), |_, hash| digest = (hash >> 64) as u64);
        digest
    }
}

/// Writes what is hashed behind the text: the parts in their order; nothing, and `false`, where one of them is not known.
fn write_message(text: &mut Vec<u8>, person: &PersonView<'_>, parts: &[KeyPart], number: Option<&IdNumber>) -> bool {
    let start = text.len();
    for part in parts {
        let value: &[u8] = match part {
            KeyPart::Id => number.map_or(&[], |number| number.expose_bytes()),
            KeyPart::FirstFifteen => person.first_fifteen.as_ref().map_or(&[], |digits| digits),
            KeyPart::Name => person.sound.as_bytes(),
            KeyPart::Birth => person.birth.as_ref().map_or(&[], |digits| digits),
            KeyPart::Sex => person.sex_digit().as_bytes(),
            KeyPart::Village => person.village.as_bytes(),
            KeyPart::Town => person.town.as_bytes(),
            KeyPart::Phone => person.phone.as_bytes(),
            KeyPart::Head => person.head_sound.as_bytes(),
            KeyPart::Household => person.household.as_bytes(),
        };
        if value.is_empty() {
            text.truncate(start);
            return false;
        }
        text.extend_from_slice(value);
        text.push(BETWEEN);
    }
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use super::*;
    use crate::written_id::WrittenId;
    use bidui_model::{CellKind, LadderPass, LinkClass, RawCell};

    fn pass(parts: &[KeyPart]) -> LadderPass {
        LadderPass { name: String::new(), class: LinkClass::Composite, parts: parts.to_vec() }
    }
    fn ladder() -> Ladder {
        use KeyPart::{Birth, FirstFifteen, Id, Name, Sex};
        Ladder {
            passes: vec![pass(&[Id, Name]), pass(&[FirstFifteen, Name]), pass(&[Name, Birth, Sex])],
            ..Ladder::default()
        }
    }
    fn keys(byte: &str) -> LadderKeys {
        let master = MasterKey::parse(&format!("bidui-key-v1 {}", byte.repeat(32))).unwrap();
        LadderKeys::derive(&master, HashAlgorithm::HmacSha256, &ladder())
    }
    fn person(number: &str, sound: &str) -> PersonFields {
        let number = WrittenId::read(RawCell { kind: CellKind::Text, text: number });
        let mut person = PersonFields::default();
        person.birth = number.born.as_ref().and_then(crate::written_id::days_of);
        person.sex = number.sex;
        person.number = number;
        person.sound = sound.to_owned();
        person
    }
    fn of(person: PersonFields) -> BTreeSet<(u8, u64)> {
        keys("01").keys(&[person.view()], &|_| true).remove(0).into_iter().collect()
    }

    fn march() -> Month {
        Month::new(2023, 3).unwrap()
    }

    #[test]
    fn a_row_is_known_again_by_several_values_and_never_by_a_name_alone() {
        let keys = keys("01");
        let cell = |text| RawCell { kind: CellKind::Text, text };
        let of = |row: u32, number: &'static str, person: &PersonFields| {
            keys.digest("甲", (march(), row), cell(number), person)
        };
        let april = Month::new(2023, 4).unwrap();
        let whole = person("11010519491231002X", "韦国富");
        assert_eq!(of(2, "", &whole), of(9, "", &whole));
        assert_eq!(of(2, "", &whole), keys.digest("甲", (april, 2), cell("无"), &whole), "no number is no number");
        let mut alone = PersonFields::default();
        alone.name = "韦国富".to_owned();
        assert_ne!(of(2, "", &alone), of(9, "", &alone));
        assert_ne!(of(2, "999999", &alone), keys.digest("甲", (april, 2), cell(""), &alone));
        assert_eq!(of(2, "4502210012", &alone), of(9, "4502210012", &alone));
        let cells = |money| ["韦国富", "百朋镇", money].into_iter();
        let digest = of(2, "", &whole);
        assert_ne!(keys.own_digest(digest, cells("314")), keys.own_digest(digest, cells("500")));
        assert_eq!(keys.own_digest(digest, cells("314")), keys.own_digest(digest, cells("314")));
    }

    #[test]
    fn a_broken_number_meets_the_whole_one_in_the_pass_made_for_it() {
        let whole = of(person("11010519491231002X", "wei ming"));
        let meets = |number: &str| -> Vec<u8> {
            of(person(number, "wei ming")).intersection(&whole).map(|(pass, _)| *pass).collect()
        };
        assert_eq!(meets("11010519491231102X"), [0], "a wrong digit");
        assert_eq!(meets("110105194912310000"), [1], "three digits lost");
        assert_eq!(meets("J110105194912310001"), [0_u8; 0], "a birth date without a sex");
        assert!(of(person("11010519491231003X", "wei lan")).is_disjoint(&whole), "another name");
    }

    #[test]
    fn every_key_changes_with_the_bureaus_key_and_the_pass() {
        let person = || person("11010519491231002X", "wei ming");
        let mut seen = BTreeSet::new();
        for byte in ["01", "02"] {
            for (_, key) in keys(byte).keys(&[person().view()], &|_| true).remove(0) {
                assert!(seen.insert(key));
            }
            let cell = RawCell { kind: CellKind::Text, text: "1" };
            assert!(seen.insert(keys(byte).digest("甲", (march(), 2), cell, &person())));
        }
        assert_eq!(seen.len(), 8);
    }

    #[test]
    fn what_is_not_said_makes_no_key() {
        assert!(of(person("", "wei ming")).is_empty());
        assert!(of(person("11010519491231002X", "")).is_empty());
    }
}
